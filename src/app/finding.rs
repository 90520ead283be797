//! Finding things in the log: searching, filtering, going to a place, marks, and the next gap,
//! checkpoint, worker event, error or warning.
//!
//! What has to be looked for in the whole run is a [`Question`]: it is answered range by range by
//! threads of others, and no key waits for it. What a key asked for and is not known yet is a
//! hunt, pursued whenever an answer comes, and given up with the next key that moves.

mod app;
mod copying;
pub mod filters;
mod going;
pub mod hunt;
mod jumps;
mod levels;
pub mod line;
mod question;
mod search;

use std::collections::BTreeMap;

pub use filters::{Filters, OneFilter};
pub use levels::LevelCount;
pub use line::{Line, Purpose};
pub use question::Question;
pub use search::{Count, Search};

use super::entry_view::EntryView;
use super::layout::RunLayout;
use super::log_pane::Stand;
use super::message::Effect;
use super::{Action, RunScreen, ScreenKind, Size};
use crate::model::{Answer, Filter, Goal, Placed};
use hunt::{Direction, Hunt, Sought};

/// A key was pressed whose meaning the next one completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// A letter marks the place.
    Mark,
    /// A letter goes to the place that it marked.
    Return,
    /// A letter says to the next of what.
    Next,
    /// A letter says to the previous of what.
    Previous,
}

impl Pending {
    /// The action whose key was pressed.
    #[must_use]
    pub fn action(self) -> Action {
        match self {
            Self::Mark => Action::MarkPlace,
            Self::Return => Action::ReturnToMark,
            Self::Next => Action::NextOf,
            Self::Previous => Action::PreviousOf,
        }
    }

    /// What may come now.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Mark => "a letter marks this place",
            Self::Return => "the letter of a mark, or ' for where you were before",
            Self::Next => "next: g gap  c checkpoint  w worker event  e error  r warning",
            Self::Previous => "previous: g gap  c checkpoint  w worker event  e error  r warning",
        }
    }
}

/// What is looked for on a run screen.
#[derive(Debug, Default)]
pub struct Finding {
    /// How many questions were put.
    asked: u64,
    line: Option<Line>,
    search: Option<Search>,
    filters: Filters,
    /// Whether the list of filters is open.
    lists_filters: bool,
    hunt: Option<Hunt>,
    levels: levels::Levels,
    events: Option<Question>,
    marks: BTreeMap<char, Stand>,
    /// Where a person was before the last jump.
    before: Option<Stand>,
    /// A place that was typed before anything was read.
    wished: Option<Goal>,
    pending: Option<Pending>,
    outbox: Vec<Effect>,
    told: Option<Told>,
}

/// Something for the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) is_good: bool,
}

impl Finding {
    /// The line in which something is typed, when it is open.
    #[must_use]
    pub fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    /// What is searched for.
    #[must_use]
    pub fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    /// The places that a person marked.
    pub(super) fn marks(&self) -> impl Iterator<Item = &Stand> {
        self.marks.values()
    }

    /// The same, each with its letter.
    pub(super) fn named_marks(&self) -> impl Iterator<Item = (char, &Stand)> {
        self.marks.iter().map(|(name, stand)| (*name, stand))
    }

    pub(super) fn set_marks(&mut self, marks: impl IntoIterator<Item = (char, Stand)>) {
        self.marks.extend(marks);
    }

    /// Says how the run is looked at, since that was so before.
    pub(super) fn tell_of_before(&mut self, what: &str) {
        self.tell(format!("as it was left: {what} (--fresh begins anew)"));
    }

    /// The filters.
    #[must_use]
    pub fn filters(&self) -> &Filters {
        &self.filters
    }

    /// Whether the list of filters is open.
    #[must_use]
    pub fn lists_filters(&self) -> bool {
        self.lists_filters
    }

    /// The key that waits for another one.
    #[must_use]
    pub fn pending(&self) -> Option<Pending> {
        self.pending
    }

    /// What is looked for and not found yet.
    #[must_use]
    pub fn hunts(&self) -> Option<hunt::Sought> {
        self.hunt.as_ref().map(|hunt| hunt.sought)
    }

    fn tell(&mut self, text: impl Into<String>) {
        self.told = Some(Told { text: text.into(), is_good: true });
    }

    fn refuse(&mut self, text: impl Into<String>) {
        self.told = Some(Told { text: text.into(), is_good: false });
    }

    fn questions(&mut self) -> impl Iterator<Item = &mut Question> {
        let searched = self.search.as_mut().map(Search::question_mut);
        let previous = self.line.as_mut().and_then(Line::previous_mut).map(Search::question_mut);
        [searched, previous, self.events.as_mut()].into_iter().flatten()
    }
}

