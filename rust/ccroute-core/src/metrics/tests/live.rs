//! The live view against a recomputation over the list of events.

use proptest::prelude::*;

use super::super::live::{DEFAULT_TARGET, End, Live, LiveQueue, WINDOWS, Window};
use super::super::visits::VisitKey;
use super::*;
use crate::ids::QueueKey;

fn queue(index: usize) -> QueueKey {
    QueueKey::new(index)
}

fn key(contact: u64) -> VisitKey {
    VisitKey { contact, visit: 1, source: 0 }
}

fn read(live: &Live, now: f64) -> LiveQueue {
    live.read(queue(0), at(now))
}

fn bytes(live: &Live) -> Vec<u8> {
    postcard::to_stdvec(live).unwrap()
}

#[test]
fn waiting_visits_are_known_with_the_oldest() {
    let mut live = Live::default();
    for (contact, seconds) in [(1, 100.0), (2, 90.0), (3, 95.0)] {
        live.enter(queue(0), key(contact), at(seconds), at(seconds));
    }
    assert_eq!(
        (read(&live, 100.0).waiting, read(&live, 100.0).oldest_entered),
        (3, Some(at(90.0)))
    );
    live.leave(queue(0), key(2), at(110.0), End::Left, at(110.0));
    live.leave(queue(1), key(1), at(110.0), End::Left, at(110.0));
    assert_eq!(
        (read(&live, 110.0).waiting, read(&live, 110.0).oldest_entered),
        (2, Some(at(95.0)))
    );
    assert_eq!(live.read(queue(7), at(110.0)).waiting, 0);
    assert_eq!(live.read_all(at(110.0)).len(), 2);
}

#[test]
fn target_is_met_at_its_last_instant_and_missed_after() {
    let mut live = Live::default();
    for contact in 1..=5 {
        live.enter(queue(0), key(contact), at(100.0), at(100.0));
    }
    live.leave(queue(0), key(1), at(120.0), End::Answered, at(120.0));
    live.leave(queue(0), key(2), at(120.0), End::Abandoned, at(120.0));
    assert_eq!(read(&live, 120.0).windows[0].missed, 0);
    assert_eq!((read(&live, 120.0).overdue, read(&live, 120.1).overdue), (0, 3));
    assert_eq!(read(&live, 120.1).windows[0].missed, 3);
    live.leave(queue(0), key(3), at(120.1), End::Answered, at(120.1));
    live.leave(queue(0), key(4), at(130.0), End::Abandoned, at(130.0));
    let counts = Window {
        offered: 5,
        answered: 2,
        abandoned: 2,
        left: 0,
        met: 1,
        missed: 3,
        early: 1,
        wait: 40_100_000,
    };
    assert_eq!(read(&live, 130.0).windows, [counts; 4]);
    // The answer was reported late: what had been read as missed was met.
    live.leave(queue(0), key(5), at(119.0), End::Answered, at(119.0));
    let counts = read(&live, 130.0).windows[0];
    assert_eq!((counts.met, counts.missed, counts.answered), (2, 2, 3));
}

#[test]
fn target_holds_for_those_who_enter_from_then_on() {
    let mut live = Live::default();
    live.enter(queue(0), key(1), at(0.0), at(0.0));
    live.set_target(queue(0), Span::secs(5));
    live.enter(queue(0), key(2), at(0.0), at(0.0));
    let missed = |now| read(&live, now).windows[0].missed;
    assert_eq!((missed(5.0), missed(6.0), missed(20.0), missed(21.0)), (0, 1, 1, 2));
}

