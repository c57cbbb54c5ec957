//! Escalation: the steps of a contact's queue, by its age and by conditions.

use std::borrow::Cow;

use super::Router;
use super::state::{Contact, Phase};
use super::timers::Deadline;
use crate::condition::{Condition, ContactField, Names, Path, QueueField, Value};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{ContactKey, QueueKey};
use crate::plan::{Action, Step};

/// Where a contact waits for a condition: queue, steps behind it, and whether it has
/// rules of its own.
pub(super) type Awaited = (QueueKey, u32, bool);

/// Whether a contact is still where it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stays {
    Here,
    Gone,
}

impl Router {
    /// Takes every escalation step that is due by age while the contact waits, and sets
    /// the deadline of the next.
    pub(super) fn escalation_due(&mut self, key: ContactKey) {
        if self.rules(self.contact(key)).escalation.is_empty() {
            return;
        }
        let rules = self.shared_rules(self.contact(key));
        self.stop_escalating(key);
        loop {
            let contact = self.contact(key);
            let Some((number, due)) = self.next_step(contact) else { break };
            let (behind, next) = (contact.steps.count as usize, number as usize - 1);
            if due > self.now {
                let timer = self.timers.set(due, Deadline::Escalation(key));
                self.contact_mut(key).escalation = Some(timer);
                break;
            }
            // Steps that wait for a condition alone are passed over by the next that is due.
            for step in &rules.escalation[behind..next] {
                self.pass_over(key, step);
            }
            if self.take_step(key, &rules.escalation[next]) == Stays::Gone {
                return;
            }
        }
        self.await_condition(key);
    }

    /// No step is taken until the contact waits again.
    pub(super) fn stop_escalating(&mut self, key: ContactKey) {
        if let Some(timer) = self.contact_mut(key).escalation.take() {
            self.timers.cancel(timer);
        }
        if !self.awaiting.is_empty() {
            self.await_no_condition(key);
        }
    }

    /// Whether a step by age is overdue: then no further agent is offered the contact.
    pub(super) fn is_step_overdue(&self, contact: &Contact) -> bool {
        self.next_step(contact).is_some_and(|(_, due)| due <= self.as_of)
    }

    /// The next step by age, and when it is due.
    pub(super) fn next_step(&self, contact: &Contact) -> Option<(u32, crate::time::Timestamp)> {
        let behind = contact.steps.count as usize;
        let steps = self.rules(contact).escalation.iter().enumerate().skip(behind);
        let mut by_age = steps.filter_map(|(at, step)| Some((at, step.after?)));
        let (at, after) = by_age.next()?;
        Some((u32::try_from(at).expect("at most 64 steps") + 1, contact.since + after))
    }

    fn take_step(&mut self, key: ContactKey, step: &Step) -> Stays {
        let refused = step.only_if.as_ref().is_some_and(|asked| !self.holds(asked, key));
        let back = match step.action {
            Some(Action::Move(queue)) => self.has_left_now(key, queue),
            Some(Action::End(_) | Action::OfferCallback) | None => false,
        };
        if refused || back {
            self.pass_over(key, step);
            return Stays::Here;
        }
        self.contact_mut(key).steps.note(true);
        self.tell_step(key, step, Cause::None);
        self.clear_exclusions(key);
        self.reclassify(key);
        match step.action {
            None => Stays::Here,
            Some(Action::OfferCallback) => {
                self.offer_callback(key);
                Stays::Here
            }
            Some(action) => {
                self.act_on(key, action);
                Stays::Gone
            }
        }
    }

    fn pass_over(&mut self, key: ContactKey, step: &Step) {
        self.contact_mut(key).steps.note(false);
        self.tell_step(key, step, Cause::PassedOver);
        // The class of contacts that passed a step over is their own.
        self.reclassify(key);
    }

    fn tell_step(&mut self, key: ContactKey, step: &Step, cause: Cause) {
        let reason = step.name.as_deref().map(|name| self.intern(name));
        let number = self.contact(key).steps.count;
        let event = self.contact_event(EventKind::ContactEscalated, key);
        self.emit(Event { number, cause, reason, ..event });
    }

    /// Notes a waiting contact whose next step waits for a condition.
    pub(super) fn await_condition(&mut self, key: ContactKey) {
        if self.contact(key).phase != Phase::Waiting {
            return;
        }
        let contact = self.contact(key);
        let behind = contact.steps.count as usize;
        let step = self.rules(contact).escalation.get(behind);
        if step.is_some_and(|step| step.when.is_some()) {
            let (place, sequence) = (awaited(contact), contact.sequence);
            self.awaiting.entry(place).or_default().insert(sequence, key);
        }
    }