impl RunScreen {
    /// What is looked for.
    #[must_use]
    pub fn finding(&self) -> &Finding {
        &self.finding
    }

    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.finding.outbox)
    }

    pub(super) fn take_told(&mut self) -> Option<Told> {
        self.finding.told.take()
    }

    /// The screen that has the keys.
    pub(super) fn kind(&self) -> ScreenKind {
        match (&self.finding.line, &self.entry, self.finding.lists_filters) {
            (Some(_), _, _) => ScreenKind::Line,
            (None, Some(_), _) => ScreenKind::Entry,
            (None, None, true) => ScreenKind::Filters,
            (None, None, false) => ScreenKind::Run,
        }
    }

    /// Does what is about finding; says whether it was.
    pub(super) fn act_on_finding(&mut self, action: Action, size: Size) -> bool {
        match action {
            Action::Accept => self.accept_line(size),
            Action::Abandon => self.abandon_line(size),
            Action::CopyEntry => self.copy_entry(),
            Action::Whole => self.toggle_entry(),
            Action::Dismiss => return false,
            _ if self.entry.is_some() => {
                if let Some(entry) = &mut self.entry {
                    entry.act(action, size);
                }
            }
            _ if self.finding.lists_filters => self.act_on_filters(action),
            Action::Search => self.open_line(Purpose::Search),
            Action::Filter => self.open_line(Purpose::Filter(None)),
            Action::Filters => self.list_filters(),
            Action::Select => self.toggle_chosen(size),
            Action::CopyLines => self.copy_lines(size),
            Action::GoTo => self.open_line(Purpose::GoTo),
            Action::NextHit => self.next_hit(Direction::Next, size),
            Action::PreviousHit => self.next_hit(Direction::Previous, size),
            Action::MarkPlace => self.begin_sequence(Pending::Mark),
            Action::ReturnToMark => self.begin_sequence(Pending::Return),
            Action::NextOf => self.begin_sequence(Pending::Next),
            Action::PreviousOf => self.begin_sequence(Pending::Previous),
            other => {
                self.give_up_hunt();
                if matches!(other, Action::First | Action::Last | Action::Follow) {
                    self.note_jump();
                }
                return false;
            }
        }
        true
    }

    /// The pieces of the line under the cursor, or of the last one while following: most lines have one.
    fn chosen_pieces(&self) -> Option<Vec<Placed>> {
        let view = self.pane.view(&self.model);
        let pieces = self.pane.pieces_here(&self.model)?.map_while(|position| view.at(position));
        Some(pieces.collect()).filter(|pieces: &Vec<Placed>| !pieces.is_empty())
    }

    fn toggle_entry(&mut self) {
        if self.entry.take().is_some() {
            return;
        }
        match self.chosen_pieces() {
            Some(pieces) => self.entry = Some(EntryView::new(&pieces, &self.zone)),
            None => self.finding.refuse("there is no entry here"),
        }
    }

    fn next_hit(&mut self, direction: Direction, size: Size) {
        if self.finding.search.is_some() {
            self.hunt(Sought::Hits, direction, size);
        } else {
            self.finding.refuse("nothing is searched for: / searches");
        }
    }

    /// Leaves what lies over the log, the selection, or the search; says whether there was anything to leave. `q`
    /// does not take a search away, since it leaves the screen.
    pub(super) fn leave_finding(&mut self, is_escape: bool) -> bool {
        if self.entry.take().is_some() {
            return true;
        }
        if self.finding.lists_filters {
            self.leave_filters();
            return true;
        }
        is_escape && (self.pane.end_chosen() || self.clear_search())
    }

    /// Takes an answer to a question in.
    pub(super) fn take_answer(&mut self, question: u64, answer: Answer, size: Size) {
        let answer = match self.take_level(question, answer) {
            Ok(()) => return self.pursue(size),
            Err(answer) => answer,
        };
        let is_kept = self.pane.kept().is_some_and(|kept| kept.number() == question);
        let kept = self.pane.kept_mut().into_iter();
        let Some(asked) = kept.chain(self.finding.questions()).find(|asked| asked.number() == question)
        else {
            return;
        };
        let jobs = asked.take(answer, &self.model);
        self.send(question, jobs);
        if is_kept {
            self.pane.run_changed();
            self.pane.go_where_wanted(&self.model, usize::from(RunLayout::new(size).log_height));
        }
        self.pursue(size);
    }

    /// The run grew or changed: what came is searched as well.
    pub(super) fn search_on(&mut self, size: Size) {
        let kept = self.pane.kept_mut().into_iter();
        let asked: Vec<_> = kept
            .chain(self.finding.questions())
            .map(|question| (question.number(), question.jobs(&self.model)))
            .collect();
        for (question, jobs) in asked {
            self.send(question, jobs);
        }
        self.pursue(size);
    }

    fn pose(&mut self, filter: Filter) -> Question {
        self.finding.asked += 1;
        let mut question = Question::new(self.finding.asked, filter);
        let jobs = question.jobs(&self.model);
        self.send(question.number(), jobs);
        question
    }

    fn send(&mut self, question: u64, jobs: Vec<crate::model::ScanJob>) {
        if !jobs.is_empty() {
            self.finding.outbox.push(Effect::Search { number: self.number(), question, jobs });
        }
    }

    /// The answer to a question is not wanted any more.
    fn withdraw(&mut self, question: Option<Question>) {
        if let Some(question) = question {
            let (number, question) = (self.number(), question.number());
            self.finding.outbox.push(Effect::DropSearch { number, question });
        }
    }
}
