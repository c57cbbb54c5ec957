//! What is behind a figure: the visits of a cell, and the cells that changed. Both are read
//! from what is kept, and say when it is not. Figures do not belong here.

use super::aggregator::KpiAggregator;
use super::changes::{Change, Changed};
use super::facts::{Fact, What};
use super::fields::{Basis, Dimension};
use super::records::Record;
use super::visits::VisitKey;
use crate::event::Cause;
use crate::ids::{AgentKey, TextKey};
use crate::time::{Span, Timestamp};

/// Which visits are asked for.
#[derive(Clone, Debug)]
pub struct VisitQuery {
    /// What makes a visit belong to the time: its entry, the end of its wait, its own end, or
    /// that it lasted then.
    pub basis: Basis,
    /// From this instant on.
    pub start: Timestamp,
    /// Up to this instant, without it.
    pub end: Timestamp,
    /// Only visits with one of these names; `None`: without a name.
    pub only: Vec<(Dimension, Vec<Option<String>>)>,
}

/// One visit as it is known: what a contact record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitRow {
    /// The source's number.
    pub source: u16,
    /// The contact's key.
    pub contact: u64,
    /// What the source calls the contact, where it has said so.
    pub id: Option<Box<str>>,
    /// Which stay in a queue.
    pub visit: u32,
    /// Of the fact; 0: made of events.
    pub revision: u32,
    /// The labels by dimension, as indexes into the names.
    pub labels: [Option<u32>; 10],
    /// The customer as a hash; 0 when unknown.
    pub customer: u64,
    /// When it began.
    pub entered: Timestamp,
    /// When it was over; `None` while it goes on.
    pub completed: Option<Timestamp>,
    /// answered, abandoned, left or waiting.
    pub outcome: &'static str,
    /// Why it left.
    pub cause: Cause,
    /// How long it waited, if that is over.
    pub wait: Option<Span>,
    /// Offers made.
    pub offers: u32,
    /// Offers missed.
    pub missed: u32,
    /// Dispositions, in order.
    pub codes: Vec<TextKey>,
    /// The conversations, each agent's part on its own.
    pub parts: Vec<PartRow>,
}

/// An agent's part in a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// Whose.
    pub agent: Option<AgentKey>,
    /// When it ended.
    pub ended: Timestamp,
    /// The conversation without hold.
    pub talk: Span,
    /// The hold.
    pub hold: Span,
    /// How often.
    pub holds: u32,
    /// The wrap-up, once it is known to be over or not to come.
    pub wrap_up: Option<Span>,
}

impl KpiAggregator {
    /// The visits behind figures, by entry, source and contact.
    ///
    /// # Errors
    /// When facts that old are no longer kept, or none are; or the basis has no visits of
    /// its own.
    pub fn visits(&self, query: &VisitQuery) -> Result<Vec<VisitRow>, Unavailable> {
        if query.basis == Basis::ServiceLevelEvent {
            let what = "visits by basis 'sl_event': it depends on the threshold; ask for those of \
                        basis 'offered' or 'event'";
            return Err(Unavailable(what.to_owned()));
        }
        if let Some(edge) = self.kept_since()?
            && query.start <= edge
        {
            return Err(Unavailable(format!(
                "the visits from {} on: facts are kept of visits over after {edge}; ask for a \
                 later start, or create the aggregator with a longer retention",
                query.start
            )));
        }
        let mut rows: Vec<VisitRow> = self
            .records
            .iter()
            .filter(|(_, record)| self.is_asked_for(query, record))
            .map(|(key, record)| self.row(key, record))
            .collect();
        rows.sort_by_key(|row| (row.entered, row.source, row.contact, row.visit));
        Ok(rows)
    }

    /// Visits over by then are no longer kept; an error when none ever are.
    fn kept_since(&self) -> Result<Option<Timestamp>, Unavailable> {
        if self.records.are_kept() {
            return Ok(self.records.forgotten());
        }
        let why = "visits: this aggregator keeps no facts; create it with a retention";
        Err(Unavailable(why.to_owned()))
    }

    fn is_asked_for(&self, query: &VisitQuery, record: &Record) -> bool {
        let within = |at: Timestamp| query.start <= at && at < query.end;
        let in_time = match query.basis {
            Basis::Offered => within(record.place.entered),
            Basis::Event | Basis::ServiceLevelEvent => record.waited_until().is_some_and(within),
            Basis::Completion => record.completed.is_some_and(within),
            // Whatever lasted in it.
            Basis::Split => {
                let last = record.facts.iter().map(|fact| fact.at).max();
                let until = match record.completed {
                    Some(_) => last.unwrap_or(record.place.entered),
                    None => self.horizon(),
                };
                record.place.entered < query.end && until > query.start
            }
        };
        in_time
            && query.only.iter().all(|(dimension, names)| {
                let given =
                    |name: &Option<String>| self.has_label(record, *dimension, name.as_deref());
                names.iter().any(given)
            })
    }

