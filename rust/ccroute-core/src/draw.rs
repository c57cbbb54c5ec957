//! Random numbers that are a function of what they are for: no state to be kept, the
//! same whoever asks and how often.

/// One step of SplitMix64.
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The number drawn from `seed` for a decision (or contact) and one of those it is about:
/// `mix(mix(mix(seed) ^ decision) ^ one)`, where `mix` is a step of SplitMix64.
pub(crate) const fn drawn(seed: u64, decision: u64, one: u64) -> u64 {
    mixed(mixed(mixed(seed) ^ decision) ^ one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_splitmix() {
        // The first outputs of SplitMix64 seeded with 0 and with 1234567.
        assert_eq!(mixed(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mixed(1_234_567), 6_457_827_717_110_365_317);
    }

    #[test]
    fn draws_are_spread_evenly() {
        let mut counts = [0_u32; 10];
        for one in 0..10_000 {
            counts[(drawn(7, 3, one) % 10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
    }
}