#[test]
fn windows_forget_what_is_older_than_they_are() {
    let mut live = Live::default();
    live.enter(queue(0), key(1), at(1_005.0), at(1_005.0));
    let offered = |live: &Live, now| read(live, now).windows.map(|window| window.offered);
    assert_eq!(offered(&live, 1_299.9), [1, 1, 1, 1]);
    assert_eq!(offered(&live, 1_300.0), [0, 1, 1, 1]);
    assert_eq!(offered(&live, 1_900.0), [0, 0, 1, 1]);
    assert_eq!(offered(&live, 2_800.0), [0, 0, 0, 1]);
    assert_eq!(offered(&live, 4_600.0), [0, 0, 0, 0]);
    live.advance(at(1_900.0));
    assert_eq!(offered(&live, 0.0), [0, 0, 1, 1]);
}

#[test]
fn newcomer_expects_one_turn_for_each_who_waits_and_one_more() {
    let mut live = Live::default();
    for contact in 1..=5 {
        live.enter(queue(0), key(contact), at(0.0), at(0.0));
    }
    assert_eq!(read(&live, 0.0).expected_wait, None);
    for contact in 1..=3 {
        live.leave(queue(0), key(contact), at(60.0), End::Answered, at(60.0));
    }
    assert_eq!(read(&live, 60.0).expected_wait, Some(Span::secs(900)));
    assert_eq!(read(&live, 960.0).expected_wait, None);
}

#[test]
fn what_is_older_than_an_hour_changes_only_who_waits() {
    let mut live = Live::default();
    live.enter(queue(0), key(1), at(4_000.0), at(4_000.0));
    live.enter(queue(0), key(2), at(100.0), at(100.0));
    assert_eq!((live.late(), read(&live, 4_000.0).oldest_entered), (1, Some(at(100.0))));
    assert_eq!(read(&live, 4_000.0).windows[3].offered, 1);
    live.leave(queue(0), key(2), at(300.0), End::Answered, at(300.0));
    assert_eq!((live.late(), read(&live, 4_000.0).waiting), (2, 1));
    assert_eq!(read(&live, 4_000.0).windows[3].answered, 0);
}

#[test]
fn clock_that_leapt_ahead_can_be_set_back() {
    let mut live = Live::default();
    live.enter(queue(0), key(1), at(1_000.0), at(1_000.0));
    live.enter(queue(0), key(2), at(1_000_000.0), at(1_000_000.0));
    live.enter(queue(0), key(3), at(1_010.0), at(1_010.0));
    assert_eq!(live.late(), 1);
    live.set_back(at(1_020.0));
    assert_eq!((live.now(), read(&live, 1_020.0).waiting), (at(1_020.0), 3));
    assert_eq!(read(&live, 1_020.0).windows, [Window::default(); 4]);
    live.enter(queue(0), key(4), at(1_030.0), at(1_030.0));
    let counts = read(&live, 1_031.0).windows[0];
    assert_eq!((counts.offered, counts.missed, live.late()), (1, 2, 1));
}

/// A visit as it is reported: `heard` is when of its beginning, `told` when of its end.
#[derive(Clone, Debug)]
struct Report {
    queue: usize,
    entered: Timestamp,
    heard: Timestamp,
    end: Option<(Timestamp, End, Timestamp)>,
}

/// Visits over some hours, reported up to a few minutes late and now and then more.
fn reports() -> impl Strategy<Value = Vec<Report>> {
    let delay = || prop_oneof![4 => 0u32..300, 1 => 0u32..3_000, 1 => Just(40_000u32)];
    let wait = prop_oneof![3 => 0u32..400, 2 => Just(200u32), 1 => 0u32..50_000];
    let end = prop_oneof![
        4 => Just(Some(End::Answered)), 2 => Just(Some(End::Abandoned)), 1 => Just(Some(End::Left)), 1 => Just(None),
    ];
    // Tenths of a second, so that edges of panes are met.
    let tenths = |count: u32| at(f64::from(count) / 10.0);
    let one = (0usize..3, 0u32..90_000, wait, end, delay(), delay());
    prop::collection::vec(
        one.prop_map(move |(queue, start, wait, end, delay, more)| Report {
            queue,
            entered: tenths(start),
            heard: tenths(start + delay),
            end: end
                .map(|end| (tenths(start + wait), end, tenths(start + (wait + more).max(delay)))),
        }),
        1..80,
    )
}

