//! A plan in names: what the oracle obeys, taken from a checked [`Plan`], and what a
//! need asks of an agent.

use ccroute_core::{
    AgentPlan, OnMissed, Plan, QueuePlan, Relax, Requirement, SkillLevel, Span, Step, Strategy,
    WrapUpMode,
};

/// A skill and a level.
pub(crate) type Level = (String, u8);

/// What a contact needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) all: Vec<Level>,
    pub(crate) any: Vec<Vec<Level>>,
    pub(crate) none: Vec<Level>,
}

/// How an escalation step eases a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Relaxing {
    Drop(String),
    Lower(String, u8),
}

/// One queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueueRules {
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    pub(crate) need: Need,
    pub(crate) timeout: Span,
    pub(crate) connect_within: Span,
    pub(crate) on_missed: OnMissed,
    pub(crate) exclude_for: Span,
    pub(crate) wrap_up: WrapUpMode,
    pub(crate) wrap_up_limit: Span,
    pub(crate) wrap_up_extension: Span,
    pub(crate) dispositions: Vec<String>,
    pub(crate) escalation: Vec<(Span, Vec<Relaxing>)>,
}

/// An agent of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AgentRules {
    pub(crate) name: String,
    pub(crate) skills: Vec<Level>,
    pub(crate) queues: Vec<String>,
    pub(crate) capacity: Vec<(String, u16)>,
}

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) skills: Vec<String>,
    pub(crate) channels: Vec<String>,
    pub(crate) queues: Vec<QueueRules>,
    pub(crate) agents: Vec<AgentRules>,
    pub(crate) retention: Span,
}

impl Need {
    /// Both needs at once.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.all.extend(other.all.iter().cloned());
        both.any.extend(other.any.iter().cloned());
        both.none.extend(other.none.iter().cloned());
        both
    }

    /// The need as a step leaves it. Drop: "the skill no longer matters" (a group that
    /// names it asks for nothing any more). Lower: "needed at this level only (where
    /// more was asked)".
    pub(crate) fn relaxed(mut self, by: &[Relaxing]) -> Self {
        for relaxing in by {
            match relaxing {
                Relaxing::Drop(skill) => {
                    self.all.retain(|(named, _)| named != skill);
                    self.any.retain(|group| group.iter().all(|(named, _)| named != skill));
                    self.none.retain(|(named, _)| named != skill);
                }
                Relaxing::Lower(skill, to) => {
                    for (named, level) in self.all.iter_mut().chain(self.any.iter_mut().flatten()) {
                        if named == skill {
                            *level = (*level).min(*to);
                        }
                    }
                }
            }
        }
        self
    }

    /// "All of these, at least one of each group, none of those."
    pub(crate) fn met_by(&self, skills: &[Level]) -> bool {
        let has = |(skill, least): &Level| proficiency(skills, skill) >= u32::from(*least);
        self.all.iter().all(has)
            && self.any.iter().all(|group| group.iter().any(has))
            && !self.none.iter().any(has)
    }

    /// "The sum of the agent's proficiencies in the skills of `all_of`, plus for every
    /// group of `any_of` the greatest proficiency in one of its skills." A skill or a
    /// group that queue and contact both ask for counts once.
    pub(crate) fn score(&self, skills: &[Level]) -> u32 {
        let mut counted: Vec<&str> = Vec::new();
        let mut score = 0;
        for (skill, _) in &self.all {
            if !counted.contains(&skill.as_str()) {
                counted.push(skill);
                score += proficiency(skills, skill);
            }
        }
        let mut groups: Vec<Vec<Level>> = self.any.iter().cloned().map(easiest).collect();
        groups.sort();
        groups.dedup();
        let best = |group: &Vec<Level>| group.iter().map(|(s, _)| proficiency(skills, s)).max();
        score + groups.iter().filter_map(best).sum::<u32>()
    }
}

/// A group with one mention a skill, the easier one, sorted.
fn easiest(mut group: Vec<Level>) -> Vec<Level> {
    group.sort();
    group.dedup_by(|next, kept| next.0 == kept.0);
    group
}

fn proficiency(skills: &[Level], skill: &str) -> u32 {
    skills.iter().find(|(held, _)| held == skill).map_or(0, |&(_, level)| u32::from(level))
}

impl Rules {
    /// The rules a plan sets.
    pub(crate) fn from_plan(plan: &Plan) -> Self {
        let owned = |names: &ccroute_core::Directory| names.iter().map(str::to_owned).collect();
        let queue_names: Vec<String> = owned(&plan.queue_names);
        let queues = queue_names.iter().zip(&plan.queues);
        Self {
            skills: owned(&plan.skills),
            channels: owned(&plan.channels),
            queues: queues.map(|(name, queue)| queue_rules(plan, name, queue)).collect(),
            agents: plan.agents.iter().map(|agent| agent_rules(plan, agent)).collect(),
            retention: plan.retention,
        }
    }

    /// The rules of a queue that exists.
    pub(crate) fn queue(&self, name: &str) -> &QueueRules {
        self.queues.iter().find(|queue| queue.name == name).expect("the queue was looked up")
    }
}

fn queue_rules(plan: &Plan, name: &str, queue: &QueuePlan) -> QueueRules {
    let relaxing = |relax: &Relax| match *relax {
        Relax::Drop(skill) => Relaxing::Drop(plan.skills.name(skill.index()).to_owned()),
        Relax::Lower(to) => {
            let (skill, level) = level(plan, to);
            Relaxing::Lower(skill, level)
        }
    };
    let step = |step: &Step| (step.after, step.relax.iter().map(relaxing).collect());
    QueueRules {
        name: name.to_owned(),
        strategy: queue.strategy,
        need: need(plan, &queue.requirement),
        timeout: queue.offer.timeout,
        connect_within: queue.offer.connect_within,
        on_missed: queue.offer.on_missed,
        exclude_for: queue.offer.exclude_for,
        wrap_up: queue.wrap_up.mode,
        wrap_up_limit: queue.wrap_up.limit,
        wrap_up_extension: queue.wrap_up.extension,
        dispositions: queue.dispositions.clone(),
        escalation: queue.escalation.iter().map(step).collect(),
    }
}

fn agent_rules(plan: &Plan, agent: &AgentPlan) -> AgentRules {
    let queue = |key: &ccroute_core::QueueKey| plan.queue_names.name(key.index()).to_owned();
    let room = |room: &ccroute_core::Capacity| {
        (plan.channels.name(room.channel.index()).to_owned(), room.slots)
    };
    AgentRules {
        name: agent.name.clone(),
        skills: agent.skills.iter().map(|&held| level(plan, held)).collect(),
        queues: agent.queues.iter().map(queue).collect(),
        capacity: agent.capacity.iter().map(room).collect(),
    }
}

fn need(plan: &Plan, requirement: &Requirement) -> Need {
    let levels = |needs: &Vec<SkillLevel>| needs.iter().map(|&need| level(plan, need)).collect();
    Need {
        all: levels(&requirement.all_of),
        any: requirement.any_of.iter().map(levels).collect(),
        none: levels(&requirement.none_of),
    }
}

fn level(plan: &Plan, held: SkillLevel) -> Level {
    (plan.skills.name(held.skill.index()).to_owned(), held.level)
}
