//! The sets this crate knows: where they come from, what may be done with them, and a reader for each.
//!
//! The pictures are not part of this crate. They lie in a data folder, one folder a set, each with a
//! `labels.csv`; the folder is named by `--data DIR` or by the variable [`DATA_VARIABLE`].

mod actions;
mod privacy;

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::manifest::{Manifest, ManifestError};

/// The environment variable that names the data folder.
pub const DATA_VARIABLE: &str = "BAUTA_DATA";

/// What a set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Clips with an action: what must survive.
    Actions,
    /// Pictures with private attributes: what must not.
    Privacy,
}

/// What the makers of a set allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Licence {
    /// Its name, as the set gives it.
    pub name: &'static str,
    /// Whether pictures may be passed on (with the notice that lies beside them). Where not, only
    /// aggregate numbers may be published.
    pub redistributable: bool,
    /// Whether what is made from it must carry the same licence.
    pub share_alike: bool,
}

/// A set this crate can read.
#[derive(Clone, Copy, Debug)]
pub struct KnownSet {
    /// Its name, which is also its folder's.
    pub name: &'static str,
    /// One line on what it shows.
    pub shows: &'static str,
    /// What it is for.
    pub stream: Stream,
    /// What its makers allow.
    pub licence: Licence,
    /// Actions by which people are known when others are asked about, as the split rules of the set want it.
    pub gallery: &'static [&'static str],
    read: fn(&Path) -> Result<Manifest, SetError>,
}

/// Every set this crate can read.
pub const KNOWN: &[KnownSet] = &[
    KnownSet {
        name: "weizmann64",
        shows: "9 people wave, jump and bend before a still camera",
        stream: Stream::Actions,
        licence: Licence {
            name: "free for research, no licence to redistribute",
            redistributable: false,
            share_alike: false,
        },
        gallery: &["wave1", "wave2"],
        read: actions::weizmann64,
    },
    KnownSet {
        name: "fights300",
        shows: "surveillance clips of about 2 s, half of them a fight",
        stream: Stream::Actions,
        licence: Licence {
            name: "research only: cut from the videos of others",
            redistributable: false,
            share_alike: false,
        },
        gallery: &[],
        read: actions::fights300,
    },
    KnownSet {
        name: "custom_gestures",
        shows: "3 men show 13 gestures that steer a drone",
        stream: Stream::Actions,
        licence: Licence { name: "MIT", redistributable: true, share_alike: false },
        gallery: &[],
        read: actions::custom_gestures,
    },
    KnownSet {
        name: "utkface6k",
        shows: "6,000 faces with gender, race and age",
        stream: Stream::Privacy,
        licence: Licence { name: "non-commercial research", redistributable: false, share_alike: false },
        gallery: &[],
        read: privacy::utkface6k,
    },
    KnownSet {
        name: "hagrid380",
        shows: "380 people show 18 hand gestures to a webcam or phone",
        stream: Stream::Privacy,
        licence: Licence { name: "CC BY-SA 4.0", redistributable: true, share_alike: true },
        gallery: &[],
        read: privacy::hagrid380,
    },
];

/// Why a set could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// No folder was named.
    #[error("no data folder: name one with --data DIR or the variable {DATA_VARIABLE}")]
    NoFolder,
    /// The folder that was named is not there.
    #[error("the data folder {} is not there; name another with --data DIR or the variable {DATA_VARIABLE}", path.display())]
    FolderMissing {
        /// The folder that was named.
        path: PathBuf,
    },
    /// The set is not known.
    #[error("there is no set \"{name}\"; known are: {known}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The set is not in the data folder.
    #[error("{name} is not there ({} is missing); put it there, or name another data folder with --data DIR or the variable {DATA_VARIABLE}", labels.display())]
    SetMissing {
        /// The set.
        name: &'static str,
        /// The label file that was looked for.
        labels: PathBuf,
    },
    /// The label file has a row or a column that does not fit.
    #[error("{} is not the label file this reader knows", path.display())]
    Labels {
        /// The label file.
        path: PathBuf,
        /// What the reader said, with the line.
        source: csv::Error,
    },
    /// A label has a value nobody expected.
    #[error("{}: found {column} \"{found}\", expected {expected}", path.display())]
    Label {
        /// The label file.
        path: PathBuf,
        /// The column's name.
        column: &'static str,
        /// What it holds.
        found: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// The labels make no sound manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl KnownSet {
    /// The set called `name`.
    ///
    /// # Errors
    /// [`SetError::Unknown`], with the names there are.
    pub fn named(name: &str) -> Result<&'static Self, SetError> {
        KNOWN.iter().find(|set| set.name == name).ok_or_else(|| SetError::Unknown {
            name: name.into(),
            known: KNOWN.iter().map(|set| set.name).collect::<Vec<_>>().join(", "),
        })
    }

    /// Reads its labels in the data folder `data`. The pictures are not opened.
    ///
    /// # Errors
    /// [`SetError`] if the set is not there or its labels are others than expected.
    pub fn read(&self, data: &Path) -> Result<Manifest, SetError> {
        let labels = data.join(self.name).join("labels.csv");
        if !labels.is_file() {
            return Err(SetError::SetMissing { name: self.name, labels });
        }
        (self.read)(&data.join(self.name))
    }

    /// Whether the set lies in the data folder `data`.
    pub fn is_in(&self, data: &Path) -> bool {
        data.join(self.name).join("labels.csv").is_file()
    }
}

