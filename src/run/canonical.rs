//! Lines in the form in which a good writer writes them, recognised without building anything.
//!
//! Nearly every line of a run is `{"seq":N,"ts":"…","text":"…"}`, byte for byte in that form. It is
//! told apart from all others in one pass that borrows everything; whatever is only a little
//! different is not recognised and takes the general way of [`super::entry::decode`], which says
//! the same of a recognised line.

use memchr::{memchr, memchr2};

use super::seq::MAX_SEQ;
use super::time::Timestamp;

/// The length of `2026-03-21T08:00:00.036Z`.
const TIME_LENGTH: usize = 24;

/// A line of the canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canonical<'a> {
    /// The line's seq.
    pub seq: u64,
    /// What stands between the quotes of `ts`, in which nothing is escaped.
    pub time: Option<&'a [u8]>,
    /// The event and the level of a worker's entry; `None` for an entry of a stream.
    pub event: Option<(&'a [u8], Option<&'a [u8]>)>,
    /// The text, or the worker's rendered line.
    pub text: JsonText<'a>,
}

/// The inside of a JSON string that was found to be valid, UTF-8 included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonText<'a> {
    raw: &'a [u8],
    /// Where the first backslash stands; the length when there is none.
    plain: usize,
    /// Whether a number stands for a character that is no control character.
    hides: bool,
}

/// Recognises a line (without its `\n`) of the form `{"seq":N,"ts":"…","text":"…"}`, where `ts` may
/// be missing and a worker has `"event":"…","level":"…","renderedLine":"…"`, with or without a
/// level, in place of `text`. Nothing may stand before, between or behind.
#[must_use]
pub fn recognise(line: &[u8]) -> Option<Canonical<'_>> {
    let rest = line.strip_prefix(b"{\"seq\":")?.strip_suffix(b"}")?;
    // Outside of its strings the form has no place for a control character, and inside of them JSON
    // allows none. ASCII is UTF-8, which one pass over the bytes tells.
    let (lowest, all) =
        rest.iter().fold((u8::MAX, 0), |(lowest, all), byte| (lowest.min(*byte), all | *byte));
    if lowest < b' ' || (!all.is_ascii() && std::str::from_utf8(rest).is_err()) {
        return None;
    }
    let (seq, rest) = take_seq(rest)?;
    let (time, rest) = match rest.strip_prefix(b",\"ts\":\"") {
        Some(rest) => take_plain(rest).map(|(time, rest)| (Some(time), rest))?,
        None => (None, rest),
    };
    if let Some(rest) = rest.strip_prefix(b",\"text\":\"") {
        return Some(Canonical { seq, time, event: None, text: whole_text(rest)? });
    }
    let (event, rest) = take_plain(rest.strip_prefix(b",\"event\":\"")?)?;
    let (level, rest) = match rest.strip_prefix(b",\"level\":\"") {
        Some(rest) => take_plain(rest).map(|(level, rest)| (Some(level), rest))?,
        None => (None, rest),
    };
    let text = whole_text(rest.strip_prefix(b",\"renderedLine\":\"")?)?;
    Some(Canonical { seq, time, event: Some((event, level)), text })
}

/// The integer at the beginning, as the contract writes it; see [`super::seq::canonical_seq`].
#[inline]
fn take_seq(rest: &[u8]) -> Option<(u64, &[u8])> {
    let digits = rest.iter().take(17).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 16 || (digits > 1 && rest[0] == b'0') {
        return None;
    }
    let seq = rest[..digits].iter().fold(0, |seq, digit| seq * 10 + u64::from(digit - b'0'));
    (seq <= MAX_SEQ).then(|| (seq, &rest[digits..]))
}

/// A string in which nothing is escaped, and what stands behind its quote.
#[inline]
fn take_plain(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    // As long as a time mostly is: to look is faster than to search.
    if let Some((text, behind)) = rest.split_at_checked(TIME_LENGTH)
        && let Some(behind) = behind.strip_prefix(b"\"")
        && text.iter().fold(true, |is_plain, byte| is_plain & !matches!(byte, b'"' | b'\\'))
    {
        return Some((text, behind));
    }
    let end = memchr2(b'"', b'\\', rest)?;
    let behind = rest[end..].strip_prefix(b"\"")?;
    Some((&rest[..end], behind))
}

