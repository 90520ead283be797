//! What was open, its filters and its place are found again.

use super::super::remembered::{Remembered, RememberedList, RememberedRun};
use super::finding::Finder;
use super::list::{list_not_looked_at, names, summary};
use super::*;
use crate::run::Status;

/// The run is left, and opened again by another application that was told what to remember.
fn again(mut finder: Finder) -> Finder {
    let remembered = finder.fixture.app.remembered(finder.fixture.now);
    opened(finder, remembered)
}

fn opened(finder: Finder, remembered: Remembered) -> Finder {
    let Fixture { folder, app, now, .. } = finder.fixture;
    let directory = RunDirectory::alone(folder.path());
    let (mut other, _) = App::new(Start::Run(directory.clone()), app.size());
    other.recall(remembered, PathBuf::from("/"), now);
    let (jobs, level_jobs) = (Vec::new(), Vec::new());
    let fixture = Fixture { folder, tail: RunTail::new(directory), app: other, now, jobs, level_jobs };
    let mut finder = Finder::new(fixture);
    finder.look();
    finder.answer();
    finder
}

#[test]
fn a_run_is_looked_at_as_it_was_left() {
    let mut finder = Finder::with_hits(5, 60);
    finder.fixture.append("stderr", 61, "a hit of 61");
    finder.look();
    finder.press("&hit⏎&!30⏎");
    finder.answer();
    finder.press("TW2gjjmx/of 4⏎");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("40"));
    finder.press("k");
    let before = (finder.fixture.rows(), finder.at());
    let remembered = finder.fixture.app.remembered(finder.fixture.now);
    let mut finder = again(finder);
    assert_eq!(finder.fixture.rows(), before.0);
    assert_eq!(finder.at(), before.1);
    assert_eq!(finder.searched(), Some("of 4"));
    assert_eq!(
        finder.said(),
        "as it was left: 2 filters, stderr hidden, /of 4, at seq 20 (--fresh begins anew)"
    );
    assert_eq!(finder.fixture.app.remembered(finder.fixture.now), remembered, "and so on");
    finder.press("'x");
    assert_eq!(finder.at().as_deref(), Some("40"), "the mark is where it was");
}

#[test]
fn a_run_that_was_followed_is_followed_and_nothing_is_said_of_what_goes_without_saying() {
    let mut finder = again(Finder::with_hits(5, 60));
    assert!(finder.fixture.run().pane().follows());
    assert_eq!(finder.said(), "");
    finder.press("W");
    let finder = again(finder);
    assert!(finder.fixture.run().wraps());
    assert_eq!(finder.said(), "");
}

#[test]
fn a_place_that_is_not_there_any_more_is_the_nearest_and_a_wrong_filter_is_passed_over() {
    let mut finder = Finder::with_hits(5, 20);
    let name = finder.fixture.folder.path().to_str().unwrap().to_owned();
    let filters = [("(", true), ("of", false)]
        .map(|(text, on)| super::super::remembered::RememberedFilter { text: text.to_owned(), on });
    let run = RememberedRun { seq: Some(900), filters: filters.to_vec(), ..RememberedRun::default() };
    let remembered = Remembered { runs: [(name, run)].into(), ..Remembered::default() };
    finder = opened(finder, remembered);
    assert_eq!(finder.at().as_deref(), Some("20"));
    let filters = finder.fixture.run().finding().filters().all();
    assert_eq!(
        filters.iter().map(|filter| (filter.text(), filter.is_on())).collect::<Vec<_>>(),
        [("of", false)]
    );
}

#[test]
fn whoever_moves_before_the_run_was_read_stays_there() {
    let finder = Finder::with_hits(5, 60);
    let name = finder.fixture.folder.path().to_str().unwrap().to_owned();
    let run = RememberedRun { seq: Some(9), ..RememberedRun::default() };
    let remembered = Remembered { runs: [(name.clone(), run)].into(), ..Remembered::default() };
    let Fixture { folder, app, now, .. } = finder.fixture;
    let directory = RunDirectory::alone(folder.path());
    let (mut other, _) = App::new(Start::Run(directory.clone()), app.size());
    other.recall(remembered, PathBuf::from("/"), now);
    assert_eq!(other.remembered(now).runs[&name].seq, Some(9), "who leaves at once loses nothing");
}

