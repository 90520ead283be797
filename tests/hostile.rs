//! Hostile text and hostile files, against the program itself in a terminal: each row of the security
//! list that concerns them is a test under its number.
//!
//! A corpus of sequences (`hostile/corpus.tsv`) stands in every field of a run that can be drawn or
//! printed. All bytes that reach the terminal are held against a grammar of the program's own drawing
//! (`terminal/allowed.rs`): one byte that it does not account for fails the test.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests; a helper that fails fails its test"
)]

#[path = "hostile/burdens.rs"]
mod burdens;
#[path = "hostile/commands.rs"]
mod commands;
#[path = "hostile/corpus.rs"]
mod corpus;
#[path = "hostile/ending.rs"]
mod ending;
#[path = "hostile/files.rs"]
mod files;
#[path = "hostile/planted.rs"]
mod planted;
#[path = "hostile/screens.rs"]
mod screens;
#[path = "terminal/session.rs"]
#[expect(dead_code, reason = "sizes and signals are a matter of the tests of the terminal")]
mod session;
#[path = "hostile/telling.rs"]
mod telling;
#[path = "hostile/typing.rs"]
mod typing;

use corpus::{Kind, corpus};
use session::allowed::{On, refused};

#[test]
fn the_corpus_is_large_and_the_grammar_refuses_every_sequence_that_is_to_be_hidden() {
    let corpus = corpus();
    assert!(corpus.len() >= 200);
    let names: std::collections::BTreeSet<&str> = corpus.iter().map(|sequence| &*sequence.name).collect();
    assert_eq!(names.len(), corpus.len(), "a name stands twice");
    // What stands in JSON is hidden only after it was read.
    for sequence in corpus.iter().filter(|sequence| sequence.kind != Kind::Json) {
        let bytes = &sequence.bytes;
        let frame = [b"\x1b[?2026h\x1b[1;1H", &bytes[..], b"\x1b[?2026l"].concat();
        let title = [b"\x1b]2;", &bytes[..], b" stepwatch\x07"].concat();
        let notice = [b"\x1b]9;stepwatch: ", &bytes[..], b"\x07"].concat();
        for (what, on) in [
            (&frame, On::Screen),
            (&title, On::Screen),
            (&frame, On::ScreenAndClipboard),
            (&frame, On::ScreenAndNotices),
            (&notice, On::ScreenAndNotices),
            (bytes, On::Lines),
        ] {
            assert_eq!(refused(what, on).is_none(), sequence.kind == Kind::Plain, "{on:?}: {sequence:?}");
        }
    }
}
