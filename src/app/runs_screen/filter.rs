//! Typing what the runs of the list have to answer to.

use super::{RunOrder, RunsScreen};
use crate::app::App;
use crate::app::action::ScreenKind;
use crate::app::attention::Attention;
use crate::app::editor::Editor;
use crate::app::key::{Key, KeyCode};
use crate::app::layout::Size;

impl RunsScreen {
    /// What runs have to answer to; empty where everything does.
    #[must_use]
    pub fn needle(&self) -> &str {
        self.filter.as_ref().map_or("", Editor::text)
    }

    /// What is being typed, while it is.
    #[must_use]
    pub fn typed(&self) -> Option<&Editor> {
        self.filter.as_ref().filter(|_| self.types)
    }

    pub(super) fn types_filter(&mut self) {
        self.filter.get_or_insert_default();
        self.types = true;
    }

    pub(super) fn keep_filter(&mut self, attention: &Attention, size: Size) {
        self.types = false;
        if self.needle().trim().is_empty() {
            self.leave_filter(attention, size);
        }
    }

    /// Takes the filter away; says whether there was one.
    pub(in crate::app) fn leave_filter(&mut self, attention: &Attention, size: Size) -> bool {
        self.types = false;
        let had = self.filter.take().is_some();
        if had {
            self.arrange(attention, size);
        }
        had
    }

    /// The filter and the order, to be remembered.
    pub(in crate::app) fn look(&self) -> (String, RunOrder, bool) {
        (self.needle().to_owned(), self.order, self.is_reversed)
    }

    /// Takes in a filter and an order that were remembered, before anything is found.
    pub(in crate::app) fn recall(&mut self, needle: &str, order: RunOrder, is_reversed: bool) {
        self.filter = Some(Editor::line(needle)).filter(|_| !needle.trim().is_empty());
        (self.order, self.is_reversed) = (order, is_reversed);
    }
}

impl App {
    /// Whether what the runs of the list have to answer to is being typed.
    pub(in crate::app) fn types_runs_filter(&self) -> bool {
        self.run.is_none() && self.runs.as_ref().is_some_and(|runs| runs.typed().is_some())
    }

    /// Takes a key that is typed there; says whether it is.
    pub(in crate::app) fn type_to_filter_runs(&mut self, key: Key) -> bool {
        let is_bound = self.keys.action_of(key, ScreenKind::Line).is_some();
        let is_typed = self.screen() == ScreenKind::Line && self.types_runs_filter();
        let Some(runs) = self.runs.as_mut().filter(|_| is_typed && !is_bound) else { return false };
        self.changed = true;
        let row = runs.selected();
        match key.code {
            KeyCode::Up => runs.select(row.saturating_sub(1), self.size),
            KeyCode::Down => runs.select(row + 1, self.size),
            _ => {
                if let Some(editor) = &mut runs.filter {
                    editor.key(key);
                }
                runs.arrange(&self.attention, self.size);
            }
        }
        true
    }

    /// Takes text that is pasted there; says whether it is.
    pub(in crate::app) fn paste_to_filter_runs(&mut self, text: &str) -> bool {
        let is_typed = self.screen() == ScreenKind::Line && self.types_runs_filter();
        let Some(runs) = self.runs.as_mut().filter(|_| is_typed) else { return false };
        if let Some(editor) = &mut runs.filter {
            editor.insert(text);
        }
        runs.arrange(&self.attention, self.size);
        self.changed = true;
        true
    }
}
