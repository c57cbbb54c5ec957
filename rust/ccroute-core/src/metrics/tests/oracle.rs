//! The slow obvious way to the figures of visits and marks: everything is computed anew from
//! what survives, with no cells, no retraction and no buckets. Where they come from is in
//! `random_facts.rs`.

use std::collections::{BTreeMap, BTreeSet};

use super::random_facts::{
    AGENTS, CHANNELS, Given, LABELS, MARKS, Op, QUEUES, SECOND, STEP, Whose, micros, team,
};
use super::*;
use crate::event::{Cause, EventKind as Kind};

/// One row as the oracle has it.
#[derive(Default)]
pub(super) struct Sums {
    counts: BTreeMap<String, i128>,
    samples: BTreeMap<&'static str, Vec<i64>>,
    customers: BTreeSet<u64>,
}

/// By names and interval.
type Rows = BTreeMap<(Vec<Option<String>>, usize), Sums>;

/// What an agent or a queue is told of: the instant, whether it counts for agents, what.
enum Said {
    Count(String, i128),
    Sample(&'static str, i64),
    Customer(u64),
}

impl Given {
    /// All that the visit comes to: when, for whom (queue, agent), what.
    fn says(&self, visit: u32, mut say: impl FnMut(i64, bool, bool, Said)) {
        let one = |word: &str| Said::Count(word.to_owned(), 1);
        let (entered, ended) = (self.entered, self.entered + self.wait);
        if self.course != Course::None {
            say(entered, true, false, one("offered"));
            if visit == 1 {
                say(entered, true, false, one("contacts"));
            }
            if self.customer > 0 {
                say(entered, true, false, Said::Customer(self.customer));
            }
        }
        match self.course {
            Course::Answered => {
                say(ended, true, true, one("answered"));
                say(ended, true, false, Said::Sample("wait_answered", self.wait));
                self.says_conversation(&mut say);
            }
            Course::Abandoned => {
                say(ended, true, false, one("abandoned"));
                say(ended, true, false, Said::Sample("wait_abandoned", self.wait));
            }
            Course::Left(cause) => {
                say(ended, true, false, one("left"));
                say(ended, true, false, one(&format!("left.{cause}")));
                say(ended, true, false, Said::Sample("wait_left", self.wait));
                if cause == Cause::Callback {
                    say(ended, true, false, one("callbacks_taken"));
                }
            }
            Course::None => {}
        }
        if let Some(wait) = self.response {
            say(entered + wait, true, true, one("responded"));
            say(entered + wait, true, true, Said::Sample("first_response", wait));
        }
    }

    /// What its offers come to, each for the agent it was made to.
    fn says_offers(&self, say: &mut impl FnMut(&Given, i64, bool, bool, Said)) {
        let one = |word: &str| Said::Count(word.to_owned(), 1);
        let mut clock = self.entered;
        for ring in &self.rings {
            let whose = Self { agent: Some(ring.agent), ..self.clone() };
            if ring.end != Kind::CallbackOffered {
                say(&whose, clock, true, true, one("offers_made"));
            }
            clock += ring.length;
            let word = match ring.end.word() {
                "offer_accepted" => "offers_accepted",
                "offer_declined" => "offers_declined",
                "offer_missed" => "offers_missed",
                "offer_withdrawn" => "offers_withdrawn",
                "offer_lost" => "offers_lost",
                _ => "callbacks_offered",
            };
            say(&whose, clock, true, ring.end != Kind::CallbackOffered, one(word));
            if ring.end == Kind::OfferAccepted {
                let rang = Said::Count("ringing".to_owned(), ring.length.into());
                say(&whose, clock, true, true, rang);
                let ended = self.entered + self.wait;
                let joined = Said::Count("connecting".to_owned(), (ended - clock).into());
                say(&whose, ended, true, true, joined);
            }
        }
    }

