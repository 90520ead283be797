//! The contract of a run directory: ids, layout, manifest, state, entries, and finding runs.
//!
//! Everything here is plain data and total decoding: nothing panics on any input, nothing knows
//! threads, watchers or clocks. Writers and readers share these types, so that what is written is
//! what is read.

pub mod canonical;
pub mod channel;
pub mod directory;
pub mod entry;
pub mod find;
pub mod id;
pub mod manifest;
mod object;
pub mod record_name;
pub mod replace;
pub mod root;
pub mod seq;
pub mod state;
pub mod time;

pub use canonical::{Canonical, JsonText, recognise};
pub use channel::Channel;
pub use directory::RunDirectory;
pub use entry::{Body, Entry, decode};
pub use id::{Id, InvalidId};
pub use manifest::{CheckpointMode, CheckpointSettings, Manifest, Terminal};
pub use seq::{LineOrder, MAX_SEQ, line_order};
pub use state::{Heartbeat, ProcessIdentity, RunState, Status};
pub use time::{Now, Timestamp};

/// The version of the run directory's format that this crate writes (`run.json`, `format`).
pub const FORMAT: u32 = 1;
