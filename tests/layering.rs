//! The rooms of the crate and which may name which: the map of the house, held to the code.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may name, lowest first.
const MAY_USE: &[(&str, &[&str])] = &[
    ("rng", &[]),
    ("atomic", &[]),
    ("metrics", &[]),
    ("chart", &[]),
    ("html", &[]),
    ("frame", &[]),
    ("dp", &[]),
    ("mosaic", &["frame"]),
    ("model", &["frame", "dp"]),
    ("known_answer", &["frame"]),
    ("artifact", &["atomic", "frame", "dp", "model", "known_answer"]),
    ("onnx", &["model", "artifact"]),
    ("engine", &["frame", "dp", "mosaic", "model", "known_answer", "artifact"]),
    ("audit", &["frame", "dp", "model", "known_answer", "artifact", "engine"]),
    ("video", &["atomic", "frame"]),
    ("data", &["rng", "atomic", "frame", "video"]),
    ("utility", &["rng", "frame"]),
    ("privacy", &["rng", "frame"]),
    ("attack", &["rng", "frame", "metrics", "data", "utility"]),
    ("transform", &["rng", "frame", "dp", "mosaic", "model", "known_answer", "artifact", "engine", "data"]),
    ("outside", &["frame", "data"]),
    (
        "eval",
        &[
            "rng",
            "atomic",
            "frame",
            "dp",
            "artifact",
            "metrics",
            "model",
            "chart",
            "html",
            "data",
            "attack",
            "outside",
            "transform",
        ],
    ),
    ("papers", &["dp", "model", "artifact", "eval"]),
    (
        "train",
        &[
            "rng",
            "atomic",
            "frame",
            "dp",
            "metrics",
            "model",
            "known_answer",
            "artifact",
            "data",
            "utility",
            "privacy",
            "attack",
        ],
    ),
    ("report", &["atomic", "metrics", "chart", "html", "train"]),
    ("sweep", &["atomic", "metrics", "chart", "train"]),
    ("web", &["frame", "dp", "mosaic", "known_answer", "artifact", "engine", "model"]),
    (
        "cli",
        &[
            "rng",
            "atomic",
            "frame",
            "mosaic",
            "dp",
            "metrics",
            "video",
            "model",
            "artifact",
            "onnx",
            "engine",
            "audit",
            "data",
            "train",
            "report",
            "sweep",
            "transform",
            "outside",
            "eval",
            "papers",
        ],
    ),
];

/// The room a file belongs to: the first name below `src/`.
fn room(source: &Path, file: &Path) -> String {
    let inside = file.strip_prefix(source).expect("a file of the crate");
    let first = inside.components().next().expect("a file has a name");
    let name = first.as_os_str().to_string_lossy();
    name.trim_end_matches(".rs").to_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("a folder of the crate").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Rooms that the text names by `crate::ROOM`; comments and tests count too.
fn named(text: &str) -> Vec<String> {
    let groups = text.split("crate::").skip(1);
    let names = groups.flat_map(|rest| {
        let name =
            |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            Some(list) => {
                list.split('}').next().unwrap_or("").split(',').map(|item| name(item.trim())).collect()
            }
            None => vec![name(rest)],
        }
    });
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn rooms_name_only_rooms_below_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = vec![];
    for file in files(&source) {
        let room = room(&source, &file);
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let Some(may_use) = allowed.get(room.as_str()) else {
            wrong.push(format!("{} is in no room of the table", file.display()));
            continue;
        };
        // A room's tests may use what they need to set a scene.
        if file.components().any(|part| ["tests", "tests.rs"].map(OsStr::new).contains(&part.as_os_str())) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("source is text");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
        for other in named(code) {
            let is_room = allowed.contains_key(other.as_str());
            if is_room && other != room && !may_use.contains(&other.as_str()) {
                wrong.push(format!("{}: {room} may not name {other}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_in_order_and_names_what_is_there() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (place, (room, may_use)) in MAY_USE.iter().enumerate() {
        let there = source.join(format!("{room}.rs")).exists() || source.join(room).join("mod.rs").exists();
        assert!(there, "the table names {room}, which is not there");
        for other in *may_use {
            let below = MAY_USE[..place].iter().any(|(name, _)| name == other);
            assert!(below, "{room} may use {other}, which does not stand below it");
        }
    }
}

#[test]
fn a_grouped_import_is_seen() {
    assert_eq!(named("use crate::{frame, model::Anonymizer};"), ["frame", "model"], "a list");
    assert_eq!(named("crate::train::run()"), ["train"], "a path");
}
