//! `[list]`: the columns of the list of runs.

use std::str::FromStr;

use toml::de::DeTable;

use super::reader::Reader;

/// A column of the list of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// How the run is, in a sign and a word.
    Status,
    /// The task.
    Task,
    /// The step, and its place among the task's steps.
    Step,
    /// The run.
    Run,
    /// The kind of worker.
    Worker,
    /// How long the run took, or takes.
    Elapsed,
    /// How long it has said nothing.
    Idle,
    /// How much it said lately.
    Activity,
    /// How many checkpoints there are.
    Checkpoints,
    /// What it said last.
    LastLine,
}

impl Column {
    /// All columns, in the order in which they are shown where nobody wants another.
    pub const ALL: [Self; 10] = [
        Self::Status,
        Self::Task,
        Self::Step,
        Self::Run,
        Self::Worker,
        Self::Elapsed,
        Self::Idle,
        Self::Activity,
        Self::Checkpoints,
        Self::LastLine,
    ];

    /// What it is called in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Task => "task",
            Self::Step => "step",
            Self::Run => "run",
            Self::Worker => "worker",
            Self::Elapsed => "elapsed",
            Self::Idle => "idle",
            Self::Activity => "activity",
            Self::Checkpoints => "checkpoints",
            Self::LastLine => "last-line",
        }
    }
}

impl FromStr for Column {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|column| column.name() == name).ok_or_else(|| {
            format!("`{name}` is no column; it is one of {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

pub(super) fn read(section: &DeTable<'_>, reader: &mut Reader<'_>) -> Vec<Column> {
    let mut columns = Column::ALL.to_vec();
    for (name, value) in section {
        if name.get_ref() != "columns" {
            reader.unknown(name.get_ref(), name.span(), "setting of [list]", &["columns"]);
            continue;
        }
        let Some(wanted) = reader.list_of::<Column>("columns", value, "[\"status\", \"step\"]") else {
            continue;
        };
        let twice = wanted.iter().enumerate().find(|(index, column)| wanted[..*index].contains(column));
        match twice {
            Some((_, column)) => {
                reader.wrong(
                    value.span(),
                    format!("`columns` names `{}` twice; once is enough", column.name()),
                );
            }
            None if wanted.is_empty() => {
                reader.wrong(value.span(), "`columns` names none; name one at least");
            }
            None => columns = wanted,
        }
    }
    columns
}
