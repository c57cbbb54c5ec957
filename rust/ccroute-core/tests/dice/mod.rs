//! A small generator of numbers, the same on every machine (splitmix64), and how many of
//! them a tester wants.

// Each test binary takes the part it needs.
#![allow(dead_code)]

/// A seeded source of choices.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `sides`.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll() % sides as u64).expect("below a usize")
    }

    /// True `times` out of `of`.
    pub(crate) fn chance(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }

    /// One of several; `None` of none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }
}

/// A number from the environment: how much and what to generate is the tester's choice.
pub(crate) fn chosen(name: &str, default: u32) -> u32 {
    #[expect(clippy::disallowed_methods, reason = "a test run is set from outside")]
    let chosen = std::env::var(name);
    chosen.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}
