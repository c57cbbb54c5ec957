//! Facts given whole and corrections of what events said: what is taken back, from where.

use super::*;
use crate::error::RejectionCode;
use crate::event::{Cause, EventKind as Kind};

const SECOND: i128 = 1_000_000;

/// c1 waits 5 s for ana, who talks with it for 60 s.
fn served() -> Feed {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::OfferMade, 1.0, "c1", "ana");
    feed.fold(Kind::OfferAccepted, 4.0, "c1", "ana");
    feed.fold(Kind::ContactConnected, 5.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, 65.0, "c1", "ana");
    feed.fold(Kind::AgentReady, 200.0, "", "ana");
    feed
}

const WORDS: &str = "offered answered abandoned conversations handled offers_made \
                     wait_answered.sum wait_abandoned.sum talk.sum ringing";

#[test]
fn fact_takes_the_place_of_what_the_events_said() {
    let mut feed = served();
    let told = [1, 1, 0, 1, 1, 1, 5 * SECOND, 0, 60 * SECOND, 3 * SECOND];
    assert_eq!(feed.all(Basis::Offered, WORDS), told);
    let fact = VisitFact { wait: span(7.0), ..feed.fact("c1", 0.0) };
    assert_eq!(feed.post(&fact), Posted::Counted);
    assert_eq!(feed.post(&fact), Posted::Duplicate);
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        let corrected = [1, 0, 1, 0, 0, 0, 0, 7 * SECOND, 0, 0];
        assert_eq!(feed.all(basis, WORDS), corrected, "{basis}");
    }
    assert_eq!(feed.agents(Basis::Offered, "answered conversations offers_made"), [0]);
    let older = VisitFact { revision: 3, wait: span(8.0), ..fact.clone() };
    assert_eq!(feed.post(&older), Posted::Counted);
    assert_eq!(feed.post(&fact), Posted::Superseded);
    assert_eq!(feed.read(Basis::Offered, "wait_abandoned.sum"), 8 * SECOND);
    let counters = feed.metrics.counters();
    assert_eq!((counters.duplicates, counters.superseded, counters.late), (1, 1, 0));
}

#[test]
fn visit_under_way_and_absurd_facts_are_refused_and_change_nothing() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    let fact = feed.answered("c1", 0.0, 1.0, 1.0);
    let refused = feed.metrics.post_visit(&fact).unwrap_err();
    assert_eq!(refused.code, RejectionCode::WrongPhase);
    let fact = feed.answered("c2", 0.0, 1.0, 1.0);
    for wrong in [
        VisitFact { revision: 0, ..fact.clone() },
        VisitFact { course: Course::Abandoned, ..fact.clone() },
        VisitFact { wait: Span::secs(40 * 86_400), ..fact.clone() },
        VisitFact { first_response: Some(Span::secs(40 * 86_400)), ..fact.clone() },
    ] {
        let refused = feed.metrics.post_visit(&wrong).unwrap_err();
        assert_eq!(refused.code, RejectionCode::InvalidValue, "{refused}");
    }
    assert_eq!(feed.all(Basis::Offered, "offered answered waiting"), [1, 0, 1]);
}

#[test]
fn correction_is_taken_back_from_the_team_it_was_counted_for() {
    let mut feed = served();
    let ana = feed.metrics.agent("ana");
    feed.metrics.set_team(ana, "red");
    feed.metrics.set_team(ana, "blue");
    let by_team = |feed: &mut Feed| {
        let rows = read_by(&mut feed.metrics, Basis::Offered, &[Dimension::Team], "conversations");
        rows.into_iter().filter(|(_, figures)| figures[0] != 0).collect::<Vec<_>>()
    };
    assert_eq!(by_team(&mut feed), [("-".to_owned(), vec![1])]);
    // A wrap-up that ends after the latest event, and then another team.
    let fact = VisitFact { wrap_up: span(900.0), ..feed.answered("c2", 180.0, 0.0, 60.0) };
    feed.post(&fact);
    feed.metrics.set_team(ana, "green");
    for id in ["c1", "c2"] {
        let gone = VisitFact { revision: 2, ..feed.fact(id, 0.0) };
        assert_eq!(feed.post(&gone), Posted::Counted);
    }
    assert_eq!(by_team(&mut feed), []);
}

