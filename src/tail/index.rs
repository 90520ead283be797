//! The sparse index of a segment: a few numbers a block of lines, not a line.
//!
//! Files are almost always sorted by their key. So the index takes a segment apart into its
//! *spine*, the lines whose key is not below any before them, which is sorted by construction and
//! needs one [`Block`] in about 128 lines; and the *displaced* lines, the exception, which are kept
//! aside one by one, sorted. A line without a key of its own goes with the line before it.
//!
//! Every question is then a bisection over blocks and displaced lines; only the block that it ends
//! in has to be read.

use std::collections::HashMap;

use super::order::OrderKey;
use super::scan::LineMark;

/// A block ends after so many lines.
pub const BLOCK_LINES: u32 = 128;
/// A block ends after so many bytes.
pub const BLOCK_BYTES: u64 = 16 * 1024;

/// A run of lines that are read together. 32 bytes: a quarter of a byte a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where the first line begins.
    pub offset: u64,
    /// How many spine lines of the segment come before this block.
    pub spine_before: u64,
    /// The highest key before the block, which the first spine line in it is not below.
    pub lowest: OrderKey,
    /// The highest key up to the end of the block.
    pub highest: OrderKey,
}

/// A line that stands before a line that comes before it in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Displaced {
    /// Where it stands.
    pub key: OrderKey,
    /// Where it begins in the file.
    pub offset: u64,
}

/// The index of one segment, and what was counted while it was made.
#[derive(Debug, Default)]
pub struct SegmentIndex {
    blocks: Vec<Block>,
    displaced: Vec<Displaced>,
    /// Displaced lines that are not yet sorted into `displaced`.
    fresh: Vec<Displaced>,
    /// Blocks that begin with lines which go with a displaced line before them, and its key.
    continued: HashMap<usize, OrderKey>,
    lines_in_last_block: u32,
    last_offset: u64,
    spine: u64,
    end: u64,
    first: Option<OrderKey>,
    highest: Option<OrderKey>,
    last: Option<Standing>,
    counts: SegmentCounts,
}

/// What was counted in a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentCounts {
    /// All lines, which are all entries.
    pub entries: u64,
    /// Lines that are JSON objects.
    pub objects: u64,
    /// Lines whose own key is below that of a line before them.
    pub disorder: u64,
    /// How often the keys began again at or below the segment's first.
    pub restarts: u64,
}

/// Where a line was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The key by which it stands: its own, or that of the line before it.
    pub key: OrderKey,
    /// Whether it is kept aside.
    pub displaced: bool,
}

/// Decides where lines stand, one after the other. The index and whoever reads a block again use
/// the same rule, so that both find the same spine.
#[derive(Clone, Copy, Debug)]
pub struct Placing {
    highest: OrderKey,
    last: Standing,
}

impl Placing {
    /// Before the first line of a segment.
    #[must_use]
    pub fn start() -> Self {
        Self { highest: OrderKey::FIRST, last: Standing { key: OrderKey::FIRST, displaced: false } }
    }

    /// The standing of the next line, by its own key.
    #[inline]
    pub fn place(&mut self, own: Option<OrderKey>) -> Standing {
        if let Some(key) = own {
            self.last = Standing { key, displaced: key < self.highest };
            self.highest = self.highest.max(key);
        }
        self.last
    }
}

impl SegmentIndex {
    /// Adds the next line of the segment and says where it stands.
    #[inline]
    pub fn push(&mut self, mark: LineMark) -> Standing {
        let mut placing = self.placing();
        let before = placing;
        let standing = placing.place(mark.key());
        if self.must_begin_a_block(mark.offset()) {
            if mark.key().is_none() && before.last.displaced {
                self.continued.insert(self.blocks.len(), before.last.key);
            }
            self.blocks.push(Block {
                offset: mark.offset(),
                spine_before: self.spine,
                lowest: before.highest,
                highest: before.highest,
            });
            self.lines_in_last_block = 0;
        }
        self.lines_in_last_block += 1;
        self.last_offset = mark.offset();
        if let Some(block) = self.blocks.last_mut() {
            block.highest = placing.highest;
        }
        if standing.displaced {
            self.fresh.push(Displaced { key: standing.key, offset: mark.offset() });
        } else {
            self.spine += 1;
        }
        self.count(mark, before, standing);
        self.highest = Some(placing.highest);
        self.last = Some(placing.last);
        standing
    }

