//! A question put to the whole log.

use crate::model::{Answer, Filter, Filtered, Model, ScanJob};

/// What is asked of the whole log, and what was found so far.
#[derive(Debug)]
pub struct Question {
    number: u64,
    found: Filtered,
}

impl Question {
    pub(super) fn new(number: u64, filter: Filter) -> Self {
        Self { number, found: Filtered::new(filter) }
    }

    /// One whose answers are counted and gone to, and never shown by themselves.
    pub(super) fn of_places(number: u64, filter: Filter) -> Self {
        Self { number, found: Filtered::of_places(filter) }
    }

    /// Tells this question from every other of the same opening of a run.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What was found so far.
    #[must_use]
    pub fn found(&self) -> &Filtered {
        &self.found
    }

    pub(super) fn jobs(&mut self, model: &Model) -> Vec<ScanJob> {
        self.found.jobs(model)
    }

    /// Takes an answer; returns what is to be searched next. Where a file could not be read that is
    /// nothing, until it changes.
    pub(super) fn take(&mut self, answer: Answer, model: &Model) -> Vec<ScanJob> {
        match answer {
            Answer::Found(found) => {
                self.found.take(*found);
                self.found.jobs(model)
            }
            Answer::GaveUp(job) => {
                self.found.give_up(&job);
                Vec::new()
            }
        }
    }
}
