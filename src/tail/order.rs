//! What orders the entries of a run, and the key by which one line stands in that order.

use std::fmt;

use crate::run::Timestamp;
use crate::run::seq::{line_order, line_time};

/// What orders a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// The `seq` of the entries: wherever at least one line of the run has one.
    #[default]
    Seq,
    /// The time of the lines, in a run in which no line has a seq.
    Time,
    /// Channel, then place in the file, where there is neither.
    File,
}

impl fmt::Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Seq => "seq",
            Self::Time => "time",
            Self::File => "file",
        })
    }
}

/// Where a line stands: its seq or time as a number, above every line that comes before it.
/// [`OrderKey::FIRST`] stands before all; a line without a key of its own takes the key of the line
/// before it in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OrderKey(u64);

/// Timestamps are kept from the year −9999 on; shifted by this they are all positive.
const TIME_SHIFT: i64 = 400_000_000_000_000;

impl OrderKey {
    /// Before everything: lines that no line with a key precedes.
    pub const FIRST: Self = Self(0);

    /// The key of a seq.
    #[must_use]
    pub fn of_seq(seq: u64) -> Self {
        Self(seq.saturating_add(1))
    }

    /// The key of a time.
    #[must_use]
    pub fn of_time(time: Timestamp) -> Self {
        Self(u64::try_from(time.milliseconds().saturating_add(TIME_SHIFT)).unwrap_or(1).max(1))
    }

    /// The seq, where the run is ordered by it; `None` for [`OrderKey::FIRST`].
    #[must_use]
    pub fn seq(self) -> Option<u64> {
        self.0.checked_sub(1)
    }

    /// The key as a number: 0 is [`OrderKey::FIRST`].
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// The key of that number; see [`OrderKey::number`].
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The next higher key.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What one line says of its own place under an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineKey {
    /// The line's own key.
    pub key: Option<OrderKey>,
    /// Whether the line is a JSON object.
    pub object: bool,
    /// Whether the line has a seq, whatever orders the run.
    pub has_seq: bool,
}

/// A longer line is known by its head, so that memory stays bounded whatever a file holds: it has
/// the place that its head tells, and the screens show no more of it. It is many times what `exec`
/// or any log shipper writes into one entry.
pub const LONGEST_PARSED: usize = 16 << 20;
/// Up to this length a line is read whole all the same by what needs all of it, one at a time: the
/// text of a log, a pattern, a check. An entry of 64 MiB fits.
pub const LONGEST_DECODED: u64 = 72 << 20;
/// How much of a line that is longer than [`LONGEST_PARSED`] counts, as if it were the line.
pub const HEAD_OF_LONG_LINE: usize = 64 << 10;

impl Order {
    /// How many bytes of a line decide about its place.
    #[must_use]
    pub fn bytes_that_decide(length: usize) -> usize {
        if length > LONGEST_PARSED { HEAD_OF_LONG_LINE } else { length }
    }

    /// Reads the key of one line.
    #[must_use]
    pub fn key_of(self, line: &[u8]) -> LineKey {
        let line = &line[..Self::bytes_that_decide(line.len())];
        let found = line_order(line);
        let key = match self {
            Self::Seq => found.seq.map(OrderKey::of_seq),
            Self::Time => line_time(line).map(OrderKey::of_time),
            Self::File => Some(OrderKey::of_seq(0)),
        };
        LineKey { key, object: found.object, has_seq: found.seq.is_some() }
    }
}