#[test]
fn mark_is_of_whoever_answered_as_it_is_known_now() {
    let mut feed = served();
    let (contact, name) = (feed.metrics.contact(feed.source, "c1"), feed.metrics.text("csat"));
    let source = feed.source;
    let mark = |feed: &mut Feed, value, revision| {
        let mark = Mark::Score(value);
        feed.metrics.mark(source, contact, 1, at(300.0), name, mark, revision).unwrap()
    };
    assert_eq!(mark(&mut feed, 2, 1), Posted::Counted);
    assert_eq!(feed.agents(Basis::Event, "score.csat.2"), [1]);
    assert_eq!(mark(&mut feed, 5, 2), Posted::Counted);
    assert_eq!(mark(&mut feed, 2, 1), Posted::Superseded);
    assert_eq!(mark(&mut feed, 5, 2), Posted::Duplicate);
    assert_eq!(mark(&mut feed, 4, 2), Posted::Conflict);
    assert_eq!(feed.all(Basis::Offered, "score.csat score.csat.5 score.csat.2"), [1, 1, 0]);
    let ben = Some(feed.metrics.agent("ben"));
    let fact = VisitFact { agent: ben, ..feed.answered("c1", 0.0, 5.0, 60.0) };
    assert_eq!(feed.post(&fact), Posted::Counted);
    let by_agent = read_by(&mut feed.metrics, Basis::Event, &[Dimension::Agent], "score.csat.5");
    assert_eq!(by_agent[by_agent.len() - 1], ("ben".to_owned(), vec![1]));
    assert_eq!(feed.metrics.counters().late, 0);
}

#[test]
fn contact_known_by_text_is_corrected_long_after_its_last_event() {
    let mut feed = served();
    feed.fold(Kind::ContactQueued, 40_000.0, "c2", "");
    feed.fold(Kind::ContactAbandoned, 40_001.0, "c2", "");
    let fact = VisitFact { wait: span(3.0), ..feed.fact("c1", 0.0) };
    assert_eq!(feed.post(&fact), Posted::Counted);
    assert_eq!(feed.all(Basis::Offered, "offered answered abandoned"), [2, 0, 2]);
}

#[test]
fn id_that_is_used_again_leaves_the_earlier_visit_as_it_was() {
    let mut feed = Feed::new();
    for start in [0.0, 10.0] {
        feed.fold(Kind::ContactQueued, start, "c1", "");
        feed.fold(Kind::ContactConnected, start + 1.0, "c1", "ana");
        feed.fold(Kind::ContactReleased, start + 3.0, "c1", "ana");
    }
    feed.fold(Kind::AgentReady, 500.0, "", "ana");
    assert_eq!(feed.all(Basis::Completion, "answered conversations handled"), [2, 2, 2]);
    // The correction is of the last; a rebuild still finds the first.
    let fact = VisitFact { wait: span(4.0), ..feed.fact("c1", 10.0) };
    assert_eq!(feed.post(&fact), Posted::Counted);
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        let words = "offered answered abandoned talk.sum wait_answered.sum wait_abandoned.sum";
        let sums = [2, 1, 1, 2 * SECOND, SECOND, 4 * SECOND];
        assert_eq!(feed.all(basis, words), sums, "{basis}");
    }
}

#[test]
fn hold_given_whole_is_taken_as_the_end_of_the_conversation() {
    let mut feed = Feed::new();
    let fact = VisitFact { hold: span(100.0), ..feed.answered("c1", 0.0, 0.0, 850.0) };
    feed.post(&fact);
    for basis in [Basis::Offered, Basis::Event, Basis::Completion, Basis::Split] {
        let sums = feed.all(basis, "talk.sum hold.sum handle.sum");
        assert_eq!(sums, [850 * SECOND, 100 * SECOND, 950 * SECOND], "{basis}");
    }
    assert_eq!(feed.all(Basis::Offered, "held holds hold.count"), [1, 1, 1]);
    let parts = read_intervals(&mut feed.metrics, Basis::Split, "talk.sum hold.sum");
    let second = vec![0, 50 * SECOND];
    assert_eq!(parts, [(0, vec![850 * SECOND, 50 * SECOND]), (900, second)]);
}

