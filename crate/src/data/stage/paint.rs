//! From a skeleton to a drawing: clothes, skin and what is carried, the far parts first.

use tiny_skia::Pixmap;

use super::body::{Bearing, Chain, Skeleton, Vector, add, between, cross, scale};
use super::camera::Spot;
use super::canvas::Canvas;
use super::desk::Thing;
use super::faces::Photo;
use super::head::back_of;
use super::person::Person;
use super::scene::Scene;
use super::wardrobe::{Bag, Bottoms, Colour, Neckwear, Pattern};

/// Draws one moment over the empty room.
pub(super) fn moment(
    (person, photo, scene): (&Person, Option<&Photo>, &Scene),
    bearing: &Bearing,
    room: Pixmap,
    shift: Spot,
) -> Pixmap {
    let skeleton = &Skeleton::new(&person.build, bearing);
    let mut painter = Painter { canvas: Canvas::over(room), person, photo, scene, shift };
    if !scene.view.is_webcam() {
        painter.shadow(skeleton);
    }
    let mut parts = vec![
        (painter.depth(skeleton.pelvis).max(painter.depth(skeleton.chest)), Part::Trunk),
        (painter.depth(skeleton.head) + 0.02, Part::Head),
        (painter.depth(back_of(skeleton, person)), Part::HairBehind),
    ];
    if person.bag == Bag::Backpack {
        parts.push((painter.depth(pack(skeleton, person)), Part::Pack));
    }
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
            Part::Pack => painter.bone([pack(skeleton, person); 2], [0.1, 0.1], person.accents[2]),
            Part::Arm(side) => painter.arm(&skeleton.arms[side], held_by(side, bearing)),
            Part::Leg(side) => painter.leg(&skeleton.legs[side], skeleton.toes[side]),
        }
    }
    painter.desk();
    painter.canvas.into_pixmap()
}

enum Part {
    Trunk,
    Head,
    HairBehind,
    Pack,
    Arm(usize),
    Leg(usize),
}

fn held_by(side: usize, bearing: &Bearing) -> Option<Thing> {
    bearing.held.filter(|(hand, _)| *hand == side).map(|(_, thing)| thing)
}

/// The middle of a backpack.
fn pack(skeleton: &Skeleton, person: &Person) -> Vector {
    let [left, right] = [0, 1].map(|side| skeleton.arms[side].root);
    let up = add(skeleton.chest, scale(skeleton.pelvis, -1.0));
    let front = cross(add(right, scale(left, -1.0)), up);
    let length = front.map(|value| value * value).iter().sum::<f32>().sqrt().max(1e-4);
    let middle = between(skeleton.pelvis, skeleton.chest, 0.65);
    add(middle, scale(front, -0.11 * person.build.girth / length))
}

/// Draws parts of one figure.
pub(super) struct Painter<'a> {
    pub(super) canvas: Canvas,
    pub(super) person: &'a Person,
    /// A real face.
    pub(super) photo: Option<&'a Photo>,
    pub(super) scene: &'a Scene,
    shift: Spot,
}