/// The inside of a string whose quote is the last character.
#[inline]
fn whole_text(rest: &[u8]) -> Option<JsonText<'_>> {
    let raw = rest.strip_suffix(b"\"")?;
    let mut plain = raw.len();
    let mut hides = false;
    let mut from = 0;
    // Most texts end with an escape, the one of their line end.
    while from < raw.len()
        && let Some(found) = memchr2(b'"', b'\\', &raw[from..])
    {
        let place = from + found;
        if raw[place] == b'"' {
            return None;
        }
        let (character, length) = escape_at(&raw[place..])?;
        plain = plain.min(place);
        hides |= length > 2 && character >= ' ';
        from = place + length;
    }
    Some(JsonText { raw, plain, hides })
}

/// The character that the escape at the beginning stands for, and how long the escape is.
#[inline]
fn escape_at(bytes: &[u8]) -> Option<(char, usize)> {
    let character = match bytes.get(1)? {
        byte @ (b'"' | b'\\' | b'/') => char::from(*byte),
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return code_point(bytes),
        _ => return None,
    };
    Some((character, 2))
}

#[inline(never)]
fn code_point(bytes: &[u8]) -> Option<(char, usize)> {
    let first = hexadecimal(bytes.get(2..6)?)?;
    if !(0xd800..0xdc00).contains(&first) {
        // The second half of a pair alone is no character.
        return Some((char::from_u32(first)?, 6));
    }
    let second = hexadecimal(bytes.get(6..12)?.strip_prefix(b"\\u")?)?;
    if !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    Some((char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))?, 12))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

impl Canonical<'_> {
    /// When the entry was written, if it says so.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        Timestamp::parse(std::str::from_utf8(self.time?).ok()?)
    }
}

impl<'a> JsonText<'a> {
    /// The text as it stands between its quotes.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The text, where nothing in it is escaped.
    #[must_use]
    pub fn plain(&self) -> Option<&'a [u8]> {
        (self.plain == self.raw.len()).then_some(self.raw)
    }

    /// Whether characters that could stand for themselves are escaped by their numbers. Where none
    /// are, whatever has no control character, quote, slash or backslash stands in [`Self::raw`]
    /// where it stands in the text.
    #[must_use]
    pub fn hides_characters(&self) -> bool {
        self.hides
    }

    /// Appends the text to `out`.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        let (plain, mut rest) = self.raw.split_at(self.plain);
        out.extend_from_slice(plain);
        while !rest.is_empty() {
            // What is no escape cannot stand here, because the text was found to be valid.
            let (character, length) = escape_at(rest).unwrap_or(('\\', 1));
            if character.is_ascii() {
                out.push(character as u8);
            } else {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            rest = &rest[length..];
            if !rest.is_empty() {
                let (plain, behind) = rest.split_at(memchr(b'\\', rest).unwrap_or(rest.len()));
                out.extend_from_slice(plain);
                rest = behind;
            }
        }
    }

    /// Whether the text is one line with its end, and nothing else in it is escaped.
    #[must_use]
    pub fn is_plain_line(&self) -> bool {
        &self.raw[self.plain..] == b"\\n"
    }

    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = Vec::with_capacity(self.raw.len());
        self.append_to(&mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Whether the text is escaped as our own JSON is: nothing that could stand for itself, and the
    /// shortest form of the rest. Then it can be copied into JSON as it is.
    #[must_use]
    pub fn is_escaped_as_ours(&self) -> bool {
        let mut rest = &self.raw[self.plain..];
        while let Some(place) = memchr(b'\\', rest) {
            rest = &rest[place..];
            let ours = match rest {
                [_, b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                [_, b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', ..]
                | [_, b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => 6,
                _ => return false,
            };
            rest = &rest[ours..];
        }
        true
    }
}
