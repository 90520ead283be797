//! Checkpoints: records of a moment of a run, one file each in its folder `checkpoints/`.
//!
//! [`Checkpoints`] holds the rules (which mode, which types, which seq comes next), reads what is
//! there, and publishes new records so that neither a crash nor a runner that writes its own
//! checkpoints in the same folder can lose one.

mod crc;
mod draft;
mod error;
mod folder;
pub mod git;
mod kind;
mod log_tail;
mod name;
mod publish;
mod read;
mod record;
pub mod secrets;
mod settle;
mod spool;
#[cfg(test)]
mod tests;

use std::io;

use serde::Serialize;
use serde_json::Map;

pub use draft::Draft;
pub use error::CheckpointError;
pub use kind::{Kind, Origin};
pub use log_tail::{DEFAULT_LIMIT, LogTail};
pub use publish::Published;
pub use read::{RECORD_LIMIT, StoredRecord};
pub use record::{NewRecord, Record};

use crate::run::directory::MANIFEST;
use crate::run::{CheckpointMode, CheckpointSettings, FORMAT, Manifest, RunDirectory, Timestamp};
use publish::{Publisher, Way};

/// What is said of a run of which checkpoints are made.
const CAPTURED: &str =
    "summaries, git diffs and log tails are written to checkpoints/, and nothing there is ever overwritten";

/// The checkpoints of one run.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    directory: RunDirectory,
    task_id: String,
    step_id: String,
    run_id: String,
    settings: CheckpointSettings,
    /// How a file gets its name; all the ways but in tests.
    ways: &'static [Way],
}

/// Where the checkpoints of a run stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckpointState {
    /// Whether checkpoints are made: `disabled` also where another word says so, which the note tells.
    pub mode: CheckpointMode,
    /// The types that can be made; none where the mode is `disabled`.
    pub supported_types: Vec<Kind>,
    /// What is made and where it goes, or that checkpoints are disabled for this step; and why there
    /// is no next seq, where there is none.
    pub note: String,
    /// The highest seq so far; before any record that of the attempt that this run goes on from,
    /// or 0.
    pub last_checkpoint_seq: u64,
    /// The seq of the next checkpoint; `None` where there can be none, and the note says why.
    pub next_checkpoint_seq: Option<u64>,
    /// The newest record as `TYPE:STORAGE_PATH`.
    pub latest: Option<String>,
}

impl Checkpoints {
    /// The checkpoints of the run in `directory`, which is the one of `identity`. Nothing is read.
    #[must_use]
    pub fn new(directory: RunDirectory, identity: &Manifest) -> Self {
        Self {
            directory,
            task_id: identity.task_id.clone(),
            step_id: identity.step_id.clone(),
            run_id: identity.run_id.clone(),
            settings: identity.checkpoint_settings(),
            ways: &Way::ALL,
        }
    }

    /// The checkpoints of the run in `directory`, by its `run.json`. A run without one is in mode
    /// `capture`.
    ///
    /// # Errors
    /// [`CheckpointError::UnknownMode`] where there is a `run.json` that cannot be read: it could
    /// say that nothing may be written.
    pub fn open(directory: RunDirectory) -> Result<Self, CheckpointError> {
        let path = directory.path().join(MANIFEST);
        let manifest = match directory.manifest() {
            Ok(manifest) => manifest,
            // A link that leads nowhere is not found either, but is not nothing.
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => {
                Manifest::default()
            }
            Err(source) => return Err(CheckpointError::UnknownMode { path, source }),
        };
        let identity = directory.named(manifest);
        Ok(Self::new(directory, &identity))
    }

    /// Where the checkpoints stand, by the names in the folder.
    #[must_use]
    pub fn state(&self) -> CheckpointState {
        let resume_from_seq = self.settings.resume_from_seq;
        let (supported_types, note) = match &self.settings.mode {
            CheckpointMode::Capture => (Kind::SUPPORTED.to_vec(), CAPTURED.to_owned()),
            other => (Vec::new(), error::disabled(other)),
        };
        let mut notes = vec![note];
        let (folder, names) = match read::open_folder(&self.directory)
            .and_then(|folder| folder.map(|folder| Ok((folder.names()?, folder))).transpose())
        {
            Ok(Some((names, folder))) => (Some(folder), Ok(names)),
            Ok(None) => (None, Ok(Vec::new())),
            Err(error) => (None, Err(error)),
        };
        let folder_path = self.directory.checkpoints();
        let next_checkpoint_seq = match &names {
            Err(error) => {
                notes.push(format!("{} cannot be listed: {error}", folder_path.display()));
                None
            }
            Ok(names) => match name::next_seq(resume_from_seq, names.iter().map(Vec::as_slice)) {
                Ok(seq) => Some(seq),
                Err(reason) => {
                    notes.push(CheckpointError::no_next_seq(reason, &folder_path).to_string());
                    None
                }
            },
        };
        let names = names.unwrap_or_default();
        CheckpointState {
            mode: if self.settings.mode.captures() {
                CheckpointMode::Capture
            } else {
                CheckpointMode::Disabled
            },
            supported_types,
            note: notes.join("; "),
            last_checkpoint_seq: name::highest(resume_from_seq, names.iter().map(Vec::as_slice)).0,
            next_checkpoint_seq,
            latest: folder.and_then(|folder| read::latest(&folder, &names)).map(|last| last.description()),
        }
    }

