//! What is remembered of the screens from one opening to the next, and within one: the filters, the
//! place and the look of a run, what a person answered to it, and what was open in a list.
//!
//! Whoever opens the screens reads it, hands it in ([`App::recall`]), gets it back at the end
//! ([`App::remembered`]) and writes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attention::RememberedAnswer;
use super::finding::OneFilter;
use super::log_pane::Stand;
use super::time_column::TimeColumn;
use super::{App, Effect, RunOrder, RunScreen, RunsScreen, Said, Size};
use crate::app::layout::RunLayout;
use crate::model::Pattern;
use crate::run::{Channel, Now, RunDirectory};

/// So many runs are remembered, and so many lists: those that were open last.
const MOST: usize = 200;

/// What is remembered, of everything that was ever opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Remembered {
    /// Of runs, by their whole path.
    pub runs: BTreeMap<String, RememberedRun>,
    /// Of lists of runs, by the whole paths of their roots, one in a line.
    pub lists: BTreeMap<String, RememberedList>,
}

/// What is remembered of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RememberedRun {
    /// When it was open last: milliseconds since 1970.
    pub used: i64,
    /// The filters, in their order.
    pub filters: Vec<RememberedFilter>,
    /// What was searched for.
    pub search: Option<String>,
    /// The names of the channels that were hidden.
    pub hidden: Vec<String>,
    /// What the column of times told.
    pub times: TimeColumn,
    /// Whether long lines were wrapped.
    pub wraps: bool,
    /// The seq at which a person stood; none while following.
    pub seq: Option<u64>,
    /// The seqs of the marked places.
    pub marks: BTreeMap<char, u64>,
    /// What a person answered.
    pub answer: Option<RememberedAnswer>,
}

/// A filter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RememberedFilter {
    /// What was typed.
    pub text: String,
    /// Whether it was in force.
    pub on: bool,
}

/// What is remembered of a list of runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RememberedList {
    /// When it was open last: milliseconds since 1970.
    pub used: i64,
    /// The run on which the cursor was.
    pub selected: Option<String>,
    /// Whether that run was open.
    pub open: bool,
    /// What runs had to answer to.
    pub filter: String,
    /// What the list was ordered by.
    pub order: RunOrder,
    /// Whether the other way round.
    pub reversed: bool,
}

impl Remembered {
    /// This, and of what was known before whatever this does not tell anew: as much as is kept.
    #[must_use]
    pub fn after(mut self, mut before: Self) -> Self {
        before.runs.append(&mut self.runs);
        before.lists.append(&mut self.lists);
        forget_the_oldest(&mut before.runs, |run| run.used);
        forget_the_oldest(&mut before.lists, |list| list.used);
        before
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.lists.is_empty()
    }
}

fn forget_the_oldest<T>(all: &mut BTreeMap<String, T>, used: impl Fn(&T) -> i64) {
    let mut times: Vec<i64> = all.values().map(&used).collect();
    times.sort_unstable();
    if let Some(oldest) = times.len().checked_sub(MOST).and_then(|first| times.get(first)) {
        all.retain(|_, one| used(one) >= *oldest);
    }
}

impl RememberedRun {
    /// In a few words what of it would surprise whoever does not remember; `None` where nothing would.
    fn told(&self) -> Option<String> {
        let on = self.filters.iter().filter(|filter| filter.on).count();
        let filters = match on {
            0 => None,
            1 => Some("1 filter".to_owned()),
            on => Some(format!("{on} filters")),
        };
        let hidden = (!self.hidden.is_empty()).then(|| format!("{} hidden", self.hidden.join(", ")));
        let search = self.search.as_ref().map(|text| format!("/{text}"));
        let place = self.seq.map(|seq| format!("at seq {seq}"));
        let parts: Vec<String> = [filters, hidden, search, place].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// What the application keeps of it.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The folder from which paths are meant.
    here: PathBuf,
    all: Remembered,
    /// The answers to runs that were not seen yet.
    answers: BTreeMap<String, RememberedAnswer>,
    /// The runs that were open this time.
    opened: BTreeMap<String, RememberedRun>,
    /// The run that was open, until the list tells whether it is still there.
    to_open: Option<String>,
}

impl Memory {
    /// What a path is remembered by; one that is no text is not remembered.
    fn name(&self, path: &Path) -> Option<String> {
        let whole: PathBuf = self.here.join(path).components().collect();
        whole.into_os_string().into_string().ok()
    }

