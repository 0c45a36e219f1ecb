//! Drawn people on the command line.

use std::fs;

use crate::desk::{Desk, did};

#[test]
fn what_cannot_be_drawn_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    let draw = ["data", "stage", "people", "--clips", "6", "--people", "2", "--size", "16", "--frames", "2"];
    let refused = |more: &[&str], parts: &[&str]| desk.refused(&[&draw[..], more].concat(), parts);
    let senseless = |more: &[&str], part: &str| {
        let output = desk.bauta(&[&draw[..], more].concat());
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && complaint.contains(part), "{complaint}");
    };
    senseless(&["--framing", "sideways"], "[possible values: whole, upper, close, mixed]");
    senseless(&["--test", "1.5"], "between 0 and 1");
    refused(&["--motion", "kinetics", "--data", "."], &["\"kinetics\"", "msr_action3d, nw_ucla"]);
    refused(&["--motion", "real", "--data", "."], &["joints_mm_i16.npy", "--data DIR"]);
    refused(&["--real-faces", "--data", "."], &["utkface6k"]);
    refused(&["--test", "0.1"], &["leaves one side empty"]);
    fs::write(desk.path("sheet.png"), "mine").expect("written");
    refused(&["--contact-sheet", "sheet.png"], &["sheet.png is there already"]);
    assert!(!desk.path("people").exists(), "something is left");
    assert_eq!(fs::read(desk.path("sheet.png")).expect("readable"), b"mine", "it was overwritten");
    desk.refused(&["judge", "grey", "--set", "stage:sideways"], &["\"sideways\"", "upper, close"]);
}

#[test]
fn a_drawing_says_what_it_holds() {
    let desk = Desk::new();
    let draw =
        ["data", "stage", "people", "--clips", "40", "--people", "10", "--size", "16", "--frames", "2"];
    let more = ["--framing", "close", "--test", "0.3", "--contact-sheet", "sheet.png"];
    let said = did(&desk.bauta(&[&draw[..], &more].concat()));
    let parts = ["40 synthetic clips into people", "clips a second", "28 train, 0 validation, 12 test"];
    for part in [&parts[..], &["nod, phone", "licence     free", "people/manifest.csv"]].concat() {
        assert!(said.contains(part), "\"{part}\" is missing from: {said}");
    }
    assert!(desk.path("sheet.png").exists(), "no contact sheet");
    let checked = did(&desk.bauta(&["data", "check", "people/manifest.csv", "--size", "16"]));
    assert!(checked.contains("40 with 80 frames"), "{checked}");
}
