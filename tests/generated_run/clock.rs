//! Times that rise, and their text.

use stepwatch::run::Timestamp;

/// 2026-03-21T08:00:00Z.
const BEGIN: i64 = 1_774_080_000_000;

/// A clock that goes on when it is told to. Its text is made anew once a second; in between only
/// the digits of the milliseconds change.
#[derive(Debug)]
pub(super) struct Clock {
    milliseconds: i64,
    text: Vec<u8>,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { milliseconds: BEGIN, text: Timestamp::from_milliseconds(BEGIN).to_string().into_bytes() }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_milliseconds(self.milliseconds)
    }

    pub(super) fn advance(&mut self, milliseconds: u64) {
        let before = self.milliseconds;
        self.milliseconds += milliseconds as i64;
        if before / 1000 != self.milliseconds / 1000 {
            self.text = self.now().to_string().into_bytes();
            return;
        }
        let fraction = (self.milliseconds % 1000) as u16;
        let point = self.text.len() - "000Z".len();
        for (digit, unit) in self.text[point..].iter_mut().zip([100, 10, 1]) {
            *digit = b'0' + (fraction / unit % 10) as u8;
        }
    }

    /// RFC 3339 with milliseconds.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }
}
