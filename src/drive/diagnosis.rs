//! Judges the runs that are under way again and again: those in the list in bounded work, the one that
//! a person reads about every second.

mod budget;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Clock;
use crate::app::RunSummary;
use crate::app::attention::Judged;
use crate::diagnose::facts::{self, EarlierLook, Subject};
use crate::diagnose::process::Processes;
use crate::diagnose::{Facts, Thresholds, judge};
use crate::run::{Now, RunDirectory};
use budget::{Budget, Urgency};

/// What moves is told from two looks that are at least so far apart.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// A run that said something less than this ago moves on, as far as its processes are concerned.
const QUIET: Duration = Duration::from_secs(3);
/// A run that keeps talking is only looked at for what it says again and again.
const TALKING_EVERY: Duration = Duration::from_secs(10);
/// A silent run is looked at again after one part in so many of its silence …
const PART_OF_SILENCE: u32 = 8;
/// … but not more often than that …
const SILENT_EVERY_AT_LEAST: Duration = Duration::from_secs(2);
/// … nor more seldom than that.
const SILENT_EVERY_AT_MOST: Duration = Duration::from_secs(30);
/// What was read of a log is read anew after so long where the step itself said nothing: its worker may
/// have.
const READ_AGAIN: Duration = Duration::from_secs(10);
/// So long runs are looked at in one go; the others wait for the next one.
const IN_ONE_GO: Duration = Duration::from_millis(40);
/// So long after a round those wait that are due soon and were looked at before: a round looks at the
/// processes of the machine once, however many runs are due …
const TOGETHER: Duration = Duration::from_millis(250);
/// … and so long where they are as they were.
const UNCHANGED_TOGETHER: Duration = Duration::from_secs(1);

/// A thread that judges runs. Dropping it stops the thread.
#[derive(Debug)]
pub struct Diagnosis {
    desk: Arc<Desk>,
}

/// What is wanted of the thread.
#[derive(Debug, Default)]
struct Desk {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wanted {
    listed: Vec<Arc<RunSummary>>,
    /// The opening that counts, and how its run is.
    open: (u64, Option<Arc<RunSummary>>),
    closely: Option<RunDirectory>,
    is_over: bool,
}

/// Tells the thread of runs.
#[derive(Clone, Debug)]
pub struct Referral {
    desk: Arc<Desk>,
}

impl Referral {
    /// These are the runs of the list.
    pub fn listed(&self, runs: Vec<Arc<RunSummary>>) {
        self.desk.wanted().listed = runs;
    }

    /// How the run of that opening is; `None`: it was just opened, or is left. What is told late of an
    /// opening before it does not count.
    pub fn open(&self, number: u64, run: Option<Arc<RunSummary>>) {
        let mut wanted = self.desk.wanted();
        if number >= wanted.open.0 {
            wanted.open = (number, run);
        }
    }

    /// A person reads about this run; `None`: about none.
    pub fn closely(&self, run: Option<RunDirectory>) {
        self.desk.wanted().closely = run;
        self.desk.changed.notify_one();
    }
}

impl Desk {
    fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Diagnosis {
    /// Starts the thread. `deliver` takes what is said of the runs that were looked at.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn spawn(
        clock: Clock,
        thresholds: impl Fn(&str) -> Thresholds + Send + 'static,
        deliver: impl Fn(Vec<Arc<Judged>>) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let desk = Arc::<Desk>::default();
        let mut ward = Ward { clock, thresholds, patients: BTreeMap::new() };
        let own = Arc::clone(&desk);
        thread::Builder::new().name("diagnosis".to_owned()).spawn(move || {
            let mut rest = Duration::ZERO;
            let mut budget = Budget::default();
            while own.rest(rest) {
                let began = Instant::now();
                ward.admit(&own.wanted());
                let round = ward.round(|urgency| budget.wait(urgency, began).is_zero());
                let ended = Instant::now();
                if round.is_charged {
                    budget.spend(ended - began, ended);
                }
                if !round.judged.is_empty() && !deliver(round.judged) {
                    return;
                }
                rest = ward.until_due(|urgency| budget.wait(urgency, ended));
            }
        })?;
        Ok(Self { desk })
    }

