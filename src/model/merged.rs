//! Entries in the merged order: their places, and walking over them.

use std::sync::Arc;

use super::cache::ReadBlock;
use super::view::View;
use crate::run::{Channel, Entry};
use crate::tail::{OrderKey, SegmentId};

/// Names an entry, and says where it stands: the order of places is the merged order. Positions
/// change when late entries come; places do not, so this is what a cursor keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub(crate) key: OrderKey,
    pub(crate) channel: Channel,
    pub(crate) segment: SegmentId,
    pub(crate) offset: u64,
}

impl Place {
    /// The key by which the entry stands.
    #[must_use]
    pub fn key(&self) -> OrderKey {
        self.key
    }

    /// The segment that the entry was read from: what a [`crate::tail::Change`] of a segment is
    /// about.
    #[must_use]
    pub fn segment(&self) -> SegmentId {
        self.segment
    }

    /// Where the entry's line begins in the file of its segment, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

/// An entry and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Where it stands.
    pub place: Place,
    /// Its channel.
    pub channel: Channel,
    /// Its own seq, if it has one.
    pub seq: Option<u64>,
    /// Whether it is a line that does not parse, in a channel whose lines are JSON objects.
    pub malformed: bool,
    /// What it says.
    pub entry: Entry,
    /// The line as it stands in the file, without its line end.
    pub line: Vec<u8>,
    /// How many bytes the line has, when it is too long to be held: then `line` is its head only,
    /// and the entry says so. [`super::View::write_line`] writes the whole line.
    pub cut: Option<u64>,
}

/// Where a line is found in the index of its segment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spot {
    /// The spine line of that number.
    Spine(u64),
    /// The displaced line of that number.
    Displaced(usize),
}

/// Walks forward over the merged entries.
#[derive(Debug)]
pub struct Entries<'v, 'm> {
    view: &'v View<'m>,
    heads: Vec<Head>,
}

/// The next line of one segment.
#[derive(Debug)]
struct Head {
    source: usize,
    /// The block that the spine is at, its number, and the line in it.
    spine: Option<(Arc<ReadBlock>, usize, usize)>,
    displaced: usize,
    /// The key and offset of the next line, and whether it is a displaced one.
    next: Option<(OrderKey, u64, bool)>,
}

impl<'v, 'm> Entries<'v, 'm> {
    pub(crate) fn new(view: &'v View<'m>, from: Option<&Place>) -> Self {
        let heads = from.map_or_else(Vec::new, |place| {
            (0..view.sources.len()).map(|source| Head::new(view, source, place)).collect()
        });
        Self { view, heads }
    }
}

impl Iterator for Entries<'_, '_> {
    type Item = Placed;

    fn next(&mut self) -> Option<Placed> {
        // Heads are in the order of channels and segments, so the first of equal keys is right.
        let head = self
            .heads
            .iter_mut()
            .filter_map(|head| head.next.map(|next| (next.0, head)))
            .min_by_key(|(key, head)| (*key, head.source))
            .map(|(_, head)| head)?;
        head.take(self.view)
    }
}

impl Head {
    fn new(view: &View<'_>, source: usize, from: &Place) -> Self {
        let (spine, displaced) = view.before(source, from);
        let index = &view.sources[source].index;
        let spine = index.block_of_spine(spine).and_then(|block| {
            let (read, line) = view.line_of(source, Spot::Spine(spine))?;
            Some((read, block, line))
        });
        let mut head = Self { source, spine, displaced, next: None };
        head.choose(view);
        head
    }

    /// Decides which line is next: of the spine or of the displaced ones.
    fn choose(&mut self, view: &View<'_>) {
        let on_spine =
            self.spine.as_ref().map(|(block, _, line)| (block.lines[*line].key, block.lines[*line].offset));
        let displaced = view.sources[self.source].index.displaced();
        let aside = displaced.get(self.displaced).map(|line| (line.key, line.offset));
        self.next = match (on_spine, aside) {
            (Some(spine), Some(aside)) if aside < spine => Some((aside.0, aside.1, true)),
            (Some(spine), _) => Some((spine.0, spine.1, false)),
            (None, Some(aside)) => Some((aside.0, aside.1, true)),
            (None, None) => None,
        };
    }

    fn take(&mut self, view: &View<'_>) -> Option<Placed> {
        let (_, _, is_displaced) = self.next?;
        let placed = if is_displaced {
            let found = view.line_of(self.source, Spot::Displaced(self.displaced));
            self.displaced += 1;
            found.map(|(block, line)| view.placed(self.source, &block, line))
        } else {
            let placed = self.spine.as_ref().map(|(block, _, line)| view.placed(self.source, block, *line));
            self.advance_spine(view);
            placed
        };
        self.choose(view);
        placed
    }

    fn advance_spine(&mut self, view: &View<'_>) {
        let Some((mut block, mut number, line)) = self.spine.take() else { return };
        let blocks = view.sources[self.source].index.blocks().len();
        let mut from = line + 1;
        loop {
            if let Some(next) = (from..block.lines.len()).find(|line| !block.lines[*line].displaced) {
                self.spine = Some((block, number, next));
                return;
            }
            number += 1;
            if number >= blocks {
                return;
            }
            block = view.block(self.source, number);
            from = 0;
        }
    }
}
