//! The merged run: one order over all channels, with random access by position and by seq.
//!
//! The [`Model`] owns the sparse index of every segment and reads bodies from the files when they
//! are asked for. It is fed with the batches of a [`crate::tail::RunTail`], has no clock and no
//! thread: one owner applies what came and asks for what is shown.

pub mod cache;
pub mod channel;
pub mod counts;
pub mod filter;
pub mod filtered;
pub mod goal;
pub mod levels;
pub mod long_line;
pub mod merged;
pub mod notice;
pub mod pattern;
pub mod run_model;
pub mod scan_job;
pub mod segment;
mod seqs;
pub mod view;
pub mod walk;

pub use crate::tail::{Ending, Gap, Order};
pub use channel::ChannelState;
pub use counts::Counts;
pub use filter::Filter;
pub use filtered::Filtered;
pub use goal::Goal;
pub use levels::{Level, LevelRule};
pub use long_line::LongLine;
pub use merged::{Entries, Place, Placed};
pub use notice::Notice;
pub use pattern::{Pattern, Scratch};
pub use run_model::Model;
pub use scan_job::{Answer, ScanJob, Scanned};
pub use view::{Selection, View};
pub use walk::{Cut, PIECE_BYTES, Piece, RawEntry, Reader, Walk};
