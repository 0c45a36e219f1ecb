//! Data from end to end: real sets against the counts their documentation gives, drawn people and videos.
#![expect(clippy::print_stdout, reason = "a test says what it skipped and what it measured")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use bauta::attack::{Effort, Family, questions, readings};
use bauta::data::sets::{KNOWN, KnownSet, data_folder};
use bauta::data::{ClipStore, Manifest, Row, Source};
use bauta::frame::Rgba8;
use bauta::metrics::Reading;
use bauta::rng::Seed;
use bauta::video::{VideoError, Writer};
use burn::tensor::Device;
use cpu_time::ProcessTime;

/// The data folder, or `None` with the word that it is missing.
fn data() -> Option<PathBuf> {
    match data_folder(None) {
        Ok(folder) => Some(folder),
        Err(reason) => {
            println!("skipped: no data ({reason})");
            None
        }
    }
}

fn read(name: &str) -> Option<Manifest> {
    let set = KnownSet::named(name).expect("a known set");
    Some(set.read(&data()?).expect("readable labels"))
}

fn count(manifest: &Manifest, of: impl Fn(&Row) -> Option<String>) -> BTreeMap<String, usize> {
    manifest.rows().iter().filter_map(of).fold(BTreeMap::new(), |mut counts, value| {
        *counts.entry(value).or_default() += 1;
        counts
    })
}

fn total_frames(store: &ClipStore) -> usize {
    store.clips().iter().map(|clip| clip.frames).sum()
}

fn open(manifest: &Manifest) -> ClipStore {
    let cache = tempfile::tempdir().expect("a temporary folder");
    ClipStore::open(manifest, 64, cache.path(), &|_, _| ()).expect("every picture is whole")
}

#[test]
fn weizmann_has_nine_people_who_each_do_four_things() {
    let Some(manifest) = read("weizmann64") else { return };
    let each = count(&manifest, |row| Some(format!("{:?} {:?}", row.subject, row.action)));
    assert_eq!(each.len(), 36, "people times actions");
    assert!(each.values().all(|&clips| clips == 1), "someone does something twice: {each:?}");
    let store = open(&manifest);
    assert_eq!(total_frames(&store), 2645, "frames");
    assert_eq!(store.actions(), ["bend", "jack", "wave1", "wave2"], "actions");
}

#[test]
fn fights_keep_their_split_and_no_source_straddles_it() {
    let Some(manifest) = read("fights300") else { return };
    let sides = count(&manifest, |row| Some(format!("{} {}", row.action.as_deref()?, row.split?.word())));
    let wanted = [("fight test", 50), ("fight train", 100), ("no_fight test", 50), ("no_fight train", 100)];
    assert_eq!(sides, wanted.map(|(side, clips)| (side.to_string(), clips)).into(), "another split");
    let mut groups: BTreeMap<&String, BTreeSet<&str>> = BTreeMap::new();
    for row in manifest.rows() {
        let Some(group) = row.attributes.get("source_group") else { continue };
        groups.entry(group).or_default().insert(row.split.expect("a split").word());
    }
    assert!(groups.values().all(|sides| sides.len() == 1), "a source is on both sides: {groups:?}");
    assert_eq!(total_frames(&open(&manifest)), 300 * 24, "frames");
}

#[test]
fn gestures_leave_out_the_person_nobody_can_name() {
    let Some(manifest) = read("custom_gestures") else { return };
    let people = count(&manifest, |row| row.subject.clone());
    assert_eq!(people.keys().collect::<Vec<_>>(), ["A", "B", "C"], "people");
    let actions = count(&manifest, |row| row.action.clone());
    assert_eq!(actions.len(), 14, "13 gestures and no_class, not {actions:?}");
    let store = open(&manifest);
    assert!(store.clips().iter().all(|clip| (4..=8).contains(&clip.frames)), "a clip of another length");
    let frames = total_frames(&store);
    let named = 2467 - 116; // crops, less those of the unnamed person
    assert!(frames <= named && frames > named - 3 * 41, "{frames} of {named} crops");
}

#[test]
fn copies_of_a_face_stay_on_one_side() {
    let Some(manifest) = read("utkface6k") else { return };
    assert_eq!(manifest.rows().len(), 6000, "faces");
    let mut copies: BTreeMap<&String, BTreeSet<&str>> = BTreeMap::new();
    for row in manifest.rows() {
        let Some(group) = row.attributes.get("copies") else { continue };
        copies.entry(group).or_default().insert(row.split.expect("a split").word());
    }
    assert_eq!(copies.len(), 67, "groups of copies");
    assert!(copies.values().all(|sides| sides.len() == 1), "copies on both sides: {copies:?}");
    let genders = count(&manifest, |row| row.attributes.get("gender").cloned());
    assert_eq!(genders, [("f".to_string(), 2849), ("m".to_string(), 3151)].into(), "genders");
}

#[test]
fn hagrid_shows_every_gesture_twenty_times() {
    let Some(manifest) = read("hagrid380") else { return };
    let gestures = count(&manifest, |row| row.attributes.get("gesture").cloned());
    assert_eq!(gestures.len(), 19, "18 gestures and no_gesture, not {gestures:?}");
    assert!(gestures.values().all(|&pictures| pictures == 20), "{gestures:?}");
}

