//! A run from the first step to the model file.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::module::Module;
use burn::optim::AdamConfig;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::checkpoint::{self, Player, Players};
use super::config::TrainConfig;
use super::corpus::Corpus;
use super::log::{Line, Log};
use super::{TrainError, moves, probe, samples};
use crate::artifact::{self, Artifact, Card, Figure, Mode, Provenance};
use crate::atomic;
use crate::data::{Augmentation, ClipBatch, ClipRecipe, EpochOrder, Pairs, clip_batch, pairs};
use crate::known_answer::KnownAnswer;
use crate::privacy::PrivacyConfig;
use crate::utility::UtilityConfig;

/// What a run reports after each step.
pub struct Progress<'a> {
    /// Steps done.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
    /// What the step cost.
    pub line: &'a Line,
    /// Value of `L_T` that means ignorance.
    pub utility_chance: f32,
    /// Value of `L_B` that means ignorance.
    pub privacy_chance: f32,
}

/// How a run ended.
pub enum Outcome {
    /// The model is written.
    Done {
        /// Weights and card.
        artifact: Box<Artifact>,
        /// Where the weights lie.
        weights: PathBuf,
    },
    /// It was asked to stop, and can go on from the checkpoint.
    Stopped {
        /// Where.
        checkpoint: PathBuf,
    },
}

/// The folder a run writes to.
pub struct RunFolder {
    path: PathBuf,
    about: About,
}

/// What a run is, written before its first step.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct About {
    commit: String,
    manifest: String,
    device: String,
    /// Minutes spent in earlier sittings.
    minutes: f64,
    /// Readings on raw clips, taken when the preparation ended.
    raw: Vec<Figure>,
}

impl RunFolder {
    /// Prepares `path` for a run: a new folder with the whole configuration in it, or with `resume` the folder
    /// of a run with the same configuration and data.
    ///
    /// # Errors
    /// [`TrainError`] if the folder is in use, or holds another run.
    pub fn prepare(
        path: &Path,
        config: &TrainConfig,
        corpus: &Corpus,
        (commit, device, resume): (String, String, bool),
    ) -> Result<Self, TrainError> {
        let (settings, about_path) = (path.join("config.toml"), path.join("run.json"));
        let wanted = toml::to_string(config).expect("a configuration is TOML");
        let refuse = |reason: &str| TrainError::Resume { path: path.into(), reason: reason.into() };
        let read = |path: &Path| {
            fs::read_to_string(path).map_err(|source| TrainError::Read { path: path.into(), source })
        };
        if !resume {
            if settings.exists() {
                return Err(TrainError::RunExists { path: path.into() });
            }
            let about = About { commit, manifest: corpus.digest.clone(), device, minutes: 0.0, raw: vec![] };
            let folder = Self { path: path.into(), about };
            folder.write_about()?;
            atomic::replace(&settings, wanted.as_bytes())
                .map_err(|source| TrainError::Write { path: settings, source })?;
            return Ok(folder);
        }
        if read(&settings)? != wanted {
            return Err(refuse("its configuration is another; restore it or start a new run"));
        }
        let about: About =
            serde_json::from_str(&read(&about_path)?).map_err(|_| refuse("its run.json is damaged"))?;
        if about.manifest != corpus.digest {
            return Err(refuse("the data has changed since it began; restore it or start a new run"));
        }
        Ok(Self { path: path.into(), about })
    }

    fn write_about(&self) -> Result<(), TrainError> {
        let path = self.path.join("run.json");
        let text = serde_json::to_string_pretty(&self.about).expect("strings and numbers are JSON");
        atomic::replace(&path, text.as_bytes()).map_err(|source| TrainError::Write { path, source })
    }
}

