//! One step of a run: preparation, or a round of the game.

use burn::module::Module;
use burn::optim::AdamWConfig;
use burn::tensor::{Device, Tensor};
use rand::RngExt as _;

use super::checkpoint::{Player, Players, State};
use super::config::{Architecture, TrainConfig};
use super::corpus::Corpus;
use super::log::Line;
use super::moves::Pictures;
use super::penalty::{self, PenaltyState};
use super::rewriter::Rewriter;
use super::table::Table;
use super::{gradients, moves};
use crate::data::ClipBatch;
use crate::privacy::{Privacy, PrivacyConfig};
use crate::utility::{Utility, UtilityConfig};

/// Batches whose codes are whitened before the first step.
const WHITENED: u64 = 4;

/// The rules of a run and what it plays with.
pub(super) struct Round<'a> {
    pub config: &'a TrainConfig,
    pub corpus: &'a Corpus,
    pub table: Table<'a>,
    pub device: Device,
}

/// A network with its optimizer. Its weights are drawn when somebody first looks at them.
fn player<M: Module>(module: M, config: &TrainConfig) -> Player<M> {
    let optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(config.rates.weight_decay).init();
    Player { module, optimizer }
}

fn with_noise_share(mut players: Players, share: f64) -> Players {
    players.anonymizer.module = players.anonymizer.module.with_noise_share(share);
    players
}

/// A utility branch that knows nothing, drawn from the backend's generator.
pub(super) fn utility_player(config: &TrainConfig, corpus: &Corpus, device: &Device) -> Player<Utility> {
    player(UtilityConfig::new(corpus.action.actions().len()).init(device), config)
}

