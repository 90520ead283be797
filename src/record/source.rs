//! One pipe (or terminal) from which a step's output is read.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::log::{Log, Stream};
use super::passage::Passage;
use super::pieces::Pieces;

/// The size of pipe that is asked for: room for what a step writes while we are busy.
#[cfg(target_os = "linux")]
const PIPE_SIZE: usize = 1 << 20;

/// How much one read takes at most. What is read stays in the processor's cache until it is written.
pub(crate) const READ_SIZE: usize = 128 << 10;

/// How long a pipe that was just read is left to fill before it is read again, so that a step which
/// writes line by line does not have to wake us for each of them.
const FILL_TIME: Duration = Duration::from_micros(500);

/// The same for a pipe that could not be made large.
const FILL_TIME_OF_SMALL_PIPE: Duration = Duration::from_micros(100);

/// How long after its last output another pipe counts as active. While two are active, none is left
/// to fill, since the order of entries is the order of reading.
const ACTIVE_TIME: Duration = Duration::from_millis(20);

/// One pipe from which output is read.
#[derive(Debug)]
pub(crate) struct Source {
    stream: Stream,
    /// `None` after its end.
    descriptor: Option<OwnedFd>,
    capacity: usize,
    pieces: Pieces,
    passage: Option<Passage>,
    last_read: Option<Instant>,
    /// Until when it is left to fill.
    filling_until: Option<Instant>,
}

impl Source {
    /// Reads `descriptor` as `stream` and passes what comes to `passage`.
    pub(crate) fn new(stream: Stream, descriptor: OwnedFd, passage: Option<Passage>) -> io::Result<Self> {
        let flags = rustix::fs::fcntl_getfl(&descriptor)?;
        rustix::fs::fcntl_setfl(&descriptor, flags | OFlags::NONBLOCK)?;
        Ok(Self {
            stream,
            capacity: enlarge(descriptor.as_fd()),
            descriptor: Some(descriptor),
            pieces: Pieces::default(),
            passage,
            last_read: None,
            filling_until: None,
        })
    }

    pub(crate) fn stream(&self) -> Stream {
        self.stream
    }

    /// Whether more may come.
    pub(crate) fn is_open(&self) -> bool {
        self.descriptor.is_some()
    }

    /// What to wait on for more output; nothing while it is left to fill, or while what came earlier
    /// waits for its reader: that holds the step back as it would without us.
    pub(crate) fn wanted(&self) -> Option<BorrowedFd<'_>> {
        let is_held = self.filling_until.is_some() || self.waits_for_reader();
        self.descriptor.as_ref().filter(|_| !is_held).map(AsFd::as_fd)
    }

    /// What to wait on until more can be passed through.
    pub(crate) fn blocked_target(&self) -> Option<BorrowedFd<'_>> {
        self.passage.as_ref().filter(|passage| passage.is_waiting()).map(Passage::target)
    }

    pub(crate) fn waits_for_reader(&self) -> bool {
        self.passage.as_ref().is_some_and(Passage::is_waiting)
    }

    /// Goes on passing through what waits.
    pub(crate) fn resume(&mut self) {
        if let Some(passage) = &mut self.passage {
            passage.resume();
        }
    }

    /// Why output could not be passed through.
    pub(crate) fn passage_failure(&self) -> Option<&io::Error> {
        self.passage.as_ref().and_then(Passage::failure)
    }

    /// Whether it gave output a moment ago.
    pub(crate) fn is_active(&self, now: Instant) -> bool {
        self.last_read.is_some_and(|last| now.saturating_duration_since(last) < ACTIVE_TIME)
    }

    /// When something is due without new output: the end of filling, or an open line's time.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let open_line = self.pieces.deadline();
        self.filling_until.map_or(open_line, |filled| Some(open_line.map_or(filled, |open| open.min(filled))))
    }

    /// Whether it is left to fill.
    pub(crate) fn is_filling(&self) -> bool {
        self.filling_until.is_some()
    }

    /// Whether the time to fill is over at `now`: then it is to be read without being waited for.
    pub(crate) fn is_filled(&self, now: Instant) -> bool {
        self.filling_until.is_some_and(|until| until <= now)
    }

    /// Reads once, passes it through and adds its entries to the log. Says whether something came.
    pub(crate) fn read(&mut self, buffer: &mut [u8], now: Instant, may_fill: bool, log: &mut Log) -> bool {
        self.filling_until = None;
        let Some(descriptor) = &self.descriptor else {
            return false;
        };
        let length = match rustix::io::read(descriptor, &mut *buffer) {
            Err(Errno::AGAIN | Errno::INTR) => return false,
            // A terminal whose other side is closed answers with EIO; no other error can go away.
            Ok(0) | Err(_) => {
                self.descriptor = None;
                self.finish(log);
                return false;
            }
            Ok(length) => length,
        };
        let read = &buffer[..length];
        if let Some(passage) = &mut self.passage {
            passage.pass(read);
        }
        let stream = self.stream;
        self.pieces.push(read, now, |piece| log.output(stream, piece));
        self.last_read = Some(now);
        if may_fill && length < buffer.len() && length < self.capacity / 4 {
            let fill_time = if self.capacity >= READ_SIZE { FILL_TIME } else { FILL_TIME_OF_SMALL_PIPE };
            self.filling_until = Some(now + fill_time);
        }
        true
    }

    /// Adds the open line to the log if its time is over.
    pub(crate) fn expire(&mut self, now: Instant, log: &mut Log) {
        let stream = self.stream;
        self.pieces.expire(now, |piece| log.output(stream, piece));
    }

    /// Adds what is left to the log.
    pub(crate) fn finish(&mut self, log: &mut Log) {
        let stream = self.stream;
        self.pieces.finish(|piece| log.output(stream, piece));
    }
}

/// Makes a pipe as large as it may be and says how large it is.
#[cfg(target_os = "linux")]
fn enlarge(descriptor: BorrowedFd<'_>) -> usize {
    rustix::pipe::fcntl_setpipe_size(descriptor, PIPE_SIZE)
        .or_else(|_| rustix::pipe::fcntl_getpipe_size(descriptor))
        .unwrap_or(4096)
}

#[cfg(not(target_os = "linux"))]
fn enlarge(_descriptor: BorrowedFd<'_>) -> usize {
    16 << 10
}
