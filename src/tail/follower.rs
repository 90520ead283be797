//! One open file that is read to its end again and again.

mod pieces;

use std::fs::File;
use std::io;

use super::identity::read_at;
use super::index::BLOCK_BYTES;
use super::marker::{MARKER, has_nuls, is_at, marker_before, remember_end};
use super::nuls;
use super::order::{LONGEST_PARSED, LineKey, Order, OrderKey};
use super::scan::{LineMark, is_whole_object, key_of_line_at, scan_lines};
use super::segment_file::SegmentFile;
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

/// Whether the bytes that were read are still what they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rewriting {
    /// They are.
    None,
    /// The file was truncated, or written anew.
    Anew,
    /// NULs that had been passed over are data now, as when a network file system hands out pages
    /// out of order. Nothing is lost.
    NulsFilled,
}

/// One open file that is read to its end again and again.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) id: SegmentId,
    pub(super) file: SegmentFile,
    /// Everything before it has been reported.
    offset: u64,
    /// Bytes up to here have been looked at and hold no further line end.
    looked: u64,
    /// The first bytes, and those before `offset`, at most [`MARKER`] of each.
    head: Vec<u8>,
    marker: Vec<u8>,
    torn: u64,
    /// So many bytes behind the last line end were tried as a whole object and are none.
    tried: u64,
    /// Where the bytes behind the last line end, and the last of them, at most [`MARKER`].
    torn_marker: (u64, Vec<u8>),
    /// A last line without its line end was reported: where it begins, and its place.
    unended: Option<(u64, LineKey)>,
    /// Where the NULs begin that go on up to `looked`: room that its writer may fill yet.
    nul_tail: Option<u64>,
    /// How many NULs were passed over, and where the last of them were.
    nuls: u64,
    last_nuls: Option<PassedNuls>,
    /// What was read since the last restart, and the most that was read before it.
    extent: Extent,
    extent_before: Extent,
    /// So many bytes had been read before the restart, and the last of them, at most [`MARKER`]:
    /// until they are read again, a file that has not got them was truncated.
    read_before: (u64, Vec<u8>),
    /// The key of the first line that has one.
    first: Option<OrderKey>,
}

/// NULs that were passed over, and the bytes before them, at most [`MARKER`].
#[derive(Clone, Debug)]
struct PassedNuls {
    from: u64,
    to: u64,
    before: Vec<u8>,
}

impl Follower {
    pub(super) fn new(id: SegmentId, file: SegmentFile) -> Self {
        Self {
            id,
            file,
            offset: 0,
            looked: 0,
            head: Vec::new(),
            marker: Vec::new(),
            torn: 0,
            tried: 0,
            torn_marker: (0, Vec::new()),
            unended: None,
            nul_tail: None,
            nuls: 0,
            last_nuls: None,
            extent: Extent::default(),
            extent_before: Extent::default(),
            read_before: (0, Vec::new()),
            first: None,
        }
    }

    /// What was read, or what had been read before a restart that is not yet caught up with.
    pub(super) fn most_read(&self) -> Extent {
        if self.extent.lines < self.extent_before.lines { self.extent_before } else { self.extent }
    }

    /// How many bytes were read of it.
    pub(super) fn bytes_read(&self) -> u64 {
        self.offset
    }

    /// Whether nothing was read of it.
    pub(super) fn is_unread(&self) -> bool {
        self.offset == 0
    }

    /// Whether so many bytes are just what was looked at.
    pub(super) fn has_looked_at(&self, length: u64) -> bool {
        self.looked == length
    }

    /// How many NULs were passed over, and stand at the end.
    pub(super) fn nuls(&self) -> u64 {
        self.nuls + self.nul_tail.map_or(0, |from| self.looked - from)
    }

    pub(super) fn rewind(&mut self) {
        let extent_before = self.most_read();
        let read = (self.offset, std::mem::take(&mut self.marker));
        let read_before = std::mem::take(&mut self.read_before);
        let read_before = if read.0 >= read_before.0 { read } else { read_before };
        let head = std::mem::take(&mut self.head);
        *self = Self { extent_before, read_before, head, ..Self::new(self.id, self.file.clone()) };
    }

