//! `stepwatch exec`: runs a command as a step and records it as a run directory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, Outcome, output};
use crate::app::Start;
use crate::display;
use crate::record::{self, Options, Output, Prepared};
use crate::run::{CheckpointMode, CheckpointSettings, Id, MAX_SEQ};
use crate::tui::Ended;

const EXAMPLES: &str = "\
Examples:
  stepwatch exec -- cargo build
  stepwatch exec --task release-7 --step test --name \"All tests\" -- make test
  stepwatch exec --pty -- npm init          # a step that asks questions keeps its terminal
  stepwatch exec --watch -- ./deploy.sh     # look at it on the screen while it runs

A step can say something of itself:
  echo \"progress 3 of 9\" >> \"$STEPWATCH_EVENTS\"
  echo \"waiting_for_input which region?\" >> \"$STEPWATCH_EVENTS\"
It finds its run directory in $STEPWATCH_RUN.

Exit status: the command's own, 128+N when signal N ended it, 125 when the recording itself failed,
126 when the command could not be executed, 127 when it was not found.";

/// Run a command as a step and record it as a run directory.
///
/// Its output passes through. The first line on standard error is the run directory's path.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExecArguments {
    /// Make the run directory below this folder [default: $STEPWATCH_ROOT, else stepwatch/runs in
    /// the state directory].
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The task that the step belongs to [default: made of the working directory].
    #[arg(long, value_name = "ID")]
    task: Option<Id>,
    /// The step [default: made of the command].
    #[arg(long, value_name = "ID")]
    step: Option<Id>,
    /// The step's name for people [default: the command].
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// This run; one that exists is refused [default: made of the time].
    #[arg(long, value_name = "ID")]
    run: Option<Id>,
    /// The kind of worker that carries the step out.
    #[arg(long, value_name = "KIND", default_value = record::DEFAULT_KIND)]
    kind: String,
    /// A further label; may be given several times.
    #[arg(long = "label", value_name = "K=V", value_parser = parse_label)]
    labels: Vec<(String, String)>,
    /// Give the command a terminal of its own; everything it writes is then standard output.
    #[arg(long)]
    pty: bool,
    /// Show the run on the screen while it is recorded. The keys belong to the screen: a step that
    /// asks questions is better recorded in one terminal and watched in another. Leaving the screen
    /// does not end the step; the exit status is the step's.
    #[arg(long)]
    watch: bool,
    /// Make no checkpoints of this run, now or later.
    #[arg(long)]
    no_checkpoints: bool,
    /// Number checkpoints on from this one: the last of the attempt that this run goes on from.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..MAX_SEQ))]
    resume_from_seq: Option<u64>,
    /// What git diffs of this run are taken against [default: HEAD].
    #[arg(long, value_name = "REF")]
    git_base: Option<String>,
    /// Add the stat to git diffs of this run.
    #[arg(long)]
    git_diff_stat: bool,
    /// What the first checkpoint says.
    #[arg(long, value_name = "TEXT")]
    summary_hint: Option<String>,
    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Records the command and ends as it did.
pub(crate) fn run(arguments: ExecArguments, colour: bool) -> Result<Outcome, Failure> {
    let watch = arguments.watch;
    if watch && !output::shows_screens() {
        return Ok(own_failure(
            "--watch needs a terminal that can show the screens on standard output; leave it out, or open the run with stepwatch in another terminal",
        ));
    }
    let options = match options(arguments) {
        Ok(options) => options,
        Err(message) => return Ok(own_failure(&message)),
    };
    let prepared = match record::prepare(options) {
        Ok(prepared) => prepared,
        Err(error) => return Ok(own_failure(&error.to_string())),
    };
    announce(prepared.directory().path());
    let outcome = if watch {
        match record_behind_a_screen(prepared, colour) {
            Ok(outcome) => outcome,
            Err(message) => return Ok(own_failure(&message)),
        }
    } else {
        prepared.run(Output::PassThrough)
    };
    for warning in &outcome.warnings {
        say(warning);
    }
    Ok(Outcome::Status(outcome.exit_status))
}

/// Records on a thread of its own while the screen shows the run. A screen that is closed before
/// the step has ended changes nothing for the step: it is recorded to its end. A signal that closes
/// the screen reaches the recording too, which passes it on.
fn record_behind_a_screen(prepared: Prepared, colour: bool) -> Result<record::Outcome, String> {
    let directory = prepared.directory().clone();
    let recording = std::thread::Builder::new()
        .name("record".to_owned())
        .spawn(move || prepared.run(Output::Quiet))
        .map_err(|error| format!("cannot start a thread: {error}"))?;
    let shown = super::open::show(Start::Run(directory.clone()), colour);
    if let Err(failure) = &shown {
        say(&failure.message());
    }
    let was_left = matches!(shown, Ok(Ended::Quit));
    if was_left && !recording.is_finished() {
        say("the screen is closed; the step goes on and is recorded to its end (Ctrl-C ends it)");
    }
    recording.join().map_err(|_| {
        format!("the recording of {} broke off; what was written so far is kept", directory.path().display())
    })
}

fn options(arguments: ExecArguments) -> Result<Options, String> {
    let root = arguments.root.or_else(super::default_root).ok_or(
        "there is no place for runs: neither --root, nor STEPWATCH_ROOT, nor a home folder is given",
    )?;
    let mut labels = BTreeMap::new();
    for (key, value) in arguments.labels {
        if labels.insert(key.clone(), value).is_some() {
            return Err(format!("the label {key} is given twice; give each key once"));
        }
    }
    let checkpoint = CheckpointSettings {
        mode: if arguments.no_checkpoints { CheckpointMode::Disabled } else { CheckpointMode::Capture },
        resume_from_seq: arguments.resume_from_seq,
        git_diff_base_ref: arguments.git_base,
        include_git_diff_stat: arguments.git_diff_stat.then_some(true),
        summary_hint: arguments.summary_hint,
    };
    Ok(Options {
        root,
        task: arguments.task,
        step: arguments.step,
        name: arguments.name,
        run: arguments.run,
        kind: arguments.kind,
        labels,
        pty: arguments.pty,
        checkpoint,
        command: arguments.command,
    })
}

fn parse_label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a label is written KEY=VALUE".to_owned()),
    }
}

/// The status that wrong usage ends with: as with `env`, every failure of `exec` itself is 125, so
/// that it cannot be taken for one of the command.
pub(crate) fn usage_status(arguments: &[OsString], otherwise: u8) -> u8 {
    if arguments.get(1).is_some_and(|word| word == "exec") { record::OWN_FAILURE } else { otherwise }
}

/// Prints the path of the run directory as it is, for whoever reads it by machine.
fn announce(path: &Path) {
    let mut line = path.as_os_str().as_encoded_bytes().to_vec();
    line.push(b'\n');
    // Without a standard error there is nobody to tell.
    let _ = io::stderr().write_all(&line);
}

fn own_failure(message: &str) -> Outcome {
    say(message);
    Outcome::Status(record::OWN_FAILURE)
}

fn say(message: &str) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "stepwatch exec: {}", display::one_line(message));
}
