//! The palette: the actions of a screen by their names, for whoever does not know their keys. What
//! it lists is the table of actions.

use super::action::{Action, BoundRow, KeyTable, ScreenKind};
use super::editor::Editor;
use super::fuzzy;
use super::key::{Key, KeyCode};
use super::layout::Size;
use super::{App, Effect};
use crate::run::Now;

/// What a hit in the name of an action counts for more than one in what it does.
const IN_NAME: i32 = 1000;

/// The palette.
#[derive(Clone, Debug)]
pub struct Palette {
    about: ScreenKind,
    /// How many of the actions that take a number there is something for.
    numbers: usize,
    editor: Editor,
    selected: usize,
}

/// An action that can be chosen.
#[derive(Clone, Debug)]
pub struct Choice<'t> {
    /// Its row with its keys, of which there may be none.
    pub bound: BoundRow<'t>,
    /// Which of its keys is meant, from 0.
    pub which: usize,
    /// What it is called.
    pub name: String,
    /// At which bytes of its name stand letters that were typed.
    pub in_name: Vec<usize>,
    /// The same for what it does.
    pub in_help: Vec<usize>,
}

impl Choice<'_> {
    /// The key that does the same, empty where there is none.
    #[must_use]
    pub fn key(&self) -> String {
        self.bound.keys.get(self.which).map(Key::to_string).unwrap_or_default()
    }
}

impl Palette {
    fn new(about: ScreenKind, numbers: usize) -> Self {
        Self { about, numbers, editor: Editor::default(), selected: 0 }
    }

    /// The screen whose actions it lists.
    #[must_use]
    pub fn about(&self) -> ScreenKind {
        self.about
    }

    /// What is typed.
    #[must_use]
    pub fn editor(&self) -> &Editor {
        &self.editor
    }

    /// The actions that answer to what is typed, the best first; all in the order of the table where
    /// nothing is.
    #[must_use]
    pub fn choices<'t>(&self, keys: &'t KeyTable) -> Vec<Choice<'t>> {
        let needle = self.editor.text();
        let rows = keys.actions_of(self.about).filter(|bound| bound.row.action != Action::Palette);
        let mut found: Vec<(i32, Choice)> = rows
            .flat_map(|bound| self.numbered(bound))
            .filter_map(|(bound, which, name)| {
                let choice = |in_name, in_help| Choice { bound, which, name: name.clone(), in_name, in_help };
                if let Some((score, places)) = fuzzy::score(needle, &name) {
                    return Some((score + IN_NAME, choice(places, Vec::new())));
                }
                // Some words may stand in the name and others in what it does.
                let (score, places) = fuzzy::score(needle, &format!("{name} {}", bound.row.help))?;
                let behind = name.len() + 1;
                let (in_name, in_help): (Vec<usize>, Vec<usize>) =
                    places.into_iter().partition(|place| *place < behind);
                Some((score, choice(in_name, in_help.into_iter().map(|place| place - behind).collect())))
            })
            .collect();
        if !needle.trim().is_empty() {
            found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        }
        found.into_iter().map(|(_, choice)| choice).collect()
    }

    /// A row once, or as often as there is something for its numbers.
    fn numbered<'t>(&self, bound: BoundRow<'t>) -> Vec<(BoundRow<'t>, usize, String)> {
        let name = bound.row.name;
        if !bound.row.takes_number() {
            return vec![(bound, 0, name.to_owned())];
        }
        (0..self.numbers.min(bound.row.keys.len()))
            .map(|which| (bound, which, format!("{name} {}", which + 1)))
            .collect()
    }

    /// Which of the choices is chosen.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// How many choices are in sight.
    #[must_use]
    pub fn height(size: Size) -> usize {
        // The border, the line that is typed, and a row above and below in which the screen is seen.
        usize::from(size.height.saturating_sub(5).max(1))
    }

    /// The first choice in sight, of so many.
    #[must_use]
    pub fn top(&self, size: Size) -> usize {
        (self.selected + 1).saturating_sub(Self::height(size))
    }

    fn select(&mut self, rows: isize, keys: &KeyTable) {
        let last = self.choices(keys).len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(rows).min(last);
    }

    fn insert(&mut self, text: &str) {
        self.editor.insert(text);
        self.selected = 0;
    }

    /// Takes a key that is bound to no action: letters, and what moves.
    fn key(&mut self, key: Key, keys: &KeyTable, size: Size) {
        let page = Self::height(size).cast_signed();
        let rows = match (key.code, key.control) {
            (KeyCode::Up, _) | (KeyCode::Character('p'), true) => -1,
            (KeyCode::Down, _) | (KeyCode::Character('n'), true) => 1,
            (KeyCode::PageUp, _) => -page,
            (KeyCode::PageDown, _) => page,
            _ => {
                let before = self.editor.text().to_owned();
                self.editor.key(key);
                if self.editor.text() != before {
                    self.selected = 0;
                }
                return;
            }
        };
        self.select(rows, keys);
    }
}

impl App {
    /// The palette, when it is open. It lies over the screen.
    #[must_use]
    pub fn palette(&self) -> Option<&Palette> {
        self.palette.as_ref()
    }

    pub(super) fn open_palette(&mut self) {
        let channels = self.run.as_ref().map_or(0, |run| run.model().channels().len());
        self.palette = Some(Palette::new(self.screen_below_help(), channels));
    }

    /// Leaves the palette, or does what is chosen in it.
    pub(super) fn act_on_palette(&mut self, action: Action, now: Now) -> Vec<Effect> {
        let Some(palette) = self.palette.take() else { return Vec::new() };
        if action != Action::Accept {
            return Vec::new();
        }
        let chosen = palette.choices(&self.keys).into_iter().nth(palette.selected);
        let Some((action, which)) = chosen.map(|choice| (choice.bound.row.action, choice.which)) else {
            // Nothing answers to what is typed: it can still be changed.
            self.palette = Some(palette);
            return Vec::new();
        };
        self.act(action, which, Key::plain(KeyCode::Enter), now)
    }

    /// Takes a key that is typed into the palette; says whether that is open.
    pub(super) fn type_to_choose(&mut self, key: Key) -> bool {
        let is_bound = self.keys.action_of(key, ScreenKind::Palette).is_some();
        let Some(palette) = self.palette.as_mut().filter(|_| !is_bound) else { return false };
        palette.key(key, &self.keys, self.size);
        self.changed = true;
        true
    }

    /// Takes text that is pasted into the palette; says whether that is open.
    pub(super) fn paste_to_choose(&mut self, text: &str) -> bool {
        let Some(palette) = &mut self.palette else { return false };
        palette.insert(text);
        self.changed = true;
        true
    }

    /// Takes a turn of the wheel; says whether the palette is open.
    pub(super) fn wheel_to_choose(&mut self, notches: i32) -> bool {
        let Some(palette) = &mut self.palette else { return false };
        palette.select(notches.signum() as isize, &self.keys);
        true
    }
}
