//! The folder a run writes to.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::config::TrainConfig;
use super::corpus::Corpus;
use super::{TrainError, checkpoint};
use crate::atomic;
use crate::metrics::Reading;

/// The folder a run writes to.
pub struct RunFolder {
    path: PathBuf,
    pub(super) about: About,
}

/// What a run is, written before its first step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    pub commit: String,
    /// SHA-256 of the manifests.
    pub manifest: String,
    pub device: String,
    /// Minutes spent in earlier sittings.
    pub minutes: f64,
    /// `L_T` of ignorance, nats.
    pub utility_chance: f32,
    /// `L_B` of ignorance, nats.
    pub privacy_chance: f32,
    /// What was recognised in raw clips and pictures when the preparation ended.
    pub raw: Vec<Reading>,
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
            if settings.exists() || checkpoint::newest(path).is_some() {
                return Err(TrainError::RunExists { path: path.into() });
            }
            let about = About {
                commit,
                manifest: corpus.digest.clone(),
                device,
                minutes: 0.0,
                utility_chance: crate::utility::chance(corpus.action.actions().len()),
                privacy_chance: crate::privacy::chance(config.adversary.pairs),
                raw: vec![],
            };
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
        if about.device != device {
            let reason =
                format!("it ran on {}, where losses have other last digits; go on there", about.device);
            return Err(refuse(&reason));
        }
        if about.manifest != corpus.digest {
            return Err(refuse("the data has changed since it began; restore it or start a new run"));
        }
        Ok(Self { path: path.into(), about })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn write_about(&self) -> Result<(), TrainError> {
        self.write_json("run.json", &self.about)
    }

    /// Writes `value` to `name` in the folder, whole.
    pub(super) fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), TrainError> {
        let path = self.path.join(name);
        let text = serde_json::to_string_pretty(value).expect("strings and numbers are JSON");
        atomic::replace(&path, text.as_bytes()).map_err(|source| TrainError::Write { path, source })
    }
}
