//! Events that come late, wrongly or not at all: F15 to F22, F43, F45.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use stepwatch::run::RunDirectory;
use stepwatch::tail::RunTail;
use stepwatch::tail::watch::{FolderWatch, Hints, tells_of_no_changes};

use crate::scene::{
    DEADLINE, Followed, Place, Read, append, at, entries, entry, names, notice, texts, wait_until,
};

#[test]
fn f15_files_written_at_once_into_a_folder_that_was_just_made_are_all_found() {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("run");
    fs::create_dir(&run).unwrap();
    let mut read = Read::new(RunDirectory::alone(&run));
    read.wait_for("the empty run is read", |model| model.is_loaded());
    fs::create_dir(run.join("logs")).unwrap();
    for seq in 0..50 {
        append(&run.join(format!("logs/channel-{seq:02}.jsonl")), entries([seq]));
    }
    let expected = names(0..50);
    read.wait_for("the entries of all files are there", |model| texts(model) == expected);
}

/// A run with one entry, and what its reader finds when `hook` is called after its first look.
fn read_with_hook(hook: impl Fn(&Path) + Send + 'static) -> (tempfile::TempDir, Read) {
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("run");
    fs::create_dir(&run).unwrap();
    append(&run.join("stdout.jsonl"), entry(1, "one"));
    let mut hook = Some(hook);
    let path = run.clone();
    let read = Read::with(RunDirectory::alone(&run), move |batch| {
        if batch.caught_up
            && let Some(hook) = hook.take()
        {
            hook(&path);
        }
    });
    (root, read)
}

#[test]
fn f16_what_is_appended_right_after_the_first_look_is_seen() {
    let (_root, mut read) = read_with_hook(|run| append(&run.join("stdout.jsonl"), entry(2, "two")));
    read.wait_for_texts(&["one", "two"]);
}

#[test]
fn f16_the_watch_is_there_before_the_first_look_so_that_an_event_tells_of_it() {
    let root = tempfile::tempdir().unwrap();
    append(&root.path().join("stdout.jsonl"), entry(1, "one"));
    let directory = RunDirectory::alone(root.path());
    let (wake, woken) = sync_channel(1);
    let hints = Hints::default();
    let mut watch = FolderWatch::new(&directory, wake, &hints).unwrap();
    watch.renew().unwrap();
    let mut tail = RunTail::new(directory);
    assert!(tail.poll().caught_up);
    append(&root.path().join("stdout.jsonl"), entry(2, "two"));
    // Nothing ticks here.
    woken.recv_timeout(DEADLINE).unwrap();
    assert!(!hints.take_everything(), "the growth of a known file is enough to look at the logs");
    assert_eq!(tail.poll_logs().changes.len(), 1);
}

#[test]
fn f17_a_replacement_right_after_the_first_look_is_seen() {
    let (_root, mut read) = read_with_hook(|run| {
        append(&run.join("new"), entry(7, "seven"));
        fs::rename(run.join("new"), run.join("stdout.jsonl")).unwrap();
    });
    read.wait_for_texts(&["one", "seven"]);
}

#[test]
fn f18_when_the_queue_of_events_overflows_everything_is_looked_at() {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    let root = tempfile::tempdir().unwrap();
    let run = root.path().join("run");
    fs::create_dir(&run).unwrap();
    append(&run.join("stdout.jsonl"), entry(1, "one"));
    let mut log = Command::new(env!("CARGO_BIN_EXE_stepwatch"))
        .args(["log", "-f", "--raw"])
        .arg(&run)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(log.stdout.take().unwrap()).split(b'e');
    // The texts are not ended by anything: they are told apart by the letter that each ends in.
    let mut next = || String::from_utf8(lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next(), "on");
    let process = Pid::from_raw(i32::try_from(log.id()).unwrap()).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    wait_until("the reader stands still", || {
        fs::read_to_string(format!("/proc/{}/stat", log.id())).unwrap().contains(") T ")
    });
    // Making a file is three events: made, opened, closed.
    for number in 0..limit / 3 + 1000 {
        File::create(run.join(format!("{number}.tmp"))).unwrap();
    }
    append(&run.join("stdout.jsonl"), entry(3, "three"));
    append(&run.join("stderr.jsonl"), entry(5, "five"));
    kill_process(process, Signal::CONT).unwrap();
    assert_eq!([next(), next(), next()], ["thr", "", "fiv"]);
    log.kill().unwrap();
    log.wait().unwrap();
}

