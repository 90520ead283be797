//! One log file, followed by identity, length and offset.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::identity::{Identity, read_at};
use super::order::{LineKey, Order, OrderKey};
use super::piece::{MARKER, Piece, remember_end};
use super::scan::{LineMark, scan_lines};
use super::{Change, Extent, OpenedSegment, RemovedSegment, SegmentId};
use crate::run::{Channel, RunDirectory};

/// How much of a file one look reads at most, so that one busy file does not keep the others
/// waiting and a batch stays small.
const BYTES_A_LOOK: u64 = 4 << 20;
/// The size of one read.
const CHUNK: usize = 256 << 10;
/// After so many pieces that could not be taken in, a file is read line by line.
const MOST_REFUSED: u32 = 8;
/// How many bytes at the head of a file are searched for its first key.
const HEAD: usize = 64 << 10;
/// A last line without its line end is tried as a whole JSON object up to this size.
const TORN_TRIED: u64 = 1 << 20;
/// How long a file that was renamed or removed is still looked at: its writer may not know yet.
const DRAINED_FOR: Duration = Duration::from_secs(5);
/// How many renamed or removed files stay open.
pub const HELD_SEGMENTS: usize = 8;

/// The followed file of one channel, with the files that stood at its path before.
#[derive(Debug)]
pub struct FileTail {
    channel: Channel,
    path: PathBuf,
    current: Option<Follower>,
    held: Vec<(Follower, Instant)>,
    complaint: Option<String>,
    /// How many pieces one after the other could not be taken in.
    refused: u32,
}

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
struct Follower {
    id: SegmentId,
    file: Arc<File>,
    identity: Identity,
    /// Everything before it has been reported.
    offset: u64,
    /// Bytes up to here have been looked at and hold no further line end.
    looked: u64,
    /// The bytes before `offset`, at most [`MARKER`].
    marker: Vec<u8>,
    torn: u64,
    /// A last line without its line end was reported: where it begins, and its place.
    unended: Option<(u64, LineKey)>,
    /// What was read since the last restart, and the most that was read before it.
    extent: Extent,
    extent_before: Extent,
    /// The key of the first line that has one.
    first: Option<OrderKey>,
}

/// What is still to be read of an open file whose lines can be scanned in pieces.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) file: Arc<File>,
    pub(super) from: u64,
    pub(super) length: u64,
    /// The key of the first line of the file that has one.
    pub(super) first: Option<OrderKey>,
}

impl FileTail {
    /// Follows `path` as `channel`. Nothing is opened before the first look.
    #[must_use]
    pub fn new(channel: Channel, path: PathBuf) -> Self {
        Self { channel, path, current: None, held: Vec::new(), complaint: None, refused: 0 }
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is anything to read: an open file, or one that is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.held.is_empty()
    }

