//! Judgements that were made apart, as a matrix: a line a transform, a column a set. Where a model is judged on a set that
//! it has not learnt from, the figure is for novel people or novel actions.

use super::beside::BesideError;
use super::overview::VOID;
use super::reading::{distinct, question, untold_action, worst_leak};
use super::report::{Method, Protocol, Report, Row};
use crate::transform::RAW;

/// What we aim at: an action that is named less often by at most so many points of a hundred.
const MOST_POINTS: f64 = 2.1;
/// And a worst leakage of at most this NL.
const MOST_NL: f64 = 0.1;
/// What stands where nothing was judged.
const NOTHING: &str = "-";
/// Figures of raw clips that are nearer to each other are the same: machines round differently.
const EQUAL: f64 = 1e-6;

/// One transform of one report.
struct Judged<'a> {
    report: &'a Report,
    name: &'a str,
    method: Option<&'a Method>,
}

/// Two tables as Markdown: how many points of the action are lost, and the worst leakage with the question it comes from.
/// Each report stands with the name that errors call it.
///
/// # Errors
/// [`BesideError`] if a report is void, if two were not judged alike, if a transform was judged twice on one set, or if two
/// models have one name.
pub fn matrix(reports: &[(String, Report)]) -> Result<String, BesideError> {
    alike(reports)?;
    let reports: Vec<&Report> = reports.iter().map(|(_, report)| report).collect();
    let sets = distinct(reports.iter().flat_map(|report| report.rows.iter().map(|row| row.dataset.as_str())));
    let judged: Vec<Judged<'_>> = reports.iter().flat_map(|report| Judged::all(report)).collect();
    once(&judged, &sets)?;
    let names = distinct(judged.iter().map(|judged| judged.name));
    let table = |title: &str, cell: &dyn Fn(&Judged<'_>, &str) -> Option<String>| {
        let with_any = |set: &&&str| judged.iter().any(|judged| cell(judged, set).is_some());
        let columns: Vec<&str> = sets.iter().filter(with_any).copied().collect();
        let mut text = format!("## {title}\n\n| transform |");
        columns.iter().for_each(|set| text += &format!(" `{set}` |"));
        text += &format!("\n|{}\n", " --- |".repeat(columns.len() + 1));
        for name in &names {
            let of_name = || judged.iter().filter(|judged| judged.name == *name);
            let cells = columns
                .iter()
                .map(|set| of_name().find_map(|judged| cell(judged, set)).unwrap_or_else(|| NOTHING.into()));
            text += &format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "));
        }
        text
    };
    let drops = table("Action: points lost", &|judged, set| judged.drop(set));
    let leaks = table("Worst leakage, NL", &|judged, set| judged.leak(set));
    Ok(format!(
        "{drops}\n{leaks}\nMeans over the seeds with 95 % intervals. **Bold**: what we aim at, a drop of at most {MOST_POINTS} points \
         or an NL of at most {MOST_NL}. †: a set that the model has learnt from. void: raw clips tell no action there. Sets whose names end in \
         (synthetic) are of drawn people.\n"
    ))
}

/// Refuses reports that were not judged alike: another size, effort or number of seeds, or other raw clips behind the name
/// of a set.
fn alike(reports: &[(String, Report)]) -> Result<(), BesideError> {
    let said = |report: &Report| {
        let subject = &report.subject;
        [
            ("size", format!("{} pixels", subject.size)),
            ("effort", format!("{}, {} seed(s)", subject.effort, subject.seeds)),
        ]
    };
    let first = reports.first().map(|(_, report)| said(report));
    for (place, (name, report)) in reports.iter().enumerate() {
        if report.subject.void {
            return Err(BesideError::Void { report: name.clone() });
        }
        for ((what, found), (_, expected)) in said(report).into_iter().zip(first.iter().flatten().cloned()) {
            if found != expected {
                return Err(BesideError::Otherwise { what: format!("{what} of {name}"), found, expected });
            }
        }
        for row in raw(report) {
            let same = |other: &&Row| (&other.dataset, &other.measure) == (&row.dataset, &row.measure);
            let other = reports[..place].iter().find_map(|(_, earlier)| raw(earlier).find(same));
            if let Some(other) = other.filter(|other| (other.value - row.value).abs() > EQUAL) {
                let what = format!("{} of raw clips of {} in {name}", row.measure, row.dataset);
                let [found, expected] = [other, row].map(|row| row.value.to_string());
                return Err(BesideError::Unlike { what, found, expected });
            }
        }
    }
    Ok(())
}

fn raw(report: &Report) -> impl Iterator<Item = &Row> {
    report.rows.iter().filter(|row| row.method == RAW && row.protocol == Protocol::Retrained)
}

