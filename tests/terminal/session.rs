//! A program in a terminal of its own, and what that terminal shows.

#[path = "allowed.rs"]
pub(crate) mod allowed;

use std::io::{Read as _, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};

/// How long anything may take before the test fails. Far more than it takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// A program in a terminal. It is killed when this is dropped.
pub(crate) struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    /// Kept open, so that the terminal's settings outlive the program.
    _slave: Box<dyn SlavePty + Send>,
    keyboard: Box<dyn Write + Send>,
    shown: Arc<Shown>,
    settings: String,
    /// Where it keeps what was open, unless a test says otherwise: gone with the session.
    _state: tempfile::TempDir,
}

struct Shown {
    parser: Mutex<vt100::Parser<Asked>>,
    /// Every byte that came.
    received: Mutex<Vec<u8>>,
    changed: Condvar,
}

/// What the program asked of the terminal beside drawing.
#[derive(Default)]
pub(crate) struct Asked {
    /// Titles that it set.
    pub(crate) titles: Vec<String>,
    /// Texts that it put into the clipboard, in base64.
    pub(crate) copied: Vec<Vec<u8>>,
    /// How often it rang the bell.
    pub(crate) bells: usize,
    /// Notifications that it asked for (OSC 9).
    pub(crate) notifications: Vec<String>,
}

impl vt100::Callbacks for Asked {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }

    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.bells += 1;
    }

    fn unhandled_osc(&mut self, _: &mut vt100::Screen, parameters: &[&[u8]]) {
        if let [b"9", text] = parameters {
            self.notifications.push(String::from_utf8_lossy(text).into_owned());
        }
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], text: &[u8]) {
        self.copied.push(text.to_vec());
    }
}

impl Session {
    /// Starts `program` in a terminal of that size.
    pub(crate) fn start(
        program: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        rows: u16,
        cols: u16,
    ) -> Self {
        // Both ends close on exec: else the program would hold its own terminal open.
        let pair =
            native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let settings = settings_of(&*pair.master);
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        command.env("TZ", "UTC");
        command.env_remove("NO_COLOR");
        // Whatever the person who runs the tests has chosen.
        command.env("STEPWATCH_CONFIG", "/dev/null");
        let state = tempfile::tempdir().unwrap();
        command.env("XDG_STATE_HOME", state.path());
        command.env_remove("RUST_BACKTRACE");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let shown = Arc::new(Shown {
            parser: Mutex::new(vt100::Parser::new_with_callbacks(rows, cols, 0, Asked::default())),
            received: Mutex::default(),
            changed: Condvar::new(),
        });
        let mut output = pair.master.try_clone_reader().unwrap();
        let writing = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let mut received = writing.received.lock().unwrap_or_else(PoisonError::into_inner);
                received.extend_from_slice(&bytes[..length]);
                drop(received);
                writing.parser.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..length]);
                writing.changed.notify_all();
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self {
            child,
            master: Some(pair.master),
            _slave: pair.slave,
            keyboard,
            shown,
            settings,
            _state: state,
        }
    }

    /// Starts stepwatch.
    pub(crate) fn stepwatch(arguments: &[&str], environment: &[(&str, &str)], rows: u16, cols: u16) -> Self {
        Self::start(env!("CARGO_BIN_EXE_stepwatch"), arguments, environment, rows, cols)
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until what is shown fulfils the condition, and returns it.
    pub(crate) fn wait_for(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) -> vt100::Screen {
        let end = Instant::now() + DEADLINE;
        let mut parser = self.shown.parser.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if holds(parser.screen()) {
                return parser.screen().clone();
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "never seen: {what}; the terminal shows:\n{}",
                parser.screen().contents()
            );
            parser = self.shown.changed.wait_timeout(parser, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until a text is shown.
    pub(crate) fn wait_for_text(&self, text: &str) -> vt100::Screen {
        self.wait_for(text, |screen| screen.contents().contains(text))
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, rows: u16, cols: u16) {
        self.shown.parser.lock().unwrap().screen_mut().set_size(rows, cols);
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.process(), signal).unwrap();
    }

    /// The program's process.
    pub(crate) fn process(&self) -> rustix::process::Pid {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        rustix::process::Pid::from_raw(pid).unwrap()
    }

    /// Waits for the end of the program.
    pub(crate) fn wait_for_end(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < end,
                "the program did not end; the terminal shows:\n{}",
                self.contents()
            );
            std::thread::yield_now();
        }
    }

    /// What the program has asked of the terminal beside drawing.
    pub(crate) fn asked<T>(&self, of: impl FnOnce(&Asked) -> T) -> T {
        let parser = self.shown.parser.lock().unwrap_or_else(PoisonError::into_inner);
        of(parser.callbacks())
    }

    /// Fails where a title is none of ours, which all end with the program's name, or where anything was
    /// put into the clipboard, rung or notified.
    pub(crate) fn assert_asked_for_nothing_but_titles(&self) {
        allowed::assert_all(allowed::whole_frames(&self.received()), allowed::On::Screen);
        let titles = self.asked(|asked| asked.titles.clone());
        let is_ours = |title: &String| title.ends_with("stepwatch") && !title.contains(char::is_control);
        assert!(!titles.is_empty() && titles.iter().all(is_ours), "{titles:?}");
        let others = self.asked(|asked| (asked.copied.len(), asked.bells, asked.notifications.len()));
        assert_eq!(others, (0, 0, 0));
    }

    /// Every byte that came from the program until now.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.shown.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn contents(&self) -> String {
        self.shown.parser.lock().unwrap_or_else(PoisonError::into_inner).screen().contents()
    }

    /// Asserts that the terminal is as it was found.
    pub(crate) fn assert_restored(&self) {
        self.wait_for("the restored terminal", |screen| {
            !screen.alternate_screen()
                && !screen.hide_cursor()
                && !screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        assert_eq!(settings_of(&**self.master.as_ref().unwrap()), self.settings, "the terminal's settings");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn settings_of(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("the terminal tells its settings"))
}
