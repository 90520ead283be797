//! What is shown of finding things: the line in which something is typed, the list of filters, and
//! what the rules around the log tell.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::Look;
use super::prompt::draw_line;
use super::run::row;
use crate::app::finding::{Filters, Line, Pending};
use crate::app::layout::{RunLayout, Size};
use crate::app::{Action, RunScreen, ScreenKind};
use crate::display;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widgets::bar::{self, Piece};
use crate::tui::widgets::footer;

/// What a search or a filter may take where it is only named.
const LONGEST_PATTERN: usize = 24;
/// The fewest columns in which something can be typed, beside what is wrong with it.
const LEAST_INPUT: usize = 16;

/// Draws what has the last row while something is being typed or awaited; says whether anything has.
pub fn last_row(run: &RunScreen, area: Rect, look: &Look, buffer: &mut Buffer) -> bool {
    match (run.finding().line(), run.finding().pending()) {
        (Some(line), _) => typed(run, line, area, look.theme, buffer),
        (None, Some(pending)) => hint(pending, area, look, buffer),
        (None, None) => return false,
    }
    true
}

fn hint(pending: Pending, area: Rect, look: &Look, buffer: &mut Buffer) {
    let (theme, key) = (look.theme, look.keys.first_of(pending.action()));
    let spans = vec![(format!("{key}… "), theme.key()), (pending.hint().to_owned(), theme.faint())];
    bar::draw(buffer, area, vec![Piece::of(spans, 0)], 3);
}

/// What is typed, and at the end of the row what is wrong with it or what was found.
fn typed(run: &RunScreen, line: &Line, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let sign = line.purpose().sign();
    buffer.set_stringn(area.x, area.y, sign, usize::from(area.width), theme.key());
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    let count = run.hits().filter(|_| line.purpose() == crate::app::finding::Purpose::Search);
    let (told, style) = match (line.problem(), count) {
        (Some(problem), _) => (format!("▲ {}", display::one_line(problem)), theme.warning()),
        (None, Some(count)) => (hits(run, count.at, count.of, count.is_complete), theme.faint()),
        (None, None) => (line.purpose().hint().to_owned(), theme.faint()),
    };
    let room = usize::from(area.width).saturating_sub(LEAST_INPUT);
    let told = display::one_line_within(&told, room);
    let width = u16::try_from(display::width(&told)).unwrap_or(0);
    let input = Rect { width: area.width.saturating_sub(width + 2), ..area };
    buffer.set_stringn(area.right().saturating_sub(width), area.y, &told, room, style);
    let editor = line.editor();
    let cursor = display::width(&display::one_line(editor.before_cursor()));
    draw_line(buffer, input, &display::one_line(editor.text()), Some(cursor), theme);
}

/// `12 of 3 401 hits …`: the dots say that not all was searched.
fn hits(run: &RunScreen, at: Option<u64>, of: u64, is_complete: bool) -> String {
    let noun = if of == 1 { "hit" } else { "hits" };
    let dots = if is_complete { "" } else { " …" };
    let looks = if run.finding().hunts().is_some() { "searching: " } else { "" };
    match (at, of) {
        (_, 0) if is_complete => "no hit".to_owned(),
        (Some(at), of) => format!("{looks}{} of {} {noun}{dots}", text::number(at), text::number(of)),
        (None, of) => format!("{looks}{} {noun}{dots}", text::number(of)),
    }
}

/// What is searched for and how much of it there is, for the rule below the log.
pub fn search_piece(run: &RunScreen, theme: Theme) -> Option<Piece> {
    let (search, count) = run.finding().search().zip(run.hits())?;
    let pattern = display::one_line_within(search.text(), LONGEST_PATTERN);
    let told = hits(run, count.at, count.of, count.is_complete);
    Some(Piece::of(vec![(format!(" /{pattern}"), theme.strong()), (format!("  {told} "), theme.faint())], 1))
}

/// How many entries are selected and what can be done with them, for the rule below the log.
pub fn chosen_piece(run: &RunScreen, look: &Look) -> Option<Piece> {
    let positions = run.pane().chosen_positions(run.model())?;
    let entries = positions.end.saturating_sub(positions.start);
    let noun = if entries == 1 { "entry" } else { "entries" };
    let mut spans = vec![(format!(" ┃ {} {noun} selected", text::number(entries)), look.theme.strong())];
    let key = look.keys.first_of(Action::CopyLines);
    let copies = if key.is_empty() { " ".to_owned() } else { format!(" · {key} copies ") };
    spans.push((copies, look.theme.faint()));
    Some(Piece::of(spans, 0))
}

/// What the filters leave of the log, for the rule above it.
pub fn kept_piece(run: &RunScreen, theme: Theme) -> Option<Piece> {
    let ((shown, all), (searched, total)) = run.kept()?;
    let filters = text::count(u64::try_from(run.finding().filters().on()).unwrap_or(0), "filter");
    let shown = format!("{filters}, {} of {} shown", text::number(shown), text::number(all));
    let is_complete = searched >= total && run.model().ending().is_none();
    let told =
        if is_complete { shown } else { format!("{shown} · {}%", text::percent(searched, total.max(1))) };
    Some(Piece::new(format!(" {told} "), theme.warning(), 1))
}

/// Draws the list of filters over the lower rows of the log and all that is below it.
pub fn filters(filters: &Filters, size: Size, look: &Look, buffer: &mut Buffer) {
    let theme = look.theme;
    let layout = RunLayout::new(size);
    let count = u16::try_from(filters.all().len()).unwrap_or(u16::MAX);
    let rows = count.min(layout.footer.saturating_sub(2)).max(1);
    let top = layout.footer.saturating_sub(rows);
    for y in top.saturating_sub(1)..=layout.footer {
        bar::blank(buffer, row(size, y, 0));
    }
    let rule = top.saturating_sub(1);
    bar::rule(buffer, row(size, rule, 0), theme.key());
    let title =
        vec![(" filters ".to_owned(), theme.strong()), ("an entry must pass all ".to_owned(), theme.faint())];
    bar::draw(buffer, row(size, rule, 1), vec![Piece::of(title, 0)], 1);
    let first = (filters.selected() + 1).saturating_sub(usize::from(rows));
    let shown = filters.all().iter().enumerate().skip(first);
    for (y, (number, filter)) in (top..layout.footer).zip(shown) {
        if number == filters.selected() {
            buffer.set_stringn(0, y, "▶", 1, theme.cursor());
        }
        let (square, word) = if filter.is_on() { ("■", "on ") } else { ("□", "off") };
        let style = if filter.is_on() { theme.strong() } else { theme.faint() };
        let does = if filter.drops() { "drops" } else { "keeps" };
        let pattern = filter.text().strip_prefix('!').unwrap_or(filter.text());
        let spans = vec![
            (format!("{:>2} {square} {word}  {does}  ", number + 1), style),
            (display::one_line(pattern), style),
        ];
        bar::draw(buffer, row(size, y, 2), vec![Piece::of(spans, 0)], 1);
    }
    footer::draw(buffer, row(size, layout.footer, 1), ScreenKind::Filters, "back", look);
}
