//! The screen that says why, the sentence on the run screen, and stuck runs in the list.

use stepwatch::app::{Key, KeyCode, Message, Size};

use super::{compare, draw, stuck};

/// A process may call itself anything.
const HOSTILE: &str = "npm\u{1b}[31m";

#[test]
fn why_a_run_is_stuck() {
    compare("why", |size| {
        let (mut app, now, example) = stuck::run_screen(size, HOSTILE);
        app.update(Message::Key(Key::character('w')), now);
        (app, now, example)
    });
}

#[test]
fn the_sentence_on_the_run_screen() {
    compare("run_stuck", |size| stuck::run_screen(size, HOSTILE));
}

#[test]
fn stuck_runs_in_the_list_and_one_that_was_seen() {
    compare("runs_stuck", |size| stuck::list(size, HOSTILE));
}

#[test]
fn the_end_of_what_is_said_can_be_scrolled_to_and_no_further() {
    let size = Size { width: 60, height: 15 };
    let (mut app, now, example) = stuck::run_screen(size, HOSTILE);
    app.update(Message::Key(Key::character('w')), now);
    for _ in 0..100 {
        app.update(Message::Key(Key::plain(KeyCode::PageDown)), now);
    }
    let buffer = draw(&app, now, &example.look(true));
    let row =
        |y: u16| (0..size.width).filter_map(|x| buffer.cell((x, y))).map(|cell| cell.symbol()).collect();
    let last: String = row(size.height - 3);
    assert!(!last.trim().is_empty(), "the last row of the text is in sight: {last:?}");
}
