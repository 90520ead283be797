//! What the run itself says: its state, its recorder, its events, its log.

use std::time::Duration;

use super::words::{at_work, cut, named, quoted, says_that_all_is_well, span, speaks_of_failure};
use super::{Case, Decided, HABIT_STRETCHED, SURE_AFTER};
use crate::diagnose::facts::{Event, LEAST_FREE_BYTES};
use crate::diagnose::process::Process;
use crate::diagnose::verdict::{Code, Confidence};
use crate::run::Status;
/// So often must the same lines come again, and so often a second, before that is called a loop at
/// once; more slowly it may be a poll that waits on purpose, until the run is suspect.
const LOOP_ROUNDS: u64 = 20;
const LOOP_LINES_A_SECOND: f64 = 2.0;
/// What does not speak of failure must come more often, and for longer: a test may say "ok" each time.
const PLAIN_LOOP_LINES: f64 = 100.0;
/// And what says that all is well, like the dots of a test runner, must come faster than tests do.
const WELL_LINES_A_SECOND: f64 = 5.0;
/// A recorder that lives says so every 5 s; after so long it does not.
const HEARTBEAT_MISSED: Duration = Duration::from_secs(20);
impl Case<'_> {
    pub(super) fn ended(&self) -> Option<Decided> {
        let state = &self.facts.state;
        let sentence = match self.facts.status {
            Status::Succeeded => "it has ended well".to_owned(),
            Status::Failed => match (state.exit_code, state.signal) {
                (_, Some(signal)) => format!("it was ended by signal {signal}"),
                (Some(code), None) => format!("it failed with exit code {code}"),
                (None, None) => "it failed".to_owned(),
            },
            Status::Cancelled => "it was cancelled".to_owned(),
            Status::Lost => return Some(self.lost()),
            _ => return None,
        };
        let said = state.message.as_deref().map(|message| format!(": {}", cut(message)));
        let mut evidence =
            vec![self.evidence("state", format!("its state says {}", self.facts.status), state.finished_at)];
        evidence.extend(self.facts.log.last_line.as_deref().map(|line| {
            self.evidence("log", format!("its last line: {}", quoted(line)), self.facts.log.last_said)
        }));
        Some(Decided {
            code: Code::Finished,
            confidence: Confidence::Sure,
            sentence: sentence + &said.unwrap_or_default(),
            since: state.finished_at,
            evidence,
            suggestions: Vec::new(),
        })
    }

    fn lost(&self) -> Decided {
        let state = &self.facts.state;
        let (who, pid) = match (state.recorder, state.pid) {
            (Some(recorder), _) => ("recorder", Some(recorder.pid)),
            (None, pid) => ("command", pid),
        };
        let gone =
            pid.map_or_else(|| format!("its {who} is gone"), |pid| format!("its {who}, pid {pid}, is gone"));
        let mut evidence = vec![self.evidence("process", gone.clone(), Some(self.at))];
        evidence.extend(self.facts.heartbeat.map(|heartbeat| {
            self.evidence(
                "heartbeat",
                format!("its last heartbeat was {} ago", span(self.at.since(heartbeat.at))),
                Some(heartbeat.at),
            )
        }));
        let causes = self.causes();
        let cause = causes.iter().max_by_key(|cause| cause.rank());
        let first = self.facts.processes.living().next();
        let at = cause.map(|cause| cause.text.clone()).or_else(|| first.map(at_work));
        let lives_on = at.map(|at| format!("; the step lives on: {at}")).unwrap_or_default();
        evidence.extend(self.facts.processes.living().map(|process| {
            self.evidence("process", format!("{} of it lives on", named(process)), Some(self.at))
        }));
        evidence
            .extend(causes.iter().map(|cause| self.evidence("process", cause.text.clone(), Some(self.at))));
        let look = |process: &Process| vec![format!("strace -f -p {}", process.pid)];
        let suggestions = cause.map(|cause| cause.suggestions.clone());
        Decided {
            code: Code::WorkerLost,
            confidence: Confidence::Sure,
            sentence: format!("the worker is lost: the state says running, and {gone}{lives_on}"),
            since: self.facts.heartbeat.map(|heartbeat| heartbeat.at).or(self.last_said()),
            evidence,
            suggestions: suggestions.or_else(|| first.map(look)).unwrap_or_default(),
        }
    }

    pub(super) fn disk_full(&self) -> Option<Decided> {
        let free = self.facts.free_bytes.filter(|free| *free < LEAST_FREE_BYTES);
        let line = self
            .facts
            .log
            .disk_full_line
            .as_deref()
            .filter(|_| self.idle().is_some_and(|idle| idle >= SURE_AFTER))
            // Whoever computes went on after it.
            .filter(|_| !self.causes().iter().any(|cause| cause.code == Code::BusySilent));
        let is_loss = |event: &&Event| event.name == "recording_lost" && !event.is_followed_by_output;
        let lost = self.facts.log.last_event.as_ref().filter(is_loss);
        if free.is_none() && line.is_none() && lost.is_none() {
            return None;
        }
        let mut evidence = Vec::new();
        evidence.extend(free.map(|free| {
            self.evidence("disk", format!("{free} bytes are free where the run directory is"), Some(self.at))
        }));
        evidence.extend(line.map(|line| {
            self.evidence("log", format!("a line says so: {}", quoted(line)), self.facts.log.last_said)
        }));
        evidence.extend(
            lost.map(|event| {
                self.evidence("event", format!("{}: {}", event.name, cut(&event.text)), event.at)
            }),
        );
        let what = match (free, line) {
            (Some(_), _) => "the disk of the run directory is full".to_owned(),
            (None, Some(line)) => format!("a disk is full: {}", quoted(line)),
            (None, None) => "the recording lost entries: a disk is or was full".to_owned(),
        };
        Some(Decided {
            code: Code::DiskFull,
            confidence: if free.is_some() { Confidence::Sure } else { Confidence::Likely },
            sentence: what,
            since: self.last_said(),
            evidence,
            suggestions: vec!["df -h".to_owned()],
        })
    }

    /// The step itself said that it waits for input.
    pub(super) fn asked_by_event(&self) -> Option<Decided> {
        let event = self.facts.log.last_event.as_ref()?;
        if event.name != "waiting_for_input" || event.is_followed_by_output {
            return None;
        }
        let since = event.at.map(|at| format!(" for {}", span(self.at.since(at)))).unwrap_or_default();
        Some(Decided {
            code: Code::WaitingForInput,
            confidence: Confidence::Sure,
            sentence: format!("waiting for input{since}: the step says so: {}", quoted(&event.text)),
            since: event.at,
            evidence: std::iter::once(self.evidence(
                "event",
                format!("{}: {}", event.name, cut(&event.text)),
                event.at,
            ))
            .chain(self.place_to_answer())
            .collect(),
            suggestions: self.where_to_answer(),
        })
    }

    /// The recorder does not write what the step says.
    pub(super) fn stalled_log(&self) -> Option<Decided> {
        let stopped = matches!(self.facts.recorder_state, Some('T' | 't'));
        let heartbeat = self.facts.heartbeat.map(|heartbeat| self.at.since(heartbeat.at));
        let missed = heartbeat.filter(|age| *age >= HEARTBEAT_MISSED);
        let lives = !self.facts.processes.all.is_empty();
        if !stopped && (missed.is_none() || !lives || self.facts.recorder_state.is_none()) {
            return None;
        }
        let pid = self.facts.state.recorder.map(|recorder| recorder.pid).unwrap_or_default();
        let mut evidence = Vec::new();
        if stopped {
            evidence.push(self.evidence(
                "process",
                format!("the recorder, pid {pid}, is stopped"),
                Some(self.at),
            ));
        }
        evidence.extend(missed.map(|age| {
            self.evidence(
                "heartbeat",
                format!("the last heartbeat was {} ago", span(age)),
                self.facts.heartbeat.map(|heartbeat| heartbeat.at),
            )
        }));
        let why = if stopped { "is stopped" } else { "gives no sign of life" };
        Some(Decided {
            code: Code::LogStalled,
            confidence: if stopped { Confidence::Sure } else { Confidence::Likely },
            sentence: format!("the log has stalled: its recorder, pid {pid}, {why}, while the step lives"),
            since: self.facts.heartbeat.map(|heartbeat| heartbeat.at).or(self.last_said()),
            evidence,
            suggestions: if stopped {
                vec![format!("kill -CONT {pid}")]
            } else {
                vec![format!("strace -p {pid}")]
            },
        })
    }

    pub(super) fn looping(&self) -> Option<Decided> {
        let repeated = self.facts.log.repeated.as_ref()?;
        let repetition = &repeated.repetition;
        let lasted = repeated.since.map(|since| self.at.since(since))?;
        let lines = repetition.rounds as f64 * repetition.period as f64;
        let is_well = repetition.lines.iter().all(|line| says_that_all_is_well(line));
        let least_rate = if is_well { WELL_LINES_A_SECOND } else { LOOP_LINES_A_SECOND };
        let is_fast = lines / lasted.as_secs_f64().max(1.0) >= least_rate;
        let is_long = !is_well && lasted >= self.thresholds.suspect && !self.is_as_long_as_ever(lasted);
        let speaks_of_failure = repetition.lines.iter().any(|line| speaks_of_failure(line));
        let is_plain_loop = lines >= PLAIN_LOOP_LINES && lasted >= self.thresholds.note;
        let is_loop = repetition.rounds >= LOOP_ROUNDS
            && ((is_fast && (speaks_of_failure || is_plain_loop)) || is_long)
            && (!(repetition.counts || repetition.varies) || speaks_of_failure)
            && self.idle().is_some_and(|idle| idle < self.thresholds.quiet);
        if !is_loop {
            return None;
        }
        let count = if repetition.at_least { "at least " } else { "" };
        let what =
            if repetition.period == 1 { "line".to_owned() } else { format!("{} lines", repetition.period) };
        let first = repeated.first_seq.map(|seq| format!(", first at seq {seq}")).unwrap_or_default();
        let text = format!("the same {what}, {count}{} times in {}{first}", repetition.rounds, span(lasted));
        let shown = repetition.lines.iter().map(|line| quoted(line)).collect::<Vec<_>>().join(", ");
        // Whatever writes to a full disk again and again, the disk is what is wrong.
        let (code, phrase) = match self.facts.log.disk_full_line {
            Some(_) => (Code::DiskFull, "a disk is full"),
            None => (Code::Looping, "looping"),
        };
        Some(Decided {
            code,
            confidence: if repetition.counts || repetition.varies || !is_fast {
                Confidence::Likely
            } else {
                Confidence::Sure
            },
            sentence: format!("{phrase}: {text}: {}", cut(&shown)),
            since: repeated.since,
            evidence: vec![self.evidence("log", format!("{text}: {shown}"), repeated.since)],
            suggestions: Vec::new(),
        })
    }

    /// Whether earlier runs of the step took longer than that.
    fn is_as_long_as_ever(&self, lasted: Duration) -> bool {
        let longest = self.facts.earlier.iter().filter_map(|run| run.elapsed_ms).max();
        longest.is_some_and(|longest| lasted < Duration::from_millis(longest).mul_f64(HABIT_STRETCHED))
    }
}
