//! The one table of actions. What a key does, the help overlay, the footer and the README's key
//! table all come from it.

mod keys;
mod screens;
mod table;

pub use keys::{BoundRow, KeyTable, Refusal, Wish};
pub use table::ACTIONS;

use super::key::Key;
use screens::EVERYWHERE;

/// Everything that a person can ask for with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Open the selected run.
    Open,
    /// Up one line.
    Up,
    /// Down one line.
    Down,
    /// Up one page.
    PageUp,
    /// Down one page.
    PageDown,
    /// To the beginning.
    First,
    /// To the end.
    Last,
    /// Follow, or stop following.
    Follow,
    /// Shift the text to see what is further left.
    Left,
    /// Shift the text to see what is further right.
    Right,
    /// Show or hide a channel.
    ToggleChannel,
    /// Mark what is selected, or take the mark away.
    Mark,
    /// Show the checkpoints of the run.
    Checkpoints,
    /// Make a summary checkpoint.
    Summary,
    /// Make a log-tail checkpoint.
    LogTail,
    /// Make a git-diff checkpoint.
    GitDiff,
    /// Go to the place in the log at which a checkpoint stands.
    Jump,
    /// Go to the other pane.
    Switch,
    /// Show what differs between two checkpoints.
    Compare,
    /// Copy the path of a file.
    Copy,
    /// Show a file in the pager or the editor.
    View,
    /// Down one page, with the key that elsewhere marks.
    NextPage,
    /// Show only runs that answer to what is typed.
    FilterRuns,
    /// Order the list of runs by something else.
    Order,
    /// Turn that order round.
    ReverseOrder,
    /// Show all attempts at a step, or only the latest.
    Attempts,
    /// Search the log.
    Search,
    /// Keep only entries that match, or drop them.
    Filter,
    /// Show the filters.
    Filters,
    /// Go to the next entry that matches the search.
    NextHit,
    /// Go to the previous one.
    PreviousHit,
    /// Go to a place that is typed.
    GoTo,
    /// Mark a place with a letter.
    MarkPlace,
    /// Go back to a place that is marked.
    ReturnToMark,
    /// Go to the next gap, checkpoint, worker event or error.
    NextOf,
    /// Go to the previous one.
    PreviousOf,
    /// Do what is typed.
    Accept,
    /// Leave what is typed.
    Abandon,
    /// Show an entry whole.
    Whole,
    /// Let the column of times tell something else.
    Times,
    /// Wrap long lines, or cut them.
    Wrap,
    /// Copy the text of an entry.
    CopyEntry,
    /// Begin a selection of entries, or end it.
    Select,
    /// Copy the texts of several entries.
    CopyLines,
    /// Change a filter.
    EditFilter,
    /// Add a filter.
    AddFilter,
    /// Switch a filter off or on.
    ToggleFilter,
    /// Take a filter away.
    RemoveFilter,
    /// Write what is asked for.
    Write,
    /// Begin another line of the text.
    NewLine,
    /// Go to the next thing that can be typed.
    NextField,
    /// Mask what looks like a secret, or leave it as it is.
    Redact,
    /// Leave what is asked for unwritten.
    Cancel,
    /// Say why the run is stuck, or that it is not.
    Why,
    /// Go to the next run that needs a person.
    NextNeed,
    /// Let a run that needs a person ask no more until something new happens.
    Acknowledge,
    /// Let a run ask for nobody for a while.
    Snooze,
    /// Tell of runs that end, fail or need a person, or no longer.
    Notify,
    /// Choose the next of the command lines.
    NextCommand,
    /// List the actions of the screen, to choose one.
    Palette,
    /// Take a notice off the status line.
    Dismiss,
    /// Show or leave the help.
    Help,
    /// Leave the screen.
    Back,
    /// Draw everything anew.
    Redraw,
    /// Stop the program until `fg`.
    Suspend,
    /// End the program.
    Quit,
}

/// A screen, as far as keys are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScreenKind {
    /// The list of runs.
    Runs,
    /// One run's merged log.
    Run,
    /// The checkpoints of one run.
    Checkpoints,
    /// Why one run is stuck, or that it is not.
    Why,
    /// What asks for a checkpoint to be made: other keys than its own are typed.
    Prompt,
    /// The line in which a search, a filter or a place is typed: so are other keys than its own.
    Line,
    /// The list of filters.
    Filters,
    /// One entry, whole.
    Entry,
    /// The help overlay.
    Help,
    /// The list of actions, out of which one is chosen by typing.
    Palette,
}

