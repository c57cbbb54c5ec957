//! What the five bases must agree in, over whole lives of contacts told as events.

use proptest::prelude::*;

use super::*;
use crate::event::{Cause, EventKind as Kind};

/// A step of a life: what, why, which of two agents, and how long after the step before.
#[derive(Clone, Debug)]
struct Step {
    kind: Kind,
    cause: Cause,
    agent: &'static str,
    pause: i64,
}

/// The kinds of lives: each word is a kind, and the agent of it.
fn lives() -> Vec<Vec<(Kind, Cause, &'static str)>> {
    use Kind::{
        AgentJoined, CallbackOffered, ContactAbandoned, ContactConnected, ContactHeld, ContactLeft,
        ContactQueued, ContactReleased, ContactRequeued, ContactResumed, ContactTransferred,
        OfferAccepted, OfferLost, OfferMade, OfferMissed, OfferWithdrawn, WrapUpEnded,
        WrapUpStarted,
    };
    let plain = |kinds: &[(Kind, &'static str)]| -> Vec<_> {
        kinds.iter().map(|&(kind, agent)| (kind, Cause::None, agent)).collect()
    };
    let queued = (ContactQueued, Cause::None, "");
    let over = (ContactTransferred, Cause::HandedOver, "ana");
    let connected = plain(&[
        (ContactQueued, ""),
        (OfferMade, "ana"),
        (OfferAccepted, "ana"),
        (ContactConnected, "ana"),
    ]);
    let wrap_up = |agent| plain(&[(WrapUpStarted, agent), (WrapUpEnded, agent)]);
    let held = plain(&[(ContactHeld, "ana"), (ContactResumed, "ana"), (ContactHeld, "ana")]);
    let released = [(ContactReleased, Cause::Customer, "ana")].to_vec();
    let handed = [connected.clone(), vec![over], plain(&[(AgentJoined, "ben")])].concat();
    vec![
        [connected.clone(), held.clone(), released.clone()].concat(),
        [connected.clone(), held, released.clone(), wrap_up("ana")].concat(),
        [connected.clone(), released.clone()].concat(),
        [connected.clone(), released.clone(), wrap_up("ana")].concat(),
        [connected.clone(), vec![(ContactTransferred, Cause::Transferred, "ana")]].concat(),
        // Rang unanswered, then taken by another.
        plain(&[
            (ContactQueued, ""),
            (OfferMade, "ana"),
            (OfferMissed, "ana"),
            (ContactRequeued, ""),
            (OfferMade, "ben"),
            (OfferAccepted, "ben"),
            (ContactConnected, "ben"),
            (ContactReleased, "ben"),
        ]),
        // Rang at two, one was quicker.
        plain(&[
            (ContactQueued, ""),
            (OfferMade, "ana"),
            (OfferMade, "ben"),
            (OfferAccepted, "ana"),
            (OfferLost, "ben"),
            (OfferWithdrawn, "ben"),
            (ContactConnected, "ana"),
            (ContactReleased, "ana"),
        ]),
        // Handed over: with wrap-up, without, and to nobody.
        [handed.clone(), plain(&[(ContactReleased, "ben")]), wrap_up("ben")].concat(),
        [handed, plain(&[(ContactHeld, "ben"), (ContactReleased, "ben")])].concat(),
        [connected.clone(), vec![over], wrap_up("ana")].concat(),
        [connected.clone(), vec![over]].concat(),
        [connected, vec![over], plain(&[(ContactReleased, "ben")])].concat(),
        vec![queued, (ContactAbandoned, Cause::None, "")],
        vec![queued, (ContactLeft, Cause::TimedOut, "")],
        vec![queued, (CallbackOffered, Cause::None, ""), (ContactLeft, Cause::Callback, "")],
        vec![(Kind::ContactRefused, Cause::Full, "")],
    ]
}

fn life() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![
        2 => Just(0i64),
        2 => prop::sample::select(vec![5i64, 20, 60, 600]).prop_map(|seconds| seconds * 1_000_000),
        3 => 1..120_000_000i64,
        1 => 1..3_000_000_000i64,
    ];
    let pauses = prop::collection::vec(pause, 12);
    (prop::sample::select(lives()), pauses).prop_map(|(kinds, pauses)| {
        let step = |((kind, cause, agent), pause)| {
            // Wrap-up begins at once, and the agent a contact is handed to joins at once.
            let at_once = matches!(kind, Kind::WrapUpStarted | Kind::AgentJoined);
            Step { kind, cause, agent, pause: if at_once { 0 } else { pause } }
        };
        kinds.into_iter().zip(pauses).map(step).collect()
    })
}

