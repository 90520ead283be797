//! What a thread waits for.

use std::collections::BTreeSet;
use std::time::Duration;

use super::through::{Way, own_address, peer, through};
use super::{Cause, Found, Weight, network, simple};
use crate::diagnose::facts::Facts;
use crate::diagnose::judge::words::{named, span};
use crate::diagnose::process::{LockHolder, Polled, Process, Target, Thread, Wait, Waiting};
use crate::diagnose::verdict::{Code, Confidence};
use crate::display;

/// A poll that gives up after a time wakes up so often besides.
const OTHER_WAKES: u64 = 2;

pub(super) fn of_thread(process: &Process, thread: &Thread, facts: &Facts, recent: Duration) -> Found {
    let Some(waiting) = &thread.wait else { return Found::Nothing };
    // What wakes up and waits again gets what it waits for; only timers and polls wake up by themselves.
    if wakes(process, thread) > wakes_by_itself(waiting, facts) {
        return Found::Nothing;
    }
    let way = Way {
        process,
        facts,
        recent,
        wait: waiting.wait,
        descriptor: waiting.descriptor,
        is_main: thread.id == process.pid || process.threads.len() == 1,
    };
    match (waiting.wait, &waiting.target) {
        (Wait::Poll, _) => polled(&way, waiting),
        (Wait::Read | Wait::Write, Some(target)) => through(&way, target),
        (Wait::Read | Wait::Write, None) | (Wait::Signal | Wait::Disk, _) => Found::Nothing,
        (Wait::Lock, target) => lock(process, target.as_ref(), facts),
        (Wait::Child, _) => children(process, facts),
        (Wait::Futex, _) if waiting.timeout_ms.is_some() => Found::Nothing,
        (Wait::Futex, _) if !waiting.is_shared || waiting.joins.is_some() => Found::Thread,
        (Wait::Open, Some(Target::Fifo { .. })) | (Wait::Connect | Wait::Accept, _) => {
            Found::Cause(partner(process, waiting))
        }
        (Wait::Open, _) => Found::Nothing,
        (Wait::Timer | Wait::Futex | Wait::Semaphore | Wait::Message, _) => {
            Found::Cause(besides(process, waiting))
        }
    }
}

/// How often a thread woke up between the two looks.
fn wakes(process: &Process, thread: &Thread) -> u64 {
    let of_process = process.switches_of_sample.filter(|_| process.threads.len() == 1);
    thread.switches_of_sample.or(of_process).unwrap_or(0)
}

/// How often at most it wakes up where nothing of what it waits for comes.
fn wakes_by_itself(waiting: &Waiting, facts: &Facts) -> u64 {
    match (waiting.wait, waiting.timeout_ms) {
        (Wait::Timer, _) => u64::MAX,
        (Wait::Poll, Some(timeout)) => facts.processes.sampled_for_ms / timeout.max(1) + OTHER_WAKES,
        _ => 0,
    }
}

/// A thread that waits for somebody who opens, connects or answers.
fn partner(process: &Process, waiting: &Waiting) -> Cause {
    let who = named(process);
    let target = waiting.target.as_ref();
    match (waiting.wait, target) {
        (Wait::Open, Some(Target::Fifo { path, .. })) => {
            let text =
                format!("{who} opens the FIFO {}, whose other end nobody opens", display::one_line(path));
            simple(process, Code::WaitingOnPipe, Confidence::Sure, text)
        }
        (Wait::Connect, target) => {
            network(process, Confidence::Sure, format!("{who} connects to {}", peer(target)))
        }
        (_, target) => {
            let text = format!("{who} waits at {} for somebody to connect", own_address(target));
            Cause { weight: Weight::Idle, ..network(process, Confidence::Likely, text) }
        }
    }
}

/// A thread that waits for a timer, or for what any other process may end.
fn besides(process: &Process, waiting: &Waiting) -> Cause {
    let who = named(process);
    let (code, text) = match waiting.wait {
        Wait::Timer => {
            let length = waiting.timeout_ms.map(|length| format!(" for {}", milliseconds(length)));
            let text = format!("{who} sleeps{}", length.unwrap_or_default());
            return simple(process, Code::Sleeping, Confidence::Sure, text);
        }
        Wait::Message => (Code::WaitingOnPipe, format!("{who} waits for a message of another process")),
        _ => (Code::WaitingOnLock, format!("{who} waits for a semaphore that processes share")),
    };
    Cause { weight: Weight::Unclear, ..simple(process, code, Confidence::Possible, text) }
}

fn milliseconds(length: u64) -> String {
    span(Duration::from_millis(length))
}