    /// Every record, ordered by seq, time of creation and name. One that cannot be read is among
    /// them, with the reason; a folder that cannot be listed has none, and [`Self::state`] says why.
    #[must_use]
    pub fn records(&self) -> Vec<StoredRecord> {
        self.list().unwrap_or_default()
    }

    /// As [`Self::records`], where it matters whether the folder could be listed.
    ///
    /// # Errors
    /// Why it could not.
    pub fn list(&self) -> io::Result<Vec<StoredRecord>> {
        match read::open_folder(&self.directory)? {
            Some(folder) => Ok(read::records(&folder, &folder.names()?)),
            None => Ok(Vec::new()),
        }
    }

    /// Whether checkpoints of that kind are made, before anything is done for one.
    ///
    /// # Errors
    /// [`CheckpointError::Disabled`] and [`CheckpointError::UnsupportedType`].
    pub fn supports(&self, kind: &Kind) -> Result<(), CheckpointError> {
        match &self.settings.mode {
            CheckpointMode::Capture if Kind::SUPPORTED.contains(kind) => Ok(()),
            CheckpointMode::Capture => Err(CheckpointError::UnsupportedType(kind.clone())),
            other => Err(CheckpointError::Disabled(other.clone())),
        }
    }

    /// Publishes a new record under the next seq. When this returns, the record survives a crash
    /// and a power cut, and what a runner does beside it. It takes some milliseconds; a caller that
    /// wants to try again keeps a copy.
    ///
    /// # Errors
    /// [`CheckpointError`] says why nothing was written.
    pub fn publish(&self, record: NewRecord, now: Timestamp) -> Result<Published, CheckpointError> {
        self.check(&record)?;
        let publisher = Publisher::open(&self.directory, self.settings.resume_from_seq, self.ways)?;
        // What cannot be settled now stays in the spool for whoever comes next. It is no reason to
        // refuse the new record.
        let _ = publisher.settle(settle::AT_ONCE, now);
        publisher.publish(Record {
            format: FORMAT,
            task_id: self.task_id.clone(),
            step_id: self.step_id.clone(),
            run_id: self.run_id.clone(),
            seq: None,
            kind: record.kind,
            id: new_id(now),
            created_at: Some(now),
            origin: record.origin,
            log_seq: record.log_seq,
            summary: record.summary,
            payload: record.payload,
            other: Map::new(),
        })
    }

    /// Looks after records that were published earlier: one that a runner renamed its own file over
    /// is published again under the next seq, and returned. To be called when the folder changes or
    /// is read; `now` tells which records of an ended run are too old to be renamed over.
    /// Writes nothing in a run in which nothing was published, and does nothing while somebody of
    /// ours is publishing.
    ///
    /// # Errors
    /// [`CheckpointError`] says what could not be done; the next call tries it again.
    pub fn settle(&self, now: Timestamp) -> Result<Vec<Published>, CheckpointError> {
        if !self.settings.mode.captures() {
            return Ok(Vec::new());
        }
        match Publisher::open_if_idle(&self.directory, self.settings.resume_from_seq, self.ways)? {
            Some(publisher) => publisher.settle(usize::MAX, now),
            None => Ok(Vec::new()),
        }
    }

    fn check(&self, record: &NewRecord) -> Result<(), CheckpointError> {
        self.supports(&record.kind)?;
        if record.summary.trim().is_empty() {
            return Err(CheckpointError::EmptySummary);
        }
        Ok(())
    }
}

/// A UUIDv7 of that moment.
fn new_id(now: Timestamp) -> String {
    let milliseconds = u64::try_from(now.milliseconds()).unwrap_or(0);
    let nanoseconds = u32::try_from(milliseconds % 1000 * 1_000_000).unwrap_or(0);
    let moment = uuid::Timestamp::from_unix(uuid::NoContext, milliseconds / 1000, nanoseconds);
    uuid::Uuid::new_v7(moment).to_string()
}
