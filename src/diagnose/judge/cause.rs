//! What each process of a run waits for, as far as it explains why the run does not move on.

mod through;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::BUSY_SHARE;
use super::words::{named, quoted, shell_word};
use crate::diagnose::facts::Facts;
use crate::diagnose::process::{Process, Wait};
use crate::diagnose::verdict::{Code, Confidence};
use crate::display;

/// Why a process does not move on.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    pub(super) code: Code,
    pub(super) confidence: Confidence,
    pub(super) pid: u32,
    /// Which cause explains the whole, where several processes wait.
    weight: Weight,
    /// Whether it waits for what a program sends, which has its habits, and not for a person.
    pub(super) is_from_a_program: bool,
    /// What it does, in a sentence.
    pub(super) text: String,
    /// More evidence: its kind, and what it says.
    pub(super) more: Vec<(&'static str, String)>,
    pub(super) suggestions: Vec<String>,
}

/// How much a cause explains: what surely does not come by itself before what may, whoever computes
/// before whoever waits on a network, and what programs do all day last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// A server that nobody asks, or whoever left the tree of the command and waits.
    Idle,
    /// Something that others of the run may end, without it being known who.
    Unclear,
    /// It watches its input, besides something else and without having asked.
    WatchesInput,
    Sleeps,
    Network,
    /// It reads its input without having asked, or a pipe that somebody else holds.
    UnaskedInput,
    Computes,
    Pipe,
    Lock,
    Deadlock,
    Question,
    Stopped,
}

impl Cause {
    pub(super) fn rank(&self) -> impl Ord + use<> {
        (self.weight, self.confidence)
    }

    /// Whether it only watches its input: that explains little.
    pub(super) fn only_watches(&self) -> bool {
        self.weight <= Weight::WatchesInput
    }
}

/// What a thread, or a process, is about.
enum Found {
    /// It waits for something outside of the run.
    Cause(Cause),
    /// It waits for other processes of the run, and for nothing else: they are to be asked.
    Inside(BTreeSet<u32>),
    /// It waits for another thread of its process.
    Thread,
    /// It moves, or it cannot be told what it waits for.
    Nothing,
}

/// The causes of the processes. `recent`: what a peer sent so long ago shows that it answers.
pub(super) fn of(facts: &Facts, recent: Duration) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut inside: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for process in facts.processes.living() {
        match found(process, facts, recent) {
            Found::Cause(cause) => causes.push(of_place(cause, process, facts)),
            Found::Inside(others) => drop(inside.insert(process.pid, others)),
            Found::Thread | Found::Nothing => {}
        }
    }
    causes.extend(waiting_for_one_another(inside, facts));
    if !causes.iter().any(|cause| cause.code == Code::BusySilent) {
        causes.extend(computing_together(facts));
    }
    causes
}

/// What left the tree of the command, and waits as servers do, explains little while the command lives.
fn of_place(mut cause: Cause, process: &Process, facts: &Facts) -> Cause {
    let is_wait_of_servers =
        matches!(cause.code, Code::WaitingOnNetwork | Code::Deadlocked | Code::WaitingForInput);
    let processes = &facts.processes;
    if is_wait_of_servers && processes.root.is_some() && !processes.is_below_the_command(process) {
        cause.weight = cause.weight.min(Weight::Idle);
    }
    cause
}

fn found(process: &Process, facts: &Facts, recent: Duration) -> Found {
    if let Some(group) = &process.frozen_by {
        return Found::Cause(frozen(process, group));
    }
    if matches!(process.state, 'T' | 't') {
        return stopped(process, facts);
    }
    if let Some(share) = process.cpu_share.filter(|share| *share >= BUSY_SHARE || process.runs) {
        let text = format!("{} computes: {:.0} % of a core", named(process), share * 100.0);
        return Found::Cause(simple(process, Code::BusySilent, Confidence::Sure, text));
    }
    let found: Vec<Found> =
        process.threads.iter().map(|thread| wait::of_thread(process, thread, facts, recent)).collect();
    if !found.is_empty() && found.iter().all(|found| matches!(found, Found::Thread)) {
        return Found::Cause(deadlock(process));
    }
    let is_inside = |found: &Found| matches!(found, Found::Thread | Found::Inside(_));
    let is_all_inside = !found.is_empty() && found.iter().all(is_inside);
    let main_waits_inside = matches!(found.first(), Some(Found::Inside(_)));
    let mut causes = Vec::new();
    let mut others = BTreeSet::new();
    for found in found {
        match found {
            Found::Cause(cause) => causes.push(cause),
            Found::Inside(more) => others.extend(more),
            Found::Thread | Found::Nothing => {}
        }
    }
    if is_all_inside {
        return Found::Inside(others);
    }
    // Whoever waits for another process of the run while some thread of it keeps time does not sleep.
    causes.retain(|cause| !main_waits_inside || cause.code != Code::Sleeping);
    // The first thread that says something decides among equals.
    causes.reverse();
    causes.into_iter().max_by_key(Cause::rank).map_or(Found::Nothing, Found::Cause)
}

/// Nothing moves in a control group that is frozen, and no signal lets it go on.
fn frozen(process: &Process, group: &str) -> Cause {
    let text = format!("{} is frozen by its control group {}", named(process), display::one_line(group));
    let mut cause = simple(process, Code::Stopped, Confidence::Sure, text);
    cause.suggestions = vec![format!("cd {} && grep . cgroup.freeze freezer.state", shell_word(group))];
    cause
}

