//! One segment of a channel: its file and its index.

use crate::tail::{OpenedSegment, SegmentFile, SegmentId, SegmentIndex};

/// A file as long as it was the same and only grew.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: SegmentId,
    pub(crate) file: SegmentFile,
    pub(crate) index: SegmentIndex,
    /// Bytes behind the last complete line.
    pub(crate) torn: u64,
    /// Where long runs of NULs begin that stand between lines, in the order of the file.
    passed: Vec<u64>,
    /// The file is not at its path any more.
    pub(crate) detached: bool,
}

impl Segment {
    pub(crate) fn new(opened: OpenedSegment) -> Self {
        let index = SegmentIndex::default();
        Self { id: opened.id, file: opened.file, index, torn: 0, passed: Vec::new(), detached: false }
    }

    /// Notes that NULs were passed over from there on.
    pub(crate) fn pass(&mut self, from: u64) {
        self.passed.push(from);
    }

    /// Where the lines of a block end that begins and ends there: NULs that were passed over are as
    /// long as a block at least, so that no line of the same block stands behind them.
    pub(crate) fn end_of_lines(&self, begin: u64, end: u64) -> u64 {
        let next = self.passed.partition_point(|from| *from <= begin);
        self.passed.get(next).map_or(end, |from| end.min(*from))
    }

    /// The bytes from `from` to `to`, as many of them as can still be read.
    pub(crate) fn read(&self, from: u64, to: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(0)];
        let count = self.file.read_at(&mut bytes, from).unwrap_or(0);
        bytes.truncate(count);
        bytes
    }
}
