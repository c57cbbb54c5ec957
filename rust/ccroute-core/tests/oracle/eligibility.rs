//! Who may take a contact: links, lines, openness, and the eight conditions together.

use ccroute_core::{Device, Role, Timestamp};

use super::asking::Asking;
use super::router::{Agent, Contact, Oracle, Phase};
use super::rules::Link;

impl Oracle {
    /// "A contact's **queues** are its own; those that lend to it now (`help`); and those by
    /// which steps taken widened it. An agent's **link** to a contact is the agent's link to
    /// the contact's own queue, else the one of lowest rank among the links to the other
    /// queues (of several, lenders before widened, then the queue that comes first in the
    /// plan)." All of them, that one first.
    pub(crate) fn links<'a>(&self, agent: &'a Agent, asking: &Asking<'_>) -> Vec<&'a Link> {
        let mut links: Vec<&Link> = Vec::new();
        links.extend(agent.link(&asking.contact.queue));
        let place = |name: &str| self.rules.queues.iter().position(|queue| queue.name == name);
        let mut others: Vec<(u32, bool, Option<usize>, &Link)> = Vec::new();
        for link in agent.links.iter().filter(|link| link.queue != asking.contact.queue) {
            let lends = asking.lent.contains(&link.queue);
            if lends || asking.widened.contains(&link.queue) {
                others.push((link.rank, !lends, place(&link.queue), link));
            }
        }
        others.sort_by_key(|&(rank, widened, place, _)| (rank, widened, place));
        links.extend(others.into_iter().map(|(.., link)| link));
        links
    }

    /// The rank of the agent's link, as it is: with it "an agent serves the queues of a lower
    /// rank first".
    pub(crate) fn link_rank(&self, agent: &Agent, asking: &Asking<'_>) -> u32 {
        let link = self.links(agent, asking).first().map_or(0, |link| link.rank);
        // "The window holds for everybody and every rank is 0."
        if asking.ranks_ignored { 0 } else { link }
    }

    /// "Its **rank** for the contact is the link's rank, but at least the window's `raise`."
    pub(crate) fn rank(&self, agent: &Agent, asking: &Asking<'_>) -> u32 {
        let rank = self.link_rank(agent, asking);
        if asking.ranks_ignored { 0 } else { rank.max(asking.window.raise) }
    }

    /// "A link is **open** for a contact when its `delay` is not longer than the contact's age,
    /// and it has no `help_when`, or at least `waiting` contacts stand in line in the contact's
    /// queue, or the contact's age is at least `waited`."
    fn is_link_open(link: &Link, asking: &Asking<'_>) -> bool {
        let helps = (link.help_waiting.is_none() && link.help_waited.is_none())
            || link.help_waiting.is_some_and(|waiting| asking.in_line >= waiting as usize)
            || link.help_waited.is_some_and(|waited| asking.age >= waited);
        link.delay <= asking.age && helps
    }

    /// "2. some link to one of the contact's queues is open for it, and not every line between
    /// is down."
    pub(crate) fn is_reached(&self, agent: &Agent, asking: &Asking<'_>) -> bool {
        let mut links = self.links(agent, asking).into_iter();
        links.any(|link| Self::is_link_open(link, asking))
            && self.line_between(agent, asking.contact).is_ok()
    }

    /// "Contacts of the queue reach the agent over the first line of the queue's list that is
    /// up and, if the agent names lines, among them; if the queue names none, over the agent's
    /// first that is up. When either names lines and none is left, the agent is not eligible."
    pub(crate) fn line_between(
        &self,
        agent: &Agent,
        contact: &Contact,
    ) -> Result<Option<String>, ()> {
        let queue = &self.rules.queue(&contact.queue).lines;
        if queue.is_empty() && agent.lines.is_empty() {
            return Ok(None);
        }
        let up = |line: &&String| !self.lines_down.contains(line);
        let line = if queue.is_empty() {
            agent.lines.iter().find(up)
        } else {
            let shared = |line: &&String| agent.lines.is_empty() || agent.lines.contains(line);
            queue.iter().filter(shared).find(up)
        };
        line.cloned().map(Some).ok_or(())
    }

