//! The router: a state machine. `apply(now, command)` is `advance(now)` and then the
//! command; all consequences come back as events of that one call.
//!
//! Control flow lives here; what each command means stands in the files beside, and
//! in words in `docs/engine.md`. No clock, no I/O, no metrics.

mod admission;
mod adopting;
mod agents;
mod answers;
mod assignment;
mod callbacks;
mod check;
mod choice;
mod classification;
mod contacts;
mod conversations;
mod dispatch;
mod escalation;
mod exclusion;
mod expiring;
mod explain;
mod failures;
mod helping;
mod ids;
mod known;
mod leaving;
mod lines;
mod looks;
mod offers;
mod plan_change;
mod precedence;
mod queues;
mod readings;
mod reconciling;
mod redacting;
mod room;
mod scores;
mod settle;
mod snapshot;
mod state;
#[cfg(test)]
mod tests;
mod timers;
mod wait_estimate;
mod waiting;
mod wrap_up;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use self::answers::Answers;
use self::escalation::Awaited;
use self::expiring::{Ends, Expiring};
use self::ids::Ids;
use self::known::valid_name;
use self::queues::QueueState;
use self::room::Room;
use self::scores::ScoreState;
use self::settle::Unsettled;
use self::state::{Agent, Contact, Offer, Part, WrappingUp};
use self::timers::{Deadline, Due, Timers};
use self::wait_estimate::Takes;
use crate::command::{Command, Envelope};
use crate::directory::Directory;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ClassKey, ContactKey, OfferKey, QueueKey, TextKey};
use crate::matching::SkillMatcher;
use crate::plan::{Plan, QueuePlan};
use crate::slab::Slab;
use crate::time::{Span, Timestamp};

pub use answers::Answer;
pub use explain::{
    AgentExplanation, Candidate, Change, Chosen, ContactExplanation, Decision, Eliminated,
    GroupExplanation, How, Missing, Nearest, NextStep, Obstacle, QueueExplanation, Withheld,
};
pub use redacting::Redaction;
pub use wait_estimate::{Foretold, WaitEstimate};

/// Changes whenever the same commands may give other events. A snapshot of other
/// rules is refused: an upgrade starts from a fresh state.
pub const RULES_VERSION: u32 = 3;

/// What an accepted command answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Done; the events say the rest.
    Done,
    /// The agent who signed in.
    Agent(AgentKey),
    /// The contact that came in.
    Contact(ContactKey),
}

