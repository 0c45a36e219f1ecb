//! Curves over one axis.

use plotters::prelude::*;

use super::canvas::{self, Area, Chart, DRAWN, Surroundings, colour};
use super::ticks::{Axis, unit};
use super::{Lines, Scale};

/// Points of a curve above which it may be smoothed.
const FEW: usize = 30;
/// How often a curve may go through its range before it counts as noisy.
const CALM: f64 = 4.0;
/// Most points of a curve that are drawn; more cannot be told apart.
const DRAWN_AT_MOST: usize = 1200;

/// Name and points.
type Curve<'a> = (&'a str, Vec<(f64, f64)>);

/// The picture.
pub(super) fn draw(lines: &Lines) -> String {
    let placed =
        lines.series.iter().map(|series| (series.name.as_str(), finite(&series.points, lines.scale)));
    let curves: Vec<Curve<'_>> = placed.filter(|(_, points)| !points.is_empty()).collect();
    let points = || curves.iter().flat_map(|(_, points)| points);
    let marks = lines.marks.iter().map(|mark| mark.1).filter(|_| points().next().is_some());
    let levels = lines.levels.iter().map(|level| unit(level.1, lines.scale));
    let levels = levels.filter(|_| points().next().is_some());
    let around = Surroundings {
        title: &lines.title,
        x_label: &lines.x_label,
        y_label: &lines.y_label,
        x: Axis::around(points().map(|point| point.0).chain(marks), Scale::Linear, 8, 0.0),
        y: Axis::around(points().map(|point| point.1).chain(levels), lines.scale, 5, 0.06),
        scale: lines.scale,
        legend: curves.iter().enumerate().map(|(number, (name, _))| (*name, number)).collect(),
        levels: &lines.levels,
        marks: &lines.marks,
    };
    canvas::draw(&around, |_: &Area<'_>, chart: &mut Chart<'_, '_>| {
        for (number, (_, points)) in curves.iter().enumerate() {
            curve(chart, points, colour(number));
        }
    })
}

/// One curve: with dots where there are few points, faint and smoothed where it is noisy.
fn curve(chart: &mut Chart<'_, '_>, points: &[(f64, f64)], colour: RGBColor) {
    let mut line = |points: Vec<(f64, f64)>, style: ShapeStyle| {
        chart.draw_series([PathElement::new(points, style)]).expect(DRAWN);
    };
    if noisy(points) {
        line(thinned(points), colour.mix(0.28).stroke_width(2));
        line(thinned(&smooth(points)), colour.stroke_width(4));
    } else {
        line(thinned(points), colour.stroke_width(4));
    }
    if points.len() <= FEW {
        let dots = points.iter().map(|point| Circle::new(*point, 6, colour.filled()));
        chart.draw_series(dots).expect(DRAWN);
    }
}

/// Points that have a place, in the units of the axis.
fn finite(points: &[(f64, f64)], scale: Scale) -> Vec<(f64, f64)> {
    let placed = points.iter().map(|(x, y)| (*x, unit(*y, scale)));
    placed.filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
}

/// Whether a curve goes up and down so much that the eye needs help.
pub(super) fn noisy(points: &[(f64, f64)]) -> bool {
    let way: f64 = points.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).sum();
    let (low, high) = points
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| (low.min(point.1), high.max(point.1)));
    points.len() > FEW && way > CALM * (high - low)
}

/// Moving average over a twentieth of the points, cut off at the ends.
pub(super) fn smooth(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let half = (points.len() / 40).max(2);
    let mean = |place: usize| {
        let near = &points[place.saturating_sub(half)..points.len().min(place + half + 1)];
        near.iter().map(|point| point.1).sum::<f64>() / near.len() as f64
    };
    points.iter().enumerate().map(|(place, point)| (point.0, mean(place))).collect()
}

/// Every so many points, and the last.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil(DRAWN_AT_MOST).max(1);
    let mut kept: Vec<(f64, f64)> = points.iter().step_by(every).copied().collect();
    if !(points.len().max(1) - 1).is_multiple_of(every) {
        kept.extend(points.last());
    }
    kept
}
