//! Order of arrival: hands on the events of each source in the order in which they
//! happened, and holds for a bounded time what came too early. What an event means does not
//! belong here, nor whether its time is right.
//!
//! A source that numbers its events is put in order by number, one that does not by time
//! and, within an instant, by content, so that every order of arrival gives the same result.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::skipped::Skipped;
use crate::event::Event;
use crate::time::{Span, Timestamp};

/// How long a gap in the numbers is waited for, unless its source has a hold of its own.
pub(crate) const DEFAULT_HOLD: Span = Span::secs(120);

/// Events held for one source at most.
pub(crate) const MAX_HELD: usize = 1 << 16;

/// An event further than this behind its source's clock sets the clock back: after one
/// event from the far future, gaps must be waited for again.
const LEAP: Span = Span::secs(86_400);

/// When an event's turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Now: it goes before all that [`Arrivals::next`] gives.
    Now,
    /// Later, or now behind others: [`Arrivals::next`] will give it.
    Later,
}

/// Why an event is not handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// One of its number was handed on or is held.
    Duplicate,
    /// What came after it was handed on without it.
    Late,
}

/// Unnumbered events in the order of time and content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Rank(Event);

impl Rank {
    fn key(&self) -> impl Ord {
        let event = &self.0;
        let first = (event.at, event.kind, event.contact, event.visit, event.agent);
        let rest = (event.cause, event.role, event.channel, event.queue, event.offer);
        (first, rest, (event.reason, event.number, event.time, event.sequence))
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Numbered events beyond a gap, by number and by time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Event>", into = "Vec<Event>")]
struct Early {
    events: BTreeMap<u64, Event>,
    by_time: BTreeSet<(Timestamp, u64)>,
}

impl Early {
    /// Keeps an event, unless one of its number is kept already.
    fn insert(&mut self, event: Event) -> Result<(), Refused> {
        if self.events.contains_key(&event.sequence) {
            return Err(Refused::Duplicate);
        }
        self.by_time.insert((event.at, event.sequence));
        self.events.insert(event.sequence, event);
        Ok(())
    }

    fn first_number(&self) -> Option<u64> {
        self.events.first_key_value().map(|(&number, _)| number)
    }

    /// When the earliest of them happened.
    fn oldest(&self) -> Option<Timestamp> {
        self.by_time.first().map(|&(at, _)| at)
    }

    fn pop_first(&mut self) -> Option<Event> {
        let (number, event) = self.events.pop_first()?;
        self.by_time.remove(&(event.at, number));
        Some(event)
    }
}

impl From<Vec<Event>> for Early {
    fn from(events: Vec<Event>) -> Self {
        let mut early = Self::default();
        for event in events.into_iter().filter(|event| event.sequence > 0) {
            // Two of one number are in no snapshot of ours: the first stands.
            let _ = early.insert(event);
        }
        early
    }
}

impl From<Early> for Vec<Event> {
    fn from(early: Early) -> Self {
        early.events.into_values().collect()
    }
}

/// How far one source has come, and what of it is held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    hold: Option<Span>,
    clock: Timestamp,
    /// The greatest number handed on or given up; 0 before the first.
    last: u64,
    /// The numbers up to `last` that were not handed on.
    skipped: Skipped,
    early: Early,
    /// The latest instant of what was handed on without a number.
    passed: Timestamp,
    /// Unnumbered events, each with how many are alike.
    sorted: BTreeMap<Rank, u64>,
    /// How many are in `sorted`.
    unnumbered: u64,
    missing: u64,
    late: u64,
}

impl Source {
    /// Whether an event comes in order and nothing waits: the usual case, so no tree is
    /// looked into.
    fn is_next(&self, event: &Event) -> bool {
        if event.sequence == 0 {
            return self.hold.is_none() && self.sorted.is_empty();
        }
        self.last > 0 && event.sequence - 1 == self.last && self.early.events.is_empty()
    }

    fn note_next(&mut self, event: &Event) {
        self.tick(event.at);
        if event.sequence == 0 {
            self.passed = self.passed.max(event.at);
        } else {
            self.last = event.sequence;
        }
    }

    /// Carries the source's clock forward; back only when it had leapt ahead.
    fn tick(&mut self, at: Timestamp) {
        let leap = self.hold.unwrap_or_default().max(LEAP);
        if at > self.clock || self.clock.since(at) > leap {
            self.clock = at;
        }
    }

