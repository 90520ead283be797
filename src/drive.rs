//! Carries out what the application decided: opens runs, watches roots, hands the time in.
//!
//! Every source of messages is a thread of its own; what it finds goes to the application through
//! one function, which may block while the application is busy: the files are the buffer.

pub mod checkpoints;
pub mod clock;
pub mod diagnosis;
mod emit;
mod preview;
mod raw_text;
pub mod search;
pub mod survey;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

pub use checkpoints::CheckpointWatch;
pub use clock::Clock;
pub use diagnosis::Diagnosis;
pub use search::{Answer, Search};
pub use survey::Survey;

pub use crate::diagnose::Thresholds;

use crate::app::{Effect, Message, ShownRecord};
use crate::model::ScanJob;
use crate::run::RunDirectory;
use crate::tail::RunReader;

/// Takes a message to the application; `false` when it wants no more.
pub type Deliver = Arc<dyn Fn(Message) -> bool + Send + Sync>;

/// Everything that is being watched.
pub struct Drive {
    deliver: Deliver,
    run: Option<OpenRun>,
    roots: Option<Survey>,
    clock: Clock,
    previews: preview::Previews,
    writer: emit::Writer,
    /// `None` where no thread could be started: then nothing is said of any run.
    diagnosis: Option<Diagnosis>,
}

/// What watches one run. Dropping it stops the threads.
struct OpenRun {
    number: u64,
    _reader: Option<RunReader>,
    _survey: Option<Survey>,
    checkpoints: Option<CheckpointWatch>,
    /// The questions that are being answered.
    searches: BTreeMap<u64, Search>,
    /// Those among them for which nobody waits.
    levels: Option<Search>,
}

impl Drive {
    /// A drive that watches nothing yet. `thresholds` says how long is too long for a kind of worker.
    #[must_use]
    pub fn new(deliver: Deliver, thresholds: impl Fn(&str) -> Thresholds + Send + 'static) -> Self {
        let previews = preview::Previews::new(Arc::clone(&deliver));
        let writer = emit::Writer::new(Arc::clone(&deliver));
        let clock = Clock::start();
        let judges = Arc::clone(&deliver);
        let diagnosis = Diagnosis::spawn(clock, thresholds, move |judged| judges(Message::Judged(judged)));
        Self { deliver, run: None, roots: None, clock, previews, writer, diagnosis: diagnosis.ok() }
    }

