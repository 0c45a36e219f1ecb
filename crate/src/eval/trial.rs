//! Attackers put to work, and what they answered kept: a judgement that is repeated does only what has changed.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Bytes, Device};
use serde::{Deserialize, Serialize};

use super::EvalError;
use super::protocol::{Fold, Piece};
use crate::artifact::digest;
use crate::atomic;
use crate::attack::{Attacker, Effort, Example, Family};
use crate::data::ClipStore;
use crate::rng::Seed;

/// Part of every key: what was kept by a version whose attackers learnt otherwise is not looked at.
const VERSION: u32 = 3;
/// Looks at a clip that is asked about.
pub(super) const LOOKS: usize = 16;

/// An attacker that is to be: everything that decides what it learns.
#[derive(Clone, Copy)]
pub(super) struct Trial<'a> {
    /// What it learns from.
    pub(super) taught: &'a ClipStore,
    /// Which clips.
    pub(super) fold: &'a Fold,
    /// How many answers there are.
    pub(super) classes: usize,
    /// What it is.
    pub(super) family: Family,
    /// How long it learns.
    pub(super) effort: &'a Effort,
    /// Which of several.
    pub(super) seed: u64,
}

/// The log-probability of each class, look by look, for each piece.
pub(super) type Scores = Vec<Vec<Vec<f32>>>;

/// What an attacker answered about the pieces of a fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Answers {
    /// About those that choose.
    pub(super) choose: Scores,
    /// About those that judge.
    pub(super) ask: Scores,
}

impl Trial<'_> {
    /// What decides the attacker.
    fn key(&self) -> String {
        let Self { taught, fold, classes, family, effort, seed } = self;
        let steps = (effort.steps(*family), effort.batch, effort.mirrored);
        let learnt = examples(&fold.learn);
        digest(
            format!("{VERSION} {} {learnt:?} {classes} {family:?} {steps:?} {seed}", taught.content())
                .as_bytes(),
        )
    }

    /// The answers about the same clips as `shown` has them, from `cache` if they were given before. A raw
    /// attacker is kept too: it is asked about every transform.
    ///
    /// # Errors
    /// [`EvalError`] if the cache cannot be written.
    pub(super) fn answers(&self, shown: &ClipStore, cache: &Path) -> Result<Answers, EvalError> {
        let key = self.key();
        let asked = (examples(&self.fold.choose), examples(&self.fold.ask));
        let path = cache.join(format!(
            "{}.answers.json",
            digest(format!("{key} {} {asked:?}", shown.content()).as_bytes())
        ));
        if let Some(answers) = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return Ok(answers);
        }
        let attacker = self.attacker(&key, cache)?;
        let answers = Answers {
            choose: attacker.answers(shown, &asked.0, LOOKS),
            ask: attacker.answers(shown, &asked.1, LOOKS),
        };
        write(path, &serde_json::to_vec(&answers).expect("numbers are JSON"))?;
        Ok(answers)
    }

    /// The attacker, from `cache` if it has learnt before.
    ///
    /// # Errors
    /// [`EvalError`] if the cache cannot be written.
    pub(super) fn attacker(&self, key: &str, cache: &Path) -> Result<Attacker, EvalError> {
        let path = cache.join(format!("{key}.attacker.bpk"));
        let device = Device::flex();
        let side = self.taught.size();
        let kept = fs::read(&path).ok().and_then(|bytes| {
            Attacker::from_bytes(self.family, (self.classes, side), Bytes::from_bytes_vec(bytes), &device)
                .ok()
        });
        if let Some(attacker) = kept {
            return Ok(attacker);
        }
        let mut rng = Seed(self.seed).rng(&format!("attacker {key}"));
        let taught = examples(&self.fold.learn);
        let attacker =
            Attacker::learn(self.family, self.taught, (&taught, self.classes), self.effort, &mut rng);
        let bytes = attacker.into_bytes().map_err(EvalError::Record)?;
        write(path, &bytes)?;
        Ok(attacker)
    }
}

fn examples(pieces: &[Piece]) -> Vec<Example> {
    pieces.iter().map(|piece| piece.example.clone()).collect()
}

fn write(path: PathBuf, bytes: &[u8]) -> Result<(), EvalError> {
    atomic::replace(&path, bytes).map_err(|source| EvalError::Write { path, source })
}
