//! From the answers of several attackers to figures about clips.

use super::interval::{Estimate, bootstrap, mean_share};
use super::protocol::{Piece, Question};
use super::trial::{Answers, LOOKS, Scores};
use crate::attack::Family;
use crate::data::spread;
use crate::metrics::{average_precision, commonest};

/// What every seed of one family answered to a question, turn by turn.
pub(super) struct Tally {
    /// What they are.
    pub(super) family: Family,
    /// Seed by seed, the answers to each turn.
    pub(super) answers: Vec<Vec<Answers>>,
}

/// The clips of one side of a question, with their labels, in the order of the turns.
fn labels<'a>(question: &'a Question, side: impl Fn(usize) -> &'a [Piece]) -> Vec<usize> {
    let turns = 0..question.folds.len();
    turns.flat_map(|turn| side(turn).iter().map(|piece| piece.example.label)).collect()
}

/// The right answers about the clips that judge.
pub(super) fn right_answers(question: &Question) -> Vec<usize> {
    labels(question, |turn| &question.folds[turn].ask)
}

impl Answers {
    /// Log-probability of each class for each clip that judges, from all looks.
    pub(super) fn ask_rows(&self) -> Vec<Vec<f32>> {
        self.ask.iter().map(|looks| normalized(&mean(looks, LOOKS))).collect()
    }

    /// The same for each clip that chooses.
    pub(super) fn choose_rows(&self) -> Vec<Vec<f32>> {
        self.choose.iter().map(|looks| normalized(&mean(looks, LOOKS))).collect()
    }
}

impl Tally {
    /// Mean log-probability of each class over the first `looks` of evenly spread looks, for each clip that
    /// judges: one list for each seed.
    fn rows(&self, looks: usize, side: impl Fn(&Answers) -> &Scores) -> Vec<Vec<Vec<f32>>> {
        let of_seed = |turns: &Vec<Answers>| -> Vec<Vec<f32>> {
            turns.iter().flat_map(|answers| side(answers).iter().map(|scores| mean(scores, looks))).collect()
        };
        self.answers.iter().map(of_seed).collect()
    }

    /// Share of right guesses on the clips that choose, over all seeds; `None` where nothing is chosen.
    pub(super) fn on_choice(&self, question: &Question) -> Option<f64> {
        let labels = labels(question, |turn| &question.folds[turn].choose);
        let hits = hits(&self.rows(usize::MAX, |answers| &answers.choose), &labels);
        (!hits.is_empty()).then(|| hits.iter().sum::<f64>() / hits.len() as f64)
    }

    /// For each clip that judges, the share of seeds whose guess is right, from at most `looks` looks.
    pub(super) fn hits(&self, question: &Question, looks: usize) -> Vec<f64> {
        hits(&self.rows(looks, |answers| &answers.ask), &right_answers(question))
    }

    /// Mean over the seeds of a figure that needs all clips at once, with its interval.
    pub(super) fn figure(
        &self,
        question: &Question,
        figure: impl Fn(&[&[f32]], &[usize]) -> Option<f64>,
    ) -> Option<Estimate> {
        let (rows, labels) = (self.rows(usize::MAX, |answers| &answers.ask), right_answers(question));
        bootstrap(labels.len(), 0.95, |clips| {
            let labels: Vec<usize> = clips.iter().map(|clip| labels[*clip]).collect();
            let of_seeds = rows.iter().map(|rows| {
                let rows: Vec<&[f32]> = clips.iter().map(|clip| rows[*clip].as_slice()).collect();
                figure(&rows, &labels)
            });
            let figures: Vec<f64> = of_seeds.collect::<Option<_>>()?;
            Some(figures.iter().sum::<f64>() / figures.len() as f64)
        })
    }
}

/// The mean row of `most` evenly spread looks.
fn mean(looks: &[Vec<f32>], most: usize) -> Vec<f32> {
    let chosen: Vec<&Vec<f32>> = spread(looks.len(), most).map(|place| &looks[place]).collect();
    (0..looks[0].len())
        .map(|class| chosen.iter().map(|row| row[class]).sum::<f32>() / chosen.len() as f32)
        .collect()
}

/// The row as log-probabilities: together they are 1.
fn normalized(row: &[f32]) -> Vec<f32> {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total = row.iter().map(|value| (value - most).exp()).sum::<f32>().ln() + most;
    row.iter().map(|value| value - total).collect()
}