    fn has_label(&self, record: &Record, dimension: Dimension, name: Option<&str>) -> bool {
        let index = name.map(|name| self.slices.names(dimension).find(name));
        match (dimension, index) {
            (Dimension::Agent, None) => record.facts.iter().all(|fact| fact.agent.is_none()),
            (Dimension::Agent, Some(index)) => {
                let whose = |fact: &Fact| fact.agent.map(AgentKey::index) == index;
                index.is_some() && record.facts.iter().any(whose)
            }
            (Dimension::Team, index) => record.facts.iter().any(|fact| {
                let wanted = index.map_or(Some(0), |index| index.map(|index| index + 1));
                wanted == Some(fact.team as usize)
            }),
            (_, index) => {
                let labels = self.slices.labels(record.place.slice);
                let wanted = index.map_or(Some(0), |index| index.map(|index| index + 1));
                wanted == Some(labels[dimension as usize] as usize)
            }
        }
    }

    fn row(&self, key: VisitKey, record: &Record) -> VisitRow {
        let mut row = VisitRow {
            source: key.source,
            contact: key.contact,
            id: record.id.clone(),
            visit: key.visit,
            revision: record.revision,
            labels: self.slices.labels(record.place.slice).map(|label| label.checked_sub(1)),
            customer: record.customer,
            entered: record.place.entered,
            completed: record.completed,
            outcome: "waiting",
            cause: Cause::None,
            wait: None,
            offers: 0,
            missed: 0,
            codes: Vec::new(),
            parts: Vec::new(),
        };
        record.facts.iter().for_each(|&fact| row.take(fact));
        row
    }

    /// The cells of queues and the agents' time that changed after number `seen`, having been
    /// final: their labels, basis and interval; and the number to ask with next time.
    ///
    /// # Errors
    /// When some of them are no longer remembered.
    pub fn changed(&self, seen: u64) -> Result<(Vec<ChangedCell>, u64), Unavailable> {
        let changes = self.changes.after(seen).ok_or_else(|| {
            Unavailable(format!(
                "the changes after number {seen}: only the last 65536 are remembered; read the \
                 report anew and go on from number {}",
                self.changes.last()
            ))
        })?;
        let cell = |change: Change| {
            let start = self.grid.start(change.slot);
            let mut labels = [None; 12];
            match change.what {
                Changed::Visits(slice) => {
                    let known = self.slices.labels(slice).map(|label| label.checked_sub(1));
                    labels[..known.len()].copy_from_slice(&known);
                }
                Changed::Time(agent) => {
                    let team = self.team_at(agent.index(), start).checked_sub(1);
                    labels[Dimension::Agent as usize] = u32::try_from(agent.index()).ok();
                    labels[Dimension::Team as usize] = team;
                }
            }
            ChangedCell { labels, basis: change.basis, start }
        };
        Ok((changes.map(cell).collect(), self.changes.last()))
    }
}

impl VisitRow {
    fn take(&mut self, fact: Fact) {
        match fact.what {
            What::Answered { wait, .. } => (self.outcome, self.wait) = ("answered", Some(wait)),
            What::Abandoned { wait } => (self.outcome, self.wait) = ("abandoned", Some(wait)),
            What::Left { wait, cause } => {
                (self.outcome, self.wait, self.cause) = ("left", Some(wait), cause);
            }
            What::OfferMade => self.offers += 1,
            What::OfferMissed => self.missed += 1,
            What::Conversed { talk, hold, holds, .. } => self.parts.push(PartRow {
                agent: fact.agent,
                ended: fact.at,
                talk,
                hold,
                holds,
                wrap_up: None,
            }),
            What::Handled { wrap_up, .. } => {
                let whose =
                    |part: &&mut PartRow| part.agent == fact.agent && part.wrap_up.is_none();
                if let Some(part) = self.parts.iter_mut().find(whose) {
                    part.wrap_up = Some(wrap_up);
                }
            }
            What::Code { name, .. } => self.codes.push(name),
            What::Entered { .. }
            | What::Refused { .. }
            | What::OfferAccepted { .. }
            | What::OfferDeclined
            | What::OfferWithdrawn
            | What::OfferLost
            | What::CallbackOffered
            | What::CallbackFailed
            | What::Responded { .. }
            | What::Held { .. }
            | What::Marked { .. } => {}
        }
    }
}

/// A cell of a queue, or what an agent did with an interval, that changed after it had been
/// final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedCell {
    /// The labels by dimension, as indexes into the names; of agents' time, agent and team.
    pub labels: [Option<u32>; 12],
    /// Under which basis; agents' time, which is the same on each, under that of events.
    pub basis: Basis,
    /// When its interval begins.
    pub start: Timestamp,
}

/// What was asked for is not kept; the message says what is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);
