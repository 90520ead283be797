//! The facts of a run at one moment, collected on its host: the log's clocks, the log's shape and the
//! processes. They are dated and can travel; nothing is judged here.

mod earlier;
mod log;

use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

pub use log::{ChannelClock, Event, LogFacts, OpenLine, RepeatedLines};

use super::liveness;
use super::process::{Processes, Snapshot, Sought, Unavailable};
use crate::host;
use crate::model::Model;
use crate::run::{Heartbeat, Manifest, RunDirectory, RunState, Status, Timestamp, record_name};

/// What is known of a run at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Facts {
    /// When they were collected.
    pub at: Option<Timestamp>,
    /// How the run is, `lost` included.
    #[serde(deserialize_with = "any_status")]
    pub status: Status,
    /// Who it is.
    pub manifest: Manifest,
    /// What its recorder said last of its state.
    pub state: RunState,
    /// When the recorder said last that it lives.
    pub heartbeat: Option<Heartbeat>,
    /// When the newest checkpoint was written.
    pub last_checkpoint: Option<Timestamp>,
    /// What its log tells.
    pub log: LogFacts,
    /// What the kernel says of its processes; nothing where the run has ended, or is on another host.
    pub processes: Processes,
    /// The recorder's own state, as the letter of the kernel.
    pub recorder_state: Option<char>,
    /// How many bytes are free where the run directory is.
    pub free_bytes: Option<u64>,
    /// What earlier runs of the step were like.
    pub earlier: Vec<EarlierRun>,
    /// What could not be read, and why.
    pub unavailable: Vec<Unavailable>,
}

impl Facts {
    /// How long the step usually takes: the median of its earlier runs that ended well.
    #[must_use]
    pub fn usual_elapsed(&self) -> Option<Duration> {
        let mut took: Vec<u64> = self.earlier.iter().filter_map(|run| run.elapsed_ms).collect();
        took.sort_unstable();
        took.get(took.len() / 2).copied().map(Duration::from_millis)
    }

    /// Whether any process of the run was found, so that a second look tells what moves.
    #[must_use]
    pub fn has_processes(&self) -> bool {
        !self.processes.all.is_empty()
    }
}

/// What an earlier run of the same step was like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EarlierRun {
    /// How long it took, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// The longest time in which it said nothing, in milliseconds.
    pub longest_silence_ms: Option<u64>,
}

/// Reads a status, and the derived one as well, which a `state.json` never has.
fn any_status<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Status, D::Error> {
    const EVERY: [Status; 6] = [
        Status::Prepared,
        Status::Running,
        Status::Succeeded,
        Status::Failed,
        Status::Cancelled,
        Status::Lost,
    ];
    let word = String::deserialize(deserializer)?;
    Ok(EVERY.into_iter().find(|status| status.word() == word).unwrap_or_default())
}

/// Below this many bytes a disk is full for whoever writes a log.
pub const LEAST_FREE_BYTES: u64 = 64 << 10;

/// A run of which facts are collected: what was read of its files.
#[derive(Clone, Debug)]
pub struct Subject {
    directory: RunDirectory,
    manifest: Manifest,
    state: Option<RunState>,
    log: LogFacts,
    /// These do not change, and take some reading.
    earlier: Vec<EarlierRun>,
}

impl Subject {
    /// What a model tells of its run.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        Self {
            directory: model.directory().clone(),
            manifest: model.manifest().clone(),
            state: model.state().cloned(),
            log: LogFacts::of(model),
            earlier: earlier::runs(model.directory(), model.manifest()),
        }
    }

    /// What the end of a run's log tells.
    ///
    /// # Errors
    /// Those of reading the log's files.
    pub fn read(directory: RunDirectory) -> io::Result<Self> {
        Ok(Self::of(&Model::load_end(directory, log::LOOKED_AT)?))
    }

    /// Reads anew what may have changed.
    ///
    /// # Errors
    /// Those of reading the log's files; then everything stays as it was.
    pub fn read_again(&mut self) -> io::Result<()> {
        let model = Model::load_end(self.directory.clone(), log::LOOKED_AT)?;
        self.manifest = model.manifest().clone();
        self.state = model.state().cloned();
        self.log = LogFacts::of(&model);
        Ok(())
    }
}

/// The processes of a run at an earlier look, and how long ago that was.
pub type EarlierLook<'a> = Option<(&'a Processes, Duration)>;

/// Collects the facts of runs: looks at their processes twice, that long apart, at all of them at once.
/// `now` is asked for the time at each look, `pause` waits.
pub fn collect(
    subjects: &[Subject],
    between: Duration,
    now: impl Fn() -> Timestamp,
    pause: impl FnOnce(Duration),
) -> Vec<Facts> {
    let first = look(subjects.iter().map(|subject| (subject, None)), now());
    if !first.iter().any(Facts::has_processes) {
        return first;
    }
    let began = now();
    pause(between);
    let at = now();
    let elapsed = at.since(began);
    let again = subjects.iter().zip(&first);
    look(again.map(|(subject, facts)| (subject, Some((&facts.processes, elapsed)))), at)
}

/// Collects the facts of runs with one look at their processes, at all of them at once. What moved
/// between two looks is only told where an earlier one is handed in.
pub fn look<'a>(
    subjects: impl IntoIterator<Item = (&'a Subject, EarlierLook<'a>)>,
    at: Timestamp,
) -> Vec<Facts> {
    let mut snapshot: Option<Snapshot> = None;
    let facts = subjects.into_iter().map(|(subject, earlier)| {
        let mut case = Case::begin(subject);
        if case.sought.is_some() {
            case.look(snapshot.get_or_insert_with(Snapshot::take), earlier);
        }
        case.finish(at)
    });
    facts.collect()
}

