//! Bones: from a pose and a build to places in space.
//!
//! Axes of the body: x to the viewer's right when the figure faces the viewer, y up, z towards the viewer.
//! Lengths are shares of a middling person's height; the ground is y = 0.

use super::motion::{Limb, Pose};
use super::person::Person;

/// A place or a direction.
pub(super) type Vector = [f32; 3];

pub(super) fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(super) fn scale(a: Vector, factor: f32) -> Vector {
    a.map(|value| value * factor)
}

/// `a` at 0, `b` at 1.
pub(super) fn between(a: Vector, b: Vector, share: f32) -> Vector {
    add(scale(a, 1.0 - share), scale(b, share))
}

/// Turns about the x axis: up goes towards the viewer.
pub(super) fn pitch([x, y, z]: Vector, angle: f32) -> Vector {
    let (sin, cos) = angle.sin_cos();
    [x, y * cos - z * sin, y * sin + z * cos]
}

/// Turns about the y axis: the front goes to the right.
pub(super) fn yaw([x, y, z]: Vector, angle: f32) -> Vector {
    let (sin, cos) = angle.sin_cos();
    [x * cos + z * sin, y, z * cos - x * sin]
}

/// Turns about the z axis: up goes to the right.
pub(super) fn roll([x, y, z]: Vector, angle: f32) -> Vector {
    let (sin, cos) = angle.sin_cos();
    [x * cos + y * sin, y * cos - x * sin, z]
}

/// Shoulder or hip, elbow or knee, hand or ankle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub(super) root: Vector,
    pub(super) middle: Vector,
    pub(super) end: Vector,
}

/// Where every joint is. Pairs are `[left, right]` as the viewer sees a figure that faces him.
#[derive(Clone, Debug)]
pub(super) struct Skeleton {
    pub(super) pelvis: Vector,
    pub(super) chest: Vector,
    pub(super) head: Vector,
    /// Directions of the head: to its right, up, and to the front.
    pub(super) face: [Vector; 3],
    pub(super) arms: [Chain; 2],
    pub(super) legs: [Chain; 2],
    /// Tips of the feet.
    pub(super) toes: [Vector; 2],
}

/// -1 for the left limb of a pair, 1 for the right one.
const SIDES: [f32; 2] = [-1.0, 1.0];

/// A limb from its root on; its directions are turned with the part it hangs from.
fn chain(root: Vector, limb: Limb, lengths: [f32; 2], turn: impl Fn(Vector) -> Vector) -> Chain {
    let middle = add(root, scale(turn(limb.upper), lengths[0]));
    Chain { root, middle, end: add(middle, scale(turn(limb.lower), lengths[1])) }
}

impl Skeleton {
    /// Puts a person into a pose, on the ground (or in the air, by [`Pose::lift`]).
    pub(super) fn new(person: &Person, pose: &Pose) -> Self {
        let build = &person.build;
        let torso = |v: Vector| roll(pitch(yaw(v, pose.twist), pose.lean), pose.sway);
        let legs = [0, 1].map(|i| {
            let hip = [SIDES[i] * build.hips / 2.0, 0.0, 0.0];
            chain(hip, pose.legs[i].on(SIDES[i]), [0.5 * build.leg, 0.5 * build.leg], |v| v)
        });
        let toes = [0, 1].map(|i| add(legs[i].end, [SIDES[i] * 0.02, -0.012, 0.055]));
        let chest = torso([0.0, build.torso, 0.0]);
        let arms = [0, 1].map(|i| {
            let shoulder = torso([SIDES[i] * build.shoulders / 2.0, build.torso * 0.95, 0.0]);
            chain(shoulder, pose.arms[i].on(SIDES[i]), [0.48 * build.arm, 0.52 * build.arm], torso)
        });
        let nod = |v: Vector| torso(pitch(v, pose.nod));
        let head = add(chest, nod([0.0, build.head * 1.25, build.head * 0.1]));
        let face = [nod([1.0, 0.0, 0.0]), nod([0.0, 1.0, 0.0]), nod([0.0, 0.0, 1.0])];
        Self { pelvis: [0.0; 3], chest, head, face, arms, legs, toes }.placed(pose)
    }

    /// Tips the body over by [`Pose::fall`] and sets its lowest point on the ground.
    fn placed(self, pose: &Pose) -> Self {
        let tipped = self.moved(|v| roll(v, pose.fall));
        let limbs = tipped.legs.iter().chain(&tipped.arms).flat_map(|limb| [limb.middle, limb.end]);
        let points = limbs.chain([tipped.pelvis, tipped.chest, tipped.head]);
        let lowest = points.map(|v| v[1]).fold(f32::INFINITY, f32::min);
        let rise = pose.lift + 0.035 - lowest;
        // A body that lies is as long as it was tall: its middle stays where it stood.
        let aside = pose.aside - 0.25 * pose.fall.sin();
        let mut placed = tipped.moved(|v| add(v, [aside, rise, 0.0]));
        placed.face = tipped.face;
        placed
    }

    fn moved(&self, by: impl Fn(Vector) -> Vector) -> Self {
        let chain = |c: Chain| Chain { root: by(c.root), middle: by(c.middle), end: by(c.end) };
        Self {
            pelvis: by(self.pelvis),
            chest: by(self.chest),
            head: by(self.head),
            face: self.face.map(&by),
            arms: self.arms.map(chain),
            legs: self.legs.map(chain),
            toes: self.toes.map(&by),
        }
    }
}
