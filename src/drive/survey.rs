//! Watches runs for the list, by looking now and then: the list needs no more, and this way no
//! number of runs uses up handles or watches.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::app::{RunSummary, RunsFound};
use crate::diagnose::overview::{Probe, together};
use crate::run::RunDirectory;
use crate::run::find::Finder;

/// How often runs that have not ended are looked at …
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// … and how often while none of them changes …
const LOOK_AT_QUIET_EVERY: Duration = Duration::from_secs(1);
/// … which is so after that time.
const QUIET_AFTER: Duration = Duration::from_secs(10);
/// How often runs that have ended are looked at, and every folder for new ones: with 2 000 runs both
/// take 0.1 s of a core.
const LOOK_AT_ENDED_EVERY: Duration = Duration::from_secs(30);
/// How often a run that is open is looked at: its screen only takes from here that it is lost.
const LOOK_AT_OPEN_EVERY: Duration = Duration::from_secs(2);
/// How often new runs are looked for.
const FIND_EVERY: Duration = Duration::from_secs(1);
/// Looking at the runs that live, looking for new ones and looking at all may each take one part in
/// so many of the thread's time: over a huge or slow tree they become rarer.
const SHARE: u32 = 200;

/// A thread that watches runs. Dropping it stops the thread.
#[derive(Debug)]
pub struct Survey {
    stop: Arc<Stop>,
}

#[derive(Debug, Default)]
struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Waits; says whether to go on.
    fn wait(&self, duration: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let (stopped, _) = self
            .changed
            .wait_timeout_while(stopped, duration, |stopped| !*stopped)
            .unwrap_or_else(PoisonError::into_inner);
        !*stopped
    }
}

impl Survey {
    /// Watches the runs below the roots; delivers them all, at first and whenever one changed.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn of_roots(
        roots: Vec<PathBuf>,
        mut deliver: impl FnMut(RunsFound) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let mut rounds = Rounds::new(roots);
        Self::spawn(move || {
            let is_wanted = rounds.look().is_none_or(&mut deliver);
            is_wanted.then_some(rounds.next_after)
        })
    }

    /// Watches one run; delivers it at first and whenever it changed.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn of_run(
        directory: RunDirectory,
        mut deliver: impl FnMut(Arc<RunSummary>) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let mut probe = Probe::new(directory);
        let mut last: Option<Arc<RunSummary>> = None;
        Self::spawn(move || {
            let began = Instant::now();
            let summary = probe.look();
            let next_after = LOOK_AT_OPEN_EVERY.max(began.elapsed() * SHARE);
            if last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &summary)) {
                return Some(next_after);
            }
            last = Some(Arc::clone(&summary));
            deliver(summary).then_some(next_after)
        })
    }

    /// Looks again and again, each time after as long as the look before it says; `None` ends it.
    fn spawn(mut look: impl FnMut() -> Option<Duration> + Send + 'static) -> io::Result<Self> {
        let stop = Arc::new(Stop::default());
        let stopped = Arc::clone(&stop);
        thread::Builder::new()
            .name("survey".to_owned())
            .spawn(move || while look().is_some_and(|after| stopped.wait(after)) {})?;
        Ok(Self { stop })
    }
}

impl Drop for Survey {
    fn drop(&mut self) {
        *self.stop.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.changed.notify_all();
    }
}

/// The runs below some roots, looked at in turns.
struct Rounds {
    finders: Vec<Finder>,
    probes: BTreeMap<RunDirectory, Probe>,
    summaries: BTreeMap<RunDirectory, Arc<RunSummary>>,
    troubles: Vec<(PathBuf, String)>,
    found_at: Option<Instant>,
    finding_took: Duration,
    all_looked_at: Option<Instant>,
    looking_at_all_took: Duration,
    /// When anything changed last.
    changed_at: Option<Instant>,
    /// After how long the next look is due.
    next_after: Duration,
}

impl Rounds {
    fn new(roots: Vec<PathBuf>) -> Self {
        Self {
            finders: roots.into_iter().map(Finder::new).collect(),
            probes: BTreeMap::new(),
            summaries: BTreeMap::new(),
            troubles: Vec::new(),
            found_at: None,
            finding_took: Duration::ZERO,
            all_looked_at: None,
            looking_at_all_took: Duration::ZERO,
            changed_at: None,
            next_after: LOOK_EVERY,
        }
    }

