//! How far each source has come, by its own word: one clock for what is kept, what is live and
//! which contacts are remembered. What happens when a clock moves does not belong here.

use serde::{Deserialize, Serialize};

use super::aggregator::KpiAggregator;
use crate::time::{Span, Timestamp};

/// A clock that goes on by more than this at once has leapt; a centre that is closed for a
/// holiday has not.
const LEAP: Span = Span::secs(31 * 86_400);

/// How far a source has come.
///
/// One event from the far future must not age all that is known: a leap, ahead or back, moves
/// the clock only once the next event of its source bears it out. The first event of a source
/// is believed, until the next lies far before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clock {
    /// The time of its last event, even when it went back, but never ahead of `latest`; or what
    /// the end of a visit given whole, or [`KpiAggregator::advance`], has moved it on to.
    pub(super) at: Timestamp,
    /// The latest time it told of that is believed.
    pub(super) latest: Timestamp,
    /// The time of its last event, if that was a leap away from `latest`.
    leap: Option<Timestamp>,
    /// Whether `latest` rests on more than the first event.
    borne_out: bool,
}

/// Whether one instant lies a leap after another.
fn is_leap(to: Timestamp, from: Timestamp) -> bool {
    to.since(from) > LEAP
}

impl Clock {
    /// An event was heard of, or a `whole` visit, which may be of any day; whether it leapt
    /// ahead of all before.
    fn hear(&mut self, at: Timestamp, whole: bool) -> bool {
        let leaps = self.is_heard() && is_leap(at, self.latest.max(self.leap.unwrap_or_default()));
        if !self.is_heard() {
            self.latest = at;
        } else if is_leap(at, self.latest) {
            self.leap_ahead(at);
        } else if !is_leap(self.latest, at) {
            *self = Self { latest: self.latest.max(at), leap: None, borne_out: true, ..*self };
        } else if !self.borne_out {
            // Either the first was astray or this is: the clock stays behind.
            self.leap = Some(self.latest);
            self.latest = at;
        } else if !whole {
            let near = |leap: &Timestamp| !is_leap(*leap, at) && !is_leap(at, *leap);
            match self.leap.filter(near) {
                Some(leap) => (self.latest, self.leap) = (leap.max(at), None),
                None => self.leap = Some(at),
            }
        }
        self.at = at.min(self.latest);
        leaps
    }

    /// The next event near the first that leapt or beyond it bears it out.
    fn leap_ahead(&mut self, at: Timestamp) {
        match self.leap.filter(|&leap| leap > self.latest && !is_leap(leap, at)) {
            Some(leap) => {
                let beyond = is_leap(at, leap);
                self.latest = if beyond { leap } else { leap.max(at) };
                (self.leap, self.borne_out) = (beyond.then_some(at), true);
            }
            None => self.leap = Some(at),
        }
    }

    /// Whether a visit given whole that was over `at` changes nothing: it lies before what is
    /// known for sure, and not so far that it must be a leap.
    fn is_unmoved_by(self, at: Timestamp) -> bool {
        let settled = self.borne_out && self.leap.is_none() && self.at == self.latest;
        settled && at <= self.latest && !is_leap(self.latest, at)
    }

    /// Its source has nothing to tell up to `now`. Whoever says so needs nobody to bear it out,
    /// not even that the clock was astray when it is far ahead.
    fn pass(&mut self, now: Timestamp) {
        let astray = is_leap(self.latest, now);
        let latest = if astray { now } else { self.latest.max(now) };
        let at = if astray { now } else { self.at.max(now) };
        *self = Self { at, latest, leap: None, borne_out: true };
    }

    fn is_heard(self) -> bool {
        self.latest > Timestamp::ZERO
    }

    /// Adds what another part has heard of the same source.
    fn merge(&mut self, theirs: Self) {
        let at = self.at.max(theirs.at);
        let (mut one, other) = if self.borne_out { (*self, theirs) } else { (theirs, *self) };
        if other.borne_out {
            one.latest = one.latest.max(other.latest);
        } else if other.is_heard() {
            one.hear(other.latest, true);
        }
        other.leap.into_iter().for_each(|leap| _ = one.hear(leap, true));
        *self = Self { at: at.min(one.latest), ..one };
    }
}

/// The clocks of all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Clock>", into = "Vec<Clock>")]
pub(super) struct Clocks {
    clocks: Vec<Clock>,
    /// How far the last and the first of those came that were heard of: who was not has nothing
    /// to say.
    heard: [Timestamp; 2],
}

