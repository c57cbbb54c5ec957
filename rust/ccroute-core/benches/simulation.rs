//! What a simulated caller costs in Rust: the textbook's centres through the real router.
//!
//! `cargo bench -p ccroute-core --bench simulation`. Each figure is the median of several
//! rounds of the same seeded callers; those answered are counted.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark reads the clock"
)]

use std::time::Instant;

use ccroute_core::{
    AgentSettings, CallerOutcome, Callers, Capacity, ChannelKey, Command, Link, Plan, QueueKey,
    Router, Span, Timestamp, simulate,
};

const ROUNDS: usize = 7;
const CALLERS: usize = 200_000;
/// A mean conversation, in seconds.
const UNIT: f64 = 300.0;

/// SplitMix64: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    /// Above 0 and at most 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed ^ (mixed >> 31)) >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> Span {
        Span::from_secs(-mean * self.share().ln()).expect("some seconds")
    }
}

/// Agents for the first queue only, agents for both, arrivals in a mean conversation by
/// queue, mean patience in mean conversations.
struct Model {
    name: &'static str,
    agents: usize,
    both: usize,
    load: &'static [f64],
    patience: Option<f64>,
}

const MODELS: [Model; 3] = [
    Model { name: "M/M/20, load 0.9", agents: 20, both: 0, load: &[18.0], patience: None },
    Model { name: "M/M/50+M, load 1.04", agents: 50, both: 0, load: &[52.0], patience: Some(1.0) },
    Model { name: "N-model 11+11", agents: 11, both: 11, load: &[10.0, 9.5], patience: None },
];

fn centre(model: &Model) -> Router {
    let mut plan = Plan::from_toml(
        "[queues.general]\noffer.auto_accept = true\n[queues.special]\noffer.auto_accept = true",
    )
    .expect("a plan");
    plan.retention = Span::SHORTEST;
    let mut router = Router::new(plan);
    let links = [0, 1].map(QueueKey::new).map(Link::new);
    let capacity = [Capacity { channel: ChannelKey::new(0), slots: 1 }];
    for number in 0..model.agents + model.both {
        let settings = AgentSettings {
            queues: Some(if number < model.agents { &links[..1] } else { &links }),
            capacity: Some(&capacity),
            ..AgentSettings::default()
        };
        let agent = &format!("a{number}");
        router.apply(Timestamp::ZERO, Command::SignIn { agent, settings }).expect("new");
        let key = router.find_agent(agent).expect("just signed in");
        router.apply(Timestamp::ZERO, Command::Ready(key)).expect("signed in");
    }
    router
}

fn main() {
    let wanted = std::env::args().nth(1).filter(|word| !word.starts_with('-'));
    for model in MODELS.iter().filter(|m| wanted.as_ref().is_none_or(|w| m.name.contains(&**w))) {
        let mut dice = Dice(7);
        let total: f64 = model.load.iter().sum();
        let mut now = Timestamp::ZERO;
        let entered: Vec<Timestamp> = (0..CALLERS)
            .map(|_| {
                now = now + dice.exponential(UNIT / total);
                now
            })
            .collect();
        let kind = |share: f64| usize::from(share * total > model.load[0]);
        let queues: Vec<_> = (0..CALLERS).map(|_| QueueKey::new(kind(dice.share()))).collect();
        let service: Vec<Span> = (0..CALLERS).map(|_| dice.exponential(UNIT)).collect();
        let patience: Option<Vec<Span>> = model
            .patience
            .map(|mean| (0..CALLERS).map(|_| dice.exponential(UNIT * mean)).collect());
        let callers = Callers {
            entered: &entered,
            queues: &queues,
            service: &service,
            patience: patience.as_deref(),
            channel: ChannelKey::new(0),
        };
        let mut times = Vec::new();
        let mut answered = 0;
        for _ in 0..ROUNDS {
            let mut router = centre(model);
            let start = Instant::now();
            let ends = simulate(&mut router, &callers).expect("callers in order");
            times.push(start.elapsed().as_secs_f64());
            answered = ends.iter().filter(|end| end.outcome == CallerOutcome::Answered).count();
        }
        times.sort_by(f64::total_cmp);
        let each = times[ROUNDS / 2] * 1e9 / CALLERS as f64;
        println!("{:<24} {each:>7.0} ns a caller, {answered} of {CALLERS} answered", model.name);
    }
}