    /// Whoever finds runs tells of them by this.
    #[must_use]
    pub fn referral(&self) -> Referral {
        Referral { desk: Arc::clone(&self.desk) }
    }
}

impl Drop for Diagnosis {
    fn drop(&mut self) {
        self.desk.wanted().is_over = true;
        self.desk.changed.notify_one();
    }
}

impl Desk {
    /// Waits that long, or until a person begins to read about a run; says whether to go on.
    fn rest(&self, duration: Duration) -> bool {
        let wanted = self.wanted();
        let closely = wanted.closely.clone();
        let is_quiet = |wanted: &mut Wanted| !wanted.is_over && wanted.closely == closely;
        let waited = self.changed.wait_timeout_while(wanted, duration, is_quiet);
        let (wanted, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !wanted.is_over
    }
}

/// What came of a round.
struct Round {
    judged: Vec<Arc<Judged>>,
    /// Whether what it cost is to be made up for by rest.
    is_charged: bool,
}

/// The runs that are judged.
struct Ward<T> {
    clock: Clock,
    thresholds: T,
    patients: BTreeMap<RunDirectory, Patient>,
}

/// A run that is judged.
struct Patient {
    run: Arc<RunSummary>,
    /// What was read of its log, when, and how the run was then.
    subject: Option<(Subject, Duration, Arc<RunSummary>)>,
    /// Its processes at the first of two looks, and when that was.
    first_look: Option<(Processes, Duration)>,
    /// When it was looked at last.
    judged: Option<Duration>,
    /// Whether anything was ever said of it.
    is_known: bool,
    is_closely_watched: bool,
}

impl<T: Fn(&str) -> Thresholds> Ward<T> {
    /// Takes in the runs that are wanted, and lets the others go.
    fn admit(&mut self, wanted: &Wanted) {
        let listed = wanted.listed.iter().filter(|run| run.is_live());
        let mut before = std::mem::take(&mut self.patients);
        // What the watch of the open run says of it counts, whatever the list says.
        for run in listed.chain(&wanted.open.1) {
            let known = before.remove(&run.directory).or_else(|| self.patients.remove(&run.directory));
            let mut patient = known.unwrap_or_else(|| Patient::new(Arc::clone(run)));
            patient.run = Arc::clone(run);
            patient.is_closely_watched = wanted.closely.as_ref() == Some(&run.directory);
            self.patients.insert(run.directory.clone(), patient);
        }
    }

    /// How long there is nothing to do, given how long is to be waited with runs of an urgency. New runs
    /// are not waited for longer than between two looks, and others are gathered.
    fn until_due(&self, wait: impl Fn(Urgency) -> Duration) -> Duration {
        let now = self.clock.now();
        let until = |patient: &Patient| {
            let urgency = patient.urgency();
            let due = patient.due(now).saturating_sub(now.monotonic);
            let gathered = match urgency {
                // What is overdue was left for the next round because this one had taken long enough.
                _ if due.is_zero() => Duration::ZERO,
                Urgency::Watched | Urgency::New => Duration::ZERO,
                Urgency::Changed => TOGETHER,
                Urgency::Unchanged => UNCHANGED_TOGETHER,
            };
            due.max(wait(urgency)).max(gathered)
        };
        self.patients.values().map(until).min().unwrap_or(BETWEEN_LOOKS).min(BETWEEN_LOOKS)
    }

    /// Looks at those that are due and may be looked at, the most urgent first and of these the longest
    /// due, and judges those that were looked at twice.
    fn round(&mut self, may: impl Fn(Urgency) -> bool) -> Round {
        let began = Instant::now();
        let now = self.clock.now();
        let mut due: Vec<(Urgency, Duration, &mut Patient)> = self
            .patients
            .values_mut()
            .map(|patient| (patient.urgency(), patient.due(now), patient))
            .filter(|(urgency, due, _)| *due <= now.monotonic && may(*urgency))
            .collect();
        due.sort_by_key(|(urgency, due, _)| (*urgency, *due));
        let is_charged = due.first().is_some_and(|(urgency, ..)| *urgency >= Urgency::Changed);
        let mut seen = Vec::new();
        for (urgency, _, patient) in due {
            let is_enough = began.elapsed() >= IN_ONE_GO && !seen.is_empty();
            // What is charged for waits for a round of its own.
            if is_enough || (urgency >= Urgency::Changed) != is_charged {
                break;
            }
            if patient.read(now) {
                seen.push(patient);
            } else {
                // It is tried again when it would be looked at again.
                patient.judged = Some(now.monotonic);
                patient.is_known = true;
            }
        }
        let at = self.clock.now();
        let facts = facts::look(seen.iter().filter_map(|patient| patient.look(at.monotonic)), at.wall);
        let judged = seen.into_iter().zip(facts).filter_map(|(patient, facts)| {
            let facts = patient.looked(facts, at.monotonic)?;
            let verdict = judge(&facts, &(self.thresholds)(&facts.manifest.worker_kind));
            Some(Arc::new(Judged { run: Arc::clone(&patient.run), verdict, facts }))
        });
        Round { judged: judged.collect(), is_charged }
    }
}

impl Patient {
    fn new(run: Arc<RunSummary>) -> Self {
        Self {
            run,
            subject: None,
            first_look: None,
            judged: None,
            is_known: false,
            is_closely_watched: false,
        }
    }