    /// Follows another path from now on: the file of the same channel moved there.
    pub fn move_to(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Forgets what was read, so that the next look reports everything anew. Held files stay.
    pub fn restart(&mut self) {
        for follower in self.held.iter_mut().map(|(follower, _)| follower).chain(&mut self.current) {
            follower.rewind();
        }
    }

    /// Reports, after a restart, the segments that are there, oldest first.
    pub fn announce(&mut self, next: &mut impl FnMut() -> SegmentId, changes: &mut Vec<Change>) {
        let (channel, path) = (self.channel.clone(), self.path.clone());
        let opened = |follower: &mut Follower, changes: &mut Vec<Change>, id| {
            follower.id = id;
            let (channel, path, file) = (channel.clone(), path.clone(), Arc::clone(&follower.file));
            changes.push(Change::Opened(OpenedSegment { id, channel, path, file }));
        };
        for (follower, _) in &mut self.held {
            opened(follower, changes, next());
            changes.push(Change::Detached { segment: follower.id });
        }
        if let Some(follower) = &mut self.current {
            opened(follower, changes, next());
        }
    }

    /// Looks at the file and reports what changed. `now` is a monotonic clock's.
    pub fn look(
        &mut self,
        run: &RunDirectory,
        order: Order,
        now: Instant,
        next: &mut impl FnMut() -> SegmentId,
        changes: &mut Vec<Change>,
    ) -> Look {
        let mut look = self.open(run, now, next, changes);
        if look.must_restart {
            return look;
        }
        let mut failed = None;
        for follower in self.held.iter_mut().map(|(follower, _)| follower).chain(&mut self.current) {
            if let Err(error) = follower.read(order, u64::MAX, changes, &mut look) {
                failed = Some(error);
            }
        }
        if let Some(error) = failed {
            self.complain(Some(format!("cannot be read: {error}; trying again")), changes);
        }
        look
    }

    /// Brings the open files in line with what stands at the path now, and reads nothing.
    pub(super) fn open(
        &mut self,
        run: &RunDirectory,
        now: Instant,
        next: &mut impl FnMut() -> SegmentId,
        changes: &mut Vec<Change>,
    ) -> Look {
        let mut look = Look { caught_up: true, ..Look::default() };
        match self.reconcile(run, now, next, changes, &mut look) {
            Ok(()) => self.complain(None, changes),
            Err(error) => self.complain(Some(format!("cannot be read: {error}; trying again")), changes),
        }
        look
    }

    /// The open files, oldest first: which segment each is, and the file.
    pub(super) fn open_files(&self) -> impl Iterator<Item = (SegmentId, &Arc<File>)> {
        let followers = self.held.iter().map(|(follower, _)| follower).chain(&self.current);
        followers.map(|follower| (follower.id, &follower.file))
    }

    /// How many bytes of the open files were reported, and how many there are.
    pub(super) fn progress(&self) -> (u64, u64) {
        let followers = self.held.iter().map(|(follower, _)| follower).chain(&self.current);
        followers.fold((0, 0), |(read, total), follower| {
            let length = follower.file.metadata().map_or(follower.offset, |metadata| metadata.len());
            (read + follower.offset.min(length), total + length)
        })
    }

    /// What is still to be read of the current file, if its lines can be scanned in pieces: none
    /// of them waits for its end.
    pub(super) fn unread(&self, order: Order) -> Option<Unread> {
        let current = self.current.as_ref().filter(|current| current.unended.is_none())?;
        let length = current.file.metadata().ok()?.len();
        let first = match current.first {
            None if current.offset == 0 => {
                let mut head = vec![0; HEAD];
                let count = read_at(&current.file, &mut head, 0).ok()?;
                scan_lines(&head[..count], 0, order).marks.iter().find_map(|mark| mark.key())
            }
            first => first,
        };
        // What counts as a restart depends on the first key.
        first?;
        Some(Unread { file: Arc::clone(&current.file), from: current.offset, length, first })
    }

    /// Whether scanning in pieces is worth it: in a file that is written backwards, none fits.
    pub(super) fn is_mostly_in_order(&self) -> bool {
        self.refused < MOST_REFUSED
    }

    /// Notes whether a piece could be taken in.
    pub(super) fn note_joined(&mut self, joined: bool) {
        self.refused = if joined { 0 } else { self.refused + 1 };
    }

    /// Takes in a piece that was scanned on its own, if it goes on where the current file was read
    /// to, and its lines stand to those before it as they do to each other: when its first line is
    /// not below the highest.
    pub(super) fn take_piece(&mut self, piece: Piece, changes: &mut Vec<Change>, look: &mut Look) -> bool {
        let Some(current) = &mut self.current else { return false };
        if piece.begin != current.offset {
            return false;
        }
        // Without a line it does not bring us on: one that is longer than a piece is read in turn.
        if piece.extent.lines == 0 {
            return false;
        }
        if current.offset > 0 && (piece.opening.is_none() || piece.opening < current.extent.highest) {
            return false;
        }
        current.take_piece(&piece);
        look.lines += piece.extent.lines;
        look.any_seq |= piece.any_seq;
        changes.push(Change::Piece { segment: current.id, piece: Box::new(piece) });
        true
    }

    /// Reads the current file up to `until`, line by line.
    ///
    /// # Errors
    /// Whatever the file system answers.
    pub(super) fn read_until(
        &mut self,
        until: u64,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        self.current.as_mut().map_or(Ok(()), |current| current.read(order, until, changes, look))
    }

    /// Brings the open files in line with what stands at the path now.
    fn reconcile(
        &mut self,
        run: &RunDirectory,
        now: Instant,
        next: &mut impl FnMut() -> SegmentId,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        self.held_out(now, changes, look);
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.detach(now, changes);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let identity = Identity::of(&metadata);
        if let Some(current) = &self.current {
            if current.identity == identity {
                if current.was_rewritten(metadata.len())? {
                    self.remove_current("truncated", changes, look);
                }
            } else if !self.goes_on_in(run, changes)? {
                self.detach(now, changes);
            }
        }
        if self.current.is_none() && !look.must_restart {
            let file = Arc::new(run.open(&self.path)?);
            let id = next();
            let identity = Identity::of(&file.metadata()?);
            changes.push(Change::Opened(OpenedSegment {
                id,
                channel: self.channel.clone(),
                path: self.path.clone(),
                file: Arc::clone(&file),
            }));
            self.current = Some(Follower::new(id, file, identity));
        }
        Ok(())
    }

    /// Whether another file stands at the path that begins with all that was read of the current
    /// one, as after an atomic replacement by a tool that wrote the log anew with more lines. Then
    /// reading goes on in it.
    fn goes_on_in(&mut self, run: &RunDirectory, changes: &mut Vec<Change>) -> io::Result<bool> {
        let Some(current) = &mut self.current else { return Ok(false) };
        let file = run.open(&self.path)?;
        let metadata = file.metadata()?;
        if current.offset == 0 || metadata.len() < current.offset || !current.same_bytes_in(&file)? {
            return Ok(false);
        }
        current.file = Arc::new(file);
        current.identity = Identity::of(&metadata);
        changes.push(Change::Replaced { segment: current.id, file: Arc::clone(&current.file) });
        Ok(true)
    }

    /// The current file is no longer at the path: it is read through its descriptor from now on.
    fn detach(&mut self, now: Instant, changes: &mut Vec<Change>) {
        if let Some(follower) = self.current.take() {
            changes.push(Change::Detached { segment: follower.id });
            self.held.push((follower, now));
        }
    }

    /// The bytes of the current file were overwritten: what was read of it cannot be shown again.
    fn remove_current(&mut self, cause: &'static str, changes: &mut Vec<Change>, look: &mut Look) {
        if let Some(follower) = self.current.take() {
            changes.push(removed(&follower, &self.channel, cause));
            look.must_restart = true;
        }
    }

    /// Lets go of the oldest held files when there are too many, and of those without a line.
    fn held_out(&mut self, now: Instant, changes: &mut Vec<Change>, look: &mut Look) {
        let settled = |since: &Instant| now.duration_since(*since) >= DRAINED_FOR;
        self.held.retain(|(follower, since)| follower.offset > 0 || !settled(since));
        for (follower, _) in &self.held {
            let length = follower.file.metadata().map(|metadata| metadata.len());
            if length.is_ok_and(|length| follower.was_rewritten(length).unwrap_or(false)) {
                changes.push(removed(follower, &self.channel, "truncated after it was renamed"));
                look.must_restart = true;
            }
        }
        if look.must_restart {
            self.held.retain(|(follower, _)| {
                let length = follower.file.metadata().map(|metadata| metadata.len());
                !length.is_ok_and(|length| follower.was_rewritten(length).unwrap_or(false))
            });
        }
        while self.held.len() > HELD_SEGMENTS {
            let (follower, _) = self.held.remove(0);
            changes.push(removed(&follower, &self.channel, "rotated away"));
            look.must_restart = true;
        }
    }

    fn complain(&mut self, complaint: Option<String>, changes: &mut Vec<Change>) {
        if self.complaint != complaint {
            let about =
                self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            changes.push(Change::Notice { about, text: complaint.clone() });
            self.complaint = complaint;
        }
    }
}

fn removed(follower: &Follower, channel: &Channel, cause: &'static str) -> Change {
    let extent = follower.most_read();
    Change::Removed(RemovedSegment { id: follower.id, channel: channel.clone(), cause, extent })
}

impl Follower {
    fn new(id: SegmentId, file: Arc<File>, identity: Identity) -> Self {
        Self {
            id,
            file,
            identity,
            offset: 0,
            looked: 0,
            marker: Vec::new(),
            torn: 0,
            unended: None,
            extent: Extent::default(),
            extent_before: Extent::default(),
            first: None,
        }
    }

