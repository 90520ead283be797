//! A real directory in which the operations really happen.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use stepwatch::run::RunDirectory;

use super::operation::{FILES, Line, Obstacle, Operation, Seq, Shape};

/// The run directory, what surrounds it, and who writes into it.
#[derive(Debug)]
pub(crate) struct World {
    root: tempfile::TempDir,
    seqs: bool,
    /// The seq that was given last, and how many lines were written.
    seq: u64,
    written: u64,
    /// Makes names that were never used.
    names: u64,
    writers: [Writer; FILES.len()],
}

/// Who writes one of the files.
#[derive(Debug, Default)]
struct Writer {
    /// The rest of a line that was begun.
    rest: Vec<u8>,
    /// The files that stood at the path before, open as a writer has them.
    past: Vec<File>,
    /// Where they were renamed to.
    renamed: Vec<PathBuf>,
    /// Where the file is while something else stands at its path.
    blocked: Option<PathBuf>,
}

impl World {
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let world = Self {
            root,
            seqs: true,
            seq: 0,
            written: 0,
            names: 0,
            writers: std::array::from_fn(|_| Writer::default()),
        };
        fs::create_dir_all(world.run()).unwrap();
        fs::create_dir(world.inside("store")).unwrap();
        world
    }

    /// The run directory below a root in which links are followed.
    pub(crate) fn directory(&self) -> RunDirectory {
        RunDirectory::new(self.run(), self.inside(""))
    }

    /// A path in the root of the run, outside of which no link is followed.
    fn inside(&self, path: &str) -> PathBuf {
        self.root.path().join("root").join(path)
    }

    fn run(&self) -> PathBuf {
        self.inside("run")
    }

    pub(crate) fn path(&self, file: usize) -> PathBuf {
        self.run().join(format!("{}.jsonl", FILES[file]))
    }

    /// Whether something stands in the way of a file.
    pub(crate) fn is_blocked(&self) -> bool {
        self.writers.iter().any(|writer| writer.blocked.is_some())
    }

    /// Removes what stands in the way.
    pub(crate) fn unblock_all(&mut self) {
        (0..FILES.len()).for_each(|file| self.unblock(file));
    }

    fn fresh_name(&mut self, folder: &str, stem: &str) -> PathBuf {
        self.names += 1;
        self.inside(folder).join(format!("{stem}.{}", self.names))
    }

    /// Makes an operation happen. What has nothing to act on does nothing. Looking is not for us.
    pub(crate) fn apply(&mut self, operation: &Operation) {
        use Operation as O;
        match operation {
            O::Append { file, lines } => {
                let bytes = self.lines(lines);
                self.append(*file, &bytes);
            }
            O::AppendToPast { file, past, lines } => {
                let bytes = self.lines(lines);
                if let Some(mut file) = self.past(*file, *past) {
                    file.write_all(&bytes).unwrap();
                }
            }
            O::Tear { file, line, at } => {
                let bytes = self.line(line);
                let (head, rest) = bytes.split_at((*at).min(bytes.len()));
                self.append(*file, head);
                self.writers[*file].rest = rest.to_vec();
            }
            O::Mend { file, bytes } => {
                let rest = &mut self.writers[*file].rest;
                let piece: Vec<u8> = rest.drain(..(*bytes).min(rest.len())).collect();
                if !piece.is_empty() {
                    self.append(*file, &piece);
                }
            }
            O::Truncate { file, keep } => self.truncate(*file, |length| length * keep / 1000),
            O::Shorten { file, bytes } => self.truncate(*file, |length| length.saturating_sub(*bytes)),
            O::TruncatePast { file, past, keep } => {
                if let Some(file) = self.past(*file, *past) {
                    let length = file.metadata().unwrap().len();
                    file.set_len(length * keep / 1000).unwrap();
                }
            }
            O::CopyTruncate { file } => {
                let aside = self.fresh_name("store", "copy");
                if let Some(path) = self.regular(*file) {
                    fs::copy(&path, aside).unwrap();
                    self.truncate(*file, |_| 0);
                }
            }
            O::CopyTruncateWithoutAppend { file, line } => self.truncate_without_append(*file, line),
            O::Overwrite { file, keep, line } => self.overwrite(*file, *keep, line),
            O::RewriteSame { file, lines } => {
                if let Some(path) = self.regular(*file) {
                    let bytes = fs::read(&path).unwrap();
                    self.truncate(*file, |_| 0);
                    self.append(*file, &bytes);
                    let more = self.lines(lines);
                    self.append(*file, &more);
                }
            }
            O::Seqs(seqs) => self.seqs = *seqs,
            O::Poll | O::PollLogs | O::Rest => {}
            moving => self.move_files(moving),
        }
    }

    /// What changes the names of files.
    fn move_files(&mut self, operation: &Operation) {
        use Operation as O;
        match operation {
            O::Rotate { file, create } => {
                let aside = self.fresh_name("run", FILES[*file]);
                if self.leave(*file) {
                    fs::rename(self.path(*file), &aside).unwrap();
                    self.writers[*file].renamed.push(aside);
                    if *create {
                        File::create(self.path(*file)).unwrap();
                    }
                }
            }
            O::BringBack { file } => {
                let back = self.writers[*file].renamed.pop().filter(|path| path.exists());
                if let Some(back) = back.filter(|_| self.writers[*file].blocked.is_none()) {
                    self.leave(*file);
                    fs::rename(back, self.path(*file)).unwrap();
                }
            }
            O::Remove { file } => {
                if self.leave(*file) {
                    fs::remove_file(self.path(*file)).unwrap();
                }
            }
            O::Replace { file, keep, lines } => {
                let aside = self.fresh_name("run", ".new");
                let more = self.lines(lines);
                if self.leave(*file) {
                    let mut bytes = fs::read(self.path(*file)).unwrap();
                    bytes.truncate(bytes.len() * usize::try_from(*keep).unwrap() / 1000);
                    bytes.extend_from_slice(&more);
                    fs::write(&aside, bytes).unwrap();
                    fs::rename(aside, self.path(*file)).unwrap();
                }
            }
            O::RenameDirectory | O::RemoveDirectory => {
                self.unblock_all();
                (0..FILES.len()).for_each(|file| _ = self.leave(file));
                let aside = self.fresh_name(".", "run");
                if self.run().exists() {
                    fs::rename(self.run(), &aside).unwrap();
                    if matches!(operation, O::RemoveDirectory) {
                        fs::remove_dir_all(aside).unwrap();
                    }
                }
            }
            O::Link { file, to } => {
                self.leave(*file);
                if self.writers[*file].blocked.is_none() {
                    let path = self.path(*file);
                    fs::create_dir_all(self.run()).unwrap();
                    let _ = fs::remove_file(&path);
                    symlink(format!("../store/{}-{to}", FILES[*file]), path).unwrap();
                }
            }
            O::Block { file, with } => self.block(*file, *with),
            O::Unblock { file } => self.unblock(*file),
            other => panic!("{other:?} moves no file"),
        }
    }

    /// The path of a file, if it stands there.
    fn regular(&self, file: usize) -> Option<PathBuf> {
        Some(self.path(file)).filter(|path| self.writers[file].blocked.is_none() && path.is_file())
    }

    /// The file at the path is about to leave it: its writer keeps it open. Whether there is one.
    fn leave(&mut self, file: usize) -> bool {
        let Some(path) = self.regular(file) else { return false };
        self.writers[file].past.push(OpenOptions::new().append(true).read(true).open(path).unwrap());
        true
    }

    fn past(&self, file: usize, back: usize) -> Option<File> {
        self.writers[file].past.iter().rev().nth(back).map(|file| file.try_clone().unwrap())
    }

    fn append(&self, file: usize, bytes: &[u8]) {
        fs::create_dir_all(self.run()).unwrap();
        let path = self.writers[file].blocked.clone().unwrap_or_else(|| self.path(file));
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(bytes).unwrap();
    }

    fn truncate(&self, file: usize, to: impl Fn(u64) -> u64) {
        let path =
            self.writers[file].blocked.clone().filter(|path| path.exists()).or_else(|| self.regular(file));
        if let Some(path) = path {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            let length = file.metadata().unwrap().len();
            file.set_len(to(length)).unwrap();
        }
    }

    fn truncate_without_append(&mut self, file: usize, line: &Line) {
        let bytes = self.line(line);
        if let Some(path) = self.regular(file) {
            let mut writer = OpenOptions::new().write(true).open(path).unwrap();
            let offset = writer.metadata().unwrap().len();
            writer.set_len(0).unwrap();
            writer.seek(SeekFrom::Start(offset)).unwrap();
            writer.write_all(&bytes).unwrap();
        }
    }

    fn overwrite(&mut self, file: usize, keep: u64, line: &Line) {
        let Some(path) = self.regular(file) else { return };
        let length = fs::metadata(&path).unwrap().len();
        self.truncate(file, |length| length * keep / 1000);
        let mut bytes = Vec::new();
        let mut kept = Vec::new();
        File::open(&path).unwrap().read_to_end(&mut kept).unwrap();
        while ((kept.len() + bytes.len()) as u64) <= length {
            let first = bytes.is_empty();
            let plain = Line { seq: Seq::Next, shape: Shape::Plain(7) };
            bytes.extend(self.line(if first { line } else { &plain }));
        }
        self.append(file, &bytes);
    }

    fn block(&mut self, file: usize, with: Obstacle) {
        if self.writers[file].blocked.is_some() {
            return;
        }
        fs::create_dir_all(self.run()).unwrap();
        let (path, aside) = (self.path(file), self.fresh_name("run", "blocked"));
        if fs::symlink_metadata(&path).is_ok() {
            fs::rename(&path, &aside).unwrap();
        }
        self.writers[file].blocked = Some(aside);
        match with {
            Obstacle::Directory => fs::create_dir(path).unwrap(),
            Obstacle::LinkLoop => symlink(path.file_name().unwrap(), &path).unwrap(),
            Obstacle::OutsideLink => {
                let outside = self.root.path().join("outside");
                fs::write(&outside, "{\"seq\":1,\"text\":\"secret\"}\n").unwrap();
                symlink(outside, path).unwrap();
            }
            Obstacle::Fifo => {
                use rustix::fs::{CWD, FileType, Mode, mknodat};
                mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).unwrap();
            }
        }
    }

    fn unblock(&mut self, file: usize) {
        let Some(aside) = self.writers[file].blocked.take() else { return };
        let path = self.path(file);
        if path.is_dir() { fs::remove_dir(&path) } else { fs::remove_file(&path) }.unwrap();
        if fs::symlink_metadata(&aside).is_ok() {
            fs::rename(aside, path).unwrap();
        }
    }

    fn lines(&mut self, lines: &[Line]) -> Vec<u8> {
        lines.iter().flat_map(|line| self.line(line)).collect()
    }

    /// The bytes of a line with its end.
    fn line(&mut self, line: &Line) -> Vec<u8> {
        self.written += 1;
        let number = self.written;
        let numbered = |length: usize| format!("{number} {}", "x".repeat(length));
        if !self.seqs {
            return match line.shape {
                Shape::Plain(length) | Shape::SeqLate(length) => format!("plain {}\n", numbered(length)),
                Shape::Empty => "\n".to_owned(),
                Shape::Timed => format!("2026-03-21T08:00:{:02}Z {number}\n", number * 7 % 60),
                Shape::Worker => format!(
                    "{{\"ts\":\"2026-03-21T08:00:{:02}Z\",\"text\":\"{number}\"}}\n",
                    number * 11 % 60
                ),
                _ => format!("noise {number}\n"),
            }
            .into_bytes();
        }
        self.seq = match line.seq {
            Seq::Next => self.seq + 1,
            Seq::Gap(width) => self.seq + 1 + width,
            Seq::Tie => self.seq,
            Seq::Back(far) => self.seq.saturating_sub(far),
            Seq::Restart => 1,
        };
        let seq = self.seq;
        match line.shape {
            Shape::Plain(length) => format!("{{\"seq\":{seq},\"text\":\"{}\"}}\n", numbered(length)),
            Shape::SeqLate(length) => format!("{{\"text\":\"{}\",\"seq\":{seq}}}\n", numbered(length)),
            Shape::CarriageReturn => format!("{{\"seq\":{seq},\"text\":\"{number}\"}}\r\n"),
            Shape::Worker => format!("{{\"seq\":{seq},\"event\":\"e\",\"renderedLine\":\"{number}\"}}\n"),
            Shape::Broken => format!("{{\"seq\":{seq},\"text\":\"{number}\n"),
            Shape::NoSeq => format!("{{\"text\":\"{number}\"}}\n"),
            Shape::Timed => format!("2026-03-21T08:00:00Z {number}\n"),
            Shape::Noise => format!("noise {number}\n"),
            Shape::NotUnicode => {
                return [b"{\"seq\":7,\"text\":\"\xff", number.to_string().as_bytes(), b"\"}\n"].concat();
            }
            Shape::Empty => "\n".to_owned(),
        }
        .into_bytes()
    }
}