/// One step of the feed.
#[derive(Clone, Copy, Debug)]
enum Step {
    Target(usize, Span),
    Enter(usize),
    Leave(usize),
    Advance,
}

/// The steps in the order in which they are heard of, some of them doubled by others.
fn steps(reports: &[Report], targets: &[(usize, u32, u32)]) -> Vec<(Timestamp, Step)> {
    let mut steps: Vec<(Timestamp, Step)> = Vec::new();
    for (number, report) in reports.iter().enumerate() {
        steps.push((report.heard, Step::Enter(number)));
        steps.extend(report.end.map(|(_, _, told)| (told, Step::Leave(number))));
    }
    for &(queue, seconds, target) in targets {
        let step =
            if target == 0 { Step::Advance } else { Step::Target(queue, Span::secs(target)) };
        steps.push((at(f64::from(seconds)), step));
    }
    steps.sort_by_key(|&(heard, _)| heard);
    steps
}

/// What is known of a visit: queue, entry, due instant and end.
type Known = (usize, Timestamp, Timestamp, Option<(Timestamp, End)>);

/// The live view and the list of all it has heard.
#[derive(Default)]
struct Twin {
    live: Live,
    known: Vec<Option<Known>>,
    targets: [Option<Span>; 3],
    now: Timestamp,
    late: u64,
}

fn pane(at: Timestamp) -> i64 {
    at.micros() / 10_000_000
}

impl Twin {
    fn take(&mut self, reports: &[Report], heard: Timestamp, step: Step) {
        self.known.resize(reports.len(), None);
        match step {
            Step::Target(row, target) => {
                self.targets[row] = Some(target);
                self.live.set_target(queue(row), target);
            }
            Step::Enter(number) => {
                let Report { queue: row, entered, .. } = reports[number];
                let due = entered + self.targets[row].unwrap_or(DEFAULT_TARGET);
                self.known[number] = Some((row, entered, due, None));
                self.live.enter(queue(row), key(number as u64), entered, entered);
                self.note(entered);
            }
            Step::Leave(number) => {
                let (left, end, _) = reports[number].end.unwrap();
                let known = self.known[number].as_mut().unwrap();
                known.3 = Some((left, end));
                self.live.leave(queue(known.0), key(number as u64), left, end, left);
                self.note(left);
            }
            Step::Advance => {
                self.live.advance(heard);
                self.now = self.now.max(heard);
            }
        }
    }

    fn note(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        self.late += u64::from(pane(at) <= pane(self.now) - 360);
    }

    /// Queue `row` at `now`, from the list.
    fn recomputed(&self, row: usize, now: Timestamp) -> LiveQueue {
        let now = now.max(self.now);
        let visits: Vec<&Known> =
            self.known.iter().flatten().filter(|known| known.0 == row).collect();
        let waits = || visits.iter().filter(|known| known.3.is_none());
        let windows = WINDOWS.map(|length| {
            let panes = length.micros() / 10_000_000;
            let inside = |at: Timestamp| u64::from(pane(at) > pane(now) - panes);
            let mut counts = Window::default();
            for &&(_, entered, due, end) in &visits {
                counts.offered += inside(entered);
                let missed = end.map_or(now, |(at, _)| at) > due;
                counts.missed += u64::from(missed) * inside(due);
                let Some((at, end)) = end.filter(|&(at, _)| inside(at) == 1) else { continue };
                let within = u64::from(!missed);
                match end {
                    End::Answered => {
                        counts.answered += 1;
                        counts.met += within;
                        counts.wait += i128::from(at.since(entered).micros());
                    }
                    End::Abandoned => {
                        counts.abandoned += 1;
                        counts.early += within;
                    }
                    End::Left => counts.left += 1,
                }
            }
            counts
        });
        let waiting = waits().count() as u64;
        let answers = i64::try_from(windows[1].answered).unwrap();
        let expected_wait = (answers > 0)
            .then(|| Span::from_micros((waiting as i64 + 1) * 900_000_000 / answers).unwrap());
        let oldest_entered = waits().map(|known| known.1).min();
        let overdue = waits().filter(|known| known.2 < now).count() as u64;
        LiveQueue { queue: queue(row), waiting, overdue, oldest_entered, windows, expected_wait }
    }

