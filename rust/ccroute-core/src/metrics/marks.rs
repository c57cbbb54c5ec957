//! Marks: what is said of a visit beside its course, and those that came before their visit.
//! What a mark counts is in `facts.rs`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ages::Ages;
use super::aggregator::KpiAggregator;
use super::cell::Sign;
use super::corrections::Posted;
use super::facts::{Fact, Mark, What};
use super::visits::VisitKey;
use crate::error::{Rejection, RejectionCode};
use crate::ids::{ContactKey, TextKey};
use crate::time::Timestamp;

/// Visits whose marks wait for them at most.
const MOST: usize = 1 << 16;

/// Marks that wait for one visit at most.
const MOST_OF_VISIT: usize = 1 << 8;

/// A mark of a visit that nothing is known of yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EarlyMark {
    at: Timestamp,
    name: TextKey,
    mark: Mark,
    revision: u32,
}

/// Marks that wait for their visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EarlyMarks {
    /// By visit: since when by its source's clock, and the marks.
    visits: BTreeMap<VisitKey, (Timestamp, Vec<EarlyMark>)>,
    ages: Ages,
    /// Visits that are known now.
    known: Vec<VisitKey>,
}

impl EarlyMarks {
    /// Whether there is room for the mark.
    fn insert(&mut self, key: VisitKey, now: Timestamp, mark: EarlyMark) -> bool {
        let crowded = self.visits.len() >= MOST;
        let marks = self.visits.get_mut(&key).map(|(_, marks)| marks);
        match marks {
            Some(marks) if marks.len() < MOST_OF_VISIT => marks.push(mark),
            None if !crowded => {
                self.visits.insert(key, (now, vec![mark]));
                self.ages.insert(now, key);
            }
            Some(_) | None => return false,
        }
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.visits.is_empty()
    }

    /// Something is known of a visit now, whether or not marks wait for it.
    pub(super) fn visit_is_known(&mut self, key: VisitKey) {
        if self.visits.contains_key(&key) {
            self.known.push(key);
        }
    }

    fn take(&mut self, key: VisitKey) -> Vec<EarlyMark> {
        let Some((since, marks)) = self.visits.remove(&key) else { return Vec::new() };
        self.ages.remove(since, key);
        marks
    }

    /// Adds the marks of `other`, and how many there is no room for; `visit` and `text` translate.
    pub(super) fn merge(
        &mut self,
        other: &Self,
        visit: impl Fn(VisitKey) -> VisitKey,
        text: impl Fn(TextKey) -> TextKey,
    ) -> u64 {
        let mut crowded_out = 0;
        for (&key, (since, marks)) in &other.visits {
            for &mark in marks {
                let mark = EarlyMark { name: text(mark.name), ..mark };
                crowded_out += u64::from(!self.insert(visit(key), *since, mark));
            }
        }
        self.known.extend(self.visits.keys());
        crowded_out
    }
}

impl KpiAggregator {
    /// Marks a visit: an answer of its customer, a cost, a code, whenever it becomes known. A
    /// mark that comes before its visit waits for it, as long as facts are kept.
    ///
    /// # Errors
    /// `invalid_value` for an empty name.
    pub fn mark(
        &mut self,
        source: u16,
        contact: ContactKey,
        visit: u32,
        at: Timestamp,
        name: TextKey,
        mark: Mark,
        revision: u32,
    ) -> Result<Posted, Rejection> {
        if self.texts.name(name.index()).is_empty() {
            return Err(Rejection::new(
                RejectionCode::InvalidValue,
                "mark '': give it a name".to_owned(),
            ));
        }
        let key = VisitKey { contact: contact.raw(), visit, source };
        Ok(self.mark_visit(key, EarlyMark { at, name, mark, revision }))
    }

    fn mark_visit(&mut self, key: VisitKey, given: EarlyMark) -> Posted {
        let EarlyMark { at, name, mark, revision } = given;
        let Some(record) = self.records.get(key) else {
            return self.hold_mark(key, given);
        };
        let what = What::Marked { name, mark, revision };
        let fact = self.in_team(Fact::new(at, record.answered_by(), what));
        let known = record.facts.iter().copied().find(|fact| fact.is_mark_of(name));
        let (place, completed) = (record.place, record.completed);
        let mut posted = Posted::Counted;
        if let Some(known) = known {
            let What::Marked { mark: before, revision: last, .. } = known.what else {
                unreachable!("only marks were looked for")
            };
            if last > revision {
                self.counters.superseded += 1;
                return Posted::Superseded;
            }
            if last == revision {
                if (before, known.at) == (mark, at) {
                    self.counters.duplicates += 1;
                    return Posted::Duplicate;
                }
                self.counters.conflicts += 1;
                posted = Posted::Conflict;
                if (before, known.at) > (mark, at) {
                    return posted;
                }
            }
            // Of all visits: how something is taken from a cell depends on what else is in it.
            self.post_so_far();
            self.records.remove(key, known);
        }
        self.correct(|all| {
            if let Some(known) = known {
                all.post_all(place, &[known], completed, Sign::Take);
            }
            all.keep(key, place, fact, completed);
        });
        posted
    }

    /// A mark of a visit that is not known waits for it, where facts are kept.
    fn hold_mark(&mut self, key: VisitKey, mark: EarlyMark) -> Posted {
        let now = self.clocks.of(key.source).at;
        if self.records.are_kept() && self.early_marks.insert(key, now, mark) {
            return Posted::Held;
        }
        self.counters.late += 1;
        Posted::Late
    }

    /// Marks the visits that became known.
    #[inline]
    pub(super) fn mark_known(&mut self) {
        if !self.early_marks.known.is_empty() {
            self.mark_all_known();
        }
    }

    #[inline(never)]
    fn mark_all_known(&mut self) {
        while let Some(key) = self.early_marks.known.pop() {
            if self.records.get(key).is_some_and(|record| record.completed.is_some()) {
                for mark in self.early_marks.take(key) {
                    self.mark_visit(key, mark);
                }
            }
        }
    }

    /// Marks of a source that waited too long for their visit are late.
    #[inline(never)]
    pub(super) fn expire_marks(&mut self, source: u16) {
        let now = self.clocks.of(source).at;
        while let Some((since, key)) = self.early_marks.ages.first_of(source)
            && self.records.is_too_old(since, now)
        {
            let marks = self.early_marks.take(key);
            if since > Timestamp::ZERO {
                self.counters.late += marks.len() as u64;
            } else {
                // Given before the source had a clock: it is as old as the clock.
                marks.into_iter().for_each(|mark| _ = self.early_marks.insert(key, now, mark));
            }
        }
    }
}
