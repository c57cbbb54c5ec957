//! What single feeds of events come to.

use super::*;
use crate::event::{Cause, Device, EventKind as Kind, Role};

const SECOND: i128 = 1_000_000;

/// ana takes c1 after a ring of 4 s, holds it once, and wraps up.
fn one_conversation() -> Feed {
    let mut feed = Feed::new();
    for (kind, seconds) in [
        (Kind::ContactQueued, 890.0),
        (Kind::OfferMade, 890.0),
        (Kind::OfferAccepted, 894.0),
        (Kind::ContactConnected, 895.0),
        (Kind::ContactHeld, 910.0),
        (Kind::ContactResumed, 930.0),
        (Kind::ContactReleased, 995.0),
        (Kind::WrapUpStarted, 995.0),
        (Kind::WrapUpEnded, 1805.0),
    ] {
        let agent = if kind == Kind::ContactQueued { "" } else { "ana" };
        feed.fold(kind, seconds, "c1", agent);
    }
    feed
}

#[test]
fn conversation_is_counted_once_with_its_parts() {
    let mut feed = one_conversation();
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        let counts = "offered contacts answered conversations handled held holds wrapped";
        assert_eq!(feed.all(basis, counts), [1; 8], "{basis}");
        assert_eq!(feed.all(basis, "offers_made offers_accepted"), [1, 1]);
        let sums = "wait_answered.sum ringing connecting talk.sum hold.sum wrap_up.sum handle.sum";
        let seconds = [5, 4, 1, 80, 20, 810, 910].map(|seconds| seconds * SECOND);
        assert_eq!(feed.all(basis, sums), seconds, "{basis}");
        assert_eq!(feed.read(basis, "handle.max"), 910 * SECOND);
        let ladder = "wait_answered.within:5000000 wait_answered.below:5000000";
        assert_eq!(feed.all(basis, ladder), [1, 0]);
    }
}

#[test]
fn bases_differ_by_interval_and_agree_in_total() {
    let mut feed = one_conversation();
    let words = "offered answered talk.sum handle.sum";
    let (talk, handle) = (80 * SECOND, 910 * SECOND);
    let mut by = |basis| read_intervals(&mut feed.metrics, basis, words);
    assert_eq!(by(Basis::Offered), [(0, vec![1, 1, talk, handle])]);
    let events = [(0, vec![1, 1, 0, 0]), (900, vec![0, 0, talk, 0]), (1800, vec![0, 0, 0, handle])];
    assert_eq!(by(Basis::Event), events);
    assert_eq!(by(Basis::Completion), [(900, vec![1, 1, talk, handle])]);
    // 890 to 895 s waiting, 895 to 995 s in conversation, until 1805 s wrapping up.
    let split = [
        (0, vec![1, 0, 5 * SECOND, 5 * SECOND]),
        (900, vec![0, 0, 75 * SECOND, 900 * SECOND]),
        (1800, vec![0, 0, 0, 5 * SECOND]),
    ];
    assert_eq!(by(Basis::Split), split);
}

#[test]
fn wait_counts_from_entry_into_this_queue_not_from_the_age() {
    let mut feed = Feed::new();
    let mut queued = feed.event(Kind::ContactQueued, 100.0, "c1", "");
    queued.time = Some(at(10.0));
    feed.metrics.fold(feed.source, &queued);
    feed.fold(Kind::ContactConnected, 103.0, "c1", "ana");
    assert_eq!(feed.read(Basis::Offered, "wait_answered.sum"), 3_000_000);
}

#[test]
fn requeued_visit_keeps_its_wait_and_frees_the_agent_being_connected() {
    let mut feed = Feed::new();
    feed.fold(Kind::AgentReady, 0.0, "", "ana");
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::OfferMade, 0.0, "c1", "ana");
    feed.fold(Kind::OfferAccepted, 1.0, "c1", "ana");
    feed.fold(Kind::ContactRequeued, 6.0, "c1", "");
    feed.fold(Kind::ContactAbandoned, 9.0, "c1", "");
    let words = "offered abandoned wait_abandoned.sum";
    assert_eq!(feed.all(Basis::Offered, words), [1, 1, 9 * SECOND]);
    let time = feed.time("ana", 10.0, "offered connecting idle");
    assert_eq!(time, [SECOND, 5 * SECOND, 4 * SECOND]);
}

