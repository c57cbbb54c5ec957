//! Adding one aggregator to another: names, cells, time, and what is still open.

use super::aggregator::{KpiAggregator, MAX_SOURCES, Progress};
use super::facts::Place;
use super::table::Row;
use super::visits::VisitKey;
use crate::directory::Directory;
use crate::error::ConfigError;
use crate::ids::{AgentKey, ChannelKey, QueueKey, TextKey};

impl KpiAggregator {
    /// Adds all that `other` counted. The result equals one aggregator that folded the
    /// events of both, if every contact and every agent was the business of one of them;
    /// so work can be spread over threads and added up in any order.
    ///
    /// # Errors
    /// When the two were not created with the same thresholds and interval, or know more
    /// than 65,536 sources between them.
    pub fn merge(&mut self, other: &Self) -> Result<(), ConfigError> {
        if (&self.thresholds, self.grid) != (&other.thresholds, other.grid) {
            return Err(ConfigError::new(
                "the two aggregators count by different thresholds or intervals: create both with the same",
            ));
        }
        let fresh = other.sources.iter().filter(|name| self.sources.find(name).is_none()).count();
        let sources = self.sources.len() + fresh;
        if sources > MAX_SOURCES {
            return Err(ConfigError::new(format!(
                "the two aggregators know {sources} sources: merge those with at most {MAX_SOURCES}"
            )));
        }
        let names = Names::of(self, other);
        let source = |known: u16| names.sources[usize::from(known)];
        let contacts = self.contacts.merge(&other.contacts, source);
        let visit = |key: VisitKey| {
            let renamed = contacts.binary_search_by_key(&key.contact, |&(theirs, _)| theirs);
            let contact = renamed.map_or(key.contact, |row| contacts[row].1);
            VisitKey { contact, source: source(key.source), ..key }
        };
        let agent = |key: AgentKey| names.agents[key.index()];
        let channel = |key: ChannelKey| names.channels[key.index()];
        let place = |place: Place| Place {
            queue: names.queues[place.queue.index()],
            channel: place.channel.map(channel),
            entered: place.entered,
        };
        self.visits.merge(&other.visits, place, agent, visit);
        let (agent_at, text) =
            (|index| names.agents[index], |key: TextKey| names.texts[key.index()]);
        self.times.merge(&other.times, agent_at, text, visit);
        self.queue_cells.merge(&other.queue_cells, |row| Row {
            index: names.queues[row.index].index(),
            channel: row.channel.map(channel),
        });
        self.agent_cells.merge(&other.agent_cells, |row| Row {
            index: names.agents[row.index].index(),
            channel: row.channel.map(channel),
        });
        let rows = self.sources.len().max(self.progress.len());
        self.progress.resize(rows, Progress::default());
        for (theirs, known) in other.progress.iter().zip(0..) {
            let ours = &mut self.progress[usize::from(source(known))];
            ours.sequence = ours.sequence.max(theirs.sequence);
            ours.at = ours.at.max(theirs.at);
        }
        self.counters.merge(&other.counters);
        self.horizon = self.horizon.max(other.horizon);
        Ok(())
    }
}

/// The keys here for the names there.
struct Names {
    sources: Vec<u16>,
    queues: Vec<QueueKey>,
    agents: Vec<AgentKey>,
    channels: Vec<ChannelKey>,
    texts: Vec<TextKey>,
}

impl Names {
    fn of(here: &mut KpiAggregator, there: &KpiAggregator) -> Self {
        let source = |index| u16::try_from(index).expect("the limit was checked");
        Self {
            sources: interned(&mut here.sources, &there.sources).map(source).collect(),
            queues: interned(&mut here.queues, &there.queues).map(QueueKey::new).collect(),
            agents: interned(&mut here.agents, &there.agents).map(AgentKey::new).collect(),
            channels: interned(&mut here.channels, &there.channels).map(ChannelKey::new).collect(),
            texts: interned(&mut here.texts, &there.texts).map(TextKey::new).collect(),
        }
    }
}

fn interned(here: &mut Directory, there: &Directory) -> impl Iterator<Item = usize> {
    there.iter().map(|name| here.intern(name))
}
