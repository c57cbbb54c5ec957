//! The bucket law of the histogram: which bucket a duration falls into, by integers alone.
//!
//! Bucket `i` holds the durations above `2^(i/64)` and up to `2^((i+1)/64)` seconds: scale 6
//! of the OpenTelemetry exponential histogram, which is schema 6 of Prometheus' native one,
//! open below and closed above. Seconds, because a histogram of another unit cannot be
//! rescaled to them. What is counted in the buckets does not belong here.

use crate::time::MICROS;

/// Buckets between one power of two and the next.
const PER_OCTAVE: i32 = 64;

/// The upper bounds that lie in one binade of whole microseconds, scaled to `2^63 .. 2^64`:
/// `floor(15625 * 2^50 * 2^((k - 59) / 64))`, since a second is `15625 * 2^6` microseconds.
/// They are irrational but for `k = 59`, so the floor loses nothing against an integer.
const BOUNDS: [u64; 64] = [
    0x80dce96d484cbf25,
    0x82442334960ceda4,
    0x83af4661ce7c1d52,
    0x851e5ddc7f9a447e,
    0x869174aa9d4d22d2,
    0x880895f0d61d84b2,
    0x8983ccf2e8e0bff7,
    0x8b032513fb50fc8e,
    0x8c86a9d6f196e2b6,
    0x8e0e66dec6c74fad,
    0x8f9a67eee657b934,
    0x912ab8eb868bef75,
    0x92bf65da03dff487,
    0x94587ae13d70a83d,
    0x95f60449f2660eae,
    0x97980e7f2061ff7f,
    0x993ea60e62f613f4,
    0x9ae9d7a85423b18a,
    0x9c99b020ede91700,
    0x9e4e3c6fecde59ab,
    0xa00789b133e54924,
    0xa1c5a52530ef37b6,
    0xa3889c3142dbae26,
    0xa5507c60207319f3,
    0xa71d536240808dbc,
    0xa8ef2f0e430db402,
    0xaac61d615bc41d3b,
    0xaca22c7fbd771b14,
    0xae836ab506d9636b,
    0xb069e674b061bed8,
    0xb255ae5a7b620f75,
    0xb446d12ae25405e5,
    0xb63d5dd38a5ee3eb,
    0xb839636bb619b537,
    0xba3af134b98d70a0,
    0xbc42169a6f7a7d91,
    0xbe4ee333afe52329,
    0xc06166c2c7ec7068,
    0xc279b135f2ef36a2,
    0xc497d2a7d502b97b,
    0xc6bbdb5ff6bec1e3,
    0xc8e5dbd34262cbad,
    0xcb15e4a482580fdd,
    0xcd4c06a4e1143813,
    0xcf8852d46a609253,
    0xd1cada628e09a6cd,
    0xd413aeaea3fb1c62,
    0xd662e14871cbe373,
    0xd8b883f0b1bea989,
    0xdb14a8999b3aa3b6,
    0xdd7761676cc0c8be,
    0xdfe0c0b0f7619f98,
    0xe250d9002bb7d250,
    0xe4c7bd12a86bc110,
    0xe7457fda4a445ce0,
    0xe9ca347dbdc99d8f,
    0xec55ee59127cf258,
    0xeee8c0fe4fac18fc,
    0xf182c0360ae2d356,
    0xf424000000000000,
    0xf6cc9493aaf2a70e,
    0xf97c9260e32398c7,
    0xfc340e1078904907,
    0xfef31c84d29b9f02,
];

/// How many bounds lie below each 128th of the binade. Neighbouring bounds are further
/// apart than that, so one more comparison finds the bucket.
const BELOW: [u8; 128] = {
    let mut below = [0; 128];
    let mut part = 0;
    while part < 128 {
        let start = (128 + part as u64) << 56;
        let mut count = 0;
        while count < 64 && BOUNDS[count] < start {
            count += 1;
        }
        below[part] = count as u8;
        part += 1;
    }
    below
};

