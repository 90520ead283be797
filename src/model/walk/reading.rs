//! Reading a piece of a walk: its lines, merged.

use std::ops::Range;

use memchr::{memchr, memrchr};

use super::{Piece, Walk};
use crate::model::pattern::{Candidates, Pattern, Scratch};
use crate::tail::index::{Displaced, Placing};
use crate::tail::{Order, OrderKey, SegmentIndex, nuls};

/// A buffer that grew past this, for a very long line, is given back.
const MOST_KEPT: usize = 4 << 20;
/// So many bytes are read first of a displaced line that stands far from its place.
const DISPLACED_READ: u64 = 512;

/// An entry of a walk as its line stands in the file.
#[derive(Clone, Copy, Debug)]
pub struct RawEntry<'a> {
    /// Which of the walk's sources it comes from; see [`Walk::channels`].
    pub source: usize,
    /// The key by which it stands.
    pub key: OrderKey,
    /// Where it begins in its file.
    pub offset: u64,
    /// The line, without its line end.
    pub line: &'a [u8],
    /// How many bytes the line has, where it is too long to be held and this is its head.
    pub cut: Option<u64>,
}

/// What became of reading a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WasRead {
    /// How many entries were told of.
    pub entries: u64,
    /// Whether bytes that were indexed could not be read any more.
    pub is_short: bool,
}

/// The memory in which pieces are read, one after the other.
#[derive(Debug, Default)]
pub struct Reader {
    /// The bytes of each source.
    buffers: Vec<Vec<u8>>,
    /// Displaced lines that stand far from their place.
    aside: Vec<u8>,
}

/// What was read of one source for a piece.
#[derive(Debug)]
struct Span {
    /// The first block.
    block: usize,
    /// Where it begins in the file.
    offset: u64,
    /// How many bytes of the buffer are filled.
    length: usize,
    displaced: Vec<Aside>,
}

/// A displaced line: in the buffer of its source, or aside.
#[derive(Debug)]
struct Aside {
    line: Displaced,
    in_buffer: bool,
    place: Range<usize>,
}

