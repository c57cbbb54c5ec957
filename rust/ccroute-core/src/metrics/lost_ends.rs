//! Visits whose end was lost: a row of a call-detail table says how they ended, or they are
//! given up. Ends that are told are in `visits.rs`.

use super::aggregator::KpiAggregator;
use super::corrections::{Course, VisitFact};
use super::facts::{LONGEST, Place};
use super::live::End;
use super::visits::VisitKey;
use crate::ids::QueueKey;
use crate::time::Timestamp;

impl KpiAggregator {
    /// Gives up what a source left open for longer than anything can last: nothing more is
    /// counted of it, and it can be corrected as any visit that is over.
    pub(super) fn give_up(&mut self, source: u16) {
        let now = self.clocks.of(source).at;
        while let Some((key, place)) = self.visits.too_long(source, now) {
            let over = place.entered + LONGEST;
            self.counters.given_up += 1;
            self.live.forget(self.queue_at(place), key);
            self.end_parts(key, over);
            let under_way = self.visits.close(key);
            self.contacts.note(key.contact, under_way, 0, now);
            self.correct(|all| all.complete(key, place, over));
        }
        while let Some(told) = self.visits.wrapped_too_long(source, now) {
            self.counters.given_up += 1;
            self.contacts.note(told.key.contact, 1, 0, now);
            self.tell(told);
        }
    }

    /// A visit that is open ended as a fact of it says, which takes its place.
    pub(super) fn end_unsaid(&mut self, key: VisitKey, fact: &VisitFact) {
        let Some(place) = self.visits.place(key) else { return };
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
        self.end_parts(key, fact.completed());
    }

    /// No agent has a part in a visit any more.
    fn end_parts(&mut self, key: VisitKey, at: Timestamp) {
        let changed = self.times.end(key, at, self.grid, &mut self.counters);
        self.correct(|all| {
            changed.into_iter().for_each(|(agent, from)| all.revise_time(agent, from));
        });
    }

    /// The queue of a visit.
    pub(super) fn queue_at(&self, place: Place) -> QueueKey {
        let [queue, ..] = self.slices.labels(place.slice);
        QueueKey::new(queue as usize - 1)
    }
}
