//! A root with many runs, some of them live: how soon it is listed, and what watching it costs while
//! nothing happens.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::Duration;

use stepwatch::run::{RunState, Status};

use super::compared::{Call, Sink, duration, median};
use super::live_run;
use super::process::mebibytes;
use super::screens::Screen;

const RUNS: u64 = 2000;
const LIVE: u64 = 50;
/// How often it is opened and listed.
const TIMES: usize = 5;

/// Makes the root. The live runs are those of this process.
fn create(root: &Path) {
    for number in 0..RUNS {
        let (task, run_id) = (format!("task-{}", number / 10), format!("run-{number}"));
        let run = root.join(&task).join(&run_id);
        live_run::create(&run, &task, &run_id);
        let lines = (2..22).map(|seq| format!("{{\"seq\":{seq},\"text\":\"line {seq} of {run_id}\\n\"}}\n"));
        fs::write(run.join("stdout.jsonl"), lines.collect::<String>()).unwrap();
        let started = r#"{"seq":1,"event":"step_started","level":"info","renderedLine":"started: measure"}"#;
        fs::write(run.join("worker.jsonl"), format!("{started}\n")).unwrap();
        if number % (RUNS / LIVE) != 0 {
            let path = run.join("state.json");
            let state: RunState = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let (status, exit_code) =
                if number % 7 == 0 { (Status::Failed, 2) } else { (Status::Succeeded, 0) };
            let finished_at = state.updated_at;
            let state = RunState { status, exit_code: Some(exit_code), finished_at, ..state };
            fs::write(&path, serde_json::to_vec_pretty(&state).unwrap()).unwrap();
        }
    }
}

/// Measures, and says what was found.
pub(crate) fn measured(folder: &Path, rest: Duration) -> String {
    eprintln!("a root with {RUNS} runs …");
    let root = folder.join("root");
    create(&root);
    let program = OsString::from(env!("CARGO_BIN_EXE_stepwatch"));
    let names = [(root.to_str().unwrap().to_owned(), "ROOT")];
    let list = Call { program: program.clone(), arguments: vec!["runs".into(), root.clone().into()] };
    let screen = Call { program, arguments: vec![root.clone().into()] };
    let (list_typed, screen_typed) = (list.typed(&names), screen.typed(&names));
    let list = list.subject(Sink::Apart, &names);
    let listed = median((0..TIMES).map(|_| (list.run)().seconds));
    let counted = format!("{} runs", RUNS.to_string().replace("2000", "2\u{a0}000"));
    let running = format!("{LIVE} running");
    let open = || {
        let mut opened = Screen::open(&screen);
        let took = opened.wait_for("all runs", |screen| {
            let title = screen.rows(0, 120).next().unwrap_or_default();
            title.contains(&counted) && title.contains(&running)
        });
        (opened, took.as_secs_f64())
    };
    let opened = median((0..TIMES).map(|_| open().1));
    let (mut screen, _) = open();
    // What was found is looked at more closely in the first seconds.
    screen.rest(rest);
    let quiet = screen.rest(rest);
    let seconds = rest.as_secs_f64();
    let verdict = |holds: bool| if holds { "within" } else { "OVER" };
    let share = quiet.processor.as_secs_f64() / seconds * 100.0;
    format!(
        "A root with {RUNS} runs, {LIVE} of them live:\n\
         - `{list_typed}`: {}, {} the bar of 200 ms\n\
         - `{screen_typed}`: all on the screen after {}, {} the bar of 200 ms\n\
         - nothing happens for {seconds} s: {share:.2} % of a core, {} the bar of 1 %; {:.1} wake-ups/s, {} open \
         descriptors, {:.1} MiB resident\n",
        duration(listed),
        verdict(listed <= 0.2),
        duration(opened),
        verdict(opened <= 0.2),
        verdict(share < 1.0),
        quiet.wakes as f64 / seconds,
        screen.descriptors(),
        mebibytes(quiet.resident),
    )
}
