//! Lengths of time as people write them: `500ms`, `10s`, `5m`, `2h`, `1d`.

use std::time::Duration;

/// The longest that is taken: a hundred years.
const LONGEST_SECONDS: f64 = 100.0 * 365.0 * 86_400.0;

/// Reads a length of time: a number and its unit. A number alone are seconds.
///
/// # Errors
/// Says what a length of time looks like.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    let seconds: f64 = number.parse::<f64>().map_err(|_| wrong())? * seconds;
    if seconds <= LONGEST_SECONDS { Ok(Duration::from_secs_f64(seconds)) } else { Err(wrong()) }
}

fn wrong() -> String {
    "a length of time is a number with ms, s, m, h or d, for example 10s or 5m".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_with_their_units_and_anything_else_is_refused() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("10s", 10_000),
            ("7", 7000),
            ("1.5m", 90_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "s", "-1s", "1y", "1 s", "1.2.3s", "1e9h", "inf", "99999999999999d", "ms"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
