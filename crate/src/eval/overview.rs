//! A judgement in one table: a line a transform, and for each set what is kept and what leaks most.

use super::reading::{distinct, untold_action, untold_sentence, worst_leak};
use super::report::{Protocol, Report, Row};
use crate::transform::RAW;

/// What stands where nothing was measured.
const NOTHING: &str = "-";
/// What stands where a figure would say nothing.
pub(super) const VOID: &str = "void";

/// The table as Markdown: for each set the action top-1 of retrained utility networks, and the worst
/// chance-normalised leakage over the private questions with the question it comes from. Where raw clips tell no action,
/// no transform has a figure of it, and a sentence below says why.
pub fn overview(report: &Report) -> String {
    let rows = |set: &str| Of { report, set: set.to_owned() };
    let sets = distinct(report.rows.iter().map(|row| row.dataset.as_str()));
    let methods = distinct(report.rows.iter().map(|row| row.method.as_str()));
    let columns: Vec<(Of<'_>, Column)> = sets
        .iter()
        .flat_map(|set| [(rows(set), Column::Action), (rows(set), Column::Leak)])
        .filter(|(of, column)| methods.iter().any(|method| of.cell(method, *column).is_some()))
        .collect();
    let mut text = String::from("| transform |");
    columns.iter().for_each(|(of, column)| text += &format!(" {} |", of.head(*column)));
    text += &format!("\n|{}\n", " --- |".repeat(columns.len() + 1));
    for method in methods {
        let cell =
            |(of, column): &(Of<'_>, Column)| of.cell(method, *column).unwrap_or_else(|| NOTHING.into());
        let cells: Vec<String> = columns.iter().map(cell).collect();
        text += &format!("| {method} | {} |\n", cells.join(" | "));
    }
    for set in sets {
        if let Some(raw) = untold_action(report, set) {
            text += &format!("\n{}\n", untold_sentence(&format!("`{set}`"), raw));
        }
    }
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Action,
    Leak,
}

/// What there is of one set.
struct Of<'a> {
    report: &'a Report,
    set: String,
}

impl Of<'_> {
    fn rows(&self, method: &str) -> impl Iterator<Item = &Row> {
        self.report.rows.iter().filter(move |row| {
            row.dataset == self.set && row.method == method && row.protocol == Protocol::Retrained
        })
    }

    fn head(&self, column: Column) -> String {
        let chance =
            self.report.rows.iter().find(|row| row.dataset == self.set && row.measure == "action, top-1");
        let chance = chance.and_then(|row| row.chance).map(|chance| format!(" (chance {chance:.2})"));
        match column {
            Column::Action => format!("`{}`: action{}", self.set, chance.unwrap_or_default()),
            Column::Leak => format!("`{}`: worst leak NL", self.set),
        }
    }

    fn cell(&self, method: &str, column: Column) -> Option<String> {
        let interval = |row: &Row| format!("{:.2} [{:.2}, {:.2}]", row.value, row.low, row.high);
        match column {
            Column::Action => {
                let row = self.rows(method).find(|row| row.measure == "action, top-1")?;
                let void = method != RAW && untold_action(self.report, &self.set).is_some();
                Some(if void { VOID.into() } else { interval(row) })
            }
            Column::Leak => {
                let (asked, worst) = worst_leak(self.rows(method))?;
                Some(format!("{}, {asked}", interval(worst)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::{FORMAT, Subject, Summary};
    use super::*;

    fn row(method: &str, measure: &str, value: f64) -> Row {
        Row {
            dataset: "a".into(),
            measure: measure.into(),
            method: method.into(),
            protocol: Protocol::Retrained,
            attacker: "x".into(),
            value,
            low: value - 0.1,
            high: value + 0.1,
            chance: Some(0.25),
            n: 9,
            seeds: 3,
        }
    }

    fn report(rows: Vec<Row>) -> Report {
        let subject = Subject { name: None, key: None, size: 48, effort: "x".into(), seeds: 3, void: false };
        let (methods, controls, differences, summary) = (vec![], vec![], vec![], Summary::default());
        Report { format: FORMAT, subject, methods, rows, controls, differences, summary }
    }

    #[test]
    fn where_raw_clips_tell_no_action_no_transform_has_a_figure_of_it() {
        let rows = vec![
            row("raw", "action, top-1", 0.3),
            row("blur", "action, top-1", 0.34),
            row("blur", "gender, NL", 0.7),
        ];
        let wanted = "\
| transform | `a`: action (chance 0.25) | `a`: worst leak NL |
| --- | --- | --- |
| raw | 0.30 [0.20, 0.40] | - |
| blur | void | 0.70 [0.60, 0.80], gender |

Raw clips of `a` tell no action above chance (top-1 0.30 [0.20, 0.40]; chance 0.25): what a transform keeps of it cannot be told there.
";
        assert_eq!(overview(&report(rows)), wanted, "the table");
    }

    #[test]
    fn each_transform_has_its_action_and_its_worst_leak() {
        let rows = vec![
            row("raw", "action, top-1", 0.9),
            row("blur", "action, top-1", 0.8),
            row("blur", "gender, NL", 0.3),
            row("blur", "identity within a session, NL", 0.7),
            Row { protocol: Protocol::RawTrained, ..row("blur", "action, top-1", 0.1) },
        ];
        let wanted = "\
| transform | `a`: action (chance 0.25) | `a`: worst leak NL |
| --- | --- | --- |
| raw | 0.90 [0.80, 1.00] | - |
| blur | 0.80 [0.70, 0.90] | 0.70 [0.60, 0.80], identity within a session |
";
        assert_eq!(overview(&report(rows)), wanted, "the table");
    }
}
