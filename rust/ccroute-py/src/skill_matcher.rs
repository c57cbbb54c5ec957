//! `SkillMatcher` for Python. Who is best is the core's business; what a row of a batch
//! means is that of the scalar call beside it.

use std::collections::BTreeMap;

use ccroute_core::{
    AgentKey, Arrival, ClassKey, Directory, Handle, HandleMatcher, Rejection, RejectionCode,
    Requirement, SkillKey, SkillLevel, SkillSet, Span, Strategy, Timestamp,
};
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::gate::Gate;
use crate::scalars::{self, Band, Seconds, Whole, invalid};
use crate::{columns, errors};

/// Skill names with proficiencies.
type Levels = BTreeMap<String, Whole>;
type Column<'py, T> = Bound<'py, PyArray1<T>>;

/// The matcher and the names of its skills.
pub(crate) struct Desk {
    pub(crate) matcher: HandleMatcher,
    pub(crate) skills: Directory,
}

/// Who takes it: agents by skills, waiting contacts by requirement.
///
/// Agents and requirements are ints that count from 0; a waiting contact's handle is an
/// int that is never given out twice, 2**32 or more, whose low 32 bits are a row that another
/// contact gets when this one has left. Skills are names with a proficiency from 1 to 10,
/// known when first mentioned. ``strategy`` chooses among the able, ties to the longest idle:
/// ``longest_idle``; ``most_proficient`` (greatest sum of proficiencies in the skills asked
/// for); ``best_match`` (furthest beyond what is asked); or ``fewest_skills``. Among waiting
/// contacts the order is strict ``band`` descending, then arrival less ``head_start``. Times
/// are seconds (float) one at a time and int64 microseconds in columns whose names end in
/// ``_us``. One matcher may be used from several threads.
///
/// Raises ``Rejected`` with code ``invalid_value``, ``unknown_agent`` or
/// ``unknown_contact``; ``TypeError`` or ``ValueError`` for a malformed column. Whatever
/// raises has changed nothing.
///
/// >>> matcher = SkillMatcher()
/// >>> ana = matcher.add_agent({"es": 8})
/// >>> spanish = matcher.requirement(all_of={"es": 5})
/// >>> agent, waiting = matcher.arrive(spanish, 0.0)
/// >>> agent is None, matcher.free(ana, 1.0) == waiting
/// (True, True)
#[pyclass(frozen, module = "ccroute", name = "SkillMatcher")]
pub(crate) struct PySkillMatcher {
    gate: Gate<Desk>,
}

#[pymethods]
impl PySkillMatcher {
    #[new]
    #[pyo3(signature = (strategy="longest_idle"))]
    fn new(strategy: &str) -> PyResult<Self> {
        let known = Strategy::from_word(strategy);
        let strategy = known.ok_or_else(|| {
            let words = HandleMatcher::STRATEGIES.iter().map(|known| known.word());
            let words: Vec<&str> = words.collect();
            let message = format!("no strategy '{strategy}': give {}", words.join(", "));
            errors::rejected(invalid(message))
        })?;
        let matcher = HandleMatcher::new(strategy).map_err(errors::rejected)?;
        let desk = Desk { matcher, skills: Directory::default() };
        Ok(Self { gate: Gate::new("SkillMatcher", desk) })
    }

    /// Adds an agent, busy until ``free``; returns its number.
    fn add_agent(&self, py: Python<'_>, skills: Levels) -> PyResult<usize> {
        self.decide(py, "add_agent", |desk| {
            let skills = desk.levels(&skills)?;
            Ok(desk.matcher.add_agent(SkillSet::new(&skills)).index())
        })
    }

    /// Gives an agent other skills. Nothing is taken: an agent who is free and may now
    /// take a contact that waits does so at the next ``free``.
    fn set_skills(&self, py: Python<'_>, agent: Whole, skills: Levels) -> PyResult<()> {
        self.decide(py, "set_skills", |desk| {
            let agent = desk.agent(agent)?;
            let skills = desk.levels(&skills)?;
            desk.matcher.set_skills(agent, SkillSet::new(&skills))
        })
    }

