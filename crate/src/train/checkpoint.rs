//! Where a run can go on from: every player and its optimizer, in one folder that appears whole.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};

use super::balance::GradNorm;
use super::penalty::PenaltyState;
use super::rewriter::Rewriter;
use super::{TrainError, gradients};
use crate::privacy::Privacy;
use crate::utility::Utility;

/// Checkpoints that are kept: the newest may be followed by steps that all fail.
const KEPT: usize = 2;

/// A network and the optimizer that moves it.
pub(super) struct Player<M> {
    /// The network.
    pub module: M,
    /// Its optimizer.
    pub optimizer: ModuleOptimizer,
}

/// The players.
pub(super) struct Players {
    /// `f_A`.
    pub anonymizer: Player<Rewriter>,
    /// `f_T`.
    pub utility: Player<Utility>,
    /// `f_B`, one or several.
    pub privacy: Vec<Player<Privacy>>,
    /// The averaged `f_A`, where the configuration asks for one and the game has begun. Off the tape.
    pub average: Option<Rewriter>,
    /// The `f_A` with the best validation score so far, and the `f_T` of that moment. Off the tape.
    pub best: Option<(Rewriter, Utility)>,
}

impl Players {
    /// The anonymizer that would be kept if the run ended now, off the tape.
    pub(super) fn candidate(&self) -> Rewriter {
        self.average.clone().unwrap_or_else(|| self.anonymizer.module.valid())
    }
}

/// What a run has learnt beside its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Of the penalty, and of the balance of the terms.
    pub balance: (PenaltyState, Option<GradNorm>),
    /// Step and score of the best validation.
    pub best: Option<(u64, f64)>,
    /// Validations since then.
    pub without_better: u64,
    /// Whether they were enough to end the run.
    pub ended_early: bool,
    /// Steps in the last quarter of the game, and those of them in which the penalty was active.
    pub late: (u64, u64),
}

impl<M: Module> Player<M> {
    /// Moves the network down `gradients`.
    pub(super) fn step(self, rate: f64, gradients: GradientsParams) -> Self {
        let Self { module, mut optimizer } = self;
        Self { module: optimizer.step(rate, module, gradients), optimizer }
    }

    fn save(&self, folder: &Path, who: &str) -> Result<(), TrainError> {
        save_module(&self.module, folder, who)?;
        let state = self.optimizer.into_bytes().map_err(|source| unrecorded(who, source))?;
        write(&folder.join(format!("{who}.optimizer.bpk")), &state)
    }

    fn restore(self, folder: &Path, who: &str) -> Result<Self, TrainError> {
        let module = restore_module(self.module, folder, who)?;
        let state = read(&folder.join(format!("{who}.optimizer.bpk")))?;
        let optimizer = self.optimizer.from_bytes(state).map_err(|source| unrecorded(who, source))?;
        Ok(Self { module, optimizer })
    }
}

fn unrecorded(who: &str, source: RecordError) -> TrainError {
    TrainError::State { who: who.into(), source }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let written =
        File::create(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|source| TrainError::Write { path: path.into(), source })
}

fn read(path: &Path) -> Result<Bytes, TrainError> {
    let bytes = fs::read(path).map_err(|source| TrainError::Read { path: path.into(), source })?;
    Ok(Bytes::from_bytes_vec(bytes))
}

fn save_module<M: Module>(module: &M, folder: &Path, who: &str) -> Result<(), TrainError> {
    let bytes = module.clone().into_record().into_bytes().map_err(|source| unrecorded(who, source))?;
    write(&folder.join(format!("{who}.bpk")), &bytes)
}

fn restore_module<M: Module>(module: M, folder: &Path, who: &str) -> Result<M, TrainError> {
    let bytes = read(&folder.join(format!("{who}.bpk")))?;
    let record = ModuleRecord::from_bytes(bytes).map_err(|source| unrecorded(who, source))?;
    module.try_load_record(record).map_err(|source| unrecorded(who, source))
}

