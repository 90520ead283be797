//! What the column of times beside the log tells.

use serde::{Deserialize, Serialize};

/// What the column tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TimeColumn {
    /// The time of day.
    #[default]
    Clock,
    /// How long after the start of the run.
    SinceStart,
    /// How long after the entry above.
    SincePrevious,
    /// Nothing: there is no such column.
    None,
}

impl TimeColumn {
    /// What it tells next.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Clock => Self::SinceStart,
            Self::SinceStart => Self::SincePrevious,
            Self::SincePrevious => Self::None,
            Self::None => Self::Clock,
        }
    }

    /// What it tells, in words, where it is not what goes without saying.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Clock => None,
            Self::SinceStart => Some("time since the start"),
            Self::SincePrevious => Some("time since the entry above"),
            Self::None => Some("no times"),
        }
    }
}

/// A length of time in milliseconds, with its sign, in at most `columns` columns (at least 8):
/// `+0.344`, `+2:03.456`, `+1:02:03`, `+3d04h`.
#[must_use]
pub fn distance(milliseconds: i64, columns: usize) -> String {
    let sign = if milliseconds < 0 { '-' } else { '+' };
    let total = milliseconds.unsigned_abs();
    let (seconds, rest) = (total / 1000, total % 1000);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let (second, minute) = (seconds % 60, minutes % 60);
    let exact = match (hours, minutes) {
        (0, 0) => format!("{sign}{second}.{rest:03}"),
        (0, _) => format!("{sign}{minute}:{second:02}.{rest:03}"),
        _ => format!("{sign}{hours}:{minute:02}:{second:02}"),
    };
    let told = match (exact.len() <= columns, hours) {
        (true, _) => exact,
        (false, 0) => format!("{sign}{minute}:{second:02}"),
        (false, 1..=99) => format!("{sign}{hours}h{minute:02}m"),
        (false, _) => format!("{sign}{days}d{:02}h", hours % 24),
    };
    if told.len() <= columns { told } else { format!("{sign}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_as_exact_as_there_is_room() {
        for (milliseconds, wide, narrow) in [
            (0, "+0.000", "+0.000"),
            (344, "+0.344", "+0.344"),
            (-59_999, "-59.999", "-59.999"),
            (123_456, "+2:03.456", "+2:03"),
            (3_723_000, "+1:02:03", "+1:02:03"),
            (36_000_000, "+10:00:00", "+10h00m"),
            (277_200_000, "+77:00:00", "+77h00m"),
            (1_000_000_000, "+277:46:40", "+11d13h"),
        ] {
            assert_eq!(
                (distance(milliseconds, 12), distance(milliseconds, 8)),
                (wide.to_owned(), narrow.to_owned())
            );
        }
        for milliseconds in [i64::MIN, i64::MAX] {
            assert!(distance(milliseconds, 8).chars().count() <= 8);
        }
    }
}