    /// The number of a requirement: every skill of ``all_of``, one of each group of
    /// ``any_of``, none of ``none_of``, at the level or better. Equal requirements have
    /// equal numbers.
    #[pyo3(
        signature = (all_of=Levels::new(), any_of=Vec::new(), none_of=Levels::new()),
        text_signature = "($self, all_of={}, any_of=[], none_of={})"
    )]
    fn requirement(
        &self,
        py: Python<'_>,
        all_of: Levels,
        any_of: Vec<Levels>,
        none_of: Levels,
    ) -> PyResult<usize> {
        self.decide(py, "requirement", |desk| {
            if any_of.iter().any(Levels::is_empty) {
                let message = "an empty group in any_of: nobody has one of no skills; leave it out";
                return Err(invalid(message.into()));
            }
            let groups = any_of.iter().map(|group| desk.levels(group));
            let any_of = groups.collect::<Result<_, _>>()?;
            let requirement = Requirement {
                all_of: desk.levels(&all_of)?,
                any_of,
                none_of: desk.levels(&none_of)?,
                wheres: Vec::new(),
            };
            Ok(desk.matcher.requirement(&requirement).index())
        })
    }

    /// A contact arrives. Returns (agent, None): that agent takes it and is busy now; or
    /// (None, handle): nobody could, it waits.
    #[pyo3(
        signature = (requirement, at, band=Band(0), head_start=Seconds(0.0)),
        text_signature = "($self, requirement, at, band=0, head_start=0.0)"
    )]
    fn arrive(
        &self,
        py: Python<'_>,
        requirement: Whole,
        at: Seconds,
        band: Band,
        head_start: Seconds,
    ) -> PyResult<(Option<usize>, Option<u64>)> {
        self.decide(py, "arrive", |desk| {
            let class = desk.class(requirement)?;
            let at = scalars::instant("at", at)?;
            let head_start = scalars::span("head_start", head_start)?;
            Ok(match desk.matcher.arrive(class, band.0, at, head_start)? {
                Arrival::Taken(agent) => (Some(agent.index()), None),
                Arrival::Waits(handle) => (None, Some(handle.raw())),
            })
        })
    }

    /// As ``arrive``, for a contact that asks for skills of its own, all of them at the level
    /// or better: no number is given out, and nothing kept of them once the contact has left.
    #[pyo3(
        signature = (all_of, at, band=Band(0), head_start=Seconds(0.0)),
        text_signature = "($self, all_of, at, band=0, head_start=0.0)"
    )]
    fn arrive_with(
        &self,
        py: Python<'_>,
        all_of: Levels,
        at: Seconds,
        band: Band,
        head_start: Seconds,
    ) -> PyResult<(Option<usize>, Option<u64>)> {
        self.decide(py, "arrive_with", |desk| {
            let at = scalars::instant("at", at)?;
            let head_start = scalars::span("head_start", head_start)?;
            let skills = desk.levels(&all_of)?;
            Ok(match desk.matcher.arrive_with(&skills, band.0, at, head_start) {
                Arrival::Taken(agent) => (Some(agent.index()), None),
                Arrival::Waits(handle) => (None, Some(handle.raw())),
            })
        })
    }

    /// The numbers of skills, for the ``needs`` of ``apply_batch``: uint32[names], given now to
    /// those never mentioned.
    fn skill_numbers<'py>(
        &self,
        py: Python<'py>,
        names: Vec<String>,
    ) -> PyResult<Column<'py, u32>> {
        let numbers = self.gate.run(py, "skill_numbers", |desk| {
            let number = |name: &String| desk.skills.intern(name) as u32;
            names.iter().map(number).collect::<Vec<u32>>()
        })?;
        Ok(PyArray1::from_vec(py, numbers))
    }

    /// An agent is free: takes the first waiting contact it can and returns its handle,
    /// or is idle from ``at`` and returns ``None``.
    fn free(&self, py: Python<'_>, agent: Whole, at: Seconds) -> PyResult<Option<u64>> {
        self.decide(py, "free", |desk| {
            let agent = desk.agent(agent)?;
            let taken = desk.matcher.free(agent, scalars::instant("at", at)?)?;
            Ok(taken.map(Handle::raw))
        })
    }

    /// An agent is not free any more, by something else than a contact from here.
    fn busy(&self, py: Python<'_>, agent: Whole) -> PyResult<()> {
        self.decide(py, "busy", |desk| {
            let agent = desk.agent(agent)?;
            desk.matcher.busy(agent)
        })
    }

    /// A waiting contact leaves.
    fn cancel(&self, py: Python<'_>, handle: &Bound<'_, PyAny>) -> PyResult<()> {
        let raw: Option<u64> = handle.extract().ok();
        let known = raw.and_then(Handle::from_raw);
        let gone = || {
            let message = format!("no contact waits under handle {handle}: give what arrive gave");
            Rejection::new(RejectionCode::UnknownContact, message)
        };
        let handle = known.ok_or_else(|| errors::rejected(gone()))?;
        self.decide(py, "cancel", |desk| desk.matcher.cancel(handle))
    }

    /// The best free agent for a requirement, or ``None``; nothing changes.
    fn best_agent(&self, py: Python<'_>, requirement: Whole) -> PyResult<Option<usize>> {
        self.decide(py, "best_agent", |desk| {
            let class = desk.class(requirement)?;
            Ok(desk.matcher.best_agent(class)?.map(AgentKey::index))
        })
    }

    /// The first waiting contact an agent may take, were it free, or ``None``; nothing
    /// changes.
    fn best_contact(&self, py: Python<'_>, agent: Whole) -> PyResult<Option<u64>> {
        self.decide(py, "best_contact", |desk| {
            let agent = desk.agent(agent)?;
            Ok(desk.matcher.best_contact(agent)?.map(Handle::raw))
        })
    }

    /// How many contacts wait.
    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.gate.run(py, "len", |desk| desk.matcher.waiting())
    }

    /// ``arrive`` row by row: ``requirements`` int64[n], ``at_us`` int64[n], ``band``
    /// int16[n] (default 0), ``head_start_us`` int64[n] (default 0). Returns the agents,
    /// int64[n], -1 where the contact waits, and the handles, uint64[n], 0 where it was
    /// taken. A number out of range in any row refuses them all.
    #[pyo3(signature = (requirements, at_us, band=None, head_start_us=None))]
    fn arrive_batch<'py>(
        &self,
        py: Python<'py>,
        requirements: &Bound<'py, PyAny>,
        at_us: &Bound<'py, PyAny>,
        band: Option<&Bound<'py, PyAny>>,
        head_start_us: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Column<'py, i64>, Column<'py, u64>)> {
        let wanted: Vec<i64> = columns::read("requirements", requirements)?;
        let at = instants(at_us, wanted.len())?;
        let bands = columns::read_beside::<i16>("band", band, wanted.len())?;
        let starts = columns::read_beside("head_start_us", head_start_us, wanted.len())?;
        let starts = starts.map(|starts: Vec<i64>| columns::spans("head_start_us", starts));
        let starts = starts.transpose().map_err(errors::rejected)?;
        let taken = self.gate.run_detached(py, "arrive_batch", |desk| {
            let classes = wanted.iter().map(|&number| desk.class(Whole(number)));
            let classes = classes.collect::<Result<Vec<ClassKey>, Rejection>>()?;
            let rows = classes.iter().zip(&at).enumerate().map(|(row, (&class, &at))| {
                let band = bands.as_ref().map_or(0, |bands| bands[row]);
                let start = starts.as_ref().map_or(Span::ZERO, |starts| starts[row]);
                Ok(match desk.matcher.arrive(class, band, at, start)? {
                    Arrival::Taken(agent) => (agent.index() as i64, 0),
                    Arrival::Waits(handle) => (-1, handle.raw()),
                })
            });
            rows.collect::<Result<(Vec<i64>, Vec<u64>), Rejection>>()
        })?;
        let (agents, handles) = taken.map_err(errors::rejected)?;
        Ok((PyArray1::from_vec(py, agents), PyArray1::from_vec(py, handles)))
    }

    /// ``free`` row by row: ``agents`` int64[n], ``at_us`` int64[n]. Returns the handles
    /// taken, uint64[n], 0 where the agent is idle now. A number out of range in any row
    /// refuses them all.
    fn free_batch<'py>(
        &self,
        py: Python<'py>,
        agents: &Bound<'py, PyAny>,
        at_us: &Bound<'py, PyAny>,
    ) -> PyResult<Column<'py, u64>> {
        let freed: Vec<i64> = columns::read("agents", agents)?;
        let at = instants(at_us, freed.len())?;
        let taken = self.gate.run_detached(py, "free_batch", |desk| {
            let agents = freed.iter().map(|&number| desk.agent(Whole(number)));
            let agents = agents.collect::<Result<Vec<AgentKey>, Rejection>>()?;
            let rows = agents
                .iter()
                .zip(&at)
                .map(|(&agent, &at)| Ok(desk.matcher.free(agent, at)?.map_or(0, Handle::raw)));
            rows.collect::<Result<Vec<u64>, Rejection>>()
        })?;
        Ok(PyArray1::from_vec(py, taken.map_err(errors::rejected)?))
    }

    /// ``cancel`` row by row: ``handles`` uint64[n]. Returns bool[n], false where nobody
    /// waits.
    fn cancel_batch<'py>(
        &self,
        py: Python<'py>,
        handles: &Bound<'py, PyAny>,
    ) -> PyResult<Column<'py, bool>> {
        let handles: Vec<u64> = columns::read("handles", handles)?;
        let gone = self.gate.run_detached(py, "cancel_batch", |desk| {
            let cancel = |&raw: &u64| {
                let handle = Handle::from_raw(raw);
                handle.is_some_and(|handle| desk.matcher.cancel(handle).is_ok())
            };
            handles.iter().map(cancel).collect::<Vec<bool>>()
        })?;
        Ok(PyArray1::from_vec(py, gone))
    }
}

