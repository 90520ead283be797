//! What was open is found again by the next process, unless it is asked to begin anew.

use std::fs;

use super::Run;
use crate::session::Session;

fn open(run: &Run, arguments: &[&str], state: &str) -> Session {
    let mut all = vec![run.root().to_str().unwrap()];
    all.extend(arguments);
    Session::stepwatch(&all, &[("XDG_STATE_HOME", state)], 24, 100)
}

#[test]
fn the_open_run_its_filter_and_its_place_are_found_again_unless_it_begins_anew() {
    let run = Run::new(300);
    let state = tempfile::tempdir().unwrap();
    let state = state.path().to_str().unwrap();
    let mut session = open(&run, &[], state);
    session.wait_for_text("task-1");
    session.press("\r");
    session.wait_for_text("line 300.");
    session.press("&line .*7\\.\r");
    session.wait_for_text("line 297.");
    session.press(":123\r");
    session.wait_for_text("line 117.");
    session.press("Q");
    session.wait_for_end();
    let mut session = open(&run, &[], state);
    session.wait_for_text("as it was left: 1 filter, at seq 117 (--fresh begins anew)");
    let screen = session.wait_for_text("line 117.");
    assert!(!screen.contents().contains("line 300."), "{}", screen.contents());
    session.press("Q");
    session.wait_for_end();
    let mut session = open(&run, &["--fresh"], state);
    session.wait_for_text("1 run");
    session.press("\r");
    session.wait_for_text("line 300.");
    session.press("Q");
    session.wait_for_end();
    let mut session = open(&run, &[], state);
    let screen = session.wait_for_text("line 300.");
    assert!(!screen.contents().contains("as it was left"), "the last time counts");
    session.signal(rustix::process::Signal::TERM);
    session.wait_for_end();
    assert!(fs::read_to_string(format!("{state}/stepwatch/screens.json")).unwrap().contains("task-1/run-1"));
}

#[test]
fn a_file_that_is_none_of_ours_is_told_and_stays() {
    let run = Run::new(3);
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("stepwatch");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("screens.json");
    fs::write(&file, "none of \u{1b}[2J ours").unwrap();
    let mut session = open(&run, &[], state.path().to_str().unwrap());
    session.wait_for_text("what was open before is not known");
    session.press("Q");
    session.wait_for_end();
    assert_eq!(fs::read_to_string(&file).unwrap(), "none of \u{1b}[2J ours");
}

#[test]
fn where_nothing_can_be_kept_that_is_said_at_the_end_and_nothing_fails() {
    let run = Run::new(3);
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("stepwatch"), "a file stands where the folder would be").unwrap();
    let mut session = open(&run, &[], state.path().to_str().unwrap());
    session.wait_for_text("what was open before is not known");
    session.press("Q");
    assert!(session.wait_for_end().success());
}
