//! Entries: what one line of a log file says. Decoding is total; a line that does not parse is an
//! entry too.

use std::borrow::Cow;

use base64::Engine as _;
use serde_json::Value;

use super::canonical::{Canonical, recognise};
use super::object::{Key, Object, WrongType};
use super::seq::canonical_seq;
use super::time::{Timestamp, at_head_of_line};

/// One entry of a log: the unit of `seq`, of a log tail and of every counter.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The line's own seq, if it has one.
    pub seq: Option<u64>,
    /// When the entry was written, if it says so.
    pub time: Option<Timestamp>,
    /// What it says.
    pub body: Body,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A lifecycle entry of a worker.
    Worker {
        /// The event's name, for example `step_started`.
        event: Option<String>,
        /// The level as written, for example `info`.
        level: Option<String>,
        /// The line to show.
        rendered_line: String,
        /// Whatever else the writer tells.
        data: Option<Value>,
    },
    /// Text as it came out: a line with its end, several, a part of one, anything.
    Text(String),
    /// Output that is not UTF-8.
    Bytes(Vec<u8>),
    /// A JSON object in which nothing that could be shown was recognised: the line as it stands.
    Other(String),
    /// A line that is no JSON object, or one in which what would be shown is of a wrong type: the
    /// line as it stands.
    Raw(Vec<u8>),
}

impl Entry {
    /// The bytes to show: the text, the worker's rendered line, or the raw line.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        match &self.body {
            Body::Worker { rendered_line, .. } => rendered_line.as_bytes(),
            Body::Text(text) | Body::Other(text) => text.as_bytes(),
            Body::Bytes(bytes) | Body::Raw(bytes) => bytes,
        }
    }

    /// The text as UTF-8, invalid bytes replaced by U+FFFD. It is owned exactly when something was
    /// replaced.
    #[must_use]
    pub fn text_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.text())
    }

    /// Whether this is output that does not end in a line end: a prompt, or part of a line.
    #[must_use]
    pub fn is_open_line(&self) -> bool {
        match &self.body {
            Body::Text(text) => !text.is_empty() && !text.ends_with(['\n', '\r']),
            Body::Bytes(bytes) => !matches!(bytes.last(), None | Some(b'\n' | b'\r')),
            Body::Worker { .. } | Body::Other(_) | Body::Raw(_) => false,
        }
    }

    /// The worker's event name, if this is a lifecycle entry.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        match &self.body {
            Body::Worker { event, .. } => event.as_deref(),
            _ => None,
        }
    }
}

impl Entry {
    /// Whether it says only that somebody lives, not that the step moves: an event that is called a
    /// heartbeat.
    #[must_use]
    pub fn is_sign_of_life(&self) -> bool {
        self.event().is_some_and(|event| event.to_ascii_lowercase().contains("heartbeat"))
    }
}

/// Decodes one line (without its `\n`). The seq is the one that [`super::line_order`] finds.
#[must_use]
pub fn decode(line: &[u8]) -> Entry {
    recognise(line).map_or_else(|| decode_whole(line), of_canonical)
}

fn of_canonical(line: Canonical<'_>) -> Entry {
    let text = line.text.to_text();
    let body = match line.event {
        None => Body::Text(text),
        Some((event, level)) => Body::Worker {
            event: Some(String::from_utf8_lossy(event).into_owned()),
            level: level.map(|level| String::from_utf8_lossy(level).into_owned()),
            rendered_line: text,
            data: None,
        },
    };
    Entry { seq: Some(line.seq), time: line.time(), body }
}

/// The general way, which takes any line.
fn decode_whole(line: &[u8]) -> Entry {
    match Object::parse(line) {
        Some(object) => match object.seq() {
            Ok(seq) => of_object(object, seq, line),
            Err(_) => raw(line, None),
        },
        None => raw(line, canonical_seq(line)),
    }
}

fn raw(line: &[u8], seq: Option<u64>) -> Entry {
    Entry { seq, time: at_head_of_line(line), body: Body::Raw(line.to_vec()) }
}

fn of_object(object: Object<'_>, seq: Option<u64>, line: &[u8]) -> Entry {
    let time = object.time();
    let body = body(object, line).unwrap_or_else(|WrongType| Body::Raw(line.to_vec()));
    Entry { seq, time, body }
}