#[test]
fn leaving_by_rule_is_no_abandonment() {
    let mut feed = Feed::new();
    for (id, cause) in [("a", Cause::TimedOut), ("b", Cause::ExitedByKey), ("c", Cause::TimedOut)] {
        feed.fold(Kind::ContactQueued, 0.0, id, "");
        let mut left = feed.event(Kind::ContactLeft, 60.0, id, "");
        left.cause = cause;
        feed.metrics.fold(feed.source, &left);
    }
    assert_eq!(feed.all(Basis::Offered, "left.timed_out left.exited_by_key"), [2, 1]);
    assert_eq!(feed.all(Basis::Offered, "left abandoned wait_left.sum"), [3, 0, 180 * SECOND]);
}

#[test]
fn handing_over_gives_each_agent_a_handle_time() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 10.0, "c1", "ana");
    let mut over = feed.event(Kind::ContactTransferred, 40.0, "c1", "ana");
    over.cause = Cause::HandedOver;
    feed.metrics.fold(feed.source, &over);
    feed.fold(Kind::WrapUpStarted, 40.0, "c1", "ana");
    feed.fold(Kind::AgentJoined, 40.0, "c1", "ben");
    feed.fold(Kind::WrapUpEnded, 45.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, 60.0, "c1", "ben");
    let counts = "answered conversations transferred handed_over";
    assert_eq!(feed.all(Basis::Offered, counts), [1, 2, 1, 1]);
    let sums = feed.all(Basis::Offered, "talk.sum wrap_up.sum handle.sum");
    assert_eq!(sums, [50 * SECOND, 5 * SECOND, 55 * SECOND]);
    assert_eq!(feed.agents(Basis::Offered, "handle.sum"), [35 * SECOND, 20 * SECOND]);
}

#[test]
fn handed_over_and_back_keeps_all_three_conversations() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    for (seconds, from, to) in [(10.0, "ana", "ben"), (15.0, "ben", "ana")] {
        let mut over = feed.event(Kind::ContactTransferred, seconds, "c1", from);
        over.cause = Cause::HandedOver;
        feed.metrics.fold(feed.source, &over);
        feed.fold(Kind::AgentJoined, seconds, "c1", to);
    }
    feed.fold(Kind::ContactReleased, 35.0, "c1", "ana");
    assert_eq!(feed.all(Basis::Offered, "handle.count handle.sum"), [3, 35 * SECOND]);
}

#[test]
fn second_hand_over_is_not_ended_by_the_grace_of_the_first() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    for (seconds, from, to) in [(10.0, "ana", "ben"), (71.0, "ben", "cem")] {
        let mut over = feed.event(Kind::ContactTransferred, seconds, "c1", from);
        over.cause = Cause::HandedOver;
        feed.metrics.fold(feed.source, &over);
        feed.fold(Kind::AgentJoined, seconds, "c1", to);
    }
    feed.fold(Kind::ContactReleased, 80.0, "c1", "cem");
    feed.fold(Kind::ContactQueued, 200.0, "c2", "");
    assert_eq!(feed.metrics.counters().orphans, 0);
    let seconds = [10, 61, 9].map(|seconds| seconds * SECOND);
    assert_eq!(feed.agents(Basis::Offered, "handle.sum"), seconds);
    assert_eq!(feed.agents(Basis::Offered, "time.talk"), seconds);
}

#[test]
fn handle_time_is_read_before_and_settled_after_the_grace() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, 30.0, "c1", "ana");
    let words = "conversations handled handle.count handle.sum handle.max";
    let done = [1, 1, 1, 30 * SECOND, 30 * SECOND];
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        assert_eq!(feed.all(basis, words), done, "{basis}");
    }
    feed.fold(Kind::ContactQueued, 91.0, "c2", "");
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        assert_eq!(feed.all(basis, words), done, "{basis}");
    }
    feed.fold(Kind::WrapUpStarted, 91.0, "c1", "ana");
    assert_eq!(feed.metrics.counters().orphans, 1);
}

