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
#[path = "screens/stuck.rs"]
mod stuck;

#[path = "pictures/svg.rs"]
mod svg;

use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::json;
use stepwatch::app::{App, Key, Message, Size};
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

/// Compares the picture of a screen, in a dark and in a light terminal.
fn compare_both(name: &str, (app, now, example): &(App, Now, Example)) {
    compare(&format!("{name}-dark.svg"), &picture(app, *now, example, &svg::DARK));
    compare(&format!("{name}-light.svg"), &picture(app, *now, example, &svg::LIGHT));
}

fn press(app: &mut App, keys: &str, now: Now) {
    for key in keys.chars() {
        app.update(Message::Key(Key::character(key)), now);
    }
}

#[test]
fn the_picture_of_the_run_screen_is_current() {
    compare_both("run", &stuck::run_screen(Size { width: 100, height: 24 }, "npm"));
}

#[test]
fn the_picture_of_the_list_of_runs_is_current() {
    let (mut app, now, example) = stuck::list(Size { width: 100, height: 12 }, "npm");
    // What was said of the last key.
    press(&mut app, "xkkk", now);
    compare_both("runs", &(app, now, example));
}

#[test]
fn the_picture_of_why_is_current() {
    let (mut app, now, example) = stuck::run_screen(Size { width: 100, height: 30 }, "npm");
    press(&mut app, "w", now);
    compare_both("why", &(app, now, example));
}

#[test]
fn the_picture_of_the_palette_is_current() {
    let (mut app, now, example) = stuck::run_screen(Size { width: 100, height: 18 }, "npm");
    press(&mut app, "Pcop", now);
    compare_both("palette", &(app, now, example));
}

#[test]
fn the_picture_of_the_help_is_current() {
    let (mut app, now, example) = stuck::run_screen(Size { width: 100, height: 24 }, "npm");
    press(&mut app, "?", now);
    compare_both("help", &(app, now, example));
}

#[test]
fn the_picture_of_the_checkpoints_is_current() {
    let example = Example::new();
    example.without_checkpoints();
    std::fs::create_dir_all(example.folder_of_checkpoints()).unwrap();
    example.record(1, "summary", "runner", 724.0, "Prepared the step build", &json!({}));
    let patch = "diff --git a/src/schema.rs b/src/schema.rs\n--- a/src/schema.rs\n+++ b/src/schema.rs\n\
        @@ -41,6 +41,6 @@ fn tables() -> Vec<Table> {\n     let mut tables = Vec::new();\n\
        -    tables.push(Table::new(\"sessions\"));\n+    tables.push(Table::new(\"runs\"));\n     tables\n";
    let diff = json!({
        "baseRef": "HEAD", "head": "4b825dc", "stat": " src/schema.rs | 2 +-\n", "patch": patch, "truncated": false,
    });
    example.record(2, "git_diff", "operator", 420.0, "1 file changed, 1 insertion, 1 deletion", &diff);
    let detail = "It drops three tables, and nobody has answered it.\nAsk the owner of the data first.";
    example.record(
        3,
        "summary",
        "operator",
        240.0,
        "the migration asks for leave",
        &json!({"detail": detail}),
    );
    let lines = [
        "[stdout]    Compiling regex v1.12.2\n",
        "[stdout]     Building [========>] 60/60\n",
        "[stdout] The migration will drop 3 tables.\n",
        "[stdout] Proceed? [y/N] ",
    ];
    let tail = json!({"source": "combined", "lines": lines, "truncated": true});
    example.record(4, "log_tail", "operator", 200.0, "last 4 entries up to seq 18202", &tail);
    let (mut app, now, example) = example.with_checkpoints_read(Size { width: 100, height: 20 });
    press(&mut app, "cjj", now);
    compare_both("checkpoints", &(app, now, example));
}
