//! Points in time as they stand in run directories: UTC, to the millisecond.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: milliseconds since the Unix epoch, UTC. Written as RFC 3339 with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point that many milliseconds after (or before) the Unix epoch. Points outside the years
    /// −9999 to 9999 are brought to the nearest one inside, so that every value can be written.
    #[must_use]
    pub fn from_milliseconds(milliseconds: i64) -> Self {
        let lowest = jiff::Timestamp::MIN.as_millisecond() + 1;
        Self(milliseconds.clamp(lowest, jiff::Timestamp::MAX.as_millisecond()))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn milliseconds(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this point is; zero when it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads RFC 3339 and its relatives: `T` or a space between date and time, any fraction, an
    /// offset or `Z`; a time without an offset is taken as UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Self(instant.as_millisecond()));
        }
        let civil = text.parse::<jiff::civil::DateTime>().ok()?;
        let instant = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?;
        Some(Self(instant.as_millisecond()))
    }

    /// Reads a number of seconds or milliseconds since the Unix epoch. Numbers from 10^11 on are
    /// milliseconds: as seconds they would lie beyond the year 5000.
    #[must_use]
    pub fn from_number(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        let milliseconds = if number.abs() >= 1e11 { number } else { number * 1000.0 };
        let whole = milliseconds.round() as i64;
        Some(Self::from_milliseconds(whole))
    }

    fn instant(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or_default()
    }

    /// The time of day `HH:MM:SS.mmm` in `zone`, as the screens show it.
    #[must_use]
    pub fn time_of_day(self, zone: &jiff::tz::TimeZone) -> String {
        self.instant().to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
    }
}

/// The present, as it is handed down from above: nothing below the application reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The wall clock, to compare with the times in run directories.
    pub wall: Timestamp,
    /// Time since the program began, which never jumps: for everything that waits or ages.
    pub monotonic: Duration,
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let milliseconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |length| -length),
        };
        Self::from_milliseconds(milliseconds)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.3}", self.instant())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        from_json(&value).ok_or_else(|| {
            serde::de::Error::custom("not a time: expected RFC 3339 or a number of seconds or milliseconds")
        })
    }
}

/// Reads a time from a JSON value: a text as [`Timestamp::parse`], a number as
/// [`Timestamp::from_number`].
#[must_use]
pub fn from_json(value: &serde_json::Value) -> Option<Timestamp> {
    match value {
        serde_json::Value::String(text) => Timestamp::parse(text),
        serde_json::Value::Number(number) => number.as_f64().and_then(Timestamp::from_number),
        _ => None,
    }
}

/// The time at the head of a plain text line: the longest of the first tokens that reads as one
/// (`2026-03-21T08:00:00Z …`, `2026-03-21 08:00:00,123 …`, `[2026-03-21T08:00:00.1+01:00] …`).
#[must_use]
pub fn at_head_of_line(line: &[u8]) -> Option<Timestamp> {
    let head = &line[..line.len().min(48)];
    let head = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
    };
    let head = head.trim_start().trim_start_matches('[');
    if !head.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let tokens: Vec<(usize, &str)> = head
        .split([' ', '\t', ']', '\n', '\r'])
        .scan(0, |start, token| {
            let from = *start;
            *start += token.len() + 1;
            Some((from, token))
        })
        .take(2)
        .collect();
    let (_, first) = tokens.first()?;
    if let Some((from, second)) = tokens.get(1) {
        let both = head.get(..from + second.len())?.replace(',', ".");
        if let Some(time) = Timestamp::parse(&both) {
            return Some(time);
        }
    }
    // A bare date or a bare number is no time of a line.
    if !first.contains(':') {
        return None;
    }
    Timestamp::parse(&first.replace(',', "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_rfc_3339_in_utc_with_milliseconds() {
        let time = Timestamp::from_milliseconds(1_774_080_000_036);
        assert_eq!(time.to_string(), "2026-03-21T08:00:00.036Z");
        assert_eq!(Timestamp::parse("2026-03-21T08:00:00.036Z"), Some(time));
        assert_eq!(Timestamp::from_milliseconds(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn reads_offsets_seconds_and_milliseconds() {
        let expected = Some(Timestamp::from_milliseconds(1_774_080_000_000));
        assert_eq!(Timestamp::parse("2026-03-21T09:00:00+01:00"), expected);
        assert_eq!(Timestamp::parse("2026-03-21 08:00:00"), expected);
        assert_eq!(Timestamp::from_number(1_774_080_000.0), expected);
        assert_eq!(Timestamp::from_number(1_774_080_000_000.0), expected);
        assert_eq!(Timestamp::from_number(f64::NAN), None);
        for extreme in [i64::MIN, i64::MAX] {
            assert!(!Timestamp::from_milliseconds(extreme).to_string().is_empty());
        }
    }

    #[test]
    fn finds_the_time_at_the_head_of_a_line() {
        let expected = Some(Timestamp::from_milliseconds(1_774_080_000_123));
        for line in [
            "2026-03-21T08:00:00.123Z built",
            "2026-03-21 08:00:00,123 INFO built",
            "[2026-03-21T08:00:00.123+00:00] built",
            "2026-03-21T08:00:00.123Z",
        ] {
            assert_eq!(at_head_of_line(line.as_bytes()), expected, "{line}");
        }
        for line in ["", "built 2026", "42 files", "2026 was long", "12:30 is no date", "\u{ff}x"] {
            assert_eq!(at_head_of_line(line.as_bytes()), None, "{line}");
        }
    }
}
