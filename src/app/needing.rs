//! What keys do about runs that need a person: why they do, going to the next one, and answering.

use std::sync::Arc;

use super::action::Action;
use super::attention::{Attention, Judged};
use super::{App, Effect, RunSummary, Said, WhyScreen};
use crate::display;
use crate::run::Now;

impl App {
    /// What is said of the open run.
    #[must_use]
    pub fn judged(&self) -> Option<&Arc<Judged>> {
        self.attention.judged(self.run.as_ref()?.model().directory())
    }

    /// What is said of runs, and what was answered.
    #[must_use]
    pub fn attention(&self) -> &Attention {
        &self.attention
    }

    /// The screen that says why, when it is open. It covers the run screen.
    #[must_use]
    pub fn why(&self) -> Option<&WhyScreen> {
        self.why.as_ref()
    }

    pub(super) fn take_judged(&mut self, judged: Vec<Arc<Judged>>, now: Now) {
        // A long list is not put in order and drawn anew where nothing is seen of it.
        let mut is_seen = false;
        for judged in judged {
            let directory = &judged.run.directory;
            let is_open = self.run.as_ref().is_some_and(|run| run.model().directory() == directory);
            let listed = self.runs.as_ref().and_then(|runs| runs.summary_of(directory.path()));
            let run = Arc::clone(listed.unwrap_or(&judged.run));
            let before = self.attention.listed(&run);
            self.attention.take(judged);
            is_seen |= is_open || self.attention.listed(&run) != before;
        }
        if is_seen {
            self.sort_runs(now);
            self.changed = true;
        }
    }

    /// Those that need a person come first: that changes with what is said of them, and with time.
    pub(super) fn sort_runs(&mut self, now: Now) {
        if let Some(runs) = &mut self.runs {
            runs.sort(&self.attention, now, self.size);
        }
    }

    /// Whether an action is for here, given the screen that has the keys.
    pub(super) fn is_about_need(&self, action: Action) -> bool {
        let is_asked_anywhere =
            matches!(action, Action::Why | Action::NextNeed | Action::Acknowledge | Action::Snooze);
        is_asked_anywhere || (self.why.is_some() && matches!(action, Action::Copy | Action::NextCommand))
    }

    pub(super) fn act_on_need(&mut self, action: Action, now: Now) -> Vec<Effect> {
        match action {
            Action::Why => self.open_why(),
            Action::NextNeed => self.go_to_next(now),
            Action::Acknowledge | Action::Snooze => {
                self.answer(action, now);
                Vec::new()
            }
            Action::Copy => self.copy_command(now),
            other => {
                self.act_on_why(other, now);
                Vec::new()
            }
        }
    }

    /// Moves on the screen that says why.
    pub(super) fn act_on_why(&mut self, action: Action, now: Now) {
        let rows = self.why_rows(now);
        let judged = self.judged().cloned();
        let size = self.size;
        if let Some(why) = &mut self.why {
            why.act(action, rows, judged.as_deref(), size);
        }
    }

    /// How many rows the screen that says why has.
    pub(super) fn why_rows(&self, now: Now) -> usize {
        let (Some(why), Some(run)) = (&self.why, &self.run) else { return 0 };
        why.rows(run, self.judged().map(Arc::as_ref), now, self.size).len()
    }

    fn open_why(&mut self) -> Vec<Effect> {
        let from_list = self.run.is_none();
        let mut effects = if from_list { self.open_selected() } else { Vec::new() };
        if let Some(run) = &self.run {
            self.checkpoints = None;
            self.why = Some(WhyScreen::new(from_list));
            effects.push(Effect::WatchClosely(Some(run.model().directory().clone())));
        }
        effects
    }

    /// Leaves the screen that says why.
    pub(super) fn leave_why(&mut self) -> Option<Effect> {
        self.why.take().map(|_| Effect::WatchClosely(None))
    }

    /// What a checkpoint begins with that is written while a person reads why.
    pub(super) fn sentence(&self) -> Option<String> {
        self.why.and_then(|_| self.judged()).map(|judged| display::one_line(&judged.verdict.sentence))
    }

    /// The run that is acted on: the open one as the list has it, else the selected one.
    fn current(&self) -> Option<Arc<RunSummary>> {
        match (&self.run, &self.runs) {
            (Some(run), _) => run.summary().cloned(),
            (None, Some(runs)) => runs.runs().get(runs.selected()).cloned(),
            (None, None) => None,
        }
    }

    fn go_to_next(&mut self, now: Now) -> Vec<Effect> {
        let Some(runs) = &mut self.runs else {
            self.say(Said::trouble(
                "only this run is watched: open a folder of runs to go from one to another",
            ));
            return Vec::new();
        };
        let open = self.run.as_ref().map(|run| run.model().directory().clone());
        let Some(next) = runs.next_that_needs_a_person(open.as_ref(), &self.attention, now.monotonic) else {
            self.say(Said::done("no other run needs a person", now));
            return Vec::new();
        };
        runs.select_run(&next, &self.attention, self.size);
        if open.is_none() {
            return Vec::new();
        }
        let was_why = self.leave_why().is_some();
        let mut effects = vec![self.open(next)];
        if was_why {
            effects.extend(self.open_why());
        }
        effects
    }

    fn answer(&mut self, action: Action, now: Now) {
        let Some(run) = self.current() else {
            self.say(Said::trouble("there is no run yet"));
            return;
        };
        let name = display::one_line(&run.step());
        let said = if action == Action::Snooze {
            self.attention.snooze(&run.directory, now.monotonic);
            format!("{name} asks for nobody for 15 minutes")
        } else {
            match self.attention.acknowledge(&run, now.monotonic) {
                Some(true) => format!("{name}: seen; it asks again when something new happens"),
                Some(false) => format!("{name} asks again"),
                None => format!("{name} needs nobody"),
            }
        };
        self.sort_runs(now);
        self.say(Said::done(said, now));
    }

    fn copy_command(&mut self, now: Now) -> Vec<Effect> {
        let judged = self.judged().cloned();
        let command = judged.as_ref().zip(self.why).and_then(|(judged, why)| why.command(judged));
        let Some(command) = command.map(display::one_line) else {
            self.say(Said::trouble("there is no command to copy"));
            return Vec::new();
        };
        self.say(Said::done(format!("copied: {command}"), now));
        vec![Effect::Copy(command)]
    }
}
