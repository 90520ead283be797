//! `stepwatch checkpoint` through the real binary: what it writes, where, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "checkpoint_command/git.rs"]
mod git;
#[path = "checkpoint_command/scene.rs"]
mod scene;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use git::run_in_a_repository;
use scene::{Run, assert_refused, code, error, stepwatch};

#[test]
fn a_summary_says_what_it_was_told_and_stands_at_the_highest_seq() {
    let run = Run::new(&json!({"mode": "capture", "resumeFromSeq": 6}));
    let printed = run.printed("summary", &["-m", "- half way\n\u{1b}[1m", "--detail", "more\nof it"]);
    assert_eq!(printed, "summary:checkpoints/0007-summary.json\n");
    let record = fs::read(run.path.join("checkpoints/0007-summary.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["summary"], "- half way\n\u{1b}[1m");
    assert_eq!(record["payload"], json!({"detail": "more\nof it"}));
    assert_eq!((&record["logSeq"], &record["origin"]), (&4.into(), &"operator".into()));
    assert_eq!(
        (&record["taskId"], &record["stepId"], &record["runId"]),
        (&"task-1".into(), &"build".into(), &"run-1".into())
    );
    assert_eq!(run.printed("summary", &["--message", "again"]), "summary:checkpoints/0008-summary.json\n");
}

#[test]
fn every_worked_case_of_the_contract_comes_out_of_the_command() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors/log-tail.json")).unwrap();
    assert_eq!(vectors.len(), 24);
    for vector in &vectors {
        let run = Run::new(&vector["checkpoint"]);
        for name in ["worker", "stdout", "stderr"] {
            run.write(&format!("{name}.jsonl"), vector["session"][name].as_array().unwrap());
        }
        let limit = vector["lineLimit"].as_u64().map(|limit| limit.to_string());
        let mut arguments = vec!["-m", vector["summary"].as_str().unwrap()];
        arguments.extend(limit.iter().flat_map(|limit| ["-n", limit]));
        let before = run.files();
        let output = run.checkpoint("log-tail", &arguments);
        let expected = &vector["expect"];
        let listed = run.objects("list", &["--json"]);
        for key in ["mode", "supportedTypes", "lastCheckpointSeq", "nextCheckpointSeq"] {
            assert_eq!(listed[0][key], expected[key], "{}: {key}", vector["name"]);
        }
        assert_eq!(listed[0]["latest"], expected["described"], "{}", vector["name"]);
        if expected["emitted"] == true {
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(Some(printed.trim_end()), expected["described"].as_str());
            let record = &listed[1];
            assert_eq!(
                (&record["summary"], &record["described"]),
                (&vector["summary"], &expected["described"])
            );
            for key in ["source", "lines", "truncated"] {
                assert_eq!(record["payload"][key], expected[key], "{}: {key}", vector["name"]);
            }
        } else {
            assert_eq!((code(&output), listed.len()), (1, 1));
            assert!(error(&output).contains("checkpointing is disabled for this step"), "{}", error(&output));
            assert_eq!(run.files(), before);
        }
    }
}

#[test]
fn a_log_tail_without_a_word_says_which_entries_it_keeps() {
    let run = Run::new(&Value::Null);
    assert_eq!(run.printed("log-tail", &[]), "log_tail:checkpoints/0001-log_tail.json\n");
    assert_eq!(run.printed("log-tail", &["-n", "2"]), "log_tail:checkpoints/0002-log_tail.json\n");
    let records = run.objects("list", &["--json"]);
    assert_eq!(records[1]["summary"], "all 3 entries up to seq 4");
    let expected = json!({"source": "combined", "truncated": true, "lossy": true,
        "lines": ["[stdout] a\nb\n", "[stdout] \u{fffd}a\n"]});
    assert_eq!(
        (&records[2]["summary"], &records[2]["payload"]),
        (&"last 2 entries up to seq 4".into(), &expected)
    );
    assert_eq!((&records[1]["logSeq"], &records[2]["logSeq"]), (&4.into(), &4.into()));
}

#[test]
fn wrong_usage_is_refused_with_the_reason_and_nothing_is_written() {
    let run = Run::new(&Value::Null);
    assert_refused(&run, "log-tail", &["-n", "0"], 2, "at least 1 entry");
    assert_refused(&run, "log-tail", &["-n", "-3"], 2, "");
    assert_refused(&run, "log-tail", &["-n", "many"], 2, "no count of entries");
    assert_refused(&run, "log-tail", &["-m", " \n"], 2, "say in a sentence");
    assert_refused(&run, "summary", &["-m", ""], 2, "say in a sentence");
    assert_refused(&run, "summary", &[], 2, "--message");
    assert_refused(&run, "git-diff", &["-m", ""], 2, "say in a sentence");
    assert_refused(&run, "screenshot", &[], 2, "unrecognized subcommand");
    assert_refused(&run, "log_tail", &[], 2, "log-tail");
}

#[test]
fn a_run_whose_checkpoints_are_disabled_says_so_and_nothing_is_written_anywhere() {
    for mode in ["disabled", "a mode of tomorrow"] {
        let run = Run::new(&json!({"mode": mode, "resumeFromSeq": 3}));
        let words = "checkpointing is disabled for this step";
        assert_refused(&run, "summary", &["-m", "x"], 1, words);
        assert_refused(&run, "log-tail", &[], 1, words);
        assert_refused(&run, "git-diff", &[], 1, words);
        // Also where the log would not be read.
        fs::remove_file(run.path.join("stdout.jsonl")).unwrap();
        let fifo = run.path.join("stdout.jsonl");
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_refused(&run, "log-tail", &[], 1, words);
        let state = &run.objects("list", &["--json"])[0];
        assert_eq!((&state["mode"], &state["supportedTypes"]), (&"disabled".into(), &json!([])));
        assert_eq!((&state["lastCheckpointSeq"], &state["nextCheckpointSeq"]), (&3.into(), &4.into()));
        assert!(state["note"].as_str().unwrap().contains(words));
    }
}

#[test]
fn what_could_not_be_done_says_why_and_ends_with_3() {
    let run = Run::new(&Value::Null);
    let fifo = run.path.join("stderr.jsonl");
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_refused(&run, "log-tail", &[], 3, "stderr.jsonl: cannot be read");
    // A sentence needs no log.
    assert_eq!(run.printed("summary", &["-m", "no log"]), "summary:checkpoints/0001-summary.json\n");

    let run = Run::new(&Value::Null);
    fs::write(run.path.join("run.json"), "{\"checkpoint\":").unwrap();
    assert_refused(&run, "summary", &["-m", "x"], 3, "could forbid checkpoints");
    assert_refused(&run, "log-tail", &[], 3, "could forbid checkpoints");
    let listed = run.checkpoint("list", &[]);
    assert_eq!(code(&listed), 0);
    assert!(error(&listed).contains("could forbid checkpoints"), "{}", error(&listed));

    let run = Run::new(&Value::Null);
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), run.path.join("checkpoints")).unwrap();
    assert_refused(&run, "summary", &["-m", "x"], 3, "checkpoints");
    assert_refused(&run, "list", &[], 3, "not followed");
    assert_refused(&run, "show", &["1"], 3, "not followed");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);

    let output = stepwatch().args(["checkpoint", "list"]).arg(run.path.join("nothing")).output().unwrap();
    assert_eq!(code(&output), 3);
}

