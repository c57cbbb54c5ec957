//! The oracle's clock and its one way in. The rules of single commands stand in the files
//! beside; matching in `matching` and `choice`.

use ccroute_core::{EventKind, RejectionCode, Timestamp};

use super::commands::{ScriptCommand, Step};
use super::happening::Happening;
use super::need::{Level, Need};
use super::rules::{QueueRules, Rules};
pub(crate) use super::state::{
    Agent, Answer, Availability, Contact, Exclusion, Offer, Phase, Seq, Timer, WrapUp,
};
use super::state::{Helping, KeptPlace, Reservation, Scores, Talk};
use super::{Outcome, Subject};

#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    pub(crate) rules: Rules,
    /// Plans that `set_plan` may name.
    pub(crate) plans: Vec<(String, Rules)>,
    pub(crate) now: Timestamp,
    /// "Ages … are judged **as of** the deadline's own instant (but never before the last
    /// `now`) while it fires, and as of `now` afterwards."
    pub(crate) as_of: Timestamp,
    pub(crate) agents: Vec<Agent>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) reservations: Vec<Reservation>,
    pub(crate) wrap_ups: Vec<WrapUp>,
    /// When due, how manyth that was set, what.
    pub(crate) timers: Vec<(Timestamp, u64, Timer)>,
    pub(crate) timers_set: u64,
    /// Until when, to which command id, what.
    pub(crate) answers: Vec<(Timestamp, String, &'static str, Answer)>,
    pub(crate) closed_queues: Vec<String>,
    /// Queues for which nobody counts as staff, and since when.
    pub(crate) unstaffed: Vec<(String, Timestamp)>,
    /// Whom each queue made its last offer, and that agent's position then.
    pub(crate) last_offered: Vec<(String, (Option<u32>, usize))>,
    pub(crate) lines_down: Vec<String>,
    pub(crate) figures: Vec<(String, i64, i64)>,
    pub(crate) helping: Vec<Helping>,
    pub(crate) scores: Vec<Scores>,
    pub(crate) fallbacks: Vec<(String, u64)>,
    pub(crate) places: Vec<KeptPlace>,
    pub(crate) talks: Vec<Talk>,
    /// The last conversations begun.
    pub(crate) begun: Vec<(Timestamp, String)>,
    /// By queue: of how many, real less foretold, and that without sign.
    pub(crate) foretold: Vec<(String, u64, i64, u64)>,
    pub(crate) entered: Seq,
    pub(crate) offers_made: usize,
    pub(crate) acceptances: usize,
    /// Pairs that somebody else found best, in case several are.
    pub(crate) advice: Vec<(String, String)>,
    pub(crate) events: Vec<Happening>,
}

impl Oracle {
    pub(crate) fn new(rules: Rules) -> Self {
        let closed = rules.queues.iter().filter(|queue| queue.hours.is_some());
        let closed_queues = closed.map(|queue| queue.name.clone()).collect();
        let mut oracle = Self {
            rules,
            plans: Vec::new(),
            now: Timestamp::ZERO,
            as_of: Timestamp::ZERO,
            agents: Vec::new(),
            contacts: Vec::new(),
            offers: Vec::new(),
            reservations: Vec::new(),
            wrap_ups: Vec::new(),
            timers: Vec::new(),
            timers_set: 0,
            answers: Vec::new(),
            closed_queues,
            unstaffed: Vec::new(),
            last_offered: Vec::new(),
            lines_down: Vec::new(),
            figures: Vec::new(),
            helping: Vec::new(),
            scores: Vec::new(),
            fallbacks: Vec::new(),
            places: Vec::new(),
            talks: Vec::new(),
            begun: Vec::new(),
            foretold: Vec::new(),
            entered: 0,
            offers_made: 0,
            acceptances: 0,
            advice: Vec::new(),
            events: Vec::new(),
        };
        oracle.note_staff();
        oracle
    }

