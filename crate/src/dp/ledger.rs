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
mod tests {
    use super::*;

    fn mu(value: f64) -> Mu {
        Mu::new(value).expect("a mu")
    }

    fn codes(value: f64) -> Cost {
        Cost::Mu(mu(value))
    }

    fn ledger(budget: Budget) -> Ledger {
        Ledger::new(Counted::codes(Unit::FRAME), budget, 1e-5).expect("a delta")
    }

    #[test]
    fn a_budget_holds_exactly_what_it_was_made_for_and_refuses_the_next() {
        // 0.1 and its squares are no exact doubles.
        let cases = [(0.5, 16_u64), (0.1, 400), (0.7, 7)];
        let gaussian = cases.map(|(cost, n)| (codes(cost), Budget::Mu(cost * (n as f64).sqrt()), n));
        let pure = cases.map(|(cost, n)| (Cost::Epsilon(cost), Budget::Epsilon(cost * n as f64), n));
        for (cost, budget, releases) in gaussian.into_iter().chain([pure[0], pure[2]]) {
            let mut ledger = ledger(budget);
            assert_eq!(ledger.affords(cost), Some(releases), "{cost:?}");
            for release in 0..releases {
                assert_eq!(ledger.spend(cost), Ok(()), "release {release} of {cost:?}");
            }
            let before = ledger.clone();
            let refused = ledger.spend(cost).expect_err("the budget is spent");
            assert!(
                matches!(refused, LedgerError::Spent { releases: found, .. } if found == releases),
                "{refused}"
            );
            assert!(refused.to_string().contains("budget is spent"), "{refused}");
            assert_eq!(ledger, before, "a refused release was entered");
            assert_eq!((ledger.releases(), ledger.affords(cost)), (releases, Some(0)));
        }
    }

    #[test]
    fn it_tells_what_the_accountant_tells() {
        let mut ledger = ledger(Budget::Mu(4.0));
        (0..16).for_each(|_| ledger.spend(codes(0.5)).expect("within the budget"));
        assert_eq!(ledger.spent(), mu(0.5).times(16));
        assert!((ledger.epsilon() - 9.997).abs() < 1e-3, "{}", ledger.epsilon());
        ledger.spend(codes(3.0)).expect("of another kind, within the budget");
        assert_eq!(ledger.spent(), Mu::all([mu(2.0), mu(3.0)]));
        assert_eq!((ledger.budget(), ledger.delta()), (Budget::Mu(4.0), 1e-5));
    }

    #[test]
    fn epsilons_of_frames_add_up_until_the_square_root_is_less() {
        let mut ledger = ledger(Budget::None);
        (0..4).for_each(|_| ledger.spend(Cost::Epsilon(0.25)).expect("no budget"));
        assert_eq!(ledger.epsilon(), 1.0, "few frames: the plain sum, without any delta");
        (4..400).for_each(|_| ledger.spend(Cost::Epsilon(0.25)).expect("no budget"));
        let each = Mu::of_pure(0.25).expect("an epsilon");
        let many = each.times(400).epsilon(1e-5).expect("a delta");
        assert!((ledger.epsilon() - many).abs() < 1e-6 && many < 60.0, "{} and {many}", ledger.epsilon());
        ledger.spend(codes(1.0)).expect("no budget");
        assert!(ledger.epsilon() > many && ledger.epsilon().is_finite(), "{}", ledger.epsilon());
    }

    #[test]
    fn a_budget_of_epsilon_bounds_what_is_told() {
        for cost in [codes(0.5), Cost::Epsilon(0.3)] {
            let mut ledger = ledger(Budget::Epsilon(8.0));
            let affords = ledger.affords(cost).expect("a budget");
            let mut releases = 0;
            while ledger.spend(cost).is_ok() {
                releases += 1;
                assert!(
                    ledger.epsilon() <= 8.0 + 1e-6,
                    "{releases} releases of {cost:?}: {}",
                    ledger.epsilon()
                );
            }
            assert_eq!(releases, affords, "{cost:?}");
            let mut wider = Ledger(Entries { budget: Budget::None, ..ledger.0.clone() });
            wider.spend(cost).expect("no budget");
            assert!(wider.epsilon() > 8.0, "{cost:?}: one more would have been within the budget");
        }
    }

