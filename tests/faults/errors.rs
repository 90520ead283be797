//! Errors and limits of the system: F26 to F28, F39, F40.

use std::fs::{self, File, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::mpsc::channel;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use stepwatch::model::Selection;
use stepwatch::run::RunDirectory;
use stepwatch::tail::RunTail;

use crate::scene::{DEADLINE, Followed, Place, Read, append, entries, entry, names, notice, texts};

/// Permissions do not bind root. In a user namespace without a user of its own the owner of the
/// files is nobody special any more, and still their owner.
fn without_privileges(test: &str) -> Option<std::path::PathBuf> {
    let folder = Place::namespaces("-U", "true").enter(test)?;
    let control = folder.join("control");
    fs::write(&control, "").unwrap();
    fs::set_permissions(&control, Permissions::from_mode(0o000)).unwrap();
    assert!(File::open(&control).is_err(), "permissions bind this process");
    Some(folder)
}

fn allow(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn f26_a_log_that_may_not_be_read_is_said_and_read_when_it_may_and_what_was_read_stays() {
    let Some(folder) = without_privileges(
        "errors::f26_a_log_that_may_not_be_read_is_said_and_read_when_it_may_and_what_was_read_stays",
    ) else {
        return;
    };
    let mut run = Followed::below(&folder);
    run.append("stdout.jsonl", entries(1..=2));
    assert_eq!(run.look(), names(1..=2));
    // The file that takes its place may not be read.
    fs::rename(run.path("stdout.jsonl"), run.path("stdout.1")).unwrap();
    run.append("stdout.jsonl", entries(3..=4));
    allow(&run.path("stdout.jsonl"), 0o000);
    for _ in 0..3 {
        assert_eq!(run.look(), names(1..=2), "what was read stays");
        let said = run.notice("stdout.jsonl").unwrap();
        assert!(said.starts_with("cannot be read: Permission denied"), "{said}");
    }
    allow(&run.path("stdout.jsonl"), 0o600);
    assert_eq!(run.look(), names(1..=4));
    assert_eq!((run.notice("stdout.jsonl"), run.model.counts().ties), (None, 0));
    // The folder may not be looked into: files that are open are read on, at the offset.
    allow(&run.path(""), 0o600);
    assert_eq!(run.look(), names(1..=4));
    assert!(run.notice("stdout.jsonl").unwrap().contains("Permission denied"));
    allow(&run.path(""), 0o700);
    run.append("stdout.jsonl", entries(5..=5));
    assert_eq!(run.look(), names(1..=5));
    assert_eq!((run.notice("stdout.jsonl"), run.model.counts().ties), (None, 0));
}

#[test]
fn f26_the_reader_tries_again_by_itself_and_rests_in_between() {
    let Some(folder) =
        without_privileges("errors::f26_the_reader_tries_again_by_itself_and_rests_in_between")
    else {
        return;
    };
    let run = folder.join("run");
    fs::create_dir(&run).unwrap();
    append(&run.join("stdout.jsonl"), entry(1, "one"));
    allow(&run.join("stdout.jsonl"), 0o000);
    let mut read = Read::new(RunDirectory::alone(&run));
    read.wait_for("it is said", |model| notice(model, "stdout.jsonl").is_some());
    let more = read.anything_within(std::time::Duration::from_millis(1500)).map(|batch| batch.changes);
    assert!(more.as_ref().is_none_or(Vec::is_empty), "nothing changed, and this came: {more:?}");
    allow(&run.join("stdout.jsonl"), 0o600);
    read.wait_for_texts(&["one"]);
}

#[test]
fn f27_a_read_that_fails_is_said_and_nothing_is_lost_when_it_recovers() {
    // The fourth to the ninth read of the log fail, whoever reads it.
    let Some(folder) = Place::traced(&[
        "-e",
        "trace=pread64",
        "-P",
        "FOLDER/run/stdout.jsonl",
        "-e",
        "inject=pread64:error=EIO:when=4..9",
    ])
    .enter("errors::f27_a_read_that_fails_is_said_and_nothing_is_lost_when_it_recovers") else {
        return;
    };
    let mut run = Followed::below(&folder);
    let mut failures = 0;
    for seq in 1..=12 {
        run.append("stdout.jsonl", entries([seq]));
        run.look();
        if let Some(said) = run.notice("stdout.jsonl") {
            assert_eq!(said, "cannot be read: Input/output error (os error 5)");
            failures += 1;
        }
    }
    assert!(failures > 0, "no read failed");
    assert_eq!(run.look_and_compare(), names(1..=12));
    assert_eq!((run.model.notices(), run.model.counts().ties), (Vec::new(), 0));
}

#[test]
fn f27_what_could_not_be_read_for_the_screen_once_is_read_again() {
    let mut run = Followed::new();
    run.append("stdout.jsonl", entries(1..=3));
    assert_eq!(run.look_and_count(), 3);
    // The bytes are out of reach while the lines are asked for, and there again before the next look.
    let bytes = fs::read(run.path("stdout.jsonl")).unwrap();
    fs::write(run.path("stdout.jsonl"), "").unwrap();
    assert_eq!(texts(&run.model), Vec::<String>::new());
    fs::write(run.path("stdout.jsonl"), bytes).unwrap();
    assert_eq!(run.look_and_compare(), names(1..=3));
}

#[test]
fn f27_a_failure_is_said_once_and_not_at_every_look() {
    let Some(folder) = Place::traced(&[
        "-e",
        "trace=pread64",
        "-P",
        "FOLDER/run/stdout.jsonl",
        "-e",
        "inject=pread64:error=ESTALE",
    ])
    .enter("errors::f27_a_failure_is_said_once_and_not_at_every_look") else {
        return;
    };
    let run = Followed::below(&folder);
    run.append("stdout.jsonl", entries(1..=3));
    let mut tail = run.tail;
    assert!(tail.poll().changes.len() > 1);
    for _ in 0..3 {
        let again = tail.poll().changes;
        assert!(again.is_empty(), "nothing changed, and this came: {again:?}");
    }
}

#[test]
fn f28_a_line_that_a_full_disk_tore_stays_torn_and_the_next_good_line_is_read() {
    let setup = r#"mkdir "$STEPWATCH_FAULTS_FOLDER/run" &&
        mount -t tmpfs -o size=64k tmpfs "$STEPWATCH_FAULTS_FOLDER/run""#;
    let Some(folder) = Place::namespaces("-Urm", setup)
        .enter("errors::f28_a_line_that_a_full_disk_tore_stays_torn_and_the_next_good_line_is_read")
    else {
        return;
    };
    let mut run = Followed::below(&folder);
    fs::write(run.path("ballast"), vec![1; 32 << 10]).unwrap();
    let mut writer = File::options().create(true).append(true).open(run.path("stdout.jsonl")).unwrap();
    let mut written = 0;
    let error = loop {
        match writer.write_all(entry(written + 1, &"x".repeat(500)).as_bytes()) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(run.look_and_compare().len() as u64, written);
    let torn = run.model.channels()[0].torn_bytes;
    assert!(torn > 0, "the last line is torn");
    // There is room again. What follows on the torn line belongs to it; the line after it is good.
    fs::remove_file(run.path("ballast")).unwrap();
    writer.write_all(entry(written + 2, "on the torn line").as_bytes()).unwrap();
    writer.write_all(entry(written + 3, "good").as_bytes()).unwrap();
    let found = run.look_and_compare();
    assert_eq!(found.len() as u64, written + 2);
    assert!(found[found.len() - 2].ends_with("on the torn line\"}"));
    assert_eq!(found.last().unwrap(), "good");
    assert_eq!((run.model.counts().malformed, run.model.channels()[0].torn_bytes), (0, 0));
}

#[test]
fn f39_five_thousand_files_are_followed_with_sixty_four_open_files_and_nothing_is_lost() {
    let Some(folder) = Place::limited("ulimit -n 64")
        .enter("errors::f39_five_thousand_files_are_followed_with_sixty_four_open_files_and_nothing_is_lost")
    else {
        return;
    };
    const FILES: u64 = 5000;
    let mut run = Followed::below(&folder);
    let name = |seq: u64| format!("channel-{seq:04}.jsonl");
    for seq in 0..FILES {
        run.append(&name(seq), entries([seq]));
    }
    assert_eq!(run.look_and_count(), FILES);
    let said = run.notice("log files").unwrap();
    assert_eq!(
        said,
        "5000 log files are followed with 16 of them open at a time, since this program may open 64 files; \
         raise that with `ulimit -n`"
    );
    assert_eq!(run.model.notices().len(), 1, "{:?}", run.model.notices());
    // All of them grow, one is truncated, one replaced, one written anew in its place.
    for seq in 0..FILES {
        run.append(&name(seq), entries([FILES + seq]));
    }
    assert_eq!(run.look_and_count(), 2 * FILES);
    fs::write(run.path(&name(7)), entries([2 * FILES])).unwrap();
    fs::write(run.path("new"), entries([8, FILES + 8, 2 * FILES + 1])).unwrap();
    fs::rename(run.path("new"), run.path(&name(8))).unwrap();
    let expected = names((0..2 * FILES).filter(|seq| seq % FILES != 7).chain(2 * FILES..2 * FILES + 2));
    assert_eq!(run.look(), expected);
    assert!(run.notice(&name(7)[..12]).unwrap().starts_with("was truncated: 2 entries"));
    // Of the same length as before, so that only its bytes tell.
    let same = entries([9]).replace("\"9\"", "\"N\"") + &entries([FILES + 9]);
    fs::write(run.path(&name(9)), same).unwrap();
    let mut looks = 0;
    let about = &name(9)[..12];
    while run.notice(about).is_none() {
        run.look_and_count();
        looks += 1;
        assert!(looks <= 20, "not noticed in {looks} looks");
    }
    assert_eq!(run.model.view(&Selection::all()).at(8).unwrap().entry.text(), b"N");
}

#[test]
fn f39_rotations_with_few_open_files_keep_what_can_be_kept_and_count_the_rest() {
    let Some(folder) = Place::limited("ulimit -n 64")
        .enter("errors::f39_rotations_with_few_open_files_keep_what_can_be_kept_and_count_the_rest")
    else {
        return;
    };
    const FILES: u64 = 12;
    let mut run = Followed::below(&folder);
    let mut written = 0;
    for round in 0..9 {
        for file in 0..FILES {
            let name = format!("channel-{file:02}.jsonl");
            if round > 0 {
                // Read a moment ago it is open, so that it is held when it is renamed.
                run.append(&name, entries([written]));
                written += 1;
                run.look_and_count();
                fs::rename(run.path(&name), run.path(&format!("{name}.{round}"))).unwrap();
            }
            run.append(&name, entries([written]));
            written += 1;
            run.look_and_count();
        }
    }
    let notices = run.model.notices();
    let is_gone = |text: &str| -> Option<u64> {
        text.strip_prefix("was ")?.split(": ").nth(1)?.split(' ').next()?.parse().ok()
    };
    let gone: u64 = notices.iter().filter_map(|notice| is_gone(&notice.text)).sum();
    let found = run.look();
    assert_eq!(found.len() as u64 + gone, written, "{notices:?}");
    assert!(notices.iter().all(|notice| !notice.text.contains("cannot be read")), "{notices:?}");
    let last_round = (written - 2 * FILES..written).filter(|seq| seq % 2 == 1);
    assert!(names(last_round).iter().all(|name| found.contains(name)));
}

/// Looks in a thread of its own, which may block for ever if something is wrong.
fn look_once(directory: RunDirectory) -> stepwatch::model::Model {
    let (send, received) = channel();
    std::thread::spawn(move || {
        let mut tail = RunTail::new(directory.clone());
        let mut model = stepwatch::model::Model::new(directory);
        loop {
            let batch = tail.poll();
            let caught_up = batch.caught_up;
            model.apply(batch, crate::scene::at(0));
            if caught_up {
                break;
            }
        }
        _ = send.send(model);
    });
    received.recv_timeout(DEADLINE).expect("the look did not block")
}

#[test]
fn f40_a_fifo_or_a_link_to_a_device_in_place_of_a_log_neither_blocks_nor_hides_the_others() {
    let run = Followed::new();
    mknodat(CWD, run.path("stdout.jsonl"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    symlink("/dev/zero", run.path("zero.jsonl")).unwrap();
    symlink("loop.jsonl", run.path("loop.jsonl")).unwrap();
    fs::create_dir(run.path("folder.jsonl")).unwrap();
    run.append("stderr.jsonl", entry(1, "one"));
    let model = look_once(run.model.directory().clone());
    assert_eq!(texts(&model), ["one"]);
    assert!(notice(&model, "stdout.jsonl").unwrap().contains("is not a regular file"));
    assert!(notice(&model, "zero.jsonl").unwrap().contains("leads out of the run's root"));
    assert!(notice(&model, "loop.jsonl").unwrap().contains("cannot be read"));
    assert_eq!(model.notices().len(), 3);
}

#[test]
fn f40_a_file_of_eight_exbibytes_without_data_is_looked_at_in_no_time() {
    let setup = r#"mkdir "$STEPWATCH_FAULTS_FOLDER/run" &&
        mount -t tmpfs -o size=1m tmpfs "$STEPWATCH_FAULTS_FOLDER/run""#;
    let Some(folder) = Place::namespaces("-Urm", setup)
        .enter("errors::f40_a_file_of_eight_exbibytes_without_data_is_looked_at_in_no_time")
    else {
        return;
    };
    let run = Followed::below(&folder);
    run.append("stdout.jsonl", entry(1, "one"));
    let file = File::options().append(true).open(run.path("stdout.jsonl")).unwrap();
    file.set_len(i64::MAX as u64 - (8 << 10)).unwrap();
    let model = look_once(run.model.directory().clone());
    assert_eq!(texts(&model), ["one"]);
    // Near the end of the largest file that there can be: of its very last page tmpfs itself says, when
    // it is asked for data, that there is none.
    (&file).write_all(entry(2, "two").as_bytes()).unwrap();
    let model = look_once(run.model.directory().clone());
    assert_eq!(texts(&model), ["one", "two"], "{:?}", model.notices());
    let mut first = [0; 1];
    File::open(run.path("stdout.jsonl")).unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"{");
}
