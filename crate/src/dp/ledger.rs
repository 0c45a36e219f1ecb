//! What has been released, and whether more may be.

use serde::{Deserialize, Serialize};

use super::accountant::{DpError, Mu};
use super::promise::{RELATION, UNIT, unbounded};

/// Sums of squares of doubles that should be equal differ by less than this share.
const ROUNDING: f64 = 1e-9;

/// Counts releases against a budget: what they cost together, as mu and as epsilon at a delta. It refuses the release
/// that would overdraw it. It can be kept (as JSON) and taken up again, and then goes on counting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Entries", into = "Entries")]
pub struct Ledger(Entries);

/// The ledger as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    /// What is counted.
    unit: String,
    /// Which inputs nobody shall tell apart.
    relation: String,
    /// What all releases may cost, as mu; `null`: anything.
    #[serde(with = "unbounded")]
    budget_mu: f64,
    /// The chance with which epsilon may be missed.
    delta: f64,
    /// Releases so far.
    releases: u64,
    /// The sum of their squared mus; `null`: one of them promised nothing.
    #[serde(with = "unbounded")]
    spent_mu_squared: f64,
}

/// Why a release is refused, or a ledger.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum LedgerError {
    /// The budget is spent.
    #[error(
        "the privacy budget is spent: {releases} release(s) have cost mu {spent:.4} of {budget:.4}, and one more would \
         cost mu {next:.4}; nothing more is shown until a new budget is given"
    )]
    Spent {
        /// Releases so far.
        releases: u64,
        /// Their mu together.
        spent: f64,
        /// What they may cost.
        budget: f64,
        /// What the refused one would have cost.
        next: f64,
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
        /// What this program counts.
        wanted: &'static str,
    },
}

impl TryFrom<Entries> for Ledger {
    type Error = LedgerError;

    fn try_from(entries: Entries) -> Result<Self, LedgerError> {
        Mu::new(entries.budget_mu)?;
        Mu::new(entries.spent_mu_squared)?;
        Mu::NONE.epsilon(entries.delta)?;
        for (found, wanted) in [(&entries.unit, UNIT), (&entries.relation, RELATION)] {
            if found != wanted {
                return Err(LedgerError::Other { found: found.clone(), wanted });
            }
        }
        Ok(Self(entries))
    }
}

impl From<Ledger> for Entries {
    fn from(Ledger(entries): Ledger) -> Self {
        entries
    }
}

impl Ledger {
    /// An empty ledger. `delta` is the one at which it tells epsilon, between 0 and 1; a budget of [`Mu::NONE`] only
    /// counts.
    ///
    /// # Errors
    /// [`LedgerError::Number`] for a delta that is none.
    pub fn new(budget: Mu, delta: f64) -> Result<Self, LedgerError> {
        Self::try_from(Entries {
            unit: UNIT.into(),
            relation: RELATION.into(),
            budget_mu: budget.value(),
            delta,
            releases: 0,
            spent_mu_squared: 0.0,
        })
    }

    /// Enters a release that costs `mu`. It must be entered before anything is released.
    ///
    /// # Errors
    /// [`LedgerError::Spent`] if the budget does not hold it; then nothing is entered, and nothing may be released.
    pub fn spend(&mut self, mu: Mu) -> Result<(), LedgerError> {
        let Entries { budget_mu, releases, spent_mu_squared, .. } = &mut self.0;
        let total = *spent_mu_squared + mu.value() * mu.value();
        if total > *budget_mu * *budget_mu * (1.0 + ROUNDING) {
            return Err(LedgerError::Spent {
                releases: *releases,
                spent: spent_mu_squared.sqrt(),
                budget: *budget_mu,
                next: mu.value(),
            });
        }
        (*releases, *spent_mu_squared) = (*releases + 1, total);
        Ok(())
    }

    /// Releases so far.
    pub fn releases(&self) -> u64 {
        self.0.releases
    }

    /// What they have cost together.
    pub fn spent(&self) -> Mu {
        Mu::new(self.0.spent_mu_squared.sqrt()).unwrap_or(Mu::NONE)
    }

    /// What they may cost together.
    pub fn budget(&self) -> Mu {
        Mu::new(self.0.budget_mu).unwrap_or(Mu::NONE)
    }

    /// The delta at which [`epsilon`](Self::epsilon) is told.
    pub fn delta(&self) -> f64 {
        self.0.delta
    }

    /// What has been spent, as epsilon at the ledger's delta.
    pub fn epsilon(&self) -> f64 {
        self.spent().epsilon(self.0.delta).unwrap_or(f64::INFINITY)
    }

