//! From facts to a verdict: pure, so that it can be tried with any facts and held anywhere.
//!
//! What decides comes first: how the run ended, what the step says of itself, what the kernel says of
//! the processes, then the log. Silence alone is never called stuck, and output alone is no progress.

mod cause;
mod said;
mod words;

use std::time::Duration;

use super::facts::{ChannelClock, Facts};
use super::process::Process;
use super::verdict::{Code, Confidence, Evidence, Verdict};
use crate::display;
use crate::run::{Status, Timestamp};
use cause::Cause;
use words::{quoted, span};

/// How long is too long, where the run itself and earlier ones of its step teach nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// A line without its end counts as a question after so long, whatever it reads like.
    pub question: Duration,
    /// After so long without a word it is worth looking what the processes wait for.
    pub note: Duration,
    /// After so long a run is called quiet.
    pub quiet: Duration,
    /// After so long a sleeping or computing run is suspect.
    pub suspect: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { question: seconds(5), note: seconds(10), quiet: seconds(60), suspect: seconds(300) }
    }
}

/// So long a process that waits for something that is surely not there must have been silent: what
/// is only slow to come is there by then.
const SURE_AFTER: Duration = Duration::from_secs(3);
/// Of so many processes it is told what they are at, where that is all there is to tell.
const PROCESSES_TOLD: usize = 4;
/// A process that uses more of a core than this computes.
const BUSY_SHARE: f64 = 0.1;
/// A silence may be so many times as long as the longest one before.
const HABIT_STRETCHED: f64 = 1.5;
/// So many silences teach a habit.
const LEAST_SILENCES: u64 = 3;

/// Judges a run by its facts.
#[must_use]
pub fn judge(facts: &Facts, thresholds: &Thresholds) -> Verdict {
    let case = Case { facts, thresholds, at: facts.at.unwrap_or(Timestamp::from_milliseconds(0)) };
    let decided = case
        .ended()
        .or_else(|| case.disk_full())
        .or_else(|| case.asked_by_event())
        .or_else(|| case.stalled_log())
        .or_else(|| case.looping())
        .or_else(|| case.by_processes())
        .unwrap_or_else(|| case.by_clock());
    case.completed(decided)
}

/// A verdict in the making.
struct Decided {
    code: Code,
    confidence: Confidence,
    sentence: String,
    since: Option<Timestamp>,
    evidence: Vec<Evidence>,
    suggestions: Vec<String>,
}

struct Case<'f> {
    facts: &'f Facts,
    thresholds: &'f Thresholds,
    at: Timestamp,
}

