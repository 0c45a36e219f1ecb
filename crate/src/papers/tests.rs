//! Cards and sheets from reports that were written by hand.

use super::*;
use crate::artifact::{Artifact, Card, Figure, Provenance, Source, UNJUDGED};
use crate::dp::mechanism::MechanismConfig;
use crate::dp::promise::{Promise, Unit};
use crate::eval::{Control, FORMAT, Method, Protocol, Report, Row, Subject, Summary};
use crate::model::DpConfig;

const SHA: &str = "aaaa1111";

fn row(method: &str, measure: &str, protocol: Protocol, value: f64) -> Row {
    Row {
        dataset: "walks".into(),
        measure: measure.into(),
        method: method.into(),
        protocol,
        attacker: "fresh small CNN".into(),
        value,
        low: value - 0.1,
        high: value + 0.1,
        chance: Some(0.25),
        n: 36,
        seeds: 3,
    }
}

/// What a judge says of `mask`, raw clips and a bystander, out of order.
fn report() -> Report {
    use Protocol::{Outside, RawTrained, Retrained};
    const WITHIN: &str = "identity within a session, top-1";
    const SEEN: &str = "re-identification by others, top-1 to raw";
    let other =
        |method, value| Row { dataset: "faces".into(), ..row(method, "gender, top-1", Retrained, value) };
    let rows = vec![
        row("raw", "action, top-1", Retrained, 0.9),
        row("raw", WITHIN, Retrained, 0.8),
        other("raw", 0.3), // its lower end is below chance
        row("blur", WITHIN, Retrained, 0.99),
        row("mask", WITHIN, Retrained, 0.5),
        row("mask", WITHIN, RawTrained, 0.95),
        row("mask", "identity within a session, top-1 from 4 frames", Retrained, 0.45),
        row("mask", "identity within a session, NL", Retrained, 0.45),
        row("mask", "identity across actions, NL", Retrained, 0.3),
        row("mask", "action, top-1", Retrained, 0.85),
        row("mask", "action, drop in points", Retrained, 5.0),
        row("mask", SEEN, Outside, 0.4),
        Row { attacker: "a stronger one".into(), ..row("mask", SEEN, Outside, 0.6) },
        row("mask", "verification, AUC to raw", RawTrained, 0.7),
        row("raw", "verification, AUC among anonymized", Retrained, 0.9),
        row("mask", "gender, cMAP", Retrained, 0.6),
        other("mask", 0.27),
    ];
    let key = format!("model {SHA} {{\"width\":8}}");
    Report {
        format: FORMAT,
        subject: Subject {
            name: Some("mask".into()),
            key: Some(key.clone()),
            size: 64,
            effort: "standard".into(),
            seeds: 3,
            void: false,
        },
        methods: vec![Method { name: "mask".into(), key, trained_on: vec!["faces".into()] }],
        rows,
        controls: vec![Control { name: "raw clips tell".into(), passed: true, value: 0.2 }],
        differences: vec![],
        summary: Summary::default(),
    }
}

fn card() -> Card {
    let source =
        |name: &str| Source { name: name.into(), role: "privacy".into(), licence: "MIT".into(), items: 9 };
    let built_in = Artifact::built_in().expect("weights and their card").card().clone();
    Card {
        name: "mask".into(),
        sha256: SHA.into(),
        trained: Provenance {
            data: vec![source("faces"), source("faces"), source("a|b")],
            ..built_in.trained
        },
        measured: vec![Figure { name: "an older reading".into(), value: 0.123, n: 5, ..Figure::default() }],
        limits: vec!["gait is left".into(), UNJUDGED[0].into(), UNJUDGED[2].into()],
        ..built_in
    }
}

#[test]
fn a_card_gets_the_strongest_of_each_attack_in_the_order_of_the_questions() {
    let found = figures(&report(), "mask");
    let lines: Vec<(&str, f64)> = found.iter().map(|figure| (figure.name.as_str(), figure.value)).collect();
    let wanted = [
        ("action top-1 on walks, raw", 0.9),
        ("action top-1 on walks, anonymized", 0.85),
        ("action drop in points on walks, anonymized", 5.0),
        ("identity within a session top-1 on walks, raw", 0.8),
        ("identity within a session top-1 on walks, anonymized", 0.5),
        ("identity within a session NL on walks, anonymized", 0.45),
        ("identity across actions NL on walks, anonymized", 0.3),
        ("re-identification by others top-1 to raw on walks, anonymized, a stronger one", 0.6),
        ("verification AUC to raw on walks, anonymized, raw-trained", 0.7),
        ("gender top-1 on faces, raw", 0.3),
        ("gender top-1 on faces, anonymized", 0.27),
    ];
    assert_eq!(lines, wanted, "the figures");
    let figure = &found[4];
    assert_eq!(figure.interval(), Some((0.4, 0.6)), "the interval");
    assert_eq!((figure.chance, figure.n, figure.seeds), (Some(0.25), 36, Some(3)), "chance, n and seeds");
    assert_eq!(figure.protocol.as_deref(), Some("retrained"), "what it learnt from");
}

