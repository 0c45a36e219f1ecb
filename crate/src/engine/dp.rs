//! The privacy boundary of models of codes: what leaves has been through clip and noise, and is paid for. Where there is
//! no noise nothing is promised, and the ledger counts without bound.

use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};

use super::{AnonFrame, Due, EngineError, RawFrame, Releases, Shown};
use crate::artifact::{ArtifactOf, CardOf};
use crate::dp::ledger::{Counted, Ledger, LedgerError, Opening, Statement};
use crate::dp::mechanism::{Mechanism, MechanismConfig, Noise, Release};
use crate::frame::{self, Planes, Rgba8};
use crate::known_answer;
use crate::model::{Coder, DpConfig, Shape as _};

/// A model of codes on one device, before it has released anything.
pub struct CodeModel {
    card: CardOf<DpConfig>,
    network: Coder,
    mechanism: MechanismConfig,
    scale: Vec<f64>,
    device: Device,
}

/// Frames of one camera or clip on their way through a [`CodeModel`]. Of what it has seen it holds the two newest
/// releases, and features of the frames of a window that is not whole yet; no frame.
pub struct Stream {
    model: Arc<CodeModel>,
    releases: Releases,
    /// `[1, f, side / 8, side / 8]` each, or greys `[1, 1, grid, grid]`; fewer than a window has.
    kept: Vec<Tensor<4>>,
}

impl CodeModel {
    /// Puts a model to work on `device`, after a self-test against the answer on its card.
    ///
    /// # Errors
    /// [`EngineError`] if the weights do not fit the card's network, or the self-test fails.
    pub fn open(artifact: &ArtifactOf<DpConfig>, device: &Device) -> Result<Self, EngineError> {
        let scale = numbers(artifact.restore(device)?.scale());
        let model = Self::untested(artifact, device, &scale)?;
        EngineError::unless_known(&model.card.known_answer, &model.answer())?;
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

    /// What is kept of a picture until its window is whole: it follows from the picture alone.
    pub(crate) fn features(&self, raw: &Rgba8) -> Tensor<4> {
        let side = self.card.config.side;
        self.network.features(frame::shrink(raw, side, side).into_tensor(&self.device))
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
            self.kept.push(self.model.features(&raw.0));
        }
        drop(raw);
        Ok(self.shown(due, size))
    }

    /// Anonymizes a clip of which only the last frame is looked at, for audits: the others are not drawn. `features` gives
    /// [`CodeModel::features`] of a frame, which an audit sees many times over.
    ///
    /// # Errors
    /// As [`anonymize`](Self::anonymize).
    ///
    /// # Panics
    /// If there is no frame.
    #[cfg(feature = "native")]
    pub(crate) fn last_for_audit(
        &mut self,
        clip: &[Rgba8],
        features: &mut dyn FnMut(&Rgba8) -> Tensor<4>,
    ) -> Result<AnonFrame, LedgerError> {
        let mut last = None;
        for picture in clip {
            let due = self.releases.pay()?;
            if due != Due::Nothing {
                self.kept.push(features(picture));
            }
            last = Some((self.due(due), (picture.width(), picture.height())));
        }
        let (shown, size) = last.expect("a clip has frames");
        Ok(self.model.draw(&shown, size))
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
        let shown = self.due(due);
        self.model.draw(&shown, size)
    }

    /// What is to be drawn after a frame that was due for this.
    fn due(&mut self, due: Due) -> Shown {
        let code = (due == Due::Code).then(|| self.model.code(std::mem::take(&mut self.kept)));
        self.releases.show(code.as_deref())
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
mod tests;
