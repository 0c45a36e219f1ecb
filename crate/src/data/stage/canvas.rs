//! Filled shapes with smooth edges.

use tiny_skia::{
    Color, FillRule, FilterQuality, Paint, Path, PathBuilder, Pattern, Pixmap, Rect, SpreadMode, Transform,
};

use super::camera::Spot;
use super::faces::Photo;
use super::wardrobe::Colour;

/// A square picture that is drawn on; places are shares of its side.
pub(super) struct Canvas {
    pixmap: Pixmap,
    side: f32,
    /// Pixels from its edge to where places begin.
    margin: f32,
}

impl Canvas {
    /// One that shows something already.
    pub(super) fn over(pixmap: Pixmap) -> Self {
        let side = pixmap.width() as f32;
        Self { pixmap, side, margin: 0.0 }
    }

    /// An empty one of `size` by `size` pixels, and `margin` more on every side.
    pub(super) fn within(size: usize, margin: usize) -> Self {
        let whole = (size + 2 * margin) as u32;
        let pixmap = Pixmap::new(whole, whole).expect("a plan has at least a few pixels a side");
        Self { pixmap, side: size as f32, margin: margin as f32 }
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
            [corner, opposite].map(|spot| spot.map(|value| self.margin + value * self.side));
        let path = Rect::from_ltrb(left, top, right, bottom).map(PathBuilder::from_rect);
        self.fill(path, colour);
    }

    /// The area inside a line that closes on itself.
    pub(super) fn polygon(&mut self, spots: &[Spot], colour: Colour) {
        let path = self.outline(spots);
        self.fill(path, colour);
    }

    fn outline(&self, spots: &[Spot]) -> Option<Path> {
        let mut path = PathBuilder::new();
        for (index, [x, y]) in
            spots.iter().map(|spot| spot.map(|value| self.margin + value * self.side)).enumerate()
        {
            if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        path.finish()
    }

    /// A picture inside a line that closes on itself. Its upper left, upper right and lower left corners are seen at
    /// `corners`; `light` scales its red, green and blue.
    pub(super) fn picture(&mut self, line: &[Spot], corners: [Spot; 3], photo: &Photo, light: Colour) {
        let [left, right, low] = corners.map(|spot| spot.map(|value| self.margin + value * self.side));
        let wide = (right[0] - left[0]).hypot(right[1] - left[1]);
        let mut picture = photo.sized(wide).clone();
        for pixel in picture.data_mut().chunks_exact_mut(4) {
            pixel.iter_mut().zip(light).for_each(|(value, light)| *value = (f32::from(*value) * light) as u8);
        }
        let (across, down) = (picture.width() as f32, picture.height() as f32);
        let place = Transform::from_row(
            (right[0] - left[0]) / across,
            (right[1] - left[1]) / across,
            (low[0] - left[0]) / down,
            (low[1] - left[1]) / down,
            left[0],
            left[1],
        );
        let shader = Pattern::new(picture.as_ref(), SpreadMode::Pad, FilterQuality::Bilinear, 1.0, place);
        let paint = Paint { shader, anti_alias: true, ..Paint::default() };
        if let Some(path) = self.outline(line) {
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
        }
    }

    /// An ellipse along the axes of the picture.
    pub(super) fn ellipse(&mut self, centre: Spot, radii: Spot, colour: Colour) {
        let ([x, y], [across, down]) =
            (centre.map(|v| self.margin + v * self.side), radii.map(|v| v * self.side));
        let path =
            Rect::from_ltrb(x - across, y - down, x + across, y + down).and_then(PathBuilder::from_oval);
        self.fill(path, colour);
    }

    /// A circle.
    pub(super) fn disc(&mut self, centre: Spot, radius: f32, colour: Colour) {
        self.capsule([centre; 2], [radius; 2], colour);
    }

    /// A line with round ends, as thick as two radii at each: the hull of two circles.
    ///
    /// Figures are made of these, so they are painted pixel by pixel, by distance from the edge: several times
    /// faster than as a path.
    pub(super) fn capsule(&mut self, ends: [Spot; 2], radii: [f32; 2], colour: Colour) {
        let ends = ends.map(|spot| spot.map(|value| self.margin + value * self.side));
        let hull = Hull::new(ends, radii.map(|radius| radius * self.side));
        let wide = self.pixmap.width() as usize;
        let [left, top, right, bottom] = hull.bounds(wide);
        let paint = colour.map(|value| 255.0 * value.clamp(0.0, 1.0));
        let bytes = self.pixmap.data_mut();
        for y in top..bottom {
            let line = &mut bytes[4 * (y * wide + left)..4 * (y * wide + right.max(left))];
            for (nth, pixel) in line.chunks_exact_mut(4).enumerate() {
                // The part of a pixel that is covered, by how far its middle is from the edge.
                let inside = 0.5 - hull.distance([(left + nth) as f32 + 0.5, y as f32 + 0.5]);
                if inside >= 1.0 {
                    pixel.copy_from_slice(&[paint[0] as u8, paint[1] as u8, paint[2] as u8, 255]);
                } else if inside > 0.0 {
                    for (value, paint) in pixel.iter_mut().zip(paint) {
                        let before = f32::from(*value);
                        *value = (before + (paint - before) * inside + 0.5) as u8;
                    }
                }
            }
        }
    }
}

/// The hull of two circles.
struct Hull {
    start: Spot,
    /// The way from the first middle to the second.
    along: Spot,
    length: f32,
    radii: [f32; 2],
    /// Sine and cosine of the angle between the axis and the sides.
    slope: [f32; 2],
}

impl Hull {
    fn new(ends: [Spot; 2], radii: [f32; 2]) -> Self {
        let way = [ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]];
        let length = way[0].hypot(way[1]);
        if length <= (radii[0] - radii[1]).abs() + 1e-3 {
            // One circle holds the other.
            let (start, radius) = if radii[0] > radii[1] { (ends[0], radii[0]) } else { (ends[1], radii[1]) };
            return Self { start, along: [0.0, 1.0], length: 0.0, radii: [radius; 2], slope: [0.0, 1.0] };
        }
        let sin = (radii[0] - radii[1]) / length;
        let along = way.map(|value| value / length);
        Self { start: ends[0], along, length, radii, slope: [sin, (1.0 - sin * sin).sqrt()] }
    }

