//! Looking at the merged run: the entries of the chosen channels in one order, by position, seq or
//! place.
//!
//! There is no merged list. Every segment is two sorted lists, its spine and its displaced lines;
//! how many entries stand before a key is the sum over these lists, and the entry at a position is
//! found by bisection over keys.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::cache::{BlockCache, ReadBlock};
use super::filter::Filter;
use super::long_line::cut_entry;
use super::merged::{Entries, Place, Placed, Spot};
use super::segment::Segment;
use crate::run::entry::Body;
use crate::run::{Channel, Timestamp, decode};
use crate::tail::{Order, OrderKey, SegmentIndex};

/// So many entries in a row may be without a time where one is searched.
const UNTIMED: usize = 256;

/// Which channels are shown: all but the hidden ones, so that a channel that appears later is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    hidden: BTreeSet<Channel>,
}

impl Selection {
    /// All channels.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether the channel is hidden.
    #[must_use]
    pub fn hides(&self, channel: &Channel) -> bool {
        self.hidden.contains(channel)
    }

    /// The hidden channels, in their order.
    pub fn hidden(&self) -> impl Iterator<Item = &Channel> {
        self.hidden.iter()
    }

    /// Hides the channel, or shows it again.
    pub fn toggle(&mut self, channel: &Channel) {
        if !self.hidden.remove(channel) {
            self.hidden.insert(channel.clone());
        }
    }

    /// Whether nothing is hidden.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.hidden.is_empty()
    }
}

/// A segment with what its channel says of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'m> {
    pub(crate) channel: &'m Channel,
    pub(crate) segment: &'m Segment,
    /// What is in view of the segment.
    pub(crate) index: &'m SegmentIndex,
    /// Which lines `index` knows, if not all.
    pub(crate) sieve: Option<Sieve<'m>>,
    /// Whether the channel has JSON objects, so that other lines are malformed.
    pub(crate) has_objects: bool,
}

/// What tells which lines of a segment are in view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sieve<'m> {
    pub(crate) filter: &'m Filter,
    /// The index of all lines.
    pub(crate) all: &'m SegmentIndex,
}

/// The merged entries of the chosen channels. Cheap to make; make one when it is needed.
#[derive(Debug)]
pub struct View<'m> {
    /// In the order of the channels, then of the segments.
    pub(crate) sources: Vec<Source<'m>>,
    cache: &'m RefCell<BlockCache>,
    pub(crate) order: Order,
}

