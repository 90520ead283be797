//! What this host says of itself and of its processes. On Linux it is read from procfs; where a
//! system does not tell, the answer is `None`: unknown, never a guess.

use std::fs;
use std::sync::OnceLock;

/// The id of this boot of the host: what is known of processes holds for one boot only.
#[must_use]
pub fn boot_id() -> Option<String> {
    // No process outlives a boot, and a list asks for every run again and again.
    static KNOWN: OnceLock<String> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        return Some(known.clone());
    }
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = Some(id.trim().to_owned()).filter(|id| !id.is_empty())?;
    Some(KNOWN.get_or_init(|| id).clone())
}

/// The host's name.
#[cfg(unix)]
#[must_use]
pub fn name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Some(name).filter(|name| !name.is_empty())
}

/// The host's name.
#[cfg(not(unix))]
#[must_use]
pub fn name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// The pid namespace of this process as the kernel names it, for example `pid:[4026531836]`.
#[must_use]
pub fn pid_namespace() -> Option<String> {
    // A process stays in its own for ever: see pid_namespaces(7).
    static KNOWN: OnceLock<String> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        return Some(known.clone());
    }
    let name = fs::read_link("/proc/self/ns/pid").ok()?.into_os_string().into_string().ok()?;
    Some(KNOWN.get_or_init(|| name).clone())
}

/// When the process started, in the kernel's clock ticks since boot. Together with the pid it names
/// a process for good.
#[must_use]
pub fn start_time(pid: u32) -> Option<u64> {
    process::stat(pid).map(|stat| stat.start_time)
}

/// Processor time that the process and the children it waited for have used, in milliseconds.
#[must_use]
pub fn cpu_milliseconds(pid: u32) -> Option<u64> {
    process::stat(pid).map(|stat| stat.cpu_milliseconds)
}

/// The state of a process as the letter of the kernel: see proc_pid_stat(5).
#[must_use]
pub fn process_state(pid: u32) -> Option<char> {
    process::stat(pid).map(|stat| stat.state)
}

/// What the kernel says of a process in one line: see proc_pid_stat(5).
#[cfg(target_os = "linux")]
#[must_use]
pub fn stat(pid: u32) -> Option<procfs::process::Stat> {
    use std::io::Read as _;

    use procfs::FromRead as _;
    // All processes of a machine are asked again and again: one read, into more than there can be.
    let mut line = [0; 4096];
    let length = fs::File::open(format!("/proc/{pid}/stat")).ok()?.read(&mut line).ok()?;
    procfs::process::Stat::from_read(&line[..length]).ok()
}

/// How many bytes an ordinary user may still write where that path is.
#[cfg(unix)]
#[must_use]
pub fn free_bytes(path: &std::path::Path) -> Option<u64> {
    let system = rustix::fs::statvfs(path).ok()?;
    Some(system.f_bavail.saturating_mul(system.f_frsize))
}

/// How many bytes may still be written: not told here.
#[cfg(not(unix))]
#[must_use]
pub fn free_bytes(_path: &std::path::Path) -> Option<u64> {
    None
}

/// Whether the process of that pid still lives and is the one that started at `started`. A process
/// that exited and was not yet waited for is gone. `None` where it cannot be told.
#[must_use]
pub fn is_alive(pid: u32, started: Option<u64>) -> Option<bool> {
    match process::stat(pid) {
        Some(stat) => Some(!stat.ended && started.is_none_or(|started| started == stat.start_time)),
        None => process::is_missing(pid).then_some(false),
    }
}

/// Whether this process ignores the signal of that number, as `nohup` arranges it. `None` where it
/// cannot be told.
#[must_use]
pub fn ignores_signal(number: u32) -> Option<bool> {
    let ignored = process::ignored_signals()?;
    Some(number.checked_sub(1).and_then(|shift| ignored.checked_shr(shift)).is_some_and(|bits| bits & 1 == 1))
}

/// What is read of a process's `stat`.
struct Stat {
    start_time: u64,
    cpu_milliseconds: u64,
    state: char,
    ended: bool,
}

#[cfg(target_os = "linux")]
mod process {
    use super::Stat;

    pub(super) fn stat(pid: u32) -> Option<Stat> {
        let stat = super::stat(pid)?;
        let of_children = u64::try_from(stat.cutime.saturating_add(stat.cstime)).unwrap_or(0);
        let ticks = stat.utime.saturating_add(stat.stime).saturating_add(of_children);
        Some(Stat {
            start_time: stat.starttime,
            cpu_milliseconds: ticks.saturating_mul(1000) / procfs::ticks_per_second().max(1),
            state: stat.state,
            ended: matches!(stat.state, 'Z' | 'X' | 'x'),
        })
    }

    /// Whether there is certainly no process of that pid. A process that procfs hides from us is
    /// not missing.
    pub(super) fn is_missing(pid: u32) -> bool {
        let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else {
            return true;
        };
        rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
    }

    pub(super) fn ignored_signals() -> Option<u64> {
        procfs::process::Process::myself().ok()?.status().ok().map(|status| status.sigign)
    }
}

#[cfg(not(target_os = "linux"))]
mod process {
    use super::Stat;

    pub(super) fn stat(_pid: u32) -> Option<Stat> {
        None
    }

    pub(super) fn is_missing(_pid: u32) -> bool {
        false
    }

    pub(super) fn ignored_signals() -> Option<u64> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_host_tells_its_boot_name_and_pid_namespace() {
        assert_eq!(boot_id().unwrap().len(), 36);
        assert!(name().is_some());
        assert!(pid_namespace().unwrap().starts_with("pid:["));
    }

    #[test]
    fn a_process_is_alive_only_under_its_own_start_time() {
        let own = std::process::id();
        let started = start_time(own).unwrap();
        assert_eq!(is_alive(own, Some(started)), Some(true));
        assert_eq!(is_alive(own, None), Some(true));
        assert_eq!(is_alive(own, Some(started + 1)), Some(false));
        assert!(cpu_milliseconds(own).is_some());
    }

    #[test]
    fn a_process_that_exited_is_gone_before_and_after_it_is_waited_for() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let (pid, started) = (child.id(), start_time(child.id()));
        assert_eq!(is_alive(pid, started), Some(true));
        child.kill().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while is_alive(pid, started) != Some(false) {
            assert!(std::time::Instant::now() < deadline, "the killed process is still called alive");
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert_eq!(is_alive(pid, started), Some(false));
        assert_eq!(is_alive(0, None), Some(false));
        assert_eq!(is_alive(u32::MAX, None), Some(false));
    }

    #[test]
    fn signals_that_are_not_ignored_are_told_apart_from_those_that_are() {
        const SIGPIPE: u32 = 13;
        assert_eq!(ignores_signal(SIGPIPE), Some(true), "the Rust runtime ignores it");
        assert_eq!(ignores_signal(0), Some(false));
        assert_eq!(ignores_signal(200), Some(false));
    }
}
