//! Writes what the native engine makes of a few pictures, for the browser's engines to be compared with.
//!
//! `cargo run --release --example reference -- FOLDER [MODEL]`: without a model, one with fresh weights is
//! made and written to the folder as well.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bauta::artifact::{Artifact, ArtifactOf, CardOf, FORMAT, Mode, Provenance};
use bauta::dp::mechanism::{Mechanism, MechanismConfig, Noise};
use bauta::engine::{CodeModel, MosaicStream, MotionStream, RawFrame, Session};
use bauta::frame::{self, Planes, Rgba8};
use bauta::known_answer::KnownAnswer;
use bauta::model::{AnonymizerConfig, DpConfig, MotionConfig, Shape, Signs};
use bauta::mosaic::{Colour, MosaicConfig};
use burn::tensor::Device;
use serde_json::{Value, json};

/// What noise is drawn from where it must be the same everywhere.
const SEED: u64 = 7;
/// Camera sizes, two of them odd.
const SIZES: [(usize, usize); 3] = [(640, 480), (641, 479), (97, 61)];

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or_else(|| anyhow::anyhow!("usage: reference FOLDER [MODEL]"))?;
    fs::create_dir_all(&folder)?;
    let device = Device::flex();
    let artifact = match arguments.next() {
        Some(model) => Artifact::load(&model)?,
        None => fresh(&device)?,
    };
    artifact.save(&folder.join("model"))?;
    let session = Session::open(&artifact, &device)?;
    let index =
        SIZES.iter().map(|&size| write(&session, size, &folder)).collect::<anyhow::Result<Vec<_>>>()?;
    fs::write(folder.join("index.json"), serde_json::to_vec_pretty(&index)?)?;
    windows(&device, &folder)?;
    fs::write(folder.join("motion.index.json"), serde_json::to_vec_pretty(&motion(&device, &folder)?)?)?;
    let counted = json!({ "seed": SEED, "codes": codes(&device, &folder)?, "mosaics": mosaics(&folder)? });
    fs::write(folder.join("counted.json"), serde_json::to_vec_pretty(&counted)?)?;
    Ok(())
}

/// A model that nobody trained.
fn fresh(device: &Device) -> anyhow::Result<Artifact> {
    device.seed(0);
    let config = AnonymizerConfig::new();
    Ok(Artifact::of(&config.init(device), card("fresh", config), device)?)
}

/// The card of a model that nobody trained.
fn card<S: Shape>(name: &str, config: S) -> CardOf<S> {
    CardOf {
        format: FORMAT,
        name: name.into(),
        mode: Mode::of(config.promise().as_ref()),
        privacy_claim: "none: untrained".into(),
        promise: config.promise(),
        licence: "MIT OR Apache-2.0".into(),
        sha256: String::new(),
        config,
        known_answer: KnownAnswer { width: 1, height: 1, grid: vec![], tolerance: 0.0 },
        trained: Provenance {
            commit: "unknown".into(),
            data: vec![],
            manifest: String::new(),
            seed: 0,
            steps: 0,
            minutes: 0.0,
            device: "none".into(),
            config: Value::Null,
        },
        measured: vec![],
        limits: vec!["untrained".into()],
    }
}

/// Writes a model of noisy codes, one released code, and the picture that is drawn of it.
fn codes(device: &Device, folder: &Path) -> anyhow::Result<Value> {
    let mechanism = MechanismConfig { clip: 1.0, sigma: 2.0, levels: None };
    let config = DpConfig::new((16, 4, 3), mechanism);
    let artifact = ArtifactOf::of(&config.init(device), card("codes", config), device)?;
    artifact.save(&folder.join("codes"))?;
    let code = [0.7_f32, -0.4, 0.1, 2.5];
    let mut seeded = Mechanism::new(mechanism, vec![1.0; code.len()], Noise::seeded_for_tests(SEED))?;
    let released = seeded.release(&code);
    let drawn = CodeModel::open(&artifact, device)?.planes(released.values(), 0.0);
    fs::write(folder.join("codes.output.f32"), little_endian(&drawn))?;
    Ok(
        json!({ "code": code, "clip": mechanism.clip, "sigma": mechanism.sigma, "released": released.values() }),
    )
}

/// Writes models whose codes are of whole windows of three frames: of their pictures, of the movement between them, and
/// of that without noise, on few levels.
fn windows(device: &Device, folder: &Path) -> anyhow::Result<()> {
    let of_movement = Signs { grid: 8, threshold: 0.03, span: 1 };
    for (name, signs, sigma) in
        [("windows", None, 2.0), ("signs", Some(of_movement), 2.0), ("quiet", Some(of_movement), 0.0)]
    {
        let levels = (sigma == 0.0).then_some(4);
        let mechanism = MechanismConfig { clip: 1.0, sigma, levels };
        let config = DpConfig { window: 3, signs, ..DpConfig::new((16, 4, 3), mechanism) };
        ArtifactOf::of(&config.init(device), card(name, config), device)?.save(&folder.join(name))?;
    }
    Ok(())
}

