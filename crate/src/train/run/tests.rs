//! Whole runs, on drawn noise small enough for a test.

use std::path::Path;

use super::*;
use crate::data::{Manifest, Row, Source};
use crate::rng::Seed;
use crate::train::SetChoice;

/// Writes a manifest of `clips` strips of four 16 x 16 frames; the action is in the brightness.
fn manifest(folder: &Path, clips: usize) -> PathBuf {
    let row = |number: usize| {
        let (action, subject) = (number % 2, number / 2 % 2);
        let strip = image::RgbImage::from_fn(64, 16, |x, y| {
            let value = (x * 7 + y * 13 + (number * 31) as u32) % 100 + 120 * action as u32;
            image::Rgb([value as u8, (value / 2) as u8, 60 * subject as u8])
        });
        let path = PathBuf::from(format!("{number}.png"));
        strip.save(folder.join(&path)).expect("a strip is written");
        Row {
            clip: format!("clip{number}"),
            source: Source::Strip { path, frame_width: 16 },
            subject: Some(format!("s{subject}")),
            action: Some(["dark", "light"][action].into()),
            attributes: [].into(),
            split: None,
        }
    };
    let path = folder.join("manifest.csv");
    let rows = Manifest::new(folder, (0..clips).map(row).collect()).expect("a sound manifest");
    rows.write(&path).expect("a manifest is written");
    path
}

fn config() -> TrainConfig {
    let choice = || SetChoice { set: None, manifest: Some("manifest.csv".into()), held_out: vec![] };
    let mut config: TrainConfig = toml::from_str("name = \"tiny\"\naction = []\nprivacy = []").expect("TOML");
    config.seed = Seed(7);
    config.size = 16;
    config.model = config.model.with_width(4);
    (config.action, config.privacy) = (vec![choice()], vec![choice()]);
    config.schedule.warm_up = 2;
    config.schedule.pretrain = 3;
    config.schedule.steps = 4;
    (config.schedule.log_every, config.schedule.checkpoint_every) = (1, 2);
    (config.game.clips, config.game.frames, config.game.pairs) = (2, 2, 4);
    config
}

/// A folder with data, and runs in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        manifest(folder.path(), 8);
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs until `stop` steps are done, or to the end.
    fn run(&self, name: &str, config: &TrainConfig, resume: bool, stop: u64) -> Result<Outcome, TrainError> {
        let path = self.path(name);
        let cache = self.path("cache");
        let corpus = Corpus::open(config, (self.0.path(), None, &cache), &|_, _| {})?;
        let about = ("test".to_owned(), "test".to_owned(), resume);
        let folder = RunFolder::prepare(&path, config, &corpus, about)?;
        run(config, &corpus, folder, &Device::flex(), &mut |progress| {
            if progress.done >= stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    fn metrics(&self, name: &str) -> String {
        fs::read_to_string(self.path(name).join("metrics.jsonl")).expect("metrics were written")
    }
}

fn weights(outcome: Outcome) -> Vec<u8> {
    match outcome {
        Outcome::Done { artifact, .. } => {
            let model = artifact.restore(&Device::flex()).expect("own weights fit");
            format!("{:?}", model.forward(Tensor::ones([1, 3, 16, 16], &Device::flex())).into_data())
                .into_bytes()
        }
        Outcome::Stopped { checkpoint } => panic!("stopped at {}", checkpoint.display()),
    }
}

#[test]
fn a_resumed_run_is_the_uninterrupted_run_to_the_last_bit() {
    let (place, config) = (Place::new(), config());
    let whole = weights(place.run("whole", &config, false, u64::MAX).expect("a run"));
    for (name, stop) in [("a", 2), ("b", 3), ("c", 5)] {
        let stopped = place.run(name, &config, false, stop).expect("a run that is stopped");
        assert!(matches!(stopped, Outcome::Stopped { .. }), "the run did not stop after {stop} steps");
        let resumed = weights(place.run(name, &config, true, u64::MAX).expect("a resumed run"));
        assert!(resumed == whole, "stopped after {stop} steps, the run ends with another model");
        assert_eq!(place.metrics(name), place.metrics("whole"), "losses differ after {stop} steps");
    }
}

#[test]
fn a_run_that_was_killed_loses_only_what_followed_its_checkpoint() {
    let (place, config) = (Place::new(), config());
    let whole = weights(place.run("whole", &config, false, u64::MAX).expect("a run"));
    drop(place.run("killed", &config, false, 4).expect("a run that is stopped"));
    // What a kill leaves: lines past the checkpoint, half a checkpoint.
    let metrics = place.path("killed/metrics.jsonl");
    let text = place.metrics("killed") + "{\"step\":4,\"utility\":1.0}\n{\"step\":5,\"util";
    fs::write(metrics, text).expect("written");
    fs::create_dir(place.path("killed/.unfinished-checkpoint")).expect("a folder");
    fs::write(place.path("killed/.unfinished-checkpoint/anonymizer.bpk"), b"half").expect("written");
    let resumed = weights(place.run("killed", &config, true, u64::MAX).expect("a resumed run"));
    assert!(resumed == whole, "the resumed run ends with another model");
    assert_eq!(place.metrics("killed"), place.metrics("whole"), "losses differ");
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_names_the_way_back() {
    let (place, mut config) = (Place::new(), config());
    config.rates.anonymizer = f64::INFINITY;
    let error = place.run("wild", &config, false, u64::MAX).err().expect("an infinite rate");
    let TrainError::NotFinite { step, term, checkpoint, .. } = &error else { panic!("{error}") };
    assert!(*step >= config.schedule.preparation(), "stopped at step {step}, before the rate was used");
    assert!(!term.is_empty() && checkpoint.contains("checkpoint-"), "{error}");
    let checkpoint = Path::new(checkpoint);
    assert!(checkpoint.join("anonymizer.bpk").is_file(), "{} is not there", checkpoint.display());
}

#[test]
fn a_used_folder_and_another_configuration_are_refused() {
    let (place, config) = (Place::new(), config());
    drop(place.run("run", &config, false, 2).expect("a run that is stopped"));
    let again = place.run("run", &config, false, 2).err().expect("the folder is used");
    assert!(again.to_string().contains("--resume"), "{again}");
    let mut other = config.clone();
    other.game.budget = 0.31;
    let resumed = place.run("run", &other, true, 4).err().expect("another configuration");
    assert!(resumed.to_string().contains("configuration"), "{resumed}");
}

#[test]
fn a_run_folder_says_what_the_run_was() {
    let (place, config) = (Place::new(), config());
    let Outcome::Done { artifact, weights } = place.run("run", &config, false, u64::MAX).expect("a run")
    else {
        panic!("nobody stopped it");
    };
    let card = artifact.card();
    assert_eq!((card.trained.steps, card.trained.seed), (7, 7), "steps and seed");
    assert!(
        card.measured.iter().any(|figure| figure.name.starts_with("identity cMAP")),
        "{:?}",
        card.measured
    );
    let written: TrainConfig =
        toml::from_str(&fs::read_to_string(place.path("run/config.toml")).expect("a config")).expect("TOML");
    assert_eq!(written, config, "the configuration in the folder");
    let loaded = Artifact::load(&weights).expect("the model can be read");
    assert_eq!(loaded.card(), card, "the card on disk");
    assert!(place.path("run/samples/step-0000007.png").is_file(), "the sample sheet is missing");
}
