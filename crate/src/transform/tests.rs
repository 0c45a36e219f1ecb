//! Each transform does what its name says, and nothing is rewritten twice.

mod stored;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::Device;
use rand::RngExt as _;

use super::*;
use crate::artifact::Artifact;
use crate::data::{Manifest, Row, Source};
use crate::engine::{RawFrame, Session};
use crate::rng::Seed;

const SIZE: usize = 64;
const FRAMES: usize = 12;
const FRAME_BYTES: usize = 3 * SIZE * SIZE;

/// A wall on which every channel differs at every pixel.
fn wall(x: usize, y: usize) -> [u8; 3] {
    [90 + x % 60, 80 + y % 50, 100 + (x + 2 * y) % 70].map(|value| value as u8)
}

fn film(frames: usize, paint: impl Fn(usize, usize, usize) -> [u8; 3]) -> Vec<u8> {
    let places = (0..frames * SIZE * SIZE).map(|i| (i / (SIZE * SIZE), i % SIZE, i / SIZE % SIZE));
    places.flat_map(|(frame, x, y)| paint(frame, x, y)).collect()
}

/// Whether a pixel is on the mover: a square of 6 that goes right, a pixel a frame, from the left edge.
fn on_mover(frame: usize, x: usize, y: usize) -> bool {
    (frame..frame + 6).contains(&x) && (20..26).contains(&y)
}

/// A bright mover before the wall.
fn walk() -> Vec<u8> {
    film(FRAMES, |frame, x, y| if on_mover(frame, x, y) { [250, 240, 230] } else { wall(x, y) })
}

fn still() -> Vec<u8> {
    film(FRAMES, |_, x, y| wall(x, y))
}

fn clip(bytes: &[u8]) -> Clip<'_> {
    Clip { name: "walk", size: SIZE, bytes }
}

fn through(name: &str, bytes: &[u8]) -> Vec<u8> {
    named(name).expect("a known name").rewrite(&clip(bytes))
}

fn pixel(bytes: &[u8], [frame, x, y]: [usize; 3]) -> [u8; 3] {
    let place = frame * FRAME_BYTES + 3 * (y * SIZE + x);
    [bytes[place], bytes[place + 1], bytes[place + 2]]
}

fn mean(bytes: &[u8]) -> f64 {
    bytes.iter().map(|byte| f64::from(*byte)).sum::<f64>() / bytes.len() as f64
}

/// The mean difference of a pixel to its right neighbour.
fn gradient(bytes: &[u8]) -> f64 {
    let rows = bytes.chunks_exact(3 * SIZE);
    let steps = rows.flat_map(|row| row.iter().zip(&row[3..]).map(|(a, b)| f64::from(a.abs_diff(*b))));
    steps.sum::<f64>() / (bytes.len() - bytes.len() / SIZE) as f64
}

fn cells_are_flat(bytes: &[u8], cell: usize) -> bool {
    let places = (0..FRAMES).flat_map(|t| (0..SIZE * SIZE).map(move |i| [t, i % SIZE, i / SIZE]));
    places
        .into_iter()
        .all(|[t, x, y]| pixel(bytes, [t, x, y]) == pixel(bytes, [t, x / cell * cell, y / cell * cell]))
}

#[test]
fn every_baseline_keeps_the_shape_is_found_by_its_name_and_has_its_own_key() {
    let walk = walk();
    let mut keys = vec![];
    for baseline in baselines() {
        let name = baseline.name();
        assert_eq!(baseline.rewrite(&clip(&walk)).len(), walk.len(), "{name}");
        assert_eq!(baseline.rewrite(&clip(&[])).len(), 0, "{name} of no frame");
        let found = named(&name.replace(' ', "-")).expect("a known name");
        assert_eq!(found.name(), name, "another transform");
        keys.push(baseline.key());
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), baselines().len(), "two share a key: {keys:?}");
}

