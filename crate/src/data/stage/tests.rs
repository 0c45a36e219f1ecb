//! What is drawn has to be what the manifest says, and who has to say nothing of what.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;

use rayon::prelude::*;

use super::super::manifest::Manifest;
use super::super::row::{Row, Split};
use super::super::store::ClipStore;
use super::actions::{SEATED, STANDING};
use super::body::{Skeleton, Vector};
use super::motion::Motion;
use super::*;
use crate::frame::Rgba8;
use crate::rng::Seed;

mod eye;

/// How many actions are made up for a framing.
const ACTIONS: usize = 10;
const SIZE: usize = 32;

fn made(clips: usize, people: usize) -> Plan {
    Plan::of((clips, people), (12, SIZE), Seed(5))
}

fn plan(clips: usize, people: usize) -> Stage {
    Stage::new(made(clips, people)).expect("a sound plan")
}

fn framed(clips: usize, people: usize, framing: Framing) -> Stage {
    Stage::new(Plan { framing, ..made(clips, people) }).expect("a sound plan")
}

/// A plan of recorded movements, half of the people testing.
fn recorded(clips: usize, people: usize) -> Stage {
    let data = tempfile::tempdir().expect("a temporary folder");
    super::recorded::tests::fake(data.path());
    let moves = Moves::recorded("msr_action3d", data.path()).expect("sound files");
    Stage::new(Plan { moves, test: Some(0.5), ..made(clips, people) }).expect("a sound plan")
}

#[test]
fn every_person_does_every_action_equally_often() {
    let mut times: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let stage = plan(1_234, 7);
    for clip in 0..1_234 {
        *times.entry(stage.cast(clip)).or_default() += 1;
    }
    assert_eq!(times.len(), 7 * ACTIONS, "somebody never does something");
    let (least, most) = (times.values().min().expect("some"), times.values().max().expect("some"));
    assert!(most - least <= 1, "somebody does something {least} times, somebody {most} times");
}

#[test]
fn no_attribute_says_anything_about_the_action() {
    let stage = plan(20 * ACTIONS, 20);
    let mut times: BTreeMap<(String, String), BTreeMap<String, usize>> = BTreeMap::new();
    for row in (0..20 * ACTIONS).map(|clip| stage.row(clip)) {
        for (name, value) in row.attributes {
            let actions = times.entry((name, value)).or_default();
            *actions.entry(row.action.clone().expect("an action")).or_default() += 1;
        }
    }
    for (attribute, actions) in times {
        let first = actions.values().next().expect("an action");
        let even = actions.len() == ACTIONS && actions.values().all(|count| count == first);
        assert!(even, "{attribute:?} goes with some actions more than with others: {actions:?}");
    }
}

#[test]
fn the_room_does_not_depend_on_who_is_in_it() {
    let corner = |stage: &Stage| stage.draw(3)[0].bytes()[..16].to_vec();
    let (alone, among_three) = (plan(4, 1), plan(4, 3));
    assert_ne!(alone.cast(3), among_three.cast(3), "another person and another action are wanted");
    assert_eq!(corner(&alone), corner(&among_three), "the room is another");
}

#[test]
fn the_same_seed_draws_the_same_pixels_in_any_order() {
    let (stage, again) = (plan(30, 4), plan(30, 4));
    let first = stage.draw(17);
    again.draw(3);
    assert!(first == again.draw(17), "one seed, two drawings");
    let other = Stage::new(Plan { seed: Seed(6), ..made(30, 4) }).expect("a sound plan");
    assert!(first != other.draw(17), "two seeds, one drawing");
}

#[test]
fn threads_and_neighbours_change_no_bit() {
    let stage = framed(48, 4, Framing::Mixed);
    let alone: Vec<Vec<Rgba8>> = (0..48).map(|clip| stage.draw(clip)).collect();
    let together: Vec<Vec<Rgba8>> = (0..48).into_par_iter().map(|clip| stage.draw(clip)).collect();
    assert!(alone == together, "who draws beside counts");
    let longer = framed(480, 4, Framing::Mixed);
    assert!(alone[7] == longer.draw(7), "clips that follow count");
}

