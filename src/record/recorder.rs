//! The recorder of a running step: one thread, one loop that waits on everything at once (output,
//! signals, timers, keys) and reads in one order, which is the order of the record.

use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant, SystemTime};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Pid;
use rustix::time::Timespec;
use serde_json::json;

use super::command::Started;
use super::files::{StateFile, write_heartbeat};
use super::log::{Level, Log};
use super::said::{Said, SaidFile};
use super::signals::{self, Signal, Signals};
use super::source::{READ_SIZE, Source};
use super::terminal::Keyboard;
use crate::host;
use crate::run::Heartbeat;
use crate::run::state::HEARTBEAT_SECONDS;

/// How long output may stay open after the command ended.
const LEFT_OPEN_PATIENCE: Duration = Duration::from_secs(2);

/// How often the step is asked what it said of itself; also the safety net for a missed signal.
const TICK: Duration = Duration::from_millis(250);

/// How often, at most, the step is asked what it said while its output comes in.
const SAID_PAUSE: Duration = Duration::from_millis(10);

/// The recorder of a step whose command runs.
pub(crate) struct Recorder<'a> {
    pub(crate) directory: PathBuf,
    pub(crate) log: &'a mut Log,
    pub(crate) state: &'a mut StateFile,
    pub(crate) said: &'a mut SaidFile,
    pub(crate) signals: &'a mut Signals,
    child: Child,
    sources: Vec<Source>,
    keyboard: Option<Keyboard>,
    asked_to_end: Option<i32>,
    ended: Option<End>,
    /// Whether to wait no longer for output that is left open.
    hurried: bool,
    next_tick: Instant,
    next_said: Instant,
    next_heartbeat: Instant,
}

/// The end of the command.
#[derive(Clone, Copy)]
pub(crate) struct End {
    since: Instant,
    pub(crate) at: SystemTime,
    pub(crate) exit: ExitStatus,
}

/// How a recording came out.
pub(crate) struct Recorded {
    pub(crate) end: End,
    pub(crate) asked_to_end: Option<i32>,
    /// The sources, whose passages may still hold what a slow reader has not taken.
    pub(crate) sources: Vec<Source>,
}

/// Something that is ready.
#[derive(Clone, Copy)]
enum Ready {
    Signals,
    Output(usize),
    Passage(usize),
    Keys,
    StepTerminal,
}

impl<'a> Recorder<'a> {
    pub(crate) fn new(
        directory: PathBuf,
        log: &'a mut Log,
        state: &'a mut StateFile,
        said: &'a mut SaidFile,
        signals: &'a mut Signals,
        started: Started,
    ) -> Self {
        let now = Instant::now();
        let Started { child, sources, keyboard } = started;
        Self {
            directory,
            log,
            state,
            said,
            signals,
            child,
            sources,
            keyboard,
            asked_to_end: None,
            ended: None,
            hurried: false,
            next_tick: now,
            next_said: now,
            next_heartbeat: now,
        }
    }

    /// Records until the command has ended and its output too, or is left open for too long.
    pub(crate) fn run(mut self) -> Recorded {
        let mut buffer = vec![0; READ_SIZE];
        loop {
            let ready = self.wait();
            let now = Instant::now();
            self.log.set_time(SystemTime::now());
            self.serve(&ready, &mut buffer, now);
            self.keep_time(now);
            self.log.flush(now);
            if let Some(end) = self.ended
                && (self.sources.iter().all(|source| !source.is_open())
                    || self.hurried
                    || now.saturating_duration_since(end.since) >= LEFT_OPEN_PATIENCE)
            {
                return self.finish(end, &mut buffer);
            }
        }
    }

