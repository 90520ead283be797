//! How people name a place in a log, behind `:` and on the command line, and what it means.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::run::Timestamp;

/// A place in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The entry of that seq.
    Seq(u64),
    /// So many hundredths of the log.
    Percent(u8),
    /// Where the checkpoint of that seq stands.
    Checkpoint(u64),
    /// So long before the last entry.
    Back(Duration),
    /// A time of day: the last one that the run has come to.
    TimeOfDay(Time),
    /// A time of a day, on the clock of the zone that is shown.
    DateTime(DateTime),
    /// A point in time.
    Instant(Timestamp),
}

/// What can be typed, for whoever typed something else.
const FORMS: &str =
    "a place is a seq, a time (08:12), a distance back (-5m), a checkpoint (c2) or a part (50%)";

impl FromStr for Goal {
    type Err = String;

    /// Reads what was typed, or says what is wrong with it and what could have been typed.
    fn from_str(text: &str) -> Result<Self, String> {
        parse(text.trim())
    }
}

impl Goal {
    /// The point in time that is meant, where one is, in a log whose last entry is of `last`, by the
    /// clock in `zone`. `None` also for a time that this clock never shows.
    #[must_use]
    pub fn instant(&self, last: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Back(distance) => {
                let milliseconds = i64::try_from(distance.as_millis()).unwrap_or(i64::MAX);
                Some(Timestamp::from_milliseconds(last.milliseconds().saturating_sub(milliseconds)))
            }
            Self::TimeOfDay(time) => last_time_of_day(*time, last, zone),
            Self::DateTime(time) => on_clock(*time, zone),
            Self::Instant(time) => Some(*time),
            Self::Seq(_) | Self::Percent(_) | Self::Checkpoint(_) => None,
        }
    }
}

fn parse(text: &str) -> Result<Goal, String> {
    if let Some(distance) = text.strip_prefix('-') {
        return duration(distance).map(Goal::Back).ok_or_else(|| {
            format!("-{distance} is no distance back: a number with s, m, h or d, as in -5m or -1h30m")
        });
    }
    if let Some(percent) = text.strip_suffix('%') {
        let percent = percent.trim().parse().ok().filter(|percent| *percent <= 100);
        return percent.map(Goal::Percent).ok_or_else(|| format!("{text} is no part: from 0% to 100%"));
    }
    if let Some(seq) = text.strip_prefix(['c', 'C']).and_then(|seq| number(seq.trim())) {
        return Ok(Goal::Checkpoint(seq));
    }
    if let Some(seq) = number(text) {
        return Ok(Goal::Seq(seq));
    }
    if text.contains(':') {
        return time(text).ok_or_else(|| {
            format!(
                "{text} is no time: as in 08:12, 08:12:30 or 2026-03-21 08:12, on the clock that is shown"
            )
        });
    }
    Err(FORMS.to_owned())
}

/// A whole number; the signs that group digits are passed over.
fn number(text: &str) -> Option<u64> {
    let is_group = |character: char| matches!(character, '_' | ',' | '\u{a0}' | '\u{202f}' | ' ');
    let digits: String = text.chars().filter(|character| !is_group(*character)).collect();
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// A length of time such as `90s`, `5m` or `1h30m`.
fn duration(text: &str) -> Option<Duration> {
    let mut total: Option<u64> = None;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let count: u64 = rest[..digits].parse().ok()?;
        let mut after = rest[digits..].chars();
        let seconds = match after.next()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return None,
        };
        rest = after.as_str().trim_start();
        total = Some(total.unwrap_or(0).checked_add(count.checked_mul(seconds)?)?);
    }
    total.map(Duration::from_secs)
}

fn time(text: &str) -> Option<Goal> {
    if let Some(time) = time_of_day(text) {
        return Some(Goal::TimeOfDay(time));
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(Goal::Instant(Timestamp::from_milliseconds(instant.as_millisecond())));
    }
    let (date, time) = text.split_once([' ', 'T', 't'])?;
    let date: Date = date.parse().ok()?;
    Some(Goal::DateTime(date.to_datetime(time_of_day(time.trim())?)))
}

