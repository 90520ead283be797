//! The last line of a text that says something.

use memchr::{memchr, memrchr};

/// The last line in which there is something to see, as it stood at last when it was redrawn with
/// `\r`. Colours are kept, and do not count as something to see.
#[must_use]
pub fn last_line(text: &[u8]) -> Option<&[u8]> {
    text.rsplit(|byte| *byte == b'\n').map(last_state).find(|line| !is_blank(line))
}

/// A line without what was overwritten in it. A `\r` at its end leaves the text before it in sight.
fn last_state(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    let shown = &line[..end];
    memrchr(b'\r', shown).map_or(shown, |before| &shown[before + 1..])
}

/// Whether there is nothing but white space and colours (`ESC [ … m`).
fn is_blank(mut line: &[u8]) -> bool {
    loop {
        line = line.trim_ascii_start();
        let Some(sequence) = line.strip_prefix(b"\x1b[") else { return line.is_empty() };
        let Some(end) = memchr(b'm', sequence) else { return false };
        if !sequence[..end].iter().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':')) {
            return false;
        }
        line = &sequence[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_anything_to_see_are_passed_over() {
        for (text, expected) in [
            ("a\nb\n", Some("b")),
            ("a\r\n\r\n \t\n", Some("a")),
            ("error\n\x1b[0m\n\x1b[1;31m \x1b[0m\n", Some("error")),
            ("10%\r20%\r", Some("20%")),
            ("Proceed? ", Some("Proceed? ")),
            ("a\n\x1b[2K\n", Some("\x1b[2K")),
            ("\n\n", None),
            ("", None),
        ] {
            assert_eq!(last_line(text.as_bytes()), expected.map(str::as_bytes), "{text:?}");
        }
    }
}
