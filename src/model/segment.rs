//! One segment of a channel: its file and its index.

use std::fs::File;
use std::sync::Arc;

use crate::tail::identity::read_at;
use crate::tail::{OpenedSegment, SegmentId, SegmentIndex};

/// A file as long as it was the same and only grew.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: SegmentId,
    pub(crate) file: Arc<File>,
    pub(crate) index: SegmentIndex,
    /// Bytes behind the last complete line.
    pub(crate) torn: u64,
    /// The file is not at its path any more.
    pub(crate) detached: bool,
}

impl Segment {
    pub(crate) fn new(opened: OpenedSegment) -> Self {
        Self { id: opened.id, file: opened.file, index: SegmentIndex::default(), torn: 0, detached: false }
    }

    /// The bytes from `from` to `to`, as many of them as can still be read.
    pub(crate) fn read(&self, from: u64, to: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(0)];
        let count = read_at(&self.file, &mut bytes, from).unwrap_or(0);
        bytes.truncate(count);
        bytes
    }
}
