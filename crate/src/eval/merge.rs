//! Rows by other programs, taken into a report.

use std::fs;
use std::path::{Path, PathBuf};

use super::report::{Protocol, Report, Row};

/// Why rows by another program were refused.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The file could not be read.
    #[error("cannot read the rows {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file holds no rows.
    #[error("{} is no JSON list of rows as they stand under \"rows\" in a report.json", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// Line, column and field.
        source: serde_json::Error,
    },
    /// A row holds what it cannot hold.
    #[error("{}, row {row}, {field}: found {found}, expected {expected}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The row, the first being 1.
        row: usize,
        /// The field.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What it may hold.
        expected: String,
    },
    /// Two rows answer one question.
    #[error(
        "{measure} of {method} on {dataset} by {attacker} is in the report already; leave out one of the two rows"
    )]
    Twice {
        /// The measure.
        measure: String,
        /// The transform.
        method: String,
        /// The set.
        dataset: String,
        /// Who guessed.
        attacker: String,
    },
}

/// What is wrong with a field: its name, what it holds, and what it may hold.
type Fault = (&'static str, String, String);

/// Reads rows of attackers by others from a JSON list, laid out as the rows of `report.json`; `sets` and `methods` are
/// those that are judged.
///
/// # Errors
/// [`MergeError`] if there are no such rows, or names the row and the field that is wrong: a set or a method that is
/// not judged, another protocol than `outside`, a value that is no number within its interval, nobody asked about.
pub fn read_rows(path: &Path, sets: &[&str], methods: &[&str]) -> Result<Vec<Row>, MergeError> {
    let text = fs::read(path).map_err(|source| MergeError::Read { path: path.into(), source })?;
    let rows: Vec<Row> =
        serde_json::from_slice(&text).map_err(|source| MergeError::Rows { path: path.into(), source })?;
    for (place, row) in rows.iter().enumerate() {
        check(row, sets, methods).map_err(|(field, found, expected)| MergeError::Field {
            path: path.into(),
            row: place + 1,
            field,
            found,
            expected,
        })?;
    }
    Ok(rows)
}

fn check(row: &Row, sets: &[&str], methods: &[&str]) -> Result<(), Fault> {
    let known = |field: &'static str, name: &str, names: &[&str]| {
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        let fault = || (field, format!("\"{name}\""), format!("one that is judged: {}", quoted.join(", ")));
        names.contains(&name).then_some(()).ok_or_else(fault)
    };
    known("dataset", &row.dataset, sets)?;
    known("method", &row.method, methods)?;
    if row.protocol != Protocol::Outside {
        return Err(("protocol", format!("\"{}\"", row.protocol.word()), "\"outside\"".into()));
    }
    let Row { value, low, high, .. } = row;
    if !(low <= value && value <= high && low.is_finite() && high.is_finite()) {
        return Err(("value", format!("{value} [{low}, {high}]"), "a number within [low, high]".into()));
    }
    if row.n == 0 {
        return Err(("n", "0".into(), "at least one clip".into()));
    }
    if row.measure.is_empty() || row.attacker.is_empty() {
        return Err(("measure, attacker", "an empty name".into(), "what was measured, and by whom".into()));
    }
    Ok(())
}

/// Adds rows to a report, behind its own.
///
/// # Errors
/// [`MergeError::Twice`] if the report has such a row; it is as it was then.
pub fn add_rows(report: &mut Report, rows: Vec<Row>) -> Result<(), MergeError> {
    let of = |row: &Row| {
        (
            row.measure.clone(),
            row.method.clone(),
            row.dataset.clone(),
            row.attacker.clone(),
            row.protocol.word(),
        )
    };
    let mut there: Vec<_> = report.rows.iter().map(of).collect();
    for row in &rows {
        if there.contains(&of(row)) {
            let (measure, method, dataset, attacker, _) = of(row);
            return Err(MergeError::Twice { measure, method, dataset, attacker });
        }
        there.push(of(row));
    }
    report.rows.extend(rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::report::{FORMAT, Subject, Summary};
    use super::*;

    fn row() -> Row {
        Row {
            dataset: "walks".into(),
            measure: "gender, top-1".into(),
            method: "blur strong".into(),
            protocol: Protocol::Outside,
            attacker: "a network by others".into(),
            value: 0.7,
            low: 0.6,
            high: 0.8,
            chance: Some(0.5),
            n: 27,
            seeds: 1,
        }
    }

    fn read(text: &str) -> Result<Vec<Row>, MergeError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("rows.json");
        fs::write(&path, text).expect("written");
        read_rows(&path, &["faces", "walks"], &["raw", "blur strong"])
    }

    /// Checks that a second row, changed, is named with its field, what was found and what was expected.
    fn refused(change: impl Fn(&mut Row), parts: &[&str]) {
        let mut second = row();
        change(&mut second);
        let text = serde_json::to_string(&[row(), second]).expect("JSON");
        let said = read(&text).expect_err("refused").to_string();
        for part in [&["rows.json", "row 2"], parts].concat() {
            assert!(said.contains(part), "\"{part}\" is missing from: {said}");
        }
    }

    #[test]
    fn sound_rows_are_read_as_they_are() {
        let text = serde_json::to_string(&[row()]).expect("JSON");
        assert_eq!(read(&text).expect("sound"), [row()], "something changed");
        let at_its_end = Row { low: 0.7, high: 0.7, ..row() };
        let text = serde_json::to_string(&[at_its_end]).expect("JSON");
        assert!(read(&text).is_ok(), "an interval without width holds its value");
    }

    #[test]
    fn a_row_that_cannot_be_is_named_with_its_field() {
        refused(|row| row.dataset = "moon".into(), &["dataset", "\"moon\"", "\"faces\", \"walks\""]);
        refused(|row| row.method = "blur-strong".into(), &["method", "\"blur-strong\"", "\"blur strong\""]);
        refused(|row| row.protocol = Protocol::Retrained, &["protocol", "\"retrained\"", "\"outside\""]);
        refused(|row| row.low = 0.71, &["value", "0.7 [0.71, 0.8]", "within [low, high]"]);
        refused(|row| row.high = 0.69, &["value", "0.7 [0.6, 0.69]"]);
        refused(|row| row.n = 0, &["n:", "at least one clip"]);
        refused(|row| row.attacker.clear(), &["attacker", "by whom"]);
    }

    #[test]
    fn what_is_no_list_of_rows_is_refused_by_name() {
        for text in ["{\"rows\": []}", "[{\"dataset\": \"walks\"}]", "nothing"] {
            let said = read(text).expect_err("refused").to_string();
            assert!(said.contains("rows.json") && said.contains("report.json"), "{said}");
        }
    }

    #[test]
    fn a_row_that_is_there_already_is_not_added_again() {
        let subject = Subject { name: None, key: None, size: 48, effort: "x".into(), seeds: 3, void: false };
        let (controls, differences, summary) = (vec![], vec![], Summary::default());
        let mut report =
            Report { format: FORMAT, subject, methods: vec![], rows: vec![], controls, differences, summary };
        let other = Row { attacker: "another".into(), ..row() };
        add_rows(&mut report, vec![row(), other.clone()]).expect("new rows");
        assert_eq!(report.rows, [row(), other], "both");
        let fresh = Row { method: "raw".into(), ..row() };
        let said = add_rows(&mut report, vec![fresh, row()]).expect_err("there already").to_string();
        for part in ["gender, top-1", "blur strong", "walks", "a network by others"] {
            assert!(said.contains(part), "\"{part}\" is missing from: {said}");
        }
        assert_eq!(report.rows.len(), 2, "half was added");
    }
}
