//! What is written of records that anybody may have made.

use serde_json::json;

use super::*;
use crate::checkpoint::{Kind, Record};

const PIPE: Presentation = Presentation { terminal: false, color: false };
const TERMINAL: Presentation = Presentation { terminal: true, color: false };
const COLORED: Presentation = Presentation { terminal: true, color: true };

/// A record under the name `name`, with the content `content`.
fn stored(name: &str, content: &Value) -> StoredRecord {
    let (seq, kind) = name.strip_suffix(".json").unwrap().split_once('-').unwrap();
    StoredRecord {
        seq: seq.parse().unwrap(),
        kind: kind.parse().unwrap(),
        name: name.to_owned(),
        path: format!("run/checkpoints/{name}").into(),
        content: serde_json::from_value(content.clone()).map_err(|error| error.to_string()),
    }
}

fn written(record: &StoredRecord, presentation: Presentation) -> String {
    let mut out = Vec::new();
    write_record(&mut out, record, presentation).unwrap();
    String::from_utf8(out).unwrap()
}

fn listed(records: &[StoredRecord], presentation: Presentation) -> String {
    let mut out = Vec::new();
    write_list(&mut out, records, presentation).unwrap();
    String::from_utf8(out).unwrap()
}

fn log_tail() -> StoredRecord {
    stored(
        "0002-log_tail.json",
        &json!({"format": 1, "taskId": "t", "stepId": "s", "runId": "r", "seq": 2, "type": "log_tail", "id": "0198",
            "createdAt": "2026-03-21T08:00:00.036Z", "origin": "operator", "logSeq": 7, "summary": "the end",
            "payload": {"source": "combined", "truncated": true,
                "lines": ["[worker] started", "[stdout] a\nb\n", "[stderr] \u{1b}[31mred\u{1b}[2J", "[stdout] ", "bare"]}}),
    )
}

#[test]
fn a_record_is_its_facts_its_summary_and_its_text() {
    let expected = "seq: 2\ntype: log_tail\nfile: run/checkpoints/0002-log_tail.json\nid: 0198\ntask: t\nstep: s\nrun: r\n\
        created: 2026-03-21T08:00:00.036Z\norigin: operator\nlog seq: 7\nsource: combined\ntruncated: true\n\
        \nthe end\n\
        \n[worker] started\n[stdout] a\n[stdout] b\n[stderr] \u{1b}[31mred\u{1b}[2J\n[stdout] \nbare\n";
    assert_eq!(written(&log_tail(), PIPE), expected);
}

#[test]
fn new_files_are_named_a_line_each() {
    let payload = json!({"untracked": ["a", "two\nlines"], "numbers": [1, 2], "patch": ""});
    let record = stored("0001-git_diff.json", &json!({"seq": 1, "type": "git_diff", "payload": payload}));
    let written = written(&record, PIPE);
    assert!(written.contains("\nuntracked: a\nuntracked: two␊lines\n"), "{written}");
    assert!(written.contains("\nnumbers: [1,2]\n"), "{written}");
}

