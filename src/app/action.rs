//! The one table of actions. What a key does, the help overlay, the footer and the README's key
//! table all come from it.

use super::key::{Key, KeyCode};

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
    /// The help overlay.
    Help,
}

impl ScreenKind {
    /// All screens, in the order in which the README names them.
    pub const ALL: [Self; 5] = [Self::Runs, Self::Run, Self::Checkpoints, Self::Prompt, Self::Help];

    /// What the screen is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "list of runs",
            Self::Run => "run",
            Self::Checkpoints => "checkpoints",
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

const RUNS: &[ScreenKind] = &[ScreenKind::Runs];
const RUN: &[ScreenKind] = &[ScreenKind::Run];
const CHECKPOINTS: &[ScreenKind] = &[ScreenKind::Checkpoints];
const PROMPT: &[ScreenKind] = &[ScreenKind::Prompt];
/// Where something can be marked.
const MARKING: &[ScreenKind] = &[ScreenKind::Runs, ScreenKind::Checkpoints];
/// Where nothing can be marked.
const UNMARKING: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Help];
/// Where text is wider than the screen.
const SHIFTING: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Checkpoints];
/// Everywhere but in the help and where something is typed.
const SCREENS: &[ScreenKind] = &[ScreenKind::Runs, ScreenKind::Run, ScreenKind::Checkpoints];
/// Everywhere but where something is typed.
const EVERYWHERE: &[ScreenKind] =
    &[ScreenKind::Runs, ScreenKind::Run, ScreenKind::Checkpoints, ScreenKind::Help];
/// Also where something is typed.
const ALWAYS: &[ScreenKind] = &ScreenKind::ALL;

const fn plain(code: KeyCode) -> Key {
    Key::plain(code)
}

const fn character(character: char) -> Key {
    Key::character(character)
}

