//! What the batches of the tail say, kept beside the model: which segments there are, what was read
//! of them, and which were taken away.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::sync::Arc;

use stepwatch::run::Channel;
use stepwatch::tail::{Batch, Change, OpenedSegment, RemovedSegment, SegmentId};

/// All segments that are there, and what was said of those that are not.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Whether nobody writes while the tail reads, so that what was read can be looked at again.
    alone: bool,
    pub(crate) segments: BTreeMap<SegmentId, Known>,
    /// Segments of before a restart that were not opened again yet.
    before: Vec<Known>,
    /// What must stand in the notices: channel, cause, count of entries.
    pub(crate) removed: Vec<(Channel, &'static str, u64)>,
    next: u32,
}

/// A segment.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) channel: Channel,
    pub(crate) file: Arc<File>,
    pub(crate) detached: bool,
    /// The bytes that were read, and where the lines in them begin.
    bytes: Vec<u8>,
    /// The bytes that had been read before a restart, if more.
    bytes_before: Vec<u8>,
    pub(crate) offsets: Vec<u64>,
    /// How many lines there were before a restart, if more.
    lines_before: u64,
    /// How many of these had no line end: a whole object is an entry no longer when more follows
    /// it in its line.
    unended_before: u64,
}

impl Known {
    fn most_lines(&self) -> u64 {
        self.lines_before.max(self.offsets.len() as u64)
    }

    fn most_bytes(&self) -> &[u8] {
        if self.bytes.len() < self.bytes_before.len() { &self.bytes_before } else { &self.bytes }
    }

    /// How many of the most lines had no line end.
    fn unended(&self, alone: bool) -> u64 {
        let last_is_unended = u64::from(!alone || self.bytes.last() != Some(&b'\n'));
        let since = self.offsets.len() as u64;
        if since < self.lines_before { last_is_unended.max(self.unended_before) } else { last_is_unended }
    }

    /// All bytes of the file as it is now.
    pub(crate) fn content(&self) -> Vec<u8> {
        content(&self.file)
    }

    /// What tells the file from all others that are open.
    pub(crate) fn file_number(&self) -> (u64, u64) {
        let metadata = self.file.metadata().unwrap();
        (metadata.dev(), metadata.ino())
    }
}

fn content(file: &File) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

/// Fails with what was expected.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}
pub(crate) use ensure;

impl Ledger {
    pub(crate) fn new(alone: bool) -> Self {
        Self { alone, segments: BTreeMap::new(), before: Vec::new(), removed: Vec::new(), next: 0 }
    }

    /// Takes in a batch before the model does, or says which rule it breaks.
    pub(crate) fn observe(&mut self, batch: &Batch) -> Result<(), String> {
        for change in &batch.changes {
            match change {
                Change::Restart { .. } => {
                    self.before.extend(std::mem::take(&mut self.segments).into_values());
                }
                Change::Opened(opened) => self.opened(opened)?,
                Change::Lines { segment, marks, end } => {
                    let offsets: Vec<u64> = marks.iter().map(|mark| mark.offset()).collect();
                    self.lines(*segment, &offsets, *end)?;
                }
                Change::Detached { segment } => {
                    let known = self.known(*segment)?;
                    ensure!(!known.detached, "{segment:?} is detached twice");
                    known.detached = true;
                }
                Change::Attached { segment } => {
                    let known = self.known(*segment)?;
                    ensure!(known.detached, "{segment:?} is attached twice");
                    known.detached = false;
                }
                Change::Replaced { segment, file } => self.replaced(*segment, file)?,
                Change::Removed(removed) => self.removed(removed)?,
                _ => {}
            }
        }
        let lost = self.before.drain(..).find(|known| known.most_lines() > 0);
        ensure!(lost.is_none(), "a segment is gone after a restart, and nothing was said: {lost:?}");
        Ok(())
    }

    fn known(&mut self, segment: SegmentId) -> Result<&mut Known, String> {
        self.segments.get_mut(&segment).ok_or_else(|| format!("{segment:?} was never opened"))
    }

    fn opened(&mut self, opened: &OpenedSegment) -> Result<(), String> {
        ensure!(opened.id.0 >= self.next, "{:?} is not newer than those before it", opened.id);
        self.next = opened.id.0 + 1;
        let place = self.before.iter().position(|known| Arc::ptr_eq(&known.file, &opened.file));
        let before = place.map(|place| self.before.remove(place));
        let lines_before = before.as_ref().map_or(0, Known::most_lines);
        let bytes_before = before.as_ref().map_or_else(Vec::new, |known| known.most_bytes().to_vec());
        let unended_before = before.map_or(0, |known| known.unended(self.alone)).min(lines_before);
        let known = Known {
            channel: opened.channel.clone(),
            file: Arc::clone(&opened.file),
            detached: false,
            bytes: Vec::new(),
            bytes_before,
            offsets: Vec::new(),
            lines_before,
            unended_before,
        };
        self.segments.insert(opened.id, known);
        Ok(())
    }

    fn lines(&mut self, segment: SegmentId, offsets: &[u64], end: u64) -> Result<(), String> {
        let alone = self.alone;
        let known = self.known(segment)?;
        for offset in offsets {
            ensure!(known.offsets.last() < Some(offset), "{segment:?}: the line at {offset} comes again");
            known.offsets.push(*offset);
        }
        if alone {
            known.bytes = content(&known.file);
            let end = usize::try_from(end).unwrap();
            ensure!(end <= known.bytes.len(), "{segment:?}: lines up to {end} in a file that is shorter");
            known.bytes.truncate(end);
        }
        Ok(())
    }

    /// A segment may go on in another file only if that holds all that could be read of the first.
    fn replaced(&mut self, segment: SegmentId, file: &Arc<File>) -> Result<(), String> {
        let alone = self.alone;
        let known = self.known(segment)?;
        let unread = known.content();
        let all = content(file);
        ensure!(!alone || all.starts_with(&unread), "{segment:?} goes on in a file that lacks bytes of it");
        known.file = Arc::clone(file);
        Ok(())
    }

    fn removed(&mut self, removed: &RemovedSegment) -> Result<(), String> {
        let Some(known) = self.segments.remove(&removed.id) else {
            return Err(format!("{:?} is removed and was never opened", removed.id));
        };
        let (told, most) = (removed.extent.lines, known.most_lines());
        let least = (most - known.unended(self.alone).min(most)).max(known.offsets.len() as u64);
        ensure!(
            (least..=most).contains(&told),
            "{:?}: {told} lines are told to be gone, {least} to {most} were read",
            removed.id
        );
        if removed.cause == "rotated away" {
            let of_channel = self.segments.values().filter(|other| other.channel == known.channel);
            let held = of_channel.filter(|other| other.detached).count();
            ensure!(held >= stepwatch::tail::file::HELD_SEGMENTS, "let go with {held} held segments only");
        } else if self.alone && told > 0 {
            ensure!(
                !known.content().starts_with(known.most_bytes()),
                "{:?} was not {}",
                removed.id,
                removed.cause
            );
        }
        if told > 0 {
            self.removed.push((removed.channel.clone(), removed.cause, told));
        }
        Ok(())
    }

    /// Whether all that had been read before a restart was read again since, or told to be gone.
    pub(crate) fn nothing_is_forgotten(&self) -> Result<(), String> {
        for (id, known) in &self.segments {
            let (now, before) = (known.offsets.len() as u64, known.lines_before - known.unended_before);
            ensure!(now >= before, "{id:?}: {before} lines were read before a restart, {now} after it");
        }
        Ok(())
    }
}
