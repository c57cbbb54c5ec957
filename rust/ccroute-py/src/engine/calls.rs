//! The methods of `Engine`, one a command of `docs/engine.md`, and its readings.

use std::sync::Arc;

use ccroute_core::{Capacity, Cause, ChannelKey, Command, NewContact, Reply, Router, Span};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::PyEngine;
use super::explain::{AgentRow, AnswerRow, ContactRow, Story};
use super::session::{self, Asked, Pairs, Wish};
use crate::errors;
use crate::metrics::PyKpiAggregator;
use crate::plan::PyPlan;
use crate::scalars::{self, Band, Seconds};

/// Rows of an array type.
type Bytes<'py> = Bound<'py, PyArray1<u8>>;
#[pymethods]
impl PyEngine {
    #[new]
    fn new(
        py: Python<'_>,
        plan: &PyPlan,
        aggregator: Py<PyKpiAggregator>,
        source: &str,
    ) -> PyResult<Self> {
        Self::with(py, Router::new(Arc::clone(&plan.plan)), aggregator, source)
    }

    fn sign_in(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        skills: Pairs,
        queues: Vec<String>,
        capacity: Pairs,
        asked: Option<Asked>,
    ) -> PyResult<usize> {
        let reply = self.command(py, "sign_in", now, &asked, |session| {
            let skills = session.levels(&skills)?;
            let queues = session.queues(&queues)?;
            let capacity = session.capacity(&capacity)?;
            let command =
                Command::SignIn { agent, skills: &skills, queues: &queues, capacity: &capacity };
            session.apply(command)
        })?;
        match reply {
            Reply::Agent(key) => Ok(key.index()),
            // The answer under a repeated id is that of the same command.
            Reply::Done | Reply::Contact(_) => unreachable!("sign_in answers with an agent"),
        }
    }

