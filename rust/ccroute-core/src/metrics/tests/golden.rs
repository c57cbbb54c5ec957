//! The worked examples of vendors and the calls that every peer gets wrong, to the minute.

use super::*;
use crate::event::{Cause, EventKind as Kind};

const MINUTE: i128 = 60_000_000;

fn half_hours() -> Feed {
    Feed::with(Settings { interval: Span::secs(1800), ..Settings::default() })
}

/// What a word comes to by interval: where it begins, in minutes; and whole minutes.
fn minutes(feed: &mut Feed, basis: Basis, word: &str) -> Vec<(i64, i128)> {
    let rows = read_intervals(&mut feed.metrics, basis, word);
    rows.into_iter().map(|(start, figures)| (start / 60, figures[0] / MINUTE)).collect()
}

/// 46 minutes of talk that Genesys posts as 0, 16 and 30 minutes to three half hours and that
/// split is 14, 27 and 5. One call cannot fill 27 of 30 minutes in the middle, so it is two
/// conversations: from minute 16 to 32, then a transfer and three minutes' wait, then from 35
/// to 65.
fn genesys_call() -> Feed {
    let mut feed = half_hours();
    let mut tell = |kind, minute: f64, visit, agent: &str| {
        let mut event = feed.event(kind, minute * 60.0, "call", agent);
        event.visit = visit;
        event.cause = Cause::Transferred;
        feed.metrics.fold(feed.source, &event);
    };
    tell(Kind::ContactQueued, 16.0, 1, "");
    tell(Kind::ContactConnected, 16.0, 1, "ana");
    tell(Kind::ContactTransferred, 32.0, 1, "ana");
    tell(Kind::ContactQueued, 32.0, 2, "");
    tell(Kind::ContactConnected, 35.0, 2, "ben");
    tell(Kind::ContactReleased, 65.0, 2, "ben");
    feed
}

#[test]
fn call_of_46_minutes_by_completion_and_split() {
    let mut feed = genesys_call();
    for basis in [Basis::Completion, Basis::Event] {
        assert_eq!(minutes(&mut feed, basis, "talk.sum"), [(30, 16), (60, 30)], "{basis}");
        assert_eq!(minutes(&mut feed, basis, "handle.sum"), [(30, 16), (60, 30)], "{basis}");
    }
    let split = minutes(&mut feed, Basis::Split, "talk.sum");
    assert_eq!(split, [(0, 14), (30, 27), (60, 5)]);
    assert_eq!(minutes(&mut feed, Basis::Split, "wait_answered.sum"), [(30, 3)]);
    assert_eq!(minutes(&mut feed, Basis::Offered, "talk.sum"), [(0, 16), (30, 30)]);
    assert_eq!(feed.all(Basis::Offered, "offered contacts answered transferred"), [2, 1, 2, 1]);
}

#[test]
fn call_over_two_intervals_whole_in_the_last_or_by_its_parts() {
    // Avaya: ACDTIME is whole in the interval of its end, I_ACDTIME by interval.
    let mut feed = half_hours();
    feed.fold(Kind::ContactQueued, 20.0 * 60.0, "c", "");
    feed.fold(Kind::ContactConnected, 20.0 * 60.0, "c", "ana");
    feed.fold(Kind::ContactReleased, 45.0 * 60.0, "c", "ana");
    assert_eq!(minutes(&mut feed, Basis::Event, "talk.sum"), [(30, 25)]);
    assert_eq!(minutes(&mut feed, Basis::Split, "talk.sum"), [(0, 10), (30, 15)]);
    let touched = read_intervals(&mut feed.metrics, Basis::Split, "conversations");
    assert_eq!(touched, [(0, vec![1]), (1800, vec![1])]);
}

#[test]
fn call_that_ends_at_the_edge_has_no_part_in_the_next_interval() {
    let mut feed = half_hours();
    feed.fold(Kind::ContactQueued, 0.0, "c", "");
    feed.fold(Kind::ContactConnected, 0.0, "c", "ana");
    feed.fold(Kind::ContactReleased, 1800.0, "c", "ana");
    assert_eq!(minutes(&mut feed, Basis::Split, "talk.sum"), [(0, 30)]);
    // Half-open: what ends at 30:00 belongs to the interval that begins then.
    assert_eq!(minutes(&mut feed, Basis::Event, "talk.sum"), [(30, 30)]);
}

