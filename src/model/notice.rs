//! What a person should know about the files of a run.

use super::run_model::Model;
use crate::tail::CANNOT_BE_READ;

/// Something that a person should know about the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The file or folder that it is about; empty for the run directory itself.
    pub about: String,
    /// What it is.
    pub text: String,
}

impl Notice {
    /// Whether it says that something of the run cannot be read.
    #[must_use]
    pub fn is_of_failure(&self) -> bool {
        self.text.contains(CANNOT_BE_READ)
    }
}

impl Model {
    /// A log file of the run that cannot be read: then what is known is not all there is.
    #[must_use]
    pub fn unread_log(&self) -> Option<Notice> {
        let mut failures = self.notices().into_iter().filter(Notice::is_of_failure).peekable();
        failures.peek()?;
        let logs = self.directory().log_files();
        failures.find(|notice| logs.iter().any(|file| file.path.ends_with(&notice.about)))
    }
}
