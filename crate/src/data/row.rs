//! One clip of a manifest: what it says, and how that is written in a line of text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The columns of a manifest file, in order.
pub(super) const COLUMNS: [&str; 7] = ["clip", "source", "kind", "subject", "action", "attributes", "split"];

/// Which part of an experiment a clip belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Networks learn from it. Rows that name no split count as this one.
    Train,
    /// Choices (when to stop, which attacker) are made on it.
    Validation,
    /// Only the final numbers come from it.
    Test,
}

impl Split {
    /// The word a manifest uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Where the pixels of one clip lie. Paths are relative to [`Manifest::root`](super::Manifest::root), or absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Picture files in order of time; or one folder, whose pictures are taken in order of name.
    Frames(Vec<PathBuf>),
    /// One picture: a clip of one frame.
    Image(PathBuf),
    /// One picture that holds the frames side by side, left to right, without gaps.
    Strip {
        /// The picture file.
        path: PathBuf,
        /// Pixels across one frame.
        frame_width: usize,
    },
    /// A video file, decoded by ffmpeg.
    Video(PathBuf),
}

impl Source {
    /// The files (or the folder) the clip is read from, in order.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Frames(paths) => paths.iter().map(PathBuf::as_path).collect(),
            Self::Image(path) | Self::Video(path) | Self::Strip { path, .. } => vec![path],
        }
    }

    /// The word in the `kind` column.
    fn kind(&self) -> String {
        match self {
            Self::Frames(_) => "frames".into(),
            Self::Image(_) => "image".into(),
            Self::Strip { frame_width, .. } => format!("strip:{frame_width}"),
            Self::Video(_) => "video".into(),
        }
    }

    /// The same source with every path changed.
    pub(super) fn map(&self, change: impl Fn(&Path) -> PathBuf) -> Self {
        match self {
            Self::Frames(paths) => Self::Frames(paths.iter().map(|path| change(path)).collect()),
            Self::Image(path) => Self::Image(change(path)),
            Self::Strip { path, frame_width } => {
                Self::Strip { path: change(path), frame_width: *frame_width }
            }
            Self::Video(path) => Self::Video(change(path)),
        }
    }
}

/// One clip: its pixels and everything that is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name, unlike any other in the manifest.
    pub clip: String,
    /// Where its pixels lie.
    pub source: Source,
    /// Who is seen; `None` where the set does not say.
    pub subject: Option<String>,
    /// What they do; `None` where nothing is done, as in a portrait.
    pub action: Option<String>,
    /// What else is known, such as `gender` -> `f`.
    pub attributes: BTreeMap<String, String>,
    /// The part of the experiment; `None` counts as [`Split::Train`].
    pub split: Option<Split>,
}

/// The attribute of clips that show drawn people, and its value.
pub(super) const SYNTHETIC: (&str, &str) = ("synthetic", "yes");
/// The attribute of clips that come from data for research only, and its value.
pub(super) const RESEARCH_ONLY: (&str, &str) = ("licence", "research only");

impl Row {
    /// Whether it shows drawn people (the attribute `synthetic=yes`).
    pub fn is_synthetic(&self) -> bool {
        self.says(SYNTHETIC)
    }

    /// Whether it may be used for research only (the attribute `licence=research only`), and so may whatever learns from
    /// it.
    pub fn is_research_only(&self) -> bool {
        self.says(RESEARCH_ONLY)
    }

    fn says(&self, (name, value): (&str, &str)) -> bool {
        self.attributes.get(name).is_some_and(|found| found == value)
    }
}

/// One line of the file, with its newline.
pub(super) fn line(row: &Row, source: &Source) -> String {
    let paths: Vec<String> =
        source.paths().iter().map(|path| path.to_string_lossy().replace('\\', "/")).collect();
    let attributes: Vec<String> =
        row.attributes.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let cells = [
        row.clip.as_str(),
        &paths.join("|"),
        &source.kind(),
        row.subject.as_deref().unwrap_or(""),
        row.action.as_deref().unwrap_or(""),
        &attributes.join("|"),
        row.split.map_or("", Split::word),
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).expect("memory takes every row");
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("cells are UTF-8")
}

/// What is wrong with one cell, before its place is known.
pub(super) struct Fault {
    pub(super) column: &'static str,
    pub(super) found: String,
    pub(super) expected: String,
}

