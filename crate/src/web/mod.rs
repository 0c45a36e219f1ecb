//! What the web page calls: one engine a WebAssembly file, on the processor or on the GPU.
//!
//! The page owns the camera, the frames and their clocks; this room owns the model. Whatever goes wrong
//! reaches JavaScript as an `Error` whose `name` is a stable code and whose `message` is a sentence.

#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "wgpu")]
mod gpu;

use std::error::Error;

use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(feature = "cpu")]
pub use cpu::CpuEngine;
#[cfg(feature = "wgpu")]
pub use gpu::GpuEngine;

use crate::artifact::{self, ArtifactError};
use crate::engine::EngineError;
use crate::frame::FrameError;

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
            EngineError::SelfTest { .. } => fault("self-test-failed", &error),
        }
    }
}

impl From<FrameError> for js_sys::Error {
    fn from(error: FrameError) -> Self {
        fault("frame-failed", &error)
    }
}

/// Why the numbers of a picture at working resolution were refused.
#[derive(Debug, thiserror::Error)]
#[error("three planes of {width}x{height} wanted, sides multiples of {multiple}; found {found} numbers")]
struct PlanesError {
    width: usize,
    height: usize,
    multiple: usize,
    found: usize,
}

/// Checks a picture at working resolution: the rooms below take a wrong one for a bug and panic.
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
