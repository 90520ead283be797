//! Going to places, marks, and keys of two strokes, on real files.

use super::*;
use crate::model::LevelRule;

/// A run of ten minutes from 08:00:00 (UTC) on, an entry every ten seconds, seqs from 100 on; 110 to
/// 112 never came.
fn timed() -> Finder {
    let fixture = Fixture::new(with_log_rows(5));
    let mut file = OpenOptions::new().create(true).append(true).open(fixture.path("stdout")).unwrap();
    for number in (0..=60).filter(|number| !(10..=12).contains(number)) {
        let time = Timestamp::from_milliseconds(1_774_080_000_000 + number * 10_000);
        let line = serde_json::json!({"seq": 100 + number, "ts": time.to_string(), "text": "line\n"});
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
    let mut finder = Finder::new(fixture);
    finder.look();
    finder.fixture.pass(Duration::from_secs(1));
    finder
}

#[test]
fn a_place_that_is_typed_is_gone_to() {
    let mut finder = timed();
    finder.fixture.record("0002-summary.json", r#"{"seq":2,"type":"summary","summary":"x","logSeq":125}"#);
    finder.fixture.read_checkpoints();
    for (typed, seq) in [
        ("120", "120"),
        ("08:05", "130"),
        ("08:05:01", "131"),
        ("-5m", "130"),
        ("-1m30s", "151"),
        // Further back than the log goes.
        ("-11m", "100"),
        ("c2", "125"),
        ("0%", "100"),
        ("100%", "160"),
        ("50%", "131"),
        ("2026-03-21 08:05", "130"),
        ("2026-03-21T08:05:00Z", "130"),
    ] {
        finder.press(&format!(":{typed}⏎"));
        assert_eq!((typed, finder.at().as_deref()), (typed, Some(seq)), "{}", finder.said());
        assert_eq!(finder.fixture.app.screen(), ScreenKind::Run);
    }
    finder.press(":111⏎");
    assert_eq!(finder.at().as_deref(), Some("109"));
    assert!(finder.said().contains("seq 111 is missing"), "{}", finder.said());
}

#[test]
fn a_time_is_typed_on_the_clock_that_is_shown() {
    let mut finder = timed();
    finder.fixture.app.set_zone(TimeZone::fixed(jiff::tz::offset(2)));
    finder.press(":10:05⏎");
    assert_eq!(finder.at().as_deref(), Some("130"));
}

#[test]
fn a_wish_that_is_impossible_is_told_in_the_line_and_nothing_moves() {
    let mut finder = timed();
    finder.press(":120⏎");
    for (typed, told) in [
        ("99", "the lowest one is 100"),
        ("1000", "the highest one is 160"),
        ("08:11", "from 08:00:00.000 to 08:10:00.000"),
        ("2026-03-22 08:00", "after the last entry, of 08:10:00.000"),
        ("c7", "checkpoints are being read"),
        ("what", "a place is a seq"),
        ("200%", "from 0% to 100%"),
    ] {
        finder.press(&format!(":{typed}⏎"));
        assert!(finder.problem().is_some_and(|why| why.contains(told)), "{typed}: {:?}", finder.problem());
        finder.press("⎋");
        assert_eq!(finder.at().as_deref(), Some("120"), "{typed}");
    }
    finder.fixture.record("0002-summary.json", r#"{"seq":2,"type":"summary","summary":"x"}"#);
    finder.fixture.read_checkpoints();
    finder.press(":c7⏎");
    assert_eq!(finder.problem(), Some("there is no checkpoint 7: c shows those there are"));
    finder.press("⌫2⏎");
    assert_eq!(finder.problem(), Some("checkpoint 2 does not say where in the log it stands"));
}

#[test]
fn a_place_that_is_typed_before_anything_was_read_is_gone_to_with_the_first_of_it() {
    for (typed, at, told) in
        [("30", Some("30"), ""), ("50%", Some("30"), ""), ("70", None, "the highest one is 60")]
    {
        let fixture = Fixture::new(with_log_rows(5));
        (1..=60).for_each(|seq| fixture.append("stdout", seq, &text_of(seq)));
        let mut finder = Finder::new(fixture);
        finder.press(&format!(":{typed}⏎"));
        assert_eq!((finder.problem(), finder.fixture.app.screen()), (None, ScreenKind::Run), "{typed}");
        finder.look();
        assert_eq!(finder.at().as_deref(), at, "{typed}");
        assert!(finder.said().contains(told), "{typed}: {}", finder.said());
    }
}

#[test]
fn marks_bring_back_to_the_same_row_and_two_quotes_to_before_the_jump() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press(":20⏎kma");
    let marked = (finder.fixture.rows(), finder.fixture.cursor());
    finder.press("G");
    assert!(finder.fixture.run().pane().follows());
    finder.press("'a");
    assert_eq!((finder.fixture.rows(), finder.fixture.cursor()), marked);
    finder.press("''");
    assert!(finder.fixture.run().pane().follows(), "before the jump it followed");
    finder.press("''");
    assert_eq!(finder.fixture.cursor(), marked.1);
    finder.press("'z");
    assert!(finder.said().contains("there is no mark z"), "{}", finder.said());
    finder.press("m⎋j");
    assert_eq!(finder.at().as_deref(), Some("20"), "esc ends the sequence and nothing else");
}

#[test]
fn brackets_go_to_gaps_checkpoints_worker_events_and_errors_and_say_when_there_are_no_more() {
    let fixture = Fixture::new(with_log_rows(5));
    for seq in (1..=80).filter(|seq| !(20..=22).contains(seq) && *seq != 60) {
        match seq {
            10 | 50 => fixture.append("stderr", seq, "error[E0432]: unresolved import"),
            30 => fixture.append("stdout", seq, "0 errors, std::error::Error"),
            35 => fixture.append("stderr", seq, "warning: unused variable"),
            _ => fixture.append("stdout", seq, "line"),
        }
    }
    let mut file = OpenOptions::new().create(true).append(true).open(fixture.path("worker")).unwrap();
    for (seq, event, level) in [(81, "step", "info"), (82, "heartbeat", "info"), (83, "step", "error")] {
        let line = serde_json::json!({"seq": seq, "event": event, "level": level, "renderedLine": "w"});
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
    fixture.record("0001-summary.json", r#"{"seq":1,"type":"summary","summary":"x","logSeq":15}"#);
    fixture.record("0002-summary.json", r#"{"seq":2,"type":"summary","summary":"x","logSeq":55}"#);
    let mut finder = Finder::new(fixture);
    finder.look();
    finder.fixture.pass(Duration::from_secs(1));
    finder.fixture.read_checkpoints();
    let mut passed = |keys: &str, times: usize| {
        let mut passed = Vec::new();
        for _ in 0..times {
            finder.fixture.app.said = None;
            finder.press(keys);
            finder.answer();
            passed.push(match finder.said() {
                said if said.starts_with("no ") => said.to_owned(),
                _ => finder.at().unwrap_or_default(),
            });
        }
        passed
    };
    passed("g", 1);
    assert_eq!(passed("]g", 3), ["gap 20-22", "gap 60-60", "no gap below"]);
    assert_eq!(passed("[g", 2), ["gap 20-22", "no gap above"]);
    passed("g", 1);
    assert_eq!(passed("]c", 3), ["15", "55", "no checkpoint below"]);
    assert_eq!(passed("[c", 2), ["15", "no checkpoint above"]);
    passed("g", 1);
    assert_eq!(passed("]e", 4), ["10", "50", "83", "no error below"]);
    assert_eq!(passed("[e", 3), ["50", "10", "no error above"]);
    passed("g", 1);
    assert_eq!(passed("]r", 2), ["35", "no warning below"]);
    assert_eq!(passed("[r", 1), ["no warning above"]);
    passed("g", 1);
    assert_eq!(passed("]w", 3), ["81", "83", "no worker event below"]);
    assert_eq!(passed("[w", 2), ["81", "no worker event above"]);
}

#[test]
fn an_error_is_what_a_person_says_it_is() {
    let mut fixture = Fixture::new(with_log_rows(5));
    let errors = crate::model::levels::any_of(&["careful", "^oh"]).unwrap();
    let warnings = crate::model::levels::any_of(&["hm"]).unwrap();
    fixture.app.set_levels(LevelRule::new(errors, warnings).ok());
    for seq in 1..=30 {
        match seq {
            5 => fixture.append("stdout", seq, "error: that is none here"),
            10 => fixture.append("stdout", seq, "be careful"),
            20 => fixture.append("stdout", seq, "oh no"),
            _ => fixture.append("stdout", seq, "line"),
        }
    }
    let mut finder = Finder::new(fixture);
    finder.look();
    finder.fixture.pass(Duration::from_secs(1));
    finder.press("g");
    let mut passed = Vec::new();
    for _ in 0..3 {
        finder.press("]e");
        finder.answer();
        passed.push(finder.at().unwrap_or_default());
    }
    assert_eq!(passed, ["10", "20", "20"]);
    assert_eq!(finder.said(), "no error below");
}
