//! Clocks that are a little off within a visit, and events that wait for those before them: what
//! is counted of both. Leaps are in `bad_days.rs`.

use super::*;
use crate::event::EventKind as Kind;

const DAY: f64 = 86_400.0;

#[test]
fn held_events_keep_their_contacts() {
    // After a quiet weekend the first events wait; what is told of meanwhile is not forgotten.
    let mut feed = Feed::new();
    let source = feed.source;
    feed.metrics.set_hold(source, Some(Span::secs(50)));
    let monday = 2.5 * DAY;
    feed.fold(Kind::ContactQueued, 0.0, "c0", "");
    feed.fold(Kind::ContactAbandoned, 5.0, "c0", "");
    feed.fold(Kind::AgentSignedIn, monday, "", "ana");
    feed.fold(Kind::ContactQueued, monday + 60.0, "c1", "");
    feed.fold(Kind::ContactConnected, monday + 80.0, "c1", "ana");
    feed.fold(Kind::ContactReleased, monday + 200.0, "c1", "ana");
    feed.metrics.flush();
    let words = "offered answered conversations";
    assert_eq!(read_all(&mut feed.metrics, Basis::Offered, words), [2, 1, 1]);
    assert_eq!(feed.metrics.counters().orphans, 0);
}

#[test]
fn hold_lies_within_its_conversation_whatever_the_clock() {
    for times in [
        // Held before it was answered; released before it was resumed.
        [899.0, 901.0, 899.5, 921.0, 1000.0],
        [823.0, 917.0, 920.0, 940.0, 930.0],
        [823.0, 917.0, 940.0, 930.0, 920.0],
    ] {
        let mut feed = Feed::new();
        let kinds = [
            Kind::ContactQueued,
            Kind::ContactConnected,
            Kind::ContactHeld,
            Kind::ContactResumed,
            Kind::ContactReleased,
        ];
        for (kind, seconds) in kinds.into_iter().zip(times) {
            feed.fold(kind, seconds, "c1", if kind == Kind::ContactQueued { "" } else { "ana" });
        }
        let edges = (0..4).map(|quarter| at(f64::from(quarter) * 900.0)).collect();
        let split = Query {
            basis: Basis::Split,
            fields: fields("talk.sum hold.sum"),
            edges,
            ..Query::default()
        };
        let whole = read_all(&mut feed.metrics, Basis::Offered, "talk.sum hold.sum");
        let rows = feed.metrics.query(&split).unwrap();
        let sums: Vec<i128> = (0..2)
            .map(|field| {
                let parts = rows.iter().map(|row| row.figures[field].integer().unwrap());
                assert!(parts.clone().all(|micros| micros >= 0), "{times:?}");
                parts.sum()
            })
            .collect();
        assert_eq!(sums, whole, "{times:?}");
        assert!(feed.metrics.counters().backwards > 0);
    }
}