    fn list_name(&self, runs: &RunsScreen) -> Option<String> {
        let names: Option<Vec<String>> = runs.roots().iter().map(|root| self.name(root)).collect();
        names.map(|names| names.join("\n"))
    }

    fn of(&self, run: &RunDirectory) -> Option<&RememberedRun> {
        let name = self.name(run.path())?;
        self.opened.get(&name).or_else(|| self.all.runs.get(&name))
    }
}

impl App {
    /// Takes in what was remembered. `here` is the folder from which the paths of runs and roots are
    /// meant.
    pub fn recall(&mut self, remembered: Remembered, here: PathBuf, now: Now) {
        self.memory = Memory { here, all: remembered, ..Memory::default() };
        let (memory, attention) = (&mut self.memory, &mut self.attention);
        for (name, run) in &memory.all.runs {
            let answer = run.answer.as_ref().filter(|answer| answer.holds(now));
            memory.answers.extend(answer.map(|answer| (name.clone(), answer.clone())));
        }
        if let Some(run) = &mut self.run {
            let directory = run.model().directory().clone();
            let answer = memory.name(directory.path()).and_then(|name| memory.answers.remove(&name));
            if let Some(answer) = answer {
                attention.recall(directory.clone(), answer, now);
            }
            if let Some(remembered) = memory.of(&directory) {
                run.recall(remembered.clone());
            }
        }
        if let Some(runs) = &mut self.runs
            && let Some(list) = memory.list_name(runs).and_then(|name| memory.all.lists.get(&name))
        {
            runs.recall(&list.filter, list.order, list.reversed);
            memory.to_open = list.selected.clone();
        }
    }

    /// What is to be remembered of this time.
    #[must_use]
    pub fn remembered(&mut self, now: Now) -> Remembered {
        self.note_the_open_run();
        let used = now.wall.milliseconds();
        let mut runs = std::mem::take(&mut self.memory.opened);
        for (run, answer) in self.attention.remembered(now) {
            let Some(name) = self.memory.name(run.path()) else { continue };
            let before = || self.memory.all.runs.get(&name).cloned().unwrap_or_default();
            runs.entry(name.clone()).or_insert_with(before).answer = answer;
        }
        for run in runs.values_mut() {
            run.used = used;
        }
        let selected = self.selected_run();
        let selected = selected.and_then(|run| self.memory.name(run.path()));
        let (filter, order, reversed) = self.runs.as_ref().map(RunsScreen::look).unwrap_or_default();
        let list = RememberedList { used, selected, open: self.run.is_some(), filter, order, reversed };
        let name = self.runs.as_ref().and_then(|runs| self.memory.list_name(runs));
        Remembered { runs, lists: name.map(|name| (name, list)).into_iter().collect() }
    }

    /// The open run, or else the one on which the cursor of the list is.
    fn selected_run(&self) -> Option<&RunDirectory> {
        let of_list = || self.runs.as_ref().and_then(|runs| runs.runs().get(runs.selected()));
        let open = self.run.as_ref().map(|run| run.model().directory());
        open.or_else(|| of_list().map(|run| &run.directory))
    }

    /// Notes how the open run is looked at, before it is left.
    pub(super) fn note_the_open_run(&mut self) {
        let Some(run) = &self.run else { return };
        if let Some(name) = self.memory.name(run.model().directory().path()) {
            self.memory.opened.insert(name, run.remembered());
        }
    }

    /// Lets a run be looked at as it was before.
    pub(super) fn recall_run(&self, run: &mut RunScreen) {
        if let Some(remembered) = self.memory.of(run.model().directory()) {
            run.recall(remembered.clone());
        }
    }

