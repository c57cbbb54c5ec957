//! `SkillMatcher.apply_batch`: rows of any of its operations, carried out in order as the
//! scalar calls would.

use ccroute_core::{
    AgentKey, Arrival, ClassKey, Handle, Rejection, SkillKey, SkillLevel, Span, Timestamp,
};
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::scalars::{Whole, invalid};
use crate::skill_matcher::{Desk, PySkillMatcher};
use crate::{columns, errors};

/// The words of the `ops` column, by number.
pub(crate) const OPS: &[&str] = &["arrive", "free", "busy", "cancel"];
const ARRIVE: u8 = 0;
const FREE: u8 = 1;
const BUSY: u8 = 2;

/// The columns of a batch, all of one length.
struct Rows {
    ops: Vec<u8>,
    subjects: Vec<u64>,
    at_us: Vec<i64>,
    bands: Option<Vec<i16>>,
    head_starts_us: Option<Vec<i64>>,
    needs: Option<Needs>,
}

/// The skills each arrival asks for: those of row `r` from `first[r]` up to `first[r + 1]`.
struct Needs {
    first: Vec<u32>,
    skills: Vec<SkillLevel>,
}

type NeedsColumns<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>);

#[pymethods]
impl PySkillMatcher {
    /// Any operations, row by row, as the scalar calls would: ``ops`` uint8[n], places in
    /// ``ccroute.MATCH_OPS``; ``subjects`` uint64[n]: of ``arrive`` the requirement, of
    /// ``free`` and ``busy`` the agent, of ``cancel`` a handle, or a number below 2**32: the
    /// row of this batch whose arrival is meant; ``at_us`` int64[n], for ``arrive`` and
    /// ``free``; ``band`` int16[n] and ``head_start_us`` int64[n], for ``arrive`` (default 0).
    /// What an operation does not read may hold anything.
    ///
    /// ``needs`` gives each arrival skills of its own in place of a requirement, as
    /// ``arrive_with`` does: (first uint32[n + 1], skills uint32[m], levels uint8[m]); row r
    /// asks for the skills, by ``skill_numbers``, from first[r] up to first[r + 1].
    ///
    /// Returns uint64[n]: of ``arrive`` the agent who takes it, or the handle it waits under,
    /// which is 2**32 or more; of ``free`` the handle taken, 0 where the agent is idle now; of
    /// ``cancel`` the handle, 0 where nobody waits; of ``busy`` 0. A number out of range in
    /// any row refuses them all.
    ///
    /// >>> import numpy as np
    /// >>> from ccroute import MATCH_OPS
    /// >>> matcher = SkillMatcher()
    /// >>> ana, spanish = matcher.add_agent({"es": 8}), matcher.requirement({"es": 5})
    /// >>> arrive, free = MATCH_OPS.index("arrive"), MATCH_OPS.index("free")
    /// >>> ops = np.array([arrive, free, free, arrive], np.uint8)
    /// >>> who = np.array([spanish, ana, ana, spanish], np.uint64)
    /// >>> answers = matcher.apply_batch(ops, who, np.arange(4))
    /// >>> int(answers[1]) == int(answers[0]), answers[2:].tolist()
    /// (True, [0, 0])
    #[pyo3(signature = (ops, subjects, at_us, band=None, head_start_us=None, needs=None))]
    fn apply_batch<'py>(
        &self,
        py: Python<'py>,
        ops: &Bound<'py, PyAny>,
        subjects: &Bound<'py, PyAny>,
        at_us: &Bound<'py, PyAny>,
        band: Option<&Bound<'py, PyAny>>,
        head_start_us: Option<&Bound<'py, PyAny>>,
        needs: Option<NeedsColumns<'py>>,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let ops = columns::ops("ops", ops, OPS)?;
        let rows = Rows {
            subjects: columns::beside("subjects", subjects, ops.len())?,
            at_us: columns::beside("at_us", at_us, ops.len())?,
            bands: columns::read_beside("band", band, ops.len())?,
            head_starts_us: columns::read_beside("head_start_us", head_start_us, ops.len())?,
            needs: needs.map(|needs| Needs::read(needs, ops.len())).transpose()?,
            ops,
        };
        let answers = self.gate().run_detached(py, "apply_batch", |desk| {
            rows.check(desk)?;
            let mut answers = Vec::with_capacity(rows.ops.len());
            for row in 0..rows.ops.len() {
                let answer = rows.carry_out(row, &answers, desk)?;
                answers.push(answer);
            }
            Ok(answers)
        })?;
        Ok(PyArray1::from_vec(py, answers.map_err(errors::rejected)?))
    }
}

