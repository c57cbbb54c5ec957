//! Explanations as plain tuples of names and numbers; Python gives them words.

use ccroute_core::{
    AgentKey, Eliminated, Nearest, Obstacle, QueueChange, RankWindow, Requirement, Router,
    SkillLevel, Timestamp,
};
use pyo3::prelude::*;

use super::PyEngine;
use super::session::{self, seconds};
use crate::errors;

type Levels = Vec<(String, u8)>;
/// all_of, any_of, none_of, where.
type Needs = (Levels, Vec<Levels>, Levels, Vec<String>);
/// min, max (`None`: all).
type Ranks = (u32, Option<u32>);
type Counts = Vec<(&'static str, u32)>;
/// agent, eligible, idle_since, score, until.
type ChosenRow = (String, u32, f64, i64, f64);
/// agent, obstacles, missing (skill, asked, held), until.
type NearestRow = (String, Vec<&'static str>, Vec<(String, u8, u8)>, Option<f64>);
/// phase, queue, since, ahead, agent.
type WhereRow = (&'static str, String, f64, Option<usize>, Option<String>);
/// needs, ranks, steps, next step, until.
type AskRow = (Needs, Ranks, u32, Option<(u32, f64)>, Option<f64>);
/// eliminated, nearest, chosen.
type WhoRow = (Counts, Option<NearestRow>, Vec<ChosenRow>);
type ContactRow = (WhereRow, AskRow, WhoRow);
/// availability, reason, activity, device, idle_since, back_off.
type StateRow = (&'static str, Option<String>, &'static str, &'static str, f64, Option<f64>);
/// state, open channels, withheld, next.
type AgentRow = (StateRow, Vec<String>, Counts, Option<String>);
/// waiting, since, needs, eliminated.
type GroupRow = (u32, f64, Needs, Counts);
/// what, skill, level, agents, contacts freed.
type ChangeRow = (&'static str, Option<String>, Option<u8>, Option<u32>, u32);
/// open, waiting, length, idle, staff; groups; idle agents by obstacle; the best change.
type QueueRow = ((bool, u32, u32, u32, u32), Vec<GroupRow>, Counts, Option<ChangeRow>);
/// agent, preferred, values, idle_since.
type CandidateRow = (String, Option<u16>, Vec<i128>, f64);
/// at, contact, ahead.
type PlaceRow = (f64, Option<String>, usize);
/// agent, how, keys, eligible.
type ChoiceRow = (String, &'static str, Vec<&'static str>, u32);
/// place, choice, candidates, eliminated.
type DecisionRow = (PlaceRow, ChoiceRow, Vec<CandidateRow>, Counts);

#[pymethods]
impl PyEngine {
    fn explain_contact(&self, py: Python<'_>, contact: &str) -> PyResult<ContactRow> {
        let found = self.gate.run(py, "explain_contact", |measured| {
            let router = &measured.router;
            let why = router.explain_contact(session::contact(router, contact)?)?;
            let names = Names(router);
            let chosen = why.chosen.iter().map(|chosen| {
                let (idle, until) = (seconds(chosen.idle_since), seconds(chosen.until));
                (names.agent(chosen.agent), chosen.eligible, idle, chosen.score, until)
            });
            let next_step = why.next_step.map(|next| (next.step, seconds(next.at)));
            let queue = router.plan().queue_names.name(why.queue.index()).to_owned();
            Ok((
                (why.phase, queue, seconds(why.since), why.ahead, why.with.map(|a| names.agent(a))),
                (
                    names.needs(&why.requirement),
                    ranks(why.ranks),
                    why.steps,
                    next_step,
                    why.until.map(seconds),
                ),
                (
                    eliminated(&why.eliminated),
                    why.nearest.as_ref().map(|nearest| names.nearest(nearest)),
                    chosen.collect(),
                ),
            ))
        })?;
        found.map_err(errors::rejected)
    }

    fn explain_agent(&self, py: Python<'_>, agent: &str) -> PyResult<AgentRow> {
        let found = self.gate.run(py, "explain_agent", |measured| {
            let router = &measured.router;
            let why = router.explain_agent(session::agent(router, agent)?)?;
            let channels = &router.plan().channels;
            let open = why.open.iter().map(|key| channels.name(key.index()).to_owned());
            let withheld = why.withheld.iter().map(|row| (row.obstacle.word(), row.contacts));
            let state = (
                why.availability,
                why.reason.map(|key| router.text(key).to_owned()),
                why.activity,
                why.device.word(),
                seconds(why.idle_since),
                why.back_off.map(seconds),
            );
            let next = why.next.and_then(|key| router.contact_id(key)).map(str::to_owned);
            Ok((state, open.collect(), withheld.collect(), next))
        })?;
        found.map_err(errors::rejected)
    }

    fn explain_queue(&self, py: Python<'_>, queue: &str) -> PyResult<QueueRow> {
        let found = self.gate.run(py, "explain_queue", |measured| {
            let router = &measured.router;
            let why = router.explain_queue(session::queue(router, queue)?)?;
            let names = Names(router);
            let groups = why.groups.iter().map(|group| {
                let needs = names.needs(&group.requirement);
                (group.waiting, seconds(group.since), needs, counts(&group.eliminated))
            });
            Ok((
                (why.open, why.waiting, why.length, why.idle, why.staff),
                groups.collect(),
                counts(&why.idle_kept),
                why.change.map(|(change, frees)| names.change(change, frees)),
            ))
        })?;
        found.map_err(errors::rejected)
    }

    /// Lays open how the offer comes about whose event will have this sequence number.
    fn trace(&self, py: Python<'_>, event: u64) -> PyResult<()> {
        self.gate.run(py, "trace", |measured| measured.router.trace(event))
    }

    /// How it came about; `None`: it did not yet, or the event was no offer.
    fn traced_decision(&self, py: Python<'_>) -> PyResult<Option<DecisionRow>> {
        self.gate.run(py, "traced_decision", |measured| {
            let router = &measured.router;
            let why = router.traced_decision()?;
            let names = Names(router);
            let candidates = why.candidates.iter().map(|candidate| {
                let idle = seconds(candidate.idle_since);
                let values = candidate.values.clone();
                (names.agent(candidate.agent), candidate.preferred, values, idle)
            });
            let contact = router.contact_id(why.contact).map(str::to_owned);
            let keys = why.keys.iter().map(|key| key.word()).collect();
            Some((
                (seconds(why.at), contact, why.ahead),
                (names.agent(why.agent), why.how.word(), keys, why.eligible),
                candidates.collect(),
                eliminated(&why.eliminated),
            ))
        })
    }
}

/// Keys to names.
struct Names<'r>(&'r Router);

impl Names<'_> {
    fn agent(&self, agent: AgentKey) -> String {
        self.0.agent_name(agent).to_owned()
    }

    fn skill(&self, skill: ccroute_core::SkillKey) -> String {
        self.0.plan().skills.name(skill.index()).to_owned()
    }

    fn needs(&self, requirement: &Requirement) -> Needs {
        let level = |need: &SkillLevel| (self.skill(need.skill), need.level);
        let levels = |needs: &[SkillLevel]| needs.iter().map(level).collect::<Levels>();
        (
            levels(&requirement.all_of),
            requirement.any_of.iter().map(|group| levels(group)).collect(),
            levels(&requirement.none_of),
            requirement.wheres.iter().map(|asked| asked.text.to_string()).collect(),
        )
    }

    fn nearest(&self, nearest: &Nearest) -> NearestRow {
        let missing = nearest.missing.iter();
        (
            self.agent(nearest.agent),
            nearest.obstacles.iter().map(|obstacle| obstacle.word()).collect(),
            missing.map(|of| (self.skill(of.skill), of.asked, of.held)).collect(),
            nearest.until.map(|at: Timestamp| seconds(at)),
        )
    }

    fn change(&self, change: QueueChange, frees: u32) -> ChangeRow {
        match change {
            QueueChange::Lower(to) => {
                ("lower", Some(self.skill(to.skill)), Some(to.level), None, frees)
            }
            QueueChange::Drop(skill) => ("drop", Some(self.skill(skill)), None, None, frees),
            QueueChange::Link(agents) => ("link", None, None, Some(agents), frees),
            QueueChange::Ready(agents) => ("ready", None, None, Some(agents), frees),
        }
    }
}

fn ranks(window: RankWindow) -> Ranks {
    (window.min, (window.max < u32::MAX).then_some(window.max))
}

fn counts(of: &[(Obstacle, u32)]) -> Counts {
    of.iter().map(|(obstacle, count)| (obstacle.word(), *count)).collect()
}

fn eliminated(of: &[Eliminated]) -> Counts {
    of.iter().map(|row| (row.obstacle.word(), row.agents)).collect()
}
