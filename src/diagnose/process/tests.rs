use super::*;

fn process(pid: u32, cpu_ms: u64, children_cpu_ms: u64, state: char, switches: u64) -> Process {
    Process { pid, cpu_ms, children_cpu_ms, state, switches, ..Process::default() }
}

#[test]
fn two_looks_tell_the_share_of_a_core_and_whether_a_process_moves() {
    let earlier = Processes {
        all: vec![process(1, 100, 0, 'R', 5), process(2, 0, 0, 'S', 9), process(3, 7, 7, 'S', 1)],
        ..Processes::default()
    };
    let mut later = Processes {
        all: vec![
            process(1, 350, 100, 'R', 5),
            process(2, 0, 90_000, 'S', 10),
            Process { start_time: 1, ..process(3, 9, 9, 'S', 1) },
            process(4, 50, 0, 'R', 0),
        ],
        ..Processes::default()
    };
    later.compare(&earlier, 1000);
    let told = |number: usize| {
        let process = &later.all[number];
        (process.cpu_share, process.runs, process.is_moving())
    };
    assert_eq!(told(0), (Some(0.35), true, false));
    assert_eq!(told(1), (Some(1.0), false, true), "a child computed long before");
    assert_eq!(told(2), (None, false, false), "another process has its pid now");
    assert_eq!(told(3), (None, false, false), "it is new");
}

#[test]
fn what_left_the_tree_of_the_command_is_told_apart() {
    let one = |pid, parent| Process { pid, parent, ..Process::default() };
    let processes = Processes {
        root: Some(2),
        all: vec![one(2, 1), one(3, 2), one(4, 3), one(5, 1), one(6, 5), one(7, 7)],
        ..Processes::default()
    };
    let below = |pid| processes.is_below_the_command(processes.get(pid).unwrap());
    assert_eq!([2, 3, 4, 5, 6, 7].map(below), [true, true, true, false, false, false]);
}

#[test]
fn a_thread_that_runs_at_both_looks_makes_its_process_run_while_the_main_one_waits() {
    let of = |state, switches| Processes {
        all: vec![Process {
            threads: vec![
                Thread { id: 1, state: 'S', switches: 4, ..Thread::default() },
                Thread { id: 2, state, switches, ..Thread::default() },
            ],
            ..process(1, 0, 0, 'S', 4 + switches)
        }],
        ..Processes::default()
    };
    let mut later = of('R', 9);
    later.compare(&of('R', 7), 1000);
    let process = &later.all[0];
    assert!(process.runs);
    assert_eq!(process.threads[0].switches_of_sample, Some(0));
    assert_eq!(process.threads[1].switches_of_sample, Some(2));
    let mut later = of('R', 9);
    later.compare(&of('S', 7), 1000);
    assert!(!later.all[0].runs);
}

#[test]
fn a_thread_that_is_met_awake_once_still_waits_for_what_it_waited_for_before() {
    let of = |state, wait: Option<Waiting>| Processes {
        all: vec![Process {
            threads: vec![Thread { id: 1, state, wait, ..Thread::default() }],
            ..process(1, 0, 0, 'S', 4)
        }],
        ..Processes::default()
    };
    let waiting = Waiting::of(Wait::Poll);
    let mut later = of('R', None);
    later.compare(&of('S', Some(waiting.clone())), 1000);
    assert_eq!(later.all[0].threads[0].wait, Some(waiting.clone()));
    let mut later = of('R', None);
    later.compare(&of('R', Some(waiting)), 1000);
    assert_eq!(later.all[0].threads[0].wait, None, "it computes");
}
