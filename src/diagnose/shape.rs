//! The log's shape: what can be told of a run by what it wrote, without asking any process. A line
//! that looks like a question, the same lines again and again, entries that never came.

mod question;
mod repetition;

pub use question::{QuestionSign, question_signs};
pub use repetition::{MOST_LINES, Repetition, find_repetition, without_clockwork};
