//! How far apart two inputs were told, at the least: from experiments to mu.

use super::accountant::Mu;
use super::normal::{crossing, quantile};

/// A promise, put to the test on one pair of inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What was tried.
    pub tried: String,
    /// What nobody should tell better than.
    pub claimed: Mu,
    /// What was told at the least, by the bound.
    pub found: Mu,
    /// Runs of each input that the bound counts.
    pub runs: usize,
}

impl Finding {
    /// Whether the promise is broken.
    pub fn exceeds(&self) -> bool {
        self.found > self.claimed
    }
}

/// A lower bound on mu: two inputs whose `scores` fall so far apart are told apart at least so well. The threshold is
/// chosen by the first `learn` scores of each input; the bound counts the others, and is too high with a chance of at
/// most `risk` (Clopper and Pearson 1934 for each of the two rates; from these to mu as Nasr et al., arXiv:2302.07956).
///
/// # Panics
/// If an input has no more than `learn` scores, or `learn` is 0.
pub fn told_apart([first, second]: [&[f64]; 2], learn: usize, risk: f64) -> Mu {
    assert!(
        learn > 0 && first.len() > learn && second.len() > learn,
        "there are too few runs to learn from and to count"
    );
    let of = |scores: &[f64], threshold: &Threshold| {
        scores.iter().filter(|score| threshold.holds(**score)).count()
    };
    let (learnt, counted) = ([&first[..learn], &second[..learn]], [&first[learn..], &second[learn..]]);
    let bound = |[one, other]: [&[f64]; 2], threshold: &Threshold| {
        let hit = interval(of(other, threshold), other.len(), risk / 2.0).0;
        let false_alarm = interval(of(one, threshold), one.len(), risk / 2.0).1;
        if hit <= 0.0 || false_alarm >= 1.0 { 0.0 } else { (quantile(hit) - quantile(false_alarm)).max(0.0) }
    };
    let mut sorted: Vec<f64> = learnt.concat();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    // Some hundred thresholds are enough; all of them would cost much and tell no more.
    let step = sorted.len().div_ceil(200);
    let candidates =
        sorted.iter().step_by(step).flat_map(|at| [true, false].map(|above| Threshold { at: *at, above }));
    let best = candidates.max_by(|a, b| bound(learnt, a).total_cmp(&bound(learnt, b)));
    let best = best.expect("there are scores");
    Mu::new(bound(counted, &best)).unwrap_or(Mu::NONE)
}

/// The largest bound that so many runs of each input can give: where every guess is right.
pub fn most_tellable(runs: usize, risk: f64) -> Mu {
    let hit = interval(runs, runs, risk / 2.0).0;
    Mu::new((2.0 * quantile(hit)).max(0.0)).unwrap_or(Mu::NONE)
}

/// A guess that it was the second input.
struct Threshold {
    at: f64,
    above: bool,
}

impl Threshold {
    fn holds(&self, score: f64) -> bool {
        if self.above { score >= self.at } else { score < self.at }
    }
}

/// Bounds on a rate of which `hits` of `runs` were seen: each is on the wrong side with a chance of at most `risk`
/// (Clopper and Pearson 1934).
pub fn interval(hits: usize, runs: usize, risk: f64) -> (f64, f64) {
    let low = if hits == 0 { 0.0 } else { 1.0 - upper(runs - hits, runs, risk) };
    (low, upper(hits, runs, risk))
}

/// The rate at which so few hits have a chance of `risk`.
fn upper(hits: usize, runs: usize, risk: f64) -> f64 {
    if hits >= runs {
        return 1.0;
    }
    let choices: Vec<f64> = (0..=hits).map(|hit| ln_choose(runs, hit)).collect();
    crossing([0.0, 1.0], |rate| {
        let (hit, miss) = (rate.ln(), (-rate).ln_1p());
        let chance = |(hits, choices): (usize, &f64)| {
            (choices + hits as f64 * hit + (runs - hits) as f64 * miss).exp()
        };
        choices.iter().enumerate().map(chance).sum::<f64>() <= risk
    })
}

fn ln_choose(of: usize, some: usize) -> f64 {
    let ln_factorial = |number: usize| libm::lgamma(number as f64 + 1.0);
    ln_factorial(of) - ln_factorial(some) - ln_factorial(of - some)
}

#[cfg(test)]
mod tests {
    use super::super::mechanism::{Mechanism, MechanismConfig, Noise};
    use super::*;

    #[test]
    fn intervals_are_those_that_are_known() {
        // R: binom.test(5, 10), binom.test(0, 10000), binom.test(3, 100).
        for (hits, runs, low, high) in [
            (5, 10, 0.187_086, 0.812_914),
            (0, 10_000, 0.0, 3.688_2e-4),
            (3, 100, 0.006_229_97, 0.085_176_05),
        ] {
            let found = interval(hits, runs, 0.025);
            assert!(
                (found.0 - low).abs() < 1e-6 && (found.1 - high).abs() < 1e-6,
                "{hits} of {runs}: {found:?}"
            );
        }
        assert_eq!(interval(10, 10, 0.025).1, 1.0, "all of all");
    }

    /// Scores of two opposite codes by the mechanism of a given mu.
    fn scores(mu: f64, runs: usize) -> [Vec<f64>; 2] {
        let config = MechanismConfig::of(Mu::new(mu).expect("a mu"), 1.0);
        let mut mechanism = Mechanism::new(config, vec![1.0], Noise::seeded_for_tests(9)).expect("sound");
        [-5.0, 5.0].map(|code| (0..runs).map(|_| mechanism.release(&[code]).values()[0]).collect())
    }

    #[test]
    fn the_bound_is_below_the_truth_and_not_far_below() {
        for mu in [0.5, 1.0, 2.0, 4.0] {
            let [first, second] = scores(mu, 11_000);
            let found = told_apart([&first, &second], 1000, 1e-3).value();
            assert!(found <= mu && found > 0.85 * mu - 0.1, "mu {mu}: {found}");
            // Whichever way round.
            let turned = told_apart([&second, &first], 1000, 1e-3).value();
            assert!(turned <= mu && turned > 0.85 * mu - 0.1, "mu {mu}, turned: {turned}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_told() {
        let [first, _] = scores(1.0, 22_000);
        let (one, other) = first.split_at(11_000);
        assert_eq!(
            told_apart([one, other], 1000, 1e-3),
            Mu::new(0.0).expect("a mu"),
            "two halves of one input"
        );
        let (low, high) = (vec![0.0; 11_000], vec![1.0; 11_000]);
        let found = told_apart([&low, &high], 1000, 1e-3);
        let most = most_tellable(10_000, 1e-3);
        assert!((found.value() - most.value()).abs() < 1e-9, "told always: {found:?}, not {most:?}");
        assert!((found.value() - 6.34).abs() < 0.01, "{found:?}");
        let still = vec![0.5; 11_000];
        assert_eq!(
            told_apart([&still, &still], 1000, 1e-3).value(),
            0.0,
            "two inputs that are always the same"
        );
    }
}
