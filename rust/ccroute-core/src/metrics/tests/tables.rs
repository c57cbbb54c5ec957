//! Tables of visits against the same rows one by one: the same figures, whatever is kept. What
//! differs is said: a table is one correction, and reaches as far as its last row.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::oracle::{Answer, every_answer};
use super::random_facts::{Op, SOURCES, fresh_with, ops};
use super::*;
use crate::error::RejectionCode;
use crate::event::EventKind as Kind;

const DAY: f64 = 86_400.0;

fn answers(metrics: &mut KpiAggregator) -> Vec<Answer> {
    every_answer(metrics, at(200_000.0))
}

/// The visits of a list that can be, as one aggregator knows them.
fn visits(ops: &[Op], metrics: &mut KpiAggregator) -> Vec<VisitFact> {
    let mut visits = Vec::new();
    for op in ops {
        let ((source, contact, visit), Op::Visit(_, given)) = (op.whose(), op) else { continue };
        let source = metrics.source(SOURCES[source]).unwrap();
        let contact = metrics.contact(source, &format!("call-{contact}"));
        if !given.is_absurd() {
            visits.push(given.fact(metrics, source, contact, visit));
        }
    }
    visits
}

/// Ana was in red for a while, between and after which she was in blue.
fn with_teams(retention: Span) -> KpiAggregator {
    let mut metrics = fresh_with(Settings { retention, ..Settings::default() });
    let ana = metrics.agent("ana");
    let source = metrics.source(SOURCES[0]).unwrap();
    for (seconds, team) in [(0.0, "blue"), (40_000.0, "red"), (40_600.0, "blue")] {
        let mut event = Event::new(Kind::AgentReady);
        (event.at, event.agent) = (at(seconds), Some(ana));
        metrics.fold(source, &event);
        metrics.set_team(ana, team);
    }
    metrics
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::with_cases(40)
    })]

    #[test]
    fn table_gives_the_figures_of_its_rows(ops in ops(), cut in 0usize..200) {
        for retention in [Span::ZERO, Span::secs(172_800)] {
            let (mut table, mut rows) = (with_teams(retention), with_teams(retention));
            let all = visits(&ops, &mut table);
            let (first, rest) = all.split_at(cut.min(all.len()));
            let mut posted = table.post_visits(first).unwrap();
            posted.extend(table.post_visits(rest).unwrap());
            let one_by_one: Vec<Posted> =
                visits(&ops, &mut rows).iter().map(|fact| rows.post_visit(fact).unwrap()).collect();
            prop_assert_eq!(posted, one_by_one);
            prop_assert!(answers(&mut table) == answers(&mut rows), "{}", retention);
            prop_assert_eq!(table.counters(), rows.counters());
            prop_assert_eq!(table.records.gone(), rows.records.gone());
        }
    }
}

#[test]
fn row_that_cannot_be_refuses_its_table() {
    let mut feed = Feed::new();
    let good = feed.answered("c1", 0.0, 5.0, 60.0);
    let wrong = VisitFact { wait: span(40.0 * DAY), ..feed.fact("c2", 0.0) };
    let (row, refused) = feed.metrics.post_visits(&[good, wrong][..]).unwrap_err();
    assert_eq!((row, refused.code), (1, RejectionCode::InvalidValue));
    assert_eq!(feed.read(Basis::Offered, "offered"), 0);
}

#[test]
fn table_that_reaches_past_a_lost_end_ends_its_visit() {
    for retention in [0, 3600] {
        let retention = Span::secs(retention);
        let mut feed = Feed::with(Settings { retention, ..Settings::default() });
        feed.fold(Kind::ContactQueued, 0.0, "c1", "");
        let lost = VisitFact { wait: span(30.0), ..feed.fact("c1", 0.0) };
        let early = feed.metrics.post_visits(core::slice::from_ref(&lost)).unwrap_err();
        assert_eq!(early.1.code, RejectionCode::WrongPhase);
        let later = feed.fact("c2", 100.0);
        assert_eq!(feed.metrics.post_visits(&[lost, later][..]).unwrap(), [Posted::Counted; 2]);
        assert_eq!(feed.all(Basis::Offered, "offered abandoned waiting"), [2, 2, 0]);
    }
}

#[test]
fn row_that_sets_a_young_clock_back_breaks_no_later_one() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 100.0 * DAY, "c1", "");
    let before = feed.fact("c2", 20.0 * DAY);
    let at_once = feed.fact("c1", 100.0 * DAY);
    let posted = feed.metrics.post_visits(&[before, at_once][..]).unwrap();
    assert_eq!(posted, [Posted::Counted; 2]);
    assert_eq!(feed.all(Basis::Offered, "offered abandoned waiting"), [2, 2, 0]);
}

/// The cells of the feed after a number, by basis and start.
fn changed(feed: &Feed, seen: u64) -> (Vec<(Basis, Timestamp)>, u64) {
    let (cells, last) = feed.metrics.changed(seen).unwrap();
    (cells.iter().map(|cell| (cell.basis, cell.start)).collect(), last)
}

#[test]
fn rows_after_one_that_ends_an_open_visit_stand_in_the_feed_too() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 0.0, "c1", "");
    feed.fold(Kind::AgentReady, 4000.0, "", "ana");
    feed.metrics.advance(feed.source, at(4000.0));
    let lost = VisitFact { wait: span(30.0), ..feed.fact("c1", 0.0) };
    let other = feed.fact("c2", 1000.0);
    feed.metrics.post_visits(&[lost, other][..]).unwrap();
    let (cells, _) = changed(&feed, 0);
    for start in [0.0, 900.0] {
        assert!(cells.contains(&(Basis::Event, at(start))), "{start}: {cells:?}");
    }
}

#[test]
fn cell_that_changes_again_is_in_the_feed_again() {
    let mut feed = Feed::with(Settings { kept_bases: vec![Basis::Offered], ..Settings::default() });
    feed.metrics.advance(feed.source, at(4000.0));
    let mut seen = 0;
    for id in ["c1", "c2", "c3"] {
        let late = feed.fact(id, 0.0);
        feed.post(&late);
        let (cells, last) = changed(&feed, seen);
        assert_eq!(cells, [(Basis::Offered, at(0.0))], "{id}");
        seen = last;
    }
}
