//! From the application's state to cells: picks the view.

pub mod checkpoints;
pub mod entry;
pub mod finding;
pub mod help;
pub mod palette;
pub mod prompt;
pub mod run;
pub mod runs;
pub mod why;

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::theme::Theme;
use crate::app::{App, KeyTable, layout};
use crate::display;
use crate::run::Now;
use crate::settings::Column;

/// What the drawing needs to know of the outside.
#[derive(Clone, Debug)]
pub struct Look {
    /// Colours and signs.
    pub theme: Theme,
    /// The keys, which must be those of the application.
    pub keys: KeyTable,
    /// The columns of the list of runs.
    pub columns: Vec<Column>,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The home directory, which paths are shortened by.
    pub home: Option<PathBuf>,
}

impl Look {
    /// A path for people.
    fn path(&self, path: &Path) -> String {
        let inside = self.home.as_ref().and_then(|home| path.strip_prefix(home).ok());
        match inside {
            Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Some(rest) => format!("~/{}", display::path(rest)),
            None => display::path(path),
        }
    }
}

/// Draws everything that is shown.
pub fn draw(app: &App, now: Now, look: &Look, buffer: &mut Buffer) {
    let area = buffer.area;
    if app.size().is_enough() {
        draw_screen(app, now, look, buffer);
    } else {
        too_small(buffer, area);
    }
    look.theme.lay_ground(buffer);
}

fn draw_screen(app: &App, now: Now, look: &Look, buffer: &mut Buffer) {
    let said = app.said();
    let judged = app.judged().map(AsRef::as_ref);
    match (app.run(), app.checkpoints(), app.runs()) {
        (Some(run), Some(screen), _) => checkpoints::draw(run, screen, said, now, look, buffer),
        (Some(run), None, runs) => {
            let leaves = if runs.is_some() { "list" } else { "quit" };
            match app.why() {
                Some(why) => why::draw(run, why, judged, said, now, look, buffer),
                None => run::draw(run, judged, said, leaves, now, look, buffer),
            }
        }
        (None, _, Some(runs)) => runs::draw(runs, app.attention(), said, now, look, buffer),
        (None, _, None) => {}
    }
    if let Some(prompt) = app.prompt() {
        let reading = app.run().and_then(|run| run.model().progress());
        prompt::draw(prompt, reading, look, buffer);
    }
    if let Some(help) = app.help() {
        help::draw(help, app.size(), look, buffer);
    }
    if let Some(palette) = app.palette() {
        palette::draw(palette, app.size(), look, buffer);
    }
}

/// Says what is wanted, in as many cells as there are.
fn too_small(buffer: &mut Buffer, area: Rect) {
    let needed = layout::SMALLEST;
    let text =
        format!("{}×{} is too small: {}×{} needed", area.width, area.height, needed.width, needed.height);
    for (y, line) in (area.y..area.bottom()).zip(words(&text, usize::from(area.width))) {
        buffer.set_stringn(area.x, y, line, usize::from(area.width), Style::new());
    }
}

/// Breaks a text between words.
fn words(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if display::width(line) + 1 + display::width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Says in an empty space what is awaited.
fn awaiting(buffer: &mut Buffer, area: Rect, lines: &[String]) {
    let lines: Vec<String> =
        lines.iter().flat_map(|line| words(line, usize::from(area.width.saturating_sub(4)))).collect();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height);
    let top = area.y + (area.height - height) / 3;
    for (y, line) in (top..area.bottom()).zip(&lines) {
        let width = u16::try_from(display::width(line)).unwrap_or(u16::MAX).min(area.width);
        let x = area.x + (area.width - width) / 2;
        let style = Style::new().add_modifier(Modifier::DIM);
        buffer.set_stringn(x, y, line, usize::from(area.right() - x), style);
    }
}
