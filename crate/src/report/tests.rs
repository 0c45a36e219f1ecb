use std::fs;
use std::path::Path;

use super::*;
use crate::metrics::Reading;
use crate::train::{Line, Pulls, RunResult, Validation};

const CONFIG: &str = "name = \"quiet-mask\"\nseed = 7\n\n[schedule]\nwarm_up = 100\npretrain = 200\nsteps = 400\n\n\
                      [penalty]\nbudget = 0.2\nnote = \"<script>alert(1)</script> & more\"\n";

fn reading(asked: &str, by: &str, top1: f64, chance: f64, n: usize) -> Reading {
    Reading { asked: asked.into(), set: "gym".into(), by: by.into(), top1, chance, n }
}

/// A run to be written into a folder.
struct Scene {
    raw: Vec<Reading>,
    anonymized: Vec<Reading>,
    /// The distance of the game's lines; the budget is 0.2.
    distance: f32,
    /// `L_B` of the branch's own move; chance is 4.14.
    privacy_branch: f32,
    finished: bool,
}

impl Scene {
    /// A run that kept the action and hid the identity, with nothing to complain about.
    fn good() -> Self {
        Self {
            raw: vec![
                reading("action", "utility branch", 0.875, 0.25, 200),
                reading("identity", "linear", 0.625, 0.125, 160),
                reading("identity", "mlp", 0.75, 0.125, 160),
            ],
            anonymized: vec![
                reading("action", "utility branch", 0.855, 0.25, 200),
                reading("identity", "linear", 0.11, 0.125, 160),
                reading("identity", "mlp", 0.14375, 0.125, 160),
            ],
            distance: 0.21,
            privacy_branch: 3.5,
            finished: true,
        }
    }

    fn lines(&self) -> Vec<Line> {
        let line = |step: u64| {
            if step < 200 {
                return Line { step, copy: Some(0.1), utility_branch: Some(1.2), ..Line::default() };
            }
            Line {
                step,
                utility: Some(0.4),
                privacy: Some(3.9),
                penalty: Some((self.distance - 0.2).max(0.0)),
                distance: Some(self.distance),
                budget: Some(0.2),
                penalty_weight: Some(1.0),
                anonymizer: Some(-3.0),
                pulls: Some(Pulls { utility: 1e-4, privacy: 1e-6, penalty: 1e-4 }),
                privacy_branch: Some(self.privacy_branch),
                restarted: (step == 400).then_some(0),
                ..Line::default()
            }
        };
        (0..60).map(|place| line(place * 10)).collect()
    }

    fn write(&self, run: &Path) {
        let put = |name: &str, text: String| fs::write(run.join(name), text).expect("written");
        put("config.toml", CONFIG.into());
        let raw = serde_json::to_value(&self.raw).expect("JSON");
        let about = serde_json::json!({
            "commit": "abc123", "manifest": "feedface", "device": "a <fast> one", "minutes": 12.5,
            "utility_chance": 1.386, "privacy_chance": 4.14, "raw": raw,
        });
        put("run.json", about.to_string());
        let rows = |rows: Vec<String>| rows.into_iter().map(|row| row + "\n").collect::<String>();
        put("metrics.jsonl", rows(self.lines().iter().map(json).collect()));
        let validation = |step: u64, score: f64| Validation {
            step,
            readings: self.anonymized.clone(),
            score: Some(score),
        };
        put("readings.jsonl", rows(vec![json(&validation(400, 0.9)), json(&validation(500, 0.8))]));
        fs::create_dir_all(run.join("samples")).expect("a folder");
        for step in [100, 600] {
            fs::write(run.join(format!("samples/step-{step:07}.png")), format!("png {step}"))
                .expect("written");
        }
        if self.finished {
            let result = RunResult {
                name: "quiet-mask".into(),
                seed: 7,
                steps: 600,
                chosen_step: 400,
                stopped_early: false,
                minutes: 12.5,
                penalty_active: Some(if self.distance > 0.2 { 1.0 } else { 0.0 }),
                raw: self.raw.clone(),
                anonymized: self.anonymized.clone(),
            };
            put("result.json", json(&result));
        }
    }

