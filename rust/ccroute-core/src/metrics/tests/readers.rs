//! Facts of a visit that goes on are posted when somebody reads or it is over: who reads when
//! makes no difference to what is read.

use proptest::prelude::*;

use super::*;
use crate::event::{Cause, EventKind as Kind, Role};

const CONTACTS: u32 = 7;
const AGENTS: [&str; 3] = ["ana", "ben", "cem"];

/// What contacts go through, one event after the other, with the agent's place; then their ids
/// are used again. Some are cut short by what comes next.
const STORIES: [&[(Kind, usize)]; 4] = [
    &[
        (Kind::ContactQueued, 9),
        (Kind::OfferMade, 0),
        (Kind::OfferAccepted, 0),
        (Kind::ContactConnected, 0),
        (Kind::ContactHeld, 0),
        (Kind::ContactResumed, 0),
        (Kind::ContactReleased, 0),
        (Kind::WrapUpStarted, 0),
        (Kind::WrapUpEnded, 0),
    ],
    &[
        (Kind::ContactQueued, 9),
        (Kind::OfferMade, 0),
        (Kind::OfferMissed, 0),
        (Kind::OfferMade, 1),
        (Kind::OfferAccepted, 1),
        (Kind::ContactConnected, 1),
        (Kind::ContactTransferred, 1),
        (Kind::AgentJoined, 2),
        (Kind::ContactReleased, 2),
        (Kind::WrapUpStarted, 2),
    ],
    &[(Kind::ContactQueued, 9), (Kind::CallbackOffered, 9), (Kind::ContactAbandoned, 9)],
    &[(Kind::ContactQueued, 9), (Kind::ContactConnected, 0), (Kind::ContactReleased, 0)],
];

