//! Whole runs, on drawn noise small enough for a test.

use std::fs;

use burn::tensor::Tensor;

use super::*;
use crate::artifact::Artifact;
use crate::data::{Manifest, Row, Source};
use crate::rng::Seed;
use crate::train::log::Line;
use crate::train::{BalanceKind, Head, IDENTITY, PenaltyKind, SetChoice, Twins};

mod architectures;

/// Writes a manifest of `clips` strips of four 16 x 16 frames; the action is in the brightness and in the way the
/// stripes run. Without names nobody can be attacked, which saves most of a validation's time.
fn manifest(folder: &Path, clips: usize, names: bool) -> PathBuf {
    let row = |number: usize| {
        let (action, subject) = (number % 2, number / 2 % 2);
        let strip = image::RgbImage::from_fn(64, 16, |x, y| {
            let along = if action == 0 { x } else { y };
            let value = (along * 50 + x + y + (number * 31) as u32) % 100 + 120 * action as u32;
            image::Rgb([value as u8, (value / 2) as u8, 60 * subject as u8])
        });
        let path = PathBuf::from(format!("{number}.png"));
        strip.save(folder.join(&path)).expect("a strip is written");
        Row {
            clip: format!("clip{number}"),
            source: Source::Strip { path, frame_width: 16 },
            subject: names.then(|| format!("s{subject}")),
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
    let choice = || SetChoice { manifest: Some("manifest.csv".into()), ..SetChoice::default() };
    let mut config: TrainConfig = toml::from_str("name = \"tiny\"\naction = []\nprivacy = []").expect("TOML");
    config.seed = Seed(7);
    config.size = 16;
    config.model.width = 4;
    (config.action, config.privacy) = (vec![choice()], vec![choice()]);
    config.schedule.warm_up = 2;
    config.schedule.pretrain = 3;
    config.schedule.steps = 4;
    (config.schedule.log_every, config.schedule.checkpoint_every) = (1, 2);
    (config.game.clips, config.game.frames, config.adversary.pairs) = (2, 2, 4);
    config.validate.fresh_moves = 2;
    config
}

/// Every option that leaves a trace in a checkpoint, switched on.
fn everything() -> TrainConfig {
    let mut config = config();
    config.schedule.steps = 8;
    config.schedule.checkpoint_every = 3;
    config.game.flicker_weight = 0.5;
    let adversary = &mut config.adversary;
    (adversary.moves, adversary.branches, adversary.restart_every, adversary.catch_up) = (2, 2, 3, 2);
    adversary.twins = Twins::Clip;
    adversary.head = vec![Head { of: IDENTITY.into(), weight: 0.5 }];
    let penalty = &mut config.penalty;
    (penalty.kind, penalty.calibrate_every, penalty.dual_rate) = (PenaltyKind::WeightedFeature, 4, 0.5);
    config.balance.kind = BalanceKind::GradNorm;
    let rates = &mut config.rates;
    (rates.rise, rates.last_share, rates.weight_decay) = (2, 0.1, 1e-2);
    (rates.clip_norm, rates.accumulate, rates.average) = (0.5, 2, 0.9);
    (config.validate.every, config.validate.patience) = (4, 100);
    keep_some(&mut config);
    config
}

/// Keeps the same clips for validation in both streams.
fn keep_some(config: &mut TrainConfig) {
    (config.action[0].validation, config.privacy[0].validation) = (Some(0.4), Some(0.4));
}

/// A folder with data, and runs in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self::of(8, true)
    }

    fn of(clips: usize, names: bool) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        manifest(folder.path(), clips, names);
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

    fn lines(&self, name: &str) -> Vec<Line> {
        self.metrics(name).lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
    }
}

fn weights(outcome: Outcome) -> Vec<u8> {
    match outcome {
        Outcome::Done { weights, .. } => {
            let model =
                Artifact::load(&weights).expect("a model").restore(&Device::flex()).expect("own weights fit");
            format!("{:?}", model.forward(Tensor::ones([1, 3, 16, 16], &Device::flex())).into_data())
                .into_bytes()
        }
        Outcome::Stopped { checkpoint } => panic!("stopped at {}", checkpoint.display()),
    }
}

