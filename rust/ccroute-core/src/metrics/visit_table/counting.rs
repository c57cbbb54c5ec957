//! What was counted in each cell of what is asked for, and nothing else. Where a visit is
//! counted is in `places.rs`, what its cells come to in `figures.rs`.

use core::ops::Range;

use super::columns::{BLOCK, Block, VisitColumns};
use super::lengths::Lengths;
use super::places::{NOWHERE, Places};
use super::templates::Templates;
use super::{NoFigures, VisitTable};
use crate::error::ConfigError;
use crate::event::Cause;
use crate::metrics::corrections::{Course, VisitFact};
use crate::metrics::facts::{Delta, Fact, Gains, Hears, What};
use crate::metrics::fields::{Basis, Count, Dimension, Subject, Timing};
use crate::metrics::query::Query;
use crate::metrics::reading::{Field, TimingPart};
use crate::time::Span;

/// Not asked for.
const NONE: u8 = u8::MAX;

/// The lane that says whether anything was counted in a cell.
pub(super) const ANY: usize = 0;

/// A cell has a multiple of so many lanes: as many as are added at once.
pub(super) const AT_ONCE: usize = 4;

/// What is read of a cell for a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    /// A lane.
    Count(u8),
    /// A part of the durations of a kind.
    Timing(u8, TimingPart),
    /// How often customers were put on hold.
    Holds,
    /// Different customers.
    Customers,
    /// So many whatever the cell.
    Always(i64),
}

/// Durations of one kind: those above zero one by one.
#[derive(Clone, Debug)]
pub(super) struct Durations {
    /// The lane of those that were zero.
    pub(super) zeros: u8,
    pub(super) lengths: Lengths,
}

/// What was counted of a part of the rows, and where.
pub(super) struct Counted<'a> {
    pub(super) places: Places<'a>,
    pub(super) tally: Tally,
    /// By cell, whether anything was counted there.
    pub(super) has_any: Vec<bool>,
}

impl<'a> Counted<'a> {
    /// Counts some rows of a table, from the beginning of a block on.
    ///
    /// # Errors
    /// The first row that cannot be.
    pub(super) fn of(
        table: &VisitTable<'a>,
        rows: Range<usize>,
        mut places: Places<'a>,
        mut tally: Tally,
    ) -> Result<Self, NoFigures> {
        tally.reach(places.count());
        let agents = table.of(Dimension::Agent).map(|column| column.places);
        for first in rows.step_by(BLOCK) {
            let block = table.columns.block(first, agents);
            block.check().map_err(|(row, refusal)| NoFigures::Row(first + row, refusal))?;
            places.group(first, block.len()).map_err(|(row, why)| NoFigures::Row(row, why))?;
            tally.count(&block, &mut places);
            if places.are_known() {
                tally.durations.iter_mut().for_each(|kind| kind.lengths.put_many(places.order()));
            }
        }
        tally.durations.iter_mut().for_each(|kind| kind.lengths.put(places.order()));
        let has_any = tally.has_any();
        Ok(Self { places, tally, has_any })
    }
}

/// The counts and durations of every cell.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    basis: Basis,
    subject: Subject,
    /// By field.
    pub(super) figures: Vec<Figure>,
    /// The lanes of the counts, by what they count.
    of_count: [u8; Count::ALL.len()],
    of_left: Vec<(Cause, u8)>,
    /// How many lanes are in use, and how many a cell has.
    used: usize,
    pub(super) width: usize,
    /// Counts by cell and lane.
    pub(super) lanes: Vec<u32>,
    of_timing: [u8; Timing::ALL.len()],
    pub(super) durations: Vec<Durations>,
    /// By cell, where they are asked for: one visit may have thousands.
    pub(super) holds: Option<Vec<u64>>,
    /// Cells and who came there, as hashes, each time.
    pub(super) customers: Option<Vec<(u32, u64)>>,
    /// Visits of which nothing is asked but their waits are counted by these.
    templates: Option<Templates>,
}

impl Tally {
    /// That of a query, of no cell yet.
    pub(super) fn new(query: &Query, columns: &VisitColumns<'_>) -> Result<Self, ConfigError> {
        let tally = Self::with(query, NONE)?;
        // A first response is another fact, of which a template knows nothing.
        if columns.first_response.is_some() || !tally.asks_of_waits_only() {
            return Ok(tally);
        }
        // What is counted of such a visit is offered: one lane says both.
        let mut tally = Self::with(query, ANY as u8)?;
        tally.templates = Some(Templates::of(&tally));
        Ok(tally)
    }

