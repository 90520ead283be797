//! What the kernel says of the processes of a run: who they are, how they stand to each other, and
//! what each of their threads waits for. Everything here is a fact that can travel: it is collected
//! on the host of the run and judged anywhere. Nothing is ever done to a process.

mod call;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, not(target_os = "linux")))]
mod portable;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use call::{Call, Wait};

use crate::run::{RunState, Timestamp};

/// A process of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Process {
    /// Its pid, in the pid namespace of whoever collected.
    pub pid: u32,
    /// The pid of its parent.
    pub parent: u32,
    /// The name of its program, as the kernel has it: at most 15 bytes. Untrusted text.
    pub name: String,
    /// What it was called with, cut to 4 096 bytes; empty for a zombie. Untrusted text.
    pub command: String,
    /// Running, sleeping, and so on: the letter of the kernel, see proc_pid_stat(5).
    pub state: char,
    /// When it started, in clock ticks since boot; where there is no procfs, in seconds since 1970.
    pub start_time: u64,
    /// Its process group and its session.
    pub group: u32,
    /// See `group`.
    pub session: u32,
    /// The process group in the foreground of its terminal, where it has one.
    pub foreground_group: Option<u32>,
    /// Who traces it.
    pub tracer: Option<u32>,
    /// The folder of the control group that holds it frozen, as a paused container is. Untrusted text.
    pub frozen_by: Option<String>,
    /// Processor time that it used itself, in milliseconds.
    pub cpu_ms: u64,
    /// Processor time of the children that it waited for, in milliseconds: a shell computes through
    /// them.
    pub children_cpu_ms: u64,
    /// Which share of a core it used between the two samples, with the children that ended in between;
    /// `None` where there was one only.
    pub cpu_share: Option<f64>,
    /// Whether one of its threads was running, or ready to, at both looks: on a busy host its share may be small.
    pub runs: bool,
    /// How often its threads gave up the processor by themselves since they began: each time one
    /// wakes up to wait again, this goes up.
    pub switches: u64,
    /// How often between the two samples; `None` where there was one only.
    pub switches_of_sample: Option<u64>,
    /// Its threads, the main one first.
    pub threads: Vec<Thread>,
}

/// A thread of a process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Thread {
    /// Its thread id.
    pub id: u32,
    /// The letter of the kernel for its state.
    pub state: char,
    /// The system call in which it is; `None` where it is in none, or where that cannot be read.
    pub call: Option<Call>,
    /// What it waits for in that call. Where it is awake at the second look, this and the call are
    /// those of the first one.
    pub wait: Option<Waiting>,
    /// How often it gave up the processor by itself since it began.
    pub switches: u64,
    /// How often between the two samples; `None` where there was one only.
    pub switches_of_sample: Option<u64>,
}

/// What a thread waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// In which way.
    pub wait: Wait,
    /// The file descriptor that the call is about.
    pub descriptor: Option<u32>,
    /// What stands behind it.
    pub target: Option<Target>,
    /// After how many milliseconds the call gives up by itself, as far as it is known.
    pub timeout_ms: Option<u64>,
    /// Where it waits for one of several descriptors: those that could be read, at most 16.
    pub polled: Vec<Polled>,
    /// Where it waits for a futex: whether other processes may be those that end it.
    #[serde(default)]
    pub is_shared: bool,
    /// Where it waits for a thread of its own process to end: which one, as `pthread_join` does. The
    /// kernel wakes such a futex as one that processes share.
    #[serde(default)]
    pub joins: Option<u32>,
}

/// A descriptor among several that a thread waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Polled {
    /// The descriptor.
    pub descriptor: u32,
    /// Whether it waits for room to write, not for something to read.
    pub for_writing: bool,
    /// What stands behind it.
    pub target: Option<Target>,
}

