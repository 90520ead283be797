//! The checkpoints screen with every kind of record, and the prompts.

use serde_json::json;
use stepwatch::app::emission::{DiffPreview, Emitted, PreviewRequest, Previewed};
use stepwatch::app::record_text::{Role, TextLine};
use stepwatch::app::{App, Effect, Key, KeyCode, Message, Size};
use stepwatch::checkpoint::git::GitDiff;
use stepwatch::checkpoint::secrets::Counted;
use stepwatch::run::Now;

use super::example::Example;
use super::{SIZES, compare, draw, told};

const PATCH: &str = "diff --git a/src/main.rs b/src/main.rs\nindex 3b18e51..a5c1966 100644\n--- a/src/main.rs\n\
    +++ b/src/main.rs\n@@ -1,4 +1,4 @@ fn main\n fn main() {\n-    let x = 1;\n+    let x = migrate(\"tables\", 3).expect(\"the migration of three tables\");\n }\n\
    diff --git a/new.txt b/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+hello\n";

/// A run with a record of every kind.
pub(crate) fn with_records() -> Example {
    let example = Example::new();
    example.without_checkpoints();
    std::fs::create_dir_all(example.folder_of_checkpoints()).unwrap();
    let detail = "Three tables go with it.\nAsk before it is answered.";
    example.record(1, "summary", "runner", 700.0, "Prepared the step \u{1b}[31mbuild", &json!({}));
    example.record(
        2,
        "summary",
        "operator",
        250.0,
        "The migration asks whether to drop three tables; nobody has answered it for four minutes now",
        &json!({"detail": detail}),
    );
    let lines = [
        "[worker] heartbeat lease=ok",
        "[stdout] The migration will drop 3 tables.\n",
        "[stderr] \u{1b}[33mwarning\u{1b}[0m: unused variable\n  --> src/main.rs:42:9\n",
        "[stdout] Proceed? [y/N] ",
    ];
    example.record(
        3,
        "log_tail",
        "operator",
        240.0,
        "last 4 entries up to seq 18203",
        &json!({"source": "combined", "lines": lines, "truncated": true}),
    );
    let diff = json!({"baseRef": "HEAD", "head": "4b825dc", "stat": " new.txt     | 1 +\n src/main.rs | 2 +-\n", "patch": PATCH, "truncated": false});
    example.record(4, "git_diff", "operator", 200.0, "2 files changed, 2 insertions, 1 deletion", &diff);
    example.record(
        5,
        "screenshot",
        "robot",
        100.0,
        "what the screen shows",
        &json!({"width": 80, "cells": ["a", "b"]}),
    );
    example.checkpoint(
        "0005-summary.json",
        &json!({"seq": 9, "type": "note", "summary": "of another", "runId": "run-8"}).to_string(),
    );
    example.checkpoint("0006-summary.json", "{\"seq\":6,\"type\":\"summary\",\"summ");
    example
}

fn press(app: &mut App, keys: &str, now: Now) -> Vec<Effect> {
    keys.chars().flat_map(|key| app.update(Message::Key(Key::character(key)), now)).collect()
}

/// The checkpoints screen after some keys; the newest record is selected at first.
fn screen(size: Size, keys: &str) -> (App, Now, Example) {
    let (mut app, now, example) = with_records().with_checkpoints_read(size);
    press(&mut app, "c", now);
    press(&mut app, keys, now);
    (app, now, example)
}

#[test]
fn a_list_of_every_kind_of_record_with_a_log_tail() {
    compare("checkpoints_log_tail", |size| screen(size, "kkkk"));
}

#[test]
fn the_record_of_a_log_tail() {
    compare("checkpoints_log_tail_record", |size| screen(size, "kkkkl"));
}

#[test]
fn the_record_of_a_git_diff() {
    compare("checkpoints_git_diff", |size| screen(size, "kkkl"));
}

#[test]
fn the_record_of_a_summary_with_its_detail() {
    compare("checkpoints_summary", |size| screen(size, "kkkkkl"));
}

#[test]
fn a_type_that_is_not_known_shows_what_it_carries() {
    compare("checkpoints_unknown", |size| screen(size, "kl"));
}

#[test]
fn a_record_that_clashes_disagrees_and_is_of_another_run_says_so() {
    compare("checkpoints_clashing", |size| screen(size, "kkl"));
}

#[test]
fn a_file_that_is_no_record_shows_why_and_what_stands_in_it() {
    compare("checkpoints_malformed", |size| screen(size, "l"));
}