#[test]
fn frames_of_any_size_are_rewritten() {
    for size in [1, 5, 17] {
        let bytes: Vec<u8> = (0..4 * 3 * size * size).map(|value| (37 * value % 251) as u8).collect();
        for baseline in baselines() {
            let after = baseline.rewrite(&Clip { name: "small", size, bytes: &bytes });
            assert_eq!(after.len(), bytes.len(), "{} at {size} pixels", baseline.name());
        }
    }
}

#[test]
fn an_unknown_name_is_answered_with_the_known() {
    let sentence = named("blur").err().expect("there are two blurs").to_string();
    for part in [
        "\"blur\"",
        "raw, grey, downsample-2",
        "blur-weak, blur-strong",
        "dp-pix, bdq-like, ternary, black, mosaic-CELLS-EPSILON, ternary-CELLS",
    ] {
        assert!(sentence.contains(part), "\"{part}\" is missing from: {sentence}");
    }
}

#[test]
fn raw_is_untouched_and_black_is_black() {
    let walk = walk();
    assert!(through("raw", &walk) == walk, "raw is changed");
    assert!(through("black", &walk).iter().all(|byte| *byte == 0), "black shows something");
}

#[test]
fn grey_keeps_the_luma_alone() {
    let walk = walk();
    let grey = through("grey", &walk);
    assert!(grey.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b), "a colour is left");
    let [r, g, b] = wall(40, 50).map(f64::from);
    let luma = (0.299 * r + 0.587 * g + 0.114 * b).round();
    assert_eq!(f64::from(pixel(&grey, [3, 40, 50])[0]), luma, "another grey");
}

#[test]
fn pixelation_leaves_flat_cells_of_the_mean() {
    let walk = walk();
    for (name, cell) in [("pixelate-4", 4), ("pixelate-16", 16)] {
        let after = through(name, &walk);
        assert!(cells_are_flat(&after, cell) && !cells_are_flat(&after, 2 * cell), "{name}");
        assert!((mean(&after) - mean(&walk)).abs() < 0.5, "{name} became brighter or darker");
    }
}

#[test]
fn blurs_and_downsampling_keep_the_mean_and_lose_detail() {
    let mut rng = Seed(3).rng("rubble");
    let rubble: Vec<u8> = (0..2 * FRAME_BYTES).map(|_| rng.random_range(40..200)).collect();
    for (weak, strong) in [("blur-weak", "blur-strong"), ("downsample-2", "downsample-4")] {
        let [weak, strong] = [weak, strong].map(|name| through(name, &rubble));
        let means = [&rubble, &weak, &strong].map(|bytes| mean(bytes));
        assert!(means.iter().all(|each| (each - means[0]).abs() < 0.5), "brighter or darker: {means:?}");
        let gradients = [&rubble, &weak, &strong].map(|bytes| gradient(bytes));
        assert!(gradients[0] > 1.1 * gradients[1], "detail is left: {gradients:?}");
        assert!(gradients[1] > 1.1 * gradients[2], "the stronger keeps more: {gradients:?}");
    }
}

#[test]
fn a_point_spreads_by_the_blurs_sigma_on_both_axes() {
    let point = film(1, |_, x, y| if (x, y) == (32, 30) { [255, 0, 0] } else { [0; 3] });
    let values: Vec<f32> = point.iter().map(|byte| f32::from(*byte)).collect();
    for sigma in [1.5, 4.0] {
        let soft = blur::blurred::<3>(&values, SIZE, sigma);
        let moment = |square: &dyn Fn(usize) -> f32| {
            let reds = soft.iter().step_by(3).enumerate();
            reds.map(|(place, value)| value * square(place)).sum::<f32>() / 255.0
        };
        for (axis, found) in [
            ("x", moment(&|place| (place as f32 % 64.0 - 32.0).powi(2))),
            ("y", moment(&|place| ((place / SIZE) as f32 - 30.0).powi(2))),
        ] {
            // Cutting the bell off at three sigma takes 3 % of its variance.
            assert!((found / (sigma * sigma) - 1.0).abs() < 0.05, "sigma {sigma}, {axis}: variance {found}");
        }
        assert!(soft.iter().skip(1).step_by(3).all(|green| *green == 0.0), "red leaks into green");
    }
}