    /// The verdict and the page.
    fn report(&self) -> (String, String) {
        let run = tempfile::tempdir().expect("a temporary folder");
        self.write(run.path());
        let report = super::write(run.path()).expect("a report");
        let page = fs::read_to_string(report.path).expect("a page");
        (spaced(&report.verdict), spaced(&page))
    }
}

/// Text whose spaces may break.
fn spaced(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("JSON")
}

/// The paragraph list of what to do next.
fn next(page: &str) -> &str {
    page.split_once("<ol class=\"next\">").and_then(|(_, rest)| rest.split_once("</ol>")).expect("a list").0
}

#[test]
fn the_numbers_of_the_run_stand_in_verdict_and_page() {
    let (verdict, page) = Scene::good().report();
    for number in ["85.5 %", "87.5 %", "n = 200", "mlp", "14.4 %", "12.5 %", "75.0 %", "NL of 0.03"] {
        assert!(verdict.contains(number), "{number} is not in: {verdict}");
    }
    // 9.8 to 20.6 %: the Wilson interval of 23 of 160.
    for number in
        ["85.5 %", "87.5 %", "14.4 %", "9.8 % to 20.6 %", "linear", "0.03", "12.5 minutes", "kept step 400"]
    {
        assert!(page.contains(number), "{number} is not in the page");
    }
    assert!(verdict.ends_with(verdict::CAVEAT), "{verdict}");
    for origin in ["abc123", "feedface", "a &lt;fast&gt; one", "quiet-mask"] {
        assert!(page.contains(origin), "{origin} is not in the page");
    }
}

#[test]
fn the_action_is_called_what_it_is() {
    for (top1, raw, claim) in [
        (0.855, 0.875, "The action is kept"),
        (0.70, 0.875, "The action is partly kept"),
        (0.45, 0.875, "The action is mostly lost"),
        (0.26, 0.875, "The action is lost, or"),
        (0.26, 0.27, "Nothing can be concluded about the action"),
        (0.80, 0.27, "Nothing can be concluded about the action"),
    ] {
        let mut scene = Scene::good();
        scene.raw[0].top1 = raw;
        scene.anonymized[0].top1 = top1;
        let (verdict, _) = scene.report();
        assert!(verdict.contains(claim), "{top1} of {raw} at chance 0.25 is not \"{claim}\": {verdict}");
    }
}

#[test]
fn an_attack_is_said_to_leak_only_above_chance() {
    let mut scene = Scene::good();
    let (verdict, _) = scene.report();
    assert!(verdict.contains("cannot be told from chance") && !verdict.contains("leaks"), "{verdict}");
    scene.anonymized[2].top1 = 0.5;
    let (verdict, _) = scene.report();
    assert!(verdict.contains("it still leaks") && verdict.contains("NL of 0.60"), "{verdict}");
}

#[test]
fn no_leak_is_kept_quiet_behind_a_worse_one() {
    let mut scene = Scene::good();
    for (readings, few, many) in [(&mut scene.raw, 0.8, 0.95), (&mut scene.anonymized, 0.66, 0.6)] {
        readings.push(reading("gender", "cnn", few, 0.5, 12));
        readings.push(Reading { set: "faces".into(), ..reading("gender", "cnn", many, 0.5, 2000) });
    }
    let (verdict, _) = scene.report();
    assert!(verdict.contains("asks for gender on gym") && verdict.contains("cannot be told"), "{verdict}");
    assert!(verdict.contains("Also recognised above chance: gender on faces."), "{verdict}");
}

#[test]
fn leakage_is_void_where_raw_frames_are_not_recognised() {
    let mut scene = Scene::good();
    for raw in &mut scene.raw[1..] {
        raw.top1 = 0.13;
    }
    let (verdict, page) = scene.report();
    assert!(
        verdict.contains("Nothing can be concluded about privacy") && !verdict.contains("NL of"),
        "{verdict}"
    );
    assert!(page.contains(">void<"), "the table has no void");
    assert!(next(&page).contains("proves nothing"), "{}", next(&page));
}

