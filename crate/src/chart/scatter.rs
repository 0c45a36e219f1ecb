//! Points in the plane and their front.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::canvas::{self, Area, Chart, DRAWN, FAINT, INK, Surroundings, colour, width};
use super::ticks::Axis;
use super::{Point, Scale, Scatter, pareto};

/// Half the side of what a point covers, and the height of its label.
const DOT: i32 = 11;
const LETTERS: i32 = 22;

/// Left, top, right, bottom.
type Box4 = (i32, i32, i32, i32);

/// The picture.
pub(super) fn draw(scatter: &Scatter) -> String {
    let points: Vec<&Point> =
        scatter.points.iter().filter(|point| point.x.is_finite() && point.y.is_finite()).collect();
    let mut groups: Vec<&str> = vec![];
    for point in &points {
        if !groups.contains(&point.group.as_str()) {
            groups.push(&point.group);
        }
    }
    let ends = |interval: Option<(f64, f64)>| interval.into_iter().flat_map(|(low, high)| [low, high]);
    let x = points.iter().flat_map(|point| ends(point.x_interval).chain([point.x]));
    let y = points.iter().flat_map(|point| ends(point.y_interval).chain([point.y]));
    let named = groups.len() > 1;
    let around = Surroundings {
        title: &scatter.title,
        x_label: &scatter.x_label,
        y_label: &scatter.y_label,
        x: Axis::around(x, Scale::Linear, 8, 0.06),
        y: Axis::around(y, Scale::Linear, 5, 0.1),
        scale: Scale::Linear,
        legend: groups.iter().enumerate().filter(|_| named).map(|(n, name)| (*name, n)).collect(),
        levels: &[],
        marks: &[],
    };
    let places: Vec<(f64, f64)> = points.iter().map(|point| (point.x, point.y)).collect();
    let front = if scatter.front { pareto(&places) } else { vec![] };
    let right = around.x.range.1;
    canvas::draw(&around, |area: &Area<'_>, chart: &mut Chart<'_, '_>| {
        intervals(chart, &points, &groups);
        stairs(chart, front.iter().map(|place| places[*place]), right);
        for point in &points {
            let dot = Circle::new((point.x, point.y), DOT - 3, colour_of(point, &groups).filled());
            chart.draw_series([dot]).expect(DRAWN);
        }
        // Those of the front are named first, as there may not be room for all.
        let others = (0..points.len()).filter(|place| !front.contains(place));
        let order: Vec<&Point> = front.iter().copied().chain(others).map(|place| points[place]).collect();
        labels(area, chart, &order);
    })
}

fn colour_of(point: &Point, groups: &[&str]) -> RGBColor {
    colour(groups.iter().position(|group| *group == point.group).unwrap_or(0))
}

/// Bars from low to high.
fn intervals(chart: &mut Chart<'_, '_>, points: &[&Point], groups: &[&str]) {
    for point in points {
        let style = colour_of(point, groups).mix(0.5).stroke_width(3);
        let across = point.x_interval.map(|(low, high)| vec![(low, point.y), (high, point.y)]);
        let upright = point.y_interval.map(|(low, high)| vec![(point.x, low), (point.x, high)]);
        let bars = across
            .into_iter()
            .chain(upright)
            .filter(|bar| bar.iter().all(|(x, y)| x.is_finite() && y.is_finite()));
        chart.draw_series(bars.map(|bar| PathElement::new(bar, style))).expect(DRAWN);
    }
}

/// The front as stairs: what is reached at each x or below it.
fn stairs(chart: &mut Chart<'_, '_>, front: impl Iterator<Item = (f64, f64)>, right: f64) {
    let mut path: Vec<(f64, f64)> = vec![];
    for (x, y) in front {
        path.extend(path.last().map(|last| (x, last.1)));
        path.push((x, y));
    }
    path.extend(path.last().map(|last| (right, last.1)));
    chart.draw_series([PathElement::new(path, FAINT.mix(0.8).stroke_width(2))]).expect(DRAWN);
}

/// Names beside their points, left out where they would cover a point or another name.
fn labels(area: &Area<'_>, chart: &Chart<'_, '_>, points: &[&Point]) {
    let places: Vec<(i32, i32)> =
        points.iter().map(|point| chart.backend_coord(&(point.x, point.y))).collect();
    let mut taken: Vec<Box4> = places.iter().map(|(x, y)| (x - DOT, y - DOT, x + DOT, y + DOT)).collect();
    let (across, upright) = chart.plotting_area().get_pixel_range();
    for (point, (x, y)) in points.iter().zip(places) {
        let (wide, high) = (width(&point.label, LETTERS), LETTERS);
        // The stairs of a front leave a point to the right and come from below.
        let beside = [
            (x + DOT, y - DOT - high),
            (x + DOT + 5, y - high / 2),
            (x - DOT - 5 - wide, y - high / 2),
            (x - wide / 2, y - DOT - 4 - high),
            (x - wide / 2, y + DOT + 4),
            (x + DOT, y + DOT),
        ];
        let free = beside.into_iter().map(|(left, top)| (left, top, left + wide, top + high)).find(|label| {
            let inside = label.0 >= across.start
                && label.2 <= across.end + 30
                && label.1 >= upright.start
                && label.3 <= upright.end;
            inside && !taken.iter().any(|other| overlap(label, other))
        });
        if let Some(label) = free {
            let from = Pos::new(HPos::Left, VPos::Top);
            canvas::write(area, &point.label, (label.0, label.1), (INK, from));
            taken.push(label);
        }
    }
}

fn overlap(a: &Box4, b: &Box4) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}
