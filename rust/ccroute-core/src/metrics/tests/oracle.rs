//! Facts at random, and the slow obvious way to their figures: everything is computed anew
//! from what survives, with no cells, no retraction and no buckets.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::event::Cause;

pub(super) const STEP: i64 = 900_000_000;
const SECOND: i64 = 1_000_000;
const QUEUES: [&str; 3] = ["billing", "sales", "spanish"];
const CHANNELS: [&str; 2] = ["voice", "chat"];
const AGENTS: [&str; 4] = ["ana", "ben", "cem", "dag"];
const LABELS: [&str; 2] = ["north", "south"];
pub(super) const SOURCES: [&str; 3] = ["pbx", "chat-desk", "archive"];
const MARKS: [&str; 3] = ["sale", "csat", "cost"];

/// A visit of a source, by names.
pub(super) type Whose = (usize, u32, u32);

/// One thing to tell an aggregator, by names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    Visit(Whose, Given),
    Mark { whose: Whose, at: i64, name: usize, mark: Mark, revision: u32 },
}

/// A visit fact, by names and in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given {
    pub(super) revision: u32,
    pub(super) queue: usize,
    pub(super) channel: Option<usize>,
    pub(super) client: Option<usize>,
    pub(super) site: Option<usize>,
    pub(super) entered: i64,
    pub(super) course: Course,
    pub(super) wait: i64,
    pub(super) agent: Option<usize>,
    pub(super) talk: i64,
    pub(super) hold: i64,
    pub(super) holds: u32,
    pub(super) wrap_up: i64,
    pub(super) ending: Cause,
    pub(super) response: Option<i64>,
}

impl Op {
    pub(super) fn whose(&self) -> Whose {
        match self {
            Self::Visit(whose, _) | Self::Mark { whose, .. } => *whose,
        }
    }

    /// Tells an aggregator; whatever does not fit, a wait of 40 days, is refused.
    pub(super) fn tell(&self, metrics: &mut KpiAggregator) {
        let (source, contact, visit) = self.whose();
        let source = metrics.source(SOURCES[source]).unwrap();
        let contact = metrics.contact(source, &format!("call-{contact}"));
        match self {
            Self::Visit(_, given) => {
                let fact = given.fact(metrics, source, contact, visit);
                assert_eq!(metrics.post_visit(&fact).is_err(), given.is_absurd());
            }
            Self::Mark { at, name, mark, revision, .. } => {
                let (name, at) = (metrics.text(MARKS[*name]), micros(*at));
                metrics.mark(source, contact, visit, at, name, *mark, *revision).unwrap();
            }
        }
    }
}

fn micros(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

impl Given {
    fn is_absurd(&self) -> bool {
        self.wait > 31 * 86_400 * SECOND
    }

    fn completed(&self) -> i64 {
        self.entered + self.wait + self.talk + self.hold
    }

    fn fact(
        &self,
        metrics: &mut KpiAggregator,
        source: u16,
        contact: crate::ids::ContactKey,
        visit: u32,
    ) -> VisitFact {
        let span = |micros| Span::from_micros(micros).unwrap();
        let mut labels = [0; 8];
        let site = metrics.dimension("site").unwrap();
        for (dimension, name) in [(Dimension::Client, self.client), (site, self.site)] {
            if let Some(name) = name {
                labels[dimension as usize - 2] = metrics.label(dimension, LABELS[name]);
            }
        }
        VisitFact {
            source,
            contact,
            visit,
            revision: self.revision,
            queue: metrics.queue(QUEUES[self.queue]),
            channel: self.channel.map(|name| metrics.channel(CHANNELS[name])),
            labels,
            customer: 0,
            entered: micros(self.entered),
            course: self.course,
            wait: span(self.wait),
            agent: self.agent.map(|name| metrics.agent(AGENTS[name])),
            talk: span(self.talk),
            hold: span(self.hold),
            holds: self.holds,
            wrap_up: span(self.wrap_up),
            ending: self.ending,
            first_response: self.response.map(span),
        }
    }
}

/// An aggregator that knows the agents' teams before anything is counted.
pub(super) fn fresh() -> KpiAggregator {
    let dimensions = vec!["site".to_owned()];
    let mut metrics = KpiAggregator::new(Settings { dimensions, ..Settings::default() }).unwrap();
    for (agent, team) in [("ben", "red"), ("cem", "blue"), ("dag", "red")] {
        let agent = metrics.agent(agent);
        metrics.set_team(agent, team);
    }
    metrics
}

fn team(agent: usize) -> Option<&'static str> {
    [None, Some("red"), Some("blue"), Some("red")][agent]
}

