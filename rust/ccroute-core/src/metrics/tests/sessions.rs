//! One agent in several sources: the time is that of the union, in whatever order the sources
//! are heard, merged or saved in between.

use proptest::prelude::*;

use super::*;
use crate::event::EventKind as Kind;

const WORDS: &str = "signed_in idle not_ready talk not_ready.lunch not_ready.tea";

/// What a source says, and how many seconds after what it said before.
#[derive(Clone, Copy, Debug)]
struct Line {
    pause: u32,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    SignIn,
    Ready,
    NotReady(Option<&'static str>),
    SignOut,
    Connect,
    Release,
}

type Script = Vec<Line>;

fn aggregator() -> Feed {
    let settings = Settings { interval: Span::secs(300), ..Settings::default() };
    Feed::with(settings)
}

/// Folds what a source says at an instant, about contact number `contact` of its own.
fn say(feed: &mut Feed, name: &str, seconds: u32, what: What, contact: usize) {
    feed.source = feed.metrics.source(name).unwrap();
    let (seconds, id) = (f64::from(seconds), format!("{name}-{contact}"));
    match what {
        What::SignIn => feed.fold(Kind::AgentSignedIn, seconds, "", "ana"),
        What::Ready => feed.fold(Kind::AgentReady, seconds, "", "ana"),
        What::SignOut => feed.fold(Kind::AgentSignedOut, seconds, "", "ana"),
        What::NotReady(reason) => {
            let mut event = feed.event(Kind::AgentNotReady, seconds, "", "ana");
            event.reason = reason.map(|reason| feed.metrics.text(reason));
            feed.metrics.fold(feed.source, &event);
        }
        What::Connect => {
            feed.fold(Kind::ContactQueued, seconds, &id, "");
            feed.fold(Kind::ContactConnected, seconds, &id, "ana");
        }
        What::Release => feed.fold(Kind::ContactReleased, seconds, &id, "ana"),
    }
}

/// Two sources, each with lines of (seconds, what), folded in order of time.
fn two(first: &[(u32, What)], second: &[(u32, What)]) -> Feed {
    let mut lines: Vec<_> = first.iter().map(|line| ("one", line)).collect();
    lines.extend(second.iter().map(|line| ("two", line)));
    lines.sort_by_key(|(_, line)| line.0);
    let mut feed = aggregator();
    lines.into_iter().for_each(|(name, &(at, what))| say(&mut feed, name, at, what, 0));
    feed
}

/// One source by itself.
fn alone(name: &str, lines: &[(u32, What)]) -> Feed {
    let mut feed = aggregator();
    lines.iter().for_each(|&(at, what)| say(&mut feed, name, at, what, 0));
    feed
}

fn seconds(feed: &mut Feed, now: f64, words: &str) -> Vec<i128> {
    feed.time("ana", now, words).into_iter().map(|micros| micros / 1_000_000).collect()
}

#[test]
fn sessions_that_overlap_nest_or_follow_add_up_to_their_union() {
    use What::{SignIn, SignOut};
    for (second, union) in
        [([100, 300], 300), ([50, 100], 200), ([200, 300], 300), ([250, 300], 250)]
    {
        let first = [(0, SignIn), (200, SignOut)];
        let second = [(second[0], SignIn), (second[1], SignOut)];
        let all = "signed_in not_ready";
        assert_eq!(seconds(&mut two(&first, &second), 999.0, all), [union; 2]);
        // One source wholly after the other.
        let mut feed = alone("one", &first);
        second.iter().for_each(|&(at, what)| say(&mut feed, "two", at, what, 0));
        assert_eq!(seconds(&mut feed, 999.0, all), [union; 2]);
        for parts in [["one", "two"], ["two", "one"]] {
            let part = |name| alone(name, if name == "one" { &first } else { &second });
            let mut sum = part(parts[0]);
            sum.metrics.merge(&part(parts[1]).metrics).unwrap();
            assert_eq!(seconds(&mut sum, 999.0, all), [union; 2]);
        }
        let counters = feed.metrics.counters();
        assert_eq!((counters.orphans, counters.backwards, counters.overlong), (0, 0, 0));
    }
}

#[test]
fn ready_in_one_is_ready_and_a_sign_out_of_one_leaves_the_other() {
    use What::{NotReady, Ready, SignIn, SignOut};
    let first = [(0, SignIn), (10, Ready), (100, NotReady(Some("tea"))), (300, SignOut)];
    let second = [(50, NotReady(Some("lunch"))), (150, Ready), (200, NotReady(None))];
    let mut feed = two(&first, &second);
    // Ready until 100 and from 150 to 200. Between them tea is newer, but lunch stands since 50.
    let times = seconds(&mut feed, 400.0, WORDS);
    assert_eq!(times, [400, 140, 260, 0, 50, 100]);
    let live = feed.metrics.live(None).agents[0];
    assert_eq!((live.state, live.reason), (Some(StateTime::NotReady), None));
    say(&mut feed, "two", 400, SignOut, 0);
    assert_eq!(seconds(&mut feed, 999.0, "signed_in"), [400]);
    assert_eq!(feed.metrics.live(None).agents[0].state, None);
    // Of a source at which the agent is not signed in.
    say(&mut feed, "one", 410, SignOut, 0);
    assert_eq!(feed.metrics.counters().orphans, 1);
}

#[test]
fn reason_of_one_instant_is_that_of_the_source_whose_name_comes_first() {
    let (tea, lunch) = (What::NotReady(Some("tea")), What::NotReady(Some("lunch")));
    for names in [["one", "two"], ["two", "one"]] {
        let reason = |name: &str| if name == "one" { tea } else { lunch };
        let mut feed = aggregator();
        names.iter().for_each(|name| say(&mut feed, name, 10, reason(name), 0));
        assert_eq!(seconds(&mut feed, 50.0, WORDS), [40, 0, 40, 0, 0, 40]);
        let mut sum = alone(names[0], &[(10, reason(names[0]))]);
        sum.metrics.merge(&alone(names[1], &[(10, reason(names[1]))]).metrics).unwrap();
        assert_eq!(seconds(&mut sum, 50.0, WORDS), [40, 0, 40, 0, 0, 40]);
    }
}

#[test]
fn agent_is_idle_where_a_device_is_free() {
    let mut feed = two(&[(0, What::Ready)], &[(10, What::Ready)]);
    let mut device = |name: &str, seconds: f64, device: crate::event::Device| {
        feed.source = feed.metrics.source(name).unwrap();
        let mut event = feed.event(Kind::AgentDevice, seconds, "", "ana");
        event.number = device as u32;
        feed.metrics.fold(feed.source, &event);
    };
    device("one", 20.0, crate::event::Device::InUse); // still free at the other
    device("two", 30.0, crate::event::Device::Ringing);
    device("one", 45.0, crate::event::Device::Available);
    assert_eq!(seconds(&mut feed, 60.0, "idle device_busy"), [45, 15]);
}

#[test]
fn source_that_is_held_back_changes_the_time_another_has_gone_past() {
    let mut feed = aggregator();
    let one = feed.metrics.source("one").unwrap();
    feed.metrics.set_hold(one, Some(Span::secs(120)));
    say(&mut feed, "one", 20, What::Ready, 0);
    say(&mut feed, "one", 10, What::SignIn, 0); // out of order, within the hold
    say(&mut feed, "two", 30, What::SignIn, 0);
    say(&mut feed, "two", 70, What::SignOut, 0);
    assert_eq!(seconds(&mut feed, 70.0, "signed_in idle not_ready"), [40, 0, 40]);
    say(&mut feed, "one", 50, What::SignOut, 0);
    feed.metrics.flush();
    assert_eq!(seconds(&mut feed, 70.0, "signed_in idle not_ready"), [60, 30, 30]);
    assert_eq!(feed.metrics.counters().backwards, 0);
}

#[test]
fn forgotten_session_ends_after_31_days_though_another_source_goes_on() {
    let mut feed = alone("one", &[(0, What::Ready)]);
    let day = 86_400;
    for n in 1..40 {
        say(&mut feed, "two", n * day, What::SignIn, 0);
        say(&mut feed, "two", n * day + 100, What::SignOut, 0);
    }
    let idle = seconds(&mut feed, f64::from(41 * day), "idle")[0];
    assert_eq!(idle, i128::from(31 * day));
}

#[test]
fn word_of_a_source_holds_31_days_whatever_another_says_and_when() {
    // Ready at one; of the other it is only known that they are signed in.
    let day = 86_400;
    let days = |feed: &mut Feed, now: u32| {
        let times = seconds(feed, f64::from(now * day), "signed_in idle not_ready");
        times.into_iter().map(|seconds| seconds / i128::from(day)).collect::<Vec<_>>()
    };
    let mut feed = two(&[(0, What::Ready)], &[(20 * day, What::SignIn)]);
    assert_eq!(days(&mut feed, 25), [25, 25, 0]);
    // Nobody says anything any more.
    assert_eq!(days(&mut feed, 60), [51, 31, 20]);
    feed.metrics = KpiAggregator::restore(&feed.metrics.snapshot()).unwrap();
    say(&mut feed, "two", 45 * day, What::NotReady(None), 0);
    assert_eq!(days(&mut feed, 50), [50, 31, 19]);
    // A word of the first that comes late: it had not fallen silent.
    say(&mut feed, "one", 30 * day, What::Ready, 0);
    assert_eq!(days(&mut feed, 50), [50, 50, 0]);
}

#[test]
fn sessions_under_way_are_merged_as_one() {
    use What::{NotReady, Ready, SignIn, SignOut};
    let first = [(0, SignIn), (20, Ready), (100, NotReady(Some("tea")))];
    let second = [(50, SignIn), (120, Ready)];
    for name in ["one", "two"] {
        // Under two names, and under one: then each part knew half of what was said.
        let mut sum = alone("one", &first);
        sum.metrics.merge(&alone(name, &second).metrics).unwrap();
        let wanted = if name == "one" { [150, 60, 90] } else { [150, 110, 40] };
        assert_eq!(seconds(&mut sum, 150.0, "signed_in idle not_ready"), wanted, "{name}");
        let live = sum.metrics.live(None).agents[0];
        assert_eq!((live.state, live.since), (Some(StateTime::Idle), at(120.0)));
        // It goes on as any other, saved and read back.
        sum.metrics = KpiAggregator::restore(&sum.metrics.snapshot()).unwrap();
        say(&mut sum, name, 200, SignOut, 0);
        let wanted = if name == "one" { 200 } else { 300 };
        assert_eq!(seconds(&mut sum, 300.0, "signed_in"), [wanted]);
    }
}

#[test]
fn contacts_of_one_source_in_two_parts_go_on_after_the_merge() {
    let mut sum = alone("one", &[(0, What::Ready), (10, What::Connect)]);
    let mut part = aggregator();
    say(&mut part, "one", 20, What::Connect, 7);
    say(&mut part, "one", 60, What::Release, 7);
    sum.metrics.merge(&part.metrics).unwrap();
    assert_eq!(sum.metrics.live(None).agents[0].contacts, 1);
    say(&mut sum, "one", 100, What::Release, 0);
    assert_eq!(seconds(&mut sum, 120.0, "talk idle"), [90, 30]);
}

#[test]
fn what_is_said_of_long_ago_counts_from_what_is_known() {
    let mut feed = alone("one", &[(0, What::SignIn)]);
    (1..600).for_each(|n| say(&mut feed, "one", n, What::Ready, 0));
    say(&mut feed, "one", 600, What::SignOut, 0);
    say(&mut feed, "two", 10, What::NotReady(None), 0);
    assert_eq!(feed.metrics.counters().backwards, 1);
    say(&mut feed, "two", 700, What::SignOut, 0);
    assert_eq!(seconds(&mut feed, 999.0, "signed_in idle not_ready"), [700, 599, 101]);
}

#[test]
fn what_lies_too_far_back_is_merged_as_sums() {
    let session = |name| {
        let mut feed = alone(name, &[(0, What::SignIn), (100, What::SignOut)]);
        say(&mut feed, name, 200_000, What::SignIn, 0);
        feed
    };
    let mut sum = session("one");
    sum.metrics.merge(&session("two").metrics).unwrap();
    // Twice of the session of long ago, once of the one under way.
    assert_eq!(seconds(&mut sum, 200_050.0, "signed_in"), [250]);
}

fn script() -> impl Strategy<Value = Script> {
    let what = prop::sample::select(vec![
        What::SignIn,
        What::Ready,
        What::NotReady(None),
        What::NotReady(Some("lunch")),
        What::NotReady(Some("tea")),
        What::SignOut,
        What::Connect,
        What::Release,
    ]);
    let line = (0u32..120, what).prop_map(|(pause, what)| Line { pause, what });
    prop::collection::vec(line, 0..12)
}

/// The lines of a script with their time and the contact they are about; a contact is
/// connected and released by turns.
fn timed(script: &Script) -> Vec<(u32, What, usize)> {
    let (mut clock, mut contact, mut talks) = (0, 0, false);
    let mut lines = Vec::new();
    for &Line { pause, what } in script {
        clock += pause;
        let is_call = matches!(what, What::Connect | What::Release);
        if is_call && (what == What::Connect) == talks {
            continue;
        }
        talks = if is_call { what == What::Connect } else { talks };
        contact += usize::from(what == What::Connect);
        lines.push((clock, what, contact));
    }
    lines
}

/// Second by second, what each source said last and what that comes to.
fn oracle(scripts: &[Script], until: u32) -> Vec<i128> {
    let mut times = vec![0; 6];
    for second in 0..until {
        let (mut presences, mut talks) = (Vec::new(), false);
        for (source, script) in scripts.iter().enumerate() {
            let (mut presence, mut since, mut talking) = (What::SignOut, 0, false);
            for (at, what, _) in timed(script).into_iter().filter(|&(at, ..)| at <= second) {
                let next = match what {
                    What::Connect | What::Release => {
                        talking = what == What::Connect;
                        continue;
                    }
                    What::SignIn => What::NotReady(None),
                    What::Ready | What::NotReady(_) | What::SignOut => what,
                };
                if next != presence {
                    (presence, since) = (next, at);
                }
            }
            talks |= talking;
            presences.push((since, source, presence));
        }
        let is = |wanted: What| presences.iter().any(|&(.., presence)| presence == wanted);
        let away = presences.iter().all(|&(.., presence)| presence == What::SignOut);
        times[0] += i128::from(!away);
        times[3] += i128::from(talks);
        if talks || away {
            continue;
        }
        if is(What::Ready) {
            times[1] += 1;
            continue;
        }
        times[2] += 1;
        let reasons = presences.iter().filter_map(|&(since, source, presence)| match presence {
            What::NotReady(Some(reason)) => Some((since, source, reason)),
            What::NotReady(None)
            | What::SignIn
            | What::Ready
            | What::SignOut
            | What::Connect
            | What::Release => None,
        });
        match reasons.min() {
            Some((.., "lunch")) => times[4] += 1,
            Some(_) => times[5] += 1,
            None => {}
        }
    }
    times
}

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Folds the scripts, each in its own order, but interleaved as the turns say; saved and read
/// back after some of the lines.
fn interleaved(scripts: &[Script], turns: &[usize], save: Option<usize>) -> Feed {
    let mut left: Vec<_> = scripts.iter().map(|script| timed(script).into_iter()).collect();
    let mut feed = aggregator();
    let sources: Vec<usize> = (0..scripts.len()).collect();
    let order = turns.iter().map(|turn| turn % scripts.len()).chain(sources.repeat(40));
    for (row, source) in order.enumerate() {
        if let Some((at, what, contact)) = left[source].next() {
            say(&mut feed, NAMES[source], at, what, contact);
        }
        if save == Some(row) {
            feed.metrics = KpiAggregator::restore(&feed.metrics.snapshot()).unwrap();
        }
    }
    feed
}

fn intervals(feed: &mut Feed) -> Vec<(i64, Vec<i128>)> {
    let words: Vec<_> = WORDS.split(' ').map(|word| format!("time.{word}")).collect();
    read_intervals(&mut feed.metrics, Basis::Event, &words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn time_is_that_of_the_union_second_by_second(
        scripts in prop::collection::vec(script(), 2..=3),
        turns in prop::collection::vec(0usize..3, 0..40),
        save in 0usize..40,
        rotation in 0usize..3,
    ) {
        let until = 1_500;
        let wanted = oracle(&scripts, until);
        let read = |feed: &mut Feed| seconds(feed, f64::from(until), WORDS);
        let mut whole = interleaved(&scripts, &turns, None);
        prop_assert_eq!(&read(&mut whole), &wanted);
        prop_assert_eq!(&read(&mut interleaved(&scripts, &turns, Some(save))), &wanted);
        let mut in_turn = interleaved(&scripts, &[], None);
        prop_assert_eq!(&read(&mut in_turn), &wanted);
        prop_assert_eq!(intervals(&mut in_turn), intervals(&mut whole));
        // Each source in an aggregator of its own, merged in some order.
        let mut sum = aggregator();
        for row in 0..scripts.len() {
            let source = (row + rotation) % scripts.len();
            let mut part = aggregator();
            for (at, what, contact) in timed(&scripts[source]) {
                say(&mut part, NAMES[source], at, what, contact);
            }
            sum.metrics.merge(&part.metrics).unwrap();
        }
        prop_assert_eq!(&read(&mut sum), &wanted);
        prop_assert_eq!(intervals(&mut sum), intervals(&mut whole));
    }
}
