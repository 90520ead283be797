//! The command line: one file a subcommand, each with its arguments (checked by clap) and a `run`
//! that does the work and says how the process ends.

#[cfg(unix)]
mod demo;
#[cfg(unix)]
mod exec;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Watch runs of steps live, see which one is stuck, freeze the moment in a checkpoint.
#[derive(Debug, Parser)]
#[command(name = "stepwatch", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(unix)]
    Demo(demo::DemoArguments),
    #[cfg(unix)]
    Exec(Box<exec::ExecArguments>),
}

impl Command {
    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            #[cfg(unix)]
            Self::Demo(arguments) => demo::run(arguments),
            #[cfg(unix)]
            Self::Exec(arguments) => exec::run(*arguments),
        }
    }
}

/// How a command did not end well; see the exit statuses in [`Failure::exit_status`].
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong usage that clap cannot see.
    Usage(String),
    /// It could not be done: no such run, no permission, a full disk.
    CouldNot(color_eyre::eyre::Report),
}

impl Failure {
    /// 2 for wrong usage, 3 for what could not be done. (0 is done, 1 is "the answer is no".)
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::CouldNot(_) => 3,
        }
    }
}

impl From<color_eyre::eyre::Report> for Failure {
    fn from(report: color_eyre::eyre::Report) -> Self {
        Self::CouldNot(report)
    }
}

/// Parses the arguments of the process, runs the command and returns the exit status.
#[must_use]
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) => return refuse(&words, &error),
    };
    let Some(command) = arguments.command else {
        return ExitCode::SUCCESS;
    };
    match command.run() {
        Ok(status) => status,
        Err(failure) => {
            let message = match &failure {
                Failure::Usage(message) => message.clone(),
                Failure::CouldNot(report) => format!("{report:#}"),
            };
            // Without a standard error there is nobody to tell.
            let _ = writeln!(io::stderr(), "stepwatch: {message}");
            ExitCode::from(failure.exit_status())
        }
    }
}

/// Prints help, version or what is wrong with the arguments.
fn refuse(words: &[OsString], error: &clap::Error) -> ExitCode {
    // A broken pipe ends it quietly.
    let _ = error.print();
    let status = u8::try_from(error.exit_code()).unwrap_or(2);
    #[cfg(unix)]
    let status = if status == 0 { 0 } else { exec::usage_status(words, status) };
    ExitCode::from(status)
}
