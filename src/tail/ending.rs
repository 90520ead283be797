//! The end of a run, read before anything else: what stands last is on the screen at once, however
//! much there is before it.
//!
//! From every file so much is read backwards that the last entries of the merged order are among
//! it, provided that the files are in order at their ends; whether they are is told.

use std::fs::File;
use std::io;

use super::identity::read_at;
use super::index::{Placing, SegmentIndex};
use super::order::{Order, OrderKey};
use super::scan::is_whole_object;
use super::scan::{LineMark, scan_lines};
use super::seqs::SeqSet;
use super::{SegmentFile, SegmentId};

/// How much of a file is read at most.
const MOST_WINDOW: u64 = 16 << 20;
/// How many bytes at the head of a file tell whether its lines have seqs at all.
const HEAD: usize = 64 << 10;

/// The last entries of a run.
#[derive(Debug)]
pub struct Ending {
    /// The end of every open file, in the order of the channels.
    pub parts: Vec<EndingPart>,
    /// From this key on nothing is missing, unless files are out of order before their ends.
    pub from: OrderKey,
    /// The seqs from there on.
    pub seqs: SeqSet,
}

/// The end of one file.
#[derive(Debug)]
pub struct EndingPart {
    /// The segment that the file is.
    pub segment: SegmentId,
    /// Where the lines are and how they stand to each other.
    pub index: SegmentIndex,
    /// Whether the first line that was looked at is the first of the file.
    pub is_whole: bool,
}

impl Ending {
    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.parts.iter().map(|part| part.index.counts().entries).sum()
    }

    /// Whether the entries are out of order, so that earlier ones may belong among them.
    #[must_use]
    pub fn has_disorder(&self) -> bool {
        self.parts.iter().any(|part| part.index.counts().disorder > 0)
    }

    /// Whether this is all there is.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.parts.iter().all(|part| part.is_whole)
    }
}

/// Lines at the end of a file.
struct Window {
    /// Every line with the key by which it stands.
    lines: Vec<(LineMark, OrderKey)>,
    end: u64,
    is_whole: bool,
    any_seq: bool,
}

/// Reads at least the last `entries` entries of the files in `order`, from windows of
/// `first_window` bytes on. `None` where that cannot be
/// told without reading everything: where the order is not that of the lines, or a line is huge.
///
/// # Errors
/// Whatever the file system answers.
pub(super) fn read(
    files: &[(SegmentId, SegmentFile)],
    order: Order,
    entries: u64,
    first_window: u64,
) -> io::Result<Option<Ending>> {
    let mut size = first_window;
    while size <= MOST_WINDOW {
        let mut windows = Vec::new();
        for (segment, file) in files {
            match Window::read(&*file.open()?, order, size)? {
                Some(window) => windows.push((*segment, window)),
                None => break,
            }
        }
        let is_all = windows.iter().all(|(_, window)| window.is_whole);
        if windows.len() == files.len() {
            let any_seq = windows.iter().any(|(_, window)| window.any_seq);
            // A run without seqs has another order, unless it begins with one.
            if order == Order::Seq && !any_seq && !any_seq_at_head(files)? {
                return Ok(None);
            }
            let ending = join(windows);
            if is_all || ending.entries() >= entries {
                return Ok(Some(ending));
            }
        }
        size *= 4;
    }
    Ok(None)
}

fn any_seq_at_head(files: &[(SegmentId, SegmentFile)]) -> io::Result<bool> {
    let mut head = vec![0; HEAD];
    for (_, file) in files {
        let count = file.read_at(&mut head, 0)?;
        if scan_lines(&head[..count], 0, Order::Seq).any_seq {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Lets every part begin where all of them are known.
fn join(windows: Vec<(SegmentId, Window)>) -> Ending {
    let begins = windows.iter().filter(|(_, window)| !window.is_whole);
    let from = begins.filter_map(|(_, window)| Some(window.lines.first()?.1)).max();
    let from = from.unwrap_or(OrderKey::FIRST);
    let mut seqs = SeqSet::default();
    let parts = windows
        .into_iter()
        .map(|(segment, window)| {
            let skipped = window.lines.iter().take_while(|(_, key)| *key < from).count();
            let mut index = SegmentIndex::default();
            for (mark, _) in &window.lines[skipped..] {
                index.push(*mark);
                if let Some(seq) = mark.key().and_then(OrderKey::seq) {
                    seqs.insert(seq);
                }
            }
            index.finish(window.end);
            EndingPart { segment, index, is_whole: window.is_whole && skipped == 0 }
        })
        .collect();
    Ending { parts, from, seqs }
}

impl Window {
    /// The lines among the last `size` bytes of the file, from the first one on that has a key of
    /// its own. `None` where there is none.
    fn read(file: &File, order: Order, size: u64) -> io::Result<Option<Self>> {
        let length = file.metadata()?.len();
        let mut from = length.saturating_sub(size);
        let is_whole = from == 0;
        let mut bytes = vec![0; usize::try_from(length - from).unwrap_or(0)];
        let count = read_at(file, &mut bytes, from)?;
        let mut bytes = &bytes[..count];
        if !is_whole {
            let Some(end) = memchr::memchr(b'\n', bytes) else { return Ok(None) };
            bytes = &bytes[end + 1..];
            from += end as u64 + 1;
        }
        let mut scan = scan_lines(bytes, from, order);
        let mut end = from + scan.consumed as u64;
        let torn = &bytes[scan.consumed..];
        if !torn.is_empty() && is_whole_object(torn) {
            let found = order.key_of(torn);
            scan.marks.push(LineMark::new(end, found.key, found.object));
            scan.any_seq |= found.has_seq;
            end += torn.len() as u64;
        }
        let skipped =
            if is_whole { 0 } else { scan.marks.iter().take_while(|mark| mark.key().is_none()).count() };
        if !is_whole && skipped == scan.marks.len() {
            return Ok(None);
        }
        let mut placing = Placing::start();
        let lines: Vec<_> =
            scan.marks[skipped..].iter().map(|mark| (*mark, placing.place(mark.key()).key)).collect();
        Ok(Some(Self { lines, end, is_whole, any_seq: scan.any_seq }))
    }
}
