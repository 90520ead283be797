//! How a step ended: what its state, its last event and our own exit status say of it.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::signals;
use crate::run::Status;

/// Our exit status when the recording itself failed.
pub const OWN_FAILURE: u8 = 125;
/// Our exit status when the command was found and could not be executed.
pub const NOT_EXECUTABLE: u8 = 126;
/// Our exit status when the command was not found.
pub const NOT_FOUND: u8 = 127;

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) status: Status,
    pub(crate) exit_code: Option<i32>,
    pub(crate) signal: Option<i32>,
    /// How it ended, for the log.
    pub(crate) rendered: String,
    /// What the exit code does not say, for the state.
    pub(crate) message: Option<String>,
    /// What we exit with.
    pub(crate) exit_status: u8,
}

impl Ending {
    /// The command ran and ended. `asked_to_end` is the first signal that came to us, or to both of
    /// us from the terminal, while it ran.
    pub(crate) fn of_command(exit: ExitStatus, asked_to_end: Option<i32>) -> Self {
        let (exit_code, signal) = (exit.code(), exit.signal());
        let status = match (exit_code, asked_to_end) {
            (Some(0), _) => Status::Succeeded,
            (_, Some(_)) => Status::Cancelled,
            (_, None) => Status::Failed,
        };
        let how = match (exit_code, signal) {
            (Some(code), _) => format!("exit {code}"),
            (None, Some(signal)) => format!("killed by {}", signals::name(signal)),
            (None, None) => "ended in an unknown way".to_owned(),
        };
        let after = asked_to_end
            .filter(|asked| signal != Some(*asked))
            .map(|asked| format!("after {}", signals::name(asked)));
        let rendered = after.iter().fold(how.clone(), |how, after| format!("{how} {after}"));
        let message = match (exit_code, after) {
            (Some(_), after) => after.map(|after| format!("ended {after}")),
            (None, _) => Some(rendered.clone()),
        };
        let number = exit_code.or_else(|| signal.map(|signal| 128 + signal));
        let exit_status = number.and_then(|number| u8::try_from(number & 0xff).ok()).unwrap_or(OWN_FAILURE);
        Self { status, exit_code, signal, rendered, message, exit_status }
    }

    /// The command could not be started.
    pub(crate) fn not_started(program: &str, error: &io::Error) -> Self {
        let exit_status = if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE };
        Self { exit_status, ..Self::own_failure(format!("cannot start {program}: {error}")) }
    }

    /// The signal came before the command was started.
    pub(crate) fn before_start(signal: i32) -> Self {
        let message = format!("{} came before the command was started", signals::name(signal));
        let exit_status = u8::try_from(128 + signal).unwrap_or(OWN_FAILURE);
        Self { status: Status::Cancelled, exit_status, ..Self::own_failure(message) }
    }

    /// We failed ourselves.
    pub(crate) fn own_failure(message: String) -> Self {
        Self {
            status: Status::Failed,
            exit_code: None,
            signal: None,
            rendered: message.clone(),
            message: Some(message),
            exit_status: OWN_FAILURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGINT: i32 = 2;
    const SIGKILL: i32 = 9;
    const SIGTERM: i32 = 15;

    fn exited(code: i32, asked_to_end: Option<i32>) -> (Status, u8, String) {
        let ending = Ending::of_command(ExitStatus::from_raw(code << 8), asked_to_end);
        (ending.status, ending.exit_status, ending.rendered)
    }

    fn killed(signal: i32, asked_to_end: Option<i32>) -> (Status, u8, String) {
        let ending = Ending::of_command(ExitStatus::from_raw(signal), asked_to_end);
        (ending.status, ending.exit_status, ending.rendered)
    }

    #[test]
    fn the_commands_own_status_is_passed_on() {
        assert_eq!(exited(0, None), (Status::Succeeded, 0, "exit 0".to_owned()));
        assert_eq!(exited(3, None), (Status::Failed, 3, "exit 3".to_owned()));
        assert_eq!(killed(SIGKILL, None), (Status::Failed, 137, "killed by SIGKILL".to_owned()));
    }

    #[test]
    fn what_ends_badly_after_a_signal_that_came_through_us_is_cancelled() {
        assert_eq!(killed(SIGTERM, Some(SIGTERM)), (Status::Cancelled, 143, "killed by SIGTERM".to_owned()));
        assert_eq!(exited(130, Some(SIGINT)), (Status::Cancelled, 130, "exit 130 after SIGINT".to_owned()));
        assert_eq!(exited(0, Some(SIGINT)), (Status::Succeeded, 0, "exit 0 after SIGINT".to_owned()));
    }

    #[test]
    fn the_message_says_what_the_exit_code_does_not() {
        let message =
            |raw: i32, asked: Option<i32>| Ending::of_command(ExitStatus::from_raw(raw), asked).message;
        assert_eq!(message(3 << 8, None), None);
        assert_eq!(message(130 << 8, Some(SIGINT)).as_deref(), Some("ended after SIGINT"));
        assert_eq!(message(SIGKILL, Some(SIGTERM)).as_deref(), Some("killed by SIGKILL after SIGTERM"));
    }

    #[test]
    fn a_command_that_is_missing_is_told_from_one_that_cannot_run() {
        let missing = Ending::not_started("nope", &io::ErrorKind::NotFound.into());
        let refused = Ending::not_started("data", &io::ErrorKind::PermissionDenied.into());
        assert_eq!((missing.exit_status, refused.exit_status), (127, 126));
        assert_eq!((missing.status, missing.exit_code), (Status::Failed, None));
    }
}
