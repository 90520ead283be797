//! The checkpoints screen, and asking for checkpoints.

use std::num::NonZeroUsize;

use serde_json::json;

use super::super::emission::{Ask, DiffPreview, Emission, Emitted, PreviewRequest, Previewed};
use super::super::prompt::{Diff, Preview, Tail};
use super::*;
use crate::checkpoint::NewRecord;
use crate::checkpoint::git::GitDiff;

const SIZE: Size = Size { width: 120, height: 30 };

fn summary(seq: u64, log_seq: Option<u64>) -> String {
    json!({"seq": seq, "type": "summary", "summary": format!("number {seq}"), "logSeq": log_seq}).to_string()
}

fn with_records(size: Size) -> Fixture {
    let mut fixture = Fixture::with_entries(size, 40);
    fixture.record("0001-summary.json", &summary(1, Some(10)));
    fixture.record("0002-summary.json", &summary(2, Some(20)));
    fixture.record(
        "0003-log_tail.json",
        &json!({"seq":3,"type":"log_tail","payload":{"lines":["[stdout] a"]}}).to_string(),
    );
    fixture.read_checkpoints();
    fixture
}

fn selected(fixture: &Fixture) -> String {
    let records = fixture.run().records().unwrap();
    fixture.app.checkpoints().unwrap().record(records).unwrap().name().to_owned()
}

fn prompt(fixture: &Fixture) -> &Prompt {
    fixture.app.prompt().unwrap()
}

fn field(fixture: &Fixture, label: &str) -> String {
    let field = prompt(fixture).fields().iter().find(|field| field.label == label).unwrap();
    field.editor.text().to_owned()
}

/// The one record that is written as it was shown.
fn ready(effects: &[Effect]) -> NewRecord {
    match effects {
        [Effect::Emit(emissions)] => match &emissions[..] {
            [Emission { ask: Ask::Ready(draft), .. }] => (**draft).clone().record(),
            other => panic!("one record that is ready, not {other:?}"),
        },
        other => panic!("an emission, not {other:?}"),
    }
}

#[test]
fn the_newest_record_is_selected_until_one_is_chosen_which_then_stays_so() {
    let mut fixture = with_records(SIZE);
    fixture.press("c");
    assert_eq!(fixture.app.screen(), ScreenKind::Checkpoints);
    assert_eq!(selected(&fixture), "0003-log_tail.json");
    fixture.record("0004-summary.json", &summary(4, None));
    fixture.read_checkpoints();
    assert_eq!(selected(&fixture), "0004-summary.json");
    fixture.press("kk");
    assert_eq!(selected(&fixture), "0002-summary.json");
    fixture.record("0000-summary.json", &summary(0, None));
    fixture.read_checkpoints();
    assert_eq!(selected(&fixture), "0002-summary.json");
    fixture.press("q");
    assert_eq!(fixture.app.screen(), ScreenKind::Run);
}

#[test]
fn enter_goes_to_the_place_in_the_log_and_stops_following() {
    let mut fixture = with_records(with_log_rows(9));
    fixture.press("ck");
    fixture.key(KeyCode::Enter);
    assert_eq!(fixture.app.screen(), ScreenKind::Run);
    assert_eq!(fixture.cursor(), Some((4, "20".to_owned())));
    assert!(!fixture.run().pane().follows());
    fixture.press("c");
    fixture.key(KeyCode::Enter);
    assert_eq!(fixture.app.screen(), ScreenKind::Checkpoints, "a record without a place leads nowhere");
    assert!(fixture.app.said().unwrap().text.contains("does not say where"));
}

#[test]
fn a_place_that_is_a_gap_is_the_last_entry_before_it() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 10);
    fixture.append("stdout", 20, "after a gap");
    fixture.look();
    fixture.record("0001-summary.json", &summary(1, Some(15)));
    fixture.read_checkpoints();
    fixture.press("c");
    fixture.key(KeyCode::Enter);
    assert_eq!(fixture.cursor().unwrap().1, "10");
}

