//! Taking in what was scanned in pieces, and telling what there is to scan.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::{FileTail, Look};
use crate::run::RunDirectory;
use crate::tail::order::{Order, OrderKey};
use crate::tail::piece::Piece;
use crate::tail::{Change, SegmentFile, SegmentId};

/// After so many pieces that could not be taken in, a file is read line by line.
const MOST_REFUSED: u32 = 8;

/// What is still to be read of a file whose lines can be scanned in pieces.
#[derive(Debug)]
pub(in crate::tail) struct Unread {
    pub(in crate::tail) file: Arc<File>,
    pub(in crate::tail) from: u64,
    pub(in crate::tail) length: u64,
    /// The key of the first line of the file that has one.
    pub(in crate::tail) first: Option<OrderKey>,
}

impl FileTail {
    /// Brings the open files in line with what stands at the path now, and reads nothing.
    pub(in crate::tail) fn open(
        &mut self,
        run: &RunDirectory,
        now: Instant,
        next: &mut impl FnMut() -> SegmentId,
        changes: &mut Vec<Change>,
    ) -> Look {
        let mut look = Look { caught_up: true, ..Look::default() };
        let failed = self.reconcile(run, now, next, changes, &mut look).err();
        self.say(failed.as_ref(), changes);
        look
    }

    /// The files, oldest first: which segment each is, and the file.
    pub(in crate::tail) fn segment_files(&self) -> impl Iterator<Item = (SegmentId, &SegmentFile)> {
        let followers = self.held.iter().map(|(follower, _)| follower).chain(&self.current);
        followers.map(|follower| (follower.id, &follower.file))
    }

    /// How many bytes of the files were looked at, and how many there are.
    pub(in crate::tail) fn progress(&self) -> (u64, u64) {
        let followers = self.held.iter().map(|(follower, _)| follower).chain(&self.current);
        followers.fold((0, 0), |(read, total), follower| {
            let (of_it, length) = follower.progress();
            (u64::saturating_add(read, of_it), u64::saturating_add(total, length))
        })
    }

    /// What is still to be read of the current file, if its lines can be scanned in pieces.
    pub(in crate::tail) fn unread(&self, order: Order) -> Option<Unread> {
        self.current.as_ref()?.unread(order).ok().flatten()
    }

    /// Whether scanning in pieces is worth it: in a file that is written backwards, none fits.
    pub(in crate::tail) fn is_mostly_in_order(&self) -> bool {
        self.refused < MOST_REFUSED
    }

    /// Notes whether a piece could be taken in.
    pub(in crate::tail) fn note_joined(&mut self, joined: bool) {
        self.refused = if joined { 0 } else { self.refused + 1 };
    }

    /// Takes in a piece that was scanned on its own, if it goes on where the current file was read
    /// to, and its lines stand to those before it as they do to each other.
    pub(in crate::tail) fn take_piece(
        &mut self,
        piece: Piece,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> bool {
        let Some(current) = self.current.as_mut().filter(|current| current.goes_on_with(&piece)) else {
            return false;
        };
        if !current.take_piece(&piece).unwrap_or(false) {
            return false;
        }
        look.lines += piece.extent.lines;
        look.any_seq |= piece.any_seq;
        changes.push(Change::Piece { segment: current.id, piece: Box::new(piece) });
        true
    }

    /// Reads the current file up to `until`, line by line.
    ///
    /// # Errors
    /// Whatever the file system answers.
    pub(in crate::tail) fn read_until(
        &mut self,
        until: u64,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let length = current.file.length()?;
        current.read(length, until, order, changes, look)
    }
}
