//! Hair, face, and what is worn on the head. Lengths are shares of the head's radius.

use std::f32::consts::{PI, TAU};

use super::body::{Skeleton, Vector, add, scale};
use super::camera::Spot;
use super::faces::Photo;
use super::paint::Painter;
use super::person::Person;
use super::wardrobe::{Colour, HairStyle, Headwear, tone};

/// Where long hair hangs.
pub(super) fn back_of(skeleton: &Skeleton, person: &Person) -> Vector {
    let radius = person.build.head;
    let [_, up, front] = skeleton.face;
    add(skeleton.head, add(scale(up, -radius), scale(front, -0.6 * radius)))
}

/// A place by how far it is to the right of the head's middle, up, and to its front.
struct Skull<'a> {
    skeleton: &'a Skeleton,
    radius: f32,
}

impl Skull<'_> {
    fn at(&self, aside: f32, rise: f32, ahead: f32) -> Vector {
        let [right, up, front] = self.skeleton.face;
        let flat = add(scale(right, aside * self.radius), scale(up, rise * self.radius));
        add(self.skeleton.head, add(flat, scale(front, ahead * self.radius)))
    }
}

impl Painter<'_> {
    pub(super) fn hair_behind(&mut self, skeleton: &Skeleton) {
        if self.person.hair_style == HairStyle::Long {
            let radius = self.person.build.head;
            let back = back_of(skeleton, self.person);
            self.bone([skeleton.head, back], [1.0 * radius, 0.95 * radius], tone(self.person.hair, 0.9));
        }
    }

    pub(super) fn head(&mut self, skeleton: &Skeleton) {
        let (person, radius) = (self.person, self.person.build.head);
        let skull = Skull { skeleton, radius };
        let front = self.scene.camera.turned(skeleton.face[2])[2];
        let jaw = person.face.jaw;
        for side in [-0.9, 0.9] {
            self.line([skull.at(side, -0.05, 0.0); 2], 0.2 * radius, tone(person.skin, 0.88));
        }
        self.bone(
            [skull.at(0.0, -0.3, 0.08), skull.at(0.0, 0.2, 0.0)],
            [jaw * radius, 0.92 * radius],
            person.skin,
        );
        self.hair(&skull);
        self.headwear(&skull);
        self.mask(&skull, front);
        match self.photo {
            Some(photo) if front > 0.15 => self.real_face(&skull, photo, front),
            None if front > 0.15 => self.face(&skull),
            _ => {}
        }
        self.brim(&skull, front);
    }

    fn hair(&mut self, skull: &Skull<'_>) {
        let (person, radius) = (self.person, skull.radius);
        let volume = match person.hair_style {
            HairStyle::Bald => return,
            HairStyle::Short | HairStyle::Long => 1.0,
            HairStyle::Bun => {
                self.bone([skull.at(0.0, 1.2, -0.3); 2], [0.5 * radius; 2], person.hair);
                1.0
            }
            HairStyle::Curly => 1.3,
        };
        self.bone(
            [skull.at(0.0, 0.15, -0.25), skull.at(0.0, 0.3, -0.05)],
            [0.95 * volume * radius, 0.98 * volume * radius],
            person.hair,
        );
        if person.hair_style == HairStyle::Long {
            for side in [-0.88, 0.88] {
                let lock = [skull.at(side, 0.3, -0.05), skull.at(0.95 * side, -0.95, -0.1)];
                self.line(lock, 0.26 * radius, tone(person.hair, 0.9));
            }
        }
    }

    /// The part of the face that hair and hat leave free; `front` is how much of it looks our way.
    fn mask(&mut self, skull: &Skull<'_>, front: f32) {
        let (person, jaw) = (self.person, self.person.face.jaw);
        let covered = matches!(person.headwear, Headwear::Cap | Headwear::Beanie);
        if person.hair_style == HairStyle::Bald && !covered {
            return;
        }
        let facing = (front * 1.8).clamp(0.0, 1.0) * skull.radius;
        self.bone(
            [skull.at(0.0, -0.4, 0.3), skull.at(0.0, if covered { -0.12 } else { -0.02 }, 0.35)],
            [0.88 * jaw * facing, 0.76 * facing],
            person.skin,
        );
    }

    fn face(&mut self, skull: &Skull<'_>) {
        let (face, radius) = (&self.person.face, skull.radius);
        let (skin, hair) = (self.person.skin, self.person.hair);
        let at = |aside: f32, rise: f32| skull.at(aside, rise, 0.8);
        let mut dab = |ends: [Vector; 2], thick: f32, colour: Colour| self.line(ends, thick * radius, colour);
        if face.beard {
            dab([at(-0.3, -0.62), at(0.3, -0.62)], 0.36, hair);
        }
        dab([at(-face.mouth, -0.48), at(face.mouth, -0.48)], face.lips, [0.62, 0.25, 0.24]);
        for side in [-1.0, 1.0] {
            let eye = [at(side * face.eye_distance, 0.08); 2];
            if face.glasses {
                dab(eye, 0.34, [0.08, 0.08, 0.1]);
                dab(eye, 0.25, tone(skin, 1.1));
            }
            dab(eye, 1.45 * face.eye_size, [0.95; 3]);
            dab(eye, 0.9 * face.eye_size, face.eyes);
            let brow = [-0.16, 0.16].map(|aside| at(side * (face.eye_distance + aside), 0.39));
            dab(brow, face.brows, tone(hair, 0.8));
        }
        if face.glasses {
            dab([at(-0.12, 0.1), at(0.12, 0.1)], 0.04, [0.08, 0.08, 0.1]);
        }
        let nose = [skull.at(0.0, 0.0, 0.92), skull.at(0.0, -0.18, 1.0)];
        dab(nose, face.nose, tone(skin, 0.86));
        if let Some([aside, rise]) = face.mole {
            dab([at(aside, rise); 2], 0.055, tone(skin, 0.45));
        }
    }

    /// A real face over the drawn one, as wide as it is seen.
    fn real_face(&mut self, skull: &Skull<'_>, photo: &Photo, front: f32) {
        // Aligned pictures show a little more than the face, which is what the oval leaves.
        const HALF: f32 = 1.2;
        let corners = [(-HALF, HALF), (HALF, HALF), (-HALF, -HALF)];
        let corners = corners.map(|(aside, rise)| self.spot(skull.at(aside, rise - 0.1, 0.55)));
        let oval: Vec<Spot> = (0..24)
            .map(|step| TAU * step as f32 / 24.0)
            .map(|angle| skull.at(0.74 * front.min(1.0) * angle.cos(), 0.88 * angle.sin() - 0.12, 0.55))
            .map(|place| self.spot(place))
            .collect();
        let light = self.scene.lit([1.0; 3], 0.95);
        self.canvas.picture(&oval, corners, photo, light);
    }

    /// What lies on the hair.
    fn headwear(&mut self, skull: &Skull<'_>) {
        let (radius, colour) = (skull.radius, self.person.accents[0]);
        match self.person.headwear {
            Headwear::None => {}
            Headwear::Cap | Headwear::Beanie => {
                let dome = [skull.at(0.0, 0.42, -0.12), skull.at(0.0, 0.45, -0.05)];
                self.bone(dome, [1.0 * radius, 0.98 * radius], colour);
            }
            Headwear::Headphones => {
                let arc: Vec<Vector> = (0..=6)
                    .map(|step| PI * step as f32 / 6.0)
                    .map(|angle| skull.at(1.12 * angle.cos(), 0.05 + 1.2 * angle.sin(), 0.0))
                    .collect();
                arc.windows(2).for_each(|ends| self.line([ends[0], ends[1]], 0.08 * radius, colour));
                for side in [-1.08, 1.08] {
                    let cup = [0.12, -0.15].map(|rise| skull.at(side, rise, 0.0));
                    self.line(cup, 0.24 * radius, tone(colour, 0.8));
                }
            }
        }
    }

    /// What stands out from a hat over the forehead.
    fn brim(&mut self, skull: &Skull<'_>, front: f32) {
        let (radius, colour) = (skull.radius, tone(self.person.accents[0], 0.72));
        match self.person.headwear {
            Headwear::Cap => {
                let wide = 0.6 * (0.3 + 0.7 * front.abs());
                let visor = [-wide, wide].map(|aside| skull.at(aside, 0.72, 0.9));
                self.line(visor, 0.15 * radius, colour);
            }
            Headwear::Beanie => {
                let band = [-0.75, 0.75].map(|aside| skull.at(aside, 0.7, 0.25));
                self.line(band, 0.17 * radius, colour);
            }
            Headwear::None | Headwear::Headphones => {}
        }
    }
}
