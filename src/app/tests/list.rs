//! The list of runs: its order, its selection, and opening a run out of it.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::*;
use crate::diagnose::overview::Activity;
use crate::run::{Manifest, Status, Timestamp};

pub(super) fn summary(name: &str, status: Status, began: i64) -> Arc<RunSummary> {
    Arc::new(RunSummary {
        directory: RunDirectory::alone(name),
        manifest: Manifest {
            run_id: name.to_owned(),
            created_at: Some(Timestamp::from_milliseconds(began)),
            ..Manifest::default()
        },
        state: None,
        status,
        last_output: None,
        activity: Activity::default(),
        checkpoints: 0,
        last_line: String::new(),
        line_is_open: false,
    })
}

/// An application on a list, which is fed by hand.
pub(super) fn list(runs: Vec<Arc<RunSummary>>) -> (App, Now) {
    let (mut app, now) = list_not_looked_at();
    app.update(Message::Runs(RunsFound { runs, troubles: Vec::new() }), now);
    (app, now)
}

/// The same before anything was found.
pub(super) fn list_not_looked_at() -> (App, Now) {
    let now = Now { wall: Timestamp::from_milliseconds(0), monotonic: Duration::ZERO };
    let (app, effects) = App::new(Start::Roots(vec![PathBuf::from("/r")]), Size { width: 80, height: 24 });
    assert_eq!(effects, [Effect::WatchRoots(vec![PathBuf::from("/r")])]);
    (app, now)
}

pub(super) fn names(app: &App) -> Vec<&str> {
    app.runs().unwrap().runs().iter().map(|run| run.manifest.run_id.as_str()).collect()
}

pub(super) fn selected(app: &App) -> &str {
    let runs = app.runs().unwrap();
    &runs.runs()[runs.selected()].manifest.run_id
}

#[test]
fn runs_that_need_a_person_come_first_and_then_the_newest() {
    let (app, _) = list(vec![
        summary("done", Status::Succeeded, 9),
        summary("old", Status::Running, 1),
        summary("new", Status::Running, 2),
        summary("failed", Status::Failed, 0),
        summary("lost", Status::Lost, 0),
    ]);
    assert_eq!(names(&app), ["lost", "failed", "new", "old", "done"]);
    assert_eq!(selected(&app), "lost");
}

#[test]
fn the_selection_stays_with_its_run_and_goes_to_its_row_when_the_run_is_gone() {
    let mut runs = vec![
        summary("a", Status::Running, 3),
        summary("b", Status::Running, 2),
        summary("c", Status::Running, 1),
    ];
    let (mut app, now) = list(runs.clone());
    app.update(Message::Key(Key::character('j')), now);
    assert_eq!(selected(&app), "b");
    runs.push(summary("failed", Status::Failed, 0));
    app.update(Message::Runs(RunsFound { runs: runs.clone(), troubles: Vec::new() }), now);
    assert_eq!(names(&app), ["failed", "a", "b", "c"]);
    assert_eq!(selected(&app), "b");
    runs.remove(1);
    app.update(Message::Runs(RunsFound { runs, troubles: Vec::new() }), now);
    assert_eq!(selected(&app), "c");
}

#[test]
fn a_run_is_opened_out_of_the_list_and_left_back_to_it() {
    let (mut app, now) = list(vec![summary("a", Status::Running, 3)]);
    let effects = app.update(Message::Key(Key::plain(KeyCode::Enter)), now);
    assert_eq!(effects, [Effect::OpenRun { number: 1, directory: RunDirectory::alone("a") }]);
    assert_eq!(app.screen(), ScreenKind::Run);
    app.update(Message::Key(Key::character('?')), now);
    assert_eq!(app.screen(), ScreenKind::Help);
    assert_eq!(app.update(Message::Key(Key::plain(KeyCode::Escape)), now), []);
    assert_eq!(app.update(Message::Key(Key::character('q')), now), [Effect::CloseRun { number: 1 }]);
    assert_eq!(app.screen(), ScreenKind::Runs);
    assert_eq!(app.update(Message::Key(Key::character('q')), now), [Effect::Quit]);
}

#[test]
fn checkpoints_are_asked_for_of_the_marked_runs_and_else_of_the_selected_one() {
    let (mut app, now) = list(vec![
        summary("a", Status::Running, 3),
        summary("b", Status::Running, 2),
        summary("c", Status::Running, 1),
    ]);
    let mut press = |keys: &str| -> Vec<Effect> {
        keys.chars().flat_map(|key| app.update(Message::Key(Key::character(key)), now)).collect()
    };
    press("j");
    assert_eq!(press("t").len(), 1, "the end of the log of the first run is shown");
    let enter = |app: &mut App| app.update(Message::Key(Key::plain(KeyCode::Enter)), now);
    let runs = |effects: Vec<Effect>| match &effects[..] {
        [Effect::Emit(emissions)] => emissions
            .iter()
            .map(|emission| emission.directory.path().display().to_string())
            .collect::<Vec<_>>(),
        other => panic!("an emission, not {other:?}"),
    };
    assert_eq!(runs(enter(&mut app)), ["b"]);
    let mut press = |keys: &str| -> Vec<Effect> {
        keys.chars().flat_map(|key| app.update(Message::Key(Key::character(key)), now)).collect()
    };
    press("g j ");
    press("s");
    assert_eq!(app.runs().unwrap().marked(), 2);
    assert_eq!(app.prompt().unwrap().targets().len(), 2);
    let effects = enter(&mut app);
    let [Effect::Emit(emissions)] = &effects[..] else { panic!("an emission, not {effects:?}") };
    let texts: Vec<&emission::Ask> = emissions.iter().map(|emission| &emission.ask).collect();
    let own = |ask: &&emission::Ask| matches!(ask, emission::Ask::Summary { text, .. } if !text.is_empty());
    assert!(texts.iter().all(own), "each says what is true of it: {texts:?}");
    assert_eq!(runs(effects), ["a", "c"]);
    assert_eq!(app.runs().unwrap().marked(), 0);
}
