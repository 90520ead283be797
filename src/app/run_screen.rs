//! The run screen's state: one run's model, the window on its log, and what was noted of its
//! arrival.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::action::Action;
use super::density::Density;
use super::entry_view::EntryView;
use super::finding::Finding;
use super::layout::{LogColumns, RunLayout, Size};
use super::log_pane::{LogPane, Row, Window};
use super::rate::Rate;
use super::records::Records;
use super::remembered::RememberedRun;
use super::time_column::TimeColumn;
use jiff::tz::TimeZone;

use crate::diagnose::RunSummary;
use crate::model::Model;
use crate::run::{Channel, Now, RunDirectory, Status, Timestamp};
use crate::tail::Batch;

/// How long after an arrival gaps are settled; see [`Model::settle`].
const SETTLE_AFTER: Duration = Duration::from_millis(250);
/// How long a line without an end rests before it is shown as partial.
const PARTIAL_AFTER: Duration = Duration::from_secs(2);

/// What the mouse holds while its button is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grip {
    /// The bar beside the log.
    Bar,
    /// A row of the log.
    Log,
}

/// One run on the screen.
pub struct RunScreen {
    number: u64,
    pub(super) model: Model,
    pub(super) pane: LogPane,
    pub(super) finding: Finding,
    /// The entry that lies over the log.
    pub(super) entry: Option<EntryView>,
    /// What the column of times tells.
    pub(super) times: TimeColumn,
    /// Whether long lines are wrapped.
    wraps: bool,
    /// The zone in which times are shown and typed.
    pub(super) zone: TimeZone,
    rate: Rate,
    pub(super) density: Density,
    /// Where the button of the mouse was pressed.
    grip: Option<Grip>,
    caught_up: bool,
    /// When gaps are to be settled.
    settle_at: Option<Duration>,
    /// The lines without an end: how long each is, and since when.
    torn: BTreeMap<Channel, (u64, Duration)>,
    dismissed: BTreeSet<String>,
    summary: Option<Arc<RunSummary>>,
    trouble: Option<String>,
    /// The checkpoints, once they were read.
    pub(super) records: Option<Records>,
    /// The places of the checkpoints in the log; see [`Records::places`].
    pub(super) places: Vec<(u64, u64)>,
    /// Why records of ours could not be looked after.
    unsettled: Option<String>,
    /// How it was looked at before, until the whole run was read.
    pub(super) recalled: Option<Box<RememberedRun>>,
}

impl RunScreen {
    pub(super) fn new(number: u64, directory: RunDirectory, zone: TimeZone) -> Self {
        Self {
            number,
            model: Model::new(directory),
            pane: LogPane::default(),
            finding: Finding::default(),
            entry: None,
            times: TimeColumn::default(),
            wraps: false,
            zone,
            rate: Rate::default(),
            density: Density::default(),
            grip: None,
            caught_up: false,
            settle_at: None,
            torn: BTreeMap::new(),
            dismissed: BTreeSet::new(),
            summary: None,
            trouble: None,
            records: None,
            places: Vec::new(),
            unsettled: None,
            recalled: None,
        }
    }

    /// The number that tells this opening of a run from every other.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The merged run.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The window on the log.
    #[must_use]
    pub fn pane(&self) -> &LogPane {
        &self.pane
    }

    /// The entry that lies over the log.
    #[must_use]
    pub fn entry(&self) -> Option<&EntryView> {
        self.entry.as_ref()
    }

    /// What the column of times tells.
    #[must_use]
    pub fn times(&self) -> TimeColumn {
        self.times
    }

    /// Whether long lines are wrapped.
    #[must_use]
    pub fn wraps(&self) -> bool {
        self.wraps
    }

    pub(super) fn set_wraps(&mut self, wraps: bool) {
        self.wraps = wraps;
    }

    /// Lets wrapped rows be as wide as the text is now.
    fn fit(&mut self, size: Size) {
        let layout = RunLayout::new(size);
        let columns = LogColumns::new(layout.log_width, self.model.counts().highest_seq, self.times);
        let width = self.wraps.then(|| usize::from(layout.log_width.saturating_sub(columns.text)).max(1));
        self.pane.set_wrap(&self.model, width, usize::from(layout.log_height));
    }

    /// When the run began, as far as it says so.
    #[must_use]
    pub fn began(&self) -> Option<Timestamp> {
        let started = self.model.state().and_then(|state| state.started_at);
        started.or(self.model.manifest().created_at)
    }

    /// The time of the entry above the first one of the window.
    #[must_use]
    pub fn time_above(&self, window: &Window) -> Option<Timestamp> {
        self.pane.time_at(&self.model, window.first.checked_sub(1)?)
    }

