//! Looking things up in the matcher: who may take what, and what waits for whom.

use super::ask::Ask;
use super::groups::Demand;
use super::index::SkillMatcher;
use super::line::{Looked, Unknown};
use super::ranker::{Choice, choose};
use super::servers::{self, Look, Servers};
use crate::bitset::{BitSet, Ones};
use crate::ids::{AgentKey, ChannelKey, ClassKey, QueueKey};
use crate::plan::{Link, Strategy};
use crate::queue::{OrderKey, PriorityQueue};
use crate::skill::SkillLevel;
use crate::time::{Span, Timestamp};

/// How many agents are looked at one by one before sets are compared, which takes the longer the
/// more agents there are.
fn few_looks(open: &BitSet) -> usize {
    (open.words().len() / 4).clamp(8, 64)
}

impl SkillMatcher {
    /// Whether the heads of an agent's groups alone decide what it takes next, and all
    /// agents of a queue are alike: no ranks, terms, slopes, loans or barred lines
    /// have ever been in use.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.by_turns
    }

    /// Whoever has been idle longest of those who may take the contacts of a group. Only where
    /// [`Self::is_plain`].
    pub fn longest_idle(&mut self, group: u32) -> Option<AgentKey> {
        let row = self.groups.row_mut(group);
        let demand = row.demand;
        let line = self.lines.get(demand.channel.index())?;
        let serving = &self.servers.get(demand.queue.index())?.always;
        let able = self.classes.able_set(demand.class);
        let suits = |agent: usize| able.contains(agent) && serving.contains(agent);
        let most = few_looks(&self.open[demand.channel.index()]);
        let (first, looked) = line.first(row.looked, most, &self.idle_since, suits);
        row.looked = looked;
        let among = || self.longest_idle_among(demand.channel, serving, &[able]);
        first.unwrap_or_else(|Unknown| among()).map(AgentKey::new)
    }

    /// Whoever has been idle longest of those who may take a contact that asks for these
    /// skills, of no class. Only where [`Self::is_plain`].
    #[must_use]
    pub fn longest_idle_with(
        &self,
        queue: QueueKey,
        channel: ChannelKey,
        skills: &[SkillLevel],
    ) -> Option<AgentKey> {
        let line = self.lines.get(channel.index())?;
        let serving = &self.servers.get(queue.index())?.always;
        let able = self.classes.sets_of(skills);
        let suits =
            |agent: usize| serving.contains(agent) && able.iter().all(|able| able.contains(agent));
        let most = few_looks(&self.open[channel.index()]);
        let (first, _) = line.first(Looked::default(), most, &self.idle_since, suits);
        let among = || self.longest_idle_among(channel, serving, &able);
        first.unwrap_or_else(|Unknown| among()).map(AgentKey::new)
    }

    /// Whoever has been idle longest of those open on a channel who are in all of some sets.
    fn longest_idle_among(
        &self,
        channel: ChannelKey,
        serving: &BitSet,
        able: &[&BitSet],
    ) -> Option<usize> {
        let open = self.open[channel.index()].words().iter().zip(serving.words());
        let within = |at: usize, word: u64| able.iter().fold(word, |word, set| word & set.word(at));
        let words = open.enumerate().map(|(at, (open, serving))| (at, within(at, open & serving)));
        let them = words.flat_map(|(at, word)| Ones(word).map(move |bit| at * 64 + bit));
        them.min_by_key(|&agent| (self.idle_since[agent], agent))
    }

    /// As [`Self::longest_idle`], with how many there were to choose from.
    pub fn longest_idle_of(&mut self, group: u32) -> Option<Choice> {
        let agent = self.longest_idle(group)?.index();
        let demand = self.groups.row(group).demand;
        let open = self.open.get(demand.channel.index())?.words();
        let serving = self.servers.get(demand.queue.index())?.always.words();
        let able = self.classes.able_set(demand.class).words();
        let words = able.iter().zip(open).zip(serving);
        let eligible = words.map(|((able, open), serving)| (able & open & serving).count_ones());
        let (eligible, idle_since) = (eligible.sum(), self.idle_since[agent]);
        Some(Choice { agent, eligible, idle_since, score: 0 })
    }

    /// The best agent for a contact, without those `excluded` names, by a strategy that
    /// looks at skills and idle times alone. Only where [`Self::is_plain`].
    pub fn best_agent(
        &self,
        demand: Demand,
        strategy: Strategy,
        excluded: impl Fn(AgentKey) -> bool,
    ) -> Option<Choice> {
        let open = self.open.get(demand.channel.index())?;
        let serving = &self.servers.get(demand.queue.index())?.always;
        let able = self.classes.able_set(demand.class);
        let words = able.words().iter().zip(open.words()).zip(serving.words());
        let eligible = words.enumerate().flat_map(|(at, ((able, open), serving))| {
            Ones(able & open & serving).map(move |bit| at * 64 + bit)
        });
        let eligible = eligible.filter(|&agent| !excluded(AgentKey::new(agent)));
        let requirement = &self.classes.ask(demand.class).requirement;
        let score = |agent: usize| requirement.score(&self.agents[agent].profile.skills);
        choose(strategy, eligible, &self.idle_since, score)
    }

    /// The first waiting contact in order that an agent may take, without those
    /// `excluded` names: its place in the order and its item. Only where
    /// [`Self::is_plain`].
    pub fn best_contact(
        &self,
        agent: AgentKey,
        excluded: impl Fn(u32) -> bool,
    ) -> Option<(OrderKey, u32)> {
        self.first_contact(agent, |channel| self.is_open(agent, channel), excluded)
    }

    /// The first waiting contact that an agent may take were it open on `channel` alone.
    pub fn best_contact_on(&self, agent: AgentKey, channel: ChannelKey) -> Option<(OrderKey, u32)> {
        self.first_contact(agent, |asked| asked == channel, |_| false)
    }

    fn first_contact(
        &self,
        agent: AgentKey,
        open: impl Fn(ChannelKey) -> bool,
        excluded: impl Fn(u32) -> bool,
    ) -> Option<(OrderKey, u32)> {
        let row = self.agents.get(agent.index())?;
        let skills = row.profile.skills.as_slice();
        let mut best: Option<(OrderKey, u32)> = None;
        for queue in row.queues.in_both(self.groups.lines()) {
            let Some(heads) = self.groups.heads(QueueKey::new(queue)) else { continue };
            heads.for_agent(skills, |heads| {
                for head in heads {
                    let comes_later = best.is_some_and(|(best, _)| best < head.key);
                    if comes_later || !open(head.channel) || !self.is_able(agent, head.class) {
                        continue;
                    }
                    if !excluded(head.item) {
                        best = Some((head.key, head.item));
                        continue;
                    }
                    // Whom the agent is excluded from is few: look past them, not at all.
                    let mut waiting = self.groups.row(head.group).waiting.iter();
                    if let Some(next) = waiting.find(|&(_, item)| !excluded(item))
                        && best.is_none_or(|best| next.0 < best.0)
                    {
                        best = Some(next);
                    }
                }
            });
        }
        best
    }

    /// Everyone who may take a contact now, as far as skills, ranks, channel and links go.
    pub(crate) fn eligible(&self, demand: Demand, look: Look) -> BitSet {
        let mut all = self.linked(demand, look);
        all.keep(self.classes.able_set(demand.class));
        match self.open.get(demand.channel.index()) {
            Some(open) => all.keep(open),
            None => return BitSet::EMPTY,
        }
        all
    }

    /// Everyone with an open link to a contact's queue, or to one that lends or is drawn in.
    fn linked(&self, demand: Demand, look: Look) -> BitSet {
        let mut all = self.open_links(demand, look);
        if let Some(servers) = self.servers.get(demand.queue.index()) {
            all.drop_all(&servers.barred);
        }
        all
    }

    /// Everyone with an open link to a contact's queue, own or drawn in, reachable or not.
    pub(crate) fn open_links(&self, demand: Demand, look: Look) -> BitSet {
        let mut all = BitSet::default();
        for queue in self.queues_for(demand) {
            if let Some(servers) = self.servers.get(queue.index()) {
                servers.add_open(look, &mut all);
            }
        }
        all
    }

    /// Everyone with a link to a contact's queue, own or drawn in, open or not.
    pub(crate) fn linked_ever(&self, demand: Demand) -> BitSet {
        let mut all = BitSet::default();
        for queue in self.queues_for(demand) {
            if let Some(servers) = self.servers.get(queue.index()) {
                servers.add_all(&mut all);
            }
        }
        all
    }

    /// The queues whose agents may take a contact: its own, and those that lend or are
    /// drawn in.
    fn queues_for(&self, demand: Demand) -> impl Iterator<Item = QueueKey> {
        core::iter::once(demand.queue).chain(self.drawn_in(demand.queue, demand.class))
    }

    /// The queues that lend to one, and those that a class draws in.
    fn drawn_in(&self, queue: QueueKey, class: ClassKey) -> impl Iterator<Item = QueueKey> {
        let lenders = self.servers.get(queue.index()).map_or(&[][..], |of| &of.lenders);
        lenders.iter().chain(&self.classes.ask(class).widen).copied()
    }

    /// Whether an agent has a link to a contact's queue that is open for it, own or drawn
    /// in, and can be reached.
    #[must_use]
    pub fn is_linked(&self, agent: AgentKey, demand: Demand, look: Look) -> bool {
        let row = &self.agents[agent.index()];
        let is_open = |queue| row.link(queue).is_some_and(|link| servers::is_open(link, look));
        !self.is_barred(agent, demand.queue) && self.queues_for(demand).any(is_open)
    }

    /// The age of a contact at which an agent's link to its queue, own or drawn in, opens;
    /// `None`: at none.
    #[must_use]
    pub fn opens_at(&self, agent: AgentKey, demand: Demand) -> Option<Span> {
        let row = &self.agents[agent.index()];
        let opens = |queue| servers::opens_at(row.link(queue)?);
        self.queues_for(demand).filter_map(opens).min()
    }

    /// The link by which an agent takes contacts of a queue and class: its own, else the
    /// one of lowest rank that is drawn in.
    pub(super) fn link_for(&self, queue: QueueKey, class: ClassKey, agent: usize) -> Option<&Link> {
        let row = &self.agents[agent];
        let drawn_in = self.drawn_in(queue, class).filter_map(|queue| row.link(queue));
        row.link(queue).or_else(|| drawn_in.min_by_key(|link| link.rank))
    }

    /// The rank of an agent's link to a contact's queue; 0 without one.
    #[must_use]
    pub fn link_rank(&self, agent: AgentKey, demand: Demand) -> u32 {
        if self.classes.is_rankless(demand.queue) {
            return 0;
        }
        let link = self.link_for(demand.queue, demand.class, agent.index());
        link.map_or(0, |link| link.rank)
    }

    /// Everyone who serves `queue` by a link of their own.
    pub(crate) fn staff(&self, queue: QueueKey) -> BitSet {
        let mut all = BitSet::default();
        if let Some(servers) = self.servers.get(queue.index()) {
            servers.add_all(&mut all);
        }
        all
    }

    /// Everyone able to meet a class, there or not.
    pub(crate) fn able_set(&self, class: ClassKey) -> &BitSet {
        self.classes.able_set(class)
    }

    /// Everyone who can be offered contacts of `channel`.
    pub(crate) fn open_set(&self, channel: ChannelKey) -> &BitSet {
        static NOBODY: BitSet = BitSet::EMPTY;
        self.open.get(channel.index()).unwrap_or(&NOBODY)
    }

    /// The groups of waiting contacts that an agent's links lead to: those of its queues,
    /// of queues its own are lent to, and those that draw its queues in. Some may come
    /// twice.
    pub(crate) fn groups_for(
        &self,
        agent: AgentKey,
    ) -> impl Iterator<Item = (Demand, &PriorityQueue)> {
        self.links(agent).iter().flat_map(|link| self.groups_served_in(link.queue))
    }

    /// The groups that a link to `queue` leads to.
    pub(crate) fn groups_served_in(
        &self,
        queue: QueueKey,
    ) -> impl Iterator<Item = (Demand, &PriorityQueue)> {
        let lent = self.servers.get(queue.index()).map_or(&[][..], |of| &of.lent_to);
        let lent = lent.iter().flat_map(|queue| self.groups.of_queue(*queue));
        let groups = self.groups.of_queue(queue).chain(lent).chain(self.groups.guests_of(queue));
        groups.map(|group| (group.demand, &group.waiting))
    }

    /// The groups of `queue` in which somebody waits.
    pub(crate) fn groups_of(
        &self,
        queue: QueueKey,
    ) -> impl Iterator<Item = (Demand, &PriorityQueue)> {
        self.groups.of_queue(queue).map(|group| (group.demand, &group.waiting))
    }

    /// How many wait in `queue`.
    #[must_use]
    pub fn waiting_in(&self, queue: QueueKey) -> u32 {
        self.groups.waiting_in(queue)
    }

    /// Whether some link opens by how many wait.
    #[must_use]
    pub fn helps_by_number(&self) -> bool {
        self.servers.iter().any(Servers::helps_by_number)
    }

    /// How many wait in all queues.
    #[must_use]
    pub fn waiting_in_all(&self) -> u32 {
        self.groups.waiting_in_all()
    }

    /// The next age at which another link to a contact's queue opens.
    #[must_use]
    pub fn next_age(&self, demand: Demand, age: Span) -> Option<Span> {
        let of = |queue: QueueKey| self.servers.get(queue.index())?.next_age(age);
        self.queues_for(demand).filter_map(of).min()
    }

    /// Agents who begin to help in `queue` when so many wait there: its own, and those of
    /// queues that are drawn in.
    pub(crate) fn helpers_from(&self, queue: QueueKey, waiting: u32) -> BitSet {
        let lenders = self.servers.get(queue.index()).map_or(&[][..], |of| &of.lenders);
        let groups = self.groups.of_queue(queue);
        let widened = groups.flat_map(|group| &self.classes.ask(group.demand.class).widen);
        let mut helpers = BitSet::default();
        for queue in core::iter::once(&queue).chain(lenders).chain(widened) {
            if let Some(servers) = self.servers.get(queue.index()) {
                helpers.add(&servers.helpers_from(waiting));
            }
        }
        helpers
    }

    /// How many contacts of `queue` go before the place `key`.
    #[must_use]
    pub fn rank_in(&self, queue: QueueKey, key: OrderKey) -> usize {
        self.groups.of_queue(queue).map(|group| group.waiting.ahead_of(key)).sum()
    }

    /// Everyone waiting in `queue`, group by group.
    pub fn waiting(&self, queue: QueueKey) -> impl Iterator<Item = (Demand, u32)> {
        self.groups
            .of_queue(queue)
            .flat_map(|group| group.waiting.iter().map(|(_, item)| (group.demand, item)))
    }

    /// Whether an agent has the skills and the rank for `class`.
    #[must_use]
    pub fn is_able(&self, agent: AgentKey, class: ClassKey) -> bool {
        self.classes.able_set(class).contains(agent.index())
    }

    /// Whether an agent can be offered contacts of `channel`.
    #[must_use]
    pub fn is_open(&self, agent: AgentKey, channel: ChannelKey) -> bool {
        self.open.get(channel.index()).is_some_and(|set| set.contains(agent.index()))
    }

    /// Whether an agent serves `queue` by a link of its own.
    #[must_use]
    pub fn serves(&self, agent: AgentKey, queue: QueueKey) -> bool {
        self.agents.get(agent.index()).is_some_and(|row| row.link(queue).is_some())
    }

    /// Since when an agent has been idle.
    #[must_use]
    pub fn idle_since(&self, agent: AgentKey) -> Timestamp {
        self.idle_since[agent.index()]
    }

    /// Of some agents those who meet what is asked, in whatever state.
    pub(crate) fn who_meets(&self, ask: &Ask, among: &BitSet) -> BitSet {
        self.classes.who_meets(ask, among, &self.agents)
    }
}
