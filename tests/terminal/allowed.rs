//! The bytes that the program may send to a terminal: a grammar of its own drawing, and nothing else.
//!
//! It knows nothing of how the program makes text harmless: what may stand as text is told by the
//! Unicode tables of another crate. A terminal's own idea of where a sequence ends never matters,
//! since every byte must be accounted for.

use std::sync::OnceLock;

use regex::bytes::Regex;

/// Where the bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    /// The screens, where nothing was copied and nobody was to be notified.
    Screen,
    /// The screens, where something was copied (OSC 52).
    ScreenAndClipboard,
    /// The screens, which were to notify (OSC 9, the bell).
    ScreenAndNotices,
    /// What a command prints.
    Lines,
}

impl On {
    /// All of them, in their order.
    const ALL: [Self; 4] = [Self::Screen, Self::ScreenAndClipboard, Self::ScreenAndNotices, Self::Lines];
}

/// One character that is seen, with at most as many marks as the display lets through; or an emoji,
/// in which joiners and selectors may stand.
const TEXT: &str = concat!(
    r"(?:\p{Extended_Pictographic}[\x{1f3fb}-\x{1f3ff}]?[\x{fe0e}\x{fe0f}]?",
    r"(?:\x{200d}\p{Extended_Pictographic}[\x{1f3fb}-\x{1f3ff}]?[\x{fe0e}\x{fe0f}]?)*",
    r"|[0-9#*]\x{fe0f}\x{20e3}",
    r"|[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{M}]",
    r"[\p{M}--\p{Default_Ignorable_Code_Point}]{0,4})",
);

/// Colours and weights, each by its number: no blinking, no hiding, no fonts.
const STYLE: &str = concat!(
    r"(?:[0-4]|7|9|2[2-579]|3[0-79]|4[0-79]|59|9[0-7]|10[0-7]",
    r"|[345]8;5;[0-9]{1,3}|[345]8;2;[0-9]{1,3};[0-9]{1,3};[0-9]{1,3})",
);

fn grammar(on: On) -> String {
    let style = format!(r"\x1b\[(?:{STYLE}(?:;{STYLE})*)?m");
    if on == On::Lines {
        return format!(r"\A(?:{TEXT}|{style}|\r\n)*");
    }
    let place = r"\x1b\[[1-9][0-9]?;[1-9][0-9]{0,2}H";
    let frame = format!(r"\x1b\[\?2026h(?:\x1b\[0m\x1b\[2J)?(?:{place}|{style}|{TEXT})*\x1b\[\?2026l");
    let enter = concat!(
        r"\x1b\[22;2t\x1b\[\?1049h\x1b\[\?1000h\x1b\[\?1002h\x1b\[\?1003h\x1b\[\?1015h\x1b\[\?1006h",
        r"\x1b\[\?2004h\x1b\[\?25l",
    );
    let leave = concat!(
        r"\x1b\[\?2026l\x1b\[\?1006l\x1b\[\?1015l\x1b\[\?1003l\x1b\[\?1002l\x1b\[\?1000l\x1b\[\?2004l",
        r"\x1b\[0m\x1b\[\?1049l\x1b\[\?25h\x1b\[23;2t",
    );
    let title = format!(r"\x1b\]2;{TEXT}*stepwatch\x07");
    let further = match on {
        On::ScreenAndClipboard => r"|\x1b\]52;c;[A-Za-z0-9+/]*={0,2}\x07".to_owned(),
        On::ScreenAndNotices => format!(r"|\x1b\]9;stepwatch: {TEXT}*\x07|\x07"),
        On::Screen | On::Lines => String::new(),
    };
    format!(r"\A(?:{frame}|{title}|{enter}|{leave}{further})*")
}

fn pattern(on: On) -> &'static Regex {
    static PATTERNS: [OnceLock<Regex>; On::ALL.len()] = [const { OnceLock::new() }; 4];
    PATTERNS[on as usize].get_or_init(|| {
        let grammar = grammar(on);
        regex::bytes::RegexBuilder::new(&grammar).size_limit(1 << 26).dfa_size_limit(1 << 26).build().unwrap()
    })
}

/// The first bytes that are not allowed: where they stand, and they with what is around them.
pub(crate) fn refused(bytes: &[u8], on: On) -> Option<(usize, String)> {
    let end = pattern(on).find(bytes).map_or(0, |allowed| allowed.end());
    let around = &bytes[end.saturating_sub(80)..bytes.len().min(end + 3000)];
    (end < bytes.len()).then(|| (end, around.escape_ascii().to_string()))
}

/// Fails where there is anything that is not allowed.
pub(crate) fn assert_all(bytes: &[u8], on: On) {
    if let Some((place, what)) = refused(bytes, on) {
        panic!("not allowed on a terminal ({on:?}), at byte {place} of {}:\n{what}", bytes.len());
    }
}

/// What came until the end of a frame: a program that still runs may be in the middle of one.
pub(crate) fn whole_frames(bytes: &[u8]) -> &[u8] {
    const END: &[u8] = b"\x1b[?2026l";
    let end = bytes.windows(END.len()).rposition(|window| window == END);
    &bytes[..end.map_or(0, |end| end + END.len())]
}
