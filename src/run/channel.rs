//! Channels: the open, ranked set of logs of a run.

use std::cmp::Ordering;
use std::fmt;

/// One log of a run. The three of the contract come first, further ones are named by their file
/// and ranked after them by name. The order of this type is the order in which entries of equal
/// `seq` stand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Lifecycle entries of the worker.
    Worker,
    /// What the step wrote to standard output.
    Stdout,
    /// What the step wrote to standard error.
    Stderr,
    /// A further channel, named by its file.
    Other(String),
}

impl Channel {
    /// The channel of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "worker" => Self::Worker,
            "stdout" => Self::Stdout,
            "stderr" => Self::Stderr,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The name as it stands in log tails, JSON and on the screen. A further channel's name comes
    /// from a file name and is untrusted text.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Worker => "worker",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Other(name) => name,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Worker => 0,
            Self::Stdout => 1,
            Self::Stderr => 2,
            Self::Other(_) => 3,
        }
    }
}

impl PartialOrd for Channel {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Channel {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.name().cmp(other.name()))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_rank_worker_stdout_stderr_then_others_by_name() {
        let mut channels: Vec<Channel> =
            ["zebra", "stderr", "audit", "stdout", "worker"].map(Channel::from_name).into();
        channels.sort();
        let names: Vec<&str> = channels.iter().map(Channel::name).collect();
        assert_eq!(names, ["worker", "stdout", "stderr", "audit", "zebra"]);
    }
}