/// Decides who takes which contact, and when.
///
/// ```
/// use ccroute_core::*;
/// let mut plan = Plan::default();
/// let support = plan.add_queue("support", QueuePlan::default());
/// let voice = plan.find_channel("voice").unwrap();
/// let mut router = Router::new(plan);
/// let now = Timestamp::ZERO;
///
/// let capacity = [Capacity { channel: voice, slots: 1 }];
/// let queues = [Link::new(support)];
/// let settings = AgentSettings {
///     queues: Some(&queues),
///     capacity: Some(&capacity),
///     ..AgentSettings::default()
/// };
/// router.apply(now, Command::SignIn { agent: "ana", settings }).unwrap();
/// router.apply(now, Command::Ready(router.find_agent("ana").unwrap())).unwrap();
/// router.apply(now, Command::Enqueue(NewContact::new("c1", support, voice))).unwrap();
///
/// let offer = router.events().last().unwrap();
/// assert_eq!(offer.kind, EventKind::OfferMade);
/// router.apply(now, Command::Accept(offer.offer.unwrap())).unwrap();
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Router {
    plan: Arc<Plan>,
    sequence: u64,
    entered: u64,
    offers_made: u64,
    agent_names: Directory,
    texts: Directory,
    agents: Vec<Agent>,
    contacts: Slab<Contact>,
    offers: Slab<Offer>,
    timers: Timers,
    matcher: SkillMatcher,
    /// By queue.
    queues: Vec<QueueState>,
    /// What was observed last of each figure: above and below the fraction.
    kpis: Vec<Option<(i64, i64)>>,
    /// By line.
    lines_down: Vec<bool>,
    /// By table.
    scores: Vec<ScoreState>,
    /// Who last talked with each customer, and when.
    last_agents: Expiring<Box<str>, (AgentKey, Timestamp)>,
    /// Customers who hung up and may find their place again: since when their age counts.
    resumable: Expiring<(QueueKey, Box<str>), Timestamp>,
    /// The latest beginnings of conversations.
    takes: Takes,
    /// Closed contacts, by the instant they are forgotten.
    closed: Ends<ContactKey>,
    answers: Answers,
    #[serde(skip)]
    now: Timestamp,
    /// The instant by which ages are judged: while a deadline fires late, its own.
    #[serde(skip)]
    as_of: Timestamp,
    #[serde(skip)]
    ids: Ids,
    /// Contacts forgotten while events that name them were not yet read.
    #[serde(skip)]
    departed: FxHashMap<ContactKey, Box<str>>,
    #[serde(skip)]
    plan_classes: Vec<Vec<ClassKey>>,
    #[serde(skip)]
    events: Vec<Event>,
    #[serde(skip)]
    unsettled: Unsettled,
    #[serde(skip)]
    room_for_parts: Room<Part>,
    #[serde(skip)]
    room_for_wrap_up: Room<WrappingUp>,
    /// Contacts that have their agent already while others are shared out.
    #[serde(skip)]
    set_aside: BTreeSet<u64>,
    /// Waiting contacts whose next step waits for a condition, by sequence number.
    #[serde(skip)]
    awaiting: BTreeMap<Awaited, BTreeMap<u64, ContactKey>>,
    /// What of the rules is in use, so that plans without it do not pay for it.
    #[serde(skip)]
    in_use: InUse,
    /// The sequence number of an offer whose choice is to be laid open, and what it was.
    #[serde(skip)]
    traced: Option<Box<explain::Traced>>,
}

/// What of the rules is in use.
#[derive(Clone, Copy, Debug, Default)]
struct InUse {
    /// More than bands, ages and requirements decide who goes next and who takes it: agents
    /// are asked whose turn it is.
    turns: bool,
    /// An offer changes nobody's turn but of those who might have taken the contact.
    turns_keep: bool,
    /// The sum of the queues' shares.
    shares: u64,
    /// Some contact has come that prefers agents.
    preferences: bool,
    /// Some condition asks how often a contact was offered, or missed.
    counts: bool,
    /// Some queue asks for staff.
    staff: bool,
    /// Some queue goes by how much of an agent's room is taken.
    occupancy: bool,
    /// Some queue must leave agents free for others.
    keep_free: bool,
    /// Some queue goes by who last talked with the customer, within this at most.
    last_agent: Span,
    /// Some agents or queues have lines.
    lines: bool,
    /// More than slots says how much an agent can hold.
    capacity: bool,
}

type Outcome = Result<Reply, Rejection>;

impl Router {
    /// A router under `plan`, with nobody in it.
    ///
    /// A plan that was read is checked; one built in code is taken as it is, except
    /// that zero counts as a microsecond where a read plan must have more than zero:
    /// every deadline lies ahead, and time goes on.
    #[must_use]
    pub fn new(plan: impl Into<Arc<Plan>>) -> Self {
        let mut router = Self {
            plan: plan.into(),
            sequence: 0,
            entered: 0,
            agent_names: Directory::default(),
            texts: Directory::default(),
            agents: Vec::new(),
            contacts: Slab::default(),
            offers: Slab::default(),
            timers: Timers::default(),
            offers_made: 0,
            matcher: SkillMatcher::default(),
            queues: Vec::new(),
            kpis: Vec::new(),
            lines_down: Vec::new(),
            scores: Vec::new(),
            last_agents: Expiring::default(),
            resumable: Expiring::default(),
            takes: Takes::default(),
            closed: Ends::default(),
            answers: Answers::default(),
            now: Timestamp::ZERO,
            as_of: Timestamp::ZERO,
            ids: Ids::default(),
            departed: FxHashMap::default(),
            plan_classes: Vec::new(),
            events: Vec::new(),
            unsettled: Unsettled::default(),
            room_for_parts: Room::default(),
            room_for_wrap_up: Room::default(),
            set_aside: BTreeSet::new(),
            awaiting: BTreeMap::new(),
            in_use: InUse::default(),
            traced: None,
        };
        router.follow_plan();
        router.intern_lines();
        router
    }

