//! What stands behind the descriptor through which a process waits.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Cause, Found, Weight, network, simple};
use crate::diagnose::facts::Facts;
use crate::diagnose::judge::words::{named, span};
use crate::diagnose::process::{Process, Target, Wait};
use crate::diagnose::verdict::{Code, Confidence};
use crate::display;

/// Who waits through which descriptor, and how.
#[derive(Clone, Copy)]
pub(super) struct Way<'f> {
    pub(super) process: &'f Process,
    pub(super) facts: &'f Facts,
    /// What a peer sent so long ago shows that it answers.
    pub(super) recent: Duration,
    pub(super) wait: Wait,
    pub(super) descriptor: Option<u32>,
    /// Whether that is all that the main thread of the process waits for.
    pub(super) is_main: bool,
}

/// Something is to be read from, or written to, what stands behind a descriptor.
pub(super) fn through(way: &Way<'_>, target: &Target) -> Found {
    let process = way.process;
    let fd = way.descriptor.map(|descriptor| format!("fd {descriptor}")).unwrap_or_default();
    let reads = way.wait == Wait::Read;
    let does = format!("{} {} {fd}", named(process), if reads { "reads" } else { "writes to" });
    match target {
        Target::Terminal { path } if reads => {
            Found::Cause(input(way, format!("{does}, the terminal {}", display::one_line(path))))
        }
        Target::Terminal { path } => {
            let text = format!("{does}, the terminal {}, which takes no more", display::one_line(path));
            Found::Cause(simple(process, Code::WaitingOnPipe, Confidence::Likely, text))
        }
        Target::Pipe { others, .. } => pipe(way, others, format!("{does}, a pipe"), true),
        Target::Fifo { path, others } => {
            pipe(way, others, format!("{does}, the FIFO {}", display::one_line(path)), false)
        }
        Target::Socket { others, state, silent_ms, .. } => {
            if let Some(asked) = inside(way, others) {
                return asked;
            }
            // One that sent something a moment ago is no silent peer.
            if reads && silent_ms.is_some_and(|silence| Duration::from_millis(silence) < way.recent) {
                return Found::Nothing;
            }
            if state.as_deref() == Some("listen") {
                let text =
                    format!("{does}, which waits at {} for somebody to connect", own_address(Some(target)));
                return Found::Cause(Cause {
                    weight: Weight::Idle,
                    ..network(process, Confidence::Sure, text)
                });
            }
            let end = match others.as_slice() {
                [other] if *other != process.pid => {
                    format!(", whose other end {} holds", stranger(way, *other))
                }
                _ => String::new(),
            };
            Found::Cause(network(process, Confidence::Sure, format!("{does}, {}{end}", socket(target))))
        }
        Target::File { .. } | Target::Other { .. } => Found::Nothing,
    }
}

/// That whoever is at the other end is of the run: that one is to be asked.
fn inside(way: &Way<'_>, others: &[u32]) -> Option<Found> {
    let others: BTreeSet<u32> = others.iter().copied().filter(|other| *other != way.process.pid).collect();
    let is_inside = |pid: &u32| way.facts.processes.get(*pid).is_some();
    match others.iter().filter(|pid| is_inside(pid)).count() {
        0 => None,
        count if count == others.len() => Some(Found::Inside(others)),
        _ => Some(Found::Nothing),
    }
}

fn pipe(way: &Way<'_>, others: &[u32], does: String, is_unnamed: bool) -> Found {
    if let Some(asked) = inside(way, others) {
        return asked;
    }
    let reads = way.wait == Wait::Read;
    let own = way.process.pid;
    let recorder = way.facts.state.recorder.map(|recorder| recorder.pid);
    let end = match others {
        [] if reads => ", into which nobody writes".to_owned(),
        [] => ", from which nobody reads".to_owned(),
        [other] if *other == own => ", whose other end only it holds itself".to_owned(),
        [other] if Some(*other) == recorder => ", whose other end the recorder holds".to_owned(),
        [other] => format!(", whose other end {} holds", stranger(way, *other)),
        others => format!(", whose other end {} processes hold", others.len()),
    };
    let text = does + &end;
    if reads && way.descriptor == Some(0) && is_unnamed {
        return Found::Cause(Cause { is_from_a_program: true, ..input(way, text) });
    }
    // Whoever holds it and is not of the run may be busy for us.
    let is_foreign = others.iter().any(|other| *other != own && Some(*other) != recorder);
    let confidence = if is_foreign { Confidence::Likely } else { Confidence::Sure };
    let cause = simple(way.process, Code::WaitingOnPipe, confidence, text);
    Found::Cause(if is_foreign { Cause { weight: Weight::UnaskedInput, ..cause } } else { cause })
}

/// A process that is none of the run, by its name as far as it is known.
fn stranger(way: &Way<'_>, pid: u32) -> String {
    let name = way.facts.processes.strangers.get(&pid).filter(|name| !name.is_empty());
    name.map_or_else(|| format!("pid {pid}"), |name| format!("`{}` (pid {pid})", display::one_line(name)))
}

/// It reads what somebody is to type.
fn input(way: &Way<'_>, text: String) -> Cause {
    let has_asked = way.facts.log.open_line.as_ref().is_some_and(|open| !open.signs.is_empty());
    let weight = match (has_asked, way.is_main) {
        (true, _) => Weight::Question,
        (false, true) => Weight::UnaskedInput,
        (false, false) => Weight::WatchesInput,
    };
    Cause { weight, ..simple(way.process, Code::WaitingForInput, Confidence::Sure, text) }
}

pub(super) fn peer(target: Option<&Target>) -> String {
    match target {
        Some(Target::Socket { peer: Some(peer), .. }) => display::one_line(peer),
        _ => "a peer that the kernel does not name".to_owned(),
    }
}

pub(super) fn own_address(target: Option<&Target>) -> String {
    match target {
        Some(Target::Socket { local: Some(local), .. }) => display::one_line(local),
        _ => "a socket".to_owned(),
    }
}

fn socket(target: &Target) -> String {
    let Target::Socket { protocol, local, peer, state, silent_ms, .. } = target else { return String::new() };
    let mut text = format!("a {} socket", display::one_line(protocol));
    match (peer, local) {
        (Some(peer), _) => text += &format!(" to {}", display::one_line(peer)),
        (None, Some(local)) => text += &format!(" at {}", display::one_line(local)),
        (None, None) => {}
    }
    text += &state.as_deref().map(|state| format!(" ({state})")).unwrap_or_default();
    if let Some(silence) = silent_ms.filter(|_| state.as_deref() == Some("established")) {
        text += &format!(", whose peer is silent for {}", span(Duration::from_millis(silence)));
    }
    text
}
