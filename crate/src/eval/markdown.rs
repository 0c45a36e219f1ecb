//! A judgement as tables, for people who read text.

use std::fmt::Write as _;

use super::overview::overview;
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
    }
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
    let action =
        rows().find(|row| row.measure == "action, top-1").map(|row| format!("action {}", figure(row)));
    let leaks = rows().filter(|row| row.measure.ends_with(", NL"));
    let worst = leaks.max_by(|a, b| a.value.total_cmp(&b.value));
    let leak = worst.map(|row| format!("{} {}", row.measure, figure(row)));
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
        let told = measure.ends_with("top-1") || *protocol != Protocol::Retrained;
        let kind = if told { format!(", {}", protocol.word()) } else { String::new() };
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
