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
    /// The card claims a mode that its promise is not of.
    #[error(
        "the card of {name} is of mode {}, and what it promises makes it {}; fetch it again", found.word(), kept.word()
    )]
    Mode {
        /// The model.
        name: String,
        /// What the card says.
        found: Mode,
        /// What follows from its promise.
        kept: Mode,
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
        let (found, kept) = (card.mode, Mode::of(kept.as_ref()));
        if found != kept {
            return Err(ArtifactError::Mode { name: name.to_owned(), found, kept });
        }
        Ok(Self { card, weights })
    }

    /// Records `model` and completes its card: [`Card::sha256`], [`Card::known_answer`], [`Card::promise`] and
    /// [`Card::mode`] are computed here. Waits for the device.
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
        card.mode = Mode::of(card.promise.as_ref());
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
mod tests;
