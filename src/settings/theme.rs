//! `[theme]`: a named set of colours, single ones of which can be replaced.

mod colours;

use std::str::FromStr;

use toml::de::DeTable;

use super::reader::Reader;
use crate::display::Color;

/// A set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ThemeName {
    /// The terminal's own sixteen colours, on its own ground.
    #[default]
    Terminal,
    /// Colours of our own on a dark ground.
    Dark,
    /// Colours of our own on a light ground.
    Light,
    /// No colours: signs, words, bold and faint only.
    Monochrome,
}

impl ThemeName {
    /// All themes.
    pub const ALL: [Self; 4] = [Self::Terminal, Self::Dark, Self::Light, Self::Monochrome];

    /// What it is called in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Monochrome => "monochrome",
        }
    }
}

impl FromStr for ThemeName {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|theme| theme.name() == name).ok_or_else(|| {
            format!("there is no such theme; it is one of {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Text that is nothing else.
    Text,
    /// What is behind everything.
    Background,
    /// What is there but not looked at: rules, times, hints.
    Faint,
    /// A key in the footer and the help.
    Key,
    /// The row under the cursor.
    Cursor,
    /// What was done as wanted.
    Good,
    /// What a person should see: gaps, late entries, notices, lost runs.
    Warning,
    /// What is wrong: failed runs, broken lines.
    Error,
    /// A run that goes on.
    Running,
    /// A run that ended well.
    Done,
    /// A sparkline.
    Activity,
    /// The name of the channel `worker`.
    Worker,
    /// The name of the channel `stdout`.
    Stdout,
    /// The name of the channel `stderr`.
    Stderr,
    /// The names of other channels.
    Other,
    /// A place at which a checkpoint stands.
    Checkpoint,
    /// A checkpoint that the runner made.
    Runner,
    /// A checkpoint that a person made.
    Operator,
    /// The head of a part of a diff.
    Hunk,
    /// A line that a diff adds.
    Added,
    /// A line that a diff removes.
    Removed,
    /// Characters that are shown by a code, because they could do harm.
    Escaped,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 22] = [
        Self::Text,
        Self::Background,
        Self::Faint,
        Self::Key,
        Self::Cursor,
        Self::Good,
        Self::Warning,
        Self::Error,
        Self::Running,
        Self::Done,
        Self::Activity,
        Self::Worker,
        Self::Stdout,
        Self::Stderr,
        Self::Other,
        Self::Checkpoint,
        Self::Runner,
        Self::Operator,
        Self::Hunk,
        Self::Added,
        Self::Removed,
        Self::Escaped,
    ];

    /// What it is called in the settings, and what it is for.
    #[must_use]
    pub fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("text", "Text that is nothing else."),
            Self::Background => ("background", "What is behind everything."),
            Self::Faint => ("faint", "Rules, times, hints; with `default`, the text's colour made faint."),
            Self::Key => ("key", "A key in the footer and the help."),
            Self::Cursor => ("cursor", "The sign of the row under the cursor."),
            Self::Good => ("good", "What was done as wanted."),
            Self::Warning => ("warning", "Gaps, late entries, notices, lost runs."),
            Self::Error => ("error", "Failed runs, broken lines."),
            Self::Running => ("running", "A run that goes on."),
            Self::Done => ("done", "A run that ended well."),
            Self::Activity => ("activity", "How much a run said lately."),
            Self::Worker => ("worker", "The name of the channel worker."),
            Self::Stdout => ("stdout", "The name of the channel stdout."),
            Self::Stderr => ("stderr", "The name of the channel stderr."),
            Self::Other => ("other", "The names of other channels."),
            Self::Checkpoint => ("checkpoint", "A place at which a checkpoint stands."),
            Self::Runner => ("runner", "A checkpoint that the runner made."),
            Self::Operator => ("operator", "A checkpoint that a person made."),
            Self::Hunk => ("hunk", "The head of a part of a diff."),
            Self::Added => ("added", "A line that a diff adds."),
            Self::Removed => ("removed", "A line that a diff removes."),
            Self::Escaped => ("escaped", "Characters that are shown by a code, because they could do harm."),
        }
    }

    /// What it is called in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.told().0
    }
}

/// A theme with the colours that a person replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThemeSettings {
    name: ThemeName,
    /// For each of [`Part::ALL`]; `None` is the terminal's own.
    colours: [Option<Color>; Part::ALL.len()],
}

impl ThemeSettings {
    /// A theme as it is.
    #[must_use]
    pub fn named(name: ThemeName) -> Self {
        Self { name, colours: Part::ALL.map(|part| colours::of(name, part)) }
    }

    /// The theme.
    #[must_use]
    pub fn name(&self) -> ThemeName {
        self.name
    }

    /// The colour of a part; `None` is the terminal's own.
    #[must_use]
    pub fn colour(&self, part: Part) -> Option<Color> {
        Part::ALL.iter().zip(self.colours).find(|(known, _)| **known == part).and_then(|(_, colour)| colour)
    }

    /// What the sixteen colours of a terminal are on the ground of this theme, where it has one.
    #[must_use]
    pub fn sixteen(&self) -> Option<&'static [Color; 16]> {
        colours::sixteen(self.name)
    }

    /// The same without a ground of its own, for a terminal that has only its sixteen colours: the
    /// theme's own colours become the terminal's, those that a person chose stay.
    #[must_use]
    pub fn without_ground(&self) -> Self {
        let (own, terminal) = (Self::named(self.name), Self::named(ThemeName::Terminal));
        let mut colours = self.colours;
        for (place, colour) in colours.iter_mut().enumerate() {
            if *colour == own.colours[place] {
                *colour = terminal.colours[place];
            }
        }
        Self { name: ThemeName::Terminal, colours }
    }

    pub(super) fn read(section: &DeTable<'_>, reader: &mut Reader<'_>) -> Self {
        let name = section.iter().find(|(name, _)| name.get_ref() == "name");
        let name = name.and_then(|(_, value)| reader.parsed("name", value, "\"dark\"", str::parse));
        let mut theme = Self::named(name.unwrap_or_default());
        for (name, value) in section.iter().filter(|(name, _)| name.get_ref() != "name") {
            let name_of_part = name.get_ref();
            let Some(place) = Part::ALL.iter().position(|part| part.name() == name_of_part) else {
                let known: Vec<&str> = std::iter::once("name").chain(Part::ALL.map(Part::name)).collect();
                reader.unknown(name_of_part, name.span(), "setting of [theme]", &known);
                continue;
            };
            if let Some(colour) = reader.parsed(name_of_part, value, "\"red\"", colours::parse) {
                theme.colours[place] = colour;
            }
        }
        theme
    }

    /// The colour of a part as the settings have it.
    pub(super) fn written(&self, part: Part) -> String {
        colours::written(self.colour(part))
    }
}