    /// The same, with plans that `set_plan` may name.
    pub(crate) fn with_plans(rules: Rules, plans: Vec<(String, Rules)>) -> Self {
        Self { plans, ..Self::new(rules) }
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
        let word = step.command.word();
        let seen = step.id.as_ref().and_then(|id| self.answers.iter().find(|seen| seen.1 == *id));
        if let Some((.., first, answer)) = seen {
            return if *first == word { answer.clone() } else { Err(RejectionCode::InvalidValue) };
        }
        let answer = self.command(&step.command);
        if let Some(id) = &step.id {
            self.answers.push((self.remembered(), id.clone(), word, answer.clone()));
        }
        // "Matching runs after each deadline and each accepted command"; before it, after
        // some, contacts are shared out together.
        if answer.is_ok() {
            self.note_staff();
            use ScriptCommand as C;
            if matches!(step.command, C::ReadyAll { .. } | C::SetPlan { .. } | C::Reconcile { .. })
            {
                self.assign_together();
            }
            self.match_waiting();
        }
        answer
    }

    /// "`advance(now)` fires every deadline at or before `now`, in the order (deadline,
    /// order of setting), looks (below) first among equals; each happens *at* `now`, and is
    /// followed by matching (below) before the next one fires. … Deadlines set meanwhile
    /// that are due too wait for the next `advance`."
    fn advance(&mut self, now: Timestamp) {
        self.now = now;
        let set_before = self.timers_set;
        loop {
            let timers =
                self.timers.iter().filter(|&&(due, set, _)| due <= now && set < set_before);
            let first = timers.min_by_key(|&&(due, set, _)| (due, set)).cloned();
            let look = self.next_look().filter(|&at| at <= now);
            match (first, look) {
                (first, Some(at)) if first.as_ref().is_none_or(|&(due, ..)| at <= due) => {
                    self.as_of = self.as_of.max(at);
                    self.look(at);
                }
                (Some((due, set, timer)), _) => {
                    self.as_of = self.as_of.max(due);
                    self.timers.retain(|&(_, other, _)| other != set);
                    self.fire(timer);
                }
                (None, _) => break,
            }
            self.note_staff();
            self.match_waiting();
        }
        self.as_of = now;
        self.forget();
    }

    /// Until when what ends now is "remembered for the plan's `retention`".
    pub(crate) fn remembered(&self) -> Timestamp {
        self.now + self.rules.retention
    }

    /// Contacts as well as answers.
    fn forget(&mut self) {
        let is_kept = |until: Timestamp| self.now < until;
        self.contacts.retain(|contact| contact.gone_until.is_none_or(is_kept));
        self.answers.retain(|&(until, ..)| is_kept(until));
    }

    fn fire(&mut self, timer: Timer) {
        match timer {
            Timer::Offer(ordinal) => self.miss(ordinal),
            Timer::Ring(contact) => self.ring_one_more(contact),
            Timer::Connect(contact) => self.fail_to_connect(contact),
            Timer::Grace(contact) => {
                self.release_reservations(contact, ccroute_core::Cause::Limit);
            }
            Timer::Escalation(contact) => self.take_due_steps(contact),
            Timer::Exclusion(contact, over) => {
                self.contact_mut(contact).excluded.retain(|excluded| *excluded != over);
            }
            Timer::WrapUp(agent, contact) => self.run_out_of_wrap_up(&agent, contact),
            Timer::BackOff(agent) => self.end_back_off(&agent, ccroute_core::Cause::Limit),
            Timer::Due(contact) => self.come_due(contact),
            Timer::Suspension(contact) => {
                self.requeue(contact, ccroute_core::Cause::Limit);
            }
            Timer::Help(queue, rule) => self.end_help(&queue, rule),
        }
    }

