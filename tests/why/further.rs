//! Further situations, each of which was once told wrong, or could be: whoever waits for another process
//! of the run, loops that are woken up in many ways, and logs that only look like a loop.

use crate::situations::{INPUT, LOCK, NETWORK, PIPE, Situation, healthy, stuck};

const DEADLOCK: &[&str] = &["deadlocked"];
const ASLEEP: &[&str] = &["sleeping", "progressing"];
const BUSY: &[&str] = &["busy_silent", "progressing"];
const MOVING: &[&str] = &["progressing"];
/// Nothing that can be read tells it from a silent run.
const NO_ALARM: &[&str] = &["progressing", "sleeping", "busy_silent", "unknown"];

/// The beginning of a script whose main thread joins another one by the C library's `pthread_join`; what
/// the other one does, two closing brackets and a quotation mark are to follow.
macro_rules! joins {
    () => {
        r#"exec python3 -c 'import ctypes,os,socket,threading,time
kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p); library = ctypes.CDLL(None); other = ctypes.c_ulong()
def joined(work):
    work = kind(work); print("begun", flush=True)
    library.pthread_create(ctypes.byref(other), None, work, None); library.pthread_join(other, None)
joined(lambda _: "#
    };
}

/// Steps that do not move on.
pub(crate) const STUCK: &[Situation] = &[
    stuck(
        "a Unix socket whose server takes nobody",
        r#"exec python3 -c 'import socket
server = socket.socket(socket.AF_UNIX); server.bind("\0" + "stepwatch-%d" % __import__("os").getpid()); server.listen(0)
print("connecting", flush=True)
kept = []
while True:
    client = socket.socket(socket.AF_UNIX); client.connect(server.getsockname()); kept.append(client)'"#,
        NETWORK,
    ),
    stuck(
        "a peer in an event loop that wakes itself up",
        r#"exec python3 -c 'import asyncio,os
async def main():
    reader, writer = await asyncio.open_connection("127.0.0.1", int(os.environ["PEER"]))
    print("connected", flush=True); await reader.read(1)
asyncio.run(main())'"#,
        NETWORK,
    ),
    Situation {
        pty: true,
        ..stuck(
            "a wheel that turns while a thread waits for a peer",
            r#"exec python3 -c 'import os,socket,sys,threading,time
def turn():
    while True:
        for wheel in "|/-":
            sys.stdout.write("\r" + wheel + " waiting"); sys.stdout.flush(); time.sleep(0.1)
threading.Thread(target=turn, daemon=True).start()
socket.create_connection(("127.0.0.1", int(os.environ["PEER"]))).recv(1)'"#,
            NETWORK,
        )
    },
    stuck(
        "an input that is watched by a select",
        r#"echo watching; exec python3 -c 'import select,sys; select.select([sys.stdin], [], [])'"#,
        INPUT,
    ),
    Situation {
        pty: true,
        ..stuck(
            "a question to the terminal past the standard streams",
            r#"exec < /dev/null; printf "Password: " > /dev/tty; read word < /dev/tty; echo"#,
            INPUT,
        )
    },
    Situation {
        pty: true,
        ..stuck(
            "a read of the terminal from the background",
            r#"echo reading; python3 -c 'import os; os.setpgid(0, 0); os.read(0, 1)'; echo"#,
            &["stopped"],
        )
    },
    stuck(
        "a worker of a pool that waits for a lock while the others are idle",
        r#"exec python3 -c 'import fcntl,multiprocessing,os
def work(number):
    if number == 3: fcntl.flock(open(os.environ["HELD"], "a"), fcntl.LOCK_EX)
print("working", flush=True)
with multiprocessing.Pool(3) as pool: pool.map(work, range(9), 1)'"#,
        LOCK,
    ),
    stuck(
        "a socket to another process of the step that waits for a lock",
        r#"exec python3 -c 'import fcntl,os,socket
one, other = socket.socketpair(); print("forking", flush=True)
if os.fork() == 0: fcntl.flock(open(os.environ["HELD"], "a"), fcntl.LOCK_EX)
one.recv(1)'"#,
        LOCK,
    ),
    stuck(
        "a lock held by another process of the step that waits for a FIFO",
        r#"echo locking; (flock 9; cat "$FIFO") 9> "$HELD.inside" & sleep 0.5; flock "$HELD.inside" true"#,
        PIPE,
    ),
    stuck(
        "what went its own way and waits for a lock while the command polls",
        r#"echo begun; setsid sh -c '(flock "$HELD" true; echo done) &'; while sleep 1; do :; done"#,
        LOCK,
    ),
    stuck(
        "two processes that hold the lock the other one waits for",
        r#"echo locking
(flock 8; sleep 0.5; flock 9) 8> "$HELD.one" 9> "$HELD.two" &
(flock 9; sleep 0.5; flock 8) 8> "$HELD.one" 9> "$HELD.two" & wait"#,
        DEADLOCK,
    ),
    stuck(
        "a parent that waits for a child whose output it does not read",
        r#"exec python3 -c 'import subprocess; print("begun", flush=True)
subprocess.Popen(["head", "-c", "1000000", "/dev/zero"], stdout=subprocess.PIPE).wait()'"#,
        DEADLOCK,
    ),
    stuck(
        "one of several that xargs runs side by side",
        r#"echo begun; printf '1\n2\n3\n' | xargs -P3 -I{} sh -c 'echo {}; if [ {} = 2 ]; then cat "$FIFO"; fi'"#,
        PIPE,
    ),
    stuck(
        "the same five lines again and again",
        "while :; do for word in a be cue dee ef; do echo \"$word cannot be done\"; done; sleep 0.1; done",
        &["looping"],
    ),
    stuck(
        "a main thread that joins one that waits for a peer",
        concat!(joins!(), r#"socket.create_connection(("127.0.0.1", int(os.environ["PEER"]))).recv(1))'"#),
        NETWORK,
    ),
    stuck(
        "a main thread that joins one that waits for ever",
        concat!(joins!(), r#"threading.Event().wait())'"#),
        DEADLOCK,
    ),
    stuck(
        "a full disk that the last line tells of",
        r#"echo "write: No space left on device" >&2; sleep 1000"#,
        &["disk_full"],
    ),
];

/// Steps that are as they should be.
pub(crate) const HEALTHY: &[Situation] = &[
    healthy(
        "a socket to another process of the step that sleeps",
        r#"exec python3 -c 'import os,socket,time
one, other = socket.socketpair(); print("forking", flush=True)
if os.fork() == 0: one.close(); time.sleep(1000)
other.close(); one.recv(1)'"#,
        ASLEEP,
    ),
    healthy(
        "a server of the step itself that takes its time",
        r#"exec python3 -c 'import os,socket,time
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen(); print("asking", flush=True)
if os.fork() == 0: kept = server.accept(); time.sleep(1000)
socket.create_connection(server.getsockname()).recv(1)'"#,
        ASLEEP,
    ),
    healthy(
        "a lock held by another process of the step that sleeps",
        r#"echo locking; (flock 9; sleep 1000) 9> "$HELD.own" & sleep 0.5; flock "$HELD.own" true"#,
        ASLEEP,
    ),
    healthy(
        "a download that says nothing",
        r#"exec python3 -c 'import os,socket
peer = socket.create_connection(("127.0.0.1", int(os.environ["TALKING_PEER"])), timeout=60)
print("loading", flush=True)
while peer.recv(65536): pass'"#,
        NO_ALARM,
    ),
    healthy(
        "an event loop that sleeps",
        r#"exec python3 -c 'import asyncio; print("begun", flush=True); asyncio.run(asyncio.sleep(1000))'"#,
        ASLEEP,
    ),
    Situation {
        pty: true,
        ..healthy(
            "a program that passes a terminal on to one that sleeps",
            r#"exec python3 -c 'import pty; pty.spawn(["sh", "-c", "echo begun; sleep 1000"])'"#,
            ASLEEP,
        )
    },
    healthy(
        "a thread that watches the input while the main one sleeps",
        r#"exec python3 -c 'import os,threading,time
threading.Thread(target=lambda: os.read(0, 1), daemon=True).start()
print("begun", flush=True); time.sleep(1000)'"#,
        ASLEEP,
    ),
    healthy(
        "a server in the background of a step that sleeps",
        r#"echo begun; python3 -m http.server 0 > /dev/null 2>&1 & exec sleep 1000"#,
        ASLEEP,
    ),
    healthy(
        "a thread that computes while the main one waits for it",
        r#"exec python3 -c 'import threading
def work():
    while True: pass
thread = threading.Thread(target=work, daemon=True); thread.start(); print("begun", flush=True); thread.join()'"#,
        BUSY,
    ),
    healthy(
        "a main thread that joins one that computes",
        concat!(joins!(), r#"any(0 for _ in iter(int, 1)))'"#),
        BUSY,
    ),
    healthy("a main thread that joins one that sleeps", concat!(joins!(), r#"time.sleep(1000))'"#), ASLEEP),
    healthy(
        "a follower of a file that nobody writes",
        r#"echo begun > "$HELD.followed"; exec tail -f "$HELD.followed""#,
        NO_ALARM,
    ),
    healthy(
        "numbers that are others each time",
        r#"exec python3 -c 'import random,time
while True: print("loss %.4f, accuracy %.3f" % (random.random(), random.random()), flush=True); time.sleep(0.1)'"#,
        MOVING,
    ),
    healthy(
        "names that are others each time",
        r#"exec python3 -c 'import time,uuid
while True: print("uploaded blob", uuid.uuid4().hex[:12], flush=True); time.sleep(0.1)'"#,
        MOVING,
    ),
    healthy("a burst of the same line", "for i in $(seq 1 60); do echo ok; done; sleep 1000", ASLEEP),
    Situation {
        pty: true,
        ..healthy(
            "a bar that gets further",
            r#"for i in $(seq 1 1000); do printf '\rloading %d of 1000' "$i"; sleep 0.5; done"#,
            MOVING,
        )
    },
    healthy(
        "a connection that is tried again every few seconds",
        r#"while :; do echo "connection failed, retrying in 4s"; sleep 4; done"#,
        ASLEEP,
    ),
    healthy(
        "a full disk of which the step knew a way out",
        r#"echo "cp: No space left on device" >&2; echo "falling back"; while :; do :; done"#,
        BUSY,
    ),
    healthy(
        "a child that lives on after the step ended",
        "echo begun; sleep 1000 > /dev/null 2>&1 &",
        &["finished", "progressing", "unknown"],
    ),
];
