//! A run directory is untrusted: whatever stands in the place of a file of the contract, nothing
//! blocks, and nothing outside the run is written, made, renamed or removed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::session::Session;

/// The files and folders of the contract, and our own.
const PLACES: [&str; 10] = [
    "run.json",
    "state.json",
    "heartbeat.json",
    "worker.jsonl",
    "stdout.jsonl",
    "stdout.jsonl.1",
    "logs",
    "checkpoints",
    "checkpoints/0001-summary.json",
    ".stepwatch",
];

/// What stands in such a place.
#[derive(Clone, Copy, Debug)]
enum Trap {
    LinkToFile,
    LinkToFolder,
    LinkToNothing,
    Loop,
    Zeros,
    Fifo,
    Socket,
    Giant,
    Folder,
}

const TRAPS: [Trap; 9] = [
    Trap::LinkToFile,
    Trap::LinkToFolder,
    Trap::LinkToNothing,
    Trap::Loop,
    Trap::Zeros,
    Trap::Fifo,
    Trap::Socket,
    Trap::Giant,
    Trap::Folder,
];

impl Trap {
    fn set(self, path: &Path, outside: &Path) {
        match self {
            Self::LinkToFile => symlink(outside.join("precious"), path).unwrap(),
            Self::LinkToFolder => symlink(outside.join("folder"), path).unwrap(),
            Self::LinkToNothing => symlink(outside.join("not-there"), path).unwrap(),
            Self::Loop => symlink(path.file_name().unwrap(), path).unwrap(),
            Self::Zeros => symlink("/dev/zero", path).unwrap(),
            Self::Fifo => mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap(),
            Self::Socket => drop(UnixListener::bind(path).unwrap()),
            Self::Giant => fs::File::create(path).unwrap().set_len(1 << 40).unwrap(),
            Self::Folder => fs::create_dir(path).unwrap(),
        }
    }
}

/// A run with a trap, and a folder beside it that nobody may touch.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(place: &str, trap: Trap) -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        let (run, outside) = (scene.run(), scene.outside());
        fs::create_dir_all(run.join("checkpoints")).unwrap();
        fs::create_dir_all(outside.join("folder")).unwrap();
        fs::write(outside.join("precious"), "{\"seq\":1,\"text\":\"precious\\n\"}\n").unwrap();
        fs::write(outside.join("folder/0001-summary.json"), r#"{"seq":1,"type":"summary"}"#).unwrap();
        fs::write(run.join("run.json"), r#"{"taskId":"task","runId":"run","stepName":"step"}"#).unwrap();
        fs::write(run.join("state.json"), r#"{"status":"failed"}"#).unwrap();
        fs::write(run.join("stderr.jsonl"), "{\"seq\":2,\"text\":\"there\\n\"}\n").unwrap();
        let path = run.join(place);
        _ = fs::remove_dir(&path);
        _ = fs::remove_file(&path);
        trap.set(&path, &outside);
        scene
    }

    fn run(&self) -> PathBuf {
        self.folder.path().join("root/task/run")
    }

    fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    /// All that lies outside the run, and what is in it.
    fn others(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.outside()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                let is_folder = entry.file_type().unwrap().is_dir();
                found.insert(entry.path(), (!is_folder).then(|| fs::read(entry.path()).unwrap()));
                if is_folder {
                    folders.push(entry.path());
                }
            }
        }
        found
    }
}

const COMMANDS: &str = r#"
"$S" log "$RUN" -n 5; "$S" log "$RUN" --all --json; "$S" check "$RUN"; "$S" why "$RUN" --for 1ms; "$S" runs "$ROOT" --why
"$S" checkpoint list "$RUN"; "$S" checkpoint show "$RUN" 1; "$S" checkpoint summary "$RUN" -m text
"$S" checkpoint log-tail "$RUN"; "$S" wait "$RUN" --until done --timeout 1ms; "$S" prune "$ROOT" --older-than 1d
"#;

/// The calls that could change something, as strace tells them with the paths of descriptors.
fn changes(trace: &str) -> impl Iterator<Item = &str> {
    trace.lines().filter(|line| {
        let opens = line.contains("open");
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| line.contains(flag));
        !line.contains("= -1 ") && !line.contains("+++") && !line.contains("---") && (!opens || writes)
    })
}

fn can_trace() -> bool {
    let probe = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    let works = probe.is_ok_and(|output| output.status.success());
    if !works {
        _ = writeln!(std::io::stderr(), "skipped: strace is not here or may not trace");
    }
    works
}

#[test]
fn whatever_stands_in_the_place_of_a_file_no_command_blocks_and_none_changes_what_lies_outside() {
    if !can_trace() {
        return;
    }
    let mut seen = 0;
    for (place, trap) in PLACES.iter().flat_map(|place| TRAPS.map(|trap| (place, trap))) {
        let scene = Scene::new(place, trap);
        let before = scene.others();
        let trace = scene.folder.path().join("trace");
        let calls = "trace=open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,\
                     rmdir,link,linkat,symlink,symlinkat,truncate,ftruncate,mknod,mknodat,chmod,fchmodat";
        let status = Command::new("timeout")
            .args(["-k", "1", "60", "strace", "-f", "-y", "-qq", "-e", "signal=none", "-e", calls, "-o"])
            .arg(&trace)
            .args(["sh", "-c", &format!("{COMMANDS}\nexit 0")])
            .env("S", env!("CARGO_BIN_EXE_stepwatch"))
            .env("RUN", scene.run())
            .env("ROOT", scene.folder.path().join("root"))
            .env("STEPWATCH_CONFIG", "/dev/null")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{trap:?} as {place}: {status}");
        assert_eq!(scene.others(), before, "{trap:?} as {place}");
        let run = scene.run().display().to_string();
        for change in changes(&fs::read_to_string(&trace).unwrap()) {
            let inside =
                change.contains(&run) || change.contains("\"/dev/null\"") || change.contains("\"/dev/tty\"");
            seen += usize::from(change.contains("/checkpoints"));
            assert!(inside && !change.contains("/outside"), "{trap:?} as {place}: {change}");
        }
    }
    assert!(seen > 0, "not even the checkpoints that were written are in the trace");
}

#[test]
fn whatever_stands_in_the_place_of_a_file_the_screens_open_and_leave() {
    for (place, trap) in PLACES.iter().flat_map(|place| TRAPS.map(|trap| (place, trap))) {
        let scene = Scene::new(place, trap);
        let before = scene.others();
        let mut session = Session::stepwatch(&[scene.run().to_str().unwrap()], &[], 24, 100);
        session.wait_for(&format!("the log beside {trap:?} as {place}"), |screen| {
            screen.contents().contains("there")
        });
        session.press("w");
        session.wait_for_text("looked ");
        session.press("q");
        session.wait_for("the log", |screen| !screen.contents().contains("looked "));
        session.press("c");
        session.wait_for("the checkpoints", |screen| !screen.contents().contains("merged by"));
        session.press("Q");
        assert!(session.wait_for_end().success(), "{trap:?} as {place}");
        session.assert_restored();
        assert_eq!(scene.others(), before, "{trap:?} as {place}");
    }
}
