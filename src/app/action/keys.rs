//! Which keys stand for which action: those of the table of actions, unless a person wants others.

use super::table::ACTIONS;
use super::{Action, ActionRow, ScreenKind};
use crate::app::key::{Key, KeyCode};

/// Without these a screen could not be left.
const NEEDED: [Action; 4] = [Action::Back, Action::Cancel, Action::Abandon, Action::Quit];

/// The keys of every action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTable {
    /// For each row of [`ACTIONS`], in that order.
    keys: Vec<Vec<Key>>,
}

/// A row of the table of actions with the keys that it has.
#[derive(Clone, Copy, Debug)]
pub struct BoundRow<'t> {
    /// The row. Its own keys are only those that it has where nobody wants others.
    pub row: &'static ActionRow,
    /// Its keys. Where the action takes a number, the first key stands for 1, and so on.
    pub keys: &'t [Key],
}

/// That an action is to have these keys, and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The action.
    pub action: Action,
    /// Its keys; none, so that no key stands for it.
    pub keys: Vec<Key>,
}

/// Why an action keeps the keys that it has in the table of actions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The key stands for another action on one of the same screens.
    #[error(
        "`{key}` is already the key of `{by}` ({screen}); give that another one, or take another one here"
    )]
    Taken {
        /// The key.
        key: Key,
        /// What the other action is called in the settings.
        by: String,
        /// The first screen on which both work.
        screen: &'static str,
    },
    /// The key is a character that is typed where the action works.
    #[error("`{0}` is typed as text there; take it with ctrl- or alt-, or a key that writes nothing")]
    Typed(Key),
    /// Nothing could be left any more.
    #[error("it needs a key: without one there is no way out")]
    NoWayOut,
}

impl Default for KeyTable {
    fn default() -> Self {
        Self { keys: ACTIONS.iter().map(|row| row.keys.to_vec()).collect() }
    }
}

impl KeyTable {
    /// The table in which these wishes are fulfilled. One that cannot be is named by its place among
    /// them and left out, the later of two that do not go together; the others still count.
    #[must_use]
    pub fn with(wishes: &[Wish]) -> (Self, Vec<(usize, Refusal)>) {
        let mut refused: Vec<(usize, Refusal)> = wishes
            .iter()
            .enumerate()
            .filter_map(|(place, wish)| Some((place, wish.in_itself_wrong()?)))
            .collect();
        loop {
            let granted = |place: &usize| !refused.iter().any(|(other, _)| other == place);
            let mut table = Self::default();
            let mut place_of: Vec<Option<usize>> = vec![None; ACTIONS.len()];
            for place in (0..wishes.len()).filter(granted) {
                if let Some(row) = ACTIONS.iter().position(|row| row.action == wishes[place].action) {
                    table.keys[row].clone_from(&wishes[place].keys);
                    place_of[row] = Some(place);
                }
            }
            // One wish less each time: at last there are none, and the table is sound.
            match table.first_conflict(&place_of) {
                Some(conflict) => refused.push(conflict),
                None => return (table, refused),
            }
        }
    }

    /// A wish that takes a key from another action, and the later one where both are wishes.
    fn first_conflict(&self, place_of: &[Option<usize>]) -> Option<(usize, Refusal)> {
        for (row, other) in (0..ACTIONS.len()).flat_map(|row| (0..row).map(move |other| (row, other))) {
            let is_other_on = |screen: &&ScreenKind| ACTIONS[other].screens.contains(screen);
            let Some(screen) = ACTIONS[row].screens.iter().find(is_other_on) else { continue };
            let Some(key) = self.keys[row].iter().find(|key| self.keys[other].contains(key)) else {
                continue;
            };
            let (wish, by) = if place_of[row] >= place_of[other] { (row, other) } else { (other, row) };
            if let Some(place) = place_of[wish] {
                let by = ACTIONS[by].setting();
                return Some((place, Refusal::Taken { key: *key, by, screen: screen.name() }));
            }
        }
        None
    }

