//! The oracle's state, its clock and its one way in. The rules of single commands stand
//! in `agents`, `contacts`, `offers` and `conversations`; matching in `choice`.

use ccroute_core::{Device, EventKind, RejectionCode, Role, Span, Timestamp};

use super::commands::{ScriptCommand, Step};
use super::happening::Happening;
use super::rules::{Level, Need, Rules};
use super::{Outcome, Subject};

/// A contact, named for good by its sequence number "given at entry".
pub(crate) type Seq = u64;

/// What a command comes to: the name of what came into being, or empty.
pub(crate) type Answer = Result<String, RejectionCode>;

/// "Availability: offline, ready, not ready (reason)."
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    Offline,
    Ready,
    NotReady(Option<String>),
}

/// "An agent is known since the first sign-in and stays known": the place in the list
/// is the order of first sign-in. Slots are counted when asked for, never kept.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) availability: Availability,
    pub(crate) device: Device,
    pub(crate) skills: Vec<Level>,
    pub(crate) queues: Vec<String>,
    pub(crate) capacity: Vec<(String, u16)>,
    pub(crate) idle_since: Timestamp,
}

/// "A contact is in one phase."
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Waiting,
    Offered,
    /// The how-many-th acceptance it was says in which order connections began.
    Connecting {
        agent: String,
        acceptance: usize,
    },
    Engaged {
        held: bool,
    },
    Closed,
}

/// From connection, or hand-over, to the end of that primary's part.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) visit: u32,
    pub(crate) queue: String,
    pub(crate) agent: String,
    /// How many sets of disposition codes were given.
    pub(crate) sets: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) seq: Seq,
    pub(crate) id: String,
    pub(crate) phase: Phase,
    pub(crate) queue: String,
    pub(crate) channel: String,
    pub(crate) band: i16,
    pub(crate) head_start: Span,
    pub(crate) since: Timestamp,
    pub(crate) visit: u32,
    /// Escalation steps taken so far in this visit.
    pub(crate) steps: usize,
    pub(crate) own: Need,
    pub(crate) excluded: Vec<String>,
    /// Live parts in order of joining; the primary among them.
    pub(crate) parts: Vec<(String, Role)>,
    pub(crate) conversations: Vec<Conversation>,
    /// Closed, and nobody wraps up after it any more.
    pub(crate) gone_since: Option<Timestamp>,
}

/// A live offer; ended ones are gone.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) ordinal: usize,
    pub(crate) contact: Seq,
    pub(crate) agent: String,
}

/// An agent working on after a conversation, in order of beginning.
#[derive(Clone, Debug)]
pub(crate) struct WrapUp {
    pub(crate) agent: String,
    pub(crate) contact: Seq,
    pub(crate) id: String,
    pub(crate) channel: String,
    /// Which conversation of the contact.
    pub(crate) conversation: usize,
    pub(crate) visit: u32,
    pub(crate) queue: String,
    pub(crate) ends: Timestamp,
    pub(crate) extended: Span,
}

/// What falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    Offer(usize),
    Connect(Seq),
    Escalation(Seq),
    Exclusion(Seq, String),
    WrapUp(String, Seq),
}

#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    pub(crate) rules: Rules,
    pub(crate) now: Timestamp,
    pub(crate) agents: Vec<Agent>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) wrap_ups: Vec<WrapUp>,
    /// In order of setting.
    pub(crate) timers: Vec<(Timestamp, Timer)>,
    /// When, to which command id, what.
    pub(crate) answers: Vec<(Timestamp, String, String, Answer)>,
    pub(crate) entered: Seq,
    pub(crate) offers_made: usize,
    pub(crate) acceptances: usize,
    pub(crate) events: Vec<Happening>,
}

