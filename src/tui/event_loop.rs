//! The main loop: waits for something to happen, gives it to the application, carries out what
//! that decides, and draws: at once after a key, else at most once a frame, and only what changed.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::input::Input;
use super::mailbox::{Mailbox, Sender, Urgency, mailbox};
use super::signals::{self, Asked, Signals};
use super::terminal::{self, Terminal};
use super::view::{self, Look};
use super::{Ended, Error, Left, pager};
use crate::app::{App, Effect, Message, Notify, Remembered, Start};
use crate::drive::{Clock, Drive, Thresholds};
use crate::model::LevelRule;
use crate::run::Now;

/// The least time between two frames that no key asked for, while entries come without a pause.
const FRAME: Duration = Duration::from_millis(12);
/// So many frames may be drawn at once after a pause: two lines that come one shortly after the
/// other are both shown at once.
const BURST: u32 = 4;
/// How long the end of the thread that reads the terminal is waited for in one go.
const SHORT_WHILE: Duration = Duration::from_millis(2);
/// How long what is queued is taken in before a frame that is due is drawn.
const DRAIN: Duration = Duration::from_millis(8);

/// Something for the main loop.
enum Event {
    Message(Message),
    Signal(Asked),
    TerminalLost(io::Error),
    /// A thread panicked, and has given the terminal back.
    Panicked,
}

/// With what the application begins.
pub(super) struct Begin {
    pub(super) start: Start,
    pub(super) notice: Option<String>,
    pub(super) notify: Notify,
    pub(super) levels: Option<LevelRule>,
    pub(super) remembered: Remembered,
}

impl Begin {
    fn app(self, look: &Look, now: Now) -> io::Result<(App, Vec<Effect>)> {
        let (mut app, mut effects) = App::new(self.start, terminal::size()?);
        app.set_keys(look.keys.clone());
        app.set_levels(self.levels);
        app.set_notify(self.notify);
        app.set_zone(look.zone.clone());
        if let Ok(here) = std::env::current_dir() {
            app.recall(self.remembered, here, now);
        }
        if let Some(notice) = self.notice {
            effects.extend(app.update(Message::Failed(notice), now));
        }
        Ok((app, effects))
    }
}

/// Opens the screens and runs them to their end.
pub(super) fn run(
    begin: Begin,
    thresholds: impl Fn(&str) -> Thresholds + Send + 'static,
    look: &Look,
) -> Result<Left, Error> {
    if !io::stdout().is_terminal() {
        return Err(Error::NotATerminal);
    }
    let (sender, mailbox) = mailbox();
    let waker = sender.clone();
    // A full queue must not hold a panicking thread: the loop also looks by itself.
    let terminal = Terminal::take(move || {
        let waker = waker.clone();
        _ = std::thread::Builder::new().spawn(move || waker.send(Event::Panicked, Urgency::Now));
    })?;
    let signals = Signals::catch({
        let sender = sender.clone();
        move |asked| sender.send(Event::Signal(asked), Urgency::Now)
    })?;
    let input = read_terminal(&sender)?;
    let keyboard = sender.clone();
    let clock = Clock::start();
    let (app, effects) = begin.app(look, clock.now())?;
    let mut running = Running {
        app,
        drive: Drive::new(Arc::new(move |message| send_in_turn(&sender, message)), thresholds),
        terminal,
        signals,
        clock,
        look,
        pace: Pace::default(),
        frame_is_due: true,
        tick_at: None,
        ended: None,
        keyboard,
        input: Some(input),
        to_view: None,
    };
    let ended = running.carry_out(effects).and_then(|()| running.run(&mailbox));
    drop(mailbox);
    // What is typed after the terminal was given back is not for us: nobody may read it any more.
    if let Some(input) = running.input.take() {
        input.finish();
    }
    // After a fault of our own nothing is to be trusted.
    let remembered = match &ended {
        Err(Error::Panicked) => Remembered::default(),
        _ => running.app.remembered(running.clock.now()),
    };
    Ok(Left { ended, remembered })
}

fn read_terminal(sender: &Sender<Event>) -> io::Result<Input> {
    let sender = sender.clone();
    Input::spawn(move |message| {
        let event = message.map_or_else(Event::TerminalLost, Event::Message);
        sender.send(event, Urgency::Now)
    })
}

