//! `[notify]`: how a person is told when a run ends, fails or needs somebody.

use toml::de::DeTable;

use super::reader::Reader;

/// How a person is told. Nothing is on unless somebody wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// Whether the terminal's bell is rung.
    pub bell: bool,
    /// Whether the terminal is asked to show a notification (OSC 9).
    pub osc9: bool,
}

impl Notify {
    pub(super) fn read(section: &DeTable<'_>, reader: &mut Reader<'_>) -> Self {
        let mut notify = Self::default();
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
}