    /// How fast entries come.
    #[must_use]
    pub fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Whether everything that is in the files has been read once.
    #[must_use]
    pub fn caught_up(&self) -> bool {
        self.caught_up
    }

    /// How the run is: as written, unless whoever watches it found that it is lost.
    #[must_use]
    pub fn status(&self) -> Status {
        let written = self.model.state().map_or(Status::Unknown, |state| state.status);
        match &self.summary {
            Some(summary) if summary.status == Status::Lost && written == Status::Running => Status::Lost,
            _ => written,
        }
    }

    /// What is to be said on the status line: the trouble there is in reading the run, or the
    /// newest notice that was not dismissed; and how many there are.
    #[must_use]
    pub fn notice(&self) -> Option<(String, usize)> {
        let notices = self.notices();
        notices.last().map(|last| (last.clone(), notices.len()))
    }

    fn notices(&self) -> Vec<String> {
        let of_model = self.model.notices().into_iter().map(|notice| match notice.about.as_str() {
            "" => notice.text,
            about => format!("{about}: {}", notice.text),
        });
        let ours = [self.unsettled.clone(), self.trouble.clone()].into_iter().flatten();
        of_model.chain(ours).filter(|notice| !self.dismissed.contains(notice)).collect()
    }

    /// The rows of the log to draw in a terminal of that size.
    #[must_use]
    pub fn window(&self, size: Size, now: Now) -> Window {
        let height = usize::from(RunLayout::new(size).log_height);
        self.pane.window(&self.model, &self.partial_rows(now.monotonic), height)
    }

    fn partial_rows(&self, now: Duration) -> Vec<Row> {
        self.torn
            .iter()
            .filter(|(channel, (_, since))| {
                now.saturating_sub(*since) >= PARTIAL_AFTER && !self.pane.selection().hides(channel)
            })
            .map(|(channel, (bytes, _))| Row::Partial { channel: channel.clone(), bytes: *bytes })
            .collect()
    }

    /// The checkpoints, once they were read.
    #[must_use]
    pub fn records(&self) -> Option<&Records> {
        self.records.as_ref()
    }

    /// Beside which rows of the window which checkpoints stand.
    #[must_use]
    pub fn marks(&self, window: &Window) -> BTreeMap<usize, Vec<u64>> {
        self.pane.marks(&self.model, window, &self.places)
    }

    pub(super) fn take_records(&mut self, records: Records, unsettled: Option<String>) {
        self.places = records.places();
        self.records = Some(records);
        self.unsettled = unsettled;
    }

    /// Goes to the place in the log of a checkpoint that knew of entries up to `seq`; says whether
    /// it has been read by now.
    pub(super) fn go_to_seq(&mut self, seq: u64, size: Size) -> bool {
        self.note_jump();
        self.pane.go_to_seq(&self.model, seq, usize::from(RunLayout::new(size).log_height))
    }

    /// Whether a clock is shown that goes on by itself.
    #[must_use]
    pub fn has_clock(&self) -> bool {
        !self.status().has_ended()
    }

    pub(super) fn next_tick(&self, now: Duration) -> Option<Duration> {
        let second = self.has_clock().then(|| Duration::from_secs(now.as_secs() + 1));
        let partial =
            self.torn.values().map(|(_, since)| *since + PARTIAL_AFTER).filter(|at| *at > now).min();
        [second, self.settle_at, partial, self.levels_tick(), self.density_tick()].into_iter().flatten().min()
    }

    /// Takes in what was read; says whether anything changed.
    pub(super) fn apply(&mut self, batch: Batch, size: Size, now: Now) -> bool {
        let became_ready = batch.caught_up && !self.caught_up;
        if batch.changes.is_empty() && !became_ready {
            return false;
        }
        let before = self.model.counts().entries;
        let had_only_the_end = self.model.ending().is_some();
        self.model.apply(batch, now);
        self.pane.run_changed();
        if had_only_the_end && self.model.ending().is_none() {
            self.pane.go_where_wanted(&self.model, usize::from(RunLayout::new(size).log_height));
        }
        let after = self.model.counts().entries;
        // What was there before we looked is no arrival.
        if self.caught_up {
            self.rate.add(now.monotonic, after.saturating_sub(before));
        }
        self.caught_up |= became_ready;
        // Not put off by what comes meanwhile, or gaps would never settle in a busy run.
        self.settle_at.get_or_insert(now.monotonic + SETTLE_AFTER);
        self.note_torn_lines(now.monotonic);
        self.levels_are_stale();
        self.recall_place(size);
        self.go_where_wished(size);
        self.search_on(size);
        self.fit(size);
        true
    }

