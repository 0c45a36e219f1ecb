//! Recordings have to lose the proportions of who was recorded, and nothing else.

use std::fs;
use std::path::Path;

use super::super::body::{Skeleton, Vector, add, dot, scale};
use super::super::person::Person;
use super::*;
use crate::rng::Seed;

const NAMES: [(&str, i32); 20] = [
    ("hip_center", -1),
    ("spine", 0),
    ("neck", 1),
    ("head", 2),
    ("left_shoulder", 2),
    ("left_elbow", 4),
    ("left_wrist", 5),
    ("left_hand", 6),
    ("right_shoulder", 2),
    ("right_elbow", 8),
    ("right_wrist", 9),
    ("right_hand", 10),
    ("left_hip", 0),
    ("left_knee", 12),
    ("left_ankle", 13),
    ("left_foot", 14),
    ("right_hip", 0),
    ("right_knee", 16),
    ("right_ankle", 17),
    ("right_foot", 18),
];
const FRAMES: usize = 20;

/// Metres from each joint's parent, as a viewer sees somebody who faces him and whose own right arm is up by `rise`.
fn bones(joint: usize, rise: f32, (leg, arm, trunk): (f32, f32, f32)) -> Vector {
    let raised = [-rise.sin(), -rise.cos(), 0.0];
    match NAMES[joint].0 {
        "spine" => [0.0, 0.3 * trunk, 0.0],
        "neck" => [0.0, 0.25 * trunk, 0.0],
        "head" => [0.0, 0.2, 0.0],
        "left_shoulder" => [0.2 * trunk, 0.0, 0.0],
        "right_shoulder" => [-0.2 * trunk, 0.0, 0.0],
        "right_elbow" | "right_wrist" => scale(raised, 0.28 * arm),
        "left_elbow" | "left_wrist" => [0.0, -0.28 * arm, 0.0],
        "left_hip" => [0.1, 0.0, 0.0],
        "right_hip" => [-0.1, 0.0, 0.0],
        "left_knee" | "right_knee" | "left_ankle" | "right_ankle" => [0.0, -0.45 * leg, 0.0],
        "left_foot" | "right_foot" => [0.0, 0.0, 0.1],
        "left_hand" | "right_hand" => [0.0, -0.05, 0.0],
        _ => [0.0, leg, 0.0],
    }
}

/// Writes recordings of four people of very different proportions who all raise their right arm, twice each action.
pub(in super::super) fn fake(data: &Path) {
    let folder = data.join("motion/msr_action3d");
    fs::create_dir_all(&folder).expect("a folder");
    let (mut array, mut table) = (vec![0_u8; 128], String::from("first_frame,frames,action,subject,ok\n"));
    let mut first = 0;
    for (subject, build) in
        [(1, (1.0, 1.0, 1.0)), (2, (0.7, 1.3, 1.1)), (3, (1.3, 0.8, 0.9)), (4, (0.9, 1.1, 1.2))]
    {
        for (action, most) in [("hand_clap", 1.2), ("jogging", 2.8)] {
            for frame in 0..FRAMES {
                let rise = most * frame as f32 / FRAMES as f32;
                let mut places: Vec<Vector> = vec![];
                for (joint, (_, parent)) in NAMES.iter().enumerate() {
                    let from = usize::try_from(*parent).map_or([0.0; 3], |parent| places[parent]);
                    places.push(add(from, bones(joint, rise, build)));
                }
                for [x, y, z] in places {
                    // The sensor is three metres away, and its axes are the body's.
                    for value in [-x, y, 3.0 - z] {
                        array.extend(((1000.0 * value).round() as i16).to_le_bytes());
                    }
                }
            }
            table += &format!("{first},{FRAMES},{action},{subject},1\n");
            first += FRAMES;
        }
    }
    let joints = NAMES.iter().enumerate().map(|(index, (name, parent))| format!("{index},{name},{parent}\n"));
    fs::write(folder.join("joints_mm_i16.npy"), array).expect("written");
    fs::write(folder.join("sequences.csv"), table).expect("written");
    fs::write(folder.join("joints.csv"), format!("index,name,parent\n{}", joints.collect::<String>()))
        .expect("written");
}

fn recordings() -> Recordings {
    let data = tempfile::tempdir().expect("a temporary folder");
    fake(data.path());
    Recordings::open("msr_action3d", data.path()).expect("sound files")
}

/// The performance of one take as a whole.
fn whole(take: usize) -> Performance {
    Performance { set: "msr_action3d", performer: String::new(), take, span: [0.0, 1.0] }
}