#[test]
fn call_over_midnight_belongs_to_one_day_or_both() {
    const DAY: f64 = 86_400.0;
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, DAY - 600.0, "c", "");
    feed.fold(Kind::ContactConnected, DAY - 590.0, "c", "ana");
    feed.fold(Kind::ContactReleased, DAY + 1200.0, "c", "ana");
    let mut by_day = |basis| {
        let edges = [0.0, DAY, 2.0 * DAY].map(at).to_vec();
        let query = Query { basis, edges, fields: fields("offered talk.sum"), ..Query::default() };
        let rows = feed.metrics.query(&query).unwrap();
        let figures = |row: &FigureRow<'_>| {
            let figure = |n: usize| row.figures[n].integer().unwrap();
            (row.interval, figure(0), figure(1) / 1_000_000)
        };
        rows.iter().map(figures).collect::<Vec<_>>()
    };
    assert_eq!(by_day(Basis::Offered), [(0, 1, 1790)]);
    assert_eq!(by_day(Basis::Event), [(0, 1, 0), (1, 0, 1790)]);
    assert_eq!(by_day(Basis::Completion), [(1, 1, 1790)]);
    assert_eq!(by_day(Basis::Split), [(0, 1, 590), (1, 0, 1200)]);
}

#[test]
fn call_of_no_length_is_counted_and_has_no_parts() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 900.0, "c", "");
    feed.fold(Kind::ContactConnected, 900.0, "c", "ana");
    feed.fold(Kind::ContactReleased, 900.0, "c", "ana");
    let words = "offered answered conversations handled talk.zero handle.zero wait_answered.zero";
    for basis in [Basis::Offered, Basis::Event, Basis::Completion, Basis::ServiceLevelEvent] {
        let rows = read_intervals(&mut feed.metrics, basis, words);
        assert_eq!(rows, [(900, vec![1; 7])], "{basis}");
    }
    assert_eq!(read_intervals(&mut feed.metrics, Basis::Split, "offered talk.sum"), []);
    let ladder = "wait_answered.within:5000000 passed:5000000 talk.max handle.sum";
    assert_eq!(feed.all(Basis::ServiceLevelEvent, ladder), [1, 0, 0, 0]);
}

#[test]
fn call_of_23_hours_is_split_over_92_quarters() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 100.0, "c", "");
    feed.fold(Kind::ContactConnected, 100.0, "c", "ana");
    feed.fold(Kind::ContactReleased, 100.0 + 23.0 * 3600.0, "c", "ana");
    let parts = read_intervals(&mut feed.metrics, Basis::Split, "talk.sum");
    assert_eq!(parts.len(), 93);
    assert_eq!((parts[0].1[0], parts[92].1[0]), (800_000_000, 100_000_000));
    assert!(parts[1..92].iter().all(|(_, part)| part[0] == 900_000_000));
    assert_eq!(feed.read(Basis::Offered, "talk.max"), 23 * 60 * MINUTE);
    assert_eq!(feed.metrics.counters(), Counters { events: 3, ..Counters::default() });
}

#[test]
fn wrap_up_of_hours_belongs_to_the_interval_of_the_disconnect_on_completion() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c", "");
    feed.fold(Kind::ContactConnected, 0.0, "c", "ana");
    feed.fold(Kind::ContactReleased, 1000.0, "c", "ana");
    feed.fold(Kind::WrapUpStarted, 1000.0, "c", "ana");
    let words = "conversations handled wrap_up.sum handle.sum";
    let known = [(900, vec![1, 0, 0, 0])];
    assert_eq!(read_intervals(&mut feed.metrics, Basis::Completion, words), known);
    feed.fold(Kind::WrapUpEnded, 1000.0 + 3.0 * 3600.0, "c", "ana");
    let whole = [(900, vec![1, 1, 180 * MINUTE, 180 * MINUTE + 1_000_000_000])];
    assert_eq!(read_intervals(&mut feed.metrics, Basis::Completion, words), whole);
    let events = read_intervals(&mut feed.metrics, Basis::Event, "conversations handled");
    assert_eq!(events, [(900, vec![1, 0]), (11_700, vec![0, 1])]);
}

#[test]
fn hand_over_is_complete_with_its_last_part() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c", "");
    feed.fold(Kind::ContactConnected, 10.0, "c", "ana");
    let mut over = feed.event(Kind::ContactTransferred, 910.0, "c", "ana");
    over.cause = Cause::HandedOver;
    feed.metrics.fold(feed.source, &over);
    feed.fold(Kind::AgentJoined, 910.0, "c", "ben");
    feed.fold(Kind::ContactReleased, 1810.0, "c", "ben");
    let words = "answered conversations handed_over handled talk.sum";
    let whole = [(1800, vec![1, 2, 1, 2, 30 * MINUTE])];
    assert_eq!(read_intervals(&mut feed.metrics, Basis::Completion, words), whole);
    assert_eq!(feed.agents(Basis::Completion, "talk.sum"), [15 * MINUTE, 15 * MINUTE]);
    assert_eq!(feed.agents(Basis::Split, "talk.sum"), [15 * MINUTE, 15 * MINUTE]);
    // The answer is the first agent's alone.
    assert_eq!(feed.agents(Basis::Offered, "answered"), [1, 0]);
}

