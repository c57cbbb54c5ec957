//! The distribution against the sorted list of its samples, recorded and merged.

use proptest::prelude::*;

use super::*;

fn filled(samples: &[u64]) -> Distribution {
    let (mut all, ladder) = (Distribution::default(), Thresholds::default());
    samples.iter().for_each(|&micros| all.record(micros_of(micros), &ladder));
    all
}

pub(super) fn micros_of(micros: u64) -> Span {
    Span::from_micros(micros.cast_signed()).unwrap()
}

/// The nearest-rank quantile of the samples themselves, in seconds.
fn truth(samples: &[u64], millionths: u32) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let rank = (u64::from(millionths) * sorted.len() as u64).div_ceil(1_000_000).max(1);
    sorted[rank as usize - 1] as f64 / 1e6
}

pub(super) const SHARES: [u32; 8] = [0, 1, 100_000, 500_000, 900_000, 950_000, 999_999, 1_000_000];

/// Waits as centres have them: many zero, many at one time-out, a long tail.
pub(super) fn samples() -> impl Strategy<Value = Vec<u64>> {
    let wait = prop_oneof![
        2 => Just(0u64),
        1 => Just(45_000_000u64),
        4 => 1u64..600_000_000,
        2 => (1u32..55).prop_flat_map(|bits| 1u64..(1 << bits)),
    ];
    prop::collection::vec(wait, 0..700)
}

/// One shape of samples: log-normal, spikes, two humps, the edges of buckets.
fn shaped() -> impl Strategy<Value = Vec<u64>> {
    let near = |median: f64, spread: f64| {
        // Twelve uniform draws are as good as normal.
        prop::collection::vec(0.0f64..1.0, 12).prop_map(move |draws| {
            let normal = draws.iter().sum::<f64>() - 6.0;
            ((median * (spread * normal).exp() * 1e6) as u64).max(1)
        })
    };
    let edge = (-1276i16..2000, -1i64..=1).prop_map(|(index, off)| {
        let micros = (bucket_upper_bound(index) * 1e6) as i64 + off;
        micros.max(1).cast_unsigned()
    });
    prop_oneof![
        prop::collection::vec(near(113.0, 1.1), 257..1500),
        prop::collection::vec(prop_oneof![Just(20_000_000u64), Just(1), Just(1 << 50)], 257..1500),
        prop::collection::vec(prop_oneof![near(3.0, 0.2), near(900.0, 0.1)], 257..1500),
        prop::collection::vec(edge, 257..1500),
    ]
}

/// A ladder, and samples at and beside its thresholds, the bounds of buckets and what is
/// special: zero, the longest visit, the most a float holds exactly, the longest span.
fn ladders_and_samples() -> impl Strategy<Value = (Vec<Span>, Vec<u64>)> {
    let month = 31 * 86_400_000_000u64;
    let threshold =
        prop_oneof![1u64..5, 1u64..600_000_000, 999_990u64..1_000_020, month - 9..month];
    let ladder = prop::collection::btree_set(threshold, 1..=MAX_THRESHOLDS);
    ladder.prop_flat_map(move |ladder| {
        let ladder: Vec<u64> = ladder.into_iter().collect();
        let bound = (-1276i16..2_230).prop_map(|index| (bucket_upper_bound(index) * 1e6) as u64);
        let special = prop::sample::select(vec![2, month, 1 << 53, (1 << 55) - 3]);
        let place = prop_oneof![
            4 => prop::sample::select(ladder.clone()),
            4 => bound,
            1 => special,
            4 => 2u64..=1 << 40,
        ];
        let near = (place, 0u64..=4).prop_map(|(place, off)| (place + off).saturating_sub(2));
        let sample = prop_oneof![1 => Just(0), 6 => near];
        let spans = ladder.into_iter().map(micros_of).collect::<Vec<_>>();
        (Just(spans), prop::collection::vec(sample, 0..2_500))
    })
}

