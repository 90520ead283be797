//! S2, S3, S4, S13, S14: what is hidden, what is wide, what is copied and notified, and what a panic says.

use std::fs;
use std::path::Path;

use crate::corpus::{Kind, Sequence, corpus};
use crate::planted::plant;
use crate::session::Session;
use crate::session::allowed::{On, assert_all, whole_frames};

/// A run that lives and whose log has these texts, one an entry.
fn run_with(root: &Path, texts: &[&str]) {
    let run = root.join("task/run");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("state.json"), r#"{"status":"running"}"#).unwrap();
    let lines = texts.iter().enumerate().map(|(index, text)| {
        format!("{}\n", serde_json::json!({"seq": index + 1, "text": format!("{text}\n")}))
    });
    fs::write(run.join("stdout.jsonl"), lines.collect::<String>()).unwrap();
}

fn open(root: &Path) -> Session {
    Session::stepwatch(&[root.join("task/run").to_str().unwrap()], &[], 40, 100)
}

#[test]
fn s2_all_twelve_bidi_controls_tags_and_separators_are_shown_by_their_number() {
    let root = tempfile::tempdir().unwrap();
    let hidden: Vec<char> =
        "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\
        \u{2028}\u{2029}\u{ad}\u{feff}\u{200b}\u{e0041}"
            .chars()
            .collect();
    let texts: Vec<String> = hidden.iter().map(|hidden| format!("a{hidden}b")).collect();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    texts.push("שלום العربية");
    run_with(root.path(), &texts);
    let session = open(root.path());
    let screen = session.wait_for_text("שלום العربية");
    for hidden in hidden {
        let visible = format!("a<U+{:04X}>b", u32::from(hidden));
        assert!(screen.contents().contains(&visible), "{visible} is not in\n{}", screen.contents());
    }
    assert!(screen.contents().contains("שלום العربية"), "{}", screen.contents());
    assert_all(whole_frames(&session.received()), On::Screen);
}

#[test]
fn s3_marks_without_end_are_cut_after_four_and_a_megabyte_of_them_is_no_burden() {
    let root = tempfile::tempdir().unwrap();
    let few = format!("a{}b", "\u{301}".repeat(4));
    let many = format!("c{}d", "\u{301}".repeat(5));
    let megabyte = format!("e{}f", "\u{301}".repeat(1 << 19));
    run_with(root.path(), &[&few, &many, &megabyte, "after"]);
    let session = open(root.path());
    let screen = session.wait_for_text("after");
    assert!(screen.contents().contains(&few), "{}", screen.contents());
    assert!(screen.contents().contains(&format!("c{}…", "\u{301}".repeat(4))), "{}", screen.contents());
    let received = session.received();
    assert_all(whole_frames(&received), On::Screen);
    assert!(received.len() < 100_000, "{} bytes were sent", received.len());
}