    /// Notes where the last line ends. Sorts in what was displaced since the last call.
    pub fn finish(&mut self, end: u64) {
        self.end = self.end.max(end);
        if self.fresh.is_empty() {
            return;
        }
        self.fresh.sort_unstable();
        let in_order = self.displaced.last() <= self.fresh.first();
        self.displaced.append(&mut self.fresh);
        if !in_order {
            // Two sorted runs: the merge sort of the standard library takes them in one pass.
            self.displaced.sort();
        }
    }

    fn placing(&self) -> Placing {
        match (self.highest, self.last) {
            (Some(highest), Some(last)) => Placing { highest, last },
            _ => Placing::start(),
        }
    }

    fn must_begin_a_block(&self, offset: u64) -> bool {
        self.blocks.last().is_none_or(|block| {
            self.lines_in_last_block >= BLOCK_LINES || offset - block.offset >= BLOCK_BYTES
        })
    }

    fn count(&mut self, mark: LineMark, before: Placing, standing: Standing) {
        self.counts.entries += 1;
        self.counts.objects += u64::from(mark.is_object());
        if standing.displaced && mark.key().is_some() {
            self.counts.disorder += 1;
            if self.first.is_some_and(|first| standing.key <= first && before.last.key > first) {
                self.counts.restarts += 1;
            }
        }
        self.first = self.first.or(mark.key());
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> SegmentCounts {
        self.counts
    }

    /// How many lines are on the spine.
    #[must_use]
    pub fn spine_len(&self) -> u64 {
        self.spine
    }

    /// The displaced lines, sorted by key, then offset.
    #[must_use]
    pub fn displaced(&self) -> &[Displaced] {
        &self.displaced
    }

    /// The blocks.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Where the last line ends.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Where the block of that number ends.
    #[must_use]
    pub fn block_end(&self, block: usize) -> u64 {
        self.blocks.get(block + 1).map_or(self.end, |next| next.offset)
    }

    /// How many spine lines come before the block of that number; all of them past the last.
    #[must_use]
    pub fn spine_before(&self, block: usize) -> u64 {
        self.blocks.get(block).map_or(self.spine, |block| block.spine_before)
    }

    /// The rule by which the lines of a block are placed when it is read again.
    #[must_use]
    pub fn placing_at(&self, block: usize) -> Placing {
        let highest = self.blocks.get(block).map_or(OrderKey::FIRST, |block| block.lowest);
        let last = match self.continued.get(&block) {
            Some(key) => Standing { key: *key, displaced: true },
            None => Standing { key: highest, displaced: false },
        };
        Placing { highest, last }
    }

    /// The block in which the spine lines below `key` end, and what is known without reading it:
    /// at least `.1` and at most `.2` spine lines are below `key`.
    #[must_use]
    pub fn spine_below(&self, key: OrderKey) -> (usize, u64, u64) {
        let blocks = self.blocks.partition_point(|block| block.lowest < key);
        let Some(last) = blocks.checked_sub(1) else {
            // The first block begins below everything, so only FIRST itself comes here.
            return (0, 0, 0);
        };
        let after = self.spine_before(blocks);
        let least = if self.blocks[last].highest < key { after } else { self.blocks[last].spine_before };
        (last, least, after)
    }

    /// The block that holds the spine line of that number.
    #[must_use]
    pub fn block_of_spine(&self, number: u64) -> Option<usize> {
        if number >= self.spine {
            return None;
        }
        self.blocks.partition_point(|block| block.spine_before <= number).checked_sub(1)
    }

    /// The block that holds the line at that offset.
    #[must_use]
    pub fn block_of_offset(&self, offset: u64) -> Option<usize> {
        self.blocks.partition_point(|block| block.offset <= offset).checked_sub(1)
    }

    /// Where the last line of the file stands in the order, and where it begins.
    #[must_use]
    pub fn last_line(&self) -> Option<(OrderKey, u64)> {
        self.last.map(|standing| (standing.key, self.last_offset))
    }

    /// The highest key of the segment.
    #[must_use]
    pub fn highest(&self) -> Option<OrderKey> {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines() -> impl Strategy<Value = Vec<(Option<u64>, u64)>> {
        proptest::collection::vec((proptest::option::weighted(0.8, 0..60_u64), 1..9000_u64), 0..700)
    }

    proptest! {
        #[test]
        fn the_index_knows_what_a_walk_over_all_lines_finds(lines in lines(), probes in proptest::collection::vec(0..64_u64, 8)) {
            let mut index = SegmentIndex::default();
            let mut naive: Vec<(OrderKey, u64)> = Vec::new();
            let mut offset = 0;
            let mut last = OrderKey::FIRST;
            for (seq, length) in &lines {
                let key = seq.map(OrderKey::of_seq);
                last = key.unwrap_or(last);
                naive.push((last, offset));
                let standing = index.push(LineMark::new(offset, key, true));
                prop_assert_eq!(standing.key, last);
                offset += length;
                if offset % 3 == 0 {
                    index.finish(offset);
                }
            }
            index.finish(offset);
            prop_assert_eq!(index.spine_len() + index.displaced().len() as u64, naive.len() as u64);
            prop_assert!(index.displaced().is_sorted());

            // Reading every block again by the same rule finds the same keys and the same spine.
            let mut again = Vec::new();
            let mut spine = 0;
            for number in 0..index.blocks().len() {
                prop_assert_eq!(index.spine_before(number), spine);
                let mut placing = index.placing_at(number);
                for place in 0..naive.len() {
                    let offset = naive[place].1;
                    if index.block_of_offset(offset) != Some(number) { continue; }
                    let standing = placing.place(lines[place].0.map(OrderKey::of_seq));
                    again.push((standing.key, offset));
                    spine += u64::from(!standing.displaced);
                }
            }
            prop_assert_eq!(&again, &naive);

            for probe in probes {
                let key = OrderKey::from_number(probe);
                let below = naive.iter().filter(|line| line.0 < key).count() as u64;
                let displaced = index.displaced().partition_point(|line| line.key < key) as u64;
                let (_, least, most) = index.spine_below(key);
                prop_assert!(least + displaced <= below && below <= most + displaced);
            }
        }
    }

    #[test]
    fn a_counter_that_begins_again_is_a_restart_and_a_backward_file_is_not() {
        let restarts = |seqs: &[u64]| {
            let mut index = SegmentIndex::default();
            for (place, seq) in seqs.iter().enumerate() {
                index.push(LineMark::new(place as u64, Some(OrderKey::of_seq(*seq)), true));
            }
            (index.counts().restarts, index.counts().disorder)
        };
        assert_eq!(restarts(&[1, 2, 3, 1, 2, 3, 1]), (2, 3));
        assert_eq!(restarts(&[5, 4, 3, 2]), (0, 3));
        assert_eq!(restarts(&[1, 2, 5, 3, 6]), (0, 1));
    }

    #[test]
    fn a_sorted_segment_costs_a_quarter_of_a_byte_a_line() {
        let mut index = SegmentIndex::default();
        for line in 0..128_000_u64 {
            index.push(LineMark::new(line * 130, Some(OrderKey::of_seq(line)), true));
        }
        let bytes = size_of_val(index.blocks());
        assert!(bytes as f64 <= 0.26 * 128_000.0, "{bytes} bytes");
    }
}
