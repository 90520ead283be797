//! The line at the foot of the screen in which a pattern or a place is typed.

use super::{OneFilter, Search, hunt::Direction, hunt::Sought};
use crate::app::editor::Editor;
use crate::app::key::{Key, KeyCode};
use crate::app::layout::RunLayout;
use crate::app::log_pane::Stand;
use crate::app::{RunScreen, Size};
use crate::model::{Goal, Pattern};

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What is searched for.
    Search,
    /// A filter: a new one, or that of the number, from 0.
    Filter(Option<usize>),
    /// Where to go.
    GoTo,
}

impl Purpose {
    /// The sign in front of what is typed: the key that opens the line.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Search => "/",
            Self::Filter(_) => "&",
            Self::GoTo => ":",
        }
    }

    /// What can be typed.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Search => "a regular expression",
            Self::Filter(_) => "keep what matches; ! in front drops it",
            Self::GoTo => "seq, 08:12, -5m, c2 or 50%",
        }
    }
}

/// The line.
#[derive(Debug)]
pub struct Line {
    purpose: Purpose,
    editor: Editor,
    problem: Option<String>,
    /// Where a person was when it was opened.
    before: Stand,
    /// What was searched for then.
    previous: Option<Search>,
}

impl Line {
    /// What is typed.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The text and the cursor.
    #[must_use]
    pub fn editor(&self) -> &Editor {
        &self.editor
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    pub(super) fn previous_mut(&mut self) -> Option<&mut Search> {
        self.previous.as_mut()
    }
}

impl RunScreen {
    pub(in crate::app) fn open_line(&mut self, purpose: Purpose) {
        let text = match purpose {
            Purpose::Filter(Some(number)) => self.finding.filters.get(number).map(OneFilter::text),
            _ => None,
        };
        let editor = Editor::line(text.unwrap_or_default());
        let previous = if purpose == Purpose::Search { self.finding.search.take() } else { None };
        let before = self.pane.stand();
        self.finding.line = Some(Line { purpose, editor, problem: None, before, previous });
    }

    /// A key that is none of the line's own.
    pub(in crate::app) fn type_key(&mut self, key: Key, size: Size) {
        let Some(line) = &mut self.finding.line else { return };
        if key == Key::plain(KeyCode::Backspace) && line.editor.text().is_empty() {
            return self.abandon_line(size);
        }
        if line.editor.key(key) {
            self.retyped(size);
        }
    }

    pub(in crate::app) fn paste_into_line(&mut self, text: &str, size: Size) {
        if let Some(line) = &mut self.finding.line {
            line.editor.insert(text);
            self.retyped(size);
        }
    }

    /// The text may have changed.
    fn retyped(&mut self, size: Size) {
        let Some(line) = &mut self.finding.line else { return };
        line.problem = None;
        let text = line.editor.text().to_owned();
        match line.purpose {
            Purpose::GoTo => {}
            Purpose::Filter(_) => line.problem = OneFilter::new(&text).err(),
            Purpose::Search => self.search_typed(&text, size),
        }
    }

    /// Searches for what is typed by now; where that is no pattern, still for what was typed before.
    fn search_typed(&mut self, text: &str, size: Size) {
        if self.finding.search.as_ref().is_some_and(|search| search.text() == text) {
            return;
        }
        if text.is_empty() {
            self.finding.hunt = None;
            self.drop_search();
            return self.return_to_line(size);
        }
        match Pattern::with_smart_case(text) {
            Err(problem) => {
                if let Some(line) = &mut self.finding.line {
                    line.problem = Some(problem);
                }
            }
            Ok(pattern) => {
                self.drop_search();
                self.search_for(text.to_owned(), pattern);
                let from = self
                    .finding
                    .line
                    .as_ref()
                    .and_then(|line| self.pane.place_where(&self.model, &line.before));
                self.finding.hunt =
                    Some(super::Hunt { sought: Sought::Hits, direction: Direction::Here, from });
                self.pursue(size);
            }
        }
    }

    /// The view goes back to where it was when the line was opened.
    pub(super) fn return_to_line(&mut self, size: Size) {
        if let Some(before) = self.finding.line.as_ref().map(|line| line.before.clone()) {
            let height = usize::from(RunLayout::new(size).log_height);
            self.pane.return_to(&self.model, before, height);
        }
    }

    /// Leaves the line as if it had not been opened.
    pub(in crate::app) fn abandon_line(&mut self, size: Size) {
        if self.finding.line.as_ref().is_some_and(|line| line.purpose == Purpose::Search) {
            self.finding.hunt = None;
            self.drop_search();
            self.return_to_line(size);
        }
        if let Some(line) = self.finding.line.take() {
            self.finding.search = line.previous.or(self.finding.search.take());
        }
    }

    /// Does what is typed, unless something is wrong with it.
    pub(in crate::app) fn accept_line(&mut self, size: Size) {
        let Some(line) = &self.finding.line else { return };
        if line.editor.text().is_empty() {
            let (had, purpose) = (line.previous.is_some(), line.purpose);
            self.abandon_line(size);
            if had && purpose == Purpose::Search {
                self.hunt(Sought::Hits, Direction::Next, size);
            }
            return;
        }
        if line.problem.is_some() {
            return;
        }
        match line.purpose {
            Purpose::Search => self.accept_search(),
            Purpose::Filter(number) => self.accept_filter(number),
            Purpose::GoTo => self.accept_goal(size),
        }
    }

    fn accept_search(&mut self) {
        let Some(line) = self.finding.line.take() else { return };
        self.withdraw(line.previous.map(Search::into_question));
        self.finding.before = Some(line.before);
        let Some(search) = &self.finding.search else { return };
        let found = search.question().found();
        if self.finding.hunt.is_none() && found.is_complete(&self.model) && found.is_empty() {
            self.finding.refuse("no entry matches");
        }
    }

    fn accept_filter(&mut self, number: Option<usize>) {
        let Some(line) = self.finding.line.take() else { return };
        if let Ok(filter) = OneFilter::new(line.editor.text()) {
            self.finding.filters.put(number, filter);
            self.filters_changed();
        }
    }

    fn accept_goal(&mut self, size: Size) {
        let Some(line) = &self.finding.line else { return };
        let goal = line.editor.text().parse::<Goal>();
        let gone = goal.and_then(|goal| self.go_to_goal_once_read(goal, size));
        match (gone, &mut self.finding.line) {
            (Ok(()), line) => *line = None,
            (Err(why), Some(line)) => line.problem = Some(why),
            (Err(_), None) => {}
        }
    }
}
