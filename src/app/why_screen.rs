//! The state of the screen that says why a run is stuck, and what stands on it.

use super::action::Action;
use super::attention::Judged;
use super::layout::{Size, WhyLayout};
use super::run_screen::RunScreen;
use super::wrap::wrap;
use crate::diagnose::told::{self, Section};
use crate::display;
use crate::model::Selection;
use crate::run::{Channel, Now};

/// So many of the worker's last events are shown …
const EVENTS: usize = 6;
/// … looked for among so many of its last entries: the others are heartbeats.
const LOOKED_AT: u64 = 200;

/// The screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WhyScreen {
    /// The first row in sight, as far as there are so many.
    top: usize,
    /// Which of the command lines is copied.
    command: usize,
    /// Whether it was opened out of the list of runs, to which it is left.
    pub(super) from_list: bool,
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyRole {
    /// The verdict in a sentence.
    Sentence,
    /// The verdict in a word, and how sure it is.
    Head,
    /// The title of a section.
    Title,
    /// A line of a section.
    Fact,
    /// A command line that may be copied, and whether it is the one that would be.
    Command(bool),
}

/// A row of the screen. Harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyRow {
    /// What it is.
    pub role: WhyRole,
    /// What it is about, in a word, with the space that sets the text apart.
    pub label: String,
    /// What it says.
    pub text: String,
}

impl WhyScreen {
    pub(super) fn new(from_list: bool) -> Self {
        Self { from_list, ..Self::default() }
    }

    /// The rows; without a verdict one that says what is awaited.
    #[must_use]
    pub fn rows(&self, run: &RunScreen, judged: Option<&Judged>, now: Now, size: Size) -> Vec<WhyRow> {
        let width = usize::from(WhyLayout::new(size).width);
        let mut rows = Vec::new();
        let Some(judged) = judged else {
            let text = "looking at the run's log and processes, twice, a second apart …";
            push(&mut rows, WhyRole::Head, "", text, width);
            return rows;
        };
        let (verdict, facts) = (&judged.verdict, &judged.facts);
        let sign = if verdict.alarm { "▲ " } else { "" };
        push(&mut rows, WhyRole::Sentence, sign, &verdict.sentence, width);
        push(&mut rows, WhyRole::Head, "", &told::head(verdict, facts), width);
        let mut command = 0;
        for section in told::sections(verdict, facts).iter().chain(&events(run, now)) {
            blank(&mut rows);
            push(&mut rows, WhyRole::Title, "", section.title, width);
            let labels = section.lines.iter().map(|line| display::width(&display::one_line(&line.label)));
            let widest = labels.max().unwrap_or(0);
            for line in &section.lines {
                let role = if section.title == told::BY_HAND {
                    command += 1;
                    WhyRole::Command(command - 1 == self.command)
                } else {
                    WhyRole::Fact
                };
                let label = display::one_line(&line.label);
                let space = " ".repeat(widest - display::width(&label) + if widest > 0 { 2 } else { 0 });
                let sign = if role == WhyRole::Command(true) { "▶ " } else { "  " };
                push(&mut rows, role, &format!("{sign}{label}{space}"), &line.text, width);
            }
        }
        rows
    }

    /// The first row in sight of so many.
    #[must_use]
    pub fn top(&self, rows: usize, size: Size) -> usize {
        self.top.min(rows.saturating_sub(usize::from(WhyLayout::new(size).height)))
    }

    /// The command line that would be copied. Untrusted text.
    #[must_use]
    pub fn command<'j>(&self, judged: &'j Judged) -> Option<&'j str> {
        let commands = &judged.verdict.suggestions;
        commands.get(self.command).or(commands.first()).map(String::as_str)
    }

    pub(super) fn act(&mut self, action: Action, rows: usize, judged: Option<&Judged>, size: Size) {
        let height = usize::from(WhyLayout::new(size).height);
        let page = height.saturating_sub(1).max(1).cast_signed();
        if let Some(by) = action.rows(page) {
            return self.scroll(by, rows, size);
        }
        if action == Action::NextCommand {
            let commands = judged.map_or(0, |judged| judged.verdict.suggestions.len());
            self.command = if commands > 0 { (self.command + 1) % commands } else { 0 };
        }
    }

    pub(super) fn scroll(&mut self, by: isize, rows: usize, size: Size) {
        let top = self.top(rows, size).saturating_add_signed(by);
        self.top = Self { top, ..*self }.top(rows, size);
    }
}

/// A line in as many rows as it takes, the text of each below that of the one before.
fn push(rows: &mut Vec<WhyRow>, role: WhyRole, label: &str, text: &str, width: usize) {
    let indent = display::width(label);
    for (number, text) in wrap(text, width.saturating_sub(indent).max(8)).into_iter().enumerate() {
        let label = if number == 0 { label.to_owned() } else { " ".repeat(indent) };
        rows.push(WhyRow { role, label, text });
    }
}

fn blank(rows: &mut Vec<WhyRow>) {
    rows.push(WhyRow { role: WhyRole::Fact, label: String::new(), text: String::new() });
}

/// The last events of the worker, the newest last.
fn events(run: &RunScreen, now: Now) -> Option<Section> {
    let model = run.model();
    let mut only_worker = Selection::all();
    for channel in model.channels().iter().filter(|channel| channel.channel != Channel::Worker) {
        only_worker.toggle(&channel.channel);
    }
    let view = model.view(&only_worker);
    let mut lines: Vec<told::Line> = (view.len().saturating_sub(LOOKED_AT)..view.len())
        .rev()
        .filter_map(|position| view.at(position))
        .filter(|placed| placed.channel == Channel::Worker)
        .filter_map(|placed| {
            let event = placed.entry.event().filter(|event| !event.contains("heartbeat"))?;
            let ago = placed.entry.time.map(|at| display::duration::short(now.wall.since(at)));
            let ago = ago.map_or_else(String::new, |ago| format!("{ago} ago: "));
            let text = placed.entry.text_lossy();
            Some(told::Line { label: event.to_owned(), text: format!("{ago}{}", text.trim_end()) })
        })
        .take(EVENTS)
        .collect();
    lines.reverse();
    (!lines.is_empty()).then_some(Section { title: "the worker's last events", lines })
}
