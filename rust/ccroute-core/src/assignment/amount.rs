//! Costs and prices as they count inside, in 32 bits where that is enough.

use core::ops::{Add, AddAssign, Sub};

pub(super) trait Amount:
    Copy + Ord + Add<Output = Self> + AddAssign + Sub<Output = Self>
{
    /// More than any cost with its price; three of them can still be added.
    const FAR: Self;
    const ZERO: Self;
    const ONE: Self;

    /// A number that is no more than `FAR`.
    fn of(number: i64) -> Self;

    fn wide(self) -> i64;
}

impl Amount for i32 {
    const FAR: Self = Self::MAX / 4;
    const ZERO: Self = 0;
    const ONE: Self = 1;

    fn of(number: i64) -> Self {
        number as Self
    }

    fn wide(self) -> i64 {
        self.into()
    }
}

impl Amount for i64 {
    const FAR: Self = Self::MAX / 4;
    const ZERO: Self = 0;
    const ONE: Self = 1;

    fn of(number: i64) -> Self {
        number
    }

    fn wide(self) -> i64 {
        self
    }
}
