//! Prints display lines to a terminal with escape sequences of our own making only.

use std::io::{self, Write};

use super::{Color, Line, Span, SpanKind, Style};

/// Writes a line without its end. With `color`, styles become SGR sequences and what was made
/// visible is shown in reverse; the terminal is left in its own style. Without, only text is
/// written.
///
/// # Errors
/// Whatever `out` answers.
pub fn write_line(out: &mut impl Write, line: &Line, color: bool) -> io::Result<()> {
    for span in &line.spans {
        write_span(out, span, color)?;
    }
    Ok(())
}

/// Writes harmless text in a style; see [`write_line`].
///
/// # Errors
/// Whatever `out` answers.
pub fn write_styled(out: &mut impl Write, text: &str, style: Style, color: bool) -> io::Result<()> {
    if !color || style.is_plain() || text.is_empty() {
        return out.write_all(text.as_bytes());
    }
    write_style(out, style)?;
    out.write_all(text.as_bytes())?;
    out.write_all(b"\x1b[0m")
}

fn write_span(out: &mut impl Write, span: &Span, color: bool) -> io::Result<()> {
    let mut style = span.style;
    if span.kind == SpanKind::Escaped {
        style.reverse = !style.reverse;
    }
    write_styled(out, &span.text, style, color)
}

fn write_style(out: &mut impl Write, style: Style) -> io::Result<()> {
    let switches = [
        (style.bold, 1),
        (style.dim, 2),
        (style.italic, 3),
        (style.underline, 4),
        (style.reverse, 7),
        (style.strikethrough, 9),
    ];
    let mut separator = "\x1b[";
    for (_, code) in switches.iter().filter(|(on, _)| *on) {
        write!(out, "{separator}{code}")?;
        separator = ";";
    }
    for (color, normal, extended) in [(style.foreground, 30, 38), (style.background, 40, 48)] {
        let Some(color) = color else { continue };
        out.write_all(separator.as_bytes())?;
        separator = ";";
        match color {
            Color::Indexed(index @ 0..8) => write!(out, "{}", normal + u16::from(index))?,
            Color::Indexed(index @ 8..16) => write!(out, "{}", normal + 60 + u16::from(index) - 8)?,
            Color::Indexed(index) => write!(out, "{extended};5;{index}")?,
            Color::Rgb(red, green, blue) => write!(out, "{extended};2;{red};{green};{blue}")?,
        }
    }
    out.write_all(b"m")
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, lines};
    use super::*;

    fn printed(text: &str, color: bool) -> String {
        let mut out = Vec::new();
        for line in lines(text.as_bytes(), Limits::NONE) {
            write_line(&mut out, &line, color).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn styles_are_written_anew_and_always_ended() {
        assert_eq!(printed("a\x1b[1;91;48;2;1;2;3mb", true), "a\x1b[1;91;48;2;1;2;3mb\x1b[0m");
        assert_eq!(printed("\x1b[38:5:200mb\x1b[mc", true), "\x1b[38;5;200mb\x1b[0mc");
        assert_eq!(printed("\x07", true), "\x1b[7m␇\x1b[0m");
    }

    #[test]
    fn without_colour_nothing_but_text_is_written() {
        assert_eq!(printed("a\x1b[1mb\x1b[2J\u{202e}", false), "ab␛[2J<U+202E>");
    }
}
