//! What a centre's bad days bring: clocks that leap, ends that are lost, sources that fall
//! silent. What was counted stays right, and what cannot be counted is said.

use super::*;
use crate::event::EventKind as Kind;

const DAY: f64 = 86_400.0;

/// A visit of 5 s that was abandoned.
fn abandoned(feed: &mut Feed, id: &str, start: f64) {
    feed.fold(Kind::ContactQueued, start, id, "");
    feed.fold(Kind::ContactAbandoned, start + 5.0, id, "");
}

fn live_offered(feed: &Feed) -> u64 {
    feed.metrics.live(None).queues[0].windows[3].offered
}

#[test]
fn one_event_from_the_far_future_ages_nothing() {
    let mut feed = Feed::new();
    let source = feed.source;
    abandoned(&mut feed, "c1", 1000.0);
    let known = feed.metrics.contact(source, "c1");
    abandoned(&mut feed, "c2", 1010.0);
    feed.fold(Kind::ContactQueued, 9_000.0 * DAY, "astray", "");
    assert_eq!((feed.metrics.watermark(), feed.metrics.horizon()), (at(895.0), at(1015.0)));
    assert_eq!((live_offered(&feed), feed.metrics.counters().skewed), (2, 1));
    // It is measured all the same.
    assert_eq!(feed.all(Basis::Offered, "offered waiting"), [3, 1]);
    abandoned(&mut feed, "c3", 1020.0);
    assert_eq!((live_offered(&feed), feed.metrics.contact(source, "c1")), (3, known));
    let fact = VisitFact { wait: span(7.0), ..feed.fact("c1", 1000.0) };
    assert_eq!(feed.post(&fact), Posted::Counted);
    // A second one, long after, bears the first out no more.
    feed.fold(Kind::ContactQueued, 9_001.0 * DAY, "astray too", "");
    abandoned(&mut feed, "c4", 1040.0);
    assert_eq!((feed.metrics.horizon(), feed.metrics.counters().skewed), (at(1045.0), 2));
    assert_eq!((live_offered(&feed), feed.metrics.counters().late), (4, 0));
}

#[test]
fn first_event_from_the_far_future_does_not_keep_the_clock_there() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 9_000.0 * DAY, "astray", "");
    assert_eq!(feed.metrics.horizon(), at(9_000.0 * DAY));
    for number in 0..3 {
        abandoned(&mut feed, &format!("c{number}"), 1000.0 + f64::from(number));
    }
    assert_eq!((feed.metrics.horizon(), live_offered(&feed)), (at(1007.0), 3));
}

#[test]
fn gap_in_a_log_is_borne_out_by_the_next_event() {
    let mut feed = Feed::new();
    abandoned(&mut feed, "c1", 0.0);
    feed.fold(Kind::ContactQueued, 100.0 * DAY, "c2", "");
    assert_eq!(feed.metrics.horizon(), at(5.0));
    feed.fold(Kind::ContactAbandoned, 100.0 * DAY + 5.0, "c2", "");
    assert_eq!(feed.metrics.horizon(), at(100.0 * DAY + 5.0));
    assert_eq!(feed.all(Basis::Offered, "offered abandoned"), [2, 2]);
    // Events ever further apart: each bears out the one before.
    feed.fold(Kind::ContactQueued, 200.0 * DAY, "c3", "");
    feed.fold(Kind::ContactQueued, 300.0 * DAY, "c4", "");
    assert_eq!(feed.metrics.horizon(), at(200.0 * DAY));
    // What the host says needs nobody to bear it out.
    feed.metrics.advance(feed.source, at(400.0 * DAY));
    assert_eq!(feed.metrics.horizon(), at(400.0 * DAY));
}

#[test]
fn clock_that_leapt_for_a_while_comes_back() {
    let mut feed = Feed::new();
    abandoned(&mut feed, "c1", 1000.0);
    abandoned(&mut feed, "astray", 9_000.0 * DAY);
    assert_eq!(feed.metrics.horizon(), at(9_000.0 * DAY + 5.0));
    // Rows of old visits say nothing of the clock.
    for id in ["c2", "c3"] {
        let fact = feed.fact(id, 900.0);
        feed.metrics.post_visit(&fact).unwrap();
    }
    assert_eq!(feed.metrics.horizon(), at(9_000.0 * DAY + 5.0));
    abandoned(&mut feed, "c4", 1010.0);
    abandoned(&mut feed, "c5", 1020.0);
    assert_eq!(feed.metrics.horizon(), at(1025.0));
    assert_eq!(live_offered(&feed), 1);
}

