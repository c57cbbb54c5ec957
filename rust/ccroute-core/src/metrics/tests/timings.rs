//! The durations of a cell, of two kinds side by side: what is taken away leaves what was never
//! counted, and what is saved comes back.

use proptest::prelude::*;

use super::super::timings::Timings;
use super::distribution::{SHARES, micros_of, samples};
use super::*;

const KIND: Timing = Timing::WaitAnswered;
const OTHER: Timing = Timing::Talk;

fn filled(kind: Timing, samples: &[u64], all: &mut Timings, ladder: &Thresholds) {
    samples.iter().for_each(|&micros| all.record(kind, micros_of(micros), ladder));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn taking_away_is_the_inverse_but_for_what_it_says(
        kept in samples(), taken in samples(), others in samples(), turns in any::<u64>()
    ) {
        let (ladder, mut all, mut left) = (Thresholds::default(), Timings::default(), Timings::default());
        filled(KIND, &[kept.clone(), taken.clone()].concat(), &mut all, &ladder);
        filled(KIND, &kept, &mut left, &ladder);
        for timings in [&mut all, &mut left] {
            filled(OTHER, &others, timings, &ladder);
        }
        let mut order = taken;
        let length = order.len().max(1);
        order.rotate_left((turns % length as u64) as usize);
        let mut stale = false;
        for &micros in &order {
            stale |= all.retract(KIND, micros_of(micros), &ladder);
        }
        let (mut one, mut two) = (Vec::new(), Vec::new());
        for kind in [KIND, OTHER] {
            let (all, left) = (all.spread(kind, &mut one), left.spread(kind, &mut two));
            prop_assert_eq!(all.count(), left.count());
            prop_assert_eq!((all.zeros(), all.sum(), all.squares()), (left.zeros(), left.sum(), left.squares()));
            prop_assert_eq!(all.buckets(), left.buckets());
            for &threshold in ladder.spans() {
                prop_assert_eq!(all.within(threshold, &ladder), left.within(threshold, &ladder));
                prop_assert_eq!(all.below(threshold, &ladder), left.below(threshold, &ladder));
            }
            if !stale || kind == OTHER {
                prop_assert_eq!(all.longest(), left.longest());
                for share in SHARES {
                    prop_assert_eq!(all.quantile(share), left.quantile(share));
                }
            }
        }
        filled(KIND, &order, &mut all, &ladder);
        prop_assert_eq!(all.spread(KIND, &mut one).sum(), i128::from(kept.iter().chain(&order).sum::<u64>()));
    }

    #[test]
    fn parts_add_up_to_the_whole(first in samples(), second in samples(), others in samples()) {
        let ladder = Thresholds::default();
        let (mut one, mut two, mut whole) = (Timings::default(), Timings::default(), Timings::default());
        filled(KIND, &first, &mut one, &ladder);
        filled(OTHER, &others, &mut one, &ladder);
        filled(KIND, &second, &mut two, &ladder);
        filled(KIND, &[second, first].concat(), &mut whole, &ladder);
        filled(OTHER, &others, &mut whole, &ladder);
        let mut backward = two.clone();
        backward.merge(&one, &ladder);
        one.merge(&two, &ladder);
        prop_assert_eq!(&one, &whole);
        prop_assert_eq!(&backward, &whole);
    }

    #[test]
    fn saved_and_read_back_it_is_the_same(first in samples(), second in samples()) {
        let (ladder, mut all, mut reversed) = (Thresholds::default(), Timings::default(), Timings::default());
        filled(KIND, &first, &mut all, &ladder);
        filled(OTHER, &second, &mut all, &ladder);
        filled(OTHER, &second.iter().rev().copied().collect::<Vec<_>>(), &mut reversed, &ladder);
        filled(KIND, &first.iter().rev().copied().collect::<Vec<_>>(), &mut reversed, &ladder);
        let bytes = postcard::to_stdvec(&all).unwrap();
        prop_assert_eq!(&bytes, &postcard::to_stdvec(&reversed).unwrap());
        let mut restored: Timings = postcard::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&restored, &all);
        // It goes on as if nothing had happened.
        for timings in [&mut restored, &mut all] {
            filled(KIND, &second, timings, &ladder);
        }
        prop_assert_eq!(&restored, &all);
    }
}
