//! The ordering rule, alone: who goes before whom. How the waiting are stored and
//! found is the business of the files beside this one.

use core::fmt;
use core::num::NonZeroU128;

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp};

const SEQUENCE_BITS: u32 = 56;
const ARRIVAL_BITS: u32 = 56;

/// Added to a virtual arrival to make it positive: a head start may reach behind
/// the epoch, and saturating there would lose the order of those who do.
const ARRIVAL_BIAS: i64 = 1 << (ARRIVAL_BITS - 1);

/// A contact's place in the order; the smallest key goes first.
///
/// Band descending, then virtual arrival (arrival minus head start) ascending, then
/// sequence ascending. Whoever waits at the same rate keeps their distance, so a key
/// never changes by waiting. Sequences are unique, so nothing ties and a key
/// identifies its contact.
///
/// ```
/// use ccroute_core::{OrderKey, Span, Timestamp};
/// let at = |seconds| Timestamp::ZERO + Span::secs(seconds);
/// let early = OrderKey::new(0, at(10), Span::ZERO, 1);
/// let late = OrderKey::new(0, at(20), Span::ZERO, 2);
/// let late_but_dear = OrderKey::new(0, at(20), Span::secs(15), 3);
/// let strictly_above = OrderKey::new(1, at(30), Span::ZERO, 4);
/// assert!(strictly_above < late_but_dear && late_but_dear < early && early < late);
/// ```
// Band, arrival and sequence from the high bits down, so that comparing keys is
// comparing integers. Never zero: the biased arrival is not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderKey(NonZeroU128);

impl OrderKey {
    /// The greatest sequence number a key can carry.
    pub const MAX_SEQUENCE: u64 = (1 << SEQUENCE_BITS) - 1;

    /// The place of a contact that came at `since`, as if it had come `head_start`
    /// earlier.
    ///
    /// # Panics
    /// When `sequence` is past [`Self::MAX_SEQUENCE`], which no counter reaches.
    #[must_use]
    pub fn new(band: i16, since: Timestamp, head_start: Span, sequence: u64) -> Self {
        Self::at(band, since.micros() - head_start.micros(), sequence)
    }

    /// The place of a contact whose virtual arrival is `arrival` microseconds after the
    /// epoch, negative before it; what lies past [`Timestamp::MAX`] counts as there.
    ///
    /// # Panics
    /// When `sequence` is past [`Self::MAX_SEQUENCE`], or `arrival` further before the
    /// epoch than [`Span::MAX`].
    #[must_use]
    pub fn at(band: i16, arrival: i64, sequence: u64) -> Self {
        assert!(sequence <= Self::MAX_SEQUENCE, "a sequence number counts contacts");
        let arrival = arrival.min(Timestamp::MAX.micros());
        assert!(arrival >= -Span::MAX.micros(), "no head start is longer than the epoch");
        let band = i32::from(i16::MAX) - i32::from(band);
        let arrival = arrival + ARRIVAL_BIAS;
        let raw = (band as u128) << (ARRIVAL_BITS + SEQUENCE_BITS)
            | (arrival as u128) << SEQUENCE_BITS
            | u128::from(sequence);
        Self(NonZeroU128::new(raw).expect("a biased arrival is never zero"))
    }

    /// The strict class: higher goes first.
    #[must_use]
    pub fn band(self) -> i16 {
        let raw = (self.0.get() >> (ARRIVAL_BITS + SEQUENCE_BITS)) as i32;
        (i32::from(i16::MAX) - raw) as i16
    }

    /// Arrival minus head start, in microseconds since the epoch: negative when the
    /// head start reaches behind it.
    #[must_use]
    pub fn virtual_arrival(self) -> i64 {
        let mask = (1 << ARRIVAL_BITS) - 1;
        ((self.0.get() >> SEQUENCE_BITS) & mask) as i64 - ARRIVAL_BIAS
    }

    /// The number given at entry.
    #[must_use]
    pub fn sequence(self) -> u64 {
        self.0.get() as u64 & Self::MAX_SEQUENCE
    }
}

impl fmt::Debug for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (band, arrival) = (self.band(), self.virtual_arrival());
        write!(f, "OrderKey(band {band}, {arrival}us, #{})", self.sequence())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Parts = (i16, i64, i64, u64);

    fn parts() -> impl Strategy<Value = Parts> {
        let micros = prop_oneof![0..4i64, 0..=Timestamp::MAX.micros()];
        let sequence = prop_oneof![0..4u64, 0..=OrderKey::MAX_SEQUENCE];
        let band = prop_oneof![-1..=1i16, any::<i16>()];
        (band, micros.clone(), micros, sequence)
    }

    fn key((band, since, head_start, sequence): Parts) -> OrderKey {
        let since = Timestamp::from_micros(since).unwrap();
        OrderKey::new(band, since, Span::from_micros(head_start).unwrap(), sequence)
    }

    proptest! {
        #[test]
        fn orders_by_band_then_virtual_arrival_then_sequence(a in parts(), b in parts()) {
            let rule = |(band, since, head_start, sequence): Parts| {
                (-i32::from(band), since - head_start, sequence)
            };
            prop_assert_eq!(key(a).cmp(&key(b)), rule(a).cmp(&rule(b)));
        }

        #[test]
        fn gives_back_what_it_was_made_of(a in parts()) {
            let key = key(a);
            prop_assert_eq!((key.band(), key.sequence()), (a.0, a.3));
            prop_assert_eq!(key.virtual_arrival(), a.1 - a.2);
        }
    }

    #[test]
    fn head_starts_behind_the_epoch_keep_their_order() {
        let far = key((i16::MAX, 0, Span::MAX.micros(), 0));
        let less_far = key((i16::MAX, 1, Span::MAX.micros(), 0));
        assert!(far < less_far);
        assert_eq!(far.virtual_arrival(), -Span::MAX.micros());
    }

    #[test]
    fn an_absent_key_takes_no_room() {
        assert_eq!(size_of::<Option<OrderKey>>(), 16);
    }
}
