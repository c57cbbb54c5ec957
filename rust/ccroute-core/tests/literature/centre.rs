//! A contact centre of the textbooks around the engine: Poisson arrivals, agents who accept
//! and connect at once, conversations of a given length, virtual time. What is measured,
//! and which settings, is each study's business.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use ccroute_core::{
    AgentKey, AgentSettings, Capacity, Cause, ChannelKey, Command, ContactKey, EventKind, Link,
    NewContact, Plan, Reply, Router, Span, Timestamp, Value,
};

use crate::dice::Dice;

/// The textbooks' unit of time, in seconds: all their figures are multiples of it.
pub(crate) const UNIT: f64 = 60.0;

/// A number above 0 and at most 1, all alike.
pub(crate) fn uniform(dice: &mut Dice) -> f64 {
    (dice.below(1 << 53) as f64 + 1.0) / (1_u64 << 53) as f64
}

/// A span of this mean, without memory.
pub(crate) fn exponential(dice: &mut Dice, mean: f64) -> Span {
    Span::from_secs(-mean * uniform(dice).ln()).expect("a span of some seconds")
}

/// Who comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newcomer {
    /// From 0, in order of coming.
    pub(crate) number: usize,
    /// Of which type: the queue, or what the study makes of it.
    pub(crate) kind: usize,
    pub(crate) at: Timestamp,
    /// A draw of its own for how long the conversation lasts.
    pub(crate) talk: Span,
}

/// Newcomers of several types, by a rate per second each.
pub(crate) struct Arrivals {
    dice: Dice,
    rates: Vec<f64>,
    mean_talk: f64,
    drawn: usize,
    /// Who comes next.
    next: Option<Newcomer>,
    now: Timestamp,
}

impl Arrivals {
    pub(crate) fn new(seed: u64, rates: &[f64], mean_talk: f64) -> Self {
        let rates = rates.to_vec();
        Self { dice: Dice::new(seed), rates, mean_talk, drawn: 0, next: None, now: Timestamp::ZERO }
    }

    /// Who comes next, unless later than `end`.
    fn next_until(&mut self, end: Timestamp) -> Option<Newcomer> {
        let next = self.next.take().unwrap_or_else(|| self.draw());
        self.next = (next.at > end).then_some(next);
        (next.at <= end).then_some(next)
    }

    fn draw(&mut self) -> Newcomer {
        let total: f64 = self.rates.iter().sum();
        self.now = self.now + exponential(&mut self.dice, 1.0 / total);
        let mut mark = uniform(&mut self.dice) * total;
        let mut kind = 0;
        while kind + 1 < self.rates.len() && mark > self.rates[kind] {
            mark -= self.rates[kind];
            kind += 1;
        }
        let talk = exponential(&mut self.dice, self.mean_talk);
        self.drawn += 1;
        Newcomer { number: self.drawn - 1, kind, at: self.now, talk }
    }
}

/// Somebody who was connected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) who: Newcomer,
    pub(crate) wait: Span,
    pub(crate) agent: AgentKey,
}

/// What a study sees of a run, and decides in it.
pub(crate) trait Study {
    /// Somebody was connected; how long the conversation lasts.
    fn taken(&mut self, taken: Taken) -> Span;

    /// Somebody came; in vain, when all places were taken.
    fn came(&mut self, _who: Newcomer, _in_vain: bool) {}
}

/// The centre: the router and what goes on around it.
pub(crate) struct Centre {
    pub(crate) router: Router,
    pub(crate) now: Timestamp,
    /// How many can be there at most, in queue and in conversation.
    pub(crate) places: usize,
    /// Whether newcomers go where the rules say, as type `kind`.
    pub(crate) classified: bool,
    present: usize,
    /// By number, those who wait or talk.
    inside: Vec<Option<Newcomer>>,
    ends: BinaryHeap<Reverse<(Timestamp, usize, ContactKey, AgentKey)>>,
    busy: BTreeSet<AgentKey>,
}

const VOICE: usize = 0;

impl Centre {
    pub(crate) fn new(plan: &str) -> Self {
        let mut plan = Plan::from_toml(plan).expect("the plan of the study");
        // Who has gone is forgotten at once.
        plan.retention = Span::SHORTEST;
        Self {
            router: Router::new(plan),
            now: Timestamp::ZERO,
            places: usize::MAX,
            classified: false,
            present: 0,
            inside: Vec::new(),
            ends: BinaryHeap::new(),
            busy: BTreeSet::new(),
        }
    }

