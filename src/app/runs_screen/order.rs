//! The orders of the list of runs.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use crate::app::attention::{Attention, Need};
use crate::diagnose::RunSummary;
use crate::run::{Now, Status};

/// What the list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RunOrder {
    /// Those that need a person first, then those that are under way; the latest first among equals.
    #[default]
    Need,
    /// The latest first.
    Start,
    /// Those that took the longest first.
    Elapsed,
    /// Those that have said nothing for the longest first.
    Idle,
    /// By their task and their step.
    Task,
}

impl RunOrder {
    const ALL: [Self; 5] = [Self::Need, Self::Start, Self::Elapsed, Self::Idle, Self::Task];

    /// What comes next.
    pub(super) fn next(self) -> Self {
        let place = Self::ALL.iter().position(|order| *order == self).unwrap_or(0);
        Self::ALL[(place + 1) % Self::ALL.len()]
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Need => "need",
            Self::Start => "start",
            Self::Elapsed => "elapsed",
            Self::Idle => "idle",
            Self::Task => "task",
        }
    }

    /// Which of two runs comes first.
    fn compare(self, one: &RunSummary, other: &RunSummary, now: Now) -> Ordering {
        match self {
            Self::Need => Ordering::Equal,
            Self::Start => Reverse(one.began()).cmp(&Reverse(other.began())),
            Self::Elapsed => Reverse(one.elapsed(now.wall)).cmp(&Reverse(other.elapsed(now.wall))),
            Self::Idle => Reverse(one.idle(now.wall)).cmp(&Reverse(other.idle(now.wall))),
            Self::Task => {
                let key = |run: &RunSummary| {
                    (run.manifest.task_id.clone(), run.manifest.step_index, run.manifest.step_name.clone())
                };
                key(one).cmp(&key(other))
            }
        }
    }

    /// Puts runs in order.
    pub(super) fn sort<R: AsRef<RunSummary>>(
        self,
        runs: Vec<R>,
        is_reversed: bool,
        attention: &Attention,
        now: Now,
    ) -> Vec<R> {
        let need = |run: &R| rank(attention.need(run.as_ref(), now.monotonic), run.as_ref().status);
        let mut ranked: Vec<(u8, R)> = runs.into_iter().map(|run| (need(&run), run)).collect();
        ranked.sort_by(|(one_rank, one), (other_rank, other)| {
            let (one, other) = (one.as_ref(), other.as_ref());
            let wanted = self.compare(one, other, now);
            wanted.then(one_rank.cmp(other_rank)).then_with(|| one.by_need(other))
        });
        if is_reversed {
            ranked.reverse();
        }
        ranked.into_iter().map(|(_, run)| run).collect()
    }
}

/// The order of the list by need: those that need a person first, then those that are under way, then
/// those that ended otherwise, and what was answered where it would be if it needed nobody.
fn rank(need: Need, status: Status) -> u8 {
    match (need, status) {
        (Need::Stuck, _) => 0,
        (Need::Lost, _) => 1,
        (Need::Failed, _) => 2,
        (_, Status::Running) => 3,
        (_, Status::Prepared) => 4,
        (_, Status::Unknown) => 5,
        (_, Status::Lost | Status::Failed) => 6,
        (_, Status::Cancelled) => 7,
        (_, Status::Succeeded) => 8,
    }
}
