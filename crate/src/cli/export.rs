//! `bauta export MODEL OUT`.

use std::path::PathBuf;

use anyhow::Context as _;

use crate::artifact::Artifact;
use crate::{atomic, onnx};

/// Write a model's network as ONNX, for other runtimes.
///
/// The file takes one picture of one size, `images` [1, 3, HEIGHT, WIDTH] in 0..1, and gives `anonymized` of
/// the same shape. The model's card travels along as metadata.
#[derive(clap::Args)]
pub(super) struct Export {
    /// Model: NAME.bpk with NAME.json beside it.
    model: PathBuf,
    /// File to write.
    out: PathBuf,
    /// Width of the picture in pixels, a multiple of 8.
    #[arg(long, value_name = "PIXELS", default_value_t = 128)]
    width: usize,
    /// Height of the picture in pixels, a multiple of 8.
    #[arg(long, value_name = "PIXELS", default_value_t = 96)]
    height: usize,
}

impl Export {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let artifact = Artifact::load(&self.model)?;
        let bytes = onnx::encode(&artifact, self.width, self.height)?;
        atomic::replace(&self.out, &bytes).with_context(|| format!("cannot write {}", self.out.display()))?;
        println!("wrote {} ({} kB)", self.out.display(), bytes.len() / 1000);
        Ok(())
    }
}