/// Durations as they come: none, exactly a threshold, any, hours.
fn duration() -> impl Strategy<Value = i64> {
    prop_oneof![
        2 => Just(0),
        3 => prop::sample::select(vec![5, 20, 60, 600]).prop_map(|seconds| seconds * SECOND),
        4 => 1..700 * SECOND,
        1 => 1..5 * 3600 * SECOND,
    ]
}

fn course() -> impl Strategy<Value = Course> {
    prop_oneof![
        5 => Just(Course::Answered),
        2 => Just(Course::Abandoned),
        1 => Just(Course::Left(Cause::TimedOut)),
        1 => Just(Course::Left(Cause::Callback)),
        1 => Just(Course::None),
    ]
}

fn given() -> impl Strategy<Value = Given> {
    let ending = prop::sample::select(vec![
        Cause::Customer,
        Cause::Agent,
        Cause::System,
        Cause::Transferred,
        Cause::HandedOver,
    ]);
    let entered = prop_oneof![
        1 => (0i64..80).prop_map(|slot| slot * STEP),
        3 => 0..72_000 * SECOND,
    ];
    let wait = prop_oneof![12 => duration(), 1 => Just(40 * 86_400 * SECOND)];
    let labels = (0usize..3, 0usize..4, 0usize..4, 0usize..4, 0usize..4);
    let times = (entered, wait, duration(), duration(), duration(), prop::option::of(duration()));
    (1u32..4, labels, course(), times, 0u32..3, ending).prop_map(
        |(revision, (queue, channel, client, site, agent), course, times, holds, ending)| {
            let (entered, wait, talk, hold, wrap_up, response) = times;
            let answered = course == Course::Answered;
            let only = |micros: i64| if answered { micros } else { 0 };
            Given {
                revision,
                queue,
                channel: Some(channel).filter(|&name| name < 2),
                client: Some(client).filter(|&name| name < 2),
                site: Some(site).filter(|&name| name < 2),
                entered,
                course,
                wait,
                agent: answered.then_some(agent),
                talk: only(talk),
                hold: only(hold),
                holds: if answered { holds } else { 0 },
                wrap_up: only(wrap_up),
                ending,
                response: response.filter(|_| answered),
            }
        },
    )
}

fn whose() -> impl Strategy<Value = Whose> {
    (0usize..3, 0u32..4, 1u32..3)
}

fn marking() -> impl Strategy<Value = Op> {
    let mark = prop_oneof![
        Just(Mark::Code),
        (1u8..4).prop_map(Mark::Score),
        (-3i64..3).prop_map(|n| Mark::Amount(n * 700_001)),
    ];
    (whose(), 0..72_000 * SECOND, 0usize..3, mark, 1u32..4)
        .prop_map(|(whose, at, name, mark, revision)| Op::Mark { whose, at, name, mark, revision })
}

/// Facts and marks of few visits, so that revisions and conflicts are many.
pub(super) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        3 => (whose(), given()).prop_map(|(whose, given)| Op::Visit(whose, given)),
        1 => marking(),
    ];
    prop::collection::vec(op, 1..40)
}