#[test]
fn s4_where_terminals_disagree_on_a_width_everything_beside_it_stays_in_its_place() {
    let root = tempfile::tempdir().unwrap();
    // A terminal that does not join draws the first two in four columns and more; and the last is
    // drawn in one or in two.
    let texts = [
        "\u{1f469}\u{200d}\u{1f4bb}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{2764}\u{fe0f}",
        "好",
    ];
    let texts: Vec<String> = texts.iter().map(|text| format!("{text} mark")).collect();
    run_with(root.path(), &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let mut session = open(root.path());
    let screen = session.wait_for_text("好 mark");
    let at = |screen: &vt100::Screen| -> Vec<Option<usize>> {
        (2..6)
            .map(|row| {
                (0..100)
                    .find(|&column| screen.cell(row, column).is_some_and(|cell| cell.contents() == "m"))
                    .map(usize::from)
            })
            .collect()
    };
    let first = at(&screen);
    assert!(
        first.iter().all(|column| *column == first[0] && column.is_some()),
        "{first:?}\n{}",
        screen.contents()
    );
    // Another screen leaves nothing of them.
    session.press("?");
    session.wait_for_text("keys · run");
    session.press("q");
    let screen = session.wait_for("the log again", |screen| {
        screen.contents().contains("好 mark") && !screen.contents().contains("keys · run")
    });
    assert_eq!(at(&screen), first);
    session.press("w");
    let screen = session.wait_for_text("looked ");
    let rows: Vec<String> = screen.rows(0, 100).collect();
    let rest: String = rows[12..].concat();
    assert!(!rest.contains('\u{1f4bb}') && !rest.contains('\u{1f467}'), "{rest}");
}

#[test]
fn s4_where_a_terminal_draws_an_emoji_narrower_nothing_of_the_frame_before_is_seen_beside_it() {
    let root = tempfile::tempdir().unwrap();
    // This one is drawn in one column by a terminal that knows no selectors.
    let texts: Vec<&str> =
        (0..60).map(|row| if row % 2 == 0 { "abcdef" } else { "\u{2764}\u{fe0f}x" }).collect();
    run_with(root.path(), &texts);
    let mut session = open(root.path());
    session.wait_for_text("abcdef");
    // Where letters stood there are hearts now, and the other way round.
    for seq in 30..34 {
        session.press(&format!(":{seq}\r"));
        session.wait_for(&format!("nothing beside the hearts around {seq}"), |screen| {
            let rows: Vec<String> = screen.rows(0, 100).collect();
            let mut hearts = rows.iter().filter_map(|row| row.split_once('\u{2764}'));
            hearts.all(|(_, beside)| {
                !beside.contains(char::is_alphabetic) || beside.trim_end_matches([' ', '▐']) == "\u{fe0f} x"
            }) && rows.iter().any(|row| row.starts_with('▶') && row.contains(&format!(" {seq} ")))
        });
    }
}

#[test]
fn s13_what_is_copied_is_one_base64_text_without_controls_and_only_on_a_key() {
    use base64::Engine as _;
    let root = tempfile::tempdir().unwrap();
    let all = corpus();
    let sequence = all.iter().find(|sequence| sequence.name == "OSC 52: clipboard").unwrap();
    let run = plant(root.path(), 0, sequence);
    let mut session = Session::stepwatch(&[run.to_str().unwrap()], &[], 30, 160);
    session.wait_for_text("end of the log");
    assert_all(whole_frames(&session.received()), On::Screen);
    session.press("gy");
    session.wait_for("the copy", |screen| screen.contents().contains("copied"));
    session.press("c");
    session.wait_for("the records", |screen| screen.rows(0, 160).any(|row| row.starts_with('▶')));
    session.press("y");
    session.wait_for_text("copied: /");
    session.press("Q");
    assert!(session.wait_for_end().success());
    let received = session.received();
    assert_all(&received, On::ScreenAndClipboard);
    let text = String::from_utf8(received).unwrap();
    let copies: Vec<String> = text
        .split("\x1b]52;c;")
        .skip(1)
        .map(|rest| {
            base64::engine::general_purpose::STANDARD.decode(rest.split('\x07').next().unwrap()).unwrap()
        })
        .map(|copied| String::from_utf8(copied).unwrap())
        .collect();
    assert_eq!(copies.len(), 2, "{copies:?}");
    for copied in copies {
        let control = copied.chars().find(|&character| character.is_control() && character != '\n');
        assert_eq!(control, None, "{copied:?}");
    }
}

#[test]
fn s13_a_notification_is_text_whatever_the_names_of_a_run() {
    let root = tempfile::tempdir().unwrap();
    let settings = root.path().join("settings.toml");
    fs::write(&settings, "[notify]\nbell = true\nosc9 = true\n").unwrap();
    let chosen = |sequence: &Sequence| sequence.kind == Kind::Hidden && sequence.name.starts_with("OSC");
    let runs = root.path().join("runs");
    let sequences: Vec<Sequence> = corpus().into_iter().filter(chosen).collect();
    let planted: Vec<_> =
        sequences.iter().enumerate().map(|(number, sequence)| plant(&runs, number * 8, sequence)).collect();
    for run in &planted {
        fs::write(run.join("state.json"), r#"{"status":"prepared"}"#).unwrap();
    }
    let environment = [("STEPWATCH_CONFIG", settings.to_str().unwrap())];
    let mut session = Session::stepwatch(&[runs.to_str().unwrap()], &environment, 24, 120);
    session.wait_for_text(&format!("{} runs", planted.len()));
    session.wait_for_text("prepared");
    for run in &planted {
        fs::write(run.join("state.json.new"), "{\"status\":\"failed\",\"message\":\"\\u001b]0;m\\u0007\"}")
            .unwrap();
        fs::rename(run.join("state.json.new"), run.join("state.json")).unwrap();
    }
    session.wait_for_text(&format!("✗ {} failed", planted.len()));
    session.press("Q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
    let received = session.received();
    assert_all(&received, On::ScreenAndNotices);
    let told = String::from_utf8(received).unwrap().matches("\x1b]9;stepwatch: ").count();
    assert!(told > 0 && session.asked(|asked| asked.bells) > 0);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "a release does not fail on purpose")]
fn s14_a_panic_with_a_hostile_message_says_it_harmlessly_on_the_restored_terminal() {
    for sequence in corpus().iter().filter(|sequence| sequence.kind == Kind::Hidden).step_by(40) {
        let Ok(text) = std::str::from_utf8(&sequence.bytes) else { continue };
        let text = text.replace('\0', "");
        for thread in ["main", "thread"] {
            let root = tempfile::tempdir().unwrap();
            let run = plant(root.path(), 0, sequence);
            let environment = [("STEPWATCH_PANIC", thread), ("STEPWATCH_PANIC_TEXT", text.as_str())];
            let mut session = Session::stepwatch(&[run.to_str().unwrap()], &environment, 24, 100);
            session.wait_for_end();
            session.assert_restored();
            session.wait_for_text("asked for by STEPWATCH_PANIC");
            let received = session.received();
            let left = b"\x1b[23;2t";
            let end = received.windows(left.len()).rposition(|window| window == left).unwrap() + left.len();
            assert_all(&received[..end], On::Screen);
            assert_all(&received[end..], On::Lines);
        }
    }
}
