//! `stepwatch demo`: a root with several live runs, each really recorded, to look at.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use color_eyre::eyre::{WrapErr as _, eyre};
use rustix::process::{Pid, Signal, kill_process_group};

use super::output::{Output, shows_screens};
use super::{Failure, Outcome, output_failed};
use crate::app::Start;
use crate::display;
use crate::run::{RunDirectory, Status};
use crate::tui::{Ended, end_by};

const EXAMPLES: &str = "\
Examples:
  stepwatch demo
  stepwatch demo --headless          # make the runs, print their root, leave them running
  stepwatch \"$(stepwatch demo --headless)\"";

/// How long a run may take until it is there, and until it has ended after it was told to.
const PATIENCE: Duration = Duration::from_secs(10);

/// Make a root with several live runs in a temporary folder and open it.
///
/// One is healthy, one slow, one stuck on a question, one looping, one failed, one done. They end by
/// themselves, or when the screen is closed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DemoArguments {
    /// Make the runs and print their root; they go on by themselves.
    #[arg(long)]
    headless: bool,
    /// How long the runs go on at most, in seconds.
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u64,
}

/// One run of the demo.
struct Act {
    task: &'static str,
    step: &'static str,
    name: &'static str,
    kind: &'static str,
    script: &'static str,
    /// Whether it asks at a terminal of its own.
    asks: bool,
}

const ACTS: [Act; 6] = [
    Act {
        task: "task-42",
        step: "build",
        name: "Build the release",
        kind: "shell",
        script: include_str!("../../assets/demo/build.sh"),
        asks: false,
    },
    Act {
        task: "task-41",
        step: "plan",
        name: "Plan the fix of the importer",
        kind: "agent",
        script: include_str!("../../assets/demo/plan.sh"),
        asks: false,
    },
    Act {
        task: "task-40",
        step: "migrate",
        name: "Migrate the staging database",
        kind: "shell",
        script: include_str!("../../assets/demo/migrate.sh"),
        asks: true,
    },
    Act {
        task: "task-38",
        step: "sync",
        name: "Mirror the packages",
        kind: "shell",
        script: include_str!("../../assets/demo/sync.sh"),
        asks: false,
    },
    Act {
        task: "task-39",
        step: "test",
        name: "Run the tests",
        kind: "shell",
        script: include_str!("../../assets/demo/test.sh"),
        asks: false,
    },
    Act {
        task: "task-37",
        step: "fetch",
        name: "Fetch the sources",
        kind: "shell",
        script: include_str!("../../assets/demo/fetch.sh"),
        asks: false,
    },
];

/// Makes the demo's runs, and shows them or leaves them running.
pub(crate) fn run(arguments: &DemoArguments, output: &mut Output) -> Result<Outcome, Failure> {
    if !arguments.headless && !shows_screens() {
        return Err(Failure::could_not(
            "the screens need a terminal on standard output; --headless makes the runs and prints their root",
        ));
    }
    let root = make_root()?;
    let mut runs = Vec::new();
    for act in &ACTS {
        match start(act, &root, arguments.seconds) {
            Ok(child) => runs.push(child),
            Err(error) => {
                end(runs);
                return Err(error.into());
            }
        }
    }
    let there = wait_until_there(&root);
    if arguments.headless && there.is_ok() {
        writeln!(output, "{}", root.display()).map_err(output_failed)?;
        return Ok(Outcome::Done);
    }
    let color = output.presentation().color;
    let start = Start::Roots(vec![root.clone()]);
    let shown = there.map_err(Failure::from).and_then(|()| super::open::show(start, color));
    end(runs);
    let ended = shown?;
    writeln!(output, "The runs of this demo are in {}", display::path(&root)).map_err(output_failed)?;
    if let Ended::Signal(signal) = ended {
        output.flush().map_err(output_failed)?;
        end_by(signal);
    }
    Ok(Outcome::Done)
}

fn make_root() -> color_eyre::Result<PathBuf> {
    let folder = tempfile::Builder::new()
        .prefix("stepwatch-demo-")
        .tempdir()
        .wrap_err("cannot make a temporary folder; set TMPDIR to one that can be written to")?;
    let root = folder.keep();
    // A dot folder, so that nobody looks for runs in it.
    let scripts = scripts_in(&root);
    fs::create_dir(&scripts).wrap_err_with(|| format!("cannot make {}", scripts.display()))?;
    for act in &ACTS {
        let script = scripts.join(script_name(act));
        fs::write(&script, act.script).wrap_err_with(|| format!("cannot write {}", script.display()))?;
    }
    Ok(root)
}

fn scripts_in(root: &Path) -> PathBuf {
    root.join(".scripts")
}

fn script_name(act: &Act) -> String {
    format!("{}.sh", act.step)
}

/// Starts a recording in a process group of its own, so that neither keys nor a hangup of our
/// terminal reach it.
fn start(act: &Act, root: &Path, seconds: u64) -> color_eyre::Result<Child> {
    let stepwatch = std::env::current_exe().wrap_err("cannot find this program's own file")?;
    let mut command = if act.asks {
        // Somebody must hold the keyboard's end of the pipe, or the question would be answered by
        // the end of the input.
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep \"$1\" | { shift; exec \"$@\"; }", "sh"]).arg(seconds.to_string());
        shell.arg(stepwatch);
        shell
    } else {
        Command::new(stepwatch)
    };
    command.arg("exec").arg("--root").arg(root);
    command.args(["--task", act.task, "--step", act.step, "--name", act.name, "--kind", act.kind]);
    if act.asks {
        command.arg("--pty");
    }
    command.args(["--", "sh"]).arg(script_name(act));
    let end =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() + seconds;
    command.env("DEMO_END", end.to_string()).current_dir(scripts_in(root)).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().wrap_err_with(|| format!("cannot start the run {}", act.step))
}

/// Waits until every run has begun, so that whoever looks at the root sees all of them.
fn wait_until_there(root: &Path) -> color_eyre::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    for act in &ACTS {
        let task = root.join(act.task);
        let is_there = || {
            let runs = fs::read_dir(&task).into_iter().flatten().flatten();
            runs.map(|run| RunDirectory::alone(run.path()))
                .any(|run| run.state().is_ok_and(|state| state.status != Status::Prepared))
        };
        while !is_there() {
            if Instant::now() > deadline {
                return Err(eyre!(
                    "the run {} did not begin; look into {} for what is there",
                    act.step,
                    root.display()
                ));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    Ok(())
}

/// Ends the runs, and waits until their recorders have written that.
fn end(mut runs: Vec<Child>) {
    for signal in [Signal::TERM, Signal::KILL] {
        for run in &runs {
            if let Some(group) = i32::try_from(run.id()).ok().and_then(Pid::from_raw) {
                // One that has ended needs no signal.
                let _ = kill_process_group(group, signal);
            }
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            runs.retain_mut(|run| matches!(run.try_wait(), Ok(None)));
            if runs.is_empty() {
                return;
            }
            if Instant::now() > deadline {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
