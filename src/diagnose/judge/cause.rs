//! What each process of a run waits for, as far as it explains why the run does not move on.

use super::BUSY_SHARE;
use super::words::{named, quoted, span};
use crate::diagnose::facts::Facts;
use crate::diagnose::process::{LockHolder, Process, Target, Wait, Waiting};
use crate::diagnose::verdict::{Code, Confidence};
use crate::display;

/// Why a process does not move on.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    pub(super) code: Code,
    pub(super) confidence: Confidence,
    pub(super) pid: u32,
    /// What it does, in a sentence.
    pub(super) text: String,
    /// More evidence: its kind, and what it says.
    pub(super) more: Vec<(&'static str, String)>,
    pub(super) suggestions: Vec<String>,
}

impl Cause {
    /// Which cause explains the whole, where several processes wait: what surely does not come by
    /// itself before what may, and whoever computes before whoever sleeps.
    pub(super) fn rank(&self) -> (u8, Confidence) {
        let rank = match self.code {
            Code::Stopped => 9,
            Code::WaitingForInput => 8,
            Code::Deadlocked => 7,
            Code::WaitingOnLock => 6,
            Code::WaitingOnPipe => 5,
            Code::BusySilent => 4,
            Code::WaitingOnNetwork => 3,
            Code::Sleeping => 2,
            _ => 0,
        };
        (rank, self.confidence)
    }
}

/// The causes of the leaves, and of whoever is stopped.
pub(super) fn of(facts: &Facts) -> Vec<Cause> {
    let processes = &facts.processes;
    let stopped = processes.all.iter().filter(|process| matches!(process.state, 'T' | 't')).map(stopped);
    let others = processes.leaves().into_iter().filter(|process| !matches!(process.state, 'T' | 't'));
    stopped.chain(others.filter_map(|process| cause(process, facts))).collect()
}

fn stopped(process: &Process) -> Cause {
    let by = match process.tracer {
        Some(tracer) => format!("by a debugger, pid {tracer}"),
        None => "by a signal".to_owned(),
    };
    let suggestion = format!("kill -CONT {}", process.pid);
    Cause {
        code: Code::Stopped,
        confidence: Confidence::Sure,
        pid: process.pid,
        text: format!("{} is stopped {by}", named(process)),
        more: Vec::new(),
        suggestions: if process.tracer.is_none() { vec![suggestion] } else { Vec::new() },
    }
}

fn cause(process: &Process, facts: &Facts) -> Option<Cause> {
    if let Some(share) = process.cpu_share.filter(|share| *share >= BUSY_SHARE || process.runs) {
        let text = format!("{} computes: {:.0} % of a core", named(process), share * 100.0);
        return Some(simple(process, Code::BusySilent, Confidence::Sure, text));
    }
    if let Some(cause) = deadlock(process) {
        return Some(cause);
    }
    let mut causes: Vec<Cause> =
        process.waits().filter_map(|waiting| of_wait(process, waiting, facts)).collect();
    // The first thread that says something decides among equals.
    causes.reverse();
    causes.into_iter().max_by_key(Cause::rank)
}

/// Every thread waits for another, and none of them for a time.
fn deadlock(process: &Process) -> Option<Cause> {
    let waits: Vec<&Waiting> = process.waits().collect();
    let is_endless = |waiting: &&Waiting| waiting.wait == Wait::Futex && waiting.timeout_ms.is_none();
    let all = !waits.is_empty() && waits.len() == process.threads.len() && waits.iter().all(is_endless);
    if !all || process.is_moving() {
        return None;
    }
    let threads = match waits.len() {
        1 => "its only thread waits for another one".to_owned(),
        count => format!("all of its {count} threads wait for one another"),
    };
    let confidence = if waits.len() > 1 { Confidence::Likely } else { Confidence::Possible };
    let text = format!("in {} {threads} (futex, no timeout)", named(process));
    let mut cause = simple(process, Code::Deadlocked, confidence, text);
    cause.suggestions = vec![stack_of(process)];
    Some(cause)
}

