//! What is drawn: a plan, and the truth about each of its clips.

use std::sync::Arc;

use super::actions::{Action, SEATED, STANDING};
use super::body::Bearing;
use super::camera::View;
use super::faces::{Faces, FacesError};
use super::motion::Motion;
use super::person::Person;
use super::recorded::{Performance, Recordings};
use super::scene::Scene;
use super::{FRAMES_PER_SECOND, LEAST_SIZE, StageError, VERSION, paint};
use crate::data::row::{RESEARCH_ONLY, Row, SYNTHETIC, Source, Split};
use crate::frame::Rgba8;
use crate::rng::Seed;

/// How much of a figure the clips show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// The whole body, in a room.
    #[default]
    Whole,
    /// From the elbows up, before a webcam.
    Upper,
    /// Head and shoulders, before a webcam.
    Close,
    /// All three in turn.
    Mixed,
}

impl Framing {
    /// Every framing, as it is named.
    pub const ALL: [(&'static str, Self); 4] =
        [("whole", Self::Whole), ("upper", Self::Upper), ("close", Self::Close), ("mixed", Self::Mixed)];

    fn view(self, turn: usize) -> View {
        match self {
            Self::Whole => View::Whole,
            Self::Upper => View::Upper,
            Self::Close => View::Close,
            Self::Mixed => [View::Whole, View::Upper, View::Close][turn % 3],
        }
    }
}

/// Where movements come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Moves {
    /// Made up; a person does them in a manner of his own.
    #[default]
    Procedural,
    /// Skeletons of real people, put on the skeleton that all drawn people share. Who was recorded says nothing
    /// of who is drawn, but people who are drawn for testing move like people who are recorded for it alone.
    Recorded(Arc<Recordings>),
}

/// How many clips of what.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Clips in all.
    pub clips: usize,
    /// People in all; each does every action.
    pub people: usize,
    /// Frames of a clip.
    pub frames: usize,
    /// Pixels along each side of a frame.
    pub size: usize,
    /// Everything is drawn from this.
    pub seed: Seed,
    /// How much of a figure is seen.
    pub framing: Framing,
    /// The share of the people whose clips are test clips, in `[0, 1)`; a tenth of the others is for validation.
    /// `None`: clips belong to no part, and judges deal people and actions themselves.
    pub test: Option<f64>,
    /// Where movements come from.
    pub moves: Moves,
    /// Real faces, one for each person; `None`: drawn ones.
    pub faces: Option<Arc<Faces>>,
}

impl Plan {
    /// Whole figures of no part of an experiment, whose movements and faces are made up: `clips` of `people`, each of so
    /// many `frames` of so many pixels a `side`.
    pub fn of((clips, people): (usize, usize), (frames, size): (usize, usize), seed: Seed) -> Self {
        let (framing, moves) = (Framing::Whole, Moves::Procedural);
        Self { clips, people, frames, size, seed, framing, test: None, moves, faces: None }
    }
}

/// A plan that can be drawn. The same plan draws the same pixels, clip by clip, in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub(super) plan: Plan,
    actions: Vec<String>,
}

/// Everything that decides the frames of one clip.
pub(super) struct Shot {
    pub(super) person: Person,
    pub(super) motion: Mover,
    pub(super) scene: Scene,
}

/// Who or what moves a figure.
pub(super) enum Mover {
    Procedural(Motion),
    Recorded(Performance),
}

