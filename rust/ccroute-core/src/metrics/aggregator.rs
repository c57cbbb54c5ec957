//! The aggregator: names its queues and agents, folds events into cells. What an event means
//! is in `visits.rs` and `agent_time.rs`, what readers ask in `report.rs`.

use serde::{Deserialize, Serialize};

use super::agent_time::AgentTimes;
use super::contacts::Contacts;
use super::facts::{Counters, Fact, Uncounted};
use super::ladder::Thresholds;
use super::table::{Basis, Grid, Row, Table};
use super::visits::{Facts, VisitKey, Visits};
use crate::directory::Directory;
use crate::error::{ConfigError, Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey, TextKey};
use crate::time::{Span, Timestamp};

/// The cells' usual length: a quarter of an hour, which every time zone is a multiple of.
pub const DEFAULT_INTERVAL: Span = Span::secs(900);

/// Sources an aggregator can tell apart: as many as their numbers.
pub(super) const MAX_SOURCES: usize = 1 << 16;

/// Measures events, whoever reports them: one of the three parts that stand alone.
///
/// Every source has its own contacts and sequence numbers; queues, agents, channels and
/// reasons are known by name, whatever the source. An event that cannot be counted changes
/// nothing but a counter.
///
/// ```
/// use ccroute_core::{Event, EventKind, KpiAggregator, Query, Span, Timestamp};
///
/// let mut metrics = KpiAggregator::default();
/// let (source, queue) = (metrics.source("pbx").unwrap(), metrics.queue("billing"));
/// let contact = metrics.contact(source, "call-1");
/// for (kind, seconds) in [(EventKind::ContactQueued, 10), (EventKind::ContactConnected, 18)] {
///     let mut event = Event::new(kind);
///     event.at = Timestamp::ZERO + Span::secs(seconds);
///     (event.contact, event.visit, event.queue) = (Some(contact), 1, Some(queue));
///     metrics.fold(source, &event);
/// }
/// let rows = metrics.by_queue(&Query::default()).unwrap();
/// assert_eq!((rows[0].cell.offered, rows[0].cell.answered), (1, 1));
/// assert_eq!(rows[0].cell.wait_answered.sum, 8_000_000);
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KpiAggregator {
    pub(super) thresholds: Thresholds,
    pub(super) grid: Grid,
    pub(super) sources: Directory,
    pub(super) queues: Directory,
    pub(super) agents: Directory,
    pub(super) channels: Directory,
    pub(super) texts: Directory,
    pub(super) contacts: Contacts,
    /// How far each source has come.
    pub(super) progress: Vec<Progress>,
    pub(super) visits: Visits,
    pub(super) times: AgentTimes,
    pub(super) queue_cells: Table,
    pub(super) agent_cells: Table,
    pub(super) counters: Counters,
    /// The latest instant any event told of: what readers take for now. Of one source's
    /// clock another's visits know nothing, so nothing is settled by it.
    pub(super) horizon: Timestamp,
}

/// How far a source has come.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// The greatest sequence number; 0 when it does not number.
    pub(super) sequence: u64,
    /// The time of its last event, even when its clock has gone back: after one event from
    /// the far future the graces must run again.
    pub(super) at: Timestamp,
}

impl Default for KpiAggregator {
    fn default() -> Self {
        Self::new(Thresholds::default(), DEFAULT_INTERVAL)
            .expect("the default interval is above zero")
    }
}

impl KpiAggregator {
    /// An aggregator that counts service levels at `thresholds` and keeps cells of `interval`.
    ///
    /// # Errors
    /// Unless the interval is whole seconds and a day holds a whole number of them.
    pub fn new(thresholds: Thresholds, interval: Span) -> Result<Self, ConfigError> {
        let step = interval.micros();
        Self::check_interval(step)?;
        Ok(Self {
            thresholds,
            grid: Grid { step },
            sources: Directory::default(),
            queues: Directory::default(),
            agents: Directory::default(),
            channels: Directory::default(),
            texts: Directory::default(),
            contacts: Contacts::default(),
            progress: Vec::new(),
            visits: Visits::default(),
            times: AgentTimes::default(),
            queue_cells: Table::default(),
            agent_cells: Table::default(),
            counters: Counters::default(),
            horizon: Timestamp::ZERO,
        })
    }

    pub(super) fn check_interval(step: i64) -> Result<(), ConfigError> {
        let (second, day) = (Span::secs(1).micros(), Span::secs(86_400).micros());
        if step > 0 && day % step == 0 && step % second == 0 {
            return Ok(());
        }
        let interval = Span::from_micros(step).unwrap_or_default();
        Err(ConfigError::new(format!(
            "interval {interval}: give whole seconds that divide a day, such as 900"
        )))
    }

    /// The number of a source, given now if it is new.
    ///
    /// # Errors
    /// `invalid_value` for a name past the 65,536th.
    pub fn source(&mut self, name: &str) -> Result<u16, Rejection> {
        if self.sources.find(name).is_none() && self.sources.len() >= MAX_SOURCES {
            return Err(Rejection::new(
                RejectionCode::InvalidValue,
                format!(
                    "source '{name}': an aggregator knows at most {MAX_SOURCES} sources; give \
                     the names of systems, not of calls, or use another aggregator"
                ),
            ));
        }
        Ok(u16::try_from(self.sources.intern(name)).expect("below the limit"))
    }

    /// The key of a queue, given now if it is new.
    pub fn queue(&mut self, name: &str) -> QueueKey {
        QueueKey::new(self.queues.intern(name))
    }

