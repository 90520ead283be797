//! Recording the situations, and asking why.

use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::situations::Situation;

/// A deadline for what the tests set up themselves.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "never seen: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The port of a peer that sends a little all the time to whoever connects.
fn talking_peer() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                while stream.write_all(b"some bytes").is_ok() {
                    thread::sleep(Duration::from_millis(200));
                }
            });
        }
    });
    port
}

/// Where the situations play: a peer that never answers, a file that is locked, FIFOs.
pub(crate) struct Stage {
    folder: tempfile::TempDir,
    port: u16,
    talking_port: u16,
    holders: Vec<Child>,
    /// What the peer took in.
    _taken: Arc<Mutex<Vec<TcpStream>>>,
}

/// A recorded situation.
pub(crate) struct Running {
    pub(crate) situation: &'static Situation,
    /// When it began, as far as a judge can know.
    pub(crate) since: Instant,
    recorder: Child,
    run: PathBuf,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let taking = Arc::clone(&taken);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                taking.lock().unwrap().push(stream);
            }
        });
        let talking_port = talking_peer();
        for name in ["fifo", "fifo.branch"] {
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mknodat(
                rustix::fs::CWD,
                folder.path().join(name),
                rustix::fs::FileType::Fifo,
                mode,
                0,
            )
            .unwrap();
        }
        let held = folder.path().join("held");
        // A redirection keeps the lock with the shell itself, until its own child ends.
        let script = r#"exec 9> "$1"; flock 9 && : > "$1.is-held"; exec sleep 1000"#;
        let lock = Command::new("sh").args(["-c", script, "sh"]).arg(&held).spawn().unwrap();
        let script = "import fcntl,sys,time
file = open(sys.argv[1] + '.record', 'w')
fcntl.lockf(file, fcntl.LOCK_EX)
open(sys.argv[1] + '.record-is-held', 'w')
time.sleep(1000)";
        let record = Command::new("python3").args(["-c", script]).arg(&held).spawn().unwrap();
        for name in ["held.is-held", "held.record-is-held"] {
            wait_until(name, || folder.path().join(name).exists());
        }
        Self { folder, port, talking_port, holders: vec![lock, record], _taken: taken }
    }

    /// The pid of the process that holds the lock on a file.
    pub(crate) fn lock_holder(&self) -> u32 {
        self.holders[0].id()
    }

    /// Records a situation, and waits until it runs or has ended.
    pub(crate) fn begin(&self, situation: &'static Situation) -> Running {
        let id: String = situation
            .name
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
            .collect();
        let root = self.folder.path().join("root");
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
        command.args(["exec", "--task", "t", "--run", &id, "--root"]).arg(&root);
        command.args(situation.pty.then_some("--pty"));
        command.args(["--", "sh", "-c", situation.script]);
        command
            .env("PEER", self.port.to_string())
            .env("TALKING_PEER", self.talking_port.to_string())
            .env("HELD", self.folder.path().join("held"))
            .env("FIFO", self.folder.path().join("fifo"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let recorder = command.spawn().unwrap();
        let run = root.join("t").join(&id);
        let state = run.join("state.json");
        let has_begun = || {
            fs::read_to_string(&state)
                .is_ok_and(|text| !text.contains("\"prepared\"") && text.contains("\"status\""))
        };
        wait_until(situation.name, has_begun);
        if let Some(then) = situation.then {
            let recorder = recorder.id().to_string();
            // What it does first is to be in the log.
            wait_until("its first line", || {
                fs::read_to_string(run.join("stdout.jsonl")).is_ok_and(|text| !text.is_empty())
            });
            assert!(
                Command::new("sh").args(["-c", then]).env("RECORDER", recorder).status().unwrap().success()
            );
        }
        Running { situation, since: Instant::now(), recorder, run }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for holder in &mut self.holders {
            let _ = holder.kill();
            let _ = holder.wait();
        }
    }
}

impl Running {
    /// The verdict, and the exit status.
    pub(crate) fn why(&self) -> (Value, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_stepwatch"))
            .arg("why")
            .arg(&self.run)
            .arg("--json")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.is_empty(), "{}: {error}", self.situation.name);
        (serde_json::from_slice(&output.stdout).unwrap(), output.status.code().unwrap())
    }

    /// The run directory.
    pub(crate) fn path(&self) -> &Path {
        &self.run
    }

    /// What `wait` ends with, and what it and its command print.
    pub(crate) fn wait(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepwatch"));
        let output = command.arg("wait").arg(&self.run).args(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// The verdict as text.
    pub(crate) fn why_text(&self) -> String {
        let output =
            Command::new(env!("CARGO_BIN_EXE_stepwatch")).arg("why").arg(&self.run).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// The processes of the step that still live, by what the recorder gave them to inherit.
    fn processes(&self) -> Vec<rustix::process::Pid> {
        let wanted = format!("STEPWATCH_RUN={}", self.run.display());
        let entries = fs::read_dir("/proc").unwrap().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        pids.filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
        })
        .filter_map(rustix::process::Pid::from_raw)
        .collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.recorder.kill();
        for pid in self.processes() {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        let _ = self.recorder.wait();
    }
}
