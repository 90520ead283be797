//! What is searched for.

use super::Question;
use crate::app::RunScreen;
use crate::model::Pattern;

/// What is searched for, and what was found.
#[derive(Debug)]
pub struct Search {
    text: String,
    pattern: Pattern,
    question: Question,
}

/// How many entries match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Which of them the cursor is on, from 1.
    pub at: Option<u64>,
    /// How many were found by now, of those that are shown.
    pub of: u64,
    /// Whether all of the run was searched.
    pub is_complete: bool,
}

impl Search {
    /// What was typed. It can be anything.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it means.
    #[must_use]
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    pub(super) fn question(&self) -> &Question {
        &self.question
    }

    pub(super) fn question_mut(&mut self) -> &mut Question {
        &mut self.question
    }

    pub(super) fn into_question(self) -> Question {
        self.question
    }
}

impl RunScreen {
    /// How many entries match, where something is searched for.
    #[must_use]
    pub fn hits(&self) -> Option<Count> {
        let found = self.finding.search.as_ref()?.question.found();
        let view = found.view(&self.model, self.pane.selection());
        let place = self.pane.place(&self.model).filter(|_| !self.pane.follows());
        let at = place.and_then(|place| {
            let position = view.position_of(&place);
            (view.place_at(position)? == place).then_some(position + 1)
        });
        let is_complete = self.model.ending().is_none() && found.is_complete(&self.model);
        Some(Count { at, of: view.len(), is_complete })
    }

    pub(in crate::app) fn search_for(&mut self, text: String, pattern: Pattern) {
        let filter = self.finding.filters.filter().unwrap_or_default().keep(pattern.clone());
        let question = self.pose(filter);
        self.finding.search = Some(Search { text, pattern, question });
    }

    pub(super) fn drop_search(&mut self) {
        let search = self.finding.search.take();
        self.withdraw(search.map(Search::into_question));
    }

    /// Lets go of what is searched for; says whether there was anything.
    pub(in crate::app) fn clear_search(&mut self) -> bool {
        let had = self.finding.search.is_some() || self.finding.hunt.is_some();
        self.finding.hunt = None;
        self.drop_search();
        had
    }
}
