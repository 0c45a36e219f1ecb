//! Where the figures are: room, camera, light and sensor, which know nothing of who is there or what is done.

use rand::{Rng, RngExt as _};
use tiny_skia::Pixmap;

use super::camera::{Camera, Spot, View};
use super::canvas::Canvas;
use super::person::Build;
use super::sensor::{Sensor, softened};
use super::wardrobe::Colour;

/// Something flat on the wall or on the floor.
#[derive(Clone, Debug)]
struct Prop {
    corner: Spot,
    opposite: Spot,
    colour: Colour,
    /// What is seen in its frame, if it has one.
    inside: Option<Colour>,
}

/// What covers a wall; lengths are shares of the picture's side.
#[derive(Clone, Copy, Debug)]
enum Paper {
    Plain,
    Stripes(f32),
    Tiles(f32),
    Panels(f32),
}

/// Room, camera, light and sensor of one clip.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) view: View,
    pub(super) camera: Camera,
    pub(super) sensor: Sensor,
    wall: Colour,
    paper: Paper,
    pub(super) floor: Colour,
    /// Where the floor meets the wall.
    horizon: f32,
    props: Vec<Prop>,
    /// The edge of the desk and its colour, where there is one.
    pub(super) desk: Option<(f32, Colour)>,
    /// How far the background is out of focus, as a share of the picture's side.
    haze: f32,
    /// Factors of red, green and blue.
    light: Colour,
    /// Where the light comes from: -1 left, 1 right.
    pub(super) light_side: f32,
}

impl Scene {
    pub(super) fn draw(view: View, rng: &mut impl Rng) -> Self {
        let tone = rng.random_range(0.25..0.85);
        let wall = [0; 3].map(|_| (tone + rng.random_range(-0.15_f32..0.15)).clamp(0.05, 0.95));
        let tone = rng.random_range(0.2..0.7);
        let floor = [0.06, 0.0, -0.06].map(|warm| tone + warm + rng.random_range(-0.08_f32..0.08));
        // Before a webcam there is a wall, further away than its lower edge.
        let horizon = if view.is_webcam() { 1.2 } else { rng.random_range(0.7..0.88) };
        let props = (0..rng.random_range(0..5)).map(|_| prop(horizon, rng)).collect();
        let paper = match rng.random_range(0..6) {
            0 => Paper::Stripes(rng.random_range(0.05..0.2)),
            1 => Paper::Tiles(rng.random_range(0.1..0.25)),
            2 => Paper::Panels(rng.random_range(0.15..0.4)),
            _ => Paper::Plain,
        };
        let desk = (view == View::Upper && rng.random_bool(0.5))
            .then(|| (rng.random_range(0.9..0.97), floor.map(|value| 0.9 * value)));
        let hazy = view.is_webcam() && rng.random_bool(0.4);
        let (gain, warmth) = (rng.random_range(0.75..1.1), rng.random_range(-0.08_f32..0.08));
        Self {
            view,
            camera: Camera::draw(view, rng),
            sensor: Sensor::draw(rng),
            wall,
            paper,
            floor,
            horizon,
            props,
            desk,
            haze: if hazy { rng.random_range(0.015..0.05) } else { 0.0 },
            light: [gain * (1.0 + warmth), gain, gain * (1.0 - warmth)],
            light_side: rng.random_range(-1.0..1.0),
        }
    }

    /// The same with its camera aimed at somebody, as [`Camera::aimed`] says.
    pub(super) fn aimed(self, build: &Build) -> Self {
        Self { camera: self.camera.aimed(build), ..self }
    }

    /// A colour in the light of the scene; `shade` 1 is fully lit.
    pub(super) fn lit(&self, colour: Colour, shade: f32) -> Colour {
        [0, 1, 2].map(|channel| (colour[channel] * self.light[channel] * shade).clamp(0.0, 1.0))
    }

    /// The empty room, of `size` by `size` pixels and [`MARGIN`] more on every side.
    pub(super) fn room(&self, size: usize) -> Backdrop {
        let margin = (MARGIN * size as f32).ceil() as usize + 1;
        let mut canvas = Canvas::within(size, margin);
        let wide = [-0.2, 1.2];
        canvas.rectangle([wide[0], wide[0]], [wide[1], self.horizon], self.lit(self.wall, 1.0));
        self.paper(&mut canvas);
        canvas.rectangle([wide[0], self.horizon], [wide[1], wide[1]], self.lit(self.floor, 1.0));
        for prop in &self.props {
            canvas.rectangle(prop.corner, prop.opposite, self.lit(prop.colour, 0.9));
            if let Some(inside) = prop.inside {
                let inset = |from: f32, to: f32| from + 0.025 * (to - from).signum();
                let corner = [0, 1].map(|axis| inset(prop.corner[axis], prop.opposite[axis]));
                let opposite = [0, 1].map(|axis| inset(prop.opposite[axis], prop.corner[axis]));
                canvas.rectangle(corner, opposite, self.lit(inside, 0.95));
            }
        }
        let mut pixmap = canvas.into_pixmap();
        softened(&mut pixmap, self.haze * size as f32);
        Backdrop { pixmap, size, margin }
    }

