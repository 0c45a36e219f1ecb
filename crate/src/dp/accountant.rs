//! What `mu` promises, exactly.

use super::normal::{cdf, crossing, ln_cdf, quantile};

/// The largest `mu` that is told from infinity: beyond it every attacker sees everything.
const LARGEST_MU: f64 = 1e6;

/// The privacy of one or many Gaussian releases: `mu` of Gaussian differential privacy, `>= 0` or infinite. 0 tells
/// nothing; infinity promises nothing.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Mu(f64);

/// A number that is no parameter of a promise.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum DpError {
    /// `mu` below zero or not a number.
    #[error("mu {0} is no number of at least 0; 1 is strong, 4 is weak, inf promises nothing")]
    Mu(f64),
    /// `epsilon` below zero or not a number.
    #[error("epsilon {0} is no number of at least 0; choose one such as 2")]
    Epsilon(f64),
    /// `delta` outside `(0, 1)`.
    #[error("delta {0} is no number between 0 and 1; choose one such as 1e-5")]
    Delta(f64),
    /// Fewer than two candidates.
    #[error("{0} candidates: with fewer than 2 there is nothing to guess")]
    Candidates(usize),
}

impl Mu {
    /// Nothing is promised.
    pub const NONE: Self = Self(f64::INFINITY);

    /// # Errors
    /// [`DpError::Mu`] for a number below 0, or none.
    pub fn new(mu: f64) -> Result<Self, DpError> {
        if mu >= 0.0 { Ok(Self(mu)) } else { Err(DpError::Mu(mu)) }
    }

    /// The mu of a release that keeps `epsilon` and no delta, such as a mosaic's: no trade-off between the two errors is
    /// better than that of `epsilon`, and both touch where the errors are equal (Dong, Roth & Su, proposition 3).
    ///
    /// # Errors
    /// [`DpError::Epsilon`].
    pub fn of_pure(epsilon: f64) -> Result<Self, DpError> {
        check_epsilon(epsilon)?;
        let error = 1.0 / (1.0 + epsilon.exp()); // both errors where they are equal
        Ok(if error > 0.0 { Self((-2.0 * quantile(error)).max(0.0)) } else { Self::NONE })
    }

    /// The largest `mu` that keeps (epsilon, delta).
    ///
    /// # Errors
    /// [`DpError::Epsilon`], [`DpError::Delta`].
    pub fn of_epsilon(epsilon: f64, delta: f64) -> Result<Self, DpError> {
        check_epsilon(epsilon)?;
        check_delta(delta)?;
        let past = crossing([0.0, LARGEST_MU], |mu| Self(mu).delta_at(epsilon) > delta);
        Ok(Self(past.next_down().max(0.0)))
    }

    /// The number.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The noise that one release of it needs, as the standard deviation over the sensitivity.
    pub fn noise_over_sensitivity(self) -> f64 {
        1.0 / self.0
    }

    /// The promise of several releases together: `sqrt(mu_1^2 + mu_2^2 + ...)`.
    pub fn all(releases: impl IntoIterator<Item = Self>) -> Self {
        Self(releases.into_iter().map(|Self(mu)| mu * mu).sum::<f64>().sqrt())
    }

