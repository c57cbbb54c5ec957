//! What figures can be grouped by: the labels of a visit, and of an agent's part in it, each
//! combination known by a small key. How many names a dimension may have is bounded: what
//! goes past it counts under `__other__`. What is counted does not belong here.

use core::hash::Hash;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::extras::MoreLabels;
use super::fields::Dimension;
use crate::directory::Directory;
use crate::ids::{AgentKey, ChannelKey, QueueKey};

/// The name under which everything past the cap of a dimension is counted.
pub const OTHER: &str = "__other__";

/// Dimensions that are labels of a visit; the agent's are two more.
pub(crate) const LABELS: usize = 10;

/// The combination of labels of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct SliceKey(pub(crate) u32);

/// The labels of a visit by dimension: 0 where it has none, else one more than the name's
/// index. The first two are the queue and the channel.
pub(crate) type Labels = [u32; LABELS];

/// An agent's part in the visits of one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct AgentSlice {
    pub(crate) agent: AgentKey,
    /// As a label.
    pub(crate) team: u32,
    pub(crate) slice: SliceKey,
}

/// Keys for combinations, in order of first appearance.
#[derive(Clone, Debug)]
pub(crate) struct Interned<T> {
    list: Vec<T>,
    index: FxHashMap<T, u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { list: Vec::new(), index: FxHashMap::default() }
    }
}

impl<T: Copy + Eq + Hash> Interned<T> {
    /// The index of a combination, given now if it is new.
    pub(crate) fn intern(&mut self, value: T) -> u32 {
        if let Some(&known) = self.index.get(&value) {
            return known;
        }
        let fresh = u32::try_from(self.list.len()).expect("fewer than 2^32 combinations");
        self.list.push(value);
        self.index.insert(value, fresh);
        fresh
    }

    /// The index of a combination that came up.
    pub(crate) fn find(&self, value: T) -> Option<usize> {
        self.index.get(&value).map(|&index| index as usize)
    }

    pub(crate) fn get(&self, index: usize) -> T {
        self.list[index]
    }

    pub(crate) fn list(&self) -> &[T] {
        &self.list
    }
}

impl<T: Serialize> Serialize for Interned<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl<'de, T: Copy + Eq + Hash + Deserialize<'de>> Deserialize<'de> for Interned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::default();
        for value in Vec::<T>::deserialize(deserializer)? {
            all.intern(value);
        }
        Ok(all)
    }
}

/// The names of the dimensions, and the combinations that came up.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Slices {
    /// By dimension; the agents' and teams' last.
    names: [Directory; LABELS + 2],
    /// Most names of a dimension.
    caps: [u32; LABELS + 2],
    pub(crate) visits: Interned<Labels>,
    /// By queue, the combination that came up last.
    #[serde(skip)]
    recent: Vec<(Labels, u32)>,
    pub(crate) agents: Interned<AgentSlice>,
    /// By agent, the two parts that came up anew last, the latest first.
    #[serde(skip)]
    recent_parts: Vec<[Option<(AgentSlice, u32)>; 2]>,
}

/// The index of a name, given now if it is new; that of `__other__`, and `false`, when there are
/// `cap` already.
pub(super) fn capped(names: &mut Directory, cap: u32, name: &str) -> (usize, bool) {
    match names.find(name) {
        Some(known) => (known, true),
        None if names.len() < cap as usize => (names.intern(name), true),
        None => (names.intern(OTHER), false),
    }
}

impl Slices {
    pub(crate) fn new(caps: [u32; LABELS + 2]) -> Self {
        Self { caps, ..Self::default() }
    }

    pub(crate) fn names(&self, dimension: Dimension) -> &Directory {
        &self.names[dimension as usize]
    }

    /// The index of a name; that of `__other__`, and `false`, when the dimension is full.
    pub(crate) fn name(&mut self, dimension: Dimension, name: &str) -> (usize, bool) {
        capped(&mut self.names[dimension as usize], self.caps[dimension as usize], name)
    }

    /// The combination of a visit to a queue.
    #[inline]
    pub(crate) fn visit(
        &mut self,
        queue: QueueKey,
        channel: Option<ChannelKey>,
        more: &MoreLabels,
    ) -> SliceKey {
        let label = |index: usize| u32::try_from(index + 1).expect("keys are 32 bits");
        let (queue, channel) = (label(queue.index()), channel.map_or(0, |key| label(key.index())));
        // One by one: labels just written in pieces are slow to read as a whole.
        let are_same = |known: &Labels| {
            let [here, by, rest @ ..] = known;
            (*here, *by) == (queue, channel) && rest.iter().zip(more).all(|(one, two)| one == two)
        };
        match self.recent.get(queue as usize) {
            Some((known, key)) if are_same(known) => SliceKey(*key),
            Some(_) | None => {
                let mut labels: Labels = [0; LABELS];
                (labels[0], labels[1]) = (queue, channel);
                labels[2..].copy_from_slice(more);
                self.visit_anew(labels)
            }
        }
    }

    #[inline(never)]
    pub(crate) fn visit_anew(&mut self, labels: Labels) -> SliceKey {
        let (key, queue) = (self.visits.intern(labels), labels[0] as usize);
        if self.recent.len() <= queue {
            // Labels that no visit has: every visit is to a queue.
            self.recent.resize(queue + 1, ([0; LABELS], 0));
        }
        self.recent[queue] = (labels, key);
        SliceKey(key)
    }

    /// The row of an agent's part. What happens to an agent is mostly of one visit at a time, or
    /// of that and the one before, which is wrapped up.
    #[inline]
    pub(crate) fn part(&mut self, part: AgentSlice) -> usize {
        match self.recent_parts.get(part.agent.index()) {
            Some(&[Some((known, row)), _] | &[_, Some((known, row))]) if known == part => {
                row as usize
            }
            Some(_) | None => self.another_part(part),
        }
    }

    #[inline(never)]
    fn another_part(&mut self, part: AgentSlice) -> usize {
        let agent = part.agent.index();
        if self.recent_parts.len() <= agent {
            self.recent_parts.resize(agent + 1, [None; 2]);
        }
        let row = self.agents.intern(part);
        let [last, _] = self.recent_parts[agent];
        self.recent_parts[agent] = [Some((part, row)), last];
        row as usize
    }

    /// The queue of a visit.
    #[inline]
    pub(crate) fn queue(&self, slice: SliceKey) -> QueueKey {
        QueueKey::new(self.visits.list[slice.0 as usize][0] as usize - 1)
    }

    pub(crate) fn labels(&self, slice: SliceKey) -> Labels {
        self.visits.get(slice.0 as usize)
    }

    /// The label of a row of one of the two tables: an agent's row has those of the visit too.
    pub(crate) fn label_of_agent(&self, row: usize, dimension: Dimension) -> u32 {
        let AgentSlice { agent, team, slice } = self.agents.get(row);
        match dimension {
            Dimension::Agent => u32::try_from(agent.index() + 1).expect("keys are 32 bits"),
            Dimension::Team => team,
            Dimension::Queue
            | Dimension::Channel
            | Dimension::Direction
            | Dimension::Client
            | Dimension::Campaign
            | Dimension::Custom1
            | Dimension::Custom2
            | Dimension::Custom3
            | Dimension::Custom4
            | Dimension::Tenant => self.labels(slice)[dimension as usize],
        }
    }
}
