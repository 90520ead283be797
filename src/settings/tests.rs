use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::app::action::ACTIONS;
use crate::app::{Action, Key};
use crate::display::Color;
use crate::model::levels::{ERRORS, WARNINGS};

/// The commented defaults with the marks of those lines taken away.
fn uncommented(is_meant: impl Fn(usize) -> bool) -> String {
    let defaults = commented::defaults();
    let lines = defaults.lines().enumerate().map(|(number, line)| match line.strip_prefix('#') {
        Some(value) if !value.starts_with(' ') && is_meant(number) => value,
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// What is wrong in a text, by lines.
fn mistakes(text: &str) -> Vec<(usize, String)> {
    let (_, mistakes) = Settings::read(text);
    mistakes.into_iter().map(|mistake| (mistake.line.unwrap(), mistake.text)).collect()
}

#[test]
fn the_commented_defaults_are_the_defaults_with_and_without_their_marks() {
    for text in [commented::defaults(), uncommented(|_| true), String::new()] {
        let (settings, mistakes) = Settings::read(&text);
        assert_eq!(mistakes, [], "{text}");
        assert_eq!(settings, Settings::default());
    }
}

#[test]
fn each_default_can_be_uncommented_alone() {
    let mut values = 0;
    for line in 0..commented::defaults().lines().count() {
        let text = uncommented(|number| number == line);
        if text != commented::defaults() {
            values += 1;
            assert_eq!(Settings::read(&text), (Settings::default(), vec![]), "line {}", line + 1);
        }
    }
    let thresholds = 2 * thresholds::FIELDS.len() + 1;
    assert_eq!(values, thresholds + ACTIONS.len() + 1 + Part::ALL.len() + 1 + 2 + 2, "every value is there");
}

#[test]
fn every_value_can_be_changed() {
    let (settings, mistakes) = Settings::read(
        r##"
thresholds.quiet = "2m"
keys.follow = ["ö", "ctrl-o"]
list.columns = ["status", "last-line"]
notify.osc9 = true
[thresholds.codex]
suspect = "1h"
[theme]
name = "dark"
error = "#ff0000"
text = "default"
[patterns]
error = []
warning = ['careful']
"##,
    );
    assert_eq!(mistakes, []);
    assert_eq!(settings.thresholds("shell").quiet, Duration::from_secs(120));
    assert_eq!(settings.thresholds("shell").suspect, Duration::from_secs(300));
    assert_eq!(settings.thresholds("codex").quiet, Duration::from_secs(120), "as for all");
    assert_eq!(settings.thresholds("codex").suspect, Duration::from_secs(3600));
    assert_eq!(settings.keys.keys_of(Action::Follow), [Key::character('ö'), Key::control('o')]);
    assert_eq!(settings.columns, [Column::Status, Column::LastLine]);
    assert_eq!(settings.notify, Notify { bell: false, osc9: true });
    let dark = ThemeSettings::named(ThemeName::Dark);
    assert_eq!(settings.theme.colour(Part::Error), Some(Color::Rgb(255, 0, 0)));
    assert_eq!(settings.theme.colour(Part::Text), None);
    assert_eq!(settings.theme.colour(Part::Good), dark.colour(Part::Good));
    assert_eq!(settings.patterns, Patterns { error: vec![], warning: vec!["careful".to_owned()] });
}

#[test]
fn a_mistake_is_named_with_its_line_and_what_would_be_right() {
    for (text, line, told) in [
        ("\n[treshold]\n", 2, "did you mean `thresholds`?"),
        ("[what]", 1, "it is one of thresholds, keys,"),
        ("keys = 3", 1, "`keys` is a section: write [keys], and not a number"),
        ("[thresholds]\nnote = 10", 2, "a text in quotes, for example \"10s\", and not a number"),
        ("[thresholds]\nnote = \"soon\"", 2, "a number with ms, s, m, h or d"),
        ("[thresholds]\nquite = \"1s\"", 2, "did you mean `quiet`?"),
        (
            "[thresholds.codex]\n\nquite = \"1s\"",
            3,
            "`quite` is no setting of [thresholds.codex]; did you mean",
        ),
        ("[keys]\nfolow = [\"f\"]", 2, "did you mean `follow`?"),
        ("[keys]\nfollow = \"f\"", 2, "a list of texts"),
        ("[keys]\nfollow = [\"f\",\n\"f13\"]", 3, "`f13` is no key; a key is one character"),
        ("[keys]\nfollow = [\"c\"]", 2, "`c` is already the key of `checkpoints` (run)"),
        ("[keys]\nquit = []", 2, "there is no way out"),
        ("[keys]\nredact = [\"r\"]", 2, "typed as text"),
        ("[theme]\nname = \"solarised\"", 2, "one of terminal, dark, light, monochrome"),
        ("[theme]\nerr = \"red\"", 2, "did you mean `error`?"),
        ("[theme]\nerror = \"#12\"", 2, "#rrggbb"),
        ("[list]\ncolumns = [\"status\", \"age\"]", 2, "`age` is no column; it is one of status, task"),
        ("[list]\ncolumns = [\"idle\", \"idle\"]", 2, "names `idle` twice"),
        ("[list]\ncolumns = []", 2, "name one at least"),
        ("[patterns]\nerror = ['(']", 2, "this is no regular expression: unclosed group"),
        ("[notify]\nbell = \"yes\"", 2, "`bell` is true or false, and not a text"),
        ("[notify]\nbell = false\nbell = true", 3, "this is no TOML: duplicate key"),
        ("[notify]\nbell =\n", 2, "this is no TOML"),
        ("[notify]\nbel = \"x", 2, "this is no TOML"),
        ("[theme]\nerror = \"red", 2, "this is no TOML"),
        ("[theme]\nname = \"dark\" \"light\"", 2, "this is no TOML"),
        ("[keys]\nhelp = [\"ü\"", 2, "this is no TOML"),
    ] {
        let found = mistakes(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].0, line, "{text}: {found:?}");
        assert!(found[0].1.contains(told), "{text}: {found:?}");
        assert_eq!(Settings::read(text).0, Settings::default(), "{text}");
    }
}

#[test]
fn patterns_that_are_too_large_together_are_named() {
    let sizes = (6..20).map(|power| 1_u32 << power);
    let largest =
        sizes.map(|size| format!(r"\w{{{size}}}")).take_while(|one| regex::Regex::new(one).is_ok()).last();
    let list = vec![format!("'{}'", largest.unwrap()); 4].join(", ");
    let found = mistakes(&format!("[patterns]\nerror = [{list}]\n"));
    assert_eq!(found, [(2, "`error`: these are too large together".to_owned())]);
}

#[test]
fn a_mistake_costs_its_value_alone() {
    let text = "\
[thresholds]
note = 3
quiet = \"2m\"
[theme]
name = \"dork\"
error = \"214\"
[keys]
follow = [\"c\"]
help = [\"ü\"]
[notify]
bell = maybe
osc9 = true
";
    let (settings, mistakes) = Settings::read(text);
    let lines: Vec<Option<usize>> = mistakes.iter().map(|mistake| mistake.line).collect();
    assert_eq!(lines, [Some(2), Some(5), Some(8), Some(11)], "{mistakes:?}");
    let thresholds = settings.thresholds("shell");
    assert_eq!((thresholds.note, thresholds.quiet), (Duration::from_secs(10), Duration::from_secs(120)));
    assert_eq!(settings.theme.name(), ThemeName::Terminal);
    assert_eq!(settings.theme.colour(Part::Error), Some(Color::Indexed(214)));
    assert_eq!(settings.keys.first_of(Action::Follow), "f");
    assert_eq!(settings.keys.first_of(Action::Help), "ü");
    assert_eq!(settings.notify, Notify { bell: false, osc9: true });
}

#[test]
fn the_patterns_for_errors_and_warnings_find_what_programs_write_and_leave_prose_alone() {
    let of = |patterns: &[&str], text: &str| {
        patterns.iter().any(|pattern| regex::Regex::new(pattern).unwrap().is_match(text))
    };
    for error in [
        "error: 3 errors",
        "error[E0308]: mismatched types",
        "main.c:7: Error: x",
        "npm ERROR code",
        "Traceback (most recent call last):",
        "thread 'main' panicked at src/main.rs:3:5",
        "test a ... FAILED",
        "Segmentation fault (core dumped)",
    ] {
        assert!(of(&ERRORS, error), "{error}");
    }
    for warning in ["warning: unused variable", "WARN retrying", "main.c:7: warning: x"] {
        assert!(of(&WARNINGS, warning), "{warning}");
        assert!(!of(&ERRORS, warning), "{warning}");
    }
    for prose in ["0 errors", "handles the error well", "no warnings", "test error_is_shown ... ok"] {
        assert!(!of(&ERRORS, prose) && !of(&WARNINGS, prose), "{prose}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_and_its_mistakes_stand_on_its_lines(text in "(\\PC|\n|[\\[\\]='\"#.a-z]){0,80}") {
        let (_, mistakes) = Settings::read(&text);
        for mistake in mistakes {
            prop_assert!(mistake.line.is_some_and(|line| line >= 1 && line <= text.split('\n').count()));
        }
    }

    #[test]
    fn defaults_that_were_damaged_are_read(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), "[\\[\\]='\"#a-z\n]{0,3}"), 1..5),
    ) {
        let mut text = uncommented(|_| true);
        for (at, put) in cuts {
            let place = text.char_indices().map(|(place, _)| place).nth(at.index(text.chars().count())).unwrap();
            let end = place + text[place..].chars().next().unwrap().len_utf8();
            text.replace_range(place..end, &put);
        }
        // Whatever it says, it can be left, and text can be typed.
        let (settings, _) = Settings::read(&text);
        prop_assert!(!settings.keys.keys_of(Action::Quit).is_empty());
        prop_assert!(!settings.columns.is_empty());
    }
}