impl ScreenKind {
    /// All screens, in the order in which the README names them.
    pub const ALL: [Self; 10] = [
        Self::Runs,
        Self::Run,
        Self::Line,
        Self::Filters,
        Self::Entry,
        Self::Checkpoints,
        Self::Why,
        Self::Prompt,
        Self::Help,
        Self::Palette,
    ];

    /// What the screen is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "list of runs",
            Self::Run => "run",
            Self::Checkpoints => "checkpoints",
            Self::Why => "why",
            Self::Line => "search line",
            Self::Filters => "filters",
            Self::Entry => "entry",
            Self::Prompt => "prompt",
            Self::Help => "help",
            Self::Palette => "palette",
        }
    }

    /// Whether text is typed here, so that a character alone can stand for no action.
    #[must_use]
    pub fn is_typed_in(self) -> bool {
        matches!(self, Self::Prompt | Self::Line | Self::Palette)
    }
}

/// One row of the table of actions.
#[derive(Debug)]
pub struct ActionRow {
    /// The action.
    pub action: Action,
    /// Its name.
    pub name: &'static str,
    /// What it does, one sentence.
    pub help: &'static str,
    /// Its keys, where nobody wants others. Where the action takes a number, the first key stands
    /// for 1, and so on.
    pub keys: &'static [Key],
    /// The screens on which it works.
    pub screens: &'static [ScreenKind],
    /// The word in the footer, where it has a place there.
    pub footer: Option<&'static str>,
}

impl Action {
    /// By how many rows it moves a text of which `page` rows are turned at once: to the beginning and to
    /// the end by all there can be. `None` where it moves nothing.
    #[must_use]
    pub fn rows(self, page: isize) -> Option<isize> {
        Some(match self {
            Self::Up => -1,
            Self::Down => 1,
            Self::PageUp => -page,
            Self::PageDown | Self::NextPage => page,
            Self::First => isize::MIN,
            Self::Last => isize::MAX,
            _ => return None,
        })
    }
}

impl ActionRow {
    /// Whether it takes a number, which is said by the key.
    #[must_use]
    pub fn takes_number(&self) -> bool {
        self.action == Action::ToggleChannel
    }

    /// What it is called in the settings: its name in one word, for example `log-tail`.
    #[must_use]
    pub fn setting(&self) -> String {
        self.name.replace(' ', "-")
    }

    /// The screens on which it works, for people.
    #[must_use]
    pub fn place(&self) -> String {
        // Where something is typed only a few keys are not typed: that goes without saying.
        if EVERYWHERE.iter().all(|screen| self.screens.contains(screen)) {
            return "everywhere".to_owned();
        }
        self.screens.iter().map(|screen| screen.name()).collect::<Vec<_>>().join(", ")
    }
}

/// The key table of the README, as Markdown.
#[must_use]
pub fn key_table_markdown() -> String {
    let mut table = String::from("| keys | where | what |\n| --- | --- | --- |\n");
    for row in ACTIONS {
        let keys = match row.keys {
            [first, .., last] if row.keys.len() > 4 => format!("`{first}` … `{last}`"),
            keys => keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" "),
        };
        table.push_str(&format!("| {keys} | {} | {} |\n", row.place(), row.help));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn no_key_means_two_things_on_one_screen() {
        let table = KeyTable::default();
        for screen in ScreenKind::ALL {
            let mut seen: HashMap<Key, Action> = HashMap::new();
            for bound in table.rows_of(screen) {
                for key in bound.keys {
                    assert_eq!(seen.insert(*key, bound.row.action), None, "{key} on {screen:?}");
                }
            }
        }
    }

    #[test]
    fn every_action_has_a_name_of_its_own_in_the_settings() {
        let mut seen = HashSet::new();
        for row in ACTIONS {
            let name = row.setting();
            assert!(
                name.chars().all(|character| character.is_ascii_lowercase() || character == '-'),
                "{name}"
            );
            assert!(seen.insert(name), "{:?}", row.action);
        }
    }

    #[test]
    fn every_action_has_one_row_a_sentence_and_a_key() {
        let mut seen: Vec<Action> = Vec::new();
        for row in ACTIONS {
            assert!(!seen.contains(&row.action), "{:?} has two rows", row.action);
            seen.push(row.action);
            assert!(row.help.ends_with('.') && !row.keys.is_empty(), "{:?}", row.action);
            // So that it stands whole beside the keys in the smallest terminal that is promised.
            assert!(row.help.chars().count() <= 37, "{:?}", row.action);
        }
    }

    #[test]
    fn a_number_key_says_which_channel() {
        let table = KeyTable::default();
        assert_eq!(table.action_of(Key::character('3'), ScreenKind::Run), Some((Action::ToggleChannel, 2)));
        assert_eq!(table.action_of(Key::character('3'), ScreenKind::Runs), None);
    }
}
