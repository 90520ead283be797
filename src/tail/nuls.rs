//! Runs of NULs: holes that a writer left after a truncation, and what a power failure left of data
//! that had not reached the disk. Nobody wrote them, so that at the beginning of a line they are
//! passed over.

use std::fs::File;
use std::io;
use std::ops::Range;

/// How many NULs `bytes` begins with.
#[must_use]
pub fn leading(bytes: &[u8]) -> usize {
    // Nearly every line begins with something else.
    if bytes.first() == Some(&0) { bytes.iter().take_while(|byte| **byte == 0).count() } else { 0 }
}

/// Where the NULs begin that `bytes` ends with.
#[must_use]
pub fn trailing_from(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// The part of a line behind the NULs that it begins with, and whether there is a line at all:
/// nothing but NULs is none.
#[must_use]
pub fn without_leading(line: Range<usize>, bytes: &[u8]) -> Option<Range<usize>> {
    let nuls = leading(&bytes[line.clone()]);
    (nuls == 0 || nuls < line.len()).then(|| line.start + nuls..line.end)
}

/// Where the next data of the file begins at or behind `offset`, as far as the file system knows
/// its holes; `length` where there is none.
///
/// # Errors
/// Whatever the file system answers.
#[cfg(target_os = "linux")]
pub fn next_data(file: &File, offset: u64, length: u64) -> io::Result<u64> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(offset)) {
        Ok(data) => Ok(data.max(offset)),
        Err(rustix::io::Errno::NXIO) => Ok(length.max(offset)),
        // A file system without holes has data everywhere.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOTSUP) => Ok(offset),
        Err(error) => Err(error.into()),
    }
}

/// Where the system knows of no holes, there is data everywhere.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn next_data(_file: &File, offset: u64, _length: u64) -> io::Result<u64> {
    Ok(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nuls_at_either_end_are_counted_and_a_line_of_nothing_else_is_none() {
        assert_eq!((leading(b"\0\0a\0"), leading(b"a\0"), leading(b"\0")), (2, 0, 1));
        assert_eq!((trailing_from(b"\0a\0\0"), trailing_from(b"a"), trailing_from(b"\0\0")), (2, 1, 0));
        let lines = b"\0\0ab\n\0\0\n\n";
        assert_eq!(without_leading(0..4, lines), Some(2..4));
        assert_eq!(without_leading(5..7, lines), None);
        assert_eq!(without_leading(8..8, lines), Some(8..8));
    }
}