impl Case<'_> {
    /// When the run said something last; before its first word, when it began.
    fn last_said(&self) -> Option<Timestamp> {
        self.facts.log.last_said.or(self.facts.state.started_at)
    }

    /// How long nothing was said; `None` where that is not known: a missing clock is no fresh clock.
    fn idle(&self) -> Option<Duration> {
        self.last_said().map(|last| self.at.since(last))
    }

    /// The longest silence that this run, or an earlier one of its step, came back from.
    fn habit(&self) -> Option<Duration> {
        let log = &self.facts.log;
        let own = log.longest_silence_ms.filter(|_| log.silences >= LEAST_SILENCES);
        let earlier = self.facts.earlier.iter().filter_map(|run| run.longest_silence_ms);
        own.into_iter().chain(earlier).max().map(Duration::from_millis)
    }

    /// The same in words.
    fn habit_told(&self) -> Option<String> {
        let habit = self.habit()?;
        let own = self.facts.log.longest_silence_ms.filter(|_| self.facts.log.silences >= LEAST_SILENCES);
        let whose =
            if own.map(Duration::from_millis) == Some(habit) { "it" } else { "an earlier run of the step" };
        Some(format!("the longest silence that {whose} came back from was {}", span(habit)))
    }

    /// A silence of that length is nothing special here.
    fn is_usual(&self, floor: Duration) -> bool {
        let habit = self.habit().map_or(Duration::ZERO, |habit| habit.mul_f64(HABIT_STRETCHED));
        self.idle().is_some_and(|idle| idle < floor.max(habit))
    }

    fn causes(&self) -> Vec<Cause> {
        cause::of(self.facts, self.thresholds.note)
    }

    fn by_processes(&self) -> Option<Decided> {
        let causes = self.causes();
        let cause = causes.iter().filter(|cause| self.counts(cause)).max_by_key(|cause| cause.rank())?;
        let silent = self.idle().map(|idle| format!(" for {}", span(idle))).unwrap_or_default();
        let open = self.facts.log.open_line.as_ref();
        let mut evidence = vec![self.evidence("process", cause.text.clone(), Some(self.at))];
        let mut sentence = format!("{}{silent}: {}", words::phrase(cause.code), cause.text);
        if let Some(open) = open.filter(|_| cause.code == Code::WaitingForInput) {
            sentence += &format!("; the last line has no end: {}", quoted(&open.text));
            evidence.push(self.evidence(
                "log",
                format!("{} ends with a line without its end: {}", open.channel, quoted(&open.text)),
                open.since,
            ));
        }
        if cause.code == Code::WaitingForInput {
            evidence.extend(self.place_to_answer());
        }
        evidence
            .extend(cause.more.iter().map(|(kind, text)| self.evidence(kind, text.clone(), Some(self.at))));
        evidence.extend(
            causes
                .iter()
                .filter(|other| other.pid != cause.pid)
                .map(|other| self.evidence("process", other.text.clone(), Some(self.at))),
        );
        let mut suggestions =
            if cause.code == Code::WaitingForInput { self.where_to_answer() } else { Vec::new() };
        suggestions.extend(cause.suggestions.iter().cloned());
        Some(Decided {
            code: cause.code,
            confidence: self.confidence(cause),
            sentence,
            since: open
                .and_then(|open| open.since)
                .filter(|_| cause.code == Code::WaitingForInput)
                .or(self.last_said()),
            evidence,
            suggestions,
        })
    }

    /// Whether a cause explains a silence as long as this one.
    fn counts(&self, cause: &Cause) -> bool {
        let Some(idle) = self.idle() else { return true };
        let signs = self.facts.log.open_line.as_ref().map_or(0, |open| open.signs.len());
        match cause.code {
            Code::WaitingForInput if signs >= 2 => idle >= Duration::from_secs(1),
            Code::WaitingForInput if cause.only_watches() => !self.is_usual(self.thresholds.note),
            // A program may send its lines as slowly as it likes; a person is told at once.
            Code::WaitingForInput if cause.is_from_a_program && signs == 0 => {
                !self.is_usual(self.thresholds.question)
            }
            Code::WaitingForInput => idle >= self.thresholds.question,
            Code::Stopped => idle >= Duration::from_secs(1),
            Code::BusySilent | Code::Sleeping => !self.is_usual(self.thresholds.note),
            _ if cause.confidence == Confidence::Possible => !self.is_usual(self.thresholds.quiet),
            // What surely does not come by itself is no matter of habit for long.
            Code::WaitingOnLock | Code::WaitingOnPipe | Code::Deadlocked if idle >= self.thresholds.quiet => {
                true
            }
            _ if cause.confidence == Confidence::Sure => !self.is_usual(SURE_AFTER),
            _ => !self.is_usual(self.thresholds.note),
        }
    }

    fn confidence(&self, cause: &Cause) -> Confidence {
        let has_question = self.facts.log.open_line.as_ref().is_some_and(|open| !open.signs.is_empty());
        if cause.code == Code::WaitingForInput && has_question { Confidence::Sure } else { cause.confidence }
    }

    /// What the clocks tell where nothing else does.
    fn by_clock(&self) -> Decided {
        let (code, confidence, sentence) = match self.idle() {
            _ if self.facts.status != Status::Running => {
                (Code::Unknown, Confidence::Possible, format!("its state says {}", self.facts.status))
            }
            None => (Code::Unknown, Confidence::Possible, "no entry tells when it was written".to_owned()),
            Some(idle) if idle < self.thresholds.note => (
                Code::Progressing,
                Confidence::Likely,
                format!("progressing: its last word was {} ago", span(idle)),
            ),
            Some(idle) if self.is_usual(self.thresholds.note) => {
                let habit = self.habit_told().unwrap_or_default();
                let sentence = format!("silent for {}, as is usual here: {habit}", span(idle));
                (Code::Progressing, Confidence::Possible, sentence)
            }
            Some(idle) if self.facts.log.open_line.as_ref().is_some_and(|open| open.signs.len() >= 2) => {
                let text =
                    self.facts.log.open_line.as_ref().map(|open| quoted(&open.text)).unwrap_or_default();
                let sentence = format!(
                    "waiting for input for {}: the last line has no end and reads like a question: {text}",
                    span(idle)
                );
                (Code::WaitingForInput, Confidence::Likely, sentence)
            }
            Some(idle) => (
                Code::Unknown,
                Confidence::Possible,
                format!("silent for {}, and nothing tells why", span(idle)),
            ),
        };
        Decided {
            code,
            confidence,
            sentence,
            since: self.last_said(),
            evidence: self.what_they_do(code),
            suggestions: self.where_they_are(code),
        }
    }

    /// What the processes are at, where nothing can be made of it.
    fn what_they_do(&self, code: Code) -> Vec<Evidence> {
        let living = self.facts.processes.living().filter(|_| code == Code::Unknown);
        let told = living.take(PROCESSES_TOLD).map(words::at_work);
        told.map(|text| self.evidence("process", text, Some(self.at))).collect()
    }

    /// What shows where those are that have no children to wait for, where nothing else is known.
    fn where_they_are(&self, code: Code) -> Vec<String> {
        let processes = &self.facts.processes;
        let is_leaf = |process: &&Process| !processes.living().any(|other| other.parent == process.pid);
        let leaves = processes.living().filter(|_| code == Code::Unknown).filter(is_leaf);
        leaves.take(PROCESSES_TOLD).map(cause::stack_of).collect()
    }

    /// Where a person can answer.
    fn where_to_answer(&self) -> Vec<String> {
        let Some(terminal) = &self.facts.manifest.terminal else { return Vec::new() };
        let tmux = terminal.tmux_pane.as_deref().filter(|pane| words::is_pane(pane));
        let socket = terminal.tmux_socket.as_deref();
        let tmux = tmux.map(|pane| {
            let tmux = socket
                .map_or_else(|| "tmux".to_owned(), |socket| format!("tmux -S {}", words::shell_word(socket)));
            format!("{tmux} switch-client -t '{pane}' || {tmux} attach -t '{pane}'")
        });
        tmux.into_iter().collect()
    }

    /// The same as a fact: the terminal in which the run was started.
    fn place_to_answer(&self) -> Option<Evidence> {
        let terminal = self.facts.manifest.terminal.as_ref()?;
        let tty = terminal.tty.as_deref().map(|tty| format!("the terminal {}", display::one_line(tty)));
        let pane = terminal.tmux_pane.as_deref().map(|pane| format!("tmux pane {}", display::one_line(pane)));
        let place: Vec<String> = tty.into_iter().chain(pane).collect();
        let text = format!("a person can answer it in {}", place.join(", "));
        (!place.is_empty()).then(|| self.evidence("terminal", text, None))
    }

    fn evidence(&self, kind: &str, text: String, at: Option<Timestamp>) -> Evidence {
        Evidence { kind: kind.to_owned(), text, at }
    }

    /// When a channel said something last.
    fn clock_told(&self, clock: &ChannelClock) -> String {
        let channel = &clock.channel;
        let ago = |at: Timestamp| span(self.at.since(at));
        match (clock.last, clock.painted) {
            (None, None) => format!("{channel} has said nothing that tells its time"),
            (Some(last), None) => format!("{channel} said something {} ago", ago(last)),
            (None, Some(painted)) => {
                format!("{channel} only paints the same line anew, {} ago last", ago(painted))
            }
            (Some(last), Some(painted)) => format!(
                "{channel} said something new {} ago, and only painted the same line anew since, {} ago last",
                ago(last),
                ago(painted)
            ),
        }
    }

    /// The verdict, with the clocks and the habit that it is to be read with.
    fn completed(&self, decided: Decided) -> Verdict {
        let mut evidence = decided.evidence;
        if !self.facts.status.has_ended() {
            for clock in &self.facts.log.clocks {
                evidence.push(self.evidence("clock", self.clock_told(clock), clock.last));
            }
            evidence.extend(self.facts.last_checkpoint.map(|last| {
                let text = format!("the newest checkpoint was written {} ago", span(self.at.since(last)));
                self.evidence("checkpoint", text, Some(last))
            }));
            evidence.extend(self.habit_told().map(|text| self.evidence("habit", text, None)));
        }
        Verdict {
            alarm: self.is_alarm(decided.code),
            code: decided.code,
            confidence: decided.confidence,
            sentence: decided.sentence,
            since: decided.since,
            evidence,
            unavailable: self.facts.unavailable.clone(),
            suggestions: decided.suggestions,
            processes: self.facts.processes.all.clone(),
        }
    }

    fn is_alarm(&self, code: Code) -> bool {
        match code {
            Code::Progressing | Code::Unknown => false,
            Code::Finished => self.facts.status != Status::Succeeded,
            Code::Sleeping | Code::BusySilent => !self.is_usual(self.thresholds.suspect),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests;
