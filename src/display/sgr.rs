//! `ESC [ … m`: the one family of escape sequences that is understood.

use memchr::memchr_iter;

use super::{Color, Style};

/// The longest sequence that is taken as well-formed, in bytes.
const LONGEST: usize = 256;

/// Reads a well-formed sequence at the head of `bytes`, applies it and returns its length. `None`:
/// there is none, and `style` is as it was.
pub(super) fn read(bytes: &[u8], style: &mut Style) -> Option<usize> {
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let length = parameters
        .iter()
        .take(LONGEST)
        .position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))
        .filter(|end| parameters[*end] == b'm')?;
    *style = apply(&parameters[..length], *style)?;
    Some(length + 3)
}

/// Applies every sequence in text that is not shown.
pub(super) fn carry(bytes: &[u8], style: &mut Style) {
    for position in memchr_iter(0x1b, bytes) {
        read(&bytes[position..], style);
    }
}

/// `None` where a colour is not a whole one, or a number is not one.
fn apply(parameters: &[u8], mut style: Style) -> Option<Style> {
    let mut fields = parameters.split(|byte| *byte == b';');
    while let Some(field) = fields.next() {
        let mut parts = field.split(|byte| *byte == b':');
        let code = number(parts.next()?)?;
        let has_parts = field.contains(&b':');
        match code {
            38 | 48 | 58 => {
                let color = if has_parts {
                    color_of_parts(&parts.map(number).collect::<Option<Vec<u16>>>()?)?
                } else {
                    color_of_fields(&mut fields)?
                };
                match code {
                    38 => style.foreground = Some(color),
                    48 => style.background = Some(color),
                    // The colour of an underline is not shown.
                    _ => {}
                }
            }
            // `4:0` is no underline, `4:1` to `4:5` are forms of one.
            4 if has_parts => style.underline = number(parts.next()?)? != 0,
            _ if has_parts => return None,
            code => apply_code(code, &mut style),
        }
    }
    Some(style)
}

fn apply_code(code: u16, style: &mut Style) {
    match code {
        0 => *style = Style::default(),
        1 => style.bold = true,
        2 => style.dim = true,
        3 => style.italic = true,
        4 | 21 => style.underline = true,
        7 => style.reverse = true,
        9 => style.strikethrough = true,
        22 => (style.bold, style.dim) = (false, false),
        23 => style.italic = false,
        24 => style.underline = false,
        27 => style.reverse = false,
        29 => style.strikethrough = false,
        39 => style.foreground = None,
        49 => style.background = None,
        30..=37 => style.foreground = indexed(code - 30),
        40..=47 => style.background = indexed(code - 40),
        90..=97 => style.foreground = indexed(code - 90 + 8),
        100..=107 => style.background = indexed(code - 100 + 8),
        // Blinking, hiding, fonts, frames: known or not, they are not shown.
        _ => {}
    }
}

fn indexed(index: u16) -> Option<Color> {
    u8::try_from(index).ok().map(Color::Indexed)
}

/// `5;N` or `2;R;G;B`, the form that most programs write.
fn color_of_fields<'a>(fields: &mut impl Iterator<Item = &'a [u8]>) -> Option<Color> {
    let mut next = || fields.next().and_then(number);
    match next()? {
        5 => indexed(next()?),
        2 => rgb(next()?, next()?, next()?),
        _ => None,
    }
}

/// `5:N`, `2:R:G:B`, or `2:SPACE:R:G:B` with whatever follows, the form of the standard.
fn color_of_parts(parts: &[u16]) -> Option<Color> {
    match *parts {
        [5, index] => indexed(index),
        [2, red, green, blue] | [2, _, red, green, blue, ..] => rgb(red, green, blue),
        _ => None,
    }
}

fn rgb(red: u16, green: u16, blue: u16) -> Option<Color> {
    Some(Color::Rgb(u8::try_from(red).ok()?, u8::try_from(green).ok()?, u8::try_from(blue).ok()?))
}

/// A decimal number; an empty one is 0.
fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u16::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(sequence: &str) -> Option<Style> {
        let mut style = Style::default();
        let length = read(sequence.as_bytes(), &mut style)?;
        assert_eq!(length, sequence.len());
        Some(style)
    }

    #[test]
    fn colours_of_every_form_are_read() {
        let foreground = |color| Some(Style { foreground: Some(color), ..Style::default() });
        assert_eq!(style("\x1b[31m"), foreground(Color::Indexed(1)));
        assert_eq!(style("\x1b[97m"), foreground(Color::Indexed(15)));
        assert_eq!(style("\x1b[38;5;200m"), foreground(Color::Indexed(200)));
        assert_eq!(style("\x1b[38:5:200m"), foreground(Color::Indexed(200)));
        assert_eq!(style("\x1b[38;2;1;2;3m"), foreground(Color::Rgb(1, 2, 3)));
        assert_eq!(style("\x1b[38:2:1:2:3m"), foreground(Color::Rgb(1, 2, 3)));
        assert_eq!(style("\x1b[38:2::1:2:3m"), foreground(Color::Rgb(1, 2, 3)));
        assert_eq!(style("\x1b[1;4:3;41;39m").map(|style| (style.bold, style.underline)), Some((true, true)));
        assert_eq!(style("\x1b[1;31;m"), Some(Style::default()));
        assert_eq!(style("\x1b[58;5;1;1m"), Some(Style { bold: true, ..Style::default() }));
        assert_eq!(style("\x1b[8;5m"), Some(Style::default()));
    }

    #[test]
    fn what_is_not_well_formed_is_no_style() {
        for sequence in [
            "\x1b[38m",
            "\x1b[38;5m",
            "\x1b[38;5;256m",
            "\x1b[38;2;1;2m",
            "\x1b[38;9;1m",
            "\x1b[?1m",
            "\x1b[>4;1m",
            "\x1b[1 m",
            "\x1b[1",
            "\x1b[",
            "\x1b",
            "\x1b[99999m",
            "\x1b[1:2m",
            "\x1b[2J",
        ] {
            assert_eq!(style(sequence), None, "{sequence:?}");
        }
        assert_eq!(style(&format!("\x1b[{}m", "1;".repeat(200))), None);
    }
}