impl Walk<'_> {
    /// Reads a piece and gives its entries to `take`, in order; with a pattern only those whose text
    /// has a match.
    pub fn read(
        &self,
        piece: Piece,
        reader: &mut Reader,
        pattern: Option<&Pattern>,
        mut take: impl FnMut(RawEntry<'_>),
    ) -> WasRead {
        if self.needs_care(piece) {
            return self.read_with_care(piece, pattern, take);
        }
        let mut was_read = WasRead::default();
        reader.buffers.resize_with(self.sources.len(), Vec::new);
        reader.aside.clear();
        let spans: Vec<Span> = (0..self.sources.len())
            .map(|source| self.read_span(source, piece, reader, &mut was_read.is_short))
            .collect();
        let mut heads: Vec<Head<'_>> = spans
            .iter()
            .enumerate()
            .map(|(source, span)| self.head(source, span, piece, reader, pattern))
            .collect();
        while let Some((first, before)) = first_of(&heads) {
            let head = &mut heads[first];
            // Neighbours mostly come from one file.
            while let Some(line) = head.next.filter(|line| (line.key, first) < before) {
                was_read.entries += 1;
                let Line { key, offset, bytes } = line;
                take(RawEntry { source: first, key, offset, line: bytes, cut: None });
                head.advance();
            }
        }
        was_read
    }

    fn read_span(&self, source: usize, piece: Piece, reader: &mut Reader, is_short: &mut bool) -> Span {
        let index = self.index(source);
        let block = self.first_block(source, piece.from);
        let (from, to) = (piece.from.in_source(source), piece.to.in_source(source));
        let behind = index.blocks().partition_point(|block| (block.lowest, block.offset) < to);
        let offset = index.block_begin(block);
        let end = behind.checked_sub(1).map_or(offset, |last| index.block_end(last)).max(offset);
        let buffer = &mut reader.buffers[source];
        let wanted = usize::try_from(end - offset).unwrap_or(usize::MAX);
        if buffer.len() > MOST_KEPT && wanted < MOST_KEPT {
            *buffer = Vec::new();
        }
        if buffer.len() < wanted {
            buffer.resize(wanted, 0);
        }
        let file = &self.sources[source].segment.file;
        let length = file.read_at(&mut buffer[..wanted], offset).unwrap_or(0);
        *is_short |= length < wanted;
        let mut span = Span { block, offset, length, displaced: Vec::new() };
        let displaced = index.displaced();
        let begin = displaced.partition_point(|line| (line.key, line.offset) < from);
        for line in displaced[begin..].iter().take_while(|line| (line.key, line.offset) < to) {
            let in_buffer = (offset..offset + length as u64).contains(&line.offset);
            let place = if in_buffer {
                let begin = usize::try_from(line.offset - offset).unwrap_or(length);
                Some(begin..line_end(&buffer[..length], begin))
            } else {
                self.read_aside(source, line.offset, &mut reader.aside)
            };
            match place {
                Some(place) => span.displaced.push(Aside { line: *line, in_buffer, place }),
                None => *is_short = true,
            }
        }
        span
    }

    /// Reads one line to the end of `aside`.
    fn read_aside(&self, source: usize, offset: u64, aside: &mut Vec<u8>) -> Option<Range<usize>> {
        let index = self.index(source);
        let most = index.block_end(index.block_of_offset(offset)?).checked_sub(offset)?;
        let begin = aside.len();
        let mut wanted = DISPLACED_READ.min(most);
        loop {
            let count = usize::try_from(wanted).ok()?;
            aside.resize(begin + count, 0);
            let read = self.sources[source].segment.file.read_at(&mut aside[begin..], offset).unwrap_or(0);
            let end = memchr(b'\n', &aside[begin..begin + read]);
            if end.is_some() || read < count || wanted == most {
                aside.truncate(begin + end.unwrap_or(read));
                return (read > 0).then_some(begin..aside.len());
            }
            wanted = (wanted * 8).min(most);
        }
    }

    fn head<'a>(
        &'a self,
        source: usize,
        span: &'a Span,
        piece: Piece,
        reader: &'a Reader,
        pattern: Option<&'a Pattern>,
    ) -> Head<'a> {
        let bytes = &reader.buffers[source][..span.length];
        let index = self.index(source);
        let mut head = Head {
            spine: Spine {
                bytes,
                offset: span.offset,
                index,
                order: self.order,
                placing: index.placing_at(span.block),
                placed: 0,
                at: 0,
                from: piece.from.in_source(source),
                to: piece.to.in_source(source),
                search: pattern.map(|pattern| Search::new(pattern, bytes)),
            },
            displaced: span.displaced.iter(),
            reader,
            source,
            next_on_spine: None,
            next_aside: None,
            next: None,
        };
        head.next_on_spine = head.spine.next();
        head.next_aside = head.aside();
        head.advance();
        head
    }
}

/// The head with the lowest line, and before which line it goes on to be that.
fn first_of(heads: &[Head<'_>]) -> Option<(usize, (OrderKey, usize))> {
    let mut first = None;
    let mut before = (OrderKey::from_number(u64::MAX), usize::MAX);
    for (source, head) in heads.iter().enumerate() {
        let Some(line) = head.next else { continue };
        let at = (line.key, source);
        match first {
            Some(lowest) if lowest < at => before = before.min(at),
            _ => {
                before = first.map_or(before, |lowest| before.min(lowest));
                first = Some(at);
            }
        }
    }
    first.map(|(_, source)| (source, before))
}

/// A line that is in memory.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    key: OrderKey,
    offset: u64,
    bytes: &'a [u8],
}

/// The lines of one source in a piece, spine and displaced ones in one order.
struct Head<'a> {
    spine: Spine<'a>,
    displaced: std::slice::Iter<'a, Aside>,
    reader: &'a Reader,
    source: usize,
    next_on_spine: Option<Line<'a>>,
    next_aside: Option<Line<'a>>,
    next: Option<Line<'a>>,
}

