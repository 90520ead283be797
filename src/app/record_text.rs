//! What a checkpoint record says, in lines, each with what it is. How that looks is decided where
//! it is drawn.

use serde_json::{Map, Value};

use crate::checkpoint::{Kind, Record, StoredRecord};
use crate::run::Channel;

/// The most lines that are shown of a record; the whole of it is in its file.
pub const MOST_LINES: usize = 100_000;

const LOSSY: &str = "some bytes were not UTF-8: U+FFFD stands for them";
/// The keys of a payload that are shown in their own way.
const GIT_DIFF_KEYS: [&str; 9] =
    ["baseRef", "base", "head", "stat", "patch", "untracked", "untrackedTruncated", "truncated", "lossy"];

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sentences: what does not fit goes on in the next row.
    Prose,
    /// What the record is about, likewise.
    Summary,
    /// What is not as it should be, likewise.
    Warning,
    /// A remark of ours, likewise.
    Remark,
    /// Text as it stands.
    Plain,
    /// A line of a log tail. Its first bytes are the channel in brackets, except where the entry
    /// goes on from the line before.
    Tail(Channel, usize),
    /// The name of a file in a diff, and what git says of it.
    File,
    /// Where a hunk of a diff stands.
    Hunk,
    /// A line that came.
    Added,
    /// A line that went.
    Removed,
}

/// A line of untrusted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextLine {
    /// What it is.
    pub role: Role,
    /// What it says.
    pub text: String,
}

impl TextLine {
    /// A line.
    #[must_use]
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, text: text.into() }
    }

    /// What is not as it should be, with a sign, since not every terminal has colours.
    #[must_use]
    pub fn warning(text: &str) -> Self {
        Self::new(Role::Warning, format!("▲ {text}"))
    }

    /// Whether what does not fit goes on in the next row.
    #[must_use]
    pub fn wraps(&self) -> bool {
        matches!(self.role, Role::Prose | Role::Summary | Role::Warning | Role::Remark)
    }
}

/// The lines of a record. `raw` is the beginning of its file where that is no record.
pub(super) fn lines_of(stored: &StoredRecord, warnings: &[String], raw: Option<&[u8]>) -> Vec<TextLine> {
    let mut lines = Lines(Vec::new());
    for warning in warnings {
        lines.warn(warning);
    }
    match &stored.content {
        Ok(record) => lines.record(&stored.kind, record),
        Err(reason) => {
            lines.warn(reason);
            if let Some(raw) = raw {
                lines.add(Role::Remark, "the file as it stands:");
                lines.text(Role::Plain, &String::from_utf8_lossy(raw));
            }
        }
    }
    let more = lines.0.len().saturating_sub(MOST_LINES);
    if more > 0 {
        lines.0.truncate(MOST_LINES);
        lines.add(Role::Remark, &format!("… {more} more lines: e shows the whole file"));
    }
    lines.0
}

/// The lines of a patch as `git diff` writes it.
#[must_use]
pub fn patch_lines(patch: &str) -> Vec<TextLine> {
    let mut lines = Vec::new();
    // Between hunks there are heads of files; inside, the first character tells.
    let mut in_hunk = false;
    for line in patch.lines() {
        let first = line.as_bytes().first();
        let role = match first {
            Some(b'@') if line.starts_with("@@") => {
                in_hunk = true;
                Role::Hunk
            }
            Some(b'+') if in_hunk => Role::Added,
            Some(b'-') if in_hunk => Role::Removed,
            Some(b' ' | b'\\') | None => Role::Plain,
            _ => {
                in_hunk = false;
                Role::File
            }
        };
        lines.push(TextLine::new(role, line));
    }
    lines
}

/// The lines of entries of a log tail.
pub fn tail_lines<'a>(entries: impl IntoIterator<Item = &'a str>) -> Vec<TextLine> {
    let mut lines = Vec::new();
    for entry in entries {
        let name = entry.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map(|(name, _)| name);
        let Some(name) = name else {
            lines.extend(entry.lines().map(|line| TextLine::new(Role::Plain, line)));
            continue;
        };
        let channel = Channel::from_name(name);
        let mut of_entry = entry.strip_suffix('\n').unwrap_or(entry).split('\n');
        let first = of_entry.next().unwrap_or_default();
        lines.push(TextLine::new(Role::Tail(channel.clone(), name.len() + 3), first));
        lines.extend(of_entry.map(|line| TextLine::new(Role::Tail(channel.clone(), 0), line)));
    }
    lines
}

struct Lines(Vec<TextLine>);

impl Lines {
    fn add(&mut self, role: Role, text: &str) {
        self.0.push(TextLine::new(role, text));
    }

    fn warn(&mut self, text: &str) {
        self.0.push(TextLine::warning(text));
    }

    fn text(&mut self, role: Role, text: &str) {
        self.0.extend(text.lines().map(|line| TextLine::new(role.clone(), line)));
    }

    fn gap(&mut self) {
        if !self.0.is_empty() {
            self.add(Role::Plain, "");
        }
    }

    fn record(&mut self, kind: &Kind, record: &Record) {
        self.text(Role::Summary, &record.summary);
        let payload = &record.payload;
        let is_shown = match kind {
            Kind::Summary => self.summary(payload),
            Kind::LogTail => self.log_tail(payload),
            Kind::GitDiff => self.git_diff(payload),
            Kind::Other(_) => {
                self.gap();
                self.add(Role::Remark, "a type that is not known here; what it carries:");
                self.json(payload);
                true
            }
        };
        if !is_shown {
            self.gap();
            let text = format!("its payload is not that of a {kind}; as it stands:");
            self.warn(&text);
            self.json(payload);
        }
        if !record.other.is_empty() {
            self.gap();
            self.add(Role::Remark, "further keys:");
            self.json(&Value::Object(record.other.clone()));
        }
    }

