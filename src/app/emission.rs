//! Checkpoints that a person asks for: what is wanted, what it would be, what became of it.

use std::num::NonZeroUsize;

use crate::checkpoint::git::GitDiff;
use crate::checkpoint::secrets::{self, Counted};
use crate::checkpoint::{Draft, LogTail};
use crate::run::RunDirectory;

/// A checkpoint to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Emission {
    /// What the run is called where there are several; untrusted text.
    pub label: String,
    /// The run.
    pub directory: RunDirectory,
    /// What is to be written.
    pub ask: Ask,
    /// Whether what looks like a secret is masked.
    pub redact: bool,
}

/// What is to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// This, as it was shown.
    Ready(Box<Draft>),
    /// A summary; its place in the log is yet to be found.
    Summary {
        /// The sentence.
        text: String,
        /// What there is to say besides.
        detail: Option<String>,
    },
    /// The last entries of the log, which are yet to be read.
    LogTail {
        /// How many.
        limit: NonZeroUsize,
        /// What it is about; where nothing is said the tail says it itself.
        summary: Option<String>,
    },
}

/// What became of an [`Emission`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// As in [`Emission::label`].
    pub label: String,
    /// What was written as `TYPE:STORAGE_PATH`, or why nothing was.
    pub outcome: Result<String, String>,
    /// How many secrets were masked.
    pub masked: usize,
}

/// What a prompt wants to show before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviewRequest {
    /// The last entries of a run's log.
    LogTail {
        /// The run.
        directory: RunDirectory,
        /// How many.
        limit: NonZeroUsize,
    },
    /// The changes in a run's working directory.
    GitDiff {
        /// Which run of the prompt.
        target: usize,
        /// The run.
        directory: RunDirectory,
        /// What they are taken against; `None` is what the run says.
        base: Option<String>,
    },
}

/// What would be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Previewed {
    /// The last entries, or why they cannot be told.
    LogTail {
        /// How many were asked for.
        limit: NonZeroUsize,
        /// They.
        tail: Result<Box<TailPreview>, String>,
    },
    /// The changes, or why they cannot be told.
    GitDiff {
        /// Which run of the prompt.
        target: usize,
        /// What was asked for.
        base: Option<String>,
        /// They.
        diff: Result<Box<DiffPreview>, String>,
    },
}

/// The last entries of a log, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct TailPreview {
    /// They.
    pub tail: LogTail,
    /// What looks like a secret in them.
    pub secrets: Vec<Counted>,
    /// The lines as they are when that is masked; `None` where there is nothing to mask.
    pub masked: Option<Vec<String>>,
}

impl TailPreview {
    /// Looks for secrets in the entries.
    #[must_use]
    pub fn of(tail: LogTail) -> Self {
        let (masked, secrets) = secrets::redact_lines(&tail.lines);
        let masked = (!secrets.is_empty()).then_some(masked);
        Self { tail, secrets, masked }
    }

    /// How long the entries are, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.tail.lines.iter().map(String::len).sum()
    }
}

/// The changes in a working directory, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffPreview {
    /// What it is about, in a sentence.
    pub summary: String,
    /// The changes.
    pub diff: GitDiff,
    /// Whether the record holds the changes in numbers too.
    pub with_stat: bool,
    /// The highest seq of the log that is known.
    pub log_seq: Option<u64>,
    /// What looks like a secret in it.
    pub secrets: Vec<Counted>,
    /// What a person should know about where it was made.
    pub note: Option<String>,
}
