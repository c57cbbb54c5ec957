//! What customers may count on, whatever the plan: nobody waits for an agent who is free,
//! no two queues wait for each other, order is an order, nobody is overtaken without end,
//! and a place once had is kept.

#[path = "../commands/mod.rs"]
mod commands;
#[path = "../dice/mod.rs"]
mod dice;
mod order;
mod overtaking;

use std::fmt::Write as _;
use std::sync::Arc;

use ccroute_core::{
    AgentKey, AgentSettings, Capacity, ChannelKey, Command, ContactKey, EventKind, Link,
    NewContact, OfferKey, Plan, QueueKey, Reply, Router, SkillLevel, Span, Timestamp,
};
use commands::{Choices, Crowd};
use dice::Dice;

impl Choices for Dice {
    fn below(&mut self, sides: usize) -> usize {
        Self::below(self, sides)
    }
}

const VOICE: usize = 0;

/// A router under a plan of the test's, and what it is told.
struct Centre {
    router: Router,
    now: Timestamp,
}

impl Centre {
    fn new(plan: &str) -> Self {
        let plan = Plan::from_toml(plan).unwrap_or_else(|error| panic!("{error}\n{plan}"));
        Self { router: Router::new(plan), now: Timestamp::ZERO }
    }

    fn tell(&mut self, command: Command<'_>) -> Reply {
        self.router.apply(self.now, command).expect("the test asks for what is possible")
    }

    fn sign_in(
        &mut self,
        name: &str,
        skills: &[SkillLevel],
        links: &[Link],
        slots: u16,
    ) -> AgentKey {
        let capacity = [Capacity { channel: ChannelKey::new(VOICE), slots }];
        let settings = AgentSettings {
            skills: Some(skills),
            queues: Some(links),
            capacity: Some(&capacity),
            ..AgentSettings::default()
        };
        let reply = self.tell(Command::SignIn { agent: name, settings });
        let Reply::Agent(agent) = reply else { panic!("sign_in names its agent") };
        agent
    }

    fn enqueue(&mut self, contact: NewContact<'_>) -> ContactKey {
        let reply = self.tell(Command::Enqueue(contact));
        let Reply::Contact(key) = reply else { panic!("enqueue names its contact") };
        key
    }

    /// The offers made since the last look: which contact, to whom.
    fn offers(&mut self) -> Vec<(OfferKey, ContactKey, AgentKey)> {
        let made = self.router.events().iter().filter(|event| event.kind == EventKind::OfferMade);
        let named = |event: &ccroute_core::Event| {
            let (contact, agent) = (event.contact.expect("named"), event.agent.expect("named"));
            (event.offer.expect("named"), contact, agent)
        };
        let made = made.map(named).collect();
        self.router.clear_events();
        made
    }
}

fn contact(id: &str, queue: usize) -> NewContact<'_> {
    NewContact::new(id, QueueKey::new(queue), ChannelKey::new(VOICE))
}

/// Everything that keeps an agent from a contact that waits, agent by agent: whoever has no
/// obstacle ought to have been offered it.
fn nobody_waits_in_vain(router: &Router) -> Result<(), String> {
    router.check()?;
    let agents = router.agent_names().len();
    for queue in (0..router.plan().queues.len()).map(QueueKey::new) {
        let explained = router.explain_queue(queue).map_err(|refused| refused.message)?;
        let staff = (0..agents).map(AgentKey::new).filter(|agent| {
            router.explain_agent(*agent).is_ok_and(|of| of.availability != "offline")
        });
        let here = staff.count();
        for group in &explained.groups {
            let kept: u32 = group.eliminated.iter().map(|(_, agents)| agents).sum();
            if kept as usize != here {
                return Err(format!("{kept} of {here} agents are kept from {group:?}"));
            }
        }
    }
    Ok(())
}

/// Every choice of one option for each of several places.
fn combinations(options: usize, places: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..options.pow(places as u32)).map(move |number| {
        (0..places as u32).map(|place| number / options.pow(place) % options).collect()
    })
}

/// In app_queue a queue let a heavier one go first, and one whose first caller had waited
/// longer; two queues could each wait for the other, and everybody stood still.
#[test]
fn no_two_queues_wait_for_each_other() {
    let mut plays = 0;
    for queues in [2, 3] {
        for weights in combinations(3, queues) {
            for way in 0..8 {
                let plan = weighted(way / 2, way % 2 == 1, &weights);
                for waiting in combinations(3, queues) {
                    (1..=3).for_each(|agents| stand_still_nowhere(&plan, &waiting, agents));
                    plays += 3;
                }
            }
        }
    }
    assert_eq!(plays, 8 * 3 * (9 * 9 + 27 * 27));
}

/// Queues of these weights, compared in one of the ways there are.
fn weighted(across: usize, ranked: bool, weights: &[usize]) -> String {
    let across = ["age", "ratio", "marginal_cost", "due_date"][across];
    let mut plan = format!("order = {{ across = \"{across}\", ranked = {ranked} }}\n");
    for (queue, weight) in weights.iter().enumerate() {
        let within = 10 + 7 * queue;
        let queue = format!("[queues.q{queue}]\norder.weight = {weight}");
        writeln!(plan, "{queue}\nservice_level.within = {within}").expect("a string takes text");
    }
    plan
}

