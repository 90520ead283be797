//! Whether a line reads like a question to whoever sits at the terminal.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// Why a line reads like a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionSign {
    /// It ends with a question mark, before a choice or a prompt's sign.
    QuestionMark,
    /// It names what may be answered: `[y/N]`, `(yes/no)`, `[1-4]`.
    Choice,
    /// It ends as prompts do: with a colon, `>`, `$`, `#` or `❯`.
    Prompt,
    /// It asks for something by a word: a password, a confirmation, a key to be pressed.
    Word,
}

static CHOICE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // Letters and short words divided by slashes or bars, a range, or a default in brackets, at the end.
    Regex::new(
        r"(?i)[\[(<](y(es)?|n(o)?|a(ll)?|q(uit)?|[a-z]|\d{1,3})(\s*[/|,-]\s*([a-z]{1,8}|\d{1,3}|\?))+[\])>]\s*[:?>]?\s*$",
    )
    .ok()
});

static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(
            pass(word|phrase|code) | username | login | one-time\ code | verification\ code | otp | pin
            | (press|hit|type)\ (any\ key|enter|return|'yes'|yes|y\b)
            | continue | proceed | overwrite | confirm | are\ you\ sure | do\ you\ want | would\ you\ like
            | (enter|choose|select|pick|provide|input)\b
        )",
    )
    .ok()
});

/// Why a line without its line end reads like a question; empty where it does not. `line` is what is
/// to be seen of it, without colours.
#[must_use]
pub fn question_signs(line: &str) -> Vec<QuestionSign> {
    let line = line.trim_end();
    let mut signs = Vec::new();
    let is_match = |pattern: &LazyLock<Option<Regex>>| {
        pattern.as_ref().is_some_and(|pattern: &Regex| pattern.is_match(line))
    };
    let has_choice = is_match(&CHOICE);
    let before_choice = if has_choice {
        line.rfind(['[', '(', '<']).map_or(line, |at| line[..at].trim_end())
    } else {
        line.trim_end_matches([':', '>', ' '])
    };
    if before_choice.ends_with(['?', '？', '؟']) || line.ends_with('?') {
        signs.push(QuestionSign::QuestionMark);
    }
    if has_choice {
        signs.push(QuestionSign::Choice);
    }
    if line.ends_with([':', '>', '$', '#', '❯', '»', '：']) {
        signs.push(QuestionSign::Prompt);
    }
    if is_match(&WORD) {
        signs.push(QuestionSign::Word);
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_what_a_program_says() {
        use QuestionSign::{Choice, Prompt, QuestionMark, Word};
        for (line, expected) in [
            ("Proceed? [y/N] ", &[QuestionMark, Choice, Word][..]),
            ("Overwrite existing file? (yes/no): ", &[QuestionMark, Choice, Prompt, Word]),
            ("Password: ", &[Prompt, Word]),
            ("[sudo] password for ada: ", &[Prompt, Word]),
            ("Are you sure you want to continue connecting (yes/no/[fingerprint])? ", &[QuestionMark, Word]),
            ("Select an option [1-4]: ", &[Choice, Prompt, Word]),
            ("Press any key to continue . . . ", &[Word]),
            ("mysql> ", &[Prompt]),
            ("What is your name?", &[QuestionMark]),
            ("Compiling serde v1.0.228", &[]),
            ("Downloading 12 of 100 [###   ]", &[]),
            ("  34 % done", &[]),
            ("running tests...", &[]),
            ("", &[]),
        ] {
            assert_eq!(question_signs(line), expected, "{line}");
        }
    }

    #[test]
    fn the_patterns_are_valid() {
        assert!(CHOICE.is_some() && WORD.is_some());
    }
}