    /// How far a place is outside; negative inside. After I. Quilez, "2D distance functions", uneven capsule.
    fn distance(&self, [x, y]: Spot) -> f32 {
        let (x, y) = (x - self.start[0], y - self.start[1]);
        let (ahead, aside) =
            (x * self.along[0] + y * self.along[1], (x * self.along[1] - y * self.along[0]).abs());
        let [sin, cos] = self.slope;
        let place = ahead * cos - aside * sin;
        if place < 0.0 {
            (ahead * ahead + aside * aside).sqrt() - self.radii[0]
        } else if place > cos * self.length {
            ((ahead - self.length).powi(2) + aside * aside).sqrt() - self.radii[1]
        } else {
            aside * cos + ahead * sin - self.radii[0]
        }
    }

    /// The pixels that it may touch, `[left, top, right, bottom]`, in a picture of `side` pixels.
    fn bounds(&self, side: usize) -> [usize; 4] {
        let [ax, ay] = self.start;
        let (bx, by) = (ax + self.along[0] * self.length, ay + self.along[1] * self.length);
        let [a, b] = self.radii;
        let within = |value: f32| value.clamp(0.0, side as f32) as usize;
        let first = |one: f32, other: f32| within((one - a).min(other - b).floor() - 1.0);
        let last = |one: f32, other: f32| within((one + a).max(other + b).ceil() + 1.0);
        [first(ax, bx), first(ay, by), last(ax, bx), last(ay, by)]
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::PI;

    use super::*;

    /// How many pixels a white shape covers, parts of pixels counted.
    fn covered(draw: impl Fn(&mut Canvas)) -> f32 {
        let mut canvas = Canvas::within(100, 0);
        canvas.rectangle([0.0; 2], [1.0; 2], [0.0; 3]);
        draw(&mut canvas);
        canvas.into_pixmap().data().chunks_exact(4).map(|pixel| f32::from(pixel[0]) / 255.0).sum()
    }

    #[test]
    fn a_capsule_covers_what_geometry_says() {
        let disc = covered(|canvas| canvas.disc([0.5, 0.5], 0.2, [1.0; 3]));
        assert!((disc - PI * 400.0).abs() < 8.0, "a disc of {disc}");
        let even = covered(|canvas| canvas.capsule([[0.3, 0.4], [0.6, 0.8]], [0.1; 2], [1.0; 3]));
        assert!((even - (PI * 100.0 + 50.0 * 20.0)).abs() < 8.0, "an even one of {even}");
        // Radii 20 and 10, 50 apart: two sides of sqrt(2400), and two arcs that meet them.
        let uneven = covered(|canvas| canvas.capsule([[0.3, 0.5], [0.8, 0.5]], [0.2, 0.1], [1.0; 3]));
        let (side, lean) = (2_400.0_f32.sqrt(), 0.2_f32.asin());
        let arcs = 400.0 * (PI / 2.0 + lean) + 100.0 * (PI / 2.0 - lean);
        assert!(
            (uneven - (30.0 * side + arcs)).abs() < 10.0,
            "an uneven one of {uneven}, not {}",
            30.0 * side + arcs
        );
        let swallowed = covered(|canvas| canvas.capsule([[0.5, 0.5], [0.55, 0.5]], [0.2, 0.1], [1.0; 3]));
        assert!((swallowed - disc).abs() < 8.0, "a circle within a circle of {swallowed}");
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let half = covered(|canvas| canvas.disc([0.0, 0.5], 0.2, [1.0; 3]));
        assert!((half - PI * 200.0).abs() < 8.0, "half a disc of {half}");
        assert_eq!(covered(|canvas| canvas.disc([-2.0, 5.0], 0.2, [1.0; 3])), 0.0, "a disc elsewhere");
    }
}
