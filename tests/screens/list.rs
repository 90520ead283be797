//! The list of runs: what is typed to narrow it, and attempts at one step.

use std::sync::Arc;

use stepwatch::app::runs_screen::RunsFound;
use stepwatch::app::{App, Key, KeyCode, Message, RunSummary, Size, Start};
use stepwatch::run::{Now, RunDirectory, Status};

use super::compare;
use super::example::Example;

/// The example's list with earlier attempts at its first step, and one run that has just ended.
fn with_attempts(size: Size) -> (App, Now, Example) {
    let (app, now, example) = Example::new().list(size);
    let mut runs: Vec<Arc<RunSummary>> = app.runs().unwrap().all().to_vec();
    let build = Arc::clone(runs.iter().find(|run| run.manifest.task_id == "task-42").unwrap());
    for (number, status) in [(5, Status::Failed), (6, Status::Cancelled)] {
        let mut earlier = RunSummary::clone(&build);
        earlier.directory = RunDirectory::alone(format!("task-42/run-{number}"));
        earlier.manifest.run_id = format!("run-{number}");
        earlier.status = status;
        if let Some(state) = &mut earlier.state {
            state.started_at = None;
        }
        earlier.manifest.created_at = None;
        runs.push(Arc::new(earlier));
    }
    let (mut app, _) = App::new(Start::Roots(vec![example.root()]), size);
    let mut before = runs.clone();
    for run in before.iter_mut().filter(|run| run.manifest.task_id == "task-38") {
        Arc::make_mut(run).status = Status::Running;
    }
    for runs in [before, runs] {
        app.update(Message::Runs(RunsFound { runs, troubles: Vec::new() }), now);
    }
    (app, now, example)
}

fn press(app: &mut App, now: Now, keys: &str) {
    for key in keys.chars() {
        let key = if key == '⇥' { Key::plain(KeyCode::Tab) } else { Key::character(key) };
        app.update(Message::Key(key), now);
    }
}

#[test]
fn earlier_attempts_stand_under_the_latest_and_what_ended_unseen_has_a_sign() {
    compare("runs_attempts", |size| {
        let (mut app, now, example) = with_attempts(size);
        let row = app.runs().unwrap().runs().iter().position(|run| run.manifest.task_id == "task-42");
        press(&mut app, now, &"j".repeat(row.unwrap()));
        press(&mut app, now, "⇥");
        (app, now, example)
    });
}

#[test]
fn what_is_typed_narrows_the_list_and_its_letters_are_marked() {
    compare("runs_filter", |size| {
        let (mut app, now, example) = with_attempts(size);
        press(&mut app, now, "oO/task-4");
        (app, now, example)
    });
}
