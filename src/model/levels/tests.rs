use super::*;

fn of_line(line: &str) -> Option<Level> {
    LevelRule::usual().unwrap().level_of(line.as_bytes(), &mut Scratch::default())
}

/// As an entry of a stream says it, and with the colours of rustc.
fn of_text(text: &str) -> Option<Level> {
    let line = |text: &str| serde_json::json!({"seq": 1, "text": text}).to_string();
    let plain = of_line(&line(text));
    let coloured = text.replacen(": ", "\u{1b}[0m\u{1b}[1m: ", 1);
    assert_eq!(of_line(&line(&coloured)), plain, "coloured: {text}");
    plain
}

#[test]
fn what_programs_write_of_errors_is_an_error() {
    for text in [
        "error[E0432]: unresolved import `x`\n",
        "error: could not compile `stepwatch`",
        "src/x.c:10:5: error: expected ';'",
        "a.h:1:10: fatal error: b.h: No such file or directory",
        "src/a.ts(1,2): error TS2304: Cannot find name 'x'.",
        "fatal: not a git repository",
        "thread 'main' panicked at src/main.rs:2:5:",
        "test tests::a ... FAILED",
        "test result: FAILED. 1 passed; 2 failed; 0 ignored",
        "FAILED tests/test_a.py::test_b - assert 1 == 2",
        "--- FAIL: TestX (0.00s)",
        "FAIL src/a.test.js",
        "Traceback (most recent call last):",
        "ValueError: invalid literal",
        "java.lang.NullPointerException: x",
        "Exception in thread \"main\" java.lang.IllegalStateException",
        "npm ERR! code ELIFECYCLE",
        "npm error code E404",
        "make: *** [Makefile:2: all] Error 1",
        "make[2]: *** No rule to make target 'x'.  Stop.",
        "bash: frob: command not found",
        "cat: x: No such file or directory",
        "mkdir: cannot create directory '/x': Permission denied",
        "Segmentation fault (core dumped)",
        "2026-03-21 08:00:00 ERROR main - it broke",
        "2026/03/21 08:00:00 [error] 12#0: open() failed",
        "time=2026 level=error msg=\"x\"",
        "panic: runtime error: index out of range",
        "{\"level\":\"error\",\"msg\":\"x\"}",
    ] {
        assert_eq!(of_text(text), Some(Level::Error), "{text}");
    }
}

#[test]
fn what_programs_write_of_warnings_is_a_warning() {
    for text in [
        "warning: unused variable: `x`\n",
        "warning[unused]: x",
        "x.c:1:2: warning: implicit declaration",
        "a.cpp(3): warning C4996: deprecated",
        "npm WARN deprecated x@1",
        "npm warn deprecated x@1",
        "a.py:3: DeprecationWarning: x",
        "2026-03-21 WARN  main - slow",
        "[warn] x",
        "level=warning msg=x",
        "{\"severity\":\"WARNING\",\"message\":\"x\"}",
    ] {
        assert_eq!(of_text(text), Some(Level::Warning), "{text}");
    }
}

#[test]
fn what_only_sounds_like_it_is_neither() {
    for text in [
        "0 errors, 0 warnings",
        "found 0 errors",
        "no errors",
        "errors: 0",
        "error: 0",
        "error=none",
        "Compiling thiserror v2.0.17",
        "thiserror: v2.0.17",
        "use std::error::Error;",
        "std::error::Error",
        "impl Error for X",
        "fn error(x: u8)",
        "ERROR_CODE = 3",
        "0 FAILED",
        "PASSED: 12 FAILED: 0",
        "test result: ok. 5 passed; 0 failed; 0 ignored",
        "Tests run: 5, Failures: 0, Errors: 0, Skipped: 0",
        "test error_is_told ... ok",
        "tests/errors.rs",
        "100% error-free",
        "FAILOVER done",
        "warnings: none",
        "-Wno-warning",
        "forewarn: x",
        "Downloaded fatal v1",
        "src/panic.rs",
        "the terror: of it",
        "line",
        "",
    ] {
        assert_eq!(of_text(text), None, "{text}");
    }
}

#[test]
fn what_a_worker_says_of_an_entry_counts_more_than_its_text() {
    let entry = |event: &str, level: &str, text: &str| {
        of_line(&format!(r#"{{"seq":1,"event":"{event}","level":"{level}","renderedLine":"{text}"}}"#))
    };
    assert_eq!(entry("step", "info", "error: quoted"), None);
    assert_eq!(entry("step", "error", "x"), Some(Level::Error));
    assert_eq!(entry("step", "WARN", "error: quoted"), Some(Level::Warning));
    assert_eq!(entry("step.failed", "info", "x"), Some(Level::Error));
    assert_eq!(entry("worker_crashed", "info", "x"), Some(Level::Error));
    assert_eq!(entry("leaseLost", "info", "x"), Some(Level::Error));
    assert_eq!(entry("timed_out", "", "x"), Some(Level::Error));
    assert_eq!(entry("step.retry", "info", "x"), Some(Level::Warning));
    assert_eq!(entry("unlost", "info", "x"), None);
    assert_eq!(entry("failed.cleared", "info", "x"), None);
    assert_eq!(entry("heartbeat", "info", "lease=ok"), None);
    assert_eq!(entry("heartbeat", "", "error: x"), Some(Level::Error));
}

#[test]
fn a_line_that_is_no_json_is_told_by_its_text() {
    assert_eq!(of_line("error: x"), Some(Level::Error));
    assert_eq!(of_line("nothing"), None);
}

#[test]
fn chunks_without_the_letters_are_passed_over() {
    let rule = LevelRule::usual().unwrap();
    let calm = br#"{"seq":1,"ts":"2026-03-21T08:00:00.036Z","text":"Compiling serde v1.0.228\n"}"#;
    for level in [Level::Error, Level::Warning] {
        assert_eq!(rule.candidates(level, calm).next_from(0), None, "{level:?}");
    }
    let bad = br#"{"seq":1,"event":"x","level":"error","renderedLine":"a"}"#;
    assert!(rule.candidates(Level::Error, bad).next_from(0).is_some());
}

#[test]
fn colours_are_taken_out_and_nothing_else() {
    for (text, left) in [
        ("a\u{1b}[1;31mb\u{1b}[0mc", "abc"),
        ("\u{1b}", "\u{1b}"),
        ("\u{1b}[", ""),
        ("\u{1b}[3", ""),
        ("x\u{1b}]0;t\u{7}", "x\u{1b}]0;t\u{7}"),
    ] {
        let mut bytes = text.as_bytes().to_vec();
        without_colours(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), left);
    }
}
