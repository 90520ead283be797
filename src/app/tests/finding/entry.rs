//! An entry shown whole and copied, and the column of times.

use super::super::super::time_column::TimeColumn;
use super::*;

fn lines(finder: &Finder) -> Vec<String> {
    let entry = finder.fixture.run().entry().unwrap();
    entry.lines().iter().map(|line| line.text.clone()).collect()
}

#[test]
fn an_entry_is_shown_whole_with_its_fields_its_json_and_its_bytes_and_left_again() {
    let fixture = Fixture::new(with_log_rows(5));
    let line = concat!(
        r#"{"seq":7,"ts":"2026-03-21T08:12:04Z","event":"step","level":"warn","#,
        r#""renderedLine":"10%\r20%\nend","extra":{"a":[1]}}"#,
    );
    fs::write(fixture.path("worker"), format!("{line}\n")).unwrap();
    let mut finder = Finder::new(fixture);
    finder.look();
    finder.press("⏎");
    assert_eq!(finder.fixture.app.screen(), ScreenKind::Entry);
    let shown = lines(&finder);
    for expected in [
        "channel  worker",
        "seq      7",
        "time     2026-03-21T08:12:04.000Z, 08:12:04.000 on the clock that is shown",
        "event    step",
        "level    warn",
        "10%",
        "20%",
        "end",
        "  \"extra\": {",
        "00000000  7b 22 73 65 71 22 3a 37 2c 22 74 73 22 3a 22 32  {\"seq\":7,\"ts\":\"2",
    ] {
        assert!(shown.iter().any(|line| line == expected), "{expected:?} is not in {shown:#?}");
    }
    assert!(shown.contains(&format!("line     {} bytes, from byte 0 of its file on", line.len())));
    finder.press("G");
    assert!(finder.fixture.run().entry().unwrap().top(finder.fixture.app.size()) > 0);
    finder.press("⏎");
    assert!(finder.fixture.run().entry().is_none());
    finder.press("⏎⎋");
    assert_eq!(finder.fixture.app.screen(), ScreenKind::Run);
    finder.press("⏎q");
    assert_eq!(finder.fixture.app.screen(), ScreenKind::Run);
}

#[test]
fn a_broken_line_and_a_huge_one_are_shown_as_far_as_they_are_held() {
    let fixture = Fixture::new(with_log_rows(5));
    let huge = serde_json::json!({"seq": 2, "text": "x".repeat(3 << 20)});
    let broken = "no object \u{1b}[2J";
    fs::write(fixture.path("stdout"), format!("{{\"seq\":1,\"text\":\"a\"}}\n{broken}\n{huge}\n")).unwrap();
    let mut finder = Finder::new(fixture);
    finder.look();
    finder.press("⏎");
    assert!(lines(&finder).iter().any(|line| line.contains("more bytes stand in its file")));
    finder.press("⏎kg");
    while !finder.fixture.window().rows.is_empty() && finder.at().as_deref() != Some("raw") {
        finder.press("j");
    }
    finder.press("⏎");
    assert!(lines(&finder).iter().any(|line| line.contains("does not parse")), "{:?}", lines(&finder));
}

#[test]
fn the_text_of_an_entry_is_copied_harmless() {
    let mut finder = Finder::new(Fixture::new(with_log_rows(5)));
    assert_eq!(finder.press("y"), []);
    assert_eq!(finder.said(), "there is no entry here");
    finder.fixture.append("stdout", 1, "\u{1b}[31mred\u{1b}[0m\u{7}\nnext");
    finder.fixture.append("stdout", 2, "last");
    finder.look();
    assert_eq!(finder.press("y"), [Effect::Copy("last".to_owned())], "while following, the last one");
    finder.press("k");
    let harmless = Effect::Copy("red␇\nnext".to_owned());
    assert_eq!(finder.press("y"), std::slice::from_ref(&harmless));
    assert_eq!(finder.said(), "copied: the text of entry 1");
    finder.press("⏎");
    finder.fixture.append("stdout", 3, "came");
    finder.look();
    assert_eq!(finder.press("y"), [harmless], "the one that is shown");
}

#[test]
fn the_column_of_times_goes_through_what_it_can_tell() {
    let mut finder = Finder::with_hits(5, 5);
    let mut told = vec![finder.fixture.run().times()];
    for _ in 0..4 {
        finder.press("T");
        told.push(finder.fixture.run().times());
    }
    use TimeColumn::{Clock, None, SincePrevious, SinceStart};
    assert_eq!(told, [Clock, SinceStart, SincePrevious, None, Clock]);
}

#[test]
fn long_lines_are_wrapped_and_the_place_is_kept() {
    let fixture = Fixture::new(with_log_rows(5));
    for seq in 1..=20 {
        fixture.append("stdout", seq, &format!("{} end", "word ".repeat(20)));
    }
    let mut finder = Finder::new(fixture);
    finder.look();
    // 80 columns, one of them for the mark of the place, and 16 for seqs and channels, 10 for times.
    finder.press("W");
    assert_eq!(finder.fixture.rows(), ["+", "19", "+", "20", "+"]);
    let widths: Vec<usize> = finder
        .fixture
        .window()
        .rows
        .iter()
        .map(|row| match row {
            Row::Entry { entry, line } => entry.lines[*line].width,
            _ => 0,
        })
        .collect();
    assert!(widths.iter().all(|width| *width <= 57), "{widths:?}");
    finder.press(":10⏎");
    let held = finder.fixture.cursor();
    assert_eq!(held.as_ref().map(|(_, seq)| seq.as_str()), Some("10"));
    finder.press("W");
    assert_eq!(finder.fixture.cursor(), held, "cut again");
    finder.press("W/end⏎");
    finder.answer();
    assert_eq!(finder.fixture.cursor(), Some((3, "+".to_owned())), "the row of the entry that says so");
    finder.update(Message::Resize(Size { width: 200, ..with_log_rows(5) }));
    assert_eq!(finder.fixture.rows(), range(7, 11), "there is room for all of a line");
    assert_eq!(finder.fixture.cursor(), Some((3, "10".to_owned())), "where the eye was");
}
