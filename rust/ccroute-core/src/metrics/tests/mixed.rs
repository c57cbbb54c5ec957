//! Events and facts of the same visits, in orders that a table of calls may come in.

use super::*;
use crate::error::RejectionCode;
use crate::event::EventKind as Kind;

#[test]
fn correction_before_the_wrap_up_can_come_counts_the_handling_once() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 5.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, 65.0, "c1", "ana");
    let fact = feed.answered("c1", 0.0, 5.0, 60.0);
    assert_eq!(feed.post(&fact), Posted::Counted);
    feed.fold(Kind::AgentReady, 400.0, "", "ana");
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        assert_eq!(feed.all(basis, "conversations handled"), [1, 1], "{basis}");
    }
    assert_eq!(feed.post(&fact), Posted::Duplicate);
}

#[test]
fn visits_of_one_contact_told_backwards_are_corrected_and_not_counted_again() {
    let mut feed = Feed::new();
    let hours = 3_600.0;
    let second = VisitFact { visit: 2, ..feed.answered("c1", 40.0 * hours, 1.0, 1.0) };
    let first = feed.answered("c1", 0.0, 1.0, 1.0);
    let other = feed.fact("c2", 49.0 * hours);
    for fact in [&second, &first, &other] {
        assert_eq!(feed.post(fact), Posted::Counted);
    }
    let contact = feed.metrics.contact(feed.source, "c1");
    let again = VisitFact { revision: 2, contact, talk: span(9.0), ..second };
    assert_eq!(feed.post(&again), Posted::Counted);
    assert_eq!(feed.read(Basis::Offered, "answered"), 2);
}

#[test]
fn thresholds_off_the_ladder_count_for_the_team_of_then() {
    let mut feed = Feed::new();
    for number in 0..300 {
        let fact = feed.answered(&format!("c{number}"), f64::from(number), 0.0, 50.0);
        feed.post(&fact);
    }
    let ana = feed.metrics.agent("ana");
    feed.metrics.set_team(ana, "north");
    let rows =
        read_by(&mut feed.metrics, Basis::Offered, &[Dimension::Agent], "talk.within:51000000");
    assert_eq!(rows, [("ana".to_owned(), vec![300])]);
}

#[test]
fn basis_of_service_level_events_brings_the_events_with_it() {
    let settings = Settings { kept_bases: vec![Basis::ServiceLevelEvent], ..Settings::default() };
    let mut feed = Feed::with(settings);
    let fact = feed.answered("c1", 0.0, 30.0, 1.0);
    feed.post(&fact);
    let words = "answered passed:20000000";
    assert_eq!(feed.all(Basis::ServiceLevelEvent, words), [1, 1]);
}

#[test]
fn holds_beyond_reason_are_refused() {
    let mut feed = Feed::new();
    let fact = VisitFact { holds: u32::MAX, ..feed.answered("c1", 0.0, 1.0, 1.0) };
    let refused = feed.metrics.post_visit(&fact).unwrap_err();
    assert_eq!(refused.code, RejectionCode::InvalidValue);
    assert!(refused.message.contains("holds 4294967295"), "{refused}");
}

#[test]
fn what_comes_behind_the_watermark_is_at_a_new_revision_and_in_the_feed() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 100.0, "a", "");
    feed.fold(Kind::ContactAbandoned, 110.0, "a", "");
    feed.metrics.advance(feed.source, at(9_000.0));
    let (_, seen) = feed.metrics.changed(0).unwrap();
    feed.fold(Kind::ContactQueued, 120.0, "b", "");
    feed.fold(Kind::ContactAbandoned, 720.0, "b", "");
    let (cells, _) = feed.metrics.changed(seen).unwrap();
    assert!(cells.iter().any(|cell| cell.basis == Basis::Offered && cell.start == at(0.0)));
    let edges = vec![at(0.0), at(900.0)];
    let query = Query { fields: fields("abandoned"), edges, ..Query::default() };
    let rows = feed.metrics.query(&query).unwrap();
    assert!(rows[0].is_final && rows[0].revision > 0, "{rows:?}");
}

#[test]
fn source_that_is_waited_for_may_begin_with_any_of_its_events() {
    let mut feed = Feed::new();
    feed.metrics.set_hold(feed.source, Some(Span::secs(60)));
    for (kind, sequence, seconds) in
        [(Kind::ContactAbandoned, 2, 12.0), (Kind::ContactQueued, 1, 5.0)]
    {
        let mut event = feed.event(kind, seconds, "c1", "");
        event.sequence = sequence;
        feed.metrics.fold(feed.source, &event);
    }
    assert_eq!(feed.all(Basis::Offered, "offered abandoned"), [1, 1]);
    let counters = feed.metrics.counters();
    assert_eq!((counters.late, counters.orphans, counters.missing), (0, 0, 0));
}

