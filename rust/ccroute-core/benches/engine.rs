//! What one core does in Rust: decisions per second, events folded per second.
//!
//! `cargo bench -p ccroute-core`. Each figure is the median of several rounds of the
//! same seeded work; answers are counted, so that no figure comes of doing less.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark reads the clock"
)]

use std::collections::VecDeque;
use std::time::Instant;

use ccroute_core::{
    AgentSettings, Arrival, Capacity, Cause, ChannelKey, Command, Event, EventKind, Feed, Handle,
    HandleMatcher, HandleQueue, KpiAggregator, Link, NewContact, Plan, QueueKey, QueuePlan,
    Requirement, Router, SkillKey, SkillLevel, SkillSet, Span, Strategy, Timestamp,
};

const ROUNDS: usize = 7;
const AGENTS: usize = 1_000;
pub(crate) const QUEUES: usize = 60;
const SKILLS: usize = 64;
const CONTACTS: usize = 200_000;

/// SplitMix64: small, seeded, the same everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn skills(&mut self) -> Vec<SkillLevel> {
        let count = 1 + self.roll(8);
        let held = |_| SkillLevel {
            skill: SkillKey::new(self.roll(SKILLS)),
            level: 1 + self.roll(10) as u8,
        };
        (0..count).map(held).collect()
    }
}

/// Seconds of the median round, and what it counted.
fn median(mut round: impl FnMut() -> usize) -> (f64, usize) {
    let mut times = Vec::new();
    let mut counted = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        counted = round();
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    (times[ROUNDS / 2], counted)
}

fn report(what: &str, unit: &str, (seconds, count): (f64, usize)) {
    let rate = count as f64 / seconds / 1e6;
    let each = seconds * 1e9 / count as f64;
    println!("{what:<42} {rate:>7.2} million {unit:<13} {each:>7.0} ns each");
}

pub(crate) fn centre() -> Router {
    let mut dice = Dice(7);
    let mut plan = Plan { retention: Span::secs(1), ..Plan::default() };
    for skill in 0..SKILLS {
        plan.add_skill(&format!("skill-{skill}"));
    }
    for queue in 0..QUEUES {
        let need = SkillLevel { skill: SkillKey::new(queue), level: 1 + dice.roll(3) as u8 };
        let requirement = Requirement { all_of: vec![need], ..Requirement::default() };
        plan.add_queue(
            &format!("queue-{queue}"),
            QueuePlan { requirement, ..QueuePlan::default() },
        );
    }
    let queues: Vec<Link> = (0..QUEUES).map(QueueKey::new).map(Link::new).collect();
    let capacity = [Capacity { channel: ChannelKey::new(0), slots: 1 }];
    let mut router = Router::new(plan);
    for agent in 0..AGENTS {
        let name = format!("agent-{agent}");
        let skills = dice.skills();
        let settings = AgentSettings {
            skills: Some(&skills),
            queues: Some(&queues),
            capacity: Some(&capacity),
            ..AgentSettings::default()
        };
        let sign_in = Command::SignIn { agent: &name, settings };
        router.apply(Timestamp::ZERO, sign_in).expect("the plan has all of it");
        let key = router.find_agent(&name).expect("just signed in");
        router.apply(Timestamp::ZERO, Command::Ready(key)).expect("signed in");
    }
    router.clear_events();
    router
}

/// Lives of contacts: arrival, decision, offer, acceptance, connection, release; one in
/// ten gives up at once. Returns the offers made; shows `sink` each batch of events.
fn lives(router: &mut Router, mut sink: impl FnMut(&Router)) -> usize {
    let mut dice = Dice(11);
    let mut now = Timestamp::ZERO;
    let mut offers = 0;
    let mut engaged = VecDeque::new();
    let mut accepted = Vec::new();
    for contact in 0..CONTACTS {
        now = now + Span::from_micros(1_000).expect("positive");
        let id = contact.to_string();
        let queue = QueueKey::new(dice.roll(QUEUES));
        let enqueue = Command::Enqueue(NewContact::new(&id, queue, ChannelKey::new(0)));
        router.apply(now, enqueue).expect("ids differ");
        if dice.roll(10) == 0 {
            let contact = router.find_contact(&id).expect("just came");
            let cause = Cause::Abandoned;
            router.apply(now, Command::Cancel { contact, cause }).expect("not connected");
        }
        if engaged.len() > AGENTS * 9 / 10 {
            let contact = engaged.pop_front().expect("many are engaged");
            let release = Command::Release { contact, by: Cause::Agent };
            router.apply(now, release).expect("engaged");
        }
        for event in router.events().iter().filter(|event| event.kind == EventKind::OfferMade) {
            offers += 1;
            accepted.push((event.offer.expect("named"), event.contact.expect("named")));
        }
        for (offer, contact) in accepted.drain(..) {
            // The one that gave up has no live offer any more.
            if router.apply(now, Command::Accept(offer)).is_ok() {
                router.apply(now, Command::Connected(contact)).expect("accepted");
                engaged.push_back(contact);
            }
        }
        sink(router);
        router.clear_events();
    }
    offers
}

