//! What can be read of a router, one a method; and batches.

use ccroute_core::{Event, OfferKey, Router};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use super::PyEngine;
use super::arguments::Fact;
use super::session::{self, Found, no_word, seconds};
use crate::errors;

/// kind, sequence, at, contact, visit, queue, channel, agent.
type NamedHead =
    (u8, u64, f64, Option<String>, u32, Option<String>, Option<String>, Option<String>);
/// offer, cause, reason, role, number, time.
type NamedRest = (Option<u64>, &'static str, Option<String>, &'static str, u32, Option<f64>);
/// An event with names in place of keys.
type NamedEvent = (NamedHead, NamedRest);
/// customer, conversation, previous: the host's ids.
type StoryRow = (Option<String>, Option<String>, Option<String>);
/// command, at, actor, reason, refusal's code.
type AnswerRow = (String, f64, Option<String>, Option<String>, Option<&'static str>);
/// position, competing, expected, foretold.
type WaitRow = (Option<usize>, usize, Option<f64>, Option<f64>);
/// count, bias, error: of waits that were foretold.
type ForetoldRow = (u64, f64, f64);
/// version, expires, fallbacks.
type ScoresRow = (u64, f64, u64);
/// Rows of an array type.
type Bytes<'py> = Bound<'py, PyArray1<u8>>;

#[pymethods]
impl PyEngine {
    fn next_deadline(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        let next =
            self.gate.run(py, "next_deadline", |measured| measured.router.next_deadline())?;
        Ok(next.map(seconds))
    }

    /// How many events there have been.
    fn sequence(&self, py: Python<'_>) -> PyResult<u64> {
        self.gate.run(py, "sequence", |measured| measured.router.sequence())
    }

    /// Everything since the last reading, one tuple an event, names in place of keys.
    fn take_events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let events = self.gate.run(py, "take_events", |measured| {
            let events = named_events(&measured.router);
            measured.router.clear_events();
            events
        })?;
        PyList::new(py, events)
    }

    fn names(&self, py: Python<'_>, kind: &str) -> PyResult<Vec<String>> {
        let names = self.gate.run(py, "names", |measured| names(&measured.router, kind))?;
        names.map_err(errors::rejected)
    }

    fn attributes(&self, py: Python<'_>, contact: &str) -> PyResult<Vec<(String, Fact)>> {
        let found = self.gate.run(py, "attributes", |measured| {
            let key = session::contact(&measured.router, contact)?;
            let pairs = measured.router.attributes(key);
            Ok(pairs.map(|(name, value)| (name.to_owned(), Fact(value.clone()))).collect())
        })?;
        found.map_err(errors::rejected)
    }

    /// customer, conversation, previous.
    fn story(&self, py: Python<'_>, contact: &str) -> PyResult<StoryRow> {
        let found = self.gate.run(py, "story", |measured| {
            let key = session::contact(&measured.router, contact)?;
            let story = measured.router.story(key).expect("a contact found by id is known");
            let [customer, conversation, previous] = story.map(|id| id.map(str::to_owned));
            Ok((customer, conversation, previous))
        })?;
        found.map_err(errors::rejected)
    }

    /// The first answer under a command id.
    fn answer(&self, py: Python<'_>, command_id: &str) -> PyResult<Option<AnswerRow>> {
        self.gate.run(py, "answer", |measured| {
            let answer = measured.router.answer(command_id)?;
            let refused = answer.result.as_ref().err().map(|refusal| refusal.code.word());
            Some((
                answer.command.to_string(),
                seconds(answer.at),
                answer.actor.as_deref().map(str::to_owned),
                answer.reason.as_deref().map(str::to_owned),
                refused,
            ))
        })
    }

    fn wait(&self, py: Python<'_>, contact: &str) -> PyResult<WaitRow> {
        let found = self.gate.run(py, "wait", |measured| {
            let router = &measured.router;
            let of = router.estimate_wait(session::contact(router, contact)?)?;
            let secs = |span: ccroute_core::Span| span.micros() as f64 / 1e6;
            Ok((of.position, of.competing, of.expected.map(secs), of.foretold.map(secs)))
        })?;
        found.map_err(errors::rejected)
    }

    /// How well waits were foretold in a queue.
    fn foretold(&self, py: Python<'_>, queue: &str) -> PyResult<ForetoldRow> {
        let found = self.gate.run(py, "foretold", |measured| {
            let router = &measured.router;
            let of = router.foretold(session::queue(router, queue)?);
            let of = of.expect("a queue found by name is known");
            Ok((of.count, of.bias as f64 / 1e6, of.error as f64 / 1e6))
        })?;
        found.map_err(errors::rejected)
    }

    /// How a score table stands.
    fn scores(&self, py: Python<'_>, table: &str) -> PyResult<ScoresRow> {
        let found = self.gate.run(py, "scores", |measured| {
            let router = &measured.router;
            let key = session::table(router, table)?;
            let known = "a table found by name is known";
            let (version, expires) = router.scores_version(key).expect(known);
            Ok((version, seconds(expires), router.score_fallbacks(key).expect(known)))
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

    fn check(&self, py: Python<'_>) -> PyResult<()> {
        let checked = self.gate.run_detached(py, "check", |measured| measured.router.check())?;
        checked.map_err(errors::unsound)
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

fn names(router: &Router, kind: &str) -> Found<Vec<String>> {
    const KINDS: [&str; 8] =
        ["agents", "queues", "channels", "skills", "reasons", "lines", "figures", "tables"];
    let plan = router.plan();
    Ok(match kind {
        "agents" => router.agent_names().map(Into::into).collect(),
        "queues" => plan.queue_names.iter().map(Into::into).collect(),
        "channels" => plan.channels.iter().map(Into::into).collect(),
        "skills" => plan.skills.iter().map(Into::into).collect(),
        "reasons" => router.texts().map(Into::into).collect(),
        "lines" => plan.lines.iter().map(Into::into).collect(),
        "figures" => plan.kpis.iter().map(Into::into).collect(),
        "tables" => plan.table_names.iter().map(Into::into).collect(),
        other => return Err(no_word("kind", other, &KINDS)),
    })
}

fn named_events(router: &Router) -> Vec<NamedEvent> {
    let plan = router.plan();
    let named = |event: &Event| {
        let head = (
            event.kind as u8,
            event.sequence,
            seconds(event.at),
            event.contact.and_then(|key| router.contact_id(key)).map(Into::into),
            event.visit,
            event.queue.map(|key| plan.queue_names.name(key.index()).into()),
            event.channel.map(|key| plan.channels.name(key.index()).into()),
            event.agent.map(|key| router.agent_name(key).into()),
        );
        let rest = (
            event.offer.map(OfferKey::raw),
            event.cause.word(),
            event.reason.map(|key| router.text(key).into()),
            event.role.word(),
            event.number,
            event.time.map(seconds),
        );
        (head, rest)
    };
    router.events().iter().map(named).collect()
}