#[test]
fn figures_stay_in_the_picture() {
    let stage = plan(600, 40);
    for clip in 0..600 {
        let shot = stage.shot(clip);
        for time in (0..16).map(|index| index as f32 / FRAMES_PER_SECOND) {
            let body = Skeleton::new(&shot.person.build, &stage.bearing(&shot, time));
            let ends = body.arms.iter().chain(&body.legs).map(|limb| limb.end);
            let camera = &shot.scene.camera;
            for place in ends.chain([body.head]) {
                let ([x, y], ..) = camera.seen(place, camera.shift(time));
                let inside = (-0.05..1.05).contains(&x) && (0.0..1.0).contains(&y);
                assert!(inside, "clip {clip} ({:?}) leaves the picture: {x} {y}", stage.row(clip).action);
            }
        }
    }
}

#[test]
fn a_webcam_sees_the_head_of_everybody() {
    for framing in [Framing::Upper, Framing::Close] {
        let stage = framed(400, 40, framing);
        for clip in 0..400 {
            let shot = stage.shot(clip);
            for time in [0.0, 0.3, 0.7, 1.1] {
                let body = Skeleton::new(&shot.person.build, &stage.bearing(&shot, time));
                let ([x, y], _, large) = shot.scene.camera.seen(body.head, [0.0; 2]);
                let inside = (0.1..0.9).contains(&x) && (0.1..0.7).contains(&y);
                assert!(inside, "clip {clip} ({:?}) loses the head: {x} {y}", stage.row(clip).action);
                let share = 2.0 * shot.person.build.head * large;
                let wanted = if framing == Framing::Close { 0.25..0.75 } else { 0.15..0.45 };
                assert!(wanted.contains(&share), "clip {clip}: a head takes {share} of the picture");
            }
        }
    }
}

