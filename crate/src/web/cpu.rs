//! The engine on the processor: bytes in, bytes out.

use burn::tensor::Device;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{UNNAMED, working_planes};
use crate::artifact::Artifact;
use crate::engine::{RawFrame, Session};
use crate::frame::Rgba8;

/// A model at work on the processor.
#[wasm_bindgen]
pub struct CpuEngine(Session);

#[wasm_bindgen]
impl CpuEngine {
    /// Opens a model from the bytes of its weights and the text of its card, and tests it against the
    /// answer on the card.
    ///
    /// # Errors
    /// `bad-model` if weights and card do not belong together, `self-test-failed` if this engine computes
    /// something else than the card says.
    pub fn load(weights: Vec<u8>, card: &str) -> Result<CpuEngine, js_sys::Error> {
        let artifact = Artifact::open(UNNAMED, weights, card)?;
        Ok(Self(Session::open(&artifact, &Device::flex())?))
    }

    /// Anonymizes one picture: `4 * width * height` bytes R, G, B, A in, as many out, opaque.
    ///
    /// # Errors
    /// `frame-failed` if the number of bytes is another.
    pub fn anonymize(&self, rgba: Vec<u8>, width: usize, height: usize) -> Result<Vec<u8>, js_sys::Error> {
        let raw = RawFrame::from(Rgba8::new(width, height, rgba)?);
        Ok(self.0.anonymize(raw).into_picture().into_bytes())
    }

    /// The network alone, for comparing engines: three planes in `[0, 1]` in, three out.
    ///
    /// # Errors
    /// `frame-failed` if the sides are no working size or the number of values is another.
    pub fn infer(&self, planes: Vec<f32>, width: usize, height: usize) -> Result<Vec<f32>, js_sys::Error> {
        let image = working_planes(planes, width, height)?;
        Ok(self.0.infer(image).values().to_vec())
    }
}
