//! Reading a piece line by line through a [`View`], where its files hold what is never read at once:
//! lines too long for memory, or long runs of NULs.

use std::cell::RefCell;

use super::{Piece, RawEntry, Walk, WasRead};
use crate::model::cache::BlockCache;
use crate::model::merged::{Entries, Place, Placed};
use crate::model::pattern::{Pattern, Scratch};
use crate::model::view::View;
use crate::tail::order::LONGEST_DECODED;

/// Blocks are 16 KiB and the last line of each; past this there is something out of the ordinary.
const LONG_BLOCK: u64 = 1 << 20;

impl Walk<'_> {
    /// Whether any block of the piece is that long.
    pub(super) fn needs_care(&self, piece: Piece) -> bool {
        (0..self.sources.len()).any(|source| {
            let index = self.index(source);
            let to = piece.to.in_source(source);
            let behind = index.blocks().partition_point(|block| (block.lowest, block.offset) < to);
            let is_long = |block: usize| index.block_end(block) - index.block_begin(block) > LONG_BLOCK;
            let displaced = index.displaced();
            let from = piece.from.in_source(source);
            let aside = displaced.partition_point(|line| (line.key, line.offset) < from)
                ..displaced.partition_point(|line| (line.key, line.offset) < to);
            (self.first_block(source, piece.from)..behind).any(is_long)
                || displaced[aside].iter().filter_map(|line| index.block_of_offset(line.offset)).any(is_long)
        })
    }

    pub(super) fn read_with_care(
        &self,
        piece: Piece,
        pattern: Option<&Pattern>,
        mut take: impl FnMut(RawEntry<'_>),
    ) -> WasRead {
        let mut was_read = WasRead::default();
        let Some(source) = self.sources.get(piece.from.source).or_else(|| self.sources.first()) else {
            return was_read;
        };
        let cache = RefCell::new(BlockCache::default());
        let view = View::new(self.sources.clone(), &cache, self.order);
        let (key, offset) = (piece.from.key, piece.from.offset);
        let (channel, segment) = (source.channel.clone(), source.segment.id);
        let mut scratch = Scratch::default();
        for placed in Entries::new(&view, Some(&Place { key, channel, segment, offset })) {
            let Some(source) = self.source_of(&placed) else { continue };
            let Place { key, offset, .. } = placed.place;
            if (key, offset) >= piece.to.in_source(source) {
                break;
            }
            let whole = self.whole_line(source, &placed);
            let cut = if whole.is_some() { None } else { placed.cut };
            let line = whole.as_deref().unwrap_or(&placed.line);
            if pattern.is_none_or(|pattern| pattern.matches_line(line, &mut scratch)) {
                was_read.entries += 1;
                take(RawEntry { source, key, offset, line, cut });
            }
        }
        was_read.is_short = (0..self.sources.len()).any(|source| self.has_lost_bytes(source));
        was_read
    }

    /// Whether the file is shorter than when it was indexed.
    fn has_lost_bytes(&self, source: usize) -> bool {
        let end = self.index(source).end();
        let segment = self.segment(source);
        end > 0 && segment.is_some_and(|segment| segment.read(end - 1, end).is_empty())
    }

    /// All of a line of which the view read the head only, unless it is too long for memory.
    fn whole_line(&self, source: usize, placed: &Placed) -> Option<Vec<u8>> {
        let length = placed.cut.filter(|length| *length <= LONGEST_DECODED)?;
        let line = self.segment(source)?.read(placed.place.offset, placed.place.offset + length);
        (line.len() as u64 == length).then_some(line)
    }

    fn source_of(&self, placed: &Placed) -> Option<usize> {
        let is_it = |source: &super::Source<'_>| source.segment.id == placed.place.segment;
        self.sources.iter().position(is_it)
    }
}
