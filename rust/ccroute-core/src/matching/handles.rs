//! The matcher as it crosses the boundary: agents and waiting contacts go by small
//! integers, one queue, one channel. Who is best is decided in the index.

use super::ask::Ask;
use super::groups::Demand;
use super::index::SkillMatcher;
use super::ranker::{Choice, Ranked};
use super::servers::Look;
use crate::error::{Rejection, RejectionCode};
use crate::ids::{AgentKey, ChannelKey, ClassKey, Handle, QueueKey};
use crate::plan::{Link, Ranking, Strategy};
use crate::queue::OrderKey;
use crate::skill::{Requirement, SkillLevel, SkillSet};
use crate::slab::Slab;
use crate::time::{Span, Timestamp};

/// Which contact, and where it waits.
#[derive(Clone, Copy, Debug)]
struct Place {
    group: u32,
    /// The class it holds by itself, if it came with skills of its own.
    own: Option<ClassKey>,
    key: OrderKey,
}

/// What became of a contact that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// This agent takes it, and is busy now.
    Taken(AgentKey),
    /// Nobody could: it waits.
    Waits(Handle),
}

/// Agents and waiting contacts by small integers: decide, and remember who is busy.
///
/// ```
/// use ccroute_core::*;
/// let mut desk = HandleMatcher::new(Strategy::LongestIdle).unwrap();
/// let spanish = SkillKey::new(0);
/// let needs = |level| Requirement {
///     all_of: vec![SkillLevel { skill: spanish, level }],
///     ..Requirement::default()
/// };
/// let ana = desk.add_agent(SkillSet::new(&[SkillLevel { skill: spanish, level: 8 }]));
/// let fluent = desk.requirement(&needs(7));
/// let waiting = desk.arrive(fluent, 0, Timestamp::ZERO, Span::ZERO)?;
/// let Arrival::Waits(handle) = waiting else { panic!("nobody is free yet") };
/// assert_eq!(desk.free(ana, Timestamp::ZERO)?, Some(handle));
/// # Ok::<(), Rejection>(())
/// ```
#[derive(Clone, Debug)]
pub struct HandleMatcher {
    matcher: SkillMatcher,
    ranking: Ranking,
    places: Slab<Place>,
    /// By class that was given out, its group.
    groups: Vec<u32>,
    agents: usize,
    sequence: u64,
}

impl HandleMatcher {
    const QUEUE: usize = 0;
    const CHANNEL: usize = 0;

    /// The strategies that go by nothing but skills and idle times.
    pub const STRATEGIES: &[Strategy] = &[
        Strategy::LongestIdle,
        Strategy::MostProficient,
        Strategy::BestMatch,
        Strategy::FewestSkills,
    ];

