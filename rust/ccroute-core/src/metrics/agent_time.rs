//! What agents do with their time, by the clock: every second of an agent is in one state.
//!
//! A state is split exactly at the edges of the intervals, when it ends or when it is read,
//! never by ticking. Counts of contacts do not belong here: an agent with three chats works
//! one second per second.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counters::{Counters, Uncounted};
use super::facts::LONGEST;
use super::live_view::LiveAgent;
use super::reading::StateTime;
use super::table::{Grid, Slot, Timeline};
use super::visits::VisitKey;
use crate::event::{Device, Event, EventKind, Role};
use crate::ids::{AgentKey, TextKey};
use crate::time::{Span, Timestamp};

/// What one contact makes of an agent's time; of several, the greatest rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Part {
    Wrapping,
    Offered,
    Connecting,
    Held,
    Engaged,
}

/// What the agent chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Presence {
    #[default]
    Offline,
    NotReady(Option<TextKey>),
    Ready,
}

/// Microseconds by state. They add up to the time signed in, plus any work done signed out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateTimes {
    /// Talking with at least one contact.
    pub talk: i64,
    /// All contacts in conversation on hold.
    pub hold: i64,
    /// Accepted, not yet joined.
    pub connecting: i64,
    /// Being offered a contact.
    pub offered: i64,
    /// Wrapping up, and nothing else.
    pub wrap_up: i64,
    /// Ready, with nothing to do.
    pub idle: i64,
    /// Ready, with nothing of ours to do, but the device in use, ringing or unreachable: an
    /// agent on an outside call is not idle.
    pub device_busy: i64,
    /// Not ready, with nothing to do, by reason.
    pub not_ready: Vec<(Option<TextKey>, i64)>,
    /// Signed in, whatever the state.
    pub signed_in: i64,
}

impl StateTimes {
    /// Microseconds in a state; of not ready, those of a reason when one is asked for: one
    /// that somebody gave, or none.
    #[must_use]
    #[expect(clippy::option_option, reason = "nothing asked, a reason nobody gave, no reason")]
    pub(crate) fn of(&self, time: StateTime, reason: Option<Option<Option<TextKey>>>) -> i64 {
        match (time, reason) {
            (StateTime::Talk, _) => self.talk,
            (StateTime::Hold, _) => self.hold,
            (StateTime::Connecting, _) => self.connecting,
            (StateTime::Offered, _) => self.offered,
            (StateTime::WrapUp, _) => self.wrap_up,
            (StateTime::Idle, _) => self.idle,
            (StateTime::DeviceBusy, _) => self.device_busy,
            (StateTime::SignedIn, _) => self.signed_in,
            (StateTime::NotReady, None) => self.not_ready.iter().map(|&(_, micros)| micros).sum(),
            (StateTime::NotReady, Some(None)) => 0,
            (StateTime::NotReady, Some(Some(reason))) => {
                let known = self.not_ready.iter().find(|&&(known, _)| known == reason);
                known.map_or(0, |&(_, micros)| micros)
            }
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.talk += other.talk;
        self.hold += other.hold;
        self.connecting += other.connecting;
        self.offered += other.offered;
        self.wrap_up += other.wrap_up;
        self.idle += other.idle;
        self.device_busy += other.device_busy;
        self.signed_in += other.signed_in;
        other.not_ready.iter().for_each(|&(reason, micros)| self.add_not_ready(reason, micros));
    }

    fn add_not_ready(&mut self, reason: Option<TextKey>, micros: i64) {
        match self.not_ready.binary_search_by_key(&reason, |&(known, _)| known) {
            Ok(row) => self.not_ready[row].1 += micros,
            Err(row) => self.not_ready.insert(row, (reason, micros)),
        }
    }

    fn add(&mut self, state: State, micros: i64) {
        if state.presence != Presence::Offline {
            self.signed_in += micros;
        }
        match (state.part, state.presence) {
            (Some(Part::Engaged), _) => self.talk += micros,
            (Some(Part::Held), _) => self.hold += micros,
            (Some(Part::Connecting), _) => self.connecting += micros,
            (Some(Part::Offered), _) => self.offered += micros,
            (Some(Part::Wrapping), _) => self.wrap_up += micros,
            (None, Presence::Ready) if state.device.is_free() => self.idle += micros,
            (None, Presence::Ready) => self.device_busy += micros,
            (None, Presence::NotReady(reason)) => self.add_not_ready(reason, micros),
            (None, Presence::Offline) => {}
        }
    }
}

impl Device {
    /// Whether the agent can be reached, as far as is known.
    fn is_free(self) -> bool {
        match self {
            Self::Unknown | Self::Available => true,
            Self::InUse | Self::Ringing | Self::Unreachable | Self::Invalid => false,
        }
    }
}

/// What an agent's time is spent on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    presence: Presence,
    device: Device,
    /// The ruling part.
    part: Option<Part>,
}

