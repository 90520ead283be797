//! Who holds the lock that a process waits for, from `/proc/locks`.

use std::fs;

use crate::diagnose::process::LockHolder;

/// The processes that hold a lock for which `pid` waits, or a lock on that file.
pub(super) fn holders(pid: u32, inode: Option<u64>) -> Vec<LockHolder> {
    let text = fs::read_to_string("/proc/locks").unwrap_or_default();
    let mut pids: Vec<Option<u32>> = Vec::new();
    for holder in holders_in(&text, pid, inode).into_iter().filter(|holder| *holder != Some(pid)) {
        let lives = holder.is_some_and(|holder| name(holder).is_some());
        // Who took the lock may have ended, and left it to whoever inherited the open file.
        let heirs = if lives { Vec::new() } else { inode.map(heirs_of).unwrap_or_default() };
        if heirs.is_empty() {
            pids.push(holder);
        } else {
            pids.extend(heirs.into_iter().filter(|heir| *heir != pid).map(Some));
        }
    }
    let holder = |pid: Option<u32>| LockHolder { pid, name: pid.and_then(name).unwrap_or_default() };
    pids.into_iter().map(holder).collect()
}

/// The processes that have a file open on which this open file itself holds a lock: its `fdinfo` has
/// a line of `/proc/locks` in it.
fn heirs_of(inode: u64) -> Vec<u32> {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = names.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fdinfo")).into_iter().flatten().flatten();
        let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
        texts.filter(|text| text.contains("lock:")).any(|text| {
            let locks = text.lines().filter_map(|line| line.strip_prefix("lock:"));
            locks.flat_map(str::split_whitespace).any(|word| {
                let mut numbers = word.split(':');
                let [_, _, number] = [numbers.next(), numbers.next(), numbers.next()];
                number.and_then(|number| number.parse().ok()) == Some(inode)
            })
        })
    })
    .collect()
}

/// The pids of the holders; `None` for one that the kernel does not tell.
///
/// A line is `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`; those that wait for it follow with the
/// same number and an arrow: `1: -> FLOCK …`. A lock of an open file description has the pid -1.
fn holders_in(text: &str, pid: u32, inode: Option<u64>) -> Vec<Option<u32>> {
    struct Line<'a> {
        number: &'a str,
        waits: bool,
        pid: Option<u32>,
        inode: Option<u64>,
    }
    let lines: Vec<Line<'_>> = text
        .lines()
        .filter_map(|line| {
            let (number, rest) = line.split_once(": ")?;
            let rest = rest.trim_start();
            let waits = rest.starts_with("->");
            let mut words = rest.trim_start_matches("->").split_whitespace().skip(3);
            let pid = words.next()?.parse().ok();
            let inode = words.next()?.rsplit(':').next()?.parse().ok();
            Some(Line { number, waits, pid, inode })
        })
        .collect();
    let waited_for: Vec<&str> =
        lines.iter().filter(|line| line.waits && line.pid == Some(pid)).map(|line| line.number).collect();
    let is_held = |line: &&Line<'_>| {
        let by_number = waited_for.contains(&line.number);
        let by_file = waited_for.is_empty() && inode.is_some() && line.inode == inode;
        !line.waits && (by_number || by_file)
    };
    lines.iter().filter(is_held).map(|line| line.pid).collect()
}

fn name(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|name| name.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKS: &str = "\
1: POSIX  ADVISORY  WRITE 300 fe:00:77 0 EOF
1: -> POSIX  ADVISORY  WRITE 400 fe:00:77 0 EOF
2: OFDLCK ADVISORY  WRITE -1 fe:00:88 0 EOF
3: FLOCK  ADVISORY  WRITE 500 fe:00:99 0 EOF
";

    #[test]
    fn the_holder_is_the_line_that_the_waiting_one_follows_and_else_that_of_the_file() {
        assert_eq!(holders_in(LOCKS, 400, None), [Some(300)]);
        assert_eq!(holders_in(LOCKS, 9, Some(99)), [Some(500)]);
        assert_eq!(holders_in(LOCKS, 9, Some(88)), [None], "nobody is named");
        assert_eq!(holders_in(LOCKS, 9, None), []);
    }
}
