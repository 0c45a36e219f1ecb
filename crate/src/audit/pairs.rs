//! The pairs of inputs, and how each is told.

use super::discriminant::{Discriminant, cells};
use super::subject::Subject;
use crate::dp::accountant::Mu;
use crate::dp::evidence::{Finding, told_apart};
use crate::engine::EngineError;
use crate::frame::Rgba8;
use crate::known_answer::pattern;

/// Beyond this mu a pair nearer than the worst is tried as well: so many runs cannot tell how far apart the worst are.
const TELLABLE: f64 = 2.0;
/// How many times longer than the clip the codes of the worst pairs are.
const LONG: f64 = 1e4;

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Runs of each input that the bounds count.
    pub runs: usize,
    /// Runs of each input before these, from which the attacker learns.
    pub learn: usize,
}

impl Plan {
    /// The fewest runs that prove anything.
    pub const LEAST: usize = 10_000;
    /// The chance that an audit blames a model that keeps its promise.
    pub const RISK: f64 = 1e-3;

    /// So many runs, and a fifth as many to learn from.
    pub fn new(runs: usize) -> Self {
        Self { runs, learn: runs / 5 }
    }
}

/// Tries every pair on `subject`; `progress` hears (runs done, runs in all). The chance that any finding exceeds a claim
/// that is kept is at most [`Plan::RISK`].
///
/// # Errors
/// [`EngineError`] if there is no noise to be had.
pub fn audit(
    subject: &mut dyn Subject,
    plan: Plan,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Finding>, EngineError> {
    let claimed = subject.says().mu();
    let codes = codes(subject);
    let clips = clips(subject);
    let count = codes.len() + clips.len();
    let mut tried = Trying { subject, plan, risk: Plan::RISK / count as f64, done: 0, count, progress };
    let mut findings = vec![];
    for pair in codes {
        findings.push(tried.codes(pair, claimed)?);
    }
    for pair in clips {
        findings.push(tried.clips(pair, claimed)?);
    }
    Ok(findings)
}

/// Two inputs as codes, and the direction in which their releases differ.
struct Codes {
    tried: String,
    /// For either input the codes that are released one after the other.
    inputs: [Vec<Vec<f32>>; 2],
    /// What each release is multiplied by, and the products summed.
    score: Vec<Vec<f64>>,
    /// A claim of its own, where it is nearer than the worst.
    claimed: Option<Mu>,
}

/// Two inputs as clips, of which the last frame is looked at.
struct Clips {
    tried: String,
    inputs: [Vec<Rgba8>; 2],
    claimed: Option<Mu>,
}

/// The pairs of codes.
fn codes(subject: &dyn Subject) -> Vec<Codes> {
    let (says, size) = (subject.says(), subject.scale().len());
    // A direction in which every place counts, and one in which a single one does.
    let slanted: Vec<f64> = (0..size).map(|place| if place % 2 == 0 { 1.0 } else { -0.5 }).collect();
    let length = slanted.iter().map(|value| value * value).sum::<f64>().sqrt();
    let slanted: Vec<f64> = slanted.iter().map(|value| value / length).collect();
    let single: Vec<f64> = (0..size).map(|place| if place + 1 == size { 1.0 } else { 0.0 }).collect();
    let along = |direction: &[f64], by: f64| -> Vec<f32> {
        direction.iter().zip(subject.scale()).map(|(value, scale)| (by * value * scale) as f32).collect()
    };
    let opposite = |direction: &[f64], by: f64| [along(direction, -by), along(direction, by)];
    let far = LONG * says.clip;
    let one = |tried: &str, inputs: [Vec<f32>; 2], direction: &[f64], claimed| Codes {
        tried: tried.into(),
        inputs: inputs.map(|code| vec![code]),
        score: vec![direction.to_vec()],
        claimed,
    };
    let mut pairs = vec![
        one("opposite codes, far too long, in all places", opposite(&slanted, far), &slanted, None),
        one("opposite codes, far too long, in one place", opposite(&single, far), &single, None),
        one("a broken code against a long one", [vec![f32::NAN; size], along(&single, far)], &single, None),
    ];
    let back: Vec<f64> = slanted.iter().map(|value| -value).collect();
    let [low, high] = opposite(&slanted, says.clip);
    pairs.push(Codes {
        tried: "the second of two releases".into(),
        inputs: [vec![low.clone(), low.clone()], vec![low, high]],
        score: vec![back, slanted.clone()],
        claimed: None,
    });
    if says.mu().value() > TELLABLE {
        let near = 0.5 * TELLABLE * says.sigma;
        let claimed = Mu::new(TELLABLE * (1.0 + 1e-6)).ok(); // single precision moves the codes by less
        pairs.push(one(
            "opposite codes as far apart as can be told",
            opposite(&slanted, near),
            &slanted,
            claimed,
        ));
    }
    pairs
}

/// The pairs of clips.
fn clips(subject: &dyn Subject) -> Vec<Clips> {
    let (side, timing) = (subject.side(), subject.timing());
    let (light, dark) = (Rgba8::filled(side, side, [255; 3]), Rgba8::filled(side, side, [0; 3]));
    let drawn = pattern(side, side);
    let turned: Vec<u8> = drawn
        .bytes()
        .chunks_exact(4)
        .flat_map(|pixel| [255 - pixel[0], 255 - pixel[1], 255 - pixel[2], 255])
        .collect();
    let turned = Rgba8::new(side, side, turned).expect("as many bytes");
    let window = |frame: &Rgba8| vec![frame.clone(); timing.whole()];
    let worst = |tried: &str, inputs: [&Rgba8; 2]| Clips {
        tried: tried.into(),
        inputs: inputs.map(window),
        claimed: None,
    };
    let mut pairs = vec![
        worst("a black frame against a white one", [&dark, &light]),
        worst("a pattern against its negative", [&drawn, &turned]),
    ];
    if timing.window > 1 {
        // In turns, frame by frame that is read: what only movement tells needs some.
        let turns =
            [[&drawn, &turned], [&turned, &drawn]].map(|pair| in_turns(pair, timing.whole(), timing.stride));
        pairs.push(Clips {
            tried: "a pattern in turns with its negative, either first".into(),
            inputs: turns,
            claimed: None,
        });
    }
    // What must not be in the picture at all: black or white before or after something that both clips have.
    let shades = [&dark, &light];
    let hidden = |tried: &str, clip: &dyn Fn(&Rgba8) -> Vec<Rgba8>| Clips {
        tried: tried.into(),
        inputs: shades.map(clip),
        claimed: Mu::new(0.0).ok(),
    };
    if timing.stride > 1 {
        pairs.push(hidden("a frame between releases, black against white", &|shade| {
            [window(&drawn), vec![shade.clone()]].concat()
        }));
    }
    if timing.window > 1 {
        let every = timing.window * timing.stride;
        pairs.push(hidden("a frame of a window that is not whole, black against white", &|shade| {
            [vec![drawn.clone(); every], vec![shade.clone()]].concat()
        }));
        pairs.push(hidden("the window before, black against white", &|shade| {
            [in_turns([shade, &drawn], every, timing.stride), window(&drawn)].concat()
        }));
    }
    pairs
}

/// A clip of so many frames in which two pictures take turns, each for `stride` frames.
fn in_turns(pictures: [&Rgba8; 2], frames: usize, stride: usize) -> Vec<Rgba8> {
    (0..frames).map(|frame| pictures[frame / stride % 2].clone()).collect()
}

/// An audit under way.
struct Trying<'a> {
    subject: &'a mut dyn Subject,
    plan: Plan,
    risk: f64,
    done: usize,
    count: usize,
    progress: &'a mut dyn FnMut(usize, usize),
}

