//! How long an explanation takes at 2,000 agents and 600 who wait: a supervisor's glance,
//! five milliseconds at most.
//!
//! `cargo bench -p ccroute-core --bench explain`. Figures are the median, the first and the
//! slowest of several rounds over the same centre; what was explained is counted.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark reads the clock"
)]

use std::time::Instant;

use ccroute_core::{
    AgentKey, AgentSettings, Capacity, ChannelKey, Command, ContactKey, Link, NewContact, Plan,
    QueueKey, QueuePlan, Reply, Requirement, Router, SkillKey, SkillLevel, Span, Timestamp,
};

const ROUNDS: usize = 41;
const AGENTS: usize = 2_000;
const IDLE: usize = 12;
const WAITING: usize = 600;
const SKILLS: usize = 40;
const QUEUES: usize = 20;
/// Languages are the first of the skills, one of which everybody asks for.
const LANGUAGES: usize = 6;
/// Milliseconds.
const LIMIT: f64 = 5.0;

/// SplitMix64: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }
}

fn level(skill: usize, level: usize) -> SkillLevel {
    SkillLevel { skill: SkillKey::new(skill), level: level as u8 }
}

/// What the contacts of one queue ask for.
#[derive(Clone, Copy)]
enum Needs {
    /// A language at some level, and some product: a few dozen different needs.
    Usual,
    /// Everybody something that nobody else asks for.
    AllDifferent,
}

impl Needs {
    fn of(self, number: usize, dice: &mut Dice) -> Requirement {
        let all_of = match self {
            Self::Usual => {
                let language = level(dice.roll(LANGUAGES), 5 + dice.roll(3));
                let product = level(LANGUAGES + dice.roll(4), 3);
                if dice.roll(3) == 0 { vec![language] } else { vec![language, product] }
            }
            // Of 600 no two have the same pair and level.
            Self::AllDifferent => {
                let product = LANGUAGES + number % (SKILLS - LANGUAGES);
                let rest = number / (SKILLS - LANGUAGES);
                vec![level(rest % LANGUAGES, 4 + rest / LANGUAGES % 4), level(product, 3)]
            }
        };
        Requirement { all_of, ..Requirement::default() }
    }
}

/// A queue of 600 and a centre of 2,000 agents, twelve of whom are idle and cannot help.
fn centre(needs: Needs) -> Router {
    let mut dice = Dice(7);
    let mut plan = Plan::default();
    for skill in 0..SKILLS {
        plan.add_skill(&format!("skill-{skill}"));
    }
    for queue in 0..QUEUES {
        plan.add_queue(&format!("queue-{queue}"), QueuePlan::default());
    }
    let mut router = Router::new(plan);
    let voice = ChannelKey::new(0);
    for agent in 0..AGENTS {
        // The idle ones know products, and no language that is asked for.
        let idle = agent % (AGENTS / IDLE) == 0 && agent / (AGENTS / IDLE) < IDLE;
        let product = |dice: &mut Dice| level(LANGUAGES + dice.roll(SKILLS - LANGUAGES), 5);
        let mut skills = vec![product(&mut dice), product(&mut dice), product(&mut dice)];
        skills.push(level(dice.roll(LANGUAGES), if idle { 2 } else { 1 + dice.roll(10) }));
        let mut queues: Vec<Link> =
            (1..5).map(|_| Link::new(QueueKey::new(1 + dice.roll(QUEUES - 1)))).collect();
        queues.dedup_by_key(|link| link.queue);
        if agent % 3 != 2 {
            queues.push(Link::new(QueueKey::new(0)));
        }
        queues.sort_by_key(|link| link.queue);
        queues.dedup_by_key(|link| link.queue);
        let settings = AgentSettings {
            skills: Some(&skills),
            queues: Some(&queues),
            capacity: Some(&[Capacity { channel: voice, slots: 1 }]),
            ..AgentSettings::default()
        };
        let name = format!("agent-{agent}");
        let sign_in = Command::SignIn { agent: &name, settings };
        let reply = router.apply(Timestamp::ZERO, sign_in).expect("the plan has all of it");
        let Reply::Agent(key) = reply else { unreachable!("sign_in names its agent") };
        match dice.roll(10) {
            _ if idle => apply(&mut router, Command::Ready(key)),
            0 => {}
            _ => engage(&mut router, key, agent),
        }
    }
    for number in 0..WAITING {
        let own = needs.of(number, &mut dice);
        let id = format!("waiting-{number}");
        let contact =
            NewContact { requirement: Some(&own), ..NewContact::new(&id, QueueKey::new(0), voice) };
        let at = Timestamp::ZERO + Span::secs(1 + number as u32);
        router.apply(at, Command::Enqueue(contact)).expect("ids differ");
    }
    router.clear_events();
    router
}

fn apply(router: &mut Router, command: Command<'_>) {
    router.apply(Timestamp::ZERO, command).expect("the bench asks for what is possible");
}

/// Puts an agent into a conversation, ready for the next.
fn engage(router: &mut Router, agent: AgentKey, number: usize) {
    let id = format!("engaged-{number}");
    let contact = NewContact::new(&id, QueueKey::new(0), ChannelKey::new(0));
    let phase = ccroute_core::AdoptedPhase::Engaged(agent);
    apply(router, Command::Adopt { contact, phase });
    apply(router, Command::Ready(agent));
}

fn report(what: &str, mut explain: impl FnMut(usize) -> usize) {
    let mut times = Vec::new();
    let mut told = 0;
    for round in 0..ROUNDS {
        let start = Instant::now();
        told += explain(round);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    assert!(told >= ROUNDS, "something is explained each time");
    let first = times[0];
    times.sort_by(f64::total_cmp);
    let (median, slowest) = (times[ROUNDS / 2], times[ROUNDS - 1]);
    let verdict = if median <= LIMIT { "within" } else { "beyond" };
    println!(
        "  {what:<16} {median:>7.3} ms, the first {first:>7.3} ms, at most {slowest:>7.3} ms: \
         {verdict} {LIMIT} ms"
    );
}

fn main() {
    // `cargo test --benches` comes here too; only `cargo bench` asks for figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for (what, needs) in [("usual", Needs::Usual), ("all different", Needs::AllDifferent)] {
        let router = centre(needs);
        let queue = QueueKey::new(0);
        let explained = router.explain_queue(queue).expect("a queue of the plan");
        println!(
            "{AGENTS} agents, {} idle, {} waiting, {} needs ({what}); median of {ROUNDS}",
            explained.idle,
            explained.waiting,
            explained.groups.len()
        );
        assert_eq!((explained.waiting as usize, explained.idle as usize), (WAITING, IDLE));
        let waiting: Vec<ContactKey> = (0..WAITING)
            .map(|number| router.find_contact(&format!("waiting-{number}")).expect("it waits"))
            .collect();
        report("explain_queue", |_| {
            router.explain_queue(queue).expect("a queue of the plan").groups.len()
        });
        report("explain_contact", |round| {
            let contact = waiting[round * 13 % WAITING];
            router.explain_contact(contact).expect("it waits").eliminated.len()
        });
        report("explain_agent", |round| {
            let agent = AgentKey::new(round * 167 % AGENTS);
            router.explain_agent(agent).expect("an agent of the centre").withheld.len()
        });
    }
}