fn check_quantiles(all: &Distribution, samples: &[u64]) {
    for share in SHARES {
        let Some(read) = all.quantile(share) else {
            assert!(samples.is_empty());
            continue;
        };
        let exact = truth(samples, share);
        if all.is_exact() || exact == 0.0 {
            assert_eq!(read, exact);
        } else {
            assert!((read / exact - 1.0).abs() <= 0.0055, "{share}: {read} for {exact}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn many_at_once_are_as_one_by_one(samples in samples(), cut in 0usize..700) {
        let ladder = Thresholds::default();
        let spans: Vec<Span> = samples.iter().map(|&micros| micros_of(micros)).collect();
        let (first, rest) = spans.split_at(cut.min(spans.len()));
        let mut all = Distribution::default();
        all.record_all(first, &ladder);
        all.record_all(rest, &ladder);
        let whole = filled(&samples);
        prop_assert_eq!(&all, &whole);
        prop_assert_eq!(all.buckets(), whole.buckets());
        prop_assert_eq!(all.within(Span::secs(20), &ladder), whole.within(Span::secs(20), &ladder));
    }

    #[test]
    fn a_column_is_counted_as_one_by_one(
        (thresholds, samples) in ladders_and_samples(),
        rest in samples(),
    ) {
        let ladder = Thresholds::new(thresholds).unwrap();
        let (mut columns, mut singly) = (Distribution::default(), Distribution::default());
        for column in [&samples, &rest] {
            let micros: Vec<i64> = column.iter().map(|&micros| micros.cast_signed()).collect();
            prop_assert_eq!(columns.record_column(&micros, &ladder), Ok(()));
            column.iter().for_each(|&micros| singly.record(micros_of(micros), &ladder));
        }
        prop_assert_eq!(&columns, &singly);
        for &threshold in ladder.spans() {
            prop_assert_eq!(columns.within(threshold, &ladder), singly.within(threshold, &ladder));
            prop_assert_eq!(columns.below(threshold, &ladder), singly.below(threshold, &ladder));
        }
    }

    #[test]
    fn a_column_with_a_wrong_row_is_not_counted(
        (thresholds, samples) in ladders_and_samples(),
        row in 0usize..3_000,
        wrong in prop_oneof![Just(-1), Just(i64::MIN), Just(1 << 55), Just(i64::MAX)],
        before in samples(),
    ) {
        let ladder = Thresholds::new(thresholds).unwrap();
        let mut micros: Vec<i64> = samples.iter().map(|&micros| micros.cast_signed()).collect();
        let row = row % (micros.len() + 1);
        micros.insert(row, wrong);
        micros.push(-1);
        let mut all = Distribution::default();
        before.iter().for_each(|&micros| all.record(micros_of(micros), &ladder));
        let known = all.clone();
        prop_assert_eq!(all.record_column(&micros, &ladder), Err(row));
        prop_assert_eq!(all, known);
    }

    #[test]
    fn quantiles_are_exact_then_within_the_bound(samples in samples()) {
        let all = filled(&samples);
        prop_assert_eq!(all.count(), samples.len() as u64);
        check_quantiles(&all, &samples);
    }

    #[test]
    fn quantiles_of_every_shape_are_within_the_bound(samples in shaped()) {
        let all = filled(&samples);
        prop_assert!(!all.is_exact());
        check_quantiles(&all, &samples);
        let buckets: u64 = all.buckets().iter().map(|&(_, n)| n).sum();
        prop_assert_eq!(buckets, samples.len() as u64);
        prop_assert_eq!(all.longest().micros().cast_unsigned(), *samples.iter().max().unwrap());
    }

    #[test]
    fn merging_in_any_order_equals_counting_at_once(parts in prop::collection::vec(samples(), 1..4)) {
        let (all, ladder) = (filled(&parts.concat()), Thresholds::default());
        let mut forward = Distribution::default();
        parts.iter().for_each(|part| forward.merge(&filled(part), &ladder));
        let mut backward = Distribution::default();
        parts.iter().rev().for_each(|part| backward.merge(&filled(part), &ladder));
        prop_assert_eq!(&forward, &all);
        prop_assert_eq!(&backward, &all);
        prop_assert_eq!(all.is_exact(), parts.concat().iter().filter(|&&w| w > 0).count() <= 256);
    }

    #[test]
    fn thresholds_are_counted_exactly_however_many(samples in samples()) {
        let (all, ladder) = (filled(&samples), Thresholds::default());
        for &threshold in ladder.spans() {
            let limit = threshold.micros().cast_unsigned();
            let within = samples.iter().filter(|&&micros| micros <= limit).count() as u64;
            let below = samples.iter().filter(|&&micros| micros < limit).count() as u64;
            prop_assert_eq!(all.within(threshold, &ladder), Ok(within));
            prop_assert_eq!(all.below(threshold, &ladder), Ok(below));
        }
    }
}

#[test]
fn quantile_is_the_nearest_rank() {
    let all = filled(&[1_000_000, 2_000_000, 3_000_000, 4_000_000]);
    assert_eq!(all.quantile(250_000), Some(1.0));
    assert_eq!(all.quantile(250_001), Some(2.0));
    assert_eq!(all.quantile(500_000), Some(2.0));
    assert_eq!(all.quantile(1_000_000), Some(4.0));
    assert_eq!(Distribution::default().quantile(500_000), None);
}

#[test]
fn threshold_off_the_ladder_is_refused_once_the_samples_are_gone() {
    let ladder = Thresholds::default();
    let odd = Span::secs(25);
    let mut samples: Vec<u64> = (1..=256).map(|n| n * 1_000_000).collect();
    assert_eq!(filled(&samples).within(odd, &ladder), Ok(25));
    assert_eq!(filled(&samples).below(odd, &ladder), Ok(24));
    samples.push(1);
    assert_eq!(filled(&samples).within(odd, &ladder), Err(OffLadder(odd)));
    assert_eq!(filled(&samples).within(Span::secs(20), &ladder), Ok(21));
}