fn of_wait(process: &Process, waiting: &Waiting, facts: &Facts) -> Option<Cause> {
    let who = named(process);
    // What wakes up and waits again gets what it waits for; only timers and polls wake up by themselves.
    if process.is_moving() && !matches!(waiting.wait, Wait::Timer | Wait::Poll) {
        return None;
    }
    let fd = waiting.descriptor.map(|descriptor| format!("fd {descriptor}")).unwrap_or_default();
    match (waiting.wait, &waiting.target) {
        (Wait::Timer, _) => {
            let length = waiting
                .timeout_ms
                .map(|length| format!(" for {}", span(std::time::Duration::from_millis(length))));
            let text = format!("{who} sleeps{}", length.unwrap_or_default());
            Some(simple(process, Code::Sleeping, Confidence::Sure, text))
        }
        (Wait::Lock, target) => Some(lock(process, target.as_ref())),
        (Wait::Connect, target) => {
            let text = format!("{who} connects to {}", peer(target.as_ref()));
            Some(network(process, Confidence::Sure, text))
        }
        (Wait::Accept, target) => {
            let text = format!("{who} waits at {} for somebody to connect", own_address(target.as_ref()));
            Some(network(process, Confidence::Likely, text))
        }
        (Wait::Open, Some(Target::Fifo { path, .. })) => {
            let text =
                format!("{who} opens the FIFO {}, whose other end nobody opens", display::one_line(path));
            Some(simple(process, Code::WaitingOnPipe, Confidence::Sure, text))
        }
        (Wait::Message, _) => {
            let text = format!("{who} waits for a semaphore or a message of another process");
            Some(simple(process, Code::WaitingOnLock, Confidence::Possible, text))
        }
        (Wait::Read | Wait::Write, Some(target)) => {
            through(process, facts, target, waiting.wait, waiting.descriptor, &fd)
        }
        (Wait::Poll, _) => polled(process, waiting, facts),
        _ => None,
    }
}

/// Something is to be read from, or written to, what stands behind a descriptor.
fn through(
    process: &Process,
    facts: &Facts,
    target: &Target,
    wait: Wait,
    descriptor: Option<u32>,
    fd: &str,
) -> Option<Cause> {
    let who = named(process);
    let reads = wait == Wait::Read;
    let does = if reads { "reads" } else { "writes to" };
    match target {
        Target::Terminal { path } if reads => {
            let text = format!("{who} reads {fd}, the terminal {}", display::one_line(path));
            Some(simple(process, Code::WaitingForInput, Confidence::Sure, text))
        }
        Target::Terminal { path } => {
            let text = format!(
                "{who} writes to {fd}, the terminal {}, which takes no more",
                display::one_line(path)
            );
            Some(simple(process, Code::WaitingOnPipe, Confidence::Likely, text))
        }
        Target::Pipe { others, .. } | Target::Fifo { others, .. } => {
            let inside = |pid: &u32| *pid != process.pid && facts.processes.get(*pid).is_some();
            if others.iter().any(inside) {
                // Whoever is at the other end is of the run: that one is to be asked.
                return None;
            }
            let name = match target {
                Target::Fifo { path, .. } => format!("the FIFO {}", display::one_line(path)),
                _ => "a pipe".to_owned(),
            };
            let recorder = facts.state.recorder.map(|recorder| recorder.pid);
            let end = match others.as_slice() {
                [] if reads => ", into which nobody writes".to_owned(),
                [] => ", from which nobody reads".to_owned(),
                [other] if Some(*other) == recorder => ", whose other end the recorder holds".to_owned(),
                [other] => format!(", whose other end pid {other} holds"),
                others => format!(", whose other end {} processes hold", others.len()),
            };
            let is_input = reads && descriptor == Some(0) && matches!(target, Target::Pipe { .. });
            let code = if is_input { Code::WaitingForInput } else { Code::WaitingOnPipe };
            Some(simple(process, code, Confidence::Sure, format!("{who} {does} {fd}, {name}{end}")))
        }
        Target::Socket { .. } => {
            let text = format!("{who} {does} {fd}, {}", socket(target));
            Some(network(process, Confidence::Sure, text))
        }
        _ => None,
    }
}

