//! What a person should know about the files of a run.

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
