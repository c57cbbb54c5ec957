//! What a visit adds to its cell where nothing is asked but its course and its wait: there are
//! few such visits, so each is counted once, beforehand, and then added as a whole, without a
//! branch that nobody can foretell.

use super::columns::{BLOCK, Block, VisitColumns};
use super::counting::Tally;
use super::places::NOWHERE;

/// Courses, first visits and others, waits of nothing and above: a bit or two each.
const KINDS: usize = 4 * 2 * 2;

/// The most lanes there are: whether any, five counts, and the zeros of three kinds of waits, in
/// fours.
const MOST_LANES: usize = 12;

/// What the visits of each kind add.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates {
    lanes: [[u32; MOST_LANES]; KINDS],
    /// By durations and kind: whether the wait is one of them.
    samples: [[bool; KINDS]; 3],
}

impl Templates {
    /// Those of a tally that is empty.
    pub(super) fn of(tally: &Tally) -> Self {
        let mut templates = Self::default();
        let courses: Vec<u8> = (0..KINDS).map(|kind| (kind >> 2) as u8).collect();
        let visits: Vec<u32> = (0..KINDS).map(|kind| 2 - (kind >> 1 & 1) as u32).collect();
        let waits: Vec<i64> = (0..KINDS).map(|kind| (kind & 1) as i64).collect();
        let columns = VisitColumns {
            entered: &[0; KINDS],
            course: Some(&courses),
            visit: Some(&visits),
            wait: Some(&waits),
            ..VisitColumns::default()
        };
        let block = columns.block(0, None);
        for (kind, lanes) in templates.lanes.iter_mut().enumerate() {
            let mut one = tally.clone();
            one.reach(1);
            one.reserve();
            one.count_visit(&block.visit(kind), 0);
            lanes[..one.width].copy_from_slice(&one.lanes);
            for (durations, samples) in one.durations.iter().zip(&mut templates.samples) {
                samples[kind] = durations.lengths.len() > 0;
            }
        }
        templates
    }

    /// Counts the rows of a block in their cells.
    pub(super) fn count(&self, tally: &mut Tally, block: &Block<'_>, cells: &[u32; BLOCK]) {
        match tally.width {
            4 => self.count_by::<4>(tally, block, cells),
            8 => self.count_by::<8>(tally, block, cells),
            _ => self.count_by::<MOST_LANES>(tally, block, cells),
        }
    }

    fn count_by<const LANES: usize>(
        &self,
        tally: &mut Tally,
        block: &Block<'_>,
        cells: &[u32; BLOCK],
    ) {
        let mut kinds = [0u8; BLOCK];
        let (waits, kinds) = (block.waits(), &mut kinds[..block.len()]);
        for (row, kind) in kinds.iter_mut().enumerate() {
            let (is_first, waited) = (block.is_first(row), waits[row] > 0);
            *kind = block.course(row) << 2 | u8::from(is_first) << 1 | u8::from(waited);
        }
        let (lines, _) = tally.lanes.as_chunks_mut::<LANES>();
        let mut lanes = [[0; LANES]; KINDS];
        for (lanes, all) in lanes.iter_mut().zip(&self.lanes) {
            lanes.copy_from_slice(&all[..LANES]);
        }
        for (&cell, &kind) in cells.iter().zip(&*kinds) {
            if cell != NOWHERE {
                let line = &mut lines[cell as usize];
                for (lane, n) in line.iter_mut().zip(&lanes[usize::from(kind) % KINDS]) {
                    *lane += n;
                }
            }
        }
        for (durations, samples) in tally.durations.iter_mut().zip(&self.samples) {
            let all = cells.iter().zip(&*kinds).zip(waits).map(|((&cell, &kind), &wait)| {
                (samples[usize::from(kind) % KINDS] & (cell != NOWHERE), cell, wait)
            });
            durations.lengths.add_those(all);
        }
    }
}
