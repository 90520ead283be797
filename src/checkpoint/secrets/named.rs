//! Names and values: `DEPLOY_TOKEN=…`, `"apiKey": "…"`, `db.password: …`. The name says that it is a
//! secret, and the value looks like one rather than like a word, a path or a call.

use std::sync::LazyLock;

use regex::Regex;

use super::rules::is_placeholder;
use super::{Finding, Rule};

/// The rule of names and values; its pattern is [`PATTERN`].
pub(super) const RULE: Rule = Rule {
    name: "named-secret",
    nouns: ["value of a secret's name", "values of secrets' names"],
    source: "OWASP secrets management cheat sheet; the names are those of common configurations",
    keywords: &[],
    pattern: "",
};

/// The end of a name, what stands between, and a value in quotes or without.
const PATTERN: &str = r#"(?i)(token|secret|password|passwd|passphrase|key)(?:\\{0,2}["'])?(=|:[ \t]{0,3}|[ \t]{1,3}(?:=|:=|=>|:)[ \t]{0,3}|=[ \t])(?:\\{0,2}["']([^"'\\\s]{6,500})\\{0,2}["']|([^\s"'`<>,;&(){}\[\]\\]{6,500}))"#;

static COMPILED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(PATTERN).ok());

/// A password may be short. What a machine makes is long.
const SHORTEST_TOKEN: usize = 16;

/// Bits a character of what a machine makes; a word of a language has fewer in as many letters.
const LEAST_ENTROPY: f64 = 3.0;

/// Keys that lock nothing.
const HARMLESS_KEYS: [&str; 8] =
    ["public", "cache", "primary", "foreign", "sort", "partition", "host", "row"];

/// Keys that are secret also where they are hexadecimal, as ids and checksums are.
const STRONG_KEYS: [&str; 8] =
    ["api", "access", "secret", "private", "encryption", "signing", "master", "auth"];

/// The values of names that are those of secrets.
pub(super) fn find(text: &str) -> Vec<Finding> {
    let Some(pattern) = COMPILED.as_ref() else { return Vec::new() };
    let mut found = Vec::new();
    for captures in pattern.captures_iter(text) {
        let (Some(word), Some(between)) = (captures.get(1), captures.get(2)) else { continue };
        let quoted = captures.get(3);
        let Some(value) = quoted.or_else(|| captures.get(4)) else { continue };
        // Without quotes and with blanks around the sign it is code, and the value an expression; so
        // it is where it goes on with a bracket.
        let is_code = quoted.is_none()
            && (between.as_str().starts_with([' ', '\t'])
                || text[value.end()..].starts_with(['(', '[', '{', '<']));
        if !is_code && is_secret(name_ending_at(text, word.end()), word.len(), value.as_str()) {
            found.push(Finding { rule: RULE.name, range: value.range() });
        }
    }
    found
}

/// The name that ends at `end`.
fn name_ending_at(text: &str, end: usize) -> &str {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
    let length = text.as_bytes()[..end].iter().rev().take(100).take_while(|byte| is_of_name(byte)).count();
    &text[end - length..end]
}

fn is_secret(name: &str, word_length: usize, value: &str) -> bool {
    let (before, word) = name.split_at(name.len() - word_length);
    let word_begins = before.is_empty()
        || before.ends_with(['_', '-', '.'])
        || (word.starts_with(|first: char| first.is_ascii_uppercase())
            && before.ends_with(|last: char| last.is_ascii_lowercase()));
    let (before, word) = (before.to_ascii_lowercase(), word.to_ascii_lowercase());
    if is_placeholder(value) || is_reference(value) {
        return false;
    }
    if word.starts_with("pass") {
        return (word_begins || before.ends_with("db")) && is_password(value);
    }
    if word == "key" {
        let is_strong =
            STRONG_KEYS.iter().any(|kind| before.trim_end_matches(['_', '-', '.']).ends_with(kind));
        let is_named = is_strong || (word_begins && !before.is_empty());
        let is_harmless = HARMLESS_KEYS.iter().any(|kind| before.contains(kind));
        return is_named && !is_harmless && looks_made(value) && (is_strong || !is_hexadecimal(value));
    }
    word_begins && looks_made(value)
}

/// Whether a value says where something is, rather than what it is.
fn is_reference(value: &str) -> bool {
    ["/", "./", "../", "~/", "@", "-"].iter().any(|start| value.starts_with(start)) || value.contains("://")
}

/// Letters and something else, and not merely words.
fn is_password(value: &str) -> bool {
    let has_letter = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let has_other = value.bytes().any(|byte| byte.is_ascii_digit() || b"!#$%^&*+=?~@|".contains(&byte));
    has_letter && has_other && !is_wordy(value)
}

/// Whether a value was made by a machine, by its length and how little of it repeats.
fn looks_made(value: &str) -> bool {
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+/=.~:!#$%^&*?@|".contains(&byte);
    value.len() >= SHORTEST_TOKEN
        && value.bytes().all(of_token)
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && entropy(value) >= LEAST_ENTROPY
        && !is_wordy(value)
}

/// Whether it is words and numbers with signs between, like `linux-x64-rust-1.91`.
fn is_wordy(value: &str) -> bool {
    let mut parts = value.split(['-', '_', '.', '/', ':']).filter(|part| !part.is_empty());
    let is_word = |part: &str| {
        part.len() <= 3
            || part.bytes().all(|byte| byte.is_ascii_digit())
            || part.bytes().all(|byte| byte.is_ascii_lowercase())
            || part.bytes().skip(1).all(|byte| byte.is_ascii_lowercase())
            || part.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    parts.all(is_word)
}

fn is_hexadecimal(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Shannon's entropy in bits a byte.
fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    let of = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(of).sum()
}
