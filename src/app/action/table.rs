//! The rows of the table of actions.

use super::{Action, ActionRow, ScreenKind};
use crate::app::key::{Key, KeyCode};

const RUNS: &[ScreenKind] = &[ScreenKind::Runs];
const RUN: &[ScreenKind] = &[ScreenKind::Run];
const CHECKPOINTS: &[ScreenKind] = &[ScreenKind::Checkpoints];
const LINE: &[ScreenKind] = &[ScreenKind::Line];
const FILTERS: &[ScreenKind] = &[ScreenKind::Filters];
const PROMPT: &[ScreenKind] = &[ScreenKind::Prompt];
/// Where something can be marked.
const MARKING: &[ScreenKind] = &[ScreenKind::Runs, ScreenKind::Checkpoints];
/// Where nothing can be marked.
const UNMARKING: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Why, ScreenKind::Help];
/// Where text is wider than the screen.
const SHIFTING: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Checkpoints];
/// Everywhere but in the help and where something is typed.
const SCREENS: &[ScreenKind] = &[ScreenKind::Runs, ScreenKind::Run, ScreenKind::Checkpoints, ScreenKind::Why];
/// Where it can be asked why.
const ASKING: &[ScreenKind] = &[ScreenKind::Runs, ScreenKind::Run, ScreenKind::Checkpoints];
const WHY: &[ScreenKind] = &[ScreenKind::Why];
/// Where something can be copied.
const COPYING: &[ScreenKind] = &[ScreenKind::Checkpoints, ScreenKind::Why];
/// Everywhere but where something is typed.
pub(super) const EVERYWHERE: &[ScreenKind] = &[
    ScreenKind::Runs,
    ScreenKind::Run,
    ScreenKind::Filters,
    ScreenKind::Checkpoints,
    ScreenKind::Why,
    ScreenKind::Help,
];
/// Also where something is typed.
const ALWAYS: &[ScreenKind] = &ScreenKind::ALL;

const fn plain(code: KeyCode) -> Key {
    Key::plain(code)
}

const fn character(character: char) -> Key {
    Key::character(character)
}

const fn row(
    action: Action,
    name: &'static str,
    help: &'static str,
    keys: &'static [Key],
    screens: &'static [ScreenKind],
    footer: Option<&'static str>,
) -> ActionRow {
    ActionRow { action, name, help, keys, screens, footer }
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
    row(Action::Accept, "accept", "Do what is typed.", &[plain(KeyCode::Enter)], LINE, Some("go on")),
    row(
        Action::Abandon,
        "abandon",
        "Leave it, and go back to before.",
        &[plain(KeyCode::Escape), Key::control('c')],
        LINE,
        Some("leave"),
    ),
    row(Action::EditFilter, "edit", "Change the filter.", &[plain(KeyCode::Enter)], FILTERS, Some("edit")),
    row(
        Action::ToggleFilter,
        "toggle",
        "Switch the filter off or on.",
        &[character(' ')],
        FILTERS,
        Some("off or on"),
    ),
    row(Action::RemoveFilter, "remove", "Take the filter away.", &[character('x')], FILTERS, Some("remove")),
    row(Action::AddFilter, "add", "Add a filter.", &[character('&')], FILTERS, Some("add")),
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
    row(Action::Search, "search", "Search: a regular expression.", &[character('/')], RUN, Some("search")),
    row(Action::NextHit, "next hit", "To the next hit of the search.", &[character('n')], RUN, None),
    row(
        Action::PreviousHit,
        "previous hit",
        "To the previous hit of the search.",
        &[character('N')],
        RUN,
        None,
    ),
    row(
        Action::Filter,
        "filter",
        "Keep what matches; ! in front drops.",
        &[character('&')],
        RUN,
        Some("filter"),
    ),
    row(Action::Filters, "filters", "List the filters, to switch them off.", &[character('F')], RUN, None),
    row(Action::GoTo, "go to", "To a seq, 08:12, -5m, c2 or 50%.", &[character(':')], RUN, None),
    row(
        Action::MarkPlace,
        "mark place",
        "Mark this place with the next letter.",
        &[character('m')],
        RUN,
        None,
    ),
    row(Action::ReturnToMark, "return", "To that mark; '' to before a jump.", &[character('\'')], RUN, None),
    row(Action::NextOf, "next", "Next: g gap c ckpt w worker e error.", &[character(']')], RUN, None),
    row(Action::PreviousOf, "previous", "Previous: g, c, w or e as after ].", &[character('[')], RUN, None),
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
        name: "copy",
        help: "Copy the record's path, or a command.",
        keys: &[character('y')],
        screens: COPYING,
        footer: Some("copy"),
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
        action: Action::NextCommand,
        name: "next command",
        help: "Choose the next command to copy.",
        keys: &[plain(KeyCode::Tab)],
        screens: WHY,
        footer: None,
    },
    ActionRow {
        action: Action::NextNeed,
        name: "next in need",
        help: "To the next run that needs a person.",
        keys: &[character('!')],
        screens: SCREENS,
        footer: None,
    },
    ActionRow {
        action: Action::Acknowledge,
        name: "acknowledge",
        help: "Seen: ask again when it is news.",
        keys: &[character('a')],
        screens: SCREENS,
        footer: None,
    },
    ActionRow {
        action: Action::Snooze,
        name: "snooze",
        help: "Let it ask for nobody for 15 minutes.",
        keys: &[character('A')],
        screens: SCREENS,
        footer: None,
    },
    ActionRow {
        action: Action::Notify,
        name: "notify",
        help: "Bell and notification: on, or off.",
        keys: &[character('b')],
        screens: SCREENS,
        footer: None,
    },
    ActionRow {
        action: Action::Why,
        name: "why",
        help: "Say what it is stuck on, if it is.",
        keys: &[character('w')],
        screens: ASKING,
        footer: Some("why"),
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
        action: Action::Checkpoints,
        name: "checkpoints",
        help: "Show the run's checkpoints.",
        keys: &[character('c')],
        screens: RUN,
        footer: Some("checkpoints"),
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
