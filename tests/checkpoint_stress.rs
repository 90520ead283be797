//! Publishing under stress: many processes at once beside a runner that knows nothing of us, and
//! processes that are killed at random moments. `checkpoint_crash` is the one that kills at chosen
//! moments.
//!
//! A usual test run does a little of each. The full form, with 8 processes of 200 records beside
//! each kind of runner and 1 000 kills, takes some minutes and prints its figures:
//!
//! ```text
//! STEPWATCH_STRESS=full cargo test --test checkpoint_stress -- --nocapture
//! ```

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "checkpoint_stress/runner.rs"]
mod runner;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;
use stepwatch::checkpoint::{CheckpointError, Checkpoints, Kind, NewRecord, Origin};
use stepwatch::run::{Manifest, RunDirectory, Timestamp};

use runner::{KINDS, Runner};

/// Name the run's directory, the first word of the records and their number to a process that
/// publishes.
const DIRECTORY: &str = "CHECKPOINT_STRESS_RUN";
const WORD: &str = "CHECKPOINT_STRESS_WORD";
const NUMBER: &str = "CHECKPOINT_STRESS_NUMBER";

const WRITERS: usize = 8;
const LONGEST_LIFE: Duration = Duration::from_millis(40);
const DETAIL: usize = 5_000;

fn is_full() -> bool {
    std::env::var_os("STEPWATCH_STRESS").is_some_and(|value| value == "full")
}

fn checkpoints(directory: &Path) -> Checkpoints {
    Checkpoints::new(RunDirectory::alone(directory), &Manifest::default())
}

/// The process that publishes: a test of its own, run by name. It says each summary once it is
/// saved.
#[test]
#[ignore = "it is the process that the other tests start"]
fn publishing_process() {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else { return };
    let word = std::env::var(WORD).unwrap();
    let number: usize = std::env::var(NUMBER).unwrap().parse().unwrap();
    let checkpoints = checkpoints(&directory);
    writeln!(io::stdout(), "ready").unwrap();
    for place in 0..number {
        let summary = format!("{word} {place}");
        let record = NewRecord {
            kind: Kind::Summary,
            origin: Origin::Operator,
            log_seq: None,
            summary: summary.clone(),
            payload: json!({"detail": "x".repeat(DETAIL)}),
        };
        let now = Timestamp::from_milliseconds(1_774_080_000_036);
        loop {
            match checkpoints.publish(record.clone(), now) {
                Ok(_) => break,
                // Nothing was written, and it may be tried again.
                Err(CheckpointError::Locked { .. }) => writeln!(io::stdout(), "locked").unwrap(),
                Err(error) => panic!("{summary}: {error}"),
            }
        }
        writeln!(io::stdout(), "saved {summary}").unwrap();
    }
}