#[test]
fn blackening_takes_the_mover_and_leaves_what_is_far() {
    let walk = walk();
    let black = through("blacken", &walk);
    for frame in 0..FRAMES {
        for x in 0..SIZE {
            for y in 0..SIZE {
                let seen = pixel(&black, [frame, x, y]);
                if on_mover(frame, x, y) {
                    assert_eq!(seen, [0; 3], "the mover shows in frame {frame} at {x} {y}");
                }
                if x >= 36 {
                    assert_eq!(seen, wall(x, y), "the far wall is gone in frame {frame} at {x} {y}");
                }
            }
        }
    }
}

#[test]
fn blackening_is_black_where_nothing_is_known() {
    let one = film(1, |_, x, y| wall(x, y));
    // Noise of a camera, all over the frame, is no motion.
    let noisy = film(FRAMES, |t, x, y| wall(x, y).map(|value| value + ((31 * t + 7 * x + 13 * y) % 9) as u8));
    let two: Vec<u8> = walk()[..2 * FRAME_BYTES].to_vec();
    for (what, bytes) in [("one frame", one), ("two frames", two), ("a still", still()), ("noise", noisy)] {
        assert!(through("blacken", &bytes).iter().all(|byte| *byte == 0), "{what}: something shows");
    }
}

#[test]
fn blackening_keeps_up_with_a_clip_that_moves_only_now_and_then() {
    // Ten frames of walking in sixty: the median is the wall, and long before and after all is black.
    let bytes = film(60, |t, x, y| {
        let walks = (25..35).contains(&t) && on_mover(t - 25, x, y);
        if walks { [250, 240, 230] } else { wall(x, y) }
    });
    let black = through("blacken", &bytes);
    let lit = |frame: usize| black[frame * FRAME_BYTES..][..FRAME_BYTES].iter().any(|byte| *byte > 0);
    let seen: Vec<usize> = (0..60).filter(|frame| lit(*frame)).collect();
    assert_eq!(seen, (13..47).collect::<Vec<_>>(), "12 frames before and after motion, and no more");
    for frame in 25..35 {
        assert_eq!(pixel(&black, [frame, frame - 25, 22]), [0; 3], "the mover shows in frame {frame}");
    }
}

#[test]
fn ternary_motion_lights_the_edges_of_a_mover_and_nothing_else() {
    let motion = through("ternary", &walk());
    assert!(motion.iter().all(|byte| [0, 128, 255].contains(byte)), "a fourth level");
    assert!(motion.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b), "a colour");
    // From frame 4 to 5 the mover leaves column 4 and enters column 10.
    assert_eq!(pixel(&motion, [5, 4, 22]), [0; 3], "what it left grows darker");
    assert_eq!(pixel(&motion, [5, 10, 22]), [255; 3], "what it enters grows brighter");
    assert_eq!(pixel(&motion, [5, 40, 22]), [128; 3], "the wall stays");
    let (first, rest) = motion.split_at(FRAME_BYTES);
    assert!(first == &rest[..FRAME_BYTES], "the first frame shows the difference to the second");
}

#[test]
fn bdq_like_motion_has_fifteen_levels_of_each_colour() {
    let motion = through("bdq-like", &walk());
    let levels: std::collections::BTreeSet<u8> = motion.iter().copied().collect();
    let known: Vec<u8> = (0_u8..15).map(|level| (f32::from(level) / 14.0 * 255.0).round() as u8).collect();
    assert!(levels.len() > 2 && levels.iter().all(|level| known.contains(level)), "{levels:?}");
}

