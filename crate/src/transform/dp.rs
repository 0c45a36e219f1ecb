//! A model of ours that shows codes: each clip is a stream of its own.
//!
//! The noise follows from the clip's name, so that a judgement can be repeated. Whoever has this program can draw it
//! again: what is judged is what the model shows, and the promise is kept only by noise that nobody else can draw.

use std::sync::Arc;

use burn::tensor::Device;

use super::{Clip, Transform, TransformError, bytes_of};
use crate::artifact::{ArtifactOf, CardOf};
use crate::dp::accountant::Mu;
use crate::dp::ledger::Ledger;
use crate::engine::{AnonFrame, CodeModel, RawFrame};
use crate::frame::Rgba8;
use crate::model::DpConfig;
use crate::rng::Seed;

const NO_BUDGET: &str = "a ledger without budget refuses nothing";

/// A trained model of codes, noisy or not, on the CPU. Each clip comes back as pictures of 8 bits, each frame in its place.
pub struct Coded {
    name: String,
    model: Arc<CodeModel>,
}

impl Coded {
    /// Puts a model to work, after its self-test.
    ///
    /// # Errors
    /// [`TransformError::Engine`] if the weights do not fit the card's network, or the self-test fails.
    pub fn open(artifact: &ArtifactOf<DpConfig>) -> Result<Self, TransformError> {
        let model = Arc::new(CodeModel::open(artifact, &Device::flex())?);
        Ok(Self { name: model.card().name.clone(), model })
    }

    /// The same under another name, where several models are called alike.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }
}

impl Transform for Coded {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn key(&self) -> String {
        let card = self.model.card();
        let config = serde_json::to_string(&card.config).expect("numbers are JSON");
        format!("model {} {config}", card.sha256)
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let ledger = Ledger::unbounded_codes(self.model.card().config.unit());
        let seed = Seed(0).stream(&format!("noise of {}", clip.name));
        let stream = self.model.stream_seeded_for_tests(ledger, seed);
        let mut stream = stream.expect("a model that passed its self-test has a sound mechanism");
        let mut shown: Vec<Rgba8> = clip
            .pictures()
            .map(|picture| stream.anonymize(RawFrame::from(picture)).expect(NO_BUDGET).into_picture())
            .collect();
        let rest = stream.finish((clip.size, clip.size)).expect(NO_BUDGET);
        shown.extend(rest.into_iter().map(AnonFrame::into_picture));
        shown[self.model.card().config.lag()..].iter().flat_map(bytes_of).collect()
    }

    fn promise(&self, frames: usize) -> Option<Mu> {
        let CardOf { promise, config, .. } = self.model.card();
        Some(promise.as_ref()?.mu().times(config.releases(frames) as u64))
    }

    fn trained_on(&self) -> Vec<String> {
        self.model.card().trained.sets()
    }
}