/// The events of all lives in order of time, the first `share` percent of them.
fn fold(lives: &[Vec<Step>], share: usize) -> Feed {
    let mut feed = Feed::new();
    let mut lines = Vec::new();
    for (number, life) in lives.iter().enumerate() {
        let mut clock = number as i64 * 97_000_003;
        for (row, step) in life.iter().enumerate() {
            clock += step.pause;
            lines.push((clock, number, row, step));
        }
    }
    lines.sort_by_key(|&(clock, number, row, _)| (clock, number, row));
    lines.truncate(lines.len() * share / 100);
    for (clock, number, _, step) in lines {
        let mut event = feed.event(step.kind, 0.0, &format!("c{number}"), step.agent);
        event.at = Timestamp::from_micros(clock).unwrap();
        event.cause = step.cause;
        event.queue = Some(feed.metrics.queue(["billing", "sales"][number % 2]));
        feed.metrics.fold(feed.source, &event);
    }
    feed
}

/// Everything is over, the last grace too.
fn close(feed: &mut Feed) {
    let end = feed.metrics.horizon() + Span::secs(120);
    let mut event = feed.event(Kind::AgentSignedIn, 0.0, "", "zoe");
    event.at = end;
    feed.metrics.fold(feed.source, &event);
}

fn words_of_sums() -> String {
    let sums = Timing::ALL.iter().map(|timing| format!("{timing}.sum"));
    let sums = sums.filter(|word| !word.starts_with("first_response"));
    sums.collect::<Vec<_>>().join(" ")
}

const THRESHOLDS: [i64; 4] = [5, 20, 60, 600];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn bases_agree_in_total_once_everything_is_over(
        lives in prop::collection::vec(life(), 1..50)
    ) {
        let mut feed = fold(&lives, 100);
        close(&mut feed);
        let words = oracle::every_word();
        let words = words.iter().filter(|word| !word.starts_with("passed"));
        let fields: Vec<_> = words.map(|word| Field::parse(word).unwrap()).collect();
        for by in [&[][..], &[Dimension::Queue], &[Dimension::Agent]] {
            let mut read = |basis| {
                let by = by.to_vec();
                let query = Query { basis, by, fields: fields.clone(), ..Query::default() };
                let rows = feed.metrics.query(&query).unwrap();
                let row = |row: &FigureRow<'_>| (format!("{:?}", row.labels), row.figures.clone());
                rows.iter().map(row).collect::<Vec<_>>()
            };
            let offered = read(Basis::Offered);
            prop_assert_eq!(&read(Basis::Event), &offered);
            prop_assert_eq!(&read(Basis::Completion), &offered);
            prop_assert_eq!(&read(Basis::ServiceLevelEvent), &offered);
        }
    }

    #[test]
    fn parts_by_interval_add_up_to_whole_durations(
        lives in prop::collection::vec(life(), 1..50)
    ) {
        let mut feed = fold(&lives, 100);
        close(&mut feed);
        let words = words_of_sums();
        for by in [Dimension::Queue, Dimension::Agent] {
            let whole = read_by(&mut feed.metrics, Basis::Offered, &[by], &words);
            let parts = read_by(&mut feed.metrics, Basis::Split, &[by], &words);
            let spent = |rows: Vec<(String, Vec<i128>)>| {
                rows.into_iter().filter(|(_, sums)| sums.iter().any(|&n| n != 0)).collect::<Vec<_>>()
            };
            prop_assert_eq!(spent(parts), spent(whole));
        }
        let whole = feed.all(Basis::Offered, &words);
        let parts = read_intervals(&mut feed.metrics, Basis::Split, &words);
        let mut sums = vec![0; whole.len()];
        for (_, part) in &parts {
            sums.iter_mut().zip(part).for_each(|(all, n)| *all += n);
            prop_assert!(part.iter().all(|&n| n >= 0), "{:?}", part);
        }
        prop_assert_eq!(sums, whole);
    }

    #[test]
    fn every_visit_passes_a_threshold_or_is_decided_before_it(
        lives in prop::collection::vec(life(), 1..50), share in 0usize..=100
    ) {
        let mut feed = fold(&lives, share);
        let now = feed.metrics.horizon();
        let everything = VisitQuery {
            basis: Basis::Offered,
            start: Timestamp::ZERO,
            end: Timestamp::MAX,
            only: Vec::new(),
        };
        let visits = feed.metrics.visits(&everything).unwrap();
        for seconds in THRESHOLDS {
            let limit = Span::from_micros(seconds * 1_000_000).unwrap();
            // Flow-outs and those who wait have no ladder: their visits tell.
            let undecided = visits.iter().filter(|row| match row.outcome {
                "left" => row.wait.unwrap() <= limit,
                "waiting" => now.since(row.entered) <= limit,
                _ => false,
            });
            let undecided = undecided.count() as i128;
            let micros = limit.micros();
            let words = format!(
                "passed:{micros} wait_answered.within:{micros} wait_abandoned.within:{micros}"
            );
            let decided: i128 = feed.all(Basis::ServiceLevelEvent, &words).iter().sum();
            let offered = feed.read(Basis::ServiceLevelEvent, "offered");
            prop_assert_eq!(decided + undecided, offered, "{}", seconds);
        }
    }
}
