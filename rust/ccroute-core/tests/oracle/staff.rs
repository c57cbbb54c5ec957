//! Staff, want of it, and looks: what happens to a contact by time alone.

use ccroute_core::{Cause, Device, EventKind, StaffReason, Timestamp};

use super::router::{Agent, Availability, Contact, Oracle, Phase, Seq};

impl Oracle {
    /// "An agent **counts as staff** of a queue it has a link of its own to, for a list of
    /// reasons, when none of them applies".
    pub(crate) fn is_staffed(&self, queue: &str, reasons: &[StaffReason]) -> bool {
        let agents = self.agents.iter().filter(|agent| agent.link(queue).is_some());
        let counts = |agent: &Agent| !reasons.iter().any(|&why| self.applies(why, agent, queue));
        agents.into_iter().any(counts)
    }

    /// "*paused* (not ready), *penalty* (the link's rank is above the queue's `ranks.max`),
    /// *in_use* (in conversation or connecting, or the device is in use), *ringing* (offered or
    /// reserved, or the device is ringing), *unavailable* (offline, or the device unreachable),
    /// *invalid*, *unknown* (of the device), *wrap_up*."
    fn applies(&self, reason: StaffReason, agent: &Agent, queue: &str) -> bool {
        let name = &agent.name;
        match reason {
            StaffReason::Paused => matches!(agent.availability, Availability::NotReady(_)),
            StaffReason::Penalty => {
                let rank = agent.link(queue).map_or(0, |link| link.rank);
                rank > self.rules.queue(queue).ranks.max
            }
            StaffReason::InUse => self.is_busy(name) || agent.device == Device::InUse,
            StaffReason::Ringing => {
                self.is_offered_or_reserved(name) || agent.device == Device::Ringing
            }
            StaffReason::Unavailable => {
                !agent.is_signed_in() || agent.device == Device::Unreachable
            }
            StaffReason::Invalid => agent.device == Device::Invalid,
            StaffReason::Unknown => agent.device == Device::Unknown,
            StaffReason::WrapUp => self.wrap_ups.iter().any(|wrap| wrap.agent == *name),
        }
    }

    /// Since when "nobody counts as staff for the queue's `leaving.staff_free_of`": "looked at
    /// after each command and deadline, before matching and after each offer; whoever came and
    /// went in between was not there".
    pub(crate) fn note_staff(&mut self) {
        let wanting: Vec<String> = self
            .rules
            .queues
            .iter()
            .filter(|queue| !queue.leaving.staff.is_empty())
            .filter(|queue| !self.is_staffed(&queue.name, &queue.leaving.staff))
            .map(|queue| queue.name.clone())
            .collect();
        self.unstaffed.retain(|(queue, _)| wanting.contains(queue));
        for queue in wanting {
            if self.unstaffed.iter().all(|(known, _)| *known != queue) {
                self.unstaffed.push((queue, self.now));
            }
        }
    }

    /// "A waiting contact is looked at when it must leave for **want of staff**: nobody counts
    /// as staff for the queue's `leaving.staff_free_of`, since at least `leaving.after`, and it
    /// entered at least `leaving.grace` ago."
    fn leaves_at(&self, contact: &Contact) -> Option<Timestamp> {
        if contact.phase != Phase::Waiting {
            return None;
        }
        let (_, since) = self.unstaffed.iter().find(|(queue, _)| *queue == contact.queue)?;
        let rule = &self.rules_for(contact).leaving;
        Some((*since + rule.after).max(contact.entered + rule.grace))
    }

    /// "A contact that stands in line is looked at again … when by its age alone something
    /// changes: another link to one of its queues opens (`delay`, `help_when.waited`),
    /// `preferred.first` ends, an attached need lapses." All such instants, past and to come.
    fn changes_at(&self, contact: &Contact) -> Vec<Timestamp> {
        if !self.stands_in_line(contact) {
            return Vec::new();
        }
        let asking = self.asking(contact.seq);
        let mut instants = Vec::new();
        for agent in &self.agents {
            for link in self.links(agent, &asking) {
                instants.push(contact.since + link.delay);
                instants.extend(link.help_waited.map(|waited| contact.since + waited));
            }
        }
        if !contact.preferred.is_empty() {
            instants.push(self.preferred_until(contact));
        }
        let lapses = contact.attached.iter().filter_map(|attached| attached.lasts);
        instants.extend(lapses.map(|lasts| contact.since + lasts));
        instants
    }

    /// When the next look is due.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        let leaving = self.contacts.iter().filter_map(|contact| self.leaves_at(contact));
        let changes = self.contacts.iter().flat_map(|contact| self.changes_at(contact));
        leaving.chain(changes.filter(|&at| at > self.as_of)).min()
    }

    /// "The looks of one instant happen together, by sequence number, and matching follows
    /// once. One that is overdue keeps its own instant." For want of staff the contact "is moved
    /// by rule to `leaving.move_to`, or, without one or when that queue is where it is or was at
    /// this very instant or is retired, leaves for good (`contact_left`, no_agents)".
    pub(crate) fn look(&mut self, at: Timestamp) {
        let must_leave = |oracle: &Self, of: &Contact| oracle.leaves_at(of) == Some(at);
        let leaving = self.contacts.iter().filter(|contact| must_leave(self, contact));
        let mut leaving: Vec<Seq> = leaving.map(|contact| contact.seq).collect();
        leaving.sort_unstable();
        for seq in leaving {
            let contact = self.contact(seq);
            if !must_leave(self, contact) {
                continue;
            }
            let move_to = self.rules_for(contact).leaving.move_to.clone();
            match move_to.filter(|queue| self.may_move_by_rule(self.contact(seq), queue)) {
                Some(queue) => self.move_by_rule(seq, &queue, Cause::Overflowed),
                None => {
                    self.leave_queue(seq, EventKind::ContactLeft, Cause::NoAgents);
                    self.close(seq);
                }
            }
        }
    }
}
