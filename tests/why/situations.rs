//! The situations: a shell script each, and what is right to say of it.

/// A step, and what is right to say of it.
#[derive(Debug)]
pub(crate) struct Situation {
    pub(crate) name: &'static str,
    /// What a shell carries out. `$PEER` is the port of a peer that never answers, `$TALKING_PEER` that
    /// of one that sends a little all the time, `$HELD` a file whose
    /// lock is held by another process, `$FIFO` a FIFO that nobody else opens.
    pub(crate) script: &'static str,
    /// Whether the step has a terminal; else its standard input is a pipe into which nobody writes.
    pub(crate) pty: bool,
    /// Something that is done to it once it runs, by a shell; `$RECORDER` is the pid of its recorder.
    pub(crate) then: Option<&'static str>,
    /// Every verdict that is right.
    pub(crate) verdicts: &'static [&'static str],
    /// Whether a person should look.
    pub(crate) alarm: bool,
}

pub(crate) const fn stuck(
    name: &'static str,
    script: &'static str,
    verdicts: &'static [&'static str],
) -> Situation {
    Situation { name, script, pty: false, then: None, verdicts, alarm: true }
}

pub(crate) const fn healthy(
    name: &'static str,
    script: &'static str,
    verdicts: &'static [&'static str],
) -> Situation {
    Situation { alarm: false, ..stuck(name, script, verdicts) }
}

pub(crate) const INPUT: &[&str] = &["waiting_for_input"];
pub(crate) const NETWORK: &[&str] = &["waiting_on_network"];
pub(crate) const LOCK: &[&str] = &["waiting_on_lock"];
pub(crate) const PIPE: &[&str] = &["waiting_on_pipe"];