fn guess(row: &[f32]) -> usize {
    let better = |best: usize, class: usize| if row[class] > row[best] { class } else { best };
    (0..row.len()).fold(0, better)
}

fn hits(seeds: &[Vec<Vec<f32>>], labels: &[usize]) -> Vec<f64> {
    let of_clip = |(clip, label): (usize, &usize)| {
        let right = seeds.iter().filter(|rows| guess(&rows[clip]) == *label).count();
        right as f64 / seeds.len() as f64
    };
    labels.iter().enumerate().map(of_clip).collect()
}

/// The attackers that are strongest on the clips that choose; where nothing is chosen, or chosen alike, the later.
pub(super) fn strongest<'a>(question: &Question, tallies: &'a [Tally]) -> Option<&'a Tally> {
    strongest_of(question, &tallies.iter().collect::<Vec<_>>())
}

/// [`strongest`] of some.
pub(super) fn strongest_of<'a>(question: &Question, tallies: &[&'a Tally]) -> Option<&'a Tally> {
    let chosen = |tally: &Tally| tally.on_choice(question).unwrap_or(0.0);
    tallies.iter().copied().max_by(|a, b| chosen(a).total_cmp(&chosen(b)))
}

/// Top-1 with its interval; of as many clips as there are `hits`.
pub(super) fn top1(hits: &[f64], confidence: f64) -> Option<Estimate> {
    mean_share(hits, confidence)
}

/// Chance-normalised leakage `(attack - chance) / (raw - chance)` with its interval over the clips, each drawn for
/// both at once. `None` where the lower end of the interval of `raw` is at chance.
pub(super) fn leakage(attack: &[f64], raw: &[f64], labels: &[usize]) -> Option<Estimate> {
    let chance = commonest(labels);
    if mean_share(raw, 0.95)?.low <= chance {
        return None;
    }
    let mean =
        |of: &[f64], clips: &[usize]| clips.iter().map(|clip| of[*clip]).sum::<f64>() / clips.len() as f64;
    bootstrap(labels.len(), 0.95, |clips| {
        let above = mean(raw, clips) - chance;
        (above > 0.0).then(|| (mean(attack, clips) - chance) / above)
    })
}

/// How many points of a hundred `now` is below `raw`, with its interval over the clips, each drawn for both at once.
/// `None` where the lower end of the interval of `raw` is at chance: what is not told cannot be lost.
pub(super) fn drop(now: &[f64], raw: &[f64], labels: &[usize]) -> Option<Estimate> {
    if mean_share(raw, 0.95)?.low <= commonest(labels) {
        return None;
    }
    bootstrap(labels.len(), 0.95, |clips| {
        let lost: f64 = clips.iter().map(|clip| raw[*clip] - now[*clip]).sum();
        (!clips.is_empty()).then(|| 100.0 * lost / clips.len() as f64)
    })
}

/// Macro mean over the classes of the average precision, each class against the rest (cMAP).
pub(super) fn cmap(rows: &[&[f32]], labels: &[usize]) -> Option<f64> {
    let of_class = |class: usize| {
        let scores: Vec<f32> = rows.iter().map(|row| row[class]).collect();
        let positive: Vec<bool> = labels.iter().map(|label| *label == class).collect();
        average_precision(&scores, &positive)
    };
    let classes = rows.first()?.len();
    let found: Vec<f64> = (0..classes).filter_map(of_class).collect();
    (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
}

/// What a constant score reaches: the mean share of the classes that are there.
pub(super) fn cmap_chance(labels: &[usize]) -> f64 {
    let mut present = labels.to_vec();
    present.sort_unstable();
    present.dedup();
    1.0 / present.len().max(1) as f64
}

/// Mean over the classes that are there of the share of their clips that are named.
pub(super) fn balanced_accuracy(rows: &[&[f32]], labels: &[usize]) -> Option<f64> {
    let mut present = labels.to_vec();
    present.sort_unstable();
    present.dedup();
    let of_class = |class: &usize| {
        let own: Vec<bool> = rows
            .iter()
            .zip(labels)
            .filter(|(_, label)| *label == class)
            .map(|(row, label)| guess(row) == *label)
            .collect();
        own.iter().filter(|right| **right).count() as f64 / own.len() as f64
    };
    (!present.is_empty()).then(|| present.iter().map(of_class).sum::<f64>() / present.len() as f64)
}
