//! The state of the list of runs. The selection stays with its run, whatever row that is on.

mod filter;
mod order;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use order::RunOrder;
pub use rows::Attempts;

use super::action::Action;
use super::attention::Attention;
use super::editor::Editor;
use super::layout::{RunsLayout, Size};
use crate::diagnose::RunSummary;
use crate::run::{Now, RunDirectory, Status};
use rows::StepKey;

/// What whoever watches the roots found there.
#[derive(Clone, Debug, Default)]
pub struct RunsFound {
    /// The runs, in any order.
    pub runs: Vec<Arc<RunSummary>>,
    /// The roots that could not be looked into, and why.
    pub troubles: Vec<(PathBuf, String)>,
}

/// The list of runs.
#[derive(Debug)]
pub struct RunsScreen {
    roots: Vec<PathBuf>,
    /// All that were found, in order.
    all: Vec<Arc<RunSummary>>,
    /// Those that have a row.
    runs: Vec<Arc<RunSummary>>,
    /// What each row stands for.
    attempts: Vec<Attempts>,
    order: RunOrder,
    is_reversed: bool,
    /// What runs have to answer to.
    filter: Option<Editor>,
    /// Whether that is being typed.
    types: bool,
    /// The steps all of whose attempts have rows.
    unfolded: BTreeSet<StepKey>,
    /// How runs were when they were looked at last, and whether they were stuck, once that was judged.
    known: BTreeMap<RunDirectory, (Status, Option<bool>)>,
    /// Those in which something happened since a person opened them.
    unread: BTreeSet<RunDirectory>,
    troubles: Vec<(PathBuf, String)>,
    /// Whether the roots have been looked at once.
    looked: bool,
    selected: Option<RunDirectory>,
    marked: BTreeSet<RunDirectory>,
    /// The index of the first run in sight.
    top: usize,
}

impl RunsScreen {
    pub(super) fn new(roots: Vec<PathBuf>) -> Self {
        Self {
            roots,
            all: Vec::new(),
            runs: Vec::new(),
            attempts: Vec::new(),
            order: RunOrder::default(),
            is_reversed: false,
            filter: None,
            types: false,
            unfolded: BTreeSet::new(),
            known: BTreeMap::new(),
            unread: BTreeSet::new(),
            troubles: Vec::new(),
            looked: false,
            selected: None,
            marked: BTreeSet::new(),
            top: 0,
        }
    }

    /// Where runs are looked for.
    #[must_use]
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// The runs that have a row, in order.
    #[must_use]
    pub fn runs(&self) -> &[Arc<RunSummary>] {
        &self.runs
    }

    /// All runs, in order.
    #[must_use]
    pub fn all(&self) -> &[Arc<RunSummary>] {
        &self.all
    }

    /// What a row stands for.
    #[must_use]
    pub fn attempts(&self, row: usize) -> Attempts {
        self.attempts.get(row).copied().unwrap_or_default()
    }

    /// What the list is ordered by, and whether the other way round.
    #[must_use]
    pub fn order(&self) -> (RunOrder, bool) {
        (self.order, self.is_reversed)
    }

    /// Whether something happened in the run since a person opened it: it ended, or got stuck.
    #[must_use]
    pub fn is_unread(&self, run: &RunSummary) -> bool {
        self.unread.contains(&run.directory)
    }

    /// The roots that could not be looked into, and why.
    #[must_use]
    pub fn troubles(&self) -> &[(PathBuf, String)] {
        &self.troubles
    }

    /// Whether the roots have been looked at once.
    #[must_use]
    pub fn looked(&self) -> bool {
        self.looked
    }

    /// The index of the first run in sight.
    #[must_use]
    pub fn top(&self) -> usize {
        self.top
    }

    /// The index of the selected run; always below the number of runs where there is one.
    #[must_use]
    pub fn selected(&self) -> usize {
        let of = |run: &RunDirectory| self.runs.iter().position(|other| other.directory == *run);
        self.selected.as_ref().and_then(of).unwrap_or(0)
    }

