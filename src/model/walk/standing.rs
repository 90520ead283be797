//! Where a line of a walk stands in its file, for people who want to open it there.

use std::io;
use std::path::PathBuf;

use super::Walk;
use crate::tail::OrderKey;
use crate::tail::index::Displaced;

/// How much is read at a time while lines are counted.
const COUNTED_AT_ONCE: usize = 1 << 20;

impl Walk<'_> {
    /// The file of a source, and the number of its line that begins at `offset`, from 1. Everything
    /// before it is read, so this is for a few lines.
    ///
    /// # Errors
    /// Whatever the file system answers; `InvalidInput` where there is no such source.
    pub fn line_number(&self, source: usize, offset: u64) -> io::Result<(PathBuf, u64)> {
        let segment = self.segment(source).ok_or(io::ErrorKind::InvalidInput)?;
        let mut buffer = vec![0; COUNTED_AT_ONCE];
        let (mut at, mut line) = (0, 1);
        while at < offset {
            let wanted =
                usize::try_from(offset - at).map_or(COUNTED_AT_ONCE, |left| left.min(COUNTED_AT_ONCE));
            let read = segment.file.read_at(&mut buffer[..wanted], at)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            line += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64;
            at += read as u64;
        }
        Ok((segment.file.path(), line))
    }

    /// The keys and offsets of up to `most` lines of a source that stand behind one of a higher key
    /// in their file. A line without a key goes with the one before it and is none of them.
    #[must_use]
    pub fn displaced(&self, source: usize, most: usize) -> Vec<(OrderKey, u64)> {
        let Some(segment) = self.segment(source) else { return Vec::new() };
        let mut before = None;
        let is_first_of_key = |line: &&Displaced| before.replace(line.key) != Some(line.key);
        let displaced = segment.index.displaced().iter().filter(is_first_of_key);
        displaced.take(most).map(|line| (line.key, line.offset)).collect()
    }
}