/// The first player with a weight that is no number.
pub(super) fn poisoned(players: &Players) -> Option<&'static str> {
    if !gradients::all_finite(&players.anonymizer.module) {
        return Some("a weight of the anonymizer");
    }
    if !gradients::all_finite(&players.utility.module) {
        return Some("a weight of the utility branch");
    }
    let sound = players.privacy.iter().all(|branch| gradients::all_finite(&branch.module));
    (!sound).then_some("a weight of a privacy branch")
}

/// Writes the checkpoint of `step` (the next step to be done) into `run`, then removes all but the newest
/// ones.
///
/// # Errors
/// [`TrainError`] names the file; older checkpoints stay then.
pub(super) fn save(run: &Path, step: u64, players: &Players, state: &State) -> Result<PathBuf, TrainError> {
    let folder = run.join(format!("checkpoint-{step:07}"));
    let unfinished = run.join(".unfinished-checkpoint");
    let failed = |source| TrainError::Write { path: folder.clone(), source };
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(failed)?;
    }
    fs::create_dir_all(&unfinished).map_err(failed)?;
    players.anonymizer.save(&unfinished, "anonymizer")?;
    players.utility.save(&unfinished, "utility")?;
    for (number, branch) in players.privacy.iter().enumerate() {
        branch.save(&unfinished, &format!("privacy-{number}"))?;
    }
    if let Some(average) = &players.average {
        save_module(average, &unfinished, "average")?;
    }
    if let Some((anonymizer, utility)) = &players.best {
        save_module(anonymizer, &unfinished, "best")?;
        save_module(utility, &unfinished, "best-utility")?;
    }
    write(&unfinished.join("state.json"), &serde_json::to_vec(state).expect("numbers are JSON"))?;
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::rename(&unfinished, &folder).map_err(failed)?;
    File::open(run).and_then(|run| run.sync_all()).map_err(failed)?;
    let mut older: Vec<_> = all(run).into_iter().filter(|(number, _)| *number < step).collect();
    older.sort();
    older.truncate((older.len() + 1).saturating_sub(KEPT));
    older.into_iter().try_for_each(|(_, old)| fs::remove_dir_all(old).map_err(failed))?;
    Ok(folder)
}

/// Restores players and state from the checkpoint in `folder`.
///
/// # Errors
/// [`TrainError`] if a file cannot be read or does not fit its player.
pub(super) fn restore(folder: &Path, players: Players) -> Result<(Players, State), TrainError> {
    let path = folder.join("state.json");
    let state = serde_json::from_slice(&read(&path)?).map_err(|_| TrainError::Resume {
        path,
        reason: "it is no state of this version's trainer".into(),
    })?;
    let there = |who: &str| folder.join(format!("{who}.bpk")).exists();
    let anonymizer = |who: &str| restore_module(players.anonymizer.module.valid(), folder, who);
    let average = there("average").then(|| anonymizer("average")).transpose()?;
    let best = if there("best") {
        let utility = restore_module(players.utility.module.valid(), folder, "best-utility")?;
        Some((anonymizer("best")?, utility))
    } else {
        None
    };
    let branches = players.privacy.into_iter().enumerate();
    let players = Players {
        anonymizer: players.anonymizer.restore(folder, "anonymizer")?,
        utility: players.utility.restore(folder, "utility")?,
        privacy: branches
            .map(|(number, branch)| branch.restore(folder, &format!("privacy-{number}")))
            .collect::<Result<_, _>>()?,
        average,
        best,
    };
    Ok((players, state))
}

/// The newest checkpoint of a run: its step and folder.
pub(super) fn newest(run: &Path) -> Option<(u64, PathBuf)> {
    all(run).into_iter().max()
}

fn all(run: &Path) -> Vec<(u64, PathBuf)> {
    let entries = fs::read_dir(run).into_iter().flatten().flatten();
    let numbered = entries.filter_map(|entry| {
        let step = entry.file_name().to_str()?.strip_prefix("checkpoint-")?.parse().ok()?;
        Some((step, entry.path()))
    });
    numbered.collect()
}
