//! Lines that are too long to be held: shown by their head, written whole piece by piece.

use std::io::{self, Write};

use super::merged::Placed;
use super::view::View;
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

impl View<'_> {
    /// Writes the whole line of an entry as it stands in its file, without its line end, however
    /// long it is.
    ///
    /// # Errors
    /// Whatever `out` answers, and the file; `UnexpectedEof` where it has lost bytes of the line.
    pub fn write_line(&self, placed: &Placed, out: &mut impl Write) -> io::Result<()> {
        let Some(length) = placed.cut else { return out.write_all(&placed.line) };
        let gone = || io::Error::new(io::ErrorKind::UnexpectedEof, "a line was removed while it was read");
        let source = self.sources.iter().find(|source| source.segment.id == placed.place.segment);
        let segment = source.ok_or_else(gone)?.segment;
        let (mut next, end) = (placed.place.offset, placed.place.offset + length);
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
}
