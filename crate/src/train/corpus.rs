//! The two streams a run draws from: clips with actions, and pictures of people.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::TrainError;
use super::config::{Game, SetChoice, TrainConfig};
use crate::artifact::Source as Origin;
use crate::data::sets::{KnownSet, Obligations, data_folder};
use crate::data::{ClipStore, EpochOrder, Manifest, OrderError, Row, Source, Split, split};
use crate::rng::Seed;

/// The seed by which shares are held out. A constant, so that runs of several seeds ask about the same clips.
const SPLIT_SEED: Seed = Seed(0);

/// Everything a run draws from.
pub struct Corpus {
    /// Clips with actions.
    pub action: ClipStore,
    /// Pictures of people; actions are not looked at.
    pub privacy: ClipStore,
    /// SHA-256 over both manifests.
    pub digest: String,
    /// Where it all comes from, for the card.
    pub origins: Vec<Origin>,
    /// What the licences ask for together, in a sentence for the card.
    pub licence: String,
    /// Places in [`Corpus::action`] of clips that may be shown to people.
    pub showable: Vec<usize>,
}

impl Corpus {
    /// Finds, splits and decodes the sets of `config`. `beside` is the folder that manifests are relative to,
    /// `data` the data folder, if one was named; `progress` hears (clips done, clips in all).
    ///
    /// # Errors
    /// [`TrainError`] names the set, the row or the clip.
    pub fn open(
        config: &TrainConfig,
        (beside, data, cache): (&Path, Option<&Path>, &Path),
        progress: &dyn Fn(usize, usize),
    ) -> Result<Self, TrainError> {
        let action = Stream::gather("action", &config.action, beside, data)?;
        let privacy = Stream::gather("privacy", &config.privacy, beside, data)?;
        if let Some(row) = action.manifest.rows().iter().find(|row| row.action.is_none()) {
            return Err(TrainError::NoAction { clip: row.clip.clone() });
        }
        agree(&action.manifest, &privacy.manifest)?;
        let sets: Vec<&KnownSet> = action.sets.iter().chain(&privacy.sets).copied().collect();
        let mut research_only = action.research_only;
        research_only.extend(privacy.research_only);
        research_only.sort();
        research_only.dedup();
        let digests = format!("{}/{}", action.digests.join(" "), privacy.digests.join(" "));
        Ok(Self {
            action: ClipStore::open(&action.manifest, config.size, cache, progress)?,
            privacy: ClipStore::open(&privacy.manifest, config.size, cache, progress)?,
            digest: crate::artifact::digest(digests.as_bytes()),
            origins: action.origins.into_iter().chain(privacy.origins).collect(),
            licence: licence(&sets, &research_only, action.is_owned || privacy.is_owned),
            showable: action.showable,
        })
    }

    /// The order in which training clips are shown: each once an epoch for every window that it holds, so that
    /// a set of few long clips is not drowned by one of many short ones.
    ///
    /// # Errors
    /// [`TrainError::Order`] if there are fewer windows than a batch holds.
    pub fn clip_order(&self, game: &Game, seed: Seed) -> Result<ClipOrder, TrainError> {
        let windows = |clip: usize| (self.action.clips()[clip].frames / (game.frames * game.skip)).max(1);
        let clips = self.action.clips_in(Split::Train).into_iter();
        let windows: Vec<usize> = clips.flat_map(|clip| vec![clip; windows(clip)]).collect();
        let order = order((0..windows.len()).collect(), game.clips, seed, "action")?;
        Ok(ClipOrder { order, windows })
    }

    /// The order in which training pictures are shown.
    ///
    /// # Errors
    /// [`TrainError::Order`] if there are fewer than `batch`.
    pub fn picture_order(&self, batch: usize, seed: Seed) -> Result<EpochOrder, TrainError> {
        order(self.privacy.frames_in(Split::Train), batch, seed, "privacy")
    }
}

/// Batches of clips, see [`Corpus::clip_order`].
pub struct ClipOrder {
    order: EpochOrder,
    /// The clip of each window.
    windows: Vec<usize>,
}

