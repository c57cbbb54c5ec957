//! Counts by bucket (see `bucket.rs`): a sorted list while few buckets are touched, a plain
//! vector after. Adding and taking away are exact and order-free. Zeros, sums and exact
//! samples do not belong here.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Buckets kept as a sorted list; with more, a vector is smaller and faster.
const SPARSE: usize = 96;

#[derive(Clone, Debug)]
enum Store {
    /// (bucket, count), ascending, no count zero.
    Sparse(Vec<(i16, u64)>),
    /// Counts from bucket `first` on.
    Dense { first: i16, counts: Vec<u64> },
}

/// Counts by bucket.
#[derive(Clone, Debug)]
pub(crate) struct Buckets(Store);

impl Default for Buckets {
    fn default() -> Self {
        Self(Store::Sparse(Vec::new()))
    }
}

impl Buckets {
    /// Adds `n` to a bucket.
    pub(crate) fn add(&mut self, index: i16, n: u64) {
        match &mut self.0 {
            Store::Sparse(counts) => {
                match counts.binary_search_by_key(&index, |&(at, _)| at) {
                    Ok(row) => counts[row].1 += n,
                    Err(row) => counts.insert(row, (index, n)),
                }
                self.widen();
            }
            Store::Dense { first, counts } => {
                reach(first, counts, index, index);
                counts[(index - *first) as usize] += n;
            }
        }
    }

    /// Counts from bucket `low` to `high`, to be added to.
    pub(crate) fn between(&mut self, low: i16, high: i16) -> &mut [u64] {
        self.make_dense(low);
        let Store::Dense { first, counts } = &mut self.0 else {
            unreachable!("it was just made so")
        };
        reach(first, counts, low, high);
        &mut counts[(low - *first) as usize..=(high - *first) as usize]
    }

    /// Takes one from a bucket that holds some.
    pub(crate) fn take(&mut self, index: i16) {
        match &mut self.0 {
            Store::Sparse(counts) => {
                let row = counts.binary_search_by_key(&index, |&(at, _)| at);
                let row = row.expect("what is taken was counted");
                counts[row].1 -= 1;
                if counts[row].1 == 0 {
                    counts.remove(row);
                }
            }
            Store::Dense { first, counts } => counts[(index - *first) as usize] -= 1,
        }
    }

    /// Adds all of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        match &other.0 {
            Store::Sparse(counts) => counts.iter().for_each(|&(at, n)| self.add(at, n)),
            Store::Dense { first, counts } => self.merge_dense(*first, counts),
        }
    }

    /// The buckets that are not empty, ascending.
    pub(crate) fn list(&self) -> Vec<(i16, u64)> {
        match &self.0 {
            Store::Sparse(counts) => counts.clone(),
            Store::Dense { first, counts } => {
                (*first..).zip(counts.iter().copied()).filter(|&(_, n)| n > 0).collect()
            }
        }
    }

    /// The bucket of the `rank`-th smallest sample, from 1.
    pub(crate) fn at_rank(&self, rank: u64) -> Option<i16> {
        let mut left = rank;
        let mut pass = |n: u64| {
            let found = left <= n;
            left = left.saturating_sub(n);
            found
        };
        match &self.0 {
            Store::Sparse(counts) => counts.iter().find(|&&(_, n)| pass(n)).map(|&(at, _)| at),
            Store::Dense { first, counts } => {
                let row = counts.iter().position(|&n| pass(n))?;
                i16::try_from(row).ok().map(|row| first + row)
            }
        }
    }

    fn merge_dense(&mut self, start: i16, more: &[u64]) {
        if let (Store::Dense { first, counts }, Some(last)) =
            (&mut self.0, more.len().checked_sub(1))
        {
            let last = start + i16::try_from(last).expect("as many buckets as indexes");
            reach(first, counts, start, last);
            let room = &mut counts[(start - *first) as usize..];
            room.iter_mut().zip(more).for_each(|(ours, theirs)| *ours += theirs);
        } else {
            let touched = (start..).zip(more).filter(|&(_, &n)| n > 0);
            touched.for_each(|(index, &n)| self.add(index, n));
        }
    }

    /// Goes from the list to the vector once enough buckets are touched.
    fn widen(&mut self) {
        if let Store::Sparse(list) = &self.0
            && list.len() > SPARSE
        {
            let low = list[0].0;
            self.make_dense(low);
        }
    }

    /// Goes from the list to the vector, which begins at `low` where the list is empty.
    fn make_dense(&mut self, low: i16) {
        if let Store::Sparse(list) = &self.0 {
            let (mut first, mut counts) = (low, Vec::new());
            for &(index, n) in list {
                reach(&mut first, &mut counts, index, index);
                counts[(index - first) as usize] = n;
            }
            self.0 = Store::Dense { first, counts };
        }
    }
}

/// Makes room in `counts`, which begins at bucket `first`, for the buckets `low..=high`.
fn reach(first: &mut i16, counts: &mut Vec<u64>, low: i16, high: i16) {
    if counts.is_empty() {
        *first = low;
    }
    if low < *first {
        let missing = (*first - low) as usize;
        counts.splice(0..0, std::iter::repeat_n(0, missing));
        *first = low;
    }
    let wanted = (high - *first) as usize + 1;
    if wanted > counts.len() {
        counts.resize(wanted, 0);
    }
}

/// The same counts, however they happen to be kept.
impl PartialEq for Buckets {
    fn eq(&self, other: &Self) -> bool {
        self.list() == other.list()
    }
}

impl Eq for Buckets {}

impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Buckets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut buckets = Self(Store::Sparse(Deserialize::deserialize(deserializer)?));
        buckets.widen();
        Ok(buckets)
    }
}
