//! The verdict on a run, as text and as JSON.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::diagnose::process::{Process, Processes};
use crate::diagnose::{Facts, Verdict};
use crate::display;
use crate::run::Timestamp;

/// The line of `why --json`: the verdict, and how long each channel has been silent.
#[must_use]
pub fn json(verdict: &Verdict, facts: &Facts) -> Value {
    let mut object = match serde_json::to_value(verdict) {
        Ok(Value::Object(object)) => object,
        // What is made of plain fields always becomes an object.
        _ => Map::new(),
    };
    let idle = facts.log.clocks.iter().map(|clock| {
        let milliseconds = clock.last.zip(facts.at).map(|(last, at)| milliseconds_between(last, at));
        (clock.channel.clone(), milliseconds.map_or(Value::Null, Value::from))
    });
    object.insert("idleMs".to_owned(), Value::Object(idle.collect()));
    object.insert("at".to_owned(), facts.at.map_or(Value::Null, |at| at.to_string().into()));
    Value::Object(object)
}

fn milliseconds_between(earlier: Timestamp, later: Timestamp) -> u64 {
    u64::try_from(later.since(earlier).as_millis()).unwrap_or(u64::MAX)
}

/// Writes the verdict for a person: the sentence first, then what it rests on.
///
/// # Errors
/// Whatever `out` answers.
pub fn write_text(out: &mut impl Write, verdict: &Verdict, facts: &Facts) -> io::Result<()> {
    writeln!(out, "{}", display::one_line(&verdict.sentence))?;
    let since = verdict.since.zip(facts.at).map_or_else(String::new, |(since, at)| {
        format!(", since {since} ({} ago)", display::duration::short(at.since(since)))
    });
    let alarm = if verdict.alarm { "a person should look" } else { "nobody needs to look" };
    writeln!(out, "{} ({}){since}: {alarm}", verdict.code.word(), verdict.confidence.word())?;
    let evidence = verdict.evidence.iter().map(|evidence| (evidence.kind.as_str(), evidence.text.clone()));
    write_section(out, "evidence", evidence)?;
    write_section(out, "processes", tree(&facts.processes).into_iter().map(|line| ("", line)))?;
    let unavailable = verdict.unavailable.iter();
    let unavailable = unavailable.map(|missing| ("", format!("{}: {}", missing.what, missing.why)));
    write_section(out, "not available", unavailable)?;
    let suggestions = verdict.suggestions.iter().map(|suggestion| ("", suggestion.clone()));
    write_section(out, "to look closer, by hand", suggestions)
}

fn write_section<'a>(
    out: &mut impl Write,
    title: &str,
    lines: impl Iterator<Item = (&'a str, String)>,
) -> io::Result<()> {
    let lines: Vec<(&str, String)> = lines.collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    let widest = lines.iter().map(|(kind, _)| kind.len()).max().unwrap_or(0);
    for (kind, text) in lines {
        let text = display::one_line(&text);
        match widest {
            0 => writeln!(out, "  {text}")?,
            _ => writeln!(out, "  {kind:widest$}  {text}")?,
        }
    }
    Ok(())
}

/// The processes, children below their parents.
fn tree(processes: &Processes) -> Vec<String> {
    let mut depths: Vec<(u32, usize)> = Vec::new();
    let mut lines = Vec::new();
    for process in &processes.all {
        let above = depths.iter().find(|(pid, _)| *pid == process.parent);
        let depth = above.map_or(0, |(_, depth)| depth + 1);
        depths.push((process.pid, depth));
        lines.push(format!("{}{}", "  ".repeat(depth), described(process)));
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
    let call = process.threads.iter().find_map(|thread| {
        let name = thread.call.as_ref()?.name.as_deref()?;
        let descriptor = thread.wait.as_ref().and_then(|waiting| waiting.descriptor);
        Some(descriptor.map_or_else(|| format!("in {name}"), |number| format!("in {name} of fd {number}")))
    });
    words.extend(call);
    words.extend(process.cpu_share.map(|share| format!("{:.1} % of a core", share * 100.0)));
    if process.threads.len() > 1 {
        words.push(format!("{} threads", process.threads.len()));
    }
    words.join(", ")
}