fn start(directory: &Path, word: &str, number: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["publishing_process", "--exact", "--ignored", "--test-threads=1", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(WORD, word)
        .env(NUMBER, number.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a process says.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    Ready,
    Locked,
    Saved(String),
}

/// What a process says, as it says it.
fn said(child: &mut Child) -> mpsc::Receiver<Said> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            // The test harness writes the name of its test before the first.
            let said = match line.split_once("saved ") {
                Some((_, summary)) => Said::Saved(summary.to_owned()),
                None if line.ends_with("ready") => Said::Ready,
                None if line.ends_with("locked") => Said::Locked,
                None => continue,
            };
            if sender.send(said).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Reads all records again and again until `done`; each must be whole. Returns how often.
fn poll(directory: &Path, done: &AtomicBool) -> usize {
    let checkpoints = checkpoints(directory);
    let mut rounds = 0;
    while !done.load(Ordering::Relaxed) {
        for record in checkpoints.records() {
            let content =
                record.content.as_ref().unwrap_or_else(|reason| panic!("{}: {reason}", record.name));
            let is_ours = content.origin == Origin::Operator;
            let length = content.payload["detail"].as_str().map_or(0, str::len);
            assert!(!is_ours || length == DETAIL, "{} is not whole", record.name);
            assert_eq!(record.disagreements(), Vec::<String>::new());
        }
        rounds += 1;
    }
    rounds
}

/// What must hold after all writers ended: what was said to be saved stands once, what was not said
/// at most once, each file of the runner is as it wrote it, and the spool comes to rest empty.
fn assert_sound(directory: &Path, acknowledged: &BTreeSet<String>, of_runner: &BTreeMap<String, String>) {
    let checkpoints = checkpoints(directory);
    checkpoints.settle(SystemTime::now().into()).unwrap();
    fs::write(directory.join("state.json"), r#"{"status":"failed"}"#).unwrap();
    // Long enough after the end that nobody renames over any of them any more.
    checkpoints.settle((SystemTime::now() + Duration::from_secs(7200)).into()).unwrap();
    let (mut ids, mut seqs, mut summaries) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for record in checkpoints.records() {
        let content = record.content.unwrap();
        if content.origin == Origin::Operator {
            assert!(ids.insert(content.id.clone()), "{}: its id stands twice", record.name);
            assert!(seqs.insert(record.seq), "{}: its seq stands twice", record.name);
            assert!(summaries.insert(content.summary.clone()), "{} stands twice", content.summary);
        }
    }
    let lost: Vec<&String> = acknowledged.difference(&summaries).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), acknowledged.len());
    for (name, text) in of_runner {
        assert_eq!(&fs::read_to_string(directory.join("checkpoints").join(name)).unwrap(), text);
    }
    let user = rustix::process::geteuid().as_raw().to_string();
    let spool = directory.join(".stepwatch/spool").join(user);
    assert_eq!(fs::read_dir(spool).unwrap().count(), 0, "the spool is not empty");
}

fn report(line: &str) {
    _ = writeln!(io::stderr(), "{line}");
}

#[test]
fn many_processes_beside_each_kind_of_runner_lose_nothing() {
    let each = if is_full() { 200 } else { 8 };
    for (name, kind) in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path();
        fs::create_dir(directory.join("checkpoints")).unwrap();
        let began = Instant::now();
        let done = AtomicBool::new(false);
        let (acknowledged, locked, of_runner, polls) = thread::scope(|scope| {
            let runner = scope.spawn(|| Runner::new(directory).run_until(*kind, &done));
            let reader = scope.spawn(|| poll(directory, &done));
            let mut writers: Vec<Child> =
                (0..WRITERS).map(|writer| start(directory, &format!("writer {writer}"), each)).collect();
            let said: Vec<_> = writers.iter_mut().map(said).collect();
            let mut acknowledged = BTreeSet::new();
            let mut locked = 0;
            for said in said.into_iter().flatten() {
                match said {
                    Said::Saved(summary) => _ = acknowledged.insert(summary),
                    Said::Locked => locked += 1,
                    Said::Ready => {}
                }
            }
            let failed = writers
                .iter_mut()
                .filter_map(|writer| (!writer.wait().unwrap().success()).then_some(()))
                .count();
            done.store(true, Ordering::Relaxed);
            assert_eq!(failed, 0, "writers failed beside the runner that {name}");
            (acknowledged, locked, runner.join().unwrap(), reader.join().unwrap())
        });
        let took = began.elapsed();
        assert_eq!(acknowledged.len(), WRITERS * each);
        assert!(of_runner.files.len() > 2 && polls > 0);
        assert_sound(directory, &acknowledged, &of_runner.files);
        report(&format!(
            "a runner that {name}: {} records of ours by {WRITERS} processes and {} of its own in {:.1} s, \
             {} of ours renamed over, {polls} readings of all, {locked} waits of 30 s for the lock; 0 lost, 0 half-read",
            acknowledged.len(),
            of_runner.files.len(),
            took.as_secs_f64(),
            of_runner.renamed_over
        ));
    }
}

#[test]
fn what_was_said_to_be_saved_survives_kills_at_random_moments() {
    let rounds = if is_full() { 1_000 } else { 40 };
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path();
    fs::create_dir(directory.join("checkpoints")).unwrap();
    let began = Instant::now();
    let done = AtomicBool::new(false);
    let mut acknowledged = BTreeSet::new();
    let of_runner = thread::scope(|scope| {
        let runner = scope.spawn(|| Runner::new(directory).run_until(runner::stalling, &done));
        for round in 0..rounds {
            let mut child = start(directory, &format!("round {round}"), usize::MAX);
            let said = said(&mut child);
            assert_eq!(said.recv(), Ok(Said::Ready), "round {round}");
            let end = Instant::now() + random_time();
            loop {
                match said.recv_timeout(end.saturating_duration_since(Instant::now())) {
                    Ok(Said::Saved(summary)) => _ = acknowledged.insert(summary),
                    Ok(_) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => panic!("round {round} ended by itself"),
                }
            }
            child.kill().unwrap();
            child.wait().unwrap();
            acknowledged.extend(said.into_iter().filter_map(|said| match said {
                Said::Saved(summary) => Some(summary),
                Said::Ready | Said::Locked => None,
            }));
        }
        done.store(true, Ordering::Relaxed);
        runner.join().unwrap()
    });
    assert!(acknowledged.len() > rounds / 4, "only {} were ever saved", acknowledged.len());
    assert_sound(directory, &acknowledged, &of_runner.files);
    report(&format!(
        "{rounds} kills in {:.1} s: {} records were said to be saved, {} of the runner's stand beside them, \
         {} of ours were renamed over; 0 lost, 0 twice",
        began.elapsed().as_secs_f64(),
        acknowledged.len(),
        of_runner.files.len(),
        of_runner.renamed_over
    ));
}

fn random_time() -> Duration {
    let longest = u64::try_from(LONGEST_LIFE.as_micros()).unwrap();
    Duration::from_micros(RandomState::new().build_hasher().finish() % longest)
}
