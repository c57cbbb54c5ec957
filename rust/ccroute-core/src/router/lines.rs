//! Lines: the ways by which agents are reached. When one goes down, offers over it are
//! taken back and made anew over another.

use super::Router;
use super::state::Phase;
use crate::error::Rejection;
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey, LineKey, OfferKey, QueueKey, TextKey};

impl Router {
    /// Over which line contacts of a queue reach an agent: the first of the queue's that
    /// the agent has and that works, else, if the queue names none, the agent's first.
    pub(super) fn line_for(&self, queue: QueueKey, agent: AgentKey) -> Option<LineKey> {
        let (theirs, ours) = (&self.agent(agent).lines, &self.plan.queue(queue).lines);
        let works = |line: &&LineKey| !self.lines_down[line.index()];
        if ours.is_empty() {
            return theirs.iter().find(works).copied();
        }
        let shared = |line: &&LineKey| theirs.is_empty() || theirs.contains(line);
        ours.iter().filter(shared).find(works).copied()
    }

    /// Whether no line leads from a queue to an agent now.
    fn is_cut_off(&self, queue: QueueKey, agent: AgentKey) -> bool {
        let named =
            !(self.agent(agent).lines.is_empty() && self.plan.queue(queue).lines.is_empty());
        named && self.line_for(queue, agent).is_none()
    }

    /// Tells the matcher from which queues an agent cannot be reached.
    pub(super) fn bar_by_lines(&mut self, agent: AgentKey) {
        for queue in (0..self.plan.queues.len()).map(QueueKey::new) {
            let cut_off = self.is_cut_off(queue, agent);
            if self.matcher.is_barred(agent, queue) != cut_off {
                self.matcher.set_barred(agent, queue, cut_off);
                self.unsettled.agent(agent);
            }
        }
    }

    pub(super) fn line_text(&self, line: LineKey) -> TextKey {
        let index = self.texts.find(self.plan.lines.name(line.index()));
        TextKey::new(index.expect("names of lines are texts"))
    }

    pub(super) fn set_line(&mut self, line: LineKey, up: bool) -> Result<(), Rejection> {
        self.known_line(line)?;
        if self.lines_down[line.index()] != up {
            return Ok(());
        }
        self.lines_down[line.index()] = !up;
        let back = if up { Vec::new() } else { self.take_back_over(line) };
        let kind = if up { EventKind::LineCameUp } else { EventKind::LineWentDown };
        let reason = Some(self.line_text(line));
        self.emit(Event { reason, ..Event::new(kind) });
        for agent in (0..self.agents.len()).map(AgentKey::new) {
            self.bar_by_lines(agent);
        }
        self.requeue_all(&back, Cause::LineDown);
        Ok(())
    }

    /// Withdraws what was offered over a line; returns the contacts that have no offer left.
    fn take_back_over(&mut self, line: LineKey) -> Vec<ContactKey> {
        let over = self.offers.iter().filter(|(_, _, offer)| offer.line == Some(line));
        let mut offers: Vec<(u64, OfferKey)> = over
            .map(|(index, generation, offer)| {
                (offer.timer.set_as(), OfferKey::new(index, generation))
            })
            .collect();
        offers.sort_unstable();
        let offers: Vec<OfferKey> = offers.into_iter().map(|(_, key)| key).collect();
        let agents: Vec<AgentKey> =
            offers.iter().filter_map(|key| self.offer(*key)).map(|offer| offer.agent).collect();
        let back = self.withdraw_all(&offers, Cause::LineDown);
        agents.into_iter().for_each(|agent| self.refresh(agent));
        debug_assert!(back.iter().all(|key| self.contact(*key).phase == Phase::Offered));
        back
    }

    /// Names of lines ride on offers: each is a text.
    pub(super) fn intern_lines(&mut self) {
        let plan = std::sync::Arc::clone(&self.plan);
        for line in plan.lines.iter() {
            self.intern(line);
        }
    }
}
