//! The facts themselves, visit by visit, as long as they are kept: what corrections take
//! back, what drill-down shows, what thresholds off the ladder are counted from. Bounded in
//! time and number. Which cells a fact moves is in `facts.rs` and `posting.rs`.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::ages::Ages;
use super::canonical;
use super::facts::{Fact, Place, What};
use super::visits::VisitKey;
use crate::time::{Span, Timestamp};

/// Where no facts are kept: for how many visits room is left for the next.
const SPARE: usize = 64;

/// All that is known of one visit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Record {
    /// 0: made of events; the greatest stands.
    pub(crate) revision: u32,
    /// How many of its facts, the last ones, are in no cell yet: only while the visit goes on.
    #[serde(skip)]
    pub(crate) unposted: u32,
    /// Where it is noted that some are.
    #[serde(skip)]
    pub(crate) noted_at: u32,
    pub(crate) place: Place,
    /// What the source calls the contact, where it has said so.
    pub(crate) id: Option<Box<str>>,
    /// The customer, as a hash; 0 when unknown.
    pub(crate) customer: u64,
    /// When the visit was over; `None` while it goes on.
    pub(crate) completed: Option<Timestamp>,
    pub(crate) facts: Vec<Fact>,
}

impl Record {
    /// The facts that are in no cell yet.
    pub(crate) fn unposted(&self) -> &[Fact] {
        &self.facts[self.facts.len() - self.unposted as usize..]
    }

    /// The customer, if the visit counts for one: a contact that came to no queue does not.
    pub(crate) fn counted_customer(&self) -> u64 {
        let entered = |fact: &Fact| matches!(fact.what, What::Entered { .. });
        if self.facts.iter().any(entered) { self.customer } else { 0 }
    }

    /// Whether an event at an instant is of a visit that was given whole: tables are often in
    /// whole seconds, so it may lie a little outside.
    pub(crate) fn tells_of(&self, at: Timestamp) -> bool {
        const SLACK: Span = Span::secs(5);
        let course = self.facts.iter().filter(|fact| !fact.is_mark());
        let last = course.map(|fact| fact.at).max().max(self.completed).unwrap_or_default();
        self.revision > 0 && self.place.entered - SLACK <= at && at <= last + SLACK
    }
}

/// What is known of a visit that a fact is of.
pub(crate) enum Known {
    Open,
    Closed(Timestamp),
    Gone,
}

/// The facts that are kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Records {
    #[serde(with = "canonical")]
    visits: FxHashMap<VisitKey, Record>,
    /// The visits that are over, the earlier of an id too, by when they were.
    over: Ages,
    /// How long after it is over a visit is kept, by the clock of its source.
    retention: Span,
    /// How many visits that are over are kept at most.
    most: usize,
    /// Visits whose id was used again for another: they are over, and cannot be corrected.
    earlier: BTreeMap<(Timestamp, VisitKey), Record>,
    /// By source: of visits over by then nothing is known.
    forgotten: BTreeMap<u16, Timestamp>,
    /// Of facts up to then some are gone: those of a wrap-up came after its visit was over.
    gone: Option<Timestamp>,
    /// Room for facts of visits to come.
    #[serde(skip)]
    spare: Vec<Vec<Fact>>,
    /// The visits of which something is unposted.
    #[serde(skip)]
    unposted: Vec<VisitKey>,
}

impl Records {
    pub(crate) fn new(retention: Span, most: usize) -> Self {
        Self {
            visits: FxHashMap::default(),
            over: Ages::default(),
            retention,
            most,
            earlier: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            gone: None,
            spare: Vec::new(),
            unposted: Vec::new(),
        }
    }

    /// Begins the record of a visit, of which nothing is posted. One of the same key was of an id
    /// that is used again: it is returned where it was not over, and lost.
    pub(crate) fn begin(&mut self, key: VisitKey, record: Record) -> Option<Record> {
        let known = self.visits.insert(key, record);
        let noted = known.as_ref().filter(|known| known.unposted > 0);
        let noted_at = noted.map_or_else(|| note(&mut self.unposted, key), |known| known.noted_at);
        self.visits.get_mut(&key).expect("it was just inserted").noted_at = noted_at;
        let known = known?;
        let Some(at) = known.completed else {
            self.lose(key.source, &known);
            return Some(known);
        };
        let before = self.earlier.insert((at, key), known);
        before.iter().for_each(|record| self.lose(key.source, record));
        None
    }

    /// All of a visit is posted, of which something was not.
    fn forget_note(&mut self, at: u32) {
        let at = at as usize;
        self.unposted.swap_remove(at);
        if let Some(moved) = self.unposted.get(at) {
            let moved = self.visits.get_mut(moved).expect("whoever is noted has a record");
            moved.noted_at = u32::try_from(at).expect("its place before was a greater one");
        }
    }

    /// A visit of which something is unposted.
    pub(crate) fn next_unposted(&self) -> Option<VisitKey> {
        self.unposted.last().copied()
    }