    /// Waits until something is ready or due.
    fn wait<'s>(&'s self) -> Vec<Ready> {
        let mut ready = vec![Ready::Signals];
        let mut polled = vec![PollFd::from_borrowed_fd(self.signals.descriptor(), PollFlags::IN)];
        let mut want = |what: Ready, descriptor: Option<BorrowedFd<'s>>, flags: PollFlags| {
            if let Some(descriptor) = descriptor {
                ready.push(what);
                polled.push(PollFd::from_borrowed_fd(descriptor, flags));
            }
        };
        for (place, source) in self.sources.iter().enumerate() {
            want(Ready::Output(place), source.wanted(), PollFlags::IN);
            want(Ready::Passage(place), source.blocked_target(), PollFlags::OUT);
        }
        if let Some(keyboard) = &self.keyboard {
            want(Ready::Keys, keyboard.wanted(), PollFlags::IN);
            want(Ready::StepTerminal, keyboard.blocked_target(), PollFlags::OUT);
        }
        let timeout = self.next_deadline().saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(timeout).ok();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) => {
                let happened = polled.iter().map(|descriptor| !descriptor.revents().is_empty());
                ready
                    .into_iter()
                    .zip(happened)
                    .filter_map(|(what, happened)| happened.then_some(what))
                    .collect()
            }
            // An interruption is looked into by the next round; lack of memory may pass.
            Err(_) => Vec::new(),
        }
    }

    fn next_deadline(&self) -> Instant {
        let mut next = self.next_tick.min(self.next_heartbeat);
        let of_sources = self.sources.iter().filter_map(Source::deadline);
        let left_open = self.ended.map(|end| end.since + LEFT_OPEN_PATIENCE);
        for deadline in of_sources.chain(left_open).chain(self.log.retry_at()) {
            next = next.min(deadline);
        }
        next
    }

    fn serve(&mut self, ready: &[Ready], buffer: &mut [u8], now: Instant) {
        let is_ready =
            |place: usize| ready.iter().any(|what| matches!(what, Ready::Output(at) if *at == place));
        let to_read: Vec<usize> = (0..self.sources.len())
            .filter(|place| {
                let source = &self.sources[*place];
                // Whatever filled up while another one became ready came before it.
                is_ready(*place) || source.is_filled(now) || (source.is_filling() && !ready.is_empty())
            })
            .collect();
        for place in to_read {
            let alone =
                (0..self.sources.len()).all(|other| other == place || !self.sources[other].is_active(now));
            self.sources[place].read(buffer, now, alone, self.log);
        }
        for what in ready {
            match *what {
                Ready::Signals => self.take_signals(now),
                Ready::Passage(place) => self.sources[place].resume(),
                Ready::Output(_) => {}
                Ready::Keys => self.with_keyboard(Keyboard::read),
                Ready::StepTerminal => self.with_keyboard(Keyboard::resume),
            }
        }
    }

    fn with_keyboard(&mut self, act: impl FnOnce(&mut Keyboard)) {
        if let Some(keyboard) = &mut self.keyboard {
            act(keyboard);
        }
    }

    fn take_signals(&mut self, now: Instant) {
        for signal in self.signals.pending() {
            match signal {
                Signal::Child => self.look_for_end(now),
                Signal::WindowChanged => self.with_keyboard(|keyboard| keyboard.follow_size()),
                Signal::Stop => self.with_keyboard(Keyboard::stop_until_continued),
                Signal::PassOn(number) if self.ended.is_none() => self.forward(number),
                Signal::PassOn(_) => {}
                Signal::End { .. } if self.ended.is_some() => self.hurried = true,
                Signal::End { number, from_process } => {
                    self.asked_to_end.get_or_insert(number);
                    if from_process || self.keyboard.is_some() {
                        self.forward(number);
                    }
                }
            }
        }
    }

    /// Sends a signal on to the command. It was not yet waited for, so its pid is still its own.
    fn forward(&self, number: i32) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        let (Some(pid), Some(signal)) = (pid, rustix::process::Signal::from_named_raw(number)) else {
            return;
        };
        // A command that ended in this instant needs no signal.
        let _ = match self.keyboard {
            Some(_) => rustix::process::kill_process_group(pid, signal),
            None => rustix::process::kill_process(pid, signal),
        };
    }

    fn look_for_end(&mut self, now: Instant) {
        if self.ended.is_none()
            && let Ok(Some(exit)) = self.child.try_wait()
        {
            self.ended = Some(End { since: now, at: SystemTime::now(), exit });
        }
    }

    /// Everything that is due without anything having happened.
    fn keep_time(&mut self, now: Instant) {
        for source in &mut self.sources {
            source.expire(now, self.log);
        }
        if now >= self.next_said {
            self.next_said = now + SAID_PAUSE;
            let said = self.said.look();
            self.note(&said);
        }
        if now >= self.next_tick {
            self.next_tick = now + TICK;
            self.look_for_end(now);
        }
        if now >= self.next_heartbeat {
            self.next_heartbeat = now + Duration::from_secs(HEARTBEAT_SECONDS);
            let heartbeat = Heartbeat {
                at: SystemTime::now().into(),
                child_cpu_ms: host::cpu_milliseconds(self.child.id()),
            };
            // A heartbeat that fails is a heartbeat that is missing: that is what it is for.
            let _ = write_heartbeat(&self.directory, &heartbeat);
            if self.state.is_unwritten() {
                let _ = self.state.write();
            }
        }
        if self.log.retry_at().is_some_and(|at| at <= now) {
            self.log.retry(now);
        }
    }

    fn note(&mut self, said: &[Said]) {
        for said in said {
            self.log.event(said.event, Level::Info, &said.text, None);
        }
    }

    /// Reads what is there, says what was left open and ends the record of the output.
    fn finish(mut self, end: End, buffer: &mut [u8]) -> Recorded {
        let now = Instant::now();
        self.log.set_time(SystemTime::now());
        for place in 0..self.sources.len() {
            // What is in the pipe at this instant, and not what a process goes on writing.
            for _ in 0..MOST_LAST_READS {
                if !self.sources[place].read(buffer, now, false, self.log) {
                    break;
                }
            }
            self.sources[place].finish(self.log);
        }
        let said = self.said.finish();
        self.note(&said);
        let left_open: Vec<&str> = self
            .sources
            .iter()
            .filter(|source| source.is_open())
            .map(|source| source.stream().name())
            .collect();
        if !left_open.is_empty() {
            let rendered = format!(
                "the command ended, but another process still holds its {}; what it writes from now on is not recorded",
                left_open.join(" and ")
            );
            let data = json!({"channels": left_open});
            self.log.event("output_left_open", Level::Warn, &rendered, Some(&data));
        }
        if let Some(keyboard) = &self.keyboard
            && keyboard.was_interrupted()
            && let Some(signal @ (signals::INTERRUPT | signals::QUIT)) = exit_signal(end.exit)
        {
            self.asked_to_end.get_or_insert(signal);
        }
        Recorded { end, asked_to_end: self.asked_to_end, sources: self.sources }
    }
}

/// How many reads are made of a pipe that is left open at the end: a whole large pipe.
const MOST_LAST_READS: usize = 16;

fn exit_signal(exit: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&exit)
}

/// Waits until what was recorded has passed through to readers that were slower. A signal to end
/// stops the waiting.
pub(crate) fn pass_the_rest(sources: &mut [Source], signals: &mut Signals) {
    while sources.iter().any(Source::waits_for_reader) {
        let mut polled = vec![PollFd::from_borrowed_fd(signals.descriptor(), PollFlags::IN)];
        let targets = sources.iter().filter_map(Source::blocked_target);
        polled.extend(targets.map(|target| PollFd::from_borrowed_fd(target, PollFlags::OUT)));
        let _ = poll(&mut polled, None);
        let was_signalled = !polled[0].revents().is_empty();
        drop(polled);
        if was_signalled && signals.pending().iter().any(|signal| matches!(signal, Signal::End { .. })) {
            return;
        }
        for source in &mut *sources {
            source.resume();
        }
    }
}
