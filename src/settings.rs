//! What a person can choose: keys, theme, thresholds, columns, patterns. One TOML file, see
//! [`place`]; [`commented::defaults`] writes one with every value.
//!
//! [`Settings::read`] takes any text: a mistake is named with its line and what would be right, the
//! default stands in for that value alone, and everything else counts. The storeys below get the
//! values handed in, and know nothing of the file.

pub mod commented;
pub mod duration;
mod keys;
mod list;
mod notify;
mod patterns;
pub mod place;
mod reader;
pub mod theme;
mod thresholds;

pub use crate::app::Notify;
pub use list::Column;
pub use patterns::Patterns;
pub use reader::Mistake;
pub use theme::{Part, ThemeName, ThemeSettings};
pub use thresholds::ThresholdSettings;

use crate::app::KeyTable;
use crate::diagnose::Thresholds;
use reader::{Reader, Value};

/// Everything that a person can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long is too long.
    pub thresholds: ThresholdSettings,
    /// Which keys stand for which action.
    pub keys: KeyTable,
    /// The colours.
    pub theme: ThemeSettings,
    /// The columns of the list of runs, from the left.
    pub columns: Vec<Column>,
    /// What is taken for an error or a warning.
    pub patterns: Patterns,
    /// How a person is told that something happened.
    pub notify: Notify,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            thresholds: ThresholdSettings::default(),
            keys: KeyTable::default(),
            theme: ThemeSettings::named(ThemeName::Terminal),
            columns: Column::ALL.to_vec(),
            patterns: Patterns::default(),
            notify: Notify::default(),
        }
    }
}

/// The sections of the file.
const SECTIONS: [&str; 6] = ["thresholds", "keys", "theme", "list", "patterns", "notify"];

impl Settings {
    /// Reads the text of a settings file: the settings, and the mistakes in the order of their lines.
    #[must_use]
    pub fn read(text: &str) -> (Self, Vec<Mistake>) {
        let mut settings = Self::default();
        let (mut reader, table) = Reader::of(text);
        for (name, value) in &table {
            settings.section(name.get_ref(), name.span(), value, &mut reader);
        }
        (settings, reader.mistakes())
    }

    fn section(
        &mut self,
        name: &str,
        place: std::ops::Range<usize>,
        value: &Value<'_>,
        reader: &mut Reader<'_>,
    ) {
        if !SECTIONS.contains(&name) {
            return reader.unknown(name, place, "section", &SECTIONS);
        }
        let Some(section) = reader.table(name, value) else { return };
        match name {
            "thresholds" => self.thresholds = ThresholdSettings::read(section, reader),
            "keys" => self.keys = keys::read(section, reader),
            "theme" => self.theme = ThemeSettings::read(section, reader),
            "list" => self.columns = list::read(section, reader),
            "patterns" => self.patterns = Patterns::read(section, reader),
            _ => self.notify = notify::read(section, reader),
        }
    }

    /// How long is too long for a worker of that kind.
    #[must_use]
    pub fn thresholds(&self, worker_kind: &str) -> Thresholds {
        self.thresholds.of(worker_kind)
    }
}

#[cfg(test)]
mod tests;
