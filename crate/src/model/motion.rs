//! Motion in three levels, and a network that draws what is shown from nothing else.

use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::module::adaptive_avg_pool2d;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

#[cfg(feature = "native")]
use super::ClipShape;
use super::{Anonymizer, AnonymizerConfig, MULTIPLE, ModelError, Shape, grey_like};
use crate::frame::LUMA;

/// Shape of a [`Mover`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MotionConfig {
    /// What the card calls it, [`ARCHITECTURE`](Shape::ARCHITECTURE).
    pub architecture: String,
    /// What the network is shown.
    pub signs: Signs,
    /// Frames between the two that are compared.
    pub lag: usize,
    /// Channels of the network at half the resolution of the signs.
    pub width: usize,
    /// Groups of its normalisation layers; divides `width`.
    pub groups: usize,
    /// Cells along each side of what is shown: at most as many as the signs have, and a divisor of twice that.
    pub cells: usize,
    /// Greys that a cell can have.
    pub levels: usize,
    /// Frames for which a cell is told from the background after something has moved in it, so that who sits still stays
    /// in sight. With 0 only movement is shown; else the lowest of the levels is left to where nothing has moved. A stream counts
    /// frames of 40 ms by its clock, and forgets all where no frame comes for four times as long as it compares over.
    #[serde(default)]
    pub hold: usize,
}

/// How movement becomes signs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signs {
    /// Cells along each side in which change is looked at.
    pub grid: usize,
    /// The least change of a cell's grey that counts, as a share of full scale.
    pub threshold: f64,
    /// Changes that are remembered: a sign stays until as many later ones have been looked at.
    pub span: usize,
}

/// Pixels along a cell of the signs in the picture that is looked at: what is finer is averaged before.
const PIXELS: usize = 2;

/// The most frames for which something may be held: a minute.
const LONGEST: usize = 1500;

/// The least share of a shown cell's area in which something must have moved lately for it to stay in sight.
const IN_SIGHT: f32 = 0.25;

/// Standard deviation of the bell under which a cell sees the pixels around it, in cells.
const SIGMA: f32 = 0.75;

/// Draws clips anew from the signs of their movement. Between the picture and the network lie three levels, darker,
/// neither and brighter, and at most whether a cell has had another than neither lately, so that nothing finer reaches what is shown, whatever the network has learnt; and what is shown is
/// grey, in cells of so many levels.
#[derive(Module, Debug)]
pub struct Mover {
    network: Anonymizer,
    grid: usize,
    threshold: f64,
    span: usize,
    lag: usize,
    cells: usize,
    levels: usize,
    hold: usize,
}

impl Shape for MotionConfig {
    type Network = Mover;
    const ARCHITECTURE: Option<&'static str> = Some("motion");
    const BLENDS: bool = false;

    fn validate(&self) -> Result<(), ModelError> {
        let Self { signs: signs @ Signs { grid, .. }, lag, cells, levels, hold, .. } = *self;
        signs.validate()?; // before the network, whose longest side is the grid
        self.network().validate()?;
        if lag == 0 {
            return Err(ModelError::Lag);
        }
        let pixels = PIXELS * grid;
        if cells == 0 || cells > grid || !pixels.is_multiple_of(cells) {
            return Err(ModelError::Cells { cells, grid, pixels });
        }
        if !(2..=256).contains(&levels) {
            return Err(ModelError::Levels(levels));
        }
        if hold > LONGEST || (hold > 0 && levels == 2) { Err(ModelError::Hold(hold)) } else { Ok(()) }
    }

    fn blank(&self, device: &Device) -> Mover {
        self.with(self.network().blank(device))
    }

    /// Of every picture the same square, whatever its aspect.
    fn working_size(&self, _: usize, _: usize) -> (usize, usize) {
        (PIXELS * self.signs.grid, PIXELS * self.signs.grid)
    }

