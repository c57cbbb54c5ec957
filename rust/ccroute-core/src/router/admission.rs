//! Joining a queue: whether a newcomer may, and where it goes if not.

use super::Router;
use super::state::Phase;
use crate::error::Rejection;
use crate::event::{Cause, Event, EventKind};
use crate::ids::{ContactKey, QueueKey};
use crate::time::Span;

impl Router {
    /// Lets a newcomer into its queue, or into the first of those that the plan names
    /// instead which takes it; else it is gone.
    pub(super) fn join_queue(&mut self, key: ContactKey) {
        let mut asked: Vec<QueueKey> = Vec::new();
        loop {
            let queue = self.contact(key).queue;
            let Some((cause, otherwise)) = self.refusal(queue) else { break };
            let event = self.contact_event(EventKind::ContactRefused, key);
            self.emit(Event { cause, ..event });
            asked.push(queue);
            let next =
                otherwise.filter(|next| !asked.contains(next) && !self.plan.queue(*next).retired);
            let Some(next) = next else {
                self.turn_away(key);
                return;
            };
            self.contact_mut(key).queue = next;
        }
        let mut cause = Cause::None;
        if let Some(since) = self.place_kept(key) {
            self.contact_mut(key).since = since;
            cause = Cause::Resumed;
        }
        self.prefer_last_agent(key);
        self.begin_preference(key);
        self.begin_visit_alone(key, cause);
    }

    /// A newcomer whom no queue takes is gone.
    fn turn_away(&mut self, key: ContactKey) {
        self.contact_mut(key).phase = Phase::Waiting;
        self.close(key);
    }

    /// Why a queue does not take newcomers now, and which queue may instead.
    fn refusal(&self, queue: QueueKey) -> Option<(Cause, Option<QueueKey>)> {
        let rules = self.plan.queue(queue);
        let state = &self.queues[queue.index()];
        if !state.open {
            let otherwise = rules.hours.and_then(|hours| hours.otherwise);
            return Some((Cause::Closed, otherwise));
        }
        let rule = &rules.admission;
        if rule.longest.is_some_and(|longest| state.length >= longest) {
            return Some((Cause::Full, rule.otherwise));
        }
        if !rule.staff.is_empty() && state.to_join.is_empty() {
            return Some((Cause::NoAgents, rule.otherwise));
        }
        None
    }

    /// Refuses a queue that is there only for those who are in it.
    pub(super) fn open_to_newcomers(&self, queue: QueueKey) -> Result<(), Rejection> {
        self.known_queue(queue)?;
        if !self.plan.queue(queue).retired {
            return Ok(());
        }
        let name = self.plan.queue_names.name(queue.index());
        let message = format!("queue '{name}' is not in the plan any more: give another");
        Err(Rejection::new(crate::error::RejectionCode::UnknownQueue, message))
    }

    /// Who last talked with the customer is preferred, if that was not too long ago.
    fn prefer_last_agent(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        let within = self.rules(contact).preferred.last_agent;
        let last = contact
            .customer
            .as_ref()
            .and_then(|customer| self.last_agents.get(&**customer, self.as_of));
        if let Some(&(agent, at)) = last
            && within > Span::ZERO
            && self.as_of.since(at) <= within
        {
            self.prefer(key, agent, 100);
        }
    }
}
