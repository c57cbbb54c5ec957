//! Who goes before whom, seen from outside: whoever is offered to an agent while another,
//! who is before it in order, could have been, overtakes. Never under pure order, first come
//! first served among equals; and never more often than the plan allows.

use std::collections::BTreeSet;

use ccroute_core::{
    AgentKey, Command, ContactKey, EventKind, Failure, Link, NewContact, OfferKey, QueueKey,
    Requirement, SkillKey, SkillLevel, Span,
};

use crate::commands::Choices;
use crate::dice::Dice;
use crate::{Centre, contact};

const SKILLS: usize = 2;
const AGENTS: usize = 6;

/// A contact that stands in line.
#[derive(Clone, Debug)]
struct Waiting {
    contact: ContactKey,
    queue: QueueKey,
    band: i16,
    /// In order of coming.
    number: u32,
    need: Option<SkillLevel>,
    overtaken: u32,
}

/// A centre, and its lines as they look from outside.
struct Watched {
    centre: Centre,
    newest_first: bool,
    waiting: Vec<Waiting>,
    /// Those who have an offer, or a conversation.
    away: Vec<Waiting>,
    offers: Vec<OfferKey>,
    talking: Vec<ContactKey>,
    skills: Vec<[u8; SKILLS]>,
    /// Who let go whom, and is not asked again.
    let_go: BTreeSet<(ContactKey, AgentKey)>,
    came: u32,
    /// How often somebody was overtaken: in all, and of one contact at most.
    overtakes: u32,
    worst: u32,
}

impl Watched {
    fn new(plan: &str, newest_first: bool, dice: &mut Dice) -> Self {
        let mut watched = Self {
            centre: Centre::new(plan),
            newest_first,
            waiting: Vec::new(),
            away: Vec::new(),
            offers: Vec::new(),
            talking: Vec::new(),
            skills: Vec::new(),
            let_go: BTreeSet::new(),
            came: 0,
            overtakes: 0,
            worst: 0,
        };
        for agent in 0..AGENTS {
            let levels = [0; SKILLS].map(|_| dice.below(11) as u8);
            let held: Vec<SkillLevel> = (0..SKILLS)
                .filter(|&skill| levels[skill] > 0)
                .map(|skill| SkillLevel { skill: SkillKey::new(skill), level: levels[skill] })
                .collect();
            let queues = watched.centre.router.plan().queues.len();
            let link =
                |queue| Link { rank: dice.below(2) as u32, ..Link::new(QueueKey::new(queue)) };
            let links: Vec<Link> = (0..queues).map(link).collect();
            let key = watched.centre.sign_in(&format!("a{agent}"), &held, &links, 1);
            watched.skills.push(levels);
            watched.centre.tell(Command::Ready(key));
        }
        watched
    }

    /// Whether an agent may take a contact, as far as the two of them go.
    fn suits(&self, agent: AgentKey, of: &Waiting) -> bool {
        let held = |need: SkillLevel| self.skills[agent.index()][need.skill.index()];
        of.need.is_none_or(|need| held(need) >= need.level)
            && !self.let_go.contains(&(of.contact, agent))
    }

    /// Whether `of` is before `other` in their queue.
    fn is_before(&self, of: &Waiting, other: &Waiting) -> bool {
        if self.newest_first {
            return of.number > other.number;
        }
        (-of.band, of.number) < (-other.band, other.number)
    }

    /// Reads what happened: who stands in line, who was taken out of it and past whom.
    fn follow(&mut self) {
        let events = self.centre.router.events().to_vec();
        self.centre.router.clear_events();
        for event in events {
            let Some(contact) = event.contact else { continue };
            if event.kind == EventKind::OfferMade {
                let at = self.waiting.iter().position(|of| of.contact == contact);
                let taken = self.waiting.remove(at.expect("it stood in line"));
                self.pass(&taken, event.agent.expect("offers name their agent"));
                self.away.push(taken);
                self.offers.extend(event.offer);
            }
            if event.kind == EventKind::ContactRequeued {
                let at = self.away.iter().position(|of| of.contact == contact);
                self.waiting.push(self.away.remove(at.expect("it was away")));
            }
            if event.kind == EventKind::OfferMissed || event.kind == EventKind::OfferDeclined {
                self.let_go.insert((contact, event.agent.expect("somebody let it go")));
            }
        }
    }

    fn pass(&mut self, taken: &Waiting, agent: AgentKey) {
        let passed: Vec<usize> = (0..self.waiting.len())
            .filter(|&at| {
                let of = &self.waiting[at];
                of.queue == taken.queue && self.is_before(of, taken) && self.suits(agent, of)
            })
            .collect();
        for at in passed {
            let of = &mut self.waiting[at];
            assert!(self.newest_first || of.band == taken.band, "{taken:?} before {of:?}");
            of.overtaken += 1;
            self.overtakes += 1;
            self.worst = self.worst.max(of.overtaken);
        }
    }

