//! The same lines again and again at the end of a log.
//!
//! Lines count as the same when they differ only in what differs by itself: times, numbers, hexadecimal
//! names. What counts up is told apart, because "file 3 of 9" is progress and no loop.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

/// The longest period that is looked for, in lines.
const LONGEST_PERIOD: usize = 8;
/// So many rounds make a repetition.
const LEAST_ROUNDS: u64 = 5;
/// So many of the last lines are looked at.
pub const MOST_LINES: usize = 20_000;
/// So many rounds back it is looked whether a number counts.
const COUNTED_ROUNDS: usize = 32;
/// A line is cut to so many bytes before it is compared.
const COMPARED: usize = 512;

/// The same lines again and again, up to the last one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repetition {
    /// How many lines make a round.
    pub period: usize,
    /// How many rounds there were, the last one perhaps not whole.
    pub rounds: u64,
    /// Whether there may have been more before the lines that were looked at.
    pub at_least: bool,
    /// The lines of the last round. Untrusted text.
    pub lines: Vec<String>,
    /// Whether a number in them goes up from round to round, as in "file 3 of 9".
    pub counts: bool,
    /// Whether a number or a name in them is another in most rounds, as in "uploaded blob 3f9a8b7c".
    #[serde(default)]
    pub varies: bool,
    /// Where the first line of it stands among those that were given, from the end: 0 is the last.
    pub first_from_end: usize,
}

/// What of a line is the same in every round, and the numbers in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shape {
    hash: u64,
    numbers: Vec<u64>,
    /// Its names in hexadecimal, hashed.
    names: Vec<u64>,
}

/// What differs by itself, the longest first: moments, spans of time, names in hexadecimal.
static DIFFERS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        \d{4}-\d\d-\d\d(?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?
        | \d\d:\d\d(?::\d\d(?:[.,]\d+)?)?
        | (?<name>
            [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}
            | 0x[0-9a-fA-F]+
            | \b(?:[0-9]+[a-fA-F]|[a-fA-F]+[0-9])[0-9a-fA-F]{6,}\b )
        | \d+(?:\.\d+)?\s?(?:ns|µs|us|ms|s|sec|secs|seconds?|m|min|minutes?|h|hours?)\b
        ",
    )
    .ok()
});

/// What of a line that is painted again and again is no news: spans of time, the wheel that turns, dots
/// that come and go. Numbers are kept: they tell how far it is.
#[must_use]
pub fn without_clockwork(line: &str) -> String {
    let is_name = |captures: &Captures<'_>| captures.name("name").is_some();
    let kept =
        |captures: &Captures<'_>| if is_name(captures) { captures[0].to_owned() } else { String::new() };
    let line = DIFFERS.as_ref().map_or(line.into(), |pattern| pattern.replace_all(line, kept));
    let is_wheel = |character: char| matches!(character, '|' | '/' | '-' | '\\' | '.' | '…' | '·' | '\u{2800}'..='\u{28ff}' | '◐'..='◓' | '◜'..='◟' | '◴'..='◷');
    line.chars().filter(|character| !is_wheel(*character) && !character.is_whitespace()).collect()
}