/// The data folder: the one that was `asked` for, else the one the variable [`DATA_VARIABLE`] names.
///
/// # Errors
/// [`SetError`] if neither names a folder that is there.
pub fn data_folder(asked: Option<&Path>) -> Result<PathBuf, SetError> {
    let named = std::env::var_os(DATA_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let path = asked.map(Path::to_path_buf).or(named).ok_or(SetError::NoFolder)?;
    if path.is_dir() { Ok(path) } else { Err(SetError::FolderMissing { path }) }
}

/// What the licences of several sets ask for together, of a model that was trained on them.
///
/// Printed, it is the sentence for the model's card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Obligations {
    /// Sets that allow research alone; none may be shown.
    pub research_only: Vec<&'static str>,
    /// Sets whose licence asks for the same licence on what is made from them.
    pub share_alike: Vec<&'static str>,
    /// Sets that ask for no more than a notice.
    pub notice: Vec<&'static str>,
}

impl Obligations {
    /// The obligations that come with `sets`.
    pub fn of(sets: &[&KnownSet]) -> Self {
        let mut all = Self::default();
        for set in sets {
            let list = match set.licence {
                Licence { redistributable: false, .. } => &mut all.research_only,
                Licence { share_alike: true, .. } => &mut all.share_alike,
                Licence { .. } => &mut all.notice,
            };
            if !list.contains(&set.name) {
                list.push(set.name);
            }
        }
        all
    }

    /// Whether one set allows research alone while another wants its own licence on the result: a model
    /// trained on both can be published under neither.
    pub fn conflict(&self) -> bool {
        !self.research_only.is_empty() && !self.share_alike.is_empty()
    }
}

impl fmt::Display for Obligations {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("research only", &self.research_only),
            ("share-alike", &self.share_alike),
            ("redistributable with notice", &self.notice),
        ];
        let said: Vec<String> = parts
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(terms, names)| format!("{terms}: {}", names.join(", ")))
            .collect();
        to.write_str(if said.is_empty() { "no real data" } else { "" })?;
        to.write_str(&said.join("; "))
    }
}

/// The rows of a label file, each as an `L`.
fn labels<L: DeserializeOwned>(folder: &Path) -> Result<Vec<L>, SetError> {
    let path = folder.join("labels.csv");
    let table = |source| SetError::Labels { path: path.clone(), source };
    let file = File::open(&path).map_err(|error| table(error.into()))?;
    csv::Reader::from_reader(file).into_deserialize().collect::<Result<_, _>>().map_err(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_names_both_ways_out() {
        let error = data_folder(Some(Path::new("/nowhere/at/all"))).expect_err("it is not there");
        let sentence = error.to_string();
        for part in ["/nowhere/at/all", "--data DIR", DATA_VARIABLE] {
            assert!(sentence.contains(part), "\"{part}\" is missing from: {sentence}");
        }
    }

    #[test]
    fn an_unknown_set_is_refused_with_those_there_are() {
        let sentence = KnownSet::named("kth").expect_err("kth has no reader").to_string();
        for set in KNOWN {
            assert!(sentence.contains(set.name), "{} is missing from: {sentence}", set.name);
        }
    }

    #[test]
    fn a_missing_set_names_the_file_that_was_looked_for() {
        let empty = tempfile::tempdir().expect("a temporary folder");
        for set in KNOWN {
            let sentence = set.read(empty.path()).expect_err("the folder is empty").to_string();
            assert!(sentence.contains(&format!("{}/labels.csv", set.name)), "no file named: {sentence}");
        }
    }

    #[test]
    fn a_research_set_stays_research_only_in_any_company() {
        let sets =
            ["utkface6k", "custom_gestures", "hagrid380"].map(|name| KnownSet::named(name).expect("known"));
        let all = Obligations::of(&sets);
        assert!(all.conflict(), "research only and share-alike passed as compatible: {all}");
        let sentence = all.to_string();
        let wanted =
            "research only: utkface6k; share-alike: hagrid380; redistributable with notice: custom_gestures";
        assert_eq!(sentence, wanted, "the card would say: {sentence}");
        assert!(!Obligations::of(&sets[1..]).conflict(), "free sets conflict");
    }
}
