//! How long a command takes when commands are due at a constant rate, whether the engine is
//! ready or not: a stall is charged to everyone who waits behind it.
//!
//! `cargo bench -p ccroute-core --bench open_loop`. The lives of contacts are those of
//! `engine.rs`: 1,000 agents, 60 queues. First what one core carries at most, then quantiles
//! of the time from when a command was due to when its events were there (and, where it says so,
//! folded into figures).
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark reads the clock"
)]

#[path = "engine.rs"]
#[allow(dead_code, reason = "of it only the centre is used")]
mod engine;

use std::collections::VecDeque;
use std::hint;
use std::time::{Duration, Instant};

use ccroute_core::{
    Cause, ChannelKey, Command, ContactKey, EventKind, Feed, KpiAggregator, NewContact, OfferKey,
    QueueKey, Router, Timestamp,
};

const COMMANDS: usize = 400_000;
const ENGAGED: usize = 900;
const RATES: [u64; 6] = [50_000, 100_000, 200_000, 400_000, 800_000, 1_000_000];

/// What is to be done next, and by whom it is known.
struct Lives {
    router: Router,
    figures: Option<(Feed, KpiAggregator)>,
    dice: engine::Dice,
    came: usize,
    offered: VecDeque<(OfferKey, ContactKey)>,
    accepted: Option<ContactKey>,
    engaged: VecDeque<ContactKey>,
    id: String,
}

impl Lives {
    fn new(with_figures: bool) -> Self {
        let figures = with_figures.then(|| {
            let mut aggregator = KpiAggregator::default();
            let feed = Feed::new("bench", &mut aggregator).expect("its first source");
            (feed, aggregator)
        });
        Self {
            router: engine::centre(),
            figures,
            dice: engine::Dice(11),
            came: 0,
            offered: VecDeque::new(),
            accepted: None,
            engaged: VecDeque::new(),
            id: String::new(),
        }
    }

    /// One command and all that follows from it, at an instant.
    fn step(&mut self, now: Timestamp) {
        if let Some(contact) = self.accepted.take() {
            self.router.apply(now, Command::Connected(contact)).expect("accepted");
            self.engaged.push_back(contact);
        } else if let Some((offer, contact)) = self.offered.pop_front() {
            self.router.apply(now, Command::Accept(offer)).expect("live");
            self.accepted = Some(contact);
        } else if self.engaged.len() >= ENGAGED {
            let contact = self.engaged.pop_front().expect("many are");
            let release = Command::Release { contact, by: Cause::Agent };
            self.router.apply(now, release).expect("engaged");
        } else {
            self.came += 1;
            self.id.clear();
            self.id.push_str(&self.came.to_string());
            let queue = QueueKey::new(self.dice.roll(engine::QUEUES));
            let new = NewContact::new(&self.id, queue, ChannelKey::new(0));
            self.router.apply(now, Command::Enqueue(new)).expect("ids differ");
        }
        let made = self.router.events().iter().filter(|event| event.kind == EventKind::OfferMade);
        let named = made.map(|event| (event.offer.expect("named"), event.contact.expect("named")));
        self.offered.extend(named);
        if let Some((feed, aggregator)) = &mut self.figures {
            feed.pour(&self.router, aggregator);
        }
        self.router.clear_events();
    }
}

/// Commands a second, one after the other.
fn carried(with_figures: bool) -> f64 {
    let mut lives = Lives::new(with_figures);
    let start = Instant::now();
    for number in 0..COMMANDS {
        lives.step(Timestamp::from_micros(number as i64 * 10).expect("positive"));
    }
    COMMANDS as f64 / start.elapsed().as_secs_f64()
}

/// Nanoseconds from due to done, ascending.
fn waited(rate: u64, with_figures: bool) -> Vec<u64> {
    let mut lives = Lives::new(with_figures);
    let every = Duration::from_nanos(1_000_000_000 / rate);
    let start = Instant::now();
    let mut took = Vec::with_capacity(COMMANDS);
    for number in 0..COMMANDS {
        let due = every * u32::try_from(number).expect("few");
        while start.elapsed() < due {
            hint::spin_loop();
        }
        let micros = i64::try_from(due.as_micros()).expect("short");
        lives.step(Timestamp::from_micros(micros).expect("positive"));
        let late = start.elapsed().saturating_sub(due);
        took.push(u64::try_from(late.as_nanos()).expect("short"));
    }
    took.sort_unstable();
    took
}

fn main() {
    // `cargo test --benches` comes here too; only `cargo bench` asks for figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for with_figures in [false, true] {
        let what = if with_figures { "with figures folded" } else { "router alone" };
        let most = carried(with_figures);
        println!("{what}: {:.2} million commands/s at most", most / 1e6);
        for rate in RATES {
            if rate as f64 >= most {
                println!("  {rate:>9}/s: not carried");
                continue;
            }
            let took = waited(rate, with_figures);
            let at = |share: f64| took[(took.len() as f64 * share) as usize] as f64 / 1e3;
            println!(
                "  {rate:>9}/s: p50 {:.1} us, p99 {:.1} us, p99.9 {:.1} us",
                at(0.5),
                at(0.99),
                at(0.999)
            );
        }
    }
}