    /// The rows that work on `screen` with their keys, in the order of the table of actions, also
    /// those that have no key any more.
    pub fn actions_of(&self, screen: ScreenKind) -> impl Iterator<Item = BoundRow<'_>> {
        let rows = ACTIONS.iter().zip(&self.keys).map(|(row, keys)| BoundRow { row, keys });
        rows.filter(move |bound| bound.row.screens.contains(&screen))
    }

    /// The same without those that have no key.
    pub fn rows_of(&self, screen: ScreenKind) -> impl Iterator<Item = BoundRow<'_>> {
        self.actions_of(screen).filter(|bound| !bound.keys.is_empty())
    }

    /// What `key` means on `screen`: the action, and which of its keys it was, from 0.
    #[must_use]
    pub fn action_of(&self, key: Key, screen: ScreenKind) -> Option<(Action, usize)> {
        self.rows_of(screen).find_map(|bound| {
            let which = bound.keys.iter().position(|own| *own == key)?;
            Some((bound.row.action, which))
        })
    }

    /// The keys of an action.
    #[must_use]
    pub fn keys_of(&self, action: Action) -> &[Key] {
        let row = ACTIONS.iter().position(|row| row.action == action);
        row.map_or(&[], |row| &self.keys[row])
    }

    /// The first key of an action as it is written in a sentence; empty where it has none.
    #[must_use]
    pub fn first_of(&self, action: Action) -> String {
        self.keys_of(action).first().map(Key::to_string).unwrap_or_default()
    }
}

impl Wish {
    /// Why it cannot be fulfilled, whatever the other keys are.
    fn in_itself_wrong(&self) -> Option<Refusal> {
        if self.keys.is_empty() && NEEDED.contains(&self.action) {
            return Some(Refusal::NoWayOut);
        }
        let row = ACTIONS.iter().find(|row| row.action == self.action)?;
        let is_typed = |key: &&Key| matches!(key.code, KeyCode::Character(_)) && !key.control && !key.alt;
        let typed =
            self.keys.iter().find(is_typed).filter(|_| row.screens.iter().any(|screen| screen.is_typed_in()));
        typed.map(|key| Refusal::Typed(*key))
    }
}

