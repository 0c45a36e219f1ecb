//! Real faces, lent to drawn people. The pictures are read where they lie; they are for research only.

use std::path::{Path, PathBuf};

use rand::seq::SliceRandom as _;
use tiny_skia::{IntSize, Pixmap};

use super::wardrobe::Colour;
use crate::data::row::{Row, Source};
use crate::data::sets::{KnownSet, SetError};
use crate::rng::Seed;

/// The set whose faces are lent: aligned and cropped ones.
const SET: &str = "utkface6k";
/// The side of the smallest copy of a face, in pixels.
const SMALLEST: u32 = 8;

/// Why there are no real faces.
#[derive(Debug, thiserror::Error)]
pub enum FacesError {
    /// The set cannot be read.
    #[error(transparent)]
    Set(#[from] SetError),
    /// There are too few.
    #[error("{people} people were asked for; there are faces for {faces}")]
    TooFew {
        /// How many people there would be.
        people: usize,
        /// How many faces there are.
        faces: usize,
    },
    /// A picture cannot be read.
    #[error("cannot read the face {}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: image::ImageError,
    },
}

/// A real face for each person of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Faces {
    faces: Vec<Photo>,
    digest: String,
}

/// One real face.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Photo {
    /// The picture, and copies of it, each half as large as the one before.
    levels: Vec<Pixmap>,
    /// The colour of its cheeks.
    pub(super) skin: Colour,
    /// What a manifest says of it.
    pub(super) truth: Vec<(String, String)>,
}

impl Faces {
    /// A face each for `people` people, chosen by `seed` among the pictures of which there is no copy in the data folder
    /// `data`.
    ///
    /// # Errors
    /// [`FacesError`] if the set or a picture cannot be read, or there are fewer faces than people.
    pub fn open(people: usize, seed: Seed, data: &Path) -> Result<Self, FacesError> {
        let manifest = KnownSet::named(SET)?.read(data)?;
        let single = |row: &&Row| !row.attributes.contains_key("copies");
        let mut rows: Vec<&Row> = manifest.rows().iter().filter(single).collect();
        if rows.len() < people {
            return Err(FacesError::TooFew { people, faces: rows.len() });
        }
        rows.shuffle(&mut seed.rng("stage faces"));
        let read = |row: &&Row| Photo::read(row, manifest.root());
        let faces = rows[..people].iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { faces, digest: manifest.digest()[..16].to_owned() })
    }

    /// What the faces are, as hexadecimal digits.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.faces.len()
    }

    /// The face of a person.
    ///
    /// # Panics
    /// If there is none for that person.
    pub(super) fn of(&self, person: usize) -> &Photo {
        &self.faces[person]
    }
}

impl Photo {
    fn read(row: &Row, root: &Path) -> Result<Self, FacesError> {
        let Source::Image(file) = &row.source else { unreachable!("the set holds single pictures") };
        let path = root.join(file);
        let picture = image::open(&path).map_err(|source| FacesError::Picture { path, source })?.to_rgba8();
        let size = IntSize::from_wh(picture.width(), picture.height()).expect("a picture has pixels");
        let largest = Pixmap::from_vec(picture.into_raw(), size).expect("four bytes a pixel");
        let mut levels = vec![largest];
        while let Some(smaller) = levels.last().and_then(halved) {
            levels.push(smaller);
        }
        let mut truth: Vec<(String, String)> = row.attributes.clone().into_iter().collect();
        truth.push(("face".into(), format!("{SET}-{}", row.clip)));
        Ok(Self { skin: cheeks(&levels[0]), levels, truth })
    }

    /// The copy that is just as large as `pixels` pixels, or larger.
    pub(super) fn sized(&self, pixels: f32) -> &Pixmap {
        let fits = self.levels.iter().rev().find(|level| level.width() as f32 >= pixels);
        fits.unwrap_or(&self.levels[0])
    }
}

/// The mean colour of the middle third, where cheeks and nose are.
fn cheeks(picture: &Pixmap) -> Colour {
    let (width, height) = (picture.width(), picture.height());
    let places =
        (height * 4 / 9..height * 6 / 9).flat_map(|y| (width / 3..width * 2 / 3).map(move |x| (x, y)));
    let pixels: Vec<_> = places.filter_map(|(x, y)| picture.pixel(x, y)).collect();
    let mean = |channel: fn(&tiny_skia::PremultipliedColorU8) -> u8| {
        pixels.iter().map(|pixel| f32::from(channel(pixel))).sum::<f32>()
            / (255.0 * pixels.len().max(1) as f32)
    };
    [mean(|pixel| pixel.red()), mean(|pixel| pixel.green()), mean(|pixel| pixel.blue())]
}

