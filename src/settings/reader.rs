//! Reading a TOML text value by value, so that a mistake costs that value alone and is named with
//! its line.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place in the text.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// How alike a word must be to one that is known to be meant for it.
const ALIKE: f32 = 0.7;

/// What is wrong in a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1; `None` where it is about the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, and what would be right. May hold text of the file.
    pub text: String,
}

impl Mistake {
    /// A mistake that stands on no line.
    pub(super) fn of_file(text: impl Into<String>) -> Self {
        Self { line: None, text: text.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "line {line}: {}", self.text),
            None => formatter.write_str(&self.text),
        }
    }
}

/// A text that is being read, and what is wrong in it.
pub(super) struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
    /// Lines that are no TOML. What was made of them is a guess, and does not count.
    broken: BTreeSet<usize>,
}

impl<'t> Reader<'t> {
    /// Reads what can be read of a text.
    pub(super) fn of(text: &'t str) -> (Self, DeTable<'t>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Self { text, mistakes: Vec::new(), broken: BTreeSet::new() };
        for error in errors {
            let line = reader.line(error.span().map_or(text.len(), |place| place.start));
            reader.wrong_on(line, format!("this is no TOML: {}", error.message().replace('\n', ", ")));
            reader.broken.insert(line);
        }
        (reader, table.into_inner())
    }

    /// Everything that is wrong, in the order of the lines.
    pub(super) fn mistakes(mut self) -> Vec<Mistake> {
        self.mistakes.sort_by_key(|mistake| mistake.line);
        self.mistakes
    }

    /// Remembers that something is wrong.
    pub(super) fn wrong(&mut self, place: Range<usize>, text: impl Into<String>) {
        self.wrong_on(self.line(place.start), text);
    }

    /// Remembers it, unless the line is no TOML: what else there is to say of it follows from that.
    fn wrong_on(&mut self, line: usize, text: impl Into<String>) {
        if !self.broken.contains(&line) {
            self.mistakes.push(Mistake { line: Some(line), text: text.into() });
        }
    }

    /// The line of a place, from 1.
    fn line(&self, place: usize) -> usize {
        let before = self.text.as_bytes().get(..place).unwrap_or(self.text.as_bytes());
        1 + memchr::memchr_iter(b'\n', before).count()
    }

    /// Whether part of a value stands on a line that is no TOML.
    fn is_broken(&self, value: &Value<'_>) -> bool {
        let place = value.span();
        self.broken.range(self.line(place.start)..=self.line(place.end)).next().is_some()
    }

    /// That a name is none of those that are known. `what` says what it would be the name of.
    pub(super) fn unknown(&mut self, name: &str, place: Range<usize>, what: &str, known: &[&str]) {
        let alike = similar::get_close_matches(name, known, 1, ALIKE);
        let right = match alike.first() {
            Some(alike) => format!("did you mean `{alike}`?"),
            None => format!("it is one of {}", known.join(", ")),
        };
        self.wrong(place, format!("`{name}` is no {what}; {right}"));
    }

    /// That a value is of another type than it should be.
    fn other_type(&mut self, name: &str, value: &Value<'_>, wanted: &str) {
        self.wrong(value.span(), format!("`{name}` is {wanted}, and not {}", type_of(value.get_ref())));
    }

    /// The value as a table.
    pub(super) fn table<'v, 'x>(&mut self, name: &str, value: &'v Value<'x>) -> Option<&'v DeTable<'x>> {
        if let DeValue::Table(table) = value.get_ref() {
            return Some(table);
        }
        self.other_type(name, value, &format!("a section: write [{name}]"));
        None
    }

    /// The value as a text. `example` is one that would be right.
    fn text<'v>(&mut self, name: &str, value: &'v Value<'_>, example: &str) -> Option<&'v str> {
        if self.is_broken(value) {
            return None;
        }
        if let DeValue::String(text) = value.get_ref() {
            return Some(text);
        }
        self.other_type(name, value, &format!("a text in quotes, for example {example}"));
        None
    }

    /// The value as what its text is read as by `read`.
    pub(super) fn parsed<T, E: fmt::Display>(
        &mut self,
        name: &str,
        value: &Value<'_>,
        example: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name, value, example)?;
        match read(text) {
            Ok(read) => Some(read),
            Err(error) => {
                self.wrong(value.span(), format!("`{name} = \"{text}\"`: {error}"));
                None
            }
        }
    }

    /// The value as `true` or `false`.
    pub(super) fn switch(&mut self, name: &str, value: &Value<'_>) -> Option<bool> {
        if self.is_broken(value) {
            return None;
        }
        if let DeValue::Boolean(on) = value.get_ref() {
            return Some(*on);
        }
        self.other_type(name, value, "true or false");
        None
    }

    /// The value as a list of what its texts are read as. One that cannot be read spoils the list:
    /// half of it is not what was meant.
    pub(super) fn list<T, E: fmt::Display>(
        &mut self,
        name: &str,
        value: &Value<'_>,
        example: &str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        if self.is_broken(value) {
            return None;
        }
        let DeValue::Array(array) = value.get_ref() else {
            self.other_type(name, value, &format!("a list of texts, for example {example}"));
            return None;
        };
        // All are read, so that every one that is wrong is named.
        let read: Vec<Option<T>> =
            array.iter().map(|element| self.parsed(name, element, example, &read)).collect();
        read.into_iter().collect()
    }

    /// The value as a list of what can be parsed.
    pub(super) fn list_of<T: FromStr<Err: fmt::Display>>(
        &mut self,
        name: &str,
        value: &Value<'_>,
        example: &str,
    ) -> Option<Vec<T>> {
        self.list(name, value, example, str::parse)
    }
}

/// What a value is, for people.
fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
