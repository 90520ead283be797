//! The defaults as a settings file: every value with a sentence, none of them in force. What stands
//! after a `#` without a space is a value; taking that `#` away changes nothing yet.

use std::fmt::Write as _;

use super::Settings;
use super::list::Column;
use super::theme::{Part, ThemeName, ThemeSettings};
use super::thresholds::FIELDS;
use crate::app::Key;
use crate::app::action::ACTIONS;
use crate::diagnose::Thresholds;
use crate::model::levels::{ERRORS, WARNINGS};

const HEAD: &str = "\
# The settings of stepwatch, each with its default. To change one, take the # before it away.
# A mistake is named and never stops the program; `stepwatch config --check` names them all.
";

const THRESHOLDS: &str = "
# How long is too long, as a number with ms, s, m, h or d. A run teaches more: what it was silent for
# before, and went on, is not too long for it.
[thresholds]
";

const KINDS: &str = "
# The same for the workers of one kind, which is written by its name, here `codex`: what is not said is as above.
#[thresholds.codex]
";

const KEYS: &str = "
# Keys by what they do: a list of characters and of space, enter, esc, tab, backspace, del, up, down, left,
# right, pgup, pgdn, home, end, with ctrl- or alt- before them. [] leaves an action without a key.
[keys]
";

const THEME: &str = "
# Colours: the terminal's own sixteen (`terminal`), colours of ours (`dark`, `light`), or none
# (`monochrome`, also with NO_COLOR).
[theme]
";

const COLOURS: &str = "
# Single colours, instead of those of the theme; here they are those of `terminal`. A name (black, red, green, yellow,
# blue, magenta, cyan, white, or one of them after bright-), a number from 0 to 255, \"#rrggbb\", or
# \"default\" for the terminal's own.
";

const LIST: &str = "
# The list of runs.
[list]
# Its columns from the left. Those for which there is no room are left out.
";

const PATTERNS: &str = "
# What is taken for an error or a warning in an entry's text, besides what a worker says by level and
# event: regular expressions, best in single quotes.
[patterns]
";

const NOTIFY: &str = "
# How you are told that a run ended, failed, or needs somebody.
[notify]
# Ring the terminal's bell.
#bell = false
# Ask the terminal for a notification (OSC 9).
#osc9 = false
";

/// A settings file with every default, commented out.
#[must_use]
pub fn defaults() -> String {
    let settings = Settings::default();
    let mut text = String::from(HEAD);
    text.push_str(THRESHOLDS);
    thresholds(&mut text, true);
    text.push_str(KINDS);
    thresholds(&mut text, false);
    text.push_str(KEYS);
    for row in ACTIONS {
        let keys: Vec<String> = row.keys.iter().map(key).collect();
        _ = writeln!(text, "# {} ({})\n#{} = {}", row.help, row.place(), row.setting(), list(&keys));
    }
    text.push_str(THEME);
    _ = writeln!(text, "# One of {}.", ThemeName::ALL.map(ThemeName::name).join(", "));
    _ = writeln!(text, "#name = \"{}\"", settings.theme.name().name());
    text.push_str(COLOURS);
    let theme = ThemeSettings::named(ThemeName::Terminal);
    for part in Part::ALL {
        let (name, help) = part.told();
        _ = writeln!(text, "# {help}\n#{name} = \"{}\"", theme.written(part));
    }
    text.push_str(LIST);
    let columns = settings.columns.iter().copied().map(Column::name).map(quoted);
    _ = writeln!(text, "#columns = {}", list(&columns.collect::<Vec<_>>()));
    text.push_str(PATTERNS);
    let literal = |patterns: &[&str]| list(&patterns.iter().map(|one| literal(one)).collect::<Vec<_>>());
    _ = writeln!(text, "# An error.\n#error = {}", literal(&ERRORS));
    _ = writeln!(text, "# A warning, where it is no error.\n#warning = {}", literal(&WARNINGS));
    text.push_str(NOTIFY);
    text
}

fn thresholds(text: &mut String, with_help: bool) {
    let mut defaults = Thresholds::default();
    for field in &FIELDS {
        if with_help {
            _ = writeln!(text, "# {}", field.help);
        }
        _ = writeln!(text, "#{} = \"{}s\"", field.name, (field.of)(&mut defaults).as_secs_f64());
    }
}

/// A key as it can be typed.
fn key(key: &Key) -> String {
    let text = key.to_string();
    let typed = [("↑", "up"), ("↓", "down"), ("←", "left"), ("→", "right")];
    quoted(&typed.iter().fold(text, |text, (arrow, word)| text.replace(arrow, word)))
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text as TOML has it with nothing escaped, unless it cannot be without.
fn literal(text: &str) -> String {
    if text.contains('\'') { quoted(text) } else { format!("'{text}'") }
}

fn list(elements: &[String]) -> String {
    format!("[{}]", elements.join(", "))
}
