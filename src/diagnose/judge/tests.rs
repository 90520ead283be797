mod sentences;

use super::*;
use crate::diagnose::facts::{EarlierRun, LogFacts, OpenLine, RepeatedLines};
use crate::diagnose::process::{LockHolder, Polled, Process, Processes, Target, Thread, Wait, Waiting};
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
fn where_a_person_can_answer_is_a_fact_and_the_way_there_a_command() {
    let mut facts = with_process(silent_for(60), waits(Wait::Read, 0, terminal()));
    let told = |facts: &Facts| {
        let verdict = judge(facts, &Thresholds::default());
        let place = verdict.evidence.into_iter().find(|evidence| evidence.kind == "terminal");
        (place.map(|evidence| evidence.text), verdict.suggestions.into_iter().next())
    };
    assert_eq!(told(&facts).0, None, "it was recorded without a terminal");
    let pane = |pane: &str| crate::run::Terminal {
        tty: Some("/dev/pts/5".to_owned()),
        tmux_pane: Some(pane.to_owned()),
        tmux_socket: None,
    };
    facts.manifest.terminal = Some(pane("%7"));
    let place = "a person can answer it in the terminal /dev/pts/5, tmux pane %7";
    let way = "tmux switch-client -t '%7' || tmux attach -t '%7'";
    assert_eq!(told(&facts), (Some(place.to_owned()), Some(way.to_owned())));
    let of_server = |socket: &str| Some(socket.to_owned());
    facts.manifest.terminal =
        Some(crate::run::Terminal { tmux_socket: of_server("/tmp/my server"), ..pane("%7") });
    let way = "tmux -S '/tmp/my server' switch-client -t '%7' || tmux -S '/tmp/my server' attach -t '%7'";
    assert_eq!(told(&facts).1.as_deref(), Some(way));
    // What is no name of a pane becomes no part of a command.
    facts.manifest.terminal = Some(pane("%7'; rm x"));
    assert!(told(&facts).1.is_none_or(|command| !command.contains("rm x")));
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

/// A process of that pid, below the one before it.
fn member(pid: u32, process: Process) -> Process {
    let threads = process.threads.into_iter().map(|thread| Thread { id: pid, ..thread }).collect();
    Process { pid, parent: pid - 1, threads, ..process }
}

fn run_of(processes: Vec<Process>) -> Facts {
    let mut facts = silent_for(90);
    facts.processes = Processes {
        root: processes.first().map(|process| process.pid),
        all: processes,
        sampled_for_ms: 1000,
        ..Processes::default()
    };
    facts
}

fn pipe(others: &[u32]) -> Option<Target> {
    Some(Target::Pipe { inode: 1, others: others.to_vec() })
}

fn tcp(others: &[u32], silent_ms: Option<u64>, state: &str) -> Option<Target> {
    Some(Target::Socket {
        protocol: "tcp".to_owned(),
        local: None,
        peer: Some("192.0.2.1:443".to_owned()),
        state: Some(state.to_owned()),
        others: others.to_vec(),
        silent_ms,
    })
}

fn polls(timeout_ms: Option<u64>, targets: Vec<Option<Target>>) -> Process {
    let polled = targets.into_iter().enumerate().map(|(number, target)| Polled {
        descriptor: u32::try_from(number).unwrap(),
        for_writing: false,
        target,
    });
    let waiting = Waiting { timeout_ms, polled: polled.collect(), ..Waiting::of(Wait::Poll) };
    let mut process = waits(Wait::Poll, 0, None);
    process.threads[0].wait = Some(waiting);
    process
}

#[test]
fn processes_that_wait_for_one_another_only_are_deadlocked_and_one_that_may_move_frees_them() {
    let parent = member(7, waits(Wait::Child, 0, None));
    let child = member(8, waits(Wait::Write, 1, pipe(&[7])));
    assert_eq!(judged(&run_of(vec![parent.clone(), child.clone()])), (Code::Deadlocked, true));
    let computing = member(9, Process { cpu_share: Some(1.0), ..waits(Wait::Read, 3, None) });
    assert_eq!(judged(&run_of(vec![parent.clone(), child, computing])).0, Code::Deadlocked);
    let child = member(8, waits(Wait::Write, 1, pipe(&[7, 9])));
    let computing = member(9, Process { cpu_share: Some(1.0), ..waits(Wait::Read, 3, None) });
    assert_eq!(judged(&run_of(vec![parent, child, computing])).0, Code::BusySilent);
}

#[test]
fn a_lock_or_a_socket_of_the_run_itself_asks_whoever_has_the_other_end() {
    let sleeping = || member(8, waits(Wait::Timer, 0, None));
    let holder = LockHolder { pid: Some(8), name: String::new() };
    let file = Some(Target::File { path: "/l".to_owned(), holders: vec![holder] });
    assert_eq!(judged(&run_of(vec![member(7, waits(Wait::Lock, 3, file)), sleeping()])).0, Code::Sleeping);
    let socket = |others: &[u32]| member(7, waits(Wait::Read, 3, tcp(others, None, "established")));
    assert_eq!(judged(&run_of(vec![socket(&[8]), sleeping()])).0, Code::Sleeping);
    assert_eq!(judged(&run_of(vec![socket(&[4000]), sleeping()])).0, Code::WaitingOnNetwork);
}

#[test]
fn a_peer_that_sent_something_a_moment_ago_is_no_silent_peer() {
    let polling = |silent_ms| {
        judged(&run_of(vec![member(7, polls(Some(500), vec![tcp(&[], silent_ms, "established")]))])).0
    };
    assert_eq!(polling(Some(300)), Code::Unknown);
    assert_eq!(polling(Some(60_000)), Code::WaitingOnNetwork);
    assert_eq!(polling(None), Code::WaitingOnNetwork);
}

#[test]
fn a_poll_that_wakes_more_often_than_it_gives_up_gets_what_it_waits_for() {
    let waking = |switches| {
        let mut process = polls(Some(500), vec![tcp(&[], None, "established")]);
        process.threads[0].switches_of_sample = Some(switches);
        judged(&run_of(vec![member(7, process)])).0
    };
    assert_eq!(waking(4), Code::WaitingOnNetwork);
    assert_eq!(waking(5), Code::Unknown);
}

#[test]
fn a_pipe_to_itself_wakes_a_loop_up_and_what_is_left_decides() {
    let own = || pipe(&[7]);
    let judged_of = |timeout, targets| judged(&run_of(vec![member(7, polls(timeout, targets))])).0;
    assert_eq!(judged_of(Some(60_000), vec![own()]), Code::Sleeping);
    assert_eq!(judged_of(None, vec![own()]), Code::Deadlocked, "nobody else has the other end");
    let signals = Some(Target::Other { text: "anon_inode:[signalfd]".to_owned() });
    assert_eq!(judged_of(None, vec![own(), signals]), Code::Unknown);
    assert_eq!(judged_of(None, vec![own(), tcp(&[], None, "established")]), Code::WaitingOnNetwork);
    assert_eq!(judged_of(None, vec![terminal(), own()]), Code::WaitingForInput);
    let master = Some(Target::Other { text: "/dev/ptmx".to_owned() });
    assert_eq!(judged_of(None, vec![terminal(), master]), Code::Unknown, "it passes on what is typed");
}

#[test]
fn a_server_that_nobody_asks_says_less_than_the_step_that_sleeps() {
    let server = || member(8, polls(Some(500), vec![tcp(&[], None, "listen")]));
    let sleeping = member(7, waits(Wait::Timer, 0, None));
    assert_eq!(judged(&run_of(vec![sleeping, server()])).0, Code::Sleeping);
    assert_eq!(judged(&run_of(vec![server()])).0, Code::WaitingOnNetwork);
}

#[test]
fn what_left_the_tree_of_the_command_and_waits_as_servers_do_says_less_than_the_command() {
    let left = Process { parent: 1, ..waits(Wait::Read, 3, tcp(&[], None, "established")) };
    let left = Process { pid: 20, ..left };
    let sleeping = member(7, waits(Wait::Timer, 0, None));
    assert_eq!(judged(&run_of(vec![sleeping, left.clone()])).0, Code::Sleeping);
    let locked = Process { parent: 1, pid: 20, ..waits(Wait::Lock, 3, None) };
    let sleeping = member(7, waits(Wait::Timer, 0, None));
    assert_eq!(judged(&run_of(vec![sleeping, locked])).0, Code::WaitingOnLock);
}

#[test]
fn a_thread_that_only_watches_the_input_says_less_than_the_main_one() {
    let mut process = waits(Wait::Timer, 0, None);
    let reading = Waiting { descriptor: Some(0), target: pipe(&[4000]), ..Waiting::of(Wait::Read) };
    process.threads.push(Thread { id: 70, state: 'S', wait: Some(reading), ..Thread::default() });
    let mut facts = run_of(vec![process]);
    assert_eq!(judged(&facts).0, Code::Sleeping);
    asks(&mut facts, "Overwrite? [y/N] ");
    assert_eq!(judged(&facts).0, Code::WaitingForInput);
}

#[test]
fn what_is_stopped_by_a_tracer_of_the_run_or_goes_on_between_the_looks_is_not_stuck() {
    let stopped = |tracer, switches| {
        let process = Process {
            state: 't',
            tracer,
            switches_of_sample: Some(switches),
            ..member(8, waits(Wait::Timer, 0, None))
        };
        judged(&run_of(vec![member(7, waits(Wait::Child, 0, None)), process])).0
    };
    assert_eq!(stopped(Some(4000), 0), Code::Stopped);
    assert_eq!(stopped(Some(4000), 9), Code::Unknown);
    assert_eq!(stopped(Some(7), 0), Code::Unknown);
}

#[test]
fn many_processes_that_each_compute_a_little_compute_together() {
    let little = |pid| member(pid, Process { cpu_share: Some(0.04), ..waits(Wait::Timer, 0, None) });
    assert_eq!(judged(&run_of(vec![little(7), little(8)])).0, Code::Sleeping);
    assert_eq!(judged(&run_of(vec![little(7), little(8), little(9)])).0, Code::BusySilent);
}

#[test]
fn a_line_about_a_full_disk_counts_while_nobody_goes_on() {
    let full = |process| {
        let mut facts = run_of(vec![process]);
        facts.log.disk_full_line = Some("write: No space left on device".to_owned());
        judged(&facts).0
    };
    assert_eq!(full(member(7, waits(Wait::Timer, 0, None))), Code::DiskFull);
    let computing = Process { cpu_share: Some(1.0), ..waits(Wait::Timer, 0, None) };
    assert_eq!(full(member(7, computing)), Code::BusySilent);
}

#[test]
fn the_same_words_with_another_number_each_time_are_no_loop_and_a_burst_is_none_yet() {
    let repeating = |rounds, seconds: i64, varies, line: &str| {
        let mut facts = silent_for(0);
        facts.log.repeated = Some(RepeatedLines {
            repetition: Repetition {
                period: 1,
                rounds,
                at_least: false,
                lines: vec![line.to_owned()],
                counts: false,
                varies,
                first_from_end: 0,
            },
            first_seq: None,
            since: Some(Timestamp::from_milliseconds(NOW - seconds * 1000)),
        });
        judged(&facts).0
    };
    assert_eq!(repeating(500, 60, true, "queue length 17"), Code::Progressing);
    assert_eq!(repeating(500, 60, true, "port 43122 refused"), Code::Looping);
    assert_eq!(repeating(60, 2, false, "ok"), Code::Progressing);
    assert_eq!(repeating(500, 9, false, "ok"), Code::Progressing);
    assert_eq!(repeating(500, 60, false, "ok"), Code::Looping);
    assert_eq!(repeating(1800, 900, false, "PASS"), Code::Progressing, "tests do so for long");
    assert_eq!(repeating(900, 900, false, "."), Code::Progressing);
    assert_eq!(repeating(1800, 900, false, "not ok"), Code::Looping);
    assert_eq!(repeating(20, 2, false, "connection refused"), Code::Looping);
}

#[test]
fn a_lock_or_a_pipe_is_no_matter_of_habit_for_long() {
    let mut facts = run_of(vec![member(7, waits(Wait::Lock, 3, None))]);
    (facts.log.longest_silence_ms, facts.log.silences) = (Some(600_000), 10);
    assert_eq!(judged(&facts).0, Code::WaitingOnLock);
    facts.log.last_said = Some(Timestamp::from_milliseconds(NOW - 50_000));
    assert_eq!(judged(&facts).0, Code::Progressing);
}

#[test]
fn a_main_thread_that_sleeps_counts_and_a_clock_beside_a_wait_for_a_child_does_not() {
    let with = |main: Wait, beside: Thread| {
        let mut process = member(7, waits(main, 0, None));
        process.threads.push(beside);
        judged(&run_of(vec![process, member(8, waits(Wait::Signal, 0, None))])).0
    };
    let thread = |wait| Thread { id: 70, state: 'S', wait: Some(wait), ..Thread::default() };
    let reading = Waiting { descriptor: Some(4), target: pipe(&[8]), ..Waiting::of(Wait::Read) };
    assert_eq!(with(Wait::Timer, thread(reading)), Code::Sleeping);
    assert_eq!(with(Wait::Child, thread(Waiting::of(Wait::Timer))), Code::Unknown);
}

#[test]
fn an_unknown_verdict_tells_at_least_what_the_processes_are_at() {
    let verdict = judge(&run_of(vec![member(7, waits(Wait::Signal, 0, None))]), &Thresholds::default());
    assert_eq!(verdict.code, Code::Unknown);
    assert!(verdict.evidence.iter().any(|one| one.text == "`cp` (pid 7) sleeps"), "{:?}", verdict.evidence);
}