    /// "1. able: meets the need, and the rank of the agent's link *to the contact's own queue*
    /// lies in the window (an agent without such a link has no rank to be held against)".
    pub(crate) fn is_able(&self, agent: &Agent, asking: &Asking<'_>) -> bool {
        let in_window = agent.link(&asking.contact.queue).is_none_or(|link| {
            let window = asking.window;
            asking.ranks_ignored || (window.min <= link.rank && link.rank <= window.max)
        });
        in_window && asking.need.met_by(agent)
    }

    /// "Or is preferred by the contact in a queue with `preferred.without_skills`."
    pub(crate) fn is_able_or_preferred(&self, agent: &Agent, asking: &Asking<'_>) -> bool {
        let without_skills = self.rules_for(asking.contact).preferred.without_skills;
        self.is_able(agent, asking)
            || (without_skills && preference(asking.contact, &agent.name).is_some())
    }

    /// "An agent is **eligible** for a contact that stands in line when all of this holds."
    pub(crate) fn is_eligible(&self, agent: &Agent, asking: &Asking<'_>) -> bool {
        let contact = asking.contact;
        let offered = contact.phase == Phase::Offered;
        // "3. open on the channel".
        self.is_open(agent, &contact.channel)
            // "4. not excluded, and not in wrap-up after this very contact".
            && contact.excluded.iter().all(|excluded| excluded.agent != agent.name)
            && self.wrapping(&agent.name, contact.seq).is_none()
            // "5. has no live offer of it".
            && !self.offers.iter().any(|o| o.contact == contact.seq && o.agent == agent.name)
            // "And, for a contact that is offered, none of its steps with an `after` is
            // overdue."
            && !(offered && asking.step_overdue)
            && self.is_able_or_preferred(agent, asking)
            && self.is_reached(agent, asking)
            && !self.waits_for_preferred(agent, contact)
            && (!offered || self.is_of_the_same_rank(agent, asking))
            && self.leaves_enough_free(agent, contact)
    }

    /// "6. while `preferred.first` runs since the visit began, the contact prefers agents and
    /// one of them is signed in: is one of them."
    fn waits_for_preferred(&self, agent: &Agent, contact: &Contact) -> bool {
        let signed_in = |(name, _): &(String, u16)| {
            self.agents.iter().any(|a| a.name == *name && a.is_signed_in())
        };
        self.as_of < self.preferred_until(contact)
            && contact.preferred.iter().any(signed_in)
            && preference(contact, &agent.name).is_none()
    }

    pub(crate) fn preferred_until(&self, contact: &Contact) -> Timestamp {
        let rule = self.rules_for(contact).preferred.first;
        contact.preferred_since + contact.owner_first.unwrap_or(rule)
    }

    /// "7. under `offer.one_rank`, when the contact is offered: has the same rank for it as its
    /// oldest live offer's agent had when that was made."
    fn is_of_the_same_rank(&self, agent: &Agent, asking: &Asking<'_>) -> bool {
        let oldest = self.offers.iter().find(|offer| offer.contact == asking.contact.seq);
        let oldest = oldest.expect("an offered contact has an offer");
        !self.rules_for(asking.contact).offer.one_rank || self.rank(agent, asking) == oldest.rank
    }

    /// "8. `keep_free`: without this agent, at least `agents` agents are open on `channel` and
    /// have a link to one of the queues `for`."
    fn leaves_enough_free(&self, agent: &Agent, contact: &Contact) -> bool {
        let Some(keep) = &self.rules.queue(&contact.queue).keep_free else { return true };
        let others = self.agents.iter().filter(|other| {
            other.name != agent.name
                && keep.queues.iter().any(|queue| other.link(queue).is_some())
                && self.is_open(other, &keep.channel)
        });
        others.count() >= keep.agents
    }

