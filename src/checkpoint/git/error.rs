//! Why there is no diff, said so that its reader knows what to do next.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why there is no diff. Nothing was written. What git itself said is untrusted text.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no git.
    #[error("git is in no folder of PATH; install it, or make a summary checkpoint instead")]
    NoGit,
    /// This git cannot be kept from reading configurations that are not ours.
    #[error(
        "this is git {version}, and only git {} or later can be kept from running a repository's programs; \
         update it",
        super::program::OLDEST_WORD
    )]
    TooOld {
        /// Its version.
        version: String,
    },
    /// The working directory is gone, or is none.
    #[error("the working directory {} is no folder (any more), so there is nothing to compare", .0.display())]
    NoDirectory(PathBuf),
    /// The working directory is in no repository.
    #[error("{} is in no git repository; name a run whose working directory is in one", .0.display())]
    NotARepository(PathBuf),
    /// Git refuses a repository of another user.
    #[error(
        "the git repository around {path} belongs to another user, and git does not trust it; if you do: \
         git config --global --add safe.directory FOLDER, with the folder of its .git",
        path = .0.display()
    )]
    NotTrusted(PathBuf),
    /// The repository has no files to compare with.
    #[error("{} is in a git repository without a working tree (a bare one, or its .git folder)", .0.display())]
    NoWorkTree(PathBuf),
    /// The base cannot be a name of a commit.
    #[error("{0:?} names no commit: a base is not empty and does not begin with \"-\"")]
    BadBase(String),
    /// The base names no commit of this repository.
    #[error("{base:?} names no commit in the repository around {}; try HEAD, a branch or a tag", .directory.display())]
    UnknownBase {
        /// The base.
        base: String,
        /// The working directory.
        directory: PathBuf,
    },
    /// Git took too long, and was ended.
    #[error("git took longer than {} to {doing}, and was ended; try again when the disk is less busy", seconds(*.limit))]
    TimeOver {
        /// What it was asked.
        doing: &'static str,
        /// How long it may take for all that it is asked.
        limit: Duration,
    },
    /// Git itself ended with an error.
    #[error("git could not {doing}: {said}")]
    Failed {
        /// What it was asked.
        doing: &'static str,
        /// What it said, in a line.
        said: String,
    },
    /// The system refused something.
    #[error("cannot {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl GitError {
    /// Makes an error of `doing` something to `path` out of what the system said.
    pub(super) fn io<E: Into<io::Error>>(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(E) -> Self {
        let path = path.into();
        move |error| Self::Io { doing, path, source: error.into() }
    }
}

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}
