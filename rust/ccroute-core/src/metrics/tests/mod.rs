//! Tests of the metrics as a whole: a feed of events or facts in, figures out by their words.

mod bad_days;
mod bases;
mod clocks;
mod corrections;
mod distribution;
mod folding;
mod golden;
mod limits;
mod live;
mod merging;
mod mixed;
mod oracle;
mod order;
mod random_facts;
mod readers;
mod sessions;
mod tables;
mod timings;
mod uniques;
mod visit_table;

use super::*;
use crate::event::{Event, EventKind};
use crate::time::{Span, Timestamp};

/// An instant, in seconds.
fn at(seconds: f64) -> Timestamp {
    Timestamp::ZERO + Span::from_secs(seconds).unwrap()
}

/// A duration, in seconds.
fn span(seconds: f64) -> Span {
    Span::from_secs(seconds).unwrap()
}

/// The fields of words with blanks between.
fn fields(words: &str) -> Vec<Field> {
    words.split_whitespace().map(|word| Field::parse(word).unwrap()).collect()
}

/// The integers of all time, of one word each; zero where there is no row.
fn read_all(metrics: &mut KpiAggregator, basis: Basis, words: &str) -> Vec<i128> {
    let fields = fields(words);
    let count = fields.len();
    let query = Query { basis, fields, ..Query::default() };
    let rows = metrics.query(&query).unwrap();
    let integers = |row: &FigureRow<'_>| {
        row.figures.iter().map(|figure| figure.integer().unwrap()).collect::<Vec<_>>()
    };
    rows.first().map_or_else(|| vec![0; count], integers)
}

/// The figures by the names of some dimensions, over all time.
fn read_by(
    metrics: &mut KpiAggregator,
    basis: Basis,
    by: &[Dimension],
    words: &str,
) -> Vec<(String, Vec<i128>)> {
    let query = Query { basis, by: by.to_vec(), fields: fields(words), ..Query::default() };
    let rows = metrics.query(&query).unwrap();
    rows.iter()
        .map(|row| {
            let names: Vec<_> = row.labels.iter().map(|name| name.unwrap_or("-")).collect();
            let figures = row.figures.iter().map(|figure| figure.integer().unwrap());
            (names.join(" "), figures.collect())
        })
        .collect()
}

/// The figures by interval: where it begins, in seconds, and what each word comes to. Rows
/// of nothing but zeros are left out.
fn read_intervals(metrics: &mut KpiAggregator, basis: Basis, words: &str) -> Vec<(i64, Vec<i128>)> {
    let step = metrics.interval();
    let count = metrics.horizon().micros() / step.micros() + 400;
    let edge = |n: i64| Timestamp::from_micros(n * step.micros()).unwrap();
    let edges = (0..count).map(edge).collect();
    let query = Query { basis, fields: fields(words), edges, ..Query::default() };
    let rows = metrics.query(&query).unwrap();
    rows.iter()
        .map(|row| {
            let start = row.interval as i64 * step.micros() / 1_000_000;
            let figures = row.figures.iter().map(|figure| figure.integer().unwrap());
            (start, figures.collect::<Vec<_>>())
        })
        .filter(|(_, figures)| figures.iter().any(|&figure| figure != 0))
        .collect()
}

/// An aggregator with one source, fed by short lines.
struct Feed {
    metrics: KpiAggregator,
    source: u16,
}

impl Feed {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        let mut metrics = KpiAggregator::new(settings).unwrap();
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

    /// What a word comes to over all time.
    fn read(&mut self, basis: Basis, word: &str) -> i128 {
        read_all(&mut self.metrics, basis, word)[0]
    }

    /// What several words come to over all time.
    fn all(&mut self, basis: Basis, words: &str) -> Vec<i128> {
        read_all(&mut self.metrics, basis, words)
    }

    /// What a word comes to, agent by agent, by name.
    fn agents(&mut self, basis: Basis, word: &str) -> Vec<i128> {
        let rows = read_by(&mut self.metrics, basis, &[Dimension::Agent], word);
        rows.into_iter().map(|(_, figures)| figures[0]).collect()
    }

    /// The time of an agent in states, with what lasts cut at `now`.
    fn time(&mut self, agent: &str, now: f64, states: &str) -> Vec<i128> {
        let words: Vec<_> =
            states.split_whitespace().map(|state| format!("time.{state}")).collect();
        let query = Query {
            now: Some(at(now)),
            only: vec![(Dimension::Agent, vec![Some(agent.to_owned())])],
            fields: fields(&words.join(" ")),
            ..Query::default()
        };
        let rows = self.metrics.query(&query).unwrap();
        rows.first().map_or_else(
            || vec![0; words.len()],
            |row| row.figures.iter().map(|figure| figure.integer().unwrap()).collect(),
        )
    }

    /// A visit of contact `id` to queue `q`, entered at `seconds`, abandoned at once.
    fn fact(&mut self, id: &str, seconds: f64) -> VisitFact {
        VisitFact {
            source: self.source,
            contact: self.metrics.contact(self.source, id),
            visit: 1,
            revision: 1,
            queue: self.metrics.queue("q"),
            channel: None,
            labels: [0; 8],
            customer: 0,
            entered: at(seconds),
            course: Course::Abandoned,
            wait: Span::ZERO,
            agent: None,
            talk: Span::ZERO,
            hold: Span::ZERO,
            holds: 0,
            wrap_up: Span::ZERO,
            ending: crate::event::Cause::None,
            first_response: None,
        }
    }

    /// The same, answered by ana after `wait` and talked with for `talk` seconds.
    fn answered(&mut self, id: &str, seconds: f64, wait: f64, talk: f64) -> VisitFact {
        let agent = Some(self.metrics.agent("ana"));
        let fact = self.fact(id, seconds);
        VisitFact { course: Course::Answered, wait: span(wait), talk: span(talk), agent, ..fact }
    }

    fn post(&mut self, fact: &VisitFact) -> Posted {
        self.metrics.post_visit(fact).unwrap()
    }
}
