//! The privacy boundary of models with a formal promise: what leaves has been through clip and noise, and is paid for.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use super::{AnonFrame, Due, EngineError, RawFrame, Releases, Shown};
use crate::artifact::{ArtifactOf, CardOf};
use crate::dp::ledger::{Counted, Ledger, LedgerError, Opening, Statement};
use crate::dp::mechanism::{Mechanism, MechanismConfig, Noise, Release};
use crate::frame::{self, Planes, Rgba8};
use crate::known_answer;
use crate::model::{Coder, DpConfig, Shape as _};

/// A model with a formal promise, on one device, before it has released anything.
pub struct Promised {
    card: CardOf<DpConfig>,
    network: Coder,
    mechanism: MechanismConfig,
    scale: Vec<f64>,
    device: Device,
}

/// Frames of one camera or clip on their way through a [`Promised`] model. Of what it has seen it holds the two newest
/// releases, and features of the frames of a window that is not whole yet; no frame.
pub struct Stream {
    model: Arc<Promised>,
    releases: Releases,
    /// `[1, f, side / 8, side / 8]` each, fewer than a window has.
    kept: Vec<Tensor<4>>,
}

impl Promised {
    /// Puts a model to work on `device`, after a self-test against the answer on its card.
    ///
    /// # Errors
    /// [`EngineError`] if the weights do not fit the card's network, or the self-test fails.
    pub fn open(artifact: &ArtifactOf<DpConfig>, device: &Device) -> Result<Self, EngineError> {
        let scale = numbers(artifact.restore(device)?.scale());
        let model = Self::untested(artifact, device, &scale)?;
        let answer = &model.card.known_answer;
        let distance = answer.distance(&model.answer());
        if distance > answer.tolerance {
            return Err(EngineError::SelfTest { distance, tolerance: answer.tolerance });
        }
        Ok(model)
    }

    /// The same on a device that cannot be waited for: whoever opens it has read its scale, and tests what it shows.
    ///
    /// # Shapes
    /// - `scale`: `[d]`, of [`Coder::scale`]
    ///
    /// # Errors
    /// [`EngineError`] if the weights do not fit the card's network.
    pub fn untested(
        artifact: &ArtifactOf<DpConfig>,
        device: &Device,
        scale: &[f32],
    ) -> Result<Self, EngineError> {
        let (card, network) = (artifact.card().clone(), artifact.restore(device)?);
        let (mechanism, scale) = (card.config.mechanism, scale.iter().copied().map(f64::from).collect());
        Ok(Self { card, network, mechanism, scale, device: device.clone() })
    }

    /// What it makes, without noise, of the picture that everybody knows: for self-tests. Waits for the device.
    pub fn answer(&self) -> Rgba8 {
        let (image, width, height) = self.question();
        let found = DpConfig::answer(&self.network, image);
        frame::grow(&Planes::from_tensor(found), width, height)
    }

    /// The same at working resolution, before the sigmoid, left on the device.
    ///
    /// # Shapes
    /// - returns `[1, 3, side, side]`
    pub fn answer_logits(&self) -> Tensor<4> {
        DpConfig::answer_logits(&self.network, self.question().0)
    }

    /// The picture of the self-test, and its size before it was shrunk.
    fn question(&self) -> (Tensor<4>, usize, usize) {
        let (answer, side) = (&self.card.known_answer, self.card.config.side);
        let (width, height) = (answer.width.max(1), answer.height.max(1));
        let image = frame::shrink(&known_answer::pattern(width, height), side, side);
        (image.into_tensor(&self.device), width, height)
    }

    /// The network, for engines that compute with it on their own device.
    pub fn network(&self) -> &Coder {
        &self.network
    }

    /// The model's card.
    pub fn card(&self) -> &CardOf<DpConfig> {
        &self.card
    }

    /// What each number of a code is divided by.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// The same model with another mechanism than its card says: what an audit must find.
    #[cfg(test)]
    pub(crate) fn with_mechanism_for_tests(self, mechanism: MechanismConfig) -> Self {
        Self { mechanism, ..self }
    }

