//! What has been released, and whether more may be.

use serde::{Deserialize, Serialize};

use super::accountant::{DpError, Mu};
use super::promise::{DELTA, Unit, unbounded};

/// Sums of doubles that should be equal differ by less than this share.
const ROUNDING: f64 = 1e-9;

/// Counts releases against a budget: what they cost together, as mu and as epsilon at a delta. It refuses the release
/// that would overdraw it. It can be kept (as JSON) and taken up again, and then goes on counting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Entries", into = "Entries")]
pub struct Ledger(Entries);

/// What a ledger counts: releases of different kinds cannot be added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What one release is about.
    pub unit: String,
    /// Which inputs nobody shall tell apart.
    pub relation: String,
}

impl Counted {
    /// Noisy codes, each of so many frames.
    pub fn codes(unit: Unit) -> Self {
        Self { unit: unit.to_string(), relation: unit.relation().into() }
    }
}

/// What one release costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cost {
    /// Gaussian noise: costs add up as squares.
    Mu(Mu),
    /// Noise that keeps epsilon without any delta, at least 0: costs add up as they are. They are counted as mu too, which
    /// tells less of many small ones.
    Epsilon(f64),
}

impl Cost {
    fn mu(self) -> Mu {
        match self {
            Self::Mu(mu) => mu,
            Self::Epsilon(epsilon) => Mu::of_pure(epsilon).unwrap_or(Mu::NONE),
        }
    }

    fn epsilon(self) -> f64 {
        match self {
            Self::Mu(mu) if mu.value() == 0.0 => 0.0,
            Self::Mu(_) => f64::INFINITY,
            Self::Epsilon(epsilon) => epsilon,
        }
    }
}

/// What all releases together may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Budget {
    /// Anything: the ledger only counts.
    #[default]
    None,
    /// At most this mu.
    Mu(f64),
    /// At most this epsilon, at the ledger's delta.
    Epsilon(f64),
}

impl Budget {
    fn validate(self) -> Result<(), DpError> {
        match self {
            Self::None => Ok(()),
            Self::Mu(mu) if mu.is_finite() => Mu::new(mu).map(|_| ()),
            Self::Mu(mu) => Err(DpError::Mu(mu)),
            Self::Epsilon(epsilon) if epsilon >= 0.0 && epsilon.is_finite() => Ok(()),
            Self::Epsilon(epsilon) => Err(DpError::Epsilon(epsilon)),
        }
    }
}

impl From<Mu> for Budget {
    /// [`Mu::NONE`] is no budget.
    fn from(mu: Mu) -> Self {
        if mu < Mu::NONE { Self::Mu(mu.value()) } else { Self::None }
    }
}

impl std::fmt::Display for Budget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str("no budget"),
            Self::Mu(mu) => write!(f, "mu {mu:.4}"),
            Self::Epsilon(epsilon) => write!(f, "epsilon {epsilon:.3}"),
        }
    }
}

/// The ledger as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    /// What is counted.
    unit: String,
    /// Which inputs nobody shall tell apart.
    relation: String,
    /// What all releases may cost.
    budget: Budget,
    /// The chance with which epsilon may be missed.
    delta: f64,
    /// Releases so far.
    releases: u64,
    /// The sum of their squared mus; `null`: one of them promised nothing.
    #[serde(with = "unbounded")]
    spent_mu_squared: f64,
    /// The sum of their epsilons without a delta; `null`: one of them keeps none.
    #[serde(with = "unbounded")]
    spent_epsilon: f64,
}

impl Entries {
    /// After `count` more releases of `cost`.
    fn after(&self, cost: Cost, count: u64) -> Self {
        let (mu, epsilon) = (cost.mu().value(), cost.epsilon());
        let times = |each: f64| if each == 0.0 { 0.0 } else { each * count as f64 };
        Self {
            releases: self.releases + count,
            spent_mu_squared: self.spent_mu_squared + times(mu * mu),
            spent_epsilon: self.spent_epsilon + times(epsilon),
            ..self.clone()
        }
    }

