//! Durations of cells, as they come, and by cell once there are many or all are there. Nearly all
//! are shorter than an hour: they take half the room, and the few others lie beside.

use super::columns::BLOCK;
use super::places::{Order, Row};
use super::sorting::sort;

/// Rows of the answer that are read together: few enough to stay in the nearest cache.
pub(super) const TOGETHER: usize = 64;

/// So many durations are put by cell before more are taken: they stay in a near cache meanwhile.
const MANY: usize = if cfg!(test) { 1 << 9 } else { 1 << 19 };

/// And so many times as many as there are cells.
const MANY_A_CELL: usize = 4;

/// In the place of a duration that is as long or longer.
const LONG: u32 = u32::MAX;

/// A chunk has room for so many durations at least and at most: chunks are never copied to grow.
const CHUNKS: [usize; 2] = [1 << 10, 1 << 16];

/// Durations in microseconds and the cells they are of, so far.
#[derive(Clone, Debug, Default)]
struct Chunk {
    cells: Vec<u32>,
    micros: Vec<u32>,
    /// How many there are; behind them is room.
    len: usize,
}

fn shortened(micros: i64) -> u32 {
    u32::try_from(micros).unwrap_or(LONG)
}

/// Durations and the cells they are of.
#[derive(Clone, Debug, Default)]
pub(super) struct Lengths {
    full: Vec<Chunk>,
    last: Chunk,
    /// Room that was used before.
    spare: Vec<Chunk>,
    /// The long ones and their cells.
    long: Vec<(u32, i64)>,
    /// Those that were put by cell.
    by_cell: Vec<ByCell>,
}

impl Lengths {
    /// Has room for one of each visit of a block.
    #[inline]
    pub(super) fn reserve(&mut self) {
        // One more: what does not fit is written and left lying.
        if self.last.micros.len() < self.last.len + BLOCK + 1 {
            let [least, most] = CHUNKS;
            let fresh = self.spare.pop().unwrap_or_else(|| {
                let room = (2 * self.last.micros.len()).clamp(least, most);
                Chunk { cells: vec![0; room], micros: vec![0; room], len: 0 }
            });
            self.full.push(core::mem::replace(&mut self.last, fresh));
        }
    }

    /// Adds a duration, or not.
    #[inline(always)]
    pub(super) fn add_if(&mut self, fits: bool, cell: u32, micros: i64) {
        let (chunk, short) = (&mut self.last, shortened(micros));
        chunk.micros[chunk.len] = short;
        chunk.cells[chunk.len] = cell;
        chunk.len += usize::from(fits);
        if short == LONG {
            self.add_long(fits, cell, micros);
        }
    }

    /// Adds durations and their cells, at most a block, of which those count that fit: which they
    /// are nobody can foretell, so there is no branch.
    #[inline(always)]
    pub(super) fn add_those(&mut self, all: impl Iterator<Item = (bool, u32, i64)> + Clone) {
        let chunk = &mut self.last;
        let (cells, micros) = (&mut chunk.cells[chunk.len..], &mut chunk.micros[chunk.len..]);
        let (cells, micros) = (&mut cells[..=BLOCK], &mut micros[..=BLOCK]);
        let (mut at, mut any_long) = (0, false);
        for (fits, cell, length) in all.clone() {
            let short = shortened(length);
            cells[at] = cell;
            micros[at] = short;
            at += usize::from(fits);
            any_long |= short == LONG;
        }
        chunk.len += at;
        if any_long {
            let long = all.filter(|&(_, _, length)| shortened(length) == LONG);
            long.for_each(|(fits, cell, length)| self.add_long(fits, cell, length));
        }
    }

    #[cold]
    fn add_long(&mut self, fits: bool, cell: u32, micros: i64) {
        if fits {
            self.long.push((cell, micros));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.chunks().map(|chunk| chunk.len).sum()
    }

    fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.full.iter().chain([&self.last])
    }

    /// Puts those so far by cell, if there are many.
    #[inline]
    pub(super) fn put_many(&mut self, order: Order) {
        if self.full.len() * CHUNKS[1] >= MANY
            && self.len() >= MANY.max(MANY_A_CELL * order.cells())
        {
            self.put(order);
        }
    }

