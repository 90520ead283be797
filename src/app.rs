//! What the screens show and what keys do, without a terminal.
//!
//! [`App::update`] is the only way in: a message changes the state and returns the effects that the
//! outside has to carry out. It knows no clock and does no I/O of its own but reading entries
//! through the model it owns. What is to be drawn is read from the state.

pub mod action;
pub mod key;
pub mod layout;
pub mod log_pane;
pub mod rate;
pub mod run_screen;
pub mod runs_screen;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use action::{Action, ScreenKind};
pub use key::{Key, KeyCode};
pub use layout::Size;
pub use run_screen::RunScreen;
pub use runs_screen::{RunsFound, RunsScreen};

pub use crate::diagnose::RunSummary;
use crate::run::{Now, RunDirectory};
use crate::tail::Batch;

/// Rows that one notch of the mouse wheel moves.
const WHEEL_ROWS: i32 = 3;

/// Something that happened.
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// The mouse wheel was turned by so many notches, down if positive.
    Wheel(i32),
    /// The left button was pressed on that row of the terminal.
    Click(u16),
    /// The terminal has another size.
    Resize(Size),
    /// The time that [`App::next_tick`] asked for has come.
    Tick,
    /// Something was read of the run that was opened under this number.
    Batch {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// What was read.
        batch: Batch,
    },
    /// How the run that was opened under this number is.
    Summary {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// How it is.
        summary: Arc<RunSummary>,
    },
    /// The run that was opened under this number cannot be watched, or no longer.
    Trouble {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// Why.
        trouble: String,
    },
    /// What was found below the roots.
    Runs(RunsFound),
}

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Read this run and watch it; everything about it is delivered under this number.
    OpenRun {
        /// Tells this opening from every other.
        number: u64,
        /// The run.
        directory: RunDirectory,
    },
    /// Stop watching the run that was opened under this number.
    CloseRun {
        /// See [`Effect::OpenRun`].
        number: u64,
    },
    /// Watch for runs below these roots.
    WatchRoots(Vec<PathBuf>),
    /// Draw every cell anew.
    Redraw,
    /// Give the terminal back and stop the process until it is continued.
    Suspend,
    /// End the program.
    Quit,
}

/// What to open at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// One run.
    Run(RunDirectory),
    /// The list of the runs below these roots.
    Roots(Vec<PathBuf>),
}

/// The help overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Help {
    /// The screen whose keys it shows.
    pub about: ScreenKind,
    /// The first row in sight.
    pub top: usize,
}

/// Everything that is shown. The topmost of help, run and list has the keys.
pub struct App {
    size: Size,
    runs: Option<RunsScreen>,
    run: Option<RunScreen>,
    help: Option<Help>,
    opened: u64,
    changed: bool,
}

impl App {
    /// The application at its start, and what has to be done first.
    #[must_use]
    pub fn new(start: Start, size: Size) -> (Self, Vec<Effect>) {
        let mut app = Self { size, runs: None, run: None, help: None, opened: 0, changed: true };
        let effects = match start {
            Start::Run(directory) => vec![app.open(directory)],
            Start::Roots(roots) => {
                app.runs = Some(RunsScreen::new(roots.clone()));
                vec![Effect::WatchRoots(roots)]
            }
        };
        (app, effects)
    }

    /// The terminal's size.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// The list of runs, where there is one.
    #[must_use]
    pub fn runs(&self) -> Option<&RunsScreen> {
        self.runs.as_ref()
    }

    /// The run screen, when it is open. It covers the list.
    #[must_use]
    pub fn run(&self) -> Option<&RunScreen> {
        self.run.as_ref()
    }

    /// The help, when it is open. It lies over the screen.
    #[must_use]
    pub fn help(&self) -> Option<Help> {
        self.help
    }

    /// The screen that has the keys.
    #[must_use]
    pub fn screen(&self) -> ScreenKind {
        if self.help.is_some() { ScreenKind::Help } else { self.screen_below_help() }
    }

    fn screen_below_help(&self) -> ScreenKind {
        if self.run.is_some() { ScreenKind::Run } else { ScreenKind::Runs }
    }

    /// Whether something changed since the last call that is to be drawn.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// When a [`Message::Tick`] is wanted at the latest, in monotonic time.
    #[must_use]
    pub fn next_tick(&self, now: Duration) -> Option<Duration> {
        match (&self.run, &self.runs) {
            (Some(run), _) => run.next_tick(now),
            (None, Some(runs)) => runs.has_clock().then(|| Duration::from_secs(now.as_secs() + 1)),
            (None, None) => None,
        }
    }

