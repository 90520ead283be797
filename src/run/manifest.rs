//! `run.json`: who a run is. Written once, first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// The identity of a run. A reader takes any file with the fields it can find: all that a reader
/// might miss is optional here, and unknown keys are ignored. The environment is never part of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Manifest {
    /// The version of the run directory's format; see [`super::FORMAT`].
    pub format: u32,
    /// A UUIDv7 that names this run for good.
    #[serde(alias = "run_uid")]
    pub run_uid: String,
    /// The task that the step belongs to. Untrusted text on the reading side: never a path.
    #[serde(alias = "task_id")]
    pub task_id: String,
    /// The step that is attempted.
    #[serde(alias = "step_id")]
    pub step_id: String,
    /// The step's name for people.
    #[serde(alias = "step_name")]
    pub step_name: String,
    /// The step's place among the task's steps, from 1.
    #[serde(alias = "step_index", skip_serializing_if = "Option::is_none")]
    pub step_index: Option<u64>,
    /// How many steps the task has.
    #[serde(alias = "step_count", skip_serializing_if = "Option::is_none")]
    pub step_count: Option<u64>,
    /// Which attempt at the step this is, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u64>,
    /// This run.
    #[serde(alias = "run_id")]
    pub run_id: String,
    /// The kind of worker that carries the step out, for example `shell`.
    #[serde(alias = "worker_kind")]
    pub worker_kind: String,
    /// Further labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// When the run was made.
    #[serde(alias = "created_at", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The host's name.
    pub host: String,
    /// The id of the host's boot: what is known of processes holds for this boot only.
    #[serde(alias = "boot_id")]
    pub boot_id: String,
    /// The working directory of the command.
    pub cwd: String,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Whether the command has a terminal of its own.
    pub pty: bool,
    /// Where a person can answer the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal: Option<Terminal>,
    /// How checkpoints are made of this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<CheckpointSettings>,
}

/// Where a person can answer a step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Terminal {
    /// The terminal's device, for example `/dev/pts/3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tty: Option<String>,
    /// The tmux pane, for example `%7`.
    #[serde(alias = "tmux_pane", skip_serializing_if = "Option::is_none")]
    pub tmux_pane: Option<String>,
    /// The socket of the tmux server that the pane is of, for example `/tmp/tmux-1000/default`.
    #[serde(alias = "tmux_socket", skip_serializing_if = "Option::is_none")]
    pub tmux_socket: Option<String>,
}

/// How checkpoints are made of a run. A run without these settings is in mode `capture`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CheckpointSettings {
    /// Whether checkpoints are made at all.
    pub mode: CheckpointMode,
    /// The seq of the last checkpoint of the attempt that this run goes on from.
    #[serde(alias = "resume_from_seq", skip_serializing_if = "Option::is_none")]
    pub resume_from_seq: Option<u64>,
    /// What a git diff is taken against; `HEAD` when absent.
    #[serde(alias = "git_diff_base_ref", skip_serializing_if = "Option::is_none")]
    pub git_diff_base_ref: Option<String>,
    /// Whether a git diff carries its stat.
    #[serde(alias = "include_git_diff_stat", skip_serializing_if = "Option::is_none")]
    pub include_git_diff_stat: Option<bool>,
    /// What the preparation checkpoint says.
    #[serde(alias = "summary_hint", skip_serializing_if = "Option::is_none")]
    pub summary_hint: Option<String>,
}

/// Whether checkpoints are made. A word that this version does not know is read as
/// [`CheckpointMode::Disabled`]: what its writer wants is not known, so nothing is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckpointMode {
    /// Summaries, git diffs and log tails are made.
    #[default]
    Capture,
    /// Nothing is ever written.
    Disabled,
}

impl CheckpointMode {
    /// The word as it stands in `run.json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Disabled => "disabled",
        }
    }
}

impl<'de> Deserialize<'de> for CheckpointMode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(if word == "capture" { Self::Capture } else { Self::Disabled })
    }
}

impl Manifest {
    /// The checkpoint settings, those of mode `capture` when there are none.
    #[must_use]
    pub fn checkpoint_settings(&self) -> CheckpointSettings {
        self.checkpoint.clone().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_with_a_few_fields_and_unknown_ones_is_read() {
        let manifest: Manifest =
            serde_json::from_str(r#"{"taskId":"t","new":1,"checkpoint":{"mode":"disabled"}}"#).unwrap();
        assert_eq!(manifest.task_id, "t");
        assert_eq!(manifest.checkpoint_settings().mode, CheckpointMode::Disabled);
        let unknown: Manifest = serde_json::from_str(r#"{"checkpoint":{"mode":"someday"}}"#).unwrap();
        assert_eq!(unknown.checkpoint_settings().mode, CheckpointMode::Disabled);
        let empty: Manifest = serde_json::from_str("{}").unwrap();
        assert_eq!(empty.checkpoint_settings().mode, CheckpointMode::Capture);
    }
}
