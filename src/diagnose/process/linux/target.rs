//! What stands behind the descriptors of a process, and who is at the other end.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::sockets::Sockets;
use super::{locks, memory};
use crate::diagnose::process::call::{Call, Wait};
use crate::diagnose::process::{Polled, Target};

/// Looks targets up. The processes at the ends of pipes are found once, when one is asked for.
pub(super) struct Targets<'m> {
    members: &'m BTreeSet<u32>,
    /// By the number of a pipe: who holds which end.
    ends: Option<Ends>,
    /// By the network namespace, as the kernel names it.
    sockets: HashMap<PathBuf, Sockets>,
}

/// Who has which pipes and which sockets open, by their numbers in the kernel.
#[derive(Default)]
struct Ends {
    pipes: HashMap<u64, Vec<End>>,
    sockets: HashMap<u64, BTreeSet<u32>>,
}

/// That a process has a pipe or a FIFO open.
#[derive(Clone, Copy)]
struct End {
    pid: u32,
    reads: bool,
    writes: bool,
}

impl<'m> Targets<'m> {
    pub(super) fn new(members: &'m BTreeSet<u32>) -> Self {
        Self { members, ends: None, sockets: HashMap::new() }
    }

    /// What stands behind a descriptor on which a process waits.
    pub(super) fn of(&mut self, pid: u32, descriptor: u32, wait: Wait) -> Option<Target> {
        let place = format!("/proc/{pid}/fd/{descriptor}");
        let link = fs::read_link(&place).ok()?;
        let text = link.to_string_lossy().into_owned();
        let number = |kind: &str| text.strip_prefix(kind)?.strip_suffix(']')?.parse::<u64>().ok();
        if let Some(inode) = number("pipe:[") {
            return Some(Target::Pipe { inode, others: self.others(pid, inode, wait) });
        }
        if let Some(inode) = number("socket:[") {
            return Some(self.socket(pid, inode));
        }
        let metadata = fs::metadata(&place).ok();
        let kind = metadata.as_ref().map(fs::Metadata::file_type);
        if kind.is_some_and(|kind| kind.is_fifo()) {
            let inode = metadata.map_or(0, |metadata| metadata.ino());
            return Some(Target::Fifo { path: text, others: self.others(pid, inode, wait) });
        }
        let is_master = text.ends_with("/ptmx");
        if (text.starts_with("/dev/pts/") && !is_master)
            || text.starts_with("/dev/tty")
            || text == "/dev/console"
        {
            return Some(Target::Terminal { path: text });
        }
        if kind.is_some_and(|kind| kind.is_file()) {
            let holders = if wait == Wait::Lock {
                locks::holders(pid, metadata.map(|metadata| metadata.ino()))
            } else {
                Vec::new()
            };
            return Some(Target::File { path: text, holders });
        }
        Some(Target::Other { text })
    }