/// Half as large; `None` below the smallest.
fn halved(picture: &Pixmap) -> Option<Pixmap> {
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    if width < SMALLEST || height < SMALLEST {
        return None;
    }
    let mut half = Pixmap::new(width, height)?;
    let (from, line) = (picture.data(), 4 * picture.width() as usize);
    for (at, value) in half.data_mut().iter_mut().enumerate() {
        let (x, y, channel) = ((at / 4) % width as usize, at / 4 / width as usize, at % 4);
        let corner = 2 * y * line + 8 * x + channel;
        let sum: u16 = [0, 4, line, line + 4].iter().map(|step| u16::from(from[corner + step])).sum();
        *value = ((sum + 2) / 4) as u8;
    }
    Some(half)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use image::{Rgb, RgbImage};

    use super::super::{Framing, Plan, Stage, StageError};
    use super::*;

    const SIZE: usize = 64;

    /// A data folder with four faces of one colour each, the last two copies of each other.
    fn fake() -> tempfile::TempDir {
        let data = tempfile::tempdir().expect("a temporary folder");
        let folder = data.path().join(SET);
        fs::create_dir_all(&folder).expect("a folder");
        let mut table = String::from("file,age,gender,race,dup_group\n");
        for (place, (colour, group)) in
            [([250, 0, 250], ""), ([0, 250, 0], ""), ([9, 9, 9], "a"), ([9, 9, 9], "a")]
                .into_iter()
                .enumerate()
        {
            let file = format!("{place}.png");
            RgbImage::from_pixel(48, 48, Rgb(colour)).save(folder.join(&file)).expect("written");
            table += &format!("{file},{},{},asian,{group}\n", 20 + place, ["m", "f"][place % 2]);
        }
        fs::write(folder.join("labels.csv"), table).expect("written");
        data
    }

    fn plan(faces: Option<Faces>) -> Result<Stage, StageError> {
        let faces = faces.map(Arc::new);
        Stage::new(Plan { framing: Framing::Close, faces, ..Plan::of((8, 2), (2, SIZE), Seed(2)) })
    }

    #[test]
    fn everybody_has_the_face_that_the_truth_names() {
        let data = fake();
        let faces = Faces::open(2, Seed(2), data.path()).expect("two faces without copies");
        let stage = plan(Some(faces)).expect("a sound plan");
        for clip in 0..8 {
            let row = stage.row(clip);
            assert!(row.is_research_only() && !row.attributes.contains_key("skin"), "{row:?}");
            let green = row.attributes["face"] == "utkface6k-1";
            assert_eq!(row.attributes["gender"], if green { "f" } else { "m" }, "{row:?}");
            let frame = &stage.draw(clip)[0];
            let vivid = |pixel: &&[u8]| {
                let [red, green, blue] = [0, 1, 2].map(|channel| i32::from(pixel[channel]));
                if row.attributes["face"] == "utkface6k-1" {
                    green - red.max(blue) > 90
                } else {
                    red.min(blue) - green > 90
                }
            };
            let seen = frame.bytes().chunks_exact(4).filter(vivid).count();
            assert!(seen > 60, "clip {clip}: {seen} pixels of the face of {}", row.attributes["face"]);
        }
    }

    #[test]
    fn faces_change_what_is_kept_under_the_plans_key() {
        let data = fake();
        let real = plan(Some(Faces::open(2, Seed(2), data.path()).expect("faces"))).expect("a sound plan");
        assert_ne!(real.key(), plan(None).expect("a sound plan").key(), "one key");
        assert!(real.research_only(), "real faces are for research only");
    }

    #[test]
    fn too_few_faces_are_refused() {
        let data = fake();
        let sentence = Faces::open(3, Seed(2), data.path()).expect_err("two have no copy").to_string();
        assert_eq!(sentence, "3 people were asked for; there are faces for 2", "unhelpful: {sentence}");
        let one = Faces::open(1, Seed(2), data.path()).expect("a face");
        let error = plan(Some(one)).expect_err("two people");
        assert!(matches!(error, StageError::Faces(FacesError::TooFew { people: 2, faces: 1 })), "{error}");
        let sentence = Faces::open(1, Seed(2), Path::new("/nowhere")).expect_err("no folder").to_string();
        assert!(sentence.contains("labels.csv"), "unhelpful: {sentence}");
    }

    #[test]
    fn a_face_is_read_at_about_the_size_it_is_seen() {
        let data = fake();
        let faces = Faces::open(1, Seed(2), data.path()).expect("a face");
        let wide = |pixels: f32| faces.of(0).sized(pixels).width();
        assert_eq!([wide(200.0), wide(48.0), wide(20.0), wide(3.0)], [48, 48, 24, 12], "copies");
    }
}