    /// The visits of which something is unposted.
    pub(crate) fn unposted(&self) -> impl Iterator<Item = &Record> {
        self.unposted.iter().map(|key| &self.visits[key])
    }

    /// All facts of a visit of which something is unposted, and how many are, the last ones: they
    /// are to be posted now, and all to be [given back](Self::give_back).
    pub(crate) fn take_unposted(&mut self, key: VisitKey) -> Option<(Place, Vec<Fact>, usize)> {
        let record = self.visits.get_mut(&key).filter(|record| record.unposted > 0)?;
        let facts = core::mem::take(&mut record.facts);
        let unposted = core::mem::take(&mut record.unposted) as usize;
        let (place, noted_at) = (record.place, record.noted_at);
        self.forget_note(noted_at);
        Some((place, facts, unposted))
    }

    /// Takes back what [`Self::take_unposted`] gave.
    pub(crate) fn give_back(&mut self, key: VisitKey, facts: Vec<Fact>) {
        if let Some(record) = self.visits.get_mut(&key) {
            record.facts = facts;
        }
    }

    /// Adds a fact to the record of its visit, if that is kept: unposted while the visit goes on.
    pub(crate) fn push(&mut self, key: VisitKey, place: Place, fact: &Fact) -> Known {
        let mut record = self.visits.get_mut(&key).filter(|record| record.place == place);
        if record.is_none() {
            // A wrap-up may end after the id of its contact was used again.
            let mut earlier = self.earlier.iter_mut().rev();
            let found = earlier.find(|((_, known), record)| *known == key && record.place == place);
            record = found.map(|(_, record)| record);
        }
        let Some(record) = record else {
            self.gone = self.gone.max(Some(fact.at));
            return Known::Gone;
        };
        if record.facts.len() == record.facts.capacity() {
            // Two are those of an abandonment, six those of a conversation.
            record.facts.reserve_exact(record.facts.len().max(4));
        }
        record.facts.push(*fact);
        if let Some(at) = record.completed {
            return Known::Closed(at);
        }
        record.unposted += 1;
        if record.unposted == 1 {
            record.noted_at = note(&mut self.unposted, key);
        }
        Known::Open
    }

    /// A record of a source is not kept any more.
    pub(crate) fn lose(&mut self, source: u16, record: &Record) {
        let timed = record.facts.iter().filter(|fact| !matches!(fact.what, What::Marked { .. }));
        let last = timed.map(|fact| fact.at).max();
        match record.completed {
            Some(at) => self.pass_over(source, at, last.unwrap_or(at)),
            None => self.gone = self.gone.max(last),
        }
    }

    /// Visits of a source are not kept that were over until `over`, with facts until `last`.
    pub(crate) fn pass_over(&mut self, source: u16, over: Timestamp, last: Timestamp) {
        let edge = self.forgotten.entry(source).or_default();
        *edge = over.max(*edge);
        self.gone = self.gone.max(Some(over.max(last)));
    }

    /// Takes the codes of earlier sets out of the record of a visit.
    pub(crate) fn replace_codes(&mut self, key: VisitKey, set: u32) -> Vec<Fact> {
        let Some(record) = self.visits.get_mut(&key) else { return Vec::new() };
        let earlier =
            |fact: &Fact| matches!(fact.what, What::Code { set: known, .. } if known < set);
        let gone = record.facts.iter().copied().filter(earlier).collect();
        record.facts.retain(|fact| !earlier(fact));
        gone
    }

    /// Takes a fact out of the record of a visit.
    pub(crate) fn remove(&mut self, key: VisitKey, fact: Fact) {
        if let Some(record) = self.visits.get_mut(&key)
            && let Some(row) = record.facts.iter().position(|&known| known == fact)
        {
            record.facts.remove(row);
        }
    }

    /// Room for the facts of a visit.
    pub(crate) fn room(&mut self) -> Vec<Fact> {
        self.spare.pop().unwrap_or_else(|| Vec::with_capacity(2))
    }

    /// The visit is over; all its facts so far, to be [put back](Self::put_back), and how many of
    /// them, the last ones, are to be posted.
    pub(crate) fn complete(&mut self, key: VisitKey, at: Timestamp) -> (Vec<Fact>, usize) {
        let Some(record) = self.visits.get_mut(&key) else { return (Vec::new(), 0) };
        record.completed = Some(at);
        let unposted = core::mem::take(&mut record.unposted) as usize;
        let (facts, noted_at) = (core::mem::take(&mut record.facts), record.noted_at);
        if unposted > 0 {
            self.forget_note(noted_at);
        }
        if self.are_kept() {
            self.over.insert(at, key);
            return (facts, unposted);
        }
        let Some(record) = self.visits.remove(&key) else { return (facts, unposted) };
        let record = Record { facts, ..record };
        self.lose(key.source, &record);
        (record.facts, unposted)
    }

