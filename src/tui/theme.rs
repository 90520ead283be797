//! Colours and signs by what they mean. Only the terminal's own sixteen colours are used, so that
//! light and dark terminals both stay readable, and no meaning hangs on a colour alone.

use ratatui::style::{Color, Modifier, Style};

use crate::app::Origin;
use crate::app::record_text::Role;
use crate::display;
use crate::run::{Channel, Status};

/// How things look by what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Whether colours are used at all.
    pub colour: bool,
}

impl Theme {
    fn colour(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// What is there but not looked at: rules, times, hints.
    #[must_use]
    pub fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Names and titles.
    #[must_use]
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// A key in the footer.
    #[must_use]
    pub fn key(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The row under the cursor.
    #[must_use]
    pub fn cursor(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Something that a person should see: gaps, late entries, notices.
    #[must_use]
    pub fn warning(self) -> Style {
        self.colour(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// Something that was done as wanted.
    #[must_use]
    pub fn good(self) -> Style {
        self.colour(Color::Green).add_modifier(Modifier::BOLD)
    }

    /// A checkpoint, where it is not the matter itself.
    #[must_use]
    pub fn checkpoint(self) -> Style {
        self.colour(Color::Magenta).add_modifier(Modifier::BOLD)
    }

    /// Who made a checkpoint.
    #[must_use]
    pub fn origin(self, origin: Option<&Origin>) -> Style {
        match origin {
            Some(Origin::Operator) => self.colour(Color::Magenta),
            Some(Origin::Runner) => self.colour(Color::Blue),
            Some(Origin::Other(_)) => self.colour(Color::Yellow),
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
            Role::Hunk => self.colour(Color::Cyan),
            Role::Added => self.colour(Color::Green),
            Role::Removed => self.colour(Color::Red),
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
        let style = self.colour(Color::Yellow).add_modifier(Modifier::REVERSED | Modifier::UNDERLINED);
        let style = style.remove_modifier(Modifier::DIM);
        if self.colour { style.bg(Color::Reset) } else { style }
    }

    /// Something that is wrong.
    #[must_use]
    pub fn error(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// A sparkline.
    #[must_use]
    pub fn activity(self) -> Style {
        self.colour(Color::Green)
    }

    /// The name of a channel.
    #[must_use]
    pub fn channel(self, channel: &Channel) -> Style {
        self.colour(match channel {
            Channel::Worker => Color::Cyan,
            Channel::Stdout => Color::Green,
            Channel::Stderr => Color::Yellow,
            Channel::Other(_) => Color::Magenta,
        })
    }

    /// The sign and the word of a status.
    #[must_use]
    pub fn status(self, status: Status) -> Style {
        match status {
            Status::Running => self.colour(Color::Green).add_modifier(Modifier::BOLD),
            Status::Lost => self.warning(),
            Status::Failed => self.error(),
            Status::Succeeded => self.colour(Color::Green),
            Status::Prepared | Status::Unknown | Status::Cancelled => self.faint(),
        }
    }

    /// How the program that is watched asked its text to look.
    #[must_use]
    pub fn of_text(self, span: &display::Span) -> Style {
        let asked = &span.style;
        let mut style = Style::new();
        if self.colour {
            style.fg = asked.foreground.map(colour);
            style.bg = asked.background.map(colour);
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
            display::SpanKind::Escaped => {
                style.patch(self.colour(Color::Magenta)).add_modifier(Modifier::DIM)
            }
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