/// What stands behind a file descriptor, or under a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Target {
    /// A terminal, by its path.
    Terminal {
        /// For example `/dev/pts/3`.
        path: String,
    },
    /// A pipe without a name.
    Pipe {
        /// Its number in the kernel.
        inode: u64,
        /// The processes that hold its other end: those of the run, and others that could be read.
        others: Vec<u32>,
    },
    /// A FIFO in a file system.
    Fifo {
        /// Its path. Untrusted text.
        path: String,
        /// The processes that hold its other end.
        others: Vec<u32>,
    },
    /// A socket.
    Socket {
        /// `tcp`, `udp` or `unix`; `socket` where it is none of them.
        protocol: String,
        /// The own address.
        local: Option<String>,
        /// Whom it talks to.
        peer: Option<String>,
        /// The state of the connection, for example `established` or `syn_sent`.
        state: Option<String>,
        /// The processes of this host that hold its other end: those of the run, and others that could
        /// be read.
        #[serde(default)]
        others: Vec<u32>,
        /// How many milliseconds ago the peer sent something last, or the connection was made.
        #[serde(default)]
        silent_ms: Option<u64>,
    },
    /// A file, and who holds a lock on it.
    File {
        /// Its path. Untrusted text.
        path: String,
        /// Who holds a lock that others wait for.
        holders: Vec<LockHolder>,
    },
    /// Whatever else the kernel says, for example `anon_inode:[eventfd]`.
    Other {
        /// The kernel's words. Untrusted text.
        text: String,
    },
}

/// A process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockHolder {
    /// Its pid; `None` where the kernel does not tell.
    pub pid: Option<u32>,
    /// The name of its program. Untrusted text.
    pub name: String,
}

/// The processes of a run, as they were found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Processes {
    /// The pid of the recorded command, where it is the process that was recorded.
    pub root: Option<u32>,
    /// The processes, parents before their children.
    pub all: Vec<Process>,
    /// The names of processes that are none of the run and hold the other end of something in it.
    /// Untrusted text.
    pub strangers: BTreeMap<u32, String>,
    /// How long the two samples were apart, in milliseconds; 0 where there was one only.
    pub sampled_for_ms: u64,
    /// What could not be read, and why.
    pub unavailable: Vec<Unavailable>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unavailable {
    /// What it would have told.
    pub what: String,
    /// Why it could not be read.
    pub why: String,
}

impl Unavailable {
    /// That `what` could not be read, and why.
    #[must_use]
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

/// How to find the processes of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// The pid of the command, and when it started.
    pub command: Option<(u32, Option<u64>)>,
    /// The pid of the recorder, and when it started: what the command left behind becomes its child,
    /// or that of the first process of the system.
    pub recorder: Option<(u32, Option<u64>)>,
    /// The run directory: the recorder names it to the step, and every process inherits it.
    pub run_variable: Option<String>,
    /// Where the state does not tell when its processes started: when it was written. What began later
    /// is another process that was given the pid again.
    pub begun: Option<Timestamp>,
}

impl Sought {
    /// The processes that the state of a run names.
    #[must_use]
    pub fn of(state: &RunState) -> Self {
        Self {
            command: state.pid.map(|pid| (pid, state.pid_start_time)),
            recorder: state.recorder.map(|recorder| (recorder.pid, recorder.pid_start_time)),
            run_variable: None,
            begun: state.updated_at.max(state.started_at),
        }
    }
}

impl Waiting {
    /// A wait of which nothing more is known.
    #[must_use]
    pub fn of(wait: Wait) -> Self {
        Self {
            wait,
            descriptor: None,
            target: None,
            timeout_ms: None,
            polled: Vec::new(),
            is_shared: false,
            joins: None,
        }
    }
}

impl Target {
    /// The processes that hold its other end, as far as there is one.
    #[must_use]
    pub fn others(&self) -> &[u32] {
        match self {
            Self::Pipe { others, .. } | Self::Fifo { others, .. } | Self::Socket { others, .. } => others,
            Self::Terminal { .. } | Self::File { .. } | Self::Other { .. } => &[],
        }
    }
}

