//! Sorting of few numbers. Most cells have few durations: they are put in order without a branch,
//! as which is less than which nobody can foretell.

/// Puts the lesser of two numbers first, for each two places, one after the other.
macro_rules! put_in_order {
    ($values:ident, $($one:literal $other:literal),+) => {
        $(
            let (one, other) = ($values[$one], $values[$other]);
            $values[$one] = one.min(other);
            $values[$other] = one.max(other);
        )+
    };
}

/// Sorts the first `len` of some numbers, of which there are at least 16 where there are any;
/// what lies behind those may be written over.
#[inline(always)]
pub(super) fn sort(values: &mut [u32], len: usize) {
    match len {
        0 | 1 => {}
        2..=4 => few::<4>(values, len, of_4),
        5..=8 => few::<8>(values, len, of_8),
        9..=16 => few::<16>(values, len, of_16),
        _ => values[..len].sort_unstable(),
    }
}

/// Sorts as many as there may be, of which those that are none come last.
#[inline(always)]
fn few<const MOST: usize>(values: &mut [u32], len: usize, sort: impl Fn(&mut [u32; MOST])) {
    let Some(values) = values.first_chunk_mut::<MOST>() else {
        return values[..len].sort_unstable();
    };
    let mut all = *values;
    for (place, value) in all.iter_mut().enumerate() {
        *value = if place < len { *value } else { u32::MAX };
    }
    sort(&mut all);
    *values = all;
}

#[inline(always)]
fn of_4(v: &mut [u32; 4]) {
    put_in_order!(v, 0 1, 2 3, 0 2, 1 3, 1 2);
}

/// Batcher's odd-even merge sort, as that of 16.
#[inline(always)]
fn of_8(v: &mut [u32; 8]) {
    put_in_order!(v, 0 1, 2 3, 4 5, 6 7, 0 2, 1 3, 4 6, 5 7, 1 2, 5 6);
    put_in_order!(v, 0 4, 1 5, 2 6, 3 7, 2 4, 3 5, 1 2, 3 4, 5 6);
}

#[inline(never)]
fn of_16(v: &mut [u32; 16]) {
    put_in_order!(v, 0 1, 2 3, 4 5, 6 7, 8 9, 10 11, 12 13, 14 15);
    put_in_order!(v, 0 2, 1 3, 4 6, 5 7, 8 10, 9 11, 12 14, 13 15, 1 2, 5 6, 9 10, 13 14);
    put_in_order!(v, 0 4, 1 5, 2 6, 3 7, 8 12, 9 13, 10 14, 11 15);
    put_in_order!(v, 2 4, 3 5, 10 12, 11 13, 1 2, 3 4, 5 6, 9 10, 11 12, 13 14);
    put_in_order!(v, 0 8, 1 9, 2 10, 3 11, 4 12, 5 13, 6 14, 7 15);
    put_in_order!(v, 4 8, 5 9, 6 10, 7 11, 2 4, 3 5, 6 8, 7 9, 10 12, 11 13);
    put_in_order!(v, 1 2, 3 4, 5 6, 7 8, 9 10, 11 12, 13 14);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What puts every row of zeros and ones in order puts everything in order.
    #[test]
    fn every_row_of_zeros_and_ones_is_put_in_order() {
        for len in 0..=16usize {
            for bits in 0..1u32 << len {
                let mut values: Vec<u32> = (0..len).map(|place| bits >> place & 1).collect();
                let ones = bits.count_ones() as usize;
                values.resize(16, 7);
                sort(&mut values, len);
                assert!(values[..len - ones].iter().all(|&value| value == 0), "{len} {bits:b}");
                assert!(values[len - ones..len].iter().all(|&value| value == 1), "{len} {bits:b}");
            }
        }
    }

    #[test]
    fn greatest_number_is_none_that_is_missing() {
        for len in [1, 3, 7, 15, 16, 40] {
            let mut values: Vec<u32> = (0..len as u32).map(|n| u32::MAX - n % 3).collect();
            let mut expected = values.clone();
            expected.sort_unstable();
            values.resize(len.max(16), 0);
            sort(&mut values, len);
            assert_eq!(values[..len], expected);
        }
    }
}
