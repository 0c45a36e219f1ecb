//! Positive controls: what is drawn can be told by the simplest means.

use super::*;

/// Pictures are looked at through an 8x8 grid.
const GRID: usize = 8;

/// The mean of `value` over each cell of the grid.
fn cells(value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let side = SIZE / GRID;
    let mut cells = vec![0.0; GRID * GRID];
    for pixel in 0..SIZE * SIZE {
        let (x, y) = (pixel % SIZE, pixel / SIZE);
        cells[y / side * GRID + x / side] += value(x, y) / (side * side) as f32;
    }
    cells
}

/// Where a clip moves: the mean absolute difference of frames, cell by cell, of length 1.
fn movement(frames: &[Rgba8]) -> Vec<f32> {
    let mut sum = vec![0.0; GRID * GRID];
    for pair in frames.windows(2) {
        let differ = |x: usize, y: usize| {
            let at = 4 * (y * SIZE + x);
            (0..3).map(|c| f32::from(pair[0].bytes()[at + c].abs_diff(pair[1].bytes()[at + c]))).sum()
        };
        sum.iter_mut().zip(cells(differ)).for_each(|(sum, cell)| *sum += cell);
    }
    let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-6);
    sum.iter().map(|value| value / length).collect()
}

/// The colours in the middle of the picture, where people stand.
fn colours(frames: &[Rgba8]) -> Vec<f32> {
    let channel = |c: usize| cells(move |x, y| f32::from(frames[0].bytes()[4 * (y * SIZE + x) + c]));
    let planes = [channel(0), channel(1), channel(2)];
    let middle = |cell: &usize| (3..5).contains(&(cell % GRID)) && (2..8).contains(&(cell / GRID));
    (0..GRID * GRID)
        .filter(middle)
        .flat_map(|cell| [planes[0][cell], planes[1][cell], planes[2][cell]])
        .collect()
}

/// The share of `asked` whose nearest neighbour in `known` has the same label.
fn nearest_neighbour(known: &[(Vec<f32>, usize)], asked: &[(Vec<f32>, usize)]) -> f32 {
    let right = asked.iter().filter(|(features, label)| {
        let distance = |other: &[f32]| features.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f32>();
        let nearest = known.iter().min_by(|(a, _), (b, _)| distance(a).total_cmp(&distance(b)));
        nearest.is_some_and(|(_, found)| found == label)
    });
    right.count() as f32 / asked.len() as f32
}

#[test]
fn the_simplest_eye_tells_what_strangers_do_and_who_comes_again() {
    let (people, clips) = (20, 600);
    let stage = plan(clips, people);
    let drawn: Vec<Vec<Rgba8>> = (0..clips).into_par_iter().map(|clip| stage.draw(clip)).collect();
    let of = |wanted: &dyn Fn(usize, usize) -> bool, by_action: bool| -> Vec<(Vec<f32>, usize)> {
        let chosen = (0..clips).filter(|&clip| {
            let (person, action) = stage.cast(clip);
            wanted(person, action)
        });
        let seen = chosen.map(|clip| {
            let (person, action) = stage.cast(clip);
            if by_action { (movement(&drawn[clip]), action) } else { (colours(&drawn[clip]), person) }
        });
        seen.collect()
    };
    let action = nearest_neighbour(&of(&|person, _| person < 14, true), &of(&|person, _| person >= 14, true));
    let person = nearest_neighbour(&of(&|_, action| action < 7, false), &of(&|_, action| action >= 7, false));
    assert!(action > 0.4, "actions cannot be told: {action}, chance is 0.1");
    assert!(person > 0.1, "people cannot be told: {person}, chance is 0.05");
}
