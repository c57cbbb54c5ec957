//! Commands about agents, one a method.

use ccroute_core::{Command, Reply};
use pyo3::prelude::*;

use super::PyEngine;
use super::arguments::{Asked, SettingsArgument};
use super::newcomers::Settings;
use super::session;
use crate::scalars::{self, Seconds};

#[pymethods]
impl PyEngine {
    fn sign_in(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        settings: SettingsArgument,
        asked: Option<Asked>,
    ) -> PyResult<usize> {
        let reply = self.command(py, "sign_in", now, &asked, |session| {
            let settings = Settings::of(session, &settings)?;
            session.apply(Command::SignIn { agent, settings: settings.borrowed() })
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

    fn ready_all(
        &self,
        py: Python<'_>,
        now: Seconds,
        agents: Vec<String>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "ready_all", now, &asked, |s| {
            let keys = agents.iter().map(|agent| s.agent(agent)).collect::<Result<Vec<_>, _>>()?;
            s.apply(Command::ReadyAll(&keys))
        })?;
        Ok(())
    }

    fn not_ready(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        reason: Option<&str>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "not_ready", now, &asked, |s| {
            Ok(Command::NotReady { agent: s.agent(agent)?, reason })
        })
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
        settings: SettingsArgument,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.command(py, "change", now, &asked, |s| {
            let agent = s.agent(agent)?;
            let settings = Settings::of(s, &settings)?;
            s.apply(Command::Change { agent, settings: settings.borrowed() })
        })?;
        Ok(())
    }

    fn pick(
        &self,
        py: Python<'_>,
        now: Seconds,
        agent: &str,
        contact: &str,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        self.simple(py, "pick", now, &asked, |s| {
            Ok(Command::Pick { agent: s.agent(agent)?, contact: s.contact(contact)? })
        })
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
        failure: &str,
        reason: Option<&str>,
        asked: Option<Asked>,
    ) -> PyResult<()> {
        let offer = session::offer(offer)?;
        self.simple(py, "decline", now, &asked, |_| {
            let (failure, offer) = (session::failure(failure)?, offer?);
            Ok(Command::Decline { offer, failure, reason })
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
            Ok(Command::ExtendWrapUp { agent, contact, by: scalars::setting("by", by)? })
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
}
