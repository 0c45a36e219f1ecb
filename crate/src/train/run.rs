//! A run from the first step to the model file.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::module::Module as _;
use burn::tensor::Device;

use super::checkpoint::{self, Players, State};
use super::config::TrainConfig;
use super::corpus::Corpus;
use super::folder::RunFolder;
use super::log::{Line, Log, Validation};
use super::penalty::PenaltyState;
use super::play::Round;
use super::result::RunResult;
use super::rewriter::Rewriter;
use super::table::Table;
use super::validate::Validator;
use super::{TrainError, card, samples};
use crate::metrics::Reading;
use crate::utility::Utility;

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
    /// What was recognised in raw clips and pictures; empty before the game.
    pub raw: &'a [Reading],
    /// The last validation.
    pub validation: Option<&'a Validation>,
}

/// How a run ended.
pub enum Outcome {
    /// The model is written.
    Done {
        /// Where the weights lie; the card lies beside them.
        weights: PathBuf,
        /// What was recognised.
        result: Box<RunResult>,
    },
    /// It was asked to stop, and can go on from the checkpoint.
    Stopped {
        /// Where.
        checkpoint: PathBuf,
    },
}

/// Runs or resumes a run. `progress` hears of every step, and stops the run by breaking: a checkpoint is
/// written then. `device` is one without autodiff; the process-wide seed of the backend is set here.
///
/// # Errors
/// [`TrainError`]; what was written by then stays and can be resumed from.
pub fn run(
    config: &TrainConfig,
    corpus: &Corpus,
    folder: RunFolder,
    device: &Device,
    progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Outcome, TrainError> {
    let device = device.clone().autodiff();
    let table = Table::lay(config, corpus, &device)?;
    let round = Round { config, corpus, table, device: device.clone() };
    let validator = Validator::new(config, corpus, &device)?;
    let mut running = Running::begin(round, validator, folder)?;
    let total = config.schedule.total();
    while running.done < total && !running.state.ended_early {
        let line = running.step()?;
        let stop = progress(&running.progress(&line, total)).is_break();
        let last = running.done == total || running.state.ended_early;
        if stop || last || running.done.is_multiple_of(config.schedule.checkpoint_every) {
            let checkpoint = running.save()?;
            if stop && !last {
                return Ok(Outcome::Stopped { checkpoint });
            }
        }
    }
    running.finish()
}

/// A run between two steps.
struct Running<'a> {
    round: Round<'a>,
    validator: Validator<'a>,
    folder: RunFolder,
    /// `None` only while a step has them.
    players: Option<Players>,
    state: State,
    /// Steps done.
    done: u64,
    metrics: Log<Line>,
    readings: Log<Validation>,
    validation: Option<Validation>,
    /// Since when, and minutes of earlier sittings.
    clock: (Instant, f64),
}

const HAS_PLAYERS: &str = "a step that failed ended the run";

impl<'a> Running<'a> {
    /// From the newest checkpoint, or from the start.
    fn begin(round: Round<'a>, validator: Validator<'a>, folder: RunFolder) -> Result<Self, TrainError> {
        let mut players = round.players();
        let penalty = PenaltyState::new(&round.config.penalty);
        let mut state = State {
            balance: (penalty, None),
            best: None,
            without_better: 0,
            ended_early: false,
            late: (0, 0),
        };
        let mut done = 0;
        if let Some((reached, checkpoint)) = checkpoint::newest(folder.path()) {
            (players, state) = checkpoint::restore(&checkpoint, players)?;
            done = reached;
        }
        let metrics = Log::open(&folder.path().join("metrics.jsonl"), done)?;
        let readings = Log::open(&folder.path().join("readings.jsonl"), done)?;
        let clock = (Instant::now(), folder.about.minutes);
        let (players, validation) = (Some(players), None);
        Ok(Self { round, validator, folder, players, state, done, metrics, readings, validation, clock })
    }

    fn players(&self) -> &Players {
        self.players.as_ref().expect(HAS_PLAYERS)
    }

    /// One step, what is written with it, and the validation if it is time for one.
    fn step(&mut self) -> Result<Line, TrainError> {
        let schedule = &self.round.config.schedule;
        let step = self.done;
        if step == schedule.preparation() && schedule.steps > 0 {
            let branch = self.players().utility.module.valid();
            self.folder.about.raw = self.guarded(|| self.validator.readings(&branch, None))?;
            self.folder.write_about()?;
        }
        let players = self.players.take().expect(HAS_PLAYERS);
        let line;
        (self.players, line) = {
            let (players, line) =
                guarded(self.folder.path(), step, || self.round.step(players, &mut self.state, step))?;
            (Some(players), line)
        };
        if let Some((term, value)) = line.not_finite() {
            return Err(not_finite(self.folder.path(), step, term, value));
        }
        self.done += 1;
        if step.is_multiple_of(schedule.log_every)
            || self.done == schedule.total()
            || line.restarted.is_some()
        {
            self.metrics.write(&line)?;
        }
        self.look()?;
        let sample_every = schedule.sample_every;
        if sample_every > 0 && self.done.is_multiple_of(sample_every) {
            self.guarded(|| self.draw(&self.players().candidate()))??;
        }
        Ok(line)
    }

