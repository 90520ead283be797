//! Signals, in a thread; and stopping the process as a shell's job.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getppid, getsid, kill_current_process_group};
use signal_hook::consts::{
    SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2, SIGWINCH,
};
use signal_hook::iterator::{Handle, Signals as Caught};
use signal_hook::low_level;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To end, as this signal would end the process.
    End(i32),
    /// To stop until continued.
    Stop,
    /// Nothing: the process was continued, and the terminal may have been used meanwhile.
    Continued,
    /// To look at the terminal's size.
    Resized,
}

/// Catches the signals that concern the screens. Dropping it stops the thread; the signals stay
/// caught until the process ends.
#[derive(Debug)]
pub struct Signals {
    handle: Handle,
    /// That the next SIGTSTP is our own, sent to the others of our process group.
    own_stop: Arc<AtomicBool>,
    /// That another program has the terminal: the keys that send signals are meant for it.
    away: Arc<AtomicBool>,
    /// That the screens are left.
    left: Arc<AtomicBool>,
}

/// How long the screens may take to be left after a signal that ends the program. A terminal that takes
/// nothing more holds them for ever.
const PATIENCE: Duration = Duration::from_secs(2);

impl Signals {
    /// Starts catching.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn catch(deliver: impl Fn(Asked) -> bool + Send + 'static) -> io::Result<Self> {
        let mut caught =
            Caught::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH])?;
        let handle = caught.handle();
        let own_stop = Arc::new(AtomicBool::new(false));
        let is_own_stop = Arc::clone(&own_stop);
        let away = Arc::new(AtomicBool::new(false));
        let is_away = Arc::clone(&away);
        let left = Arc::new(AtomicBool::new(false));
        let are_left = Arc::clone(&left);
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in caught.forever() {
                let away = is_away.load(Ordering::SeqCst);
                let asked = match signal {
                    SIGINT | SIGQUIT | SIGWINCH | SIGCONT if away => continue,
                    // The terminal is given back already. The job stops as one.
                    SIGTSTP if away => {
                        stop();
                        continue;
                    }
                    SIGTSTP if is_own_stop.swap(false, Ordering::SeqCst) => continue,
                    SIGTSTP => Asked::Stop,
                    SIGCONT => Asked::Continued,
                    SIGWINCH => Asked::Resized,
                    signal => Asked::End(signal),
                };
                if let Asked::End(signal) = asked
                    && !away
                {
                    end_at_last(signal, Arc::clone(&are_left));
                }
                if !deliver(asked) {
                    return;
                }
            }
        })?;
        Ok(Self { handle, own_stop, away, left })
    }

    /// Says whether another program has the terminal, so that what is typed there concerns it.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Stops the whole job, as the terminal would have done on ctrl-z; returns when it goes on.
    pub fn stop_job(&self) {
        self.own_stop.store(true, Ordering::SeqCst);
        if kill_current_process_group(Signal::TSTP).is_err() {
            self.own_stop.store(false, Ordering::SeqCst);
        }
        stop();
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.left.store(true, Ordering::SeqCst);
        self.handle.close();
    }
}

/// Ends the process by the signal where the screens are not left in time. The terminal gets its settings
/// back; what would have to be written to it, it does not take.
fn end_at_last(signal: i32, are_left: Arc<AtomicBool>) {
    // Without another thread the screens have all the time that they need.
    _ = thread::Builder::new().name("last resort".to_owned()).spawn(move || {
        thread::sleep(PATIENCE);
        if !are_left.load(Ordering::SeqCst) {
            super::terminal::give_back_settings();
            end_by(signal);
        }
    });
}

/// Stops this process; returns when it goes on.
pub fn stop() {
    // SIGTSTP is caught, so that its default is carried out by hand.
    _ = low_level::raise(SIGSTOP);
}

/// Whether there is somebody who could continue this process: a parent in the same session, which
/// is a shell with job control. Without one a stop would be for ever.
#[must_use]
pub fn can_be_continued() -> bool {
    match (getppid(), getsid(None)) {
        (Some(parent), Ok(session)) => getsid(Some(parent)).is_ok_and(|of_parent| of_parent == session),
        _ => false,
    }
}

/// Ends the process as the signal would have done, had it not been caught.
pub fn end_by(signal: i32) {
    _ = low_level::emulate_default_handler(signal);
}