/// One of several descriptors: what they are tells what is waited for.
fn polled(process: &Process, waiting: &Waiting, facts: &Facts) -> Option<Cause> {
    let mut causes: Vec<Cause> = waiting
        .polled
        .iter()
        .filter_map(|polled| {
            let wait = if polled.for_writing { Wait::Write } else { Wait::Read };
            let fd = format!("fd {}", polled.descriptor);
            let target = polled.target.as_ref()?;
            through(process, facts, target, wait, Some(polled.descriptor), &fd)
        })
        .map(|cause| Cause { confidence: Confidence::Likely, ..cause })
        .collect();
    let has_question = facts.log.open_line.as_ref().is_some_and(|open| !open.signs.is_empty());
    // A program may watch its input all the time without having asked for any.
    if !has_question && causes.len() > 1 {
        causes.retain(|cause| cause.code != Code::WaitingForInput);
    }
    causes.reverse();
    let most = causes.into_iter().max_by_key(Cause::rank);
    most.or_else(|| {
        let length = waiting.timeout_ms.filter(|_| waiting.polled.is_empty())?;
        let text =
            format!("{} sleeps for {}", named(process), span(std::time::Duration::from_millis(length)));
        Some(simple(process, Code::Sleeping, Confidence::Likely, text))
    })
}

fn lock(process: &Process, target: Option<&Target>) -> Cause {
    let (path, holders): (String, &[LockHolder]) = match target {
        Some(Target::File { path, holders }) => (display::one_line(path), holders),
        _ => ("a file".to_owned(), &[]),
    };
    let held = match holders.first() {
        Some(LockHolder { pid: Some(pid), name }) if !name.is_empty() => {
            format!(", which `{}` (pid {pid}) holds", display::one_line(name))
        }
        Some(LockHolder { pid: Some(pid), .. }) => format!(", which pid {pid} holds"),
        Some(LockHolder { pid: None, .. }) | None => ", and nothing tells who holds it".to_owned(),
    };
    let text = format!("{} waits for the lock on {path}{held}", named(process));
    let mut cause = simple(process, Code::WaitingOnLock, Confidence::Sure, text);
    let holder = holders.iter().find_map(|holder| holder.pid);
    cause.suggestions.extend(holder.map(|pid| format!("ps -o pid,etime,args -p {pid}")));
    cause
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
    Cause { code, confidence, pid: process.pid, text, more, suggestions }
}

/// What shows where a process is in its own code.
fn stack_of(process: &Process) -> String {
    if process.name.starts_with("python") {
        format!("py-spy dump --pid {}", process.pid)
    } else {
        format!("gdb -p {} -batch -ex 'thread apply all backtrace'", process.pid)
    }
}

fn peer(target: Option<&Target>) -> String {
    match target {
        Some(Target::Socket { peer: Some(peer), .. }) => display::one_line(peer),
        _ => "a peer that the kernel does not name".to_owned(),
    }
}

fn own_address(target: Option<&Target>) -> String {
    match target {
        Some(Target::Socket { local: Some(local), .. }) => display::one_line(local),
        _ => "a socket".to_owned(),
    }
}

fn socket(target: &Target) -> String {
    let Target::Socket { protocol, local, peer, state } = target else { return String::new() };
    let mut text = format!("a {} socket", display::one_line(protocol));
    match (peer, local) {
        (Some(peer), _) => text += &format!(" to {}", display::one_line(peer)),
        (None, Some(local)) => text += &format!(" at {}", display::one_line(local)),
        (None, None) => {}
    }
    text + &state.as_deref().map(|state| format!(" ({state})")).unwrap_or_default()
}
