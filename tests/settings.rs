//! `stepwatch config`, and what the settings file changes, with the real binary.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use stepwatch::settings::Settings;

/// A home of its own.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn stepwatch(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
        command
            .args(arguments)
            .env_remove("STEPWATCH_CONFIG")
            .env("HOME", self.folder.path())
            .env("APPDATA", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path().join("settings"));
        command
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn check(home: &Home, file: &Path) -> Output {
    home.stepwatch(&["config", "--check"]).arg(file).output().unwrap()
}

#[test]
fn what_config_prints_is_a_settings_file_that_changes_nothing() {
    let home = Home::new();
    let printed = home.stepwatch(&["config"]).output().unwrap();
    assert_eq!(printed.status.code(), Some(0));
    let printed = text(&printed.stdout);
    assert!(printed.contains("[thresholds]") && printed.contains("\n#note = \"10s\"\n"), "{printed}");
    assert_eq!(Settings::read(&printed), (Settings::default(), vec![]));
    let file = home.write("printed.toml", &printed);
    let checked = check(&home, &file);
    assert_eq!((checked.status.code(), text(&checked.stderr)), (Some(0), String::new()));
    assert_eq!(text(&checked.stdout), format!("{}: nothing is wrong\n", file.display()));
}

#[test]
fn the_path_of_the_file_is_printed_whether_it_is_there_or_not() {
    let home = Home::new();
    let printed = home.stepwatch(&["config", "--path"]).output().unwrap();
    assert!(text(&printed.stdout).ends_with("stepwatch/config.toml\n"), "{printed:?}");
    let named = home.stepwatch(&["config", "--path"]).env("STEPWATCH_CONFIG", "here.toml").output().unwrap();
    assert_eq!(text(&named.stdout), "here.toml\n");
    let nothing_to_check = home.stepwatch(&["config", "--check"]).output().unwrap();
    assert_eq!(nothing_to_check.status.code(), Some(0));
    assert!(text(&nothing_to_check.stdout).ends_with("there is none, so that the defaults count\n"));
}

#[test]
fn check_names_every_mistake_with_its_line_and_ends_with_1() {
    let home = Home::new();
    let file = home.write("bad.toml", "[notify]\nbell = 3\n\n[keys]\nfolow = [\"f\"]\n");
    let checked = check(&home, &file);
    assert_eq!(checked.status.code(), Some(1));
    let printed = text(&checked.stdout);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 2, "{printed}");
    assert!(lines[0].starts_with(&format!("{}:2: `bell` is true or false", file.display())), "{printed}");
    assert!(lines[1].starts_with(&format!("{}:5: `folow` is no action", file.display())), "{printed}");
}

#[test]
fn a_file_that_cannot_be_read_ends_the_check_with_3_and_both_options_with_2() {
    let home = Home::new();
    let checked = check(&home, &home.folder.path().join("none.toml"));
    assert_eq!(checked.status.code(), Some(3), "{checked:?}");
    let both = home.stepwatch(&["config", "--check", "--path"]).output().unwrap();
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn a_mistake_shows_nothing_that_drives_the_terminal() {
    let home = Home::new();
    let file = home.write("bad.toml", "[notify]\n\"be\\u001b[2Jll\" = true\n");
    let checked = check(&home, &file);
    assert_eq!(checked.status.code(), Some(1));
    assert!(!checked.stdout.contains(&0x1b), "{checked:?}");
}

/// A run of a shell that said something five minutes ago, without a line end.
fn run_with_an_open_line(folder: &Path) -> PathBuf {
    let run = folder.join("runs/task/run-1");
    fs::create_dir_all(&run).unwrap();
    let before = |seconds: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let time = now.as_millis() as i64 - seconds * 1000;
        serde_json::to_value(stepwatch::run::Timestamp::from_milliseconds(time)).unwrap()
    };
    let manifest = serde_json::json!({
        "format": 1, "taskId": "task", "stepId": "s", "runId": "run-1", "workerKind": "codex",
        "createdAt": before(400),
    });
    fs::write(run.join("run.json"), manifest.to_string()).unwrap();
    let state = serde_json::json!({ "status": "running", "startedAt": before(400) });
    fs::write(run.join("state.json"), state.to_string()).unwrap();
    let entry = serde_json::json!({ "seq": 1, "ts": before(300), "text": "Proceed with it?" });
    fs::write(run.join("stdout.jsonl"), format!("{entry}\n")).unwrap();
    run
}

#[test]
fn the_thresholds_for_the_kind_of_worker_decide_what_why_says() {
    let home = Home::new();
    let run = run_with_an_open_line(home.folder.path());
    let verdict = |settings: &str| {
        let file = home.write("chosen.toml", settings);
        let output = home
            .stepwatch(&["why", "--json", "--for", "1ms"])
            .arg(&run)
            .env("STEPWATCH_CONFIG", file)
            .output()
            .unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        (told["verdict"].as_str().unwrap().to_owned(), text(&output.stderr))
    };
    let strict =
        verdict("[thresholds]\nsuspect = \"1h\"\nquestion = \"1h\"\nnote = \"1h\"\nquiet = \"1h\"\n");
    let by_default = verdict("");
    assert_ne!(strict, by_default, "five minutes are long by default, and not where an hour is asked for");
    let of_its_kind =
        verdict("[thresholds.codex]\nsuspect = \"1h\"\nquestion = \"1h\"\nnote = \"1h\"\nquiet = \"1h\"\n");
    assert_eq!(of_its_kind, strict);
    let of_another_kind =
        verdict("[thresholds.shell]\nsuspect = \"1h\"\nquestion = \"1h\"\nnote = \"1h\"\nquiet = \"1h\"\n");
    assert_eq!(of_another_kind, by_default);
    let (told, said) = verdict("[thresholds]\nsuspect = 3\n");
    assert_eq!(told, by_default.0, "a mistake never stops the program");
    assert!(said.contains("chosen.toml:2: `suspect` is a text"), "{said}");
}

#[test]
fn the_example_of_the_readme_is_a_settings_file() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let example = readme.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    let (settings, mistakes) = Settings::read(example);
    assert_eq!(mistakes, []);
    assert_eq!(settings.thresholds("codex").suspect, std::time::Duration::from_secs(120));
    assert_ne!(settings.theme, Settings::default().theme);
    assert_ne!(settings.keys, Settings::default().keys);
}