/// All agents serve all queues, each in an order of its own: as many offers are made as
/// there are agents or contacts, whoever comes first.
fn stand_still_nowhere(plan: &str, waiting: &[usize], agents: usize) {
    let what = format!("{plan}{waiting:?} wait for {agents} agents");
    for agents_first in [false, true] {
        let mut centre = Centre::new(plan);
        let queues = waiting.len();
        let keys: Vec<AgentKey> = (0..agents)
            .map(|agent| {
                let link = |queue: usize| Link {
                    rank: ((queue + agent) % queues) as u32,
                    ..Link::new(QueueKey::new(queue))
                };
                let links: Vec<Link> = (0..queues).map(link).collect();
                centre.sign_in(&format!("a{agent}"), &[], &links, 1)
            })
            .collect();
        if agents_first {
            keys.iter().for_each(|agent| _ = centre.tell(Command::Ready(*agent)));
        }
        // Newcomers of all queues by turns, so that none has waited longest in all.
        for turn in 0..waiting.iter().copied().max().unwrap_or(0) {
            for queue in (0..queues).filter(|queue| waiting[*queue] > turn) {
                centre.now = centre.now + Span::secs(3);
                centre.enqueue(contact(&format!("q{queue}c{turn}"), queue));
            }
        }
        if !agents_first {
            keys.iter().for_each(|agent| _ = centre.tell(Command::Ready(*agent)));
        }
        let expected = agents.min(waiting.iter().sum());
        assert_eq!(centre.offers().len(), expected, "{what}, agents first: {agents_first}");
        nobody_waits_in_vain(&centre.router).unwrap_or_else(|broken| panic!("{broken}\n{what}"));
    }
}

/// Queues with every key that has to do with who goes next, at random.
fn random_plan(dice: &mut Dice, keys: &[&str]) -> String {
    let across = dice.among(&["age", "ratio", "marginal_cost", "due_date"]);
    let mut plan = format!(
        "skills = [\"es\", \"en\"]\nretention = \"1m\"\nassign_together = {}\n\
         order = {{ across = \"{across}\", ranked = {} }}\n",
        dice.below(2) * 5,
        dice.chance(1, 2)
    );
    for queue in 0..2 + dice.below(2) {
        writeln!(plan, "[queues.q{queue}]").expect("a string takes text");
        for key in keys.iter().filter(|_| dice.chance(2, 5)) {
            writeln!(plan, "{key}").expect("a string takes text");
        }
        let by = dice.among(&["aged", "strict", "lifo", "due_date"]);
        let (weight, share) = (dice.below(3), 1 + dice.below(3));
        let (oldest, slope) = (1 + dice.below(3), 1 + dice.below(3));
        let strategy = dice.among(&["longest_idle", "most_proficient", "round_robin", "random"]);
        writeln!(
            plan,
            "strategy = \"{strategy}\"\nservice_level.within = {}\norder = {{ by = \"{by}\", \
             weight = {weight}, share = {share}, slope = {slope}, pick = {{ oldest = {oldest} }} }}",
            5 + dice.below(30)
        )
        .expect("a string takes text");
    }
    plan
}

const KEYS: [&str; 10] = [
    "requires.all_of = { es = 4 }",
    "requires.any_of = [{ es = 3, en = 6 }]",
    "escalation = [{ after = 15, drop = [\"es\"] }, { after = 40, widen = [\"q1\"] }]",
    "offer = { timeout = 6, on_missed = \"stay_ready\", exclude_for = 9 }",
    "wrap_up = { mode = \"optional\", limit = 20 }",
    "preferred = { first = 8, without_skills = true }",
    "ranks = { max = 2, ignored_up_to = 1 }",
    "keep_free = { agents = 1, for = [\"q0\"] }",
    "lines = [\"north\", \"south\"]",
    "callback = { attempts = 2, retry = { missed = 30 } }",
];

#[test]
fn nobody_waits_while_an_eligible_agent_is_free() {
    let mut accepted = 0;
    for seed in 0..250 {
        let mut dice = Dice::new(0xfa1 + seed);
        let plan = random_plan(&mut dice, &KEYS);
        let mut centre = Centre::new(&plan);
        let plans = [centre.router.shared_plan(), Arc::new(Plan::from_toml(&plan).expect("again"))];
        let mut crowd = Crowd::default();
        for step in 0..160 {
            accepted += u32::from(crowd.step(&mut centre.router, &plans, &mut dice).is_ok());
            if let Err(broken) = nobody_waits_in_vain(&centre.router) {
                panic!("seed {seed}, step {step}: {broken}\n{plan}\n{}", crowd.told());
            }
        }
    }
    assert!(accepted > 12_000, "{accepted} commands of 40,000 were accepted");
}
