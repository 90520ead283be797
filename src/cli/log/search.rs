//! `stepwatch log --grep` over several runs.

use std::io::{self, Write};
use std::path::PathBuf;

use color_eyre::eyre::WrapErr as _;

use super::bounds::Bounds;
use super::{unread_log, unreadable};
use crate::cli::{Failure, Outcome, Output, output_failed, say, target};
use crate::display;
use crate::model::Model;
use crate::report::Presentation;
use crate::report::entry::{Form, write_heading};
use crate::report::log::{self, LogRequest};
use crate::run::{Channel, RunDirectory};

/// Whether the arguments may mean more than one run: several, or a folder that is no run itself. What
/// is found in it then does not change the form of what is written.
pub(super) fn means_several(arguments: &[PathBuf]) -> bool {
    match arguments {
        [folder] => folder.is_dir() && !RunDirectory::alone(folder).is_run(),
        _ => true,
    }
}

/// Searches every run that the arguments mean. A run that cannot be read is said, and the others are
/// searched.
pub(super) fn run(
    arguments: &[PathBuf],
    mut request: LogRequest,
    bounds: &Bounds,
    form: Form,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let runs = target::runs(arguments)?;
    if runs.is_empty() {
        let names: Vec<String> = arguments.iter().map(|path| display::path(path)).collect();
        return Err(Failure::could_not(format!("there are no runs below {}", names.join(", "))));
    }
    let presentation = output.presentation();
    let mut out = Grouped { output, presentation, heading: None, any: false };
    let mut hits = 0;
    let mut failed = 0;
    let mut channels: Vec<Channel> = Vec::new();
    for run in &runs {
        let name = run.path().to_string_lossy().into_owned();
        // On a terminal the name stands above the lines, so that they stay short.
        let above = form == Form::Text && presentation.terminal;
        out.heading = above.then(|| name.clone());
        let shown = (!above).then_some(name.as_str());
        match search(run, &mut request, bounds, form, shown, &mut out, &mut channels) {
            Ok(found) => hits += found,
            Err(Failed::Output(error)) => return Err(output_failed(error)),
            Err(Failed::Run(failure)) => {
                failed += 1;
                say(&format!("error: {}: {}", display::path(run.path()), failure.message()));
            }
        }
    }
    if failed > 0 {
        let what = format!("{failed} of {} runs could not be searched whole", runs.len());
        return Err(Failure::could_not(what));
    }
    if let Some(missing) = request
        .channels
        .iter()
        .find(|channel| matches!(channel, Channel::Other(_)) && !channels.contains(channel))
    {
        let name = display::one_line(missing.name());
        return Err(Failure::could_not(format!("none of the runs has a channel {name}")));
    }
    Ok(Outcome::done_if(hits > 0))
}

/// Why a run was not searched whole.
enum Failed {
    /// It could not be read.
    Run(Failure),
    /// Nobody takes what is found.
    Output(io::Error),
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self::Run(failure)
    }
}

/// Writes the hits in one run and returns how many there are. Notes which channels it has.
fn search(
    run: &RunDirectory,
    request: &mut LogRequest,
    bounds: &Bounds,
    form: Form,
    name: Option<&str>,
    out: &mut Grouped<'_>,
    channels: &mut Vec<Channel>,
) -> Result<u64, Failed> {
    let model = Model::load(run.clone()).wrap_err("it cannot be read").map_err(Failure::from)?;
    channels.extend(model.channels().iter().map(|state| state.channel.clone()));
    request.range = bounds.range(&model).map_err(Failure::could_not)?;
    let presentation = out.presentation;
    let written = request.write_named(name, &model, out, form, presentation).map_err(Failed::Output)?;
    if written.unreadable > 0 {
        return Err(unreadable(written.unreadable).into());
    }
    if let Some(failure) = unread_log(&model) {
        return Err(failure.into());
    }
    for notice in model.notices() {
        say(&format!("note: {}: {}", display::path(run.path()), log::notice(&notice)));
    }
    Ok(written.entries)
}

/// Standard output, on which the name of a run is written above its first line.
struct Grouped<'a> {
    output: &'a mut Output,
    presentation: Presentation,
    /// The name that is still to be written.
    heading: Option<String>,
    /// Whether there is a group above.
    any: bool,
}

impl Write for Grouped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty()
            && let Some(run) = self.heading.take()
        {
            if self.any {
                self.output.write_all(b"\n")?;
            }
            self.any = true;
            write_heading(self.output, &run, self.presentation)?;
        }
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