    /// Begins a stream whose releases are entered in `ledger`, with noise that nobody can draw again.
    ///
    /// # Errors
    /// [`EngineError::Mechanism`] if the system gives no random numbers, or the weights are broken;
    /// [`EngineError::Ledger`] if the ledger counts something else.
    pub fn stream(self: &Arc<Self>, ledger: Ledger) -> Result<Stream, EngineError> {
        self.begin(ledger, Noise::from_system()?)
    }

    /// Begins a stream for tests and judgements, which must be repeatable: whoever knows the seed takes the noise off
    /// again. Nothing that comes out of it may leave.
    ///
    /// # Errors
    /// [`EngineError::Mechanism`] if the weights are broken; [`EngineError::Ledger`] if the ledger counts something else.
    pub fn stream_seeded_for_tests(
        self: &Arc<Self>,
        ledger: Ledger,
        seed: u64,
    ) -> Result<Stream, EngineError> {
        self.begin(ledger, Noise::seeded_for_tests(seed))
    }

    /// The releases of a stream that another engine shows, entered in a ledger that begins so, with noise that nobody can
    /// draw again.
    ///
    /// # Errors
    /// As [`stream`](Self::stream).
    pub fn releases(&self, opening: Opening) -> Result<Releases, EngineError> {
        self.released(self.ledger(opening)?, Noise::from_system()?)
    }

    /// A ledger of what this model releases.
    ///
    /// # Errors
    /// [`LedgerError`] for numbers that are none.
    pub fn ledger(&self, opening: Opening) -> Result<Ledger, LedgerError> {
        Ledger::open(opening, &Counted::codes(self.card.config.unit()))
    }

    fn begin(self: &Arc<Self>, ledger: Ledger, noise: Noise) -> Result<Stream, EngineError> {
        Ok(Stream { model: Arc::clone(self), releases: self.released(ledger, noise)?, kept: vec![] })
    }

    fn released(&self, ledger: Ledger, noise: Noise) -> Result<Releases, EngineError> {
        ledger.must_count(&Counted::codes(self.card.config.unit()))?;
        let mechanism = Mechanism::new(self.mechanism, self.scale.clone(), noise)?;
        Ok(Releases::new(&self.card.config, mechanism, ledger))
    }

    /// What is kept of a picture until its window is whole.
    fn features(&self, raw: &RawFrame) -> Tensor<4> {
        let side = self.card.config.side;
        self.network.features(frame::shrink(&raw.0, side, side).into_tensor(&self.device))
    }

    /// The code of a window, before the mechanism. Waits for the device.
    fn code(&self, window: Vec<Tensor<4>>) -> Vec<f32> {
        numbers(self.network.code(Tensor::cat(window, 0)))
    }

    /// The picture of released numbers, at working resolution, at a place in their window. Waits for the device.
    ///
    /// # Panics
    /// If the number of values is not the code's.
    pub fn planes(&self, values: &[f64], phase: f64) -> Planes {
        Planes::from_tensor(self.network.picture(self.numbers(values), &[phase]))
    }

    /// Released numbers on the device.
    ///
    /// # Shapes
    /// - returns `[1, d]`
    ///
    /// # Panics
    /// If the number of values is not the code's.
    pub fn numbers(&self, values: &[f64]) -> Tensor<2> {
        let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        Tensor::from_data(TensorData::new(values, [1, self.card.config.code]), &self.device)
    }

    /// The picture of what is to be shown. Waits for the device.
    fn draw(&self, Shown { release, phase }: &Shown, (width, height): (usize, usize)) -> AnonFrame {
        AnonFrame(frame::grow(&self.planes(release.values(), *phase), width, height))
    }
}

impl Stream {
    /// Anonymizes the next frame. What is shown is [`lag`](DpConfig::lag) frames behind; before the first release it is
    /// what the model draws of nothing. A release is entered in the ledger before it is made, and frames that no code is of
    /// are not read. Consumes the raw pixels: afterwards nobody holds them. Waits for the device.
    ///
    /// # Errors
    /// [`LedgerError::Spent`] if the budget does not hold the release. Then nothing is shown, now and from then on.
    pub fn anonymize(&mut self, raw: RawFrame) -> Result<AnonFrame, LedgerError> {
        let size = (raw.0.width(), raw.0.height());
        let due = self.releases.pay()?;
        if due != Due::Nothing {
            self.kept.push(self.model.features(&raw));
        }
        drop(raw);
        Ok(self.shown(due, size))
    }

