//! Readers of the sets that show people and say what is private about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::manifest::Manifest;
use super::super::row::{Row, Source};
use super::super::split::{Shares, by_chance};
use super::actions::stem;
use super::{SetError, labels};
use crate::rng::Seed;

/// The shares held back where a set has no split of its own.
const SHARES: Shares = Shares { validation: 0.1, test: 0.1 };
/// The seed of those splits. A constant, so that the numbers of two runs can be compared.
const SPLIT_SEED: Seed = Seed(0);

/// The age bands of [`utkface6k`]: first year and name. Each holds between 9 and 22 % of the faces.
const AGE_BANDS: [(u32, &str); 6] =
    [(0, "0-12"), (13, "13-22"), (23, "23-27"), (28, "28-36"), (37, "37-52"), (53, "53+")];

/// Faces: gender, race and age band; copies of one picture stay on one side of the split.
pub(super) fn utkface6k(folder: &Path) -> Result<Manifest, SetError> {
    #[derive(Deserialize)]
    struct Label {
        file: PathBuf,
        age: u32,
        gender: String,
        race: String,
        dup_group: String,
    }
    let rows = labels::<Label>(folder)?.into_iter().map(|label| {
        let mut attributes = BTreeMap::from([
            ("gender".into(), label.gender),
            ("race".into(), label.race),
            ("age".into(), age_band(label.age).into()),
        ]);
        if !label.dup_group.is_empty() {
            attributes.insert("copies".into(), label.dup_group);
        }
        let clip = stem(&label.file);
        Row { clip, source: Source::Image(label.file), subject: None, action: None, attributes, split: None }
    });
    let mut manifest = Manifest::new(folder, rows.collect())?;
    by_chance(&mut manifest, SHARES, Some("copies"), SPLIT_SEED);
    Ok(manifest)
}

fn age_band(years: u32) -> &'static str {
    AGE_BANDS.iter().rev().find(|(first, _)| years >= *first).map_or("0-12", |(_, name)| name)
}

/// Hand gestures before a webcam: the gesture is both the action and an attribute.
pub(super) fn hagrid380(folder: &Path) -> Result<Manifest, SetError> {
    #[derive(Deserialize)]
    struct Label {
        file: PathBuf,
        gesture: String,
    }
    let rows = labels::<Label>(folder)?.into_iter().map(|label| Row {
        clip: stem(&label.file),
        source: Source::Image(label.file),
        subject: None,
        action: Some(label.gesture.clone()),
        attributes: BTreeMap::from([("gesture".into(), label.gesture)]),
        split: None,
    });
    let mut manifest = Manifest::new(folder, rows.collect())?;
    by_chance(&mut manifest, SHARES, None, SPLIT_SEED);
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_age_falls_into_the_band_that_names_it() {
        let bands = [0, 12, 13, 22, 23, 27, 28, 36, 37, 52, 53, 116].map(age_band);
        let wanted = [
            "0-12", "0-12", "13-22", "13-22", "23-27", "23-27", "28-36", "28-36", "37-52", "37-52", "53+",
            "53+",
        ];
        assert_eq!(bands, wanted, "an age is in another band");
    }
}
