//! Starting the command of a step, with pipes or with a terminal of its own.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::log::Stream;
use super::options::Options;
use super::passage::Passage;
use super::said;
use super::source::Source;
use super::step::Output;
use super::terminal::{self, Keyboard};

/// The variable that names the run directory to the step.
const RUN_VARIABLE: &str = "STEPWATCH_RUN";

/// A command that was started.
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) sources: Vec<Source>,
    pub(crate) keyboard: Option<Keyboard>,
}

/// Why a command was not started.
pub(crate) enum NotStarted {
    /// We could not make its pipes or its terminal.
    Own(io::Error),
    /// The system refused to run it.
    Command(io::Error),
}

/// Starts the command. It stays in our process group, so that the terminal's job control takes both
/// of us for one; with a terminal of its own it has a session of its own.
pub(crate) fn start(
    options: &Options,
    directory: &Path,
    said: &Path,
    output: Output,
) -> Result<Started, NotStarted> {
    let mut words = options.command.iter();
    let program = words.next().ok_or_else(|| NotStarted::Own(io::Error::other("there is no command")))?;
    let mut command = Command::new(program);
    command.args(words).env(RUN_VARIABLE, directory).env(said::VARIABLE, said);
    if options.pty { with_terminal(command, output) } else { with_pipes(command, output) }
}

fn with_pipes(mut command: Command, output: Output) -> Result<Started, NotStarted> {
    let source = |stream: Stream, command: &mut Command| -> io::Result<Source> {
        let (reader, writer) = io::pipe()?;
        match stream {
            Stream::Stderr => command.stderr(writer),
            Stream::Stdout | Stream::Worker => command.stdout(writer),
        };
        Source::new(stream, OwnedFd::from(reader), passage(output, stream)?)
    };
    let stdout = source(Stream::Stdout, &mut command).map_err(NotStarted::Own)?;
    let stderr = source(Stream::Stderr, &mut command).map_err(NotStarted::Own)?;
    if output == Output::Quiet && rustix::termios::isatty(rustix::stdio::stdin()) {
        // The keys belong to the screen.
        command.stdin(Stdio::null());
    }
    // The command goes with the end of this function, and our copies of the writing ends with it:
    // otherwise the pipes would never end.
    let child = command.spawn().map_err(NotStarted::Command)?;
    Ok(Started { child, sources: vec![stdout, stderr], keyboard: None })
}

fn with_terminal(command: Command, output: Output) -> Result<Started, NotStarted> {
    let prepare = || -> io::Result<_> {
        let (own_side, step_side) = pty_process::blocking::open().map_err(io_error)?;
        let (rows, columns) = terminal::own_size();
        own_side.resize(pty_process::Size::new(rows, columns)).map_err(io_error)?;
        let own_side = OwnedFd::from(own_side);
        let keys = own_side.as_fd().try_clone_to_owned()?;
        let source = Source::new(Stream::Stdout, own_side, passage(output, Stream::Stdout)?)?;
        Ok((step_side, source, keys))
    };
    let (step_side, source, keys) = prepare().map_err(NotStarted::Own)?;
    let child = pty_process::blocking::Command::from(command)
        .spawn(step_side)
        .map_err(|error| NotStarted::Command(io_error(error)))?;
    let keyboard = Keyboard::new(keys, output == Output::PassThrough);
    Ok(Started { child, sources: vec![source], keyboard: Some(keyboard) })
}

/// Where a stream's output passes through to.
fn passage(output: Output, stream: Stream) -> io::Result<Option<Passage>> {
    if output == Output::Quiet {
        return Ok(None);
    }
    let target = if stream == Stream::Stderr { rustix::stdio::stderr() } else { rustix::stdio::stdout() };
    Passage::new(target).map(Some)
}

fn io_error(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        pty_process::Error::Rustix(error) => error.into(),
    }
}
