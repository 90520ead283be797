//! A line of text that a person edits; several lines where they are allowed. The cursor stands
//! between graphemes, so that an emoji or an accented letter is one step.

use unicode_segmentation::UnicodeSegmentation as _;

use super::key::{Key, KeyCode};

/// The longest text that can be typed or pasted, in bytes.
pub const LONGEST: usize = 64 << 10;

/// Text with a cursor in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Editor {
    text: String,
    /// Where the cursor is, in bytes: always between two graphemes.
    cursor: usize,
    several_lines: bool,
}

impl Editor {
    /// An editor of one line with the cursor behind that text.
    #[must_use]
    pub fn line(text: &str) -> Self {
        let mut editor = Self::default();
        editor.insert(text);
        editor
    }

    /// The same for several lines.
    #[must_use]
    pub fn lines(text: &str) -> Self {
        let mut editor = Self { several_lines: true, ..Self::default() };
        editor.insert(text);
        editor
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    #[must_use]
    pub fn before_cursor(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or(&self.text)
    }

    /// The line that the cursor is on, from 0.
    #[must_use]
    pub fn cursor_line(&self) -> usize {
        self.before_cursor().matches('\n').count()
    }

    /// Puts text in at the cursor. Line ends become spaces where there is one line, and control
    /// characters are left out: they cannot be typed, only pasted.
    pub fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let kept: String = text
            .chars()
            .filter_map(|character| match character {
                '\n' if self.several_lines => Some('\n'),
                '\n' | '\t' => Some(' '),
                character if character.is_control() => None,
                character => Some(character),
            })
            .collect();
        if self.text.len() + kept.len() > LONGEST {
            return;
        }
        self.text.insert_str(self.cursor, &kept);
        // What was typed may join with what stands behind it.
        self.cursor = self.boundary_from(self.cursor + kept.len());
    }

    /// Takes a key; says whether it means anything here.
    pub fn key(&mut self, key: Key) -> bool {
        let Key { code, control, alt } = key;
        match (code, control, alt) {
            (KeyCode::Character(character), false, false) => self.insert(character.encode_utf8(&mut [0; 4])),
            (KeyCode::Enter, false, true) if self.several_lines => self.insert("\n"),
            (KeyCode::Backspace, false, false) | (KeyCode::Character('h'), true, false) => {
                self.remove(self.left_of(self.cursor), self.cursor);
            }
            (KeyCode::Delete, ..) | (KeyCode::Character('d'), true, false) => {
                self.remove(self.cursor, self.right_of(self.cursor));
            }
            (KeyCode::Backspace, ..) | (KeyCode::Character('w'), true, false) => {
                self.remove(self.word_left(), self.cursor);
            }
            (KeyCode::Character('d'), false, true) => self.remove(self.cursor, self.word_right()),
            (KeyCode::Character('u'), true, false) => self.remove(self.line_begin(), self.cursor),
            (KeyCode::Character('k'), true, false) => self.remove(self.cursor, self.line_end()),
            (KeyCode::Left, false, false) | (KeyCode::Character('b'), true, false) => {
                self.cursor = self.left_of(self.cursor);
            }
            (KeyCode::Right, false, false) | (KeyCode::Character('f'), true, false) => {
                self.cursor = self.right_of(self.cursor);
            }
            (KeyCode::Left, ..) | (KeyCode::Character('b'), false, true) => self.cursor = self.word_left(),
            (KeyCode::Right, ..) | (KeyCode::Character('f'), false, true) => self.cursor = self.word_right(),
            (KeyCode::Home, ..) | (KeyCode::Character('a'), true, false) => self.cursor = self.line_begin(),
            (KeyCode::End, ..) | (KeyCode::Character('e'), true, false) => self.cursor = self.line_end(),
            (KeyCode::Up, ..) => return self.go_to_line(-1),
            (KeyCode::Down, ..) => return self.go_to_line(1),
            _ => return false,
        }
        true
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        // What stood apart may be one grapheme now.
        self.cursor = self.boundary_from(from);
    }