/// Runs or resumes a run. `progress` hears of every step, and stops the run by breaking: a checkpoint is
/// written then. `device` is one without autodiff; the process-wide seed of the backend is set here.
///
/// # Errors
/// [`TrainError`]; what was written by then stays and can be resumed from.
pub fn run(
    config: &TrainConfig,
    corpus: &Corpus,
    mut folder: RunFolder,
    device: &Device,
    progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Outcome, TrainError> {
    let start = Instant::now();
    let earlier = folder.about.minutes;
    let device = device.clone().autodiff();
    let mut table = Table::lay(config, corpus, &device)?;
    let mut players = players(config, corpus, &device);
    let mut step = 0;
    if let Some((reached, checkpoint)) = checkpoint::newest(&folder.path) {
        (step, players) = (reached, checkpoint::restore(&checkpoint, players)?);
    }
    let mut log = Log::open(&folder.path.join("metrics.jsonl"), step)?;
    let total = config.schedule.total();
    while step < total {
        if step == config.schedule.preparation() {
            folder.about.raw = table.raw_readings(&players);
        }
        let line;
        (players, line) = table.step(players, step);
        if let Some((term, value)) = line.not_finite() {
            return Err(not_finite(&folder.path, step, term, value));
        }
        step += 1;
        if line.step.is_multiple_of(config.schedule.log_every) || step == total {
            log.write(&line)?;
        }
        let report = Progress {
            done: step,
            total,
            line: &line,
            utility_chance: crate::utility::chance(corpus.action.actions().len()),
            privacy_chance: crate::privacy::chance(config.game.pairs),
        };
        let stop = progress(&report).is_break() && step < total;
        if stop || step.is_multiple_of(config.schedule.checkpoint_every) || step == total {
            folder.about.minutes = earlier + start.elapsed().as_secs_f64() / 60.0;
            folder.write_about()?;
            let checkpoint = checkpoint::save(&folder.path, step, &players)?;
            if stop {
                return Ok(Outcome::Stopped { checkpoint });
            }
        }
        if config.schedule.sample_every > 0 && step.is_multiple_of(config.schedule.sample_every) {
            samples::draw(&folder.path, step, &players.anonymizer.module, corpus, &device)?;
        }
    }
    samples::draw(&folder.path, step, &players.anonymizer.module, corpus, &device)?;
    finish(config, corpus, &folder, &players, &device)
}

fn not_finite(run: &Path, step: u64, term: &'static str, value: f32) -> TrainError {
    let checkpoint =
        checkpoint::newest(run).map_or_else(|| "none".into(), |(_, path)| path.display().to_string());
    TrainError::NotFinite { step, term, value, checkpoint }
}

/// Fresh players. Every parameter is made here and now: a lazy one would be made when a frozen copy is
/// first used, and be frozen in the original too.
fn players(config: &TrainConfig, corpus: &Corpus, device: &Device) -> Players {
    fn player<M: Module>(module: M) -> Player<M> {
        let optimizer = AdamConfig::new().with_epsilon(1e-8).init();
        Player { module: module.materialize(), optimizer }
    }
    device.seed(config.seed.stream("weights"));
    Players {
        anonymizer: player(config.model.init(device)),
        utility: player(UtilityConfig::new(corpus.action.actions().len()).init(device)),
        privacy: player(PrivacyConfig::new().init(device)),
    }
}

/// What lies on the table: the data in the order of play.
struct Table<'a> {
    config: &'a TrainConfig,
    corpus: &'a Corpus,
    clip_order: EpochOrder,
    picture_order: EpochOrder,
    recipe: ClipRecipe,
    device: Device,
}

impl<'a> Table<'a> {
    fn lay(config: &'a TrainConfig, corpus: &'a Corpus, device: &Device) -> Result<Self, TrainError> {
        let augmentation = Augmentation::CLIP.keeping_sides(corpus.action.actions());
        let recipe = ClipRecipe { frames: config.game.frames, skip: config.game.skip, augmentation };
        Ok(Self {
            config,
            corpus,
            clip_order: corpus.clip_order(config.game.clips, config.seed)?,
            picture_order: corpus.picture_order(config.game.pairs, config.seed)?,
            recipe,
            device: device.clone(),
        })
    }

    fn clips(&self, number: u64) -> ClipBatch {
        let mut rng = self.config.seed.rng_at("clip views", number);
        clip_batch(&self.corpus.action, &self.clip_order.batch(number), &self.recipe, &mut rng, &self.device)
    }

    fn pairs(&self, number: u64) -> Pairs {
        let mut rng = self.config.seed.rng_at("picture views", number);
        let pictures = self.picture_order.batch(number);
        pairs(&self.corpus.privacy, &pictures, &Augmentation::VIEW, &mut rng, &self.device)
    }

    /// One step of the run: preparation or game.
    fn step(&mut self, players: Players, step: u64) -> (Players, Line) {
        if step < self.config.schedule.preparation() {
            self.prepare(players, step)
        } else {
            self.play(players, step)
        }
    }

    /// Warm-up of the anonymizer and pre-training of the branches, side by side on the same batch.
    fn prepare(&self, mut players: Players, step: u64) -> (Players, Line) {
        let TrainConfig { schedule, game, rates, .. } = self.config;
        let (clips, pairs) = (self.clips(step), self.pairs(step));
        let mut line = Line { step, ..Line::default() };
        if step < schedule.warm_up {
            let images = Tensor::cat(vec![clips.frames.clone(), pairs.left.clone()], 0);
            let Player { module, mut optimizer } = players.anonymizer;
            let (module, loss) = moves::warm_up(module, &mut optimizer, &images, rates.warm_up);
            players.anonymizer = Player { module, optimizer };
            line.copy = Some(loss.into_scalar());
        }
        if step < schedule.pretrain {
            let Player { module, mut optimizer } = players.utility;
            let (module, loss) = moves::teach_utility(module, &mut optimizer, None, &clips, rates.utility);
            players.utility = Player { module, optimizer };
            line.utility_branch = Some(loss.into_scalar());
            let Player { module, mut optimizer } = players.privacy;
            let (module, loss) =
                moves::teach_privacy(module, &mut optimizer, None, &pairs, (game, rates.privacy));
            players.privacy = Player { module, optimizer };
            line.privacy_branch = Some(loss.into_scalar());
        }
        (players, line)
    }

