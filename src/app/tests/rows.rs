//! Which runs have a row in the list, and in which order: filters, orders and attempts.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::*;
use super::list::{list, names, selected, summary};
use crate::diagnose::{Code, Facts, Verdict};
use crate::run::{Status, Timestamp};

/// An attempt at a step of a task that began at that time.
fn attempt(name: &str, step: &str, status: Status, began: i64) -> Arc<RunSummary> {
    let mut run = RunSummary::clone(&summary(name, status, began));
    run.manifest.task_id = "task".to_owned();
    run.manifest.step_name = step.to_owned();
    Arc::new(run)
}

/// Presses keys; `⏎`, `⎋`, `⇥` and `↓` stand for those.
fn press(app: &mut App, now: Now, keys: &str) {
    for key in keys.chars() {
        let key = match key {
            '⏎' => Key::plain(KeyCode::Enter),
            '⎋' => Key::plain(KeyCode::Escape),
            '⇥' => Key::plain(KeyCode::Tab),
            '↓' => Key::plain(KeyCode::Down),
            character => Key::character(character),
        };
        app.update(Message::Key(key), now);
    }
}

fn found(app: &mut App, now: Now, runs: Vec<Arc<RunSummary>>) {
    app.update(Message::Runs(RunsFound { runs, troubles: Vec::new() }), now);
}

/// For how many attempts each row stands; `└` where it is an earlier one.
fn attempts(app: &App) -> Vec<String> {
    let runs = app.runs().unwrap();
    let told = |row| match runs.attempts(row) {
        one if one.is_earlier => "└".to_owned(),
        several => several.count.to_string(),
    };
    (0..runs.runs().len()).map(told).collect()
}

#[test]
fn what_is_typed_narrows_the_list_until_esc_and_loses_neither_the_cursor_nor_a_mark() {
    let mut said = RunSummary::clone(&summary("other", Status::Running, 1));
    said.last_line = "Compiling serde".to_owned();
    let (mut app, now) = list(vec![
        summary("alpha", Status::Running, 4),
        summary("beta", Status::Failed, 3),
        summary("alphabet", Status::Succeeded, 2),
        Arc::new(said),
    ]);
    assert_eq!(names(&app), ["beta", "alpha", "other", "alphabet"]);
    press(&mut app, now, " jj /abt");
    assert_eq!(app.screen(), ScreenKind::Line);
    assert_eq!(names(&app), ["alphabet"], "letter by letter in a name");
    assert_eq!(selected(&app), "alphabet");
    press(&mut app, now, "⎋");
    assert_eq!((app.screen(), app.runs().unwrap().marked()), (ScreenKind::Runs, 2));
    for (typed, kept) in [
        ("ALPHA", vec![]),
        ("running alpha", vec!["alpha"]),
        ("done", vec!["alphabet"]),
        ("compiling", vec!["other"]),
        ("cmplg", vec![]),
        ("alp", vec!["alpha", "alphabet"]),
    ] {
        press(&mut app, now, &format!("/{typed}⏎"));
        assert_eq!(names(&app), kept, "{typed}");
        press(&mut app, now, "⎋");
        assert_eq!(names(&app).len(), 4, "{typed}");
    }
    press(&mut app, now, "/alp↓⏎");
    assert_eq!((app.screen(), selected(&app)), (ScreenKind::Runs, "alphabet"));
    // It goes on while runs come and go, and those that are marked are acted on all the same.
    let runs = vec![summary("alps", Status::Running, 9), summary("alphabet", Status::Succeeded, 2)];
    found(&mut app, now, runs);
    assert_eq!((names(&app), selected(&app)), (vec!["alps", "alphabet"], "alphabet"));
    press(&mut app, now, "/⏎");
    assert_eq!(app.runs().unwrap().needle(), "alp", "it is kept to be changed");
    app.update(Message::Paste("habet".to_owned()), now);
    press(&mut app, now, "/");
    app.update(Message::Paste("habet".to_owned()), now);
    assert_eq!(names(&app), ["alphabet"]);
}

