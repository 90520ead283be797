//! The writing side: runs a command as a step and records it as a run directory.
//!
//! A recording is prepared first ([`prepare()`]: the directory, the identity, the first checkpoint)
//! and then carried out ([`Prepared::run`]), on any thread. Whatever happens to the record, the
//! step goes on: its output passes through even when the disk is full.
//!
//! The step finds its run directory in `STEPWATCH_RUN` and may say something of itself by appending
//! lines to the file named by `STEPWATCH_EVENTS`: `progress TEXT` or `waiting_for_input TEXT`.

mod options;

pub use options::{DEFAULT_KIND, Options};

#[cfg(unix)]
mod checkpoints;
#[cfg(unix)]
mod command;
#[cfg(unix)]
mod ending;
#[cfg(unix)]
mod files;
#[cfg(unix)]
mod line;
#[cfg(unix)]
mod log;
#[cfg(unix)]
mod passage;
#[cfg(unix)]
mod pieces;
#[cfg(unix)]
mod prepare;
#[cfg(unix)]
mod recorder;
#[cfg(unix)]
mod said;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod source;
#[cfg(unix)]
mod step;
#[cfg(unix)]
mod terminal;

#[cfg(unix)]
pub use ending::{NOT_EXECUTABLE, NOT_FOUND, OWN_FAILURE};
#[cfg(unix)]
pub use step::{Error, Outcome, Output, Prepared, prepare, run};
