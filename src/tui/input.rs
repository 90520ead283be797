//! Keys, the mouse and the terminal's end, as messages. One thread, which can be stopped.

use std::io::{self, IsTerminal as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossterm::event::{self, Event, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};
use rustix::event::{PollFd, PollFlags, Timespec};

use crate::app::{Key, KeyCode, Message};

/// How long crossterm may look for another event once something was typed. It does not look at all
/// when it is given no time. (Its other way of waiting, without the feature `use-dev-tty`, loses
/// what was typed when the terminal was resized at the same time, until the next key.)
const READ_PATIENCE: Duration = Duration::from_millis(1);

/// On a busy machine the patience can be over before crossterm has looked at what it has read already, and
/// no terminal wakes us for that: after something was typed it is asked so many times more.
const LOOKS: u32 = 4;
/// How long the terminal is waited for before it is asked again.
const LOOK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// Reads the terminal in a thread. Dropping it stops the thread.
#[derive(Debug)]
pub struct Input {
    /// Closing it wakes the thread, for its end.
    stop: OwnedFd,
    thread: JoinHandle<()>,
}

impl Input {
    /// Starts reading. `deliver` gets what a person does, and at last why nothing more can come.
    ///
    /// # Errors
    /// When there is no terminal to read, or no thread can be started.
    pub fn spawn(deliver: impl Fn(io::Result<Message>) -> bool + Send + 'static) -> io::Result<Self> {
        let (stopped, stop) = io::pipe()?;
        let stopped = OwnedFd::from(stopped);
        let stop = OwnedFd::from(stop);
        let terminal = terminal_to_wait_for()?;
        let thread = thread::Builder::new().name("input".to_owned()).spawn(move || {
            if let Err(error) = read(&terminal, &stopped, &deliver) {
                deliver(Err(error));
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Stops reading, so that another program can read. `meanwhile` is called until nothing is read
    /// any more, and has to take messages: else the thread could wait for room for ever.
    pub fn stop(self, mut meanwhile: impl FnMut()) {
        drop(self.stop);
        while !self.thread.is_finished() {
            meanwhile();
        }
    }

    /// Stops reading, and returns when nothing is read any more. Whoever takes the messages must
    /// turn them away by now.
    pub fn finish(self) {
        drop(self.stop);
        // A panic in the thread has been reported.
        _ = self.thread.join();
    }
}

/// The terminal that crossterm reads: standard input, or the controlling one where that is none.
fn terminal_to_wait_for() -> io::Result<OwnedFd> {
    if io::stdin().is_terminal() {
        return io::stdin().as_fd().try_clone_to_owned();
    }
    Ok(std::fs::File::open("/dev/tty")?.into())
}

/// Reads until it is stopped. The waiting is done here and not in crossterm, which can neither be
/// woken nor notices that the terminal is gone: it would try again for ever.
fn read(
    terminal: &OwnedFd,
    stopped: &OwnedFd,
    deliver: &impl Fn(io::Result<Message>) -> bool,
) -> io::Result<()> {
    let mut looks = 0_u32;
    loop {
        let again = (looks > 0).then_some(LOOK_AGAIN);
        looks = looks.saturating_sub(1);
        let mut waiting = [PollFd::new(terminal, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        match rustix::event::poll(&mut waiting, again.as_ref()) {
            Err(rustix::io::Errno::INTR) => continue,
            polled => polled?,
        };
        let [terminal, stopped] = waiting.map(|waiting| waiting.revents());
        if !stopped.is_empty() {
            return Ok(());
        }
        if terminal.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the terminal is gone"));
        }
        while event::poll(READ_PATIENCE)? {
            looks = LOOKS;
            let Some(message) = message_of(&event::read()?) else { continue };
            if !deliver(Ok(message)) {
                return Ok(());
            }
        }
    }
}

/// What an event of the terminal means, if it means anything.
fn message_of(event: &Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(Message::Key(Key {
            code: code_of(key.code)?,
            control: key.modifiers.contains(KeyModifiers::CONTROL),
            alt: key.modifiers.contains(KeyModifiers::ALT),
        })),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollUp => Some(Message::Wheel(-1)),
            MouseEventKind::ScrollDown => Some(Message::Wheel(1)),
            MouseEventKind::Down(MouseButton::Left) => {
                Some(Message::Click { column: mouse.column, row: mouse.row })
            }
            MouseEventKind::Drag(MouseButton::Left) => Some(Message::Drag { row: mouse.row }),
            _ => None,
        },
        Event::Paste(text) => Some(Message::Paste(text.clone())),
        // Sizes come with SIGWINCH, from the thread of the signals.
        _ => None,
    }
}

fn code_of(code: event::KeyCode) -> Option<KeyCode> {
    Some(match code {
        event::KeyCode::Char(character) => KeyCode::Character(character),
        event::KeyCode::Enter => KeyCode::Enter,
        event::KeyCode::Esc => KeyCode::Escape,
        event::KeyCode::Tab => KeyCode::Tab,
        event::KeyCode::Backspace => KeyCode::Backspace,
        event::KeyCode::Delete => KeyCode::Delete,
        event::KeyCode::Up => KeyCode::Up,
        event::KeyCode::Down => KeyCode::Down,
        event::KeyCode::Left => KeyCode::Left,
        event::KeyCode::Right => KeyCode::Right,
        event::KeyCode::PageUp => KeyCode::PageUp,
        event::KeyCode::PageDown => KeyCode::PageDown,
        event::KeyCode::Home => KeyCode::Home,
        event::KeyCode::End => KeyCode::End,
        _ => return None,
    })
}