/// `08:12`, `8:12:30` or `08:12:30.5`.
fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let whole = |part: &str| -> Option<i8> {
        let is_number = (1..=2).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
        part.parse().ok().filter(|_| is_number)
    };
    let (hour, minute) = (whole(parts.next()?)?, whole(parts.next()?)?);
    let (second, nanosecond) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once(['.', ',']) {
            None => (whole(seconds)?, 0),
            Some((second, fraction)) => {
                let is_number =
                    (1..=9).contains(&fraction.len()) && fraction.bytes().all(|digit| digit.is_ascii_digit());
                let nanosecond = format!("{fraction:0<9}").parse().ok().filter(|_| is_number)?;
                (whole(second)?, nanosecond)
            }
        },
    };
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, nanosecond).ok()
}

/// The last time that a clock in `zone` showed that time of day, up to `last`.
#[must_use]
pub fn last_time_of_day(time: Time, last: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let day = jiff::Timestamp::from_millisecond(last.milliseconds()).ok()?.to_zoned(zone.clone()).date();
    let on = |day: Date| on_clock(day.to_datetime(time), zone);
    on(day).filter(|found| *found <= last).or_else(|| on(day.yesterday().ok()?))
}

/// The point in time at which a clock in `zone` shows that. Where it shows it twice, the first time.
fn on_clock(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let instant = zone.to_timestamp(time).ok()?;
    Some(Timestamp::from_milliseconds(instant.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_goal_is_read() {
        let at = |hour, minute, second, millisecond: i32| {
            Goal::TimeOfDay(Time::new(hour, minute, second, millisecond * 1_000_000).unwrap())
        };
        let back = |seconds| Goal::Back(Duration::from_secs(seconds));
        for (text, goal) in [
            ("18200", Goal::Seq(18_200)),
            (" 18\u{a0}200 ", Goal::Seq(18_200)),
            ("08:12", at(8, 12, 0, 0)),
            ("8:12:30", at(8, 12, 30, 0)),
            ("23:59:59.25", at(23, 59, 59, 250)),
            ("-5m", back(300)),
            ("-1h30m", back(5400)),
            ("-90s", back(90)),
            ("-2d", back(172_800)),
            ("c2", Goal::Checkpoint(2)),
            ("50%", Goal::Percent(50)),
            ("100 %", Goal::Percent(100)),
            ("2026-03-21 08:12", Goal::DateTime(jiff::civil::date(2026, 3, 21).at(8, 12, 0, 0))),
            ("2026-03-21T08:12:04Z", Goal::Instant(Timestamp::from_milliseconds(1_774_080_724_000))),
        ] {
            assert_eq!(text.parse(), Ok(goal), "{text}");
        }
    }

    #[test]
    fn what_is_no_goal_is_told_with_what_could_be() {
        for (text, told) in [
            ("x", "a place is a seq"),
            ("", "a place is a seq"),
            ("-5", "no distance back"),
            ("-m", "no distance back"),
            ("-99999999999999999999d", "no distance back"),
            ("101%", "from 0% to 100%"),
            ("24:00", "is no time"),
            ("08:60", "is no time"),
            ("08:12:30:1", "is no time"),
            ("c", "a place is a seq"),
            ("99999999999999999999", "a place is a seq"),
        ] {
            let why = text.parse::<Goal>().unwrap_err();
            assert!(why.contains(told), "{text}: {why}");
        }
    }

    #[test]
    fn a_time_of_day_is_the_last_one_that_the_run_came_to_on_the_clock_that_is_shown() {
        let last = Timestamp::parse("2026-03-21T00:10:00Z").unwrap();
        let found = |text: &str, zone: &TimeZone| {
            let Ok(Goal::TimeOfDay(time)) = parse(text) else { panic!("{text}") };
            last_time_of_day(time, last, zone).unwrap().to_string()
        };
        assert_eq!(found("00:05", &TimeZone::UTC), "2026-03-21T00:05:00.000Z");
        assert_eq!(found("23:55", &TimeZone::UTC), "2026-03-20T23:55:00.000Z");
        let east = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(found("02:05", &east), "2026-03-21T00:05:00.000Z");
        assert_eq!(found("03:00", &east), "2026-03-20T01:00:00.000Z");
    }
}