#[test]
fn offer_that_was_missed_costs_the_customer_no_place_and_the_agent_an_offer() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c", "");
    feed.fold(Kind::OfferMade, 2.0, "c", "ana");
    feed.fold(Kind::OfferMissed, 17.0, "c", "ana");
    feed.fold(Kind::ContactRequeued, 17.0, "c", "");
    feed.fold(Kind::OfferMade, 18.0, "c", "ben");
    feed.fold(Kind::OfferAccepted, 21.0, "c", "ben");
    feed.fold(Kind::ContactConnected, 22.0, "c", "ben");
    feed.fold(Kind::ContactReleased, 82.0, "c", "ben");
    let words = "offered answered offers_made offers_missed offers_accepted wait_answered.sum \
                 ringing connecting";
    let figures = [1, 1, 2, 1, 1, 22_000_000, 3_000_000, 1_000_000];
    assert_eq!(feed.all(Basis::Offered, words), figures);
    let by_agent = read_by(&mut feed.metrics, Basis::Event, &[Dimension::Agent], words);
    let ben = vec![0, 1, 1, 0, 1, 0, 3_000_000, 1_000_000];
    assert_eq!(by_agent[0], ("ana".to_owned(), vec![0, 0, 1, 1, 0, 0, 0, 0]));
    assert_eq!(by_agent[1], ("ben".to_owned(), ben));
}

#[test]
fn ring_all_has_one_answer_and_as_many_losers_as_rang_in_vain() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c", "");
    for agent in ["ana", "ben", "cem"] {
        feed.fold(Kind::OfferMade, 0.0, "c", agent);
    }
    feed.fold(Kind::OfferAccepted, 4.0, "c", "ben");
    feed.fold(Kind::ContactConnected, 4.0, "c", "ben");
    feed.fold(Kind::OfferLost, 4.0, "c", "ana");
    feed.fold(Kind::OfferLost, 5.0, "c", "cem");
    feed.fold(Kind::ContactReleased, 64.0, "c", "ben");
    let words = "offered answered offers_made offers_accepted offers_lost offers_missed";
    assert_eq!(feed.all(Basis::Completion, words), [1, 1, 3, 1, 2, 0]);
    assert_eq!(feed.agents(Basis::Offered, "answered"), [0, 1, 0]);
    assert_eq!(feed.agents(Basis::Offered, "offers_lost"), [1, 0, 1]);
    assert_eq!(feed.metrics.counters().orphans, 0);
}

#[test]
fn agents_of_icmi_and_cisco_have_their_ladder_counts() {
    // ICMI: 1000 answered, 860 of them within 20 s; 60 abandoned, 20 within 20 s, 10 within 5.
    let mut feed = Feed::new();
    let mut post = |row: u32, course, wait: f64| {
        let fact = feed.answered(&format!("c{row}"), f64::from(row), wait, 60.0);
        let fact = match course {
            Course::Answered => fact,
            Course::Abandoned | Course::Left(_) | Course::None => {
                VisitFact { course, agent: None, talk: Span::ZERO, ..fact }
            }
        };
        assert_eq!(feed.post(&fact), Posted::Counted);
    };
    (0..860).for_each(|row| post(row, Course::Answered, f64::from(row % 21)));
    (860..1000).for_each(|row| post(row, Course::Answered, 21.0));
    (1000..1010).for_each(|row| post(row, Course::Abandoned, 5.0));
    (1010..1020).for_each(|row| post(row, Course::Abandoned, 20.0));
    (1020..1060).for_each(|row| post(row, Course::Abandoned, 90.0));
    let words = "answered abandoned wait_answered.within:20000000 wait_abandoned.within:20000000 \
                 wait_abandoned.within:5000000 wait_abandoned.below:5000000";
    for basis in [Basis::Offered, Basis::Event, Basis::Completion, Basis::ServiceLevelEvent] {
        assert_eq!(feed.all(basis, words), [1000, 60, 860, 20, 10, 0], "{basis}");
    }
    assert_eq!(feed.read(Basis::ServiceLevelEvent, "passed:20000000"), 140 + 40);
}