    fn arrive(&mut self, dice: &mut Dice) {
        self.came += 1;
        let need = dice.chance(2, 3).then(|| SkillLevel {
            skill: SkillKey::new(dice.below(SKILLS)),
            level: 1 + dice.below(8) as u8,
        });
        let own = Requirement { all_of: need.into_iter().collect(), ..Requirement::default() };
        let queue = dice.below(self.centre.router.plan().queues.len());
        let band = i16::from(dice.chance(1, 6));
        let id = format!("c{}", self.came);
        let newcomer =
            NewContact { band: Some(band), requirement: Some(&own), ..contact(&id, queue) };
        let key = self.centre.enqueue(newcomer);
        let queue = QueueKey::new(queue);
        let number = self.came;
        self.waiting.push(Waiting { contact: key, queue, band, number, need, overtaken: 0 });
    }

    /// Something happens, mostly too many arrivals for the agents there are.
    fn step(&mut self, dice: &mut Dice) {
        self.centre.now = self.centre.now + Span::secs(dice.among(&[0, 0, 1, 1, 3, 9]));
        self.centre.router.advance(self.centre.now).expect("time moves on");
        self.follow();
        let offer = (!self.offers.is_empty()).then(|| self.offers.remove(0));
        match dice.below(8) {
            0..=2 => self.arrive(dice),
            3..=5 => {
                let Some(offer) = offer else { return };
                // One that was let go by time is over.
                let accepted = self.centre.router.apply(self.centre.now, Command::Accept(offer));
                if accepted.is_ok() {
                    let event = self.centre.router.events().last().expect("it was accepted");
                    let contact = event.contact.expect("named");
                    self.centre.tell(Command::Connected(contact));
                    self.talking.push(contact);
                }
            }
            6 if dice.chance(1, 3) => {
                let Some(offer) = offer else { return };
                let failure = Failure::Declined;
                let decline = Command::Decline { offer, failure, reason: None };
                _ = self.centre.router.apply(self.centre.now, decline);
            }
            _ if self.talking.is_empty() => {}
            _ => {
                let contact = self.talking.remove(dice.below(self.talking.len()));
                let by = ccroute_core::Cause::Customer;
                self.centre.tell(Command::Release { contact, by });
            }
        }
        self.follow();
        self.centre.router.check().expect("all is in order");
    }
}

fn plan(by: &str, across: &str, queues: usize, pick: (usize, usize)) -> String {
    let (oldest, overtakes) = pick;
    let mut plan = format!("skills = [\"es\", \"en\"]\norder = {{ across = \"{across}\" }}\n");
    for queue in 0..queues {
        plan += &format!(
            "[queues.q{queue}]\nstrategy = \"most_proficient\"\n\
             offer = {{ timeout = 8, on_missed = \"stay_ready\", exclude_for = \"step\" }}\n\
             order = {{ by = \"{by}\", slope = {}, weight = {queue}, \
             pick = {{ oldest = {oldest}, per_minute = 0.5, overtakes = {overtakes} }} }}\n",
            1 + queue
        );
    }
    plan
}

#[test]
fn first_come_is_first_served_among_equals_and_newest_first_under_lifo() {
    for by in ["aged", "strict", "due_date", "lifo"] {
        for across in ["age", "ratio", "marginal_cost", "due_date"] {
            let mut taken = 0;
            for seed in 0..6 {
                let mut dice = Dice::new(0xf1f0 + seed);
                let plan = plan(by, across, 2, (1, 50));
                let mut watched = Watched::new(&plan, by == "lifo", &mut dice);
                for _ in 0..600 {
                    watched.step(&mut dice);
                }
                assert_eq!(watched.overtakes, 0, "{by}, {across}, seed {seed}");
                taken += watched.away.len();
            }
            assert!(taken > 150, "{by}, {across}: only {taken} were taken");
        }
    }
}

#[test]
fn nobody_is_overtaken_more_often_than_the_plan_allows() {
    for (oldest, overtakes) in [(1, 3), (2, 0), (2, 1), (3, 2), (5, 4), (1_000, 3), (1_000, 9)] {
        let mut worst = 0;
        for seed in 0..12 {
            let mut dice = Dice::new(0x0e7 + seed);
            let queues = 1 + dice.below(2);
            let by = dice.among(&["aged", "strict", "due_date"]);
            let plan = plan(by, "age", queues, (oldest, overtakes));
            let mut watched = Watched::new(&plan, false, &mut dice);
            for step in 0..700 {
                watched.step(&mut dice);
                let of = watched.worst;
                assert!(of as usize <= overtakes, "seed {seed}, step {step}: {of} times\n{plan}");
            }
            worst = worst.max(watched.worst);
        }
        // Pure order overtakes nobody; else the bound is reached, so it is one.
        let reached = if oldest == 1 { 0 } else { overtakes };
        assert_eq!(worst as usize, reached, "oldest = {oldest}, overtakes = {overtakes}");
    }
}
