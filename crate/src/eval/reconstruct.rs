//! Can it be undone? The attacker has the transform, rewrites clips of other people with it, and lets a network learn
//! the way back.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use super::EvalError;
use super::interval::{Estimate, bootstrap};
use super::inverse::{Inverse, mean_bytes};
use super::report::{Control, Protocol, Row};
use super::set::Set;
use super::similarity::{mean_square, psnr, ssim};
use crate::data::{ClipInfo, ClipStore, Split, spread};
use crate::rng::Seed;

/// Raised when other clips come of the same pictures.
const VERSION: u32 = 1;
/// The most clips asked about, evenly spread.
const MOST_ASKED: usize = 300;
/// The most frames of a clip that are compared, evenly spread.
const FRAMES: usize = 8;
/// PSNR that an inverse of the identity must reach, in dB.
const INVERTED: f64 = 25.0;
/// What an inverse of black may be better than the mean picture by, in dB: the people who teach differ.
const SLACK: f64 = 0.5;

/// Who teaches the way back, and who is asked.
struct Turn {
    /// Numbers of pictures.
    taught: Vec<usize>,
    /// Places of clips.
    asked: Vec<usize>,
}

/// Two turns with people apart where people are known, else the set's own split; none where neither is there.
fn turns(store: &ClipStore) -> Vec<Turn> {
    let people: BTreeSet<&str> = store.clips().iter().filter_map(|clip| clip.subject.as_deref()).collect();
    let people: Vec<&str> = people.into_iter().collect();
    let second = |clip: &ClipInfo| {
        clip.subject.as_deref().map(|subject| people[people.len() / 2..].contains(&subject))
    };
    let turn = |teaches: &dyn Fn(&ClipInfo) -> bool, is_asked: &dyn Fn(&ClipInfo) -> bool| {
        let clips = || store.clips().iter().enumerate();
        let taught = clips().filter(|(_, clip)| teaches(clip));
        let asked: Vec<usize> = clips().filter(|(_, clip)| is_asked(clip)).map(|(place, _)| place).collect();
        Turn {
            taught: taught.flat_map(|(_, clip)| clip.first..clip.first + clip.frames).collect(),
            asked: spread(asked.len(), MOST_ASKED).map(|place| asked[place]).collect(),
        }
    };
    let all = if people.len() > 1 {
        [false, true]
            .map(|half| turn(&|clip| second(clip) == Some(!half), &|clip| second(clip) == Some(half)))
            .into()
    } else {
        vec![turn(&|clip| clip.split == Split::Train, &|clip| clip.split == Split::Test)]
    };
    all.into_iter().filter(|turn| !turn.taught.is_empty() && !turn.asked.is_empty()).collect()
}

/// The clips of a set as somebody has undone what a transform did to them.
pub(super) struct Reconstruction {
    /// Every clip; those that are asked about by a network that has not learnt from their person.
    pub(super) store: ClipStore,
    turns: Vec<Turn>,
}

impl Reconstruction {
    /// Undoes what made `shown` of the raw clips, or finds it in `cache`. `None` where nobody is apart.
    ///
    /// # Errors
    /// [`EvalError`] if the result cannot be kept.
    pub(super) fn of(
        set: &Set,
        shown: &ClipStore,
        steps: usize,
        cache: &Path,
    ) -> Result<Option<Self>, EvalError> {
        let turns = turns(&set.raw);
        if turns.is_empty() || steps == 0 {
            return Ok(None);
        }
        let key = format!("inverse {VERSION} {steps} {} {}", set.raw.content(), shown.content());
        let networks = OnceLock::new();
        let learn = || {
            let stores = (&set.raw, shown);
            let of_turn = |(nth, turn): (usize, &Turn)| {
                let mut rng = Seed(0).rng_at(&key, nth as u64);
                Inverse::learn(stores, &turn.taught, steps, &mut rng)
            };
            turns.iter().enumerate().map(of_turn).collect::<Vec<_>>()
        };
        let undo = |clip: usize| {
            let turn = turns.iter().position(|turn| turn.asked.contains(&clip)).unwrap_or(0);
            networks.get_or_init(learn)[turn].undone(shown, clip)
        };
        let store = shown.rewritten(&key, cache, &undo, &|_, _| ())?;
        Ok(Some(Self { store, turns }))
    }

