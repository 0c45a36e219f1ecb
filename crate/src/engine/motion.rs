//! The privacy boundary of models of movement: what leaves is a few cells of a few greys, drawn from where it has grown
//! darker or brighter.

use std::collections::VecDeque;
use std::time::Duration;

use burn::tensor::{Device, Tensor};

use super::{AnonFrame, EngineError, RawFrame};
use crate::artifact::{ArtifactOf, CardOf};
use crate::frame::{self, Planes, Rgba8};
use crate::known_answer;
use crate::model::{MotionConfig, Mover, Shape as _, Signs};

/// Between two frames of the clips that models of movement learn from and are judged on.
const FRAME: Duration = Duration::from_millis(40);

/// How much further apart than in those clips the frames of a slow camera may be, and still be compared.
const SLOWEST: u32 = 4;

/// Frames of one camera or clip on their way through a model of movement, in order. Of what it has seen it holds, for
/// the time that the model compares over, the greys of a few hundred cells and where they changed; no frame.
pub struct MotionStream {
    card: CardOf<MotionConfig>,
    network: Mover,
    device: Device,
    /// The oldest first.
    seen: VecDeque<Seen>,
}

/// What is remembered of a frame.
struct Seen {
    at: Duration,
    /// `[1, 1, grid, grid]`
    grey: Tensor<4>,
    /// `[1, 2, grid, grid]`
    marks: Tensor<4>,
}

impl MotionStream {
    /// Puts a model to work on `device`, after a self-test against the answer on its card.
    ///
    /// # Errors
    /// [`EngineError`] if the weights do not fit the card's network, or the self-test fails.
    pub fn open(artifact: &ArtifactOf<MotionConfig>, device: &Device) -> Result<Self, EngineError> {
        let (card, network) = (artifact.card().clone(), artifact.restore(device)?);
        let stream = Self { card, network, device: device.clone(), seen: VecDeque::new() };
        let answer = &stream.card.known_answer;
        let distance = answer.distance(&stream.answer());
        if distance <= answer.tolerance {
            return Ok(stream);
        }
        Err(EngineError::SelfTest { distance, tolerance: answer.tolerance })
    }

    /// The model's card.
    pub fn card(&self) -> &CardOf<MotionConfig> {
        &self.card
    }

    /// What it makes of the picture that everybody knows, after a grey one: for self-tests. Waits for the device.
    pub fn answer(&self) -> Rgba8 {
        let (width, height) = (self.card.known_answer.width.max(1), self.card.known_answer.height.max(1));
        let shown =
            MotionConfig::answer(&self.network, self.looked_at(&known_answer::pattern(width, height)));
        frame::grow(&Planes::from_tensor(shown), width, height)
    }

    /// Anonymizes the next frame, taken at `at` on the clock of its camera or clip: it is compared with the frame before
    /// whose distance is nearest to that in the clips that the model has learnt from, and where there is none near enough,
    /// it shows what stands still. Consumes the raw pixels: afterwards nobody holds them. Waits for the device.
    pub fn anonymize(&mut self, raw: RawFrame, at: Duration) -> AnonFrame {
        let size = (raw.0.width(), raw.0.height());
        let signs = self.card.config.signs;
        let grey = signs.seen(self.looked_at(&raw.0));
        drop(raw);
        self.forget(at);
        let change = match self.nearest(at, 1) {
            Some(before) => grey.clone() - before.grey.clone(),
            None => grey.zeros_like(),
        };
        let marks = signs.marks(change);
        let earlier = (1..signs.span as u32).filter_map(|step| self.nearest(at, step));
        let kept = earlier.fold(marks.clone(), |kept, before| kept.max_pair(before.marks.clone()));
        let shown = self.network.shown(Signs::levels(kept));
        self.seen.push_back(Seen { at, grey, marks });
        AnonFrame(self.painted(shown, size))
    }

    /// A picture at the size that it is looked at.
    fn looked_at(&self, picture: &Rgba8) -> Tensor<4> {
        let (width, height) = self.card.config.working_size(picture.width(), picture.height());
        frame::shrink(picture, width, height).into_tensor(&self.device)
    }

    /// How far apart the frames are that are compared.
    fn lag(&self) -> Duration {
        FRAME * self.card.config.lag as u32
    }

    /// Drops what is too old to be compared; everything, where the clock was set back.
    fn forget(&mut self, at: Duration) {
        let span = self.card.config.signs.span.max(1) as u32;
        let longest = self.lag() * span * SLOWEST;
        let is_fresh =
            |seen: &Seen| at.checked_sub(seen.at).is_some_and(|age| !age.is_zero() && age <= longest);
        if self.seen.back().is_some_and(|newest| !is_fresh(newest)) {
            self.seen.clear();
        }
        self.seen.retain(is_fresh);
    }

    /// Of what is remembered the frame nearest to so many lags before `at`.
    fn nearest(&self, at: Duration, lags: u32) -> Option<&Seen> {
        let wanted = self.lag() * lags;
        let near = self.seen.iter().filter(|seen| at - seen.at <= wanted * SLOWEST);
        near.min_by_key(|seen| (at - seen.at).abs_diff(wanted))
    }

    /// Each pixel of a picture as the cell that it lies in.
    fn painted(&self, shown: Tensor<4>, (width, height): (usize, usize)) -> Rgba8 {
        let cells = self.card.config.cells;
        let greys: Vec<f32> =
            (shown * 255.0).round().into_data().convert::<f32>().try_into_vec().expect("f32 values");
        let line = |row: &[f32]| -> Vec<u8> {
            (0..width).flat_map(|x| [row[x * cells / width] as u8; 3].into_iter().chain([255])).collect()
        };
        let lines: Vec<Vec<u8>> = greys.chunks_exact(cells).map(line).collect();
        let bytes = (0..height).flat_map(|y| lines[y * cells / height].iter().copied()).collect();
        Rgba8::new(width, height, bytes).expect("four bytes for each pixel")
    }
}

#[cfg(all(test, feature = "native"))]
mod tests;
