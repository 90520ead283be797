//! An example that looks the same every time: fixed runs, fixed times.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::{Value, json};
use stepwatch::app::{App, Effect, Message, Records, RunSummary, RunsFound, Size, Start};
use stepwatch::checkpoint::{Checkpoints, StoredRecord};
use stepwatch::diagnose::overview::Probe;
use stepwatch::model::Answer;
use stepwatch::run::{Now, RunDirectory, Status, Timestamp};
use stepwatch::tail::{Batch, RunTail};
use stepwatch::tui::theme::Theme;
use stepwatch::tui::view::Look;

/// The moment that is shown: 2026-03-21T08:12:04Z.
const MOMENT: i64 = 1_774_080_724_000;

/// A folder of example runs.
pub(crate) struct Example {
    folder: tempfile::TempDir,
    tail: Option<RunTail>,
}

fn time(seconds_before: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "the numbers of an example are small")]
    let before = (seconds_before * 1000.0) as i64;
    Timestamp::from_milliseconds(MOMENT - before).to_string()
}

fn now() -> Now {
    Now { wall: Timestamp::from_milliseconds(MOMENT), monotonic: Duration::from_secs(60) }
}

/// Entries of the run that is shown: channel, seconds before the moment, text.
fn build_log() -> Vec<(&'static str, f64, String)> {
    let mut log = vec![("worker", 724.0, "step_started cargo build --release".to_owned())];
    let crates = [
        "libc v0.2.177",
        "cfg-if v1.0.4",
        "proc-macro2 v1.0.103",
        "quote v1.0.42",
        "unicode-ident v1.0.22",
        "syn v2.0.110",
        "memchr v2.7.6",
        "serde v1.0.228",
        "serde_core v1.0.228",
        "serde_derive v1.0.228",
        "itoa v1.0.15",
        "ryu v1.0.20",
        "serde_json v1.0.145",
        "bitflags v2.10.0",
        "rustix v1.1.2",
        "crossterm v0.29.0",
        "ratatui v0.30.0",
        "notify v8.2.0",
        "jiff v0.2.16",
        "regex v1.12.2",
    ];
    for (index, name) in crates.iter().cycle().take(60).enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "the numbers of an example are small")]
        let before = 300.0 - 0.8 * index as f64;
        log.push(("stdout", before, format!("\u{1b}[1m\u{1b}[32m   Compiling\u{1b}[0m {name}\n")));
        if index % 9 == 4 {
            let warning = "\u{1b}[1m\u{1b}[33mwarning\u{1b}[0m\u{1b}[1m: unused variable: `x`\u{1b}[0m\n";
            log.push((
                "stderr",
                before - 0.1,
                format!("{warning}  \u{1b}[34m-->\u{1b}[0m src/main.rs:42:9\n"),
            ));
        }
        if index % 20 == 12 {
            log.push(("worker", before - 0.2, "heartbeat lease=ok".to_owned()));
        }
    }
    log.push(("stdout", 252.6, "    \u{1b}[36mBuilding\u{1b}[0m [====>    ] 31/60\r    \u{1b}[36mBuilding\u{1b}[0m [========>] 60/60\n".to_owned()));
    log.push(("stdout", 252.0, "The migration will drop 3 tables.\n".to_owned()));
    log.push(("stdout", 252.0, "Proceed? [y/N] ".to_owned()));
    log.push(("worker", 5.0, "heartbeat lease=ok".to_owned()));
    log
}

fn write(path: &Path, value: &Value) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, value.to_string()).unwrap();
}

fn append(run: &Path, channel: &str, entry: &Value) {
    use std::io::Write as _;
    let path = run.join(format!("{channel}.jsonl"));
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{entry}").unwrap();
}

fn entry(channel: &str, seq: u64, before: f64, text: &str) -> Value {
    if channel == "worker" {
        json!({"seq": seq, "ts": time(before), "event": "heartbeat", "level": "info", "renderedLine": text})
    } else {
        json!({"seq": seq, "ts": time(before), "text": text})
    }
}

/// Answers what an effect asks of the whole log.
pub(crate) fn answer(app: &mut App, effect: Effect, now: Now) -> Vec<Effect> {
    let (Effect::Search { number, question, jobs } | Effect::Classify { number, question, jobs }) = effect
    else {
        return Vec::new();
    };
    let answers =
        jobs.into_iter().map(|job| Answer::Found(Box::new(job.run(&AtomicBool::new(false)).unwrap())));
    answers.flat_map(|answer| app.update(Message::Searched { number, question, answer }, now)).collect()
}

/// Lets so many milliseconds pass, by a clock that is not shown: long enough for the bar to be made
/// anew.
pub(crate) fn settle(app: &mut App, milliseconds: u64) {
    let later = now().monotonic + Duration::from_millis(milliseconds);
    app.update(Message::Tick, Now { monotonic: later, ..now() });
}

