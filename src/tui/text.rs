//! Numbers as the screens write them.

/// A number with its thousands apart: `18 204`.
#[must_use]
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun: `1 gap`, `3 gaps`.
#[must_use]
pub fn count(count: u64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", number(count))
}

/// `12 of 340` in percent, never 100 before the end.
#[must_use]
pub fn percent(part: u64, whole: u64) -> u64 {
    if whole == 0 { 100 } else { u64::try_from(u128::from(part) * 100 / u128::from(whole)).unwrap_or(100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (value, expected) in
            [(0, "0"), (999, "999"), (18_204, "18\u{a0}204"), (1_000_000, "1\u{a0}000\u{a0}000")]
        {
            assert_eq!(number(value), expected);
        }
        assert_eq!(count(1, "gap"), "1 gap");
        assert_eq!(percent(999, 1000), 99);
    }
}