impl ClipOrder {
    /// The clips of batch `number`; one may be there twice, each time for another window.
    pub fn batch(&self, number: u64) -> Vec<usize> {
        self.order.batch(number).into_iter().map(|window| self.windows[window]).collect()
    }
}

/// Whether a clip that is in both streams is on one side: a privacy branch that learns from people who are kept
/// for validation makes every reading of them too good.
fn agree(action: &Manifest, privacy: &Manifest) -> Result<(), TrainError> {
    let of_action: HashMap<&str, &Row> = action.rows().iter().map(|row| (row.clip.as_str(), row)).collect();
    let teaches = |row: &Row| row.split.is_none_or(|split| split == Split::Train);
    for row in privacy.rows() {
        let clip = row.clip.clone();
        match of_action.get(row.clip.as_str()) {
            Some(other) if other.source != row.source => return Err(TrainError::Namesakes { clip }),
            Some(other) if teaches(other) != teaches(row) => return Err(TrainError::BothSides { clip }),
            _ => {}
        }
    }
    Ok(())
}

/// The obligations of the known sets, and where clips of others came by manifest a word on them: what they are is known to
/// their owner alone, unless their rows say that they are for research only.
fn licence(sets: &[&KnownSet], research_only: &[String], is_owned: bool) -> String {
    let known = Obligations::of(sets);
    let mut said = vec![];
    if !sets.is_empty() || research_only.is_empty() {
        said.push(known.to_string());
    }
    if !research_only.is_empty() {
        said.push(format!("by their manifests research only: {}", research_only.join(", ")));
    }
    if is_owned {
        said.push("clips named by manifest: on the terms of their owner".into());
    }
    if known.conflict() || !(research_only.is_empty() || known.share_alike.is_empty()) {
        said.push("research only and share-alike exclude each other: not to be published".into());
    }
    said.join("; ")
}

fn order(
    things: Vec<usize>,
    batch: usize,
    seed: Seed,
    stream: &'static str,
) -> Result<EpochOrder, TrainError> {
    let wrap = |source: OrderError| TrainError::Order { stream, source };
    EpochOrder::new(things, batch, seed, stream).map_err(wrap)
}

/// One stream before its clips are decoded.
struct Stream {
    manifest: Manifest,
    /// Name and digest of each choice; the digests hold wherever the data lies.
    digests: Vec<String>,
    sets: Vec<&'static KnownSet>,
    origins: Vec<Origin>,
    showable: Vec<usize>,
    /// Names of manifests whose rows say that they are for research only.
    research_only: Vec<String>,
    /// Whether a manifest names clips that this program has not drawn.
    is_owned: bool,
}

impl Stream {
    fn gather(
        role: &str,
        choices: &[SetChoice],
        beside: &Path,
        data: Option<&Path>,
    ) -> Result<Self, TrainError> {
        let (mut rows, mut digests, mut sets) = (vec![], vec![], vec![]);
        let (mut origins, mut showable): (Vec<Origin>, _) = (vec![], vec![]);
        let (mut research_only, mut is_owned) = (vec![], false);
        for choice in choices {
            let (name, mut manifest, set) = read(choice, beside, data)?;
            if !choice.held_out.is_empty() {
                split::hold_out_subjects(&mut manifest, &choice.held_out)?;
            }
            if let Some(share) = choice.validation {
                split::hold_out_share(&mut manifest, share, choice.together.as_deref(), SPLIT_SEED);
            }
            if origins.iter().any(|origin| origin.name == name) {
                return Err(TrainError::Twice { name, stream: role.to_owned() });
            }
            digests.push(format!("{name}:{}", manifest.digest()));
            let restricted = manifest.rows().iter().any(Row::is_research_only);
            if set.map_or(!restricted, |set| set.licence.redistributable) {
                showable.extend(rows.len()..rows.len() + manifest.rows().len());
            }
            if restricted {
                research_only.push(name.clone());
            }
            let is_drawn = manifest.rows().iter().all(Row::is_synthetic);
            is_owned |= set.is_none() && (restricted || !is_drawn);
            let own = match (restricted, is_drawn) {
                (true, _) => "research only, by its manifest",
                (false, true) => "free: drawn people",
                (false, false) => "the manifest's own",
            };
            let licence = set.map_or(own, |set| set.licence.name);
            origins.push(Origin {
                name: name.clone(),
                role: role.to_owned(),
                licence: licence.to_owned(),
                items: manifest.rows().len(),
            });
            sets.extend(set);
            rows.extend(manifest.rows().iter().map(|row| rooted(row, manifest.root(), &name)));
        }
        let manifest = Manifest::new("", rows)?;
        Ok(Self { manifest, digests, sets, origins, showable, research_only, is_owned })
    }
}

