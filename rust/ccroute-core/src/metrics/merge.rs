//! Adding one aggregator to another: names, cells, time, facts, and what is still open.

use super::agent::Ground;
use super::aggregator::{KpiAggregator, MAX_SOURCES};
use super::astray::Timed;
use super::facts::{Fact, Place, What};
use super::fields::{Dimension, Subject};
use super::records::Record;
use super::slices::{AgentSlice, Labels, SliceKey};
use super::visits::VisitKey;
use crate::error::ConfigError;
use crate::event::Event;
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey, TextKey};

impl KpiAggregator {
    /// Adds all that `other` counted. The result equals one aggregator that folded the
    /// events of both, if every contact and every agent was the business of one of them;
    /// so work can be spread over threads and added up in any order. Of an agent whom both
    /// know by different sources, the time is that of the union as far back as both know what
    /// was said (`agent_past.rs`), and the sum of the two before.
    ///
    /// # Errors
    /// When the two were not created with the same settings, or know more than 65,536
    /// sources between them.
    pub fn merge(&mut self, other: &Self) -> Result<(), ConfigError> {
        let ours = (&self.thresholds, self.grid, self.bases, &self.custom);
        if ours != (&other.thresholds, other.grid, other.bases, &other.custom) {
            return Err(ConfigError::new(
                "the two aggregators count by different thresholds, intervals, bases or \
                 dimensions: create both with the same",
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
        let agent = |key: AgentKey| names.agent(key);
        let text = |key: TextKey| names.texts[key.index()];
        let place = |place: Place| names.place(place);
        self.visits.merge(&other.visits, place, agent, visit);
        self.records.merge(&other.records, |record| names.record(record), visit);
        let contact = |source, contact| {
            let key = visit(VisitKey { contact, visit: 0, source });
            (key.source, key.contact)
        };
        self.extras.merge(&other.extras, |row, label| names.label(row + 2, label), contact);
        self.counters.late += self.early_marks.merge(&other.early_marks, visit, text);
        let agent_at = |index| names.agent(AgentKey::new(index));
        let grounds =
            [&self.sources, &other.sources].map(|names| Ground { grid: self.grid, names });
        self.times.merge(&other.times, grounds, agent_at, source, text, visit);
        self.merge_teams(other, &names);
        let ladder = &self.thresholds;
        let row = |row: usize| names.slices[row].0 as usize;
        self.queue_cells.merge(&other.queue_cells, ladder, row, &text);
        let agents = &names.agent_slices;
        self.agent_cells.merge(&other.agent_cells, ladder, |row| agents[row], &text);
        self.merge_unposted(other, &names);
        self.merge_stale(other, &names);
        self.clocks.merge(&other.clocks, source);
        let horizon = self.clocks.horizon();
        self.live.merge(&other.live, horizon, |queue| names.queue(queue), visit);
        self.merge_arrivals(other, &names, visit);
        self.counters.merge(&other.counters);
        self.fold_waiting();
        self.clocks.sources().for_each(|source| self.settle(source));
        self.mark_known();
        Ok(())
    }

    /// What waits: for the events before it, or for its clock to be borne out.
    fn merge_arrivals(
        &mut self,
        other: &Self,
        names: &Names,
        visit: impl Fn(VisitKey) -> VisitKey + Copy,
    ) {
        let source = |known: u16| names.sources[usize::from(known)];
        let event = |event: Event| {
            let contact = event.contact.map(|key| {
                let visit = visit(VisitKey { contact: key.raw(), visit: 0, source: 0 });
                ContactKey::from_raw(visit.contact).expect("a contact's key")
            });
            names.event(event, contact)
        };
        for (&from, &Timed { key, event: held, agent: whose, counted }) in &other.astray {
            let (key, agent) = (visit(key), whose.map(|key| names.agent(key)));
            let timed = Timed { key, event: event(held), agent, counted };
            self.astray.entry(source(from)).or_insert(timed);
        }
        self.arrivals.merge(&other.arrivals, source, event);
    }

    fn merge_teams(&mut self, other: &Self, names: &Names) {
        for (index, teams) in other.teams.iter().enumerate() {
            let index = names.agent(AgentKey::new(index)).index();
            if self.teams.len() <= index {
                self.teams.resize_with(index + 1, Vec::new);
            }
            let renamed = |&(since, team)| (since, names.label(Dimension::Team as usize, team));
            self.teams[index].extend(teams.iter().map(renamed));
            self.teams[index].sort_unstable();
            self.teams[index].dedup();
        }
    }

    /// What is in no cell there goes into those here: of two records of a visit ours stands.
    fn merge_unposted(&mut self, other: &Self, names: &Names) {
        for theirs in other.records.unposted() {
            let record = names.record(theirs);
            let posted = record.facts.len() - theirs.unposted().len();
            self.post_in_time(record.place, &record.facts[posted..]);
        }
    }

    fn merge_stale(&mut self, other: &Self, names: &Names) {
        self.stale.extend(other.stale.iter().map(|&(subject, index, basis, slot)| {
            let index = match subject {
                Subject::Queue => names.slices[index].0 as usize,
                Subject::Agent => names.agent_slices[index],
            };
            (subject, index, basis, slot)
        }));
    }
}

/// The keys here for the names there.
struct Names {
    sources: Vec<u16>,
    /// By dimension.
    labels: Vec<Vec<u32>>,
    texts: Vec<TextKey>,
    slices: Vec<SliceKey>,
    agent_slices: Vec<usize>,
}

impl Names {
    fn of(here: &mut KpiAggregator, there: &KpiAggregator) -> Self {
        let source = |index| u16::try_from(index).expect("the limit was checked");
        let mut names = Self {
            sources: there.sources.iter().map(|name| source(here.sources.intern(name))).collect(),
            labels: Vec::new(),
            texts: there.texts.iter().map(|text| here.text(text)).collect(),
            slices: Vec::new(),
            agent_slices: Vec::new(),
        };
        for &dimension in Dimension::ALL {
            let known = there.slices.names(dimension).iter().map(|name| {
                let (index, fits) = here.slices.name(dimension, name);
                here.counters.other += u64::from(!fits);
                u32::try_from(index + 1).expect("names are capped")
            });
            names.labels.push(known.collect());
        }
        for &labels in there.slices.visits.list() {
            let mut renamed: Labels = labels;
            let mut rows = renamed.iter_mut().enumerate();
            rows.by_ref().for_each(|(row, label)| *label = names.label(row, *label));
            names.slices.push(here.slices.visit_anew(renamed));
        }
        for &theirs in there.slices.agents.list() {
            let renamed = AgentSlice {
                agent: names.agent(theirs.agent),
                team: names.label(Dimension::Team as usize, theirs.team),
                slice: names.slices[theirs.slice.0 as usize],
            };
            names.agent_slices.push(here.slices.agents.intern(renamed) as usize);
        }
        names
    }

    fn label(&self, dimension: usize, label: u32) -> u32 {
        let index = (label as usize).checked_sub(1);
        index.map_or(0, |index| self.labels[dimension][index])
    }

    fn agent(&self, key: AgentKey) -> AgentKey {
        AgentKey::new(self.labels[Dimension::Agent as usize][key.index()] as usize - 1)
    }

    fn queue(&self, key: QueueKey) -> QueueKey {
        QueueKey::new(self.labels[Dimension::Queue as usize][key.index()] as usize - 1)
    }

    fn event(&self, event: Event, contact: Option<ContactKey>) -> Event {
        let channel = |key: ChannelKey| {
            ChannelKey::new(self.labels[Dimension::Channel as usize][key.index()] as usize - 1)
        };
        Event {
            contact,
            queue: event.queue.map(|key| self.queue(key)),
            channel: event.channel.map(channel),
            agent: event.agent.map(|key| self.agent(key)),
            reason: event.reason.map(|key| self.texts[key.index()]),
            ..event
        }
    }

    fn place(&self, place: Place) -> Place {
        Place { slice: self.slices[place.slice.0 as usize], ..place }
    }

    fn record(&self, record: &Record) -> Record {
        let text = |key: TextKey| self.texts[key.index()];
        let fact = |&fact: &Fact| {
            let what = if let What::Code { name, set } = fact.what {
                What::Code { name: text(name), set }
            } else if let What::Marked { name, mark, revision } = fact.what {
                What::Marked { name: text(name), mark, revision }
            } else {
                fact.what
            };
            let team = self.label(Dimension::Team as usize, fact.team);
            Fact { agent: fact.agent.map(|key| self.agent(key)), team, what, ..fact }
        };
        let facts = record.facts.iter().map(fact).collect();
        Record { unposted: 0, place: self.place(record.place), facts, ..record.clone() }
    }
}