    /// That of a query, where offered visits have that lane, or one of their own.
    fn with(query: &Query, offered: u8) -> Result<Self, ConfigError> {
        let mut tally = Self {
            basis: query.basis,
            subject: query.subject(),
            figures: Vec::new(),
            of_count: [NONE; Count::ALL.len()],
            of_left: Vec::new(),
            used: ANY + 1,
            width: 0,
            lanes: Vec::new(),
            of_timing: [NONE; Timing::ALL.len()],
            durations: Vec::new(),
            holds: None,
            customers: None,
            templates: None,
        };
        tally.of_count[Count::Offered as usize] = offered;
        for field in &query.fields {
            let figure = tally.figure(field)?;
            tally.figures.push(figure);
        }
        tally.width = tally.used.next_multiple_of(AT_ONCE);
        Ok(tally)
    }

    /// Where a field will be read.
    fn figure(&mut self, field: &Field) -> Result<Figure, ConfigError> {
        Ok(match *field {
            Field::Count(Count::Holds) => {
                self.holds = Some(Vec::new());
                Figure::Holds
            }
            Field::Count(
                Count::OffersMade
                | Count::OffersAccepted
                | Count::OffersDeclined
                | Count::OffersMissed
                | Count::OffersWithdrawn
                | Count::OffersLost
                | Count::CallbacksOffered
                | Count::CallbacksFailed
                | Count::Refused,
            )
            | Field::Sum(_)
            | Field::Refused(_) => {
                return Err(untold("offers, call-backs proposed, and contacts not let in"));
            }
            Field::Count(what) => {
                if self.of_count[what as usize] == NONE {
                    self.of_count[what as usize] = self.lane();
                }
                Figure::Count(self.of_count[what as usize])
            }
            Field::Left(cause) => {
                let known = self.of_left.iter().find(|&&(known, _)| known == cause);
                let known = known.map(|&(_, lane)| lane);
                Figure::Count(known.unwrap_or_else(|| {
                    let lane = self.lane();
                    self.of_left.push((cause, lane));
                    lane
                }))
            }
            Field::Timing(kind, part) => {
                if self.of_timing[kind as usize] == NONE {
                    self.of_timing[kind as usize] = self.durations.len() as u8;
                    let zeros = self.lane();
                    self.durations.push(Durations { zeros, lengths: Lengths::default() });
                }
                Figure::Timing(self.of_timing[kind as usize], part)
            }
            Field::Customers(true) => Figure::Always(1),
            Field::Customers(false) => {
                self.customers = Some(Vec::new());
                Figure::Customers
            }
            // Visits of a table are over.
            Field::Waiting | Field::Oldest => Figure::Always(0),
            Field::Passed(_) => return Err(untold("thresholds passed")),
            Field::Code(_) | Field::Score(..) | Field::Amount(..) => {
                return Err(untold("codes, scores and amounts"));
            }
            Field::Time(..) => return Err(untold("the time of agents")),
        })
    }

    fn lane(&mut self) -> u8 {
        self.used += 1;
        u8::try_from(self.used - 1).expect("fewer lanes than words")
    }

    /// Whether all that is asked of a visit follows from its course, and from whether it waited.
    fn asks_of_waits_only(&self) -> bool {
        let counts = Count::ALL.iter().zip(self.of_count).filter(|&(_, lane)| lane != NONE);
        let timings = Timing::ALL.iter().zip(self.of_timing).filter(|&(_, place)| place != NONE);
        let is_of_wait = |count: &Count| {
            matches!(
                count,
                Count::Offered | Count::Contacts | Count::Answered | Count::Abandoned | Count::Left
            )
        };
        let is_wait = |kind: &Timing| {
            matches!(kind, Timing::WaitAnswered | Timing::WaitAbandoned | Timing::WaitLeft)
        };
        (self.basis, self.subject) == (Basis::Offered, Subject::Queue)
            && self.holds.is_none()
            && self.of_left.is_empty()
            && counts.map(|(count, _)| count).all(is_of_wait)
            && timings.map(|(kind, _)| kind).all(is_wait)
    }

    /// Has room for the durations of the visits of a block.
    pub(super) fn reserve(&mut self) {
        self.durations.iter_mut().for_each(|durations| durations.lengths.reserve());
    }

    /// Has room for so many cells.
    #[inline]
    pub(super) fn reach(&mut self, cells: usize) {
        if self.lanes.len() < cells * self.width {
            self.grow(cells);
        }
    }

    #[cold]
    fn grow(&mut self, cells: usize) {
        if self.lanes.is_empty() {
            // Of nothing the machine has plenty, and fills in what is touched.
            self.lanes = vec![0; cells * self.width];
        } else {
            self.lanes.resize(cells * self.width, 0);
        }
        self.holds.iter_mut().for_each(|holds| holds.resize(cells, 0));
    }

