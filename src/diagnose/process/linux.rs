//! Collecting from procfs. What is read of a process may be gone at the next read: whatever fails is
//! left out, and said where it would have decided something.

mod freezer;
mod locks;
mod memory;
mod socket_diag;
mod sockets;
mod target;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::Path;

use super::call::{Call, Wait};
use super::{Process, Processes, Sought, Target, Thread, Unavailable, Waiting};
use crate::host;
use target::Targets;

/// So many processes are looked at closely.
const MOST_PROCESSES: usize = 256;
/// So many threads of one process are looked at.
const MOST_THREADS: usize = 64;
/// So much of a command line is kept, in bytes.
const COMMAND_KEPT: usize = 4096;
/// The kernel's time of the boot is kept in whole seconds, and is set anew with the clock.
const SLACK_SECONDS: i64 = 2;

/// What one line of `/proc/PID/stat` says, and little else: what is read of every process.
struct Glance {
    pid: u32,
    parent: u32,
    process: Process,
}

/// All processes of the host at one moment, and which run each carries in its environment: taken once
/// for any number of runs.
pub(super) struct Snapshot {
    every: BTreeMap<u32, Glance>,
    /// The run directories that processes name, as far as they may be read.
    runs: HashMap<String, Vec<u32>>,
}

impl Snapshot {
    pub(super) fn take() -> Self {
        let every = glances();
        let mut runs: HashMap<String, Vec<u32>> = HashMap::new();
        for pid in every.keys() {
            if let Some(run) = run_of(*pid) {
                runs.entry(run).or_default().push(*pid);
            }
        }
        Self { every, runs }
    }

    pub(super) fn collect(&self, sought: &Sought) -> Processes {
        let mut unavailable = Vec::new();
        if self.every.is_empty() {
            unavailable.push(Unavailable::new("processes", "/proc cannot be read"));
        }
        let root = self.verified(sought.command, sought);
        if let Some((pid, _)) = sought.command.filter(|_| root.is_none()) {
            let why = "there is none of it, or it began at another time and is another one";
            unavailable.push(Unavailable::new(format!("the command, pid {pid}"), why));
        }
        let members = self.members(sought, root);
        if members.len() > MOST_PROCESSES {
            let why = format!("there are {}, and {MOST_PROCESSES} are looked at", members.len());
            unavailable.push(Unavailable::new("some processes", why));
        }
        let mut targets = Targets::new(&members);
        let mut all: Vec<Process> = in_order(&members, &self.every)
            .into_iter()
            .take(MOST_PROCESSES)
            .map(|process| look_at(process, &mut targets, &mut unavailable))
            .collect();
        all.retain(|process| Path::new(&format!("/proc/{}", process.pid)).exists());
        let strangers = self.strangers(&all);
        Processes { root, all, strangers, sampled_for_ms: 0, unavailable }
    }

    /// The names of those that are none of the run, and hold the other end of something that it waits for.
    fn strangers(&self, all: &[Process]) -> BTreeMap<u32, String> {
        let waits = all.iter().flat_map(Process::waits);
        let targets = waits.flat_map(|waiting| {
            let polled = waiting.polled.iter().filter_map(|polled| polled.target.as_ref());
            waiting.target.iter().chain(polled)
        });
        let is_of_run = |pid: &u32| all.iter().any(|process| process.pid == *pid);
        let strangers = targets.flat_map(Target::others).filter(|pid| !is_of_run(pid));
        strangers.filter_map(|pid| Some((*pid, self.every.get(pid)?.process.name.clone()))).collect()
    }

    /// The pid, if the process of that pid is the one that was recorded: by when it started, else by that
    /// it had begun when the state was written.
    fn verified(&self, recorded: Option<(u32, Option<u64>)>, sought: &Sought) -> Option<u32> {
        let (pid, started) = recorded?;
        let process = &self.every.get(&pid)?.process;
        let is_recorded = match started {
            Some(started) => started == process.start_time,
            None => began(process).zip(sought.begun).is_some_and(|(began, begun)| {
                began <= begun.milliseconds().div_euclid(1000).saturating_add(SLACK_SECONDS)
            }),
        };
        is_recorded.then_some(pid)
    }

