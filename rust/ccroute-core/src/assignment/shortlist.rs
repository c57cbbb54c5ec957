//! The few best columns of each row, so that a bid seldom reads the whole row: prices only ever
//! rise, so whatever was left off the list costs no less than it did then.

use super::amount::Amount;
use super::edges::{Column, Rows};

/// Columns kept a row.
const KEPT: usize = 12;
/// How many are at least wanted when a list is made anew.
const LANES: usize = 4;

#[derive(Clone, Copy)]
pub(super) struct Edge<A> {
    pub(super) cost: A,
    pub(super) column: u32,
}

struct Kept<A> {
    costs: [A; KEPT],
    columns: [u32; KEPT],
    /// What is not kept comes to this or more.
    rest: A,
}

/// What a row finds at the prices of now: cost and price together.
#[derive(Clone, Copy)]
pub(super) struct Best<A> {
    /// The least of all.
    pub(super) least: A,
    pub(super) column: u32,
    /// No other is below this; `FAR` when there is no other.
    pub(super) second: A,
}

/// Edges of one's own, and the list of each row.
pub(super) struct Shortlists<A> {
    starts: Vec<usize>,
    edges: Vec<Edge<A>>,
    kept: Vec<Kept<A>>,
    /// Costs with prices, of the row that is read.
    values: Vec<A>,
}

impl<A: Amount> Shortlists<A> {
    /// Costs count from `base`, times `scale`.
    pub(super) fn new<S: Column, I: Column>(
        rows: &Rows<'_, S, I>,
        base: i64,
        scale: i64,
        prices: &[A],
    ) -> Self {
        let edge = |(&column, &cost): (&I, &i64)| Edge {
            cost: A::of((cost - base) * scale),
            column: column.into() as u32,
        };
        let starts: Vec<usize> = rows.starts.iter().map(|&start| start.into() as usize).collect();
        let longest = starts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        let mut lists = Self {
            edges: rows.columns.iter().zip(rows.costs).map(edge).collect(),
            kept: Vec::with_capacity(rows.len()),
            values: vec![A::FAR; longest],
            starts,
        };
        for row in 0..rows.len() {
            let kept = lists.read(row, prices);
            lists.kept.push(kept);
        }
        lists
    }

    /// All edges of a row.
    pub(super) fn edges_of(&self, row: usize) -> &[Edge<A>] {
        &self.edges[self.starts[row]..self.starts[row + 1]]
    }

    /// The best columns of a row. Its list is made anew when something off it may be as good.
    #[inline(always)]
    pub(super) fn best(&mut self, row: usize, prices: &[A]) -> Best<A> {
        let kept = &self.kept[row];
        let best = kept.best(prices);
        if best.least <= kept.rest {
            return best;
        }
        self.kept[row] = self.read(row, prices);
        self.kept[row].best(prices)
    }

    /// Another column that is as good, right after `best` found that there is one.
    pub(super) fn other(&self, row: usize, best: &Best<A>, prices: &[A]) -> Option<u32> {
        let kept = &self.kept[row];
        let mut those = kept.costs.iter().zip(&kept.columns).filter(|&(&cost, &place)| {
            place != best.column && cost < A::FAR && cost + prices[place as usize] == best.least
        });
        those.next().map(|(_, &place)| place)
    }

    /// What the least is not below.
    pub(super) fn floor(&self, row: usize, prices: &[A]) -> A {
        let kept = &self.kept[row];
        kept.best(prices).least.min(kept.rest)
    }

    /// The list of a row at the prices of now.
    #[inline(never)]
    fn read(&mut self, row: usize, prices: &[A]) -> Kept<A> {
        let edges = &self.edges[self.starts[row]..self.starts[row + 1]];
        let mut kept = Kept { costs: [A::FAR; KEPT], columns: [0; KEPT], rest: A::FAR };
        if edges.len() <= KEPT {
            for (place, edge) in edges.iter().enumerate() {
                (kept.costs[place], kept.columns[place]) = (edge.cost, edge.column);
            }
            return kept;
        }
        // The least of each lane: up to the greatest of them there are LANES values or more.
        let values = &mut self.values[..edges.len()];
        let mut least = [A::FAR; LANES];
        let mut some = edges.chunks_exact(LANES);
        let mut into = values.chunks_exact_mut(LANES);
        for (some, into) in (&mut some).zip(&mut into) {
            for lane in 0..LANES {
                let value = some[lane].cost + prices[some[lane].column as usize];
                into[lane] = value;
                least[lane] = least[lane].min(value);
            }
        }
        for (lane, (edge, into)) in some.remainder().iter().zip(into.into_remainder()).enumerate() {
            let value = edge.cost + prices[edge.column as usize];
            *into = value;
            least[lane] = least[lane].min(value);
        }
        least.sort_unstable();
        // Of many as good, each row sees others: they must not all want the same.
        let turn = row % values.len();
        for limit in least.into_iter().rev() {
            let mut places = [0_u32; KEPT + 1];
            let mut count = 0;
            for part in [turn..values.len(), 0..turn] {
                for (place, &value) in part.clone().zip(&values[part]) {
                    places[count.min(KEPT)] = place as u32;
                    count += usize::from(value <= limit);
                }
            }
            if count <= KEPT || limit == least[0] {
                for (at, &place) in places[..count.min(KEPT)].iter().enumerate() {
                    let edge = &edges[place as usize];
                    (kept.costs[at], kept.columns[at]) = (edge.cost, edge.column);
                }
                kept.rest = if count <= KEPT { limit + A::ONE } else { limit };
                break;
            }
        }
        kept
    }
}

impl<A: Amount> Kept<A> {
    #[inline(always)]
    fn best(&self, prices: &[A]) -> Best<A> {
        let (mut least, mut slot, mut second) = (A::FAR, 0, self.rest);
        for (place, (&cost, &column)) in self.costs.iter().zip(&self.columns).enumerate() {
            let value = cost + prices[column as usize];
            second = second.min(least.max(value));
            slot = if value < least { place } else { slot };
            least = least.min(value);
        }
        Best { least, column: self.columns[slot], second }
    }
}
