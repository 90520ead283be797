//! What a diff says.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::json;
use stepwatch::checkpoint::git::{DiffRequest, diff};

use crate::scene::Scene;

#[test]
fn a_changed_file_is_in_the_patch_and_the_payload_says_from_where() {
    let scene = Scene::new();
    scene.write("kept", "two\n");
    let found = scene.diff();
    let head = scene.git(&["rev-parse", "HEAD"]);
    assert_eq!((found.head.as_deref(), found.base.as_deref()), (Some(&*head), Some(&*head)));
    assert!(found.patch.starts_with("diff --git a/kept b/kept\n"), "{}", found.patch);
    assert!(found.patch.ends_with("@@ -1 +1 @@\n-one\n+two\n"), "{}", found.patch);
    let expected = json!({"baseRef": "HEAD", "base": head, "head": head, "patch": found.patch,
        "untracked": [], "truncated": false});
    assert_eq!(found.payload(), expected);
}

#[test]
fn the_patch_is_the_one_that_plain_git_makes() {
    let scene = Scene::new();
    scene.write(".gitattributes", "*.crlf text eol=crlf\n*.hidden -diff\n");
    scene.write("windows.crlf", "a\r\nb\r\n");
    scene.write("a.hidden", "a");
    scene.write("mode", "#!/bin/sh\n");
    scene.write("sub/moved", "many\nlines\nof\ntext\nthat\nare\nfound\nagain\n");
    std::os::unix::fs::symlink("kept", scene.file("link")).unwrap();
    scene.write("binary", [0, 1, 2, 255]);
    scene.commit("second");
    scene.write("windows.crlf", "a\r\nB\r\n");
    scene.write("a.hidden", "b");
    scene.git(&["mv", "sub/moved", "sub/new"]);
    scene.git(&["update-index", "--chmod=+x", "mode"]);
    fs::remove_file(scene.file("link")).unwrap();
    scene.write("binary", [0, 1, 3, 255]);
    scene.write("staged", "new\n");
    scene.git(&["add", "staged"]);
    let mut request = scene.request();
    request.include_stat = true;
    let found = diff(&request).unwrap();
    assert_eq!(found.patch, scene.git(&["diff", "HEAD"]) + "\n");
    for part in
        ["Binary files a/binary and b/binary differ", "rename from sub/moved", "+new", "-a\r\n", "deleted"]
    {
        assert!(found.patch.contains(part) == (part != "-a\r\n"), "{part}: {}", found.patch);
    }
    let stat = found.stat.unwrap();
    assert!(stat.contains("sub/{moved => new}") && stat.contains("files changed"), "{stat}");
}

#[test]
fn a_base_is_a_branch_a_tag_or_anything_that_names_a_commit() {
    let scene = Scene::new();
    let first = scene.git(&["rev-parse", "HEAD"]);
    scene.git(&["tag", "-a", "v1", "-m", "annotated"]);
    scene.write("kept", "two\n");
    scene.commit("second");
    for base in ["v1", "HEAD~1", "main^", &first, "main@{1}", ":/first"] {
        let found = diff(&DiffRequest { base: Some(base.to_owned()), ..scene.request() }).unwrap();
        assert_eq!((found.base_ref.as_str(), found.base.as_ref()), (base, Some(&first)));
        assert!(found.patch.contains("-one\n+two\n"), "{base}: {}", found.patch);
    }
}

#[test]
fn it_is_of_the_whole_repository_from_any_folder_worktree_or_head_in_it() {
    let scene = Scene::new();
    scene.write("kept", "two\n");
    scene.write("new folder/deep/file", "");
    scene.git(&["checkout", "-q", "--detach"]);
    let whole = scene.diff();
    assert_eq!(whole.untracked, ["new folder/"]);
    assert_eq!(diff(&DiffRequest::new(scene.file("new folder/deep"))).unwrap(), whole);
    let other = scene.beside().join("other");
    scene.git(&["worktree", "add", "-q", other.to_str().unwrap(), "main"]);
    fs::write(other.join("kept"), "three\n").unwrap();
    assert!(diff(&DiffRequest::new(other)).unwrap().patch.ends_with("-one\n+three\n"));
}

