//! How many rows can be served at all, and who competes in vain. Costs play no part here.

use super::NONE;
use super::edges::{Column, Rows};

/// A matching that no other exceeds in number, and where the shortage is.
pub(super) struct Cardinality {
    /// The row that has each column in it, or `NONE`.
    owner: Vec<u32>,
    /// Rows that are in it.
    served: Vec<bool>,
    /// Columns that rows without one come to by changing others' columns: every greatest
    /// matching uses all of them, for rows that compete for them.
    contested: Vec<bool>,
    /// Whether every row is in it.
    pub(super) is_full: bool,
}

impl Cardinality {
    /// Depth-first augmentation, all free rows against one set of visited columns a round; the
    /// round that finds nothing has visited what is contested.
    pub(super) fn of<S: Column, I: Column>(rows: &Rows<'_, S, I>) -> Self {
        let mut search = Search {
            rows,
            owner: vec![NONE; rows.width],
            ahead: vec![0; rows.len()],
            next: vec![0; rows.len()],
            visited: vec![0; rows.width],
            round: 0,
            path: Vec::new(),
        };
        let mut free: Vec<u32> = Vec::new();
        for row in 0..rows.len() as u32 {
            if !search.take_unowned(row) {
                free.push(row);
            }
        }
        loop {
            search.round += 1;
            search.next.fill(0);
            let before = free.len();
            free.retain(|&row| !search.augment(row));
            if free.is_empty() || free.len() == before {
                break;
            }
        }
        let mut served = vec![true; rows.len()];
        for &row in &free {
            served[row as usize] = false;
        }
        let in_vain = |&round: &u32| !free.is_empty() && round == search.round;
        let contested = search.visited.iter().map(in_vain).collect();
        Self { owner: search.owner, served, contested, is_full: free.is_empty() }
    }

    /// The rows and columns where every row is served, then those where every column is used.
    pub(super) fn halves(&self) -> [(Vec<u32>, Vec<u32>); 2] {
        let mut competes: Vec<bool> = self.served.iter().map(|served| !served).collect();
        for (&owner, &contested) in self.owner.iter().zip(&self.contested) {
            if contested {
                competes[owner as usize] = true;
            }
        }
        let those = |flags: &[bool], wanted: bool| {
            let numbered = (0..).zip(flags).filter(|&(_, &flag)| flag == wanted);
            numbered.map(|(number, _)| number).collect::<Vec<u32>>()
        };
        [false, true].map(|half| (those(&competes, half), those(&self.contested, half)))
    }
}

struct Search<'a, S, I> {
    rows: &'a Rows<'a, S, I>,
    owner: Vec<u32>,
    /// Per row the edge from which on a column may be without an owner: owned ones stay owned.
    ahead: Vec<u32>,
    /// Per row the edge to follow next in this round.
    next: Vec<u32>,
    /// Per column the last round that came by.
    visited: Vec<u32>,
    round: u32,
    path: Vec<(u32, u32)>,
}

impl<S: Column, I: Column> Search<'_, S, I> {
    /// Gives the row a column that nobody has.
    fn take_unowned(&mut self, row: u32) -> bool {
        let columns = self.rows.columns_of(row as usize);
        let ahead = &mut self.ahead[row as usize];
        for &column in &columns[*ahead as usize..] {
            let column = column.into() as usize;
            if self.owner[column] == NONE {
                self.owner[column] = row;
                return true;
            }
            *ahead += 1;
        }
        false
    }

    /// Serves one more row by changing the columns of those on the way.
    fn augment(&mut self, free: u32) -> bool {
        self.path.clear();
        let mut row = free;
        loop {
            if self.take_unowned(row) {
                // Each on the way gives its column to who came by it.
                for &(before, column) in self.path.iter().rev() {
                    self.owner[column as usize] = before;
                }
                return true;
            }
            let columns = self.rows.columns_of(row as usize);
            let next = &mut self.next[row as usize];
            let mut onward = None;
            while let Some(&column) = columns.get(*next as usize) {
                *next += 1;
                let column = column.into() as usize;
                if self.visited[column] != self.round {
                    self.visited[column] = self.round;
                    onward = Some(column as u32);
                    break;
                }
            }
            if let Some(column) = onward {
                self.path.push((row, column));
                row = self.owner[column as usize];
            } else if let Some((before, _)) = self.path.pop() {
                row = before;
            } else {
                return false;
            }
        }
    }
}
