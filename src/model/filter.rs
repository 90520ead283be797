//! Which entries are asked for, by what they say.

use super::pattern::{Pattern, Scratch};

/// Patterns that an entry must match, and others that it must not.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    wanted: Vec<Pattern>,
    unwanted: Vec<Pattern>,
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

    /// Whether the entry that a line (without its line end) is, is kept.
    #[must_use]
    pub fn keeps(&self, line: &[u8], scratch: &mut Scratch) -> bool {
        self.wanted.iter().all(|pattern| pattern.matches_line(line, scratch))
            && !self.unwanted.iter().any(|pattern| pattern.matches_line(line, scratch))
    }

    /// A pattern that every line which is kept matches.
    pub(crate) fn required(&self) -> Option<&Pattern> {
        self.wanted.first()
    }
}
