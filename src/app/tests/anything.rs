//! Any sequence of what can happen, at any size.

use std::fs;

use std::num::NonZeroUsize;

use proptest::prelude::*;
use serde_json::json;

use super::super::emission::{Previewed, TailPreview};
use super::super::layout::{CheckpointsLayout, RunLayout};
use super::super::record_text::{Role, TextLine};
use super::super::*;
use super::Fixture;
use crate::checkpoint::LogTail;

/// Anything that can happen to the application.
#[derive(Clone, Debug)]
enum Step {
    Key(usize, usize),
    Wheel(i32),
    Click(u16, u16),
    Drag(u16),
    Resize(u16, u16),
    Append(u8, u64, u8),
    Piece(u8, u64),
    Truncate(u8),
    Time(u64),
    Typed(char),
    Paste(String),
    Record(u64, u8),
    Records,
    Answer(u64),
    Search(usize),
    Keys(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..action::ACTIONS.len(), 0_usize..9).prop_map(|(row, key)| Step::Key(row, key)),
        1 => (-5_i32..5).prop_map(Step::Wheel),
        2 => (0_u16..310, 0_u16..110).prop_map(|(column, row)| Step::Click(column, row)),
        1 => (0_u16..110).prop_map(Step::Drag),
        1 => (1_u16..=300, 1_u16..=100).prop_map(|(width, height)| Step::Resize(width, height)),
        4 => (0_u8..3, 1_u64..60, 0_u8..6).prop_map(|(channel, seq, lines)| Step::Append(channel, seq, lines)),
        2 => (0_u8..3, 1_u64..60).prop_map(|(channel, seq)| Step::Piece(channel, seq)),
        1 => (0_u8..3).prop_map(Step::Truncate),
        1 => (0_u64..3000).prop_map(Step::Time),
        2 => prop::sample::select(vec!['0', '9', 'ä', 'x', '👩', '\u{301}']).prop_map(Step::Typed),
        1 => "\\PC{0,6}\n?".prop_map(Step::Paste),
        2 => (0_u64..70, 0_u8..5).prop_map(|(seq, kind)| Step::Record(seq, kind)),
        2 => Just(Step::Records),
        2 => (0_u64..9).prop_map(Step::Answer),
        4 => (0_usize..9).prop_map(Step::Search),
        3 => prop::sample::select(FINDING.to_vec()).prop_map(Step::Keys),
    ]
}

/// What is pressed to find something; `⏎` is enter and `⎋` is esc.
const FINDING: [&str; 53] = [
    "W",
    "W",
    "⏎",
    "⏎G",
    "⏎jl⏎",
    "y",
    "T",
    "T",
    "⏎y",
    "⏎n",
    "/te",
    "vkk",
    "vG",
    "v",
    "Y",
    "⎋",
    "Pfol⏎",
    "Pch 2⏎",
    "Pzzz⏎x⎋",
    "P",
    "/t⏎",
    "/(⏎",
    "/⏎",
    "n",
    "N",
    "&t⏎",
    "&!x⏎",
    "&[⏎",
    "&nothing⏎",
    "F",
    "F ",
    "Fx",
    "F⏎!⏎",
    "F⎋",
    ":5⏎",
    ":08:12⏎",
    ":-5m⏎",
    ":c2⏎",
    ":50%⏎",
    ":what⏎",
    "ma",
    "'a",
    "''",
    "]g",
    "[g",
    "]c",
    "[c",
    "]w",
    "[w",
    "]e",
    "[e",
    "]r",
    "[r",
];

fn record_name(seq: u64, kind: u8) -> String {
    let kinds = ["summary", "log_tail", "git_diff", "note", "summary"];
    format!("{:04}-{}.json", seq % 7, kinds[usize::from(kind)])
}

fn record(seq: u64, kind: u8) -> String {
    let payload = match kind {
        1 => json!({"lines": ["[stdout] a\nb", "c", "[stderr] d"], "truncated": true}),
        2 => json!({"patch": "@@ -1 +1 @@\n-a\n+b", "stat": " x | 2 +-"}),
        _ => json!({"detail": "word ".repeat(30)}),
    };
    if kind == 4 {
        return "{\"broken".to_owned();
    }
    json!({"seq": seq % 7, "logSeq": seq, "summary": "about", "payload": payload}).to_string()
}

/// Answers to what may have been asked for under a ticket.
fn answer(fixture: &mut Fixture, ticket: u64) {
    let lines = vec![TextLine::new(Role::Added, "+x"); 50];
    fixture.update(Message::Compared { ticket, lines });
    let limit = NonZeroUsize::MIN;
    let tail = Previewed::LogTail { limit, tail: Ok(Box::new(TailPreview::of(LogTail::default()))) };
    fixture.update(Message::Previewed { ticket, previewed: tail });
    let diff = Previewed::GitDiff { target: 0, base: None, diff: Err("no git here".to_owned()) };
    fixture.update(Message::Previewed { ticket, previewed: diff });
}

