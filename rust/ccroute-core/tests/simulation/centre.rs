//! The simulated centre: its people, what they do and when, and the books kept of it. What must
//! hold of them is in `main.rs`.

use std::collections::{BTreeMap, BTreeSet};

use ccroute_core::{
    AgentSettings, Capacity, Cause, Command, ContactKey, Event, EventKind, Failure, Feed,
    KpiAggregator, Link, NewContact, OfferKey, Plan, Rejection, Reply, Requirement, Role, Router,
    SkillLevel, Span, Timestamp,
};

use crate::dice::Dice;

const AGENTS: usize = 30;

/// What a person of the simulation does at some instant.
#[derive(Clone, Debug)]
enum Act {
    Arrive(usize),
    GiveUp(ContactKey),
    Answer(OfferKey),
    Join(ContactKey),
    HangUp(ContactKey),
    PassOn(ContactKey, bool),
    Consult(ContactKey),
    Finish(ContactKey, usize),
    Pause(usize),
    Return(usize),
    ShiftChange(usize),
}

/// How a contact's story went so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Story {
    Waiting,
    Connecting,
    Talking,
    Served,
    Abandoned,
    Left,
}

pub(crate) struct Simulation {
    pub(crate) router: Router,
    pub(crate) metrics: KpiAggregator,
    feed: Feed,
    dice: Dice,
    now: Timestamp,
    /// By instant, then in the order they were planned.
    acts: BTreeMap<(Timestamp, u64), Act>,
    planned: u64,
    pub(crate) stories: BTreeMap<ContactKey, Story>,
    pub(crate) live: BTreeSet<ContactKey>,
    pub(crate) counts: BTreeMap<&'static str, u64>,
    pub(crate) steps: u64,
    pub(crate) entered: u64,
}

impl Simulation {
    pub(crate) fn new(seed: u64, plan: &str) -> Self {
        let plan = Plan::from_toml(plan).expect("a plan above");
        let mut metrics = KpiAggregator::default();
        let feed = Feed::new("router", &mut metrics).expect("its first source");
        let mut simulation = Self {
            router: Router::new(plan),
            metrics,
            feed,
            dice: Dice::new(seed),
            now: Timestamp::ZERO,
            acts: BTreeMap::new(),
            planned: 0,
            stories: BTreeMap::new(),
            live: BTreeSet::new(),
            counts: BTreeMap::new(),
            steps: 0,
            entered: 0,
        };
        for agent in 0..AGENTS {
            simulation.plan_in(agent as u32 * 60, Act::ShiftChange(agent));
        }
        for queue in 0..6 {
            simulation.plan_in(queue as u32, Act::Arrive(queue));
        }
        simulation
    }

    fn plan_in(&mut self, seconds: u32, act: Act) {
        let micros = self.dice.below(1_000_000) as i64;
        let at = self.now + Span::secs(seconds) + Span::from_micros(micros).expect("a part");
        self.planned += 1;
        self.acts.insert((at, self.planned), act);
    }

    fn seconds(&mut self, least: u32, most: u32) -> u32 {
        least + self.dice.below((most - least + 1) as usize) as u32
    }

    /// Runs to `end`, one act or deadline at a time.
    pub(crate) fn run(&mut self, end: Timestamp) {
        loop {
            let act_at = self.acts.keys().next().map(|&(at, _)| at);
            let due = self.router.next_deadline();
            let Some(next) = act_at.into_iter().chain(due).min().filter(|&at| at <= end) else {
                return;
            };
            self.now = next;
            self.steps += 1;
            if act_at == Some(next) && due != Some(next) {
                let (_, act) = self.acts.pop_first().expect("it was seen above");
                self.act(act);
            } else {
                self.router.advance(next).expect("time moves forward");
            }
            self.watch();
            if let Err(broken) = self.router.check() {
                panic!("step {} at {}: {broken}", self.steps, self.now);
            }
        }
    }

    /// One command; refusals are part of life (somebody else was quicker).
    fn tell(&mut self, command: Command<'_>) -> Result<Reply, Rejection> {
        let reply = self.router.apply(self.now, command);
        *self.counts.entry(if reply.is_ok() { "accepted" } else { "refused" }).or_default() += 1;
        reply
    }

