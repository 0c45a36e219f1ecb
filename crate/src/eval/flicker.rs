//! How restless clips have become: what changes from frame to frame where the raw clip does not.

use super::interval::{Estimate, bootstrap};
use super::report::{Protocol, Row};
use super::set::Set;
use crate::data::ClipStore;

/// What it is called in reports.
pub const MEASURE: &str = "flicker, 0 to 255";
/// How it is read.
pub(super) const READING: &str = "Flicker: no attacker's, but by how much more than in the raw clip a byte changes from one frame to the next.";

/// Flicker of the clips that a transform shows: from one frame to the next a byte changes by so much more than that of the raw
/// clip does, in `[0, 255]`, the mean over the clips' means, its interval over clips. Raw clips have none. The training
/// term `flicker_weight` weighs the same, of colours in `[0, 1]`. Nothing for a set of single pictures.
pub(super) fn row(set: &Set, method: &str, shown: &ClipStore) -> Option<Row> {
    let clips = 0..set.raw.clips().len();
    let values: Vec<f64> = clips.filter_map(|clip| restlessness(&set.raw, shown, clip)).collect();
    let Estimate { value, low, high } = bootstrap(values.len(), 0.95, |drawn| {
        (!drawn.is_empty()).then(|| drawn.iter().map(|clip| values[*clip]).sum::<f64>() / drawn.len() as f64)
    })?;
    Some(Row {
        dataset: set.name.clone(),
        measure: MEASURE.into(),
        method: method.to_owned(),
        protocol: Protocol::None,
        attacker: "nobody".into(),
        value,
        low,
        high,
        chance: None,
        n: values.len(),
        seeds: 0,
    })
}

/// Of one clip, if it has two frames.
fn restlessness(raw: &ClipStore, shown: &ClipStore, clip: usize) -> Option<f64> {
    let later = 1..raw.clips()[clip].frames;
    let count = later.len();
    let excess_at = |frame: usize| {
        let [raw, shown] = [raw, shown].map(|store| [frame - 1, frame].map(|frame| store.frame(clip, frame)));
        excess(raw, shown)
    };
    let sum: f64 = later.map(excess_at).sum();
    (count > 0).then(|| sum / count as f64)
}

/// By how much bytes change more between two shown frames than between the raw ones, the mean.
fn excess([before, after]: [&[u8]; 2], [shown_before, shown_after]: [&[u8]; 2]) -> f64 {
    let known = before.iter().zip(after).map(|(a, b)| a.abs_diff(*b));
    let found = shown_before.iter().zip(shown_after).map(|(a, b)| a.abs_diff(*b));
    let sum: f64 = known.zip(found).map(|(known, found)| f64::from(found.saturating_sub(known))).sum();
    sum / before.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_raw_clip_does_not_do_is_flicker() {
        let still: [&[u8]; 2] = [&[9, 9, 9, 9], &[9, 9, 9, 9]];
        let moving: [&[u8]; 2] = [&[0, 0, 0, 0], &[200, 0, 0, 100]];
        assert_eq!(excess(moving, moving), 0.0, "as the raw clip");
        assert_eq!(excess(moving, still), 0.0, "calmer than the raw clip");
        assert_eq!(excess(still, moving), 75.0, "300 in four bytes");
        assert_eq!(excess([&[0, 0], &[0, 50]], [&[0, 0], &[30, 60]]), 20.0, "30 and 10 in two bytes");
    }
}
