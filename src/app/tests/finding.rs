//! Searching, filtering and going to places, on real files.

mod copying;
mod entry;
mod filters;
mod going;
mod joined;

use super::super::finding::{Count, Search};
use super::*;
use crate::tail::Sizes;

/// A fixture whose questions are answered one job at a time.
pub(super) struct Finder {
    pub(super) fixture: Fixture,
}

impl Finder {
    pub(super) fn new(fixture: Fixture) -> Self {
        Self { fixture }
    }

    /// Entries of which every tenth says `hit` and every fifth `Five`.
    pub(super) fn with_hits(rows: u16, entries: u64) -> Self {
        let fixture = Fixture::new(with_log_rows(rows));
        for seq in 1..=entries {
            fixture.append("stdout", seq, &text_of(seq));
        }
        let mut finder = Self::new(fixture);
        finder.look();
        finder
    }

    pub(super) fn look(&mut self) {
        self.fixture.look();
    }

    fn update(&mut self, message: Message) -> Vec<Effect> {
        self.fixture.update(message)
    }

    /// Presses keys; `⏎`, `⎋` and `⌫` stand for those.
    pub(super) fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for key in keys.chars() {
            let key = match key {
                '⏎' => Key::plain(KeyCode::Enter),
                '⎋' => Key::plain(KeyCode::Escape),
                '⌫' => Key::plain(KeyCode::Backspace),
                character => Key::character(character),
            };
            effects.extend(self.update(Message::Key(key)));
        }
        effects
    }

    fn answer_one(&mut self) -> bool {
        self.fixture.answer_one(0)
    }

    pub(super) fn answer(&mut self) {
        while self.answer_one() || self.fixture.count_one(0) {}
    }

    /// The seq under the cursor; `None` while following.
    pub(super) fn at(&self) -> Option<String> {
        self.fixture.cursor().map(|(_, seq)| seq)
    }

    fn hits(&self) -> Option<Count> {
        self.fixture.run().hits()
    }

    pub(super) fn said(&self) -> &str {
        self.fixture.app.said().map_or("", |said| &said.text)
    }

    pub(super) fn searched(&self) -> Option<&str> {
        self.fixture.run().finding().search().map(Search::text)
    }

    fn problem(&self) -> Option<&str> {
        self.fixture.run().finding().line().and_then(|line| line.problem())
    }
}

fn text_of(seq: u64) -> String {
    match (seq % 10, seq % 5) {
        (0, _) => format!("a hit of {seq}"),
        (_, 0) => format!("Five of {seq}"),
        _ => format!("line {seq}"),
    }
}

#[test]
fn the_view_goes_to_the_first_hit_below_while_it_is_typed_and_esc_comes_back() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("g");
    let before = (finder.fixture.rows(), finder.at());
    finder.press("/h");
    assert_eq!(finder.at().as_deref(), Some("1"), "no key waits for the search");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("10"));
    finder.press("it of 3");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("30"));
    finder.press("⌫");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("10"), "from where the search began");
    finder.press("⎋");
    assert_eq!((finder.fixture.rows(), finder.at()), before);
    assert_eq!(finder.searched(), None);
    assert!(finder.fixture.jobs.is_empty());
}

#[test]
fn esc_follows_again_where_the_search_began_while_following() {
    let mut finder = Finder::with_hits(5, 63);
    finder.press("/hit");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("60"), "nothing below matches: the last one above");
    finder.press("⎋");
    assert!(finder.fixture.run().pane().follows());
}

#[test]
fn an_expression_that_is_none_is_told_and_changes_nothing() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("g/hit");
    finder.answer();
    let rows = finder.fixture.rows();
    finder.press("(");
    assert_eq!(finder.problem(), Some("unclosed group"));
    assert_eq!(finder.fixture.rows(), rows);
    assert_eq!(finder.searched(), Some("hit"), "what was found before stays");
    finder.press("⏎");
    assert!(finder.fixture.run().finding().line().is_some(), "it cannot be kept");
    finder.press("⌫⏎");
    assert!(finder.fixture.run().finding().line().is_none());
    assert_eq!(finder.hits(), Some(Count { at: Some(1), of: 6, is_complete: true }));
}

