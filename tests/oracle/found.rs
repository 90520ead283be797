//! What the oracle found once, each made small and kept as a case of its own.

use super::operation::{Happenings, Line, Obstacle, Operation as O, Seq, Shape};
use super::run_by_hand;

const FILE: usize = 2;
const OTHER: usize = 1;

fn plain() -> Line {
    Line { seq: Seq::Next, shape: Shape::Plain(0) }
}

fn append(file: usize, lines: usize) -> O {
    O::Append { file, lines: vec![plain(); lines] }
}

fn holds(operations: Vec<O>) {
    if let Err(difference) = run_by_hand(&Happenings(operations)) {
        panic!("{difference}");
    }
}

#[test]
fn a_file_that_is_truncated_and_then_leaves_its_path_is_said_to_be_truncated() {
    holds(vec![append(FILE, 2), O::Poll, O::Truncate { file: FILE, keep: 0 }, O::RenameDirectory]);
}

#[test]
fn two_files_that_are_truncated_between_two_looks_are_both_said_to_be() {
    holds(vec![
        append(FILE, 1),
        append(OTHER, 1),
        O::Poll,
        O::CopyTruncate { file: FILE },
        O::Poll,
        O::CopyTruncate { file: OTHER },
    ]);
}

#[test]
fn a_truncation_between_two_restarts_is_said() {
    let rotation = [append(OTHER, 1), O::Poll, O::Rotate { file: OTHER, create: true }];
    for looks in 0..4 {
        let mut operations = vec![append(FILE, 2)];
        operations.extend(vec![rotation.clone(); 10].concat());
        operations.extend(vec![O::Poll; looks]);
        operations.push(O::Truncate { file: FILE, keep: 0 });
        holds(operations);
    }
}

#[test]
fn a_file_that_is_truncated_behind_an_obstacle_is_not_read_on_in_the_middle_of_a_line() {
    holds(vec![
        append(FILE, 1),
        O::Poll,
        O::Block { file: FILE, with: Obstacle::Directory },
        O::Truncate { file: FILE, keep: 0 },
        O::Append { file: FILE, lines: vec![Line { seq: Seq::Next, shape: Shape::Worker }] },
        O::Poll,
    ]);
}

#[test]
fn a_file_that_comes_back_to_its_path_is_not_read_twice() {
    holds(vec![
        append(FILE, 1),
        O::Poll,
        O::Rotate { file: FILE, create: true },
        O::Poll,
        O::BringBack { file: FILE },
        O::Rest,
        O::Link { file: FILE, to: 0 },
        append(FILE, 1),
        O::Poll,
        O::Link { file: FILE, to: 1 },
        O::Poll,
        O::Link { file: FILE, to: 0 },
        append(FILE, 1),
    ]);
}

#[test]
fn a_torn_line_that_was_cut_off_does_not_hide_the_shorter_one_in_its_place() {
    holds(vec![
        append(FILE, 1),
        O::Tear { file: FILE, line: Line { seq: Seq::Next, shape: Shape::Plain(90) }, at: 55 },
        O::Poll,
        O::Shorten { file: FILE, bytes: 55 },
        append(FILE, 1),
    ]);
}

#[test]
fn a_time_that_comes_after_lines_without_one_orders_the_run() {
    holds(vec![
        O::Seqs(false),
        append(FILE, 1),
        O::Rest,
        O::Append { file: FILE, lines: vec![Line { seq: Seq::Next, shape: Shape::Timed }] },
    ]);
    holds(vec![
        O::Seqs(false),
        append(FILE, 1),
        O::Poll,
        O::Block { file: FILE, with: Obstacle::Directory },
        O::Append { file: FILE, lines: vec![Line { seq: Seq::Next, shape: Shape::Timed }] },
        O::Poll,
    ]);
}

#[test]
fn what_was_not_yet_read_of_a_file_is_not_lost_when_a_shorter_one_replaces_it() {
    holds(vec![
        append(FILE, 1),
        O::Poll,
        append(FILE, 1),
        O::Replace { file: FILE, keep: 500, lines: vec![plain()] },
    ]);
}

#[test]
fn a_whole_object_that_more_follows_in_its_line_is_an_entry_no_longer() {
    let torn = O::Tear { file: FILE, line: plain(), at: 21 };
    holds(vec![torn.clone(), O::Poll, O::Tear { file: FILE, line: plain(), at: 5 }]);
    let with_return = Line { seq: Seq::Next, shape: Shape::CarriageReturn };
    holds(vec![
        O::Tear { file: FILE, line: with_return, at: 20 },
        O::Poll,
        O::Mend { file: FILE, bytes: 1 },
        O::Rest,
        O::Mend { file: FILE, bytes: 1 },
    ]);
}

#[test]
fn as_many_seqs_as_before_a_truncation_have_their_own_gaps() {
    let gap =
        |width| O::Append { file: FILE, lines: vec![Line { seq: Seq::Gap(width), shape: Shape::Plain(0) }] };
    let restart =
        || O::Append { file: OTHER, lines: vec![Line { seq: Seq::Restart, shape: Shape::Plain(0) }] };
    // 1, 2, 6 in the one file, then 1, 3, 6 in its place: one gap before, two after it.
    holds(vec![
        restart(),
        append(OTHER, 1),
        gap(3),
        O::Rest,
        O::CopyTruncate { file: OTHER },
        restart(),
        O::Append { file: OTHER, lines: vec![Line { seq: Seq::Gap(1), shape: Shape::Plain(0) }] },
    ]);
}

#[test]
fn a_truncation_is_seen_where_lines_of_one_length_end_alike() {
    let long = || vec![Line { seq: Seq::Next, shape: Shape::Plain(200) }];
    holds(vec![
        O::Append { file: FILE, lines: long() },
        O::Poll,
        O::CopyTruncate { file: FILE },
        O::Append { file: FILE, lines: long() },
        append(FILE, 1),
    ]);
}

#[test]
fn a_ninth_held_file_is_let_go_of_and_counted() {
    let rotation = [append(FILE, 2), O::Poll, O::Rotate { file: FILE, create: false }];
    holds(vec![rotation; 12].concat());
}

#[test]
fn nuls_with_nothing_before_them_are_passed_over_when_a_torn_line_comes_behind_them() {
    let plain = |length| Line { seq: Seq::Next, shape: Shape::Plain(length) };
    holds(vec![
        O::Append { file: FILE, lines: vec![plain(40)] },
        O::CopyTruncateWithoutAppend { file: FILE, line: plain(0) },
        O::Shorten { file: FILE, bytes: 22 },
        O::Poll,
        O::Tear { file: FILE, line: plain(40), at: 1 },
    ]);
}

#[test]
fn the_times_of_a_file_that_was_truncated_do_not_order_what_is_left() {
    let line = |shape| Line { seq: Seq::Next, shape };
    holds(vec![
        O::Seqs(false),
        append(OTHER, 1),
        O::Poll,
        O::Truncate { file: OTHER, keep: 0 },
        O::Append { file: OTHER, lines: vec![line(Shape::Worker)] },
        O::Replace { file: OTHER, keep: 1, lines: vec![plain()] },
        O::Append { file: FILE, lines: vec![line(Shape::Noise)] },
    ]);
}
