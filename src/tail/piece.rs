//! A piece of a log file, scanned on its own: the index and the seqs of its lines, made without
//! knowing what comes before it, so that the pieces of a large file are scanned side by side.

use std::fs::File;
use std::io;

use memchr::memchr_iter;

use super::Extent;
use super::identity::read_at;
use super::index::SegmentIndex;
use super::marker::remember_end;
use super::order::{Order, OrderKey};
use super::scan::LineMark;
use super::seqs::SeqSet;

/// The complete lines that begin in a range of a file.
#[derive(Debug, Default)]
pub struct Piece {
    /// Where the lines are and how they stand to each other.
    pub index: SegmentIndex,
    /// Their seqs, in a run that is ordered by seq.
    pub seqs: SeqSet,
    /// How many of them have a seq that another one of the piece had before.
    pub ties: u64,
    /// Whether any has a seq, whatever orders the run.
    pub any_seq: bool,
    /// How many lines, between which keys.
    pub extent: Extent,
    /// Where the first line begins, and where the last one ends.
    pub(super) begin: u64,
    pub(super) end: u64,
    /// The own key of the first line.
    pub(super) opening: Option<OrderKey>,
    /// The last bytes of the piece, as many as a marker takes.
    pub(super) marker: Vec<u8>,
}

/// What is to be scanned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range<'f> {
    pub(super) file: &'f File,
    /// Lines that begin in `from..to` belong to the range.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Whether a line begins at `from`; else the first one is searched.
    pub(super) begins_a_line: bool,
    pub(super) order: Order,
    /// The key of the first line of the file that has one.
    pub(super) first: Option<OrderKey>,
    /// The size of one read.
    pub(super) chunk: usize,
}

impl Piece {
    /// The key of the first line of the file that has one.
    pub(super) fn first(&self) -> Option<OrderKey> {
        self.index.first()
    }
}

impl Range<'_> {
    /// Scans the range. A line that is longer than a chunk ends the piece before its time, and so
    /// does one that begins with a NUL: they are for whoever reads the file in its order.
    ///
    /// # Errors
    /// Whatever the file system answers.
    pub(super) fn scan(&self, buffer: &mut Vec<u8>) -> io::Result<Piece> {
        buffer.resize(self.chunk, 0);
        let mut piece = Piece { index: SegmentIndex::of_piece(self.first), ..Piece::default() };
        let mut at = self.from;
        if !self.begins_a_line {
            // The byte before tells whether a line begins at the range's own first byte.
            let count = read_at(self.file, buffer, self.from - 1)?;
            let Some(end) = memchr::memchr(b'\n', &buffer[..count]) else {
                return Ok(Piece { begin: self.to, end: self.to, ..piece });
            };
            at = self.from + end as u64;
        }
        piece.begin = at;
        piece.end = at;
        while piece.end < self.to {
            let count = read_at(self.file, buffer, piece.end)?;
            let consumed = self.take_lines(&buffer[..count], &mut piece);
            if consumed == 0 {
                break;
            }
        }
        piece.index.finish(piece.end);
        Ok(piece)
    }

    /// Takes in the complete lines that begin in the range; how many bytes they have.
    fn take_lines(&self, bytes: &[u8], piece: &mut Piece) -> usize {
        let mut consumed = 0;
        let begin = piece.end;
        for end in memchr_iter(b'\n', bytes) {
            let offset = begin + consumed as u64;
            let line = &bytes[consumed..end];
            if offset >= self.to || line.first() == Some(&0) {
                break;
            }
            let found = self.order.key_of(line);
            if piece.extent.lines == 0 {
                piece.opening = found.key;
            }
            piece.index.push(LineMark::new(offset, found.key, found.object));
            piece.extent.add(found.key);
            piece.any_seq |= found.has_seq;
            if self.order == Order::Seq
                && let Some(seq) = found.key.and_then(OrderKey::seq)
            {
                piece.ties += u64::from(!piece.seqs.insert(seq));
            }
            consumed = end + 1;
        }
        if consumed > 0 {
            remember_end(&mut piece.marker, &bytes[..consumed]);
        }
        piece.end = begin + consumed as u64;
        consumed
    }
}