    /// The key of an agent, given now if it is new.
    pub fn agent(&mut self, name: &str) -> AgentKey {
        AgentKey::new(self.agents.intern(name))
    }

    /// The key of a channel, given now if it is new.
    pub fn channel(&mut self, name: &str) -> ChannelKey {
        ChannelKey::new(self.channels.intern(name))
    }

    /// The key of a reason or code, given now if it is new.
    pub fn text(&mut self, text: &str) -> TextKey {
        TextKey::new(self.texts.intern(text))
    }

    /// The key of a contact that its source knows by text. Valid while anything of the
    /// contact is open; a text is forgotten a minute after its last visit.
    pub fn contact(&mut self, source: u16, id: &str) -> ContactKey {
        self.contacts.intern(source, id, self.progress_of(source).at)
    }

    /// How many contacts known by text are remembered.
    #[cfg(test)]
    pub(super) fn remembered_contacts(&self) -> usize {
        self.contacts.len()
    }

    /// The names of the queues, in the order of their keys.
    #[must_use]
    pub fn queue_names(&self) -> &Directory {
        &self.queues
    }

    /// The names of the agents, in the order of their keys.
    #[must_use]
    pub fn agent_names(&self) -> &Directory {
        &self.agents
    }

    /// The names of the channels, in the order of their keys.
    #[must_use]
    pub fn channel_names(&self) -> &Directory {
        &self.channels
    }

    /// The reasons and codes, in the order of their keys.
    #[must_use]
    pub fn text_names(&self) -> &Directory {
        &self.texts
    }

    /// The thresholds service levels can be asked for.
    #[must_use]
    pub fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    /// The length of the cells.
    #[must_use]
    pub fn interval(&self) -> Span {
        Span::from_micros(self.grid.step).expect("the interval was a span")
    }

    /// What became of the events.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Folds one event of `source`, whose keys are this aggregator's; the contact's are the
    /// source's own or from [`Self::contact`].
    pub fn fold(&mut self, source: u16, event: &Event) {
        let event = &self.with_reason(*event);
        self.counters.events += 1;
        let key = VisitKey::of(source, event);
        let before = self.named_under_way(key, event);
        match self.measure(source, key, event) {
            Ok(facts) => facts.into_iter().flatten().for_each(|fact| self.post(fact)),
            Err(why) => self.counters.note(why),
        }
        while let Some(fact) = self.visits.settle(source, self.progress_of(source).at) {
            self.post(fact);
        }
        if let Some(before) = before {
            let after = self.visits.under_way(key, event.agent);
            self.contacts.note(key.contact, before, after, event.at);
        }
    }

    /// Who was set not ready gave no reason: the cause is it. An empty reason is none.
    fn with_reason(&mut self, event: Event) -> Event {
        let given = event.reason.filter(|&key| !self.texts.name(key.index()).is_empty());
        let event = Event { reason: given, ..event };
        let set = matches!(event.cause, Cause::Missed | Cause::ConnectTimeout);
        if event.kind != EventKind::AgentNotReady || event.reason.is_some() || !set {
            return event;
        }
        Event { reason: Some(self.text(event.cause.word())), ..event }
    }

    /// What is under way of a visit whose contact is known by text.
    fn named_under_way(&self, key: VisitKey, event: &Event) -> Option<u32> {
        Contacts::is_ours(key.contact).then(|| self.visits.under_way(key, event.agent))
    }

    fn measure(&mut self, source: u16, key: VisitKey, event: &Event) -> Result<Facts, Uncounted> {
        self.check_sequence(source, event.sequence)?;
        self.progress[usize::from(source)].at = event.at;
        self.horizon = self.horizon.max(event.at);
        let agent = self.visits.agent_of(key, event);
        let facts = self.visits.fold(key, event, &mut self.counters);
        self.times.fold(key, event, agent, facts.is_ok(), self.grid, &mut self.counters)?;
        facts
    }

    fn check_sequence(&mut self, source: u16, sequence: u64) -> Result<(), Uncounted> {
        let row = usize::from(source);
        if self.progress.len() <= row {
            self.progress.resize(row + 1, Progress::default());
        }
        let greatest = &mut self.progress[row].sequence;
        if sequence > 0 && sequence <= *greatest {
            return Err(Uncounted::Duplicate);
        }
        *greatest = sequence.max(*greatest);
        Ok(())
    }

    fn progress_of(&self, source: u16) -> Progress {
        self.progress.get(usize::from(source)).copied().unwrap_or_default()
    }

    /// Adds a fact's contribution to every cell it belongs to, under each basis.
    fn post(&mut self, fact: Fact) {
        let (slots, channel) = (slots(self.grid, &fact), fact.place.channel);
        for (basis, slot) in slots {
            let row = Row { index: fact.place.queue.index(), channel };
            let cell = self.queue_cells.cell(row, basis, slot);
            fact.what.count_for_queue(cell, &self.thresholds);
            if let Some(agent) = fact.agent {
                let row = Row { index: agent.index(), channel };
                let cell = self.agent_cells.cell(row, basis, slot);
                fact.what.count_for_agent(cell, &self.thresholds);
            }
        }
    }
}

/// The interval of a fact under each basis.
pub(super) fn slots(grid: Grid, fact: &Fact) -> [(Basis, i64); 2] {
    [(Basis::Offered, grid.slot(fact.place.entered)), (Basis::Event, grid.slot(fact.at))]
}