    /// Whether bytes that were read are no longer what they were: the file is shorter than what was
    /// read of it, or the bytes before the offset changed.
    pub(super) fn rewriting(&self, length: u64) -> io::Result<Rewriting> {
        let (end, last) = &self.read_before;
        if length < self.offset.max(*end) {
            return Ok(Rewriting::Anew);
        }
        let file = self.file.open()?;
        if !last.contains(&0) && !is_at(&file, last, end - last.len() as u64)? {
            return Ok(Rewriting::Anew);
        }
        // Lines of one length that end alike are common; where they begin there is a seq or a time.
        // NULs there may be filled by others.
        let head = self.head.iter().position(|byte| *byte == 0).unwrap_or(self.head.len());
        if !is_at(&file, &self.head[..head], 0)? {
            return Ok(Rewriting::Anew);
        }
        let begins = self.offset - self.marker.len() as u64;
        let Some(passed) = &self.last_nuls else {
            let same = is_at(&file, &self.marker, begins)?;
            return Ok(if same { Rewriting::None } else { Rewriting::Anew });
        };
        // The marker may begin with the NULs, which others may fill.
        let nuls = usize::try_from(passed.to.saturating_sub(begins)).unwrap_or(MARKER).min(self.marker.len());
        let before = passed.from - passed.before.len() as u64;
        if !is_at(&file, &self.marker[nuls..], begins + nuls as u64)?
            || !is_at(&file, &passed.before, before)?
        {
            return Ok(Rewriting::Anew);
        }
        let last = passed.to.saturating_sub(MARKER as u64).max(passed.from);
        let filled = !has_nuls(&file, passed.from, passed.to)? || !has_nuls(&file, last, passed.to)?;
        Ok(if filled { Rewriting::NulsFilled } else { Rewriting::None })
    }

    /// Whether the file was truncated or written anew. What cannot be read was not.
    pub(super) fn is_anew(&self) -> bool {
        let rewriting = self.file.length().and_then(|length| self.rewriting(length));
        rewriting.is_ok_and(|rewriting| rewriting == Rewriting::Anew)
    }

    /// Goes on in `other` if it has the bytes that were read, as far as the first and the last of
    /// them tell.
    pub(super) fn goes_on_in(&mut self, other: &SegmentFile) -> io::Result<bool> {
        let other_file = other.open()?;
        let is_empty = self.offset == 0 && self.file.length().unwrap_or(0) == 0;
        if is_empty || other_file.metadata()?.len() < self.offset {
            return Ok(false);
        }
        let same = is_at(&other_file, &self.head, 0)?
            && is_at(&other_file, &self.marker, self.offset - self.marker.len() as u64)?
            // One that was closed is out of reach now: it had been read to its end.
            && self.file.open().map_or(Ok(true), |file| has_the_rest(&other_file, &file, self.offset))?;
        if same {
            self.file = other.clone();
        }
        Ok(same)
    }

    /// Reads what came, in a file that is `length` bytes long, at most up to `most`.
    pub(super) fn read(
        &mut self,
        length: u64,
        most: u64,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        if length < self.offset {
            // It was truncated a moment ago: the next look says so.
            look.caught_up = false;
            return Ok(());
        }
        let file = self.file.open()?;
        self.look_behind_last_line(&file, length)?;
        let until = length.min(self.looked.saturating_add(BYTES_A_LOOK)).min(most.max(self.looked));
        if until > self.looked && self.unended.is_some() {
            self.end_the_unended(&file, until, order, changes, look)?;
        }
        let mut buffer = Vec::new();
        while self.unended.is_none() && self.looked < until {
            if !self.fill(&file, &mut buffer, (until, length), changes)? {
                break;
            }
            if !self.is_still_the_same(&file)? {
                look.caught_up = false;
                return Ok(());
            }
            if buffer.is_empty() {
                self.take_long_line(&file, order, changes, look)?;
                continue;
            }
            let scan = scan_lines(&buffer, self.offset, order);
            look.any_seq |= scan.any_seq;
            if let Some((from, to)) = scan.last_nuls {
                let before = usize::try_from(from - self.offset).unwrap_or(0);
                let before = buffer[before.saturating_sub(MARKER)..before].to_vec();
                self.last_nuls = Some(PassedNuls { from, to, before });
                self.nuls += scan.nuls;
            }
            self.advance(&buffer[..scan.consumed]);
            self.report(scan.marks, changes, look);
        }
        look.caught_up &= self.looked >= length || until == length;
        if self.looked >= length && self.unended.is_none() {
            self.try_torn(&file, self.nul_tail.unwrap_or(length), order, changes, look)?;
        }
        if self.looked >= length {
            // Caught up: what is no entry any more must not be told to be gone.
            self.extent_before = Extent::default();
            self.read_before = (0, Vec::new());
        }
        let end = self.nul_tail.unwrap_or(length);
        let torn = if self.unended.is_some() { 0 } else { end.saturating_sub(self.offset) };
        if torn != self.torn {
            self.torn = torn;
            changes.push(Change::Torn { segment: self.id, bytes: torn });
        }
        if self.head.len() < MARKER && self.head.len() as u64 != self.offset {
            self.head = marker_before(&file, self.offset.min(MARKER as u64))?;
        }
        self.mark_torn(&file)
    }

