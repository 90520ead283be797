//! The seqs of a run: which were seen, how often one came twice, and what is missing.

use std::cell::Cell;
use std::collections::VecDeque;
use std::time::Duration;

use crate::tail::{Gap, SeqSet};

/// How long an entry may be on its way before what is missing before it is called a gap.
const GAP_SETTLES: Duration = Duration::from_millis(250);

/// What is known of the seqs.
#[derive(Debug, Default)]
pub(crate) struct Seqs {
    seen: SeqSet,
    /// Entries whose seq another entry had before.
    pub(crate) ties: u64,
    /// Up to here, what is missing is a gap and not merely on its way.
    settled: Option<u64>,
    settling: VecDeque<(Duration, u64)>,
    gap_count: Cell<Option<GapCount>>,
}

/// How many gaps there were, and of which state of what was seen: counting them walks the set.
#[derive(Clone, Copy, Debug)]
struct GapCount {
    of: (Option<u64>, u64),
    gaps: u64,
}

impl Seqs {
    pub(crate) fn seen(&self) -> &SeqSet {
        &self.seen
    }

    pub(crate) fn insert(&mut self, seq: u64) {
        self.ties += u64::from(!self.seen.insert(seq));
    }

    /// Adds the seqs of many entries, of which so many came twice among themselves.
    pub(crate) fn add(&mut self, seqs: SeqSet, ties: u64) {
        self.ties += ties + self.seen.union(seqs);
    }

    /// Everything was read that was there: for the first time, or what came since.
    pub(crate) fn all_was_read(&mut self, is_first: bool, now: Duration) {
        let Some(highest) = self.seen.highest() else { return };
        if is_first {
            self.settled = Some(highest);
        } else if self.settling.back().is_none_or(|(_, seq)| *seq != highest) {
            self.settling.push_back((now, highest));
        }
    }

    /// Lets gaps be shown that are old enough not to be entries on their way.
    pub(crate) fn settle(&mut self, now: Duration) {
        while let Some((since, highest)) = self.settling.front() {
            if now.saturating_sub(*since) < GAP_SETTLES {
                break;
            }
            self.settled = self.settled.max(Some(*highest));
            self.settling.pop_front();
        }
    }

    /// The gaps that are settled.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = Gap> {
        let range = self.seen.lowest().zip(self.settled);
        range.into_iter().flat_map(|(lowest, settled)| self.seen.gaps(lowest, settled))
    }

    pub(crate) fn gap_count(&self) -> u64 {
        if self.seen.missing() == 0 {
            return 0;
        }
        let of = (self.settled, self.seen.len());
        if let Some(known) = self.gap_count.get().filter(|known| known.of == of) {
            return known.gaps;
        }
        let gaps = self.gaps().count() as u64;
        self.gap_count.set(Some(GapCount { of, gaps }));
        gaps
    }

    /// The settled gaps between two seqs, both included.
    pub(crate) fn missing_in(&self, first: u64, last: u64) -> Vec<Gap> {
        gaps_between(&self.seen, first, last.min(self.settled.unwrap_or(0)))
    }
}

/// What is missing in a set between two seqs, both included.
pub(crate) fn gaps_between(seen: &SeqSet, first: u64, last: u64) -> Vec<Gap> {
    if first > last { Vec::new() } else { seen.gaps(first, last).collect() }
}
