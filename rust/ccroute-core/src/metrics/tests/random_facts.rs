//! Visits and marks at random, and how an aggregator is told of them. What they come to is in
//! `oracle.rs`.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::event::{Cause, EventKind as Kind};

pub(super) const STEP: i64 = 900_000_000;
pub(super) const SECOND: i64 = 1_000_000;
pub(super) const QUEUES: [&str; 3] = ["billing", "sales", "spanish"];
pub(super) const CHANNELS: [&str; 2] = ["voice", "chat"];
pub(super) const AGENTS: [&str; 4] = ["ana", "ben", "cem", "dag"];
pub(super) const LABELS: [&str; 2] = ["north", "south"];
pub(super) const SOURCES: [&str; 3] = ["pbx", "chat-desk", "archive"];
pub(super) const MARKS: [&str; 3] = ["sale", "csat", "cost"];

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
    /// As a hash; 0 when unknown.
    pub(super) customer: u64,
    /// Offers, one after the other from the entry on. Only events tell of them.
    pub(super) rings: Vec<Ring>,
}

/// An offer: to whom, for how long, how it ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ring {
    pub(super) agent: usize,
    pub(super) length: i64,
    pub(super) end: Kind,
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

pub(super) fn micros(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

impl Given {
    pub(super) fn is_absurd(&self) -> bool {
        self.wait > 31 * 86_400 * SECOND
    }

    pub(super) fn completed(&self) -> i64 {
        self.entered + self.wait + self.talk + self.hold
    }

    pub(super) fn fact(
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
            customer: self.customer,
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
    fresh_with(Settings::default())
}

/// The same, of other settings.
pub(super) fn fresh_with(settings: Settings) -> KpiAggregator {
    let dimensions = vec!["site".to_owned()];
    let mut metrics = KpiAggregator::new(Settings { dimensions, ..settings }).unwrap();
    for (agent, team) in [("ben", "red"), ("cem", "blue"), ("dag", "red")] {
        let agent = metrics.agent(agent);
        metrics.set_team(agent, team);
    }
    metrics
}

pub(super) fn team(agent: usize) -> Option<&'static str> {
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

pub(super) fn given() -> impl Strategy<Value = Given> {
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
    let labels = (0usize..3, 0usize..4, 0usize..4, 0usize..4, 0usize..4, 0u64..4);
    let times = (entered, wait, duration(), duration(), duration(), prop::option::of(duration()));
    (1u32..4, labels, course(), times, 0u32..3, ending).prop_map(
        |(
            revision,
            (queue, channel, client, site, agent, customer),
            course,
            times,
            holds,
            ending,
        )| {
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
                customer,
                rings: Vec::new(),
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
            customer: 0,
            rings: Vec::new(),
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

/// A visit that is told of by its events: offers, call-backs proposed (one for each customer's
/// number), and the course.
pub(super) fn story() -> impl Strategy<Value = Given> {
    let vain = vec![
        Kind::OfferDeclined,
        Kind::OfferMissed,
        Kind::OfferWithdrawn,
        Kind::OfferLost,
        Kind::CallbackOffered,
    ];
    let ring = (0usize..4, 0..40 * SECOND, prop::sample::select(vain))
        .prop_map(|(agent, length, end)| Ring { agent, length, end });
    (given(), prop::collection::vec(ring, 0..4), 0..9 * SECOND, any::<bool>()).prop_map(
        |(given, mut rings, length, accepted)| {
            let mut given = Given { response: None, customer: 0, ..given };
            match (given.course, given.agent) {
                (Course::Answered, Some(agent)) if accepted => {
                    rings.push(Ring { agent, length, end: Kind::OfferAccepted });
                }
                (Course::None, _) => given.course = Course::Abandoned,
                (Course::Answered | Course::Abandoned | Course::Left(_), _) => {}
            }
            given.holds = u32::from(given.hold > 0);
            if given.ending == Cause::HandedOver {
                given.ending = Cause::Transferred;
            }
            let rung: i64 = rings.iter().map(|ring| ring.length).sum();
            let wait = rung + given.wait % (600 * SECOND);
            Given { wait, rings, ..given }
        },
    )
}

impl Given {
    /// Tells an aggregator by events, in their order.
    pub(super) fn tell_by_events(&self, (source, contact, visit): Whose, to: &mut KpiAggregator) {
        let source = to.source(SOURCES[source]).unwrap();
        let contact = to.contact(source, &format!("call-{contact}"));
        let site = to.dimension("site").unwrap();
        let named = [(Dimension::Client, self.client), (site, self.site)];
        let named = named.into_iter().filter_map(|(by, name)| Some((by, LABELS[name?])));
        to.describe(source, contact, None, &named.collect::<Vec<_>>(), 0).unwrap();
        let (ended, over) = (self.entered + self.wait, self.completed());
        let mut told: Vec<(Kind, i64, Option<usize>)> =
            vec![(Kind::ContactQueued, self.entered, None)];
        let mut clock = self.entered;
        for ring in &self.rings {
            let agent = Some(ring.agent);
            if ring.end != Kind::CallbackOffered {
                told.push((Kind::OfferMade, clock, agent));
            }
            clock += ring.length;
            told.push((ring.end, clock, agent));
        }
        let end = match self.course {
            Course::Answered => Kind::ContactConnected,
            Course::Abandoned | Course::None => Kind::ContactAbandoned,
            Course::Left(_) => Kind::ContactLeft,
        };
        told.push((end, ended, self.agent));
        if self.hold > 0 {
            told.push((Kind::ContactHeld, over - self.hold, self.agent));
            told.push((Kind::ContactResumed, over, self.agent));
        }
        if self.course == Course::Answered {
            let passed_on = self.ending == Cause::Transferred;
            let end = if passed_on { Kind::ContactTransferred } else { Kind::ContactReleased };
            told.push((end, over, self.agent));
        }
        if self.wrap_up > 0 {
            told.push((Kind::WrapUpStarted, over, self.agent));
            told.push((Kind::WrapUpEnded, over + self.wrap_up, self.agent));
        }
        for (kind, at, agent) in told {
            let mut event = Event::new(kind);
            (event.at, event.contact, event.visit) = (micros(at), Some(contact), visit);
            event.queue = Some(to.queue(QUEUES[self.queue]));
            event.channel = self.channel.map(|name| to.channel(CHANNELS[name]));
            event.agent = agent.map(|name| to.agent(AGENTS[name]));
            event.cause = match self.course {
                Course::Left(cause) => cause,
                Course::Answered | Course::Abandoned | Course::None => self.ending,
            };
            to.fold(source, &event);
        }
    }
}
