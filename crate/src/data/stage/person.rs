//! Who the figures are: traits that know nothing of what is done.

use std::collections::BTreeMap;

use rand::{Rng, RngExt as _};

use super::faces::Photo;
use super::wardrobe::{
    Bag, Bottoms, CLOTHES, Colour, EYES, HAIRS, HairStyle, Headwear, Neckwear, Pattern, SKINS, near, pick,
};

/// Lengths, as shares of a middling person's height.
#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) leg: f32,
    pub(super) arm: f32,
    pub(super) torso: f32,
    pub(super) shoulders: f32,
    pub(super) hips: f32,
    /// Radius of the head.
    pub(super) head: f32,
    /// Thickness of limbs and trunk, as a factor.
    pub(super) girth: f32,
}

/// How somebody moves and stands, whatever they do.
#[derive(Clone, Debug)]
pub(super) struct Gait {
    pub(super) tempo: f32,
    pub(super) reach: f32,
    /// Where in a turn they start, in turns.
    pub(super) phase: f32,
    /// Angles in radians.
    pub(super) stance: f32,
    pub(super) arms_out: f32,
    pub(super) stoop: f32,
}

/// Colours and forms of the face. Lengths are shares of the head's radius.
#[derive(Clone, Debug)]
pub(super) struct Face {
    pub(super) eyes: Colour,
    pub(super) eye_distance: f32,
    pub(super) eye_size: f32,
    pub(super) mouth: f32,
    pub(super) lips: f32,
    pub(super) nose: f32,
    pub(super) jaw: f32,
    pub(super) brows: f32,
    /// Where a mole is, if there is one: aside and up.
    pub(super) mole: Option<[f32; 2]>,
    pub(super) glasses: bool,
    pub(super) beard: bool,
}

/// Everything that stays the same when the same person comes again.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) build: Build,
    pub(super) gait: Gait,
    pub(super) face: Face,
    pub(super) skin: Colour,
    pub(super) hair: Colour,
    pub(super) hair_style: HairStyle,
    pub(super) top: Colour,
    pub(super) trim: Colour,
    pub(super) pattern: Pattern,
    pub(super) long_sleeves: bool,
    pub(super) bottoms: Bottoms,
    pub(super) bottom: Colour,
    pub(super) shoes: Colour,
    pub(super) headwear: Headwear,
    pub(super) neckwear: Neckwear,
    pub(super) bag: Bag,
    /// Of what is worn on the head, about the neck, and carried.
    pub(super) accents: [Colour; 3],
    names: BTreeMap<String, String>,
}

