//! How many colours a terminal has, and what comes nearest to a colour that it has not.

use std::ffi::OsString;

use crate::display::Color;

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Its own sixteen.
    Sixteen,
    /// Those, a cube of 216 and 24 greys.
    Indexed,
    /// All of red, green and blue.
    True,
}

/// What terminals mostly show for their own sixteen colours: xterm's.
const SIXTEEN: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];
/// The steps of the cube in each of its three directions.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Depth {
    /// What the terminal says that it has, in `COLORTERM` and `TERM`. `variable` looks up an
    /// environment variable.
    #[must_use]
    pub fn of_terminal(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| variable(name).unwrap_or_default().to_string_lossy().into_owned();
        let (says, terminal) = (value("COLORTERM"), value("TERM"));
        if says == "truecolor" || says == "24bit" || terminal.ends_with("-direct") {
            Self::True
        } else if terminal.contains("256color") {
            Self::Indexed
        } else {
            Self::Sixteen
        }
    }

    /// The colour, or the one that comes nearest to it among those that there are.
    #[must_use]
    pub fn nearest(self, colour: Color) -> Color {
        match (self, colour) {
            (Self::True, colour) | (Self::Indexed, colour @ Color::Indexed(_)) => colour,
            (_, Color::Indexed(0..16)) => colour,
            (Self::Indexed, Color::Rgb(red, green, blue)) => nearest((red, green, blue), 16..=255),
            (Self::Sixteen, Color::Rgb(red, green, blue)) => nearest((red, green, blue), 0..=15),
            (Self::Sixteen, Color::Indexed(index)) => nearest(shown(index), 0..=15),
        }
    }
}

fn nearest(wanted: (u8, u8, u8), among: std::ops::RangeInclusive<u8>) -> Color {
    Color::Indexed(among.min_by_key(|index| distance(wanted, shown(*index))).unwrap_or_default())
}

/// How far two colours are from each other, weighted as the eye does.
fn distance(one: (u8, u8, u8), other: (u8, u8, u8)) -> u32 {
    let square = |one: u8, other: u8| u32::from(one.abs_diff(other)).pow(2);
    3 * square(one.0, other.0) + 4 * square(one.1, other.1) + 2 * square(one.2, other.2)
}

/// What a terminal shows for a colour of its palette.
fn shown(index: u8) -> (u8, u8, u8) {
    match index {
        0..16 => SIXTEEN[usize::from(index)],
        16..232 => {
            let step = |divisor: u8| STEPS[usize::from((index - 16) / divisor % 6)];
            (step(36), step(6), step(1))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn depth(says: &str, terminal: &str) -> Depth {
        Depth::of_terminal(|name| match name {
            "COLORTERM" => Some(says.into()),
            "TERM" => Some(terminal.into()),
            _ => None,
        })
    }

    #[test]
    fn a_terminal_has_the_colours_that_it_says() {
        assert_eq!(depth("truecolor", "xterm-256color"), Depth::True);
        assert_eq!(depth("24bit", "xterm"), Depth::True);
        assert_eq!(depth("", "xterm-direct"), Depth::True);
        assert_eq!(depth("", "screen-256color"), Depth::Indexed);
        assert_eq!(depth("yes", "xterm"), Depth::Sixteen);
        assert_eq!(Depth::of_terminal(|_| None), Depth::Sixteen);
    }

    #[test]
    fn a_colour_that_is_not_there_becomes_the_nearest() {
        let orange = Color::Rgb(255, 135, 0);
        assert_eq!(Depth::True.nearest(orange), orange);
        assert_eq!(Depth::Indexed.nearest(orange), Color::Indexed(208));
        assert_eq!(Depth::Indexed.nearest(Color::Rgb(8, 8, 8)), Color::Indexed(232));
        assert_eq!(Depth::Sixteen.nearest(Color::Rgb(250, 5, 5)), Color::Indexed(9));
        assert_eq!(Depth::Sixteen.nearest(Color::Indexed(231)), Color::Indexed(15));
        assert_eq!(Depth::Sixteen.nearest(Color::Indexed(3)), Color::Indexed(3));
    }

    proptest! {
        #[test]
        fn a_colour_of_the_cube_and_the_greys_is_nearest_to_itself(index in 16_u8..) {
            let (red, green, blue) = shown(index);
            let Color::Indexed(found) = Depth::Indexed.nearest(Color::Rgb(red, green, blue)) else {
                return Err(TestCaseError::fail("it is not of the palette"));
            };
            prop_assert_eq!(shown(found), shown(index));
        }
    }
}
