//! What readers ask: figures by any of the dimensions and by interval, under a basis. Reads
//! only; what is under way is looked at as it stands. What the words mean is in `reading.rs`.

use rustc_hash::FxHashMap;

use super::agent::Ground;
use super::aggregator::KpiAggregator;
use super::distribution::Distribution;
use super::drill_down::Unavailable;
use super::fields::{Basis, Dimension, Subject, Timing};
use super::gathered::Reader;
use super::gathering::{Gathering, Only};
use super::reading::{Field, Figure};
use super::table::{Series, Slot};
use crate::error::ConfigError;
use crate::ids::TextKey;
use crate::time::Timestamp;

/// Which figures of which slices are asked for.
#[derive(Clone, Debug)]
pub struct Query {
    /// What a row is about, besides its interval.
    pub by: Vec<Dimension>,
    /// The figures.
    pub fields: Vec<Field>,
    /// Which interval things belong to.
    pub basis: Basis,
    /// Where the intervals begin and the last one ends, ascending; empty: all time at once.
    pub edges: Vec<Timestamp>,
    /// Only rows with one of these names; `None`: without a name.
    pub only: Vec<(Dimension, Vec<Option<String>>)>,
    /// The instant of asking, for what still lasts: the latest event's when absent.
    pub now: Option<Timestamp>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            by: Vec::new(),
            fields: Vec::new(),
            basis: Basis::Offered,
            edges: Vec::new(),
            only: Vec::new(),
            now: None,
        }
    }
}

impl Query {
    /// Whether it is asked of visits to queues or of agents' parts in them.
    pub(super) fn subject(&self) -> Subject {
        let agents = |by: &Dimension| matches!(by, Dimension::Agent | Dimension::Team);
        let by_agent = self.by.iter().any(agents)
            || self.only.iter().any(|(dimension, _)| agents(dimension))
            || self.fields.iter().any(|field| matches!(field, Field::Time(..)));
        if by_agent { Subject::Agent } else { Subject::Queue }
    }

    /// Whether it can have an answer, of whatever.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let customers = self.fields.iter().any(|field| matches!(field, Field::Customers(_)));
        if customers && (self.basis != Basis::Offered || self.subject() != Subject::Queue) {
            return Err(ConfigError::new(
                "unique.customers: different customers are counted by queue and by the interval \
                 of their entry; ask on basis 'offered', and not by agent or team",
            ));
        }
        if let Some(pair) = self.edges.windows(2).find(|pair| pair[0] >= pair[1]) {
            let (before, edge) = (pair[0], pair[1]);
            return Err(ConfigError::new(format!(
                "edge {edge} does not come after {before}: give them ascending"
            )));
        }
        Ok(())
    }
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// It could never have one.
    Config(ConfigError),
    /// What it needs is no longer kept.
    Unavailable(Unavailable),
}

impl core::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Config(error) => f.write_str(&error.message),
            Self::Unavailable(Unavailable(what)) => f.write_str(what),
        }
    }
}

/// The figures of one group in one interval.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureRow<'a> {
    /// The interval's place between the edges; 0 without edges.
    pub interval: usize,
    /// The name in each dimension asked by; `None` where it has none.
    pub labels: Vec<Option<&'a str>>,
    /// What each field comes to.
    pub figures: Vec<Figure>,
    /// Whether nothing but a correction can change it any more.
    pub is_final: bool,
    /// How often its cells changed after they had been final; the greatest of them.
    pub revision: u32,
}

/// How durations of one group in one interval are spread.
#[derive(Clone, Debug, PartialEq)]
pub struct DistributionRow<'a> {
    /// The interval's place between the edges; 0 without edges.
    pub interval: usize,
    /// The name in each dimension asked by; `None` where it has none.
    pub labels: Vec<Option<&'a str>>,
    /// The durations.
    pub distribution: Distribution,
}

/// The rows of a query, column by column: by names, then by interval.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureTable<'a> {
    /// The names of each group, in the dimensions asked by; `None` where it has none.
    pub groups: Vec<Vec<Option<&'a str>>>,
    /// The group of each row.
    pub group: Vec<u32>,
    /// The place of each row's interval between the edges; 0 without edges.
    pub interval: Vec<u32>,
    /// What each field comes to, a column each.
    pub columns: Vec<FigureColumn>,
    /// Whether nothing but a correction can change the row any more.
    pub is_final: Vec<bool>,
    /// How often its cells changed after they had been final; the greatest of them.
    pub revision: Vec<u32>,
}