    fn summary(&mut self, payload: &Value) -> bool {
        let known = match payload {
            Value::Null => return true,
            Value::Object(known) => known,
            _ => return false,
        };
        match known.get("detail") {
            Some(Value::String(detail)) => {
                self.gap();
                self.text(Role::Prose, detail);
            }
            Some(Value::Null) | None => {}
            Some(_) => return false,
        }
        self.rest(known, &["detail"]);
        true
    }

    fn log_tail(&mut self, payload: &Value) -> bool {
        let Some(Value::Array(entries)) = payload.get("lines") else { return false };
        let entries: Vec<&str> = entries.iter().filter_map(Value::as_str).collect();
        if Some(entries.len()) != payload["lines"].as_array().map(Vec::len) {
            return false;
        }
        self.gap();
        let count = entries.len();
        let noun = if count == 1 { "entry" } else { "entries" };
        let held = match payload.get("truncated").and_then(Value::as_bool) {
            Some(true) => "the run held more",
            Some(false) => "all that the run held",
            None => "it does not say whether the run held more",
        };
        self.add(Role::Remark, &format!("{count} {noun}: {held}"));
        if payload.get("lossy").and_then(Value::as_bool) == Some(true) {
            self.add(Role::Remark, LOSSY);
        }
        self.0.extend(tail_lines(entries));
        if let Value::Object(payload) = payload {
            self.rest(payload, &["source", "lines", "truncated", "lossy"]);
        }
        true
    }

    fn git_diff(&mut self, payload: &Value) -> bool {
        let Some(Value::String(patch)) = payload.get("patch") else { return false };
        let word = |key: &str| payload.get(key).and_then(Value::as_str);
        self.gap();
        let base = match (word("baseRef"), word("base")) {
            (Some(name), Some(commit)) => format!("{name} ({})", short(commit)),
            (name, commit) => name.or(commit).unwrap_or("a base that it does not name").to_owned(),
        };
        let head = word("head").map_or_else(String::new, |head| format!(" at {}", short(head)));
        self.add(Role::Remark, &format!("from {base} to the working tree{head}"));
        if payload.get("truncated").and_then(Value::as_bool) == Some(true) {
            self.warn("the patch is cut: there was more than a record holds");
        }
        if let Some(stat) = payload.get("stat").and_then(Value::as_str) {
            self.gap();
            self.text(Role::Plain, stat);
        }
        self.gap();
        if patch.is_empty() {
            self.add(Role::Remark, "nothing had changed in what git knows");
        }
        self.0.extend(patch_lines(patch));
        let untracked: Vec<&str> = payload
            .get("untracked")
            .and_then(Value::as_array)
            .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).collect());
        if !untracked.is_empty() {
            self.gap();
            let more = payload.get("untrackedTruncated").and_then(Value::as_bool) == Some(true);
            let ending = if more { ", and more" } else { "" };
            self.add(Role::Remark, &format!("files that git did not know{ending}:"));
            untracked.into_iter().for_each(|name| self.add(Role::Plain, name));
        }
        if payload.get("lossy").and_then(Value::as_bool) == Some(true) {
            self.add(Role::Remark, LOSSY);
        }
        if let Value::Object(payload) = payload {
            self.rest(payload, &GIT_DIFF_KEYS);
        }
        true
    }

    /// What a payload holds besides the keys that are known.
    fn rest(&mut self, payload: &Map<String, Value>, known: &[&str]) {
        let rest: Map<String, Value> = payload
            .iter()
            .filter(|(key, _)| !known.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if !rest.is_empty() {
            self.gap();
            self.add(Role::Remark, "it also carries:");
            self.json(&Value::Object(rest));
        }
    }

    fn json(&mut self, value: &Value) {
        // A value that came out of JSON can be written as such.
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        self.text(Role::Plain, &text);
    }
}

/// As much of the id of a commit as people read.
fn short(commit: &str) -> String {
    commit.chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_tells_its_files_hunks_and_changes_apart() {
        let patch = "diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ fn main\n context\n--- a line of dashes\n+++ and of pluses\n\\ No newline at end of file\ndiff --git a/y b/y\n--- a/y\n";
        let roles: Vec<Role> = patch_lines(patch).into_iter().map(|line| line.role).collect();
        use Role::{Added, File, Hunk, Plain, Removed};
        assert_eq!(roles, [File, File, File, File, Hunk, Plain, Removed, Added, Plain, File, File]);
    }

    #[test]
    fn an_entry_of_several_lines_names_its_channel_once() {
        let lines = tail_lines(["[stdout] a\nb\n", "[probe] c", "no channel"]);
        let probe = Channel::Other("probe".to_owned());
        let expected = [
            TextLine::new(Role::Tail(Channel::Stdout, 9), "[stdout] a"),
            TextLine::new(Role::Tail(Channel::Stdout, 0), "b"),
            TextLine::new(Role::Tail(probe, 8), "[probe] c"),
            TextLine::new(Role::Plain, "no channel"),
        ];
        assert_eq!(lines, expected);
    }
}
