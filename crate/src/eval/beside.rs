//! An earlier judgement beside this one: transforms that were judged apart, in one report.

use std::collections::BTreeSet;

use super::Thoroughness;
use super::report::{Report, Row};
use crate::transform::RAW;

/// Why the transforms of two reports cannot stand beside each other.
#[derive(Debug, thiserror::Error)]
pub enum BesideError {
    /// It was judged in another way, or on other sets.
    #[error("{what}: found {found}, expected {expected}; what stands side by side must be judged alike")]
    Otherwise {
        /// What is not alike.
        what: String,
        /// What the one report has.
        found: String,
        /// What the other has.
        expected: String,
    },
    /// A control of it failed.
    #[error("{report} is void, as a control failed; judge its transforms again")]
    Void {
        /// The report.
        report: String,
    },
    /// A transform was judged in both.
    #[error("{method} is in one report and is judged again in another; leave it out of one of them")]
    Twice {
        /// The transform.
        method: String,
    },
    /// Two models have one name.
    #[error("two models are called {method}, and are not the same; judge one of them under another name")]
    Namesake {
        /// The name.
        method: String,
    },
    /// Raw clips or controls have other figures: other data, other attackers, or another machine.
    #[error(
        "{what} has another figure in another report (there {found}, here {expected}), so the attackers were not the same; \
         judge its transforms again"
    )]
    Unlike {
        /// The figure.
        what: String,
        /// In the other report.
        found: String,
        /// In this one.
        expected: String,
    },
}

/// Looks before anything is judged whether the transforms of `earlier` can stand beside `methods`: judged on the same
/// `sets`, at the same `size` in pixels and the same effort, none of them twice.
///
/// # Errors
/// [`BesideError`] says what is not alike.
pub fn check_beside(
    earlier: &Report,
    (sets, methods): (&[&str], &[&str]),
    size: usize,
    thoroughness: &Thoroughness,
) -> Result<(), BesideError> {
    let listed = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    let theirs = (earlier.rows.iter().map(|row| row.dataset.as_str()).collect(), earlier.subject.size);
    let ours = (sets.iter().copied().collect(), size);
    let said = |(sets, size): &(BTreeSet<&str>, usize), effort: &str, seeds: usize| {
        [
            ("sets", listed(sets)),
            ("size", format!("{size} pixels")),
            ("effort", format!("{effort}, {seeds} seed(s)")),
        ]
    };
    let found = said(&theirs, &earlier.subject.effort, earlier.subject.seeds);
    let expected = said(&ours, thoroughness.name, thoroughness.seeds as usize);
    for ((what, found), (_, expected)) in found.into_iter().zip(expected) {
        if found != expected {
            return Err(BesideError::Otherwise { what: what.into(), found, expected });
        }
    }
    if earlier.subject.void {
        return Err(BesideError::Void { report: "the earlier report".into() });
    }
    let twice = methods
        .iter()
        .find(|method| **method != RAW && earlier.rows.iter().any(|row| row.method == **method));
    twice.map_or(Ok(()), |method| Err(BesideError::Twice { method: (*method).to_owned() }))
}

/// Puts the transforms of `earlier` beside those of `report`, before them. Both must have the same figures of raw clips
/// and the same controls, to the last bit. Differences and the summary stay those of `report`.
///
/// # Errors
/// [`BesideError::Unlike`] names the first figure that is another one; `report` is as it was then.
pub fn set_beside(report: &mut Report, earlier: Report) -> Result<(), BesideError> {
    same(&of_raw(&earlier), &of_raw(report))?;
    same(&of_controls(&earlier), &of_controls(report))?;
    let ours = std::mem::replace(&mut report.rows, earlier.rows);
    report.rows.extend(ours.into_iter().filter(|row| row.method != RAW));
    let ours = std::mem::replace(&mut report.methods, earlier.methods);
    let known = report.methods.iter().any(|method| method.name == RAW);
    report.methods.extend(ours.into_iter().filter(|method| !known || method.name != RAW));
    Ok(())
}

/// Figures by their names, in an order that does not hang on that of the sets.
type Figures = Vec<(String, String)>;

fn of_raw(report: &Report) -> Figures {
    let named = |row: &Row| {
        let Row { dataset, measure, protocol, attacker, value, low, high, chance, n, seeds, .. } = row;
        let what = format!("{measure} of raw clips of {dataset}, {}", protocol.word());
        (
            what,
            format!("{value:?} [{low:?}, {high:?}] by {attacker}, chance {chance:?}, n {n}, {seeds} seed(s)"),
        )
    };
    sorted(report.rows.iter().filter(|row| row.method == RAW).map(named))
}

fn of_controls(report: &Report) -> Figures {
    sorted(report.controls.iter().map(|control| {
        let passed = if control.passed { "passed" } else { "failed" };
        (format!("the control \"{}\"", control.name), format!("{:?}, {passed}", control.value))
    }))
}

fn sorted(figures: impl Iterator<Item = (String, String)>) -> Figures {
    let mut figures: Figures = figures.collect();
    figures.sort();
    figures
}

