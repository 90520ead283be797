//! The state of the checkpoints screen. The selection stays with its record, whatever comes and
//! goes; until one is chosen the newest is selected.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::action::Action;
use super::layout::{CheckpointsLayout, RECORD_ROWS, Size};
use super::record_text::TextLine;
use super::records::{Records, ShownRecord};
use super::wrap::wrap;

/// How many columns one step to the side is.
const SIDE_STEP: usize = 16;

/// The checkpoints screen.
#[derive(Debug, Default)]
pub struct CheckpointsScreen {
    /// The name of the selected record's file; `None` is the newest.
    selected: Option<String>,
    marked: Option<String>,
    /// Whether the record has the keys, and not the list.
    in_record: bool,
    /// The first row of the record's text in sight.
    top: usize,
    /// Columns that are out of sight on the left.
    left: usize,
    compared: Option<Compared>,
    laid_out: RefCell<Option<LaidOut>>,
}

/// Two records, the earlier one first.
type Pair = (Arc<ShownRecord>, Arc<ShownRecord>);

/// What differs between two records.
#[derive(Debug)]
struct Compared {
    ticket: u64,
    title: String,
    /// `None` while that is being found out.
    lines: Option<Arc<Vec<TextLine>>>,
}

/// One row of a record's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextRow {
    /// The index of the line.
    pub line: usize,
    /// What stands in the row, already harmless, where the line goes over several.
    pub part: Option<String>,
}

/// The rows of a text at a width, so that they are not made at every frame.
#[derive(Clone, Debug)]
struct LaidOut {
    text: Text,
    width: u16,
    rows: Rc<Vec<TextRow>>,
}

/// What is shown beside the list.
#[derive(Clone, Debug)]
pub enum Text {
    /// A record.
    Record(Arc<ShownRecord>),
    /// What differs between two.
    Difference(Arc<Vec<TextLine>>),
}

