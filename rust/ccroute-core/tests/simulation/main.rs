//! A week in a contact centre, seeded: 30 agents, 6 queues, calls and chats, abandons,
//! misses, wrap-ups, transfers, consults, pauses and shifts; once under a plain plan, once
//! under one with rules of every kind. The invariants are checked after every step, and at
//! the end every contact is accounted for.
//!
//! `CCROUTE_SIMULATION_DAYS=365 cargo test --release --test simulation` runs a year;
//! `CCROUTE_SIMULATION_SEED=7` runs another week.

mod centre;
#[path = "../dice/mod.rs"]
mod dice;

use ccroute_core::{
    Basis, Counters, Dimension, EventKind, Field, KpiAggregator, Query, Span, Timestamp,
};
use centre::{Simulation, Story};
use dice::chosen;

const PLAN: &str = include_str!("plain.toml");

/// The same queues, with rules of every kind.
const RICH: &str = include_str!("many_rules.toml");

const DAYS: u32 = 7;

#[test]
fn the_same_seed_gives_the_same_day() {
    let day = |seed: u64| {
        let mut simulation = Simulation::new(seed, RICH);
        simulation.run(Timestamp::ZERO + Span::secs(86_400));
        simulation.router.state_hash()
    };
    assert_eq!(day(3), day(3));
    assert_ne!(day(3), day(4));
}

/// The aggregator saw every event, doubted none, and counted what the simulation did.
fn check_figures(simulation: &Simulation) {
    let count = |word| simulation.count(word);
    let events = EventKind::ALL.iter().map(|kind| count(kind.word())).sum();
    assert_eq!(simulation.metrics.counters(), Counters { events, ..Counters::default() });
    let mut metrics = simulation.metrics.clone();
    let read = |metrics: &mut KpiAggregator, basis, by: &[Dimension], words: &[&str]| {
        let fields = words.iter().map(|word| Field::parse(word).expect("a word of ours")).collect();
        let query = Query { basis, by: by.to_vec(), fields, ..Query::default() };
        let rows = metrics.query(&query).expect("no edges to be wrong");
        let mut total = vec![0u64; words.len()];
        for row in &rows {
            for (all, figure) in total.iter_mut().zip(&row.figures) {
                *all += u64::try_from(figure.integer().expect("an integer")).expect("no negatives");
            }
        }
        total
    };
    let conversations = count("contact_released") + count("contact_transferred");
    let wrapping = count("wrap_up_started") - count("wrap_up_ended");
    let (offered, answered) = (count("contact_queued"), count("contact_connected"));
    let (abandoned, left) = (count("contact_abandoned"), count("contact_left"));
    let told = [
        ("offered", offered),
        ("answered", answered),
        ("abandoned", abandoned),
        ("left", left),
        ("refused", count("contact_refused")),
        ("offers_made", count("offer_made")),
        ("offers_accepted", count("offer_accepted")),
        ("offers_missed", count("offer_missed")),
        ("offers_declined", count("offer_declined")),
        ("offers_withdrawn", count("offer_withdrawn")),
        ("offers_lost", count("offer_lost")),
        ("transferred", count("contact_transferred")),
        ("conversations", conversations),
        ("handled", conversations - wrapping),
        ("handle.count", conversations - wrapping),
        ("talk.count", conversations),
        ("callbacks_offered", count("callback_offered")),
        ("callbacks_failed", count("callback_failed")),
    ];
    let (words, counts): (Vec<&str>, Vec<u64>) = told.into_iter().unzip();
    for basis in [Basis::Offered, Basis::Event, Basis::ServiceLevelEvent] {
        for by in [&[][..], &[Dimension::Queue], &[Dimension::Queue, Dimension::Channel]] {
            assert_eq!(read(&mut metrics, basis, by, &words), counts, "{basis} by {by:?}");
        }
    }
    let waiting = offered - answered - abandoned - left;
    assert_eq!(read(&mut metrics, Basis::Offered, &[], &["waiting"]), [waiting]);
    // Every conversation is some agent's, and every hour of an agent is one hour.
    let parts =
        ["conversations", "talk.sum", "hold.sum", "wrap_up.sum", "handle.sum", "handle.count"];
    for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
        let queues = read(&mut metrics, basis, &[Dimension::Queue], &parts);
        assert_eq!(read(&mut metrics, basis, &[Dimension::Agent], &parts), queues, "{basis}");
    }
    let sums = &parts[1..5];
    let over = read(&mut metrics, Basis::Event, &[], sums);
    let split = read(&mut metrics, Basis::Split, &[Dimension::Agent], sums);
    // Split has the conversations and wrap-ups that still last besides.
    assert!(split.iter().zip(&over).all(|(split, over)| split >= over), "{split:?} {over:?}");
}

/// A week, or as long as somebody asked for; every contact is accounted for.
fn week(plan: &str) -> Simulation {
    let days = chosen("CCROUTE_SIMULATION_DAYS", DAYS);
    let seed = chosen("CCROUTE_SIMULATION_SEED", 1);
    let mut simulation = Simulation::new(u64::from(seed), plan);
    simulation.run(Timestamp::ZERO + Span::secs(days * 86_400));
    println!("seed {seed}: {} steps, {:?}", simulation.steps, simulation.counts);

    let stories: Vec<Story> = simulation.stories.values().copied().collect();
    let ended = |how: Story| stories.iter().filter(|&&story| story == how).count() as u64;
    let (served, abandoned, left) =
        (ended(Story::Served), ended(Story::Abandoned), ended(Story::Left));
    let live = simulation.live.len() as u64;
    assert_eq!(simulation.entered, served + abandoned + left + live);
    assert_eq!(served, simulation.count("contact_released"));
    assert_eq!(abandoned, simulation.count("contact_abandoned"));
    // Whom the router knows as live is live in our books, and nobody is stuck there.
    for contact in &simulation.live {
        assert!(simulation.router.contact_id(*contact).is_some(), "{contact:?} is lost");
    }
    assert!(live < 200, "{live} contacts never end");

    check_figures(&simulation);
    simulation
}

/// A week in which these did not happen proves little.
fn happened(simulation: &Simulation, words: &[&str]) {
    for word in words {
        assert!(simulation.count(word) > 10, "{word}: {}", simulation.count(word));
    }
}

const USUAL: &[&str] = &[
    "contact_escalated",
    "offer_missed",
    "offer_declined",
    "offer_withdrawn",
    "contact_transferred",
    "agent_joined",
    "agent_left",
    "wrap_up_ended",
    "contact_disposed",
    "agent_signed_out",
    "agent_not_ready",
    "refused",
];

#[test]
fn every_contact_of_a_week_is_accounted_for() {
    happened(&week(PLAN), USUAL);
}

#[test]
fn every_contact_of_a_week_under_many_rules_is_accounted_for() {
    let simulation = week(RICH);
    happened(&simulation, USUAL);
    let more = ["offer_lost", "reservation_released", "contact_left", "contact_refused"];
    happened(&simulation, &more);
    happened(&simulation, &["callback_offered", "contact_scheduled", "callback_failed"]);
}