    fn sign_out(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "sign_out", now, &asked, |s| Ok(Command::SignOut(s.agent(agent)?)))
    }

    fn ready(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "ready", now, &asked, |s| Ok(Command::Ready(s.agent(agent)?)))
    }

    fn not_ready(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        reason: Option<&str>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "not_ready", now, &asked, |s| {
            let agent = s.agent(agent)?;
            s.apply(Command::NotReady { agent, reason })
        })?;
        Ok(())
    }

    fn set_device(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        device: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "set_device", now, &asked, |s| {
            Ok(Command::SetDevice { agent: s.agent(agent)?, device: session::device(device)? })
        })
    }

    fn change_agent(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        skills: Option<Pairs>,
        queues: Option<Vec<String>>,
        capacity: Option<Pairs>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "change", now, &asked, |s| {
            let agent = s.agent(agent)?;
            let skills = skills.as_ref().map(|skills| s.levels(skills)).transpose()?;
            let queues = queues.as_ref().map(|queues| s.queues(queues)).transpose()?;
            let capacity: Option<Vec<Capacity>> =
                capacity.as_ref().map(|capacity| s.capacity(capacity)).transpose()?;
            let command = Command::Change {
                agent,
                skills: skills.as_deref(),
                queues: queues.as_deref(),
                capacity: capacity.as_deref(),
            };
            s.apply(command)
        })?;
        Ok(())
    }

    fn enqueue(
        &self,
        py: Python<'_>,
        now: Seconds,
        id: &str,
        queue: &str,
        channel: Option<&str>,
        band: Band,
        head_start: Seconds,
        needs: Option<Wish>,
        attributes: Vec<(String, String)>,
        story: Story,
        asked: Option<Asked>,
    ) -> PyResult<u64> {
        let reply = self.command(py, "enqueue", now, &asked, |s| {
            let queue = s.queue(queue)?;
            let channel = channel.map_or(Ok(ChannelKey::new(0)), |name| s.channel(name))?;
            let head_start = scalars::span("head_start", head_start)?;
            let requirement = needs.as_ref().map(|needs| s.requirement(needs)).transpose()?;
            let attributes = session::texts(&attributes);
            let (customer, conversation, previous) = &story;
            let contact = NewContact {
                band: band.0,
                head_start,
                requirement: requirement.as_ref(),
                attributes: &attributes,
                customer: customer.as_deref(),
                conversation: conversation.as_deref(),
                previous: previous.as_deref(),
                ..NewContact::new(id, queue, channel)
            };
            s.apply(Command::Enqueue(contact))
        })?;
        match reply {
            Reply::Contact(key) => Ok(key.raw()),
            Reply::Done | Reply::Agent(_) => unreachable!("enqueue answers with a contact"),
        }
    }

    fn cancel(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        cause: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "cancel", now, &asked, |s| {
            Ok(Command::Cancel {
                contact: s.contact(contact)?,
                cause: session::cause(cause, Cause::OF_CANCEL)?,
            })
        })
    }

    fn reprioritise(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        band: Option<Band>,
        head_start: Option<Seconds>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "reprioritise", now, &asked, |s| {
            Ok(Command::Reprioritise {
                contact: s.contact(contact)?,
                band: band.map(|band| band.0),
                head_start: head_start
                    .map(|seconds| scalars::span("head_start", seconds))
                    .transpose()?,
            })
        })
    }

    fn update(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        needs: Option<Wish>,
        attributes: Vec<(String, String)>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "update", now, &asked, |s| {
            let contact = s.contact(contact)?;
            let requirement = needs.as_ref().map(|needs| s.requirement(needs)).transpose()?;
            let attributes = session::texts(&attributes);
            let requirement = requirement.as_ref();
            s.apply(Command::Update { contact, requirement, attributes: &attributes })
        })?;
        Ok(())
    }

    fn accept(
        &self,
        py: Python<'_>,
        now: Seconds,
        offer: &Bound<'_, PyAny>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        let offer = session::offer(offer)?;
        self.simple(py, "accept", now, &asked, |_| Ok(Command::Accept(offer?)))
    }

    fn decline(
        &self,
        py: Python<'_>,
        now: Seconds,
        offer: &Bound<'_, PyAny>,
        reason: Option<&str>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        let offer = session::offer(offer)?;
        self.command(py, "decline", now, &asked, |s| {
            s.apply(Command::Decline { offer: offer?, reason })
        })?;
        Ok(())
    }

    fn connected(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "connected", now, &asked, |s| Ok(Command::Connected(s.contact(contact)?)))
    }

    fn hold(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "hold", now, &asked, |s| Ok(Command::Hold(s.contact(contact)?)))
    }

    fn resume(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "resume", now, &asked, |s| Ok(Command::Resume(s.contact(contact)?)))
    }

    fn transfer(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        queue: &str,
        keep_age: bool,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "transfer", now, &asked, |s| {
            let contact = s.contact(contact)?;
            Ok(Command::Transfer { contact, queue: s.queue(queue)?, keep_age })
        })
    }

    fn join(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        agent: &str,
        role: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "join", now, &asked, |s| {
            let (contact, agent) = (s.contact(contact)?, s.agent(agent)?);
            Ok(Command::Join { contact, agent, role: session::role(role)? })
        })
    }

    fn leave(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        agent: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "leave", now, &asked, |s| {
            Ok(Command::Leave { contact: s.contact(contact)?, agent: s.agent(agent)? })
        })
    }

    fn hand_over(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        agent: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "hand_over", now, &asked, |s| {
            Ok(Command::HandOver { contact: s.contact(contact)?, agent: s.agent(agent)? })
        })
    }

    fn release(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        by: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "release", now, &asked, |s| {
            Ok(Command::Release {
                contact: s.contact(contact)?,
                by: session::cause(by, Cause::OF_RELEASE)?,
            })
        })
    }

    fn extend_wrap_up(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        contact: &str,
        by: Seconds,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "extend_wrap_up", now, &asked, |s| {
            let (agent, contact) = (s.agent(agent)?, s.contact(contact)?);
            let by: Span = scalars::span("by", by)?;
            Ok(Command::ExtendWrapUp { agent, contact, by })
        })
    }

    fn end_wrap_up(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        contact: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "end_wrap_up", now, &asked, |s| {
            Ok(Command::EndWrapUp { agent: s.agent(agent)?, contact: s.contact(contact)? })
        })
    }

    fn dispose(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        codes: Vec<String>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "dispose", now, &asked, |s| {
            let contact = s.contact(contact)?;
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            s.apply(Command::Dispose { contact, codes: &codes })
        })?;
        Ok(())
    }

    fn advance(&self, py: Python<'_>, now: Seconds) -> PyResult<()> {
        // Opening a session fires what is due.
        self.command(py, "advance", now, &None, |_| Ok(Reply::Done)).map(|_| ())
    }

    fn next_deadline(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        let next =
            self.gate.run(py, "next_deadline", |measured| measured.router.next_deadline())?;
        Ok(next.map(session::seconds))
    }

    /// Everything since the last reading, one tuple an event, names in place of keys.
    fn take_events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let events = self.gate.run(py, "take_events", |measured| {
            let events = session::named_events(&measured.router);
            measured.router.clear_events();
            events
        })?;
        PyList::new(py, events)
    }

    fn names(&self, py: Python<'_>, kind: &str) -> PyResult<Vec<String>> {
        let names =
            self.gate.run(py, "names", |measured| session::names(&measured.router, kind))?;
        names.map_err(errors::rejected)
    }

    fn attributes(&self, py: Python<'_>, contact: &str) -> PyResult<Vec<(String, String)>> {
        let found = self.gate.run(py, "attributes", |measured| {
            let key = session::contact(&measured.router, contact)?;
            let pairs = measured.router.attributes(key);
            Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        })?;
        found.map_err(errors::rejected)
    }

    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes =
            self.gate.run_detached(py, "snapshot", |measured| measured.router.snapshot())?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn state_hash<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let hash =
            self.gate.run_detached(py, "state_hash", |measured| measured.router.state_hash())?;
        Ok(PyBytes::new(py, &hash))
    }

    fn story(&self, py: Python<'_>, contact: &str) -> PyResult<Story> {
        self.story_of(py, contact)
    }

    fn answer(&self, py: Python<'_>, command_id: &str) -> PyResult<Option<AnswerRow>> {
        self.answer_under(py, command_id)
    }

    fn check(&self, py: Python<'_>) -> PyResult<()> {
        let checked = self.gate.run_detached(py, "check", |measured| measured.router.check())?;
        checked.map_err(errors::unsound)
    }

    fn explain_contact(&self, py: Python<'_>, contact: &str) -> PyResult<ContactRow> {
        self.contact_row(py, contact)
    }

    fn explain_agent(&self, py: Python<'_>, agent: &str) -> PyResult<AgentRow> {
        self.agent_row(py, agent)
    }

    /// Rows of `COMMAND_DTYPE` as bytes in; rows of `EVENT_DTYPE` as bytes and a status
    /// a row out: 0, or the rejection's number plus one.
    fn apply_batch<'py>(
        &self,
        py: Python<'py>,
        rows: PyReadonlyArray1<'py, u8>,
    ) -> PyResult<(Bytes<'py>, Bytes<'py>)> {
        let (events, statuses) = self.carry_out(py, rows.as_slice()?)?;
        Ok((PyArray1::from_vec(py, events), PyArray1::from_vec(py, statuses)))
    }

    /// Everything since the last reading, as rows of `EVENT_DTYPE` in bytes.
    fn take_event_rows<'py>(&self, py: Python<'py>) -> PyResult<Bytes<'py>> {
        Ok(PyArray1::from_vec(py, self.drain(py)?))
    }
}
