//! Making the run directory of a step before its command starts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;
use uuid::Uuid;

use super::files::{StateFile, json_bytes};
use super::log::{Level, Log};
use super::options::{Options, run_of_time};
use super::said::SaidFile;
use super::signals::Signals;
use super::step::{Error, Prepared};
use super::{checkpoints, terminal};
use crate::host;
use crate::run::directory::{CHECKPOINTS, MANIFEST};
use crate::run::replace::{Durability, replace_file};
use crate::run::{FORMAT, Id, Manifest, ProcessIdentity, RunDirectory, RunState, Status, Timestamp};

/// How many ids are tried for a run that nobody named.
const MOST_MADE_RUN_IDS: u32 = 100;

/// Makes the run directory: identity first, then the log files, the state `prepared`, the first
/// entry and the preparation checkpoint.
pub(super) fn prepare(options: Options) -> Result<Prepared, Error> {
    // From the first file on, the record is always finished, so signals are caught before that.
    let signals = Signals::catch().map_err(|source| Error::Signals { source })?;
    let working_directory = std::env::current_dir().map_err(|source| Error::WorkingDirectory { source })?;
    let now = Timestamp::from(SystemTime::now());
    let task = options.task_or_made(&working_directory);
    let root = std::path::absolute(&options.root)
        .map_err(|source| Error::Make { path: options.root.clone(), source })?;
    let (run, path) = make_directory(&root.join(task.as_str()), &task, options.run.as_ref(), now)?;
    let manifest = manifest(&options, &task, &run, &working_directory, now);
    let directory = RunDirectory::new(&path, root);
    fill(directory, manifest, options, signals).inspect_err(|_| {
        // The folder is ours and holds nothing yet that anybody could want; left behind, it would
        // refuse the next attempt under the same id. The cause is on its way to the caller.
        let _ = fs::remove_dir_all(&path);
    })
}

/// Makes what a run directory holds before its command starts.
fn fill(
    directory: RunDirectory,
    manifest: Manifest,
    options: Options,
    signals: Signals,
) -> Result<Prepared, Error> {
    let path = directory.path().to_owned();
    let cannot = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| Error::Make { path, source }
    };

    let manifest_path = path.join(MANIFEST);
    json_bytes(&manifest)
        .and_then(|bytes| replace_file(&manifest_path, &bytes, Durability::Synced))
        .map_err(cannot(&manifest_path))?;
    let mut log = Log::create(&path).map_err(cannot(&path))?;
    let said = SaidFile::create(&path).map_err(cannot(&path))?;
    let is_capturing = manifest.checkpoint_settings().mode.captures();
    if is_capturing {
        fs::create_dir(path.join(CHECKPOINTS)).map_err(cannot(&path.join(CHECKPOINTS)))?;
    }
    let mut state = StateFile::new(&path, prepared_state());
    state.write().map_err(cannot(&path))?;

    let data = json!({"runUid": manifest.run_uid, "stepName": manifest.step_name, "workerKind": manifest.worker_kind});
    log.event("run_prepared", Level::Info, &format!("prepared: {}", manifest.step_name), Some(&data));
    log.flush(std::time::Instant::now());
    let mut warnings = Vec::new();
    if is_capturing && let Err(error) = checkpoints::publish(&directory, &manifest, log.highest_seq()) {
        warnings.push(format!("the preparation checkpoint was not written: {error}"));
    }
    Ok(Prepared { directory, manifest, options, log, said, state, signals, warnings })
}

/// Makes a directory that was not there before.
fn make_directory(
    folder: &Path,
    task: &Id,
    run: Option<&Id>,
    now: Timestamp,
) -> Result<(Id, PathBuf), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::Make { path: folder.to_owned(), source })?;
    for attempt in 0..MOST_MADE_RUN_IDS {
        let id = run.cloned().unwrap_or_else(|| run_of_time(now, attempt));
        let path = folder.join(id.as_str());
        match fs::create_dir(&path) {
            Ok(()) => return Ok((id, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let was_last = attempt + 1 == MOST_MADE_RUN_IDS;
                if run.is_some() || was_last {
                    return Err(Error::Exists { run: id, task: task.clone(), path });
                }
            }
            Err(source) => return Err(Error::Make { path, source }),
        }
    }
    unreachable!("the last attempt returns")
}

fn manifest(options: &Options, task: &Id, run: &Id, working_directory: &Path, now: Timestamp) -> Manifest {
    Manifest {
        format: FORMAT,
        run_uid: Uuid::now_v7().to_string(),
        task_id: task.to_string(),
        step_id: options.step_or_made().to_string(),
        step_name: options.name_or_made(),
        run_id: run.to_string(),
        worker_kind: options.kind.clone(),
        labels: options.labels.clone(),
        created_at: Some(now),
        host: host::name().unwrap_or_default(),
        boot_id: host::boot_id().unwrap_or_default(),
        cwd: working_directory.to_string_lossy().into_owned(),
        command: options.command_words(),
        pty: options.pty,
        terminal: terminal::of_standard_input(),
        checkpoint: Some(options.checkpoint.clone()),
        ..Manifest::default()
    }
}

fn prepared_state() -> RunState {
    let own = std::process::id();
    RunState {
        status: Status::Prepared,
        pid_namespace: host::pid_namespace(),
        recorder: Some(ProcessIdentity { pid: own, pid_start_time: host::start_time(own) }),
        ..RunState::default()
    }
}