    /// The next boundary of graphemes that is not before `at`.
    fn boundary_from(&self, at: usize) -> usize {
        let boundaries = self.text.grapheme_indices(true).map(|(index, _)| index);
        boundaries.chain([self.text.len()]).find(|boundary| *boundary >= at).unwrap_or(self.text.len())
    }

    fn left_of(&self, at: usize) -> usize {
        self.text
            .grapheme_indices(true)
            .map(|(index, _)| index)
            .take_while(|index| *index < at)
            .last()
            .unwrap_or(0)
    }

    fn right_of(&self, at: usize) -> usize {
        self.boundary_from((at + 1).min(self.text.len()))
    }

    /// The begin of the word before the cursor.
    fn word_left(&self) -> usize {
        let words = self.text.split_word_bound_indices();
        let is_word = |word: &str| word.chars().any(|character| !character.is_whitespace());
        let begin = words.rev().find(|(index, word)| *index < self.cursor && is_word(word));
        // A word of flags may begin within a grapheme.
        begin.map_or(0, |(index, _)| self.left_of(index + 1))
    }

    /// The end of the word after the cursor.
    fn word_right(&self) -> usize {
        let is_word = |word: &str| word.chars().any(|character| !character.is_whitespace());
        let mut ends = self
            .text
            .split_word_bound_indices()
            .filter(|(_, word)| is_word(word))
            .map(|(index, word)| index + word.len());
        self.boundary_from(ends.find(|end| *end > self.cursor).unwrap_or(self.text.len()))
    }

    fn line_begin(&self) -> usize {
        self.before_cursor().rfind('\n').map_or(0, |end| end + 1)
    }

    fn line_end(&self) -> usize {
        let rest = self.text.get(self.cursor..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |end| self.cursor + end)
    }

