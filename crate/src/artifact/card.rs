//! What a model is, where it comes from and what is known of it: the card, as it stands in `NAME.json`.

use serde::{Deserialize, Serialize};

use crate::dp::promise::Promise;
use crate::known_answer::KnownAnswer;
use crate::model::AnonymizerConfig;

/// The version of the card's format that this crate writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// The card of an anonymizer of single pictures.
pub type Card = CardOf<AnonymizerConfig>;

/// What a model is, where it comes from and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardOf<S> {
    /// Version of this format, [`FORMAT`].
    pub format: u32,
    /// Short name, that of the files.
    pub name: String,
    /// How frames are anonymized, and so what is guaranteed.
    pub mode: Mode,
    /// What is claimed about privacy, in a sentence.
    pub privacy_claim: String,
    /// What is proved of each release; there for the mode [`Mode::Dp`] alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promise: Option<Promise>,
    /// Licence of the weights, in a sentence.
    pub licence: String,
    /// SHA-256 of the weights file, lower-case hex.
    pub sha256: String,
    /// Shape of the network.
    pub config: S,
    /// Self-test of engines.
    pub known_answer: KnownAnswer,
    /// How the weights came to be.
    pub trained: Provenance,
    /// What was measured, and on what.
    pub measured: Vec<Figure>,
    /// What the model is not good for.
    pub limits: Vec<String>,
}

impl<S> CardOf<S> {
    /// The same card for a network of another shape.
    pub fn with_config<T>(self, config: T) -> CardOf<T> {
        let Self {
            format,
            name,
            mode,
            privacy_claim,
            promise,
            licence,
            sha256,
            known_answer,
            trained,
            measured,
            limits,
            ..
        } = self;
        CardOf {
            format,
            name,
            mode,
            privacy_claim,
            promise,
            licence,
            sha256,
            config,
            known_answer,
            trained,
            measured,
            limits,
        }
    }
}

/// How frames are anonymized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By a trained network, codes without noise among them: leakage can be measured, nothing is proved.
    Learned,
    /// By short noisy codes: what a release tells is proved, see [`CardOf::promise`].
    Dp,
}

impl Mode {
    /// That of a model of which so much is promised.
    pub fn of(promise: Option<&Promise>) -> Self {
        if promise.is_some() { Self::Dp } else { Self::Learned }
    }

    /// As the card's file spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::Dp => "dp",
        }
    }
}

/// How weights came to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Commit of the code, or `unknown`.
    pub commit: String,
    /// The sets trained on, each with its licence.
    pub data: Vec<Source>,
    /// SHA-256 over the manifests' rows.
    pub manifest: String,
    /// Root seed.
    pub seed: u64,
    /// Anonymizer steps, warm-up included.
    pub steps: u64,
    /// Minutes it took.
    pub minutes: f64,
    /// What it ran on.
    pub device: String,
    /// The whole training configuration.
    pub config: serde_json::Value,
}

impl Provenance {
    /// Names of the sets trained on, each once, in order of the alphabet.
    pub fn sets(&self) -> Vec<String> {
        let mut sets: Vec<String> = self.data.iter().map(|source| source.name.clone()).collect();
        sets.sort_unstable();
        sets.dedup();
        sets
    }
}

/// A set that weights were trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Name of the set.
    pub name: String,
    /// What it was used for: `action` or `privacy`.
    pub role: String,
    /// Its licence.
    pub licence: String,
    /// Clips or pictures used.
    pub items: usize,
}

/// One measured number. The fields from [`Figure::low`] on are there where a judge has measured it; readings by a
/// trainer lack them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The value found.
    pub value: f64,
    /// The value of the best constant guess, where there is one.
    pub chance: Option<f64>,
    /// Number of clips or pictures.
    pub n: usize,
    /// Lower end of the 95 % interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The set that was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// What was measured on it, such as `identity across actions, top-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    /// What had been done to its clips: `raw` for nothing, or the name of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// What the attacker had learnt from: `retrained`, `raw-trained` or `outside`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Who guessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attacker: Option<String>,
    /// Attackers whose figures were averaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seeds: Option<usize>,
}

impl Figure {
    /// The 95 % interval, where it is known.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.low.zip(self.high)
    }
}

/// Limits that stand on a card as long as nobody but its trainer has measured: a judgement takes them off.
pub const UNJUDGED: [&str; 3] = [
    "attacked only by the trainer's quick attackers, of which the strongest may be stated too high and a patient one \
     does better",
    "where fewer than two people are kept for validation, attackers asked about people whose pictures the run has \
     learnt from",
    "what a fresh attacker still recognises was not measured",
];
