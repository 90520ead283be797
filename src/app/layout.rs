//! Where things stand on the terminal: cells, no drawing.

use super::time_column::TimeColumn;

/// The terminal's size in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// The smallest terminal in which the screens are drawn.
pub const SMALLEST: Size = Size { width: 40, height: 8 };

impl Size {
    /// Whether the screens can be drawn.
    #[must_use]
    pub fn is_enough(self) -> bool {
        self.width >= SMALLEST.width && self.height >= SMALLEST.height
    }
}

/// The rows of the run screen, from above:
/// ```text
///  task-42 › build › run-7   ● running 12m04s   codex   pid 4121     header
/// ─ merged by seq · follow ──────────────── 1 worker  2 stdout ─     rule
///   18199  08:12:01.220  worker  heartbeat lease=ok                  log
/// ─ 12 new below · G follows ───────────────────── 18199 (99%) ─     lower rule
///  idle  worker 5s   stdout 4m12s    rate ▁▂▇█▂▁▁▁▁  0/s             clocks
///  ▲ waiting for input for 4m12s: `npm` reads its terminal  w why    verdict
///  f follow   1 2 3 channels   ? help                                footer
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLayout {
    /// How many columns the log has: one or two beside it are the bar.
    pub log_width: u16,
    /// The first row of the log.
    pub log_top: u16,
    /// How many rows the log has.
    pub log_height: u16,
    /// The rule below the log.
    pub lower_rule: u16,
    /// The clocks.
    pub clocks: u16,
    /// What is said of the run, where there is room for that.
    pub verdict: Option<u16>,
    /// The footer.
    pub footer: u16,
}

/// In a narrower terminal a sign of the bar stands in place of its height.
const LEAST_WIDTH_FOR_SIGNS: u16 = 80;
/// In a lower terminal the log has the row.
const LEAST_HEIGHT_FOR_VERDICT: u16 = 12;

impl RunLayout {
    /// The layout in a terminal of that size. In one that is too small the log has one row.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let has_verdict = size.height >= LEAST_HEIGHT_FOR_VERDICT;
        let log_height = size.height.saturating_sub(if has_verdict { 6 } else { 5 }).max(1);
        let lower_rule = 2 + log_height;
        let clocks = lower_rule + 1;
        let verdict = has_verdict.then_some(clocks + 1);
        let bar_width = if size.width >= LEAST_WIDTH_FOR_SIGNS { 2 } else { 1 };
        let log_width = size.width.saturating_sub(bar_width);
        Self {
            log_width,
            log_top: 2,
            log_height,
            lower_rule,
            clocks,
            verdict,
            footer: verdict.unwrap_or(clocks) + 1,
        }
    }
}

/// The rows of the screen that says why: a title, a rule, the text, a rule, the footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhyLayout {
    /// The first row of the text.
    pub top: u16,
    /// How many rows the text has.
    pub height: u16,
    /// How many columns it has, after a margin of one.
    pub width: u16,
    /// The rule below it.
    pub lower_rule: u16,
    /// The footer.
    pub footer: u16,
}

impl WhyLayout {
    /// The layout in a terminal of that size. In one that is too small the text has one row.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let height = size.height.saturating_sub(4).max(1);
        let width = size.width.saturating_sub(2).max(1);
        Self { top: 2, height, width, lower_rule: 2 + height, footer: 3 + height }
    }
}

/// What a channel's name may take beside the log.
pub const CHANNEL_WIDTH: usize = 6;

/// Where the columns of the log stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogColumns {
    /// How wide the seqs are; 0 where there are none.
    pub seq: usize,
    /// 12 with milliseconds, 8 without, 0 where there is no room or no wish.
    pub time: usize,
    /// The first column of the text, from the left edge.
    pub text: u16,
}

impl LogColumns {
    /// The columns of a log that is so wide, in a run with that highest seq.
    #[must_use]
    pub fn new(width: u16, highest_seq: Option<u64>, times: TimeColumn) -> Self {
        let seq = highest_seq.map_or(0, |seq| seq.to_string().len().max(4));
        let time = match (times, width) {
            (TimeColumn::None, _) => 0,
            (_, 84..) => 12,
            (_, 56..) => 8,
            _ => 0,
        };
        let gap = |width: usize| if width > 0 { width + 2 } else { 0 };
        let text = 2 + gap(seq) + gap(time) + CHANNEL_WIDTH + 2;
        Self { seq, time, text: u16::try_from(text).unwrap_or(u16::MAX) }
    }
}

