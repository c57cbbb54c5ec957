//! Numbers of cells, as they come, and by row of the answer once all are there.

use super::places::Row;

/// Rows of the answer that are read together: few enough to stay in the nearest cache.
const TOGETHER: usize = 64;

/// Numbers and the cells they are of.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    cells: Vec<u32>,
    values: Vec<i64>,
    /// How many there are; behind them is room.
    len: usize,
}

impl Samples {
    /// Has room for one of each of so many rows.
    pub(super) fn reserve(&mut self, rows: usize) {
        // One more: what does not fit is written and left lying. What is never written to takes
        // no memory.
        (self.cells, self.values) = (vec![0; rows + 1], vec![0; rows + 1]);
    }

    /// Adds a number of a row, or not: which nobody can foretell, so there is no branch.
    #[inline(always)]
    pub(super) fn add_if(&mut self, fits: bool, cell: u32, value: i64) {
        self.values[self.len] = value;
        self.cells[self.len] = cell;
        self.len += usize::from(fits);
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Those of each row of the answer; `cells`: how many cells there are.
    pub(super) fn by_row(&self, rows: &[Row], cells: usize) -> ByRow {
        let (known, values) = (&self.cells[..self.len], &self.values[..self.len]);
        let mut counts = vec![0u32; cells];
        known.iter().for_each(|&cell| counts[cell as usize] += 1);
        // From now on: where the next number of the cell goes.
        let mut next = counts;
        let (mut ends, mut end) = (Vec::with_capacity(rows.len()), 0);
        for row in rows {
            end += core::mem::replace(&mut next[row.cell as usize], end);
            ends.push(end);
        }
        let mut sorted = vec![0; values.len()];
        for (&cell, &value) in known.iter().zip(values) {
            let place = &mut next[cell as usize];
            sorted[*place as usize] = value;
            *place += 1;
        }
        ByRow { values: sorted, ends }
    }
}

/// Numbers by row of the answer, and where those of each row end.
pub(super) struct ByRow {
    values: Vec<i64>,
    ends: Vec<u32>,
}

impl ByRow {
    /// Shows those of every row, ascending, some rows at a time: the place of the first, and
    /// those of each.
    pub(super) fn each_few(mut self, mut show: impl FnMut(usize, &[&[i64]])) {
        let (mut begin, mut rest) = (0, &mut self.values[..]);
        for (few, ends) in self.ends.chunks(TOGETHER).enumerate() {
            let mut rows: [&[i64]; TOGETHER] = [&[]; TOGETHER];
            for (row, &end) in rows.iter_mut().zip(ends) {
                let own;
                (own, rest) = rest.split_at_mut((end - begin) as usize);
                own.sort_unstable();
                (*row, begin) = (own, end);
            }
            show(few * TOGETHER, &rows[..ends.len()]);
        }
    }
}