#[test]
fn a_resumed_run_is_the_uninterrupted_run_to_the_last_bit() {
    let place = Place::new();
    let mut averaged = config();
    averaged.rates.average = 0.9;
    for (kind, config, stops) in
        [("plain", config(), vec![2, 5]), ("averaged", averaged, vec![5]), ("all", everything(), vec![7, 10])]
    {
        let name = format!("{kind}-whole");
        let whole = weights(place.run(&name, &config, false, u64::MAX).expect("a run"));
        let readings = fs::read(place.path(&name).join("readings.jsonl")).expect("readings");
        for stop in stops {
            let name = format!("{kind}-{stop}");
            let stopped = place.run(&name, &config, false, stop).expect("a run that is stopped");
            assert!(
                matches!(stopped, Outcome::Stopped { .. }),
                "{kind}: the run did not stop after {stop} steps"
            );
            let resumed = weights(place.run(&name, &config, true, u64::MAX).expect("a resumed run"));
            assert!(resumed == whole, "{kind}: stopped after {stop} steps, the run ends with another model");
            assert_eq!(
                place.metrics(&name),
                place.metrics(&format!("{kind}-whole")),
                "{kind}, {stop}: losses"
            );
            let again = fs::read(place.path(&name).join("readings.jsonl")).expect("readings");
            assert!(again == readings, "{kind}: validations differ after {stop} steps");
        }
    }
}

#[test]
fn branches_begin_anew_in_turn_and_play_on_otherwise_as_before() {
    let (place, mut config) = (Place::new(), config());
    (config.schedule.steps, config.adversary.branches) = (7, 2);
    drop(place.run("steady", &config, false, u64::MAX).expect("a run"));
    (config.adversary.restart_every, config.adversary.catch_up) = (2, 1);
    drop(place.run("anew", &config, false, u64::MAX).expect("a run"));
    let (steady, anew) = (place.lines("steady"), place.lines("anew"));
    let restarts: Vec<_> = anew.iter().filter_map(|line| Some((line.step, line.restarted?))).collect();
    assert_eq!(
        restarts,
        [(5, 0), (7, 1), (9, 0)],
        "the preparation has 3 steps; one branch every 2 after it"
    );
    assert_eq!(steady[..5], anew[..5], "something differs before the first restart");
    assert_ne!(steady[5].privacy, anew[5].privacy, "the branch that began anew judges as the old one did");
    assert_eq!(steady[5].utility, anew[5].utility, "the restart of a privacy branch changed L_T");
}

