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
        // Whole seconds, because fractions at the two ends are refused when they are read back.
        let [lowest, highest] =
            [jiff::Timestamp::MIN, jiff::Timestamp::MAX].map(|end| end.as_second() * 1000);
        Self(milliseconds.clamp(lowest, highest))
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
        if let Some(time) = Self::of_canonical(text.as_bytes()) {
            return Some(time);
        }
        Self::parse_any(text)
    }

    /// Reads `YYYY-MM-DDTHH:MM:SS.mmmZ`, the form in which times are written here. Anything else is
    /// not recognised, and neither are the last days that can be told, which need more care.
    #[must_use]
    pub fn of_canonical(text: &[u8]) -> Option<Self> {
        const FORM: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
        let text: &[u8; 24] = text.try_into().ok()?;
        let fits =
            |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
        if !text.iter().zip(FORM).all(fits) {
            return None;
        }
        let number = |from: usize, to: usize| {
            text[from..to].iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
        };
        let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
        let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
        let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days_of_month = match month {
            2 => 28 + i64::from(is_leap_year),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let is_date = (1..=12).contains(&month) && (1..=days_of_month).contains(&day) && year < 9999;
        if !is_date || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        // Years that begin in March have their leap day at the end; 719 468 days are from the first
        // of them to the Unix epoch.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - 719_468;
        let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
        Some(Self(seconds * 1000 + number(20, 23)))
    }

    fn parse_any(text: &str) -> Option<Self> {
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
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_rfc_3339_in_utc_with_milliseconds() {
        let time = Timestamp::from_milliseconds(1_774_080_000_036);
        assert_eq!(time.to_string(), "2026-03-21T08:00:00.036Z");
        assert_eq!(Timestamp::parse("2026-03-21T08:00:00.036Z"), Some(time));
        assert_eq!(Timestamp::from_milliseconds(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_read_as_the_general_way_reads_it(
            milliseconds in -63_000_000_000_000..260_000_000_000_000_i64,
            fields in prop::array::uniform7(0..100_u32),
            year in prop_oneof![0..10_000_u32, 1999..2030_u32],
            mistake in prop::option::weighted(0.3, (0..24_usize, any::<u8>())),
        ) {
            let written = Timestamp::from_milliseconds(milliseconds).to_string();
            let milliseconds = Timestamp::from_milliseconds(milliseconds).milliseconds();
            if written.len() == 24 && !written.starts_with("9999") {
                prop_assert_eq!(Timestamp::of_canonical(written.as_bytes()), Some(Timestamp(milliseconds)));
            }
            let [month, day, hour, minute, second, millisecond, _] = fields;
            let (month, day) = (month % 15, day % 34);
            let mut text =
                format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{millisecond:03}Z", hour % 26, minute % 63, second % 63)
                    .into_bytes();
            if let Some((place, byte)) = mistake {
                text[place] = byte;
            }
            if let Some(time) = Timestamp::of_canonical(&text) {
                let text = std::str::from_utf8(&text).unwrap();
                prop_assert_eq!(Some(time), Timestamp::parse_any(text));
                prop_assert_eq!(time.to_string(), text);
            } else if let Ok(text) = std::str::from_utf8(&text) && mistake.is_none() && year < 9999 && second % 63 != 60 {
                prop_assert_eq!(Timestamp::parse_any(text), None);
            }
        }
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
            let time = Timestamp::from_milliseconds(extreme);
            assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
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