fn same(theirs: &Figures, ours: &Figures) -> Result<(), BesideError> {
    let of = |figures: &Figures, what: &str| {
        let found: Vec<&str> =
            figures.iter().filter(|(name, _)| name == what).map(|(_, value)| value.as_str()).collect();
        if found.is_empty() { "nothing".to_owned() } else { found.join("; ") }
    };
    for (what, _) in theirs.iter().chain(ours) {
        let (found, expected) = (of(theirs, what), of(ours, what));
        if found != expected {
            return Err(BesideError::Unlike { what: what.clone(), found, expected });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::report::{Control, FORMAT, Method, Protocol, Subject, Summary};
    use super::*;

    fn row(dataset: &str, method: &str, value: f64) -> Row {
        Row {
            dataset: dataset.into(),
            measure: "action, top-1".into(),
            method: method.into(),
            protocol: Protocol::Retrained,
            attacker: "x".into(),
            value,
            low: value,
            high: value,
            chance: Some(0.25),
            n: 9,
            seeds: 3,
        }
    }

    /// Raw clips and one transform on two sets, named in this order.
    fn report(method: &str, sets: [&str; 2]) -> Report {
        let of_set = |set: &&str| {
            let raw = if *set == "a" { 0.9 } else { 0.8 };
            [row(set, "raw", raw), row(set, method, 0.5)]
        };
        let control =
            |set: &&str| Control { name: format!("black clips of {set}"), passed: true, value: -0.1 };
        Report {
            format: FORMAT,
            subject: Subject {
                name: None,
                key: None,
                size: 48,
                effort: "standard".into(),
                seeds: 3,
                void: false,
            },
            methods: vec![Method { name: method.into(), key: method.into(), trained_on: vec![] }],
            rows: sets.iter().flat_map(of_set).collect(),
            controls: sets.iter().map(control).collect(),
            differences: vec![],
            summary: Summary::default(),
        }
    }

    fn refused(earlier: &Report, methods: &[&str], parts: &[&str]) {
        let found = check_beside(earlier, (&["a", "b"], methods), 48, &Thoroughness::STANDARD);
        let said = found.expect_err("refused").to_string();
        for part in parts {
            assert!(said.contains(part), "\"{part}\" is missing from: {said}");
        }
    }

    #[test]
    fn transforms_that_were_judged_apart_stand_in_one_report() {
        let earlier = report("blur", ["a", "b"]);
        let mut joined = report("bdq", ["b", "a"]);
        check_beside(&earlier, (&["b", "a"], &["bdq"]), 48, &Thoroughness::STANDARD).expect("alike");
        set_beside(&mut joined, earlier.clone()).expect("the same raw clips");
        let names: Vec<(&str, &str)> =
            joined.rows.iter().map(|row| (row.dataset.as_str(), row.method.as_str())).collect();
        let wanted = [("a", "raw"), ("a", "blur"), ("b", "raw"), ("b", "blur"), ("b", "bdq"), ("a", "bdq")];
        assert_eq!(names, wanted, "raw clips once, the earlier transforms first");
        let methods: Vec<&str> = joined.methods.iter().map(|method| method.name.as_str()).collect();
        assert_eq!(methods, ["blur", "bdq"], "the transforms");
        assert_eq!(joined.controls.len(), 2, "each control once");
    }

    #[test]
    fn another_figure_of_raw_clips_or_of_a_control_is_refused_and_changes_nothing() {
        let earlier = report("blur", ["a", "b"]);
        let changed = |change: &dyn Fn(&mut Report)| {
            let mut ours = report("bdq", ["a", "b"]);
            change(&mut ours);
            let before = ours.clone();
            let said = set_beside(&mut ours, earlier.clone()).expect_err("not alike").to_string();
            assert_eq!(ours, before, "it was changed");
            said
        };
        let said = changed(&|ours| ours.rows[2].high += 1e-12);
        assert!(said.contains("action, top-1 of raw clips of b, retrained"), "{said}");
        let said = changed(&|ours| drop(ours.rows.remove(0)));
        assert!(said.contains("raw clips of a") && said.contains("here nothing"), "{said}");
        let said =
            changed(&|ours| ours.rows.push(Row { measure: "gender, top-1".into(), ..row("a", "raw", 0.7) }));
        assert!(said.contains("gender, top-1") && said.contains("there nothing"), "{said}");
        let said = changed(&|ours| ours.controls[1].value = 0.0);
        assert!(said.contains("black clips of b") && said.contains("-0.1"), "{said}");
    }

    #[test]
    fn what_was_judged_otherwise_is_refused_before_anything_is_judged() {
        let earlier = report("blur", ["a", "b"]);
        let other = |change: &dyn Fn(&mut Subject)| {
            let mut other = earlier.clone();
            change(&mut other.subject);
            other
        };
        refused(&other(&|subject| subject.size = 64), &["bdq"], &["size", "64 pixels", "48 pixels"]);
        refused(
            &other(&|subject| subject.effort = "quick".into()),
            &["bdq"],
            &["effort", "quick", "standard"],
        );
        refused(&other(&|subject| subject.seeds = 1), &["bdq"], &["effort", "1 seed(s)", "3 seed(s)"]);
        refused(&other(&|subject| subject.void = true), &["bdq"], &["void", "judge its transforms again"]);
        refused(&report("blur", ["a", "c"]), &["bdq"], &["sets", "a, c", "a, b"]);
        refused(&earlier, &["raw", "bdq", "blur"], &["blur", "judged again"]);
    }
}
