//! Stuck runs as examples: what is said of them, with the screens on which that stands.

use std::sync::Arc;

use stepwatch::app::attention::Judged;
use stepwatch::app::{App, Key, Message, RunSummary, Size};
use stepwatch::diagnose::facts::{ChannelClock, EarlierRun, LogFacts, OpenLine};
use stepwatch::diagnose::overview::Probe;
use stepwatch::diagnose::process::{Call, Process, Processes, Target, Thread, Unavailable, Wait, Waiting};
use stepwatch::diagnose::{Code, Confidence, Evidence, Facts, Verdict};
use stepwatch::run::{Now, Timestamp};

use super::example::Example;

/// A moment so many seconds before.
fn before(now: Now, seconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(now.wall.milliseconds() - seconds * 1000)
}

fn process(pid: u32, parent: u32, name: &str, call: &str, waiting: Option<Waiting>) -> Process {
    let call = Call { name: Some(call.to_owned()), ..Call::default() };
    let thread = Thread { id: pid, state: 'S', call: Some(call), wait: waiting, ..Thread::default() };
    Process {
        pid,
        parent,
        name: name.to_owned(),
        state: 'S',
        cpu_share: Some(0.0),
        threads: vec![thread],
        ..Process::default()
    }
}

fn waiting(wait: Wait, descriptor: Option<u32>, target: Option<Target>) -> Option<Waiting> {
    Some(Waiting { descriptor, target, ..Waiting::of(wait) })
}

/// What is said of a run whose package manager, of that name, asks something.
pub(crate) fn judged(run: Arc<RunSummary>, now: Now, name: &str) -> Arc<Judged> {
    let since = Some(before(now, 252));
    let terminal = Target::Terminal { path: "/dev/pts/3".to_owned() };
    let facts = Facts {
        at: Some(now.wall),
        earlier: vec![EarlierRun { elapsed_ms: Some(198_000), longest_silence_ms: Some(14_000) }],
        log: LogFacts {
            clocks: vec![ChannelClock { channel: "stdout".to_owned(), last: since, painted: None }],
            open_line: Some(OpenLine {
                channel: "stdout".to_owned(),
                text: "Proceed? [y/N] ".to_owned(),
                since,
                signs: Vec::new(),
            }),
            missing: 2,
            ..LogFacts::default()
        },
        processes: Processes {
            root: Some(4121),
            all: vec![
                process(4121, 1, "sh", "wait4", waiting(Wait::Child, None, None)),
                process(4177, 4121, name, "read", waiting(Wait::Read, Some(0), Some(terminal))),
            ],
            sampled_for_ms: 1000,
            ..Processes::default()
        },
        ..Facts::default()
    };
    let evidence = |kind: &str, text: &str, at| Evidence { kind: kind.to_owned(), text: text.to_owned(), at };
    let verdict = Verdict {
        code: Code::WaitingForInput,
        confidence: Confidence::Sure,
        sentence: "waiting for input for 4m12s: `npm` (pid 4177) reads fd 0, the terminal /dev/pts/3; the last line has no end: \"Proceed? [y/N] \"".to_owned(),
        since,
        alarm: true,
        evidence: vec![
            evidence("process", "`npm` (pid 4177) reads fd 0, the terminal /dev/pts/3", Some(now.wall)),
            evidence("log", "stdout ends with a line without its end: \"Proceed? [y/N] \"", since),
            evidence("clock", "worker said something 5s ago", Some(before(now, 5))),
            evidence("clock", "stdout said something 4m12s ago", since),
            evidence("habit", "the longest silence that it came back from was 14s", None),
        ],
        unavailable: vec![Unavailable::new("system calls of pid 4180", "no permission")],
        suggestions: vec![
            "tmux switch-client -t '%7' || tmux attach -t '%7'".to_owned(),
            "strace -p 4177".to_owned(),
        ],
        processes: facts.processes.all.clone(),
    };
    Arc::new(Judged { run, verdict, facts })
}

/// The run screen with what is said of the run.
pub(crate) fn run_screen(size: Size, name: &str) -> (App, Now, Example) {
    let (mut app, now, example) = Example::new().run_screen(size);
    let directory = app.run().unwrap().model().directory().clone();
    let run = Probe::new(directory).look();
    app.update(Message::Summary { number: 1, summary: Arc::clone(&run) }, now);
    app.update(Message::Judged(vec![judged(run, now, name)]), now);
    (app, now, example)
}

/// The list with a run that asks something, one that repeats itself, and a failed one that was seen.
pub(crate) fn list(size: Size, name: &str) -> (App, Now, Example) {
    let (mut app, now, example) = Example::new().list(size);
    let runs: Vec<Arc<RunSummary>> = app.runs().unwrap().runs().to_vec();
    let of = |task: &str| runs.iter().find(|run| run.manifest.task_id == task).unwrap();
    let plan = judged(Arc::clone(of("task-41")), now, name);
    let sentence = "looping: the same line 88 times since 10:02:00".to_owned();
    let verdict = Verdict { code: Code::Looping, sentence, ..plan.verdict.clone() };
    let plan = Arc::new(Judged { verdict, ..(*plan).clone() });
    app.update(Message::Judged(vec![judged(Arc::clone(of("task-42")), now, name), plan]), now);
    // The failed one was seen.
    for key in "jjja".chars() {
        app.update(Message::Key(Key::character(key)), now);
    }
    (app, now, example)
}
