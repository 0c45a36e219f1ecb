//! How good guesses are: top-1, average precision, F1. Chance is stated with each.

/// Share of rows whose largest score is that of their label, in `[0, 1]`. Chance: the share of the
/// commonest label. `None` without rows.
pub fn top1(scores: &[Vec<f32>], labels: &[usize]) -> Option<f64> {
    let hits = scores.iter().zip(labels).filter(|(row, label)| best(row) == Some(**label)).count();
    (!labels.is_empty()).then(|| hits as f64 / labels.len() as f64)
}

/// Place of the largest score; the first of equals.
fn best(scores: &[f32]) -> Option<usize> {
    let mut best = None;
    for (index, score) in scores.iter().enumerate() {
        if best.is_none_or(|(_, highest)| *score > highest) {
            best = Some((index, *score));
        }
    }
    best.map(|(index, _)| index)
}

/// Average precision of a ranking by `scores`, in `[0, 1]`: the mean of the precision at each positive.
/// Chance: the share of positives. Equal scores count as one rank (their order carries no skill). `None`
/// without positives.
pub fn average_precision(scores: &[f32], positive: &[bool]) -> Option<f64> {
    let total = positive.iter().filter(|is| **is).count();
    let mut order: Vec<usize> = (0..scores.len().min(positive.len())).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let (mut seen, mut hits, mut sum) = (0_usize, 0_usize, 0.0);
    for equals in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let found = equals.iter().filter(|index| positive[**index]).count();
        seen += equals.len();
        hits += found;
        sum += found as f64 * hits as f64 / seen as f64;
    }
    (total > 0).then(|| sum / total as f64)
}

/// F1 of the guesses "probability above one half", in `[0, 1]`. Takes logits and thresholds the
/// probability they stand for. `None` where there is neither a positive nor a guess of one.
pub fn f1_of_logits(logits: &[f32], positive: &[bool]) -> Option<f64> {
    let guesses = logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp()) > 0.5);
    let (mut both, mut either) = (0_usize, 0_usize);
    for (guess, is) in guesses.zip(positive) {
        both += usize::from(guess && *is);
        either += usize::from(guess) + usize::from(*is);
    }
    (either > 0).then(|| 2.0 * both as f64 / either as f64)
}

/// Share of the commonest label, in `[0, 1]`: what the best constant guess reaches.
pub fn commonest(labels: &[usize]) -> f64 {
    let classes = labels.iter().max().map_or(0, |most| most + 1);
    let mut counts = vec![0_usize; classes];
    for label in labels {
        counts[*label] += 1;
    }
    counts.into_iter().max().unwrap_or(0) as f64 / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perfect_ranking_has_precision_one_and_the_worst_has_little() {
        let positive = [true, true, false, false];
        assert_eq!(average_precision(&[4.0, 3.0, 2.0, 1.0], &positive), Some(1.0), "perfect");
        let worst = average_precision(&[1.0, 2.0, 3.0, 4.0], &positive).expect("positives");
        assert!((worst - (1.0 / 3.0 + 0.5) / 2.0).abs() < 1e-12, "{worst}");
    }

    #[test]
    fn a_constant_score_has_exactly_the_precision_of_chance() {
        let found = average_precision(&[0.5; 8], &[true, false, false, false, true, false, false, false]);
        assert_eq!(found, Some(0.25), "two of eight");
    }

    #[test]
    fn f1_thresholds_the_probability_and_not_the_logit() {
        // A logit of 0.2 is a probability of 0.55: a guess. A threshold of 0.5 on logits would miss both.
        let found = f1_of_logits(&[0.2, 0.3, -0.2, -3.0], &[true, true, false, false]);
        assert_eq!(found, Some(1.0), "every guess is right");
    }

    #[test]
    fn nothing_to_judge_is_no_number() {
        assert_eq!(
            (top1(&[], &[]), average_precision(&[1.0], &[false])),
            (None, None),
            "no rows, no positives"
        );
    }
}
