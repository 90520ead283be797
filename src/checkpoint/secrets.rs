//! What looks like a secret in text that is about to be kept: found by a small set of rules that
//! each rest on a published shape of a token, counted and named, and masked where that is wanted.
//!
//! The rules are few and precise rather than many: a warning that is wrong every other time is not
//! read. So nobody may take their silence for a proof that there is no secret.

mod lines;
mod named;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

pub use lines::{find_in_lines, redact_lines};
pub use rules::RULES;

/// A shape of secrets.
#[derive(Debug)]
pub struct Rule {
    /// Its name, as it stands in what is masked.
    pub name: &'static str,
    /// What one and what several are called in a sentence.
    pub nouns: [&'static str; 2],
    /// The public documentation of the shape.
    pub source: &'static str,
    /// One of these stands in every text with such a secret, so that others need no closer look.
    keywords: &'static [&'static str],
    /// The shape; the secret is its first group, or all of it.
    pattern: &'static str,
}

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule that it follows.
    pub rule: &'static str,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// How many secrets of one rule there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The name of the rule.
    pub rule: &'static str,
    /// How many.
    pub count: usize,
}

/// What looks like a secret in `text`, in the order of their places, none within another.
#[must_use]
pub fn find(text: &str) -> Vec<Finding> {
    let mut found = rules::find(text);
    found.extend(named::find(text));
    without_overlaps(found)
}

/// `text` with each secret replaced by `[redacted:RULE:LENGTH]` (its length in bytes), and what was
/// replaced. A secret over several lines is replaced line by line, so that the lines stay, with the
/// signs of a patch at their beginning.
#[must_use]
pub fn redact(text: &str) -> (String, Vec<Counted>) {
    let found = find(text);
    (mask(text, &found), count(&found))
}

/// How many there are by rule, in the order of the rules' names.
#[must_use]
pub fn count(found: &[Finding]) -> Vec<Counted> {
    let mut counts = BTreeMap::new();
    for finding in found {
        *counts.entry(finding.rule).or_insert(0) += 1;
    }
    counts.into_iter().map(|(rule, count)| Counted { rule, count }).collect()
}

/// The counts of several texts together.
#[must_use]
pub fn sum(counts: impl IntoIterator<Item = Counted>) -> Vec<Counted> {
    let mut sums = BTreeMap::new();
    for one in counts {
        *sums.entry(one.rule).or_insert(0) += one.count;
    }
    sums.into_iter().map(|(rule, count)| Counted { rule, count }).collect()
}

/// A sentence for a person, for example "2 secrets seem to be in it: 1 GitHub token, 1 password in a
/// URL"; `None` where there is none.
#[must_use]
pub fn summary(counts: &[Counted]) -> Option<String> {
    let all: usize = counts.iter().map(|one| one.count).sum();
    let seem = match all {
        0 => return None,
        1 => "1 secret seems",
        _ => &format!("{all} secrets seem"),
    };
    let parts: Vec<String> = counts
        .iter()
        .map(|one| {
            let [singular, plural] = nouns(one.rule);
            format!("{} {}", one.count, if one.count == 1 { singular } else { plural })
        })
        .collect();
    Some(format!("{seem} to be in it: {}", parts.join(", ")))
}

fn nouns(rule: &str) -> [&'static str; 2] {
    let known = RULES.iter().chain([&named::RULE]).find(|known| known.name == rule);
    known.map_or(["secret", "secrets"], |known| known.nouns)
}

/// `found` in order; of those that overlap the one of the more precise rule, which comes first.
fn without_overlaps(found: Vec<Finding>) -> Vec<Finding> {
    let mut kept: BTreeMap<usize, Finding> = BTreeMap::new();
    for finding in found {
        let before = kept.range(..finding.range.end).next_back();
        if before.is_none_or(|(_, before)| before.range.end <= finding.range.start) {
            kept.insert(finding.range.start, finding);
        }
    }
    kept.into_values().collect()
}

/// `text` with each of `found` masked; they are in order and do not overlap.
pub(super) fn mask(text: &str, found: &[Finding]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for finding in found {
        masked.push_str(&text[end..finding.range.start]);
        mask_lines(&text[finding.range.clone()], finding.rule, &mut masked);
        end = finding.range.end;
    }
    masked.push_str(&text[end..]);
    masked
}

fn mask_lines(secret: &str, rule: &str, masked: &mut String) {
    for (place, line) in secret.split_inclusive('\n').enumerate() {
        let content = line.trim_end_matches(['\n', '\r']);
        let sign = if place > 0 && content.starts_with(['+', '-', ' ']) { 1 } else { 0 };
        masked.push_str(&content[..sign]);
        if content.len() > sign {
            masked.push_str(&format!("[redacted:{rule}:{}]", content.len() - sign));
        }
        masked.push_str(&line[content.len()..]);
    }
}
