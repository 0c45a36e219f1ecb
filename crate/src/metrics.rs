//! How good guesses are: top-1, average precision, F1, leakage. Chance is stated with each.

use serde::{Deserialize, Serialize};

/// How often somebody's guess was right on clips or pictures it had not learnt from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What was asked: `action`, `identity`, or the name of an attribute.
    pub asked: String,
    /// The set whose clips or pictures were shown.
    pub set: String,
    /// Who guessed: a branch of the run, or a family of fresh attackers.
    pub by: String,
    /// Share of right guesses, in `[0, 1]`.
    pub top1: f64,
    /// What the best constant guess reaches, in `[0, 1]`.
    pub chance: f64,
    /// Clips or pictures asked about; frames of one clip count once.
    pub n: usize,
}

impl Reading {
    /// Whether both answer the same question about the same set, whoever guessed.
    pub fn asks_what(&self, other: &Self) -> bool {
        (&self.asked, &self.set) == (&other.asked, &other.set)
    }

    /// Whether the lower end of the 95 % Wilson interval is above chance.
    pub fn beats_chance(&self) -> bool {
        wilson(self.top1, self.n).0 > self.chance
    }

    /// Chance-normalised leakage `NL = (attack - chance) / (raw - chance)`: 0 at chance, 1 where nothing is
    /// hidden. `None` where the lower end of the 95 % Wilson interval of `raw` is at chance: an attack that
    /// cannot win on raw frames measures nothing.
    pub fn leakage(&self, raw: &Self) -> Option<f64> {
        raw.beats_chance().then(|| (self.top1 - self.chance) / (raw.top1 - raw.chance))
    }
}

/// The most right of the readings that answer each question, in the order of the questions: of several
/// attackers the strongest counts. A maximum over a few families is a little above what any of them would
/// reach on other clips: it errs against the anonymizer.
pub fn strongest(readings: &[Reading]) -> Vec<Reading> {
    let mut best: Vec<Reading> = vec![];
    for reading in readings {
        match best.iter_mut().find(|kept| kept.asks_what(reading)) {
            Some(kept) if kept.top1 >= reading.top1 => {}
            Some(kept) => *kept = reading.clone(),
            None => best.push(reading.clone()),
        }
    }
    best
}

/// The 95 % interval of a share `p` of `n` independent trials (Wilson, 1927); `[0, 1]` without trials.
pub fn wilson(p: f64, n: usize) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    if n == 0 {
        return (0.0, 1.0);
    }
    let n = n as f64;
    let centre = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

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

    fn reading(by: &str, top1: f64, n: usize) -> Reading {
        let (asked, set) = ("identity".to_owned(), "a".to_owned());
        Reading { asked, set, by: by.into(), top1, chance: 0.25, n }
    }

    #[test]
    fn leakage_is_zero_at_chance_one_on_raw_and_void_where_raw_tells_nothing() {
        let raw = reading("cnn", 0.75, 100);
        assert_eq!(reading("cnn", 0.25, 100).leakage(&raw), Some(0.0), "at chance");
        assert_eq!(reading("cnn", 0.5, 100).leakage(&raw), Some(0.5), "half way");
        assert_eq!(raw.leakage(&raw), Some(1.0), "raw");
        assert_eq!(raw.leakage(&reading("cnn", 0.35, 20)), None, "7 of 20 may be luck");
    }

    #[test]
    fn the_strongest_answer_to_each_question_is_kept() {
        let elsewhere = Reading { set: "b".into(), ..reading("linear", 0.1, 9) };
        let all = [reading("linear", 0.4, 9), elsewhere.clone(), reading("cnn", 0.6, 9)];
        assert_eq!(strongest(&all), [reading("cnn", 0.6, 9), elsewhere], "one answer a question");
    }

    #[test]
    fn wilson_intervals_are_those_of_the_tables() {
        let (low, high) = wilson(0.5, 10);
        assert!((low - 0.2366).abs() < 1e-4 && (high - 0.7634).abs() < 1e-4, "{low} to {high}");
        assert_eq!(wilson(0.3, 0), (0.0, 1.0), "nothing is known");
    }
}
