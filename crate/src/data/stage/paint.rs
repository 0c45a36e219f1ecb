//! From a skeleton to a drawing: clothes, skin, hair and face, the far parts first.

use tiny_skia::Pixmap;

use super::body::{Chain, Skeleton, Vector, add, between, scale};
use super::canvas::Canvas;
use super::person::{Bottoms, Colour, HairStyle, Pattern, Person};
use super::scene::{Scene, Spot};

/// Draws one moment.
pub(super) fn frame(person: &Person, skeleton: &Skeleton, scene: &Scene, time: f32, size: usize) -> Pixmap {
    let mut painter = Painter { canvas: Canvas::new(size), person, scene, shift: scene.shift(time) };
    painter.room();
    painter.shadow(skeleton);
    let mut parts = vec![
        (painter.depth(skeleton.pelvis).max(painter.depth(skeleton.chest)), Part::Trunk),
        (painter.depth(skeleton.head) + 0.02, Part::Head),
        (painter.depth(back_of(skeleton, person)), Part::HairBehind),
    ];
    for side in 0..2 {
        let (arm, leg) = (&skeleton.arms[side], &skeleton.legs[side]);
        parts.push((painter.depth(between(arm.middle, arm.end, 0.5)) + 0.02, Part::Arm(side)));
        parts.push((painter.depth(leg.middle) - 0.05, Part::Leg(side)));
    }
    parts.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, part) in parts {
        match part {
            Part::Trunk => painter.trunk(skeleton),
            Part::Head => painter.head(skeleton),
            Part::HairBehind => painter.hair_behind(skeleton),
            Part::Arm(side) => painter.arm(&skeleton.arms[side]),
            Part::Leg(side) => painter.leg(&skeleton.legs[side], skeleton.toes[side]),
        }
    }
    painter.canvas.into_pixmap()
}

enum Part {
    Trunk,
    Head,
    HairBehind,
    Arm(usize),
    Leg(usize),
}

/// Where long hair hangs.
fn back_of(skeleton: &Skeleton, person: &Person) -> Vector {
    let radius = person.build.head;
    let [_, up, front] = skeleton.face;
    add(skeleton.head, add(scale(up, -radius), scale(front, -0.6 * radius)))
}

/// `a` with every value scaled, a little lighter or darker.
fn tone(colour: Colour, factor: f32) -> Colour {
    colour.map(|value| value * factor)
}

struct Painter<'a> {
    canvas: Canvas,
    person: &'a Person,
    scene: &'a Scene,
    shift: Spot,
}

