//! The durations of a cell while they are few, in no order. Most cells of agents have two or three:
//! those need no memory of their own. What is counted of them does not belong here.

use super::fields::Timing;
use serde::{Deserialize, Serialize};

/// Bits of a sample that say its kind.
const BITS: u32 = 3;
const _: () = assert!(Timing::ALL.len() <= 1 << BITS, "a kind is three bits, and a bit of a byte");

/// So many lie in the cell itself.
const WITHIN: usize = 3;
/// Beyond those there is room for so many from the first on.
const FIRST: usize = 8;

/// A duration above zero and its kind in one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Sample(i64);

impl Sample {
    #[inline]
    pub(super) fn of(kind: Timing, micros: i64) -> Self {
        Self(micros << BITS | kind as i64)
    }

    #[inline]
    pub(super) fn micros(self) -> i64 {
        self.0 >> BITS
    }

    pub(super) fn kind(self) -> Timing {
        Timing::ALL[(self.0 & ((1 << BITS) - 1)) as usize]
    }

    #[inline]
    pub(super) fn is(self, kind: Timing) -> bool {
        self.0 & ((1 << BITS) - 1) == kind as i64
    }
}

/// Samples of every kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    /// The first of them; zero where there is none.
    within: [Sample; WITHIN],
    /// How many those are.
    len: u8,
    beyond: Vec<Sample>,
}

impl Samples {
    #[inline(always)]
    pub(super) fn push(&mut self, sample: Sample) {
        if let Some(place) = self.within.get_mut(usize::from(self.len)) {
            *place = sample;
            self.len += 1;
            return;
        }
        if self.beyond.len() == self.beyond.capacity() {
            self.make_room();
        }
        self.beyond.push(sample);
    }

    /// Room for as many again, and for some from the start.
    #[cold]
    fn make_room(&mut self) {
        self.beyond.reserve_exact(self.beyond.len().max(FIRST));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Sample> + Clone + '_ {
        self.within[..usize::from(self.len)].iter().chain(&self.beyond).copied()
    }

    /// Takes one out; whether it was there.
    pub(super) fn take(&mut self, sample: Sample) -> bool {
        if let Some(row) = self.beyond.iter().position(|&known| known == sample) {
            self.beyond.swap_remove(row);
            return true;
        }
        let within = &mut self.within[..usize::from(self.len)];
        let Some(row) = within.iter().position(|&known| known == sample) else { return false };
        if let Some(last) = self.beyond.pop() {
            within[row] = last;
        } else {
            self.len -= 1;
            within.swap(row, usize::from(self.len));
        }
        true
    }

    /// Takes all of a kind out.
    pub(super) fn take_all(&mut self, kind: Timing) {
        let before = core::mem::take(self);
        before.iter().filter(|sample| !sample.is(kind)).for_each(|sample| self.push(sample));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl FromIterator<Sample> for Samples {
    fn from_iter<I: IntoIterator<Item = Sample>>(samples: I) -> Self {
        let mut all = Self::default();
        samples.into_iter().for_each(|sample| all.push(sample));
        all
    }
}
