//! Whether a run that says "running" still has somebody who carries it out: the derived status
//! `lost`.

use std::io;

use serde::{Deserialize, Serialize};

use crate::host;
use crate::run::{Manifest, RunDirectory, RunState, Status};

/// What this host knows of the process that answers for a run. Dated by whoever keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LivenessFacts {
    /// The id of this host's boot.
    pub boot_id: Option<String>,
    /// The pid namespace in which `alive` was looked up.
    pub pid_namespace: Option<String>,
    /// Whether the recorder (where none is recorded: the command) lives; `None` where it could not
    /// be told, or no pid is recorded.
    pub alive: Option<bool>,
}

/// Looks up the process that answers for the run.
#[must_use]
pub fn collect(state: &RunState) -> LivenessFacts {
    let responsible = match state.recorder {
        Some(recorder) => Some((recorder.pid, recorder.pid_start_time)),
        None => state.pid.map(|pid| (pid, state.pid_start_time)),
    };
    LivenessFacts {
        boot_id: host::boot_id(),
        pid_namespace: host::pid_namespace(),
        alive: responsible.and_then(|(pid, started)| host::is_alive(pid, started)),
    }
}

/// The status to show: what the state says, or `lost` where it says running, boot and pid namespace
/// are ours, and the process that answers for the run is gone.
#[must_use]
pub fn judge(manifest: &Manifest, state: &RunState, facts: &LivenessFacts) -> Status {
    let same_boot = facts.boot_id.as_deref() == Some(manifest.boot_id.as_str());
    let same_namespace = facts.pid_namespace.is_some() && facts.pid_namespace == state.pid_namespace;
    if state.status == Status::Running && same_boot && same_namespace && facts.alive == Some(false) {
        return Status::Lost;
    }
    state.status
}

/// Reads the state of a run and judges it. A recorder writes its last state and then exits, so a
/// run that seems lost is read once more before it is called so.
///
/// # Errors
/// Those of reading `state.json`, `NotFound` where there is none.
pub fn observe(directory: &RunDirectory) -> io::Result<(RunState, Status)> {
    let manifest = directory.identity();
    let mut state = directory.state()?;
    let mut status = judge(&manifest, &state, &collect(&state));
    if status == Status::Lost {
        state = directory.state()?;
        status = judge(&manifest, &state, &collect(&state));
    }
    Ok((state, status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::ProcessIdentity;

    fn manifest() -> Manifest {
        Manifest { boot_id: "boot-a".to_owned(), ..Manifest::default() }
    }

    fn running() -> RunState {
        RunState { status: Status::Running, pid_namespace: Some("pid:[1]".to_owned()), ..RunState::default() }
    }

    fn facts(alive: Option<bool>) -> LivenessFacts {
        LivenessFacts { boot_id: Some("boot-a".to_owned()), pid_namespace: Some("pid:[1]".to_owned()), alive }
    }

    #[test]
    fn a_running_run_is_lost_only_when_its_process_is_known_to_be_gone() {
        assert_eq!(judge(&manifest(), &running(), &facts(Some(false))), Status::Lost);
        assert_eq!(judge(&manifest(), &running(), &facts(Some(true))), Status::Running);
        assert_eq!(judge(&manifest(), &running(), &facts(None)), Status::Running);
    }

    #[test]
    fn another_boot_or_pid_namespace_tells_nothing() {
        let other_boot = LivenessFacts { boot_id: Some("boot-b".to_owned()), ..facts(Some(false)) };
        let other_namespace =
            LivenessFacts { pid_namespace: Some("pid:[2]".to_owned()), ..facts(Some(false)) };
        let unknown = LivenessFacts { alive: Some(false), ..LivenessFacts::default() };
        for facts in [other_boot, other_namespace, unknown] {
            assert_eq!(judge(&manifest(), &running(), &facts), Status::Running);
        }
        let nameless = RunState { pid_namespace: None, ..running() };
        assert_eq!(judge(&manifest(), &nameless, &facts(Some(false))), Status::Running);
    }

    #[test]
    fn only_running_can_become_lost() {
        for status in
            [Status::Prepared, Status::Succeeded, Status::Failed, Status::Cancelled, Status::Unknown]
        {
            let state = RunState { status, ..running() };
            assert_eq!(judge(&manifest(), &state, &facts(Some(false))), status);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_recorder_answers_for_the_run_and_without_one_the_command_does() {
        let own = std::process::id();
        let gone = ProcessIdentity { pid: own, pid_start_time: Some(1) };
        let here = ProcessIdentity { pid: own, pid_start_time: host::start_time(own) };
        let command = RunState { pid: Some(own), pid_start_time: here.pid_start_time, ..running() };
        assert_eq!(collect(&command).alive, Some(true));
        assert_eq!(collect(&RunState { recorder: Some(gone), ..command }).alive, Some(false));
        assert_eq!(collect(&RunState { recorder: Some(here), ..running() }).alive, Some(true));
        assert_eq!(collect(&running()).alive, None);
    }
}
