//! Visits whose end was lost: a row of a call-detail table says how they ended, or they are
//! given up. Ends that are told are in `visits.rs`.

use super::agent::Ground;
use super::aggregator::KpiAggregator;
use super::corrections::{Course, VisitFact};
use super::facts::{LONGEST, Place};
use super::live::End;
use super::visits::{VisitKey, Visits};
use crate::ids::QueueKey;
use crate::time::{Span, Timestamp};

impl Visits {
    /// Waits for nothing more of a visit: all of it is known, or never will be. How much of it
    /// was under way.
    pub(crate) fn close(&mut self, key: VisitKey) -> u32 {
        let visit = self.remove(key).is_some_and(|visit| visit.is_under_way());
        let wrapping = self.tails.of(key).filter(|tail| tail.wrapping_since.is_some());
        let under_way = wrapping.map(|_| 1).sum::<u32>() + u32::from(visit);
        self.tails.remove_all(key);
        under_way
    }

    /// A visit of `source` that was open too long at `now`.
    pub(crate) fn too_long(&self, source: u16, now: Timestamp) -> Option<(VisitKey, Place)> {
        let (entered, key) = self.ages.first_of(source)?;
        let visit = self.open.get(&key).filter(|_| now.since(entered) > LONGEST)?;
        Some((key, visit.place))
    }
}

impl KpiAggregator {
    /// Gives up what a source left open for longer than anything can last: nothing more is
    /// counted of it, and it can be corrected as any visit that is over.
    pub(super) fn give_up(&mut self, source: u16) {
        let now = self.clocks.of(source).at;
        while let Some((key, place)) = self.visits.too_long(source, now) {
            let over = place.entered + LONGEST;
            self.counters.given_up += 1;
            self.live.forget(self.queue_at(place), key);
            self.end_parts(key, over, Span::ZERO);
            let under_way = self.visits.close(key);
            self.contacts.note(key.contact, under_way, 0, now);
            self.correct(|all| all.complete(key, place, over));
        }
        while let Some(told) = self.visits.wrapped_too_long(source, now) {
            self.counters.given_up += 1;
            self.contacts.note(told.key.contact, 1, 0, now);
            self.end_parts(told.key, told.fact.at, Span::ZERO);
            self.tell(told);
        }
    }

    /// A visit that is open, or its wrap-up, ended as a fact of it says, which takes its place.
    pub(super) fn end_unsaid(&mut self, key: VisitKey, fact: &VisitFact) {
        let Some(place) = self.visits.place(key) else {
            if self.visits.tails.of(key).any(|tail| tail.wrapping_since.is_some()) {
                self.end_parts(key, fact.completed() + fact.wrap_up, Span::ZERO);
            }
            return;
        };
        let queue = self.queue_at(place);
        let end = match fact.course {
            Course::Answered => Some(End::Answered),
            Course::Abandoned => Some(End::Abandoned),
            Course::Left(_) => Some(End::Left),
            Course::None => None,
        };
        match end {
            Some(end) => {
                self.live.leave(queue, key, fact.entered + fact.wait, end, self.horizon());
            }
            None => self.live.forget(queue, key),
        }
        self.end_parts(key, fact.completed(), fact.wrap_up);
    }

    /// No agent has a part in a visit any more, which ended `at` and was wrapped up for so long.
    fn end_parts(&mut self, key: VisitKey, at: Timestamp, wrap_up: Span) {
        let ground = Ground { grid: self.grid, names: &self.sources };
        let changed = self.times.end(key, at, wrap_up, ground, &mut self.counters);
        self.correct(|all| {
            changed.into_iter().for_each(|(agent, from)| all.revise_time(agent, from));
        });
    }

    /// The queue of a visit.
    pub(super) fn queue_at(&self, place: Place) -> QueueKey {
        self.slices.queue(place.slice)
    }
}