impl Fault {
    fn new(column: &'static str, found: &str, expected: impl Into<String>) -> Self {
        Self { column, found: found.into(), expected: expected.into() }
    }
}

/// A row from its cells.
pub(super) fn parse(record: &csv::StringRecord) -> Result<Row, Fault> {
    if record.len() != COLUMNS.len() {
        let column = if record.len() < COLUMNS.len() { COLUMNS[record.len()] } else { "split" };
        let found = record.iter().collect::<Vec<_>>().join(",");
        return Err(Fault::new(column, &found, format!("{} cells, not {}", COLUMNS.len(), record.len())));
    }
    let cell = |index: usize| record[index].trim();
    let word = |index: usize| Some(cell(index)).filter(|text| !text.is_empty()).map(String::from);
    Ok(Row {
        clip: cell(0).into(),
        source: parse_source(cell(1), cell(2))?,
        subject: word(3),
        action: word(4),
        attributes: parse_attributes(cell(5))?,
        split: parse_split(cell(6))?,
    })
}

fn parse_source(paths: &str, kind: &str) -> Result<Source, Fault> {
    let files: Vec<PathBuf> = paths.split('|').map(PathBuf::from).collect();
    if files.iter().any(|path| path.as_os_str().is_empty()) {
        return Err(Fault::new("source", paths, "a path (several pictures of one clip with | between them)"));
    }
    if kind == "frames" {
        return Ok(Source::Frames(files));
    }
    let [path] = <[PathBuf; 1]>::try_from(files)
        .map_err(|_| Fault::new("source", paths, format!("one path, as the kind is {kind}")))?;
    match kind.split_once(':') {
        None if kind == "image" => Ok(Source::Image(path)),
        None if kind == "video" => Ok(Source::Video(path)),
        Some(("strip", width)) => match width.parse() {
            Ok(frame_width) if frame_width > 0 => Ok(Source::Strip { path, frame_width }),
            _ => Err(Fault::new("kind", kind, "the pixels across one frame, such as strip:64")),
        },
        _ => Err(Fault::new("kind", kind, "frames, image, video or strip:WIDTH")),
    }
}

fn parse_attributes(cell: &str) -> Result<BTreeMap<String, String>, Fault> {
    let mut attributes = BTreeMap::new();
    for pair in cell.split('|').filter(|_| !cell.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .filter(|(name, value)| !name.is_empty() && !value.is_empty())
            .ok_or_else(|| Fault::new("attributes", cell, "name=value, with | between several"))?;
        if attributes.insert(name.to_string(), value.to_string()).is_some() {
            return Err(Fault::new("attributes", cell, format!("{name} once")));
        }
    }
    Ok(attributes)
}

fn parse_split(cell: &str) -> Result<Option<Split>, Fault> {
    match cell {
        "" => Ok(None),
        "train" => Ok(Some(Split::Train)),
        "validation" => Ok(Some(Split::Validation)),
        "test" => Ok(Some(Split::Test)),
        _ => Err(Fault::new("split", cell, "train, validation, test or nothing")),
    }
}

/// What holds for every row, read or made. `earlier` is the row that already has its name.
pub(super) fn check(row: &Row, earlier: Option<usize>) -> Result<(), Fault> {
    if row.clip.is_empty() {
        return Err(Fault::new("clip", "", "a name"));
    }
    if let Some(earlier) = earlier {
        return Err(Fault::new(
            "clip",
            &row.clip,
            format!("a name of its own, as row {earlier} has this one"),
        ));
    }
    for path in row.source.paths() {
        let text = path.to_string_lossy();
        if text.is_empty() || text.contains('|') {
            return Err(Fault::new("source", &text, "a path without |"));
        }
    }
    if let Source::Frames(paths) = &row.source
        && paths.is_empty()
    {
        return Err(Fault::new("source", "", "at least one picture"));
    }
    for (name, value) in &row.attributes {
        let spoiled = |text: &str| text.is_empty() || text.contains(['|', '=']);
        if spoiled(name) || spoiled(value) {
            return Err(Fault::new(
                "attributes",
                &format!("{name}={value}"),
                "a name and a value without | and =",
            ));
        }
    }
    Ok(())
}