    /// A matcher that chooses among eligible agents by one of [`Self::STRATEGIES`].
    ///
    /// # Errors
    /// `invalid_value` for a strategy that only a router has what it takes for.
    pub fn new(strategy: Strategy) -> Result<Self, Rejection> {
        if !Self::STRATEGIES.contains(&strategy) {
            let words: Vec<&str> = Self::STRATEGIES.iter().map(|known| known.word()).collect();
            let message =
                format!("strategy '{strategy}' needs a Router: give {}", words.join(", "));
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        Ok(Self {
            matcher: SkillMatcher::default(),
            ranking: strategy.into(),
            places: Slab::default(),
            groups: Vec::new(),
            agents: 0,
            sequence: 0,
        })
    }

    /// Adds an agent, busy until [`Self::free`].
    pub fn add_agent(&mut self, skills: SkillSet) -> AgentKey {
        let key = AgentKey::new(self.agents);
        self.agents += 1;
        self.matcher.set_profile(key, skills.into());
        self.matcher.set_links(key, &[Link::new(QueueKey::new(Self::QUEUE))]);
        key
    }

    /// Gives an agent other skills. Nothing is taken: who is free and may now take one
    /// who waits does so at the next [`Self::free`].
    ///
    /// # Errors
    /// `unknown_agent`.
    pub fn set_skills(&mut self, agent: AgentKey, skills: SkillSet) -> Result<(), Rejection> {
        self.known(agent)?;
        self.matcher.set_profile(agent, skills.into());
        Ok(())
    }

    /// The key of a requirement, to be used by any number of contacts, for good.
    pub fn requirement(&mut self, requirement: &Requirement) -> ClassKey {
        let class = self.hold(requirement);
        if class.index() >= self.groups.len() {
            self.groups.resize(class.index() + 1, u32::MAX);
        }
        self.groups[class.index()] = self.matcher.group(Self::demand(class));
        class
    }

    fn hold(&mut self, requirement: &Requirement) -> ClassKey {
        self.matcher.hold_class(&Ask::plain(requirement.clone()))
    }

    /// A contact arrives: the best free agent takes it, or it waits.
    ///
    /// # Errors
    /// `invalid_value` for a requirement that was never given out.
    pub fn arrive(
        &mut self,
        class: ClassKey,
        band: i16,
        since: Timestamp,
        head_start: Span,
    ) -> Result<Arrival, Rejection> {
        self.check_class(class)?;
        let group = self.groups[class.index()];
        if let Some(agent) = self.take(class, group) {
            self.matcher.set_open(agent, ChannelKey::new(Self::CHANNEL), false);
            return Ok(Arrival::Taken(agent));
        }
        Ok(self.wait(group, None, band, since, head_start))
    }

    /// As [`Self::arrive`], of a contact that asks for skills of its own: nothing is
    /// remembered of them once it has left.
    pub fn arrive_with(
        &mut self,
        skills: &[SkillLevel],
        band: i16,
        since: Timestamp,
        head_start: Span,
    ) -> Arrival {
        let channel = ChannelKey::new(Self::CHANNEL);
        let asked = || Requirement { all_of: skills.to_vec(), ..Requirement::default() };
        if self.ranking.only() == Some(Strategy::LongestIdle) {
            let queue = QueueKey::new(Self::QUEUE);
            if let Some(agent) = self.matcher.longest_idle_with(queue, channel, skills) {
                self.matcher.set_open(agent, channel, false);
                return Arrival::Taken(agent);
            }
            let class = self.hold(&asked());
            let group = self.matcher.group(Self::demand(class));
            return self.wait(group, Some(class), band, since, head_start);
        }
        let class = self.hold(&asked());
        let group = self.matcher.group(Self::demand(class));
        if let Some(agent) = self.take(class, group) {
            self.matcher.set_open(agent, channel, false);
            self.matcher.release_class(class);
            return Arrival::Taken(agent);
        }
        self.wait(group, Some(class), band, since, head_start)
    }

    fn wait(
        &mut self,
        group: u32,
        own: Option<ClassKey>,
        band: i16,
        since: Timestamp,
        head_start: Span,
    ) -> Arrival {
        self.sequence += 1;
        let key = OrderKey::new(band, since, head_start, self.sequence);
        let (row, generation) = self.places.insert(Place { group, own, key });
        self.matcher.wait(group, key, row);
        Arrival::Waits(Handle::new(row, generation))
    }

    /// The best free agent for a requirement, found as quickly as can be.
    fn take(&mut self, class: ClassKey, group: u32) -> Option<AgentKey> {
        match self.ranking.only() {
            Some(Strategy::LongestIdle) => self.matcher.longest_idle(group),
            Some(_) | None => self.choose(class).map(|choice| AgentKey::new(choice.agent)),
        }
    }

    /// An agent is free: takes the first waiting contact it can, or is idle from `at`.
    ///
    /// # Errors
    /// `unknown_agent`.
    pub fn free(&mut self, agent: AgentKey, at: Timestamp) -> Result<Option<Handle>, Rejection> {
        self.known(agent)?;
        let channel = ChannelKey::new(Self::CHANNEL);
        let Some((key, row)) = self.matcher.best_contact_on(agent, channel) else {
            self.matcher.set_idle_since(agent, at);
            self.matcher.set_open(agent, channel, true);
            return Ok(None);
        };
        self.matcher.set_open(agent, channel, false);
        let handle = self.handle(row);
        self.vacate(handle, key);
        Ok(Some(handle))
    }

    /// An agent is not free any more, by something else than a contact from here.
    ///
    /// # Errors
    /// `unknown_agent`.
    pub fn busy(&mut self, agent: AgentKey) -> Result<(), Rejection> {
        self.known(agent)?;
        self.matcher.set_open(agent, ChannelKey::new(Self::CHANNEL), false);
        Ok(())
    }

    /// A waiting contact leaves.
    ///
    /// # Errors
    /// `unknown_contact` when it does not wait.
    pub fn cancel(&mut self, handle: Handle) -> Result<(), Rejection> {
        let place = self.places.get(handle.index(), handle.generation()).copied();
        let Some(Place { key, .. }) = place else {
            let message = format!(
                "no contact waits under handle {}: it was taken or cancelled",
                handle.raw()
            );
            return Err(Rejection::new(RejectionCode::UnknownContact, message));
        };
        self.vacate(handle, key);
        Ok(())
    }

    /// The best free agent for a requirement; nothing changes.
    ///
    /// # Errors
    /// `invalid_value` for a requirement that was never given out.
    pub fn best_agent(&self, class: ClassKey) -> Result<Option<AgentKey>, Rejection> {
        self.check_class(class)?;
        Ok(self.choose(class).map(|choice| AgentKey::new(choice.agent)))
    }

    fn check_class(&self, class: ClassKey) -> Result<(), Rejection> {
        if self.knows(class) {
            return Ok(());
        }
        let message = format!("no requirement {}: ask for it by its skills first", class.index());
        Err(Rejection::new(RejectionCode::InvalidValue, message))
    }

    /// The first waiting contact an agent may take, were it free; nothing changes.
    ///
    /// # Errors
    /// `unknown_agent`.
    pub fn best_contact(&self, agent: AgentKey) -> Result<Option<Handle>, Rejection> {
        self.known(agent)?;
        let best = self.matcher.best_contact_on(agent, ChannelKey::new(Self::CHANNEL));
        Ok(best.map(|(_, row)| self.handle(row)))
    }

    /// Whether a requirement was given out.
    #[must_use]
    pub fn knows(&self, class: ClassKey) -> bool {
        self.groups.get(class.index()).is_some_and(|&group| group != u32::MAX)
    }

    /// How many contacts wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.places.len()
    }

