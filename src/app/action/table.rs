//! The rows of the table of actions.

use super::{Action, ActionRow, ScreenKind};
use crate::app::key::{Key, KeyCode};

const RUNS: &[ScreenKind] = &[ScreenKind::Runs];
const RUN: &[ScreenKind] = &[ScreenKind::Run];
const CHECKPOINTS: &[ScreenKind] = &[ScreenKind::Checkpoints];
const LINE: &[ScreenKind] = &[ScreenKind::Line];
/// Where there is one entry that is meant.
const ENTRIES: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Entry];
const FILTERS: &[ScreenKind] = &[ScreenKind::Filters];
const PROMPT: &[ScreenKind] = &[ScreenKind::Prompt];
/// Where something can be marked.
const MARKING: &[ScreenKind] = &[ScreenKind::Runs, ScreenKind::Checkpoints];
/// Where nothing can be marked.
const UNMARKING: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Entry, ScreenKind::Why, ScreenKind::Help];
/// Where text is wider than the screen.
const SHIFTING: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Entry, ScreenKind::Checkpoints];
/// Where something can be said on the status line.
const NOTICING: &[ScreenKind] =
    &[ScreenKind::Runs, ScreenKind::Run, ScreenKind::Entry, ScreenKind::Checkpoints, ScreenKind::Why];
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
    ScreenKind::Entry,
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
    row(
        Action::NextOf,
        "next",
        "Next: g gap c ckpt w worker e error r warning.",
        &[character(']')],
        RUN,
        None,
    ),
    row(
        Action::PreviousOf,
        "previous",
        "Previous: g, c, w, e or r as after ].",
        &[character('[')],
        RUN,
        None,
    ),
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
    row(
        Action::Whole,
        "entry",
        "Show the entry whole, or leave it.",
        &[plain(KeyCode::Enter)],
        ENTRIES,
        None,
    ),
    row(Action::Wrap, "wrap", "Wrap long lines, or cut them.", &[character('W')], RUN, None),
    row(Action::Times, "times", "Time: clock, from start, above, none.", &[character('T')], RUN, None),
    row(
        Action::CopyEntry,
        "copy entry",
        "Copy the text of the entry.",
        &[character('y')],
        ENTRIES,
        Some("copy"),
    ),
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
    row(
        Action::Up,
        "up",
        "Up a line; a log stops following.",
        &[plain(KeyCode::Up), character('k')],
        EVERYWHERE,
        None,
    ),
    row(Action::Down, "down", "Down a line.", &[plain(KeyCode::Down), character('j')], EVERYWHERE, None),
    row(
        Action::PageUp,
        "page up",
        "Up a page.",
        &[plain(KeyCode::PageUp), Key::control('b')],
        EVERYWHERE,
        None,
    ),
    row(
        Action::PageDown,
        "page down",
        "Down a page.",
        &[plain(KeyCode::PageDown), Key::control('f')],
        EVERYWHERE,
        None,
    ),
    ActionRow {
        action: Action::NextPage,
        name: "next page",
        help: "Down a page.",
        keys: &[character(' ')],
        screens: UNMARKING,
        footer: None,
    },
    row(
        Action::First,
        "first",
        "To the beginning.",
        &[character('g'), plain(KeyCode::Home)],
        EVERYWHERE,
        None,
    ),
    row(
        Action::Last,
        "last",
        "To the end; a log follows again.",
        &[character('G'), plain(KeyCode::End)],
        EVERYWHERE,
        None,
    ),
    row(
        Action::Left,
        "left",
        "See further left in long lines.",
        &[plain(KeyCode::Left), character('h')],
        SHIFTING,
        None,
    ),
    row(
        Action::Right,
        "right",
        "See further right in long lines.",
        &[plain(KeyCode::Right), character('l')],
        SHIFTING,
        None,
    ),
    ActionRow {
        action: Action::Dismiss,
        name: "dismiss",
        help: "Take the notice off the status line.",
        keys: &[character('x')],
        screens: NOTICING,
        footer: None,
    },
    row(Action::Help, "help", "Show these keys, or leave them.", &[character('?')], EVERYWHERE, Some("help")),
    row(
        Action::Back,
        "back",
        "Leave this screen, or the program.",
        &[character('q'), plain(KeyCode::Escape)],
        EVERYWHERE,
        Some("back"),
    ),
    row(Action::Redraw, "redraw", "Draw the whole screen anew.", &[Key::control('l')], ALWAYS, None),
    row(Action::Suspend, "suspend", "Stop the program until `fg`.", &[Key::control('z')], ALWAYS, None),
    ActionRow {
        action: Action::Quit,
        name: "quit",
        help: "End the program.",
        keys: &[Key::control('c'), character('Q')],
        screens: EVERYWHERE,
        footer: None,
    },
];