    fn command(&mut self, command: &ScriptCommand) -> Answer {
        use ScriptCommand as C;
        match command {
            C::Advance => unreachable!("no command"),
            C::SignIn { agent, profile } => self.sign_in(agent, profile),
            C::SignOut { agent } => self.sign_out(agent),
            C::Ready { agent } => self.ready(agent),
            C::ReadyAll { agents } => self.ready_all(agents),
            C::NotReady { agent, reason } => self.not_ready(agent, reason.as_deref()),
            C::SetDevice { agent, device } => self.set_device(agent, *device),
            C::Change { agent, profile } => self.change(agent, profile),
            C::Join { contact, agent, role } => self.join(contact, agent, *role),
            C::Leave { contact, agent } => self.leave(contact, agent),
            C::HandOver { contact, agent } => self.hand_over(contact, agent),
            C::Pick { agent, contact } => self.pick(agent, contact),
            C::ExtendWrapUp { agent, contact, by } => self.extend_wrap_up(agent, contact, *by),
            C::EndWrapUp { agent, contact } => self.end_wrap_up(agent, contact),
            C::Accept { offer } => self.accept(*offer),
            C::Decline { offer, failure, reason } => {
                self.decline(*offer, *failure, reason.as_deref())
            }
            C::SetQueueOpen { queue, open } => self.set_queue_open(queue, *open),
            C::SetLine { line, up } => self.set_line(line, *up),
            C::ObserveKpi { kpi, numerator, denominator } => {
                self.observe_kpi(kpi, *numerator, *denominator)
            }
            C::SetScores(table) => self.set_scores(table),
            C::SetPlan { plan } => self.set_plan(plan),
            C::Reconcile { among, observed } => self.reconcile(observed, among.as_ref()),
            C::Enqueue(_)
            | C::Cancel { .. }
            | C::Reprioritise { .. }
            | C::Update { .. }
            | C::Reclassify { .. }
            | C::Exclude { .. }
            | C::Readmit { .. }
            | C::Connected { .. }
            | C::Hold { .. }
            | C::Resume { .. }
            | C::Transfer { .. }
            | C::Release { .. }
            | C::Dispose { .. }
            | C::Press { .. }
            | C::RequestCallback { .. }
            | C::FailConnection { .. }
            | C::FailCallback { .. }
            | C::Suspend { .. }
            | C::Reinstate { .. }
            | C::Adopt { .. } => self.contact_command(command),
        }
    }

    /// The commands that are about one contact alone.
    fn contact_command(&mut self, command: &ScriptCommand) -> Answer {
        use ScriptCommand as C;
        match command {
            C::Enqueue(arrival) => self.enqueue(arrival),
            C::Cancel { contact, cause } => self.cancel(contact, *cause),
            C::Reprioritise { contact, band, head_start } => {
                self.reprioritise(contact, *band, *head_start)
            }
            C::Update { contact, update } => self.update(contact, update),
            C::Reclassify { contact } => self.reclassify(contact),
            C::Exclude { contact, agent, lasts } => self.exclude(contact, agent, *lasts),
            C::Readmit { contact, agent } => self.readmit(contact, agent),
            C::Connected { contact } => self.connected(contact),
            C::Hold { contact } => self.hold(contact),
            C::Resume { contact } => self.resume(contact),
            C::Transfer { contact, queue, keep_age } => self.transfer(contact, queue, *keep_age),
            C::Release { contact, by } => self.release(contact, *by),
            C::Dispose { contact, codes } => self.dispose(contact, codes),
            C::Press { contact, key } => self.press(contact, key),
            C::RequestCallback { contact, at } => self.request_callback(contact, *at),
            C::FailConnection { contact, cause } => self.fail_connection(contact, *cause),
            C::FailCallback { contact, cause } => self.fail_callback(contact, *cause),
            C::Suspend { contact, lasts } => self.suspend(contact, *lasts),
            C::Reinstate { contact } => self.reinstate(contact),
            C::Adopt { arrival, engaged } => self.adopt(arrival, engaged.as_deref()),
            C::Advance
            | C::SignIn { .. }
            | C::SignOut { .. }
            | C::Ready { .. }
            | C::ReadyAll { .. }
            | C::NotReady { .. }
            | C::SetDevice { .. }
            | C::Change { .. }
            | C::Accept { .. }
            | C::Decline { .. }
            | C::Pick { .. }
            | C::Join { .. }
            | C::Leave { .. }
            | C::HandOver { .. }
            | C::ExtendWrapUp { .. }
            | C::EndWrapUp { .. }
            | C::SetQueueOpen { .. }
            | C::SetLine { .. }
            | C::ObserveKpi { .. }
            | C::SetScores(_)
            | C::SetPlan { .. }
            | C::Reconcile { .. } => unreachable!("dispatched before"),
        }
    }

    /// "A setting of zero where a deadline follows from it counts as one microsecond."
    pub(crate) fn after(&self, span: ccroute_core::Span) -> Timestamp {
        self.now + span.max(ccroute_core::Span::SHORTEST)
    }

