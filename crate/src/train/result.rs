//! `result.json`: what came out of a run, for programs that compare runs.

use serde::{Deserialize, Serialize};

use crate::metrics::{Reading, strongest};

/// What came out of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// Name of the model.
    pub name: String,
    /// Root of every random draw.
    pub seed: u64,
    /// Steps done.
    pub steps: u64,
    /// The step whose anonymizer was kept.
    pub chosen_step: u64,
    /// Whether the validation score had stopped rising before the last step was reached.
    pub stopped_early: bool,
    /// Minutes it took, all sittings together.
    pub minutes: f64,
    /// Share of the last quarter of the game's steps in which the penalty was active, in `[0, 1]`.
    /// `None` where the run ended before it.
    pub penalty_active: Option<f64>,
    /// What was recognised in raw clips and pictures.
    pub raw: Vec<Reading>,
    /// What was recognised in anonymized ones.
    pub anonymized: Vec<Reading>,
}

/// The name of the question about what must survive.
pub const ACTION: &str = "action";

/// The strongest attack of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    /// What was asked, of what set, and how often the strongest attacker was right.
    pub attack: Reading,
    /// The strongest attacker on raw frames.
    pub raw: Reading,
    /// Chance-normalised leakage; `None` where raw frames cannot be attacked either.
    pub nl: Option<f64>,
}

impl RunResult {
    /// Action top-1, raw and anonymized, each a mean over the sets weighted by their clips. By the strongest
    /// guesser of each set.
    pub fn action(&self) -> (Option<f64>, Option<f64>) {
        (action_top1(&self.raw), action_top1(&self.anonymized))
    }

    /// Every attack, the strongest attacker of each question.
    pub fn leaks(&self) -> Vec<Leak> {
        leaks(&self.raw, &self.anonymized)
    }

    /// The attack with the highest leakage.
    pub fn worst_leak(&self) -> Option<Leak> {
        let measured = self.leaks().into_iter().filter(|leak| leak.nl.is_some());
        measured.max_by(|a, b| a.nl.unwrap_or(f64::MIN).total_cmp(&b.nl.unwrap_or(f64::MIN)))
    }
}

/// Mean action top-1 over the sets, weighted by their clips.
pub(super) fn action_top1(readings: &[Reading]) -> Option<f64> {
    action_mean(readings, |reading| reading.top1)
}

/// Mean of `value` over the sets with a reading of actions, weighted by their clips.
pub(super) fn action_mean(readings: &[Reading], value: impl Fn(&Reading) -> f64) -> Option<f64> {
    let best = strongest(readings);
    let of_sets: Vec<&Reading> = best.iter().filter(|reading| reading.asked == ACTION).collect();
    let n: usize = of_sets.iter().map(|reading| reading.n).sum();
    let right: f64 = of_sets.iter().map(|reading| value(reading) * reading.n as f64).sum();
    (n > 0).then(|| right / n as f64)
}

/// The strongest attack on each question that is no action.
pub(super) fn leaks(raw: &[Reading], anonymized: &[Reading]) -> Vec<Leak> {
    let raw = strongest(raw);
    let attacks = strongest(anonymized).into_iter().filter(|reading| reading.asked != ACTION);
    attacks
        .filter_map(|attack| {
            let raw = raw.iter().find(|reading| reading.asks_what(&attack))?.clone();
            Some(Leak { nl: attack.leakage(&raw), attack, raw })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(asked: &str, set: &str, top1: f64, n: usize) -> Reading {
        Reading { asked: asked.into(), set: set.into(), by: "x".into(), top1, chance: 0.5, n }
    }

    #[test]
    fn the_worst_leak_is_the_one_that_counts() {
        let result = RunResult {
            name: "x".into(),
            seed: 1,
            steps: 1,
            chosen_step: 1,
            stopped_early: false,
            minutes: 1.0,
            penalty_active: None,
            raw: vec![
                reading("identity", "a", 0.9, 100),
                reading("gender", "b", 0.7, 100),
                reading("race", "b", 0.5, 9),
            ],
            anonymized: vec![
                reading("identity", "a", 0.6, 100),
                reading("gender", "b", 0.65, 100),
                reading("race", "b", 0.9, 9),
                reading(ACTION, "a", 1.0, 30),
                reading(ACTION, "b", 0.0, 10),
            ],
        };
        let worst = result.worst_leak().expect("a leak");
        assert_eq!(worst.attack.asked, "gender", "0.15 of 0.2 is worse than 0.1 of 0.4; race proves nothing");
        assert_eq!(result.action(), (None, Some(0.75)), "30 of 40 clips");
        assert_eq!(result.leaks().len(), 3, "each question once");
    }
}
