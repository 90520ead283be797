//! `stepwatch [PATH…]`: the screens; without a terminal on standard output the same as text.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::app::{Remembered, Start};
use crate::display;
use crate::report::LogRequest;
use crate::report::entry::Form;
use crate::run::RunDirectory;
use crate::settings::{ThemeName, ThemeSettings};
use crate::tui;

use super::keeper::Keeper;
use super::log::bounds::Bounds;
use super::{Failure, Outcome, Output, output, target};

/// What to open.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// A run, folders with runs below them, the id of a recorded run, or `latest`. Without any: this
    /// folder, else the default root.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The colours of the screens, instead of those in the settings.
    #[arg(long, value_name = "NAME", value_parser = theme_names())]
    theme: Option<ThemeName>,
    /// Begin anew: with no filter, at the end of the log, in the list.
    #[arg(long)]
    fresh: bool,
}

fn theme_names() -> impl TypedValueParser<Value = ThemeName> {
    PossibleValuesParser::new(ThemeName::ALL.map(ThemeName::name)).try_map(|name| name.parse())
}

impl Arguments {
    /// What is only for opening a screen has no meaning before a command.
    pub(crate) fn refuse_beside_a_command(&self) -> Result<(), Failure> {
        let what = match (self.paths.first(), self.theme) {
            (Some(path), _) => display::one_line(&path.to_string_lossy()),
            (None, Some(_)) => "--theme".to_owned(),
            (None, None) if self.fresh => "--fresh".to_owned(),
            (None, None) => return Ok(()),
        };
        Err(Failure::Usage(format!(
            "{what} before a command means nothing; put it behind the command, or leave the command out to open a screen"
        )))
    }

    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let (runs, looked_in) = if self.paths.is_empty() {
            target::runs_nearby()
        } else {
            (target::runs(&self.paths)?, self.paths[0].clone())
        };
        if output::shows_screens() {
            let (theme, fresh) = (self.theme, self.fresh);
            let start = self.start(&runs, looked_in);
            return on_screen(start, output.presentation().color, theme, fresh);
        }
        match &runs[..] {
            [] => super::runs::none_found(&looked_in),
            [run] => super::log::follow(run, LogRequest::default(), &Bounds::none(), Form::Text, output),
            _ => super::runs::list(&runs, false, false, output),
        }
    }
    /// One run that was named is opened itself, everything else as folders in which runs may come.
    fn start(self, runs: &[RunDirectory], looked_in: PathBuf) -> Start {
        match (&self.paths[..], runs) {
            ([path], [run]) if !path.is_dir() || run.path() == path => Start::Run(run.clone()),
            ([], _) => Start::Roots(vec![looked_in]),
            _ if self.paths.iter().all(|path| path.is_dir()) => Start::Roots(self.paths),
            _ => Start::Roots(runs.iter().map(|run| run.path().to_owned()).collect()),
        }
    }
}

/// Opens the screens until they are left, as they were left before unless that is not wanted. A signal
/// that ended them ends the process as it would have without them.
fn on_screen(start: Start, colour: bool, theme: Option<ThemeName>, fresh: bool) -> Result<Outcome, Failure> {
    let keeper = Keeper::of_user();
    let (remembered, notice) = if fresh { (Remembered::default(), None) } else { keeper.read() };
    let left = show_in(start, colour, theme, remembered, notice)?;
    let kept = keeper.write(left.remembered);
    match (left.ended.map_err(|error| Failure::could_not(error.to_string()))?, kept) {
        // Nobody may be there to read what cannot be kept.
        (tui::Ended::Signal(signal), _) => tui::end_by(signal),
        (tui::Ended::Quit, Err(why)) => super::say(&why),
        (tui::Ended::Quit, Ok(())) => {}
    }
    Ok(Outcome::Done)
}

/// Shows the screens until they are left. Nothing is remembered of them.
pub(super) fn show(start: Start, colour: bool) -> Result<tui::Ended, Failure> {
    let left = show_in(start, colour, None, Remembered::default(), None)?;
    left.ended.map_err(|error| Failure::could_not(error.to_string()))
}

/// The same in the colours of a theme. It is taken as it is, unless it is that of the settings: single
/// colours were chosen for the ground of that one.
fn show_in(
    start: Start,
    colour: bool,
    theme: Option<ThemeName>,
    remembered: Remembered,
    trouble: Option<String>,
) -> Result<tui::Left, Failure> {
    let loaded = super::loaded_settings();
    let notice = loaded.in_a_sentence().or(trouble);
    let mut settings = loaded.settings;
    if let Some(name) = theme.filter(|name| *name != settings.theme.name()) {
        settings.theme = ThemeSettings::named(name);
    }
    tui::run(tui::Options { start, colour, settings, notice, remembered })
        .map_err(|error| Failure::could_not(error.to_string()))
}
