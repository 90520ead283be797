//! Checkpoints that a person asks for: what is wanted, what it would be, what became of it.

use std::num::NonZeroUsize;

use crate::checkpoint::git::GitDiff;
use crate::checkpoint::{LogTail, NewRecord};
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
    Ready(Box<NewRecord>),
    /// The changes in the run's working directory, as they were shown.
    GitDiff(Box<DiffPreview>),
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
        tail: Result<LogTail, String>,
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
    /// What looks like a secret in it, in a few words.
    pub secrets: Option<String>,
}