#[test]
fn n_goes_from_hit_to_hit_and_says_when_it_begins_again() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("g/hit⏎");
    finder.answer();
    let mut passed = vec![finder.at()];
    for _ in 0..6 {
        finder.press("n");
        passed.push(finder.at());
        assert_eq!(finder.said().is_empty(), passed.len() < 7);
    }
    let expected: Vec<_> = [10, 20, 30, 40, 50, 60, 10].map(|seq: u64| Some(seq.to_string())).into();
    assert_eq!(passed, expected);
    assert!(finder.said().contains("no hit below"), "{}", finder.said());
    finder.press("N");
    assert_eq!(finder.at().as_deref(), Some("60"));
    assert!(finder.said().contains("no hit above"), "{}", finder.said());
    assert_eq!(finder.hits().and_then(|hits| hits.at), Some(6));
    finder.press("⎋");
    assert_eq!(finder.hits(), None);
    assert!(finder.fixture.app.run().is_some(), "esc took the search away, not the screen");
    finder.press("n");
    assert!(finder.said().contains("nothing is searched for"));
}

#[test]
fn capital_letters_count_only_where_the_pattern_has_some() {
    let mut finder = Finder::with_hits(5, 60);
    for (pattern, of) in [("five", 6), ("Five", 6), ("FIVE", 0), ("\\Sive", 6), ("HIT", 0), ("(?i)HIT", 6)] {
        finder.press(&format!("g/{pattern}⏎"));
        finder.answer();
        assert_eq!(finder.hits().map(|hits| hits.of), Some(of), "{pattern}");
    }
}

#[test]
fn the_count_grows_while_the_run_is_searched_and_no_wrong_hit_is_gone_to_meanwhile() {
    let fixture = Fixture::new(with_log_rows(5));
    let long = "x".repeat(4000);
    for seq in 1..=1000 {
        fixture.append("stdout", seq, &format!("{} {long}", text_of(seq)));
    }
    let mut finder = Finder::new(fixture);
    finder.look();
    finder.press("g/a hit⏎");
    let mut counts = vec![finder.hits().unwrap()];
    while finder.answer_one() {
        counts.push(finder.hits().unwrap());
        let at = finder.at().unwrap();
        assert!(
            at == "1" || at == "10",
            "the end of the run is searched first, but nobody wants to go there: {at}"
        );
    }
    assert!(counts.windows(2).all(|pair| pair[0].of <= pair[1].of));
    assert!(counts.iter().any(|count| (1..100).contains(&count.of) && !count.is_complete), "{counts:?}");
    assert_eq!(counts.last(), Some(&Count { at: Some(1), of: 100, is_complete: true }));
}

#[test]
fn whoever_moves_away_is_not_taken_to_a_hit_that_is_found_later() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("g/hit⏎jj");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("3"));
    assert_eq!(finder.hits().map(|hits| hits.of), Some(6));
    finder.press("n");
    assert_eq!(finder.at().as_deref(), Some("10"));
}

#[test]
fn what_comes_while_a_search_is_kept_is_searched_too() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("g/hit⏎");
    finder.answer();
    finder.fixture.append("stderr", 61, "a hit that came");
    finder.look();
    assert_eq!(finder.hits().map(|hits| hits.is_complete), Some(false));
    finder.answer();
    assert_eq!(finder.hits(), Some(Count { at: Some(1), of: 7, is_complete: true }));
    finder.press("N");
    assert_eq!(finder.at().as_deref(), Some("61"));
}

#[test]
fn a_question_is_dropped_the_moment_it_changes_and_its_late_answer_changes_nothing() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("/hi");
    let late = finder.fixture.jobs.clone();
    assert!(!late.is_empty());
    finder.press("tt");
    let asked =
        |jobs: &[(u64, u64, ScanJob)]| jobs.iter().map(|(_, question, _)| *question).collect::<Vec<_>>();
    let wanted = asked(&finder.fixture.jobs);
    assert!(asked(&late).iter().all(|question| !wanted.contains(question)), "it is searched for still");
    for (number, question, job) in late {
        let found = job.run(&AtomicBool::new(false)).unwrap();
        finder.update(Message::Searched { number, question, answer: Answer::Found(Box::new(found)) });
    }
    assert_eq!(finder.hits().map(|hits| hits.of), Some(0));
    finder.press("⎋");
    assert!(finder.fixture.jobs.is_empty());
}

