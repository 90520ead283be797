//! A pattern that is held against the text of entries, given their raw lines.
//!
//! What an entry says is the decoded text; what is in memory is the line. A canonical line is not
//! decoded for it: its text is matched where it stands, or in a buffer where something is escaped.
//! And mostly not even that: of most patterns it is known which letters every match has in it, and
//! lines without them are passed over by a search through a whole chunk of lines.
//!
//! Colours are no part of what an entry says: `error: x` is found where only the first word is red.

mod required;

use memchr::memmem::{FindIter, Finder};
use regex::bytes::{Matches, Regex, RegexBuilder};

use super::levels::without_colours;
use crate::run::{decode, recognise};
use required::{Letters, Run};

/// A regular expression that is held against the text of whole entries; `^` and `$` are the ends of
/// their lines. To search with several threads, give each a clone.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// What stands in every match, unescaped; `None` where nothing is known of it.
    required: Option<Letters>,
    /// A run of bytes of one kind that stands in every match.
    run: Option<Run>,
}

/// What looking at a line needs, kept from one line to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    text: Vec<u8>,
}

impl Scratch {
    /// What `look` finds in the text, without its colours, of the entry that a line (without its line
    /// end) is.
    pub(super) fn with_text<T>(&mut self, line: &[u8], look: impl FnOnce(&[u8]) -> T) -> T {
        let text = match recognise(line) {
            Some(found) => match found.text.plain() {
                Some(plain) => return look(plain),
                None => {
                    self.text.clear();
                    found.text.append_to(&mut self.text);
                    &mut self.text
                }
            },
            None => {
                self.text.clear();
                self.text.extend_from_slice(decode(line).text());
                &mut self.text
            }
        };
        without_colours(text);
        look(text)
    }
}

/// How much memory the automaton of a pattern may take in each thread: an eighth of what it takes by
/// itself, which half a dozen patterns in as many threads made more than all the rest of the program.
pub(super) const AUTOMATON_BYTES: usize = 256 << 10;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        let regex =
            RegexBuilder::new(pattern).multi_line(true).crlf(true).dfa_size_limit(AUTOMATON_BYTES).build()?;
        let parsed = required::parse(pattern);
        let required = parsed.as_ref().and_then(required::letters);
        let run = parsed.as_ref().and_then(required::run);
        Ok(Self { regex, required, run })
    }

    /// Reads a pattern with smart case: small and capital letters are the same where it has no
    /// capital ones.
    ///
    /// # Errors
    /// Says what is wrong with it, in a few words.
    pub fn with_smart_case(pattern: &str) -> Result<Self, String> {
        let pattern = if has_capitals(pattern) { pattern.to_owned() } else { format!("(?i){pattern}") };
        Self::new(&pattern).map_err(|error| {
            let told = error.to_string();
            let last = told.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        })
    }

    /// Where the matches in a text begin and end, in bytes. Matches of nothing are left out.
    pub fn find_in<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = std::ops::Range<usize>> + use<'_, 't> {
        self.regex.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty())
    }

    /// Whether there is a match in a text, without its colours.
    #[must_use]
    pub fn matches_text(&self, text: &[u8]) -> bool {
        if memchr::memchr(b'\x1b', text).is_none() {
            return self.matches_plain(text);
        }
        let mut plain = text.to_vec();
        without_colours(&mut plain);
        self.matches_plain(&plain)
    }

    fn matches_plain(&self, text: &[u8]) -> bool {
        self.run.as_ref().is_none_or(|run| run.is_in(text)) && self.regex.is_match(text)
    }

    /// Whether there is a match in the text, without its colours, of the entry that a line (without its line end) is.
    #[must_use]
    pub fn matches_line(&self, line: &[u8], scratch: &mut Scratch) -> bool {
        let Some(found) = recognise(line) else { return self.matches_text(decode(line).text()) };
        if let Some(run) = &self.run
            && run.is_never_escaped()
            && !found.text.hides_characters()
            && !run.is_in(found.text.raw())
            && (found.text.is_plain_line() || COLOUR.find(found.text.raw()).is_none())
        {
            return false;
        }
        match found.text.plain() {
            Some(text) => self.matches_plain(text),
            None => {
                scratch.text.clear();
                found.text.append_to(&mut scratch.text);
                without_colours(&mut scratch.text);
                self.matches_plain(&scratch.text)
            }
        }
    }

    /// Whether any of the raw lines in `chunk` may match. Only lines that surely do not are passed
    /// over.
    #[must_use]
    pub fn may_match(&self, chunk: &[u8]) -> bool {
        self.candidates(chunk).next_from(0).is_some()
    }

    /// Finds the lines of `chunk` that may match.
    #[must_use]
    pub fn candidates<'a>(&'a self, chunk: &'a [u8]) -> Candidates<'a> {
        let required = self.required.as_ref().map(|required| {
            let mut searches = Searches {
                letters: required,
                required: required.finder.find_iter(chunk),
                escapes: ESCAPE.find_iter(chunk),
                bytes: BYTES.find_iter(chunk),
                colours: memchr::memchr_iter(b'\x1b', chunk),
                next: [None; 4],
            };
            searches.next = [
                searches.required(),
                searches.escaped(chunk),
                searches.bytes.next(),
                searches.coloured(chunk),
            ];
            searches
        });
        Candidates { chunk, required }
    }
}

