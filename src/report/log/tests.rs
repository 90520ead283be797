use std::fs;

use proptest::prelude::*;

use super::*;
use crate::run::RunDirectory;

/// Lines of every form, with text in which everything stands that is written in a way of its own.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::sample::select(vec![
        "one\\n",
        "two\\nlines\\n",
        "no end",
        "",
        "\\n",
        "\\n\\nx",
        "10%\\r20%",
        "\\u001b[31mred\\u001b[0m",
        "\\u001B[2J\\/",
        "é\\u00e9\\ud83d\\ude00\\n",
        "\\\"C:\\\\x\\\"\\t\\u0000",
        "\u{202e}\u{7f}",
        "\\ud83d",
    ]);
    let form = prop::sample::select(vec![
        ("\"ts\":\"2026-03-21T08:00:00.036Z\",\"text\":\"", "\"}"),
        ("\"ts\":\"2026-03-21T08:00:00.036Z\",\"text\":\"", "\"}"),
        ("\"ts\":\"2026-03-21T09:00:00+01:00\",\"text\":\"", "\"}"),
        ("\"ts\":\"noon\",\"text\":\"", "\"}"),
        ("\"text\":\"", "\"}\r"),
        ("\"event\":\"e\",\"level\":\"info\",\"renderedLine\":\"", "\"}"),
        ("\"event\":\"e\",\"renderedLine\":\"", "\",\"data\":{}}"),
        ("\"bytes\":\"/2EK\",\"x\":\"", "\"}"),
        ("\"msg\":\"", "\"}"),
        ("\"text\":\"", ""),
    ]);
    prop_oneof![
        12 => (0..300_u64, form, text).prop_map(|(seq, (head, end), text)| {
            format!("{{\"seq\":{seq},{head}{text}{end}").into_bytes()
        }),
        1 => Just(b"noise".to_vec()),
        1 => Just(b"\xff\x1b[2J".to_vec()),
    ]
}

/// The same entry by entry, with everything decoded and nothing done side by side.
fn plain(search: &Search<'_, '_>, view: &View<'_>) -> Vec<u8> {
    let mut entries: Vec<Vec<u8>> = Vec::new();
    for placed in view.from(0).filter(|placed| search.request.matches(placed)) {
        let mut out = Vec::new();
        let reported = Reported { run: search.run, ..reported(&placed, false) };
        reported.write(&mut out, search.form, search.presentation).unwrap();
        entries.push(out);
    }
    let last = search.request.last.map_or(entries.len(), |last| usize::try_from(last).unwrap());
    entries[entries.len().saturating_sub(last)..].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, ..ProptestConfig::default() })]

    #[test]
    fn what_threads_write_straight_from_the_lines_is_what_is_written_of_decoded_entries(
        files in prop::array::uniform3(prop::collection::vec(line(), 0..120)),
        pattern in prop::option::of(prop::sample::select(vec!["e", "^$", "red|one", "\\d{2}%"])),
        last in prop::option::of(0..40_u64),
        run in prop::option::of(Just("task/run\n\u{202e}")),
        piece in prop::sample::select(vec![300, 700, 5000]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (name, lines) in ["worker.jsonl", "stdout.jsonl", "a\u{1b}b.jsonl"].into_iter().zip(&files) {
            let lines: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
            fs::write(folder.path().join(name), lines).unwrap();
        }
        let model = Model::load(RunDirectory::alone(folder.path())).unwrap();
        let pattern = pattern.map(|pattern| Pattern::new(pattern).unwrap());
        let last = last.filter(|_| pattern.is_some());
        let request = LogRequest { pattern, last, ..LogRequest::default() };
        let selection = request.selection(&model);
        let view = model.view(&selection);
        for form in [Form::Text, Form::Raw, Form::Json] {
            for (terminal, color) in [(false, false), (false, true), (true, true)] {
                let walk = Walk::new(&view, Cut::BEGIN, Cut::end());
                let presentation = Presentation { terminal, color };
                let search = Search { request: &request, walk, run, form, presentation, piece };
                let mut out = Vec::new();
                match last {
                    Some(last) => search.write_last(last, &mut out).unwrap(),
                    None => search.write_all(&mut out).unwrap(),
                };
                let expected = plain(&search, &view);
                prop_assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&expected));
                prop_assert_eq!(out, expected);
            }
        }
    }
}
