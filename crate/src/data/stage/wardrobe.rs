//! What people may look like and wear: kinds and colours, by name.

use rand::{Rng, RngExt as _};

/// sRGB, each in `[0, 1]`.
pub(super) type Colour = [f32; 3];

/// How the upper clothes are patterned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Plain,
    Hoops,
    Stripes,
    Dots,
    Halves,
    Checks,
}

impl Pattern {
    pub(super) const ALL: [Self; 6] =
        [Self::Plain, Self::Hoops, Self::Stripes, Self::Dots, Self::Halves, Self::Checks];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HairStyle {
    Bald,
    Short,
    Long,
    Bun,
    Curly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bottoms {
    Trousers,
    Shorts,
    Skirt,
}

/// What is worn on the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headwear {
    None,
    Cap,
    Beanie,
    Headphones,
}

impl Headwear {
    /// As often as they are worn.
    pub(super) const ALL: [Self; 6] =
        [Self::None, Self::None, Self::None, Self::Cap, Self::Beanie, Self::Headphones];
}

/// What is worn about the neck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Neckwear {
    None,
    Scarf,
    Tie,
}

impl Neckwear {
    /// As often as they are worn.
    pub(super) const ALL: [Self; 5] = [Self::None, Self::None, Self::None, Self::Scarf, Self::Tie];
}

/// What is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bag {
    None,
    Backpack,
    Satchel,
}

impl Bag {
    /// As often as they are carried.
    pub(super) const ALL: [Self; 5] = [Self::None, Self::None, Self::None, Self::Backpack, Self::Satchel];
}

/// A colour and what a manifest calls it.
pub(super) type Named = (&'static str, [u8; 3]);

pub(super) const SKINS: [Named; 6] = [
    ("light", [246, 214, 190]),
    ("light", [235, 194, 160]),
    ("medium", [206, 156, 116]),
    ("medium", [176, 124, 84]),
    ("dark", [124, 80, 54]),
    ("dark", [84, 54, 38]),
];
pub(super) const HAIRS: [Named; 6] = [
    ("black", [28, 24, 24]),
    ("brown", [82, 54, 36]),
    ("blond", [214, 178, 106]),
    ("red", [158, 72, 36]),
    ("grey", [156, 154, 150]),
    ("dyed", [76, 92, 168]),
];
pub(super) const CLOTHES: [Named; 9] = [
    ("red", [190, 48, 46]),
    ("orange", [226, 132, 48]),
    ("yellow", [224, 196, 70]),
    ("green", [62, 138, 82]),
    ("blue", [54, 88, 174]),
    ("purple", [118, 72, 148]),
    ("white", [232, 232, 228]),
    ("grey", [122, 124, 128]),
    ("black", [38, 38, 44]),
];
pub(super) const EYES: [[u8; 3]; 4] = [[58, 38, 26], [38, 30, 26], [58, 104, 150], [70, 112, 70]];

/// One of several.
pub(super) fn pick<T: Copy>(from: &[T], rng: &mut impl Rng) -> T {
    from[rng.random_range(0..from.len())]
}

/// A colour near the one given.
pub(super) fn near(rgb: [u8; 3], rng: &mut impl Rng) -> Colour {
    rgb.map(|value| (f32::from(value) / 255.0 + rng.random_range(-0.03..0.03)).clamp(0.0, 1.0))
}

/// A colour with every value scaled: a little lighter or darker.
pub(super) fn tone(colour: Colour, factor: f32) -> Colour {
    colour.map(|value| value * factor)
}
