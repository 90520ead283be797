//! Cuts what a channel reads into the pieces that become entries: one line with its end, or what
//! has no end yet when its time is over or it has grown too long.

use std::time::{Duration, Instant};

use memchr::{memchr_iter, memrchr};

/// How long a line may stay without its end before it is written as it is.
pub(crate) const OPEN_LINE_PATIENCE: Duration = Duration::from_millis(50);

/// The longest text of one entry in bytes.
pub(crate) const LONGEST_PIECE: usize = 64 << 10;

/// One piece of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// What came out.
    pub(crate) text: &'a [u8],
    /// Whether it is known to be UTF-8; otherwise it may be or not.
    pub(crate) is_utf8: bool,
}

/// The output of one channel that is not yet an entry.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    open: Vec<u8>,
    since: Option<Instant>,
}

impl Pieces {
    /// Takes what was read at `now` and hands over every piece that is complete.
    pub(crate) fn push(&mut self, mut read: &[u8], now: Instant, mut take: impl FnMut(Piece<'_>)) {
        if !self.open.is_empty() {
            let end = memchr::memchr(b'\n', read).map_or(read.len(), |newline| newline + 1);
            let (head, rest) = read.split_at(end);
            self.open.extend_from_slice(head);
            read = rest;
            if self.open.ends_with(b"\n") {
                for_each_cut(&self.open, |text| take(Piece { text, is_utf8: false }));
                self.open.clear();
            } else {
                let kept = cut_full_pieces(&self.open, &mut take);
                self.keep_from(kept, now);
                return;
            }
        }
        let lines_end = memrchr(b'\n', read).map_or(0, |newline| newline + 1);
        let (lines, open) = read.split_at(lines_end);
        push_lines(lines, &mut take);
        let kept = cut_full_pieces(open, &mut take);
        self.open.extend_from_slice(&open[kept..]);
        self.since = (!self.open.is_empty()).then_some(now);
    }

    /// When the open line's time is over. `None` where there is nothing that could be written: a
    /// part of a character waits for its rest.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if whole_characters(&self.open) == 0 {
            return None;
        }
        self.since.map(|since| since + OPEN_LINE_PATIENCE)
    }

    /// Hands over the open line if its time is over at `now`.
    pub(crate) fn expire(&mut self, now: Instant, mut take: impl FnMut(Piece<'_>)) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            let end = whole_characters(&self.open);
            take(Piece { text: &self.open[..end], is_utf8: false });
            self.keep_from(end, now);
        }
    }

    /// Hands over what is left: nothing more will come.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(Piece<'_>)) {
        if !self.open.is_empty() {
            take(Piece { text: &self.open, is_utf8: false });
            self.open.clear();
        }
        self.since = None;
    }

    /// Drops what was handed over. What stays behind a cut is new as of `now`.
    fn keep_from(&mut self, from: usize, now: Instant) {
        if from > 0 {
            self.open.drain(..from);
            self.since = (!self.open.is_empty()).then_some(now);
        }
    }
}

/// Hands over complete lines. They are checked for UTF-8 together, which is faster than one by one.
fn push_lines(lines: &[u8], take: &mut impl FnMut(Piece<'_>)) {
    let is_utf8 = std::str::from_utf8(lines).is_ok();
    let mut start = 0;
    for newline in memchr_iter(b'\n', lines) {
        let line = &lines[start..=newline];
        start = newline + 1;
        if line.len() <= LONGEST_PIECE {
            take(Piece { text: line, is_utf8 });
        } else {
            for_each_cut(line, |text| take(Piece { text, is_utf8 }));
        }
    }
}

/// Hands over a text in pieces that are not too long.
fn for_each_cut(mut text: &[u8], mut take: impl FnMut(&[u8])) {
    while text.len() > LONGEST_PIECE {
        let (piece, rest) = text.split_at(cut_length(text));
        take(piece);
        text = rest;
    }
    take(text);
}

/// Hands over the full pieces at the beginning of an open line and says how long they are together.
fn cut_full_pieces(open: &[u8], take: &mut impl FnMut(Piece<'_>)) -> usize {
    let mut cut = 0;
    while open.len() - cut >= LONGEST_PIECE {
        let length = cut_length(&open[cut..]);
        take(Piece { text: &open[cut..cut + length], is_utf8: false });
        cut += length;
    }
    cut
}

/// Where to cut a text of at least [`LONGEST_PIECE`] bytes: there, or a little before it so that no
/// character is cut.
fn cut_length(text: &[u8]) -> usize {
    whole_characters(&text[..LONGEST_PIECE])
}

/// How many bytes of `text` do not belong to a character that is still incomplete at its end. Bytes
/// that no continuation could make valid count as whole.
fn whole_characters(text: &[u8]) -> usize {
    let tail_start = text.len().saturating_sub(3);
    for start in (tail_start..text.len()).rev() {
        if text[start] & 0b1100_0000 != 0b1000_0000 {
            let is_incomplete =
                std::str::from_utf8(&text[start..]).is_err_and(|error| error.error_len().is_none());
            return if is_incomplete { start } else { text.len() };
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
