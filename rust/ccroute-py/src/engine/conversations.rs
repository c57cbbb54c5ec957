//! Commands about contacts in conversation, and about any contact, one a method.

use ccroute_core::{Cause, Command};
use pyo3::prelude::*;

use super::PyEngine;
use super::arguments::Asked;
use super::session;
use crate::scalars::Seconds;

#[pymethods]
impl PyEngine {
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
            let (contact, by) = (s.contact(contact)?, session::cause(by, Cause::OF_RELEASE)?);
            Ok(Command::Release { contact, by })
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
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        self.simple(py, "dispose", now, &asked, |s| {
            Ok(Command::Dispose { contact: s.contact(contact)?, codes: &codes })
        })
    }
}
