//! Makes a run directory of any size and prints what it put in, as one JSON object with the names
//! of `check --json`.
//!
//! ```sh
//! cargo run --release --example generate -- DIR --entries 8000000 --seed 1
//! ```

mod generated_run;

use std::io::Write as _;
use std::path::PathBuf;

use clap::Parser as _;
use color_eyre::eyre::WrapErr as _;

use generated_run::{Settings, generate};

/// Make a run directory of any size for tests and benches
///
/// The same arguments give the same bytes. The percentages are chances an entry.
#[derive(Debug, clap::Parser)]
struct Arguments {
    /// The folder to make the run in
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// How many entries the run has
    #[arg(long, value_name = "N")]
    entries: u64,
    /// What the random choices begin with
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Entries before which one to five seqs are missing
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    gaps: f64,
    /// Entries that repeat the seq of the one before them
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    ties: f64,
    /// Entries that are written behind later ones of their file
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    disorder: f64,
    /// Entries of 4 to 64 KiB
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    long: f64,
    /// Lines that do not parse
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = percent)]
    malformed: f64,
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("expected a number from 0 to 100".to_owned()),
    }
}

fn main() -> color_eyre::Result<()> {
    let Arguments { directory, entries, seed, gaps, ties, disorder, long, malformed } = Arguments::parse();
    let settings = Settings { entries, seed, gaps, ties, disorder, long, malformed };
    let counts = generate(&directory, settings)
        .wrap_err_with(|| format!("no run could be made in {}", directory.display()))?;
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer(&mut stdout, &counts)?;
    writeln!(stdout)?;
    Ok(())
}
