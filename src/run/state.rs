//! `state.json` and `heartbeat.json`: how a run is, and that its recorder lives.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// How a run is. Replaced atomically at every change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunState {
    /// Where the run stands.
    pub status: Status,
    /// The command's process id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// The command's start time in the kernel's clock ticks since boot, so that a recycled pid is
    /// never mistaken for it.
    #[serde(alias = "pid_start_time", skip_serializing_if = "Option::is_none")]
    pub pid_start_time: Option<u64>,
    /// The command's process group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pgid: Option<u32>,
    /// The pid namespace in which the pids count, as the kernel names it (`pid:[4026531836]`).
    #[serde(alias = "pid_namespace", skip_serializing_if = "Option::is_none")]
    pub pid_namespace: Option<String>,
    /// Who records the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorder: Option<ProcessIdentity>,
    /// When the command was started.
    #[serde(alias = "started_at", skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When this state was written.
    #[serde(alias = "updated_at", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// When the run ended.
    #[serde(alias = "finished_at", skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// The command's exit code, when it exited.
    #[serde(alias = "exit_code", skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The number of the signal that ended the command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// One sentence on how it came to this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A process that can be told from a later one of the same pid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProcessIdentity {
    /// The process id.
    pub pid: u32,
    /// Its start time in the kernel's clock ticks since boot.
    #[serde(alias = "pid_start_time", skip_serializing_if = "Option::is_none")]
    pub pid_start_time: Option<u64>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Made, its command not yet started.
    Prepared,
    /// Its command runs.
    Running,
    /// Its command ended with exit code 0.
    Succeeded,
    /// Its command ended otherwise.
    Failed,
    /// It was ended from outside.
    Cancelled,
    /// Nothing is known: no `state.json`, or a status that this version does not know.
    #[default]
    Unknown,
    /// Derived by readers, never written: the state says running, but who carried it out is gone.
    Lost,
}

impl Status {
    /// The word as it stands in JSON, the help and on the screens.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
            Self::Lost => "lost",
        }
    }

    /// Whether nothing more will come from the run.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::Lost)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(match word.as_str() {
            "prepared" => Self::Prepared,
            "running" => Self::Running,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "cancelled" => Self::Cancelled,
            _ => Self::Unknown,
        })
    }
}

/// That the recorder lives. Replaced every [`HEARTBEAT_SECONDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heartbeat {
    /// When it was written.
    pub at: Timestamp,
    /// Processor time that the command and its reaped children used, in milliseconds.
    #[serde(alias = "child_cpu_ms", default, skip_serializing_if = "Option::is_none")]
    pub child_cpu_ms: Option<u64>,
}

/// Seconds between two heartbeats.
pub const HEARTBEAT_SECONDS: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_this_version_does_not_know_is_unknown() {
        let state: RunState = serde_json::from_str(r#"{"status":"paused","exit_code":3}"#).unwrap();
        assert_eq!(state.status, Status::Unknown);
        assert_eq!(state.exit_code, Some(3));
    }
}