#[test]
fn leap_of_one_wrap_up_settles_no_other() {
    let mut feed = Feed::new();
    for id in ["c1", "c2"] {
        feed.fold(Kind::ContactQueued, 0.0, id, "");
        feed.fold(Kind::ContactConnected, 1.0, id, id);
        feed.fold(Kind::ContactReleased, 11.0, id, id);
    }
    feed.fold(Kind::AgentReady, 9_000.0 * DAY, "", "c2");
    feed.fold(Kind::WrapUpStarted, 12.0, "c1", "c1");
    feed.fold(Kind::WrapUpEnded, 20.0, "c1", "c1");
    assert_eq!(feed.metrics.counters().orphans, 0);
    assert_eq!(feed.read(Basis::Offered, "wrap_up.sum"), 8_000_000);
}

#[test]
fn clocks_of_parts_add_up_to_that_of_the_whole() {
    let part = |starts: &[f64]| {
        let mut feed = Feed::new();
        starts.iter().for_each(|&start| abandoned(&mut feed, "c1", start));
        feed.metrics
    };
    let (one, other) = (part(&[0.0, 100.0]), part(&[50.0, 300.0]));
    for (mut first, second) in [(one.clone(), &other), (other.clone(), &one)] {
        first.merge(second).unwrap();
        assert_eq!(first.horizon(), at(305.0));
    }
}

/// Whether the visits from then on are all kept.
fn keeps_from(feed: &Feed, start: f64) -> bool {
    let (start, end) = (at(start), Timestamp::MAX);
    feed.metrics.visits(&VisitQuery { basis: Basis::Offered, start, end, only: Vec::new() }).is_ok()
}

#[test]
fn source_that_fell_silent_holds_back_the_eviction_of_no_other() {
    let mut feed = Feed::with(Settings { retention: Span::secs(3600), ..Settings::default() });
    let (busy, silent) = (feed.source, feed.metrics.source("silent").unwrap());
    feed.source = silent;
    abandoned(&mut feed, "old", 0.0);
    feed.source = busy;
    for number in 0..100 {
        abandoned(&mut feed, &format!("c{number}"), f64::from(number) * 100.0);
    }
    assert_eq!(feed.metrics.records.iter().count(), 1 + 36 + 1);
    assert!(keeps_from(&feed, 6_300.0) && !keeps_from(&feed, 6_200.0));
    // The silent one's are corrected, and so is a row of its own past.
    feed.source = silent;
    for (id, revision) in [("old", 1), ("older", 2)] {
        let fact = VisitFact { revision, wait: span(7.0), ..feed.fact(id, 0.0) };
        assert_eq!(feed.post(&fact), Posted::Counted, "{id}");
    }
    assert_eq!(feed.metrics.watermark(), at(0.0));
    feed.metrics.advance(silent, at(9_905.0));
    assert_eq!(feed.metrics.watermark(), at(9_785.0));
    assert_eq!(feed.metrics.records.iter().count(), 36 + 1);
}

#[test]
fn rows_of_an_archive_are_kept_by_the_clock_of_the_archive() {
    let mut feed = Feed::with(Settings { retention: Span::secs(3600), ..Settings::default() });
    let (pbx, archive) = (feed.source, feed.metrics.source("archive").unwrap());
    abandoned(&mut feed, "c1", 10.0 * DAY);
    feed.source = archive;
    let row = feed.fact("c1", DAY);
    assert_eq!(feed.post(&row), Posted::Counted);
    assert_eq!(feed.post(&VisitFact { revision: 2, wait: span(3.0), ..row }), Posted::Counted);
    feed.source = pbx;
    abandoned(&mut feed, "c2", 10.0 * DAY + 7_200.0);
    assert_eq!(feed.all(Basis::Offered, "offered wait_abandoned.sum"), [3, 13_000_000]);
    assert_eq!(feed.metrics.records.iter().count(), 2);
}