    /// PSNR and SSIM, each against the mean picture of the teaching clips.
    pub(super) fn rows(&self, set: &Set, method: &str) -> Vec<Row> {
        let measured = self.measured(set);
        let row = |(measure, of): (&str, Figure<'_>)| {
            let values: Vec<[f64; 2]> = measured.iter().map(of).collect();
            let mean = |clips: &[usize], which: usize| {
                (!clips.is_empty())
                    .then(|| clips.iter().map(|clip| values[*clip][which]).sum::<f64>() / clips.len() as f64)
            };
            let Estimate { value, low, high } = bootstrap(values.len(), 0.95, |clips| mean(clips, 0))?;
            let everything: Vec<usize> = (0..values.len()).collect();
            Some(Row {
                dataset: set.name.clone(),
                measure: format!("reconstruction, {measure}"),
                method: method.to_owned(),
                protocol: Protocol::Retrained,
                attacker: "fresh inverse network".into(),
                value,
                low,
                high,
                chance: mean(&everything, 1),
                n: values.len(),
                seeds: 1,
            })
        };
        let measures: [(&str, Figure<'_>); 2] =
            [("PSNR in dB", &|found| found.psnr), ("SSIM", &|found| found.ssim)];
        measures.into_iter().filter_map(row).collect()
    }

    fn measured(&self, set: &Set) -> Vec<Likeness> {
        let of_turn = |turn: &Turn| {
            let mean = mean_bytes(&set.raw, &turn.taught);
            turn.asked.iter().map(|clip| likeness(set, &self.store, &mean, *clip)).collect::<Vec<_>>()
        };
        self.turns.iter().flat_map(of_turn).collect()
    }
}

/// A figure of a clip: of what became of it, and of the mean picture.
type Figure<'a> = &'a dyn Fn(&Likeness) -> [f64; 2];

/// How alike a clip is to what became of it, and to the mean picture.
struct Likeness {
    psnr: [f64; 2],
    ssim: [f64; 2],
}

fn likeness(set: &Set, undone: &ClipStore, mean: &[u8], clip: usize) -> Likeness {
    let size = set.raw.size();
    let frames: Vec<usize> = spread(set.raw.clips()[clip].frames, FRAMES).collect();
    let of = |other: &dyn Fn(usize) -> Vec<u8>| {
        let (mut square, mut alike) = (0.0, 0.0);
        for frame in &frames {
            let (raw, other) = (set.raw.frame(clip, *frame), other(*frame));
            square += mean_square(raw, &other) / frames.len() as f64;
            alike += ssim(raw, &other, size) / frames.len() as f64;
        }
        (psnr(square), alike)
    };
    let (found, constant) = (of(&|frame| undone.frame(clip, frame).to_vec()), of(&|_| mean.to_vec()));
    Likeness { psnr: [found.0, constant.0], ssim: [found.1, constant.1] }
}

/// The identity must be undone, and of black nothing but the mean picture.
pub(super) fn controls(set: &Set, raw: &[Row], black: &[Row]) -> Vec<Control> {
    let psnr = |rows: &[Row]| rows.iter().find(|row| row.measure == "reconstruction, PSNR in dB").cloned();
    let inverted = psnr(raw).map(|row| Control {
        name: format!("raw clips of {} are reconstructed: PSNR in dB", set.name),
        passed: row.value >= INVERTED && Some(row.value) > row.chance,
        value: row.value,
    });
    let dark = psnr(black).map(|row| {
        let above = row.low - row.chance.unwrap_or(0.0);
        Control {
            name: format!(
                "black clips of {} are not reconstructed: lower end of PSNR above the mean picture's, in dB",
                set.name
            ),
            passed: above <= SLACK,
            value: above,
        }
    });
    inverted.into_iter().chain(dark).collect()
}