    /// What a process is about to open.
    pub(super) fn opened(&mut self, pid: u32, call: &Call) -> Option<Target> {
        let is_plain = call.name.as_deref() == Some("open");
        let address = call.arguments[usize::from(!is_plain)];
        let bytes = memory::path(pid, address)?;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(&bytes));
        // Without a folder, or with a negative one, it is the working directory that counts.
        let folder = match u32::try_from(call.arguments[0] as i32) {
            Ok(descriptor) if !is_plain => format!("/proc/{pid}/fd/{descriptor}"),
            _ => format!("/proc/{pid}/cwd"),
        };
        let folder = fs::read_link(folder).unwrap_or_default();
        let path = folder.join(path);
        let text = path.to_string_lossy().into_owned();
        // As the process sees it: it may have a root of its own.
        let seen = Path::new(&format!("/proc/{pid}/root")).join(path.strip_prefix("/").unwrap_or(&path));
        let metadata = fs::metadata(seen).ok();
        Some(match metadata {
            Some(metadata) if metadata.file_type().is_fifo() => {
                Target::Fifo { path: text, others: self.others(pid, metadata.ino(), Wait::Open) }
            }
            _ => Target::File { path: text, holders: Vec::new() },
        })
    }

    /// The descriptors that a process waits for at once.
    pub(super) fn polled(&mut self, pid: u32, call: &Call) -> Vec<Polled> {
        let descriptors = match call.name.as_deref() {
            Some("epoll_wait" | "epoll_pwait" | "epoll_pwait2") => {
                watched(pid, u32::try_from(call.arguments[0]).unwrap_or(u32::MAX))
            }
            _ => memory::polled(pid, call),
        };
        let one = |(descriptor, for_writing)| {
            let wait = if for_writing { Wait::Write } else { Wait::Read };
            Polled { descriptor, for_writing, target: self.of(pid, descriptor, wait) }
        };
        descriptors.into_iter().map(one).collect()
    }

    /// The socket of that number, and the processes that have its other end open.
    fn socket(&mut self, pid: u32, inode: u64) -> Target {
        let namespace = fs::read_link(format!("/proc/{pid}/ns/net")).unwrap_or_default();
        let sockets = self.sockets.entry(namespace).or_insert_with(|| Sockets::of(pid));
        let (mut target, other) = sockets.get(inode);
        if let (Target::Socket { others, .. }, Some(other)) = (&mut target, other) {
            let members = self.members;
            let ends = self.ends.get_or_insert_with(|| find_ends(members));
            others.extend(ends.sockets.get(&other).into_iter().flatten());
        }
        target
    }

    /// The processes at the other end of a pipe: its readers for one who writes, else its writers.
    fn others(&mut self, pid: u32, inode: u64, wait: Wait) -> Vec<u32> {
        let members = self.members;
        let ends = self.ends.get_or_insert_with(|| find_ends(members));
        let of_pipe = ends.pipes.get(&inode).map(Vec::as_slice).unwrap_or_default();
        let is_other = |end: &&End| match wait {
            Wait::Write => end.reads,
            Wait::Open => end.pid != pid,
            _ => end.writes,
        };
        let others: BTreeSet<u32> = of_pipe.iter().filter(is_other).map(|end| end.pid).collect();
        others.into_iter().collect()
    }
}

/// The descriptors that an epoll instance watches, from its `fdinfo`: `tfd: 5 events: 19 data: …`.
fn watched(pid: u32, descriptor: u32) -> Vec<(u32, bool)> {
    let text = fs::read_to_string(format!("/proc/{pid}/fdinfo/{descriptor}")).unwrap_or_default();
    let one = |line: &str| {
        let mut words = line.strip_prefix("tfd:")?.split_whitespace();
        let watched = words.next()?.parse().ok()?;
        let events = u32::from_str_radix(words.nth(1)?, 16).ok()?;
        // One that asks for neither only wants to hear of the end.
        (events & 5 != 0).then_some((watched, events & 1 == 0))
    };
    text.lines().filter_map(one).take(memory::MOST_POLLED).collect()
}

/// Which processes have which pipes and sockets open. Of processes that may not be read nothing is known.
fn find_ends(members: &BTreeSet<u32>) -> Ends {
    let mut ends = Ends::default();
    let others = fs::read_dir("/proc").into_iter().flatten().flatten();
    let others = others.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pids: BTreeSet<u32> = members.iter().copied().chain(others).collect();
    for pid in pids {
        for entry in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            let Ok(link) = fs::read_link(entry.path()) else { continue };
            let text = link.to_string_lossy();
            if let Some(socket) = text.strip_prefix("socket:[") {
                if let Some(inode) = socket.strip_suffix(']').and_then(|number| number.parse().ok()) {
                    ends.sockets.entry(inode).or_default().insert(pid);
                }
                continue;
            }
            let inode = match text.strip_prefix("pipe:[") {
                Some(rest) => rest.strip_suffix(']').and_then(|number| number.parse().ok()),
                None if text.starts_with('/') && !text.starts_with("/dev/") => fs::metadata(entry.path())
                    .ok()
                    .filter(|metadata| metadata.file_type().is_fifo())
                    .map(|metadata| metadata.ino()),
                None => None,
            };
            let Some(inode) = inode else { continue };
            let (reads, writes) = access(pid, &entry.file_name().to_string_lossy());
            ends.pipes.entry(inode).or_default().push(End { pid, reads, writes });
        }
    }
    ends
}

/// Whether a descriptor was opened for reading, and for writing: the last two bits of the octal flags
/// in its `fdinfo`, see proc_pid_fdinfo(5).
fn access(pid: u32, descriptor: &str) -> (bool, bool) {
    let text = fs::read_to_string(format!("/proc/{pid}/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()).unwrap_or(0);
    (flags & 3 != 1, flags & 3 != 0)
}
