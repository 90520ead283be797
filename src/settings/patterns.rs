//! `[patterns]`: what is taken for an error or a warning, besides what the worker says itself.

use toml::de::DeTable;

use super::reader::Reader;

/// Regular expressions; an entry in whose text one of them matches counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    /// What is taken for an error.
    pub error: Vec<String>,
    /// What is taken for a warning, where it is no error.
    pub warning: Vec<String>,
}

/// What most programs call an error: the word as a label or alone in capitals, and the first line of
/// what runtimes print when they give up. The word in the middle of a sentence is none.
pub(super) const ERRORS: [&str; 5] = [
    r"(?i)\b(?:error|fatal|panic)(?:\[[^\]]*\])?:",
    r"\b(?:ERROR|FATAL|FAILED|PANIC|CRITICAL)\b",
    r"^Traceback \(most recent call last\)",
    r"^thread .* panicked at",
    r": command not found$",
];
/// What most programs call a warning.
pub(super) const WARNINGS: [&str; 2] = [r"(?i)\bwarn(?:ing)?(?:\[[^\]]*\])?:", r"\b(?:WARN|WARNING)\b"];

impl Default for Patterns {
    fn default() -> Self {
        Self { error: ERRORS.map(str::to_owned).to_vec(), warning: WARNINGS.map(str::to_owned).to_vec() }
    }
}

impl Patterns {
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
            if let Some(wanted) = reader.list(name.get_ref(), value, r"['(?i)error:']", checked) {
                *own = wanted;
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
