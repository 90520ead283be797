//! The thread that follows a run: woken by the file system, and by a tick in case it is not.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::run::RunTail;
use super::watch::{FolderWatch, Hints, tells_of_no_changes};
use super::{Batch, Change};
use crate::run::RunDirectory;

/// How often the files are looked at without an event, while any of them grew in the last
/// [`BUSY_FOR`].
pub const BUSY_TICK: Duration = Duration::from_millis(250);
/// How often they are looked at without an event otherwise.
pub const QUIET_TICK: Duration = Duration::from_secs(1);
/// How long after its last growth a run counts as busy.
pub const BUSY_FOR: Duration = Duration::from_secs(10);
/// How often the files are looked at where the system gives no hints.
const POLL_TICK: Duration = Duration::from_millis(100);
/// How long to wait before asking the system for a watcher again, doubled up to the longest.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// Follows a run in a thread of its own until it is dropped.
#[derive(Debug)]
pub struct RunReader {
    stop: Arc<AtomicBool>,
    wake: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
}

impl RunReader {
    /// Starts the thread. `deliver` gets every batch with a change, and the first one that is
    /// caught up; it may block, the files are the buffer. When it answers `false` the thread ends.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn spawn(
        directory: RunDirectory,
        deliver: impl FnMut(Batch) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let own_wake = wake.clone();
        let thread = std::thread::Builder::new()
            .name("run-reader".to_owned())
            .spawn(move || Loop::new(directory, own_wake, stopped).run(&woken, deliver))?;
        Ok(Self { stop, wake, thread: Some(thread) })
    }

    /// Makes the thread look now, without waiting for a hint or a tick.
    pub fn look_now(&self) {
        // A full channel already wakes it.
        let _ = self.wake.try_send(());
    }
}

impl Drop for RunReader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.look_now();
        // The thread may be blocked in `deliver`, whose receiver may be gone only after us: it is
        // not waited for.
        drop(self.thread.take());
    }
}

struct Loop {
    tail: RunTail,
    wake: SyncSender<()>,
    stop: Arc<AtomicBool>,
    hints: Hints,
    watch: Option<FolderWatch>,
    retry_at: Instant,
    retry_after: Duration,
    notice: Option<String>,
    grew_at: Option<Instant>,
    everything_at: Instant,
}

impl Loop {
    fn new(directory: RunDirectory, wake: SyncSender<()>, stop: Arc<AtomicBool>) -> Self {
        let now = Instant::now();
        Self {
            tail: RunTail::new(directory),
            wake,
            stop,
            hints: Hints::default(),
            watch: None,
            retry_at: now,
            retry_after: FIRST_RETRY,
            notice: None,
            grew_at: None,
            everything_at: now,
        }
    }

    fn run(mut self, woken: &Receiver<()>, mut deliver: impl FnMut(Batch) -> bool) {
        let mut was_caught_up = false;
        let mut extent_everything = true;
        while !self.stop.load(Ordering::Acquire) {
            let mut notices = Vec::new();
            if extent_everything {
                self.everything_at = Instant::now();
                self.renew_watch(&mut notices);
            }
            let mut batch = if extent_everything { self.tail.poll() } else { self.tail.poll_logs() };
            if batch.changes.iter().any(|change| matches!(change, Change::Lines { .. } | Change::Torn { .. }))
            {
                self.grew_at = Some(Instant::now());
            }
            batch.changes.append(&mut notices);
            let caught_up = batch.caught_up;
            let worth_it = !batch.changes.is_empty() || caught_up != was_caught_up;
            was_caught_up = caught_up;
            if worth_it && !deliver(batch) {
                return;
            }
            if caught_up {
                match woken.recv_timeout(self.tick()) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout) => extent_everything = true,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            let tick_is_due = self.everything_at.elapsed() >= self.tick();
            extent_everything =
                self.hints.take_everything() || tick_is_due || (extent_everything && !caught_up);
        }
    }

    fn tick(&self) -> Duration {
        if self.watch.is_none() {
            POLL_TICK
        } else if self.grew_at.is_some_and(|at| at.elapsed() < BUSY_FOR) {
            BUSY_TICK
        } else {
            QUIET_TICK
        }
    }

    /// Makes sure that there is a watcher on what is there now, or says that there is none.
    fn renew_watch(&mut self, notices: &mut Vec<Change>) {
        if self.watch.is_none() {
            if Instant::now() < self.retry_at {
                return;
            }
            if let Some(cause) = tells_of_no_changes(self.tail.directory().path()) {
                return self.poll_instead(&cause, notices);
            }
            match FolderWatch::new(self.tail.directory(), self.wake.clone(), &self.hints) {
                Ok(watch) => self.watch = Some(watch),
                Err(error) => return self.poll_instead(&cause_of(&error), notices),
            }
        }
        match self.watch.as_mut().map(FolderWatch::renew) {
            Some(Err(error)) => self.poll_instead(&cause_of(&error), notices),
            Some(Ok(())) | None => {
                self.retry_after = FIRST_RETRY;
                self.say(None, notices);
            }
        }
    }

    fn poll_instead(&mut self, cause: &str, notices: &mut Vec<Change>) {
        self.watch = None;
        self.retry_at = Instant::now() + self.retry_after;
        self.retry_after = (self.retry_after * 2).min(LONGEST_RETRY);
        self.say(Some(format!("polling every {} ms: {cause}", POLL_TICK.as_millis())), notices);
    }

    fn say(&mut self, text: Option<String>, notices: &mut Vec<Change>) {
        if self.notice != text {
            notices.push(Change::Notice { about: "watcher".to_owned(), text: text.clone() });
            self.notice = text;
        }
    }
}

/// Why there is no watcher, in words that help: the system's own speak of open files where a user
/// has too many watchers, and of a full disk where there are too many watches.
fn cause_of(error: &notify::Error) -> String {
    const TOO_MANY_FILES: i32 = 24;
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "no watch is left for a folder (see fs.inotify.max_user_watches)".to_owned()
        }
        notify::ErrorKind::Io(error) if error.raw_os_error() == Some(TOO_MANY_FILES) => {
            "no watcher is left (see fs.inotify.max_user_instances and ulimit -n)".to_owned()
        }
        notify::ErrorKind::Io(error) => error.to_string(),
        other => format!("{other:?}"),
    }
}
