//! Why a checkpoint was not made, said so that its author knows what to do next.

use std::io;
use std::path::{Path, PathBuf};

use super::kind::Kind;
use super::name::NoNextSeq;
use crate::run::{CheckpointMode, MAX_SEQ};

/// Why a checkpoint was not made. Nothing was written unless the error says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The run's settings forbid checkpoints.
    #[error("{}; nothing was written", disabled(.0))]
    Disabled(CheckpointMode),
    /// There is a `run.json` that cannot be read, so that nobody knows whether checkpoints are
    /// allowed.
    #[error("{} cannot be read, and it could forbid checkpoints: {source}; nothing was written", .path.display())]
    UnknownMode {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// The summary has no text.
    #[error("a checkpoint needs a summary: a sentence that says what it is about")]
    EmptySummary,
    /// The type is not one that is made here.
    #[error("checkpoints of type {:?} are not made here; use summary, git_diff or log_tail", .0.word())]
    UnsupportedType(Kind),
    /// The record would be larger than a reader reads.
    #[error("the checkpoint would be {length} bytes long; at most {limit} are allowed, so make it smaller")]
    TooLarge {
        /// Its length in bytes.
        length: u64,
        /// The greatest length.
        limit: u64,
    },
    /// A file in the folder has a seq after which there is none.
    #[error("{name:?} in {} leaves no seq for a next checkpoint; move that file away and try again", .folder.display())]
    AbsurdSeq {
        /// The file's name.
        name: String,
        /// The folder.
        folder: PathBuf,
    },
    /// `resumeFromSeq` leaves no next seq.
    #[error(
        "run.json resumes from checkpoint {0}, which leaves no seq for a next one; the highest is {MAX_SEQ}"
    )]
    AbsurdResume(u64),
    /// Another writer took every seq that was tried.
    #[error("another writer took the next seq in {} {attempts} times in a row; try again", .folder.display())]
    Contended {
        /// How often it was tried.
        attempts: u32,
        /// The folder.
        folder: PathBuf,
    },
    /// Another writer of ours holds the lock.
    #[error("another stepwatch has held {} for {seconds} s; end it or try again", .lock.display())]
    Locked {
        /// The lock's file.
        lock: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The record is in its place, but was not made to survive a power cut.
    #[error("{description} was written, but may be lost if the power fails now: {source}")]
    NotDurable {
        /// The checkpoint as `TYPE:STORAGE_PATH`.
        description: String,
        /// What the file system said.
        source: io::Error,
    },
    /// The file system refused. The text is still the caller's: it can be tried again.
    #[error("cannot {doing} {}{}: {source}", .path.display(), owner_hint(.path, .source))]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

/// What is said of a run whose checkpoints are disabled.
pub(super) fn disabled(mode: &CheckpointMode) -> String {
    match mode {
        CheckpointMode::Unknown(word) => format!(
            "checkpointing is disabled for this step (checkpoint.mode in run.json is {word:?}, which is neither \"capture\" nor \"disabled\")"
        ),
        _ => {
            "checkpointing is disabled for this step (checkpoint.mode in run.json is \"disabled\")".to_owned()
        }
    }
}

impl CheckpointError {
    /// Makes an error of `doing` something to `path` out of what the file system said.
    pub(super) fn io<E: Into<io::Error>>(
        doing: &'static str,
        path: &Path,
    ) -> impl FnOnce(E) -> Self + use<E> {
        let path = path.to_owned();
        move |error| Self::Io { doing, path, source: error.into() }
    }

    /// Why there is no next seq in `folder`.
    pub(super) fn no_next_seq(reason: NoNextSeq, folder: &Path) -> Self {
        match reason {
            NoNextSeq::Name(name) => Self::AbsurdSeq { name, folder: folder.to_owned() },
            NoNextSeq::Resume(seq) => Self::AbsurdResume(seq),
        }
    }

    /// Whether the answer is no by the run's own settings, rather than that something went wrong.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        matches!(self, Self::Disabled(_))
    }
}

/// Where permission is what lacks, whose the file or folder is.
fn owner_hint(path: &Path, error: &io::Error) -> String {
    use std::os::unix::fs::MetadataExt as _;
    if ![io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem].contains(&error.kind()) {
        return String::new();
    }
    // What could not be made is not there: the folder that it was to be made in says whose it is.
    let facts = path.symlink_metadata().or_else(|_| path.parent().unwrap_or(path).symlink_metadata());
    match facts {
        Ok(metadata) => format!(" (it belongs to {})", user_name(metadata.uid())),
        Err(_) => String::new(),
    }
}

fn user_name(user: u32) -> String {
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == user.to_string()).then(|| name.to_owned())
    });
    name.unwrap_or_else(|| format!("user id {user}"))
}
