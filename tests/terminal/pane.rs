//! Choosing an action by its name, and selecting entries, as a person does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Run, held_row};

#[test]
fn an_action_is_done_by_its_name_and_a_selection_is_copied_while_entries_come() {
    let run = Run::new(100);
    let mut session = run.open(15, 60);
    session.wait_for_text("line 100.");
    session.press("\x10begin sel");
    session.wait_for("the action found by what it does", |screen| {
        let shown = screen.contents();
        shown.contains("do · run") && shown.contains("▶select") && !shown.contains("wrap")
    });
    session.press("\r");
    session.wait_for_text("┃ 1 entry selected");
    run.append([101]);
    session.wait_for_text("1 new below");
    session.press("kk");
    session.wait_for("three that are marked", |screen| {
        let marked = screen.rows(0, 60).filter(|row| row.chars().nth(1) == Some('┃')).count();
        marked == 3 && held_row(screen).is_some_and(|(_, row)| row.contains("line 98."))
    });
    session.press("Y");
    session.wait_for_text("✓ copied: 3 entries, all that are selected");
    let copied = session.asked(|asked| asked.copied.clone());
    let copied: Vec<Vec<u8>> = copied.iter().map(|text| STANDARD.decode(text).unwrap()).collect();
    assert_eq!(copied, [b"line 98.\nline 99.\nline 100."]);
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}