#[test]
fn a_run_is_named_by_its_folder_or_its_id() {
    let run = Run::new(&Value::Null);
    for name in ["run-1", "task-1/run-1"] {
        let output = stepwatch()
            .env("STEPWATCH_ROOT", run.root.path())
            .args(["checkpoint", "summary", name, "-m", "by id"])
            .output()
            .unwrap();
        assert_eq!((code(&output), error(&output)), (0, String::new()));
    }
    let output = stepwatch().args(["checkpoint", "list"]).arg(run.root.path()).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("last seq: 2\nnext seq: 3\n"));
}

#[test]
fn the_list_has_the_records_of_everybody_in_order_and_says_what_is_wrong_with_them() {
    let run = Run::new(&Value::Null);
    assert_eq!(
        run.printed("list", &[]),
        "mode: capture\ntypes: summary, git_diff, log_tail\n\
        note: summaries, git diffs and log tails are written to checkpoints/, and nothing there is ever overwritten\n\
        last seq: 0\nnext seq: 1\nlatest: –\n"
    );
    run.foreign(
        "0003-plan.json",
        r#"{"seq":3,"type":"plan","id":"p","summary":"a plan","weather":"fine","payload":[1]}"#,
    );
    run.foreign("0002-summary.json", r#"{"seq":9,"type":"summary","summary":"clash"}"#);
    run.foreign("0004-log_tail.json", "{torn");
    run.foreign("notes.md", "no record");
    let printed = run.printed("summary", &["-m", "ours"]);
    assert_eq!(printed, "summary:checkpoints/0005-summary.json\n");
    let listed = run.objects("list", &["--json"]);
    assert_eq!(listed[0]["latest"], "summary:checkpoints/0005-summary.json");
    assert_eq!((&listed[0]["lastCheckpointSeq"], &listed[0]["nextCheckpointSeq"]), (&5.into(), &6.into()));
    let keys: Vec<&String> = listed[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["mode", "supportedTypes", "note", "lastCheckpointSeq", "nextCheckpointSeq", "latest"]);
    let seqs: Vec<&Value> = listed[1..].iter().map(|record| &record["seq"]).collect();
    assert_eq!(seqs, [2, 3, 4, 5]);
    assert_eq!(listed[1]["disagreements"][0], "the name says seq 2, the content says 9");
    assert_eq!((&listed[2]["weather"], &listed[2]["payload"]), (&"fine".into(), &json!([1])));
    assert_eq!((&listed[2]["type"], &listed[2]["origin"]), (&"plan".into(), &"runner".into()));
    assert!(listed[3]["error"].as_str().unwrap().contains("no checkpoint record"));
    let text = run.printed("list", &[]);
    for words in [
        "clash (the name says seq 2, the content says 9)",
        "a plan",
        "0004-log_tail.json: it is no checkpoint record",
        "ours",
    ] {
        assert!(text.contains(words), "{words:?} in {text}");
    }
}

#[test]
fn a_checkpoint_is_shown_by_its_seq_or_its_id() {
    let run = Run::new(&Value::Null);
    run.printed("summary", &["-m", "first"]);
    run.printed("log-tail", &["-m", "\u{1b}[2Jsecond"]);
    let by_seq = run.objects("show", &["2", "--json"]);
    assert_eq!((by_seq.len(), &by_seq[0]["summary"]), (1, &"\u{1b}[2Jsecond".into()));
    let id = by_seq[0]["id"].as_str().unwrap();
    assert_eq!(run.objects("show", &[id, "--json"]), by_seq);
    assert_eq!(run.printed("show", &[id]), run.printed("show", &["0002"]));
    // In a pipe text is verbatim.
    let shown = run.checkpoint("show", &["2"]).stdout;
    let expected = "\n\n\u{1b}[2Jsecond\n\n[worker] started\n[stdout] a\n[stdout] b\n[stdout] \u{fffd}a\n";
    assert!(shown.ends_with(expected.as_bytes()), "{}", String::from_utf8_lossy(&shown));
    assert_refused(&run, "show", &["3"], 3, "has no checkpoint 3; it has 2 from seq 1 to 2");
    assert_refused(&run, "show", &["0198\u{1b}"], 3, "has no checkpoint 0198␛");
    assert_refused(&run, "show", &[], 2, "SEQ-OR-ID");
    let none = Run::new(&Value::Null);
    assert_refused(&none, "show", &["1"], 3, "it has none");
}

#[test]
fn several_records_of_one_seq_are_all_shown_and_said_to_be_several() {
    let run = Run::new(&Value::Null);
    run.foreign("0001-summary.json", r#"{"seq":1,"type":"summary","id":"a","summary":"one"}"#);
    run.foreign(
        "0001-log_tail.json",
        r#"{"seq":1,"type":"log_tail","id":"b","summary":"other","payload":{"lines":["[stdout] x"]}}"#,
    );
    run.foreign("0002-summary.json", "[]");
    let output = run.checkpoint("show", &["1", "--json"]);
    assert_eq!(
        (code(&output), error(&output)),
        (0, "note: 2 records have the seq or id 1; all are shown\n".to_owned())
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 2);
    assert_eq!(run.objects("show", &["b", "--json"])[0]["summary"], "other");
    // A record that cannot be read is shown for what it is.
    let output = run.checkpoint("show", &["2"]);
    assert_eq!(code(&output), 3);
    assert!(error(&output).contains("not a JSON object"), "{}", error(&output));
    assert!(String::from_utf8(output.stdout).unwrap().contains("problem: it is no checkpoint record"));
}

#[test]
fn what_is_written_keeps_the_contract() {
    let (run, _repository) = run_in_a_repository(&Value::Null);
    run.printed("summary", &["-m", "one", "--detail", "two"]);
    run.printed("log-tail", &[]);
    run.printed("git-diff", &["--stat", "--redact"]);
    let output = stepwatch().arg("check").arg(&run.path).arg("--json").output().unwrap();
    let check: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = json!({"records": 3, "badNames": [], "clashes": [], "unreadable": []});
    assert_eq!(check["checkpoints"], expected);
    let schema =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schema/checkpoint.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    for name in ["0001-summary.json", "0002-log_tail.json", "0003-git_diff.json"] {
        let record = fs::read(run.path.join("checkpoints").join(name)).unwrap();
        let record = serde_json::from_slice(&record).unwrap();
        assert!(schema.is_valid(&record), "{record:#}");
    }
}

#[test]
fn a_checkpoint_of_an_ended_run_that_was_renamed_over_is_in_the_next_list() {
    let run = Run::new(&json!({"mode": "capture"}));
    fs::write(run.path.join("state.json"), r#"{"status":"succeeded"}"#).unwrap();
    assert_eq!(run.checkpoint("summary", &["-m", "ours"]).status.code(), Some(0));
    let ours = run.objects("list", &["--json"]).pop().unwrap();
    let name = format!("checkpoints/{:04}-summary.json", ours["seq"].as_u64().unwrap());
    fs::write(run.path.join("new"), r#"{"type":"summary","summary":"theirs"}"#).unwrap();
    fs::rename(run.path.join("new"), run.path.join(name)).unwrap();
    let told = run.checkpoint("list", &[]);
    assert!(error(&told).contains("it stands again as summary:checkpoints/"), "{}", error(&told));
    let again = run.objects("list", &["--json"]).pop().unwrap();
    assert_eq!((&again["id"], &again["summary"]), (&ours["id"], &ours["summary"]));
    assert_eq!(again["seq"].as_u64(), ours["seq"].as_u64().map(|seq| seq + 1));
}
