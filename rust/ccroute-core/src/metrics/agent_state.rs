//! What an agent is by the word of each source, and what all of them come to.
//!
//! An agent is signed in who is so at any source; ready, if ready at any; else not ready. The
//! reason is one that was given somewhere, of several the longest-standing, and of two from the
//! same instant that of the source whose name comes first. A contact of any source counts. Who
//! is ready is idle where the device of one source at which they are ready is free. What a
//! source said holds for 31 days unless it says something else. Nothing in this depends on the
//! order in which the sources are heard.

use core::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::facts::LONGEST;
use crate::directory::Directory;
use crate::event::Device;
use crate::ids::TextKey;
use crate::time::Timestamp;

/// What one contact makes of an agent's time; of several, the greatest rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Part {
    Wrapping,
    Offered,
    Connecting,
    Held,
    Engaged,
}

/// What the agent chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Presence {
    #[default]
    Offline,
    NotReady(Option<TextKey>),
    Ready,
}

impl Presence {
    /// Of what several sources say, the greatest rules.
    fn rank(self) -> u8 {
        match self {
            Self::Offline => 0,
            Self::NotReady(None) => 1,
            Self::NotReady(Some(_)) => 2,
            Self::Ready => 3,
        }
    }

    pub(super) fn renamed(self, text: impl Fn(TextKey) -> TextKey) -> Self {
        match self {
            Self::NotReady(reason) => Self::NotReady(reason.map(text)),
            Self::Offline | Self::Ready => self,
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

/// What a source says of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Word {
    SignedIn,
    Presence(Presence),
    Device(Device),
    /// The ruling part among the contacts of that source.
    Part(Option<Part>),
}

impl Word {
    pub(super) fn renamed(self, text: impl Fn(TextKey) -> TextKey) -> Self {
        match self {
            Self::Presence(presence) => Self::Presence(presence.renamed(text)),
            Self::SignedIn | Self::Device(_) | Self::Part(_) => self,
        }
    }
}

/// What an agent is by the word of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lane {
    pub(super) source: u16,
    pub(super) presence: Presence,
    /// Since when the presence is what it is.
    stood: Timestamp,
    device: Device,
    pub(super) part: Option<Part>,
    /// When the source last said something.
    pub(super) since: Timestamp,
}

impl Lane {
    fn of(source: u16) -> Self {
        Self {
            source,
            presence: Presence::Offline,
            stood: Timestamp::ZERO,
            device: Device::Unknown,
            part: None,
            since: Timestamp::ZERO,
        }
    }

    pub(super) fn is_away(&self) -> bool {
        self.presence == Presence::Offline && self.part.is_none()
    }

    /// Until when what it says can hold.
    pub(super) fn limit(&self) -> Timestamp {
        self.since + LONGEST
    }

    /// What it comes to when there is no other.
    #[inline]
    pub(super) fn state(&self) -> State {
        let is_free = self.presence == Presence::Ready && self.device.is_free();
        State { presence: self.presence, is_free, part: self.part }
    }

    /// All but since when.
    pub(super) fn says(&self) -> (Presence, Device, Option<Part>) {
        (self.presence, self.device, self.part)
    }

    pub(super) fn hear(&mut self, at: Timestamp, word: Word) {
        self.since = at;
        match word {
            Word::SignedIn => {
                // What was seen of the device before may be of another one.
                self.device = Device::Unknown;
                self.be(at, Presence::NotReady(None));
            }
            Word::Presence(presence) => self.be(at, presence),
            Word::Device(device) => self.device = device,
            Word::Part(part) => self.part = part,
        }
    }

    fn be(&mut self, at: Timestamp, presence: Presence) {
        if self.presence != presence {
            (self.presence, self.stood) = (presence, at);
        }
    }

    pub(super) fn renamed(self, source: u16, text: impl Fn(TextKey) -> TextKey) -> Self {
        Self { source, presence: self.presence.renamed(text), ..self }
    }
}

/// By source, ascending, those that said something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lanes(Vec<Lane>);

impl Lanes {
    pub(super) fn get(&self, source: u16) -> Option<&Lane> {
        self.0.iter().find(|lane| lane.source == source)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.0.iter()
    }

    /// Whether one source said something, and no other.
    #[inline]
    pub(super) fn is_only(&self, source: u16) -> bool {
        matches!(&self.0[..], [lane] if lane.source == source)
    }

    /// What the only one says.
    #[inline]
    pub(super) fn only(&mut self) -> Option<&mut Lane> {
        if let [lane] = &mut self.0[..] { Some(lane) } else { None }
    }

    pub(super) fn hear(&mut self, source: u16, at: Timestamp, word: Word) {
        let row = self.0.partition_point(|lane| lane.source < source);
        if self.0.get(row).is_none_or(|lane| lane.source != source) {
            self.0.insert(row, Lane::of(source));
        }
        self.0[row].hear(at, word);
    }

    /// Adds a lane; of two of one source, the one that was heard last stands.
    pub(super) fn add(&mut self, lane: Lane) {
        let last = |lane: &Lane| (lane.since, lane.presence.rank(), lane.part);
        match self.0.binary_search_by_key(&lane.source, |known| known.source) {
            Ok(row) if last(&self.0[row]) < last(&lane) => self.0[row] = lane,
            Ok(_) => {}
            Err(row) => self.0.insert(row, lane),
        }
    }

    /// Until when what they say now can hold.
    pub(super) fn limit(&self) -> Timestamp {
        self.0.iter().map(Lane::limit).max().unwrap_or_default()
    }

    /// The states they come to from one instant to another: as words grow too old, several.
    #[inline]
    pub(super) fn states(
        &self,
        [mut since, until]: [Timestamp; 2],
        names: &Directory,
        mut piece: impl FnMut(State, [Timestamp; 2]),
    ) {
        while since < until {
            let limits = self.0.iter().map(Lane::limit);
            let next = limits.filter(|&limit| limit > since).min();
            let end = next.map_or(until, |next| next.min(until));
            piece(self.state(since, names), [since, end]);
            since = end;
        }
    }

    /// What they come to from an instant on; `names` are those of the sources.
    #[inline]
    pub(super) fn state(&self, at: Timestamp, names: &Directory) -> State {
        if let [lane] = &self.0[..]
            && lane.since == at
        {
            return lane.state();
        }
        let mut state = State::default();
        let mut ruling: Option<&Lane> = None;
        for lane in self.0.iter().filter(|lane| at < lane.limit()) {
            let alone = lane.state();
            state.part = state.part.max(alone.part);
            state.is_free |= alone.is_free;
            let order = |lane: &Lane| (lane.presence.rank(), Reverse(lane.stood));
            let rules = ruling.is_none_or(|known| {
                let name = |lane: &Lane| Reverse(names.name(usize::from(lane.source)));
                order(lane).cmp(&order(known)).then_with(|| name(lane).cmp(&name(known))).is_gt()
            });
            if rules {
                ruling = Some(lane);
            }
        }
        State { presence: ruling.map(|lane| lane.presence).unwrap_or_default(), ..state }
    }
}

/// What an agent's time is spent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) presence: Presence,
    /// Whether a device is free where the agent is ready.
    pub(super) is_free: bool,
    /// The ruling part.
    pub(super) part: Option<Part>,
}

impl State {
    pub(super) fn is_away(self) -> bool {
        self.presence == Presence::Offline && self.part.is_none()
    }
}
