//! Dividing a walk into pieces, by what the index knows.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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
    /// Where those stand, and whether they are displaced: the lowest is found without asking each
    /// source, of which there may be thousands.
    queue: BinaryHeap<Reverse<(Cut, bool)>>,
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
        let next = next.collect();
        let mut pieces = Pieces { walk: self, bytes, from: self.from, next, queue: BinaryHeap::new() };
        for source in 0..self.sources.len() {
            pieces.enqueue(source, false);
            pieces.enqueue(source, true);
        }
        pieces
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
            let Some(&Reverse((at, displaced))) = self.queue.peek() else { break end };
            if at >= end {
                break end;
            }
            let further = self.bytes_of_next(at.source, displaced);
            if bytes > 0 && bytes + further > self.bytes && at > from {
                break at;
            }
            bytes += further;
            self.queue.pop();
            let next = &mut self.next[at.source];
            if displaced {
                next.1 += 1
            } else {
                next.0 += 1
            }
            self.enqueue(at.source, displaced);
        };
        Some(Piece { from, to: self.from })
    }
}

impl Pieces<'_, '_> {
    /// Enqueues the next block or displaced line of a source, if there is another.
    fn enqueue(&mut self, source: usize, displaced: bool) {
        let (block, line) = self.next[source];
        let index = self.walk.index(source);
        let at = if displaced {
            index.displaced().get(line).map(|line| Cut { key: line.key, source, offset: line.offset })
        } else {
            index.blocks().get(block).map(|block| Cut { key: block.lowest, source, offset: block.offset })
        };
        self.queue.extend(at.map(|at| Reverse((at, displaced))));
    }

    /// How much space the next block or displaced line of a source takes in a piece.
    fn bytes_of_next(&self, source: usize, displaced: bool) -> u64 {
        let (block, line) = self.next[source];
        let index = self.walk.index(source);
        let length = |block: usize| index.block_end(block) - index.block_begin(block);
        if !displaced {
            return length(block);
        }
        let around = index.displaced().get(line).and_then(|line| index.block_of_offset(line.offset));
        let around = around.map_or(0, length);
        if around > 2 * BLOCK_BYTES { around } else { DISPLACED_BYTES }
    }
}