#[test]
fn two_checkpoints_are_kept() {
    let (place, config) = (Place::new(), config());
    drop(place.run("run", &config, false, u64::MAX).expect("a run"));
    let mut names: Vec<String> = fs::read_dir(place.path("run"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("checkpoint"))
        .collect();
    names.sort();
    assert_eq!(names, ["checkpoint-0000006", "checkpoint-0000007"], "of the checkpoints at 2, 4, 6 and 7");
}

#[test]
fn a_device_that_fails_is_an_error_that_names_the_checkpoint() {
    let (place, config) = (Place::new(), config());
    drop(place.run("run", &config, false, 3).expect("a run that is stopped"));
    let failed = guarded(&place.path("run"), 3, || -> () { panic!("device lost") });
    let error = failed.expect_err("the work panicked").to_string();
    assert!(error.contains("step 3") && error.contains("device lost"), "{error}");
    assert!(error.contains("checkpoint-0000003") && error.contains("--resume"), "{error}");
    let whole = weights(place.run("whole", &config, false, u64::MAX).expect("a run"));
    let resumed = weights(place.run("run", &config, true, u64::MAX).expect("a resumed run"));
    assert!(resumed == whole, "what was saved does not lead to the same model");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_costs_no_checkpoint() {
    let (place, config) = (Place::new(), config());
    drop(place.run("run", &config, false, 3).expect("a run that is stopped"));
    let metrics = place.path("run/metrics.jsonl");
    fs::remove_file(&metrics).expect("metrics were there");
    std::os::unix::fs::symlink("/dev/full", &metrics).expect("a link");
    let error = place.run("run", &config, true, u64::MAX).err().expect("nothing can be written").to_string();
    assert!(error.contains("metrics.jsonl") && error.contains("disk full"), "{error}");
    assert!(place.path("run/checkpoint-0000003/anonymizer.bpk").is_file(), "the checkpoint is gone");
}

#[test]
fn a_game_without_pre_training_comes_to_its_end() {
    let (place, mut config) = (Place::new(), config());
    (config.schedule.pretrain, config.schedule.warm_up) = (0, 0);
    let outcome = place.run("run", &config, false, u64::MAX).expect("a run without pre-training");
    let Outcome::Done { result, .. } = outcome else { panic!("nobody stopped it") };
    assert_eq!(result.steps, config.schedule.steps, "{result:?}");
}

#[test]
fn a_weight_that_is_no_number_reaches_no_checkpoint() {
    let (place, mut config) = (Place::new(), config());
    // Only the branches' last move before a checkpoint is poisoned: no loss shows it yet.
    config.rates.privacy = f64::MAX;
    (config.schedule.pretrain, config.schedule.warm_up) = (1, 1);
    config.schedule.checkpoint_every = 1;
    let error = place.run("run", &config, false, u64::MAX).err().expect("a poisoned branch").to_string();
    assert!(error.contains("privacy") && error.contains("stopped"), "{error}");
    assert!(!place.path("run/checkpoint-0000001").exists(), "the poisoned branch was saved");
}

#[test]
fn a_run_that_gets_no_better_ends_and_keeps_its_best() {
    let (place, mut config) = (Place::of(60, false), config());
    keep_some(&mut config);
    (config.schedule.pretrain, config.schedule.steps) = (40, 30);
    config.rates.utility = 1e-2;
    // An anonymizer that does not move cannot get better.
    config.rates.anonymizer = 0.0;
    (config.validate.every, config.validate.patience) = (2, 3);
    let outcome = place.run("run", &config, false, u64::MAX).expect("a run");
    let Outcome::Done { result, .. } = outcome else { panic!("nobody stopped it") };
    assert!(result.stopped_early, "{result:?}");
    assert!(
        result.steps < 70 && result.chosen_step < result.steps,
        "{} of {}",
        result.chosen_step,
        result.steps
    );
    let lines = fs::read_to_string(place.path("run/readings.jsonl")).expect("readings");
    assert!(lines.lines().count() >= 4, "one best and three that are no better: {lines}");
    let ended = place.run("run", &config, true, u64::MAX).expect("a run that has ended");
    let Outcome::Done { result: again, .. } = ended else { panic!("nobody stopped it") };
    assert_eq!(again.steps, result.steps, "it went on after its end");
}

#[test]
fn a_run_is_not_steered_by_clips_that_nobody_kept() {
    let (place, mut config) = (Place::new(), config());
    config.validate.every = 2;
    let Err(error) = place.run("run", &config, false, u64::MAX) else { panic!("it steered by nothing") };
    let text = error.to_string();
    assert!(text.contains("validate.every") && text.contains("held_out"), "{text}");
}

#[test]
fn a_clip_that_judges_in_one_stream_may_not_teach_in_the_other() {
    let (place, mut config) = (Place::new(), config());
    config.action[0].held_out = vec!["s1".into()];
    let Err(error) = place.run("run", &config, false, u64::MAX) else {
        panic!("the privacy branch saw them")
    };
    assert!(matches!(error, TrainError::BothSides { .. }), "{error}");
    config.privacy[0].held_out = vec!["s1".into()];
    place.run("agreed", &config, false, 1).expect("both streams agree");
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
    config.rates.anonymizer = f64::MAX;
    let error = place.run("wild", &config, false, u64::MAX).err().expect("an infinite rate");
    let TrainError::NotFinite { step, term, checkpoint, .. } = &error else { panic!("{error}") };
    assert!(*step >= config.schedule.preparation(), "stopped at step {step}, before the rate was used");
    assert!(!term.contains("weight"), "the loss went by unnoticed: {error}");
    assert!(checkpoint.contains("checkpoint-"), "{error}");
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
    other.penalty.budget = Some(0.31);
    let resumed = place.run("run", &other, true, 4).err().expect("another configuration");
    assert!(resumed.to_string().contains("configuration"), "{resumed}");
}

#[test]
fn a_run_folder_says_what_the_run_was() {
    let (place, config) = (Place::new(), config());
    let Outcome::Done { weights, result } = place.run("run", &config, false, u64::MAX).expect("a run") else {
        panic!("nobody stopped it");
    };
    let artifact = Artifact::load(&weights).expect("the model can be read");
    let card = artifact.card();
    assert_eq!((card.trained.steps, card.trained.seed), (7, 7), "steps and seed");
    assert!(
        card.measured.iter().any(|figure| figure.name.starts_with("identity top-1")),
        "{:?}",
        card.measured
    );
    let text = fs::read_to_string(place.path("run/result.json")).expect("a result");
    assert_eq!(serde_json::from_str::<RunResult>(&text).expect("JSON"), *result, "the result on disk");
    let written: TrainConfig =
        toml::from_str(&fs::read_to_string(place.path("run/config.toml")).expect("a config")).expect("TOML");
    assert_eq!(written, config, "the configuration in the folder");
    assert!(place.path("run/samples/step-0000007.png").is_file(), "the sample sheet is missing");
}