impl Round<'_> {
    /// Fresh players.
    pub(super) fn players(&self) -> Players {
        self.device.seed(self.config.seed.stream("weights"));
        Players {
            anonymizer: player(
                Rewriter::fresh(self.config, self.corpus.action.actions().len(), &self.device),
                self.config,
            ),
            utility: utility_player(self.config, self.corpus, &self.device),
            privacy: (0..self.config.adversary.branches).map(|_| self.privacy_player()).collect(),
            average: None,
            best: None,
        }
    }

    fn privacy_player(&self) -> Player<Privacy> {
        let shape = PrivacyConfig::new().with_heads(self.table.head_classes());
        player(shape.init(&self.device), self.config)
    }

    /// One step of the run.
    pub(super) fn step(&self, players: Players, state: &mut State, step: u64) -> (Players, Line) {
        let round = step.checked_sub(self.config.schedule.preparation());
        let codes = self.config.model.architecture == Architecture::Dp;
        let players = if step == 0 && codes { self.whitened(players) } else { players };
        self.seed_noise(step);
        let players = with_noise_share(players, self.config.model.noise_share(step, &self.config.schedule));
        let (players, line) = match round {
            None => self.prepare(players, step),
            Some(round) => {
                let (players, line) = self.play(players, state, round);
                (players, Line { step, ..line })
            }
        };
        (with_noise_share(players, 1.0), line) // whoever looks between steps sees all of the noise
    }

    /// Players whose anonymizer begins with whitened codes.
    fn whitened(&self, mut players: Players) -> Players {
        let clips: Vec<_> = (0..WHITENED).map(|batch| self.table.clips(batch)).collect();
        let frames = Tensor::cat(clips.iter().map(|batch| batch.frames.clone()).collect(), 0);
        players.anonymizer.module = players.anonymizer.module.whitened(frames, clips[0].frames_per_clip);
        players
    }

    /// Lets an anonymizer with noise draw that of `step` next, however the run came there.
    pub(super) fn seed_noise(&self, step: u64) {
        if self.config.model.architecture == Architecture::Dp {
            self.device.seed(self.config.seed.rng_at("noise", step).random());
        }
    }

    /// Warm-up of the anonymizer and pre-training of the branches, side by side on the same batch.
    fn prepare(&self, mut players: Players, step: u64) -> (Players, Line) {
        let TrainConfig { schedule, adversary, rates, .. } = self.config;
        let (clips, pictures) = (self.table.clips(step), self.table.pictures(step));
        let mut line = Line { step, ..Line::default() };
        if step < schedule.warm_up {
            players.anonymizer = self.warm_up(players.anonymizer, (&clips, &pictures), &mut line);
        }
        if step < schedule.pretrain {
            let (utility, loss) = moves::teach_utility(players.utility, None, &clips, rates.utility);
            players.utility = utility;
            line.utility_branch = Some(loss.into_scalar());
            let teach = |branch| moves::teach_privacy(branch, None, &pictures, (adversary, rates.privacy));
            let (branches, leaks): (Vec<_>, Vec<_>) = players.privacy.into_iter().map(teach).unzip();
            players.privacy = branches;
            report(&mut line, &leaks);
        }
        (players, line)
    }

    /// Teaches the anonymizer to copy clips and pictures, or where its codes see none, to tell the action by them.
    fn warm_up(
        &self,
        anonymizer: Player<Rewriter>,
        (clips, pictures): (&ClipBatch, &Pictures),
        line: &mut Line,
    ) -> Player<Rewriter> {
        let rate = self.config.rates.warm_up;
        let rules = (rate, self.config.game.spread_weight);
        let (anonymizer, terms) = moves::warm_up_codes(anonymizer, clips, rules);
        if let Some(terms) = terms {
            (line.code, line.spread) = (Some(terms.told), terms.spread);
            return anonymizer;
        }
        let mut shown = vec![pictures.pairs.left.clone()];
        if clips.frames_per_clip.is_multiple_of(pictures.run) {
            shown.insert(0, clips.frames.clone()); // as so many runs
        }
        let (anonymizer, loss) = moves::warm_up(anonymizer, (&Tensor::cat(shown, 0), pictures.run), rate);
        line.copy = Some(loss.into_scalar());
        anonymizer
    }

    /// Step 1 on some batches, then step 2 on others.
    fn play(&self, mut players: Players, state: &mut State, round: u64) -> (Players, Line) {
        let TrainConfig { schedule, adversary, rates, .. } = self.config;
        let mut line = Line { restarted: self.restart(&mut players, round), ..Line::default() };
        // Preparation has used the batches before these.
        let first = schedule.preparation() + round * (rates.accumulate + adversary.moves);
        if PenaltyState::calibrates(&self.config.penalty, round) {
            let distances = self.natural_distances(&players.utility.module, &state.balance.0, first);
            state.balance.0.calibrate(&self.config.penalty, distances);
        }
        let batches: Vec<_> = (first..first + rates.accumulate)
            .map(|number| (self.table.clips(number), self.table.pictures(number)))
            .collect();
        let rate = rates.anonymizer_at(round, schedule.steps);
        (line.budget, line.penalty_weight) = (Some(state.balance.0.budget), Some(state.balance.0.weight));
        let branches: Vec<&Privacy> = players.privacy.iter().map(|branch| &branch.module).collect();
        let judges = (&players.utility.module, branches.as_slice());
        let (anonymizer, terms) = moves::teach_anonymizer(
            players.anonymizer,
            judges,
            &batches,
            self.config,
            &mut state.balance,
            rate,
        );
        players.anonymizer = anonymizer;
        if rates.average > 0.0 {
            let now = players.anonymizer.module.valid();
            let old = players.average.take().unwrap_or_else(|| now.clone());
            players.average = Some(gradients::average(old, &now, rates.average));
        }
        if 4 * round >= 3 * schedule.steps {
            state.late = (state.late.0 + 1, state.late.1 + u64::from(terms.penalty > 0.0));
        }
        line = Line {
            utility: Some(terms.utility),
            privacy: Some(terms.privacy),
            heads: terms.heads,
            penalty: Some(terms.penalty),
            distance: Some(terms.distance),
            flicker: terms.flicker,
            spread: terms.spread,
            anonymizer: Some(terms.total),
            pulls: Some(terms.pulls),
            rate: Some(rate),
            ..line
        };
        let step_two = first + rates.accumulate..first + rates.accumulate + adversary.moves;
        for number in step_two {
            players = self.teach_branches(players, number, &mut line);
        }
        (players, line)
    }

    /// Step 2: every branch learns from what it sees through the anonymizer.
    fn teach_branches(&self, mut players: Players, number: u64, line: &mut Line) -> Players {
        let TrainConfig { adversary, rates, .. } = self.config;
        let judge = Some(&players.anonymizer.module);
        let (utility, loss) =
            moves::teach_utility(players.utility, judge, &self.table.clips(number), rates.utility);
        players.utility = utility;
        line.utility_branch = Some(loss.into_scalar());
        let pictures = self.table.pictures(number);
        let teach = |branch| moves::teach_privacy(branch, judge, &pictures, (adversary, rates.privacy));
        let (branches, leaks): (Vec<_>, Vec<_>) = players.privacy.into_iter().map(teach).unzip();
        players.privacy = branches;
        report(line, &leaks);
        players
    }

    /// Lets one privacy branch begin anew, in turn, where it is time to, and catch up with the game: a branch
    /// that the anonymizer has learnt to dodge is replaced by one that it has not. Gives its number.
    fn restart(&self, players: &mut Players, round: u64) -> Option<usize> {
        let TrainConfig { adversary, rates, .. } = self.config;
        let every = adversary.restart_every;
        if every == 0 || round == 0 || !round.is_multiple_of(every) {
            return None;
        }
        let nth = round / every;
        let place = ((nth - 1) % players.privacy.len() as u64) as usize;
        self.device.seed(self.config.seed.stream(&format!("privacy branch, start {nth}")));
        let mut branch = self.privacy_player();
        for number in nth * adversary.catch_up..(nth + 1) * adversary.catch_up {
            let pictures = self.table.catch_up_pictures(number);
            let judge = Some(&players.anonymizer.module);
            branch = moves::teach_privacy(branch, judge, &pictures, (adversary, rates.privacy)).0;
        }
        players.privacy[place] = branch;
        Some(place)
    }

    /// How far two augmentations of a clip are apart in the utility branch's features.
    fn natural_distances(&self, branch: &Utility, state: &PenaltyState, number: u64) -> Vec<f32> {
        let branch = branch.valid();
        let [one, other] = self.table.clips_twice(number).map(|clips| {
            let t = clips.frames_per_clip;
            branch.features(clips.frames.inner(), t)
        });
        let channels = state.channels_on(&one.device());
        let distance = penalty::feature_distance(one, other, channels);
        distance.into_data().convert::<f32>().try_into_vec().expect("values were converted to f32")
    }
}

/// Writes what the privacy branches' own moves cost into the line: means over the branches.
fn report(line: &mut Line, leaks: &[moves::Leak]) {
    let count = leaks.len() as f32;
    let contrasts = leaks.iter().map(|leak| leak.contrast.clone().inner().into_scalar::<f32>());
    line.privacy_branch = Some(contrasts.sum::<f32>() / count);
    let shares: Option<Vec<f32>> = leaks.iter().map(moves::Leak::heads_share).collect();
    line.heads_branch = shares.map(|shares| shares.iter().sum::<f32>() / count);
}
