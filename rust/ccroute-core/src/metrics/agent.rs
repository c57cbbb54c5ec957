//! One agent: what each source says, what it comes to, and the time spent so far. What was
//! said of late is kept, and what comes in between changes the time since.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agent_acts::Action;
use super::agent_past::Past;
use super::agent_state::{Lane, Lanes, Part, Presence, State, Word};
use super::counters::{Counters, Uncounted};
use super::state_times::StateTimes;
use super::table::{Grid, Slot, Timeline};
use super::visits::VisitKey;
use crate::directory::Directory;
use crate::ids::TextKey;
use crate::time::{Span, Timestamp};

/// What time is counted by: the intervals, and the names of the sources.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) grid: Grid,
    pub(super) names: &'a Directory,
}

/// One agent: the state now, and the time spent by interval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Agent {
    lanes: Lanes,
    pub(super) parts: Vec<(VisitKey, Part)>,
    /// What the lanes come to.
    pub(super) state: State,
    /// When the last of them said something: up to then time is booked.
    pub(super) since: Timestamp,
    past: Past,
    pub(super) times: Timeline<StateTimes>,
    /// How often the time of an interval changed after it had been final.
    pub(super) revisions: BTreeMap<Slot, u32>,
}

impl Agent {
    /// Takes an event of the visit `key` at its time. From when on the state is another.
    pub(super) fn act(
        &mut self,
        action: Action,
        key: VisitKey,
        at: Timestamp,
        ground: Ground<'_>,
        counters: &mut Counters,
    ) -> Result<Option<Timestamp>, Uncounted> {
        let row = self.parts.iter().position(|&(known, _)| known == key);
        let lane = self.lanes.get(key.source);
        let is_offline = lane.is_none_or(|lane| lane.presence == Presence::Offline);
        let word = match (action, row) {
            (Action::Presence(Presence::Offline), _) if is_offline => {
                return Err(Uncounted::Orphan);
            }
            (Action::Nothing, _) | (Action::End, None) => return Ok(None),
            (Action::SignIn, _) => Word::SignedIn,
            (Action::Presence(presence), _) => Word::Presence(presence),
            (Action::Device(device), _) => Word::Device(device),
            (Action::Part(part), Some(row)) => {
                self.parts[row].1 = part;
                self.ruling(key.source)
            }
            (Action::Part(part), None) => {
                self.parts.push((key, part));
                self.ruling(key.source)
            }
            (Action::End, Some(row)) => {
                self.parts.swap_remove(row);
                self.ruling(key.source)
            }
        };
        Ok(self.hear(key.source, at, word, ground, counters))
    }

    /// A visit ended without an event to say so, and was wrapped up for so long: there is no
    /// part in it now. From when on the state is another, if there was.
    pub(super) fn end(
        &mut self,
        key: VisitKey,
        at: Timestamp,
        wrap_up: Span,
        ground: Ground<'_>,
        counters: &mut Counters,
    ) -> Option<Timestamp> {
        if self.parts.iter().all(|&(known, _)| known != key) {
            return None;
        }
        let heard = self.lanes.get(key.source).map(|lane| lane.since).unwrap_or_default();
        let from = at.max(heard);
        let mut until = from;
        // Of an agent who was heard of since it is not known when that was.
        if wrap_up > Span::ZERO && from == at {
            let here = self.parts.iter_mut().filter(|(known, _)| *known == key);
            here.for_each(|(_, part)| *part = Part::Wrapping);
            self.hear(key.source, from, self.ruling(key.source), ground, counters);
            until = from + wrap_up;
        }
        self.parts.retain(|&(known, _)| known != key);
        self.hear(key.source, until, self.ruling(key.source), ground, counters);
        Some(from)
    }

    /// What the contacts of a source make of the agent's time.
    fn ruling(&self, source: u16) -> Word {
        let parts = self.parts.iter().filter(|(key, _)| key.source == source);
        Word::Part(parts.map(|&(_, part)| part).max())
    }

    /// Takes what a source says; what comes behind its own last word counts from that on. From
    /// when on the state is another.
    fn hear(
        &mut self,
        source: u16,
        at: Timestamp,
        word: Word,
        ground: Ground<'_>,
        counters: &mut Counters,
    ) -> Option<Timestamp> {
        if self.lanes.is_only(source) {
            return self.hear_only(source, at, word, ground, counters);
        }
        let lane = self.lanes.get(source).copied();
        let heard = lane.map(|lane| lane.since).unwrap_or_default();
        let from = at.max(heard).max(self.past.floor());
        if lane.is_some_and(|lane| !lane.is_away()) {
            counters.elapsed(heard, at);
        } else {
            // Another source went on so far that it is not known any more what it said then.
            counters.backwards += u64::from(heard <= at && at < from);
        }
        let before = self.state;
        if self.past.is_last(from, source) {
            self.book_until(from, ground);
            self.past.note_last(source, from, word);
            self.lanes.hear(source, from, word);
            self.since = from;
            self.state = self.lanes.state(from, ground.names);
            return (self.state != before).then_some(from);
        }
        // Others said something since.
        self.book_past(from, ground, -1);
        self.past.note(source, from, word);
        self.book_past(from, ground, 1);
        self.lanes.hear(source, from, word);
        self.state = self.lanes.state(self.since, ground.names);
        self.past.trim();
        let says = |lane: &Lane| lane.says();
        (lane.as_ref().map(says) != self.lanes.get(source).map(says)).then_some(from)
    }

