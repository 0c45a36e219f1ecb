//! How much of a figure is seen, and from where.

use std::f32::consts::TAU;

use rand::{Rng, RngExt as _};

use super::body::{Vector, pitch, yaw};
use super::person::Build;

/// A place in the picture, as shares of its side; x to the right, y down.
pub(super) type Spot = [f32; 2];

/// How much of a figure a clip shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// All of it, in a room.
    Whole,
    /// From the elbows up, before a webcam.
    Upper,
    /// Head and shoulders, before a webcam.
    Close,
}

impl View {
    /// Whether a webcam sees somebody at a desk.
    pub(super) fn is_webcam(self) -> bool {
        self != Self::Whole
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Upper => "upper",
            Self::Close => "close",
        }
    }
}

/// The camera of one clip.
#[derive(Clone, Debug)]
pub(super) struct Camera {
    view: View,
    /// Angle between the camera and the front of the figure, in radians.
    turn: f32,
    /// How far the camera looks down, in radians.
    tilt: f32,
    /// A middling person's height, as a share of the picture's side.
    zoom: f32,
    /// How far away it is, in heights of a person.
    distance: f32,
    /// Where the point that is aimed at is seen.
    centre: Spot,
    /// The height of that point, in heights of a person.
    aim: f32,
    /// How far an unsteady hand moves the camera, as a share of the picture's side.
    shake: f32,
    shake_phase: f32,
}

impl Camera {
    pub(super) fn draw(view: View, rng: &mut impl Rng) -> Self {
        let (turn, tilt, zoom, distance) = match view {
            View::Whole => (0.7, -0.05..0.22, 0.61..0.71, 4.0),
            View::Upper => (0.4, -0.12..0.2, 1.3..1.6, 1.6),
            View::Close => (0.4, -0.12..0.2, 2.1..2.6, 1.3),
        };
        let (x, y) = match view {
            View::Whole => (0.48..0.52, 0.58..0.61),
            View::Upper => (0.42..0.58, 0.3..0.38),
            View::Close => (0.44..0.56, 0.4..0.48),
        };
        Self {
            view,
            turn: rng.random_range(-turn..turn),
            tilt: rng.random_range(tilt),
            zoom: rng.random_range(zoom),
            distance,
            centre: [rng.random_range(x), rng.random_range(y)],
            aim: 0.5,
            shake: rng.random_range(0.0..0.012),
            shake_phase: rng.random_range(0.0..1.0),
        }
    }

    /// The same, aimed at somebody: whoever sits at a webcam has turned it to his own face; a room's camera hangs
    /// where it hangs.
    pub(super) fn aimed(self, build: &Build) -> Self {
        match self.view {
            View::Whole => self,
            View::Upper | View::Close => Self { aim: build.leg + build.torso + 1.25 * build.head, ..self },
        }
    }

    /// How far the camera has moved at a `time` in seconds.
    pub(super) fn shift(&self, time: f32) -> Spot {
        let wave = |pace: f32| self.shake * (TAU * (pace * time + self.shake_phase)).sin();
        [wave(0.9), wave(1.3)]
    }

    /// A direction of the body as the camera sees it: x right, y up, z towards the camera.
    pub(super) fn turned(&self, direction: Vector) -> Vector {
        pitch(yaw(direction, self.turn), self.tilt)
    }

    /// Where a place on the body is seen, how near it is, and how large a length of 1 looks there.
    pub(super) fn seen(&self, [x, y, z]: Vector, shift: Spot) -> (Spot, f32, f32) {
        let [x, y, z] = self.turned([x, y - self.aim, z]);
        let large = self.zoom * self.distance / (self.distance - z).max(0.3);
        ([self.centre[0] + shift[0] + large * x, self.centre[1] + shift[1] - large * y], z, large)
    }
}