/// One agent: the state now, and the time spent by interval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Agent {
    presence: Presence,
    device: Device,
    parts: Vec<(VisitKey, Part)>,
    /// Since when presence, device and ruling part are what they are.
    since: Timestamp,
    times: Timeline<StateTimes>,
    /// How often the time of an interval changed after it had been final.
    revisions: BTreeMap<Slot, u32>,
}

impl Default for Agent {
    fn default() -> Self {
        Self {
            presence: Presence::Offline,
            device: Device::Unknown,
            parts: Vec::new(),
            since: Timestamp::ZERO,
            times: Timeline::default(),
            revisions: BTreeMap::new(),
        }
    }
}

impl Agent {
    fn state(&self) -> State {
        let part = self.parts.iter().map(|&(_, part)| part).max();
        State { presence: self.presence, device: self.device, part }
    }

    fn is_away(&self) -> bool {
        self.presence == Presence::Offline && self.parts.is_empty()
    }

    /// Books the state so far, before it changes at `now`.
    fn book(&mut self, now: Timestamp, grid: Grid, counters: &mut Counters) {
        if !self.is_away() {
            counters.elapsed(self.since, now);
            let (state, times) = (self.state(), &mut self.times);
            split(self.since, now, grid, |slot, micros| times.at(slot).add(state, micros));
        }
        self.since = self.since.max(now);
    }
}

/// The pieces of a state from `since` to `until`, cut at the edges of the intervals.
fn split(since: Timestamp, until: Timestamp, grid: Grid, mut piece: impl FnMut(Slot, i64)) {
    let until = until.min(since + LONGEST);
    grid.split(since, until, |slot, part| piece(slot, part.micros()));
}

/// The time of all agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AgentTimes {
    agents: Vec<Agent>,
}

impl AgentTimes {
    /// Folds one event that concerns `agent`, if any. Of an event that could not be
    /// `counted` only this much is taken: that it ends the agent's part. Of a ring-all some
    /// offers may end after the contact. From when on the agent's state is another.
    pub(crate) fn fold(
        &mut self,
        key: VisitKey,
        event: &Event,
        agent: Option<AgentKey>,
        counted: bool,
        grid: Grid,
        counters: &mut Counters,
    ) -> Result<Option<Timestamp>, Uncounted> {
        let action = Action::of(event);
        if !counted && !matches!(action, Action::End) {
            return Ok(None);
        }
        let change = Change { key, at: event.at, grid };
        match (action, agent) {
            (Action::Nothing, _) | (Action::Part(_) | Action::End, None) => Ok(None),
            (Action::SignIn | Action::Presence(_) | Action::Device(_), None) => {
                Err(Uncounted::Incomplete)
            }
            (action, Some(agent)) => self.agent(agent).act(action, change, counters),
        }
    }

