use super::*;
use crate::diagnose::facts::{EarlierRun, LogFacts, OpenLine, RepeatedLines};
use crate::diagnose::process::{Process, Processes, Target, Thread, Wait, Waiting};
use crate::diagnose::shape::{Repetition, question_signs};

const NOW: i64 = 10_000_000;

/// A running run that said something last so many seconds ago.
fn silent_for(seconds: i64) -> Facts {
    let last = Timestamp::from_milliseconds(NOW - seconds * 1000);
    Facts {
        at: Some(Timestamp::from_milliseconds(NOW)),
        status: Status::Running,
        log: LogFacts { last_said: Some(last), ..LogFacts::default() },
        ..Facts::default()
    }
}

fn with_process(mut facts: Facts, process: Process) -> Facts {
    facts.processes = Processes { all: vec![process], ..Processes::default() };
    facts
}

fn waits(wait: Wait, descriptor: u32, target: Option<Target>) -> Process {
    let waiting = Waiting { descriptor: Some(descriptor), target, ..Waiting::of(wait) };
    Process {
        pid: 7,
        name: "cp".to_owned(),
        state: 'S',
        cpu_share: Some(0.0),
        switches_of_sample: Some(0),
        threads: vec![Thread { id: 7, state: 'S', wait: Some(waiting), ..Thread::default() }],
        ..Process::default()
    }
}

fn terminal() -> Option<Target> {
    Some(Target::Terminal { path: "/dev/pts/3".to_owned() })
}

fn judged(facts: &Facts) -> (Code, bool) {
    let verdict = judge(facts, &Thresholds::default());
    assert!(!verdict.sentence.is_empty());
    (verdict.code, verdict.alarm)
}

fn asks(facts: &mut Facts, text: &str) {
    let signs = question_signs(text);
    facts.log.open_line =
        Some(OpenLine { channel: "stdout".to_owned(), text: text.to_owned(), since: None, signs });
}

#[test]
fn silence_alone_is_never_called_stuck_and_a_missing_clock_is_no_fresh_one() {
    assert_eq!(judged(&silent_for(5)), (Code::Progressing, false));
    assert_eq!(judged(&silent_for(100_000)), (Code::Unknown, false));
    let mut no_clock = silent_for(0);
    no_clock.log.last_said = None;
    assert_eq!(judged(&no_clock), (Code::Unknown, false));
}

#[test]
fn a_process_that_reads_its_terminal_waits_for_input_once_it_has_asked_or_after_five_seconds() {
    let asking = |seconds, text: &str| {
        let mut facts = with_process(silent_for(seconds), waits(Wait::Read, 0, terminal()));
        asks(&mut facts, text);
        judged(&facts)
    };
    assert_eq!(asking(2, "Overwrite? [y/N] "), (Code::WaitingForInput, true));
    assert_eq!(asking(2, "..."), (Code::Progressing, false));
    assert_eq!(asking(6, "..."), (Code::WaitingForInput, true));
    let verdict =
        judge(&with_process(silent_for(60), waits(Wait::Read, 0, terminal())), &Thresholds::default());
    assert_eq!(
        verdict.sentence,
        "waiting for input for 1m00s: `cp` (pid 7) reads fd 0, the terminal /dev/pts/3"
    );
}

#[test]
fn what_wakes_up_again_and_again_does_not_wait_in_vain() {
    let socket = Some(Target::Socket {
        protocol: "tcp".to_owned(),
        local: None,
        peer: Some("192.0.2.1:443".to_owned()),
        state: Some("established".to_owned()),
        others: Vec::new(),
        silent_ms: None,
    });
    let still = with_process(silent_for(30), waits(Wait::Read, 5, socket.clone()));
    assert_eq!(judged(&still), (Code::WaitingOnNetwork, true));
    let moving = Process { switches_of_sample: Some(40), ..waits(Wait::Read, 5, socket) };
    assert_eq!(judged(&with_process(silent_for(30), moving)), (Code::Unknown, false));
}

#[test]
fn a_pipe_between_two_processes_of_the_run_is_no_cause_but_the_other_one_is_asked() {
    let pipe = Some(Target::Pipe { inode: 1, others: vec![8] });
    let mut facts = with_process(silent_for(30), waits(Wait::Read, 0, pipe));
    let writer = Process {
        pid: 8,
        ..waits(Wait::Lock, 3, Some(Target::File { path: "/l".to_owned(), holders: Vec::new() }))
    };
    facts.processes.all.push(writer);
    let verdict = judge(&facts, &Thresholds::default());
    assert_eq!(verdict.code, Code::WaitingOnLock);
    assert!(verdict.sentence.contains("pid 8"), "{}", verdict.sentence);
}

#[test]
fn sleeping_and_computing_are_alarms_only_beyond_what_is_suspect_and_beyond_the_habit() {
    let sleeping = |seconds| with_process(silent_for(seconds), waits(Wait::Timer, 0, None));
    assert_eq!(judged(&sleeping(200)), (Code::Sleeping, false));
    assert_eq!(judged(&sleeping(301)), (Code::Sleeping, true));
    let busy = Process { cpu_share: Some(0.9), ..waits(Wait::Timer, 0, None) };
    assert_eq!(judged(&with_process(silent_for(400), busy.clone())), (Code::BusySilent, true));
    let mut usual = with_process(silent_for(400), busy);
    usual.earlier = vec![EarlierRun { elapsed_ms: None, longest_silence_ms: Some(290_000) }];
    assert_eq!(judged(&usual), (Code::Progressing, false));
}

#[test]
fn a_silence_shorter_than_its_habit_is_progress_whatever_it_waits_for_on_a_network() {
    let socket = Some(Target::Other { text: "x".to_owned() });
    let mut facts = with_process(silent_for(50), waits(Wait::Accept, 5, socket));
    assert_eq!(judged(&facts), (Code::WaitingOnNetwork, true));
    (facts.log.longest_silence_ms, facts.log.silences) = (Some(40_000), 10);
    assert_eq!(judged(&facts), (Code::Progressing, false));
    facts.log.silences = 2;
    assert_eq!(judged(&facts), (Code::WaitingOnNetwork, true), "two silences teach no habit");
}

#[test]
fn a_loop_is_fast_or_lasts_and_what_counts_up_is_progress() {
    let repeating = |rounds, seconds: i64, counts, line: &str| {
        let mut facts = silent_for(0);
        facts.log.repeated = Some(RepeatedLines {
            repetition: Repetition {
                period: 1,
                rounds,
                at_least: false,
                lines: vec![line.to_owned()],
                counts,
                varies: false,
                first_from_end: 0,
            },
            first_seq: Some(812),
            since: Some(Timestamp::from_milliseconds(NOW - seconds * 1000)),
        });
        judged(&facts)
    };
    assert_eq!(repeating(1535, 60, false, "refused"), (Code::Looping, true));
    assert_eq!(repeating(60, 60, false, "waiting for it"), (Code::Progressing, false));
    assert_eq!(repeating(600, 600, false, "waiting for it"), (Code::Looping, true));
    assert_eq!(repeating(1535, 60, true, "file 7 of 9000"), (Code::Progressing, false));
    assert_eq!(repeating(1535, 60, true, "attempt 7 failed"), (Code::Looping, true));
}

#[test]
fn a_run_that_has_ended_is_an_alarm_only_if_it_ended_badly() {
    let ended = |status| judged(&Facts { status, ..silent_for(9) });
    assert_eq!(ended(Status::Succeeded), (Code::Finished, false));
    assert_eq!(ended(Status::Failed), (Code::Finished, true));
    assert_eq!(ended(Status::Lost), (Code::WorkerLost, true));
}
