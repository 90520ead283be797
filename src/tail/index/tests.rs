//! The index against a walk over all lines.

use proptest::prelude::*;

use super::*;

fn lines() -> impl Strategy<Value = Vec<(Option<u64>, u64)>> {
    proptest::collection::vec((proptest::option::weighted(0.8, 0..60_u64), 1..9000_u64), 0..700)
}

/// Every line's standing by a walk: its own key, or that of the line before it.
fn walked(lines: &[(Option<u64>, u64)]) -> Vec<(OrderKey, u64)> {
    let (mut offset, mut last) = (0, OrderKey::FIRST);
    let walk = |(seq, length): &(Option<u64>, u64)| {
        last = seq.map_or(last, OrderKey::of_seq);
        offset += length;
        (last, offset - length)
    };
    lines.iter().map(walk).collect()
}

fn index_of(lines: &[(Option<u64>, u64)], mut offset: u64, mut index: SegmentIndex) -> SegmentIndex {
    for (seq, length) in lines {
        index.push(LineMark::new(offset, seq.map(OrderKey::of_seq), true));
        offset += length;
        if offset.is_multiple_of(3) {
            index.finish(offset);
        }
    }
    index.finish(offset);
    index
}

/// The lines found by reading every block again, by the same rule.
fn read_again(index: &SegmentIndex, lines: &[(Option<u64>, u64)]) -> Vec<(OrderKey, u64)> {
    let mut again = Vec::new();
    let mut spine = 0;
    let places = walked(lines);
    for number in 0..index.blocks().len() {
        assert_eq!(index.spine_before(number), spine);
        let mut placing = index.placing_at(number);
        for (line, (_, offset)) in lines.iter().zip(&places) {
            if index.block_of_offset(*offset) == Some(number) {
                let standing = placing.place(line.0.map(OrderKey::of_seq));
                again.push((standing.key, *offset));
                spine += u64::from(!standing.displaced);
            }
        }
    }
    assert_eq!(spine, index.spine_len());
    again
}

proptest! {
    #[test]
    fn the_index_knows_what_a_walk_over_all_lines_finds(lines in lines(), probes in proptest::collection::vec(0..64_u64, 8)) {
        let index = index_of(&lines, 0, SegmentIndex::default());
        let naive = walked(&lines);
        prop_assert_eq!(index.spine_len() + index.displaced().len() as u64, naive.len() as u64);
        prop_assert!(index.displaced().is_sorted());
        prop_assert_eq!(&read_again(&index, &lines), &naive);
        for probe in probes {
            let key = OrderKey::from_number(probe);
            let below = naive.iter().filter(|line| line.0 < key).count() as u64;
            let displaced = index.displaced().partition_point(|line| line.key < key) as u64;
            let (_, least, most) = index.spine_below(key);
            prop_assert!(least + displaced <= below && below <= most + displaced);
        }
    }

    #[test]
    fn pieces_put_behind_each_other_are_the_index_of_the_whole(lines in lines(), cuts in proptest::collection::vec(0..700_usize, 0..6)) {
        let whole = index_of(&lines, 0, SegmentIndex::default());
        let naive = walked(&lines);
        // Only where a line is not below any before it may a piece begin.
        let may_begin = |at: usize| at < lines.len() && {
            let highest = lines[..at].iter().filter_map(|line| line.0).max();
            lines[at].0.is_some_and(|seq| highest.is_none_or(|highest| seq >= highest))
        };
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|at| may_begin(*at)).collect();
        cuts.extend([0, lines.len()]);
        cuts.sort_unstable();
        let first = lines.iter().find_map(|line| line.0).map(OrderKey::of_seq);
        let mut joined = SegmentIndex::default();
        for piece in cuts.windows(2) {
            let begin = naive.get(piece[0]).map_or(0, |line| line.1);
            joined.append(index_of(&lines[piece[0]..piece[1]], begin, SegmentIndex::of_piece(first)));
        }
        joined.finish(0);
        prop_assert_eq!(joined.displaced(), whole.displaced());
        prop_assert_eq!(joined.counts(), whole.counts());
        prop_assert_eq!((joined.spine_len(), joined.end(), joined.highest()), (whole.spine_len(), whole.end(), whole.highest()));
        prop_assert_eq!(joined.last_line(), whole.last_line());
        prop_assert_eq!(&read_again(&joined, &lines), &naive);
        // And lines may go on behind the last piece.
        let end = joined.end();
        joined.push(LineMark::new(end, None, false));
        joined.finish(end + 1);
        prop_assert_eq!(joined.last_line().map(|line| line.0), Some(naive.last().map_or(OrderKey::FIRST, |line| line.0)));
    }

    #[test]
    fn with_too_many_displaced_lines_every_line_is_still_found_once_and_the_order_said_to_be_approximate(lines in lines(), most in 0..40_usize) {
        let index = index_of(&lines, 0, SegmentIndex { most_displaced: most, ..SegmentIndex::default() });
        let exact = index_of(&lines, 0, SegmentIndex::default());
        prop_assert_eq!(index.counts(), exact.counts());
        let again = read_again(&index, &lines);
        let offsets = |lines: &[(OrderKey, u64)]| lines.iter().map(|line| line.1).collect::<Vec<_>>();
        prop_assert_eq!(offsets(&again), offsets(&walked(&lines)));
        prop_assert_eq!(index.spine_len() + index.displaced().len() as u64, lines.len() as u64);
        prop_assert!(index.is_approximate() || index.displaced() == exact.displaced());
        // What is aside is bounded: by the limit and one block.
        prop_assert!(index.displaced().len() < most + BLOCK_LINES as usize + 1);
    }
}