/// Refuses a transform that was judged twice on one set, and two models of one name.
fn once(judged: &[Judged<'_>], sets: &[&str]) -> Result<(), BesideError> {
    for (place, one) in judged.iter().enumerate() {
        for other in judged[place + 1..].iter().filter(|other| other.name == one.name) {
            let method = one.name.to_owned();
            if let (Some(a), Some(b)) = (one.method, other.method)
                && a.key != b.key
            {
                return Err(BesideError::Namesake { method });
            }
            if sets.iter().any(|set| one.rows(set).next().is_some() && other.rows(set).next().is_some()) {
                return Err(BesideError::Twice { method });
            }
        }
    }
    Ok(())
}

impl<'a> Judged<'a> {
    /// The transforms of a report.
    fn all(report: &'a Report) -> impl Iterator<Item = Self> {
        let names = distinct(report.rows.iter().map(|row| row.method.as_str()));
        names.into_iter().filter(|name| *name != RAW).map(move |name| {
            let method = report.methods.iter().find(|method| method.name == name);
            Judged { report, name, method }
        })
    }

    fn rows(&self, set: &str) -> impl Iterator<Item = &'a Row> {
        self.report.rows.iter().filter(move |row| {
            row.dataset == set && row.method == self.name && row.protocol == Protocol::Retrained
        })
    }

    fn drop(&self, set: &str) -> Option<String> {
        let asked = |row: &&Row| question(&row.measure) == "action";
        let untold = untold_action(self.report, set).is_some() && self.rows(set).any(|row| asked(&row));
        if untold {
            return Some(VOID.into());
        }
        let row = self.rows(set).find(|row| row.measure == "action, drop in points")?;
        Some(self.figure(set, row, 1, MOST_POINTS))
    }

    fn leak(&self, set: &str) -> Option<String> {
        let (asked, row) = worst_leak(self.rows(set))?;
        Some(format!("{}, {asked}", self.figure(set, row, 2, MOST_NL)))
    }

    fn figure(&self, set: &str, Row { value, low, high, .. }: &Row, digits: usize, most: f64) -> String {
        let learnt = self.method.is_some_and(|method| method.trained_on.iter().any(|learnt| learnt == set));
        let home = if learnt { "†" } else { "" };
        let bold = if *value <= most { "**" } else { "" };
        let [value, low, high] = [value, low, high].map(|number| rounded(*number, digits));
        format!("{bold}{value}{bold}{home} [{low}, {high}]")
    }
}

/// So many digits, and no minus before nothing.
fn rounded(number: f64, digits: usize) -> String {
    let text = format!("{number:.digits$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|digit| b"0.".contains(&digit)) => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::{FORMAT, Subject, Summary};
    use super::*;

    fn row(dataset: &str, method: &str, measure: &str, value: f64) -> Row {
        Row {
            dataset: dataset.into(),
            measure: measure.into(),
            method: method.into(),
            protocol: Protocol::Retrained,
            attacker: "x".into(),
            value,
            low: value - 0.5,
            high: value + 0.5,
            chance: measure.ends_with("top-1").then_some(0.25),
            n: 9,
            seeds: 3,
        }
    }

    /// One transform, judged on some sets with these leaks: it loses as many points as its name has letters.
    fn report(name: &str, trained_on: &[&str], sets: &[(&str, f64)]) -> Report {
        let of_set = |(set, leak): &(&str, f64)| {
            let raw = if *set == "dark" { 0.3 } else { 0.9 };
            [
                row(set, RAW, "action, top-1", raw),
                row(set, name, "action, top-1", 0.5),
                row(set, name, "action, drop in points", name.len() as f64),
                row(set, name, "gender, NL", *leak),
                row(set, name, "identity, NL", -1.0),
            ]
        };
        let method = |name: &str, trained_on: &[&str]| Method {
            name: name.into(),
            key: name.into(),
            trained_on: trained_on.iter().map(|set| (*set).into()).collect(),
        };
        let subject =
            Subject { name: None, key: None, size: 48, effort: "standard".into(), seeds: 3, void: false };
        Report {
            format: FORMAT,
            subject,
            methods: vec![method(RAW, &[]), method(name, trained_on)],
            rows: sets.iter().flat_map(of_set).collect(),
            controls: vec![],
            differences: vec![],
            summary: Summary::default(),
        }
    }

    #[test]
    fn each_transform_has_a_line_and_each_set_a_column() {
        let reports = [
            report("mask", &["a"], &[("a", 0.05), ("dark", 0.4)]),
            report("m", &[], &[("b", 0.7)]),
            report("m", &[], &[("a", 0.6)]),
        ];
        let wanted = "\
## Action: points lost

| transform | `a` | `dark` | `b` |
| --- | --- | --- | --- |
| mask | 4.0† [3.5, 4.5] | void | - |
| m | **1.0** [0.5, 1.5] | - | **1.0** [0.5, 1.5] |

## Worst leakage, NL

| transform | `a` | `dark` | `b` |
| --- | --- | --- | --- |
| mask | **0.05**† [-0.45, 0.55], gender | 0.40 [-0.10, 0.90], gender | - |
| m | 0.60 [0.10, 1.10], gender | - | 0.70 [0.20, 1.20], gender |
";
        let found = matrix(&reports.map(|report| ("a.json".into(), report))).expect("judged alike");
        assert!(found.starts_with(wanted), "{found}");
    }

    #[test]
    fn nothing_has_no_minus() {
        assert_eq!([-0.04, 0.04, -0.06].map(|number| rounded(number, 1)), ["0.0", "0.0", "-0.1"]);
    }

    #[test]
    fn what_was_judged_otherwise_or_twice_is_refused() {
        let refused = |change: &dyn Fn(&mut Report), part: &str| {
            let mut other = report("other", &[], &[("a", 0.5)]);
            change(&mut other);
            let both = [("1.json", report("mask", &[], &[("a", 0.5)])), ("2.json", other)];
            let both = both.map(|(name, report)| (name.to_owned(), report));
            let error = matrix(&both).expect_err("refused").to_string();
            assert!(error.contains(part), "\"{part}\" is missing from: {error}");
        };
        refused(&|other| other.subject.size = 64, "size of 2.json: found 64 pixels");
        refused(&|other| other.subject.seeds = 1, "1 seed(s)");
        refused(&|other| other.rows[0].value += 0.01, "action, top-1 of raw clips of a in 2.json");
        refused(
            &|other| {
                *other = report("mask", &[], &[("b", 0.5)]);
                other.methods[1].key = "other weights".into();
            },
            "two models are called mask",
        );
        refused(&|other| other.subject.effort = "quick".into(), "quick");
        refused(&|other| other.subject.void = true, "2.json is void");
        refused(&|other| *other = report("mask", &[], &[("b", 0.5), ("a", 0.5)]), "mask");
    }
}
