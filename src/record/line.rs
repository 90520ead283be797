//! One line of a log file in its canonical form: `seq` first, so that a reader finds it without
//! parsing, then the time, then what there is to say.

use base64::Engine as _;
use serde_json::Value;

/// Appends the line of a stream's entry. Text that is not UTF-8 is written as `bytes`.
pub(crate) fn push_stream(lines: &mut Vec<u8>, seq: u64, time: &str, text: &[u8], is_utf8: bool) {
    push_head(lines, seq, time);
    if is_utf8 || std::str::from_utf8(text).is_ok() {
        lines.extend_from_slice(b",\"text\":\"");
        push_escaped(lines, text);
    } else {
        lines.extend_from_slice(b",\"bytes\":\"");
        lines.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(text).as_bytes());
    }
    lines.extend_from_slice(b"\"}\n");
}

/// Appends the line of a lifecycle entry.
pub(crate) fn push_event(
    lines: &mut Vec<u8>,
    seq: u64,
    time: &str,
    event: &str,
    level: &str,
    rendered_line: &str,
    data: Option<&Value>,
) {
    push_head(lines, seq, time);
    for (key, text) in [("event", event), ("level", level), ("renderedLine", rendered_line)] {
        lines.extend_from_slice(b",\"");
        lines.extend_from_slice(key.as_bytes());
        lines.extend_from_slice(b"\":\"");
        push_escaped(lines, text.as_bytes());
        lines.push(b'"');
    }
    if let Some(data) = data {
        lines.extend_from_slice(b",\"data\":");
        lines.extend_from_slice(data.to_string().as_bytes());
    }
    lines.extend_from_slice(b"}\n");
}

fn push_head(lines: &mut Vec<u8>, seq: u64, time: &str) {
    lines.extend_from_slice(b"{\"seq\":");
    lines.extend_from_slice(itoa::Buffer::new().format(seq).as_bytes());
    lines.extend_from_slice(b",\"ts\":\"");
    lines.extend_from_slice(time.as_bytes());
    lines.push(b'"');
}

/// Whether a byte stands for itself in a JSON string.
fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// Appends UTF-8 text as the inside of a JSON string. Nearly every line is plain but for its end,
/// so that case is looked at as a whole: a fold without an early way out becomes vector code.
fn push_escaped(lines: &mut Vec<u8>, text: &[u8]) {
    let (body, end) = match text.strip_suffix(b"\n") {
        Some(body) => (body, true),
        None => (text, false),
    };
    if body.iter().fold(true, |plain, byte| plain & is_plain(*byte)) {
        lines.extend_from_slice(body);
    } else {
        push_escaped_run_by_run(lines, body);
    }
    if end {
        lines.extend_from_slice(b"\\n");
    }
}

fn push_escaped_run_by_run(lines: &mut Vec<u8>, text: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut rest = text;
    while let Some(length) = rest.iter().position(|byte| !is_plain(*byte)) {
        lines.extend_from_slice(&rest[..length]);
        let byte = rest[length];
        match byte {
            b'"' | b'\\' => lines.extend_from_slice(&[b'\\', byte]),
            b'\n' => lines.extend_from_slice(b"\\n"),
            b'\r' => lines.extend_from_slice(b"\\r"),
            b'\t' => lines.extend_from_slice(b"\\t"),
            _ => {
                lines.extend_from_slice(b"\\u00");
                lines.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
        rest = &rest[length + 1..];
    }
    lines.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::run::{self, Body};

    const TIME: &str = "2026-03-21T08:00:00.039Z";

    #[test]
    fn a_stream_line_has_the_canonical_form() {
        let mut lines = Vec::new();
        push_stream(&mut lines, 13, TIME, b"caf\xc3\xa9 \"x\"\t\x1b[0m\n", false);
        let expected =
            "{\"seq\":13,\"ts\":\"2026-03-21T08:00:00.039Z\",\"text\":\"café \\\"x\\\"\\t\\u001b[0m\\n\"}\n";
        assert_eq!(String::from_utf8(lines).unwrap(), expected);
    }

    #[test]
    fn an_event_line_is_read_back_whole() {
        let mut lines = Vec::new();
        let data = serde_json::json!({"pid": 7});
        push_event(&mut lines, 1, TIME, "step_started", "info", "a \"b\"\nc", Some(&data));
        let entry = run::decode(lines.strip_suffix(b"\n").unwrap());
        assert_eq!(entry.event(), Some("step_started"));
        assert_eq!(entry.text(), b"a \"b\"\nc");
        assert!(matches!(entry.body, Body::Worker { data: Some(found), .. } if found == data));
    }

    proptest! {
        #[test]
        fn whatever_came_out_is_read_back_byte_for_byte(seq in 0..=run::MAX_SEQ, text in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut lines = Vec::new();
            push_stream(&mut lines, seq, TIME, &text, false);
            prop_assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 1);
            let entry = run::decode(lines.strip_suffix(b"\n").unwrap());
            prop_assert_eq!(entry.seq, Some(seq));
            prop_assert_eq!(entry.text(), &text[..]);
            prop_assert_eq!(matches!(entry.body, Body::Text(_)), std::str::from_utf8(&text).is_ok());
        }

        #[test]
        fn text_is_escaped_as_json_escapes_it(text in "[ -~\\n\\r\\t\\x00-\\x1f\"\\\\é漢😀]*") {
            let mut escaped = vec![b'"'];
            push_escaped(&mut escaped, text.as_bytes());
            escaped.push(b'"');
            prop_assert_eq!(serde_json::from_slice::<String>(&escaped).unwrap(), text);
        }
    }
}
