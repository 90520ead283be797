//! Choosing an action by its name.

use super::*;

fn open(rows: u16, entries: u64) -> Fixture {
    let mut fixture = Fixture::with_entries(with_log_rows(rows), entries);
    fixture.press("P");
    assert_eq!(fixture.app.screen(), ScreenKind::Palette);
    fixture
}

fn names(fixture: &Fixture) -> Vec<String> {
    let palette = fixture.app.palette().unwrap();
    palette.choices(fixture.app.keys()).into_iter().map(|choice| choice.name).collect()
}

fn code(fixture: &mut Fixture, code: KeyCode) -> Vec<Effect> {
    fixture.update(Message::Key(Key::plain(code)))
}

#[test]
fn it_lists_every_action_of_the_screen_but_itself_in_the_order_of_the_table() {
    for (keys, about) in [("", ScreenKind::Run), ("c", ScreenKind::Checkpoints), ("w", ScreenKind::Why)] {
        let mut fixture = Fixture::with_entries(with_log_rows(5), 9);
        fixture.press(keys);
        fixture.press("P");
        assert_eq!(fixture.app.palette().unwrap().about(), about);
        let listed = names(&fixture);
        let rows = action::ACTIONS.iter().filter(|row| row.screens.contains(&about));
        let expected: Vec<&str> = rows
            .filter(|row| row.action != Action::Palette)
            .flat_map(|row| {
                // There is one channel in this run.
                if row.action == Action::ToggleChannel { vec!["channel 1"] } else { vec![row.name] }
            })
            .collect();
        assert_eq!(listed, expected);
    }
}

#[test]
fn typing_narrows_to_the_best_and_enter_does_it_on_the_screen_below() {
    let mut fixture = open(5, 20);
    assert!(fixture.run().pane().follows());
    fixture.press("fol");
    assert_eq!(names(&fixture)[0], "follow");
    assert!(fixture.run().pane().follows(), "what is typed is no key of the run screen");
    assert_eq!(code(&mut fixture, KeyCode::Enter), []);
    assert_eq!(fixture.app.screen(), ScreenKind::Run);
    assert!(!fixture.run().pane().follows());
}

#[test]
fn what_is_done_can_be_found_by_what_it_does_and_arrows_choose() {
    let mut fixture = open(5, 20);
    fixture.press("regular expr");
    assert_eq!(names(&fixture), ["search"]);
    fixture.update(Message::Key(Key::control('u')));
    fixture.press("hit");
    let found = names(&fixture);
    assert_eq!(&found[..2], ["next hit", "previous hit"]);
    code(&mut fixture, KeyCode::Down);
    assert_eq!(fixture.app.palette().unwrap().selected(), 1);
    fixture.press("x");
    assert_eq!(fixture.app.palette().unwrap().selected(), 0, "other choices begin at the first");
}

#[test]
fn nothing_that_is_called_so_does_nothing_and_esc_leaves() {
    let mut fixture = open(5, 20);
    fixture.press("zzzz");
    assert_eq!(names(&fixture), [""; 0]);
    assert_eq!(code(&mut fixture, KeyCode::Enter), []);
    assert_eq!(fixture.app.screen(), ScreenKind::Palette, "what is typed can be changed");
    assert_eq!(code(&mut fixture, KeyCode::Escape), []);
    assert_eq!(fixture.app.screen(), ScreenKind::Run);
    fixture.press("?P");
    assert_eq!(fixture.app.screen(), ScreenKind::Help, "there is nothing to do there");
}

#[test]
fn a_channel_is_chosen_by_its_number_and_an_action_without_a_key_is_there() {
    let mut fixture = Fixture::with_entries(with_log_rows(5), 9);
    fixture.append("stderr", 10, "text");
    fixture.look();
    let (keys, refused) = KeyTable::with(&[action::Wish { action: Action::Times, keys: Vec::new() }]);
    assert_eq!(refused, []);
    fixture.app.set_keys(keys);
    fixture.press("Pchannel 2");
    assert_eq!(names(&fixture)[0], "channel 2");
    code(&mut fixture, KeyCode::Enter);
    let hidden: Vec<bool> = fixture
        .run()
        .model()
        .channels()
        .iter()
        .map(|channel| fixture.run().pane().selection().hides(&channel.channel))
        .collect();
    assert_eq!(hidden, [false, true]);
    let before = fixture.run().times();
    fixture.press("Ptimes");
    code(&mut fixture, KeyCode::Enter);
    assert_ne!(fixture.run().times(), before);
}

#[test]
fn what_is_pasted_is_typed_and_the_wheel_chooses() {
    let mut fixture = open(5, 20);
    fixture.update(Message::Wheel(2));
    assert_eq!(fixture.app.palette().unwrap().selected(), 1);
    fixture.update(Message::Paste("wrap\u{1b}".to_owned()));
    assert_eq!(fixture.app.palette().unwrap().editor().text(), "wrap");
    assert_eq!(fixture.app.palette().unwrap().selected(), 0);
    code(&mut fixture, KeyCode::Enter);
    assert!(fixture.run().wraps());
}