#[test]
fn an_empty_search_looks_for_what_was_searched_before() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("g/hit⏎");
    finder.answer();
    finder.press("/⏎");
    assert_eq!((finder.searched(), finder.at().as_deref()), (Some("hit"), Some("20")));
    finder.press("/Five⎋");
    assert_eq!(finder.searched(), Some("hit"));
    finder.answer();
    finder.press("n");
    assert_eq!(finder.at().as_deref(), Some("30"));
}

#[test]
fn a_search_that_finds_nothing_says_so_and_stays_where_it_was() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("gjj/nowhere⏎");
    finder.answer();
    assert_eq!((finder.at().as_deref(), finder.said()), (Some("3"), "no entry matches"));
}

#[test]
fn hits_of_hidden_channels_are_neither_counted_nor_gone_to() {
    let mut finder = Finder::with_hits(5, 20);
    finder.fixture.append("stderr", 21, "a hit of stderr");
    finder.look();
    finder.press("g/hit⏎");
    finder.answer();
    assert_eq!(finder.hits().map(|hits| hits.of), Some(3));
    finder.press("2");
    assert_eq!(finder.hits().map(|hits| hits.of), Some(2));
    finder.press("nn");
    assert_eq!(finder.at().as_deref(), Some("10"));
}

#[test]
fn a_pattern_can_be_pasted_and_the_line_has_all_other_keys() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("/q?");
    assert_eq!(finder.fixture.app.screen(), ScreenKind::Line);
    finder.press("⌫⌫");
    finder.update(Message::Paste("hit of 4\n".to_owned()));
    finder.press("⌫");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("40"));
    finder.press("⌫⌫⌫⌫⌫⌫⌫⌫⌫");
    assert_eq!(finder.fixture.app.screen(), ScreenKind::Run, "nothing left to take back: the line is left");
}

/// A run of which only the end was read so far, with entries that are numbered and hit as in
/// [`Finder::with_hits`].
fn with_the_end_only(entries: u64) -> Finder {
    let mut fixture = Fixture::new(with_log_rows(5));
    for seq in 1..=entries {
        fixture.append("stdout", seq, &text_of(seq));
    }
    let sizes = Sizes { piece: 1000, at_once: 2000, worth_it: 1000, window: 1000, chunk: 500 };
    fixture.tail = RunTail::with_sizes(RunDirectory::alone(fixture.folder.path()), sizes);
    let batch = fixture.tail.poll();
    fixture.update(Message::Batch { number: 1, batch });
    assert!(fixture.run().model().ending().is_some(), "the test wants a run that is being read");
    Finder::new(fixture)
}

#[test]
fn while_only_the_end_is_in_view_nothing_is_said_of_what_stands_before_it() {
    let mut finder = with_the_end_only(4000);
    finder.press("/a hit⏎");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("4000"));
    assert!(finder.hits().is_some_and(|hits| hits.of < 400 && !hits.is_complete));
    let known = finder.hits().map_or(0, |hits| hits.of);
    for _ in 1..known {
        finder.press("N");
    }
    let first_known = finder.at();
    finder.press("N");
    assert_eq!(finder.at(), first_known, "there may be one before it");
    assert_eq!(finder.said(), "");
    finder.look();
    finder.answer();
    let expected = first_known.and_then(|seq| seq.parse::<u64>().ok()).map(|seq| (seq - 10).to_string());
    assert_eq!(finder.at(), expected, "gone to when it was known");
    assert_eq!(finder.hits().map(|hits| (hits.of, hits.is_complete)), Some((400, true)));
}

#[test]
fn what_is_typed_while_only_the_end_is_in_view_is_gone_to_when_the_rest_was_read() {
    for (typed, at) in [("50%", "2000"), ("7", "7")] {
        let mut finder = with_the_end_only(4000);
        finder.press(&format!(":{typed}⏎"));
        assert!(finder.said().contains("when the run has been read"), "{typed}: {}", finder.said());
        finder.look();
        assert_eq!(finder.at().as_deref(), Some(at), "{typed}");
    }
}

#[test]
fn filters_made_while_only_the_end_is_in_view_keep_the_rest_as_well() {
    let mut finder = with_the_end_only(4000);
    finder.press("&a hit⏎");
    finder.answer();
    let rows = finder.fixture.rows();
    assert_eq!(rows.last().map(String::as_str), Some("4000"));
    finder.look();
    finder.answer();
    assert_eq!(finder.fixture.run().kept().map(|kept| kept.0), Some((400, 4000)));
    assert!(finder.fixture.run().pane().follows());
}
