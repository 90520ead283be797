//! The types of checkpoints and who made one: open sets, so that what other writers say is kept.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The type of a checkpoint (`type` in its record, and the second half of its file name).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Kind {
    /// A sentence or two by a person or a runner; payload `{ detail? }`.
    #[default]
    Summary,
    /// The changes in the run's working directory; payload
    /// `{ baseRef, head, stat?, patch, truncated }`.
    GitDiff,
    /// The last entries of the merged log; payload `{ source, lines, truncated, lossy? }`.
    LogTail,
    /// A type that this version does not know. Untrusted text.
    Other(String),
}

impl Kind {
    /// The types that are made here, in the order in which they are offered.
    pub const SUPPORTED: [Self; 3] = [Self::Summary, Self::GitDiff, Self::LogTail];

    /// The word as it stands in JSON and in file names. That of an unknown type is untrusted text.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Summary => "summary",
            Self::GitDiff => "git_diff",
            Self::LogTail => "log_tail",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for Kind {
    fn from(word: String) -> Self {
        match Self::SUPPORTED.into_iter().find(|kind| kind.word() == word) {
            Some(kind) => kind,
            None => Self::Other(word),
        }
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Other(word) => word,
            known => known.word().to_owned(),
        }
    }
}

impl FromStr for Kind {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        Ok(Self::from(word.to_owned()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// Who made a checkpoint. A record that does not say came from the runner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Origin {
    /// Who carries the run out.
    #[default]
    Runner,
    /// A person who watches it.
    Operator,
    /// An origin that this version does not know. Untrusted text.
    Other(String),
}

impl Origin {
    /// The word as it stands in JSON. That of an unknown origin is untrusted text.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Runner => "runner",
            Self::Operator => "operator",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for Origin {
    fn from(word: String) -> Self {
        match word.as_str() {
            "runner" => Self::Runner,
            "operator" => Self::Operator,
            _ => Self::Other(word),
        }
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Other(word) => word,
            known => known.word().to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back_as_it_was_written() {
        for word in ["summary", "git_diff", "log_tail", "screenshot", ""] {
            let kind: Kind = serde_json::from_value(word.into()).unwrap();
            assert_eq!(serde_json::to_value(&kind).unwrap(), word);
            assert_eq!(matches!(kind, Kind::Other(_)), matches!(word, "screenshot" | ""));
        }
        for word in ["runner", "operator", "scheduler"] {
            let origin: Origin = serde_json::from_value(word.into()).unwrap();
            assert_eq!(serde_json::to_value(&origin).unwrap(), word);
        }
    }
}
