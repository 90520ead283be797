//! A program in a pseudoterminal of a fixed size, everything that it writes, and when that came.
//!
//! Whoever reads the terminal does nothing but read and note the time: what the bytes mean is found
//! out by [`Display`], later or in another thread, so that parsing takes no part in what is measured.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use memchr::memmem;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

/// How many rows and columns the terminal has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Rows.
    pub(crate) rows: u16,
    /// Columns.
    pub(crate) columns: u16,
}

/// What one read gave, and when it returned, by CLOCK_MONOTONIC.
pub(crate) struct Chunk {
    /// When it was read.
    pub(crate) at: Instant,
    /// What was read.
    pub(crate) bytes: Box<[u8]>,
}

/// What ends a program, each in its own way.
const ENDS: [&[u8]; 2] = [b"q", b"\x03"];
/// How long a program may take to end before something else is tried, and at last it is killed.
const PATIENCE: Duration = Duration::from_millis(500);

/// A program in a terminal. It is ended when this is dropped.
pub(crate) struct Pty {
    child: Box<dyn Child + Send + Sync>,
    /// Where a person types.
    pub(crate) keyboard: Box<dyn Write + Send>,
    /// While it is closed, nobody reads the terminal, and the program soon cannot write.
    pub(crate) gate: Arc<Gate>,
    /// What was read, until the program has ended.
    pub(crate) output: Receiver<Chunk>,
    /// Where the program keeps what was open.
    _state: tempfile::TempDir,
}

/// Holds the thread that reads, before its next read.
#[derive(Default)]
pub(crate) struct Gate {
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Pty {
    /// Opens a terminal and starts a program in it.
    pub(crate) fn start(size: Size, program: &Path, arguments: &[&str]) -> Self {
        let Size { rows, columns: cols } = size;
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        // Both ends close on exec; else the program would hold its own terminal open.
        let pair = native_pty_system().openpty(size).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keyboard = pair.master.take_writer().unwrap();
        let gate = Arc::new(Gate::default());
        let held = Arc::clone(&gate);
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 64 << 10];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                let chunk = Chunk { at: Instant::now(), bytes: bytes[..length].into() };
                if sender.send(chunk).is_err() {
                    return;
                }
                held.pass();
            }
        });
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("TZ", "UTC");
        let state = tempfile::tempdir().unwrap();
        command.env("XDG_STATE_HOME", state.path());
        for name in ["NO_COLOR", "RUST_BACKTRACE", "LESS"] {
            command.env_remove(name);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        Self { child, keyboard, gate, output, _state: state }
    }

    /// The pid of the program.
    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }
}

impl Gate {
    /// Opens or closes it.
    pub(crate) fn set_open(&self, open: bool) {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner) = !open;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.opened.wait_while(closed, |closed| *closed).unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.gate.set_open(true);
        // As a person would end it; it may have ended already, or not care.
        for keys in ENDS {
            _ = self.keyboard.write_all(keys);
            let end = Instant::now() + PATIENCE;
            while Instant::now() < end {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What a terminal shows after the bytes that it was given.
pub(crate) struct Display {
    parser: vt100::Parser,
    /// The beginning of what may become the end of a frame.
    held: Vec<u8>,
    /// How many whole frames there were, of programs that say where one ends.
    pub(crate) frames: u64,
}

/// Ends a synchronized update. Before it, a terminal shows nothing of the frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";

impl Display {
    /// An empty one.
    pub(crate) fn new(size: Size) -> Self {
        Self { parser: vt100::Parser::new(size.rows, size.columns, 0), held: Vec::new(), frames: 0 }
    }

    /// Takes bytes in and hands over every screen that a person can have seen: after each whole
    /// frame or, of a program that makes none, after all the bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut seen: impl FnMut(&vt100::Screen)) {
        let mut bytes = [std::mem::take(&mut self.held).as_slice(), bytes].concat();
        let mut from = 0;
        while let Some(found) = memmem::find(&bytes[from..], FRAME_END) {
            let end = from + found + FRAME_END.len();
            self.parser.process(&bytes[from..end]);
            self.frames += 1;
            seen(self.parser.screen());
            from = end;
        }
        bytes.drain(..from);
        let is_held = |length: &usize| bytes.ends_with(&FRAME_END[..*length]);
        let held = (1..FRAME_END.len()).rev().find(is_held).unwrap_or(0);
        self.held = bytes.split_off(bytes.len() - held);
        self.parser.process(&bytes);
        if self.frames == 0 {
            seen(self.parser.screen());
        }
    }

    /// What is shown now.
    pub(crate) fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }
}