    /// Whether the run is marked.
    #[must_use]
    pub fn is_marked(&self, run: &RunSummary) -> bool {
        self.marked.contains(&run.directory)
    }

    /// How many runs are marked.
    #[must_use]
    pub fn marked(&self) -> usize {
        self.marked.len()
    }

    /// What is acted on: the marked runs in the order of the list; where none is, the selected one.
    #[must_use]
    pub fn chosen(&self) -> Vec<&Arc<RunSummary>> {
        if self.marked.is_empty() {
            return self.runs.get(self.selected()).into_iter().collect();
        }
        self.all.iter().filter(|run| self.is_marked(run)).collect()
    }

    pub(super) fn unmark_all(&mut self) {
        self.marked.clear();
    }

    /// Whether a clock is shown that goes on by itself.
    #[must_use]
    pub fn has_clock(&self) -> bool {
        self.all.iter().any(|run| run.is_live())
    }

    /// The summary of the run in that directory.
    #[must_use]
    pub fn summary_of(&self, directory: &Path) -> Option<&Arc<RunSummary>> {
        self.all.iter().find(|run| run.directory.path() == directory)
    }

    /// Whether the run is in the list.
    #[must_use]
    pub fn has(&self, run: &RunDirectory) -> bool {
        self.all.iter().any(|other| other.directory == *run)
    }

    /// Puts the runs in order: what needs a person changes with what is said of them, and with time.
    pub(super) fn sort(&mut self, attention: &Attention, now: Now, size: Size) {
        let all = std::mem::take(&mut self.all);
        self.all = self.order.sort(all, self.is_reversed, attention, now);
        self.note_news(attention);
        self.arrange(attention, size);
    }

    /// Gives rows to the runs that are to have one.
    fn arrange(&mut self, attention: &Attention, size: Size) {
        (self.runs, self.attempts) = rows::arrange(&self.all, self.needle(), &self.unfolded, attention);
        self.keep_in_sight(size);
    }

    fn note_news(&mut self, attention: &Attention) {
        for run in &self.all {
            let is_stuck = attention.judged(&run.directory).map(|_| attention.stuck(run).is_some());
            let is_now = (run.status, is_stuck);
            match self.known.get_mut(&run.directory) {
                Some(before) if *before == is_now => {}
                Some(before) => {
                    let has_ended = is_now.0 != before.0 && is_now.0.has_ended();
                    let is_news = has_ended || (before.1, is_now.1) == (Some(false), Some(true));
                    *before = is_now;
                    if is_news {
                        self.unread.insert(run.directory.clone());
                    }
                }
                None => _ = self.known.insert(run.directory.clone(), is_now),
            }
        }
    }

    /// A person looks at the run.
    pub(super) fn read(&mut self, run: &RunDirectory) {
        self.unread.remove(run);
    }

    /// The next run that needs a person, after the selected one or the one that is open; from the last
    /// one on from the beginning. Not that one itself.
    #[must_use]
    pub fn next_that_needs_a_person(
        &self,
        open: Option<&RunDirectory>,
        attention: &Attention,
        now: Duration,
    ) -> Option<RunDirectory> {
        let at = open.and_then(|run| self.runs.iter().position(|other| other.directory == *run));
        let at = at.unwrap_or_else(|| self.selected());
        let after = self.runs.iter().skip(at + 1).chain(self.runs.iter().take(at));
        let mut in_need = after.filter(|run| attention.need(run, now).is_person());
        in_need.next().map(|run| run.directory.clone())
    }

    /// Puts the cursor on a run, and makes sure that it has a row.
    pub(super) fn select_run(&mut self, run: &RunDirectory, attention: &Attention, size: Size) {
        let has_row = |runs: &[Arc<RunSummary>]| runs.iter().any(|other| other.directory == *run);
        if !has_row(&self.runs) {
            self.filter = None;
            let found = self.all.iter().find(|other| other.directory == *run);
            self.unfolded.extend(found.and_then(|run| rows::step_of(run)));
            self.arrange(attention, size);
        }
        self.selected = Some(run.clone());
        self.keep_in_sight(size);
    }