    /// Ends the clip, and gives what is still to be shown of it: as many frames as the stream is behind, of `size`. A window
    /// that it ends in is filled up with the last frame that was read, and released. What comes next is another clip.
    ///
    /// # Errors
    /// [`LedgerError::Spent`] if the budget does not hold the release.
    pub fn finish(&mut self, size: (usize, usize)) -> Result<Vec<AnonFrame>, LedgerError> {
        let mut rest = vec![];
        for _ in 0..self.model.card.config.lag() {
            let due = self.releases.pay()?;
            // A window that nothing was seen of ends after all that is to be shown.
            if due != Due::Nothing
                && let Some(last) = self.kept.last()
            {
                self.kept.push(last.clone());
            }
            rest.push(self.shown(due, size));
        }
        self.kept.clear();
        self.releases.end_clip();
        Ok(rest)
    }

    fn shown(&mut self, due: Due, size: (usize, usize)) -> AnonFrame {
        let code = (due == Due::Code).then(|| self.model.code(std::mem::take(&mut self.kept)));
        self.model.draw(&self.releases.show(code.as_deref()), size)
    }

    /// Releases a code that comes from no picture, as it would release that of a frame: for audits, which need the worst
    /// codes there are. It is not entered in the ledger.
    pub fn release_for_audit(&mut self, code: &[f32]) -> Release {
        self.releases.release_for_audit(code)
    }

    /// What has been released and spent, in numbers.
    pub fn statement(&self) -> Statement {
        self.releases.statement()
    }

    /// What has been released and spent.
    pub fn ledger(&self) -> &Ledger {
        self.releases.ledger()
    }

    /// Ends the stream and hands its ledger on, so that the next one goes on counting.
    pub fn into_ledger(self) -> Ledger {
        self.releases.into_ledger()
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec().expect("values were converted to f32")
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::*;
    use crate::artifact::Artifact;
    use crate::dp::accountant::Mu;
    use crate::dp::ledger::{Budget, Counted};
    use crate::dp::promise::{DELTA, Unit};

    const NOISY: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 2.0 };
    const QUIET: MechanismConfig = MechanismConfig { clip: 1.0, sigma: 0.0 };

    fn artifact((every, window): (usize, usize), mechanism: MechanismConfig) -> ArtifactOf<DpConfig> {
        let device = Device::flex();
        device.seed(6);
        let config = DpConfig { width: 4, window, ..DpConfig::new((16, 4, every), mechanism) };
        let card =
            Artifact::built_in().expect("the built-in card").card().clone().with_config(config.clone());
        ArtifactOf::of(&config.init(&device), card, &device).expect("recorded")
    }

    fn model(every: usize, mechanism: MechanismConfig) -> Arc<Promised> {
        of_windows((every, 1), mechanism)
    }

    fn of_windows(timing: (usize, usize), mechanism: MechanismConfig) -> Arc<Promised> {
        Arc::new(Promised::open(&artifact(timing, mechanism), &Device::flex()).expect("a sound model"))
    }

    fn ledger(budget: Mu) -> Ledger {
        Ledger::new(Counted::codes(Unit::FRAME), Budget::from(budget), DELTA).expect("a delta")
    }

    fn counting(model: &Promised) -> Ledger {
        Ledger::unbounded_codes(model.card.config.unit())
    }

    fn frame(shade: u8) -> RawFrame {
        let bytes = (0..16 * 16).flat_map(|i: usize| [shade, (i % 251) as u8, shade ^ (i as u8), 255]);
        RawFrame::from(Rgba8::new(16, 16, bytes.collect()).expect("a frame"))
    }

