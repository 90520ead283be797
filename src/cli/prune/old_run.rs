//! A run that may be removed: how it ended, when, and what it takes.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::diagnose::liveness;
use crate::display;
use crate::run::directory::MANIFEST;
use crate::run::{Manifest, RunDirectory, RunState, Status, Timestamp};

/// Folders deeper than this below a run are not gone into: each takes a handle.
const DEEPEST: usize = 64;

/// A run that has a manifest and a state, of which it is not yet known what it takes.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) directory: RunDirectory,
    pub(super) manifest: Manifest,
    state: RunState,
    status: Status,
}

/// A run that may be removed, as it was when it was looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OldRun {
    pub(super) directory: RunDirectory,
    pub(super) manifest: Manifest,
    pub(super) status: Status,
    /// When it ended: as its state says, else when a file of it changed last.
    pub(super) ended: Timestamp,
    pub(super) taken: Taken,
    /// Which folder it is.
    pub(super) identity: Identity,
}

/// What a folder takes, with everything in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// On the disk, where that can be told, else as the lengths of its files are.
    pub(super) bytes: u64,
    /// When one of its files changed last.
    newest: SystemTime,
}

/// A folder by device and inode. Where there are none, all are alike.
pub(super) type Identity = (u64, u64);

impl Seen {
    /// Looks at a run. `None` where it has no manifest: who knows what that folder is.
    pub(super) fn of(directory: RunDirectory) -> Option<Self> {
        let manifest = directory.named(directory.manifest().ok()?);
        // Without a state it is not known how the run is.
        let (state, status) = liveness::observe(&directory).unwrap_or_default();
        Some(Self { directory, manifest, state, status })
    }

    /// When it began, as far as it says so.
    pub(super) fn began(&self) -> Option<Timestamp> {
        self.state.started_at.or(self.manifest.created_at).or(self.state.finished_at)
    }

    /// Whether it ended, or is lost where that is enough.
    pub(super) fn may_be_removed(&self, lost: bool) -> bool {
        match self.status {
            Status::Succeeded | Status::Failed | Status::Cancelled => true,
            Status::Lost => lost,
            Status::Prepared | Status::Running | Status::Unknown => false,
        }
    }

    /// Whether its state says that it ended less than `length` ago, or will.
    pub(super) fn ended_after(&self, now: Timestamp, length: Duration) -> bool {
        self.state.finished_at.is_some_and(|ended| ended >= now || now.since(ended) < length)
    }
}

impl OldRun {
    /// Finds out what a run takes, and when it ended.
    ///
    /// # Errors
    /// Why it can or must not be removed: it cannot be read, is reached through a link, or holds what is
    /// not its own.
    pub(super) fn measure(seen: Seen, root: &Path) -> io::Result<Self> {
        inside(root, seen.directory.path())?;
        let metadata = fs::symlink_metadata(seen.directory.path())?;
        let identity = identity(&metadata);
        let taken = measure(seen.directory.path(), identity)?;
        let ended = seen.state.finished_at.unwrap_or_else(|| Timestamp::from(taken.newest));
        let Seen { directory, manifest, status, .. } = seen;
        Ok(Self { directory, manifest, status, ended, taken, identity })
    }

    /// Whether it is still what it was, now that it lies at `directory`.
    pub(super) fn is_unchanged(&self, directory: &RunDirectory) -> bool {
        let Some(seen) = Seen::of(directory.clone()) else { return false };
        let is_same = |now: Self| {
            (now.status, now.ended, now.taken, now.identity)
                == (self.status, self.ended, self.taken, self.identity)
        };
        let parent = directory.path().parent().unwrap_or(directory.path());
        Self::measure(seen, parent).is_ok_and(is_same)
    }
}

/// The way from a root to what is inside it, which no link may be part of.
pub(super) fn inside(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let way = path.strip_prefix(root).map_err(io::Error::other)?;
    let mut reached = root.to_owned();
    for component in way.components() {
        let Component::Normal(name) = component else {
            return Err(io::Error::other("its path is not plain"));
        };
        reached.push(name);
        if !fs::symlink_metadata(&reached)?.is_dir() {
            return Err(io::Error::other("it is reached through a link, which is not followed"));
        }
    }
    Ok(way.to_owned())
}

/// What a folder takes.
fn measure(run: &Path, identity: Identity) -> io::Result<Taken> {
    let mut taken = Taken { bytes: 0, newest: SystemTime::UNIX_EPOCH };
    let mut folders = vec![(run.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let metadata = fs::symlink_metadata(&path)?;
            taken.bytes = taken.bytes.saturating_add(on_disk(&metadata));
            if metadata.is_dir() {
                if depth == DEEPEST {
                    return Err(io::Error::other(format!("folders are more than {DEEPEST} deep in it")));
                }
                if self::identity(&metadata).0 != identity.0 {
                    let path = display::path(&path);
                    return Err(io::Error::other(format!("another file system is mounted at {path}")));
                }
                folders.push((path, depth + 1));
            } else if metadata.is_file() {
                if depth > 0 && path.file_name().is_some_and(|name| name == MANIFEST) {
                    let folder = display::path(&folder);
                    return Err(io::Error::other(format!("it holds another run: {folder}")));
                }
                taken.newest = taken.newest.max(metadata.modified()?);
            }
        }
    }
    Ok(taken)
}

#[cfg(unix)]
fn on_disk(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    // In units of 512 bytes, whatever the file system's blocks are.
    metadata.blocks().saturating_mul(512)
}

#[cfg(not(unix))]
fn on_disk(metadata: &Metadata) -> u64 {
    metadata.len()
}

#[cfg(unix)]
pub(super) fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
pub(super) fn identity(_metadata: &Metadata) -> Identity {
    (0, 0)
}
