//! What a verdict and its facts say, in sections of lines: the same on the screen and in `why`.

use std::time::Duration;

use super::process::{Process, Target, Thread, Waiting};
use super::{Facts, Verdict};
use crate::display;
use crate::run::Timestamp;

/// Lines under a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What they are.
    pub title: &'static str,
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is about, in a word; may be empty.
    pub label: String,
    /// What it says. May hold untrusted text.
    pub text: String,
}

impl Line {
    fn new(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self { label: label.into(), text: text.into() }
    }
}

/// The title of the section with command lines to copy.
pub const BY_HAND: &str = "to look closer, by hand";

/// The code, how sure it is, for how long, and whether a person should look.
#[must_use]
pub fn head(verdict: &Verdict, facts: &Facts) -> String {
    let since = verdict.since.zip(facts.at).map_or_else(String::new, |(since, at)| {
        format!(", for {}", display::duration::short(at.since(since)))
    });
    let alarm = if verdict.alarm { "a person should look" } else { "nobody needs to look" };
    format!("{} ({}){since}: {alarm}", verdict.code.word(), verdict.confidence.word())
}

/// Everything that the verdict rests on, what decides first. Sections without lines are left out.
#[must_use]
pub fn sections(verdict: &Verdict, facts: &Facts) -> Vec<Section> {
    let evidence = verdict.evidence.iter().map(|one| Line::new(&one.kind, &one.text)).collect();
    let unavailable =
        verdict.unavailable.iter().map(|missing| Line::new(&missing.what, &missing.why)).collect();
    let suggestions = verdict.suggestions.iter().map(|suggestion| Line::new("", suggestion)).collect();
    let all = [
        Section { title: "evidence", lines: evidence },
        Section { title: "processes", lines: tree(facts) },
        Section { title: "the log", lines: log(facts) },
        Section { title: "not available", lines: unavailable },
        Section { title: BY_HAND, lines: suggestions },
    ];
    all.into_iter().filter(|section| !section.lines.is_empty()).collect()
}

/// What the end of the log tells besides its clocks.
fn log(facts: &Facts) -> Vec<Line> {
    let log = &facts.log;
    let mut lines = Vec::new();
    if let Some(open) = &log.open_line {
        let age = open.since.and_then(|since| Some(facts.at?.since(since)));
        let age = age.map_or_else(String::new, |age| format!(" for {}", display::duration::short(age)));
        let text = format!("{} has had no line end{age} after \"{}\"", open.channel, open.text);
        lines.push(Line::new("open line", text));
    }
    if let Some(repeated) = &log.repeated {
        let first = repeated.first_seq.map_or_else(String::new, |seq| format!(", first at seq {seq}"));
        let repetition = &repeated.repetition;
        let what = match repetition.period {
            1 => "the same line".to_owned(),
            period => format!("the same {period} lines"),
        };
        let at_least = if repetition.at_least { "at least " } else { "" };
        let text = format!("{what}, {at_least}{} times{first}", repetition.rounds);
        lines.push(Line::new("repeated", text));
        lines.extend(repetition.lines.iter().map(|line| Line::new("", line)));
    }
    if let Some(event) = &log.last_event {
        let when = event.at.map_or_else(String::new, |at| format!(" {}", before(at, facts)));
        let text = event.text.trim_end();
        lines.push(Line::new("last event", format!("{}{when}: {text}", event.name)));
    }
    if log.missing > 0 || log.ties > 0 {
        let text = format!("{} entries missing, {} that share a seq, at the end", log.missing, log.ties);
        lines.push(Line::new("seq", text));
    }
    if let Some(heartbeat) = &facts.heartbeat {
        lines.push(Line::new("heartbeat", format!("the recorder's was {}", before(heartbeat.at, facts))));
    }
    let took: Vec<String> = facts
        .earlier
        .iter()
        .filter_map(|run| run.elapsed_ms)
        .map(|took| display::duration::short(Duration::from_millis(took)))
        .collect();
    if !took.is_empty() {
        lines.push(Line::new("usually", format!("earlier runs of the step took {}", took.join(", "))));
    }
    lines
}

fn before(at: Timestamp, facts: &Facts) -> String {
    facts.at.map_or_else(|| at.to_string(), |now| format!("{} ago", display::duration::short(now.since(at))))
}

/// The processes, children below their parents.
fn tree(facts: &Facts) -> Vec<Line> {
    let mut depths: Vec<(u32, usize)> = Vec::new();
    let mut lines = Vec::new();
    for process in &facts.processes.all {
        let above = depths.iter().find(|(pid, _)| *pid == process.parent);
        let depth = above.map_or(0, |(_, depth)| depth + 1);
        depths.push((process.pid, depth));
        lines.push(Line::new("", format!("{}{}", "  ".repeat(depth), described(process))));
    }
    lines
}

