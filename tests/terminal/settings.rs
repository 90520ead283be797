//! What a settings file changes on the screens, and what is said of a mistake in it.

use std::fs;

use super::Run;
use super::session::Session;

/// Opens the run with these settings.
fn open(run: &Run, settings: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Session {
    let file = run.root().join("settings.toml");
    fs::write(&file, settings).unwrap();
    let path = run.path();
    let arguments = [&[path.to_str().unwrap()], arguments].concat();
    let environment = [&[("STEPWATCH_CONFIG", file.to_str().unwrap())], environment].concat();
    Session::stepwatch(&arguments, &environment, 24, 80)
}

/// The colour behind the screen.
fn ground(screen: &vt100::Screen) -> vt100::Color {
    screen.cell(5, 40).unwrap().bgcolor()
}

/// How many cells have a colour.
fn coloured(screen: &vt100::Screen) -> usize {
    let (rows, columns) = screen.size();
    let cells = (0..rows).flat_map(|row| (0..columns).filter_map(move |column| screen.cell(row, column)));
    cells
        .filter(|cell| (cell.fgcolor(), cell.bgcolor()) != (vt100::Color::Default, vt100::Color::Default))
        .count()
}

#[test]
fn a_mistake_in_the_settings_is_named_on_the_status_line_and_everything_else_counts() {
    let run = Run::new(3);
    let settings = "[keys]\nback = [\"ö\"]\nquit = [\"ctrl-c\"]\nfollw = [\"f\"]\n";
    let mut session = open(&run, settings, &[], &[]);
    session.wait_for_text("settings.toml:4: `follw` is no action");
    session.press("x");
    session.wait_for_text("ö quit");
    session.press("ö");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}

#[test]
fn a_theme_is_shown_in_the_colours_that_the_terminal_has() {
    let run = Run::new(3);
    let dark = "[theme]\nname = \"dark\"\n";
    for (name, arguments, environment, expected) in [
        ("all", &[][..], &[("COLORTERM", "truecolor")][..], vt100::Color::Rgb(0x14, 0x17, 0x1c)),
        ("256", &[], &[("COLORTERM", "")], vt100::Color::Idx(234)),
        ("16", &[], &[("COLORTERM", ""), ("TERM", "xterm")], vt100::Color::Default),
        ("light", &["--theme", "light"], &[("COLORTERM", "truecolor")], vt100::Color::Rgb(0xfb, 0xfa, 0xf8)),
    ] {
        let session = open(&run, dark, arguments, environment);
        let screen = session.wait_for_text("line 3.");
        assert_eq!(ground(&screen), expected, "{name}");
        assert!(coloured(&screen) > 0, "{name}");
    }
}

#[test]
fn without_colours_none_are_shown_whatever_the_settings_say() {
    let run = Run::new(3);
    let dark = "[theme]\nname = \"dark\"\n";
    let no_colour = [("COLORTERM", "truecolor"), ("NO_COLOR", "1")];
    let sessions = [
        open(&run, dark, &[], &no_colour),
        open(&run, dark, &["--theme", "monochrome"], &[("COLORTERM", "truecolor")]),
        open(&run, "[theme]\nname = \"monochrome\"\n", &[], &[("COLORTERM", "truecolor")]),
    ];
    for session in sessions {
        let screen = session.wait_for_text("line 3.");
        assert_eq!(coloured(&screen), 0, "{}", screen.contents());
        assert!(screen.contents().contains("● running"));
    }
}
