//! One entry as text, as raw bytes or as JSON.

use std::io::{self, Write};

use base64::Engine as _;
use serde_json::{Map, Value};

use crate::display::{self, Color, Limits, Style, ansi};
use crate::run::{Body, Channel, Entry};

/// The form in which entries are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Every line after its channel.
    Text,
    /// The bytes of the text and nothing else.
    Raw,
    /// A JSON object a line.
    Json,
}

/// How text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Presentation {
    /// The text goes to a terminal: what could do harm there is made visible. Otherwise text is
    /// verbatim.
    pub terminal: bool,
    /// Colours are wanted.
    pub color: bool,
}

/// An entry and what a report says of it.
#[derive(Clone, Copy, Debug)]
pub struct Reported<'a> {
    /// The name of the run that it stands in, where entries of several are written.
    pub run: Option<&'a str>,
    /// The line's own seq.
    pub seq: Option<u64>,
    /// The channel that it came on.
    pub channel: &'a Channel,
    /// The line did not parse, in part or whole.
    pub malformed: bool,
    /// It came after entries that stand behind it.
    pub late: bool,
    /// What it says.
    pub entry: &'a Entry,
}

impl Reported<'_> {
    /// Writes the entry.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn write(&self, out: &mut impl Write, form: Form, presentation: Presentation) -> io::Result<()> {
        match form {
            Form::Text => self.write_text(out, presentation),
            Form::Raw => {
                out.write_all(self.entry.text())?;
                // The end of a line that is no object is no part of the entry, but of what came out.
                if matches!(self.entry.body, Body::Raw(_)) { out.write_all(b"\n") } else { Ok(()) }
            }
            Form::Json => write_json(out, &Value::Object(self.json()), presentation),
        }
    }

    fn write_text(&self, out: &mut impl Write, presentation: Presentation) -> io::Result<()> {
        let prefix = prefix(self.run, self.channel, self.late, presentation);
        if presentation.terminal {
            for line in display::lines(self.entry.text(), Limits::NONE) {
                out.write_all(&prefix)?;
                ansi::write_line(out, &line, presentation.color)?;
                if line.overwritten > 0 {
                    let states = if line.overwritten == 1 { "state" } else { "states" };
                    let note = format!(" ({} earlier {states})", line.overwritten);
                    ansi::write_styled(out, &note, DIM, presentation.color)?;
                }
                out.write_all(b"\n")?;
            }
            return Ok(());
        }
        let text = self.entry.text();
        // Empty text is one empty line.
        let lines = text.split_inclusive(|byte| *byte == b'\n').chain(text.is_empty().then_some(&b""[..]));
        for line in lines {
            out.write_all(&prefix)?;
            out.write_all(line)?;
            if !line.ends_with(b"\n") {
                out.write_all(b"\n")?;
            }
        }
        Ok(())
    }

    /// `{"seq","ts","channel","text"}`: a worker's text is its rendered line, text that is not UTF-8
    /// stands as `bytes`. The run stands before them where there are several.
    fn json(&self) -> Map<String, Value> {
        let mut object = Map::new();
        if let Some(run) = self.run {
            object.insert("run".to_owned(), run.into());
        }
        object.insert("seq".to_owned(), self.seq.map_or(Value::Null, Value::from));
        object.insert("ts".to_owned(), self.entry.time.map_or(Value::Null, |time| time.to_string().into()));
        object.insert("channel".to_owned(), self.channel.name().into());
        let text = self.entry.text();
        match std::str::from_utf8(text) {
            Ok(text) => object.insert("text".to_owned(), text.into()),
            Err(_) => object
                .insert("bytes".to_owned(), base64::engine::general_purpose::STANDARD.encode(text).into()),
        };
        if self.malformed {
            object.insert("malformed".to_owned(), true.into());
        }
        if self.late {
            object.insert("late".to_owned(), true.into());
        }
        object
    }
}

/// What stands before every line of a channel's text: `[stdout] `, and before it the run, where there
/// are several.
pub(super) fn prefix(
    run: Option<&str>,
    channel: &Channel,
    late: bool,
    presentation: Presentation,
) -> Vec<u8> {
    let mut prefix = Vec::new();
    if let Some(run) = run {
        _ = ansi::write_styled(&mut prefix, &display::one_line(run), RUN, presentation.color);
        prefix.push(b':');
    }
    // The name of a further channel comes from a file name and could hold a line end.
    let name = format!("[{}]", display::one_line(channel.name()));
    // Writing to memory cannot fail.
    _ = ansi::write_styled(&mut prefix, &name, channel_style(channel), presentation.color);
    if late {
        _ = ansi::write_styled(&mut prefix, " (late)", DIM, presentation.color);
    }
    prefix.push(b' ');
    prefix
}

/// Whether an entry counts as malformed: its line did not parse, and its channel has JSON objects or
/// it begins with a seq.
#[must_use]
pub fn is_malformed(entry: &Entry, has_objects: bool) -> bool {
    matches!(entry.body, Body::Raw(_)) && (has_objects || entry.seq.is_some())
}