    fn act(&mut self, act: Act) {
        // A refusal shows in the counts; what follows from success comes as events.
        match act {
            Act::Arrive(queue) => self.arrive(queue),
            Act::GiveUp(contact) => {
                _ = self.tell(Command::Cancel { contact, cause: Cause::Abandoned });
            }
            Act::Answer(offer) if self.dice.chance(1, 20) => {
                let failure = Failure::Declined;
                _ = self.tell(Command::Decline { offer, failure, reason: Some("busy") });
            }
            Act::Answer(offer) => _ = self.tell(Command::Accept(offer)),
            Act::Join(contact) if self.dice.chance(1, 15) => {
                // Refused, but of a customer who is called back.
                _ = self.tell(Command::FailCallback { contact, cause: Cause::Missed });
            }
            Act::Join(contact) => _ = self.tell(Command::Connected(contact)),
            Act::HangUp(contact) => {
                _ = self.tell(Command::Release { contact, by: Cause::Customer });
            }
            Act::PassOn(contact, keep_age) => {
                let name = ["billing", "sales", "spanish"][self.dice.below(3)];
                let queue = self.router.plan().find_queue(name).expect("a queue of the plan");
                _ = self.tell(Command::Transfer { contact, queue, keep_age });
            }
            Act::Consult(contact) => self.consult(contact),
            Act::Finish(contact, agent) => self.finish(contact, agent),
            Act::Pause(agent) => {
                self.with_agent(agent, |agent| Command::NotReady { agent, reason: Some("break") });
                let minutes = self.seconds(2, 20);
                self.plan_in(minutes * 60, Act::Return(agent));
            }
            Act::Return(agent) => self.come_back(agent),
            Act::ShiftChange(agent) => self.change_shift(agent),
        }
    }

    fn arrive(&mut self, at: usize) {
        let plan = self.router.plan();
        let queue = ["vip", "spanish", "english", "billing", "sales", "chat"][at];
        let channel = plan.find_channel(if at == 5 { "chat" } else { "voice" });
        let queue = plan.find_queue(queue).expect("a queue of the plan");
        let sales = SkillLevel { skill: plan.find_skill("sales").expect("a skill"), level: 4 };
        let own = Requirement { all_of: vec![sales], ..Requirement::default() };
        self.entered += 1;
        let id = format!("c{}", self.entered);
        let customer = format!("customer{}", self.dice.below(400));
        let contact = NewContact {
            customer: Some(&customer),
            band: Some(i16::from(self.dice.chance(1, 10))),
            head_start: Some(Span::secs(if self.dice.chance(1, 8) { 60 } else { 0 }).into()),
            requirement: (at == 4).then_some(&own),
            ..NewContact::new(&id, queue, channel.expect("a channel of the plan"))
        };
        let reply = self.tell(Command::Enqueue(contact)).expect("ids are not used twice");
        let Reply::Contact(key) = reply else { panic!("enqueue names its contact") };
        let patience = self.seconds(20, 600);
        self.plan_in(patience, Act::GiveUp(key));
        let next = self.seconds(20, 180);
        self.plan_in(next, Act::Arrive(at));
    }

    fn with_agent(
        &mut self,
        agent: usize,
        command: impl FnOnce(ccroute_core::AgentKey) -> Command<'static>,
    ) -> bool {
        let key = self.router.find_agent(&format!("a{agent}"));
        key.is_some_and(|key| self.tell(command(key)).is_ok())
    }

    fn consult(&mut self, contact: ContactKey) {
        let helper = self.dice.below(AGENTS);
        let roles = [Role::Consult, Role::Conference, Role::Monitor];
        let role = roles[self.dice.below(3)];
        if !self.with_agent(helper, |agent| Command::Join { contact, agent, role }) {
            return;
        }
        if self.dice.chance(1, 2) {
            self.with_agent(helper, |agent| Command::HandOver { contact, agent });
        } else if self.dice.chance(1, 2) {
            self.with_agent(helper, |agent| Command::Leave { contact, agent });
        }
    }

    fn finish(&mut self, contact: ContactKey, agent: usize) {
        let queue = self.router.queue_of(contact);
        let code = queue.and_then(|queue| self.router.plan().queue(queue).dispositions.first());
        if let Some(code) = code.cloned() {
            _ = self.tell(Command::Dispose { contact, codes: &[code.as_str()] });
        }
        self.with_agent(agent, |agent| Command::EndWrapUp { agent, contact });
    }

    fn come_back(&mut self, agent: usize) {
        if self.with_agent(agent, Command::Ready) {
            let until_pause = self.seconds(20, 180);
            self.plan_in(until_pause * 60, Act::Pause(agent));
        }
    }

    /// Eight hours in, sixteen out; comes with skills of its own.
    fn change_shift(&mut self, agent: usize) {
        self.plan_in(8 * 3600, Act::ShiftChange(agent));
        if self.with_agent(agent, Command::SignOut) || self.dice.chance(1, 3) {
            return;
        }
        let plan = self.router.plan();
        let skill = |name: &str| plan.find_skill(name).expect("a skill of the plan");
        let level = |by: usize| (1 + (agent * by) % 10) as u8;
        let skills: Vec<SkillLevel> = ["es", "en", "billing", "sales"]
            .iter()
            .enumerate()
            .filter(|(at, _)| !(agent + at).is_multiple_of(3))
            .map(|(at, name)| SkillLevel { skill: skill(name), level: level(at + 3) })
            .collect();
        let all = (0..plan.queues.len()).map(ccroute_core::QueueKey::new);
        let queues: Vec<_> =
            all.filter(|queue| !(queue.index() + agent).is_multiple_of(4)).map(Link::new).collect();
        let slots = |channel: &str, slots: u16| Capacity {
            channel: plan.find_channel(channel).expect("a channel of the plan"),
            slots,
        };
        let capacity = [slots("voice", 1), slots("chat", 1 + (agent % 3) as u16)];
        let name = format!("a{agent}");
        let settings = AgentSettings {
            skills: Some(&skills),
            queues: Some(&queues),
            capacity: Some(&capacity),
            ..AgentSettings::default()
        };
        let command = Command::SignIn { agent: &name, settings };
        self.tell(command).expect("it was signed out");
        self.come_back(agent);
    }

