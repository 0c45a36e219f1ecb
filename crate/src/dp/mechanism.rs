//! One release: a few numbers, scaled, cut to a ball, and hidden in Gaussian noise.
//!
//! ```text
//! u = e(x) / s               s > 0, learnt, one for each number
//! v = u * min(1, C / |u|)    so two inputs are at most 2C apart
//! y = v + sigma * xi         xi from N(0, I), fresh for each release
//! z = y on `levels` values   evenly spaced from -C to C; left out where there are no levels
//! ```
//!
//! Telling any two inputs apart by `y` is as hard as telling N(0, 1) from N(mu, 1), with `mu = 2C / sigma`; so is
//! telling them apart by anything that is computed from `y` alone, so by `z`.
//!
//! # What floating point leaves open
//! The promise is exact over the reals. Here `v` and `y` are doubles; where there are no levels, `y` is rounded to a grid of
//! `C / 2^20` or finer, on which each point collects some 2^30 doubles, so that the gaps between these do not show which `v`
//! they came from (Mironov, "On significance of the least significant bits for differential privacy", CCS 2012). The noise
//! ends near ten sigma, beyond which there is less than 1e-15 of the distribution. Neither is counted in epsilon. How long
//! a release takes is not hidden.

use rand::rngs::ChaCha20Rng;
use rand::{Rng, RngExt as _, SeedableRng};
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::accountant::Mu;

/// The grid is this many halvings of the clip, or one fewer.
const GRID: i32 = 20;
/// How many values a number of a release may be held to.
const LEVELS: std::ops::RangeInclusive<usize> = 2..=256;
/// What is taken off the clip so that rounding cannot lead past it.
const SLACK: f64 = 1e-12;

/// What a release is cut to and how much noise it gets, in units of the scaled code.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MechanismConfig {
    /// `C`: the longest code; positive.
    pub clip: f64,
    /// Standard deviation of the noise on each number; 0 promises nothing.
    pub sigma: f64,
    /// Values that each number of a release can have, evenly spaced from `-C` to `C`, 2 to 256: a release of `d` numbers holds
    /// `d log2(levels)` bits and no more, with noise or without. All of a code is no longer than `C`, so without noise the outer
    /// of many levels are for codes of few numbers. `None`: as many as the grid has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<usize>,
}

/// Why nothing can be released.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum MechanismError {
    /// There is no such ball.
    #[error("clip {0} is no positive number; choose 1")]
    Clip(f64),
    /// There is no such noise.
    #[error("sigma {0} is no number of at least 0; it is 2 * clip / mu, and 0 promises nothing")]
    Sigma(f64),
    /// There are no such levels.
    #[error("levels {0} of a code is not in 2..=256; 2 are the fewest that tell anything")]
    Levels(usize),
    /// A number of the code cannot be scaled.
    #[error("scale {0} of a code is no positive number; the weights are broken, fetch the model again")]
    Scale(f64),
    /// The system has no random numbers to give.
    #[error(
        "the system gives no random numbers ({0}): without them nothing is hidden, so nothing is released"
    )]
    Random(String),
}

impl MechanismConfig {
    /// The noise that makes a release cost `mu`.
    pub fn of(mu: Mu, clip: f64) -> Self {
        Self { clip, sigma: 2.0 * clip * mu.noise_over_sensitivity(), levels: None }
    }

    /// Checks that the numbers describe a mechanism.
    ///
    /// # Errors
    /// [`MechanismError`] names the number that does not fit.
    pub fn validate(&self) -> Result<(), MechanismError> {
        if !(self.clip > 0.0 && self.clip.is_finite()) {
            return Err(MechanismError::Clip(self.clip));
        }
        if !(self.sigma >= 0.0 && self.sigma.is_finite()) {
            return Err(MechanismError::Sigma(self.sigma));
        }
        match self.levels {
            Some(levels) if !LEVELS.contains(&levels) => Err(MechanismError::Levels(levels)),
            _ => Ok(()),
        }
    }

    /// What a release costs: `2C / sigma`.
    pub fn mu(&self) -> Mu {
        Mu::new(2.0 * self.clip / self.sigma).unwrap_or(Mu::NONE)
    }

    /// The distance of neighbouring values that a released number can have.
    pub fn grid(&self) -> f64 {
        libm::ldexp(1.0, libm::ilogb(self.clip) - GRID)
    }