    #[test]
    fn kept_and_taken_up_again_it_goes_on_where_it_was() {
        let mut before = ledger(Budget::Mu(1.0));
        (0..3).for_each(|_| before.spend(codes(0.5)).expect("within the budget"));
        let text = serde_json::to_string(&before).expect("JSON");
        for named in ["replace", "frame", "\"budget\":{\"mu\":1.0}", "spent_mu_squared"] {
            assert!(text.contains(named), "{named} is not in {text}");
        }
        let mut after: Ledger = serde_json::from_str(&text).expect("a ledger");
        assert_eq!(after, before);
        assert_eq!(after.spend(codes(0.5)), Ok(()), "the fourth");
        assert!(after.spend(codes(0.5)).is_err(), "the fifth");
        let opening: Opening =
            serde_json::from_str(&format!("{{\"budget\":{{\"mu\":2}},\"kept\":[{text}]}}"))
                .expect("an opening");
        let wider = Ledger::open(opening, &Counted::codes(Unit::FRAME)).expect("the same kind");
        assert_eq!(
            (wider.releases(), wider.affords(codes(0.5))),
            (3, Some(13)),
            "a new budget, and the old counts"
        );
    }

    #[test]
    fn of_several_ledgers_the_one_that_counts_the_same_is_taken_up() {
        let other = Counted { unit: "a person".into(), relation: "any".into() };
        let mut codes_of_before = ledger(Budget::None);
        codes_of_before.spend(codes(1.0)).expect("no budget");
        let kept = vec![Ledger::new(other.clone(), Budget::None, 1e-5).expect("a delta"), codes_of_before];
        let opening = Opening { kept, ..Opening::default() };
        assert_eq!(Ledger::open(opening.clone(), &Counted::codes(Unit::FRAME)).expect("sound").releases(), 1);
        assert_eq!(Ledger::open(opening.clone(), &other).expect("sound").releases(), 0);
        let refused = opening.kept[1].must_count(&other).expect_err("another unit");
        assert!(refused.to_string().contains("not \"a person\""), "{refused}");
        let (frames, windows) = (ledger(Budget::None), Unit { frames: 8 });
        let refused = frames.must_count(&Counted::codes(windows)).expect_err("another unit").to_string();
        assert!(
            refused.contains("one released frame") && refused.contains("window of 8 frames"),
            "{refused}"
        );
        assert_eq!(Ledger::unbounded_codes(windows).must_count(&Counted::codes(windows)), Ok(()));
    }

    #[test]
    fn without_a_budget_it_only_counts_even_what_promises_nothing() {
        let mut ledger = ledger(Mu::NONE.into());
        ledger.spend(codes(2.0)).expect("no budget");
        assert_eq!((ledger.spent(), ledger.affords(codes(2.0))), (mu(2.0), None));
        ledger.spend(Cost::Mu(Mu::NONE)).expect("no budget");
        assert_eq!((ledger.spent(), ledger.epsilon()), (Mu::NONE, f64::INFINITY));
        let text = serde_json::to_string(&ledger).expect("JSON");
        assert_eq!(serde_json::from_str::<Ledger>(&text).expect("a ledger"), ledger, "{text}");
        for budget in [Budget::Mu(9.0), Budget::Epsilon(900.0)] {
            let mut bounded = self::ledger(budget);
            assert!(bounded.spend(Cost::Mu(Mu::NONE)).is_err(), "no budget holds what promises nothing");
        }
    }

    #[test]
    fn a_damaged_ledger_is_refused() {
        let text = serde_json::to_string(&ledger(Budget::Mu(1.0))).expect("JSON");
        let refused = |from: &str, to: &str| {
            assert!(text.contains(from), "{from} is not in {text}");
            serde_json::from_str::<Ledger>(&text.replace(from, to)).expect_err(to).to_string()
        };
        assert!(refused("\"spent_mu_squared\":0.0", "\"spent_mu_squared\":-4.0").contains("-4"), "spent");
        assert!(refused("\"spent_epsilon\":0.0", "\"spent_epsilon\":-3.0").contains("-3"), "spent");
        assert!(refused("\"mu\":1.0", "\"mu\":-1.0").contains("-1"), "budget");
        assert!(refused("\"mu\":1.0", "\"epsilon\":-1.0").contains("-1"), "budget");
        assert!(refused("0.00001", "1.5").contains("delta 1.5"), "delta");
        assert!(refused("\"releases\":0", "\"releases\":0,\"bonus\":1").contains("bonus"), "fields");
    }

    #[test]
    fn its_statement_says_what_is_left() {
        let mut ledger = ledger(Budget::Mu(2.0));
        ledger.spend(codes(1.0)).expect("within the budget");
        let statement = ledger.statement(codes(1.0));
        assert_eq!((statement.releases, statement.mu, statement.left), (1, 1.0, Some(3)));
        assert!((statement.epsilon - 4.377).abs() < 1e-3, "{}", statement.epsilon);
        assert_eq!(statement.kept, ledger);
    }
}
