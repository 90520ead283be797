//! A part of the work of finding what a filter keeps: one range of one file. It holds all it needs,
//! so that any thread can do it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cache::{ReadLine, take_apart};
use super::filter::Filter;
use super::pattern::Scratch;
use crate::tail::index::Placing;
use crate::tail::{LineMark, Order, OrderKey, SegmentFile, SegmentId, SegmentIndex};

/// How much is read at once.
const CHUNK: u64 = 256 << 10;
/// The lines that were kept are told one by one up to so many.
const MARKS_TOLD: usize = 4096;

/// A range of a segment that is to be held against a filter.
#[derive(Clone, Debug)]
pub struct ScanJob {
    pub(super) segment: SegmentId,
    pub(super) file: SegmentFile,
    /// The lines that begin in `from..to`.
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) blocks: Vec<JobBlock>,
    pub(super) order: Order,
    pub(super) filter: Arc<Filter>,
}

/// The same range for the same question.
impl PartialEq for ScanJob {
    fn eq(&self, other: &Self) -> bool {
        let range = |job: &Self| (job.segment, job.from, job.to);
        range(self) == range(other) && Arc::ptr_eq(&self.filter, &other.filter)
    }
}

/// A block of the segment's index, and how its lines are placed.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobBlock {
    pub(super) offset: u64,
    pub(super) end: u64,
    pub(super) placing: Placing,
}

/// What was found in the range of a job.
#[derive(Debug)]
pub struct Scanned {
    pub(super) segment: SegmentId,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) index: SegmentIndex,
    /// The lines that were kept, where they are few.
    pub(super) marks: Option<Vec<LineMark>>,
    pub(super) filter: Arc<Filter>,
}

/// What became of a job.
#[derive(Debug)]
pub enum Answer {
    /// What was found, for [`super::Filtered::take`].
    Found(Box<Scanned>),
    /// The file could not be read: for [`super::Filtered::give_up`], before the jobs are asked for
    /// again with the next batch.
    GaveUp(Box<ScanJob>),
}

impl ScanJob {
    /// How many bytes there are to read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.to - self.from
    }

    /// Does the work. `None` when it was cancelled, or the bytes cannot be read.
    #[must_use]
    pub fn run(&self, cancelled: &AtomicBool) -> Option<Scanned> {
        let mut found = Found { index: SegmentIndex::default(), marks: Some(Vec::new()) };
        let (mut buffer, mut scratch) = (Vec::new(), Scratch::default());
        let mut next = 0;
        while next < self.blocks.len() {
            if cancelled.load(Ordering::Relaxed) {
                return None;
            }
            let first = self.blocks[next].offset;
            let rest = &self.blocks[next..];
            // Blocks that follow each other are read at once, until they are enough.
            let count = rest.iter().take_while(|block| block.end - first <= CHUNK).count().max(1);
            let blocks = &rest[..count];
            next += count;
            self.scan(blocks, &mut buffer, &mut scratch, &mut found)?;
        }
        let Found { mut index, marks } = found;
        index.finish(self.to);
        let filter = Arc::clone(&self.filter);
        Some(Scanned { segment: self.segment, from: self.from, to: self.to, index, marks, filter })
    }

    fn scan(
        &self,
        blocks: &[JobBlock],
        buffer: &mut Vec<u8>,
        scratch: &mut Scratch,
        found: &mut Found,
    ) -> Option<()> {
        let (first, last) = (blocks.first()?, blocks.last()?);
        let size = usize::try_from((last.end - first.offset).min(super::cache::MOST_READ)).ok()?;
        buffer.resize(size, 0);
        if self.file.read_at(buffer, first.offset).ok()? < size {
            return None;
        }
        let mut candidates = self.filter.required().map(|pattern| pattern.candidates(buffer));
        let mut bad = self.filter.bad_candidates(buffer);
        for block in blocks {
            let begin = usize::try_from(block.offset - first.offset).ok()?;
            let end = usize::try_from(block.end - first.offset).ok()?.min(size);
            let may_match = candidates
                .as_mut()
                .is_none_or(|candidates| candidates.next_from(begin).is_some_and(|place| place < end))
                && bad.as_mut().is_none_or(|bad| bad.next_from(begin).is_some_and(|place| place < end));
            if !may_match {
                continue;
            }
            let bytes = &buffer[begin..end];
            take_apart(bytes, block.offset, block.end, self.order, block.placing, |line: ReadLine| {
                let is_in_range = (self.from..self.to).contains(&line.offset);
                if is_in_range && self.filter.keeps(&bytes[line.from..line.to], scratch) {
                    found.take(line.offset, line.key, line.object);
                }
            });
        }
        Some(())
    }
}

struct Found {
    index: SegmentIndex,
    marks: Option<Vec<LineMark>>,
}

impl Found {
    fn take(&mut self, offset: u64, key: OrderKey, object: bool) {
        let mark = LineMark::new(offset, Some(key), object);
        self.index.push(mark);
        if let Some(marks) = &mut self.marks {
            marks.push(mark);
            if marks.len() > MARKS_TOLD {
                self.marks = None;
            }
        }
    }
}
