//! What `bauta anonymize` puts to work: a model of single frames, of movement or of codes, or a mosaic. What is promised of
//! noisy codes and of mosaics a ledger counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use burn::tensor::Device;

use crate::artifact::{Artifact, ArtifactError, ArtifactOf};
use crate::atomic;
use crate::dp::ledger::{self, Ledger, Opening};
use crate::dp::promise::DELTA;
use crate::engine::{AnonFrame, CodeModel, MosaicStream, MotionStream, RawFrame, Session};
use crate::frame::Rgba8;
use crate::model::{DpConfig, MotionConfig, Shape as _};
use crate::mosaic::MosaicConfig;

/// A frame of a file, and its place on the file's clock.
pub(super) type Frame = (Rgba8, Duration);

/// Rewrites one frame after the other; `None` ends the clip. Gives the frames that are ready, in order: in the end as many
/// as there were.
pub(super) type Rewrite<'a> = dyn FnMut(Option<Frame>) -> anyhow::Result<Vec<Rgba8>> + 'a;

/// A model at work.
pub(super) enum Anonymizer {
    /// Each frame alone.
    Still(Box<Session>),
    /// What moves, told by the frames before.
    Moved(Box<ArtifactOf<MotionConfig>>),
    /// Releases, which cost a budget where something is promised of them.
    Counted(Counted),
}

/// What is counted, and what it has spent.
pub(super) struct Counted {
    source: Source,
    ledger: Ledger,
    kept: Option<PathBuf>,
}

/// What makes releases.
enum Source {
    /// A model of codes.
    Codes(Arc<CodeModel>),
    /// A mosaic, and what is said of it.
    Mosaic(MosaicConfig, String),
}

/// What to put to work.
pub(super) enum Choice<'a> {
    /// A model's file; `None`: the built-in one.
    Model(Option<&'a Path>),
    /// A mosaic, which needs none.
    Mosaic(MosaicConfig),
}

/// What may be spent, and where that is kept.
pub(super) struct Budget<'a> {
    /// For all that is released; `None`: the ledger's own, or no bound.
    pub(super) most: Option<ledger::Budget>,
    /// The ledger's file.
    pub(super) ledger: Option<&'a Path>,
}

impl Budget<'_> {
    /// Nothing is asked for.
    const NONE: Self = Self { most: None, ledger: None };
}

impl Anonymizer {
    /// Puts `choice` to work.
    ///
    /// # Errors
    /// If the model cannot be read, a mosaic is none, a budget is given to what spends none, or the ledger cannot be read.
    pub(super) fn open(choice: &Choice<'_>, budget: &Budget<'_>) -> anyhow::Result<Self> {
        let model = match choice {
            Choice::Mosaic(config) => {
                let stream = MosaicStream::begin(*config, Opening::default())?;
                let claim = stream.claim();
                return Ok(Self::Counted(Counted::open(
                    Source::Mosaic(*config, claim),
                    &stream.counted(),
                    budget,
                )?));
            }
            Choice::Model(model) => *model,
        };
        let anonymizer = match (model, model.map_or_else(Artifact::built_in, Artifact::load)) {
            (Some(path), Err(ArtifactError::Architecture { found, .. }))
                if found.as_deref() == DpConfig::ARCHITECTURE =>
            {
                let model = CodeModel::open(&ArtifactOf::load(path)?, &Device::flex())?;
                let counted = ledger::Counted::codes(model.card().config.unit());
                let budget = if model.card().promise.is_some() { budget } else { &Budget::NONE };
                Self::Counted(Counted::open(Source::Codes(Arc::new(model)), &counted, budget)?)
            }
            (Some(path), Err(ArtifactError::Architecture { found, .. }))
                if found.as_deref() == MotionConfig::ARCHITECTURE =>
            {
                let artifact = ArtifactOf::load(path)?;
                MotionStream::open(&artifact, &Device::flex())?; // its self-test, before any file is opened
                Self::Moved(Box::new(artifact))
            }
            (_, artifact) => Self::Still(Box::new(Session::open(&artifact?, &Device::flex())?)),
        };
        ensure!(
            anonymizer.promises() || (budget.most.is_none() && budget.ledger.is_none()),
            "{} promises nothing, so it has no budget to spend; budgets and --ledger are for models of mode dp and for \
             --mosaic",
            anonymizer.card().0
        );
        Ok(anonymizer)
    }

    /// Refuses what it shows nothing of: to a model of movement, a picture that stands alone.
    ///
    /// # Errors
    /// If it is such a model.
    pub(super) fn must_take_pictures(&self) -> anyhow::Result<()> {
        let Self::Moved(artifact) = self else { return Ok(()) };
        bail!(
            "{} shows movement, and a picture has none; give it a video, or name another model",
            artifact.card().name
        )
    }