#[test]
fn what_cannot_be_counted_is_counted_as_such_and_changes_nothing() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactConnected, 1.0, "stranger", "ana");
    feed.fold(Kind::ContactReleased, 2.0, "stranger", "ana");
    feed.fold(Kind::OfferMissed, 2.0, "stranger", "ana");
    feed.fold(Kind::WrapUpEnded, 2.0, "stranger", "ana");
    feed.fold(Kind::AgentSignedOut, 2.0, "", "ana");
    feed.fold(Kind::ContactQueued, 3.0, "c1", "");
    feed.fold(Kind::ContactQueued, 4.0, "c1", "");
    feed.fold(Kind::ContactResumed, 4.0, "c1", "ana");
    feed.fold(Kind::OfferMade, 4.0, "c1", "");
    feed.fold(Kind::AgentReady, 4.0, "", "");
    let counters = feed.metrics.counters();
    assert_eq!((counters.events, counters.orphans), (10, 6));
    assert_eq!((counters.duplicates, counters.incomplete), (1, 2));
    for &count in Count::ALL {
        let entered = matches!(count, Count::Offered | Count::Contacts);
        assert_eq!(feed.read(Basis::Event, count.word()), i128::from(entered), "{count}");
    }
    assert_eq!(feed.all(Basis::Event, "waiting oldest"), [1, SECOND]);
    assert_eq!(feed.time("ana", 100.0, "talk idle signed_in not_ready wrap_up"), [0; 5]);
}

#[test]
fn repeated_sequence_numbers_are_duplicates_per_source() {
    let mut feed = Feed::new();
    let mut queued = feed.event(Kind::ContactQueued, 0.0, "c1", "");
    queued.sequence = 7;
    feed.metrics.fold(feed.source, &queued);
    let mut abandoned = feed.event(Kind::ContactAbandoned, 5.0, "c1", "");
    abandoned.sequence = 7;
    feed.metrics.fold(feed.source, &abandoned);
    assert_eq!((feed.read(Basis::Event, "abandoned"), feed.metrics.counters().duplicates), (0, 1));
    let other = feed.metrics.source("other").unwrap();
    queued.contact = Some(feed.metrics.contact(other, "c1"));
    feed.metrics.fold(other, &queued);
    assert_eq!(feed.read(Basis::Event, "offered"), 2);
}

#[test]
fn clock_that_jumps_back_gives_zero_and_a_count() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 100.0, "c1", "");
    feed.fold(Kind::ContactConnected, 98.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, 97.0, "c1", "ana");
    assert_eq!(feed.all(Basis::Offered, "wait_answered.sum talk.sum"), [0, 0]);
    assert_eq!(feed.all(Basis::Split, "wait_answered.sum talk.sum"), [0, 0]);
    assert_eq!(feed.metrics.counters().backwards, 3);
}

#[test]
fn two_contacts_at_once_take_one_second_per_second() {
    let mut feed = Feed::new();
    feed.fold(Kind::AgentSignedIn, 0.0, "", "ana");
    feed.fold(Kind::AgentReady, 10.0, "", "ana");
    for (kind, seconds, id) in [
        (Kind::ContactQueued, 20.0, "a"),
        (Kind::ContactConnected, 20.0, "a"),
        (Kind::ContactQueued, 30.0, "b"),
        (Kind::ContactConnected, 30.0, "b"),
        (Kind::ContactHeld, 40.0, "a"),
        (Kind::ContactReleased, 50.0, "b"),
        (Kind::ContactReleased, 60.0, "a"),
    ] {
        feed.fold(kind, seconds, id, "ana");
    }
    let time = feed.time("ana", 100.0, "talk hold not_ready idle signed_in");
    assert_eq!(time, [30, 10, 10, 50, 100].map(|seconds| seconds * SECOND));
}

