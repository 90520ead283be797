//! Dividing a walk into pieces, by what the index knows.

use super::{Cut, Walk};
use crate::tail::index::BLOCK_BYTES;

/// How many bytes of lines a piece should have: enough that what is done once a piece does not
/// count, few enough that a dozen of them are no burden.
pub const PIECE_BYTES: u64 = 512 << 10;
/// What a displaced line counts for, which mostly is read with the lines around it.
const DISPLACED_BYTES: u64 = 256;

/// A part of a walk; see [`Walk::pieces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub(super) from: Cut,
    pub(super) to: Cut,
}

/// The pieces of a walk, in order.
#[derive(Debug)]
pub struct Pieces<'w, 'm> {
    walk: &'w Walk<'m>,
    bytes: u64,
    from: Cut,
    /// For each source the next block and the next displaced line.
    next: Vec<(usize, usize)>,
}

/// The next thing of a source that takes space in a piece, and how much.
struct Item {
    at: Cut,
    bytes: u64,
    displaced: bool,
}

impl<'m> Walk<'m> {
    /// Divides the walk into pieces of about so many bytes. There is at least one, unless the walk
    /// ends where it begins.
    #[must_use]
    pub fn pieces(&self, bytes: u64) -> Pieces<'_, 'm> {
        let next = (0..self.sources.len()).map(|source| {
            let from = self.from.in_source(source);
            let index = self.index(source);
            let displaced = index.displaced().partition_point(|line| (line.key, line.offset) < from);
            (self.first_block(source, self.from), displaced)
        });
        Pieces { walk: self, bytes, from: self.from, next: next.collect() }
    }

    /// The first block of a source that may have lines of the spine behind the cut.
    pub(super) fn first_block(&self, source: usize, cut: Cut) -> usize {
        let cut = cut.in_source(source);
        let blocks = self.index(source).blocks();
        blocks.partition_point(|block| (block.lowest, block.offset) <= cut).saturating_sub(1)
    }
}

impl Iterator for Pieces<'_, '_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let (from, end) = (self.from, self.walk.to);
        if from >= end {
            return None;
        }
        let mut bytes = 0;
        self.from = loop {
            let Some((source, item)) = self.lowest() else { break end };
            if item.at >= end {
                break end;
            }
            if bytes > 0 && bytes + item.bytes > self.bytes && item.at > from {
                break item.at;
            }
            bytes += item.bytes;
            let next = &mut self.next[source];
            if item.displaced { next.1 += 1 } else { next.0 += 1 }
        };
        Some(Piece { from, to: self.from })
    }
}

impl Pieces<'_, '_> {
    fn lowest(&self) -> Option<(usize, Item)> {
        (0..self.next.len())
            .flat_map(|source| self.items(source).into_iter().flatten().map(move |item| (source, item)))
            .min_by_key(|(_, item)| item.at)
    }

    fn items(&self, source: usize) -> [Option<Item>; 2] {
        let (block, displaced) = self.next[source];
        let index = self.walk.index(source);
        let length =
            |block: usize| index.blocks().get(block).map_or(0, |found| index.block_end(block) - found.offset);
        let of_block = index.blocks().get(block).map(|found| Item {
            at: Cut { key: found.lowest, source, offset: found.offset },
            bytes: length(block),
            displaced: false,
        });
        let of_displaced = index.displaced().get(displaced).map(|line| {
            let block = index.block_of_offset(line.offset).map_or(0, length);
            Item {
                at: Cut { key: line.key, source, offset: line.offset },
                bytes: if block > 2 * BLOCK_BYTES { block } else { DISPLACED_BYTES },
                displaced: true,
            }
        });
        [of_block, of_displaced]
    }
}
