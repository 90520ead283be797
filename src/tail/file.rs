//! One log file, followed by identity, length and offset.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use super::follower::Look;
use super::follower::{Follower, same_bytes_from};
use super::identity::{Identity, read_at};
use super::order::Order;
use super::{Change, OpenedSegment, RemovedSegment, SegmentId};
use crate::run::{Channel, RunDirectory};

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
}

impl FileTail {
    /// Follows `path` as `channel`. Nothing is opened before the first look.
    #[must_use]
    pub fn new(channel: Channel, path: PathBuf) -> Self {
        Self { channel, path, current: None, held: Vec::new(), complaint: None }
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
        self.current.as_ref().map_or(0, |current| current.offset)
    }

    /// Reads the first bytes of the file that was found at the path, which something else may hide
    /// by now; how many there are.
    pub fn read_head(&self, head: &mut [u8]) -> usize {
        self.current.as_ref().map_or(0, |current| read_at(&current.file, head, 0).unwrap_or(0))
    }

    /// Follows another path from now on: the file of the same channel moved there.
    pub fn move_to(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Forgets what was read, so that the next look reports everything anew. Held files stay. What
    /// was truncated meanwhile is reported now, because later nothing would be known of it.
    pub fn restart(&mut self, changes: &mut Vec<Change>) {
        self.remove_held_rewritten(changes, &mut Look::default());
        self.remove_current_rewritten(changes, &mut Look::default());
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
        let mut look = Look { caught_up: true, ..Look::default() };
        match self.reconcile(run, now, next, changes, &mut look) {
            Ok(()) => self.complain(None, changes),
            Err(error) => self.complain(Some(format!("cannot be read: {error}; trying again")), changes),
        }
        if look.must_restart {
            return look;
        }
        let mut failed = None;
        for follower in self.held.iter_mut().map(|(follower, _)| follower).chain(&mut self.current) {
            if let Err(error) = follower.read(order, changes, &mut look) {
                failed = Some(error);
            }
        }
        if let Some(error) = failed {
            self.complain(Some(format!("cannot be read: {error}; trying again")), changes);
        }
        look
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
        self.remove_current_rewritten(changes, look);
        let metadata = match fs::metadata(&self.path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.detach(now, changes);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let identity = Identity::of(&metadata);
        if self.current.as_ref().is_some_and(|current| current.identity != identity)
            && (self.is_held(identity) || !self.goes_on_in(run, changes)?)
        {
            self.detach(now, changes);
        }
        if self.current.is_none() && !look.must_restart && !self.take_back(identity, changes) {
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
    /// one and all that was not, as after an atomic replacement by a tool that wrote the log anew
    /// with more lines. Then reading goes on in it.
    fn goes_on_in(&mut self, run: &RunDirectory, changes: &mut Vec<Change>) -> io::Result<bool> {
        let Some(current) = &mut self.current else { return Ok(false) };
        let file = run.open(&self.path)?;
        let metadata = file.metadata()?;
        let is_same = current.offset > 0
            && current.reported.is_in(&file)?
            && same_bytes_from(current.offset, &current.file, &file)?;
        if !is_same {
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

    fn is_held(&self, identity: Identity) -> bool {
        self.held.iter().any(|(follower, _)| follower.identity == identity)
    }

    /// Goes on with a held file that came back to the path: opened anew it would be read twice.
    fn take_back(&mut self, identity: Identity, changes: &mut Vec<Change>) -> bool {
        let place = self.held.iter().position(|(follower, _)| follower.identity == identity);
        self.current = place.map(|place| self.held.remove(place).0);
        changes.extend(self.current.iter().map(|current| Change::Attached { segment: current.id }));
        place.is_some()
    }

    /// Where the bytes of the current file were overwritten, what was read of it cannot be shown
    /// again. Asked of the open file, because something else may stand at its path by now.
    fn remove_current_rewritten(&mut self, changes: &mut Vec<Change>, look: &mut Look) {
        if let Some(follower) = self.current.take_if(|current| current.is_rewritten()) {
            changes.push(removed(&follower, &self.channel, "truncated"));
            look.must_restart = true;
        }
    }

    fn remove_held_rewritten(&mut self, changes: &mut Vec<Change>, look: &mut Look) {
        for (follower, _) in self.held.extract_if(.., |(follower, _)| follower.is_rewritten()) {
            changes.push(removed(&follower, &self.channel, "truncated after it was renamed"));
            look.must_restart = true;
        }
    }

    /// Lets go of the oldest held files when there are too many, and of those without a line.
    fn held_out(&mut self, now: Instant, changes: &mut Vec<Change>, look: &mut Look) {
        let settled = |since: &Instant| now.duration_since(*since) >= DRAINED_FOR;
        self.held.retain(|(follower, since)| follower.offset > 0 || !settled(since));
        self.remove_held_rewritten(changes, look);
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
