//! The pictures of the README, drawn by the product's own code. They must be current;
//! `UPDATE_PICTURES=1 cargo test --test pictures` writes them.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests; a helper that fails fails its test"
)]

#[path = "screens/example.rs"]
#[expect(dead_code, reason = "the pictures need only some of the examples")]
mod example;

#[path = "pictures/svg.rs"]
mod svg;

use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use stepwatch::app::{App, Size};
use stepwatch::run::Now;
use stepwatch::tui::view;

use example::Example;

fn picture(app: &App, now: Now, example: &Example, palette: &svg::Palette) -> String {
    let size = app.size();
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: size.width, height: size.height });
    view::draw(app, now, &example.look(true), &mut buffer);
    svg::draw(&buffer, palette)
}

fn compare(name: &str, svg: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, svg).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == svg,
        "assets/{name} is not what the screens look like; UPDATE_PICTURES=1 cargo test --test pictures writes it"
    );
}

#[test]
fn the_picture_of_the_run_screen_is_current() {
    let (app, now, example) = Example::new().run_screen(Size { width: 100, height: 24 });
    compare("run-dark.svg", &picture(&app, now, &example, &svg::DARK));
    compare("run-light.svg", &picture(&app, now, &example, &svg::LIGHT));
}

#[test]
fn the_picture_of_the_list_of_runs_is_current() {
    let (app, now, example) = Example::new().list(Size { width: 100, height: 12 });
    compare("runs-dark.svg", &picture(&app, now, &example, &svg::DARK));
    compare("runs-light.svg", &picture(&app, now, &example, &svg::LIGHT));
}
