//! `[patterns]`: what is taken for an error or a warning, besides what the worker says itself.

use toml::de::DeTable;

use super::reader::Reader;
use crate::model::LevelRule;
use crate::model::levels::{ERRORS, WARNINGS, any_of};

/// Regular expressions; an entry in whose text one of them matches counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    /// What is taken for an error.
    pub error: Vec<String>,
    /// What is taken for a warning, where it is no error.
    pub warning: Vec<String>,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { error: ERRORS.map(str::to_owned).to_vec(), warning: WARNINGS.map(str::to_owned).to_vec() }
    }
}

impl Patterns {
    /// The rule by which entries are errors and warnings.
    #[must_use]
    pub fn levels(&self) -> Option<LevelRule> {
        LevelRule::new(any_of(&self.error).ok()?, any_of(&self.warning).ok()?).ok()
    }

    pub(super) fn read(section: &DeTable<'_>, reader: &mut Reader<'_>) -> Self {
        let mut patterns = Self::default();
        for (name, value) in section {
            let own = match name.get_ref().as_ref() {
                "error" => &mut patterns.error,
                "warning" => &mut patterns.warning,
                other => {
                    reader.unknown(other, name.span(), "setting of [patterns]", &["error", "warning"]);
                    continue;
                }
            };
            let Some(wanted) = reader.list(name.get_ref(), value, r"['(?i)error:']", checked) else {
                continue;
            };
            match any_of(&wanted) {
                Ok(_) => *own = wanted,
                Err(_) => reader.wrong(
                    value.span(),
                    format!("`{name}`: these are too large together", name = name.get_ref()),
                ),
            }
        }
        patterns
    }
}

/// The expression, if it is one.
fn checked(pattern: &str) -> Result<String, String> {
    match regex::Regex::new(pattern) {
        Ok(_) => Ok(pattern.to_owned()),
        // The last line says what is wrong; those before it draw the place.
        Err(error) => {
            let told = error.to_string();
            let told = told.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Err(format!("this is no regular expression: {told}"))
        }
    }
}
