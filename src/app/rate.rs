//! How fast entries come: counts a second over the last few seconds.

use std::collections::VecDeque;
use std::time::Duration;

/// How many seconds are kept.
const SECONDS: usize = 10;

/// Entries a second, lately.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    /// The second of the last count.
    last: u64,
    counts: VecDeque<u64>,
}

impl Rate {
    /// Counts entries that came now.
    pub fn add(&mut self, now: Duration, entries: u64) {
        let second = now.as_secs();
        let forward = usize::try_from(second.saturating_sub(self.last)).unwrap_or(usize::MAX);
        if self.counts.is_empty() || forward >= SECONDS {
            self.counts.clear();
            self.counts.push_back(0);
        } else {
            self.counts.extend(std::iter::repeat_n(0, forward));
        }
        self.last = self.last.max(second);
        while self.counts.len() > SECONDS {
            self.counts.pop_front();
        }
        if let Some(count) = self.counts.back_mut() {
            *count += entries;
        }
    }

    /// The counts of the last seconds, the oldest first, the present one last.
    #[must_use]
    pub fn history(&self, now: Duration) -> Vec<u64> {
        let passed = usize::try_from(now.as_secs().saturating_sub(self.last)).unwrap_or(usize::MAX);
        let mut history: Vec<u64> = self.counts.iter().copied().collect();
        history.extend(std::iter::repeat_n(0, passed.min(SECONDS)));
        let missing = SECONDS.saturating_sub(history.len());
        history.splice(..0, std::iter::repeat_n(0, missing));
        history.split_off(history.len() - SECONDS)
    }

    /// Entries in the last second that is over.
    #[must_use]
    pub fn per_second(&self, now: Duration) -> u64 {
        let history = self.history(now);
        history[SECONDS - 2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_move_on_with_the_seconds_and_end() {
        let mut rate = Rate::default();
        rate.add(Duration::from_millis(5_100), 3);
        rate.add(Duration::from_millis(5_900), 4);
        assert_eq!(rate.per_second(Duration::from_secs(6)), 7);
        rate.add(Duration::from_millis(7_000), 1);
        assert_eq!(rate.history(Duration::from_secs(7)), [0, 0, 0, 0, 0, 0, 0, 7, 0, 1]);
        assert_eq!(rate.per_second(Duration::from_secs(8)), 1);
        assert_eq!(rate.history(Duration::from_secs(900)), [0; 10]);
    }
}