    /// Whether anything is promised of what it shows.
    fn promises(&self) -> bool {
        match self {
            Self::Still(_) | Self::Moved(_) => false,
            Self::Counted(Counted { source: Source::Codes(model), .. }) => model.card().promise.is_some(),
            Self::Counted(Counted { source: Source::Mosaic(..), .. }) => true,
        }
    }

    /// The model's name and its claim.
    pub(super) fn card(&self) -> (&str, &str) {
        match self {
            Self::Still(session) => (&session.card().name, &session.card().privacy_claim),
            Self::Moved(artifact) => (&artifact.card().name, &artifact.card().privacy_claim),
            Self::Counted(Counted { source: Source::Codes(model), .. }) => {
                (&model.card().name, &model.card().privacy_claim)
            }
            Self::Counted(Counted { source: Source::Mosaic(_, claim), .. }) => ("a mosaic", claim),
        }
    }

    /// Lets `work` rewrite the frames of one file, in order. What it has spent stays spent, whatever comes of it.
    ///
    /// # Errors
    /// Those of `work`; among them that the budget is spent.
    pub(super) fn file<T>(
        &mut self,
        work: impl FnOnce(&mut Rewrite<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        match self {
            Self::Still(session) => {
                let anonymize = |(picture, _)| session.anonymize(RawFrame::from(picture)).into_picture();
                work(&mut |frame| Ok(frame.into_iter().map(anonymize).collect()))
            }
            Self::Moved(artifact) => {
                let mut stream = MotionStream::open(artifact, &Device::flex())?;
                let mut anonymize =
                    |(picture, at)| stream.anonymize(RawFrame::from(picture), at).into_picture();
                work(&mut |frame| Ok(frame.into_iter().map(&mut anonymize).collect()))
            }
            Self::Counted(counted) => counted.file(work),
        }
    }

    /// What has been spent, in a sentence; nothing where nothing is.
    pub(super) fn spent(&self) -> Option<String> {
        let Self::Counted(Counted { ledger, .. }) = self else { return None };
        if !self.promises() {
            return None;
        }
        let of = match ledger.budget() {
            ledger::Budget::None => ", no budget".into(),
            budget => format!(", of {budget}"),
        };
        Some(format!(
            "{} release(s) in all, together mu {:.4}, epsilon {:.3} at delta {:e}{of}",
            ledger.releases(),
            ledger.spent().value(),
            ledger.epsilon(),
            ledger.delta()
        ))
    }
}

impl Counted {
    fn open(source: Source, counted: &ledger::Counted, budget: &Budget<'_>) -> anyhow::Result<Self> {
        let ledger = match budget.ledger {
            Some(path) if path.exists() => {
                let text =
                    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                let ledger: Ledger = serde_json::from_str(&text).with_context(|| {
                    format!(
                        "the ledger {} is none; find the one that was written, or begin another",
                        path.display()
                    )
                })?;
                ensure!(
                    budget.most.is_none_or(|most| most == ledger.budget()),
                    "the ledger {} has a budget of {}; leave the budget out, or begin another",
                    path.display(),
                    ledger.budget()
                );
                ledger.must_count(counted)?;
                ledger
            }
            _ => Ledger::new(counted.clone(), budget.most.unwrap_or_default(), DELTA)?,
        };
        Ok(Self { source, ledger, kept: budget.ledger.map(Into::into) })
    }

    fn file<T>(&mut self, work: impl FnOnce(&mut Rewrite<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let done = match &self.source {
            Source::Codes(model) => {
                let mut stream = model.stream(self.ledger.clone())?;
                let (mut size, mut late) = ((0, 0), model.card().config.lag());
                let done = work(&mut |frame| {
                    let Some((picture, _)) = frame else {
                        let rest = stream.finish(size)?.into_iter().skip(late);
                        return Ok(rest.map(AnonFrame::into_picture).collect());
                    };
                    size = (picture.width(), picture.height());
                    let shown = stream.anonymize(RawFrame::from(picture))?.into_picture();
                    if late > 0 {
                        late -= 1; // nothing of the clip is in it yet
                        return Ok(vec![]);
                    }
                    Ok(vec![shown])
                });
                self.ledger = stream.into_ledger();
                done
            }
            Source::Mosaic(config, _) => {
                let mut stream = MosaicStream::resume(*config, self.ledger.clone())?;
                let done = work(&mut |frame| {
                    let painted =
                        frame.map(|(picture, _)| stream.anonymize(RawFrame::from(picture))).transpose()?;
                    Ok(painted.into_iter().map(AnonFrame::into_picture).collect())
                });
                self.ledger = stream.ledger().clone();
                done
            }
        };
        if let Some(path) = &self.kept {
            let text = serde_json::to_string_pretty(&self.ledger)? + "\n";
            atomic::replace(path, text.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        done
    }
}
