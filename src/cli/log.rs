//! `stepwatch log`: the merged log of a run.

pub(super) mod bounds;
mod search;

use std::path::PathBuf;

use color_eyre::eyre::WrapErr as _;
use jiff::tz::TimeZone;

use crate::display;
use crate::model::{Ending, Goal, Model, Pattern};
use crate::report::entry::Form;
use crate::report::follow::{self, Audience, FollowError};
use crate::report::log::{self, DEFAULT_LAST, LogRange, LogRequest};
use crate::run::{Channel, RunDirectory};

use super::{Failure, Outcome, Output, output, output_failed, say, target};
use bounds::Bounds;

/// Print the merged log of a run, in the order of its seq
///
/// Shows the last 20 entries unless a range or a pattern is given. Every line is prefixed with its
/// channel. On a terminal, what could do harm there is made visible; in a pipe the text is verbatim.
///
/// With --grep, several runs can be given, or folders with runs below them: every run is searched,
/// and the name of the run stands before each line, or above its lines on a terminal.
///
/// Exit status: 0 done, 1 when nothing matches --grep, 3 when a run cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  stepwatch log run-7                          the last 20 entries
  stepwatch log run-7 -f                       and what comes, until the run ended
  stepwatch log run-7 --all --channel stderr   everything on standard error
  stepwatch log run-7 --grep 'error|warning'   entries that match
  stepwatch log runs/ --grep panicked          the same in every run below a folder
  stepwatch log run-7 --from 100 --to 200      a range of seqs
  stepwatch log run-7 --from -5m               the last five minutes of it
  stepwatch log run-7 --from 08:12 --to 08:15  what was written between two times
  stepwatch log run-7 --from c2                what came since checkpoint 2
  stepwatch log run-7 --all --raw --channel stdout > out    the step's output as it came
  stepwatch log run-7 --all --json | jq -r .text            JSON, an entry a line")]
pub(crate) struct Arguments {
    /// A run's folder, the id of a run that was recorded or is below this folder (RUN or TASK/RUN), or
    /// `latest`: the one that began last.
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// Only the last N entries of those asked for, in each run.
    #[arg(short = 'n', value_name = "N", conflicts_with = "all")]
    last: Option<u64>,
    /// All entries.
    #[arg(long)]
    all: bool,
    /// Go on with what comes, until the run ended; an entry that comes after one that stands behind
    /// it is marked as late.
    #[arg(short, long)]
    follow: bool,
    /// Read the whole log, also where its end would do: the last entries are read from the end of
    /// the files, which is right where they are in order; where they are not, a note says so.
    #[arg(long)]
    exact: bool,
    /// Only these channels.
    #[arg(long, value_name = "C,…", value_delimiter = ',')]
    channel: Vec<String>,
    /// Only entries whose text matches this regular expression; `^` and `$` are ends of lines.
    #[arg(long, value_name = "RE", value_parser = Pattern::new)]
    grep: Option<Pattern>,
    /// Only entries from this place on: a seq (100), a time (08:12, 08:12:30, '2026-03-21 08:12') on
    /// the clock of this machine, a distance before the last entry (-5m), behind a checkpoint (c2),
    /// or a part of the log (50%).
    #[arg(long, value_name = "PLACE", value_parser = bounds::parse, allow_hyphen_values = true)]
    from: Option<Goal>,
    /// Only entries up to this place.
    #[arg(long, value_name = "PLACE", value_parser = bounds::parse, allow_hyphen_values = true)]
    to: Option<Goal>,
    /// Print the bytes of the text and nothing else, also on a terminal. A line that is no JSON is
    /// printed with its line end.
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    /// Print a JSON object a line: {"seq","ts","channel","text"}, `bytes` (base64) for text that is
    /// not UTF-8.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let (mut request, bounds) = (self.request(), self.bounds());
        let form = match (self.raw, self.json) {
            (true, _) => Form::Raw,
            (_, true) => Form::Json,
            _ => Form::Text,
        };
        if self.grep.is_some() && !self.follow && search::means_several(&self.runs) {
            return search::run(&self.runs, request, &bounds, form, output);
        }
        let [run] = &self.runs[..] else {
            return Err(Failure::Usage("only --grep takes several runs; name one".to_owned()));
        };
        if self.follow {
            return follow(&target::run_to_follow(run)?, request, &bounds, form, output);
        }
        let run = target::one_run(run)?;
        let name = display::path(run.path());
        let model = self.load(run, &request).wrap_err_with(|| format!("{name} cannot be read"))?;
        refuse_missing_channels(&request.channels, &model)?;
        request.range = bounds.range(&model).map_err(Failure::could_not)?;
        say_notices(&model);
        if model.ending().is_some_and(|ending| ending.has_disorder() && !ending.is_whole()) {
            say(
                "note: the end of the log is out of order, and earlier entries may belong to it; --exact reads all of it",
            );
        }
        let presentation = output.presentation();
        let written = request.write(&model, output, form, presentation).map_err(output_failed)?;
        if written.unreadable > 0 {
            return Err(unreadable(written.unreadable));
        }
        if let Some(failure) = unread_log(&model) {
            return Err(failure);
        }
        Ok(Outcome::done_if(written.entries > 0 || request.pattern.is_none()))
    }

    /// Reads the run: only its end where that is enough.
    fn load(&self, run: RunDirectory, request: &LogRequest) -> std::io::Result<Model> {
        let is_ranged = request.pattern.is_some() || self.from.is_some() || self.to.is_some();
        let Some(last) = request.last.filter(|_| !is_ranged && !self.exact) else {
            return Model::load(run);
        };
        let model = Model::load_end(run.clone(), last)?;
        // A channel that is asked for may have nothing at the end.
        let found = model.view(&request.selection(&model)).len();
        let is_enough = found >= last || model.ending().is_none_or(Ending::is_whole);
        if is_enough { Ok(model) } else { Model::load(run) }
    }

    fn request(&self) -> LogRequest {
        let everything = self.all || self.grep.is_some() || self.from.is_some() || self.to.is_some();
        LogRequest {
            last: self.last.or((!everything).then_some(DEFAULT_LAST)),
            channels: self.channel.iter().map(|name| Channel::from_name(name)).collect(),
            pattern: self.grep.clone(),
            range: LogRange::default(),
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds { from: self.from.clone(), to: self.to.clone(), zone: TimeZone::system() }
    }
}

