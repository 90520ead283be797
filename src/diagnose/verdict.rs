//! What is said of a run: one word, one sentence, and what they rest on.

use serde::{Deserialize, Serialize};

use super::process::{Process, Unavailable};
use crate::run::Timestamp;

/// What a run is doing, or stuck on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// It moves on.
    Progressing,
    /// It has ended.
    Finished,
    /// Its state says that it runs, and nobody carries it out any more.
    WorkerLost,
    /// It waits for somebody to type.
    WaitingForInput,
    /// It waits for a peer on a network, or a socket.
    WaitingOnNetwork,
    /// It waits for a lock that somebody else holds.
    WaitingOnLock,
    /// It waits for a reader or a writer of a pipe that does not come.
    WaitingOnPipe,
    /// It waits for a timer.
    Sleeping,
    /// Every thread waits for another.
    Deadlocked,
    /// It was stopped by a signal or a debugger.
    Stopped,
    /// It computes, and says nothing.
    BusySilent,
    /// It says the same again and again.
    Looping,
    /// The disk is full.
    DiskFull,
    /// The process moves on, its log does not.
    LogStalled,
    /// Nothing is known that would tell.
    #[default]
    Unknown,
}

impl Code {
    /// The word as it stands in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Progressing => "progressing",
            Self::Finished => "finished",
            Self::WorkerLost => "worker_lost",
            Self::WaitingForInput => "waiting_for_input",
            Self::WaitingOnNetwork => "waiting_on_network",
            Self::WaitingOnLock => "waiting_on_lock",
            Self::WaitingOnPipe => "waiting_on_pipe",
            Self::Sleeping => "sleeping",
            Self::Deadlocked => "deadlocked",
            Self::Stopped => "stopped",
            Self::BusySilent => "busy_silent",
            Self::Looping => "looping",
            Self::DiskFull => "disk_full",
            Self::LogStalled => "log_stalled",
            Self::Unknown => "unknown",
        }
    }
}

/// How much the evidence carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It could be so.
    #[default]
    Possible,
    /// Most of what is known says so.
    Likely,
    /// The kernel or the run itself says so.
    Sure,
}

impl Confidence {
    /// The word as it stands in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Sure => "sure",
        }
    }
}

/// One thing that the verdict rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Where it comes from: `clock`, `log`, `event`, `process`, `lock`, `disk`, `heartbeat`,
    /// `checkpoint`, `habit`, `state`, `terminal`.
    pub kind: String,
    /// What it says, in a sentence. May hold untrusted text.
    pub text: String,
    /// When that was so.
    pub at: Option<Timestamp>,
}

/// What is said of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Verdict {
    /// In a word.
    #[serde(rename = "verdict")]
    pub code: Code,
    /// How sure.
    pub confidence: Confidence,
    /// In a sentence. May hold untrusted text.
    pub sentence: String,
    /// Since when it is so, as far as that is known.
    pub since: Option<Timestamp>,
    /// Whether a person should look.
    pub alarm: bool,
    /// What it rests on, what decides first.
    pub evidence: Vec<Evidence>,
    /// What could not be read, and why.
    pub unavailable: Vec<Unavailable>,
    /// Command lines that a person may copy. Nothing of it is ever done by us.
    pub suggestions: Vec<String>,
    /// The processes, parents before their children.
    pub processes: Vec<Process>,
}
