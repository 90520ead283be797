//! Blocks that were read and taken apart into lines, kept while they are likely to be asked again.

use std::collections::HashMap;
use std::sync::Arc;

use crate::tail::index::BLOCK_BYTES;
use crate::tail::order::{HEAD_OF_LONG_LINE, LONGEST_PARSED};
use crate::tail::{Order, OrderKey, SegmentId, SegmentIndex, nuls};

use super::pattern::Scratch;
use super::segment::Segment;
use super::view::{Sieve, Source};
use crate::tail::index::Placing;

/// How many bytes of memory blocks may take.
const KEPT_BYTES: usize = 1 << 20;
/// The same for each segment in view, where there are many: to find one entry takes a block of each.
const KEPT_BYTES_A_SEGMENT: usize = 96 << 10;
/// The same where single entries are gone to, and pages of them never shown.
const KEPT_BYTES_OF_PLACES: usize = 256 << 10;
/// How much is read of a block with a line that is too long to be held: the lines before it, and its
/// head.
const LONG_LINE_READ: u64 = BLOCK_BYTES + HEAD_OF_LONG_LINE as u64;

/// More than this is never read of a block at once.
pub(crate) const MOST_READ: u64 = LONGEST_PARSED as u64 + BLOCK_BYTES;

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
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) key: OrderKey,
    pub(crate) displaced: bool,
    pub(crate) object: bool,
    /// How many bytes the line has, when only its head was read.
    pub(crate) cut: Option<u64>,
}

impl ReadBlock {
    fn read(source: &Source<'_>, block: usize, order: Order) -> Self {
        match source.sieve {
            None => Self::read_all(source.segment, source.index, block, order),
            Some(sieve) => Self::read_kept(source, sieve, block, order),
        }
    }

    /// Reads every line of a block.
    pub(crate) fn read_all(segment: &Segment, index: &SegmentIndex, block: usize, order: Order) -> Self {
        let end = index.block_end(block);
        let begin = index.block_begin(block);
        let lines_end = segment.end_of_lines(begin, end);
        // A line that is too long to be held is the last one of its block.
        let has_long_line = lines_end - begin > MOST_READ;
        let read_end = if has_long_line { begin + LONG_LINE_READ } else { lines_end };
        let bytes = segment.read(begin, read_end);
        let is_whole = bytes.len() as u64 == read_end - begin;
        let mut lines = Vec::new();
        take_apart(&bytes, begin, lines_end, order, index.placing_at(block), |line| lines.push(line));
        Self { end, is_whole, bytes, lines }
    }

    /// Reads the lines of a block of those that a filter keeps: their neighbours are read as well,
    /// as far as the block may reach, and left out.
    fn read_kept(source: &Source<'_>, sieve: Sieve<'_>, block: usize, order: Order) -> Self {
        let end = source.index.block_end(block);
        let begin = source.index.block_begin(block);
        let mut read = Self { end, is_whole: true, bytes: Vec::new(), lines: Vec::new() };
        let Some(first) = sieve.all.block_of_offset(begin) else { return read };
        let last = sieve.all.block_of_offset(begin + BLOCK_BYTES - 1).unwrap_or(first);
        let mut placing = source.index.placing_at(block);
        let mut scratch = Scratch::default();
        for number in first..=last {
            let all = Self::read_all(source.segment, sieve.all, number, order);
            read.is_whole &= all.is_whole;
            for line in &all.lines {
                let bytes = all.bytes_of(line);
                if !(begin..end).contains(&line.offset) || !sieve.filter.keeps(bytes, &mut scratch) {
                    continue;
                }
                let from = read.bytes.len();
                read.bytes.extend_from_slice(bytes);
                let displaced = placing.place(Some(line.key)).displaced;
                read.lines.push(ReadLine { from, to: read.bytes.len(), displaced, ..*line });
            }
        }
        read
    }

    /// How many bytes of memory it takes.
    fn size(&self) -> usize {
        self.bytes.capacity() + self.lines.capacity() * size_of::<ReadLine>()
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

/// Finds the lines in `bytes`, which begin with a block at `begin`, by the rules by which they were
/// indexed.
pub(crate) fn take_apart(
    bytes: &[u8],
    begin: u64,
    lines_end: u64,
    order: Order,
    mut placing: Placing,
    mut take: impl FnMut(ReadLine),
) {
    let mut next = 0;
    while next < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[next..]).map(|length| next + length);
        let line = nuls::without_leading(next..end.unwrap_or(bytes.len()), bytes);
        next = end.map_or(bytes.len(), |end| end + 1);
        let Some(line) = line else { continue };
        let offset = begin + line.start as u64;
        let length = if end.is_some() { line.len() as u64 } else { (lines_end - offset).saturating_sub(1) };
        let is_cut = length > LONGEST_PARSED as u64;
        let to = if is_cut { line.end.min(line.start + HEAD_OF_LONG_LINE) } else { line.end };
        let found = order.key_of(&bytes[line.start..to]);
        let standing = placing.place(found.key);
        take(ReadLine {
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

/// The blocks that were read last.
#[derive(Debug)]
pub(crate) struct BlockCache {
    most: usize,
    segments: usize,
    /// By segment and offset: blocks of different indexes may have the same number.
    blocks: HashMap<(SegmentId, u64), (Arc<ReadBlock>, u64)>,
    bytes: usize,
    clock: u64,
}

impl Default for BlockCache {
    fn default() -> Self {
        Self { most: KEPT_BYTES, segments: 1, blocks: HashMap::new(), bytes: 0, clock: 0 }
    }
}

impl BlockCache {
    /// A small one, for what single entries are gone to with.
    pub(crate) fn of_places() -> Self {
        Self { most: KEPT_BYTES_OF_PLACES, ..Self::default() }
    }

    /// So many segments are looked at together.
    pub(crate) fn expect(&mut self, segments: usize) {
        self.segments = segments;
    }

    /// The block of that number, read if it is not kept.
    pub(crate) fn get(&mut self, source: &Source<'_>, block: usize, order: Order) -> Arc<ReadBlock> {
        self.clock += 1;
        let end = source.index.block_end(block);
        let begin = source.index.block_begin(block);
        let key = (source.segment.id, begin);
        if let Some((kept, used)) = self.blocks.get_mut(&key)
            && kept.end == end
        {
            *used = self.clock;
            return Arc::clone(kept);
        }
        let read = Arc::new(ReadBlock::read(source, block, order));
        if !read.is_whole {
            // What could not be read now may be readable the next time.
            return read;
        }
        self.bytes += read.size();
        if let Some((old, _)) = self.blocks.insert(key, (Arc::clone(&read), self.clock)) {
            self.bytes -= old.size();
        }
        let most = self.most.max(self.segments * KEPT_BYTES_A_SEGMENT);
        while self.bytes > most && self.blocks.len() > 1 {
            self.drop_oldest();
        }
        read
    }

    fn drop_oldest(&mut self) {
        let oldest = self.blocks.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
        if let Some((block, _)) = oldest.and_then(|key| self.blocks.remove(&key)) {
            self.bytes -= block.size();
        }
    }

    /// Forgets everything, because segments or the order changed.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.bytes = 0;
    }
}
