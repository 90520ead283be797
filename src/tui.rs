//! The screens on a terminal: takes it and gives it back, waits for what happens, draws.
//!
//! What is shown is decided in [`crate::app`]; here it is turned into cells. One file a view, one a
//! widget; each is a function from state to a buffer.

pub mod event_loop;
pub mod input;
pub mod mailbox;
mod pager;
pub mod signals;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod view;
pub mod widgets;

use std::io;

use jiff::tz::TimeZone;

use crate::app::{Remembered, Start};
use crate::settings::Settings;
use theme::{Depth, Theme};
use view::Look;

/// How the screens ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A person left them.
    Quit,
    /// A signal came that ends the process. The terminal has been given back; whoever opened the
    /// screens may do the same with what is theirs, and then call [`end_by`].
    Signal(i32),
}

/// Why the screens could not be opened, or ended by themselves.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to draw on.
    #[error("standard output is no terminal: the screens need one")]
    NotATerminal,
    /// The terminal refuses, or is gone.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    /// A fault of our own in another thread; it has been reported.
    #[error("stepwatch ended because of a fault in itself")]
    Panicked,
}

/// What to open, and how it looks.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to open.
    pub start: Start,
    /// Whether colours are used.
    pub colour: bool,
    /// What a person chose.
    pub settings: Settings,
    /// What a person should know at the start, for the status line.
    pub notice: Option<String>,
    /// What was open before, and how it was looked at.
    pub remembered: Remembered,
}

/// The screens were left.
#[derive(Debug)]
pub struct Left {
    /// How they ended.
    pub ended: Result<Ended, Error>,
    /// What was open, and how it was looked at: nothing where that is not to be trusted.
    pub remembered: Remembered,
}

/// Opens the screens, and returns when they were left. The terminal is then as it was.
///
/// # Errors
/// Where they could not be opened; see [`Error`].
pub fn run(options: Options) -> Result<Left, Error> {
    let theme = if options.colour {
        Theme::new(&options.settings.theme, Depth::of_terminal(|name| std::env::var_os(name)))
    } else {
        Theme::monochrome()
    };
    let look = Look {
        theme,
        keys: options.settings.keys.clone(),
        columns: options.settings.columns.clone(),
        zone: TimeZone::system(),
        home: std::env::home_dir().filter(|home| home.is_absolute()),
    };
    let settings = options.settings;
    let notify = settings.notify;
    let levels = settings.patterns.levels();
    let thresholds = move |worker_kind: &str| settings.thresholds(worker_kind);
    let begin = event_loop::Begin {
        start: options.start,
        notice: options.notice,
        notify,
        levels,
        remembered: options.remembered,
    };
    event_loop::run(begin, thresholds, &look)
}

/// Ends the process as the signal would have done, had it not been caught. Returns where the
/// signal does not end a process.
pub fn end_by(signal: i32) {
    signals::end_by(signal);
}
