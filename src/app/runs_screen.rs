//! The state of the list of runs. The selection stays with its run, whatever row that is on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::action::Action;
use super::attention::{Attention, Need};
use super::layout::{RunsLayout, Size};
use crate::diagnose::RunSummary;
use crate::run::{RunDirectory, Status};

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
    /// Those that need a person first.
    runs: Vec<Arc<RunSummary>>,
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
            runs: Vec::new(),
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

    /// The runs, those that need a person first.
    #[must_use]
    pub fn runs(&self) -> &[Arc<RunSummary>] {
        &self.runs
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
        self.runs.iter().filter(|run| self.is_marked(run)).collect()
    }

    pub(super) fn unmark_all(&mut self) {
        self.marked.clear();
    }

    /// Whether a clock is shown that goes on by itself.
    #[must_use]
    pub fn has_clock(&self) -> bool {
        self.runs.iter().any(|run| run.is_live())
    }

    /// The summary of the run in that directory.
    #[must_use]
    pub fn summary_of(&self, directory: &Path) -> Option<&Arc<RunSummary>> {
        self.runs.iter().find(|run| run.directory.path() == directory)
    }

    /// Whether the run is in the list.
    #[must_use]
    pub fn has(&self, run: &RunDirectory) -> bool {
        self.runs.iter().any(|other| other.directory == *run)
    }

    /// Puts those that need a person first.
    pub(super) fn sort(&mut self, attention: &Attention, now: Duration, size: Size) {
        let ranked = std::mem::take(&mut self.runs).into_iter();
        let mut ranked: Vec<(u8, Arc<RunSummary>)> =
            ranked.map(|run| (rank(attention.need(&run, now), run.status), run)).collect();
        ranked.sort_by(|(one_rank, one), (other_rank, other)| {
            one_rank.cmp(other_rank).then_with(|| one.by_need(other))
        });
        self.runs = ranked.into_iter().map(|(_, run)| run).collect();
        self.keep_in_sight(size);
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

    pub(super) fn select_run(&mut self, run: &RunDirectory, size: Size) {
        self.selected = Some(run.clone());
        self.keep_in_sight(size);
    }

    pub(super) fn take(&mut self, found: RunsFound, attention: &Attention, now: Duration, size: Size) {
        let row = self.selected();
        self.runs = found.runs;
        self.sort(attention, now, size);
        self.troubles = found.troubles;
        self.looked = true;
        let runs = &self.runs;
        self.marked.retain(|run| runs.iter().any(|other| other.directory == *run));
        let is_there = |run: &RunDirectory| self.runs.iter().any(|other| other.directory == *run);
        // A run that went away leaves the selection on its row. Until a row is chosen the first
        // one stays selected, so that what needs a person is under the cursor.
        if self.selected.as_ref().is_some_and(|run| !is_there(run)) {
            self.select(row, size);
        }
        self.keep_in_sight(size);
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

    pub(super) fn act(&mut self, action: Action, size: Size) {
        let page = usize::from(RunsLayout::new(size).list_height).saturating_sub(1).max(1);
        let row = self.selected();
        match action {
            Action::Up => self.select(row.saturating_sub(1), size),
            Action::Down => self.select(row + 1, size),
            Action::PageUp => self.select(row.saturating_sub(page), size),
            Action::PageDown => self.select(row + page, size),
            Action::First => self.select(0, size),
            Action::Last => self.select(usize::MAX, size),
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

/// The order of the list by need: those that need a person first, then those that are under way, then
/// those that ended otherwise, and what was answered where it would be if it needed nobody.
fn rank(need: Need, status: Status) -> u8 {
    match (need, status) {
        (Need::Stuck, _) => 0,
        (Need::Lost, _) => 1,
        (Need::Failed, _) => 2,
        (_, Status::Running) => 3,
        (_, Status::Prepared) => 4,
        (_, Status::Unknown) => 5,
        (_, Status::Lost | Status::Failed) => 6,
        (_, Status::Cancelled) => 7,
        (_, Status::Succeeded) => 8,
    }
}
