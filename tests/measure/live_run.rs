//! A run that is carried out by this very process, so that it is shown as one that is running.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use stepwatch::host;
use stepwatch::run::{FORMAT, Manifest, ProcessIdentity, RunState, Status, Timestamp};

/// Makes the directory of a run that is running, with no entries yet.
pub(crate) fn create(directory: &Path, task_id: &str, run_id: &str) {
    fs::create_dir_all(directory).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let began = Some(Timestamp::from_milliseconds(i64::try_from(now.as_millis()).unwrap()));
    let manifest = Manifest {
        format: FORMAT,
        task_id: task_id.to_owned(),
        step_id: "measure".to_owned(),
        step_name: "Measure".to_owned(),
        run_id: run_id.to_owned(),
        worker_kind: "bench".to_owned(),
        created_at: began,
        host: host::name().unwrap_or_default(),
        boot_id: host::boot_id().unwrap_or_default(),
        command: vec!["measure".to_owned()],
        ..Manifest::default()
    };
    let pid = std::process::id();
    let state = RunState {
        status: Status::Running,
        recorder: Some(ProcessIdentity { pid, pid_start_time: host::start_time(pid) }),
        pid_namespace: host::pid_namespace(),
        started_at: began,
        updated_at: began,
        ..RunState::default()
    };
    fs::write(directory.join("run.json"), serde_json::to_vec_pretty(&manifest).unwrap()).unwrap();
    fs::write(directory.join("state.json"), serde_json::to_vec_pretty(&state).unwrap()).unwrap();
}
