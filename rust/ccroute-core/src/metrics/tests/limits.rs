//! What is bounded: facts in time and number, names, and what a correction can still do when
//! facts beside it are gone. Nothing is dropped in silence.

use super::*;
use crate::event::EventKind as Kind;

const HOUR: f64 = 3600.0;

#[test]
fn correction_of_a_visit_that_is_no_longer_kept_is_late_and_counted() {
    let mut feed = Feed::with(Settings { retention: Span::secs(3600), ..Settings::default() });
    let old = feed.answered("c1", 0.0, 5.0, 60.0);
    feed.post(&old);
    let fresh = feed.answered("c2", 3.0 * HOUR, 5.0, 60.0);
    feed.post(&fresh);
    let correction = VisitFact { revision: 2, wait: span(50.0), ..old.clone() };
    assert_eq!(feed.post(&correction), Posted::Late);
    assert_eq!(feed.post(&old), Posted::Late);
    assert_eq!(feed.metrics.counters().late, 2);
    assert_eq!(feed.all(Basis::Offered, "answered wait_answered.sum"), [2, 10_000_000]);
    let ask = |start| VisitQuery {
        basis: Basis::Offered,
        start: at(start),
        end: Timestamp::MAX,
        only: Vec::new(),
    };
    let refused = feed.metrics.visits(&ask(0.0)).unwrap_err();
    assert!(refused.0.contains("longer retention"), "{refused:?}");
    assert_eq!(feed.metrics.visits(&ask(HOUR)).unwrap().len(), 1);
}

#[test]
fn too_many_records_drop_the_oldest() {
    let mut feed = Feed::with(Settings { most_records: 3, ..Settings::default() });
    for number in 0..5u32 {
        let fact = feed.answered(&format!("c{number}"), f64::from(number) * 100.0, 1.0, 10.0);
        assert_eq!(feed.post(&fact), Posted::Counted);
    }
    let mut correct = |number: u32| {
        let start = f64::from(number) * 100.0;
        let fact = feed.answered(&format!("c{number}"), start, 2.0, 10.0);
        feed.post(&VisitFact { revision: 2, ..fact })
    };
    assert_eq!([0, 1, 2, 3, 4].map(&mut correct)[..2], [Posted::Late; 2]);
    assert_eq!([2, 3, 4].map(&mut correct), [Posted::Duplicate; 3]);
    assert_eq!(feed.read(Basis::Offered, "wait_answered.sum"), (2 + 3 * 2) * 1_000_000);
}

#[test]
fn names_past_the_cap_count_together_and_are_counted() {
    let caps = Settings { most_names: 2, most_labels: 1, ..Settings::default() };
    let mut feed = Feed::with(caps);
    for (number, queue) in ["a", "b", "c", "d", "a"].into_iter().enumerate() {
        let mut fact = feed.fact(&format!("c{number}"), 10.0);
        fact.queue = feed.metrics.queue(queue);
        fact.channel = Some(feed.metrics.channel(["voice", "chat"][number % 2]));
        feed.post(&fact);
    }
    let by_queue = read_by(&mut feed.metrics, Basis::Offered, &[Dimension::Queue], "offered");
    let named = |name: &str, n| (name.to_owned(), vec![n]);
    // The queue `q` of every fact is a name too: it came first.
    assert_eq!(by_queue, [named(OTHER, 3), named("a", 2)]);
    let by_channel = read_by(&mut feed.metrics, Basis::Offered, &[Dimension::Channel], "offered");
    assert_eq!(by_channel, [named(OTHER, 2), named("voice", 3)]);
    assert_eq!(feed.metrics.counters().other, 3 + 2);
    assert_eq!(feed.read(Basis::Offered, "offered"), 5);
}

/// 300 answers in the first quarter, then a visit by which the first 100 of them are evicted.
fn half_forgotten() -> Feed {
    let mut feed = Feed::with(Settings { most_records: 200, ..Settings::default() });
    for number in 0..300u32 {
        let wait = f64::from(number + 1);
        let fact = feed.answered(&format!("c{number}"), f64::from(number) / 10.0, wait, 10.0);
        assert_eq!(feed.post(&fact), Posted::Counted);
    }
    feed
}

#[test]
fn correction_beside_forgotten_facts_keeps_counts_and_says_what_it_could_not_rebuild() {
    let mut feed = half_forgotten();
    let words = "answered wait_answered.count wait_answered.sum wait_answered.within:60000000";
    let sum = |from: i128, to: i128| (from..=to).sum::<i128>() * 1_000_000;
    assert_eq!(feed.all(Basis::Offered, words), [300, 300, sum(1, 300), 60]);
    // The longest goes, and with it a hundred more, until few enough are left for a list.
    for number in (200..300u32).rev() {
        let start = f64::from(number) / 10.0;
        let gone = VisitFact { revision: 2, ..feed.fact(&format!("c{number}"), start) };
        feed.post(&gone);
    }
    assert_eq!(feed.all(Basis::Offered, words), [200, 200, sum(1, 200), 60]);
    assert!(feed.metrics.counters().approximate > 0);
    // Not rebuilt: the greatest is a bound, the quantiles are those of buckets.
    assert_eq!(feed.all(Basis::Offered, "wait_answered.exact wait_answered.max"), [0, 300_000_000]);
    let query = Query { fields: fields("wait_answered.p50"), ..Query::default() };
    let Figure::Real(Some(median)) = feed.metrics.query(&query).unwrap()[0].figures[0] else {
        panic!("there are samples")
    };
    assert!((median / 100.0 - 1.0).abs() <= 0.0055, "{median}");
}