/// One entry over the log: a rule with its title, its lines, the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryLayout {
    /// The first row of its lines.
    pub top: u16,
    /// How many rows they have.
    pub height: u16,
    /// The keys.
    pub footer: u16,
}

impl EntryLayout {
    /// The layout in a terminal of that size. In one that is too small there is one row.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let height = size.height.saturating_sub(3).max(1);
        Self { top: 2, height, footer: 2 + height }
    }
}

/// The rows of the list of runs: a title, a rule, the heads of the columns, the runs, a rule, the
/// footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunsLayout {
    /// The first row of the runs.
    pub list_top: u16,
    /// How many rows the runs have.
    pub list_height: u16,
    /// The rule below them.
    pub lower_rule: u16,
    /// The footer.
    pub footer: u16,
}

impl RunsLayout {
    /// The layout in a terminal of that size. In one that is too small the list has one row.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let list_height = size.height.saturating_sub(5).max(1);
        let lower_rule = 3 + list_height;
        Self { list_top: 3, list_height, lower_rule, footer: lower_rule + 1 }
    }
}

/// The checkpoints screen, a list and a record beside it; one of the two where there is not room
/// for both:
/// ```text
///  task-42 › build › run-7   3 checkpoints   next 4                      title
/// ──────────────────────────────────┬──────────────────────────────     rule
/// ▶ 3 log_tail  ◆ operator    4m12s │ log_tail:checkpoints/0003-…       the record's head
///   last 20 entries up to seq 18204 │ ◆ operator  08:07:52  seq 18204
///   2 summary   ○ runner      9m10s │ [worker] heartbeat lease=ok       its text
/// ──────────────────────────────────┴──────────────────────────────     lower rule
///  enter to the log   space mark   = compare   ? help                    footer
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointsLayout {
    /// How many columns the list has, if both panes are shown.
    pub list_width: Option<u16>,
    /// The first row of the panes.
    pub top: u16,
    /// How many rows the panes have.
    pub height: u16,
    /// The first column of the record.
    pub record_left: u16,
    /// How many columns the record's text has.
    pub record_width: u16,
    /// How many rows the record's text has, below its head.
    pub text_height: u16,
    /// The rule below the panes.
    pub lower_rule: u16,
    /// The footer.
    pub footer: u16,
}

/// How many rows one record takes in the list.
pub const RECORD_ROWS: u16 = 2;
/// How many rows the head of a record takes.
pub const RECORD_HEAD: u16 = 2;
/// The narrowest terminal that shows the list and the record beside each other.
const BOTH_PANES: u16 = 76;

impl CheckpointsLayout {
    /// The layout in a terminal of that size.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let height = size.height.saturating_sub(4).max(1);
        let list_width = (size.width >= BOTH_PANES).then(|| (size.width * 2 / 5).clamp(32, 48));
        // A rule and a space stand between the two.
        let record_left = list_width.map_or(1, |width| width + 2);
        Self {
            list_width,
            top: 2,
            height,
            record_left,
            record_width: size.width.saturating_sub(record_left + 1).max(1),
            text_height: height.saturating_sub(RECORD_HEAD).max(1),
            lower_rule: 2 + height,
            footer: 3 + height,
        }
    }

    /// How many records the list shows.
    #[must_use]
    pub fn records(self) -> usize {
        usize::from((self.height / RECORD_ROWS).max(1))
    }
}

/// The prompt over the lower part of a screen: a rule with its title, what is typed, what would be
/// written, a note, and the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptLayout {
    /// The rule above it.
    pub top: u16,
    /// The first row of what is typed.
    pub fields: u16,
    /// How many rows that has.
    pub fields_height: u16,
    /// The first row of what would be written.
    pub preview: u16,
    /// How many rows that has.
    pub preview_height: u16,
    /// The note.
    pub note: u16,
    /// The keys.
    pub footer: u16,
}

impl PromptLayout {
    /// The layout in a terminal of that size, for so many rows of what is typed and would be
    /// written. What would be written gives way first.
    #[must_use]
    pub fn new(size: Size, fields: usize, preview: usize) -> Self {
        let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        // The title of the screen stays in sight, and so do the rule, the note and the keys.
        let room = size.height.saturating_sub(4);
        let fields_height = rows(fields).min(room.max(1));
        let preview_height = rows(preview).min(room.saturating_sub(fields_height));
        let footer = size.height.saturating_sub(1);
        let note = footer.saturating_sub(1);
        let preview = note.saturating_sub(preview_height);
        let fields = preview.saturating_sub(fields_height);
        Self { top: fields.saturating_sub(1), fields, fields_height, preview, preview_height, note, footer }
    }
}
