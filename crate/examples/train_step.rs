//! How long the processor works on one training step of each network, for comparison with the same
//! networks in `PyTorch` (`scripts/lib/bench/torch_step.py`).
//!
//! `RAYON_NUM_THREADS=1 cargo run --release --example train_step -- STEPS` prints JSON: for each network its
//! parameters and the median CPU milliseconds of forward, backward and Adam; and under `frames` the same
//! milliseconds with clips of 4, 8 and 16 frames.
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use bauta::model::AnonymizerConfig;
use bauta::privacy::{self, PrivacyConfig};
use bauta::utility::{self, UtilityConfig};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Int, Tensor};
use cpu_time::ProcessTime;
use mimalloc::MiMalloc;
use serde_json::{Value, json};

/// That of the `bauta` command: what is timed here is what trains.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Pictures of a batch: 4 clips of 8 frames for the utility branch, 16 pairs for the privacy branch.
const BATCH: usize = 32;
/// Side of a picture, in pixels.
const SIZE: usize = 64;
const FRAMES: usize = 8;
/// Lengths of a clip between which a step's cost must grow no faster than they do.
const LENGTHS: [usize; 3] = [4, 8, 16];
const ACTIONS: usize = 10;
/// Steps that are not counted.
const WARM_UP: usize = 2;

fn main() -> anyhow::Result<()> {
    let steps = std::env::args().nth(1).map_or(Ok(10), |steps| steps.parse())?;
    let device = Device::flex().autodiff();
    device.seed(0);
    let images = pictures(BATCH, &device);
    let clips = BATCH / FRAMES;
    let anonymizer = anonymizer_step(&images, steps, &device);
    let utility = utility_step(&images, FRAMES, steps, &device);
    let privacy = time(PrivacyConfig::new().init(&device), steps, |network| {
        let [left, right] = network.embed(images.clone()).chunk(2, 0).try_into().expect("two halves");
        privacy::nt_xent(left, right, 0.1)
    });
    let frames = LENGTHS.map(|frames| {
        let images = pictures(clips * frames, &device);
        let anonymizer = anonymizer_step(&images, steps, &device);
        let utility = utility_step(&images, frames, steps, &device);
        json!({ "frames": frames, "anonymizer": anonymizer["milliseconds"], "utility": utility["milliseconds"] })
    });
    println!(
        "{}",
        json!({ "anonymizer": anonymizer, "utility": utility, "privacy": privacy, "frames": frames })
    );
    Ok(())
}

fn pictures(number: usize, device: &Device) -> Tensor<4> {
    Tensor::random([number, 3, SIZE, SIZE], Distribution::Uniform(0.0, 1.0), device)
}

fn anonymizer_step(images: &Tensor<4>, steps: usize, device: &Device) -> Value {
    time(AnonymizerConfig::new().init(device), steps, |network| {
        (network.forward(images.clone()) - images.clone()).abs().mean()
    })
}

fn utility_step(images: &Tensor<4>, frames: usize, steps: usize, device: &Device) -> Value {
    let clips = (images.dims()[0] / frames) as i64;
    let actions = Tensor::<1, Int>::arange(0..clips, device);
    time(UtilityConfig::new(ACTIONS).init(device), steps, |network| {
        utility::loss(network.forward(images.clone(), frames), actions.clone())
    })
}

fn time<M: Module>(mut network: M, steps: usize, loss: impl Fn(&M) -> Tensor<1>) -> Value {
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let mut milliseconds = Vec::with_capacity(steps);
    let mut last = f32::NAN;
    for step in 0..WARM_UP + steps {
        let start = ProcessTime::now();
        let value = loss(&network);
        let gradients = GradientsParams::from_grads(value.backward(), &network);
        network = optimizer.step(1e-3, network, gradients);
        last = value.into_scalar();
        if step >= WARM_UP {
            milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    milliseconds.sort_by(f64::total_cmp);
    let median = milliseconds.get(steps / 2);
    json!({ "parameters": network.num_params(), "milliseconds": median, "loss": last })
}