fn press(fixture: &mut Fixture, keys: &str) {
    for key in keys.chars() {
        let key = match key {
            '⏎' => Key::plain(KeyCode::Enter),
            '⎋' => Key::plain(KeyCode::Escape),
            character => Key::character(character),
        };
        fixture.update(Message::Key(key));
    }
}

fn check_finding(fixture: &Fixture) -> Result<(), TestCaseError> {
    let run = fixture.run();
    let filters = run.finding().filters();
    prop_assert!(filters.all().is_empty() || filters.selected() < filters.all().len());
    prop_assert!(!run.finding().lists_filters() || !filters.all().is_empty());
    prop_assert_eq!(run.kept().is_some(), filters.on() > 0);
    if let Some(hits) = run.hits() {
        prop_assert!(hits.at.is_none_or(|at| (1..=hits.of).contains(&at)));
        let is_filtering = run.kept().is_some_and(|(_, (searched, total))| searched < total);
        prop_assert!(hits.of <= run.pane().view(run.model()).len() || !hits.is_complete || is_filtering);
    }
    if let Some(chosen) = run.pane().chosen_positions(run.model()) {
        prop_assert!(!run.pane().follows());
        prop_assert!(chosen.start <= chosen.end && chosen.end <= fixture.window().entries);
    }
    if let Some(entry) = run.entry() {
        prop_assert!(entry.top(fixture.app.size()) < entry.lines().len());
    }
    Ok(())
}

fn check_checkpoints(fixture: &Fixture) -> Result<(), TestCaseError> {
    let size = fixture.app.size();
    if let (Some(screen), Some(records)) = (fixture.app.checkpoints(), fixture.run().records()) {
        let rows = screen.rows(records, size).len();
        let (selected, top) = (screen.selected(records), screen.list_top(records, size));
        prop_assert!(records.records.is_empty() || selected < records.records.len());
        let in_sight = top..top + CheckpointsLayout::new(size).records();
        prop_assert!(records.records.is_empty() || in_sight.contains(&selected));
        prop_assert!(rows == 0 || screen.top(records, size) < rows);
    }
    if let Some(prompt) = fixture.app.prompt() {
        prop_assert!(prompt.focus() < prompt.fields().len());
        prop_assert!(!prompt.targets().is_empty());
    }
    let window = fixture.window();
    prop_assert!(fixture.run().marks(&window).keys().all(|row| *row < window.rows.len()));
    Ok(())
}

const CHANNELS: [&str; 3] = ["worker", "stdout", "stderr"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_at_any_size_the_window_fits_and_the_cursor_is_in_it(
        width in 1_u16..=300,
        height in 1_u16..=100,
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut fixture = Fixture::new(Size { width, height });
        for step in steps {
            match step {
                Step::Key(row, key) => {
                    let keys = action::ACTIONS[row].keys;
                    fixture.update(Message::Key(keys[key % keys.len()]));
                }
                Step::Wheel(notches) => { fixture.update(Message::Wheel(notches)); }
                Step::Click(column, row) => { fixture.update(Message::Click { column, row }); }
                Step::Drag(row) => { fixture.update(Message::Drag { row }); }
                Step::Resize(width, height) => { fixture.update(Message::Resize(Size { width, height })); }
                Step::Append(channel, seq, lines) => {
                    let text = vec!["text"; usize::from(lines)].join("\n");
                    fixture.append(CHANNELS[usize::from(channel)], seq, &text);
                    fixture.look();
                }
                Step::Piece(channel, seq) => {
                    fixture.append_exactly(CHANNELS[usize::from(channel)], seq, "piece ");
                    fixture.look();
                }
                Step::Truncate(channel) => {
                    fs::write(fixture.path(CHANNELS[usize::from(channel)]), "").unwrap();
                    fixture.look();
                }
                Step::Time(milliseconds) => fixture.pass(Duration::from_millis(milliseconds)),
                Step::Typed(character) => { fixture.update(Message::Key(Key::character(character))); }
                Step::Paste(text) => { fixture.update(Message::Paste(text)); }
                Step::Record(seq, kind) => fixture.record(&record_name(seq, kind), &record(seq, kind)),
                Step::Records => fixture.read_checkpoints(),
                Step::Answer(ticket) => answer(&mut fixture, ticket),
                Step::Search(which) => { fixture.answer_one(which); fixture.count_one(which); }
                Step::Keys(keys) => press(&mut fixture, keys),
            }
            check_checkpoints(&fixture)?;
            check_finding(&fixture)?;
            let window = fixture.window();
            let rows = usize::from(RunLayout::new(fixture.app.size()).log_height);
            prop_assert!(window.rows.len() <= rows);
            prop_assert!(window.cursor.is_none_or(|cursor| cursor < window.rows.len()));
            prop_assert!(window.entries == 0 || window.last < window.entries);
            prop_assert!(window.first <= window.last);
            let follows = fixture.run().pane().follows();
            prop_assert_eq!(window.cursor.is_none(), follows || window.entries == 0);
            if follows && window.entries > 0 {
                prop_assert_eq!(window.last, window.entries - 1);
            }
            prop_assert!(fixture.new_below() <= window.entries);
        }
    }
}