fn described(process: &Process) -> String {
    let state = match process.state {
        'R' => "running",
        'S' => "sleeping",
        'D' => "in disk sleep",
        'T' => "stopped",
        't' => "stopped by a debugger",
        'Z' => "exited, not waited for",
        'I' => "idle",
        _ => "in an unknown state",
    };
    let mut words = vec![format!("{} {}", process.pid, process.name), state.to_owned()];
    words.extend(process.threads.iter().find_map(called));
    words.extend(process.cpu_share.map(|share| format!("{:.1} % of a core", share * 100.0)));
    if process.threads.len() > 1 {
        words.push(format!("{} threads", process.threads.len()));
    }
    words.join(", ")
}

/// The system call of a thread, and what stands behind its descriptor.
fn called(thread: &Thread) -> Option<String> {
    let name = thread.call.as_ref()?.name.as_deref()?;
    let Some(waiting) = &thread.wait else { return Some(format!("in {name}")) };
    let descriptor = waiting.descriptor.map(|number| format!(" of fd {number}")).unwrap_or_default();
    let behind = behind(waiting).map(|behind| format!(" ({behind})")).unwrap_or_default();
    Some(format!("in {name}{descriptor}{behind}"))
}

fn behind(waiting: &Waiting) -> Option<String> {
    let text = match waiting.target.as_ref()? {
        Target::Terminal { path } => path.clone(),
        Target::Pipe { inode, others } => format!("pipe {inode}{}", other_ends(others)),
        Target::Fifo { path, others } => format!("FIFO {path}{}", other_ends(others)),
        Target::Socket { protocol, local, peer, state, others, silent_ms } => {
            let words = [Some(protocol), local.as_ref(), peer.as_ref(), state.as_ref()];
            let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
            let pids = if others.is_empty() { String::new() } else { other_ends(others) };
            let silent = silent_ms.map(|silent| display::duration::short(Duration::from_millis(silent)));
            let silent = silent.map_or_else(String::new, |silent| format!(", silent for {silent}"));
            format!("{}{pids}{silent}", words.join(" "))
        }
        Target::File { path, holders } => match holders.first() {
            Some(holder) => {
                let pid = holder.pid.map_or_else(|| "somebody".to_owned(), |pid| format!("pid {pid}"));
                format!("{path}, locked by {pid} {}", holder.name).trim_end().to_owned()
            }
            None => path.clone(),
        },
        Target::Other { text } => text.clone(),
    };
    Some(text)
}

fn other_ends(others: &[u32]) -> String {
    match others {
        [] => ", nobody at its other end".to_owned(),
        pids => {
            let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
            format!(", other end: pid {}", pids.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Code;
    use crate::diagnose::process::{Call, LockHolder, Wait};

    fn waiting(target: Target) -> Thread {
        Thread {
            call: Some(Call { name: Some("flock".to_owned()), ..Call::default() }),
            wait: Some(Waiting {
                wait: Wait::Lock,
                descriptor: Some(3),
                target: Some(target),
                timeout_ms: None,
                polled: Vec::new(),
                is_shared: false,
                joins: None,
            }),
            ..Thread::default()
        }
    }

    #[test]
    fn a_process_tells_its_call_what_is_behind_it_and_who_holds_the_lock() {
        let holders = vec![LockHolder { pid: Some(7), name: "cp".to_owned() }];
        let target = Target::File { path: "/l".to_owned(), holders };
        let child = Process {
            pid: 12,
            parent: 11,
            name: "w".to_owned(),
            state: 'S',
            threads: vec![waiting(target)],
            ..Process::default()
        };
        let mut facts = Facts::default();
        facts.processes.all =
            vec![Process { pid: 11, name: "sh".to_owned(), state: 'S', ..Process::default() }, child];
        let told = sections(&Verdict { code: Code::WaitingOnLock, ..Verdict::default() }, &facts);
        assert_eq!(told.len(), 1);
        let lines: Vec<&str> = told[0].lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(lines, ["11 sh, sleeping", "  12 w, sleeping, in flock of fd 3 (/l, locked by pid 7 cp)"]);
    }

    #[test]
    fn a_pipe_without_another_end_is_told_as_one() {
        let pipe = Target::Pipe { inode: 5, others: Vec::new() };
        let told = waiting(pipe).wait.as_ref().and_then(behind);
        assert_eq!(told.as_deref(), Some("pipe 5, nobody at its other end"));
    }
}