/// A run with an entry whose growth must be seen without a watcher, and what is said of it.
fn is_polled(root: &Path) -> String {
    let run = root.join("run");
    fs::create_dir_all(&run).unwrap();
    append(&run.join("stdout.jsonl"), entry(1, "one"));
    let mut read = Read::new(RunDirectory::alone(&run));
    read.wait_for("it is said that the run is polled", |model| notice(model, "watcher").is_some());
    read.wait_for_texts(&["one"]);
    append(&run.join("stdout.jsonl"), entry(2, "two"));
    append(&run.join("stderr.jsonl"), entry(3, "three"));
    read.wait_for_texts(&["one", "two", "three"]);
    notice(&read.model, "watcher").unwrap()
}

#[test]
fn f19_without_a_watcher_the_run_is_polled_and_it_is_said_why() {
    let setup = "echo 0 > /proc/sys/user/max_inotify_instances";
    let Some(folder) = Place::namespaces("-Ur", setup)
        .enter("watching::f19_without_a_watcher_the_run_is_polled_and_it_is_said_why")
    else {
        return;
    };
    let said = is_polled(&folder);
    assert_eq!(
        said,
        "polling every 100 ms: no watcher is left (see fs.inotify.max_user_instances and ulimit -n)"
    );
}

#[test]
fn f20_without_a_watch_left_the_run_is_polled_and_nobody_speaks_of_a_full_disk() {
    let setup = "echo 1 > /proc/sys/user/max_inotify_watches";
    let Some(folder) = Place::namespaces("-Ur", setup)
        .enter("watching::f20_without_a_watch_left_the_run_is_polled_and_nobody_speaks_of_a_full_disk")
    else {
        return;
    };
    let said = is_polled(&folder);
    assert_eq!(said, "polling every 100 ms: no watch is left for a folder (see fs.inotify.max_user_watches)");
}

// A network file system cannot be mounted here without a server and root's rights. A message queue
// file system is one that the list does not know, which is treated the same way, and any user may
// mount it in namespaces of their own. It makes files of its own kind: their text is what the kernel
// tells of the queue.
#[test]
fn f21_on_a_file_system_that_is_not_known_to_tell_of_changes_the_run_is_polled() {
    let setup =
        r#"mkdir "$STEPWATCH_FAULTS_FOLDER/run" && mount -t mqueue mqueue "$STEPWATCH_FAULTS_FOLDER/run""#;
    let Some(folder) = Place::namespaces("-Urmi", setup)
        .enter("watching::f21_on_a_file_system_that_is_not_known_to_tell_of_changes_the_run_is_polled")
    else {
        return;
    };
    let run = folder.join("run");
    let mut read = Read::new(RunDirectory::alone(&run));
    read.wait_for("it is said that the run is polled", |model| notice(model, "watcher").is_some());
    let said = notice(&read.model, "watcher").unwrap();
    assert!(
        said.starts_with("polling every 100 ms: it is not known whether file system 0x19800202"),
        "{said}"
    );
    File::create(run.join("stdout.log")).unwrap();
    read.wait_for("the file that was made is read", |model| {
        texts(model).iter().any(|text| text.starts_with("QSIZE:"))
    });
}

#[test]
fn f21_the_file_systems_of_this_machine_are_known_and_proc_is_not() {
    let root = tempfile::tempdir().unwrap();
    assert_eq!(tells_of_no_changes(&root.path().join("not/there/yet")), None);
    assert!(tells_of_no_changes(Path::new("/proc/self")).unwrap().contains("0x9fa0"));
}

/// Writes `text` into a mapping of the file, of which no event tells: the kernel reads it from a pipe
/// right into the mapping.
fn write_through_a_mapping(path: &Path, offset: u64, text: &str) {
    const SCRIPT: &str = r#"
        my ($path, $offset, $mmap, $read) = @ARGV;
        open(my $file, "+<", $path) or die "$path: $!";
        my $page = int($offset / 4096) * 4096;
        my $map = syscall($mmap + 0, 0, 65536, 3, 1, fileno($file), $page + 0);
        die "mmap: $!" if $map == -1;
        my $count = syscall($read + 0, 0, $map + $offset - $page, 65536 - ($offset - $page));
        die "read: $!" if $count <= 0;
    "#;
    let [mmap, read] = match std::env::consts::ARCH {
        "x86_64" => ["9", "0"],
        "aarch64" | "riscv64" => ["222", "63"],
        other => panic!("the numbers of mmap and read on {other} belong here"),
    };
    let mut perl = Command::new("perl")
        .args(["-e", SCRIPT])
        .arg(path)
        .args([&offset.to_string(), mmap, read])
        .stdin(Stdio::piped())
        .spawn()
        .expect("perl, which Debian always has");
    perl.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(perl.wait().unwrap().success());
}

