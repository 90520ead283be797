//! The terminal: taken when the screens open, and given back as it was found, whatever happens.
//!
//! All output goes through one lock, together with whether the terminal is ours at the moment. So a
//! panic in any thread can give it back while the main thread draws: what is drawn later goes
//! nowhere.

use std::io::{self, Write as _};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::queue;
use crossterm::style::ResetColor;
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen,
};
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use rustix::event::{PollFd, PollFlags};

use crate::app::Size;
use crate::display;

/// Whether the terminal is ours. The lock is held while something is written to it.
static OURS: Mutex<bool> = Mutex::new(false);
/// Whether a panic was reported while the terminal was ours.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// The terminal while the screens are open. Dropping it gives the terminal back.
pub struct Terminal {
    /// What is on the screen.
    drawn: Buffer,
    /// The frame being made.
    next: Buffer,
    /// Whether nothing of what is on the screen can be relied on.
    unknown: bool,
    /// The title that was set last.
    title: Option<String>,
    hook: Option<Hook>,
}

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static>;

impl Terminal {
    /// Takes the terminal. `wake` is called in a panicking thread after the terminal was given
    /// back, so that the main loop can end.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub fn take(wake: impl Fn() + Sync + Send + 'static) -> io::Result<Self> {
        PANICKED.store(false, Ordering::SeqCst);
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let was_ours = give_back();
            PANICKED.store(true, Ordering::SeqCst);
            report(info, was_ours);
            wake();
        }));
        // From here on a failure drops the guard, which gives back what was taken.
        let terminal = Self {
            drawn: Buffer::default(),
            next: Buffer::default(),
            unknown: true,
            title: None,
            hook: Some(hook),
        };
        enter()?;
        Ok(terminal)
    }

    /// Draws a frame: what `render` leaves in the buffer. Only changed cells are written, as one
    /// synchronized update in one go.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, size: Size, render: impl FnOnce(&mut Buffer)) -> io::Result<bool> {
        let area = Rect { x: 0, y: 0, width: size.width, height: size.height };
        let mut bytes = Vec::new();
        queue!(bytes, BeginSynchronizedUpdate)?;
        let begun = bytes.len();
        if self.unknown || self.drawn.area != area {
            self.unknown = false;
            self.drawn = Buffer::empty(area);
            queue!(bytes, ResetColor, Clear(ClearType::All))?;
        }
        self.next.resize(area);
        self.next.reset();
        render(&mut self.next);
        let changed = with_what_may_be_covered(self.drawn.diff(&self.next), &self.next);
        if !changed.is_empty() {
            CrosstermBackend::new(&mut bytes).draw(changed.into_iter())?;
        }
        std::mem::swap(&mut self.drawn, &mut self.next);
        if bytes.len() == begun {
            return Ok(false);
        }
        queue!(bytes, EndSynchronizedUpdate)?;
        write_frame(&bytes)?;
        Ok(true)
    }

    /// Lets the next frame write every cell.
    pub fn forget_what_is_drawn(&mut self) {
        self.unknown = true;
    }

    /// Gives the terminal back while the process is stopped, and takes it again.
    ///
    /// # Errors
    /// When the terminal refuses to be taken again.
    pub fn while_given_back(&mut self, stop: impl FnOnce()) -> io::Result<()> {
        give_back();
        stop();
        self.unknown = true;
        self.title = None;
        enter()
    }

    /// Asks the terminal to put the text into the clipboard (OSC 52). Not every terminal does.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&self, text: &str) -> io::Result<()> {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        write_frame(format!("\x1b]52;c;{encoded}\x07").as_bytes())
    }

    /// Says in the terminal's title what is shown. The text must be harmless.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn set_title(&mut self, title: &str) -> io::Result<()> {
        if self.title.as_deref() == Some(title) {
            return Ok(());
        }
        self.title = Some(title.to_owned());
        write_frame(format!("\x1b]2;{title}\x07").as_bytes())
    }

    /// Rings the bell and asks the terminal to show a notification (OSC 9). Not every terminal does. The
    /// text must be harmless.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn notify(&self, bell: bool, text: Option<&str>) -> io::Result<()> {
        // With our name in front no text is taken for one of the commands that begin with a number.
        let shown = text.map_or_else(String::new, |text| format!("\x1b]9;stepwatch: {text}\x07"));
        let bell = if bell { "\x07" } else { "" };
        write_frame(format!("{shown}{bell}").as_bytes())
    }

    /// Whether a thread of ours panicked since the terminal was taken.
    #[must_use]
    pub fn panicked() -> bool {
        PANICKED.load(Ordering::SeqCst)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
        // A hook cannot be changed from a panicking thread; the report was made already.
        if !std::thread::panicking()
            && let Some(hook) = self.hook.take()
        {
            panic::set_hook(hook);
        }
    }
}

