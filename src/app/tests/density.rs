//! The counts of errors and warnings, and the bar beside the log.

use super::super::density::{Cell, Sign};
use super::super::finding::LevelCount;
use super::*;

const ROWS: u16 = 10;

/// A run of so many entries, of which some are bad, all of it counted.
fn run_with(entries: u64, text: impl Fn(u64) -> &'static str) -> Fixture {
    let mut fixture = Fixture::new(with_log_rows(ROWS));
    for seq in 1..=entries {
        fixture.append(if seq % 2 == 0 { "stdout" } else { "stderr" }, seq, text(seq));
    }
    fixture.look();
    count_all(&mut fixture);
    fixture
}

fn count_all(fixture: &mut Fixture) {
    fixture.pass(Duration::from_secs(1));
    while fixture.count_one(0) {}
    fixture.pass(Duration::from_secs(1));
}

fn count_of(fixture: &Fixture) -> (u64, u64, bool) {
    let LevelCount { errors, warnings, is_complete } = fixture.run().levels().unwrap();
    (errors, warnings, is_complete)
}

fn signs(fixture: &Fixture) -> String {
    let sign = |cell: &Cell| match cell.sign {
        None => '.',
        Some(Sign::Error) => '!',
        Some(Sign::Mark) => '\'',
        Some(Sign::Gap) => 'g',
        Some(Sign::Checkpoint) => 'c',
        Some(Sign::Warning) => '~',
    };
    fixture.run().density().cells().iter().map(sign).collect()
}

fn bad(seq: u64) -> &'static str {
    match seq {
        5 | 6 | 73 => "error: it broke",
        31 | 74 | 99 => "warning: careful",
        _ => "line",
    }
}

fn bar_click(row: u16) -> Message {
    let layout = RunLayout::new(with_log_rows(ROWS));
    Message::Click { column: layout.log_width, row: layout.log_top + row }
}

fn bar_drag(row: u16) -> Message {
    Message::Drag { row: RunLayout::new(with_log_rows(ROWS)).log_top + row }
}

#[test]
fn errors_and_warnings_are_counted_in_the_background_and_again_when_more_come() {
    let mut fixture = Fixture::new(with_log_rows(ROWS));
    for seq in 1..=100 {
        fixture.append("stdout", seq, bad(seq));
    }
    assert_eq!(fixture.run().levels(), None, "nothing is read");
    fixture.look();
    assert_eq!(count_of(&fixture), (0, 0, false), "no key waits for it");
    count_all(&mut fixture);
    assert_eq!(count_of(&fixture), (3, 3, true));
    fixture.append("stderr", 101, "error: again");
    fixture.look();
    count_all(&mut fixture);
    assert_eq!(count_of(&fixture), (4, 3, true));
    fs::write(fixture.path("stdout"), "").unwrap();
    fixture.look();
    count_all(&mut fixture);
    let (errors, warnings, is_complete) = count_of(&fixture);
    assert!(is_complete && errors >= 1 && (errors, warnings) != (4, 3), "{errors} {warnings}");
    assert!(fixture.level_jobs.is_empty());
}

#[test]
fn what_comes_fast_is_counted_twice_a_second_and_not_with_every_look() {
    let mut fixture = run_with(10, |_| "line");
    let mut asked = 0;
    for seq in 11..=60 {
        fixture.append("stdout", seq, "line");
        fixture.look();
        fixture.now.monotonic += Duration::from_millis(20);
        asked += fixture.level_jobs.len();
        while fixture.count_one(0) {}
    }
    assert!((2..=8).contains(&asked), "{asked} jobs in a second, of two questions");
    count_all(&mut fixture);
    assert_eq!(fixture.run().levels_tick(), None, "nothing is left to do");
    assert_eq!(fixture.run().density_tick(), None);
}

#[test]
fn every_bad_entry_is_told_in_its_cell_and_in_no_other() {
    for entries in [11, 12, 40, 99, 100, 101, 257] {
        for every in [1, 3, 7, 50] {
            let text = |seq: u64| if seq.is_multiple_of(every) { "error: x" } else { "line" };
            let fixture = run_with(entries, text);
            let expected: String = (0..u64::from(ROWS))
                .map(|row| {
                    let at = |row: u64| entries * row / u64::from(ROWS);
                    // Positions count from 0, seqs from 1.
                    let is_bad = (at(row)..at(row + 1)).any(|position| (position + 1).is_multiple_of(every));
                    if is_bad { '!' } else { '.' }
                })
                .collect();
            assert_eq!(signs(&fixture), expected, "every {every} of {entries}");
        }
    }
}

