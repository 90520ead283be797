//! Which seqs were seen: a set of integers that costs a bit a seq where runs are dense, and says
//! what is missing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Missing seqs, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first missing seq.
    pub from: u64,
    /// The last missing seq.
    pub to: u64,
}

impl Gap {
    /// How many seqs are missing.
    #[must_use]
    pub fn missing(self) -> u64 {
        self.to - self.from + 1
    }
}

const PAGE_BITS: u64 = 1 << 12;
const WORDS: usize = (PAGE_BITS / 64) as usize;

#[derive(Clone, Debug)]
enum Page {
    Full,
    Some(Box<[u64; WORDS]>, u32),
}

impl Page {
    fn len(&self) -> u64 {
        match self {
            Self::Full => PAGE_BITS,
            Self::Some(_, count) => u64::from(*count),
        }
    }

    /// Adds the bits of `other`; how many of them were new.
    fn union(&mut self, other: &Self) -> u64 {
        let before = self.len();
        match (&mut *self, other) {
            (Self::Full, _) => {}
            (Self::Some(..), Self::Full) => *self = Self::Full,
            (Self::Some(words, count), Self::Some(others, _)) => {
                *count = 0;
                for (word, other) in words.iter_mut().zip(others.iter()) {
                    *word |= other;
                    *count += word.count_ones();
                }
                if u64::from(*count) == PAGE_BITS {
                    *self = Self::Full;
                }
            }
        }
        self.len() - before
    }
}

/// A set of seqs. Full pages of 4 096 seqs are folded to a word, so a dense run costs next to
/// nothing, and a run with holes a bit a seq.
#[derive(Clone, Debug, Default)]
pub struct SeqSet {
    pages: BTreeMap<u64, Page>,
    /// The page in use, out of the map: neighbours come one after the other.
    hot: Option<(u64, Page)>,
    lowest: Option<u64>,
    highest: Option<u64>,
    count: u64,
}

impl SeqSet {
    /// Adds a seq; whether it was new.
    pub fn insert(&mut self, seq: u64) -> bool {
        let page_number = seq / PAGE_BITS;
        let page = self.page_for(page_number);
        let is_new = match page {
            Page::Full => false,
            Page::Some(words, count) => {
                let bit = seq % PAGE_BITS;
                let (word, mask) = ((bit / 64) as usize, 1_u64 << (bit % 64));
                let is_new = words[word] & mask == 0;
                words[word] |= mask;
                *count += u32::from(is_new);
                if u64::from(*count) == PAGE_BITS {
                    *page = Page::Full;
                }
                is_new
            }
        };
        if is_new {
            self.count += 1;
            self.lowest = Some(self.lowest.map_or(seq, |lowest| lowest.min(seq)));
            self.highest = Some(self.highest.map_or(seq, |highest| highest.max(seq)));
        }
        is_new
    }

    /// Adds all of `other`; how many of them were there already.
    pub fn union(&mut self, mut other: Self) -> u64 {
        let before = self.count + other.count;
        for set in [&mut *self, &mut other] {
            if let Some((number, page)) = set.hot.take() {
                set.pages.insert(number, page);
            }
        }
        for (number, page) in other.pages {
            match self.pages.entry(number) {
                Entry::Vacant(vacant) => {
                    self.count += page.len();
                    vacant.insert(page);
                }
                Entry::Occupied(mut mine) => {
                    let added = mine.get_mut().union(&page);
                    self.count += added;
                }
            }
        }
        self.lowest = self.lowest.into_iter().chain(other.lowest).min();
        self.highest = self.highest.max(other.highest);
        before - self.count
    }

    fn page_for(&mut self, number: u64) -> &mut Page {
        if self.hot.as_ref().is_none_or(|(hot, _)| *hot != number) {
            if let Some((old, page)) = self.hot.take() {
                self.pages.insert(old, page);
            }
            let page = self.pages.remove(&number).unwrap_or_else(|| Page::Some(Box::new([0; WORDS]), 0));
            self.hot = Some((number, page));
        }
        let fallback = || (number, Page::Some(Box::new([0; WORDS]), 0));
        &mut self.hot.get_or_insert_with(fallback).1
    }

    fn page(&self, number: u64) -> Option<&Page> {
        match &self.hot {
            Some((hot, page)) if *hot == number => Some(page),
            _ => self.pages.get(&number),
        }
    }

    /// The lowest seq.
    #[must_use]
    pub fn lowest(&self) -> Option<u64> {
        self.lowest
    }

    /// The highest seq.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// How many different seqs there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many seqs between the lowest and the highest are missing.
    #[must_use]
    pub fn missing(&self) -> u64 {
        match (self.lowest, self.highest) {
            (Some(lowest), Some(highest)) => highest - lowest + 1 - self.count,
            _ => 0,
        }
    }

    /// The gaps in `from..=to`, lowest first, cut at these bounds.
    pub fn gaps(&self, from: u64, to: u64) -> impl Iterator<Item = Gap> {
        let mut next = from;
        std::iter::from_fn(move || {
            let first = self.first(next, to, false)?;
            let end = self.first(first, to, true).unwrap_or(to.saturating_add(1));
            next = end;
            Some(Gap { from: first, to: end - 1 })
        })
    }

