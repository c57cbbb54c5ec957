//! Conversations of visits that are paired: hold, end, and the wrap-up that may follow. What an
//! event means is said in `../conversations.rs`.

use rustc_hash::FxHashMap;

use super::open::{Entry, Open};
use super::{EventColumns, Now, Paired};
use crate::event::Cause;
use crate::metrics::conversations::WRAP_UP_GRACE;

/// What an event is to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Held,
    Resumed,
    Transferred,
    Released,
    WrapUpStarted,
    WrapUpEnded,
}

/// The hold of a conversation under way.
#[derive(Clone, Copy, Debug)]
struct Hold {
    since: Option<i64>,
    /// When the last hold ended, or the conversation began: nothing of it can be earlier, whatever
    /// the clock.
    spoken_since: i64,
    length: i64,
    times: u32,
}

/// A conversation that ended, and its wrap-up.
#[derive(Clone, Copy, Debug)]
struct Tail {
    row: u32,
    ended: i64,
    wrapping_since: Option<i64>,
}

/// Whose conversation it was: contact, visit and agent.
type Whose = (u64, u32, i32);

/// What is told of conversations: holds by row, and what may yet be wrapped up.
#[derive(Clone, Debug)]
pub(super) struct Talks {
    are_wrapped: bool,
    holds: FxHashMap<u32, Hold>,
    tails: FxHashMap<Whose, Tail>,
}

impl Talks {
    pub(super) fn new(are_wrapped: bool) -> Self {
        Self { are_wrapped, holds: FxHashMap::default(), tails: FxHashMap::default() }
    }

    /// Takes in what is told of a conversation; whether there is one.
    #[inline(always)]
    pub(super) fn tell(
        &mut self,
        step: Step,
        now: Now,
        events: &EventColumns<'_>,
        open: &mut Open,
        paired: &mut Paired,
    ) -> bool {
        let place = open.find(now.contact, now.visit);
        let place = place.filter(|&place| open.at(place).is_answered());
        match (step, place) {
            (Step::Held | Step::Resumed, Some(place)) => {
                self.hold(open.at(place), step, now.at, paired)
            }
            (Step::Transferred | Step::Released, Some(place)) => {
                self.end(*open.at(place), step, now, events, paired);
                open.close(place);
                true
            }
            (Step::Held | Step::Resumed | Step::Transferred | Step::Released, None) => false,
            (Step::WrapUpStarted, _) => self.start_wrap_up(now, events),
            (Step::WrapUpEnded, _) => self.end_wrap_up(now, events, paired),
        }
    }

    fn hold(&mut self, talk: &Entry, step: Step, at: i64, paired: &mut Paired) -> bool {
        let none = Hold { since: None, spoken_since: talk.since, length: 0, times: 0 };
        let hold = self.holds.entry(talk.row() as u32).or_insert(none);
        match (hold.since, step == Step::Held) {
            (None, true) => {
                paired.counters.backwards += u64::from(at < hold.spoken_since);
                hold.since = Some(at.max(hold.spoken_since));
                hold.times += 1;
                true
            }
            (Some(since), false) => {
                hold.since = None;
                hold.length += paired.counters.elapsed(since, at);
                hold.spoken_since = since.max(at);
                true
            }
            (None, false) | (Some(_), true) => false,
        }
    }

    #[inline(always)]
    fn end(
        &mut self,
        talk: Entry,
        step: Step,
        now: Now,
        events: &EventColumns<'_>,
        paired: &mut Paired,
    ) {
        let (row, counters) = (talk.row(), &mut paired.counters);
        let held = if self.holds.is_empty() { None } else { self.holds.remove(&(row as u32)) };
        let spoken_since = held.map_or(talk.since, |hold| hold.spoken_since);
        counters.talking -= 1;
        counters.backwards += u64::from(now.at < spoken_since);
        let ended = now.at.max(spoken_since);
        let last = held.and_then(|hold| hold.since).map(|since| counters.elapsed(since, ended));
        let conversed = counters.elapsed(talk.since, ended);
        // Holds lie within the conversation, unless the clock jumped.
        let all = held.map_or(0, |hold| hold.length) + last.unwrap_or_default();
        let hold = all.min(conversed);
        if let Some(column) = &mut paired.talk {
            column[row] = conversed - hold;
        }
        if let (Some((column, times)), Some(held)) = (&mut paired.hold, held) {
            (column[row], times[row]) = (hold, held.times);
        }
        if let Some(causes) = &mut paired.cause {
            let cause = events.cause.map_or(0, |cause| cause[now.event]);
            causes[row] = ending(step, Cause::from_code(cause).unwrap_or(Cause::None)) as u8;
        }
        if self.are_wrapped {
            let agent = match (events.agent, &paired.answers) {
                (Some(agent), Some(answers)) => agent[answers[row] as usize],
                (None, _) | (_, None) => -1,
            };
            let tail = Tail { row: row as u32, ended, wrapping_since: None };
            self.tails.insert((now.contact, now.visit, agent), tail);
        }
    }

    fn start_wrap_up(&mut self, now: Now, events: &EventColumns<'_>) -> bool {
        let at = now.at;
        let Some(tail) = self.tails.get_mut(&whose(now, events)) else { return false };
        if tail.wrapping_since.is_some() || at - tail.ended > WRAP_UP_GRACE.micros() {
            return false;
        }
        tail.wrapping_since = Some(at);
        true
    }

    fn end_wrap_up(&mut self, now: Now, events: &EventColumns<'_>, paired: &mut Paired) -> bool {
        let whose = whose(now, events);
        let Some(tail) = self.tails.get(&whose) else { return false };
        let Some(since) = tail.wrapping_since else { return false };
        let elapsed = paired.counters.elapsed(since, now.at);
        if let Some(column) = &mut paired.wrap_up {
            column[tail.row as usize] = elapsed;
        }
        self.tails.remove(&whose);
        true
    }
}

fn whose(now: Now, events: &EventColumns<'_>) -> Whose {
    (now.contact, now.visit, events.agent.map_or(-1, |agent| agent[now.event]))
}

/// The cause by which a row says how its conversation ended.
fn ending(step: Step, cause: Cause) -> Cause {
    match (step, cause) {
        (Step::Transferred, Cause::HandedOver) => Cause::HandedOver,
        (Step::Transferred, _) => Cause::Transferred,
        // Only a transfer transfers.
        (_, Cause::HandedOver | Cause::Transferred) => Cause::None,
        (_, cause) => cause,
    }
}
