//! The live view, what a wallboard shows now: who waits in each queue, and what the last
//! minutes came to. Cells by interval do not belong here, nor what an event means.
//!
//! Time is cut into panes of ten seconds; a window is the pane that holds `now` and those
//! before it, so that it ends now and covers up to ten seconds less than its name says.
//! Each count belongs to the instant at which the outcome for the service level was certain:
//! the answer, the abandonment, or the target's passing with the visit still waiting.

use core::ops::{AddAssign, SubAssign};
use std::collections::VecDeque;
use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::canonical;
use super::visits::VisitKey;
use crate::ids::QueueKey;
use crate::time::{MICROS, Span, Timestamp};

/// The lengths of the windows.
pub const WINDOWS: [Span; 4] = [Span::secs(300), Span::secs(900), Span::secs(1_800), HOUR];
/// The service level's target of a queue that was given none.
pub(crate) const DEFAULT_TARGET: Span = Span::secs(20);

const HOUR: Span = Span::secs(3_600);
/// The window that the expected wait goes by.
const PACE: usize = 1;
/// A pane's length, microseconds.
const PANE: i64 = 10 * MICROS;
/// Panes in each window; the last is as many as are kept.
const PANES: [i64; 4] = [30, 90, 180, 360];
const KEPT: i64 = PANES[3];

/// The number of a pane, counted from the epoch.
fn pane(at: Timestamp) -> i64 {
    at.micros() / PANE
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The customer was connected.
    Answered,
    /// The customer left.
    Abandoned,
    /// It went on without an answer, not by the customer's doing.
    Left,
}

/// What a window counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Visits that began.
    pub offered: u64,
    /// Visits that were answered.
    pub answered: u64,
    /// Visits that the customer gave up.
    pub abandoned: u64,
    /// Visits that left the queue otherwise, unserved.
    pub left: u64,
    /// Answered within the target.
    pub met: u64,
    /// Still waiting when the target had passed; counted at that instant.
    pub missed: u64,
    /// Abandoned within the target.
    pub early: u64,
    /// Sum of the waits of those answered, microseconds.
    pub wait: i128,
}

impl AddAssign<&Self> for Window {
    fn add_assign(&mut self, other: &Self) {
        self.offered += other.offered;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.left += other.left;
        self.met += other.met;
        self.missed += other.missed;
        self.early += other.early;
        self.wait += other.wait;
    }
}

impl SubAssign<&Self> for Window {
    fn sub_assign(&mut self, other: &Self) {
        self.offered -= other.offered;
        self.answered -= other.answered;
        self.abandoned -= other.abandoned;
        self.left -= other.left;
        self.met -= other.met;
        self.missed -= other.missed;
        self.early -= other.early;
        self.wait -= other.wait;
    }
}

/// One queue as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveQueue {
    /// Which queue.
    pub queue: QueueKey,
    /// Visits that wait.
    pub waiting: u64,
    /// Of them, those for whom the target has passed.
    pub overdue: u64,
    /// When the visit that has waited longest began.
    pub oldest_entered: Option<Timestamp>,
    /// The last 5, 15, 30 and 60 minutes, as in [`WINDOWS`].
    pub windows: [Window; 4],
    /// What a newcomer may expect to wait: one turn for each visit waiting and one more, a
    /// turn being the mean time between answers in the last 15 minutes. `None` without any.
    pub expected_wait: Option<Span>,
}

/// A visit that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wait {
    entered: Timestamp,
    /// Later than this it has missed the target it entered under.
    due: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Pane {
    index: i64,
    /// What was counted in it and all before it: a window is the difference of two.
    so_far: Window,
}

/// One queue. Brought up to date when it is touched; readers make up the difference.
#[derive(Clone, Debug, Default)]
struct Board {
    target: Option<Span>,
    /// Who waits, with the timers. Readers, who are few, look at each; events, which are many,
    /// keep no order. A visit that waits on has missed its target from its due
    /// instant on, which readers read off here; it is counted in a pane when it leaves, so that
    /// a leaving reported late takes nothing back.
    waits: FxHashMap<VisitKey, Wait>,
    /// Those that are not empty, ascending.
    panes: VecDeque<Pane>,
    /// What was counted before the first of them.
    before: Window,
    head: i64,
}

impl Board {
    /// Sets a visit's timer; one that waits already stays as it is.
    fn await_leaving(&mut self, key: VisitKey, wait: Wait) {
        self.waits.entry(key).or_insert(wait);
    }

    /// Moves the windows on to `head`.
    fn advance(&mut self, head: i64) {
        if head <= self.head {
            return;
        }
        self.head = head;
        while let Some(&Pane { index, so_far }) = self.panes.front()
            && index <= self.head - KEPT
        {
            self.before = so_far;
            self.panes.pop_front();
        }
    }