    fn paper(&self, canvas: &mut Canvas) {
        let (faint, dark) = (self.lit(self.wall, 0.9), self.lit(self.wall, 0.75));
        let steps = |step: f32| (0..(1.4 / step) as usize).map(move |nth| -0.2 + nth as f32 * step);
        match self.paper {
            Paper::Plain => {}
            Paper::Stripes(step) => {
                let stripe = |x: f32| canvas.rectangle([x, -0.2], [x + step / 2.0, self.horizon], faint);
                steps(step).for_each(stripe);
            }
            Paper::Tiles(step) => {
                steps(step).for_each(|x| canvas.rectangle([x, -0.2], [x + 0.012, self.horizon], faint));
                steps(step)
                    .filter(|y| *y < self.horizon)
                    .for_each(|y| canvas.rectangle([-0.2, y], [1.2, y + 0.012], faint));
            }
            Paper::Panels(height) => {
                let top = self.horizon.min(1.0) - height;
                canvas.rectangle([-0.2, top], [1.2, self.horizon], faint);
                canvas.rectangle([-0.2, top], [1.2, top + 0.014], dark);
            }
        }
    }
}

/// How far the room reaches beyond the picture, as a share of its side: further than a camera shakes.
const MARGIN: f32 = 0.02;

/// An empty room, drawn once for all frames of a clip.
pub(super) struct Backdrop {
    pixmap: Pixmap,
    size: usize,
    margin: usize,
}

impl Backdrop {
    /// What a camera sees of it that has moved by `shift`, between pixels too.
    ///
    /// # Panics
    /// If the camera has moved further than the room reaches.
    pub(super) fn shifted(&self, shift: Spot) -> Pixmap {
        let mut seen =
            Pixmap::new(self.size as u32, self.size as u32).expect("a plan has at least a few pixels");
        let across = self.size + 2 * self.margin;
        // Pixel (x, y) shows what lay at (x, y) - shift.
        let from = shift.map(|share| self.margin as f32 - share * self.size as f32);
        let (left, top) = (from[0].floor() as usize, from[1].floor() as usize);
        let [fx, fy] = from.map(|value| (256.0 * (value - value.floor())) as u32);
        let weights = [(256 - fx) * (256 - fy), fx * (256 - fy), (256 - fx) * fy, fx * fy];
        let bytes = self.pixmap.data();
        for (y, line) in seen.data_mut().chunks_exact_mut(4 * self.size).enumerate() {
            let upper = &bytes[4 * ((top + y) * across + left)..][..4 * (self.size + 1)];
            let lower = &bytes[4 * ((top + y + 1) * across + left)..][..4 * (self.size + 1)];
            for (at, value) in line.iter_mut().enumerate() {
                let around = [upper[at], upper[at + 4], lower[at], lower[at + 4]];
                let sum: u32 =
                    around.iter().zip(weights).map(|(value, weight)| u32::from(*value) * weight).sum();
                *value = ((sum + (1 << 15)) >> 16) as u8;
            }
        }
        seen
    }
}

/// A window, a picture, a door or a rug.
fn prop(horizon: f32, rng: &mut impl Rng) -> Prop {
    let (x, width) = (rng.random_range(-0.1..0.9), rng.random_range(0.1..0.4));
    let (top, bottom) = match rng.random_range(0..3) {
        0 => (rng.random_range(0.0..0.3), rng.random_range(0.35..0.6)),
        1 => (rng.random_range(0.1..0.4), horizon),
        _ => (horizon + 0.02, horizon + rng.random_range(0.05..0.12)),
    };
    let tone = rng.random_range(0.2..0.8);
    let colour = [0; 3].map(|_| tone + rng.random_range(-0.2_f32..0.2));
    let inside = rng.random_bool(0.5).then(|| [0; 3].map(|_| rng.random_range(0.2..1.0)));
    Prop { corner: [x, top], opposite: [x + width, bottom], colour, inside }
}
