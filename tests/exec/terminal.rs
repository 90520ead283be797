//! Steps at a terminal: with one of their own (`--pty`), and sharing ours.

use std::io::{Read as _, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::scene::{Run, Scene, wait_until};

/// A person's terminal in which a program runs.
struct Screen {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    shown: Arc<Mutex<Vec<u8>>>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
}

impl Screen {
    /// Runs `stepwatch exec` with these options and this script under a shell that reports the
    /// terminal's modes before and after it.
    fn new(scene: &Scene, options: &[&str], script: &str) -> Self {
        let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let exec = scene.exec(options, &["sh", "-c", script]);
        let mut shell = CommandBuilder::new("bash");
        let report = r#"echo "before=[$(stty -g)]"; "$@"; status=$?
            if [ $status = 148 ]; then echo stopped; read -r _; fg; status=$?; fi
            echo "status=$status"; echo "after=[$(stty -g)]""#;
        shell.args(["--norc", "-mc", report, "bash"]);
        shell.arg(exec.get_program());
        shell.args(exec.get_args());
        shell.env("STEPWATCH_ROOT", scene.path().join("runs"));
        shell.cwd(scene.path());
        let child = pair.slave.spawn_command(shell).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { master: pair.master, keys, shown, child }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, text: &str) {
        wait_until(&format!("{text:?} is shown"), || self.shown().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end and checks that the terminal is as it was found.
    fn end(mut self) -> String {
        self.wait_for("after=[");
        wait_until("the shell exits", || self.child.try_wait().unwrap().is_some());
        let shown = self.shown();
        let modes = |mark: &str| shown.split(mark).nth(1).unwrap().split(']').next().unwrap().to_owned();
        assert_eq!(modes("before=["), modes("after=["), "the terminal is not as it was: {shown}");
        shown
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn wait_for_open_line(run: &Run, question: &str) {
    wait_until("the question is recorded", || run.texts("stdout").iter().any(|text| text == question));
}

#[test]
fn a_question_on_its_own_terminal_is_recorded_before_it_is_answered() {
    let scene = Scene::new();
    let script = "test -t 0 && test -t 1 && test -t 2 && printf 'Proceed? [y/N] '; read answer; echo \"got $answer\" >&2";
    let mut screen = Screen::new(&scene, &["--pty"], script);
    screen.wait_for("Proceed? [y/N] ");
    let run = scene.run();
    wait_for_open_line(&run, "Proceed? [y/N] ");
    assert_eq!(run.state()["status"], "running");
    assert!(run.json("run.json")["terminal"]["tty"].as_str().unwrap().starts_with("/dev/"));
    screen.press("yes\r");
    let shown = screen.end();
    assert!(shown.contains("got yes") && shown.contains("status=0"), "{shown}");
    assert_eq!(run.output("stdout"), "Proceed? [y/N] yes\r\ngot yes\r\n");
    assert!(run.channel("stderr").is_empty(), "everything is standard output");
    run.dense();
}

#[test]
fn the_interrupt_key_cancels_a_step_at_its_own_terminal_and_at_ours() {
    for options in [&["--pty"][..], &[]] {
        let scene = Scene::new();
        let mut screen = Screen::new(&scene, options, "echo ready; exec sleep 60");
        screen.wait_for("ready");
        let run = scene.run();
        wait_until("the state says running", || run.state()["status"] == "running");
        screen.press("\x03");
        let shown = screen.end();
        assert!(shown.contains("status=130"), "{options:?}: {shown}");
        assert_eq!(run.state()["status"], "cancelled", "{options:?}");
    }
}

#[test]
fn the_interrupt_key_reaches_a_step_at_our_terminal_once() {
    let scene = Scene::new();
    let own = std::env::current_exe().unwrap();
    let name = "terminal::step_that_tells_who_interrupts_it";
    let script = format!("exec '{}' --ignored --exact {name} --nocapture", own.display());
    let mut screen = Screen::new(&scene, &[], &script);
    let run = scene.run();
    wait_until("the step runs", || run.output("stdout").contains("ready"));
    screen.press("\x03");
    wait_until("the step is interrupted", || run.output("stdout").contains("interrupted by"));
    // Were it sent on, it would come as soon as the recorder has read its own.
    let recorder = run.state()["recorder"]["pid"].as_i64().unwrap();
    wait_until("the recorder has nothing more to do", || {
        std::fs::read_to_string(format!("/proc/{recorder}/stat")).unwrap().contains(") S ")
    });
    std::fs::write(scene.path().join("enough"), "").unwrap();
    screen.end();
    let told: Vec<String> =
        run.texts("stdout").into_iter().filter(|text| text.contains("interrupted by")).collect();
    assert_eq!(told, ["interrupted by the terminal\n"], "it has come already, so it is not sent on");
}

/// A step that tells each interruption and where it came from, until the file `enough` is there.
#[test]
#[ignore = "it is the step of another test"]
fn step_that_tells_who_interrupts_it() {
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::WithOrigin;
    let mut signals = SignalsInfo::<WithOrigin>::new([signal_hook::consts::SIGINT]).unwrap();
    let mut stdout = std::io::stdout();
    writeln!(stdout, "\nready").unwrap();
    let mut is_over = false;
    wait_until("it is enough", || {
        // What came before the file is told even if the file is seen first.
        let was_over = std::mem::replace(&mut is_over, std::path::Path::new("enough").exists());
        for origin in signals.pending() {
            let sender = if origin.process.is_some() { "a process" } else { "the terminal" };
            writeln!(stdout, "interrupted by {sender}").unwrap();
        }
        was_over
    });
}

#[test]
fn a_terminal_of_its_own_has_the_size_of_ours_and_follows_it() {
    let scene = Scene::new();
    let script = "trap 'stty size' WINCH; stty size; while [ ! -e enough ]; do sleep 0.1; done";
    let screen = Screen::new(&scene, &["--pty"], script);
    screen.wait_for("30 100");
    screen.master.resize(PtySize { rows: 40, cols: 90, pixel_width: 0, pixel_height: 0 }).unwrap();
    screen.wait_for("40 90");
    std::fs::write(scene.path().join("enough"), "").unwrap();
    screen.end();
}

#[test]
fn a_signal_that_ends_the_recorder_restores_the_terminal() {
    let scene = Scene::new();
    let screen = Screen::new(&scene, &["--pty"], "echo ready; exec sleep 60");
    screen.wait_for("ready");
    let run = scene.run();
    wait_until("the state says running", || run.state()["status"] == "running");
    let recorder = i32::try_from(run.state()["recorder"]["pid"].as_i64().unwrap()).unwrap();
    let recorder = rustix::process::Pid::from_raw(recorder).unwrap();
    rustix::process::kill_process(recorder, rustix::process::Signal::TERM).unwrap();
    let shown = screen.end();
    assert!(shown.contains("status=143"), "{shown}");
    assert_eq!(run.state()["status"], "cancelled");
}

#[test]
fn the_stop_key_stops_step_and_recorder_together() {
    let scene = Scene::new();
    // It waits in a system call of its own: a shell that is stopped just while it starts a program
    // can be seen waiting for that one instead.
    let script = "mkfifo go; echo ready; read -r _ < go; echo went on";
    let mut screen = Screen::new(&scene, &[], script);
    let run = scene.run();
    wait_until("the step runs", || run.output("stdout").contains("ready"));
    wait_until("the state says running", || run.state()["status"] == "running");
    let [step, recorder] =
        [&run.state()["pid"], &run.state()["recorder"]["pid"]].map(|pid| pid.as_i64().unwrap());
    let is_stopped = |pid: i64| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('T')
    };
    screen.press("\x1a");
    wait_until("both are stopped", || is_stopped(step) && is_stopped(recorder));
    screen.wait_for("stopped");
    assert!(is_stopped(step) && is_stopped(recorder), "they stay stopped");
    screen.press("\r");
    std::fs::write(scene.path().join("go"), "now\n").unwrap();
    screen.wait_for("went on");
    assert!(screen.end().contains("status=0"));
    assert_eq!(run.texts("stdout"), ["ready\n", "went on\n"]);
}

#[test]
fn without_a_terminal_the_end_of_our_input_is_the_end_of_its_input() {
    for input in ["typed\n", "no end", ""] {
        let scene = Scene::new();
        let mut exec = scene.exec(&["--pty"], &["sh", "-c", "stty -echo; echo ready; cat; echo \"[end]\""]);
        let mut exec =
            exec.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdin = exec.stdin.take().unwrap();
        let run = scene.run();
        wait_until("the step runs", || run.output("stdout").contains("ready"));
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        assert!(exec.wait_with_output().unwrap().status.success());
        let expected = format!("ready\r\n{}[end]\r\n", input.replace('\n', "\r\n"));
        assert_eq!(run.output("stdout"), expected);
    }
}