    /// Validates where it is time to, keeps the best anonymizer, and ends a run that gets no better.
    fn look(&mut self) -> Result<(), TrainError> {
        let (schedule, validate) = (&self.round.config.schedule, &self.round.config.validate);
        let played = self.done.saturating_sub(schedule.preparation());
        let last = self.done == schedule.total();
        if validate.every == 0 || played == 0 || !(played.is_multiple_of(validate.every) || last) {
            return Ok(());
        }
        let judged = (self.players().candidate(), self.players().utility.module.valid());
        let raw = &self.folder.about.raw;
        let validation =
            self.guarded(|| self.validator.validation(self.done, (&judged.1, &judged.0), raw))?;
        self.readings.write(&validation)?;
        match (validation.score, self.state.best) {
            (None, _) => {}
            (Some(score), Some((_, best))) if score <= best => self.state.without_better += 1,
            (Some(score), _) => {
                self.state.best = Some((self.done, score));
                self.state.without_better = 0;
                self.players.as_mut().expect(HAS_PLAYERS).best = Some(judged);
            }
        }
        self.state.ended_early =
            !last && validate.patience > 0 && self.state.without_better >= validate.patience;
        self.validation = Some(validation);
        Ok(())
    }

    fn draw(&self, anonymizer: &Rewriter) -> Result<(), TrainError> {
        let Round { config, corpus, device, .. } = &self.round;
        samples::draw(self.folder.path(), self.done, anonymizer, (corpus, config.run()), device)
    }

    fn guarded<T>(&self, work: impl FnOnce() -> T) -> Result<T, TrainError> {
        guarded(self.folder.path(), self.done, work)
    }

    fn progress<'b>(&'b self, line: &'b Line, total: u64) -> Progress<'b> {
        let about = &self.folder.about;
        Progress {
            done: self.done,
            total,
            line,
            utility_chance: about.utility_chance,
            privacy_chance: about.privacy_chance,
            raw: &about.raw,
            validation: self.validation.as_ref(),
        }
    }

    /// Writes a checkpoint, unless a weight has become no number.
    fn save(&mut self) -> Result<PathBuf, TrainError> {
        if let Some(term) = checkpoint::poisoned(self.players()) {
            return Err(not_finite(self.folder.path(), self.done, term, f32::NAN));
        }
        self.folder.about.minutes = self.clock.1 + self.clock.0.elapsed().as_secs_f64() / 60.0;
        self.folder.write_about()?;
        checkpoint::save(self.folder.path(), self.done, self.players(), &self.state)
    }

    /// The anonymizer that is kept, the utility branch that goes with it, and the step they come from.
    fn chosen(&self) -> (Rewriter, Utility, u64) {
        let players = self.players();
        match (&players.best, self.state.best) {
            (Some((anonymizer, utility)), Some((step, _))) => (anonymizer.clone(), utility.clone(), step),
            _ => (players.candidate(), players.utility.module.valid(), self.done),
        }
    }

    /// What is recognised behind the kept anonymizer, and of raw frames.
    fn last_readings(&self, anonymizer: &Rewriter, branch: &Utility) -> (Vec<Reading>, Vec<Reading>) {
        let (validator, table) = (&self.validator, &self.round.table);
        let mut anonymized = validator.fresh_actions(table, Some(anonymizer));
        anonymized.extend(validator.readings(branch, Some(anonymizer)));
        let mut raw = validator.fresh_actions(table, None);
        raw.extend(self.folder.about.raw.clone());
        (anonymized, raw)
    }

    /// Reads what the kept anonymizer hides and keeps, and writes the model, its card and `result.json`.
    fn finish(mut self) -> Result<Outcome, TrainError> {
        let (anonymizer, branch, chosen_step) = self.chosen();
        let (config, device) = (self.round.config, &self.round.device);
        self.round.seed_noise(self.done);
        self.guarded(|| self.draw(&anonymizer))??;
        let (anonymized, raw) = self.guarded(|| self.last_readings(&anonymizer, &branch))?;
        self.folder.about.minutes = self.clock.1 + self.clock.0.elapsed().as_secs_f64() / 60.0;
        self.folder.write_about()?;
        let (late, active) = self.state.late;
        let result = RunResult {
            name: config.name.clone(),
            seed: config.seed.0,
            steps: self.done,
            chosen_step,
            stopped_early: self.state.ended_early,
            minutes: self.folder.about.minutes,
            penalty_active: (late > 0).then(|| active as f64 / late as f64),
            raw,
            anonymized,
        };
        let card = card::of(config, self.round.corpus, &self.folder, &result);
        let path = self.folder.path().join(&config.name);
        let weights =
            anonymizer.valid().save((&config.model, config.size), card, &path, &device.clone().inner())?;
        self.folder.write_json("result.json", &result)?;
        Ok(Outcome::Done { weights, result: Box::new(result) })
    }
}

/// Takes a step on a device that may disappear: drivers end in a panic then, and the run in an error that says
/// where to go on.
fn guarded<T>(run: &Path, step: u64, work: impl FnOnce() -> T) -> Result<T, TrainError> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let reason = text.unwrap_or_else(|| "no reason was given".into());
        TrainError::Device { step, reason, checkpoint: newest_checkpoint(run) }
    })
}

fn newest_checkpoint(run: &Path) -> String {
    checkpoint::newest(run).map_or_else(|| "none".into(), |(_, path)| path.display().to_string())
}

fn not_finite(run: &Path, step: u64, term: &'static str, value: f32) -> TrainError {
    TrainError::NotFinite { step, term, value, checkpoint: newest_checkpoint(run) }
}

#[cfg(test)]
mod tests;
