//! What the screens look like: drawn by the product's own code into a buffer, with their styles.
#![expect(clippy::unwrap_used, reason = "these are tests; a helper that fails fails its test")]

#[path = "screens/checkpoints.rs"]
mod checkpoints;
#[path = "screens/example.rs"]
mod example;
#[path = "screens/list.rs"]
mod list;
#[path = "screens/stuck.rs"]
mod stuck;
#[path = "screens/themes.rs"]
mod themes;
#[path = "screens/why.rs"]
mod why;

use std::fmt::Write as _;

use proptest::prelude::*;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Color;
use stepwatch::app::{App, Key, KeyCode, Message, Size};
use stepwatch::run::Now;
use stepwatch::tui::theme::Theme;
use stepwatch::tui::view::{self, Look};

use example::Example;

const SIZES: [Size; 4] = [
    Size { width: 60, height: 15 },
    Size { width: 80, height: 24 },
    Size { width: 120, height: 40 },
    Size { width: 200, height: 60 },
];

fn draw(app: &App, now: Now, look: &Look) -> Buffer {
    let size = app.size();
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: size.width, height: size.height });
    view::draw(app, now, look, &mut buffer);
    buffer
}

/// The cells as text, then for every row which columns look how.
fn told(buffer: &Buffer) -> String {
    let mut text = String::new();
    let mut styles = String::new();
    for y in 0..buffer.area.height {
        let row: Vec<&Cell> = (0..buffer.area.width).filter_map(|x| buffer.cell((x, y))).collect();
        let line: String = row.iter().map(|cell| cell.symbol()).collect();
        writeln!(text, "│{line}│").unwrap();
        let mut runs: Vec<(usize, usize, String)> = Vec::new();
        for (x, cell) in row.iter().enumerate() {
            let style = style_of(cell);
            match runs.last_mut() {
                Some((_, to, same)) if *same == style => *to = x,
                _ => runs.push((x, x, style)),
            }
        }
        let runs: Vec<String> = runs
            .into_iter()
            .filter(|(_, _, style)| !style.is_empty())
            .map(|(from, to, style)| format!("{from}-{to} {style}"))
            .collect();
        if !runs.is_empty() {
            writeln!(styles, "{y}: {}", runs.join(", ")).unwrap();
        }
    }
    format!("{text}\n{styles}")
}

fn style_of(cell: &Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(cell.fg.to_string());
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", cell.bg));
    }
    if !cell.modifier.is_empty() {
        words.push(format!("{:?}", cell.modifier));
    }
    words.join(" ")
}

/// Compares with the snapshots: in every size, with colours and without.
fn compare(name: &str, mut show: impl FnMut(Size) -> (App, Now, Example)) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        for size in SIZES {
            let (app, now, example) = show(size);
            let shown = told(&draw(&app, now, &example.look(true)));
            insta::assert_snapshot!(format!("{name}_{}x{}", size.width, size.height), shown);
            let plain = draw(&app, now, &example.look(false));
            let colourless = |cell: &Cell| cell.fg == Color::Reset && cell.bg == Color::Reset;
            assert!(plain.content.iter().all(colourless), "colours without being asked for");
            insta::assert_snapshot!(format!("{name}_{}x{}_no_colour", size.width, size.height), told(&plain));
        }
    });
}

#[test]
fn the_run_screen_follows() {
    compare("run", |size| Example::new().run_screen(size));
}

#[test]
fn the_run_screen_held_with_new_entries_below() {
    compare("run_held", |size| {
        let (mut app, now, mut example) = Example::new().run_screen(size);
        for _ in 0..3 {
            app.update(Message::Key(Key::character('k')), now);
        }
        let batch = example.more();
        app.update(Message::Batch { number: 1, batch }, now);
        (app, now, example)
    });
}

/// The run screen after some keys (`⏎` is enter), with every question answered that they ask.
fn found(size: Size, keys: &str) -> (App, Now, Example) {
    let (mut app, now, example) = Example::new().run_screen(size);
    for key in keys.chars() {
        let key = if key == '⏎' { Key::plain(KeyCode::Enter) } else { Key::character(key) };
        let mut effects = app.update(Message::Key(key), now);
        while let Some(effect) = effects.pop() {
            effects.extend(example::answer(&mut app, effect, now));
        }
    }
    example::settle(&mut app, 1200);
    (app, now, example)
}

#[test]
fn a_search_marks_its_hits_and_counts_them() {
    compare("search", |size| found(size, "g/serde⏎nn"));
}

#[test]
fn a_pattern_that_is_wrong_is_told_while_it_is_typed() {
    compare("search_wrong", |size| found(size, "/serde("));
}

#[test]
fn filters_say_what_they_leave_and_are_listed() {
    compare("filters", |size| found(size, "&compiling⏎&!serde⏎F "));
}