/// The facts of one run in the making.
struct Case<'s> {
    subject: &'s Subject,
    facts: Facts,
    /// `None` where nothing can be said of its processes.
    sought: Option<Sought>,
}

impl<'s> Case<'s> {
    fn begin(subject: &'s Subject) -> Self {
        let directory = &subject.directory;
        let (state, status) = liveness::observe(directory)
            .unwrap_or_else(|_| (subject.state.clone().unwrap_or_default(), Status::Unknown));
        let manifest = subject.manifest.clone();
        let mut facts = Facts {
            status,
            last_checkpoint: newest_checkpoint(directory),
            free_bytes: host::free_bytes(directory.path()),
            earlier: subject.earlier.clone(),
            ..Facts::default()
        };
        let sought = match why_no_processes(&manifest, &state, status) {
            Some(why) => {
                facts.unavailable.push(Unavailable::new("processes", why));
                None
            }
            None => Some(Sought { run_variable: absolute(directory.path()), ..Sought::of(&state) }),
        };
        Self { subject, facts: Facts { manifest, state, ..facts }, sought }
    }

    fn look(&mut self, snapshot: &Snapshot, earlier: EarlierLook<'_>) {
        let Some(sought) = &self.sought else { return };
        let mut processes = snapshot.processes(sought);
        if let Some((earlier, ago)) = earlier {
            processes.compare(earlier, milliseconds(ago));
        }
        self.facts.unavailable.append(&mut processes.unavailable);
        self.facts.processes = processes;
        let recorder = self.facts.state.recorder;
        self.facts.recorder_state = recorder.and_then(|recorder| host::process_state(recorder.pid));
    }

    fn finish(self, at: Timestamp) -> Facts {
        let heartbeat = self.subject.directory.heartbeat().ok();
        Facts { at: Some(at), heartbeat, log: self.subject.log.clone(), ..self.facts }
    }
}

/// Why nothing can be said of the processes of a run: a run on another host, or one that has ended,
/// has no live facts.
fn why_no_processes(manifest: &Manifest, state: &RunState, status: Status) -> Option<String> {
    // Of a lost run the step may live on, without its recorder.
    if status.has_ended() && status != Status::Lost {
        return Some("the run has ended".to_owned());
    }
    let is_elsewhere = !manifest.host.is_empty() && host::name().is_some_and(|name| name != manifest.host);
    if manifest.boot_id.is_empty() && is_elsewhere {
        return Some("it runs on another host".to_owned());
    }
    let boot = host::boot_id();
    if !manifest.boot_id.is_empty() && boot.as_deref() != Some(manifest.boot_id.as_str()) {
        let same_host = host::name().is_some_and(|name| name == manifest.host);
        let why =
            if same_host { "it ran before this host was started anew" } else { "it runs on another host" };
        return Some(why.to_owned());
    }
    if state.pid_namespace.is_some() && state.pid_namespace != host::pid_namespace() {
        return Some("its pids are those of another container (pid namespace)".to_owned());
    }
    if state.pid.is_none() && state.recorder.is_none() {
        return Some("its state names no pid".to_owned());
    }
    None
}

fn absolute(path: &Path) -> Option<String> {
    std::path::absolute(path).ok()?.to_str().map(str::to_owned)
}

fn newest_checkpoint(directory: &RunDirectory) -> Option<Timestamp> {
    let entries = std::fs::read_dir(directory.checkpoints()).ok()?.flatten();
    let records = entries.filter(|entry| record_name::parse(entry.file_name().as_encoded_bytes()).is_some());
    records.filter_map(|entry| entry.metadata().ok()?.modified().ok()).max().map(Timestamp::from)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_travelled_are_the_same_and_so_is_a_lost_run() {
        for status in [Status::Lost, Status::Running, Status::Failed, Status::Unknown] {
            let facts = Facts {
                at: Some(Timestamp::from_milliseconds(1_000)),
                status,
                recorder_state: Some('T'),
                earlier: vec![EarlierRun { elapsed_ms: Some(5), longest_silence_ms: None }],
                unavailable: vec![Unavailable::new("a", "b")],
                ..Facts::default()
            };
            let text = serde_json::to_string(&facts).unwrap();
            assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts);
        }
        let unknown: Facts = serde_json::from_str(r#"{"status":"from the future"}"#).unwrap();
        assert_eq!(unknown.status, Status::Unknown);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_facts_of_a_living_process_travel_whole_but_for_the_registers() {
        let (_kept, other) = std::os::unix::net::UnixStream::pair().unwrap();
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::from(std::os::fd::OwnedFd::from(other)))
            .spawn()
            .unwrap();
        let started = host::start_time(child.id());
        let sought = Sought { command: Some((child.id(), started)), ..Sought::default() };
        let mut processes = Snapshot::take().processes(&sought);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!processes.all.is_empty());
        let threads = processes.all.iter_mut().flat_map(|process| &mut process.threads);
        threads.filter_map(|thread| thread.call.as_mut()).for_each(|call| call.arguments = [0; 6]);
        let facts = Facts { processes, ..Facts::default() };
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts);
    }
}
