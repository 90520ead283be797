//! `[thresholds]`: how long is too long, for all and by worker kind.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::duration;
use super::reader::{Reader, Value};
use crate::diagnose::Thresholds;

/// How long is too long, for all and by worker kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThresholdSettings {
    general: Thresholds,
    /// Those that are not the general ones.
    by_kind: BTreeMap<String, Thresholds>,
}

/// One of the thresholds.
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) help: &'static str,
    /// Its place.
    pub(super) of: fn(&mut Thresholds) -> &mut Duration,
}

/// All thresholds.
pub(super) const FIELDS: [Field; 4] = [
    Field {
        name: "question",
        help: "A last line without its end counts as a question after so long.",
        of: |thresholds| &mut thresholds.question,
    },
    Field {
        name: "note",
        help: "After so long without a word it is looked at what the processes wait for.",
        of: |thresholds| &mut thresholds.note,
    },
    Field {
        name: "quiet",
        help: "After so long without a word a run is called quiet.",
        of: |thresholds| &mut thresholds.quiet,
    },
    Field {
        name: "suspect",
        help: "After so long without a word a run that sleeps or computes is suspect.",
        of: |thresholds| &mut thresholds.suspect,
    },
];

impl ThresholdSettings {
    /// Those for a worker of that kind.
    #[must_use]
    pub fn of(&self, worker_kind: &str) -> Thresholds {
        self.by_kind.get(worker_kind).copied().unwrap_or(self.general)
    }

    pub(super) fn read(section: &DeTable<'_>, reader: &mut Reader<'_>) -> Self {
        let names = FIELDS.map(|field| field.name);
        let mut kinds = Vec::new();
        let mut general = Thresholds::default();
        for (name, value) in section {
            match (FIELDS.iter().find(|field| field.name == name.get_ref()), value.get_ref()) {
                (Some(field), _) => take(field, value, &mut general, reader),
                (None, DeValue::Table(table)) => kinds.push((name.get_ref(), table)),
                (None, _) => reader.unknown(name.get_ref(), name.span(), "setting of [thresholds]", &names),
            }
        }
        // After all of the general ones, which stand in for what a kind does not say.
        let mut by_kind = BTreeMap::new();
        for (kind, table) in kinds {
            let mut own = general;
            for (name, value) in table {
                match FIELDS.iter().find(|field| field.name == name.get_ref()) {
                    Some(field) => take(field, value, &mut own, reader),
                    None => {
                        let what = format!("setting of [thresholds.{kind}]");
                        reader.unknown(name.get_ref(), name.span(), &what, &names);
                    }
                }
            }
            if own != general {
                by_kind.insert(kind.to_string(), own);
            }
        }
        Self { general, by_kind }
    }
}

fn take(field: &Field, value: &Value<'_>, thresholds: &mut Thresholds, reader: &mut Reader<'_>) {
    if let Some(length) = reader.parsed(field.name, value, "\"10s\"", duration::parse) {
        *(field.of)(thresholds) = length;
    }
}
