//! Who is it? Clips of one action against those of the others.

use rayon::prelude::*;

use super::OutsideError;
use super::reidentifier::{Fit, NUMBERS, ReIdentifier, cosine, mean};
use crate::data::{ClipInfo, ClipStore};

/// Cosines that differ by less count as equal: what rounding does to a sum of 256 products.
const EQUAL: f32 = 1e-6;

/// How clips are shown to a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The most frames of a clip, at even distances from its first to its last; of one, the middle.
    pub frames: usize,
    /// What of each frame.
    pub fit: Fit,
}

/// What was found out about one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Probed {
    /// Its place in [`ClipStore::clips`].
    pub clip: usize,
    /// Whether the nearest clip of its gallery shows the same person: 1 or 0, or, where several are equally
    /// near, the share of them that do. So the order of a gallery is never worth anything.
    pub right: f64,
    /// How many people are in its gallery; a guess blindfold is right once in as many times.
    pub people: usize,
    /// Its cosine with each clip of the gallery, and whether that shows the same person: the scores of
    /// verification.
    pub pairs: Vec<(f32, bool)>,
    /// The places of those clips, in the same order.
    pub gallery: Vec<usize>,
}

/// Asks a network who is seen in each clip of some `actions`, knowing the clips of the others: the clip
/// alone is the probe, and its gallery are all clips of the same set (by the part of their names before `/`)
/// that show another of the `actions`. Clips without subject or action are left out, and so are probes whose
/// person is nowhere in their gallery.
///
/// `stores` hold the same clips twice, as probes and as gallery see them: raw or anonymized each. They may be
/// one and the same. Each clip is represented by the mean vector of the frames that `view` names.
///
/// # Errors
/// [`OutsideError`] if the stores show different clips or the runtime gives up.
pub fn identify(
    network: &ReIdentifier,
    (probes, gallery): (&ClipStore, &ClipStore),
    actions: &[&str],
    view: View,
) -> Result<Vec<Probed>, OutsideError> {
    same_clips(probes.clips(), gallery.clips())?;
    let shown = represent(network, probes, actions, view)?;
    if std::ptr::eq(probes, gallery) {
        return Ok(compare(probes.clips(), actions, &shown, &shown));
    }
    Ok(compare(probes.clips(), actions, &shown, &represent(network, gallery, actions, view)?))
}

/// The mean vector of each clip that shows one of the `actions`; zeros for the others, which are not looked at.
/// Takes every core.
///
/// # Errors
/// [`OutsideError::Run`] if the runtime gives up.
pub fn represent(
    network: &ReIdentifier,
    store: &ClipStore,
    actions: &[&str],
    view: View,
) -> Result<Vec<[f32; NUMBERS]>, OutsideError> {
    let of_clip = |(place, clip): (usize, &ClipInfo)| {
        if named(clip, actions).is_none() {
            return Ok([0.0; NUMBERS]);
        }
        let pictures: Vec<u8> =
            spread(clip.frames, view.frames).flat_map(|frame| store.frame(place, frame)).copied().collect();
        Ok(mean(&network.embed(&pictures, store.size(), view.fit)?))
    };
    store.clips().par_iter().enumerate().map(of_clip).collect()
}

/// [`identify`] for clips whose vectors are known, one for each clip as a probe and one as part of a gallery.
///
/// # Panics
/// If there are not as many vectors as clips.
pub fn compare(
    clips: &[ClipInfo],
    actions: &[&str],
    probes: &[[f32; NUMBERS]],
    gallery: &[[f32; NUMBERS]],
) -> Vec<Probed> {
    assert_eq!((probes.len(), gallery.len()), (clips.len(), clips.len()), "a vector for each clip wanted");
    let known: Vec<(usize, Name)> =
        clips.iter().enumerate().filter_map(|(place, clip)| Some((place, named(clip, actions)?))).collect();
    let of_probe = |(place, probe): &(usize, Name)| {
        let others = known.iter().filter(|(_, other)| other.set == probe.set && other.action != probe.action);
        let scored: Vec<Scored<'_>> = others
            .map(|(other, name)| (*other, cosine(&probes[*place], &gallery[*other]), name.subject))
            .collect();
        probed(*place, probe.subject, &scored)
    };
    known.iter().filter_map(of_probe).collect()
}

/// A clip of a gallery, its cosine with the probe, and who it shows.
type Scored<'a> = (usize, f32, &'a str);

/// What comes of a probe and its gallery. `None` if nobody shows the probe's person.
fn probed(clip: usize, subject: &str, scored: &[Scored<'_>]) -> Option<Probed> {
    let pairs: Vec<(f32, bool)> =
        scored.iter().map(|(_, cosine, other)| (*cosine, *other == subject)).collect();
    let nearest = pairs.iter().map(|(cosine, _)| *cosine).fold(f32::NEG_INFINITY, f32::max);
    let tied: Vec<bool> =
        pairs.iter().filter(|(cosine, _)| *cosine > nearest - EQUAL).map(|(_, same)| *same).collect();
    let right = tied.iter().filter(|same| **same).count() as f64 / tied.len().max(1) as f64;
    let mut people: Vec<&str> = scored.iter().map(|(.., other)| *other).collect();
    people.sort_unstable();
    people.dedup();
    let gallery = scored.iter().map(|(place, ..)| *place).collect();
    people.contains(&subject).then_some(Probed { clip, right, people: people.len(), pairs, gallery })
}

/// What identification has to know of a clip.
struct Name<'a> {
    set: Option<&'a str>,
    subject: &'a str,
    action: &'a str,
}

/// The names of a clip that shows somebody doing one of `actions`.
fn named<'a>(clip: &'a ClipInfo, actions: &[&str]) -> Option<Name<'a>> {
    let (subject, action) = (clip.subject.as_deref()?, clip.action.as_deref()?);
    let set = clip.name.split_once('/').map(|(set, _)| set);
    actions.contains(&action).then_some(Name { set, subject, action })
}

/// At most `most` frames of a clip, from its first to its last; of one, the middle.
fn spread(frames: usize, most: usize) -> impl Iterator<Item = usize> {
    let count = most.clamp(1, frames);
    let middle = frames / 2;
    (0..count).map(move |place| if count == 1 { middle } else { place * (frames - 1) / (count - 1) })
}

/// Refuses stores whose clips have other names or another order.
fn same_clips(probes: &[ClipInfo], gallery: &[ClipInfo]) -> Result<(), OutsideError> {
    let name = |clips: &[ClipInfo], place: usize| {
        clips.get(place).map_or_else(|| "missing".to_owned(), |clip| format!("\"{}\"", clip.name))
    };
    for place in 0..probes.len().max(gallery.len()) {
        let (probe, gallery) = (name(probes, place), name(gallery, place));
        if probe != gallery {
            return Err(OutsideError::OtherClips { place, probe, gallery });
        }
    }
    Ok(())
}
