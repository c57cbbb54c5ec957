//! Ageing: mean waits by class when urgency grows with the wait, each class by its slope
//! (Kleinrock, "A delay dependent queue discipline", 1964), against strict priorities
//! (Cobham, 1954) and the plain order of arrival.
//!
//! The n-th conversation lasts the n-th draw, whoever has it: whatever the order, agents are
//! busy at the same instants, and all waits together are the same to the microsecond.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ccroute_core::{Link, QueueKey, Span, Timestamp};

use crate::centre::{Arrivals, Centre, Study, Taken, UNIT, exponential};
use crate::dice::Dice;
use crate::figures::{Batches, Estimate};
use crate::formulas::Classes;

const BATCHES: usize = 40;

/// One row of the table: agents, arrivals in a mean conversation, and slopes, the most
/// patient class first; how near the waits must come in full length.
struct Row {
    agents: usize,
    arrivals: [f64; 3],
    slopes: [f64; 3],
    within: f64,
}

const ROWS: [Row; 4] = [
    Row { agents: 1, arrivals: [0.3, 0.3, 0.3], slopes: [1.0, 2.0, 4.0], within: 0.01 },
    Row { agents: 10, arrivals: [3.0, 3.0, 3.0], slopes: [1.0, 2.0, 4.0], within: 0.01 },
    Row { agents: 1, arrivals: [0.5, 0.25, 0.15], slopes: [1.0, 3.0, 10.0], within: 0.01 },
    Row { agents: 10, arrivals: [6.0, 2.0, 1.5], slopes: [1.0, 4.0, 16.0], within: 0.05 },
];

/// Where the classes get their urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Slopes of three queues.
    SlopesOfQueues,
    /// Slopes that rules give to contacts of one queue.
    SlopesOfRules,
    /// Bands of three queues.
    Bands,
}

impl Order {
    const ALL: [Self; 3] = [Self::SlopesOfQueues, Self::SlopesOfRules, Self::Bands];

    fn plan(self, slopes: &[f64]) -> String {
        let mut plan = String::new();
        for (class, slope) in slopes.iter().enumerate() {
            let text = match self {
                Self::SlopesOfQueues => queue(&format!("c{class}"), &format!("slope = {slope}")),
                Self::Bands => queue(&format!("c{class}"), &format!("band = {class}")),
                Self::SlopesOfRules => format!(
                    "[[classification.rules]]\nwhen = 'kind == \"{class}\"'\nqueue = \"all\"\n\
                     slope = {slope}"
                ),
            };
            writeln!(plan, "{text}").expect("a string takes text");
        }
        if self == Self::SlopesOfRules {
            plan += &queue("all", "");
        }
        plan
    }

    fn expected(self, row: &Row) -> Vec<f64> {
        let classes = Classes { agents: row.agents, loads: &row.arrivals };
        match self {
            Self::SlopesOfQueues | Self::SlopesOfRules => classes.aged(&row.slopes),
            Self::Bands => classes.strict(),
        }
    }
}

fn queue(name: &str, order: &str) -> String {
    format!("[queues.{name}]\noffer.auto_accept = true\norder = {{ {order} }}")
}

struct Watch {
    dice: Dice,
    /// How many come in all, about; the first tenth is not counted.
    all: usize,
    /// Waits by class, in mean conversations, and of all classes together.
    waits: [Batches; 3],
    together: Batches,
    /// All waits, and all waits squared: what no order changes, and what every order does.
    micros: i64,
    squares: i128,
}

impl Study for Watch {
    fn taken(&mut self, taken: Taken) -> Span {
        self.micros += taken.wait.micros();
        self.squares += i128::from(taken.wait.micros()).pow(2);
        let first = self.all / 10;
        if let Some(counted) = taken.who.number.checked_sub(first) {
            let batch = counted * BATCHES / (self.all - first);
            let wait = taken.wait.micros() as f64 / 1e6 / UNIT;
            if batch < BATCHES {
                self.waits[taken.who.kind].add(batch, wait, 1.0);
                self.together.add(batch, wait, 1.0);
            }
        }
        exponential(&mut self.dice, UNIT)
    }
}

