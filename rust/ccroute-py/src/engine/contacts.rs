//! Commands about contacts that wait, one a method.

use ccroute_core::{AdoptedPhase, Cause, Command};
use pyo3::prelude::*;

use super::PyEngine;
use super::arguments::{Asked, ContactArgument, Facts, Preferences, Wish};
use super::newcomers::{Newcomer, contact_of, facts, preferences};
use super::session;
use crate::scalars::{self, Band, Seconds};

#[pymethods]
impl PyEngine {
    fn enqueue(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: ContactArgument,
        asked: Option<Asked>,
    ) -> PyResult<u64> {
        let reply = self.command(py, "enqueue", now, &asked, |s| {
            let contact = Newcomer::of(s, &contact)?;
            s.apply(Command::Enqueue(contact.borrowed()))
        })?;
        Ok(contact_of(reply).raw())
    }

    fn adopt(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: ContactArgument,
        agent: Option<&str>,
        asked: Option<Asked>,
    ) -> PyResult<u64> {
        let reply = self.command(py, "adopt", now, &asked, |s| {
            let phase = match agent {
                Some(agent) => AdoptedPhase::Engaged(s.agent(agent)?),
                None => AdoptedPhase::Waiting,
            };
            let contact = Newcomer::of(s, &contact)?;
            s.apply(Command::Adopt { contact: contact.borrowed(), phase })
        })?;
        Ok(contact_of(reply).raw())
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
            let (contact, cause) = (s.contact(contact)?, session::cause(cause, Cause::OF_CANCEL)?);
            Ok(Command::Cancel { contact, cause })
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
            let contact = s.contact(contact)?;
            let head_start = head_start.map(scalars::head_start).transpose()?;
            Ok(Command::Reprioritise { contact, band: band.map(|band| band.0), head_start })
        })
    }

    fn update(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        needs: Option<Wish>,
        attributes: Facts,
        preferred: Option<Preferences>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "update", now, &asked, |s| {
            let contact = s.contact(contact)?;
            let requirement = needs.as_ref().map(|needs| s.requirement(needs)).transpose()?;
            let preferred = preferred.as_ref().map(preferences).transpose()?;
            s.apply(Command::Update {
                contact,
                requirement: requirement.as_ref(),
                attributes: &facts(&attributes),
                preferred: preferred.as_deref(),
            })
        })?;
        Ok(())
    }

    fn reclassify(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "reclassify", now, &asked, |s| Ok(Command::Reclassify(s.contact(contact)?)))
    }

    fn exclude(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        agent: &str,
        lasts: Option<Seconds>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "exclude", now, &asked, |s| {
            let contact = s.contact(contact)?;
            let lasts = lasts.map(|lasts| scalars::setting("lasts", lasts)).transpose()?;
            Ok(Command::Exclude { contact, agent, lasts })
        })
    }

    fn readmit(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        agent: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "readmit", now, &asked, |s| {
            Ok(Command::Readmit { contact: s.contact(contact)?, agent: s.agent(agent)? })
        })
    }

    fn press(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        key: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "press", now, &asked, |s| {
            Ok(Command::Press { contact: s.contact(contact)?, key })
        })
    }

    fn request_callback(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        at: Option<Seconds>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "request_callback", now, &asked, |s| {
            let contact = s.contact(contact)?;
            let at = at.map(|at| scalars::instant("at", at)).transpose()?;
            Ok(Command::RequestCallback { contact, at })
        })
    }

    fn fail_connection(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        cause: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "fail_connection", now, &asked, |s| {
            let (contact, cause) =
                (s.contact(contact)?, session::cause(cause, Cause::OF_CONNECTION)?);
            Ok(Command::FailConnection { contact, cause })
        })
    }

    fn fail_callback(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        cause: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "fail_callback", now, &asked, |s| {
            let (contact, cause) = (s.contact(contact)?, session::cause(cause, Cause::OF_ATTEMPT)?);
            Ok(Command::FailCallback { contact, cause })
        })
    }

    fn suspend(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        lasts: Option<Seconds>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "suspend", now, &asked, |s| {
            let contact = s.contact(contact)?;
            let lasts = lasts.map(|lasts| scalars::setting("lasts", lasts)).transpose()?;
            Ok(Command::Suspend { contact, lasts })
        })
    }

    fn reinstate(
        &self,
        py: Python<'_>,
        now: Seconds,
        contact: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "reinstate", now, &asked, |s| Ok(Command::Reinstate(s.contact(contact)?)))
    }
}