/// The cells to draw. After each grapheme that a terminal may draw wider than it is (an emoji that is
/// joined of several, in a terminal that does not join) those that it would cover then; and below each that
/// a terminal may draw narrower (an emoji that it does not know) blanks, or what was there before would be
/// seen beside it.
fn with_what_may_be_covered<'a>(
    changed: Vec<(u16, u16, &'a Cell)>,
    frame: &'a Buffer,
) -> Vec<(u16, u16, &'a Cell)> {
    let mut drawn = Vec::with_capacity(changed.len());
    // The row of the last cell, the column after it, and the column up to which it may cover.
    let (mut row, mut next, mut end) = (0, 0, 0);
    for (x, y, cell) in changed {
        let until = if row == y { end.min(x) } else { end };
        draw_row(&mut drawn, frame, row, next..until);
        let symbol = cell.symbol();
        let columns = columns_of(symbol);
        if columns > 1 && symbol.chars().any(is_drawn_in_different_ways) {
            drawn.extend((x..x.saturating_add(columns)).map(|x| (x, y, BLANK)));
        }
        drawn.push((x, y, cell));
        let apart = symbol.chars().map(columns_of_character).sum::<u16>();
        end = x.saturating_add(apart).max(if row == y { end } else { 0 }).min(frame.area.right());
        (row, next) = (y, x.saturating_add(columns.max(1)));
    }
    draw_row(&mut drawn, frame, row, next..end);
    drawn
}

/// Adds the cells of a row in which a grapheme begins.
fn draw_row<'a>(
    drawn: &mut Vec<(u16, u16, &'a Cell)>,
    frame: &'a Buffer,
    row: u16,
    mut columns: std::ops::Range<u16>,
) {
    while columns.start < columns.end {
        let cell = &frame[(columns.start, row)];
        drawn.push((columns.start, row, cell));
        columns.start = columns.start.saturating_add(columns_of(cell.symbol()).max(1));
    }
}

/// Nothing, in no colour.
const BLANK: &Cell = &Cell::EMPTY;

/// Whether terminals differ in how wide they draw what this stands in: emoji and what was made for them,
/// to which others are added every year, and variation selectors.
fn is_drawn_in_different_ways(character: char) -> bool {
    matches!(character, '\u{fe0e}' | '\u{fe0f}' | '\u{1f000}'..='\u{1ffff}')
}

/// The columns that a grapheme takes.
fn columns_of(symbol: &str) -> u16 {
    u16::try_from(display::width(symbol)).unwrap_or(u16::MAX)
}

/// The columns that a character takes where it stands alone.
fn columns_of_character(character: char) -> u16 {
    columns_of(character.encode_utf8(&mut [0; 4]))
}

/// Lets the terminal keep its title aside, and take it again (XTWINOPS).
const KEEP_TITLE: &[u8] = b"\x1b[22;2t";
const TAKE_TITLE: &[u8] = b"\x1b[23;2t";

fn enter() -> io::Result<()> {
    let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    terminal::enable_raw_mode()?;
    // From here on there is something to give back.
    *ours = true;
    let mut bytes = Vec::new();
    // With its brackets a line end in pasted text is no enter, which would write a checkpoint.
    bytes.extend_from_slice(KEEP_TITLE);
    queue!(bytes, EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, Hide)?;
    write_all(&bytes)
}

/// Gives the terminal back if it is ours; says whether it was. Nothing is left half done when it
/// refuses: it may be gone.
fn give_back() -> bool {
    let mut ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    if !std::mem::replace(&mut *ours, false) {
        return false;
    }
    let mut bytes = Vec::new();
    // Writing to a vector never fails.
    _ = queue!(bytes, EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste);
    _ = queue!(bytes, ResetColor, LeaveAlternateScreen, Show);
    bytes.extend_from_slice(TAKE_TITLE);
    _ = write_all(&bytes);
    _ = terminal::disable_raw_mode();
    true
}

