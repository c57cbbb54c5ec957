//! Skills pooled: how few skills an agent needs so that six types wait as if all agents
//! could do everything. After Wallace and Whitt, "A staffing algorithm for call centers with
//! skill-based routing", 2005: 6 types, 90 agents, 120 places, conversations of ten minutes.
//!
//! A newcomer goes to the longest idle agent with the type as primary, else as second ...;
//! a freed agent serves the primary type first, then the second ...

use std::fmt::Write as _;

use ccroute_core::{Link, QueueKey, Span, Timestamp};

use crate::centre::{Arrivals, Centre, Newcomer, Study, Taken};
use crate::figures::{Batches, Estimate};
use crate::formulas::Pool;

const TYPES: usize = 6;
const AGENTS: usize = 90;
const PLACES: usize = 120;
/// A conversation, in minutes.
const TALK: f64 = 10.0;
const BATCHES: usize = 30;

/// In which order those who wait are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// The agent's primary type first.
    PrimaryFirst,
    /// The longest wait first, whatever the type.
    LongestWait,
}

/// What one setting gave.
struct Figures {
    blocked: Estimate,
    must_wait: Estimate,
    wait: Batches,
    within: Batches,
    in_use: Estimate,
    primary: Estimate,
}

struct Watch {
    /// Batch by batch, after the first tenth: from when, and how long each.
    from: Timestamp,
    length: Span,
    /// blocked, must wait, wait in minutes, within 30 s, agents in use, with a primary agent.
    sums: [Batches; 6],
}

impl Watch {
    fn batch(&self, at: Timestamp) -> Option<usize> {
        let since = at.micros() - self.from.micros();
        let batch = usize::try_from(since / self.length.micros()).ok();
        batch.filter(|&batch| since >= 0 && batch < BATCHES)
    }
}

impl Study for Watch {
    fn came(&mut self, who: Newcomer, in_vain: bool) {
        if let Some(batch) = self.batch(who.at) {
            self.sums[0].add(batch, f64::from(in_vain), 1.0);
        }
    }

    fn taken(&mut self, taken: Taken) -> Span {
        let talk = taken.who.talk;
        let Some(batch) = self.batch(taken.who.at) else { return talk };
        let seconds = |span: Span| span.micros() as f64 / 1e6;
        let wait = seconds(taken.wait);
        // Agents are signed in by primary type.
        let primary = taken.agent.index() / (AGENTS / TYPES) == taken.who.kind;
        self.sums[1].add(batch, f64::from(taken.wait > Span::ZERO), 1.0);
        self.sums[2].add(batch, wait / 60.0, 1.0);
        self.sums[3].add(batch, f64::from(taken.wait <= Span::secs(30)), 1.0);
        self.sums[4].add(batch, seconds(talk), 0.0);
        self.sums[5].add(batch, f64::from(primary), 1.0);
        talk
    }
}

/// The types an agent serves, the primary one first: seconds spread evenly.
fn types(agent: usize, skills: usize) -> impl Iterator<Item = usize> {
    let per_type = AGENTS / TYPES;
    let (primary, place) = (agent / per_type, agent % per_type);
    let others = (0..TYPES - 1).map(move |next| 1 + (place + next) % (TYPES - 1));
    std::iter::once(0).chain(others).take(skills).map(move |on| (primary + on) % TYPES)
}

