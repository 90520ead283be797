//! Colours and signs by what they mean. Where nobody wants other colours only the terminal's own
//! sixteen are used, so that light and dark terminals both stay readable, and no meaning hangs on a
//! colour alone.

mod depth;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::app::record_text::Role;
use crate::app::{Need, Origin};
use crate::display;
use crate::run::{Channel, Status};
use crate::settings::{Part, ThemeName, ThemeSettings};

pub use depth::Depth;

/// How things look by what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// `None` where no colours are used at all.
    colours: Option<Colours>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colours {
    settings: ThemeSettings,
    depth: Depth,
}

impl Theme {
    /// The theme that a person chose, in the colours that the terminal has. Where those are sixteen,
    /// a theme of ours looks like that of the terminal: it knows best what goes with its ground.
    #[must_use]
    pub fn new(settings: &ThemeSettings, depth: Depth) -> Self {
        if settings.name() == ThemeName::Monochrome {
            return Self::monochrome();
        }
        let settings = if depth == Depth::Sixteen { settings.without_ground() } else { *settings };
        Self { colours: Some(Colours { settings, depth }) }
    }

    /// The terminal's own colours.
    #[must_use]
    pub fn terminal() -> Self {
        Self::new(&ThemeSettings::named(ThemeName::Terminal), Depth::True)
    }

    /// No colours.
    #[must_use]
    pub fn monochrome() -> Self {
        Self { colours: None }
    }

    /// The terminal's own colours, or none.
    #[must_use]
    pub fn in_colour(colour: bool) -> Self {
        if colour { Self::terminal() } else { Self::monochrome() }
    }

    fn colour(self, part: Part) -> Style {
        Style { fg: self.colour_of(part), ..Style::new() }
    }

    fn colour_of(self, part: Part) -> Option<Color> {
        let Colours { settings, depth } = self.colours?;
        settings.colour(part).map(|wanted| colour(depth.nearest(wanted)))
    }

    /// Lays the theme's ground under what was drawn, and its colour of text over what has none. Called
    /// last, so that whatever was cleared and drawn anew gets it as well.
    pub fn lay_ground(self, buffer: &mut Buffer) {
        let (text, ground) = (self.colour_of(Part::Text), self.colour_of(Part::Background));
        if text.is_none() && ground.is_none() {
            return;
        }
        for cell in &mut buffer.content {
            if let (Color::Reset, Some(text)) = (cell.fg, text) {
                cell.fg = text;
            }
            if let (Color::Reset, Some(ground)) = (cell.bg, ground) {
                cell.bg = ground;
            }
        }
    }

