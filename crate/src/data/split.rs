//! Which clips teach and which judge. Frames of one clip are near-duplicates, so splits move whole clips.

use super::manifest::Manifest;
use super::row::Split;
use crate::rng::Seed;

/// Why a manifest could not be split as asked.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// Nobody goes by that name.
    #[error("no clip shows the subject \"{name}\"; there are: {known}")]
    NoSubject {
        /// The name that was asked for.
        name: String,
        /// The subjects there are.
        known: String,
    },
    /// Nobody does that.
    #[error("no clip shows the action \"{name}\"; there are: {known}")]
    NoAction {
        /// The name that was asked for.
        name: String,
        /// The actions there are.
        known: String,
    },
    /// One side would be empty.
    #[error("holding out {held_out} leaves no clip to train on")]
    NothingLeft {
        /// What was to be held out.
        held_out: String,
    },
}

/// Every clip of `subjects` becomes validation, every other clip training: how well an action is told for
/// people never seen. Test clips stay test clips.
///
/// # Errors
/// [`SplitError`] if a subject is unknown or nobody is left to train on.
pub fn hold_out_subjects(manifest: &mut Manifest, subjects: &[String]) -> Result<(), SplitError> {
    let known = values(manifest, |row| row.subject.as_deref());
    if let Some(name) = subjects.iter().find(|name| !known.contains(name)) {
        return Err(SplitError::NoSubject { name: name.clone(), known: known.join(", ") });
    }
    hold_out(manifest, subjects, |row| row.subject.as_deref())
}

/// Every clip of `actions` becomes validation, every other clip training: how well a person is told by
/// movements never seen. Test clips stay test clips.
///
/// # Errors
/// [`SplitError`] if an action is unknown or no other is left to train on.
pub fn hold_out_actions(manifest: &mut Manifest, actions: &[String]) -> Result<(), SplitError> {
    let known = values(manifest, |row| row.action.as_deref());
    if let Some(name) = actions.iter().find(|name| !known.contains(name)) {
        return Err(SplitError::NoAction { name: name.clone(), known: known.join(", ") });
    }
    hold_out(manifest, actions, |row| row.action.as_deref())
}

/// Deals clips to training, validation and test by chance, about `validation` and `test` of them (shares in
/// `[0, 1]`). Clips that share a value of the attribute `together` (copies of one picture, say) stay on one
/// side. The place of a clip depends on its name and `seed` alone, so added clips move no other.
pub fn by_chance(manifest: &mut Manifest, shares: Shares, together: Option<&str>, seed: Seed) {
    for row in manifest.rows_mut() {
        let group = together.and_then(|name| row.attributes.get(name)).unwrap_or(&row.clip);
        let place = seed.stream(&format!("split {group}")) as f64 / u64::MAX as f64;
        row.split = Some(if place < shares.test {
            Split::Test
        } else if place < shares.test + shares.validation {
            Split::Validation
        } else {
            Split::Train
        });
    }
}

/// About `share` of the training clips become validation, chosen as by [`by_chance`]; clips that are no
/// training clips stay what they are.
pub fn hold_out_share(manifest: &mut Manifest, share: f64, together: Option<&str>, seed: Seed) {
    let before: Vec<Option<Split>> = manifest.rows().iter().map(|row| row.split).collect();
    by_chance(manifest, Shares { validation: share, test: 0.0 }, together, seed);
    for (row, before) in manifest.rows_mut().iter_mut().zip(before) {
        if before.is_some_and(|split| split != Split::Train) {
            row.split = before;
        }
    }
}

/// How many clips do not teach, each as a share in `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// The share that becomes [`Split::Validation`].
    pub validation: f64,
    /// The share that becomes [`Split::Test`].
    pub test: f64,
}

/// The distinct values of one column, sorted.
pub(crate) fn values(manifest: &Manifest, of: impl Fn(&super::Row) -> Option<&str>) -> Vec<String> {
    let mut values: Vec<String> =
        manifest.rows().iter().filter_map(|row| of(row).map(String::from)).collect();
    values.sort();
    values.dedup();
    values
}

fn hold_out(
    manifest: &mut Manifest,
    names: &[String],
    of: impl Fn(&super::Row) -> Option<&str>,
) -> Result<(), SplitError> {
    let held_out = |row: &super::Row| of(row).is_some_and(|value| names.iter().any(|name| name == value));
    if manifest.rows().iter().all(held_out) {
        return Err(SplitError::NothingLeft { held_out: names.join(", ") });
    }
    for row in manifest.rows_mut().iter_mut().filter(|row| row.split != Some(Split::Test)) {
        row.split = Some(if held_out(row) { Split::Validation } else { Split::Train });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::row::{Row, Source};
    use super::*;

    fn people(count: usize) -> Manifest {
        let rows = (0..count).flat_map(|person| {
            ["wave", "bend"].map(|action| Row {
                clip: format!("p{person} {action}"),
                source: Source::Image(format!("p{person}_{action}.png").into()),
                subject: Some(format!("p{person}")),
                action: Some(action.into()),
                attributes: BTreeMap::from([("group".into(), format!("g{}", person / 2))]),
                split: None,
            })
        });
        Manifest::new("pictures", rows.collect()).expect("rows are sound")
    }

    #[test]
    fn a_held_out_subject_is_on_one_side_only() {
        let mut manifest = people(3);
        hold_out_subjects(&mut manifest, &["p1".into()]).expect("p1 is there");
        for row in manifest.rows() {
            let judge = row.split == Some(Split::Validation);
            assert_eq!(judge, row.subject.as_deref() == Some("p1"), "{} is on the wrong side", row.clip);
        }
    }

    #[test]
    fn an_unknown_subject_is_refused_with_those_there_are() {
        let error = hold_out_subjects(&mut people(2), &["p7".into()]).expect_err("nobody is called p7");
        let sentence = error.to_string();
        assert_eq!(sentence, "no clip shows the subject \"p7\"; there are: p0, p1", "unhelpful: {sentence}");
    }

    #[test]
    fn holding_out_everything_is_refused() {
        let error =
            hold_out_actions(&mut people(2), &["bend".into(), "wave".into()]).expect_err("nothing is left");
        assert!(matches!(error, SplitError::NothingLeft { .. }), "another error: {error}");
    }

    #[test]
    fn chance_keeps_groups_together_and_its_shares() {
        let mut manifest = people(400);
        by_chance(&mut manifest, Shares { validation: 0.2, test: 0.1 }, Some("group"), Seed(1));
        let mut sides = BTreeMap::new();
        for row in manifest.rows() {
            let side = sides.entry(row.attributes["group"].clone()).or_insert(row.split);
            assert_eq!(*side, row.split, "{} left its group", row.clip);
        }
        let judged = manifest.rows().iter().filter(|row| row.split != Some(Split::Train)).count();
        assert!((160..320).contains(&judged), "{judged} of 800 held back, wanted about 240");
    }
}
