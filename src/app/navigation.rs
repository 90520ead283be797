//! Opening screens and leaving them.

use super::{App, Effect, Key, KeyCode, RunScreen};
use crate::run::RunDirectory;

impl App {
    pub(super) fn open(&mut self, directory: RunDirectory) -> Effect {
        self.opened += 1;
        self.note_the_open_run();
        self.checkpoints = None;
        self.why = None;
        let mut run = RunScreen::new(self.opened, directory.clone(), self.zone.clone());
        run.set_levels(self.levels.clone());
        self.recall_run(&mut run);
        if let Some(runs) = &mut self.runs {
            runs.read(run.model().directory());
        }
        self.run = Some(run);
        Effect::OpenRun { number: self.opened, directory }
    }

    pub(super) fn leave_finding(&mut self, key: Key) -> bool {
        if self.run.is_none() && self.help.is_none() && key.code == KeyCode::Escape {
            let (attention, size) = (&self.attention, self.size);
            return self.runs.as_mut().is_some_and(|runs| runs.leave_filter(attention, size));
        }
        let is_over_it = self.help.is_some() || self.checkpoints.is_some() || self.why.is_some();
        let run = self.run.as_mut().filter(|_| !is_over_it);
        run.is_some_and(|run| run.leave_finding(key.code == KeyCode::Escape))
    }

    pub(super) fn back(&mut self) -> Vec<Effect> {
        if self.help.take().is_some() {
            return Vec::new();
        }
        let is_left_to_list = self.why.is_some_and(|why| why.from_list);
        if let Some(effect) = self.leave_why() {
            let mut effects = vec![effect];
            if is_left_to_list {
                effects.extend(self.back());
            }
            return effects;
        }
        if let Some(screen) = &mut self.checkpoints {
            if !screen.back(self.size) {
                self.checkpoints = None;
            }
            return Vec::new();
        }
        self.note_the_open_run();
        if let (Some(runs), Some(run)) = (&mut self.runs, &self.run) {
            // What happened while it was open was seen.
            runs.read(run.model().directory());
        }
        match (self.runs.is_some(), self.run.take()) {
            (true, Some(run)) => vec![Effect::CloseRun { number: run.number() }],
            (_, run) => {
                // The last screen is kept, so that something can be drawn until the end.
                self.run = run;
                vec![Effect::Quit]
            }
        }
    }

    pub(super) fn open_selected(&mut self) -> Vec<Effect> {
        let Some(runs) = &self.runs else { return Vec::new() };
        match runs.runs().get(runs.selected()).map(|run| run.directory.clone()) {
            Some(directory) => vec![self.open(directory)],
            None => Vec::new(),
        }
    }
}
