//! Checkpoints as a person makes and reads them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::session::Session;
use super::{Run, append, held_row};

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Writes a record as a runner does: beside its name, then renamed.
fn write_as_a_runner(run: &Path, name: &str, record: &Value) {
    let folder = run.join("checkpoints");
    fs::create_dir_all(&folder).unwrap();
    let temporary = folder.join(format!(".{name}.tmp"));
    fs::write(&temporary, record.to_string()).unwrap();
    fs::rename(temporary, folder.join(name)).unwrap();
}

#[test]
fn a_log_tail_is_shown_written_named_and_found_again_in_the_log() {
    let run = Run::new(100);
    let mut session = run.open(24, 80);
    session.wait_for_text("line 100.");
    session.press("t");
    session.wait_for_text("20 entries, the run holds more");
    session.press("\x7f");
    session.wait_for_text("2 entries, the run holds more");
    session.press("\r");
    session.wait_for_text("✓ log_tail:checkpoints/0001-log_tail.json");
    let record = read(&run.path().join("checkpoints/0001-log_tail.json"));
    assert_eq!(record["payload"]["lines"], json!(["[stdout] line 99.\n", "[stdout] line 100.\n"]));
    assert_eq!((&record["logSeq"], &record["origin"]), (&json!(100), &json!("operator")));
    session.wait_for_text("◆ ckpt 1");
    run.append(101..=400);
    session.wait_for_text("line 400.");
    session.press("c");
    session.wait_for_text("log_tail:checkpoints/0001-log_tail.json");
    session.press("\r");
    let screen = session.wait_for("the place in the log", |screen| {
        held_row(screen).is_some_and(|(_, row)| row.contains("line 100."))
    });
    let (_, row) = held_row(&screen).unwrap();
    assert!(row.contains("◆ ckpt 1"), "{row}");
}

#[test]
fn what_a_runner_writes_appears_by_itself() {
    let run = Run::new(3);
    let mut session = run.open(24, 100);
    session.wait_for_text("line 3.");
    session.press("c");
    session.wait_for_text("no checkpoint yet");
    let record = json!({"seq": 1, "type": "summary", "summary": "Prepared the step", "logSeq": 2});
    write_as_a_runner(&run.path(), "0001-summary.json", &record);
    session.wait_for_text("Prepared the step");
    session.wait_for_text("○ runner");
    let other = json!({"seq": 2, "type": "verdict", "summary": "all is well", "payload": {"score": 17}});
    write_as_a_runner(&run.path(), "0002-verdict.json", &other);
    session.wait_for_text("\"score\": 17");
}

#[test]
fn a_record_of_ours_that_a_runner_writes_over_is_published_again_while_the_run_is_open() {
    let run = Run::new(3);
    let mut session = run.open(24, 120);
    session.wait_for_text("line 3.");
    session.press("s");
    session.wait_for_text("summary checkpoint of");
    session.press("\x15mine\r");
    session.wait_for_text("✓ summary:checkpoints/0001-summary.json");
    let of_runner = json!({"seq": 1, "type": "summary", "summary": "of the runner"});
    write_as_a_runner(&run.path(), "0001-summary.json", &of_runner);
    session.wait_for_text("published again as summary:checkpoints/0002-summary.json");
    assert_eq!(read(&run.path().join("checkpoints/0001-summary.json"))["summary"], "of the runner");
    assert_eq!(read(&run.path().join("checkpoints/0002-summary.json"))["summary"], "mine");
}

#[test]
fn pasted_line_ends_write_nothing_and_make_a_detail() {
    let run = Run::new(3);
    let mut session = run.open(24, 80);
    session.wait_for_text("line 3.");
    session.press("s");
    let screen = session.wait_for_text("summary checkpoint of");
    assert!(screen.bracketed_paste(), "else the terminal sends line ends as if they were typed");
    session.press("\x15\x1b[200~stuck\rat the question\x1b[201~");
    session.wait_for_text("at the question");
    assert!(!run.path().join("checkpoints").exists());
    session.press("\r");
    session.wait_for_text("✓ summary:checkpoints/0001-summary.json");
    let record = read(&run.path().join("checkpoints/0001-summary.json"));
    assert_eq!(
        (&record["summary"], &record["payload"]),
        (&json!("stuck"), &json!({"detail": "at the question"}))
    );
}

