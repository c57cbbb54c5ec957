//! One aggregator, or several and then one: the same figures.

use proptest::prelude::*;

use super::*;
use crate::event::{Cause, EventKind as Kind};

/// A line of a feed: what happened to which contact, under which agent, a while after the
/// line before.
#[derive(Clone, Debug)]
struct Line {
    kind: Kind,
    cause: Cause,
    contact: u8,
    agent: u8,
    pause: u32,
}

/// Whole stories of contacts, and agents' comings and goings, cut short now and then.
fn story() -> impl Strategy<Value = Vec<Line>> {
    let answered = [
        Kind::ContactQueued,
        Kind::OfferMade,
        Kind::OfferAccepted,
        Kind::ContactConnected,
        Kind::ContactHeld,
        Kind::ContactResumed,
        Kind::ContactReleased,
        Kind::WrapUpStarted,
        Kind::WrapUpEnded,
    ];
    let missed = [Kind::ContactQueued, Kind::OfferMade, Kind::OfferMissed, Kind::ContactRequeued];
    let shift = [Kind::AgentSignedIn, Kind::AgentReady, Kind::AgentNotReady, Kind::AgentSignedOut];
    let kinds = prop_oneof![
        4 => Just(answered.to_vec()),
        1 => Just(answered[..7].to_vec()),
        2 => Just([&missed[..], &[Kind::ContactAbandoned]].concat()),
        1 => Just([&missed[..], &[Kind::ContactLeft]].concat()),
        2 => Just(shift.to_vec()),
        1 => Just(vec![Kind::ContactResumed, Kind::ContactReleased]),
    ];
    (kinds, 0u8..6, 0u8..40, any::<bool>(), prop::collection::vec(0u32..200, 9), 1usize..10)
        .prop_map(|(kinds, agent, contact, timed_out, pauses, length)| {
            let cause = if timed_out { Cause::TimedOut } else { Cause::None };
            // Every contact and every agent is the business of one part: `agent % 3`.
            let contact = contact * 6 + agent;
            let lines = kinds.into_iter().zip(pauses).take(length);
            lines.map(|(kind, pause)| Line { kind, cause, contact, agent, pause }).collect()
        })
}

/// Folds the lines whose agent belongs to `part` (all, for `None`) in order of time.
fn fold(stories: &[Vec<Line>], part: Option<u8>) -> KpiAggregator {
    let mut feed = Feed::new();
    let mut lines: Vec<(u32, usize, &Line)> = Vec::new();
    for (start, story) in stories.iter().enumerate() {
        let mut clock = start as u32 * 37;
        for line in story {
            clock += line.pause;
            lines.push((clock, start, line));
        }
    }
    lines.sort_by_key(|&(clock, ..)| clock);
    for (clock, story, line) in
        lines.into_iter().filter(|(.., line)| part.is_none_or(|p| line.agent % 3 == p))
    {
        // A contact for each story: two lives of one id must not overlap.
        let contact = format!("c{}-{story}", line.contact);
        let agent = format!("agent-{}", line.agent);
        let mut event = feed.event(line.kind, f64::from(clock), &contact, &agent);
        event.queue = Some(feed.metrics.queue(["billing", "sales"][usize::from(line.contact % 2)]));
        event.channel = Some(feed.metrics.channel("voice"));
        event.cause = line.cause;
        if line.kind == Kind::AgentNotReady {
            event.reason = Some(feed.metrics.text(&format!("reason-{}", line.contact % 3)));
        }
        feed.metrics.fold(feed.source, &event);
    }
    feed.metrics
}

/// Every figure by its names, so that the order of the keys does not matter.
fn figures(metrics: &mut KpiAggregator) -> (Vec<oracle::Answer>, Counters) {
    let answers = oracle::every_answer(metrics, at(50_000.0));
    (answers, metrics.counters())
}

