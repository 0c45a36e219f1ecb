//! What `bauta anonymize` puts to work: a model of single frames, or one whose releases a ledger counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use burn::tensor::Device;

use crate::artifact::{Artifact, ArtifactError, ArtifactOf};
use crate::atomic;
use crate::dp::accountant::Mu;
use crate::dp::ledger::{self, Counted, Ledger};
use crate::dp::promise::DELTA;
use crate::engine::{AnonFrame, Promised, RawFrame, Session};
use crate::frame::Rgba8;
use crate::model::{DpConfig, Shape as _};

/// Rewrites one frame after the other; `None` ends the clip. Gives the frames that are ready, in order: in the end as many
/// as there were.
pub(super) type Rewrite<'a> = dyn FnMut(Option<Rgba8>) -> anyhow::Result<Vec<Rgba8>> + 'a;

/// A model at work.
pub(super) enum Anonymizer {
    /// Each frame alone.
    Still(Box<Session>),
    /// Releases against a budget.
    Noisy(Noisy),
}

/// A model of mode dp, and what it has spent.
pub(super) struct Noisy {
    model: Arc<Promised>,
    ledger: Ledger,
    kept: Option<PathBuf>,
}

/// What may be spent, and where that is kept.
pub(super) struct Budget<'a> {
    /// As mu, for all that is released; `None`: the ledger's own, or no bound.
    pub(super) mu: Option<f64>,
    /// The ledger's file.
    pub(super) ledger: Option<&'a Path>,
}

impl Anonymizer {
    /// Puts `model` (the built-in one, if `None`) to work.
    ///
    /// # Errors
    /// If the model cannot be read, a budget is given to one that spends none, or the ledger cannot be read.
    pub(super) fn open(model: Option<&Path>, budget: &Budget<'_>) -> anyhow::Result<Self> {
        let artifact = model.map_or_else(Artifact::built_in, Artifact::load);
        if let (Some(path), Err(ArtifactError::Architecture { found, .. })) = (model, &artifact)
            && found.as_deref() == DpConfig::ARCHITECTURE
        {
            return Ok(Self::Noisy(Noisy::open(path, budget)?));
        }
        let session = Session::open(&artifact?, &Device::flex())?;
        ensure!(
            budget.mu.is_none() && budget.ledger.is_none(),
            "{} promises nothing, so it has no budget to spend; --budget-mu and --ledger are for models of mode dp",
            session.card().name
        );
        Ok(Self::Still(Box::new(session)))
    }

    /// The model's name and its claim.
    pub(super) fn card(&self) -> (&str, &str) {
        match self {
            Self::Still(session) => (&session.card().name, &session.card().privacy_claim),
            Self::Noisy(noisy) => (&noisy.model.card().name, &noisy.model.card().privacy_claim),
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
                let anonymize = |picture| session.anonymize(RawFrame::from(picture)).into_picture();
                work(&mut |picture| Ok(picture.into_iter().map(anonymize).collect()))
            }
            Self::Noisy(noisy) => noisy.file(work),
        }
    }

    /// What has been spent, in a sentence; nothing where nothing is.
    pub(super) fn spent(&self) -> Option<String> {
        let Self::Noisy(Noisy { ledger, .. }) = self else { return None };
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

impl Noisy {
    fn open(model: &Path, budget: &Budget<'_>) -> anyhow::Result<Self> {
        let model = Promised::open(&ArtifactOf::<DpConfig>::load(model)?, &Device::flex())?;
        let unit = model.card().config.unit();
        let asked = budget.mu.map(Mu::new).transpose()?.map(ledger::Budget::from);
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
                    asked.is_none_or(|asked| asked == ledger.budget()),
                    "the ledger {} has a budget of {}; leave --budget-mu out, or begin another",
                    path.display(),
                    ledger.budget()
                );
                ledger.must_count(&Counted::codes(unit))?;
                ledger
            }
            _ => Ledger::new(Counted::codes(unit), asked.unwrap_or_default(), DELTA)?,
        };
        Ok(Self { model: Arc::new(model), ledger, kept: budget.ledger.map(Into::into) })
    }

    fn file<T>(&mut self, work: impl FnOnce(&mut Rewrite<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let mut stream = self.model.stream(self.ledger.clone())?;
        let (mut size, mut late) = ((0, 0), self.model.card().config.lag());
        let done = work(&mut |picture| {
            let Some(picture) = picture else {
                return Ok(stream
                    .finish(size)?
                    .into_iter()
                    .skip(late)
                    .map(AnonFrame::into_picture)
                    .collect());
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
        if let Some(path) = &self.kept {
            let text = serde_json::to_string_pretty(&self.ledger)? + "\n";
            atomic::replace(path, text.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        done
    }
}
