//! `bauta data`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::stage::StageCommand;
use crate::data::sets::{self, KNOWN, KnownSet, Obligations, Stream};
use crate::data::split::values;
use crate::data::{ClipStore, Manifest, Split};

/// List, check, draw and describe the clips that models learn from.
#[derive(Args)]
pub(crate) struct DataCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List the sets this program can read, which of them are there, and what their licences allow.
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Write the manifest of a known set: a CSV table with one row a clip, to be read, edited, and passed to
    /// `data check` and to training.
    Manifest {
        /// Name of the set, as `data list` shows it.
        set: String,
        /// Where the table goes, such as weizmann64.csv.
        #[arg(value_name = "OUT.csv")]
        out: PathBuf,
        #[command(flatten)]
        folder: Folder,
    },
    /// Read a manifest and decode every picture and video it names; say what is in it, or the first thing
    /// that is wrong, by file, row and column.
    ///
    /// The table has the columns clip,source,kind,subject,action,attributes,split. Kinds: `frames` (a folder,
    /// or picture files with | between them), `image`, `strip:WIDTH` (frames side by side, WIDTH pixels each),
    /// `video`. Attributes: name=value, with | between several. Splits: train, validation, test, or nothing.
    /// Paths are relative to the folder the table lies in.
    Check {
        /// The table.
        #[arg(value_name = "MANIFEST.csv")]
        manifest: PathBuf,
        /// Pixels along each side of a decoded frame.
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
        size: u32,
    },
    Stage(StageCommand),
}

#[derive(Args)]
pub(super) struct Folder {
    /// Folder that holds the sets, one folder each [default: the variable `BAUTA_DATA`].
    #[arg(long = "data", value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
}

impl DataCommand {
    /// Does what was asked.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.verb {
            Verb::List { folder } => list(folder.data.as_deref()),
            Verb::Manifest { set, out, folder } => write_manifest(&set, &out, folder.data.as_deref()),
            Verb::Check { manifest, size } => check(&manifest, size as usize),
            Verb::Stage(verb) => verb.run(),
        }
    }
}

fn list(asked: Option<&Path>) -> anyhow::Result<()> {
    let folder = match sets::data_folder(asked) {
        Ok(folder) => Some(folder),
        Err(sets::SetError::NoFolder) => None, // the list is worth reading without it
        Err(missing) => return Err(missing.into()),
    };
    println!("{:16} {:8} {:12} {:8} {:48} shows", "set", "for", "clips", "there", "licence");
    for set in KNOWN {
        let there = folder.as_deref().is_some_and(|folder| set.is_in(folder));
        let clips = match folder.as_deref().filter(|_| there) {
            Some(folder) => set.read(folder)?.rows().len().to_string(),
            None => "-".into(),
        };
        let stream = match set.stream {
            Stream::Actions => "actions",
            Stream::Privacy => "privacy",
        };
        let there = if there { "yes" } else { "no" };
        println!("{:16} {stream:8} {clips:12} {there:8} {:48} {}", set.name, set.licence.name, set.shows);
    }
    println!(
        "{:16} {:8} {:12} {:8} {:48} drawn people, so that every figure is synthetic",
        "stage", "actions", "any", "drawn", "free"
    );
    match folder {
        Some(folder) => println!("read from {}", folder.display()),
        None => println!("{}", sets::SetError::NoFolder),
    }
    println!(
        "no data at hand? `bauta data stage OUT` draws people who do things, `--set stage` judges on them"
    );
    Ok(())
}

fn write_manifest(name: &str, out: &Path, asked: Option<&Path>) -> anyhow::Result<()> {
    let set = KnownSet::named(name)?;
    let manifest = set.read(&sets::data_folder(asked)?)?;
    manifest.write(out)?;
    println!("wrote {} with {} clips of {}", out.display(), manifest.rows().len(), set.name);
    println!("licence: {} ({})", set.licence.name, Obligations::of(&[set]));
    Ok(())
}

fn check(path: &Path, size: usize) -> anyhow::Result<()> {
    let manifest = Manifest::read(path)?;
    let cache = tempfile::tempdir().context("cannot make a temporary folder")?;
    let bar = bar("decoding", manifest.rows().len());
    let store = ClipStore::open(&manifest, size, cache.path(), &|done, _| bar.set_position(done as u64))?;
    bar.finish_and_clear();
    let frames: usize = store.clips().iter().map(|clip| clip.frames).sum();
    println!("{}: every row is sound", path.display());
    println!("clips       {} with {frames} frames", store.clips().len());
    println!("subjects    {}", named(&values(&manifest, |row| row.subject.as_deref())));
    println!("actions     {}", named(store.actions()));
    let mut attributes: Vec<String> =
        manifest.rows().iter().flat_map(|row| row.attributes.keys().cloned()).collect();
    attributes.sort();
    attributes.dedup();
    println!("attributes  {}", named(&attributes));
    for split in [Split::Train, Split::Validation, Split::Test] {
        println!("{:11} {} clips", split.word(), store.clips_in(split).len());
    }
    println!("digest      {}", manifest.digest());
    Ok(())
}

/// How many there are, and the first of them.
pub(super) fn named(values: &[String]) -> String {
    const SHOWN: usize = 20;
    match values.len() {
        0 => "none".into(),
        count if count <= SHOWN => format!("{count}: {}", values.join(", ")),
        count => format!("{count}: {}, ...", values[..SHOWN].join(", ")),
    }
}

pub(super) fn bar(doing: &'static str, length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} clips, {eta} left")
        .expect("the template is sound");
    ProgressBar::new(length as u64).with_style(style).with_message(doing)
}
