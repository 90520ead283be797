//! Why a run does not move on: real processes, each recorded by the binary as a step, and diagnosed by
//! the binary. Each situation says which verdict is right; the healthy ones must never be an alarm.
//!
//! All situations run side by side, since most of them only wait. What each verdict took is printed:
//! `cargo test --test why -- --nocapture`.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "why/further.rs"]
mod further;
#[path = "why/situations.rs"]
mod situations;
#[path = "why/stage.rs"]
mod stage;

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use situations::{HEALTHY, STUCK};
use stage::{Running, Stage};

/// How long a verdict may take: the machine may be busy with the others.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long the healthy ones are watched.
const WATCHED: Duration = Duration::from_secs(25);
/// So many are asked at a time.
const ASKED_AT_ONCE: usize = 8;

/// Asks until the verdict is right; says what is wrong with it otherwise.
fn wait_for_verdict(running: &Running) -> Result<Value, String> {
    loop {
        let answer = ask(running);
        if answer.is_ok() || running.since.elapsed() > PATIENCE {
            return answer;
        }
    }
}

/// What several threads find of the runs, in their order.
fn side_by_side<T: Send>(runs: &[Running], look: impl Fn(&Running) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let chunk = runs.len().div_ceil(ASKED_AT_ONCE);
        let threads: Vec<_> = runs
            .chunks(chunk)
            .map(|runs| scope.spawn(|| runs.iter().map(&look).collect::<Vec<T>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Asks once; the verdict if it is right, else what is wrong with it.
fn ask(running: &Running) -> Result<Value, String> {
    let (verdict, status) = running.why();
    let situation = running.situation;
    let is_right = situation.verdicts.contains(&verdict["verdict"].as_str().unwrap_or_default());
    if is_right && status == i32::from(situation.alarm) {
        Ok(verdict)
    } else {
        Err(format!("{:?} was expected, exit status {status}: {verdict:#}", situation.verdicts))
    }
}

#[test]
fn what_a_stuck_step_waits_for_is_named() {
    let stage = Stage::new();
    let all = STUCK.iter().chain(further::STUCK);
    let mut open: Vec<Running> = all.map(|situation| stage.begin(situation)).collect();
    let count = open.len();
    let mut right = Vec::new();
    let mut wrong = Vec::new();
    // In rounds, so that none waits for the verdict on another one.
    while !open.is_empty() {
        let answers = side_by_side(&open, |running| (ask(running), running.since.elapsed()));
        let mut still_open = Vec::new();
        for (running, (answer, after)) in open.into_iter().zip(answers) {
            match answer {
                Ok(verdict) => right.push((after, running.situation.name, verdict)),
                Err(why) if after > PATIENCE => wrong.push(format!("{}: {why}", running.situation.name)),
                Err(_) => still_open.push(running),
            }
        }
        open = still_open;
    }
    right.sort_by_key(|(after, ..)| *after);
    eprintln!("{:>8}  {:18} {:9} situation", "after", "verdict", "confidence");
    for (after, name, verdict) in &right {
        let word = |key: &str| verdict[key].as_str().unwrap_or_default().to_owned();
        eprintln!("{:6.1} s  {:18} {:10} {name}", after.as_secs_f64(), word("verdict"), word("confidence"));
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_healthy_step_is_never_an_alarm() {
    let stage = Stage::new();
    let all = HEALTHY.iter().chain(further::HEALTHY);
    let runs: Vec<Running> = all.map(|situation| stage.begin(situation)).collect();
    let began = Instant::now();
    let mut rounds = 0;
    while began.elapsed() < WATCHED {
        rounds += 1;
        let answers = side_by_side(&runs, ask);
        let wrong = runs
            .iter()
            .zip(answers)
            .filter_map(|(running, answer)| Some(format!("{}: {}", running.situation.name, answer.err()?)));
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), runs.len(), wrong.join("\n"));
    }
    assert!(rounds >= 3, "only {rounds} rounds in {WATCHED:?}");
    eprintln!("{} healthy steps, {rounds} rounds, no alarm", runs.len());
}

#[test]
fn the_verdict_names_the_process_the_thing_and_how_long_in_text_and_in_json() {
    let stage = Stage::new();
    let situation =
        STUCK.iter().find(|situation| situation.name == "a lock held by another process").unwrap();
    let running = stage.begin(situation);
    wait_for_verdict(&running).unwrap();
    let (verdict, _) = running.why();
    let sentence = verdict["sentence"].as_str().unwrap();
    let holder = stage.lock_holder().to_string();
    for part in ["waiting on a lock for ", "`flock` (pid ", "/held", &format!("(pid {holder}) holds")] {
        assert!(sentence.contains(part), "{part} is missing: {sentence}");
    }
    for key in ["confidence", "since", "evidence", "unavailable", "suggestions", "processes", "alarm"] {
        assert!(!verdict[key].is_null(), "{key} is missing: {verdict:#}");
    }
    assert!(verdict["idleMs"]["stdout"].as_u64().unwrap() > 0);
    assert!(verdict["evidence"].as_array().unwrap().iter().all(|one| one["kind"].is_string()));
    let text = running.why_text();
    assert!(text.starts_with(sentence.split(" for ").next().unwrap()), "{text}");
    let suggested = format!("ps -o pid,etime,args -p {holder}");
    assert!(text.contains(&suggested), "{text}");
    assert_eq!(verdict["suggestions"].as_array().unwrap().last().unwrap(), &Value::from(suggested));
}

#[test]
fn a_wait_ends_when_it_happens_when_it_cannot_happen_any_more_and_when_the_time_is_up() {
    let stage = Stage::new();
    let situation =
        |name: &str| STUCK.iter().chain(HEALTHY).find(|situation| situation.name == name).unwrap();
    let question = stage.begin(situation("a question on a terminal"));
    let (status, printed) =
        question.wait(&["--until", "stuck", "--exec", "echo $STEPWATCH_VERDICT $STEPWATCH_RUN"]);
    let path = question.path().display().to_string();
    assert_eq!((status, printed), (0, format!("{path}\nwaiting_for_input {path}\n")));
    assert_eq!(question.wait(&["--until", "stuck", "--exec", "exit 7"]).0, 7);
    assert_eq!(question.wait(&["--until", "done", "--timeout", "100ms"]), (1, String::new()));
    assert_eq!(question.wait(&["--until", "checkpoint", "--timeout", "100ms"]), (1, String::new()));
    let ended = stage.begin(situation("a step that ended well"));
    let path = ended.path().display().to_string();
    assert_eq!(ended.wait(&["--until", "done"]), (0, format!("{path}\n")));
    assert_eq!(ended.wait(&["--until", "stuck"]), (1, String::new()), "what has ended is never stuck");
}

#[test]
fn a_full_disk_is_named() {
    // A small file system of its own, in a user namespace where the kernel allows that.
    let may_mount = Command::new("unshare")
        .args(["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !may_mount {
        println!("this kernel refuses a file system in a user namespace; skipped");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("disk")).unwrap();
    // The step writes until nothing more fits, and goes on.
    let script = r#"
        mount -t tmpfs -o size=256k none disk || exit 99
        "$STEPWATCH" exec --root disk --task t --run r -- \
            sh -c 'while :; do echo "something that takes room on the disk"; sleep 0.001; done' > /dev/null 2>&1 &
        recorder=$!
        for round in $(seq 1 60); do
            "$STEPWATCH" why disk/t/r --for 100ms --json > verdict 2> error
            echo $? > status
            grep -q '"verdict":"disk_full"' verdict && break
            sleep 0.2
        done
        kill $recorder"#;
    let status = Command::new("unshare")
        .args(["-Urm", "sh", "-c", script])
        .env("STEPWATCH", env!("CARGO_BIN_EXE_stepwatch"))
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("verdict").contains("\"verdict\":\"disk_full\""), "{} {}", read("verdict"), read("error"));
    assert_eq!(read("status").trim(), "1");
    assert!(read("verdict").contains("disk of the run directory is full"), "{}", read("verdict"));
}
