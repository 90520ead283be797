//! The system calls in which processes wait, by their numbers.
//!
//! The numbers are those of the kernel's tables for x86-64 and for arm64, riscv64 and loongarch64,
//! which share one; see syscalls(2). Calls that do not wait are only numbers here.

use serde::{Deserialize, Serialize};

/// A system call of a thread.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Call {
    /// Its number on this machine.
    pub number: u64,
    /// Its name, where it is one in which threads wait.
    pub name: Option<String>,
    /// Its arguments as they stand in the registers.
    #[serde(skip)]
    pub arguments: [u64; 6],
}

/// In which way a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// For something to read from a descriptor.
    Read,
    /// For room to write to a descriptor.
    Write,
    /// For a connection to be made.
    Connect,
    /// For somebody to connect.
    Accept,
    /// For the partner of a FIFO, or a slow file system, while opening.
    Open,
    /// For a lock on a file.
    Lock,
    /// For another thread.
    Futex,
    /// For a timer.
    Timer,
    /// For a child process.
    Child,
    /// For one of several descriptors.
    Poll,
    /// For a signal.
    Signal,
    /// For a disk.
    Disk,
    /// For a message of another process.
    Message,
    /// For a semaphore of several processes.
    Semaphore,
}

/// What is known of a call: its numbers on x86-64 and in the shared table, its name, how it waits,
/// and which of its arguments is the descriptor.
struct Known {
    x86_64: Option<u64>,
    shared: Option<u64>,
    name: &'static str,
    wait: Wait,
    descriptor: Option<usize>,
}

const fn known(
    x86_64: Option<u64>,
    shared: Option<u64>,
    name: &'static str,
    wait: Wait,
    descriptor: Option<usize>,
) -> Known {
    Known { x86_64, shared, name, wait, descriptor }
}

const KNOWN: &[Known] = &[
    known(Some(0), Some(63), "read", Wait::Read, Some(0)),
    known(Some(17), Some(67), "pread64", Wait::Read, Some(0)),
    known(Some(19), Some(65), "readv", Wait::Read, Some(0)),
    known(Some(295), Some(69), "preadv", Wait::Read, Some(0)),
    known(Some(45), Some(207), "recvfrom", Wait::Read, Some(0)),
    known(Some(47), Some(212), "recvmsg", Wait::Read, Some(0)),
    known(Some(299), Some(243), "recvmmsg", Wait::Read, Some(0)),
    known(Some(275), Some(76), "splice", Wait::Read, Some(0)),
    known(Some(276), Some(77), "tee", Wait::Read, Some(0)),
    known(Some(1), Some(64), "write", Wait::Write, Some(0)),
    known(Some(18), Some(68), "pwrite64", Wait::Write, Some(0)),
    known(Some(20), Some(66), "writev", Wait::Write, Some(0)),
    known(Some(40), Some(71), "sendfile", Wait::Write, Some(0)),
    known(Some(44), Some(206), "sendto", Wait::Write, Some(0)),
    known(Some(46), Some(211), "sendmsg", Wait::Write, Some(0)),
    known(Some(307), Some(269), "sendmmsg", Wait::Write, Some(0)),
    known(Some(42), Some(203), "connect", Wait::Connect, Some(0)),
    known(Some(43), Some(202), "accept", Wait::Accept, Some(0)),
    known(Some(288), Some(242), "accept4", Wait::Accept, Some(0)),
    known(Some(2), None, "open", Wait::Open, None),
    known(Some(257), Some(56), "openat", Wait::Open, None),
    known(Some(437), Some(437), "openat2", Wait::Open, None),
    known(Some(73), Some(32), "flock", Wait::Lock, Some(0)),
    known(Some(72), Some(25), "fcntl", Wait::Lock, Some(0)),
    known(Some(202), Some(98), "futex", Wait::Futex, None),
    known(Some(449), Some(449), "futex_waitv", Wait::Futex, None),
    known(Some(455), Some(455), "futex_wait", Wait::Futex, None),
    known(Some(35), Some(101), "nanosleep", Wait::Timer, None),
    known(Some(230), Some(115), "clock_nanosleep", Wait::Timer, None),
    known(Some(61), Some(260), "wait4", Wait::Child, None),
    known(Some(247), Some(95), "waitid", Wait::Child, None),
    known(Some(7), None, "poll", Wait::Poll, None),
    known(Some(271), Some(73), "ppoll", Wait::Poll, None),
    known(Some(23), None, "select", Wait::Poll, None),
    known(Some(270), Some(72), "pselect6", Wait::Poll, None),
    known(Some(232), None, "epoll_wait", Wait::Poll, Some(0)),
    known(Some(281), Some(22), "epoll_pwait", Wait::Poll, Some(0)),
    known(Some(441), Some(441), "epoll_pwait2", Wait::Poll, Some(0)),
    known(Some(426), Some(426), "io_uring_enter", Wait::Poll, Some(0)),
    known(Some(208), Some(4), "io_getevents", Wait::Poll, None),
    known(Some(34), None, "pause", Wait::Signal, None),
    known(Some(130), Some(133), "rt_sigsuspend", Wait::Signal, None),
    known(Some(128), Some(137), "rt_sigtimedwait", Wait::Signal, None),
    known(Some(74), Some(82), "fsync", Wait::Disk, Some(0)),
    known(Some(75), Some(83), "fdatasync", Wait::Disk, Some(0)),
    known(Some(162), Some(81), "sync", Wait::Disk, None),
    known(Some(277), Some(84), "sync_file_range", Wait::Disk, Some(0)),
    known(Some(65), Some(193), "semop", Wait::Semaphore, None),
    known(Some(220), Some(192), "semtimedop", Wait::Semaphore, None),
    known(Some(70), Some(188), "msgrcv", Wait::Message, None),
    known(Some(69), Some(189), "msgsnd", Wait::Message, None),
    known(Some(243), Some(183), "mq_timedreceive", Wait::Message, Some(0)),
    known(Some(242), Some(182), "mq_timedsend", Wait::Message, Some(0)),
];

