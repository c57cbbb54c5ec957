//! Counts of different values: exact while few, close when many, the same by any way.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::uniques::Uniques;

/// The standard error of 4,096 registers.
const ERROR: f64 = 1.04 / 64.0;

/// A hash of `number` (SplitMix64), different for different numbers.
fn hashed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn filled(values: impl IntoIterator<Item = u64>) -> Uniques {
    let mut uniques = Uniques::default();
    values.into_iter().for_each(|value| uniques.insert(value));
    uniques
}

fn bytes(uniques: &Uniques) -> Vec<u8> {
    postcard::to_stdvec(uniques).unwrap()
}

#[test]
fn few_are_counted_exactly() {
    let mut uniques = filled((0..512).chain(0..512).map(hashed));
    assert_eq!((uniques.count(), uniques.is_exact()), (512, true));
    uniques.insert(hashed(512));
    assert!(!uniques.is_exact());
    assert!(uniques.count().abs_diff(513) <= 513 / 20, "{}", uniques.count());
    assert_eq!(Uniques::default().count(), 0);
}

#[test]
fn many_are_counted_within_three_standard_errors() {
    // Forty counts of each size; numbers in a row do as well as hashes.
    for size in [600, 1_000, 3_000, 10_000, 12_000, 30_000, 100_000] {
        let mut squares = 0.0;
        for round in 0..40 {
            let values = (round * size..(round + 1) * size)
                .map(|n| if round % 2 == 0 { hashed(n) } else { n });
            let error = filled(values).count() as f64 / size as f64 - 1.0;
            assert!(error.abs() <= 3.0 * ERROR, "{size} different: {error} off");
            squares += error * error;
        }
        let spread = (squares / 40.0).sqrt();
        assert!(spread <= 1.25 * ERROR, "{size} different: {spread} off on the average");
    }
}

#[test]
fn bytes_are_pinned() {
    // Spelled out, so that another release of the library which encodes otherwise is noticed.
    let bytes = bytes(&filled((0..5_000).map(hashed)));
    assert_eq!(bytes.len(), 1 + 2 + 40 + 4_096 * 6 / 8 + 1);
    assert_eq!(bytes[..11], [1, 0xa9, 0x18, 10, 1, 7, 12, 0, 16, 0, 6]);
    let sum = bytes.iter().fold(0u64, |sum, &byte| hashed(sum ^ u64::from(byte)));
    assert_eq!(sum, 17_296_314_126_603_830_424);
}

#[test]
fn what_is_not_ours_is_not_read() {
    let good = bytes(&filled((0..600).map(hashed)));
    for place in [3, 4, 5, 6, 10] {
        let mut bad = good.clone();
        bad[place] ^= 1;
        assert!(postcard::from_bytes::<Uniques>(&bad).is_err(), "byte {place}");
    }
    // What the bytes say of the registers is reckoned anew.
    let mut forged = good.clone();
    forged[12..35].fill(0xff);
    let read: Uniques = postcard::from_bytes(&forged).unwrap();
    assert_eq!(bytes(&read), good);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_merge_tree_gives_the_same_bytes(
        parts in prop::collection::vec((0u64..2_000, 0u64..900), 1..6), seed in any::<u64>(),
    ) {
        let values = |&(first, count): &(u64, u64)| (first..first + count).map(hashed);
        let all: BTreeSet<u64> = parts.iter().flat_map(values).collect();
        let whole = filled(all.iter().copied());
        prop_assert_eq!(whole.is_exact(), all.len() <= 512);
        let backwards = filled(parts.iter().rev().flat_map(|part| values(part).rev()));
        prop_assert_eq!(bytes(&backwards), bytes(&whole));

        let mut trees: Vec<Uniques> = parts.iter().map(|part| filled(values(part))).collect();
        let mut chance = seed;
        while trees.len() > 1 {
            chance = hashed(chance);
            let part = trees.swap_remove(chance as usize % trees.len());
            let into = (chance >> 32) as usize % trees.len();
            trees[into].merge(&part);
        }
        prop_assert_eq!(bytes(&trees[0]), bytes(&whole));
        prop_assert_eq!(trees[0].count(), whole.count());
        if whole.is_exact() {
            prop_assert_eq!(whole.count(), all.len() as u64);
        }
    }

    #[test]
    fn saved_and_read_back_it_is_the_same(count in 0u64..3_000, more in 0u64..600) {
        let mut uniques = filled((0..count).map(hashed));
        let mut restored: Uniques = postcard::from_bytes(&bytes(&uniques)).unwrap();
        prop_assert_eq!(&restored, &uniques);
        prop_assert_eq!(restored.count(), uniques.count());
        for value in (count..count + more).map(hashed) {
            restored.insert(value);
            uniques.insert(value);
        }
        prop_assert_eq!(bytes(&restored), bytes(&uniques));
        prop_assert_eq!(restored.count(), uniques.count());
    }
}