impl Trying<'_> {
    fn codes(&mut self, pair: Codes, claimed: Mu) -> Result<Finding, EngineError> {
        let scores = self.runs(|subject, input| {
            let codes: Vec<&[f32]> = pair.inputs[input].iter().map(Vec::as_slice).collect();
            let released = subject.release(&codes)?;
            let products = released.iter().flatten().zip(pair.score.iter().flatten());
            Ok(products.map(|(value, weight)| value * weight).sum::<f64>())
        })?;
        Ok(self.finding(pair.tried, pair.claimed.unwrap_or(claimed), &scores))
    }

    fn clips(&mut self, pair: Clips, claimed: Mu) -> Result<Finding, EngineError> {
        let side = self.subject.side();
        let seen = self.runs(|subject, input| Ok(cells(subject.show(&pair.inputs[input])?.bytes(), side)))?;
        let learnt = Discriminant::learn([&seen[0][..self.plan.learn], &seen[1][..self.plan.learn]]);
        let scores = seen.map(|seen| seen.iter().map(|cells| learnt.score(cells)).collect::<Vec<f64>>());
        Ok(self.finding(pair.tried, pair.claimed.unwrap_or(claimed), &scores))
    }

    fn finding(&self, tried: String, claimed: Mu, [first, second]: &[Vec<f64>; 2]) -> Finding {
        let found = told_apart([first, second], self.plan.learn, self.risk);
        Finding { tried, claimed, found, runs: self.plan.runs }
    }

    /// Runs both inputs in turn.
    fn runs<T>(
        &mut self,
        mut run: impl FnMut(&mut dyn Subject, usize) -> Result<T, EngineError>,
    ) -> Result<[Vec<T>; 2], EngineError> {
        let each = self.plan.learn + self.plan.runs;
        let mut seen = [Vec::with_capacity(each), Vec::with_capacity(each)];
        for _ in 0..each {
            for (input, seen) in seen.iter_mut().enumerate() {
                seen.push(run(self.subject, input)?);
            }
            self.done += 1;
            (self.progress)(self.done, self.count * each);
        }
        Ok(seen)
    }
}