    /// Whether the bytes before the offset still stand there, now that those behind it were read. If
    /// not, the file was written anew in the middle of the look, and the next one finds out how.
    fn is_still_the_same(&mut self, file: &File) -> io::Result<bool> {
        let same = is_at(file, &self.marker, self.offset - self.marker.len() as u64)?;
        if !same {
            self.looked = self.offset;
        }
        Ok(same)
    }

    fn report(&mut self, marks: Vec<LineMark>, changes: &mut Vec<Change>, look: &mut Look) {
        look.lines += marks.len() as u64;
        marks.iter().for_each(|mark| self.extent.add(mark.key()));
        self.first = self.first.or_else(|| marks.iter().find_map(|mark| mark.key()));
        if !marks.is_empty() {
            changes.push(Change::Lines { segment: self.id, marks, end: self.offset });
        }
    }

    /// Reads the piece that begins at the offset, at least one chunk of new bytes of it; whether
    /// it holds a line end. A line that is longer than a look is found in several looks without
    /// being held in between, and read whole once its end is there. The piece is empty when its
    /// first line is too long for that.
    fn fill(
        &mut self,
        file: &File,
        buffer: &mut Vec<u8>,
        (until, length): (u64, u64),
        changes: &mut Vec<Change>,
    ) -> io::Result<bool> {
        while self.looked < until {
            let size = CHUNK.min(usize::try_from(until - self.looked).unwrap_or(CHUNK));
            buffer.resize(size, 0);
            let count = read_at(file, buffer, self.looked)?;
            buffer.truncate(count);
            if count == 0 {
                return Ok(false);
            }
            let from = self.looked;
            let nuls = nuls::leading(buffer);
            if nuls == count {
                self.nul_tail = self.nul_tail.or(Some(from));
                self.looked = nuls::next_data(file, from + count as u64, length)?;
                continue;
            }
            // NULs that nothing stands before: here, or up to here since an earlier look.
            if self.nul_tail.or((nuls > 0).then_some(from)) == Some(self.offset) {
                let is_line = buffer[nuls] != b'\n';
                if !self.is_still_the_same(file)? {
                    return Ok(false);
                }
                self.pass_nuls(file, from + nuls as u64, is_line, changes)?;
                continue;
            }
            self.looked += count as u64;
            let Some(last) = memchr::memrchr(b'\n', buffer) else {
                let nul_tail = nuls::trailing_from(buffer);
                self.nul_tail = (nul_tail < count).then(|| from + nul_tail as u64);
                continue;
            };
            self.nul_tail = None;
            let before = from - self.offset;
            let first = memchr::memchr(b'\n', buffer).unwrap_or(last);
            if before + first as u64 > LONGEST_PARSED as u64 {
                self.looked = from + first as u64 + 1;
                buffer.clear();
            } else if before > 0 {
                let whole = usize::try_from(before).unwrap_or(usize::MAX).saturating_add(last + 1);
                buffer.resize(whole, 0);
                let count = read_at(file, buffer, self.offset)?;
                buffer.truncate(count);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// What stands behind the last line is no line yet, and its writer may still change it: then it
    /// is looked at again. NULs are room that may become data at any time.
    fn look_behind_last_line(&mut self, file: &File, length: u64) -> io::Result<()> {
        let (end, marker) = &self.torn_marker;
        if length < self.looked || !is_at(file, marker, end - marker.len() as u64)? {
            self.looked = self.offset;
            self.tried = 0;
            self.nul_tail = None;
        } else if let Some(from) = self.nul_tail
            && !has_nuls(file, from, self.looked)?
        {
            self.looked = from;
            self.nul_tail = None;
        }
        Ok(())
    }

    fn mark_torn(&mut self, file: &File) -> io::Result<()> {
        let end = self.nul_tail.unwrap_or(self.looked).max(self.offset);
        if self.torn_marker.0 != end {
            let size = MARKER.min(usize::try_from(end - self.offset).unwrap_or(MARKER));
            let mut marker = vec![0; size];
            let count = read_at(file, &mut marker, end - size as u64)?;
            marker.truncate(count);
            self.torn_marker = (end, marker);
        }
        Ok(())
    }

    /// Passes over the NULs at the offset, up to `to`, and over the line end behind them: with
    /// nothing but NULs before it, it ends no line.
    fn pass_nuls(
        &mut self,
        file: &File,
        to: u64,
        is_line: bool,
        changes: &mut Vec<Change>,
    ) -> io::Result<()> {
        let next = if is_line { to } else { to + 1 };
        let marker = marker_before(file, next)?;
        let from = self.offset;
        let before = std::mem::replace(&mut self.marker, marker);
        self.nuls += to - from;
        self.last_nuls = Some(PassedNuls { from, to, before });
        self.nul_tail = None;
        self.offset = next;
        self.looked = next;
        if next - from >= BLOCK_BYTES {
            changes.push(Change::Passed { segment: self.id, from, to: next });
        }
        Ok(())
    }

    /// The line between `offset` and `looked` is too long to be held: its place is read from its
    /// head.
    fn take_long_line(
        &mut self,
        file: &File,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let found = key_of_line_at(file, self.offset, self.looked - 1, order)?;
        let mark = LineMark::new(self.offset, found.key, found.object);
        self.marker = marker_before(file, self.looked)?;
        self.offset = self.looked;
        look.any_seq |= found.has_seq;
        self.report(vec![mark], changes, look);
        Ok(())
    }

    fn advance(&mut self, consumed: &[u8]) {
        self.offset += consumed.len() as u64;
        self.looked = self.offset;
        self.tried = 0;
        remember_end(&mut self.marker, consumed);
    }

    /// A last line without its line end is an entry once it is a complete JSON object.
    fn try_torn(
        &mut self,
        file: &File,
        end: u64,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let size = end - self.offset;
        if size == 0 || size == self.tried || size > TORN_TRIED {
            return Ok(());
        }
        self.tried = size;
        let mut line = vec![0; usize::try_from(size).unwrap_or(0)];
        let count = read_at(file, &mut line, self.offset)?;
        line.truncate(count);
        if line.contains(&b'\n') || !line.trim_ascii_end().ends_with(b"}") || !is_whole_object(&line) {
            return Ok(());
        }
        if !self.is_still_the_same(file)? {
            look.caught_up = false;
            return Ok(());
        }
        let key = order.key_of(&line);
        let begins = self.offset;
        let looked = self.looked;
        self.advance(&line);
        // The NULs behind it have been looked at.
        self.looked = self.looked.max(looked);
        self.unended = Some((begins, key));
        look.any_seq |= key.has_seq;
        self.report(vec![LineMark::new(begins, key.key, key.object)], changes, look);
        Ok(())
    }

    /// The line that was reported without its end goes on: up to the line end it is the same line.
    /// Without one it is an entry no longer, unless only space was added.
    fn end_the_unended(
        &mut self,
        file: &File,
        until: u64,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let Some((line_begins, reported)) = self.unended else { return Ok(()) };
        let mut rest = vec![0; usize::try_from(until - self.looked).unwrap_or(0)];
        let count = read_at(file, &mut rest, self.looked)?;
        rest.truncate(count);
        let begins = self.looked;
        let follows = begins == self.offset;
        let Some(end) = memchr::memchr(b'\n', &rest) else {
            let nul_tail = nuls::trailing_from(&rest);
            let all_nuls = if nul_tail == 0 { self.nul_tail } else { None };
            let added = &rest[..nul_tail];
            look.must_restart |= !added.trim_ascii().is_empty();
            if follows && self.is_still_the_same(file)? {
                self.advance(added);
                self.report_end(changes);
            }
            self.nul_tail = all_nuls.or((nul_tail < count).then(|| begins + nul_tail as u64));
            self.looked = begins + count as u64;
            return Ok(());
        };
        let only_space = follows && rest[..end].trim_ascii().is_empty();
        let line_ends = begins + end as u64;
        let has_moved = !only_space && key_of_line_at(file, line_begins, line_ends, order)? != reported;
        if !self.is_still_the_same(file)? {
            return Ok(());
        }
        self.marker = marker_before(file, line_ends + 1)?;
        self.offset = line_ends + 1;
        self.looked = self.offset;
        self.nul_tail = None;
        self.unended = None;
        look.must_restart |= has_moved;
        self.report_end(changes);
        Ok(())
    }

    /// The last line that was reported is longer now.
    fn report_end(&self, changes: &mut Vec<Change>) {
        changes.push(Change::Lines { segment: self.id, marks: Vec::new(), end: self.offset });
    }
}

/// Whether all bytes that `file` has from an offset on stand in `other` too: what is unread of it is
/// not lost with it.
fn has_the_rest(other: &File, file: &File, mut offset: u64) -> io::Result<bool> {
    let (mut bytes, mut others) = (vec![0; CHUNK], vec![0; CHUNK]);
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