#[test]
fn f22_what_a_writer_writes_through_a_mapping_is_seen_although_no_event_tells_of_it() {
    let root = tempfile::tempdir().unwrap();
    let log = root.path().join("stdout.jsonl");
    // Such a writer makes room first.
    File::create(&log).unwrap().set_len(1 << 20).unwrap();
    write_through_a_mapping(&log, 0, &entries([1]));
    let mut read = Read::new(RunDirectory::alone(root.path()));
    read.wait_for_texts(&["1"]);
    let mut written = entries([1]).len() as u64;
    for seq in [2, 3] {
        write_through_a_mapping(&log, written, &entries([seq]));
        written += entries([seq]).len() as u64;
        read.wait_for_texts(&["1", "2", "3"][..usize::try_from(seq).unwrap()]);
    }
    assert!(notice(&read.model, "stdout.jsonl").unwrap().contains("NUL bytes"));
}

#[test]
fn f22_a_torn_line_is_completed_through_a_mapping_in_room_that_was_made() {
    let mut run = Followed::new();
    let log = run.path("stdout.jsonl");
    let whole = entry(1, "one") + &entry(2, "two");
    File::create(&log).unwrap().set_len(100_000).unwrap();
    for end in [5, 20, whole.len() - 10, whole.len() - 1, whole.len()] {
        write_through_a_mapping(&log, 0, &whole[..end]);
        let expected: &[&str] = match end {
            5 | 20 => &[],
            _ if end == whole.len() - 10 => &["one"],
            _ => &["one", "two"],
        };
        assert_eq!(run.look(), expected, "after {end} bytes");
    }
    run.look_and_compare();
}

#[test]
fn f43_a_reader_of_a_run_that_rests_delivers_nothing_and_is_not_woken_by_its_own_reads() {
    let Some(folder) = Place::own_process().enter(
        "watching::f43_a_reader_of_a_run_that_rests_delivers_nothing_and_is_not_woken_by_its_own_reads",
    ) else {
        return;
    };
    let run = folder.join("run");
    fs::create_dir_all(run.join("logs")).unwrap();
    append(&run.join("stdout.jsonl"), entry(1, "one"));
    append(&run.join("logs/stderr.jsonl"), entry(2, "two"));
    let mut read = Read::new(RunDirectory::alone(&run));
    read.wait_for_texts(&["one", "two"]);
    let window = Duration::from_millis(4000);
    let before = wake_ups("run-reader");
    let more = read.anything_within(window);
    assert!(more.is_none(), "nothing changed, and this came: {more:?}");
    // A run that grew a moment ago is looked at four times a second.
    let woken = wake_ups("run-reader") - before;
    assert!(woken < 5 * window.as_secs(), "woken {woken} times in {window:?}");
}

/// How often a thread of this process, by its name, went to sleep.
fn wake_ups(name: &str) -> u64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let found = threads.flatten().find(|thread| {
        fs::read_to_string(thread.path().join("comm")).is_ok_and(|found| found.trim() == name)
    });
    let status = fs::read_to_string(found.unwrap().path().join("status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn f45_a_run_whose_file_system_is_unmounted_is_said_to_be_gone_and_healed_when_it_is_back() {
    let setup = r#"cd "$STEPWATCH_FAULTS_FOLDER" && mkdir store mounted &&
        mount -t tmpfs -o size=1m tmpfs store && mount --bind store mounted"#;
    let Some(folder) = Place::namespaces("-Urm", setup).enter(
        "watching::f45_a_run_whose_file_system_is_unmounted_is_said_to_be_gone_and_healed_when_it_is_back",
    ) else {
        return;
    };
    let command = |arguments: &[&str]| {
        let status = Command::new(arguments[0]).args(&arguments[1..]).current_dir(&folder).status().unwrap();
        assert!(status.success(), "{arguments:?}");
    };
    let run = folder.join("mounted/run");
    fs::create_dir(&run).unwrap();
    append(&run.join("stdout.jsonl"), entry(1, "one"));
    let mut read = Read::new(RunDirectory::new(&run, &folder));
    read.wait_for_texts(&["one"]);
    // A file that is open keeps a file system mounted; detached it is gone from its path all the same.
    command(&["umount", "-l", "mounted"]);
    read.wait_for("it is said that the run is gone", |model| {
        notice(model, "").is_some_and(|said| said.contains("is not there"))
    });
    assert_eq!(texts(&read.model), ["one"], "what was read stays");
    append(&folder.join("store/run/stdout.jsonl"), entry(2, "two"));
    command(&["mount", "--bind", "store", "mounted"]);
    read.wait_for("it is there again", |model| notice(model, "").is_none());
    read.wait_for_texts(&["one", "two"]);
    append(&run.join("stdout.jsonl"), entry(3, "three"));
    read.wait_for_texts(&["one", "two", "three"]);
    assert_eq!(read.model.counts().ties, 0);
    read.model.settle(at(1000));
    assert_eq!(read.model.counts().gaps, 0);
}