    fn tell(&mut self, command: Command<'_>) -> Reply {
        self.router.apply(self.now, command).expect("the study asks for what is possible")
    }

    pub(crate) fn sign_in(&mut self, links: &[Link]) -> AgentKey {
        let name = format!("a{}", self.router.agent_names().len());
        let capacity = [Capacity { channel: ChannelKey::new(VOICE), slots: 1 }];
        let settings = AgentSettings {
            queues: Some(links),
            capacity: Some(&capacity),
            ..AgentSettings::default()
        };
        let reply = self.tell(Command::SignIn { agent: &name, settings });
        let Reply::Agent(agent) = reply else { panic!("sign_in names its agent") };
        agent
    }

    /// Several agents who serve these queues, all of them ready.
    pub(crate) fn staff(&mut self, agents: usize, links: &[Link]) {
        for _ in 0..agents {
            let agent = self.sign_in(links);
            self.tell(Command::Ready(agent));
        }
    }

    pub(crate) fn is_free(&self, agent: AgentKey) -> bool {
        !self.busy.contains(&agent)
    }

    /// Lets newcomers in until `end`, and then lets all who are there be served.
    pub(crate) fn run(&mut self, arrivals: &mut Arrivals, end: Timestamp, study: &mut impl Study) {
        self.run_until(arrivals, end, study);
        self.finish(Timestamp::MAX, study);
    }

    /// Lets newcomers in, and ends conversations, until `end`.
    pub(crate) fn run_until(
        &mut self,
        arrivals: &mut Arrivals,
        end: Timestamp,
        study: &mut impl Study,
    ) {
        while let Some(who) = arrivals.next_until(end) {
            self.finish(who.at, study);
            self.let_in(who, study);
        }
        self.finish(end, study);
    }

    pub(crate) fn somebody_waits(&self) -> bool {
        self.present > self.busy.len()
    }

    /// Ends the conversations that are over by `until`, and lets time go on to then.
    pub(crate) fn finish(&mut self, until: Timestamp, study: &mut impl Study) {
        while let Some(&Reverse((at, number, contact, agent))) = self.ends.peek() {
            if at > until {
                break;
            }
            self.ends.pop();
            self.now = at;
            self.present -= 1;
            self.busy.remove(&agent);
            self.inside[number] = None;
            self.tell(Command::Release { contact, by: Cause::Customer });
            self.follow(study);
        }
        if until < Timestamp::MAX {
            self.now = self.now.max(until);
        }
    }

    fn let_in(&mut self, who: Newcomer, study: &mut impl Study) {
        self.now = who.at;
        let in_vain = self.present >= self.places;
        study.came(who, in_vain);
        self.inside.push((!in_vain).then_some(who));
        if in_vain {
            return;
        }
        self.present += 1;
        let id = who.number.to_string();
        let kind = Value::Text(who.kind.to_string().into());
        let channel = ChannelKey::new(VOICE);
        let attributes = [("kind", kind)];
        let contact = if self.classified {
            NewContact { attributes: &attributes, ..NewContact::unplaced(&id, channel) }
        } else {
            NewContact::new(&id, ccroute_core::QueueKey::new(who.kind), channel)
        };
        self.tell(Command::Enqueue(contact));
        self.follow(study);
    }

    /// Carries out any other command, and what follows from it.
    pub(crate) fn ask(&mut self, command: Command<'_>, study: &mut impl Study) {
        self.tell(command);
        self.follow(study);
    }

    /// Connects whoever was accepted.
    fn follow(&mut self, study: &mut impl Study) {
        let accepted = |event: &&ccroute_core::Event| event.kind == EventKind::OfferAccepted;
        let pairs: Vec<(ContactKey, AgentKey)> = self
            .router
            .events()
            .iter()
            .filter(accepted)
            .map(|event| (event.contact.expect("named"), event.agent.expect("named")))
            .collect();
        for (contact, agent) in pairs {
            self.tell(Command::Connected(contact));
            let id = self.router.contact_id(contact).expect("it is there");
            let number: usize = id.parse().expect("ids are numbers");
            let who = self.inside[number].expect("it was let in");
            let talk = study.taken(Taken { who, wait: self.now.since(who.at), agent });
            self.busy.insert(agent);
            self.ends.push(Reverse((self.now + talk, number, contact, agent)));
        }
        self.router.clear_events();
    }
}