    /// The same where no other source ever said anything: what comes, comes after all else.
    fn hear_only(
        &mut self,
        source: u16,
        at: Timestamp,
        word: Word,
        ground: Ground<'_>,
        counters: &mut Counters,
    ) -> Option<Timestamp> {
        let Some(lane) = self.lanes.only() else { unreachable!("it was just looked at") };
        let (heard, limit) = (lane.since, lane.limit());
        let from = at.max(heard).max(self.past.floor());
        if lane.is_away() {
            counters.backwards += u64::from(heard <= at && at < from);
        } else {
            counters.elapsed(heard, at);
        }
        book(&mut self.times, ground.grid, self.state, [self.since, from.min(limit)], 1);
        self.past.note_last(source, from, word);
        lane.hear(from, word);
        self.since = from;
        let before = core::mem::replace(&mut self.state, lane.state());
        (self.state != before).then_some(from)
    }

    /// Books what is known of the past from an instant on, or takes it away again.
    fn book_past(&mut self, from: Timestamp, ground: Ground<'_>, sign: i64) {
        let times = &mut self.times;
        self.past.pieces(from, ground.names, |state, span| {
            book(times, ground.grid, state, span, sign);
        });
        if sign > 0 {
            let slots = ground.grid.slot(from)..=ground.grid.slot(self.since);
            self.times.drop_empty(*slots.start(), *slots.end());
        }
    }

    /// Leaves booked what was up to an instant and nothing after, and forgets how it came.
    fn close_at(&mut self, floor: Timestamp, ground: Ground<'_>) {
        self.book_past(floor, ground, -1);
        if self.since < floor {
            self.book_until(floor, ground);
        }
        self.past.forget_before(floor);
    }

    /// Books what lasts since the last word, up to an instant.
    fn book_until(&mut self, until: Timestamp, ground: Ground<'_>) {
        let times = &mut self.times;
        self.lanes.states([self.since, until], ground.names, |state, span| {
            book(times, ground.grid, state, span, 1);
        });
    }

    /// From when and until when what was said last holds at most.
    pub(super) fn lasting(&self, now: Timestamp) -> Option<[Timestamp; 2]> {
        let until = now.min(self.lanes.limit());
        (!self.state.is_away()).then_some([self.since, until.max(self.since)])
    }

    /// Shows the time by interval that is not booked yet, up to `now`.
    pub(super) fn lasting_times(
        &self,
        now: Timestamp,
        ground: Ground<'_>,
        mut show: impl FnMut(Slot, State, i64),
    ) {
        self.lanes.states([self.since, now], ground.names, |state, [since, until]| {
            if !state.is_away() {
                ground.grid.split(since, until, |slot, part| show(slot, state, part.micros()));
            }
        });
    }

    /// Adds what `other` knows of the same agent, whose keys the rest translates: since both
    /// know what was said, as one; before, as sums.
    pub(super) fn merge(
        &mut self,
        other: &Self,
        [ground, theirs]: [Ground<'_>; 2],
        source: impl Fn(u16) -> u16,
        text: impl Fn(TextKey) -> TextKey,
        visit: impl Fn(VisitKey) -> VisitKey,
    ) {
        let mut other = other.clone();
        let floor = self.past.floor().max(other.past.floor());
        self.close_at(floor, ground);
        other.close_at(floor, theirs);
        for (slot, times) in other.times.iter() {
            let mut times = times.clone();
            times.not_ready.iter_mut().for_each(|(reason, _)| *reason = reason.map(&text));
            self.times.at(slot).merge(&times);
        }
        for (&slot, &revision) in &other.revisions {
            let known = self.revisions.entry(slot).or_default();
            *known = revision.max(*known);
        }
        self.past.merge(&other.past, source, text);
        for (key, part) in other.parts.iter().map(|&(key, part)| (visit(key), part)) {
            match self.parts.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = part.max(*known),
                None => self.parts.push((key, part)),
            }
        }
        self.lanes = self.past.head();
        self.since = self.past.latest();
        self.agree_on_parts();
        self.state = self.lanes.state(self.since, ground.names);
        self.book_past(floor, ground, 1);
        self.past.trim();
    }

    /// Of one source in both, each knew its own contacts.
    fn agree_on_parts(&mut self) {
        let lanes: Vec<_> = self.lanes.iter().map(|lane| (lane.source, lane.part)).collect();
        for (source, part) in lanes {
            let word = self.ruling(source);
            if word != Word::Part(part) {
                self.past.note(source, self.since, word);
                self.lanes.hear(source, self.since, word);
            }
        }
    }
}

/// Books time in a state, cut at the edges of the intervals, or takes it away again.
fn book(
    times: &mut Timeline<StateTimes>,
    grid: Grid,
    state: State,
    [since, until]: [Timestamp; 2],
    sign: i64,
) {
    if !state.is_away() {
        grid.split(since, until, |slot, part| times.at(slot).add(state, sign * part.micros()));
    }
}
