//! The spool: `RUN/.stepwatch/spool/UID/`, where a record is written whole before it is published,
//! and where it stays until no runner can destroy it any more; and the lock of all our writers.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, fchmod, flock};
use rustix::io::Errno;

use super::crc::checksum;
use super::error::CheckpointError;
use super::folder::{FileFacts, Folder};
use super::name;
use super::read::RECORD_LIMIT;
use super::record::Record;
use crate::run::directory::PRIVATE;

const SPOOL: &str = "spool";
const LOCK: &str = ".lock";
/// Held while waiting for the lock, so that whoever lets go of it cannot have it again before one of
/// those that wait: it has to queue behind them.
const TURN: &str = ".turn";
const LOCK_SECONDS: u64 = 30;

/// A record's file in the spool. All that is needed to judge it stands in its name:
/// `ID.LENGTH.CHECKSUM.NNNN-TYPE.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpoolEntry {
    /// The record's id.
    pub(super) id: String,
    length: u64,
    checksum: u32,
    /// The name under which it is published.
    pub(super) target: String,
}

/// The lock of all our writers, held until dropped.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file would not do: a process that is being started just now has a copy of it
        // for a moment. A lock that cannot be let go of goes with the file.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

impl SpoolEntry {
    pub(super) fn new(id: &str, bytes: &[u8], target: String) -> Self {
        Self { id: id.to_owned(), length: bytes.len() as u64, checksum: checksum(bytes), target }
    }

    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.splitn(4, '.');
        let entry = Self {
            id: parts.next()?.to_owned(),
            length: parts.next()?.parse().ok()?,
            checksum: u32::from_str_radix(parts.next()?, 16).ok()?,
            target: parts.next()?.to_owned(),
        };
        (name::parse(entry.target.as_bytes()).is_some() && entry.name() == name).then_some(entry)
    }

    /// The entry's own file name.
    pub(super) fn name(&self) -> String {
        format!("{}.{}.{:08x}.{}", self.id, self.length, self.checksum, self.target)
    }

    /// The seq under which the record is published.
    pub(super) fn seq(&self) -> u64 {
        name::seq_of(self.target.as_bytes()).unwrap_or(0)
    }
}

/// The spool of this user in one run, held under the lock of all writers of ours. Let go of when
/// dropped.
#[derive(Debug)]
pub(super) struct Spool {
    /// The folder of the entries.
    pub(super) folder: Folder,
    /// The permission bits that records get.
    record_mode: Mode,
    _lock: Lock,
}

impl Spool {
    /// Makes the spool in `run` where it is missing, and waits for the lock.
    pub(super) fn open(run: &Folder) -> Result<Self, CheckpointError> {
        let failed = |source| CheckpointError::Io { doing: "write in", path: run.path().to_owned(), source };
        // Whoever may write in the run's directory may have a spool in it.
        let mode = run.facts().map_err(failed)?.mode;
        let shared = run
            .folder_or_make(PRIVATE, mode)
            .and_then(|private| private.folder_or_make(SPOOL, mode))
            .map_err(failed)?;
        let own = shared.folder_or_make(&own_name(), Mode::RWXU).map_err(failed)?;
        let lock = wait_for_lock(&shared)?;
        Self::with_lock(own, lock, mode)
    }