    /// Takes in what was remembered of the runs that the list has found.
    pub(super) fn recall_found(&mut self, now: Now) -> Vec<Effect> {
        let Some(runs) = &mut self.runs else { return Vec::new() };
        if !self.memory.answers.is_empty() {
            for run in runs.all() {
                let name = self.memory.name(run.directory.path());
                if let Some(answer) = name.and_then(|name| self.memory.answers.remove(&name)) {
                    self.attention.recall(run.directory.clone(), answer, now);
                }
            }
            runs.sort(&self.attention, now, self.size);
        }
        let Some(selected) = self.memory.to_open.take() else { return Vec::new() };
        let is_it = |run: &&RunDirectory| self.memory.name(run.path()).as_ref() == Some(&selected);
        let Some(run) = runs.all().iter().map(|run| &run.directory).find(is_it).cloned() else {
            return Vec::new();
        };
        let list = self.memory.list_name(runs).and_then(|name| self.memory.all.lists.get(&name));
        let was_open = list.is_some_and(|list| list.open);
        runs.select_run(&run, &self.attention, self.size);
        if !was_open || self.run.is_some() || self.prompt.is_some() {
            return Vec::new();
        }
        let effect = self.open(run);
        if self.said.is_none() {
            self.say(Said::done("the run that was open last; q goes to the list, --fresh begins anew", now));
        }
        vec![effect]
    }
}

impl RunScreen {
    /// Looks at the run as it was looked at before: at once, but for the place and what comes after it.
    fn recall(&mut self, remembered: RememberedRun) {
        self.times = remembered.times;
        self.set_wraps(remembered.wraps);
        for name in &remembered.hidden {
            self.pane.hide(&Channel::from_name(name));
        }
        self.recalled = Some(Box::new(remembered));
    }

    /// What is to be remembered of the run.
    fn remembered(&self) -> RememberedRun {
        if let Some(not_yet) = &self.recalled {
            return RememberedRun::clone(not_yet);
        }
        let seq = |stand: &Stand| self.pane.place_where(&self.model, stand)?.key().seq();
        let stands = Some(self.pane.stand()).filter(|_| !self.pane.follows());
        let filters = self.finding.filters().all().iter();
        let hidden = self.pane.selection().hidden();
        RememberedRun {
            used: 0,
            filters: filters
                .map(|filter| RememberedFilter { text: filter.text().to_owned(), on: filter.is_on() })
                .collect(),
            search: self.finding.search().map(|search| search.text().to_owned()),
            hidden: hidden.map(|channel| channel.name().to_owned()).collect(),
            times: self.times,
            wraps: self.wraps(),
            seq: stands.as_ref().and_then(seq),
            marks: self.finding.named_marks().filter_map(|(name, stand)| Some((name, seq(stand)?))).collect(),
            answer: None,
        }
    }

    /// Goes back to the place, and takes in what depends on it, once the whole run was read.
    pub(super) fn recall_place(&mut self, size: Size) {
        let is_read = self.caught_up() && self.model.ending().is_none();
        let Some(remembered) = self.recalled.take_if(|_| is_read) else { return };
        let height = usize::from(RunLayout::new(size).log_height);
        let has_moved = !self.pane.follows();
        let stands = self.pane.stand();
        let mut marks = Vec::new();
        for (name, seq) in &remembered.marks {
            self.pane.go_to_seq(&self.model, *seq, height);
            marks.push((*name, self.pane.stand()));
        }
        self.finding.set_marks(marks);
        self.pane.return_to(&self.model, stands, height);
        if let Some(seq) = remembered.seq.filter(|_| !has_moved) {
            self.pane.go_to_seq(&self.model, seq, height);
        }
        let filter = |filter: &RememberedFilter| {
            let new = OneFilter::new(&filter.text).ok()?;
            Some(if filter.on { new } else { new.switched_off() })
        };
        self.recall_filters(remembered.filters.iter().filter_map(filter).collect());
        if let Some(text) = &remembered.search
            && let Ok(pattern) = Pattern::with_smart_case(text)
            && self.finding.search().is_none()
        {
            self.search_for(text.clone(), pattern);
        }
        if let Some(told) = remembered.told() {
            self.finding.tell_of_before(&told);
        }
    }
}

/// How long after the wall clock's `now` a moment of it is, and what that is in monotonic time.
pub(super) fn monotonic(wall: i64, now: Now) -> Option<Duration> {
    let ahead = u64::try_from(wall.checked_sub(now.wall.milliseconds())?).ok()?;
    Some(now.monotonic + Duration::from_millis(ahead))
}
