//! What a training step sees: clips with their actions, and pairs of views.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rayon::prelude::*;

use super::augment::{Augmentation, Draw};
use super::store::ClipStore;

/// Clips with their actions.
#[derive(Clone, Debug)]
pub struct ClipBatch {
    /// `[n * t, 3, h, w]`, sRGB in `[0, 1]`; the frames of a clip lie one after the other.
    pub frames: Tensor<4>,
    /// `[n]`: places in [`ClipStore::actions`].
    pub actions: Tensor<1, Int>,
    /// `n`.
    pub clips: usize,
    /// `t`.
    pub frames_per_clip: usize,
}

/// Two views of each of `n` pictures.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// `[n, 3, h, w]`, sRGB in `[0, 1]`.
    pub left: Tensor<4>,
    /// `[n, 3, h, w]`: other views of the same pictures, in the same order.
    pub right: Tensor<4>,
}

/// How a window is cut from a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipRecipe {
    /// Frames in a window, at least one.
    pub frames: usize,
    /// Distance of neighbouring frames in the clip, at least one. A clip too short for the window is shown
    /// with a smaller distance; one with fewer frames than the window repeats its last.
    pub skip: usize,
    /// How the window may vary; one draw for all its frames.
    pub augmentation: Augmentation,
}

impl ClipRecipe {
    /// The numbers of the frames of a window, in a clip of `length` frames, that starts at `start` (a share
    /// in `[0, 1)` of the possible starts).
    fn window(&self, length: usize, start: f32) -> Vec<usize> {
        let steps = self.frames.saturating_sub(1);
        let longest = (length - 1).checked_div(steps).unwrap_or(1);
        let skip = self.skip.min(longest).max(1);
        let starts = length.saturating_sub(steps * skip).max(1);
        let first = ((start * starts as f32) as usize).min(starts - 1);
        (0..self.frames).map(|index| (first + index * skip).min(length - 1)).collect()
    }
}

/// One frame to be painted: its number in the store, and how.
struct Order<'a> {
    number: usize,
    draw: &'a Draw,
}

/// Paints frames side by side on the processor's cores, then uploads them at once.
///
/// # Shapes
/// - returns `[orders, 3, size, size]`
fn upload(store: &ClipStore, orders: &[Order], device: &Device) -> Tensor<4> {
    let size = store.size();
    let mut values = vec![0.0_f32; orders.len() * 3 * size * size];
    let frames = values.par_chunks_exact_mut(3 * size * size).zip(orders);
    frames.for_each(|(planes, order)| {
        order.draw.at(size).paint(store.frame_number(order.number), planes);
    });
    Tensor::from_data(TensorData::new(values, [orders.len(), 3, size, size]), device)
}

/// Cuts a random window from each clip (by its place in [`ClipStore::clips`]) and varies it.
///
/// # Panics
/// If there are no clips, or one of them has no action.
pub fn clip_batch(
    store: &ClipStore,
    clips: &[usize],
    recipe: &ClipRecipe,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> ClipBatch {
    let windows: Vec<(f32, Draw)> =
        clips.iter().map(|_| (rng.random(), recipe.augmentation.draw(rng))).collect();
    gather(store, clips, recipe, &windows, device)
}

/// Cuts the middle window from each clip, unvaried: the same every time, for validation.
///
/// # Panics
/// If there are no clips, or one of them has no action.
pub fn still_clip_batch(
    store: &ClipStore,
    clips: &[usize],
    recipe: &ClipRecipe,
    device: &Device,
) -> ClipBatch {
    let windows = vec![(0.5, Draw::NONE); clips.len()];
    gather(store, clips, recipe, &windows, device)
}

fn gather(
    store: &ClipStore,
    clips: &[usize],
    recipe: &ClipRecipe,
    windows: &[(f32, Draw)],
    device: &Device,
) -> ClipBatch {
    assert!(!clips.is_empty() && recipe.frames > 0, "a batch needs a clip and a clip a frame");
    let mut orders = Vec::with_capacity(clips.len() * recipe.frames);
    for (&clip, (start, draw)) in clips.iter().zip(windows) {
        let info = &store.clips()[clip];
        let frames = recipe.window(info.frames, *start);
        orders.extend(frames.into_iter().map(|index| Order { number: info.first + index, draw }));
    }
    let label = |&clip: &usize| {
        let name = &store.clips()[clip].name;
        store.label(clip).unwrap_or_else(|| panic!("clip {name} has no action, but actions are to be learnt"))
            as i64
    };
    let labels: Vec<i64> = clips.iter().map(label).collect();
    ClipBatch {
        frames: upload(store, &orders, device),
        actions: Tensor::from_data(TensorData::new(labels, [clips.len()]), device),
        clips: clips.len(),
        frames_per_clip: recipe.frames,
    }
}

/// Two independent views of each picture (by its number, see [`ClipStore::frames_in`]).
///
/// # Panics
/// If there are no pictures.
pub fn pairs(
    store: &ClipStore,
    pictures: &[usize],
    augmentation: &Augmentation,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> Pairs {
    assert!(!pictures.is_empty(), "pairs need a picture");
    let draws: Vec<Draw> = (0..2 * pictures.len()).map(|_| augmentation.draw(rng)).collect();
    let twice = pictures.iter().chain(pictures).zip(&draws);
    let orders: Vec<Order> = twice.map(|(&number, draw)| Order { number, draw }).collect();
    let both = upload(store, &orders, device); // [2n, 3, h, w]
    let [left, right] = both.chunk(2, 0).try_into().expect("two halves");
    Pairs { left, right }
}

/// Pictures as they are, by their numbers: for judging.
///
/// # Shapes
/// - returns `[pictures, 3, h, w]`, sRGB in `[0, 1]`
///
/// # Panics
/// If there are no pictures.
pub fn still_images(store: &ClipStore, pictures: &[usize], device: &Device) -> Tensor<4> {
    assert!(!pictures.is_empty(), "a batch needs a picture");
    let orders: Vec<Order> = pictures.iter().map(|&number| Order { number, draw: &Draw::NONE }).collect();
    upload(store, &orders, device)
}
