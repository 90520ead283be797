//! One log file, followed by identity, length and offset.

mod pieces;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use super::follower::Look;
use super::follower::{Follower, Rewriting};
use super::identity::Identity;
use super::order::Order;
use super::segment_file::{Handles, SegmentFile};
use super::{CANNOT_BE_READ, Change, OpenedSegment, RemovedSegment, SegmentId};
use crate::run::{Channel, RunDirectory};
pub(super) use pieces::Unread;

/// How long a file that was renamed or removed is still looked at: its writer may not know yet.
const DRAINED_FOR: Duration = Duration::from_secs(5);
/// How many renamed or removed files stay open.
pub const HELD_SEGMENTS: usize = 8;
/// A file that is closed and as long as before is opened at one of so many looks, to see whether
/// its bytes are still the same.
const CLOSED_LOOKED_AT_EVERY: u32 = 16;

/// The followed file of one channel, with the files that stood at its path before.
#[derive(Debug)]
pub struct FileTail {
    channel: Channel,
    path: PathBuf,
    current: Option<Follower>,
    held: Vec<(Follower, Instant)>,
    handles: Handles,
    looks: u32,
    notice: Option<String>,
    /// How many pieces one after the other could not be taken in.
    refused: u32,
}

impl FileTail {
    /// Follows `path` as `channel`. Nothing is opened before the first look.
    #[must_use]
    pub fn new(channel: Channel, path: PathBuf, handles: Handles) -> Self {
        Self { channel, path, current: None, held: Vec::new(), handles, looks: 0, notice: None, refused: 0 }
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

    /// How many bytes of the file at the path have been read.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.current.as_ref().map_or(0, Follower::bytes_read)
    }

    /// Reads the first bytes of the file that was found at the path, which something else may hide
    /// by now; how many there are.
    pub fn read_head(&self, head: &mut [u8]) -> usize {
        self.current.as_ref().map_or(0, |current| current.file.read_at(head, 0).unwrap_or(0))
    }