impl Oracle {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            now: Timestamp::ZERO,
            agents: Vec::new(),
            contacts: Vec::new(),
            offers: Vec::new(),
            wrap_ups: Vec::new(),
            timers: Vec::new(),
            answers: Vec::new(),
            entered: 0,
            offers_made: 0,
            acceptances: 0,
            events: Vec::new(),
        }
    }

    /// "`apply(now, command)` is `advance(now)` and then the command."
    fn step(&mut self, step: &Step) -> Answer {
        // "`now` before the last `now` is refused (`time_backwards`)."
        if step.at < self.now {
            return Err(RejectionCode::TimeBackwards);
        }
        self.advance(step.at);
        if step.command == ScriptCommand::Advance {
            return Ok(String::new());
        }
        // "A command with a `command_id` that was seen within retention gets the first
        // answer again (also when that was a refusal), and nothing happens. The id of
        // another command is refused with `invalid_value`."
        let text = step.command.to_string();
        let word = text.split(' ').next().unwrap_or_default();
        let seen = step.id.as_ref().and_then(|id| self.answers.iter().find(|seen| seen.1 == *id));
        if let Some((.., first, answer)) = seen {
            return if first == word { answer.clone() } else { Err(RejectionCode::InvalidValue) };
        }
        let answer = self.command(&step.command);
        if let Some(id) = &step.id {
            self.answers.push((self.now, id.clone(), word.to_owned(), answer.clone()));
        }
        // "Matching runs after each deadline and each accepted command."
        if answer.is_ok() {
            self.match_waiting();
        }
        answer
    }

    /// "`advance(now)` fires every deadline at or before `now`, in the order (deadline,
    /// order of setting); each happens *at* `now`, and is followed by matching (below)
    /// before the next one fires."
    fn advance(&mut self, now: Timestamp) {
        self.now = now;
        while let Some(due) = self.next_deadline().filter(|&due| due <= now) {
            let first = self.timers.iter().position(|&(at, _)| at == due).expect("it is there");
            let (_, timer) = self.timers.remove(first);
            self.fire(timer);
            self.match_waiting();
        }
        self.forget();
    }

    /// "Remembered for the plan's `retention`", contacts as well as answers.
    fn forget(&mut self) {
        let (now, retention) = (self.now, self.rules.retention);
        let is_kept = |since: Timestamp| now < since + retention;
        self.contacts.retain(|contact| contact.gone_since.is_none_or(is_kept));
        self.answers.retain(|&(at, ..)| is_kept(at));
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Offer(ordinal) => self.miss(ordinal),
            Timer::Connect(contact) => self.fail_to_connect(contact),
            Timer::Escalation(contact) => self.escalate(contact),
            Timer::Exclusion(contact, agent) => {
                self.contact_mut(contact).excluded.retain(|excluded| *excluded != agent);
            }
            Timer::WrapUp(agent, contact) => self.run_out_of_wrap_up(&agent, contact),
        }
    }

    fn command(&mut self, command: &ScriptCommand) -> Answer {
        use ScriptCommand as C;
        match command {
            C::Advance => unreachable!("no command"),
            C::SignIn { agent, profile } => self.sign_in(agent, profile),
            C::SignOut { agent } => self.sign_out(agent),
            C::Ready { agent } => self.ready(agent),
            C::NotReady { agent, reason } => self.not_ready(agent, reason.as_deref()),
            C::SetDevice { agent, device } => self.set_device(agent, *device),
            C::Change { agent, profile } => self.change(agent, profile),
            C::Enqueue(arrival) => self.enqueue(arrival),
            C::Cancel { contact, cause } => self.cancel(contact, *cause),
            C::Reprioritise { contact, band, head_start } => {
                self.reprioritise(contact, *band, *head_start)
            }
            C::Update { contact, need, .. } => self.update(contact, need.as_ref()),
            C::Accept { offer } => self.accept(*offer),
            C::Decline { offer, reason } => self.decline(*offer, reason.as_deref()),
            C::Connected { contact } => self.connected(contact),
            C::Hold { contact } => self.hold(contact),
            C::Resume { contact } => self.resume(contact),
            C::Transfer { contact, queue, keep_age } => self.transfer(contact, queue, *keep_age),
            C::Join { contact, agent, role } => self.join(contact, agent, *role),
            C::Leave { contact, agent } => self.leave(contact, agent),
            C::HandOver { contact, agent } => self.hand_over(contact, agent),
            C::Release { contact, by } => self.release(contact, *by),
            C::ExtendWrapUp { agent, contact, by } => self.extend_wrap_up(agent, contact, *by),
            C::EndWrapUp { agent, contact } => self.end_wrap_up(agent, contact),
            C::Dispose { contact, codes } => self.dispose(contact, codes),
        }
    }

    pub(crate) fn set_timer(&mut self, due: Timestamp, timer: Timer) {
        self.timers.push((due, timer));
    }

    pub(crate) fn cancel_timer(&mut self, timer: &Timer) {
        self.timers.retain(|(_, set)| set != timer);
    }

    /// A bare event of `kind`, now.
    pub(crate) fn event(&self, kind: EventKind) -> Happening {
        Happening::new(self.now, kind)
    }

    /// An event about a contact: "contact, visit, queue and channel".
    pub(crate) fn about(&self, contact: Seq, kind: EventKind) -> Happening {
        let contact = self.contact(contact);
        Happening {
            contact: Some(contact.id.clone()),
            visit: contact.visit,
            queue: Some(contact.queue.clone()),
            channel: Some(contact.channel.clone()),
            ..self.event(kind)
        }
    }

    /// An event about an agent alone.
    pub(crate) fn of_agent(&self, agent: &str, kind: EventKind) -> Happening {
        Happening { agent: Some(agent.to_owned()), ..self.event(kind) }
    }

    pub(crate) fn contact(&self, contact: Seq) -> &Contact {
        self.contacts.iter().find(|known| known.seq == contact).expect("a known contact")
    }

    pub(crate) fn contact_mut(&mut self, contact: Seq) -> &mut Contact {
        self.contacts.iter_mut().find(|known| known.seq == contact).expect("a known contact")
    }

    pub(crate) fn agent(&self, name: &str) -> &Agent {
        self.agents.iter().find(|agent| agent.name == name).expect("a known agent")
    }

    pub(crate) fn agent_mut(&mut self, name: &str) -> &mut Agent {
        self.agents.iter_mut().find(|agent| agent.name == name).expect("a known agent")
    }

    /// "A key or name that is not known is refused with `unknown_agent`, `unknown_contact` …"
    pub(crate) fn find_contact(&self, id: &str) -> Result<Seq, RejectionCode> {
        let found = self.contacts.iter().find(|contact| contact.id == id);
        found.map(|contact| contact.seq).ok_or(RejectionCode::UnknownContact)
    }

    pub(crate) fn known_agent(&self, name: &str) -> Result<(), RejectionCode> {
        let known = self.agents.iter().any(|agent| agent.name == name);
        if known { Ok(()) } else { Err(RejectionCode::UnknownAgent) }
    }

    pub(crate) fn known_queue(&self, name: &str) -> Result<(), RejectionCode> {
        let known = self.rules.queues.iter().any(|queue| queue.name == name);
        if known { Ok(()) } else { Err(RejectionCode::UnknownQueue) }
    }

    pub(crate) fn known_channel(&self, name: &str) -> Result<(), RejectionCode> {
        let known = self.rules.channels.iter().any(|channel| channel == name);
        if known { Ok(()) } else { Err(RejectionCode::UnknownChannel) }
    }

    /// Skills exist, levels are 1…10.
    pub(crate) fn valid_levels<'a>(
        &self,
        levels: impl IntoIterator<Item = &'a Level>,
    ) -> Result<(), RejectionCode> {
        for (skill, level) in levels {
            if !self.rules.skills.contains(skill) {
                return Err(RejectionCode::UnknownSkill);
            }
            if !(1..=10).contains(level) {
                return Err(RejectionCode::InvalidValue);
            }
        }
        Ok(())
    }
}

impl Subject for Oracle {
    fn take(&mut self, step: &Step) -> Outcome {
        let answer = self.step(step);
        Outcome { events: std::mem::take(&mut self.events), answer }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.iter().map(|&(due, _)| due).min()
    }

    /// No agent over capacity but by a changed one is not the oracle's to keep: it has
    /// nothing stored twice that could disagree.
    fn check(&self) -> Result<(), String> {
        match self.next_pair() {
            Some((contact, agent)) => {
                Err(format!("{} is waiting, {agent} is free", self.contact(contact).id))
            }
            None => Ok(()),
        }
    }
}