/// One field of every row.
#[derive(Clone, Debug, PartialEq)]
pub enum FigureColumn {
    /// Counts, microseconds or millionths; past `i64` they stay there.
    Integers(Vec<i64>),
    /// Seconds; not a number where there are no samples.
    Reals(Vec<f64>),
}

impl FigureTable<'_> {
    /// A column of integers.
    #[must_use]
    pub fn integers(&self, column: usize) -> Option<&[i64]> {
        match self.columns.get(column)? {
            FigureColumn::Integers(values) => Some(values),
            FigureColumn::Reals(_) => None,
        }
    }
}

impl KpiAggregator {
    /// The rows of a query, by names and interval; one for each that has anything.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn query(&mut self, query: &Query) -> Result<Vec<FigureRow<'_>>, NoAnswer> {
        let answer = self.answer(query)?;
        let figure = |row: usize, column: &FigureColumn| match column {
            FigureColumn::Integers(values) => Figure::Integer(values[row].into()),
            FigureColumn::Reals(values) => {
                Figure::Real(Some(values[row]).filter(|value| !value.is_nan()))
            }
        };
        let row = |row: usize| FigureRow {
            interval: answer.interval[row] as usize,
            labels: answer.groups[answer.group[row] as usize].clone(),
            figures: answer.columns.iter().map(|column| figure(row, column)).collect(),
            is_final: answer.is_final[row],
            revision: answer.revision[row],
        };
        Ok((0..answer.group.len()).map(row).collect())
    }

    /// The same, column by column.
    ///
    /// # Errors
    /// When an edge is none of an interval, edges do not ascend, a basis is not kept, or a
    /// threshold can no longer be counted by.
    pub fn answer(&mut self, query: &Query) -> Result<FigureTable<'_>, NoAnswer> {
        self.make_readable();
        let wanted = query.fields.iter().fold(0, |bits, field| bits | field.timings());
        let mut all = self.gathered(query, wanted).map_err(NoAnswer::Config)?;
        self.recount(&mut all, query.subject(), &self.only(query))?;
        self.columns(&all).map_err(NoAnswer::Config)
    }

    /// From the first interval of which anything is known to the end of the last, that of `now`
    /// where an agent's time still runs (the latest event's when absent); `None` when nothing is.
    #[must_use]
    pub fn extent(&mut self, now: Option<Timestamp>) -> Option<(Timestamp, Timestamp)> {
        self.post_so_far();
        let now = now.unwrap_or(self.horizon());
        let series = self.queue_cells.rows().iter().chain(self.agent_cells.rows());
        let slots = series.flat_map(Series::extent).chain(self.times.extent(self.grid, now));
        let slots: Vec<Slot> = slots.collect();
        let (first, last) = (slots.iter().min()?, slots.iter().max()?);
        Some((self.grid.start(*first), self.grid.start(last + 1)))
    }

    /// How durations of one kind are spread, by labels and interval, for exporters.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub fn distributions(
        &mut self,
        query: &Query,
        timing: Timing,
    ) -> Result<Vec<DistributionRow<'_>>, ConfigError> {
        self.make_readable();
        let all = self.gathered(query, 1 << timing as u8)?;
        let mut read = Vec::new();
        for (group, labels) in self.sorted(&all) {
            for &(interval, ref gathered) in &all.rows[group] {
                if let Some(distribution) = gathered.distribution(timing, &self.thresholds) {
                    let (interval, labels) = (interval as usize, labels.clone());
                    read.push(DistributionRow { interval, labels, distribution });
                }
            }
        }
        Ok(read)
    }

    /// The groups in the order of their names.
    fn sorted<'a>(&'a self, all: &Gathering<'_>) -> Vec<(usize, Vec<Option<&'a str>>)> {
        let named = |labels: &Vec<u32>| self.named(all.query, labels);
        let mut groups: Vec<_> = all.labels.iter().map(named).enumerate().collect();
        groups.sort_by(|(_, one), (_, other)| one.cmp(other));
        groups
    }

    fn gathered<'a>(&'a self, query: &'a Query, wanted: u8) -> Result<Gathering<'a>, ConfigError> {
        let edges = self.check(query)?;
        let mut all = Gathering {
            query,
            edges,
            wanted,
            ladder: &self.thresholds,
            groups: FxHashMap::default(),
            labels: Vec::new(),
            rows: Vec::new(),
            recounted: Vec::new(),
        };
        let subject = query.subject();
        let only = self.only(query);
        match subject {
            Subject::Queue => {
                for (row, series) in self.queue_cells.rows().iter().enumerate() {
                    self.gather(&mut all, subject, row, series, &only);
                }
            }
            Subject::Agent => {
                for (row, series) in self.agent_cells.rows().iter().enumerate() {
                    self.gather(&mut all, subject, row, series, &only);
                }
                self.gather_times(&mut all, &only);
            }
        }
        self.gather_open(&mut all, subject, &only);
        Ok(all)
    }

    fn named<'a>(&'a self, query: &Query, labels: &[u32]) -> Vec<Option<&'a str>> {
        let name = |(&by, &label): (&Dimension, &u32)| {
            let index = (label as usize).checked_sub(1)?;
            Some(self.slices.names(by).name(index))
        };
        query.by.iter().zip(labels).map(name).collect()
    }

    fn check(&self, query: &Query) -> Result<Vec<Slot>, ConfigError> {
        if self.bases & (1 << query.basis as u8) == 0 {
            return Err(ConfigError::new(format!(
                "basis '{}' is not kept: create the aggregator with it",
                query.basis
            )));
        }
        query.check()?;
        if let Some(edge) = query.edges.iter().find(|edge| edge.micros() % self.grid.step != 0) {
            let interval = self.interval();
            return Err(ConfigError::new(format!(
                "{edge} is no edge of an interval: give a multiple of {interval}"
            )));
        }
        Ok(query.edges.iter().map(|&edge| self.grid.slot(edge)).collect())
    }

    /// The labels asked for, as numbers; a name nobody has is none.
    fn only(&self, query: &Query) -> Vec<Only> {
        let label = |dimension: Dimension, name: &Option<String>| match name {
            None => Some(0),
            Some(name) => {
                let index = self.slices.names(dimension).find(name)?;
                u32::try_from(index + 1).ok()
            }
        };
        let one = |(dimension, names): &(Dimension, Vec<Option<String>>)| {
            let labels = names.iter().filter_map(|name| label(*dimension, name)).collect();
            (*dimension, labels)
        };
        query.only.iter().map(one).collect()
    }

    fn label_of(&self, subject: Subject, row: usize, dimension: Dimension) -> u32 {
        match subject {
            Subject::Queue => {
                let labels = self.slices.visits.list()[row];
                labels.get(dimension as usize).copied().unwrap_or(0)
            }
            Subject::Agent => self.slices.label_of_agent(row, dimension),
        }
    }

    /// The group of a row of a table, unless it was not asked for.
    pub(super) fn group_of(
        &self,
        all: &mut Gathering<'_>,
        subject: Subject,
        row: usize,
        only: &[Only],
    ) -> Option<u32> {
        let fits =
            |(dimension, labels): &Only| labels.contains(&self.label_of(subject, row, *dimension));
        let labels = || all.query.by.iter().map(|&by| self.label_of(subject, row, by)).collect();
        only.iter().all(fits).then(labels).map(|labels| all.group(labels))
    }

    fn gather<'a>(
        &'a self,
        all: &mut Gathering<'a>,
        subject: Subject,
        row: usize,
        series: &'a Series,
        only: &[Only],
    ) {
        let Some(group) = self.group_of(all, subject, row, only) else { return };
        let [from, until] = all.reach();
        let basis = all.query.basis;
        if basis == Basis::Split {
            for (slot, cell) in series.split.range(from, until) {
                if let (Some(interval), true) = (all.interval(slot), cell.has_any()) {
                    all.row(group, interval).rest().split.merge(cell);
                }
            }
            return;
        }
        let (wanted, ladder) = (all.wanted, all.ladder);
        for (slot, cell) in series.cells(basis).range(from, until) {
            if let (Some(interval), false) = (all.interval(slot), cell.is_empty()) {
                all.row(group, interval).add(cell, ladder, wanted);
            }
        }
        if all.query.fields.iter().any(|field| matches!(field, Field::Customers(_))) {
            for (slot, customers) in series.customers.range(from, until) {
                if let (Some(interval), true) = (all.interval(slot), customers.count() > 0) {
                    all.row(group, interval).rest().customers.merge(customers);
                }
            }
        }
        if basis == Basis::ServiceLevelEvent {
            for (slot, passed) in series.passed.range(from, until) {
                let any = passed.counts.iter().any(|&n| n > 0);
                if let (Some(interval), true) = (all.interval(slot), any) {
                    all.row(group, interval).rest().passed.merge(passed);
                }
            }
        }
    }

    /// The agents' time belongs to no queue or channel.
    fn gather_times(&self, all: &mut Gathering<'_>, only: &[Only]) {
        let now = all.query.now.unwrap_or(self.horizon());
        let asked = all.query.fields.iter().any(|field| matches!(field, Field::Time(..)));
        let ground = Ground { grid: self.grid, names: &self.sources };
        for (agent, slot, times) in self.times.cells(ground, now, all.reach()) {
            let Some(interval) = all.interval(slot) else { continue };
            let label = |dimension| match dimension {
                Dimension::Agent => u32::try_from(agent + 1).unwrap_or(0),
                Dimension::Team => self.team_at(agent, self.grid.start(slot)),
                Dimension::Queue
                | Dimension::Channel
                | Dimension::Direction
                | Dimension::Client
                | Dimension::Campaign
                | Dimension::Custom1
                | Dimension::Custom2
                | Dimension::Custom3
                | Dimension::Custom4
                | Dimension::Tenant => 0,
            };
            if only.iter().all(|(dimension, labels)| labels.contains(&label(*dimension))) {
                let labels = all.query.by.iter().map(|&by| label(by)).collect();
                let group = all.group(labels);
                let rest = all.row(group, interval).rest();
                rest.times.merge(&times);
                if asked {
                    rest.times_revision = rest.times_revision.max(self.times.revision(agent, slot));
                }
            }
        }
    }

    fn columns<'a>(&'a self, all: &Gathering<'_>) -> Result<FigureTable<'a>, ConfigError> {
        let until = self.final_until(all.query.basis);
        let is_final = |interval: u32| {
            let end = all.edges.get(interval as usize + 1);
            end.is_some_and(|&end| self.grid.start(end) <= until)
        };
        let text = |name: &str| self.texts.find(name).map(TextKey::new);
        let rows = all.rows.iter().map(Vec::len).sum();
        let mut reader = Reader::new(all.query, &self.thresholds, &all.recounted, rows);
        let mut answer = FigureTable {
            groups: Vec::with_capacity(all.labels.len()),
            group: Vec::with_capacity(rows),
            interval: Vec::with_capacity(rows),
            columns: Vec::new(),
            is_final: Vec::with_capacity(rows),
            revision: Vec::with_capacity(rows),
        };
        for (group, (place, labels)) in self.sorted(all).into_iter().enumerate() {
            for &(interval, ref gathered) in &all.rows[place] {
                reader.read(gathered, text).map_err(|off| self.off_ladder(off.0))?;
                answer.group.push(u32::try_from(group).expect("fewer than 2^32 groups"));
                answer.interval.push(interval);
                answer.is_final.push(is_final(interval));
                answer.revision.push(gathered.revision());
            }
            answer.groups.push(labels);
        }
        answer.columns = reader.into_columns();
        Ok(answer)
    }

    /// Intervals that end by then are final.
    fn final_until(&self, basis: Basis) -> Timestamp {
        let watermark = self.watermark();
        match basis {
            // What began then may still get its end.
            Basis::Offered | Basis::Split => {
                self.visits.earliest().map_or(watermark, |entered| entered.min(watermark))
            }
            // A wrap-up counts where its visit was over.
            Basis::Completion => {
                self.visits.earliest_over().map_or(watermark, |ended| ended.min(watermark))
            }
            Basis::Event | Basis::ServiceLevelEvent => watermark,
        }
    }

    pub(super) fn off_ladder(&self, threshold: crate::time::Span) -> ConfigError {
        match self.thresholds.find(threshold) {
            Err(refused) => refused,
            Ok(_) => ConfigError::new(format!("threshold {threshold} cannot be read")),
        }
    }
}
