//! A trained model as two files: weights (`NAME.bpk`, burnpack) and card (`NAME.json`).
//!
//! Weights never travel without their card, and a pair that does not belong together is refused.

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::frame::{self, Planes};
use crate::known_answer::{self, KnownAnswer};
use crate::model::{AnonymizerConfig, ModelError, Shape};

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
    /// By a trained network: leakage can be measured, nothing is proved.
    Learned,
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

/// Why a model was refused, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// A file could not be read.
    #[error("cannot read {path}; a model is two files, NAME.bpk and NAME.json")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The card is no card.
    #[error("the model card {name} cannot be understood; fetch it again")]
    Card {
        /// The card's file or name.
        name: String,
        /// Line, column and field.
        source: serde_json::Error,
    },
    /// The card is from the future.
    #[error("the model card {name} has format {found}, this Bauta reads up to {FORMAT}; update Bauta")]
    Newer {
        /// The card's file or name.
        name: String,
        /// Its format.
        found: u32,
    },
    /// The card is that of something else.
    #[error(
        "{name} is {}, not {}; {}", Self::kind(found.as_deref()), Self::kind(*wanted),
        "filters of clips look at the frame before and are for `bauta judge` alone, every other use wants a model that \
         takes single pictures"
    )]
    Architecture {
        /// The card's file or name.
        name: String,
        /// What the card says.
        found: Option<String>,
        /// What was to be opened.
        wanted: Option<&'static str>,
    },
    /// The card promises other weights.
    #[error(
        "the weights of {name} are not those its card describes (expected SHA-256 {expected}, found {found}); \
         fetch them again"
    )]
    Altered {
        /// The model.
        name: String,
        /// SHA-256 on the card.
        expected: String,
        /// SHA-256 of the bytes.
        found: String,
    },
    /// The card's numbers describe no network.
    #[error("the card of {name} describes no network")]
    Config {
        /// The model.
        name: String,
        /// Which number does not fit.
        source: ModelError,
    },
    /// The weights are those of another network.
    #[error("the weights of {name} do not fit the network its card describes")]
    Misfit {
        /// The model.
        name: String,
        /// Which parameter.
        source: burn::store::RecordError,
    },
}

impl ArtifactError {
    fn kind(architecture: Option<&str>) -> String {
        architecture.map_or_else(
            || "an anonymizer of single pictures".into(),
            |name| format!("a filter of clips ({name})"),
        )
    }
}

/// An anonymizer of single pictures: verified weights and their card.
pub type Artifact = ArtifactOf<AnonymizerConfig>;

/// Verified weights and their card.
#[derive(Clone)]
pub struct ArtifactOf<S> {
    card: CardOf<S>,
    weights: Vec<u8>,
}

/// The part of a card that every format has.
#[derive(Deserialize)]
struct Header {
    format: u32,
    #[serde(default)]
    config: Kind,
}

/// The part of a network's shape that says what it is a shape of.
#[derive(Default, Deserialize)]
struct Kind {
    architecture: Option<String>,
}

impl<S: Shape> ArtifactOf<S> {
    /// Checks that `weights` are those the card describes. `name` is what errors call the card.
    ///
    /// # Errors
    /// [`ArtifactError`] if the card is no card or too new, or the weights are others.
    pub fn open(name: &str, weights: Vec<u8>, card: &str) -> Result<Self, ArtifactError> {
        let unreadable = |source| ArtifactError::Card { name: name.to_owned(), source };
        let Header { format, config } = serde_json::from_str(card).map_err(unreadable)?;
        if format > FORMAT {
            return Err(ArtifactError::Newer { name: name.to_owned(), found: format });
        }
        if config.architecture.as_deref() != S::ARCHITECTURE {
            let (found, wanted) = (config.architecture, S::ARCHITECTURE);
            return Err(ArtifactError::Architecture { name: name.to_owned(), found, wanted });
        }
        let card: CardOf<S> = serde_json::from_str(card).map_err(unreadable)?;
        let found = digest(&weights);
        if found != card.sha256 {
            return Err(ArtifactError::Altered { name: name.to_owned(), expected: card.sha256, found });
        }
        card.config.validate().map_err(|source| ArtifactError::Config { name: name.to_owned(), source })?;
        Ok(Self { card, weights })
    }

