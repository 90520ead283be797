use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation as _;

use super::*;

fn text_of(text: impl AsRef<[u8]>) -> Vec<String> {
    lines(text.as_ref(), Limits::NONE).iter().map(Line::text).collect()
}

fn only(text: &str) -> Line {
    let mut lines = lines(text.as_bytes(), Limits::NONE);
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

/// Written apart from the code it checks: every character that no output may hold, except joiners
/// and variation selectors, which [`assert_harmless`] looks at in their graphemes.
fn is_forbidden(character: char) -> bool {
    let number = u32::from(character);
    number < 0x20
        || (0x7f..0xa0).contains(&number)
        || [0x61c, 0x200e, 0x200f, 0xad, 0x34f, 0xfeff, 0x200b, 0x200c, 0x2060].contains(&number)
        || (0x2028..=0x202e).contains(&number)
        || (0x2066..=0x2069).contains(&number)
        || (0xe0000..=0xe01ff).contains(&number)
}

fn assert_harmless(line: &Line) {
    let mut width = 0;
    for span in &line.spans {
        assert!(!span.text.is_empty());
        for grapheme in span.text.graphemes(true) {
            assert!(!grapheme.contains(is_forbidden), "{grapheme:?} in {:?}", span.text);
            let columns = ratatui::buffer::CellWidth::cell_width(grapheme);
            assert!(columns > 0, "{grapheme:?} takes no column");
            assert!(grapheme.len() <= 4 * MOST_CHARACTERS, "{grapheme:?} is too long");
            width += usize::from(columns);
            let joins = |character| matches!(character, '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
            let begins_as_emoji = grapheme.starts_with(|first: char| {
                character::is_pictographic(first) || "0123456789#*".contains(first)
            });
            assert!(!grapheme.contains(joins) || begins_as_emoji, "{grapheme:?}");
        }
    }
    assert_eq!(line.width, width, "{line:?}");
}

/// Introducers × bodies × terminators, and characters one by one.
fn hostile() -> Vec<Vec<u8>> {
    let mut corpus: Vec<Vec<u8>> = Vec::new();
    let introducers: [&[u8]; 10] = [
        b"\x1b[",
        b"\x1b]",
        b"\x1bP",
        b"\x1b_",
        b"\x1b^",
        b"\x1bX",
        b"\x1b",
        b"\xc2\x9b",
        b"\x9b",
        b"\xc2\x9d",
    ];
    let bodies: [&[u8]; 13] = [
        b"2J",
        b"?1049h",
        b"0;owned",
        b"52;c;aGk=",
        b"8;;http://x/",
        b"6n",
        b"31",
        b"38;5;999m",
        b"1;1H",
        b"!p",
        b"31m",
        b"999999999999m",
        b"\xe2\x80\xae31m",
    ];
    let terminators: [&[u8]; 5] = [b"", b"\x07", b"\x1b\\", b"\xc2\x9c", b"\n"];
    for introducer in introducers {
        for body in bodies {
            for terminator in terminators {
                corpus.push([b"x", introducer, body, terminator, b"y"].concat());
            }
        }
    }
    let singles = (0..0x20_u32)
        .chain(0x7f..0xa1)
        .chain(0x2000..0x2070)
        .chain(0xfe00..0xfe10)
        .chain(0xfff0..0xfffe)
        .chain(0xe0000..0xe0080)
        .chain([
            0xad, 0x34f, 0x61c, 0x180e, 0x115f, 0x1160, 0x3164, 0xffa0, 0xfeff, 0x20e3, 0xff9e, 0x301, 0x903,
        ])
        .filter_map(char::from_u32);
    for single in singles {
        for text in
            [format!("{single}"), format!("a{single}b"), format!("😀{single}😀"), format!("\t{single}")]
        {
            corpus.push(text.into_bytes());
        }
    }
    for (unit, count) in
        [("\u{301}", 60), ("e\u{301}\u{200d}", 9), ("😀\u{200d}", 500), ("ᄀ", 300), ("🇩", 7), ("क्", 99)]
    {
        corpus.push(format!("z{}", unit.repeat(count)).into_bytes());
    }
    for bytes in [
        &b"\xff"[..],
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf0\x9f",
        b"\xf4\x90\x80\x80",
        b"a\xe2\x82",
        b"\xe2\x82\x1b[2J",
    ] {
        corpus.push(bytes.to_vec());
    }
    corpus
}

#[test]
fn log_text_in_one_line_has_no_colours_and_is_cut_where_it_does_not_fit() {
    for (text, columns, expected) in [
        ("\u{1b}[31merror\u{1b}[0m: 3\n", usize::MAX, "error: 3"),
        ("10%\r20%\r", 3, "20%"),
        ("error", 4, "err…"),
        ("界界", 3, "界…"),
        ("a\nb", 3, "a␊b"),
        ("a\nb", 2, "a…"),
        ("\n\n\n\n\n\n", 3, "␊␊…"),
        ("\u{1b}[2Kx", 9, "␛[2Kx"),
        ("x", 0, ""),
        ("", 9, ""),
    ] {
        assert_eq!(plain_within(text, columns), expected, "{text:?} in {columns}");
    }
}

#[test]
fn nothing_in_a_corpus_of_hostile_sequences_reaches_the_terminal() {
    let corpus = hostile();
    assert!(corpus.len() >= 200);
    for text in &corpus {
        for from in [0, 1, 3] {
            for columns in [0, 1, 7, usize::MAX] {
                lines(text, Limits { from, columns, lines: usize::MAX }).iter().for_each(assert_harmless);
            }
        }
        let label = one_line(&String::from_utf8_lossy(text));
        assert!(!label.contains(is_forbidden), "{label:?}");
    }
}

#[test]
fn escapes_and_controls_are_shown_and_not_stripped() {
    assert_eq!(text_of("a\x1b[2Jb"), ["a␛[2Jb"]);
    assert_eq!(text_of("\x1b]0;title\x07"), ["␛]0;title␇"]);
    assert_eq!(text_of("\u{9b}31m\x7f\0\x08"), ["<U+009B>31m␡␀␈"]);
    assert_eq!(
        text_of("a\u{202e}b\u{200b}\u{feff}\u{ad}\u{2028}\u{e0041}"),
        ["a<U+202E>b<U+200B><U+FEFF><U+00AD><U+2028><U+E0041>"]
    );
    assert_eq!(text_of(b"a\xffb\xe2\x82"), ["a\u{fffd}b\u{fffd}"]);
    let line = only("a\x1bb");
    assert_eq!(line.spans[1].kind, SpanKind::Escaped);
    assert_eq!(line.width, 3);
}

#[test]
fn letters_of_right_to_left_scripts_stay() {
    assert_eq!(text_of("שלום مرحبا"), ["שלום مرحبا"]);
}

#[test]
fn colours_become_styles_and_go_on_into_the_next_line() {
    let red = Style { foreground: Some(Color::Indexed(1)), ..Style::default() };
    let made = lines(b"a\x1b[31mb\nc\x1b[0md", Limits::NONE);
    assert_eq!(made[0].spans[1], Span { text: "b".into(), style: red, kind: SpanKind::Plain });
    assert_eq!(made[1].spans[0], Span { text: "c".into(), style: red, kind: SpanKind::Plain });
    assert_eq!(made[1].spans[1], Span { text: "d".into(), ..Span::default() });
    // Also past the last column that is wanted.
    let made = lines(b"abc\x1b[31m\nd", Limits::columns(2));
    assert_eq!((made[0].text().as_str(), made[0].cut), ("ab", true));
    assert_eq!(made[1].spans[0].style, red);
}

#[test]
fn a_redrawn_line_shows_its_last_state_and_counts_the_earlier() {
    for (text, shown, overwritten) in [
        ("10%\r20%\r30%", "30%", 2),
        ("10%\r20%\r", "20%", 1),
        ("\r10%", "10%", 0),
        ("10%\r\r\r20%\r\n", "20%", 1),
        ("done\r\n", "done", 0),
        ("\r", "", 0),
    ] {
        let line = only(text);
        assert_eq!((line.text().as_str(), line.overwritten), (shown, overwritten), "{text:?}");
    }
    let line = only("\x1b[31m10%\r20%");
    assert_eq!(line.spans[0].style.foreground, Some(Color::Indexed(1)));
}

#[test]
fn lines_end_as_a_reader_expects() {
    assert_eq!(text_of(""), [""]);
    assert_eq!(text_of("a"), ["a"]);
    assert_eq!(text_of("a\n"), ["a"]);
    assert_eq!(text_of("\n"), [""]);
    assert_eq!(text_of("a\r\n\r\nb\n"), ["a", "", "b"]);
    assert_eq!(lines(b"a\nb\nc", Limits { lines: 2, ..Limits::NONE }).len(), 2);
}

#[test]
fn a_tab_goes_to_its_stop_and_not_past_the_last_column() {
    assert_eq!(text_of("a\tb\tc"), ["a       b       c"]);
    assert_eq!(text_of("12345678\tx"), ["12345678        x"]);
    let cut = &lines(b"a\tb", Limits::columns(4))[0];
    assert_eq!((cut.text().as_str(), cut.cut), ("a   ", true));
}

#[test]
fn marks_past_the_fourth_are_cut_and_a_mark_without_a_base_is_shown() {
    assert_eq!(text_of(format!("e{}f", "\u{301}".repeat(4))), [format!("e{}f", "\u{301}".repeat(4))]);
    assert_eq!(text_of(format!("e{}f", "\u{301}".repeat(50))), [format!("e{}…f", "\u{301}".repeat(4))]);
    let across_styles = "e".to_owned() + &"\x1b[31m\u{301}".repeat(50);
    assert_eq!(text_of(across_styles), [format!("e{}…", "\u{301}".repeat(4))]);
    assert_eq!(text_of("\u{301}a"), ["<U+0301>a"]);
    assert_eq!(text_of("\x1b\u{301}"), ["␛<U+0301>"]);
}

#[test]
fn emoji_keep_their_joiners_and_others_do_not() {
    for emoji in ["👩🏽‍❤️‍💋‍👩🏿", "👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️", "#️⃣", "🇩🇪🇫🇷"]
    {
        assert_eq!(text_of(emoji), [emoji]);
        assert_eq!(only(emoji).width, only(emoji).spans[0].text.graphemes(true).count() * 2, "{emoji}");
    }
    assert_eq!(text_of("a\u{200d}b\u{fe0f}"), ["a<U+200D>b<U+FE0F>"]);
    assert_eq!(text_of("😀\u{200d}a"), ["😀<U+200D>a"]);
    assert_eq!(text_of("😀\u{fe0f}\u{fe0f}"), ["😀\u{fe0f}<U+FE0F>"]);
}

#[test]
fn an_offset_cuts_wide_characters_to_spaces_and_keeps_styles() {
    let line = &lines("漢字\x1b[31mab".as_bytes(), Limits { from: 1, columns: 4, lines: 1 })[0];
    assert_eq!(line.text(), " 字a");
    assert_eq!(line.spans[1].style.foreground, Some(Color::Indexed(1)));
    assert_eq!((line.width, line.cut), (4, true));
    let line = &lines("漢字".as_bytes(), Limits::columns(3))[0];
    assert_eq!((line.text().as_str(), line.width, line.cut), ("漢", 2, true));
}

#[test]
fn labels_obey_nothing_and_are_cut_to_their_columns() {
    assert_eq!(one_line("a\tb\nc\rd\x1b[31me"), "a␉b␊c␍d␛[31me");
    assert_eq!(one_line_within("abcdef", 4), "abc…");
    assert_eq!(one_line_within("abcd", 4), "abcd");
    assert_eq!(one_line_within("漢字漢", 4), "漢…");
    assert_eq!(one_line_within("abc", 0), "");
}

#[test]
fn of_a_huge_line_only_what_is_looked_at_is_laid_out() {
    for unit in ["x", "漢", "e\u{301}", "\x1b", "\u{200b}"] {
        let line = unit.repeat(1 << 20);
        let mut painter = Painter::new(Limits::columns(200), Style::default(), Rules::Log);
        let looked_at = painter.paint(line.as_bytes());
        assert!(looked_at <= 201 * unit.len(), "{looked_at} bytes of {unit:?}");
        assert!(painter.finish().0.cut);
    }
    let zalgo = "e".to_owned() + &"\u{301}".repeat(1 << 20);
    assert_eq!(only(&zalgo).text().chars().count(), 2 + MOST_MARKS);
}

/// Pieces that meet in hostile text far more often than random bytes would let them.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        any::<char>().prop_map(|character| character.to_string().into_bytes()),
        "[ -~]{1,12}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            "\x1b[31m",
            "\x1b[0m",
            "\x1b[",
            "\x1b",
            "\t",
            "\r",
            "\n",
            "\r\n",
            "\u{301}",
            "\u{200d}",
            "\u{fe0f}",
            "😀",
            "🇩",
            "🏽",
            "漢",
            "ᄀ",
            "ᅡ",
            "\u{600}",
            "\u{903}",
            "क",
            "\u{94d}",
            "\u{202e}",
            "\u{ff9e}",
            "e",
            "#",
            "\u{20e3}",
            "\u{1f3f4}",
            "\u{e0067}",
            "ل",
            "ا",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_become_harmless_lines_of_the_width_they_say(text in pieces()) {
        let made = lines(&text, Limits::NONE);
        prop_assert_eq!(made.len(), line_count(&text));
        for line in &made {
            assert_harmless(line);
            prop_assert!(!line.cut);
        }
    }

    #[test]
    fn a_window_shows_the_columns_that_the_whole_line_has_there(text in pieces(), from in 0_usize..30, columns in 0_usize..30) {
        let limits = Limits { from, columns, lines: usize::MAX };
        for (whole, part) in lines(&text, Limits::NONE).iter().zip(lines(&text, limits)) {
            assert_harmless(&part);
            let mut column = 0;
            let mut expected = Vec::new();
            let mut full = false;
            for span in &whole.spans {
                for grapheme in span.text.graphemes(true) {
                    let width = character::grapheme_width(grapheme);
                    full |= column + width > from + columns;
                    if !full && column >= from {
                        expected.push((grapheme.to_owned(), span.style));
                    } else if !full && column + width > from {
                        expected.extend((from..column + width).map(|_| (" ".to_owned(), span.style)));
                    }
                    column += width;
                }
            }
            let shown: Vec<(String, Style)> = part
                .spans
                .iter()
                .flat_map(|span| span.text.graphemes(true).map(|grapheme| (grapheme.to_owned(), span.style)))
                .collect();
            prop_assert_eq!(shown, expected);
            prop_assert_eq!(part.cut, full);
        }
    }

    #[test]
    fn what_was_made_harmless_once_stays_as_it_is(text in pieces()) {
        for line in lines(&text, Limits::NONE) {
            for span in line.spans {
                prop_assert_eq!(text_of(&span.text), [span.text.as_str()]);
            }
        }
        let label = one_line(&String::from_utf8_lossy(&text));
        prop_assert_eq!(one_line(&label), label);
    }

    #[test]
    fn plain_text_is_left_alone(text in "[ -~äöüßéпривет漢字שלום]{0,60}") {
        prop_assert_eq!(only(&text).text(), text.clone());
        prop_assert_eq!(one_line(&text), text);
    }

    #[test]
    fn a_label_fits_its_columns(text in pieces(), columns in 0_usize..40) {
        let label = one_line_within(&String::from_utf8_lossy(&text), columns);
        prop_assert!(width(&label) <= columns, "{:?}", label);
    }
}

#[test]
fn the_width_of_a_text_is_the_sum_of_its_graphemes() {
    let text = "a\u{301}漢";
    assert_eq!(width(text), 3);
}

#[test]
fn an_emoji_behind_a_prepended_character_keeps_no_invisible_selector() {
    for emoji in ["😀\u{fe0f}", "1\u{fe0f}\u{20e3}"] {
        let line = only(&format!("\u{600}{emoji}"));
        assert_harmless(&line);
        assert!(line.text().contains("<U+FE0F>"), "{line:?}");
    }
}

#[test]
fn a_text_can_be_cut_at_its_beginning() {
    assert_eq!(plain_end_within("Proceed? [y/N] ", 20), "Proceed? [y/N] ");
    assert_eq!(plain_end_within("Drop these rows? [y/N] ", 9), "…? [y/N] ");
    assert_eq!(plain_end_within("漢字漢字", 6), "…漢字");
    assert_eq!(plain_end_within("abc", 1), "…");
    assert_eq!(plain_end_within("abc", 0), "");
}

proptest! {
    #[test]
    fn a_text_cut_at_its_beginning_fits_and_is_harmless(text in "\\PC{0,40}", columns in 0..30_usize) {
        let cut = plain_end_within(&text, columns);
        prop_assert!(width(&cut) <= columns);
        prop_assert!(!cut.contains(is_forbidden), "{:?}", cut);
    }
}