#[test]
fn limbs_keep_their_lengths() {
    let stage = plan(1, 1);
    let person = stage.person(0);
    let length = |a: Vector, b: Vector| (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f32>().sqrt();
    for (action, seated) in
        STANDING.map(|action| (action, false)).into_iter().chain(SEATED.map(|a| (a, true)))
    {
        let motion = Motion::draw(action, seated, 1.6, &mut Seed(9).rng("motion"));
        for time in [0.0, 0.4, 0.9, 1.5] {
            let body = Skeleton::new(&person.build, &motion.pose(time, &person.gait).bearing());
            for (limbs, wanted) in [(body.arms, person.build.arm), (body.legs, person.build.leg)] {
                for limb in limbs {
                    let found = length(limb.root, limb.middle) + length(limb.middle, limb.end);
                    assert!((found - wanted).abs() < 1e-4, "{}: {found}, not {wanted}", action.name());
                }
            }
        }
    }
}

#[test]
fn who_moves_changes_nothing_of_a_recorded_movement() {
    let stage = recorded(40, 4);
    let (clip, other) = (0, 1);
    let (one, two) = (stage.shot(clip), stage.shot(other));
    assert_ne!(format!("{:?}", one.person), format!("{:?}", two.person), "two people are wanted");
    let borrowed = plan::Shot { person: two.person, motion: stage.shot(clip).motion, scene: two.scene };
    for time in [0.0, 0.35, 0.8] {
        assert_eq!(
            stage.bearing(&one, time),
            stage.bearing(&borrowed, time),
            "the person shows in the movement"
        );
    }
}

#[test]
fn a_person_looks_alike_whatever_is_done_and_however_much_is_seen() {
    for stage in [plan(60, 3), framed(90, 3, Framing::Mixed), recorded(12, 3)] {
        let look = |clip: usize| format!("{:?}", stage.shot(clip).person);
        assert_eq!(look(1), look(4), "another action, another person");
        assert_ne!(stage.cast(1).1, stage.cast(4).1, "two actions are wanted");
        assert_ne!(look(1), look(2), "two people look the same");
        let [first, second] = [1, 4].map(|clip| stage.row(clip).attributes);
        let worn =
            ["skin", "hair", "top", "headwear", "neckwear", "bag", "glasses", "beard", "height", "build"];
        worn.iter().for_each(|name| assert_eq!(first[*name], second[*name], "{name} changed"));
    }
}

#[test]
fn every_framing_shows_every_action_equally_often() {
    let stage = framed(3 * 4 * ACTIONS, 4, Framing::Mixed);
    let mut times: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in stage.rows() {
        let action = row.action.expect("an action");
        *times.entry((row.attributes["framing"].clone(), action)).or_default() += 1;
    }
    assert_eq!(times.len(), 3 * ACTIONS, "{times:?}");
    assert!(times.values().all(|count| *count == 4), "{times:?}");
}

#[test]
fn the_truth_says_what_is_synthetic_and_what_is_for_research_only() {
    let (made, real) = (plan(20, 2), recorded(20, 4));
    assert!(made.rows().iter().all(|row| row.is_synthetic() && !row.is_research_only()), "made up");
    assert!(!made.research_only() && real.research_only(), "the plans");
    for row in real.rows() {
        assert!(row.is_synthetic() && row.is_research_only(), "{row:?}");
        let performer: u32 = row.attributes["performer"]
            .rsplit('-')
            .next()
            .and_then(|text| text.parse().ok())
            .expect("a number");
        let tests = row.split == Some(Split::Test);
        assert_eq!(performer.is_multiple_of(2), tests, "{} moves {:?}", performer, row.split);
    }
}

#[test]
fn people_are_dealt_to_one_part_each() {
    let stage = Stage::new(Plan { test: Some(0.4), ..made(600, 20) }).expect("a sound plan");
    let mut parts: BTreeMap<String, Option<Split>> = BTreeMap::new();
    for Row { subject, split, .. } in stage.rows() {
        let part = *parts.entry(subject.expect("a subject")).or_insert(split);
        assert_eq!(part, split, "somebody is on two sides");
    }
    let count = |wanted: Split| parts.values().filter(|part| **part == Some(wanted)).count();
    assert_eq!([Split::Train, Split::Validation, Split::Test].map(count), [11, 1, 8], "of twenty");
}

#[test]
fn a_name_says_all_that_is_drawn() {
    let nowhere = || Err(StageError::Name { name: "no data folder".into(), part: String::new() });
    let named = |name: &str| Stage::named(name, 32, nowhere);
    let stage = named("stage:20000:upper").expect("a sound name");
    assert_eq!((stage.clips(), stage.plan.people, stage.plan.framing), (20_000, 80, Framing::Upper));
    let asked = (0..20_000).filter(|clip| stage.side(stage.cast(*clip).0) == Some(Split::Test)).count();
    assert_eq!(asked, 10_000, "clips that test");
    assert_eq!(named("stage").expect("a sound name").clips(), 2_400, "the set without more");
    assert!(
        Stage::is_named("stage:9") && !Stage::is_named("stages") && !Stage::is_named("stage/x.csv"),
        "names"
    );
    let sentence = named("stage:upside").expect_err("no such thing").to_string();
    assert!(sentence.contains("\"upside\"") && sentence.contains("upper"), "unhelpful: {sentence}");
    let sentence = named("stage:real").expect_err("there is no data folder").to_string();
    assert!(sentence.contains("no data folder"), "unhelpful: {sentence}");
}

#[test]
fn other_plans_have_other_keys() {
    let keys = [
        plan(9, 3),
        plan(9, 4),
        framed(9, 3, Framing::Close),
        recorded(9, 3),
        Stage::new(Plan { seed: Seed(6), ..made(9, 3) }).expect("a sound plan"),
    ]
    .map(|stage| stage.key());
    let distinct: std::collections::BTreeSet<&String> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len(), "two plans share one cache: {keys:?}");
}

