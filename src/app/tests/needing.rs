//! Runs that need a person: their order, why, going from one to the next, and answering.

use std::sync::Arc;

use super::super::attention::{Judged, SNOOZE};
use super::super::*;
use super::list::{list, names, selected, summary};
use crate::diagnose::{Code, Facts, Verdict};
use crate::run::Status;

/// What is said of a run that waits for somebody to type.
fn waiting(run: &Arc<RunSummary>) -> Arc<Judged> {
    let verdict = Verdict {
        code: Code::WaitingForInput,
        alarm: true,
        sentence: "waiting for input for 9s".to_owned(),
        suggestions: vec!["tmux attach".to_owned(), "strace -p 7".to_owned()],
        ..Verdict::default()
    };
    Arc::new(Judged { run: Arc::clone(run), verdict, facts: Facts::default() })
}

fn press(app: &mut App, now: Now, keys: &str) -> Vec<Effect> {
    keys.chars().flat_map(|key| app.update(Message::Key(Key::character(key)), now)).collect()
}

/// Three runs, of which `old` is stuck and `failed` failed.
fn in_need() -> (App, Now, Vec<Arc<RunSummary>>) {
    let runs = vec![
        summary("new", Status::Running, 3),
        summary("old", Status::Running, 1),
        summary("failed", Status::Failed, 2),
    ];
    let (mut app, now) = list(runs.clone());
    app.update(Message::Judged(vec![waiting(&runs[1])]), now);
    (app, now, runs)
}

#[test]
fn a_stuck_run_comes_first_until_it_is_acknowledged() {
    let (mut app, now, runs) = in_need();
    assert_eq!(names(&app), ["old", "failed", "new"]);
    assert_eq!(selected(&app), "old");
    press(&mut app, now, "a");
    assert_eq!(names(&app), ["failed", "new", "old"]);
    assert!(app.said().unwrap().text.contains("seen"));
    // Something new: it fails.
    let mut after = runs.clone();
    after[1] = summary("old", Status::Failed, 1);
    app.update(Message::Runs(RunsFound { runs: after, troubles: Vec::new() }), now);
    assert_eq!(names(&app), ["failed", "old", "new"]);
}

#[test]
fn what_is_said_again_is_drawn_anew_only_where_it_is_seen() {
    let (mut app, now, runs) = in_need();
    let well = |run: &Arc<RunSummary>| {
        let verdict =
            Verdict { code: Code::Progressing, sentence: "it moves".to_owned(), ..Verdict::default() };
        Arc::new(Judged { run: Arc::clone(run), verdict, facts: Facts::default() })
    };
    let draws = |app: &mut App, judged: Arc<Judged>| {
        app.take_changed();
        app.update(Message::Judged(vec![judged]), now);
        app.take_changed()
    };
    assert!(draws(&mut app, well(&runs[0])), "nothing was said of it before");
    assert!(!draws(&mut app, well(&runs[0])));
    assert!(!draws(&mut app, waiting(&runs[1])));
    assert!(draws(&mut app, well(&runs[1])));
    assert_eq!(names(&app), ["failed", "new", "old"]);
    assert!(draws(&mut app, waiting(&runs[1])));
    assert_eq!(names(&app), ["old", "failed", "new"]);
    press(&mut app, now, "w");
    assert!(draws(&mut app, waiting(&runs[1])), "a person reads it");
}

#[test]
fn a_snoozed_run_comes_back_by_itself() {
    let (mut app, mut now, _) = in_need();
    press(&mut app, now, "A");
    assert_eq!(names(&app), ["failed", "new", "old"]);
    let wakes = now.monotonic + SNOOZE;
    let due = (0..2000).any(|_| {
        now.monotonic = app.next_tick(now.monotonic).unwrap().min(wakes);
        app.update(Message::Tick, now);
        now.monotonic == wakes
    });
    assert!(due, "a tick is asked for when it wakes");
    assert_eq!(names(&app), ["old", "failed", "new"]);
}

#[test]
fn why_is_opened_out_of_the_list_watched_closely_and_left_to_the_list() {
    let (mut app, now, _) = in_need();
    let directory = RunDirectory::alone("old");
    let opened = Effect::OpenRun { number: 1, directory: directory.clone() };
    assert_eq!(press(&mut app, now, "w"), [opened, Effect::WatchClosely(Some(directory))]);
    assert_eq!(app.screen(), ScreenKind::Why);
    let rows = app.why().unwrap().rows(app.run().unwrap(), app.judged().map(AsRef::as_ref), now, app.size());
    assert_eq!(rows[0].text, "waiting for input for 9s");
    let left = press(&mut app, now, "q");
    assert_eq!(left, [Effect::WatchClosely(None), Effect::CloseRun { number: 1 }]);
    assert_eq!(app.screen(), ScreenKind::Runs);
    app.update(Message::Key(Key::plain(KeyCode::Enter)), now);
    press(&mut app, now, "w");
    assert_eq!(press(&mut app, now, "q"), [Effect::WatchClosely(None)]);
    assert_eq!(app.screen(), ScreenKind::Run);
}

#[test]
fn a_command_is_chosen_and_copied_and_nothing_is_done_with_it() {
    let (mut app, now, _) = in_need();
    press(&mut app, now, "w");
    assert_eq!(press(&mut app, now, "y"), [Effect::Copy("tmux attach".to_owned())]);
    app.update(Message::Key(Key::plain(KeyCode::Tab)), now);
    assert_eq!(press(&mut app, now, "y"), [Effect::Copy("strace -p 7".to_owned())]);
    app.update(Message::Key(Key::plain(KeyCode::Tab)), now);
    assert_eq!(press(&mut app, now, "y"), [Effect::Copy("tmux attach".to_owned())]);
}

#[test]
fn a_log_tail_that_is_written_from_there_carries_the_verdict() {
    let (mut app, now, _) = in_need();
    press(&mut app, now, "wt");
    let effects = app.update(Message::Key(Key::plain(KeyCode::Enter)), now);
    let [Effect::Emit(emissions)] = &effects[..] else { panic!("an emission, not {effects:?}") };
    let told = format!("{:?}", emissions[0].ask);
    assert!(told.contains("waiting for input for 9s"), "{told}");
    assert_eq!(app.screen(), ScreenKind::Why);
}

#[test]
fn the_next_run_in_need_is_gone_to_from_every_screen() {
    let (mut app, now, _) = in_need();
    press(&mut app, now, "!");
    assert_eq!(selected(&app), "failed");
    press(&mut app, now, "!");
    assert_eq!(selected(&app), "old");
    press(&mut app, now, "w");
    let effects = press(&mut app, now, "!");
    let failed = RunDirectory::alone("failed");
    let opened = Effect::OpenRun { number: 2, directory: failed.clone() };
    assert_eq!(effects, [opened, Effect::WatchClosely(Some(failed))]);
    assert_eq!(app.screen(), ScreenKind::Why);
    press(&mut app, now, "q");
    let effects = press(&mut app, now, "!");
    assert_eq!(effects, [Effect::OpenRun { number: 3, directory: RunDirectory::alone("old") }]);
    assert_eq!(app.screen(), ScreenKind::Run);
}
