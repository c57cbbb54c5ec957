//! Explanations and other readings as plain tuples of names and numbers; Python gives
//! them words.

use ccroute_core::{Requirement, Router, SkillLevel};
use pyo3::prelude::*;

use super::PyEngine;
use super::session::{self, seconds};
use crate::errors;

type Levels = Vec<(String, u8)>;
/// all_of, any_of, none_of.
type Needs = (Levels, Vec<Levels>, Levels);
/// agent, eligible, idle_since, score, until.
type ChosenRow = (String, u32, f64, u32, f64);
type Counts = Vec<(&'static str, u32)>;
/// phase, queue, since, ahead, needs, steps, next step, eliminated, chosen, agent.
pub(super) type ContactRow = (
    &'static str,
    String,
    f64,
    Option<usize>,
    Needs,
    u32,
    Option<(u32, f64)>,
    Counts,
    Option<ChosenRow>,
    Option<String>,
);
/// availability, reason, activity, device, idle_since, open channels, withheld.
pub(super) type AgentRow =
    (&'static str, Option<String>, &'static str, &'static str, f64, Vec<String>, Counts);

/// customer, conversation, previous: the host's ids.
pub(super) type Story = (Option<String>, Option<String>, Option<String>);
/// command, at, actor, reason, refusal's code.
pub(super) type AnswerRow = (String, f64, Option<String>, Option<String>, Option<&'static str>);

impl PyEngine {
    /// customer, conversation, previous.
    pub(super) fn story_of(&self, py: Python<'_>, contact: &str) -> PyResult<Story> {
        let found = self.gate.run(py, "story", |measured| {
            let key = session::contact(&measured.router, contact)?;
            let [customer, conversation, previous] =
                measured.router.story(key).expect("a contact found by id is known");
            Ok((
                customer.map(str::to_owned),
                conversation.map(str::to_owned),
                previous.map(str::to_owned),
            ))
        })?;
        found.map_err(errors::rejected)
    }

    /// command, at, actor, reason and whether it was refused, of the first answer.
    pub(super) fn answer_under(
        &self,
        py: Python<'_>,
        command_id: &str,
    ) -> PyResult<Option<AnswerRow>> {
        self.gate.run(py, "answer", |measured| {
            let answer = measured.router.answer(command_id)?;
            let refused = answer.result.as_ref().err().map(|refusal| refusal.code.word());
            Some((
                answer.command.to_string(),
                session::seconds(answer.at),
                answer.actor.as_deref().map(str::to_owned),
                answer.reason.as_deref().map(str::to_owned),
                refused,
            ))
        })
    }

    pub(super) fn contact_row(&self, py: Python<'_>, contact: &str) -> PyResult<ContactRow> {
        let found = self.gate.run(py, "explain_contact", |measured| {
            let router = &measured.router;
            let why = router.explain_contact(session::contact(router, contact)?)?;
            let plan = router.plan();
            let name = |agent| router.agent_name(agent).to_owned();
            let chosen = why.chosen.map(|chosen| {
                let (idle, until) = (seconds(chosen.idle_since), seconds(chosen.until));
                (name(chosen.agent), chosen.eligible, idle, chosen.score, until)
            });
            let eliminated = why.eliminated.iter();
            Ok((
                why.phase,
                plan.queue_names.name(why.queue.index()).to_owned(),
                seconds(why.since),
                why.ahead,
                needs(router, &why.requirement),
                why.steps,
                why.next_step.map(|next| (next.step, seconds(next.at))),
                eliminated.map(|row| (row.obstacle.word(), row.agents)).collect(),
                chosen,
                why.with.map(name),
            ))
        })?;
        found.map_err(errors::rejected)
    }

    pub(super) fn agent_row(&self, py: Python<'_>, agent: &str) -> PyResult<AgentRow> {
        let found = self.gate.run(py, "explain_agent", |measured| {
            let router = &measured.router;
            let why = router.explain_agent(session::agent(router, agent)?)?;
            let channels = &router.plan().channels;
            let open = why.open.iter().map(|key| channels.name(key.index()).to_owned());
            let withheld = why.withheld.iter().map(|row| (row.obstacle.word(), row.contacts));
            Ok((
                why.availability,
                why.reason.map(|key| router.text(key).to_owned()),
                why.activity,
                why.device.word(),
                seconds(why.idle_since),
                open.collect(),
                withheld.collect(),
            ))
        })?;
        found.map_err(errors::rejected)
    }
}

fn needs(router: &Router, requirement: &Requirement) -> Needs {
    let skills = &router.plan().skills;
    let level = |need: &SkillLevel| (skills.name(need.skill.index()).to_owned(), need.level);
    let levels = |needs: &[SkillLevel]| needs.iter().map(level).collect::<Levels>();
    (
        levels(&requirement.all_of),
        requirement.any_of.iter().map(|group| levels(group)).collect(),
        levels(&requirement.none_of),
    )
}