/// Writes a model of movement, and what it shows of a scene that moves, frame by frame.
fn motion(device: &Device, folder: &Path) -> anyhow::Result<Vec<Value>> {
    let [_, _, (width, height)] = SIZES;
    let signs = Signs { grid: 24, threshold: 0.03, span: 2 };
    let architecture = "motion".into();
    let config =
        MotionConfig { architecture, signs, lag: 2, width: 8, groups: 4, cells: 6, levels: 250, hold: 2 };
    let artifact = ArtifactOf::of(&config.init(device), card("motion", config), device)?;
    artifact.save(&folder.join("motion"))?;
    let mut stream = MotionStream::open(&artifact, device)?;
    let mut frame = |number: usize| {
        let (name, micros) = (format!("motion-{number}"), 33_333 * number as u64);
        let seen = scene(width + 9 * number, height);
        let cropped = (0..height).flat_map(|y| {
            let start = 4 * (y * seen.width() + 9 * number);
            seen.bytes()[start..start + 4 * width].iter().copied()
        });
        let picture = Rgba8::new(width, height, cropped.collect())?;
        fs::write(folder.join(format!("{name}.raw.rgba")), picture.bytes())?;
        let shown = stream.anonymize(RawFrame::from(picture), Duration::from_micros(micros));
        fs::write(folder.join(format!("{name}.shown.rgba")), shown.picture().bytes())?;
        Ok(json!({ "name": name, "width": width, "height": height, "timestamp": micros }))
    };
    (0..6).map(&mut frame).collect()
}

/// Writes what mosaics make of the largest picture.
fn mosaics(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let [_, (width, height), _] = SIZES;
    let paint = |colour| {
        let config = MosaicConfig { colour, ..MosaicConfig::default() };
        let stream = MosaicStream::begin(config, bauta::dp::ledger::Opening::default())?;
        let painted = stream.seeded_for_tests(SEED).anonymize(RawFrame::from(scene(width, height)))?;
        let name = format!("mosaic-{}", serde_json::to_value(colour)?.as_str().unwrap_or_default());
        fs::write(folder.join(format!("{name}.rgba")), painted.picture().bytes())?;
        Ok(
            json!({ "name": name, "settings": config, "raw": format!("{width}x{height}"), "width": width, "height": height }),
        )
    };
    [Colour::Grey, Colour::Rgb].into_iter().map(paint).collect()
}

/// Writes one picture and everything the native engine makes of it on the way.
fn write(session: &Session, (width, height): (usize, usize), folder: &Path) -> anyhow::Result<Value> {
    let picture = scene(width, height);
    let name = format!("{width}x{height}");
    let (working_width, working_height) = session.card().config.working_size(width, height);
    let input = frame::shrink(&picture, working_width, working_height);
    fs::write(folder.join(format!("{name}.raw.rgba")), picture.bytes())?;
    fs::write(folder.join(format!("{name}.input.f32")), little_endian(&input))?;
    fs::write(folder.join(format!("{name}.output.f32")), little_endian(&session.infer(input)))?;
    let anonymized = session.anonymize(RawFrame::from(picture)).into_picture();
    fs::write(folder.join(format!("{name}.anonymized.rgba")), anonymized.bytes())?;
    Ok(json!({ "name": name, "width": width, "height": height, "working": [working_width, working_height] }))
}

/// Slopes, edges and fine grain, every channel different, nothing symmetric.
fn scene(width: usize, height: usize) -> Rgba8 {
    let bytes = (0..width * height).flat_map(|i| {
        let (x, y) = (i % width, i / width);
        let disc =
            (x as f32 - 0.3 * width as f32).hypot(y as f32 - 0.6 * height as f32) < 0.2 * height as f32;
        let grain = (x * 7919 + y * 104_729) % 31;
        let red = 255 * x / width;
        let green = if disc { 220 } else { 255 * y / height / 2 } + grain;
        let blue = 255 - 200 * (x + y) / (width + height) - grain;
        [red as u8, green as u8, blue as u8, 255]
    });
    Rgba8::new(width, height, bytes.collect()).expect("four bytes for each pixel")
}

fn little_endian(planes: &Planes) -> Vec<u8> {
    planes.values().iter().flat_map(|value| value.to_le_bytes()).collect()
}