    /// Fires what is due at `now`, then carries out `command`.
    ///
    /// # Errors
    /// A [`Rejection`] when the state says no; nothing has changed beyond the `advance`.
    pub fn apply(&mut self, now: Timestamp, command: Command<'_>) -> Outcome {
        self.advance(now)?;
        self.execute(&command)
    }

    /// As [`Self::apply`], for a request that says who asked and under which id: a
    /// repeated id gets the first answer, and nothing happens.
    ///
    /// # Errors
    /// As [`Self::apply`]; a repetition of a refused request is refused the same way.
    pub fn apply_enveloped(
        &mut self,
        now: Timestamp,
        envelope: &Envelope<'_>,
        command: Command<'_>,
    ) -> Outcome {
        self.advance(now)?;
        let Some(id) = envelope.command_id else { return self.execute(&command) };
        if let Some(first) = self.first_answer(id, command.word()) {
            return first;
        }
        let word = command.word();
        let result = self.execute(&command);
        self.remember(id, word, envelope, result.clone());
        result
    }

    /// Refuses a request (`word`: the command's name) that names something unknown, which
    /// therefore never became a command; a repetition is refused the same way.
    ///
    /// # Errors
    /// `refusal`, or the first answer under a repeated id.
    pub fn refuse(&mut self, envelope: &Envelope<'_>, word: &str, refusal: Rejection) -> Outcome {
        let Some(id) = envelope.command_id else { return Err(refusal) };
        if let Some(first) = self.first_answer(id, word) {
            return first;
        }
        self.remember(id, word, envelope, Err(refusal.clone()));
        Err(refusal)
    }

    /// What was answered under `id`; a refusal when that was another command.
    fn first_answer(&self, id: &str, word: &str) -> Option<Outcome> {
        let answer = self.answers.find(id)?;
        if *answer.command == *word {
            return Some(answer.result.clone());
        }
        let message = format!(
            "command_id '{id}' was used for {}: give each request an id of its own",
            answer.command
        );
        Some(Err(Rejection::new(RejectionCode::InvalidValue, message)))
    }

    fn remember(&mut self, id: &str, word: &str, envelope: &Envelope<'_>, result: Outcome) {
        let answer = Answer {
            command: word.into(),
            at: self.now,
            actor: envelope.actor.map(Into::into),
            reason: envelope.reason.map(Into::into),
            result,
        };
        self.answers.remember(id, answer, self.now + self.plan.retention);
    }

    /// Fires every deadline at or before `now`, in order. All of it happens at `now`, but
    /// ages are judged by the deadline's own instant.
    ///
    /// # Errors
    /// `time_backwards` when `now` lies before an earlier one.
    pub fn advance(&mut self, now: Timestamp) -> Result<(), Rejection> {
        if now < self.now {
            let message = format!(
                "time {now} lies before {}: give each command the time of the one before or later",
                self.now
            );
            return Err(Rejection::new(RejectionCode::TimeBackwards, message));
        }
        self.now = now;
        // What is set from here on lies after `now`, but at the end of time, where
        // deadlines meet: firing those as well would never end.
        let set = self.timers.set_so_far();
        while let Some((at, due)) = self.timers.take_due(now, set) {
            self.as_of = self.as_of.max(at);
            match due {
                Due::Looks(contacts) => contacts.into_iter().for_each(|key| self.look_due(key)),
                Due::Deadline(deadline) => self.fire(deadline),
            }
            self.settle();
        }
        self.as_of = now;
        self.forget_closed();
        self.resumable.forget(now);
        self.last_agents.forget(now);
        self.answers.forget(now);
        Ok(())
    }

