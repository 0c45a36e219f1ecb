//! The run looked at from outside: what the utility branch still names, and what fresh attackers recognise.
//! Quick readings to steer by; the verdict is the judge's.

use std::collections::BTreeSet;

use burn::module::Module as _;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor};

use super::TrainError;
use super::checkpoint::Player;
use super::config::{Architecture, TrainConfig};
use super::corpus::Corpus;
use super::log::Validation;
use super::moves::{seen, teach_utility};
use super::play::utility_player;
use super::result::{ACTION, action_mean, action_top1, leaks};
use super::rewriter::Rewriter;
use super::table::Table;
use crate::attack::{self, Effort};
use crate::data::{Augmentation, ClipRecipe, Split, still_clip_batch};
use crate::metrics::{self, Reading, strongest};
use crate::utility::Utility;

/// Clips judged at once.
const BATCH: usize = 16;
/// Where the windows begin whose scores are averaged for a clip, as shares of the possible starts.
const WINDOWS: [f32; 3] = [0.0, 0.5, 0.999];
/// Who guesses.
const OWN_BRANCH: &str = "utility branch";
const FRESH_BRANCH: &str = "fresh utility branch";

/// Looks at clips and pictures raw (`None`) or behind an anonymizer.
pub(super) struct Validator<'a> {
    config: &'a TrainConfig,
    corpus: &'a Corpus,
    device: Device,
}

impl<'a> Validator<'a> {
    /// `device` is the one of the run, with autodiff.
    ///
    /// # Errors
    /// [`TrainError::Unfit`] if the run is to be steered by clips that nobody has kept.
    pub(super) fn new(
        config: &'a TrainConfig,
        corpus: &'a Corpus,
        device: &Device,
    ) -> Result<Self, TrainError> {
        if config.validate.every > 0 && corpus.action.clips_in(Split::Validation).is_empty() {
            return Err(TrainError::Unfit {
                what: "validate.every".into(),
                found: config.validate.every.to_string(),
                wanted: "0, or clips kept for validation by `held_out` or `validation` of an [[action]] set",
            });
        }
        Ok(Self { config, corpus, device: device.clone() })
    }

    /// What the run's own utility branch (off the tape) and quick fresh attackers recognise.
    pub(super) fn readings(&self, branch: &Utility, anonymizer: Option<&Rewriter>) -> Vec<Reading> {
        let mut readings = self.actions(OWN_BRANCH, branch, anonymizer);
        readings.extend(self.attacks(anonymizer));
        readings
    }

    /// The validation of a running game, its score against the `raw` readings.
    pub(super) fn validation(
        &self,
        step: u64,
        (branch, anonymizer): (&Utility, &Rewriter),
        raw: &[Reading],
    ) -> Validation {
        let readings = self.readings(branch, Some(anonymizer));
        let score = score(raw, &readings);
        Validation { step, readings, score }
    }

    /// What a utility branch that begins now and learns from these clips alone names; nothing if the
    /// configuration asks for none. Sets the backend's generator: only for the end of a run.
    pub(super) fn fresh_actions(&self, table: &Table<'_>, anonymizer: Option<&Rewriter>) -> Vec<Reading> {
        let moves = self.config.validate.fresh_moves;
        if moves == 0 {
            return vec![];
        }
        self.device.seed(self.config.seed.stream("fresh utility branch"));
        let mut player: Player<Utility> = utility_player(self.config, self.corpus, &self.device);
        for number in 0..moves {
            let rate = self.config.rates.utility;
            player = teach_utility(player, anonymizer, &table.clips(number), rate).0;
        }
        self.actions(FRESH_BRANCH, &player.module.valid(), anonymizer)
    }

    /// Action top-1 of `branch` on the validation clips of each set.
    fn actions(&self, by: &str, branch: &Utility, anonymizer: Option<&Rewriter>) -> Vec<Reading> {
        let store = &self.corpus.action;
        let game = &self.config.game;
        let recipe = ClipRecipe { frames: game.frames, skip: game.skip, augmentation: Augmentation::NONE };
        // Each look at the same frames draws fresh noise, and together they would tell more than the model promises.
        let codes = self.config.model.architecture == Architecture::Dp;
        let looks = if codes { &WINDOWS[1..2] } else { &WINDOWS[..] };
        let held_out = store.clips_in(Split::Validation);
        let sets: BTreeSet<&str> = held_out.iter().map(|clip| set_of(&store.clips()[*clip].name)).collect();
        let read = |set: &str| {
            let of_set = |clip: &&usize| set_of(&store.clips()[**clip].name) == set;
            let clips: Vec<usize> = held_out.iter().filter(of_set).copied().collect();
            let mut scores = Vec::with_capacity(clips.len());
            for clips in clips.chunks(BATCH) {
                let windows = looks.iter().map(|start| {
                    let batch = still_clip_batch(store, clips, &recipe, *start, &self.device);
                    let frames = seen(anonymizer, batch.frames, recipe.frames).inner();
                    log_softmax(branch.forward(frames, recipe.frames), 1)
                });
                scores.extend(windows.reduce(|sum, window| sum + window).map(rows).unwrap_or_default());
            }
            let labels: Vec<usize> = clips.iter().filter_map(|clip| store.label(*clip)).collect();
            let top1 = metrics::top1(&scores, &labels)?;
            let (asked, set, by) = (ACTION.to_owned(), set.to_owned(), by.to_owned());
            Some(Reading { asked, set, by, top1, chance: metrics::commonest(&labels), n: labels.len() })
        };
        sets.into_iter().filter_map(read).collect()
    }