#[test]
fn checkpoints_are_marked_at_the_last_entry_that_they_knew_of() {
    let mut fixture = with_records(with_log_rows(40));
    fixture.append("worker", 20, "of the same seq");
    fixture.append("stdout", 50, "after a gap");
    fixture.record("0004-summary.json", &summary(4, Some(45)));
    fixture.record("0005-summary.json", &summary(5, Some(20)));
    fixture.look();
    fixture.read_checkpoints();
    fixture.press("g");
    let window = fixture.window();
    let marks: Vec<(String, Vec<u64>)> = fixture
        .run()
        .marks(&window)
        .into_iter()
        .map(|(row, seqs)| (fixture.rows()[row].clone(), seqs))
        .collect();
    let expected = [("10", vec![1]), ("20", vec![2, 5])].map(|(row, seqs)| (row.to_owned(), seqs));
    assert_eq!(marks, expected);
    fixture.press("G");
    let window = fixture.window();
    let marks = fixture.run().marks(&window);
    assert_eq!(marks.values().filter(|seqs| **seqs == [4]).count(), 1);
}

#[test]
fn the_path_is_copied_and_the_file_is_shown_elsewhere() {
    let mut fixture = with_records(SIZE);
    fixture.press("c");
    let path = fixture.folder.path().join("checkpoints/0003-log_tail.json");
    assert_eq!(fixture.press("y"), [Effect::Copy(path.display().to_string())]);
    assert_eq!(fixture.press("e"), [Effect::View(path)]);
}

#[test]
fn two_records_are_compared_the_marked_one_or_the_one_before_of_its_type() {
    let mut fixture = with_records(SIZE);
    fixture.press("c");
    assert_eq!(fixture.press("="), []);
    assert!(fixture.app.said().unwrap().text.contains("none before it is of its type"));
    fixture.press("k");
    let pair = |effects: Vec<Effect>| match &effects[..] {
        [Effect::Compare { ticket, before, after }] => {
            (*ticket, before.name().to_owned(), after.name().to_owned())
        }
        other => panic!("a comparison, not {other:?}"),
    };
    let (first, before, after) = pair(fixture.press("="));
    assert_eq!((before.as_str(), after.as_str()), ("0001-summary.json", "0002-summary.json"));
    assert_eq!(fixture.press("="), [], "the second time leaves it");
    fixture.press(" j");
    let (second, before, after) = pair(fixture.press("="));
    assert_eq!((before.as_str(), after.as_str()), ("0002-summary.json", "0003-log_tail.json"));
    let lines = vec![record_text::TextLine::new(record_text::Role::Added, "+x")];
    let text = |fixture: &Fixture| fixture.app.checkpoints().unwrap().text(fixture.run().records().unwrap());
    fixture.update(Message::Compared { ticket: first, lines: lines.clone() });
    assert!(text(&fixture).is_none(), "an answer to a wish that was left is ignored");
    fixture.update(Message::Compared { ticket: second, lines: lines.clone() });
    assert_eq!(text(&fixture).unwrap().lines(), lines);
    fixture.key(KeyCode::Escape);
    assert_eq!(fixture.app.screen(), ScreenKind::Checkpoints);
    assert_ne!(text(&fixture).unwrap().lines(), lines);
}