#[test]
fn the_claim_is_the_worst_leakage_with_its_interval_and_nothing_more() {
    let said = claim(None, &report(), "mask");
    for part in
        ["no formal guarantee", "worst NL 0.45 [0.35, 0.55]", "identity within a session on walks", "3 seed"]
    {
        assert!(said.contains(part), "\"{part}\" is missing from: {said}");
    }
    assert!(!said.contains("anonymous") && !said.contains("compliant"), "{said}");
    assert!(!said.contains("short lessons"), "the lessons were long: {said}");
    let mut quick = report();
    quick.subject.effort = "quick".into();
    assert!(claim(None, &quick, "mask").contains("short lessons"), "{}", claim(None, &quick, "mask"));
    quick.rows.retain(|row| !row.measure.ends_with("NL"));
    assert!(claim(None, &quick, "mask").contains("no leakage is stated"), "{}", claim(None, &quick, "mask"));
}

#[test]
fn the_claim_of_a_model_with_a_promise_is_the_promise_and_then_what_leaks() {
    let promise = |sigma: f64| Promise::of(&MechanismConfig { clip: 1.0, sigma, levels: None }, Unit::FRAME);
    let said = claim(promise(2.0).as_ref(), &report(), "mask");
    assert!(said.starts_with("each release is 1.0000-GDP (epsilon 4.377 at delta 1e-5)"), "{said}");
    assert!(
        said.contains("; measured leakage: worst NL 0.45") && !said.contains("no formal guarantee"),
        "{said}"
    );
    let silent = claim(promise(0.0).as_ref(), &report(), "mask");
    assert_eq!(silent, claim(None, &report(), "mask"), "without noise there is no promise");
}

#[test]
fn the_claim_of_codes_on_levels_begins_with_how_little_they_show() {
    for (levels, every, bound) in [
        (4, 24, "no more than 6 bits are shown of each 24 frames"),
        (3, 24, "no more than 4.8 bits are shown of each 24 frames"), // 4.755, and a bound is not rounded down
        (2, 1, "no more than 3 bits are shown of each frame"),
    ] {
        let mechanism = MechanismConfig { clip: 1.0, sigma: 0.0, levels: Some(levels) };
        let card = card().with_config(DpConfig::new((16, 3, every), mechanism));
        let said = judged(&card, &report()).expect("its own report").privacy_claim;
        let wanted = format!("{bound}; measured leakage, no formal guarantee: worst NL 0.45");
        assert!(said.starts_with(&wanted), "{said}");
    }
}

#[test]
fn a_judgement_replaces_what_was_measured_and_what_it_settles_and_a_second_one_changes_nothing() {
    let first = judged(&card(), &report()).expect("its own report");
    assert!(first.measured.iter().all(|figure| figure.low.is_some()), "an older reading is left");
    let limits = [
        "gait is left",
        "judged on walks, faces at 64 x 64 pixels: nothing is known of other people, cameras and acts",
        "judged on sets that it has learnt from: faces",
        "judged without result on faces: raw clips do not tell gender, and how much of it is hidden is not known",
    ];
    assert_eq!(first.limits, limits, "the limits");
    assert_eq!(judged(&first, &report()).expect("again"), first, "a second time");
    let Card { sha256, trained, licence, known_answer, .. } = card();
    assert_eq!(
        (first.sha256, first.trained, first.licence, first.known_answer),
        (sha256, trained, licence, known_answer),
        "what a judge does not touch"
    );
}

fn refused(change: impl Fn(&mut Report), parts: &[&str]) {
    let mut report = report();
    change(&mut report);
    let said = judged(&card(), &report).expect_err("refused").to_string();
    for part in parts {
        assert!(said.contains(part), "\"{part}\" is missing from: {said}");
    }
}

