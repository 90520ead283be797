//! On which screens the actions of the table work.

use super::ScreenKind;

pub(super) const RUNS: &[ScreenKind] = &[ScreenKind::Runs];
pub(super) const RUN: &[ScreenKind] = &[ScreenKind::Run];
pub(super) const CHECKPOINTS: &[ScreenKind] = &[ScreenKind::Checkpoints];
/// Where enter does what is typed.
pub(super) const TYPED: &[ScreenKind] = &[ScreenKind::Line, ScreenKind::Palette];
/// Where there is one entry that is meant.
pub(super) const ENTRIES: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Entry];
pub(super) const FILTERS: &[ScreenKind] = &[ScreenKind::Filters];
pub(super) const PROMPT: &[ScreenKind] = &[ScreenKind::Prompt];
/// Where something can be marked.
pub(super) const MARKING: &[ScreenKind] = &[ScreenKind::Runs, ScreenKind::Checkpoints];
/// Where nothing can be marked.
pub(super) const UNMARKING: &[ScreenKind] =
    &[ScreenKind::Run, ScreenKind::Entry, ScreenKind::Why, ScreenKind::Help];
/// Where text is wider than the screen.
pub(super) const SHIFTING: &[ScreenKind] = &[ScreenKind::Run, ScreenKind::Entry, ScreenKind::Checkpoints];
/// Where something can be said on the status line.
pub(super) const NOTICING: &[ScreenKind] =
    &[ScreenKind::Runs, ScreenKind::Run, ScreenKind::Entry, ScreenKind::Checkpoints, ScreenKind::Why];
/// Everywhere but in the help and where something is typed.
pub(super) const SCREENS: &[ScreenKind] =
    &[ScreenKind::Runs, ScreenKind::Run, ScreenKind::Checkpoints, ScreenKind::Why];
/// Where it can be asked why.
pub(super) const ASKING: &[ScreenKind] = &[ScreenKind::Runs, ScreenKind::Run, ScreenKind::Checkpoints];
pub(super) const WHY: &[ScreenKind] = &[ScreenKind::Why];
/// Where something can be copied.
pub(super) const COPYING: &[ScreenKind] = &[ScreenKind::Checkpoints, ScreenKind::Why];
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
/// Where something can be done beside reading the help.
pub(super) const CHOOSING: &[ScreenKind] = &[
    ScreenKind::Runs,
    ScreenKind::Run,
    ScreenKind::Filters,
    ScreenKind::Entry,
    ScreenKind::Checkpoints,
    ScreenKind::Why,
];
/// Also where something is typed.
pub(super) const ALWAYS: &[ScreenKind] = &ScreenKind::ALL;
