//! Which runs need a person: what is said of them, and what a person has answered to that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::remembered::monotonic;
use crate::diagnose::{Code, Facts, RunSummary, Verdict};
use crate::run::{Now, RunDirectory, Status};

/// How long a run that was snoozed asks for nobody.
pub const SNOOZE: Duration = Duration::from_secs(15 * 60);

/// What is said of a run at a moment, and what that rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The run, as it was then.
    pub run: Arc<RunSummary>,
    /// What is said.
    pub verdict: Verdict,
    /// What it rests on.
    pub facts: Facts,
}

/// Whether a run needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// It is stuck, as far as can be told.
    Stuck,
    /// Nobody carries it out any more.
    Lost,
    /// It failed.
    Failed,
    /// It would, but a person has seen it.
    Answered,
    /// It does not.
    Nobody,
}

impl Need {
    /// Whether it needs one now.
    #[must_use]
    pub fn is_person(self) -> bool {
        matches!(self, Self::Stuck | Self::Lost | Self::Failed)
    }
}

/// What a person answered.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// That it was seen: until something new happens.
    Acknowledged(Matter),
    /// Not now: until that point of monotonic time.
    Snoozed(Duration),
}

/// What a person answered, as it is remembered: in wall time, since the other begins anew every time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RememberedAnswer {
    /// That it was seen: until something new happens.
    Acknowledged(Matter),
    /// Not before that time: milliseconds since 1970.
    SnoozedUntil(i64),
}

impl RememberedAnswer {
    /// Whether it still counts.
    #[must_use]
    pub fn holds(&self, now: Now) -> bool {
        match self {
            Self::Acknowledged(_) => true,
            Self::SnoozedUntil(wall) => monotonic(*wall, now).is_some(),
        }
    }
}

/// What a run needs a person for: another one is something new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Matter {
    need: Need,
    code: Option<Code>,
    last_line: Option<String>,
}

/// What is said of runs, and what was answered.
#[derive(Debug, Default)]
pub struct Attention {
    judged: BTreeMap<RunDirectory, Arc<Judged>>,
    answers: BTreeMap<RunDirectory, Answer>,
    /// The runs to which something was answered, or an answer was taken back.
    answered: BTreeSet<RunDirectory>,
}

impl Attention {
    pub(super) fn take(&mut self, judged: Arc<Judged>) {
        self.judged.insert(judged.run.directory.clone(), judged);
    }

    /// Forgets runs that are gone.
    pub(super) fn keep(&mut self, is_there: impl Fn(&RunDirectory) -> bool) {
        self.judged.retain(|run, _| is_there(run));
        self.answers.retain(|run, _| is_there(run));
    }

    /// What is said of a run.
    #[must_use]
    pub fn judged(&self, run: &RunDirectory) -> Option<&Arc<Judged>> {
        self.judged.get(run)
    }

    /// The verdict on a run that is stuck: it is under way, and a person should look.
    #[must_use]
    pub fn stuck(&self, run: &RunSummary) -> Option<&Verdict> {
        if run.status != Status::Running {
            return None;
        }
        let judged = self.judged.get(&run.directory)?;
        let is_stuck = judged.verdict.alarm
            && !matches!(judged.verdict.code, Code::Finished | Code::WorkerLost)
            && is_current(judged, run);
        is_stuck.then_some(&judged.verdict)
    }

    /// Why a run is stuck, where its last line does not tell that: a question speaks for itself.
    /// May hold untrusted text.
    #[must_use]
    pub fn reason(&self, run: &RunSummary) -> Option<&str> {
        let verdict = self.stuck(run)?;
        let asks = verdict.code == Code::WaitingForInput && run.line_is_open;
        (!asks).then_some(verdict.sentence.as_str())
    }

    /// What a list shows of what is said of a run: whether anything is, what it is stuck on, and how long
    /// its step usually takes. May hold untrusted text.
    #[must_use]
    pub fn listed(&self, run: &RunSummary) -> (bool, Option<(Code, String)>, Option<Duration>) {
        let judged = self.judged.get(&run.directory);
        let stuck = self.stuck(run).map(|verdict| (verdict.code, verdict.sentence.clone()));
        (judged.is_some(), stuck, judged.and_then(|judged| judged.facts.usual_elapsed()))
    }