#[test]
fn too_many_records_drop_the_oldest_of_all_sources() {
    let mut feed = Feed::with(Settings { most_records: 3, ..Settings::default() });
    let sources = ["a", "b", "c"].map(|name| feed.metrics.source(name).unwrap());
    for number in 0..9 {
        feed.source = sources[number % 3];
        abandoned(&mut feed, &format!("c{number}"), 1000.0 - 100.0 * number as f64);
    }
    let kept: Vec<Timestamp> =
        feed.metrics.records.iter().map(|(_, record)| record.place.entered).collect();
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|&entered| entered >= at(800.0)), "{kept:?}");
}

/// ana talks with c1 from 5 s on; its end is lost, and the day goes on until 1000 s.
fn end_lost(retention: u32) -> Feed {
    let retention = Span::secs(retention);
    let mut feed = Feed::with(Settings { retention, ..Settings::default() });
    feed.fold(Kind::AgentReady, 0.0, "", "ana");
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 5.0, "c1", "ana");
    feed.fold(Kind::ContactQueued, 7.0, "c2", "");
    feed.fold(Kind::AgentReady, 1000.0, "", "ben");
    feed
}

#[test]
fn row_of_a_visit_whose_end_was_lost_ends_it() {
    for retention in [3600, 0] {
        let mut feed = end_lost(retention);
        // Not over yet, and over before it began.
        for wrong in [feed.answered("c1", 0.0, 5.0, 996.0), feed.answered("c2", 0.0, 1.0, 1.0)] {
            let refused = feed.metrics.post_visit(&wrong).unwrap_err();
            assert_eq!(refused.code, crate::error::RejectionCode::WrongPhase);
        }
        let row = feed.answered("c1", 0.0, 6.0, 60.0);
        assert_eq!(feed.post(&row), Posted::Counted);
        let gone = VisitFact { wait: span(30.0), ..feed.fact("c2", 7.0) };
        assert_eq!(feed.post(&gone), Posted::Counted);
        for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
            let words = "offered answered abandoned conversations wait_answered.sum talk.sum";
            let figures = [2, 1, 1, 1, 6_000_000, 60_000_000];
            assert_eq!(feed.all(basis, words), figures, "{basis} {retention}");
        }
        // ana is free again from the end that the row says.
        assert_eq!(feed.time("ana", 1000.0, "talk idle"), [61_000_000, 939_000_000]);
        let live = feed.metrics.live(None);
        let window = live.queues[0].windows[3];
        assert_eq!((live.queues[0].waiting, window.abandoned, window.missed), (0, 1, 1));
        assert_eq!(feed.metrics.visits.earliest(), None);
        let counters = feed.metrics.counters();
        assert_eq!((counters.backwards, counters.given_up), (0, 0));
    }
}

#[test]
fn visit_open_for_a_month_is_given_up_and_can_be_corrected() {
    let mut feed = end_lost(86_400 * 2);
    for day in 1..31 {
        abandoned(&mut feed, "daily", f64::from(day) * DAY);
        assert_eq!(feed.metrics.counters().given_up, 0);
    }
    abandoned(&mut feed, "daily", 31.0 * DAY + 900.0);
    assert_eq!(feed.metrics.counters().given_up, 2);
    let words = "offered answered abandoned waiting conversations";
    assert_eq!(feed.all(Basis::Offered, words), [33, 1, 31, 0, 0]);
    assert_eq!(feed.all(Basis::Completion, words)[..2], [33, 1]);
    assert_eq!(feed.metrics.live(None).queues[0].waiting, 0);
    let edges = vec![at(0.0), at(900.0)];
    let query = Query { fields: fields("offered"), edges, ..Query::default() };
    assert!(feed.metrics.query(&query).unwrap()[0].is_final);
    let row = feed.answered("c1", 0.0, 6.0, 60.0);
    assert_eq!(feed.post(&row), Posted::Counted);
    assert_eq!(feed.all(Basis::Offered, words), [33, 1, 31, 0, 1]);
}

