//! The judge judged: it must find what is there, and nothing where nothing is.

use std::path::Path;

use rand::RngExt as _;

use super::*;
use crate::data::{ClipStore, Manifest, Row as Clip, Source};
use crate::dp::accountant::Mu;
use crate::rng::Seed;
use crate::transform::{self, Transform, named};

const SIZE: usize = 16;
const FRAMES: usize = 16;
const PEOPLE: usize = 5;
const ACTIONS: [&str; 4] = ["down", "left", "right", "up"];

/// Short lessons, for clips that are easily told.
const SHORT: Thoroughness = Thoroughness {
    name: "test",
    effort: crate::attack::Effort {
        linear_steps: 100,
        cnn_steps: 50,
        wide_steps: 0,
        temporal_steps: 0,
        batch: 16,
        mirrored: true,
    },
    action_steps: 150,
    inverse_steps: 60,
    seeds: 1,
};

/// A strip of a coat with a white hem on a noisy wall: its colour says who wears it, its place what is done.
fn paint(path: &Path, person: usize, action: usize) {
    let coat = [[220, 40, 40], [40, 200, 40], [40, 60, 220], [220, 200, 30], [200, 40, 200]][person];
    let mut rng = Seed(9).rng_at("wall", (10 * person + action) as u64);
    let strip = image::RgbImage::from_fn((FRAMES * SIZE) as u32, SIZE as u32, |x, y| {
        let (frame, x, y) = (x as usize / SIZE, x as usize % SIZE, y as usize);
        let shift = frame / 6;
        let (left, top) = [(5, 9 - shift), (shift, 5), (9 - shift, 5), (5, shift)][action];
        let inside = |edge: usize| {
            (left + edge..left + 7 - edge).contains(&x) && (top + edge..top + 7 - edge).contains(&y)
        };
        let wall = [0; 3].map(|_| rng.random_range(20..90));
        image::Rgb(if inside(1) {
            coat
        } else if inside(0) {
            [255; 3]
        } else {
            wall
        })
    });
    strip.save(path).expect("written");
}

/// A set of coats, and a folder for the cache.
struct Place {
    folder: tempfile::TempDir,
    set: Set,
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut rows = vec![];
    for person in 0..PEOPLE {
        for (place, action) in ACTIONS.into_iter().enumerate() {
            let path = format!("{person}_{action}.png");
            paint(&folder.path().join(&path), person, place);
            rows.push(Clip {
                clip: format!("{person}_{action}"),
                source: Source::Strip { path: path.into(), frame_width: SIZE },
                subject: Some(format!("p{person}")),
                action: Some(action.to_owned()),
                attributes: [].into(),
                split: None,
            });
        }
    }
    let manifest = Manifest::new(folder.path(), rows).expect("sound rows");
    let raw = ClipStore::open(&manifest, SIZE, folder.path(), &|_, _| ()).expect("whole strips");
    let questions = questions(&raw, &Rules::default());
    let set = Set { name: "coats".into(), raw, questions, redistributable: true };
    Place { folder, set }
}

impl Place {
    fn judge(&self, transform: &dyn Transform) -> Report {
        let judge = Judge {
            thoroughness: &SHORT,
            cache: self.folder.path().join("judge"),
            reidentifier: None,
            announce: &|_, _| (),
            progress: &|_, _| (),
        };
        let task = Task { transforms: &[transform], subject: Some(0), members: &[], compared_from: None };
        judge.report(std::slice::from_ref(&self.set), task).expect("a judgement")
    }
}

fn row<'a>(report: &'a Report, method: &str, measure: &str) -> &'a Row {
    let found = report
        .rows
        .iter()
        .find(|row| row.method == method && row.measure == measure && row.protocol == Protocol::Retrained);
    found.unwrap_or_else(|| panic!("no {measure} of {method} in {:#?}", report.rows))
}

/// Black but for one pixel, whose place is the wearer's number.
struct Traitor;

impl Transform for Traitor {
    fn name(&self) -> String {
        "traitor".into()
    }

    fn key(&self) -> String {
        "traitor".into()
    }

