//! What a model promises, in numbers and words: for its card.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::accountant::Mu;
use super::mechanism::MechanismConfig;

/// What a release is about, and so what a ledger counts: so many frames, which are in no other release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Frames that one release is of; at least 1.
    pub frames: usize,
}

impl Unit {
    /// A release of one frame.
    pub const FRAME: Self = Self { frames: 1 };

    /// Which inputs nobody shall tell apart.
    pub fn relation(self) -> &'static str {
        if self.frames == 1 {
            "replacement: that frame, or any other in its place"
        } else {
            "replacement: all frames of that window, or any others in their place"
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.frames {
            1 => to.write_str("one released frame; frames between releases are not read"),
            frames => write!(
                to,
                "one released window of {frames} frames; no frame is in two windows, and frames between these are not read"
            ),
        }
    }
}

/// The delta at which cards tell epsilon.
pub const DELTA: f64 = 1e-5;
/// What no promise of this kind covers.
const NOT_COVERED: [&str; 4] = [
    "a person in many releases: T releases cost mu * sqrt(T), and a clip is its releases",
    "the people in the training data",
    "sound, metadata, the size and number of frames, and when they are shown",
    "what the rounding of floating-point numbers and the time a release takes may tell",
];

/// What each release of a model costs, and about what. It follows from the mechanism.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Promise {
    /// Gaussian differential privacy of one release.
    pub mu_per_release: f64,
    /// The same as epsilon at [`delta`](Self::delta); `null`: more than can be told.
    #[serde(with = "unbounded")]
    pub epsilon_per_release: f64,
    /// The chance with which epsilon may be missed.
    pub delta: f64,
    /// What a release is about.
    pub unit: String,
    /// Which inputs nobody shall tell apart.
    pub relation: String,
    /// What is not promised.
    pub not_covered: Vec<String>,
}

impl Promise {
    /// What a mechanism keeps for each release, which is about `unit`; nothing without noise.
    pub fn of(mechanism: &MechanismConfig, unit: Unit) -> Option<Self> {
        let mu = mechanism.mu();
        (mu < Mu::NONE).then(|| Self {
            mu_per_release: mu.value(),
            epsilon_per_release: mu.epsilon(DELTA).unwrap_or(f64::INFINITY),
            delta: DELTA,
            unit: unit.to_string(),
            relation: unit.relation().into(),
            not_covered: NOT_COVERED.map(Into::into).to_vec(),
        })
    }

    /// The promise in a clause without full stop.
    pub fn sentence(&self) -> String {
        let Self { mu_per_release: mu, epsilon_per_release: epsilon, delta, unit, relation, .. } = self;
        format!(
            "each release is {mu:.4}-GDP (epsilon {epsilon:.3} at delta {delta:e}); unit: {unit}; {relation}; T releases cost \
             mu {mu:.4} * sqrt(T)"
        )
    }

    /// The cost of one release.
    pub fn mu(&self) -> Mu {
        Mu::new(self.mu_per_release).unwrap_or(Mu::NONE)
    }
}

/// Numbers that may be infinite, which JSON has no word for: `null`.
pub(super) mod unbounded {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub(in super::super) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        value.is_finite().then_some(*value).serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promised(mechanism: &MechanismConfig, unit: Unit) -> Promise {
        Promise::of(mechanism, unit).expect("there is noise")
    }

    #[test]
    fn it_says_what_the_mechanism_keeps_and_survives_the_card() {
        let promise = promised(&MechanismConfig { clip: 1.0, sigma: 2.0, levels: None }, Unit::FRAME);
        assert_eq!(promise.mu(), Mu::new(1.0).expect("a mu"));
        let sentence = promise.sentence();
        for part in ["1.0000-GDP", "epsilon 4.377 at delta 1e-5", "replacement", "sqrt(T)"] {
            assert!(sentence.contains(part), "{part} is not in: {sentence}");
        }
        let text = serde_json::to_string(&promise).expect("JSON");
        assert_eq!(serde_json::from_str::<Promise>(&text).expect("a promise"), promise);
    }

    #[test]
    fn without_noise_nothing_is_promised() {
        assert_eq!(Promise::of(&MechanismConfig { clip: 1.0, sigma: 0.0, levels: None }, Unit::FRAME), None);
    }

    #[test]
    fn it_says_what_a_release_is_of() {
        let of = |frames| {
            promised(&MechanismConfig { clip: 1.0, sigma: 2.0, levels: None }, Unit { frames }).sentence()
        };
        for part in ["window of 8 frames", "no frame is in two windows", "all frames of that window"] {
            assert!(of(8).contains(part) && !of(1).contains(part), "{part}: {} {}", of(8), of(1));
        }
        assert!(
            of(1).contains("one released frame") && of(1).contains("that frame, or any other"),
            "{}",
            of(1)
        );
    }
}
