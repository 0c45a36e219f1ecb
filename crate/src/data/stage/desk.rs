//! Movements of somebody who sits before a webcam. Lengths are shares of a height.

use super::body::{Limb, Vector, across, add, dot, scale, unit};
use super::motion::{Pose, limb};

/// Lengths of the two bones of a middling arm.
const ARM: [f32; 2] = [0.173, 0.187];

/// Forearms on the desk.
pub(super) fn resting() -> Limb {
    limb((0.22, 0.3), (-0.35, 1.25))
}

/// Blends two ways to hold a limb: `a` at 0, `b` at 1.
fn between(a: Limb, b: Limb, share: f32) -> Limb {
    let bone = |a: Vector, b: Vector| unit(add(scale(a, 1.0 - share), scale(b, share)), b);
    Limb { upper: bone(a.upper, b.upper), lower: bone(a.lower, b.lower) }
}

/// The arm (of the right side) whose hand is at `target`, as seen from the shoulder, the elbow towards `elbow`;
/// a hand that cannot get there points there.
fn reaching(target: Vector, elbow: Vector) -> Limb {
    let [a, b] = ARM;
    let distance = dot(target, target).sqrt().clamp((b - a).abs() + 0.01, 0.98 * (a + b));
    let ahead = unit(target, [0.0, 0.0, 1.0]);
    let aside = across(elbow, ahead, [1.0, 0.0, 0.0]);
    let cos = ((a * a + distance * distance - b * b) / (2.0 * a * distance)).clamp(-1.0, 1.0);
    let upper = add(scale(ahead, cos), scale(aside, (1.0 - cos * cos).sqrt()));
    let lower = unit(add(scale(ahead, distance), scale(upper, -a)), ahead);
    Limb { upper, lower }
}

/// A hand held up before the shoulder; `swing` -1 in, 1 out.
pub(super) fn waving(swing: f32) -> Limb {
    reaching([0.07 + 0.09 * swing, 0.1 - 0.02 * swing.abs(), 0.14], [0.6, -1.0, 0.0])
}

/// Hands before the chest; `open` 0 touch.
pub(super) fn clapping(open: f32) -> Limb {
    reaching([-0.1 + 0.15 * open, 0.0, 0.2], [0.8, -0.8, 0.0])
}

/// Lifts a cup to the mouth; `rise` 0 rests, 1 drinks.
pub(super) fn drink(pose: &mut Pose, leading: usize, rise: f32) {
    let mouth = reaching([-0.11, 0.07, 0.13], [0.8, -0.5, 0.1]);
    pose.arms[leading] = between(limb((0.15, 0.35), (-0.1, 1.75)), mouth, rise);
    pose.nod -= 0.4 * (2.0 * rise - 1.0).max(0.0);
    pose.held = Some((leading, Thing::Cup));
}

/// Takes the phone to the ear; `rise` 0 rests.
pub(super) fn phone(pose: &mut Pose, leading: usize, rise: f32) {
    let ear = reaching([-0.02, 0.13, 0.03], [1.0, -0.6, 0.25]);
    pose.arms[leading] = between(limb((0.15, 0.35), (-0.1, 1.75)), ear, rise);
    let side = if leading == 1 { 1.0 } else { -1.0 };
    pose.sway += 0.07 * side * rise;
    pose.look -= 0.25 * side * rise;
    pose.held = Some((leading, Thing::Phone));
}

/// Stretches both arms up; `rise` 0 rests.
pub(super) fn stretch(pose: &mut Pose, rise: f32) {
    pose.arms = [between(resting(), limb((2.65, 0.1), (3.05, 0.1)), rise); 2];
    pose.lean -= 0.12 * rise;
    pose.nod -= 0.2 * rise;
}

/// What a hand holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Cup,
    Phone,
}