    fn check(&self, now: Timestamp) -> Result<(), TestCaseError> {
        for row in 0..3 {
            prop_assert_eq!(self.live.read(queue(row), now), self.recomputed(row, now));
        }
        prop_assert_eq!((self.live.late(), self.live.now()), (self.late, self.now));
        Ok(())
    }
}

fn targets() -> impl Strategy<Value = Vec<(usize, u32, u32)>> {
    prop::collection::vec((0usize..3, 0u32..12_000, prop_oneof![Just(0u32), 1u32..3_000]), 0..12)
}

proptest! {
    #[test]
    fn windows_equal_the_recomputation_at_every_instant(
        reports in reports(), targets in targets(), later in 0u32..5_000,
    ) {
        let mut twin = Twin::default();
        for (heard, step) in steps(&reports, &targets) {
            twin.take(&reports, heard, step);
            twin.check(heard)?;
            twin.check(heard + Span::secs(later))?;
        }
    }

    #[test]
    fn saved_and_read_back_it_goes_on_as_if_never_saved(
        reports in reports(), targets in targets(), cut in any::<prop::sample::Index>(),
    ) {
        let steps = steps(&reports, &targets);
        let cut = cut.index(steps.len());
        let mut twin = Twin::default();
        for (number, &(heard, step)) in steps.iter().enumerate() {
            twin.take(&reports, heard, step);
            if number == cut {
                let saved = bytes(&twin.live);
                // Nothing changes that only brings the queues up to date.
                let mut advanced = twin.live.clone();
                advanced.advance(twin.now);
                prop_assert_eq!(&bytes(&advanced), &saved);
                twin.live = postcard::from_bytes(&saved).unwrap();
                prop_assert_eq!(&bytes(&twin.live), &saved);
                prop_assert_eq!(&twin.live, &advanced);
            }
            twin.check(heard)?;
        }
    }

    #[test]
    fn merging_parts_equals_hearing_it_all(
        reports in reports(), targets in targets(), owners in prop::collection::vec(0usize..3, 80),
    ) {
        let (mut whole, mut parts) = (Twin::default(), [Twin::default(), Twin::default(), Twin::default()]);
        for (heard, step) in steps(&reports, &targets) {
            whole.take(&reports, heard, step);
            for (owner, part) in parts.iter_mut().enumerate() {
                match step {
                    Step::Enter(number) | Step::Leave(number) if owners[number] != owner => {}
                    Step::Enter(_) | Step::Leave(_) | Step::Target(..) | Step::Advance => {
                        part.take(&reports, heard, step);
                    }
                }
            }
        }
        let swapped = |queue: QueueKey| QueueKey::new(2 - queue.index());
        let renamed = |key: VisitKey| VisitKey { source: key.source + 1, ..key };
        let merged = |order: [usize; 3]| {
            let mut all = Live::default();
            order.iter().for_each(|&owner| all.merge(&parts[owner].live, Timestamp::MAX, swapped, renamed));
            all
        };
        let all = merged([0, 1, 2]);
        for row in 0..3 {
            let LiveQueue { queue: _, waiting, overdue, oldest_entered, windows, expected_wait } = all.read(queue(2 - row), whole.now);
            let alone = whole.live.read(queue(row), whole.now);
            prop_assert_eq!((waiting, overdue, oldest_entered, windows, expected_wait),
                (alone.waiting, alone.overdue, alone.oldest_entered, alone.windows, alone.expected_wait));
        }
        prop_assert_eq!(bytes(&merged([2, 1, 0])), bytes(&all));
    }
}