#[test]
fn states_are_cut_exactly_at_the_edges_of_intervals() {
    let mut feed = Feed::new();
    let mut lunch = feed.event(Kind::AgentNotReady, 850.5, "", "ana");
    lunch.reason = Some(feed.metrics.text("lunch"));
    feed.metrics.fold(feed.source, &lunch);
    feed.fold(Kind::AgentReady, 1900.0, "", "ana");
    let mut by_interval = |from: u32, to: u32| {
        let edges = [from, to].map(|edge| Timestamp::ZERO + Span::secs(edge)).to_vec();
        let fields = fields("time.not_ready time.not_ready.lunch time.idle");
        let query = Query { edges, fields, now: Some(at(2000.0)), ..Query::default() };
        let rows = feed.metrics.query(&query).unwrap();
        let figure = |row: usize| rows[0].figures[row].integer().unwrap();
        assert_eq!(figure(0), figure(1));
        (figure(0), figure(2))
    };
    assert_eq!(by_interval(0, 900), (49_500_000, 0));
    assert_eq!(by_interval(900, 1800), (900 * SECOND, 0));
    assert_eq!(by_interval(1800, 2700), (100 * SECOND, 100 * SECOND));
    assert_eq!(by_interval(0, 2700), (1_049_500_000, 100 * SECOND));
}

#[test]
fn forgotten_sign_out_is_cut_and_counted() {
    let mut feed = Feed::new();
    feed.fold(Kind::AgentReady, 0.0, "", "ana");
    feed.fold(Kind::AgentSignedOut, 1e9, "", "ana");
    assert_eq!(feed.metrics.counters().overlong, 1);
    assert_eq!(feed.time("ana", 2e9, "idle"), [31 * 86_400 * SECOND]);
}

#[test]
fn offer_of_a_ring_all_that_outlives_the_contact_does_not_hold_the_agent() {
    let mut feed = Feed::new();
    feed.fold(Kind::AgentReady, 0.0, "", "ana");
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::OfferMade, 0.0, "c1", "ana");
    feed.fold(Kind::ContactAbandoned, 5.0, "c1", "");
    feed.fold(Kind::OfferWithdrawn, 6.0, "c1", "ana");
    assert_eq!(feed.time("ana", 10.0, "offered idle"), [6 * SECOND, 4 * SECOND]);
}

#[test]
fn ready_agent_whose_device_is_busy_outside_is_not_idle() {
    let mut feed = Feed::new();
    let device = |feed: &mut Feed, seconds: f64, device: Device| {
        let mut event = feed.event(Kind::AgentDevice, seconds, "", "ana");
        event.number = device as u32;
        feed.metrics.fold(feed.source, &event);
    };
    feed.fold(Kind::AgentSignedIn, 0.0, "", "ana");
    device(&mut feed, 5.0, Device::InUse); // not ready all the same
    feed.fold(Kind::AgentReady, 10.0, "", "ana"); // 10 s outside
    device(&mut feed, 20.0, Device::Available); // 5 s idle
    device(&mut feed, 25.0, Device::Ringing); // 2 s outside
    feed.fold(Kind::ContactQueued, 27.0, "c1", "");
    feed.fold(Kind::ContactConnected, 27.0, "c1", "ana");
    device(&mut feed, 27.0, Device::InUse); // ours: 13 s talk
    feed.fold(Kind::ContactReleased, 40.0, "c1", "ana");
    device(&mut feed, 41.0, Device::Unreachable); // 1 s in use, 9 s gone
    feed.fold(Kind::AgentSignedIn, 50.0, "", "ana");
    feed.fold(Kind::AgentReady, 50.0, "", "ana");
    let time = feed.time("ana", 60.0, "device_busy idle talk not_ready signed_in");
    assert_eq!(time, [22, 15, 13, 10, 60].map(|seconds| seconds * SECOND));
}

#[test]
fn consulted_agent_is_engaged_and_a_monitor_is_not() {
    let mut feed = Feed::new();
    feed.fold(Kind::AgentReady, 0.0, "", "ben");
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    for (role, from) in [(Role::Monitor, 10.0), (Role::Consult, 20.0)] {
        for (kind, seconds) in [(Kind::AgentJoined, from), (Kind::AgentLeft, from + 5.0)] {
            let mut event = feed.event(kind, seconds, "c1", "ben");
            event.role = role;
            feed.metrics.fold(feed.source, &event);
        }
    }
    assert_eq!(feed.time("ben", 30.0, "talk idle"), [5 * SECOND, 25 * SECOND]);
    assert_eq!(feed.metrics.counters().orphans, 0);
}

