//! Blocks that were read and taken apart into lines, kept while they are likely to be asked again.

use std::collections::HashMap;
use std::sync::Arc;

use crate::tail::{Order, OrderKey, SegmentId, SegmentIndex};

use super::segment::Segment;

/// How many bytes of blocks are kept.
const KEPT_BYTES: usize = 4 << 20;

/// A block's bytes and where its lines are.
#[derive(Debug)]
pub(crate) struct ReadBlock {
    /// Where the block ended in the file when it was read: a growing one is read again.
    end: u64,
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
}

impl ReadBlock {
    fn read(segment: &Segment, index: &SegmentIndex, block: usize, order: Order) -> Self {
        let end = index.block_end(block);
        let begin = index.blocks().get(block).map_or(end, |block| block.offset);
        let bytes = segment.read(begin, end);
        let mut placing = index.placing_at(block);
        let mut lines = Vec::new();
        let mut from = 0;
        while from < bytes.len() {
            let to = memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |length| from + length);
            let found = order.key_of(&bytes[from..to]);
            let standing = placing.place(found.key);
            lines.push(ReadLine {
                offset: begin + from as u64,
                from,
                to,
                key: standing.key,
                displaced: standing.displaced,
                object: found.object,
            });
            from = to + 1;
        }
        Self { end, bytes, lines }
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