    /// A visit ended `at` without an event to say so, and was wrapped up for so long: whoever
    /// had a part in it has none now. Whose state is another, and from when on.
    pub(crate) fn end(
        &mut self,
        key: VisitKey,
        at: Timestamp,
        wrap_up: Span,
        grid: Grid,
        counters: &mut Counters,
    ) -> Vec<(AgentKey, Timestamp)> {
        let mut changed = Vec::new();
        for (index, agent) in self.agents.iter_mut().enumerate() {
            if agent.parts.iter().any(|&(known, _)| known == key) {
                let from = at.max(agent.since);
                agent.book(from, grid, counters);
                // Of an agent who was heard of since it is not known when that was.
                if wrap_up > Span::ZERO && from == at {
                    let here = agent.parts.iter_mut().filter(|(known, _)| *known == key);
                    here.for_each(|(_, part)| *part = Part::Wrapping);
                    agent.book(from + wrap_up, grid, counters);
                }
                agent.parts.retain(|&(known, _)| known != key);
                changed.push((AgentKey::new(index), from));
            }
        }
        changed
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
            let State { presence, device, part } = agent.state();
            let state = match (part, presence) {
                (Some(Part::Engaged), _) => Some(StateTime::Talk),
                (Some(Part::Held), _) => Some(StateTime::Hold),
                (Some(Part::Connecting), _) => Some(StateTime::Connecting),
                (Some(Part::Offered), _) => Some(StateTime::Offered),
                (Some(Part::Wrapping), _) => Some(StateTime::WrapUp),
                (None, Presence::Ready) if device.is_free() => Some(StateTime::Idle),
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
            let lasting = [agent.since, now.max(agent.since).min(agent.since + LONGEST)];
            let lasting = lasting.map(|at| (!agent.is_away()).then(|| grid.slot(at)));
            agent.times.ends().into_iter().chain(lasting).flatten()
        })
    }

    /// Time by agent and interval, from one interval on and before another; a state that lasts
    /// is cut at `now`.
    pub(crate) fn cells(
        &self,
        grid: Grid,
        now: Timestamp,
        [from, until]: [Slot; 2],
    ) -> Vec<(usize, Slot, StateTimes)> {
        let mut cells = Vec::new();
        for (index, agent) in self.agents.iter().enumerate() {
            let begin = cells.len();
            let booked = agent.times.range(from, until);
            cells.extend(booked.map(|(slot, time)| (index, slot, time.clone())));
            if agent.is_away() {
                continue;
            }
            split(agent.since, now, grid, |slot, micros| {
                if slot < from || slot >= until {
                    return;
                }
                // It began when the last was booked: nearly always after all of them.
                let place = cells[begin..].partition_point(|&(_, known, _)| known < slot) + begin;
                if cells.get(place).is_none_or(|&(_, known, _)| known != slot) {
                    cells.insert(place, (index, slot, StateTimes::default()));
                }
                cells[place].2.add(agent.state(), micros);
            });
        }
        cells
    }

    /// Adds the agents of `other`; `agent` and `text` translate its keys, `visit` its visits.
    /// Where both know an agent's state now, the one that changed last stands.
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        agent: impl Fn(usize) -> AgentKey,
        text: impl Fn(TextKey) -> TextKey,
        visit: impl Fn(VisitKey) -> VisitKey,
    ) {
        for (index, theirs) in other.agents.iter().enumerate() {
            let ours = self.agent(agent(index));
            for (slot, times) in theirs.times.iter() {
                let mut times = times.clone();
                times.not_ready.iter_mut().for_each(|(reason, _)| *reason = reason.map(&text));
                times.not_ready.sort_unstable();
                ours.times.at(slot).merge(&times);
            }
            for (&slot, &revision) in &theirs.revisions {
                let known = ours.revisions.entry(slot).or_default();
                *known = revision.max(*known);
            }
            if ours.is_away() || (!theirs.is_away() && theirs.since > ours.since) {
                ours.presence = match theirs.presence {
                    Presence::NotReady(reason) => Presence::NotReady(reason.map(&text)),
                    Presence::Offline | Presence::Ready => theirs.presence,
                };
                ours.device = theirs.device;
                ours.parts = theirs.parts.iter().map(|&(key, part)| (visit(key), part)).collect();
                ours.since = theirs.since;
            }
        }
    }
}

/// What an event does to the agent it concerns.
#[derive(Clone, Copy)]
enum Action {
    Nothing,
    Part(Part),
    End,
    SignIn,
    Presence(Presence),
    Device(Device),
}