#[test]
fn what_differs_between_two_records() {
    compare("checkpoints_compared", |size| {
        let (mut app, now, example) = screen(size, "kkkkk k=l");
        let lines = [
            (Role::Hunk, "@@ -1,2 +1,3 @@"),
            (Role::Removed, "-Prepared the step"),
            (Role::Added, "+The migration asks"),
        ];
        let lines = lines.map(|(role, text)| TextLine::new(role, text)).into();
        app.update(Message::Compared { ticket: 1, lines }, now);
        (app, now, example)
    });
}

#[test]
fn no_checkpoint_yet_says_how_one_is_made_or_why_none_is() {
    let size = SIZES[0];
    let empty = Example::new();
    empty.without_checkpoints();
    let (mut app, now, empty) = empty.with_checkpoints_read(size);
    press(&mut app, "c", now);
    let disabled = Example::new();
    disabled.without_checkpoints();
    disabled.with_checkpoints_disabled();
    let (mut closed, _, disabled) = disabled.with_checkpoints_read(size);
    press(&mut closed, "ct", now);
    let (mut unread, _, example) = Example::new().run_screen(size);
    press(&mut unread, "c", now);
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("checkpoints_none", told(&draw(&app, now, &empty.look(true))));
        insta::assert_snapshot!("checkpoints_disabled", told(&draw(&closed, now, &disabled.look(true))));
        insta::assert_snapshot!("checkpoints_unread", told(&draw(&unread, now, &example.look(true))));
    });
}

#[test]
fn the_log_is_marked_where_checkpoints_stand() {
    compare("run_marked", |size| with_records().with_checkpoints_read(size));
}

#[test]
fn the_prompt_for_a_summary() {
    compare("prompt_summary", |size| {
        let (mut app, now, example) = with_records().with_checkpoints_read(size);
        press(&mut app, "s", now);
        app.update(Message::Key(Key::alt(KeyCode::Enter)), now);
        press(&mut app, "Ask before it is answered.", now);
        (app, now, example)
    });
}

#[test]
fn the_prompt_for_a_log_tail_shows_its_lines() {
    compare("prompt_log_tail", |size| {
        let (mut app, now, example) = with_records().with_checkpoints_read(size);
        press(&mut app, "t", now);
        (app, now, example)
    });
}

#[test]
fn the_prompt_for_a_git_diff_shows_its_stat() {
    compare("prompt_git_diff", |size| {
        let (mut app, now, example) = with_records().with_checkpoints_read(size);
        let effects = press(&mut app, "d", now);
        let [Effect::Preview { ticket, request: PreviewRequest::GitDiff { target, base, .. } }] =
            &effects[..]
        else {
            panic!("a diff is asked for, not {effects:?}");
        };
        let stat =
            " src/main.rs | 2 +-\n src/new.rs  | 1 +\n 2 files changed, 2 insertions(+), 1 deletion(-)";
        let mut diff = GitDiff::default();
        diff.base_ref = "HEAD".to_owned();
        diff.stat = Some(stat.to_owned());
        diff.untracked = vec!["notes.txt".to_owned()];
        let diff = DiffPreview {
            summary: "2 files changed against HEAD, 1 untracked".to_owned(),
            diff,
            with_stat: true,
            log_seq: None,
            secrets: vec![Counted { rule: "github-token", count: 1 }],
            note: None,
        };
        let previewed = Previewed::GitDiff { target: *target, base: base.clone(), diff: Ok(Box::new(diff)) };
        app.update(Message::Previewed { ticket: *ticket, previewed }, now);
        (app, now, example)
    });
}

#[test]
fn the_prompt_over_the_list_is_about_the_marked_runs() {
    compare("prompt_of_marked_runs", |size| {
        let (mut app, now, example) = Example::new().list(size);
        press(&mut app, " j s", now);
        (app, now, example)
    });
}

#[test]
fn what_was_written_and_what_was_not_stands_on_the_status_line() {
    let size = SIZES[1];
    let (mut app, now, example) = Example::new().run_screen(size);
    let emitted = |outcome: Result<&str, &str>| Emitted {
        label: "task-42/run-7".to_owned(),
        outcome: outcome.map(str::to_owned).map_err(str::to_owned),
        masked: 0,
    };
    app.update(Message::Emitted(vec![emitted(Ok("log_tail:checkpoints/0004-log_tail.json"))]), now);
    let written = told(&draw(&app, now, &example.look(true)));
    app.update(Message::Emitted(vec![emitted(Err("cannot write: No space left on device"))]), now);
    let refused = told(&draw(&app, now, &example.look(true)));
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("said_written", written);
        insta::assert_snapshot!("said_refused", refused);
    });
}