/// A name for where a value lies between `low` and `high`: one of three.
fn third(value: f32, (low, high): (f32, f32), names: [&'static str; 3]) -> &'static str {
    let place = (3.0 * (value - low) / (high - low)) as usize;
    names[place.min(2)]
}

const HEIGHTS: (f32, f32) = (0.84, 1.06);
const GIRTHS: (f32, f32) = (0.75, 1.5);

impl Person {
    /// Somebody new.
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let height = rng.random_range(HEIGHTS.0..HEIGHTS.1);
        let girth = rng.random_range(GIRTHS.0..GIRTHS.1);
        let (build, gait) = (draw_build(height, girth, rng), draw_gait(rng));
        let (skin_name, skin) = pick(&SKINS, rng);
        let (hair_name, hair) = pick(&HAIRS, rng);
        let styles = [HairStyle::Bald, HairStyle::Short, HairStyle::Long, HairStyle::Bun, HairStyle::Curly];
        let hair_style = pick(&styles, rng);
        let (top_name, top) = pick(&CLOTHES, rng);
        let (_, trim) = pick(&CLOTHES, rng);
        let pattern = pick(&Pattern::ALL, rng);
        let (bottom_name, bottom) = pick(&CLOTHES, rng);
        let bottoms = pick(&[Bottoms::Trousers, Bottoms::Trousers, Bottoms::Shorts, Bottoms::Skirt], rng);
        let long_sleeves = rng.random_bool(0.5);
        let face = draw_face(rng);
        let (headwear, neckwear) = (pick(&Headwear::ALL, rng), pick(&Neckwear::ALL, rng));
        let bag = pick(&Bag::ALL, rng);
        let accents = [0; 3].map(|_| near(pick(&CLOTHES, rng).1, rng));
        let names = [
            ("height", third(height, HEIGHTS, ["short", "medium", "tall"]).to_string()),
            ("build", third(girth, GIRTHS, ["slim", "medium", "broad"]).to_string()),
            ("skin", skin_name.to_string()),
            ("hair", if hair_style == HairStyle::Bald { "none" } else { hair_name }.to_string()),
            ("hair_style", format!("{hair_style:?}").to_lowercase()),
            ("top", top_name.to_string()),
            ("pattern", format!("{pattern:?}").to_lowercase()),
            ("sleeves", if long_sleeves { "long" } else { "short" }.to_string()),
            ("bottom", bottom_name.to_string()),
            ("bottoms", format!("{bottoms:?}").to_lowercase()),
            ("glasses", if face.glasses { "yes" } else { "no" }.to_string()),
            ("beard", if face.beard { "yes" } else { "no" }.to_string()),
            ("headwear", format!("{headwear:?}").to_lowercase()),
            ("neckwear", format!("{neckwear:?}").to_lowercase()),
            ("bag", format!("{bag:?}").to_lowercase()),
        ];
        Self {
            build,
            gait,
            face,
            skin: near(skin, rng),
            hair: near(hair, rng),
            hair_style,
            top: near(top, rng),
            trim: near(trim, rng),
            pattern,
            long_sleeves,
            bottoms,
            bottom: near(bottom, rng),
            shoes: near(pick(&CLOTHES, rng).1, rng),
            headwear,
            neckwear,
            bag,
            accents,
            names: names.map(|(name, value)| (name.to_string(), value)).into(),
        }
    }

    /// The same with a real face, and the skin that goes with it: what is said of a drawn face gives way.
    pub(super) fn with_face(mut self, face: &Photo) -> Self {
        for drawn in ["skin", "beard", "glasses"] {
            self.names.remove(drawn);
        }
        self.names.extend(face.truth.iter().cloned());
        Self { skin: face.skin, ..self }
    }

    /// What a manifest says of the person.
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        self.names.clone()
    }
}

fn draw_build(height: f32, girth: f32, rng: &mut impl Rng) -> Build {
    let mut about = |middle: f32, spread: f32| height * middle * rng.random_range(1.0 - spread..1.0 + spread);
    Build {
        leg: about(0.47, 0.08),
        arm: about(0.36, 0.08),
        torso: about(0.31, 0.06),
        shoulders: about(0.235, 0.12) * (0.8 + 0.2 * girth),
        hips: about(0.14, 0.15) * (0.8 + 0.2 * girth),
        head: about(0.088, 0.1),
        girth: girth * height,
    }
}

fn draw_gait(rng: &mut impl Rng) -> Gait {
    Gait {
        tempo: rng.random_range(0.85..1.15),
        reach: rng.random_range(0.88..1.05),
        phase: rng.random_range(0.0..1.0),
        stance: rng.random_range(0.03..0.16),
        arms_out: rng.random_range(0.08..0.3),
        stoop: rng.random_range(-0.03..0.14),
    }
}

fn draw_face(rng: &mut impl Rng) -> Face {
    Face {
        eyes: near(pick(&EYES, rng), rng),
        eye_distance: rng.random_range(0.3..0.46),
        eye_size: rng.random_range(0.11..0.17),
        mouth: rng.random_range(0.2..0.42),
        lips: rng.random_range(0.06..0.12),
        nose: rng.random_range(0.07..0.15),
        jaw: rng.random_range(0.68..0.95),
        brows: rng.random_range(0.04..0.1),
        mole: rng.random_bool(0.3).then(|| [rng.random_range(-0.5..0.5), rng.random_range(-0.6..0.2)]),
        glasses: rng.random_bool(0.3),
        beard: rng.random_bool(0.3),
    }
}
