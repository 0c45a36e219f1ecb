//! Re-identification by others: a network that somebody else trained is asked who is seen, clips of one action against
//! those of all others.

use std::fs;
use std::path::Path;

use super::EvalError;
use super::interval::{Estimate, mean_share};
use super::report::{Protocol, Row};
use super::set::Set;
use super::verify::{FAR, Figure, Pair, figures};
use crate::artifact::digest;
use crate::atomic;
use crate::data::ClipStore;
use crate::outside::{Fit, NUMBERS, Probed, ReIdentifier, View, compare, represent};

/// Frames of a clip that the network sees.
const FRAMES: usize = 3;
/// Raised when other vectors are made of the same clips.
const VERSION: u32 = 1;

type Vectors = Vec<[f32; NUMBERS]>;

/// How often the network names the person of each rewritten clip, by raw clips of other actions and by rewritten
/// ones, and how well it tells whether two clips show the same person. It sees all of a frame or its middle:
/// whichever names more people in the raw clips of the set.
pub(super) fn rows(
    network: &ReIdentifier,
    set: &Set,
    method: &str,
    shown: &ClipStore,
    cache: &Path,
) -> Result<Vec<Row>, EvalError> {
    let clips = set.raw.clips();
    let actions: Vec<&str> = set.raw.actions().iter().map(String::as_str).collect();
    let of_fit = |fit| -> Result<(f64, Fit, Vectors), EvalError> {
        let vectors = kept(network, &set.raw, &actions, fit, cache)?;
        Ok((right(&compare(clips, &actions, &vectors, &vectors)), fit, vectors))
    };
    let (whole, middle) = (of_fit(Fit::Whole)?, of_fit(Fit::Middle)?);
    let (_, fit, raw) = if middle.0 > whole.0 { middle } else { whole };
    let probes = kept(network, shown, &actions, fit, cache)?;
    let page = Page { set: &set.name, method };
    let mut rows = page.of(&compare(clips, &actions, &probes, &raw), "to raw");
    rows.extend(page.of(&compare(clips, &actions, &probes, &probes), "among anonymized"));
    Ok(rows)
}

/// The vectors of all clips, from `cache` if they were made before.
fn kept(
    network: &ReIdentifier,
    store: &ClipStore,
    actions: &[&str],
    fit: Fit,
    cache: &Path,
) -> Result<Vectors, EvalError> {
    let key = format!("{VERSION} {} {FRAMES} {fit:?} {}", ReIdentifier::NAME, store.content());
    let path = cache.join(format!("{}.vectors.json", digest(key.as_bytes())));
    let known = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Vec<Vec<f32>>>(&bytes).ok());
    let whole = |vectors: Vec<Vec<f32>>| {
        vectors.into_iter().map(|vector| vector.try_into().ok()).collect::<Option<Vectors>>()
    };
    if let Some(vectors) = known.and_then(whole).filter(|vectors| vectors.len() == store.clips().len()) {
        return Ok(vectors);
    }
    let vectors = represent(network, store, actions, View { frames: FRAMES, fit })?;
    let lists: Vec<&[f32]> = vectors.iter().map(<[f32; NUMBERS]>::as_slice).collect();
    let bytes = serde_json::to_vec(&lists).expect("numbers are JSON");
    atomic::replace(&path, &bytes).map_err(|source| EvalError::Write { path, source })?;
    Ok(vectors)
}

fn right(probed: &[Probed]) -> f64 {
    probed.iter().map(|probe| probe.right).sum()
}

/// Where rows belong.
struct Page<'a> {
    set: &'a str,
    method: &'a str,
}

impl Page<'_> {
    fn of(&self, probed: &[Probed], gallery: &str) -> Vec<Row> {
        let row = |measure: String, chance: f64, Estimate { value, low, high }: Estimate| Row {
            dataset: self.set.to_owned(),
            measure,
            method: self.method.to_owned(),
            protocol: Protocol::Outside,
            attacker: ReIdentifier::NAME.to_owned(),
            value,
            low,
            high,
            chance: Some(chance),
            n: probed.len(),
            seeds: 1,
        };
        let right: Vec<f64> = probed.iter().map(|probe| probe.right).collect();
        let blindfold = probed.iter().map(|probe| 1.0 / probe.people as f64).sum::<f64>();
        let chance = blindfold / probed.len().max(1) as f64;
        let top1 = mean_share(&right, 0.95)
            .map(|found| row(format!("re-identification by others, top-1 {gallery}"), chance, found));
        let verified = figures(vec![pairs(probed)]).into_iter().map(|(figure, found)| {
            let chance = if figure == Figure::Auc { 0.5 } else { FAR };
            row(format!("verification, {} {gallery}", figure.name()), chance, found)
        });
        top1.into_iter().chain(verified).collect()
    }
}

/// Every probe with each clip of its gallery.
fn pairs(probed: &[Probed]) -> Vec<Pair> {
    let of_probe = |probe: &Probed| {
        let clip = probe.clip;
        let pair = move |(other, (score, same)): (&usize, &(f32, bool))| Pair {
            clips: [clip, *other],
            score: *score,
            same: *same,
        };
        probe.gallery.iter().zip(&probe.pairs).map(pair).collect::<Vec<_>>()
    };
    probed.iter().flat_map(of_probe).collect()
}
