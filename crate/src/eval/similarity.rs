//! How alike two pictures are: PSNR and SSIM.

use crate::frame::LUMA;

/// What PSNR is where pictures hardly differ, in dB: a mean difference of a quarter of a step of 8 bits.
pub(super) const MOST_PSNR: f64 = 60.0;
/// Side of SSIM's window, in pixels.
const WINDOW: usize = 11;
/// Standard deviation of its bell, in pixels.
const SIGMA: f64 = 1.5;
/// What keeps it from dividing by nothing: (0.01 * 255)^2 and (0.03 * 255)^2.
const STEADY: [f64; 2] = [6.5025, 58.5225];

/// Mean squared difference of bytes, in `[0, 255^2]`.
pub(super) fn mean_square(a: &[u8], b: &[u8]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    sum / a.len().max(1) as f64
}

/// Peak signal-to-noise ratio of a mean squared difference of bytes, in dB, at most [`MOST_PSNR`].
pub(super) fn psnr(mean_square: f64) -> f64 {
    (10.0 * (255.0 * 255.0 / mean_square).log10()).min(MOST_PSNR)
}

/// Structural similarity of the lumas of two square pictures, in `[-1, 1]`: 1 where they are the same. Wang et al.,
/// "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE TIP 2004, eq. 13: a Gaussian
/// window of 11 pixels, where it fits.
///
/// # Shapes
/// - `a`, `b`: `[size, size, 3]`, bytes of sRGB; `size` at least 11
pub(super) fn ssim(a: &[u8], b: &[u8], size: usize) -> f64 {
    let [x, y] = [a, b].map(lumas);
    let product = |p: &[f64], q: &[f64]| p.iter().zip(q).map(|(p, q)| p * q).collect::<Vec<f64>>();
    let local = |values: &[f64]| softened(values, size);
    let (mean_x, mean_y) = (local(&x), local(&y));
    let (xx, yy, xy) = (local(&product(&x, &x)), local(&product(&y, &y)), local(&product(&x, &y)));
    let at = |place: usize| {
        let (mx, my) = (mean_x[place], mean_y[place]);
        let (vx, vy, both) = (xx[place] - mx * mx, yy[place] - my * my, xy[place] - mx * my);
        let [c1, c2] = STEADY;
        ((2.0 * mx * my + c1) * (2.0 * both + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    };
    (0..mean_x.len()).map(at).sum::<f64>() / mean_x.len().max(1) as f64
}

fn lumas(picture: &[u8]) -> Vec<f64> {
    let luma =
        |pixel: &[u8; 3]| pixel.iter().zip(LUMA).map(|(channel, share)| f64::from(*channel) * share).sum();
    picture.as_chunks().0.iter().map(luma).collect()
}

/// Means under the bell around each pixel that has a whole window.
///
/// # Shapes
/// - `values`: `[size, size]`
/// - returns `[size - 10, size - 10]`
fn softened(values: &[f64], size: usize) -> Vec<f64> {
    let middle = (WINDOW / 2) as f64;
    let bell: Vec<f64> =
        (0..WINDOW).map(|place| (-0.5 * ((place as f64 - middle) / SIGMA).powi(2)).exp()).collect();
    let total: f64 = bell.iter().sum();
    let under = |start: usize, step: usize, values: &[f64]| {
        bell.iter().enumerate().map(|(nth, weight)| weight * values[start + nth * step]).sum::<f64>() / total
    };
    let across = size + 1 - WINDOW;
    let places = |rows: usize| (0..rows).flat_map(move |row| (0..across).map(move |column| (row, column)));
    let rows: Vec<f64> = places(size).map(|(row, column)| under(row * size + column, 1, values)).collect();
    places(across).map(|(row, column)| under(row * across + column, across, &rows)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 16;

    fn picture(pixel: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        let places = (0..SIZE).flat_map(|y| (0..SIZE).map(move |x| (x, y)));
        places.flat_map(|(x, y)| [pixel(x, y); 3]).collect()
    }

    #[test]
    fn psnr_is_that_of_the_formula() {
        let (a, b) = (picture(|_, _| 100), picture(|_, _| 110));
        assert!((psnr(mean_square(&a, &b)) - 28.1308).abs() < 1e-4, "20 log10(255 / 10)");
        assert_eq!(psnr(mean_square(&a, &a)), MOST_PSNR, "the same picture");
    }

    #[test]
    fn ssim_is_one_for_the_same_and_falls_with_noise_and_without_structure() {
        let a = picture(|x, y| (40 * ((x / 2 + y / 3) % 4) + 60) as u8);
        assert!((ssim(&a, &a, SIZE) - 1.0).abs() < 1e-9, "{}", ssim(&a, &a, SIZE));
        let noisy = picture(|x, y| (40 * ((x / 2 + y / 3) % 4) + 60 + (x * 7 + y * 13) % 23) as u8);
        let flat = picture(|_, _| 120);
        let (noisy, flat) = (ssim(&a, &noisy, SIZE), ssim(&a, &flat, SIZE));
        assert!(flat < 0.1 && noisy > 0.7 && noisy < 0.99, "flat {flat}, noisy {noisy}");
    }

    #[test]
    fn ssim_of_flat_pictures_is_that_of_their_means() {
        // Without variance: (2 * 100 * 150 + c1) / (100^2 + 150^2 + c1).
        let found = ssim(&picture(|_, _| 100), &picture(|_, _| 150), SIZE);
        let wanted = (30_000.0 + STEADY[0]) / (32_500.0 + STEADY[0]);
        assert!((found - wanted).abs() < 1e-6, "{found}, not {wanted}");
    }
}