#[test]
fn what_is_drawn_for_a_judge_is_what_is_drawn_for_files() {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let stage = plan(12, 3);
    let store = ClipStore::drawn(&stage, cache.path(), &|_, _| ()).expect("room in the cache");
    let drawn: Vec<u8> = stage
        .draw(5)
        .iter()
        .flat_map(|frame| frame.bytes().chunks_exact(4).flat_map(|p| p[..3].to_vec()))
        .collect();
    assert!(drawn == store.clip_bytes(5), "other pixels");
    let (row, info) = (stage.row(5), &store.clips()[5]);
    assert_eq!(
        (row.subject, row.action, row.attributes),
        (info.subject.clone(), info.action.clone(), info.attributes.clone())
    );
}

#[test]
fn a_contact_sheet_shows_a_clip_a_row_and_overwrites_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("sheet.png");
    let stage = plan(100, 5);
    let clips = stage.contact_sheet(&path).expect("a new file");
    let shown: std::collections::BTreeSet<usize> = clips.iter().map(|clip| stage.cast(*clip).1).collect();
    assert_eq!(shown.len(), ACTIONS, "not every action is on the sheet");
    let sheet = image::open(&path).expect("a picture").to_rgb8();
    assert_eq!((sheet.width() as usize, sheet.height() as usize), (8 * SIZE, clips.len() * SIZE), "its size");
    let last = stage.draw(clips[2]).pop().expect("frames");
    let pixel = sheet.get_pixel(7 * SIZE as u32 + 5, 2 * SIZE as u32 + 9).0;
    assert_eq!(pixel, last.bytes()[4 * (9 * SIZE + 5)..][..3], "the last frame of the third row");
    let error = stage.contact_sheet(&path).expect_err("the file is there");
    assert!(matches!(error, StageError::Exists { .. }), "another error: {error}");
}

#[test]
fn what_is_written_is_what_is_drawn() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("people");
    let stage = plan(12, 3);
    let heard = Cell::new((0, 0));
    let manifest = stage.write(&out, &|done, all| heard.set((done, all))).expect("a new folder").manifest;
    assert_eq!(heard.get(), (12, 12), "progress ends elsewhere");
    assert_eq!(Manifest::read(&out.join("manifest.csv")).expect("readable"), manifest, "another manifest");
    let store =
        ClipStore::open(&manifest, SIZE, &folder.path().join("cache"), &|_, _| ()).expect("whole strips");
    for clip in 0..12 {
        for (index, frame) in stage.draw(clip).iter().enumerate() {
            let drawn = frame.bytes().chunks_exact(4).flat_map(|pixel| &pixel[..3]);
            assert!(drawn.eq(store.frame(clip, index)), "clip {clip}, frame {index} changed on the way");
        }
    }
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left.len(), 2, "something is left over: {left:?}");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("thesis.txt"), "mine").expect("written");
    let error = plan(1, 1).write(folder.path(), &|_, _| ()).expect_err("the folder is in use");
    assert!(matches!(error, StageError::NotEmpty { .. }), "another error: {error}");
    assert_eq!(fs::read(folder.path().join("thesis.txt")).expect("readable"), b"mine", "it was overwritten");
}

#[test]
fn a_plan_that_makes_no_sense_is_refused() {
    let refused = |plan: Plan| Stage::new(plan).expect_err("nothing to draw").to_string();
    let sentence = refused(made(5, 0));
    assert_eq!(sentence, "0 people were asked for; the least is 1", "unhelpful: {sentence}");
    let sentence = refused(Plan { size: 8, ..made(5, 1) });
    assert_eq!(sentence, "8 pixels were asked for; the least is 16", "unhelpful: {sentence}");
    for (people, share) in [(1, 0.4), (4, 0.99), (4, 0.01)] {
        let sentence = refused(Plan { test: Some(share), ..made(5, people) });
        assert!(sentence.contains("leaves one side empty"), "unhelpful: {sentence}");
    }
}