    /// Follows another path from now on: the file of the same channel moved there.
    pub fn move_to(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Forgets what was read, so that the next look reports everything anew. Held files stay. What
    /// was truncated meanwhile is reported now, because later nothing would be known of it.
    pub fn restart(&mut self, changes: &mut Vec<Change>) {
        self.remove_held_rewritten(changes, &mut Look::default());
        if let Some(current) = self.current.take_if(|current| current.is_anew()) {
            changes.push(removed(&current, &self.channel, "truncated"));
        }
        for follower in self.held.iter_mut().map(|(follower, _)| follower).chain(&mut self.current) {
            follower.rewind();
        }
    }

    /// Reports, after a restart, the segments that are there, oldest first.
    pub fn announce(&mut self, next: &mut impl FnMut() -> SegmentId, changes: &mut Vec<Change>) {
        let (channel, path) = (self.channel.clone(), self.path.clone());
        let opened = |follower: &mut Follower, changes: &mut Vec<Change>, id| {
            follower.id = id;
            let (channel, path, file) = (channel.clone(), path.clone(), follower.file.clone());
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
        let mut look = Look { caught_up: true, ..Look::default() };
        self.looks = self.looks.wrapping_add(1);
        let mut failed = self.reconcile(run, now, next, changes, &mut look).err();
        if !look.must_restart {
            failed = self.read(failed.is_some(), order, changes, &mut look).err().or(failed);
        }
        self.say(failed.as_ref(), changes);
        look
    }

    /// Reads what came. One file that cannot be read does not keep the others waiting. Where it is
    /// not known yet whether the bytes before are still the same, nothing is read behind others.
    fn read(
        &mut self,
        is_unchecked: bool,
        order: Order,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let mut read = |follower: &mut Follower| {
            let length = follower.file.length()?;
            if is_unchecked && follower.rewriting(length)? != Rewriting::None {
                return Ok(());
            }
            follower.read(length, u64::MAX, order, changes, look)
        };
        let mut result = Ok(());
        let current = self.current.iter_mut().filter(|follower| !follower.file.is_closed());
        for follower in self.held.iter_mut().map(|(follower, _)| follower).chain(current) {
            if let Err(error) = read(follower) {
                result = Err(error);
            }
        }
        result
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
                self.detach(now, changes, look);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let identity = Identity::of(&metadata);
        self.take_back(identity, now, changes, look);
        if let Some(current) = &self.current {
            if current.file.identity() == identity {
                self.look_for_rewriting(metadata.len(), changes, look)?;
            } else if !self.goes_on_in(run, changes)? {
                self.detach(now, changes, look);
            }
        }
        if self.current.is_none() && !look.must_restart {
            let file = SegmentFile::new(run, &self.path, run.open(&self.path)?, &self.handles)?;
            let id = next();
            changes.push(Change::Opened(OpenedSegment {
                id,
                channel: self.channel.clone(),
                path: self.path.clone(),
                file: file.clone(),
            }));
            self.current = Some(Follower::new(id, file));
        }
        Ok(())
    }

    /// A file that had been renamed or removed stands at the path again: it is the same segment.
    fn take_back(&mut self, identity: Identity, now: Instant, changes: &mut Vec<Change>, look: &mut Look) {
        let is_it = |follower: &Follower| follower.file.identity() == identity;
        if let Some(place) = self.held.iter().position(|(follower, _)| is_it(follower)) {
            let (follower, _) = self.held.remove(place);
            self.detach(now, changes, look);
            changes.push(Change::Attached { segment: follower.id });
            self.current = Some(follower);
        }
    }

    /// Notices when bytes of the current file that were read are no longer what they were.
    fn look_for_rewriting(
        &mut self,
        length: u64,
        changes: &mut Vec<Change>,
        look: &mut Look,
    ) -> io::Result<()> {
        let Some(current) = &self.current else { return Ok(()) };
        current.file.stands_at(&self.path);
        let is_its_turn = self.looks.wrapping_add(current.id.0).is_multiple_of(CLOSED_LOOKED_AT_EVERY);
        if current.file.is_closed() && current.has_looked_at(length) && !is_its_turn {
            return Ok(());
        }
        match current.rewriting(length)? {
            Rewriting::None => {}
            Rewriting::Anew => self.remove_current("truncated", changes, look),
            Rewriting::NulsFilled => look.must_restart = true,
        }
        Ok(())
    }

    /// Whether another file stands at the path that begins with all that was read of the current
    /// one, as after an atomic replacement by a tool that wrote the log anew with more lines. Then
    /// reading goes on in it.
    fn goes_on_in(&mut self, run: &RunDirectory, changes: &mut Vec<Change>) -> io::Result<bool> {
        let Some(current) = &mut self.current else { return Ok(false) };
        // Before anything else is opened, which could close it for good.
        let _ = current.file.hold();
        let file = SegmentFile::new(run, &self.path, run.open(&self.path)?, &self.handles)?;
        let goes_on = current.goes_on_in(&file)?;
        if goes_on {
            changes.push(Change::Replaced { segment: current.id, file });
        }
        Ok(goes_on)
    }

    /// The current file is no longer at the path: it is read through its descriptor from now on.
    fn detach(&mut self, now: Instant, changes: &mut Vec<Change>, look: &mut Look) {
        if let Some(follower) = self.current.take() {
            if follower.file.hold() {
                changes.push(Change::Detached { segment: follower.id });
                self.held.push((follower, now));
                self.let_go_of_surplus(changes, look);
            } else {
                changes.push(removed(&follower, &self.channel, "renamed or removed while it was closed"));
                look.must_restart = true;
            }
        }
    }

    /// The bytes of the current file were overwritten: what was read of it cannot be shown again.
    fn remove_current(&mut self, cause: &'static str, changes: &mut Vec<Change>, look: &mut Look) {
        if let Some(follower) = self.current.take() {
            changes.push(removed(&follower, &self.channel, cause));
            look.must_restart = true;
        }
    }

    fn remove_held_rewritten(&mut self, changes: &mut Vec<Change>, look: &mut Look) {
        let channel = &self.channel;
        self.held.retain(|(follower, _)| {
            let length = follower.file.length();
            let rewriting = length.and_then(|length| follower.rewriting(length)).unwrap_or(Rewriting::None);
            look.must_restart |= rewriting != Rewriting::None;
            if rewriting == Rewriting::Anew {
                changes.push(removed(follower, channel, "truncated after it was renamed"));
            }
            rewriting != Rewriting::Anew
        });
    }

    /// Lets go of the oldest held files when there are too many, and of those without a line.
    fn held_out(&mut self, now: Instant, changes: &mut Vec<Change>, look: &mut Look) {
        let settled = |since: &Instant| now.duration_since(*since) >= DRAINED_FOR;
        self.held.retain(|(follower, since)| !follower.is_unread() || !settled(since));
        self.remove_held_rewritten(changes, look);
        self.let_go_of_surplus(changes, look);
    }

    fn let_go_of_surplus(&mut self, changes: &mut Vec<Change>, look: &mut Look) {
        while self.held.len() > HELD_SEGMENTS || (!self.held.is_empty() && self.handles.are_all_held()) {
            let (follower, _) = self.held.remove(0);
            changes.push(removed(&follower, &self.channel, "rotated away"));
            look.must_restart = true;
        }
    }

    /// Says what a person should know about the file: that it cannot be read, or that there are
    /// NULs in it.
    fn say(&mut self, failed: Option<&io::Error>, changes: &mut Vec<Change>) {
        let nuls: u64 =
            self.held.iter().map(|(follower, _)| follower).chain(&self.current).map(Follower::nuls).sum();
        let notice = match failed {
            Some(error) => Some(format!("{CANNOT_BE_READ}: {error}")),
            None if nuls > 0 => {
                let what =
                    if nuls == 1 { "1 NUL byte is".to_owned() } else { format!("{nuls} NUL bytes are") };
                Some(format!("{what} passed over: a hole, or data that a power failure lost"))
            }
            None => None,
        };
        if self.notice != notice {
            let about =
                self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            changes.push(Change::Notice { about, text: notice.clone() });
            self.notice = notice;
        }
    }
}

fn removed(follower: &Follower, channel: &Channel, cause: &'static str) -> Change {
    let extent = follower.most_read();
    Change::Removed(RemovedSegment { id: follower.id, channel: channel.clone(), cause, extent })
}
