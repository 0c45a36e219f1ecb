//! Transforms side by side on the same clips: which differences are real.

use super::interval::bootstrap;
use super::report::Difference;
use super::rows::Judged;
use super::set::Set;

/// What one transform came to on one set.
pub(super) struct Contender {
    /// As tables call it.
    pub(super) name: String,
    /// What attackers made of it.
    pub(super) judged: Judged,
}

/// Every two contenders on every question of a set: top-1 of the one minus the other's, each clip drawn for both
/// at once. A difference counts as real if its interval, corrected for `comparisons` in all (Bonferroni), leaves
/// out nothing.
pub(super) fn differences(set: &Set, contenders: &[Contender], comparisons: usize) -> Vec<Difference> {
    let corrected = 1.0 - 0.05 / comparisons.max(1) as f64;
    let two = (0..contenders.len()).flat_map(|a| (a + 1..contenders.len()).map(move |b| (a, b)));
    let asked = |(a, b)| set.questions.iter().enumerate().map(move |question| (a, b, question));
    two.flat_map(asked)
        .filter_map(|(a, b, (place, question))| {
            let [a, b] = [a, b].map(|nth| &contenders[nth]);
            let (of_a, of_b) = (a.judged.hits(place, question)?, b.judged.hits(place, question)?);
            let less: Vec<f64> = of_a.iter().zip(&of_b).map(|(a, b)| a - b).collect();
            let mean = |clips: &[usize]| {
                (!clips.is_empty())
                    .then(|| clips.iter().map(|clip| less[*clip]).sum::<f64>() / clips.len() as f64)
            };
            let shown = bootstrap(less.len(), 0.95, mean)?;
            let strict = bootstrap(less.len(), corrected, mean)?;
            Some(Difference {
                dataset: set.name.clone(),
                measure: format!("{}, top-1", question.asked.name()),
                methods: [a.name.clone(), b.name.clone()],
                value: shown.value,
                low: shown.low,
                high: shown.high,
                real: strict.low > 0.0 || strict.high < 0.0,
                n: less.len(),
            })
        })
        .collect()
}

/// How many comparisons there are between so many contenders on these sets.
pub(super) fn count(sets: &[Set], contenders: usize) -> usize {
    let questions: usize = sets.iter().map(|set| set.questions.len()).sum();
    questions * contenders * contenders.saturating_sub(1) / 2
}