    fn note_torn_lines(&mut self, now: Duration) {
        let torn: Vec<(Channel, u64)> = self
            .model
            .channels()
            .iter()
            .filter(|channel| channel.torn_bytes > 0)
            .map(|channel| (channel.channel.clone(), channel.torn_bytes))
            .collect();
        self.torn.retain(|channel, _| torn.iter().any(|(other, _)| other == channel));
        for (channel, bytes) in torn {
            let known = self.torn.entry(channel).or_insert((bytes, now));
            if known.0 != bytes {
                *known = (bytes, now);
            }
        }
    }

    pub(super) fn tick(&mut self, now: Now) {
        if self.settle_at.is_some_and(|at| at <= now.monotonic) {
            self.model.settle(now);
            self.settle_at = None;
        }
    }

    pub(super) fn take_summary(&mut self, summary: &Arc<RunSummary>) {
        self.summary = Some(Arc::clone(summary));
    }

    /// How the run is, as whoever watches it found last.
    #[must_use]
    pub fn summary(&self) -> Option<&Arc<RunSummary>> {
        self.summary.as_ref()
    }

    pub(super) fn take_trouble(&mut self, trouble: String) {
        self.trouble = Some(trouble);
    }

    pub(super) fn act(&mut self, action: Action, which: usize, size: Size) {
        let height = usize::from(RunLayout::new(size).log_height);
        let page = height.saturating_sub(1).max(1).cast_signed();
        if self.act_on_finding(action, size) {
            return;
        }
        let (pane, model) = (&mut self.pane, &self.model);
        match action {
            Action::Follow if pane.follows() => pane.hold(model, height),
            Action::Last if pane.chosen(model).is_some() => pane.to_end(model, height),
            Action::Follow | Action::Last => pane.follow(),
            Action::First => pane.first(model, height),
            Action::Up => pane.move_cursor(model, -1, height),
            Action::Down => pane.move_cursor(model, 1, height),
            Action::PageUp => pane.scroll(model, -page, height),
            Action::PageDown | Action::NextPage => pane.scroll(model, page, height),
            Action::Left => pane.shift(model, false, height),
            Action::Right => pane.shift(model, true, height),
            Action::ToggleChannel => {
                if let Some(channel) = model.channels().get(which) {
                    pane.toggle(&channel.channel);
                }
            }
            Action::Times => {
                self.times = self.times.next();
                self.fit(size);
            }
            Action::Wrap => {
                self.wraps = !self.wraps;
                self.fit(size);
            }
            Action::Dismiss => {
                if let Some((notice, _)) = self.notice() {
                    self.dismissed.insert(notice);
                }
            }
            _ => {}
        }
    }

    pub(super) fn scroll(&mut self, rows: i32, size: Size) {
        if let Some(entry) = &mut self.entry {
            return entry.scroll(rows as isize, size);
        }
        self.give_up_hunt();
        let height = usize::from(RunLayout::new(size).log_height);
        self.pane.scroll(&self.model, rows as isize, height);
    }

    pub(super) fn click(&mut self, column: u16, row: u16, size: Size) {
        self.grip = None;
        if self.entry.is_some() || self.finding.lists_filters() {
            return;
        }
        self.give_up_hunt();
        let layout = RunLayout::new(size);
        if let Some(row) = row.checked_sub(layout.log_top).filter(|row| *row < layout.log_height) {
            if column >= layout.log_width {
                self.grip = Some(Grip::Bar);
                return self.go_to_cell(row, size, false);
            }
            self.grip = Some(Grip::Log);
            self.pane.point_at(&self.model, usize::from(row), usize::from(layout.log_height));
        }
    }

    /// The mouse goes on with its button held: along the bar, or from the first row of a selection to its
    /// last; says whether that means anything.
    pub(super) fn drag(&mut self, row: u16, size: Size) -> bool {
        if self.entry.is_some() || self.finding.lists_filters() {
            return false;
        }
        let layout = RunLayout::new(size);
        let row = row.saturating_sub(layout.log_top);
        match self.grip {
            None => return false,
            Some(Grip::Bar) => self.go_to_cell(row, size, true),
            Some(Grip::Log) => {
                let height = usize::from(layout.log_height);
                if self.pane.chosen(&self.model).is_some() || self.pane.toggle_chosen(&self.model, height) {
                    self.pane.point_at(&self.model, usize::from(row), height);
                }
            }
        }
        true
    }

    pub(super) fn resized(&mut self, size: Size) {
        self.fit(size);
        self.pane.resized(&self.model, usize::from(RunLayout::new(size).log_height));
    }
}
