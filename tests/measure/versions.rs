//! Which versions of other programs take part.

use std::process::{Command, Stdio};

/// The versions of the programs that take part, a line each.
pub(crate) fn of_programs(programs: &[&str]) -> String {
    programs.iter().fold(String::new(), |lines, program| {
        let output =
            Command::new(program).arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).output();
        let text = output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let first = text.as_deref().and_then(|text| text.lines().next()).unwrap_or("not installed");
        format!("{lines}- {program}: {first}\n")
    })
}