impl Rows {
    fn check(&self, desk: &Desk) -> Result<(), Rejection> {
        for (row, &op) in self.ops.iter().enumerate() {
            match op {
                ARRIVE => match &self.needs {
                    Some(needs) => needs.check(row, desk)?,
                    None => desk.class(self.number(row)?).map(|_| ())?,
                },
                FREE | BUSY => desk.agent(self.number(row)?).map(|_| ())?,
                _ => continue,
            }
            let at = self.at_us[row];
            if op != BUSY && Timestamp::from_micros(at).is_none() {
                let remedy = "give microseconds since the epoch, not negative";
                return Err(invalid(format!("at_us[{row}] is {at}: {remedy}")));
            }
            if let Some(starts) = &self.head_starts_us
                && op == ARRIVE
                && Span::from_micros(starts[row]).is_none()
            {
                return Err(columns::no_span("head_start_us", row, starts[row]));
            }
        }
        Ok(())
    }

    fn carry_out(&self, row: usize, answers: &[u64], desk: &mut Desk) -> Result<u64, Rejection> {
        let matcher = &mut desk.matcher;
        let subject = self.subjects[row];
        let at = || Timestamp::from_micros(self.at_us[row]).expect("checked");
        match self.ops[row] {
            ARRIVE => {
                let band = self.bands.as_ref().map_or(0, |bands| bands[row]);
                let start = self.head_starts_us.as_ref().map_or(0, |starts| starts[row]);
                let start = Span::from_micros(start).expect("checked");
                let arrival = match &self.needs {
                    Some(needs) => matcher.arrive_with(needs.of(row), band, at(), start),
                    None => matcher.arrive(ClassKey::new(subject as usize), band, at(), start)?,
                };
                Ok(match arrival {
                    Arrival::Taken(agent) => agent.index() as u64,
                    Arrival::Waits(handle) => handle.raw(),
                })
            }
            FREE => {
                let taken = matcher.free(AgentKey::new(subject as usize), at())?;
                Ok(taken.map_or(0, Handle::raw))
            }
            BUSY => matcher.busy(AgentKey::new(subject as usize)).map(|()| 0),
            _ => {
                let arrived = |earlier| self.ops[earlier] == ARRIVE;
                let meant = columns::meant(subject, answers, arrived);
                let gone = meant.filter(|&handle| matcher.cancel(handle).is_ok());
                Ok(gone.map_or(0, Handle::raw))
            }
        }
    }

    fn number(&self, row: usize) -> Result<Whole, Rejection> {
        let subject = self.subjects[row];
        let number = i64::try_from(subject).map(Whole);
        number.map_err(|_| invalid(format!("subjects[{row}] is {subject}: no number is so great")))
    }
}

impl Needs {
    fn read((first, skills, levels): NeedsColumns<'_>, rows: usize) -> PyResult<Self> {
        let first: Vec<u32> = columns::beside("needs first", &first, rows + 1)?;
        let skills: Vec<u32> = columns::read("needs skills", &skills)?;
        let levels: Vec<u8> = columns::beside("needs levels", &levels, skills.len())?;
        let rising =
            first.is_sorted() && first.last().is_none_or(|&end| end as usize <= skills.len());
        if !rising {
            let many = skills.len();
            let message = format!("needs first: give places in {many} skills, none before another");
            return Err(PyValueError::new_err(message));
        }
        let level = |(skill, level)| SkillLevel { skill: SkillKey::new(skill as usize), level };
        if let Some(row) = skills.iter().position(|&skill| skill == u32::MAX) {
            let message = format!("needs skills[{row}] is {}: see skill_numbers", u32::MAX);
            return Err(PyValueError::new_err(message));
        }
        Ok(Self { first, skills: skills.into_iter().zip(levels).map(level).collect() })
    }

    /// What an arrival asks for.
    fn of(&self, row: usize) -> &[SkillLevel] {
        &self.skills[self.first[row] as usize..self.first[row + 1] as usize]
    }

    fn check(&self, row: usize, desk: &Desk) -> Result<(), Rejection> {
        for need in self.of(row) {
            let (skill, level) = (need.skill.index(), need.level);
            if skill >= desk.skills.len() {
                let known = desk.skills.len();
                let remedy = "take numbers from skill_numbers()";
                return Err(invalid(format!("no skill {skill}: {known} are known; {remedy}")));
            }
            if !SkillLevel::VALID.contains(&level) {
                let name = desk.skills.name(skill);
                return Err(invalid(format!("level {level} of skill '{name}': give 1 to 10")));
            }
        }
        Ok(())
    }
}