impl<'m> View<'m> {
    pub(crate) fn new(sources: Vec<Source<'m>>, cache: &'m RefCell<BlockCache>, order: Order) -> Self {
        cache.borrow_mut().expect(sources.len());
        Self { sources, cache, order }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.sources.iter().map(|source| source.index.entries()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether every entry stands in its right place. Where very many are out of order, some stay
    /// where they stand in their file.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.sources.iter().any(|source| source.index.is_approximate())
    }

    /// The entry at a position of the merged order, 0 being the first. `None` past the end, and
    /// where the bytes cannot be read any more.
    #[must_use]
    pub fn at(&self, position: u64) -> Option<Placed> {
        let (source, spot) = self.locate(position)?;
        self.read(source, spot)
    }

    /// The place of the entry at a position, without decoding the entry.
    #[must_use]
    pub fn place_at(&self, position: u64) -> Option<Place> {
        let (source, spot) = self.locate(position)?;
        self.place(source, spot)
    }

    /// The entries from a position on.
    #[must_use]
    pub fn from(&self, position: u64) -> Entries<'_, 'm> {
        let place = self.locate(position).and_then(|(source, spot)| self.place(source, spot));
        Entries::new(self, place.as_ref())
    }

    /// How many entries stand before the place: its position, if it is still there.
    #[must_use]
    pub fn position_of(&self, place: &Place) -> u64 {
        (0..self.sources.len())
            .map(|source| {
                let (spine, displaced) = self.before(source, place);
                spine + displaced as u64
            })
            .sum()
    }

    /// About the same, without reading anything: less by no more than the entries that a block of each
    /// segment holds.
    #[must_use]
    pub fn about_position_of(&self, place: &Place) -> u64 {
        self.below_at_least_and_most(place.key).0
    }

    /// The position of the first entry whose seq is not below `seq`, in a run ordered by seq.
    #[must_use]
    pub fn position_of_seq(&self, seq: u64) -> u64 {
        self.position_of_key(OrderKey::of_seq(seq))
    }

    /// The position of the first entry whose key is not below `key`: so many stand below it.
    #[must_use]
    pub fn position_of_key(&self, key: OrderKey) -> u64 {
        (0..self.sources.len())
            .map(|source| self.spine_below(source, key) + self.displaced_below(source, key) as u64)
            .sum()
    }

    /// The position of the first entry that was written at `time` or later, found by bisection: the
    /// times of a run rise with its order, but for clocks that were set. Entries without a time of
    /// their own go with those before them.
    #[must_use]
    pub fn position_of_time(&self, time: Timestamp) -> u64 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            // The nearest entry from the middle on that has a time tells of all between them.
            let timed = self
                .from(middle)
                .take(UNTIMED)
                .enumerate()
                .take_while(|(number, _)| middle + (*number as u64) < high);
            let found = timed.filter_map(|(number, placed)| Some((number as u64, placed.entry.time?))).next();
            match found {
                Some((number, at)) if at < time => low = middle + number + 1,
                _ => high = middle,
            }
        }
        low
    }

    pub(crate) fn block(&self, source: usize, block: usize) -> Arc<ReadBlock> {
        self.cache.borrow_mut().get(&self.sources[source], block, self.order)
    }

    /// The same without reading anything: at least and at most so many.
    fn below_at_least_and_most(&self, key: OrderKey) -> (u64, u64) {
        self.sources.iter().enumerate().fold((0, 0), |(least, most), (number, source)| {
            let displaced = self.displaced_below(number, key) as u64;
            let (_, at_least, at_most) = source.index.spine_below(key);
            (least + at_least + displaced, most + at_most + displaced)
        })
    }

    fn spine_below(&self, source: usize, key: OrderKey) -> u64 {
        let (block, least, most) = self.sources[source].index.spine_below(key);
        if least == most {
            return least;
        }
        least + self.block(source, block).spine().take_while(|line| line.key < key).count() as u64
    }

    fn displaced_below(&self, source: usize, key: OrderKey) -> usize {
        self.sources[source].index.displaced().partition_point(|line| line.key < key)
    }

    /// How many spine lines of a segment begin before the offset.
    fn spine_before_offset(&self, source: usize, offset: u64) -> u64 {
        let index = &self.sources[source].index;
        let Some(block) = index.block_of_offset(offset) else { return 0 };
        let in_block =
            self.block(source, block).spine().take_while(|line| line.offset < offset).count() as u64;
        index.spine_before(block) + in_block
    }

    /// How many spine and how many displaced lines of one segment stand before the place.
    pub(crate) fn before(&self, source: usize, place: &Place) -> (u64, usize) {
        let of = &self.sources[source];
        let same_key = (of.channel, of.segment.id).cmp(&(&place.channel, place.segment));
        let key = if same_key.is_lt() { place.key.next() } else { place.key };
        let (spine, displaced) = (self.spine_below(source, key), self.displaced_below(source, key));
        if !same_key.is_eq() {
            return (spine, displaced);
        }
        let spine_end = self.spine_below(source, place.key.next());
        let in_file = self.spine_before_offset(source, place.offset).clamp(spine, spine_end);
        let aside =
            of.index.displaced().partition_point(|line| (line.key, line.offset) < (place.key, place.offset));
        (in_file, aside)
    }

    /// Finds the entry at a position: the lowest key up to which more entries stand than that, then
    /// the segment and the line among the entries of that key.
    fn locate(&self, position: u64) -> Option<(usize, Spot)> {
        if position >= self.len() {
            return None;
        }
        let key = self.key_at(position)?;
        let mut rest = position - self.position_of_key(key).min(position);
        for source in 0..self.sources.len() {
            let spine = self.spine_below(source, key)..self.spine_below(source, key.next());
            let displaced = self.displaced_below(source, key)..self.displaced_below(source, key.next());
            let here = (spine.end - spine.start) + (displaced.end - displaced.start) as u64;
            if rest < here {
                return Some((source, self.spot_among_equals(source, spine, displaced, rest)));
            }
            rest -= here;
        }
        None
    }

    fn key_at(&self, position: u64) -> Option<OrderKey> {
        let highest = self.sources.iter().filter_map(|source| source.index.highest()).max()?;
        let (mut low, mut high) = (0, highest.number());
        while low < high {
            let middle = low + (high - low) / 2;
            let next = OrderKey::from_number(middle).next();
            let (least, most) = self.below_at_least_and_most(next);
            let more_stand_up_to_here = if least > position {
                true
            } else if most <= position {
                false
            } else {
                self.position_of_key(next) > position
            };
            if more_stand_up_to_here {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(OrderKey::from_number(low))
    }

    /// The line of that rank among the lines of one segment and key, which stand by offset.
    fn spot_among_equals(
        &self,
        source: usize,
        spine: std::ops::Range<u64>,
        displaced: std::ops::Range<usize>,
        rank: u64,
    ) -> Spot {
        if displaced.is_empty() {
            return Spot::Spine(spine.start + rank);
        }
        let aside = &self.sources[source].index.displaced()[displaced.clone()];
        let rank_of = |number: usize| {
            let in_file =
                self.spine_before_offset(source, aside[number].offset).clamp(spine.start, spine.end);
            number as u64 + in_file - spine.start
        };
        let (mut low, mut high) = (0, aside.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if rank_of(middle) < rank { low = middle + 1 } else { high = middle }
        }
        if low < aside.len() && rank_of(low) == rank {
            Spot::Displaced(displaced.start + low)
        } else {
            Spot::Spine(spine.start + rank - low as u64)
        }
    }

    /// The block and the number of the line in it, of a spot.
    pub(crate) fn line_of(&self, source: usize, spot: Spot) -> Option<(Arc<ReadBlock>, usize)> {
        let index = &self.sources[source].index;
        match spot {
            Spot::Spine(number) => {
                let block_number = index.block_of_spine(number)?;
                let block = self.block(source, block_number);
                let rank = usize::try_from(number - index.spine_before(block_number)).ok()?;
                let line = block.lines.iter().enumerate().filter(|(_, line)| !line.displaced).nth(rank)?.0;
                Some((block, line))
            }
            Spot::Displaced(number) => {
                let offset = index.displaced().get(number)?.offset;
                let block = self.block(source, index.block_of_offset(offset)?);
                let line = block.lines.iter().position(|line| line.offset == offset)?;
                Some((block, line))
            }
        }
    }

    fn place(&self, source: usize, spot: Spot) -> Option<Place> {
        let (block, line) = self.line_of(source, spot)?;
        let (key, offset) = (block.lines[line].key, block.lines[line].offset);
        let of = &self.sources[source];
        Some(Place { key, channel: of.channel.clone(), segment: of.segment.id, offset })
    }

    fn read(&self, source: usize, spot: Spot) -> Option<Placed> {
        let (block, line) = self.line_of(source, spot)?;
        Some(self.placed(source, &block, line))
    }

    pub(crate) fn placed(&self, source: usize, block: &ReadBlock, line: usize) -> Placed {
        let of = &self.sources[source];
        let found = &block.lines[line];
        let bytes = block.bytes_of(found);
        let entry = match found.cut {
            Some(length) => cut_entry(bytes, length),
            None => decode(bytes),
        };
        let place = Place {
            key: found.key,
            channel: of.channel.clone(),
            segment: of.segment.id,
            offset: found.offset,
        };
        let malformed = matches!(entry.body, Body::Raw(_)) && (found.object || of.has_objects);
        Placed {
            place,
            channel: of.channel.clone(),
            seq: entry.seq,
            malformed,
            entry,
            line: bytes.to_vec(),
            cut: found.cut,
        }
    }
}
