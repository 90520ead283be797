//! Where things stand on the terminal: cells, no drawing.

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
///  f follow   1 2 3 channels   ? help                                footer
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLayout {
    /// The first row of the log.
    pub log_top: u16,
    /// How many rows the log has.
    pub log_height: u16,
    /// The rule below the log.
    pub lower_rule: u16,
    /// The clocks.
    pub clocks: u16,
    /// The footer.
    pub footer: u16,
}

impl RunLayout {
    /// The layout in a terminal of that size. In one that is too small the log has one row.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let log_height = size.height.saturating_sub(5).max(1);
        let lower_rule = 2 + log_height;
        Self { log_top: 2, log_height, lower_rule, clocks: lower_rule + 1, footer: lower_rule + 2 }
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