    /// Puts those so far by cell, in the order of the answer.
    pub(super) fn put(&mut self, order: Order) {
        let mut counts = vec![0u32; order.cells()];
        for chunk in self.chunks() {
            chunk.cells[..chunk.len].iter().for_each(|&cell| counts[cell as usize] += 1);
        }
        // From now on: where the next one of the cell goes.
        let mut next = counts;
        let (mut ends, mut end) = (Vec::with_capacity(order.cells()), 0);
        order.each(|cell| {
            end += core::mem::replace(&mut next[cell], end);
            ends.push(end);
        });
        let mut micros = vec![0; self.len() + AT_ONCE];
        for chunk in self.chunks() {
            for (&cell, &short) in chunk.cells[..chunk.len].iter().zip(&chunk.micros) {
                let place = &mut next[cell as usize];
                micros[*place as usize] = short;
                *place += 1;
            }
        }
        let mut long = core::mem::take(&mut self.long);
        long.sort_unstable();
        self.by_cell.push(ByCell { micros, ends, long });
        self.last.len = 0;
        self.spare.extend(self.full.drain(..).map(|chunk| Chunk { len: 0, ..chunk }));
        // The first have less room than is needed by now.
        self.spare.retain(|chunk| chunk.micros.len() == CHUNKS[1]);
    }

    /// Those that were put by cell: all, once the last were.
    pub(super) fn by_cell(&self) -> &[ByCell] {
        &self.by_cell
    }
}

/// Durations by cell, in the order of the answer, and where those of each cell end.
#[derive(Clone, Debug)]
pub(super) struct ByCell {
    micros: Vec<u32>,
    ends: Vec<u32>,
    /// By cell, ascending.
    long: Vec<(u32, i64)>,
}

/// Behind the durations of all cells lies room, so that they can be copied so many at a time.
const AT_ONCE: usize = 16;

impl ByCell {
    /// Copies the durations of the cell at a place to a place in room; how many there were.
    #[inline(always)]
    fn copy(&self, place: usize, room: &mut Vec<u32>, to: usize) -> usize {
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
        let len = self.ends[place] as usize - begin;
        let most = to + len.next_multiple_of(AT_ONCE) + AT_ONCE;
        if room.len() < most {
            room.resize(most, LONG);
        }
        for at in (0..len).step_by(AT_ONCE) {
            let from = &self.micros[begin + at..][..AT_ONCE];
            room[to + at..][..AT_ONCE].copy_from_slice(from);
        }
        len
    }
}

/// Shows the durations of rows, ascending, some rows at a time: the place of the first among them,
/// and those of each. A row has those that its cell has in any of the parts.
pub(super) fn each_few(
    parts: &[&ByCell],
    order: Order,
    rows: &[Row],
    mut show: impl FnMut(usize, &[&[i64]]),
) {
    let (mut own, mut room) = (Vec::new(), Vec::new());
    for (few, rows) in rows.chunks(TOGETHER).enumerate() {
        let begin = few * TOGETHER;
        let (mut ends, mut end) = ([0; TOGETHER], 0);
        for (row, row_end) in rows.iter().zip(&mut ends) {
            let (place, mut len) = (order.place(row), 0);
            for part in parts {
                len += part.copy(place, &mut own, len);
            }
            sort(&mut own, len);
            widen(&own, len, &mut room, end);
            if len > 0 && own[len - 1] == LONG {
                lengthen(&mut room[end..end + len], parts, row.cell);
            }
            end += len;
            *row_end = end;
        }
        let (mut shown, mut start): ([&[i64]; TOGETHER], _) = ([&[]; TOGETHER], 0);
        for (shown, &end) in shown[..rows.len()].iter_mut().zip(&ends) {
            *shown = &room[start..end];
            start = end;
        }
        show(begin, &shown[..rows.len()]);
    }
}

/// Writes the first of some durations to a place in room, and whatever lies behind them.
#[inline(always)]
fn widen(own: &[u32], len: usize, room: &mut Vec<i64>, to: usize) {
    let most = to + len.next_multiple_of(AT_ONCE);
    if room.len() < most {
        room.resize(2 * most, 0);
    }
    for at in (0..len).step_by(AT_ONCE) {
        let from = &own[at..][..AT_ONCE];
        for (to, &short) in room[to + at..][..AT_ONCE].iter_mut().zip(from) {
            *to = short.into();
        }
    }
}

/// Puts the long durations of a cell in their places at the end.
#[cold]
fn lengthen(room: &mut [i64], parts: &[&ByCell], cell: u32) {
    let mut of_cell = Vec::new();
    for ByCell { long, .. } in parts {
        let from = long.partition_point(|&(known, _)| known < cell);
        let own = long[from..].iter().take_while(|&&(known, _)| known == cell);
        of_cell.extend(own.map(|&(_, micros)| micros));
    }
    of_cell.sort_unstable();
    for (place, &micros) in room.iter_mut().rev().zip(of_cell.iter().rev()) {
        *place = micros;
    }
}
