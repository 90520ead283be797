//! The shipped binary in a real terminal: what a person sees and presses, and that the terminal is
//! always left as it was found.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests; a helper that fails fails its test"
)]

#[path = "terminal/checkpoints.rs"]
mod checkpoints;
#[path = "terminal/finding.rs"]
mod finding;
#[path = "terminal/pane.rs"]
mod pane;
#[path = "terminal/remembered.rs"]
mod remembered;
#[path = "terminal/session.rs"]
mod session;
#[path = "terminal/settings.rs"]
mod settings;
#[path = "terminal/why.rs"]
mod why;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use session::Session;

/// A run directory that the test writes.
struct Run {
    folder: tempfile::TempDir,
}

impl Run {
    fn new(entries: u64) -> Self {
        let run = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir_all(run.path()).unwrap();
        fs::write(run.path().join("run.json"), r#"{"taskId":"task-1","runId":"run-1","stepName":"build"}"#)
            .unwrap();
        fs::write(run.path().join("state.json"), r#"{"status":"running"}"#).unwrap();
        run.append(1..=entries);
        run
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("task-1/run-1")
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn append(&self, seqs: impl IntoIterator<Item = u64>) {
        append(&self.path(), seqs);
    }

    fn open(&self, rows: u16, cols: u16) -> Session {
        self.open_with(&[], rows, cols)
    }

    fn open_with(&self, environment: &[(&str, &str)], rows: u16, cols: u16) -> Session {
        Session::stepwatch(&[self.path().to_str().unwrap()], environment, rows, cols)
    }
}

fn append(run: &Path, seqs: impl IntoIterator<Item = u64>) {
    let mut file = OpenOptions::new().create(true).append(true).open(run.join("stdout.jsonl")).unwrap();
    for seq in seqs {
        file.write_all(format!("{{\"seq\":{seq},\"text\":\"line {seq}.\\n\"}}\n").as_bytes()).unwrap();
    }
}

/// The row that the cursor's sign is on, and what stands there: without the mark of the place in the
/// log, which moves past it while entries come, and what it leaves blank.
fn held_row(screen: &vt100::Screen) -> Option<(usize, String)> {
    let rows = screen.rows(0, screen.size().1);
    let rows = rows.map(|row| row.trim_end_matches(['▐', ' ']).to_owned());
    rows.enumerate().find(|(_, row)| row.starts_with('▶'))
}

#[test]
fn the_first_frame_shows_who_the_run_is_and_a_live_entry_follows() {
    let run = Run::new(3);
    let mut session = run.open(24, 80);
    let screen = session.wait_for_text("line 3.");
    assert!(screen.alternate_screen() && screen.hide_cursor());
    assert!(screen.contents().contains("task-1 › build › run-1"));
    session.wait_for_text("● running");
    run.append([4]);
    session.wait_for_text("line 4.");
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}

#[test]
fn scrolling_while_entries_stream_in_holds_the_line_until_g() {
    let run = Run::new(100);
    let mut session = run.open(24, 80);
    session.wait_for_text("line 100.");
    session.press("kkkkk");
    let held = session.wait_for("the cursor five rows up", |screen| {
        held_row(screen).is_some_and(|(_, row)| row.contains("line 95."))
    });
    let path = run.path();
    let writer = std::thread::spawn(move || append(&path, 101..=3000));
    let streaming =
        session.wait_for("entries that are new below", |screen| screen.contents().contains("new below · G"));
    assert_eq!(held_row(&streaming), held_row(&held));
    writer.join().unwrap();
    let screen = session.wait_for_text("2\u{a0}900 new below");
    assert_eq!(held_row(&screen), held_row(&held));
    session.press("G");
    session.wait_for_text("line 3000.");
    session
        .wait_for("following", |screen| screen.contents().contains("· follow") && held_row(screen).is_none());
}

#[test]
fn a_resized_terminal_is_drawn_anew_in_its_size() {
    let run = Run::new(100);
    let session = run.open(24, 80);
    session.wait_for_text("line 100.");
    for (rows, cols) in [(15, 60), (40, 120), (5, 20), (24, 80)] {
        session.resize(rows, cols);
        session.wait_for("the screen in the new size", |screen| {
            let shown: Vec<String> = screen.rows(0, cols).collect();
            if rows == 5 {
                return shown[0].contains("20×5 is too small");
            }
            shown[usize::from(rows) - 1].contains("? help")
                && shown[usize::from(rows) - 5].contains("line 100.")
                && shown[1].chars().count() == usize::from(cols)
        });
    }
}

#[test]
fn a_key_after_a_resize_is_answered_without_another_key() {
    let run = Run::new(3);
    let mut session = run.open(24, 80);
    session.wait_for_text("line 3.");
    for (rows, cols) in [(20, 70), (24, 80), (20, 70), (24, 80)] {
        session.resize(rows, cols);
        session.press("?");
        session.wait_for_text("keys · run");
        session.press("?");
        session.wait_for("the help is left", |screen| !screen.contents().contains("keys · run"));
    }
}

#[test]
fn a_run_is_opened_out_of_the_live_list_and_left_again() {
    let run = Run::new(3);
    let mut session = Session::stepwatch(&[run.root().to_str().unwrap()], &[], 24, 100);
    session.wait_for_text("1 run ");
    session.wait_for("its last line", |screen| screen.contents().contains("line 3."));
    run.append([4]);
    session.wait_for_text("line 4.");
    let other = run.root().join("task-2/run-1");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("state.json"), r#"{"status":"failed","exitCode":3}"#).unwrap();
    append(&other, [1]);
    session.wait_for_text("✗ 1 failed");
    session.press("j\r");
    session.wait_for_text("merged by seq · follow");
    session.press("?");
    session.wait_for_text("keys · run");
    session.press("\x1b");
    session.wait_for("the help gone", |screen| !screen.contents().contains("keys · run"));
    session.press("q");
    session.wait_for_text("2 runs");
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}

#[test]
fn signals_end_it_as_they_end_any_program_and_the_terminal_is_restored() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let run = Run::new(3);
        let mut session = run.open(24, 80);
        session.wait_for_text("line 3.");
        session.signal(signal);
        let status = session.wait_for_end();
        assert!(status.signal().is_some(), "ended by {signal:?}, but {status:?}");
        session.assert_restored();
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release does not fail on purpose")]
fn a_panic_in_any_thread_is_reported_on_the_restored_terminal() {
    for (thread, code) in [("main", 101), ("thread", 3)] {
        let run = Run::new(3);
        let mut session = run.open_with(&[("STEPWATCH_PANIC", thread)], 24, 80);
        let status = session.wait_for_end();
        assert_eq!(status.exit_code(), code, "{thread}");
        session.assert_restored();
        let screen = session.wait_for_text("asked for by STEPWATCH_PANIC");
        assert!(screen.contents().contains("a fault in stepwatch itself"), "{}", screen.contents());
    }
}

#[test]
fn the_wheel_scrolls_and_a_click_sets_the_cursor() {
    let run = Run::new(100);
    let mut session = run.open(24, 80);
    session.wait_for_text("line 100.");
    session.press("\x1b[<64;10;10M");
    session.wait_for("three rows up", |screen| {
        screen.contents().contains("line 97.") && !screen.contents().contains("line 98.")
    });
    session.press("\x1b[<0;10;5M\x1b[<0;10;5m");
    session
        .wait_for("the cursor in the fifth row", |screen| held_row(screen).is_some_and(|(row, _)| row == 4));
}

#[test]
fn a_terminal_that_can_move_no_cursor_is_written_to_as_a_pipe_is() {
    let run = tempfile::tempdir().unwrap();
    append(run.path(), 1..=3);
    fs::write(run.path().join("state.json"), r#"{"status":"succeeded","exitCode":0}"#).unwrap();
    let path = run.path().to_str().unwrap();
    let mut session = Session::stepwatch(&[path], &[("TERM", "dumb")], 24, 80);
    assert_eq!(session.wait_for_end().exit_code(), 0);
    let received = String::from_utf8(session.received()).unwrap();
    assert!(received.starts_with("[stdout] ") && received.lines().count() == 3, "{received:?}");
    assert!(!received.contains('\u{1b}'), "{received:?}");
    for arguments in [&["demo"][..], &["exec", "--watch", "--", "true"]] {
        let mut session = Session::stepwatch(arguments, &[("TERM", "dumb")], 24, 80);
        assert_ne!(session.wait_for_end().exit_code(), 0, "{arguments:?}");
        let told = session.contents();
        assert!(told.contains("need") && told.contains("terminal"), "{arguments:?}: {told}");
    }
}

#[test]
fn hostile_text_reaches_the_terminal_only_as_visible_characters() {
    let run = Run::new(1);
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[?1049l\u{9b}31m\u{202e}evil";
    fs::write(
        run.path().join("run.json"),
        serde_json::json!({"taskId": hostile, "runId": "run-1"}).to_string(),
    )
    .unwrap();
    let line = serde_json::json!({"seq": 2, "text": format!("{hostile} end.\n")});
    fs::write(run.path().join("stdout.jsonl"), format!("{line}\n")).unwrap();
    let session = run.open(24, 120);
    let screen = session.wait_for_text("evil end.");
    assert!(screen.alternate_screen(), "the text left the screen");
    assert!(screen.contents().contains("]0;owned"), "{}", screen.contents());
    session.assert_asked_for_nothing_but_titles();
}
