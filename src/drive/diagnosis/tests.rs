use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};

use super::*;
use crate::diagnose::Code;
use crate::diagnose::overview::Probe;
use crate::host;

/// A process that reads a pipe that nobody fills, ended with the test.
struct Reader(Child);

impl Reader {
    fn start() -> Self {
        Self(Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A run whose command is that process, and that has been silent for a minute.
fn run_of(reader: &Reader, folder: &Path) -> Arc<RunSummary> {
    let pid = reader.0.id();
    let manifest = serde_json::json!({"runId": "r", "bootId": host::boot_id()});
    let state = serde_json::json!({
        "status": "running", "pid": pid, "pidStartTime": host::start_time(pid),
        "pidNamespace": host::pid_namespace(),
    });
    fs::write(folder.join("run.json"), manifest.to_string()).unwrap();
    fs::write(folder.join("state.json"), state.to_string()).unwrap();
    let at = crate::run::Timestamp::from(std::time::SystemTime::now() - Duration::from_secs(60));
    let line = serde_json::json!({"seq": 1, "ts": at.to_string(), "text": "Name? "});
    fs::write(folder.join("stdout.jsonl"), format!("{line}\n")).unwrap();
    Probe::new(RunDirectory::alone(folder)).look()
}

fn judged() -> (Diagnosis, Receiver<Vec<Arc<Judged>>>) {
    let (sender, receiver) = mpsc::channel();
    let deliver = move |judged| sender.send(judged).is_ok();
    (Diagnosis::spawn(Clock::start(), |_| Thresholds::default(), deliver).unwrap(), receiver)
}

#[cfg(target_os = "linux")]
#[test]
fn a_listed_run_that_waits_for_input_is_judged_so_without_being_opened() {
    let (reader, folder) = (Reader::start(), tempfile::tempdir().unwrap());
    let run = run_of(&reader, folder.path());
    let (diagnosis, said) = judged();
    diagnosis.referral().listed(vec![run]);
    // On a busy machine the process may not have come to its read at the first looks.
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let judged = said.recv_timeout(left).expect("it is never judged to wait for input");
        if judged[0].verdict.code == Code::WaitingForInput && judged[0].verdict.alarm {
            return;
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_run_of_a_long_list_is_judged_before_any_is_looked_at_again() {
    let (reader, folder) = (Reader::start(), tempfile::tempdir().unwrap());
    let count = 100;
    let runs: Vec<_> = (0..count)
        .map(|number| {
            let run = folder.path().join(number.to_string());
            fs::create_dir(&run).unwrap();
            run_of(&reader, &run)
        })
        .collect();
    let (diagnosis, said) = judged();
    diagnosis.referral().listed(runs);
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut known = std::collections::BTreeSet::new();
    while known.len() < count {
        let left = deadline.saturating_duration_since(Instant::now());
        let judged = said.recv_timeout(left).unwrap_or_else(|_| panic!("only {} are judged", known.len()));
        for judged in judged {
            let is_first = known.insert(judged.run.directory.clone());
            assert!(
                is_first,
                "{} again after {} of {count}",
                judged.run.directory.path().display(),
                known.len()
            );
        }
    }
}

#[test]
fn a_silent_run_is_looked_at_ever_more_seldom_and_one_that_is_read_about_every_second() {
    let (reader, folder) = (Reader::start(), tempfile::tempdir().unwrap());
    let run = run_of(&reader, folder.path());
    let said = run.last_output.unwrap();
    let judged = Duration::from_secs(1000);
    let now = |idle: i64| Now {
        wall: crate::run::Timestamp::from_milliseconds(said.milliseconds() + idle * 1000),
        monotonic: judged,
    };
    let mut patient = Patient::new(Arc::clone(&run));
    assert_eq!(patient.due(now(9)), Duration::ZERO, "it was never looked at");
    assert!(patient.read(now(9)));
    patient.judged = Some(judged);
    let after = |patient: &Patient, idle| (patient.due(now(idle)) - judged).as_secs();
    assert_eq!([4, 40, 240, 9999].map(|idle| after(&patient, idle)), [2, 5, 30, 30]);
    assert_eq!(after(&patient, 1), 1, "its line is open");
    patient.run = Arc::new(RunSummary { line_is_open: false, last_line: "x".to_owned(), ..(*run).clone() });
    assert_eq!(after(&patient, 1), 2, "it may fall silent");
    assert_eq!(after(&patient, 240), 1, "it said something");
    patient.is_closely_watched = true;
    assert_eq!(after(&patient, 9999), 1);
}

#[test]
fn what_is_told_late_of_a_run_that_was_left_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let run = Probe::new(RunDirectory::alone(folder.path())).look();
    let (diagnosis, _said) = judged();
    let referral = diagnosis.referral();
    referral.open(2, None);
    referral.open(1, Some(run));
    assert!(referral.desk.wanted().open.1.is_none());
}
