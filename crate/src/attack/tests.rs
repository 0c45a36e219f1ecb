//! Attackers have to see what is there, and nothing where nothing is.

mod families;

use std::collections::BTreeSet;
use std::path::Path;

use burn::tensor::Distribution;
use rand::RngExt as _;

use super::*;
use crate::data::{Manifest, Row, Source, Split};

const SIZE: usize = 32;
const FRAMES: usize = 10;
const PEOPLE: usize = 5;
const ACTIONS: [&str; 4] = ["bend", "jump", "wave1", "wave2"];
const EFFORT: Effort = Effort {
    linear_steps: 100,
    cnn_steps: 100,
    wide_steps: 100,
    temporal_steps: 60,
    batch: 16,
    mirrored: true,
};

/// A strip of a coat on a noisy wall: its colour says who wears it, its height what they do, and it goes from
/// left to right.
fn paint(path: &Path, person: usize, action: usize) {
    let coat = [[220, 40, 40], [40, 200, 40], [40, 60, 220], [220, 200, 30], [200, 40, 200]][person];
    let mut rng = Seed(9).rng_at("wall", (10 * person + action) as u64);
    let strip = image::RgbImage::from_fn((FRAMES * SIZE) as u32, SIZE as u32, |x, y| {
        let (frame, x, y) = (x as usize / SIZE, x as usize % SIZE, y as usize);
        let worn = (frame..frame + 8).contains(&x) && (3 * action..3 * action + 8).contains(&y);
        image::Rgb(if worn { coat } else { [0; 3].map(|_| rng.random_range(90..160)) })
    });
    strip.save(path).expect("written");
}

fn row(path: String, set: &str, subject: Option<usize>, action: Option<&str>) -> Row {
    Row {
        clip: format!("{set}/{path}"),
        source: Source::Strip { path: path.into(), frame_width: SIZE },
        subject: subject.map(|person| format!("p{person}")),
        action: action.map(String::from),
        attributes: [].into(),
        split: None,
    }
}

fn open(folder: &Path, rows: Vec<Row>) -> ClipStore {
    let manifest = Manifest::new(folder, rows).expect("sound rows");
    ClipStore::open(&manifest, SIZE, &folder.join("cache"), &|_, _| ()).expect("whole strips")
}

/// Everybody does everything once; `change` has a last word on each row (and may drop it).
fn coats(change: impl Fn(usize, &str, Row) -> Option<Row>) -> ClipStore {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut rows = vec![];
    for person in 0..PEOPLE {
        for (place, action) in ACTIONS.into_iter().enumerate() {
            let path = format!("{person}_{action}.png");
            paint(&folder.path().join(&path), person, place);
            rows.extend(change(person, action, row(path, "coats", Some(person), Some(action))));
        }
    }
    open(folder.path(), rows)
}

fn as_painted() -> ClipStore {
    coats(|_, _, row| Some(row))
}

/// The only question of a store.
fn only(store: &ClipStore, attributes: &[&str]) -> Question {
    let attributes: Vec<String> = attributes.iter().map(|name| (*name).to_owned()).collect();
    let [question] = questions(store, &attributes).try_into().expect("one question");
    question
}

fn turns(store: &ClipStore) -> [Question; TURNS] {
    questions(store, &[]).try_into().expect("identity, in turns")
}

fn clips(pictures: &[Picture]) -> BTreeSet<usize> {
    pictures.iter().map(|picture| picture.clip).collect()
}

/// Who is it? A reading for each family.
fn who(store: &ClipStore, look: &Look, seed: Seed) -> Vec<Reading> {
    let found = readings(&turns(store), store, look, (seed, &EFFORT), &Device::flex());
    assert_eq!(found.len(), Family::QUICK.len(), "one reading a family, however many turns");
    found
}

#[test]
fn a_coat_in_plain_sight_names_its_wearer() {
    let store = as_painted();
    for reading in who(&store, &|frames| frames, Seed(1)) {
        assert_eq!(
            (reading.chance, reading.n),
            (0.2, PEOPLE * ACTIONS.len()),
            "a clip counts once: {reading:?}"
        );
        // A linear probe knows places, and a coat is worn elsewhere in a movement it has not seen.
        let least = if reading.by == Family::Linear.name() { 0.5 } else { 0.7 };
        assert!(reading.top1 > least, "{reading:?}");
    }
}

