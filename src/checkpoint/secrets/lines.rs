//! Secrets in the lines of a log tail. Output comes in pieces, so that a token may be cut over two
//! entries of a channel, with entries of others between them.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Counted, Finding, count, find, mask, without_overlaps};

/// A line is what its channel says after a prefix like `[stdout] `, which has this many bytes at most.
const LONGEST_PREFIX: usize = 130;

/// What looks like a secret in `lines`, each with the number of its line; one over several lines has
/// a part in each, and the count of them all.
#[must_use]
pub fn find_in_lines<T: AsRef<str>>(lines: &[T]) -> Vec<Counted> {
    search(lines).1
}

/// `lines` with each secret masked; a line stays a line. Also what was masked: a secret over several
/// lines counts once.
#[must_use]
pub fn redact_lines<T: AsRef<str>>(lines: &[T]) -> (Vec<String>, Vec<Counted>) {
    let (found, counts) = search(lines);
    let masked = lines.iter().zip(&found).map(|(line, found)| mask(line.as_ref(), found)).collect();
    (masked, counts)
}

/// What is found in each line, and how many there are in all.
fn search<T: AsRef<str>>(lines: &[T]) -> (Vec<Vec<Finding>>, Vec<Counted>) {
    let mut found: Vec<Vec<Finding>> = vec![Vec::new(); lines.len()];
    let mut whole = Vec::new();
    for joined in join(lines) {
        for finding in find(&joined.text) {
            for (line, range) in joined.parts_of(&finding.range) {
                found[line].push(Finding { rule: finding.rule, range });
            }
            whole.push(finding);
        }
    }
    // Once more by itself, since joining can also hide where a secret begins.
    for (line, found) in lines.iter().zip(&mut found) {
        for finding in find(line.as_ref()) {
            let overlaps = |other: &Finding| {
                other.range.start < finding.range.end && finding.range.start < other.range.end
            };
            if !found.iter().any(overlaps) {
                whole.push(finding.clone());
                found.push(finding);
            }
        }
        *found = without_overlaps(std::mem::take(found));
    }
    (found, count(&whole))
}

/// The text of one channel, and which part of it stands in which line.
#[derive(Default)]
struct Joined {
    text: String,
    /// The line, where its text begins in it, and where that stands in the joined text.
    parts: Vec<(usize, usize, Range<usize>)>,
}

impl Joined {
    /// Where in which lines `range` of the text stands.
    fn parts_of(&self, range: &Range<usize>) -> Vec<(usize, Range<usize>)> {
        let first = self.parts.partition_point(|(_, _, place)| place.end <= range.start);
        let within = self.parts[first..].iter().take_while(|(_, _, place)| place.start < range.end);
        within
            .map(|(line, offset, place)| {
                let start = range.start.max(place.start) - place.start + offset;
                let end = range.end.min(place.end) - place.start + offset;
                (*line, start..end)
            })
            .collect()
    }
}

fn join<T: AsRef<str>>(lines: &[T]) -> Vec<Joined> {
    let mut channels: BTreeMap<&str, Joined> = BTreeMap::new();
    for (number, line) in lines.iter().enumerate() {
        let line = line.as_ref();
        let offset = prefix_length(line);
        let joined = channels.entry(&line[..offset]).or_default();
        let start = joined.text.len();
        joined.text.push_str(&line[offset..]);
        joined.parts.push((number, offset, start..joined.text.len()));
        // What a worker says is whole. Other output goes on where it has no line end.
        if &line[..offset] == "[worker] " {
            joined.text.push('\n');
        }
    }
    channels.into_values().collect()
}

fn prefix_length(line: &str) -> usize {
    let most = line.floor_char_boundary(LONGEST_PREFIX);
    if !line.starts_with('[') {
        return 0;
    }
    line[..most].find("] ").map_or(0, |place| place + 2)
}