    #[test]
    fn the_same_release_is_the_same_picture_to_the_bit_whatever_was_seen() {
        for timing in [(1, 1), (4, 2)] {
            let model = of_windows(timing, NOISY);
            let mut mechanism =
                Mechanism::new(NOISY, model.scale.clone(), Noise::seeded_for_tests(3)).expect("sound");
            let shown = Shown { release: mechanism.release(&[0.5, -0.2, 0.1, 0.9]), phase: 0.25 };
            let before = model.draw(&shown, (16, 16));
            for shade in [0, 90, 255] {
                let mut stream = model.stream(counting(&model)).expect("noise");
                (0..4).for_each(|_| drop(stream.anonymize(frame(shade)).expect("no budget")));
                assert!(
                    model.draw(&shown, (16, 16)) == before,
                    "shade {shade} is in the picture of another release"
                );
            }
        }
    }

    #[test]
    fn frames_between_releases_are_not_in_the_pictures_and_cost_nothing() {
        let model = model(3, NOISY);
        let shown = |between: u8| {
            let mut stream = model.stream_seeded_for_tests(ledger(Mu::NONE), 5).expect("sound");
            let shades = [10, between, between, 200, between, between, 77];
            let clip: Vec<AnonFrame> =
                shades.map(|shade| stream.anonymize(frame(shade)).expect("no budget")).into();
            (clip, stream.ledger().releases())
        };
        let ((clip, releases), (other, _)) = (shown(0), shown(255));
        assert!(clip == other, "a frame that must not be read is in the pictures");
        assert_eq!(releases, 3, "releases of 7 frames");
        assert!(clip[0] == clip[2] && clip[2] != clip[3] && clip[3] != clip[4], "codes are not approached");
    }

    #[test]
    fn a_window_is_released_when_it_is_whole_and_shown_until_the_next() {
        let model = of_windows((4, 2), NOISY); // reads frames 0, 2, 4, ..; lags 2
        let shown = |shades: [u8; 9]| {
            let mut stream = model.stream_seeded_for_tests(counting(&model), 5).expect("sound");
            let clip: Vec<(AnonFrame, u64)> = shades
                .map(|shade| (stream.anonymize(frame(shade)).expect("no budget"), stream.ledger().releases()))
                .into();
            let (rest, ledger) = (stream.finish((16, 16)).expect("no budget"), stream.into_ledger());
            (clip, rest, ledger.releases())
        };
        let (clip, rest, all) = shown([10; 9]);
        assert_eq!(
            clip.iter().map(|(_, releases)| *releases).collect::<Vec<_>>(),
            [0, 0, 1, 1, 1, 1, 2, 2, 2]
        );
        assert_eq!((rest.len(), all), (2, 3), "the last window is filled up and released");
        for (changed, first) in [(0, 2), (1, 11), (2, 2), (3, 11), (4, 6), (6, 6), (8, 10)] {
            let mut shades = [10; 9];
            shades[changed] = 200;
            let (other, late, _) = shown(shades);
            let before = clip.iter().map(|(frame, _)| frame).chain(&rest);
            let after = other.iter().map(|(frame, _)| frame).chain(&late);
            let differ: Vec<usize> =
                before.zip(after).enumerate().filter(|(_, (a, b))| a != b).map(|(place, _)| place).collect();
            let wanted: Vec<usize> = (first..11.min(first + 4)).collect();
            assert_eq!(
                differ, wanted,
                "frame {changed} is to be seen in its window, later, and nowhere else"
            );
        }
    }

    #[test]
    fn after_a_clip_another_begins_and_a_picture_is_a_clip() {
        let model = of_windows((6, 3), NOISY);
        let twice = || {
            let mut stream = model.stream_seeded_for_tests(counting(&model), 5).expect("sound");
            let mut all = vec![];
            for shade in [10, 99] {
                all.push(stream.anonymize(frame(shade)).expect("no budget"));
                all.extend(stream.finish((16, 16)).expect("no budget"));
            }
            assert_eq!((all.len(), stream.ledger().releases()), (10, 2));
            all
        };
        let all = twice();
        assert!(all == twice() && all[4] != all[9], "each picture is released");
        assert!(all[0] == all[5] && all[0] == all[3], "a release before the window is whole");
    }