#[test]
fn a_black_picture_names_nobody() {
    let store = as_painted();
    for seed in [1, 2, 3].map(Seed) {
        for reading in who(&store, &|frames| frames.zeros_like(), seed) {
            assert!((reading.top1 - reading.chance).abs() < 1e-12, "seen in the dark: {reading:?}");
        }
    }
}

#[test]
fn what_no_8_bit_picture_shows_names_nobody() {
    // All that is left is a tenth of a step, far from where it would round up.
    let faint = |frames: Tensor<4>| (frames * 0.1 + 102.0) / 255.0;
    let store = as_painted();
    for reading in who(&store, &faint, Seed(1)) {
        assert!((reading.top1 - reading.chance).abs() < 1e-12, "seen between the steps: {reading:?}");
    }
}

#[test]
fn every_action_is_asked_about_in_its_turn_and_learnt_in_the_others() {
    let store = as_painted();
    let actions = |pictures: &[Picture]| -> Vec<String> {
        let seen = clips(pictures).into_iter().filter_map(|clip| store.clips()[clip].action.clone());
        seen.collect::<BTreeSet<String>>().into_iter().collect()
    };
    let asked = [vec!["bend"], vec!["jump"], vec!["wave1", "wave2"]];
    for (question, asked) in turns(&store).iter().zip(asked) {
        let known: Vec<&str> = ACTIONS.into_iter().filter(|action| !asked.contains(action)).collect();
        assert_eq!(
            (actions(&question.asked), actions(&question.known)),
            (owned(&asked), owned(&known)),
            "turn"
        );
        assert_eq!(question.classes, ["p0", "p1", "p2", "p3", "p4"], "people");
        for picture in question.known.iter().chain(&question.asked) {
            let clip = &store.clips()[picture.clip];
            assert!(
                (clip.first..clip.first + clip.frames).contains(&picture.frame),
                "{picture:?} of {clip:?}"
            );
            assert_eq!(clip.subject.as_ref(), Some(&question.classes[picture.label]), "{picture:?}");
        }
    }
    let [first, ..] = turns(&store);
    assert_eq!((first.known.len(), first.asked.len()), (15 * FRAMES, 5 * 8), "pictures");
    let frames: Vec<usize> = first.asked[..8].iter().map(|picture| picture.frame).collect();
    assert_eq!(frames, [0, 1, 3, 4, 5, 6, 8, 9], "8 of 10, evenly");
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn people_kept_for_validation_are_the_only_ones_asked_about() {
    let held_out = |from: usize| {
        coats(move |person, _, row| {
            let split = if person < from { Split::Train } else { Split::Validation };
            Some(Row { split: Some(split), ..row })
        })
    };
    for question in turns(&held_out(3)) {
        assert_eq!(question.classes, ["p3", "p4"], "people whom no run has learnt from");
    }
    for question in turns(&held_out(4)) {
        assert_eq!(question.classes.len(), PEOPLE, "one alone cannot be mistaken for anybody");
    }
}

#[test]
fn nobody_is_asked_about_who_could_not_be_learnt() {
    // p0 only bends, p1 never does, p2 has no name.
    let store = coats(|person, action, row| match (person, action) {
        (0, "bend") | (3 | 4, _) => Some(row),
        (0, _) | (1, "bend") => None,
        (2, _) => Some(Row { subject: None, ..row }),
        _ => Some(row),
    });
    let [first, ..] = turns(&store);
    let named = |pictures: &[Picture]| -> Vec<&str> {
        let labels: BTreeSet<usize> = pictures.iter().map(|picture| picture.label).collect();
        labels.into_iter().map(|label| first.classes[label].as_str()).collect()
    };
    assert_eq!(named(&first.known), ["p1", "p3", "p4"], "people to learn");
    assert_eq!(named(&first.asked), ["p3", "p4"], "p0 can be learnt nowhere else, p1 bends nowhere");
}

#[test]
fn nothing_is_asked_that_one_answer_fits() {
    let alone = coats(|person, _, row| (person == 0).then_some(row));
    let one_action = coats(|_, action, row| (action == "bend").then_some(row));
    let nameless = coats(|_, _, row| Some(Row { subject: None, ..row }));
    for (store, what) in [(alone, "one person"), (one_action, "one action"), (nameless, "no names")] {
        assert_eq!(questions(&store, &["coat".into()]), [], "{what}");
    }
}

/// Clips of two attributes; `split` says where each person's clips belong.
fn dressed(split: impl Fn(usize) -> Split) -> ClipStore {
    coats(|person, _, row| {
        let attributes = [("warm".to_owned(), ["no", "yes"][usize::from(person % 2 == 0)].to_owned())];
        Some(Row { subject: None, attributes: attributes.into(), split: Some(split(person)), ..row })
    })
}

#[test]
fn an_attribute_is_learnt_in_training_and_asked_in_validation_or_else_in_test() {
    let sides = |store: &ClipStore, pictures: &[Picture]| -> BTreeSet<&'static str> {
        clips(pictures).into_iter().map(|clip| store.clips()[clip].split.word()).collect()
    };
    let all = dressed(|person| {
        [Split::Train, Split::Train, Split::Validation, Split::Validation, Split::Test][person]
    });
    let question = only(&all, &["warm", "age"]);
    assert_eq!((question.what.as_str(), question.set.as_str()), ("warm", "coats"), "question");
    assert_eq!(question.classes, ["no", "yes"], "classes");
    assert_eq!(sides(&all, &question.known), ["train"].into(), "known");
    assert_eq!(sides(&all, &question.asked), ["validation"].into(), "asked");
    let without = dressed(|person| if person < 3 { Split::Train } else { Split::Test });
    assert_eq!(sides(&without, &only(&without, &["warm"]).asked), ["test"].into(), "asked");
}

