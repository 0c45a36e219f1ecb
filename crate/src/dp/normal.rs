//! The standard normal distribution, in the tails too.

use std::f64::consts::{PI, SQRT_2};

/// Its distribution function.
pub(super) fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / SQRT_2)
}

/// The logarithm of [`cdf`], where that is too small to be a number too.
pub(super) fn ln_cdf(x: f64) -> f64 {
    if x > -30.0 {
        return cdf(x).ln();
    }
    // Abramowitz & Stegun 26.2.12; the next term is below 1e-7 of this one from -30 on.
    let inverse = 1.0 / (x * x);
    -0.5 * x * x - (-x * (2.0 * PI).sqrt()).ln() + (-inverse * (1.0 - 3.0 * inverse)).ln_1p()
}

/// Where [`cdf`] is `p`, for `p` in (0, 1).
pub(super) fn quantile(p: f64) -> f64 {
    debug_assert!(0.0 < p && p < 1.0, "{p} is no probability inside (0, 1)");
    crossing([-39.0, 39.0], |x| cdf(x) >= p)
}

/// Where `is_past` becomes true, which it does once between the two: halved until nothing is left to halve. The result
/// is on the side where it is true.
pub(super) fn crossing([mut low, mut high]: [f64; 2], is_past: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return high;
        }
        if is_past(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_normal_distribution() {
        for (x, p) in [(0.0, 0.5), (1.0, 0.841_344_746_068_543), (-3.0, 0.001_349_898_031_630_1)] {
            assert!((cdf(x) - p).abs() < 1e-14, "{x}: {}", cdf(x));
            assert!((quantile(p) - x).abs() < 1e-12, "{p}: {}", quantile(p));
        }
    }

    #[test]
    fn its_tail_joins_and_goes_on() {
        for x in [-29.0, -30.0, -31.0, -35.0] {
            let direct = (0.5 * libm::erfc(-x / SQRT_2)).ln();
            assert!((ln_cdf(x) / direct - 1.0).abs() < 1e-9, "{x}: {} and {direct}", ln_cdf(x));
        }
        assert!((ln_cdf(-100.0) + 5005.5242).abs() < 1e-3, "{}", ln_cdf(-100.0));
    }
}