#[test]
fn the_list_is_ordered_by_what_is_asked_for_and_the_cursor_stays_with_its_run() {
    let mut quiet = RunSummary::clone(&summary("quiet", Status::Running, 1));
    quiet.last_output = Some(Timestamp::from_milliseconds(10));
    let mut loud = RunSummary::clone(&summary("loud", Status::Running, 5));
    loud.last_output = Some(Timestamp::from_milliseconds(900));
    let (mut app, mut now) =
        list(vec![Arc::new(quiet), Arc::new(loud), summary("failed", Status::Failed, 3)]);
    now.wall = Timestamp::from_milliseconds(1000);
    press(&mut app, now, "G");
    assert_eq!((names(&app), selected(&app)), (vec!["failed", "loud", "quiet"], "quiet"));
    for (order, expected) in [
        ("start", ["loud", "failed", "quiet"]),
        ("elapsed", ["quiet", "loud", "failed"]),
        ("idle", ["quiet", "loud", "failed"]),
        ("task", ["failed", "loud", "quiet"]),
        ("need", ["failed", "loud", "quiet"]),
    ] {
        press(&mut app, now, "o");
        assert_eq!((app.runs().unwrap().order().0.name(), names(&app)), (order, expected.to_vec()));
        press(&mut app, now, "O");
        let mut reversed = expected.to_vec();
        reversed.reverse();
        assert_eq!(names(&app), reversed, "{order}, reversed");
        assert_eq!(selected(&app), "quiet");
        press(&mut app, now, "O");
        assert_eq!(names(&app), expected);
    }
}

#[test]
fn earlier_attempts_at_a_step_are_folded_under_the_latest_unless_they_are_under_way() {
    let runs = vec![
        attempt("one", "build", Status::Failed, 1),
        attempt("two", "build", Status::Failed, 2),
        attempt("three", "build", Status::Running, 3),
        attempt("four", "build", Status::Succeeded, 4),
        attempt("alone", "test", Status::Failed, 5),
    ];
    let (mut app, now) = list(runs.clone());
    assert_eq!(names(&app), ["alone", "three", "four"]);
    assert_eq!(attempts(&app), ["0", "0", "4"]);
    press(&mut app, now, "G⇥");
    assert_eq!(names(&app), ["alone", "three", "four", "two", "one"]);
    assert_eq!(attempts(&app), ["0", "0", "4", "└", "└"]);
    press(&mut app, now, "G");
    assert_eq!(selected(&app), "one");
    found(&mut app, now, runs);
    assert_eq!(selected(&app), "one", "it stays unfolded");
    press(&mut app, now, "⇥");
    assert_eq!((names(&app), selected(&app)), (vec!["alone", "three", "four"], "four"));
    press(&mut app, now, "/two⏎");
    assert_eq!(names(&app), ["two"], "a filter finds every attempt");
    press(&mut app, now, "⎋g⇥");
    assert_eq!(names(&app).len(), 3, "there is nothing to unfold");
}

