//! Commands about the whole: queues, lines, figures, scores, the plan, what a platform
//! holds; and time.

use std::sync::Arc;

use ccroute_core::{Command, Millionths, Observed, ObservedPhase, Reply, ScoreRow, Value};
use pyo3::prelude::*;

use super::PyEngine;
use super::arguments::{Asked, Fact, ObservedArgument};
use super::newcomers::Newcomer;
use super::session::Found;
use crate::plan::PyPlan;
use crate::scalars::{self, Number, Real, Seconds, Whole, invalid};

/// contact type, agent, score.
type ScoreArgument = (String, String, Real);

#[pymethods]
impl PyEngine {
    fn advance(&self, py: Python<'_>, now: Seconds) -> PyResult<()> {
        // Opening a session fires what is due.
        self.command(py, "advance", now, &None, |_| Ok(Reply::Done)).map(|_| ())
    }

    fn set_queue_open(
        &self,
        py: Python<'_>,
        now: Seconds,
        queue: &str,
        open: bool,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "set_queue_open", now, &asked, |s| {
            Ok(Command::SetQueueOpen { queue: s.queue(queue)?, open })
        })
    }

    fn set_line(
        &self,
        py: Python<'_>,
        now: Seconds,
        line: &str,
        up: bool,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "set_line", now, &asked, |s| {
            Ok(Command::SetLine { line: s.line(line)?, up })
        })
    }

    fn observe_kpi(
        &self,
        py: Python<'_>,
        now: Seconds,
        kpi: &str,
        numerator: Whole,
        denominator: Whole,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "observe_kpi", now, &asked, |s| {
            let (Whole(numerator), Whole(denominator)) = (numerator, denominator);
            Ok(Command::ObserveKpi { kpi: s.kpi(kpi)?, numerator, denominator })
        })
    }

    fn set_scores(
        &self,
        py: Python<'_>,
        now: Seconds,
        table: &str,
        version: Number,
        expires: Seconds,
        rows: Vec<ScoreArgument>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "set_scores", now, &asked, |s| {
            let table = s.table(table)?;
            let expires = scalars::instant("expires", expires)?;
            let rows = rows.iter().map(score).collect::<Found<Vec<_>>>()?;
            s.apply(Command::SetScores { table, version: version.0, expires, rows: &rows })
        })?;
        Ok(())
    }

    /// Whether the plan is another one now: under a repeated id nothing happens.
    fn set_plan(
        &self,
        py: Python<'_>,
        now: Seconds,
        plan: &PyPlan,
        asked: Option<Asked>,
    ) -> PyResult<bool> {
        let mut changed = false;
        self.command(py, "set_plan", now, &asked, |s| {
            let before = s.plan();
            let reply = s.apply(Command::SetPlan(&plan.plan));
            changed = !Arc::ptr_eq(&before, &s.plan());
            reply
        })?;
        Ok(changed)
    }

    fn reconcile(
        &self,
        py: Python<'_>,
        now: Seconds,
        observed: Vec<ObservedArgument>,
        among: Option<(String, Fact)>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "reconcile", now, &asked, |s| {
            let phase = |agent: &Option<String>| match agent {
                Some(agent) => s.agent(agent).map(ObservedPhase::Engaged),
                None => Ok(ObservedPhase::Present),
            };
            let phases = observed.iter().map(|seen| phase(&seen.agent));
            let phases = phases.collect::<Found<Vec<_>>>()?;
            let known = observed.iter().map(|seen| {
                seen.known.as_ref().map(|contact| Newcomer::of(s, contact)).transpose()
            });
            let known = known.collect::<Found<Vec<_>>>()?;
            let seen =
                observed.iter().zip(phases).zip(&known).map(|((seen, phase), known)| Observed {
                    id: &seen.contact,
                    phase,
                    contact: known.as_ref().map(Newcomer::borrowed),
                });
            let seen: Vec<Observed<'_>> = seen.collect();
            let among: Option<(&str, &Value)> =
                among.as_ref().map(|(name, value)| (name.as_str(), &value.0));
            s.apply(Command::Reconcile { observed: &seen, among })
        })?;
        Ok(())
    }
}

fn score((kind, agent, Real(score)): &ScoreArgument) -> Found<ScoreRow<'_>> {
    let millionths = Millionths::from_f64(*score).ok_or_else(|| {
        invalid(format!("score {score:e} of agent '{agent}': give a finite number up to a million"))
    })?;
    Ok(ScoreRow { kind, agent, score: millionths })
}