#[test]
fn text_of_the_run_is_escaped() {
    let mut scene = Scene::good();
    for readings in [&mut scene.raw, &mut scene.anonymized] {
        readings[0].set = "<b>gym</b>".into();
    }
    let (_, page) = scene.report();
    assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "the configuration is markup");
    assert!(!page.contains("<b>gym"), "the name of a set is markup");
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let (_, page) = Scene::good().report();
    for outside in ["http", "//", "src=\"samples", "<link", "<script", "@import", "url("] {
        // Base64 may hold slashes: the pictures themselves are no references.
        let text: String = page
            .split("data:image/png;base64,")
            .map(|part| part.split_once('"').map_or(part, |(_, rest)| rest))
            .collect();
        assert!(!text.contains(outside), "{outside} is in the page");
    }
    // "png 600" and "png 100": the last sheet first.
    let (last, first) = (page.find("cG5nIDYwMA=="), page.find("cG5nIDEwMA=="));
    assert!(last.is_some() && last < first, "{last:?} and {first:?}");
    assert!(page.contains("prefers-color-scheme"), "there is one scheme only");
}

#[test]
fn an_unfinished_run_is_called_so() {
    let mut scene = Scene::good();
    scene.finished = false;
    let run = tempfile::tempdir().expect("a temporary folder");
    scene.write(run.path());
    let metrics = run.path().join("metrics.jsonl");
    let half = fs::read_to_string(&metrics).expect("lines") + "{\"step\":600,\"uti";
    fs::write(&metrics, half).expect("written");
    let report = super::write(run.path()).expect("a report");
    let page = fs::read_to_string(report.path).expect("a page");
    assert!(report.verdict.starts_with("The run is not finished: 591 of 600 steps"), "{}", report.verdict);
    assert!(report.verdict.contains("validation at step 500"), "{}", report.verdict);
    assert!(next(&page).contains("not finished"), "{}", next(&page));
    assert!(!page.contains("not understood"), "half a last line is no damage");

    for gone in ["readings.jsonl", "run.json"] {
        fs::remove_file(run.path().join(gone)).expect("it was there");
    }
    let report = super::write(run.path()).expect("a report");
    assert!(report.verdict.contains("Nothing has been validated yet"), "{}", report.verdict);
}

#[test]
fn a_folder_without_a_run_is_refused_and_damage_is_named() {
    let run = tempfile::tempdir().expect("a temporary folder");
    let error = super::write(run.path()).expect_err("there is no run");
    assert!(
        matches!(error, ReportError::NoRun { .. }) && error.to_string().contains("bauta train"),
        "{error}"
    );
    assert!(!run.path().join("report.html").exists(), "a report of nothing");
    Scene::good().write(run.path());
    fs::write(run.path().join("result.json"), "{}").expect("written");
    fs::write(run.path().join("metrics.jsonl"), "nonsense\n{\"step\":1}\n").expect("written");
    let report = super::write(run.path()).expect("a report");
    let page = fs::read_to_string(report.path).expect("a page");
    assert!(page.contains("result.json, 1 of 2 lines of metrics.jsonl"), "the damage is not named");
}

#[test]
fn advice_follows_the_numbers() {
    type Change = fn(&mut Scene);
    let cases: [(Change, &str); 6] = [
        (|scene| scene.distance = 0.15, "lower <code>penalty.budget</code>"),
        (|scene| scene.distance = 0.5, "<code>penalty.dual_rate</code> above 0"),
        (|scene| scene.raw[0].top1 = 0.26, "raise <code>schedule.pretrain</code>"),
        (|scene| scene.anonymized[0].top1 = 0.5, "lower <code>game.privacy_weight</code>"),
        (|scene| scene.anonymized[2].top1 = 0.7, "Little is hidden"),
        (
            |scene| {
                scene.privacy_branch = 4.13;
                scene.anonymized[2].top1 = 0.3;
            },
            "<code>adversary.moves</code>",
        ),
    ];
    let (_, calm) = Scene::good().report();
    assert!(next(&calm).contains("No rule fired"), "{}", next(&calm));
    for (change, option) in cases {
        let mut scene = Scene::good();
        change(&mut scene);
        let (_, page) = scene.report();
        let next = next(&page);
        assert!(next.contains(option), "\"{option}\" is not in {next}");
        assert_eq!(next.matches("<li>").count(), 1, "one thing was wrong: {next}");
    }
}
