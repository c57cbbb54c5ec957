//! Facts of visits as they are told. While a visit goes on its facts lie in its record, unposted,
//! until it is over or somebody reads: each cell is then looked up once for all of them. What
//! changes what was final is posted at once. Where a fact goes is in `posting.rs`.

use super::aggregator::KpiAggregator;
use super::cell::Sign;
use super::facts::{Fact, Place, What};
use super::records::{Known, Record};
use super::visits::{Told, VisitKey};
use crate::event::{Event, EventKind};
use crate::time::Timestamp;

impl KpiAggregator {
    /// Counts a fact of a visit, and keeps it.
    pub(super) fn tell(&mut self, mut told: Told) {
        told.fact = self.in_team(told.fact);
        let Told { key, place, ref fact, completed } = told;
        match fact.what {
            What::Refused { .. } => {
                self.post_all(place, &[*fact], Some(fact.at), Sign::Add);
                return;
            }
            What::Entered { .. } => {
                self.begin(key, place, *fact);
                self.watch(&told);
                return;
            }
            What::Code { set, .. } if set > 1 => {
                // What it replaces cannot be taken back: both would count.
                if self.records.get(key).is_none() {
                    self.counters.late += 1;
                    return;
                }
                self.replace_codes(key, set);
            }
            What::Answered { .. } | What::Abandoned { .. } | What::Left { .. } => self.watch(&told),
            What::Code { .. }
            | What::OfferMade
            | What::OfferAccepted { .. }
            | What::OfferDeclined
            | What::OfferMissed
            | What::OfferWithdrawn
            | What::OfferLost
            | What::CallbackOffered
            | What::CallbackFailed
            | What::Responded { .. }
            | What::Held { .. }
            | What::Conversed { .. }
            | What::Handled { .. }
            | What::Marked { .. } => {}
        }
        self.keep(key, place, *fact, completed);
    }

    /// Adds a fact to the record of its visit, and sees to it that it is posted.
    pub(super) fn keep(
        &mut self,
        key: VisitKey,
        place: Place,
        fact: Fact,
        completed: Option<Timestamp>,
    ) {
        match self.records.push(key, place, &fact) {
            Known::Open => {
                if fact.agent.is_some() && fact.what.is_agents() {
                    // Rows are numbered as facts are told, whenever they are posted.
                    self.agent_row(place, fact);
                }
                if self.final_before.is_some() {
                    self.post_last(key);
                }
                if let Some(at) = completed {
                    self.complete(key, place, at);
                }
            }
            Known::Closed(at) => self.post_all(place, &[fact], Some(at), Sign::Add),
            // Its record is not kept: the tail knows, but for a hand-over long ago.
            Known::Gone => {
                self.post_all(place, &[fact], Some(completed.unwrap_or(fact.at)), Sign::Add);
            }
        }
    }

    /// The record of a visit begins, with the fact that it did.
    fn begin(&mut self, key: VisitKey, place: Place, fact: Fact) {
        let now = self.clocks.of(key.source).at;
        let extra = self.extras.get(key.source, key.contact, now);
        let customer = extra.as_ref().map_or(0, |extra| extra.customer);
        let said = extra.and_then(|extra| extra.id.as_deref());
        let id = self.contacts.id(key.contact).or(said).map(Into::into);
        self.count_customer(place, customer);
        let mut facts = self.records.room();
        facts.push(fact);
        let record = Record {
            revision: 0,
            unposted: 1,
            noted_at: 0,
            place,
            id,
            customer,
            completed: None,
            facts,
        };
        if let Some(lost) = self.records.begin(key, record) {
            self.post_in_time(lost.place, lost.unposted());
        }
        if self.final_before.is_some() {
            self.post_last(key);
        }
    }

    /// A visit is over.
    pub(super) fn complete(&mut self, key: VisitKey, place: Place, at: Timestamp) {
        let (facts, unposted) = self.records.complete(key, at);
        self.early_marks.visit_is_known(key);
        if unposted > 0 && unposted == facts.len() && self.final_before.is_none() {
            self.post_all(place, &facts, Some(at), Sign::Add);
        } else {
            self.post_in_time(place, &facts[facts.len() - unposted..]);
            self.post_completed(place, &facts, at);
        }
        self.records.put_back(key, facts);
    }

    /// Facts of a visit, which were told before what they count in was final.
    pub(super) fn post_in_time(&mut self, place: Place, facts: &[Fact]) {
        if facts.is_empty() {
            return;
        }
        let first = self.final_before.take();
        self.post_all(place, facts, None, Sign::Add);
        self.final_before = first;
    }

    /// Posts what is unposted of a visit, the last of it as what it is: late.
    #[inline(never)]
    fn post_last(&mut self, key: VisitKey) {
        let Some((place, facts, unposted)) = self.records.take_unposted(key) else { return };
        let (so_far, late) = facts[facts.len() - unposted..].split_at(unposted - 1);
        self.post_in_time(place, so_far);
        self.post_all(place, late, None, Sign::Add);
        self.records.give_back(key, facts);
    }

    /// Posts what is unposted of a visit.
    #[inline(never)]
    fn post_visit_so_far(&mut self, key: VisitKey) {
        if let Some((place, facts, unposted)) = self.records.take_unposted(key) {
            self.post_in_time(place, &facts[facts.len() - unposted..]);
            self.records.give_back(key, facts);
        }
    }

    /// Posts all that is unposted: what comes next reads cells, or takes something from them.
    pub(super) fn post_so_far(&mut self) {
        while let Some(key) = self.records.next_unposted() {
            self.post_visit_so_far(key);
        }
    }

    /// A code that is given when all else of its visit is over.
    pub(super) fn code_after_all(&self, key: VisitKey, event: &Event) -> Option<Told> {
        let name = event.reason.filter(|_| event.kind == EventKind::ContactDisposed)?;
        let record = self.records.get(key)?;
        let what = What::Code { name, set: event.number };
        let fact = Fact::new(event.at, event.agent, what);
        let told = Told { key, place: record.place, fact, completed: record.completed };
        Some(told)
    }

    /// A corrected set of codes takes the place of those before.
    fn replace_codes(&mut self, key: VisitKey, set: u32) {
        self.post_visit_so_far(key);
        let Some(record) = self.records.get(key) else { return };
        let (place, completed) = (record.place, record.completed);
        let earlier = self.records.replace_codes(key, set);
        if !earlier.is_empty() {
            self.post_all(place, &earlier, completed, Sign::Take);
        }
    }
}
