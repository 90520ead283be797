//! Standard output: whether it is a terminal, whether it takes colours, and writing to it.

use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};

use clap::ValueEnum;

use crate::report::Presentation;

/// When colours are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Also in a pipe.
    Always,
    /// Not at all.
    Never,
}

/// Standard output, written in blocks.
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    presentation: Presentation,
}

impl Output {
    pub(crate) fn new(choice: ColorChoice) -> Self {
        let stdout = io::stdout().lock();
        let terminal = stdout.is_terminal();
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !is_dumb() && !is_set("NO_COLOR"),
        };
        let presentation = Presentation { terminal, color };
        Self { writer: BufWriter::with_capacity(1 << 16, stdout), presentation }
    }

    /// How text is to be written.
    pub(crate) fn presentation(&self) -> Presentation {
        self.presentation
    }
}

/// Whether standard output is a terminal that can show the screens: where it cannot move its cursor,
/// as the shells inside of editors, it is only written to.
pub(crate) fn shows_screens() -> bool {
    io::stdout().is_terminal() && !is_dumb()
}

/// By the convention that such terminals are named so.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb")
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Whether somebody still reads the pipe that standard output is. Without asking, that nobody does
/// would be learnt with the next write only.
#[cfg(unix)]
pub(crate) fn is_read() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut polled, Some(&at_once)) {
        Ok(_) => !polled[0].revents().contains(PollFlags::ERR),
        Err(_) => true,
    }
}

/// Whether somebody still reads standard output; here it is not asked.
#[cfg(not(unix))]
pub(crate) fn is_read() -> bool {
    true
}