#[test]
fn what_happened_since_a_run_was_looked_at_is_marked_until_it_is_opened() {
    let (mut app, now) = list(vec![summary("a", Status::Running, 2), summary("b", Status::Failed, 1)]);
    let unread = |app: &App| {
        let runs = app.runs().unwrap();
        runs.all()
            .iter()
            .filter(|run| runs.is_unread(run))
            .map(|run| run.manifest.run_id.clone())
            .collect::<Vec<String>>()
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(unread(&app), none, "what was so before is no news");
    found(&mut app, now, vec![summary("a", Status::Succeeded, 2), summary("b", Status::Failed, 1)]);
    assert_eq!(unread(&app), ["a"]);
    press(&mut app, now, "G");
    assert_eq!(selected(&app), "a");
    press(&mut app, now, "⏎q");
    assert_eq!(unread(&app), none);
    // What a run was found to be at first is no news, and what it gets to be later is.
    let runs = vec![summary("a", Status::Running, 2)];
    for (verdicts, news) in [(vec![true], none.clone()), (vec![false, true], vec!["a".to_owned()])] {
        let (mut app, now) = list(runs.clone());
        for alarm in verdicts {
            let verdict = Verdict { code: Code::WaitingForInput, alarm, ..Verdict::default() };
            let run = Arc::clone(&runs[0]);
            app.update(
                Message::Judged(vec![Arc::new(Judged { run, verdict, facts: Facts::default() })]),
                now,
            );
        }
        assert_eq!(unread(&app), news);
    }
    // What happens while it is open is seen.
    let (mut app, now) = list(vec![summary("a", Status::Running, 2)]);
    press(&mut app, now, "⏎");
    found(&mut app, now, vec![summary("a", Status::Failed, 2)]);
    press(&mut app, now, "q");
    assert_eq!(unread(&app), none);
}

#[test]
fn the_filter_and_the_order_are_found_again() {
    let (mut app, now) = list(vec![summary("a", Status::Running, 2), summary("b", Status::Failed, 1)]);
    press(&mut app, now, "oO/b⏎");
    let remembered = app.remembered(now);
    let (mut app, now) = super::list::list_not_looked_at();
    app.recall(remembered, PathBuf::from("/"), now);
    found(&mut app, now, vec![summary("a", Status::Running, 2), summary("b", Status::Failed, 1)]);
    assert_eq!(names(&app), ["b"]);
    press(&mut app, now, "⎋");
    assert_eq!((app.runs().unwrap().order(), names(&app)), ((RunOrder::Start, true), vec!["b", "a"]));
}

proptest! {
    #[test]
    fn every_run_has_one_row_but_for_earlier_attempts_that_ended(
        // Of which step each is, how it is, and whether its step is unfolded.
        drawn in proptest::collection::vec((0_usize..4, 0_usize..4, any::<bool>()), 0..30),
        orders in 0_usize..6,
    ) {
        let statuses = [Status::Running, Status::Failed, Status::Succeeded, Status::Lost];
        let runs: Vec<Arc<RunSummary>> = (0..).zip(&drawn).map(|(began, (step, status, _))| {
            attempt(&format!("run-{began}"), ["", "a", "b", "c"][*step], statuses[*status], began)
        }).collect();
        let (mut app, now) = list(runs.clone());
        press(&mut app, now, &"o".repeat(orders));
        let is_folded = |place: usize| {
            let (step, _, _) = drawn[place];
            step > 0 && !runs[place].is_live() && drawn[place + 1..].iter().any(|(other, ..)| *other == step)
        };
        let mut expected: Vec<String> = (0..runs.len())
            .filter(|place| !is_folded(*place))
            .map(|place| runs[place].manifest.run_id.clone())
            .collect();
        expected.sort();
        let mut shown: Vec<String> = names(&app).into_iter().map(str::to_owned).collect();
        shown.sort();
        prop_assert_eq!(&shown, &expected);
        // Unfolded one after the other, every run has its row, and folded again none has.
        for _ in 0..2 {
            for row in 0..runs.len() {
                press(&mut app, now, "g");
                for _ in 0..row {
                    press(&mut app, now, "j");
                }
                let runs = app.runs().unwrap();
                if runs.attempts(runs.selected()).count > 1 {
                    press(&mut app, now, "⇥");
                }
            }
            prop_assert!(names(&app).len() >= expected.len());
            let several = app.runs().unwrap().runs().len();
            let mut distinct: Vec<&str> = names(&app);
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), several, "nothing is there twice");
        }
    }
}

