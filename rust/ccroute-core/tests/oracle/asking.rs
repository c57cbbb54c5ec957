//! What a contact asks at this moment: need, window of ranks, queues whose agents may take
//! it; its place, and whether it stands in line.

use ccroute_core::{Change, OfferPolicy, RankChange, RankWindow, Shift, Span};

use super::need::Need;
use super::router::{Contact, Oracle, Phase, Seq};
use super::rules::StepRules;

/// Everything about a contact that eligibility looks at, made out once for all agents.
pub(crate) struct Asking<'a> {
    pub(crate) contact: &'a Contact,
    pub(crate) need: Need,
    pub(crate) window: RankWindow,
    /// "Its ranks count for nothing."
    pub(crate) ranks_ignored: bool,
    /// "Those that lend to it now", and "those by which steps taken widened it".
    pub(crate) lent: Vec<String>,
    pub(crate) widened: Vec<String>,
    /// How many stand in line in its queue.
    pub(crate) in_line: usize,
    pub(crate) age: Span,
    /// "None of its steps with an `after` is overdue."
    pub(crate) step_overdue: bool,
}

impl Oracle {
    pub(crate) fn asking(&self, seq: Seq) -> Asking<'_> {
        let contact = self.contact(seq);
        let window = self.window(contact);
        Asking {
            contact,
            need: self.need(contact),
            window,
            ranks_ignored: self.ranks_ignored(&contact.queue),
            lent: self.lenders(&contact.queue),
            widened: self.steps_taken(contact).flat_map(|step| step.widen.clone()).collect(),
            in_line: self.in_line(&contact.queue),
            age: self.age(contact),
            step_overdue: self.next_timed_step(contact).is_some_and(|(_, due)| due <= self.as_of),
        }
    }

    /// The steps behind a contact that were taken.
    pub(crate) fn steps_taken<'a>(
        &'a self,
        contact: &'a Contact,
    ) -> impl Iterator<Item = &'a StepRules> {
        let steps = self.rules_for(contact).steps.iter().zip(&contact.steps);
        steps.filter(|(_, taken)| **taken).map(|(step, _)| step)
    }

    /// "A contact's **need** is the queue's `requires` *and* its own *and* what rules attached
    /// and has not lapsed …, relaxed by every step taken, in order."
    pub(crate) fn need(&self, contact: &Contact) -> Need {
        let mut need = self.rules_for(contact).need.and(&contact.own);
        for attached in &contact.attached {
            // "`lasts` counts from `since`."
            if attached.lasts.is_none_or(|lasts| self.as_of < contact.since + lasts) {
                need = need.and(&attached.need);
            }
        }
        self.steps_taken(contact).fold(need, |need, step| need.relaxed(&step.relax))
    }

    /// "The **window of ranks** is the queue's `ranks`, moved by every step taken."
    pub(crate) fn window(&self, contact: &Contact) -> RankWindow {
        let ranks = self.rules_for(contact).ranks;
        self.steps_taken(contact).fold(ranks, |window, step| moved(window, &step.ranks))
    }

    /// "While no more than `ignored_up_to` agents (0: never) who are signed in have a link of
    /// their own to the queue, its ranks count for nothing" (by the plan in force).
    pub(crate) fn ranks_ignored(&self, queue: &str) -> bool {
        let few = self.rules.queue(queue).ranks.ignored_up_to as usize;
        let agents = self.agents.iter().filter(|agent| agent.is_signed_in());
        few > 0 && agents.filter(|agent| agent.link(queue).is_some()).count() <= few
    }

    pub(crate) fn window_admits(&self, window: RankWindow, queue: &str, rank: u32) -> bool {
        self.ranks_ignored(queue) || (window.min <= rank && rank <= window.max)
    }

    /// "Ages … are judged as of the deadline's own instant."
    pub(crate) fn age(&self, contact: &Contact) -> Span {
        self.as_of.since(contact.since)
    }

    /// "A contact **stands in line** when it is waiting, or offered and wanting more offers."
    pub(crate) fn stands_in_line(&self, contact: &Contact) -> bool {
        match contact.phase {
            Phase::Waiting => true,
            Phase::Offered => {
                let live = self.offers.iter().filter(|offer| offer.contact == contact.seq).count();
                live < self.offers_allowed(contact)
            }
            Phase::Scheduled { .. }
            | Phase::Connecting { .. }
            | Phase::Engaged { .. }
            | Phase::Suspended
            | Phase::Closed => false,
        }
    }

    /// "`offer.parallel` (or *all*) is how many live offers a contact may have; with
    /// `add_every` that is so at first, and one more whenever that has passed since the first
    /// offer of the round."
    fn offers_allowed(&self, contact: &Contact) -> usize {
        match self.rules_for(contact).offer.parallel {
            OfferPolicy::ALL => usize::MAX,
            parallel => usize::from(parallel) + contact.added,
        }
    }

    pub(crate) fn in_line(&self, queue: &str) -> usize {
        let here = self.contacts.iter().filter(|contact| contact.queue == queue);
        here.filter(|contact| self.stands_in_line(contact)).count()
    }

    /// A queue's "**length**".
    pub(crate) fn length(&self, queue: &str) -> usize {
        let here = self.contacts.iter().filter(|contact| contact.queue == queue);
        here.filter(|contact| contact.is_in_queue()).count()
    }

    /// "*Band* …: what the classifying rule says, else what the contact came with, else the
    /// queue's; … `reprioritise` sets what it gives above all three."
    pub(crate) fn own_band(&self, contact: &Contact) -> i16 {
        let said = contact.ruled.band.or(contact.came_with.band);
        said.unwrap_or(self.rules_for(contact).order.band)
    }

    /// "Plus what every step taken adds (`raise`; bands stay within 16 bits)."
    pub(crate) fn band(&self, contact: &Contact) -> i16 {
        let raised = self.steps_taken(contact).map(|step| step.band);
        self.own_band(contact).saturating_add(raised.fold(0, i16::saturating_add))
    }

    fn head_start(&self, contact: &Contact) -> Shift {
        let said = contact.ruled.head_start.or(contact.came_with.head_start);
        let own = said.unwrap_or(self.rules_for(contact).order.head_start);
        self.steps_taken(contact).fold(own, |sum, step| sum + step.head_start)
    }

    /// "*Virtual arrival* is `since` minus head start."
    pub(crate) fn virtual_arrival(&self, contact: &Contact) -> i64 {
        contact.since.micros() - self.head_start(contact).micros()
    }
}

/// "`max` first, then `min` and `raise`, which are cut to it; `+n` and `-n` stop at 0, and do
/// nothing to a `max` of *all*."
fn moved(window: RankWindow, by: &RankChange) -> RankWindow {
    let to = |number: u32, change: Option<Change>| match change {
        None => number,
        Some(Change::To(number)) => number,
        Some(Change::By(_)) if number == RankWindow::ALL.max => number,
        Some(Change::By(more)) => u32::try_from(i64::from(number) + i64::from(more)).unwrap_or(0),
    };
    let max = to(window.max, by.max);
    RankWindow {
        max,
        min: to(window.min, by.min).min(max),
        raise: to(window.raise, by.raise).min(max),
        ..window
    }
}
