//! The privacy boundary: raw frames go in, anonymized frames come out, and nothing else can make one.

mod dp;
mod mosaic;
mod motion;
mod releases;

use burn::tensor::Device;

pub use self::dp::{CodeModel, Stream};
pub use self::mosaic::{MosaicStream, MosaicStreamError};
pub use self::motion::MotionStream;
pub use self::releases::{Due, Releases, Shown};
use crate::artifact::{Artifact, ArtifactError, Card};
use crate::dp::ledger::LedgerError;
use crate::dp::mechanism::MechanismError;
use crate::frame::{self, Planes, Rgba8};
use crate::known_answer::{self, KnownAnswer};
use crate::model::Anonymizer;

/// A frame the camera saw. Anyone can make one and only this module can read it; it is neither
/// `Clone`, `Debug` nor serializable, so it cannot be kept, logged or sent by accident.
///
/// ```compile_fail
/// # use bauta::{engine::RawFrame, frame::Rgba8};
/// let raw = RawFrame::from(Rgba8::filled(8, 8, [0; 3]));
/// let kept = raw.clone(); // a raw frame cannot be copied
/// ```
pub struct RawFrame(Rgba8);

impl From<Rgba8> for RawFrame {
    fn from(picture: Rgba8) -> Self {
        Self(picture)
    }
}

/// A frame that has been through the anonymizer. Only this module can make one.
///
/// ```compile_fail
/// # use bauta::{engine::AnonFrame, frame::Rgba8};
/// let forged = AnonFrame(Rgba8::filled(1, 1, [0; 3])); // the field is private
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AnonFrame(Rgba8);

impl AnonFrame {
    /// The anonymized picture.
    pub fn picture(&self) -> &Rgba8 {
        &self.0
    }

    /// The anonymized picture, without a copy.
    pub fn into_picture(self) -> Rgba8 {
        self.0
    }
}

/// Why a model cannot be put to work.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The model's file is not what it should be.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// A model with a promise has no noise to keep it with.
    #[error(transparent)]
    Mechanism(#[from] MechanismError),
    /// A ledger counts something else than the model releases.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The engine computes something else than the machine that wrote the card.
    #[error(
        "the engine fails its self-test: it is off by {distance:.1} of 255 where {tolerance:.1} is allowed; \
         use another engine or fetch the model again"
    )]
    SelfTest {
        /// Largest difference found, in `[0, 255]`.
        distance: f32,
        /// Largest difference allowed.
        tolerance: f32,
    },
}

impl EngineError {
    /// Refuses an engine that shows of the known picture something else than its model's card says.
    ///
    /// # Errors
    /// [`EngineError::SelfTest`] says how far off it is.
    pub fn unless_known(answer: &KnownAnswer, shown: &Rgba8) -> Result<(), Self> {
        let (distance, tolerance) = (answer.distance(shown), answer.tolerance);
        if distance <= tolerance { Ok(()) } else { Err(Self::SelfTest { distance, tolerance }) }
    }
}

/// A model at work on one device.
pub struct Session {
    card: Card,
    model: Anonymizer,
    device: Device,
}

impl Session {
    /// Puts a model to work on `device`, after a self-test against the answer on its card.
    ///
    /// # Errors
    /// [`EngineError`] if the weights do not fit the card's network, or the self-test fails.
    pub fn open(artifact: &Artifact, device: &Device) -> Result<Self, EngineError> {
        let session = Self::untested(artifact, device)?;
        let answer = &session.card.known_answer;
        let picture = known_answer::pattern(answer.width.max(1), answer.height.max(1));
        EngineError::unless_known(answer, session.anonymize(RawFrame(picture)).picture())?;
        Ok(session)
    }

    fn untested(artifact: &Artifact, device: &Device) -> Result<Self, EngineError> {
        let model = artifact.restore(device)?;
        Ok(Self { card: artifact.card().clone(), model, device: device.clone() })
    }

    /// The model's card.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Anonymizes one frame at the model's working resolution. Consumes the raw pixels: afterwards nobody
    /// holds them. Waits for the device.
    pub fn anonymize(&self, raw: RawFrame) -> AnonFrame {
        let (width, height) = (raw.0.width(), raw.0.height());
        let (working_width, working_height) = self.card.config.working_size(width, height);
        let image = frame::shrink(&raw.0, working_width, working_height);
        drop(raw);
        let image = self.infer(image);
        AnonFrame(frame::grow(&image, width, height))
    }

    /// The network alone, at working resolution. Waits for the device.
    ///
    /// # Panics
    /// If a side is no multiple of [`crate::model::MULTIPLE`].
    pub fn infer(&self, image: Planes) -> Planes {
        Planes::from_tensor(self.model.forward(image.into_tensor(&self.device)))
    }
}