    fn mu(&self) -> Mu {
        Mu::new(self.spent_mu_squared.sqrt()).unwrap_or(Mu::NONE)
    }

    fn epsilon(&self) -> f64 {
        self.mu().epsilon(self.delta).unwrap_or(f64::INFINITY).min(self.spent_epsilon)
    }

    fn is_within_budget(&self) -> bool {
        match self.budget {
            Budget::None => true,
            Budget::Mu(most) => self.spent_mu_squared <= most * most * (1.0 + ROUNDING),
            Budget::Epsilon(most) => self.epsilon() <= most * (1.0 + ROUNDING),
        }
    }
}

/// A ledger in numbers, for people to read and for programs to keep.
#[derive(Clone, Debug, Serialize)]
pub struct Statement {
    /// What is counted.
    pub unit: String,
    /// Which inputs nobody shall tell apart.
    pub relation: String,
    /// What all releases may cost.
    pub budget: Budget,
    /// Releases so far.
    pub releases: u64,
    /// What they have cost together, as mu; `null`: nothing is promised any more.
    #[serde(with = "unbounded")]
    pub mu: f64,
    /// The same as epsilon at [`delta`](Self::delta).
    #[serde(with = "unbounded")]
    pub epsilon: f64,
    /// The chance with which epsilon may be missed.
    pub delta: f64,
    /// How many more releases the budget holds; `null`: any number.
    pub left: Option<u64>,
    /// The ledger itself, to be taken up again.
    pub kept: Ledger,
}

/// How a ledger begins: with a budget, and with what an earlier one has counted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Opening {
    /// What all releases may cost, earlier ones included.
    pub budget: Budget,
    /// The chance with which epsilon may be missed; missing: 1e-5.
    pub delta: Option<f64>,
    /// Earlier ledgers: the one that counts the same is taken up, with this budget instead of its own.
    pub kept: Vec<Ledger>,
}

/// Why a release is refused, or a ledger.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum LedgerError {
    /// The budget is spent.
    #[error(
        "the privacy budget is spent: {releases} release(s) have cost mu {mu:.4}, epsilon {epsilon:.3} at delta {delta:e}, \
         of {budget}, and one more would overdraw it; nothing more is shown until a new budget is given"
    )]
    Spent {
        /// Releases so far.
        releases: u64,
        /// Their mu together.
        mu: f64,
        /// Their epsilon together.
        epsilon: f64,
        /// The chance with which epsilon may be missed.
        delta: f64,
        /// What they may cost.
        budget: Budget,
    },
    /// A number of a ledger makes no sense.
    #[error(transparent)]
    Number(#[from] DpError),
    /// The ledger counts something else.
    #[error(
        "the ledger counts \"{found}\", not \"{wanted}\"; what it has counted cannot be added to, begin another"
    )]
    Other {
        /// What it says it counts.
        found: String,
        /// What is to be counted.
        wanted: String,
    },
}

impl TryFrom<Entries> for Ledger {
    type Error = LedgerError;

    fn try_from(entries: Entries) -> Result<Self, LedgerError> {
        entries.budget.validate()?;
        Mu::new(entries.spent_mu_squared)?;
        if entries.spent_epsilon.is_nan() || entries.spent_epsilon < 0.0 {
            return Err(DpError::Epsilon(entries.spent_epsilon).into());
        }
        Mu::NONE.epsilon(entries.delta)?;
        Ok(Self(entries))
    }
}

impl From<Ledger> for Entries {
    fn from(Ledger(entries): Ledger) -> Self {
        entries
    }
}

