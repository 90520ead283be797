//! What the screens show and what keys do, without a terminal.
//!
//! [`App::update`] is the only way in: a message changes the state and returns the effects that the
//! outside has to carry out. It knows no clock and does no I/O of its own but reading entries
//! through the model it owns. What is to be drawn is read from the state.

pub mod action;
pub mod attention;
mod checkpointing;
pub mod checkpoints_screen;
pub mod density;
pub mod editor;
pub mod emission;
pub mod entry_view;
pub mod finding;
pub mod fuzzy;
pub mod help;
pub mod key;
pub mod layout;
pub mod log_pane;
pub mod message;
mod mouse;
mod navigation;
mod needing;
pub mod palette;
pub mod prompt;
pub mod rate;
pub mod record_text;
pub mod records;
pub mod remembered;
pub mod run_screen;
pub mod runs_screen;
pub mod said;
pub mod telling;
pub mod time_column;
pub mod truth;
pub mod why_screen;
pub mod wrap;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

pub use action::{Action, KeyTable, ScreenKind};
pub use attention::{Attention, Judged, Need};
pub use checkpoints_screen::CheckpointsScreen;
pub use help::Help;
pub use key::{Key, KeyCode};
pub use layout::Size;
pub use message::{Effect, Message};
pub use palette::Palette;
pub use prompt::Prompt;
pub use records::{Records, ShownRecord};
pub use remembered::Remembered;
pub use run_screen::RunScreen;
pub use runs_screen::{RunOrder, RunsFound, RunsScreen};
pub use said::Said;
pub use telling::Notify;
pub use why_screen::WhyScreen;

pub use crate::checkpoint::{Kind, Origin};
pub use crate::diagnose::RunSummary;
use crate::model::LevelRule;
use crate::run::{Now, RunDirectory};

/// What to open at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// One run.
    Run(RunDirectory),
    /// The list of the runs below these roots.
    Roots(Vec<PathBuf>),
}

/// Everything that is shown. The topmost of palette, help, prompt, why or checkpoints, run and list has the keys.
pub struct App {
    size: Size,
    keys: KeyTable,
    runs: Option<RunsScreen>,
    run: Option<RunScreen>,
    /// Only while there is a run screen below it.
    checkpoints: Option<CheckpointsScreen>,
    /// Likewise, and never together with the checkpoints.
    why: Option<WhyScreen>,
    attention: Attention,
    memory: remembered::Memory,
    teller: telling::Teller,
    prompt: Option<Prompt>,
    help: Option<Help>,
    /// Never together with the help or the prompt.
    palette: Option<Palette>,
    said: Option<Said>,
    opened: u64,
    /// How often something was asked for that is answered later.
    tickets: u64,
    /// The zone in which times are shown and typed.
    zone: TimeZone,
    /// What errors and warnings look like, where a person wants it otherwise.
    levels: Option<Arc<LevelRule>>,
    changed: bool,
}

impl App {
    /// The application at its start, and what has to be done first.
    #[must_use]
    pub fn new(start: Start, size: Size) -> (Self, Vec<Effect>) {
        let mut app = Self {
            size,
            keys: KeyTable::default(),
            runs: None,
            run: None,
            checkpoints: None,
            why: None,
            attention: Attention::default(),
            memory: remembered::Memory::default(),
            teller: telling::Teller::default(),
            prompt: None,
            help: None,
            palette: None,
            said: None,
            opened: 0,
            tickets: 0,
            zone: TimeZone::UTC,
            levels: None,
            changed: true,
        };
        let effects = match start {
            Start::Run(directory) => vec![app.open(directory)],
            Start::Roots(roots) => {
                app.runs = Some(RunsScreen::new(roots.clone()));
                vec![Effect::WatchRoots(roots)]
            }
        };
        (app, effects)
    }

    /// Takes these keys instead of those of the table of actions.
    pub fn set_keys(&mut self, keys: KeyTable) {
        self.keys = keys;
        self.changed = true;
    }

