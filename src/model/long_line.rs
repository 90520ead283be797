//! Lines that are too long to be held: shown by their head, written whole piece by piece.

use std::io::{self, Write};

use super::merged::Placed;
use super::segment::Segment;
use super::view::View;
use super::walk::{RawEntry, Walk};
use crate::run::entry::Body;
use crate::run::{Entry, decode};

/// The size of one piece.
const PIECE: u64 = 256 << 10;

/// What is shown of a line of so many bytes whose head is `head`: the head as it stands, and that
/// it was cut. Its place in the order is read from the head, too.
pub(crate) fn cut_entry(head: &[u8], length: u64) -> Entry {
    let found = decode(head);
    let mut text = head.to_vec();
    let note = format!(" … [cut: this line has {length} bytes; `stepwatch log --raw` writes all of them]");
    text.extend_from_slice(note.as_bytes());
    Entry { seq: found.seq, time: found.time, body: Body::Raw(text) }
}

/// Where a line stands that is too long to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongLine {
    source: usize,
    offset: u64,
    length: u64,
}

impl LongLine {
    /// The line of an entry, if it is one of these.
    #[must_use]
    pub fn of(entry: &RawEntry<'_>) -> Option<Self> {
        Some(Self { source: entry.source, offset: entry.offset, length: entry.cut? })
    }
}

impl RawEntry<'_> {
    /// What the entry says; of a line that is too long to be held, its head, and that it was cut.
    #[must_use]
    pub fn decode(&self) -> Entry {
        self.cut.map_or_else(|| decode(self.line), |length| cut_entry(self.line, length))
    }
}

impl Walk<'_> {
    /// Writes the whole line as it stands in its file, without its line end, however long it is.
    ///
    /// # Errors
    /// Whatever `out` answers, and the file; `UnexpectedEof` where it has lost bytes of the line.
    pub fn write_line(&self, line: LongLine, out: &mut impl Write) -> io::Result<()> {
        let segment = self.segment(line.source).ok_or_else(gone)?;
        write_bytes(segment, line.offset, line.length, out)
    }
}

impl View<'_> {
    /// Writes the whole line of an entry as it stands in its file, without its line end, however
    /// long it is.
    ///
    /// # Errors
    /// As [`Walk::write_line`].
    pub fn write_line(&self, placed: &Placed, out: &mut impl Write) -> io::Result<()> {
        let Some(length) = placed.cut else { return out.write_all(&placed.line) };
        let source = self.sources.iter().find(|source| source.segment.id == placed.place.segment);
        write_bytes(source.ok_or_else(gone)?.segment, placed.place.offset, length, out)
    }
}

fn write_bytes(segment: &Segment, offset: u64, length: u64, out: &mut impl Write) -> io::Result<()> {
    let (mut next, end) = (offset, offset + length);
    while next < end {
        let piece = segment.read(next, end.min(next + PIECE));
        if piece.is_empty() {
            return Err(gone());
        }
        out.write_all(&piece)?;
        next += piece.len() as u64;
    }
    Ok(())
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "a line was removed while it was read")
}
