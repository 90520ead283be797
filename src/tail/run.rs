//! All files of one run: looks at them when it is told to, and reports what changed.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use super::bulk::{self, Sizes};
use super::ending::{self, Ending};
use super::file::FileTail;
use super::identity::Identity;
use super::order::Order;
use super::scan::scan_lines;
use super::segment_file::{Handles, open_file_limit};
use super::{Batch, CANNOT_BE_READ, Change, SegmentId};
use crate::run::directory::{HEARTBEAT, MANIFEST, STATE};
use crate::run::{Channel, RunDirectory};

/// The batches of a look hold about so many lines at most, so that whoever applies them is never
/// kept for long.
const LINES_A_BATCH: u64 = 60_000;
/// With more files than this, each of them is read in turn, so that few of them are open at once.
const MOST_IN_PIECES: usize = 64;
/// How many of the last entries are told while a large run is read: some screens of them.
const ENDING_ENTRIES: u64 = 500;
/// How many bytes at the head of a file are searched for lines with a time, to choose the order of
/// a run without seqs.
const HEAD_SEARCHED: usize = 64 << 10;

/// Follows all files of one run, single-threaded and without a clock of its own but for ageing.
#[derive(Debug)]
pub struct RunTail {
    directory: RunDirectory,
    order: Order,
    /// In the order of their channels.
    files: Vec<FileTail>,
    handles: Handles,
    many_files_notice: Option<String>,
    next_segment: u32,
    any_seq: bool,
    any_line: bool,
    /// So many bytes at the heads of the files were searched for a time.
    heads_searched: u64,
    small: [Option<Stamp>; 3],
    checkpoints: Option<Vec<String>>,
    directory_notice: Option<String>,
    /// All files must be announced again before the next look at them.
    restarting: bool,
    /// The looks go round the files, so that none waits for a busy one.
    turn: usize,
    loading: Loading,
    /// How many looks have read much at once since the beginning, or the last restart.
    loads: u32,
    sizes: Sizes,
}

/// Whether what was there at the beginning, or at the last restart, is still being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loading {
    /// Nothing is read yet.
    First,
    /// The end was told, and is told again as it grows.
    WithEnding,
    /// The end cannot be told before all is read.
    WithoutEnding,
    /// All of it was read.
    Done,
}

/// Tells two versions of a small file apart. The time takes part only so that more changes are
/// seen; a replaced file differs by identity, a longer one by length. It is the time that nobody can
/// set, where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    identity: Identity,
    length: u64,
    changed: Changed,
}

#[cfg(unix)]
type Changed = (i64, i64);
#[cfg(unix)]
fn changed(metadata: &fs::Metadata) -> Changed {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
type Changed = Option<std::time::SystemTime>;
#[cfg(not(unix))]
fn changed(metadata: &fs::Metadata) -> Changed {
    metadata.modified().ok()
}

/// What a look takes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Only the log files that are known.
    Logs,
    /// The directory, the small files and the names of the checkpoints too.
    Everything,
}

impl RunTail {
    /// Follows the run in `directory`. Nothing is opened before the first look.
    #[must_use]
    pub fn new(directory: RunDirectory) -> Self {
        Self::with_sizes(directory, Sizes::default())
    }