#[test]
fn sets_are_asked_about_one_by_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut rows = vec![];
    for (person, place) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        for set in ["a", "b"] {
            let path = format!("{set}{person}{place}.png");
            paint(&folder.path().join(&path), person, place);
            rows.push(row(path, set, Some(person), Some(ACTIONS[place])));
        }
    }
    let store = open(folder.path(), rows);
    let questions = questions(&store, &[]);
    let mut sets: Vec<&str> = questions.iter().map(|question| question.set.as_str()).collect();
    sets.dedup();
    assert_eq!(sets, ["a", "b"], "sets");
    for question in &questions {
        let all = question.known.iter().chain(&question.asked);
        let foreign =
            all.filter(|picture| !store.clips()[picture.clip].name.starts_with(&question.set)).count();
        assert_eq!(foreign, 0, "pictures of another set in {}", question.set);
    }
}

#[test]
fn too_many_clips_are_thinned_out_the_same_way_every_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    image::RgbImage::new(SIZE as u32, SIZE as u32).save(folder.path().join("one.png")).expect("written");
    let face = |number: usize| Row {
        clip: format!("faces/{number:04}"),
        source: Source::Image("one.png".into()),
        subject: None,
        action: None,
        attributes: [("age".to_owned(), ["old", "young"][number % 2].to_owned())].into(),
        split: Some(if number.is_multiple_of(4) || number % 4 == 3 {
            Split::Validation
        } else {
            Split::Train
        }),
    };
    let name = |store: &ClipStore, picture: &Picture| store.clips()[picture.clip].name.clone();
    let forth = open(folder.path(), (0..3_200).map(face).collect());
    let back = open(folder.path(), (0..3_200).rev().map(face).collect());
    let (one, other) = (only(&forth, &["age"]), only(&back, &["age"]));
    assert_eq!((one.known.len(), one.asked.len()), (1_500, 600), "pictures");
    let names = |store: &ClipStore, pictures: &[Picture]| -> BTreeSet<String> {
        pictures.iter().map(|picture| name(store, picture)).collect()
    };
    assert_eq!(names(&forth, &one.asked), names(&back, &other.asked), "the choice depends on the order");
    let late = one.asked.iter().filter(|picture| picture.frame >= 1_600).count();
    assert!((230..370).contains(&late), "{late} of 600 are from the second half");
}
