//! Publishing a record beside a runner that knows nothing of us: written whole and durably in the
//! spool, then linked under the next free name. Nothing that stands in `checkpoints/` is ever
//! removed or overwritten. [`settle`](super::settle) is what comes after.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;

use super::error::CheckpointError;
use super::folder::Folder;
use super::name;
use super::read::describe;
use super::record::Record;
use super::spool::{Spool, SpoolEntry};
use crate::run::RunDirectory;
use crate::run::directory::CHECKPOINTS;

/// How often a next seq is tried that another writer takes first.
const ATTEMPTS: u32 = 100;

/// The longest pause before a seq is tried again.
const LONGEST_PAUSE: Duration = Duration::from_millis(4);

/// A checkpoint that is in its place for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its seq.
    pub seq: u64,
    /// Its file.
    pub path: PathBuf,
    /// It as `TYPE:STORAGE_PATH`.
    pub description: String,
}

/// Where records of one run are published from and to, under the lock.
#[derive(Debug)]
pub(super) struct Publisher<'a> {
    directory: &'a RunDirectory,
    resume_from_seq: Option<u64>,
    pub(super) checkpoints: Folder,
    pub(super) spool: Spool,
    /// The ways of giving a file its name, in the order in which they are tried.
    ways: &'a [Way],
}

/// How a file in the spool gets its name in `checkpoints/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By a second name of the same file, so that the spool keeps the first.
    Link,
    /// By moving it to a name that must be free.
    RenameToFreeName,
    /// By claiming the name with an empty file and moving it over that.
    Claim,
}

impl Way {
    /// The ways in the order in which they are tried.
    pub(super) const ALL: [Self; 3] = [Self::Link, Self::RenameToFreeName, Self::Claim];
}

/// How giving a file its name went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placed {
    /// It has the name.
    Done,
    /// Somebody else has it.
    Taken,
}

impl<'a> Publisher<'a> {
    /// Makes what is missing in the run's directory and waits for the lock.
    pub(super) fn open(
        directory: &'a RunDirectory,
        resume_from_seq: Option<u64>,
        ways: &'a [Way],
    ) -> Result<Self, CheckpointError> {
        let failed = CheckpointError::io("open", directory.path());
        let run = Folder::at(directory.path()).map_err(failed)?;
        let mode = run.facts().map_err(CheckpointError::io("read", run.path()))?.mode;
        let checkpoints = run
            .folder_or_make(CHECKPOINTS, mode)
            .map_err(CheckpointError::io("write in", &run.path().join(CHECKPOINTS)))?;
        let spool = Spool::open(&run)?;
        Ok(Self { directory, resume_from_seq, checkpoints, spool, ways })
    }

    /// What there is to settle with; `None` where nothing was ever published from here, or
    /// somebody of ours is publishing just now.
    pub(super) fn open_if_idle(
        directory: &'a RunDirectory,
        resume_from_seq: Option<u64>,
        ways: &'a [Way],
    ) -> Result<Option<Self>, CheckpointError> {
        let failed = CheckpointError::io("open", directory.path());
        let run = Folder::at(directory.path()).map_err(failed)?;
        let Some(spool) = Spool::open_if_idle(&run)? else { return Ok(None) };
        let path = run.path().join(CHECKPOINTS);
        let checkpoints = run.folder(CHECKPOINTS).map_err(CheckpointError::io("open", &path))?;
        Ok(Some(Self { directory, resume_from_seq, checkpoints, spool, ways }))
    }

