//! What only paints a line anew: a wheel that turns, a clock that runs. It says that a thread of the
//! step draws, not that the step moves on.

use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::visible_lines;
use crate::diagnose::shape::without_clockwork;
use crate::model::Placed;
use crate::run::Channel;

/// So many of the last paintings of a channel are kept: a program may paint several lines in turn.
const KEPT: usize = 16;

/// The last paintings of every channel.
#[derive(Debug, Default)]
pub(super) struct Repaints {
    painted: HashMap<Channel, VecDeque<String>>,
}

/// A carriage return that ends no line, or what moves the cursor back or clears what was painted.
static PAINTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\r[^\n]|\r\z|\x08|\x1b\[[0-9;]*[ADFGHJKf]|\x1b[78M]").ok());

impl Repaints {
    /// Whether an entry tells more than the same painting told before. To be asked in the order of the log.
    pub(super) fn is_news(&mut self, placed: &Placed) -> bool {
        let is_painting = PAINTS.as_ref().is_some_and(|paints| paints.is_match(placed.entry.text()));
        if placed.channel == Channel::Worker || !is_painting {
            return true;
        }
        let text = without_clockwork(&visible_lines(placed).concat());
        let painted = self.painted.entry(placed.channel.clone()).or_default();
        let is_news = !text.is_empty() && !painted.contains(&text);
        if is_news {
            painted.push_back(text);
            painted.drain(..painted.len().saturating_sub(KEPT));
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnose::facts::LogFacts;
    use crate::model::Model;
    use crate::run::RunDirectory;

    /// The facts of a log of one text a second.
    fn facts(texts: &[&str]) -> LogFacts {
        let run = tempfile::tempdir().unwrap();
        let line = |(number, text): (usize, &&str)| {
            let text = serde_json::to_string(text).unwrap();
            format!(
                "{{\"seq\":{},\"ts\":\"2026-03-21T08:00:{number:02}.000Z\",\"text\":{text}}}\n",
                number + 1
            )
        };
        let log: String = texts.iter().enumerate().map(line).collect();
        std::fs::write(run.path().join("stdout.jsonl"), log).unwrap();
        LogFacts::of(&Model::load_end(RunDirectory::alone(run.path()), 100).unwrap())
    }

    /// The second in which the log said something new last.
    fn last_news(texts: &[&str]) -> i64 {
        let facts = facts(texts);
        let clock = facts.clocks.iter().find(|clock| clock.channel == "stdout").unwrap();
        assert_eq!(clock.last, facts.last_said);
        facts.last_said.unwrap().milliseconds() / 1000 % 60
    }

    #[test]
    fn what_only_paints_a_line_anew_leaves_the_clock_alone() {
        assert_eq!(last_news(&["start\n", "\r| waiting", "\r/ waiting", "\r- waiting", "\r\\ waiting"]), 1);
        assert_eq!(last_news(&["start\n", "⠋ build 1s\r", "⠙ build 2s\r", "⠹ build 3s\r"]), 1);
        assert_eq!(last_news(&["start\n", "\x1b[2K\x1b[1Ga.", "\x1b[2K\x1b[1Ga..", "\x1b[2K\x1b[1Ga..."]), 1);
        let frames = ["start\n", "\r| waiting", "\r/ waiting", "\r| waiting", "\r/ waiting"].repeat(5);
        assert_eq!(facts(&frames[1..]).repeated, None, "a wheel is no loop");
    }

    #[test]
    fn what_gets_further_is_news_and_so_is_the_same_line_printed_again() {
        assert_eq!(last_news(&["start\n", "\r10 %", "\r11 %", "\r12 %"]), 3);
        assert_eq!(last_news(&["\r[#   ]", "\r[##  ]", "\r[### ]"]), 2);
        assert_eq!(last_news(&["again\r\n", "again\r\n", "again\n"]), 2);
        assert_eq!(last_news(&[".", ".", "."]), 2);
    }

    #[test]
    fn a_painted_question_is_still_an_open_line() {
        let facts = facts(&["\r? Overwrite (y/N) ", "\r? Overwrite (y/N) "]);
        assert_eq!(facts.open_line.unwrap().text.trim_end(), "? Overwrite (y/N)");
    }
}