    /// Records `model` and completes its card: [`Card::sha256`] and [`Card::known_answer`] are computed
    /// here. Waits for the device.
    ///
    /// # Errors
    /// [`ArtifactError::Misfit`] if the weights cannot be recorded.
    pub fn of(model: &S::Network, mut card: CardOf<S>, device: &Device) -> Result<Self, ArtifactError> {
        let name = card.name.clone();
        let record = model.clone().into_record();
        let bytes = record.into_bytes().map_err(|source| ArtifactError::Misfit { name, source })?;
        let weights = bytes.to_vec();
        let (width, height) = KnownAnswer::SIZE;
        let (working_width, working_height) = card.config.working_size(width, height);
        let image = frame::shrink(&known_answer::pattern(width, height), working_width, working_height);
        let answer = Planes::from_tensor(S::answer(model, image.into_tensor(device)));
        card.known_answer = KnownAnswer::of(&frame::grow(&answer, width, height));
        card.sha256 = digest(&weights);
        Ok(Self { card, weights })
    }

    /// The card.
    pub fn card(&self) -> &CardOf<S> {
        &self.card
    }

    /// The weights as burnpack bytes.
    pub fn weights(&self) -> &[u8] {
        &self.weights
    }

    /// The network with its weights, on `device`.
    ///
    /// # Errors
    /// [`ArtifactError::Misfit`] if the weights are those of another network.
    pub fn restore(&self, device: &Device) -> Result<S::Network, ArtifactError> {
        let misfit = |source| ArtifactError::Misfit { name: self.card.name.clone(), source };
        let bytes = Bytes::from_bytes_vec(self.weights.clone());
        let record = ModuleRecord::from_bytes(bytes).map_err(misfit)?;
        self.card.config.blank(device).try_load_record(record).map_err(misfit)
    }
}

