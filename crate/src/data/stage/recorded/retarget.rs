//! From joints in a room to where the bones of the shared skeleton point.

use super::RecordedError;
use crate::data::stage::body::{
    Bearing, Limb, Vector, across, add, between as between_places, cross, dot, pitch, scale, unit, yaw,
};

/// Length of a leg of the shared skeleton, in heights.
const LEG: f32 = 0.47;

/// Where each joint stands in a frame. Pairs are `[left, right]` as a viewer sees them: the body's right is first.
pub(super) struct Joints {
    pelvis: usize,
    neck: usize,
    head: usize,
    arms: [[usize; 3]; 2],
    legs: [[usize; 4]; 2],
}

impl Joints {
    /// Looks each joint up by name.
    pub(super) fn find(
        of: impl Fn(&'static str) -> Result<usize, RecordedError>,
    ) -> Result<Self, RecordedError> {
        Ok(Self {
            pelvis: of("hip_center")?,
            neck: of("neck")?,
            head: of("head")?,
            arms: [
                [of("right_shoulder")?, of("right_elbow")?, of("right_wrist")?],
                [of("left_shoulder")?, of("left_elbow")?, of("left_wrist")?],
            ],
            legs: [
                [of("right_hip")?, of("right_knee")?, of("right_ankle")?, of("right_foot")?],
                [of("left_hip")?, of("left_knee")?, of("left_ankle")?, of("left_foot")?],
            ],
        })
    }
}

fn less(a: Vector, b: Vector) -> Vector {
    add(a, scale(b, -1.0))
}

fn length(a: Vector) -> f32 {
    dot(a, a).sqrt()
}

const RIGHT: Vector = [1.0, 0.0, 0.0];
const UP: Vector = [0.0, 1.0, 0.0];
const DOWN: Vector = [0.0, -1.0, 0.0];
const FRONT: Vector = [0.0, 0.0, 1.0];

/// How far people seem to lean forwards as their recordings begin, in radians: the sensor looked down on them.
pub(super) fn tilt<'a>(beginnings: impl Iterator<Item = &'a Vec<Vector>>, joints: &Joints) -> f32 {
    let upright = |frame: &Vec<Vector>| {
        let ankles = between_places(frame[joints.legs[0][2]], frame[joints.legs[1][2]], 0.5);
        unit(less(frame[joints.neck], ankles), UP)
    };
    let sum = beginnings.map(upright).fold([0.0; 3], add);
    sum[2].atan2(sum[1])
}

/// The frames of a recording on the shared skeleton; it stands upright where its sensor was tilted, begins facing the
/// viewer, and moves about its own middle.
pub(super) fn retarget(places: &[Vec<Vector>], joints: &Joints, tilt: f32) -> Vec<Bearing> {
    let mut places = smoothed(places);
    places.iter_mut().flatten().for_each(|place| *place = pitch(*place, -tilt));
    let turn = facing(&places, joints);
    let share = LEG / leg(&places, joints).max(0.1);
    let middle = places.iter().fold([0.0; 3], |sum, frame| add(sum, frame[joints.pelvis]));
    let middle = scale(middle, 1.0 / places.len() as f32);
    let bearing = |frame: &Vec<Vector>| {
        let bone = |from: usize, to: usize, otherwise: Vector| {
            yaw(unit(less(frame[to], frame[from]), otherwise), turn)
        };
        let limb = |[root, middle, end]: [usize; 3]| Limb {
            upper: bone(root, middle, DOWN),
            lower: bone(middle, end, DOWN),
        };
        let shoulders = bone(joints.arms[0][0], joints.arms[1][0], RIGHT);
        let up = bone(joints.neck, joints.head, UP);
        let right = across(shoulders, up, RIGHT);
        let [aside, _, ahead] = yaw(scale(less(frame[joints.pelvis], middle), share), turn);
        Bearing {
            trunk: bone(joints.pelvis, joints.neck, UP),
            shoulders,
            hips: bone(joints.legs[0][0], joints.legs[1][0], RIGHT),
            face: [right, up, cross(right, up)],
            arms: joints.arms.map(limb),
            legs: joints.legs.map(|[hip, knee, ankle, _]| limb([hip, knee, ankle])),
            feet: joints.legs.map(|[_, _, ankle, foot]| bone(ankle, foot, FRONT)),
            place: [aside, 0.0, ahead],
            held: None,
        }
    };
    places.iter().map(bearing).collect()
}

/// The angle that turns the first frames towards the viewer.
fn facing(places: &[Vec<Vector>], joints: &Joints) -> f32 {
    let hips = places
        .iter()
        .take(3)
        .fold([0.0; 3], |sum, frame| add(sum, less(frame[joints.legs[1][0]], frame[joints.legs[0][0]])));
    // A front of (x, z) is turned to (0, 1): of hips along (a, 0, b) it is (-b, a).
    hips[2].atan2(hips[0])
}

/// The mean length of a leg, in metres.
fn leg(places: &[Vec<Vector>], joints: &Joints) -> f32 {
    let of = |frame: &Vec<Vector>| {
        let bones = joints.legs.iter().flat_map(|leg| [[leg[0], leg[1]], [leg[1], leg[2]]]);
        bones.map(|[from, to]| length(less(frame[to], frame[from]))).sum::<f32>() / 2.0
    };
    places.iter().map(of).sum::<f32>() / places.len() as f32
}

/// Joints shake from frame to frame: each is the mean of five, the middle ones counting most.
fn smoothed(places: &[Vec<Vector>]) -> Vec<Vec<Vector>> {
    const WEIGHTS: [f32; 5] = [0.0625, 0.25, 0.375, 0.25, 0.0625];
    let last = places.len() - 1;
    let at = |frame: usize, joint: usize| {
        WEIGHTS.iter().enumerate().fold([0.0; 3], |sum, (nth, weight)| {
            let from = (frame + nth).saturating_sub(2).min(last);
            add(sum, scale(places[from][joint], *weight))
        })
    };
    (0..places.len()).map(|frame| (0..places[frame].len()).map(|joint| at(frame, joint)).collect()).collect()
}

/// What lies between two frames, `share` of the way.
pub(super) fn between(a: &Bearing, b: &Bearing, share: f32) -> Bearing {
    let bone = |a: Vector, b: Vector| unit(between_places(a, b, share), b);
    let limb = |a: Limb, b: Limb| Limb { upper: bone(a.upper, b.upper), lower: bone(a.lower, b.lower) };
    let up = bone(a.face[1], b.face[1]);
    let right = across(between_places(a.face[0], b.face[0], share), up, b.face[0]);
    Bearing {
        trunk: bone(a.trunk, b.trunk),
        shoulders: bone(a.shoulders, b.shoulders),
        hips: bone(a.hips, b.hips),
        face: [right, up, cross(right, up)],
        arms: [0, 1].map(|side| limb(a.arms[side], b.arms[side])),
        legs: [0, 1].map(|side| limb(a.legs[side], b.legs[side])),
        feet: [0, 1].map(|side| bone(a.feet[side], b.feet[side])),
        place: between_places(a.place, b.place, share),
        held: None,
    }
}