impl Thread {
    /// How often it woke up between the two samples.
    #[must_use]
    pub fn wakes(&self) -> u64 {
        self.switches_of_sample.unwrap_or(0)
    }
}

impl Processes {
    /// Those that still live, parents before their children.
    pub fn living(&self) -> impl Iterator<Item = &Process> + Clone {
        self.all.iter().filter(|process| !process.has_ended())
    }

    /// Whether a process stands in the tree below the command. One that does not was left behind, or
    /// went its own way; where the command itself is gone, nobody stands below it.
    #[must_use]
    pub fn is_below_the_command(&self, process: &Process) -> bool {
        let mut at = Some(process);
        // No tree is deeper than it has processes.
        for _ in 0..=self.all.len() {
            match at {
                Some(process) if Some(process.pid) == self.root => return true,
                Some(process) => at = self.get(process.parent),
                None => return false,
            }
        }
        false
    }

    /// The process of that pid.
    #[must_use]
    pub fn get(&self, pid: u32) -> Option<&Process> {
        self.all.iter().find(|process| process.pid == pid)
    }
}

impl Process {
    /// Whether it woke up between the two samples: what waits for something that does not come sleeps on.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.switches_of_sample.is_some_and(|switches| switches > 0)
    }

    /// Whether it exited, and is only kept until its parent asks for it.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }

    /// What its threads wait for, the main one first.
    pub fn waits(&self) -> impl Iterator<Item = &Waiting> {
        self.threads.iter().filter_map(|thread| thread.wait.as_ref())
    }
}

/// All processes of this host at one moment, from which those of any number of runs can be told.
/// [`Processes::compare`] makes shares of two moments.
#[expect(missing_debug_implementations, reason = "it holds thousands of processes")]
pub struct Snapshot {
    #[cfg(target_os = "linux")]
    inner: linux::Snapshot,
    #[cfg(not(target_os = "linux"))]
    inner: portable::Snapshot,
}

impl Snapshot {
    /// Looks at every process, a little.
    #[must_use]
    pub fn take() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            inner: linux::Snapshot::take(),
            #[cfg(not(target_os = "linux"))]
            inner: portable::Snapshot::take(),
        }
    }

    /// Looks closely at those of a run.
    #[must_use]
    pub fn processes(&self, sought: &Sought) -> Processes {
        self.inner.collect(sought)
    }
}

impl Processes {
    /// Notes which share of a core every process used since an earlier look, `elapsed_ms` before.
    pub fn compare(&mut self, earlier: &Self, elapsed_ms: u64) {
        self.sampled_for_ms = elapsed_ms;
        for process in &mut self.all {
            let before = earlier.get(process.pid).filter(|before| before.start_time == process.start_time);
            let Some(before) = before else { continue };
            let own = process.cpu_ms.saturating_sub(before.cpu_ms);
            // A child that ended may have computed long before the first look.
            let of_children = process.children_cpu_ms.saturating_sub(before.children_cpu_ms).min(elapsed_ms);
            process.cpu_share = (elapsed_ms > 0).then(|| (own + of_children) as f64 / elapsed_ms as f64);
            process.runs = process.state == 'R' && before.state == 'R';
            for thread in &mut process.threads {
                let earlier = before.threads.iter().find(|earlier| earlier.id == thread.id);
                let Some(earlier) = earlier else { continue };
                thread.switches_of_sample = Some(thread.switches.saturating_sub(earlier.switches));
                process.runs |= thread.state == 'R' && earlier.state == 'R';
                // One that wakes up once a second is easily met awake.
                if thread.wait.is_none() && earlier.state != 'R' {
                    thread.call.clone_from(&earlier.call);
                    thread.wait.clone_from(&earlier.wait);
                }
            }
            process.switches_of_sample = Some(process.switches.saturating_sub(before.switches));
        }
    }
}

#[cfg(test)]
mod tests;
