//! How the house is built, held by a test: each storey knows only those below it, screens stay in
//! the screen, clocks stay where time is handed in from, and files stay small.
//!
//! ```text
//! main → cli → tui | report → drive → app → diagnose | checkpoint → model → tail → run
//!        cli → tui → settings → app
//!              record → checkpoint → … → run
//! ```

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "arrows/source.rs"]
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use source::Source;

/// Each storey and those that it may know. `display` and `host` are leaves: they know nothing of
/// ours but the contract.
const STOREYS: &[(&str, &[&str])] = &[
    ("run", &[]),
    ("display", &[]),
    ("host", &["run"]),
    ("tail", &["host", "run"]),
    ("model", &["tail", "run"]),
    ("checkpoint", &["model", "tail", "host", "run"]),
    ("diagnose", &["model", "tail", "host", "run", "display"]),
    ("app", &["diagnose", "checkpoint", "model", "tail", "run", "display"]),
    ("drive", &["app", "diagnose", "checkpoint", "model", "tail", "host", "run", "display"]),
    ("settings", &["app", "diagnose", "display"]),
    ("tui", &["settings", "drive", "app", "model", "display", "run"]),
    ("report", &["diagnose", "checkpoint", "model", "tail", "display", "run"]),
    ("record", &["checkpoint", "host", "run"]),
    (
        "cli",
        &[
            "tui",
            "settings",
            "report",
            "record",
            "drive",
            "app",
            "diagnose",
            "checkpoint",
            "model",
            "tail",
            "host",
            "display",
            "run",
        ],
    ),
    ("main", &["cli"]),
];

/// The crates that draw on a terminal, and the storeys that may know them.
const SCREEN_CRATES: [&str; 2] = ["ratatui", "crossterm"];
const SCREEN_STOREYS: [&str; 2] = ["tui", "cli"];

/// Files of tests that compare what is made here with what such a crate makes of it.
const COMPARING_TESTS: &[(&str, &str)] =
    &[("src/display/tests.rs", "the widths of text must be those of the screen")];

/// The storeys that are handed the time and read no clock.
const TIMELESS_STOREYS: [&str; 5] = ["run", "display", "model", "checkpoint", "app"];
const CLOCKS: [[&str; 2]; 5] =
    [["Instant", "now"], ["SystemTime", "now"], ["Timestamp", "now"], ["Zoned", "now"], ["Uuid", "now_v7"]];

/// Files that may say `unsafe`, each with why nothing else can do it.
const UNSAFE_FILES: &[(&str, &str)] = &[];

/// Files longer than [`LONGEST_FILE`] lines, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[(
    "src/tail/follower.rs",
    "one state machine over one open file: every step of it relies on what the others leave in its fields",
)];
const LONGEST_FILE: usize = 450;