    /// The value that is released for a noisy one.
    fn rounded(&self, value: f64) -> f64 {
        let Some(levels) = self.levels else {
            let grid = self.grid();
            return (value / grid).round() * grid + 0.0; // no zero with a sign
        };
        let most = (levels - 1) as f64;
        let level = ((value / self.clip + 1.0) / 2.0 * most).round().clamp(0.0, most);
        (2.0 * level / most - 1.0) * self.clip
    }
}

/// Where noise comes from: `ChaCha20`, counted on and never wound back. It is neither `Clone` nor serializable, so that
/// no draw is ever made twice.
pub struct Noise(ChaCha20Rng);

impl Noise {
    /// From a seed that only the system knows.
    ///
    /// # Errors
    /// [`MechanismError::Random`] if the system gives none.
    pub fn from_system() -> Result<Self, MechanismError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|reason| MechanismError::Random(reason.to_string()))?;
        Ok(Self(ChaCha20Rng::from_seed(seed)))
    }

    /// For tests and judgements alone, which must be repeatable: whoever knows the seed takes the noise off again, so
    /// nothing that it hides may be released.
    pub fn seeded_for_tests(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// The generator itself, for noise of another distribution.
    pub fn generator(&mut self) -> &mut impl Rng {
        &mut self.0
    }

    fn draw(&mut self) -> f64 {
        self.0.sample(StandardNormal)
    }
}

/// Turns codes into releases. See the [module](self).
pub struct Mechanism {
    config: MechanismConfig,
    scale: Vec<f64>,
    noise: Noise,
}

/// A code that has been through a [`Mechanism`], or lies between two that have, or is of nothing. Nothing else can make
/// one.
///
/// ```compile_fail
/// # use bauta::dp::mechanism::Release;
/// let forged = Release(vec![0.5]); // the field is private
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Release(Vec<f64>);

impl Release {
    /// The numbers, on the scale of the clip.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// A code on the way from this one (0) to the `next` (1). It costs nothing: both have been paid for.
    ///
    /// # Panics
    /// If the codes are of different lengths.
    #[must_use]
    pub fn towards(&self, next: &Self, share: f64) -> Self {
        assert_eq!(self.0.len(), next.0.len(), "codes of one mechanism are of one length");
        Self(self.0.iter().zip(&next.0).map(|(from, to)| from + share * (to - from)).collect())
    }
}

impl Mechanism {
    /// A mechanism for codes with as many numbers as `scale` has; each number is divided by its own.
    ///
    /// # Errors
    /// [`MechanismError`] names the number that does not fit.
    pub fn new(config: MechanismConfig, scale: Vec<f64>, noise: Noise) -> Result<Self, MechanismError> {
        config.validate()?;
        match scale.iter().find(|scale| !(**scale > 0.0 && scale.is_finite())) {
            Some(scale) => Err(MechanismError::Scale(*scale)),
            None => Ok(Self { config, scale, noise }),
        }
    }

    /// What a release costs.
    pub fn mu(&self) -> Mu {
        self.config.mu()
    }

    /// What stands for a release while there is none: the zero code without noise, on no level. It is of nothing, and costs
    /// nothing.
    pub fn nothing(&self) -> Release {
        Release(vec![0.0; self.scale.len()])
    }

    /// Releases a code: it costs [`mu`](Self::mu), whatever the code is.
    ///
    /// # Panics
    /// If the code has another number of values.
    pub fn release(&mut self, code: &[f32]) -> Release {
        let clipped = self.clipped(code).into_iter();
        let noisy = clipped.map(|value| self.config.rounded(value + self.config.sigma * self.noise.draw()));
        Release(noisy.collect())
    }

