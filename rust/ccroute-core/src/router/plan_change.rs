//! Another plan while contacts wait: nobody loses their place.

use std::sync::Arc;

use super::Router;
use super::helping::Helping;
use super::scores::ScoreState;
use super::state::Phase;
use crate::bitset::BitSet;
use crate::command::AgentSettings;
use crate::condition::Value;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Event, EventKind};
use crate::ids::{ContactKey, QueueKey};
use crate::plan::{AgentPlan, Plan, QueuePlan, StepsTaken};

impl Router {
    pub(super) fn set_plan(&mut self, plan: &Arc<Plan>) -> Result<(), Rejection> {
        let next = plan.succeeding(&self.plan).map_err(|error| {
            let message = format!("the plan cannot follow the one in force: {}", error.message);
            Rejection::new(RejectionCode::InvalidValue, message)
        })?;
        let old = core::mem::replace(&mut self.plan, Arc::new(next));
        self.emit(Event::new(EventKind::PlanChanged));
        // Conditions are asked by the rules in force: all are noted anew.
        self.awaiting.clear();
        self.keep_frozen_rules(&old);
        self.follow_new_names(&old);
        self.follow_plan();
        self.intern_lines();
        // Who counts as staff was not followed while no queue asked for it.
        for queue in &mut self.queues {
            (queue.to_join, queue.to_stay) = (BitSet::EMPTY, BitSet::EMPTY);
        }
        self.change_planned_agents(&old);
        for queue in (0..self.plan.queues.len()).map(QueueKey::new) {
            self.follow_queue(queue, &old);
        }
        self.escalate_anew();
        self.look_anew();
        Ok(())
    }

    /// Contacts of queues whose rules are frozen keep those they came under.
    fn keep_frozen_rules(&mut self, old: &Plan) {
        let frozen: Vec<Option<Arc<QueuePlan>>> =
            old.queues.iter().map(|queue| queue.frozen.then(|| Arc::new(queue.clone()))).collect();
        for key in self.live_contacts() {
            let contact = self.contact(key);
            if matches!(contact.phase, Phase::Scheduled { begun: false, .. }) {
                continue;
            }
            if let Some(rules) = &frozen[contact.queue.index()]
                && contact.kept_rules().is_none()
            {
                self.await_no_condition(key);
                self.contact_mut(key).more_mut().rules = Some(Arc::clone(rules));
                self.await_condition(key);
            }
        }
    }

    /// Channels, tables and agents' slots, where the plan has more of them now.
    fn follow_new_names(&mut self, old: &Plan) {
        let channels = self.plan.channels.len();
        for agent in &mut self.agents {
            agent.capacity.resize(channels, 0);
            agent.used.resize(channels, 0);
        }
        // Tables that go by another attribute know nothing any more.
        for (index, table) in old.tables.iter().enumerate() {
            if self.plan.tables[index].attribute != table.attribute {
                self.scores[index] = ScoreState::default();
            }
        }
    }

    /// Agents whose entry in the plan is another one now get what it says.
    fn change_planned_agents(&mut self, old: &Plan) {
        let plan = Arc::clone(&self.plan);
        for agent in &plan.agents {
            let before = old.agents.iter().find(|known| known.name == agent.name);
            let known = self.find_agent(&agent.name);
            if let Some(key) = known.filter(|_| before != Some(agent)) {
                let labels: Vec<(&str, Value)> =
                    agent.labels.iter().map(|(name, value)| (name, value.clone())).collect();
                self.change_settings(key, &settings(agent, &labels));
            }
        }
        // What agents can be offered may hang on the plan alone.
        for agent in (0..self.agents.len()).map(crate::ids::AgentKey::new) {
            self.count_flexibility(agent);
            if self.in_use.lines {
                self.bar_by_lines(agent);
            }
            self.refresh(agent);
        }
    }

    /// A queue's state under its new rules.
    fn follow_queue(&mut self, queue: QueueKey, old: &Plan) {
        let plan = Arc::clone(&self.plan);
        let rules = plan.queue(queue);
        let Some(before) = old.queues.get(queue.index()) else {
            self.follow_figures(queue);
            return;
        };
        if rules.hours.is_none() && !self.queues[queue.index()].open {
            self.queues[queue.index()].open = true;
            self.emit(Event { queue: Some(queue), ..Event::new(EventKind::QueueOpened) });
        }
        if before.leaving.staff != rules.leaving.staff {
            self.queues[queue.index()].empty_since = None;
            self.unsettled.forget_want(queue);
        }
        self.mind_empty(queue);
        if before.help != rules.help {
            self.end_help(queue, before);
            self.queues[queue.index()].help = vec![Helping::default(); rules.help.len()];
            self.lend_by_rules(queue);
            self.follow_figures(queue);
        }
        self.unsettled.queue(queue);
    }

    /// New rules of help start from what was observed last.
    fn follow_figures(&mut self, queue: QueueKey) {
        let plan = Arc::clone(&self.plan);
        for (rule, help) in plan.queue(queue).help.iter().enumerate() {
            self.follow_figure(queue, rule, help);
        }
    }

    /// The rules of help a queue had help no longer.
    fn end_help(&mut self, queue: QueueKey, before: &QueuePlan) {
        for (rule, help) in before.help.iter().enumerate() {
            if self.queues[queue.index()].help[rule].since.is_some() {
                self.set_helping(queue, rule, help.kpi, false);
            }
        }
    }

    /// Contacts start anew at step 0. Then, under the new rules all of them, those that wait
    /// take the steps that their age has reached; those with an offer do when it ends.
    fn escalate_anew(&mut self) {
        for key in self.live_contacts() {
            let contact = self.contact(key);
            if contact.kept_rules().is_some() {
                self.reclassify(key);
                self.await_condition(key);
                continue;
            }
            self.stop_escalating(key);
            self.contact_mut(key).steps = StepsTaken::default();
            self.reclassify(key);
            if !self.contact(key).phase.is_unconnected() {
                continue;
            }
            self.mind_line(key);
        }
        for key in self.live_contacts() {
            let contact = self.contact(key);
            if contact.phase == Phase::Waiting && contact.kept_rules().is_none() {
                self.escalation_due(key);
            }
        }
    }

    /// Under another plan anybody may take anything, and looks come at other times.
    fn look_anew(&mut self) {
        for key in self.live_contacts() {
            self.forget_look(key);
            self.arm_look(key);
        }
        self.unsettled.all(self.agents.len());
    }

    /// Contacts that are not closed, in the order in which they came.
    pub(super) fn live_contacts(&self) -> Vec<ContactKey> {
        let live = self.contacts.iter().filter(|(_, _, contact)| contact.phase != Phase::Closed);
        let mut keys: Vec<(u64, ContactKey)> = live
            .map(|(index, generation, contact)| {
                (contact.sequence, ContactKey::new(index, generation))
            })
            .collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, key)| key).collect()
    }
}

/// What the plan says of an agent, as a command would.
fn settings<'a>(agent: &'a AgentPlan, labels: &'a [(&'a str, Value)]) -> AgentSettings<'a> {
    AgentSettings {
        skills: Some(&agent.skills),
        labels: Some(labels),
        queues: Some(&agent.queues),
        capacity: Some(&agent.capacity),
        budget: Some(agent.budget.unwrap_or_default()),
        lines: Some(&agent.lines),
    }
}