fn merged(parts: &[&KpiAggregator]) -> KpiAggregator {
    let mut sum = KpiAggregator::default();
    parts.iter().for_each(|part| sum.merge(part).unwrap());
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_split_by_contact_and_agent_merges_to_the_same(
        stories in prop::collection::vec(story(), 1..60)
    ) {
        let whole = figures(&mut fold(&stories, None));
        let parts: Vec<_> = (0..3).map(|part| fold(&stories, Some(part))).collect();
        prop_assert_eq!(&figures(&mut merged(&[&parts[0], &parts[1], &parts[2]])), &whole);
        let right = merged(&[&parts[2], &parts[1]]);
        prop_assert_eq!(&figures(&mut merged(&[&right, &parts[0]])), &whole);
    }

    #[test]
    fn totals_equal_the_sum_of_their_intervals_and_groups(
        stories in prop::collection::vec(story(), 1..60)
    ) {
        let mut metrics = fold(&stories, None);
        let counts: Vec<_> = Count::ALL.iter().map(|count| count.word()).collect();
        let sums = Timing::ALL.iter().map(|timing| format!("{timing}.sum"));
        let words = [counts.join(" "), sums.collect::<Vec<_>>().join(" ")].join(" ");
        for &basis in Basis::ALL {
            let total = read_all(&mut metrics, basis, &words);
            let intervals = read_intervals(&mut metrics, basis, &words);
            let groups = read_by(&mut metrics, basis, &[Dimension::Queue], &words);
            for rows in [
                intervals.into_iter().map(|(_, figures)| figures).collect::<Vec<_>>(),
                groups.into_iter().map(|(_, figures)| figures).collect(),
            ] {
                let mut sum = vec![0; total.len()];
                for figures in &rows {
                    sum.iter_mut().zip(figures).for_each(|(all, n)| *all += n);
                }
                prop_assert_eq!(&sum, &total, "{}", basis);
            }
        }
    }

    #[test]
    fn restored_aggregator_goes_on_as_if_never_saved(
        stories in prop::collection::vec(story(), 2..40)
    ) {
        let mut saved = fold(&stories, None);
        let bytes = saved.snapshot();
        let mut restored = KpiAggregator::restore(&bytes).unwrap();
        prop_assert_eq!(&restored.snapshot(), &bytes);
        for metrics in [&mut saved, &mut restored] {
            let source = metrics.source("test").unwrap();
            let mut event = Event::new(Kind::ContactAbandoned);
            event.at = at(60_000.0);
            event.visit = 1;
            event.contact = Some(metrics.contact(source, "c7"));
            metrics.fold(source, &event);
        }
        prop_assert_eq!(saved.snapshot(), restored.snapshot());
        prop_assert_eq!(figures(&mut saved), figures(&mut restored));
    }
}

#[test]
fn more_sources_than_numbers_are_refused_and_change_nothing() {
    let mut full = KpiAggregator::default();
    (0..1 << 16).for_each(|number| _ = full.source(&format!("s{number}")).unwrap());
    let refused = full.source("one more").unwrap_err();
    assert_eq!(refused.code, crate::error::RejectionCode::InvalidValue);
    assert!(refused.message.contains("'one more'"), "{refused}");
    assert_eq!(full.source("s65535"), Ok(u16::MAX));
    let mut other = KpiAggregator::default();
    other.source("s0").unwrap();
    full.merge(&other).unwrap();
    other.source("one more").unwrap();
    other.queue("q");
    assert!(full.merge(&other).unwrap_err().message.contains("65537 sources"));
    assert_eq!(full.names(Dimension::Queue).len(), 0);
}

#[test]
fn damaged_snapshot_is_refused_wherever_the_damage_is() {
    let bytes = fold(&[], None).snapshot();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        assert!(KpiAggregator::restore(&damaged).is_err(), "byte {at}");
        assert!(KpiAggregator::restore(&bytes[..at]).is_err(), "{at} bytes");
    }
}

#[test]
fn aggregators_of_other_settings_do_not_merge() {
    let every =
        |minutes: u32| Settings { interval: Span::secs(60 * minutes), ..Settings::default() };
    let five_minutes = KpiAggregator::new(every(5)).unwrap();
    let named = Settings { dimensions: vec!["site".to_owned()], ..Settings::default() };
    let fewer = Settings { kept_bases: vec![Basis::Offered], ..Settings::default() };
    for other in
        [five_minutes, KpiAggregator::new(named).unwrap(), KpiAggregator::new(fewer).unwrap()]
    {
        let refused = KpiAggregator::default().merge(&other).unwrap_err();
        assert!(refused.message.contains("create both with the same"), "{refused}");
    }
}