    fn take_piece(&mut self, piece: &Piece) {
        self.offset = piece.end;
        self.looked = piece.end;
        remember_end(&mut self.marker, &piece.marker);
        self.first = self.first.or(piece.first());
        self.extent.join(piece.extent);
    }

    /// What was read, or what had been read before a restart that is not yet caught up with.
    fn most_read(&self) -> Extent {
        if self.extent.lines < self.extent_before.lines { self.extent_before } else { self.extent }
    }

    fn rewind(&mut self) {
        let read = self.most_read();
        *self = Self { extent_before: read, ..Self::new(self.id, Arc::clone(&self.file), self.identity) };
    }

    /// Whether bytes that were read are no longer what they were: the file is shorter than what was
    /// read of it, or the bytes before the offset changed.
    fn was_rewritten(&self, length: u64) -> io::Result<bool> {
        if length < self.offset {
            return Ok(true);
        }
        Ok(!is_at(&self.file, &self.marker, self.offset - self.marker.len() as u64)?)
    }

    /// Whether `other` has the bytes that were read, as far as the first and the last of them tell.
    fn same_bytes_in(&self, other: &File) -> io::Result<bool> {
        let mut head = [0; MARKER];
        let count = read_at(&self.file, &mut head, 0)?.min(usize::try_from(self.offset).unwrap_or(MARKER));
        Ok(is_at(other, &head[..count], 0)?
            && is_at(other, &self.marker, self.offset - self.marker.len() as u64)?)
    }

