//! `stepwatch [PATH…]`: the screens; without a terminal on standard output the same as text.

use std::path::PathBuf;

use crate::report::LogRequest;
use crate::report::entry::Form;

use super::{Failure, Outcome, Output, target};

/// What to open.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Arguments {
    /// A run, folders with runs below them, or the id of a recorded run. Without any: this folder,
    /// else the default root.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Arguments {
    pub(crate) fn run(self, output: &mut Output) -> Result<Outcome, Failure> {
        let (runs, looked_in) = if self.paths.is_empty() {
            target::runs_nearby()
        } else {
            (target::runs(&self.paths)?, self.paths[0].clone())
        };
        match &runs[..] {
            [] => super::runs::none_found(&looked_in),
            [run] => super::log::follow(run, &LogRequest::default(), Form::Text, output),
            _ => super::runs::list(&runs, false, output),
        }
    }
}
