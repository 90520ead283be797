//! The sparse index of a segment: a few numbers a block of lines, not a line.
//!
//! Files are almost always sorted by their key. So the index takes a segment apart into its
//! *spine*, the lines whose key is not below any before them, which is sorted by construction and
//! needs one [`Block`] in about 128 lines, packed by [`Blocks`]; and the *displaced* lines, the exception, kept
//! aside one by one, sorted. A line without a key of its own goes with the line before it.
//!
//! Every question is then a bisection over blocks and displaced lines; only the block that it ends
//! in has to be read.

mod blocks;

use std::collections::{HashMap, HashSet};

use super::order::OrderKey;
use super::scan::LineMark;
pub use blocks::Blocks;

/// A block ends after so many lines.
pub const BLOCK_LINES: u32 = 128;
/// A block ends after so many bytes.
pub const BLOCK_BYTES: u64 = 16 * 1024;
/// So many displaced lines of a segment are kept aside, 256 MB of them. Past that the order is
/// approximate: such a line stays where it stands in its file.
pub const MOST_DISPLACED: usize = (256 << 20) / size_of::<Displaced>();

/// A run of lines that are read together.
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
#[derive(Debug)]
pub struct SegmentIndex {
    blocks: Blocks,
    displaced: Vec<Displaced>,
    /// Displaced lines that are not yet sorted into `displaced`.
    fresh: Vec<Displaced>,
    most_displaced: usize,
    /// The blocks of which no line is kept aside, because there were too many.
    approximate: HashSet<usize>,
    /// Blocks that begin with lines which go with a displaced line before them, and its key.
    continued: HashMap<usize, OrderKey>,
    lines_in_last_block: u32,
    last_offset: u64,
    spine: u64,
    end: u64,
    first: Option<OrderKey>,
    highest: Option<OrderKey>,
    last: Option<Standing>,
    /// The key of the last line that has one of its own.
    last_own: Option<OrderKey>,
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

impl SegmentCounts {
    fn add(&mut self, other: Self) {
        self.entries += other.entries;
        self.objects += other.objects;
        self.disorder += other.disorder;
        self.restarts += other.restarts;
    }
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
    /// Whether displaced lines are kept aside; else they stay where they are.
    keeps_aside: bool,
}

impl Placing {
    /// Before the first line of a segment.
    #[must_use]
    pub fn start() -> Self {
        let last = Standing { key: OrderKey::FIRST, displaced: false };
        Self { highest: OrderKey::FIRST, last, keeps_aside: true }
    }

    /// The standing of the next line, by its own key.
    #[inline]
    pub fn place(&mut self, own: Option<OrderKey>) -> Standing {
        if let Some(key) = own {
            self.last = if key >= self.highest {
                self.highest = key;
                Standing { key, displaced: false }
            } else if self.keeps_aside {
                Standing { key, displaced: true }
            } else {
                Standing { key: self.highest, displaced: false }
            };
        }
        self.last
    }
}

impl Default for SegmentIndex {
    fn default() -> Self {
        Self {
            blocks: Blocks::default(),
            displaced: Vec::new(),
            fresh: Vec::new(),
            most_displaced: MOST_DISPLACED,
            approximate: HashSet::new(),
            continued: HashMap::new(),
            lines_in_last_block: 0,
            last_offset: 0,
            spine: 0,
            end: 0,
            first: None,
            highest: None,
            last: None,
            last_own: None,
            counts: SegmentCounts::default(),
        }
    }
}

impl SegmentIndex {
    /// The index of a piece of a segment whose first line with a key has this one: what counts as
    /// a restart depends on it. Such an index is made to be given to [`SegmentIndex::append`].
    #[must_use]
    pub fn of_piece(first: Option<OrderKey>) -> Self {
        Self { first, ..Self::default() }
    }

    /// Puts the index of the lines that follow behind this one. `next` must begin with a line whose
    /// own key is not below the highest here, unless nothing is here: then every line of `next`
    /// stands to those before it as it was found to stand without knowing them. The displaced lines
    /// are sorted in by the next [`SegmentIndex::finish`].
    pub fn append(&mut self, mut next: Self) {
        let blocks_before = self.blocks.len();
        for (number, block) in next.blocks.iter().enumerate() {
            // What is before the first block is known only here.
            let lowest = self.highest.filter(|_| number == 0).unwrap_or(block.lowest);
            let spine_before = block.spine_before + self.spine;
            self.blocks.push(Block { lowest, spine_before, ..block });
        }
        self.approximate.extend(next.approximate.into_iter().map(|block| block + blocks_before));
        self.continued.extend(next.continued.into_iter().map(|(block, key)| (block + blocks_before, key)));
        self.fresh.append(&mut next.displaced);
        self.fresh.append(&mut next.fresh);
        self.spine += next.spine;
        if next.last.is_some() {
            self.lines_in_last_block = next.lines_in_last_block;
            self.last_offset = next.last_offset;
            self.last = next.last;
            self.last_own = next.last_own.or(self.last_own);
        }
        self.end = self.end.max(next.end);
        self.first = self.first.or(next.first);
        self.highest = next.highest.max(self.highest);
        self.counts.add(next.counts);
    }