impl Action {
    fn of(event: &Event) -> Self {
        use EventKind as Kind;
        match event.kind {
            Kind::OfferMade => Self::Part(Part::Offered),
            Kind::OfferAccepted => Self::Part(Part::Connecting),
            Kind::ContactConnected | Kind::ContactResumed => Self::Part(Part::Engaged),
            Kind::ContactHeld => Self::Part(Part::Held),
            Kind::WrapUpStarted => Self::Part(Part::Wrapping),
            // A monitor listens and takes no slot: activity looks at the other parts.
            Kind::AgentJoined | Kind::AgentLeft if event.role == Role::Monitor => Self::Nothing,
            Kind::AgentJoined => Self::Part(Part::Engaged),
            Kind::AgentLeft
            | Kind::OfferDeclined
            | Kind::OfferMissed
            | Kind::OfferWithdrawn
            | Kind::ContactRequeued
            | Kind::ContactAbandoned
            | Kind::ContactLeft
            | Kind::ContactTransferred
            | Kind::ContactReleased
            | Kind::ReservationReleased
            | Kind::CallbackFailed
            | Kind::WrapUpEnded => Self::End,
            Kind::AgentSignedIn => Self::SignIn,
            Kind::AgentReady => Self::Presence(Presence::Ready),
            Kind::AgentNotReady => Self::Presence(Presence::NotReady(event.reason)),
            Kind::AgentSignedOut => Self::Presence(Presence::Offline),
            Kind::AgentDevice => {
                let code = u8::try_from(event.number).ok();
                Self::Device(code.and_then(Device::from_code).unwrap_or(Device::Unknown))
            }
            Kind::ContactQueued
            | Kind::ContactEscalated
            | Kind::ContactReprioritised
            | Kind::ContactUpdated
            | Kind::ContactDisposed
            | Kind::WrapUpExtended
            | Kind::AgentChanged
            | Kind::ContactClassified
            | Kind::ContactRefused
            | Kind::ContactScheduled
            | Kind::ContactSuspended
            // Who lost it is reserved as before, until that ends too.
            | Kind::OfferLost
            | Kind::CallbackOffered
            | Kind::BackOffStarted
            | Kind::BackOffEnded
            | Kind::QueueOpened
            | Kind::QueueClosed
            | Kind::HelpStarted
            | Kind::HelpEnded
            | Kind::LineWentDown
            | Kind::LineCameUp
            | Kind::PlanChanged
            | Kind::ScoresSet => Self::Nothing,
        }
    }
}

/// In which visit and when an agent's state changes.
#[derive(Clone, Copy)]
struct Change {
    key: VisitKey,
    at: Timestamp,
    grid: Grid,
}

impl Agent {
    fn act(
        &mut self,
        action: Action,
        change: Change,
        counters: &mut Counters,
    ) -> Result<Option<Timestamp>, Uncounted> {
        let Change { key, at, grid } = change;
        let (before, from) = (self.state(), at.max(self.since));
        let row = self.parts.iter().position(|&(known, _)| known == key);
        match (action, row) {
            (Action::Presence(Presence::Offline), _) if self.presence == Presence::Offline => {
                return Err(Uncounted::Orphan);
            }
            (Action::Nothing, _) | (Action::End, None) => return Ok(None),
            (
                Action::Part(_)
                | Action::End
                | Action::SignIn
                | Action::Presence(_)
                | Action::Device(_),
                _,
            ) => {
                self.book(at, grid, counters);
            }
        }
        match (action, row) {
            (Action::Part(part), Some(row)) => self.parts[row].1 = part,
            (Action::Part(part), None) => self.parts.push((key, part)),
            (Action::End, Some(row)) => {
                self.parts.swap_remove(row);
            }
            (Action::SignIn, _) => {
                // What was seen of the device before may be of another one.
                (self.presence, self.device) = (Presence::NotReady(None), Device::Unknown);
            }
            (Action::Presence(presence), _) => self.presence = presence,
            (Action::Device(device), _) => self.device = device,
            (Action::Nothing, _) | (Action::End, None) => {}
        }
        Ok((self.state() != before).then_some(from))
    }
}
