//! The entries that a filter keeps, found range by range while the rest is still being searched, and
//! right while the files grow.
//!
//! What was found in a range of a segment is an index of its own, whose blocks hold the lines that
//! were kept. So everything that a [`View`] can do, it can do with them. Ranges that join are put
//! together; the end of the run comes first, since that is what is looked at.

use std::cell::RefCell;
use std::sync::Arc;

use super::cache::BlockCache;
use super::filter::Filter;
use super::merged::Place;
use super::run_model::Model;
use super::scan_job::{JobBlock, ScanJob, Scanned};
use super::view::{Selection, Sieve, Source, View};
use crate::tail::{OrderKey, SegmentId, SegmentIndex};

/// The size of the first ranges: small, so that the first hits are there at once.
const FIRST_RANGE: u64 = 512 << 10;
/// The size of a range later on.
const RANGE: u64 = 4 << 20;
/// How many ranges are searched at the same time.
const AT_THE_SAME_TIME: usize = 16;

/// What a filter keeps of a run, as far as it was searched.
#[derive(Debug)]
pub struct Filtered {
    filter: Arc<Filter>,
    /// The sizes of the first range of a segment, and of the others.
    ranges: (u64, u64),
    /// By segment, then offset; ranges of a segment do not overlap.
    parts: Vec<Part>,
    /// Ranges that are being searched.
    asked: Vec<(SegmentId, u64, u64)>,
    cache: RefCell<BlockCache>,
}

/// What was found in a range of a segment.
#[derive(Debug)]
struct Part {
    segment: SegmentId,
    from: u64,
    to: u64,
    index: SegmentIndex,
}