#[test]
fn where_checkpoints_are_disabled_the_key_says_why_and_nothing_is_written() {
    let run = Run::new(3);
    fs::write(run.path().join("run.json"), r#"{"runId":"run-1","checkpoint":{"mode":"disabled"}}"#).unwrap();
    let before: Vec<_> = names_in(&run.path());
    let mut session = run.open(24, 100);
    session.wait_for_text("line 3.");
    session.press("t");
    session.wait_for_text("checkpointing is disabled");
    session.press("c");
    session.wait_for_text("■ disabled");
    session.press("q");
    session.press("q");
    assert!(session.wait_for_end().success());
    assert_eq!(names_in(&run.path()), before);
}

fn names_in(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn the_path_is_copied_and_the_pager_gets_the_keys_and_the_terminal() {
    let run = Run::new(3);
    let record = json!({"seq": 1, "type": "summary", "summary": "Prepared the step"});
    write_as_a_runner(&run.path(), "0001-summary.json", &record);
    let pager = run.root().join("show");
    let answer = run.root().join("answer");
    let script = format!("echo \"shown: $1\"\nread answer\nprintf %s \"$answer\" > '{}'\n", answer.display());
    fs::write(&pager, script).unwrap();
    let program = format!("sh {}", pager.display());
    let mut session = run.open_with(&[("PAGER", &program)], 24, 120);
    session.wait_for_text("line 3.");
    session.press("c");
    session.wait_for_text("Prepared the step");
    session.press("y");
    session.wait_for_text("✓ copied: ");
    assert_eq!(session.asked(|asked| asked.copied.len()), 1);
    session.press("e");
    let screen = session.wait_for_text("shown: ");
    assert!(!screen.alternate_screen(), "the pager has the terminal as it was found");
    session.press("q is not for us\r");
    session.wait_for("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("Prepared the step")
    });
    assert_eq!(fs::read_to_string(&answer).unwrap(), "q is not for us");
    session.press("q");
    session.wait_for_text("merged by seq");
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}

#[test]
fn ctrl_c_in_the_pager_ends_the_pager_only() {
    let run = Run::new(3);
    write_as_a_runner(
        &run.path(),
        "0001-summary.json",
        &json!({"seq": 1, "type": "summary", "summary": "one"}),
    );
    let pager = run.root().join("show");
    fs::write(&pager, "echo waiting\nread answer\n").unwrap();
    let program = format!("sh {}", pager.display());
    let mut session = run.open_with(&[("PAGER", &program)], 24, 100);
    session.wait_for_text("line 3.");
    session.press("c");
    session.wait_for_text("1 checkpoint");
    session.press("e");
    session.wait_for_text("waiting");
    session.press("\x03");
    session.wait_for("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("1 checkpoint")
    });
    session.press("qq");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}

#[test]
fn the_marked_runs_of_the_list_each_get_a_log_tail() {
    let run = Run::new(30);
    let other = run.root().join("task-2/run-1");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("state.json"), r#"{"status":"running"}"#).unwrap();
    append(&other, 1..=5);
    let mut session = Session::stepwatch(&[run.root().to_str().unwrap()], &[], 24, 120);
    session.wait_for_text("2 runs");
    session.press("  t");
    session.wait_for_text("log_tail checkpoint of 2 runs");
    session.wait_for_text("of the first run");
    session.press("\x7f\x7f3\r");
    session.wait_for_text("✓ 2 written:");
    for (path, last) in [(run.path(), "[stdout] line 30.\n"), (other, "[stdout] line 5.\n")] {
        let record = read(&path.join("checkpoints/0001-log_tail.json"));
        assert_eq!(record["payload"]["lines"].as_array().unwrap().len(), 3);
        assert_eq!(record["payload"]["lines"][2], last);
    }
}

/// A working directory in a git repository, with a change.
fn repository(folder: &Path) {
    let git = |words: &[&str]| {
        let done = std::process::Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"])
            .args(words)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    fs::create_dir_all(folder).unwrap();
    git(&["init"]);
    fs::write(folder.join("x.txt"), "before\n").unwrap();
    git(&["add", "."]);
    git(&["commit", "-m", "one"]);
    fs::write(folder.join("x.txt"), "after\n").unwrap();
}

#[test]
fn a_git_diff_shows_its_stat_before_it_is_written_and_then_its_patch() {
    let run = Run::new(3);
    let work = run.root().join("work");
    repository(&work);
    let manifest = json!({"taskId": "task-1", "runId": "run-1", "cwd": work});
    fs::write(run.path().join("run.json"), manifest.to_string()).unwrap();
    let mut session = run.open(24, 100);
    session.wait_for_text("line 3.");
    session.press("d");
    session.wait_for_text("1 file changed against HEAD");
    session.wait_for_text("x.txt | 2 +-");
    assert!(!run.path().join("checkpoints").exists());
    session.press("\r");
    session.wait_for_text("✓ git_diff:checkpoints/0001-git_diff.json");
    let record = read(&run.path().join("checkpoints/0001-git_diff.json"));
    assert!(record["payload"]["patch"].as_str().unwrap().contains("-before\n+after\n"));
    assert_eq!(record["logSeq"], 3);
    session.press("c");
    session.wait_for_text("+after");
}

#[test]
fn s08_a_secret_is_counted_before_it_is_written_and_masked_in_the_file_when_asked() {
    let run = Run::new(3);
    let token = format!("ghp_{}", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5");
    let line = json!({"seq": 4, "text": format!("token {token}\n")});
    let path = run.path().join("stdout.jsonl");
    fs::write(&path, format!("{}{line}\n", fs::read_to_string(&path).unwrap())).unwrap();
    let mut session = run.open(24, 100);
    session.wait_for_text("line 3.");
    session.press("t");
    session.wait_for_text("1 secret seems to be in it");
    session.press("\x12");
    session.wait_for_text("[redacted:github-token:40]");
    session.press("\r");
    session.wait_for_text("✓ log_tail:checkpoints/0001-log_tail.json (1 secret masked)");
    let written = fs::read_to_string(run.path().join("checkpoints/0001-log_tail.json")).unwrap();
    assert!(!written.contains(&token) && written.contains("[redacted:github-token:40]"), "{written}");
}
