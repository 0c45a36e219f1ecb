//! The audit lets a sound model pass and finds each way in which one can break its promise.

use burn::tensor::Device;

use super::*;
use crate::artifact::{Artifact, ArtifactOf};
use crate::dp::accountant::Mu;
use crate::dp::evidence::Finding;
use crate::dp::mechanism::MechanismConfig;
use crate::engine::{CodeModel, EngineError};
use crate::frame::Rgba8;
use crate::model::DpConfig;

const SAYS: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 1.0, levels: None };

/// A fresh model that releases one in `every` frames; its card says [`SAYS`], its mechanism is `keeps`.
fn model(every: usize, keeps: MechanismConfig) -> CodeModel {
    of_windows((every, 1), keeps)
}

/// The same, but for so many frames that a code is of.
fn of_windows((every, window): (usize, usize), keeps: MechanismConfig) -> CodeModel {
    let device = Device::flex();
    device.seed(4);
    let config = DpConfig { width: 4, window, ..DpConfig::new((16, 4, every), SAYS) };
    let card = Artifact::built_in().expect("the built-in card").card().clone().with_config(config.clone());
    let artifact = ArtifactOf::of(&config.init(&device), card, &device).expect("recorded");
    CodeModel::open(&artifact, &device).expect("a sound model").with_mechanism_for_tests(keeps)
}

fn findings(subject: &mut dyn Subject) -> Vec<Finding> {
    audit(subject, Plan::new(Plan::LEAST), &mut |_, _| ()).expect("noise")
}

fn broken(findings: &[Finding]) -> Vec<&str> {
    findings.iter().filter(|finding| finding.exceeds()).map(|finding| finding.tried.as_str()).collect()
}

#[test]
fn a_sound_model_passes_and_its_worst_pair_comes_near_the_claim() {
    let found = findings(&mut Model::new(model(2, SAYS)));
    assert_eq!(broken(&found), [""; 0], "{found:?}");
    assert_eq!(found.len(), 7, "{found:?}");
    let worst = found[0].found.value();
    assert!(worst > 0.85 * SAYS.mu().value(), "the worst pair is told apart by {worst} only: {found:?}");
}

#[test]
fn a_sound_model_of_windows_passes_and_more_is_tried_on_it() {
    let found = findings(&mut Model::new(of_windows((4, 2), SAYS)));
    assert_eq!(broken(&found), [""; 0], "{found:?}");
    let hidden: Vec<&str> = found[7..].iter().map(|finding| finding.tried.as_str()).collect();
    assert_eq!(
        hidden,
        [
            "a frame between releases, black against white",
            "a frame of a window that is not whole, black against white",
            "the window before, black against white"
        ]
    );
    assert!(found[7..].iter().all(|finding| finding.claimed.value() == 0.0), "{found:?}");
}

#[test]
fn frames_of_other_windows_are_found() {
    let subject = |show: fn(&[Rgba8], &Rgba8) -> Rgba8| Mutant {
        model: Model::new(of_windows((4, 2), SAYS)),
        release: Model::release,
        show,
    };
    let found = findings(&mut subject(skip));
    assert!(
        broken(&found).contains(&"a frame of a window that is not whole, black against white"),
        "{found:?}"
    );
    let found = findings(&mut subject(first));
    assert_eq!(broken(&found).last(), Some(&"the window before, black against white"), "{found:?}");
}

#[test]
fn half_the_noise_is_found() {
    let found = findings(&mut Model::new(model(1, MechanismConfig { sigma: 0.5, ..SAYS })));
    assert!(broken(&found).contains(&"opposite codes, far too long, in all places"), "{found:?}");
}

#[test]
fn codes_that_are_not_cut_are_found() {
    let found = findings(&mut Model::new(model(1, MechanismConfig { clip: 2e4, ..SAYS })));
    assert!(broken(&found).contains(&"opposite codes, far too long, in one place"), "{found:?}");
    assert!(broken(&found).contains(&"a broken code against a long one"), "{found:?}");
}

/// A model that releases or shows otherwise than it should, and says what a sound one says.
struct Mutant<R, S> {
    model: Model,
    release: R,
    show: S,
}

impl<R, S> Subject for Mutant<R, S>
where
    R: FnMut(&mut Model, &[&[f32]]) -> Result<Vec<Vec<f64>>, EngineError>,
    S: FnMut(&[Rgba8], &Rgba8) -> Rgba8,
{
    fn says(&self) -> MechanismConfig {
        self.model.says()
    }

    fn scale(&self) -> &[f64] {
        self.model.scale()
    }

    fn timing(&self) -> Timing {
        self.model.timing()
    }

    fn side(&self) -> usize {
        self.model.side()
    }

    fn release(&mut self, codes: &[&[f32]]) -> Result<Vec<Vec<f64>>, EngineError> {
        (self.release)(&mut self.model, codes)
    }

    fn show(&mut self, clip: &[Rgba8]) -> Result<Rgba8, EngineError> {
        let shown = self.model.show(clip)?;
        Ok((self.show)(clip, &shown))
    }
}

/// A twentieth of the last frame, added to what is shown.
fn skip(clip: &[Rgba8], shown: &Rgba8) -> Rgba8 {
    added(clip.last().expect("a frame"), shown)
}

/// A twentieth of the first frame.
fn first(clip: &[Rgba8], shown: &Rgba8) -> Rgba8 {
    added(clip.first().expect("a frame"), shown)
}

fn added(frame: &Rgba8, shown: &Rgba8) -> Rgba8 {
    let mix = |(shown, raw): (&u8, &u8)| shown - shown / 20 + raw / 20;
    let bytes: Vec<u8> = shown.bytes().iter().zip(frame.bytes()).map(mix).collect();
    let opaque: Vec<u8> =
        bytes.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect();
    Rgba8::new(shown.width(), shown.height(), opaque).expect("as many bytes")
}

#[test]
fn a_skip_connection_is_found_with_and_without_frames_between_releases() {
    for every in [1, 2] {
        let model = Model::new(model(every, SAYS));
        let found = findings(&mut Mutant { model, release: Model::release, show: skip });
        assert!(broken(&found).contains(&"a black frame against a white one"), "every {every}: {found:?}");
        let between = broken(&found).contains(&"a frame between releases, black against white");
        assert_eq!(between, every == 2, "every {every}: {found:?}");
    }
}

#[test]
fn noise_that_is_used_twice_is_found() {
    let [model, mut quiet] = [1.0, 0.0].map(|sigma| Model::new(model(1, MechanismConfig { sigma, ..SAYS })));
    // The noise of a first release, added to what a twin without noise releases.
    let release = |model: &mut Model, codes: &[&[f32]]| {
        let zero = vec![0.0; model.scale().len()];
        let noise = model.release(&[&zero])?.remove(0);
        let add = |code: Vec<f64>| code.iter().zip(&noise).map(|(value, noise)| value + noise).collect();
        Ok(quiet.release(codes)?.into_iter().map(add).collect())
    };
    let found = findings(&mut Mutant { model, release, show: |_: &[Rgba8], shown: &Rgba8| shown.clone() });
    assert_eq!(broken(&found), ["the second of two releases"], "{found:?}");
    assert!(found[0].found <= Mu::new(2.0).expect("a mu"), "{found:?}");
}
