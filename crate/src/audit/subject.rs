//! What is audited.

use std::collections::HashMap;
use std::sync::Arc;

use burn::tensor::Tensor;

use crate::dp::ledger::Ledger;
use crate::dp::mechanism::MechanismConfig;
use crate::engine::{CodeModel, EngineError, Stream};
use crate::frame::Rgba8;

/// What promises something, and what it shows.
pub trait Subject {
    /// What it says of clip and noise; an audit believes none of it.
    fn says(&self) -> MechanismConfig;

    /// Numbers that each place of a code is divided by.
    fn scale(&self) -> &[f64];

    /// What it says of which frames it reads and releases; an audit believes none of it.
    fn timing(&self) -> Timing;

    /// Side of the pictures that it works on.
    fn side(&self) -> usize;

    /// What it releases for codes, one after the other, in a stream of their own.
    ///
    /// # Errors
    /// [`EngineError`] if there is no noise to be had.
    fn release(&mut self, codes: &[&[f32]]) -> Result<Vec<Vec<f64>>, EngineError>;

    /// What it shows of the last frame of a clip, in a stream of its own.
    ///
    /// # Errors
    /// [`EngineError`] if there is no noise to be had.
    fn show(&mut self, clip: &[Rgba8]) -> Result<Rgba8, EngineError>;
}

/// Which frames of a stream a subject says that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Frames that one code is of.
    pub window: usize,
    /// Frames from one that is read to the next; those between are not.
    pub stride: usize,
}

impl Timing {
    /// Frames from the first of a window to its last, which is released at once.
    pub fn whole(self) -> usize {
        (self.window - 1) * self.stride + 1
    }
}

/// A model as the product runs it, with noise of the system.
pub struct Model {
    model: Arc<CodeModel>,
    /// Features of frames, by their bytes: the same few frames are seen in every run.
    known: HashMap<Vec<u8>, Tensor<4>>,
}

impl Model {
    /// A model to be audited.
    pub fn new(model: CodeModel) -> Self {
        Self { model: Arc::new(model), known: HashMap::new() }
    }

    fn stream(&self) -> Result<Stream, EngineError> {
        self.model.stream(Ledger::unbounded_codes(self.model.card().config.unit()))
    }
}

impl Subject for Model {
    fn says(&self) -> MechanismConfig {
        self.model.card().config.mechanism
    }

    fn scale(&self) -> &[f64] {
        self.model.scale()
    }

    fn timing(&self) -> Timing {
        let config = &self.model.card().config;
        Timing { window: config.window, stride: config.stride() }
    }

    fn side(&self) -> usize {
        self.model.card().config.side
    }

    fn release(&mut self, codes: &[&[f32]]) -> Result<Vec<Vec<f64>>, EngineError> {
        let mut stream = self.stream()?;
        Ok(codes.iter().map(|code| stream.release_for_audit(code).values().to_vec()).collect())
    }

    fn show(&mut self, clip: &[Rgba8]) -> Result<Rgba8, EngineError> {
        let mut stream = self.stream()?;
        let Self { model, known } = self;
        let mut features = |frame: &Rgba8| match known.get(frame.bytes()) {
            Some(features) => features.clone(),
            None => known.entry(frame.bytes().to_vec()).or_insert(model.features(frame)).clone(),
        };
        let shown =
            stream.last_for_audit(clip, &mut features).expect("a ledger without budget refuses nothing");
        Ok(shown.into_picture())
    }
}