impl Stage {
    /// Checks a plan.
    ///
    /// # Errors
    /// [`StageError`] if a number is zero, a side is too short to show a figure, the share for testing leaves a
    /// side empty, or none of the recorded actions can be seen in the framing.
    pub fn new(plan: Plan) -> Result<Self, StageError> {
        let least = [
            ("clips", plan.clips, 1),
            ("people", plan.people, 1),
            ("frames", plan.frames, 1),
            ("pixels", plan.size, LEAST_SIZE),
        ];
        if let Some((what, found, least)) = least.into_iter().find(|(_, found, least)| found < least) {
            return Err(StageError::TooFew { what, found, least });
        }
        let stage = Self { actions: vec![], plan };
        if let Some(share) = stage.plan.test {
            let sides: Vec<Split> = (0..stage.plan.people).filter_map(|person| stage.side(person)).collect();
            if !(sides.contains(&Split::Train) && sides.contains(&Split::Test)) {
                return Err(StageError::OneSided { people: stage.plan.people, share });
            }
        }
        if let Some(faces) = stage.plan.faces.as_ref().filter(|faces| faces.len() < stage.plan.people) {
            return Err(FacesError::TooFew { people: stage.plan.people, faces: faces.len() }.into());
        }
        let actions = match &stage.plan.moves {
            Moves::Procedural => stage.procedural().iter().map(|action| action.name().to_owned()).collect(),
            Moves::Recorded(recordings) => recordings.actions(stage.seated()),
        };
        Ok(Self { actions, ..stage })
    }

    /// Whether only what a webcam sees is done.
    fn seated(&self) -> bool {
        self.plan.framing != Framing::Whole
    }

