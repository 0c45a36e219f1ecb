//! The manifest: one row per clip, naming its pixels, who is seen, what they do, and what is known of them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use super::row::{COLUMNS, Fault, Row, check, line, parse};
use crate::atomic;

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
                .map_err(|fault| at(&root, index + 1, fault))?;
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
            rows.push(parsed.map_err(|fault| at(path, number, fault))?);
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

/// A fault, with its place.
fn at(path: &Path, row: usize, fault: Fault) -> ManifestError {
    let Fault { column, found, expected } = fault;
    ManifestError::Cell { path: path.into(), row, column, found, expected }
}

/// A digest in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every character");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::row::{Source, Split};
    use super::*;

    const HEADER: &str = "clip,source,kind,subject,action,attributes,split\n";

    /// What is said of a manifest with these lines below the header.
    fn complaint(lines: &str) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("clips.csv");
        fs::write(&path, format!("{HEADER}{lines}")).expect("written");
        let sentence = Manifest::read(&path).expect_err("the manifest is bad").to_string();
        assert!(sentence.contains("clips.csv"), "the file is not named: {sentence}");
        sentence
    }

    /// Checks that a bad second row is named with its column, what was found and what was expected.
    fn refused(row: &str, column: &str, found: &str, expected: &str) {
        let sentence = complaint(&format!("good,a.png,image,,,,\n{row}\n"));
        for part in ["row 2", &format!("column {column}"), &format!("found \"{found}\""), expected] {
            assert!(sentence.contains(part), "\"{part}\" is missing from: {sentence}");
        }
    }

    #[test]
    fn every_kind_of_row_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("clips.csv");
        let rows = "a,x.png,image,anna,,gender=f|age=20-29,test\n\
                    b,one.png|two.png,frames,,wave,,\n\
                    c,folder,frames,,wave,,train\n\
                    d,s.png,strip:64,,\"wave, slowly\",,validation\n\
                    e,v.mp4,video,,,,\n";
        fs::write(&path, format!("{HEADER}{rows}")).expect("written");
        let manifest = Manifest::read(&path).expect("all rows are sound");
        let rows = manifest.rows();
        assert_eq!(rows[0].attributes["gender"], "f", "attributes");
        assert_eq!((rows[0].subject.as_deref(), rows[0].split), (Some("anna"), Some(Split::Test)), "labels");
        assert_eq!(rows[1].source, Source::Frames(vec!["one.png".into(), "two.png".into()]), "files");
        assert_eq!(rows[2].source, Source::Frames(vec!["folder".into()]), "a folder");
        assert_eq!(rows[3].source, Source::Strip { path: "s.png".into(), frame_width: 64 }, "a strip");
        assert_eq!(rows[3].action.as_deref(), Some("wave, slowly"), "a comma in quotes");
        assert_eq!(rows[4].source, Source::Video("v.mp4".into()), "a video");
        assert_eq!(manifest.root(), folder.path(), "paths start from the file's folder");
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let row = |clip: &str, source| Row {
            clip: clip.into(),
            source,
            subject: Some("anna \"the\" first".into()),
            action: Some("wave, slowly".into()),
            attributes: [("age".to_string(), "20-29".to_string())].into(),
            split: Some(Split::Validation),
        };
        let rows = vec![
            row("a", Source::Frames(vec!["1.png".into(), "2.png".into()])),
            row("b", Source::Strip { path: "b.png".into(), frame_width: 80 }),
        ];
        let manifest = Manifest::new(folder.path(), rows).expect("sound rows");
        let path = folder.path().join("clips.csv");
        manifest.write(&path).expect("written");
        assert_eq!(Manifest::read(&path).expect("readable"), manifest, "something changed");
    }

    #[test]
    fn a_bad_kind_is_refused() {
        refused("b,x.gif,gif,,,,", "kind", "gif", "frames, image, video or strip:WIDTH");
    }

    #[test]
    fn a_strip_without_a_width_is_refused() {
        refused("b,x.png,strip:0,,,,", "kind", "strip:0", "the pixels across one frame");
        refused("b,x.png,strip:wide,,,,", "kind", "strip:wide", "the pixels across one frame");
        refused("b,x.png,strip,,,,", "kind", "strip", "strip:WIDTH");
    }

    #[test]
    fn a_missing_source_is_refused() {
        refused("b,,image,,,,", "source", "", "a path");
        refused("b,x.png||y.png,frames,,,,", "source", "x.png||y.png", "a path");
    }

    #[test]
    fn several_pictures_are_refused_where_one_is_wanted() {
        refused("b,x.png|y.png,image,,,,", "source", "x.png|y.png", "one path, as the kind is image");
    }

    #[test]
    fn a_bad_attribute_is_refused() {
        refused("b,x.png,image,,,young,", "attributes", "young", "name=value");
        refused("b,x.png,image,,,age=,", "attributes", "age=", "name=value");
        refused("b,x.png,image,,,age=1|age=2,", "attributes", "age=1|age=2", "age once");
    }

    #[test]
    fn a_bad_split_is_refused() {
        refused("b,x.png,image,,,,dev", "split", "dev", "train, validation, test or nothing");
    }

    #[test]
    fn a_row_of_another_length_is_refused() {
        refused("b,x.png,image", "subject", "b,x.png,image", "7 cells, not 3");
        refused("b,x.png,image,,,,,more", "split", "b,x.png,image,,,,,more", "7 cells, not 8");
    }

    #[test]
    fn a_name_that_is_missing_or_taken_is_refused() {
        refused(",x.png,image,,,,", "clip", "", "a name");
        refused("good,x.png,image,,,,", "clip", "good", "row 1 has this one");
    }

    #[test]
    fn other_columns_are_refused_with_those_expected() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("clips.csv");
        fs::write(&path, "file,label\na.png,wave\n").expect("written");
        let sentence = Manifest::read(&path).expect_err("other columns").to_string();
        for part in ["\"file,label\"", HEADER.trim()] {
            assert!(sentence.contains(part), "\"{part}\" is missing from: {sentence}");
        }
    }

    #[test]
    fn an_empty_manifest_is_refused() {
        assert!(complaint("").contains("holds no clips"), "said: {}", complaint(""));
    }

    #[test]
    fn the_digest_moves_with_labels_and_not_with_folders() {
        let rows = |action: &str| {
            let row = |clip: &str| Row {
                clip: clip.into(),
                source: Source::Image(format!("set/{clip}.png").into()),
                subject: None,
                action: Some(action.into()),
                attributes: [].into(),
                split: None,
            };
            vec![row("a"), row("b")]
        };
        let digest =
            |root: &str, action: &str| Manifest::new(root, rows(action)).expect("sound rows").digest();
        assert_eq!(digest("/here", "wave"), digest("/there/deep", "wave"), "the folder counts");
        assert_ne!(digest("/here", "wave"), digest("/here", "bend"), "a label does not count");
    }
}