    fn says_conversation(&self, say: &mut impl FnMut(i64, bool, bool, Said)) {
        let over = self.completed();
        let done = over + self.wrap_up;
        let mut both = |at: i64, said: Said| say(at, true, true, said);
        let one = |word: &str| Said::Count(word.to_owned(), 1);
        both(over, one("conversations"));
        both(over, Said::Sample("talk", self.talk));
        let holds = self.holds.max(u32::from(self.hold > 0));
        if holds > 0 {
            both(over, one("held"));
            both(over, Said::Count("holds".to_owned(), holds.into()));
            both(over, Said::Sample("hold", self.hold));
        }
        let words: &[&str] = match self.ending.word() {
            "customer" => &["ended_by_customer"],
            "agent" => &["ended_by_agent"],
            "transferred" => &["transferred"],
            "handed_over" => &["transferred", "handed_over"],
            _ => &[],
        };
        words.iter().for_each(|word| both(over, one(word)));
        both(done, one("handled"));
        if self.wrap_up > 0 {
            both(done, one("wrapped"));
            both(done, Said::Sample("wrap_up", self.wrap_up));
        }
        both(done, Said::Sample("handle", self.talk + self.hold + self.wrap_up));
    }

    fn label(&self, dimension: Dimension) -> Option<String> {
        let name = match dimension {
            Dimension::Queue => Some(QUEUES[self.queue]),
            Dimension::Channel => self.channel.map(|name| CHANNELS[name]),
            Dimension::Client => self.client.map(|name| LABELS[name]),
            Dimension::Custom1 => self.site.map(|name| LABELS[name]),
            Dimension::Agent => self.agent.map(|name| AGENTS[name]),
            Dimension::Team => self.agent.and_then(team),
            Dimension::Direction
            | Dimension::Campaign
            | Dimension::Custom2
            | Dimension::Custom3
            | Dimension::Custom4
            | Dimension::Tenant => None,
        };
        name.map(str::to_owned)
    }
}

/// What stands of all that was said: the visits, and the marks of each.
pub(super) struct Survivors {
    visits: BTreeMap<Whose, Given>,
    marks: BTreeMap<(Whose, usize), (u32, Mark, i64)>,
}

impl Survivors {
    pub(super) fn of(ops: &[Op]) -> Self {
        let mut all = Self { visits: BTreeMap::new(), marks: BTreeMap::new() };
        for op in ops {
            match op {
                Op::Visit(_, given) if given.is_absurd() => {}
                Op::Visit(whose, given) => {
                    let known = all.visits.entry(*whose).or_insert_with(|| given.clone());
                    if known.revision < given.revision {
                        *known = given.clone();
                    }
                }
                Op::Mark { whose, at, name, mark, revision } => {
                    let fresh = (*revision, *mark, *at);
                    let known = all.marks.entry((*whose, *name)).or_insert(fresh);
                    *known = fresh.max(*known);
                }
            }
        }
        all
    }

    /// Adds a visit that was told of by its events.
    pub(super) fn add(&mut self, whose: Whose, given: Given) {
        self.visits.insert(whose, given);
    }

    /// The rows of a query without the split basis; `edged`: by interval.
    pub(super) fn rows(&self, basis: Basis, by: &[Dimension], edged: bool) -> Rows {
        let mut rows = Rows::new();
        let agents = by.iter().any(|by| matches!(by, Dimension::Agent | Dimension::Team));
        for (whose, given) in &self.visits {
            let mut say_of =
                |given: &Given, at: i64, queues: bool, agents_too: bool, said: Said| {
                    if if agents { !agents_too || given.agent.is_none() } else { !queues } {
                        return;
                    }
                    let at = match basis {
                        Basis::Offered => given.entered,
                        Basis::Completion => given.completed(),
                        Basis::Event | Basis::ServiceLevelEvent | Basis::Split => at,
                    };
                    let interval = if edged { (at / STEP) as usize } else { 0 };
                    let labels = by.iter().map(|&by| given.label(by)).collect();
                    rows.entry((labels, interval)).or_default().take(said);
                };
            given.says_offers(&mut say_of);
            let mut say =
                |at, queues, agents_too, said| say_of(given, at, queues, agents_too, said);
            given.says(whose.2, &mut say);
            for (&(_, name), &(_, said, at)) in self.marks.range((*whose, 0)..=(*whose, 9)) {
                let name = MARKS[name];
                let mut mark = |word: String, n: i128| say(at, true, true, Said::Count(word, n));
                match said {
                    Mark::Code => mark(format!("code.{name}"), 1),
                    Mark::Score(value) => {
                        mark(format!("score.{name}"), 1);
                        mark(format!("score.{name}.{value}"), 1);
                    }
                    Mark::Amount(value) => {
                        mark(format!("amount.{name}.count"), 1);
                        mark(format!("amount.{name}"), value.into());
                    }
                    Mark::Response(_) => unreachable!("visits given whole say it themselves"),
                }
            }
            if basis == Basis::ServiceLevelEvent && !agents && given.course != Course::None {
                for &threshold in Thresholds::default().spans() {
                    let threshold = threshold.micros();
                    let at = given.entered + threshold;
                    if given.wait > threshold {
                        say(at, true, true, Said::Count(format!("passed:{threshold}"), 1));
                    }
                }
            }
        }
        rows
    }

