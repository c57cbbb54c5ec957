//! Help between queues: by a figure that is bad, by the number who wait; and agents that
//! must stay free.

use serde::{Deserialize, Serialize};

use super::Router;
use super::timers::{Deadline, TimerKey};
use crate::error::{Rejection, RejectionCode};
use crate::event::{Event, EventKind};
use crate::ids::{AgentKey, ChannelKey, KpiKey, QueueKey};
use crate::number::{MILLION, Millionths};
use crate::plan::Help;
use crate::time::Timestamp;

/// How one rule of help stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Helping {
    /// Since when it helps.
    pub(super) since: Option<Timestamp>,
    /// When it may end, the figure being good again.
    pub(super) timer: Option<TimerKey>,
}

/// Whether a fraction is below (less than zero), at, or above a bound.
fn compared((above, below): (i64, i64), bound: Millionths) -> core::cmp::Ordering {
    let scaled = i128::from(above) * i128::from(MILLION);
    let bound = i128::from(bound.raw()) * i128::from(below);
    if below > 0 { scaled.cmp(&bound) } else { bound.cmp(&scaled) }
}

impl Help {
    fn is_bad(&self, figure: (i64, i64)) -> bool {
        let order = compared(figure, self.bad);
        if self.when_low { order.is_lt() } else { order.is_gt() }
    }

    fn is_good(&self, figure: (i64, i64)) -> bool {
        let order = compared(figure, self.good);
        if self.when_low { order.is_ge() } else { order.is_le() }
    }
}

impl Router {
    pub(super) fn observe_kpi(
        &mut self,
        kpi: KpiKey,
        numerator: i64,
        denominator: i64,
    ) -> Result<(), Rejection> {
        if kpi.index() >= self.plan.kpis.len() {
            let message = format!("no figure with key {}: no queue follows it", kpi.index());
            return Err(Rejection::new(RejectionCode::UnknownKpi, message));
        }
        if denominator < 0 {
            let message = format!("denominator {denominator}: give 0 or more");
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        if denominator == 0 {
            // Nothing was observed: everything stays as it is.
            return Ok(());
        }
        self.kpis[kpi.index()] = Some((numerator, denominator));
        let plan = std::sync::Arc::clone(&self.plan);
        for (index, queue) in plan.queues.iter().enumerate() {
            for (rule, help) in queue.help.iter().enumerate().filter(|(_, help)| help.kpi == kpi) {
                self.follow_figure(QueueKey::new(index), rule, help);
            }
        }
        Ok(())
    }

    /// Lets a rule of help begin or end by its figure.
    pub(super) fn follow_figure(&mut self, queue: QueueKey, rule: usize, help: &Help) {
        let Some(figure) = self.kpis[help.kpi.index()] else { return };
        let Helping { since, timer } = self.queues[queue.index()].help[rule];
        match since {
            None if help.is_bad(figure) => self.set_helping(queue, rule, help.kpi, true),
            Some(since) if help.is_good(figure) => {
                let ends = since + help.hold;
                if ends <= self.now {
                    self.set_helping(queue, rule, help.kpi, false);
                } else if timer.is_none() {
                    let number = u32::try_from(rule).expect("few rules");
                    let timer = self.timers.set(ends, Deadline::Help(queue, number));
                    self.queues[queue.index()].help[rule].timer = Some(timer);
                }
            }
            Some(_) => self.stop_ending(queue, rule),
            None => {}
        }
    }

    fn stop_ending(&mut self, queue: QueueKey, rule: usize) {
        if let Some(timer) = self.queues[queue.index()].help[rule].timer.take() {
            self.timers.cancel(timer);
        }
    }

    /// Help has lasted as long as it must, and the figure was good.
    pub(super) fn help_may_end(&mut self, queue: QueueKey, rule: u32) {
        let rule = rule as usize;
        let kpi = self.plan.queue(queue).help[rule].kpi;
        self.set_helping(queue, rule, kpi, false);
    }

    pub(super) fn set_helping(&mut self, queue: QueueKey, rule: usize, kpi: KpiKey, helps: bool) {
        self.stop_ending(queue, rule);
        self.queues[queue.index()].help[rule].since = helps.then_some(self.now);
        let kind = if helps { EventKind::HelpStarted } else { EventKind::HelpEnded };
        let reason = Some(self.intern_kpi(kpi));
        let number = u32::try_from(rule).expect("few rules") + 1;
        self.emit(Event { queue: Some(queue), number, reason, ..Event::new(kind) });
        self.lend_by_rules(queue);
        self.unsettled.queue(queue);
    }

    fn intern_kpi(&mut self, kpi: KpiKey) -> crate::ids::TextKey {
        let name = self.plan.kpis.name(kpi.index()).to_owned();
        self.intern(&name)
    }

    /// Lets those queues lend their agents whose rules help now.
    pub(super) fn lend_by_rules(&mut self, queue: QueueKey) {
        let rules = self.plan.queue(queue).help.iter().zip(&self.queues[queue.index()].help);
        let active = rules.filter(|(_, helping)| helping.since.is_some());
        let mut lenders: Vec<QueueKey> = active.flat_map(|(help, _)| help.from.clone()).collect();
        lenders.sort_unstable();
        lenders.dedup();
        lenders.retain(|lender| *lender != queue);
        self.matcher.lend(queue, &lenders);
        self.arm_looks_in(&[queue]);
    }

    /// One contact more waits in a queue: those who help from this number on look at it.
    pub(super) fn call_helpers(&mut self, queue: QueueKey) {
        let helpers = self.matcher.helpers_from(queue, self.matcher.waiting_in(queue));
        for agent in helpers.iter() {
            self.unsettled.agent(AgentKey::new(agent));
        }
    }

    /// An agent became free on a channel: queues that must leave enough free may take one.
    pub(super) fn one_more_free(&mut self, agent: AgentKey, channel: ChannelKey) {
        for (index, queue) in self.plan.queues.iter().enumerate() {
            let Some(rule) = &queue.keep_free else { continue };
            let counts = rule.channel == channel
                && rule.queues.iter().any(|queue| self.matcher.serves(agent, *queue));
            if counts {
                self.unsettled.queue(QueueKey::new(index));
            }
        }
    }
}
