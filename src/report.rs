//! The model as text and JSON, for pipes and scripts.
//!
//! What a report says is decided here, apart from the command line that asks for it, so that others
//! can write the same reports.

pub mod check;
pub mod checkpoint;
pub mod entry;
pub mod follow;
mod in_order;
pub mod log;
mod rendering;
pub mod runs;
mod table;
pub mod why;

pub use check::Check;
pub use entry::{Form, Presentation, Reported};
pub use log::{LogRange, LogRequest};