/// Prints what is asked for and goes on with what comes, until the run ended.
pub(super) fn follow(
    run: &RunDirectory,
    request: LogRequest,
    bounds: &Bounds,
    form: Form,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let presentation = output.presentation();
    let mut audience = Person { terminal: presentation.terminal };
    let is_searched = request.pattern.is_some();
    let range = |model: &Model| bounds.range(model);
    let written = follow::follow(run, request, range, form, presentation, output, &mut audience);
    match written {
        Ok(written) => Ok(Outcome::done_if(written > 0 || !is_searched)),
        Err(FollowError::Io(error)) => Err(output_failed(error)),
        Err(FollowError::Range(why)) => Err(Failure::could_not(why)),
    }
}

/// Whoever reads standard output.
struct Person {
    terminal: bool,
}

impl Audience for Person {
    fn listens(&mut self) -> bool {
        self.terminal || output::is_read()
    }

    fn note(&mut self, text: &str) {
        say(&format!("note: {text}"));
    }
}

/// The three channels of the contract may be without a file; any other must be there.
fn refuse_missing_channels(wanted: &[Channel], model: &Model) -> Result<(), Failure> {
    let known: Vec<&Channel> = model.channels().iter().map(|state| &state.channel).collect();
    match wanted.iter().find(|channel| matches!(channel, Channel::Other(_)) && !known.contains(channel)) {
        None => Ok(()),
        Some(missing) => {
            let known: Vec<String> = known.iter().map(|channel| display::one_line(channel.name())).collect();
            Err(Failure::could_not(format!(
                "the run has no channel {}; it has {}",
                display::one_line(missing.name()),
                if known.is_empty() { "none yet".to_owned() } else { known.join(", ") }
            )))
        }
    }
}

/// So many entries were indexed and could not be read.
pub(super) fn unreadable(count: u64) -> Failure {
    Failure::could_not(format!(
        "{count} entries could not be read: a file lost bytes while it was read; try again"
    ))
}

/// A log file of the run that could not be read: then what was written is not all.
pub(super) fn unread_log(model: &Model) -> Option<Failure> {
    model.unread_log().map(|notice| Failure::could_not(log::notice(&notice)))
}

fn say_notices(model: &Model) {
    for notice in model.notices().iter().filter(|notice| !notice.is_of_failure()) {
        say(&format!("note: {}", log::notice(notice)));
    }
}
