//! The histogram against the sorted list of its samples.

use proptest::prelude::*;

use super::*;

fn filled(samples: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    for &micros in samples {
        histogram.record(Span::from_micros(micros.cast_signed()).unwrap());
    }
    histogram
}

/// The nearest-rank quantile of the samples themselves, in seconds.
fn truth(samples: &[u64], millionths: u32) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let rank = (u64::from(millionths) * sorted.len() as u64).div_ceil(1_000_000).max(1);
    sorted[rank as usize - 1] as f64 / 1e6
}

const SHARES: [u32; 8] = [0, 1, 100_000, 500_000, 900_000, 950_000, 999_999, 1_000_000];

/// Waits as centres have them: many zero, many at one time-out, a long tail.
fn samples() -> impl Strategy<Value = Vec<u64>> {
    let wait = prop_oneof![
        2 => Just(0u64),
        1 => Just(45_000_000u64),
        4 => 1u64..600_000_000,
        2 => (1u32..55).prop_flat_map(|bits| 1u64..(1 << bits)),
    ];
    prop::collection::vec(wait, 0..700)
}

proptest! {
    #[test]
    fn quantiles_are_exact_then_within_the_bound(samples in samples()) {
        let histogram = filled(&samples);
        prop_assert_eq!(histogram.count_all(), samples.len() as u64);
        for share in SHARES {
            let Some(read) = histogram.quantile(share) else {
                prop_assert!(samples.is_empty());
                continue;
            };
            let true_value = truth(&samples, share);
            if histogram.is_exact() || true_value == 0.0 {
                prop_assert_eq!(read, true_value);
            } else {
                prop_assert!((read / true_value - 1.0).abs() <= 0.0055, "{} {}", read, true_value);
            }
        }
    }

    #[test]
    fn merging_in_any_order_equals_counting_at_once(parts in prop::collection::vec(samples(), 1..4)) {
        let all = filled(&parts.concat());
        let mut forward = Histogram::default();
        parts.iter().for_each(|part| forward.merge(&filled(part)));
        let mut backward = Histogram::default();
        parts.iter().rev().for_each(|part| backward.merge(&filled(part)));
        prop_assert_eq!(&forward, &all);
        prop_assert_eq!(&backward, &all);
        prop_assert_eq!(all.is_exact(), parts.concat().iter().filter(|&&w| w > 0).count() <= 256);
    }

    #[test]
    fn saved_and_read_back_it_is_the_same(samples in samples()) {
        let histogram = filled(&samples);
        let mut reversed = samples.clone();
        reversed.reverse();
        let bytes = postcard::to_stdvec(&histogram).unwrap();
        prop_assert_eq!(&bytes, &postcard::to_stdvec(&filled(&reversed)).unwrap());
        let restored: Histogram = postcard::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&restored, &histogram);
        prop_assert_eq!(restored.quantile(500_000), histogram.quantile(500_000));
    }
}

#[test]
fn quantile_is_the_nearest_rank() {
    let histogram = filled(&[1_000_000, 2_000_000, 3_000_000, 4_000_000]);
    assert_eq!(histogram.quantile(250_000), Some(1.0));
    assert_eq!(histogram.quantile(250_001), Some(2.0));
    assert_eq!(histogram.quantile(500_000), Some(2.0));
    assert_eq!(histogram.quantile(1_000_000), Some(4.0));
    assert_eq!(Histogram::default().quantile(500_000), None);
}
