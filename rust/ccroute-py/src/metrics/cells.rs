//! Cells as rows of a structured array: every field eight bytes, sums in whole µs.

use ccroute_core::{Cell, CellRow, Durations};
use numpy::PyArrayDescr;
use pyo3::prelude::*;

use crate::arrays;

/// The fields before the ladders, all `int64` but for the squares, which are in s².
const FIELDS: [&str; 31] = [
    "start_us",
    "row",
    "channel",
    "offered",
    "answered",
    "answered_at_once",
    "abandoned",
    "left",
    "refused",
    "offers_made",
    "offers_accepted",
    "offers_declined",
    "offers_missed",
    "offers_withdrawn",
    "offers_lost",
    "conversations",
    "transferred",
    "holds",
    "handled",
    "wait_answered_us",
    "wait_abandoned_us",
    "wait_left_us",
    "talk_us",
    "hold_us",
    "wrap_up_us",
    "handle_us",
    "longest_answered_us",
    "longest_abandoned_us",
    "longest_handle_us",
    "wait_answered_s2",
    "handle_s2",
];

/// Counts by threshold, in its order.
const LADDERS: [&str; 4] =
    ["answered_within", "answered_equal", "abandoned_within", "abandoned_equal"];

/// The dtype of rows with ladders of `height` rungs.
pub(super) fn dtype(py: Python<'_>, height: usize) -> PyResult<Bound<'_, PyArrayDescr>> {
    let mut fields: Vec<Bound<'_, PyAny>> = Vec::new();
    for name in FIELDS {
        let form = if name.ends_with("_s2") { "<f8" } else { "<i8" };
        fields.push((name, form).into_pyobject(py)?.into_any());
    }
    for name in LADDERS {
        fields.push((name, "<i8", (height,)).into_pyobject(py)?.into_any());
    }
    arrays::dtype(py, fields)
}

/// The rows of [`dtype`].
pub(super) fn bytes(rows: &[CellRow], height: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(rows.len() * (FIELDS.len() + 4 * height) * 8);
    for row in rows {
        let channel = row.channel.map_or(-1, |key| count(key.index() as u64));
        for field in [row.start.micros(), count(row.index as u64), channel] {
            bytes.extend(field.to_le_bytes());
        }
        for field in integers(&row.cell) {
            bytes.extend(field.to_le_bytes());
        }
        for durations in [&row.cell.wait_answered, &row.cell.handle] {
            bytes.extend((durations.squares as f64 / 1e12).to_le_bytes());
        }
        for ladder in [&row.cell.answered_ladder, &row.cell.abandoned_ladder] {
            (0..height).for_each(|rung| bytes.extend(ladder.within(rung).to_le_bytes()));
            (0..height).for_each(|rung| bytes.extend(ladder.equal(rung).to_le_bytes()));
        }
    }
    bytes
}

/// From `offered` to `longest_handle_us`.
fn integers(cell: &Cell) -> [i64; 26] {
    let longest = |durations: &Durations| durations.longest.micros();
    [
        count(cell.offered),
        count(cell.answered),
        count(cell.wait_answered.histogram.zeros()),
        count(cell.abandoned),
        count(cell.left_in_all()),
        count(cell.refused),
        count(cell.offers.made),
        count(cell.offers.accepted),
        count(cell.offers.declined),
        count(cell.offers.missed),
        count(cell.offers.withdrawn),
        count(cell.offers.lost),
        count(cell.conversations),
        count(cell.transferred),
        count(cell.holds),
        count(cell.handle.histogram.count_all()),
        sum(cell.wait_answered.sum),
        sum(cell.wait_abandoned.sum),
        sum(cell.wait_left),
        sum(cell.talk),
        sum(cell.hold),
        sum(cell.wrap_up),
        sum(cell.handle.sum),
        longest(&cell.wait_answered),
        longest(&cell.wait_abandoned),
        longest(&cell.handle),
    ]
}

fn count(count: u64) -> i64 {
    i64::try_from(count).expect("nothing was counted 2^63 times")
}

/// A sum of microseconds; past 292,000 years it stays there.
fn sum(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(i64::MAX)
}