#[test]
fn clashing_foreign_and_broken_records_are_shown_for_what_they_are() {
    let mut fixture = with_records(SIZE);
    fixture.record(
        "0003-note.json",
        &json!({"seq":9,"type":"note","runId":"another","origin":"robot"}).to_string(),
    );
    fixture.record("0007-summary.json", "{\"torn");
    fixture.read_checkpoints();
    let told: Vec<String> = fixture
        .run()
        .records()
        .unwrap()
        .records
        .iter()
        .map(|record| record.lines().iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n"))
        .collect();
    assert!(
        told[2].contains("another record has seq 3 too") && told[3].contains("another record has seq 3 too")
    );
    let note = &told[2..4].concat();
    assert!(note.contains("the content says 9") && note.contains("it says that it is of run \"another\""));
    assert!(told[4].contains("it is no checkpoint record") && told[4].contains("{\"torn"), "{}", told[4]);
}

#[test]
fn new_names_in_the_folder_let_it_be_read_again() {
    let mut fixture = with_records(SIZE);
    fixture.record("0004-summary.json", &summary(4, None));
    let batch = fixture.tail.poll();
    let effects = fixture.update(Message::Batch { number: 1, batch });
    assert_eq!(effects, [Effect::LookAtCheckpoints { number: 1 }]);
}

#[test]
fn a_record_that_was_published_again_is_said() {
    let mut fixture = with_records(SIZE);
    let records = fixture.run().records().unwrap().clone();
    let settled = Ok(vec!["summary:checkpoints/0009-summary.json".to_owned()]);
    fixture.update(Message::Checkpoints { number: 1, records, settled });
    assert!(
        fixture
            .app
            .said()
            .unwrap()
            .text
            .ends_with("published again as summary:checkpoints/0009-summary.json")
    );
}

#[test]
fn a_summary_begins_with_what_is_true_and_its_first_line_is_the_sentence() {
    let mut fixture = Fixture::with_entries(SIZE, 3);
    fixture.press("s");
    assert_eq!(fixture.app.screen(), ScreenKind::Prompt);
    assert!(field(&fixture, "summary").ends_with("last line: line"), "{}", field(&fixture, "summary"));
    fixture.update(Message::Key(Key::control('u')));
    fixture.press("stuck, q and ? are typed");
    fixture.update(Message::Key(Key::alt(KeyCode::Enter)));
    fixture.update(Message::Paste("at the\r\nquestion\n".to_owned()));
    let record = ready(&fixture.key(KeyCode::Enter));
    assert_eq!((record.summary.as_str(), record.log_seq), ("stuck, q and ? are typed", Some(3)));
    assert_eq!(record.payload, json!({"detail": "at the\nquestion"}));
    assert!(fixture.app.prompt().is_none());
}

#[test]
fn nothing_is_written_without_a_summary_or_after_esc() {
    let mut fixture = Fixture::with_entries(SIZE, 3);
    fixture.press("s");
    fixture.update(Message::Key(Key::control('u')));
    assert_eq!(fixture.key(KeyCode::Enter), []);
    assert!(prompt(&fixture).problem().unwrap().contains("needs a summary"));
    for leave in [Key::plain(KeyCode::Escape), Key::control('c')] {
        fixture.press("t");
        assert_eq!(fixture.update(Message::Key(leave)), []);
        assert!(fixture.app.prompt().is_none());
    }
}

#[test]
fn a_log_tail_shows_the_lines_that_it_then_writes_as_the_number_changes_and_entries_come() {
    let mut fixture = Fixture::with_entries(SIZE, 30);
    assert_eq!(fixture.press("t"), []);
    let lines = |fixture: &Fixture| match prompt(fixture).preview() {
        Preview::Tail(Tail::Ready(ready)) => ready.tail.lines.clone(),
        other => panic!("a tail, not {other:?}"),
    };
    assert_eq!(lines(&fixture).len(), 20);
    fixture.key(KeyCode::Backspace);
    assert_eq!(lines(&fixture).len(), 2);
    fixture.append("stderr", 31, "new");
    fixture.look();
    assert_eq!(lines(&fixture), ["[stdout] line\n", "[stderr] new\n"]);
    let record = ready(&fixture.key(KeyCode::Enter));
    assert_eq!(record.payload["lines"], json!(["[stdout] line\n", "[stderr] new\n"]));
    assert_eq!((record.payload["truncated"].as_bool(), record.log_seq), (Some(true), Some(31)));
}

#[test]
fn a_number_that_is_none_writes_nothing_and_a_large_one_is_read_by_a_thread() {
    let mut fixture = Fixture::with_entries(SIZE, 3);
    fixture.press("t");
    fixture.press("x");
    assert_eq!(prompt(&fixture).preview(), &Preview::Tail(Tail::NoNumber));
    assert_eq!(fixture.key(KeyCode::Enter), []);
    assert!(prompt(&fixture).problem().is_some());
    fixture.key(KeyCode::Backspace);
    let effects = fixture.press("000");
    let limit = NonZeroUsize::new(20_000).unwrap();
    let directory = RunDirectory::alone(fixture.folder.path());
    let request = PreviewRequest::LogTail { directory: directory.clone(), limit };
    let ticket = prompt(&fixture).ticket();
    assert_eq!(effects.last(), Some(&Effect::Preview { ticket, request }));
    fixture.key(KeyCode::Tab);
    fixture.press("all of it");
    let effects = fixture.key(KeyCode::Enter);
    let ask = Ask::LogTail { limit, summary: Some("all of it".to_owned()) };
    let [Effect::Emit(emissions)] = &effects[..] else { panic!("an emission, not {effects:?}") };
    assert_eq!((&emissions[0].ask, &emissions[0].directory), (&ask, &directory));
}

fn diff_against(base: &str) -> GitDiff {
    let mut diff = GitDiff::default();
    base.clone_into(&mut diff.base_ref);
    diff
}

#[test]
fn a_diff_is_shown_before_it_is_written_and_again_against_another_base() {
    let mut fixture = Fixture::with_entries(SIZE, 3);
    let asked = fixture.press("d");
    let ticket = prompt(&fixture).ticket();
    let request = |base: Option<&str>| PreviewRequest::GitDiff {
        target: 0,
        directory: RunDirectory::alone(fixture.folder.path()),
        base: base.map(str::to_owned),
    };
    let (of_head, of_main) = (request(None), request(Some("main")));
    assert_eq!(asked, [Effect::Preview { ticket, request: of_head }]);
    assert_eq!(fixture.key(KeyCode::Enter), []);
    assert!(prompt(&fixture).problem().unwrap().contains("still at work"));
    let diff = |base: Option<&str>| Previewed::GitDiff {
        target: 0,
        base: base.map(str::to_owned),
        diff: Ok(Box::new(DiffPreview {
            summary: "1 file changed".to_owned(),
            diff: diff_against(base.unwrap_or("HEAD")),
            with_stat: true,
            log_seq: Some(3),
            secrets: Vec::new(),
            note: None,
        })),
    };
    fixture.update(Message::Previewed { ticket: ticket + 1, previewed: diff(None) });
    assert_eq!(prompt(&fixture).preview(), &Preview::Diffs(vec![Diff::Reading]), "of another prompt");
    fixture.update(Message::Previewed { ticket, previewed: diff(None) });
    fixture.key(KeyCode::Tab);
    fixture.press("main");
    assert_eq!(fixture.key(KeyCode::Enter), [Effect::Preview { ticket, request: of_main }]);
    fixture.update(Message::Previewed { ticket, previewed: diff(Some("main")) });
    let record = ready(&fixture.key(KeyCode::Enter));
    assert_eq!((&record.payload["baseRef"], record.log_seq), (&json!("main"), Some(3)));
}

#[test]
fn secrets_are_counted_and_masked_only_when_that_is_wanted() {
    let mut fixture = Fixture::with_entries(SIZE, 3);
    let token = &format!("ghp_{}", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5");
    fixture.append("stdout", 4, &format!("token {token}"));
    fixture.look();
    fixture.press("t");
    assert!(prompt(&fixture).secrets().unwrap().starts_with("1 secret seems to be in it"));
    let redacts = |effects: &[Effect]| match effects {
        [Effect::Emit(emissions)] => emissions[0].redact,
        other => panic!("an emission, not {other:?}"),
    };
    let effects = fixture.key(KeyCode::Enter);
    assert!(
        !redacts(&effects) && ready(&effects).payload.to_string().contains(token),
        "verbatim unless asked"
    );
    fixture.press("t");
    fixture.update(Message::Key(Key::control('r')));
    let Preview::Tail(Tail::Ready(shown)) = prompt(&fixture).preview() else { panic!("a tail") };
    assert!(shown.masked.as_ref().unwrap().iter().all(|line| !line.contains(token)));
    assert!(redacts(&fixture.key(KeyCode::Enter)));
}

#[test]
fn what_was_written_is_said_for_a_while_and_what_was_not_until_it_is_dismissed() {
    let mut fixture = Fixture::with_entries(SIZE, 3);
    let emitted = |outcome: Result<&str, &str>| Emitted {
        label: "run".to_owned(),
        outcome: outcome.map(str::to_owned).map_err(str::to_owned),
        masked: 0,
    };
    let written = "log_tail:checkpoints/0004-log_tail.json";
    fixture.update(Message::Emitted(vec![emitted(Ok(written))]));
    assert_eq!(fixture.app.said().unwrap().text, written);
    let until = fixture.app.said().unwrap().until.unwrap();
    assert!(fixture.app.next_tick(fixture.now.monotonic).is_some_and(|tick| tick <= until));
    fixture.pass(until);
    assert!(fixture.app.said().is_none());
    fixture.update(Message::Emitted(vec![emitted(Ok(written)), emitted(Err("the disk is full"))]));
    let said = fixture.app.said().unwrap();
    assert_eq!((said.is_good, said.until), (false, None));
    assert!(said.text.contains("1 written, 1 not: run: nothing written: the disk is full"), "{}", said.text);
    fixture.press("x");
    assert!(fixture.app.said().is_none());
}

#[test]
fn where_checkpoints_are_disabled_the_keys_say_so_and_ask_for_nothing() {
    let mut fixture = Fixture::new(SIZE);
    fs::write(fixture.folder.path().join("run.json"), r#"{"checkpoint":{"mode":"disabled"}}"#).unwrap();
    fixture.look();
    for key in ["s", "t", "d"] {
        assert_eq!(fixture.press(key), []);
        assert!(fixture.app.prompt().is_none());
        assert!(fixture.app.said().unwrap().text.contains("disabled"));
        fixture.press("x");
    }
}