fn body(object: Object<'_>, line: &[u8]) -> Result<Body, WrongType> {
    let rendered_line = object.text(Key::RenderedLine)?;
    let event = object.text(Key::Event)?.map(str::to_owned);
    if rendered_line.is_some() || event.is_some() {
        let rendered_line = rendered_line.or(event.as_deref()).unwrap_or_default().to_owned();
        let level = object.text(Key::Level)?.map(str::to_owned);
        return Ok(Body::Worker { event, level, rendered_line, data: object.into_data() });
    }
    if let Some(text) = object.text(Key::Text)? {
        return Ok(Body::Text(text.to_owned()));
    }
    if let Some(encoded) = object.text(Key::Bytes)? {
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(|_| WrongType)?;
        return Ok(Body::Bytes(bytes));
    }
    Ok(Body::Other(String::from_utf8_lossy(line).into_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::seq::line_order;
    use super::*;

    #[test]
    fn decodes_worker_stream_and_bytes_entries() {
        let worker = decode(
            br#"{"seq":12,"ts":"2026-03-21T08:00:00.036Z","event":"step_started","level":"info","renderedLine":"started","data":{"a":1}}"#,
        );
        assert_eq!(worker.seq, Some(12));
        assert_eq!(worker.time.unwrap().to_string(), "2026-03-21T08:00:00.036Z");
        assert_eq!(worker.event(), Some("step_started"));
        assert_eq!(worker.text(), b"started");

        let stream = decode(br#"{"seq":13,"ts":"2026-03-21T08:00:00.039Z","text":"Proceed? "}"#);
        assert_eq!(stream.body, Body::Text("Proceed? ".into()));
        assert!(stream.is_open_line());

        let bytes = decode(br#"{"seq":14,"bytes":"/2EK"}"#);
        assert_eq!(bytes.body, Body::Bytes(b"\xffa\n".to_vec()));
        assert_eq!(bytes.text_lossy(), "\u{fffd}a\n");
        assert!(!bytes.is_open_line());
    }

    #[test]
    fn accepts_snake_case_keys_and_other_names_and_forms_of_the_time() {
        let entry = decode(br#"{"rendered_line":"x","timestamp":1774080000,"seq":1}"#);
        assert_eq!(entry.text(), b"x");
        assert_eq!(entry.time.unwrap().to_string(), "2026-03-21T08:00:00.000Z");
        for key in ["ts", "at", "time", "createdAt", "created_at"] {
            let line = format!(r#"{{"seq":1,"{key}":1774080000123,"text":""}}"#);
            assert_eq!(decode(line.as_bytes()).time.unwrap().milliseconds(), 1_774_080_000_123);
        }
    }

    #[test]
    fn a_line_that_does_not_parse_is_kept_raw_with_the_seq_it_begins_with() {
        assert_eq!(decode(br#"{"seq":5,"text":"cut"#).seq, Some(5));
        assert!(matches!(decode(br#"{"seq":5,"text":"cut"#).body, Body::Raw(_)));
        assert!(matches!(decode(br#"{"seq":5,"text":7}"#).body, Body::Raw(_)));
        assert!(matches!(decode(br#"{"seq":5,"bytes":"*"}"#).body, Body::Raw(_)));
        // What a worker says is shown, whatever it calls its text.
        assert!(matches!(decode(br#"{"seq":5,"text":7,"event":"e"}"#).body, Body::Worker { .. }));
        assert!(matches!(decode(br#"{"seq":5,"text":"x","event":7}"#).body, Body::Raw(_)));
        assert!(matches!(decode(b"{\"seq\":5,\"x\":\"\xff\"}").body, Body::Raw(_)));
        assert_eq!(decode(b"thread panicked").text(), b"thread panicked");
        assert!(matches!(decode(br#"{"seq":5,"msg":"hi"}"#).body, Body::Other(_)));
    }

    /// Pieces of a line that is nearly canonical, as a generator of mistakes puts them together.
    const PIECES: &[&[u8]] = &[
        b"{\"seq\":",
        b"{\"seq\": ",
        b" {\"seq\":",
        b"7",
        b"0",
        b"01",
        b"9007199254740991",
        b"9007199254740992",
        b"12345678901234567",
        b"-1",
        b",\"ts\":\"2026-03-21T08:00:00.036Z\"",
        b",\"ts\":\"2026-02-29T08:00:60.036Z\"",
        b",\"ts\":\"\\u0032026\"",
        b",\"ts\":7",
        b",\"text\":\"",
        b",\"text\":null",
        b",\"event\":\"step_started\"",
        b",\"level\":\"info\"",
        b",\"level\":\"\xc3\xa9\"",
        b",\"renderedLine\":\"",
        b",\"data\":{\"a\":[1e999]}",
        b",\"bytes\":\"/2EK\"",
        b",\"seq\":8",
        b"plain text",
        b"\xc3\xa9\xe2\x9c\x93",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\x7f",
        b"\t",
        b"\0",
        b"\\n",
        b"\\\"",
        b"\\/",
        b"\\\\",
        b"\\b\\f\\r\\t",
        b"\\u001b[32m",
        b"\\u00e9",
        b"\\u00E9",
        b"\\u0000",
        b"\\ud83d\\ude00",
        b"\\ud83d",
        b"\\ude00",
        b"\\ud83d\\u0041",
        b"\\ud83dxxxxxx",
        b"\\u12",
        b"\\u+123",
        b"\\x",
        b"\\",
        b"\"",
        b"\"}",
        b"}",
        b"}\r",
        b"} ",
        b",",
    ];

    /// Lines that are canonical but for a few pieces put in, taken away or exchanged.
    pub(super) fn nearly_canonical() -> impl Strategy<Value = Vec<u8>> {
        let stream = [0, 3, 10, 14, 23, 31, 50];
        let worker = [0, 3, 10, 16, 17, 19, 23, 50];
        let whole = prop_oneof![2 => Just(stream.to_vec()), 1 => Just(worker.to_vec())];
        let changes =
            proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8, 0..PIECES.len()), 0..5);
        (whole, changes).prop_map(|(mut pieces, changes)| {
            for (place, change, piece) in changes {
                let place = place.index(pieces.len() + 1);
                match change {
                    0 => pieces.insert(place, piece),
                    1 if place < pieces.len() => pieces[place] = piece,
                    _ if place < pieces.len() => _ = pieces.remove(place),
                    _ => {}
                }
            }
            pieces.iter().flat_map(|piece| PIECES[*piece]).copied().collect()
        })
    }

    #[test]
    fn what_writers_of_ours_write_is_recognised() {
        for (line, text) in [
            (&br#"{"seq":13,"ts":"2026-03-21T08:00:00.039Z","text":"Proceed? "}"#[..], "Proceed? "),
            (br#"{"seq":0,"text":""}"#, ""),
            (br#"{"seq":1,"text":"\u001b[32m\ud83d\ude00\/\"\n"}"#, "\u{1b}[32m\u{1f600}/\"\n"),
            (br#"{"seq":2,"ts":"x","event":"progress","level":"info","renderedLine":"50 %"}"#, "50 %"),
            (br#"{"seq":2,"event":"progress","renderedLine":"50 %"}"#, "50 %"),
        ] {
            let found = recognise(line).expect("a canonical line");
            assert_eq!(found.text.to_text(), text);
            assert_eq!(found.text.plain().is_some(), !found.text.raw().contains(&b'\\'));
            assert_eq!(decode_whole(line), of_canonical(found));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

        #[test]
        fn a_recognised_line_says_what_the_general_way_says(line in nearly_canonical()) {
            if let Some(found) = recognise(&line) {
                prop_assert_eq!(of_canonical(found), decode_whole(&line));
                prop_assert_eq!(Some(found.seq), canonical_seq(&line));
            }
        }

        #[test]
        fn what_json_writes_of_a_text_is_copied_exactly_when_it_is_escaped_as_ours(text in "\\PC*[\\x00-\\x20\"/\\\\]{0,4}", line in nearly_canonical()) {
            let ours = serde_json::to_string(&text).unwrap();
            let line_of_ours = format!("{{\"seq\":1,\"text\":{ours}}}");
            let found = recognise(line_of_ours.as_bytes()).expect("a canonical line");
            prop_assert_eq!(found.text.to_text(), text);
            prop_assert!(found.text.is_escaped_as_ours());
            if let Some(found) = recognise(&line) {
                let ours = serde_json::to_string(&found.text.to_text()).unwrap();
                prop_assert_eq!(found.text.is_escaped_as_ours(), ours == format!("\"{}\"", String::from_utf8_lossy(found.text.raw())));
            }
        }

        #[test]
        fn decoding_and_the_order_of_a_line_agree_on_the_seq(line in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..120),
            r#"\{"seq":[0-9]{0,18}[,}]?.*"#.prop_map(String::into_bytes),
            r#"\{"a":1, ?"seq":(-?[0-9]{1,17}|"x"|1e3)(,"text":"\PC*")?\}"#.prop_map(String::into_bytes),
        ]) {
            prop_assert_eq!(decode(&line).seq, line_order(&line).seq);
        }
    }
}
