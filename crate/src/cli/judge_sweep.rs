//! `bauta judge --sweep RUNS`: every model of a sweep by the judge's attackers, and its table printed again.

use std::path::Path;

use anyhow::Context as _;

use crate::eval::{Budget, Protocol, Report, Row, budgets_reading, worst_leak};
use crate::sweep::{Attack, Table};
use crate::transform::{RAW, Transform, trained};

/// What the figures of a judged sweep are worth.
const NOTE: &str =
    "judged: fresh attackers of `bauta judge`, chosen on other clips; NL of the worst question";

/// The models of a sweep, each under the name of its variant and seed.
pub(super) fn models(table: &Table, folder: &Path) -> anyhow::Result<Vec<Box<dyn Transform>>> {
    let open = |row| -> anyhow::Result<Box<dyn Transform>> {
        let path = folder.join(Table::model(row));
        trained(&path, Some(&name(row))).with_context(|| format!("cannot judge {}", name(row)))
    };
    table.rows.iter().map(open).collect()
}

fn name(row: &crate::sweep::Row) -> String {
    format!("{}, seed {}", row.variant, row.seed)
}

/// Puts the judge's figures in the place of the trainer's, and the spread of the leakage over the budgets into
/// the report's summary.
pub(super) fn rejudge(table: &mut Table, report: &mut Report) {
    for row in &mut table.rows {
        let of_model = Figures { report, method: &name(row) };
        row.action = of_model.action();
        row.action_raw = Figures { report, method: RAW }.action();
        let worst = worst_leak(of_model.rows());
        row.nl = worst.map(|(_, leak)| leak.value);
        row.attack = worst.and_then(|(asked, leak)| of_model.attack(asked, leak));
    }
    NOTE.clone_into(&mut table.note);
    let budget = |row: &crate::sweep::Row| {
        Some(Budget {
            budget: table.budget(&row.variant)?,
            active: row.penalty_active?,
            leakage: row.nl?,
            action: row.action?,
        })
    };
    let budgets: Vec<Budget> = table.rows.iter().filter_map(budget).collect();
    let (sd, reading) = budgets_reading(&budgets);
    report.summary.leakage_sd_over_budget = sd;
    table.remarks = vec![reading];
}

/// The figures of one method.
struct Figures<'a> {
    report: &'a Report,
    method: &'a str,
}

impl<'a> Figures<'a> {
    fn rows(&self) -> impl Iterator<Item = &'a Row> + use<'a> {
        let method = self.method.to_owned();
        self.report.rows.iter().filter(move |row| row.method == method && row.protocol == Protocol::Retrained)
    }

    /// Action top-1 over the sets, weighted by their clips.
    fn action(&self) -> Option<f64> {
        let rows: Vec<&Row> = self.rows().filter(|row| row.measure == "action, top-1").collect();
        let n: usize = rows.iter().map(|row| row.n).sum();
        (n > 0).then(|| rows.iter().map(|row| row.value * row.n as f64).sum::<f64>() / n as f64)
    }

    /// The attack behind a leak.
    fn attack(&self, asked: &str, leak: &Row) -> Option<Attack> {
        let measure = format!("{asked}, top-1");
        let found =
            |figures: &Self| figures.rows().find(|row| row.measure == measure && row.dataset == leak.dataset);
        let attack = found(self)?;
        Some(Attack {
            asked: asked.to_owned(),
            set: leak.dataset.clone(),
            by: attack.attacker.clone(),
            top1: attack.value,
            chance: attack.chance?,
            raw: found(&Figures { report: self.report, method: RAW })?.value,
        })
    }
}