#[test]
fn correction_with_all_facts_at_hand_is_exact_again() {
    let mut feed = Feed::new();
    for number in 0..300u32 {
        let wait = f64::from(number + 1);
        let fact = feed.answered(&format!("c{number}"), f64::from(number) / 10.0, wait, 10.0);
        feed.post(&fact);
    }
    assert_eq!(feed.all(Basis::Offered, "wait_answered.exact wait_answered.max"), [0, 300_000_000]);
    for number in 256..300u32 {
        let start = f64::from(number) / 10.0;
        let gone = VisitFact { revision: 2, ..feed.fact(&format!("c{number}"), start) };
        feed.post(&gone);
    }
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        let figures =
            feed.all(basis, "wait_answered.exact talk.exact wait_answered.within:300000000");
        assert_eq!(figures, [1, 1, 256], "{basis}");
    }
    assert_eq!(feed.read(Basis::Offered, "wait_answered.max"), 256_000_000);
    assert_eq!(feed.metrics.counters().approximate, 0);
}

#[test]
fn wrap_up_that_outlives_its_record_is_not_lost_to_a_rebuild() {
    let mut feed = Feed::with(Settings { retention: Span::secs(3600), ..Settings::default() });
    // Ends at 10 s, wraps up until 4 h: its fact lies in a quarter whose visits are kept.
    feed.fold(Kind::ContactQueued, 0.0, "c0", "");
    feed.fold(Kind::ContactConnected, 0.0, "c0", "ana");
    feed.fold(Kind::ContactReleased, 10.0, "c0", "ana");
    feed.fold(Kind::WrapUpStarted, 10.0, "c0", "ana");
    for number in 1..300u32 {
        let start = 4.0 * HOUR + f64::from(number) / 10.0;
        let fact = feed.answered(&format!("c{number}"), start, 0.0, f64::from(number));
        feed.post(&fact);
    }
    feed.fold(Kind::WrapUpEnded, 4.0 * HOUR + 1.0, "c0", "ana");
    let before = feed.all(Basis::Event, "handle.count handle.sum");
    assert_eq!(before[0], 300);
    // The longest conversation was shorter: its cell is stale.
    let fact = feed.answered("c299", 4.0 * HOUR + 29.9, 0.0, 1.0);
    feed.post(&VisitFact { revision: 2, ..fact });
    let after = feed.all(Basis::Event, "handle.count handle.sum");
    assert_eq!(after, [before[0], before[1] - 298_000_000]);
}

#[test]
fn without_retention_nothing_is_kept_and_every_fact_counts() {
    let mut feed = Feed::with(Settings { retention: Span::ZERO, ..Settings::default() });
    let fact = feed.answered("c1", 0.0, 5.0, 60.0);
    assert_eq!(feed.post(&fact), Posted::Counted);
    feed.fold(Kind::ContactQueued, 100.0, "c2", "");
    feed.fold(Kind::ContactConnected, 103.0, "c2", "ana");
    feed.fold(Kind::ContactReleased, 110.0, "c2", "ana");
    feed.fold(Kind::WrapUpStarted, 110.0, "c2", "ana");
    feed.fold(Kind::WrapUpEnded, 120.0, "c2", "ana");
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        let words = "offered answered conversations handled wrap_up.sum";
        assert_eq!(feed.all(basis, words), [2, 2, 2, 2, 10_000_000], "{basis}");
    }
    let ask = VisitQuery {
        basis: Basis::Offered,
        start: Timestamp::ZERO,
        end: Timestamp::MAX,
        only: Vec::new(),
    };
    assert!(feed.metrics.visits(&ask).unwrap_err().0.contains("keeps no facts"));
}

#[test]
fn merging_with_an_aggregator_that_keeps_nothing_forgets_as_much() {
    let mut keeping = Feed::new();
    let fact = keeping.answered("c1", 0.0, 5.0, 60.0);
    keeping.post(&fact);
    let mut other = Feed::with(Settings { retention: Span::ZERO, ..Settings::default() });
    let theirs = other.answered("c2", 0.0, 5.0, 60.0);
    other.post(&theirs);
    keeping.metrics.merge(&other.metrics).unwrap();
    let theirs = VisitFact { revision: 2, ..keeping.answered("c2", 0.0, 9.0, 60.0) };
    assert_eq!(keeping.post(&theirs), Posted::Late);
    assert_eq!(keeping.read(Basis::Offered, "wait_answered.sum"), 10_000_000);
}

#[test]
fn reasons_codes_and_marks_past_the_cap_count_together() {
    let mut feed = Feed::with(Settings { most_labels: 2, ..Settings::default() });
    let fact = feed.answered("c1", 0.0, 5.0, 60.0);
    feed.post(&fact);
    for code in ["a", "b", "c", "d", "a"] {
        let mut event = feed.event(Kind::ContactDisposed, 70.0, "c1", "ana");
        event.reason = Some(feed.metrics.text(code));
        event.number = 1;
        feed.metrics.fold(feed.source, &event);
    }
    assert_eq!(feed.all(Basis::Offered, "code.a code.b code.c code.__other__"), [2, 1, 0, 2]);
    assert_eq!((feed.metrics.text_names().len(), feed.metrics.counters().other), (3, 2));
    // So it is when two are added up.
    let mut other = Feed::with(Settings { most_labels: 2, ..Settings::default() });
    let fact = other.answered("c2", 0.0, 5.0, 60.0);
    other.post(&fact);
    for name in ["e", "f"] {
        let (source, name) = (other.source, other.metrics.text(name));
        other.metrics.mark(source, fact.contact, 1, at(80.0), name, Mark::Code, 1).unwrap();
    }
    feed.metrics.merge(&other.metrics).unwrap();
    assert_eq!(feed.all(Basis::Offered, "code.a code.e code.__other__"), [2, 0, 4]);
    assert_eq!((feed.metrics.text_names().len(), feed.metrics.counters().other), (3, 4));
}