#[test]
fn wrap_up_whose_end_was_lost_is_given_up_too() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, 10.0, "c1", "ana");
    feed.fold(Kind::WrapUpStarted, 10.0, "c1", "ana");
    for day in 1..=31 {
        abandoned(&mut feed, "daily", f64::from(day) * DAY);
    }
    assert_eq!((feed.metrics.counters().given_up, feed.read(Basis::Event, "handled")), (0, 0));
    abandoned(&mut feed, "daily", 31.0 * DAY + 900.0);
    assert_eq!((feed.metrics.counters().given_up, feed.read(Basis::Event, "handled")), (1, 1));
    assert_eq!(feed.all(Basis::Event, "wrapped handle.sum"), [0, 10_000_000]);
    assert_eq!(feed.metrics.visits.earliest(), None);
}

#[test]
fn contacts_crowded_out_by_another_source_are_remembered() {
    let most = Settings { most_records: 1, retention: Span::secs(86_400), ..Settings::default() };
    let mut feed = Feed::with(most);
    let (busy, calm) = (feed.source, feed.metrics.source("calm").unwrap());
    abandoned(&mut feed, "c", 1000.0);
    feed.source = calm;
    abandoned(&mut feed, "quiet", 1000.0);
    let quiet = feed.metrics.contact(calm, "quiet");
    feed.source = busy;
    feed.fold(Kind::ContactQueued, 1010.0, "open", "");
    let open = feed.metrics.contact(busy, "open");
    for number in 0..3000 {
        abandoned(&mut feed, &format!("c{number}"), 1010.0 + f64::from(number));
    }
    // Those of the last minute are kept, however many there are.
    let keys: Vec<_> =
        (0..2000).map(|number| feed.metrics.contact(busy, &format!("named {number}"))).collect();
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(feed.metrics.contact(busy, &format!("named {number}")), *key);
    }
    assert!(feed.metrics.remembered_contacts() < 2000 + 1000 + 10);
    assert_eq!(feed.metrics.contact(busy, "open"), open);
    assert_eq!(feed.metrics.contact(calm, "quiet"), quiet);
}

#[test]
fn contacts_named_before_the_first_row_of_a_table_stay_for_its_last() {
    let mut feed = Feed::with(Settings { most_records: 1, ..Settings::default() });
    let keys: Vec<_> = (0..3000).map(|n| feed.metrics.contact(0, &format!("c{n}"))).collect();
    for (number, &contact) in keys.iter().enumerate() {
        let entered = at(9_000.0 * DAY + number as f64 / 100.0);
        let fact = VisitFact { contact, entered, ..feed.fact("c0", 0.0) };
        assert_eq!(feed.post(&fact), Posted::Counted);
        assert_eq!(feed.metrics.contact(0, &format!("c{number}")), contact);
    }
    let again: Vec<_> = (0..3000).map(|n| feed.metrics.contact(0, &format!("c{n}"))).collect();
    assert_eq!(again, keys);
}

#[test]
fn absurd_durations_are_cut_and_counted() {
    let mut feed = Feed::new();
    let longest = 31 * 86_400 * 1_000_000;
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactQueued, 0.0, "c2", "");
    feed.fold(Kind::ContactConnected, 10.0, "c2", "ana");
    feed.fold(Kind::ContactHeld, 15.0, "c2", "ana");
    feed.fold(Kind::ContactAbandoned, 9_000.0 * DAY, "c1", "");
    feed.fold(Kind::ContactReleased, 9_000.0 * DAY, "c2", "ana");
    for basis in [Basis::Offered, Basis::Event, Basis::Completion, Basis::Split] {
        let words = "wait_answered.sum wait_abandoned.sum hold.sum talk.sum";
        let sums = feed.all(basis, words);
        assert_eq!(sums, [10_000_000, longest, longest, 0], "{basis}");
    }
    assert_eq!(feed.read(Basis::Offered, "conversations"), 1);
    // The wait, the hold, the conversation, and ana's states.
    assert_eq!(feed.metrics.counters().overlong, 4);
    let row = feed.fact("c1", 0.0);
    assert_eq!(feed.post(&VisitFact { wait: span(60.0), ..row }), Posted::Counted);
    assert_eq!(feed.read(Basis::Offered, "wait_abandoned.sum"), 60_000_000);
}