    /// How many agents there are.
    #[must_use]
    pub fn agents(&self) -> usize {
        self.agents
    }

    fn choose(&self, class: ClassKey) -> Option<Choice> {
        let demand = Self::demand(class);
        match self.ranking.only() {
            Some(strategy @ (Strategy::LongestIdle | Strategy::MostProficient)) => {
                self.matcher.best_agent(demand, strategy, |_| false)
            }
            Some(_) | None => {
                let ranked = Ranked {
                    ranking: &self.ranking,
                    queue: demand.queue,
                    class,
                    raise: 0,
                    turn: None,
                    draw: (0, 0),
                    scores: None,
                };
                let eligible = self.matcher.eligible(demand, Look { age: Span::ZERO, waiting: 0 });
                self.matcher.choose(&ranked, eligible.iter())
            }
        }
    }

    fn demand(class: ClassKey) -> Demand {
        Demand { queue: QueueKey::new(Self::QUEUE), class, channel: ChannelKey::new(Self::CHANNEL) }
    }

    fn handle(&self, row: u32) -> Handle {
        let generation = self.places.generation(row as usize).expect("who waits has a place");
        Handle::new(row, generation)
    }

    fn vacate(&mut self, handle: Handle, key: OrderKey) {
        let place = self.places.remove(handle.index(), handle.generation());
        let place = place.expect("who waits has a place");
        self.matcher.leave(place.group, key);
        if let Some(class) = place.own {
            self.matcher.release_class(class);
        }
    }

