//! Durations of cells, as they come, and by row of the answer once all are there. Nearly all are
//! shorter than an hour: they take half the room, and the few others lie beside.

use super::columns::BLOCK;
use super::places::Row;

/// Rows of the answer that are read together: few enough to stay in the nearest cache.
const TOGETHER: usize = 64;

/// In the place of a duration that is as long or longer.
const LONG: u32 = u32::MAX;

/// A part has room for so many durations at least and at most: parts are never copied to grow.
const PARTS: [usize; 2] = [1 << 10, 1 << 16];

/// Durations in microseconds and the cells they are of, so far.
#[derive(Clone, Debug, Default)]
struct Part {
    cells: Vec<u32>,
    micros: Vec<u32>,
    /// How many there are; behind them is room.
    len: usize,
}

/// Durations and the cells they are of.
#[derive(Clone, Debug, Default)]
pub(super) struct Lengths {
    full: Vec<Part>,
    last: Part,
    /// The long ones and their cells.
    long: Vec<(u32, i64)>,
}

impl Lengths {
    /// Has room for one of each visit of a block.
    #[inline]
    pub(super) fn reserve(&mut self) {
        // One more: what does not fit is written and left lying.
        if self.last.micros.len() < self.last.len + BLOCK + 1 {
            let [least, most] = PARTS;
            let room = (2 * self.last.micros.len()).clamp(least, most);
            let fresh = Part { cells: vec![0; room], micros: vec![0; room], len: 0 };
            self.full.push(core::mem::replace(&mut self.last, fresh));
        }
    }

    /// Adds a duration, or not: which nobody can foretell, so there is no branch.
    #[inline(always)]
    pub(super) fn add_if(&mut self, fits: bool, cell: u32, micros: i64) {
        let short = u32::try_from(micros).unwrap_or(LONG);
        let part = &mut self.last;
        part.micros[part.len] = short;
        part.cells[part.len] = cell;
        part.len += usize::from(fits);
        if short == LONG {
            self.add_long(fits, cell, micros);
        }
    }

    #[cold]
    fn add_long(&mut self, fits: bool, cell: u32, micros: i64) {
        if fits {
            self.long.push((cell, micros));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.parts().map(|part| part.len).sum()
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.full.iter().chain([&self.last])
    }

    /// Those of each row of the answer; `cells`: how many cells there are.
    pub(super) fn by_row<'a>(&self, rows: &'a [Row], cells: usize) -> ByRow<'a> {
        let mut counts = vec![0u32; cells];
        for part in self.parts() {
            part.cells[..part.len].iter().for_each(|&cell| counts[cell as usize] += 1);
        }
        // From now on: where the next one of the cell goes.
        let mut next = counts;
        let (mut ends, mut end) = (Vec::with_capacity(rows.len()), 0);
        for row in rows {
            end += core::mem::replace(&mut next[row.cell as usize], end);
            ends.push(end);
        }
        let mut sorted = vec![0; self.len()];
        for part in self.parts() {
            for (&cell, &micros) in part.cells[..part.len].iter().zip(&part.micros) {
                let place = &mut next[cell as usize];
                sorted[*place as usize] = micros;
                *place += 1;
            }
        }
        let mut long = self.long.clone();
        long.sort_unstable();
        ByRow { rows, micros: sorted, ends, long }
    }
}

/// Durations by row of the answer, and where those of each row end.
pub(super) struct ByRow<'a> {
    rows: &'a [Row],
    micros: Vec<u32>,
    ends: Vec<u32>,
    /// By cell, ascending.
    long: Vec<(u32, i64)>,
}

impl ByRow<'_> {
    /// Shows those of every row, ascending, some rows at a time: the place of the first, and
    /// those of each.
    pub(super) fn each_few(mut self, mut show: impl FnMut(usize, &[&[i64]])) {
        let (mut begin, mut room) = (0, Vec::new());
        for (few, ends) in self.ends.chunks(TOGETHER).enumerate() {
            let (first, start) = (few * TOGETHER, begin);
            for (row, &end) in self.rows[first..].iter().zip(ends) {
                let own = &mut self.micros[begin..end as usize];
                own.sort_unstable();
                room.extend(own.iter().map(|&short| i64::from(short)));
                if own.last() == Some(&LONG) {
                    lengthen(&mut room, &self.long, row.cell);
                }
                begin = end as usize;
            }
            let mut shown: [&[i64]; TOGETHER] = [&[]; TOGETHER];
            let mut rest = &room[..];
            let mut before = start;
            for (shown, &end) in shown.iter_mut().zip(ends) {
                (*shown, rest) = rest.split_at(end as usize - before);
                before = end as usize;
            }
            show(first, &shown[..ends.len()]);
            room.clear();
        }
    }
}

/// Puts the long durations of a cell in their places at the end.
#[cold]
fn lengthen(room: &mut [i64], long: &[(u32, i64)], cell: u32) {
    let after = long.partition_point(|&(known, _)| known <= cell);
    let of_cell = long[..after].iter().rev().take_while(|&&(known, _)| known == cell);
    for (place, &(_, micros)) in room.iter_mut().rev().zip(of_cell) {
        *place = micros;
    }
}
