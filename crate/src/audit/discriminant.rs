//! The direction in which two clouds of pictures are furthest apart.

/// Cells of a picture along each axis, whose mean colours are looked at.
const CELLS: usize = 8;
/// Share of the mean variance that is added to each, so that directions without noise stay finite.
const RIDGE: f64 = 1e-6;

/// Fisher's linear discriminant: the difference of two means, seen through the inverse of the common covariance.
pub(super) struct Discriminant(Vec<f64>);

impl Discriminant {
    /// Learns from examples of both inputs; all are as long.
    pub(super) fn learn([first, second]: [&[Vec<f64>]; 2]) -> Self {
        let (one, other) = (mean(first), mean(second));
        let size = one.len();
        let mut covariance = vec![0.0; size * size];
        for (examples, centre) in [(first, &one), (second, &other)] {
            for example in examples {
                let centred: Vec<f64> =
                    example.iter().zip(centre).map(|(value, mean)| value - mean).collect();
                for (row, value) in centred.iter().enumerate() {
                    let sums = &mut covariance[row * size..=row * size + row];
                    sums.iter_mut().zip(&centred).for_each(|(sum, other)| *sum += value * other);
                }
            }
        }
        let count = (first.len() + second.len()) as f64;
        let trace: f64 = (0..size).map(|place| covariance[place * size + place] / count).sum();
        for row in 0..size {
            covariance[row * size..=row * size + row].iter_mut().for_each(|sum| *sum /= count);
            covariance[row * size + row] += RIDGE * trace / size as f64 + f64::MIN_POSITIVE;
        }
        let apart: Vec<f64> = other.iter().zip(&one).map(|(other, one)| other - one).collect();
        Self(solved(covariance, apart))
    }

    /// How far along the direction an example lies.
    pub(super) fn score(&self, example: &[f64]) -> f64 {
        self.0.iter().zip(example).map(|(weight, value)| weight * value).sum()
    }
}

fn mean(examples: &[Vec<f64>]) -> Vec<f64> {
    let mut mean = vec![0.0; examples[0].len()];
    for example in examples {
        mean.iter_mut().zip(example).for_each(|(mean, value)| *mean += value / examples.len() as f64);
    }
    mean
}

/// Solves `matrix x = right` for a symmetric positive matrix, of which the lower half is read, by Cholesky's decomposition.
fn solved(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for row in 0..size {
        for column in 0..=row {
            let products = (0..column).map(|k| matrix[row * size + k] * matrix[column * size + k]);
            let rest = matrix[row * size + column] - products.sum::<f64>();
            matrix[row * size + column] = if row == column {
                rest.max(f64::MIN_POSITIVE).sqrt()
            } else {
                rest / matrix[column * size + column]
            };
        }
    }
    for row in 0..size {
        let known: f64 = (0..row).map(|k| matrix[row * size + k] * right[k]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|k| matrix[k * size + row] * right[k]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    right
}

/// The mean colours of the cells of a square picture: R, G, B in `[0, 255]`, 192 numbers.
pub(super) fn cells(bytes: &[u8], side: usize) -> Vec<f64> {
    let mut sums = vec![[0.0, 0.0, 0.0, 0.0]; CELLS * CELLS];
    for (place, pixel) in bytes.chunks_exact(4).enumerate() {
        let (x, y) = (place % side, place / side);
        let sums = &mut sums[y * CELLS / side * CELLS + x * CELLS / side];
        sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    // The fourth channel is opaque, so it counts pixels.
    sums.iter().flat_map(|[r, g, b, opaque]| [r, g, b].map(|sum| 255.0 * sum / opaque.max(1.0))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved() {
        let matrix = vec![4.0, 9.9, 9.9, 2.0, 5.0, 9.9, 1.0, -1.0, 3.0]; // the upper half is not read
        let found = solved(matrix, vec![11.0, 9.0, 8.0]);
        let back = [
            4.0 * found[0] + 2.0 * found[1] + found[2],
            2.0 * found[0] + 5.0 * found[1] - found[2],
            found[0] - found[1] + 3.0 * found[2],
        ];
        assert!(
            back.iter().zip([11.0, 9.0, 8.0]).all(|(a, b)| (a - b).abs() < 1e-12),
            "{found:?} gives {back:?}"
        );
    }

    #[test]
    fn it_looks_past_noise_that_is_shared() {
        // Both numbers carry a large common noise; only their difference tells the inputs apart.
        let noise = |i: usize| ((i * 7919) % 1000) as f64;
        let small = |i: usize| ((i * 104_729) % 100) as f64 / 100.0;
        let cloud = |shift: f64| -> Vec<Vec<f64>> {
            (0..500)
                .map(|i| vec![noise(i + shift as usize), noise(i + shift as usize) + small(i) + shift])
                .collect()
        };
        let (one, other) = (cloud(0.0), cloud(3.0));
        let found = Discriminant::learn([&one, &other]);
        let most = one.iter().map(|example| found.score(example)).fold(f64::NEG_INFINITY, f64::max);
        let least = other.iter().map(|example| found.score(example)).fold(f64::INFINITY, f64::min);
        assert!(most < least, "{most} and {least}");
    }

    #[test]
    fn cells_are_mean_colours() {
        let bytes: Vec<u8> =
            (0..256).flat_map(|i: usize| [(i % 16) as u8 * 10, 7, (i / 16) as u8, 255]).collect();
        let found = cells(&bytes, 16);
        assert_eq!(
            (found.len(), &found[..3], &found[189..]),
            (192, &[5.0, 7.0, 0.5][..], &[145.0, 7.0, 14.5][..])
        );
    }
}
