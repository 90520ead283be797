//! Which entries are asked for, by what they say.

use regex::bytes::Regex;

use super::pattern::{Pattern, Scratch};

/// Patterns that an entry must match, and others that it must not.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    wanted: Vec<Pattern>,
    unwanted: Vec<Pattern>,
    /// Of each pair one must match: the text, or the raw line.
    either: Vec<(Pattern, Regex)>,
    /// What the raw line must not match.
    unwanted_lines: Vec<Regex>,
}

impl Filter {
    /// A filter that keeps everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps only entries that match, too.
    #[must_use]
    pub fn keep(mut self, pattern: Pattern) -> Self {
        self.wanted.push(pattern);
        self
    }

    /// Drops entries that match, too.
    #[must_use]
    pub fn drop(mut self, pattern: Pattern) -> Self {
        self.unwanted.push(pattern);
        self
    }

    /// Keeps only entries whose text matches `pattern`, or whose raw line, as it stands in the file,
    /// matches `line`: for what a line tells beside its text, such as its level.
    #[must_use]
    pub fn keep_either(mut self, pattern: Pattern, line: Regex) -> Self {
        self.either.push((pattern, line));
        self
    }

    /// Drops entries whose raw line, as it stands in the file, matches, too.
    #[must_use]
    pub fn drop_lines(mut self, line: Regex) -> Self {
        self.unwanted_lines.push(line);
        self
    }

    /// Whether the entry that a line (without its line end) is, is kept.
    #[must_use]
    pub fn keeps(&self, line: &[u8], scratch: &mut Scratch) -> bool {
        self.wanted.iter().all(|pattern| pattern.matches_line(line, scratch))
            && !self.unwanted.iter().any(|pattern| pattern.matches_line(line, scratch))
            && !self.unwanted_lines.iter().any(|unwanted| unwanted.is_match(line))
            && self
                .either
                .iter()
                .all(|(pattern, raw)| raw.is_match(line) || pattern.matches_line(line, scratch))
    }

    /// A pattern that every line which is kept matches.
    pub(crate) fn required(&self) -> Option<&Pattern> {
        self.wanted.first()
    }
}
