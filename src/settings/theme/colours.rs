//! The colours of the themes, and colours as people write them.

use super::{Part, ThemeName};
use crate::display::Color;

/// The names of the terminal's own colours, by their index.
const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];
/// What means the colour that the terminal has by itself.
const DEFAULT: &str = "default";

/// The sixteen colours on the dark ground: each has a contrast of 4.5 to 1 to it at least, but black.
const DARK: [Color; 16] = [
    rgb(0x3b424d),
    rgb(0xff7b72),
    rgb(0x8fd18a),
    rgb(0xf0c05a),
    rgb(0x79aef5),
    rgb(0xd2a0f5),
    rgb(0x6cc7e8),
    rgb(0xd5dae2),
    rgb(0x808998),
    rgb(0xff9d96),
    rgb(0xaee3a9),
    rgb(0xf7d58b),
    rgb(0xa3c8fa),
    rgb(0xe3c3fa),
    rgb(0x98dbf2),
    rgb(0xf5f7fa),
];
const DARK_GROUND: Color = rgb(0x14171c);
/// The sixteen colours on the light ground: white is a grey that can be read there.
const LIGHT: [Color; 16] = [
    rgb(0x24292f),
    rgb(0xb3152a),
    rgb(0x176f31),
    rgb(0x855600),
    rgb(0x0a56c2),
    rgb(0x7b2fb3),
    rgb(0x0b6684),
    rgb(0x5d6670),
    rgb(0x606872),
    rgb(0xc4243a),
    rgb(0x1a7a36),
    rgb(0x8c5b00),
    rgb(0x1661cf),
    rgb(0x8440c4),
    rgb(0x0f6f8e),
    rgb(0x3d444d),
];
const LIGHT_GROUND: Color = rgb(0xfbfaf8);

const fn rgb(hexadecimal: u32) -> Color {
    let [_, red, green, blue] = hexadecimal.to_be_bytes();
    Color::Rgb(red, green, blue)
}

/// The colour of a part in a theme; `None` is the terminal's own.
pub(super) fn of(name: ThemeName, part: Part) -> Option<Color> {
    let index = match part {
        Part::Text | Part::Background | Part::Faint => None,
        Part::Key | Part::Cursor | Part::Worker | Part::Hunk => Some(6),
        Part::Good | Part::Running | Part::Done | Part::Activity | Part::Stdout | Part::Added => Some(2),
        Part::Warning | Part::Stderr => Some(3),
        Part::Error | Part::Removed => Some(1),
        Part::Other | Part::Checkpoint | Part::Operator | Part::Escaped => Some(5),
        Part::Runner => Some(4),
    };
    let (ground, own) = match name {
        ThemeName::Terminal => return index.map(Color::Indexed),
        ThemeName::Monochrome => return None,
        ThemeName::Dark => (DARK_GROUND, DARK),
        ThemeName::Light => (LIGHT_GROUND, LIGHT),
    };
    Some(match (part, index) {
        (Part::Background, _) => ground,
        (Part::Faint, _) => own[8],
        (_, Some(index)) => own[usize::from(index)],
        (_, None) if name == ThemeName::Light => own[0],
        (_, None) => own[7],
    })
}

/// What the sixteen colours of a terminal are on the ground of a theme.
pub(super) fn sixteen(name: ThemeName) -> Option<&'static [Color; 16]> {
    match name {
        ThemeName::Terminal | ThemeName::Monochrome => None,
        ThemeName::Dark => Some(&DARK),
        ThemeName::Light => Some(&LIGHT),
    }
}

/// Reads a colour; `None` is the terminal's own.
pub(super) fn parse(text: &str) -> Result<Option<Color>, &'static str> {
    if text == DEFAULT {
        return Ok(None);
    }
    if let Some(index) = (0_u8..).zip(NAMES).find_map(|(index, name)| (name == text).then_some(index)) {
        return Ok(Some(Color::Indexed(index)));
    }
    let is_all =
        |digits: &str, kind: fn(&u8) -> bool| !digits.is_empty() && digits.bytes().all(|byte| kind(&byte));
    let hexadecimal =
        text.strip_prefix('#').filter(|digits| digits.len() == 6 && is_all(digits, u8::is_ascii_hexdigit));
    if let Some(value) = hexadecimal.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
        return Ok(Some(rgb(value)));
    }
    let index =
        Some(text).filter(|digits| is_all(digits, u8::is_ascii_digit)).and_then(|digits| digits.parse().ok());
    index
        .map(|index| Some(Color::Indexed(index)))
        .ok_or("a colour is a name such as red or bright-red, a number from 0 to 255, #rrggbb, or default")
}

/// A colour as [`parse`] reads it.
pub(super) fn written(colour: Option<Color>) -> String {
    match colour {
        None => DEFAULT.to_owned(),
        Some(Color::Indexed(index)) => {
            NAMES.get(usize::from(index)).map_or_else(|| index.to_string(), |name| (*name).to_owned())
        }
        Some(Color::Rgb(red, green, blue)) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The relative luminance of WCAG 2.
    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(red, green, blue) = colour else { panic!("{colour:?} depends on the terminal") };
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(one: Color, other: Color) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_colour_of_a_theme_can_be_read_on_its_ground() {
        for name in [ThemeName::Dark, ThemeName::Light] {
            let ground = of(name, Part::Background).unwrap();
            for part in Part::ALL.into_iter().filter(|part| *part != Part::Background) {
                let contrast = contrast(of(name, part).unwrap(), ground);
                assert!(contrast >= 4.5, "{name:?} {part:?}: {contrast:.2}");
            }
            // Black on a dark ground is what a program asked for that does not know it.
            for (index, colour) in sixteen(name).unwrap().iter().enumerate().skip(1) {
                let contrast = contrast(*colour, ground);
                assert!(contrast >= 4.5, "{name:?} {index}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn a_colour_is_a_name_a_number_six_digits_or_the_terminals_own() {
        assert_eq!(parse("default"), Ok(None));
        assert_eq!(parse("red"), Ok(Some(Color::Indexed(1))));
        assert_eq!(parse("bright-black"), Ok(Some(Color::Indexed(8))));
        assert_eq!(parse("214"), Ok(Some(Color::Indexed(214))));
        assert_eq!(parse("#FF8800"), Ok(Some(Color::Rgb(255, 136, 0))));
        for wrong in ["", "#", "#ff880", "#ff88001", "#+f8800", "256", "-1", "+1", "rot", "RED", "é"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_colour_that_is_written_is_read_as_the_same(
            colour in prop_oneof![
                Just(None),
                any::<u8>().prop_map(|index| Some(Color::Indexed(index))),
                any::<(u8, u8, u8)>().prop_map(|(red, green, blue)| Some(Color::Rgb(red, green, blue))),
            ],
        ) {
            prop_assert_eq!(parse(&written(colour)), Ok(colour));
        }
    }
}