impl<'a> Head<'a> {
    fn advance(&mut self) {
        let Some(aside) = self.next_aside else {
            self.next = self.next_on_spine;
            self.next_on_spine = self.spine.next();
            return;
        };
        match self.next_on_spine {
            Some(line) if (line.key, line.offset) < (aside.key, aside.offset) => {
                self.next = Some(line);
                self.next_on_spine = self.spine.next();
            }
            _ => {
                self.next = Some(aside);
                self.next_aside = self.aside();
            }
        }
    }

    fn aside(&mut self) -> Option<Line<'a>> {
        let (reader, source) = (self.reader, self.source);
        let search = &mut self.spine.search;
        self.displaced.find_map(|found| {
            let memory = if found.in_buffer { &reader.buffers[source] } else { &reader.aside };
            let bytes = &memory[found.place.clone()];
            let is_wanted = search.as_mut().is_none_or(|search| search.matches(bytes));
            is_wanted.then_some(Line { key: found.line.key, offset: found.line.offset, bytes })
        })
    }
}

/// The spine lines of one source in a piece.
struct Spine<'a> {
    bytes: &'a [u8],
    /// Where `bytes` begin in the file.
    offset: u64,
    index: &'a SegmentIndex,
    order: Order,
    placing: Placing,
    /// Up to here the lines are placed.
    placed: usize,
    /// Where the next line begins.
    at: usize,
    from: (OrderKey, u64),
    to: (OrderKey, u64),
    search: Option<Search<'a>>,
}

impl<'a> Spine<'a> {
    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        while self.at < self.bytes.len() {
            let line = match &mut self.search {
                None => self.at..line_end(self.bytes, self.at),
                Some(search) => search.next_line(self.bytes, self.at)?,
            };
            self.at = line.end + 1;
            if self.placed < line.start {
                self.catch_up(line.start);
            }
            self.placed = self.at;
            // NULs before a line are none of it.
            let Some(line) = nuls::without_leading(line, self.bytes) else { continue };
            let bytes = &self.bytes[line.clone()];
            let standing = self.placing.place(self.order.key_of(bytes).key);
            let place = (standing.key, self.offset + line.start as u64);
            if standing.displaced || place < self.from {
                continue;
            }
            if place >= self.to {
                self.at = self.bytes.len();
                return None;
            }
            return Some(Line { key: place.0, offset: place.1, bytes });
        }
        None
    }

    /// Places the lines that were passed over, from the block in which `to` is.
    fn catch_up(&mut self, to: usize) {
        if let Some(block) = self.index.block_of_offset(self.offset + to as u64)
            && let Some(begin) = self.index.block_begin(block).checked_sub(self.offset)
            && begin > self.placed as u64
        {
            self.placing = self.index.placing_at(block);
            self.placed = usize::try_from(begin).unwrap_or(to);
        }
        while self.placed < to {
            let end = line_end(self.bytes, self.placed);
            if let Some(line) = nuls::without_leading(self.placed..end, self.bytes) {
                self.placing.place(self.order.key_of(&self.bytes[line]).key);
            }
            self.placed = end + 1;
        }
    }
}

/// Finds the lines of a buffer that match.
struct Search<'a> {
    pattern: &'a Pattern,
    candidates: Candidates<'a>,
    scratch: Scratch,
}

impl<'a> Search<'a> {
    fn new(pattern: &'a Pattern, bytes: &'a [u8]) -> Self {
        Self { pattern, candidates: pattern.candidates(bytes), scratch: Scratch::default() }
    }

    fn matches(&mut self, line: &[u8]) -> bool {
        self.pattern.matches_line(line, &mut self.scratch)
    }

    /// The first line from `from` on that matches.
    fn next_line(&mut self, bytes: &[u8], mut from: usize) -> Option<Range<usize>> {
        while let Some(place) = self.candidates.next_from(from) {
            let begin = memrchr(b'\n', &bytes[from..place]).map_or(from, |found| from + found + 1);
            let end = line_end(bytes, place);
            let line = nuls::without_leading(begin..end, bytes);
            if let Some(line) = line.filter(|line| self.matches(&bytes[line.clone()])) {
                return Some(line);
            }
            from = end + 1;
        }
        None
    }
}

/// Where the line that has `from` in it ends.
#[inline]
fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |length| from + length)
}
