//! The report of the merged log against the naive way to make it.

use std::fs;
use std::io::Write as _;

use proptest::prelude::*;
use serde_json::json;
use stepwatch::model::{Model, Pattern};
use stepwatch::report::{Form, LogRange, LogRequest, Presentation};
use stepwatch::run::{Channel, RunDirectory, decode, line_order};
use stepwatch::tail::OrderKey;

/// A log line as somebody might write it.
fn log_line() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec!["a", "b\n", "a\nb\n", "", "\r\u{1b}[31m", "é\n\n", "end"]);
    prop_oneof![
        8 => (0..40_u64, text.clone()).prop_map(|(seq, text)| json!({"seq": seq, "text": text}).to_string()),
        1 => (0..40_u64, text).prop_map(|(seq, text)| json!({"renderedLine": text, "seq": seq}).to_string()),
        1 => (0..40_u64).prop_map(|seq| json!({"seq": seq, "bytes": "/2EK"}).to_string()),
        1 => (0..40_u64).prop_map(|seq| format!("{{\"seq\":{seq},\"text\":\"cut")),
        1 => Just("noise".to_owned()),
    ]
}

/// The merged log the naive way: the files one behind the other, each line with the seq of the line
/// before it where it has none, sorted stably; then everything that is not asked for is dropped.
fn naive(files: &[Vec<String>; 3], request: &LogRequest) -> Vec<u8> {
    let mut entries: Vec<(Option<u64>, Channel, &String)> = Vec::new();
    for (name, lines) in ["worker", "stdout", "stderr"].into_iter().zip(files) {
        let mut seq = None;
        for line in lines {
            seq = line_order(line.as_bytes()).seq.or(seq);
            entries.push((seq, Channel::from_name(name), line));
        }
    }
    entries.sort_by_key(|(seq, _, _)| *seq);
    entries.retain(|(seq, channel, line)| {
        (request.channels.is_empty() || request.channels.contains(channel))
            && request.range.from.is_none_or(|from| *seq >= from.seq())
            && request.range.before.is_none_or(|before| *seq < before.seq())
            && request
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.matches_text(decode(line.as_bytes()).text()))
    });
    let last = request.last.map_or(entries.len(), |last| usize::try_from(last).unwrap());
    let skipped = entries.len().saturating_sub(last);
    let mut out = Vec::new();
    for (_, channel, line) in &entries[skipped..] {
        let entry = decode(line.as_bytes());
        let text = entry.text();
        for line in text.strip_suffix(b"\n").unwrap_or(text).split(|byte| *byte == b'\n') {
            write!(out, "[{channel}] ").unwrap();
            out.extend_from_slice(line);
            out.push(b'\n');
        }
    }
    out
}

fn request() -> impl Strategy<Value = LogRequest> {
    let channels = prop::sample::subsequence(vec!["worker", "stdout", "stderr"], 0..=2)
        .prop_map(|names| names.into_iter().map(Channel::from_name).collect());
    let pattern = prop::option::of(prop::sample::select(vec!["a", "b$", "^$", "zzz"]));
    let seq = || prop::option::of(0..45_u64);
    (prop::option::of(0..30_u64), channels, pattern, seq(), seq()).prop_map(
        |(last, channels, pattern, from, before)| LogRequest {
            last,
            channels,
            pattern: pattern.map(|pattern| Pattern::new(pattern).unwrap()),
            range: LogRange { from: from.map(OrderKey::of_seq), before: before.map(OrderKey::of_seq) },
        },
    )
}

proptest! {
    #[test]
    fn the_report_agrees_with_concatenating_and_sorting(
        files in prop::array::uniform3(prop::collection::vec(log_line(), 0..60)),
        requests in prop::collection::vec(request(), 1..6),
    ) {
        let has_seq = |line: &String| line_order(line.as_bytes()).seq.is_some();
        prop_assume!(files.iter().flatten().any(has_seq));
        let folder = tempfile::tempdir().unwrap();
        for (name, lines) in ["worker.jsonl", "stdout.jsonl", "stderr.jsonl"].into_iter().zip(&files) {
            fs::write(folder.path().join(name), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        }
        let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
        for request in requests {
            let mut out = Vec::new();
            request.write(&model, &mut out, Form::Text, Presentation::default()).unwrap();
            prop_assert_eq!(
                String::from_utf8_lossy(&out).into_owned(),
                String::from_utf8_lossy(&naive(&files, &request)).into_owned(),
                "{:?}", request
            );
        }
    }
}

#[test]
fn entries_that_were_lost_after_they_were_indexed_are_counted_and_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (1..=1000).map(|seq| format!("{{\"seq\":{seq},\"text\":\"line\\n\"}}\n")).collect();
    fs::write(folder.path().join("stdout.jsonl"), &lines).unwrap();
    let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
    fs::write(folder.path().join("stdout.jsonl"), &lines[..lines.len() / 2]).unwrap();
    let mut out = Vec::new();
    let written = LogRequest::default().write(&model, &mut out, Form::Raw, Presentation::default()).unwrap();
    assert!(written.unreadable > 0 && written.entries > 0, "{written:?}");
    assert_eq!(written.entries + written.unreadable, 1000);
    assert!(stepwatch::report::Check::of(&model).is_err());
}
