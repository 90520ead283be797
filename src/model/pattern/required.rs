//! What stands in every match of a pattern.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Class, Hir, HirKind};

/// So many alternatives are searched for at most: then the search is much faster than the pattern.
const MOST_ALTERNATIVES: usize = 24;
/// Alternatives are cut to so many bytes where they are too many.
const LENGTHS: [usize; 3] = [usize::MAX, 4, 3];
/// Fewer bytes are found in too many lines to be of use.
const SHORTEST: usize = 2;

/// A shorter run is found in too many texts to be of use.
const SHORTEST_RUN: usize = 3;
/// And so is one of so many kinds of characters.
const MOST_MEMBERS: usize = 32;

/// Reads a pattern as [`super::Pattern`] means it.
pub(super) fn parse(pattern: &str) -> Option<Hir> {
    ParserBuilder::new().multi_line(true).crlf(true).utf8(false).build().parse(pattern).ok()
}

/// Letters of which some stand in every match.
#[derive(Clone, Debug)]
pub(super) struct Letters {
    /// Finds any of them. They are never escaped in JSON but by their numbers.
    pub(super) finder: Regex,
    /// The bytes behind which more of them come: few texts end with one.
    goes_on: Box<[bool; 256]>,
    alternatives: Vec<Vec<u8>>,
}

impl Letters {
    /// Whether `text` ends with the beginning of some of them, so that a colour behind it may cut them
    /// in two.
    pub(super) fn begin_at_the_end_of(&self, text: &[u8]) -> bool {
        let may_go_on = text.last().is_some_and(|last| self.goes_on[usize::from(*last)]);
        let begins = |letters: &Vec<u8>| (1..letters.len()).any(|length| text.ends_with(&letters[..length]));
        may_go_on && self.alternatives.iter().any(begins)
    }
}

/// The letters of which some stand in every match.
pub(super) fn letters(pattern: &Hir) -> Option<Letters> {
    let alternatives = tails(pattern).iter().filter_map(alternatives).max_by_key(|letters| score(letters))?;
    let joined: Vec<String> = alternatives.iter().map(|letters| escaped(letters)).collect();
    let finder = RegexBuilder::new(&joined.join("|")).unicode(false).build().ok()?;
    let mut goes_on = Box::new([false; 256]);
    for byte in alternatives.iter().flat_map(|letters| &letters[..letters.len() - 1]) {
        goes_on[usize::from(*byte)] = true;
    }
    Some(Letters { finder, goes_on, alternatives })
}

/// The pattern from each of its parts on: a match of the whole has one of each in it.
fn tails(pattern: &Hir) -> Vec<Hir> {
    match pattern.kind() {
        HirKind::Capture(capture) => tails(&capture.sub),
        HirKind::Concat(parts) => (0..parts.len()).map(|from| Hir::concat(parts[from..].to_vec())).collect(),
        _ => vec![pattern.clone()],
    }
}

/// With which letters a match of the pattern begins, or which stand a little behind its beginning.
fn alternatives(pattern: &Hir) -> Option<Vec<Vec<u8>>> {
    let beginnings = Extractor::new().extract(pattern);
    let letters: Vec<&[u8]> =
        beginnings.literals()?.iter().map(|literal| longest_unescaped(literal.as_bytes())).collect();
    LENGTHS.into_iter().find_map(|length| {
        let mut cut: Vec<Vec<u8>> =
            letters.iter().map(|letters| letters[..letters.len().min(length)].to_vec()).collect();
        cut.sort_unstable();
        cut.dedup();
        let is_useful = cut.iter().all(|letters| letters.len() >= SHORTEST);
        (!cut.is_empty() && cut.len() <= MOST_ALTERNATIVES && is_useful).then_some(cut)
    })
}

/// The longest part in which no byte has an escape of its own in JSON.
fn longest_unescaped(literal: &[u8]) -> &[u8] {
    literal.split(has_escape).max_by_key(|part| part.len()).unwrap_or_default()
}

fn has_escape(byte: &u8) -> bool {
    *byte < b' ' || matches!(byte, b'"' | b'\\' | b'/')
}

/// Long and few letters are found fastest and in the fewest lines.
fn score(alternatives: &[Vec<u8>]) -> (usize, std::cmp::Reverse<usize>) {
    let shortest = alternatives.iter().map(Vec::len).min().unwrap_or(0);
    (shortest.min(8), std::cmp::Reverse(alternatives.len()))
}

fn escaped(letters: &[u8]) -> String {
    use std::fmt::Write as _;
    letters.iter().fold(String::from("(?-u)"), |mut text, byte| {
        // Writing to a text cannot fail.
        _ = write!(text, "\\x{byte:02x}");
        text
    })
}

/// That many bytes of a kind one behind the other, as `\d{6}` asks for.
#[derive(Clone, Debug)]
pub(super) struct Run {
    is_member: Box<[bool; 256]>,
    length: usize,
    /// None of its bytes has an escape of its own in JSON.
    is_never_escaped: bool,
}

/// The longest run that stands in every match.
pub(super) fn run(pattern: &Hir) -> Option<Run> {
    match pattern.kind() {
        HirKind::Capture(capture) => run(&capture.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(run).max_by_key(|run| run.length),
        HirKind::Repetition(repetition) => {
            let HirKind::Class(class) = repetition.sub.kind() else { return None };
            let length = usize::try_from(repetition.min).ok()?;
            let is_member = members(class);
            let members = is_member[..0x80].iter().filter(|is_member| **is_member).count();
            let is_never_escaped =
                !(0..=u8::MAX).any(|byte| has_escape(&byte) && is_member[usize::from(byte)]);
            let is_useful = length >= SHORTEST_RUN && members <= MOST_MEMBERS;
            is_useful.then_some(Run { is_member, length, is_never_escaped })
        }
        _ => None,
    }
}

/// The bytes that characters of the class have: of those beyond ASCII any.
fn members(class: &Class) -> Box<[bool; 256]> {
    let mut is_member = Box::new([false; 256]);
    let mut add = |from: u32, to: u32| {
        let to = if to >= 0x80 { 0xff } else { to };
        for byte in from.min(0x80)..=to {
            is_member[byte as usize] = true;
        }
    };
    match class {
        Class::Unicode(class) => {
            class.ranges().iter().for_each(|range| add(u32::from(range.start()), u32::from(range.end())));
        }
        Class::Bytes(class) => {
            class.ranges().iter().for_each(|range| add(u32::from(range.start()), u32::from(range.end())));
        }
    }
    is_member
}

impl Run {
    /// Whether none of its bytes has an escape of its own in JSON.
    pub(super) fn is_never_escaped(&self) -> bool {
        self.is_never_escaped
    }

    /// Whether there is such a run in the text. Most of the text is not looked at.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let is_member = |byte: &&u8| self.is_member[usize::from(**byte)];
        let others = self.length - 1;
        let mut at = others;
        while at < text.len() {
            if is_member(&&text[at]) {
                let before = text[..at].iter().rev().take(others).take_while(is_member).count();
                let behind = text[at + 1..].iter().take(others - before).take_while(is_member).count();
                if before + behind == others {
                    return true;
                }
                at += behind + 1;
            }
            at += self.length;
        }
        false
    }
}
