//! Transforms side by side on the same clips: which differences are real.

use super::interval::bootstrap;
use super::protocol::Question;
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
pub(super) fn differences(
    (set, questions): (&str, &[Question]),
    contenders: &[Contender],
    comparisons: usize,
) -> Vec<Difference> {
    let two = (0..contenders.len()).flat_map(|a| (a + 1..contenders.len()).map(move |b| (a, b)));
    let asked = two.flat_map(|two| questions.iter().enumerate().map(move |question| (two, question)));
    let found = asked.filter_map(|((a, b), (place, question))| {
        let [a, b] = [a, b].map(|nth| &contenders[nth]);
        let (of_a, of_b) = (a.judged.hits(place, question)?, b.judged.hits(place, question)?);
        let less: Vec<f64> = of_a.iter().zip(&of_b).map(|(a, b)| a - b).collect();
        let shown = bootstrap(less.len(), 0.95, |clips| mean(&less, clips))?;
        let corrected = 1.0 - 0.05 / comparisons.max(1) as f64;
        let strict = bootstrap(less.len(), corrected, |clips| mean(&less, clips))?;
        Some(Difference {
            dataset: set.to_owned(),
            measure: format!("{}, top-1", question.asked.name()),
            methods: [a.name.clone(), b.name.clone()],
            value: shown.value,
            low: shown.low,
            high: shown.high,
            real: strict.low > 0.0 || strict.high < 0.0,
            n: less.len(),
        })
    });
    found.collect()
}

fn mean(values: &[f64], clips: &[usize]) -> Option<f64> {
    (!clips.is_empty()).then(|| clips.iter().map(|clip| values[*clip]).sum::<f64>() / clips.len() as f64)
}

/// How many comparisons there are between so many contenders on these sets.
pub(super) fn count(sets: &[Set], contenders: usize) -> usize {
    let questions: usize = sets.iter().map(|set| set.questions.len()).sum();
    questions * contenders * contenders.saturating_sub(1) / 2
}

#[cfg(test)]
mod tests {
    use super::super::protocol::{Asked, Fold, Piece};
    use super::super::tally::Tally;
    use super::super::trial::Answers;
    use super::*;
    use crate::attack::{Example, Family};

    const CLIPS: usize = 40;

    /// Who is it, of two? The label of a clip is its number's last bit.
    fn question() -> Question {
        let piece = |clip: usize| Piece { clip, example: Example { frames: vec![clip], label: clip % 2 } };
        let fold = Fold { learn: vec![], choose: vec![], ask: (0..CLIPS).map(piece).collect() };
        Question { asked: Asked::IdentityAcross, classes: vec!["a".into(), "b".into()], folds: vec![fold] }
    }

    /// Somebody whose attackers are right about the clips that `right` names.
    fn contender(name: &str, right: impl Fn(usize) -> bool) -> Contender {
        let row = |clip: usize| {
            let guess = if right(clip) { clip % 2 } else { 1 - clip % 2 };
            vec![vec![f32::from(u8::from(guess == 0)), f32::from(u8::from(guess == 1))]]
        };
        let answers = Answers { choose: vec![], ask: (0..CLIPS).map(row).collect() };
        let tally = Tally { family: Family::Cnn, answers: vec![vec![answers]] };
        let judged = Judged { retrained: vec![vec![tally]], raw_trained: vec![] };
        Contender { name: name.into(), judged }
    }

    #[test]
    fn a_large_difference_is_real_and_one_of_a_clip_is_not() {
        let three = [
            contender("open", |_| true),
            contender("nearly", |clip| clip != 3),
            contender("half", |clip| clip % 4 < 2),
        ];
        let questions = [question()];
        let found = differences(("set", &questions), &three, 3);
        let of = |a: &str, b: &str| {
            let pair = [a.to_owned(), b.to_owned()];
            found.iter().find(|difference| difference.methods == pair).expect("every two are compared")
        };
        assert!(
            (of("open", "nearly").value - 1.0 / 40.0).abs() < 1e-12 && !of("open", "nearly").real,
            "{found:?}"
        );
        assert!((of("open", "half").value - 0.5).abs() < 1e-12 && of("open", "half").real, "{found:?}");
        assert!(of("nearly", "half").real && found.len() == 3, "{found:?}");
    }

    #[test]
    fn what_is_real_among_few_comparisons_may_be_luck_among_many() {
        let two = [contender("open", |_| true), contender("less", |clip| clip % 10 != 3)];
        let questions = [question()];
        let real = |comparisons| differences(("set", &questions), &two, comparisons)[0].real;
        assert!(real(1), "4 of 40 clips, all one way");
        assert!(!real(2_000), "one of two thousand");
    }
}
