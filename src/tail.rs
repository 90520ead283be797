//! Following the files of a run: what is there, what came, what was taken away.
//!
//! A file event is a hint to look, never the truth: the truth is a file's identity, its length and
//! its bytes. [`RunTail`] looks when it is told to and reports what changed since it last looked;
//! [`RunReader`] is a thread that tells it to, on events of the file system and on a safety tick.
//!
//! A channel is a list of *segments*. A segment is one file as long as it is the same file and
//! only grows; a rotation, a replacement or a truncation ends it and begins the next. This storey
//! knows where lines are and where they stand in the order, not what they mean to a person.

pub mod bulk;
pub mod ending;
pub mod file;
mod follower;
pub mod identity;
pub mod index;
mod marker;
pub mod nuls;
pub mod order;
pub mod piece;
pub mod reader;
pub mod run;
pub mod scan;
pub mod segment_file;
pub mod seqs;
pub mod side_by_side;
pub mod watch;

use std::path::PathBuf;

pub use bulk::Sizes;
pub use ending::{Ending, EndingPart};
pub use index::SegmentIndex;
pub use order::{Order, OrderKey};
pub use piece::Piece;
pub use reader::RunReader;
pub use run::RunTail;
pub use scan::LineMark;
pub use segment_file::SegmentFile;
pub use seqs::{Gap, SeqSet};

use crate::run::{Channel, Heartbeat, Manifest, RunState};

/// Stands in every notice that says so of a file or of the directory.
pub const CANNOT_BE_READ: &str = "cannot be read";

/// Names a segment for as long as a [`RunTail`] lives; later segments have higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentId(pub u32);

/// What changed since the last look. Applying the batches of a [`RunTail`] in their order to a
/// [`crate::model::Model`] keeps it equal to the files.
#[derive(Debug, Default)]
pub struct Batch {
    /// The changes, in the order in which they must be applied.
    pub changes: Vec<Change>,
    /// Whether everything that was there has been read.
    pub caught_up: bool,
    /// How many bytes of the open files have been read, and how many there are, while a large run
    /// is read for the first time.
    pub progress: Option<(u64, u64)>,
}

/// One change.
#[derive(Debug)]
pub enum Change {
    /// All segments are gone, and what follows reads the run anew, in this order.
    Restart {
        /// What orders the run from now on.
        order: Order,
    },
    /// A new segment begins.
    Opened(OpenedSegment),
    /// Complete lines were found at the end of a segment.
    Lines {
        /// The segment that grew.
        segment: SegmentId,
        /// Where the lines are and where they stand.
        marks: Vec<LineMark>,
        /// Where the last line ends: one past its line end.
        end: u64,
    },
    /// Many lines were found at the end of a segment at once: while a run is read for the first time.
    Piece {
        /// The segment that grew.
        segment: SegmentId,
        /// Its lines, indexed.
        piece: Box<Piece>,
    },
    /// What stands at the end of the files while the whole is not read yet; it takes the place of
    /// what was reported so before, and is meaningless once all is read.
    Ending(Ending),
    /// A run of NULs that stands between two lines, or before the first, was passed over. Short runs
    /// are passed over without a word.
    Passed {
        /// The segment.
        segment: SegmentId,
        /// Where the NULs begin.
        from: u64,
        /// Where the next line begins.
        to: u64,
    },
    /// So many bytes stand behind the last complete line of the segment.
    Torn {
        /// The segment.
        segment: SegmentId,
        /// How many bytes.
        bytes: u64,
    },
    /// The segment's file was renamed or removed. It stays readable through its descriptor.
    Detached {
        /// The segment.
        segment: SegmentId,
    },
    /// The file of a detached segment is back at its path, as after a link was swapped twice.
    Attached {
        /// The segment.
        segment: SegmentId,
    },
    /// The segment goes on in another file that begins with the same bytes.
    Replaced {
        /// The segment.
        segment: SegmentId,
        /// The file to read it from.
        file: SegmentFile,
    },
    /// A segment's bytes are gone for good; a [`Change::Restart`] follows.
    Removed(RemovedSegment),
    /// Something that a person should know about a file, or `None` when it is over.
    Notice {
        /// The file or folder, relative to the run directory; empty for the directory itself.
        about: String,
        /// What it is, where, and what follows.
        text: Option<String>,
    },
    /// `run.json` is new or changed.
    Manifest(Box<Manifest>),
    /// `state.json` is new or changed, or gone.
    State(Option<Box<RunState>>),
    /// `heartbeat.json` is new or changed.
    Heartbeat(Heartbeat),
    /// The names in `checkpoints/` changed: all of them, sorted.
    Checkpoints(Vec<String>),
}

/// A segment that begins.
#[derive(Clone, Debug)]
pub struct OpenedSegment {
    /// Its name.
    pub id: SegmentId,
    /// The channel that it belongs to.
    pub channel: Channel,
    /// The path at which it was found.
    pub path: PathBuf,
    /// The open file.
    pub file: SegmentFile,
}

/// A segment whose bytes are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedSegment {
    /// The segment.
    pub id: SegmentId,
    /// The channel that it belonged to.
    pub channel: Channel,
    /// What happened, for example `truncated`.
    pub cause: &'static str,
    /// What had been read of it.
    pub extent: Extent,
}

/// How much was read of a segment, and between which keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// How many lines.
    pub lines: u64,
    /// The lowest key of a line.
    pub lowest: Option<OrderKey>,
    /// The highest key of a line.
    pub highest: Option<OrderKey>,
}

impl Extent {
    fn add(&mut self, key: Option<OrderKey>) {
        self.join(Self { lines: 1, lowest: key, highest: key });
    }

    fn join(&mut self, other: Self) {
        self.lines += other.lines;
        self.lowest = self.lowest.into_iter().chain(other.lowest).min();
        self.highest = self.highest.max(other.highest);
    }
}
