//! What would be written, as far as it is known yet.

use std::num::NonZeroUsize;

use crate::app::emission::{Ask, DiffPreview};
use crate::checkpoint::{Kind, LogTail};
use crate::model::Model;

pub(super) const NO_NUMBER: &str = "how many entries? a number from 1 on";
pub(super) const OTHER_BASE: &str = "the changes against that are shown first: enter writes them then";

/// What would be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Preview {
    /// What is typed, and nothing else.
    Typed,
    /// The last entries of a log.
    Tail(Tail),
    /// The changes in the working directories of the runs.
    Diffs(Vec<Diff>),
}

/// The last entries of a log.
#[derive(Clone, Debug, PartialEq)]
pub enum Tail {
    /// No number of entries was typed.
    NoNumber,
    /// They are being read.
    Reading,
    /// They.
    Ready(Box<ReadyTail>),
    /// Why they cannot be told.
    Trouble(String),
}

/// A log tail that would be written.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadyTail {
    /// It.
    pub tail: LogTail,
    /// What looks like a secret in it, in a few words.
    pub secrets: Option<String>,
}

/// The changes in the working directory of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Diff {
    /// git is at work.
    Reading,
    /// They, or why they cannot be told.
    Taken {
        /// What they were asked to be taken against.
        base: Option<String>,
        /// They.
        diff: Result<Box<DiffPreview>, String>,
    },
}

impl Preview {
    pub(super) fn new(kind: &Kind, targets: usize) -> Self {
        match kind {
            Kind::LogTail => Self::Tail(Tail::Reading),
            Kind::GitDiff => Self::Diffs(vec![Diff::Reading; targets]),
            _ => Self::Typed,
        }
    }

    pub(super) fn secrets<'a>(&self, typed: impl Iterator<Item = &'a str>) -> Option<String> {
        let found = match self {
            Self::Typed | Self::Tail(Tail::NoNumber | Tail::Reading | Tail::Trouble(_)) => None,
            Self::Tail(Tail::Ready(ready)) => ready.secrets.clone(),
            Self::Diffs(diffs) => diffs.iter().find_map(|diff| match diff {
                Diff::Taken { diff: Ok(diff), .. } => diff.secrets.clone(),
                _ => None,
            }),
        };
        found.or_else(|| secrets_in(typed))
    }
}

/// What looks like a secret in these texts, in a few words.
pub(crate) fn secrets_in<'a>(_texts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    None
}

impl Tail {
    /// That of an open run.
    pub(super) fn of(model: &Model, limit: NonZeroUsize) -> Self {
        Self::taken(match LogTail::of(model, limit) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Self::Reading,
            result => result.map_err(|error| error.to_string()),
        })
    }

    pub(super) fn taken(tail: Result<LogTail, String>) -> Self {
        match tail {
            Ok(tail) => {
                let secrets = secrets_in(tail.lines.iter().map(String::as_str));
                Self::Ready(Box::new(ReadyTail { tail, secrets }))
            }
            Err(trouble) => Self::Trouble(trouble),
        }
    }
}

impl Diff {
    /// Whether they are those that are wanted, or are not known yet.
    pub(super) fn is_against(&self, wanted: Option<&str>) -> bool {
        match self {
            Self::Reading => true,
            Self::Taken { base, .. } => base.as_deref() == wanted,
        }
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        match self {
            Self::Taken { diff: Err(trouble), .. } => Some(trouble),
            _ => None,
        }
    }

    pub(super) fn ask(&self, summary: Option<&str>) -> Option<Ask> {
        let Self::Taken { diff: Ok(diff), .. } = self else { return None };
        let mut diff = diff.clone();
        if let Some(summary) = summary {
            summary.clone_into(&mut diff.summary);
        }
        Some(Ask::GitDiff(diff))
    }
}
