//! Filters, on real files.

use super::*;

#[test]
fn filters_stack_and_each_can_be_switched_off_changed_and_removed() {
    let mut finder = Finder::with_hits(5, 60);
    assert_eq!(finder.fixture.run().kept(), None);
    finder.press("&of⏎");
    finder.answer();
    assert_eq!(finder.fixture.rows(), ["40", "45", "50", "55", "60"]);
    finder.press("&!Five⏎");
    finder.answer();
    assert_eq!(finder.fixture.rows(), ["20", "30", "40", "50", "60"]);
    assert_eq!(finder.fixture.run().kept().map(|kept| kept.0), Some((6, 60)));
    assert_eq!(finder.fixture.run().finding().filters().on(), 2);
    finder.press("Fj ");
    finder.answer();
    assert_eq!(finder.fixture.rows(), ["40", "45", "50", "55", "60"], "the second one is off");
    finder.press("k ");
    finder.answer();
    assert_eq!(finder.fixture.rows(), range(56, 60));
    assert_eq!(finder.fixture.run().kept(), None);
    finder.press("⏎⌫⌫line⏎ ");
    finder.answer();
    assert_eq!(finder.fixture.rows(), range(56, 60), "the changed one was switched on, and off again");
    finder.press(" ");
    finder.answer();
    assert_eq!(finder.fixture.rows(), ["54", "56", "57", "58", "59"]);
    finder.press("xx");
    assert_eq!(finder.fixture.app.screen(), ScreenKind::Run, "the list is left with the last filter");
    assert_eq!(finder.fixture.rows(), range(56, 60));
}

#[test]
fn a_filter_loses_neither_the_place_nor_following() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("&of⏎");
    finder.answer();
    assert!(finder.fixture.run().pane().follows());
    finder.fixture.append("stdout", 61, "of course");
    finder.look();
    finder.answer();
    assert_eq!(finder.fixture.rows().last().map(String::as_str), Some("61"), "what comes is filtered, too");
    finder.press("Fx");
    finder.answer();
    assert!(finder.fixture.run().pane().follows());
    finder.press(":32⏎");
    let (row, seq) = finder.fixture.cursor().unwrap();
    assert_eq!(seq, "32");
    finder.press("&of⏎");
    finder.answer();
    assert_eq!(finder.fixture.cursor(), Some((row, "35".to_owned())), "the nearest one, where the eye is");
    finder.press("&!of 35⏎");
    finder.answer();
    assert_eq!(finder.fixture.cursor(), Some((row, "40".to_owned())));
    finder.press("F x");
    finder.press(" x");
    finder.answer();
    assert_eq!(finder.fixture.cursor(), Some((row, "32".to_owned())), "and back again");
    finder.press("&of⏎");
    finder.answer();
    finder.press("g");
    assert_eq!(finder.fixture.rows(), ["5", "10", "15", "20", "25"]);
    finder.press("Fx");
    assert_eq!(finder.fixture.rows(), range(5, 9), "at once, without an answer");
}

#[test]
fn a_filter_tells_how_far_it_is_and_shows_the_end_first() {
    let fixture = Fixture::new(with_log_rows(3));
    let long = "x".repeat(4000);
    for seq in 1..=1000 {
        fixture.append("stdout", seq, &format!("{} {long}", text_of(seq)));
    }
    let mut finder = Finder::new(fixture);
    finder.look();
    finder.press("&a hit⏎");
    assert_eq!(finder.fixture.rows(), [] as [&str; 0]);
    finder.answer_one();
    assert_eq!(finder.fixture.rows(), ["980", "990", "1000"]);
    let ((shown, all), (searched, total)) = finder.fixture.run().kept().unwrap();
    assert!(shown < 100 && all == 1000 && searched > 0 && searched < total);
    finder.press("k");
    finder.answer();
    let ((shown, _), (searched, total)) = finder.fixture.run().kept().unwrap();
    assert_eq!((shown, searched), (100, total));
    assert_eq!(finder.fixture.rows(), ["980", "990", "1000"], "what comes above moves nothing");
    finder.press("g");
    for hit in 1..=20 {
        assert_eq!(finder.at(), Some((hit * 10).to_string()));
        finder.press("j");
    }
}

#[test]
fn a_hit_is_gone_to_when_the_filters_show_it() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("g/of 30⏎&of⏎n");
    let of_search = |finder: &Finder| finder.fixture.jobs.iter().map(|(_, question, _)| *question).max();
    let search = of_search(&finder);
    let place = finder.fixture.jobs.iter().position(|(_, question, _)| Some(*question) == search).unwrap();
    finder.fixture.answer_one(place);
    assert_eq!(finder.hits().map(|hits| (hits.of, hits.is_complete)), Some((1, true)));
    assert_eq!(finder.at(), None, "nothing has passed the filter yet");
    finder.answer();
    assert_eq!(finder.at().as_deref(), Some("30"));
}

#[test]
fn a_search_finds_only_what_the_filters_show_and_an_invalid_filter_is_not_taken() {
    let mut finder = Finder::with_hits(5, 60);
    finder.press("g/of⏎");
    finder.answer();
    assert_eq!(finder.hits().map(|hits| hits.of), Some(12));
    finder.press("&!hit⏎");
    finder.answer();
    assert_eq!(finder.hits().map(|hits| hits.of), Some(6));
    finder.press("&[⏎");
    assert!(finder.problem().is_some());
    finder.press("⎋");
    assert_eq!(finder.fixture.run().finding().filters().all().len(), 1);
    finder.press("&⏎");
    assert_eq!(finder.fixture.run().finding().filters().all().len(), 1, "nothing is no filter");
}

#[test]
fn what_is_typed_while_the_filters_are_applied_is_gone_to_as_if_they_had_been() {
    let fixture = Fixture::new(with_log_rows(5));
    let long = "x".repeat(4000);
    for seq in 1..=200 {
        fixture.append("stdout", seq, &format!("{} {long}", text_of(seq)));
    }
    let mut finder = Finder::new(fixture);
    finder.look();
    for (typed, at) in [(":123⏎", "120"), (":187⏎", "180"), (":4⏎", "10"), (":50%⏎", "100"), ("g", "10")]
    {
        for answers in 0..3 {
            finder.press("&a hit⏎");
            for _ in 0..answers {
                finder.answer_one();
            }
            finder.press(typed);
            finder.answer();
            assert_eq!(finder.at().as_deref(), Some(at), "{typed} after {answers} answers");
            finder.press("jFx");
            assert_eq!(finder.fixture.run().kept(), None);
            finder.press("f");
        }
    }
}

#[test]
fn whoever_moves_on_is_not_taken_to_what_was_typed_while_the_filters_were_applied() {
    let mut finder = Finder::with_hits(5, 600);
    for moved in ["G", "j"] {
        finder.press("&a hit⏎:123⏎");
        assert_eq!(finder.said(), "it is gone to when the filters have been applied that far");
        finder.press(moved);
        finder.answer();
        assert!(finder.fixture.run().pane().follows(), "{moved}");
        finder.press("Fx");
    }
}
