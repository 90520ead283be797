//! Selecting entries, and copying several.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::super::entry_view::MOST_BYTES;
use super::*;

fn selected(finder: &Finder) -> Option<std::ops::Range<u64>> {
    let run = finder.fixture.run();
    run.pane().chosen_positions(run.model())
}

/// The seq of the entry under the cursor, or of the last one while following.
fn seq_here(finder: &Finder) -> Option<u64> {
    let run = finder.fixture.run();
    run.pane().place(run.model())?.key().seq()
}

#[test]
fn a_selection_is_extended_by_moving_and_copied_as_it_is_shown() {
    let mut finder = Finder::with_hits(5, 20);
    finder.press("vkk");
    assert_eq!(selected(&finder), Some(17..20));
    assert_eq!(finder.press("Y"), [Effect::Copy("line 18\nline 19\na hit of 20".to_owned())]);
    assert_eq!(finder.said(), "copied: 3 entries, all that are selected");
    assert_eq!(selected(&finder), None, "it is done with");
}

#[test]
fn without_a_selection_what_is_in_sight_is_copied() {
    let mut finder = Finder::with_hits(3, 20);
    assert_eq!(finder.press("Y"), [Effect::Copy("line 18\nline 19\na hit of 20".to_owned())]);
    assert_eq!(finder.said(), "copied: 3 entries, all that are in sight");
    let mut empty = Finder::new(Fixture::new(with_log_rows(5)));
    assert_eq!(empty.press("Y"), []);
    assert_eq!(empty.said(), "there is no entry here");
    empty.press("v");
    assert_eq!((selected(&empty), empty.said()), (None, "there is no entry here"));
}

#[test]
fn it_stays_on_its_entries_while_others_come_goes_to_the_end_without_following_and_esc_ends_it() {
    let mut finder = Finder::with_hits(5, 20);
    finder.press("kkvk");
    assert_eq!(selected(&finder), Some(16..18));
    finder.fixture.append("stderr", 21, "new");
    finder.look();
    assert_eq!(selected(&finder), Some(16..18));
    finder.press("G");
    assert_eq!(selected(&finder), Some(17..21));
    finder.fixture.append("stderr", 22, "newer");
    finder.look();
    assert_eq!(selected(&finder), Some(17..21), "the end that was there");
    finder.press("/hit⏎⎋");
    assert_eq!((selected(&finder), finder.searched()), (None, Some("hit")), "one thing after the other");
    finder.press("vf");
    assert_eq!(selected(&finder), None, "what follows is no selection");
}

#[test]
fn only_what_is_shown_is_copied() {
    let mut finder = Finder::with_hits(5, 20);
    finder.press("&hit⏎");
    finder.answer();
    finder.press("gvG");
    assert_eq!(finder.press("Y"), [Effect::Copy("a hit of 10\na hit of 20".to_owned())]);
}

#[test]
fn rows_are_selected_by_dragging_over_them() {
    let mut finder = Finder::with_hits(6, 60);
    let top = RunLayout::new(finder.fixture.app.size()).log_top;
    finder.fixture.update(Message::Click { column: 10, row: top + 1 });
    assert_eq!(selected(&finder), None, "a click selects nothing");
    finder.fixture.update(Message::Drag { row: top + 3 });
    assert_eq!(finder.press("Y"), [Effect::Copy("line 56\nline 57\nline 58".to_owned())]);
    // Upwards, and out of the log.
    finder.fixture.update(Message::Click { column: 10, row: top + 1 });
    finder.fixture.update(Message::Drag { row: 0 });
    assert_eq!(finder.press("Y"), [Effect::Copy("Five of 55\nline 56".to_owned())]);
}

#[test]
fn what_is_too_much_for_the_clipboard_is_cut_between_entries_and_that_is_said() {
    let mut finder = Finder::new(Fixture::new(with_log_rows(5)));
    let long = "x".repeat(MOST_BYTES / 2 - 10);
    for seq in 1..=3 {
        finder.fixture.append("stdout", seq, &long);
    }
    finder.look();
    let copied = finder.press("gvGY");
    assert_eq!(copied, [Effect::Copy(format!("{long}\n{long}"))]);
    assert_eq!(
        finder.said(),
        "copied only the first 2 of 3 entries selected: no more than 256 KiB or 10000 entries are copied"
    );
    finder.fixture.append("stdout", 4, &"y".repeat(MOST_BYTES));
    finder.look();
    assert_eq!(finder.press("GkjvY"), []);
    assert!(finder.said().starts_with("copied nothing"), "{}", finder.said());
    assert_eq!(finder.press("y").len(), 1);
    assert_eq!(finder.said(), "copied: the text of entry 4, only its first 256 KiB");
}

#[derive(Clone, Debug)]
enum Step {
    Press(&'static str),
    Append(u64, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::sample::select(vec!["v", "j", "k", "jj", "kkk", "g", "G", "f", "⎋", " "]).prop_map(Step::Press),
        2 => (0_u64..3, 1_u64..4).prop_map(|(channel, further)| Step::Append(channel, further)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Against a list of all entries in order, and the seq at which the selection was begun.
    #[test]
    fn what_is_selected_is_everything_from_where_it_was_begun_to_the_cursor(
        steps in proptest::collection::vec(step(), 1..50),
    ) {
        let mut finder = Finder::new(Fixture::new(with_log_rows(4)));
        let mut entries: BTreeMap<u64, String> = BTreeMap::new();
        let mut last_of = [0; 3];
        let mut begun: Option<u64> = None;
        for step in steps {
            match step {
                Step::Append(channel, further) => {
                    let place = &mut last_of[usize::try_from(channel).unwrap()];
                    *place += further;
                    let seq = *place * 3 + channel;
                    entries.insert(seq, format!("text {seq}"));
                    finder.fixture.append(["worker", "stdout", "stderr"][usize::try_from(channel).unwrap()], seq, &format!("text {seq}"));
                    finder.look();
                }
                Step::Press(key) => {
                    finder.press(key);
                    match key {
                        "v" if begun.is_none() => begun = seq_here(&finder),
                        "v" | "⎋" | "f" => begun = None,
                        _ => {}
                    }
                }
            }
            prop_assert_eq!(selected(&finder).is_some(), begun.is_some());
            let Some(begun) = begun else { continue };
            let cursor = seq_here(&finder).unwrap();
            let range = begun.min(cursor)..=begun.max(cursor);
            let first = entries.range(..begun.min(cursor)).count() as u64;
            let count = entries.range(range.clone()).count() as u64;
            prop_assert_eq!(selected(&finder), Some(first..first + count));
        }
        if let Some(begun) = begun {
            let cursor = seq_here(&finder).unwrap();
            let texts: Vec<&str> =
                entries.range(begun.min(cursor)..=begun.max(cursor)).map(|(_, text)| &**text).collect();
            prop_assert_eq!(finder.press("Y"), [Effect::Copy(texts.join("\n"))]);
        }
    }
}
