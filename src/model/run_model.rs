//! The model of one run: what the batches of its tail add up to.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use super::cache::BlockCache;
use super::channel::{ChannelModel, ChannelState};
use super::counts::Counts;
use super::notice::Notice;
use super::segment::Segment;
use super::seqs::{Seqs, gaps_between};
use super::view::{Selection, Source, View};
use crate::run::{Channel, Heartbeat, Manifest, Now, RunDirectory, RunState, Timestamp};
use crate::tail::{
    Batch, Change, Ending, Gap, LineMark, Order, OrderKey, Piece, RemovedSegment, RunTail, SegmentId,
    SegmentIndex,
};

/// The time of what is read in one go: nothing of it came later than the rest.
fn at_once() -> Now {
    Now { wall: Timestamp::from_milliseconds(0), monotonic: Duration::ZERO }
}

fn tail_of(directory: &RunDirectory) -> io::Result<RunTail> {
    if !directory.path().is_dir() {
        let text = format!("there is no run directory at {}", directory.path().display());
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    Ok(RunTail::new(directory.clone()))
}

/// The channel in which a segment is, and its place there.
fn place_of(id: SegmentId, channels: &mut [ChannelModel]) -> Option<(&mut ChannelModel, usize)> {
    channels.iter_mut().find_map(|channel| {
        let place = channel.segments.iter().position(|segment| segment.id == id)?;
        Some((channel, place))
    })
}

/// The merged run.
#[derive(Debug)]
pub struct Model {
    directory: RunDirectory,
    manifest: Manifest,
    state: Option<RunState>,
    heartbeat: Option<Heartbeat>,
    checkpoint_names: Vec<String>,
    order: Order,
    channels: Vec<ChannelModel>,
    states: Vec<ChannelState>,
    seqs: Seqs,
    late: u64,
    /// The highest key when everything had been read last: what comes below it later is late.
    shown: Option<OrderKey>,
    notices: Vec<Notice>,
    removed: Vec<Notice>,
    loaded: bool,
    /// What is shown until everything was read.
    ending: Option<Ending>,
    progress: Option<(u64, u64)>,
    cache: RefCell<BlockCache>,
}

impl Model {
    /// An empty model of the run in `directory`. Nothing is read.
    #[must_use]
    pub fn new(directory: RunDirectory) -> Self {
        Self {
            manifest: Manifest::default(),
            directory,
            state: None,
            heartbeat: None,
            checkpoint_names: Vec::new(),
            order: Order::default(),
            channels: Vec::new(),
            states: Vec::new(),
            seqs: Seqs::default(),
            late: 0,
            shown: None,
            notices: Vec::new(),
            removed: Vec::new(),
            loaded: false,
            ending: None,
            progress: None,
            cache: RefCell::default(),
        }
    }

    /// Reads a run as it is now, whole.
    ///
    /// # Errors
    /// `NotFound` where there is no such directory.
    pub fn load(directory: RunDirectory) -> io::Result<Self> {
        let mut tail = tail_of(&directory)?;
        let mut model = Self::new(directory);
        loop {
            let batch = tail.poll();
            let caught_up = batch.caught_up;
            model.apply(batch, at_once());
            if caught_up {
                return Ok(model);
            }
        }
    }

    /// Reads the end of a run as it is now: at least its last `entries` entries, if there are as
    /// many. What stands there is right where the files are in order; [`Model::ending`] tells
    /// whether what was read is, and is `None` where all had to be read.
    ///
    /// # Errors
    /// `NotFound` where there is no such directory.
    pub fn load_end(directory: RunDirectory, entries: u64) -> io::Result<Self> {
        let mut tail = tail_of(&directory)?;
        // What was told on the way to no answer is not told again by the same tail.
        let Some(batch) = tail.poll_ending(entries) else { return Self::load(directory) };
        let mut model = Self::new(directory);
        model.apply(batch, at_once());
        Ok(model)
    }

    /// Applies the next batch. `now` dates what came.
    pub fn apply(&mut self, batch: Batch, now: Now) {
        for change in batch.changes {
            self.apply_change(change, now);
        }
        self.progress = batch.progress;
        if batch.caught_up && self.ending.take().is_some() {
            self.cache.borrow_mut().clear();
        }
        // Sorting in what is displaced is put off while nobody sees it.
        if batch.caught_up || self.loaded || self.ending.is_none() {
            let segments = self.channels.iter_mut().flat_map(|channel| &mut channel.segments);
            segments.for_each(|segment| segment.index.finish(0));
        }
        self.refresh_states();
        let anything_is_shown = batch.caught_up || self.ending.is_some();
        if anything_is_shown && !self.loaded && self.manifest.run_id.is_empty() {
            self.manifest = self.directory.named(Manifest::default());
        }
        if batch.caught_up {
            let highest = self.channels.iter().flat_map(|channel| &channel.segments);
            self.shown = highest.filter_map(|segment| segment.index.highest()).max();
            self.seqs.all_was_read(!self.loaded, now.monotonic);
            self.loaded = true;
        }
        self.settle(now);
    }

    /// Lets gaps be shown that are old enough not to be entries on their way.
    pub fn settle(&mut self, now: Now) {
        self.seqs.settle(now.monotonic);
    }

    fn apply_change(&mut self, change: Change, now: Now) {
        match change {
            Change::Restart { order } => self.restart(order),
            Change::Opened(opened) => {
                let place = self.channel_of(&opened.channel);
                self.channels[place].segments.push(Segment::new(opened));
            }
            Change::Lines { segment, marks, end } => self.add_lines(segment, &marks, end, now),
            Change::Piece { segment, piece } => self.add_piece(segment, *piece),
            Change::Ending(mut ending) => {
                // Each is looked for once for every segment.
                ending.parts.sort_unstable_by_key(|part| part.segment);
                self.ending = Some(ending);
                self.cache.borrow_mut().clear();
            }
            Change::Torn { segment, bytes } => {
                if let Some(segment) = self.segment_mut(segment) {
                    segment.torn = bytes;
                }
            }
            Change::Passed { segment, from, .. } => {
                if let Some(segment) = self.segment_mut(segment) {
                    segment.pass(from);
                }
            }
            Change::Detached { segment } => self.set_detached(segment, true),
            Change::Attached { segment } => self.set_detached(segment, false),
            Change::Replaced { segment, file } => {
                if let Some(segment) = self.segment_mut(segment) {
                    segment.file = file;
                }
                self.cache.borrow_mut().clear();
            }
            Change::Removed(removed) => self.note_removed(&removed),
            Change::Notice { about, text } => {
                self.notices.retain(|notice| notice.about != about);
                self.notices.extend(text.map(|text| Notice { about, text }));
            }
            Change::Manifest(manifest) => self.manifest = self.directory.named(*manifest),
            Change::State(state) => self.state = state.map(|state| *state),
            Change::Heartbeat(heartbeat) => self.heartbeat = Some(heartbeat),
            Change::Checkpoints(names) => self.checkpoint_names = names,
        }
    }

    fn restart(&mut self, order: Order) {
        self.order = order;
        for channel in &mut self.channels {
            channel.segments.clear();
        }
        self.seqs = Seqs::default();
        self.shown = None;
        self.loaded = false;
        self.ending = None;
        self.cache.borrow_mut().clear();
    }

    fn add_lines(&mut self, id: SegmentId, marks: &[LineMark], end: u64, now: Now) {
        let by_seq = self.order == Order::Seq;
        let (loaded, shown) = (self.loaded, self.shown);
        let Some((channel, place)) = place_of(id, &mut self.channels) else { return };
        let segment = &mut channel.segments[place];
        for mark in marks {
            segment.index.push(*mark);
            let Some(key) = mark.key() else { continue };
            if let Some(seq) = key.seq().filter(|_| by_seq) {
                self.seqs.insert(seq);
            }
            self.late += u64::from(loaded && shown.is_some_and(|shown| key < shown));
        }
        segment.index.note_end(end);
        if let Some(last) = marks.last() {
            channel.note_time_of_line(place, last.offset());
            channel.last_arrival = if loaded { Some(now.monotonic) } else { channel.last_arrival };
        }
    }

    /// Adds many lines at once: only while the run is read for the first time, so that none is late.
    fn add_piece(&mut self, id: SegmentId, piece: Piece) {
        let Some((channel, place)) = place_of(id, &mut self.channels) else { return };
        let index = &mut channel.segments[place].index;
        index.append(piece.index);
        self.seqs.add(piece.seqs, piece.ties);
        if let Some((_, offset)) = index.last_line() {
            channel.note_time_of_line(place, offset);
        }
    }

    fn note_removed(&mut self, removed: &RemovedSegment) {
        let entries = removed.extent.lines;
        if entries > 0 {
            let key = |key: Option<OrderKey>| key.and_then(OrderKey::seq);
            let seqs = match (key(removed.extent.lowest), key(removed.extent.highest)) {
                (Some(from), Some(to)) if self.order == Order::Seq => format!(" (seq {from} to {to})"),
                _ => String::new(),
            };
            let what = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
            let text = format!("was {}: {what}{seqs} can no longer be read", removed.cause);
            self.removed.push(Notice { about: removed.channel.name().to_owned(), text });
        }
    }

    fn channel_of(&mut self, channel: &Channel) -> usize {
        match self.channels.binary_search_by(|known| known.channel.cmp(channel)) {
            Ok(place) => place,
            Err(place) => {
                self.channels.insert(place, ChannelModel::new(channel.clone()));
                place
            }
        }
    }

    fn segment_mut(&mut self, id: SegmentId) -> Option<&mut Segment> {
        self.channels.iter_mut().flat_map(|channel| &mut channel.segments).find(|segment| segment.id == id)
    }

    fn set_detached(&mut self, id: SegmentId, detached: bool) {
        if let Some(segment) = self.segment_mut(id) {
            segment.detached = detached;
        }
    }

    fn refresh_states(&mut self) {
        self.states = self.channels.iter().map(ChannelModel::state).collect();
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// Who the run is; what `run.json` does not tell comes from the folder names.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How the run is, if it says so.
    #[must_use]
    pub fn state(&self) -> Option<&RunState> {
        self.state.as_ref()
    }

    /// The last sign of life of the recorder.
    #[must_use]
    pub fn heartbeat(&self) -> Option<&Heartbeat> {
        self.heartbeat.as_ref()
    }

    /// The names of the files in `checkpoints/`, sorted. Untrusted text.
    #[must_use]
    pub fn checkpoint_names(&self) -> &[String] {
        &self.checkpoint_names
    }

    /// What orders the run.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    /// How many bytes of the files have been read, and how many there are, while a large run is
    /// read for the first time. Until then only its end is in view.
    #[must_use]
    pub fn progress(&self) -> Option<(u64, u64)> {
        self.progress.filter(|_| !self.loaded)
    }

    /// The end of the run, if that is all that is in view.
    #[must_use]
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Whether everything that was there has been read once.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// The channels, in their order.
    #[must_use]
    pub fn channels(&self) -> &[ChannelState] {
        &self.states
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let seen = self.seqs.seen();
        let mut counts = Counts {
            ties: self.seqs.ties,
            late: self.late,
            gaps: self.seqs.gap_count(),
            missing: seen.missing(),
            lowest_seq: seen.lowest(),
            highest_seq: seen.highest().max(self.ending.as_ref().and_then(|end| end.seqs.highest())),
            ..Counts::default()
        };
        for state in &self.states {
            counts.entries += state.entries;
            counts.malformed += state.malformed;
            counts.disorder += state.disorder;
        }
        for segment in self.channels.iter().flat_map(|channel| &channel.segments) {
            counts.restarts += segment.index.counts().restarts;
        }
        counts
    }

    /// The seqs that are missing between the lowest and the highest, as far as they are not merely
    /// on their way.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        self.seqs.gaps().collect()
    }

    /// What is missing between two seqs, both excluded, as far as it is not merely on its way.
    #[must_use]
    pub fn missing_between(&self, after: u64, before: u64) -> Vec<Gap> {
        if self.order != Order::Seq {
            return Vec::new();
        }
        let (first, last) = (after.saturating_add(1), before.saturating_sub(1));
        match &self.ending {
            Some(ending) => {
                let known_from = ending.from.seq().unwrap_or(0);
                let known_to = ending.seqs.highest().unwrap_or(0);
                gaps_between(&ending.seqs, first.max(known_from), last.min(known_to))
            }
            None => self.seqs.missing_in(first, last),
        }
    }

    /// What a person should know about the files: what is so now, then what was lost.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.notices.iter().chain(&self.removed).cloned().collect()
    }

    /// The index of what is in view of a segment: all of it, or its end.
    fn index_in_view<'m>(&'m self, segment: &'m Segment) -> Option<&'m SegmentIndex> {
        let Some(ending) = &self.ending else { return Some(&segment.index) };
        let place = ending.parts.binary_search_by_key(&segment.id, |part| part.segment).ok()?;
        Some(&ending.parts[place].index)
    }

    /// Whether any line in view is a JSON object, so that a line which is none is malformed.
    fn has_objects(&self, channel: &ChannelModel) -> bool {
        let in_view = channel.segments.iter().filter_map(|segment| self.index_in_view(segment));
        channel.has_objects() || in_view.into_iter().any(|index| index.counts().objects > 0)
    }

    /// The merged entries of the chosen channels; until everything was read, those at the end.
    #[must_use]
    pub fn view(&self, selection: &Selection) -> View<'_> {
        View::new(self.sources(selection), &self.cache, self.order)
    }

    /// The segments of the chosen channels, as far as they are in view.
    pub(crate) fn sources(&self, selection: &Selection) -> Vec<Source<'_>> {
        let shown = self.channels.iter().filter(|channel| !selection.hides(&channel.channel));
        let sources = shown.flat_map(|channel| {
            let has_objects = self.has_objects(channel);
            channel.segments.iter().filter_map(move |segment| {
                let index = self.index_in_view(segment)?;
                Some(Source { channel: &channel.channel, segment, index, sieve: None, has_objects })
            })
        });
        sources.collect()
    }
}
