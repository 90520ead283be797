//! What the application does of finding: keys that are typed, and what a run screen wants done.

use crate::app::action::ScreenKind;
use crate::app::key::Key;
use crate::app::{App, Effect, Said};
use crate::model::Answer;
use crate::run::Now;

impl App {
    /// What the run screen wants done and said.
    pub(in crate::app) fn take_from_run(&mut self, effects: &mut Vec<Effect>, now: Now) {
        let Some(run) = &mut self.run else { return };
        run.count_levels(now.monotonic);
        self.changed |= run.update_density(self.size, now.monotonic);
        effects.extend(run.take_effects());
        if let Some(told) = run.take_told() {
            let said = Said::done(told.text, now);
            self.say(Said { is_good: told.is_good, ..said });
        }
    }

    /// Takes a key that is typed, or that completes another one; says whether it did.
    pub(in crate::app) fn type_to_find(&mut self, key: Key) -> bool {
        let (screen, size) = (self.screen(), self.size);
        let is_bound = self.keys.action_of(key, screen).is_some();
        let Some(run) = &mut self.run else { return false };
        match screen {
            ScreenKind::Run if run.awaits_key() => run.complete_sequence(key, size),
            ScreenKind::Line if !is_bound => run.type_key(key, size),
            _ => return false,
        }
        self.changed = true;
        true
    }

    /// Takes text that is pasted into the line; says whether that is open.
    pub(in crate::app) fn paste_to_find(&mut self, text: &str) -> bool {
        let is_line = self.screen() == ScreenKind::Line;
        let Some(run) = self.run.as_mut().filter(|_| is_line) else { return false };
        run.paste_into_line(text, self.size);
        self.changed = true;
        true
    }

    pub(in crate::app) fn take_answer(&mut self, number: u64, question: u64, answer: Answer) {
        let size = self.size;
        if let Some(run) = self.open_under(number) {
            run.take_answer(question, answer, size);
            self.changed = true;
        }
    }
}
