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
