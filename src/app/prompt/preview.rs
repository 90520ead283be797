//! What would be written, as far as it is known yet.

use std::num::NonZeroUsize;

use crate::app::emission::{Ask, DiffPreview, TailPreview};
use crate::checkpoint::secrets::{self, Counted};
use crate::checkpoint::{Draft, Kind, LogTail};
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
    Ready(Box<TailPreview>),
    /// Why they cannot be told.
    Trouble(String),
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

    /// What looks like a secret in it and in what is typed.
    pub(super) fn secrets<'a>(&self, typed: impl Iterator<Item = &'a str>) -> Vec<Counted> {
        let mut counted: Vec<Counted> = typed.flat_map(|text| secrets::count(&secrets::find(text))).collect();
        match self {
            Self::Tail(Tail::Ready(ready)) => counted.extend_from_slice(&ready.secrets),
            Self::Diffs(diffs) => {
                counted.extend(diffs.iter().filter_map(Diff::found).flat_map(|diff| diff.secrets.clone()));
            }
            Self::Typed | Self::Tail(_) => {}
        }
        secrets::sum(counted)
    }
}

impl Tail {
    /// That of an open run.
    pub(super) fn of(model: &Model, limit: NonZeroUsize) -> Self {
        match LogTail::of(model, limit) {
            Ok(tail) => Self::Ready(Box::new(TailPreview::of(tail))),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Self::Reading,
            Err(error) => Self::Trouble(error.to_string()),
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
        let DiffPreview { mut diff, with_stat, log_seq, .. } = self.found()?.clone();
        diff.stat = diff.stat.filter(|_| with_stat);
        let summary = summary.map(str::to_owned);
        Some(Ask::Ready(Box::new(Draft::GitDiff { diff, summary, log_seq })))
    }

    fn found(&self) -> Option<&DiffPreview> {
        match self {
            Self::Taken { diff: Ok(diff), .. } => Some(diff),
            _ => None,
        }
    }
}
