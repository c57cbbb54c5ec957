//! Where a centre has come to its daily size, deciding allocates nothing: what is needed once is
//! kept. A counting allocator tells.

use std::collections::VecDeque;
use std::ops::Range;

use allocation_counter::measure;
use ccroute_core::{
    AgentSettings, Arrival, Capacity, Cause, ChannelKey, Command, ContactKey, EventKind, Handle,
    HandleMatcher, HandleQueue, Link, NewContact, OfferKey, Plan, QueueKey, QueuePlan, Requirement,
    Router, SkillKey, SkillLevel, SkillSet, Span, Strategy, Timestamp,
};

const AGENTS: usize = 100;
const QUEUES: usize = 8;

/// Numbers that look drawn: a generator is no matter here.
fn drawn(step: usize, sides: usize) -> usize {
    (step.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % sides
}

fn at(step: usize) -> Timestamp {
    Timestamp::from_micros(i64::try_from(step).expect("short") * 1_000).expect("positive")
}

fn need(skill: usize) -> Requirement {
    let all_of = vec![SkillLevel { skill: SkillKey::new(skill), level: 1 }];
    Requirement { all_of, ..Requirement::default() }
}

/// Pushes, pops, cancels and moves, a queue of about a thousand.
fn queue_steps(queue: &mut HandleQueue, handles: &mut VecDeque<Handle>, steps: Range<usize>) {
    for step in steps {
        let band = i16::try_from(drawn(step, 3)).expect("small");
        handles.push_back(queue.push(None, band, at(step), Span::ZERO).expect("no id"));
        match step % 3 {
            0 => _ = queue.pop(),
            1 => _ = queue.cancel(handles[drawn(step, handles.len())]),
            _ => _ = queue.reprioritise(handles[drawn(step, handles.len())], Some(9), None),
        }
        if queue.len() > 1_000 {
            queue.pop();
        }
        if handles.len() > 2_000 {
            handles.pop_front();
        }
    }
}

#[test]
fn a_queue_allocates_nothing() {
    let mut queue = HandleQueue::default();
    let mut handles = VecDeque::with_capacity(4_000);
    queue_steps(&mut queue, &mut handles, 0..20_000);
    let info = measure(|| queue_steps(&mut queue, &mut handles, 20_000..40_000));
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_matcher_allocates_nothing() {
    let mut desk = HandleMatcher::new(Strategy::LongestIdle).expect("by idle times");
    let held = |agent: usize| SkillLevel { skill: SkillKey::new(agent % QUEUES), level: 5 };
    let agents: Vec<_> =
        (0..AGENTS).map(|agent| desk.add_agent(SkillSet::new(&[held(agent)]))).collect();
    let classes: Vec<_> = (0..QUEUES).map(|skill| desk.requirement(&need(skill))).collect();
    let mut busy = VecDeque::with_capacity(2 * AGENTS);
    for &agent in &agents {
        desk.free(agent, Timestamp::ZERO).expect("known");
    }
    let mut steps = |first: usize, steps: usize| {
        for step in first..first + steps {
            let class = classes[drawn(step, QUEUES)];
            let come = desk.arrive(class, 0, at(step), Span::ZERO).expect("given out");
            if let Arrival::Taken(agent) = come {
                busy.push_back(agent);
            }
            if let Some(agent) = busy.pop_front()
                && desk.free(agent, at(step)).expect("known").is_some()
            {
                busy.push_back(agent);
            }
        }
    };
    steps(0, 20_000);
    let info = measure(|| steps(20_000, 20_000));
    assert_eq!(info.count_total, 0);
}

fn centre() -> Router {
    let mut plan = Plan { retention: Span::secs(1), ..Plan::default() };
    let skills: Vec<_> = (0..QUEUES).map(|skill| plan.add_skill(&format!("s{skill}"))).collect();
    for queue in 0..QUEUES {
        let rules = QueuePlan { requirement: need(queue), ..QueuePlan::default() };
        plan.add_queue(&format!("q{queue}"), rules);
    }
    let links: Vec<Link> = (0..QUEUES).map(QueueKey::new).map(Link::new).collect();
    let mut router = Router::new(plan);
    for agent in 0..AGENTS {
        let level = |skill| SkillLevel { skill, level: 3 };
        let held = [level(skills[agent % QUEUES]), level(skills[(agent + 1) % QUEUES])];
        let settings = AgentSettings {
            skills: Some(&held),
            queues: Some(&links),
            capacity: Some(&[Capacity { channel: ChannelKey::new(0), slots: 1 }]),
            ..AgentSettings::default()
        };
        let name = format!("a{agent}");
        router.apply(Timestamp::ZERO, Command::SignIn { agent: &name, settings }).expect("new");
        let key = router.find_agent(&name).expect("just signed in");
        router.apply(Timestamp::ZERO, Command::Ready(key)).expect("signed in");
    }
    router.clear_events();
    router
}

/// A centre under way: who is offered is connected at once, who talks longest is done next.
struct Day {
    router: Router,
    ids: Vec<String>,
    offered: VecDeque<(OfferKey, ContactKey)>,
    engaged: VecDeque<ContactKey>,
}

impl Day {
    fn read(&mut self) {
        for event in self.router.events() {
            if event.kind == EventKind::OfferMade {
                let named = (event.offer.expect("named"), event.contact.expect("named"));
                self.offered.push_back(named);
            }
        }
        self.router.clear_events();
    }

    /// A contact comes and another goes.
    fn step(&mut self, step: usize) {
        let now = at(step * 10);
        let queue = QueueKey::new(drawn(step, QUEUES));
        let new = NewContact::new(&self.ids[step % self.ids.len()], queue, ChannelKey::new(0));
        self.router.apply(now, Command::Enqueue(new)).expect("ids come back after a minute");
        self.read();
        if self.engaged.len() > AGENTS * 3 / 4 {
            let contact = self.engaged.pop_front().expect("many are");
            let release = Command::Release { contact, by: Cause::Agent };
            self.router.apply(now, release).expect("engaged");
            self.read();
        }
        while let Some((offer, contact)) = self.offered.pop_front() {
            self.router.apply(now, Command::Accept(offer)).expect("live");
            self.router.apply(now, Command::Connected(contact)).expect("accepted");
            self.engaged.push_back(contact);
            self.read();
        }
    }
}

#[test]
fn a_router_allocates_no_more_than_the_id_of_each_contact() {
    let mut day = Day {
        router: centre(),
        ids: (0..6_000).map(|number| format!("contact-{number}")).collect(),
        offered: VecDeque::with_capacity(1_000),
        engaged: VecDeque::with_capacity(1_000),
    };
    (0..20_000).for_each(|step| day.step(step));
    let lives = 6_000;
    let info = measure(|| (20_000..20_000 + lives).for_each(|step| day.step(step)));
    assert_eq!(info.count_total, lives as u64);
}
