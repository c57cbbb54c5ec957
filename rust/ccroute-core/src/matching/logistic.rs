//! The logistic function in whole numbers: 1 / (1 + e⁻ˣ), the same on every machine.

/// Bits behind the point.
const POINT: u32 = 60;
const ONE: i128 = 1 << POINT;
/// ln 2.
const LN_2: i128 = 799_144_290_325_165_979;

/// `1 / (1 + e^-(over / of))` in millionths, rounded to the nearest; `of` is above zero.
pub(super) fn logistic(over: i64, of: i64) -> i64 {
    let x = (i128::from(over.unsigned_abs()) << POINT) / i128::from(of.max(1));
    let falling = exp_minus(x);
    // e^-|x| belongs above the fraction when x is negative, else below it alone.
    let above = if over < 0 { falling } else { ONE };
    let millionths = (above * 1_000_000 + (ONE + falling) / 2) / (ONE + falling);
    i64::try_from(millionths).expect("at most a million")
}

/// `e^-x` for `x` not negative, both with [`POINT`] bits behind the point.
fn exp_minus(x: i128) -> i128 {
    let halvings = x / LN_2;
    if halvings >= 60 {
        return 0;
    }
    let rest = x % LN_2;
    let (mut sum, mut term) = (ONE, ONE);
    for divisor in 1..24 {
        term = -((term * rest) >> POINT) / divisor;
        sum += term;
    }
    sum >> halvings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_real_function() {
        for over in -400..=400_i64 {
            for of in [1, 3, 10, 100] {
                let real = 1e6 / (1.0 + (-(over as f64) / of as f64).exp());
                let ours = logistic(over, of);
                assert!((ours as f64 - real).abs() < 1.0, "{over}/{of}: {ours}, {real}");
            }
        }
        assert_eq!(
            (logistic(0, 5), logistic(i64::MAX, 1), logistic(i64::MIN, 1)),
            (500_000, 1_000_000, 0)
        );
    }
}
