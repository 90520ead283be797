//! What the list of runs knows of one run.

use std::collections::VecDeque;
use std::time::Duration;

use crate::run::{Manifest, RunDirectory, RunState, Status, Timestamp};

/// One run in a few facts, as whoever watches it (the storey above) last found it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Where it lies: what tells runs apart.
    pub directory: RunDirectory,
    /// Who it is, with what is missing taken from the folder names.
    pub manifest: Manifest,
    /// How it is, as written.
    pub state: Option<RunState>,
    /// How it is, with `lost` derived.
    pub status: Status,
    /// When the step last said something.
    pub last_output: Option<Timestamp>,
    /// How much it said lately.
    pub activity: Activity,
    /// How many checkpoint records there are.
    pub checkpoints: usize,
    /// The last thing that it said; untrusted text.
    pub last_line: String,
    /// Whether that has no line end: a question, or part of a line.
    pub line_is_open: bool,
}

impl RunSummary {
    /// Whether the run can still change by itself, so that its clocks go on.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !self.status.has_ended()
    }

    /// The place among the runs: those that need a person first, then those that are under way,
    /// then those that ended well.
    #[must_use]
    pub fn rank(&self) -> u8 {
        match self.status {
            Status::Lost => 0,
            Status::Failed => 1,
            Status::Running => 2,
            Status::Prepared => 3,
            Status::Unknown => 4,
            Status::Cancelled => 5,
            Status::Succeeded => 6,
        }
    }

    /// When the run began, as far as it says so.
    #[must_use]
    pub fn began(&self) -> Option<Timestamp> {
        self.state.as_ref().and_then(|state| state.started_at).or(self.manifest.created_at)
    }

    /// How long the run took, or takes until now. A lost run took until its last sign of life.
    #[must_use]
    pub fn elapsed(&self, now: Timestamp) -> Option<Duration> {
        let end = match self.status {
            Status::Running | Status::Prepared => Some(now),
            _ => self.state.as_ref().and_then(|state| state.finished_at).or(self.last_output),
        };
        Some(end?.since(self.began()?))
    }

    /// How long the step has said nothing, unless it has ended.
    #[must_use]
    pub fn idle(&self, now: Timestamp) -> Option<Duration> {
        let silent = self.is_live() || self.status == Status::Lost;
        self.last_output.filter(|_| silent).map(|last| now.since(last))
    }

    /// What to say of the run: how it ended, else its last line. Untrusted text.
    #[must_use]
    pub fn says(&self) -> String {
        let state = self.state.as_ref();
        let line = (!self.last_line.is_empty()).then(|| self.last_line.clone());
        if self.status == Status::Lost {
            let pid = state.and_then(|state| state.recorder.map(|recorder| recorder.pid).or(state.pid));
            return pid
                .map_or_else(|| "its recorder is gone".to_owned(), |pid| format!("recorder {pid} is gone"));
        }
        let message = state.and_then(|state| state.message.clone());
        if !self.status.has_ended() {
            return line.or(message).unwrap_or_default();
        }
        let signal = state.and_then(|state| state.signal).map(|signal| format!("signal {signal}"));
        let code = state.and_then(|state| state.exit_code).map(|code| format!("exit {code}"));
        match (signal.or(code), message.or(line)) {
            (Some(ended), Some(words)) if words.starts_with(&ended) => words,
            (Some(ended), Some(words)) if self.status != Status::Succeeded => format!("{ended}: {words}"),
            (ended, words) => ended.or(words).unwrap_or_default(),
        }
    }
}

/// Entries per slice of time over the last ten minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// Number of the last slice, counted from the epoch.
    last: i64,
    counts: VecDeque<u32>,
}

impl Activity {
    /// The length of a slice.
    pub const SLICE_MILLISECONDS: i64 = 30_000;
    /// How many slices are kept: ten minutes.
    pub const SLICES: usize = 20;

    /// Counts entries that were written at `time`. What is older than the slices kept is forgotten.
    pub fn add(&mut self, time: Timestamp, entries: u32) {
        let slice = time.milliseconds().div_euclid(Self::SLICE_MILLISECONDS);
        if self.counts.is_empty() {
            self.last = slice;
            self.counts.push_back(0);
        }
        if slice > self.last {
            let forward = usize::try_from(slice - self.last).unwrap_or(usize::MAX);
            if forward >= Self::SLICES {
                self.counts.clear();
                self.counts.push_back(0);
            } else {
                self.counts.extend(std::iter::repeat_n(0, forward));
            }
            self.last = slice;
        }
        let back = usize::try_from(self.last - slice).unwrap_or(usize::MAX);
        if back >= Self::SLICES {
            return;
        }
        while self.counts.len() <= back {
            self.counts.push_front(0);
        }
        while self.counts.len() > Self::SLICES {
            self.counts.pop_front();
        }
        let at = self.counts.len() - 1 - back;
        self.counts[at] = self.counts[at].saturating_add(entries);
    }

    /// The counts of the slices up to the one that holds `end`, the oldest first.
    #[must_use]
    pub fn until(&self, end: Timestamp) -> Vec<u32> {
        let end = end.milliseconds().div_euclid(Self::SLICE_MILLISECONDS);
        let first = end - (Self::SLICES as i64 - 1);
        let oldest = self.last - (self.counts.len() as i64 - 1);
        (first..=end)
            .map(|slice| {
                usize::try_from(slice - oldest).ok().and_then(|at| self.counts.get(at)).copied().unwrap_or(0)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn activity_counts_as_a_map_of_slices_would(
            entries in proptest::collection::vec((0_i64..2_000_000, 0_u32..9), 0..60),
            end in 0_i64..2_000_000,
        ) {
            let mut activity = Activity::default();
            let mut counts: BTreeMap<i64, u32> = BTreeMap::new();
            let mut highest = 0;
            for (time, count) in entries {
                activity.add(Timestamp::from_milliseconds(time), count);
                let slice = time / Activity::SLICE_MILLISECONDS;
                highest = highest.max(slice);
                *counts.entry(slice).or_default() += count;
                counts.retain(|slice, _| slice + (Activity::SLICES as i64) > highest);
            }
            let end_slice = end / Activity::SLICE_MILLISECONDS;
            let expected: Vec<u32> = (end_slice - 19..=end_slice)
                .map(|slice| counts.get(&slice).copied().unwrap_or(0))
                .collect();
            prop_assert_eq!(activity.until(Timestamp::from_milliseconds(end)), expected);
        }
    }
}
