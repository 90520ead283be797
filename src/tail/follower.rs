//! One open file that is read to its end again and again.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::identity::{Identity, read_at};
use super::order::{LineKey, Order};
use super::sample::Sample;
use super::scan::{LineMark, scan_lines};
use super::{Change, Extent, SegmentId};

/// How much of a file one look reads at most, so that one busy file does not keep the others
/// waiting and a batch stays small.
const BYTES_A_LOOK: u64 = 4 << 20;
/// The size of one read.
const CHUNK: usize = 256 << 10;
/// A last line without its line end is tried as a whole JSON object up to this size.
const TORN_TRIED: u64 = 1 << 20;
/// What the run must know of one look at a file.
#[derive(Debug, Default)]
pub struct Look {
    /// Everything that was there has been read.
    pub caught_up: bool,
    /// Lines were found.
    pub lines: u64,
    /// A line with a seq was found.
    pub any_seq: bool,
    /// Bytes that had been read are gone, or a line's place changed: all must be read anew.
    pub must_restart: bool,
}

/// One open file that is read to its end again and again.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) id: SegmentId,
    pub(super) file: Arc<File>,
    pub(super) identity: Identity,
    /// Everything before it has been reported.
    pub(super) offset: u64,
    /// What was reported: the file up to `offset`.
    pub(super) reported: Sample,
    /// What has been looked at behind it and holds no further line end.
    looked: Sample,
    torn: u64,
    /// So many bytes behind the last line end were tried as a whole object and are none.
    tried: u64,
    /// A last line without its line end was reported: where it begins, and its place.
    unended: Option<(u64, LineKey)>,
    /// What was read since the last restart, and the most that was read before it.
    extent: Extent,
    extent_before: Extent,
    /// What had been reported before the last restart, until all of it was read again.
    reported_before: Sample,
}

impl Follower {
    pub(super) fn new(id: SegmentId, file: Arc<File>, identity: Identity) -> Self {
        Self {
            id,
            file,
            identity,
            offset: 0,
            reported: Sample::default(),
            looked: Sample::default(),
            torn: 0,
            tried: 0,
            unended: None,
            extent: Extent::default(),
            extent_before: Extent::default(),
            reported_before: Sample::default(),
        }
    }

    /// What was read, or what had been read before a restart that is not yet caught up with.
    pub(super) fn most_read(&self) -> Extent {
        if self.extent.lines < self.extent_before.lines { self.extent_before } else { self.extent }
    }

    pub(super) fn rewind(&mut self) {
        let read = self.most_read();
        let is_longer = self.reported.ends() >= self.reported_before.ends();
        let reported = if is_longer { &self.reported } else { &self.reported_before }.clone();
        *self = Self {
            extent_before: read,
            reported_before: reported,
            ..Self::new(self.id, Arc::clone(&self.file), self.identity)
        };
    }

    /// Whether bytes that were read are no longer what they were: the file is shorter than what was
    /// read of it, or holds other bytes. What cannot be read was not written anew.
    pub(super) fn is_rewritten(&self) -> bool {
        [&self.reported, &self.reported_before].iter().any(|piece| !piece.is_in(&self.file).unwrap_or(true))
    }

    pub(super) fn read(
        &mut self,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length < self.offset {
            // Truncated since it was compared: the next look will say so.
            look.caught_up = false;
            return Ok(());
        }
        if !self.looked.is_in(&self.file)? {
            // What has no line end yet was written anew.
            self.looked = Sample::at(self.offset);
            self.tried = 0;
        }
        let until = length.min(self.looked.ends().saturating_add(BYTES_A_LOOK));
        look.caught_up &= until == length;
        if until > self.looked.ends() && self.unended.is_some() {
            self.end_the_unended(until, order, changes, look)?;
        }
        let mut buffer = Vec::new();
        while self.unended.is_none() && self.looked.ends() < until {
            let has_line_end = self.fill(&mut buffer, until)?;
            if !has_line_end {
                break;
            }
            let scan = scan_lines(&buffer, self.offset, order);
            look.lines += scan.marks.len() as u64;
            look.any_seq |= scan.any_seq;
            scan.marks.iter().for_each(|mark| self.extent.add(mark.key()));
            self.advance(&buffer[..scan.consumed]);
            changes.push(Change::Lines { segment: self.id, marks: scan.marks, end: self.offset });
        }
        if until == length && self.unended.is_none() {
            self.try_torn(length, order, changes, look)?;
        }
        if until == length {
            // Caught up: what is no entry any more must not be told to be gone.
            self.extent_before = Extent::default();
            self.reported_before = Sample::default();
        }
        let torn = if self.unended.is_some() { 0 } else { length.saturating_sub(self.offset) };
        if torn != self.torn {
            self.torn = torn;
            changes.push(Change::Torn { segment: self.id, bytes: torn });
        }
        Ok(())
    }

