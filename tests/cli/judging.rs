//! Judgements, and what becomes of them.

use std::fs;
use std::path::Path;

use image::RgbImage;

use crate::desk::{Desk, did, says};

#[test]
fn a_judgement_of_nothing_is_refused_with_the_ways_out() {
    let desk = Desk::new();
    desk.refused(&["judge"], &["name a model", "--baselines", "--sweep"]);
    desk.refused(&["judge", "--compare", "grey"], &["--compare", "at least two"]);
    desk.refused(&["judge", "grey", "--size", "50"], &["--size 50", "multiple of 16"]);
    desk.refused(&["judge", "grey", "--set", "no.csv"], &["no.csv"]);
}

#[test]
fn members_of_what_nobody_trained_or_without_anybody_else_are_refused() {
    let desk = Desk::new();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    for end in ["bpk", "json"] {
        fs::copy(models.join(format!("bauta-s.{end}")), desk.path(&format!("m.{end}"))).expect("the model");
    }
    let stage = ["data", "stage", "stage", "--clips", "24", "--people", "4", "--frames", "4", "--size", "16"];
    did(&desk.bauta(&stage));
    let judge = |subject: &str, members: &str, parts: &[&str]| {
        let set = ["--set", "stage/manifest.csv", "--size", "16", "--quick", "--members", members];
        desk.refused(&[&["judge", subject][..], &set].concat(), parts);
    };
    judge("grey", "p000,p001", &["--members", "grey", "learnt from nobody"]);
    judge("m", "p000,p001,p002,p003", &["at least two people", "4 member(s) and 0 other people"]);
    judge("m", "p000,somebody", &["somebody", "p001"]);
    judge("m", "p000", &["at least two people", "1 member(s) and 3 other people"]);
}

#[test]
fn clips_that_take_the_name_of_others_are_refused() {
    let desk = Desk::new();
    attributed(&desk);
    for folder in ["raw", "grey"] {
        fs::create_dir(desk.path(folder)).expect("a folder");
        for place in 0..24 {
            let name = format!("{place}.png");
            fs::copy(desk.path(&name), desk.path(&format!("{folder}/{name}"))).expect("a picture");
        }
        fs::copy(desk.path("people.csv"), desk.path(&format!("{folder}/theirs.csv"))).expect("a manifest");
    }
    let set = ["--set", "people.csv", "--quick", "--size", "16"];
    let refused =
        |subjects: &[&str], parts: &[&str]| desk.refused(&[&["judge"][..], subjects, &set].concat(), parts);
    refused(&["raw/theirs.csv"], &["\"raw\"", "untouched", "rename"]);
    refused(&["grey/theirs.csv", "grey"], &["two things", "\"grey\"", "rename"]);
}

/// What a judge says of the built-in model, by hand: one private question, one figure of the action.
fn report_of(sha256: &str, void: bool) -> String {
    let row = |method: &str, measure: &str, value: f64| {
        serde_json::json!({
            "dataset": "walks", "measure": measure, "method": method, "protocol": "retrained",
            "attacker": "fresh small CNN", "value": value, "low": value - 0.05, "high": value + 0.05,
            "chance": 0.1, "n": 40, "seeds": 3
        })
    };
    let rows = [
        row("raw", "action, top-1", 0.9),
        row("bauta-s", "action, top-1", 0.8),
        row("raw", "identity within a session, top-1", 0.95),
        row("bauta-s", "identity within a session, top-1", 0.4),
        row("bauta-s", "identity within a session, NL", 0.35),
    ];
    let subject = serde_json::json!({
        "name": "bauta-s", "key": format!("model {sha256} {{}}"), "size": 64, "effort": "standard", "seeds": 3,
        "void": void
    });
    let summary = serde_json::json!({});
    serde_json::json!({ "format": 1, "subject": subject, "rows": rows, "controls": [], "summary": summary })
        .to_string()
}