    fn rewrite(&self, clip: &transform::Clip<'_>) -> Vec<u8> {
        let person = usize::from(clip.name.as_bytes()[0] - b'0');
        let mut bytes = vec![0; clip.bytes.len()];
        for frame in bytes.chunks_exact_mut(3 * SIZE * SIZE) {
            frame[3 * (3 * person * SIZE + 7)] = 255;
        }
        bytes
    }
}

const ACROSS: &str = "identity across actions, top-1";

#[test]
fn an_untouched_clip_is_broken_and_keeps_its_action() {
    let report = place().judge(named("raw").expect("a baseline").as_ref());
    let (who, what) = (row(&report, "raw", ACROSS), row(&report, "raw", "action, top-1"));
    assert!(who.low > who.chance.expect("chance"), "{who:?}");
    assert!(what.low > what.chance.expect("chance"), "{what:?}");
    assert_eq!((who.n, who.seeds), (20, 1), "every clip once");
    assert!(!report.subject.void, "{:#?}", report.controls);
}

#[test]
fn a_black_clip_tells_nothing_of_anything() {
    let report = place().judge(named("black").expect("a baseline").as_ref());
    for row in report.rows.iter().filter(|row| row.method == "black" && row.chance.is_some()) {
        assert!(row.low <= row.chance.expect("filtered"), "{row:?}");
    }
    let leaked = row(&report, "black", "identity across actions, NL");
    assert!(leaked.value <= 0.0, "{leaked:?}");
    let dropped = row(&report, "black", "action, drop in points");
    assert!(dropped.low > 0.0, "nothing is left of the action: {dropped:?}");
    assert_eq!(report.summary.action_drop_points, Some(dropped.value), "the summary is about black");
}

#[test]
fn one_pixel_that_carries_the_person_is_found() {
    let report = place().judge(&Traitor);
    let who = row(&report, "traitor", ACROSS);
    assert!(who.low > who.chance.expect("chance") && who.value > 0.8, "{who:?}");
    let linked = row(&report, "traitor", "verification, AUC among anonymized");
    assert!(linked.value > 0.8, "who is known is known again: {linked:?}");
    let leaked = report.summary.leakage_nl.expect("raw clips can be broken");
    assert!(leaked > 0.7, "NL {leaked} with the person in plain sight");
    let raw_trained = report
        .rows
        .iter()
        .find(|row| row.method == "traitor" && row.measure == ACROSS && row.protocol == Protocol::RawTrained);
    assert!(raw_trained.expect("a second column").value < 0.5, "who learnt from raw clips cannot know");
}

#[test]
fn the_identity_is_undone_and_black_is_not() {
    let report = place().judge(named("grey").expect("a baseline").as_ref());
    let psnr = |method: &str| row(&report, method, "reconstruction, PSNR in dB");
    let (raw, grey) = (psnr("raw"), psnr("grey"));
    assert!(raw.value > 35.0, "nothing was done, and it cannot be undone: {raw:?}");
    assert!(
        grey.value < raw.value && Some(grey.value) > grey.chance,
        "a grey coat has its outline: {grey:?}"
    );
    assert_eq!((raw.n, raw.attacker.as_str()), (20, "fresh inverse network"), "every clip once");
    let dark = report
        .controls
        .iter()
        .find(|control| control.name.contains("black clips of coats are not reconstructed"));
    assert!(dark.is_some_and(|control| control.passed), "{:#?}", report.controls);
    let named = row(&report, "raw", "identity on reconstructions, top-1");
    assert!(
        named.low > named.chance.expect("chance"),
        "who is seen in raw clips is seen in the same again: {named:?}"
    );
}

#[test]
fn a_second_judgement_is_the_same_to_the_letter_and_takes_all_from_the_cache() {
    let place = place();
    let json = |report: &Report| serde_json::to_string(report).expect("JSON");
    let first = json(&place.judge(&Traitor));
    let count = || std::fs::read_dir(place.folder.path().join("judge")).expect("a cache").count();
    let kept = count();
    assert_eq!(json(&place.judge(&Traitor)), first, "from the cache");
    assert_eq!(count(), kept, "something was done again");
    std::fs::remove_dir_all(place.folder.path().join("judge")).expect("removed");
    assert_eq!(json(&place.judge(&Traitor)), first, "from the start");
}