    /// Reads the piece that begins at the offset, at least one chunk of new bytes of it; whether
    /// it holds a line end. A line that is longer than a look is found in several looks without
    /// being held in between, and read whole once its end is there.
    fn fill(&mut self, buffer: &mut Vec<u8>, until: u64) -> io::Result<bool> {
        while self.looked.ends() < until {
            let from = self.looked.ends();
            let size = CHUNK.min(usize::try_from(until - from).unwrap_or(CHUNK));
            buffer.resize(size, 0);
            let count = read_at(&self.file, buffer, from)?;
            buffer.truncate(count);
            if count == 0 {
                return Ok(false);
            }
            self.looked.add(buffer);
            if let Some(last) = memchr::memrchr(b'\n', buffer) {
                if from > self.offset {
                    let whole =
                        usize::try_from(from - self.offset).unwrap_or(usize::MAX).saturating_add(last + 1);
                    buffer.resize(whole, 0);
                    let count = read_at(&self.file, buffer, self.offset)?;
                    buffer.truncate(count);
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn advance(&mut self, consumed: &[u8]) {
        self.reported.add(consumed);
        self.offset = self.reported.ends();
        self.looked = Sample::at(self.offset);
        self.tried = 0;
    }

    /// A last line without its line end is an entry once it is a complete JSON object.
    fn try_torn(
        &mut self,
        length: u64,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let size = length - self.offset;
        if size == 0 || size == self.tried || size > TORN_TRIED {
            return Ok(());
        }
        self.tried = size;
        let mut line = vec![0; usize::try_from(size).unwrap_or(0)];
        let count = read_at(&self.file, &mut line, self.offset)?;
        line.truncate(count);
        if line.contains(&b'\n') || !line.trim_ascii_end().ends_with(b"}") || !is_whole_object(&line) {
            return Ok(());
        }
        let key = order.key_of(&line);
        let begins = self.offset;
        self.advance(&line);
        self.unended = Some((begins, key));
        self.extent.add(key.key);
        look.lines += 1;
        look.any_seq |= key.has_seq;
        let marks = vec![LineMark::new(begins, key.key, key.object)];
        changes.push(Change::Lines { segment: self.id, marks, end: self.offset });
        Ok(())
    }

    /// The line that was reported without its end goes on: up to the line end it is the same line.
    /// Without one it is an entry no longer, unless only space was added.
    fn end_the_unended(
        &mut self,
        until: u64,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let Some((line_begins, reported)) = self.unended else { return Ok(()) };
        let mut rest = vec![0; usize::try_from(until - self.offset).unwrap_or(0)];
        let count = read_at(&self.file, &mut rest, self.offset)?;
        rest.truncate(count);
        let end = memchr::memchr(b'\n', &rest);
        rest.truncate(end.map_or(count, |end| end + 1));
        let only_space = rest.trim_ascii().is_empty();
        self.advance(&rest);
        self.unended = self.unended.filter(|_| end.is_none());
        if !only_space {
            let mut line = vec![0; usize::try_from(self.offset - line_begins).unwrap_or(0)];
            let count = read_at(&self.file, &mut line, line_begins)?;
            line.truncate(count);
            let line = line.strip_suffix(b"\n");
            look.must_restart |= line.is_none_or(|line| order.key_of(line) != reported);
        }
        changes.push(Change::Lines { segment: self.id, marks: Vec::new(), end: self.offset });
        Ok(())
    }
}

/// Whether all bytes of a file from an offset on stand there in the other one too.
pub(super) fn same_bytes_from(offset: u64, file: &File, other: &File) -> io::Result<bool> {
    let (mut bytes, mut others) = (vec![0; CHUNK], vec![0; CHUNK]);
    let mut offset = offset;
    loop {
        let count = read_at(file, &mut bytes, offset)?;
        if count == 0 {
            return Ok(true);
        }
        if read_at(other, &mut others[..count], offset)? != count || bytes[..count] != others[..count] {
            return Ok(false);
        }
        offset += count as u64;
    }
}

fn is_whole_object(line: &[u8]) -> bool {
    // The seq rule takes a broken line for an object when it begins canonically; here it must be
    // one to its end.
    std::str::from_utf8(line).is_ok_and(|text| {
        text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    })
}
