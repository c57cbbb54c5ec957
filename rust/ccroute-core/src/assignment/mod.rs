//! Batch assignment: many contacts and many agents at once, each with the other's cost where
//! they suit; who takes whom at the least total. It knows no router, no queue and no skills.

mod amount;
mod auction;
mod augment;
mod cardinality;
mod edges;
mod shortlist;
#[cfg(test)]
mod tests;

use crate::error::{Rejection, RejectionCode};
use cardinality::Cardinality;
pub use edges::Column;
use edges::{Range, Rows};

/// No row, no column.
const NONE: u32 = u32::MAX;

/// No cost is beyond this, above or below zero.
pub const GREATEST_COST: i64 = 1 << 38;

/// No more contacts and no more agents than this.
pub const MOST: usize = 1 << 20;

/// Who takes whom: per contact the number of its agent, `None` for those who stay waiting.
///
/// Contact `c` suits the agents `agents[starts[c]..starts[c + 1]]`, ascending, each at the
/// cost of the same place, of any sign; `count` is how many agents there are. An agent takes
/// one contact at most. As many contacts as possible are placed, and of all ways to place so
/// many one of the least total cost is chosen; which of several, is not said, but the same
/// input always gives the same.
///
/// # Errors
///
/// `InvalidValue`, naming the first value that is wrong and what would be right.
///
/// ```
/// // Contact 0 suits agents 0 and 1, contact 1 agent 0 alone, contact 2 nobody.
/// let found = ccroute_core::assign(&[0, 2, 3, 3], &[0, 1, 0], &[1, 5, 7], 2).unwrap();
/// assert_eq!(found, [Some(1), Some(0), None]);
/// ```
pub fn assign<S: Column, I: Column>(
    starts: &[S],
    agents: &[I],
    costs: &[i64],
    count: usize,
) -> Result<Vec<Option<usize>>, Rejection> {
    let range = check(starts, agents, costs, count)?;
    let rows = Rows { starts, columns: agents, costs, width: count };
    let taken = place(&rows, range);
    let agent = |&column: &u32| (column != NONE).then_some(column as usize);
    Ok(taken.iter().map(agent).collect())
}

/// The column of each row, `NONE` for rows that are not served.
fn place<S: Column, I: Column>(rows: &Rows<'_, S, I>, range: Range) -> Vec<u32> {
    let greatest = Cardinality::of(rows);
    if greatest.is_full {
        return serve_all(rows, range);
    }
    // Who competes for contested columns does so in vain elsewhere, and uses all of them; the
    // others are all served, by other columns: two tasks, each full on one side.
    let mut taken = vec![NONE; rows.len()];
    let [(these, open), (those, contested)] = greatest.halves();
    let part = rows.part(&these, &open);
    for (&row, column) in these.iter().zip(serve_all(&part.rows(), range)) {
        taken[row as usize] = open[column as usize];
    }
    let turned = rows.part(&those, &contested).turned();
    for (&column, row) in contested.iter().zip(serve_all(&turned.rows(), range)) {
        taken[those[row as usize] as usize] = column;
    }
    taken
}

/// The column of each row at the least total, where every row can be served.
fn serve_all<S: Column, I: Column>(rows: &Rows<'_, S, I>, range: Range) -> Vec<u32> {
    let fought = (rows.len() > 0 && rows.len() == rows.width).then(|| {
        auction::solve::<i32, S, I>(rows, range)
            .or_else(|| auction::solve::<i64, S, I>(rows, range))
    });
    fought.flatten().unwrap_or_else(|| augment::solve(rows, range))
}

fn check<S: Column, I: Column>(
    starts: &[S],
    agents: &[I],
    costs: &[i64],
    count: usize,
) -> Result<Range, Rejection> {
    let refused = |message| Err(Rejection::new(RejectionCode::InvalidValue, message));
    let start = |row: usize| -> i64 { starts[row].into() };
    let edges = agents.len();
    if starts.is_empty() || start(0) != 0 || start(starts.len() - 1) != edges as i64 {
        return refused(format!(
            "indptr does not lead from 0 to the {edges} indices: give one more than there are \
             contacts, the first 0, the last {edges}"
        ));
    }
    if costs.len() != edges {
        let found = costs.len();
        return refused(format!("{found} costs for {edges} indices: give one for each"));
    }
    for (what, number) in [("contacts", starts.len() - 1), ("agents", count)] {
        if number > MOST {
            return refused(format!("{number} {what}: give {MOST} at most, in several batches"));
        }
    }
    for row in 0..starts.len() - 1 {
        let (from, to) = (start(row), start(row + 1));
        if from > to || to > edges as i64 {
            return refused(format!(
                "indptr[{}] is {to} after {from}: give ascending places among {edges} indices",
                row + 1
            ));
        }
        let columns = &agents[from as usize..to as usize];
        if let Err(wrong) = check_row(row, columns, count) {
            return refused(wrong);
        }
    }
    let range = Range::of(costs);
    if range.least < -GREATEST_COST || range.greatest > GREATEST_COST {
        let beyond = |cost: &i64| !(-GREATEST_COST..=GREATEST_COST).contains(cost);
        let place = costs.iter().position(beyond).expect("one of the extremes is");
        return refused(format!(
            "costs[{place}] is {}: give costs between -2**38 and 2**38, in a coarser unit",
            costs[place]
        ));
    }
    Ok(range)
}

/// What is wrong with the agents of a contact.
fn check_row<I: Column>(row: usize, columns: &[I], count: usize) -> Result<(), String> {
    let numbers = || columns.iter().map(|&column| -> i64 { column.into() });
    let is_fine =
        columns.windows(2).fold(true, |fine, pair| fine & (pair[0].into() < pair[1].into()))
            && numbers().next().is_none_or(|first| first >= 0)
            && numbers().last().is_none_or(|last| last < count as i64);
    if is_fine {
        return Ok(());
    }
    let mut before = -1;
    for agent in numbers() {
        if !(0..count as i64).contains(&agent) {
            return Err(format!(
                "contact {row} names agent {agent}: give numbers from 0, below agents={count}"
            ));
        }
        if agent == before {
            return Err(format!("contact {row} names agent {agent} twice: give each pair once"));
        }
        if agent < before {
            return Err(format!(
                "contact {row} names agent {agent} after {before}: sort the agents of each \
                 contact, costs with them"
            ));
        }
        before = agent;
    }
    Ok(())
}
