//! Tests of the metrics as a whole: a feed of events in, figures out.

mod distribution;
mod folding;
mod merging;

use super::*;
use crate::event::{Event, EventKind};
use crate::time::{Span, Timestamp};

/// An instant, in seconds.
fn at(seconds: f64) -> Timestamp {
    Timestamp::ZERO + Span::from_secs(seconds).unwrap()
}

/// An aggregator with one source, fed by short lines.
struct Feed {
    metrics: KpiAggregator,
    source: u16,
}

impl Feed {
    fn new() -> Self {
        let mut metrics = KpiAggregator::default();
        let source = metrics.source("test").unwrap();
        Self { metrics, source }
    }

    /// An event of contact `id` (visit 1) on queue `q`; empty words are absent.
    fn event(&mut self, kind: EventKind, seconds: f64, id: &str, agent: &str) -> Event {
        let mut event = Event::new(kind);
        event.at = at(seconds);
        if !id.is_empty() {
            event.contact = Some(self.metrics.contact(self.source, id));
            event.visit = 1;
            event.queue = Some(self.metrics.queue("q"));
        }
        if !agent.is_empty() {
            event.agent = Some(self.metrics.agent(agent));
        }
        event
    }

    fn fold(&mut self, kind: EventKind, seconds: f64, id: &str, agent: &str) {
        let event = self.event(kind, seconds, id, agent);
        self.metrics.fold(self.source, &event);
    }

    /// The figures of queue `q` over all time.
    fn queue(&self, basis: Basis) -> QueueFigures {
        self.metrics.by_queue(&Query { basis, ..Query::default() }).unwrap().remove(0)
    }

    /// The time of the first agent, with what lasts cut at `now`.
    fn time(&self, now: f64) -> StateTimes {
        let query = Query { now: Some(at(now)), ..Query::default() };
        self.metrics.by_agent(&query).unwrap().remove(0).times
    }
}
