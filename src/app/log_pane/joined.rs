//! What is shown in one row: the pieces of one line, and signs of life.
//!
//! A recorder that cannot wait for the end of a line writes it in several
//! entries, each but the last without a line end; they are shown as one line.
//!
//! Two entries are pieces of one line when they are of one channel, the first has no line end, and their
//! seqs follow one another: where an entry of another channel came between, the line was cut for a
//! person to see when. A line of more than [`MOST_PIECES`] or [`MOST_BYTES`] is shown in its pieces: which
//! entries are shown together then depends on nothing but the entries themselves, and no key reads more
//! than so many of them for one row.
//!
//! Signs of life that follow one another are folded to the last of them, with their number. Where a run
//! says nothing else for hours, a fold ends with every seq that is a multiple of [`MOST_PIECES`], so that
//! the same ones stand together from wherever one comes.

use std::ops::RangeInclusive;

use super::log::Log;
use crate::model::{Place, Placed};
use crate::run::Channel;

/// How many pieces of a line are joined at most.
pub(super) const MOST_PIECES: u64 = 64;
/// How many bytes of text they have together at most.
pub(super) const MOST_BYTES: usize = 64 << 10;

/// What has to be known of an entry to tell whether it is joined with another one.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    place: Place,
    channel: Channel,
    is_open: bool,
    /// Whether it says less or something else than what was written.
    is_odd: bool,
    is_sign_of_life: bool,
    bytes: usize,
}

impl Piece {
    pub(super) fn of(placed: &Placed) -> Self {
        Self {
            place: placed.place.clone(),
            channel: placed.channel.clone(),
            is_open: placed.entry.is_open_line(),
            is_odd: placed.malformed || placed.cut.is_some(),
            is_sign_of_life: placed.entry.is_sign_of_life(),
            bytes: placed.entry.text().len(),
        }
    }

    /// Whether the line goes on in `next`.
    pub(super) fn goes_on_in(&self, next: &Self) -> bool {
        let seqs = self.place.key().seq().zip(next.place.key().seq());
        self.is_open
            && self.channel == next.channel
            && !self.is_odd
            && !next.is_odd
            && seqs.is_some_and(|(seq, next)| seq.checked_add(1) == Some(next))
    }

    /// Whether both are signs of life that may be folded, and their seqs.
    fn folds_with(&self, next: &Self) -> Option<(u64, u64)> {
        let (seq, after) = self.place.key().seq().zip(next.place.key().seq())?;
        let are_signs = self.is_sign_of_life && next.is_sign_of_life && !self.is_odd && !next.is_odd;
        let is_same = self.channel == next.channel && seq / MOST_PIECES == after / MOST_PIECES;
        (are_signs && is_same).then_some((seq, after))
    }
}

impl Log<'_> {
    /// Whether the second of two neighbours is shown in the row of the first.
    fn are_shown_together(&self, one: &Piece, next: &Piece) -> bool {
        let no_gap = |(seq, next): (u64, u64)| seq < next && self.missing_between(seq, next).is_empty();
        one.goes_on_in(next) || one.folds_with(next).is_some_and(no_gap)
    }

    /// The positions of the pieces of the line of which a piece stands at `position`: that alone where
    /// nothing is to be joined.
    pub(super) fn pieces(&self, position: u64) -> RangeInclusive<u64> {
        let alone = position..=position;
        let Some(here) = self.piece(position) else { return alone };
        let (mut first, mut last, mut bytes) = (position, position, here.bytes);
        let mut edge = here.clone();
        while last - first < MOST_PIECES
            && let Some(before) = first.checked_sub(1).and_then(|before| self.piece(before))
            && self.are_shown_together(&before, &edge)
        {
            first -= 1;
            bytes += before.bytes;
            edge = before;
        }
        edge = here;
        while last - first < MOST_PIECES
            && let Some(next) = self.piece(last + 1)
            && self.are_shown_together(&edge, &next)
        {
            last += 1;
            bytes += next.bytes;
            edge = next;
        }
        if last - first >= MOST_PIECES || bytes > MOST_BYTES { alone } else { first..=last }
    }
}
