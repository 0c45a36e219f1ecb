//! A folder to work in, and what is said there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::RgbImage;

/// A folder to work in.
pub(crate) struct Desk(pub(crate) tempfile::TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs `bauta` here, without a data folder.
    pub(crate) fn bauta(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the program starts")
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bauta"));
        command.args(words).current_dir(self.0.path()).env_remove("BAUTA_DATA");
        command
    }

    /// Runs `bauta`, which must fail with a sentence that holds each of `parts`.
    pub(crate) fn refused(&self, words: &[&str], parts: &[&str]) {
        says(&self.bauta(words), parts);
    }

    pub(crate) fn picture(&self, name: &str, width: u32, height: u32) {
        let pixel = |x: u32, y: u32| image::Rgb([(x * 7) as u8, (y * 5) as u8, (x ^ y) as u8]);
        RgbImage::from_fn(width, height, pixel).save(self.path(name)).expect("a picture is written");
    }

    /// Five frames of 34 x 22 pixels, less the last `missing` bytes.
    pub(crate) fn y4m(&self, name: &str, missing: usize) {
        let mut bytes = b"YUV4MPEG2 W34 H22 F25:1 Ip A1:1 C420jpeg\n".to_vec();
        for frame in 0..5_u8 {
            bytes.extend(b"FRAME\n");
            bytes.extend((0..34 * 22).map(|i: usize| (i % 200) as u8 + frame));
            bytes.extend([128; 2 * 17 * 11]);
        }
        bytes.truncate(bytes.len() - missing);
        fs::write(self.path(name), bytes).expect("a clip is written");
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("a folder").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into()).collect();
        names.sort();
        names
    }
}

pub(crate) fn says(output: &Output, parts: &[&str]) {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "exit code of: {complaint}");
    for part in parts {
        assert!(complaint.contains(part), "\"{part}\" is not in: {complaint}");
    }
}

pub(crate) fn did(output: &Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn program(name: &str, words: &[&str], folder: &Path) -> String {
    let output = Command::new(name).args(words).current_dir(folder).output();
    did(&output
        .unwrap_or_else(|error| panic!("{name} is needed for the tests, run scripts/setup --test: {error}")))
}

pub(crate) fn mean_difference(a: &RgbImage, b: &RgbImage) -> f64 {
    let sum: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.len() as f64
}