/// Writes the name of a run as a heading of what follows.
///
/// # Errors
/// Whatever `out` answers.
pub fn write_heading(out: &mut impl Write, run: &str, presentation: Presentation) -> io::Result<()> {
    ansi::write_styled(out, &display::one_line(run), RUN, presentation.color)?;
    out.write_all(b"\n")
}

/// Writes a JSON value and a line end. On its way to a terminal, characters that could do harm
/// there are escaped, which JSON allows everywhere in a text.
///
/// # Errors
/// Whatever `out` answers.
pub fn write_json(
    out: &mut impl Write,
    value: &impl serde::Serialize,
    presentation: Presentation,
) -> io::Result<()> {
    if presentation.terminal {
        let json = serde_json::to_string(value)?;
        out.write_all(display::json(&json).as_bytes())?;
    } else {
        serde_json::to_writer(&mut *out, value)?;
    }
    out.write_all(b"\n")
}

const DIM: Style = style(None, true);
/// The name of a run.
const RUN: Style = style(Some(Color::Indexed(4)), false);

const fn style(foreground: Option<Color>, dim: bool) -> Style {
    Style {
        foreground,
        background: None,
        bold: false,
        dim,
        italic: false,
        underline: false,
        reverse: false,
        strikethrough: false,
    }
}

/// Colours from the terminal's own palette, so that they fit light and dark ones.
fn channel_style(channel: &Channel) -> Style {
    let index = match channel {
        Channel::Worker => 6,
        Channel::Stdout => 2,
        Channel::Stderr => 3,
        Channel::Other(_) => 5,
    };
    style(Some(Color::Indexed(index)), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::decode;

    fn written(line: &[u8], channel: &Channel, form: Form, presentation: Presentation) -> Vec<u8> {
        let entry = decode(line);
        let reported = Reported {
            run: None,
            seq: entry.seq,
            channel,
            malformed: is_malformed(&entry, false),
            late: false,
            entry: &entry,
        };
        let mut out = Vec::new();
        reported.write(&mut out, form, presentation).unwrap();
        out
    }

    fn text(line: &str) -> String {
        let out = written(line.as_bytes(), &Channel::Stdout, Form::Text, Presentation::default());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_line_has_its_channel_and_an_end() {
        assert_eq!(text(r#"{"seq":1,"text":"a\nb\n"}"#), "[stdout] a\n[stdout] b\n");
        assert_eq!(text(r#"{"seq":1,"text":"a\n\nb"}"#), "[stdout] a\n[stdout] \n[stdout] b\n");
        assert_eq!(text(r#"{"seq":1,"text":""}"#), "[stdout] \n");
        assert_eq!(text(r#"{"seq":1,"text":"\r\u001b[2J"}"#), "[stdout] \r\u{1b}[2J\n");
    }

    #[test]
    fn on_a_terminal_text_is_harmless_and_redrawn_lines_say_so() {
        let terminal = Presentation { terminal: true, color: false };
        let line = br#"{"seq":1,"text":"10%\r20%\u001b[2J\nb"}"#;
        let out = written(line, &Channel::Stdout, Form::Text, terminal);
        assert_eq!(String::from_utf8(out).unwrap(), "[stdout] 20%␛[2J (1 earlier state)\n[stdout] b\n");
        let evil = Channel::Other("a\nb\u{202e}".to_owned());
        let out = written(br#"{"seq":1,"text":"x\u202e\u009b"}"#, &evil, Form::Json, terminal);
        let json = String::from_utf8(out).unwrap();
        assert_eq!(
            json,
            "{\"seq\":1,\"ts\":null,\"channel\":\"a\\nb\\u202e\",\"text\":\"x\\u202e\\u009b\"}\n"
        );
    }

    #[test]
    fn what_is_not_utf_8_is_bytes_in_json_and_itself_in_a_pipe() {
        let line = br#"{"seq":14,"ts":"2026-03-21T08:00:00Z","bytes":"/2EK"}"#;
        let pipe = Presentation::default();
        assert_eq!(written(line, &Channel::Stderr, Form::Text, pipe), b"[stderr] \xffa\n");
        assert_eq!(written(line, &Channel::Stderr, Form::Raw, pipe), b"\xffa\n");
        assert_eq!(
            String::from_utf8(written(line, &Channel::Stderr, Form::Json, pipe)).unwrap(),
            "{\"seq\":14,\"ts\":\"2026-03-21T08:00:00.000Z\",\"channel\":\"stderr\",\"bytes\":\"/2EK\"}\n"
        );
    }

    #[test]
    fn a_broken_body_behind_a_good_seq_is_malformed() {
        let out = written(br#"{"seq":5,"text":"cut"#, &Channel::Stdout, Form::Json, Presentation::default());
        let json: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&json["seq"], &json["malformed"]), (&5.into(), &true.into()));
    }
}