    /// Adds the next line of the segment and says where it stands.
    #[inline]
    pub fn push(&mut self, mark: LineMark) -> Standing {
        let before = self.placing();
        if self.must_begin_a_block(mark.offset()) {
            if self.displaced.len() + self.fresh.len() >= self.most_displaced {
                self.approximate.insert(self.blocks.len());
            }
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
        let mut placing = self.placing();
        let standing = placing.place(mark.key());
        self.lines_in_last_block += 1;
        self.last_offset = mark.offset();
        self.blocks.set_highest(placing.highest);
        if standing.displaced {
            self.fresh.push(Displaced { key: standing.key, offset: mark.offset() });
        } else {
            self.spine += 1;
        }
        self.count(mark, before);
        self.highest = Some(placing.highest);
        self.last = Some(placing.last);
        standing
    }

    /// Notes where the last line ends.
    pub fn note_end(&mut self, end: u64) {
        self.end = self.end.max(end);
    }

    /// Notes where the last line ends. Sorts in what was displaced since the last call; until then
    /// it is not among [`SegmentIndex::displaced`].
    pub fn finish(&mut self, end: u64) {
        self.note_end(end);
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

    /// Gives back the memory that was taken for more, where that is much.
    pub fn shrink(&mut self) {
        self.blocks.shrink();
    }

    /// Whether there are so many displaced lines that some of them stay where they are.
    #[must_use]
    pub fn is_approximate(&self) -> bool {
        !self.approximate.is_empty()
    }

    fn keeps_aside(&self, block: usize) -> bool {
        self.approximate.is_empty() || !self.approximate.contains(&block)
    }

    fn placing(&self) -> Placing {
        let keeps_aside = self.keeps_aside(self.blocks.len().saturating_sub(1));
        match (self.highest, self.last) {
            (Some(highest), Some(last)) => Placing { highest, last, keeps_aside },
            _ => Placing::start(),
        }
    }

    fn must_begin_a_block(&self, offset: u64) -> bool {
        self.blocks.last().is_none_or(|block| {
            self.lines_in_last_block >= BLOCK_LINES || offset - block.offset >= BLOCK_BYTES
        })
    }

    fn count(&mut self, mark: LineMark, before: Placing) {
        self.counts.entries += 1;
        self.counts.objects += u64::from(mark.is_object());
        if let Some(key) = mark.key().filter(|key| *key < before.highest) {
            self.counts.disorder += 1;
            if self.first.is_some_and(|first| key <= first && self.last_own > Some(first)) {
                self.counts.restarts += 1;
            }
        }
        self.last_own = mark.key().or(self.last_own);
        self.first = self.first.or(mark.key());
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> SegmentCounts {
        self.counts
    }

    /// How many lines can be found: those on the spine, and those that were displaced up to the
    /// last [`SegmentIndex::finish`].
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.spine + self.displaced.len() as u64
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
    pub fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// Where the last line ends.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Where the block of that number begins; where the last line ends, past the last one.
    #[must_use]
    pub fn block_begin(&self, block: usize) -> u64 {
        self.blocks.get(block).map_or(self.end, |block| block.offset)
    }

    /// Where the block of that number ends.
    #[must_use]
    pub fn block_end(&self, block: usize) -> u64 {
        self.block_begin(block + 1)
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
        let keeps_aside = self.keeps_aside(block);
        Placing { highest, last, keeps_aside }
    }

    /// The block in which the spine lines below `key` end, and what is known without reading it:
    /// at least `.1` and at most `.2` spine lines are below `key`.
    #[must_use]
    pub fn spine_below(&self, key: OrderKey) -> (usize, u64, u64) {
        let blocks = self.blocks.partition_point(|block| block.lowest < key);
        let last = blocks.checked_sub(1).and_then(|last| Some((last, self.blocks.get(last)?)));
        let Some((number, last)) = last else {
            // The first block begins below everything, so only FIRST itself comes here.
            return (0, 0, 0);
        };
        let after = self.spine_before(blocks);
        let least = if last.highest < key { after } else { last.spine_before };
        (number, least, after)
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

    /// The key of the first line that has one.
    #[must_use]
    pub fn first(&self) -> Option<OrderKey> {
        self.first
    }

    /// The highest key of the segment.
    #[must_use]
    pub fn highest(&self) -> Option<OrderKey> {
        self.highest
    }
}

#[cfg(test)]
mod tests;