    /// The promise of `count` releases like this.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        if count == 0 { Self(0.0) } else { Self(self.0 * (count as f64).sqrt()) }
    }

    /// What each of `count` releases may cost for all of them to cost this; `count` is at least 1.
    #[must_use]
    pub fn share(self, count: u64) -> Self {
        Self(self.0 / (count as f64).sqrt())
    }

    /// The smallest delta that it keeps together with `epsilon`:
    /// `Phi(-epsilon/mu + mu/2) - e^epsilon Phi(-epsilon/mu - mu/2)`.
    ///
    /// # Errors
    /// [`DpError::Epsilon`].
    pub fn delta(self, epsilon: f64) -> Result<f64, DpError> {
        check_epsilon(epsilon)?;
        Ok(self.delta_at(epsilon))
    }

    /// The smallest epsilon that it keeps together with `delta`; rounded up.
    ///
    /// # Errors
    /// [`DpError::Delta`].
    pub fn epsilon(self, delta: f64) -> Result<f64, DpError> {
        check_delta(delta)?;
        if self.0 > LARGEST_MU {
            return Ok(f64::INFINITY);
        }
        if self.delta_at(0.0) <= delta {
            return Ok(0.0);
        }
        // By Chernoff, delta is below exp(-(epsilon - mu^2/2)^2 / (2 mu^2)).
        let most = 0.5 * self.0 * self.0 + self.0 * (-2.0 * delta.ln()).sqrt();
        Ok(crossing([0.0, most + 1.0], |epsilon| self.delta_at(epsilon) <= delta))
    }

    /// How often the better of two inputs, each as likely, can be told at most: `Phi(mu/2)`.
    pub fn two_way_ceiling(self) -> f64 {
        cdf(0.5 * self.0)
    }

    /// How often the right one of `candidates` inputs, each as likely, can be named at most:
    /// `Phi(Phi^-1(1/M) + mu/2)`. It binds whoever names the action as much as whoever names the person.
    ///
    /// # Errors
    /// [`DpError::Candidates`].
    pub fn ceiling(self, candidates: usize) -> Result<f64, DpError> {
        if candidates < 2 {
            return Err(DpError::Candidates(candidates));
        }
        Ok(cdf(quantile(1.0 / candidates as f64) + 0.5 * self.0))
    }

    /// The same where the candidates are not equally likely: each is with its share of `shares`, which sum to one.
    ///
    /// All inputs are within `mu/2` of the middle of the ball that codes are cut to, so a guess that falls on a candidate
    /// with chance `q` there falls on it with at most `Phi(Phi^-1(q) + mu/2)` if it is the right one; this is the largest
    /// sum over candidates.
    pub fn ceiling_of(self, shares: &[f64]) -> f64 {
        let likeliest = shares.iter().copied().fold(0.0, f64::max);
        let shift = 0.5 * self.0;
        if shift == 0.0 || likeliest >= 1.0 {
            return likeliest;
        }
        if self.0 > LARGEST_MU {
            return 1.0;
        }
        let candidates = || shares.iter().copied().filter(|share| *share > 0.0);
        // Where the sum is largest, all slopes `share * exp(-z * shift)` are equal, at chances `Phi(z)` that sum to one.
        let place = |share: f64, level: f64| (share.ln() + level) / shift;
        let bound = 40.0 * shift - candidates().fold(1.0, f64::min).ln();
        let level = crossing([-bound, bound], |level| {
            candidates().map(|share| cdf(place(share, level))).sum::<f64>() >= 1.0
        });
        candidates()
            .map(|share| share * cdf(place(share, level) + shift))
            .sum::<f64>()
            .max(likeliest)
            .min(1.0)
    }

    fn delta_at(self, epsilon: f64) -> f64 {
        let Self(mu) = self;
        if mu == 0.0 {
            return 0.0;
        }
        if mu > LARGEST_MU {
            return 1.0;
        }
        let (near, far) = (0.5 * mu - epsilon / mu, -0.5 * mu - epsilon / mu);
        (cdf(near) - (epsilon + ln_cdf(far)).exp()).max(0.0)
    }
}

fn check_epsilon(epsilon: f64) -> Result<(), DpError> {
    if epsilon >= 0.0 && epsilon.is_finite() { Ok(()) } else { Err(DpError::Epsilon(epsilon)) }
}