    /// Of a clip in which the picture follows upon grey.
    fn answer(network: &Mover, image: Tensor<4>) -> Tensor<4> {
        let shown = network.forward(Tensor::cat(vec![grey_like(&image), image], 0), (2, 1));
        let [_, second] = shown.chunk(2, 0).try_into().expect("two frames");
        second
    }
}

#[cfg(feature = "native")]
impl ClipShape for MotionConfig {
    fn rewrite(network: &Mover, frames: Tensor<4>, t: usize) -> Tensor<4> {
        network.forward(frames, (t, network.lag))
    }
}

impl MotionConfig {
    /// Fresh weights on `device`, drawn from its generator.
    ///
    /// # Panics
    /// If [`validate`](Shape::validate) refuses the configuration.
    pub fn init(&self, device: &Device) -> Mover {
        self.with(self.network().init(device))
    }

    fn network(&self) -> AnonymizerConfig {
        AnonymizerConfig { width: self.width, groups: self.groups, long_side: self.signs.grid }
    }

    fn with(&self, network: Anonymizer) -> Mover {
        let Self { signs: Signs { grid, threshold, span }, lag, cells, levels, hold, .. } = *self;
        Mover { network, grid, threshold, span, lag, cells, levels, hold }
    }
}

impl Mover {
    /// Draws clips of `t` frames anew, each frame from its change since the one `apart` places before it. The first
    /// frames of a clip, which have none so far before them, show what the next one shows; a clip of one frame shows what
    /// stands still.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`, sRGB in `[0, 1]`; the frames of a clip lie one after the other
    /// - returns the same, in `[0, 1]`: three equal channels, in steps of `1 / (levels - 1)`
    ///
    /// # Panics
    /// If the frames do not make whole clips.
    pub fn forward(&self, frames: Tensor<4>, (t, apart): (usize, usize)) -> Tensor<4> {
        let [_, _, height, width] = frames.dims();
        let signs = Signs { grid: self.grid, threshold: self.threshold, span: self.span };
        let signs = signs.of(frames, (t, apart));
        let moved = self.moved(&signs, t, (self.hold * apart).div_ceil(self.lag));
        let cells = self.shown(signs, moved);
        let device = cells.device();
        let (down, across) = (copies(height, self.cells, &device), copies(width, self.cells, &device));
        down.matmul(cells).matmul(across.transpose()).repeat_dim(1, 3)
    }

    /// What is shown of signs.
    ///
    /// # Shapes
    /// - `signs`: `[n, 3, grid, grid]`, of [`Signs::levels`]
    /// - `moved`: `[n, 1, grid, grid]`, ones where something has moved lately, now included; nothing where the model holds
    ///   nothing
    /// - returns `[n, 1, cells, cells]`, in `[0, 1]` in steps of `1 / (levels - 1)`
    pub fn shown(&self, signs: Tensor<4>, moved: Option<Tensor<4>>) -> Tensor<4> {
        let drawn = |signs| {
            let drawn = self.network.scores(signs).mean_dim(1); // [n, 1, grid, grid]
            sigmoid(adaptive_avg_pool2d(drawn, [self.cells; 2]))
        };
        let steps = self.levels - 1;
        let Some(moved) = moved else { return quantised(drawn(signs), steps) };
        let in_sight =
            adaptive_avg_pool2d(moved.clone(), [self.cells; 2]).greater_equal_elem(IN_SIGHT).float();
        let above = quantised(drawn(resting(signs, moved)), steps - 1) * (steps - 1) as f32 + 1.0;
        in_sight * above / steps as f32
    }

    /// Where something has moved in the last `hold` frames of clips of `t` frames, if the model holds anything.
    fn moved(&self, signs: &Tensor<4>, t: usize, hold: usize) -> Option<Tensor<4>> {
        (self.hold > 0).then(|| {
            let [total, _, grid, _] = signs.dims();
            let now = Signs::moving(signs.clone()).reshape([total / t, t, grid * grid]);
            sustained(&now, 1..hold).reshape([total, 1, grid, grid])
        })
    }
}