/// A code for c1, given at 50 s.
fn mark(feed: &mut Feed, id: &str, name: &str) -> Posted {
    let (source, contact) = (feed.source, feed.metrics.contact(feed.source, id));
    let name = feed.metrics.text(name);
    feed.metrics.mark(source, contact, 1, at(50.0), name, Mark::Code, 1).unwrap()
}

#[test]
fn mark_that_comes_before_its_visit_waits_for_it() {
    let mut feed = Feed::new();
    assert_eq!(mark(&mut feed, "c1", "sale"), Posted::Held);
    assert_eq!(mark(&mut feed, "c1", "sale"), Posted::Held);
    assert_eq!(mark(&mut feed, "c2", "sale"), Posted::Held);
    feed.fold(Kind::ContactQueued, 9e8, "c1", "");
    feed.fold(Kind::ContactConnected, 9e8, "c1", "ana");
    feed.fold(Kind::ContactReleased, 9e8 + 10.0, "c1", "ana");
    let fact = feed.answered("c2", 9e8, 1.0, 1.0);
    assert_eq!(feed.post(&fact), Posted::Counted);
    for basis in [Basis::Offered, Basis::Completion] {
        assert_eq!(feed.agents(basis, "code.sale"), [2], "{basis}");
    }
    assert_eq!((feed.metrics.counters().late, feed.metrics.counters().duplicates), (0, 1));
}

#[test]
fn mark_whose_visit_never_comes_is_late_in_the_end() {
    let mut feed = Feed::with(Settings { retention: Span::secs(3600), ..Settings::default() });
    feed.fold(Kind::AgentReady, 100.0, "", "ana");
    assert_eq!(mark(&mut feed, "c1", "sale"), Posted::Held);
    feed.metrics.advance(feed.source, at(3700.0));
    assert_eq!(feed.metrics.counters().late, 0);
    feed.metrics.advance(feed.source, at(3701.0));
    assert_eq!(feed.metrics.counters().late, 1);
    let mut feed = Feed::with(Settings { retention: Span::ZERO, ..Settings::default() });
    assert_eq!(mark(&mut feed, "c1", "sale"), Posted::Late);
}

#[test]
fn marks_that_wait_are_merged_and_saved() {
    let mut part = Feed::new();
    mark(&mut part, "c1", "sale");
    let metrics = KpiAggregator::restore(&part.metrics.snapshot()).unwrap();
    let mut feed = Feed::new();
    feed.metrics.text("another");
    let fact = feed.answered("c1", 0.0, 1.0, 1.0);
    feed.post(&fact);
    feed.metrics.merge(&metrics).unwrap();
    assert_eq!(feed.read(Basis::Offered, "code.sale"), 1);
}

#[test]
fn events_of_a_visit_that_was_given_whole_are_duplicates() {
    let mut feed = Feed::new();
    let fact = feed.answered("c1", 100.0, 5.0, 60.0);
    feed.post(&fact);
    for (kind, seconds) in [
        (Kind::ContactQueued, 100.4),
        (Kind::OfferMade, 101.0),
        (Kind::OfferAccepted, 104.0),
        (Kind::ContactConnected, 105.4),
        (Kind::ContactReleased, 165.4),
    ] {
        let agent = if kind == Kind::ContactQueued { "" } else { "ana" };
        feed.fold(kind, seconds, "c1", agent);
    }
    let words = "offered answered conversations offers_made waiting";
    assert_eq!(feed.all(Basis::Offered, words), [1, 1, 1, 0, 0]);
    let counters = feed.metrics.counters();
    assert_eq!((counters.duplicates, counters.orphans), (5, 0));
    // The id is used again, for another visit.
    feed.fold(Kind::ContactQueued, 400.0, "c1", "");
    assert_eq!(feed.all(Basis::Offered, words), [2, 1, 1, 0, 1]);
}

#[test]
fn contact_that_came_to_no_queue_is_no_customer_there() {
    let mut feed = Feed::new();
    let attempt = VisitFact { course: Course::None, customer: 7, ..feed.fact("c1", 0.0) };
    feed.post(&attempt);
    assert_eq!(feed.read(Basis::Offered, "unique.customers"), 0);
    let came = VisitFact { customer: 7, ..feed.fact("c2", 0.0) };
    feed.post(&came);
    assert_eq!(feed.read(Basis::Offered, "unique.customers"), 1);
    // A correction that makes the visit void takes its customer back.
    feed.post(&VisitFact { course: Course::None, revision: 2, ..came });
    assert_eq!(feed.all(Basis::Offered, "offered unique.customers"), [0, 0]);
}
