//! The aggregator: names its queues and agents, folds events into cells. What an event means
//! is in `visits.rs` and `agent_time.rs`, where its facts go in `posting.rs`, what readers
//! ask in `query.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::agent_time::AgentTimes;
use super::astray::Timed;
use super::changes::Changes;
use super::clock::Clocks;
use super::contacts::Contacts;
use super::counters::{Counters, Uncounted};
use super::extras::{Extra, Extras};
use super::fields::{Basis, Dimension};
use super::ladder::Thresholds;
use super::live::Live;
use super::marks::EarlyMarks;
use super::order::{Arrivals, Refused, Turn};
use super::posting::CellKey;
use super::records::Records;
use super::settings::Settings;
use super::slices::{SliceKey, Slices, capped};
use super::table::{Grid, Slot, Table};
use super::visits::{Folded, VisitKey, Visits};
use crate::directory::Directory;
use crate::error::{ConfigError, Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey, TextKey};
use crate::time::{Span, Timestamp};

/// Contacts are remembered for as long as their facts, and no shorter than their events may wait
/// for those before them.
const HELD: Span = Span::secs(240);

/// Sources an aggregator can tell apart: as many as their numbers.
pub(super) const MAX_SOURCES: usize = 1 << 16;

/// Measures events, whoever reports them: one of the three parts that stand alone.
///
/// Every source has its own contacts and sequence numbers; queues, agents, channels and
/// reasons are known by name, whatever the source. An event that cannot be counted changes
/// nothing but a counter.
///
/// ```
/// use ccroute_core::{Dimension, Event, EventKind, Field, KpiAggregator, Query, Span, Timestamp};
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
/// let fields: Vec<_> =
///     ["answered", "wait_answered.sum"].map(|word| Field::parse(word).unwrap()).to_vec();
/// let query = Query { by: vec![Dimension::Queue], fields, ..Query::default() };
/// let rows = metrics.query(&query).unwrap();
/// assert_eq!(rows[0].labels, [Some("billing")]);
/// assert_eq!(rows[0].figures[0].integer(), Some(1));
/// assert_eq!(rows[0].figures[1].integer(), Some(8_000_000));
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KpiAggregator {
    pub(super) thresholds: Thresholds,
    pub(super) grid: Grid,
    /// The bases cells are kept for, a bit each.
    pub(super) bases: u8,
    /// How far behind its latest event a source may still be heard of.
    pub(super) lateness: Span,
    /// The names of the caller's own dimensions.
    pub(super) custom: Vec<String>,
    pub(super) sources: Directory,
    /// Reasons, codes and what marks are called.
    pub(super) texts: Directory,
    /// Most of them.
    pub(super) most_texts: u32,
    pub(super) slices: Slices,
    /// The team of each agent, as a label, from an instant on.
    pub(super) teams: Vec<Vec<(Timestamp, u32)>>,
    pub(super) extras: Extras,
    /// Events that came too early, and which number each source is at.
    pub(super) arrivals: Arrivals,
    pub(super) contacts: Contacts,
    /// How far each source's clock has come.
    pub(super) clocks: Clocks,
    pub(super) visits: Visits,
    pub(super) times: AgentTimes,
    /// What waits for its source's clock to be borne out.
    pub(super) astray: BTreeMap<u16, Timed>,
    pub(super) queue_cells: Table,
    pub(super) agent_cells: Table,
    pub(super) records: Records,
    pub(super) early_marks: EarlyMarks,
    pub(super) live: Live,
    /// Cells to be rebuilt before they are read.
    pub(super) stale: BTreeSet<CellKey>,
    /// Final cells that the correction under way has changed.
    pub(super) touched: BTreeSet<CellKey>,
    pub(super) changes: Changes,
    /// While what was known is being corrected: the first interval that was not final.
    pub(super) final_before: Option<Slot>,
    pub(super) counters: Counters,
}

impl Default for KpiAggregator {
    fn default() -> Self {
        Self::new(Settings::default()).expect("the default settings are sound")
    }
}

