//! A judgement as tables, for people who read text.

use std::fmt::Write as _;

use super::heading::readings;
use super::overview::{VOID, overview};
use super::proven;
use super::reading::{distinct, question, untold_action, untold_sentence, worst_leak};
use super::report::{Difference, Method, Protocol, Report, Row};

/// What stands where nothing was measured.
const NOTHING: &str = "-";

/// The report as Markdown: a table for each set, one line for each transform.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    let Report { subject, .. } = report;
    if subject.void {
        text += "**Void: a control failed, nothing below can be believed.**\n\n";
    }
    text += &overview(report);
    text.push('\n');
    for set in distinct(report.rows.iter().map(|row| row.dataset.as_str())) {
        let rows: Vec<&Row> = report.rows.iter().filter(|row| row.dataset == set).collect();
        let _ = writeln!(text, "## {set}\n\n{}", table(&rows));
        if let Some(raw) = untold_action(report, set) {
            let _ = writeln!(text, "{}\n", untold_sentence(set, raw));
        }
    }
    text += &proven::table(&report.rows);
    text += &across_sets(report);
    text += &compared(report);
    let _ = writeln!(
        text,
        "Each figure is that of the strongest of several fresh attackers (chosen on other clips), a mean over {} \
         seed(s), with its 95 % interval by bootstrap over clips. *Retrained*: attackers learnt from clips that were \
         rewritten alike. *Raw-trained*: from raw ones. NL: leakage between chance (0) and raw (1). Drop: points of a \
         hundred below the same network on raw clips. Effort: {}.\n",
        subject.seeds, subject.effort
    );
    readings(&report.rows).for_each(|reading| text += &format!("{reading}\n\n"));
    text += "| control | passed | value |\n| --- | --- | --- |\n";
    for control in &report.controls {
        let passed = if control.passed { "yes" } else { "**no**" };
        let _ = writeln!(text, "| {} | {passed} | {:.3} |", control.name, control.value);
    }
    text
}

/// What has learnt from some sets on each set: known people and actions, or novel ones. Nothing for fewer than two
/// sets, or where nothing has learnt.
fn across_sets(report: &Report) -> String {
    let sets = distinct(report.rows.iter().map(|row| row.dataset.as_str()));
    let learnt: Vec<&Method> = report.methods.iter().filter(|method| !method.trained_on.is_empty()).collect();
    if sets.len() < 2 || learnt.is_empty() {
        return String::new();
    }
    let mut text = String::from("## Across sets\n\n| trained on |");
    sets.iter().for_each(|set| text += &format!(" {set} |"));
    text += &format!("\n|{}\n", " --- |".repeat(sets.len() + 1));
    for method in learnt {
        text += &format!("| {} ({}) |", method.name, method.trained_on.join(", "));
        sets.iter().for_each(|set| text += &format!(" {} |", on_set(report, method, set)));
        text.push('\n');
    }
    text + "\nAction top-1, and the leakage NL of the worst question. *Novel*: the set was not trained on.\n\n"
}

/// One cell of the matrix.
fn on_set(report: &Report, method: &Method, set: &str) -> String {
    let rows = || {
        report.rows.iter().filter(|row| {
            row.dataset == set && row.method == method.name && row.protocol == Protocol::Retrained
        })
    };
    let kept = |row| if untold_action(report, set).is_some() { VOID.to_owned() } else { figure(row) };
    let action = rows().find(|row| row.measure == "action, top-1").map(|row| format!("action {}", kept(row)));
    let leak = worst_leak(rows()).map(|(_, row)| format!("{} {}", row.measure, figure(row)));
    let novel = (!method.trained_on.iter().any(|known| known == set)).then(|| "*novel*".to_owned());
    let parts: Vec<String> = [novel, action, leak].into_iter().flatten().collect();
    parts.join("; ")
}

