//! `[keys]`: which keys stand for which action.

use std::ops::Range;

use toml::de::DeTable;

use super::reader::Reader;
use crate::app::action::{ACTIONS, KeyTable, Wish};

pub(super) fn read(section: &DeTable<'_>, reader: &mut Reader<'_>) -> KeyTable {
    let names: Vec<String> = ACTIONS.iter().map(|row| row.setting()).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut wishes: Vec<(Range<usize>, Wish)> = Vec::new();
    for (name, value) in section {
        let row = names.iter().zip(ACTIONS).find(|(known, _)| *known == name.get_ref());
        let Some((_, row)) = row else {
            reader.unknown(name.get_ref(), name.span(), "action", &known);
            continue;
        };
        if let Some(keys) = reader.list_of(name.get_ref(), value, "[\"q\", \"ctrl-x\"]") {
            wishes.push((name.span(), Wish { action: row.action, keys }));
        }
    }
    // In the order of the file: of two that do not go together the later is refused.
    wishes.sort_by_key(|(place, _)| place.start);
    let (places, wishes): (Vec<Range<usize>>, Vec<Wish>) = wishes.into_iter().unzip();
    let (table, refused) = KeyTable::with(&wishes);
    for (number, reason) in refused {
        let name = ACTIONS.iter().find(|row| row.action == wishes[number].action).map(|row| row.setting());
        reader.wrong(places[number].clone(), format!("`{}`: {reason}", name.unwrap_or_default()));
    }
    table
}