#[test]
fn people_of_other_proportions_who_do_the_same_are_the_same_skeleton() {
    let recordings = recordings();
    for share in [0.0, 0.3, 0.77, 1.0] {
        let of = |take: usize| recordings.bearing(&whole(take), share, View::Whole);
        for other in [2, 4, 6] {
            let (one, other) = (of(0), of(other));
            let bones = |bearing: &Bearing| {
                let limbs =
                    bearing.arms.iter().chain(&bearing.legs).flat_map(|limb| [limb.upper, limb.lower]);
                limbs.chain([bearing.trunk, bearing.shoulders, bearing.hips]).collect::<Vec<_>>()
            };
            for (a, b) in bones(&one).into_iter().zip(bones(&other)) {
                assert!(dot(a, b) > 0.999, "at {share} a bone gives the performer away: {a:?}, {b:?}");
            }
        }
    }
}

#[test]
fn bones_have_the_lengths_of_who_is_drawn() {
    let recordings = recordings();
    let person = Person::draw(&mut Seed(3).rng("person"));
    let far = |a: Vector, b: Vector| dot(add(a, scale(b, -1.0)), add(a, scale(b, -1.0))).sqrt();
    for take in 0..8 {
        let body = Skeleton::new(&person.build, &recordings.bearing(&whole(take), 0.6, View::Whole));
        for (limbs, wanted) in [(body.arms, person.build.arm), (body.legs, person.build.leg)] {
            for limb in limbs {
                let found = far(limb.root, limb.middle) + far(limb.middle, limb.end);
                assert!((found - wanted).abs() < 1e-4, "take {take}: {found}, not {wanted}");
            }
        }
    }
}

#[test]
fn the_arm_that_is_raised_is_the_bodys_own_right_one() {
    let bearing = recordings().bearing(&whole(2), 1.0, View::Whole);
    let [left, right] = bearing.arms; // as a viewer sees them
    assert!(left.upper[0] < -0.5, "the body's right arm goes to the viewer's left: {left:?}");
    assert!(right.upper[1] < -0.99, "the other one hangs: {right:?}");
    assert!(bearing.face[2][2] > 0.99, "it faces the viewer: {:?}", bearing.face);
}

#[test]
fn people_recorded_for_the_test_move_nobody_else() {
    let recordings = recordings();
    for draw in 0..200 {
        let mut rng = Seed(draw).rng("motion");
        let test = recordings.performance("jogging", Some(Split::Test), &mut rng);
        let train = recordings.performance("jogging", Some(Split::Train), &mut rng);
        let even = |performance: &Performance| recordings.takes[performance.take].subject.is_multiple_of(2);
        assert!(even(&test) && !even(&train), "{test:?} tests, {train:?} teaches");
    }
}

#[test]
fn a_webcam_is_shown_what_it_sees() {
    let recordings = recordings();
    assert_eq!(recordings.actions(false), ["hand_clap", "jogging"], "all actions");
    assert_eq!(recordings.actions(true), ["hand_clap"], "actions before a webcam");
}

/// What is said of recordings after `harm` was done to their folder.
fn complaint(harm: impl Fn(&Path)) -> String {
    let data = tempfile::tempdir().expect("a temporary folder");
    fake(data.path());
    harm(&data.path().join("motion/msr_action3d"));
    Recordings::open("msr_action3d", data.path()).expect_err("the files are bad").to_string()
}

#[test]
fn bad_recordings_are_refused_by_file() {
    let missing = complaint(|folder| fs::remove_file(folder.join("sequences.csv")).expect("removed"));
    assert!(missing.contains("sequences.csv") && missing.contains("--data DIR"), "unhelpful: {missing}");
    let cut = complaint(|folder| fs::write(folder.join("joints_mm_i16.npy"), [0; 1_000]).expect("written"));
    assert!(cut.contains("joints_mm_i16.npy has 1000 bytes, expected at least 19328"), "unhelpful: {cut}");
    let joint = complaint(|folder| {
        fs::write(folder.join("joints.csv"), "index,name,parent\n0,hip_center,-1\n").expect("written");
    });
    assert!(joint.contains("names no joint \"neck\""), "unhelpful: {joint}");
    let table = complaint(|folder| fs::write(folder.join("sequences.csv"), "a,b\n1,2\n").expect("written"));
    assert!(table.contains("is not the table this reader knows"), "unhelpful: {table}");
    let unknown = Recordings::open("kinetics", Path::new("/nowhere")).expect_err("no such set").to_string();
    assert!(
        unknown.contains("\"kinetics\"") && unknown.contains("msr_action3d, nw_ucla"),
        "unhelpful: {unknown}"
    );
}
