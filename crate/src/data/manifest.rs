//! The manifest: one row per clip, naming its pixels, who is seen, what they do, and what is known of them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::atomic;

/// The columns of a manifest file, in order.
const COLUMNS: [&str; 7] = ["clip", "source", "kind", "subject", "action", "attributes", "split"];

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

/// Where the pixels of one clip lie. Paths are relative to [`Manifest::root`], or absolute.
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
    fn map(&self, change: impl Fn(&Path) -> PathBuf) -> Self {
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

/// Why a manifest was refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file could not be read or written.
    #[error("cannot open the manifest {}", path.display())]
    Open {
        /// The manifest.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not UTF-8 text in rows of comma-separated cells.
    #[error("{} is no table of comma-separated values", path.display())]
    Table {
        /// The manifest.
        path: PathBuf,
        /// What the reader said, with the line.
        source: csv::Error,
    },
    /// The first line names other columns.
    #[error("{} starts with the columns \"{found}\", expected \"{expected}\"", path.display())]
    Header {
        /// The manifest.
        path: PathBuf,
        /// Its first line.
        found: String,
        /// The columns of a manifest.
        expected: String,
    },
    /// A cell holds what it cannot hold.
    #[error("{}, row {row}, column {column}: found \"{found}\", expected {expected}", path.display())]
    Cell {
        /// The manifest.
        path: PathBuf,
        /// The row, the first one below the header being 1.
        row: usize,
        /// The column's name.
        column: &'static str,
        /// What the cell holds.
        found: String,
        /// What it may hold.
        expected: String,
    },
    /// There are no rows.
    #[error("{} holds no clips; expected at least one row below the header", path.display())]
    Empty {
        /// The manifest.
        path: PathBuf,
    },
}

/// A table of clips: the one door through which data enters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    root: PathBuf,
    rows: Vec<Row>,
}

impl Manifest {
    /// A manifest of `rows` whose paths are relative to `root`.
    ///
    /// # Errors
    /// [`ManifestError`] if there are no rows, two share a name, or a value could not be written to a file
    /// and read back (an attribute with `=` or `|` in its name, a path with `|`).
    pub fn new(root: impl Into<PathBuf>, rows: Vec<Row>) -> Result<Self, ManifestError> {
        let root = root.into();
        if rows.is_empty() {
            return Err(ManifestError::Empty { path: root });
        }
        let mut seen = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            check(row, seen.insert(row.clip.as_str(), index + 1))
                .map_err(|fault| fault.at(&root, index + 1))?;
        }
        Ok(Self { root, rows })
    }

    /// Reads a manifest file. Its paths are relative to the folder it lies in.
    ///
    /// # Errors
    /// [`ManifestError`], naming the file, and for a bad cell the row, the column, what was found and what
    /// was expected.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let file = File::open(path).map_err(|source| ManifestError::Open { path: path.into(), source })?;
        let table = |source| ManifestError::Table { path: path.into(), source };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
        let mut records = reader.records();
        let header = records.next().transpose().map_err(table)?.unwrap_or_default();
        if header.iter().map(str::trim).ne(COLUMNS) {
            let found = header.iter().collect::<Vec<_>>().join(",");
            return Err(ManifestError::Header { path: path.into(), found, expected: COLUMNS.join(",") });
        }
        let mut rows: Vec<Row> = Vec::new();
        let mut seen = HashMap::new();
        for (index, record) in records.enumerate() {
            let record = record.map_err(table)?;
            let number = index + 1;
            let parsed = parse(&record).and_then(|row| {
                check(&row, seen.insert(row.clip.clone(), number))?;
                Ok(row)
            });
            rows.push(parsed.map_err(|fault| fault.at(path, number))?);
        }
        if rows.is_empty() {
            return Err(ManifestError::Empty { path: path.into() });
        }
        let root = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Self { root, rows })
    }

    /// Writes the manifest to `path`, whole or not at all. Paths stay relative where `path` lies in
    /// [`Manifest::root`], and become absolute elsewhere.
    ///
    /// # Errors
    /// [`ManifestError::Open`] if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), ManifestError> {
        let open = |source| ManifestError::Open { path: path.into(), source };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let here = std::path::absolute(folder).map_err(open)?;
        let root = std::path::absolute(&self.root).map_err(open)?;
        let mut text = COLUMNS.join(",") + "\n";
        for row in &self.rows {
            let source =
                if here == root { row.source.clone() } else { row.source.map(|path| root.join(path)) };
            text.push_str(&line(row, &source));
        }
        atomic::replace(path, text.as_bytes()).map_err(open)
    }

    /// The folder that relative paths start from.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows, to set their split. Names and sources stay as they are.
    pub(super) fn rows_mut(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    /// The SHA-256 of the rows, in hexadecimal: the same wherever the data lies, another as soon as a clip,
    /// a label or a split differs.
    pub fn digest(&self) -> String {
        let shared = self.shared_folder();
        let mut hash = Sha256::new();
        for row in &self.rows {
            let source = row.source.map(|path| {
                let path = self.root.join(path);
                path.strip_prefix(&shared).map(Path::to_path_buf).unwrap_or(path)
            });
            hash.update(line(row, &source));
        }
        hex(&hash.finalize())
    }

    /// The deepest folder that holds every source.
    fn shared_folder(&self) -> PathBuf {
        let folder = |path: &Path| self.root.join(path).parent().map(Path::to_path_buf).unwrap_or_default();
        let mut paths = self.rows.iter().flat_map(|row| row.source.paths());
        let first = paths.next().map(folder).unwrap_or_default();
        let mut shared: Vec<Component> = first.components().collect();
        for path in paths {
            let other = folder(path);
            let same = shared.iter().zip(other.components()).take_while(|(a, b)| **a == *b).count();
            shared.truncate(same);
        }
        shared.iter().collect()
    }
}

/// A digest in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every character");
        text
    })
}

/// One line of the file, with its newline.
fn line(row: &Row, source: &Source) -> String {
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
struct Fault {
    column: &'static str,
    found: String,
    expected: String,
}

impl Fault {
    fn new(column: &'static str, found: &str, expected: impl Into<String>) -> Self {
        Self { column, found: found.into(), expected: expected.into() }
    }

    fn at(self, path: &Path, row: usize) -> ManifestError {
        let Self { column, found, expected } = self;
        ManifestError::Cell { path: path.into(), row, column, found, expected }
    }
}

/// A row from its cells.
fn parse(record: &csv::StringRecord) -> Result<Row, Fault> {
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
fn check(row: &Row, earlier: Option<usize>) -> Result<(), Fault> {
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