/// Durations below this many microseconds are whole numbers of 53 bits, which a float holds
/// exactly: its exponent and mantissa are then integers like any others.
pub(crate) const NORMAL: u64 = 1 << 53;

/// Bits of a float's mantissa, and the exponent it keeps for the number one.
const MANTISSA: u32 = 52;
const BIAS: u64 = 1023;

/// By 128th of the binade, what is added to the bits of a float to leave its row in the bits
/// from 46 on: the rows below, less the bits that say the 128th, and as much as makes the
/// rest carry over where it exceeds the bound in that 128th.
const CARRY: [u64; 128] = {
    const PART: u32 = MANTISSA - 7;
    let mut carry = [0u64; 128];
    let mut part = 0;
    while part < 128 {
        let below = BELOW[part] as usize;
        let start = (128 + part as u64) << 56;
        let has_bound = below < 64 && BOUNDS[below] - start < 1 << 56;
        let bound = if has_bound { (BOUNDS[below] - start) >> 11 } else { 1 << PART };
        carry[part] = ((below as u64) << ROW)
            .wrapping_add((1 << ROW) - 1 - bound)
            .wrapping_sub((part as u64) << PART)
            .wrapping_sub(BIAS << MANTISSA);
        part += 1;
    }
    carry
};

/// Where the row begins in the sum above: 64 rows are one more of the exponent.
const ROW: u32 = MANTISSA - 6;

/// Rows that [`normal_row`] knows.
pub(crate) const ROWS: usize = 1 << 12;

/// The row that [`normal_row`] gives to zero, which has none: that of two microseconds.
pub(crate) const ROW_OF_ZERO: usize = 64;

/// As [`bucket_row`] of [`bucket`], for less than [`NORMAL`]: without a search for the highest
/// bit, which costs more than all the rest where many are counted.
#[inline(always)]
pub(crate) fn normal_row(micros: u64) -> usize {
    // As signed: that conversion is one instruction.
    let bits = (micros.cast_signed() as f64).to_bits();
    let part = (bits >> (MANTISSA - 7)) as usize & 127;
    (bits.wrapping_add(CARRY[part]) >> ROW) as usize & (ROWS - 1)
}

/// Buckets there are, for durations of up to 2^64 microseconds.
pub(crate) const BUCKETS: usize = 64 * PER_OCTAVE as usize + 1;

/// The bucket of one microsecond, the lowest there is.
const LOWEST: i32 = -1276;

/// The place of a bucket among all there are.
#[inline]
pub(crate) fn bucket_row(bucket: i16) -> usize {
    (i32::from(bucket) - LOWEST) as usize
}

/// The bucket of a place.
pub(crate) fn bucket_at(row: usize) -> i16 {
    i16::try_from(row as i32 + LOWEST).expect("64 octaves of 64 buckets fit")
}

/// The bucket of a duration of `micros`, which is above zero.
#[inline]
pub(crate) fn bucket(micros: u64) -> i16 {
    let exponent = 63 - micros.leading_zeros().cast_signed();
    let scaled = micros << micros.leading_zeros();
    let below = BELOW[(scaled >> 56) as usize & 127] as usize;
    let over = below < 64 && scaled > BOUNDS[below];
    let index = PER_OCTAVE * exponent + below as i32 + i32::from(over) + LOWEST;
    i16::try_from(index).expect("64 octaves of 64 buckets fit")
}

/// The upper bound of bucket `index`, in seconds: what an exporter prints.
///
/// ```
/// assert_eq!(ccroute_core::bucket_upper_bound(-1), 1.0);
/// assert_eq!(ccroute_core::bucket_upper_bound(63), 2.0);
/// ```
#[must_use]
pub fn bucket_upper_bound(index: i16) -> f64 {
    ((f64::from(index) + 1.0) / f64::from(PER_OCTAVE)).exp2()
}