#[test]
fn hand_over_that_nobody_joins_completes_the_visit_all_the_same() {
    for wraps in [false, true] {
        let mut feed = Feed::new();
        feed.fold(Kind::ContactQueued, 0.0, "c1", "");
        feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
        let mut over = feed.event(Kind::ContactTransferred, 30.0, "c1", "ana");
        over.cause = Cause::HandedOver;
        feed.metrics.fold(feed.source, &over);
        if wraps {
            feed.fold(Kind::WrapUpStarted, 30.0, "c1", "ana");
            feed.fold(Kind::WrapUpEnded, 35.0, "c1", "ana");
        }
        feed.fold(Kind::AgentReady, 200.0, "", "ana");
        let words = "offered answered handed_over handled talk.sum";
        let whole = [1, 1, 1, 1, 30 * SECOND];
        assert_eq!(feed.all(Basis::Completion, words), whole, "{wraps}");
        let fact = feed.answered("c1", 0.0, 1.0, 30.0);
        assert_eq!(feed.post(&fact), Posted::Counted);
    }
}

#[test]
fn source_of_facts_alone_has_a_watermark_and_its_changes_are_fed() {
    let mut feed = Feed::new();
    feed.metrics.source("never heard of").unwrap();
    let first = feed.answered("c1", 0.0, 1.0, 10.0);
    feed.post(&first);
    let later = feed.answered("c2", 5000.0, 1.0, 10.0);
    feed.post(&later);
    assert_eq!(feed.metrics.watermark(), at(5011.0 - 120.0));
    let (changed, seen) = feed.metrics.changed(0).unwrap();
    assert_eq!(changed.len(), 0);
    feed.post(&VisitFact { revision: 2, wait: span(2.0), ..first });
    let (changed, _) = feed.metrics.changed(seen).unwrap();
    assert!(changed.iter().all(|cell| cell.start == Timestamp::ZERO));
    assert!(changed.iter().any(|cell| cell.basis == Basis::Offered));
}

/// ana gives c1 a code.
fn dispose(feed: &mut Feed, seconds: f64, code: &str, set: u32) {
    let mut event = feed.event(Kind::ContactDisposed, seconds, "c1", "ana");
    event.reason = Some(feed.metrics.text(code));
    event.number = set;
    feed.metrics.fold(feed.source, &event);
}

#[test]
fn code_counts_in_the_conversation_the_wrap_up_and_after_all() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    dispose(&mut feed, 5.0, "sale", 1);
    feed.fold(Kind::ContactReleased, 10.0, "c1", "ana");
    dispose(&mut feed, 1000.0, "refund", 2);
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        assert_eq!(feed.all(basis, "code.sale code.refund"), [0, 1], "{basis}");
    }
    dispose(&mut feed, 1000.0, "upgrade", 2);
    assert_eq!(feed.all(Basis::Completion, "code.sale code.refund code.upgrade"), [0, 1, 1]);
    assert_eq!(feed.agents(Basis::Offered, "code.refund"), [1]);
    assert_eq!(feed.metrics.counters().orphans, 0);
}

#[test]
fn second_set_of_codes_after_a_visit_that_is_not_kept_is_late() {
    let mut feed = Feed::with(Settings { retention: Span::ZERO, ..Settings::default() });
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    dispose(&mut feed, 2.0, "offer", 1);
    dispose(&mut feed, 5.0, "sale", 2);
    feed.fold(Kind::ContactReleased, 10.0, "c1", "ana");
    feed.fold(Kind::WrapUpStarted, 10.0, "c1", "ana");
    dispose(&mut feed, 15.0, "refund", 3);
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        assert_eq!(feed.all(basis, "code.offer code.sale code.refund"), [0, 1, 0], "{basis}");
    }
    assert_eq!((feed.metrics.counters().late, feed.metrics.counters().orphans), (1, 0));
}

#[test]
fn codes_given_or_replaced_after_all_raise_the_revision_of_what_was_final() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::ContactConnected, 0.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, 10.0, "c1", "ana");
    feed.metrics.advance(feed.source, at(5000.0));
    let mut seen = 0;
    for (set, revision) in [(1, 1), (2, 2)] {
        dispose(&mut feed, 5000.0, "sale", set);
        let (cells, last) = feed.metrics.changed(seen).unwrap();
        assert!(cells.iter().all(|cell| cell.start == at(0.0)), "{cells:?}");
        assert!(cells.iter().any(|cell| cell.basis == Basis::Completion), "{cells:?}");
        let edges = vec![at(0.0), at(900.0)];
        let query = Query { fields: fields("code.sale"), edges, ..Query::default() };
        let rows = feed.metrics.query(&query).unwrap();
        assert_eq!((rows[0].is_final, rows[0].revision), (true, revision));
        seen = last;
    }
}