    /// Takes back what [`Self::complete`] gave.
    pub(crate) fn put_back(&mut self, key: VisitKey, facts: Vec<Fact>) {
        if self.are_kept() {
            self.give_back(key, facts);
        } else {
            self.spare(facts);
        }
    }

    /// Takes back [room](Self::room) that is not used any more.
    pub(crate) fn spare(&mut self, mut facts: Vec<Fact>) {
        if self.spare.len() < SPARE {
            facts.clear();
            self.spare.push(facts);
        }
    }

    /// The record of a visit.
    pub(crate) fn get(&self, key: VisitKey) -> Option<&Record> {
        self.visits.get(&key)
    }

    /// Keeps a whole record in the place of that of the same visit.
    pub(crate) fn insert(&mut self, key: VisitKey, record: Record) {
        let over = record.completed;
        if let Some(at) = self.visits.insert(key, record).and_then(|before| before.completed)
            && !self.earlier.contains_key(&(at, key))
        {
            self.over.remove(at, key);
        }
        if let Some(at) = over {
            self.over.insert(at, key);
        }
    }

    /// Whether there is anything to forget, as [`Self::evict`] does.
    #[inline]
    pub(crate) fn has_due(&self, source: u16, now: Timestamp) -> bool {
        self.over.first_of(source).is_some_and(|(at, _)| self.is_too_old(at, now))
            || self.over.len() > self.most
    }

    /// Whether facts are kept at all once a visit is over.
    pub(crate) fn are_kept(&self) -> bool {
        self.retention > Span::ZERO
    }

    /// Whether what was over `at` is kept no longer.
    pub(crate) fn is_too_old(&self, at: Timestamp, now: Timestamp) -> bool {
        now.since(at) > self.retention
    }

    /// Whether it can be told if a visit of a source that was over `at` is known.
    pub(crate) fn reaches(&self, source: u16, at: Timestamp) -> bool {
        self.are_kept() && self.forgotten.get(&source).is_none_or(|&edge| at > edge)
    }

    /// Of facts up to then not all are kept.
    pub(crate) fn gone(&self) -> Option<Timestamp> {
        self.gone
    }

    /// Of what was over by then some is gone.
    pub(crate) fn forgotten(&self) -> Option<Timestamp> {
        self.forgotten.values().max().copied()
    }

    /// Forgets what is too old of a source whose clock is at `now`, and the oldest of all where
    /// there are too many. A source that fell silent holds nobody else's back.
    #[inline(never)]
    pub(crate) fn evict(&mut self, source: u16, now: Timestamp) {
        while let Some((at, key)) = self.over.first_of(source)
            && self.is_too_old(at, now)
        {
            self.forget(at, key);
        }
        while self.over.len() > self.most
            && let Some((at, key)) = self.over.oldest()
        {
            self.forget(at, key);
        }
    }

    fn forget(&mut self, at: Timestamp, key: VisitKey) {
        self.over.remove(at, key);
        let known = self.visits.get(&key).is_some_and(|record| record.completed == Some(at));
        let known = known.then(|| self.visits.remove(&key)).flatten();
        for record in [known, self.earlier.remove(&(at, key))].iter().flatten() {
            self.lose(key.source, record);
        }
    }

    /// All records, by visit.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (VisitKey, &Record)> {
        let earlier = self.earlier.iter().map(|(&(_, key), record)| (key, record));
        let visits = canonical::sorted(&self.visits).into_iter();
        visits.map(|(&key, record)| (key, record)).chain(earlier)
    }

    /// All records in no order that matters to whoever adds them up.
    pub(crate) fn any_order(&self) -> impl Iterator<Item = &Record> {
        // Sums and greatest values come out the same in any order.
        self.visits.values().chain(self.earlier.values())
    }

    /// Adds the records of `other`; `record` and `visit` translate. Of two of the same visit
    /// ours stands.
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        mut record: impl FnMut(&Record) -> Record,
        visit: impl Fn(VisitKey) -> VisitKey,
    ) {
        for (&key, theirs) in canonical::sorted(&other.visits) {
            let key = visit(key);
            if !self.visits.contains_key(&key) {
                self.insert(key, record(theirs));
            }
        }
        for (&(at, key), theirs) in &other.earlier {
            let key = visit(key);
            self.earlier.insert((at, key), record(theirs));
            self.over.insert(at, key);
        }
        for (&source, &at) in &other.forgotten {
            let source = visit(VisitKey { contact: 0, visit: 0, source }).source;
            let edge = self.forgotten.entry(source).or_default();
            *edge = at.max(*edge);
        }
        self.gone = self.gone.max(other.gone);
    }
}

/// Notes that something of a visit is unposted; where.
fn note(unposted: &mut Vec<VisitKey>, key: VisitKey) -> u32 {
    unposted.push(key);
    u32::try_from(unposted.len() - 1).expect("fewer than 2^32 visits go on")
}