#[test]
fn a_raw_clip_that_nobody_can_tell_voids_the_judgement() {
    let mut place = place();
    let dark = named("black").expect("a baseline");
    place.set.raw =
        transform::apply(dark.as_ref(), &place.set.raw, place.folder.path(), &|_, _| ()).expect("rewritten");
    let report = place.judge(named("grey").expect("a baseline").as_ref());
    assert!(report.subject.void, "{:#?}", report.controls);
    assert_eq!(report.summary.leakage_nl, None, "a leakage of nothing");
    assert!(markdown(&report).contains("Void"), "the tables do not say so");
}

/// Black and white in turns.
struct Blinks;

impl Transform for Blinks {
    fn name(&self) -> String {
        "blinks".into()
    }

    fn key(&self) -> String {
        "blinks".into()
    }

    fn rewrite(&self, clip: &transform::Clip<'_>) -> Vec<u8> {
        let frame = 3 * SIZE * SIZE;
        (0..clip.bytes.len()).map(|place| if (place / frame).is_multiple_of(2) { 0 } else { 255 }).collect()
    }
}

#[test]
fn what_blinks_flickers_and_what_stands_does_not() {
    let place = place();
    let rows = |transform: &dyn Transform| place.judge(transform).rows;
    let of = |rows: &[Row]| -> Vec<(String, f64, usize)> {
        let found = rows.iter().filter(|row| row.measure == "flicker, 0 to 255");
        found.map(|row| (row.method.clone(), row.value, row.n)).collect()
    };
    let clips = PEOPLE * ACTIONS.len();
    assert_eq!(of(&rows(&Traitor)), [("traitor".to_owned(), 0.0, clips)], "one picture all the time");
    let [(_, blinking, _)] = &of(&rows(&Blinks))[..] else { panic!("one row") };
    assert!(
        (200.0..250.0).contains(blinking),
        "{blinking}: a byte, less what the noise of the raw clips does"
    );
}

/// Raw clips under a promise.
struct Promises(Mu);

impl Transform for Promises {
    fn name(&self) -> String {
        "promises".into()
    }

    fn key(&self) -> String {
        format!("promises {}", self.0.value())
    }

    fn rewrite(&self, clip: &transform::Clip<'_>) -> Vec<u8> {
        clip.bytes.to_vec()
    }

    fn promise(&self, frames: usize) -> Option<Mu> {
        Some(self.0.times(frames as u64))
    }
}

#[test]
fn a_promise_that_is_not_kept_makes_the_judgement_void() {
    let place = place();
    let promise = |mu: f64| place.judge(&Promises(Mu::new(mu).expect("a mu")));
    // Four at a frame is sixteen a clip of sixteen frames, at which all may be told.
    let (kept, broken) = (promise(4.0), promise(0.25));
    let failed = |report: &Report| -> Vec<String> {
        let failed = report.controls.iter().filter(|control| !control.passed);
        failed.map(|control| control.name.clone()).collect()
    };
    assert!(!kept.subject.void, "{:?}", failed(&kept));
    assert!(broken.subject.void, "nobody noticed");
    assert!(
        failed(&broken).iter().all(|name| name.contains("beyond what is proven")),
        "{:?}",
        failed(&broken)
    );
    let ceiling = |report: &Report| {
        let rows = report.rows.iter().filter(|row| row.measure == "identity across actions, proven ceiling");
        let [row] = &rows.collect::<Vec<_>>()[..] else { panic!("one ceiling wanted") };
        (row.value, row.attacker.clone())
    };
    let wanted = Mu::new(1.0).expect("a mu").ceiling(PEOPLE).expect("people");
    assert!((ceiling(&broken).0 - wanted).abs() < 1e-9, "{:?}, not {wanted}", ceiling(&broken));
    assert_eq!(ceiling(&broken).1, "anybody, at mu 1.00 a clip");
    assert!(ceiling(&kept).0 > 0.99, "{:?}", ceiling(&kept));
    let within = |row: &&Row| row.measure.starts_with("identity within a session, proven");
    assert_eq!(broken.rows.iter().filter(within).count(), 0, "halves of one clip share releases");
    let text = markdown(&broken);
    for part in ["## Proven", "| coats | promises | action | 0.250 |", "action, proven ceiling", "at most"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(page(&broken, &[]).contains("proven ceiling"), "the page says nothing of it");
}