impl Clocks {
    /// Moves the clock of a source.
    fn turn<R>(&mut self, source: u16, by: impl FnOnce(&mut Clock) -> R) -> R {
        let row = usize::from(source);
        if self.clocks.len() <= row {
            self.clocks.resize(row + 1, Clock::default());
        }
        let clock = &mut self.clocks[row];
        let (before, was_borne_out) = (clock.latest, clock.borne_out);
        let done = by(clock);
        let (after, is_borne_out) = (clock.latest, clock.borne_out);
        if (after, is_borne_out) != (before, was_borne_out) {
            let [until, horizon] = self.heard;
            // Of many sources few are the last: those before it move no more than the horizon.
            if before == until || after < before || !was_borne_out {
                self.heard = heard(&self.clocks);
            } else {
                self.heard = [until, horizon.max(after)];
            }
        }
        done
    }

    /// The clock of a source.
    pub(super) fn of(&self, source: u16) -> Clock {
        self.clocks.get(usize::from(source)).copied().unwrap_or_default()
    }

    /// The instant up to which every source was heard of.
    pub(super) fn heard_until(&self) -> Timestamp {
        self.heard[0]
    }

    /// The latest instant any source told of, but for a first event far ahead of all others.
    pub(super) fn horizon(&self) -> Timestamp {
        self.heard[1]
    }

    /// The sources that have a clock.
    pub(super) fn sources(&self) -> impl Iterator<Item = u16> + use<> {
        (0..=u16::MAX).take(self.clocks.len())
    }

    /// Adds the clocks of `other`, whose sources `source` translates.
    pub(super) fn merge(&mut self, other: &Self, source: impl Fn(u16) -> u16) {
        for (known, &theirs) in (0..=u16::MAX).zip(&other.clocks) {
            self.turn(source(known), |ours| ours.merge(theirs));
        }
    }
}

/// How far the last of them came, and the first. One event of a source that is astray must not
/// carry away what the others are at.
fn heard(clocks: &[Clock]) -> [Timestamp; 2] {
    if let [only] = clocks {
        return [only.latest; 2];
    }
    let heard = clocks.iter().filter(|clock| clock.is_heard());
    let borne_out = heard.clone().filter(|clock| clock.borne_out).map(|clock| clock.latest).max();
    let latest = heard.map(|clock| clock.latest);
    let near = |at: &Timestamp| borne_out.is_none_or(|known| !is_leap(*at, known));
    [latest.clone().min(), latest.filter(near).max()].map(Option::unwrap_or_default)
}

impl From<Vec<Clock>> for Clocks {
    fn from(clocks: Vec<Clock>) -> Self {
        let heard = heard(&clocks);
        Self { clocks, heard }
    }
}

impl From<Clocks> for Vec<Clock> {
    fn from(clocks: Clocks) -> Self {
        clocks.clocks
    }
}

impl KpiAggregator {
    /// A source told of an event.
    pub(super) fn come_to(&mut self, source: u16, at: Timestamp) {
        let leaps = self.clocks.turn(source, |clock| clock.hear(at, false));
        self.note_clock(leaps);
    }

    /// A source told of a visit that was over `at`: what it tells of the past says nothing of
    /// what it is at.
    #[inline]
    pub(super) fn come_to_fact(&mut self, source: u16, over: Timestamp) {
        if self.clocks.of(source).is_unmoved_by(over) {
            return;
        }
        let leaps = self.clocks.turn(source, |clock| {
            let before = clock.at;
            let leaps = clock.hear(over, true);
            clock.at = clock.at.max(before).min(clock.latest);
            leaps
        });
        self.note_clock(leaps);
    }

    fn note_clock(&mut self, leaps: bool) {
        self.counters.skewed += u64::from(leaps);
        // A clock that had leapt ahead and came back must not keep the windows there.
        self.live.set_back(self.clocks.horizon());
    }

    /// A source has nothing to tell up to `now`.
    pub(super) fn pass(&mut self, source: u16, now: Timestamp) {
        self.clocks.turn(source, |clock| clock.pass(now));
        self.note_clock(false);
    }

    /// The latest instant any event told of: what readers take for now. Of one source's
    /// clock another's visits know nothing, so nothing is settled by it.
    pub(super) fn horizon(&self) -> Timestamp {
        self.clocks.horizon()
    }

    /// The instant up to which every source has said what it had to say, but for corrections.
    #[must_use]
    pub fn watermark(&self) -> Timestamp {
        self.clocks.heard_until() - self.lateness
    }
}