    /// Counts in a pane; false when the pane is not kept any more, or not yet.
    fn post(&mut self, index: i64, count: impl Fn(&mut Window)) -> bool {
        if index <= self.head - KEPT || index > self.head {
            return false;
        }
        // Time goes forward: nearly always it is the last pane, or a new one.
        match self.panes.back_mut() {
            Some(last) if last.index == index => count(&mut last.so_far),
            Some(last) if last.index > index => self.post_before(index, count),
            last => {
                let mut so_far = last.map_or(self.before, |last| last.so_far);
                count(&mut so_far);
                self.panes.push_back(Pane { index, so_far });
            }
        }
        true
    }

    #[inline(never)]
    fn post_before(&mut self, index: i64, count: impl Fn(&mut Window)) {
        let row = self.panes.partition_point(|pane| pane.index < index);
        if self.panes[row].index != index {
            self.panes.insert(row, Pane { index, so_far: self.until(row) });
        }
        self.panes.range_mut(row..).for_each(|pane| count(&mut pane.so_far));
    }

    /// What was counted before a pane.
    fn until(&self, row: usize) -> Window {
        row.checked_sub(1).map_or(self.before, |last| self.panes[last].so_far)
    }

    /// What was counted from one pane on until the end of the last.
    fn since(&self, row: usize) -> Window {
        let mut counts = self.until(self.panes.len());
        counts -= &self.until(row);
        counts
    }

    /// Each pane and what was counted in it.
    fn counts(&self) -> impl Iterator<Item = (i64, Window)> {
        self.panes.iter().enumerate().map(|(row, &Pane { index, mut so_far })| {
            so_far -= &self.until(row);
            (index, so_far)
        })
    }

    /// Whether the beginning could be counted.
    fn enter(&mut self, key: VisitKey, at: Timestamp) -> bool {
        let Entry::Vacant(wait) = self.waits.entry(key) else { return true };
        let due = at + self.target.unwrap_or(DEFAULT_TARGET);
        wait.insert(Wait { entered: at, due });
        self.post(pane(at), |window| window.offered += 1)
    }

    /// Whether the end could be counted.
    fn leave(&mut self, key: VisitKey, at: Timestamp, end: End) -> bool {
        let Some(Wait { entered, due }) = self.waits.remove(&key) else {
            return true;
        };
        let missed = at > due;
        if missed {
            self.post(pane(due), |window| window.missed += 1);
        }
        let within = u64::from(!missed);
        self.post(pane(at), |window| match end {
            End::Answered => {
                window.answered += 1;
                window.met += within;
                window.wait += i128::from(at.since(entered).micros());
            }
            End::Abandoned => {
                window.abandoned += 1;
                window.early += within;
            }
            End::Left => window.left += 1,
        })
    }

    fn read(&self, queue: QueueKey, now: Timestamp) -> LiveQueue {
        let head = pane(now).max(self.head);
        let first = |width| self.panes.partition_point(|pane| pane.index <= head - width);
        let mut windows = PANES.map(|width| self.since(first(width)));
        // Counts and the least come out the same in any order.
        let late = self.waits.values().filter(|wait| wait.due < now);
        late.clone().for_each(|wait| add_overdue(&mut windows, wait.due, head));
        let overdue = late.count() as u64;
        let oldest_entered = self.waits.values().map(|wait| wait.entered).min();
        let waiting = self.waits.len() as u64;
        let turn = i128::from(WINDOWS[PACE].micros());
        let answers = i128::from(windows[PACE].answered);
        let expected = ((i128::from(waiting) + 1) * turn).checked_div(answers);
        let expected_wait = expected.map(|micros| {
            i64::try_from(micros).ok().and_then(Span::from_micros).unwrap_or(Span::MAX)
        });
        LiveQueue { queue, waiting, overdue, oldest_entered, windows, expected_wait }
    }

    /// Forgets what lies after pane `head`, and makes that the last.
    fn set_back(&mut self, head: i64) {
        self.panes.retain(|pane| pane.index <= head);
        self.head = head;
    }
}

/// Adds to `sums` a visit that waits although its target has passed.
fn add_overdue(sums: &mut [Window; 4], due: Timestamp, head: i64) {
    for (sum, width) in sums.iter_mut().zip(PANES) {
        sum.missed += u64::from(pane(due) > head - width);
    }
}

/// What is going on in every queue. Events carry its time forward, and [`Self::advance`]
/// does while there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    now: Timestamp,
    late: u64,
    boards: Vec<Board>,
}

impl Live {
    /// What service level a queue aims at, for the visits that enter from now on.
    pub(crate) fn set_target(&mut self, queue: QueueKey, target: Span) {
        self.board(queue).target = Some(target);
    }

    /// A visit begins; nothing happens if it waits already. What is ahead of `clock` is not
    /// in the windows.
    pub(crate) fn enter(
        &mut self,
        queue: QueueKey,
        key: VisitKey,
        at: Timestamp,
        clock: Timestamp,
    ) {
        self.now = self.now.max(at.min(clock));
        let counted = self.board(queue).enter(key, at);
        self.late += u64::from(!counted);
    }