#[test]
fn of_several_signs_in_a_cell_the_first_of_their_order_is_shown() {
    let mut fixture = Fixture::new(with_log_rows(ROWS));
    for seq in (1..=105).filter(|seq| !(41..=45).contains(seq)) {
        fixture.append("stdout", seq, bad(seq));
    }
    fixture.record("0001-summary.json", r#"{"seq":1,"type":"summary","summary":"x","logSeq":62}"#);
    fixture.record("0002-summary.json", r#"{"seq":2,"type":"summary","summary":"x","logSeq":74}"#);
    fixture.look();
    fixture.read_checkpoints();
    count_all(&mut fixture);
    // Cells of ten: 1–10, 11–20, 21–30, 31–40, 46–55, 56–65, 66–75, 76–85, 86–95, 96–105.
    assert_eq!(signs(&fixture), "!..~gc!..~");
    for key in ":83".chars().chain(['\r', 'm', 'a']) {
        let key = if key == '\r' { Key::plain(KeyCode::Enter) } else { Key::character(key) };
        fixture.update(Message::Key(key));
    }
    fixture.pass(Duration::from_secs(1));
    assert_eq!(signs(&fixture), "!..~gc!'.~");
}

#[test]
fn the_bar_is_of_what_is_shown_and_the_counts_are_of_the_whole_run() {
    let mut fixture = run_with(100, bad);
    assert_eq!(signs(&fixture), "!..~...!.~");
    // Odd seqs are on standard error, which is the second channel here; the fifth is one.
    fixture.press("2");
    count_all(&mut fixture);
    assert_eq!(signs(&fixture), "!......~..");
    assert_eq!(count_of(&fixture), (3, 3, true));
    fixture.press("2");
    for key in "&error".chars() {
        fixture.update(Message::Key(Key::character(key)));
    }
    fixture.key(KeyCode::Enter);
    while fixture.answer_one(0) {}
    count_all(&mut fixture);
    assert_eq!(fixture.run().pane().view(fixture.run().model()).len(), 3);
    assert!(!signs(&fixture).contains('~'), "{}", signs(&fixture));
    assert!(signs(&fixture).contains('!'));
    assert_eq!(count_of(&fixture), (3, 3, true));
}

#[test]
fn a_click_goes_to_what_the_sign_tells_of_or_to_the_middle_of_the_cell() {
    let mut fixture = run_with(100, bad);
    fixture.update(bar_click(0));
    assert_eq!(fixture.cursor().unwrap().1, "5");
    assert!(!fixture.run().pane().follows());
    fixture.update(bar_click(9));
    assert_eq!(fixture.cursor().unwrap().1, "99");
    fixture.update(bar_click(5));
    assert_eq!(fixture.cursor().unwrap().1, "56");
    fixture.press("''");
    assert_eq!(fixture.cursor().unwrap().1, "99", "a click is a jump");
    fixture.update(Message::Click { column: 3, row: RunLayout::new(with_log_rows(ROWS)).log_top });
    assert_eq!(fixture.cursor().unwrap().0, 0, "beside the bar a click is one on the row");
}

#[test]
fn dragging_goes_along_where_it_began_on_the_bar() {
    let mut fixture = run_with(100, bad);
    fixture.update(bar_drag(2));
    assert!(fixture.run().pane().follows(), "no button was pressed on the bar");
    fixture.update(bar_click(5));
    for (row, seq) in [(2, "26"), (0, "6"), (7, "76"), (200, "96")] {
        fixture.update(bar_drag(row));
        assert_eq!(fixture.cursor().unwrap().1, seq, "row {row}");
    }
    fixture.update(Message::Drag { row: 0 });
    assert_eq!(fixture.cursor().unwrap().1, "6", "above the bar is its first cell");
    let top = RunLayout::new(with_log_rows(ROWS)).log_top;
    fixture.update(Message::Click { column: 0, row: top + 2 });
    let seq = fixture.cursor().unwrap().1.parse::<u64>().unwrap();
    fixture.update(bar_drag(9));
    assert_eq!(fixture.cursor(), Some((9, (seq + 7).to_string())), "beside the bar rows are selected");
}

#[test]
fn the_heights_tell_how_fast_entries_came() {
    let mut fixture = Fixture::new(with_log_rows(ROWS));
    let mut file = OpenOptions::new().create(true).append(true).open(fixture.path("stdout")).unwrap();
    let mut at = 1_774_080_000_000;
    for seq in 0..100 {
        // Each ten entries take twice as long as those before.
        at += 10 << (seq / 10);
        let time = Timestamp::from_milliseconds(at);
        let line = serde_json::json!({"seq": seq, "ts": time.to_string(), "text": "line\n"});
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
    fixture.look();
    count_all(&mut fixture);
    let heights = |fixture: &Fixture| -> Vec<Option<u8>> {
        fixture.run().density().cells().iter().map(|cell| cell.height).collect()
    };
    let found = heights(&fixture);
    assert_eq!((found[0], found[9]), (Some(7), Some(0)));
    assert!(found.windows(2).all(|pair| pair[0] >= pair[1]), "{found:?}");
    let without = run_with(100, bad);
    assert!(heights(&without).iter().all(Option::is_none), "there are no times");
}