/// The manifest of a choice, and its set where it is one of the data folder.
fn read(
    choice: &SetChoice,
    beside: &Path,
    data: Option<&Path>,
) -> Result<(String, Manifest, Option<&'static KnownSet>), TrainError> {
    if let Some(name) = &choice.set {
        let set = KnownSet::named(name)?;
        return Ok((name.clone(), set.read(&data_folder(data)?)?, Some(set)));
    }
    let path = beside.join(choice.manifest.clone().unwrap_or_default());
    // The folder's name says more than `manifest.csv` does.
    let name = path.parent().and_then(Path::file_name).or(path.file_stem()).unwrap_or_default();
    Ok((name.to_string_lossy().into_owned(), Manifest::read(&path)?, None))
}

/// The row with absolute paths, and with names that cannot be those of another set.
fn rooted(row: &Row, root: &Path, set: &str) -> Row {
    let place = |path: &PathBuf| root.join(path);
    let source = match &row.source {
        Source::Frames(paths) => Source::Frames(paths.iter().map(place).collect()),
        Source::Image(path) => Source::Image(place(path)),
        Source::Strip { path, frame_width } => Source::Strip { path: place(path), frame_width: *frame_width },
        Source::Video(path) => Source::Video(place(path)),
    };
    let named = |value: &Option<String>| value.as_ref().map(|value| format!("{set}/{value}"));
    Row {
        clip: format!("{set}/{}", row.clip),
        source,
        subject: named(&row.subject),
        action: named(&row.action),
        attributes: row.attributes.clone(),
        split: row.split,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::data::stage::{Plan, Stage};

    #[test]
    fn a_model_that_learns_from_research_data_by_manifest_is_for_research_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let plan = Plan::of((20, 2), (2, 16), Seed(1));
        let stage = Stage::new(plan).expect("a sound plan");
        stage.write(&folder.path().join("people"), &|_, _| ()).expect("a new folder");
        let stream = |name: &str| format!("[[{name}]]\nmanifest = \"people/manifest.csv\"\n");
        let config = folder.path().join("first.toml");
        let text = format!("name = \"first\"\nsize = 16\n{}{}", stream("action"), stream("privacy"));
        fs::write(&config, text).expect("written");
        let config = TrainConfig::read(&config, &[]).expect("a sound configuration");
        let open = || {
            let cache = folder.path().join("cache");
            Corpus::open(&config, (folder.path(), None, &cache), &|_, _| ()).expect("sound clips")
        };
        let free = open();
        assert!(!free.licence.contains("research") && free.showable.len() == 20, "{}", free.licence);
        assert_eq!(
            (free.licence.as_str(), free.origins[0].licence.as_str()),
            ("no real data", "free: drawn people")
        );
        let table = folder.path().join("people/manifest.csv");
        let text = fs::read_to_string(&table).expect("readable");
        fs::write(&table, text.replacen("|synthetic=yes", "", 1)).expect("written");
        let owned = open();
        assert!(
            owned.licence.ends_with("on the terms of their owner"),
            "one clip is somebody's: {}",
            owned.licence
        );
        assert_eq!(owned.origins[1].licence, "the manifest's own", "one clip is somebody's");
        fs::write(&table, text.replace("|synthetic=yes", "|licence=research only|synthetic=yes"))
            .expect("written");
        let bound = open();
        assert!(bound.licence.starts_with("by their manifests research only: people;"), "{}", bound.licence);
        assert!(bound.origins[0].licence.contains("research only"), "{}", bound.origins[0].licence);
        assert!(bound.showable.is_empty(), "research data would be shown");
    }
}
