//! Where a run can go on from: every player and its optimizer, in one folder that appears whole.

use std::fs;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::Bytes;

use super::TrainError;
use crate::model::Anonymizer;
use crate::privacy::Privacy;
use crate::utility::Utility;

/// A network and the optimizer that moves it.
pub(super) struct Player<M> {
    /// The network.
    pub module: M,
    /// Its optimizer.
    pub optimizer: ModuleOptimizer,
}

/// The three players.
pub(super) struct Players {
    /// `f_A`.
    pub anonymizer: Player<Anonymizer>,
    /// `f_T`.
    pub utility: Player<Utility>,
    /// `f_B`.
    pub privacy: Player<Privacy>,
}

impl<M: Module> Player<M> {
    fn save(&self, folder: &Path, who: &'static str) -> Result<(), TrainError> {
        let state = |source: RecordError| TrainError::State { who, source };
        let write = |name: String, bytes: Bytes| {
            let path = folder.join(name);
            fs::write(&path, &bytes[..]).map_err(|source| TrainError::Write { path, source })
        };
        write(format!("{who}.bpk"), self.module.clone().into_record().into_bytes().map_err(state)?)?;
        write(format!("{who}.optimizer.bpk"), self.optimizer.into_bytes().map_err(state)?)
    }

    fn restore(self, folder: &Path, who: &'static str) -> Result<Self, TrainError> {
        let state = |source: RecordError| TrainError::State { who, source };
        let read = |name: String| {
            let path = folder.join(name);
            fs::read(&path).map(Bytes::from_bytes_vec).map_err(|source| TrainError::Read { path, source })
        };
        let record = ModuleRecord::from_bytes(read(format!("{who}.bpk"))?).map_err(state)?;
        Ok(Self {
            module: self.module.try_load_record(record).map_err(state)?,
            optimizer: self.optimizer.from_bytes(read(format!("{who}.optimizer.bpk"))?).map_err(state)?,
        })
    }
}

/// Writes the checkpoint of `step` (the next step to be done) into `run`, then removes older ones.
///
/// # Errors
/// [`TrainError`] names the file; older checkpoints stay then.
pub(super) fn save(run: &Path, step: u64, players: &Players) -> Result<PathBuf, TrainError> {
    let folder = run.join(format!("checkpoint-{step:07}"));
    let unfinished = run.join(".unfinished-checkpoint");
    let write = |source| TrainError::Write { path: folder.clone(), source };
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(write)?;
    }
    fs::create_dir_all(&unfinished).map_err(write)?;
    players.anonymizer.save(&unfinished, "anonymizer")?;
    players.utility.save(&unfinished, "utility")?;
    players.privacy.save(&unfinished, "privacy")?;
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(write)?;
    }
    fs::rename(&unfinished, &folder).map_err(write)?;
    for (number, old) in all(run) {
        if number < step {
            fs::remove_dir_all(old).map_err(write)?;
        }
    }
    Ok(folder)
}

/// Restores the players from the checkpoint in `folder`.
///
/// # Errors
/// [`TrainError`] if a file cannot be read or does not fit its player.
pub(super) fn restore(folder: &Path, players: Players) -> Result<Players, TrainError> {
    Ok(Players {
        anonymizer: players.anonymizer.restore(folder, "anonymizer")?,
        utility: players.utility.restore(folder, "utility")?,
        privacy: players.privacy.restore(folder, "privacy")?,
    })
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
