//! The same screen in every theme, and with keys of a person's own.

use ratatui::buffer::Buffer;
use ratatui::style::Color;
use stepwatch::app::{App, Key, Message, Size};
use stepwatch::run::{Now, Status};
use stepwatch::settings::{Settings, ThemeName, ThemeSettings};
use stepwatch::tui::theme::{Depth, Theme, sign, word};
use stepwatch::tui::view::Look;

use super::example::Example;
use super::{SIZES, draw, told};

const SIZE: Size = SIZES[1];

fn in_theme(name: ThemeName, depth: Depth, example: &Example) -> Look {
    Look { theme: Theme::new(&ThemeSettings::named(name), depth), ..example.look(true) }
}

/// Every screen that the examples have, drawn.
fn screens(look: impl Fn(&Example) -> Look) -> Vec<Buffer> {
    let shown = |(app, now, example): &(App, Now, Example)| draw(app, *now, &look(example));
    let mut run = Example::new().run_screen(SIZE);
    let mut drawn = vec![shown(&Example::new().list(SIZE)), shown(&run)];
    for key in ["?", "?", "s"] {
        run.0.update(Message::Key(key.parse().unwrap()), run.1);
        drawn.push(shown(&run));
    }
    drawn
}

fn symbols(buffers: &[Buffer]) -> Vec<Vec<&str>> {
    buffers.iter().map(|buffer| buffer.content.iter().map(|cell| cell.symbol()).collect()).collect()
}

#[test]
fn the_run_screen_in_each_theme() {
    let (app, now, example) = Example::new().run_screen(SIZE);
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, theme, depth) in [
            ("theme_terminal", ThemeName::Terminal, Depth::Sixteen),
            ("theme_dark", ThemeName::Dark, Depth::True),
            ("theme_dark_256", ThemeName::Dark, Depth::Indexed),
            ("theme_light", ThemeName::Light, Depth::True),
            ("theme_monochrome", ThemeName::Monochrome, Depth::True),
        ] {
            insta::assert_snapshot!(name, told(&draw(&app, now, &in_theme(theme, depth, &example))));
        }
    });
}

#[test]
fn no_theme_says_more_than_another() {
    let plain = screens(|example| in_theme(ThemeName::Monochrome, Depth::True, example));
    let is_plain = |buffer: &Buffer| {
        buffer.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset))
    };
    assert!(plain.iter().all(is_plain));
    for name in ThemeName::ALL {
        let themed = screens(|example| in_theme(name, Depth::True, example));
        assert_eq!(symbols(&themed), symbols(&plain), "{name:?}");
    }
    let all = [
        Status::Prepared,
        Status::Running,
        Status::Succeeded,
        Status::Failed,
        Status::Cancelled,
        Status::Unknown,
        Status::Lost,
    ];
    for (index, status) in all.into_iter().enumerate() {
        for other in &all[..index] {
            assert!(sign(status) != sign(*other) && word(status) != word(*other), "{status} {other}");
        }
    }
}

#[test]
fn a_theme_with_a_ground_leaves_no_cell_of_the_terminals() {
    for name in [ThemeName::Dark, ThemeName::Light] {
        for (number, buffer) in screens(|example| in_theme(name, Depth::True, example)).iter().enumerate() {
            let of_terminal = buffer
                .content
                .iter()
                .filter(|cell| !matches!((cell.fg, cell.bg), (Color::Rgb(..), Color::Rgb(..))));
            assert_eq!(of_terminal.count(), 0, "{name:?}, screen {number}");
        }
    }
}

#[test]
fn with_sixteen_colours_a_theme_is_that_of_the_terminal_but_for_chosen_colours() {
    let (app, now, example) = Example::new().run_screen(SIZE);
    let terminal = draw(&app, now, &in_theme(ThemeName::Terminal, Depth::Sixteen, &example));
    assert_eq!(draw(&app, now, &in_theme(ThemeName::Light, Depth::Sixteen, &example)), terminal);
    let (settings, mistakes) = Settings::read("[theme]\nname = \"light\"\nstdout = \"#fa0505\"\n");
    assert_eq!(mistakes, []);
    let theme = Theme::new(&settings.theme, Depth::Sixteen);
    let chosen = draw(&app, now, &Look { theme, ..example.look(true) });
    let count = |buffer: &Buffer| buffer.content.iter().filter(|cell| cell.fg == Color::LightRed).count();
    assert!(count(&chosen) > count(&terminal));
}

#[test]
fn the_footer_the_help_and_the_prompt_show_the_keys_that_are_bound() {
    let (settings, mistakes) = Settings::read(
        "[keys]\nfollow = [\"ö\"]\nsummary = [\"ü\"]\nnew-line = [\"ctrl-n\"]\nhelp = [\"ß\"]\ndismiss = []\n",
    );
    assert_eq!(mistakes, []);
    let (mut app, now, example) = Example::new().run_screen(SIZE);
    app.set_keys(settings.keys.clone());
    let look = Look { keys: settings.keys, ..example.look(true) };
    let shown = |app: &App| told(&draw(app, now, &look));
    let run = shown(&app);
    assert!(run.contains("ö follow") && run.contains("ü summary") && run.contains("ß help"), "{run}");
    assert!(!run.contains("f follow"), "{run}");
    app.update(Message::Key(Key::character('?')), now);
    assert!(app.help().is_none(), "it is not its key any more");
    app.update(Message::Key(Key::character('ß')), now);
    let help = shown(&app);
    assert!(help.contains("Follow new entries") && !help.contains("Take the notice off"), "{help}");
    app.update(Message::Key(Key::character('ß')), now);
    app.update(Message::Key(Key::character('ü')), now);
    let prompt = shown(&app);
    assert!(prompt.contains("ctrl-n begins another line"), "{prompt}");
}

#[test]
fn the_list_has_the_columns_that_are_wanted_in_their_order_and_all_of_them_fit() {
    let (app, now, example) = Example::new().list(SIZE);
    let heads = |columns: &str| {
        let (settings, mistakes) = Settings::read(&format!("[list]\ncolumns = [{columns}]\n"));
        assert_eq!(mistakes, []);
        let buffer = draw(&app, now, &Look { columns: settings.columns, ..example.look(true) });
        let row: String =
            (0..SIZE.width).filter_map(|x| buffer.cell((x, 2))).map(|cell| cell.symbol()).collect();
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(heads(r#""step", "last-line", "status", "idle""#), "STEP LAST LINE STATUS IDLE");
    assert_eq!(heads(r#""idle", "task""#), "IDLE TASK");
    assert_eq!(heads(r#""last-line""#), "LAST LINE");
}
