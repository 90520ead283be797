//! Telling a person who does not look at the screen: the terminal's title, and notifications when a run
//! ends, fails or needs somebody.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::attention::Need;
use super::{App, Effect, RunSummary, Said};
use crate::display;
use crate::run::{Manifest, Now, RunDirectory, Status};

/// The most columns of a title.
const LONGEST_TITLE: usize = 100;
/// The most columns of a run's name in a title: what stands around it is always there to read.
const LONGEST_NAME: usize = 60;
/// The most columns of a notification: desktops cut what is longer.
const LONGEST_NOTIFICATION: usize = 200;

/// How a person is told. Nothing is on unless somebody wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// Whether the terminal's bell is rung.
    pub bell: bool,
    /// Whether the terminal is asked to show a notification (OSC 9).
    pub osc9: bool,
}

impl Notify {
    fn is_on(self) -> bool {
        self.bell || self.osc9
    }
}

/// What is told, and what was.
#[derive(Debug, Default)]
pub(super) struct Teller {
    /// What a person chose.
    wanted: Notify,
    is_on: bool,
    /// How each run was when it was looked at last. What is there at first is no news.
    known: BTreeMap<RunDirectory, (Need, bool)>,
}

impl App {
    /// Takes how a person is to be told; at first, if at all.
    pub fn set_notify(&mut self, wanted: Notify) {
        self.teller = Teller { wanted, is_on: wanted.is_on(), known: BTreeMap::new() };
    }

    /// Tells from now on, or no longer. Where the settings say nothing of how, in both ways.
    pub(super) fn toggle_notify(&mut self, now: Now) {
        let both = Notify { bell: true, osc9: true };
        let wanted = if self.teller.wanted.is_on() { self.teller.wanted } else { both };
        self.teller = Teller { wanted, is_on: !self.teller.is_on, known: BTreeMap::new() };
        // How the runs are now is no news.
        _ = self.news(now);
        let how = match (wanted.bell, wanted.osc9) {
            (true, true) => "the bell and a notification tell",
            (true, false) => "the bell tells",
            _ => "a notification tells",
        };
        let text = if self.teller.is_on {
            format!("{how} when a run ends, fails or needs a person")
        } else {
            "nothing is told but on the screen".to_owned()
        };
        self.say(Said::done(text, now));
    }

    /// What happened to the runs since the last time, if that is to be told.
    pub(super) fn news(&mut self, now: Now) -> Vec<Effect> {
        if !self.teller.is_on {
            return Vec::new();
        }
        let open = self.run.as_ref().and_then(|run| run.summary().cloned());
        let listed: Vec<Arc<RunSummary>> = match &self.runs {
            Some(runs) => runs.runs().to_vec(),
            None => open.into_iter().collect(),
        };
        let mut told = Vec::new();
        for run in &listed {
            let state = (self.attention.need(run, now.monotonic), run.status.has_ended());
            let before = self.teller.known.insert(run.directory.clone(), state);
            told.extend(before.and_then(|before| self.new_of(run, before, state)));
        }
        if told.is_empty() {
            return Vec::new();
        }
        let wanted = self.teller.wanted;
        let text = display::one_line_within(&told.join("; "), LONGEST_NOTIFICATION);
        vec![Effect::Notify { bell: wanted.bell, text: wanted.osc9.then_some(text) }]
    }

    /// What is new of a run. May hold untrusted text.
    fn new_of(
        &self,
        run: &RunSummary,
        before: (Need, bool),
        (need, has_ended): (Need, bool),
    ) -> Option<String> {
        let name = name_of(&run.manifest);
        if need.is_person() && need != before.0 {
            return Some(match (need, self.attention.stuck(run)) {
                (Need::Stuck, Some(verdict)) => format!("{name} is stuck: {}", verdict.sentence),
                (Need::Lost, _) => format!("{name} was lost: {}", run.says()),
                _ => format!("{name} failed: {}", run.says()),
            });
        }
        (has_ended && !before.1).then(|| match run.status {
            Status::Succeeded => format!("{name} is done"),
            status => format!("{name}: {status}"),
        })
    }

    /// What the terminal's title says: the open run and its status, or how many runs need a person.
    /// Harmless.
    #[must_use]
    pub fn title(&self, now: Now) -> String {
        let title = match (&self.run, &self.runs) {
            // What it is called is not known yet.
            (Some(run), _) if !run.has_something_to_show() => "stepwatch".to_owned(),
            (Some(run), _) => {
                let is_stuck = self.judged().is_some_and(|judged| judged.verdict.alarm);
                let status = match run.status() {
                    Status::Running if is_stuck => "▲ stuck".to_owned(),
                    status => status.to_string(),
                };
                let name = display::one_line_within(&name_of(run.model().manifest()), LONGEST_NAME);
                format!("{status}: {name} – stepwatch")
            }
            (None, Some(runs)) => {
                let need = |run: &&Arc<RunSummary>| self.attention.need(run, now.monotonic).is_person();
                match runs.runs().iter().filter(need).count() {
                    0 => "stepwatch".to_owned(),
                    1 => "▲ 1 needs a person – stepwatch".to_owned(),
                    count => format!("▲ {count} need a person – stepwatch"),
                }
            }
            (None, None) => "stepwatch".to_owned(),
        };
        display::one_line_within(&title, LONGEST_TITLE)
    }
}

/// What people call a run: its step and its task. Untrusted text.
fn name_of(manifest: &Manifest) -> String {
    let names = [&manifest.step_name, &manifest.step_id, &manifest.run_id];
    let step = names.into_iter().find(|name| !name.is_empty()).unwrap_or(&manifest.run_id);
    if manifest.task_id.is_empty() { step.clone() } else { format!("{} › {step}", manifest.task_id) }
}
