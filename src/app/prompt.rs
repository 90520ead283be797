//! The prompt that asks for a checkpoint: what is typed, and what would be written.

mod preview;

use std::num::NonZeroUsize;

pub use preview::{Diff, Preview, Tail};

use super::editor::Editor;
use super::emission::{Ask, Emission, PreviewRequest, Previewed};
use super::key::Key;
use crate::checkpoint::{DEFAULT_LIMIT, Draft, Kind, secrets};
use crate::model::{Model, Order};
use crate::run::RunDirectory;

/// So many entries of the open run are made ready at every change, so that what is shown is what is
/// written. More are read by a thread.
pub const MOST_AT_ONCE: usize = 500;
/// More bytes than these are not made ready anew whenever an entry comes: then what is shown is of
/// the moment at which the number was typed, and what is written is of the moment of writing.
const MOST_LIVE: usize = 256 << 10;

/// A run that a checkpoint is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The run.
    pub directory: RunDirectory,
    /// What it is called. Untrusted text.
    pub label: String,
    /// What is true of it: its summary where none is typed.
    pub truth: String,
}

/// A thing that can be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub label: &'static str,
    /// What stands in it.
    pub editor: Editor,
    /// What is taken where nothing is typed. Untrusted text.
    pub hint: String,
}

/// The prompt.
#[derive(Debug)]
pub struct Prompt {
    ticket: u64,
    kind: Kind,
    targets: Vec<Target>,
    /// Whether the one run is open, so that its model is at hand.
    is_open: bool,
    fields: Vec<Field>,
    focus: usize,
    redact: bool,
    preview: Preview,
    /// Why it cannot be written as it is.
    problem: Option<String>,
}

impl Prompt {
    /// A prompt for checkpoints of that type, and what has to be found out for it. `base` is what
    /// the run says that changes are taken against.
    pub(super) fn new(
        kind: Kind,
        targets: Vec<Target>,
        model: Option<&Model>,
        ticket: u64,
        base: Option<&str>,
    ) -> (Self, Vec<PreviewRequest>) {
        let single = targets.len() == 1;
        let truth = targets.first().filter(|_| single).map_or("", |target| target.truth.as_str());
        let field = |label, editor, hint: &str| Field { label, editor, hint: hint.to_owned() };
        let fields = match &kind {
            Kind::Summary => {
                vec![field("summary", Editor::lines(truth), if single { "" } else { OWN_TRUTH })]
            }
            Kind::GitDiff => vec![
                field("summary", Editor::line(""), "how many files changed"),
                field("base", Editor::line(base.unwrap_or_default()), "what the run says, else HEAD"),
            ],
            _ => vec![
                field("entries", Editor::line(&DEFAULT_LIMIT.to_string()), ""),
                field("summary", Editor::line(""), "how many entries, and up to where"),
            ],
        };
        let preview = Preview::new(&kind, targets.len());
        let is_open = model.is_some();
        let mut prompt =
            Self { ticket, kind, targets, is_open, fields, focus: 0, redact: false, preview, problem: None };
        let requests = prompt.refresh(model);
        (prompt, requests)
    }

    /// Tells this prompt from every other.
    #[must_use]
    pub fn ticket(&self) -> u64 {
        self.ticket
    }

    /// What kind of checkpoint is asked for.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The runs that a checkpoint is made of; at least one.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// What can be typed.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Which of them is typed in.
    #[must_use]
    pub fn focus(&self) -> usize {
        self.focus
    }

    /// Whether what looks like a secret is masked.
    #[must_use]
    pub fn redacts(&self) -> bool {
        self.redact
    }

    /// What would be written.
    #[must_use]
    pub fn preview(&self) -> &Preview {
        &self.preview
    }

    /// Why it cannot be written as it is.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// What looks like a secret in what would be written, in a few words.
    #[must_use]
    pub fn secrets(&self) -> Option<String> {
        let typed = self.fields.iter().map(|field| field.editor.text());
        secrets::summary(&self.preview.secrets(typed))
    }

