//! What the figures do: movements that know nothing of who makes them.

use std::f32::consts::TAU;

use rand::{Rng, RngExt as _};

use super::actions::Action;
use super::body::{Bearing, Limb, SIDES, Vector, pitch, roll, yaw};
use super::desk::{self, Thing};
use super::person::Gait;

/// A direction by two angles in radians: hanging is (0, 0), `out` lifts it sideways, `forward` to the front.
fn towards(out: f32, forward: f32) -> Vector {
    [out.sin(), -out.cos() * forward.cos(), out.cos() * forward.sin()]
}

/// A limb by the angles `(out, forward)` of its two bones.
pub(super) fn limb(upper: (f32, f32), lower: (f32, f32)) -> Limb {
    Limb { upper: towards(upper.0, upper.1), lower: towards(lower.0, lower.1) }
}

/// How a body is held at one moment. Angles in radians, lengths in shares of a height.
#[derive(Clone, Debug)]
pub(super) struct Pose {
    /// The trunk forwards.
    pub(super) lean: f32,
    /// The trunk sideways.
    pub(super) sway: f32,
    /// The trunk about itself.
    pub(super) twist: f32,
    /// The head forwards.
    pub(super) nod: f32,
    /// The head about itself.
    pub(super) look: f32,
    /// The whole body tipped over: a quarter turn lies.
    pub(super) fall: f32,
    /// Height above the ground.
    pub(super) lift: f32,
    /// Place along the x axis.
    pub(super) aside: f32,
    /// Left and right arm, turned with the trunk.
    pub(super) arms: [Limb; 2],
    /// Left and right leg.
    pub(super) legs: [Limb; 2],
    /// What is held, and by which hand: 0 left, 1 right.
    pub(super) held: Option<(usize, Thing)>,
}

impl Pose {
    /// The same by where each bone points. Limbs of the left are mirrored; what hangs from the trunk turns with it.
    pub(super) fn bearing(&self) -> Bearing {
        let tipped = |v: Vector| roll(v, self.fall);
        let trunk = |v: Vector| tipped(roll(pitch(yaw(v, self.twist), self.lean), self.sway));
        let head = |v: Vector| trunk(pitch(yaw(v, self.look), self.nod));
        let on = |side: usize, limb: Limb, turn: &dyn Fn(Vector) -> Vector| {
            let bone = |[x, y, z]: Vector| turn([SIDES[side] * x, y, z]);
            Limb { upper: bone(limb.upper), lower: bone(limb.lower) }
        };
        Bearing {
            trunk: trunk([0.0, 1.0, 0.0]),
            shoulders: trunk([1.0, 0.0, 0.0]),
            hips: tipped([1.0, 0.0, 0.0]),
            face: [head([1.0, 0.0, 0.0]), head([0.0, 1.0, 0.0]), head([0.0, 0.0, 1.0])],
            arms: [0, 1].map(|side| on(side, self.arms[side], &trunk)),
            legs: [0, 1].map(|side| on(side, self.legs[side], &tipped)),
            feet: SIDES.map(|side| tipped([0.335 * side, -0.2, 0.92])),
            // A body that lies is as long as it was tall: its middle stays where it stood.
            place: [self.aside - 0.25 * self.fall.sin(), self.lift, 0.0],
            held: self.held,
        }
    }
}

/// One performance of an action: how fast, how far, from where, on which side.
#[derive(Clone, Debug)]
pub(super) struct Motion {
    action: Action,
    /// Whether it is done before a desk: the arms rest on it.
    seated: bool,
    /// Turns a second.
    tempo: f32,
    reach: f32,
    /// Where in the turn it starts, in turns.
    phase: f32,
    /// The limb that leads: 0 left, 1 right.
    leading: usize,
    /// When a movement that happens once begins, in seconds.
    onset: f32,
}

impl Motion {
    /// A performance for a clip of some `seconds`.
    pub(super) fn draw(action: Action, seated: bool, seconds: f32, rng: &mut impl Rng) -> Self {
        Self {
            action,
            seated,
            tempo: rng.random_range(0.85..1.2) / action.seconds(),
            reach: rng.random_range(0.85..1.1),
            phase: rng.random_range(0.0..1.0),
            leading: rng.random_range(0..2),
            onset: seconds * rng.random_range(0.1..0.4),
        }
    }

    /// The pose at a `time` in seconds, of somebody with a certain gait.
    pub(super) fn pose(&self, time: f32, gait: &Gait) -> Pose {
        let turns = self.phase + gait.phase + time * self.tempo * gait.tempo;
        let wave = (TAU * turns).sin();
        let swell = (1.0 - (TAU * turns).cos()) / 2.0;
        let reach = self.reach * gait.reach;
        let mut pose = standing(gait, time);
        if self.seated {
            pose.arms = [desk::resting(); 2];
        }
        match self.action {
            Action::Bend => bend(&mut pose, swell * reach),
            Action::Box => strike(&mut pose, wave, reach),
            Action::Clap if self.seated => pose.arms = [desk::clapping(swell * reach); 2],
            Action::Clap => {
                let open = 0.1 + 0.9 * swell * reach;
                pose.arms = [limb((open, 0.9), (1.1 * open - 0.55, 1.75)); 2];
            }
            Action::Fall => self.fall(&mut pose, (time - self.onset) * self.tempo * gait.tempo),
            Action::JumpingJack => {
                let arm = 0.2 + 2.6 * swell * reach.min(1.05);
                pose.arms = [limb((arm, 0.1), (arm + 0.1, 0.1)); 2];
                pose.legs = [limb((0.05 + 0.42 * swell * reach, 0.0), (0.05 + 0.42 * swell * reach, 0.0)); 2];
                pose.lift = 0.07 * wave.abs() * reach;
            }
            Action::Kick => self.kick(&mut pose, swell * swell * reach),
            Action::March => march(&mut pose, wave, reach),
            Action::Squat => squat(&mut pose, swell * reach),
            Action::Drink => desk::drink(&mut pose, self.leading, swell * reach.min(1.0)),
            Action::Lean => pose.sway += 0.27 * wave * reach,
            Action::Nod => pose.nod += 0.3 + 0.42 * wave * reach,
            Action::Phone => desk::phone(&mut pose, self.leading, (2.0 * swell).min(1.0)),
            Action::ShakeHead => pose.look += 0.65 * wave * reach,
            Action::Stretch => desk::stretch(&mut pose, swell * reach.min(1.02)),
            Action::WaveOneArm => pose.arms[self.leading] = self.waving(wave * reach),
            Action::WaveTwoArms => pose.arms = [self.waving(wave * reach); 2],
        }
        pose
    }