impl Text {
    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[TextLine] {
        match self {
            Self::Record(record) => record.lines(),
            Self::Difference(lines) => lines,
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Record(one), Self::Record(other)) => Arc::ptr_eq(one, other),
            (Self::Difference(one), Self::Difference(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl CheckpointsScreen {
    /// The index of the selected record; 0 where there is none.
    #[must_use]
    pub fn selected(&self, records: &Records) -> usize {
        let newest = records.records.len().saturating_sub(1);
        self.selected.as_ref().and_then(|name| records.index_of(name)).unwrap_or(newest)
    }

    /// The selected record, if there is any.
    #[must_use]
    pub fn record<'r>(&self, records: &'r Records) -> Option<&'r Arc<ShownRecord>> {
        records.records.get(self.selected(records))
    }

    /// Whether that record is marked.
    #[must_use]
    pub fn is_marked(&self, record: &ShownRecord) -> bool {
        self.marked.as_deref() == Some(record.name())
    }

    /// Whether the record has the keys, and not the list.
    #[must_use]
    pub fn in_record(&self) -> bool {
        self.in_record
    }

    /// The first row of the text in sight, in a terminal of that size.
    #[must_use]
    pub fn top(&self, records: &Records, size: Size) -> usize {
        let height = usize::from(CheckpointsLayout::new(size).text_height);
        self.top.min(self.rows(records, size).len().saturating_sub(height))
    }

    /// Columns of the text that are out of sight on the left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left
    }

    /// What is compared, if two records are.
    #[must_use]
    pub fn comparison(&self) -> Option<&str> {
        self.compared.as_ref().map(|compared| compared.title.as_str())
    }

    /// The index of the first record in sight.
    #[must_use]
    pub fn list_top(&self, records: &Records, size: Size) -> usize {
        let visible = CheckpointsLayout::new(size).records();
        let last_top = records.records.len().saturating_sub(visible);
        (self.selected(records) + 1).saturating_sub(visible.div_ceil(2)).min(last_top)
    }

    /// What is shown beside the list; `None` where there is nothing, or not yet.
    #[must_use]
    pub fn text(&self, records: &Records) -> Option<Text> {
        match &self.compared {
            Some(compared) => compared.lines.clone().map(Text::Difference),
            None => self.record(records).cloned().map(Text::Record),
        }
    }

    /// The rows of the text.
    #[must_use]
    pub fn rows(&self, records: &Records, size: Size) -> Rc<Vec<TextRow>> {
        let Some(text) = self.text(records) else { return Rc::default() };
        let width = CheckpointsLayout::new(size).record_width;
        let mut laid_out = self.laid_out.borrow_mut();
        if let Some(known) = laid_out.as_ref().filter(|known| known.width == width && known.text.is(&text)) {
            return Rc::clone(&known.rows);
        }
        let rows = Rc::new(rows_of(text.lines(), usize::from(width)));
        *laid_out = Some(LaidOut { text, width, rows: Rc::clone(&rows) });
        rows
    }

    pub(super) fn act(&mut self, action: Action, records: &Records, size: Size) {
        let layout = CheckpointsLayout::new(size);
        let page = if self.in_record { usize::from(layout.text_height) } else { layout.records() };
        let page = page.saturating_sub(1).max(1).cast_signed();
        if let Some(rows) = action.rows(page) {
            return self.go(rows, records, size);
        }
        match action {
            Action::Switch => self.in_record = !self.in_record,
            Action::Right if !self.in_record => self.in_record = true,
            Action::Right => self.shift(records, size),
            Action::Left if self.left == 0 => self.in_record = false,
            Action::Left => self.left = self.left.saturating_sub(SIDE_STEP),
            Action::Mark => {
                let name = self.record(records).map(|record| record.name().to_owned());
                self.marked = if self.marked == name { None } else { name };
            }
            _ => {}
        }
    }

    /// No further than the longest line in sight reaches.
    fn shift(&mut self, records: &Records, size: Size) {
        let Some(text) = self.text(records) else { return };
        let beyond = self.left + usize::from(CheckpointsLayout::new(size).record_width);
        if self.reaches(&text, &self.rows(records, size), beyond, records, size) {
            self.left += SIDE_STEP;
        }
    }

    fn reaches(&self, text: &Text, rows: &[TextRow], column: usize, records: &Records, size: Size) -> bool {
        let height = usize::from(CheckpointsLayout::new(size).text_height);
        let limits = crate::display::Limits { from: column, columns: 1, lines: 1 };
        rows.iter().skip(self.top(records, size)).take(height).any(|row| {
            let line = text.lines().get(row.line).filter(|_| row.part.is_none());
            line.is_some_and(|line| {
                crate::display::lines(line.text.as_bytes(), limits).iter().any(|line| line.width > 0)
            })
        })
    }

    fn go(&mut self, by: isize, records: &Records, size: Size) {
        if self.in_record {
            let top = self.top(records, size);
            self.top = top.saturating_add_signed(by);
            self.top = self.top(records, size);
            return;
        }
        let last = records.records.len().saturating_sub(1);
        self.select(self.selected(records).saturating_add_signed(by).min(last), records);
    }

    fn select(&mut self, index: usize, records: &Records) {
        let name = records.records.get(index).map(|record| record.name().to_owned());
        if name.as_deref() != self.record(records).map(|record| record.name()) {
            (self.top, self.left, self.compared) = (0, 0, None);
        }
        self.selected = name;
    }

    pub(super) fn scroll(&mut self, rows: i32, records: &Records, size: Size) {
        let rows = if self.in_record { rows } else { rows.signum() };
        self.go(rows as isize, records, size);
    }

    /// Selects the record on that row of the screen, where the list is shown.
    pub(super) fn click(&mut self, row: u16, records: &Records, size: Size) {
        let layout = CheckpointsLayout::new(size);
        if self.in_record && layout.list_width.is_none() {
            return;
        }
        let Some(row) = row.checked_sub(layout.top).filter(|row| *row < layout.height) else { return };
        let index = self.list_top(records, size) + usize::from(row / RECORD_ROWS);
        if index < records.records.len() {
            self.in_record = false;
            self.select(index, records);
        }
    }

    /// Leaves what covers the rest of the screen; says whether there was anything.
    pub(super) fn back(&mut self, size: Size) -> bool {
        if self.compared.take().is_some() {
            self.top = 0;
            return true;
        }
        let covers = self.in_record && CheckpointsLayout::new(size).list_width.is_none();
        self.in_record &= !covers;
        covers
    }

    /// The two records that are to be compared: the marked one, else the one before of the same
    /// type, and the selected one, in their order; or why there are none. A comparison that is shown
    /// is left.
    pub(super) fn compare(&mut self, records: &Records, ticket: u64) -> Result<Option<Pair>, &'static str> {
        if self.compared.take().is_some() {
            self.top = 0;
            return Ok(None);
        }
        let index = self.selected(records);
        let Some(selected) = records.records.get(index) else { return Err("there is no checkpoint yet") };
        let marked = self.marked.as_deref().and_then(|name| records.index_of(name)).filter(|at| *at != index);
        let before_it = || {
            let before = records.records.get(..index).unwrap_or_default();
            before.iter().rposition(|record| record.kind() == selected.kind())
        };
        let Some(other) = marked.or_else(before_it) else {
            return Err("none before it is of its type: mark another one with space");
        };
        let pick = |at: usize| records.records.get(at).cloned();
        let (Some(before), Some(after)) = (pick(other.min(index)), pick(other.max(index))) else {
            return Err("there is no checkpoint yet");
        };
        let title = format!("from {} to {}", before.name(), after.name());
        (self.top, self.left) = (0, 0);
        self.compared = Some(Compared { ticket, title, lines: None });
        Ok(Some((before, after)))
    }

    pub(super) fn take_comparison(&mut self, ticket: u64, lines: Vec<TextLine>) -> bool {
        let Some(compared) = self.compared.as_mut().filter(|compared| compared.ticket == ticket) else {
            return false;
        };
        compared.lines = Some(Arc::new(lines));
        true
    }
}

fn rows_of(lines: &[TextLine], width: usize) -> Vec<TextRow> {
    let mut rows = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        if line.wraps() {
            let parts = wrap(&line.text, width);
            rows.extend(parts.into_iter().map(|part| TextRow { line: index, part: Some(part) }));
        } else {
            rows.push(TextRow { line: index, part: None });
        }
    }
    rows
}