    pub(crate) fn set_timer(&mut self, due: Timestamp, timer: Timer) {
        self.timers.push((due, self.timers_set, timer));
        self.timers_set += 1;
    }

    pub(crate) fn cancel_timer(&mut self, timer: &Timer) {
        self.timers.retain(|(.., set)| set != timer);
    }

    /// Something happened.
    pub(crate) fn emit(&mut self, event: Happening) {
        self.events.push(event);
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

    /// The rules a contact goes by where it may have kept those of an earlier plan:
    /// "`strategy` and its tables, `requires`, `ranks`, `preferred`, `offer`,
    /// `escalation`, `leaving` (but for whom it counts as staff), `exits`, `callback`,
    /// `suspension`, and of `order` band, head start and slope."
    pub(crate) fn rules_of(&self, contact: Seq) -> &QueueRules {
        self.rules_for(self.contact(contact))
    }

    pub(crate) fn rules_for<'a>(&'a self, contact: &'a Contact) -> &'a QueueRules {
        match &contact.kept {
            Some(kept) => kept,
            None => self.rules.queue(&contact.queue),
        }
    }

    /// "All else is the queue's, not the contact's, and goes by the plan in force."
    pub(crate) fn queue_of(&self, contact: Seq) -> &QueueRules {
        self.rules.queue(&self.contact(contact).queue)
    }
}

/// What commands may name.
impl Oracle {
    /// "A key or name that is not known is refused with `unknown_agent`, `unknown_contact` …"
    pub(crate) fn find_contact(&self, id: &str) -> Result<Seq, RejectionCode> {
        let found = self.contacts.iter().find(|contact| contact.id == id);
        found.map(|contact| contact.seq).ok_or(RejectionCode::UnknownContact)
    }

    pub(crate) fn known_agent(&self, name: &str) -> Result<(), RejectionCode> {
        let known = self.agents.iter().any(|agent| agent.name == name);
        if known { Ok(()) } else { Err(RejectionCode::UnknownAgent) }
    }

    /// "An agent is known from when a name first comes up."
    pub(crate) fn get_to_know(&mut self, name: &str) {
        if self.known_agent(name).is_err() {
            self.agents.push(Agent::named(name));
        }
    }

    pub(crate) fn known_queue(&self, name: &str) -> Result<(), RejectionCode> {
        let known = self.rules.queues.iter().any(|queue| queue.name == name);
        if known { Ok(()) } else { Err(RejectionCode::UnknownQueue) }
    }

    /// "A queue that is not retired, else `unknown_queue`."
    pub(crate) fn queue_in_use(&self, name: &str) -> Result<(), RejectionCode> {
        self.known_queue(name)?;
        if self.is_retired(name) { Err(RejectionCode::UnknownQueue) } else { Ok(()) }
    }

    pub(crate) fn is_retired(&self, queue: &str) -> bool {
        self.rules.queue(queue).retired
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
            self.known_skill(skill)?;
            if !(1..=10).contains(level) {
                return Err(RejectionCode::InvalidValue);
            }
        }
        Ok(())
    }

    fn known_skill(&self, skill: &str) -> Result<(), RejectionCode> {
        let known = self.rules.skills.iter().any(|known| known == skill);
        if known { Ok(()) } else { Err(RejectionCode::UnknownSkill) }
    }

    pub(crate) fn valid_need(&self, need: Option<&Need>) -> Result<(), RejectionCode> {
        let Some(need) = need else { return Ok(()) };
        self.valid_levels(need.all.iter().chain(need.any.iter().flatten()).chain(&need.none))?;
        need.skills().into_iter().try_for_each(|skill| self.known_skill(skill))
    }
}

impl Subject for Oracle {
    fn take(&mut self, step: &Step) -> Outcome {
        let answer = self.step(step);
        Outcome { events: std::mem::take(&mut self.events), answer }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.iter().map(|&(due, ..)| due).chain(self.next_look()).min()
    }

    /// The oracle has nothing stored twice that could disagree; but no pair may be left.
    fn check(&self) -> Result<(), String> {
        match self.next_pair(&[], &[]) {
            Some(pair) => {
                Err(format!("{} waits, {} is free", self.contact(pair.contact).id, pair.agent))
            }
            None => Ok(()),
        }
    }
}
