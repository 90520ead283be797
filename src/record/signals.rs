//! Signals as something to be read: which one came, and whether a process sent it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH};
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

use crate::host;

/// The signals that ask a step to end.
const ENDING: [i32; 4] = [SIGTERM, SIGINT, SIGHUP, SIGQUIT];

/// The signals that mean whatever a step takes them for.
const PASSED_ON: [i32; 2] = [SIGUSR1, SIGUSR2];

/// The signal of the key that interrupts.
pub(crate) const INTERRUPT: i32 = SIGINT;
/// The signal of the key that quits.
pub(crate) const QUIT: i32 = SIGQUIT;

/// A signal that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// A child changed.
    Child,
    /// The terminal has a new size.
    WindowChanged,
    /// We are to stop until we are continued.
    Stop,
    /// The step is told something that only it knows the meaning of.
    PassOn(i32),
    /// The step is to end.
    End {
        /// The signal's number.
        number: i32,
        /// Whether a process sent it to us. One from the terminal reached the step as well.
        from_process: bool,
    },
}

/// Catches signals for as long as it lives.
#[derive(Debug)]
pub(crate) struct Signals {
    delivery: SignalDelivery<UnixStream, WithOrigin>,
}

impl Signals {
    /// Begins to catch. A signal that this process was told to ignore stays ignored, for us and for
    /// the command, which inherits it: that is how `nohup` works.
    pub(crate) fn catch() -> io::Result<Self> {
        let is_ignored = |number: &i32| host::ignores_signal(number.unsigned_abs()) == Some(true);
        let mut numbers: Vec<i32> =
            ENDING.into_iter().chain(PASSED_ON).filter(|number| !is_ignored(number)).collect();
        numbers.push(SIGCHLD);
        let (read, write) = UnixStream::pair()?;
        let delivery = SignalDelivery::with_pipe(read, write, WithOrigin::default(), numbers)?;
        Ok(Self { delivery })
    }

    /// Catches what happens to our terminal too.
    pub(crate) fn catch_terminal(&self) -> io::Result<()> {
        let handle = self.delivery.handle();
        [SIGWINCH, SIGTSTP].into_iter().try_for_each(|number| handle.add_signal(number))
    }

    /// The descriptor that is readable when signals came.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.delivery.get_read().as_fd()
    }

    /// The signals that came since the last call. Never waits.
    pub(crate) fn pending(&mut self) -> Vec<Signal> {
        let signal = |origin: signal_hook::low_level::siginfo::Origin| match origin.signal {
            SIGCHLD => Signal::Child,
            SIGWINCH => Signal::WindowChanged,
            SIGTSTP => Signal::Stop,
            number if PASSED_ON.contains(&number) => Signal::PassOn(number),
            number => Signal::End { number, from_process: matches!(origin.cause, Cause::Sent(_)) },
        };
        self.delivery.pending().map(signal).collect()
    }
}

/// The name of a signal, for example `SIGTERM`.
pub(crate) fn name(number: i32) -> String {
    signal_hook::low_level::signal_name(number).map_or_else(|| format!("signal {number}"), ToOwned::to_owned)
}