fn check_delta(delta: f64) -> Result<(), DpError> {
    if 0.0 < delta && delta < 1.0 { Ok(()) } else { Err(DpError::Delta(delta)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELTA: f64 = 1e-5;

    fn mu(value: f64) -> Mu {
        Mu::new(value).expect("a mu")
    }

    fn epsilon(value: f64) -> f64 {
        mu(value).epsilon(DELTA).expect("a delta")
    }

    #[test]
    fn epsilons_are_those_that_are_known() {
        let known = [
            (0.1, 0.341),
            (0.25, 0.926),
            (0.5, 1.993),
            (1.0, 4.377),
            (1.5, 7.051),
            (2.0, 9.997),
            (3.0, 16.675),
            (4.0, 24.382),
            (6.0, 42.836),
            (8.0, 65.319),
        ];
        for (of, wanted) in known {
            assert!((epsilon(of) - wanted).abs() < 6e-4, "mu {of}: {}, not {wanted}", epsilon(of));
        }
    }

    #[test]
    fn noise_is_that_which_is_known() {
        let known = [
            (0.1, 30.7496),
            (0.5, 7.0318),
            (1.0, 3.7306),
            (2.0, 1.9938),
            (4.0, 1.0812),
            (8.0, 0.6002),
            (16.0, 0.3442),
            (32.0, 0.2049),
            (64.0, 0.1267),
        ];
        for (of, wanted) in known {
            let found = Mu::of_epsilon(of, DELTA).expect("an epsilon").noise_over_sensitivity();
            assert!((found - wanted).abs() < 6e-5, "epsilon {of}: {found}, not {wanted}");
        }
    }

    #[test]
    fn releases_add_up_as_is_known() {
        for (releases, wanted) in [(1, 1.99), (4, 4.38), (16, 10.0), (64, 24.38), (256, 65.32)] {
            let found = mu(0.5).times(releases).epsilon(DELTA).expect("a delta");
            assert!((found - wanted).abs() < 6e-3, "{releases} releases: {found}, not {wanted}");
        }
        assert_eq!(Mu::all([mu(3.0), mu(4.0)]), mu(5.0));
        assert_eq!(mu(0.5).times(4), Mu::all([mu(0.5); 4]));
        assert_eq!(Mu::all([]), mu(0.0));
        assert_eq!(mu(3.0).share(9).times(9), mu(3.0));
    }

    #[test]
    fn ceilings_are_those_that_are_known() {
        for (of, wanted) in [(1.0, 0.236), (2.0, 0.413), (4.0, 0.782)] {
            let found = mu(of).ceiling(9).expect("nine candidates");
            assert!((found - wanted).abs() < 6e-4, "mu {of}: {found}, not {wanted}");
        }
        for (of, wanted) in [(1.0, 0.43), (2.0, 0.63)] {
            let found = mu(of).ceiling(4).expect("four candidates");
            assert!((found - wanted).abs() < 6e-3, "mu {of}: {found}, not {wanted}");
        }
        assert!(
            (mu(0.0).ceiling(9).expect("nine") - 1.0 / 9.0).abs() < 1e-12,
            "nothing told, nothing but luck"
        );
        assert_eq!(Mu::NONE.ceiling(9), Ok(1.0));
        assert!((mu(2.0).two_way_ceiling() - mu(2.0).ceiling(2).expect("two")).abs() < 1e-12, "two are two");
    }

    #[test]
    fn unequal_candidates_have_the_ceiling_of_equal_ones_where_they_are_and_else_a_higher_one() {
        for of in [1e-3, 0.5, 1.0, 2.0, 4.0, 20.0] {
            for many in [2, 4, 9] {
                let (found, wanted) = (
                    mu(of).ceiling_of(&vec![1.0 / many as f64; many]),
                    mu(of).ceiling(many).expect("candidates"),
                );
                assert!((found - wanted).abs() < 1e-9, "mu {of}, {many} candidates: {found}, not {wanted}");
            }
        }
        let shares = [0.5, 0.3, 0.2];
        assert_eq!(mu(0.0).ceiling_of(&shares), 0.5, "without a release the likeliest is guessed");
        assert_eq!(Mu::NONE.ceiling_of(&shares), 1.0, "without a promise all may be told");
        let mut last = 0.5;
        for of in [0.05, 0.5, 1.0, 2.0, 4.0] {
            let found = mu(of).ceiling_of(&shares);
            assert!(
                found >= last && found > mu(of).ceiling(3).expect("three"),
                "mu {of}: {found} after {last}"
            );
            // No grid of chances finds more.
            for first in 1..100 {
                for second in 1..100 - first {
                    let chances = [f64::from(first), f64::from(second), f64::from(100 - first - second)];
                    let reached: f64 = shares
                        .iter()
                        .zip(chances)
                        .map(|(share, chance)| share * cdf(quantile((chance / 100.0).max(1e-9)) + 0.5 * of))
                        .sum();
                    assert!(reached <= found + 1e-6, "mu {of}: {reached} by {chances:?} is above {found}");
                }
            }
            last = found;
        }
    }

    #[test]
    fn there_and_back_is_the_same_and_never_promises_more() {
        for of in [0.05, 0.3, 1.0, 2.7, 6.0, 15.0, 60.0] {
            for delta in [1e-9, 1e-5, 1e-2] {
                let there = mu(of).epsilon(delta).expect("a delta");
                assert!(mu(of).delta_at(there) <= delta, "mu {of}: delta {delta} is not kept at {there}");
                if there == 0.0 {
                    continue;
                }
                let back = Mu::of_epsilon(there, delta).expect("an epsilon");
                assert!((back.value() / of - 1.0).abs() < 1e-6, "mu {of} became {back:?} by {there}");
                assert!(back.delta_at(there) <= delta, "{back:?} does not keep delta {delta} at {there}");
            }
        }
    }

    #[test]
    fn more_noise_promises_more_and_less_delta_costs_epsilon() {
        let grid: Vec<f64> = (1..200).map(|step| 0.05 * f64::from(step)).collect();
        let ceiling = |mu: Mu| mu.ceiling(9).expect("nine candidates");
        for pair in grid.windows(2) {
            let [low, high] = [mu(pair[0]), mu(pair[1])];
            assert!(epsilon(low.value()) <= epsilon(high.value()), "epsilon falls at {low:?}");
            assert!(ceiling(low) <= ceiling(high), "the ceiling falls at {low:?}");
            assert!(low.delta_at(1.0) <= high.delta_at(1.0), "delta falls at {low:?}");
            assert!(
                low.delta_at(pair[1]) <= low.delta_at(pair[0]),
                "a larger epsilon costs delta at {low:?}"
            );
            let rare = low.epsilon(1e-9).expect("a delta");
            assert!(rare >= epsilon(low.value()), "a smaller delta is cheaper at {low:?}");
        }
    }

    #[test]
    fn it_is_never_above_what_renyi_divergences_give() {
        for of in [0.1, 0.5, 1.0, 2.0, 4.0, 8.0] {
            let renyi = (1..100_000).map(|step| 1.0 + 0.001 * f64::from(step)).map(|alpha| {
                0.5 * alpha * of * of - DELTA.ln() / (alpha - 1.0) // Mironov 2017, propositions 3 and 7
            });
            let loosest = renyi.fold(f64::INFINITY, f64::min);
            assert!(epsilon(of) < loosest, "mu {of}: {} is above {loosest}", epsilon(of));
            assert!(epsilon(of) > 0.4 * loosest, "mu {of}: {} is far below {loosest}", epsilon(of));
        }
    }

    #[test]
    fn what_keeps_a_pure_epsilon_is_never_better_told_apart_than_its_mu_says() {
        assert!(Mu::of_pure(0.0).expect("an epsilon").value() < 1e-12, "nothing is told");
        for of in [0.1, 1.0, 3.0, 10.0, 50.0] {
            let found = Mu::of_pure(of).expect("an epsilon");
            let power = |error: f64| cdf(quantile(error) + found.value());
            let touching = 1.0 / (1.0 + of.exp());
            assert!(
                (power(touching) - (1.0 - touching)).abs() < 1e-9,
                "epsilon {of} does not touch at {touching}"
            );
            for error in [1e-6, 1e-3, 0.1, 0.3, 0.6, 0.9] {
                let pure = (of.exp() * error).min(1.0 - (-of).exp() * (1.0 - error));
                assert!(power(error) >= pure - 1e-12, "epsilon {of}: {} is below {pure}", power(error));
            }
        }
        assert_eq!(Mu::of_pure(1e6), Ok(Mu::NONE));
        assert!(Mu::of_pure(-1.0).is_err(), "a bad epsilon passes");
    }

    #[test]
    fn ends_are_ends() {
        assert_eq!(epsilon(0.0), 0.0);
        assert_eq!(Mu::NONE.epsilon(DELTA), Ok(f64::INFINITY));
        assert_eq!(Mu::NONE.delta(100.0), Ok(1.0));
        assert!(epsilon(100.0) > 5000.0, "{}", epsilon(100.0));
        assert!(epsilon(1000.0).is_finite(), "mu 1000 has an epsilon");
    }

    #[test]
    fn a_bad_number_is_named() {
        for bad in [-1.0, f64::NAN] {
            let sentence = Mu::new(bad).expect_err("no mu").to_string();
            assert!(sentence.contains(&format!("mu {bad}")), "{sentence}");
        }
        for bad in [0.0, 1.0, -0.1, f64::NAN] {
            let sentence = mu(1.0).epsilon(bad).expect_err("no delta").to_string();
            assert!(sentence.contains(&format!("delta {bad}")), "{sentence}");
        }
        assert!(
            mu(1.0).delta(f64::INFINITY).is_err() && Mu::of_epsilon(-1.0, 0.1).is_err(),
            "bad epsilons pass"
        );
        assert_eq!(mu(1.0).ceiling(1), Err(DpError::Candidates(1)));
    }
}