    /// An arm held up, its forearm (or, at a desk, its hand) swinging; `swing` -1 in, 1 out.
    fn waving(&self, swing: f32) -> Limb {
        if self.seated {
            return desk::waving(swing);
        }
        limb((1.95 + 0.15 * swing, 0.1), (2.75 + 0.75 * swing, 0.15))
    }

    /// Kicks with the leading leg; `rise` 0 stands.
    fn kick(&self, pose: &mut Pose, rise: f32) {
        let thigh = 1.35 * rise;
        pose.legs[self.leading] = limb((0.08, thigh), (0.08, thigh - 0.7 * (1.0 - rise) * rise * 4.0));
        pose.arms = [limb((0.55 + 0.3 * rise, 0.0), (0.7 + 0.3 * rise, 0.5)); 2];
        pose.lean = -0.2 * rise;
    }

    /// Falls over once, to the leading side; `turns` since the onset.
    fn fall(&self, pose: &mut Pose, turns: f32) {
        let done = turns.clamp(0.0, 1.0);
        let drop = done * done * (3.0 - 2.0 * done);
        let side = if self.leading == 1 { 1.0 } else { -1.0 };
        pose.fall = side * 1.45 * drop;
        let fear = (TAU * 0.5 * done).sin();
        let arm = 0.15 + 1.3 * fear + 0.5 * drop;
        pose.arms = [limb((arm, 0.3 * drop), (arm + 0.5 * fear, 0.6 * drop)); 2];
        let knee = 0.5 * drop + 0.4 * fear;
        pose.legs = [limb((0.08, knee), (0.08, -0.6 * knee)), limb((0.08, 0.7 * knee), (0.08, -0.8 * knee))];
    }
}

/// At ease, with a breath.
fn standing(gait: &Gait, time: f32) -> Pose {
    let breath = (TAU * 0.3 * time + gait.phase * TAU).sin();
    let arm = limb((gait.arms_out, 0.05), (gait.arms_out * 0.6, 0.25));
    let leg = limb((gait.stance, 0.03), (gait.stance, -0.03));
    Pose {
        lean: gait.stoop,
        sway: 0.02 * breath,
        twist: 0.0,
        nod: 0.05,
        look: 0.0,
        fall: 0.0,
        lift: 0.0,
        aside: 0.006 * breath,
        arms: [arm; 2],
        legs: [leg; 2],
        held: None,
    }
}

/// Bends down; `depth` 0 stands.
fn bend(pose: &mut Pose, depth: f32) {
    pose.lean += 1.45 * depth;
    let hang = pose.lean;
    pose.arms = [limb((0.1, hang), (0.05, hang + 0.1)); 2];
    let leg = limb((0.08, 0.1 * depth), (0.08, -0.28 * depth));
    pose.legs = [leg; 2];
}

/// Bends the knees; `depth` 0 stands.
fn squat(pose: &mut Pose, depth: f32) {
    let leg = limb((0.28, 1.5 * depth), (0.06, -0.75 * depth));
    pose.legs = [leg; 2];
    pose.lean += 0.5 * depth;
    pose.arms = [limb((0.1, 0.1 + 1.9 * depth), (0.05, 0.3 + 1.75 * depth)); 2];
}

/// Steps on the spot, knees high.
fn march(pose: &mut Pose, wave: f32, reach: f32) {
    for (side, lifted) in [wave, -wave].into_iter().enumerate() {
        let knee = 1.35 * lifted.max(0.0) * reach;
        pose.legs[side] = limb((0.05, knee), (0.05, -0.25 * knee));
        let swing = -0.75 * lifted * reach;
        pose.arms[side] = limb((0.12, swing), (0.05, swing + 1.0));
    }
    pose.twist = 0.15 * wave;
}

/// Strikes out with both fists in turn.
fn strike(pose: &mut Pose, wave: f32, reach: f32) {
    for (side, thrust) in [wave, -wave].into_iter().enumerate() {
        let out = (thrust.max(0.0) * reach).min(1.0);
        let upper = (0.35 - 0.3 * out, 0.35 + 1.2 * out);
        let lower = (-0.25 + 0.25 * out, 2.35 - 0.75 * out);
        pose.arms[side] = limb(upper, lower);
    }
    pose.twist = -0.4 * wave * reach;
    pose.legs = [limb((0.16, 0.18), (0.16, -0.12)), limb((0.16, -0.05), (0.16, -0.22))];
    pose.lean += 0.12;
}