    /// Reads the events: the contacts' stories, and what people do next.
    fn watch(&mut self) {
        self.feed.pour(&self.router, &mut self.metrics);
        let events = self.router.events().to_vec();
        self.router.clear_events();
        for event in events {
            *self.counts.entry(event.kind.word()).or_default() += 1;
            self.follow(&event);
            self.react(&event);
        }
    }

    /// Every event about a contact must fit its story so far: nothing is lost or doubled.
    fn follow(&mut self, event: &Event) {
        use Story::{Abandoned, Connecting, Left, Served, Talking, Waiting};
        let Some(contact) = event.contact else { return };
        let before = self.stories.get(&contact).copied();
        let unconnected = &[Some(Waiting), Some(Connecting)][..];
        let left = matches!(event.kind, EventKind::ContactLeft | EventKind::ContactRefused);
        let first = event.kind == EventKind::ContactQueued && event.visit == 1;
        let turns: &[(bool, EventKind, &[Option<Story>], Story)] = &[
            (
                !first,
                EventKind::ContactQueued,
                &[Some(Waiting), Some(Connecting), Some(Talking), Some(Left)],
                Waiting,
            ),
            (first, EventKind::ContactQueued, &[None, Some(Left)], Waiting),
            // Who left to be called back is to come again.
            (true, EventKind::ContactScheduled, &[Some(Left), Some(Connecting)], Waiting),
            (event.visit == 1, EventKind::ContactRefused, &[None, Some(Left)], Left),
            (true, EventKind::ContactRequeued, unconnected, Waiting),
            (true, EventKind::OfferAccepted, &[Some(Waiting)], Connecting),
            (true, EventKind::ContactConnected, &[Some(Connecting)], Talking),
            (true, EventKind::ContactReleased, &[Some(Talking)], Served),
            (true, EventKind::ContactAbandoned, unconnected, Abandoned),
            (left, EventKind::ContactLeft, unconnected, Left),
        ];
        let turn = turns.iter().find(|(applies, kind, ..)| *applies && *kind == event.kind);
        let Some((_, _, from, after)) = turn else { return };
        assert!(from.contains(&before), "{before:?}, then {event:?}");
        self.stories.insert(contact, *after);
        if matches!(after, Served | Abandoned | Left) {
            self.live.remove(&contact);
        } else {
            self.live.insert(contact);
        }
    }

    fn react(&mut self, event: &Event) {
        let agent = event.agent.map(|key| self.router.agent_name(key)[1..].parse());
        let agent = agent.transpose().expect("agents are named a0, a1 …");
        let kind = event.kind;
        if kind == EventKind::OfferMade && !self.dice.chance(1, 12) {
            let delay = self.seconds(1, 11);
            self.plan_in(delay, Act::Answer(event.offer.expect("an offer is made")));
        }
        if kind == EventKind::AgentNotReady && event.cause != Cause::Agent {
            let delay = self.seconds(30, 300);
            self.plan_in(delay, Act::Return(agent.expect("somebody missed it")));
        }
        let Some(contact) = event.contact else { return };
        if kind == EventKind::CallbackOffered && self.dice.chance(1, 2) {
            _ = self.tell(Command::RequestCallback { contact, at: None });
        }
        if kind == EventKind::OfferAccepted && !self.dice.chance(1, 30) {
            let delay = self.seconds(0, 3);
            self.plan_in(delay, Act::Join(contact));
        }
        if kind == EventKind::ContactConnected {
            self.converse(contact);
        }
        if kind == EventKind::WrapUpStarted {
            let delay = self.seconds(5, 80);
            self.plan_in(delay, Act::Finish(contact, agent.expect("somebody wraps up")));
        }
    }

    fn converse(&mut self, contact: ContactKey) {
        let talk = self.seconds(20, 500);
        if self.dice.chance(1, 8) {
            let keep_age = self.dice.chance(1, 2);
            self.plan_in(talk / 2, Act::PassOn(contact, keep_age));
        } else if self.dice.chance(1, 6) {
            self.plan_in(talk / 2, Act::Consult(contact));
        }
        self.plan_in(talk, Act::HangUp(contact));
        // A transferred contact may be connected when the first hang-up is long past.
        self.plan_in(talk + 1200, Act::HangUp(contact));
    }

    pub(crate) fn count(&self, word: &str) -> u64 {
        self.counts.get(word).copied().unwrap_or(0)
    }
}