/// Whether a pattern asks for a capital letter: those in escapes (`\S`, `\p{Lu}`) are none.
fn has_capitals(pattern: &str) -> bool {
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\\' {
            let escaped = characters.next();
            if matches!(escaped, Some('p' | 'P' | 'x' | 'u' | 'U')) && characters.peek() == Some(&'{') {
                characters.by_ref().find(|character| *character == '}');
            }
        } else if character.is_uppercase() {
            return true;
        }
    }
    false
}

/// Begins an escape that may stand for any letter.
static ESCAPE: std::sync::LazyLock<Finder<'static>> = std::sync::LazyLock::new(|| Finder::new(b"\\u"));
/// The key of text that is encoded.
static BYTES: std::sync::LazyLock<Finder<'static>> = std::sync::LazyLock::new(|| Finder::new(b"\"bytes\""));
/// Begins a colour, in capital letters or not.
static COLOUR: std::sync::LazyLock<Finder<'static>> = std::sync::LazyLock::new(|| Finder::new(b"\\u001"));

/// The places in a chunk of raw lines at which a line may match; see [`Pattern::candidates`].
#[derive(Debug)]
pub struct Candidates<'a> {
    chunk: &'a [u8],
    /// `None` where every line may match.
    required: Option<Searches<'a>>,
}

/// Four searches that go on side by side, and where each is.
#[derive(Debug)]
struct Searches<'a> {
    letters: &'a Letters,
    required: Matches<'a, 'a>,
    escapes: FindIter<'a, 'static>,
    bytes: FindIter<'a, 'static>,
    /// Those in lines that are no JSON, where they stand as they are.
    colours: memchr::Memchr<'a>,
    next: [Option<usize>; 4],
}

impl Candidates<'_> {
    /// The first place from `from` on whose line may match: every line that begins at or behind
    /// `from` and ends before that place does not. To be asked with rising places.
    pub fn next_from(&mut self, from: usize) -> Option<usize> {
        match &mut self.required {
            None => (from < self.chunk.len()).then_some(from),
            Some(searches) => searches.next_from(self.chunk, from),
        }
    }
}

impl Searches<'_> {
    fn next_from(&mut self, chunk: &[u8], from: usize) -> Option<usize> {
        while self.next[0].is_some_and(|place| place < from) {
            self.next[0] = self.required();
        }
        while self.next[1].is_some_and(|place| place < from) {
            self.next[1] = self.escaped(chunk);
        }
        while self.next[2].is_some_and(|place| place < from) {
            self.next[2] = self.bytes.next();
        }
        while self.next[3].is_some_and(|place| place < from) {
            self.next[3] = self.coloured(chunk);
        }
        self.next.into_iter().flatten().min()
    }

    fn required(&mut self) -> Option<usize> {
        self.required.next().map(|found| found.start())
    }

    /// The next escape that may stand for a letter, or for a colour in the midst of letters: what is
    /// required has no other control characters.
    fn escaped(&mut self, chunk: &[u8]) -> Option<usize> {
        let letters = self.letters;
        self.escapes.find(|place| match &chunk[place + 2..] {
            [b'0', b'0', b'1', b'b' | b'B', ..] => letters.begin_at_the_end_of(&chunk[..*place]),
            [b'0', b'0', b'0' | b'1', ..] => false,
            _ => true,
        })
    }

    /// The next colour in the midst of letters, where it is not escaped.
    fn coloured(&mut self, chunk: &[u8]) -> Option<usize> {
        let letters = self.letters;
        self.colours.find(|place| letters.begin_at_the_end_of(&chunk[..*place]))
    }
}

#[cfg(test)]
mod tests;
