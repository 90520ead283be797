//! The one table of actions. What a key does, the help overlay, the footer and the README's key
//! table all come from it.

mod table;

pub use table::ACTIONS;

use super::key::Key;
use table::EVERYWHERE;

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
}

impl ScreenKind {
    /// All screens, in the order in which the README names them.
    pub const ALL: [Self; 8] = [
        Self::Runs,
        Self::Run,
        Self::Line,
        Self::Filters,
        Self::Entry,
        Self::Checkpoints,
        Self::Prompt,
        Self::Help,
    ];

    /// What the screen is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "list of runs",
            Self::Run => "run",
            Self::Checkpoints => "checkpoints",
            Self::Line => "search line",
            Self::Filters => "filters",
            Self::Entry => "entry",
            Self::Prompt => "prompt",
            Self::Help => "help",
        }
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
    /// Its keys. Where the action takes a number, the first key stands for 1, and so on.
    pub keys: &'static [Key],
    /// The screens on which it works.
    pub screens: &'static [ScreenKind],
    /// The word in the footer, where it has a place there.
    pub footer: Option<&'static str>,
}

impl ActionRow {
    /// The keys as they are written in the help: `g home`, or `1 … 9` for a row of many.
    #[must_use]
    pub fn keys_text(&self) -> String {
        match self.keys {
            [first, .., last] if self.keys.len() > 4 => format!("{first} … {last}"),
            keys => keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" "),
        }
    }
}

/// The rows that work on `screen`, in the order of the table.
pub fn rows_of(screen: ScreenKind) -> impl Iterator<Item = &'static ActionRow> {
    ACTIONS.iter().filter(move |row| row.screens.contains(&screen))
}

/// What `key` means on `screen`: the action, and which of its keys it was, from 0.
#[must_use]
pub fn action_of(key: Key, screen: ScreenKind) -> Option<(Action, usize)> {
    rows_of(screen)
        .find_map(|row| row.keys.iter().position(|bound| *bound == key).map(|which| (row.action, which)))
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
        // Where something is typed only a few keys are not typed: that goes without saying.
        let place = if EVERYWHERE.iter().all(|screen| row.screens.contains(screen)) {
            "everywhere".to_owned()
        } else {
            row.screens.iter().map(|screen| screen.name()).collect::<Vec<_>>().join(", ")
        };
        table.push_str(&format!("| {keys} | {place} | {} |\n", row.help));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_key_means_two_things_on_one_screen() {
        for screen in ScreenKind::ALL {
            let mut seen: HashMap<Key, Action> = HashMap::new();
            for row in rows_of(screen) {
                for key in row.keys {
                    assert_eq!(seen.insert(*key, row.action), None, "{key} on {screen:?}");
                }
            }
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
        assert_eq!(action_of(Key::character('3'), ScreenKind::Run), Some((Action::ToggleChannel, 2)));
        assert_eq!(action_of(Key::character('3'), ScreenKind::Runs), None);
    }
}