    /// The same, reading in other sizes.
    #[must_use]
    pub fn with_sizes(directory: RunDirectory, sizes: Sizes) -> Self {
        Self {
            directory,
            order: Order::default(),
            files: Vec::new(),
            handles: Handles::default(),
            many_files_notice: None,
            next_segment: 0,
            any_seq: false,
            any_line: false,
            heads_searched: 0,
            small: [None; 3],
            checkpoints: None,
            directory_notice: None,
            restarting: false,
            turn: 0,
            loading: Loading::First,
            loads: 0,
            sizes,
        }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &RunDirectory {
        &self.directory
    }

    /// Looks at everything and reports what changed, at most about 60 000 lines of it.
    pub fn poll(&mut self) -> Batch {
        self.look(Extent::Everything)
    }

    /// Looks at the known log files only: enough after an event that named one of them.
    pub fn poll_logs(&mut self) -> Batch {
        self.look(Extent::Logs)
    }

    /// Looks at everything but the lines of the log files, of which only the end is read: so much
    /// that the last `entries` entries are known. `None` where that takes reading everything.
    pub fn poll_ending(&mut self, entries: u64) -> Option<Batch> {
        let mut batch = Batch::default();
        self.look_at_small_files(&mut batch.changes);
        self.look_for_files(&mut batch.changes);
        let restarts = self.open_files(&mut batch.changes);
        let ending = self.ending(entries).filter(|_| !restarts)?;
        batch.changes.push(Change::Ending(ending));
        Some(batch)
    }

    fn open_files(&mut self, changes: &mut Vec<Change>) -> bool {
        let now = Instant::now();
        let mut restarts = false;
        for file in &mut self.files {
            let next_segment = &mut self.next_segment;
            let look = file.open(&self.directory, now, &mut || take_segment(next_segment), changes);
            restarts |= look.must_restart;
        }
        if restarts {
            self.begin_anew();
        }
        restarts
    }

    fn ending(&self, entries: u64) -> Option<Ending> {
        let all = self.files.iter().flat_map(FileTail::segment_files);
        let files: Vec<_> = all.map(|(segment, file)| (segment, file.clone())).collect();
        ending::read(&files, self.order, entries, self.sizes.window).ok().flatten()
    }

    fn progress(&self) -> (u64, u64) {
        let all = self.files.iter().map(FileTail::progress);
        all.fold((0, 0), |sum: (u64, u64), of| (sum.0.saturating_add(of.0), sum.1.saturating_add(of.1)))
    }

    /// Reads on in large files, many lines at once, and tells their end first. Whether that is all
    /// for this look.
    fn load(&mut self, batch: &mut Batch) -> bool {
        if self.files.len() > MOST_IN_PIECES {
            return false;
        }
        if self.open_files(&mut batch.changes) {
            return true;
        }
        let (read, total) = self.progress();
        if total.saturating_sub(read) < self.sizes.worth_it {
            return false;
        }
        // The end is shown before the rest is read.
        let is_first = self.loading == Loading::First;
        let mut is_all = true;
        if is_first {
            self.loads = 0;
        } else {
            // Little at first: whoever shows the end should not have to wait for a core.
            let at_once = self.sizes.piece.saturating_mul(1 << self.loads.min(16));
            let sizes = Sizes { at_once: self.sizes.at_once.min(at_once), ..self.sizes };
            self.loads += 1;
            let look = bulk::read(&mut self.files, self.order, sizes, &mut batch.changes);
            self.any_seq |= look.any_seq;
            self.any_line |= look.lines > 0;
            // What is not read in pieces is read in turn, once nothing else is left.
            is_all = look.lines > 0;
        }
        batch.caught_up = false;
        batch.progress = Some(self.progress());
        if self.loading != Loading::WithoutEnding {
            let ending = self.ending(ENDING_ENTRIES);
            self.loading = if ending.is_some() { Loading::WithEnding } else { Loading::WithoutEnding };
            batch.changes.extend(ending.map(Change::Ending));
        }
        is_all
    }

    fn look(&mut self, extent: Extent) -> Batch {
        let mut batch = Batch { caught_up: true, ..Batch::default() };
        if extent == Extent::Everything {
            self.look_at_small_files(&mut batch.changes);
            self.look_for_files(&mut batch.changes);
        }
        if self.restarting {
            self.restarting = false;
            self.announce(&mut batch.changes);
        }
        let is_all = self.loading != Loading::Done && self.load(&mut batch);
        if !is_all {
            self.look_at_logs(&mut batch);
        }
        if batch.caught_up && !self.restarting && self.order_is_wrong() {
            self.begin_anew();
        }
        batch.caught_up &= !self.restarting;
        if batch.caught_up {
            self.loading = Loading::Done;
        }
        batch
    }

    fn look_at_logs(&mut self, batch: &mut Batch) {
        let now = Instant::now();
        let mut lines = 0;
        let count = self.files.len();
        for step in 0..count {
            let place = (self.turn + step) % count;
            if lines >= LINES_A_BATCH {
                batch.caught_up = false;
                self.turn = place;
                break;
            }
            let next_segment = &mut self.next_segment;
            let mut next = || take_segment(next_segment);
            let look =
                self.files[place].look(&self.directory, self.order, now, &mut next, &mut batch.changes);
            lines += look.lines;
            batch.caught_up &= look.caught_up;
            self.any_seq |= look.any_seq;
            self.any_line |= look.lines > 0;
            if look.must_restart {
                self.begin_anew();
                return;
            }
        }
        if batch.caught_up {
            self.turn = 0;
        }
    }

    /// Whether what was read says that the run is ordered by something else than supposed.
    fn order_is_wrong(&mut self) -> bool {
        match self.order {
            Order::Seq => self.any_line && !self.any_seq,
            Order::Time => self.any_seq,
            Order::File => self.any_seq || self.any_new_time(),
        }
    }

    fn begin_anew(&mut self) {
        self.restarting = true;
        self.loading = Loading::First;
    }

    fn announce(&mut self, changes: &mut Vec<Change>) {
        let by_seq = if self.order == Order::Seq { !self.order_is_wrong() } else { self.any_seq };
        // First, so that the times of a file that was truncated meanwhile do not count.
        self.files.iter_mut().for_each(|file| file.restart(changes));
        self.order = match by_seq {
            true => Order::Seq,
            false if self.any_time() => Order::Time,
            false => Order::File,
        };
        self.any_line = false;
        self.any_seq = false;
        changes.push(Change::Restart { order: self.order });
        for file in &mut self.files {
            let next_segment = &mut self.next_segment;
            file.announce(&mut || take_segment(next_segment), changes);
        }
    }

    /// Whether a line at the head of any file has a time, asked again only when a head grew.
    fn any_new_time(&mut self) -> bool {
        let heads = self.files.iter().map(|file| file.bytes_read().min(HEAD_SEARCHED as u64)).sum();
        std::mem::replace(&mut self.heads_searched, heads) != heads && self.any_time()
    }

    /// Whether a line at the head of any file has a time.
    fn any_time(&self) -> bool {
        self.files.iter().any(|file| {
            let mut head = vec![0; HEAD_SEARCHED];
            let count = file.read_head(&mut head);
            scan_lines(&head[..count], 0, Order::Time).marks.iter().any(|mark| mark.key().is_some())
        })
    }

    fn look_for_files(&mut self, changes: &mut Vec<Change>) {
        let notice = match fs::metadata(self.directory.path()) {
            Ok(metadata) if metadata.is_dir() => None,
            Ok(_) => Some("is not a directory; name the directory of a run".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some("the run directory is not there (yet); waiting for it".to_owned())
            }
            Err(error) => Some(format!("the run directory {CANNOT_BE_READ}: {error}")),
        };
        if notice != self.directory_notice {
            changes.push(Change::Notice { about: String::new(), text: notice.clone() });
            self.directory_notice = notice;
        }
        let found = self.directory.log_files();
        // A file of the same name and a better ending takes the channel of one that is followed,
        // which becomes a channel of its own: all is read anew.
        let channels: HashMap<&Path, &Channel> =
            found.iter().map(|found| (found.path.as_path(), &found.channel)).collect();
        let is_another =
            |file: &FileTail| channels.get(file.path()).is_some_and(|channel| *channel != file.channel());
        if self.files.iter().any(is_another) {
            self.files.clear();
            self.begin_anew();
        }
        let mut new = Vec::new();
        for found in found {
            match self.files.binary_search_by(|file| file.channel().cmp(&found.channel)) {
                // The same channel at another path, for example in `logs/` first: the old one is
                // kept until it is gone, so that what was read stays.
                Ok(place) => {
                    let file = &mut self.files[place];
                    if file.path() != found.path && !file.path().exists() {
                        file.move_to(found.path);
                    }
                }
                Err(_) => new.push(FileTail::new(found.channel, found.path, self.handles.clone())),
            }
        }
        if !new.is_empty() {
            self.files.append(&mut new);
            self.files.sort_by(|one, other| one.channel().cmp(other.channel()));
            self.say_how_many(changes);
        }
    }

    /// Says so when there are more files than may be open.
    fn say_how_many(&mut self, changes: &mut Vec<Change>) {
        let (count, most) = (self.files.len(), self.handles.most());
        let notice = (count > most).then(|| {
            let limit = open_file_limit().filter(|limit| *limit < count).map_or_else(String::new, |limit| {
                format!(", since this program may open {limit} files; raise that with `ulimit -n`")
            });
            format!("{count} log files are followed with {most} of them open at a time{limit}")
        });
        if notice != self.many_files_notice {
            changes.push(Change::Notice { about: "log files".to_owned(), text: notice.clone() });
            self.many_files_notice = notice;
        }
    }

    fn look_at_small_files(&mut self, changes: &mut Vec<Change>) {
        for (place, name) in [MANIFEST, STATE, HEARTBEAT].into_iter().enumerate() {
            let stamp = fs::metadata(self.directory.path().join(name)).ok().map(|metadata| Stamp {
                identity: Identity::of(&metadata),
                length: metadata.len(),
                changed: changed(&metadata),
            });
            if stamp == self.small[place] {
                continue;
            }
            match self.read_small(name) {
                Ok(change) => {
                    self.small[place] = stamp;
                    changes.push(Change::Notice { about: name.to_owned(), text: None });
                    changes.extend(change);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.small[place] = stamp;
                    changes.extend((name == STATE).then_some(Change::State(None)));
                }
                Err(error) => {
                    // A writer that does not replace atomically is met half-way; the next look
                    // tries again, because the stamp is not taken.
                    changes.push(Change::Notice {
                        about: name.to_owned(),
                        text: Some(format!("cannot be used: {error}")),
                    });
                }
            }
        }
        self.look_at_checkpoints(changes);
    }

    fn read_small(&self, name: &str) -> io::Result<Option<Change>> {
        Ok(match name {
            MANIFEST => Some(Change::Manifest(Box::new(self.directory.manifest()?))),
            STATE => Some(Change::State(Some(Box::new(self.directory.state()?)))),
            _ => Some(Change::Heartbeat(self.directory.heartbeat()?)),
        })
    }

    fn look_at_checkpoints(&mut self, changes: &mut Vec<Change>) {
        let mut names: Vec<String> = match fs::read_dir(self.directory.checkpoints()) {
            Ok(entries) => {
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            }
            Err(_) => Vec::new(),
        };
        names.retain(|name| !name.starts_with('.'));
        names.sort_unstable();
        if self.checkpoints.as_ref() != Some(&names) {
            changes.push(Change::Checkpoints(names.clone()));
            self.checkpoints = Some(names);
        }
    }
}

fn take_segment(next: &mut u32) -> SegmentId {
    let id = SegmentId(*next);
    *next = next.saturating_add(1);
    id
}
