//! Passing a step's output through to where our own goes, without ever waiting for it: a reader
//! that is slow holds the step back, as it would without us, but never our record of it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::FileType;
use rustix::time::Timespec;

/// How much can be written to a pipe that is ready without waiting: POSIX promises it.
const SURE_LENGTH: usize = 4096;

/// One of our own streams, to which output passes.
#[derive(Debug)]
pub(crate) struct Passage {
    target: File,
    manner: Manner,
    waiting: Vec<u8>,
    failure: Option<io::Error>,
}

/// How the target is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It is a file or a device that takes everything at once.
    AtOnce,
    /// Our own open file description of it says when it is full.
    NonBlocking,
    /// The description is shared with others, so its mode is not ours to change: it is asked before
    /// each small write.
    Asked,
}

impl Passage {
    /// A passage to the stream `target`, which stays open for its owner.
    pub(crate) fn new(target: BorrowedFd<'_>) -> io::Result<Self> {
        let kind = FileType::from_raw_mode(rustix::fs::fstat(target)?.st_mode);
        let takes_all = kind == FileType::RegularFile
            || (kind == FileType::CharacterDevice && !rustix::termios::isatty(target));
        let (target, manner) = if takes_all {
            (File::from(target.try_clone_to_owned()?), Manner::AtOnce)
        } else if let Some(own) = open_again(target) {
            (own, Manner::NonBlocking)
        } else {
            (File::from(target.try_clone_to_owned()?), Manner::Asked)
        };
        Ok(Self { target, manner, waiting: Vec::new(), failure: None })
    }

    /// Passes bytes through; what the target does not take waits.
    pub(crate) fn pass(&mut self, bytes: &[u8]) {
        if !self.waiting.is_empty() {
            self.waiting.extend_from_slice(bytes);
            return;
        }
        let taken = self.write(bytes);
        self.waiting.extend_from_slice(&bytes[taken..]);
    }

    /// Goes on with what waits, now that the target may take more.
    pub(crate) fn resume(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let taken = self.write(&waiting);
        self.waiting.extend_from_slice(&waiting[taken..]);
    }

    /// Whether output waits for its reader.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The stream, to wait until it takes more.
    pub(crate) fn target(&self) -> BorrowedFd<'_> {
        self.target.as_fd()
    }

    /// Why output could not be passed through, unless its reader only went away.
    pub(crate) fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }

    /// Writes as much as the target takes now and says how much that was. After a failure everything
    /// counts as taken: the step must not wait for a stream that is gone.
    fn write(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() && !self.has_broken_off() {
            let rest = &bytes[taken..];
            let part = match self.manner {
                Manner::AtOnce | Manner::NonBlocking => rest,
                Manner::Asked if self.is_ready() => &rest[..rest.len().min(SURE_LENGTH)],
                Manner::Asked => return taken,
            };
            match self.target.write(part) {
                Ok(length) => taken += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return taken,
                Err(error) => {
                    self.failure = Some(error);
                    return bytes.len();
                }
            }
        }
        bytes.len()
    }

    /// A full disk may have room again; a reader that went away does not come back.
    fn has_broken_off(&self) -> bool {
        self.failure.as_ref().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }

    fn is_ready(&self) -> bool {
        let mut ready = [PollFd::new(&self.target, PollFlags::OUT)];
        let at_once = Timespec::try_from(Duration::ZERO).ok();
        poll(&mut ready, at_once.as_ref()).is_ok_and(|count| count > 0)
    }
}

/// Opens what a descriptor refers to once more, so that it can be made non-blocking for us alone.
#[cfg(target_os = "linux")]
fn open_again(descriptor: BorrowedFd<'_>) -> Option<File> {
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
    File::options().write(true).custom_flags(flags.bits().cast_signed()).open(path).ok()
}

#[cfg(not(target_os = "linux"))]
fn open_again(_descriptor: BorrowedFd<'_>) -> Option<File> {
    None
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn passes_everything_without_waiting(manner: Option<Manner>) {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut passage = Passage::new(writer.as_fd()).unwrap();
        passage.manner = manner.unwrap_or(passage.manner);
        if manner == Some(Manner::Asked) {
            passage.target = File::from(writer.as_fd().try_clone_to_owned().unwrap());
        }
        let text: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        for part in text.chunks(100_000) {
            passage.pass(part);
        }
        assert!(passage.is_waiting(), "a pipe does not hold that much");
        let mut read = vec![0; text.len()];
        let mut length = 0;
        while length < text.len() {
            passage.resume();
            length += reader.read(&mut read[length..]).unwrap();
        }
        assert!(read == text);
        assert!(!passage.is_waiting());
    }

    #[test]
    fn a_slow_reader_gets_everything_and_nobody_waits_for_it() {
        passes_everything_without_waiting(None);
        passes_everything_without_waiting(Some(Manner::Asked));
    }

    #[test]
    fn a_reader_that_went_away_stops_nothing() {
        let (reader, writer) = io::pipe().unwrap();
        let mut passage = Passage::new(writer.as_fd()).unwrap();
        drop(reader);
        for _ in 0..3 {
            passage.pass(b"gone\n");
            assert!(!passage.is_waiting());
        }
        assert!(passage.failure().is_none(), "that is no failure to speak of");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named_and_does_not_hold_the_step_back() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut passage = Passage::new(full.as_fd()).unwrap();
        passage.pass(b"too much\n");
        assert!(!passage.is_waiting());
        assert!(passage.failure().unwrap().to_string().contains("No space"));
    }
}
