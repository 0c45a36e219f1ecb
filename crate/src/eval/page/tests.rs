//! The page says what the figures say, and nothing is lost on the way.

use super::super::heading::Heading;
use super::super::report::{Control, FORMAT, Method, Protocol, Report, Row, Subject, Summary};
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
        row("a", "mask", "action, drop in points", 2.0),
        row("a", "blur", "action, drop in points", 1.0),
        row("a", "mask", "identity across actions, NL", 0.3),
        row("a", "blur", "identity across actions, NL", 0.9),
        row("a", "mask", "identity across actions, top-1 from 1 frame", 0.3),
        row("a", "mask", "identity across actions, top-1 from 16 frames", 0.4),
        row("a", "mask", "a measure of tomorrow", 0.123),
    ]
}

/// The page of these rows; `name` is the subject.
fn page_of(name: Option<&str>, rows: Vec<Row>) -> String {
    page(&report(name, rows), &[])
}

/// The page as it is read before anything is unfolded.
fn unfolded(page: &str) -> &str {
    page.split("<details>").next().expect("a page begins")
}

/// Checks that a page says all of this.
fn says(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "\"{part}\" is missing from {page}");
    }
}

#[test]
fn the_page_names_the_worst_leak_and_the_front() {
    let page = page_of(Some("mask"), judged());
    says(
        &page,
        &[
            "Behind mask the action is named 2.0 points of a hundred less often",
            "worst leakage is identity across actions on a, by a fresh small CNN: NL 0.30",
            "both hides and keeps more: mask.",
            "What more frames tell",
            "Other measures",
            "a measure of tomorrow",
        ],
    );
    assert!(!page.contains("Void.") && !page.contains(">void<"), "no control failed, no figure is void");
}

#[test]
fn what_gains_is_not_called_a_loss() {
    let rows = vec![row("a", "mask", "action, drop in points", -3.0)];
    let page = page_of(Some("mask"), rows);
    says(&page, &["named 3.0 points of a hundred more often"]);
}

#[test]
fn only_intervals_that_overlap_are_said_to() {
    let rows = |blur: f64| {
        let of = |method, kept, leaks| {
            [row("a", method, "action, top-1", kept), row("a", method, "gender, NL", leaks)]
        };
        [of("mask", 0.88, 0.3), of("blur", blur, 0.9)].concat()
    };
    let page = page_of(None, rows(0.5));
    assert!(!page.contains("overlap:"), "0.45 to 0.55 is told from 0.83 to 0.93");
    let page = page_of(None, rows(0.8));
    says(&page, &["The intervals on a overlap: what is kept by mask cannot be told from that of blur."]);
}

#[test]
fn a_leakage_that_raw_clips_do_not_allow_is_void_and_not_missing() {
    let asked = "identity across actions, top-1";
    let rows = vec![
        row("a", "raw", asked, 0.25),
        row("a", "mask", asked, 0.2),
        row("a", "raw", "action, top-1", 0.9),
        row("a", "mask", "action, top-1", 0.9),
        row("a", "mask", "action, drop in points", 0.0),
    ];
    let page = page_of(Some("mask"), rows.clone());
    says(&page, &["identity across actions, NL<", "void<small", "Nothing can be said about what mask hides"]);
    assert_eq!(page.matches("void<small").count(), 1, "raw clips leak by definition; the drop is there");
    let with = [rows, vec![row("a", "mask", "identity across actions, NL", 0.1)]].concat();
    assert!(!page_of(Some("mask"), with).contains("void<small"), "a figure that is there is not void");
}

#[test]
fn where_raw_clips_tell_no_action_nobody_is_ranked_by_it() {
    let rows = |raw: f64| {
        let of = |method: &str, kept, leaks| {
            [row("a", method, "action, top-1", kept), row("a", method, "gender, NL", leaks)]
        };
        let raw = [row("a", "raw", "action, top-1", raw)];
        [&raw[..], &of("mask", 0.31, 0.3), &of("blur", 0.27, 0.9), &of("black", 0.25, 0.32)].concat()
    };
    let page = page_of(None, rows(0.28));
    says(
        &page,
        &[
            "Raw clips of a tell no action above chance (top-1 0.28 [0.23, 0.33]; chance 0.25)",
            "a: mask leaks least (NL 0.30, 0.25 to 0.35); black cannot be told from it.",
            "No plot of a: raw clips tell no action there",
        ],
    );
    for ranked in ["keeps most", "Pareto", "what is kept by"] {
        assert!(!page.contains(ranked), "\"{ranked}\" of an action that nobody can tell");
    }
    let page = page_of(None, rows(0.9));
    says(&page, &["a: mask keeps most of the action", "Pareto front"]);
    assert!(!page.contains("tell no action") && !page.contains("No plot"), "raw clips tell it");
}

