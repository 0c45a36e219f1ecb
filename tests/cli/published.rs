//! What is printed in the READMEs is what the program prints.

use std::fs;
use std::path::{Path, PathBuf};

use crate::desk::{Desk, did};

/// What both READMEs hold between their marks.
fn tables_of_models(readme: &Path) -> String {
    let text = fs::read_to_string(readme).expect("a README");
    let inside =
        text.split("for each model -->").nth(1).and_then(|rest| rest.split("<!-- end of models -->").next());
    inside.expect("the marks around the tables").trim().to_owned()
}

#[test]
fn the_tables_of_models_are_those_that_the_cards_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let desk = Desk::new();
    let cards = fs::read_dir(root.join("models")).expect("models").flatten().map(|entry| entry.path());
    let mut cards: Vec<PathBuf> =
        cards.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    cards.sort();
    assert!(!cards.is_empty(), "there is no model");
    for (readme, asked) in [("README.md", vec!["--table", "--short"]), ("models/README.md", vec!["--table"])]
    {
        let print = |card: &PathBuf| {
            let path = card.to_string_lossy();
            did(&desk.bauta(&[&["card", &path], asked.as_slice()].concat()))
        };
        let tables: Vec<String> = cards.iter().map(print).collect();
        assert_eq!(tables_of_models(&root.join(readme)), tables.join("\n").trim(), "the tables in {readme}");
    }
}

#[test]
fn published_tables_are_those_that_their_reports_print() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/results");
    let desk = Desk::new();
    let files = fs::read_dir(&results).expect("results").flatten().map(|entry| entry.path());
    let reports: Vec<PathBuf> =
        files.filter(|path| path.to_string_lossy().ends_with(".report.json")).collect();
    assert!(reports.len() >= 2, "{reports:?}");
    for report in reports {
        let name = report.to_string_lossy();
        let tables = fs::read_to_string(name.replace(".report.json", ".md")).expect("its tables");
        assert_eq!(tables, did(&desk.bauta(&["report", &name])), "the tables of {name}");
    }
}

#[test]
fn every_model_has_a_page_of_the_judgement_that_is_on_its_card() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let text =
        |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let files = fs::read_dir(&models).expect("models").flatten().map(|entry| entry.path());
    let mut judged = 0;
    for card in files.filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let name = card.file_stem().expect("a name").to_string_lossy().into_owned();
        let card: serde_json::Value = serde_json::from_str(&text(&card)).expect("a card");
        let sha256 = card["sha256"].as_str().expect("a digest");
        let report = models.join(format!("results/{name}.report.json"));
        let report: bauta::eval::Report = serde_json::from_str(&text(&report)).expect("a report");
        assert!(
            report.subject.key.is_some_and(|key| key.contains(sha256)),
            "the report of {name} is of other weights"
        );
        let page = text(&models.join(format!("results/{name}.report.html")));
        let shown = report.rows.iter().any(|row| row.dataset == "custom_gestures");
        assert_eq!(page.contains("<img"), shown, "pictures on the page of {name}");
        judged += 1;
        assert!(page.contains(&format!("<h1>{name}</h1>")), "the page of {name} is another's");
        let worst = report.summary.leakage_nl.expect("a leak");
        assert!(
            page.contains(&format!("NL {worst:.2}")),
            "the page of {name} does not say its worst leak, {worst}"
        );
    }
    assert!(judged >= 3, "{judged} models");
}

#[test]
fn the_matrix_is_the_one_that_its_reports_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("models/README.md")).expect("a README");
    let after = readme.split("<!-- matrix: ").nth(1).expect("the mark before the matrix");
    let (command, rest) = after.split_once(" -->").expect("the end of the mark");
    let matrix = rest.split("<!-- end of matrix -->").next().expect("the mark after the matrix").trim();
    let asked = command.trim_start_matches("printed by `bauta report ").trim_end_matches('`');
    let reports: Vec<String> =
        asked.split(' ').map(|name| root.join("models").join(name).to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = std::iter::once("report").chain(reports.iter().map(String::as_str)).collect();
    assert_eq!(matrix, did(&Desk::new().bauta(&arguments)).trim(), "the matrix in models/README.md");
}

#[test]
fn the_keypoints_in_the_readme_of_models_are_those_that_were_found() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let text = |name: &str| fs::read_to_string(models.join(name)).expect("a published file");
    let rows: Vec<bauta::eval::Row> =
        serde_json::from_str(&text("results/keypoints.json")).expect("rows of a report");
    assert!(!rows.is_empty(), "nothing was asked");
    for row in rows {
        let figure = format!(
            "| {} | {} | {} | {:.2} [{:.2}, {:.2}] |",
            row.dataset, row.method, row.measure, row.value, row.low, row.high
        );
        assert!(text("README.md").contains(&figure), "{figure} is not in models/README.md");
    }
}

#[test]
fn the_published_baselines_in_readme_are_those_of_their_report() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = |name: &str| fs::read_to_string(root.join(name)).expect("a published file");
    let report: bauta::eval::Report =
        serde_json::from_str(&text("models/results/baselines.report.json")).expect("a report");
    assert!(!report.subject.void, "a control failed: {:#?}", report.controls);
    let readme = text("README.md");
    let inside = readme
        .split("baselines.md -->")
        .nth(1)
        .and_then(|rest| rest.split("<!-- end of baselines -->").next());
    assert_eq!(
        inside.expect("the marks").trim(),
        bauta::eval::overview(&report).trim(),
        "the table in README"
    );
}

#[test]
fn the_promise_in_readme_is_the_one_that_is_printed() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("a README");
    let inside = readme
        .split("--releases 4` -->")
        .nth(1)
        .and_then(|rest| rest.split("<!-- end of promise -->").next());
    let inside = inside.expect("the marks around the promise").trim();
    let printed = did(&Desk::new().bauta(&["dp", "--mu", "2", "--releases", "4"]));
    assert_eq!(inside, format!("```text\n{}\n```", printed.trim_end()), "the promise in README");
}