impl KpiAggregator {
    /// An aggregator of these settings.
    ///
    /// # Errors
    /// Unless the interval is whole seconds and a day holds a whole number of them, and the
    /// dimensions have different names.
    pub fn new(settings: Settings) -> Result<Self, ConfigError> {
        let step = settings.interval.micros();
        Self::check_interval(step)?;
        settings.check()?;
        Ok(Self {
            grid: Grid { step },
            bases: settings.bases(),
            lateness: settings.lateness,
            records: Records::new(settings.retention, settings.most_records),
            slices: Slices::new(settings.caps()),
            custom: settings.dimensions,
            thresholds: settings.thresholds,
            sources: Directory::default(),
            texts: Directory::default(),
            most_texts: settings.most_labels,
            teams: Vec::new(),
            extras: Extras::default(),
            arrivals: Arrivals::default(),
            live: Live::default(),
            contacts: Contacts::new(settings.retention.max(HELD), settings.most_records),
            clocks: Clocks::default(),
            visits: Visits::default(),
            early_marks: EarlyMarks::default(),
            times: AgentTimes::default(),
            astray: BTreeMap::new(),
            queue_cells: Table::default(),
            agent_cells: Table::default(),
            stale: BTreeSet::new(),
            touched: BTreeSet::new(),
            changes: Changes::default(),
            final_before: None,
            counters: Counters::default(),
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
        if self.sources.is_first(name) {
            return Ok(0);
        }
        if let Some(known) = self.sources.find(name) {
            return Ok(u16::try_from(known).expect("below the limit"));
        }
        if self.sources.len() >= MAX_SOURCES {
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
        QueueKey::new(self.label(Dimension::Queue, name) as usize - 1)
    }

    /// The key of an agent, given now if it is new.
    pub fn agent(&mut self, name: &str) -> AgentKey {
        AgentKey::new(self.label(Dimension::Agent, name) as usize - 1)
    }

    /// The key of a channel, given now if it is new.
    pub fn channel(&mut self, name: &str) -> ChannelKey {
        if self.names(Dimension::Channel).is_first(name) {
            return ChannelKey::new(0);
        }
        ChannelKey::new(self.label(Dimension::Channel, name) as usize - 1)
    }

    /// The label of a name in a dimension, from 1, given now if it is new; past the
    /// dimension's cap, that of `__other__`.
    pub fn label(&mut self, dimension: Dimension, name: &str) -> u32 {
        let (index, known) = self.slices.name(dimension, name);
        self.counters.other += u64::from(!known);
        u32::try_from(index + 1).expect("names are capped")
    }

    /// Says of a contact what its events do not: what the source calls it, labels by
    /// dimension, and the customer as a hash (0: unknown). To be called before the event
    /// that begins a visit.
    ///
    /// # Errors
    /// `invalid_value` for a dimension that is no label of a contact.
    pub fn describe(
        &mut self,
        source: u16,
        contact: ContactKey,
        id: Option<&str>,
        labels: &[(Dimension, &str)],
        customer: u64,
    ) -> Result<(), Rejection> {
        labels.iter().try_for_each(|(dimension, _)| dimension.label_place().map(|_| ()))?;
        let mut more = [0; 8];
        for &(dimension, name) in labels {
            more[dimension.label_place()?] = self.label(dimension, name);
        }
        let touched = self.clocks.of(source).at;
        let id = id.map(Into::into);
        self.extras.set(source, contact.raw(), Extra { id, labels: more, customer, touched });
        Ok(())
    }

    /// Says to which team an agent belongs, from the latest event on.
    pub fn set_team(&mut self, agent: AgentKey, team: &str) {
        let label = self.label(Dimension::Team, team);
        if self.teams.len() <= agent.index() {
            self.teams.resize_with(agent.index() + 1, Vec::new);
        }
        let (now, teams) = (self.horizon(), &mut self.teams[agent.index()]);
        // What was said while a clock was astray was said of now.
        while teams.last().is_some_and(|&(since, _)| since > now + Span::SHORTEST) {
            teams.pop();
        }
        match teams.last_mut() {
            // Nothing has been counted since.
            Some(last) if last.0 > now => last.1 = label,
            Some(&mut (_, last)) if last == label => {}
            Some(_) => teams.push((now + Span::SHORTEST, label)),
            None => teams.push((Timestamp::ZERO, label)),
        }
    }

    /// The dimension of a name: a built-in one, or one of the caller's own.
    #[must_use]
    pub fn dimension(&self, name: &str) -> Option<Dimension> {
        const OWN: [Dimension; 4] =
            [Dimension::Custom1, Dimension::Custom2, Dimension::Custom3, Dimension::Custom4];
        let own = self.custom.iter().position(|known| known == name).map(|row| OWN[row]);
        own.or_else(|| Dimension::from_word(name).filter(|known| !OWN.contains(known)))
    }

    /// The names of the caller's own dimensions.
    #[must_use]
    pub fn own_dimensions(&self) -> &[String] {
        &self.custom
    }

    /// The key of a reason, a code or what a mark is called, given now if it is new; past their
    /// cap, that of `__other__`.
    pub fn text(&mut self, text: &str) -> TextKey {
        let (index, known) = capped(&mut self.texts, self.most_texts, text);
        self.counters.other += u64::from(!known);
        TextKey::new(index)
    }

    /// The key of a contact that its source knows by text. Valid while anything of the
    /// contact is open and as long as its facts are kept, at least for a minute.
    pub fn contact(&mut self, source: u16, id: &str) -> ContactKey {
        self.contacts.intern(source, id, self.clocks.of(source).at)
    }

    /// How many contacts known by text are remembered.
    #[cfg(test)]
    pub(super) fn remembered_contacts(&self) -> usize {
        self.contacts.len()
    }

    /// The names of a dimension, in the order of their keys.
    #[must_use]
    pub fn names(&self, dimension: Dimension) -> &Directory {
        self.slices.names(dimension)
    }

    /// The name of a source.
    #[must_use]
    pub fn source_name(&self, source: u16) -> &str {
        self.sources.name(usize::from(source))
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

    /// The bases cells are kept for.
    pub fn kept_bases(&self) -> impl Iterator<Item = Basis> {
        let kept = |basis: &Basis| self.bases & (1 << *basis as u8) > 0;
        Basis::ALL.iter().copied().filter(kept)
    }

    /// What became of the events.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            missing: self.arrivals.missing(),
            held: self.arrivals.held(),
            late: self.counters.late + self.arrivals.late(),
            late_live: self.live.late(),
            ..self.counters
        }
    }

    /// Folds one event of `source`, whose keys are this aggregator's; the contact's are the
    /// source's own or from [`Self::contact`].
    ///
    /// An event whose number leaves a gap waits for those before it, as long as
    /// [`Self::set_hold`] says.
    pub fn fold(&mut self, source: u16, event: &Event) {
        self.counters.events += 1;
        match self.arrivals.accept(source, event) {
            Ok(Turn::Now) => self.fold_next(source, event),
            // Its contact is as old as what is told of it, though nothing is counted yet.
            Ok(Turn::Later) => {
                let contact = event.contact.into_iter();
                contact.for_each(|contact| self.contacts.note(contact.raw(), 0, 0, event.at));
            }
            Err(Refused::Duplicate) => self.counters.duplicates += 1,
            // Counted where it was refused.
            Err(Refused::Late) => {}
        }
        self.fold_waiting();
    }

    /// How long a source is waited for: a gap in its numbers, and, where there are none, an
    /// event that happened before those that came. `None`: 120 seconds for a gap, and events
    /// without a number count as they come.
    pub fn set_hold(&mut self, source: u16, hold: Option<Span>) {
        self.arrivals.set_hold(source, hold);
        self.fold_waiting();
    }

    /// Counts all that is held of every source: they will send no more.
    pub fn flush(&mut self) {
        self.arrivals.flush_all();
        self.fold_waiting();
        self.take_all_astray();
    }

    /// Says that a source has nothing to tell up to `now`.
    pub fn advance(&mut self, source: u16, now: Timestamp) {
        self.arrivals.advance(source, now);
        self.fold_waiting();
        self.pass(source, now);
        self.take_astray(source);
        self.settle(source);
        self.mark_known();
        self.evict(source);
    }

    pub(super) fn fold_waiting(&mut self) {
        while let Some((source, event)) = self.arrivals.next() {
            self.fold_next(source, &event);
        }
    }

    /// An event whose turn it is.
    fn fold_next(&mut self, source: u16, event: &Event) {
        let (reason, changed) = (self.reason_of(event), &mut None);
        let event = if reason == event.reason {
            event
        } else {
            &*changed.insert(Event { reason, ..*event })
        };
        let key = VisitKey::of(source, event);
        let before = self.named_under_way(key, event);
        // What comes behind the watermark changes what was final, and so may a code: it counts
        // where its visit does, and takes the place of those before.
        let edge = self.watermark();
        let codes = event.kind == EventKind::ContactDisposed
            && (event.number > 1 || self.visits.place(key).is_none());
        let late = event.at < edge || codes;
        self.final_before = late.then(|| self.grid.slot(edge));
        match self.measure(source, key, event) {
            Ok(told) => {
                while let Some(settled) = self.visits.settled() {
                    self.tell(settled);
                }
                if let Some(told) = told {
                    self.tell(told);
                }
            }
            Err(why) => self.counters.note(why),
        }
        if late {
            self.note_revisions();
        }
        if let Some(before) = before {
            let after = self.visits.under_way(key, event.agent);
            self.contacts.note(key.contact, before, after, event.at);
        }
        self.settle(source);
        self.mark_known();
        self.evict(source);
    }

    /// Who was set not ready gave no reason: the cause is it. An empty reason is none.
    fn reason_of(&mut self, event: &Event) -> Option<TextKey> {
        let given = event.reason.filter(|&key| !self.texts.name(key.index()).is_empty());
        let set = event.kind == EventKind::AgentNotReady
            && matches!(event.cause, Cause::Missed | Cause::ConnectTimeout);
        if given.is_some() || !set { given } else { Some(self.text(event.cause.word())) }
    }

    /// What is under way of a visit whose contact is known by text.
    fn named_under_way(&self, key: VisitKey, event: &Event) -> Option<u32> {
        Contacts::is_ours(key.contact).then(|| self.visits.under_way(key, event.agent))
    }

    fn measure(&mut self, source: u16, key: VisitKey, event: &Event) -> Folded {
        self.come_to(source, event.at);
        self.take_astray(source);
        if event.kind == EventKind::ContactQueued && self.was_given_whole(key, event) {
            return Err(Uncounted::Duplicate);
        }
        let agent = self.visits.agent_of(key, event);
        let slice = self.slice_of(key, event);
        let mut facts = self.visits.fold(key, event, slice, &mut self.counters);
        if let Err(why) = &mut facts {
            if *why == Uncounted::Orphan && self.was_given_whole(key, event) {
                *why = Uncounted::Duplicate;
            }
            if let Some(code) = self.code_after_all(key, event) {
                facts = Ok(Some(code));
            }
        }
        let counted = facts.is_ok();
        self.take_time(source, key, event, agent, counted)?;
        facts
    }

    /// The labels of the visit an event begins, or would.
    fn slice_of(&mut self, key: VisitKey, event: &Event) -> Option<SliceKey> {
        if !matches!(event.kind, EventKind::ContactQueued | EventKind::ContactRefused) {
            return None;
        }
        let extra = self.extras.get(key.source, key.contact, event.at);
        let labels = extra.map_or([0; 8], |extra| extra.labels);
        Some(self.slices.visit(event.queue?, event.channel, &labels))
    }

    /// Whether an interval was complete before this change to it.
    pub(super) fn is_final(&self, slot: Slot) -> bool {
        self.final_before.is_some_and(|first| slot < first)
    }
}