fn measure(row: &Row, plan: &str, newcomers: usize) -> Watch {
    let mut centre = Centre::new(plan);
    centre.classified = plan.contains("classification");
    let queues = (0..centre.router.plan().queues.len()).map(QueueKey::new);
    let links: Vec<Link> = queues.map(Link::new).collect();
    centre.staff(row.agents, &links);
    let rates = row.arrivals.map(|rate| rate / UNIT);
    let mut watch = Watch {
        dice: Dice::new(0x7a1c),
        all: newcomers,
        waits: std::array::from_fn(|_| Batches::new(BATCHES)),
        together: Batches::new(BATCHES),
        micros: 0,
        squares: 0,
    };
    let seconds = newcomers as f64 / rates.iter().sum::<f64>();
    let end = Timestamp::ZERO + Span::from_secs(seconds).expect("some years at most");
    centre.run(&mut Arrivals::new(0xa9e, &rates, UNIT), end, &mut watch);
    centre.router.check().expect("all is in order at the end");
    watch
}

impl Watch {
    /// The mean wait of a class, controlled by that of all classes together, which is known
    /// exactly in whatever order they are served.
    fn wait(&self, class: usize, together: f64) -> Estimate {
        self.waits[class].controlled(&self.together, together)
    }
}

fn together(row: &Row) -> f64 {
    Classes { agents: row.agents, loads: &row.arrivals }.together()
}

#[test]
fn urgency_grows_with_the_wait_by_slope() {
    for (row, newcomers) in ROWS.iter().zip([150_000, 120_000, 150_000, 150_000]) {
        for order in Order::ALL {
            let watch = measure(row, &order.plan(&row.slopes), newcomers);
            for (class, expected) in order.expected(row).into_iter().enumerate() {
                let wait = watch.wait(class, together(row));
                let what = format!("{order:?}, class {class}: {wait}, expected {expected:.4}");
                assert!(wait.agrees(expected, 4.0), "{what}");
                assert!(wait.error < 0.06 * expected, "too short to tell: {what}");
            }
        }
    }
}

#[test]
fn any_order_costs_all_together_the_same_wait() {
    let [_, row, ..] = &ROWS;
    let mut totals = BTreeSet::new();
    let mut divided = BTreeSet::new();
    for across in ["age", "ratio", "marginal_cost", "due_date"] {
        for by in ["aged", "strict", "lifo", "due_date"] {
            for heavy in [0, 1] {
                let mut plan = format!("order.across = \"{across}\"\n");
                for class in 0..3 {
                    let order = format!(
                        "by = \"{by}\", slope = {}, share = {}, weight = {}, \
                         cost = {{ per_minute = {} }}",
                        1 + class * class,
                        3 - class,
                        heavy * class,
                        1 + 2 * class
                    );
                    let target = format!("service_level.within = {}", 100 - 40 * class);
                    plan += &format!("{}\n{target}\n", queue(&format!("c{class}"), &order));
                }
                let watch = measure(row, &plan, 8_000);
                totals.insert(watch.micros);
                divided.insert(watch.squares);
            }
        }
    }
    assert_eq!(totals.len(), 1, "{totals:?}");
    // How it is divided is another matter: four ways to compare queues, and one of weights,
    // each with the oldest or the newest first; and slopes, which only `aged` queues have.
    assert_eq!(divided.len(), 11, "{divided:?}");
}

#[test]
#[ignore = "millions of contacts: make test-long"]
fn table_of_ageing() {
    const NEWCOMERS: usize = 3_000_000;
    println!("| agents | arrivals | slopes | order | E[W] low to high | expected | as measured |");
    for row in &ROWS {
        for order in Order::ALL {
            let watch = measure(row, &order.plan(&row.slopes), NEWCOMERS);
            let expected = order.expected(row);
            let waits = [0, 1, 2].map(|class| watch.wait(class, together(row)));
            let [low, middle, high] = waits;
            let raw = watch.waits.each_ref().map(|of| (of.estimate().mean * 1e3).round() / 1e3);
            println!(
                "| {} | {:?} | {:?} | {order:?} | {low}, {middle}, {high} | {expected:.4?} | {raw:?} |",
                row.agents, row.arrivals, row.slopes
            );
            for (wait, expected) in waits.into_iter().zip(expected) {
                let off = (wait.mean / expected - 1.0).abs();
                assert!(off < row.within, "{order:?}: {wait}, expected {expected:.4}");
            }
        }
    }
}