    /// Step 1 on one batch, then step 2 on others.
    fn play(&self, players: Players, step: u64) -> (Players, Line) {
        let TrainConfig { game, rates, .. } = self.config;
        let Players { anonymizer, mut utility, mut privacy } = players;
        let batch = step * (1 + game.branch_moves);
        let (clips, pictures) = (self.clips(batch), self.pairs(batch));
        let Player { module, mut optimizer } = anonymizer;
        let (module, terms) = moves::teach_anonymizer(
            module,
            &mut optimizer,
            (&utility.module, &privacy.module),
            (&clips, &pictures),
            game,
            rates.anonymizer,
        );
        let anonymizer = Player { module, optimizer };
        let mut line = Line {
            step,
            copy: None,
            utility: Some(terms.utility.into_scalar()),
            privacy: Some(terms.privacy.into_scalar()),
            penalty: Some(terms.penalty.into_scalar()),
            distance: Some(terms.distance.into_scalar()),
            anonymizer: Some(terms.total.into_scalar()),
            ..Line::default()
        };
        for number in batch + 1..=batch + game.branch_moves {
            let judge = Some(&anonymizer.module);
            let Player { module, mut optimizer } = utility;
            let (module, loss) =
                moves::teach_utility(module, &mut optimizer, judge, &self.clips(number), rates.utility);
            utility = Player { module, optimizer };
            line.utility_branch = Some(loss.into_scalar());
            let Player { module, mut optimizer } = privacy;
            let (module, loss) = moves::teach_privacy(
                module,
                &mut optimizer,
                judge,
                &self.pairs(number),
                (game, rates.privacy),
            );
            privacy = Player { module, optimizer };
            line.privacy_branch = Some(loss.into_scalar());
        }
        (Players { anonymizer, utility, privacy }, line)
    }

    /// What the pre-trained branches see of raw clips.
    fn raw_readings(&self, players: &Players) -> Vec<Figure> {
        let (store, game) = (&self.corpus.action, &self.config.game);
        probe::readings("raw, before the game", players, None, (store, game), &self.device)
    }
}

fn finish(
    config: &TrainConfig,
    corpus: &Corpus,
    folder: &RunFolder,
    players: &Players,
    device: &Device,
) -> Result<Outcome, TrainError> {
    let anonymizer = &players.anonymizer.module;
    let mut measured = folder.about.raw.clone();
    measured.extend(probe::readings(
        "anonymized",
        players,
        Some(anonymizer),
        (&corpus.action, &config.game),
        device,
    ));
    let card = Card {
        format: artifact::FORMAT,
        name: config.name.clone(),
        mode: Mode::Learned,
        privacy_claim: "no privacy claim: leakage has not been attacked by fresh networks yet".into(),
        licence: corpus.licence.clone(),
        sha256: String::new(),
        config: config.model.clone(),
        known_answer: KnownAnswer { width: 1, height: 1, grid: vec![], tolerance: 0.0 },
        trained: Provenance {
            commit: folder.about.commit.clone(),
            data: corpus.origins.clone(),
            manifest: folder.about.manifest.clone(),
            seed: config.seed.0,
            steps: config.schedule.total(),
            minutes: folder.about.minutes,
            device: folder.about.device.clone(),
            config: serde_json::to_value(config).expect("a configuration is JSON"),
        },
        measured,
        limits: limits(config),
    };
    let artifact = Artifact::of(&anonymizer.valid(), card, &device.clone().inner())?;
    let (weights, _) = artifact.save(&folder.path.join(&config.name))?;
    Ok(Outcome::Done { artifact: Box::new(artifact), weights })
}

fn limits(config: &TrainConfig) -> Vec<String> {
    let size = config.size;
    vec![
        format!("trained on frames of {size} x {size} pixels in which a person fills most of the frame"),
        "what a fresh attacker still recognises was not measured".into(),
        "shape, gait and movement are left in the picture on purpose: they carry the action".into(),
        "sound, captions and metadata are not anonymized".into(),
    ]
}

#[cfg(test)]
mod tests;