    /// The scaled code, no longer than the clip. A code with a value that is no finite number is the zero code.
    fn clipped(&self, code: &[f32]) -> Vec<f64> {
        assert_eq!(code.len(), self.scale.len(), "a code of another length");
        let scaled: Vec<f64> =
            code.iter().zip(&self.scale).map(|(value, by)| f64::from(*value) / by).collect();
        let length = scaled.iter().map(|value| value * value).sum::<f64>().sqrt();
        if !length.is_finite() {
            return vec![0.0; code.len()];
        }
        let most = self.config.clip * (1.0 - SLACK);
        if length <= most { scaled } else { scaled.iter().map(|value| value * (most / length)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::normal::cdf;
    use super::*;

    const CONFIG: MechanismConfig = MechanismConfig { clip: 1.5, sigma: 0.75, levels: None };

    fn mechanism(config: MechanismConfig, dimensions: usize) -> Mechanism {
        let scale = (0..dimensions).map(|place| 0.5 + place as f64).collect();
        Mechanism::new(config, scale, Noise::seeded_for_tests(7)).expect("a sound mechanism")
    }

    fn length(code: &[f64]) -> f64 {
        code.iter().map(|value| value * value).sum::<f64>().sqrt()
    }

    #[test]
    fn the_noise_is_normal_with_the_promised_deviation() {
        const DRAWS: usize = 40_000;
        let mut mechanism = mechanism(CONFIG, 4);
        for place in 0..4 {
            let mut draws: Vec<f64> =
                (0..DRAWS).map(|_| mechanism.release(&[0.0; 4]).values()[place] / CONFIG.sigma).collect();
            draws.sort_by(f64::total_cmp);
            // Kolmogorov and Smirnov: the furthest the observed distribution is from the normal one.
            let furthest = draws.iter().enumerate().map(|(rank, draw)| {
                let (below, above) = (rank as f64 / DRAWS as f64, (rank + 1) as f64 / DRAWS as f64);
                (cdf(*draw) - below).abs().max((above - cdf(*draw)).abs())
            });
            let statistic = furthest.fold(0.0, f64::max) * (DRAWS as f64).sqrt();
            // 1.95 is exceeded once in a thousand; a deviation off by 2 % gives about 2.
            assert!(statistic < 1.95, "number {place}: {statistic}");
        }
    }

    #[test]
    fn draws_know_nothing_of_each_other() {
        const RELEASES: usize = 20_000;
        let mut mechanism = mechanism(CONFIG, 3);
        let releases: Vec<Release> = (0..RELEASES).map(|_| mechanism.release(&[0.4, -0.2, 0.1])).collect();
        let centre = [0.8, -0.2 / 1.5, 0.04];
        let at = |release: usize, place: usize| releases[release].values()[place] - centre[place];
        let most = 4.0 / (RELEASES as f64).sqrt();
        for (lag, pairs) in [(0, vec![(0, 1), (0, 2), (1, 2)]), (1, vec![(0, 0), (1, 1), (2, 2), (2, 0)])] {
            for (one, other) in pairs {
                let products = (lag..RELEASES).map(|release| at(release, one) * at(release - lag, other));
                let correlation = products.sum::<f64>() / (RELEASES - lag) as f64 / CONFIG.sigma.powi(2);
                assert!(correlation.abs() < most, "numbers {one} and {other}, {lag} apart: {correlation}");
            }
        }
    }

    #[test]
    fn whatever_goes_in_two_codes_are_at_most_twice_the_clip_apart() {
        let mechanism = mechanism(CONFIG, 3);
        let codes = [
            [f32::MAX, f32::MAX, -f32::MAX],
            [-f32::MAX; 3],
            [f32::MIN_POSITIVE / 4.0, 0.0, -0.0],
            [0.0; 3],
            [f32::NAN, 1.0, 1.0],
            [1.0, f32::INFINITY, 1.0],
            [1.0, f32::NEG_INFINITY, f32::NAN],
            [0.75, 0.0, 0.0],
            [-0.3, 7e9, 1e-9],
            [0.1, 0.2, 0.3],
        ];
        let clipped = codes.map(|code| mechanism.clipped(&code));
        for (code, one) in codes.iter().zip(&clipped) {
            assert!(length(one) <= CONFIG.clip, "{code:?} became {one:?}");
            for other in &clipped {
                let apart: Vec<f64> = one.iter().zip(other).map(|(a, b)| a - b).collect();
                assert!(length(&apart) <= 2.0 * CONFIG.clip, "{one:?} and {other:?}");
            }
        }
        assert!(length(&clipped[0]) > 0.999 * CONFIG.clip, "a huge code was cut to {:?}", clipped[0]);
        let scaled = [0.1_f32, 0.2, 0.3].map(f64::from);
        assert_eq!(
            clipped[9],
            [scaled[0] / 0.5, scaled[1] / 1.5, scaled[2] / 2.5],
            "a short code is only scaled"
        );
        for broken in 4..7 {
            assert_eq!(clipped[broken], [0.0; 3], "{:?} is no code", codes[broken]);
        }
    }

    #[test]
    fn a_broken_code_is_released_like_the_zero_code() {
        let release = |code: [f32; 2]| mechanism(CONFIG, 2).release(&code);
        assert_eq!(release([f32::NAN, 3.0]), release([0.0, 0.0]));
        assert!(
            release([f32::NAN, 3.0]).values().iter().all(|value| value.is_finite()),
            "no number came out"
        );
    }

    #[test]
    fn no_noise_is_drawn_twice() {
        let mut one =
            Mechanism::new(CONFIG, vec![1.0; 4], Noise::from_system().expect("noise")).expect("sound");
        let mut other =
            Mechanism::new(CONFIG, vec![1.0; 4], Noise::from_system().expect("noise")).expect("sound");
        let first = one.release(&[0.0; 4]);
        assert!(first != one.release(&[0.0; 4]), "two releases have one noise");
        assert!(first != other.release(&[0.0; 4]), "two mechanisms have one noise");
    }

    #[test]
    fn levels_are_all_that_is_left_of_a_number() {
        let of = |levels, sigma, codes: &[[f32; 2]]| {
            let mut mechanism = mechanism(MechanismConfig { levels: Some(levels), sigma, ..CONFIG }, 2);
            codes.iter().map(|code| mechanism.release(code).values().to_vec()).collect::<Vec<_>>()
        };
        // Divided by 0.5 and 1.5; the clip is 1.5.
        let codes = [[0.01, -0.01], [0.3, -1.0], [0.74, 0.3], [-9.0, 0.1], [f32::NAN, 1.0]];
        let two = [[1.5, -1.5], [1.5, -1.5], [1.5, 1.5], [-1.5, 1.5], [1.5, 1.5]];
        assert_eq!(of(2, 0.0, &codes), two, "signs; zero counts as above");
        let three = [[0.0, 0.0], [0.0, 0.0], [1.5, 0.0], [-1.5, 0.0], [0.0, 0.0]];
        assert_eq!(of(3, 0.0, &codes), three);
        let many: Vec<[f32; 2]> = (0..500).map(|place| [place as f32 * 0.01 - 2.5, 1.0]).collect();
        for release in of(4, 3.0, &many).concat() {
            let is_level = [-1.5, -0.5, 0.5, 1.5].iter().any(|level| (release - level).abs() < 1e-12);
            assert!(is_level, "{release} is none of four levels");
        }
        for levels in [0, 1, 257] {
            let wrong = MechanismConfig { levels: Some(levels), ..CONFIG };
            assert_eq!(wrong.validate(), Err(MechanismError::Levels(levels)));
        }
    }

    #[test]
    fn releases_lie_on_the_grid_and_what_lies_between_two_costs_nothing() {
        let mut mechanism = mechanism(CONFIG, 5);
        let [from, to] = [(); 2].map(|()| mechanism.release(&[0.3; 5]));
        assert_eq!(CONFIG.grid(), 2.0_f64.powi(-20), "of a clip between 1 and 2");
        for value in from.values() {
            assert_eq!((value / CONFIG.grid()).fract(), 0.0, "{value} is between two points");
        }
        assert_eq!((from.towards(&to, 0.0), from.towards(&to, 1.0)), (from.clone(), to.clone()));
        let middle = from.towards(&to, 0.25).values()[2];
        assert!((middle - (0.75 * from.values()[2] + 0.25 * to.values()[2])).abs() < 1e-12, "{middle}");
    }

    #[test]
    fn the_cost_is_the_sensitivity_over_the_noise() {
        assert_eq!(CONFIG.mu(), Mu::new(4.0).expect("a mu"));
        let found = MechanismConfig::of(Mu::new(0.5).expect("a mu"), 1.0);
        assert_eq!(found, MechanismConfig { clip: 1.0, sigma: 4.0, levels: None });
        assert_eq!(MechanismConfig::of(Mu::NONE, 1.0).sigma, 0.0);
        assert_eq!(MechanismConfig { clip: 1.0, sigma: 0.0, levels: None }.mu(), Mu::NONE);
    }

    #[test]
    fn a_bad_number_is_named() {
        let sentence = |clip: f64, sigma: f64, scale: f64| {
            let noise = Noise::seeded_for_tests(1);
            let made = Mechanism::new(MechanismConfig { clip, sigma, levels: None }, vec![1.0, scale], noise);
            made.map(|_| ()).expect_err("a bad number").to_string()
        };
        assert!(sentence(0.0, 1.0, 1.0).contains("clip 0"), "clip");
        assert!(sentence(f64::NAN, 1.0, 1.0).contains("clip NaN"), "clip");
        assert!(sentence(1.0, -1.0, 1.0).contains("sigma -1"), "sigma");
        assert!(sentence(1.0, f64::INFINITY, 1.0).contains("sigma inf"), "sigma");
        assert!(sentence(1.0, 1.0, 0.0).contains("scale 0"), "scale");
        assert!(sentence(1.0, 1.0, f64::NAN).contains("scale NaN"), "scale");
    }
}