/// Steps that do not move on, or have ended badly.
pub(crate) const STUCK: &[Situation] = &[
    stuck("a question on a pipe", r#"printf "Name: "; read name"#, INPUT),
    Situation {
        pty: true,
        ..stuck("a question on a terminal", r#"printf "Proceed? [y/N] "; read answer"#, INPUT)
    },
    Situation {
        pty: true,
        ..stuck(
            "a question three shells deep",
            r#"sh -c 'sh -c "printf Password:; read word; echo"; echo'; echo"#,
            INPUT,
        )
    },
    Situation {
        pty: true,
        ..stuck("a question of a line editor", r#"bash -c 'read -e -p "Continue? " answer'"#, INPUT)
    },
    stuck(
        "a question that the step announces",
        r#"echo "waiting_for_input which region?" >> "$STEPWATCH_EVENTS"; sleep 1000"#,
        INPUT,
    ),
    stuck(
        "a peer that never answers",
        r#"exec python3 -c 'import os,socket; print("connected", flush=True); socket.create_connection(("127.0.0.1", int(os.environ["PEER"]))).recv(1)'"#,
        NETWORK,
    ),
    stuck(
        "a peer that is polled",
        r#"exec python3 -c 'import os,select,socket
s = socket.create_connection(("127.0.0.1", int(os.environ["PEER"])))
print("connected", flush=True)
while not select.select([s], [], [], 0.5)[0]: pass'"#,
        NETWORK,
    ),
    stuck(
        "a connection that is not taken",
        r#"exec python3 -c 'import socket
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(0)
print("connecting", flush=True)
kept = []
while True:
    client = socket.socket(); client.connect(server.getsockname()); kept.append(client)'"#,
        NETWORK,
    ),
    stuck(
        "a server to which nobody connects",
        r#"exec python3 -c 'import socket; server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(); print("listening", flush=True); server.accept()'"#,
        NETWORK,
    ),
    stuck(
        "a silent UDP socket",
        r#"exec python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print("bound", flush=True); s.recvfrom(1)'"#,
        NETWORK,
    ),
    stuck("a lock held by another process", r#"echo locking; exec flock "$HELD" true"#, LOCK),
    stuck(
        "a lock three shells deep",
        r#"sh -c "sh -c 'echo locking; flock \"$HELD\" true; echo'; echo"; echo"#,
        LOCK,
    ),
    stuck(
        "a record lock held by another process",
        r#"exec python3 -c 'import fcntl,os; print("locking", flush=True); fcntl.lockf(open(os.environ["HELD"] + ".record", "w"), fcntl.LOCK_EX)'"#,
        LOCK,
    ),
    stuck(
        "two threads that wait for each other",
        r#"exec python3 -c 'import threading,time
a, b = threading.Lock(), threading.Lock()
def take(one, other):
    one.acquire(); time.sleep(0.5); other.acquire()
threads = [threading.Thread(target=take, args=pair) for pair in ((a, b), (b, a))]
print("locking", flush=True)
for thread in threads: thread.start()
for thread in threads: thread.join()'"#,
        &["deadlocked"],
    ),
    stuck("a FIFO without a partner", r#"echo opening; exec cat "$FIFO""#, PIPE),
    stuck(
        "a full pipe that nobody drains",
        r#"exec python3 -c 'import os; reader, writer = os.pipe(); print("writing", flush=True); os.write(writer, b"x" * 10000000)'"#,
        PIPE,
    ),
    stuck(
        "a full pipe whose reader sleeps",
        r#"echo writing; head -c 1000000 /dev/zero | sh -c 'flock "$HELD" true'"#,
        LOCK,
    ),
    stuck("a stopped command", "echo stopping; kill -STOP $$", &["stopped"]),
    stuck("a stopped grandchild", r#"echo stopping; sh -c 'kill -STOP $$'; echo"#, &["stopped"]),
    stuck(
        "the same line again and again",
        "while :; do echo connection refused; sleep 0.05; done",
        &["looping"],
    ),
    stuck(
        "the same three lines again and again",
        "while :; do echo connect; echo refused; echo \"wait $$ s\"; sleep 0.1; done",
        &["looping"],
    ),
    Situation {
        then: Some("kill -KILL $RECORDER"),
        ..stuck("a recorder that was killed", "echo working; sleep 1000", &["worker_lost"])
    },
    Situation {
        then: Some("kill -STOP $RECORDER"),
        ..stuck("a recorder that was stopped", "while :; do echo working; sleep 1; done", &["log_stalled"])
    },
    stuck(
        "a parallel build of which one branch hangs",
        r#"(sleep 1; echo one) & (sleep 2; echo two) & (echo three; cat "$FIFO.branch") & wait"#,
        PIPE,
    ),
    stuck("a step that ended badly", "echo no >&2; exit 3", &["finished"]),
];

/// Steps that are as they should be.
pub(crate) const HEALTHY: &[Situation] = &[
    healthy("a long sleep", "echo sleeping; sleep 1000", &["sleeping", "progressing"]),
    healthy(
        "a busy loop without output",
        "echo computing; while :; do :; done",
        &["busy_silent", "progressing"],
    ),
    healthy(
        "a busy loop in a grandchild",
        "echo computing; sh -c 'while :; do :; done'; echo",
        &["busy_silent", "progressing"],
    ),
    healthy(
        "a steady writer",
        "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.3; done",
        &["progressing"],
    ),
    healthy(
        "a slow but regular writer",
        "i=0; while :; do i=$((i+1)); echo tick $i; sleep 4; done",
        &["progressing"],
    ),
    healthy(
        "a poller that waits on purpose",
        "while :; do echo waiting for the deployment; sleep 1; done",
        &["progressing"],
    ),
    healthy(
        "a poller that says nothing",
        "echo polling; while :; do sleep 2; done",
        &["sleeping", "progressing", "unknown"],
    ),
    healthy(
        "a burst, then a silence shorter than its habit",
        "for i in 1 2 3 4; do echo $i; sleep 0.1; done; sleep 9; echo 5; sleep 12; echo 6; sleep 1000",
        &["progressing", "sleeping"],
    ),
    healthy(
        "a child that is not waited for",
        r#"exec python3 -c 'import os,time
if os.fork() == 0: os._exit(0)
print("forked", flush=True); time.sleep(1000)'"#,
        &["sleeping", "progressing"],
    ),
    healthy("a step that ended well", "echo yes", &["finished", "progressing", "unknown"]),
];