    #[test]
    fn a_ledger_of_something_else_is_refused() {
        let refused = of_windows((4, 2), NOISY).stream(ledger(Mu::NONE)).map(|_| ()).expect_err("of frames");
        assert!(refused.to_string().contains("one released frame"), "{refused}");
    }

    #[test]
    fn at_the_budget_nothing_more_is_shown_and_it_is_said_why() {
        let model = model(2, NOISY); // mu 1 a release
        let mut stream = model.stream(ledger(Mu::new(2.0).expect("a mu"))).expect("noise");
        for shade in 0..8 {
            assert!(
                stream.anonymize(frame(shade)).is_ok(),
                "frame {shade} is within the budget of four releases"
            );
        }
        for _ in 0..3 {
            let refused =
                stream.anonymize(frame(9)).map(|_| ()).expect_err("the budget is spent").to_string();
            assert!(refused.contains("budget is spent") && refused.contains("4 release(s)"), "{refused}");
        }
        assert_eq!(
            stream.ledger().spent(),
            Mu::new(2.0).expect("a mu"),
            "refused frames have cost something"
        );
        let mut next = model.stream(stream.into_ledger()).expect("noise");
        assert!(next.anonymize(frame(1)).is_err(), "a new stream forgets what was spent");
    }

    #[test]
    fn a_stream_shows_what_training_saw() {
        let shades = [10, 60, 110, 160, 210, 5, 99, 3];
        for timing in [(3, 1), (4, 2), (3, 3)] {
            let model = of_windows(timing, QUIET);
            let mut stream = model.stream(counting(&model)).expect("noise");
            let frames: Vec<Tensor<4>> = shades
                .iter()
                .map(|shade| frame::shrink(&frame(*shade).0, 16, 16).into_tensor(&model.device))
                .collect();
            let wanted = model.network.forward(Tensor::cat(frames, 0), shades.len()).chunk(shades.len(), 0);
            let mut found: Vec<AnonFrame> =
                shades.iter().map(|shade| stream.anonymize(frame(*shade)).expect("no budget")).collect();
            found.extend(stream.finish((16, 16)).expect("no budget"));
            let in_place = &found[model.card.config.lag()..];
            assert_eq!(in_place.len(), shades.len(), "{timing:?}");
            for (place, (found, wanted)) in in_place.iter().zip(wanted).enumerate() {
                let wanted = frame::grow(&Planes::from_tensor(wanted), 16, 16);
                let off = found.picture().bytes().iter().zip(wanted.bytes()).map(|(a, b)| a.abs_diff(*b));
                let worst = off.max();
                assert!(worst <= Some(1), "{timing:?}: frame {place} is off by {worst:?}");
            }
        }
    }

    #[test]
    fn the_same_seed_is_the_same_clip_and_the_system_never_repeats() {
        let model = model(1, NOISY);
        let seeded = |seed| {
            let mut stream = model.stream_seeded_for_tests(ledger(Mu::NONE), seed).expect("sound");
            stream.anonymize(frame(7)).expect("no budget")
        };
        let fresh = || {
            let mut stream = model.stream(ledger(Mu::NONE)).expect("noise");
            stream.anonymize(frame(7)).expect("no budget")
        };
        assert!(seeded(1) == seeded(1) && seeded(1) != seeded(2), "the seed does not decide");
        assert!(fresh() != fresh(), "two streams have one noise");
    }

    #[test]
    fn a_model_that_answers_otherwise_than_its_card_says_is_refused() {
        let artifact = artifact((1, 1), NOISY);
        let mut card = artifact.card().clone();
        card.known_answer.grid[7] += 9.0;
        let text = serde_json::to_string(&card).expect("a card is JSON");
        let altered =
            ArtifactOf::<DpConfig>::open("m", artifact.weights().to_vec(), &text).expect("weights and card");
        let error = Promised::open(&altered, &Device::flex()).map(|_| ()).expect_err("a wrong answer");
        assert!(error.to_string().contains("self-test"), "{error}");
    }
}