#[test]
fn a_report_that_is_void_or_about_something_else_is_refused_with_the_reason() {
    let failed = Control { name: "black clips tell nothing".into(), passed: false, value: 0.4 };
    refused(|report| report.controls.push(failed.clone()), &["void", "black clips tell nothing (0.400)"]);
    refused(|report| report.subject.void = true, &["void: a control failed;"]);
    refused(|report| report.subject.key = None, &["no single subject", "judge mask alone"]);
    refused(|report| report.subject.name = None, &["no single subject", "judge mask alone"]);
    let other = Some("model aaaa11112 {}".to_owned());
    refused(|report| report.subject.key.clone_from(&other), &["mask", SHA, "model aaaa11112", "judge mask"]);
    refused(|report| report.subject.key = Some(format!("blur {SHA}")), &["not about the weights", "blur"]);
    refused(|report| report.rows.retain(|row| row.method == "raw"), &["no figure of mask"]);
}

#[test]
fn a_file_that_is_no_report_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("report.json");
    let said = |text: Option<&str>| {
        if let Some(text) = text {
            std::fs::write(&path, text).expect("written");
        }
        let said = read(&path).expect_err("refused").to_string();
        assert!(said.contains("report.json"), "the file is not named: {said}");
        said
    };
    assert!(said(None).contains("bauta judge"), "no way out");
    assert!(said(Some("{\"format\": 1}")).contains("is no report"), "half a report");
    let newer = said(Some("{\"format\": 7, \"novel\": 1}"));
    assert!(newer.contains("format 7") && newer.contains("reads 1"), "{newer}");
    let whole = serde_json::to_string(&report()).expect("JSON");
    std::fs::write(&path, whole).expect("written");
    assert_eq!(read(&path).expect("a report"), report(), "it came back as another");
}

/// The part of a sheet below a heading, up to the next.
fn below<'a>(sheet: &'a str, heading: &str) -> &'a str {
    let rest = sheet.split(heading).nth(1).unwrap_or_else(|| panic!("there is no {heading} in: {sheet}"));
    rest.split("\n#").next().unwrap_or(rest)
}

#[test]
fn a_sheet_sorts_figures_by_what_they_tell() {
    let sheet = sheet(&judged(&card(), &report()).expect("its own report"));
    let singled = below(&sheet, "### Singling out");
    assert!(singled.contains("| anonymized | 0.500 [0.400, 0.600] | 0.250 | 36 |"), "{singled}");
    assert!(singled.contains("a stronger one | data of others"), "{singled}");
    assert!(below(&sheet, "### Linkability").contains("verification, AUC to raw on walks"), "{sheet}");
    assert!(
        below(&sheet, "### Inference").contains("gender, top-1 on faces | anonymized | 0.270"),
        "{sheet}"
    );
    let kept = below(&sheet, "## 5. What survives");
    assert!(kept.contains("| 5.0 [4.9, 5.1] | 0.250 |") && !kept.contains("identity"), "{kept}");
    assert!(below(&sheet, "## 7. Limits").contains("- gait is left\n- judged on walks"), "{sheet}");
    assert!(sheet.contains("worst NL 0.45") && sheet.contains("a\\|b (9 items"), "{sheet}");
}

#[test]
fn a_sheet_says_what_it_is_and_what_nobody_has_measured() {
    let plain = sheet(&card());
    for heading in ["### Singling out", "### Linkability", "### Inference", "## 5. What survives"] {
        assert!(
            below(&plain, heading).contains("**Not measured.**"),
            "{heading}: {}",
            below(&plain, heading)
        );
    }
    assert!(!plain.contains("0.123"), "a trainer's reading passes for a measured risk");
    assert!(plain.contains("an input to an assessment, not an assessment"), "{plain}");
    let articles = [
        "4(1)",
        "4(14)",
        "9(1)",
        "5(1)(b)",
        "5(1)(c)",
        "25",
        "32",
        "35",
        "Recital 26",
        "WP216",
        "50(2)",
        "26(",
        "27(",
    ];
    for named in articles {
        assert!(plain.contains(named), "{named} is not named");
    }
    assert!(!plain.contains("{{") && !plain.contains("}}"), "a field is open");
    let mut raw_alone = report();
    raw_alone.rows.retain(|row| row.method == "raw" || row.measure == "action, top-1");
    let sheet = sheet(&judged(&card(), &raw_alone).expect("its action is told"));
    assert!(
        below(&sheet, "### Singling out").contains("**Not measured.**"),
        "raw clips say nothing of the model"
    );
}

#[test]
fn a_name_that_looks_like_a_field_stays_a_name() {
    let card = Card { name: "{{limits}}".into(), ..card() };
    assert!(
        sheet(&card).starts_with("# Input to a data protection impact assessment: {{limits}}\n"),
        "replaced"
    );
}