    /// What fresh attackers recognise in both streams; a set that is in both is attacked once. Nothing where the
    /// anonymizer looks at several frames: these attackers are shown single pictures.
    fn attacks(&self, anonymizer: Option<&Rewriter>) -> Vec<Reading> {
        if self.config.run().0 > 1 {
            return vec![];
        }
        let look = |frames: Tensor<4>| seen(anonymizer, frames, 1).inner();
        let device = self.device.clone().inner();
        let seed = crate::rng::Seed(self.config.seed.stream("attackers"));
        let mut readings: Vec<Reading> = vec![];
        for store in [&self.corpus.action, &self.corpus.privacy] {
            let mut questions = attack::questions(store, &self.config.validate.attributes);
            questions.retain(|question| {
                !readings.iter().any(|known| known.asked == question.what && known.set == question.set)
            });
            readings.extend(attack::readings(&questions, store, &look, (seed, &Effort::QUICK), &device));
        }
        readings
    }
}

/// Action kept minus the worst leakage, both between chance (0) and raw (1). Sets whose actions are at chance on
/// raw clips say nothing and are left out; `None` where that leaves none. An attack that cannot win on raw
/// pictures counts as no leakage.
fn score(raw: &[Reading], anonymized: &[Reading]) -> Option<f64> {
    let actions = |readings: &[Reading]| -> Vec<Reading> {
        let of = strongest(readings).into_iter().filter(|reading| reading.asked == ACTION);
        of.collect()
    };
    let told: Vec<Reading> = actions(raw).into_iter().filter(Reading::beats_chance).collect();
    let now = actions(anonymized);
    let now: Vec<Reading> = now.into_iter().filter(|now| told.iter().any(|raw| raw.asks_what(now))).collect();
    let chance = action_mean(&told, |reading| reading.chance)?;
    let kept = (action_top1(&now)? - chance) / (action_top1(&told)? - chance);
    let leaked = leaks(raw, anonymized).into_iter().filter_map(|leak| leak.nl).fold(0.0, f64::max);
    Some(kept.min(1.0) - leaked)
}

/// The set of a clip: its name begins with it.
fn set_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(set, _)| set)
}

fn rows(scores: Tensor<2>) -> Vec<Vec<f32>> {
    let [_, columns] = scores.dims();
    let values: Vec<f32> =
        scores.into_data().convert::<f32>().try_into_vec().expect("values were converted to f32");
    values.chunks(columns).map(<[f32]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(asked: &str, top1: f64) -> Reading {
        Reading { asked: asked.into(), set: "a".into(), by: "x".into(), top1, chance: 0.5, n: 200 }
    }

    #[test]
    fn the_score_rewards_action_and_punishes_the_worst_leak() {
        let raw = [reading(ACTION, 0.9), reading("identity", 0.9), reading("gender", 0.7)];
        let with = |action: f64, identity: f64, gender: f64| {
            let found = [reading(ACTION, action), reading("identity", identity), reading("gender", gender)];
            score(&raw, &found).expect("actions can be told")
        };
        assert!(with(0.9, 0.9, 0.7).abs() < 1e-9, "a copy keeps all and leaks all: {}", with(0.9, 0.9, 0.7));
        assert!(with(0.5, 0.5, 0.5).abs() < 1e-9, "black keeps nothing and leaks nothing");
        assert!((with(0.9, 0.5, 0.5) - 1.0).abs() < 1e-9, "the goal");
        assert!((with(0.9, 0.6, 0.7) - 0.0).abs() < 1e-9, "the worst leak counts, not the mean");
        assert!((with(0.7, 0.5, 0.5) - 0.5).abs() < 1e-9, "half the action");
    }

    #[test]
    fn a_set_whose_actions_nobody_tells_steers_nothing() {
        let of_set = |set: &str, top1: f64| Reading { set: set.into(), ..reading(ACTION, top1) };
        let raw = [of_set("told", 0.9), of_set("dark", 0.53)];
        let found = score(&raw, &[of_set("told", 0.7), of_set("dark", 0.9)]).expect("one set can be told");
        assert!((found - 0.5).abs() < 1e-9, "the set at chance counted: {found}");
        assert_eq!(score(&raw[1..], &[of_set("dark", 0.9)]), None, "a number out of luck");
    }
}
