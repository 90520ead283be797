//! Entries of a walk in the form that is asked for, mostly straight from their lines.

use memchr::memchr;

use super::entry::{Form, Presentation, Reported, is_malformed, prefix};
use crate::model::{RawEntry, Walk};
use crate::run::{Canonical, Channel, Entry, JsonText, Timestamp, decode, recognise};

/// Writes raw entries. What it writes of an entry is what [`Reported::write`] writes of it decoded.
pub(super) struct Renderer<'m> {
    form: Form,
    presentation: Presentation,
    run: Option<&'m str>,
    /// What stands before the seq in JSON.
    json: Vec<u8>,
    sources: Vec<Source<'m>>,
    /// The lines of a text that has several.
    lines: Vec<u8>,
}

/// What is the same for all entries of a source.
struct Source<'m> {
    channel: &'m Channel,
    has_objects: bool,
    /// What stands before a line of text.
    prefix: Vec<u8>,
    /// What stands between the time and the text in JSON.
    json: Vec<u8>,
}

impl<'m> Renderer<'m> {
    /// Entries of several runs are written with the name of theirs.
    pub(super) fn new(walk: &Walk<'m>, form: Form, presentation: Presentation, run: Option<&'m str>) -> Self {
        let sources = walk.channels().enumerate().map(|(number, channel)| {
            let mut json = b",\"channel\":".to_vec();
            push_json(&mut json, channel.name());
            json.extend_from_slice(b",\"text\":");
            let prefix = prefix(run, channel, false, presentation);
            Source { channel, has_objects: walk.has_objects(number), prefix, json }
        });
        let mut json = b"{".to_vec();
        if let Some(run) = run {
            json.extend_from_slice(b"\"run\":");
            push_json(&mut json, run);
            json.push(b',');
        }
        json.extend_from_slice(b"\"seq\":");
        Self { form, presentation, run, json, sources: sources.collect(), lines: Vec::new() }
    }

    /// Appends an entry to `out`.
    pub(super) fn push(&mut self, entry: RawEntry<'_>, out: &mut Vec<u8>) {
        let Some(source) = self.sources.get(entry.source) else { return };
        if entry.cut.is_some() {
            return self.push_entry(source, &entry.decode(), out);
        }
        match recognise(entry.line) {
            Some(line) if self.form == Form::Raw => line.text.append_to(out),
            Some(line) if !self.presentation.terminal => match self.form {
                Form::Json => source.push_json(&line, &self.json, out),
                _ => source.push_text(line.text, out, &mut self.lines),
            },
            _ => self.push_entry(source, &decode(entry.line), out),
        }
    }

    fn push_entry(&self, source: &Source<'_>, entry: &Entry, out: &mut Vec<u8>) {
        let reported = Reported {
            run: self.run,
            seq: entry.seq,
            channel: source.channel,
            malformed: is_malformed(entry, source.has_objects),
            late: false,
            entry,
        };
        // Writing to memory cannot fail.
        _ = reported.write(out, self.form, self.presentation);
    }
}

impl Source<'_> {
    fn push_text(&self, text: JsonText<'_>, out: &mut Vec<u8>, lines: &mut Vec<u8>) {
        out.extend_from_slice(&self.prefix);
        let begin = out.len();
        text.append_to(out);
        if text.is_plain_line() {
            return;
        }
        match memchr(b'\n', &out[begin..]).map(|end| begin + end + 1) {
            None => out.push(b'\n'),
            Some(end) if end == out.len() => {}
            Some(end) => {
                lines.clear();
                lines.extend_from_slice(&out[end..]);
                out.truncate(end);
                for line in lines.split_inclusive(|byte| *byte == b'\n') {
                    out.extend_from_slice(&self.prefix);
                    out.extend_from_slice(line);
                }
                if out.last() != Some(&b'\n') {
                    out.push(b'\n');
                }
            }
        }
    }

    fn push_json(&self, line: &Canonical<'_>, head: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(head);
        out.extend_from_slice(itoa::Buffer::new().format(line.seq).as_bytes());
        out.extend_from_slice(b",\"ts\":");
        match line.time {
            // Times of this form are written as they are read.
            Some(time) if Timestamp::of_canonical(time).is_some() => push_quoted(out, time),
            _ => match line.time() {
                Some(time) => push_quoted(out, time.to_string().as_bytes()),
                None => out.extend_from_slice(b"null"),
            },
        }
        out.extend_from_slice(&self.json);
        if line.text.is_escaped_as_ours() {
            push_quoted(out, line.text.raw());
        } else {
            push_json(out, &line.text.to_text());
        }
        out.extend_from_slice(b"}\n");
    }
}

fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

fn push_json(out: &mut Vec<u8>, text: &str) {
    // Writing to memory cannot fail.
    _ = serde_json::to_writer(out, text);
}