#[test]
fn who_goes_from_consult_to_conference_talks_on() {
    let mut feed = Feed::new();
    feed.fold(Kind::AgentReady, 0.0, "", "ben");
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    for (kind, seconds, role) in [
        (Kind::AgentJoined, 10.0, Role::Consult),
        (Kind::AgentJoined, 14.0, Role::Conference),
        (Kind::AgentLeft, 20.0, Role::Conference),
    ] {
        let mut event = feed.event(kind, seconds, "c1", "ben");
        event.role = role;
        feed.metrics.fold(feed.source, &event);
    }
    assert_eq!(feed.time("ben", 30.0, "talk idle"), [10 * SECOND, 20 * SECOND]);
    assert_eq!(feed.metrics.counters().orphans, 0);
}

#[test]
fn contacts_known_by_text_are_forgotten_after_their_last_visit() {
    let mut feed = Feed::with(Settings { retention: Span::ZERO, ..Settings::default() });
    for number in 0..1000u32 {
        let (id, start) = (format!("call-{number}"), f64::from(number * 10));
        feed.fold(Kind::ContactQueued, start, &id, "");
        feed.fold(Kind::ContactConnected, start + 1.0, &id, "ana");
        feed.fold(Kind::ContactReleased, start + 5.0, &id, "ana");
        feed.fold(Kind::WrapUpStarted, start + 5.0, &id, "ana");
        feed.fold(Kind::WrapUpEnded, start + 8.0, &id, "ana");
    }
    assert!(feed.metrics.remembered_contacts() < 40);
    assert_eq!(feed.metrics.counters().orphans, 0);
    assert_eq!(feed.read(Basis::Offered, "handle.sum"), 7_000 * SECOND);
}

#[test]
fn hand_over_that_nobody_joins_is_over_after_the_grace() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    let mut over = feed.event(Kind::ContactTransferred, 30.0, "c1", "ana");
    over.cause = Cause::HandedOver;
    feed.metrics.fold(feed.source, &over);
    feed.fold(Kind::ContactQueued, 100.0, "c2", "");
    feed.fold(Kind::ContactQueued, 101.0, "c1", "");
    assert_eq!(feed.metrics.counters(), Counters { events: 5, ..Counters::default() });
    assert_eq!(feed.read(Basis::Offered, "waiting"), 2);
    assert_eq!(feed.metrics.remembered_contacts(), 2);
}

/// A served contact of `source`, with a wrap-up, from `start` on.
fn served(feed: &mut Feed, source: u16, id: &str, start: f64) {
    feed.source = source;
    feed.fold(Kind::ContactQueued, start, id, "");
    feed.fold(Kind::ContactConnected, start, id, "ana");
    feed.fold(Kind::ContactReleased, start + 10.0, id, "ana");
    feed.fold(Kind::WrapUpStarted, start + 10.0, id, "ana");
    feed.fold(Kind::WrapUpEnded, start + 15.0, id, "ana");
}

#[test]
fn sources_on_different_days_do_not_settle_each_other() {
    let mut feed = Feed::new();
    let (early, late) = (feed.source, feed.metrics.source("late").unwrap());
    feed.fold(Kind::ContactQueued, 0.0, "open", "");
    feed.fold(Kind::ContactConnected, 0.0, "open", "ben");
    feed.fold(Kind::ContactReleased, 5.0, "open", "ben");
    served(&mut feed, late, "c1", 86_400.0);
    feed.source = early;
    feed.fold(Kind::WrapUpStarted, 6.0, "open", "ben");
    feed.fold(Kind::WrapUpEnded, 8.0, "open", "ben");
    served(&mut feed, early, "c1", 100.0);
    assert_eq!(feed.metrics.counters().orphans, 0);
    assert_eq!(feed.all(Basis::Offered, "handle.count handle.sum"), [3, 37 * SECOND]);
}

