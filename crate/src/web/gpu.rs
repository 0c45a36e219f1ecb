//! The engine on the GPU: the page writes into the network's input buffer and draws from its output
//! buffer, on the same device and queue. No pixel passes through WebAssembly, and nothing is read back but the code
//! of a model of codes.

use std::any::Any;
use std::cell::RefCell;

use burn::backend::Wgpu;
use burn::tensor::activation::sigmoid;
use burn::tensor::wgpu::WgpuSetup;
use burn::tensor::{Device, Tensor};
use cubecl_wgpu::{AutoCompiler, WgpuServer};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{UNNAMED, fault, is_of, opening, working_planes};
use crate::artifact::{Artifact, ArtifactOf};
use crate::engine::{CodeModel, Due, Releases};
use crate::model::{Anonymizer, AnonymizerConfig, DpConfig, Shape as _};

/// More dispatches than a frame has: each frame is one submission.
const TASKS: usize = 128;

/// Why the GPU cannot be used, or can be used no longer.
#[derive(Debug, thiserror::Error)]
enum GpuError {
    #[error("the browser gives no GPU device: {0}")]
    Unavailable(String),
    #[error("the GPU device does not answer any more: {0}; load the engine again in a fresh worker")]
    Lost(String),
    #[error("the page cannot reach the engine's GPU buffers: {0}")]
    Hidden(&'static str),
    #[error("{0} before prepare: call prepare with the size of the camera's frames first")]
    Unprepared(&'static str),
    #[error("a frame of {0}x{1} has no pixels")]
    Empty(usize, usize),
}

impl From<GpuError> for js_sys::Error {
    fn from(error: GpuError) -> Self {
        let code = match error {
            GpuError::Unavailable(_) | GpuError::Hidden(_) => "no-webgpu",
            GpuError::Lost(_) => "device-lost",
            GpuError::Unprepared(_) | GpuError::Empty(..) => "frame-failed",
        };
        fault(code, &error)
    }
}

thread_local! {
    /// The device of this WebAssembly instance. Burn can open one only once; every engine shares it.
    static GPU: RefCell<Option<(Device, WgpuSetup)>> = const { RefCell::new(None) };
}

/// Opens the GPU, or gives the one that is open.
async fn gpu() -> Result<(Device, WgpuSetup), GpuError> {
    if let Some(open) = GPU.with_borrow(Clone::clone) {
        return Ok(open);
    }
    let opened = Device::wgpu_options().tasks_max(TASKS).init_with_setup_async().await;
    let opened = opened.map_err(|error| GpuError::Unavailable(error.to_string()))?;
    GPU.set(Some(opened.clone()));
    Ok(opened)
}

/// A picture on the GPU whose memory the page may use: it is neither moved nor reused while this lives.
struct SharedPicture {
    tensor: Tensor<4>,
    buffer: wgpu::Buffer,
    /// Bytes before the first value.
    offset: u64,
    /// Bytes from the first value to the last.
    size: u64,
    /// Distance in values between channels, rows and columns. A convolution may leave its result with
    /// channels innermost although its shape says otherwise.
    strides: [u32; 3],
    /// Keeps the allocation in its place.
    _pin: Box<dyn Any>,
}

impl SharedPicture {
    /// # Shapes
    /// - `tensor`: `[1, 3, h, w]`
    fn of(tensor: Tensor<4>) -> Result<Self, GpuError> {
        let primitive = tensor.clone().try_into_primitive::<Wgpu>();
        let primitive = primitive.map_err(|_| GpuError::Hidden("the tensor is not on the GPU"))?;
        let strides = match primitive.meta.strides()[..] {
            [_, channel, row, column] => [channel, row, column].map(|stride| stride as u32),
            _ => return Err(GpuError::Hidden("the tensor's memory has no four dimensions")),
        };
        let pin = primitive.client.get_resource::<WgpuServer<AutoCompiler>>(primitive.handle.clone());
        let pin = pin.map_err(|error| GpuError::Lost(format!("{error:?}")))?;
        let resource = pin.resource();
        let (buffer, offset, size) = (resource.buffer.clone(), resource.offset, resource.size);
        Ok(Self { tensor, buffer, offset, size, strides, _pin: Box::new((pin, primitive)) })
    }

    fn as_js(&self) -> Result<JsValue, GpuError> {
        let buffer = self.buffer.as_webgpu().ok_or(GpuError::Hidden("the buffer is not WebGPU's"))?;
        Ok(buffer.clone().into())
    }
}

/// A model at work on the GPU.
///
/// For each frame: write the picture into [`input_buffer`](Self::input_buffer) (R, G, B of each pixel, `f32`
/// in `[0, 1]`), submit, call [`forward`](Self::forward), or [`release`](Self::release) for a model of codes, read
/// [`output_buffer`](Self::output_buffer) in a later submission on the same queue; what it holds becomes a colour in
/// `[0, 1]` by a sigmoid.
#[wasm_bindgen]
pub struct GpuEngine {
    kind: Kind,
    device: Device,
    setup: WgpuSetup,
    input: Option<SharedPicture>,
    output: Option<SharedPicture>,
}

enum Kind {
    /// Each frame alone.
    Learned { config: AnonymizerConfig, model: Box<Anonymizer> },
    /// Releases against a budget.
    Codes {
        model: Box<CodeModel>,
        releases: Box<Releases>,
        /// Features of the frames of a window that is not whole yet.
        kept: Vec<Tensor<4>>,
    },
}

impl Kind {
    /// Pixels across and down of the network's input.
    fn working_size(&self, width: usize, height: usize) -> (usize, usize) {
        match self {
            Self::Learned { config, .. } => config.working_size(width, height),
            Self::Codes { model, .. } => model.card().config.working_size(width, height),
        }
    }
}

#[wasm_bindgen]
impl GpuEngine {
    /// Opens a model from the bytes of its weights and the text of its card. Untested: the self-test is
    /// the page's, through the whole path of a frame. `ledger` is how the ledger of a model of codes begins: JSON of any
    /// of `budget`, `delta` and `kept`.
    ///
    /// # Errors
    /// `bad-model` if weights and card do not belong together, `no-webgpu` if there is no device, `bad-ledger` for a
    /// ledger that cannot be taken up.
    pub async fn load(weights: Vec<u8>, card: String, ledger: String) -> Result<GpuEngine, js_sys::Error> {
        if !is_of::<DpConfig>(&card) {
            let artifact = Artifact::open(UNNAMED, weights, &card)?;
            let (device, setup) = gpu().await?;
            let model = Box::new(artifact.restore(&device)?.channels_last());
            let kind = Kind::Learned { config: artifact.card().config.clone(), model };
            return Ok(Self { kind, device, setup, input: None, output: None });
        }
        let artifact = ArtifactOf::<DpConfig>::open(UNNAMED, weights, &card)?;
        let (device, setup) = gpu().await?;
        let scale = read(artifact.restore(&device)?.scale()).await?;
        let model = Box::new(CodeModel::untested(&artifact, &device, &scale)?);
        let releases = Box::new(model.releases(opening(&ledger)?)?);
        Ok(Self {
            kind: Kind::Codes { model, releases, kept: vec![] },
            device,
            setup,
            input: None,
            output: None,
        })
    }

    /// Makes ready for camera frames of a size and gives the working size, `[width, height]`. The input
    /// buffer is another one only where the working size changes.
    ///
    /// # Errors
    /// `frame-failed` if a side is zero, `device-lost` if the GPU is gone.
    pub fn prepare(&mut self, width: usize, height: usize) -> Result<Vec<u32>, js_sys::Error> {
        if width == 0 || height == 0 {
            return Err(GpuError::Empty(width, height).into());
        }
        let (working_width, working_height) = self.kind.working_size(width, height);
        let shape = [1, 3, working_height, working_width];
        if self.input.as_ref().is_none_or(|input| input.tensor.dims() != shape) {
            // Channels innermost in memory, as the first convolution reads them.
            let pixels = Tensor::zeros([1, working_height, working_width, 3], &self.device);
            let input = SharedPicture::of(pixels.permute([0, 3, 1, 2]))?;
            if input.strides != [1, 3 * working_width as u32, 3] {
                return Err(GpuError::Hidden("the input's pixels do not follow each other").into());
            }
            self.input = Some(input);
            self.output = None;
            self.flush()?;
        }
        Ok(vec![working_width as u32, working_height as u32])
    }

    /// The network's `GPUDevice`.
    ///
    /// # Errors
    /// `no-webgpu` if the device is not the browser's.
    pub fn device(&self) -> Result<JsValue, js_sys::Error> {
        let device = self.setup.device.as_webgpu().ok_or(GpuError::Hidden("the device is not WebGPU's"))?;
        Ok(device.clone().into())
    }

    /// The network's `GPUQueue`.
    ///
    /// # Errors
    /// `no-webgpu` if the queue is not the browser's.
    pub fn queue(&self) -> Result<JsValue, js_sys::Error> {
        let queue = self.setup.queue.as_webgpu().ok_or(GpuError::Hidden("the queue is not WebGPU's"))?;
        Ok(queue.clone().into())
    }

    /// The `GPUBuffer` that holds the network's input: R, G, B of each pixel, row by row, as `f32`.
    ///
    /// # Errors
    /// `frame-failed` before [`prepare`](Self::prepare).
    #[wasm_bindgen(js_name = inputBuffer)]
    pub fn input_buffer(&self) -> Result<JsValue, js_sys::Error> {
        Ok(self.input()?.as_js()?)
    }

    /// Bytes before the first value in [`input_buffer`](Self::input_buffer).
    ///
    /// # Errors
    /// `frame-failed` before [`prepare`](Self::prepare).
    #[wasm_bindgen(js_name = inputOffset)]
    pub fn input_offset(&self) -> Result<f64, js_sys::Error> {
        Ok(self.input()?.offset as f64)
    }

    /// Bytes of the input.
    ///
    /// # Errors
    /// `frame-failed` before [`prepare`](Self::prepare).
    #[wasm_bindgen(js_name = inputSize)]
    pub fn input_size(&self) -> Result<f64, js_sys::Error> {
        Ok(self.input()?.size as f64)
    }

    /// Runs the network on what is in the input buffer. When this returns all of it is submitted; nothing
    /// is waited for.
    ///
    /// # Errors
    /// `frame-failed` before [`prepare`](Self::prepare), `device-lost` if the GPU is gone.
    pub fn forward(&mut self) -> Result<(), js_sys::Error> {
        let image = self.input()?.tensor.clone();
        let Kind::Learned { model, .. } = &self.kind else {
            return Err(fault("frame-failed", &super::NotStill));
        };
        let logits = model.logits(image);
        self.show(logits)
    }

    /// Reads what is in the input buffer where that is due, releases the code of its window once that is whole, and draws
    /// what the frame shows. The code, a few numbers, is read back for it: clip and noise are not the GPU's. When this resolves, what draws is
    /// submitted.
    ///
    /// # Errors
    /// `budget-spent` if the budget does not hold the release, `frame-failed` before [`prepare`](Self::prepare) or if the
    /// model is of another mode, `device-lost` if the GPU is gone.
    pub async fn release(&mut self) -> Result<(), js_sys::Error> {
        let image = self.input()?.tensor.clone();
        let Kind::Codes { model, releases, kept } = &mut self.kind else {
            return Err(fault("frame-failed", &super::Noiseless));
        };
        let (network, due) = (model.network(), releases.pay()?);
        if due != Due::Nothing {
            kept.push(network.features(image));
        }
        let code = if due == Due::Code {
            Some(read(network.code(Tensor::cat(std::mem::take(kept), 0))).await?)
        } else {
            None
        };
        let shown = releases.show(code.as_deref());
        let drawn = network.logits(model.numbers(shown.release.values()), &[shown.phase]);
        self.show(drawn)
    }

    /// Draws what a model of codes makes of the known picture without noise, for the self-test. Nothing is released and
    /// nothing of the camera's is in it. `false` where a picture can be asked about as any other.
    ///
    /// # Errors
    /// `device-lost` if the GPU is gone.
    pub fn answer(&mut self) -> Result<bool, js_sys::Error> {
        let Kind::Codes { model, .. } = &self.kind else { return Ok(false) };
        let logits = model.answer_logits();
        self.show(logits)?;
        Ok(true)
    }

    /// The ledger in numbers, as JSON; its part `kept` is for taking it up again. Nothing where nothing is released.
    pub fn ledger(&self) -> Option<String> {
        let Kind::Codes { releases, .. } = &self.kind else { return None };
        Some(serde_json::to_string(&releases.statement()).expect("numbers and words are JSON"))
    }

    /// The `GPUBuffer` that holds the network's output until the next [`forward`](Self::forward).
    ///
    /// # Errors
    /// `frame-failed` before [`forward`](Self::forward).
    #[wasm_bindgen(js_name = outputBuffer)]
    pub fn output_buffer(&self) -> Result<JsValue, js_sys::Error> {
        Ok(self.output()?.as_js()?)
    }

    /// Bytes before the first value in [`output_buffer`](Self::output_buffer).
    ///
    /// # Errors
    /// `frame-failed` before [`forward`](Self::forward).
    #[wasm_bindgen(js_name = outputOffset)]
    pub fn output_offset(&self) -> Result<f64, js_sys::Error> {
        Ok(self.output()?.offset as f64)
    }

    /// Bytes of the output.
    ///
    /// # Errors
    /// `frame-failed` before [`forward`](Self::forward).
    #[wasm_bindgen(js_name = outputSize)]
    pub fn output_size(&self) -> Result<f64, js_sys::Error> {
        Ok(self.output()?.size as f64)
    }

    /// Distance in values between the output's channels, rows and columns: `[channel, row, column]`.
    ///
    /// # Errors
    /// `frame-failed` before [`forward`](Self::forward).
    #[wasm_bindgen(js_name = outputStrides)]
    pub fn output_strides(&self) -> Result<Vec<u32>, js_sys::Error> {
        Ok(self.output()?.strides.to_vec())
    }

    /// Submits what the network has recorded, so that the page's next submission comes after it.
    ///
    /// # Errors
    /// `device-lost` if the GPU is gone.
    pub fn flush(&self) -> Result<(), js_sys::Error> {
        Ok(self.device.flush().map_err(|error| GpuError::Lost(format!("{error:?}")))?)
    }

    /// The network alone, for comparing engines: three planes in `[0, 1]` in, three out. Waits for the GPU.
    ///
    /// # Errors
    /// `frame-failed` if the sides are no working size or the number of values is another, `device-lost`
    /// if the GPU is gone.
    pub async fn infer(
        &self,
        planes: Vec<f32>,
        width: usize,
        height: usize,
    ) -> Result<Vec<f32>, js_sys::Error> {
        let image = working_planes(planes, width, height)?.into_tensor(&self.device);
        let Kind::Learned { model, .. } = &self.kind else {
            return Err(fault("frame-failed", &super::NotStill));
        };
        Ok(read(sigmoid(model.logits(image))).await?)
    }

    /// The decoder of a model of codes alone, for comparing engines: released numbers in, three planes in `[0, 1]`
    /// out, at the first place of a window.
    /// Waits for the GPU.
    ///
    /// # Errors
    /// `frame-failed` if the model is of another mode, `device-lost` if the GPU is gone.
    pub async fn draw(&self, released: Vec<f64>) -> Result<Vec<f32>, js_sys::Error> {
        let Kind::Codes { model, .. } = &self.kind else {
            return Err(fault("frame-failed", &super::Noiseless));
        };
        Ok(read(model.network().picture(model.numbers(&released), &[0.0])).await?)
    }

    fn show(&mut self, logits: Tensor<4>) -> Result<(), js_sys::Error> {
        self.output = None; // its memory may serve again: what draws from it was submitted before
        self.output = Some(SharedPicture::of(logits)?);
        self.flush()
    }

    fn input(&self) -> Result<&SharedPicture, GpuError> {
        self.input.as_ref().ok_or(GpuError::Unprepared("the input was asked for"))
    }

    fn output(&self) -> Result<&SharedPicture, GpuError> {
        self.output.as_ref().ok_or(GpuError::Unprepared("the output was asked for"))
    }
}

/// The values of a tensor. Waits for the GPU.
async fn read<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, GpuError> {
    let lost = |error: &dyn std::fmt::Debug| GpuError::Lost(format!("{error:?}"));
    let data = tensor.into_data_async().await.map_err(|error| lost(&error))?;
    data.convert::<f32>().try_into_vec::<f32>().map_err(|error| lost(&error))
}
