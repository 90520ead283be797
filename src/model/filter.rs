//! Which entries are asked for, by what they say.

use std::sync::Arc;

use regex::bytes::Regex;

use super::levels::{Level, LevelCandidates, LevelRule};
use super::pattern::{Pattern, Scratch};

/// Patterns that an entry must match, and others that it must not.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    wanted: Vec<Pattern>,
    unwanted: Vec<Pattern>,
    /// How bad an entry must be, and by which rule.
    level: Option<(Arc<LevelRule>, Level)>,
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

    /// Keeps only entries that are so bad by the rule, too.
    #[must_use]
    pub fn keep_level(mut self, rule: Arc<LevelRule>, level: Level) -> Self {
        self.level = Some((rule, level));
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
            && self.level.as_ref().is_none_or(|(rule, level)| rule.level_of(line, scratch) == Some(*level))
    }

    /// A pattern that every line which is kept matches.
    pub(crate) fn required(&self) -> Option<&Pattern> {
        self.wanted.first()
    }

    /// The lines of a chunk that may be as bad as is wanted; `None` where they may be anything.
    pub(super) fn bad_candidates<'a>(&'a self, chunk: &'a [u8]) -> Option<LevelCandidates<'a>> {
        self.level.as_ref().map(|(rule, level)| rule.candidates(*level, chunk))
    }
}
