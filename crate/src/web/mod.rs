//! What the web page calls: one engine a WebAssembly file, on the processor or on the GPU.
//!
//! The page owns the camera, the frames and their clocks; this room owns the model. Whatever goes wrong
//! reaches JavaScript as an `Error` whose `name` is a stable code and whose `message` is a sentence.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "wgpu")]
mod gpu;
#[cfg(feature = "mosaic")]
mod mosaic;

use std::error::Error;

use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "cpu")]
pub use cpu::CpuEngine;
#[cfg(feature = "wgpu")]
pub use gpu::GpuEngine;
#[cfg(feature = "mosaic")]
pub use mosaic::MosaicEngine;

use crate::artifact::{self, ArtifactError};
use crate::dp::ledger::{LedgerError, Opening};
#[cfg(any(feature = "cpu", feature = "wgpu"))]
use crate::dp::mechanism::{Mechanism, MechanismConfig, MechanismError, Noise};
use crate::engine::EngineError;
#[cfg(feature = "mosaic")]
use crate::engine::MosaicStreamError;
use crate::frame::FrameError;
#[cfg(any(feature = "cpu", feature = "wgpu"))]
use crate::model::Shape;

/// Sends the message of a panic to the console: all that is left of it otherwise is `unreachable`.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// The newest format of model cards that this engine reads.
#[wasm_bindgen(js_name = cardFormat)]
pub fn card_format() -> u32 {
    artifact::FORMAT
}

/// What the page calls a model that came without a file name.
#[cfg(any(feature = "cpu", feature = "wgpu"))]
const UNNAMED: &str = "that was given";

/// A JavaScript error: `code` as its name, and the whole chain of causes as its message.
fn fault(code: &str, error: &dyn Error) -> js_sys::Error {
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        sentence = format!("{sentence}: {error}");
        cause = error.source();
    }
    let error = js_sys::Error::new(&sentence);
    error.set_name(code);
    error
}

impl From<ArtifactError> for js_sys::Error {
    fn from(error: ArtifactError) -> Self {
        fault("bad-model", &error)
    }
}

impl From<EngineError> for js_sys::Error {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Artifact(_) | EngineError::Mechanism(_) => fault("bad-model", &error),
            EngineError::Ledger(error) => error.into(),
            EngineError::SelfTest { .. } => fault("self-test-failed", &error),
        }
    }
}

impl From<FrameError> for js_sys::Error {
    fn from(error: FrameError) -> Self {
        fault("frame-failed", &error)
    }
}

impl From<LedgerError> for js_sys::Error {
    fn from(error: LedgerError) -> Self {
        let code = if matches!(error, LedgerError::Spent { .. }) { "budget-spent" } else { "bad-ledger" };
        fault(code, &error)
    }
}

#[cfg(feature = "mosaic")]
impl From<MosaicStreamError> for js_sys::Error {
    fn from(error: MosaicStreamError) -> Self {
        match error {
            MosaicStreamError::Ledger(error) => error.into(),
            MosaicStreamError::Mosaic(_) | MosaicStreamError::Noise(_) => fault("bad-model", &error),
        }
    }
}

/// How a ledger begins, from JSON.
fn opening(text: &str) -> Result<Opening, js_sys::Error> {
    serde_json::from_str(text).map_err(|error| fault("bad-ledger", &error))
}

/// Whether a card is that of a network of shape `S`. What is no card is not: the model's own door refuses it.
#[cfg(any(feature = "cpu", feature = "wgpu"))]
fn is_of<S: Shape>(card: &str) -> bool {
    artifact::architecture(card).as_deref() == S::ARCHITECTURE
}

/// The model's network does not make a picture of a picture.
#[cfg(any(feature = "cpu", feature = "wgpu"))]
#[derive(Debug, thiserror::Error)]
#[error(
    "models of codes show pictures behind noise alone, those of movement clips alone; compare draw() or anonymize()"
)]
struct NotStill;

/// Only codes have a decoder of their own.
#[cfg(any(feature = "cpu", feature = "wgpu"))]
#[derive(Debug, thiserror::Error)]
#[error("only models of codes draw pictures from released numbers; compare the network, infer()")]
struct Noiseless;

/// A release with noise that can be drawn again, for comparing engines: nothing that it hides may leave.
///
/// # Errors
/// `bad-model` if the numbers describe no mechanism.
#[cfg(any(feature = "cpu", feature = "wgpu"))]
#[wasm_bindgen(js_name = releaseSeededForTests)]
pub fn release_seeded_for_tests(
    code: &[f32],
    clip: f64,
    sigma: f64,
    seed: u64,
) -> Result<Vec<f64>, js_sys::Error> {
    let bad = |error: MechanismError| fault("bad-model", &error);
    let scale = vec![1.0; code.len()];
    let mechanism =
        Mechanism::new(MechanismConfig { clip, sigma, levels: None }, scale, Noise::seeded_for_tests(seed));
    Ok(mechanism.map_err(bad)?.release(code).values().to_vec())
}

/// Why the numbers of a picture at working resolution were refused.
#[cfg(any(feature = "cpu", feature = "wgpu"))]
#[derive(Debug, thiserror::Error)]
#[error("three planes of {width}x{height} wanted, sides multiples of {multiple}; found {found} numbers")]
struct PlanesError {
    width: usize,
    height: usize,
    multiple: usize,
    found: usize,
}

/// Checks a picture at working resolution: the rooms below take a wrong one for a bug and panic.
#[cfg(any(feature = "cpu", feature = "wgpu"))]
fn working_planes(
    values: Vec<f32>,
    width: usize,
    height: usize,
) -> Result<crate::frame::Planes, js_sys::Error> {
    let multiple = crate::model::MULTIPLE;
    let sides = [width, height].iter().all(|side| *side > 0 && side.is_multiple_of(multiple));
    if sides && values.len() == 3 * width * height {
        return Ok(crate::frame::Planes::new(width, height, values));
    }
    Err(fault("frame-failed", &PlanesError { width, height, multiple, found: values.len() }))
}
