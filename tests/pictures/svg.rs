//! A buffer of cells as an SVG: a window with rounded corners, text on an exact grid, and the
//! block characters as shapes, so that it looks the same whatever fonts there are.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

/// The size of a cell, and how far below its top the text stands, in tenths of a pixel.
const CELL_WIDTH: u32 = 84;
const CELL_HEIGHT: u32 = 190;
const BASELINE: u32 = 140;
const MARGIN: u32 = 160;
const TITLE_BAR: u32 = 340;

/// Colours of a terminal.
pub(crate) struct Palette {
    background: &'static str,
    foreground: &'static str,
    border: &'static str,
    /// The sixteen colours.
    colours: [&'static str; 16],
}

pub(crate) const DARK: Palette = Palette {
    background: "#1b1e24",
    foreground: "#d5d9e0",
    border: "#363b45",
    colours: [
        "#3b4048", "#f47067", "#8ddb8c", "#e0b860", "#6cb6ff", "#dcbdfb", "#63d2d6", "#d5d9e0", "#768390",
        "#ff938a", "#a7e8a6", "#f0cd80", "#96d0ff", "#eedcff", "#8fe3e6", "#ffffff",
    ],
};

pub(crate) const LIGHT: Palette = Palette {
    background: "#fbfbfa",
    foreground: "#24292f",
    border: "#d5d8dc",
    colours: [
        "#24292f", "#c4262e", "#1f7a35", "#8a6100", "#0757b8", "#8045c4", "#0b7077", "#57606a", "#6e7781",
        "#e0434b", "#2da44e", "#b08000", "#218bff", "#a475f9", "#1b9aa3", "#24292f",
    ],
};

/// Tenths of a pixel as pixels.
fn pixels(tenths: u32) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

/// Draws the buffer.
pub(crate) fn draw(buffer: &Buffer, palette: &Palette) -> String {
    let (columns, rows) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let width = columns * CELL_WIDTH + 2 * MARGIN;
    let height = rows * CELL_HEIGHT + TITLE_BAR + MARGIN;
    let (w, h) = (pixels(width), pixels(height));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:space=\"preserve\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n\
         <style>text{{font:14px ui-monospace,\"SF Mono\",Menlo,\"DejaVu Sans Mono\",Consolas,monospace;white-space:pre}}\
         .b{{font-weight:700}}.i{{font-style:italic}}.d{{opacity:.6}}</style>\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"10\" fill=\"{}\" stroke=\"{}\"/>\n",
        pixels(width - 10),
        pixels(height - 10),
        palette.background,
        palette.border,
    );
    for (place, colour) in [("20", 1), ("38", 3), ("56", 2)] {
        let fill = palette.colours[colour];
        writeln!(svg, "<circle cx=\"{place}\" cy=\"18\" r=\"5.5\" fill=\"{fill}\" opacity=\".85\"/>")
            .unwrap();
    }
    for y in 0..buffer.area.height {
        row(&mut svg, buffer, y, palette);
    }
    svg.push_str("</svg>\n");
    svg
}

/// How a run of cells looks.
#[derive(Clone, PartialEq)]
struct Look {
    foreground: String,
    background: Option<String>,
    class: String,
}

fn look(cell: &Cell, palette: &Palette) -> Look {
    let mut foreground = colour(cell.fg, palette).unwrap_or_else(|| palette.foreground.to_owned());
    let mut background = colour(cell.bg, palette);
    if cell.modifier.contains(Modifier::REVERSED) {
        let behind = background.unwrap_or_else(|| palette.background.to_owned());
        background = Some(std::mem::replace(&mut foreground, behind));
    }
    let class = [(Modifier::BOLD, "b"), (Modifier::ITALIC, "i"), (Modifier::DIM, "d")]
        .into_iter()
        .filter(|(modifier, _)| cell.modifier.contains(*modifier))
        .map(|(_, class)| class)
        .collect::<Vec<_>>()
        .join(" ");
    Look { foreground, background, class }
}

fn colour(colour: Color, palette: &Palette) -> Option<String> {
    let index = match colour {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(index) => usize::from(index),
    };
    // The example has no colours of the cube.
    Some(palette.colours.get(index).expect("one of the sixteen colours").to_string())
}

fn row(svg: &mut String, buffer: &Buffer, y: u16, palette: &Palette) {
    let top = TITLE_BAR + u32::from(y) * CELL_HEIGHT;
    let mut run: Option<(u32, u32, String, Look)> = None;
    let mut x = 0;
    while x < buffer.area.width {
        let cell = buffer.cell((x, y)).unwrap();
        let columns = u32::try_from(cell.symbol().width().max(1)).unwrap();
        let left = MARGIN + u32::from(x) * CELL_WIDTH;
        let looks = look(cell, palette);
        x += u16::try_from(columns).unwrap();
        if let Some(shape) = shape(cell.symbol(), left, top) {
            text(svg, run.take(), top);
            let Look { foreground, class, .. } = looks;
            writeln!(svg, "<path d=\"{shape}\" fill=\"{foreground}\"{}/>", class_attribute(&class)).unwrap();
            continue;
        }
        match &mut run {
            Some((_, width, symbols, same)) if *same == looks => {
                *width += columns;
                symbols.push_str(cell.symbol());
            }
            _ => {
                text(svg, run.take(), top);
                run = Some((left, columns, cell.symbol().to_owned(), looks));
            }
        }
    }
    text(svg, run.take(), top);
}

/// Writes a run of text, stretched to exactly its cells.
fn text(svg: &mut String, run: Option<(u32, u32, String, Look)>, top: u32) {
    let Some((left, columns, symbols, look)) = run else { return };
    if let Some(background) = &look.background {
        let (x, y, width) = (pixels(left), pixels(top), pixels(columns * CELL_WIDTH));
        let height = pixels(CELL_HEIGHT);
        writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{background}\"/>"
        )
        .unwrap();
    }
    let trimmed = symbols.trim_end();
    let Some(start) = trimmed.find(|symbol| symbol != ' ') else { return };
    let spaces = u32::try_from(start).unwrap();
    let width = u32::try_from(trimmed[start..].width()).unwrap() * CELL_WIDTH;
    let x = left + spaces * CELL_WIDTH;
    let escaped = trimmed[start..].replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" textLength=\"{}\" fill=\"{}\"{}>{escaped}</text>",
        pixels(x),
        pixels(top + BASELINE),
        pixels(width),
        look.foreground,
        class_attribute(&look.class),
    )
    .unwrap();
}

fn class_attribute(class: &str) -> String {
    if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") }
}

/// A block character or a piece of a rule as a path.
fn shape(symbol: &str, left: u32, top: u32) -> Option<String> {
    let eighth = |symbol: char| u32::from(symbol) - u32::from('▁') + 1;
    let (x, y, width, height) = match symbol.chars().next()? {
        bar @ '▁'..='█' => {
            let height = CELL_HEIGHT * 8 / 10 * eighth(bar) / 8;
            (left + 5, top + CELL_HEIGHT * 9 / 10 - height, CELL_WIDTH - 10, height)
        }
        '▐' => (left + CELL_WIDTH / 2, top, CELL_WIDTH / 2, CELL_HEIGHT),
        '▏' => (left + 5, top + 15, 15, CELL_HEIGHT - 30),
        '─' => (left, top + CELL_HEIGHT / 2 - 5, CELL_WIDTH, 10),
        '■' => (left + 10, top + 65, 64, 64),
        _ => return None,
    };
    let (x, y, width, height) = (pixels(x), pixels(y), pixels(width), pixels(height));
    Some(format!("M{x} {y}h{width}v{height}h-{width}z"))
}
