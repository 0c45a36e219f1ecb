//! How far a figure can be trusted: bootstrap over clips.

use rand::RngExt as _;

use crate::metrics::wilson;
use crate::rng::Seed;

/// How often clips are drawn anew.
const DRAWS: usize = 2_000;

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// On the clips there are.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The percentile bootstrap (Efron, 1979) of `figure` over `count` clips: it is computed for lists of clips drawn
/// with replacement, so that whatever belongs to one clip (its frames, its guesses by several seeds, the same
/// clip under another transform) is drawn together. `confidence` is 0.95 or more; lists for which there is no
/// figure are left out. `None` where there is none for the clips as they are.
pub(super) fn bootstrap(
    count: usize,
    confidence: f64,
    figure: impl Fn(&[usize]) -> Option<f64>,
) -> Option<Estimate> {
    let value = figure(&(0..count).collect::<Vec<_>>())?;
    let mut rng = Seed(0).rng("bootstrap"); // the same lists every time: two figures of one set are paired
    let mut figures: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let clips: Vec<usize> = (0..count).map(|_| rng.random_range(0..count)).collect();
            figure(&clips)
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| figures.get((share * (figures.len() - 1) as f64).round() as usize).copied();
    let tail = (1.0 - confidence) / 2.0;
    Some(Estimate { value, low: at(tail)?, high: at(1.0 - tail)? })
}

/// The mean of `of_clips`, each in `[0, 1]`, with its interval. Where all clips agree drawing them anew tells
/// nothing, and the interval is Wilson's.
pub(super) fn mean_share(of_clips: &[f64], confidence: f64) -> Option<Estimate> {
    let n = of_clips.len();
    let mean = |clips: &[usize]| {
        (!clips.is_empty())
            .then(|| clips.iter().map(|clip| of_clips[*clip]).sum::<f64>() / clips.len() as f64)
    };
    let estimate = bootstrap(n, confidence, mean)?;
    if estimate.low < estimate.high {
        return Some(estimate);
    }
    let (low, high) = wilson(estimate.value, n);
    Some(Estimate { low, high, ..estimate })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_about_that_of_the_tables() {
        let clips: Vec<f64> = (0..100).map(|clip| f64::from(u8::from(clip < 30))).collect();
        let found = mean_share(&clips, 0.95).expect("clips");
        assert!((found.value - 0.3).abs() < 1e-12, "{found:?}");
        // Normal approximation: 1.96 * sqrt(0.3 * 0.7 / 100) = 0.09.
        assert!((found.low - 0.21).abs() < 0.02 && (found.high - 0.39).abs() < 0.02, "{found:?}");
        let wider = mean_share(&clips, 0.999).expect("clips");
        assert!(wider.low < found.low && wider.high > found.high, "{wider:?}");
    }

    #[test]
    fn few_clips_that_agree_prove_little() {
        let found = mean_share(&[1.0; 9], 0.95).expect("clips");
        assert!(found.high == 1.0 && found.low < 0.75, "nine of nine may be seven of ten: {found:?}");
        assert_eq!(mean_share(&[], 0.95), None, "nothing is known");
    }

    #[test]
    fn a_paired_difference_is_known_better_than_its_parts() {
        let raw: Vec<f64> = (0..200).map(|clip| f64::from(u8::from(clip % 4 != 0))).collect();
        let now: Vec<f64> =
            (0..200).map(|clip| f64::from(u8::from(clip % 4 != 0 && clip % 50 != 1))).collect();
        let mean = |of: &[f64], clips: &[usize]| {
            clips.iter().map(|clip| of[*clip]).sum::<f64>() / clips.len() as f64
        };
        let paired =
            bootstrap(200, 0.95, |clips| Some(mean(&raw, clips) - mean(&now, clips))).expect("clips");
        assert!((paired.value - 0.02).abs() < 1e-9, "{paired:?}");
        assert!(paired.high - paired.low < 0.05, "two shares alone are each 0.12 wide: {paired:?}");
    }
}
