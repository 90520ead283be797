//! Terminals: the one that a step gets with `--pty`, and our own, whose keys and size it follows.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::termios::{OptionalActions, SpecialCodeIndex, Termios, Winsize};

use crate::run::Terminal;

/// The size of a step's terminal where we have none ourselves.
const DEFAULT_SIZE: (u16, u16) = (24, 80);

/// The terminal at which a person can answer a step that reads our standard input.
pub(crate) fn of_standard_input() -> Option<Terminal> {
    let stdin = rustix::stdio::stdin();
    if !rustix::termios::isatty(stdin) {
        return None;
    }
    let tty = rustix::termios::ttyname(stdin, Vec::new()).ok()?.into_string().ok();
    let tmux_pane = std::env::var("TMUX_PANE").ok().filter(|pane| !pane.is_empty());
    let server = std::env::var("TMUX").ok().filter(|_| tmux_pane.is_some());
    Some(Terminal { tty, tmux_pane, tmux_socket: server.as_deref().and_then(tmux_socket) })
}

/// The socket in what tmux hands to its panes: the socket, its own pid and the number of the session, with
/// commas between them. The path may have commas of its own.
fn tmux_socket(server: &str) -> Option<String> {
    let socket = server.rsplitn(3, ',').nth(2)?;
    (!socket.is_empty()).then(|| socket.to_owned())
}

/// The size of our own terminal, rows before columns.
pub(crate) fn own_size() -> (u16, u16) {
    [rustix::stdio::stdout(), rustix::stdio::stdin(), rustix::stdio::stderr()]
        .into_iter()
        .filter_map(|stream| rustix::termios::tcgetwinsize(stream).ok())
        .find(|size| size.ws_row > 0 && size.ws_col > 0)
        .map_or(DEFAULT_SIZE, |size| (size.ws_row, size.ws_col))
}

/// Our terminal in raw mode, so that every key reaches the step as it is. Dropping it restores the
/// mode that was found.
#[derive(Debug)]
struct RawMode {
    found: Termios,
}

impl RawMode {
    /// `None` where standard input is no terminal.
    fn enter() -> Option<Self> {
        let stdin = rustix::stdio::stdin();
        let found = rustix::termios::tcgetattr(stdin).ok()?;
        let mut raw = found.clone();
        raw.make_raw();
        rustix::termios::tcsetattr(stdin, OptionalActions::Now, &raw).ok()?;
        Some(Self { found })
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // A terminal that is gone needs no mode.
        let _ = rustix::termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.found);
    }
}

/// What goes from our standard input to a step's own terminal.
#[derive(Debug)]
pub(crate) struct Keyboard {
    /// The step's terminal, seen from our side; it does not block.
    terminal: File,
    reads_input: bool,
    raw_mode: Option<RawMode>,
    waiting: Vec<u8>,
    last_byte: Option<u8>,
    interrupted: bool,
}

impl Keyboard {
    /// Connects our standard input with `terminal`. In the background of our own terminal, and
    /// without `reads_input`, nothing is read from it.
    pub(crate) fn new(terminal: OwnedFd, reads_input: bool) -> Self {
        let stdin = rustix::stdio::stdin();
        let is_terminal = rustix::termios::isatty(stdin);
        let is_in_foreground = || {
            let own = rustix::process::getpgrp();
            rustix::termios::tcgetpgrp(stdin).is_ok_and(|foreground| foreground == own)
        };
        let reads_input = reads_input && (!is_terminal || is_in_foreground());
        Self {
            terminal: File::from(terminal),
            reads_input,
            raw_mode: if reads_input && is_terminal { RawMode::enter() } else { None },
            waiting: Vec::new(),
            last_byte: None,
            interrupted: false,
        }
    }

    /// What to wait on for keys.
    pub(crate) fn wanted(&self) -> Option<BorrowedFd<'static>> {
        (self.reads_input && self.waiting.is_empty()).then(rustix::stdio::stdin)
    }

    /// What to wait on until the step's terminal takes more.
    pub(crate) fn blocked_target(&self) -> Option<BorrowedFd<'_>> {
        (!self.waiting.is_empty()).then(|| self.terminal.as_fd())
    }

    /// Whether a person pressed the key that interrupts, or the one that quits.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.interrupted
    }

    /// Reads what was typed and hands it to the step. The end of our input is typed as the end of
    /// its input.
    pub(crate) fn read(&mut self) {
        let mut buffer = [0; 4096];
        match rustix::io::read(rustix::stdio::stdin(), &mut buffer) {
            Ok(length) if length > 0 => {
                let keys = &buffer[..length];
                let codes = [SpecialCodeIndex::VINTR, SpecialCodeIndex::VQUIT].map(|code| self.key(code));
                self.interrupted |= keys.iter().any(|key| codes.contains(&Some(*key)));
                self.last_byte = keys.last().copied();
                self.waiting.extend_from_slice(keys);
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return,
            Ok(_) | Err(_) => {
                self.reads_input = false;
                let end = self.key(SpecialCodeIndex::VEOF).unwrap_or(0x04);
                // In an unfinished line the first one only hands over the line.
                let is_unfinished = self.last_byte.is_some_and(|last| last != b'\n');
                self.waiting.extend(std::iter::repeat_n(end, if is_unfinished { 2 } else { 1 }));
            }
        }
        self.resume();
    }

    /// Goes on handing over what the step's terminal did not take.
    pub(crate) fn resume(&mut self) {
        match self.terminal.write(&self.waiting) {
            Ok(length) => drop(self.waiting.drain(..length)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => {
                self.waiting.clear();
                self.reads_input = false;
            }
        }
    }

    /// Gives the step's terminal the size of ours.
    pub(crate) fn follow_size(&self) {
        let (rows, columns) = own_size();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // A step that is gone does not care.
        let _ = rustix::termios::tcsetwinsize(&self.terminal, size);
    }

    /// Stops this process as the terminal's stop key would, our terminal in its own mode meanwhile.
    pub(crate) fn stop_until_continued(&mut self) {
        let was_raw = self.raw_mode.take().is_some();
        // Nothing is to be done about a signal that cannot be sent to oneself.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
        if was_raw {
            self.raw_mode = RawMode::enter();
        }
        self.follow_size();
    }

    /// The key that the step's terminal takes for that meaning.
    fn key(&self, meaning: SpecialCodeIndex) -> Option<u8> {
        rustix::termios::tcgetattr(&self.terminal).ok().map(|modes| modes.special_codes[meaning])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_of_tmux_is_what_stands_before_its_pid_and_its_session() {
        assert_eq!(tmux_socket("/tmp/tmux-0/default,1234,0").as_deref(), Some("/tmp/tmux-0/default"));
        assert_eq!(tmux_socket("/tmp/a,b/c,1234,0").as_deref(), Some("/tmp/a,b/c"));
        assert_eq!(tmux_socket(",1234,0"), None);
        assert_eq!(tmux_socket("nonsense"), None);
    }
}