impl Painter<'_> {
    fn spot(&self, place: Vector) -> Spot {
        self.scene.seen(place, self.shift).0
    }

    fn depth(&self, place: Vector) -> f32 {
        self.scene.seen(place, self.shift).1
    }

    /// How large a length of 1 looks at a place.
    fn large(&self, place: Vector) -> f32 {
        self.scene.seen(place, self.shift).2
    }

    fn room(&mut self) {
        let (scene, [dx, dy]) = (self.scene, self.shift);
        self.canvas.rectangle([0.0, 0.0], [1.0, 1.0], scene.lit(scene.wall, 1.0));
        let horizon = scene.horizon + dy;
        self.canvas.rectangle([0.0, horizon], [1.0, 1.0], scene.lit(scene.floor, 1.0));
        for prop in &scene.props {
            let moved = |spot: Spot| [spot[0] + dx, spot[1] + dy];
            self.canvas.rectangle(moved(prop.corner), moved(prop.opposite), scene.lit(prop.colour, 0.9));
        }
    }

    fn shadow(&mut self, skeleton: &Skeleton) {
        let ends = skeleton.legs.iter().map(|leg| leg.end);
        let places: Vec<f32> = ends.chain([skeleton.pelvis, skeleton.chest]).map(|[x, ..]| x).collect();
        let low = places.iter().copied().fold(f32::INFINITY, f32::min);
        let high = places.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let middle = [(low + high) / 2.0, 0.0, 0.0];
        let (centre, large) = (self.spot(middle), self.large(middle));
        let radii = [large * ((high - low) / 2.0 + 0.07), large * 0.03];
        let colour = self.scene.lit(self.scene.floor, 0.65);
        self.canvas.ellipse([centre[0], centre[1]], radii, colour);
    }

    /// A bone in flesh or cloth; radii are in shares of a height. Lighter where the light falls.
    fn bone(&mut self, ends: [Vector; 2], radii: [f32; 2], colour: Colour) {
        let spots = ends.map(|end| self.spot(end));
        let seen = [radii[0] * self.large(ends[0]), radii[1] * self.large(ends[1])];
        self.canvas.capsule(spots, seen, self.scene.lit(colour, 0.78));
        let side = self.scene.light_side;
        let aside = |spot: Spot, radius: f32| [spot[0] + 0.3 * side * radius, spot[1] - 0.15 * radius];
        let lit = [aside(spots[0], seen[0]), aside(spots[1], seen[1])];
        self.canvas.capsule(lit, seen.map(|radius| 0.66 * radius), self.scene.lit(colour, 1.02));
    }

    fn arm(&mut self, arm: &Chain) {
        let (person, girth) = (self.person, self.person.build.girth);
        let sleeve = if person.long_sleeves { person.top } else { person.skin };
        self.bone([arm.middle, arm.end], [0.027 * girth, 0.021 * girth], sleeve);
        self.bone([arm.root, arm.middle], [0.036 * girth, 0.029 * girth], person.top);
        let hand = add(arm.end, scale(add(arm.end, scale(arm.middle, -1.0)), 0.12));
        self.bone([arm.end, hand], [0.027; 2], person.skin);
    }

    fn leg(&mut self, leg: &Chain, toes: Vector) {
        let (person, girth) = (self.person, self.person.build.girth);
        let (thigh, shin) = match person.bottoms {
            Bottoms::Trousers => (person.bottom, person.bottom),
            Bottoms::Shorts => (person.bottom, person.skin),
            Bottoms::Skirt => (person.skin, person.skin),
        };
        self.bone([leg.end, toes], [0.028, 0.024], person.shoes);
        self.bone([leg.middle, leg.end], [0.036 * girth, 0.027 * girth], shin);
        self.bone([leg.root, leg.middle], [0.052 * girth, 0.04 * girth], thigh);
        if person.bottoms == Bottoms::Skirt {
            let hem = between(leg.root, leg.middle, 0.85);
            self.bone([leg.root, hem], [0.06 * girth, 0.075 * girth], person.bottom);
        }
    }

    /// The upper clothes, and the hips below them.
    fn trunk(&mut self, skeleton: &Skeleton) {
        let (person, girth) = (self.person, self.person.build.girth);
        let hips = skeleton.legs.map(|leg| leg.root);
        self.bone(hips, [0.058 * girth; 2], person.bottom);
        let neck = between(skeleton.chest, skeleton.head, 0.5);
        self.bone([skeleton.chest, neck], [0.03; 2], person.skin);
        let shoulders = skeleton.arms.map(|arm| arm.root);
        let waist = [0, 1].map(|i| between(hips[i], shoulders[i], 0.12));
        for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let across = [0, 1].map(|i| between(waist[i], shoulders[i], share));
            self.canvas_band(across, (0.056 - 0.014 * share) * girth, person.top);
        }
        self.panel([waist, shoulders], [0.0, 1.0], [0.0, 1.0], 0.05 * girth, person.top);
        self.pattern([waist, shoulders], 0.045 * girth);
    }

    fn canvas_band(&mut self, across: [Vector; 2], radius: f32, colour: Colour) {
        let spots = across.map(|end| self.spot(end));
        let radii = across.map(|end| radius * self.large(end));
        self.canvas.capsule(spots, radii, self.scene.lit(colour, 0.95));
    }

    /// A part of the trunk between shares of its height and of its width, `margin` wider than its bones.
    fn panel(
        &mut self,
        edges: [[Vector; 2]; 2],
        rise: [f32; 2],
        width: [f32; 2],
        margin: f32,
        colour: Colour,
    ) {
        let corner = |across: f32, up: f32| {
            let [left, right] = [0, 1].map(|i| self.spot(between(edges[0][i], edges[1][i], up)));
            let margin = margin * self.large(edges[0][0]);
            let far = (right[0] - left[0]).hypot(right[1] - left[1]).max(1e-4);
            let share = across + (2.0 * across - 1.0) * margin / far;
            [0, 1].map(|axis| left[axis] + (right[axis] - left[axis]) * share)
        };
        let corners = [
            corner(width[0], rise[0]),
            corner(width[1], rise[0]),
            corner(width[1], rise[1]),
            corner(width[0], rise[1]),
        ];
        self.canvas.polygon(&corners, self.scene.lit(colour, 0.95));
    }

    fn pattern(&mut self, edges: [[Vector; 2]; 2], margin: f32) {
        let trim = self.person.trim;
        match self.person.pattern {
            Pattern::Plain => {}
            Pattern::Hoops => {
                for band in 0..3 {
                    let from = 0.06 + 0.33 * band as f32;
                    self.panel(edges, [from, from + 0.16], [0.0, 1.0], margin, trim);
                }
            }
            Pattern::Stripes => {
                for band in 0..3 {
                    let from = 0.08 + 0.33 * band as f32;
                    self.panel(edges, [0.0, 1.0], [from, from + 0.16], margin, trim);
                }
            }
            Pattern::Dots => {
                for (across, up) in
                    [(0.1, 0.2), (0.5, 0.1), (0.9, 0.2), (0.3, 0.5), (0.7, 0.5), (0.1, 0.8), (0.9, 0.8)]
                {
                    let [left, right] = [0, 1].map(|i| between(edges[0][i], edges[1][i], up));
                    let place = between(left, right, across);
                    let (centre, radius) = (self.spot(place), 0.024 * self.large(place));
                    self.canvas.disc(centre, radius, self.scene.lit(trim, 0.95));
                }
            }
            Pattern::Halves => self.panel(edges, [0.0, 0.45], [0.0, 1.0], margin, trim),
        }
    }

    fn hair_behind(&mut self, skeleton: &Skeleton) {
        if self.person.hair_style == HairStyle::Long {
            let radius = self.person.build.head;
            let back = back_of(skeleton, self.person);
            self.bone([skeleton.head, back], [1.0 * radius, 0.95 * radius], tone(self.person.hair, 0.9));
        }
    }

    fn head(&mut self, skeleton: &Skeleton) {
        let (person, radius) = (self.person, self.person.build.head);
        let [_, up, front] = skeleton.face;
        let at = |rise: f32, ahead: f32| {
            add(skeleton.head, add(scale(up, rise * radius), scale(front, ahead * radius)))
        };
        let skull = [at(-0.25, 0.0), at(0.2, 0.0)];
        self.bone(skull, [0.82 * radius, 0.9 * radius], person.skin);
        let volume = match person.hair_style {
            HairStyle::Bald => return self.face(skeleton),
            HairStyle::Short | HairStyle::Long => 1.0,
            HairStyle::Bun => {
                self.bone([at(1.2, -0.3); 2], [0.5 * radius; 2], person.hair);
                1.0
            }
            HairStyle::Curly => 1.35,
        };
        self.bone(
            [at(0.15, -0.25), at(0.3, -0.05)],
            [0.95 * volume * radius, 0.98 * volume * radius],
            person.hair,
        );
        let facing = (self.scene.turned(front)[2] * 1.8).clamp(0.0, 1.0) * radius;
        self.bone([at(-0.35, 0.3), at(-0.05, 0.35)], [0.7 * facing, 0.76 * facing], person.skin);
        self.face(skeleton);
    }

    fn face(&mut self, skeleton: &Skeleton) {
        let [right, up, front] = skeleton.face;
        if self.scene.turned(front)[2] < 0.15 {
            return;
        }
        let (face, radius) = (&self.person.face, self.person.build.head);
        let at = |aside: f32, rise: f32| {
            let flat = add(scale(right, aside * radius), scale(up, rise * radius));
            add(skeleton.head, add(flat, scale(front, 0.8 * radius)))
        };
        let size = radius * self.large(skeleton.head);
        let lit = |colour: Colour| self.scene.lit(colour, 0.95);
        if face.beard {
            let ends = [at(-0.3, -0.55), at(0.3, -0.55)].map(|place| self.spot(place));
            self.canvas.capsule(ends, [0.36 * size; 2], lit(self.person.hair));
        }
        let mouth = [at(-face.mouth, -0.5), at(face.mouth, -0.5)].map(|place| self.spot(place));
        self.canvas.capsule(mouth, [0.09 * size; 2], lit([0.62, 0.2, 0.2]));
        for side in [-1.0, 1.0] {
            let eye = self.spot(at(side * face.eye_distance, 0.08));
            if face.glasses {
                self.canvas.disc(eye, 0.34 * size, lit([0.08, 0.08, 0.1]));
                self.canvas.disc(eye, 0.25 * size, lit(tone(self.person.skin, 1.1)));
            }
            self.canvas.disc(eye, 1.45 * face.eye_size * size, lit([0.95; 3]));
            self.canvas.disc(eye, 0.9 * face.eye_size * size, lit(face.eyes));
            let brow =
                [at(side * (face.eye_distance - 0.16), 0.4), at(side * (face.eye_distance + 0.16), 0.38)];
            let brow = brow.map(|place| self.spot(place));
            self.canvas.capsule(brow, [0.06 * size; 2], lit(tone(self.person.hair, 0.8)));
        }
    }
}