/// So many answers in one quarter that their distributions are wide, and corrections by which
/// some lose their longest and some become few again.
pub(super) fn crowd() -> impl Strategy<Value = Vec<Op>> {
    let corrected = prop::collection::vec((0u32..290, given(), any::<bool>()), 1..60);
    (250u32..290, corrected, 0i64..80).prop_map(|(count, corrected, slot)| {
        let answered = |n: u32| Given {
            revision: 1,
            queue: 0,
            channel: None,
            client: None,
            site: None,
            entered: slot * STEP + i64::from(n),
            course: Course::Answered,
            wait: i64::from(n % 97 + 1) * SECOND / 2,
            agent: Some(1),
            talk: i64::from(n + 1) * 317_003,
            hold: 0,
            holds: 0,
            wrap_up: i64::from(n % 5) * SECOND,
            ending: Cause::Agent,
            response: None,
        };
        let first = (0..count).map(|n| Op::Visit((0, 1000 + n, 1), answered(n)));
        let corrections = corrected.into_iter().map(|(n, given, far)| {
            let given = if far { given } else { Given { queue: 0, entered: slot * STEP, ..given } };
            Op::Visit((0, 1000 + n, 1), Given { revision: given.revision + 1, ..given })
        });
        first.chain(corrections).collect()
    })
}

/// The same with no conflict: of one visit and revision the first thing said is the only one.
pub(super) fn agreeing(ops: Vec<Op>) -> Vec<Op> {
    let mut said: BTreeMap<(Whose, u32), Op> = BTreeMap::new();
    let first = |op: Op| match &op {
        Op::Visit(whose, given) if !given.is_absurd() => {
            said.entry((*whose, given.revision)).or_insert(op).clone()
        }
        Op::Visit(..) | Op::Mark { .. } => op,
    };
    ops.into_iter().map(first).collect()
}

/// Marks wait for the first fact of their visit: before it there is nothing to mark.
pub(super) fn marks_after_visits(ops: Vec<Op>) -> Vec<Op> {
    let mut early: BTreeMap<Whose, Vec<Op>> = BTreeMap::new();
    let mut known = std::collections::BTreeSet::new();
    let mut told = Vec::new();
    for op in ops {
        let whose = op.whose();
        match &op {
            Op::Visit(_, given) => {
                let counts = !given.is_absurd();
                told.push(op);
                if counts && known.insert(whose) {
                    told.extend(early.remove(&whose).into_iter().flatten());
                }
            }
            Op::Mark { .. } if known.contains(&whose) => told.push(op),
            Op::Mark { .. } => early.entry(whose).or_default().push(op),
        }
    }
    told
}

/// One row as the oracle has it.
#[derive(Default)]
pub(super) struct Sums {
    counts: BTreeMap<String, i128>,
    samples: BTreeMap<&'static str, Vec<i64>>,
}

/// By names and interval.
type Rows = BTreeMap<(Vec<Option<String>>, usize), Sums>;

/// What an agent or a queue is told of: the instant, whether it counts for agents, what.
enum Said {
    Count(String, i128),
    Sample(&'static str, i64),
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

    /// The rows of a query without the split basis; `edged`: by interval.
    pub(super) fn rows(&self, basis: Basis, by: &[Dimension], edged: bool) -> Rows {
        let mut rows = Rows::new();
        let agents = by.iter().any(|by| matches!(by, Dimension::Agent | Dimension::Team));
        for (whose, given) in &self.visits {
            let labels: Vec<_> = by.iter().map(|&by| given.label(by)).collect();
            let mut say = |at: i64, queues: bool, agents_too: bool, said: Said| {
                if if agents { !agents_too || given.agent.is_none() } else { !queues } {
                    return;
                }
                let at = match basis {
                    Basis::Offered => given.entered,
                    Basis::Completion => given.completed(),
                    Basis::Event | Basis::ServiceLevelEvent | Basis::Split => at,
                };
                let interval = if edged { (at / STEP) as usize } else { 0 };
                rows.entry((labels.clone(), interval)).or_default().take(said);
            };
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
        }
    }

    /// What a word comes to; a quantile past 256 samples only within the bound.
    pub(super) fn check(&self, word: &str, figure: Figure) {
        let (head, part) = word.split_once('.').unwrap_or((word, ""));
        let samples = self.samples.get(head).map_or(&[][..], Vec::as_slice);
        let integer = |expected: i128| assert_eq!(figure, Figure::Integer(expected), "{word}");
        let up_to = |limit: i64| samples.iter().filter(|&&micros| micros <= limit).count() as i128;
        if Timing::from_word(head).is_none() || self.counts.contains_key(word) {
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
