//! Run directories in which a sequence of the corpus stands in every field.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::corpus::{Kind, Sequence};

/// The last line of every log.
pub(crate) const END_OF_LOG: &str = "end of the log";

/// A template with the sequence in the place of `~`, inside quotes with text around it.
fn filled(template: &str, sequence: &Sequence) -> Vec<u8> {
    let json = sequence.json();
    let inside = &json[1..json.len() - 1];
    let mut filled = Vec::new();
    for (place, piece) in template.split('~').enumerate() {
        if place > 0 {
            filled.extend(inside);
        }
        filled.extend(piece.bytes());
    }
    filled
}

const MANIFEST: &str = r#"{"format":1,"runUid":"u~","taskId":"t~","stepId":"s~","stepName":"n~",
"stepIndex":1,"stepCount":2,"attempt":3,"runId":"r~","workerKind":"w~","labels":{"l~":"v~"},"host":"h~",
"bootId":"b~","cwd":"/c~","command":["m~","a~"],"pty":true,"terminal":{"tty":"y~","tmuxPane":"p~","tmuxSocket":"k~"},
"checkpoint":{"mode":"capture","gitDiffBaseRef":"g~","summaryHint":"i~"}}"#;
const MANIFEST_OF_TIMES: &str = r#"{"format":"f~","taskId":"t~","stepIndex":"x~","attempt":"a~",
"createdAt":"c~","labels":"l~","command":"m~","checkpoint":{"mode":"o~","resumeFromSeq":"r~"}}"#;
const STATE: &str = r#"{"status":"failed","exitCode":3,"message":"m~","pidNamespace":"n~",
"startedAt":"2026-03-21T08:00:00.000Z","finishedAt":"2026-03-21T08:00:09.000Z"}"#;
const STATE_OF_TIMES: &str = r#"{"status":"s~","pid":"p~","startedAt":"b~","updatedAt":"u~","message":"m~"}"#;

const WORKER: [&str; 5] = [
    r#"{"seq":1,"ts":"2026-03-21T08:00:00.036Z","event":"e~","level":"l~","renderedLine":"r~","data":{"k~":"v~"}}"#,
    r#"{"seq":2,"ts":"t~","event":"step_started","level":"info","renderedLine":"r~"}"#,
    r#"{"seq":3,"ts":"2026-03-21T08:00:01.036Z","event":"waiting_for_input","renderedLine":"r~","k~":"v~"}"#,
    r#"{"seq":4,"ts":"2026-03-21T08:00:02.036Z","event":"e~","level":"error","message":"r~","text":"x~"}"#,
    r#"{"seq":"s~","renderedLine":"r~"}"#,
];

const RECORDS: [(&str, &str); 7] = [
    (
        "0001-summary.json",
        r#"{"format":1,"taskId":"t~","stepId":"s~","runId":"r~","seq":1,"type":"summary","id":"i~","createdAt":"2026-03-21T08:00:00.036Z","origin":"o~","logSeq":3,"summary":"y~","payload":{"detail":"d~"}}"#,
    ),
    (
        "0002-log_tail.json",
        r#"{"seq":2,"type":"log_tail","id":"i~","createdAt":"2026-03-21T08:00:00.036Z","summary":"y~","payload":{"source":"c~","lines":["[worker] l~","[s~] l","l~"],"truncated":true}}"#,
    ),
    (
        "0003-git_diff.json",
        r#"{"seq":3,"type":"git_diff","summary":"y~","payload":{"baseRef":"b~","head":"h~","stat":" f~ | 2 +-","patch":"diff --git a/f~ b/f~\n--- a/f~\n+++ b/f~\n@@ -1 +1 @@ c~\n-o~\n+n~\n","truncated":false}}"#,
    ),
    (
        "0004-other.json",
        r#"{"seq":4,"type":"t~","summary":"y~","payload":{"k~":["v~",{"k":"v~"}]},"further~":"f~"}"#,
    ),
    (
        "0008-log_tail.json",
        r#"{"seq":8,"type":"log_tail","summary":"z~","payload":{"lines":["l~","[worker] further ~"]}}"#,
    ),
    ("0007-log_tail.json", r#"{"seq":7,"type":"log_tail","createdAt":"c~","payload":{"lines":["l~"]}}"#),
    ("0005-summary.json", r#"{"seq":"s~","type":["t~"],"summary":"#),
];

/// A run below `root` that is full of the sequence. Every eighth is full of it also where a number or
/// a time should be.
pub(crate) fn plant(root: &Path, number: usize, sequence: &Sequence) -> PathBuf {
    let run = root.join(joined("task ", &sequence.file_name())).join(format!("run-{number:03}"));
    fs::create_dir_all(run.join("checkpoints")).unwrap();
    let odd = number % 8 == 7;
    let (manifest, state) = if odd { (MANIFEST_OF_TIMES, STATE_OF_TIMES) } else { (MANIFEST, STATE) };
    fs::write(run.join("run.json"), filled(manifest, sequence)).unwrap();
    fs::write(run.join("state.json"), filled(state, sequence)).unwrap();
    let worker = WORKER.map(|template| [filled(template, sequence), vec![b'\n']].concat()).concat();
    fs::write(run.join("worker.jsonl"), worker).unwrap();
    fs::write(run.join("stdout.jsonl"), stdout(sequence)).unwrap();
    fs::write(run.join("stderr.jsonl"), filled("{\"seq\":12,\"text\":\"open line ~", sequence)).unwrap();
    let channel = run.join(joined("channel ", &joined_after(&sequence.file_name(), ".jsonl")));
    fs::write(channel, filled("{\"seq\":9,\"text\":\"of the channel ~\\n\"}\n", sequence)).unwrap();
    for (name, template) in RECORDS {
        fs::write(run.join("checkpoints").join(name), filled(template, sequence)).unwrap();
    }
    let name = joined("0006-", &joined_after(&sequence.file_name(), ".json"));
    fs::write(run.join("checkpoints").join(name), filled(RECORDS[3].1, sequence)).unwrap();
    run
}

/// The sequence as text of one entry, split over two, as bytes, and as a line that is no JSON.
fn stdout(sequence: &Sequence) -> Vec<u8> {
    use base64::Engine as _;
    let mut log = filled("{\"seq\":5,\"ts\":\"2026-03-21T08:00:03.000Z\",\"text\":\"t ~\\n\"}\n", sequence);
    if sequence.kind != Kind::Json {
        let (first, second) = sequence.bytes.split_at(sequence.bytes.len() / 2);
        for (seq, half) in [(6, first), (7, second), (8, &sequence.bytes)] {
            let encoded = base64::engine::general_purpose::STANDARD.encode(half);
            log.extend(format!("{{\"seq\":{seq},\"bytes\":\"{encoded}\"}}\n").bytes());
        }
    }
    log.extend(b"no JSON ");
    log.extend(&sequence.bytes);
    log.push(b'\n');
    log.extend(filled("{\"seq\":10,\"text\":\"~\", broken\n", sequence));
    log.extend(format!("{{\"seq\":11,\"text\":\"{END_OF_LOG}\\n\"}}\n").bytes());
    log
}

fn joined(before: &str, name: &OsStr) -> OsString {
    let mut joined = OsString::from(before);
    joined.push(name);
    joined
}

fn joined_after(name: &OsStr, ending: &str) -> OsString {
    let mut joined = name.to_owned();
    joined.push(ending);
    joined
}