    /// Whether a run needs a person.
    #[must_use]
    pub fn need(&self, run: &RunSummary, now: Duration) -> Need {
        let need = self.asked(run);
        if !need.is_person() {
            return need;
        }
        let is_answered = match self.answers.get(&run.directory) {
            Some(Answer::Acknowledged(matter)) => *matter == self.matter(run),
            Some(Answer::Snoozed(until)) => now < *until,
            None => false,
        };
        if is_answered { Need::Answered } else { need }
    }

    /// The same as if nobody had answered.
    fn asked(&self, run: &RunSummary) -> Need {
        match run.status {
            Status::Lost => Need::Lost,
            Status::Failed => Need::Failed,
            _ if self.stuck(run).is_some() => Need::Stuck,
            _ => Need::Nobody,
        }
    }

    fn matter(&self, run: &RunSummary) -> Matter {
        let code = self.stuck(run).map(|verdict| verdict.code);
        let last_line = (code != Some(Code::Looping)).then(|| run.last_line.clone());
        Matter { need: self.asked(run), code, last_line }
    }

    /// Notes that a person has seen what the run needs one for; says whether it needs one. What was
    /// answered already is taken back.
    pub(super) fn acknowledge(&mut self, run: &RunSummary, now: Duration) -> Option<bool> {
        self.answered.insert(run.directory.clone());
        match self.need(run, now) {
            Need::Nobody => None,
            Need::Answered => {
                self.answers.remove(&run.directory);
                Some(false)
            }
            _ => {
                let answer = Answer::Acknowledged(self.matter(run));
                self.answers.insert(run.directory.clone(), answer);
                Some(true)
            }
        }
    }

    /// Lets a run ask for nobody for a while.
    pub(super) fn snooze(&mut self, run: &RunDirectory, now: Duration) {
        self.answered.insert(run.clone());
        self.answers.insert(run.clone(), Answer::Snoozed(now + SNOOZE));
    }

    /// Whether a run that was snoozed may ask again now.
    pub(super) fn wake(&mut self, now: Duration) -> bool {
        let before = self.answers.len();
        self.answers.retain(|_, answer| !matches!(answer, Answer::Snoozed(until) if *until <= now));
        self.answers.len() < before
    }

    /// Takes in what a person answered before.
    pub(super) fn recall(&mut self, run: RunDirectory, answer: RememberedAnswer, now: Now) {
        let answer = match answer {
            RememberedAnswer::Acknowledged(matter) => Some(Answer::Acknowledged(matter)),
            // No longer than it can have been asked for, whatever the clock says by now.
            RememberedAnswer::SnoozedUntil(wall) => {
                monotonic(wall, now).map(|until| Answer::Snoozed(until.min(now.monotonic + SNOOZE)))
            }
        };
        if let Some(answer) = answer {
            self.answered.insert(run.clone());
            self.answers.insert(run, answer);
        }
    }

    /// Of every run to which something was answered what counts of it now.
    pub(super) fn remembered(
        &self,
        now: Now,
    ) -> impl Iterator<Item = (&RunDirectory, Option<RememberedAnswer>)> {
        let remembered = move |answer: &Answer| match answer {
            Answer::Acknowledged(matter) => Some(RememberedAnswer::Acknowledged(matter.clone())),
            Answer::Snoozed(until) => {
                let ahead = i64::try_from(until.checked_sub(now.monotonic)?.as_millis()).ok()?;
                Some(RememberedAnswer::SnoozedUntil(now.wall.milliseconds().checked_add(ahead)?))
            }
        };
        self.answered.iter().map(move |run| (run, self.answers.get(run).and_then(remembered)))
    }

