//! The log tail the naive way, which knows nothing of how lines are read: each line comes with the
//! seq and the text that it has by the way it was made.

use base64::Engine as _;
use proptest::prelude::*;
use serde_json::json;
use stepwatch::checkpoint::LogTail;

pub(crate) const NAMES: [&str; 4] = ["worker", "stdout", "stderr", "audit"];

/// A line, and what it says.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) bytes: Vec<u8>,
    /// Whether it is a JSON object, which is an entry also before its line end is there.
    pub(crate) is_object: bool,
    seq: Option<u64>,
    text: Vec<u8>,
}

fn object(value: &serde_json::Value, seq: Option<u64>, text: &[u8]) -> Line {
    Line { bytes: value.to_string().into_bytes(), is_object: true, seq, text: text.to_vec() }
}

fn raw(bytes: Vec<u8>, seq: Option<u64>) -> Line {
    Line { text: bytes.clone(), bytes, is_object: false, seq }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[ -~\\n\\r\\t\u{1b}\u{0}é🚀]{0,12}",
        2 => Just("a\nb\n".to_owned()),
        1 => Just(String::new()),
        1 => (2000..9000_usize).prop_map(|length| "x".repeat(length)),
    ]
}

/// A line of a log file as somebody might write it. The seqs are few, so that there are ties, and
/// have gaps.
pub(crate) fn line() -> impl Strategy<Value = Line> {
    let seq = || prop_oneof![8 => 0..60_u64, 1 => 1000..1010_u64, 1 => Just((1 << 53) - 1)];
    prop_oneof![
        8 => (seq(), text()).prop_map(|(seq, text)| {
            object(&json!({"seq": seq, "ts": "2026-03-21T08:00:00.036Z", "text": text}), Some(seq), text.as_bytes())
        }),
        4 => (seq(), text()).prop_map(|(seq, text)| {
            let entry = json!({"seq": seq, "event": "said", "level": "info", "renderedLine": text});
            object(&entry, Some(seq), text.as_bytes())
        }),
        2 => (seq(), text()).prop_map(|(seq, text)| {
            object(&json!({"rendered_line": text, "seq": seq}), Some(seq), text.as_bytes())
        }),
        2 => (seq(), prop::collection::vec(any::<u8>(), 0..9)).prop_map(|(seq, bytes)| {
            let encoded = base64::engine::general_purpose::STANDARD.encode(&bytes);
            object(&json!({"seq": seq, "bytes": encoded}), Some(seq), &bytes)
        }),
        1 => (seq(), any::<bool>()).prop_map(|(seq, empty)| {
            let entry = if empty { json!({"seq": seq}) } else { json!({"seq": seq, "msg": "hi"}) };
            object(&entry, Some(seq), entry.to_string().as_bytes())
        }),
        1 => text().prop_map(|text| object(&json!({"text": text}), None, text.as_bytes())),
        1 => seq().prop_map(|seq| raw(format!("{{\"seq\":{seq},\"text\":\"cut").into_bytes(), Some(seq))),
        1 => prop::sample::select(vec![&b"thread 'main' panicked"[..], b"caf\xe9", b"{\"seq\":x}", b"[1]", b"7", b""])
            .prop_map(|bytes| raw(bytes.to_vec(), None)),
    ]
}

/// The last `limit` entries of these files, in the order of the channels: the files one behind the
/// other, each line with the seq of the line before it where it has none, sorted stably, sliced.
pub(crate) fn tail(files: &[Vec<&Line>], limit: usize) -> LogTail {
    let mut entries = Vec::new();
    for (name, lines) in NAMES.iter().zip(files) {
        let mut seq = None;
        for line in lines {
            seq = line.seq.or(seq);
            entries.push((seq, format!("[{name}] {}", String::from_utf8_lossy(&line.text)), *line));
        }
    }
    entries.sort_by_key(|(seq, _, _)| *seq);
    let last = &entries[entries.len().saturating_sub(limit)..];
    LogTail {
        lines: last.iter().map(|(_, line, _)| line.clone()).collect(),
        redacted: false,
        truncated: entries.len() > limit,
        lossy: last.iter().any(|(_, _, line)| std::str::from_utf8(&line.text).is_err()),
        log_seq: entries.iter().filter_map(|(_, _, line)| line.seq).max(),
    }
}
