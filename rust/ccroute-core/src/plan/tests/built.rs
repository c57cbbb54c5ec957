//! Plans that were built in code, with any names and spans: written and read back.

use proptest::collection::{btree_set, vec};
use proptest::prelude::{Strategy as Generate, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::{select, subsequence};

use super::*;
use crate::skill::MAX_LEVEL;

/// Up to four names, odd ones among them.
fn directory() -> impl Generate<Value = Directory> {
    let name = prop_oneof!["[a-z_]{1,8}", "[^\\p{Cc}]{1,20}"];
    vec(name, 1..5).prop_map(|names| {
        let mut directory = Directory::default();
        for name in names {
            directory.intern(&name);
        }
        directory
    })
}

/// At least so many of `count` keys, none twice, in any order.
fn some(least: usize, count: usize) -> impl Generate<Value = Vec<usize>> {
    subsequence((0..count).collect::<Vec<_>>(), least..=count).prop_shuffle()
}

fn levels(skills: usize) -> impl Generate<Value = Vec<SkillLevel>> {
    (some(0, skills), vec(1..=MAX_LEVEL, skills)).prop_map(|(some, levels)| {
        let level = |(skill, level)| SkillLevel { skill: SkillKey::new(skill), level };
        some.into_iter().zip(levels).map(level).collect()
    })
}

fn span(least: i64) -> impl Generate<Value = Span> {
    let any = least..=Span::LONGEST_SETTING.micros();
    let micros = prop_oneof![any, (least..=7200).prop_map(|secs| secs * 1_000_000)];
    micros.prop_map(|micros| Span::from_micros(micros).expect("within ten years"))
}

fn requirement(skills: usize) -> impl Generate<Value = Requirement> {
    let group = levels(skills).prop_filter("never empty", |group| !group.is_empty());
    (levels(skills), vec(group, 0..3), levels(skills)).prop_map(|(all_of, any_of, none_of)| {
        Requirement { all_of, any_of, none_of, wheres: Vec::new() }.canonical()
    })
}

/// Each skill lowered at one step and dropped at a later one.
fn escalation(skills: usize) -> impl Generate<Value = Vec<Step>> {
    (levels(skills), btree_set(span(1), 2 * skills)).prop_map(|(levels, afters)| {
        let lowers = levels.iter().map(|to| {
            Relax::Lower(SkillLevel { skill: to.skill, level: to.level.min(MAX_LEVEL - 1) })
        });
        let drops = levels.iter().map(|to| Relax::Drop(to.skill));
        let step =
            |(after, relax)| Step { after: Some(after), relax: vec![relax], ..Step::default() };
        afters.into_iter().zip(lowers.chain(drops)).map(step).collect()
    })
}

fn queue(skills: usize) -> impl Generate<Value = QueuePlan> {
    let offer = (span(1), span(1), select(OnMissed::ALL), span(1)).prop_map(
        |(timeout, connect_within, on_missed, exclude_for)| OfferPolicy {
            timeout,
            connect_within,
            on_missed,
            exclude_for: Some(exclude_for),
            ..OfferPolicy::default()
        },
    );
    let wrap_up = (select(WrapUpMode::ALL), span(1), span(0))
        .prop_map(|(mode, limit, extension)| WrapUp { mode, limit, extension });
    let target = (span(1), span(0))
        .prop_map(|(within, short_abandon)| ServiceTarget { within, short_abandon });
    let codes =
        directory().prop_map(|names| names.iter().map(str::to_owned).collect::<Vec<String>>());
    let alone = |key: &Strategy| !matches!(key, Strategy::WeightedScore | Strategy::Scores);
    let strategies: Vec<Strategy> = Strategy::ALL.iter().copied().filter(alone).collect();
    let rules = (select(strategies), requirement(skills), escalation(skills));
    (rules, offer, wrap_up, target, codes).prop_map(
        |((strategy, requirement, escalation), offer, wrap_up, target, mut dispositions)| {
            if wrap_up.mode == WrapUpMode::Mandatory && dispositions.is_empty() {
                dispositions.push("done".to_owned());
            }
            QueuePlan {
                strategy: strategy.into(),
                requirement,
                offer,
                wrap_up,
                dispositions,
                target,
                escalation,
                ..QueuePlan::default()
            }
        },
    )
}

fn agent(
    name: String,
    skills: usize,
    queues: usize,
    channels: usize,
) -> impl Generate<Value = AgentPlan> {
    (levels(skills), some(0, queues), some(1, channels), 1..=u16::MAX).prop_map(
        move |(skills, queues, channels, slots)| AgentPlan {
            name: name.clone(),
            skills,
            queues: queues.into_iter().map(QueueKey::new).map(Link::new).collect(),
            capacity: channels
                .into_iter()
                .map(|channel| Capacity { channel: ChannelKey::new(channel), slots })
                .collect(),
            ..AgentPlan::default()
        },
    )
}

fn plan() -> impl Generate<Value = Plan> {
    (directory(), directory(), directory(), directory(), span(0)).prop_flat_map(
        |(skills, channels, queue_names, agents, retention)| {
            let (known, served, media) = (skills.len(), queue_names.len(), channels.len());
            let agent = |name: &str| agent(name.to_owned(), known, served, media);
            let agents: Vec<_> = agents.iter().map(agent).collect();
            (vec(queue(known), served), agents).prop_map(move |(queues, agents)| Plan {
                skills: skills.clone(),
                channels: channels.clone(),
                queue_names: queue_names.clone(),
                queues,
                agents,
                retention,
                ..Plan::default()
            })
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(plan in plan()) {
        prop_assert_eq!(Plan::from_toml(&plan.to_toml()), Ok(plan.clone()));
        prop_assert_eq!(Plan::from_document(&plan.to_document()), Ok(plan));
    }
}