    /// The keys of every action.
    #[must_use]
    pub fn keys(&self) -> &KeyTable {
        &self.keys
    }

    /// Takes the zone in which times are shown and typed; that is UTC at first.
    pub fn set_zone(&mut self, zone: TimeZone) {
        if let Some(run) = &mut self.run {
            run.zone = zone.clone();
        }
        self.zone = zone;
    }

    /// Takes what an error and a warning look like; see [`LevelRule::usual`] for what they look like
    /// otherwise.
    pub fn set_levels(&mut self, rule: Option<LevelRule>) {
        let rule = rule.map(Arc::new);
        if let Some(run) = &mut self.run {
            run.set_levels(rule.clone());
        }
        self.levels = rule;
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

    /// The checkpoints of the run, when they are open. They cover the run screen.
    #[must_use]
    pub fn checkpoints(&self) -> Option<&CheckpointsScreen> {
        self.checkpoints.as_ref()
    }

    /// The prompt, when it is open. It lies over the screen.
    #[must_use]
    pub fn prompt(&self) -> Option<&Prompt> {
        self.prompt.as_ref()
    }

    /// What was done or could not be, for the status line.
    #[must_use]
    pub fn said(&self) -> Option<&Said> {
        self.said.as_ref()
    }

    /// The help, when it is open. It lies over the screen.
    #[must_use]
    pub fn help(&self) -> Option<Help> {
        self.help
    }

    /// The screen that has the keys.
    #[must_use]
    pub fn screen(&self) -> ScreenKind {
        match (&self.palette, &self.help) {
            (Some(_), _) => ScreenKind::Palette,
            (None, Some(_)) => ScreenKind::Help,
            (None, None) => self.screen_below_help(),
        }
    }

    fn screen_below_help(&self) -> ScreenKind {
        match (&self.prompt, &self.why, &self.checkpoints, &self.run) {
            (Some(_), ..) => ScreenKind::Prompt,
            (None, Some(_), _, Some(_)) => ScreenKind::Why,
            (None, None, Some(_), Some(_)) => ScreenKind::Checkpoints,
            (None, _, _, Some(run)) => run.kind(),
            (None, _, _, None) if self.types_runs_filter() => ScreenKind::Line,
            (None, _, _, None) => ScreenKind::Runs,
        }
    }

    /// Whether something changed since the last call that is to be drawn.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// When a [`Message::Tick`] is wanted at the latest, in monotonic time.
    #[must_use]
    pub fn next_tick(&self, now: Duration) -> Option<Duration> {
        let second = || Duration::from_secs(now.as_secs() + 1);
        let of_screen = match (&self.run, &self.runs) {
            (Some(run), _) => run.next_tick(now),
            (None, Some(runs)) => runs.has_clock().then(second),
            (None, None) => None,
        };
        // Checkpoints grow older whether the run goes on or not.
        let ages = (self.checkpoints.is_some() || self.why.is_some()).then(second);
        let said = self.said.as_ref().and_then(|said| said.until);
        [of_screen, ages, said, self.attention.next_tick(now)].into_iter().flatten().min()
    }

    /// Takes in what happened.
    pub fn update(&mut self, message: Message, now: Now) -> Vec<Effect> {
        let may_be_news = matches!(message, Message::Runs(_) | Message::Judged(_) | Message::Summary { .. });
        let mut effects = self.take_in(message, now);
        if may_be_news {
            effects.extend(self.news(now));
        }
        self.take_from_run(&mut effects, now);
        effects
    }

    fn take_in(&mut self, message: Message, now: Now) -> Vec<Effect> {
        match message {
            Message::Key(key) => return self.key(key, now),
            Message::Paste(text)
                if self.paste_to_choose(&text)
                    || self.paste_to_find(&text)
                    || self.paste_to_filter_runs(&text) => {}
            Message::Paste(text) => return self.paste(&text),
            Message::Wheel(notches) => self.wheel(notches, now),
            Message::Click { column, row } => return self.click(column, row),
            Message::Drag { row } => self.drag(row),
            Message::Resize(size) => self.resize(size),
            Message::Tick => {
                if let Some(run) = &mut self.run {
                    run.tick(now);
                }
                self.said.take_if(|said| said.until.is_some_and(|until| until <= now.monotonic));
                if self.attention.wake(now.monotonic) {
                    self.sort_runs(now);
                }
                self.changed = true;
            }
            Message::Batch { number, batch } => return self.take_batch(number, batch, now),
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
            Message::Checkpoints { number, records, settled } => {
                self.take_records(number, records, settled, now);
            }
            Message::Compared { ticket, lines } => {
                let screen = self.checkpoints.as_mut();
                self.changed |= screen.is_some_and(|screen| screen.take_comparison(ticket, lines));
            }
            Message::Previewed { ticket, previewed } => {
                if let Some(prompt) = self.prompt.as_mut().filter(|prompt| prompt.ticket() == ticket) {
                    prompt.take(previewed);
                    self.changed = true;
                }
            }
            Message::Searched { number, question, answer } => self.take_answer(number, question, answer),
            Message::Emitted(emitted) => self.say(said::of_emitted(&emitted, now)),
            Message::Failed(why) => self.say(Said::trouble(why)),
            Message::Runs(found) => return self.take_runs(found, now),
            Message::Judged(judged) => self.take_judged(judged, now),
        }
        Vec::new()
    }

    /// The run of that opening, unless it was left meanwhile.
    fn open_under(&mut self, number: u64) -> Option<&mut RunScreen> {
        self.run.as_mut().filter(|run| run.number() == number)
    }

    fn take_runs(&mut self, found: RunsFound, now: Now) -> Vec<Effect> {
        let Some(runs) = &mut self.runs else { return Vec::new() };
        runs.take(found, &self.attention, now, self.size);
        let open = self.run.as_ref().map(|run| run.model().directory());
        self.attention.keep(|run| open == Some(run) || runs.has(run));
        self.changed |= self.run.is_none();
        self.recall_found(now)
    }

    fn say(&mut self, said: Said) {
        self.said = Some(said);
        self.changed = true;
    }

    fn key(&mut self, key: Key, now: Now) -> Vec<Effect> {
        if self.type_to_choose(key) || self.type_to_find(key) || self.type_to_filter_runs(key) {
            return Vec::new();
        }
        let Some((action, which)) = self.keys.action_of(key, self.screen()) else { return self.typed(key) };
        self.act(action, which, key, now)
    }

    /// Does what an action is for on the screen that has the keys. `which` is the number where it
    /// takes one, from 0, and `key` is what was pressed for it.
    fn act(&mut self, action: Action, which: usize, key: Key, now: Now) -> Vec<Effect> {
        self.changed = true;
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Redraw => return vec![Effect::Redraw],
            other if self.palette.is_some() => return self.act_on_palette(other, now),
            Action::Palette => self.open_palette(),
            Action::Notify => self.toggle_notify(now),
            Action::Help => {
                let help = Help::new(self.screen_below_help(), &self.keys);
                self.help = if self.help.is_some() { None } else { Some(help) };
            }
            Action::Back if self.leave_finding(key) => {}
            Action::Back => return self.back(),
            Action::Open => return self.open_selected(),
            Action::Dismiss if self.said.take().is_some() => {}
            other if self.is_about_need(other) => return self.act_on_need(other, now),
            other if self.help.is_none() && self.is_about_checkpoints(other) => {
                return self.act_on_checkpoints(other, now);
            }
            other if self.help.is_none() && self.why.is_some() => self.act_on_why(other, now),
            other => match (&mut self.help, &mut self.run, &mut self.runs) {
                (Some(help), _, _) => help.act(other, self.size),
                (None, Some(run), _) => run.act(other, which, self.size),
                (None, None, Some(runs)) => runs.act(other, &self.attention, now, self.size),
                (None, None, None) => {}
            },
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
