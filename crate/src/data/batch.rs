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
    /// `[n, 3, h, w]`, sRGB in `[0, 1]`; or as many frames for each picture as were asked for, one after the other.
    pub left: Tensor<4>,
    /// The same: other views of the same pictures, in the same order.
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

/// Cuts a random window from each clip and varies it twice, independently.
///
/// # Panics
/// As [`clip_batch`].
pub fn clip_twice(
    store: &ClipStore,
    clips: &[usize],
    recipe: &ClipRecipe,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> [ClipBatch; 2] {
    let starts: Vec<f32> = clips.iter().map(|_| rng.random()).collect();
    [(); 2].map(|()| {
        let windows: Vec<(f32, Draw)> =
            starts.iter().map(|start| (*start, recipe.augmentation.draw(rng))).collect();
        gather(store, clips, recipe, &windows, device)
    })
}

/// Cuts the window at `start` (a share in `[0, 1]` of the possible starts) from each clip, unvaried: the same
/// every time, for validation.
///
/// # Panics
/// If there are no clips, or one of them has no action.
pub fn still_clip_batch(
    store: &ClipStore,
    clips: &[usize],
    recipe: &ClipRecipe,
    start: f32,
    device: &Device,
) -> ClipBatch {
    let windows = vec![(start, Draw::NONE); clips.len()];
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

/// An independent view of each picture and one of its partner (by their numbers, see
/// [`ClipStore::frames_in`]): of the picture itself, or of another that shows the same subject. `run` gives the numbers
/// of the frames that are shown for a picture, as many for each, in one view: the picture alone, or [`run_up`].
///
/// # Panics
/// If there are no pictures, or not as many partners.
pub fn pairs(
    store: &ClipStore,
    (pictures, partners): (&[usize], &[usize]),
    run: impl Fn(usize) -> Vec<usize>,
    augmentation: &Augmentation,
    (rng, device): (&mut ChaCha8Rng, &Device),
) -> Pairs {
    assert!(!pictures.is_empty(), "pairs need a picture");
    assert_eq!(pictures.len(), partners.len(), "each picture has one partner");
    let draws: Vec<Draw> = (0..2 * pictures.len()).map(|_| augmentation.draw(rng)).collect();
    let twice = pictures.iter().chain(partners).zip(&draws);
    let views =
        twice.flat_map(|(&number, draw)| run(number).into_iter().map(move |number| Order { number, draw }));
    let orders: Vec<Order> = views.collect();
    let both = upload(store, &orders, device); // [2n * run, 3, h, w]
    let [left, right] = both.chunk(2, 0).try_into().expect("two halves");
    Pairs { left, right }
}

/// A picture behind the frames before it, `apart` frames from each to the next, `frames` in all, by their numbers. Where
/// the clip has too few before it, a later picture stands last; in a clip that is too short frames lie closer, and its
/// last is repeated.
pub fn run_up(store: &ClipStore, picture: usize, (frames, apart): (usize, usize)) -> Vec<usize> {
    let clip = &store.clips()[store.clip_of(picture)];
    let (steps, end) = (frames.saturating_sub(1), clip.first + clip.frames - 1);
    let apart = apart.min((clip.frames - 1).checked_div(steps).unwrap_or(apart)).max(1);
    let last = picture.max(clip.first + steps * apart).min(end);
    let first = last.saturating_sub(steps * apart).max(clip.first);
    (0..frames).map(|step| (first + step * apart).min(end)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::manifest::Manifest;
    use crate::data::row::{Row, Source};
    use crate::rng::Seed;

    const SIZE: usize = 8;

    /// Strips whose every frame is of one colour: red tells the clip, green the frame.
    fn store(lengths: &[usize]) -> ClipStore {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let row = |(clip, frames): (usize, &usize)| {
            let name = format!("{clip}.png");
            let strip = image::RgbImage::from_fn((frames * SIZE) as u32, SIZE as u32, |x, _| {
                image::Rgb([clip as u8 * 40, (x as usize / SIZE) as u8 * 10, 0])
            });
            strip.save(folder.path().join(&name)).expect("written");
            Row {
                clip: name.clone(),
                source: Source::Strip { path: name.into(), frame_width: SIZE },
                subject: None,
                action: Some(["wave", "bend"][clip % 2].into()),
                attributes: [].into(),
                split: None,
            }
        };
        let manifest = Manifest::new(folder.path(), lengths.iter().enumerate().map(row).collect());
        let cache = folder.path().join("cache");
        ClipStore::open(&manifest.expect("sound rows"), SIZE, &cache, &|_, _| ()).expect("whole strips")
    }

    fn values(frames: Tensor<4>) -> Vec<f32> {
        frames.into_data().try_into_vec().expect("floats")
    }

    /// The clip and the frame that each picture of a batch shows, by its colour.
    fn shown(frames: Tensor<4>) -> Vec<(usize, usize)> {
        let step = SIZE * SIZE;
        let value = |plane: &[f32]| (plane[0] * 255.0).round() as usize;
        values(frames).chunks_exact(3 * step).map(|p| (value(p) / 40, value(&p[step..]) / 10)).collect()
    }

    fn recipe(frames: usize, skip: usize) -> ClipRecipe {
        ClipRecipe { frames, skip, augmentation: Augmentation::NONE }
    }

    #[test]
    fn a_window_runs_on_in_one_clip_with_its_skip() {
        let (store, mut rng) = (store(&[20, 20, 20]), Seed(1).rng("batch"));
        for _ in 0..50 {
            let batch = clip_batch(&store, &[2, 0], &recipe(4, 3), &mut rng, &Device::flex());
            assert_eq!(batch.frames.dims(), [8, 3, SIZE, SIZE], "shape");
            let shown = shown(batch.frames);
            for (frames, clip) in shown.chunks_exact(4).zip([2, 0]) {
                let first = frames[0].1;
                assert!(first + 9 < 20, "the window starts too late: {frames:?}");
                let wanted: Vec<_> = (0..4).map(|index| (clip, first + 3 * index)).collect();
                assert_eq!(frames, wanted, "frames of another clip or order");
            }
        }
    }

    #[test]
    fn windows_start_everywhere_a_window_fits() {
        let (store, mut rng) = (store(&[6]), Seed(2).rng("batch"));
        let mut starts = [0; 6];
        for _ in 0..200 {
            let batch = clip_batch(&store, &[0], &recipe(3, 2), &mut rng, &Device::flex());
            starts[shown(batch.frames)[0].1] += 1;
        }
        assert!(
            starts[0] > 60 && starts[1] > 60 && starts[2..] == [0; 4],
            "starts of 200 windows: {starts:?}"
        );
    }

    #[test]
    fn a_short_clip_is_shown_closer_together_and_its_last_frame_repeats() {
        let store = store(&[5, 2, 1]);
        let frames = |clip: usize| {
            let batch = still_clip_batch(&store, &[clip], &recipe(4, 3), 0.5, &Device::flex());
            shown(batch.frames).into_iter().map(|(_, frame)| frame).collect::<Vec<_>>()
        };
        assert_eq!(frames(0), [1, 2, 3, 4], "5 frames hold 4 at distance 1, from the middle start");
        assert_eq!(frames(1), [0, 1, 1, 1], "2 frames for a window of 4");
        assert_eq!(frames(2), [0, 0, 0, 0], "a picture is a clip of one frame");
    }

    #[test]
    fn labels_are_places_in_the_list_of_actions() {
        let store = store(&[3, 3, 3]);
        let batch = still_clip_batch(&store, &[0, 1, 2], &recipe(2, 1), 0.5, &Device::flex());
        let labels: Vec<String> =
            (0..3).map(|i| store.actions()[store.label(i).expect("an action")].clone()).collect();
        assert_eq!(labels, ["wave", "bend", "wave"], "labels");
        let data = batch.actions.into_data().convert::<i64>().try_into_vec::<i64>().expect("numbers");
        assert_eq!(data, [1, 0, 1], "bend is 0 and wave 1, in order of the alphabet");
    }

    #[test]
    fn all_frames_of_a_clip_share_one_draw() {
        let (store, mut rng) = (store(&[4]), Seed(3).rng("batch"));
        let lit = Augmentation { light: 0.5, tint: 0.5, ..Augmentation::NONE };
        let recipe = ClipRecipe { frames: 4, skip: 1, augmentation: lit };
        let batch = clip_batch(&store, &[0], &recipe, &mut rng, &Device::flex());
        let reds: Vec<f32> = values(batch.frames).chunks_exact(3 * SIZE * SIZE).map(|p| p[0]).collect();
        // Green rises evenly from frame to frame, and one light for all keeps what it adds to red even.
        let steps: Vec<f32> = reds.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| (step - steps[0]).abs() < 1e-5), "the light flickers: {reds:?}");
    }

    #[test]
    fn the_same_stream_gives_the_same_batch_and_another_does_not() {
        let store = store(&[9, 9]);
        let recipe = ClipRecipe { frames: 2, skip: 1, augmentation: Augmentation::CLIP };
        let draw = |seed: u64| {
            let mut rng = Seed(seed).rng("batch");
            values(clip_batch(&store, &[0, 1], &recipe, &mut rng, &Device::flex()).frames)
        };
        assert!(draw(1) == draw(1), "one seed, two batches");
        assert!(draw(1) != draw(2), "two seeds, one batch");
    }

    #[test]
    fn pairs_are_two_different_views_of_the_same_picture() {
        let (store, mut rng) = (store(&[3, 3]), Seed(4).rng("pairs"));
        let pictures = [0, 4];
        let still = shown(still_images(&store, &pictures, &Device::flex()));
        assert_eq!(still, [(0, 0), (1, 1)], "pictures are counted over all clips");
        let plain = pairs(
            &store,
            (&pictures, &pictures),
            |number| vec![number],
            &Augmentation::NONE,
            (&mut rng, &Device::flex()),
        );
        assert_eq!(shown(plain.left), still, "left shows other pictures");
        assert_eq!(shown(plain.right), still, "right shows other pictures");
        let varied = pairs(
            &store,
            (&pictures, &pictures),
            |number| vec![number],
            &Augmentation::VIEW,
            (&mut rng, &Device::flex()),
        );
        assert!(values(varied.left) != values(varied.right), "both views are the same");
    }

    #[test]
    fn a_run_ends_in_its_picture_and_stays_in_the_clip() {
        let store = store(&[9, 4, 1]);
        for (picture, frames, apart, wanted) in [
            (8, 3, 3, vec![2, 5, 8]),
            (7, 3, 3, vec![1, 4, 7]),
            (2, 3, 3, vec![0, 3, 6]),    // too early: a later picture stands last
            (11, 3, 3, vec![9, 10, 11]), // a short clip: closer together
            (10, 6, 2, vec![9, 10, 11, 12, 12, 12]), // shorter still: its last repeats
            (13, 3, 2, vec![13, 13, 13]),
            (4, 1, 7, vec![4]),
        ] {
            assert_eq!(run_up(&store, picture, (frames, apart)), wanted, "{frames} frames to {picture}");
        }
    }

    #[test]
    fn a_picture_stands_behind_the_frame_before_it_in_one_view() {
        let (store, mut rng) = (store(&[3, 1, 2]), Seed(5).rng("pairs"));
        let found: Vec<Vec<usize>> = (0..6).map(|picture| run_up(&store, picture, (2, 1))).collect();
        assert_eq!(found, [[0, 1], [0, 1], [1, 2], [3, 3], [4, 5], [4, 5]], "of clips of 3, 1 and 2 frames");
        let lit = Augmentation { light: 0.5, tint: 0.5, ..Augmentation::NONE };
        let run = |number| run_up(&store, number, (2, 1));
        let views = pairs(&store, (&[2, 5], &[2, 5]), run, &lit, (&mut rng, &Device::flex()));
        assert_eq!(views.left.dims(), [4, 3, SIZE, SIZE], "two frames for each picture");
        let reds: Vec<f32> = values(views.left).chunks_exact(3 * SIZE * SIZE).map(|p| p[0]).collect();
        let same_light = (reds[1] - reds[0]).abs() < 0.1 && (reds[3] - reds[2]).abs() < 0.1;
        assert!(same_light && (reds[0] - reds[2]).abs() > 0.01, "the light changes within a view: {reds:?}");
    }
}