#[test]
fn agents_time_that_a_late_event_changes_is_at_a_new_revision_and_in_the_feed() {
    let mut feed = Feed::new();
    let ana = feed.metrics.agent("ana");
    feed.metrics.set_team(ana, "north");
    feed.fold(Kind::AgentReady, 0.0, "", "ana");
    feed.fold(Kind::AgentReady, 100.0, "", "ben");
    feed.metrics.advance(feed.source, at(4000.0));
    let read = |feed: &mut Feed, word: &str| {
        let edges = (0..5).map(|n| at(900.0 * f64::from(n))).collect();
        let only = vec![(Dimension::Agent, vec![Some("ana".to_owned())])];
        let query = Query { fields: fields(word), edges, only, ..Query::default() };
        let rows = feed.metrics.query(&query).unwrap();
        rows.iter().map(|row| (row.figures[0].integer(), row.revision)).collect::<Vec<_>>()
    };
    let whole = Some(900_000_000);
    assert_eq!(read(&mut feed, "time.idle"), [(whole, 0); 4]);
    let (_, seen) = feed.metrics.changed(0).unwrap();
    // Late, and from then on ana was away.
    feed.fold(Kind::AgentNotReady, 1000.0, "", "ana");
    let (cells, seen) = feed.metrics.changed(seen).unwrap();
    let starts: Vec<_> = cells.iter().map(|cell| cell.start).collect();
    assert_eq!(starts, [at(900.0), at(1800.0), at(2700.0)]);
    let last = cells[0].labels;
    assert_eq!(
        (last[Dimension::Agent as usize], last[Dimension::Team as usize]),
        (Some(0), Some(0))
    );
    let changed = [(whole, 0), (Some(100_000_000), 1), (Some(0), 1), (Some(0), 1)];
    assert_eq!(read(&mut feed, "time.idle"), changed);
    // The visits' figures did not change, nor does what is said again.
    assert!(read(&mut feed, "conversations").iter().all(|&(_, revision)| revision == 0));
    feed.fold(Kind::AgentNotReady, 1100.0, "", "ana");
    assert_eq!(feed.metrics.changed(seen).unwrap().0, []);
}

#[test]
fn whoever_says_the_time_sets_a_clock_right_that_was_astray() {
    let mut feed = Feed::new();
    feed.fold(Kind::AgentReady, 100.0 * 365.0 * DAY, "", "ana");
    feed.metrics.advance(feed.source, at(1000.0));
    assert_eq!(feed.metrics.horizon(), at(1000.0));
    abandoned(&mut feed, "c1", 1010.0);
    assert_eq!(live_offered(&feed), 1);
    // A little earlier than the last is no news.
    feed.metrics.advance(feed.source, at(900.0));
    assert_eq!(feed.metrics.horizon(), at(1015.0));
}

#[test]
fn agent_wraps_up_as_the_row_says_whichever_end_was_lost() {
    for released in [true, false] {
        let mut feed = Feed::new();
        feed.fold(Kind::AgentReady, 0.0, "", "ana");
        feed.fold(Kind::ContactQueued, 0.0, "c1", "");
        feed.fold(Kind::ContactConnected, 10.0, "c1", "ana");
        if released {
            feed.fold(Kind::ContactReleased, 70.0, "c1", "ana");
            feed.fold(Kind::WrapUpStarted, 70.0, "c1", "ana");
        }
        feed.fold(Kind::AgentReady, 1000.0, "", "ben");
        let row = VisitFact { wrap_up: span(30.0), ..feed.answered("c1", 0.0, 10.0, 60.0) };
        assert_eq!(feed.post(&row), Posted::Counted);
        let states = feed.time("ana", 1000.0, "talk wrap_up idle");
        assert_eq!(states, [60_000_000, 30_000_000, 910_000_000], "{released}");
        assert_eq!(feed.metrics.live(None).agents[0].contacts, 0);
    }
}

#[test]
fn windows_outlive_the_merge_with_a_part_whose_clock_was_astray() {
    let today = || {
        let mut feed = Feed::new();
        abandoned(&mut feed, "c1", 1000.0);
        abandoned(&mut feed, "c2", 1010.0);
        feed
    };
    let mut astray = Feed::new();
    astray.fold(Kind::ContactQueued, 100.0 * 365.0 * DAY, "junk", "");
    let mut one = today();
    one.metrics.merge(&astray.metrics).unwrap();
    assert_eq!(live_offered(&one), 2);
    astray.metrics.merge(&today().metrics).unwrap();
    assert_eq!(live_offered(&astray), 2);
}

