//! How much time looking may take, and for whom.

use std::time::{Duration, Instant};

/// In the long run looking again takes one part in so many of the thread's time at most …
const SHARE: u32 = 250;
/// … and so much of it may be taken at once, after a pause: a run that falls silent is judged soon.
const AT_ONCE: Duration = Duration::from_millis(200);
/// Where nothing has changed only so much, so that there is something left for the others.
const AT_ONCE_UNCHANGED: Duration = Duration::from_millis(100);

/// How much of its time the thread may spend on looking.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// When all that was spent is made up for by rest.
    paid: Option<Instant>,
}

impl Budget {
    /// Notes what was spent up to now.
    pub(super) fn spend(&mut self, spent: Duration, now: Instant) {
        self.paid = Some(self.paid.map_or(now, |paid| paid.max(now)) + spent * SHARE);
    }

    /// How long to rest before more may be spent on a run.
    pub(super) fn wait(&self, urgency: Urgency, now: Instant) -> Duration {
        let at_once = match urgency {
            Urgency::Watched | Urgency::New => return Duration::ZERO,
            Urgency::Changed => AT_ONCE,
            Urgency::Unchanged => AT_ONCE_UNCHANGED,
        };
        let owed = self.paid.map_or(Duration::ZERO, |paid| paid.saturating_duration_since(now));
        owed.saturating_sub(at_once * SHARE)
    }
}

/// How soon a run that is due should be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// A person waits for the answer: it costs what it costs.
    Watched,
    /// Nothing was ever said of it: likewise, since a list that calls it running would be believed.
    New,
    /// It has said something, or has fallen silent.
    Changed,
    /// It is as it was.
    Unchanged,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_may_be_spent_at_once_and_then_only_a_share_of_the_time() {
        let begin = Instant::now();
        let mut budget = Budget::default();
        let wait = |budget: &Budget, at| {
            let wait = |urgency| budget.wait(urgency, at);
            assert_eq!((wait(Urgency::Watched), wait(Urgency::New)), (Duration::ZERO, Duration::ZERO));
            (wait(Urgency::Changed), wait(Urgency::Unchanged))
        };
        assert_eq!(wait(&budget, begin), (Duration::ZERO, Duration::ZERO));
        budget.spend(AT_ONCE_UNCHANGED, begin);
        assert_eq!(wait(&budget, begin), (Duration::ZERO, Duration::ZERO));
        budget.spend(AT_ONCE - AT_ONCE_UNCHANGED, begin);
        assert_eq!(wait(&budget, begin), (Duration::ZERO, (AT_ONCE - AT_ONCE_UNCHANGED) * SHARE));
        budget.spend(Duration::from_millis(10), begin);
        assert_eq!(wait(&budget, begin).0, Duration::from_millis(10) * SHARE);
        let later = begin + AT_ONCE * SHARE * 2;
        assert_eq!(wait(&budget, later), (Duration::ZERO, Duration::ZERO));
        budget.spend(AT_ONCE_UNCHANGED, later);
        assert_eq!(wait(&budget, later).1, Duration::ZERO, "what was spent is paid for");
    }
}