    pub(super) fn take(&mut self, found: RunsFound, attention: &Attention, now: Now, size: Size) {
        let row = self.selected();
        self.all = found.runs;
        self.sort(attention, now, size);
        self.troubles = found.troubles;
        self.looked = true;
        let is_there = |run: &RunDirectory| self.all.iter().any(|other| other.directory == *run);
        self.marked.retain(is_there);
        self.unread.retain(is_there);
        self.known.retain(|run, _| is_there(run));
        // A run that went away leaves the selection on its row. Until a row is chosen the first
        // one stays selected, so that what needs a person is under the cursor.
        if self.selected.as_ref().is_some_and(|run| !is_there(run)) {
            self.select(row, size);
        }
        self.keep_in_sight(size);
    }

    /// Gives all attempts at the step under the cursor a row, or only the latest.
    fn toggle_attempts(&mut self, attention: &Attention, size: Size) {
        let Some(key) = self.runs.get(self.selected()).and_then(|run| rows::step_of(run)) else { return };
        if self.unfolded.remove(&key) {
            // The cursor goes to the row that stands for its run.
            let latest = (0..self.runs.len()).find(|row| {
                self.attempts(*row).count > 0 && rows::step_of(&self.runs[*row]).as_ref() == Some(&key)
            });
            self.selected = latest.map(|row| self.runs[row].directory.clone());
        } else {
            self.unfolded.insert(key);
        }
        self.arrange(attention, size);
    }

    fn select(&mut self, row: usize, size: Size) {
        let row = row.min(self.runs.len().saturating_sub(1));
        self.selected = self.runs.get(row).map(|run| run.directory.clone());
        self.keep_in_sight(size);
    }

    fn keep_in_sight(&mut self, size: Size) {
        let height = usize::from(RunsLayout::new(size).list_height);
        let selected = self.selected();
        self.top = self.top.clamp(selected.saturating_sub(height - 1), selected);
        self.top = self.top.min(self.runs.len().saturating_sub(height));
    }

    pub(super) fn act(&mut self, action: Action, attention: &Attention, now: Now, size: Size) {
        let page = usize::from(RunsLayout::new(size).list_height).saturating_sub(1).max(1);
        let row = self.selected();
        match action {
            Action::Up => self.select(row.saturating_sub(1), size),
            Action::Down => self.select(row + 1, size),
            Action::PageUp => self.select(row.saturating_sub(page), size),
            Action::PageDown => self.select(row + page, size),
            Action::First => self.select(0, size),
            Action::Last => self.select(usize::MAX, size),
            Action::FilterRuns => self.types_filter(),
            Action::Accept => self.keep_filter(attention, size),
            Action::Abandon => _ = self.leave_filter(attention, size),
            Action::Order => {
                (self.order, self.is_reversed) = (self.order.next(), false);
                self.sort(attention, now, size);
            }
            Action::ReverseOrder => {
                self.is_reversed = !self.is_reversed;
                self.sort(attention, now, size);
            }
            Action::Attempts => self.toggle_attempts(attention, size),
            Action::Mark => {
                // The next key marks the next one.
                if let Some(run) = self.runs.get(row).map(|run| run.directory.clone()) {
                    if !self.marked.remove(&run) {
                        self.marked.insert(run);
                    }
                    self.select(row + 1, size);
                }
            }
            _ => {}
        }
    }

    pub(super) fn scroll(&mut self, rows: i32, size: Size) {
        self.select(self.selected().saturating_add_signed(rows as isize), size);
    }

    /// Selects the run on that row of the screen; says whether it was selected before.
    pub(super) fn click(&mut self, row: u16, size: Size) -> bool {
        let layout = RunsLayout::new(size);
        let Some(row) = row.checked_sub(layout.list_top).filter(|row| *row < layout.list_height) else {
            return false;
        };
        let index = self.top + usize::from(row);
        if index >= self.runs.len() {
            return false;
        }
        let again = self.selected() == index && self.selected.is_some();
        self.select(index, size);
        again
    }

    pub(super) fn resized(&mut self, size: Size) {
        self.keep_in_sight(size);
    }
}
