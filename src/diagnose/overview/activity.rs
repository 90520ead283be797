//! How much a run said lately: what the list of runs draws as bars.

use std::collections::VecDeque;

use crate::run::Timestamp;

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
