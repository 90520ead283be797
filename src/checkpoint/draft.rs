//! What a person asks a checkpoint to be, the same from the command line and from a key.

use serde_json::{Map, Value};

use super::git::GitDiff;
use super::kind::{Kind, Origin};
use super::log_tail::LogTail;
use super::record::NewRecord;
use super::secrets::{self, Counted};

/// A checkpoint that somebody asks for. [`Draft::record`] makes of it what is published.
#[derive(Clone, Debug, PartialEq)]
pub enum Draft {
    /// A sentence about the moment.
    Summary {
        /// The sentence. [`super::Checkpoints::publish`] refuses an empty one.
        text: String,
        /// What there is to say besides.
        detail: Option<String>,
        /// The highest seq of the log that is known.
        log_seq: Option<u64>,
    },
    /// The last entries of the log.
    LogTail {
        /// These entries.
        tail: LogTail,
        /// What it is about; [`LogTail::summary`] where nothing is said.
        summary: Option<String>,
    },
    /// The changes in the working directory.
    GitDiff {
        /// These changes.
        diff: GitDiff,
        /// What it is about; how many files changed where nothing is said.
        summary: Option<String>,
        /// The highest seq of the log that is known.
        log_seq: Option<u64>,
    },
}

impl Draft {
    /// What kind of checkpoint is asked for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Summary { .. } => Kind::Summary,
            Self::LogTail { .. } => Kind::LogTail,
            Self::GitDiff { .. } => Kind::GitDiff,
        }
    }

    /// What looks like a secret in any of its texts, to be named before it is written.
    #[must_use]
    pub fn secrets(&self) -> Vec<Counted> {
        let of_payload = match self {
            Self::Summary { .. } => Vec::new(),
            Self::LogTail { tail, .. } => tail.secrets(),
            Self::GitDiff { diff, .. } => diff.secrets(),
        };
        let words = self.words();
        let of_words = words.iter().flat_map(|text| secrets::count(&secrets::find(text)));
        secrets::sum(of_payload.into_iter().chain(of_words))
    }

    /// Masks what looks like a secret in all of its texts, and says what it was.
    pub fn redact(&mut self) -> Vec<Counted> {
        let mut counts = match self {
            Self::Summary { .. } => Vec::new(),
            Self::LogTail { tail, .. } => tail.redact(),
            Self::GitDiff { diff, .. } => diff.redact(),
        };
        for text in self.words_mut() {
            let (masked, found) = secrets::redact(text);
            *text = masked;
            counts.extend(found);
        }
        secrets::sum(counts)
    }

    /// What its author said.
    fn words(&self) -> Vec<&String> {
        match self {
            Self::Summary { text, detail, .. } => [text].into_iter().chain(detail).collect(),
            Self::LogTail { summary, .. } | Self::GitDiff { summary, .. } => summary.iter().collect(),
        }
    }

    fn words_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::Summary { text, detail, .. } => [text].into_iter().chain(detail).collect(),
            Self::LogTail { summary, .. } | Self::GitDiff { summary, .. } => summary.iter_mut().collect(),
        }
    }

    /// The record to publish, made by an operator.
    #[must_use]
    pub fn record(self) -> NewRecord {
        let kind = self.kind();
        let (log_seq, summary, payload) = match self {
            Self::Summary { text, detail, log_seq } => {
                let detail = detail.map(|detail| ("detail".to_owned(), Value::from(detail)));
                (log_seq, text, Value::Object(Map::from_iter(detail)))
            }
            Self::LogTail { tail, summary } => {
                (tail.log_seq, summary.unwrap_or_else(|| tail.summary()), tail.payload())
            }
            Self::GitDiff { diff, summary, log_seq } => {
                (log_seq, summary.unwrap_or_else(|| what_changed(&diff)), diff.payload())
            }
        };
        NewRecord { kind, origin: Origin::Operator, log_seq, summary, payload }
    }
}