impl Ledger {
    /// An empty ledger. `delta` is the one at which it tells epsilon, between 0 and 1.
    ///
    /// # Errors
    /// [`LedgerError::Number`] for a budget or a delta that is none.
    pub fn new(counted: Counted, budget: Budget, delta: f64) -> Result<Self, LedgerError> {
        let Counted { unit, relation } = counted;
        let (spent_mu_squared, spent_epsilon) = (0.0, 0.0);
        Self::try_from(Entries {
            unit,
            relation,
            budget,
            delta,
            releases: 0,
            spent_mu_squared,
            spent_epsilon,
        })
    }

    /// A ledger of noisy codes without a budget: it only counts.
    pub fn unbounded_codes(unit: Unit) -> Self {
        Self::new(Counted::codes(unit), Budget::None, DELTA).expect("no budget, and a delta that is one")
    }

    /// An empty ledger, or the earlier one that counts the same, with another budget.
    ///
    /// # Errors
    /// [`LedgerError`] for numbers that are none.
    pub fn open(Opening { budget, delta, kept }: Opening, counted: &Counted) -> Result<Self, LedgerError> {
        let empty = Self::new(counted.clone(), budget, delta.unwrap_or(DELTA))?;
        let Some(kept) = kept.into_iter().find(|kept| kept.must_count(counted).is_ok()) else {
            return Ok(empty);
        };
        let (budget, delta) = (empty.0.budget, empty.0.delta);
        Ok(Self(Entries { budget, delta, ..kept.0 }))
    }

    /// # Errors
    /// [`LedgerError::Other`] if it counts something else.
    pub fn must_count(&self, counted: &Counted) -> Result<(), LedgerError> {
        let Counted { unit, relation } = counted;
        for (found, wanted) in [(&self.0.unit, unit), (&self.0.relation, relation)] {
            if found != wanted {
                return Err(LedgerError::Other { found: found.clone(), wanted: wanted.clone() });
            }
        }
        Ok(())
    }

    /// Enters a release. It must be entered before anything is released.
    ///
    /// # Errors
    /// [`LedgerError::Spent`] if the budget does not hold it; then nothing is entered, and nothing may be released.
    pub fn spend(&mut self, cost: Cost) -> Result<(), LedgerError> {
        let after = self.0.after(cost, 1);
        if !after.is_within_budget() {
            return Err(LedgerError::Spent {
                releases: self.releases(),
                mu: self.spent().value(),
                epsilon: self.epsilon(),
                delta: self.delta(),
                budget: self.budget(),
            });
        }
        self.0 = after;
        Ok(())
    }

    /// Releases so far.
    pub fn releases(&self) -> u64 {
        self.0.releases
    }

    /// What they have cost together.
    pub fn spent(&self) -> Mu {
        self.0.mu()
    }

    /// What they may cost together.
    pub fn budget(&self) -> Budget {
        self.0.budget
    }

    /// The delta at which [`epsilon`](Self::epsilon) is told.
    pub fn delta(&self) -> f64 {
        self.0.delta
    }

    /// What has been spent, as epsilon at the ledger's delta.
    pub fn epsilon(&self) -> f64 {
        self.0.epsilon()
    }

    /// How many more releases of `cost` the budget holds; `None`: any number.
    pub fn affords(&self, cost: Cost) -> Option<u64> {
        let holds = |count: u64| self.0.after(cost, count).is_within_budget();
        if self.0.budget == Budget::None || cost.mu().value() == 0.0 {
            return None;
        }
        let mut past = 1_u64;
        while holds(past) {
            past *= 2;
        }
        let mut held = past / 2;
        while past - held > 1 {
            let middle = held + (past - held) / 2;
            if holds(middle) { held = middle } else { past = middle }
        }
        Some(held)
    }

    /// The ledger in numbers, where each further release costs `cost`.
    pub fn statement(&self, cost: Cost) -> Statement {
        let Entries { unit, relation, budget, delta, releases, .. } = self.0.clone();
        Statement {
            unit,
            relation,
            budget,
            releases,
            mu: self.spent().value(),
            epsilon: self.epsilon(),
            delta,
            left: self.affords(cost),
            kept: self.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
