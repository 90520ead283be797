//! What the mouse does.

use super::{App, Effect};
use crate::run::Now;

/// Rows that one notch of the mouse wheel moves.
const WHEEL_ROWS: i32 = 3;

impl App {
    pub(super) fn wheel(&mut self, notches: i32, now: Now) {
        let rows = notches.saturating_mul(WHEEL_ROWS);
        self.changed = true;
        if self.wheel_to_choose(notches) || self.prompt.is_some() && self.help.is_none() {
            return;
        }
        let why_rows = self.why_rows(now);
        match (&mut self.help, &mut self.run, &mut self.runs) {
            (Some(help), _, _) => help.scroll(rows as isize, self.size),
            (None, Some(_), _) if self.why.is_some() => {
                if let Some(why) = &mut self.why {
                    why.scroll(rows as isize, why_rows, self.size);
                }
            }
            (None, Some(run), _) if self.checkpoints.is_some() => {
                if let (Some(screen), Some(records)) = (&mut self.checkpoints, run.records()) {
                    screen.scroll(rows, records, self.size);
                }
            }
            (None, Some(run), _) => run.scroll(rows, self.size),
            (None, None, Some(runs)) => runs.scroll(rows.signum(), self.size),
            (None, None, None) => {}
        }
    }

    pub(super) fn click(&mut self, column: u16, row: u16) -> Vec<Effect> {
        self.changed = true;
        if self.palette.is_some() || self.prompt.is_some() || self.why.is_some() {
            return Vec::new();
        }
        match (&self.help, &mut self.run, &mut self.runs) {
            (None, Some(run), _) if self.checkpoints.is_some() => {
                if let (Some(screen), Some(records)) = (&mut self.checkpoints, run.records()) {
                    screen.click(row, records, self.size);
                }
            }
            (None, Some(run), _) => run.click(column, row, self.size),
            (None, None, Some(runs)) => {
                let again = runs.click(row, self.size);
                return if again { self.open_selected() } else { Vec::new() };
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn drag(&mut self, row: u16) {
        let is_covered =
            self.prompt.is_some() || self.why.is_some() || self.help.is_some() || self.checkpoints.is_some();
        if let Some(run) = self.run.as_mut().filter(|_| !is_covered) {
            self.changed |= run.drag(row, self.size);
        }
    }
}
