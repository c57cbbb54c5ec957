//! Durations as people write them: `"90s"`, `"1.5m"`, or a number of seconds.

use crate::time::{MICROS, Shift, Span};

/// The units of the written form, with their microseconds, largest first.
const UNITS: &[(&str, i64)] =
    &[("h", 3600 * MICROS), ("m", 60 * MICROS), ("s", MICROS), ("ms", MICROS / 1000)];

/// The duration a text stands for; what is wrong with it otherwise.
pub(super) fn parse(text: &str) -> Result<Span, &'static str> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let Some(&(_, micros)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err("is not a duration");
    };
    let digits = digits.trim_end();
    // Only plain decimals: no exponent, no sign but one to be refused by name.
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.' || byte == b'-';
    match digits.parse::<f64>() {
        Ok(number) if digits.bytes().all(plain) => seconds(number * (micros as f64 / 1e6)),
        _ => Err("is not a duration"),
    }
}

/// A number of seconds as a duration; what is wrong with it otherwise.
pub(super) fn seconds(number: f64) -> Result<Span, &'static str> {
    if number.is_nan() {
        Err("is not a number")
    } else if number < 0.0 {
        Err("is negative")
    } else if number.is_infinite() {
        Err("is infinite")
    } else {
        Span::from_secs(number)
            .filter(|&span| span <= Span::LONGEST_SETTING)
            .ok_or("is longer than ten years")
    }
}

/// The head start a text stands for, which may be negative; what is wrong otherwise.
pub(super) fn parse_shift(text: &str) -> Result<Shift, &'static str> {
    match text.strip_prefix('-') {
        Some(later) => parse(later).map(|span| negated(span.into())),
        None => parse(text).map(Shift::from),
    }
}

/// A number of seconds as a head start; what is wrong with it otherwise.
pub(super) fn shift_of(number: f64) -> Result<Shift, &'static str> {
    let span = seconds(number.abs())?;
    Ok(if number < 0.0 { negated(span.into()) } else { span.into() })
}

fn negated(shift: Shift) -> Shift {
    Shift::from_micros(-shift.micros()).expect("as long either way")
}

/// The shortest text that [`parse_shift`] reads back exactly.
pub(super) fn written_shift(shift: Shift) -> String {
    let sign = if shift < Shift::ZERO { "-" } else { "" };
    format!("{sign}{}", written(shift.length()))
}

/// The shortest text that [`parse`] reads back exactly.
pub(super) fn written(span: Span) -> String {
    let micros = span.micros();
    let whole = UNITS.iter().find(|(_, unit)| micros > 0 && micros % unit == 0);
    match whole {
        Some((name, unit)) if *name != "ms" || micros < MICROS => {
            format!("{}{name}", micros / unit)
        }
        Some(_) | None => span.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_unit_is_read() {
        for (text, micros) in [
            ("90s", 90_000_000),
            ("1.5m", 90_000_000),
            ("2h", 7_200_000_000),
            ("500ms", 500_000),
            ("0.5 s", 500_000),
            ("0s", 0),
            ("87600h", 315_360_000_000_000),
        ] {
            assert_eq!(parse(text).map(Span::micros), Ok(micros), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_by_name() {
        for text in ["", "s", "15", "15 sec", "1h30m", "1e3s", "+1s", "nan", "infs", "1.2.3s", "٣s"]
        {
            assert_eq!(parse(text), Err("is not a duration"), "{text}");
        }
        assert_eq!(parse("-1s"), Err("is negative"));
        assert_eq!(parse("87601h"), Err("is longer than ten years"));
        assert_eq!(seconds(f64::NAN), Err("is not a number"));
        assert_eq!(seconds(f64::INFINITY), Err("is infinite"));
        assert_eq!(seconds(f64::NEG_INFINITY), Err("is negative"));
        assert_eq!(seconds(1e300), Err("is longer than ten years"));
    }

    #[test]
    fn durations_are_written_in_the_unit_people_would_use() {
        for (micros, text) in [
            (0, "0s"),
            (250_000, "250ms"),
            (1_500_000, "1.5s"),
            (15_000_000, "15s"),
            (600_000_000, "10m"),
            (7_200_000_000, "2h"),
            (1, "0.000001s"),
        ] {
            let span = Span::from_micros(micros).expect("small");
            assert_eq!(written(span), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(micros in 0..=Span::LONGEST_SETTING.micros()) {
            let span = Span::from_micros(micros).expect("in range");
            prop_assert_eq!(parse(&written(span)), Ok(span));
            prop_assert_eq!(seconds(micros as f64 / 1e6), Ok(span));
            for shift in [Shift::from(span), negated(span.into())] {
                prop_assert_eq!(parse_shift(&written_shift(shift)), Ok(shift));
                prop_assert_eq!(shift_of(shift.micros() as f64 / 1e6), Ok(shift));
            }
        }
    }
}
