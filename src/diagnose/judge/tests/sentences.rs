//! What a verdict says in words, besides its code.

use super::*;
use crate::diagnose::facts::ChannelClock;
use crate::run::{Heartbeat, ProcessIdentity, RunState};

fn verdict(facts: &Facts) -> Verdict {
    judge(facts, &Thresholds::default())
}

fn clocks(verdict: &Verdict) -> Vec<&str> {
    let clocks = verdict.evidence.iter().filter(|evidence| evidence.kind == "clock");
    clocks.map(|evidence| evidence.text.as_str()).collect()
}

#[test]
fn a_channel_that_only_paints_the_same_line_anew_is_not_called_silent() {
    let at = |seconds: i64| Some(Timestamp::from_milliseconds(NOW - seconds * 1000));
    let mut facts = silent_for(1800);
    let clock =
        |last, painted| ChannelClock { channel: "stdout".to_owned(), last: at(last), painted: at(painted) };
    facts.log.clocks = vec![
        clock(1800, 1),
        ChannelClock { painted: None, ..clock(60, 0) },
        ChannelClock { last: None, ..clock(0, 2) },
        ChannelClock { last: None, painted: None, ..clock(0, 0) },
    ];
    assert_eq!(
        clocks(&verdict(&facts)),
        [
            "stdout said something new 30m00s ago, and only painted the same line anew since, 1s ago last",
            "stdout said something 1m00s ago",
            "stdout only paints the same line anew, 2s ago last",
            "stdout has said nothing that tells its time",
        ]
    );
}

#[test]
fn a_lost_run_says_what_lives_on_and_how_to_look_at_it() {
    let mut facts = with_process(silent_for(60), waits(Wait::Timer, 0, None));
    facts.status = Status::Lost;
    let recorder = ProcessIdentity { pid: 4, pid_start_time: None };
    facts.state = RunState { recorder: Some(recorder), ..RunState::default() };
    facts.heartbeat = Some(Heartbeat { at: Timestamp::from_milliseconds(NOW - 50_000), child_cpu_ms: None });
    let lost = "the worker is lost: the state says running, and its recorder, pid 4, is gone";
    let told = verdict(&facts);
    assert_eq!((told.code, told.alarm), (Code::WorkerLost, true));
    assert_eq!(told.sentence, format!("{lost}; the step lives on: `cp` (pid 7) sleeps"));
    assert_eq!(told.suggestions, ["strace -f -p 7"]);
    facts.processes.all[0].state = 'Z';
    assert_eq!(verdict(&facts).sentence, lost, "what has ended does not live on");
    facts.processes.all.clear();
    assert_eq!(verdict(&facts).sentence, lost);
    assert!(verdict(&facts).suggestions.is_empty());
}

#[test]
fn a_frozen_control_group_is_named_and_no_signal_is_suggested() {
    let mut process = waits(Wait::Timer, 0, None);
    process.frozen_by = Some("/sys/fs/cgroup/build box".to_owned());
    let told = verdict(&with_process(silent_for(60), process));
    assert_eq!((told.code, told.alarm), (Code::Stopped, true));
    assert!(
        told.sentence.ends_with("`cp` (pid 7) is frozen by its control group /sys/fs/cgroup/build box"),
        "{}",
        told.sentence
    );
    assert_eq!(
        told.suggestions,
        ["cd '/sys/fs/cgroup/build box' && grep . cgroup.freeze freezer.state".to_owned()]
    );
}

/// The sentence on a process that waits for that target, with a process outside of the run known by name.
fn told_of(target: Option<Target>) -> String {
    let mut facts = with_process(silent_for(60), waits(Wait::Read, 3, target));
    facts.processes.strangers.insert(4000, "logger".to_owned());
    verdict(&facts).sentence
}

