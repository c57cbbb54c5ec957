//! What no plan that is read can bring about: spans of zero, the end of time.

use super::*;
use crate::command::{AgentSettings, Command, NewContact};
use crate::plan::{Capacity, Link, OfferPolicy, OnMissed, Plan, QueuePlan};
use crate::time::{Span, Timestamp};

/// One contact offered at `now` to one agent who stays ready.
fn offered(now: Timestamp, span: Span) -> Router {
    let mut plan = Plan::default();
    let offer = OfferPolicy {
        timeout: span,
        connect_within: span,
        on_missed: OnMissed::StayReady,
        exclude_for: Some(span),
        ..OfferPolicy::default()
    };
    let queue = plan.add_queue("q", QueuePlan { offer, ..QueuePlan::default() });
    let channel = plan.find_channel("voice").unwrap();
    let mut router = Router::new(plan);
    let (queues, capacity) = ([Link::new(queue)], [Capacity { channel, slots: 1 }]);
    let settings = AgentSettings {
        queues: Some(&queues),
        capacity: Some(&capacity),
        ..AgentSettings::default()
    };
    router.apply(now, Command::SignIn { agent: "ana", settings }).unwrap();
    router.apply(now, Command::Ready(router.find_agent("ana").unwrap())).unwrap();
    router.apply(now, Command::Enqueue(NewContact::new("c1", queue, channel))).unwrap();
    router
}

#[test]
fn no_span_of_zero_stops_time() {
    let mut router = offered(Timestamp::ZERO, Span::ZERO);
    for step in 1..=3 {
        let due = router.next_deadline().expect("an offer is live");
        assert_eq!(due.micros(), step);
        router.advance(due).unwrap();
        router.check().unwrap();
    }
    let later = Timestamp::ZERO + Span::secs(60);
    router.advance(later).unwrap();
    assert!(router.next_deadline().is_some_and(|due| due > later));
}

#[test]
fn the_end_of_time_comes_to_an_end() {
    let mut router = offered(Timestamp::MAX, Span::secs(5));
    router.clear_events();
    router.advance(Timestamp::MAX).unwrap();
    let kinds: Vec<EventKind> = router.events().iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::OfferMissed, EventKind::ContactRequeued]);
    router.check().unwrap();
}
