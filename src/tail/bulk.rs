//! Reading much at once: the unread part of the files is cut into pieces, which threads scan side
//! by side, and which are then taken in one after the other.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Change;
use super::file::{FileTail, Look, Unread};
use super::order::Order;
use super::piece::{Piece, Range};
use super::side_by_side::side_by_side;

/// How much is read in which way. A test makes them small, so that a small run is read in every
/// way; the results are the same.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// The bytes of a piece.
    pub piece: u64,
    /// The bytes that are scanned at once, so that what was found is told now and then.
    pub at_once: u64,
    /// Fewer unread bytes than this are read in turn, by one thread.
    pub worth_it: u64,
    /// How much of the end of a file is read at first, when the end is to be told.
    pub window: u64,
    /// The bytes of one read of a piece: they should stay in a core's second cache while their
    /// lines are looked at.
    pub chunk: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { piece: 2 << 20, at_once: 64 << 20, worth_it: 4 << 20, window: 64 << 10, chunk: 256 << 10 }
    }
}

/// One piece to scan: of which file, and its place among the ranges of that file.
struct Job<'f> {
    file: usize,
    range: Range<'f>,
}

/// Reads on in those files that have much to read. What cannot be read in pieces is left.
pub(super) fn read(files: &mut [FileTail], order: Order, sizes: Sizes, changes: &mut Vec<Change>) -> Look {
    let mut look = Look { caught_up: true, ..Look::default() };
    let unread: Vec<(usize, Unread)> = files
        .iter()
        .enumerate()
        .filter(|(_, file)| file.is_mostly_in_order())
        .filter_map(|(number, file)| Some((number, file.unread(order)?)))
        .filter(|(_, unread)| unread.length.saturating_sub(unread.from) >= sizes.worth_it)
        .collect();
    let jobs = jobs(&unread, order, sizes);
    let pieces = scan(&jobs);
    let begins: Vec<u64> = pieces
        .iter()
        .zip(&jobs)
        .map(|(piece, job)| piece.as_ref().map_or(job.range.to, |piece| piece.begin))
        .collect();
    let of: Vec<(usize, u64)> = jobs.iter().map(|job| (job.file, job.range.to)).collect();
    drop(jobs);
    for (number, piece) in pieces.into_iter().enumerate() {
        let (file, to) = of[number];
        let file = &mut files[file];
        let joined = piece.is_ok_and(|piece| file.take_piece(piece, changes, &mut look));
        file.note_joined(joined);
        if !joined {
            // Its lines depend on those before them: they are read one by one, up to where the next
            // piece can go on.
            let next = number + 1;
            let until = if of.get(next).map(|next| next.0) == Some(of[number].0) { begins[next] } else { to };
            if file.read_until(until, order, changes, &mut look).is_err() {
                break;
            }
        }
    }
    look
}

/// Cuts what is unread into pieces, at most [`Sizes::at_once`] of it.
fn jobs(unread: &[(usize, Unread)], order: Order, sizes: Sizes) -> Vec<Job<'_>> {
    let mut jobs = Vec::new();
    let mut left = sizes.at_once;
    for (number, unread) in unread {
        let mut from = unread.from;
        while from < unread.length && left > 0 {
            let to = (from + sizes.piece).min(unread.length);
            left = left.saturating_sub(to - from);
            let begins_a_line = from == unread.from;
            let (file, first, chunk) = (&unread.file, unread.first, sizes.chunk);
            let range = Range { file, from, to, begins_a_line, order, first, chunk };
            jobs.push(Job { file: *number, range });
            from = to;
        }
    }
    jobs
}

/// Scans all pieces, on as many threads as there are cores.
fn scan(jobs: &[Job<'_>]) -> Vec<io::Result<Piece>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut buffer = Vec::new();
        let mut scanned = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(number) else { return scanned };
            scanned.push((number, job.range.scan(&mut buffer)));
        }
    };
    side_by_side(jobs.len(), work)
}