/// The table. Its order is the order of the help and of the footer.
pub const ACTIONS: &[ActionRow] = &[
    ActionRow {
        action: Action::Open,
        name: "open",
        help: "Open the selected run.",
        keys: &[plain(KeyCode::Enter)],
        screens: RUNS,
        footer: Some("open"),
    },
    ActionRow {
        action: Action::Write,
        name: "write",
        help: "Write the checkpoint.",
        keys: &[plain(KeyCode::Enter)],
        screens: PROMPT,
        footer: Some("write"),
    },
    ActionRow {
        action: Action::Cancel,
        name: "cancel",
        help: "Leave without writing anything.",
        keys: &[plain(KeyCode::Escape), Key::control('c')],
        screens: PROMPT,
        footer: Some("leave"),
    },
    ActionRow {
        action: Action::NewLine,
        name: "new line",
        help: "Begin another line of a summary.",
        keys: &[Key::alt(KeyCode::Enter)],
        screens: PROMPT,
        footer: None,
    },
    ActionRow {
        action: Action::NextField,
        name: "next field",
        help: "To the next thing that can be typed.",
        keys: &[plain(KeyCode::Tab)],
        screens: PROMPT,
        footer: Some("next"),
    },
    ActionRow {
        action: Action::Redact,
        name: "redact",
        help: "Mask what looks like a secret.",
        keys: &[Key::control('r')],
        screens: PROMPT,
        footer: Some("mask secrets"),
    },
    ActionRow {
        action: Action::Jump,
        name: "jump",
        help: "Go to where it stands in the log.",
        keys: &[plain(KeyCode::Enter)],
        screens: CHECKPOINTS,
        footer: Some("to the log"),
    },
    ActionRow {
        action: Action::Follow,
        name: "follow",
        help: "Follow new entries, or hold still.",
        keys: &[character('f')],
        screens: RUN,
        footer: Some("follow"),
    },
    ActionRow {
        action: Action::ToggleChannel,
        name: "channel",
        help: "Show or hide a channel by its number.",
        keys: &[
            character('1'),
            character('2'),
            character('3'),
            character('4'),
            character('5'),
            character('6'),
            character('7'),
            character('8'),
            character('9'),
        ],
        screens: RUN,
        footer: Some("channel"),
    },
    ActionRow {
        action: Action::Checkpoints,
        name: "checkpoints",
        help: "Show the run's checkpoints.",
        keys: &[character('c')],
        screens: RUN,
        footer: Some("checkpoints"),
    },
    ActionRow {
        action: Action::Mark,
        name: "mark",
        help: "Mark, or take the mark away.",
        keys: &[character(' ')],
        screens: MARKING,
        footer: Some("mark"),
    },
    ActionRow {
        action: Action::Compare,
        name: "compare",
        help: "What differs from the marked one.",
        keys: &[character('=')],
        screens: CHECKPOINTS,
        footer: Some("compare"),
    },
    ActionRow {
        action: Action::Switch,
        name: "other pane",
        help: "To the list or the record beside it.",
        keys: &[plain(KeyCode::Tab)],
        screens: CHECKPOINTS,
        footer: Some("pane"),
    },
    ActionRow {
        action: Action::Copy,
        name: "copy path",
        help: "Copy the path of the record's file.",
        keys: &[character('y')],
        screens: CHECKPOINTS,
        footer: Some("copy path"),
    },
    ActionRow {
        action: Action::View,
        name: "view",
        help: "Show the file in $PAGER or $EDITOR.",
        keys: &[character('e')],
        screens: CHECKPOINTS,
        footer: Some("pager"),
    },
    ActionRow {
        action: Action::Summary,
        name: "summary",
        help: "Make a checkpoint: a summary.",
        keys: &[character('s')],
        screens: SCREENS,
        footer: Some("summary"),
    },
    ActionRow {
        action: Action::LogTail,
        name: "log tail",
        help: "Make one of the log's last entries.",
        keys: &[character('t')],
        screens: SCREENS,
        footer: Some("log tail"),
    },
    ActionRow {
        action: Action::GitDiff,
        name: "git diff",
        help: "Make one of the changes in git.",
        keys: &[character('d')],
        screens: SCREENS,
        footer: Some("git diff"),
    },
    ActionRow {
        action: Action::Up,
        name: "up",
        help: "Up a line; a log stops following.",
        keys: &[plain(KeyCode::Up), character('k')],
        screens: EVERYWHERE,
        footer: None,
    },
    ActionRow {
        action: Action::Down,
        name: "down",
        help: "Down a line.",
        keys: &[plain(KeyCode::Down), character('j')],
        screens: EVERYWHERE,
        footer: None,
    },
    ActionRow {
        action: Action::PageUp,
        name: "page up",
        help: "Up a page.",
        keys: &[plain(KeyCode::PageUp), Key::control('b')],
        screens: EVERYWHERE,
        footer: None,
    },
    ActionRow {
        action: Action::PageDown,
        name: "page down",
        help: "Down a page.",
        keys: &[plain(KeyCode::PageDown), Key::control('f')],
        screens: EVERYWHERE,
        footer: None,
    },
    ActionRow {
        action: Action::NextPage,
        name: "next page",
        help: "Down a page.",
        keys: &[character(' ')],
        screens: UNMARKING,
        footer: None,
    },
    ActionRow {
        action: Action::First,
        name: "first",
        help: "To the beginning.",
        keys: &[character('g'), plain(KeyCode::Home)],
        screens: EVERYWHERE,
        footer: None,
    },
    ActionRow {
        action: Action::Last,
        name: "last",
        help: "To the end; a log follows again.",
        keys: &[character('G'), plain(KeyCode::End)],
        screens: EVERYWHERE,
        footer: None,
    },
    ActionRow {
        action: Action::Left,
        name: "left",
        help: "See further left in long lines.",
        keys: &[plain(KeyCode::Left), character('h')],
        screens: SHIFTING,
        footer: None,
    },
    ActionRow {
        action: Action::Right,
        name: "right",
        help: "See further right in long lines.",
        keys: &[plain(KeyCode::Right), character('l')],
        screens: SHIFTING,
        footer: None,
    },
    ActionRow {
        action: Action::Dismiss,
        name: "dismiss",
        help: "Take the notice off the status line.",
        keys: &[character('x')],
        screens: SCREENS,
        footer: None,
    },
    ActionRow {
        action: Action::Help,
        name: "help",
        help: "Show these keys, or leave them.",
        keys: &[character('?')],
        screens: EVERYWHERE,
        footer: Some("help"),
    },
    ActionRow {
        action: Action::Back,
        name: "back",
        help: "Leave this screen, or the program.",
        keys: &[character('q'), plain(KeyCode::Escape)],
        screens: EVERYWHERE,
        footer: Some("back"),
    },
    ActionRow {
        action: Action::Redraw,
        name: "redraw",
        help: "Draw the whole screen anew.",
        keys: &[Key::control('l')],
        screens: ALWAYS,
        footer: None,
    },
    ActionRow {
        action: Action::Suspend,
        name: "suspend",
        help: "Stop the program until `fg`.",
        keys: &[Key::control('z')],
        screens: ALWAYS,
        footer: None,
    },
    ActionRow {
        action: Action::Quit,
        name: "quit",
        help: "End the program.",
        keys: &[Key::control('c'), character('Q')],
        screens: EVERYWHERE,
        footer: None,
    },
];

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