    /// Carries out an effect. Those that concern the terminal are not for here, and are given back.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::OpenRun { number, directory } => self.open(number, &directory),
            Effect::CloseRun { number } => {
                if self.run.as_ref().is_some_and(|run| run.number == number) {
                    self.run = None;
                    // What its watch still tells is late.
                    self.refer(|referral| referral.open(number + 1, None));
                }
            }
            Effect::WatchClosely(run) => self.refer(|referral| referral.closely(run)),
            Effect::LookAtCheckpoints { number } => {
                let open = self.run.as_ref().filter(|run| run.number == number);
                if let Some(watch) = open.and_then(|run| run.checkpoints.as_ref()) {
                    watch.look_now();
                }
            }
            Effect::Search { number, question, jobs } => self.search(number, question, jobs),
            Effect::Classify { number, question, jobs } => self.classify(number, question, jobs),
            Effect::DropSearch { number, question } => {
                if let Some(open) = self.run.as_mut().filter(|run| run.number == number) {
                    open.searches.remove(&question);
                    if let Some(levels) = &open.levels {
                        levels.forget(question);
                    }
                }
            }
            Effect::Compare { ticket, before, after } => self.compare(ticket, before, after),
            Effect::Preview { ticket, request } => self.previews.ask(ticket, request),
            Effect::Emit(emissions) => self.writer.write(emissions, self.clock),
            Effect::WatchRoots(roots) => self.watch(roots),
            Effect::Notify { .. }
            | Effect::Copy(_)
            | Effect::View(_)
            | Effect::Redraw
            | Effect::Suspend
            | Effect::Quit => {
                return Some(effect);
            }
        }
        None
    }

    fn open(&mut self, number: u64, directory: &RunDirectory) {
        // The run before it, if there is one, is let go first: one owner of its handles at a time.
        self.run = None;
        let deliver = Arc::clone(&self.deliver);
        let reader =
            RunReader::spawn(directory.clone(), move |batch| deliver(Message::Batch { number, batch }));
        let deliver = Arc::clone(&self.deliver);
        self.refer(|referral| referral.open(number, None));
        let referral = self.diagnosis.as_ref().map(Diagnosis::referral);
        let survey = Survey::of_run(directory.clone(), move |summary| {
            if let Some(referral) = &referral {
                referral.open(number, Some(Arc::clone(&summary)));
            }
            deliver(Message::Summary { number, summary })
        });
        let deliver = Arc::clone(&self.deliver);
        let checkpoints = CheckpointWatch::spawn(directory.clone(), move |records, settled| {
            deliver(Message::Checkpoints { number, records, settled })
        });
        let errors = [reader.as_ref().err(), survey.as_ref().err(), checkpoints.as_ref().err()];
        for trouble in errors.into_iter().flatten() {
            let trouble = format!("{} cannot be watched: {trouble}", directory.path().display());
            (self.deliver)(Message::Trouble { number, trouble });
        }
        self.run = Some(OpenRun {
            number,
            _reader: reader.ok(),
            _survey: survey.ok(),
            checkpoints: checkpoints.ok(),
            searches: BTreeMap::new(),
            levels: None,
        });
    }

    fn refer(&self, tell: impl FnOnce(diagnosis::Referral)) {
        if let Some(diagnosis) = &self.diagnosis {
            tell(diagnosis.referral());
        }
    }

    /// Lets the threads of a question do more; starts them with its first jobs.
    fn search(&mut self, number: u64, question: u64, jobs: Vec<ScanJob>) {
        let deliver = self.delivers_answers(number);
        let Some(open) = self.run.as_mut().filter(|run| run.number == number) else { return };
        let search = match open.searches.entry(question) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => match Search::start(deliver) {
                Ok(search) => free.insert(search),
                Err(error) => return self.cannot_search(&error),
            },
        };
        search.ask(question, jobs);
    }

    /// The same for questions about levels, which share one thread.
    fn classify(&mut self, number: u64, question: u64, jobs: Vec<ScanJob>) {
        let deliver = self.delivers_answers(number);
        let Some(open) = self.run.as_mut().filter(|run| run.number == number) else { return };
        let search = match &mut open.levels {
            Some(known) => known,
            levels @ None => match Search::start_unhurried(deliver) {
                Ok(search) => levels.insert(search),
                Err(error) => return self.cannot_search(&error),
            },
        };
        search.ask(question, jobs);
    }

    fn delivers_answers(&self, number: u64) -> impl Fn(u64, Answer) + Send + Sync + use<> {
        let deliver = Arc::clone(&self.deliver);
        move |question, answer| {
            deliver(Message::Searched { number, question, answer });
        }
    }

    fn cannot_search(&self, error: &std::io::Error) {
        (self.deliver)(Message::Failed(format!("nothing can be searched: {error}")));
    }

    fn compare(&self, ticket: u64, before: Arc<ShownRecord>, after: Arc<ShownRecord>) {
        let deliver = Arc::clone(&self.deliver);
        let started = thread::Builder::new().name("compare".to_owned()).spawn(move || {
            let lines = checkpoints::difference(&before, &after);
            deliver(Message::Compared { ticket, lines })
        });
        if let Err(error) = started {
            (self.deliver)(Message::Failed(format!("the records cannot be compared: {error}")));
        }
    }

    fn watch(&mut self, roots: Vec<PathBuf>) {
        let deliver = Arc::clone(&self.deliver);
        let referral = self.diagnosis.as_ref().map(Diagnosis::referral);
        let survey = Survey::of_roots(roots.clone(), move |found| {
            if let Some(referral) = &referral {
                referral.listed(found.runs.clone());
            }
            deliver(Message::Runs(found))
        });
        match survey {
            Ok(survey) => self.roots = Some(survey),
            Err(error) => {
                let troubles = roots.into_iter().map(|root| (root, error.to_string())).collect();
                (self.deliver)(Message::Runs(crate::app::RunsFound { runs: Vec::new(), troubles }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::app::{App, Size, Start};
    use crate::app::{Key, KeyCode};
    use crate::run::Now;

    /// A run with many entries that is open, and what its reader delivers.
    struct Open {
        app: App,
        drive: Drive,
        delivered: mpsc::Receiver<Message>,
        now: Now,
        _folder: tempfile::TempDir,
    }

    impl Open {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let line = |seq: u64| format!("{{\"seq\":{seq},\"text\":\"a line\"}}\n");
            std::fs::write(folder.path().join("stdout.jsonl"), (1..=5000).map(line).collect::<String>())
                .unwrap();
            let (send, delivered) = mpsc::channel();
            let deliver = Arc::new(move |message| send.send(message).is_ok());
            let drive = Drive::new(deliver, |_| Thresholds::default());
            let start = Start::Run(RunDirectory::alone(folder.path()));
            let (app, effects) = App::new(start, Size { width: 80, height: 24 });
            let now = Clock::start().now();
            let mut open = Self { app, drive, delivered, now, _folder: folder };
            open.carry_out(effects);
            open
        }

        fn carry_out(&mut self, effects: Vec<Effect>) {
            for effect in effects {
                self.drive.carry_out(effect);
            }
        }

        fn press(&mut self, keys: impl IntoIterator<Item = Key>) {
            for key in keys {
                let effects = self.app.update(Message::Key(key), self.now);
                self.carry_out(effects);
            }
        }

        fn wait_for(&mut self, what: &str, holds: impl Fn(&App) -> bool) {
            while !holds(&self.app) {
                let Ok(message) = self.delivered.recv_timeout(Duration::from_secs(20)) else {
                    panic!("never seen: {what}")
                };
                let effects = self.app.update(message, self.now);
                self.carry_out(effects);
            }
        }

        fn searches(&self) -> Option<Vec<u64>> {
            self.drive.run.as_ref().map(|run| run.searches.keys().copied().collect())
        }
    }

    #[test]
    fn a_question_has_threads_until_it_is_not_asked_any_more() {
        let mut open = Open::new();
        open.wait_for("the whole run", |app| app.run().is_some_and(crate::app::RunScreen::caught_up));
        open.press("/lin".chars().map(Key::character));
        assert_eq!(open.searches().map(|searches| searches.len()), Some(1), "of four patterns only the last");
        open.wait_for("every hit", |app| {
            app.run()
                .and_then(crate::app::RunScreen::hits)
                .is_some_and(|hits| (hits.of, hits.is_complete) == (5000, true))
        });
        open.press([Key::plain(KeyCode::Escape)]);
        assert_eq!(open.searches(), Some(Vec::new()));
        open.press("&a\r".chars().map(|key| match key {
            '\r' => Key::plain(KeyCode::Enter),
            key => Key::character(key),
        }));
        assert_eq!(open.searches().map(|searches| searches.len()), Some(1));
        open.drive.carry_out(Effect::CloseRun { number: 1 });
        assert_eq!(open.searches(), None);
    }

    #[test]
    fn what_is_counted_in_the_background_is_counted_until_the_run_is_left() {
        let mut open = Open::new();
        open.wait_for("every entry counted", |app| {
            let counted = app.run().and_then(crate::app::RunScreen::levels);
            counted.is_some_and(|counted| counted.is_complete)
        });
        let counts = |open: &Open| open.drive.run.as_ref().map(|run| run.levels.is_some());
        assert_eq!((counts(&open), open.searches()), (Some(true), Some(Vec::new())), "apart from searches");
        open.drive.carry_out(Effect::CloseRun { number: 1 });
        assert_eq!(counts(&open), None);
    }
}
