//! `stepwatch checkpoint git-diff`, and secrets in what is kept.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::scene::{Run, assert_refused, code, error};

/// Runs git in `folder`, with nothing of this machine's settings.
fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
}

/// A run whose working directory has one commit on `main`, one behind it, and a change since.
pub(crate) fn run_in_a_repository(settings: &Value) -> (Run, tempfile::TempDir) {
    let repository = tempfile::tempdir().unwrap();
    let file = repository.path().join("main.c");
    git(repository.path(), &["init", "-q"]);
    for (text, message) in [("one\n", "first"), ("two\n", "second")] {
        fs::write(&file, text).unwrap();
        git(repository.path(), &["add", "."]);
        git(repository.path(), &["commit", "-q", "-m", message]);
        if message == "first" {
            git(repository.path(), &["tag", "v1"]);
        }
    }
    fs::write(&file, "three\n").unwrap();
    fs::write(repository.path().join("new.txt"), "new\n").unwrap();
    let run = Run::new(settings);
    let mut identity: Value = serde_json::from_slice(&fs::read(run.path.join("run.json")).unwrap()).unwrap();
    identity["cwd"] = repository.path().to_str().into();
    fs::write(run.path.join("run.json"), identity.to_string()).unwrap();
    (run, repository)
}

#[test]
fn a_git_diff_is_of_the_run_s_working_directory_from_the_base_that_is_asked_for() {
    let (run, _repository) = run_in_a_repository(&Value::Null);
    assert_eq!(run.printed("git-diff", &[]), "git_diff:checkpoints/0001-git_diff.json\n");
    run.printed("git-diff", &["--base", "v1", "--stat", "-m", "since the release"]);
    let records = run.objects("list", &["--json"]);
    assert_eq!(records[1]["summary"], "1 file changed against HEAD, 1 untracked");
    assert_eq!((&records[1]["logSeq"], &records[1]["payload"]["baseRef"]), (&4.into(), &"HEAD".into()));
    let patch = |record: &Value| record["payload"]["patch"].as_str().unwrap().to_owned();
    assert!(patch(&records[1]).ends_with("-two\n+three\n"), "{}", records[1]);
    assert_eq!(records[1]["payload"].get("stat"), None);
    assert!(patch(&records[2]).ends_with("-one\n+three\n"), "{}", records[2]);
    assert_eq!(
        (&records[2]["summary"], &records[2]["payload"]["baseRef"]),
        (&"since the release".into(), &"v1".into())
    );
    assert!(records[2]["payload"]["stat"].as_str().unwrap().contains("main.c | 2 +-"), "{}", records[2]);
    let shown = run.printed("show", &["2"]);
    assert!(shown.contains("\nbaseRef: v1\n") && shown.ends_with("-one\n+three\n"), "{shown}");
}

#[test]
fn the_run_says_the_base_and_whether_a_stat_is_wanted_unless_the_command_does() {
    let (run, _repository) =
        run_in_a_repository(&json!({"gitDiffBaseRef": "v1", "includeGitDiffStat": true, "mode": "capture"}));
    run.printed("git-diff", &[]);
    run.printed("git-diff", &["--base", "main"]);
    let records = run.objects("list", &["--json"]);
    assert_eq!(
        (&records[1]["payload"]["baseRef"], &records[2]["payload"]["baseRef"]),
        (&"v1".into(), &"main".into())
    );
    assert!(records[1]["payload"]["stat"].is_string() && records[2]["payload"]["stat"].is_string());
}

#[test]
fn where_there_is_no_diff_the_reason_is_told_and_nothing_is_written() {
    let (run, repository) = run_in_a_repository(&Value::Null);
    assert_refused(&run, "git-diff", &["--base", "nothing"], 3, "names no commit");
    assert_refused(&run, "git-diff", &["--base", ""], 2, "names no commit");
    drop(repository);
    assert_refused(&run, "git-diff", &[], 3, "is no folder (any more)");
    let identity = |cwd: &str| {
        let identity = json!({"runId": "run-1", "cwd": cwd}).to_string();
        fs::write(run.path.join("run.json"), identity).unwrap();
    };
    identity("relative/folder");
    assert_refused(&run, "git-diff", &[], 3, "does not say its working directory");
    identity(run.root.path().to_str().unwrap());
    assert_refused(&run, "git-diff", &[], 3, "in no git repository");
}

#[test]
fn secrets_are_named_before_they_are_written_and_masked_where_that_is_asked_for() {
    let (run, repository) = run_in_a_repository(&Value::Null);
    // In two halves, so that nobody who looks for secrets finds one here.
    let token = format!("AKIA{}", "QYLPMN5HHHFPZAM2");
    run.write(
        "stdout.jsonl",
        &[json!({"seq": 2, "text": format!("key {}", &token[..9])}), json!({"seq": 4, "text": &token[9..]})],
    );
    fs::write(repository.path().join("main.c"), format!("{token}\n")).unwrap();
    for (command, arguments) in
        [("summary", &["-m", token.as_str()][..]), ("log-tail", &[]), ("git-diff", &[])]
    {
        let output = run.checkpoint(command, arguments);
        assert_eq!(code(&output), 0, "{}", error(&output));
        assert!(
            error(&output).starts_with("note: 1 secret seems to be in it: 1 "),
            "{command}: {}",
            error(&output)
        );
        assert!(error(&output).contains("--redact masks it"), "{command}");
        assert!(!error(&output).contains(&token[4..]), "the secret itself is not told");
    }
    for command in ["log-tail", "git-diff"] {
        let output = run.checkpoint(command, &["--redact", "-m", &token]);
        assert_eq!(code(&output), 0, "{}", error(&output));
        assert!(
            error(&output).contains("note: 2 secrets seem to be in it")
                && error(&output).ends_with("masked\n")
        );
    }
    let records = run.objects("list", &["--json"]);
    assert!(records[1].to_string().contains(&token) && records[3].to_string().contains(&token));
    assert_eq!(records[2]["payload"].get("redacted"), None);
    for record in &records[4..] {
        let text = record.to_string();
        assert!(!text.contains(&token[4..9]) && !text.contains(&token[9..]), "{text}");
        assert!(text.contains("[redacted:") && record["payload"]["redacted"] == true, "{text}");
    }
    let output = run.checkpoint("summary", &["--redact", "-m", &token, "--detail", &token]);
    assert!(error(&output).ends_with("masked\n"), "{}", error(&output));
    let last = run.objects("list", &["--json"]).pop().unwrap().to_string();
    assert!(!last.contains(&token[4..]) && last.contains("[redacted:"), "{last}");
}

#[test]
fn a_diff_for_a_run_of_another_host_says_where_it_was_made() {
    let (run, repository) = run_in_a_repository(&Value::Null);
    let identity = json!({"cwd": repository.path(), "host": "elsewhere\u{1b}[2J"}).to_string();
    fs::write(run.path.join("run.json"), identity).unwrap();
    let output = run.checkpoint("git-diff", &[]);
    assert_eq!(code(&output), 0);
    assert!(
        error(&output).starts_with("note: the run is of the host elsewhere␛[2J; compared is "),
        "{}",
        error(&output)
    );
}
