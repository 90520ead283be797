//! Whether an entry tells of an error, of a warning, or of neither: one rule for the counts, the
//! jumps and the bar.
//!
//! What a writer says of an entry counts most: its `level`, or an event such as `step.failed`. An
//! entry that calls itself harmless is believed. All others are told by their text, without its
//! colours, by patterns that [`ERRORS`] and [`WARNINGS`] list with their sources.

mod words;

use std::sync::LazyLock;

use regex::bytes::{Matches, Regex, RegexBuilder};

pub use words::{ERRORS, WARNINGS};

use super::pattern::{AUTOMATON_BYTES, Candidates, Pattern, Scratch};
use words::{CALM_LINES, ERROR_LINES, NOT_MEANT, WARNING_LINES};

/// How bad an entry is, where it is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something may fail, or is not as it should be.
    Warning,
}

/// What is taken for an error and for a warning.
#[derive(Clone, Debug)]
pub struct LevelRule {
    errors: Pattern,
    warnings: Pattern,
    not_meant: Pattern,
    error_lines: Regex,
    warning_lines: Regex,
    calm_lines: Regex,
}

/// What matches nothing.
const NOTHING: &str = r"[^\s\S]";

static USUAL: LazyLock<Option<LevelRule>> =
    LazyLock::new(|| LevelRule::new(any_of(&ERRORS).ok()?, any_of(&WARNINGS).ok()?).ok());

/// One pattern for what any of several matches.
///
/// # Errors
/// Says what is wrong with one of them, or that they are too large together.
pub fn any_of(patterns: &[impl AsRef<str>]) -> Result<Pattern, regex::Error> {
    let one: Vec<String> = patterns.iter().map(|pattern| format!("(?:{})", pattern.as_ref())).collect();
    Pattern::new(if one.is_empty() { NOTHING.to_owned() } else { one.join("|") }.as_str())
}

fn lines(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).dfa_size_limit(AUTOMATON_BYTES).build()
}

impl LevelRule {
    /// The rule in which the text of errors and warnings matches these patterns.
    ///
    /// # Errors
    /// Where a pattern of ours is none.
    pub fn new(errors: Pattern, warnings: Pattern) -> Result<Self, regex::Error> {
        Ok(Self {
            errors,
            warnings,
            not_meant: any_of(&NOT_MEANT)?,
            error_lines: lines(&ERROR_LINES.join("|"))?,
            warning_lines: lines(&WARNING_LINES.join("|"))?,
            calm_lines: lines(CALM_LINES)?,
        })
    }

    /// The rule where nobody wants another one.
    #[must_use]
    pub fn usual() -> Option<Self> {
        USUAL.clone()
    }

    /// How bad the entry is that a line (without its line end) is.
    #[must_use]
    pub fn level_of(&self, line: &[u8], scratch: &mut Scratch) -> Option<Level> {
        if self.error_lines.is_match(line) {
            return Some(Level::Error);
        }
        if self.warning_lines.is_match(line) {
            return Some(Level::Warning);
        }
        if self.calm_lines.is_match(line) {
            return None;
        }
        scratch.with_text(line, |text| {
            let found = if self.errors.matches_text(text) {
                Level::Error
            } else if self.warnings.matches_text(text) {
                Level::Warning
            } else {
                return None;
            };
            (!self.not_meant.matches_text(text)).then_some(found)
        })
    }

    /// Finds the lines of `chunk` that may be so bad. Only lines that surely are not are passed over.
    pub(super) fn candidates<'a>(&'a self, level: Level, chunk: &'a [u8]) -> LevelCandidates<'a> {
        let (text, lines) = match level {
            Level::Error => (&self.errors, &self.error_lines),
            Level::Warning => (&self.warnings, &self.warning_lines),
        };
        let mut lines = lines.find_iter(chunk);
        let line = lines.next().map(|found| found.start());
        LevelCandidates { text: text.candidates(chunk), lines, line }
    }
}

/// The places in a chunk of raw lines at which a line may be so bad.
pub(super) struct LevelCandidates<'a> {
    text: Candidates<'a>,
    lines: Matches<'a, 'a>,
    line: Option<usize>,
}

impl LevelCandidates<'_> {
    /// See [`Candidates::next_from`].
    pub(super) fn next_from(&mut self, from: usize) -> Option<usize> {
        while self.line.is_some_and(|place| place < from) {
            self.line = self.lines.next().map(|found| found.start());
        }
        let text = self.text.next_from(from);
        [text, self.line].into_iter().flatten().min()
    }
}

/// Takes the sequences out of a text that colour it and move the cursor (`ESC [ … letter`).
pub(super) fn without_colours(text: &mut Vec<u8>) {
    let Some(first) = memchr::memchr(b'\x1b', text) else { return };
    let (mut read, mut write) = (first, first);
    while read < text.len() {
        if text[read] == b'\x1b' && text.get(read + 1) == Some(&b'[') {
            let rest = &text[read + 2..];
            let parameters = rest.iter().take_while(|byte| (0x20..=0x3f).contains(*byte)).count();
            let has_end = rest.get(parameters).is_some_and(|byte| (0x40..=0x7e).contains(byte));
            read += 2 + parameters + usize::from(has_end);
        } else {
            text[write] = text[read];
            write += 1;
            read += 1;
        }
    }
    text.truncate(write);
}

#[cfg(test)]
mod tests;
