//! What agents do with their time, by the clock: every second of an agent is in one state,
//! however many sources know of it. What each source says, and what all come to, is in
//! `agent_state.rs`.
//!
//! A state is split exactly at the edges of the intervals, when it ends or when it is read,
//! never by ticking. Counts of contacts do not belong here: an agent with three chats works
//! one second per second.

use serde::{Deserialize, Serialize};

use super::agent::{Agent, Ground};
use super::agent_acts::Action;
use super::agent_state::{Part, Presence, State};
use super::counters::{Counters, Uncounted};
use super::live_view::LiveAgent;
use super::reading::StateTime;
use super::state_times::StateTimes;
use super::table::{Grid, Slot};
use super::visits::VisitKey;
use crate::event::Event;
use crate::ids::{AgentKey, TextKey};
use crate::time::{Span, Timestamp};

/// The time of all agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AgentTimes {
    agents: Vec<Agent>,
}

impl AgentTimes {
    /// Folds one event that concerns `agent`, if any. Of an event that could not be
    /// `counted` only this much is taken: that it ends the agent's part. Of a ring-all some
    /// offers may end after the contact. From when on the agent's state is another.
    pub(super) fn fold(
        &mut self,
        key: VisitKey,
        event: &Event,
        agent: Option<AgentKey>,
        counted: bool,
        ground: Ground<'_>,
        counters: &mut Counters,
    ) -> Result<Option<Timestamp>, Uncounted> {
        let action = Action::of(event);
        if !counted && !matches!(action, Action::End) {
            return Ok(None);
        }
        match (action, agent) {
            (Action::Nothing, _) | (Action::Part(_) | Action::End, None) => Ok(None),
            (Action::SignIn | Action::Presence(_) | Action::Device(_), None) => {
                Err(Uncounted::Incomplete)
            }
            (action, Some(agent)) => self.agent(agent).act(action, key, event.at, ground, counters),
        }
    }

    /// A visit ended `at` without an event to say so, and was wrapped up for so long: whoever
    /// had a part in it has none now. Whose state is another, and from when on.
    pub(super) fn end(
        &mut self,
        key: VisitKey,
        at: Timestamp,
        wrap_up: Span,
        ground: Ground<'_>,
        counters: &mut Counters,
    ) -> Vec<(AgentKey, Timestamp)> {
        let agents = self.agents.iter_mut().enumerate();
        let ended = agents.filter_map(|(index, agent)| {
            let from = agent.end(key, at, wrap_up, ground, counters)?;
            Some((AgentKey::new(index), from))
        });
        ended.collect()
    }

    /// The time of an agent in an interval changed after it had been final.
    pub(crate) fn revise(&mut self, agent: AgentKey, slot: Slot) {
        *self.agent(agent).revisions.entry(slot).or_default() += 1;
    }

    /// How often the time of an agent in an interval changed after it had been final.
    pub(crate) fn revision(&self, agent: usize, slot: Slot) -> u32 {
        self.agents[agent].revisions.get(&slot).copied().unwrap_or_default()
    }

    fn agent(&mut self, key: AgentKey) -> &mut Agent {
        if self.agents.len() <= key.index() {
            self.agents.resize_with(key.index() + 1, Agent::default);
        }
        &mut self.agents[key.index()]
    }

    /// What each agent does now.
    pub(crate) fn standing(&self) -> Vec<LiveAgent> {
        let now = |(index, agent): (usize, &Agent)| {
            let State { presence, is_free, part } = agent.state;
            let state = match (part, presence) {
                (Some(Part::Engaged), _) => Some(StateTime::Talk),
                (Some(Part::Held), _) => Some(StateTime::Hold),
                (Some(Part::Connecting), _) => Some(StateTime::Connecting),
                (Some(Part::Offered), _) => Some(StateTime::Offered),
                (Some(Part::Wrapping), _) => Some(StateTime::WrapUp),
                (None, Presence::Ready) if is_free => Some(StateTime::Idle),
                (None, Presence::Ready) => Some(StateTime::DeviceBusy),
                (None, Presence::NotReady(_)) => Some(StateTime::NotReady),
                (None, Presence::Offline) => None,
            };
            let reason = match presence {
                Presence::NotReady(reason) => reason,
                Presence::Ready | Presence::Offline => None,
            };
            let contacts = u32::try_from(agent.parts.len()).unwrap_or(u32::MAX);
            LiveAgent { agent: AgentKey::new(index), state, reason, since: agent.since, contacts }
        };
        self.agents.iter().enumerate().map(now).collect()
    }

    /// The first and the last interval of each agent's time, and that of the state now.
    pub(crate) fn extent(&self, grid: Grid, now: Timestamp) -> impl Iterator<Item = Slot> {
        self.agents.iter().flat_map(move |agent| {
            let lasting = agent.lasting(now).map(|span| span.map(|at| grid.slot(at)));
            agent.times.ends().into_iter().flatten().chain(lasting.into_iter().flatten())
        })
    }

    /// Time by agent and interval, from one interval on and before another; a state that lasts
    /// is cut at `now`.
    pub(super) fn cells(
        &self,
        ground: Ground<'_>,
        now: Timestamp,
        [from, until]: [Slot; 2],
    ) -> Vec<(usize, Slot, StateTimes)> {
        let mut cells = Vec::new();
        for (index, agent) in self.agents.iter().enumerate() {
            let begin = cells.len();
            let booked = agent.times.range(from, until);
            cells.extend(booked.map(|(slot, time)| (index, slot, time.clone())));
            agent.lasting_times(now, ground, |slot, state, micros| {
                if slot < from || slot >= until {
                    return;
                }
                // It began when the last was booked: nearly always after all of them.
                let place = cells[begin..].partition_point(|&(_, known, _)| known < slot) + begin;
                if cells.get(place).is_none_or(|&(_, known, _)| known != slot) {
                    cells.insert(place, (index, slot, StateTimes::default()));
                }
                cells[place].2.add(state, micros);
            });
        }
        cells
    }

    /// Adds the agents of `other`; the rest translates its keys.
    pub(super) fn merge(
        &mut self,
        other: &Self,
        grounds: [Ground<'_>; 2],
        agent: impl Fn(usize) -> AgentKey,
        source: impl Fn(u16) -> u16,
        text: impl Fn(TextKey) -> TextKey,
        visit: impl Fn(VisitKey) -> VisitKey,
    ) {
        for (index, theirs) in other.agents.iter().enumerate() {
            self.agent(agent(index)).merge(theirs, grounds, &source, &text, &visit);
        }
    }
}
