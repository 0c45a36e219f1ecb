//! A trained model as two files: weights (`NAME.bpk`, burnpack) and card (`NAME.json`).
//!
//! Weights never travel without their card, and a pair that does not belong together is refused.

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::dp::promise::Promise;
use crate::frame::{self, Planes, Rgba8};
use crate::known_answer::{self, KnownAnswer};
use crate::model::{AnonymizerConfig, ModelError, Shape};

mod card;
#[cfg(feature = "native")]
mod files;

pub use card::{Card, CardOf, FORMAT, Figure, Mode, Provenance, Source, UNJUDGED};

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
        Self::way_out(found.as_deref())
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
    /// The card promises something else than its mechanism keeps.
    #[error("the card of {name} promises {promised}, its clip and noise keep {kept}; fetch it again")]
    Promise {
        /// The model.
        name: String,
        /// What the card says.
        promised: String,
        /// What follows from its configuration.
        kept: String,
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
        match architecture {
            None => "an anonymizer of single pictures".into(),
            Some("dp") => "a model of short noisy codes (dp)".into(),
            Some("motion") => "a model of movement (motion)".into(),
            Some(name) => format!("a filter of clips ({name})"),
        }
    }

    fn way_out(architecture: Option<&str>) -> &'static str {
        match architecture {
            Some("dp") => {
                "what it shows rests on what it has released and spent: `bauta judge`, `bauta anonymize`, `bauta audit-dp` and `bauta card` take it"
            }
            Some("motion") => {
                "what it shows rests on the frames before: `bauta judge`, `bauta anonymize`, `bauta card` and the web page take it"
            }
            _ => {
                "filters of clips look at the frame before and are for `bauta judge` alone, every other use wants a model \
                 that takes single pictures"
            }
        }
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

/// What the card in `text` calls its network; `None` for the default one, and for what is no card.
pub fn architecture(text: &str) -> Option<String> {
    serde_json::from_str::<Header>(text).ok()?.config.architecture
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
        let said = |promise: &Option<Promise>| promise.as_ref().map_or("nothing".into(), Promise::sentence);
        let kept = card.config.promise();
        if card.promise != kept {
            let (promised, kept) = (said(&card.promise), said(&kept));
            return Err(ArtifactError::Promise { name: name.to_owned(), promised, kept });
        }
        Ok(Self { card, weights })
    }

    /// Records `model` and completes its card: [`Card::sha256`], [`Card::known_answer`] and [`Card::promise`] are
    /// computed here. Waits for the device.
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
        card.known_answer = KnownAnswer::of(&enlarged::<S>(&answer, width, height));
        card.sha256 = digest(&weights);
        card.promise = card.config.promise();
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

/// The picture of a network of shape `S`, as it is shown.
pub fn enlarged<S: Shape>(picture: &Planes, width: usize, height: usize) -> Rgba8 {
    if S::BLENDS { frame::grow(picture, width, height) } else { frame::repeat(picture, width, height) }
}

/// SHA-256 in lower-case hex.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dp::mechanism::MechanismConfig;
    use crate::model::DpConfig;

    fn blank_card() -> Card {
        Card {
            format: FORMAT,
            name: "fresh".into(),
            mode: Mode::Learned,
            privacy_claim: "none".into(),
            promise: None,
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

    fn promising() -> ArtifactOf<DpConfig> {
        let (device, mechanism) = (Device::flex(), MechanismConfig { clip: 1.0, sigma: 2.0 });
        let card = blank_card().with_config(DpConfig::new((16, 3, 4), mechanism));
        ArtifactOf::of(&card.config.init(&device), card, &device).expect("recorded")
    }

    #[test]
    fn a_model_with_a_promise_survives_the_disk_and_is_taken_for_no_other() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let before = promising();
        let promise = before.card().promise.clone().expect("a promise");
        assert!((promise.mu_per_release, promise.delta) == (1.0, 1e-5), "{promise:?}");
        let path = folder.path().join("fresh");
        before.save(&path).expect("written");
        let after = ArtifactOf::<DpConfig>::load(&path).expect("read");
        assert_eq!(after.card(), before.card(), "the card changed");
        let error = Artifact::load(&path).map(|_| ()).expect_err("taken for a model").to_string();
        assert!(error.contains("short noisy codes (dp)") && error.contains("bauta judge"), "{error}");
    }

    #[test]
    fn a_card_that_promises_more_than_its_noise_keeps_is_refused() {
        let artifact = promising();
        let open = |card: &CardOf<DpConfig>| {
            let text = serde_json::to_string(card).expect("a card is JSON");
            ArtifactOf::<DpConfig>::open("fresh.json", artifact.weights().to_vec(), &text)
        };
        assert!(open(artifact.card()).is_ok(), "the card as it is");
        let mut quiet = artifact.card().clone();
        quiet.config.mechanism.sigma = 1.0; // half the noise behind the same promise
        let error = open(&quiet).map(|_| ()).expect_err("half the noise").to_string();
        assert!(error.contains("1.0000-GDP") && error.contains("2.0000-GDP"), "{error}");
        let mut silent = artifact.card().clone();
        silent.promise = None;
        assert!(matches!(open(&silent), Err(ArtifactError::Promise { .. })), "a card without its promise");
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
