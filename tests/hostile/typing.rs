//! S1: what is pasted into every place where something is typed, what is typed there, and what is found
//! again of it.

use std::fs;
use std::path::Path;

use crate::corpus::{Sequence, corpus};
use crate::planted::plant;
use crate::session::Session;
use crate::session::allowed::{On, assert_all};

/// What opens a place to type in on the run screen, and what is shown while it is open.
const PLACES: [(&str, &str); 5] =
    [("/", "regular"), ("&", "drops"), (":", "08:12"), ("s", "enter write"), ("P", "do · run")];

/// Lays a trap at a path.
type Lay = fn(&Path);

/// The sequences that can be pasted: none ends the paste by itself.
fn pasted() -> Vec<(String, String)> {
    let is_whole = |sequence: &Sequence| !sequence.bytes.windows(5).any(|bytes| bytes == b"[201~");
    let all = corpus().into_iter().filter(is_whole);
    all.map(|sequence| {
        let text = String::from_utf8_lossy(&sequence.bytes).into_owned();
        (sequence.name, format!("\x1b[200~a{text}b\x1b[201~"))
    })
    .collect()
}

fn run(root: &Path) -> std::path::PathBuf {
    let run = root.join("task/run");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("state.json"), r#"{"status":"running"}"#).unwrap();
    fs::write(run.join("stdout.jsonl"), "{\"seq\":1,\"text\":\"line\\n\"}\n").unwrap();
    run
}

fn open(path: &Path, state: &Path) -> Session {
    let state = [("XDG_STATE_HOME", state.to_str().unwrap())];
    Session::stepwatch(&[path.to_str().unwrap()], &state, 30, 120)
}

#[test]
fn s1_what_is_pasted_where_something_is_typed_is_obeyed_by_nobody() {
    let (root, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut session = open(&run(root.path()), state.path());
    session.wait_for_text("line");
    session.press("g");
    session.wait_for_text("· held");
    for (number, (name, text)) in pasted().into_iter().enumerate() {
        let (key, shown) = PLACES[number % PLACES.len()];
        session.press(key);
        session.wait_for(&format!("{key:?} opened for {name}"), |screen| screen.contents().contains(shown));
        session.press(&text);
        // Keys that do something only where nothing is typed.
        session.press("\x03G");
        session
            .wait_for(&format!("{key:?} left after {name}"), |screen| screen.contents().contains("· follow"));
        session.press("g");
        session.wait_for(&format!("the log after {name}"), |screen| screen.contents().contains("· held"));
    }
    session.press("Q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
    assert_all(&session.received(), On::Screen);
}

#[test]
fn s1_what_the_list_is_narrowed_by_is_obeyed_by_nobody_and_found_again_harmless() {
    let (root, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    plant(root.path(), 0, &corpus()[0]);
    let mut session = open(root.path(), state.path());
    session.wait_for_text("1 run");
    let texts = pasted();
    for (number, (name, text)) in texts.iter().enumerate() {
        session.press("/");
        session.wait_for(&format!("typing for {name}"), |screen| screen.contents().contains(" of 1 run"));
        session.press(text);
        session.press("\x03");
        session.wait_for(&format!("left after {name}"), |screen| !screen.contents().contains(" of 1 run"));
        // What is kept is shown in the title, and by the next process.
        if number % 25 == 0 {
            session.press("/");
            session.press(text);
            session.press("\r");
            session.wait_for_text("no run answers to");
            session.press("Q");
            assert!(session.wait_for_end().success(), "{name}");
            session.assert_restored();
            assert_all(&session.received(), On::Screen);
            session = open(root.path(), state.path());
            session.wait_for_text("no run answers to");
            session.press("/");
            session.press("\x03");
            session.wait_for(&format!("all runs after {name}"), |screen| {
                !screen.contents().contains(" of 1 run")
            });
        }
    }
    session.press("Q");
    assert!(session.wait_for_end().success());
    assert_all(&session.received(), On::Screen);
}

#[test]
fn s13_what_stands_in_the_place_of_what_is_remembered_blocks_nothing_and_stays() {
    let root = tempfile::tempdir().unwrap();
    let run = run(root.path());
    let traps: [(&str, Lay); 4] = [
        ("a FIFO", |path| {
            rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap()
        }),
        ("a link to a device", |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap()),
        ("a folder", |path| fs::create_dir(path).unwrap()),
        ("a giant", |path| fs::File::create(path).unwrap().set_len(1 << 40).unwrap()),
    ];
    for (what, lay) in traps {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("stepwatch");
        fs::create_dir(&folder).unwrap();
        lay(&folder.join("screens.json"));
        let before = fs::symlink_metadata(folder.join("screens.json")).unwrap();
        let mut session = open(&run, state.path());
        session.wait_for_text("what was open before is not known");
        session.press("Q");
        assert!(session.wait_for_end().success(), "{what}");
        let after = fs::symlink_metadata(folder.join("screens.json")).unwrap();
        assert_eq!((before.file_type(), before.len()), (after.file_type(), after.len()), "{what}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "{what}: nothing lies beside it");
    }
}
