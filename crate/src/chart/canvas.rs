//! The frame every plot has: title, legend above the data, axes, reference lines with their names outside.

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::ticks::{Axis, short};
use super::{Scale, ticks};

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(0x3A, 0x41, 0x4A);
/// Grid.
const GRID: RGBColor = RGBColor(0xE4, 0xE7, 0xEB);
/// Reference lines and their names; drawn dashed.
const REFERENCE: RGBColor = RGBColor(0x84, 0x8D, 0x97);
/// Labels of second rank.
pub(super) const FAINT: RGBColor = RGBColor(0x6A, 0x73, 0x7D);
/// The curves, one after another.
const PALETTE: [RGBColor; 8] = [
    RGBColor(0x3F, 0x75, 0xB0),
    RGBColor(0xD0, 0x7A, 0x2C),
    RGBColor(0x46, 0x93, 0x66),
    RGBColor(0xB9, 0x4E, 0x57),
    RGBColor(0x7D, 0x6B, 0xAF),
    RGBColor(0x2F, 0x93, 0xA0),
    RGBColor(0x8C, 0x6D, 0x4F),
    RGBColor(0x9A, 0x9A, 0x3C),
];
/// What stands for each colour in the dark.
const IN_THE_DARK: [(RGBColor, &str); 12] = [
    (INK, "#D4D9DF"),
    (GRID, "#2B3138"),
    (REFERENCE, "#858E99"),
    (FAINT, "#9AA3AD"),
    (PALETTE[0], "#78A9DC"),
    (PALETTE[1], "#E5A15C"),
    (PALETTE[2], "#74BE92"),
    (PALETTE[3], "#DF858C"),
    (PALETTE[4], "#ACA0DB"),
    (PALETTE[5], "#62C0CC"),
    (PALETTE[6], "#BD9E80"),
    (PALETTE[7], "#C6C66B"),
];

/// Units of the drawing, two for a pixel as it is usually shown: the backend knows whole units only.
const SIZE: (u32, u32) = (1360, 640);
/// Sizes of letters.
const SMALL: i32 = 22;
const LARGE: i32 = 27;
const ROW: i32 = 34;
/// Widest usual letter, as a share of its size: there are no font files to measure with.
const LETTER: f64 = 0.56;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// What surrounds the data.
pub(super) struct Surroundings<'a> {
    pub title: &'a str,
    pub x_label: &'a str,
    pub y_label: &'a str,
    pub x: Axis,
    pub y: Axis,
    /// How y is drawn.
    pub scale: Scale,
    /// Names, each with the number of its colour.
    pub legend: Vec<(&'a str, usize)>,
    pub levels: &'a [(String, f64)],
    pub marks: &'a [(String, f64)],
}

/// Why drawing cannot fail.
pub(super) const DRAWN: &str = "drawing into a string cannot fail";

/// The colour of a series.
pub(super) fn colour(number: usize) -> RGBColor {
    PALETTE[number % PALETTE.len()]
}

/// Width of `text` in letters of `size`.
pub(super) fn width(text: &str, size: i32) -> i32 {
    (text.chars().count() as f64 * LETTER * f64::from(size)).ceil() as i32
}

/// Writes a line of text into the picture.
pub(super) fn write(area: &Area<'_>, text: &str, at: (i32, i32), (colour, from): (RGBColor, Pos)) {
    let style = font(SMALL).color(&colour).pos(from);
    area.draw(&Text::new(text.to_owned(), at, style)).expect(DRAWN);
}

/// Letters of `size` units: the backend divides by 1.24.
fn font(size: i32) -> FontDesc<'static> {
    ("sans-serif", f64::from(size) * 1.24).into_font()
}

/// Draws the surroundings and lets `data` draw into them; "no data" where an axis holds nothing.
pub(super) fn draw(around: &Surroundings<'_>, data: impl FnOnce(&Area<'_>, &mut Chart<'_, '_>)) -> String {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let bold = font(LARGE).style(FontStyle::Bold).color(&INK);
        root.draw(&Text::new(around.title.to_owned(), (12, 8), bold)).expect(DRAWN);
        if around.x.range.0.is_finite() && around.y.range.0.is_finite() {
            let top = head(&root, around);
            let mut chart = plane(&root, around, top);
            references(&root, &mut chart, around);
            data(&root, &mut chart);
        } else {
            let middle = (SIZE.0 as i32 / 2, SIZE.1 as i32 / 2);
            write(&root, "no data", middle, (FAINT, Pos::new(HPos::Center, VPos::Center)));
        }
        root.present().expect(DRAWN);
    }
    finish(&svg)
}