#[test]
fn a_transform_without_a_place_in_the_plot_is_named() {
    let rows = [judged(), vec![row("a", "ghost", "action, top-1", 0.9)]].concat();
    says(&page_of(None, rows), &["a figure is void or missing: ghost."]);
}

#[test]
fn two_networks_by_others_do_not_hide_each_other() {
    let by = |attacker: &str, value| Row {
        protocol: Protocol::Outside,
        attacker: attacker.into(),
        ..row("a", "mask", "gender, top-1", value)
    };
    let again = Row { attacker: "second CNN".into(), ..row("a", "mask", "race, top-1", 0.714) };
    let rows = vec![
        by("one network", 0.611),
        by("another network", 0.722),
        row("a", "mask", "race, top-1", 0.4),
        again,
    ];
    let page = page_of(None, rows);
    says(unfolded(&page), &["one network", "another network", "0.61<", "0.72<", "0.40<", "0.71<"]);
}

#[test]
fn attackers_are_named_at_each_figure_only_where_they_differ() {
    let linear = Row { attacker: "linear probe".into(), ..row("a", "blur", "action, top-1", 0.5) };
    let named = |rows: Vec<Row>| unfolded(&page_of(None, rows)).matches("fresh small CNN").count();
    let two = vec![row("a", "raw", "action, top-1", 0.9), row("a", "mask", "action, top-1", 0.88)];
    assert_eq!(named(two.clone()), 1, "once, above the column");
    assert_eq!(named([two, vec![linear]].concat()), 2, "at each of its figures");
}

#[test]
fn the_worst_attribute_of_the_subject_stands_first() {
    let rows = vec![
        row("a", "mask", "gender, NL", 0.2),
        row("a", "mask", "race, NL", 0.6),
        row("a", "blur", "age, NL", 0.9),
    ];
    let page = page_of(Some("mask"), rows[..2].to_vec());
    let place = |name: &str| unfolded(&page).find(name).expect("a column");
    assert!(place(">race, NL<") < place(">gender, NL<"), "race leaks most");
    says(&page_of(Some("mask"), rows.clone()), &["Worst: race on a under mask, NL 0.60"]);
    says(&page_of(None, rows), &["Worst: age on a under blur, NL 0.90"]);
}

#[test]
fn every_transform_has_its_curve_over_frames_and_no_other_question_is_mixed_in() {
    let of = |method: &str, asked: &str, value| {
        [1, 16].map(|count| row("a", method, &format!("{asked}, top-1 from {count} frames"), value))
    };
    let methods: Vec<String> = (0..12).map(|number| format!("filter-{number}-")).collect();
    let rows: Vec<Row> = methods.iter().flat_map(|method| of(method, "gender", 0.5)).collect();
    let page = page_of(None, [of("raw", "gender", 0.9).to_vec(), rows.clone()].concat());
    says(&page[..page.find("<h2>Pictures").expect("a heading")], &["filter-0-", "filter-11-"]);
    assert_eq!(page.matches("gender on a").count(), 3, "five at a time");
    let alone = frames::aggregation(&report(Some("filter-3-"), rows)).into_string();
    assert!(alone.contains("gender on a") && !alone.contains("filter-4-"), "the subject stands alone");
    let mixed = [of("raw", "gender", 0.9), of("raw", "gender by eye", 0.1)].concat();
    let plots = frames::aggregation(&report(None, mixed)).into_string();
    let (first, second) = plots.split_once("gender by eye on a").expect("two plots");
    let dots = |plot: &str| plot.matches("<circle").count();
    assert_eq!((dots(first), dots(second)), (2, 2), "each question has its own two figures");
}

#[test]
fn people_who_may_not_be_shown_are_named_and_not_shown() {
    let sheet = |method: &str| Sheet { set: "open".into(), method: method.into(), png: b"x".to_vec() };
    let rows = vec![row("open", "mask", "gender, NL", 0.2), row("closed", "mask", "gender, NL", 0.2)];
    let page = page(&report(None, rows), &[sheet("raw"), sheet("mask")]);
    says(&page, &["None of closed:", "frames of open under mask"]);
    assert_eq!(page.matches("<img").count(), 2, "one picture a sheet");
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
    let untested = |rows| page_of(None, rows);
    let sentence = "Whether two clips show the same person.";
    assert!(untested(judged()).contains(sentence), "verification was not measured");
    let with = [judged(), vec![row("a", "mask", "verification, AUC to raw", 0.7)]].concat();
    assert!(!untested(with).contains(sentence), "verification was measured");
    let attributes = "such as gender or age.";
    assert!(untested(judged()).contains(attributes), "no attribute was asked");
    let with = [judged(), vec![row("a", "mask", "gender, top-1", 0.7)]].concat();
    assert!(!untested(with).contains(attributes), "one was");
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
        ("flicker, 0 to 255", Heading::Utility),
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
