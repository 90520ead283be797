//! Filters: what is kept and what is dropped, one on top of the other.

use super::{Purpose, Search};
use crate::app::RunScreen;
use crate::app::action::Action;
use crate::model::{Filter, Pattern};

/// One filter.
#[derive(Clone, Debug)]
pub struct OneFilter {
    text: String,
    pattern: Pattern,
    drops: bool,
    is_on: bool,
}

/// The filters, in the order in which they were made.
#[derive(Debug, Default)]
pub struct Filters {
    filters: Vec<OneFilter>,
    selected: usize,
}

impl OneFilter {
    /// Reads a filter: a pattern with smart case, `!` in front where what matches is dropped (`\!`
    /// begins a pattern with that sign).
    ///
    /// # Errors
    /// Says what is wrong with the pattern.
    pub fn new(text: &str) -> Result<Self, String> {
        let (drops, pattern) = match text.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, text),
        };
        let pattern = Pattern::with_smart_case(pattern)?;
        Ok(Self { text: text.to_owned(), pattern, drops, is_on: true })
    }

    pub(in crate::app) fn switched_off(self) -> Self {
        Self { is_on: false, ..self }
    }

    /// What was typed. It can be anything.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it drops what matches, instead of keeping only that.
    #[must_use]
    pub fn drops(&self) -> bool {
        self.drops
    }

    /// Whether it is in force.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on
    }
}

impl Filters {
    /// All filters.
    #[must_use]
    pub fn all(&self) -> &[OneFilter] {
        &self.filters
    }

    /// How many are in force.
    #[must_use]
    pub fn on(&self) -> usize {
        self.filters.iter().filter(|filter| filter.is_on).count()
    }

    /// Which one the cursor of their list is on.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected.min(self.filters.len().saturating_sub(1))
    }

    pub(super) fn get(&self, number: usize) -> Option<&OneFilter> {
        self.filters.get(number)
    }

    /// Puts a filter in the place of that number, or behind all.
    pub(super) fn put(&mut self, number: Option<usize>, filter: OneFilter) {
        match number.and_then(|number| self.filters.get_mut(number)) {
            Some(old) => *old = filter,
            None => self.filters.push(filter),
        }
    }

    /// What all that are in force keep, where there are any.
    pub(super) fn filter(&self) -> Option<Filter> {
        let mut on = self.filters.iter().filter(|filter| filter.is_on).peekable();
        on.peek()?;
        Some(on.fold(Filter::new(), |filter, one| {
            let pattern = one.pattern.clone();
            if one.drops { filter.drop(pattern) } else { filter.keep(pattern) }
        }))
    }
}

impl RunScreen {
    /// How many entries are shown, and how many there would be without filters; how much of the run
    /// was searched, in bytes, and how much there is. `None` where no filter is in force.
    #[must_use]
    pub fn kept(&self) -> Option<((u64, u64), (u64, u64))> {
        let found = self.pane.kept()?.found();
        let shown = self.pane.view(&self.model).len();
        let all = self.model.view(self.pane.selection()).len();
        Some(((shown, all), found.progress(&self.model)))
    }

    /// Takes in the filters of before, unless there are any by now.
    pub(in crate::app) fn recall_filters(&mut self, filters: Vec<OneFilter>) {
        if self.finding.filters.filters.is_empty() && !filters.is_empty() {
            self.finding.filters.filters = filters;
            self.filters_changed();
        }
    }

    /// Applies the filters that are in force now, to the search as well.
    pub(super) fn filters_changed(&mut self) {
        let kept = self.finding.filters.filter().map(|filter| self.pose(filter));
        let before = self.pane.set_kept(kept);
        self.withdraw(before);
        let events = self.finding.events.take();
        self.withdraw(events);
        self.levels_of_other_filters();
        self.finding.hunt = None;
        if let Some(search) = self.finding.search.take() {
            let (text, pattern) = (search.text().to_owned(), search.pattern().clone());
            self.withdraw(Some(Search::into_question(search)));
            self.search_for(text, pattern);
        }
    }

    /// Opens the list of filters, or the line for the first one.
    pub(in crate::app) fn list_filters(&mut self) {
        if self.finding.filters.filters.is_empty() {
            self.open_line(Purpose::Filter(None));
        } else {
            self.finding.lists_filters = true;
        }
    }

    pub(in crate::app) fn leave_filters(&mut self) {
        self.finding.lists_filters = false;
    }

    pub(in crate::app) fn act_on_filters(&mut self, action: Action) {
        let filters = &mut self.finding.filters;
        let (selected, last) = (filters.selected(), filters.filters.len().saturating_sub(1));
        match action {
            Action::Up => filters.selected = selected.saturating_sub(1),
            Action::Down => filters.selected = (selected + 1).min(last),
            Action::First | Action::PageUp => filters.selected = 0,
            Action::Last | Action::PageDown => filters.selected = last,
            Action::EditFilter => self.open_line(Purpose::Filter(Some(selected))),
            Action::AddFilter => self.open_line(Purpose::Filter(None)),
            Action::ToggleFilter => {
                if let Some(filter) = filters.filters.get_mut(selected) {
                    filter.is_on = !filter.is_on;
                    self.filters_changed();
                }
            }
            Action::RemoveFilter if selected < filters.filters.len() => {
                filters.filters.remove(selected);
                self.finding.lists_filters = !self.finding.filters.filters.is_empty();
                self.filters_changed();
            }
            _ => {}
        }
    }
}
