//! What is drawn has to be what the manifest says, and who has to say nothing of what.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::super::store::ClipStore;
use super::*;

const SIZE: usize = 32;

fn plan(clips: usize, people: usize) -> Stage {
    Stage::new(clips, people, 12, SIZE, Seed(5)).expect("a sound plan")
}

#[test]
fn every_person_does_every_action_equally_often() {
    let mut times: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    let stage = plan(1_234, 7);
    for clip in 0..1_234 {
        *times.entry(stage.cast(clip)).or_default() += 1;
    }
    assert_eq!(times.len(), 7 * ACTIONS.len(), "somebody never does something");
    let (least, most) = (times.values().min().expect("some"), times.values().max().expect("some"));
    assert!(most - least <= 1, "somebody does something {least} times, somebody {most} times");
}

#[test]
fn no_attribute_says_anything_about_the_action() {
    let stage = plan(20 * ACTIONS.len(), 20);
    let mut times: BTreeMap<(String, String), BTreeMap<String, usize>> = BTreeMap::new();
    for row in (0..20 * ACTIONS.len()).map(|clip| stage.row(clip)) {
        for (name, value) in row.attributes {
            let actions = times.entry((name, value)).or_default();
            *actions.entry(row.action.clone().expect("an action")).or_default() += 1;
        }
    }
    for (attribute, actions) in times {
        let first = actions.values().next().expect("an action");
        let even = actions.len() == ACTIONS.len() && actions.values().all(|count| count == first);
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
    let other = Stage::new(30, 4, 12, SIZE, Seed(6)).expect("a sound plan");
    assert!(first != other.draw(17), "two seeds, one drawing");
}

#[test]
fn figures_stay_in_the_picture() {
    let stage = plan(600, 40);
    for clip in 0..600 {
        let (number, action) = stage.cast(clip);
        let person = stage.person(number);
        let motion = Motion::draw(ACTIONS[action], 1.6, &mut stage.seed.rng_at("stage motion", clip as u64));
        let scene = Scene::draw(&mut stage.seed.rng_at("stage scene", clip as u64));
        for time in (0..16).map(|index| index as f32 / FRAMES_PER_SECOND) {
            let body = Skeleton::new(&person, &motion.pose(time, &person.gait));
            let ends = body.arms.iter().chain(&body.legs).map(|limb| limb.end);
            for place in ends.chain([body.head]) {
                let ([x, y], ..) = scene.seen(place, scene.shift(time));
                let inside = (-0.03..1.03).contains(&x) && (0.0..1.0).contains(&y);
                assert!(inside, "clip {clip} ({}) leaves the picture: {x} {y}", ACTIONS[action].name());
            }
        }
    }
}

#[test]
fn limbs_keep_their_lengths() {
    let stage = plan(1, 1);
    let person = stage.person(0);
    let length =
        |a: body::Vector, b: body::Vector| (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f32>().sqrt();
    for action in ACTIONS {
        let motion = Motion::draw(action, 1.6, &mut Seed(9).rng("motion"));
        for time in [0.0, 0.4, 0.9, 1.5] {
            let body = Skeleton::new(&person, &motion.pose(time, &person.gait));
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
fn what_is_written_is_what_is_drawn() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("people");
    let stage = plan(12, 3);
    let heard = Cell::new((0, 0));
    let manifest = stage.write(&out, &|done, all| heard.set((done, all))).expect("a new folder");
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
fn a_plan_without_anything_in_it_is_refused() {
    let sentence = Stage::new(5, 0, 8, 64, Seed(1)).expect_err("nobody").to_string();
    assert_eq!(sentence, "0 people were asked for; the least is 1", "unhelpful: {sentence}");
    let sentence = Stage::new(5, 1, 8, 8, Seed(1)).expect_err("too small").to_string();
    assert_eq!(sentence, "8 pixels were asked for; the least is 16", "unhelpful: {sentence}");
}

/// The positive controls below look at pictures through an 8x8 grid.
const GRID: usize = 8;

/// The mean of `value` over each cell of the grid.
fn cells(value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let side = SIZE / GRID;
    let mut cells = vec![0.0; GRID * GRID];
    for pixel in 0..SIZE * SIZE {
        let (x, y) = (pixel % SIZE, pixel / SIZE);
        cells[y / side * GRID + x / side] += value(x, y) / (side * side) as f32;
    }
    cells
}

/// Where a clip moves: the mean absolute difference of frames, cell by cell, of length 1.
fn movement(frames: &[Rgba8]) -> Vec<f32> {
    let mut sum = vec![0.0; GRID * GRID];
    for pair in frames.windows(2) {
        let differ = |x: usize, y: usize| {
            let at = 4 * (y * SIZE + x);
            (0..3).map(|c| f32::from(pair[0].bytes()[at + c].abs_diff(pair[1].bytes()[at + c]))).sum()
        };
        sum.iter_mut().zip(cells(differ)).for_each(|(sum, cell)| *sum += cell);
    }
    let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-6);
    sum.iter().map(|value| value / length).collect()
}

/// The colours in the middle of the picture, where people stand.
fn colours(frames: &[Rgba8]) -> Vec<f32> {
    let channel = |c: usize| cells(move |x, y| f32::from(frames[0].bytes()[4 * (y * SIZE + x) + c]));
    let planes = [channel(0), channel(1), channel(2)];
    let middle = |cell: &usize| (3..5).contains(&(cell % GRID)) && (2..8).contains(&(cell / GRID));
    (0..GRID * GRID)
        .filter(middle)
        .flat_map(|cell| [planes[0][cell], planes[1][cell], planes[2][cell]])
        .collect()
}

/// The share of `asked` whose nearest neighbour in `known` has the same label.
fn nearest_neighbour(known: &[(Vec<f32>, usize)], asked: &[(Vec<f32>, usize)]) -> f32 {
    let right = asked.iter().filter(|(features, label)| {
        let distance = |other: &[f32]| features.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        let nearest = known.iter().min_by(|(a, _), (b, _)| distance(a).total_cmp(&distance(b)));
        nearest.is_some_and(|(_, found)| found == label)
    });
    right.count() as f32 / asked.len() as f32
}

#[test]
fn the_simplest_eye_tells_what_strangers_do_and_who_comes_again() {
    let (people, clips) = (20, 600);
    let stage = plan(clips, people);
    let drawn: Vec<Vec<Rgba8>> = (0..clips).into_par_iter().map(|clip| stage.draw(clip)).collect();
    let of = |wanted: &dyn Fn(usize, usize) -> bool, by_action: bool| -> Vec<(Vec<f32>, usize)> {
        let chosen = (0..clips).filter(|&clip| {
            let (person, action) = stage.cast(clip);
            wanted(person, action)
        });
        let seen = chosen.map(|clip| {
            let (person, action) = stage.cast(clip);
            if by_action { (movement(&drawn[clip]), action) } else { (colours(&drawn[clip]), person) }
        });
        seen.collect()
    };
    let action = nearest_neighbour(&of(&|person, _| person < 14, true), &of(&|person, _| person >= 14, true));
    let person = nearest_neighbour(&of(&|_, action| action < 7, false), &of(&|_, action| action >= 7, false));
    assert!(action > 0.4, "actions cannot be told: {action}, chance is 0.1");
    assert!(person > 0.1, "people cannot be told: {person}, chance is 0.05");
}
