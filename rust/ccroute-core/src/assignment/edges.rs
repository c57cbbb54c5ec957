//! Who may take whom, by rows: the form in which every part of the work reads its edges. What
//! callers give is judged in `mod.rs`; here it is taken to be right.

/// A number of a column, of whatever width the caller has.
pub trait Column: Copy + Into<i64> {}

impl<I: Copy + Into<i64>> Column for I {}

/// Edges in compressed rows: of row `r` those from `starts[r]` to `starts[r + 1]`, their columns
/// ascending.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, S, I> {
    pub(super) starts: &'a [S],
    pub(super) columns: &'a [I],
    pub(super) costs: &'a [i64],
    /// How many columns there are.
    pub(super) width: usize,
}

impl<'a, S: Column, I: Column> Rows<'a, S, I> {
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The columns and costs of a row.
    pub(super) fn row(&self, row: usize) -> (&'a [I], &'a [i64]) {
        let (start, end) = (self.starts[row].into() as usize, self.starts[row + 1].into() as usize);
        (&self.columns[start..end], &self.costs[start..end])
    }

    /// The columns of a row alone.
    pub(super) fn columns_of(&self, row: usize) -> &'a [I] {
        self.row(row).0
    }

    /// The edges of some rows to some columns, numbered anew in their order.
    pub(super) fn part(&self, rows: &[u32], columns: &[u32]) -> Part {
        let mut place = vec![u32::MAX; self.width];
        for (new, &old) in columns.iter().enumerate() {
            place[old as usize] = new as u32;
        }
        let mut part = Part { starts: vec![0], width: columns.len(), ..Part::default() };
        for &row in rows {
            let (columns, costs) = self.row(row as usize);
            for (&column, &cost) in columns.iter().zip(costs) {
                let new = place[column.into() as usize];
                if new != u32::MAX {
                    part.columns.push(new);
                    part.costs.push(cost);
                }
            }
            part.starts.push(part.columns.len() as i64);
        }
        part
    }
}

/// Between which costs all lie.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) least: i64,
    pub(super) greatest: i64,
}

impl Range {
    /// Of nothing it is 0 to 0. Four side by side, so that no step waits for the one before.
    pub(super) fn of(costs: &[i64]) -> Self {
        const SIDE: usize = 4;
        let first = costs.first().copied().unwrap_or(0);
        let (mut least, mut greatest) = ([first; SIDE], [first; SIDE]);
        let mut some = costs.chunks_exact(SIDE);
        for some in &mut some {
            for side in 0..SIDE {
                least[side] = least[side].min(some[side]);
                greatest[side] = greatest[side].max(some[side]);
            }
        }
        let rest = some.remainder();
        Self {
            least: least.iter().chain(rest).fold(first, |least, &cost| least.min(cost)),
            greatest: greatest.iter().chain(rest).fold(first, |greatest, &cost| greatest.max(cost)),
        }
    }

    /// By how much the greatest exceeds the least.
    pub(super) fn spread(self) -> i64 {
        self.greatest - self.least
    }
}

/// Edges of one's own.
#[derive(Default)]
pub(super) struct Part {
    starts: Vec<i64>,
    columns: Vec<u32>,
    costs: Vec<i64>,
    width: usize,
}

impl Part {
    pub(super) fn rows(&self) -> Rows<'_, i64, u32> {
        let Self { starts, columns, costs, width } = self;
        Rows { starts, columns, costs, width: *width }
    }

    /// Rows as columns and columns as rows.
    pub(super) fn turned(&self) -> Self {
        let mut starts = vec![0_i64; self.width + 1];
        for &column in &self.columns {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.width {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let mut turned = Self {
            starts,
            columns: vec![0; self.columns.len()],
            costs: vec![0; self.costs.len()],
            width: self.starts.len() - 1,
        };
        let rows = self.rows();
        for row in 0..rows.len() {
            let (columns, costs) = rows.row(row);
            for (&column, &cost) in columns.iter().zip(costs) {
                let place = next[column as usize] as usize;
                next[column as usize] += 1;
                turned.columns[place] = row as u32;
                turned.costs[place] = cost;
            }
        }
        turned
    }
}