fn send_in_turn(sender: &Sender<Event>, message: Message) -> bool {
    sender.send(Event::Message(message), Urgency::InTurn)
}

/// The main loop's state.
struct Running<'a> {
    app: App,
    drive: Drive,
    terminal: Terminal,
    signals: Signals,
    clock: Clock,
    look: &'a Look,
    pace: Pace,
    /// Whether something changed that is not on the screen yet.
    frame_is_due: bool,
    tick_at: Option<Duration>,
    ended: Option<Ended>,
    keyboard: Sender<Event>,
    /// Reads the terminal, unless another program does.
    input: Option<Input>,
    /// The file that another program is to show next.
    to_view: Option<PathBuf>,
}

impl Running<'_> {
    fn run(&mut self, mailbox: &Mailbox<Event>) -> Result<Ended, Error> {
        loop {
            if self.frame_is_due && self.pace.until_next(Instant::now()).is_zero() && self.draw()? {
                self.pace.drawn(Instant::now());
            }
            let urgent = self.take_in(mailbox)?;
            if Terminal::panicked() {
                return Err(Error::Panicked);
            }
            if let Some(ended) = self.ended.take() {
                return Ok(ended);
            }
            if let Some(path) = self.to_view.take() {
                self.view(&path, mailbox)?;
            }
            let ticked = self.tick()?;
            self.frame_is_due |= self.app.take_changed();
            // These are rare, and do not make the entries that come next wait for their frame.
            if (urgent || ticked) && self.frame_is_due {
                self.draw()?;
            }
        }
    }

    /// Waits for something, and takes in what is queued, in bounded time; says whether a person
    /// waits for the answer.
    fn take_in(&mut self, mailbox: &Mailbox<Event>) -> Result<bool, Error> {
        let until_tick = self.tick_at.map(|at| self.clock.until(at));
        let until_frame = self.frame_is_due.then(|| self.pace.until_next(Instant::now()));
        let mut timeout = [until_tick, until_frame].into_iter().flatten().min();
        let mut began: Option<Instant> = None;
        let mut urgent = false;
        while let Some(event) = mailbox.receive(timeout) {
            urgent |= matches!(
                event,
                Event::Message(
                    Message::Key(_) | Message::Paste(_) | Message::Wheel(_) | Message::Click { .. }
                )
            ) || matches!(event, Event::Signal(_));
            self.handle(event)?;
            let began = *began.get_or_insert_with(Instant::now);
            if self.ended.is_some() || began.elapsed() >= DRAIN {
                break;
            }
            timeout = Some(Duration::ZERO);
        }
        Ok(urgent)
    }

    fn handle(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Message(message) => {
                let effects = self.app.update(message, self.clock.now());
                self.carry_out(effects)?;
            }
            Event::Signal(Asked::End(signal)) => self.ended = Some(Ended::Signal(signal)),
            Event::Signal(Asked::Stop) => {
                self.terminal.while_given_back(signals::stop)?;
                self.resized()?;
            }
            Event::Signal(Asked::Continued) => {
                // Whoever had the terminal meanwhile may have set it up otherwise.
                self.terminal.while_given_back(|| {})?;
                self.resized()?;
            }
            Event::Signal(Asked::Resized) => {
                // Also where the size is what it was: a terminal that was small for a moment has
                // forgotten what did not fit.
                self.terminal.forget_what_is_drawn();
                self.frame_is_due = true;
                self.resized()?;
            }
            Event::TerminalLost(error) => return Err(error.into()),
            Event::Panicked => {}
        }
        Ok(())
    }

    fn resized(&mut self) -> Result<(), Error> {
        let effects = self.app.update(Message::Resize(terminal::size()?), self.clock.now());
        self.carry_out(effects)
    }

    fn carry_out(&mut self, effects: Vec<Effect>) -> Result<(), Error> {
        for effect in effects {
            match self.drive.carry_out(effect) {
                Some(Effect::Quit) => self.ended = Some(Ended::Quit),
                Some(Effect::Copy(text)) => self.terminal.copy(&text)?,
                Some(Effect::Notify { bell, text }) => self.terminal.notify(bell, text.as_deref())?,
                Some(Effect::View(path)) => self.to_view = Some(path),
                Some(Effect::Redraw) => self.terminal.forget_what_is_drawn(),
                Some(Effect::Suspend) if signals::can_be_continued() => {
                    let signals = &self.signals;
                    self.terminal.while_given_back(|| signals.stop_job())?;
                    self.resized()?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Lets another program show a file, and waits for its end.
    fn view(&mut self, path: &Path, mailbox: &Mailbox<Event>) -> Result<(), Error> {
        let mut meanwhile = Vec::new();
        if let Some(input) = self.input.take() {
            input.stop(|| meanwhile.extend(mailbox.receive(Some(SHORT_WHILE))));
        }
        self.signals.set_away(true);
        let mut shown = Ok(());
        let taken = self.terminal.while_given_back(|| shown = pager::show(path));
        self.signals.set_away(false);
        taken?;
        self.input = Some(read_terminal(&self.keyboard)?);
        self.resized()?;
        if let Err(why) = shown {
            meanwhile.push(Event::Message(Message::Failed(why)));
        }
        // A key that was typed before the other program was there was not meant for this screen.
        let is_typed = |event: &Event| {
            matches!(event, Event::Message(Message::Key(_) | Message::Paste(_) | Message::Click { .. }))
        };
        for event in meanwhile.into_iter().filter(|event| !is_typed(event)) {
            self.handle(event)?;
        }
        Ok(())
    }

    /// Hands the time in when it was asked for; says whether it was.
    fn tick(&mut self) -> Result<bool, Error> {
        let now = self.clock.now();
        let is_due = self.tick_at.is_some_and(|at| at <= now.monotonic);
        if is_due {
            self.tick_at = None;
            let effects = self.app.update(Message::Tick, now);
            self.carry_out(effects)?;
        }
        // An earlier wish stays until it is fulfilled, whatever happens meanwhile.
        self.tick_at = [self.tick_at, self.app.next_tick(now.monotonic)].into_iter().flatten().min();
        Ok(is_due)
    }

    /// Draws; says whether anything on the screen changed.
    fn draw(&mut self) -> Result<bool, Error> {
        let now = self.clock.now();
        let (app, look) = (&self.app, self.look);
        self.terminal.set_title(&app.title(now))?;
        let changed = self.terminal.draw(app.size(), |buffer| view::draw(app, now, look, buffer))?;
        self.frame_is_due = false;
        fail_on_purpose();
        Ok(changed)
    }
}

/// How often frames are drawn that only files asked for: one in a [`FRAME`] in the long run, and a
/// few at once after a pause. The time until which all frames that were drawn are paid for.
#[derive(Debug, Default)]
struct Pace {
    paid_until: Option<Instant>,
}

impl Pace {
    fn until_next(&self, now: Instant) -> Duration {
        let owed = self.paid_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        owed.saturating_sub(FRAME * (BURST - 1))
    }

    fn drawn(&mut self, now: Instant) {
        self.paid_until = Some(self.paid_until.map_or(now, |until| until.max(now)) + FRAME);
    }
}

/// For the tests of the terminal's restoration only, and not in a release: fails after a frame where
/// `STEPWATCH_PANIC=main` or `thread` asks for it, with what `STEPWATCH_PANIC_TEXT` says.
fn fail_on_purpose() {
    if !cfg!(debug_assertions) {
        return;
    }
    let text = std::env::var("STEPWATCH_PANIC_TEXT").unwrap_or_default();
    match std::env::var("STEPWATCH_PANIC").as_deref() {
        Ok("main") => panic!("asked for by STEPWATCH_PANIC{text}"),
        Ok("thread") => {
            _ = std::thread::Builder::new()
                .name("doomed".to_owned())
                .spawn(move || panic!("asked for by STEPWATCH_PANIC{text}"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_pause_a_few_frames_are_drawn_at_once_and_then_one_in_its_time() {
        let begin = Instant::now();
        let mut pace = Pace::default();
        for _ in 0..BURST {
            assert_eq!(pace.until_next(begin), Duration::ZERO);
            pace.drawn(begin);
        }
        assert_eq!(pace.until_next(begin), FRAME);
        assert_eq!(pace.until_next(begin + FRAME), Duration::ZERO);
        pace.drawn(begin + FRAME);
        assert_eq!(pace.until_next(begin + FRAME), FRAME);
        let later = begin + FRAME * 100;
        for _ in 0..BURST {
            assert_eq!(pace.until_next(later), Duration::ZERO);
            pace.drawn(later);
        }
        assert_eq!(pace.until_next(later), FRAME);
    }
}