fn stopped(process: &Process, facts: &Facts) -> Found {
    let is_traced_inside = process.tracer.is_some_and(|tracer| facts.processes.get(tracer).is_some());
    // A tracer lets it go on again and again; one of the run is to be asked itself.
    if process.is_moving() || is_traced_inside {
        return Found::Nothing;
    }
    let is_in_background = process.foreground_group.is_some_and(|group| group != process.group);
    let by = match process.tracer {
        Some(tracer) => format!("by a debugger, pid {tracer}"),
        None if is_in_background => "by a signal, in the background of its terminal".to_owned(),
        None => "by a signal".to_owned(),
    };
    let mut cause =
        simple(process, Code::Stopped, Confidence::Sure, format!("{} is stopped {by}", named(process)));
    let suggestion = format!("kill -CONT {}", process.pid);
    cause.suggestions = if process.tracer.is_none() { vec![suggestion] } else { Vec::new() };
    Found::Cause(cause)
}

/// Every thread waits for another, and none of them for a time.
fn deadlock(process: &Process) -> Cause {
    let polls = process.waits().any(|waiting| waiting.wait == Wait::Poll);
    let how = if polls { "no timeout" } else { "futex, no timeout" };
    let threads = match process.threads.len() {
        1 if polls => "its only thread waits for what only it could send itself".to_owned(),
        1 => "its only thread waits for another one".to_owned(),
        count => format!("all of its {count} threads wait for one another"),
    };
    let is_alone = process.threads.len() == 1;
    let confidence = if is_alone { Confidence::Possible } else { Confidence::Likely };
    let text = format!("in {} {threads} ({how})", named(process));
    let mut cause = simple(process, Code::Deadlocked, confidence, text);
    if is_alone {
        cause.weight = Weight::Unclear;
    }
    cause.suggestions = vec![stack_of(process)];
    cause
}

/// The processes that wait for one another only: what is left when all are taken away that wait for
/// somebody who may still move.
fn waiting_for_one_another(mut inside: BTreeMap<u32, BTreeSet<u32>>, facts: &Facts) -> Option<Cause> {
    loop {
        let waits_for_a_living_one =
            |others: &BTreeSet<u32>| others.iter().any(|other| !inside.contains_key(other));
        let free: Vec<u32> =
            inside.iter().filter(|(_, others)| waits_for_a_living_one(others)).map(|(pid, _)| *pid).collect();
        if free.is_empty() {
            break;
        }
        inside.retain(|pid, _| !free.contains(pid));
    }
    let stuck: Vec<&Process> = inside.keys().filter_map(|pid| facts.processes.get(*pid)).collect();
    let first = stuck.first()?;
    let names: Vec<String> = stuck.iter().map(|process| named(process)).collect();
    let text = match names.as_slice() {
        [one] => format!("{one} waits for itself"),
        [one, other] => format!("{one} and {other} wait for one another"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} more wait for one another", rest.len()),
        [] => return None,
    };
    Some(simple(first, Code::Deadlocked, Confidence::Likely, text))
}

/// Many processes may compute, each a little.
fn computing_together(facts: &Facts) -> Option<Cause> {
    let shares = facts.processes.living().filter_map(|process| Some((process.cpu_share?, process)));
    let total: f64 = shares.clone().map(|(share, _)| share).sum();
    let (_, most) = shares.max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    let text =
        format!("its processes compute: {:.0} % of a core together, {} most", total * 100.0, named(most));
    (total >= BUSY_SHARE).then(|| simple(most, Code::BusySilent, Confidence::Likely, text))
}

fn network(process: &Process, confidence: Confidence, text: String) -> Cause {
    let mut cause = simple(process, Code::WaitingOnNetwork, confidence, text);
    cause.suggestions.insert(0, format!("ss -tunp | grep 'pid={},'", process.pid));
    cause
}

fn simple(process: &Process, code: Code, confidence: Confidence, text: String) -> Cause {
    let mut more = Vec::new();
    if !process.command.is_empty() {
        more.push(("process", format!("pid {} was called as {}", process.pid, quoted(&process.command))));
    }
    more.extend(process.cpu_share.map(|share| {
        ("process", format!("pid {} used {:.1} % of a core between two looks", process.pid, share * 100.0))
    }));
    let suggestions = match code {
        Code::WaitingForInput => Vec::new(),
        Code::BusySilent => vec![stack_of(process)],
        _ => vec![format!("strace -f -p {}", process.pid)],
    };
    let weight = match code {
        Code::Stopped => Weight::Stopped,
        Code::WaitingForInput => Weight::UnaskedInput,
        Code::Deadlocked => Weight::Deadlock,
        Code::WaitingOnLock => Weight::Lock,
        Code::WaitingOnPipe => Weight::Pipe,
        Code::BusySilent => Weight::Computes,
        Code::WaitingOnNetwork => Weight::Network,
        Code::Sleeping => Weight::Sleeps,
        _ => Weight::Unclear,
    };
    let pid = process.pid;
    Cause { code, confidence, pid, weight, is_from_a_program: false, text, more, suggestions }
}

/// What shows where a process is in its own code.
pub(super) fn stack_of(process: &Process) -> String {
    if process.name.starts_with("python") {
        format!("py-spy dump --pid {}", process.pid)
    } else if process.name == "java" {
        format!("jstack {}", process.pid)
    } else {
        format!("gdb -p {} -batch -ex 'thread apply all backtrace'", process.pid)
    }
}
