//! The router: a state machine. `apply(now, command)` is `advance(now)` and then the
//! command; all consequences come back as events of that one call.
//!
//! Control flow lives here; what each command means stands in the files beside, and
//! in words in `docs/engine.md`. No clock, no I/O, no metrics.

mod agents;
mod answers;
mod check;
mod contacts;
mod conversations;
mod explain;
mod known;
mod offers;
mod settle;
mod snapshot;
mod state;
mod timers;
mod wrap_up;

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use self::answers::Answers;
use self::known::valid_name;
use self::settle::Unsettled;
use self::state::{Agent, Contact, Offer, Phase};
use self::timers::{Deadline, Timers};
use crate::command::{Command, Envelope};
use crate::directory::Directory;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Event, EventKind};
use crate::ids::{AgentKey, ClassKey, ContactKey, OfferKey, QueueKey, TextKey};
use crate::matching::SkillMatcher;
use crate::plan::Plan;
use crate::slab::Slab;
use crate::time::{Span, Timestamp};

pub use answers::Answer;
pub use explain::{
    AgentExplanation, Chosen, ContactExplanation, Eliminated, NextStep, Obstacle, Withheld,
};

/// Changes whenever the same commands may give other events. A snapshot of other
/// rules is refused: an upgrade starts from a fresh state.
pub const RULES_VERSION: u32 = 1;

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
/// let sign_in =
///     Command::SignIn { agent: "ana", skills: &[], queues: &[support], capacity: &capacity };
/// router.apply(now, sign_in).unwrap();
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
    agent_names: Directory,
    texts: Directory,
    agents: Vec<Agent>,
    contacts: Slab<Contact>,
    offers: Slab<Offer>,
    timers: Timers,
    matcher: SkillMatcher,
    /// Closed contacts, by the instant they are forgotten.
    closed: VecDeque<(Timestamp, ContactKey)>,
    answers: Answers,
    #[serde(skip)]
    now: Timestamp,
    #[serde(skip)]
    ids: FxHashMap<Box<str>, ContactKey>,
    /// Contacts forgotten while events that name them were not yet read.
    #[serde(skip)]
    departed: FxHashMap<ContactKey, Box<str>>,
    #[serde(skip)]
    plan_classes: Vec<Vec<ClassKey>>,
    #[serde(skip)]
    events: Vec<Event>,
    #[serde(skip)]
    unsettled: Unsettled,
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
            matcher: SkillMatcher::default(),
            closed: VecDeque::new(),
            answers: Answers::default(),
            now: Timestamp::ZERO,
            ids: FxHashMap::default(),
            departed: FxHashMap::default(),
            plan_classes: Vec::new(),
            events: Vec::new(),
            unsettled: Unsettled::default(),
        };
        router.hold_plan_classes();
        router
    }

    /// Fires what is due at `now`, then carries out `command`.
    ///
    /// # Errors
    /// A [`Rejection`] when the state says no; nothing has changed beyond the `advance`.
    pub fn apply(&mut self, now: Timestamp, command: Command<'_>) -> Outcome {
        self.advance(now)?;
        self.execute(command)
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
        let Some(id) = envelope.command_id else { return self.execute(command) };
        if let Some(first) = self.first_answer(id, command.word()) {
            return first;
        }
        let word = command.word();
        let result = self.execute(command);
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

    /// Fires every deadline at or before `now`, in order.
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
        while let Some(deadline) = self.timers.take_due(now, set) {
            match deadline {
                Deadline::Offer(offer) => self.offer_missed(offer),
                Deadline::Connect(contact) => self.connect_timed_out(contact),
                Deadline::WrapUp(agent, contact) => self.wrap_up_limit(agent, contact),
                Deadline::Escalation(contact) => self.escalation_due(contact),
                Deadline::Exclusion(contact, agent) => self.exclusion_over(contact, agent),
            }
            self.settle();
        }
        self.forget_closed();
        self.answers.forget(now);
        Ok(())
    }

    fn execute(&mut self, command: Command<'_>) -> Outcome {
        let done = |()| Reply::Done;
        let reply = match command {
            Command::SignIn { agent, skills, queues, capacity } => {
                self.sign_in(agent, skills, queues, capacity)
            }
            Command::SignOut(agent) => self.sign_out(agent).map(done),
            Command::Ready(agent) => self.ready(agent).map(done),
            Command::NotReady { agent, reason } => self.not_ready(agent, reason).map(done),
            Command::SetDevice { agent, device } => self.set_device(agent, device).map(done),
            Command::Change { agent, skills, queues, capacity } => {
                self.change(agent, skills, queues, capacity).map(done)
            }
            Command::Enqueue(contact) => self.enqueue(&contact),
            Command::Cancel { contact, cause } => self.cancel(contact, cause).map(done),
            Command::Reprioritise { contact, band, head_start } => {
                self.reprioritise(contact, band, head_start).map(done)
            }
            Command::Update { contact, requirement, attributes } => {
                self.update(contact, requirement, attributes).map(done)
            }
            Command::Accept(offer) => self.accept(offer).map(done),
            Command::Decline { offer, reason } => self.decline(offer, reason).map(done),
            Command::Connected(contact) => self.connected(contact).map(done),
            Command::Hold(contact) => self.hold(contact, true).map(done),
            Command::Resume(contact) => self.hold(contact, false).map(done),
            Command::Transfer { contact, queue, keep_age } => {
                self.transfer(contact, queue, keep_age).map(done)
            }
            Command::Join { contact, agent, role } => self.join(contact, agent, role).map(done),
            Command::Leave { contact, agent } => self.leave(contact, agent).map(done),
            Command::HandOver { contact, agent } => self.hand_over(contact, agent).map(done),
            Command::Release { contact, by } => self.release(contact, by).map(done),
            Command::ExtendWrapUp { agent, contact, by } => {
                self.extend_wrap_up(agent, contact, by).map(done)
            }
            Command::EndWrapUp { agent, contact } => self.end_wrap_up(agent, contact).map(done),
            Command::Dispose { contact, codes } => self.dispose(contact, codes).map(done),
        }?;
        self.settle();
        Ok(reply)
    }

    /// When `advance` will have something to do; `None`: nothing is pending.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// What happened since [`Self::clear_events`].
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Forgets the events that were read.
    pub fn clear_events(&mut self) {
        self.events.clear();
        self.departed.clear();
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan in force, to share.
    #[must_use]
    pub fn shared_plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    /// The key of an agent who has signed in at least once.
    #[must_use]
    pub fn find_agent(&self, name: &str) -> Option<AgentKey> {
        self.agent_names.find(name).map(AgentKey::new)
    }

    /// The key of a contact, live or retained.
    #[must_use]
    pub fn find_contact(&self, id: &str) -> Option<ContactKey> {
        self.ids.get(id).copied()
    }

    /// The host's ids of a contact's customer, conversation and previous contact.
    #[must_use]
    pub fn story(&self, contact: ContactKey) -> Option<[Option<&str>; 3]> {
        let contact = self.contacts.get(contact.index(), contact.generation())?;
        let ids = [&contact.customer, &contact.conversation, &contact.previous];
        Some(ids.map(Option::as_deref))
    }

    /// The queue a contact is in, or was in last.
    #[must_use]
    pub fn queue_of(&self, contact: ContactKey) -> Option<QueueKey> {
        Some(self.contacts.get(contact.index(), contact.generation())?.queue)
    }

    /// The live offer of a contact, if it has one.
    #[must_use]
    pub fn live_offer_of(&self, contact: ContactKey) -> Option<OfferKey> {
        match self.contacts.get(contact.index(), contact.generation())?.phase {
            Phase::Offered(offer) => Some(offer),
            Phase::Waiting | Phase::Connecting { .. } | Phase::Engaged { .. } | Phase::Closed => {
                None
            }
        }
    }

    /// An agent's name.
    #[must_use]
    pub fn agent_name(&self, agent: AgentKey) -> &str {
        self.agent_names.name(agent.index())
    }

    /// A contact's id; `None` once it is forgotten and its events are read.
    #[must_use]
    pub fn contact_id(&self, contact: ContactKey) -> Option<&str> {
        let live = self.contacts.get(contact.index(), contact.generation());
        live.map(|contact| &*contact.id).or_else(|| self.departed.get(&contact).map(|id| &**id))
    }

    /// Every agent who ever signed in, by key.
    pub fn agent_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.agent_names.iter()
    }

    /// Every reason and code that rode on an event, by key.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter()
    }

    /// The text of a reason or code.
    #[must_use]
    pub fn text(&self, key: TextKey) -> &str {
        self.texts.name(key.index())
    }

    /// The answer once given under a command id, within retention.
    #[must_use]
    pub fn answer(&self, command_id: &str) -> Option<&Answer> {
        self.answers.find(command_id)
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

    fn offer(&self, key: OfferKey) -> Option<&Offer> {
        self.offers.get(key.index(), key.generation())
    }

    /// Refuses because the contact's phase does not fit; `remedy` says what to do.
    fn wrong_phase(contact: &Contact, remedy: &str) -> Rejection {
        let message = format!("contact '{}' is {}: {remedy}", contact.id, contact.phase.word());
        Rejection::new(RejectionCode::WrongPhase, message)
    }
}
