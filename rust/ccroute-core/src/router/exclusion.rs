//! Agents who are not offered a contact: for a while after a failure, and as long as the
//! host says. Of one agent one exclusion of each kind may run: a failure
//! never ends the host's, the host's replaces both.

use super::Router;
use super::known::valid_name;
use super::state::{Exclusion, Phase};
use super::timers::Deadline;
use crate::error::Rejection;
use crate::event::EventKind;
use crate::ids::{AgentKey, ContactKey};
use crate::time::Span;

impl Router {
    pub(super) fn exclude(
        &mut self,
        key: ContactKey,
        name: &str,
        lasts: Option<Span>,
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        valid_name("agent", name)?;
        if contact.phase == Phase::Closed {
            return Err(Self::wrong_phase(contact, "only a live contact excludes agents"));
        }
        let agent = self.agent_named(name);
        self.exclude_by_host(key, agent, lasts);
        let event = self.contact_event(EventKind::ContactUpdated, key);
        self.emit(event);
        Ok(())
    }

    /// The host's word replaces whatever runs.
    pub(super) fn exclude_by_host(
        &mut self,
        contact: ContactKey,
        agent: AgentKey,
        lasts: Option<Span>,
    ) {
        self.end_exclusions(contact, |of| of.agent == agent);
        self.begin_exclusion(contact, agent, true, lasts);
    }

    pub(super) fn readmit(&mut self, key: ContactKey, agent: AgentKey) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        self.known_agent(agent)?;
        if contact.phase == Phase::Closed {
            return Err(Self::wrong_phase(contact, "only a live contact excludes agents"));
        }
        self.end_exclusions(key, |of| of.agent == agent);
        self.unsettled.contact(key);
        let event = self.contact_event(EventKind::ContactUpdated, key);
        self.emit(event);
        Ok(())
    }

    /// Does not offer `contact` to `agent` for a while, counted from the last failure. Comes
    /// after the steps that were overdue while it was offered: else they would end it before
    /// it began.
    pub(super) fn exclude_failed(&mut self, contact: ContactKey, agent: AgentKey) {
        let gone = self.contact(contact);
        if gone.phase == Phase::Closed {
            return;
        }
        let span = self.rules(gone).offer.exclude_for;
        self.end_exclusions(contact, |of| of.agent == agent && !of.by_host);
        self.begin_exclusion(contact, agent, false, span);
        self.agent_mut(agent).failed.push(contact);
    }

    fn begin_exclusion(
        &mut self,
        contact: ContactKey,
        agent: AgentKey,
        by_host: bool,
        lasts: Option<Span>,
    ) {
        let timer = lasts.map(|lasts| {
            self.timers.set(self.after(lasts), Deadline::Exclusion { contact, agent, by_host })
        });
        self.contact_mut(contact).excluded.push(Exclusion { agent, timer, by_host });
    }

    /// The deadline of an exclusion passed.
    pub(super) fn exclusion_over(&mut self, contact: ContactKey, agent: AgentKey, by_host: bool) {
        self.end_exclusions(contact, |of| of.agent == agent && of.by_host == by_host);
        self.unsettled.contact(contact);
    }

    /// The agent has become ready: what came to nothing before is forgiven.
    pub(super) fn forgive(&mut self, agent: AgentKey) {
        for contact in core::mem::take(&mut self.agent_mut(agent).failed) {
            self.end_exclusions(contact, |of| of.agent == agent && !of.by_host);
        }
    }

    /// A step or another queue: nobody is excluded any more, but whom the host excluded.
    pub(super) fn clear_exclusions(&mut self, contact: ContactKey) {
        self.end_exclusions(contact, |of| !of.by_host);
    }

    /// The end of the contact: nobody at all is excluded.
    pub(super) fn clear_all_exclusions(&mut self, contact: ContactKey) {
        self.end_exclusions(contact, |_| true);
    }

    fn end_exclusions(&mut self, contact: ContactKey, ends: impl Fn(&Exclusion) -> bool) {
        if self.contact(contact).excluded.is_empty() {
            return;
        }
        let all = core::mem::take(&mut self.contact_mut(contact).excluded);
        let (ended, kept) = all.into_iter().partition(ends);
        self.contact_mut(contact).excluded = kept;
        let ended: Vec<Exclusion> = ended;
        for Exclusion { agent, timer, by_host } in ended {
            if let Some(timer) = timer {
                self.timers.cancel(timer);
            }
            if !by_host {
                self.agent_mut(agent).failed.retain(|&other| other != contact);
            }
        }
    }
}