/// What stands in the top folder, besides files that begin with a dot.
const TOP_FOLDER: [&str; 8] =
    ["Cargo.lock", "Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "assets", "src", "tests"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below `folder`, by their paths from the top folder.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    fn visit(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    visit(&root().join(folder), &mut paths);
    paths.sort();
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The modules from the crate's root down to the one in the file `name`: its storey comes first.
fn modules(name: &str) -> Vec<String> {
    let path = name.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    path.split('/').map(str::to_owned).collect()
}

/// What the file `name` does against the rules, a sentence each.
fn violations(name: &str, text: &str) -> Vec<String> {
    let modules = modules(name);
    let storey = modules[0].as_str();
    let Some((_, allowed)) = STOREYS.iter().find(|(known, _)| *known == storey) else {
        return vec![format!("{name}: the storey {storey} is unknown; give it its place in this test")];
    };
    let source = Source::read(text);
    let may_draw = SCREEN_STOREYS.contains(&storey) || COMPARING_TESTS.iter().any(|(file, _)| *file == name);
    let mut found = Vec::new();
    for reference in source.references(modules.len()) {
        if reference.name != storey && !allowed.contains(&reference.name.as_str()) {
            found.push(format!("{name}:{}: {storey} must not know {}", reference.line, reference.name));
        }
    }
    for (word, line) in source.words() {
        if SCREEN_CRATES.contains(&word) && !may_draw {
            found.push(format!("{name}:{line}: {storey} must not know {word}"));
        }
        if word == "unsafe" && !UNSAFE_FILES.iter().any(|(file, _)| *file == name) {
            found.push(format!("{name}:{line}: unsafe code; list the file with its reason, or do without"));
        }
    }
    if TIMELESS_STOREYS.contains(&storey) && modules.last().is_none_or(|module| module != "tests") {
        for [kind, call] in CLOCKS {
            for line in source.calls_outside_tests(kind, call) {
                found.push(format!("{name}:{line}: {storey} reads a clock; let the time be handed in"));
            }
        }
    }
    found
}

#[test]
fn each_storey_knows_only_those_below_it() {
    let found: Vec<String> = rust_files("src")
        .iter()
        .filter(|(name, _)| name != "src/lib.rs")
        .flat_map(|(name, text)| violations(name, text))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_violation_is_caught_however_it_is_written() {
    for (name, text, expected) in [
        ("src/run/x.rs", "use crate::model::Model;", "run must not know model"),
        ("src/run/x.rs", "use crate::{\n  run::{Id, seq},\n  tail::{self, A},\n};", "run must not know tail"),
        ("src/model.rs", "fn f() { let _ = crate :: app::Key; }", "model must not know app"),
        ("src/run/x.rs", "use super::super::tail::RunTail;", "run must not know tail"),
        ("src/run.rs", "use super::tail;", "run must not know tail"),
        ("src/run.rs", "mod tests { use super::super::tail; }", "run must not know tail"),
        (
            "src/run.rs",
            "mod a { mod b { } use super::super::{model::Model as M}; }",
            "run must not know model",
        ),
        ("src/record/x.rs", "use crate::model::Model;", "record must not know model"),
        ("src/record/x.rs", "macro_rules! m { () => { $crate::tui::x() } }", "record must not know tui"),
        ("src/run/x.rs", "use crate::Everything;", "run must not know Everything"),
        ("src/run/x.rs", "use crate::*;", "run must not know *"),
        ("src/main.rs", "fn main() { stepwatch::record::main() }", "main must not know record"),
        ("src/app.rs", "use ratatui::text::Line;", "app must not know ratatui"),
        ("src/report.rs", "fn f() { crossterm::terminal::size(); }", "report must not know crossterm"),
        ("src/attic.rs", "", "the storey attic is unknown"),
        ("src/run/x.rs", "fn f() { unsafe { g() } }", "unsafe code"),
        ("src/model/x.rs", "fn f() { std::time::Instant::now(); }", "model reads a clock"),
        ("src/app.rs", "mod tests { } fn f() { SystemTime::now(); }", "app reads a clock"),
    ] {
        let found = violations(name, text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains(expected), "{text}: {found:?}");
    }
}

#[test]
fn what_is_allowed_or_is_no_code_is_no_violation() {
    for (name, text) in [
        ("src/model.rs", "use crate::run::{Channel, Entry}; use crate::tail::Batch;"),
        ("src/run/x.rs", "// use crate::model;\n/* crate::tui /* nested */ crate::tui */ //! [`crate::app`]"),
        (
            "src/run/x.rs",
            r##"const A: &str = "crate::tui \" crate::app"; const B: &str = r#"crate::"tui"#;"##,
        ),
        (
            "src/run/x.rs",
            "fn f<'a>(x: &'a str) -> char { '\"' } const C: char = '\\''; const D: u8 = b'\\\\';",
        ),
        ("src/run/x.rs", "pub(crate) fn f() {} pub(super) fn g() {} use super::seq; mod t { use super::*; }"),
        ("src/model/x.rs", "mod tests { fn f() { Instant::now(); } }"),
        ("src/tui/x.rs", "use ratatui::Frame; use crate::app::Key;"),
        ("src/run/x.rs", "const UNSAFE: &str = \"unsafe\"; #[expect(lint, reason = \"x\")] fn f() {}"),
    ] {
        assert_eq!(violations(name, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn no_lint_is_switched_off_without_being_expected() {
    let files: Vec<(String, String)> = ["src", "tests"].into_iter().flat_map(rust_files).collect();
    assert!(Source::read("#[allow(x)] fn f() {}").allows_a_lint());
    assert!(Source::read("#![allow(x)]").allows_a_lint());
    assert!(!Source::read("// #[allow(x)]\nfn allow() {}").allows_a_lint());
    for (name, text) in files {
        assert!(!Source::read(&text).allows_a_lint(), "{name} has an allow; use expect with a reason");
    }
}

#[test]
fn no_file_is_long_without_a_reason() {
    let is_listed = |name: &str| LONG_FILES.iter().any(|(file, _)| *file == name);
    for (name, text) in ["src", "tests"].into_iter().flat_map(rust_files) {
        let lines = text.lines().count();
        if is_listed(&name) {
            assert!(lines > LONGEST_FILE, "{name} is not long any more; take it off the list");
        } else {
            assert!(lines <= LONGEST_FILE, "{name} has {lines} lines; split it, or list it with its reason");
        }
    }
    let mut reasons = LONG_FILES.iter().chain(UNSAFE_FILES).chain(COMPARING_TESTS);
    assert!(reasons.all(|(_, reason)| !reason.is_empty()));
}

#[test]
fn the_top_folder_holds_only_the_agreed_names() {
    // What git does not know is nobody's business. Outside a checkout everything counts.
    let listing = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let tracked = listing.ok().filter(|output| output.status.success() && !output.stdout.is_empty());
    let names: BTreeSet<String> = match tracked {
        Some(output) => String::from_utf8(output.stdout)
            .unwrap()
            .split_terminator('\0')
            .filter_map(|path| Some(path.split('/').next()?.to_owned()))
            .collect(),
        None => fs::read_dir(root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "target")
            .collect(),
    };
    let unknown: Vec<&String> =
        names.iter().filter(|name| !name.starts_with('.') && !TOP_FOLDER.contains(&name.as_str())).collect();
    assert_eq!(unknown, Vec::<&String>::new());
}