    /// The rows of the split basis.
    pub(super) fn split(&self, by: &[Dimension]) -> Rows {
        let mut rows = Rows::new();
        let agents = by.iter().any(|by| matches!(by, Dimension::Agent | Dimension::Team));
        for given in self.visits.values() {
            let labels: Vec<_> = by.iter().map(|&by| given.label(by)).collect();
            let mut cut = |since: i64, until: i64, words: &[(&str, i64)], touched: &str| {
                for slot in since / STEP..=until / STEP {
                    let part = until.min((slot + 1) * STEP) - since.max(slot * STEP);
                    if part <= 0 {
                        continue;
                    }
                    let sums = rows.entry((labels.clone(), slot as usize)).or_default();
                    sums.take(Said::Count(touched.to_owned(), 1));
                    for &(word, sign) in words {
                        sums.take(Said::Count(word.to_owned(), (sign * part).into()));
                    }
                }
            };
            let (entered, ended) = (given.entered, given.entered + given.wait);
            let over = given.completed();
            let waited = match given.course {
                Course::Answered => Some("wait_answered.sum"),
                Course::Abandoned => Some("wait_abandoned.sum"),
                Course::Left(_) => Some("wait_left.sum"),
                Course::None => None,
            };
            if let (Some(word), false) = (waited, agents) {
                cut(entered, ended, &[(word, 1)], "offered");
            }
            if given.course == Course::Answered {
                cut(ended, over, &[("talk.sum", 1), ("handle.sum", 1)], "conversations");
                cut(over - given.hold, over, &[("hold.sum", 1), ("talk.sum", -1)], "");
                let wrap_up = [("wrap_up.sum", 1), ("handle.sum", 1)];
                cut(over, over + given.wrap_up, &wrap_up, "wrapped");
            }
        }
        rows
    }
}

impl Sums {
    fn take(&mut self, said: Said) {
        match said {
            Said::Count(word, n) => *self.counts.entry(word).or_default() += n,
            Said::Sample(word, micros) => self.samples.entry(word).or_default().push(micros),
            Said::Customer(customer) => _ = self.customers.insert(customer),
        }
    }