#[test]
fn a_repository_without_a_commit_is_compared_with_nothing() {
    for format in ["sha1", "sha256"] {
        let scene = Scene::empty();
        fs::remove_dir_all(scene.file(".git")).unwrap();
        scene.git(&["init", "-q", &format!("--object-format={format}")]);
        scene.write("loose", "a\n");
        scene.write("staged", "b\n");
        scene.git(&["add", "staged"]);
        let found = scene.diff();
        assert_eq!((found.base.as_ref(), found.head.as_ref()), (None, None));
        assert!(found.patch.contains("+++ b/staged\n@@ -0,0 +1 @@\n+b\n"), "{}", found.patch);
        assert_eq!(found.untracked, ["loose"]);
        assert_eq!(found.payload()["head"], json!(null));
        scene.commit("first");
        scene.write("loose", "c\n");
        assert!(scene.diff().patch.ends_with("-a\n+c\n"), "{format}");
    }
}

#[test]
fn a_change_in_the_same_instant_and_of_the_same_length_is_seen() {
    // Git knows such a file by the time of its index, which the copy must keep.
    for _ in 0..20 {
        let scene = Scene::new();
        scene.write("kept", "two\n");
        let time = scene.file(".git/index").metadata().unwrap().modified().unwrap();
        let file = fs::File::options().write(true).open(scene.file("kept")).unwrap();
        file.set_times(fs::FileTimes::new().set_modified(time)).unwrap();
        assert_eq!(scene.diff().patch.lines().last(), Some("+two"));
    }
}

#[test]
fn what_is_ignored_is_not_untracked_and_names_are_kept_as_they_are() {
    let scene = Scene::new();
    scene.write(".git/info/exclude", "*.log\n");
    scene.write(".gitignore", "target/\n");
    scene.write("a.log", "");
    scene.write("target/x", "");
    scene.write("two\nlines", "");
    scene.write("grün", "");
    fs::write(scene.path().join(OsStr::from_bytes(b"bad\xff")), "").unwrap();
    let found = scene.diff();
    assert_eq!(found.untracked, [".gitignore", "bad\u{fffd}", "grün", "two\nlines"]);
    assert!(found.lossy);
    assert_eq!(found.payload()["lossy"], json!(true));
}

#[test]
fn text_that_is_no_utf_8_is_said_to_be_lossy() {
    let scene = Scene::new();
    scene.write("kept", b"caf\xe9\n");
    let found = scene.diff();
    assert!(found.lossy);
    assert!(found.patch.ends_with("+caf\u{fffd}\n"));
}

#[test]
fn a_long_patch_ends_at_the_last_line_that_fits() {
    let scene = Scene::new();
    scene.write("kept", "ü".repeat(30) + "\n" + &"0123456789\n".repeat(200_000));
    let whole = diff(&DiffRequest { limit: usize::MAX, ..scene.request() }).unwrap();
    assert!(!whole.truncated && whole.patch.len() > 2_000_000);
    for limit in [0, 1, 120, 121, 122, 500, 100_000] {
        let found = diff(&DiffRequest { limit, ..scene.request() }).unwrap();
        assert!(found.truncated && found.patch.len() <= limit && whole.patch.starts_with(&found.patch));
        assert!(found.patch.ends_with('\n') || limit < 30, "{limit}: {:?}", found.patch);
    }
    let exact = diff(&DiffRequest { limit: whole.patch.len(), ..scene.request() }).unwrap();
    assert_eq!(exact, whole);
}

#[test]
fn many_untracked_files_are_named_up_to_a_number() {
    let scene = Scene::new();
    for number in 0..1_100 {
        scene.write(&format!("new-{number:04}"), "");
    }
    let found = scene.diff();
    assert_eq!((found.untracked.len(), found.untracked_truncated), (1_000, true));
    assert_eq!(found.payload()["untrackedTruncated"], json!(true));
}
