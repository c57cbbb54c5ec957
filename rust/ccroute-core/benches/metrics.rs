//! What one core does in Rust with facts: into cells event by event, visit by visit, and in
//! bulk; how fast distributions take samples and merge; how fast a report is read.
//!
//! `cargo bench -p ccroute-core --bench metrics`. Each figure is that of the
//! shortest of several rounds.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark reads the clock"
)]

use std::time::Instant;

use ccroute_core::{
    AgentKey, Basis, Cause, ContactKey, Course, Dimension, Distribution, Event, EventKind, Field,
    KpiAggregator, LabelColumn, Query, QueueKey, Settings, Span, Thresholds, Timestamp,
    VisitColumns, VisitFact, VisitTable,
};

const ROUNDS: usize = 7;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What else the machine does only makes a round longer: the shortest says most.
fn shortest(mut round: impl FnMut() -> f64) -> f64 {
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn timed<R>(act: impl FnOnce() -> R) -> (f64, R) {
    let start = Instant::now();
    let made = act();
    (start.elapsed().as_secs_f64(), made)
}

fn settings(bases: &[Basis], retention: Span) -> Settings {
    Settings { kept_bases: bases.to_vec(), retention, ..Settings::default() }
}

fn facts(count: u64, queues: u64, span: u64) -> Vec<VisitFact> {
    let mut dice = Dice(7);
    let fact = |number: u64| VisitFact {
        source: 0,
        contact: ContactKey::from_raw((1 << 32) + number).expect("above zero"),
        visit: 1,
        revision: 1,
        queue: QueueKey::new(dice.roll(queues) as usize),
        channel: None,
        labels: [0; 8],
        customer: 0,
        entered: Timestamp::from_micros((number * span / count * 1_000_000) as i64).expect("early"),
        course: if dice.roll(10) == 0 { Course::Abandoned } else { Course::Answered },
        wait: Span::from_micros((dice.roll(2) * dice.roll(120_000_000)) as i64).expect("short"),
        agent: Some(AgentKey::new(0)),
        talk: Span::ZERO,
        hold: Span::ZERO,
        holds: 0,
        wrap_up: Span::ZERO,
        ending: Cause::None,
        first_response: None,
    };
    (0..count).map(fact).collect()
}

fn aggregator(settings: Settings, queues: u64) -> KpiAggregator {
    let mut metrics = KpiAggregator::new(settings).expect("sound");
    metrics.source("bench").expect("the first");
    metrics.agent("ana");
    for number in 0..queues {
        metrics.queue(&format!("queue-{number}"));
    }
    metrics
}

fn visits() {
    let settings_of = [
        ("one basis, no facts kept", &[Basis::Offered][..], Span::ZERO),
        ("all bases, no facts kept", Basis::ALL, Span::ZERO),
        ("all bases, facts kept", Basis::ALL, Span::secs(172_800)),
    ];
    let with_agents = facts(1_000_000, 1_000, 86_400);
    let mut without = with_agents.clone();
    without.iter_mut().for_each(|fact| fact.agent = None);
    for (name, bases, retention) in settings_of {
        for (whose, all) in [("", &with_agents), (", of no agent", &without)] {
            let fresh = || aggregator(settings(bases, retention), 1_000);
            let seconds = shortest(|| {
                let mut metrics = fresh();
                timed(|| {
                    for fact in all {
                        metrics.post_visit(fact).expect("sound");
                    }
                })
                .0
            });
            println!("visits{whose}, {name}: {:.1} ns a visit", seconds * 1e3);
            let seconds = shortest(|| {
                let mut metrics = fresh();
                timed(|| metrics.post_visits(&all[..]).expect("sound").len()).0
            });
            println!("visits{whose}, {name}, as a table: {:.1} ns a visit", seconds * 1e3);
        }
    }
}

/// Queue x quarter of an hour from columns, with four percentiles, as `bench_kpis.py` asks.
fn tables() {
    let words = [
        "offered",
        "answered",
        "abandoned",
        "wait_answered.within:20000000",
        "wait_answered.sum",
        "wait_answered.max",
        "wait_answered.p50",
        "wait_answered.p90",
        "wait_answered.p95",
        "wait_answered.p99",
    ];
    let fields = words.map(|word| Field::parse(word).expect("a field")).to_vec();
    let names: Vec<String> = (0..1_000).map(|number| format!("queue-{number}")).collect();
    for (rows, intervals) in [(1_000_000, 96_i64), (10_000_000, 96), (1_000_000, 1)] {
        let facts = facts(rows, 1_000, 86_400);
        let queues: Vec<i32> = facts.iter().map(|fact| fact.queue.index() as i32).collect();
        let entered: Vec<i64> = facts.iter().map(|fact| fact.entered.micros()).collect();
        let wait: Vec<i64> = facts.iter().map(|fact| fact.wait.micros()).collect();
        let course = |fact: &VisitFact| u8::from(fact.course == Course::Abandoned);
        let course: Vec<u8> = facts.iter().map(course).collect();
        let labels = [LabelColumn { dimension: Dimension::Queue, places: &queues, names: &names }];
        let columns = VisitColumns {
            entered: &entered,
            wait: Some(&wait),
            course: Some(&course),
            ..VisitColumns::default()
        };
        let table = VisitTable { columns, labels: &labels };
        let edge = |edge| Timestamp::from_micros(edge * 86_400_000_000 / intervals).expect("early");
        let query = Query {
            by: vec![Dimension::Queue],
            fields: fields.clone(),
            edges: (0..=intervals).map(edge).collect(),
            ..Query::default()
        };
        let seconds = shortest(|| timed(|| table.query(&query).expect("sound").group.len()).0);
        println!(
            "{rows} rows in {intervals} intervals: {:.1} ns a row",
            seconds * 1e9 / rows as f64
        );
    }
}

fn events() {
    for (name, bases, retention) in [
        ("events, one basis, no facts kept", &[Basis::Offered][..], Span::ZERO),
        ("events, all bases, no facts kept", Basis::ALL, Span::ZERO),
        ("events, all bases, facts kept", Basis::ALL, Span::secs(172_800)),
    ] {
        let seconds = shortest(|| {
            let mut metrics = aggregator(settings(bases, retention), 1_000);
            let mut dice = Dice(3);
            let mut events = Vec::new();
            for number in 0..200_000u64 {
                let queue = QueueKey::new(dice.roll(100) as usize);
                let at = number as i64 * 400_000;
                for (kind, later) in [
                    (EventKind::ContactQueued, 0),
                    (EventKind::OfferMade, 4),
                    (EventKind::OfferAccepted, 8),
                    (EventKind::ContactConnected, 9),
                    (EventKind::ContactReleased, 190),
                ] {
                    let mut event = Event::new(kind);
                    event.at = Timestamp::from_micros(at + later * 1_000_000).expect("early");
                    event.contact = ContactKey::from_raw((1 << 32) + number);
                    event.visit = 1;
                    event.queue = Some(queue);
                    event.agent =
                        (later > 0).then(|| ccroute_core::AgentKey::new((number % 500) as usize));
                    events.push(event);
                }
            }
            (0..500).for_each(|n| {
                metrics.agent(&format!("agent-{n}"));
            });
            events.sort_by_key(|event| event.at);
            let (seconds, ()) = timed(|| events.iter().for_each(|event| metrics.fold(0, event)));
            assert_eq!(metrics.counters().orphans, 0);
            seconds
        });
        println!("{name}: {:.1} ns an event", seconds * 1e3);
    }
}

fn distributions() {
    let ladder = Thresholds::default();
    let mut dice = Dice(5);
    let samples: Vec<Span> = (0..1_000_000)
        .map(|_| {
            let most = 1 << dice.roll(30);
            Span::from_micros(dice.roll(most) as i64 + 1).expect("short")
        })
        .collect();
    let filled = || {
        let mut all = Distribution::default();
        samples.iter().for_each(|&span| all.record(span, &ladder));
        all
    };
    let seconds = shortest(|| timed(filled).0);
    println!("distribution: {:.2} ns a sample", seconds * 1e3);
    let seconds = shortest(|| {
        let mut all = Distribution::default();
        timed(|| all.record_all(&samples, &ladder)).0
    });
    println!("distribution: {:.2} ns a sample of many at once", seconds * 1e3);
    let (one, two) = (filled(), filled());
    let seconds = shortest(|| {
        let mut sum = one.clone();
        timed(|| (0..1000).for_each(|_| sum.merge(&two, &ladder))).0
    });
    println!("distribution: {:.2} us a merge", seconds * 1e3);
}

fn report() {
    let mut metrics = aggregator(settings(Basis::ALL, Span::ZERO), 1_000);
    let mut dice = Dice(9);
    for mut fact in facts(96_000, 1_000, 86_400) {
        // One in ten of the quarters of an hour has visits.
        let slot = dice.roll(96) as i64 * 900_000_000;
        fact.queue =
            QueueKey::new((slot / 900_000_000 + 96 * dice.roll(10) as i64) as usize % 1000);
        fact.entered = Timestamp::from_micros(slot + dice.roll(900_000_000) as i64).expect("early");
        metrics.post_visit(&fact).expect("sound");
    }
    let fields = ["offered", "answered", "wait_answered.within:20000000", "wait_answered.p90"];
    let fields = fields.map(|word| Field::parse(word).expect("a field")).to_vec();
    let query = Query { by: vec![Dimension::Queue], fields, ..Query::default() };
    let seconds = shortest(|| timed(|| metrics.query(&query).expect("sound").len()).0);
    println!("report of 1,000 queues and a day: {:.2} ms", seconds * 1e3);
}

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let all: [(&str, fn()); 5] = [
        ("visits", visits),
        ("tables", tables),
        ("events", events),
        ("distributions", distributions),
        ("report", report),
    ];
    for (name, run) in all {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            run();
        }
    }
}
