//! A model of ours: each frame goes the way it goes in the product.

use burn::tensor::Device;

use super::{Clip, Transform, TransformError};
use crate::artifact::Artifact;
use crate::engine::{RawFrame, Session};

/// A trained model on the CPU. Each frame becomes a [`RawFrame`], is anonymized alone, and comes back as a
/// picture of 8 bits: nothing finer can leak that the product would not show.
pub struct Model {
    name: String,
    session: Session,
}

impl Model {
    /// Puts a model to work, after its self-test.
    ///
    /// # Errors
    /// [`TransformError::Engine`] if the weights do not fit the card's network, or the self-test fails.
    pub fn open(artifact: &Artifact) -> Result<Self, TransformError> {
        let session = Session::open(artifact, &Device::flex())?;
        Ok(Self { name: session.card().name.clone(), session })
    }

    /// The same under another name, where several models are called alike.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }
}

impl Transform for Model {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn key(&self) -> String {
        let card = self.session.card();
        let config = serde_json::to_string(&card.config).expect("numbers are JSON");
        format!("model {} {config}", card.sha256)
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        clip.redrawn(|picture| self.session.anonymize(RawFrame::from(picture)).into_picture())
    }

    fn trained_on(&self) -> Vec<String> {
        self.session.card().trained.sets()
    }
}