    /// "An agent is **open** on a channel when: ready, and no back-off runs; used < capacity
    /// there; the device is unknown or available, or is in use or ringing while the agent has
    /// a live offer, reservation, connection or conversation of ours …; fewer live offers than
    /// `capacity.offers`, where the plan has that; the budget bears one more …; every other
    /// channel on which a slot is used lets this one in (`interrupted_by`)."
    pub(crate) fn is_open(&self, agent: &Agent, channel: &str) -> bool {
        let device = match agent.device {
            Device::Unknown | Device::Available => true,
            Device::InUse | Device::Ringing => self.explains_device(&agent.name),
            Device::Unreachable | Device::Invalid => false,
        };
        let live = self.offers.iter().filter(|offer| offer.agent == agent.name).count();
        agent.is_ready()
            && agent.back_off.is_none()
            && device
            && self.has_slot(agent, channel)
            && self.rules.capacity.offers.is_none_or(|most| live < usize::from(most))
            && self.has_budget(agent, channel)
            && self.is_let_in(agent, channel)
    }

    fn explains_device(&self, agent: &str) -> bool {
        self.is_offered_or_reserved(agent) || self.is_busy(agent)
    }

    pub(crate) fn is_offered_or_reserved(&self, agent: &str) -> bool {
        self.offers.iter().any(|offer| offer.agent == agent)
            || self.reservations.iter().any(|reserved| reserved.agent == agent)
    }

    /// Connecting or in conversation. "Monitoring is no conversation here."
    pub(crate) fn is_busy(&self, agent: &str) -> bool {
        let talks = |(name, role): &(String, Role)| name == agent && *role != Role::Monitor;
        self.contacts.iter().any(|contact| {
            contact.connecting_with() == Some(agent) || contact.parts.iter().any(talks)
        })
    }

    /// "Per channel a capacity (absent: none) and slots used."
    pub(crate) fn has_slot(&self, agent: &Agent, channel: &str) -> bool {
        self.slots_used(&agent.name, channel) < capacity(agent, channel)
    }

    /// "The budget bears one more: the sum over the channels of used × cost, plus the cost of
    /// this channel, is at most the agent's own budget, or the plan's where the agent has none."
    pub(crate) fn has_budget(&self, agent: &Agent, channel: &str) -> bool {
        let budget = agent.budget.or(self.rules.capacity.budget);
        let needed = self.budget_used(agent) + self.rules.cost(channel);
        budget.is_none_or(|budget| needed <= u64::from(budget))
    }

    pub(crate) fn budget_used(&self, agent: &Agent) -> u64 {
        let channels = self.rules.channels.iter();
        let used = channels.map(|on| self.slots_used(&agent.name, on) as u64 * self.rules.cost(on));
        used.sum()
    }

    fn is_let_in(&self, agent: &Agent, channel: &str) -> bool {
        let lists = self.rules.capacity.interrupted_by.iter();
        let mut closed = lists.filter(|(on, by)| on != channel && !by.iter().any(|c| c == channel));
        closed.all(|(on, _)| self.slots_used(&agent.name, on) == 0)
    }

    /// "A slot is taken when an offer is made and kept through reservation, connection,
    /// conversation and wrap-up"; a monitor takes none.
    pub(crate) fn slots_used(&self, agent: &str, channel: &str) -> usize {
        let on = |contact| self.contact(contact).channel == channel;
        let offers = self.offers.iter().filter(|o| o.agent == agent && on(o.contact)).count();
        let reserved = self.reservations.iter();
        let reserved = reserved.filter(|r| r.agent == agent && on(r.contact)).count();
        let here = self.contacts.iter().filter(|contact| contact.channel == channel);
        let with_contacts: usize = here
            .map(|contact| {
                let mut parts = contact.parts.iter();
                let takes = |(name, role): &(String, Role)| name == agent && *role != Role::Monitor;
                let connecting = contact.connecting_with() == Some(agent);
                usize::from(connecting) + usize::from(parts.any(takes))
            })
            .sum();
        let wrapping = self.wrap_ups.iter();
        let wrapping = wrapping.filter(|wrap| wrap.agent == agent && wrap.channel == channel);
        offers + reserved + with_contacts + wrapping.count()
    }
}

pub(crate) fn capacity(agent: &Agent, channel: &str) -> usize {
    let room = agent.capacity.iter().find(|(named, _)| named == channel);
    room.map_or(0, |&(_, slots)| usize::from(slots))
}

/// How much a contact prefers an agent.
pub(crate) fn preference(contact: &Contact, agent: &str) -> Option<u16> {
    contact.preferred.iter().find(|(name, _)| name == agent).map(|&(_, score)| score)
}
