//! A judgement as tables, for people who read text.

use std::fmt::Write as _;

use super::report::{Protocol, Report, Row};

/// What stands where nothing was measured.
const NOTHING: &str = "-";

/// The report as Markdown: a table for each set, one line for each transform.
pub fn markdown(report: &Report) -> String {
    let mut text = String::new();
    let Report { subject, .. } = report;
    if subject.void {
        text += "**Void: a control failed, nothing below can be believed.**\n\n";
    }
    for set in distinct(report.rows.iter().map(|row| row.dataset.as_str())) {
        let rows: Vec<&Row> = report.rows.iter().filter(|row| row.dataset == set).collect();
        let _ = writeln!(text, "## {set}\n\n{}", table(&rows));
    }
    let _ = writeln!(
        text,
        "Each figure is that of the strongest of several fresh attackers (chosen on other clips), a mean over {} \
         seed(s), with its 95 % interval by bootstrap over clips. *Retrained*: attackers learnt from clips that were \
         rewritten alike. *Raw-trained*: from raw ones. NL: leakage between chance (0) and raw (1). Drop: points of a \
         hundred below the same network on raw clips. Effort: {}.\n",
        subject.seeds, subject.effort
    );
    text += "| control | passed | value |\n| --- | --- | --- |\n";
    for control in &report.controls {
        let passed = if control.passed { "yes" } else { "**no**" };
        let _ = writeln!(text, "| {} | {passed} | {:.3} |", control.name, control.value);
    }
    text
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = vec![];
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

/// A column: the measure, and what attackers learnt from.
type Column<'a> = (&'a str, Protocol);

fn table(rows: &[&Row]) -> String {
    let shown = |row: &&&Row| !row.measure.contains(" from ");
    let mut columns: Vec<Column<'_>> = vec![];
    for row in rows.iter().filter(shown) {
        let column = (row.measure.as_str(), row.protocol);
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    // The figures of one question side by side, in the order in which questions were asked.
    let questions = distinct(columns.iter().map(|(measure, _)| question(measure)));
    columns.sort_by_key(|(measure, _)| questions.iter().position(|asked| *asked == question(measure)));
    let mut text = String::from("| transform |");
    for (measure, protocol) in &columns {
        let chance = rows.iter().find(|row| row.measure == *measure).and_then(|row| row.chance);
        let chance = chance.map_or(String::new(), |chance| format!(", chance {chance:.3}"));
        let kind = if measure.ends_with("top-1") { format!(", {}", protocol.word()) } else { String::new() };
        let n = rows.iter().find(|row| row.measure == *measure).map_or(0, |row| row.n);
        let _ = write!(text, " {measure}{kind}{chance}, n {n} |");
    }
    let _ = write!(text, "\n|{}\n", " --- |".repeat(columns.len() + 1));
    for method in distinct(rows.iter().map(|row| row.method.as_str())) {
        let _ = write!(text, "| {method} |");
        for (measure, protocol) in &columns {
            let of_method = rows.iter().filter(|row| row.method == method && row.measure == *measure);
            let cell = of_method.filter(|row| row.protocol == *protocol).map(|row| figure(row)).next();
            let _ = write!(text, " {} |", cell.unwrap_or_else(|| NOTHING.into()));
        }
        text.push('\n');
    }
    text
}

/// What a measure is about: it begins with the question.
fn question(measure: &str) -> &str {
    measure.split_once(", ").map_or(measure, |(question, _)| question)
}

fn figure(row: &Row) -> String {
    let digits = if row.measure.ends_with("points") { 1 } else { 3 };
    format!("{:.digits$} [{:.digits$}, {:.digits$}]", row.value, row.low, row.high)
}
