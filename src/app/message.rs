//! What happens to the application, and what it wants done.

use std::path::PathBuf;
use std::sync::Arc;

use super::attention::Judged;
use super::emission::{Emission, Emitted, PreviewRequest, Previewed};
use super::key::Key;
use super::layout::Size;
use super::record_text::TextLine;
use super::records::{Records, ShownRecord};
use super::runs_screen::RunsFound;
use crate::diagnose::RunSummary;
use crate::model::{Answer, ScanJob};
use crate::run::RunDirectory;
use crate::tail::Batch;

/// Something that happened.
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted. Untrusted.
    Paste(String),
    /// The mouse wheel was turned by so many notches, down if positive.
    Wheel(i32),
    /// The left button was pressed on that cell of the terminal.
    Click {
        /// The column, from the left.
        column: u16,
        /// The row, from above.
        row: u16,
    },
    /// The mouse came to that row with the left button held.
    Drag {
        /// The row, from above.
        row: u16,
    },
    /// The terminal has another size.
    Resize(Size),
    /// The time that [`super::App::next_tick`] asked for has come.
    Tick,
    /// Something was read of the run that was opened under this number.
    Batch {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// What was read.
        batch: Batch,
    },
    /// How the run that was opened under this number is.
    Summary {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// How it is.
        summary: Arc<RunSummary>,
    },
    /// The run that was opened under this number cannot be watched, or no longer.
    Trouble {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// Why.
        trouble: String,
    },
    /// The checkpoints of the run that was opened under this number, at first and whenever
    /// something changed in their folder.
    Checkpoints {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// What was read.
        records: Records,
        /// Records of ours that a runner had destroyed and that were published again, as
        /// `TYPE:STORAGE_PATH`; or why that could not be found out.
        settled: Result<Vec<String>, String>,
    },
    /// What differs between two records; see [`Effect::Compare`].
    Compared {
        /// See [`Effect::Compare`].
        ticket: u64,
        /// The difference.
        lines: Vec<TextLine>,
    },
    /// What would be written; see [`Effect::Preview`].
    Previewed {
        /// See [`Effect::Preview`].
        ticket: u64,
        /// What would be written.
        previewed: Previewed,
    },
    /// Something was found out that a question asked for; see [`Effect::Search`].
    Searched {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// See [`Effect::Search`].
        question: u64,
        /// What was found.
        answer: Answer,
    },
    /// Checkpoints were written, or were not: one result for each that [`Effect::Emit`] asked for.
    Emitted(Vec<Emitted>),
    /// Something that a person asked for could not be done.
    Failed(String),
    /// What was found below the roots.
    Runs(RunsFound),
    /// What is said of some runs, each anew.
    Judged(Vec<Arc<Judged>>),
}

/// Something to be done outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Read this run and its checkpoints and watch them; everything about it is delivered under
    /// this number.
    OpenRun {
        /// Tells this opening from every other.
        number: u64,
        /// The run.
        directory: RunDirectory,
    },
    /// Stop watching the run that was opened under this number.
    CloseRun {
        /// See [`Effect::OpenRun`].
        number: u64,
    },
    /// Look at the checkpoints of the open run now: their folder changed.
    LookAtCheckpoints {
        /// See [`Effect::OpenRun`].
        number: u64,
    },
    /// Carry these jobs out, and tell of each what became of it.
    Search {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// Tells this question from every other about this opening.
        question: u64,
        /// The jobs.
        jobs: Vec<ScanJob>,
    },
    /// Like [`Effect::Search`], for what is counted of the whole run while nobody waits for it.
    Classify {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// See [`Effect::Search`].
        question: u64,
        /// The jobs.
        jobs: Vec<ScanJob>,
    },
    /// Nobody asks this any more: stop what is being searched for it.
    DropSearch {
        /// See [`Effect::OpenRun`].
        number: u64,
        /// See [`Effect::Search`].
        question: u64,
    },
    /// Find out what differs between two records.
    Compare {
        /// Tells this wish from every other: the newest counts.
        ticket: u64,
        /// What was before.
        before: Arc<ShownRecord>,
        /// What came after it.
        after: Arc<ShownRecord>,
    },
    /// Find out what would be written. Of several wishes under one ticket the newest counts.
    Preview {
        /// Tells this prompt from every other.
        ticket: u64,
        /// What is wanted.
        request: PreviewRequest,
    },
    /// Write these checkpoints, one after the other.
    Emit(Vec<Emission>),
    /// Tell a person who does not look: ring the bell, and show this text. It is harmless.
    Notify {
        /// Whether to ring the bell.
        bell: bool,
        /// What to show, if anything.
        text: Option<String>,
    },
    /// Put this text into the clipboard. It is harmless.
    Copy(String),
    /// Show this file in the pager or the editor.
    View(PathBuf),
    /// Look at the processes of this run every second, while a person reads about them; `None`: of no
    /// run so often.
    WatchClosely(Option<RunDirectory>),
    /// Watch for runs below these roots.
    WatchRoots(Vec<PathBuf>),
    /// Draw every cell anew.
    Redraw,
    /// Give the terminal back and stop the process until it is continued.
    Suspend,
    /// End the program.
    Quit,
}