#[test]
fn one_event_from_the_far_future_orphans_no_later_wrap_up() {
    let mut feed = Feed::with(Settings { retention: Span::ZERO, ..Settings::default() });
    let source = feed.source;
    feed.fold(Kind::ContactQueued, 1e9, "astray", "");
    feed.fold(Kind::ContactConnected, 1e9, "astray", "ben");
    feed.fold(Kind::ContactReleased, 1e9, "astray", "ben");
    for number in 0..100u32 {
        served(&mut feed, source, &format!("call-{number}"), f64::from(number * 100));
    }
    // The first is not believed to be back, until the next is there too.
    let counters = Counters { events: 503, late_live: 1, ..Counters::default() };
    assert_eq!(feed.metrics.counters(), counters);
    assert_eq!(feed.read(Basis::Offered, "handle.sum"), 1_500 * SECOND);
    assert!(feed.metrics.remembered_contacts() < 10);
}

#[test]
fn contact_with_a_visit_under_way_is_not_forgotten() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "long", "");
    for number in 0..50u32 {
        feed.fold(Kind::ContactQueued, f64::from(number * 100), "other", "");
        feed.fold(Kind::ContactAbandoned, f64::from(number * 100 + 1), "other", "");
    }
    feed.fold(Kind::ContactAbandoned, 9000.0, "long", "");
    assert_eq!(feed.metrics.counters().orphans, 0);
    assert_eq!(feed.read(Basis::Offered, "abandoned"), 51);
}

#[test]
fn query_between_edges_is_refused() {
    let mut metrics = KpiAggregator::default();
    let ask = |edges: &[f64]| {
        let edges = edges.iter().map(|&edge| at(edge)).collect();
        Query { edges, ..Query::default() }
    };
    let refused = metrics.query(&ask(&[450.0])).unwrap_err();
    assert_eq!(refused.to_string(), "450s is no edge of an interval: give a multiple of 900s");
    let refused = metrics.query(&ask(&[900.0, 900.0])).unwrap_err();
    assert!(refused.to_string().contains("give them ascending"), "{refused}");
}

#[test]
fn interval_must_divide_a_day() {
    let every = |interval| Settings { interval, ..Settings::default() };
    for wrong in [Span::ZERO, Span::secs(7), Span::from_secs(0.5).unwrap()] {
        assert!(KpiAggregator::new(every(wrong)).is_err(), "{wrong}");
    }
    let five_minutes = KpiAggregator::new(every(Span::secs(300))).unwrap();
    assert_eq!(five_minutes.interval(), Span::secs(300));
}

#[test]
fn agent_to_whom_a_visit_is_offered_again_has_each_offer_for_itself() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::OfferMade, 0.0, "c1", "ana");
    feed.fold(Kind::OfferMade, 0.0, "c1", "ben");
    feed.fold(Kind::OfferMissed, 15.0, "c1", "ana");
    // The end of this one is lost.
    feed.fold(Kind::OfferMade, 20.0, "c1", "ana");
    feed.fold(Kind::OfferMade, 40.0, "c1", "ana");
    feed.fold(Kind::OfferAccepted, 43.0, "c1", "ana");
    feed.fold(Kind::OfferWithdrawn, 43.0, "c1", "ben");
    feed.fold(Kind::ContactConnected, 44.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, 54.0, "c1", "ana");
    let words = "offers_made offers_missed offers_accepted offers_withdrawn ringing connecting";
    assert_eq!(feed.all(Basis::Offered, words), [4, 1, 1, 1, 3 * SECOND, SECOND]);
    assert_eq!(feed.agents(Basis::Offered, "offers_made"), [3, 1]);
    let (start, end) = (at(0.0), Timestamp::MAX);
    let query = VisitQuery { basis: Basis::Offered, start, end, only: Vec::new() };
    let visits = feed.metrics.visits(&query).unwrap();
    assert_eq!((visits[0].offers, visits[0].missed, visits[0].parts.len()), (4, 1, 1));
    assert_eq!(feed.time("ana", 54.0, "offered connecting talk"), [38, 1, 10].map(|n| n * SECOND));
    assert_eq!(feed.metrics.counters().orphans, 0);
}
