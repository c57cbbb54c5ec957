//! Generated plans: one to four queues, up to five skills, every strategy, wrap-up mode
//! and policy, short times so that deadlines meet.

use ccroute_core::{
    OfferPolicy, OnMissed, Plan, QueuePlan, Relax, Requirement, SkillKey, SkillLevel, Span, Step,
    Strategy as Choice, WrapUp, WrapUpMode,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A plan that [`Plan::from_toml`] accepts.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    (vec(queue(), 1..=4), 0..=5_usize, 0..=60_u32).prop_map(|(drafts, skills, retention)| {
        let mut plan = Plan::default();
        for skill in 1..=skills {
            plan.add_skill(&format!("s{skill}"));
        }
        for (at, draft) in drafts.into_iter().enumerate() {
            plan.add_queue(&format!("q{}", at + 1), fitted(draft, skills));
        }
        plan.retention = Span::secs(retention);
        plan
    })
}

fn queue() -> impl Strategy<Value = QueuePlan> {
    let seconds = |least: u32, most: u32| (least..=most).prop_map(Span::secs);
    let on_missed = prop_oneof![Just(OnMissed::NotReady), Just(OnMissed::StayReady)];
    let offer = (seconds(1, 15), seconds(1, 10), on_missed, seconds(1, 20)).prop_map(
        |(timeout, connect_within, on_missed, exclude_for)| OfferPolicy {
            timeout,
            connect_within,
            on_missed,
            exclude_for,
        },
    );
    let mode = prop_oneof![
        Just(WrapUpMode::None),
        Just(WrapUpMode::Optional),
        Just(WrapUpMode::Mandatory),
        Just(WrapUpMode::Timed),
    ];
    let wrap_up = (mode, seconds(1, 10), seconds(0, 8))
        .prop_map(|(mode, limit, extension)| WrapUp { mode, limit, extension });
    let strategy = prop_oneof![Just(Choice::LongestIdle), Just(Choice::MostProficient)];
    let codes =
        (0..=3_usize).prop_map(|codes| (1..=codes).map(|code| format!("d{code}")).collect());
    (strategy, requirement(), offer, wrap_up, codes, escalation()).prop_map(
        |(strategy, requirement, offer, wrap_up, dispositions, escalation)| QueuePlan {
            strategy,
            requirement,
            offer,
            wrap_up,
            dispositions,
            escalation,
            ..QueuePlan::default()
        },
    )
}

fn level() -> impl Strategy<Value = SkillLevel> + Clone {
    let easy = prop_oneof![3 => 1..=5_u8, 1 => 6..=10_u8];
    (0..5_usize, easy).prop_map(|(skill, level)| SkillLevel { skill: SkillKey::new(skill), level })
}

/// None mostly, so that agents who can be found are found.
fn few<S: Strategy + Clone>(of: S) -> impl Strategy<Value = Vec<S::Value>>
where
    S::Value: Clone,
{
    prop_oneof![3 => vec(of.clone(), 0), 2 => vec(of, 1..=2)]
}

fn requirement() -> impl Strategy<Value = Requirement> {
    (few(level()), few(vec(level(), 1..=3)), few(level()))
        .prop_map(|(all_of, any_of, none_of)| Requirement { all_of, any_of, none_of })
}

fn escalation() -> impl Strategy<Value = Vec<Step>> {
    let relax = prop_oneof![
        level().prop_map(|dropped| Relax::Drop(dropped.skill)),
        level().prop_map(Relax::Lower),
    ];
    let step = (1..=25_u32, vec(relax, 1..=2));
    vec(step.prop_map(|(after, relax)| Step { after: Span::secs(after), relax }), 0..=3)
}

/// The draft without what a plan of so many skills cannot say, without steps that come
/// at once with another or change nothing, and with a code where one must be given.
fn fitted(mut queue: QueuePlan, skills: usize) -> QueuePlan {
    let exists = |need: &SkillLevel| need.skill.index() < skills;
    let Requirement { all_of, any_of, none_of } = &mut queue.requirement;
    for needs in any_of.iter_mut().chain([all_of, none_of]) {
        needs.retain(exists);
    }
    any_of.retain(|group| !group.is_empty());
    queue.requirement = queue.requirement.canonical();
    queue.escalation.sort_by_key(|step| step.after);
    queue.escalation.dedup_by_key(|step| step.after);
    let mut before: Vec<Relax> = Vec::new();
    for step in &mut queue.escalation {
        let mut kept: Vec<Relax> = Vec::new();
        for relax in step.relax.drain(..) {
            let fits = skill_of(relax).index() < skills;
            let once = kept.iter().all(|other| skill_of(*other) != skill_of(relax));
            if fits && once && eases(&before, relax) {
                kept.push(relax);
            }
        }
        before.extend(&kept);
        // As the written form has it: what is dropped, then what is lowered.
        kept.sort_by_key(|relax| matches!(relax, Relax::Lower(_)));
        step.relax = kept;
    }
    queue.escalation.retain(|step| !step.relax.is_empty());
    if queue.wrap_up.mode == WrapUpMode::Mandatory && queue.dispositions.is_empty() {
        queue.dispositions.push("d1".to_owned());
    }
    queue
}

fn skill_of(relax: Relax) -> SkillKey {
    match relax {
        Relax::Drop(skill) => skill,
        Relax::Lower(to) => to.skill,
    }
}

fn eases(before: &[Relax], relax: Relax) -> bool {
    before.iter().all(|earlier| match (*earlier, relax) {
        (Relax::Drop(gone), _) => gone != skill_of(relax),
        (Relax::Lower(low), Relax::Lower(to)) => low.skill != to.skill || to.level < low.level,
        (Relax::Lower(_), Relax::Drop(_)) => true,
    }) && !matches!(relax, Relax::Lower(to) if to.level == 10)
}