/// Anything that can happen to a list.
#[derive(Clone, Debug)]
enum Step {
    Key(usize, usize),
    Typed(char),
    Paste(String),
    Click(u16, u16),
    Wheel(i32),
    Resize(u16, u16),
    Found(Vec<(usize, usize, i64)>),
    Judged(bool),
    Time(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let runs = proptest::collection::vec((0_usize..4, 0_usize..4, 0_i64..40), 0..40);
    prop_oneof![
        6 => (0..action::ACTIONS.len(), 0_usize..4).prop_map(|(row, key)| Step::Key(row, key)),
        3 => prop::sample::select(vec!['/', 'r', '1', 'j', 'k', '\u{301}', 'ä']).prop_map(Step::Typed),
        1 => "\\PC{0,6}\n?".prop_map(Step::Paste),
        1 => (0_u16..310, 0_u16..110).prop_map(|(column, row)| Step::Click(column, row)),
        1 => (-5_i32..5).prop_map(Step::Wheel),
        1 => (1_u16..=300, 1_u16..=100).prop_map(|(width, height)| Step::Resize(width, height)),
        3 => runs.prop_map(Step::Found),
        1 => any::<bool>().prop_map(Step::Judged),
        1 => (0_u64..3_000_000).prop_map(Step::Time),
    ]
}

fn drawn(runs: &[(usize, usize, i64)]) -> Vec<Arc<RunSummary>> {
    let statuses = [Status::Running, Status::Failed, Status::Succeeded, Status::Lost];
    let run = |(number, (step, status, began)): (usize, &(usize, usize, i64))| {
        attempt(&format!("run-{number}"), ["", "a", "b", "c"][*step], statuses[*status], *began)
    };
    runs.iter().enumerate().map(run).collect()
}

proptest! {
    #[test]
    fn whatever_happens_to_the_list_at_any_size_the_cursor_is_on_a_row_in_sight(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let (mut app, mut now) = list(drawn(&[(1, 0, 1), (1, 1, 0), (2, 2, 5)]));
        for step in steps {
            match step {
                Step::Key(row, key) => {
                    let keys = action::ACTIONS[row].keys;
                    app.update(Message::Key(keys[key % keys.len()]), now);
                }
                Step::Typed(character) => { app.update(Message::Key(Key::character(character)), now); }
                Step::Paste(text) => { app.update(Message::Paste(text), now); }
                Step::Click(column, row) => { app.update(Message::Click { column, row }, now); }
                Step::Wheel(notches) => { app.update(Message::Wheel(notches), now); }
                Step::Resize(width, height) => { app.update(Message::Resize(Size { width, height }), now); }
                Step::Found(runs) => found(&mut app, now, drawn(&runs)),
                Step::Judged(alarm) => {
                    let run = app.runs().unwrap().all().first().cloned();
                    let verdict = Verdict { code: Code::WaitingForInput, alarm, ..Verdict::default() };
                    let judged = run.map(|run| Arc::new(Judged { run, verdict, facts: Facts::default() }));
                    app.update(Message::Judged(judged.into_iter().collect()), now);
                }
                Step::Time(milliseconds) => {
                    now.monotonic += Duration::from_millis(milliseconds);
                    now.wall = Timestamp::from_milliseconds(now.wall.milliseconds() + milliseconds.cast_signed());
                    app.update(Message::Tick, now);
                }
            }
            let runs = app.runs().unwrap();
            let rows = runs.runs().len();
            prop_assert!(rows <= runs.all().len());
            prop_assert!(rows == 0 || runs.selected() < rows);
            let height = usize::from(layout::RunsLayout::new(app.size()).list_height);
            let in_sight = runs.top()..runs.top() + height;
            prop_assert!(rows == 0 || in_sight.contains(&runs.selected()), "{in_sight:?} {}", runs.selected());
            prop_assert!(runs.marked() <= runs.all().len());
            prop_assert_eq!(runs.chosen().is_empty(), rows == 0 && runs.marked() == 0);
            for run in runs.chosen() {
                prop_assert!(runs.has(&run.directory));
            }
        }
    }
}
