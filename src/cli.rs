//! The command line: one file a subcommand, each with its arguments (checked by clap) and a `run`
//! that does the work and says how the process ends.

mod check;
mod checkpoint;
mod completions;
mod config;
#[cfg(unix)]
mod demo;
#[cfg(unix)]
mod exec;
mod keeper;
mod log;
mod man;
mod open;
mod output;
mod prune;
mod runs;
mod target;
mod wait;
mod why;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use color_eyre::eyre;

use crate::display;
use crate::settings::place::Loaded;
use crate::settings::{Settings, duration};
pub(crate) use output::{ColorChoice, Output};

/// Record steps, and watch their runs live: everything in one log, in one exact order.
#[derive(Debug, Parser)]
#[command(
    name = "stepwatch",
    version,
    subcommand_precedence_over_arg = true,
    after_help = "\
Examples:
  stepwatch                       the runs in this folder, else those that `exec` recorded
  stepwatch runs/task-42/run-7    one run
  stepwatch run-7 | less          its log as text, until the run ended

Exit status: 0 done; 1 the answer is no, or something needs a person; 2 wrong usage; 3 could not be done."
)]
pub(crate) struct Arguments {
    /// Whether to write colours: `auto` does on a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    color: ColorChoice,
    #[command(flatten)]
    open: open::Arguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(unix)]
    Demo(demo::DemoArguments),
    #[cfg(unix)]
    Exec(Box<exec::ExecArguments>),
    Log(log::Arguments),
    Runs(runs::Arguments),
    Checkpoint(checkpoint::Arguments),
    Check(check::Arguments),
    Why(why::Arguments),
    Wait(wait::Arguments),
    Prune(prune::Arguments),
    Config(config::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// How a command ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done.
    Done,
    /// The answer is no, or something needs a person.
    No,
    /// It ends as the command that it ran.
    #[cfg(unix)]
    Status(u8),
}

impl Outcome {
    fn exit_status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            #[cfg(unix)]
            Self::Status(status) => status,
        }
    }

    /// [`Outcome::Done`] if so, else [`Outcome::No`].
    pub(crate) fn done_if(yes: bool) -> Self {
        if yes { Self::Done } else { Self::No }
    }
}

/// How a command did not end well; see the exit statuses in [`Failure::exit_status`].
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong usage that clap cannot see.
    Usage(String),
    /// It could not be done: no such run, no permission, a full disk.
    CouldNot(eyre::Report),
}

impl Failure {
    /// 2 for wrong usage, 3 for what could not be done. (0 is done, 1 is "the answer is no".)
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::CouldNot(_) => 3,
        }
    }

    /// It could not be done, for the reason that `message` tells.
    pub(crate) fn could_not(message: impl Into<String>) -> Self {
        Self::CouldNot(eyre::Report::msg(message.into()))
    }

    /// Whether nobody reads our output any more, which is no fault.
    fn is_broken_pipe(&self) -> bool {
        let Self::CouldNot(report) = self else { return false };
        report.chain().any(|cause| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        })
    }

    fn message(&self) -> String {
        match self {
            Self::Usage(message) => message.clone(),
            Self::CouldNot(report) => format!("{report:#}"),
        }
    }
}

impl From<eyre::Report> for Failure {
    fn from(report: eyre::Report) -> Self {
        Self::CouldNot(report)
    }
}

/// Standard output could not be written.
pub(crate) fn output_failed(error: io::Error) -> Failure {
    Failure::CouldNot(eyre::Report::new(error).wrap_err("standard output cannot be written"))
}

/// Parses the arguments of the process, runs the command and returns the exit status.
#[must_use]
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&words, &error),
    };
    let status = match run(arguments) {
        Ok(outcome) => outcome.exit_status(),
        Err(failure) if failure.is_broken_pipe() => 0,
        Err(failure) => {
            say(&format!("error: {}", failure.message()));
            failure.exit_status()
        }
    };
    ExitCode::from(status)
}

fn run(arguments: Arguments) -> Result<Outcome, Failure> {
    let mut output = Output::new(arguments.color);
    if arguments.command.is_some() {
        arguments.open.refuse_beside_a_command()?;
    }
    let outcome = match arguments.command {
        None => arguments.open.run(&mut output),
        #[cfg(unix)]
        Some(Command::Demo(command)) => demo::run(&command, &mut output),
        #[cfg(unix)]
        Some(Command::Exec(command)) => exec::run(*command, output.presentation().color),
        Some(Command::Log(command)) => command.run(&mut output),
        Some(Command::Runs(command)) => command.run(&mut output),
        Some(Command::Checkpoint(command)) => command.run(&mut output),
        Some(Command::Check(command)) => command.run(&mut output),
        Some(Command::Why(command)) => command.run(&mut output),
        Some(Command::Wait(command)) => command.run(&mut output),
        Some(Command::Prune(command)) => command.run(&mut output),
        Some(Command::Config(command)) => command.run(&mut output),
        Some(Command::Completions(command)) => command.run(&mut output),
        Some(Command::Man(command)) => command.run(&mut output),
    };
    // Also what was written before a failure is shown.
    let flushed = output.flush().map_err(output_failed);
    outcome.and_then(|outcome| flushed.map(|()| outcome))
}

/// Prints help, version or what is wrong with the arguments.
fn refuse(words: &[OsString], error: &clap::Error) -> ExitCode {
    // What is wrong is told with the words themselves, which may be the name of a hostile file.
    let harmless: Vec<String> = words.iter().map(|word| display::one_line(&word.to_string_lossy())).collect();
    match Arguments::try_parse_from(&harmless) {
        // A broken pipe ends it quietly.
        Err(same) if same.kind() == error.kind() => _ = same.print(),
        _ => say(&error.to_string()),
    }
    let status = u8::try_from(error.exit_code()).unwrap_or(2);
    #[cfg(unix)]
    let status = if status == 0 { 0 } else { exec::usage_status(words, status) };
    ExitCode::from(status)
}

/// Says something to a person on standard error, harmless, a line at a time. That nobody may be
/// able to read it is no reason to fail.
pub(crate) fn say(message: &str) {
    let mut error = io::stderr().lock();
    for line in message.lines() {
        _ = writeln!(error, "{}", display::one_line(line));
    }
}

/// The root where runs are kept when nobody says otherwise.
pub(crate) fn default_root() -> Option<PathBuf> {
    crate::run::root::default_root(|name| std::env::var_os(name))
}

/// What a person chose, and what is wrong in the file that says it.
fn loaded_settings() -> Loaded {
    Loaded::from(|name| std::env::var_os(name))
}

/// What a person chose. What is wrong in the file that says it is said.
fn settings() -> Settings {
    let loaded = loaded_settings();
    loaded.told().iter().for_each(|mistake| say(mistake));
    loaded.settings
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn assert_examples(command: &clap::Command) {
        for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
            let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(examples.starts_with("Examples:"), "{} shows no examples", command.get_name());
            assert_examples(command);
        }
    }

    #[test]
    fn the_definition_of_the_command_line_is_sound_and_every_command_shows_examples() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        assert_examples(&command);
    }
}
