//! The errors and the warnings of the whole run: counted in the background from when it was read,
//! and gone to.

use std::sync::Arc;
use std::time::Duration;

use super::hunt::{Direction, Sought};
use super::question::Question;
use crate::app::message::Effect;
use crate::app::{RunScreen, Size};
use crate::model::{Answer, Filter, Level, LevelRule, ScanJob};

/// What comes is classified so long after what came before: a run that writes all the time would
/// else keep threads busy with a few lines at a time.
const PATIENCE: Duration = Duration::from_millis(500);

/// So many bytes that came since everything was counted are counted in a moment.
const A_MOMENT: u64 = 256 << 10;

/// What is asked of the levels of entries. Nothing at first.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// What a person wants to be an error and a warning; else the usual.
    pub(super) rule: Option<Arc<LevelRule>>,
    /// Of all entries: the errors, then the warnings.
    whole: Option<[Question; 2]>,
    /// Of those that the filters in force keep, where there are any.
    shown: Option<[Question; 2]>,
    /// Whether something came that was not asked about.
    is_stale: bool,
    asked_at: Option<Duration>,
    /// Whether all that was there was counted once.
    was_complete: bool,
}

/// How many errors and warnings were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelCount {
    /// Errors.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// Whether these are all, but for what came a moment ago.
    pub is_complete: bool,
}

impl Levels {
    /// What is asked of those entries that are shown.
    pub(super) fn question(&self, level: Level) -> Option<&Question> {
        self.shown.as_ref().or(self.whole.as_ref()).map(|asked| &asked[number(level)])
    }

    fn questions(&mut self) -> impl Iterator<Item = &mut Question> {
        self.whole.iter_mut().chain(&mut self.shown).flatten()
    }
}

fn number(level: Level) -> usize {
    match level {
        Level::Error => 0,
        Level::Warning => 1,
    }
}

impl RunScreen {
    /// Takes what an error and a warning look like, where a person wants it otherwise.
    pub(in crate::app) fn set_levels(&mut self, rule: Option<Arc<LevelRule>>) {
        self.finding.levels.rule = rule;
    }

    /// The errors and warnings of the whole run, whatever is shown of it. `None` until they are
    /// counted.
    #[must_use]
    pub fn levels(&self) -> Option<LevelCount> {
        let [errors, warnings] = self.finding.levels.whole.as_ref()?;
        let few = if self.finding.levels.was_complete { A_MOMENT } else { 0 };
        let is_complete = [errors, warnings].into_iter().all(|question| {
            let (searched, total) = question.found().progress(&self.model);
            total.saturating_sub(searched) <= few
        });
        Some(LevelCount { errors: errors.found().len(), warnings: warnings.found().len(), is_complete })
    }

    /// The errors or warnings among the entries that are shown, as far as they were found.
    pub(in crate::app) fn level_question(&self, level: Level) -> Option<&Question> {
        self.finding.levels.question(level)
    }

    /// Something came.
    pub(in crate::app) fn levels_are_stale(&mut self) {
        self.finding.levels.is_stale = true;
        let hunts = self.finding.hunt.as_ref().map(|hunt| hunt.sought);
        if matches!(hunts, Some(Sought::Level(_))) {
            self.ask_for_levels();
        }
    }

    /// When [`RunScreen::count_levels`] has something to do.
    pub(in crate::app) fn levels_tick(&self) -> Option<Duration> {
        let levels = &self.finding.levels;
        levels.asked_at.filter(|_| levels.is_stale).map(|at| at + PATIENCE)
    }

    /// Counts the levels of what came, once the run was read and enough time has passed.
    pub(in crate::app) fn count_levels(&mut self, now: Duration) {
        let is_read = self.caught_up() && self.model.ending().is_none();
        let levels = &mut self.finding.levels;
        let is_due = levels.asked_at.is_none_or(|at| now >= at + PATIENCE);
        if is_read && levels.is_stale && is_due {
            levels.asked_at = Some(now);
            self.ask_for_levels();
        }
    }

    /// Asks about everything that was not asked about yet.
    fn ask_for_levels(&mut self) {
        if self.finding.levels.whole.is_none() {
            self.finding.levels.whole = self.pose_levels(&Filter::new());
        }
        if self.finding.levels.shown.is_none()
            && let Some(filter) = self.finding.filters.filter()
        {
            self.finding.levels.shown = self.pose_levels(&filter);
        }
        self.finding.levels.is_stale = false;
        let (levels, model) = (&mut self.finding.levels, &self.model);
        let asked: Vec<_> =
            levels.questions().map(|question| (question.number(), question.jobs(model))).collect();
        for (question, jobs) in asked {
            self.send_level(question, jobs);
        }
    }

    fn pose_levels(&mut self, filter: &Filter) -> Option<[Question; 2]> {
        let rule = self.finding.levels.rule.clone().or_else(|| LevelRule::usual().map(Arc::new))?;
        Some([Level::Error, Level::Warning].map(|level| {
            self.finding.asked += 1;
            Question::of_places(self.finding.asked, filter.clone().keep_level(Arc::clone(&rule), level))
        }))
    }

    fn send_level(&mut self, question: u64, jobs: Vec<ScanJob>) {
        if !jobs.is_empty() {
            self.finding.outbox.push(Effect::Classify { number: self.number(), question, jobs });
        }
    }

    /// The filters changed: what is shown is counted anew.
    pub(super) fn levels_of_other_filters(&mut self) {
        for question in self.finding.levels.shown.take().into_iter().flatten() {
            self.withdraw(Some(question));
        }
        if self.finding.levels.whole.is_some() && self.finding.filters.on() > 0 {
            self.ask_for_levels();
        }
    }

    /// Takes an answer in, if it is about levels; says so.
    pub(super) fn take_level(&mut self, question: u64, answer: Answer) -> Result<(), Answer> {
        let (levels, model) = (&mut self.finding.levels, &self.model);
        let Some(asked) = levels.questions().find(|asked| asked.number() == question) else {
            return Err(answer);
        };
        let jobs = asked.take(answer, model);
        let mut whole = self.finding.levels.whole.iter().flatten();
        let is_complete = whole.all(|question| question.found().is_complete(&self.model));
        self.finding.levels.was_complete |= is_complete;
        self.send_level(question, jobs);
        Ok(())
    }

    /// Goes to the next or the previous error or warning.
    pub(super) fn hunt_level(&mut self, level: Level, direction: Direction, size: Size) {
        self.ask_for_levels();
        self.hunt(Sought::Level(level), direction, size);
    }
}
