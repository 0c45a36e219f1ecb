//! Readers of the sets that show actions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::manifest::Manifest;
use super::super::row::{Row, Source, Split};
use super::{SetError, labels};

/// Weizmann: one strip a clip, 64 pixels a frame. No split of its own: hold out a subject for actions,
/// hold out `bend` and `jack` for identity.
pub(super) fn weizmann64(folder: &Path) -> Result<Manifest, SetError> {
    #[derive(Deserialize)]
    struct Label {
        file: PathBuf,
        action: String,
        gender_by_eye: String,
        other_clothes: String,
    }
    let rows = labels::<Label>(folder)?.into_iter().map(|label| {
        let clip = stem(&label.file);
        let subject = clip.split('_').next().map(String::from); // s1 .. s9, as in the file's name
        Row {
            clip,
            source: Source::Strip { path: label.file, frame_width: 64 },
            subject,
            action: Some(label.action),
            attributes: BTreeMap::from([
                ("gender".into(), label.gender_by_eye),
                ("other_clothes".into(), label.other_clothes),
            ]),
            split: None,
        }
    });
    Ok(Manifest::new(folder, rows.collect())?)
}

/// Fights: one strip a clip, 24 frames of 80x60, and a split of its own that keeps the clips of one source
/// video on one side.
pub(super) fn fights300(folder: &Path) -> Result<Manifest, SetError> {
    #[derive(Deserialize)]
    struct Label {
        file: PathBuf,
        clip: String,
        label: String,
        split: String,
        source_group: String,
    }
    let rows = labels::<Label>(folder)?.into_iter().map(|label| {
        let split = match label.split.as_str() {
            "train" => Split::Train,
            "test" => Split::Test,
            _ => return Err(unexpected(folder, "split", label.split, "train or test")),
        };
        let attributes =
            Some(("source_group".to_string(), label.source_group)).filter(|(_, group)| !group.is_empty());
        Ok(Row {
            clip: label.clip,
            source: Source::Strip { path: label.file, frame_width: 80 },
            subject: None,
            action: Some(label.label),
            attributes: attributes.into_iter().collect(),
            split: Some(split),
        })
    });
    Ok(Manifest::new(folder, rows.collect::<Result<_, _>>()?)?)
}

/// Crops of one clip of [`custom_gestures`].
const CROPS: usize = 8;

/// Gestures: single crops, gathered into clips of [`CROPS`] in the order of the label file, by gesture and
/// person. A rest of at least half a clip makes a shorter one; a smaller rest is left out. The person `C?`
/// is left out, as nobody can say who it is. The label file does not keep the order of time, so the
/// frames of a clip show one pose from several moments, not one movement.
pub(super) fn custom_gestures(folder: &Path) -> Result<Manifest, SetError> {
    #[derive(Deserialize)]
    struct Label {
        crop: PathBuf,
        gesture: String,
        person: String,
        clothes: String,
    }
    let mut recordings: BTreeMap<(String, String), Vec<(PathBuf, String)>> = BTreeMap::new();
    for label in labels::<Label>(folder)? {
        match label.person.as_str() {
            "A" | "B" | "C" => {
                let recording = recordings.entry((label.gesture, label.person)).or_default();
                recording.push((label.crop, label.clothes));
            }
            "C?" => {}
            _ => return Err(unexpected(folder, "person", label.person, "A, B, C or C?")),
        }
    }
    let rows = recordings.into_iter().flat_map(|((gesture, person), crops)| {
        let whole = |crops: &&[(PathBuf, String)]| crops.len() >= CROPS / 2;
        let clips: Vec<Row> = crops
            .chunks(CROPS)
            .filter(whole)
            .enumerate()
            .map(|(index, crops)| Row {
                clip: format!("{gesture}_{person}_{index:02}"),
                source: Source::Frames(crops.iter().map(|(crop, _)| crop.clone()).collect()),
                subject: Some(person.clone()),
                action: Some(gesture.clone()),
                attributes: BTreeMap::from([("clothes".into(), crops[0].1.clone())]),
                split: None,
            })
            .collect();
        clips
    });
    Ok(Manifest::new(folder, rows.collect())?)
}

/// A file's name without its ending.
pub(super) fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn unexpected(folder: &Path, column: &'static str, found: String, expected: &'static str) -> SetError {
    SetError::Label { path: folder.join("labels.csv"), column, found, expected }
}