#[test]
fn on_a_terminal_nothing_in_a_record_is_obeyed() {
    let evil = "\u{1b}]0;title\u{7}\u{9b}2J\u{202e}";
    let payload = json!({"baseRef": evil, evil: [evil], "patch": format!("+{evil}\n-a\tb\n"), "stat": evil});
    let record = |kind: &str| {
        stored(
            &format!("0001-{kind}.json"),
            &json!({"seq": 1, "type": kind, "id": evil, "taskId": evil, "origin": evil, "summary": format!("{evil}\n{evil}"),
                "payload": payload, evil: evil}),
        )
    };
    let unreadable = StoredRecord { content: Err(evil.to_owned()), ..record(evil) };
    for record in [record("git_diff"), record("summary"), record(evil), log_tail(), unreadable] {
        for presentation in [TERMINAL, COLORED] {
            let shown = written(&record, presentation) + &listed(std::slice::from_ref(&record), presentation);
            let ours = shown.split("\u{1b}[").skip(1).all(|rest| {
                rest.split_once('m')
                    .is_some_and(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'))
            });
            assert!(ours && shown.matches('\u{1b}').count() == shown.matches("\u{1b}[").count(), "{shown:?}");
            assert!(!shown.contains(['\u{7}', '\u{9b}', '\u{202e}']), "{shown:?}");
            assert!(presentation.color || !shown.contains('\u{1b}'), "{shown:?}");
        }
        // In a pipe the facts stay a line each, whatever is in them.
        let facts = written(&record, PIPE);
        let facts = facts.split("\n\n").next().unwrap();
        assert!(!facts.contains('\u{1b}'), "{facts:?}");
    }
}

#[test]
fn a_diff_is_verbatim_in_a_pipe_and_coloured_by_its_lines_on_a_terminal() {
    let patch = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\ttab\r\n same\n\\ No newline at end of file";
    let record = stored(
        "0003-git_diff.json",
        &json!({"seq": 3, "type": "git_diff", "summary": "1 file", "payload": {"baseRef": "HEAD", "head": "abc",
            "stat": " x | 2 +-\n", "patch": patch, "truncated": false}}),
    );
    assert!(written(&record, PIPE).ends_with(&format!("\n\n1 file\n\n x | 2 +-\n\n{patch}\n")));
    let shown = written(&record, COLORED);
    for line in [
        "\u{1b}[1mdiff --git a/x b/x\u{1b}[0m\n",
        "\u{1b}[1m--- a/x\u{1b}[0m\n",
        "\u{1b}[36m@@ -1 +1 @@\u{1b}[0m\n",
        "\u{1b}[31m-old\u{1b}[0m\n",
        "\u{1b}[32m+new    tab\u{1b}[0m\n",
        "\n same\n",
    ] {
        assert!(shown.contains(line), "{line:?} in {shown:?}");
    }
}

#[test]
fn what_is_unknown_stands_as_json() {
    let record = stored(
        "0004-screenshot.json",
        &json!({"seq": 4, "type": "screenshot", "summary": "", "payload": {"width": 80, "cells": ["a\n"]}, "weather": {"rain": true}}),
    );
    let shown = written(&record, PIPE);
    assert!(
        shown.ends_with("origin: runner\nweather: {\"rain\":true}\nwidth: 80\ncells: [\"a\\n\"]\n"),
        "{shown}"
    );
    // Texts of another shape than the contract's are no texts.
    let odd =
        stored("0005-log_tail.json", &json!({"seq": 5, "type": "log_tail", "payload": {"lines": ["a", 7]}}));
    assert!(written(&odd, PIPE).ends_with("lines: [\"a\",7]\n"));
    let odder = stored("0005-summary.json", &json!({"seq": 5, "payload": [1]}));
    assert!(written(&odder, PIPE).ends_with("payload: [1]\n"));
}

#[test]
fn clashes_and_broken_records_are_listed_for_what_they_are() {
    let clash = stored("0002-summary.json", &json!({"seq": 9, "type": "note", "summary": "two\nlines"}));
    let broken = StoredRecord { content: Err("it is no checkpoint record".to_owned()), ..log_tail() };
    let shown = listed(&[clash.clone(), broken.clone()], PIPE);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "{shown}");
    assert!(
        lines[1].contains("(the name says seq 2, the content says 9) (the name says type summary"),
        "{shown}"
    );
    assert!(lines[2].ends_with("0002-log_tail.json: it is no checkpoint record"), "{shown}");
    assert!(written(&clash, PIPE).contains("problem: the name says seq 2, the content says 9\n"));
    assert!(written(&broken, PIPE).ends_with("problem: it is no checkpoint record\n"));
    let object = json(&clash);
    assert_eq!(
        (&object["seq"], &object["type"], &object["summary"]),
        (&2.into(), &"summary".into(), &"two\nlines".into())
    );
    assert_eq!(object["disagreements"].as_array().unwrap().len(), 2);
    let object = json(&broken);
    assert_eq!(
        object,
        json!({"error": "it is no checkpoint record", "seq": 2, "type": "log_tail",
        "described": "log_tail:checkpoints/0002-log_tail.json"})
    );
}

#[test]
fn a_record_as_json_has_all_that_its_file_says() {
    let text = json!({"format": 1, "seq": 1, "type": "plan", "id": "x", "weather": 7, "payload": {"a": [1]}, "summary": "s",
        "taskId": "t", "stepId": "s", "runId": "r", "origin": "robot", "logSeq": 3, "createdAt": "2026-03-21T08:00:00.036Z"});
    let mut object = json(&stored("0001-plan.json", &text));
    assert_eq!(
        object.as_object_mut().unwrap().remove("described").unwrap(),
        "plan:checkpoints/0001-plan.json"
    );
    assert_eq!(object, text);
    let record = Record { kind: Kind::Summary, ..Record::default() };
    let without_seq = StoredRecord { content: Ok(record), ..stored("0007-summary.json", &json!({})) };
    assert_eq!(json(&without_seq)["seq"], 7);
}
