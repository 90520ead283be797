//! Looking for the next or the previous of what a question asks for, while it is being answered.

use super::Question;
use crate::app::log_pane::Shown;
use crate::app::{RunScreen, Size, layout::RunLayout};
use crate::model::{Level, Model, Place, Selection};
use crate::run::Channel;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sought {
    /// What is searched for.
    Hits,
    /// Errors or warnings.
    Level(Level),
    /// What workers tell, but for signs of life.
    Events,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// At the place or after it, or else the last one before it.
    Here,
    /// After the place.
    Next,
    /// Before it.
    Previous,
}

/// A wish that was not fulfilled yet.
#[derive(Clone, Debug)]
pub(super) struct Hunt {
    pub(super) sought: Sought,
    pub(super) direction: Direction,
    /// From which place on; `None` where the log was empty.
    pub(super) from: Option<Place>,
}

/// What became of a hunt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// What was searched by now does not tell.
    NotYet,
    /// It is there; and whether the other end of the log was passed to come there.
    Found(Place, bool),
    /// There is none.
    Nothing,
}

/// Looks at what was found so far. The answer is the one that everything searched will give.
pub(super) fn look(question: &Question, model: &Model, selection: &Selection, hunt: &Hunt) -> Outcome {
    let found = question.found();
    let view = found.view(model, selection);
    let from = hunt.from.as_ref();
    // While only the end of the run is in view, nobody knows what stands before it.
    let begin_is_known = model.ending().is_none();
    let is_known = |from: Option<&Place>, to: Option<&Place>| {
        (from.is_some() || begin_is_known) && found.is_searched(model, selection, from, to)
    };
    let here = from.map_or(0, |from| view.position_of(from));
    let is_on_one = from.is_some() && view.place_at(here).as_ref() == from;
    let after = if is_on_one && hunt.direction == Direction::Next { here + 1 } else { here };
    let first = || view.place_at(0);
    let last = |before: u64| before.checked_sub(1).and_then(|last| view.place_at(last));
    let (near, far) = match hunt.direction {
        Direction::Next => (view.place_at(after), first()),
        Direction::Here => (view.place_at(after), last(here)),
        Direction::Previous => (last(here), last(view.len())),
    };
    let is_down = hunt.direction != Direction::Previous;
    match near {
        Some(place) if is_down && is_known(from, Some(&place)) => return Outcome::Found(place, false),
        Some(place) if !is_down && is_known(Some(&place), from) => return Outcome::Found(place, false),
        Some(_) => return Outcome::NotYet,
        None => {}
    }
    let near_is_searched = if is_down { is_known(from, None) } else { is_known(None, from) };
    let far_is_known = match (&far, hunt.direction) {
        (None, _) => is_known(None, None),
        (Some(place), Direction::Next) => is_known(None, Some(place)),
        (Some(place), Direction::Here) => is_known(Some(place), from),
        (Some(place), Direction::Previous) => is_known(Some(place), None),
    };
    match far {
        _ if !near_is_searched || !far_is_known => Outcome::NotYet,
        Some(place) => Outcome::Found(place, hunt.direction != Direction::Here),
        None => Outcome::Nothing,
    }
}

impl RunScreen {
    /// Begins a hunt from where a person stands, and pursues it.
    pub(super) fn hunt(&mut self, sought: Sought, direction: Direction, size: Size) {
        let from = self.pane.place(&self.model);
        self.finding.hunt = Some(Hunt { sought, direction, from });
        self.pursue(size);
    }

    /// Whoever goes elsewhere does not want to be taken away from there later.
    pub(in crate::app) fn give_up_hunt(&mut self) {
        self.finding.hunt = None;
    }

    /// Goes where a hunt leads, as soon as that is known.
    pub(super) fn pursue(&mut self, size: Size) {
        let Some(hunt) = &self.finding.hunt else { return };
        let selection = match hunt.sought {
            Sought::Events => only_workers(self.pane.selection(), &self.model),
            Sought::Hits | Sought::Level(_) => self.pane.selection().clone(),
        };
        let question = match hunt.sought {
            Sought::Hits => self.finding.search.as_ref().map(super::Search::question),
            Sought::Level(level) => self.finding.levels.question(level),
            Sought::Events => self.finding.events.as_ref(),
        };
        let Some(question) = question else {
            self.finding.hunt = None;
            return;
        };
        let outcome = look(question, &self.model, &selection, hunt);
        let is_in_sight = match &outcome {
            Outcome::NotYet => false,
            Outcome::Nothing => true,
            // What the filters keep may not have been searched as far as that.
            Outcome::Found(place, _) => self.pane.kept().is_none_or(|kept| {
                kept.found().is_searched(&self.model, &selection, Some(place), Some(place))
            }),
        };
        if !is_in_sight {
            return;
        }
        if let Some(hunt) = self.finding.hunt.take() {
            self.end_hunt(&hunt, outcome, size);
        }
    }

    fn end_hunt(&mut self, hunt: &Hunt, outcome: Outcome, size: Size) {
        let is_typed = self.finding.line.is_some();
        let wraps = hunt.sought == Sought::Hits;
        match outcome {
            Outcome::Found(place, passed_an_end) if wraps || !passed_an_end => {
                if !is_typed {
                    self.finding.before = Some(self.pane.stand());
                }
                self.show(&place, hunt.sought, size);
                if passed_an_end {
                    let told = match hunt.direction {
                        Direction::Previous => "no hit above: this is the last one of all",
                        _ => "no hit below: this is the first one of all",
                    };
                    self.finding.tell(told);
                }
            }
            _ if is_typed => self.return_to_line(size),
            _ => {
                let (above, what) = (hunt.direction == Direction::Previous, hunt.sought);
                self.finding.refuse(match (what, above) {
                    (Sought::Hits, _) => "no entry matches",
                    (Sought::Level(Level::Error), true) => "no error above",
                    (Sought::Level(Level::Error), false) => "no error below",
                    (Sought::Level(Level::Warning), true) => "no warning above",
                    (Sought::Level(Level::Warning), false) => "no warning below",
                    (Sought::Events, true) => "no worker event above",
                    (Sought::Events, false) => "no worker event below",
                });
            }
        }
    }

    /// Goes to an entry, at the line of it that is meant.
    fn show(&mut self, place: &Place, sought: Sought, size: Size) {
        let height = usize::from(RunLayout::new(size).log_height);
        let pattern = self.finding.search.as_ref().map(|search| search.pattern().clone());
        let line = |shown: &Shown| {
            let pattern = pattern.as_ref().filter(|_| sought == Sought::Hits);
            let matches = |line: &crate::display::Line| {
                pattern.is_some_and(|pattern| pattern.matches_text(line.text().as_bytes()))
            };
            shown.lines.iter().position(matches).unwrap_or(0)
        };
        self.pane.go_to_place(&self.model, place, height, line);
    }
}

/// Only the channel of the workers, if it is shown.
fn only_workers(selection: &Selection, model: &Model) -> Selection {
    let mut only = selection.clone();
    for channel in model.channels() {
        if channel.channel != Channel::Worker && !only.hides(&channel.channel) {
            only.toggle(&channel.channel);
        }
    }
    only
}