fn matcher_decisions() -> usize {
    let mut dice = Dice(13);
    let mut desk = HandleMatcher::new(Strategy::LongestIdle).expect("it goes by idle times");
    for _ in 0..AGENTS {
        let agent = desk.add_agent(SkillSet::new(&dice.skills()));
        desk.free(agent, Timestamp::ZERO).expect("known");
    }
    let class = |dice: &mut Dice, desk: &mut HandleMatcher| {
        let all_of = dice.skills()[..1].to_vec();
        desk.requirement(&Requirement { all_of, ..Requirement::default() })
    };
    let classes: Vec<_> = (0..4 * SKILLS).map(|_| class(&mut dice, &mut desk)).collect();
    let mut busy = VecDeque::new();
    let mut decisions = 0;
    for step in 0..CONTACTS {
        let now = Timestamp::from_micros(step as i64).expect("positive");
        let class = classes[dice.roll(classes.len())];
        decisions += 1;
        if let Arrival::Taken(agent) = desk.arrive(class, 0, now, Span::ZERO).expect("given out") {
            busy.push_back(agent);
        }
        if busy.len() > AGENTS / 2 {
            let agent = busy.pop_front().expect("many are busy");
            decisions += 1;
            if desk.free(agent, now).expect("known").is_some() {
                busy.push_back(agent);
            }
        }
    }
    decisions
}

fn queue_operations() -> usize {
    let mut dice = Dice(17);
    let mut queue = HandleQueue::default();
    let mut handles: Vec<Handle> = Vec::new();
    let mut operations = 0;
    for step in 0..CONTACTS {
        let now = Timestamp::from_micros(step as i64).expect("positive");
        let head_start = Span::secs(dice.roll(60) as u32);
        handles.push(queue.push(None, 0, now, head_start).expect("no id"));
        operations += 1;
        if step > 10_000 {
            let some = handles[dice.roll(handles.len())];
            // A fifth of them is cancelled, where it still waits; else the first is taken.
            if dice.roll(5) > 0 || queue.cancel(some).is_err() {
                queue.pop();
            }
            operations += 1;
        }
    }
    operations
}

fn main() {
    // `cargo test --benches` comes here too; only `cargo bench` asks for figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("{AGENTS} agents, {QUEUES} queues, {CONTACTS} contacts, median of {ROUNDS} rounds");
    let fresh = centre();
    report("Router: contact lives", "decisions/s", median(|| lives(&mut fresh.clone(), |_| ())));
    let mut poured = 0;
    let measured = median(|| {
        let mut aggregator = KpiAggregator::default();
        let mut feed = Feed::new("bench", &mut aggregator).expect("its first source");
        let offers = lives(&mut fresh.clone(), |router| feed.pour(router, &mut aggregator));
        poured = aggregator.counters().events;
        offers
    });
    report("Router with KPIs: contact lives", "decisions/s", measured);
    let mut recorded: Vec<Event> = Vec::new();
    lives(&mut fresh.clone(), |router| recorded.extend(router.events()));
    assert_eq!(poured, recorded.len() as u64, "every event is folded once");
    let fold = median(|| {
        let mut aggregator = KpiAggregator::default();
        for queue in 0..QUEUES {
            aggregator.queue(&format!("queue-{queue}"));
        }
        for agent in 0..AGENTS {
            aggregator.agent(&format!("agent-{agent}"));
        }
        aggregator.channel("voice");
        let source = aggregator.source("bench").expect("its first source");
        recorded.iter().for_each(|event| aggregator.fold(source, event));
        recorded.len()
    });
    report("KpiAggregator: fold", "events/s", fold);
    report("SkillMatcher: arrivals, freed agents", "decisions/s", median(matcher_decisions));
    report("PriorityQueue: push, pop, cancel", "operations/s", median(queue_operations));
}