    /// The first seq in `from..=to` that is in the set, or that is not.
    fn first(&self, from: u64, to: u64, present: bool) -> Option<u64> {
        let mut seq = from;
        while seq <= to {
            let number = seq / PAGE_BITS;
            match self.page(number) {
                Some(Page::Full) if present => return Some(seq),
                None if !present => return Some(seq),
                Some(Page::Full) => seq = (number + 1) * PAGE_BITS,
                None => seq = self.next_page(number)?.max(number + 1) * PAGE_BITS,
                Some(Page::Some(words, _)) => match first_in(words, seq % PAGE_BITS, present) {
                    Some(bit) => return Some(number * PAGE_BITS + bit).filter(|seq| *seq <= to),
                    None => seq = (number + 1) * PAGE_BITS,
                },
            }
        }
        None
    }

    /// The lowest page after `number` that has any seq.
    fn next_page(&self, number: u64) -> Option<u64> {
        let cold = self.pages.range(number + 1..).next().map(|(number, _)| *number);
        let hot = self.hot.as_ref().map(|(hot, _)| *hot).filter(|hot| *hot > number);
        cold.into_iter().chain(hot).min()
    }
}

/// The first bit at or after `from` that is set, or that is not.
fn first_in(words: &[u64; WORDS], from: u64, present: bool) -> Option<u64> {
    let mut bit = from;
    while bit < PAGE_BITS {
        let word = words[(bit / 64) as usize];
        let wanted = if present { word } else { !word } >> (bit % 64);
        if wanted != 0 {
            return Some(bit + u64::from(wanted.trailing_zeros()));
        }
        bit = (bit / 64 + 1) * 64;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn naive_gaps(set: &BTreeSet<u64>, from: u64, to: u64) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for seq in from..=to {
            if set.contains(&seq) {
                continue;
            }
            match gaps.last_mut() {
                Some(gap) if gap.to + 1 == seq => gap.to = seq,
                _ => gaps.push(Gap { from: seq, to: seq }),
            }
        }
        gaps
    }

    proptest! {
        #[test]
        fn the_set_and_its_gaps_are_those_of_a_plain_set(
            ranges in proptest::collection::vec((0..20_000_u64, 0..5000_u64), 0..8),
            singles in proptest::collection::vec(0..24_000_u64, 0..50),
            (from, length) in (0..24_000_u64, 0..24_000_u64),
        ) {
            let (mut set, mut naive) = (SeqSet::default(), BTreeSet::new());
            for seq in ranges.iter().flat_map(|(from, length)| *from..from + length).chain(singles) {
                prop_assert_eq!(set.insert(seq), naive.insert(seq));
            }
            prop_assert_eq!(set.len(), naive.len() as u64);
            prop_assert_eq!((set.lowest(), set.highest()), (naive.first().copied(), naive.last().copied()));
            let to = from + length;
            prop_assert_eq!(set.gaps(from, to).collect::<Vec<_>>(), naive_gaps(&naive, from, to));
            if let (Some(lowest), Some(highest)) = (set.lowest(), set.highest()) {
                let missing: u64 = set.gaps(lowest, highest).map(Gap::missing).sum();
                prop_assert_eq!(set.missing(), missing);
            }
        }
    }

    proptest! {
        #[test]
        fn the_union_of_two_sets_is_that_of_plain_sets_and_counts_what_both_had(
            ranges in proptest::collection::vec((0..20_000_u64, 0..9000_u64, any::<bool>()), 0..8),
        ) {
            let mut sets = [SeqSet::default(), SeqSet::default()];
            let mut naive = [BTreeSet::new(), BTreeSet::new()];
            for (from, length, which) in ranges {
                for seq in from..from + length {
                    sets[usize::from(which)].insert(seq);
                    naive[usize::from(which)].insert(seq);
                }
            }
            let [mut one, other] = sets;
            let both = naive[0].intersection(&naive[1]).count() as u64;
            prop_assert_eq!(one.union(other), both);
            let all: BTreeSet<u64> = naive[0].union(&naive[1]).copied().collect();
            prop_assert_eq!(one.len(), all.len() as u64);
            prop_assert_eq!((one.lowest(), one.highest()), (all.first().copied(), all.last().copied()));
            prop_assert_eq!(one.gaps(0, 30_000).collect::<Vec<_>>(), naive_gaps(&all, 0, 30_000));
            // What is inserted afterwards is still counted once.
            prop_assert_eq!(one.insert(29_999), true);
            prop_assert_eq!(one.insert(29_999), false);
        }
    }

    #[test]
    fn gaps_of_any_width_are_found_at_once() {
        let mut set = SeqSet::default();
        for seq in [0, 1, crate::run::MAX_SEQ] {
            set.insert(seq);
        }
        let gaps: Vec<Gap> = set.gaps(0, crate::run::MAX_SEQ).collect();
        assert_eq!(gaps, [Gap { from: 2, to: crate::run::MAX_SEQ - 1 }]);
    }
}
