//! `[notify]`: how a person is told when a run ends, fails or needs somebody.

use toml::de::DeTable;

use super::reader::Reader;
use crate::app::Notify;

pub(super) fn read(section: &DeTable<'_>, reader: &mut Reader<'_>) -> Notify {
    let mut notify = Notify::default();
    for (name, value) in section {
        let switch = match name.get_ref().as_ref() {
            "bell" => &mut notify.bell,
            "osc9" => &mut notify.osc9,
            other => {
                reader.unknown(other, name.span(), "setting of [notify]", &["bell", "osc9"]);
                continue;
            }
        };
        *switch = reader.switch(name.get_ref(), value).unwrap_or_default();
    }
    notify
}
