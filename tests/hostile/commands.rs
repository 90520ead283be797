//! S1: every command that prints to a terminal, with every sequence in every field and argument.

use std::io::Read as _;
use std::path::Path;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::corpus::{Sequence, corpus};
use crate::planted::plant;
use crate::session::allowed::{On, assert_all};

/// Of so many sequences one is tried with the commands, where there is little time.
const SPARSE: usize = 9;

/// What is printed of a run that is full of the sequence.
const OF_A_RUN: &str = r#"
"$S" log "$RUN" --all; "$S" log "$RUN" --all --json; "$S" check "$RUN"; "$S" check "$RUN" --json
"$S" why "$RUN" --for 1ms; "$S" why "$RUN" --for 1ms --json
"$S" checkpoint list "$RUN"; "$S" checkpoint list "$RUN" --json
for seq in 1 2 3 4 5 6 8; do "$S" checkpoint show "$RUN" $seq; done; "$S" checkpoint show "$RUN" 4 --json
"$S" checkpoint git-diff "$RUN"; "$S" checkpoint log-tail "$RUN" --redact
"$S" wait "$RUN" --until done --timeout 1ms
"#;

/// What is printed where the sequence is an argument, a variable or a setting.
const OF_AN_ARGUMENT: &str = r#"
"$S" "$SEQ"; "$S" "--$SEQ"; "$S" log "$SEQ"; "$S" log "$RUN" --grep "($SEQ"; "$S" log "$RUN" --channel "$SEQ"
"$S" log "$RUN" --from "$SEQ"; "$S" --theme "$SEQ"; "$S" --color "$SEQ"; "$S" wait "$RUN" --until "$SEQ"
"$S" checkpoint show "$RUN" "$SEQ"; "$S" checkpoint git-diff . --base "x$SEQ"; "$S" "$SEQ" "$SEQ"
"$S" checkpoint summary "$RUN" -m "$SEQ"; "$S" prune . --older-than "$SEQ"; "$S" prune "$SEQ" --older-than 1s
"$S" exec --root . --task "$SEQ" -- true; "$S" exec --root . -- "./$SEQ"; "$S" runs "$SEQ"
"$S" exec --root . --label "$SEQ" -- true; STEPWATCH_ROOT="$SEQ" "$S" log x
STEPWATCH_CONFIG="./$SEQ" "$S" runs .; STEPWATCH_CONFIG=./config.toml "$S" runs .
"$S" config --check "./$SEQ"; "$S" config --check config.toml; STEPWATCH_CONFIG="./$SEQ" "$S" config --path
"$S" completions "$SEQ"; "$S" man "$SEQ"; "$S" demo "$SEQ"
"#;

/// All bytes that the commands send to the terminal in which they run.
fn in_terminal(script: &str, folder: &Path, run: &Path, sequence: &Sequence) -> Vec<u8> {
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut shell = CommandBuilder::new("timeout");
    shell.args(["--foreground", "-k", "1", "100", "sh", "-c", &format!("{script}\nprintf done")]);
    shell.env("S", env!("CARGO_BIN_EXE_stepwatch"));
    shell.env("RUN", run);
    shell.env("SEQ", sequence.argument());
    shell.env("TERM", "xterm-256color");
    shell.env("STEPWATCH_CONFIG", "/dev/null");
    shell.env("STEPWATCH_ROOT", folder);
    shell.env_remove("NO_COLOR");
    shell.cwd(folder);
    let mut child = pair.slave.spawn_command(shell).unwrap();
    drop(pair.slave);
    let mut bytes = Vec::new();
    // The end of a terminal is told by an error.
    _ = pair.master.try_clone_reader().unwrap().read_to_end(&mut bytes);
    child.wait().unwrap();
    assert!(bytes.ends_with(b"done"), "{}: {}", sequence.name, bytes.escape_ascii());
    bytes
}

/// Runs the commands for each of a share of the corpus.
fn print(script: &str, share: usize, shares: usize) {
    for (number, sequence) in corpus().iter().enumerate().skip(share).step_by(shares) {
        let root = tempfile::tempdir().unwrap();
        let run = plant(root.path(), number, sequence);
        let name = String::from_utf8_lossy(&sequence.bytes).into_owned();
        std::fs::write(root.path().join("config.toml"), format!("theme = \"{name}\"\n{name} = 1\n")).unwrap();
        let bytes = in_terminal(script, root.path(), &run, sequence);
        assert_all(&bytes, On::Lines);
    }
}

#[test]
fn s1_what_commands_print_of_a_run_is_text_and_colours() {
    print(OF_A_RUN, 0, SPARSE);
}

#[test]
fn s1_what_commands_say_of_an_argument_is_text_and_colours() {
    print(OF_AN_ARGUMENT, 1, SPARSE);
}

#[test]
#[ignore = "it takes minutes: every command is started for every sequence"]
fn s1_every_command_with_every_sequence() {
    print(OF_A_RUN, 0, 1);
    print(OF_AN_ARGUMENT, 0, 1);
}