    /// Counts the rows of a block.
    pub(super) fn count(&mut self, block: &Block<'_>, places: &mut Places<'_>) {
        self.reserve();
        match self.basis {
            Basis::Split | Basis::ServiceLevelEvent => unreachable!("the query was checked"),
            Basis::Offered => {
                let cells = places.cells(block.len(), |row| block.entered(row));
                self.reach(places.count());
                self.count_rows(block, &cells);
            }
            Basis::Completion => {
                let cells = places.cells(block.len(), |row| block.visit(row).completed());
                self.reach(places.count());
                self.count_rows(block, &cells);
            }
            Basis::Event => {
                for row in 0..block.len() {
                    block.visit(row).each_fact(0, &mut |fact: &Fact| {
                        let cell = places.cell(row, fact.at);
                        self.reach(places.count());
                        cell.into_iter().for_each(|cell| self.hear(fact, cell));
                    });
                }
            }
        }
    }

    /// Counts visits in a cell each.
    fn count_rows(&mut self, block: &Block<'_>, cells: &[u32; BLOCK]) {
        if let Some(templates) = self.templates.take() {
            templates.count(self, block, cells);
            self.templates = Some(templates);
        } else {
            for (row, &cell) in cells[..block.len()].iter().enumerate() {
                if cell != NOWHERE {
                    self.count_visit(&block.visit(row), cell);
                }
            }
        }
        let Some(customers) = &mut self.customers else { return };
        for (row, &cell) in cells[..block.len()].iter().enumerate() {
            let customer = block.customer(row);
            if cell != NOWHERE && customer > 0 && block.visit(row).course != Course::None {
                customers.push((cell, customer));
            }
        }
    }

    #[inline(always)]
    pub(super) fn count_visit(&mut self, visit: &VisitFact, cell: u32) {
        visit.each_fact(0, &mut Counting { tally: self, cell });
    }

    #[inline(always)]
    fn hear(&mut self, fact: &Fact, cell: u32) {
        let is_theirs = fact.agent.is_some() && fact.what.is_agents();
        if self.subject == Subject::Agent && !is_theirs {
            return;
        }
        // Of when a hold was a cell knows nothing.
        if !matches!(fact.what, What::Held { .. }) {
            fact.what.contribution(self.subject, &mut InCell { tally: self, cell });
            let any = &mut self.lanes[cell as usize * self.width + ANY];
            *any = (*any).max(1);
        }
    }

    /// How many cells there are.
    pub(super) fn cells(&self) -> usize {
        self.lanes.len() / self.width
    }

    /// By cell, whether anything was counted there.
    fn has_any(&self) -> Vec<bool> {
        self.lanes.chunks_exact(self.width).map(|line| line[ANY] > 0).collect()
    }

    fn add(&mut self, cell: u32, lane: u8, n: u32) {
        self.lanes[cell as usize * self.width + usize::from(lane)] += n;
    }
}

fn untold(what: &str) -> ConfigError {
    ConfigError::new(format!(
        "{what}: a table of visits tells of none; ask an aggregator that was told of them"
    ))
}

/// A visit being counted in a cell.
struct Counting<'a> {
    tally: &'a mut Tally,
    cell: u32,
}

impl Hears for Counting<'_> {
    #[inline(always)]
    fn hear(&mut self, fact: &Fact) {
        self.tally.hear(fact, self.cell);
    }
}

/// A cell being counted in.
struct InCell<'a> {
    tally: &'a mut Tally,
    cell: u32,
}

impl Gains for InCell<'_> {
    #[inline(always)]
    fn gain(&mut self, delta: Delta) {
        let Self { tally, cell } = self;
        match delta {
            Delta::Count(Count::Holds, n) => {
                if let Some(holds) = &mut tally.holds {
                    holds[*cell as usize] += u64::from(n);
                }
            }
            Delta::Count(what, n) => {
                let lane = tally.of_count[what as usize];
                if lane != NONE {
                    tally.add(*cell, lane, n);
                }
            }
            Delta::Timing(kind, span) => {
                let place = tally.of_timing[kind as usize];
                if place != NONE {
                    let Durations { zeros, lengths } = &mut tally.durations[place as usize];
                    let (zeros, is_above) = (*zeros, span > Span::ZERO);
                    lengths.add_if(is_above, *cell, span.micros());
                    tally.add(*cell, zeros, u32::from(!is_above));
                }
            }
            Delta::Left(cause) => {
                let lane = tally.of_left.iter().find(|known| known.0 == cause);
                if let Some(&(_, lane)) = lane {
                    tally.add(*cell, lane, 1);
                }
            }
            Delta::Sum(..)
            | Delta::Refused(..)
            | Delta::Code(..)
            | Delta::Score(..)
            | Delta::Amount(..) => {}
        }
    }
}
