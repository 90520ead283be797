//! What a person asks a checkpoint to be, the same from the command line and from a key.

use serde_json::{Map, Value};

use super::kind::{Kind, Origin};
use super::log_tail::LogTail;
use super::record::NewRecord;

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
}

impl Draft {
    /// What kind of checkpoint is asked for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Summary { .. } => Kind::Summary,
            Self::LogTail { .. } => Kind::LogTail,
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
        };
        NewRecord { kind, origin: Origin::Operator, log_seq, summary, payload }
    }
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
}