    /// The processes of the run: the command and whatever descends from it, what the recorder adopted,
    /// what shares the command's own session, and what carries the run's variable, wherever it went.
    fn members(&self, sought: &Sought, root: Option<u32>) -> BTreeSet<u32> {
        let recorder = self.verified(sought.recorder, sought);
        let own = std::process::id();
        let marked = sought.run_variable.as_ref().and_then(|run| self.runs.get(run));
        let mut members: BTreeSet<u32> =
            root.into_iter().chain(marked.into_iter().flatten().copied()).collect();
        // What the recorder had before it started the command, as a program becomes one that `exec`s it with
        // children of its own, is none of the run's.
        let began = sought.command.and_then(|(_, started)| started).unwrap_or(0);
        let session = root.and_then(|root| self.every.get(&root)).map(|glance| glance.process.session);
        for glance in self.every.values() {
            let adopted = recorder.is_some_and(|recorder| glance.parent == recorder)
                && glance.process.start_time >= began;
            // The session is the command's alone only where it leads it.
            let in_session = session.is_some() && session == root && session == Some(glance.process.session);
            if adopted || in_session {
                members.insert(glance.pid);
            }
        }
        // Children of members, until no more are found.
        let mut grown = 0;
        while grown != members.len() {
            grown = members.len();
            let children = self.every.values().filter(|glance| members.contains(&glance.parent));
            let children: Vec<u32> = children.map(|glance| glance.pid).collect();
            members.extend(children);
        }
        members.retain(|pid| Some(*pid) != recorder && *pid != own);
        members
    }
}

fn glances() -> BTreeMap<u32, Glance> {
    let Ok(names) = fs::read_dir("/proc") else { return BTreeMap::new() };
    let pids = names.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| Some((pid, glance(pid)?))).collect()
}

fn glance(pid: u32) -> Option<Glance> {
    let stat = host::stat(pid)?;
    let positive = |number: i32| u32::try_from(number).ok().filter(|number| *number > 0);
    let milliseconds = |ticks: u64| ticks.saturating_mul(1000) / procfs::ticks_per_second().max(1);
    let of_children = u64::try_from(stat.cutime.saturating_add(stat.cstime)).unwrap_or(0);
    let parent = positive(stat.ppid).unwrap_or(0);
    let process = Process {
        pid,
        parent,
        name: stat.comm,
        state: stat.state,
        start_time: stat.starttime,
        group: positive(stat.pgrp).unwrap_or(0),
        session: positive(stat.session).unwrap_or(0),
        foreground_group: positive(stat.tpgid),
        cpu_ms: milliseconds(stat.utime.saturating_add(stat.stime)),
        children_cpu_ms: milliseconds(of_children),
        ..Process::default()
    };
    Some(Glance { pid, parent, process })
}

/// When a process began, in seconds since 1970.
fn began(process: &Process) -> Option<i64> {
    let boot = procfs::boot_time_secs().ok()?;
    i64::try_from(boot.saturating_add(process.start_time / procfs::ticks_per_second().max(1))).ok()
}

/// The run directory that the environment of a process names, if it may be read.
fn run_of(pid: u32) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let run = variables.find_map(|variable| variable.strip_prefix(b"STEPWATCH_RUN="))?;
    String::from_utf8(run.to_vec()).ok()
}

/// The members, parents before their children.
fn in_order(members: &BTreeSet<u32>, every: &BTreeMap<u32, Glance>) -> Vec<Process> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut next = Vec::new();
    for pid in members.iter().rev() {
        let Some(glance) = every.get(pid) else { continue };
        if members.contains(&glance.parent) && glance.parent != *pid {
            children.entry(glance.parent).or_default().push(*pid);
        } else {
            next.push(*pid);
        }
    }
    let mut ordered = Vec::new();
    while let Some(pid) = next.pop() {
        ordered.extend(every.get(&pid).map(|glance| glance.process.clone()));
        next.extend(children.remove(&pid).unwrap_or_default());
    }
    ordered
}

fn look_at(mut process: Process, targets: &mut Targets<'_>, unavailable: &mut Vec<Unavailable>) -> Process {
    let pid = process.pid;
    process.command = command(pid);
    let tracer = number_in(&format!("/proc/{pid}/status"), "TracerPid:");
    process.tracer = tracer.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid != 0);
    if matches!(process.state, 'Z' | 'X') {
        return process;
    }
    let frozen_by = freezer::frozen_by(pid);
    process.frozen_by = frozen_by.map(|group| group.to_string_lossy().into_owned());
    let mut refused = None;
    for id in thread_ids(pid).into_iter().take(MOST_THREADS) {
        let state = thread_state(pid, id).unwrap_or(process.state);
        let status = format!("/proc/{pid}/task/{id}/status");
        let switches = number_in(&status, "voluntary_ctxt_switches:").unwrap_or(0);
        process.switches += switches;
        let call = match fs::read_to_string(format!("/proc/{pid}/task/{id}/syscall")) {
            Ok(text) => Call::read(&text),
            Err(error) => {
                refused = Some(error);
                None
            }
        };
        let wait = call.as_ref().filter(|_| state != 'R').and_then(|call| waiting(pid, call, targets));
        process.threads.push(Thread { id, state, call, wait, switches, ..Thread::default() });
    }
    if let Some(error) = refused.filter(|error| error.kind() == io::ErrorKind::PermissionDenied) {
        let what = format!("the system call of pid {pid}");
        unavailable.push(Unavailable::new(what, format!("/proc/{pid}/syscall: {error}")));
    }
    process
}