    /// The spool in `run` if there is one and nobody of ours is writing.
    pub(super) fn open_if_idle(run: &Folder) -> Result<Option<Self>, CheckpointError> {
        let found = run
            .folder(PRIVATE)
            .and_then(|private| private.folder(SPOOL))
            .and_then(|shared| Ok((shared.folder(&own_name())?, shared)));
        let (own, shared) = match found {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CheckpointError::io("open the spool in", run.path())(error)),
        };
        let Some(lock) = try_lock(&shared)? else { return Ok(None) };
        let mode = run.facts().map_err(CheckpointError::io("read", run.path()))?.mode;
        Self::with_lock(own, lock, mode).map(Some)
    }

    fn with_lock(folder: Folder, lock: Lock, mode: Mode) -> Result<Self, CheckpointError> {
        let failed = CheckpointError::io("trust", folder.path());
        match folder.facts() {
            Ok(facts) if facts.owner == rustix::process::geteuid().as_raw() => {
                let executable = Mode::XUSR | Mode::XGRP | Mode::XOTH;
                Ok(Self { folder, record_mode: mode.difference(executable), _lock: lock })
            }
            Ok(_) => Err(failed(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the folder was made by another user under this user's id; remove it",
            ))),
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes `record` to the spool, durably. Nothing is left of it where that fails.
    pub(super) fn write(&self, record: &Record, target: String) -> Result<SpoolEntry, CheckpointError> {
        let failed = |source| CheckpointError::Io {
            doing: "write the checkpoint in",
            path: self.folder.path().to_owned(),
            source,
        };
        let bytes = record.render().map_err(|error| failed(error.into()))?;
        if bytes.len() as u64 > RECORD_LIMIT {
            return Err(CheckpointError::TooLarge { length: bytes.len() as u64, limit: RECORD_LIMIT });
        }
        let entry = SpoolEntry::new(&record.id, &bytes, target);
        // What lies there already is what a writer left that ended before it had published it.
        self.folder.remove(entry.name().as_bytes()).map_err(failed)?;
        let mut file = self.folder.create(&entry.name()).map_err(failed)?;
        let written = file
            .write_all(&bytes)
            .and_then(|()| Ok(fchmod(&file, self.record_mode | Mode::RUSR | Mode::WUSR)?))
            .and_then(|()| file.sync_all());
        match written {
            Ok(()) => Ok(entry),
            Err(error) => {
                self.forget(&entry);
                Err(failed(error))
            }
        }
    }

    /// The entries by their names, in the order of their seq. Files that are no entries are left alone.
    pub(super) fn entries(&self) -> io::Result<Vec<SpoolEntry>> {
        let names = self.folder.names()?;
        let parse = |name: &Vec<u8>| SpoolEntry::parse(std::str::from_utf8(name).ok()?);
        let mut entries: Vec<SpoolEntry> = names.iter().filter_map(parse).collect();
        entries.sort_by_cached_key(SpoolEntry::seq);
        Ok(entries)
    }

    /// What the file system says of an entry; `None` where it is gone.
    pub(super) fn facts_of(&self, entry: &SpoolEntry) -> io::Result<Option<FileFacts>> {
        self.folder.facts_of(entry.name().as_bytes())
    }

    /// The record of an entry, `None` where its file is torn.
    pub(super) fn read(&self, entry: &SpoolEntry) -> io::Result<Option<Record>> {
        let bytes = self.folder.read(entry.name().as_bytes(), RECORD_LIMIT)?;
        if bytes.len() as u64 != entry.length || checksum(&bytes) != entry.checksum {
            return Ok(None);
        }
        Ok(serde_json::from_slice(&bytes).ok())
    }

    /// Removes an entry. One that cannot be removed is met again by the next writer, which judges
    /// it by the same rules, so that the error is nobody's business here.
    pub(super) fn forget(&self, entry: &SpoolEntry) {
        let _ = self.folder.remove(entry.name().as_bytes());
    }
}

fn own_name() -> String {
    rustix::process::geteuid().as_raw().to_string()
}

fn try_lock(shared: &Folder) -> Result<Option<Lock>, CheckpointError> {
    let path = shared.path().join(LOCK);
    let file = shared.lock_file(LOCK).map_err(CheckpointError::io("open", &path))?;
    lock_now(file).map_err(CheckpointError::io("lock", &path))
}

fn lock_now(file: File) -> io::Result<Option<Lock>> {
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(Lock(file))),
        Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn lock_when_free(file: File) -> io::Result<Lock> {
    rustix::io::retry_on_intr(|| flock(&file, FlockOperation::LockExclusive))?;
    Ok(Lock(file))
}

/// Waits in the kernel and in turn. A wait that looked again and again lost against whoever let go of
/// the lock and took it for its next record, for as long as that one went on.
fn wait_for_lock(shared: &Folder) -> Result<Lock, CheckpointError> {
    let path = shared.path().join(LOCK);
    let open = |name| shared.lock_file(name).map_err(CheckpointError::io("open", &path));
    let failed = |source| CheckpointError::Io { doing: "lock", path: path.clone(), source };
    if let Some(_turn) = lock_now(open(TURN)?).map_err(failed)?
        && let Some(lock) = lock_now(open(LOCK)?).map_err(failed)?
    {
        return Ok(lock);
    }
    let (turn, lock) = (open(TURN)?, open(LOCK)?);
    let (sender, receiver) = mpsc::channel();
    // The system knows no wait for a lock that ends at a deadline. So a thread waits; what it gets
    // after the deadline is let go of at once, as nobody receives it.
    let wait = move || {
        let lock = lock_when_free(turn).and_then(|_turn| lock_when_free(lock));
        let _ = sender.send(lock);
    };
    thread::Builder::new().name("checkpoint lock".into()).spawn(wait).map_err(failed)?;
    match receiver.recv_timeout(Duration::from_secs(LOCK_SECONDS)) {
        Ok(lock) => lock.map_err(failed),
        Err(_) => Err(CheckpointError::Locked { lock: path.clone(), seconds: LOCK_SECONDS }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_entry_says_all_that_is_needed_to_judge_it() {
        let entry = SpoolEntry::new("0198-id", b"{}\n", "0003-summary.json".into());
        assert_eq!(SpoolEntry::parse(&entry.name()), Some(entry.clone()));
        assert_eq!(entry.seq(), 3);
        for name in ["", "a.b", "id.3.xyz.0003-summary.json", "id.3.00000000.notes.md", ".lock"] {
            assert_eq!(SpoolEntry::parse(name), None, "{name}");
        }
    }
}