/// Signs in which "neither" is a half where something has moved lately and rests now.
fn resting(signs: Tensor<4>, moved: Tensor<4>) -> Tensor<4> {
    let [darker, neither, brighter] = signs.chunk(3, 1).try_into().expect("three levels");
    Tensor::cat(vec![darker, neither * (moved * -0.5 + 1.0), brighter], 1)
}

/// The nearest of `0, 1 / steps, .., 1`; gradients pass as if nothing were rounded (Bengio et al., "Estimating or Propagating
/// Gradients Through Stochastic Neurons", arXiv:1308.3432).
fn quantised(shown: Tensor<4>, steps: usize) -> Tensor<4> {
    let steps = steps as f32;
    let level = (shown.clone().detach() * steps).round() / steps;
    level + (shown.clone() - shown.detach()) // the bracket is 0, exactly
}

/// Marks of clips, `[n, t, area]`, with those of so many frames before beside them.
fn sustained(marks: &Tensor<3>, before: impl Iterator<Item = usize>) -> Tensor<3> {
    let [n, t, area] = marks.dims();
    before.take_while(|before| (1..t).contains(before)).fold(marks.clone(), |kept, before| {
        let none = Tensor::zeros([n, before, area], &marks.device());
        let marks = marks.clone().slice([0..n, 0..t - before, 0..area]);
        kept.max_pair(Tensor::cat(vec![none, marks], 1))
    })
}

impl Signs {
    /// Checks that the numbers describe signs.
    ///
    /// # Errors
    /// [`ModelError`] names the number that does not fit.
    pub fn validate(&self) -> Result<(), ModelError> {
        let Self { grid, threshold, span } = *self;
        if grid == 0 || !grid.is_multiple_of(MULTIPLE) {
            return Err(ModelError::Grid(grid));
        }
        if !(threshold > 0.0 && threshold < 1.0) {
            return Err(ModelError::Threshold(threshold));
        }
        if span == 0 { Err(ModelError::Span) } else { Ok(()) }
    }

    /// Which cells of clips of `t` frames have grown darker, have stayed, and have grown brighter since the frame `apart`
    /// places before, or between earlier frames so far apart that are remembered. No gradient passes.
    ///
    /// # Shapes
    /// - `frames`: `[n * t, 3, h, w]`, sRGB in `[0, 1]`
    /// - returns `[n * t, 3, grid, grid]`: ones and zeros, one channel each for darker, neither and brighter; a cell may
    ///   have grown both
    ///
    /// # Panics
    /// If the frames do not make whole clips.
    pub fn of(&self, frames: Tensor<4>, clips: (usize, usize)) -> Tensor<4> {
        self.changes(self.seen(frames), clips)
    }

    /// The same of the greys that cells have [`seen`](Self::seen).
    ///
    /// # Shapes
    /// - `seen`: `[n * t, 1, grid, grid]`
    /// - returns `[n * t, 3, grid, grid]`
    ///
    /// # Panics
    /// If the frames do not make whole clips.
    pub fn changes(&self, seen: Tensor<4>, (t, apart): (usize, usize)) -> Tensor<4> {
        let total = seen.dims()[0];
        assert!(t > 0 && total.is_multiple_of(t), "{total} frames do not make clips of {t}");
        let (n, area, apart) = (total / t, self.grid * self.grid, apart.min(t - 1));
        let grey = seen.reshape([n, t, area]);
        let change = if apart == 0 {
            grey.zeros_like()
        } else {
            let after = grey.clone().slice([0..n, apart..t, 0..area]);
            let change = after - grey.slice([0..n, 0..t - apart, 0..area]);
            let first = change.clone().slice([0..n, 0..1, 0..area]).repeat_dim(1, apart);
            Tensor::cat(vec![first, change], 1)
        };
        let marks = self.marks(change.reshape([total, 1, self.grid, self.grid]));
        let earlier = (1..self.span).map(|step| step * apart);
        let kept = sustained(&marks.reshape([n, t, 2 * area]), earlier);
        Self::levels(kept.reshape([total, 2, self.grid, self.grid]))
    }

