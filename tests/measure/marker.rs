//! Numbers that are found again on a screen, whatever stands around them.
//!
//! A program that rewrites only the cells that differ may be seen while half of a number is new. A
//! checksum behind the number keeps such a mixture from being taken for a number of its own.

use std::fmt::{self, Display, Formatter};

/// The number of a line, as it stands in its text: `#000012345~3fa9#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marker(pub(crate) u64);

const DIGITS: usize = 9;
const LENGTH: usize = 1 + DIGITS + 1 + 4 + 1;

impl Display for Marker {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:0DIGITS$}~{:04x}#", self.0, checksum(self.0))
    }
}

fn checksum(number: u64) -> u16 {
    let product = u128::from(number + 1) * 0x9e37_79b9_7f4a_7c15;
    (product >> 40) as u16
}

impl Marker {
    /// The highest number in the text.
    fn highest_in(text: &str) -> Option<u64> {
        let bytes = text.as_bytes();
        memchr::memchr_iter(b'#', bytes).filter_map(|place| number_at(&bytes[place..])).max()
    }

    /// The highest number on the screen.
    pub(crate) fn highest_on(screen: &vt100::Screen) -> Option<u64> {
        let columns = screen.size().1;
        screen.rows(0, columns).filter_map(|row| Self::highest_in(&row)).max()
    }
}

fn number_at(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes.get(..LENGTH)?).ok()?;
    let number = text[1..=DIGITS].parse().ok()?;
    (Marker(number).to_string() == text).then_some(number)
}