fn plan(order: Order) -> String {
    let (ranked, strategy) = match order {
        Order::PrimaryFirst => (true, r#"["lowest_rank", "longest_idle"]"#),
        Order::LongestWait => (false, r#""longest_idle""#),
    };
    let mut plan = format!("order.ranked = {ranked}\n");
    for kind in 0..TYPES {
        let queue = format!("[queues.t{kind}]\nstrategy = {strategy}\noffer.auto_accept = true");
        writeln!(plan, "{queue}").expect("a string takes text");
    }
    plan
}

fn measure(load: f64, skills: usize, order: Order, minutes: u32) -> Figures {
    let mut centre = Centre::new(&plan(order));
    centre.places = PLACES;
    for agent in 0..AGENTS {
        let link = |(rank, kind)| Link { rank, ..Link::new(QueueKey::new(kind)) };
        let links: Vec<Link> = (0..).zip(types(agent, skills)).map(link).collect();
        centre.staff(1, &links);
    }
    let end = Timestamp::ZERO + Span::secs(minutes * 60);
    let length = Span::secs(minutes * 54 / BATCHES as u32);
    let mut watch = Watch {
        from: Timestamp::ZERO + Span::secs(minutes * 6),
        length,
        sums: std::array::from_fn(|_| Batches::new(BATCHES)),
    };
    let seconds = length.micros() as f64 / 1e6;
    (0..BATCHES).for_each(|batch| watch.sums[4].add(batch, 0.0, AGENTS as f64 * seconds));
    // The same newcomers, whatever the skills.
    let rates = [load / TALK / 60.0 / TYPES as f64; TYPES];
    let mut arrivals = Arrivals::new(0x5eed, &rates, TALK * 60.0);
    centre.run(&mut arrivals, end, &mut watch);
    centre.router.check().expect("all is in order at the end");
    let estimate = |at: usize| watch.sums[at].estimate();
    Figures {
        blocked: estimate(0),
        must_wait: estimate(1),
        wait: watch.sums[2].clone(),
        within: watch.sums[3].clone(),
        in_use: estimate(4),
        primary: estimate(5),
    }
}

fn show(load: f64, skills: usize, figures: &Figures) {
    println!(
        "| {load:.1} | {skills} | {} | {} | {} | {} | {} | {:.3} |",
        figures.blocked,
        figures.must_wait,
        figures.wait.estimate(),
        figures.within.estimate(),
        figures.in_use,
        figures.primary.mean,
    );
}

const HEAD: &str =
    "| load | skills | blocked | P(W>0) | E[W] min | SL 30 s | in use | to primary |";

/// Rule (a): with all skills it is one pool, whose figures are exact.
fn check_pooled(load: f64, figures: &Figures, errors: f64) {
    let pool = Pool::new(AGENTS, PLACES, load);
    let wait = figures.wait.estimate();
    for (what, figure, exact) in [
        ("blocked", figures.blocked, pool.blocked()),
        ("must wait", figures.must_wait, pool.must_wait()),
        ("wait", wait, TALK * pool.mean_wait()),
        ("in use", figures.in_use, pool.in_use()),
    ] {
        assert!(figure.agrees(exact, errors), "load {load}, {what}: {figure}, exactly {exact:.4}");
    }
}

/// The order asked for is the order served: the same means, and the exact service level of
/// the longest wait first; primary first has more within 30 s, and longer long waits.
fn check_order(load: f64, primary: &Figures, longest: &Figures, errors: f64) {
    check_pooled(load, longest, errors);
    let exact = Pool::new(AGENTS, PLACES, load).within(0.5 / TALK);
    let within = longest.within.estimate();
    assert!(within.agrees(exact, errors), "load {load}: {within} within 30 s, exactly {exact:.4}");
    let more = primary.within.against(&longest.within);
    assert!(more.mean > 1.0 + errors * more.error, "load {load}: {more} of the longest wait's");
}

#[test]
fn two_skills_do_nearly_what_six_do() {
    const MINUTES: u32 = 12_000;
    let measured = |skills| measure(84.0, skills, Order::PrimaryFirst, MINUTES);
    let (one, two, six) = (measured(1), measured(2), measured(6));
    check_pooled(84.0, &six, 4.0);
    check_order(84.0, &six, &measure(84.0, 6, Order::LongestWait, MINUTES), 4.0);
    // The bounds of the full length, widened by what chance can do here.
    let (by_six, by_one) = (two.wait.against(&six.wait), two.wait.against(&one.wait));
    assert!(by_six.mean < 1.35 + 3.0 * by_six.error, "{by_six} of six skills");
    assert!(by_six.mean > 1.0 + 3.0 * by_six.error, "{by_six}: two skills are not six");
    assert!(by_one.mean + 3.0 * by_one.error < 0.25, "{by_one} of one skill");
}

#[test]
#[ignore = "300,000 minutes each: make test-long"]
fn table_of_pooling() {
    const MINUTES: u32 = 300_000;
    println!("{HEAD}");
    for load in [77.4, 84.0, 90.0] {
        let mut waits = Vec::new();
        for skills in [1, 2, 3, 6] {
            let figures = measure(load, skills, Order::PrimaryFirst, MINUTES);
            show(load, skills, &figures);
            waits.push(figures.wait.estimate().mean);
            if skills == 6 {
                check_pooled(load, &figures, 3.0);
                let longest = measure(load, 6, Order::LongestWait, MINUTES);
                println!("|  | longest wait first | | | | {} | | |", longest.within.estimate());
                check_order(load, &figures, &longest, 3.0);
            }
        }
        if load == 84.0 {
            assert!(waits[1] < 1.35 * waits[3], "rule (b): {waits:?}");
            assert!(waits[1] < 0.25 * waits[0], "rule (b): {waits:?}");
        }
    }
}