fn children(process: &Process, facts: &Facts) -> Found {
    let children = facts.processes.living().filter(|other| other.parent == process.pid);
    let children: BTreeSet<u32> = children.map(|child| child.pid).collect();
    if children.is_empty() { Found::Nothing } else { Found::Inside(children) }
}

/// One of several descriptors: what they are tells what is waited for.
fn polled(way: &Way<'_>, waiting: &Waiting) -> Found {
    let process = way.process;
    let is_own = |polled: &&Polled| is_own(polled.target.as_ref(), process.pid);
    let sources: Vec<&Polled> = waiting.polled.iter().filter(|polled| !is_own(polled)).collect();
    let keeps_time = waiting
        .polled
        .iter()
        .any(|polled| matches!(&polled.target, Some(Target::Other { text }) if text.contains("timerfd")));
    if sources.is_empty() && (waiting.timeout_ms.is_some() || keeps_time) {
        let length = waiting.timeout_ms.map(|length| format!(" for {}", milliseconds(length)));
        let text = format!("{} sleeps{}", named(process), length.unwrap_or_default());
        return Found::Cause(simple(process, Code::Sleeping, Confidence::Likely, text));
    }
    if sources.is_empty() && !waiting.polled.is_empty() && !hears_of_signals(waiting) {
        // Another thread may wake it up, or a signal: that of a child that ended, where it has one.
        return match children(process, way.facts) {
            Found::Nothing => Found::Thread,
            inside => inside,
        };
    }
    let mut causes = Vec::new();
    let mut inside = Some(BTreeSet::new()).filter(|_| waiting.timeout_ms.is_none() && !sources.is_empty());
    for polled in &sources {
        let wait = if polled.for_writing { Wait::Write } else { Wait::Read };
        let way = Way { wait, descriptor: Some(polled.descriptor), is_main: false, ..*way };
        let found = match &polled.target {
            Some(Target::Other { text }) if text.contains("pidfd") => children(process, way.facts),
            Some(target) => through(&way, target),
            None => Found::Nothing,
        };
        match (found, &mut inside) {
            (Found::Inside(others), Some(inside)) => inside.extend(others),
            (Found::Cause(cause), _) => causes.push(Cause { confidence: Confidence::Likely, ..cause }),
            (Found::Nothing | Found::Thread, _) => inside = None,
            (Found::Inside(_), None) => {}
        }
    }
    if causes.is_empty() {
        return inside.map_or(Found::Nothing, Found::Inside);
    }
    if let [source] = sources.as_slice() {
        // It waits for nothing else, as if it read there.
        let is_input = |cause: &Cause| cause.code == Code::WaitingForInput && cause.weight < Weight::Question;
        causes
            .iter_mut()
            .filter(|cause| is_input(cause) && !source.for_writing && way.is_main)
            .for_each(|cause| cause.weight = Weight::UnaskedInput);
    } else {
        // A program may watch its input all the time without having asked for any.
        causes.retain(|cause| cause.code != Code::WaitingForInput || cause.weight == Weight::Question);
    }
    causes.reverse();
    causes.into_iter().max_by_key(Cause::rank).map_or(Found::Nothing, Found::Cause)
}

/// Whether it waits for signals by a descriptor: they are what it is there for.
fn hears_of_signals(waiting: &Waiting) -> bool {
    let is_signals =
        |polled: &Polled| matches!(&polled.target, Some(Target::Other { text }) if text.contains("signalfd"));
    waiting.polled.iter().any(is_signals)
}

/// Whether only the process itself can end the wait: a pipe or a pair of sockets to itself, by which a
/// signal or a thread wakes it up, and what the kernel has in their place.
fn is_own(target: Option<&Target>, pid: u32) -> bool {
    let is_alone = |others: &[u32]| !others.is_empty() && others.iter().all(|other| *other == pid);
    match target {
        Some(Target::Pipe { others, .. }) => is_alone(others),
        Some(Target::Socket { protocol, others, .. }) => protocol == "unix" && is_alone(others),
        Some(Target::Other { text }) => {
            ["eventfd", "timerfd", "signalfd", "eventpoll"].iter().any(|kind| text.contains(kind))
        }
        _ => false,
    }
}

fn lock(process: &Process, target: Option<&Target>, facts: &Facts) -> Found {
    let (path, holders): (String, &[LockHolder]) = match target {
        Some(Target::File { path, holders }) => (display::one_line(path), holders),
        _ => ("a file".to_owned(), &[]),
    };
    let inside: BTreeSet<u32> = holders
        .iter()
        .filter_map(|holder| holder.pid.filter(|pid| facts.processes.get(*pid).is_some()))
        .collect();
    if !inside.is_empty() {
        // Whoever holds it is of the run: that one is to be asked.
        return Found::Inside(inside);
    }
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
    Found::Cause(cause)
}