    /// Takes in what happened.
    pub fn update(&mut self, message: Message, now: Now) -> Vec<Effect> {
        match message {
            Message::Key(key) => return self.key(key),
            Message::Wheel(notches) => self.wheel(notches),
            Message::Click(row) => return self.click(row),
            Message::Resize(size) => self.resize(size),
            Message::Tick => {
                if let Some(run) = &mut self.run {
                    run.tick(now);
                }
                self.changed = true;
            }
            Message::Batch { number, batch } => {
                let size = self.size;
                if let Some(run) = self.open_under(number) {
                    self.changed |= run.apply(batch, size, now);
                }
            }
            Message::Summary { number, summary } => {
                if let Some(run) = self.open_under(number) {
                    let before = run.status();
                    run.take_summary(&summary);
                    self.changed |= run.status() != before;
                }
            }
            Message::Trouble { number, trouble } => {
                if let Some(run) = self.open_under(number) {
                    run.take_trouble(trouble);
                    self.changed = true;
                }
            }
            Message::Runs(found) => self.take_runs(found),
        }
        Vec::new()
    }

    /// The run of that opening, unless it was left meanwhile.
    fn open_under(&mut self, number: u64) -> Option<&mut RunScreen> {
        self.run.as_mut().filter(|run| run.number() == number)
    }

    fn take_runs(&mut self, found: RunsFound) {
        let Some(runs) = &mut self.runs else { return };
        runs.take(found, self.size);
        self.changed |= self.run.is_none();
    }

    fn open(&mut self, directory: RunDirectory) -> Effect {
        self.opened += 1;
        self.run = Some(RunScreen::new(self.opened, directory.clone()));
        Effect::OpenRun { number: self.opened, directory }
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        let Some((action, which)) = action::action_of(key, self.screen()) else { return Vec::new() };
        self.changed = true;
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Redraw => return vec![Effect::Redraw],
            Action::Help => {
                let help = Help { about: self.screen_below_help(), top: 0 };
                self.help = if self.help.is_some() { None } else { Some(help) };
            }
            Action::Back => return self.back(),
            Action::Open => return self.open_selected(),
            other => match (&mut self.help, &mut self.run, &mut self.runs) {
                (Some(help), _, _) => help.act(other, self.size),
                (None, Some(run), _) => run.act(other, which, self.size),
                (None, None, Some(runs)) => runs.act(other, self.size),
                (None, None, None) => {}
            },
        }
        Vec::new()
    }

    fn back(&mut self) -> Vec<Effect> {
        if self.help.take().is_some() {
            return Vec::new();
        }
        match (self.runs.is_some(), self.run.take()) {
            (true, Some(run)) => vec![Effect::CloseRun { number: run.number() }],
            (_, run) => {
                // The last screen is kept, so that something can be drawn until the end.
                self.run = run;
                vec![Effect::Quit]
            }
        }
    }

    fn open_selected(&mut self) -> Vec<Effect> {
        let Some(runs) = &self.runs else { return Vec::new() };
        match runs.runs().get(runs.selected()).map(|run| run.directory.clone()) {
            Some(directory) => vec![self.open(directory)],
            None => Vec::new(),
        }
    }

    fn wheel(&mut self, notches: i32) {
        let rows = notches.saturating_mul(WHEEL_ROWS);
        self.changed = true;
        match (&mut self.help, &mut self.run, &mut self.runs) {
            (Some(help), _, _) => help.scroll(rows as isize, self.size),
            (None, Some(run), _) => run.scroll(rows, self.size),
            (None, None, Some(runs)) => runs.scroll(rows.signum(), self.size),
            (None, None, None) => {}
        }
    }

    fn click(&mut self, row: u16) -> Vec<Effect> {
        self.changed = true;
        match (&self.help, &mut self.run, &mut self.runs) {
            (None, Some(run), _) => run.click(row, self.size),
            (None, None, Some(runs)) => {
                let again = runs.click(row, self.size);
                return if again { self.open_selected() } else { Vec::new() };
            }
            _ => {}
        }
        Vec::new()
    }

    fn resize(&mut self, size: Size) {
        self.size = size;
        self.changed = true;
        if let Some(runs) = &mut self.runs {
            runs.resized(size);
        }
        if let Some(run) = &mut self.run {
            run.resized(size);
        }
        if let Some(help) = &mut self.help {
            help.scroll(0, size);
        }
    }
}

impl Help {
    /// How many rows the help has in all.
    #[must_use]
    pub fn rows(&self) -> usize {
        action::rows_of(self.about).count()
    }

    /// How many of them are in sight.
    #[must_use]
    pub fn height(&self, size: Size) -> usize {
        usize::from(size.height.saturating_sub(4).max(1)).min(self.rows())
    }

    fn act(&mut self, action: Action, size: Size) {
        let page = self.height(size).cast_signed();
        match action {
            Action::Up => self.scroll(-1, size),
            Action::Down => self.scroll(1, size),
            Action::PageUp => self.scroll(-page, size),
            Action::PageDown => self.scroll(page, size),
            Action::First => self.top = 0,
            Action::Last => self.scroll(isize::MAX, size),
            _ => {}
        }
    }

    fn scroll(&mut self, rows: isize, size: Size) {
        self.top = self.top.saturating_add_signed(rows).min(self.rows().saturating_sub(self.height(size)));
    }
}