#[test]
fn whoever_holds_the_other_end_is_named_and_a_server_waits_for_somebody_to_connect() {
    let fifo = Target::Fifo { path: "/run/f".to_owned(), others: vec![4000] };
    for target in [Some(fifo), pipe(&[4000]), tcp(&[4000], None, "established")] {
        let told = told_of(target);
        assert!(told.ends_with(", whose other end `logger` (pid 4000) holds"), "{told}");
    }
    let told = told_of(pipe(&[4001]));
    assert!(told.ends_with(", whose other end pid 4001 holds"), "its name cannot be read: {told}");
    let server = told_of(tcp(&[], None, "listen"));
    assert!(server.contains("waits at") && server.ends_with("for somebody to connect"), "{server}");
}

#[test]
fn whoever_waits_for_the_end_of_a_thread_waits_inside_of_its_process() {
    let joins = Waiting { joins: Some(8), ..Waiting::of(Wait::Futex) };
    let mut process = waits(Wait::Futex, 0, None);
    process.threads[0].wait = Some(joins);
    let other = |wait: Waiting| Thread { id: 8, state: 'S', wait: Some(wait), ..Thread::default() };
    let with_other = |wait: Waiting| {
        let threads = vec![process.threads[0].clone(), other(wait)];
        judged(&with_process(silent_for(60), Process { threads, ..process.clone() })).0
    };
    let peer = Waiting { target: tcp(&[], None, "established"), ..Waiting::of(Wait::Read) };
    assert_eq!(with_other(peer), Code::WaitingOnNetwork);
    assert_eq!(with_other(Waiting::of(Wait::Timer)), Code::Sleeping);
    assert_eq!(with_other(Waiting::of(Wait::Futex)), Code::Deadlocked);
    let shared = Waiting { is_shared: true, ..Waiting::of(Wait::Futex) };
    assert_ne!(with_other(shared), Code::Deadlocked, "another process may end it");
}

#[test]
fn where_nothing_tells_why_there_is_a_way_to_look_into_the_leaves() {
    let process = |pid, parent, name: &str| Process {
        pid,
        parent,
        name: name.to_owned(),
        state: 'S',
        cpu_share: Some(0.0),
        ..Process::default()
    };
    let all = vec![process(7, 1, "sh"), process(8, 7, "java"), process(9, 7, "python3")];
    let mut facts = silent_for(600);
    facts.processes = Processes { all, root: Some(7), ..Processes::default() };
    let told = verdict(&facts);
    assert_eq!(told.code, Code::Unknown);
    assert_eq!(told.suggestions, ["jstack 8", "py-spy dump --pid 9"]);
}

#[test]
fn a_loop_that_only_wakes_itself_up_waits_in_vain_unless_it_has_a_child() {
    let mut facts = run_of(vec![member(7, polls(None, vec![pipe(&[7])]))]);
    let told = verdict(&facts);
    assert_eq!((told.code, told.confidence), (Code::Deadlocked, Confidence::Possible));
    assert!(
        told.sentence.ends_with("its only thread waits for what only it could send itself (no timeout)"),
        "{}",
        told.sentence
    );
    let child = Process { parent: 7, ..member(8, waits(Wait::Timer, 0, None)) };
    facts.processes.all.push(child);
    assert_eq!(verdict(&facts).code, Code::Sleeping, "a child that ends is a signal");
}

#[test]
fn a_loop_of_writes_to_a_full_disk_is_a_full_disk() {
    let mut facts = silent_for(0);
    let line = "sh: 1: echo: echo: I/O error: No space left on device";
    let repetition = Repetition {
        period: 1,
        rounds: 500,
        lines: vec![line.to_owned()],
        counts: false,
        varies: false,
        at_least: false,
        first_from_end: 0,
    };
    let since = Some(Timestamp::from_milliseconds(NOW - 20_000));
    facts.log.repeated = Some(RepeatedLines { repetition, first_seq: Some(2), since });
    assert_eq!(verdict(&facts).code, Code::Looping, "any other line");
    facts.log.disk_full_line = Some(line.to_owned());
    let told = verdict(&facts);
    assert_eq!((told.code, told.alarm), (Code::DiskFull, true));
    assert!(
        told.sentence.starts_with("a disk is full: the same line, 500 times in 20s"),
        "{}",
        told.sentence
    );
}