impl Painter<'_> {
    pub(super) fn spot(&self, place: Vector) -> Spot {
        self.scene.camera.seen(place, self.shift).0
    }

    fn depth(&self, place: Vector) -> f32 {
        self.scene.camera.seen(place, self.shift).1
    }

    /// How large a length of 1 looks at a place.
    pub(super) fn large(&self, place: Vector) -> f32 {
        self.scene.camera.seen(place, self.shift).2
    }

    fn shadow(&mut self, skeleton: &Skeleton) {
        let ends = skeleton.legs.iter().map(|leg| leg.end);
        let places: Vec<Vector> = ends.chain([skeleton.pelvis, skeleton.chest]).collect();
        let low = places.iter().map(|place| place[0]).fold(f32::INFINITY, f32::min);
        let high = places.iter().map(|place| place[0]).fold(f32::NEG_INFINITY, f32::max);
        let middle = [(low + high) / 2.0, 0.0, skeleton.pelvis[2]];
        let (centre, large) = (self.spot(middle), self.large(middle));
        let radii = [large * ((high - low) / 2.0 + 0.07), large * 0.03];
        let colour = self.scene.lit(self.scene.floor, 0.65);
        self.canvas.ellipse([centre[0], centre[1]], radii, colour);
    }

    fn desk(&mut self) {
        if let Some((edge, colour)) = self.scene.desk {
            self.canvas.rectangle([0.0, edge + self.shift[1]], [1.0, 1.0], self.scene.lit(colour, 1.0));
        }
    }

    /// A bone in flesh or cloth; radii are in shares of a height. Lighter where the light falls.
    pub(super) fn bone(&mut self, ends: [Vector; 2], radii: [f32; 2], colour: Colour) {
        let spots = ends.map(|end| self.spot(end));
        let seen = [radii[0] * self.large(ends[0]), radii[1] * self.large(ends[1])];
        self.canvas.capsule(spots, seen, self.scene.lit(colour, 0.78));
        let side = self.scene.light_side;
        let aside = |spot: Spot, radius: f32| [spot[0] + 0.3 * side * radius, spot[1] - 0.15 * radius];
        let lit = [aside(spots[0], seen[0]), aside(spots[1], seen[1])];
        self.canvas.capsule(lit, seen.map(|radius| 0.66 * radius), self.scene.lit(colour, 1.02));
    }

    /// A line of one colour; the radius is in shares of a height.
    pub(super) fn line(&mut self, ends: [Vector; 2], radius: f32, colour: Colour) {
        let spots = ends.map(|end| self.spot(end));
        let radii = ends.map(|end| radius * self.large(end));
        self.canvas.capsule(spots, radii, self.scene.lit(colour, 0.95));
    }

    fn arm(&mut self, arm: &Chain, held: Option<Thing>) {
        let (person, girth) = (self.person, self.person.build.girth);
        let sleeve = if person.long_sleeves { person.top } else { person.skin };
        self.bone([arm.middle, arm.end], [0.027 * girth, 0.021 * girth], sleeve);
        self.bone([arm.root, arm.middle], [0.036 * girth, 0.029 * girth], person.top);
        let hand = add(arm.end, scale(add(arm.end, scale(arm.middle, -1.0)), 0.12));
        match held {
            Some(Thing::Cup) => {
                let ends = [-0.01, 0.045].map(|up| add(hand, [0.0, up, 0.02]));
                self.line(ends, 0.026, [0.93, 0.93, 0.9]);
            }
            Some(Thing::Phone) => {
                let ends = [-0.035, 0.05].map(|up| add(hand, [0.0, up, 0.0]));
                self.line(ends, 0.02, [0.07, 0.07, 0.09]);
            }
            None => {}
        }
        self.bone([arm.end, hand], [0.027; 2], person.skin);
    }

    fn leg(&mut self, leg: &Chain, toes: Vector) {
        let (person, girth) = (self.person, self.person.build.girth);
        let (thigh, shin) = match person.bottoms {
            Bottoms::Trousers => (person.bottom, person.bottom),
            Bottoms::Shorts => (person.bottom, person.skin),
            Bottoms::Skirt => (person.skin, person.skin),
        };
        if !self.scene.view.is_webcam() {
            self.bone([leg.end, toes], [0.028, 0.024], person.shoes);
            self.bone([leg.middle, leg.end], [0.036 * girth, 0.027 * girth], shin);
        }
        self.bone([leg.root, leg.middle], [0.052 * girth, 0.04 * girth], thigh);
        if person.bottoms == Bottoms::Skirt {
            let hem = between(leg.root, leg.middle, 0.85);
            self.bone([leg.root, hem], [0.06 * girth, 0.075 * girth], person.bottom);
        }
    }

    /// The upper clothes with what is worn over them, and the hips below them.
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
            self.line(across, (0.056 - 0.014 * share) * girth, person.top);
        }
        let edges = [waist, shoulders];
        self.panel(edges, [0.0, 1.0], [0.0, 1.0], 0.05 * girth, person.top);
        self.pattern(edges, 0.045 * girth);
        let front = cross(
            add(shoulders[1], scale(shoulders[0], -1.0)),
            add(skeleton.chest, scale(skeleton.pelvis, -1.0)),
        );
        self.worn(skeleton, edges, self.scene.camera.turned(front)[2] > 0.0);
    }

    /// Straps, scarf and tie, some of them seen from the front only.
    fn worn(&mut self, skeleton: &Skeleton, edges: [[Vector; 2]; 2], front: bool) {
        let person = self.person;
        let [_, neck, bag] = person.accents;
        let [waist, shoulders] = edges;
        match person.bag {
            Bag::Backpack if front => {
                self.panel(edges, [0.35, 1.0], [0.14, 0.27], 0.0, bag);
                self.panel(edges, [0.35, 1.0], [0.73, 0.86], 0.0, bag);
            }
            Bag::Satchel => {
                self.line([shoulders[0], waist[1]], 0.013, bag);
                let at = add(waist[1], [0.03, -0.05, 0.03]);
                self.bone([at, add(at, [0.0, -0.05, 0.0])], [0.05; 2], bag);
            }
            Bag::None | Bag::Backpack => {}
        }
        let throat = between(skeleton.chest, skeleton.head, 0.12);
        match person.neckwear {
            Neckwear::Scarf => {
                let aside = |share: f32| between(shoulders[0], shoulders[1], share);
                let around = [0.32, 0.68].map(|share| between(aside(share), throat, 0.6));
                self.bone(around, [0.04; 2], neck);
                if front {
                    self.panel(edges, [0.5, 1.0], [0.52, 0.7], 0.0, neck);
                }
            }
            Neckwear::Tie if front => self.panel(edges, [0.35, 1.02], [0.45, 0.55], 0.0, neck),
            Neckwear::None | Neckwear::Tie => {}
        }
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
            Pattern::Hoops => self.hoops(edges, margin, 0.16),
            Pattern::Stripes => self.stripes(edges, margin, 0.16),
            Pattern::Checks => {
                self.hoops(edges, margin, 0.09);
                self.stripes(edges, margin, 0.09);
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

    /// Three bands about the trunk.
    fn hoops(&mut self, edges: [[Vector; 2]; 2], margin: f32, thick: f32) {
        for band in 0..3 {
            let from = 0.06 + 0.33 * band as f32;
            self.panel(edges, [from, from + thick], [0.0, 1.0], margin, self.person.trim);
        }
    }

    /// Three bands along the trunk.
    fn stripes(&mut self, edges: [[Vector; 2]; 2], margin: f32, thick: f32) {
        for band in 0..3 {
            let from = 0.08 + 0.33 * band as f32;
            self.panel(edges, [0.0, 1.0], [from, from + thick], margin, self.person.trim);
        }
    }
}
