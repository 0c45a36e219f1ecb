//! `bauta anonymize IN OUT`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, iter};

use anyhow::{Context as _, bail, ensure};
use image::{DynamicImage, ImageDecoder as _, ImageReader};
use indicatif::{ProgressBar, ProgressStyle};

use super::anonymizer::{Anonymizer, Budget, Choice, Rewrite};
use crate::atomic;
use crate::dp::accountant::Mu;
use crate::dp::ledger;
use crate::frame::Rgba8;
use crate::mosaic::{Colour, MosaicConfig};
use crate::video::{Reader, Writer};

/// Anonymize a picture, a video, or every picture and video in a folder.
///
/// Pictures: .png .jpg .jpeg. Videos: whatever ffmpeg reads; frame rate and size are kept, audio and
/// metadata are dropped. What is written has passed the model, frame by frame; a file that fails leaves
/// nothing behind.
#[derive(clap::Args)]
pub(super) struct Anonymize {
    /// Picture, video or folder to read.
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// File or folder to write.
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Model to use: NAME.bpk with NAME.json beside it [default: the built-in bauta-s].
    #[arg(long)]
    model: Option<PathBuf>,
    /// Replace files that exist.
    #[arg(long)]
    overwrite: bool,
    /// Paint a mosaic with noise (DP-Pix) instead of using a model: what one frame may cost, such as 0.5.
    #[arg(long, value_name = "EPSILON", conflicts_with = "model")]
    mosaic: Option<f64>,
    /// Mosaic: side of a cell, in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = MosaicConfig::default().cell, requires = "mosaic")]
    cell: usize,
    /// Mosaic: how many pixels the promise is about.
    #[arg(long, value_name = "PIXELS", default_value_t = MosaicConfig::default().neighbourhood, requires = "mosaic")]
    neighbourhood: usize,
    /// Mosaic: show colours, for three times the noise.
    #[arg(long, requires = "mosaic")]
    rgb: bool,
    /// Models of mode dp, and mosaics: what all releases together may cost, as mu. At the budget nothing more is written.
    #[arg(long, value_name = "MU", conflicts_with = "budget_epsilon")]
    budget_mu: Option<f64>,
    /// The same as epsilon, at delta 1e-5.
    #[arg(long, value_name = "EPSILON")]
    budget_epsilon: Option<f64>,
    /// Models of mode dp, and mosaics: a file that keeps what has been spent, from one call to the next.
    #[arg(long, value_name = "LEDGER.json")]
    ledger: Option<PathBuf>,
}

/// What was done, for the summary.
#[derive(Default)]
struct Tally {
    files: usize,
    frames: usize,
}

impl Anonymize {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mu = self.budget_mu.map(Mu::new).transpose()?.map(ledger::Budget::from);
        let most = mu.or(self.budget_epsilon.map(ledger::Budget::Epsilon));
        let budget = Budget { most, ledger: self.ledger.as_deref() };
        let mut anonymizer = Anonymizer::open(&self.choice(), &budget)?;
        ensure!(self.input.exists(), "{} does not exist", self.input.display());
        let start = Instant::now();
        let mut tally = Tally::default();
        if self.input.is_dir() {
            self.folder(&mut anonymizer, &self.input, &self.output, &mut tally)?;
            ensure!(tally.files > 0, "{} holds no picture and no video", self.input.display());
        } else {
            self.file(&mut anonymizer, &self.input, &self.output, &mut tally)?;
        }
        let (name, claim) = anonymizer.card();
        println!(
            "anonymized {} frame(s) in {} file(s) with {} in {:.1} s; {}",
            tally.frames,
            tally.files,
            name,
            start.elapsed().as_secs_f64(),
            claim
        );
        anonymizer.spent().into_iter().for_each(|spent| println!("{spent}"));
        println!("wrote {}", self.output.display());
        Ok(())
    }

    fn choice(&self) -> Choice<'_> {
        let Some(epsilon) = self.mosaic else { return Choice::Model(self.model.as_deref()) };
        let colour = if self.rgb { Colour::Rgb } else { Colour::Grey };
        Choice::Mosaic(MosaicConfig { cell: self.cell, neighbourhood: self.neighbourhood, epsilon, colour })
    }

    fn folder(
        &self,
        anonymizer: &mut Anonymizer,
        from: &Path,
        to: &Path,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        let entries = fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))?;
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        paths.sort();
        for path in paths {
            let target = to.join(path.file_name().context("a file without a name")?);
            if path.is_dir() {
                self.folder(anonymizer, &path, &target, tally)?;
            } else if Kind::of(&path).is_some() {
                self.file(anonymizer, &path, &target, tally)?;
            }
        }
        Ok(())
    }

    fn file(
        &self,
        anonymizer: &mut Anonymizer,
        from: &Path,
        to: &Path,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        if to.exists() && !self.overwrite {
            bail!("{} exists; name another output or add --overwrite", to.display());
        }
        if matches!(Kind::of(from), Some(Kind::Picture)) {
            anonymizer.must_take_pictures().with_context(|| from.display().to_string())?;
        }
        tally.frames += anonymizer.file(|rewrite| match Kind::of(from) {
            Some(Kind::Picture) => picture(rewrite, from, to),
            Some(Kind::Video) | None => video(rewrite, from, to),
        })?;
        tally.files += 1;
        Ok(())
    }
}