    /// Publishes `record` under the next free seq.
    pub(super) fn publish(&self, mut record: Record) -> Result<Published, CheckpointError> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                thread::sleep(random_pause());
            }
            let seq = self.next_seq()?;
            record.seq = Some(seq);
            let target = name::file_name(seq, &record.kind);
            let entry = self.spool.write(&record, target.clone())?;
            match self.place(&entry) {
                Ok(Placed::Taken) => self.spool.forget(&entry),
                Ok(Placed::Done) => {
                    let description = describe(&record.kind, &target);
                    if let Err(source) = self.checkpoints.sync() {
                        return Err(CheckpointError::NotDurable { description, source });
                    }
                    return Ok(Published { seq, path: self.checkpoints.path().join(&target), description });
                }
                Err(source) => {
                    self.spool.forget(&entry);
                    let path = self.checkpoints.path().join(&target);
                    return Err(CheckpointError::Io { doing: "publish the checkpoint as", path, source });
                }
            }
        }
        let folder = self.checkpoints.path().to_owned();
        Err(CheckpointError::Contended { attempts: ATTEMPTS, folder })
    }

    /// Whether the run has ended by its `state.json`. Others may write records in it even then.
    pub(super) fn run_has_ended(&self) -> bool {
        self.directory.state().is_ok_and(|state| state.status.has_ended())
    }

    fn next_seq(&self) -> Result<u64, CheckpointError> {
        let folder = self.checkpoints.path();
        let names = self.checkpoints.names().map_err(CheckpointError::io("list", folder))?;
        name::next_seq(self.resume_from_seq, names.iter().map(Vec::as_slice))
            .map_err(|reason| CheckpointError::no_next_seq(reason, folder))
    }

    /// Gives the entry its name in the first way that the file system knows.
    fn place(&self, entry: &SpoolEntry) -> io::Result<Placed> {
        let mut answer = Errno::NOSYS;
        for way in self.ways {
            let placed = match way {
                Way::Link => self.spool.folder.link(&entry.name(), &self.checkpoints, &entry.target),
                Way::RenameToFreeName => {
                    self.spool.folder.rename_to_free_name(&entry.name(), &self.checkpoints, &entry.target)
                }
                Way::Claim => return self.claim(entry),
            };
            match placed {
                Ok(()) => return Ok(Placed::Done),
                // A lost answer over a network looks like this, although the link was made.
                Err(Errno::EXIST) if self.is_ours(entry)? => return Ok(Placed::Done),
                Err(Errno::EXIST) => return Ok(Placed::Taken),
                Err(error) if is_unknown_way(error) => answer = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(answer.into())
    }

    fn is_ours(&self, entry: &SpoolEntry) -> io::Result<bool> {
        let spooled = self.spool.folder.facts_of(entry.name().as_bytes())?;
        let standing = self.checkpoints.facts_of(entry.target.as_bytes())?;
        Ok(matches!((spooled, standing), (Some(one), Some(other)) if one.identity == other.identity))
    }

    fn claim(&self, entry: &SpoolEntry) -> io::Result<Placed> {
        use std::os::unix::fs::MetadataExt as _;
        let claim = match self.checkpoints.create(&entry.target) {
            Ok(file) => file.metadata()?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Placed::Taken),
            Err(error) => return Err(error),
        };
        let standing = self.checkpoints.facts_of(entry.target.as_bytes())?;
        if standing.is_none_or(|facts| facts.identity != (claim.dev(), claim.ino())) {
            return Ok(Placed::Taken);
        }
        if let Err(error) = self.spool.folder.rename_over(&entry.name(), &self.checkpoints, &entry.target) {
            // The claim is empty and ours; that it stays where it cannot be removed is said by the
            // error that is on its way.
            let _ = self.checkpoints.remove(entry.target.as_bytes());
            return Err(error.into());
        }
        Ok(Placed::Done)
    }
}

/// Whether the answer is that this file system or system gives no file a name in this way.
fn is_unknown_way(error: Errno) -> bool {
    [Errno::PERM, Errno::NOTSUP, Errno::NOSYS, Errno::INVAL, Errno::MLINK, Errno::XDEV].contains(&error)
}

/// A pause of random length, so that two writers do not meet again and again.
fn random_pause() -> Duration {
    let longest = u64::try_from(LONGEST_PAUSE.as_micros()).unwrap_or(1);
    Duration::from_micros(random() % longest)
}

pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
