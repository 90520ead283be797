//! Finding things as a person does.

use super::{Run, held_row};

#[test]
fn a_hit_is_searched_filtered_gone_to_and_come_back_from() {
    let run = Run::new(3000);
    let mut session = run.open(24, 100);
    session.wait_for_text("line 3000.");
    session.press("g/line 1.00\\.");
    session.wait_for("the first hit and all of their number", |screen| {
        screen.contents().contains("1 of 10 hits")
            && held_row(screen).is_some_and(|(_, row)| row.contains("line 1000."))
    });
    session.press("\r");
    session.press("n");
    session.wait_for("the next hit", |screen| {
        held_row(screen).is_some_and(|(_, row)| row.contains("line 1100."))
    });
    session.press("&00\\.$\r");
    session.wait_for_text("1 filter, 30 of 3\u{a0}000 shown");
    session.wait_for("the place kept", |screen| {
        held_row(screen).is_some_and(|(_, row)| row.contains("line 1100."))
    });
    session.press(":2000\r");
    session.wait_for("the seq", |screen| held_row(screen).is_some_and(|(_, row)| row.contains("line 2000.")));
    session.press("Fx");
    session.wait_for("everything again", |screen| {
        screen.contents().contains("line 2001.")
            && held_row(screen).is_some_and(|(_, row)| row.contains("line 2000."))
    });
    session.press("''");
    session.wait_for("where it was", |screen| {
        held_row(screen).is_some_and(|(_, row)| row.contains("line 1100."))
    });
    session.press("\x1b");
    session.wait_for("the search gone", |screen| !screen.contents().contains("hits"));
    session.press("q");
    assert!(session.wait_for_end().success());
    session.assert_restored();
}