    /// Looks; `None` when nothing changed.
    fn look(&mut self) -> Option<RunsFound> {
        let began = Instant::now();
        let every = LOOK_AT_ENDED_EVERY.max(self.looking_at_all_took * SHARE);
        let all = self.all_looked_at.is_none_or(|last| began.duration_since(last) >= every);
        let mut changed = self.find(all);
        let is_due = |(_, probe): &(&RunDirectory, &mut Probe)| all || !probe.has_ended();
        let (directories, mut probes): (Vec<&RunDirectory>, Vec<&mut Probe>) =
            self.probes.iter_mut().filter(is_due).unzip();
        let looked = together::look(&mut probes);
        for (directory, summary) in directories.into_iter().cloned().zip(looked) {
            let known = self.summaries.get(&directory);
            if !known.is_some_and(|known| Arc::ptr_eq(known, &summary)) {
                self.summaries.insert(directory, summary);
                changed = true;
            }
        }
        if changed {
            self.changed_at = Some(began);
        }
        let is_quiet = self.changed_at.is_some_and(|at| began.duration_since(at) >= QUIET_AFTER);
        self.next_after = if is_quiet { LOOK_AT_QUIET_EVERY } else { LOOK_EVERY };
        if all {
            self.all_looked_at = Some(began);
            self.looking_at_all_took = began.elapsed();
        } else {
            self.next_after = self.next_after.max(began.elapsed() * SHARE);
        }
        changed.then(|| RunsFound {
            runs: self.summaries.values().cloned().collect(),
            troubles: self.troubles.clone(),
        })
    }

    /// Looks for runs that are new or gone, when it is time, now and then in every folder; says whether
    /// there are any.
    fn find(&mut self, anew: bool) -> bool {
        let began = Instant::now();
        let every = FIND_EVERY.max(self.finding_took * SHARE);
        if !anew && self.found_at.is_some_and(|last| began.duration_since(last) < every) {
            return false;
        }
        let first = self.found_at.is_none();
        self.found_at = Some(began);
        let roots = self.finders.iter().map(Finder::root);
        let troubles: Vec<(PathBuf, String)> =
            roots.filter_map(|root| Some((root.to_owned(), trouble_of(root)?))).collect();
        let mut changed = first || troubles != self.troubles;
        self.troubles = troubles;
        if !anew && self.finders.iter().all(Finder::is_as_before) {
            self.finding_took = began.elapsed();
            return changed;
        }
        let find = |finder: &mut Finder| if anew { finder.find_anew() } else { finder.find() };
        let runs: BTreeSet<RunDirectory> = self.finders.iter_mut().flat_map(find).collect();
        self.probes.retain(|directory, _| runs.contains(directory));
        let before = self.summaries.len();
        self.summaries.retain(|directory, _| self.probes.contains_key(directory));
        changed |= self.summaries.len() != before;
        for directory in runs {
            self.probes.entry(directory.clone()).or_insert_with(|| Probe::new(directory));
        }
        self.finding_took = began.elapsed();
        changed
    }
}

/// Why nothing can be found below a root.
fn trouble_of(root: &Path) -> Option<String> {
    match std::fs::read_dir(root) {
        Ok(_) => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some("does not exist yet".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn runs_are_delivered_when_they_come_change_and_go() {
        let root = tempfile::tempdir().unwrap();
        let (sender, found) = mpsc::channel();
        let roots = vec![root.path().join("later")];
        let _survey = Survey::of_roots(roots, move |found| sender.send(found).is_ok()).unwrap();
        let wait_for = |what: &str, holds: &dyn Fn(&RunsFound) -> bool| {
            let deadline = Instant::now() + Duration::from_secs(20);
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                match found.recv_timeout(left) {
                    Ok(found) if holds(&found) => return,
                    Ok(_) => {}
                    Err(_) => panic!("never seen: {what}"),
                }
            }
        };
        wait_for("the missing root", &|found| found.troubles.len() == 1);
        let run = root.path().join("later/task/run");
        fs::create_dir_all(&run).unwrap();
        fs::write(run.join("state.json"), r#"{"status":"running"}"#).unwrap();
        fs::write(run.join("run.json"), "{}").unwrap();
        wait_for("the new run", &|found| found.troubles.is_empty() && found.runs.len() == 1);
        fs::write(run.join("stdout.log"), "hello\n").unwrap();
        wait_for("its line", &|found| found.runs.iter().any(|run| run.last_line == "hello"));
        fs::remove_dir_all(&run).unwrap();
        wait_for("its end", &|found| found.runs.is_empty());
    }
}
