//! Amounts of bytes for people.

/// What each unit is called; the next one is 1024 times as much.
const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/// An amount in the unit in which it has at most three digits, with a fraction below 10: `812 B`, `1.5 KiB`,
/// `12 MiB`.
#[must_use]
pub fn short(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64;
    let mut unit = "B";
    for next in UNITS {
        // What would be rounded to four digits is told in the next unit.
        if amount < 999.5 {
            break;
        }
        (amount, unit) = (amount / 1024.0, next);
    }
    if amount < 9.95 { format!("{amount:.1} {unit}") } else { format!("{amount:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_at_most_three_digits_and_its_unit() {
        for (bytes, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (10 * 1024, "10 KiB"),
            (1023 * 1024, "1.0 MiB"),
            (1_610_612_736, "1.5 GiB"),
            (u64::MAX, "16384 PiB"),
        ] {
            assert_eq!(short(bytes), expected, "{bytes}");
        }
    }
}