    /// Takes an event in; what can be handed on then goes to `pass`.
    fn take(&mut self, event: &Event, pass: &mut impl FnMut(Event)) -> Result<(), Refused> {
        let taken =
            if event.sequence > 0 { self.take_numbered(event) } else { self.take_by_time(event) };
        self.late += u64::from(taken == Err(Refused::Late));
        self.release(pass);
        taken
    }

    fn take_numbered(&mut self, event: &Event) -> Result<(), Refused> {
        if self.last == 0 && self.hold.is_none() {
            // A source begins with the first event it shows, unless it is to be waited for.
            self.skip_before(event.sequence);
        }
        if event.sequence <= self.last {
            let late = self.skipped.contains(event.sequence);
            return Err(if late { Refused::Late } else { Refused::Duplicate });
        }
        self.early.insert(*event)?;
        self.tick(event.at);
        Ok(())
    }

    fn take_by_time(&mut self, event: &Event) -> Result<(), Refused> {
        if self.hold.is_some() && event.at < self.passed {
            return Err(Refused::Late);
        }
        self.tick(event.at);
        *self.sorted.entry(Rank(*event)).or_default() += 1;
        self.unnumbered += 1;
        Ok(())
    }

    /// Goes on as if every number below `number` had been handed on.
    fn skip_before(&mut self, number: u64) {
        let gap_end = number.saturating_sub(1);
        self.skipped.push(self.last.saturating_add(1), gap_end);
        self.last = self.last.max(gap_end);
    }

    fn held(&self) -> usize {
        self.early.events.len() + usize::try_from(self.unnumbered).unwrap_or(usize::MAX)
    }

    /// Hands on what is in order, and what has been held long enough.
    fn release(&mut self, pass: &mut impl FnMut(Event)) {
        let hold = self.hold.unwrap_or(DEFAULT_HOLD);
        loop {
            self.pass_run(pass);
            let waited = self.early.oldest().map(|at| self.clock.since(at));
            let full = self.held() > MAX_HELD;
            if !waited.is_some_and(|waited| waited > hold || full) {
                break;
            }
            self.give_up_gap();
        }
        while let Some((first, _)) = self.sorted.first_key_value() {
            let waits = self.hold.is_some_and(|hold| self.clock.since(first.0.at) <= hold);
            if waits && self.held() <= MAX_HELD {
                break;
            }
            self.pass_earliest(pass);
        }
    }

    /// Hands on everything held, whatever is missing.
    fn flush(&mut self, pass: &mut impl FnMut(Event)) {
        self.pass_run(pass);
        while !self.early.events.is_empty() {
            self.give_up_gap();
            self.pass_run(pass);
        }
        while !self.sorted.is_empty() {
            self.pass_earliest(pass);
        }
    }

    /// Hands on the numbered events up to the next gap.
    fn pass_run(&mut self, pass: &mut impl FnMut(Event)) {
        while self.early.first_number().is_some_and(|first| first - 1 <= self.last) {
            if let Some(event) = self.early.pop_first() {
                self.last = self.last.max(event.sequence);
                pass(event);
            }
        }
    }

    fn give_up_gap(&mut self) {
        if let Some(first) = self.early.first_number() {
            // Where a source begins nothing is missing.
            if self.last > 0 {
                self.missing += (first - 1).saturating_sub(self.last);
            }
            self.skip_before(first);
        }
    }

    fn pass_earliest(&mut self, pass: &mut impl FnMut(Event)) {
        if let Some(mut entry) = self.sorted.first_entry() {
            let event = entry.key().0;
            *entry.get_mut() = entry.get().saturating_sub(1);
            if *entry.get() == 0 {
                entry.remove();
            }
            self.unnumbered = self.unnumbered.saturating_sub(1);
            self.passed = self.passed.max(event.at);
            pass(event);
        }
    }

    /// Adds what another part knows of the same source: the greater progress counts.
    fn merge(
        &mut self,
        theirs: &Self,
        mut event: impl FnMut(Event) -> Event,
        pass: &mut impl FnMut(Event),
    ) {
        let last = self.last.max(theirs.last);
        self.skipped =
            self.skipped.until(self.last, last).common(&theirs.skipped.until(theirs.last, last));
        self.last = last;
        self.clock = self.clock.max(theirs.clock);
        self.hold = self.hold.or(theirs.hold);
        self.passed = self.passed.max(theirs.passed);
        self.missing += theirs.missing;
        self.late += theirs.late;
        let ours = core::mem::take(&mut self.early).events.into_values();
        for held in ours.chain(theirs.early.events.values().map(|&held| event(held))) {
            // What both hold is one event, as it is here.
            if held.sequence > last {
                let _ = self.early.insert(held);
            } else {
                self.late += u64::from(self.skipped.contains(held.sequence));
            }
        }
        for (rank, &alike) in &theirs.sorted {
            *self.sorted.entry(Rank(event(rank.0))).or_default() += alike;
            self.unnumbered += alike;
        }
        self.release(pass);
    }
}

/// The events of every source, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arrivals {
    sources: Vec<Source>,
    /// In order, to be handed on.
    ready: VecDeque<(u16, Event)>,
}

