//! Another plan comes into force.

use std::rc::Rc;

use ccroute_core::{EventKind, RejectionCode};

use super::router::{Answer, Oracle, Phase, Seq};
use super::rules::{QueueRules, Rules};

/// A row of an array carries a channel in a byte; more queues are a slip of the pen.
const MOST_CHANNELS: usize = 200;
const MOST_QUEUES: usize = 1 << 16;

impl Oracle {
    /// "**set_plan** – one that can follow the one in force, else `invalid_value`. →
    /// `plan_changed`. Then, in this order": …
    pub(crate) fn set_plan(&mut self, plan: &str) -> Answer {
        let named = self.plans.iter().find(|(name, _)| name == plan);
        let (_, written) = named.unwrap_or_else(|| panic!("no plan {plan} in the header"));
        let written = written.clone();
        let next = written.clone().succeeding(&self.rules);
        if next.channels.len() > MOST_CHANNELS || next.queues.len() > MOST_QUEUES {
            return Err(RejectionCode::InvalidValue);
        }
        let before = std::mem::replace(&mut self.rules, next);
        // "Contacts of queues that were `frozen` keep their rules until their next visit (one
        // whose visit lies ahead has none to keep)".
        for contact in &mut self.contacts {
            let old = before.queue_if(&contact.queue);
            if let Some(old) = old.filter(|old| old.frozen)
                && contact.kept.is_none()
                && contact.phase != Phase::Closed
                && contact.phase != (Phase::Scheduled { begun: false })
            {
                contact.kept = Some(Rc::new(old.clone()));
            }
        }
        // "A score table that goes by another attribute is empty."
        let stays = |table: &String| {
            let attribute =
                |rules: &Rules| rules.tables.iter().find(|(name, _)| name == table).cloned();
            attribute(&before) == attribute(&self.rules)
        };
        let emptied: Vec<String> = before
            .tables
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| !stays(name))
            .collect();
        self.scores.retain(|scores| !emptied.contains(&scores.table));
        self.fallbacks.retain(|(table, _)| !emptied.contains(table));
        self.emit(self.event(EventKind::PlanChanged));
        self.change_agents(&before, &written);
        self.change_queues(&before);
        self.start_anew();
        Ok(String::new())
    }

    /// "Known agents whose entry in the plan is new or another one get what it says
    /// (`agent_changed`, in the plan's order)".
    fn change_agents(&mut self, before: &Rules, written: &Rules) {
        for entry in &written.agents {
            if !before.agents.contains(entry) && self.known_agent(&entry.name).is_ok() {
                let mut profile = entry.profile.clone();
                profile.budget = Some(profile.budget.unwrap_or(0));
                self.turn_into(&entry.name, &profile);
            }
        }
        let names: Vec<String> = self.agents.iter().map(|agent| agent.name.clone()).collect();
        for name in names {
            self.count_flexibility(&name);
        }
    }

    /// "Then queue by queue: one without `hours` any more that is closed opens (`queue_opened`;
    /// one that has got them stays open until the host says otherwise); where
    /// `leaving.staff_free_of` changed, want of staff begins anew; where rules of help changed,
    /// those that help end (`help_ended`) and the new ones start from the last figure
    /// (`help_started`)."
    fn change_queues(&mut self, before: &Rules) {
        let queues: Vec<QueueRules> = self.rules.queues.clone();
        for queue in queues {
            let old = before.queue_if(&queue.name);
            if old.is_none() && queue.hours.is_some() {
                // "One with them begins closed."
                self.closed_queues.push(queue.name.clone());
            }
            if queue.hours.is_none() && self.is_closed(&queue.name) {
                self.open_queue(&queue.name);
            }
            if old.is_some_and(|old| old.leaving.staff != queue.leaving.staff) {
                self.unstaffed.retain(|(name, _)| *name != queue.name);
            }
            if old.is_none_or(|old| old.help != queue.help) {
                self.change_help(old, &queue);
            }
        }
    }

    fn change_help(&mut self, old: Option<&QueueRules>, queue: &QueueRules) {
        if let Some(old) = old {
            // What ends is told by the rules under which it began.
            let new = std::mem::replace(self.queue_mut(&queue.name), old.clone());
            let helping = self.helping.iter().filter(|helping| helping.queue == queue.name);
            let mut helping: Vec<usize> = helping.map(|helping| helping.rule).collect();
            helping.sort_unstable();
            for rule in helping {
                self.end_help(&queue.name, rule);
            }
            *self.queue_mut(&queue.name) = new;
        }
        for rule in 0..queue.help.len() {
            self.follow_figure(&queue.name, rule);
        }
    }

    fn queue_mut(&mut self, name: &str) -> &mut QueueRules {
        let mut queues = self.rules.queues.iter_mut();
        queues.find(|queue| queue.name == name).expect("the queue was looked up")
    }

    /// "At last every contact that keeps no rules of its own starts anew at step 0; then, by
    /// sequence, those that wait take at once the steps that their age has reached."
    fn start_anew(&mut self) {
        let mut all: Vec<Seq> = self.contacts.iter().map(|contact| contact.seq).collect();
        all.sort_unstable();
        all.retain(|&seq| {
            let contact = self.contact(seq);
            contact.phase != Phase::Closed && contact.kept.is_none()
        });
        for &seq in &all {
            self.contact_mut(seq).steps.clear();
        }
        for seq in all {
            if self.contact(seq).phase == Phase::Waiting {
                self.take_due_steps(seq);
            }
        }
    }
}

impl Rules {
    pub(crate) fn queue_if(&self, name: &str) -> Option<&QueueRules> {
        self.queues.iter().find(|queue| queue.name == name)
    }
}