#[test]
fn ternary_motion_of_a_still_is_flat() {
    let one = film(1, |_, x, y| wall(x, y));
    // A step of 7 of 255 lies below the threshold of .03.
    let dimmed = film(FRAMES, |t, x, y| wall(x, y).map(|value| value + 7 * (t % 2) as u8));
    for bytes in [one, still(), dimmed] {
        assert!(through("ternary", &bytes).iter().all(|byte| *byte == 128), "a still moves");
    }
}

#[test]
fn dp_pix_is_the_same_twice_and_differs_by_name_and_frame() {
    let still = still();
    let once = through("dp-pix", &still);
    assert!(once == through("dp-pix", &still), "a second run differs");
    assert!(cells_are_flat(&once, 16) && !cells_are_flat(&once, 32), "cells of a quarter of the side");
    let other = named("dp-pix").expect("known").rewrite(&Clip { name: "other", ..clip(&still) });
    assert!(once != other, "two clips share their noise");
    assert!(once[..FRAME_BYTES] != once[FRAME_BYTES..2 * FRAME_BYTES], "two frames share their noise");
}

#[test]
fn a_mosaic_is_named_by_its_cells_and_its_price() {
    let still = still();
    let off = |name: &str| {
        let painted = through(name, &still);
        assert!(cells_are_flat(&painted, 8) && !cells_are_flat(&painted, 16), "{name}: 8 cells a side");
        assert!(painted.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b), "{name}: a colour");
        let plain = through("grey", &still);
        painted.iter().zip(&plain).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>()
    };
    assert!(off("mosaic-8-0.5") > 1.5 * off("mosaic-8-4"), "the price does not decide on the noise");
    for name in ["mosaic-0-1", "mosaic-8", "mosaic-8-0", "mosaic-8--1", "mosaic-x-1"] {
        assert!(named(name).is_err(), "{name} is a mosaic");
    }
}

#[test]
fn a_model_sees_each_frame_as_the_product_does() {
    let artifact = Artifact::built_in().expect("the built-in model");
    let model = Model::open(&artifact).expect("a sound model");
    let session = Session::open(&artifact, &Device::flex()).expect("a sound model");
    let bytes = walk()[..2 * FRAME_BYTES].to_vec();
    let after = model.rewrite(&clip(&bytes));
    for (frame, (raw, found)) in clip(&bytes).frames().zip(clip(&after).frames()).enumerate() {
        let rgba = raw.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
        let picture = Rgba8::new(SIZE, SIZE, rgba).expect("a whole frame");
        let wanted = session.anonymize(RawFrame::from(picture)).into_picture().into_bytes();
        let wanted: Vec<u8> = wanted.chunks_exact(4).flat_map(|rgba| rgba[..3].to_vec()).collect();
        assert!(found == wanted, "frame {frame} is another");
    }
    assert!(model.key().contains(&artifact.card().sha256), "the weights decide: {}", model.key());
    assert_eq!(model.name(), artifact.card().name, "another name");
}

#[test]
fn coarse_signs_of_motion_are_those_of_ternary_in_cells() {
    // Cells of one pixel see what the fine filter sees, but for the ends of the bell and the edges of the frame.
    let (fine, coarse) = (through("ternary", &walk()), through(&format!("ternary-{SIZE}"), &walk()));
    let same = fine.iter().zip(&coarse).filter(|(fine, coarse)| fine == coarse).count();
    assert!(same as f64 > 0.97 * fine.len() as f64, "{same} of {} bytes", fine.len());
    assert!(fine.contains(&0) && coarse.contains(&0) && coarse.contains(&255), "nothing moves");
    let cells = through("ternary-16", &walk());
    assert!(cells_are_flat(&cells, SIZE / 16) && cells.contains(&255), "16 cells along a side");
    assert!(through("ternary-16", &still()).iter().all(|byte| *byte == 128), "a still moves");
    assert!(named("ternary-0").is_err() && named("ternary-x").is_err(), "no cells");
}