impl Arrivals {
    /// Takes an event of `source` in. With [`Turn::Now`] it is to be handed on at once, and
    /// then, in either case, all that [`Self::next`] gives.
    ///
    /// # Errors
    /// When it is not to be handed on at all.
    pub(crate) fn accept(&mut self, source: u16, event: &Event) -> Result<Turn, Refused> {
        let Self { sources, ready } = self;
        let here = row(sources, source);
        let drained = ready.is_empty();
        if drained && here.is_next(event) {
            here.note_next(event);
            return Ok(Turn::Now);
        }
        here.take(event, &mut |passed| ready.push_back((source, passed)))?;
        if drained && ready.front() == Some(&(source, *event)) {
            ready.pop_front();
            return Ok(Turn::Now);
        }
        Ok(Turn::Later)
    }

    /// The next event whose turn has come, with its source.
    pub(crate) fn next(&mut self) -> Option<(u16, Event)> {
        self.ready.pop_front()
    }

    /// How long `source` is waited for: a gap in its numbers, and, where there are none, an
    /// event that happened before those that came. `None`: 120 s for a gap, and events
    /// without a number are handed on as they come.
    pub(crate) fn set_hold(&mut self, source: u16, hold: Option<Span>) {
        if hold.is_none() && usize::from(source) >= self.sources.len() {
            return;
        }
        let Self { sources, ready } = self;
        let here = row(sources, source);
        here.hold = hold;
        here.release(&mut |passed| ready.push_back((source, passed)));
    }

    /// Carries a source's clock forward to `now`: it has nothing to tell up to then.
    pub(crate) fn advance(&mut self, source: u16, now: Timestamp) {
        let Self { sources, ready } = self;
        if let Some(here) = sources.get_mut(usize::from(source)) {
            here.clock = here.clock.max(now);
            here.release(&mut |passed| ready.push_back((source, passed)));
        }
    }

    /// Makes it the turn of everything held of `source`: it will send no more.
    pub(crate) fn flush(&mut self, source: u16) {
        let Self { sources, ready } = self;
        if let Some(here) = sources.get_mut(usize::from(source)) {
            here.flush(&mut |passed| ready.push_back((source, passed)));
        }
    }

    /// Makes it the turn of everything held, source by source.
    pub(crate) fn flush_all(&mut self) {
        (0..=u16::MAX).take(self.sources.len()).for_each(|source| self.flush(source));
    }

    /// How many events are held now.
    pub(crate) fn held(&self) -> usize {
        self.ready.len() + self.sources.iter().map(Source::held).sum::<usize>()
    }

    /// How many numbers were skipped, having been waited for in vain.
    pub(crate) fn missing(&self) -> u64 {
        self.sources.iter().map(|source| source.missing).sum()
    }

    /// How many events were refused because what came after them was handed on before.
    pub(crate) fn late(&self) -> u64 {
        self.sources.iter().map(|source| source.late).sum()
    }

    /// Adds what `other` holds and knows; `source` translates its sources, `event` its
    /// events. Of a source in both, the greater progress counts: a number is missing from
    /// then on only if neither handed it on. To be drained after, as after
    /// [`Self::accept`].
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        source: impl Fn(u16) -> u16,
        mut event: impl FnMut(Event) -> Event,
    ) {
        let Self { sources, ready } = self;
        for (known, theirs) in (0..=u16::MAX).zip(&other.sources) {
            if *theirs != Source::default() {
                let here = source(known);
                let mut pass = |passed| ready.push_back((here, passed));
                row(sources, here).merge(theirs, &mut event, &mut pass);
            }
        }
        let waiting = other.ready.iter();
        ready.extend(waiting.map(|&(known, passed)| (source(known), event(passed))));
    }
}

/// The row of a source, made when it is its first.
fn row(sources: &mut Vec<Source>, source: u16) -> &mut Source {
    let row = usize::from(source);
    if sources.len() <= row {
        sources.resize_with(row + 1, Source::default);
    }
    &mut sources[row]
}