/// The commands of `fcntl` that wait for a lock: `F_SETLKW` and `F_OFD_SETLKW`, see fcntl(2).
const WAITING_LOCKS: [u64; 2] = [7, 38];

impl Call {
    /// Reads what the kernel says in `syscall`: `running`, or the number, six arguments, the stack
    /// pointer and the program counter; the number is -1 where the thread is blocked outside of a
    /// call. `None` where it is in no call.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let number: u64 = words.next()?.parse().ok()?;
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = u64::from_str_radix(words.next()?.strip_prefix("0x")?, 16).ok()?;
        }
        let name = on_this_machine(number).map(|known| known.name.to_owned());
        Some(Self { number, name, arguments })
    }

    /// Whether it waits for a futex that several processes may share: `FUTEX_PRIVATE_FLAG` is not set,
    /// see futex(2).
    #[must_use]
    pub fn is_shared_futex(&self) -> bool {
        const PRIVATE: u64 = 128;
        self.name.as_deref() == Some("futex") && self.arguments[1] & PRIVATE == 0
    }

    /// Where it waits for a futex that several processes may share: the thread id that the futex holds
    /// meanwhile, if it is one. Such are the futexes by which the kernel tells the end of a thread
    /// (`CLONE_CHILD_CLEARTID`, see clone(2)); the upper two bits are flags, see futex(2).
    #[must_use]
    pub fn shared_futex_owner(&self) -> Option<u32> {
        const FLAGS: u64 = 0xc000_0000;
        let owner = u32::try_from(self.arguments[2] & 0xffff_ffff & !FLAGS).ok()?;
        (self.is_shared_futex() && owner != 0).then_some(owner)
    }

    /// How it waits, and on which descriptor; `None` where it does not.
    #[must_use]
    pub fn wait(&self) -> Option<(Wait, Option<u32>)> {
        let known = on_this_machine(self.number)?;
        let descriptor = known.descriptor.map(|place| self.arguments[place]);
        if known.name == "fcntl" && !WAITING_LOCKS.contains(&self.arguments[1]) {
            return None;
        }
        Some((known.wait, descriptor.and_then(|descriptor| u32::try_from(descriptor & 0xffff_ffff).ok())))
    }
}

fn on_this_machine(number: u64) -> Option<&'static Known> {
    let own = |known: &&Known| {
        let table = match std::env::consts::ARCH {
            "x86_64" => known.x86_64,
            "aarch64" | "riscv64" | "loongarch64" => known.shared,
            _ => None,
        };
        table == Some(number)
    };
    KNOWN.iter().find(own)
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_of_a_call_is_read() {
        let text =
            "0 0x3 0x7f607b261000 0x20000 0x7f607b2f4b60 0xffffffff 0x0 0x7ffd6ee97548 0x7f607b3dd2ad\n";
        let call = Call::read(text).unwrap();
        assert_eq!((call.number, call.name.as_deref()), (0, Some("read")));
        assert_eq!(call.wait(), Some((Wait::Read, Some(3))));
        assert_eq!(Call::read("running\n"), None);
        assert_eq!(Call::read("-1 0x7ffd6ee97548 0x7f607b3dd2ad\n"), None);
        assert_eq!(Call::read(""), None);
    }

    #[test]
    fn only_those_locks_of_fcntl_wait_that_say_so() {
        let fcntl = |command| Call { number: 72, arguments: [5, command, 0, 0, 0, 0], ..Call::default() };
        assert_eq!(fcntl(7).wait(), Some((Wait::Lock, Some(5))));
        assert_eq!(fcntl(38).wait(), Some((Wait::Lock, Some(5))));
        assert_eq!(fcntl(6).wait(), None);
    }

    #[test]
    fn no_number_stands_for_two_calls() {
        for table in [|known: &Known| known.x86_64, |known: &Known| known.shared] {
            let mut numbers: Vec<u64> = KNOWN.iter().filter_map(table).collect();
            let all = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), all);
        }
    }
}
