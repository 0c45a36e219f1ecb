//! Where the figures stand: room, camera and light, which know nothing of who stands there or what is done.

use std::f32::consts::TAU;

use rand::{Rng, RngExt as _};
use tiny_skia::Pixmap;

use super::body::{Vector, yaw};
use super::person::Colour;
use crate::frame::Rgba8;

/// A place in the picture, as shares of its side; x to the right, y down.
pub(super) type Spot = [f32; 2];

/// Distance of the camera, in heights of a person.
const DISTANCE: f32 = 4.0;

/// Something flat on the wall or on the floor.
#[derive(Clone, Debug)]
pub(super) struct Prop {
    pub(super) corner: Spot,
    pub(super) opposite: Spot,
    pub(super) colour: Colour,
}

/// Room, camera and light of one clip.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) wall: Colour,
    pub(super) floor: Colour,
    /// Where the floor meets the wall.
    pub(super) horizon: f32,
    pub(super) props: Vec<Prop>,
    /// Factors of red, green and blue.
    light: Colour,
    /// Where the light comes from: -1 left, 1 right.
    pub(super) light_side: f32,
    /// Angle between the camera and the front of the figure, in radians.
    turn: f32,
    /// Height of a middling person, as a share of the picture's side.
    zoom: f32,
    centre: Spot,
    /// How far an unsteady hand moves the camera, as a share of the picture's side.
    shake: f32,
    shake_phase: f32,
    /// The largest error of a pixel, in steps of 1/255.
    noise: u8,
}

impl Scene {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let tone = rng.random_range(0.25..0.85);
        let wall = [0; 3].map(|_| (tone + rng.random_range(-0.15_f32..0.15)).clamp(0.05, 0.95));
        let tone = rng.random_range(0.2..0.7);
        let floor = [0.06, 0.0, -0.06].map(|warm| tone + warm + rng.random_range(-0.08_f32..0.08));
        let horizon = rng.random_range(0.7..0.88);
        let props = (0..rng.random_range(0..5)).map(|_| prop(horizon, rng)).collect();
        let (gain, warmth) = (rng.random_range(0.7..1.1), rng.random_range(-0.08_f32..0.08));
        Self {
            wall,
            floor,
            horizon,
            props,
            light: [gain * (1.0 + warmth), gain, gain * (1.0 - warmth)],
            light_side: rng.random_range(-1.0..1.0),
            turn: rng.random_range(-0.7..0.7),
            zoom: rng.random_range(0.62..0.73),
            centre: [rng.random_range(0.46..0.54), rng.random_range(0.58..0.61)],
            shake: rng.random_range(0.0..0.012),
            shake_phase: rng.random_range(0.0..1.0),
            noise: rng.random_range(0..4),
        }
    }

    /// How far the camera has moved at a `time` in seconds.
    pub(super) fn shift(&self, time: f32) -> Spot {
        let wave = |pace: f32| self.shake * (TAU * (pace * time + self.shake_phase)).sin();
        [wave(0.9), wave(1.3)]
    }

    /// A direction of the body as the camera sees it: x right, y up, z towards the camera.
    pub(super) fn turned(&self, direction: Vector) -> Vector {
        yaw(direction, self.turn)
    }

    /// Where a place on the body is seen, how near it is, and how large a length of 1 looks there.
    pub(super) fn seen(&self, place: Vector, shift: Spot) -> (Spot, f32, f32) {
        let [x, y, z] = self.turned(place);
        let large = self.zoom * DISTANCE / (DISTANCE - z);
        let spot = [self.centre[0] + shift[0] + large * x, self.centre[1] + shift[1] - large * (y - 0.5)];
        (spot, z, large)
    }

    /// A colour in the light of the scene; `shade` 1 is fully lit.
    pub(super) fn lit(&self, colour: Colour, shade: f32) -> Colour {
        [0, 1, 2].map(|channel| (colour[channel] * self.light[channel] * shade).clamp(0.0, 1.0))
    }

    /// The picture a sensor makes of a drawing: with a little noise, equal in all colours.
    pub(super) fn develop(&self, drawing: Pixmap, size: usize, rng: &mut impl Rng) -> Rgba8 {
        let mut bytes = drawing.take();
        let mut errors = vec![0_u8; size * size];
        rng.fill(errors.as_mut_slice());
        for (pixel, error) in bytes.chunks_exact_mut(4).zip(errors) {
            let error = i16::from(error % (2 * self.noise + 1)) - i16::from(self.noise);
            for value in &mut pixel[..3] {
                *value = (i16::from(*value) + error).clamp(0, 255) as u8;
            }
        }
        Rgba8::new(size, size, bytes).expect("a drawing has four bytes a pixel")
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
    Prop { corner: [x, top], opposite: [x + width, bottom], colour }
}