impl Example {
    pub(crate) fn new() -> Self {
        let example = Self { folder: tempfile::tempdir().unwrap(), tail: None };
        let run = example.run(
            "task-42",
            "run-7",
            "build",
            (7, 9),
            "codex",
            724.0,
            &json!({"status": "running", "pid": 4121}),
        );
        for (index, (channel, before, text)) in build_log().iter().enumerate() {
            let seq = 18_140 + index as u64;
            // Two entries never came.
            let seq = if index >= 70 { seq + 2 } else { seq };
            append(&run, channel, &entry(channel, seq, *before, text));
        }
        for number in 1..=3 {
            write(&run.join(format!("checkpoints/000{number}-summary.json")), &json!({}));
        }
        let plan = example.run(
            "task-41",
            "run-2",
            "plan",
            (1, 4),
            "claude",
            140.0,
            &json!({"status": "running", "pid": 4977}),
        );
        for step in 0..90_u32 {
            let before = 140.0 - 1.5 * f64::from(step);
            append(
                &plan,
                "stdout",
                &entry("stdout", u64::from(step) + 1, before, "reading src/model/view.rs\n"),
            );
        }
        append(&plan, "stdout", &entry("stdout", 91, 0.4, "reading src/model/merged.rs …\n"));
        let test = example.run(
            "task-40",
            "run-1",
            "test",
            (3, 3),
            "shell",
            368.0,
            &json!({"status": "running", "pid": 3180, "recorder": {"pid": 3174}}),
        );
        for step in 0..40_u32 {
            let before = 360.0 - 4.5 * f64::from(step);
            append(
                &test,
                "stdout",
                &entry("stdout", u64::from(step) + 1, before, "test store::publishes ... ok\n"),
            );
        }
        let lint = example.run(
            "task-39",
            "run-1",
            "lint",
            (2, 3),
            "shell",
            620.0,
            &json!({"status": "failed", "exitCode": 101, "finishedAt": time(579.0), "message": "3 errors"}),
        );
        append(&lint, "stderr", &entry("stderr", 1, 580.0, "error: aborting due to 3 previous errors\n"));
        let fetch = example.run(
            "task-38",
            "run-1",
            "fetch",
            (1, 3),
            "shell",
            2000.0,
            &json!({"status": "succeeded", "exitCode": 0, "finishedAt": time(1938.0)}),
        );
        append(&fetch, "stdout", &entry("stdout", 1, 1940.0, "done\n"));
        write(&fetch.join("checkpoints/0001-summary.json"), &json!({}));
        example
    }

    #[expect(clippy::too_many_arguments, reason = "a row of a table of examples")]
    fn run(
        &self,
        task: &str,
        run: &str,
        step: &str,
        (index, count): (u64, u64),
        kind: &str,
        began: f64,
        state: &Value,
    ) -> PathBuf {
        let path = self.root().join(task).join(run);
        let manifest = json!({
            "format": 1, "taskId": task, "stepId": step, "stepName": step, "stepIndex": index, "stepCount": count,
            "runId": run, "workerKind": kind, "createdAt": time(began),
        });
        write(&path.join("run.json"), &manifest);
        let mut state = state.clone();
        state["startedAt"] = json!(time(began));
        write(&path.join("state.json"), &state);
        path
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("runs")
    }

    fn directory(&self, name: &str) -> RunDirectory {
        RunDirectory::new(self.root().join(name), self.root())
    }

    /// How things look: in UTC, with the folder of the example as home.
    pub(crate) fn look(&self, colour: bool) -> Look {
        Look {
            theme: Theme::in_colour(colour),
            keys: stepwatch::app::KeyTable::default(),
            columns: stepwatch::settings::Column::ALL.to_vec(),
            zone: jiff::tz::TimeZone::UTC,
            home: Some(self.folder.path().to_owned()),
        }
    }

    /// The run screen, everything read.
    pub(crate) fn run_screen(mut self, size: Size) -> (App, Now, Self) {
        let directory = self.directory("task-42/run-7");
        let (mut app, _) = App::new(Start::Run(directory.clone()), size);
        let mut tail = RunTail::new(directory);
        let mut effects = app.update(Message::Batch { number: 1, batch: tail.poll() }, now());
        while let Some(effect) = effects.pop() {
            effects.extend(answer(&mut app, effect, now()));
        }
        settle(&mut app, 600);
        self.tail = Some(tail);
        (app, now(), self)
    }

    /// Entries that come while the run screen is open.
    pub(crate) fn more(&mut self) -> Batch {
        let run = self.root().join("task-42/run-7");
        for seq in 0..12 {
            append(&run, "stdout", &entry("stdout", 19_000 + seq, 0.0, "another line\n"));
        }
        self.tail.as_mut().unwrap().poll()
    }