#[test]
fn a_report_fills_the_card_of_its_own_model_and_of_no_other() {
    let desk = Desk::new();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    fs::copy(models.join("bauta-s.bpk"), desk.path("m.bpk")).expect("the built-in weights");
    fs::copy(models.join("bauta-s.json"), desk.path("m.json")).expect("the built-in card");
    let card = || fs::read_to_string(desk.path("m.json")).expect("a card");
    let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    let before = card();
    let sha256 = parsed(&before)["sha256"].as_str().expect("a digest").to_owned();
    let filling = ["card", "m", "--from", "report.json"];
    for (digest, void, parts) in
        [("ffff", false, ["not about the weights", "ffff"]), (&sha256, true, ["void", "judge"])]
    {
        fs::write(desk.path("report.json"), report_of(digest, void)).expect("written");
        desk.refused(&filling, &parts);
    }
    assert_eq!(card(), before, "a refused report left its mark");

    fs::write(desk.path("report.json"), report_of(&sha256, false)).expect("written");
    desk.refused(&["card", "--from", "report.json"], &["name its MODEL"]);
    let sheet = did(&desk.bauta(&["card", "m", "--dpia", "--from", "report.json"]));
    assert!(sheet.contains("| 0.400 [0.350, 0.450] | 0.100 | 40 |"), "{sheet}");
    assert_eq!(card(), before, "a sheet left its mark on the card");
    let page = did(&desk.bauta(&filling));
    assert!(page.contains("0.400 [0.350, 0.450]  chance 0.100  n 40"), "{page}");
    let table = did(&desk.bauta(&["card", "m.json", "--table"]));
    assert!(table.contains("value [95 % interval]") && table.contains("| 0.350 [0.300, 0.400] |"), "{table}");
    let after = parsed(&card());
    assert_eq!(after["measured"][3]["attacker"], "fresh small CNN", "{after:#}");
    assert!(
        after["privacy_claim"].as_str().expect("a claim").contains("worst NL 0.35 [0.30, 0.40]"),
        "{after:#}"
    );
    assert!(!card().contains("was not measured"), "a limit that the judge has lifted is left: {after:#}");
    for field in ["sha256", "known_answer", "trained", "licence", "config"] {
        assert_eq!(after[field], parsed(&before)[field], "{field} is not the judge's to change");
    }
    let said = did(&desk.bauta(&["card", "m", "--dpia", "--out", "dpia.md"]));
    assert_eq!(said.trim(), "wrote dpia.md", "the summary");
    assert_eq!(
        fs::read_to_string(desk.path("dpia.md")).expect("a sheet"),
        sheet,
        "the card says the same now"
    );
    assert_eq!(desk.names(), ["dpia.md", "m.bpk", "m.json", "report.json"], "something is left over");
}

/// Two dozen pictures with an attribute, which are judged quickly.
fn attributed(desk: &Desk) {
    let mut rows = "clip,source,kind,subject,action,attributes,split\n".to_owned();
    for place in 0..24 {
        let (split, gender) = (["train", "validation", "test"][place % 3], ["f", "m"][place / 3 % 2]);
        let red = if gender == "f" { 200 } else { 40 };
        let pixel = |x: u32, y: u32| image::Rgb([red, (x * 9) as u8, (y * 5) as u8 + place as u8]);
        RgbImage::from_fn(16, 16, pixel)
            .save(desk.path(&format!("{place}.png")))
            .expect("a picture is written");
        rows += &format!("p {place},{place}.png,image,,,gender={gender},{split}\n");
    }
    fs::write(desk.path("people.csv"), rows).expect("written");
}