/// What a file is, by its ending.
enum Kind {
    Picture,
    Video,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" | "jpg" | "jpeg" => Some(Self::Picture),
            "mp4" | "m4v" | "mov" | "mkv" | "webm" | "avi" | "mpg" | "mpeg" | "y4m" => Some(Self::Video),
            _ => None,
        }
    }
}

fn picture(rewrite: &mut Rewrite<'_>, from: &Path, to: &Path) -> anyhow::Result<usize> {
    let format = image::ImageFormat::from_path(to)
        .with_context(|| format!("{}: pictures are written as .png or .jpg", to.display()))?;
    let mut ready = rewrite(Some((read_picture(from)?, Duration::ZERO)))?;
    ready.extend(rewrite(None)?);
    let anonymized = ready.pop().context("a picture is shown as one")?;
    let (width, height) = (anonymized.width() as u32, anonymized.height() as u32);
    let buffer = image::RgbaImage::from_raw(width, height, anonymized.into_bytes())
        .context("a picture has four bytes a pixel")?;
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(buffer).into_rgb8().write_to(&mut bytes, format)?;
    atomic::replace(to, bytes.get_ref()).with_context(|| format!("cannot write {}", to.display()))?;
    Ok(1)
}

/// Decodes a picture, turned the way its metadata says.
fn read_picture(path: &Path) -> anyhow::Result<Rgba8> {
    let undecodable = || format!("cannot read {} as a picture", path.display());
    let reader =
        ImageReader::open(path).and_then(ImageReader::with_guessed_format).with_context(undecodable)?;
    let mut decoder = reader.into_decoder().with_context(undecodable)?;
    let orientation = decoder.orientation().with_context(undecodable)?;
    let mut picture = DynamicImage::from_decoder(decoder).with_context(undecodable)?;
    picture.apply_orientation(orientation);
    let picture = picture.into_rgba8();
    let (width, height) = picture.dimensions();
    Ok(Rgba8::new(width as usize, height as usize, picture.into_raw())?)
}

fn video(rewrite: &mut Rewrite<'_>, from: &Path, to: &Path) -> anyhow::Result<usize> {
    let mut reader = Reader::open(from)?;
    let (rate, total, apart) = (reader.rate().to_owned(), reader.total(), reader.seconds_per_frame());
    let first = reader.next().with_context(|| format!("{} has no frames", from.display()))??;
    let mut writer = Writer::create(to, first.width(), first.height(), &rate)?;
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.set_style(ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} frames, {eta} left")?);
    bar.set_message(from.display().to_string());
    let mut frames = 0;
    for (number, frame) in iter::once(Ok(first)).chain(reader).map(Some).chain([None]).enumerate() {
        let at = Duration::from_secs_f64(number as f64 * apart);
        for shown in rewrite(frame.transpose()?.map(|picture| (picture, at)))? {
            writer.write(&shown)?;
            frames += 1;
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    writer.finish()?;
    Ok(frames)
}
