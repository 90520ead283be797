//! Keys as people write them: `q`, `G`, `space`, `ctrl-r`, `alt-enter`, `pgup`. What
//! [`Key`]'s `Display` writes is read as that key again.

use std::str::FromStr;

use super::{Key, KeyCode};

/// Why a text names no key that a terminal can send.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is the name of no key. The text is a person's.
    #[error(
        "`{0}` is no key; a key is one character, or space, enter, esc, tab, backspace, del, up, down, left, right, \
         pgup, pgdn, home or end, with ctrl- or alt- before it where it is held"
    )]
    Unknown(String),
    /// A terminal sends the same for another key, under which it arrives.
    #[error("a terminal sends the same for `{0}` as for `{1}`: write `{1}`")]
    SameAs(Key, &'static str),
    /// A terminal sends nothing for it that says that control is held.
    #[error("a terminal cannot tell `{0}` from the key without ctrl-; ctrl- goes with a letter")]
    NoControl(Key),
}

/// The names of keys that write no character, those that [`Key`] writes and others.
const NAMES: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Character(' ')),
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Escape),
    ("escape", KeyCode::Escape),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("del", KeyCode::Delete),
    ("delete", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("↑", KeyCode::Up),
    ("↓", KeyCode::Down),
    ("←", KeyCode::Left),
    ("→", KeyCode::Right),
    ("pgup", KeyCode::PageUp),
    ("pageup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("pagedown", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
];

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let unknown = || KeyError::Unknown(text.to_owned());
        let (mut rest, mut control, mut alt) = (text, false, false);
        loop {
            if let Some(name) = without(rest, "ctrl-").filter(|_| !control) {
                (rest, control) = (name, true);
            } else if let Some(name) = without(rest, "alt-").filter(|_| !alt) {
                (rest, alt) = (name, true);
            } else {
                break;
            }
        }
        let code = code_of(rest).ok_or_else(unknown)?;
        Self { code, control, alt }.as_sent()
    }
}

impl Key {
    /// The key as it arrives from a terminal, where one can be told from every other.
    fn as_sent(self) -> Result<Self, KeyError> {
        let KeyCode::Character(character) = self.code else { return Ok(self) };
        if !self.control {
            return Ok(self);
        }
        let small = character.to_ascii_lowercase();
        let key = Self { code: KeyCode::Character(small), ..self };
        match small {
            'i' => Err(KeyError::SameAs(key, "tab")),
            'm' => Err(KeyError::SameAs(key, "enter")),
            'h' => Err(KeyError::SameAs(key, "backspace")),
            'a'..='z' | ' ' => Ok(key),
            _ => Err(KeyError::NoControl(self)),
        }
    }
}

/// What comes after a prefix, in whatever case it is written.
fn without<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    (head.eq_ignore_ascii_case(prefix) && !rest.is_empty()).then_some(rest)
}

fn code_of(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, code)| *code);
    match (known, characters.next(), characters.next()) {
        (Some(code), _, _) => Some(code),
        (None, Some(only), None) if !only.is_control() => Some(KeyCode::Character(only)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_read_in_every_way_in_which_people_write_them() {
        for (text, key) in [
            ("q", Key::character('q')),
            ("G", Key::character('G')),
            ("-", Key::character('-')),
            ("é", Key::character('é')),
            ("space", Key::character(' ')),
            (" ", Key::character(' ')),
            ("Enter", Key::plain(KeyCode::Enter)),
            ("up", Key::plain(KeyCode::Up)),
            ("ctrl-r", Key::control('r')),
            ("Ctrl-R", Key::control('r')),
            ("alt-enter", Key::alt(KeyCode::Enter)),
            ("alt-ctrl-x", Key { alt: true, ..Key::control('x') }),
            ("alt--", Key::alt(KeyCode::Character('-'))),
        ] {
            assert_eq!(text.parse(), Ok(key), "{text}");
        }
    }

    #[test]
    fn what_no_terminal_sends_is_refused_with_what_would_be_right() {
        let told = |text: &str| text.parse::<Key>().unwrap_err().to_string();
        assert!(told("ctrl-i").contains("write `tab`"));
        assert!(told("ctrl-M").contains("write `enter`"));
        assert!(told("ctrl-1").contains("goes with a letter"));
        for text in ["", "ctrl-", "alt-", "ctrl-ctrl-x", "f13", "qq", "\n", "shift-a", "e\u{301}"] {
            assert!(matches!(text.parse::<Key>(), Err(KeyError::Unknown(_))), "{text:?}");
        }
    }

    fn any_key() -> impl Strategy<Value = Key> {
        let named = proptest::sample::select(NAMES).prop_map(|(_, code)| code);
        let written = any::<char>()
            .prop_filter("no control characters", |character| !character.is_control())
            .prop_map(KeyCode::Character);
        (prop_oneof![named, written], any::<bool>(), any::<bool>()).prop_map(|(code, control, alt)| Key {
            code,
            control,
            alt,
        })
    }

    proptest! {
        #[test]
        fn a_key_that_is_written_is_read_as_the_same_key(key in any_key()) {
            if let Ok(sent) = key.as_sent() {
                prop_assert_eq!(sent.to_string().parse::<Key>(), Ok(sent));
            }
        }

        #[test]
        fn whatever_is_written_is_read_as_a_key_or_refused(text in "(ctrl-|alt-|CTRL-)?\\PC{0,6}") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
        }
    }
}
