//! The engine on the processor: bytes in, bytes out.

use std::sync::Arc;
use std::time::Duration;

use burn::tensor::Device;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{UNNAMED, fault, is_of, opening, working_planes};
use crate::artifact::{Artifact, ArtifactOf};
use crate::engine::{CodeModel, MotionStream, RawFrame, Session, Stream};
use crate::frame::Rgba8;
use crate::model::{DpConfig, MotionConfig};

/// A model at work on the processor.
#[wasm_bindgen]
pub struct CpuEngine(Kind);

enum Kind {
    /// Each frame alone.
    Learned(Box<Session>),
    /// Releases against a budget.
    Codes { model: Arc<CodeModel>, stream: Box<Stream> },
    /// What moves, told by the frames before.
    Moved(Box<MotionStream>),
}

#[wasm_bindgen]
impl CpuEngine {
    /// Opens a model from the bytes of its weights and the text of its card, and tests it against the
    /// answer on the card. `ledger` is how the ledger of a model of codes begins: JSON of any of `budget`, `delta` and
    /// `kept`.
    ///
    /// # Errors
    /// `bad-model` if weights and card do not belong together, `self-test-failed` if this engine computes
    /// something else than the card says, `bad-ledger` for a ledger that cannot be taken up.
    pub fn load(weights: Vec<u8>, card: &str, ledger: &str) -> Result<CpuEngine, js_sys::Error> {
        if is_of::<MotionConfig>(card) {
            let artifact = ArtifactOf::<MotionConfig>::open(UNNAMED, weights, card)?;
            return Ok(Self(Kind::Moved(Box::new(MotionStream::open(&artifact, &Device::flex())?))));
        }
        if !is_of::<DpConfig>(card) {
            let artifact = Artifact::open(UNNAMED, weights, card)?;
            return Ok(Self(Kind::Learned(Box::new(Session::open(&artifact, &Device::flex())?))));
        }
        let artifact = ArtifactOf::<DpConfig>::open(UNNAMED, weights, card)?;
        let model = Arc::new(CodeModel::open(&artifact, &Device::flex())?);
        let stream = Box::new(model.stream(model.ledger(opening(ledger)?)?)?);
        Ok(Self(Kind::Codes { model, stream }))
    }

    /// Anonymizes one picture: `4 * width * height` bytes R, G, B, A in, as many out, opaque. `at` is when it was taken,
    /// in microseconds on its camera's clock, for models that compare it with those before.
    ///
    /// # Errors
    /// `frame-failed` if the number of bytes is another, `budget-spent` if the budget does not hold another release.
    pub fn anonymize(
        &mut self,
        rgba: Vec<u8>,
        width: usize,
        height: usize,
        at: f64,
    ) -> Result<Vec<u8>, js_sys::Error> {
        let raw = RawFrame::from(Rgba8::new(width, height, rgba)?);
        let shown = match &mut self.0 {
            Kind::Learned(session) => session.anonymize(raw),
            Kind::Codes { stream, .. } => stream.anonymize(raw)?,
            Kind::Moved(stream) => stream.anonymize(raw, Duration::from_micros(at as u64)), // below 0 is 0
        };
        Ok(shown.into_picture().into_bytes())
    }

    /// What a model of codes makes of the known picture without noise, or one of movement after a grey one, for the
    /// self-test; nothing where a picture can be asked about as any other.
    pub fn answer(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Kind::Learned(_) => None,
            Kind::Codes { model, .. } => Some(model.answer().into_bytes()),
            Kind::Moved(stream) => Some(stream.answer().into_bytes()),
        }
    }

    /// The ledger in numbers, as JSON; its part `kept` is for taking it up again. Nothing where nothing is released.
    pub fn ledger(&self) -> Option<String> {
        match &self.0 {
            Kind::Learned(_) | Kind::Moved(_) => None,
            Kind::Codes { stream, .. } => {
                Some(serde_json::to_string(&stream.statement()).expect("numbers and words are JSON"))
            }
        }
    }

    /// The network alone, for comparing engines: three planes in `[0, 1]` in, three out.
    ///
    /// # Errors
    /// `frame-failed` if the sides are no working size, the number of values is another, or the model does not take single pictures.
    pub fn infer(&self, planes: Vec<f32>, width: usize, height: usize) -> Result<Vec<f32>, js_sys::Error> {
        let Kind::Learned(session) = &self.0 else { return Err(fault("frame-failed", &super::NotStill)) };
        Ok(session.infer(working_planes(planes, width, height)?).values().to_vec())
    }

    /// The decoder of a model of codes alone, for comparing engines: released numbers in, three planes in `[0, 1]`
    /// out, at the first place of a window.
    ///
    /// # Errors
    /// `frame-failed` if the model is another one.
    pub fn draw(&self, released: Vec<f64>) -> Result<Vec<f32>, js_sys::Error> {
        let Kind::Codes { model, .. } = &self.0 else { return Err(fault("frame-failed", &super::Noiseless)) };
        Ok(model.planes(&released, 0.0).values().to_vec())
    }
}