/// What a diff is, in a few words: `3 files changed against main, 1 untracked`.
fn what_changed(diff: &GitDiff) -> String {
    let changed = diff.patch.lines().filter(|line| line.starts_with("diff --git ")).count();
    let changed = match (changed, diff.truncated) {
        (0, false) => "no changes".to_owned(),
        (1, false) => "1 file changed".to_owned(),
        (count, false) => format!("{count} files changed"),
        (1, true) => "at least 1 file changed".to_owned(),
        (count, true) => format!("at least {count} files changed"),
    };
    let more = if diff.untracked_truncated { "more than " } else { "" };
    let untracked = match diff.untracked.len() {
        0 => String::new(),
        count => format!(", {more}{count} untracked"),
    };
    format!("{changed} against {}{untracked}", diff.base_ref)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_summary_has_a_detail_only_where_one_was_given() {
        let summary = |detail: Option<&str>| Draft::Summary {
            text: "stuck".to_owned(),
            detail: detail.map(str::to_owned),
            log_seq: Some(7),
        };
        let record = summary(None).record();
        assert_eq!((record.kind, record.origin, record.log_seq), (Kind::Summary, Origin::Operator, Some(7)));
        assert_eq!((record.summary.as_str(), record.payload), ("stuck", json!({})));
        assert_eq!(summary(Some("a\nb")).record().payload, json!({"detail": "a\nb"}));
    }

    #[test]
    fn a_log_tail_says_itself_what_it_is_unless_somebody_does() {
        let tail = LogTail { lines: vec!["[stdout] a".to_owned()], log_seq: Some(3), ..LogTail::default() };
        let record = Draft::LogTail { tail: tail.clone(), summary: None }.record();
        assert_eq!((record.kind, record.log_seq), (Kind::LogTail, Some(3)));
        assert_eq!(record.summary, "1 entry up to seq 3");
        assert_eq!(record.payload, tail.payload());
        let record = Draft::LogTail { tail, summary: Some("before the deploy".to_owned()) }.record();
        assert_eq!(record.summary, "before the deploy");
    }

    #[test]
    fn a_diff_says_itself_how_much_changed_unless_somebody_does() {
        let patch = |files: usize| "diff --git a/x b/x\n-diff --git\n+x\n".repeat(files);
        let said = |files, untracked: usize, truncated| {
            let mut diff = GitDiff::default();
            diff.base_ref = "main".to_owned();
            diff.patch = patch(files);
            diff.untracked = vec!["x".to_owned(); untracked];
            diff.truncated = truncated;
            what_changed(&diff)
        };
        assert_eq!(said(0, 0, false), "no changes against main");
        assert_eq!(said(1, 0, false), "1 file changed against main");
        assert_eq!(said(3, 2, false), "3 files changed against main, 2 untracked");
        assert_eq!(said(1, 0, true), "at least 1 file changed against main");
        assert_eq!(said(3, 0, true), "at least 3 files changed against main");
        let diff = GitDiff::default();
        let draft = Draft::GitDiff { diff: diff.clone(), summary: Some("mine".to_owned()), log_seq: Some(4) };
        let record = draft.record();
        assert_eq!((record.kind, record.log_seq, record.summary.as_str()), (Kind::GitDiff, Some(4), "mine"));
        assert_eq!(record.payload, diff.payload());
    }

    #[test]
    fn secrets_are_counted_in_every_text_and_masked_where_that_is_asked_for() {
        let token = || format!("token AKIA{}", "QYLPMN5HHHFPZAM2");
        let tail = LogTail { lines: vec![format!("[stdout] {}\n", token())], ..LogTail::default() };
        let diff = GitDiff::default();
        let drafts = [
            (Draft::Summary { text: token(), detail: Some(token()), log_seq: None }, 2),
            (Draft::LogTail { tail: tail.clone(), summary: Some(token()) }, 2),
            (Draft::LogTail { tail, summary: None }, 1),
            (Draft::GitDiff { diff, summary: Some(token()), log_seq: None }, 1),
        ];
        for (mut draft, expected) in drafts {
            let count = |counts: &[Counted]| counts.iter().map(|one| one.count).sum::<usize>();
            assert_eq!(count(&draft.secrets()), expected, "{draft:?}");
            assert_eq!(count(&draft.redact()), expected);
            assert_eq!(draft.secrets(), []);
            let is_summary = draft.kind() == Kind::Summary;
            let record = draft.record();
            assert!(!format!("{record:?}").contains("AKIA"), "{record:?}");
            assert!(is_summary || record.payload["redacted"] == true, "{record:?}");
        }
    }
}
