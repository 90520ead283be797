//! The help overlay: the keys of a screen.

use super::action::{Action, KeyTable, ScreenKind};
use super::layout::Size;

/// The help overlay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Help {
    /// The screen whose keys it shows.
    pub about: ScreenKind,
    /// The first row in sight.
    pub top: usize,
    /// How many rows there are in all.
    rows: usize,
}

impl Help {
    /// The help of a screen from its beginning.
    #[must_use]
    pub fn new(about: ScreenKind, keys: &KeyTable) -> Self {
        Self { about, top: 0, rows: keys.rows_of(about).count() }
    }

    /// How many rows the help has in all.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many of them are in sight.
    #[must_use]
    pub fn height(&self, size: Size) -> usize {
        usize::from(size.height.saturating_sub(4).max(1)).min(self.rows())
    }

    pub(super) fn act(&mut self, action: Action, size: Size) {
        if let Some(rows) = action.rows(self.height(size).cast_signed()) {
            self.scroll(rows, size);
        }
    }

    pub(super) fn scroll(&mut self, rows: isize, size: Size) {
        self.top = self.top.saturating_add_signed(rows).min(self.rows().saturating_sub(self.height(size)));
    }
}
