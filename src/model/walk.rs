//! Walking over much of the merged order, piece by piece, without copying a line.
//!
//! A [`Walk`] is the entries between two [`Cut`]s. It is divided into [`Piece`]s of about the same
//! size, which are cut out of the index alone. Pieces are independent of each other: each is read
//! from the files with one read a segment and merged by itself, so several threads can work on one
//! walk, each with a [`Reader`] of its own, and what they make of the pieces, one behind the other,
//! is what one thread would make of all.

mod careful;
mod pieces;
mod reading;
mod standing;

pub use pieces::{PIECE_BYTES, Piece, Pieces};
pub use reading::{RawEntry, Reader, WasRead};

use super::merged::Place;
use super::segment::Segment;
use super::view::{Source, View};
use crate::run::Channel;
use crate::tail::{Order, OrderKey, SegmentIndex};

/// A point between two entries of a walk's merged order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    key: OrderKey,
    source: usize,
    offset: u64,
}

impl Cut {
    /// Before everything.
    pub const BEGIN: Self = Self { key: OrderKey::FIRST, source: 0, offset: 0 };

    /// Behind everything.
    #[must_use]
    pub fn end() -> Self {
        Self::before_key(OrderKey::from_number(u64::MAX))
    }

    /// Before the first entry whose key is not below `key`.
    #[must_use]
    pub fn before_key(key: OrderKey) -> Self {
        Self { key, source: 0, offset: 0 }
    }

    /// The key and offset below which the lines of a source stand before the cut.
    fn in_source(self, source: usize) -> (OrderKey, u64) {
        match source.cmp(&self.source) {
            std::cmp::Ordering::Less => (self.key.next(), 0),
            std::cmp::Ordering::Equal => (self.key, self.offset),
            std::cmp::Ordering::Greater => (self.key, 0),
        }
    }
}

/// The merged entries of a view between two cuts. It can be shared by threads.
#[derive(Clone, Debug)]
pub struct Walk<'m> {
    sources: Vec<Source<'m>>,
    order: Order,
    from: Cut,
    to: Cut,
}

impl<'m> Walk<'m> {
    /// The entries of `view` between the cuts.
    #[must_use]
    pub fn new(view: &View<'m>, from: Cut, to: Cut) -> Self {
        Self { sources: view.sources.clone(), order: view.order, from, to }
    }

    /// The channels of the sources, of which [`RawEntry::source`] is one.
    pub fn channels(&self) -> impl Iterator<Item = &'m Channel> {
        self.sources.iter().map(|source| source.channel)
    }

    /// Whether the channel of a source has JSON objects, so that other lines are malformed.
    #[must_use]
    pub fn has_objects(&self, source: usize) -> bool {
        self.sources.get(source).is_some_and(|source| source.has_objects)
    }

    pub(super) fn segment(&self, source: usize) -> Option<&'m Segment> {
        self.sources.get(source).map(|source| source.segment)
    }

    fn index(&self, source: usize) -> &'m SegmentIndex {
        self.sources[source].index
    }
}

impl View<'_> {
    /// The cut before a place of this view.
    #[must_use]
    pub fn cut_before(&self, place: &Place) -> Cut {
        let to_place = |source: &Source<'_>| {
            source.channel.cmp(&place.channel).then(source.segment.id.cmp(&place.segment))
        };
        let source = self.sources.partition_point(|source| to_place(source).is_lt());
        let is_here = self.sources.get(source).is_some_and(|source| to_place(source).is_eq());
        Cut { key: place.key, source, offset: if is_here { place.offset } else { 0 } }
    }
}
