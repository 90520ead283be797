//! S1: every screen, with every sequence in every field that it shows.

use std::path::Path;

use crate::corpus::corpus;
use crate::planted::{END_OF_LOG, plant};
use crate::session::Session;
use crate::session::allowed::{On, assert_all};

const WIDTH: u16 = 200;

fn open(root: &Path) -> Session {
    Session::stepwatch(&[root.to_str().unwrap()], &[], 40, WIDTH)
}

/// A row that begins with the sign of what is selected.
fn selected(screen: &vt100::Screen) -> Option<String> {
    screen.rows(0, WIDTH).find(|row| row.starts_with('▶'))
}

/// Presses keys, and waits for what they are to show.
fn go(session: &mut Session, keys: &str, shown: &str) {
    session.press(keys);
    session.wait_for(&format!("{shown:?} after {keys:?}"), |screen| screen.contents().contains(shown));
}

/// Whether the last row is that of the log: its keys, or what is said of the run's files.
fn is_alone(screen: &vt100::Screen) -> bool {
    let last = screen.rows(0, WIDTH).last().unwrap_or_default();
    last.contains("q list") || last.starts_with(" ▲")
}

/// Presses keys that lead back to the log.
fn back(session: &mut Session, keys: &str) {
    session.press(keys);
    session.wait_for(&format!("the log after {keys:?}"), is_alone);
}

/// Opens the screens of the run that is selected in the list, and comes back.
fn visit(session: &mut Session) {
    // The last row is drawn last: only with it the frame is whole.
    session.wait_for("the run's log", |screen| {
        let shown = screen.contents();
        shown.contains(END_OF_LOG) && is_alone(screen)
    });
    go(session, "g", "· held");
    go(session, "\r", "─ entry ");
    go(session, "q", "merged by");
    // The line that is no JSON.
    go(session, "Gkkk", "· held");
    go(session, "\r", "─ entry ");
    go(session, "q", "merged by");
    go(session, "w", "looked ");
    go(session, "q", "merged by");
    checkpoints(session);
    go(session, "q", "merged by");
}

/// Opens what can be opened beside them, and where something is typed.
fn visit_further(session: &mut Session) {
    go(session, "Wl", "wrapped");
    go(session, "/sequence", "/sequence");
    session.press("\x1b");
    session.wait_for("the search left", |screen| !screen.contents().contains("/sequence"));
    go(session, "&t", "&t");
    back(session, "\r");
    go(session, "F", "x remove");
    back(session, "x");
    go(session, "?", "keys · run");
    back(session, "q");
    go(session, ":5", ":5");
    back(session, "\r");
    prompt(session, "s");
    prompt(session, "t");
}

/// A prompt for a checkpoint.
fn prompt(session: &mut Session, key: &str) {
    go(session, key, "enter write");
    session.press("\x1b");
    session
        .wait_for("the log alone", |screen| is_alone(screen) && !screen.contents().contains("enter write"));
}

/// Every record, and two beside each other.
fn checkpoints(session: &mut Session) {
    go(session, "c", "enter to the log");
    session.wait_for("the records", |screen| selected(screen).is_some());
    go(session, "G=", "≠ from ");
    go(session, "=", "enter to the log");
    for seq in (1..=8).rev() {
        session.wait_for(&format!("record {seq}"), |screen| {
            selected(screen).is_some_and(|row| row.contains(&format!("{seq} ")))
        });
        session.press("k");
    }
}

/// Opens each run of a share of the corpus, and checks every byte that came.
fn open_each(share: usize, shares: usize) {
    for (number, sequence) in corpus().iter().skip(share).step_by(shares).enumerate() {
        let root = tempfile::tempdir().unwrap();
        plant(root.path(), number, sequence);
        let mut session = open(root.path());
        session.wait_for("the run in the list", |screen| selected(screen).is_some());
        session.press("\r");
        visit(&mut session);
        // Of a run that cannot be read no checkpoint can be written.
        if number % 4 == 3 && !session.contents().contains("? unknown") {
            visit_further(&mut session);
        }
        session.press("Q");
        assert!(session.wait_for_end().success(), "{}", sequence.name);
        session.assert_restored();
        assert_all(&session.received(), On::Screen);
    }
}

#[test]
fn s1_the_list_of_runs_shows_every_sequence_and_obeys_none() {
    let root = tempfile::tempdir().unwrap();
    let all = corpus();
    for (number, sequence) in all.iter().enumerate() {
        plant(root.path(), number, sequence);
    }
    let mut session = open(root.path());
    session.wait_for_text(&format!("{} runs", all.len()));
    session.wait_for("a selected run", |screen| selected(screen).is_some());
    // Every row is selected once, so that every page is drawn.
    for _ in 0..all.len() {
        session.press("j");
    }
    session.wait_for("the last rows", |screen| screen.contents().contains("? unknown"));
    session.press("Q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
    assert_all(&session.received(), On::Screen);
}

#[test]
fn s1_on_every_screen_of_a_run_nothing_but_our_own_drawing_reaches_the_terminal() {
    open_each(0, 2);
}

#[test]
fn s1_on_every_screen_of_a_run_nothing_but_our_own_drawing_reaches_the_terminal_second_half() {
    open_each(1, 2);
}

#[test]
fn s1_what_a_step_prints_that_is_recorded_and_watched_is_shown_and_obeyed_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let all = corpus();
    let mut printed = Vec::new();
    for sequence in &all {
        printed.extend_from_slice(&sequence.bytes);
        printed.extend_from_slice(b" end\n");
    }
    printed.extend_from_slice(b"all was printed\n");
    let file = folder.path().join("printed");
    std::fs::write(&file, printed).unwrap();
    let root = folder.path().join("runs");
    let words = ["exec", "--watch", "--root", root.to_str().unwrap(), "--", "cat", file.to_str().unwrap()];
    let mut session = Session::stepwatch(&words, &[], 40, WIDTH);
    session.wait_for("the end of the step", |screen| {
        let shown = screen.contents();
        shown.contains("all was printed") && shown.contains("✓ done")
    });
    session.press("g");
    let is_last = |screen: &vt100::Screen| screen.contents().contains("succeeded: exit");
    session
        .wait_for("the first page", |screen| screen.contents().contains("prepared: cat") && !is_last(screen));
    let mut pages = 1;
    while !session.contents().contains("succeeded: exit") {
        let before = session.contents();
        pages += 1;
        session.press("\x06");
        session.wait_for("the next page", |screen| screen.contents() != before || is_last(screen));
    }
    assert!(pages > all.len() / 40, "only {pages} pages were seen");
    session.press("G");
    session.wait_for_text("merged by seq · follow");
    session.press("Q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
    let received = session.received();
    // The path of the run comes before the screens.
    let screens = received.windows(4).position(|bytes| bytes == b"\x1b[22").unwrap();
    assert_all(&received[screens..], On::Screen);
}