    fn urgency(&self) -> Urgency {
        if self.is_closely_watched {
            Urgency::Watched
        } else if !self.is_known {
            Urgency::New
        } else if self.has_changed() {
            Urgency::Changed
        } else {
            Urgency::Unchanged
        }
    }

    /// When it is to be looked at again.
    fn due(&self, now: Now) -> Duration {
        if let Some((_, at)) = self.first_look {
            return at + BETWEEN_LOOKS;
        }
        let Some(judged) = self.judged else { return Duration::ZERO };
        if self.is_closely_watched {
            return judged + BETWEEN_LOOKS;
        }
        if self.run.status.has_ended() {
            return if self.has_changed() { judged } else { judged + SILENT_EVERY_AT_MOST };
        }
        let Some(idle) = self.run.idle(now.wall) else { return judged + TALKING_EVERY };
        if idle < QUIET {
            let until_quiet = if self.run.line_is_open { Duration::ZERO } else { QUIET - idle };
            return (judged + TALKING_EVERY).min(now.monotonic + until_quiet).max(judged + BETWEEN_LOOKS);
        }
        if self.has_changed() {
            return judged + BETWEEN_LOOKS;
        }
        judged + (idle / PART_OF_SILENCE).clamp(SILENT_EVERY_AT_LEAST, SILENT_EVERY_AT_MOST)
    }

    /// Whether the step has said something, or has ended, since its log was read.
    fn has_changed(&self) -> bool {
        self.subject.as_ref().is_none_or(|(_, _, read)| {
            let key = |run: &RunSummary| (run.last_output, run.status, run.line_is_open);
            key(read) != key(&self.run) || read.last_line != self.run.last_line
        })
    }

    /// Reads the end of its log, where that may have changed; says whether it could be read.
    fn read(&mut self, now: Now) -> bool {
        let is_old = self.subject.as_ref().is_none_or(|(_, at, read)| {
            let age = now.monotonic.saturating_sub(*at);
            !Arc::ptr_eq(read, &self.run) && (self.is_closely_watched || age >= READ_AGAIN)
        });
        if is_old || self.has_changed() {
            let run = Arc::clone(&self.run);
            let subject = match self.subject.take() {
                Some((mut subject, ..)) => subject.read_again().map(|()| subject),
                None => Subject::read(run.directory.clone()),
            };
            self.subject = subject.ok().map(|subject| (subject, now.monotonic, run));
        }
        self.subject.is_some()
    }

    fn look(&self, now: Duration) -> Option<(&Subject, EarlierLook<'_>)> {
        let (subject, ..) = self.subject.as_ref()?;
        let first = self.first_look.as_ref();
        Some((subject, first.map(|(processes, at)| (processes, now.saturating_sub(*at)))))
    }

    /// Notes what a look showed; the facts are given back where they can be judged.
    fn looked(&mut self, facts: Facts, now: Duration) -> Option<Facts> {
        let is_first = self.first_look.is_none() && facts.has_processes();
        // A run that is watched closely is compared with every look before.
        let is_to_be_compared = is_first || (self.is_closely_watched && facts.has_processes());
        self.first_look = is_to_be_compared.then(|| (facts.processes.clone(), now));
        self.judged = Some(now);
        self.is_known |= !is_first;
        (!is_first).then_some(facts)
    }
}

#[cfg(test)]
mod tests;
