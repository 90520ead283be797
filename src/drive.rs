//! Carries out what the application decided: opens runs, watches roots, hands the time in.
//!
//! Every source of messages is a thread of its own; what it finds goes to the application through
//! one function, which may block while the application is busy: the files are the buffer.

pub mod clock;
pub mod search;
pub mod survey;

use std::path::PathBuf;
use std::sync::Arc;

pub use clock::Clock;
pub use search::{Answer, Search};
pub use survey::Survey;

use crate::app::{Effect, Message};
use crate::run::RunDirectory;
use crate::tail::RunReader;

/// Takes a message to the application; `false` when it wants no more.
pub type Deliver = Arc<dyn Fn(Message) -> bool + Send + Sync>;

/// Everything that is being watched.
pub struct Drive {
    deliver: Deliver,
    run: Option<OpenRun>,
    roots: Option<Survey>,
}

/// What watches one run. Dropping it stops the threads.
struct OpenRun {
    number: u64,
    _reader: Option<RunReader>,
    _survey: Option<Survey>,
}

impl Drive {
    /// A drive that watches nothing yet.
    #[must_use]
    pub fn new(deliver: Deliver) -> Self {
        Self { deliver, run: None, roots: None }
    }

    /// Carries out an effect. Those that concern the terminal are not for here, and are given back.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::OpenRun { number, directory } => self.open(number, &directory),
            Effect::CloseRun { number } => {
                if self.run.as_ref().is_some_and(|run| run.number == number) {
                    self.run = None;
                }
            }
            Effect::WatchRoots(roots) => self.watch(roots),
            Effect::Redraw | Effect::Suspend | Effect::Quit => return Some(effect),
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
        let survey =
            Survey::of_run(directory.clone(), move |summary| deliver(Message::Summary { number, summary }));
        for trouble in [reader.as_ref().err(), survey.as_ref().err()].into_iter().flatten() {
            let trouble = format!("{} cannot be watched: {trouble}", directory.path().display());
            (self.deliver)(Message::Trouble { number, trouble });
        }
        self.run = Some(OpenRun { number, _reader: reader.ok(), _survey: survey.ok() });
    }

    fn watch(&mut self, roots: Vec<PathBuf>) {
        let deliver = Arc::clone(&self.deliver);
        let survey = Survey::of_roots(roots.clone(), move |found| deliver(Message::Runs(found)));
        match survey {
            Ok(survey) => self.roots = Some(survey),
            Err(error) => {
                let troubles = roots.into_iter().map(|root| (root, error.to_string())).collect();
                (self.deliver)(Message::Runs(crate::app::RunsFound { runs: Vec::new(), troubles }));
            }
        }
    }
}
