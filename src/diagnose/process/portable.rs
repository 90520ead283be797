//! What a portable crate tells of processes where there is no procfs: who they are, how they stand to
//! each other, their state and their processor time. What they wait for is not told.

use std::collections::BTreeSet;

use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

use super::{Process, Processes, Sought, Unavailable};

/// So many processes are looked at.
const MOST_PROCESSES: usize = 256;
/// So much of a command line is kept, in characters.
const COMMAND_KEPT: usize = 4096;
/// A command may be recorded so many seconds before or after it began: clocks are read one after the other.
const SLACK_SECONDS: i64 = 2;

/// All processes of the host at one moment.
pub(super) struct Snapshot {
    system: System,
}

impl Snapshot {
    pub(super) fn take() -> Self {
        let mut system = System::new();
        let what = ProcessRefreshKind::nothing().with_cpu().with_cmd(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        Self { system }
    }

    pub(super) fn collect(&self, sought: &Sought) -> Processes {
        let root = sought.command.map(|(pid, _)| pid).filter(|pid| self.is_of_the_run(*pid, sought));
        let recorder = sought.recorder.map(|(pid, _)| pid);
        let processes = self.system.processes().values().filter(|process| process.thread_kind().is_none());
        let parent_of = |process: &sysinfo::Process| process.parent().map_or(0, Pid::as_u32);
        let parents: Vec<(u32, u32)> =
            processes.map(|process| (process.pid().as_u32(), parent_of(process))).collect();
        let members = members(&parents, root, recorder);
        let mut unavailable = vec![Unavailable::new(
            "system calls, open files, sockets, locks, threads and wakes",
            "this system does not tell them without its own interfaces",
        )];
        if root.is_none() {
            let why = "no process of its pid is old enough, so it may be another one";
            unavailable.push(Unavailable::new("the command", why));
        }
        let found = members.iter().take(MOST_PROCESSES);
        let all = found.filter_map(|pid| self.system.process(Pid::from_u32(*pid))).map(told).collect();
        Processes { root, all, unavailable, ..Processes::default() }
    }

    /// A pid is given again: only a process that began when the run did, or before, is the recorded one.
    fn is_of_the_run(&self, pid: u32, sought: &Sought) -> bool {
        let Some(process) = self.system.process(Pid::from_u32(pid)) else { return false };
        let began = i64::try_from(process.start_time()).unwrap_or(i64::MAX);
        sought.begun.is_some_and(|begun| began <= begun.milliseconds().div_euclid(1000) + SLACK_SECONDS)
    }
}

/// The command and whatever descends from it, and what the recorder adopted, parents before their
/// children. `parents`: every process and its parent.
fn members(parents: &[(u32, u32)], root: Option<u32>, recorder: Option<u32>) -> Vec<u32> {
    let own = std::process::id();
    let adopted = parents.iter().filter(|(_, parent)| root.is_some() && Some(*parent) == recorder);
    let mut found: Vec<u32> = root.into_iter().chain(adopted.map(|(pid, _)| *pid)).collect();
    let mut known: BTreeSet<u32> = BTreeSet::new();
    found.retain(|pid| *pid != own && known.insert(*pid));
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid);
        found.extend(children.filter(|pid| *pid != own && known.insert(*pid)));
        next += 1;
    }
    found
}

fn told(process: &sysinfo::Process) -> Process {
    let words: Vec<_> = process.cmd().iter().map(|word| word.to_string_lossy()).collect();
    Process {
        pid: process.pid().as_u32(),
        parent: process.parent().map_or(0, Pid::as_u32),
        name: process.name().to_string_lossy().into_owned(),
        command: words.join(" ").chars().take(COMMAND_KEPT).collect(),
        state: letter(process.status()),
        start_time: process.start_time(),
        session: process.session_id().map_or(0, Pid::as_u32),
        cpu_ms: process.accumulated_cpu_time(),
        ..Process::default()
    }
}

/// The letter that Linux has for a state.
fn letter(status: ProcessStatus) -> char {
    match status {
        ProcessStatus::Run => 'R',
        ProcessStatus::Sleep | ProcessStatus::Parked | ProcessStatus::LockBlocked => 'S',
        ProcessStatus::Idle => 'I',
        ProcessStatus::Stop => 'T',
        ProcessStatus::Tracing => 't',
        ProcessStatus::Zombie => 'Z',
        ProcessStatus::Dead => 'X',
        ProcessStatus::UninterruptibleDiskSleep => 'D',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Timestamp;

    #[test]
    fn the_members_are_the_tree_of_the_command_and_what_the_recorder_adopted() {
        let parents = [(1, 0), (5, 1), (6, 5), (7, 6), (8, 5), (9, 1), (10, 9)];
        assert_eq!(members(&parents, Some(6), Some(5)), [6, 8, 7]);
        assert_eq!(members(&parents, Some(9), None), [9, 10]);
        assert_eq!(members(&parents, None, Some(5)), [] as [u32; 0], "without the command nobody is known");
        assert_eq!(members(&[(3, 3), (4, 3)], Some(3), None), [3, 4], "one that is its own parent");
    }

    #[test]
    fn a_living_command_is_told_with_its_state_and_what_began_after_the_run_is_another_process() {
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let command = Some((child.id(), None));
        let at = |begun| Sought { command, begun, ..Sought::default() };
        let now = Timestamp::from(std::time::SystemTime::now());
        let found = Snapshot::take().collect(&at(Some(now)));
        let before = Snapshot::take().collect(&at(Some(Timestamp::from_milliseconds(1_000_000))));
        let unknown = Snapshot::take().collect(&at(None));
        child.kill().unwrap();
        child.wait().unwrap();
        let process = found.get(child.id()).unwrap();
        assert!(matches!(process.state, 'S' | 'R' | 'D'), "{}", process.state);
        assert_eq!(process.parent, std::process::id());
        assert!(!found.unavailable.is_empty());
        assert_eq!((before.root, before.all.len()), (None, 0));
        assert_eq!((unknown.root, unknown.all.len()), (None, 0));
    }
}
