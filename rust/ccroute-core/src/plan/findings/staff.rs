//! Who could serve what, as far as the plan knows agents.

use super::{FindingCode, Findings, Place, Severity};
use crate::bitset::BitSet;
use crate::ids::QueueKey;
use crate::plan::{AgentPlan, AttachedNeed, StepsTaken};
use crate::skill::{Profile, Requirement, SkillSet};

impl Findings<'_> {
    pub(super) fn look_at_staff(&mut self) {
        // A plan without agents leaves them to the host.
        if self.plan.agents.is_empty() {
            return;
        }
        self.skills();
        self.queues_served();
        self.agents();
    }

    /// Skills that queues, rules and attached needs ask for, which nobody has.
    fn skills(&mut self) {
        let plan = self.plan;
        let mut asked = BitSet::default();
        let queues = self.queues().map(|(_, queue)| &queue.requirement);
        let rules = plan.classification.rules.iter().map(|rule| &rule.requirement);
        let attached = plan.classification.attach.iter().filter_map(|entry| match &entry.need {
            AttachedNeed::Fixed(requirement) => Some(requirement),
            AttachedNeed::SkillOf { .. } | AttachedNeed::LabelOf { .. } => None,
        });
        for requirement in queues.chain(rules).chain(attached) {
            let wanted = requirement.all_of.iter().chain(requirement.any_of.iter().flatten());
            wanted.for_each(|need| asked.set(need.skill.index(), true));
        }
        for skill in asked.iter() {
            let held =
                |agent: &AgentPlan| agent.skills.iter().any(|held| held.skill.index() == skill);
            if !plan.agents.iter().any(held) {
                let name = plan.skills.name(skill);
                let message =
                    format!("no agent of the plan has the skill `{name}`, which is asked for");
                let place = Place::default().key("skills");
                self.add(Severity::Warning, FindingCode::NobodyHas, place, message);
            }
        }
    }

    fn queues_served(&mut self) {
        let profiles: Vec<Profile> = self.plan.agents.iter().map(profile).collect();
        let mut found = Vec::new();
        for (key, queue) in self.queues() {
            let count = u32::try_from(queue.escalation.len()).expect("at most 64 steps");
            let last = queue.at_step(StepsTaken { count, passed_over: 0 }, &Requirement::default());
            let helps = queue.help.iter().flat_map(|help| &help.from);
            let drawn_in: Vec<QueueKey> = last.widen.iter().chain(helps).copied().collect();
            let linked = |agent: &AgentPlan| {
                agent.queues.iter().any(|link| link.queue == key || drawn_in.contains(&link.queue))
            };
            let mut servers =
                self.plan.agents.iter().zip(&profiles).filter(|(a, _)| linked(a)).peekable();
            let place = self.place_of(key);
            if servers.peek().is_none() {
                let message = "no agent of the plan serves the queue; add it to the `queues` of some, \
                               or see that others sign in to it";
                found.push((place, FindingCode::NobodyServes, message));
                continue;
            }
            let able = |(agent, profile): (&AgentPlan, &Profile)| {
                let link = agent.queues.iter().find(|link| link.queue == key);
                let window = [queue.ranks, last.ranks];
                let ranked = link.is_none_or(|link| window.iter().any(|of| of.admits(link.rank)));
                ranked && last.requirement.met_by(profile)
            };
            if !queue.preferred.without_skills && !servers.any(able) {
                let message = "no agent of the plan who serves the queue meets its requirement and \
                               ranks, even after all steps; lower it, or give an agent the skills";
                found.push((place.key("requires"), FindingCode::NobodyAble, message));
            }
        }
        for (place, code, message) in found {
            self.add(Severity::Warning, code, place, message);
        }
    }

    fn agents(&mut self) {
        let plan = self.plan;
        for agent in &plan.agents {
            let place = Place::default().key("agents").key(&agent.name);
            if agent.queues.is_empty() {
                let message = "serves no queue; give `queues`";
                self.add(Severity::Warning, FindingCode::ServesNothing, place, message);
                continue;
            }
            for link in &agent.queues {
                let lines = &plan.queue(link.queue).lines;
                let meet = agent.lines.is_empty()
                    || lines.is_empty()
                    || lines.iter().any(|line| agent.lines.contains(line));
                if !meet {
                    let queue = plan.queue_names.name(link.queue.index());
                    let message =
                        format!("no line of queue `{queue}` leads to the agent; name one in both");
                    let place = place.clone().key("lines");
                    self.add(Severity::Warning, FindingCode::LinesNeverMeet, place, message);
                }
            }
        }
    }
}

fn profile(agent: &AgentPlan) -> Profile {
    Profile {
        name: agent.name.as_str().into(),
        skills: SkillSet::new(&agent.skills),
        labels: agent.labels.clone(),
    }
}
