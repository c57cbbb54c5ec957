//! As many rows as columns, each row served: rows bid for columns, by ever smaller steps.

use super::NONE;
use super::amount::Amount;
use super::edges::{Column, Range, Rows};
use super::shortlist::Shortlists;

/// So many bids a row are more than any task needs that is not lost for prices.
const BIDS: u64 = 1000;

/// The column of each row at the least total. `None` when prices grow too great or bids too
/// many, as they may where few rows fight for few columns: others have to find it then.
///
/// Costs count times one more than there are rows, so that the last step, of 1, adds up to
/// less than one whole cost over all rows.
pub(super) fn solve<A: Amount, S: Column, I: Column>(
    rows: &Rows<'_, S, I>,
    range: Range,
) -> Option<Vec<u32>> {
    let scale = rows.len() as i64 + 1;
    let spread = range.spread().checked_mul(scale).filter(|&spread| spread < A::FAR.wide() / 8)?;
    let prices = vec![A::ZERO; rows.width];
    let lists = Shortlists::new(rows, range.least, scale, &prices);
    let mut auction = Auction {
        lists,
        prices,
        owner: vec![NONE; rows.width],
        won: vec![NONE; rows.len()],
        value: vec![A::ZERO; rows.len()],
        waiting: (0..rows.len() as u32).rev().collect(),
        spread: A::of(spread),
        most: A::of(A::FAR.wide() / 2),
        bids: BIDS * (rows.len() as u64 + 100),
    };
    let Pace { first: mut step, finer } = Pace::of(rows, range, scale);
    loop {
        auction.hold(A::of(step))?;
        if step == 1 {
            return Some(auction.won);
        }
        step = (step / finer).max(1);
        auction.reopen(A::of(step));
    }
}

/// The steps of the bids. Found by trial; the total is the least whatever they are.
struct Pace {
    first: i64,
    /// Each step is this part of the one before.
    finer: i64,
}

impl Pace {
    fn of<S: Column, I: Column>(rows: &Rows<'_, S, I>, range: Range, scale: i64) -> Self {
        // About so far apart are the costs that a row chooses among in the end.
        let apart = (2 * rows.columns.len() / rows.len()).max(1) as i64;
        // Where many of them are equal, bids by large steps would rank what has no order.
        if apart / 4 > range.spread() {
            return Self { first: (scale / 4).max(1), finer: 5 };
        }
        Self { first: (range.spread() * scale / apart).max(scale), finer: 30 }
    }
}

struct Auction<A> {
    lists: Shortlists<A>,
    prices: Vec<A>,
    owner: Vec<u32>,
    won: Vec<u32>,
    /// What the column of a row costs it, without the price.
    value: Vec<A>,
    waiting: Vec<u32>,
    /// The greatest cost as it counts.
    spread: A,
    /// The greatest price.
    most: A,
    /// How many bids there may still be.
    bids: u64,
}

impl<A: Amount> Auction<A> {
    /// Until every row has a column that costs it no more than the best by `step`.
    fn hold(&mut self, step: A) -> Option<()> {
        while let Some(row) = self.waiting.pop() {
            let mut row = row;
            loop {
                let best = self.lists.best(row as usize, &self.prices);
                let price = &mut self.prices[best.column as usize];
                self.value[row as usize] = best.least - *price;
                *price += (best.second - best.least).min(self.spread) + step;
                self.bids = self.bids.checked_sub(1)?;
                if *price > self.most {
                    return None;
                }
                self.won[row as usize] = best.column;
                let before = std::mem::replace(&mut self.owner[best.column as usize], row);
                if before == NONE {
                    break;
                }
                row = before;
            }
        }
        Some(())
    }

    /// Takes columns away from rows that are not content with them by a finer step.
    fn reopen(&mut self, step: A) {
        for row in (0..self.won.len()).rev() {
            let column = self.won[row];
            let value = self.value[row] + self.prices[column as usize];
            if value > self.lists.floor(row, &self.prices) + step {
                self.won[row] = NONE;
                self.owner[column as usize] = NONE;
                self.waiting.push(row as u32);
            }
        }
    }
}