    /// When the next run that was snoozed may ask again, in monotonic time.
    #[must_use]
    pub(super) fn next_tick(&self, now: Duration) -> Option<Duration> {
        let times = self.answers.values().filter_map(|answer| match answer {
            Answer::Snoozed(until) if *until > now => Some(*until),
            _ => None,
        });
        times.min()
    }
}

/// Whether the run has said nothing new since it was judged: a question that was answered meanwhile is
/// none. A heartbeat says nothing new.
fn is_current(judged: &Judged, run: &RunSummary) -> bool {
    let before = &judged.run;
    let said = run.last_output > before.last_output && run.last_line != before.last_line;
    // What comes again and again is still what it was.
    !said || judged.verdict.code == Code::Looping
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::overview::Activity;
    use crate::run::{Manifest, Timestamp};

    fn run(status: Status, said: i64) -> RunSummary {
        RunSummary {
            directory: RunDirectory::alone("/r"),
            manifest: Manifest::default(),
            state: None,
            status,
            last_output: Some(Timestamp::from_milliseconds(said)),
            activity: Activity::default(),
            checkpoints: 0,
            last_line: format!("line {said}"),
            line_is_open: false,
        }
    }

    fn attention(code: Code, said: i64) -> Attention {
        let verdict = Verdict { code, alarm: true, ..Verdict::default() };
        let run = Arc::new(run(Status::Running, said));
        let mut attention = Attention::default();
        attention.take(Arc::new(Judged { run, verdict, facts: Facts::default() }));
        attention
    }

    #[test]
    fn a_verdict_holds_until_the_run_says_something_unless_it_only_repeats_itself() {
        let waits = attention(Code::WaitingForInput, 5);
        assert_eq!(waits.need(&run(Status::Running, 5), Duration::ZERO), Need::Stuck);
        assert_eq!(waits.need(&run(Status::Running, 6), Duration::ZERO), Need::Nobody);
        assert_eq!(waits.need(&run(Status::Succeeded, 5), Duration::ZERO), Need::Nobody);
        let loops = attention(Code::Looping, 5);
        assert_eq!(loops.need(&run(Status::Running, 6), Duration::ZERO), Need::Stuck);
        let beats = RunSummary { last_line: "line 5".to_owned(), ..run(Status::Running, 6) };
        assert_eq!(waits.need(&beats, Duration::ZERO), Need::Stuck, "a heartbeat answers no question");
    }

    #[test]
    fn what_was_acknowledged_asks_again_when_something_new_happens() {
        let mut attention = attention(Code::WaitingForInput, 5);
        let stuck = run(Status::Running, 5);
        assert_eq!(attention.acknowledge(&stuck, Duration::ZERO), Some(true));
        assert_eq!(attention.need(&stuck, Duration::ZERO), Need::Answered);
        let failed = run(Status::Failed, 9);
        assert_eq!(attention.need(&failed, Duration::ZERO), Need::Failed, "that is new");
        assert_eq!(attention.acknowledge(&failed, Duration::ZERO), Some(true));
        assert_eq!(attention.need(&failed, Duration::ZERO), Need::Answered);
        assert_eq!(attention.acknowledge(&failed, Duration::ZERO), Some(false), "taken back");
        assert_eq!(attention.need(&failed, Duration::ZERO), Need::Failed);
        assert_eq!(attention.acknowledge(&run(Status::Succeeded, 9), Duration::ZERO), None);
    }

    #[test]
    fn what_was_snoozed_asks_again_after_its_time() {
        let mut attention = attention(Code::Stopped, 5);
        let stuck = run(Status::Running, 5);
        attention.snooze(&stuck.directory, Duration::from_secs(1));
        let wakes = Duration::from_secs(1) + SNOOZE;
        assert_eq!(attention.next_tick(Duration::from_secs(2)), Some(wakes));
        assert_eq!(attention.need(&stuck, wakes - Duration::from_secs(1)), Need::Answered);
        assert_eq!(attention.need(&stuck, wakes), Need::Stuck);
        assert_eq!(attention.next_tick(wakes), None);
        assert!(attention.wake(wakes) && !attention.wake(wakes));
    }
}
