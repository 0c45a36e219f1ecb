//! The privacy boundary of models of movement: what leaves is a few cells of a few greys, drawn from where it has grown
//! darker or brighter, now or lately.

use std::collections::VecDeque;
use std::time::Duration;

use burn::tensor::{Device, Tensor};

use super::{AnonFrame, EngineError, RawFrame};
use crate::artifact::{ArtifactOf, CardOf, enlarged};
use crate::frame::{self, Planes, Rgba8};
use crate::known_answer;
use crate::model::{MotionConfig, Mover, Shape as _, Signs};

/// Between two frames of the clips that models of movement learn from and are judged on.
const FRAME: Duration = Duration::from_millis(40);

/// How much further apart than in those clips the frames of a slow camera may be, and still be compared.
const SLOWEST: u32 = 4;

/// Seconds that a cell which is still held has left at least: half a frame, which no rounding of clocks hides.
const EDGE: f32 = 0.02;

/// Frames of one camera or clip on their way through a model of movement, in order. Of what it has seen it holds the greys
/// of a few hundred cells and where they changed, of frames that are at most four times as old as those it compares, and
/// where something moved for as long as its card says; no frame.
pub struct MotionStream {
    card: CardOf<MotionConfig>,
    network: Mover,
    device: Device,
    /// Of the frames that are remembered, as they were taken.
    size: (usize, usize),
    /// The oldest first.
    seen: VecDeque<Seen>,
    /// For how many seconds each cell is still held, `[1, 1, grid, grid]`.
    left: Option<Tensor<4>>,
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
        let stream = Self::begin(card, network, device.clone());
        EngineError::unless_known(&stream.card.known_answer, &stream.answer())?;
        Ok(stream)
    }

    fn begin(card: CardOf<MotionConfig>, network: Mover, device: Device) -> Self {
        Self { card, network, device, size: (0, 0), seen: VecDeque::new(), left: None }
    }

    /// The model's card.
    pub fn card(&self) -> &CardOf<MotionConfig> {
        &self.card
    }

    /// What it shows of the picture that everybody knows after a grey one, by the way of every frame: for self-tests. Waits
    /// for the device.
    pub fn answer(&self) -> Rgba8 {
        let (width, height) = (self.card.known_answer.width.max(1), self.card.known_answer.height.max(1));
        let mut fresh = Self::begin(self.card.clone(), self.network.clone(), self.device.clone());
        fresh.anonymize(RawFrame(Rgba8::filled(width, height, [128; 3])), Duration::ZERO);
        fresh.anonymize(RawFrame(known_answer::pattern(width, height)), self.lag()).into_picture()
    }

    /// Anonymizes the next frame, taken at `at` on the clock of its camera or clip: it is compared with the frame before
    /// whose distance is nearest to that in the clips that the model has learnt from, and where there is none near enough,
    /// it shows what it shows where nothing moves. Consumes the raw pixels: afterwards nobody holds them. Waits for the device.
    pub fn anonymize(&mut self, raw: RawFrame, at: Duration) -> AnonFrame {
        let size = (raw.0.width(), raw.0.height());
        let signs = self.card.config.signs;
        let grey = signs.seen(self.looked_at(&raw.0));
        drop(raw);
        self.forget(size, at);
        let change = match self.nearest(at, 1) {
            Some(before) => grey.clone() - before.grey.clone(),
            None => grey.zeros_like(),
        };
        let marks = signs.marks(change);
        let earlier = (1..signs.span as u32).filter_map(|step| self.nearest(at, step));
        let kept = earlier.fold(marks.clone(), |kept, before| kept.max_pair(before.marks.clone()));
        let signs = Signs::levels(kept);
        let moved = self.moved(&signs, at);
        let shown = self.network.shown(signs, moved);
        self.seen.push_back(Seen { at, grey, marks });
        AnonFrame(Self::painted(shown, size))
    }

    /// Where something has moved lately, now included, if the model holds anything; remembers what moves now.
    fn moved(&mut self, signs: &Tensor<4>, at: Duration) -> Option<Tensor<4>> {
        let hold = (FRAME * self.card.config.hold as u32).as_secs_f32();
        let now = (hold > 0.0).then(|| Signs::moving(signs.clone()) * hold)?;
        let passed = self.seen.back().map_or(Duration::ZERO, |newest| at - newest.at).as_secs_f32();
        let before = self.left.take().map(|before| (before - passed).clamp_min(0.0));
        let left = before.into_iter().fold(now, Tensor::max_pair);
        let moved = left.clone().greater_elem(EDGE).float();
        self.left = Some(left);
        Some(moved)
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

    /// Drops what is too old to be compared; everything, where the clock was set back or frames have another size.
    fn forget(&mut self, size: (usize, usize), at: Duration) {
        let span = self.card.config.signs.span.max(1) as u32;
        let longest = self.lag() * span * SLOWEST;
        let is_fresh =
            |seen: &Seen| at.checked_sub(seen.at).is_some_and(|age| !age.is_zero() && age <= longest);
        if size != self.size || self.seen.back().is_some_and(|newest| !is_fresh(newest)) {
            self.seen.clear();
            self.left = None;
        }
        self.size = size;
        self.seen.retain(is_fresh);
    }

    /// Of what is remembered the frame nearest to so many lags before `at`.
    fn nearest(&self, at: Duration, lags: u32) -> Option<&Seen> {
        let wanted = self.lag() * lags;
        let near = self.seen.iter().filter(|seen| at - seen.at <= wanted * SLOWEST);
        near.min_by_key(|seen| (at - seen.at).abs_diff(wanted))
    }

    /// Each pixel of a picture as the cell that it lies in.
    fn painted(shown: Tensor<4>, (width, height): (usize, usize)) -> Rgba8 {
        enlarged::<MotionConfig>(&Planes::from_tensor(shown.repeat_dim(1, 3)), width, height)
    }
}

#[cfg(all(test, feature = "native"))]
mod tests;