    /// Entries whose characters are wide, joined out of several, combined or written from the right.
    pub(crate) fn in_scripts(&mut self) -> Batch {
        let run = self.root().join("task-42/run-7");
        let texts = [
            "漢字 kanji, 한글 hangul | end",
            "👩\u{200d}👩\u{200d}👧 family, 🇳🇱 flag, ❤\u{fe0f} heart | end",
            "مرحبا بالعالم arabic, שלום hebrew | end",
            "e\u{301}a\u{308}o\u{302} combined, \u{202e}turned\u{202c} | end",
            "ไทย thai, हिन्दी hindi, ｗｉｄｅ wide | end",
        ];
        for (seq, text) in texts.iter().enumerate() {
            append(&run, "stdout", &entry("stdout", 19_000 + seq as u64, 0.0, &format!("{text}\n")));
        }
        self.tail.as_mut().unwrap().poll()
    }

    /// A line in three pieces, and another entry.
    pub(crate) fn in_pieces(&mut self) -> Batch {
        let run = self.root().join("task-42/run-7");
        let texts = ["Linking ", "target/debug/build ", "… done\n", "Running tests\n"];
        for (seq, text) in texts.iter().enumerate() {
            append(&run, "stdout", &entry("stdout", 19_000 + seq as u64, 0.0, text));
        }
        self.tail.as_mut().unwrap().poll()
    }

    /// Writes a file into the folder of checkpoints of the run that is shown.
    pub(crate) fn checkpoint(&self, name: &str, text: &str) {
        fs::write(self.folder_of_checkpoints().join(name), text).unwrap();
    }

    /// The folder of checkpoints of the run that is shown.
    pub(crate) fn folder_of_checkpoints(&self) -> PathBuf {
        self.root().join("task-42/run-7/checkpoints")
    }

    /// Writes a record there, whole.
    pub(crate) fn record(
        &self,
        seq: u64,
        kind: &str,
        origin: &str,
        before: f64,
        summary: &str,
        payload: &Value,
    ) {
        let record = json!({
            "format": 1, "taskId": "task-42", "stepId": "build", "runId": "run-7", "seq": seq, "type": kind,
            "id": format!("0198-{seq}"), "createdAt": time(before), "origin": origin, "logSeq": 18_200 + seq,
            "summary": summary, "payload": payload,
        });
        self.checkpoint(&format!("{seq:04}-{kind}.json"), &record.to_string());
    }

    /// Takes every checkpoint of the run away.
    pub(crate) fn without_checkpoints(&self) {
        fs::remove_dir_all(self.folder_of_checkpoints()).unwrap();
    }

    /// Lets the run say that none are to be made.
    pub(crate) fn with_checkpoints_disabled(&self) {
        let path = self.root().join("task-42/run-7/run.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        manifest["checkpoint"] = json!({"mode": "disabled"});
        fs::write(path, manifest.to_string()).unwrap();
    }

    /// The run screen, everything read, its checkpoints too.
    pub(crate) fn with_checkpoints_read(self, size: Size) -> (App, Now, Self) {
        let (mut app, now, example) = self.run_screen(size);
        let directory = example.directory("task-42/run-7");
        let identity = directory.identity();
        let checkpoints = Checkpoints::new(directory, &identity);
        let raw = |record: &StoredRecord| fs::read(&record.path).ok();
        let records = Records::of(checkpoints.state(), checkpoints.records(), &identity, raw);
        app.update(Message::Checkpoints { number: 1, records, settled: Ok(Vec::new()) }, now);
        (app, now, example)
    }

    /// The list of all runs.
    pub(crate) fn list(self, size: Size) -> (App, Now, Self) {
        let (mut app, _) = App::new(Start::Roots(vec![self.root()]), size);
        let names = ["task-42/run-7", "task-41/run-2", "task-40/run-1", "task-39/run-1", "task-38/run-1"];
        let runs = names
            .map(|name| {
                let summary = Probe::new(self.directory(name)).look();
                let gone = name == "task-40/run-1";
                // Whether a process lives is no part of an example.
                let status = if gone { Status::Lost } else { summary.status };
                Arc::new(RunSummary { status, ..(*summary).clone() })
            })
            .into();
        app.update(Message::Runs(RunsFound { runs, troubles: Vec::new() }), now());
        (app, now(), self)
    }

    /// The list below a root that does not exist.
    pub(crate) fn list_of_nothing(&self, size: Size) -> (App, Now) {
        let root = self.folder.path().join("later");
        let (mut app, _) = App::new(Start::Roots(vec![root.clone(), self.root()]), size);
        let troubles = vec![(root, "does not exist yet".to_owned())];
        app.update(Message::Runs(RunsFound { runs: Vec::new(), troubles }), now());
        (app, now())
    }

    /// The screen of a run in whose folder nothing is.
    pub(crate) fn run_of_nothing(&self, size: Size) -> (App, Now) {
        let directory = self.directory("task-50/run-1");
        fs::create_dir_all(directory.path()).unwrap();
        let (mut app, _) = App::new(Start::Run(directory.clone()), size);
        app.update(Message::Batch { number: 1, batch: RunTail::new(directory).poll() }, now());
        (app, now())
    }
}