/// Label of y and legend below the title; gives the height they take.
fn head(root: &Area<'_>, around: &Surroundings<'_>) -> i32 {
    let left = Pos::new(HPos::Left, VPos::Top);
    write(root, around.y_label, (12, 46), (FAINT, left));
    let (mut x, mut y) = (12, 46 + ROW);
    for (name, number) in &around.legend {
        let wide = 46 + width(name, SMALL) + 24;
        if x > 12 && x + wide > SIZE.0 as i32 {
            (x, y) = (12, y + ROW);
        }
        let swatch = Rectangle::new([(x, y + 6), (x + 34, y + 13)], colour(*number).filled());
        root.draw(&swatch).expect(DRAWN);
        write(root, name, (x + 44, y), (INK, left));
        x += wide;
    }
    if around.legend.is_empty() { y } else { y + ROW + 6 }
}

/// The axes and the grid.
fn plane<'a, 'b>(root: &'a Area<'b>, around: &Surroundings<'_>, top: i32) -> Chart<'a, 'b> {
    let y_numbers = around.y.ticks.iter().map(|tick| width(&around.y.text(*tick), SMALL)).max().unwrap_or(0);
    let names = around.levels.iter().map(|level| width(&level_name(level, around.scale), SMALL)).max();
    let marks = if around.marks.is_empty() { 0 } else { ROW };
    let mut chart = ChartBuilder::on(root)
        .margin_top(top + marks + 8)
        .margin_right(names.map_or(40, |names| names + 28))
        .margin_left(12)
        .margin_bottom(4)
        .set_label_area_size(LabelAreaPosition::Left, y_numbers + 22)
        .set_label_area_size(LabelAreaPosition::Bottom, 84)
        .build_cartesian_2d(around.x.clone(), around.y.clone())
        .expect(DRAWN);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(2))
        .axis_style(GRID.stroke_width(2))
        .set_all_tick_mark_size(6)
        .label_style(font(SMALL).color(&FAINT))
        .axis_desc_style(font(SMALL).color(&FAINT))
        .x_desc(around.x_label)
        .draw()
        .expect(DRAWN);
    chart
}

/// What stands beside a level: its name and height.
fn level_name((name, value): &(String, f64), scale: Scale) -> String {
    match scale {
        Scale::Share => format!("{name} {:.0} %", value * 100.0),
        Scale::Linear | Scale::Log => format!("{name} {}", short(*value)),
    }
}

/// The dashed lines, their names outside the plane and apart from each other.
fn references(root: &Area<'_>, chart: &mut Chart<'_, '_>, around: &Surroundings<'_>) {
    let (left, right) = around.x.range;
    let (low, high) = around.y.range;
    let inside = |value: f64, (low, high): (f64, f64)| value >= low && value <= high;
    let mut line = |from, to| {
        let element = PathElement::new(vec![from, to], REFERENCE.stroke_width(2));
        chart.draw_series([element]).expect(DRAWN);
    };
    let mut levels: Vec<(f64, String)> = vec![];
    for level in around.levels {
        let height = ticks::unit(level.1, around.scale);
        if inside(height, around.y.range) {
            line((left, height), (right, height));
            levels.push((height, level_name(level, around.scale)));
        }
    }
    let marks = around.marks.iter().filter(|mark| inside(mark.1, around.x.range));
    let marks: Vec<&(String, f64)> = marks.collect();
    for mark in &marks {
        line((mark.1, low), (mark.1, high));
    }
    levels.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut lowest = i32::MIN / 2;
    for (height, name) in levels {
        let (x, y) = chart.backend_coord(&(right, height));
        lowest = y.max(lowest + SMALL + 4);
        write(root, &name, (x + 12, lowest), (FAINT, Pos::new(HPos::Left, VPos::Center)));
    }
    let (mut free, mut named) = (0, vec![]);
    for (name, place) in marks {
        let (x, y) = chart.backend_coord(&(*place, high));
        let half = width(name, SMALL) / 2;
        let x = x.clamp(half + 4, SIZE.0 as i32 - half - 4);
        if !named.contains(&name) && x - half > free {
            write(root, name, (x, y - 10), (FAINT, Pos::new(HPos::Center, VPos::Bottom)));
            free = x + half + 12;
            named.push(name);
        }
    }
}

/// Gives the picture its style sheet, and lets the page decide how wide it is.
fn finish(svg: &str) -> String {
    let hex = |colour: RGBColor| format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
    let dark: String = IN_THE_DARK
        .iter()
        .map(|(light, dark)| {
            let light = hex(*light);
            format!(".chart [fill=\"{light}\"]{{fill:{dark}}}.chart [stroke=\"{light}\"]{{stroke:{dark}}}")
        })
        .collect();
    let style = format!(
        "<style>.chart text{{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif}}\
         .chart polyline{{stroke-linejoin:round}}.chart [stroke=\"{}\"]{{stroke-dasharray:10 8}}\
         @media (prefers-color-scheme:dark){{{dark}}}</style>\n",
        hex(REFERENCE)
    );
    let size = format!("<svg width=\"{}\" height=\"{}\"", SIZE.0, SIZE.1);
    let fluid = svg.replacen(&size, "<svg class=\"chart\"", 1);
    match fluid.split_once('\n') {
        Some((tag, rest)) => format!("{tag}\n{style}{rest}"),
        None => fluid,
    }
}
