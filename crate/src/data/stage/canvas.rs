//! Filled shapes with smooth edges.

use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Transform};

use super::person::Colour;
use super::scene::Spot;

/// A square picture that is drawn on; places are shares of its side.
pub(super) struct Canvas {
    pixmap: Pixmap,
    side: f32,
}

/// Control points of a quarter circle lie this share of the radius from its ends.
const QUARTER: f32 = 0.552_284_8;

impl Canvas {
    /// An empty one of `size` by `size` pixels.
    pub(super) fn new(size: usize) -> Self {
        let pixmap = Pixmap::new(size as u32, size as u32).expect("a plan has at least a few pixels a side");
        Self { pixmap, side: size as f32 }
    }

    pub(super) fn into_pixmap(self) -> Pixmap {
        self.pixmap
    }

    fn fill(&mut self, path: Option<Path>, colour: Colour) {
        // A shape of no extent has no path, and nothing to fill.
        let Some(path) = path else { return };
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        let [red, green, blue] = colour.map(|value| value.clamp(0.0, 1.0));
        paint.set_color(Color::from_rgba(red, green, blue, 1.0).expect("values were clamped"));
        self.pixmap.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
    }

    /// An upright rectangle between two corners.
    pub(super) fn rectangle(&mut self, corner: Spot, opposite: Spot, colour: Colour) {
        let [[left, top], [right, bottom]] =
            [corner, opposite].map(|spot| spot.map(|value| value * self.side));
        let path = Rect::from_ltrb(left, top, right, bottom).map(PathBuilder::from_rect);
        self.fill(path, colour);
    }

    /// The area inside a line that closes on itself.
    pub(super) fn polygon(&mut self, spots: &[Spot], colour: Colour) {
        let mut path = PathBuilder::new();
        for (index, [x, y]) in spots.iter().map(|spot| spot.map(|value| value * self.side)).enumerate() {
            if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        self.fill(path.finish(), colour);
    }

    /// An ellipse along the axes of the picture.
    pub(super) fn ellipse(&mut self, centre: Spot, radii: Spot, colour: Colour) {
        let ([x, y], [across, down]) = (centre.map(|v| v * self.side), radii.map(|v| v * self.side));
        let path =
            Rect::from_ltrb(x - across, y - down, x + across, y + down).and_then(PathBuilder::from_oval);
        self.fill(path, colour);
    }

    /// A circle.
    pub(super) fn disc(&mut self, centre: Spot, radius: f32, colour: Colour) {
        self.ellipse(centre, [radius, radius], colour);
    }

    /// A line with round ends, as thick as two radii at each: the hull of two circles.
    pub(super) fn capsule(&mut self, ends: [Spot; 2], radii: [f32; 2], colour: Colour) {
        let [[ax, ay], [bx, by]] = ends.map(|spot| spot.map(|value| value * self.side));
        let [a, b] = radii.map(|radius| radius * self.side);
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx.hypot(dy);
        if length <= (a - b).abs() + 1e-3 {
            let (centre, radius) =
                if radii[0] > radii[1] { (ends[0], radii[0]) } else { (ends[1], radii[1]) };
            return self.disc(centre, radius, colour);
        }
        let (ux, uy) = (dx / length, dy / length);
        let mut path = PathBuilder::new();
        path.move_to(ax - uy * a, ay + ux * a);
        half_circle(&mut path, [ax, ay], [-uy * a, ux * a]);
        path.line_to(bx + uy * b, by - ux * b);
        half_circle(&mut path, [bx, by], [uy * b, -ux * b]);
        path.close();
        self.fill(path.finish(), colour);
    }
}

/// Half a circle about `centre`, from `centre + spoke` to `centre - spoke`.
fn half_circle(path: &mut PathBuilder, [x, y]: Spot, spoke: Spot) {
    let mut from = spoke;
    for _ in 0..2 {
        let to = [-from[1], from[0]];
        let bend =
            |end: Spot, other: Spot| [x + end[0] + QUARTER * other[0], y + end[1] + QUARTER * other[1]];
        let (first, second) = (bend(from, to), bend(to, from));
        path.cubic_to(first[0], first[1], second[0], second[1], x + to[0], y + to[1]);
        from = to;
    }
}
