//! One checkpoint record as text: who made it and when, what it is about, and what it keeps.

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::checkpoint::{Kind, Record, StoredRecord};
use crate::display::{self, Color, Limits, Style, ansi};
use crate::report::entry::{Presentation, Reported};
use crate::run::entry::Body;
use crate::run::{Channel, Entry};

/// Writes a record: a line for each of its facts, its summary, and the texts of its payload. On a
/// terminal text is made harmless; in a pipe it is verbatim, the facts apart, which stay a line
/// each. What is unknown stands as JSON.
///
/// # Errors
/// Whatever `out` answers.
pub fn write_record(
    out: &mut impl Write,
    record: &StoredRecord,
    presentation: Presentation,
) -> io::Result<()> {
    let mut writer = Writer { out, presentation };
    writer.fact("seq", &record.seq.to_string())?;
    writer.fact("type", record.kind.word())?;
    writer.fact("file", &record.path.to_string_lossy())?;
    for disagreement in record.disagreements() {
        writer.fact("problem", &disagreement)?;
    }
    match &record.content {
        Err(reason) => writer.fact("problem", reason),
        Ok(content) => writer.content(content),
    }
}

struct Writer<'a, W> {
    out: &'a mut W,
    presentation: Presentation,
}

impl<W: Write> Writer<'_, W> {
    fn fact(&mut self, name: &str, value: &str) -> io::Result<()> {
        writeln!(self.out, "{}: {}", display::one_line(name), display::one_line(value))
    }

    /// A fact that is there and not empty.
    fn known(&mut self, name: &str, value: &str) -> io::Result<()> {
        if value.is_empty() { Ok(()) } else { self.fact(name, value) }
    }

    fn content(&mut self, content: &Record) -> io::Result<()> {
        self.known("id", &content.id)?;
        self.known("task", &content.task_id)?;
        self.known("step", &content.step_id)?;
        self.known("run", &content.run_id)?;
        if let Some(time) = content.created_at {
            self.fact("created", &time.to_string())?;
        }
        self.fact("origin", content.origin.word())?;
        if let Some(seq) = content.log_seq {
            self.fact("log seq", &seq.to_string())?;
        }
        self.values(&content.other, &[])?;
        let texts = texts_of(&content.kind);
        match &content.payload {
            Value::Object(payload) => self.values(payload, texts)?,
            Value::Null => {}
            other => self.fact("payload", &other.to_string())?,
        }
        if !content.summary.is_empty() {
            self.out.write_all(b"\n")?;
            self.text(&content.summary)?;
        }
        for name in texts {
            self.named_text(name, &content.payload[*name])?;
        }
        Ok(())
    }

    /// What is not one of the texts, a line each.
    fn values(&mut self, values: &Map<String, Value>, texts: &[&str]) -> io::Result<()> {
        for (name, value) in values.iter().filter(|(name, value)| !is_text(name, value, texts)) {
            match value {
                Value::String(text) => self.fact(name, text)?,
                // There may be a thousand of them.
                Value::Array(texts) if name == "untracked" && texts.iter().all(Value::is_string) => {
                    texts.iter().filter_map(Value::as_str).try_for_each(|text| self.fact(name, text))?;
                }
                other => self.fact(name, &other.to_string())?,
            }
        }
        Ok(())
    }

    fn named_text(&mut self, name: &str, value: &Value) -> io::Result<()> {
        let is_empty = value.as_str().is_some_and(str::is_empty) || *value == Value::Array(Vec::new());
        if is_empty || !is_text(name, value, &[name]) {
            return Ok(());
        }
        self.out.write_all(b"\n")?;
        match (name, value) {
            ("patch", Value::String(patch)) => {
                patch.split_inclusive('\n').try_for_each(|line| self.diff(line))
            }
            (_, Value::String(text)) => self.text(text),
            (_, Value::Array(lines)) => {
                lines.iter().filter_map(Value::as_str).try_for_each(|line| self.entry(line))
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        if self.presentation.terminal {
            for line in display::lines(text.as_bytes(), Limits::NONE) {
                ansi::write_line(self.out, &line, self.presentation.color)?;
                self.out.write_all(b"\n")?;
            }
            return Ok(());
        }
        self.out.write_all(text.as_bytes())?;
        if text.ends_with('\n') { Ok(()) } else { self.out.write_all(b"\n") }
    }

    /// An entry of a log tail, as `stepwatch log` writes it.
    fn entry(&mut self, line: &str) -> io::Result<()> {
        let Some((name, text)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else {
            return self.text(line);
        };
        let entry = Entry { seq: None, time: None, body: Body::Text(text.to_owned()) };
        let channel = Channel::from_name(name);
        let reported = Reported {
            run: None,
            seq: None,
            channel: &channel,
            malformed: false,
            late: false,
            entry: &entry,
        };
        reported.write(self.out, crate::report::Form::Text, self.presentation)
    }

    /// A line of a diff.
    fn diff(&mut self, line: &str) -> io::Result<()> {
        if !self.presentation.terminal {
            return self.text(line);
        }
        for shown in display::lines(line.as_bytes(), Limits::NONE) {
            ansi::write_styled(self.out, &shown.text(), diff_style(line), self.presentation.color)?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }
}

/// The keys of a payload that hold text of many lines.
fn texts_of(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::Summary => &["detail"],
        Kind::GitDiff => &["stat", "patch"],
        Kind::LogTail => &["lines"],
        Kind::Other(_) => &[],
    }
}

/// Whether a value is one of the texts; one of another shape stands as JSON.
fn is_text(name: &str, value: &Value, texts: &[&str]) -> bool {
    texts.contains(&name)
        && match value {
            Value::Array(lines) => name == "lines" && lines.iter().all(Value::is_string),
            Value::String(_) => name != "lines",
            _ => false,
        }
}

fn diff_style(line: &str) -> Style {
    let colored = |index| Style { foreground: Some(Color::Indexed(index)), ..Style::default() };
    match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Style { bold: true, ..Style::default() },
        [b'd', b'i', b'f', b'f', b' ', ..] => Style { bold: true, ..Style::default() },
        [b'@', b'@', ..] => colored(6),
        [b'+', ..] => colored(2),
        [b'-', ..] => colored(1),
        _ => Style::default(),
    }
}