#[test]
fn clips_go_out_to_other_attackers_and_their_rows_come_back() {
    let desk = Desk::new();
    attributed(&desk);
    let judge = |words: &[&str]| {
        let judging = ["judge", "--set", "people.csv", "--quick", "--size", "16", "--out", "judged"];
        desk.bauta(&[&judging[..], words].concat())
    };
    let report = || {
        let text = fs::read_to_string(desk.path("judged/report.json")).expect("a report");
        let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        report["rows"].as_array().expect("rows").clone()
    };
    let offer = |method: &str| {
        let row = serde_json::json!([{
            "dataset": "people.csv", "measure": "gender, top-1", "method": method, "protocol": "outside",
            "attacker": "a stranger", "value": 0.625, "low": 0.5, "high": 0.75, "chance": 0.5, "n": 8, "seeds": 1
        }]);
        fs::write(desk.path("rows.json"), row.to_string()).expect("written");
    };
    offer("grey scale");
    says(&judge(&["grey", "--merge", "rows.json"]), &["rows.json, row 1, method", "grey scale", "\"grey\""]);
    assert!(!desk.path("judged").exists(), "it judged before it looked at the rows");

    offer("grey");
    judge(&["grey", "--write-clips", "clips", "--merge", "rows.json"]);
    let theirs = report().into_iter().find(|row| row["attacker"] == "a stranger").expect("the row came back");
    assert_eq!((&theirs["value"], &theirs["method"]), (&0.625.into(), &"grey".into()), "another row");
    let index = fs::read_to_string(desk.path("clips/clips.json")).expect("an index");
    assert!(index.contains("people/raw/manifest.csv"), "{index}");
    let page = |more: &[&str]| {
        desk.bauta(&[&["report", "judged/report.json", "--html", "page.html"][..], more].concat())
    };
    assert_eq!(did(&page(&[])).trim(), "wrote page.html");
    let [again, first] =
        ["page.html", "judged/report.html"].map(|file| fs::read_to_string(desk.path(file)).expect("a page"));
    assert!(first.matches("<img").count() >= 2, "pictures of raw and grey ones");
    assert!(again == first, "the page of a report is not the one that the judge wrote");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/bauta-s");
    says(
        &page(&["--picture", &model.to_string_lossy()]),
        &["judged/report.json has not judged", "bauta-s", "judge it again"],
    );
    says(&page(&["judged/report.json"]), &["--html", "one report.json"]);
    desk.refused(&["report", "judged", "--html", "page.html"], &["--html", "one report.json"]);
    let itself = ["report", "judged/report.json", "--html", "judged/report.json"];
    desk.refused(&itself, &["the report itself"]);

    let grey = "clips/people/grey/manifest.csv";
    let checked = did(&desk.bauta(&["data", "check", grey, "--size", "16"]));
    assert!(checked.contains("clips       24 with 24 frames"), "{checked}");
    judge(&[grey]);
    let again = report().into_iter().find(|row| row["method"] == "grey").expect("clips by somebody else");
    assert_eq!(again["n"], 8, "the test pictures");
}

#[test]
fn transforms_of_an_earlier_report_stand_beside_those_that_are_judged() {
    let desk = Desk::new();
    attributed(&desk);
    let judge = |subject: &str, words: &[&str]| {
        let judging = ["judge", subject, "--set", "people.csv", "--quick"];
        desk.bauta(&[&judging[..], words].concat())
    };
    let report = |folder: &str| {
        let text = fs::read_to_string(desk.path(&format!("{folder}/report.json"))).expect("a report");
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")
    };
    let rows_of = |report: &serde_json::Value, method: &str| {
        let rows = report["rows"].as_array().expect("rows").iter();
        rows.filter(|row| row["method"] == method).cloned().collect::<Vec<_>>()
    };
    judge("grey", &["--size", "16", "--out", "then"]);
    let beside = ["--size", "16", "--out", "now", "--beside", "then/report.json"];
    judge("pixelate-4", &beside);
    let (then, now) = (report("then"), report("now"));
    for method in ["raw", "grey"] {
        assert!(!rows_of(&then, method).is_empty(), "{then:#}");
        assert_eq!(rows_of(&now, method), rows_of(&then, method), "the rows of {method}");
    }
    assert!(!rows_of(&now, "pixelate 4").is_empty(), "{now:#}");
    assert_eq!(now["controls"], then["controls"], "the controls");

    says(&judge("grey", &beside), &["grey", "judged again"]);
    let smaller = ["--size", "32", "--beside", "then/report.json"];
    says(&judge("pixelate-4", &smaller), &["size", "16 pixels", "32 pixels"]);
    let other = fs::read_to_string(desk.path("then/report.json")).expect("a report");
    let value = rows_of(&then, "raw")[0]["n"].to_string();
    let other = other.replacen(&format!("\"n\": {value}"), "\"n\": 777", 1);
    fs::write(desk.path("then/report.json"), other).expect("written");
    says(&judge("pixelate-4", &beside), &["raw clips of people.csv", "777", "judge its transforms again"]);
}
