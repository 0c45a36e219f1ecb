//! Nothing is shown: the control at which every attacker has to be at chance.

use super::{Clip, Transform};

pub(super) struct Black;

impl Transform for Black {
    fn name(&self) -> String {
        "black".into()
    }

    fn key(&self) -> String {
        self.name()
    }

    fn rewrite(&self, clip: &Clip<'_>) -> Vec<u8> {
        vec![0; clip.bytes.len()]
    }
}