/// The seconds that stand for every duration in bucket `index`: the harmonic mean of its
/// bounds, which is at most 0.5416 % away from any of them, relative to the true value.
pub(crate) fn midpoint(index: i16) -> f64 {
    let upper = bucket_upper_bound(index);
    let lower = bucket_upper_bound(index - 1);
    2.0 * lower * upper / (lower + upper)
}

/// Whole microseconds as seconds.
pub(crate) fn seconds(micros: u64) -> f64 {
    micros as f64 / MICROS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a * b` in base 2^32, least digit first.
    fn times(a: &[u32], b: &[u32]) -> Vec<u32> {
        let mut product = vec![0u32; a.len() + b.len()];
        for (i, &x) in a.iter().enumerate() {
            let mut carry = 0u64;
            for (j, &y) in b.iter().enumerate() {
                let sum = u64::from(x) * u64::from(y) + u64::from(product[i + j]) + carry;
                product[i + j] = sum as u32;
                carry = sum >> 32;
            }
            product[i + b.len()] = carry as u32;
        }
        product
    }

    /// `value^64 * 2^shift` in base 2^32, as many digits as asked, greatest first.
    fn power64(value: u64, shift: usize) -> Vec<u32> {
        let mut power = vec![value as u32, (value >> 32) as u32];
        for _ in 0..6 {
            power = times(&power, &power);
        }
        let mut digit = vec![0; shift / 32];
        digit.push(1 << (shift % 32));
        power = times(&power, &digit);
        power.resize(300, 0);
        power.reverse();
        power
    }

    #[test]
    fn bounds_are_the_exact_floors() {
        for (k, &bound) in BOUNDS.iter().enumerate() {
            let ideal = power64(15_625, 3200 - 59 + k);
            assert!(power64(bound, 0) <= ideal, "bound {k} lies above its power");
            assert!(power64(bound + 1, 0) > ideal, "bound {k} is not the greatest");
        }
    }

    #[test]
    fn powers_of_two_seconds_close_their_bucket() {
        assert_eq!(bucket(1_000_000), -1);
        assert_eq!(bucket(1_000_001), 0);
        assert_eq!(bucket(2_000_000), 63);
        assert_eq!(bucket(2_000_001), 64);
        assert_eq!(bucket(15_625), -6 * 64 - 1);
        assert_eq!(bucket(1), -1276);
    }

    #[test]
    fn rows_of_many_are_those_of_the_law() {
        let bounds = (0..53u32)
            .flat_map(|exponent| BOUNDS.map(|bound| bound >> (63 - exponent)).into_iter());
        let near = bounds.flat_map(|bound| (0..=4).map(move |off| (bound + off).saturating_sub(2)));
        for micros in (1..100_000).chain(near).filter(|micros| (1..NORMAL).contains(micros)) {
            let wanted = bucket(micros);
            assert_eq!(normal_row(micros), bucket_row(wanted), "{micros} µs");
            assert_eq!(bucket_at(normal_row(micros)), wanted, "{micros} µs");
        }
        assert_eq!(normal_row(0), ROW_OF_ZERO);
        assert_eq!(normal_row(2), ROW_OF_ZERO);
    }

    #[test]
    fn integer_law_agrees_with_the_logarithm_away_from_the_edges() {
        let mut micros = 1u64;
        while micros < 1 << 55 {
            let ideal = (seconds(micros).log2() * 64.0).ceil() - 1.0;
            let edge = (seconds(micros).log2() * 64.0).fract().abs();
            if edge > 1e-6 && edge < 1.0 - 1e-6 {
                assert_eq!(f64::from(bucket(micros)), ideal, "{micros} µs");
            }
            micros += micros / 97 + 1;
        }
    }

    #[test]
    fn midpoint_is_within_the_promised_bound() {
        for micros in (1..200_000u64).chain((1..60_000).map(|n| n * 1_000_003)) {
            let error = midpoint(bucket(micros)) / seconds(micros) - 1.0;
            assert!(error.abs() <= 0.0055, "{micros} µs: {error}");
        }
    }
}