    pub(super) fn await_no_condition(&mut self, key: ContactKey) {
        let (place, sequence) = (awaited(self.contact(key)), self.contact(key).sequence);
        if let Some(waiting) = self.awaiting.get_mut(&place) {
            waiting.remove(&sequence);
            if waiting.is_empty() {
                self.awaiting.remove(&place);
            }
        }
    }

    /// Lets the first contact, by sequence number, whose next step waits for a condition
    /// that holds take that step; whether there was one.
    pub(super) fn step_by_condition(&mut self) -> bool {
        let first = self.awaiting.values().filter_map(|waiting| self.first_that_holds(waiting));
        let Some((_, key)) = first.min() else { return false };
        let rules = self.shared_rules(self.contact(key));
        let behind = self.contact(key).steps.count as usize;
        self.stop_escalating(key);
        if self.take_step(key, &rules.escalation[behind]) == Stays::Here {
            self.escalation_due(key);
        }
        true
    }

    /// The first of some contacts that wait for the same condition for which it holds.
    fn first_that_holds(
        &self,
        waiting: &std::collections::BTreeMap<u64, ContactKey>,
    ) -> Option<(u64, ContactKey)> {
        for (&sequence, &key) in waiting {
            let contact = self.contact(key);
            let step = &self.rules(contact).escalation[contact.steps.count as usize];
            let when = step.when.as_ref().expect("noted for its condition");
            if self.holds(when, key) {
                return Some((sequence, key));
            }
            let own_rules = contact.kept_rules().is_some();
            if !own_rules && is_of_queue_alone(when) {
                return None;
            }
        }
        None
    }

    /// Whether a condition holds for a contact; one that says nothing does not.
    pub(super) fn holds(&self, condition: &Condition, key: ContactKey) -> bool {
        condition.holds(&Known { router: self, contact: self.contact(key) }) == Ok(true)
    }

    pub(super) fn names_of<'a>(&'a self, contact: &'a Contact) -> impl Names + 'a {
        Known { router: self, contact }
    }
}

fn awaited(contact: &Contact) -> Awaited {
    let own_rules = contact.kept_rules().is_some();
    (contact.queue, contact.steps.count, own_rules)
}

/// Whether it is the same for all contacts of a queue.
fn is_of_queue_alone(condition: &Condition) -> bool {
    condition.root().paths().into_iter().all(|path| {
        matches!(path, Path::Queue(QueueField::Waiting | QueueField::SignedIn | QueueField::Ready))
    })
}

/// What names stand for, of one contact.
struct Known<'a> {
    router: &'a Router,
    contact: &'a Contact,
}

impl Names for Known<'_> {
    fn value(&self, name: &Path) -> Option<Cow<'_, Value>> {
        match name {
            Path::Attribute(name) => self.contact.attribute(name).map(Cow::Borrowed),
            Path::Contact(field) => self.field(*field).map(Cow::Owned),
            Path::Queue(field) => Some(Cow::Owned(Value::Number(self.count(*field)))),
            Path::Skill(_) | Path::Label(_) | Path::Agent => None,
        }
    }
}

impl Known<'_> {
    fn field(&self, field: ContactField) -> Option<Value> {
        let Self { router, contact } = *self;
        let more = contact.more.as_deref();
        let text = |text: &Option<Box<str>>| text.as_deref().map(Value::from);
        let number = |number: u32| Some(Value::Number(number.into()));
        match field {
            ContactField::Channel => {
                Some(router.plan.channels.name(contact.channel.index()).into())
            }
            ContactField::Queue => Some(router.plan.queue_names.name(contact.queue.index()).into()),
            ContactField::Customer => text(&contact.customer),
            ContactField::Conversation => text(&contact.conversation),
            ContactField::Previous => text(&contact.previous),
            ContactField::Band => Some(Value::Number(router.standing_of(contact).0.into())),
            ContactField::Offers => number(more.map_or(0, |more| more.offers_made)),
            ContactField::Missed => number(more.map_or(0, |more| more.failed)),
            ContactField::Callback => Some(Value::Flag(contact.callback().is_some())),
            ContactField::Attempts => {
                number(contact.callback().map_or(0, |callback| callback.attempts.into()))
            }
        }
    }

    fn count(&self, field: QueueField) -> i64 {
        let Self { router, contact } = *self;
        let staff = || router.matcher.staff(contact.queue);
        let present = || {
            let mut present = staff();
            present.keep(router.matcher.present());
            present
        };
        let count = match field {
            QueueField::Waiting => router.queues[contact.queue.index()].length as usize,
            QueueField::SignedIn => present().len(),
            QueueField::Ready => router.ready_among(&present()),
            QueueField::Free => staff().shared_with(router.matcher.open_set(contact.channel)),
            QueueField::Able => {
                let class = contact.class.expect("a contact that waits holds a class");
                present().shared_with(router.matcher.able_set(class))
            }
        };
        i64::try_from(count).expect("fewer than 2^63 agents")
    }
}
