//! Bones: from where they point, and the lengths of somebody's build, to places in space.
//!
//! Axes of the body: x to the viewer's right when the figure faces the viewer, y up, z towards the viewer.
//! Lengths are shares of a middling person's height; the ground is y = 0.

use super::desk::Thing;
use super::person::Build;

/// A place or a direction.
pub(super) type Vector = [f32; 3];

pub(super) fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub(super) fn scale(a: Vector, factor: f32) -> Vector {
    a.map(|value| value * factor)
}

pub(super) fn dot(a: Vector, b: Vector) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// At a right angle to both: of right and up it is the front.
pub(super) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The direction of `a`, of length 1; `otherwise` where it has none.
pub(super) fn unit(a: Vector, otherwise: Vector) -> Vector {
    let length = dot(a, a).sqrt();
    if length > 1e-6 { scale(a, 1.0 / length) } else { otherwise }
}

/// What is left of `a` at a right angle to `axis`, of length 1; `otherwise` where nothing is left.
pub(super) fn across(a: Vector, axis: Vector, otherwise: Vector) -> Vector {
    unit(add(a, scale(axis, -dot(a, axis))), otherwise)
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

/// Where the two bones of an arm or a leg point; unit length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limb {
    pub(super) upper: Vector,
    pub(super) lower: Vector,
}

/// How a body is held at one moment, on the skeleton that all people share: where its bones point, and nothing of
/// how long they are. Whoever was recorded, or moves, can be told by no proportion of it. Pairs are
/// `[left, right]` as the viewer sees a figure that faces him; directions have length 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bearing {
    /// Pelvis to chest.
    pub(super) trunk: Vector,
    /// Left to right shoulder.
    pub(super) shoulders: Vector,
    /// Left to right hip.
    pub(super) hips: Vector,
    /// Directions of the head: to its right, up, and to the front.
    pub(super) face: [Vector; 3],
    pub(super) arms: [Limb; 2],
    pub(super) legs: [Limb; 2],
    /// Ankles to the tips of the feet.
    pub(super) feet: [Vector; 2],
    /// Where the body is: to the right, above the ground, and towards the viewer.
    pub(super) place: Vector,
    /// What is held, and by which hand: 0 left, 1 right.
    pub(super) held: Option<(usize, Thing)>,
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
pub(super) const SIDES: [f32; 2] = [-1.0, 1.0];
/// Length of a foot.
const FOOT: f32 = 0.06;
/// Height of an ankle, and of whatever else is lowest.
const SOLE: f32 = 0.035;

fn chain(root: Vector, limb: Limb, lengths: [f32; 2]) -> Chain {
    let middle = add(root, scale(limb.upper, lengths[0]));
    Chain { root, middle, end: add(middle, scale(limb.lower, lengths[1])) }
}

impl Skeleton {
    /// Gives the bones their lengths and sets the lowest point on the ground, or as far above it as
    /// [`Bearing::place`] says.
    pub(super) fn new(build: &Build, bearing: &Bearing) -> Self {
        let chest = scale(bearing.trunk, build.torso);
        let legs = [0, 1].map(|i| {
            let hip = scale(bearing.hips, SIDES[i] * build.hips / 2.0);
            chain(hip, bearing.legs[i], [0.5 * build.leg, 0.5 * build.leg])
        });
        let arms = [0, 1].map(|i| {
            let aside = scale(bearing.shoulders, SIDES[i] * build.shoulders / 2.0);
            let shoulder = add(scale(chest, 0.95), aside);
            chain(shoulder, bearing.arms[i], [0.48 * build.arm, 0.52 * build.arm])
        });
        let [_, up, front] = bearing.face;
        let head = add(chest, add(scale(up, build.head * 1.25), scale(front, build.head * 0.1)));
        let toes = [0, 1].map(|i| add(legs[i].end, scale(bearing.feet[i], FOOT)));
        let face = bearing.face;
        Self { pelvis: [0.0; 3], chest, head, face, arms, legs, toes }.placed(bearing.place)
    }

    fn placed(self, place: Vector) -> Self {
        let limbs = self.legs.iter().chain(&self.arms).flat_map(|limb| [limb.middle, limb.end]);
        let points = limbs.chain([self.pelvis, self.chest, self.head]);
        let lowest = points.map(|v| v[1]).fold(f32::INFINITY, f32::min);
        let by = |v: Vector| add(v, [place[0], place[1] + SOLE - lowest, place[2]]);
        let chain = |c: Chain| Chain { root: by(c.root), middle: by(c.middle), end: by(c.end) };
        Self {
            pelvis: by(self.pelvis),
            chest: by(self.chest),
            head: by(self.head),
            face: self.face,
            arms: self.arms.map(chain),
            legs: self.legs.map(chain),
            toes: self.toes.map(by),
        }
    }
}
