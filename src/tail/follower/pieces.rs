//! Taking in what was scanned in pieces, and telling what there is to scan.

use std::io;

use super::{CHUNK, Follower};
use crate::tail::file::Unread;
use crate::tail::identity::read_at;
use crate::tail::marker::remember_end;
use crate::tail::order::Order;
use crate::tail::piece::Piece;
use crate::tail::scan::scan_lines;

/// How many bytes at the head of a file are searched for its first key.
const HEAD: usize = 64 << 10;

impl Follower {
    /// How many bytes were looked at, and how many there are.
    pub(in crate::tail) fn progress(&self) -> (u64, u64) {
        let length = self.file.length().unwrap_or(self.looked);
        (self.looked.min(length), length)
    }

    /// What is still to be read, if the lines can be scanned in pieces: the next one is not known to
    /// be long, and the first key is known, on which depends what counts as a restart.
    pub(in crate::tail) fn unread(&self, order: Order) -> io::Result<Option<Unread>> {
        let is_long = self.looked - self.offset > CHUNK as u64;
        if self.unended.is_some() || self.nul_tail.is_some() || is_long {
            return Ok(None);
        }
        let file = self.file.open()?;
        let first = match self.first {
            None if self.offset == 0 => {
                let mut head = vec![0; HEAD];
                let count = read_at(&file, &mut head, 0)?;
                scan_lines(&head[..count], 0, order).marks.iter().find_map(|mark| mark.key())
            }
            first => first,
        };
        let (from, length) = (self.offset, file.metadata()?.len());
        Ok(first.is_some().then_some(Unread { file, from, length, first }))
    }

    /// Whether the piece goes on where the file was read to, with a line that is not below the
    /// highest: then all its lines stand to those before it as they do to each other. One without a
    /// line does not bring us on.
    pub(in crate::tail) fn goes_on_with(&self, piece: &Piece) -> bool {
        let is_next = piece.begin == self.offset && self.unended.is_none() && piece.extent.lines > 0;
        is_next && (self.offset == 0 || (piece.opening.is_some() && piece.opening >= self.extent.highest))
    }

    /// Takes in a piece that goes on where the file was read to. Says whether it did: not where the
    /// bytes before are no longer what they were.
    pub(in crate::tail) fn take_piece(&mut self, piece: &Piece) -> io::Result<bool> {
        let file = self.file.open()?;
        if !self.is_still_the_same(&file)? {
            return Ok(false);
        }
        self.offset = piece.end;
        self.looked = piece.end;
        self.tried = 0;
        remember_end(&mut self.marker, &piece.marker);
        self.first = self.first.or(piece.first());
        self.extent.join(piece.extent);
        Ok(true)
    }
}
