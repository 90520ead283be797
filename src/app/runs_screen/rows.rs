//! Which runs have a row, and how many attempts each row stands for.
//!
//! Attempts at the same step of the same task stand for each other: those that ended and were followed
//! by another are folded under the latest. What is under way always has a row of its own. Where a
//! filter is typed every run that answers to it has one.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::app::attention::Attention;
use crate::app::fuzzy;
use crate::diagnose::RunSummary;
use crate::run::Status;

/// What tells a step from others: its task, and itself.
pub(super) type StepKey = (String, String);

/// What a row stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many attempts at the step there are, where the row is that of the latest of several; else 0.
    pub count: usize,
    /// Whether it is an earlier attempt, below the latest.
    pub is_earlier: bool,
}

/// Of which step a run is an attempt. Runs that do not say are attempts at nothing.
pub(super) fn step_of(run: &RunSummary) -> Option<StepKey> {
    let manifest = &run.manifest;
    let step = if manifest.step_id.is_empty() { &manifest.step_name } else { &manifest.step_id };
    let is_known = !manifest.task_id.is_empty() && !step.is_empty();
    is_known.then(|| (manifest.task_id.clone(), step.clone()))
}

/// The rows for runs that are in order.
pub(super) fn arrange(
    all: &[Arc<RunSummary>],
    needle: &str,
    unfolded: &BTreeSet<StepKey>,
    attention: &Attention,
) -> (Vec<Arc<RunSummary>>, Vec<Attempts>) {
    if !needle.trim().is_empty() {
        let runs: Vec<_> = all.iter().filter(|run| answers(run, needle, attention)).cloned().collect();
        let attempts = vec![Attempts::default(); runs.len()];
        return (runs, attempts);
    }
    let keys: Vec<Option<StepKey>> = all.iter().map(|run| step_of(run)).collect();
    // Of each step its attempts, the latest first.
    let mut steps: HashMap<&StepKey, Vec<usize>> = HashMap::new();
    for (place, key) in keys.iter().enumerate() {
        if let Some(key) = key {
            steps.entry(key).or_default().push(place);
        }
    }
    for places in steps.values_mut() {
        places.sort_by_key(|place| (std::cmp::Reverse(all[*place].began()), *place));
    }
    let (mut runs, mut attempts) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
    for (place, run) in all.iter().enumerate() {
        let step = keys[place].as_ref().and_then(|key| Some((key, steps.get(key)?)));
        let Some((key, places)) = step.filter(|(_, places)| places.len() > 1) else {
            runs.push(Arc::clone(run));
            attempts.push(Attempts::default());
            continue;
        };
        let is_latest = places.first() == Some(&place);
        if !is_latest && !run.is_live() {
            continue;
        }
        runs.push(Arc::clone(run));
        attempts.push(Attempts { count: if is_latest { places.len() } else { 0 }, is_earlier: false });
        if is_latest && unfolded.contains(key) {
            for earlier in places.iter().skip(1).map(|place| &all[*place]).filter(|run| !run.is_live()) {
                runs.push(Arc::clone(earlier));
                attempts.push(Attempts { count: 0, is_earlier: true });
            }
        }
    }
    (runs, attempts)
}

/// Whether a run answers to what is typed: each word of it stands, letter by letter, in one of the names
/// or the status, or as it is in the last line, in which few letters would stand anywhere.
fn answers(run: &RunSummary, needle: &str, attention: &Attention) -> bool {
    let manifest = &run.manifest;
    let step = run.step();
    let names = [
        manifest.task_id.as_str(),
        &step,
        &manifest.step_id,
        &manifest.run_id,
        &manifest.worker_kind,
        run.status.word(),
        if run.status == Status::Succeeded { "done" } else { "" },
        if attention.stuck(run).is_some() { "stuck" } else { "" },
    ];
    let said = run.says().to_lowercase();
    let is_in = |word: &str| {
        names.iter().any(|name| fuzzy::score(word, name).is_some()) || said.contains(&word.to_lowercase())
    };
    needle.split_whitespace().all(is_in)
}