#[derive(Clone, Debug)]
enum Step {
    /// The next event of a contact's story, so many seconds behind its time.
    Goes(u32, u32),
    Code(u32, u32),
    Marked(u32, u32),
    Given(u32, u32),
    Joins(usize, &'static str),
    Lull(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let late = prop_oneof![12 => Just(0_u32), 1 => 1..4_000_u32];
    prop_oneof![
        20 => (0..CONTACTS, late).prop_map(|(contact, late)| Step::Goes(contact, late)),
        1 => (0..CONTACTS, 1..4_u32).prop_map(|(contact, set)| Step::Code(contact, set)),
        1 => (0..CONTACTS, 1..4_u32).prop_map(|(contact, value)| Step::Marked(contact, value)),
        1 => (0..CONTACTS, 1..600_u32).prop_map(|(contact, talk)| Step::Given(contact, talk)),
        1 => (0..AGENTS.len(), prop_oneof![Just("north"), Just("south")])
            .prop_map(|(agent, team)| Step::Joins(agent, team)),
        1 => (0..2_000_u32).prop_map(Step::Lull),
    ]
}

/// A centre, and how far each contact has come.
struct Centre {
    feed: Feed,
    now: f64,
    told: [usize; CONTACTS as usize],
}

impl Centre {
    fn new() -> Self {
        Self { feed: Feed::new(), now: 10_000.0, told: [0; CONTACTS as usize] }
    }

    fn take(&mut self, step: &Step) {
        self.now += 23.0;
        let (feed, now) = (&mut self.feed, self.now);
        match *step {
            Step::Goes(contact, late) => {
                let story = STORIES[contact as usize % STORIES.len()];
                let told = &mut self.told[contact as usize];
                let (kind, agent) = story[*told % story.len()];
                *told += 1;
                let agent = AGENTS.get(agent).copied().unwrap_or_default();
                let mut event =
                    feed.event(kind, now - f64::from(late), &format!("c{contact}"), agent);
                event.role = Role::Primary;
                if kind == Kind::ContactTransferred {
                    event.cause = Cause::HandedOver;
                }
                feed.metrics.fold(feed.source, &event);
            }
            Step::Code(contact, set) => {
                let mut event =
                    feed.event(Kind::ContactDisposed, now, &format!("c{contact}"), "ana");
                event.number = set;
                event.reason = Some(feed.metrics.text(["sale", "lost"][set as usize % 2]));
                feed.metrics.fold(feed.source, &event);
            }
            Step::Marked(contact, value) => {
                let contact = feed.metrics.contact(feed.source, &format!("c{contact}"));
                let (name, mark) = (feed.metrics.text("reply"), Mark::Response(Span::secs(value)));
                feed.metrics.mark(feed.source, contact, 1, at(now), name, mark, value).unwrap();
            }
            Step::Given(contact, talk) => {
                let fact = feed.answered(&format!("c{contact}"), now - 900.0, 5.0, talk.into());
                // One that is under way cannot be given.
                _ = feed.metrics.post_visit(&VisitFact { revision: talk, ..fact });
            }
            Step::Joins(agent, team) => {
                let agent = feed.metrics.agent(AGENTS[agent]);
                feed.metrics.set_team(agent, team);
            }
            Step::Lull(seconds) => {
                self.now += f64::from(seconds);
                feed.metrics.advance(feed.source, at(self.now));
            }
        }
    }
}

/// All that can be told from outside.
fn all_of(metrics: &mut KpiAggregator) -> (Vec<oracle::Answer>, Counters, Vec<u8>) {
    let revisions = read_revisions(metrics);
    assert_eq!(revisions, read_revisions(metrics));
    let answers = oracle::every_answer(metrics, at(60_000.0));
    (answers, metrics.counters(), metrics.snapshot())
}

/// Interval, finality and revision under each basis.
fn read_revisions(metrics: &mut KpiAggregator) -> Vec<(Basis, usize, bool, u32)> {
    let edges: Vec<_> = (0..80).map(|slot| at(f64::from(slot) * 900.0)).collect();
    let mut read = Vec::new();
    for &basis in Basis::ALL {
        let (fields, edges) = (fields("offered handled"), edges.clone());
        let query = Query { basis, fields, edges, ..Query::default() };
        let rows = metrics.query(&query).unwrap();
        read.extend(rows.iter().map(|row| (basis, row.interval, row.is_final, row.revision)));
    }
    read
}

fn read_something(metrics: &mut KpiAggregator, number: usize) {
    match number % 4 {
        0 => _ = metrics.extent(None),
        1 => _ = metrics.snapshot(),
        2 => _ = metrics.distributions(&Query::default(), Timing::Talk).unwrap(),
        _ => _ = metrics.query(&Query::default()).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn who_reads_after_every_event_reads_in_the_end_what_others_do(
        steps in prop::collection::vec(step(), 1..150)
    ) {
        let (mut read, mut unread, mut saved) = (Centre::new(), Centre::new(), Centre::new());
        for (number, step) in steps.iter().enumerate() {
            read.take(step);
            read_something(&mut read.feed.metrics, number);
            unread.take(step);
            saved.take(step);
            if number % 10 == 0 {
                saved.feed.metrics =
                    KpiAggregator::restore(&saved.feed.metrics.snapshot()).unwrap();
            }
        }
        prop_assert_eq!(read.feed.metrics.changed(0), unread.feed.metrics.changed(0));
        let unread = all_of(&mut unread.feed.metrics);
        prop_assert_eq!(&all_of(&mut read.feed.metrics), &unread);
        prop_assert_eq!(&all_of(&mut saved.feed.metrics), &unread);
    }

    #[test]
    fn what_was_read_and_what_was_not_merge_to_the_same(
        steps in prop::collection::vec(step(), 1..100)
    ) {
        let mut sums = Vec::new();
        for is_read in [false, true] {
            let mut parts = [Centre::new(), Centre::new()];
            for step in &steps {
                let (Step::Goes(contact, _) | Step::Code(contact, _) | Step::Marked(contact, _)
                    | Step::Given(contact, _)) = *step else { continue };
                let part = &mut parts[contact as usize % 2];
                part.take(step);
                if is_read {
                    read_something(&mut part.feed.metrics, 0);
                }
            }
            let [mut sum, other] = parts.map(|part| part.feed.metrics);
            sum.merge(&other).unwrap();
            sums.push(all_of(&mut sum));
        }
        prop_assert_eq!(&sums[0], &sums[1]);
    }
}

#[test]
fn fact_that_came_in_time_is_no_change_of_an_interval_that_is_final_since() {
    let mut feed = Feed::new();
    feed.fold(Kind::ContactQueued, 100.0, "c1", "");
    feed.fold(Kind::OfferMade, 110.0, "c1", "ana");
    feed.metrics.advance(feed.source, at(5_000.0));
    // Late, of the same visit: what came before it is no change.
    feed.fold(Kind::OfferMissed, 1_000.0, "c1", "ana");
    feed.fold(Kind::ContactAbandoned, 5_010.0, "c1", "");
    let edges = (0..8).map(|slot| at(f64::from(slot) * 900.0)).collect();
    let query = Query {
        basis: Basis::Event,
        fields: fields("offered offers_made offers_missed abandoned"),
        edges,
        ..Query::default()
    };
    let rows = feed.metrics.query(&query).unwrap();
    let read: Vec<_> = rows.iter().map(|row| (row.interval, row.revision)).collect();
    assert_eq!(read, [(0, 0), (1, 1), (5, 0)]);
}

#[test]
fn id_that_is_used_again_while_its_visit_goes_on_elsewhere_counts_both() {
    let part = || {
        let mut feed = Feed::new();
        feed.fold(Kind::ContactQueued, 100.0, "c1", "");
        feed.fold(Kind::OfferMade, 101.0, "c1", "ana");
        feed.metrics
    };
    let mut sum = part();
    sum.merge(&part()).unwrap();
    assert_eq!(read_all(&mut sum, Basis::Offered, "offered offers_made"), [2, 2]);
    let (other, mut none) = (sum.clone(), KpiAggregator::default());
    none.merge(&other).unwrap();
    assert_eq!(read_all(&mut none, Basis::Event, "offered offers_made"), [2, 2]);
}

#[test]
fn however_many_came_and_went_each_that_goes_on_is_read() {
    let mut feed = Feed::new();
    for number in 0..600_u32 {
        let id = format!("c{number}");
        feed.fold(Kind::ContactQueued, f64::from(number), &id, "");
        let offered = read_all(&mut feed.metrics.clone(), Basis::Offered, "offered");
        assert_eq!(offered, [i128::from(number) + 1], "{id} has just come");
        feed.fold(Kind::ContactAbandoned, f64::from(number) + 0.5, &id, "");
    }
}
