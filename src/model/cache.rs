//! Blocks that were read and taken apart into lines, kept while they are likely to be asked again.

use std::collections::HashMap;
use std::sync::Arc;

use crate::tail::index::BLOCK_BYTES;
use crate::tail::order::{HEAD_OF_LONG_LINE, LONGEST_PARSED};
use crate::tail::{Order, OrderKey, SegmentId, SegmentIndex, nuls};

use super::segment::Segment;
use crate::tail::index::Placing;

/// How many bytes of blocks are kept.
const KEPT_BYTES: usize = 4 << 20;
/// How much is read of a block with a line that is too long to be held: the lines before it, and its
/// head.
const LONG_LINE_READ: u64 = BLOCK_BYTES + HEAD_OF_LONG_LINE as u64;

/// A block's bytes and where its lines are.
#[derive(Debug)]
pub(crate) struct ReadBlock {
    /// Where the block ended in the file when it was read: a growing one is read again.
    end: u64,
    /// Whether all of it could be read.
    is_whole: bool,
    bytes: Vec<u8>,
    pub(crate) lines: Vec<ReadLine>,
}

/// A line of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadLine {
    pub(crate) offset: u64,
    from: usize,
    to: usize,
    pub(crate) key: OrderKey,
    pub(crate) displaced: bool,
    pub(crate) object: bool,
    /// How many bytes the line has, when only its head was read.
    pub(crate) cut: Option<u64>,
}

impl ReadBlock {
    fn read(segment: &Segment, index: &SegmentIndex, block: usize, order: Order) -> Self {
        let end = index.block_end(block);
        let begin = index.blocks().get(block).map_or(end, |block| block.offset);
        let lines_end = segment.end_of_lines(begin, end);
        // A line that is too long to be held is the last one of its block.
        let has_long_line = lines_end - begin > LONGEST_PARSED as u64 + BLOCK_BYTES;
        let read_end = if has_long_line { begin + LONG_LINE_READ } else { lines_end };
        let bytes = segment.read(begin, read_end);
        let is_whole = bytes.len() as u64 == read_end - begin;
        let mut read = Self { end, is_whole, bytes, lines: Vec::new() };
        read.take_apart(index.placing_at(block), begin, lines_end, order);
        read
    }

    /// Finds the lines in the bytes, by the rules by which they were indexed.
    fn take_apart(&mut self, mut placing: Placing, begin: u64, lines_end: u64, order: Order) {
        let bytes = &self.bytes;
        let mut next = 0;
        while next < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[next..]).map(|length| next + length);
            let line = nuls::without_leading(next..end.unwrap_or(bytes.len()), bytes);
            next = end.map_or(bytes.len(), |end| end + 1);
            let Some(line) = line else { continue };
            let offset = begin + line.start as u64;
            let length =
                if end.is_some() { line.len() as u64 } else { (lines_end - offset).saturating_sub(1) };
            let is_cut = length > LONGEST_PARSED as u64;
            let to = if is_cut { line.end.min(line.start + HEAD_OF_LONG_LINE) } else { line.end };
            let found = order.key_of(&bytes[line.start..to]);
            let standing = placing.place(found.key);
            self.lines.push(ReadLine {
                offset,
                from: line.start,
                to,
                key: standing.key,
                displaced: standing.displaced,
                object: found.object,
                cut: is_cut.then_some(length),
            });
        }
    }

    /// The bytes of a line, without its line end.
    pub(crate) fn bytes_of(&self, line: &ReadLine) -> &[u8] {
        &self.bytes[line.from..line.to]
    }

    /// The spine lines in their order.
    pub(crate) fn spine(&self) -> impl Iterator<Item = &ReadLine> {
        self.lines.iter().filter(|line| !line.displaced)
    }
}

/// The blocks that were read last.
#[derive(Debug, Default)]
pub(crate) struct BlockCache {
    blocks: HashMap<(SegmentId, usize), (Arc<ReadBlock>, u64)>,
    bytes: usize,
    clock: u64,
}

impl BlockCache {
    /// The block of that number, read if it is not kept.
    pub(crate) fn get(
        &mut self,
        segment: &Segment,
        index: &SegmentIndex,
        block: usize,
        order: Order,
    ) -> Arc<ReadBlock> {
        self.clock += 1;
        let end = index.block_end(block);
        if let Some((kept, used)) = self.blocks.get_mut(&(segment.id, block))
            && kept.end == end
        {
            *used = self.clock;
            return Arc::clone(kept);
        }
        let read = Arc::new(ReadBlock::read(segment, index, block, order));
        if !read.is_whole {
            // What could not be read now may be readable the next time.
            return read;
        }
        self.bytes += read.bytes.len();
        if let Some((old, _)) = self.blocks.insert((segment.id, block), (Arc::clone(&read), self.clock)) {
            self.bytes -= old.bytes.len();
        }
        while self.bytes > KEPT_BYTES && self.blocks.len() > 1 {
            self.drop_oldest();
        }
        read
    }

    fn drop_oldest(&mut self) {
        let oldest = self.blocks.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
        if let Some((block, _)) = oldest.and_then(|key| self.blocks.remove(&key)) {
            self.bytes -= block.bytes.len();
        }
    }

    /// Forgets everything, because segments or the order changed.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.bytes = 0;
    }
}
