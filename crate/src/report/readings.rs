//! The readings as questions: raw against anonymized against chance.

use crate::metrics::{Reading, strongest, wilson};
use crate::train::{ACTION, RunResult};

/// A share of right guesses with what can be said of it.
#[derive(Clone, Copy)]
pub(super) struct Share {
    pub top1: f64,
    /// What the best constant guess reaches.
    pub chance: f64,
    pub n: usize,
}

impl Share {
    /// 95 % interval.
    pub(super) fn interval(&self) -> (f64, f64) {
        wilson(self.top1, self.n)
    }

    /// Whether luck alone would hardly be so right.
    pub(super) fn above_chance(&self) -> bool {
        self.interval().0 > self.chance
    }
}

impl From<&Reading> for Share {
    fn from(reading: &Reading) -> Self {
        Self { top1: reading.top1, chance: reading.chance, n: reading.n }
    }
}

/// A question, with its strongest answers.
pub(super) struct Question {
    pub asked: String,
    pub set: String,
    pub raw: Option<Reading>,
    pub anonymized: Option<Reading>,
}

impl Question {
    /// Chance-normalised leakage; nothing for actions, and where raw frames cannot be attacked.
    pub(super) fn leakage(&self) -> Option<f64> {
        let (raw, anonymized) = (self.raw.as_ref()?, self.anonymized.as_ref()?);
        if self.asked == ACTION { None } else { anonymized.leakage(raw) }
    }

    /// Whether there is an answer on raw frames, and it is not above chance.
    pub(super) fn void(&self) -> bool {
        self.raw.as_ref().is_some_and(|raw| !Share::from(raw).above_chance())
    }
}

/// Every question that was asked of raw or anonymized frames: the actions first.
pub(super) fn questions(raw: &[Reading], anonymized: &[Reading]) -> Vec<Question> {
    let (raw, anonymized) = (strongest(raw), strongest(anonymized));
    let mut questions: Vec<Question> = vec![];
    for reading in raw.iter().chain(&anonymized) {
        if !questions.iter().any(|known| known.asked == reading.asked && known.set == reading.set) {
            let find = |among: &[Reading]| among.iter().find(|other| other.asks_what(reading)).cloned();
            questions.push(Question {
                asked: reading.asked.clone(),
                set: reading.set.clone(),
                raw: find(&raw),
                anonymized: find(&anonymized),
            });
        }
    }
    questions.sort_by_key(|question| question.asked != ACTION);
    questions
}

/// Actions, all sets together, weighted by their clips.
pub(super) fn actions(readings: &[Reading]) -> Option<Share> {
    let best = strongest(readings);
    let of_sets = || best.iter().filter(|reading| reading.asked == ACTION);
    let n: usize = of_sets().map(|reading| reading.n).sum();
    let mean = |value: fn(&Reading) -> f64| {
        of_sets().map(|reading| value(reading) * reading.n as f64).sum::<f64>() / n as f64
    };
    (n > 0).then(|| Share { top1: mean(|reading| reading.top1), chance: mean(|reading| reading.chance), n })
}

/// How much of what raw frames tell about the action is left, above chance: 1 is all.
pub(super) fn kept(result: &RunResult) -> Option<f64> {
    let (raw, anonymized) = (actions(&result.raw)?, actions(&result.anonymized)?);
    let learnt = raw.above_chance();
    learnt.then(|| (anonymized.top1 - anonymized.chance) / (raw.top1 - raw.chance))
}

/// A share as per cent, in one piece.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}\u{a0}%", share * 100.0)
}
