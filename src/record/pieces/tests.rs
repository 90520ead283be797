use proptest::prelude::*;

use super::*;

struct Channel {
    pieces: Pieces,
    now: Instant,
    taken: Vec<Vec<u8>>,
}

impl Channel {
    fn new() -> Self {
        Self { pieces: Pieces::default(), now: Instant::now(), taken: Vec::new() }
    }

    fn read(&mut self, bytes: &[u8]) {
        self.pieces.push(bytes, self.now, |piece| self.taken.push(piece.text.to_vec()));
    }

    fn wait(&mut self, milliseconds: u64) {
        self.now += Duration::from_millis(milliseconds);
        self.pieces.expire(self.now, |piece| self.taken.push(piece.text.to_vec()));
    }

    fn finish(&mut self) {
        self.pieces.finish(|piece| self.taken.push(piece.text.to_vec()));
    }
}

#[test]
fn every_line_is_a_piece_with_its_end() {
    let mut channel = Channel::new();
    channel.read(b"one\r\ntwo\n\nthr");
    channel.read(b"ee\nfour");
    channel.finish();
    assert_eq!(channel.taken, [&b"one\r\n"[..], b"two\n", b"\n", b"three\n", b"four"]);
}

#[test]
fn an_open_line_is_written_after_fifty_milliseconds_and_not_before() {
    let mut channel = Channel::new();
    channel.read(b"Proceed? ");
    channel.wait(49);
    assert!(channel.taken.is_empty());
    channel.wait(1);
    assert_eq!(channel.taken, [b"Proceed? "]);
    assert_eq!(channel.pieces.deadline(), None);
    channel.read(b"yes\n");
    assert_eq!(channel.taken.len(), 2);
}

#[test]
fn an_open_line_that_grows_does_not_get_more_time() {
    let mut channel = Channel::new();
    for percent in 0..6 {
        channel.read(format!("{percent} %\r").as_bytes());
        channel.wait(10);
    }
    assert_eq!(channel.taken.len(), 1);
    assert!(channel.taken[0].starts_with(b"0 %\r1 %\r"));
}

#[test]
fn a_character_that_a_read_cut_waits_for_its_rest() {
    let mut channel = Channel::new();
    channel.read(b"caf\xc3");
    channel.wait(60);
    assert_eq!(channel.taken, [b"caf"]);
    assert_eq!(channel.pieces.deadline(), None, "half a character is nothing to wake up for");
    channel.wait(500);
    channel.read(b"\xa9");
    channel.wait(60);
    assert_eq!(channel.taken[1], "é".as_bytes());
}

#[test]
fn bytes_that_nothing_could_make_valid_do_not_wait() {
    let mut channel = Channel::new();
    channel.read(b"\xff\xfe");
    channel.wait(60);
    assert_eq!(channel.taken, [b"\xff\xfe"]);
    channel.read(b"\xf0\x9f");
    channel.finish();
    assert_eq!(channel.taken[1], b"\xf0\x9f");
}

#[test]
fn a_long_line_is_cut_at_64_kib_between_characters() {
    let mut channel = Channel::new();
    let mut line = vec![b'x'; LONGEST_PIECE - 1];
    line.extend_from_slice("é漢\n".as_bytes());
    channel.read(&line[..LONGEST_PIECE - 1]);
    assert!(channel.taken.is_empty());
    channel.read(&line[LONGEST_PIECE - 1..]);
    let lengths: Vec<usize> = channel.taken.iter().map(Vec::len).collect();
    assert_eq!(lengths, [LONGEST_PIECE - 1, 6]);

    let mut endless = Channel::new();
    endless.read(&vec![b'y'; 3 * LONGEST_PIECE + 5]);
    assert_eq!(endless.taken.len(), 3);
    endless.read(b"\n");
    assert_eq!(endless.taken[3], b"yyyyy\n");
}

proptest! {
    #[test]
    fn no_byte_is_lost_and_no_whole_character_is_cut(
        text in proptest::collection::vec(prop_oneof![Just("\n"), Just("é"), Just("漢"), Just("😀"), Just("ab"), Just("\r")], 0..200),
        cuts in proptest::collection::vec((1_usize..40, 0_u64..60), 1..50),
    ) {
        let text = text.concat().into_bytes();
        let mut channel = Channel::new();
        let mut rest = &text[..];
        for (length, pause) in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (head, tail) = rest.split_at((*length).min(rest.len()));
            channel.read(head);
            channel.wait(*pause);
            rest = tail;
        }
        channel.finish();
        prop_assert_eq!(channel.taken.concat(), text);
        for piece in &channel.taken {
            prop_assert!(std::str::from_utf8(piece).is_ok());
            prop_assert!(!piece.is_empty());
            prop_assert!(memchr::memchr(b'\n', &piece[..piece.len() - 1]).is_none(), "one line a piece");
        }
    }

    #[test]
    fn any_bytes_come_out_again_in_order(reads in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 1..50), 0_u64..60), 0..40)) {
        let mut channel = Channel::new();
        for (bytes, pause) in &reads {
            channel.read(bytes);
            channel.wait(*pause);
        }
        channel.finish();
        let all: Vec<u8> = reads.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        prop_assert_eq!(channel.taken.concat(), all);
    }
}