fn open_last(name: &str, open: bool) -> Remembered {
    let list = RememberedList {
        used: 1,
        selected: Some(format!("/here/{name}")),
        open,
        ..RememberedList::default()
    };
    Remembered { lists: [("/r".to_owned(), list)].into(), ..Remembered::default() }
}

#[test]
fn the_run_that_was_open_is_opened_over_the_list_if_it_is_still_there() {
    let runs = vec![summary("a", Status::Running, 2), summary("b", Status::Running, 1)];
    for (remembered, screen, selected) in [
        (open_last("b", true), ScreenKind::Run, 1),
        (open_last("b", false), ScreenKind::Runs, 1),
        (open_last("gone", true), ScreenKind::Runs, 0),
        (Remembered::default(), ScreenKind::Runs, 0),
    ] {
        let (mut app, now) = list_not_looked_at();
        app.recall(remembered.clone(), PathBuf::from("/here"), now);
        let found = RunsFound { runs: runs.clone(), troubles: Vec::new() };
        app.update(Message::Runs(found.clone()), now);
        assert_eq!((app.screen(), app.runs().unwrap().selected()), (screen, selected));
        if screen == ScreenKind::Run {
            let list = &app.remembered(now).lists["/r"];
            assert_eq!((list.selected.as_deref(), list.open), (Some("/here/b"), true));
            app.update(Message::Key(Key::character('q')), now);
            app.update(Message::Runs(found), now);
            assert_eq!(app.screen(), ScreenKind::Runs, "once");
        }
    }
}

#[test]
fn what_was_answered_holds_for_as_long_as_it_would_have() {
    let runs = vec![
        summary("seen", Status::Failed, 3),
        summary("later", Status::Failed, 2),
        summary("failed", Status::Failed, 1),
    ];
    let found = RunsFound { runs, troubles: Vec::new() };
    let (mut app, mut now) = list_not_looked_at();
    app.recall(Remembered::default(), PathBuf::from("/here"), now);
    app.update(Message::Runs(found.clone()), now);
    for key in ['a', 'A'] {
        app.update(Message::Key(Key::character(key)), now);
        app.update(Message::Key(Key::character('g')), now);
    }
    assert_eq!(names(&app), ["failed", "seen", "later"]);
    let remembered = app.remembered(now);
    // Another time, whose clock begins anew.
    for (minutes, first) in [(14, vec!["failed", "seen", "later"]), (16, vec!["later", "failed", "seen"])] {
        let (mut app, _) = list_not_looked_at();
        let wall = now.wall.milliseconds() + minutes * 60_000;
        now = Now { wall: Timestamp::from_milliseconds(wall), monotonic: Duration::ZERO };
        app.recall(remembered.clone(), PathBuf::from("/here"), now);
        app.update(Message::Runs(found.clone()), now);
        assert_eq!(names(&app), first, "{minutes} minutes later");
        now.wall = Timestamp::from_milliseconds(wall - minutes * 60_000);
    }
}

#[test]
fn a_run_that_is_left_and_opened_again_is_as_it_was_left() {
    let runs = vec![summary("a", Status::Running, 2), summary("b", Status::Running, 1)];
    let (mut app, now) = list_not_looked_at();
    app.update(Message::Runs(RunsFound { runs, troubles: Vec::new() }), now);
    let mut press = |key| app.update(Message::Key(key), now);
    press(Key::plain(KeyCode::Enter));
    press(Key::character('W'));
    press(Key::character('q'));
    press(Key::plain(KeyCode::Enter));
    assert!(app.run().unwrap().wraps());
}