    fn fire(&mut self, deadline: Deadline) {
        match deadline {
            Deadline::Offer(offer) => self.offer_missed(offer),
            Deadline::Connect(contact) => self.connect_timed_out(contact),
            Deadline::WrapUp(agent, contact) => self.wrap_up_limit(agent, contact),
            Deadline::Escalation(contact) => self.escalation_due(contact),
            Deadline::Exclusion { contact, agent, by_host } => {
                self.exclusion_over(contact, agent, by_host);
            }
            Deadline::Ring(contact) => self.ring_one_more(contact),
            Deadline::Grace(contact) => self.release_reserved(contact, Cause::Limit),
            Deadline::BackOff(agent) => self.back_off_over(agent),
            Deadline::Due(contact) => self.scheduled_due(contact),
            Deadline::Suspension(contact) => self.suspension_over(contact),
            Deadline::Help(queue, rule) => self.help_may_end(queue, rule),
        }
    }

    /// The deadline a setting of the plan gives: never this very instant, or an offer
    /// missed at once would be made and missed for ever.
    fn after(&self, setting: Span) -> Timestamp {
        self.now + setting.max(Span::SHORTEST)
    }

    fn emit(&mut self, event: Event) {
        self.sequence += 1;
        self.events.push(Event { sequence: self.sequence, at: self.now, ..event });
    }

    /// An event of a contact's current visit.
    fn contact_event(&self, kind: EventKind, key: ContactKey) -> Event {
        let contact = self.contact(key);
        Event {
            contact: Some(key),
            visit: contact.visit,
            queue: Some(contact.queue),
            channel: Some(contact.channel),
            ..Event::new(kind)
        }
    }

    fn agent_event(kind: EventKind, agent: AgentKey) -> Event {
        Event { agent: Some(agent), ..Event::new(kind) }
    }

    fn intern(&mut self, text: &str) -> TextKey {
        TextKey::new(self.texts.intern(text))
    }

    fn agent(&self, key: AgentKey) -> &Agent {
        &self.agents[key.index()]
    }

    fn agent_mut(&mut self, key: AgentKey) -> &mut Agent {
        &mut self.agents[key.index()]
    }

    fn contact(&self, key: ContactKey) -> &Contact {
        self.contacts.get(key.index(), key.generation()).expect("a key inside the router is live")
    }

    fn contact_mut(&mut self, key: ContactKey) -> &mut Contact {
        let contact = self.contacts.get_mut(key.index(), key.generation());
        contact.expect("a key inside the router is live")
    }

    /// The contact in row `index`, which the matcher remembers by row.
    fn contact_key(&self, index: u32) -> ContactKey {
        let generation = self.contacts.generation(index as usize);
        ContactKey::new(index, generation.expect("a waiting contact is live"))
    }

    /// The rules a contact is under: its queue's, or those it came under where they are
    /// frozen.
    fn rules<'a>(&'a self, contact: &'a Contact) -> &'a QueuePlan {
        match contact.kept_rules() {
            Some(rules) => rules,
            None => self.plan.queue(contact.queue),
        }
    }

    /// As [`Self::rules`], to keep while the contact changes.
    fn shared_rules(&self, contact: &Contact) -> Rules {
        match contact.more.as_deref().and_then(|more| more.rules.as_ref()) {
            Some(rules) => Rules::Frozen(Arc::clone(rules)),
            None => Rules::Planned(Arc::clone(&self.plan), contact.queue),
        }
    }

    fn offer(&self, key: OfferKey) -> Option<&Offer> {
        self.offers.get(key.index(), key.generation())
    }

    /// Refuses because the contact's phase does not fit; `remedy` says what to do.
    fn wrong_phase(contact: &Contact, remedy: &str) -> Rejection {
        let message = format!("contact '{}' is {}: {remedy}", contact.id, contact.phase.word());
        Rejection::new(RejectionCode::WrongPhase, message)
    }
}

/// A queue's rules, held on to.
enum Rules {
    Planned(Arc<Plan>, QueueKey),
    Frozen(Arc<QueuePlan>),
}

impl core::ops::Deref for Rules {
    type Target = QueuePlan;
    fn deref(&self) -> &QueuePlan {
        match self {
            Self::Planned(plan, queue) => plan.queue(*queue),
            Self::Frozen(rules) => rules,
        }
    }
}
