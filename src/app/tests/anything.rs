//! Any sequence of what can happen, at any size.

use std::fs;

use proptest::prelude::*;

use super::super::layout::RunLayout;
use super::super::*;
use super::Fixture;

/// Anything that can happen to the application.
#[derive(Clone, Debug)]
enum Step {
    Key(usize, usize),
    Wheel(i32),
    Click(u16),
    Resize(u16, u16),
    Append(u8, u64, u8),
    Truncate(u8),
    Time(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..action::ACTIONS.len(), 0_usize..9).prop_map(|(row, key)| Step::Key(row, key)),
        1 => (-5_i32..5).prop_map(Step::Wheel),
        1 => (0_u16..110).prop_map(Step::Click),
        1 => (1_u16..=300, 1_u16..=100).prop_map(|(width, height)| Step::Resize(width, height)),
        4 => (0_u8..3, 1_u64..60, 0_u8..6).prop_map(|(channel, seq, lines)| Step::Append(channel, seq, lines)),
        1 => (0_u8..3).prop_map(Step::Truncate),
        1 => (0_u64..3000).prop_map(Step::Time),
    ]
}

const CHANNELS: [&str; 3] = ["worker", "stdout", "stderr"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_at_any_size_the_window_fits_and_the_cursor_is_in_it(
        width in 1_u16..=300,
        height in 1_u16..=100,
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut fixture = Fixture::new(Size { width, height });
        for step in steps {
            match step {
                Step::Key(row, key) => {
                    let keys = action::ACTIONS[row].keys;
                    fixture.update(Message::Key(keys[key % keys.len()]));
                }
                Step::Wheel(notches) => { fixture.update(Message::Wheel(notches)); }
                Step::Click(row) => { fixture.update(Message::Click(row)); }
                Step::Resize(width, height) => { fixture.update(Message::Resize(Size { width, height })); }
                Step::Append(channel, seq, lines) => {
                    let text = vec!["text"; usize::from(lines)].join("\n");
                    fixture.append(CHANNELS[usize::from(channel)], seq, &text);
                    fixture.look();
                }
                Step::Truncate(channel) => {
                    fs::write(fixture.path(CHANNELS[usize::from(channel)]), "").unwrap();
                    fixture.look();
                }
                Step::Time(milliseconds) => fixture.pass(Duration::from_millis(milliseconds)),
            }
            let window = fixture.window();
            let rows = usize::from(RunLayout::new(fixture.app.size()).log_height);
            prop_assert!(window.rows.len() <= rows);
            prop_assert!(window.cursor.is_none_or(|cursor| cursor < window.rows.len()));
            prop_assert!(window.entries == 0 || window.last < window.entries);
            prop_assert!(window.first <= window.last);
            let follows = fixture.run().pane().follows();
            prop_assert_eq!(window.cursor.is_none(), follows || window.entries == 0);
            if follows && window.entries > 0 {
                prop_assert_eq!(window.last, window.entries - 1);
            }
            prop_assert!(fixture.new_below() <= window.entries);
        }
    }
}