impl PySkillMatcher {
    pub(crate) fn gate(&self) -> &Gate<Desk> {
        &self.gate
    }

    fn decide<R>(
        &self,
        py: Python<'_>,
        call: &'static str,
        act: impl FnOnce(&mut Desk) -> Result<R, Rejection>,
    ) -> PyResult<R> {
        self.gate.run(py, call, act)?.map_err(errors::rejected)
    }
}

fn instants(at_us: &Bound<'_, PyAny>, rows: usize) -> PyResult<Vec<Timestamp>> {
    let micros = columns::read_beside("at_us", Some(at_us), rows)?.unwrap_or_default();
    columns::instants("at_us", micros).map_err(errors::rejected)
}

impl Desk {
    /// Names to keys; a level out of range is refused before a name becomes known.
    fn levels(&mut self, levels: &Levels) -> Result<Vec<SkillLevel>, Rejection> {
        let checked = levels.iter().map(|(name, &Whole(level))| {
            let number = u8::try_from(level).ok().filter(|level| SkillLevel::VALID.contains(level));
            let level = number
                .ok_or_else(|| invalid(format!("level {level} of skill '{name}': give 1 to 10")))?;
            Ok((name, level))
        });
        let checked = checked.collect::<Result<Vec<_>, Rejection>>()?;
        let keyed = checked.into_iter().map(|(name, level)| SkillLevel {
            skill: SkillKey::new(self.skills.intern(name)),
            level,
        });
        Ok(keyed.collect())
    }

    pub(crate) fn agent(&self, Whole(number): Whole) -> Result<AgentKey, Rejection> {
        let known = usize::try_from(number).ok().filter(|&index| index < self.matcher.agents());
        known.map(AgentKey::new).ok_or_else(|| {
            let message = format!("no agent {number}: {} were added", self.matcher.agents());
            Rejection::new(RejectionCode::UnknownAgent, message)
        })
    }

    pub(crate) fn class(&self, Whole(number): Whole) -> Result<ClassKey, Rejection> {
        // No key is as great as the greatest of its 32 bits.
        let known = u32::try_from(number).ok().filter(|&index| index < u32::MAX);
        known
            .map(|index| ClassKey::new(index as usize))
            .filter(|&class| self.matcher.knows(class))
            .ok_or_else(|| invalid(format!("no requirement {number}: take it from requirement()")))
    }
}