fn shape(line: &str) -> Shape {
    let cut = line.char_indices().map(|(at, _)| at).find(|at| *at >= COMPARED).unwrap_or(line.len());
    let line = &line[..cut];
    let mut names = Vec::new();
    let without = |captures: &Captures<'_>| {
        names.extend(captures.name("name").map(|name| hash_of(name.as_str())));
        "\u{1}"
    };
    let plain = DIFFERS.as_ref().map_or(line.into(), |pattern| pattern.replace_all(line, without));
    let mut hasher = DefaultHasher::new();
    let mut numbers = Vec::new();
    let mut rest = plain.as_ref();
    while let Some(at) = rest.find(|character: char| character.is_ascii_digit()) {
        rest[..at].hash(&mut hasher);
        let digits = rest[at..].bytes().take_while(u8::is_ascii_digit).count();
        numbers.push(rest[at..at + digits].parse().unwrap_or(u64::MAX));
        rest = &rest[at + digits..];
    }
    rest.hash(&mut hasher);
    numbers.len().hash(&mut hasher);
    names.len().hash(&mut hasher);
    Shape { hash: hasher.finish(), numbers, names }
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Finds the same lines again and again at the end. `lines` are what is to be seen of the last lines,
/// the last one first; `None` where nothing is repeated often enough.
pub fn find_repetition<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<Repetition> {
    let mut lines = lines.into_iter().enumerate();
    // Read only as far as some period still holds.
    let mut seen: Vec<Shape> = Vec::new();
    let mut texts: VecDeque<String> = VecDeque::new();
    let mut alive: Vec<(usize, usize)> = (1..=LONGEST_PERIOD).map(|period| (period, 0)).collect();
    let mut ended: Vec<(usize, usize)> = Vec::new();
    let mut ran_out = true;
    for (at, line) in lines.by_ref().take(MOST_LINES) {
        if texts.len() < LONGEST_PERIOD {
            texts.push_back(line.to_owned());
        }
        seen.push(shape(line));
        let (keep, end): (Vec<_>, Vec<_>) = alive
            .into_iter()
            .partition(|(period, _)| at < *period || seen[at].hash == seen[at - period].hash);
        ended.extend(end);
        alive =
            keep.into_iter().map(|(period, length)| (period, length + usize::from(at >= period))).collect();
        if alive.is_empty() {
            ran_out = false;
            break;
        }
    }
    let rounds = |(period, length): &(usize, usize)| (length + period) as u64 / *period as u64;
    // The shortest period that holds for long enough: its multiples hold as well.
    let found = alive.iter().map(|found| (found, ran_out)).chain(ended.iter().map(|found| (found, false)));
    let (found, reaches_back) =
        found.filter(|(found, _)| rounds(found) >= LEAST_ROUNDS).min_by_key(|((period, _), _)| *period)?;
    let (period, length) = *found;
    let first_from_end = length + period - 1;
    Some(Repetition {
        period,
        rounds: rounds(found),
        at_least: reaches_back && lines.next().is_some(),
        lines: texts.into_iter().take(period).rev().collect(),
        counts: counts(&seen, period),
        varies: varies(&seen, period),
        first_from_end,
    })
}

/// Whether a number or a name is another in most rounds.
fn varies(seen: &[Shape], period: usize) -> bool {
    (0..period).any(|line| {
        let rounds: Vec<&Shape> = seen[line..].iter().step_by(period).take(COUNTED_ROUNDS).collect();
        let same = rounds.iter().take_while(|shape| shape.hash == rounds[0].hash).count();
        let is_another = |of: fn(&Shape) -> &[u64]| {
            (0..of(rounds[0]).len()).any(|place| {
                let values: HashSet<u64> = rounds[..same].iter().map(|shape| of(shape)[place]).collect();
                values.len() * 2 > same
            })
        };
        is_another(|shape| &shape.numbers) || is_another(|shape| &shape.names)
    })
}

