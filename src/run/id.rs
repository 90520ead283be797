//! Ids of tasks, steps and runs, as a writer accepts them.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest id in characters that a writer accepts.
pub const MAX_ID_LENGTH: usize = 128;

/// An id of a task, step or run: 1 to 128 characters from `A-Z a-z 0-9 . _ -` that does not begin
/// with `.` or `-`, so that it can be a folder name and an argument on any system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

/// Why a text is not an [`Id`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// The text has no characters.
    #[error("an id must not be empty; use 1 to {MAX_ID_LENGTH} of A-Z a-z 0-9 . _ -")]
    Empty,
    /// The text is longer than [`MAX_ID_LENGTH`].
    #[error("the id is {0} characters long; at most {MAX_ID_LENGTH} are accepted")]
    TooLong(usize),
    /// The text begins with `.` or `-`.
    #[error("the id {id:?} begins with {first:?}; begin it with a letter, a digit or _")]
    BadStart {
        /// The refused text.
        id: String,
        /// Its first character.
        first: char,
    },
    /// The text has a character outside the accepted set.
    #[error("the id {id:?} has the character {character:?}; only A-Z a-z 0-9 . _ - are accepted")]
    BadCharacter {
        /// The refused text.
        id: String,
        /// The first character that is not accepted.
        character: char,
    },
}

impl Id {
    /// Checks `text` and makes an id of it.
    ///
    /// # Errors
    /// [`InvalidId`] says which rule the text breaks.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let Some(first) = text.chars().next() else {
            return Err(InvalidId::Empty);
        };
        let length = text.chars().count();
        if length > MAX_ID_LENGTH {
            return Err(InvalidId::TooLong(length));
        }
        if let Some(character) = text.chars().find(|character| !accepts(*character)) {
            return Err(InvalidId::BadCharacter { id: text.to_owned(), character });
        }
        if first == '.' || first == '-' {
            return Err(InvalidId::BadStart { id: text.to_owned(), first });
        }
        Ok(Self(text.to_owned()))
    }

    /// The id of a step that is made of its command: the program's name, and its first argument where
    /// that reads like a subcommand, as in `cargo-build`.
    #[must_use]
    pub fn of_command(words: &[String]) -> Self {
        let program =
            words.first().map(|word| Path::new(word).file_name().unwrap_or_default().to_string_lossy());
        let is_subcommand = |word: &&String| {
            (2..=20).contains(&word.len())
                && word.chars().all(|character| character.is_ascii_lowercase() || character == '-')
                && !word.starts_with('-')
        };
        let text = match (program, words.get(1).filter(is_subcommand)) {
            (Some(program), Some(subcommand)) => format!("{program}-{subcommand}"),
            (Some(program), None) => program.into_owned(),
            (None, _) => String::new(),
        };
        Self::from_any_text(&text).unwrap_or_else(|| Self("step".to_owned()))
    }

    /// Makes an id out of any text: characters that are not accepted become `-`, leading `.` and
    /// `-` are dropped, the rest is cut to [`MAX_ID_LENGTH`]. `None` when nothing is left.
    #[must_use]
    pub fn from_any_text(text: &str) -> Option<Self> {
        let replaced: String =
            text.chars().map(|character| if accepts(character) { character } else { '-' }).collect();
        let kept: String = replaced.trim_start_matches(['.', '-']).chars().take(MAX_ID_LENGTH).collect();
        Self::new(kept.trim_end_matches('-')).ok()
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn accepts(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl TryFrom<String> for Id {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_documented_characters_and_lengths() {
        for text in ["a", "task-42", "_x", "7", "A.b_c-9", &"x".repeat(128)] {
            assert_eq!(Id::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_what_could_leave_the_folder_or_look_like_an_option() {
        assert_eq!(Id::new(""), Err(InvalidId::Empty));
        assert_eq!(Id::new(&"x".repeat(129)), Err(InvalidId::TooLong(129)));
        assert!(matches!(Id::new(".."), Err(InvalidId::BadStart { .. })));
        assert!(matches!(Id::new("-rf"), Err(InvalidId::BadStart { .. })));
        for text in ["a/b", "a\0b", "a b", "ä", "a\n"] {
            assert!(matches!(Id::new(text), Err(InvalidId::BadCharacter { .. })), "{text:?}");
        }
    }

    #[test]
    fn makes_an_id_of_any_text_that_has_a_usable_character() {
        assert_eq!(Id::from_any_text("./build all.sh").unwrap().as_str(), "build-all.sh");
        assert_eq!(Id::from_any_text("-.-"), None);
    }
}