/// Blocks as an index makes them: few bytes and keys from each other, or very many.
fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let step = || prop_oneof![20 => 0..20_000_u64, 1 => 0..6_000_000_000_u64];
    let steps = proptest::collection::vec((step(), 0..=128_u64, step()), 0..300);
    (any::<u32>(), steps).prop_map(|(first, steps)| {
        let mut at = Block {
            offset: u64::from(first),
            spine_before: 0,
            lowest: OrderKey::FIRST,
            highest: OrderKey::FIRST,
        };
        let next = |(length, lines, keys): (u64, u64, u64)| {
            let block = Block { highest: OrderKey::from_number(at.lowest.number() + keys), ..at };
            at = Block {
                offset: at.offset + length,
                spine_before: at.spine_before + lines,
                lowest: block.highest,
                ..at
            };
            block
        };
        steps.into_iter().map(next).collect()
    })
}

proptest! {
    #[test]
    fn packed_blocks_are_the_blocks_that_were_packed(naive in blocks(), grown in 0..9_000_000_000_u64) {
        let mut naive = naive;
        let mut packed = Blocks::default();
        for block in &naive {
            packed.push(*block);
            prop_assert_eq!(packed.last(), Some(*block));
        }
        if let Some(last) = naive.last_mut() {
            last.highest = OrderKey::from_number(last.highest.number() + grown);
            packed.set_highest(last.highest);
        }
        prop_assert_eq!(&packed.iter().collect::<Vec<_>>(), &naive);
        prop_assert_eq!((packed.len(), packed.is_empty()), (naive.len(), naive.is_empty()));
        prop_assert_eq!(packed.get(naive.len()), None);
        for (number, block) in naive.iter().enumerate() {
            prop_assert_eq!(packed.get(number), Some(*block));
            let offset = |found: &Block| found.offset < block.offset;
            prop_assert_eq!(packed.partition_point(offset), naive.partition_point(offset));
            let lowest = |found: &Block| found.lowest <= block.highest;
            prop_assert_eq!(packed.partition_point(lowest), naive.partition_point(lowest));
        }
        prop_assert_eq!(packed.partition_point(|_| true), naive.len());
        prop_assert_eq!(packed.partition_point(|_| false), 0);
    }
}

#[test]
fn a_counter_that_begins_again_is_a_restart_and_a_backward_file_is_not() {
    let restarts = |seqs: &[u64]| {
        let mut index = SegmentIndex::default();
        for (place, seq) in seqs.iter().enumerate() {
            index.push(LineMark::new(place as u64, Some(OrderKey::of_seq(*seq)), true));
        }
        (index.counts().restarts, index.counts().disorder)
    };
    assert_eq!(restarts(&[1, 2, 3, 1, 2, 3, 1]), (2, 3));
    assert_eq!(restarts(&[5, 4, 3, 2]), (0, 3));
    assert_eq!(restarts(&[1, 2, 5, 3, 6]), (0, 1));
}

#[test]
fn a_sorted_segment_costs_a_tenth_of_a_byte_a_line() {
    let mut index = SegmentIndex::default();
    for line in 0..128_000_u64 {
        index.push(LineMark::new(line * 130, Some(OrderKey::of_seq(line)), true));
    }
    let bytes = index.blocks().bytes();
    assert!(bytes as f64 <= 0.1 * 128_000.0, "{bytes} bytes");
}