/// Gives the terminal the settings back in which it was found, and writes nothing to it: another thread may
/// wait for it in the middle of a frame.
pub(super) fn give_back_settings() {
    _ = terminal::disable_raw_mode();
}

/// Writes to standard output itself, not through the standard library's handle: a thread that holds
/// that one's lock must not keep a panicking thread from giving the terminal back.
fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    let out = rustix::stdio::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(out, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(rustix::io::Errno::INTR) => {}
            // Another program may have made the terminal non-blocking.
            Err(rustix::io::Errno::AGAIN) => {
                let mut waiting = [PollFd::new(&out, PollFlags::OUT)];
                match rustix::event::poll(&mut waiting, None) {
                    Ok(_) | Err(rustix::io::Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Says what went wrong, on standard error, with untrusted text made harmless.
fn report(info: &PanicHookInfo<'_>, was_ours: bool) {
    let message = info.payload_as_str().unwrap_or("(no message)");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name").to_owned();
    let mut text = format!(
        "stepwatch: a fault in stepwatch itself, in thread {}, at {}: {}\n",
        display::one_line(&thread),
        display::one_line(&place),
        display::one_line(message),
    );
    if was_ours {
        text.push_str("The run that was watched is not touched by this. Please report it.\n");
    }
    let backtrace = std::backtrace::Backtrace::capture();
    if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
        text.push_str(&backtrace.to_string());
    }
    _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes a frame, unless the terminal is not ours any more.
fn write_frame(bytes: &[u8]) -> io::Result<()> {
    let ours = OURS.lock().unwrap_or_else(PoisonError::into_inner);
    if *ours { write_all(bytes) } else { Ok(()) }
}

/// The terminal's size.
///
/// # Errors
/// When the terminal does not tell.
pub fn size() -> io::Result<Size> {
    let (width, height) = terminal::size()?;
    Ok(Size { width, height })
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    /// The columns that are drawn when the row becomes this one.
    fn drawn_columns(before: &str, after: &str) -> Vec<u16> {
        let [before, after] = [before, after].map(|text| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
            buffer.set_string(0, 0, text, Style::new());
            buffer
        });
        let drawn = with_what_may_be_covered(before.diff(&after), &after);
        drawn.iter().map(|(x, _, _)| *x).collect()
    }

    #[test]
    fn what_a_joined_emoji_may_cover_is_drawn_after_it() {
        assert_eq!(drawn_columns("", "ab"), [0, 1]);
        assert_eq!(drawn_columns("", "\u{597d}"), [0]);
        // Two emoji in a terminal that does not join: four columns.
        assert_eq!(drawn_columns("", "\u{1f469}\u{200d}\u{1f4bb}"), [0, 1, 0, 2, 3]);
        assert_eq!(drawn_columns("xx  z", "\u{1f469}\u{200d}\u{1f4bb}  z"), [0, 1, 0, 2, 3]);
        assert_eq!(drawn_columns("xx\u{597d}z", "\u{1f469}\u{200d}\u{1f4bb}\u{597d}z"), [0, 1, 0, 2]);
        assert_eq!(drawn_columns("", "\u{1f469}\u{200d}\u{1f4bb}y"), [0, 1, 0, 2, 3]);
    }

    #[test]
    fn below_an_emoji_blanks_are_drawn_first_and_below_letters_nothing() {
        let mut frame = Buffer::empty(Rect { x: 0, y: 0, width: 6, height: 1 });
        frame.set_string(0, 0, "a\u{1fae9}好b", Style::new());
        let changed = vec![(0, 0, &frame[(0, 0)]), (1, 0, &frame[(1, 0)]), (3, 0, &frame[(3, 0)])];
        let drawn: Vec<(u16, &str)> = with_what_may_be_covered(changed, &frame)
            .into_iter()
            .map(|(x, _, cell)| (x, cell.symbol()))
            .collect();
        assert_eq!(drawn, [(0, "a"), (1, " "), (2, " "), (1, "\u{1fae9}"), (3, "好")]);
    }
}