/// A number from a file in which every line has a name before it.
fn number_in(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
}

fn command(pid: u32) -> String {
    let mut bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    bytes.truncate(COMMAND_KEPT);
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

/// The threads, the main one first.
fn thread_ids(pid: u32) -> Vec<u32> {
    let names = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let mut ids: Vec<u32> = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    ids.sort_unstable_by_key(|id| (*id != pid, *id));
    ids
}

fn thread_state(pid: u32, id: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/task/{id}/stat")).ok()?;
    // The name may have anything in it, brackets too.
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

fn waiting(pid: u32, call: &Call, targets: &mut Targets<'_>) -> Option<Waiting> {
    let (wait, descriptor) = call.wait()?;
    let mut waiting = Waiting { descriptor, ..Waiting::of(wait) };
    match wait {
        Wait::Open => waiting.target = targets.opened(pid, call),
        Wait::Timer => waiting.timeout_ms = memory::timeout(pid, call),
        Wait::Futex => {
            waiting.timeout_ms = memory::timeout(pid, call);
            waiting.joins = joined(pid, call);
            waiting.is_shared = call.is_shared_futex() && waiting.joins.is_none();
        }
        Wait::Poll => {
            waiting.timeout_ms = memory::timeout(pid, call);
            waiting.polled = targets.polled(pid, call);
        }
        _ => waiting.target = descriptor.and_then(|descriptor| targets.of(pid, descriptor, wait)),
    }
    if let (Wait::Connect, Some(Target::Socket { peer: peer @ None, .. })) = (wait, &mut waiting.target) {
        *peer = memory::socket_address(pid, call);
    }
    Some(waiting)
}

/// The thread of the process for whose end a call waits: the value that it expects of the futex is then
/// the id of that thread, as its own pid namespace has it.
fn joined(pid: u32, call: &Call) -> Option<u32> {
    let expected = call.shared_futex_owner()?;
    let own_id = |id: u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/task/{id}/status")).ok()?;
        let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
        ids.split_whitespace().next_back()?.parse::<u32>().ok()
    };
    thread_ids(pid).into_iter().find(|id| own_id(*id).unwrap_or(*id) == expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Timestamp;

    #[test]
    fn a_pid_without_a_start_time_is_the_command_only_if_it_had_begun_when_the_state_was_written() {
        let own = std::process::id();
        let snapshot = Snapshot::take();
        let parent = snapshot.every[&own].parent;
        let verified = |started, begun: Option<i64>| {
            let command = Some((parent, started));
            let begun = begun.map(Timestamp::from_milliseconds);
            snapshot.verified(command, &Sought { command, begun, ..Sought::default() })
        };
        let process = &snapshot.every[&parent].process;
        let milliseconds = began(process).unwrap() * 1000;
        assert_eq!(verified(None, Some(milliseconds + 5_000)), Some(parent));
        assert_eq!(verified(None, Some(milliseconds - 5_000)), None);
        assert_eq!(verified(None, None), None);
        assert_eq!(verified(Some(process.start_time), None), Some(parent));
        assert_eq!(verified(Some(process.start_time + 1), Some(milliseconds + 5_000)), None);
    }

    /// A process that sleeps, ended with the test.
    struct Sleeper(std::process::Child);

    impl Sleeper {
        fn start() -> Self {
            Self(std::process::Command::new("sleep").arg("600").spawn().unwrap())
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            _ = self.0.kill();
            _ = self.0.wait();
        }
    }

    #[test]
    fn what_the_recorder_had_before_it_started_the_command_is_none_of_the_run() {
        let own = std::process::id();
        let started = |pid: u32| glance(pid).map(|glance| glance.process.start_time);
        let before = Sleeper::start();
        // The kernel counts in ticks: until one has passed, two processes began at once.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let command = loop {
            let command = Sleeper::start();
            if started(command.0.id()) > started(before.0.id()) {
                break command;
            }
            assert!(std::time::Instant::now() < deadline, "no tick passes");
        };
        let left_behind = Sleeper::start();
        let sought = Sought {
            command: Some((command.0.id(), started(command.0.id()))),
            recorder: Some((own, started(own))),
            ..Sought::default()
        };
        let snapshot = Snapshot::take();
        let members = snapshot.members(&sought, Some(command.0.id()));
        assert!(members.contains(&command.0.id()) && members.contains(&left_behind.0.id()), "{members:?}");
        assert!(!members.contains(&before.0.id()), "{members:?}");
    }
}