    /// How many more releases of `mu` the budget holds; `None`: any number.
    pub fn affords(&self, mu: Mu) -> Option<u64> {
        let (left, cost) =
            (self.0.budget_mu.powi(2) * (1.0 + ROUNDING) - self.0.spent_mu_squared, mu.value().powi(2));
        if self.0.budget_mu == f64::INFINITY || cost == 0.0 {
            return None;
        }
        Some((left / cost).max(0.0).floor() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mu(value: f64) -> Mu {
        Mu::new(value).expect("a mu")
    }

    fn ledger(budget: f64) -> Ledger {
        Ledger::new(mu(budget), 1e-5).expect("a delta")
    }

    #[test]
    fn a_budget_holds_exactly_what_it_was_made_for_and_refuses_the_next() {
        // 0.1 and its squares are no exact doubles.
        for (cost, releases) in [(0.5, 16_u64), (0.1, 400), (0.7, 7)] {
            let mut ledger = ledger(cost * (releases as f64).sqrt());
            assert_eq!(ledger.affords(mu(cost)), Some(releases), "mu {cost}");
            for release in 0..releases {
                assert_eq!(ledger.spend(mu(cost)), Ok(()), "release {release} of mu {cost}");
            }
            let before = ledger.clone();
            let refused = ledger.spend(mu(cost)).expect_err("the budget is spent");
            assert!(
                matches!(refused, LedgerError::Spent { releases: found, .. } if found == releases),
                "{refused}"
            );
            assert!(refused.to_string().contains("budget is spent"), "{refused}");
            assert_eq!(ledger, before, "a refused release was entered");
            assert_eq!((ledger.releases(), ledger.affords(mu(cost))), (releases, Some(0)));
        }
    }

    #[test]
    fn it_tells_what_the_accountant_tells() {
        let mut ledger = ledger(4.0);
        (0..16).for_each(|_| ledger.spend(mu(0.5)).expect("within the budget"));
        assert_eq!(ledger.spent(), mu(0.5).times(16));
        assert!((ledger.epsilon() - 9.997).abs() < 1e-3, "{}", ledger.epsilon());
        ledger.spend(mu(3.0)).expect("of another kind, within the budget");
        assert_eq!(ledger.spent(), Mu::all([mu(2.0), mu(3.0)]));
        assert_eq!((ledger.budget(), ledger.delta()), (mu(4.0), 1e-5));
    }

    #[test]
    fn kept_and_taken_up_again_it_goes_on_where_it_was() {
        let mut before = ledger(1.0);
        (0..3).for_each(|_| before.spend(mu(0.5)).expect("within the budget"));
        let text = serde_json::to_string(&before).expect("JSON");
        for named in ["replace", "frame", "budget_mu", "spent_mu_squared"] {
            assert!(text.contains(named), "{named} is not in {text}");
        }
        let mut after: Ledger = serde_json::from_str(&text).expect("a ledger");
        assert_eq!(after, before);
        assert_eq!(after.spend(mu(0.5)), Ok(()), "the fourth");
        assert!(after.spend(mu(0.5)).is_err(), "the fifth");
    }

    #[test]
    fn without_a_budget_it_only_counts_even_what_promises_nothing() {
        let mut ledger = Ledger::new(Mu::NONE, 1e-5).expect("a delta");
        ledger.spend(mu(2.0)).expect("no budget");
        assert_eq!((ledger.spent(), ledger.affords(mu(2.0))), (mu(2.0), None));
        ledger.spend(Mu::NONE).expect("no budget");
        assert_eq!((ledger.spent(), ledger.epsilon()), (Mu::NONE, f64::INFINITY));
        let text = serde_json::to_string(&ledger).expect("JSON");
        assert_eq!(serde_json::from_str::<Ledger>(&text).expect("a ledger"), ledger, "{text}");
        let mut bounded = self::ledger(9.0);
        assert!(bounded.spend(Mu::NONE).is_err(), "no budget holds what promises nothing");
    }

    #[test]
    fn a_damaged_ledger_is_refused() {
        let text = serde_json::to_string(&ledger(1.0)).expect("JSON");
        let refused = |from: &str, to: &str| {
            assert!(text.contains(from), "{from} is not in {text}");
            serde_json::from_str::<Ledger>(&text.replace(from, to)).expect_err(to).to_string()
        };
        assert!(refused("\"spent_mu_squared\":0.0", "\"spent_mu_squared\":-4.0").contains("-4"), "spent");
        assert!(refused("\"budget_mu\":1.0", "\"budget_mu\":-1.0").contains("-1"), "budget");
        assert!(refused("0.00001", "1.5").contains("delta 1.5"), "delta");
        assert!(refused(UNIT, "a person for ever").contains("a person for ever"), "unit");
        assert!(refused("\"releases\":0", "\"releases\":0,\"bonus\":1").contains("bonus"), "fields");
    }
}