impl BoundRow<'_> {
    /// The keys as they are written in the help: `g home`, or `1 … 9` for a row of many.
    #[must_use]
    pub fn keys_text(&self) -> String {
        match self.keys {
            [first, .., last] if self.keys.len() > 4 => format!("{first} … {last}"),
            keys => keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" "),
        }
    }

    /// The keys in as few columns as tell which: the first one, or `1–9` for a row of many.
    #[must_use]
    pub fn short_text(&self) -> String {
        match self.keys {
            [first, .., last] if self.keys.len() > 4 => format!("{first}–{last}"),
            keys => keys.first().map(Key::to_string).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wish(action: Action, keys: &[Key]) -> Wish {
        Wish { action, keys: keys.to_vec() }
    }

    fn taken(key: char, by: &str, screen: &'static str) -> Refusal {
        Refusal::Taken { key: Key::character(key), by: by.to_owned(), screen }
    }

    #[test]
    fn an_action_has_the_keys_that_a_person_wants_and_no_others() {
        let (table, refused) = KeyTable::with(&[wish(Action::Follow, &[Key::character('ö')])]);
        assert_eq!(refused, []);
        assert_eq!(table.action_of(Key::character('ö'), ScreenKind::Run), Some((Action::Follow, 0)));
        assert_eq!(table.action_of(Key::character('f'), ScreenKind::Run), None);
        assert_eq!(table.first_of(Action::Follow), "ö");
    }

    #[test]
    fn a_key_of_another_action_on_the_same_screen_is_refused_and_the_rest_counts() {
        let wishes =
            [wish(Action::Follow, &[Key::character('c')]), wish(Action::Help, &[Key::character('ü')])];
        let (table, refused) = KeyTable::with(&wishes);
        assert_eq!(refused, [(0, taken('c', "checkpoints", "run"))]);
        assert_eq!(table.first_of(Action::Follow), "f");
        assert_eq!(table.first_of(Action::Help), "ü");
    }

    #[test]
    fn two_actions_may_change_their_keys_with_each_other() {
        let wishes =
            [wish(Action::Follow, &[Key::character('c')]), wish(Action::Checkpoints, &[Key::character('f')])];
        let (table, refused) = KeyTable::with(&wishes);
        assert_eq!(refused, []);
        assert_eq!(table.first_of(Action::Checkpoints), "f");
    }

    #[test]
    fn of_two_wishes_for_one_key_the_later_is_refused() {
        let wishes =
            [wish(Action::Help, &[Key::character('ß')]), wish(Action::Follow, &[Key::character('ß')])];
        let (table, refused) = KeyTable::with(&wishes);
        assert_eq!(refused, [(1, taken('ß', "help", "run"))]);
        assert_eq!(table.first_of(Action::Help), "ß");
    }

    #[test]
    fn the_same_key_may_mean_different_things_on_different_screens() {
        let wishes = [wish(Action::Compare, &[Key::character('f')])];
        assert_eq!(KeyTable::with(&wishes).1, [], "`f` follows on the run screen only");
    }

    #[test]
    fn there_is_always_a_way_out_and_text_can_always_be_typed() {
        let wishes = [
            wish(Action::Back, &[]),
            wish(Action::Redact, &[Key::character('r')]),
            wish(Action::Redraw, &[Key::character('R')]),
            wish(Action::Dismiss, &[]),
        ];
        let (table, refused) = KeyTable::with(&wishes);
        let reasons: Vec<&Refusal> = refused.iter().map(|(_, reason)| reason).collect();
        assert_eq!(
            reasons,
            [&Refusal::NoWayOut, &Refusal::Typed(Key::character('r')), &Refusal::Typed(Key::character('R')),]
        );
        assert_eq!(table.keys_of(Action::Dismiss), []);
        assert!(table.rows_of(ScreenKind::Run).all(|bound| bound.row.action != Action::Dismiss));
    }

    #[test]
    fn every_screen_has_a_way_out_that_cannot_be_taken_away_and_none_that_is_typed() {
        let table = KeyTable::default();
        for screen in ScreenKind::ALL {
            let mut rows = table.rows_of(screen);
            assert!(rows.any(|bound| NEEDED.contains(&bound.row.action)), "{screen:?}");
        }
        let typed_in: Vec<ScreenKind> =
            ScreenKind::ALL.into_iter().filter(|screen| screen.is_typed_in()).collect();
        assert_eq!(typed_in, [ScreenKind::Line, ScreenKind::Prompt, ScreenKind::Palette]);
        for screen in typed_in {
            for bound in table.rows_of(screen) {
                assert_eq!(
                    wish(bound.row.action, bound.keys).in_itself_wrong(),
                    None,
                    "{:?}",
                    bound.row.action
                );
            }
        }
        let typed = wish(Action::Accept, &[Key::character('y')]);
        assert_eq!(KeyTable::with(&[typed]).1, [(0, Refusal::Typed(Key::character('y')))]);
    }

    fn any_wish() -> impl Strategy<Value = Wish> {
        let row = 0..ACTIONS.len();
        let keys = proptest::collection::vec(
            proptest::sample::select("abcfghjklqst?= ".chars().collect::<Vec<_>>()),
            0..3,
        );
        (row, keys).prop_map(|(row, keys)| Wish {
            action: ACTIONS[row].action,
            keys: keys.into_iter().map(Key::character).collect(),
        })
    }

    proptest! {
        #[test]
        fn whatever_is_wished_no_key_means_two_things_on_one_screen(
            wishes in proptest::collection::vec(any_wish(), 0..6),
        ) {
            let (table, refused) = KeyTable::with(&wishes);
            for screen in ScreenKind::ALL {
                let rows: Vec<BoundRow> = table.rows_of(screen).collect();
                for (index, row) in rows.iter().enumerate() {
                    for other in &rows[..index] {
                        let shared = row.keys.iter().find(|key| other.keys.contains(key));
                        prop_assert_eq!(shared, None, "{} and {}", row.row.name, other.row.name);
                    }
                }
            }
            // Of two wishes for one action the later one counts, unless it was refused.
            for (place, wish) in wishes.iter().enumerate() {
                let counts = |(other, of): (usize, &Wish)| {
                    of.action == wish.action && !refused.iter().any(|(refused, _)| *refused == other)
                };
                if wishes.iter().enumerate().rposition(counts) == Some(place) {
                    prop_assert_eq!(table.keys_of(wish.action), &wish.keys[..]);
                }
            }
            prop_assert!(!table.keys_of(Action::Quit).is_empty());
        }
    }
}