    fn procedural(&self) -> &'static [Action] {
        if self.seated() { &SEATED } else { &STANDING }
    }

    /// The actions that are drawn.
    pub fn actions(&self) -> &[String] {
        &self.actions
    }

    /// How many clips there are.
    pub fn clips(&self) -> usize {
        self.plan.clips
    }

    /// Pixels along each side of a frame.
    pub fn size(&self) -> usize {
        self.plan.size
    }

    /// Whether what is drawn, and what is learnt from it, is for research only.
    pub fn research_only(&self) -> bool {
        self.plan.moves != Moves::Procedural || self.plan.faces.is_some()
    }

    /// All that decides the pixels, in words.
    pub fn key(&self) -> String {
        let Plan { clips, people, frames, size, seed, framing, test, moves, faces } = &self.plan;
        let faces = faces.as_ref().map_or("drawn", |faces| faces.digest());
        let moves = match moves {
            Moves::Procedural => "procedural".to_owned(),
            Moves::Recorded(recordings) => format!("recorded {} {test:?}", recordings.digest()),
        };
        format!("stage {VERSION} {clips} {people} {frames} {size} {} {framing:?} {moves} {faces}", seed.0)
    }

    /// Who is seen in a clip, and the place of the action in [`Stage::actions`]: a Latin square, so that
    /// every person does every action equally often, up to one.
    pub(super) fn cast(&self, clip: usize) -> (usize, usize) {
        let person = clip % self.plan.people;
        (person, (person + clip / self.plan.people) % self.actions.len())
    }

    /// The part of an experiment that a person is for. The last people test, those before them validate.
    pub(super) fn side(&self, person: usize) -> Option<Split> {
        let (people, share) = (self.plan.people, self.plan.test?);
        let test = (share * people as f64).round() as usize;
        let validation = (people - test.min(people)) / 10;
        Some(match people - 1 - person {
            place if place < test => Split::Test,
            place if place < test + validation => Split::Validation,
            _ => Split::Train,
        })
    }

    fn view(&self, clip: usize) -> View {
        // Each person is seen doing everything in one view before the next view's turn comes.
        self.plan.framing.view(clip / (self.plan.people * self.actions.len()))
    }

    /// The row of a clip in the manifest: its exact truth.
    ///
    /// # Panics
    /// If there is no such clip.
    pub fn row(&self, clip: usize) -> Row {
        assert!(clip < self.plan.clips, "clip {clip} of {}", self.plan.clips);
        let (person, action) = self.cast(clip);
        let frame_width = self.plan.size;
        let source = Source::Strip { path: format!("clips/{clip:06}.png").into(), frame_width };
        let mut attributes = self.person(person).attributes();
        let mut say = |(name, value): (&str, &str)| attributes.insert(name.to_owned(), value.to_owned());
        say(("framing", self.view(clip).name()));
        say(SYNTHETIC);
        if let Moves::Recorded(recordings) = &self.plan.moves {
            let performance = self.performance(recordings, clip);
            say(("motion", performance.set));
            say(("performer", &performance.performer));
        }
        if self.research_only() {
            say(RESEARCH_ONLY);
        }
        Row {
            clip: format!("{clip:06}"),
            source,
            subject: Some(format!("p{person:03}")),
            action: Some(self.actions[action].clone()),
            attributes,
            split: self.side(person),
        }
    }

    pub(super) fn person(&self, number: usize) -> Person {
        let person = Person::draw(&mut self.plan.seed.rng_at("stage person", number as u64));
        match &self.plan.faces {
            Some(faces) => person.with_face(faces.of(number)),
            None => person,
        }
    }

    fn performance(&self, recordings: &Recordings, clip: usize) -> Performance {
        let (person, action) = self.cast(clip);
        let mut rng = self.plan.seed.rng_at("stage motion", clip as u64);
        recordings.performance(&self.actions[action], self.side(person), &mut rng)
    }

    /// Everything that decides the frames of a clip.
    pub(super) fn shot(&self, clip: usize) -> Shot {
        let (person, action) = self.cast(clip);
        let motion = match &self.plan.moves {
            Moves::Procedural => {
                let seconds = self.plan.frames as f32 / FRAMES_PER_SECOND;
                let mut rng = self.plan.seed.rng_at("stage motion", clip as u64);
                let action = self.procedural()[action];
                Mover::Procedural(Motion::draw(action, self.seated(), seconds, &mut rng))
            }
            Moves::Recorded(recordings) => Mover::Recorded(self.performance(recordings, clip)),
        };
        let mut rng = self.plan.seed.rng_at("stage scene", clip as u64);
        let person = self.person(person);
        let scene = Scene::draw(self.view(clip), &mut rng).aimed(&person.build);
        Shot { person, motion, scene }
    }

    /// How the figure of a clip is held at a `time` in seconds.
    pub(super) fn bearing(&self, shot: &Shot, time: f32) -> Bearing {
        match (&shot.motion, &self.plan.moves) {
            (Mover::Procedural(motion), _) => motion.pose(time, &shot.person.gait).bearing(),
            (Mover::Recorded(performance), Moves::Recorded(recordings)) => {
                let share = time * FRAMES_PER_SECOND / self.plan.frames as f32;
                recordings.bearing(performance, share, shot.scene.view)
            }
            (Mover::Recorded(_), Moves::Procedural) => {
                unreachable!("recorded movements come from recordings")
            }
        }
    }

    /// Draws the frames of a clip.
    ///
    /// # Panics
    /// If there is no such clip.
    pub fn draw(&self, clip: usize) -> Vec<Rgba8> {
        assert!(clip < self.plan.clips, "clip {clip} of {}", self.plan.clips);
        let shot = self.shot(clip);
        let Shot { person, scene, .. } = &shot;
        let (room, shading) = (scene.room(self.plan.size), scene.sensor.shading(self.plan.size));
        let mut noise = self.plan.seed.rng_at("stage noise", clip as u64);
        let moment = |time: f32| {
            let shift = scene.camera.shift(time);
            let photo = self.plan.faces.as_ref().map(|faces| faces.of(self.cast(clip).0));
            paint::moment((person, photo, scene), &self.bearing(&shot, time), room.shifted(shift), shift)
        };
        let frame = |index: usize| {
            let time = index as f32 / FRAMES_PER_SECOND;
            let moments = scene.sensor.moments(time, 1.0 / FRAMES_PER_SECOND);
            scene.sensor.develop(moments.into_iter().map(moment).collect(), &shading, &mut noise)
        };
        (0..self.plan.frames).map(frame).collect()
    }
}
