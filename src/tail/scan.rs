//! Lines out of chunks: where the complete lines of a piece of a file are, and where they stand.

use std::fs::File;
use std::io;

use memchr::memchr_iter;

use super::identity::read_at;
use super::nuls;
use super::order::{LineKey, Order, OrderKey};

/// Where one line is and where it stands: 16 bytes, because millions of them pass by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineMark {
    offset: u64,
    /// The key's number, [`OBJECT`] and [`HAS_KEY`] above it.
    packed: u64,
}

const OBJECT: u64 = 1 << 63;
const HAS_KEY: u64 = 1 << 62;
const NUMBER: u64 = HAS_KEY - 1;

impl LineMark {
    /// The mark of a line that begins at `offset`.
    #[must_use]
    pub fn new(offset: u64, key: Option<OrderKey>, object: bool) -> Self {
        let packed = key.map_or(0, |key| HAS_KEY | (key.number() & NUMBER)) | if object { OBJECT } else { 0 };
        Self { offset, packed }
    }

    /// Where the line begins in its file, in bytes.
    #[must_use]
    pub fn offset(self) -> u64 {
        self.offset
    }

    /// The line's own key; without one it takes that of the line before it.
    #[must_use]
    pub fn key(self) -> Option<OrderKey> {
        (self.packed & HAS_KEY != 0).then(|| OrderKey::from_number(self.packed & NUMBER))
    }

    /// Whether the line is a JSON object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.packed & OBJECT != 0
    }
}

/// What a scan of a piece of a file found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The complete lines.
    pub marks: Vec<LineMark>,
    /// How many bytes of the piece they take, line ends included.
    pub consumed: usize,
    /// Whether any of them has a seq.
    pub any_seq: bool,
    /// How many NULs before lines were passed over, and where the last of them were.
    pub nuls: u64,
    pub(super) last_nuls: Option<(u64, u64)>,
}

/// Finds the complete lines of `bytes`, a piece of a file that begins at `offset` with a line.
#[must_use]
pub fn scan_lines(bytes: &[u8], offset: u64, order: Order) -> Scan {
    let mut scan = Scan::default();
    for end in memchr_iter(b'\n', bytes) {
        let line = nuls::without_leading(scan.consumed..end, bytes);
        let begins = line.as_ref().map_or(end, |line| line.start);
        if begins > scan.consumed {
            scan.nuls += (begins - scan.consumed) as u64;
            scan.last_nuls = Some((offset + scan.consumed as u64, offset + begins as u64));
        }
        scan.consumed = end + 1;
        let Some(line) = line else { continue };
        let found = order.key_of(&bytes[line]);
        scan.any_seq |= found.has_seq;
        scan.marks.push(LineMark::new(offset + begins as u64, found.key, found.object));
    }
    scan
}

/// The place of the line between two offsets, by the same rule as [`Order::key_of`].
pub(super) fn key_of_line_at(file: &File, begins: u64, ends: u64, order: Order) -> io::Result<LineKey> {
    let length = ends - begins;
    let read = Order::bytes_that_decide(usize::try_from(length).unwrap_or(usize::MAX));
    let mut line = vec![0; read];
    let count = read_at(file, &mut line, begins)?;
    line.truncate(count);
    Ok(order.key_of(&line))
}

/// Whether a line is one JSON object to its end.
pub(super) fn is_whole_object(line: &[u8]) -> bool {
    // The seq rule takes a broken line for an object when it begins canonically; here it must be
    // one to its end.
    std::str::from_utf8(line).is_ok_and(|text| {
        text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_lines_are_marked_and_the_torn_one_is_left() {
        let bytes = b"{\"seq\":0,\"text\":\"\"}\nnoise\n{\"seq\":9007199254740991}\n{\"seq\":3";
        let scan = scan_lines(bytes, 100, Order::Seq);
        let found: Vec<_> = scan
            .marks
            .iter()
            .map(|mark| (mark.offset(), mark.key().and_then(OrderKey::seq), mark.is_object()))
            .collect();
        assert_eq!(found, [(100, Some(0), true), (120, None, false), (126, Some(crate::run::MAX_SEQ), true)]);
        assert_eq!(scan.consumed, bytes.len() - 8);
        assert!(scan.any_seq);
    }
}
