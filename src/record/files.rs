//! The small files of a recorded run: `state.json` and `heartbeat.json`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::run::directory::{HEARTBEAT, STATE};
use crate::run::replace::{Durability, replace_file};
use crate::run::{Heartbeat, RunState};

/// `state.json` and what should stand in it.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// The state as it is; to be written after each change.
    pub(crate) state: RunState,
    unwritten: bool,
}

impl StateFile {
    pub(crate) fn new(directory: &Path, state: RunState) -> Self {
        Self { path: directory.join(STATE), state, unwritten: true }
    }

    /// Replaces the file, on the disk before it is visible.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        self.unwritten = true;
        self.state.updated_at = Some(SystemTime::now().into());
        replace_file(&self.path, &json_bytes(&self.state)?, Durability::Synced)?;
        self.unwritten = false;
        Ok(())
    }

    /// Whether the last change did not reach the file.
    pub(crate) fn is_unwritten(&self) -> bool {
        self.unwritten
    }

    /// Writes the last state of the run. On a full disk there is no room for a second file, but
    /// the old one still has its block: a state that is for an instant half-written is better than
    /// one that says for ever that the run goes on.
    pub(crate) fn write_last(&mut self) -> io::Result<()> {
        self.write().or_else(|_| {
            let bytes = json_bytes(&self.state)?;
            let mut file = OpenOptions::new().write(true).open(&self.path)?;
            file.write_all(&bytes)?;
            file.set_len(bytes.len() as u64)?;
            file.sync_all()?;
            self.unwritten = false;
            Ok(())
        })
    }
}

/// Replaces `heartbeat.json`.
pub(crate) fn write_heartbeat(directory: &Path, heartbeat: &Heartbeat) -> io::Result<()> {
    replace_file(&directory.join(HEARTBEAT), &json_bytes(heartbeat)?, Durability::Visible)
}

/// A small file's content: indented JSON with a line end, so that a person can read it too.
pub(crate) fn json_bytes(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