    /// Goes to another line, as far from its begin as in this one; says whether there is one.
    fn go_to_line(&mut self, by: isize) -> bool {
        let Some(target) = self.cursor_line().checked_add_signed(by) else { return false };
        let column =
            self.text.get(self.line_begin()..self.cursor).unwrap_or_default().graphemes(true).count();
        let begin = match target {
            0 => 0,
            line => match self.text.match_indices('\n').nth(line - 1) {
                Some((end, _)) => end + 1,
                None => return false,
            },
        };
        let line = self.text.get(begin..).unwrap_or_default().split('\n').next().unwrap_or_default();
        let into: usize = line.graphemes(true).take(column).map(str::len).sum();
        self.cursor = begin + into;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(editor: &mut Editor, keys: &[Key]) {
        for key in keys {
            editor.key(*key);
        }
    }

    #[test]
    fn an_accented_letter_and_an_emoji_are_one_step() {
        let mut editor = Editor::line("e\u{301}👩‍🚀x");
        typed(&mut editor, &[Key::plain(KeyCode::Left), Key::plain(KeyCode::Backspace)]);
        assert_eq!(editor.text(), "e\u{301}x");
        typed(&mut editor, &[Key::plain(KeyCode::Backspace)]);
        assert_eq!((editor.text(), editor.before_cursor()), ("x", ""));
    }

    #[test]
    fn words_and_ends_of_lines_are_removed() {
        let mut editor = Editor::line("one two  three");
        typed(&mut editor, &[Key::control('w')]);
        assert_eq!(editor.text(), "one two  ");
        typed(&mut editor, &[Key::control('w'), Key::character('2')]);
        assert_eq!(editor.text(), "one 2");
        typed(&mut editor, &[Key::control('a'), Key::plain(KeyCode::Delete), Key::control('k')]);
        assert_eq!(editor.text(), "");
    }

    #[test]
    fn several_lines_are_made_only_where_they_are_allowed() {
        let alt_enter = Key { alt: true, ..Key::plain(KeyCode::Enter) };
        let mut one = Editor::line("a");
        assert!(!one.key(alt_enter));
        one.insert("b\r\nc\u{1b}");
        assert_eq!(one.text(), "ab c");
        let mut several = Editor::lines("abc");
        typed(&mut several, &[alt_enter, Key::character('d'), Key::plain(KeyCode::Up)]);
        assert_eq!((several.text(), several.before_cursor()), ("abc\nd", "a"));
        assert!(!several.key(Key::plain(KeyCode::Up)), "above the first line there is none");
        typed(&mut several, &[Key::control('e'), Key::plain(KeyCode::Down)]);
        assert_eq!(several.cursor_line(), 1);
        assert_eq!(several.before_cursor(), "abc\nd");
    }

    #[test]
    fn a_text_that_is_too_long_is_not_taken_in_part() {
        let mut editor = Editor::line("a");
        editor.insert(&"b".repeat(LONGEST));
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn a_word_of_flags_is_gone_over_without_cutting_one() {
        let mut editor = Editor::line("🇩\u{200d}🇩🇩");
        typed(&mut editor, &[Key { code: KeyCode::Left, control: true, alt: false }]);
        assert_eq!(editor.before_cursor(), "🇩\u{200d}");
    }

    fn any_key() -> impl Strategy<Value = Key> {
        let code = prop_oneof![
            8 => prop::sample::select(vec!['a', ' ', '\n', 'é', '\u{301}', '👩', '\u{200d}', '🚀', '🇩', '🇪'])
                .prop_map(KeyCode::Character),
            2 => prop::sample::select(vec!['w', 'u', 'k', 'd', 'h', 'b', 'f', 'e']).prop_map(KeyCode::Character),
            6 => prop::sample::select(vec![
                KeyCode::Enter, KeyCode::Backspace, KeyCode::Delete, KeyCode::Left, KeyCode::Right,
                KeyCode::Up, KeyCode::Down, KeyCode::Home, KeyCode::End, KeyCode::Tab,
            ]),
        ];
        (code, any::<bool>(), any::<bool>()).prop_map(|(code, control, alt)| Key { code, control, alt })
    }

    proptest! {
        #[test]
        fn the_cursor_always_stands_between_graphemes(
            several in any::<bool>(),
            keys in proptest::collection::vec(any_key(), 0..60),
        ) {
            let mut editor = if several { Editor::lines("") } else { Editor::line("") };
            for key in keys {
                editor.key(key);
                let mut boundaries = editor.text.grapheme_indices(true).map(|(index, _)| index);
                let is_between = editor.cursor == editor.text.len() || boundaries.any(|index| index == editor.cursor);
                prop_assert!(is_between, "{:?} in {:?} after {key:?}", editor.cursor, editor.text);
                prop_assert!(several || !editor.text.contains('\n'));
            }
        }

        #[test]
        fn typing_and_removing_do_as_a_list_of_characters_does(
            steps in proptest::collection::vec((0_u8..6, prop::char::range('a', 'z')), 0..60),
        ) {
            let mut editor = Editor::line("");
            let (mut naive, mut at): (Vec<char>, usize) = (Vec::new(), 0);
            for (step, character) in steps {
                match step {
                    0..=2 => { editor.key(Key::character(character)); naive.insert(at, character); at += 1; }
                    3 => { editor.key(Key::plain(KeyCode::Left)); at = at.saturating_sub(1); }
                    4 => { editor.key(Key::plain(KeyCode::Right)); at = (at + 1).min(naive.len()); }
                    _ => {
                        editor.key(Key::plain(KeyCode::Backspace));
                        if at > 0 { at -= 1; naive.remove(at); }
                    }
                }
                prop_assert_eq!(editor.text(), naive.iter().collect::<String>());
                prop_assert_eq!(editor.before_cursor().len(), at);
            }
        }
    }
}
