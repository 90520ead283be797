//! The list of runs for pipes and scripts: as JSON lines, and as a table.

pub mod table;

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::diagnose::{RunSummary, Verdict};
use crate::display;
use crate::run::{Status, Timestamp};

/// A run of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// How it is.
    pub run: Arc<RunSummary>,
    /// What is said of it, where that was asked for and it has not ended.
    pub verdict: Option<Verdict>,
}

impl Listed {
    /// The verdict on a run that is under way and needs a person.
    #[must_use]
    pub fn stuck(&self) -> Option<&Verdict> {
        self.verdict.as_ref().filter(|verdict| verdict.alarm && self.run.status == Status::Running)
    }

    /// The order of the list: stuck runs first, then by need.
    #[must_use]
    pub fn by_need(&self, other: &Self) -> Ordering {
        let is_not_stuck = |listed: &Self| listed.stuck().is_none();
        is_not_stuck(self).cmp(&is_not_stuck(other)).then_with(|| self.run.by_need(&other.run))
    }
}

/// The run as a line of `runs --json`.
#[must_use]
pub fn json(listed: &Listed, now: Timestamp) -> Value {
    let mut line = of_run(&listed.run, now);
    if let (Some(verdict), Some(object)) = (&listed.verdict, line.as_object_mut()) {
        object.insert("verdict".to_owned(), verdict.code.word().into());
        object.insert("confidence".to_owned(), verdict.confidence.word().into());
        object.insert("alarm".to_owned(), verdict.alarm.into());
        object.insert("sentence".to_owned(), display::one_line(&verdict.sentence).into());
    }
    line
}

fn of_run(run: &RunSummary, now: Timestamp) -> Value {
    let manifest = &run.manifest;
    let state = run.state.as_ref();
    let milliseconds = |duration: Option<Duration>| {
        duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    };
    json!({
        "path": run.directory.path().to_string_lossy(),
        "runUid": manifest.run_uid,
        "taskId": manifest.task_id,
        "stepId": manifest.step_id,
        "stepName": manifest.step_name,
        "stepIndex": manifest.step_index,
        "stepCount": manifest.step_count,
        "runId": manifest.run_id,
        "workerKind": manifest.worker_kind,
        "status": run.status.word(),
        "startedAt": run.began(),
        "finishedAt": state.and_then(|state| state.finished_at),
        "elapsedMs": milliseconds(run.elapsed(now)),
        "idleMs": milliseconds(run.idle(now)),
        "exitCode": state.and_then(|state| state.exit_code),
        "signal": state.and_then(|state| state.signal),
        "checkpoints": run.checkpoints,
        "lastLine": display::plain_within(&run.says(), usize::MAX),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnose::overview::last_line::last_line;
    use crate::display::Limits;

    proptest! {
        #[test]
        fn the_last_line_of_a_run_is_the_last_one_that_is_not_blank_when_it_is_shown(
            text in "([ab \\t\\r\\n]|\u{1b}\\[[0-7;]{0,2}[mK]?){0,30}",
        ) {
            let shown = |text: &[u8]| -> Vec<String> {
                let lines = display::lines(text, Limits::NONE);
                lines.iter().map(|line| line.text().trim().to_owned()).collect()
            };
            let expected = shown(text.as_bytes()).into_iter().rfind(|line| !line.is_empty());
            let found = last_line(text.as_bytes()).map(|line| shown(line).concat());
            prop_assert_eq!(found, expected);
        }
    }
}
