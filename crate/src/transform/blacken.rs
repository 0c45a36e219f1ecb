//! The person painted black, where the person is known by motion alone.
//!
//! A detector of people would do better; none comes with the program. A still camera is taken for granted:
//! what differs from a clip's median picture is the person, and so is what stands above and below it, for
//! legs stand still while arms wave. Where nothing moves, or nobody can know, all is black. What stands
//! still further aside shows: of Weizmann's nine people who wave one arm, one shows a sliver of the other
//! arm now and then.

use std::ops::Range;

use super::blur::blurred;
use super::{Clip, Transform};

/// A pixel moves when a channel, blurred, is further than this from its median, in steps of 255.
const THRESHOLD: u8 = 16;
/// Blur before looking for motion, in 64ths of a frame's side: the noise of a camera is no motion.
const SIGMA_OF_64: f32 = 1.0;
/// Fewer moving pixels than this share of a frame are no person: 8 pixels of 64 by 64.
const LEAST: f32 = 1.0 / 512.0;
/// What is added on both sides, as a share of the side: 11 pixels of 64, about the width of a trunk.
const MARGIN: usize = 6;
/// Frames that a frame's motion is gathered from, itself in the middle where the clip allows: a second.
/// Waving arms stretch and fold once in that time.
const WINDOW: usize = 25;
/// Clips with fewer frames have no median worth the name.
const FEWEST_FRAMES: usize = 3;

/// Paints, for each frame, all columns between the leftmost and rightmost pixel that moved around that time
/// black, and a margin. Fail closed: a frame without motion around it is black as a whole.
pub(super) struct Blacken;

impl Transform for Blacken {
    fn name(&self) -> String {
        "blacken".into()
    }

    fn key(&self) -> String {
        format!(
            "blacken threshold {THRESHOLD} sigma {SIGMA_OF_64} least {LEAST} margin {MARGIN} window {WINDOW}"
        )
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        let moving = moving_columns(clip);
        let mut hidden = (0..moving.len()).map(|frame| hidden_columns(&moving, frame, clip.size));
        clip.painted(|frame| {
            let columns = hidden.next().unwrap_or(0..clip.size);
            for row in frame.chunks_exact_mut(3 * clip.size) {
                row[3 * columns.start..3 * columns.end].fill(0);
            }
        })
    }
}

/// The columns to hide in a frame: all where nothing moves around that time.
fn hidden_columns(moving: &[Option<Range<usize>>], frame: usize, size: usize) -> Range<usize> {
    let first = frame.saturating_sub(WINDOW / 2).min(moving.len().saturating_sub(WINDOW));
    let around = &moving[first..(first + WINDOW).min(moving.len())];
    let margin = size.div_ceil(MARGIN);
    let union = around.iter().flatten().cloned().reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
    union.map_or(0..size, |columns| columns.start.saturating_sub(margin)..(columns.end + margin).min(size))
}

/// The columns between the outermost moving pixels of each frame, or none where too little moves.
fn moving_columns(clip: &Clip<'_>) -> Vec<Option<Range<usize>>> {
    let soft: Vec<Vec<u8>> = clip.frames().map(|frame| softened(frame, clip.size)).collect();
    if soft.len() < FEWEST_FRAMES {
        return vec![None; soft.len()];
    }
    let still = median(&soft);
    let least = LEAST * (clip.size * clip.size) as f32;
    let columns = soft.iter().map(|frame| {
        let pixels = frame.as_chunks::<3>().0.iter().zip(still.as_chunks::<3>().0).enumerate();
        let moving: Vec<usize> = pixels
            .filter(|(_, (a, b))| a.iter().zip(*b).any(|(a, b)| a.abs_diff(*b) > THRESHOLD))
            .map(|(place, _)| place % clip.size)
            .collect();
        let (left, right) = (moving.iter().min()?, moving.iter().max()?);
        (moving.len() as f32 >= least).then_some(*left..right + 1)
    });
    columns.collect()
}

fn softened(frame: &[u8], size: usize) -> Vec<u8> {
    let values: Vec<f32> = frame.iter().map(|byte| f32::from(*byte)).collect();
    let soft = blurred::<3>(&values, size, SIGMA_OF_64 * size as f32 / 64.0);
    soft.into_iter().map(|value| value.round() as u8).collect()
}

/// The median over time of every byte.
fn median(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut times = vec![0; frames.len()];
    let bytes = (0..frames[0].len()).map(|place| {
        times.iter_mut().zip(frames).for_each(|(time, frame)| *time = frame[place]);
        *times.select_nth_unstable(frames.len() / 2).1
    });
    bytes.collect()
}