#[test]
fn a_manifest_of_a_set_reads_back_from_anywhere_with_the_same_digest() {
    let Some(data) = data() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    for set in KNOWN {
        let manifest = set.read(&data).expect("readable labels");
        let path = folder.path().join(format!("{}.csv", set.name));
        manifest.write(&path).expect("written");
        let back = Manifest::read(&path).expect("readable");
        assert_eq!(back.digest(), manifest.digest(), "{} changed on the way", set.name);
    }
}

/// What fresh attackers see on the untouched pictures of a set at 48 pixels.
fn attacked(name: &str, attributes: &[&str]) -> Option<Vec<Reading>> {
    let manifest = read(name)?;
    let rows = manifest.rows().iter().map(|row| Row { clip: format!("{name}/{}", row.clip), ..row.clone() });
    let manifest = Manifest::new(manifest.root(), rows.collect()).expect("sound rows");
    let cache = tempfile::tempdir().expect("a temporary folder");
    let store = ClipStore::open(&manifest, 48, cache.path(), &|_, _| ()).expect("every picture is whole");
    let attributes: Vec<String> = attributes.iter().map(|name| (*name).to_owned()).collect();
    let begun = ProcessTime::now();
    let questions = questions(&store, &attributes);
    let found = readings(&questions, &store, &|frames| frames, (Seed(0), &Effort::QUICK), &Device::flex());
    println!("{:.1} s of one core: {found:#?}", begun.elapsed().as_secs_f64());
    Some(found)
}

fn top1(readings: &[Reading], asked: &str, family: Family) -> f64 {
    let found = readings.iter().find(|reading| reading.asked == asked && reading.by == family.name());
    found.expect("a reading").top1
}

#[test]
fn fresh_attackers_name_people_by_an_action_they_have_not_seen() {
    let Some(found) = attacked("weizmann64", &[]) else { return };
    assert!(found.iter().all(|reading| reading.n == 36), "four clips of each person: {found:?}");
    let (linear, cnn) = (top1(&found, "identity", Family::Linear), top1(&found, "identity", Family::Cnn));
    assert!(linear > 0.4 && cnn > 0.4, "of nine people: linear {linear}, CNN {cnn}");
}

#[test]
fn fresh_attackers_tell_the_gender_and_race_of_a_face() {
    let Some(found) = attacked("utkface6k", &["gender", "race"]) else { return };
    for family in Family::QUICK {
        let (gender, race) = (top1(&found, "gender", family), top1(&found, "race", family));
        assert!(gender > 0.75 && race > 0.6, "{family:?}: gender {gender}, race {race}");
    }
}

fn bauta(arguments: &[&str]) -> (bool, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_bauta")).args(arguments).output().expect("the program starts");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.success(), said)
}

#[test]
fn drawn_people_pass_their_own_check_and_are_never_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("people").display().to_string();
    let draw = ["data", "stage", &out, "--clips", "20", "--people", "2", "--frames", "4", "--size", "32"];
    let (done, said) = bauta(&draw);
    assert!(done, "drawing failed: {said}");
    let (sound, said) = bauta(&["data", "check", &format!("{out}/manifest.csv"), "--size", "16"]);
    assert!(sound, "the check failed: {said}");
    for part in ["20 with 80 frames", "2: p000, p001", "10: bend, box"] {
        assert!(said.contains(part), "\"{part}\" is missing from: {said}");
    }
    let (again, said) = bauta(&draw);
    assert!(!again && said.contains("is not empty"), "a second drawing was let through: {said}");
}

#[test]
fn a_bad_manifest_is_refused_by_file_row_and_column() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("clips.csv");
    let text = "clip,source,kind,subject,action,attributes,split\na,a.png,image,,,,dev\n";
    fs::write(&path, text).expect("written");
    let (sound, said) = bauta(&["data", "check", &path.display().to_string()]);
    assert!(!sound, "it was let through: {said}");
    for part in ["clips.csv, row 1, column split", "found \"dev\"", "train, validation, test or nothing"] {
        assert!(said.contains(part), "\"{part}\" is missing from: {said}");
    }
}

#[test]
fn a_video_is_a_clip_like_any_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("grey.mp4");
    let mut writer = match Writer::create(&path, 32, 32, "10") {
        Ok(writer) => writer,
        Err(VideoError::NoProgram { .. }) => return println!("skipped: no ffmpeg"),
        Err(error) => panic!("{error}"),
    };
    for grey in [40, 120, 200] {
        writer.write(&Rgba8::filled(32, 32, [grey; 3])).expect("written");
    }
    writer.finish().expect("encoded");
    let row = Row {
        clip: "grey".into(),
        source: Source::Video("grey.mp4".into()),
        subject: None,
        action: None,
        attributes: BTreeMap::new(),
        split: None,
    };
    let store = open(&Manifest::new(folder.path(), vec![row]).expect("a sound row"));
    assert_eq!(store.clips()[0].frames, 3, "frames");
    for (index, grey) in [40_u8, 120, 200].into_iter().enumerate() {
        let found = store.frame(0, index)[0];
        assert!(found.abs_diff(grey) < 8, "frame {index} is {found}, was {grey}");
    }
}