#[test]
fn an_action_is_chosen_by_its_name() {
    compare("palette", |size| found(size, "P"));
    compare("palette_narrowed", |size| found(size, "Ppre"));
}

#[test]
fn scripts_of_all_kinds_keep_the_columns() {
    compare("scripts", |size| {
        let (mut app, now, mut example) = Example::new().run_screen(size);
        let batch = example.in_scripts();
        app.update(Message::Batch { number: 1, batch }, now);
        (app, now, example)
    });
    compare("scripts_entry", |size| {
        let (mut app, now, mut example) = Example::new().run_screen(size);
        let batch = example.in_scripts();
        app.update(Message::Batch { number: 1, batch }, now);
        for key in [Key::character('k'), Key::plain(KeyCode::Enter)] {
            app.update(Message::Key(key), now);
        }
        (app, now, example)
    });
}

#[test]
fn the_pieces_of_a_line_stand_on_one_row_and_are_told_apart_where_it_is_whole() {
    compare("pieces", |size| with_pieces(size, &[]));
    compare("pieces_entry", |size| with_pieces(size, &[Key::character('k'), Key::plain(KeyCode::Enter)]));
}

/// The run screen with a line that was written in pieces, and one after it, after some keys.
fn with_pieces(size: Size, keys: &[Key]) -> (App, Now, Example) {
    let (mut app, now, mut example) = Example::new().run_screen(size);
    let batch = example.in_pieces();
    app.update(Message::Batch { number: 1, batch }, now);
    for key in keys {
        app.update(Message::Key(*key), now);
    }
    (app, now, example)
}

#[test]
fn a_selection_is_marked_and_says_how_it_is_copied() {
    compare("selected", |size| found(size, "kkvkkk"));
}

#[test]
fn an_entry_is_shown_whole() {
    compare("entry", |size| found(size, "kkk⏎"));
}

#[test]
fn long_lines_are_wrapped() {
    compare("wrapped", |size| found(size, "W:18146⏎"));
}

#[test]
fn times_are_told_since_the_start_and_since_the_entry_above() {
    compare("times_since_start", |size| found(size, "T"));
    compare("times_since_above", |size| found(size, "TT"));
}

#[test]
fn a_key_that_waits_for_another_says_for_which() {
    compare("pending", |size| found(size, "&compiling⏎]"));
}

#[test]
fn the_list_of_runs() {
    compare("runs", |size| Example::new().list(size));
}

#[test]
fn the_help_over_the_run_screen() {
    compare("help", |size| {
        let (mut app, now, example) = Example::new().run_screen(size);
        app.update(Message::Key(Key::character('?')), now);
        (app, now, example)
    });
}

#[test]
fn what_is_empty_says_what_it_waits_for() {
    let size = SIZES[0];
    let example = Example::new();
    let (list, now) = example.list_of_nothing(size);
    let (run, _) = example.run_of_nothing(size);
    let too_small = example.run_of_nothing(Size { width: 20, height: 5 }).0;
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("waiting_for_runs", told(&draw(&list, now, &example.look(true))));
        insta::assert_snapshot!("waiting_for_entries", told(&draw(&run, now, &example.look(true))));
        insta::assert_snapshot!("too_small", told(&draw(&too_small, now, &example.look(true))));
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_screen_is_drawn_at_every_size_without_a_panic(
        sizes in proptest::collection::vec((1_u16..=300, 1_u16..=100), 1..6),
        keys in proptest::collection::vec(0_usize..30, 0..12),
        colour in any::<bool>(),
    ) {
        let (run, now, example) = checkpoints::with_records().with_checkpoints_read(SIZES[0]);
        let (list, _, _) = Example::new().list(SIZES[0]);
        let look = Look { theme: Theme::in_colour(colour), ..example.look(colour) };
        for mut app in [run, list] {
            for (width, height) in &sizes {
                app.update(Message::Resize(Size { width: *width, height: *height }), now);
                for key in &keys {
                    let key = [
                        Key::character('k'), Key::character('l'), Key::character('2'), Key::character('?'),
                        Key::character('g'), Key::character('G'), Key::plain(KeyCode::PageUp), Key::character('j'),
                        Key::character('c'), Key::character('s'), Key::character('t'), Key::character('d'),
                        Key::character(' '), Key::plain(KeyCode::Tab), Key::plain(KeyCode::Escape),
                        Key::alt(KeyCode::Enter), Key::character('='), Key::plain(KeyCode::Enter),
                        Key::character('/'), Key::character('&'), Key::character('F'), Key::character(':'),
                        Key::character(']'), Key::character('m'), Key::character('('), Key::character('n'),
                        Key::character('w'), Key::character('!'), Key::character('a'), Key::character('A'),
                    ][*key];
                    app.update(Message::Key(key), now);
                    draw(&app, now, &look);
                }
            }
        }
    }
}
