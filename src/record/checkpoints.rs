//! The checkpoints that a recording itself sees to: the first record of a run, written before its command
//! starts, and that all are settled when the run has ended.

use std::time::SystemTime;

use serde_json::json;

use crate::checkpoint::{CheckpointError, Checkpoints, Kind, NewRecord, Origin};
use crate::run::{Manifest, RunDirectory};

/// Writes the preparation checkpoint of a run whose highest log seq is `log_seq`.
///
/// # Errors
/// [`CheckpointError`] says why nothing was written.
pub(crate) fn publish(
    directory: &RunDirectory,
    manifest: &Manifest,
    log_seq: u64,
) -> Result<(), CheckpointError> {
    let checkpoints = Checkpoints::new(directory.clone(), manifest);
    checkpoints.publish(record(manifest, log_seq), SystemTime::now().into()).map(drop)
}

/// Settles the checkpoints of a run that ended: one of ours that another program renamed over is
/// published again, and what was kept for that is cleared away.
///
/// # Errors
/// [`CheckpointError`] says what could not be done.
pub(crate) fn settle(directory: &RunDirectory, manifest: &Manifest) -> Result<(), CheckpointError> {
    Checkpoints::new(directory.clone(), manifest).settle(SystemTime::now().into()).map(drop)
}

/// What it says: the hint, or that the layout was prepared; and for whom.
fn record(manifest: &Manifest, log_seq: u64) -> NewRecord {
    let hint = manifest.checkpoint.as_ref().and_then(|settings| settings.summary_hint.clone());
    let summary = hint
        .filter(|hint| !hint.trim().is_empty())
        .unwrap_or_else(|| format!("Prepared the run layout for step {}.", manifest.step_id));
    let detail = format!("worker kind: {}\nstep: {}", manifest.worker_kind, manifest.step_name);
    NewRecord {
        kind: Kind::Summary,
        origin: Origin::Runner,
        log_seq: Some(log_seq),
        summary,
        payload: json!({ "detail": detail }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::CheckpointSettings;

    fn manifest(hint: Option<&str>) -> Manifest {
        let checkpoint =
            CheckpointSettings { summary_hint: hint.map(str::to_owned), ..CheckpointSettings::default() };
        Manifest {
            step_id: "build".to_owned(),
            step_name: "Build it all".to_owned(),
            worker_kind: "codex".to_owned(),
            checkpoint: Some(checkpoint),
            ..Manifest::default()
        }
    }

    #[test]
    fn the_hint_is_the_summary_and_without_one_it_says_that_the_layout_was_prepared() {
        assert_eq!(record(&manifest(Some("Goes on from run 6")), 1).summary, "Goes on from run 6");
        for hint in [None, Some(" ")] {
            assert_eq!(record(&manifest(hint), 1).summary, "Prepared the run layout for step build.");
        }
    }

    #[test]
    fn the_detail_names_worker_kind_and_step_name() {
        let detail = record(&manifest(None), 1).payload["detail"].to_string();
        assert!(detail.contains("codex") && detail.contains("Build it all"), "{detail}");
    }
}
