//! `metrics.jsonl`, one line for every few steps, and `readings.jsonl`, one for every validation.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::atomic;
use crate::metrics::Reading;

/// What a step cost each player, read from the device. A term that the step did not have is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Number of the step, from 0.
    pub step: u64,
    /// Mean absolute difference of the copy, in `[0, 1]` (warm-up).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<f32>,
    /// Cross-entropy of the action by the codes alone, nats a clip (warm-up of codes that see no pictures).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<f32>,
    /// `L_T` as the anonymizer met it, nats a clip; chance is `ln(actions)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utility: Option<f32>,
    /// `L_B` as the anonymizer met it, nats a row, the mean over the branches; chance is `ln(2N - 1)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<f32>,
    /// Cross-entropy of the supervised heads as the anonymizer met it, as a share of chance: 1 is ignorance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<f32>,
    /// `L_penalty`: the mean excess of the distance over the budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f32>,
    /// Mean distance of frames from their anonymized selves: RMS in `[0, 1]` for the pixel penalty, a
    /// distance of features for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<f32>,
    /// B, on the scale of the distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<f32>,
    /// lambda in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty_weight: Option<f32>,
    /// Flicker that the raw clip does not have, in `[0, 1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flicker: Option<f32>,
    /// `L_S`: distances of codes of one action by those of any two; 0: all of an action are one code, 1: chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<f32>,
    /// `L_A`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymizer: Option<f32>,
    /// How hard each weighted term pulls at the pictures: RMS of its gradient there, an element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pulls: Option<Pulls>,
    /// `L_T` of the utility branch's own move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utility_branch: Option<f32>,
    /// `L_B` of the privacy branches' own last moves, the mean over the branches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy_branch: Option<f32>,
    /// Cross-entropy of the supervised heads in their own last moves, as a share of chance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads_branch: Option<f32>,
    /// The privacy branch that began anew before this step, by its number from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restarted: Option<usize>,
    /// Learning rate of the anonymizer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
}

/// RMS of the gradient of each weighted term of `L_A` at the anonymized pictures, an element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pulls {
    /// Of `w_T L_T`, at the frames of the clips.
    pub utility: f32,
    /// Of `w_B L_B`, at the pictures of the privacy stream.
    pub privacy: f32,
    /// Of `lambda L_penalty`, at the frames of the clips.
    pub penalty: f32,
}

/// What was read during the game: a line of `readings.jsonl`. Actions are those of validation clips; attackers
/// ask across actions, about the people kept for validation where there are several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Steps done by then.
    pub step: u64,
    /// What the utility branch and quick fresh attackers recognise in anonymized clips and pictures.
    pub readings: Vec<Reading>,
    /// What early stopping looks at: action kept minus leakage, each against chance and raw; at most 1.
    /// `None` where no set's actions can be told from raw clips either.
    pub score: Option<f64>,
}

impl Line {
    /// The first loss that is no number, with its name.
    pub fn not_finite(&self) -> Option<(&'static str, f32)> {
        let terms = [
            ("the copying loss", self.copy),
            ("the loss of the codes", self.code),
            ("L_T", self.utility),
            ("L_B", self.privacy),
            ("the loss of the heads", self.heads),
            ("L_penalty", self.penalty),
            ("the distance", self.distance),
            ("B", self.budget),
            ("lambda", self.penalty_weight),
            ("the flicker", self.flicker),
            ("L_S", self.spread),
            ("L_A", self.anonymizer),
            ("L_T of the utility branch", self.utility_branch),
            ("L_B of the privacy branch", self.privacy_branch),
            ("the loss of the privacy branch's heads", self.heads_branch),
        ];
        terms
            .into_iter()
            .find_map(|(name, value)| value.filter(|value| !value.is_finite()).map(|v| (name, v)))
    }
}

/// A line that knows how many steps a run must have done for it to stand.
pub(super) trait Stepped: Serialize + DeserializeOwned {
    /// Steps done when it was written.
    fn done(&self) -> u64;
}

impl Stepped for Line {
    fn done(&self) -> u64 {
        self.step + 1
    }
}

impl Stepped for Validation {
    fn done(&self) -> u64 {
        self.step
    }
}

/// An open file of such lines.
pub(super) struct Log<T> {
    path: PathBuf,
    file: File,
    lines: PhantomData<T>,
}

impl<T: Stepped> Log<T> {
    /// Opens `path` for a run that has done `done` steps: lines of later steps, left by a run that was cut off
    /// after its last checkpoint, are dropped.
    ///
    /// # Errors
    /// [`TrainError`] names the file.
    pub(super) fn open(path: &Path, done: u64) -> Result<Self, TrainError> {
        let write = |source| TrainError::Write { path: path.into(), source };
        if path.is_file() {
            let text =
                fs::read_to_string(path).map_err(|source| TrainError::Read { path: path.into(), source })?;
            let kept: String = text
                .lines()
                .filter(|line| serde_json::from_str::<T>(line).is_ok_and(|line| line.done() <= done))
                .flat_map(|line| [line, "\n"])
                .collect();
            atomic::replace(path, kept.as_bytes()).map_err(write)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(write)?;
        Ok(Self { path: path.into(), file, lines: PhantomData })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// [`TrainError::Write`] if the disk is full.
    pub(super) fn write(&mut self, line: &T) -> Result<(), TrainError> {
        let write = |source| TrainError::Write { path: self.path.clone(), source };
        let mut text = serde_json::to_string(line).map_err(|error| write(error.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_after_the_checkpoint_are_dropped() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("metrics.jsonl");
        let mut log = Log::<Line>::open(&path, 0).expect("a new log");
        for step in [0, 10, 20] {
            log.write(&Line { step, copy: Some(0.5), ..Line::default() }).expect("written");
        }
        drop(log);
        Log::<Line>::open(&path, 11).expect("opened again");
        let text = fs::read_to_string(&path).expect("readable");
        assert_eq!(text, "{\"step\":0,\"copy\":0.5}\n{\"step\":10,\"copy\":0.5}\n", "steps 0 and 10 stay");
    }

    #[test]
    fn the_loss_that_is_no_number_is_named() {
        let line = Line { utility: Some(1.0), privacy: Some(f32::NAN), ..Line::default() };
        assert_eq!(line.not_finite().map(|(name, _)| name), Some("L_B"), "{line:?}");
    }
}
