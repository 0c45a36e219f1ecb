//! The card of a trained model.

use super::config::{Architecture, Sees, TrainConfig};
use super::corpus::Corpus;
use super::folder::RunFolder;
use super::result::RunResult;
use crate::artifact::{self, CardOf, Figure, Mode, Provenance, UNJUDGED};
use crate::dp::promise::Promise;
use crate::known_answer::KnownAnswer;
use crate::metrics::Reading;
use crate::model::Shape as _;

const UNATTACKED: &str = "no privacy claim: nobody has attacked it yet";

/// The card of the model that `result` came out of, but for the shape of its network; digest and known answer are filled
/// in when weights are added.
pub(super) fn of(
    config: &TrainConfig,
    corpus: &Corpus,
    folder: &RunFolder,
    result: &RunResult,
) -> CardOf<()> {
    let about = &folder.about;
    let codes = config.model.dp(config.size);
    let promised = if config.model.architecture == Architecture::Dp { codes.promise() } else { None };
    CardOf {
        format: artifact::FORMAT,
        name: config.name.clone(),
        mode: Mode::of(promised.as_ref()),
        privacy_claim: match config.model.architecture {
            Architecture::UNet => {
                "no privacy claim: only the trainer's quick attackers have been tried".into()
            }
            Architecture::Bdq | Architecture::Motion | Architecture::Dp => {
                promised.as_ref().map_or(UNATTACKED.into(), Promise::sentence)
            }
        },
        promise: promised,
        licence: corpus.licence.clone(),
        sha256: String::new(),
        config: (),
        known_answer: KnownAnswer { width: 1, height: 1, grid: vec![], tolerance: 0.0 },
        trained: Provenance {
            commit: about.commit.clone(),
            data: corpus.origins.clone(),
            manifest: about.manifest.clone(),
            seed: config.seed.0,
            steps: result.chosen_step,
            minutes: result.minutes,
            device: about.device.clone(),
            config: serde_json::to_value(config).expect("a configuration is JSON"),
        },
        measured: figures(&result.raw, "raw").chain(figures(&result.anonymized, "anonymized")).collect(),
        limits: limits(config),
    }
}

fn figures<'a>(readings: &'a [Reading], kind: &'a str) -> impl Iterator<Item = Figure> + 'a {
    readings.iter().map(move |reading| Figure {
        name: format!("{} top-1 on {}, {}, {kind}", reading.asked, reading.set, reading.by),
        value: reading.top1,
        chance: Some(reading.chance),
        n: reading.n,
        ..Figure::default()
    })
}

fn limits(config: &TrainConfig) -> Vec<String> {
    let size = config.size;
    if config.model.architecture == Architecture::Motion {
        let still = match config.model.hold {
            0 => "shows nothing of who stands still".into(),
            hold => format!(
                "keeps in sight for {hold} frames where something has moved, and so the shape of who sits still"
            ),
        };
        return vec![
            format!("trained on frames of {size} x {size} pixels in which a person fills most of the frame"),
            UNJUDGED[2].into(),
            "shows of movement what told the actions that it was trained on, and perhaps of no others".into(),
            format!("{still}; a camera that moves, or light that changes, is taken for movement"),
            "sound, captions and metadata are not anonymized".into(),
        ];
    }
    if config.model.architecture == Architecture::Bdq {
        return vec![
            format!("trained on frames of {size} x {size} pixels in which a person fills most of the frame"),
            UNJUDGED[2].into(),
            "looks at the frame before: a filter to hold models against in `bauta judge`, not for the product".into(),
            "shows nothing of who stands still, and everything where the camera moves".into(),
        ];
    }
    if config.model.architecture == Architecture::Dp {
        let trained =
            format!("trained on frames of {size} x {size} pixels in which a person fills most of the frame");
        let promised: &[&str] = match config.model.mu.is_finite() {
            true => &[
                "what is promised binds whoever names the action as much as whoever names the person",
                "nothing is promised of the people in the training data",
            ],
            false => &[],
        };
        let shown: &[&str] = match config.model.sees {
            Sees::Signs => &[
                "shows of movement what told the actions that it was trained on, and perhaps of no others",
                "draws patterns that people cannot read, of nobody who stands still; a camera that moves, or light that \
                 changes, is taken for movement",
            ],
            Sees::Pictures => &[],
        };
        let told = [UNJUDGED[0], UNJUDGED[1]].into_iter().chain(promised.iter().chain(shown).copied());
        let told = told.chain(["sound, captions and metadata are not anonymized"]).map(String::from);
        return std::iter::once(trained).chain(told).collect();
    }
    vec![
        format!("trained on frames of {size} x {size} pixels in which a person fills most of the frame"),
        UNJUDGED[0].into(),
        UNJUDGED[1].into(),
        "shape, gait and movement are left in the picture on purpose: they carry the action".into(),
        "sound, captions and metadata are not anonymized".into(),
    ]
}
