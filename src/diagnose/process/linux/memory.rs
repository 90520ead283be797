//! What the arguments of a system call point to, read from the memory of its process. The kernel
//! allows it to whoever may trace the process; nothing is written and nothing is stopped.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use crate::diagnose::process::call::Call;

/// The longest path of the system, in bytes.
const LONGEST_PATH: usize = 4096;
/// So many descriptors of a poll are looked at.
pub(super) const MOST_POLLED: usize = 16;

fn read(pid: u32, address: u64, length: usize) -> Option<Vec<u8>> {
    if address == 0 {
        return None;
    }
    let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
    let mut bytes = vec![0; length];
    let count = memory.read_at(&mut bytes, address).ok()?;
    bytes.truncate(count);
    Some(bytes)
}

/// The path at an address.
pub(super) fn path(pid: u32, address: u64) -> Option<Vec<u8>> {
    // To the end of the page first: the next one may not be there.
    const PAGE: u64 = 4096;
    let to_the_end = usize::try_from(PAGE - address % PAGE).unwrap_or(LONGEST_PATH);
    for length in [LONGEST_PATH, to_the_end] {
        let bytes = read(pid, address, length).unwrap_or_default();
        if let Some(end) = memchr::memchr(0, &bytes) {
            return Some(bytes[..end].to_vec());
        }
    }
    None
}

/// The address that a process connects to, as people write it: a path, or a host and a port.
pub(super) fn socket_address(pid: u32, call: &Call) -> Option<String> {
    const UNIX: u16 = 1;
    const INET: u16 = 2;
    const INET6: u16 = 10;
    const LONGEST: usize = 128;
    let [_, address, length, ..] = call.arguments;
    let bytes = read(pid, address, usize::try_from(length).unwrap_or(0).min(LONGEST))?;
    let port = || Some(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    match u16::from_ne_bytes([*bytes.first()?, *bytes.get(1)?]) {
        UNIX => {
            let path = &bytes[2..];
            let end = memchr::memchr(0, path).unwrap_or(path.len());
            // An abstract name begins with a zero.
            let name = if end == 0 { path.get(1..)? } else { &path[..end] };
            let mark = if end == 0 { "@" } else { "" };
            Some(format!("{mark}{}", String::from_utf8_lossy(name)))
        }
        INET => {
            let host: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            Some(std::net::SocketAddr::from((host, port()?)).to_string())
        }
        INET6 => {
            let host: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            Some(std::net::SocketAddr::from((host, port()?)).to_string())
        }
        _ => None,
    }
}

/// Two numbers at an address, as in a `timespec` or a `timeval`.
fn pair(pid: u32, address: u64) -> Option<(u64, u64)> {
    let bytes = read(pid, address, 16)?;
    let number = |at: usize| Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    Some((number(0)?, number(8)?))
}

/// After how many milliseconds a call gives up, where it says so by a span of time.
pub(super) fn timeout(pid: u32, call: &Call) -> Option<u64> {
    let [first, second, third, fourth, fifth, _] = call.arguments;
    let of_timespec = |address| {
        let (seconds, nanoseconds) = pair(pid, address)?;
        Some(seconds.saturating_mul(1000).saturating_add(nanoseconds / 1_000_000))
    };
    // Below zero: never.
    let of_milliseconds = |argument: u64| u64::try_from(argument as u32 as i32).ok();
    match call.name.as_deref()? {
        "nanosleep" => of_timespec(first),
        // A moment of a clock, not a span, says nothing without that clock.
        "clock_nanosleep" => (second == 0).then(|| of_timespec(third)).flatten(),
        "futex" => of_timespec(fourth),
        "poll" => of_milliseconds(third),
        "ppoll" => of_timespec(third),
        "epoll_wait" | "epoll_pwait" => of_milliseconds(fourth),
        "epoll_pwait2" => of_timespec(fourth),
        "pselect6" => of_timespec(fifth),
        "select" => pair(pid, fifth)
            .map(|(seconds, microseconds)| seconds.saturating_mul(1000).saturating_add(microseconds / 1000)),
        _ => None,
    }
}

/// The descriptors that a `poll` or a `select` waits for, and whether for room to write.
pub(super) fn polled(pid: u32, call: &Call) -> Vec<(u32, bool)> {
    const POLLIN: u16 = 1;
    const POLLOUT: u16 = 4;
    let [first, second, third, ..] = call.arguments;
    match call.name.as_deref() {
        Some("poll" | "ppoll") => {
            let count = usize::try_from(second).unwrap_or(0).min(MOST_POLLED);
            let bytes = read(pid, first, count * 8).unwrap_or_default();
            let one = |entry: &[u8]| {
                let descriptor = i32::from_ne_bytes(entry[..4].try_into().ok()?);
                let events = u16::from_ne_bytes(entry[4..6].try_into().ok()?);
                // One that asks for neither only wants to hear of the end.
                let is_waited_for = events & (POLLIN | POLLOUT) != 0;
                let descriptor = u32::try_from(descriptor).ok().filter(|_| is_waited_for)?;
                Some((descriptor, events & POLLIN == 0))
            };
            bytes.chunks_exact(8).filter_map(one).collect()
        }
        Some("select" | "pselect6") => {
            let count = u32::try_from(first).unwrap_or(0).min(1024);
            let set = |address, for_writing| {
                let bytes = read(pid, address, count.div_ceil(64) as usize * 8).unwrap_or_default();
                let is_in = move |descriptor: &u32| {
                    bytes.get(*descriptor as usize / 8).is_some_and(|byte| byte >> (descriptor % 8) & 1 == 1)
                };
                (0..count).filter(is_in).map(move |descriptor| (descriptor, for_writing))
            };
            set(second, false).chain(set(third, true)).take(MOST_POLLED).collect()
        }
        _ => Vec::new(),
    }
}
