//! The page says what the figures say, and nothing is lost on the way.

use super::super::report::{Control, FORMAT, Method, Protocol, Report, Row, Subject, Summary};
use super::tables::Heading;
use super::*;

fn row(dataset: &str, method: &str, measure: &str, value: f64) -> Row {
    Row {
        dataset: dataset.into(),
        measure: measure.into(),
        method: method.into(),
        protocol: Protocol::Retrained,
        attacker: "fresh small CNN".into(),
        value,
        low: value - 0.05,
        high: value + 0.05,
        chance: Some(0.25),
        n: 36,
        seeds: 3,
    }
}

fn report(name: Option<&str>, rows: Vec<Row>) -> Report {
    Report {
        format: FORMAT,
        subject: Subject {
            name: name.map(String::from),
            key: name.map(|name| format!("model {name}")),
            size: 48,
            effort: "standard".into(),
            seeds: 3,
            void: false,
        },
        methods: vec![Method { name: "mask".into(), key: "k".into(), trained_on: vec![] }],
        rows,
        controls: vec![Control { name: "raw tells".into(), passed: true, value: 0.5 }],
        differences: vec![],
        summary: Summary { action_drop_points: Some(2.0), action_drop_high: Some(5.5), ..Summary::default() },
    }
}

fn judged() -> Vec<Row> {
    vec![
        row("a", "raw", "action, top-1", 0.9),
        row("a", "mask", "action, top-1", 0.88),
        row("a", "blur", "action, top-1", 0.5),
        row("a", "mask", "identity across actions, NL", 0.3),
        row("a", "blur", "identity across actions, NL", 0.9),
        row("a", "mask", "identity across actions, top-1 from 1 frame", 0.3),
        row("a", "mask", "identity across actions, top-1 from 16 frames", 0.4),
        row("a", "mask", "a measure of tomorrow", 0.123),
    ]
}

#[test]
fn the_page_names_the_worst_leak_and_the_front() {
    let page = page(&report(Some("mask"), judged()), &[]);
    for part in [
        "Behind mask the action is named 2.0 points",
        "worst leakage is identity across actions on a, by a fresh small CNN: NL 0.30",
        "nothing else hides and keeps more than mask.",
        "What more frames tell",
        "Other measures",
        "a measure of tomorrow",
    ] {
        assert!(page.contains(part), "\"{part}\" is missing");
    }
    assert!(!page.contains("Void."), "no control failed");
}

#[test]
fn a_failed_control_stands_above_everything() {
    let mut failed = report(Some("mask"), judged());
    failed.subject.void = true;
    let page = page(&failed, &[]);
    let (void, verdict) = (page.find("Void.").expect("said"), page.find("Behind mask").expect("said"));
    assert!(void < verdict, "the warning comes too late");
}

#[test]
fn names_are_text_and_nothing_is_fetched() {
    let rows = vec![row("<i>set", "<script>", "action, top-1", 0.9)];
    let page = page(&report(Some("<script>"), rows), &[]);
    assert!(!page.contains("<script>") && !page.contains("<i>set"), "a name became markup");
    assert!(!page.contains("http:") && !page.contains("https:"), "the page asks for something");
}

#[test]
fn what_was_not_measured_is_said() {
    let untested = |rows| page(&report(None, rows), &[]);
    let sentence = "Whether two clips show the same person.";
    assert!(untested(judged()).contains(sentence), "verification was not measured");
    let with = [judged(), vec![row("a", "mask", "verification, AUC to raw", 0.7)]].concat();
    assert!(!untested(with).contains(sentence), "verification was measured");
}

#[test]
fn actions_of_one_set_stand_beside_people_of_another() {
    let rows = vec![row("fights", "mask", "action, top-1", 0.7), row("faces", "mask", "gender, NL", 0.4)];
    let page = page(&report(None, rows), &[]);
    assert!(page.contains("fights beside faces"), "two halves of one protocol are not shown together");
}

#[test]
fn every_measure_has_its_heading() {
    for (measure, heading) in [
        ("action, drop in points", Heading::Utility),
        ("identity within a session, NL", Heading::SinglingOut),
        ("identity on reconstructions, top-1", Heading::SinglingOut),
        ("re-identification by others, top-1 to raw", Heading::SinglingOut),
        ("reconstruction, PSNR in dB", Heading::SinglingOut),
        ("verification, TAR at FAR 0.1 to raw", Heading::Linkability),
        ("gender, cMAP", Heading::Inference),
        ("membership, AUC", Heading::Inference),
        ("something new", Heading::Other),
    ] {
        assert_eq!(Heading::of(measure), heading, "{measure}");
    }
}
