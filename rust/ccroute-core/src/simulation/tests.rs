//! Small centres whose every instant is known beforehand.

use super::*;
use crate::command::AgentSettings;
use crate::plan::{Capacity, Link, Plan};

const VOICE: usize = 0;

/// Agents a0, a1 … who serve the first queue, all ready.
fn centre(plan: &str, agents: usize) -> Router {
    let mut router = Router::new(Plan::from_toml(plan).unwrap());
    let queues = [Link::new(QueueKey::new(0))];
    let capacity = [Capacity { channel: ChannelKey::new(VOICE), slots: 1 }];
    for agent in 0..agents {
        let settings = AgentSettings {
            queues: Some(&queues),
            capacity: Some(&capacity),
            ..AgentSettings::default()
        };
        let agent = &format!("a{agent}");
        router.apply(Timestamp::ZERO, Command::SignIn { agent, settings }).unwrap();
        let key = router.find_agent(agent).unwrap();
        router.apply(Timestamp::ZERO, Command::Ready(key)).unwrap();
    }
    router
}

fn at(seconds: u32) -> Timestamp {
    Timestamp::ZERO + Span::secs(seconds)
}

/// Callers of the first queue: when they come, how long they talk, how long they wait.
fn run(router: &mut Router, callers: &[(u32, u32, u32)]) -> Vec<(CallerOutcome, u32, u32)> {
    let entered: Vec<Timestamp> = callers.iter().map(|row| at(row.0)).collect();
    let service: Vec<Span> = callers.iter().map(|row| Span::secs(row.1)).collect();
    let patience: Vec<Span> = callers.iter().map(|row| Span::secs(row.2)).collect();
    let columns = Callers {
        entered: &entered,
        queues: &vec![QueueKey::new(0); callers.len()],
        service: &service,
        patience: Some(&patience),
        channel: ChannelKey::new(VOICE),
    };
    let ends = simulate(router, &columns).unwrap();
    router.check().unwrap();
    let seconds = |micros: i64| u32::try_from(micros / 1_000_000).unwrap();
    let seen =
        |end: &Simulated| (end.outcome, seconds(end.wait.micros()), seconds(end.ended.micros()));
    ends.iter().map(seen).collect()
}

use CallerOutcome::{Abandoned, Answered, Left, Refused, Waiting};

#[test]
fn callers_are_served_in_turn_and_lose_patience() {
    let mut router = centre("[queues.q]", 1);
    let ends = run(&mut router, &[(0, 10, 60), (1, 10, 5), (2, 10, 60), (3, 1, 60)]);
    assert_eq!(ends, [(Answered, 0, 10), (Abandoned, 5, 6), (Answered, 8, 20), (Answered, 17, 21)]);
}

#[test]
fn at_one_instant_talks_end_then_patience_then_newcomers_come() {
    let mut router = centre("[queues.q]", 1);
    // At 10 s the agent is free, the second caller's patience over, and a third one comes.
    let ends = run(&mut router, &[(0, 10, 60), (2, 10, 8), (10, 10, 0), (20, 0, 0), (20, 5, 0)]);
    assert_eq!(
        ends,
        [
            (Answered, 0, 10),
            (Answered, 8, 20),
            (Abandoned, 0, 10),
            (Answered, 0, 20),
            (Answered, 0, 25)
        ]
    );
}

#[test]
fn who_takes_offers_by_rule_or_by_hand_takes_the_same() {
    let callers: Vec<_> = (0..200).map(|row| (row, 7 + row * 7 % 11, 3 + row * 5 % 13)).collect();
    let run = |rule| run(&mut centre(&format!("[queues.q]\n{rule}"), 5), &callers);
    let by_hand = run("");
    assert!(by_hand.iter().any(|end| end.0 == Abandoned), "some should lose patience");
    assert!(by_hand.iter().any(|end| end.0 == Answered && end.1 > 0), "some should wait");
    for rule in ["offer.auto_accept = true", "offer.parallel = 3", "offer.timeout = 1"] {
        assert_eq!(by_hand, run(rule), "{rule}");
    }
}

#[test]
fn deadlines_of_the_plan_fire_at_their_own_instants() {
    let plan = "[queues.q]\nwrap_up = { mode = 'timed', limit = 4 }\n\
                escalation = [{ after = 30, end = 'timed_out' }]";
    let ends = run(&mut centre(plan, 1), &[(0, 10, 60), (1, 90, 60), (2, 1, 60)]);
    assert_eq!(ends, [(Answered, 0, 10), (Answered, 13, 104), (Left, 30, 32)]);
}

#[test]
fn some_are_let_in_nowhere_and_some_wait_for_ever() {
    let plan = "[queues.q]\nadmission = { longest = 1, otherwise = 'r' }\n\
                [queues.r]\nadmission = { longest = 1 }";
    let mut router = centre(plan, 0);
    let callers = [(5, 1, 1_000), (6, 1, 1_000), (7, 1, 1_000)];
    assert_eq!(
        run(&mut router, &callers),
        [(Abandoned, 1_000, 1_005), (Abandoned, 1_000, 1_006), (Refused, 0, 7)]
    );
    let entered = [at(2_000), at(2_010)];
    let columns = Callers {
        entered: &entered,
        queues: &[QueueKey::new(0), QueueKey::new(1)],
        service: &[Span::ZERO; 2],
        patience: None,
        channel: ChannelKey::new(VOICE),
    };
    let mut router = centre(plan, 0);
    let ends = simulate(&mut router, &columns).unwrap();
    assert_eq!(
        (ends[0].outcome, ends[0].wait, ends[0].ended),
        (Waiting, Span::secs(10), at(2_010))
    );
}

#[test]
fn who_is_moved_to_another_queue_waits_on() {
    let plan = r#"
        [queues.q]
        escalation = [{ after = "5s", move_to = "r" }]
        [queues.r]
    "#;
    // Nobody serves the first queue but a0, who is busy, and nobody the second.
    let ends = run(&mut centre(plan, 1), &[(0, 100, 60), (1, 10, 60), (2, 10, 3)]);
    assert_eq!(ends, [(Answered, 0, 100), (Abandoned, 60, 61), (Abandoned, 3, 5)]);
}

#[test]
fn columns_that_do_not_fit_are_refused_and_nothing_happens() {
    let mut router = centre("[queues.q]", 1);
    let before = router.sequence();
    let good = Callers {
        entered: &[at(1), at(2)],
        queues: &[QueueKey::new(0); 2],
        service: &[Span::ZERO; 2],
        patience: None,
        channel: ChannelKey::new(VOICE),
    };
    for (wrong, message) in [
        (Callers { queues: &[], ..good }, "queues has 0 rows where 2 callers come"),
        (Callers { patience: Some(&[]), ..good }, "patience has 0 rows where 2 callers come"),
        (
            Callers { entered: &[at(2), at(1)], ..good },
            "caller 1 comes at 1s, before caller 0: give callers in the order in which they come",
        ),
    ] {
        assert_eq!(simulate(&mut router, &wrong).unwrap_err().message, message);
    }
    assert_eq!(router.sequence(), before);
    let unknown = Callers { queues: &[QueueKey::new(7); 2], ..good };
    assert_eq!(simulate(&mut router, &unknown).unwrap_err().code, RejectionCode::UnknownQueue);
}
