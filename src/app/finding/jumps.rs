//! Keys of two strokes: marks, and the next or the previous gap, checkpoint, worker event, error
//! or warning.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::hunt::{Direction, Sought};
use super::{Pending, Question};
use crate::app::key::{Key, KeyCode};
use crate::app::{RunScreen, Size, layout::RunLayout};
use crate::model::{Filter, Level};

/// A sign of life: no event.
const HEARTBEATS: &str = r#"(?i)"event"\s*:\s*"[^"\\]*heartbeat"#;

static HEARTBEAT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(HEARTBEATS).ok());

fn events(filter: Filter) -> Filter {
    match &*HEARTBEAT {
        Some(heartbeat) => filter.drop_lines(heartbeat.clone()),
        None => filter,
    }
}

impl RunScreen {
    pub(in crate::app) fn begin_sequence(&mut self, pending: Pending) {
        self.finding.pending = Some(pending);
    }

    /// Whether the next key completes another one.
    pub(in crate::app) fn awaits_key(&self) -> bool {
        self.finding.pending.is_some()
    }

    /// The key that completes another one.
    pub(in crate::app) fn complete_sequence(&mut self, key: Key, size: Size) {
        let Some(pending) = self.finding.pending.take() else { return };
        let KeyCode::Character(character) = key.code else { return };
        if key.control || key.alt {
            return;
        }
        let direction = match pending {
            Pending::Mark => return self.mark(character, size),
            Pending::Return => return self.return_to_mark(character, size),
            Pending::Next => Direction::Next,
            Pending::Previous => Direction::Previous,
        };
        let is_down = direction == Direction::Next;
        match character {
            'g' => self.go_to_gap(is_down, size),
            'c' => self.go_to_checkpoint(is_down, size),
            'e' => self.hunt_level(Level::Error, direction, size),
            'r' => self.hunt_level(Level::Warning, direction, size),
            'w' => {
                let asked = self.finding.events.take();
                self.finding.events = Some(self.ask_once(asked, events));
                self.hunt(Sought::Events, direction, size);
            }
            other => {
                self.finding.refuse(format!("{other} means nothing here: {}", pending.hint()));
            }
        }
    }

    fn ask_once(&mut self, asked: Option<Question>, of: impl FnOnce(Filter) -> Filter) -> Question {
        let filter = || self.finding.filters.filter().unwrap_or_default();
        match asked {
            Some(asked) => asked,
            None => self.pose(of(filter())),
        }
    }

    fn height(size: Size) -> usize {
        usize::from(RunLayout::new(size).log_height)
    }

    fn mark(&mut self, letter: char, size: Size) {
        if !letter.is_alphanumeric() {
            return self.finding.refuse(format!("{letter:?} is no letter: nothing is marked"));
        }
        if let Some(stand) = self.pane.stand_here(&self.model, Self::height(size)) {
            self.finding.marks.insert(letter, stand);
            self.finding.tell(format!("marked: {letter} stands for this place"));
        }
    }

    fn return_to_mark(&mut self, letter: char, size: Size) {
        let stand = match letter {
            '\'' => self.finding.before.clone(),
            letter => self.finding.marks.get(&letter).cloned(),
        };
        match stand {
            Some(stand) => {
                self.note_jump();
                self.pane.return_to(&self.model, stand, Self::height(size));
            }
            None if letter == '\'' => self.finding.refuse("there was no jump yet"),
            None => self.finding.refuse(format!("there is no mark {letter}")),
        }
    }

    /// Keeps where a person is, before a jump.
    pub(in crate::app) fn note_jump(&mut self) {
        self.give_up_hunt();
        self.finding.before = Some(self.pane.stand());
    }

    fn go_to_gap(&mut self, is_down: bool, size: Size) {
        let (before, after) = self.pane.seqs_beside(&self.model);
        let gaps = self.model.gaps();
        let gap = if is_down {
            after.and_then(|after| gaps.iter().find(|gap| gap.from >= after))
        } else {
            before.and_then(|before| gaps.iter().rev().find(|gap| gap.to <= before))
        };
        match gap.copied() {
            Some(gap) => {
                self.note_jump();
                let next = gap.to.saturating_add(1);
                self.pane.go_to_gap_before(&self.model, next, Self::height(size));
            }
            None => self.finding.refuse(if is_down { "no gap below" } else { "no gap above" }),
        }
    }

    fn go_to_checkpoint(&mut self, is_down: bool, size: Size) {
        let (before, after) = self.pane.seqs_beside(&self.model);
        let place = if is_down {
            after.and_then(|after| self.places.iter().find(|(place, _)| *place >= after))
        } else {
            before.and_then(|before| self.places.iter().rev().find(|(place, _)| *place < before))
        };
        match place.copied() {
            Some((place, seq)) => {
                self.note_jump();
                self.pane.go_to_seq(&self.model, place, Self::height(size));
                self.finding.tell(format!("checkpoint {seq}"));
            }
            None => self.finding.refuse(if is_down { "no checkpoint below" } else { "no checkpoint above" }),
        }
    }
}