/// Whether a number goes up from round to round.
fn counts(seen: &[Shape], period: usize) -> bool {
    (0..period).any(|line| {
        let rounds: Vec<&Shape> = seen[line..].iter().step_by(period).take(COUNTED_ROUNDS).collect();
        let same = rounds.iter().take_while(|shape| shape.hash == rounds[0].hash).count();
        let rounds = &rounds[..same];
        (0..rounds[0].numbers.len()).any(|number| {
            // From the last one back, so that what goes up goes down here.
            let goes = rounds.windows(2).map(|pair| pair[0].numbers[number].cmp(&pair[1].numbers[number]));
            let (mut up, mut down) = (0, 0);
            for step in goes {
                match step {
                    std::cmp::Ordering::Greater => up += 1,
                    std::cmp::Ordering::Less => down += 1,
                    std::cmp::Ordering::Equal => {}
                }
            }
            up > 0 && down * 8 <= up && up * 4 >= same - 1
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(lines: &[String]) -> Option<Repetition> {
        find_repetition(lines.iter().rev().map(String::as_str))
    }

    fn lines(count: usize, line: impl Fn(usize) -> String) -> Vec<String> {
        (0..count).map(line).collect()
    }

    #[test]
    fn the_same_line_again_is_a_repetition_and_what_differs_by_itself_is_no_difference() {
        let mut log = vec!["begin".to_owned()];
        log.extend(lines(100, |round| {
            format!("08:00:{:02} retrying request 0x{:x} in 5 s", round % 60, round * 7919)
        }));
        let found = found(&log).unwrap();
        assert_eq!((found.period, found.rounds, found.first_from_end, found.at_least), (1, 100, 99, false));
        assert!(!found.counts);
    }

    #[test]
    fn what_counts_up_is_told_apart() {
        assert!(found(&lines(50, |round| format!("compiled file {round} of 900"))).unwrap().counts);
        assert!(found(&lines(50, |round| format!("line {}", round / 2))).unwrap().counts);
        let random = lines(50, |round| format!("read {} bytes", round * 7919 % 1000));
        assert!(!found(&random).unwrap().counts);
    }

    #[test]
    fn what_is_another_in_every_round_is_told_from_what_comes_again() {
        let varies = |log: &[String]| found(log).unwrap().varies;
        assert!(varies(&lines(50, |round| format!("queue length {}", round * 7919 % 1000))));
        assert!(varies(&lines(50, |round| format!("uploaded blob a{:07x}", round * 7_919_777 % 0xfff_ffff))));
        assert!(!varies(&lines(50, |round| format!("attempt {} of 3 at 08:00:{round}", round % 3))));
        assert!(!varies(&lines(50, |round| format!("still waiting, {round} s"))));
    }

    #[test]
    fn the_clockwork_of_a_painted_line_is_no_news_and_how_far_it_is_stays() {
        let same = |one, other| assert_eq!(without_clockwork(one), without_clockwork(other));
        same("| waiting", "/ waiting");
        same("⠋ Compiling… 12s", "⠙ Compiling… 13s");
        same("Waiting.", "Waiting...");
        same("34% 00:12", "34% 00:13");
        assert_ne!(without_clockwork("34%"), without_clockwork("35%"));
        assert_ne!(without_clockwork("[## ]"), without_clockwork("[###]"));
        assert_ne!(without_clockwork("pulling a1b2c3d4e5"), without_clockwork("pulling a1b2c3d4e6"));
    }

    #[test]
    fn a_period_of_three_is_found_with_the_lines_of_a_round() {
        let log = lines(90, |round| ["connect", "refused", "wait 3 s"][round % 3].to_owned());
        let found = found(&log).unwrap();
        assert_eq!((found.period, found.rounds, found.first_from_end), (3, 30, 89));
        assert_eq!(found.lines, ["connect", "refused", "wait 3 s"]);
    }

    #[test]
    fn different_lines_are_none() {
        assert_eq!(
            found(&lines(300, |line| ["a", "b", "ab", "ba", "c"][line * line % 5].repeat(line % 7 + 1))),
            None
        );
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn of_a_long_log_only_the_end_is_looked_at() {
        let found = found(&lines(MOST_LINES + 5, |_| "again".to_owned())).unwrap();
        assert_eq!((found.rounds, found.at_least), (MOST_LINES as u64, true));
    }

    proptest! {
        #[test]
        fn the_shortest_period_and_its_length_are_those_of_a_plain_search(
            log in proptest::collection::vec("[ab]", 0..40),
        ) {
            let reversed: Vec<&String> = log.iter().rev().collect();
            let plain = (1..=LONGEST_PERIOD).find_map(|period| {
                let same = (period..reversed.len()).take_while(|at| reversed[*at] == reversed[at - period]).count();
                let rounds = (same + period) / period;
                (reversed.len() >= period && rounds as u64 >= LEAST_ROUNDS).then_some((period, same + period - 1))
            });
            prop_assert_eq!(found(&log).map(|found| (found.period, found.first_from_end)), plain);
        }
    }
}