/// Which differences are real.
fn compared(report: &Report) -> String {
    if report.differences.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "## Compared\n\n| set | measure | first | second | first less second | real | n |\n| --- | --- | --- | --- | --- \
         | --- | --- |\n",
    );
    for Difference { dataset, measure, methods: [first, second], value, low, high, real, n } in
        &report.differences
    {
        let real = if *real { "yes" } else { "no" };
        text += &format!(
            "| {dataset} | {measure} | {first} | {second} | {value:.3} [{low:.3}, {high:.3}] | {real} | {n} |\n"
        );
    }
    text + "\nRetrained attackers; each clip is drawn for both at once. *Real*: the interval, corrected for all \
            comparisons, leaves out 0.\n\n"
}

/// Whether both rows stand in one column: the same measure by attackers that learnt from the same; each network by
/// others has a column of its own.
fn one_column(a: &Row, b: &Row) -> bool {
    let by_others = a.protocol == Protocol::Outside;
    (&a.measure, a.protocol) == (&b.measure, b.protocol) && (!by_others || a.attacker == b.attacker)
}

fn table(rows: &[&Row]) -> String {
    let mut columns: Vec<&Row> = vec![]; // the first row of each
    for row in rows.iter().filter(|row| !row.measure.contains(" from ")) {
        if !columns.iter().any(|column| one_column(column, row)) {
            columns.push(row);
        }
    }
    // The figures of one question side by side, in the order in which questions were asked.
    let questions = distinct(columns.iter().map(|row| question(&row.measure)));
    columns.sort_by_key(|row| questions.iter().position(|asked| *asked == question(&row.measure)));
    let mut text = String::from("| transform |");
    for column in &columns {
        let _ = write!(text, " {} |", head(column));
    }
    let _ = write!(text, "\n|{}\n", " --- |".repeat(columns.len() + 1));
    for method in distinct(rows.iter().map(|row| row.method.as_str())) {
        let _ = write!(text, "| {method} |");
        for column in &columns {
            let cell = rows.iter().find(|row| row.method == method && one_column(column, row));
            let _ = write!(text, " {} |", cell.map_or_else(|| NOTHING.into(), |row| figure(row)));
        }
        text.push('\n');
    }
    text
}

fn head(column: &Row) -> String {
    let Row { measure, protocol, attacker, n, .. } = column;
    let kind = match protocol {
        Protocol::Outside => format!(", {attacker}"),
        Protocol::RawTrained => format!(", {}", protocol.word()),
        _ if measure.ends_with("top-1") => format!(", {}", protocol.word()),
        _ => String::new(),
    };
    let chance = column.chance.map_or(String::new(), |chance| format!(", chance {chance:.3}"));
    format!("{measure}{kind}{chance}, n {n}")
}

fn figure(row: &Row) -> String {
    let digits = if row.measure.ends_with("points") { 1 } else { 3 };
    format!("{:.digits$} [{:.digits$}, {:.digits$}]", row.value, row.low, row.high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_by_others_has_a_column_of_its_own() {
        let row = |attacker: &str, protocol, value: f64| Row {
            dataset: "walks".into(),
            measure: "gender, top-1".into(),
            method: "raw".into(),
            protocol,
            attacker: attacker.into(),
            value,
            low: value,
            high: value,
            chance: Some(0.5),
            n: 9,
            seeds: 1,
        };
        let rows = [
            row("fresh small CNN", Protocol::Retrained, 0.9),
            row("one", Protocol::Outside, 0.7),
            row("two", Protocol::Outside, 0.6),
        ];
        let wanted = "\
| transform | gender, top-1, retrained, chance 0.500, n 9 | gender, top-1, one, chance 0.500, n 9 | gender, top-1, two, chance 0.500, n 9 |
| --- | --- | --- | --- |
| raw | 0.900 [0.900, 0.900] | 0.700 [0.700, 0.700] | 0.600 [0.600, 0.600] |
";
        assert_eq!(table(&rows.iter().collect::<Vec<_>>()), wanted, "the table");
    }
}
