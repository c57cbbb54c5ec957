//! Each row served, columns to spare: rows take what is best for them while that moves nobody
//! for nothing, the rest by shortest augmenting paths. Never the fastest, always bounded.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::NONE;
use super::amount::Amount;
use super::edges::{Column, Range, Rows};
use super::shortlist::Shortlists;

const FAR: i64 = <i64 as Amount>::FAR;

/// The column of each row at the least total. Every row can be served.
///
/// Throughout, every row that has a column has the best for it at the prices of now, and
/// columns without an owner have the price 0, the least there is.
pub(super) fn solve<S: Column, I: Column>(rows: &Rows<'_, S, I>, range: Range) -> Vec<u32> {
    let prices = vec![0; rows.width];
    let lists = Shortlists::new(rows, range.least, 1, &prices);
    let mut state = State {
        lists,
        prices,
        owner: vec![NONE; rows.width],
        won: vec![NONE; rows.len()],
        cost: vec![0; rows.len()],
    };
    let left = state.take_turns();
    let mut paths = Paths {
        distance: vec![FAR; rows.width],
        from: vec![NONE; rows.width],
        paid: vec![0; rows.width],
        touched: Vec::new(),
        settled: Vec::new(),
        next: BinaryHeap::new(),
    };
    for row in left {
        paths.serve(row, &mut state);
    }
    state.won
}

struct State {
    lists: Shortlists<i64>,
    prices: Vec<i64>,
    owner: Vec<u32>,
    won: Vec<u32>,
    /// What the column of a row costs it, without the price.
    cost: Vec<i64>,
}

impl State {
    /// Each row takes the best for it and raises its price to where the second is as good; of
    /// two as good it takes the one without an owner. Gives the rows that would move another
    /// for nothing, or whose turn did not come.
    fn take_turns(&mut self) -> Vec<u32> {
        let mut waiting: Vec<u32> = (0..self.won.len() as u32).rev().collect();
        let mut left = Vec::new();
        // Rows may move each other by small gains for long; paths end that.
        let mut turns = 8 * self.won.len();
        while let Some(row) = waiting.pop() {
            let best = self.lists.best(row as usize, &self.prices);
            let gain = if best.second < FAR { best.second - best.least } else { 0 };
            let mut column = best.column;
            if self.owner[column as usize] != NONE {
                let other = self.lists.other(row as usize, &best, &self.prices);
                match other.filter(|&other| self.owner[other as usize] == NONE) {
                    Some(other) => column = other,
                    None if gain > 0 && turns > 0 => turns -= 1,
                    None => {
                        left.push(row);
                        continue;
                    }
                }
            }
            self.cost[row as usize] = best.least - self.prices[column as usize];
            self.prices[column as usize] += gain;
            self.won[row as usize] = column;
            let before = std::mem::replace(&mut self.owner[column as usize], row);
            if before != NONE {
                self.won[before as usize] = NONE;
                waiting.push(before);
            }
        }
        left
    }
}

/// What a search for a path needs, kept from one to the next.
struct Paths {
    /// Per column how far it is: what is paid on the way beyond the best.
    distance: Vec<i64>,
    /// The row before it on the way.
    from: Vec<u32>,
    /// What it costs that row.
    paid: Vec<i64>,
    touched: Vec<u32>,
    settled: Vec<u32>,
    next: BinaryHeap<Reverse<(i64, u32)>>,
}

impl Paths {
    /// Serves one more row by the shortest path to a column without an owner.
    fn serve(&mut self, free: u32, state: &mut State) {
        let (mut row, mut reached, mut nearest, mut end) = (free, 0, FAR, NONE);
        loop {
            let owed = match state.won[row as usize] {
                NONE => 0,
                column => state.cost[row as usize] + state.prices[column as usize],
            };
            for edge in state.lists.edges_of(row as usize) {
                let column = edge.column as usize;
                let there = reached + edge.cost + state.prices[column] - owed;
                if there < nearest && there < self.distance[column] {
                    if self.distance[column] == FAR {
                        self.touched.push(edge.column);
                    }
                    (self.distance[column], self.from[column]) = (there, row);
                    self.paid[column] = edge.cost;
                    if state.owner[column] == NONE {
                        (nearest, end) = (there, edge.column);
                    } else {
                        self.next.push(Reverse((there, edge.column)));
                    }
                }
            }
            let Some(column) = self.onward(nearest) else { break };
            self.settled.push(column);
            reached = self.distance[column as usize];
            row = state.owner[column as usize];
        }
        // What lies nearer than the end becomes dearer by what it is nearer.
        for column in self.settled.drain(..) {
            state.prices[column as usize] += nearest - self.distance[column as usize];
        }
        self.hand_on(end, free, state);
        for column in self.touched.drain(..) {
            self.distance[column as usize] = FAR;
        }
        self.next.clear();
    }

    /// The nearest column to go on from; `None` when a column without an owner is as near.
    fn onward(&mut self, nearest: i64) -> Option<u32> {
        loop {
            let Reverse((there, column)) = self.next.pop()?;
            if there >= nearest {
                return None;
            }
            // Else it was reached by a shorter way since.
            if there == self.distance[column as usize] {
                return Some(column);
            }
        }
    }

    /// Each row on the way takes the column after it.
    fn hand_on(&self, end: u32, free: u32, state: &mut State) {
        let mut column = end;
        loop {
            let row = self.from[column as usize];
            state.owner[column as usize] = row;
            state.cost[row as usize] = self.paid[column as usize];
            let before = std::mem::replace(&mut state.won[row as usize], column);
            if row == free {
                return;
            }
            column = before;
        }
    }
}