    /// The grey that each cell sees under its bell. No gradient passes.
    ///
    /// # Shapes
    /// - `frames`: `[n, 3, h, w]`, sRGB in `[0, 1]`
    /// - returns `[n, 1, grid, grid]`
    pub fn seen(&self, frames: Tensor<4>) -> Tensor<4> {
        let ([_, _, height, width], device) = (frames.dims(), frames.device());
        let luma = Tensor::from_data(
            TensorData::new(LUMA.map(|share| share as f32).to_vec(), [1, 3, 1, 1]),
            &device,
        );
        let grey = (frames.detach() * luma).sum_dim(1);
        bells(self.grid, height, &device).matmul(grey).matmul(bells(self.grid, width, &device).transpose())
    }

    /// Ones where the grey of a cell has changed enough to count.
    ///
    /// # Shapes
    /// - `change`: `[n, 1, grid, grid]`
    /// - returns `[n, 2, grid, grid]`: grown darker, grown brighter
    pub fn marks(&self, change: Tensor<4>) -> Tensor<4> {
        let threshold = self.threshold as f32;
        let darker = change.clone().lower_elem(-threshold).float();
        Tensor::cat(vec![darker, change.greater_elem(threshold).float()], 1)
    }

    /// Marks as the network is shown them: between darker and brighter, what is neither.
    ///
    /// # Shapes
    /// - `marks`: `[n, 2, grid, grid]`
    /// - returns `[n, 3, grid, grid]`
    pub fn levels(marks: Tensor<4>) -> Tensor<4> {
        let neither = marks.clone().max_dim(1) * -1.0 + 1.0;
        let [darker, brighter] = marks.chunk(2, 1).try_into().expect("two marks");
        Tensor::cat(vec![darker, neither, brighter], 1)
    }

    /// Ones where something moves.
    ///
    /// # Shapes
    /// - `signs`: `[n, 3, grid, grid]`, of [`levels`](Self::levels)
    /// - returns `[n, 1, grid, grid]`
    pub fn moving(signs: Tensor<4>) -> Tensor<4> {
        let [_, neither, _] = signs.chunk(3, 1).try_into().expect("three levels");
        neither * -1.0 + 1.0
    }
}

/// Weights with which each of `cells` sees each pixel of a line: a Gaussian about its middle. Rows sum to one.
///
/// # Shapes
/// - returns `[1, 1, cells, pixels]`
fn bells(cells: usize, pixels: usize, device: &Device) -> Tensor<4> {
    let wide = pixels as f32 / cells as f32;
    let weight = |cell: usize, pixel: usize| {
        let away = (pixel as f32 + 0.5) / wide - (cell as f32 + 0.5);
        (-0.5 * (away / SIGMA).powi(2)).exp()
    };
    let row = |cell: usize| {
        let weights: Vec<f32> = (0..pixels).map(|pixel| weight(cell, pixel)).collect();
        let sum: f32 = weights.iter().sum();
        weights.into_iter().map(move |weight| weight / sum)
    };
    let rows: Vec<f32> = (0..cells).flat_map(row).collect();
    Tensor::from_data(TensorData::new(rows, [1, 1, cells, pixels]), device)
}

/// Which of `cells` each pixel of a line shows: a one in each row.
///
/// # Shapes
/// - returns `[1, 1, pixels, cells]`
fn copies(pixels: usize, cells: usize, device: &Device) -> Tensor<4> {
    let mut rows = vec![0.0_f32; pixels * cells];
    (0..pixels).for_each(|pixel| rows[pixel * cells + pixel * cells / pixels] = 1.0);
    Tensor::from_data(TensorData::new(rows, [1, 1, pixels, cells]), device)
}

#[cfg(test)]
mod tests;
