//! Nothing is done: what there is to hide, and the control by which an attacker shows that it can win.

use super::{Clip, Transform};

/// The name of clips to which nothing was done.
pub const RAW: &str = "raw";

pub(super) struct Raw;

impl Transform for Raw {
    fn name(&self) -> String {
        RAW.into()
    }

    fn key(&self) -> String {
        self.name()
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        clip.bytes.to_vec()
    }
}
