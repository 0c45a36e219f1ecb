//! How long the processor works on one training step of each network, for comparison with the same
//! networks in `PyTorch` (`scripts/lib/bench/torch_step.py`).
//!
//! `RAYON_NUM_THREADS=1 cargo run --release --example train_step -- STEPS` prints JSON: for each network its
//! parameters and the median CPU milliseconds of forward, backward and Adam.
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use bauta::model::AnonymizerConfig;
use bauta::privacy::{self, PrivacyConfig};
use bauta::utility::{self, UtilityConfig};
use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Int, Tensor};
use cpu_time::ProcessTime;
use serde_json::{Value, json};

/// Pictures of a batch: 4 clips of 8 frames for the utility branch, 16 pairs for the privacy branch.
const BATCH: usize = 32;
/// Side of a picture, in pixels.
const SIZE: usize = 64;
const FRAMES: usize = 8;
const ACTIONS: usize = 10;
/// Steps that are not counted.
const WARM_UP: usize = 2;

fn main() -> anyhow::Result<()> {
    let steps = std::env::args().nth(1).map_or(Ok(10), |steps| steps.parse())?;
    let device = Device::flex().autodiff();
    device.seed(0);
    let images = Tensor::<4>::random([BATCH, 3, SIZE, SIZE], Distribution::Uniform(0.0, 1.0), &device);
    let clips = (BATCH / FRAMES) as i64;
    let actions = Tensor::<1, Int>::arange(0..clips, &device);
    let anonymizer = time(AnonymizerConfig::new().init(&device), steps, |network| {
        (network.forward(images.clone()) - images.clone()).abs().mean()
    });
    let utility = time(UtilityConfig::new(ACTIONS).init(&device), steps, |network| {
        utility::loss(network.forward(images.clone(), FRAMES), actions.clone())
    });
    let privacy = time(PrivacyConfig::new().init(&device), steps, |network| {
        let [left, right] = network.embed(images.clone()).chunk(2, 0).try_into().expect("two halves");
        privacy::nt_xent(left, right, 0.1)
    });
    println!("{}", json!({ "anonymizer": anonymizer, "utility": utility, "privacy": privacy }));
    Ok(())
}

fn time<M: Module>(network: M, steps: usize, loss: impl Fn(&M) -> Tensor<1>) -> Value {
    let mut network = network.materialize();
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