#[test]
fn team_said_while_a_clock_was_astray_holds_from_now_on() {
    let mut feed = Feed::new();
    let ana = feed.metrics.agent("ana");
    feed.fold(Kind::AgentReady, 100.0 * 365.0 * DAY, "", "ana");
    feed.metrics.set_team(ana, "blue");
    feed.metrics.set_team(ana, "red");
    feed.metrics.advance(feed.source, at(1000.0));
    feed.metrics.set_team(ana, "green");
    let row = feed.answered("c1", 2000.0, 1.0, 10.0);
    feed.post(&row);
    let teams = read_by(&mut feed.metrics, Basis::Offered, &[Dimension::Team], "answered");
    assert!(teams.contains(&("green".to_owned(), vec![1])), "{teams:?}");
}

#[test]
fn first_event_of_another_source_carries_the_windows_of_none_away() {
    let mut feed = Feed::new();
    abandoned(&mut feed, "c1", 1000.0);
    abandoned(&mut feed, "c2", 1010.0);
    let side = feed.metrics.source("side").unwrap();
    let mut event = feed.event(Kind::ContactQueued, 400.0 * DAY, "far", "");
    event.contact = Some(feed.metrics.contact(side, "far"));
    feed.metrics.fold(side, &event);
    assert_eq!((feed.metrics.horizon(), live_offered(&feed)), (at(1015.0), 2));
    // It comes back, and the windows go on.
    event.at = at(1020.0);
    event.visit = 2;
    feed.metrics.fold(side, &event);
    abandoned(&mut feed, "c3", 1030.0);
    assert_eq!(feed.metrics.horizon(), at(1035.0));
    assert_eq!(live_offered(&feed), 4);
}

#[test]
fn event_of_an_agent_from_the_far_future_lasts_no_longer_than_to_the_next() {
    for leapt in [Kind::AgentReady, Kind::AgentNotReady, Kind::AgentSignedOut] {
        let mut feed = Feed::new();
        feed.fold(Kind::AgentSignedIn, 0.0, "", "ana");
        feed.fold(Kind::AgentReady, 100.0, "", "ana");
        feed.fold(leapt, 400.0 * DAY, "", "ana");
        feed.fold(Kind::AgentReady, 200.0, "", "ben");
        feed.fold(Kind::AgentSignedOut, 300.0, "", "ana");
        let states = feed.time("ana", 400.0, "idle not_ready signed_in");
        let idle = if leapt == Kind::AgentReady { 200 } else { 100 };
        let away = if leapt == Kind::AgentNotReady { 200 } else { 100 };
        let signed_in = if leapt == Kind::AgentSignedOut { 200 } else { 300 };
        assert_eq!(states, [idle, away, signed_in].map(|n| n * 1_000_000), "{leapt:?}");
        let counters = feed.metrics.counters();
        assert_eq!(
            (counters.skewed, counters.overlong, counters.backwards),
            (1, 0, 0),
            "{leapt:?}"
        );
    }
}

#[test]
fn first_event_of_an_agent_after_a_long_gap_counts_from_its_own_time() {
    for end in [Some(100.0 * DAY + 50.0), None] {
        let mut feed = Feed::new();
        feed.fold(Kind::AgentSignedIn, 0.0, "", "ana");
        feed.fold(Kind::AgentSignedOut, 10.0, "", "ana");
        feed.fold(Kind::AgentSignedIn, 100.0 * DAY, "", "ben");
        match end {
            Some(seconds) => feed.fold(Kind::AgentReady, seconds, "", "ben"),
            // Nothing more comes: the source itself says how late it is.
            None => feed.metrics.advance(feed.source, at(100.0 * DAY + 50.0)),
        }
        let times = feed.time("ben", 100.0 * DAY + 50.0, "signed_in not_ready idle");
        assert_eq!(times, [50_000_000, 50_000_000, 0]);
    }
}
