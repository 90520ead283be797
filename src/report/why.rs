//! The verdict on a run, as text and as JSON.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::diagnose::told::{self, Section};
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
    writeln!(out, "{}", told::head(verdict, facts))?;
    for section in told::sections(verdict, facts) {
        write_section(out, &section)?;
    }
    Ok(())
}

fn write_section(out: &mut impl Write, section: &Section) -> io::Result<()> {
    writeln!(out, "\n{}", section.title)?;
    let labels: Vec<String> = section.lines.iter().map(|line| display::one_line(&line.label)).collect();
    let widest = labels.iter().map(|label| display::width(label)).max().unwrap_or(0);
    for (label, line) in labels.iter().zip(&section.lines) {
        let text = display::one_line(&line.text);
        match widest {
            0 => writeln!(out, "  {text}")?,
            _ => writeln!(out, "  {label:widest$}  {text}")?,
        }
    }
    Ok(())
}