    /// Begins the summary with a sentence, which may be changed.
    pub(super) fn begin_with(&mut self, sentence: &str) {
        let lines = self.kind == Kind::Summary;
        if let Some(field) = self.fields.iter_mut().find(|field| field.label == "summary") {
            field.editor = if lines { Editor::lines(sentence) } else { Editor::line(sentence) };
        }
    }

    pub(super) fn toggle_redact(&mut self) {
        self.redact = !self.redact;
    }

    pub(super) fn next_field(&mut self) {
        self.focus = (self.focus + 1) % self.fields.len().max(1);
    }

    pub(super) fn key(&mut self, key: Key, model: Option<&Model>) -> Vec<PreviewRequest> {
        let before = self.number_typed();
        if let Some(field) = self.fields.get_mut(self.focus)
            && !field.editor.key(key)
        {
            return Vec::new();
        }
        self.typed(before, model)
    }

    pub(super) fn paste(&mut self, text: &str, model: Option<&Model>) -> Vec<PreviewRequest> {
        let before = self.number_typed();
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.editor.insert(text);
        }
        self.typed(before, model)
    }

    fn typed(&mut self, before: Option<NonZeroUsize>, model: Option<&Model>) -> Vec<PreviewRequest> {
        self.problem = None;
        if self.kind == Kind::LogTail && self.number_typed() != before {
            self.refresh(model)
        } else {
            Vec::new()
        }
    }

    fn text_of(&self, label: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.label == label)?;
        let text = field.editor.text().trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn number_typed(&self) -> Option<NonZeroUsize> {
        self.text_of("entries")?.parse().ok()
    }

    /// The run changed, or what is wanted of it: what would be written is made anew, or asked for.
    pub(super) fn refresh(&mut self, model: Option<&Model>) -> Vec<PreviewRequest> {
        match &self.kind {
            Kind::LogTail => self.refresh_tail(model),
            Kind::GitDiff => self.ask_for_diffs(),
            _ => Vec::new(),
        }
    }

    /// The open run changed.
    pub(super) fn run_changed(&mut self, model: &Model) {
        let is_large = matches!(&self.preview, Preview::Tail(Tail::Ready(tail)) if tail.length() > MOST_LIVE);
        if self.is_open && self.kind == Kind::LogTail && self.is_made_here() && !is_large {
            // Asks for nothing: what the model does not hold is read when it is written.
            _ = self.refresh_tail(Some(model));
        }
    }

    fn is_made_here(&self) -> bool {
        self.is_open && self.number_typed().is_some_and(|number| number.get() <= MOST_AT_ONCE)
    }

    fn refresh_tail(&mut self, model: Option<&Model>) -> Vec<PreviewRequest> {
        let Some(limit) = self.number_typed() else {
            self.preview = Preview::Tail(Tail::NoNumber);
            return Vec::new();
        };
        if self.is_made_here()
            && let Some(model) = model
        {
            self.preview = Preview::Tail(Tail::of(model, limit));
            return Vec::new();
        }
        self.preview = Preview::Tail(Tail::Reading);
        let directory = self.targets.first().map(|target| target.directory.clone());
        directory.map(|directory| PreviewRequest::LogTail { directory, limit }).into_iter().collect()
    }

    fn ask_for_diffs(&mut self) -> Vec<PreviewRequest> {
        let base = self.text_of("base");
        self.preview = Preview::Diffs(vec![Diff::Reading; self.targets.len()]);
        let targets = self.targets.iter().enumerate();
        targets
            .map(|(target, run)| PreviewRequest::GitDiff {
                target,
                directory: run.directory.clone(),
                base: base.clone(),
            })
            .collect()
    }

    pub(super) fn take(&mut self, previewed: Previewed) {
        match (&mut self.preview, previewed) {
            (Preview::Tail(shown @ Tail::Reading), Previewed::LogTail { tail, .. }) => {
                *shown = tail.map_or_else(Tail::Trouble, Tail::Ready);
            }
            (Preview::Diffs(diffs), Previewed::GitDiff { target, base, diff }) => {
                if let Some(shown) = diffs.get_mut(target) {
                    *shown = Diff::Taken { base, diff };
                }
            }
            _ => {}
        }
    }

    /// What is to be written; `None` where something is missing, which is then said.
    pub(super) fn write(&mut self, model: Option<&Model>) -> Option<Vec<Emission>> {
        let asks = match &self.kind {
            Kind::Summary => self.summaries(model),
            Kind::GitDiff => self.diffs(),
            _ => self.tails(model),
        };
        match asks {
            Ok(asks) => {
                let emissions = self.targets.iter().zip(asks).filter_map(|(target, ask)| {
                    Some(Emission {
                        label: target.label.clone(),
                        directory: target.directory.clone(),
                        ask: ask?,
                        redact: self.redact,
                    })
                });
                Some(emissions.collect())
            }
            Err(problem) => {
                self.problem = Some(problem);
                None
            }
        }
    }

    fn summaries(&self, model: Option<&Model>) -> Result<Vec<Option<Ask>>, String> {
        let typed = self.text_of("summary");
        if typed.is_none() && self.targets.len() == 1 {
            return Err("a checkpoint needs a summary: a sentence that says what it is about".to_owned());
        }
        let ask = |target: &Target| {
            let text = typed.clone().unwrap_or_else(|| target.truth.clone());
            // As in a message of a commit: the first line says what it is about.
            let (text, detail) = match text.split_once('\n') {
                Some((text, detail)) => (text.trim().to_owned(), Some(detail.trim().to_owned())),
                None => (text, None),
            };
            let detail = detail.filter(|detail| !detail.is_empty());
            Some(match model.filter(|_| self.is_open) {
                Some(model) => {
                    let by_seq = model.order() == Order::Seq;
                    let log_seq = model.counts().highest_seq.filter(|_| by_seq);
                    Ask::Ready(Box::new(Draft::Summary { text, detail, log_seq }))
                }
                None => Ask::Summary { text, detail },
            })
        };
        Ok(self.targets.iter().map(ask).collect())
    }

    fn tails(&self, model: Option<&Model>) -> Result<Vec<Option<Ask>>, String> {
        let Some(limit) = self.number_typed() else { return Err(preview::NO_NUMBER.to_owned()) };
        let summary = self.text_of("summary");
        if self.is_made_here()
            && let Some(Tail::Ready(tail)) = model.map(|model| Tail::of(model, limit))
        {
            let draft = Draft::LogTail { tail: tail.tail, summary };
            return Ok(vec![Some(Ask::Ready(Box::new(draft)))]);
        }
        let ask = Ask::LogTail { limit, summary };
        Ok(self.targets.iter().map(|_| Some(ask.clone())).collect())
    }

    /// Those that are there, as they were shown.
    fn diffs(&mut self) -> Result<Vec<Option<Ask>>, String> {
        let (summary, base) = (self.text_of("summary"), self.text_of("base"));
        let Preview::Diffs(diffs) = &self.preview else { return Err("there is nothing to write".to_owned()) };
        if diffs.contains(&Diff::Reading) {
            return Err("git is still at work".to_owned());
        }
        let asks: Vec<Option<Ask>> = diffs.iter().map(|diff| diff.ask(summary.as_deref())).collect();
        match asks.iter().flatten().count() {
            0 => Err(diffs.iter().find_map(Diff::trouble).unwrap_or("nothing can be written").to_owned()),
            _ if diffs.iter().all(|diff| diff.is_against(base.as_deref())) => Ok(asks),
            _ => Err(preview::OTHER_BASE.to_owned()),
        }
    }

    /// Whether changes are wanted against something else than what is shown: they are shown first.
    pub(super) fn wants_other_base(&self) -> bool {
        let base = self.text_of("base");
        match &self.preview {
            Preview::Diffs(diffs) => diffs.iter().any(|diff| !diff.is_against(base.as_deref())),
            _ => false,
        }
    }
}

const OWN_TRUTH: &str = "what is true of each of them";
