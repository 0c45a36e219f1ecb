//! Does the leakage depend on the budget? Over a sweep of budgets, each with one or more seeds.

use std::collections::BTreeMap;

/// A model of a sweep of budgets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// B of the penalty.
    pub budget: f64,
    /// Share of the late steps in which the penalty was active, in `[0, 1]`.
    pub active: f64,
    /// Worst chance-normalised leakage.
    pub leakage: f64,
    /// Action top-1, in `[0, 1]`.
    pub action: f64,
}

/// Fewer budgets tell nothing of a spread.
const LEAST: usize = 4;
/// A budget binds where its penalty is active in at least this share of the late steps.
const BINDS: f64 = 0.2;

/// The SD of the leakage over the budgets that bind, in points of a hundred, each budget by the mean of its seeds;
/// `None` for fewer than four of them. And a sentence that says it, with the spread of the action and what seeds
/// alone would make of the leakage.
pub fn budgets_reading(models: &[Budget]) -> (Option<f64>, String) {
    let mut of_budget: BTreeMap<u64, Vec<&Budget>> = BTreeMap::new();
    for model in models {
        of_budget.entry(model.budget.to_bits()).or_default().push(model);
    }
    let all = of_budget.len();
    let binding: Vec<Vec<&Budget>> = of_budget
        .into_values()
        .filter(|models| mean(models.iter().map(|model| model.active)) >= BINDS)
        .collect();
    if binding.len() < LEAST {
        let bind = binding.len();
        return (
            None,
            format!(
                "Spread of the leakage over budgets: not measured, as {bind} of {all} budgets bind in at least a fifth of the late \
             steps, and {LEAST} are wanted."
            ),
        );
    }
    let over = |value: &dyn Fn(&Budget) -> f64| {
        100.0
            * sd(&binding
                .iter()
                .map(|models| mean(models.iter().map(|model| value(model))))
                .collect::<Vec<_>>())
    };
    let (leakage, action) = (over(&|model| model.leakage), over(&|model| model.action));
    let sentence = format!(
        "Over {} budgets that bind, the worst leakage (NL) has an SD of {leakage:.1} points and the action one of {action:.1}; \
         {}.",
        binding.len(),
        seeds_alone(&binding)
    );
    (Some(leakage), sentence)
}

/// What the spread of seeds within a budget would make of the leakage by itself.
fn seeds_alone(binding: &[Vec<&Budget>]) -> String {
    let repeated: Vec<&Vec<&Budget>> = binding.iter().filter(|models| models.len() > 1).collect();
    if repeated.is_empty() {
        return "with one seed a budget nothing tells that from the noise of seeds".into();
    }
    let variance = |models: &&Vec<&Budget>| {
        let values: Vec<f64> = models.iter().map(|model| model.leakage).collect();
        sd(&values).powi(2) / models.len() as f64
    };
    let alone = 100.0 * mean(repeated.iter().map(variance)).sqrt();
    format!("seeds alone would give the leakage an SD of {alone:.1}")
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

/// Sample standard deviation.
fn sd(values: &[f64]) -> f64 {
    let middle = mean(values.iter().copied());
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (squares / (values.len().max(2) - 1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models(active: f64) -> Vec<Budget> {
        let of = |(budget, leakage): (f64, f64)| Budget { budget, active, leakage, action: 0.8 };
        // Means of the budgets: 0.5, 0.52, 0.54, 0.56.
        [
            (0.1, 0.49),
            (0.1, 0.51),
            (0.2, 0.51),
            (0.2, 0.53),
            (0.3, 0.54),
            (0.3, 0.54),
            (0.4, 0.56),
            (0.4, 0.56),
        ]
        .map(of)
        .to_vec()
    }

    #[test]
    fn the_spread_is_that_of_the_means_of_budgets() {
        let (found, sentence) = budgets_reading(&models(0.5));
        let wanted = 100.0 * (2.0_f64 * (0.03_f64.powi(2) + 0.01_f64.powi(2)) / 3.0).sqrt();
        assert!((found.expect("four bind") - wanted).abs() < 1e-9, "{found:?}, not {wanted}");
        assert!(sentence.contains("4 budgets") && sentence.contains("action one of 0.0"), "{sentence}");
    }

    #[test]
    fn budgets_that_do_not_bind_prove_nothing() {
        let (found, sentence) = budgets_reading(&models(0.1));
        assert_eq!(found, None, "no budget was felt");
        assert!(sentence.contains("0 of 4 budgets"), "{sentence}");
        assert_eq!(budgets_reading(&models(0.5)[..6]).0, None, "three budgets");
    }
}
