//! A GPU gives the losses that the CPU gives: a few steps of tiny networks, from the same checkpoint.
//!
//! Needs a Vulkan, Metal or DX12 driver; a software one will do. `scripts/test --gpu` runs it.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use bauta::data::{Manifest, Row, Source};
use bauta::train::{Corpus, Line, RunFolder, TrainConfig, run};
use burn::tensor::{Device, DeviceKind};

const CONFIG: &str = "name = \"tiny\"\nsize = 16\n[model]\nwidth = 4\ngroups = 2\nlong_side = 16\n\
    [schedule]\nwarm_up = 1\npretrain = 1\nsteps = 3\nlog_every = 1\ncheckpoint_every = 1\n\
    [game]\nclips = 2\nframes = 2\n[adversary]\npairs = 4\n[validate]\nfresh_moves = 0\n\
    [[action]]\nmanifest = \"manifest.csv\"\n[[privacy]]\nmanifest = \"manifest.csv\"\n";

/// First losses may differ by the order of sums; later ones by what the optimizers make of that.
const TOLERANCE: f32 = 1e-3;

fn draw_clips(folder: &Path) {
    let row = |number: u32| {
        let strip = image::RgbImage::from_fn(64, 16, |x, y| {
            image::Rgb([(x * 7 + number * 40) as u8, (y * 13 + x) as u8, (120 * (number % 2)) as u8])
        });
        let path = format!("{number}.png");
        strip.save(folder.join(&path)).expect("a strip is written");
        Row {
            clip: format!("clip{number}"),
            source: Source::Strip { path: path.into(), frame_width: 16 },
            subject: None,
            action: Some(["a", "b"][number as usize % 2].into()),
            attributes: [].into(),
            split: None,
        }
    };
    let manifest = Manifest::new(folder, (0..8).map(row).collect()).expect("a sound manifest");
    manifest.write(&folder.join("manifest.csv")).expect("a manifest is written");
}

/// Runs `steps` steps of the run in `place/name` on `device`.
fn steps(place: &Path, name: &str, device: &Device, resume: bool, steps: u64) {
    let config: TrainConfig = toml::from_str(CONFIG).expect("TOML");
    let corpus = Corpus::open(&config, (place, None, &place.join("cache")), &|_, _| {}).expect("a corpus");
    let about = ("test".to_owned(), "test".to_owned(), resume);
    let folder = RunFolder::prepare(&place.join(name), &config, &corpus, about).expect("a folder");
    let mut left = steps;
    let outcome = run(&config, &corpus, folder, device, &mut |_| {
        left -= 1;
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    outcome.expect("a run");
}

fn losses(place: &Path, name: &str) -> Vec<Line> {
    let text = fs::read_to_string(place.join(name).join("metrics.jsonl")).expect("metrics");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of losses")).collect()
}

#[test]
fn the_gpu_gives_the_losses_of_the_cpu() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path();
    draw_clips(place);
    steps(place, "cpu", &Device::flex(), false, 1);
    let copied = std::process::Command::new("cp").args(["-r", "cpu", "gpu"]).current_dir(place).status();
    assert!(copied.is_ok_and(|status| status.success()), "the checkpoint was not copied");
    steps(place, "cpu", &Device::flex(), true, 3);
    steps(place, "gpu", &Device::wgpu(DeviceKind::DefaultDevice), true, 3);
    let (cpu, gpu) = (losses(place, "cpu"), losses(place, "gpu"));
    assert_eq!((cpu.len(), gpu.len()), (4, 4), "four steps each");
    for (cpu, gpu) in cpu.iter().zip(&gpu).skip(1) {
        let terms = [
            (cpu.utility, gpu.utility),
            (cpu.privacy, gpu.privacy),
            (cpu.penalty, gpu.penalty),
            (cpu.anonymizer, gpu.anonymizer),
            (cpu.utility_branch, gpu.utility_branch),
            (cpu.privacy_branch, gpu.privacy_branch),
        ];
        for (cpu, gpu) in terms {
            let (cpu, gpu) = (cpu.expect("a loss of the game"), gpu.expect("a loss of the game"));
            assert!((cpu - gpu).abs() < TOLERANCE * cpu.abs().max(1.0), "CPU {cpu}, GPU {gpu}");
        }
    }
}