    /// What a word comes to; a quantile past 256 samples only within the bound.
    pub(super) fn check(&self, word: &str, figure: Figure) {
        let (head, part) = word.split_once('.').unwrap_or((word, ""));
        let samples = self.samples.get(head).map_or(&[][..], Vec::as_slice);
        let integer = |expected: i128| assert_eq!(figure, Figure::Integer(expected), "{word}");
        let up_to = |limit: i64| samples.iter().filter(|&&micros| micros <= limit).count() as i128;
        if word == "unique.customers" {
            integer(self.customers.len() as i128);
        } else if Timing::from_word(head).is_none() || self.counts.contains_key(word) {
            integer(self.counts.get(word).copied().unwrap_or(0));
        } else if let Some(limit) = part.strip_prefix("within:") {
            integer(up_to(limit.parse().unwrap()));
        } else if let Some(limit) = part.strip_prefix("below:") {
            integer(up_to(limit.parse::<i64>().unwrap() - 1));
        } else {
            match part {
                "count" => integer(samples.len() as i128),
                "zero" => integer(up_to(0)),
                "sum" => integer(samples.iter().map(|&micros| i128::from(micros)).sum()),
                "max" => integer(samples.iter().copied().max().unwrap_or(0).into()),
                "exact" => integer((samples.len() as i128 - up_to(0) <= 256).into()),
                _ => check_quantile(samples, part, figure),
            }
        }
    }
}

fn check_quantile(samples: &[i64], part: &str, figure: Figure) {
    let Figure::Real(read) = figure else { panic!("{part}: {figure:?}") };
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let percent: usize = part[1..].parse().unwrap();
    let rank = (percent * sorted.len()).div_ceil(100).max(1);
    let expected = sorted.get(rank - 1).map(|&micros| micros as f64 / 1e6);
    if sorted.iter().filter(|&&micros| micros > 0).count() <= 256 {
        assert_eq!(read, expected, "{part}");
    } else if let (Some(read), Some(expected)) = (read, expected) {
        assert!((read - expected).abs() <= expected * 0.0055, "{part}: {read} for {expected}");
    }
}

/// Every word there is, so that nothing is left out of a comparison.
pub(super) fn every_word() -> Vec<String> {
    let mut words: Vec<String> = Count::ALL.iter().map(|word| word.word().to_owned()).collect();
    words.extend(Sum::ALL.iter().map(|word| word.word().to_owned()));
    for timing in Timing::ALL {
        for part in ["count", "zero", "sum", "max", "exact", "p0", "p50", "p90", "p99", "p100"] {
            words.push(format!("{timing}.{part}"));
        }
        for threshold in Thresholds::default().spans() {
            words.push(format!("{timing}.within:{}", threshold.micros()));
            words.push(format!("{timing}.below:{}", threshold.micros()));
        }
    }
    for threshold in Thresholds::default().spans() {
        words.push(format!("passed:{}", threshold.micros()));
    }
    // Off the ladder: counted from the facts where the samples are gone.
    for timing in [Timing::WaitAnswered, Timing::Talk, Timing::WrapUp] {
        words.push(format!("{timing}.within:{}", 25 * SECOND));
        words.push(format!("{timing}.below:{}", 2 * SECOND));
    }
    for name in MARKS {
        words.push(format!("code.{name}"));
        words.push(format!("score.{name}"));
        words.extend((1..4).map(|value| format!("score.{name}.{value}")));
        words.push(format!("amount.{name}"));
        words.push(format!("amount.{name}.count"));
    }
    words.extend(["left.timed_out", "left.callback", "left.exited_by_key"].map(str::to_owned));
    words
}

/// Whether different customers can be asked for.
pub(super) fn has_customers(basis: Basis, by: &[Dimension]) -> bool {
    let agents = |by: &Dimension| matches!(by, Dimension::Agent | Dimension::Team);
    basis == Basis::Offered && !by.iter().any(agents)
}

/// What is asked by which, and whether by interval.
pub(super) const GROUPINGS: [(&[Dimension], bool); 8] = [
    (&[], false),
    (&[], true),
    (&[Dimension::Queue], true),
    (&[Dimension::Channel, Dimension::Client, Dimension::Custom1], false),
    (&[Dimension::Agent], true),
    (&[Dimension::Team], false),
    (&[Dimension::Queue, Dimension::Agent], false),
    (&[Dimension::Client, Dimension::Team], true),
];

/// The query of a grouping.
pub(super) fn query(basis: Basis, by: &[Dimension], edged: bool, words: &[String]) -> Query {
    let edge = |n: i64| micros(n * STEP);
    let edges = if edged { (0..400).map(edge).collect() } else { Vec::new() };
    let fields = words.iter().map(|word| Field::parse(word).unwrap()).collect();
    Query { basis, by: by.to_vec(), fields, edges, ..Query::default() }
}

/// One row of an answer, by names.
pub(super) type Answer = (Basis, Vec<Dimension>, usize, Vec<Option<String>>, Vec<Figure>);

/// Every figure there is, by names.
pub(super) fn every_answer(metrics: &mut KpiAggregator, now: Timestamp) -> Vec<Answer> {
    let mut words = every_word();
    words.extend(Timing::ALL.iter().map(|timing| format!("{timing}.deviation")));
    words.extend(["waiting".to_owned(), "oldest".to_owned()]);
    let mut answers = Vec::new();
    for &basis in Basis::ALL {
        for (by, edged) in GROUPINGS {
            let mut words = words.clone();
            if has_customers(basis, by) {
                words.push("unique.customers".to_owned());
            }
            if by.iter().any(|by| matches!(by, Dimension::Agent | Dimension::Team)) {
                words.extend(StateTime::ALL.iter().map(|state| format!("time.{state}")));
                words.extend((0..3).map(|n| format!("time.not_ready.reason-{n}")));
            }
            let query = Query { now: Some(now), ..query(basis, by, edged, &words) };
            for row in metrics.query(&query).unwrap() {
                let labels = row.labels.iter().map(|name| name.map(str::to_owned)).collect();
                answers.push((basis, by.to_vec(), row.interval, labels, row.figures.clone()));
            }
        }
    }
    answers
}