    /// A visit's wait ends; nothing happens unless it waits in that queue.
    pub(crate) fn leave(
        &mut self,
        queue: QueueKey,
        key: VisitKey,
        at: Timestamp,
        end: End,
        clock: Timestamp,
    ) {
        self.now = self.now.max(at.min(clock));
        let counted = self.board(queue).leave(key, at, end);
        self.late += u64::from(!counted);
    }

    /// Nobody will ever know how a visit's wait ended.
    pub(crate) fn forget(&mut self, queue: QueueKey, key: VisitKey) {
        self.board(queue).waits.remove(&key);
    }

    /// Moves every window on to `now`, if that is later than all before.
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let head = pane(self.now);
        self.boards.iter_mut().for_each(|board| board.advance(head));
    }

    /// Makes `now` the time although a later one came before: the clock of a source had
    /// leapt ahead. What was counted after `now` is forgotten, what the leap pushed out of
    /// the windows stays out; who waits is not touched.
    #[inline]
    pub(crate) fn set_back(&mut self, now: Timestamp) {
        if now < self.now {
            self.set_all_back(now);
        }
    }

    #[inline(never)]
    fn set_all_back(&mut self, now: Timestamp) {
        self.advance(self.now);
        self.now = now;
        self.boards.iter_mut().for_each(|board| board.set_back(pane(now)));
    }

    /// The latest instant heard of.
    #[cfg(test)]
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Beginnings and ends that were older than the longest window when they came, or far
    /// ahead of it: they changed who waits and nothing else.
    pub(crate) fn late(&self) -> u64 {
        self.late
    }

    /// A queue as it stands at `now`, or at [`Self::now`] when that is later.
    pub(crate) fn read(&self, queue: QueueKey, now: Timestamp) -> LiveQueue {
        let now = now.max(self.now);
        match self.boards.get(queue.index()) {
            Some(board) => board.read(queue, now),
            None => Board::default().read(queue, now),
        }
    }

    /// Every queue up to the last that was heard of, in the order of their keys.
    pub(crate) fn read_all(&self, now: Timestamp) -> Vec<LiveQueue> {
        (0..self.boards.len()).map(|index| self.read(QueueKey::new(index), now)).collect()
    }

    /// Adds what `other` saw; `queue` and `visit` translate its keys. A visit that waits in
    /// both stays as it is here, and so does a target. `horizon`: what the clocks of both come
    /// to, where one of them may have leapt ahead by itself.
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        horizon: Timestamp,
        queue: impl Fn(QueueKey) -> QueueKey,
        visit: impl Fn(VisitKey) -> VisitKey,
    ) {
        self.set_back(horizon);
        self.advance(other.now.min(horizon));
        self.late += other.late;
        for (index, theirs) in other.boards.iter().enumerate() {
            let board = self.board(queue(QueueKey::new(index)));
            board.target = board.target.or(theirs.target);
            for (&key, &wait) in canonical::sorted(&theirs.waits) {
                board.await_leaving(visit(key), wait);
            }
            for (index, counts) in theirs.counts() {
                board.post(index, |window| *window += &counts);
            }
        }
    }

    /// The board of a queue as of now, made when it is its first.
    fn board(&mut self, queue: QueueKey) -> &mut Board {
        let head = pane(self.now);
        if self.boards.len() <= queue.index() {
            self.boards.resize_with(queue.index() + 1, Board::default);
        }
        let board = &mut self.boards[queue.index()];
        board.advance(head);
        board
    }
}

/// What a live view is, whenever its queues were brought up to date.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Content {
    now: Timestamp,
    late: u64,
    boards: Vec<Standing>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Standing {
    target: Option<Span>,
    waits: Vec<(VisitKey, Wait)>,
    panes: Vec<(i64, Window)>,
}

impl From<&Live> for Content {
    fn from(live: &Live) -> Self {
        let oldest = pane(live.now) - KEPT;
        let standing = |board: &Board| Standing {
            target: board.target,
            waits: canonical::sorted(&board.waits).into_iter().map(|(&k, &w)| (k, w)).collect(),
            panes: board.counts().filter(|&(index, _)| index > oldest).collect(),
        };
        let boards = live.boards.iter().map(standing).collect();
        Self { now: live.now, late: live.late, boards }
    }
}

impl From<Content> for Live {
    fn from(content: Content) -> Self {
        let Content { now, late, boards } = content;
        let board = |standing: Standing| {
            let mut board = Board { target: standing.target, ..Board::default() };
            board.head = pane(now);
            standing.waits.into_iter().for_each(|(key, wait)| board.await_leaving(key, wait));
            for (index, counts) in standing.panes {
                board.post(index, |window| *window += &counts);
            }
            board
        };
        Self { now, late, boards: boards.into_iter().map(board).collect() }
    }
}

impl PartialEq for Live {
    fn eq(&self, other: &Self) -> bool {
        Content::from(self) == Content::from(other)
    }
}

impl Eq for Live {}

impl Serialize for Live {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Content::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Live {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Content::deserialize(deserializer).map(Self::from)
    }
}