/// SHA-256 in lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(feature = "native")]
mod files {
    use std::ffi::OsStr;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Artifact, ArtifactError, ArtifactOf, CardOf};
    use crate::atomic::replace;
    use crate::model::Shape;

    impl Artifact {
        /// The model that comes with the program, `bauta-s`.
        ///
        /// # Errors
        /// [`ArtifactError`] if the program was built with weights and card that do not belong together.
        pub fn built_in() -> Result<Self, ArtifactError> {
            let weights = include_bytes!("../../models/bauta-s.bpk");
            Self::open("bauta-s.json", weights.to_vec(), include_str!("../../models/bauta-s.json"))
        }
    }

    impl<S: Shape> ArtifactOf<S> {
        /// Reads `NAME.bpk` and `NAME.json`; `path` names either, or `NAME` alone.
        ///
        /// # Errors
        /// [`ArtifactError`] names the file and what is wrong with it.
        pub fn load(path: &Path) -> Result<Self, ArtifactError> {
            let (weights, card) = pair(path);
            let name = card.display().to_string();
            let card = fs::read_to_string(&card).map_err(|source| unreadable(&card, source))?;
            let weights = fs::read(&weights).map_err(|source| unreadable(&weights, source))?;
            Self::open(&name, weights, &card)
        }

        /// Writes `NAME.bpk` and `NAME.json`, each whole or not at all, and gives their paths.
        ///
        /// # Errors
        /// [`ArtifactError::Write`] if a file cannot be written.
        pub fn save(&self, path: &Path) -> Result<(PathBuf, PathBuf), ArtifactError> {
            let (weights, _) = pair(path);
            replace(&weights, &self.weights).map_err(|source| unwritable(&weights, source))?;
            Ok((weights, self.card.save(path)?))
        }
    }

    impl<S: Shape> CardOf<S> {
        /// Writes `NAME.json`, whole or not at all, and gives its path. The weights beside it stay as they are.
        ///
        /// # Errors
        /// [`ArtifactError::Write`] if the file cannot be written.
        pub fn save(&self, path: &Path) -> Result<PathBuf, ArtifactError> {
            let (_, card) = pair(path);
            let mut json = serde_json::to_string_pretty(self)
                .map_err(|source| ArtifactError::Card { name: self.name.clone(), source })?;
            json.push('\n');
            replace(&card, json.as_bytes()).map_err(|source| unwritable(&card, source))?;
            Ok(card)
        }
    }

    fn pair(path: &Path) -> (PathBuf, PathBuf) {
        let is_file_of_pair =
            path.extension().is_some_and(|end| end == OsStr::new("bpk") || end == OsStr::new("json"));
        let stem = if is_file_of_pair { path.with_extension("") } else { path.to_owned() };
        let with = |end: &str| {
            let mut name = stem.clone().into_os_string();
            name.push(end);
            PathBuf::from(name)
        };
        (with(".bpk"), with(".json"))
    }

    fn unreadable(path: &Path, source: std::io::Error) -> ArtifactError {
        ArtifactError::Read { path: path.display().to_string(), source }
    }

    fn unwritable(path: &Path, source: std::io::Error) -> ArtifactError {
        ArtifactError::Write { path: path.display().to_string(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank_card() -> Card {
        Card {
            format: FORMAT,
            name: "fresh".into(),
            mode: Mode::Learned,
            privacy_claim: "none".into(),
            licence: "MIT OR Apache-2.0".into(),
            sha256: String::new(),
            config: AnonymizerConfig::new().with_width(8),
            known_answer: KnownAnswer { width: 1, height: 1, grid: vec![], tolerance: 0.0 },
            trained: Provenance {
                commit: "unknown".into(),
                data: vec![],
                manifest: String::new(),
                seed: 0,
                steps: 0,
                minutes: 0.0,
                device: "test".into(),
                config: serde_json::Value::Null,
            },
            measured: vec![],
            limits: vec![],
        }
    }

    fn fresh() -> Artifact {
        let device = Device::flex();
        let card = blank_card();
        Artifact::of(&card.config.init(&device), card, &device).expect("fresh weights can be recorded")
    }

    fn json(card: &Card) -> String {
        serde_json::to_string(card).expect("a card is JSON")
    }

    #[cfg(feature = "native")]
    #[test]
    fn a_filter_of_clips_survives_the_disk_and_no_engine_takes_it_for_a_model() {
        use crate::model::{BdqConfig, STEPS};
        let (device, folder) = (Device::flex(), tempfile::tempdir().expect("a temporary folder"));
        let card = blank_card().with_config(BdqConfig::new(STEPS));
        let before = ArtifactOf::of(&card.config.init(&device), card, &device).expect("recorded");
        let path = folder.path().join("fresh");
        before.save(&path).expect("written");
        let after = ArtifactOf::<BdqConfig>::load(&path).expect("read");
        assert_eq!(after.card(), before.card(), "the card changed");
        let learnt =
            |artifact: &ArtifactOf<BdqConfig>| artifact.restore(&device).expect("its weights").learnt();
        assert_eq!(learnt(&after), learnt(&before), "the weights changed");
        let error = Artifact::load(&path).map(|_| ()).expect_err("taken for a model").to_string();
        assert!(error.contains("filter of clips (bdq)") && error.contains("bauta judge"), "{error}");
        fresh().save(&path).expect("written");
        let error =
            ArtifactOf::<BdqConfig>::load(&path).map(|_| ()).expect_err("taken for a filter").to_string();
        assert!(error.contains("fresh.json is an anonymizer of single pictures"), "{error}");
    }

    #[test]
    fn a_model_survives_the_disk() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let before = fresh();
        before.save(&folder.path().join("fresh")).expect("written");
        let after = Artifact::load(&folder.path().join("fresh.bpk")).expect("read");
        assert_eq!(after.card(), before.card(), "the card changed");
        assert!(after.weights() == before.weights(), "the weights changed");
        let session = crate::engine::Session::open(&after, &Device::flex());
        assert!(session.is_ok(), "{:?}", session.err());
    }

    #[test]
    fn one_flipped_bit_is_refused() {
        let artifact = fresh();
        let mut weights = artifact.weights().to_vec();
        let last = weights.len() - 1;
        weights[last] ^= 1;
        let error = Artifact::open("fresh.json", weights, &json(artifact.card())).err().expect("refused");
        assert!(matches!(error, ArtifactError::Altered { .. }), "{error}");
        assert!(error.to_string().contains("fetch them again"), "no way out: {error}");
    }

    #[test]
    fn a_card_of_a_newer_format_is_refused_even_if_its_fields_are_unknown() {
        let error =
            Artifact::open("x.json", vec![], r#"{"format": 2, "novel": true}"#).err().expect("refused");
        assert!(matches!(error, ArtifactError::Newer { found: 2, .. }), "{error}");
    }

    #[test]
    fn weights_of_another_network_are_refused() {
        let mut artifact = fresh();
        artifact.card.config.width = 16;
        let error = artifact.restore(&Device::flex()).expect_err("refused");
        assert!(matches!(error, ArtifactError::Misfit { .. }), "{error}");
    }

    #[test]
    fn an_engine_that_computes_something_else_fails_its_self_test() {
        let mut artifact = fresh();
        artifact.card.known_answer.grid[100] += 3.0;
        let error = crate::engine::Session::open(&artifact, &Device::flex()).err().expect("refused");
        assert!(error.to_string().contains("self-test"), "{error}");
    }

    #[test]
    fn a_card_without_intervals_is_read_and_written_as_it_was() {
        let before = r#"{"name":"a","value":0.5,"chance":null,"n":9}"#;
        let figure: Figure = serde_json::from_str(before).expect("the fields of old cards");
        assert_eq!(figure.interval(), None, "an interval nobody measured");
        assert_eq!(serde_json::to_string(&figure).expect("JSON"), before, "something was added");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Artifact::load(std::path::Path::new("/nowhere/ghost")).err().expect("refused");
        assert!(error.to_string().contains("/nowhere/ghost.json"), "{error}");
    }
}