    /// Reads on, at most up to `most`.
    fn read(
        &mut self,
        order: Order,
        most: u64,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let until = length.min(self.looked.saturating_add(BYTES_A_LOOK)).min(most.max(self.looked));
        look.caught_up &= until == length;
        if until > self.looked && self.unended.is_some() {
            self.end_the_unended(until, order, look)?;
        }
        let mut buffer = Vec::new();
        while self.unended.is_none() && self.looked < until {
            let has_line_end = self.fill(&mut buffer, until)?;
            if !has_line_end {
                break;
            }
            let scan = scan_lines(&buffer, self.offset, order);
            look.lines += scan.marks.len() as u64;
            look.any_seq |= scan.any_seq;
            scan.marks.iter().for_each(|mark| self.extent.add(mark.key()));
            self.first = self.first.or_else(|| scan.marks.iter().find_map(|mark| mark.key()));
            self.advance(&buffer[..scan.consumed]);
            changes.push(Change::Lines { segment: self.id, marks: scan.marks, end: self.offset });
        }
        if until == length && self.unended.is_none() {
            self.try_torn(length, order, changes, look)?;
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
        while self.looked < until {
            let size = CHUNK.min(usize::try_from(until - self.looked).unwrap_or(CHUNK));
            buffer.resize(size, 0);
            let count = read_at(&self.file, buffer, self.looked)?;
            buffer.truncate(count);
            if count == 0 {
                return Ok(false);
            }
            let from = self.looked;
            self.looked += count as u64;
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
        self.offset += consumed.len() as u64;
        self.looked = self.offset;
        remember_end(&mut self.marker, consumed);
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
        if size == 0 || size == self.torn || size > TORN_TRIED {
            return Ok(());
        }
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
    fn end_the_unended(&mut self, until: u64, order: Order, look: &mut Look) -> io::Result<()> {
        let Some((line_begins, reported)) = self.unended else { return Ok(()) };
        let mut rest = vec![0; usize::try_from(until - self.looked).unwrap_or(0)];
        let count = read_at(&self.file, &mut rest, self.looked)?;
        rest.truncate(count);
        let Some(end) = memchr::memchr(b'\n', &rest) else {
            self.looked += count as u64;
            return Ok(());
        };
        let only_space = self.looked == self.offset && rest[..end].trim_ascii().is_empty();
        self.offset = self.looked + end as u64 + 1;
        self.looked = self.offset;
        self.marker = vec![0; MARKER.min(usize::try_from(self.offset).unwrap_or(MARKER))];
        let begins_at = self.offset - self.marker.len() as u64;
        let count = read_at(&self.file, &mut self.marker, begins_at)?;
        self.marker.truncate(count);
        self.unended = None;
        if !only_space {
            let mut line = vec![0; usize::try_from(self.offset - 1 - line_begins).unwrap_or(0)];
            let count = read_at(&self.file, &mut line, line_begins)?;
            line.truncate(count);
            look.must_restart |= order.key_of(&line) != reported;
        }
        Ok(())
    }
}

/// Whether exactly `bytes` stand in `file` at `offset`.
fn is_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<bool> {
    let mut found = [0; MARKER];
    let found = &mut found[..bytes.len()];
    Ok(read_at(file, found, offset)? == bytes.len() && found == bytes)
}

/// Whether the line is one JSON object from its beginning to its end.
pub(super) fn is_whole_object(line: &[u8]) -> bool {
    // The seq rule takes a broken line for an object when it begins canonically; here it must be
    // one to its end.
    std::str::from_utf8(line).is_ok_and(|text| {
        text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
    })
}