impl Filtered {
    /// Nothing is searched yet.
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self::with_ranges(filter, FIRST_RANGE, RANGE)
    }

    /// The same, for counting and going to single entries: little of the files is kept in memory.
    #[must_use]
    pub fn of_places(filter: Filter) -> Self {
        Self { cache: RefCell::new(BlockCache::of_places()), ..Self::new(filter) }
    }

    /// The same, searched in ranges of so many bytes: the first of a segment, and the others.
    #[must_use]
    pub fn with_ranges(filter: Filter, first: u64, others: u64) -> Self {
        let (parts, asked) = (Vec::new(), Vec::new());
        Self { filter: Arc::new(filter), ranges: (first, others), parts, asked, cache: RefCell::default() }
    }

    /// The filter.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// How many entries were found that the filter keeps.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.parts.iter().map(|part| part.index.entries()).sum()
    }

    /// Whether none was found yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes were searched, and how many there are.
    #[must_use]
    pub fn progress(&self, model: &Model) -> (u64, u64) {
        let all = Selection::all();
        let sources = model.sources(&all);
        sources.iter().fold((0, 0), |(searched, total), source| {
            let parts = self.parts.iter().filter(|part| part.segment == source.segment.id);
            (searched + parts.map(|part| part.to - part.from).sum::<u64>(), total + source.index.end())
        })
    }

    /// Whether all that was there was searched.
    #[must_use]
    pub fn is_complete(&self, model: &Model) -> bool {
        let (searched, total) = self.progress(model);
        searched >= total
    }

    /// Whether everything in view of the chosen channels between two places was searched, both
    /// included: from the first entry, or to the last one, where there is no place. Then nothing that
    /// is found later stands between them, but for what is still to come.
    #[must_use]
    pub fn is_searched(
        &self,
        model: &Model,
        selection: &Selection,
        from: Option<&Place>,
        to: Option<&Place>,
    ) -> bool {
        let begin = from.map_or(OrderKey::FIRST, Place::key);
        let end = to.map(|place| place.key().next());
        model.sources(selection).iter().all(|source| self.covers(source, begin, end))
    }

    /// Whether all lines of a segment were searched whose keys are in `begin..end`.
    fn covers(&self, source: &Source<'_>, begin: OrderKey, end: Option<OrderKey>) -> bool {
        let (id, index) = (source.segment.id, source.index);
        let (blocks, displaced) = (index.blocks(), index.displaced());
        let (first, ..) = index.spine_below(begin);
        let Some(from) = blocks.get(first).map(|block| block.offset) else { return true };
        let to = end.map_or(index.end(), |end| index.block_end(index.spine_below(end).0));
        let aside = displaced.partition_point(|line| line.key < begin)
            ..end.map_or(displaced.len(), |end| displaced.partition_point(|line| line.key < end));
        let mut aside = displaced.get(aside).unwrap_or_default().iter();
        self.has_searched(id, from, to)
            && aside.all(|line| self.has_searched(id, line.offset, line.offset + 1))
    }

    fn has_searched(&self, segment: SegmentId, from: u64, to: u64) -> bool {
        let parts = self.parts.iter().filter(|part| part.segment == segment);
        let reached = parts.fold(
            from,
            |reached, part| {
                if part.from <= reached { reached.max(part.to) } else { reached }
            },
        );
        reached >= to
    }

    /// What is to be searched next: nothing while enough is being searched, or all was. Every job
    /// must be carried out and its result given to [`Filtered::take`], or the job to
    /// [`Filtered::give_up`].
    pub fn jobs(&mut self, model: &Model) -> Vec<ScanJob> {
        let all = Selection::all();
        let sources = model.sources(&all);
        self.forget_what_is_gone(&sources);
        let mut jobs = Vec::new();
        // The ends of all files first, then on towards their beginnings.
        while self.asked.len() < AT_THE_SAME_TIME {
            let before = jobs.len();
            for source in &sources {
                if self.asked.len() < AT_THE_SAME_TIME
                    && let Some(job) = self.job(source, model)
                {
                    self.asked.push((job.segment, job.from, job.to));
                    jobs.push(job);
                }
            }
            if jobs.len() == before {
                break;
            }
        }
        jobs
    }

    /// The last range of a segment that is neither searched nor being searched.
    fn job(&self, source: &Source<'_>, model: &Model) -> Option<ScanJob> {
        let (id, all) = (source.segment.id, source.index);
        let begin = all.blocks().get(0)?.offset;
        let taken = self.parts.iter().map(|part| (part.segment, part.from, part.to));
        let mut taken: Vec<(u64, u64)> = taken
            .chain(self.asked.iter().copied())
            .filter(|(segment, _, _)| *segment == id)
            .map(|(_, from, to)| (from, to))
            .collect();
        taken.sort_unstable();
        let mut to = all.end();
        let mut from = begin;
        for (taken_from, taken_to) in taken.into_iter().rev() {
            if taken_to < to {
                from = taken_to.max(begin);
                break;
            }
            to = to.min(taken_from);
        }
        if from >= to {
            return None;
        }
        let searched = self.parts.iter().any(|part| part.segment == id);
        let size = if searched { self.ranges.1 } else { self.ranges.0 };
        // A range begins with a block, so that it is known how its lines are placed.
        let last = all.block_of_offset(to - 1)?;
        let first = all.block_of_offset(to.saturating_sub(size).max(from))?;
        let blocks = (first..=last)
            .map(|number| {
                let offset = all.block_begin(number);
                let end = source.segment.end_of_lines(offset, all.block_end(number));
                JobBlock { offset, end, placing: all.placing_at(number) }
            })
            .collect();
        let from = from.max(all.block_begin(first));
        let (file, filter) = (source.segment.file.clone(), Arc::clone(&self.filter));
        Some(ScanJob { segment: id, file, from, to, blocks, order: model.order(), filter })
    }

    /// Takes in what a job found. What was found for another filter is passed over.
    pub fn take(&mut self, found: Scanned) {
        let range = (found.segment, found.from, found.to);
        let Some(place) = self.asked.iter().position(|asked| *asked == range) else { return };
        if !Arc::ptr_eq(&found.filter, &self.filter) {
            return;
        }
        self.asked.swap_remove(place);
        let at = self.parts.partition_point(|part| (part.segment, part.from) < (found.segment, found.from));
        let joins = at.checked_sub(1).filter(|before| {
            self.parts[*before].segment == found.segment && self.parts[*before].to == found.from
        });
        match joins {
            Some(before) => {
                if let Err(index) = self.parts[before].join(found.index, found.marks.as_deref(), found.to) {
                    let Scanned { segment, from, to, .. } = found;
                    self.parts.insert(at, Part { segment, from, to, index: *index });
                }
            }
            None => {
                let Scanned { segment, from, to, index, .. } = found;
                self.parts.insert(at, Part { segment, from, to, index });
            }
        }
        self.join_neighbours();
        if self.asked.is_empty() {
            self.parts.iter_mut().for_each(|part| part.index.shrink());
        }
    }

    /// Joins parts that follow each other. That copies what is behind, so while the search goes on
    /// towards the beginning, only as much as has been found in front of it.
    fn join_neighbours(&mut self) {
        let mut first = 0;
        while let Some([one, other]) = self.parts.get_mut(first..first + 2) {
            let follow = one.segment == other.segment && one.to == other.from;
            let is_cheap = other.index.blocks().len() <= 2 * one.index.blocks().len();
            if !follow || !(is_cheap || self.asked.is_empty()) {
                first += 1;
                continue;
            }
            let (index, to) = (std::mem::take(&mut other.index), other.to);
            match one.join(index, None, to) {
                Ok(()) => drop(self.parts.remove(first + 1)),
                Err(index) => {
                    other.index = *index;
                    first += 1;
                }
            }
        }
    }

    /// The job was not carried out: its range is to be searched still.
    pub fn give_up(&mut self, job: &ScanJob) {
        self.asked.retain(|asked| *asked != (job.segment, job.from, job.to));
    }

    /// Segments are gone where the run was read anew: what was found in them is as well.
    fn forget_what_is_gone(&mut self, sources: &[Source<'_>]) {
        let is_there = |id: SegmentId| sources.iter().any(|source| source.segment.id == id);
        let before = self.parts.len();
        self.parts.retain(|part| is_there(part.segment));
        self.asked.retain(|(segment, _, _)| is_there(*segment));
        if self.parts.len() != before {
            self.cache.borrow_mut().clear();
        }
    }

    /// The merged entries of the chosen channels that the filter keeps, as far as they were found.
    #[must_use]
    pub fn view<'m>(&'m self, model: &'m Model, selection: &Selection) -> View<'m> {
        let mut sources = Vec::new();
        for source in model.sources(selection) {
            let sieve = Some(Sieve { filter: &self.filter, all: source.index });
            let parts = self.parts.iter().filter(|part| part.segment == source.segment.id);
            sources.extend(parts.map(|part| Source { index: &part.index, sieve, ..source }));
        }
        View::new(sources, &self.cache, model.order())
    }
}

impl Part {
    /// Puts what was found behind this part into it, unless that is much, and out of order with what
    /// is here.
    fn join(
        &mut self,
        index: SegmentIndex,
        marks: Option<&[crate::tail::LineMark]>,
        to: u64,
    ) -> Result<(), Box<SegmentIndex>> {
        let in_order = self.index.highest().is_none() || index.first() >= self.index.highest();
        if index.entries() == 0 {
            self.index.note_end(to);
        } else if in_order {
            self.index.append(index);
        } else if let Some(marks) = marks {
            for mark in marks {
                self.index.push(*mark);
            }
        } else {
            return Err(Box::new(index));
        }
        self.index.finish(to);
        self.to = to;
        Ok(())
    }
}