    fn known(&self, agent: AgentKey) -> Result<(), Rejection> {
        if agent.index() < self.agents {
            return Ok(());
        }
        let message = format!("no agent {}: {} were added", agent.index(), self.agents);
        Err(Rejection::new(RejectionCode::UnknownAgent, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SkillKey;
    use crate::skill::SkillLevel;

    fn held(skill: usize, level: u8) -> SkillLevel {
        SkillLevel { skill: SkillKey::new(skill), level }
    }

    fn needing(all_of: &[SkillLevel]) -> Requirement {
        Requirement { all_of: all_of.to_vec(), ..Requirement::default() }
    }

    fn at(seconds: u32) -> Timestamp {
        Timestamp::ZERO + Span::secs(seconds)
    }

    #[test]
    fn longest_idle_among_the_able_takes_the_contact() {
        let mut desk = HandleMatcher::new(Strategy::LongestIdle).unwrap();
        let unable = desk.add_agent(SkillSet::new(&[held(0, 4)]));
        let early = desk.add_agent(SkillSet::new(&[held(0, 5)]));
        let late = desk.add_agent(SkillSet::new(&[held(0, 9)]));
        for (agent, since) in [(unable, 0), (late, 2), (early, 1)] {
            assert_eq!(desk.free(agent, at(since)), Ok(None));
        }
        let class = desk.requirement(&needing(&[held(0, 5)]));
        let arrivals: Vec<Arrival> =
            (0..3).map(|_| desk.arrive(class, 0, at(3), Span::ZERO).unwrap()).collect();
        assert_eq!(arrivals[..2], [Arrival::Taken(early), Arrival::Taken(late)]);
        assert!(matches!(arrivals[2], Arrival::Waits(_)));
    }

    #[test]
    fn the_strategies_of_a_router_are_refused() {
        let refused = HandleMatcher::new(Strategy::RoundRobin).unwrap_err();
        let message = "strategy 'round_robin' needs a Router: give longest_idle, \
                       most_proficient, best_match, fewest_skills";
        assert_eq!(refused.message, message);
        let mut desk = HandleMatcher::new(Strategy::FewestSkills).unwrap();
        let generalist = desk.add_agent(SkillSet::new(&[held(0, 9), held(1, 1)]));
        let specialist = desk.add_agent(SkillSet::new(&[held(0, 5)]));
        for agent in [generalist, specialist] {
            assert_eq!(desk.free(agent, at(1)), Ok(None));
        }
        let class = desk.requirement(&needing(&[held(0, 5)]));
        assert_eq!(desk.best_agent(class), Ok(Some(specialist)));
    }

    #[test]
    fn most_proficient_goes_by_the_skills_asked_for() {
        let mut desk = HandleMatcher::new(Strategy::MostProficient).unwrap();
        let generalist = desk.add_agent(SkillSet::new(&[held(0, 6), held(1, 10)]));
        let expert = desk.add_agent(SkillSet::new(&[held(0, 9)]));
        for agent in [generalist, expert] {
            desk.free(agent, at(0)).unwrap();
        }
        let class = desk.requirement(&needing(&[held(0, 1)]));
        assert_eq!(desk.best_agent(class), Ok(Some(expert)));
    }

    #[test]
    fn new_skills_take_effect_at_the_next_free() {
        let mut desk = HandleMatcher::new(Strategy::LongestIdle).unwrap();
        let agent = desk.add_agent(SkillSet::new(&[]));
        let class = desk.requirement(&needing(&[held(0, 5)]));
        assert_eq!(desk.free(agent, at(0)), Ok(None));
        let arrival = desk.arrive(class, 0, at(1), Span::ZERO).unwrap();
        let Arrival::Waits(handle) = arrival else { panic!("nobody is able") };
        desk.set_skills(agent, SkillSet::new(&[held(0, 5)])).unwrap();
        assert_eq!(desk.waiting(), 1);
        assert_eq!(desk.best_agent(class), Ok(Some(agent)), "the agent is still free");
        assert_eq!(desk.free(agent, at(2)), Ok(Some(handle)));
    }

    #[test]
    fn a_freed_agent_takes_the_first_in_order_it_can() {
        let mut desk = HandleMatcher::new(Strategy::LongestIdle).unwrap();
        let agent = desk.add_agent(SkillSet::new(&[held(0, 5)]));
        let hard = desk.requirement(&needing(&[held(0, 6)]));
        let easy = desk.requirement(&needing(&[held(0, 5)]));
        let wait = |desk: &mut HandleMatcher, class, band, since| match desk
            .arrive(class, band, at(since), Span::ZERO)
            .unwrap()
        {
            Arrival::Waits(handle) => handle,
            Arrival::Taken(agent) => panic!("{agent:?} was not free"),
        };
        let beyond = wait(&mut desk, hard, 9, 0);
        let second = wait(&mut desk, easy, 0, 2);
        let first = wait(&mut desk, easy, 0, 1);
        let gone = wait(&mut desk, easy, 1, 3);
        desk.cancel(gone).unwrap();
        assert!(desk.cancel(gone).is_err());
        assert_eq!(desk.free(agent, at(4)), Ok(Some(first)));
        assert_eq!(desk.free(agent, at(5)), Ok(Some(second)));
        assert_eq!(desk.free(agent, at(6)), Ok(None));
        desk.set_skills(agent, SkillSet::new(&[held(0, 7)])).unwrap();
        assert_eq!(desk.free(agent, at(7)), Ok(Some(beyond)));
        assert_eq!(desk.waiting(), 0);
    }
}