    /// What is there but not looked at: rules, times, hints.
    #[must_use]
    pub fn faint(self) -> Style {
        match self.colour_of(Part::Faint) {
            Some(colour) => Style::new().fg(colour),
            None => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Names and titles.
    #[must_use]
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// A key in the footer.
    #[must_use]
    pub fn key(self) -> Style {
        self.colour(Part::Key).add_modifier(Modifier::BOLD)
    }

    /// The row under the cursor.
    #[must_use]
    pub fn cursor(self) -> Style {
        self.colour(Part::Cursor).add_modifier(Modifier::BOLD)
    }

    /// Something that a person should see: gaps, late entries, notices.
    #[must_use]
    pub fn warning(self) -> Style {
        self.colour(Part::Warning).add_modifier(Modifier::BOLD)
    }

    /// Something that was done as wanted.
    #[must_use]
    pub fn good(self) -> Style {
        self.colour(Part::Good).add_modifier(Modifier::BOLD)
    }

    /// A checkpoint, where it is not the matter itself.
    #[must_use]
    pub fn checkpoint(self) -> Style {
        self.colour(Part::Checkpoint).add_modifier(Modifier::BOLD)
    }

    /// Who made a checkpoint.
    #[must_use]
    pub fn origin(self, origin: Option<&Origin>) -> Style {
        match origin {
            Some(Origin::Operator) => self.colour(Part::Operator),
            Some(Origin::Runner) => self.colour(Part::Runner),
            Some(Origin::Other(_)) => self.colour(Part::Warning),
            None => self.error(),
        }
    }

    /// A line of a record, but for the channel in front of it.
    #[must_use]
    pub fn line(self, role: &Role) -> Style {
        match role {
            Role::Prose | Role::Plain | Role::Tail(..) => Style::new(),
            Role::Summary | Role::File => self.strong(),
            Role::Warning => self.warning(),
            Role::Remark => self.faint(),
            Role::Hunk => self.colour(Part::Hunk),
            Role::Added => self.colour(Part::Added),
            Role::Removed => self.colour(Part::Removed),
        }
    }

    /// What a person types in, and the place where it goes in.
    #[must_use]
    pub fn input(self, is_cursor: bool) -> Style {
        if is_cursor { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() }
    }

    /// What matches a search, over the style that it has: reversed and underlined, so that it is told
    /// without colour, and from what a program reverses itself.
    #[must_use]
    pub fn hit(self) -> Style {
        let style = self.colour(Part::Warning).add_modifier(Modifier::REVERSED | Modifier::UNDERLINED);
        let style = style.remove_modifier(Modifier::DIM);
        if self.colours.is_some() { style.bg(Color::Reset) } else { style }
    }

    /// Something that is wrong.
    #[must_use]
    pub fn error(self) -> Style {
        self.colour(Part::Error).add_modifier(Modifier::BOLD)
    }

    /// A sparkline.
    #[must_use]
    pub fn activity(self) -> Style {
        self.colour(Part::Activity)
    }

    /// The name of a channel.
    #[must_use]
    pub fn channel(self, channel: &Channel) -> Style {
        self.colour(match channel {
            Channel::Worker => Part::Worker,
            Channel::Stdout => Part::Stdout,
            Channel::Stderr => Part::Stderr,
            Channel::Other(_) => Part::Other,
        })
    }

    /// The sign and the word of a status.
    #[must_use]
    pub fn status(self, status: Status) -> Style {
        match status {
            Status::Running => self.colour(Part::Running).add_modifier(Modifier::BOLD),
            Status::Lost => self.warning(),
            Status::Failed => self.error(),
            Status::Succeeded => self.colour(Part::Done),
            Status::Prepared | Status::Unknown | Status::Cancelled => self.faint(),
        }
    }

    /// The sign and the word of a run in the list.
    #[must_use]
    pub fn need(self, need: Need, status: Status) -> Style {
        match need {
            Need::Stuck => self.warning(),
            Need::Answered => self.faint(),
            Need::Lost | Need::Failed | Need::Nobody => self.status(status),
        }
    }

    /// How the program that is watched asked its text to look.
    #[must_use]
    pub fn of_text(self, span: &display::Span) -> Style {
        let asked = &span.style;
        let mut style = Style::new();
        if let Some(Colours { settings, depth }) = self.colours {
            // The sixteen are the terminal's, and ours where the ground is; unless the program has laid
            // a ground itself, and knows what goes with it.
            let own = settings.sixteen().filter(|_| asked.background.is_none());
            let shown = |wanted: display::Color| {
                let wanted = match (wanted, own) {
                    (display::Color::Indexed(index @ 0..16), Some(own)) => own[usize::from(index)],
                    (wanted, _) => wanted,
                };
                colour(depth.nearest(wanted))
            };
            style.fg = asked.foreground.map(shown);
            style.bg = asked.background.map(shown);
        }
        for (wanted, modifier) in [
            (asked.bold, Modifier::BOLD),
            (asked.dim, Modifier::DIM),
            (asked.italic, Modifier::ITALIC),
            (asked.underline, Modifier::UNDERLINED),
            (asked.reverse, Modifier::REVERSED),
            (asked.strikethrough, Modifier::CROSSED_OUT),
        ] {
            if wanted {
                style = style.add_modifier(modifier);
            }
        }
        match span.kind {
            display::SpanKind::Plain => style,
            display::SpanKind::Escaped => style.patch(self.colour(Part::Escaped)).add_modifier(Modifier::DIM),
        }
    }
}

/// The sign of a status, so that it is told without colour.
#[must_use]
pub fn sign(status: Status) -> &'static str {
    match status {
        Status::Running => "●",
        Status::Lost => "▲",
        Status::Failed => "✗",
        Status::Succeeded => "✓",
        Status::Prepared => "○",
        Status::Cancelled => "■",
        Status::Unknown => "?",
    }
}

/// The sign and the word of who made a checkpoint, so that it is told without colour. An origin that
/// is not known is untrusted text.
#[must_use]
pub fn origin(origin: Option<&Origin>) -> String {
    match origin {
        Some(Origin::Runner) => "○ runner".to_owned(),
        Some(Origin::Operator) => "◆ operator".to_owned(),
        Some(Origin::Other(word)) => format!("◇ {}", display::one_line_within(word, 12)),
        None => "✗ unreadable".to_owned(),
    }
}

/// The word of a status on the screens.
#[must_use]
pub fn word(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "done",
        other => other.word(),
    }
}

fn colour(colour: display::Color) -> Color {
    match colour {
        display::Color::Indexed(index) => match index {
            0 => Color::Black,
            1 => Color::Red,
            2 => Color::Green,
            3 => Color::Yellow,
            4 => Color::Blue,
            5 => Color::Magenta,
            6 => Color::Cyan,
            7 => Color::Gray,
            8 => Color::DarkGray,
            9 => Color::LightRed,
            10 => Color::LightGreen,
            11 => Color::LightYellow,
            12 => Color::LightBlue,
            13 => Color::LightMagenta,
            14 => Color::LightCyan,
            15 => Color::White,
            other => Color::Indexed(other),
        },
        display::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
